#include "attribution/journeys.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::attribution {
namespace {

using kernel::WireReader;
using kernel::WireWriter;

constexpr kernel::Format value_format{"mjrn", 5, "journeys value"};

// The server's -infinity and infinity, which are dates of nothing.
constexpr std::int64_t before_time = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t after_time = std::numeric_limits<std::int64_t>::max();

std::uint8_t width_for(std::uint64_t keys) noexcept
{
    if (touch_codes * keys <= 0x100) {
        return 1;
    }
    return touch_codes * keys <= 0x10000 ? 2 : 4;
}

void check_times(const kernel::FlatColumn<std::int64_t>& times, const kernel::EndColumn& ends)
{
    std::size_t at = 0;
    for (std::size_t client = 0; client < ends.size(); ++client) {
        std::int64_t previous = before_time + 1;
        for (; at < ends.end(client); ++at) {
            WireReader::require(times[at] >= previous && times[at] < after_time, "a time is infinite or out of order");
            previous = times[at];
        }
    }
}

}  // namespace

JourneysView::JourneysView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    value_format.expect(in);
    code_width_ = in.get<std::uint8_t>();
    const auto kind = kernel::get_kind<std::uint8_t>(in);
    const auto touch_kind = kernel::get_kind<std::uint8_t>(in);
    const auto conversion_kind = kernel::get_kind<std::uint8_t>(in);
    const auto keys = in.get<std::uint32_t>();
    const auto clients = in.get<std::uint32_t>();
    const auto touches = in.get<std::uint32_t>();
    const auto conversions = in.get<std::uint32_t>();
    const auto parts = in.get<std::uint32_t>();
    const auto key_bytes = in.get<std::uint32_t>();
    const auto client_bytes = in.get<std::uint32_t>();
    const auto touch_bytes = in.get<std::uint32_t>();
    const auto conversion_bytes = in.get<std::uint32_t>();
    const auto part_bytes = in.get<std::uint32_t>();
    WireReader::require(code_width_ == width_for(keys), "its touch codes have the wrong width");
    WireReader::require((clients == 0) == (kind == kernel::IdKind::none), "its clients have no identifiers");
    keys_ = {in, keys, key_bytes};
    parts_ = {in, parts, part_bytes};
    touch_time_ = {in, touches};
    touch_code_ = in.get_array<std::uint8_t>(std::uint64_t{touches} * code_width_);
    conversion_time_ = {in, conversions};
    conversion_value_ = {in, conversions};
    clients_ = {in, kind, clients, client_bytes};
    touch_end_ = {in, clients, touches};
    conversion_end_ = {in, clients, conversions};
    touch_ids_ = {in, touch_kind, touches, touch_bytes};
    conversion_ids_ = {in, conversion_kind, conversions, conversion_bytes};
    conversion_part_ = {in, parts == 0 ? 0 : conversions};
    in.expect_end();

    parts_.expect_dictionary();
    keys_.expect_dictionary();
    check_touches();
    check_conversions();
}

template <class Visit>
void JourneysView::for_codes(std::size_t begin, std::size_t end, Visit visit) const
{
    const auto all = [&](auto codes) {
        for (std::size_t i = begin; i < end; ++i) {
            visit(i, std::uint32_t{codes[i]});
        }
    };
    switch (code_width_) {
        case 1: all(kernel::FlatColumn<std::uint8_t>(touch_code_)); break;
        case 2: all(kernel::FlatColumn<std::uint16_t>(touch_code_)); break;
        default: all(kernel::FlatColumn<std::uint32_t>(touch_code_));
    }
}

void JourneysView::check_touches() const
{
    check_times(touch_time_, touch_end_);
    std::uint32_t most = 0;
    for_codes(0, touch_count(), [&most](std::size_t /*i*/, std::uint32_t code) { most = std::max(most, code); });
    WireReader::require(touch_count() == 0 || most / touch_codes < key_count(),
                        "a touch has a key that is not in the dictionary");
}

void JourneysView::check_conversions() const
{
    check_times(conversion_time_, conversion_end_);
    for (std::size_t i = 0; i < client_count(); ++i) {
        WireReader::require(client_touch_count(i) + client_conversion_count(i) > 0,
                            "a client has neither touch nor conversion");
    }
    for (std::size_t i = 0; i < conversion_count(); ++i) {
        WireReader::require(std::isfinite(conversion_value_[i]), "a conversion is worth infinity or NaN");
        WireReader::require(part_count() == 0 || conversion_part_[i] < part_count(), "a conversion has an unknown part");
    }
}

void JourneysView::read(std::size_t client, Journey& journey) const
{
    const std::size_t first = touch_end_.begin(client);
    journey.touches.resize(touch_end_.length(client));
    for_codes(first, touch_end_.end(client), [&](std::size_t i, std::uint32_t code) {
        const std::uint32_t key = code / touch_codes;
        journey.touches[i - first] = {touch_time_[i],
                                      key,
                                      key,
                                      static_cast<std::uint32_t>(i),
                                      (code & paid_code) != 0,
                                      (code & converts_code) != 0,
                                      (code & view_code) != 0};
    });
    journey.conversions.clear();
    for (std::uint32_t i = conversion_end_.begin(client); i < conversion_end_.end(client); ++i) {
        journey.conversions.push_back({conversion_time_[i], conversion_value_[i], i});
    }
}

namespace {

/** Translates `count` codes from their keys' places in one dictionary to those in another; the places narrow, so does their width. */
template <class Wide, class Narrow>
void translate_codes(std::byte* codes, std::size_t count, std::span<const std::uint32_t> places)
{
    for (std::size_t i = 0; i < count; ++i) {
        Wide from;
        std::memcpy(&from, codes + i * sizeof(Wide), sizeof(Wide));
        const auto to = static_cast<Narrow>(touch_codes * places[from / touch_codes] + from % touch_codes);
        std::memcpy(codes + i * sizeof(Narrow), &to, sizeof(Narrow));
    }
}

}  // namespace

void JourneysWriter::Ids::put(const kernel::Identifier& identifier) noexcept
{
    if (kind == kernel::IdKind::integer) {
        id.put(identifier.number);
    } else if (kind == kernel::IdKind::text) {
        bytes.next =
            std::copy_n(reinterpret_cast<const std::byte*>(identifier.text.data()), identifier.text.size(), bytes.next);
        id.put(static_cast<std::uint32_t>(bytes.size()));
    }
}

std::uint64_t JourneysWriter::Ids::width() const noexcept
{
    switch (kind) {
        case kernel::IdKind::none: return 0;
        case kernel::IdKind::integer: return sizeof(std::int64_t);
        default: return sizeof(std::uint32_t);
    }
}

JourneysWriter::JourneysWriter(const JourneysShape& shape, std::pmr::memory_resource& result, std::size_t header)
    : header_(header),
      code_width_(width_for(shape.keys.size())),
      keys_(shape.keys.begin(), shape.keys.end()),
      key_used_(shape.keys.size()),
      parts_(shape.parts.begin(), shape.parts.end()),
      clients_{shape.client_kind},
      touch_ids_{shape.touch_kind},
      conversion_ids_{shape.conversion_kind}
{
    struct Room {
        Part* part;
        std::uint64_t size;
    };
    const Room rooms[] = {{&touch_time_, shape.touches * sizeof(std::int64_t)},
                          {&touch_code_, shape.touches * code_width_},
                          {&conversion_time_, shape.conversions * sizeof(std::int64_t)},
                          {&conversion_value_, shape.conversions * sizeof(double)},
                          {&clients_.id, shape.clients * clients_.width()},
                          {&clients_.bytes, shape.client_bytes},
                          {&touch_end_, shape.clients * sizeof(std::uint32_t)},
                          {&conversion_end_, shape.clients * sizeof(std::uint32_t)},
                          {&touch_ids_.id, shape.touches * touch_ids_.width()},
                          {&touch_ids_.bytes, shape.touch_bytes},
                          {&conversion_ids_.id, shape.conversions * conversion_ids_.width()},
                          {&conversion_ids_.bytes, shape.conversion_bytes},
                          {&conversion_part_, parts_.empty() ? 0 : shape.conversions * sizeof(std::uint32_t)}};
    const std::uint64_t first = header + head_bytes();
    std::uint64_t size = first;
    for (const Room& room : rooms) {
        size += room.size;
    }
    data_ = static_cast<std::byte*>(result.allocate(size, alignof(std::max_align_t)));
    std::byte* at = data_ + first;
    for (const Room& room : rooms) {
        *room.part = {at, at};
        at += room.size;
    }
}

void JourneysWriter::end_client(const kernel::Identifier& id) noexcept
{
    clients_.put(id);
    touch_end_.put(static_cast<std::uint32_t>(touch_time_.size() / sizeof(std::int64_t)));
    conversion_end_.put(static_cast<std::uint32_t>(conversion_time_.size() / sizeof(std::int64_t)));
}

void JourneysWriter::drop_unused_keys()
{
    std::vector<std::uint32_t> places(keys_.size());
    std::vector<std::string_view> used;
    for (std::size_t key = 0; key < keys_.size(); ++key) {
        places[key] = static_cast<std::uint32_t>(used.size());
        if (key_used_[key] != 0) {
            used.push_back(keys_[key]);
        }
    }
    const std::size_t count = touch_code_.size() / code_width_;
    const std::uint8_t width = width_for(used.size());
    const auto translate = [&](auto wide, auto narrow) {
        translate_codes<decltype(wide), decltype(narrow)>(touch_code_.begin, count, places);
    };
    switch (10 * code_width_ + width) {
        case 11: translate(std::uint8_t{}, std::uint8_t{}); break;
        case 21: translate(std::uint16_t{}, std::uint8_t{}); break;
        case 22: translate(std::uint16_t{}, std::uint16_t{}); break;
        case 41: translate(std::uint32_t{}, std::uint8_t{}); break;
        case 42: translate(std::uint32_t{}, std::uint16_t{}); break;
        default: translate(std::uint32_t{}, std::uint32_t{});
    }
    keys_ = std::move(used);
    code_width_ = width;
    touch_code_.next = touch_code_.begin + count * width;
}

void JourneysWriter::write_head(WireWriter& out) const
{
    const auto key = [](std::string_view text) { return text; };
    const std::uint64_t clients = touch_end_.size() / sizeof(std::uint32_t);
    const std::uint64_t touches = touch_time_.size() / sizeof(std::int64_t);
    const std::uint64_t conversions = conversion_time_.size() / sizeof(std::int64_t);
    const auto put_kind = [&out](const Ids& ids, std::uint64_t count) {
        out.put(static_cast<std::uint8_t>(count == 0 ? kernel::IdKind::none : ids.kind));
    };
    value_format.write(out);
    out.put(code_width_);
    put_kind(clients_, clients);
    put_kind(touch_ids_, touches);
    put_kind(conversion_ids_, conversions);
    for (const std::uint64_t count :
         {std::uint64_t{keys_.size()}, clients, touches, conversions, std::uint64_t{parts_.size()},
          kernel::text_bytes(keys_, key), std::uint64_t{clients_.bytes.size()}, std::uint64_t{touch_ids_.bytes.size()},
          std::uint64_t{conversion_ids_.bytes.size()}, kernel::text_bytes(parts_, key)}) {
        out.put(static_cast<std::uint32_t>(count));
    }
    kernel::put_text_column(out, keys_, key);
    kernel::put_text_column(out, parts_, key);
}

std::uint64_t JourneysWriter::head_bytes() const
{
    WireWriter counter;
    write_head(counter);
    return counter.size();
}

kernel::FlatValue JourneysWriter::finish()
{
    if (std::find(key_used_.begin(), key_used_.end(), 0) != key_used_.end()) {
        drop_unused_keys();
    }
    const Part parts[] = {touch_time_,     touch_code_,      conversion_time_,   conversion_value_,
                          clients_.id,     clients_.bytes,   touch_end_,         conversion_end_,
                          touch_ids_.id,   touch_ids_.bytes, conversion_ids_.id, conversion_ids_.bytes,
                          conversion_part_};
    const std::uint64_t head = head_bytes();
    std::uint64_t content = head;
    for (const Part& part : parts) {
        content += part.size();
    }
    kernel::require_room(header_, content);  // so each part fits 32 bits
    WireWriter out(data_ + header_);
    write_head(out);
    std::byte* at = data_ + header_ + head;
    for (const Part& part : parts) {
        std::memmove(at, part.begin, part.size());
        at += part.size();
    }
    return {data_, header_ + content};
}

}  // namespace marketing::attribution
