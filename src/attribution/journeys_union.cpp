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

/** One of the dictionaries of a view, and how large it is. */
struct Dictionary {
    std::size_t (JourneysView::*size)() const noexcept;
    std::string_view (JourneysView::*text)(std::size_t code) const noexcept;

    /** The dictionaries of all views as one. */
    [[nodiscard]] std::vector<std::string_view> of_all(const std::vector<JourneysView>& views) const
    {
        std::vector<std::string_view> texts;
        for (const JourneysView& view : views) {
            for (std::size_t code = 0; code < (view.*size)(); ++code) {
                texts.push_back((view.*text)(code));
            }
        }
        std::sort(texts.begin(), texts.end());
        texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
        return texts;
    }

    /** For each view the place of each of its texts in the common dictionary. */
    [[nodiscard]] std::vector<std::vector<std::uint32_t>> places(const std::vector<JourneysView>& views,
                                                                 const std::vector<std::string_view>& all) const
    {
        std::vector<std::vector<std::uint32_t>> codes(views.size());
        for (std::size_t i = 0; i < views.size(); ++i) {
            for (std::size_t code = 0; code < (views[i].*size)(); ++code) {
                const auto found = std::lower_bound(all.begin(), all.end(), (views[i].*text)(code));
                codes[i].push_back(static_cast<std::uint32_t>(found - all.begin()));
            }
        }
        return codes;
    }
};

constexpr Dictionary keys_of{&JourneysView::key_count, &JourneysView::key};
constexpr Dictionary parts_of{&JourneysView::part_count, &JourneysView::part};

/** The kind of identifiers that all values with such rows have; none where one has none or another. */
kernel::IdKind common_kind(const std::vector<JourneysView>& views, std::size_t (JourneysView::*count)() const noexcept,
                           kernel::IdKind (JourneysView::*kind)() const noexcept)
{
    auto common = kernel::IdKind::none;
    bool first = true;
    for (const JourneysView& view : views) {
        if ((view.*count)() > 0) {
            common = first || common == (view.*kind)() ? (view.*kind)() : kernel::IdKind::none;
            first = false;
        }
    }
    return common;
}

JourneysShape shape_of(const std::vector<JourneysView>& views, const std::vector<Source>& sources,
                       std::span<const std::string_view> keys, std::span<const std::string_view> parts)
{
    JourneysShape shape{.keys = keys, .client_kind = sources.empty() ? kernel::IdKind::none : sources.front().client.kind};
    shape.clients = sources.size();
    for (const Source& source : sources) {
        shape.client_bytes += source.client.text.size();
    }
    for (const JourneysView& view : views) {
        shape.touches += view.touch_count();
        shape.conversions += view.conversion_count();
        shape.touch_bytes += view.touch_id_bytes();
        shape.conversion_bytes += view.conversion_id_bytes();
    }
    shape.touch_kind = common_kind(views, &JourneysView::touch_count, &JourneysView::touch_kind);
    shape.conversion_kind = common_kind(views, &JourneysView::conversion_count, &JourneysView::conversion_kind);
    shape.parts = parts;
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
    const auto keys = keys_of.of_all(views);
    const auto codes = keys_of.places(views, keys);
    const auto parts = parts_of.of_all(views);
    const auto part_codes = parts_of.places(views, parts);
    const bool all_parted = std::ranges::all_of(
        views, [](const JourneysView& view) { return view.part_count() > 0 || view.conversion_count() == 0; });
    require_valid(parts.empty() || all_parted, "journeys with and without parts of conversions cannot be added up");

    JourneysWriter writer(shape_of(views, sources, keys, parts), result, header);
    Journey journey;
    for (const Source& source : sources) {
        stop.poll();
        const JourneysView& view = views[source.value];
        view.read(source.index, journey);
        for (const Touch& touch : journey.touches) {
            writer.touch(touch.time, touch_code(codes[source.value][touch.key], touch.paid, touch.converts, touch.view),
                         view.touch_id(source.index, touch.number));
        }
        for (const Conversion& conversion : journey.conversions) {
            writer.conversion(conversion.time, conversion.value, view.conversion_id(source.index, conversion.number),
                              parts.empty() ? 0 : part_codes[source.value][view.part_of(conversion.number)]);
        }
        writer.end_client(source.client);
    }
    return writer.finish();
}

}  // namespace marketing::attribution
