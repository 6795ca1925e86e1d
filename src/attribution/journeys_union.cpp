#include "attribution/journeys_union.hpp"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::attribution {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

/** One client of one of the values. */
struct Source {
    kernel::Identifier client;
    std::uint32_t value;
    std::uint32_t index;
};

std::vector<Source> sorted_clients(const std::vector<JourneysView>& views)
{
    std::vector<Source> sources;
    for (std::uint32_t value = 0; value < views.size(); ++value) {
        for (std::uint32_t index = 0; index < views[value].client_count(); ++index) {
            sources.push_back({views[value].client(index), value, index});
        }
    }
    std::sort(sources.begin(), sources.end(), [](const Source& a, const Source& b) { return a.client < b.client; });
    const auto same = [](const Source& a, const Source& b) { return a.client == b.client; };
    if (std::adjacent_find(sources.begin(), sources.end(), same) != sources.end()) {
        throw Error(ErrorCode::invalid_parameter, "a client is in more than one of the journeys to add up",
                    "The order of its touches cannot be told any more.",
                    "Group by a bucket of the client, so that each client is in one value.");
    }
    require_valid(sources.empty() || sources.front().client.kind == sources.back().client.kind,
                  "journeys with clients of different kinds cannot be added up",
                  "Give the clients as integers everywhere, or cast them to text everywhere.");
    return sources;
}

std::vector<std::string_view> all_keys(const std::vector<JourneysView>& views)
{
    std::vector<std::string_view> keys;
    for (const JourneysView& view : views) {
        for (std::size_t code = 0; code < view.key_count(); ++code) {
            keys.push_back(view.key(code));
        }
    }
    std::sort(keys.begin(), keys.end());
    keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
    return keys;
}

/** The place of each of a view's keys in the common dictionary. */
std::vector<std::uint32_t> translation(const JourneysView& view, const std::vector<std::string_view>& keys)
{
    std::vector<std::uint32_t> codes;
    for (std::size_t code = 0; code < view.key_count(); ++code) {
        codes.push_back(static_cast<std::uint32_t>(std::lower_bound(keys.begin(), keys.end(), view.key(code)) - keys.begin()));
    }
    return codes;
}

JourneysShape shape_of(const std::vector<JourneysView>& views, const std::vector<Source>& sources,
                       std::span<const std::string_view> keys)
{
    JourneysShape shape{.keys = keys, .client_kind = sources.empty() ? kernel::IdKind::none : sources.front().client.kind};
    shape.clients = sources.size();
    for (const Source& source : sources) {
        shape.client_bytes += source.client.text.size();
    }
    for (const JourneysView& view : views) {
        shape.touches += view.touch_count();
        shape.conversions += view.conversion_count();
    }
    return shape;
}

}  // namespace

void JourneysUnion::append(std::span<const std::byte> value)
{
    (void)JourneysView(value);
    std::byte* const copy = bytes_.append(value.size());
    std::memcpy(copy, value.data(), value.size());
    values_.push_back({copy, value.size()});
}

void JourneysUnion::merge(const kernel::State& state)
{
    const auto& other = state.as<JourneysUnion>();
    other.values_.for_each([this](std::span<const std::byte> value) { append(value); });
}

// The values, each behind its length, behind their number.
void JourneysUnion::write(WireWriter& out) const
{
    out.put(static_cast<std::uint32_t>(values_.size()));
    values_.for_each([&out](std::span<const std::byte> value) {
        out.put(static_cast<std::uint32_t>(value.size()));
        out.put_bytes(value);
    });
}

void JourneysUnion::read(WireReader& in)
{
    for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
        append(std::as_bytes(std::span(in.get_text())));
    }
}

kernel::FlatValue JourneysUnion::finish(std::pmr::memory_resource& result, std::size_t header,
                                        const kernel::StopFlag& stop) const
{
    std::vector<JourneysView> views;
    values_.for_each([&views](std::span<const std::byte> value) { views.emplace_back(value); });
    const auto sources = sorted_clients(views);
    const auto keys = all_keys(views);
    std::vector<std::vector<std::uint32_t>> codes;
    for (const JourneysView& view : views) {
        codes.push_back(translation(view, keys));
    }

    JourneysWriter writer(shape_of(views, sources, keys), result, header);
    Journey journey;
    for (const Source& source : sources) {
        stop.poll();
        views[source.value].read(source.index, journey);
        for (const Touch& touch : journey.touches) {
            writer.touch(touch.time, touch_code(codes[source.value][touch.key], touch.paid, touch.converts, touch.view));
        }
        for (const Conversion& conversion : journey.conversions) {
            writer.conversion(conversion.time, conversion.value);
        }
        writer.end_client(source.client);
    }
    return writer.finish();
}

}  // namespace marketing::attribution
