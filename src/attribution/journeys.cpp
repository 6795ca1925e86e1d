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

constexpr std::uint32_t value_tag = 0x6e726a6d;  // "mjrn"
constexpr std::uint16_t value_version = 4;
constexpr std::uint64_t header_size = 8 + 6 * sizeof(std::uint32_t);

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

void require(bool holds, const char* otherwise)
{
    if (!holds) {
        WireReader::fail(otherwise);
    }
}

std::string_view as_text(std::span<const std::byte> bytes) noexcept
{
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

/** Ends must not descend and must reach exactly `total`. */
void check_ends(const kernel::FlatColumn<std::uint32_t>& ends, std::uint64_t total)
{
    std::uint32_t previous = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        require(ends[i] >= previous, "an element ends before it begins");
        previous = ends[i];
    }
    require(previous == total, "its elements do not add up to its announced size");
}

void check_times(const kernel::FlatColumn<std::int64_t>& times, const kernel::FlatColumn<std::uint32_t>& ends)
{
    std::size_t at = 0;
    for (std::size_t client = 0; client < ends.size(); ++client) {
        std::int64_t previous = before_time + 1;
        for (; at < ends[client]; ++at) {
            require(times[at] >= previous && times[at] < after_time, "a time is infinite or out of order");
            previous = times[at];
        }
    }
}

std::size_t length_of(const kernel::FlatColumn<std::uint32_t>& ends, std::size_t index) noexcept
{
    return ends[index] - (index == 0 ? 0 : ends[index - 1]);
}

}  // namespace

JourneysView::JourneysView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    require(in.get<std::uint32_t>() == value_tag, "it is not a journeys value");
    require(in.get<std::uint16_t>() == value_version, "it is of a version that this release does not know");
    const auto kind = in.get<std::uint8_t>();
    require(kind <= static_cast<std::uint8_t>(kernel::IdKind::text), "its kind of client identifiers is unknown");
    client_kind_ = static_cast<kernel::IdKind>(kind);
    code_width_ = in.get<std::uint8_t>();
    const auto keys = in.get<std::uint32_t>();
    const auto clients = in.get<std::uint32_t>();
    const auto touches = in.get<std::uint32_t>();
    const auto conversions = in.get<std::uint32_t>();
    const auto key_bytes = in.get<std::uint32_t>();
    const auto client_bytes = in.get<std::uint32_t>();
    require(code_width_ == width_for(keys), "its touch codes have the wrong width");
    require((clients == 0) == (client_kind_ == kernel::IdKind::none), "its clients have no identifiers");
    require(client_kind_ == kernel::IdKind::text || client_bytes == 0, "it has identifiers of two kinds");

    key_end_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(keys));
    key_bytes_ = as_text(in.get_array<std::uint8_t>(key_bytes));
    touch_time_ = kernel::FlatColumn<std::int64_t>(in.get_array<std::int64_t>(touches));
    touch_code_ = in.get_array<std::uint8_t>(std::uint64_t{touches} * code_width_);
    conversion_time_ = kernel::FlatColumn<std::int64_t>(in.get_array<std::int64_t>(conversions));
    conversion_value_ = kernel::FlatColumn<double>(in.get_array<double>(conversions));
    if (client_kind_ == kernel::IdKind::integer) {
        client_number_ = kernel::FlatColumn<std::int64_t>(in.get_array<std::int64_t>(clients));
    } else {
        client_text_end_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(clients));
        client_bytes_ = as_text(in.get_array<std::uint8_t>(client_bytes));
    }
    touch_end_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(clients));
    conversion_end_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(clients));
    in.expect_end();

    check_dictionaries();
    check_touches();
    check_conversions();
}

void JourneysView::check_dictionaries() const
{
    check_ends(key_end_, key_bytes_.size());
    for (std::size_t i = 0; i < key_count(); ++i) {
        require(!key(i).empty() && (i == 0 || key(i - 1) < key(i)), "its keys are empty, repeated or out of order");
    }
    if (client_kind_ == kernel::IdKind::text) {
        check_ends(client_text_end_, client_bytes_.size());
    }
    for (std::size_t i = 1; i < client_count(); ++i) {
        require(client(i - 1) < client(i), "its clients are repeated or out of order");
    }
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
    check_ends(touch_end_, touch_count());
    check_times(touch_time_, touch_end_);
    std::uint32_t most = 0;
    for_codes(0, touch_count(), [&most](std::size_t /*i*/, std::uint32_t code) { most = std::max(most, code); });
    require(touch_count() == 0 || most / touch_codes < key_count(), "a touch has a key that is not in the dictionary");
}

void JourneysView::check_conversions() const
{
    check_ends(conversion_end_, conversion_count());
    check_times(conversion_time_, conversion_end_);
    for (std::size_t i = 0; i < client_count(); ++i) {
        require(client_touch_count(i) + client_conversion_count(i) > 0, "a client has neither touch nor conversion");
    }
    for (std::size_t i = 0; i < conversion_count(); ++i) {
        require(std::isfinite(conversion_value_[i]), "a conversion is worth infinity or NaN");
    }
}

std::string_view JourneysView::element(const kernel::FlatColumn<std::uint32_t>& ends, std::string_view bytes,
                                       std::size_t index) noexcept
{
    return {bytes.data() + ends[index] - length_of(ends, index), length_of(ends, index)};
}

kernel::Identifier JourneysView::client(std::size_t index) const noexcept
{
    return client_kind_ == kernel::IdKind::integer ? kernel::Identifier::of(client_number_[index])
                                                   : kernel::Identifier::of(element(client_text_end_, client_bytes_, index));
}

std::size_t JourneysView::client_touch_count(std::size_t index) const noexcept
{
    return length_of(touch_end_, index);
}

std::size_t JourneysView::client_conversion_count(std::size_t index) const noexcept
{
    return length_of(conversion_end_, index);
}

void JourneysView::read(std::size_t client, Journey& journey) const
{
    const std::size_t touches_end = touch_end_[client];
    const std::size_t touches_begin = touches_end - client_touch_count(client);
    journey.touches.resize(touches_end - touches_begin);
    for_codes(touches_begin, touches_end, [&](std::size_t i, std::uint32_t code) {
        journey.touches[i - touches_begin] = {touch_time_[i], code / touch_codes, (code & paid_code) != 0,
                                              (code & converts_code) != 0, (code & view_code) != 0};
    });
    journey.conversions.clear();
    for (std::size_t i = conversion_end_[client] - client_conversion_count(client); i < conversion_end_[client]; ++i) {
        journey.conversions.push_back({conversion_time_[i], conversion_value_[i]});
    }
}

namespace {

std::uint64_t size_of_dictionary(std::span<const std::string_view> keys) noexcept
{
    std::uint64_t size = header_size + keys.size() * sizeof(std::uint32_t);
    for (const std::string_view key : keys) {
        size += key.size();
    }
    return size;
}

std::uint64_t client_width(kernel::IdKind kind) noexcept
{
    return kind == kernel::IdKind::integer ? sizeof(std::int64_t) : sizeof(std::uint32_t);
}

/** What kernel::WireWriter asks of a byte vector, over memory that is there. */
struct Target {
    std::byte* next;
    [[nodiscard]] std::byte* end() const noexcept { return next; }
    void insert(std::byte* /*end*/, const std::byte* first, const std::byte* last) noexcept
    {
        next = std::copy(first, last, next);
    }
};

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

JourneysWriter::JourneysWriter(const JourneysShape& shape, std::pmr::memory_resource& result, std::size_t header)
    : header_(header),
      client_kind_(shape.client_kind),
      code_width_(width_for(shape.keys.size())),
      keys_(shape.keys.begin(), shape.keys.end()),
      key_used_(shape.keys.size())
{
    struct Room {
        Part* part;
        std::uint64_t size;
    };
    const Room rooms[] = {{&touch_time_, shape.touches * sizeof(std::int64_t)},
                          {&touch_code_, shape.touches * code_width_},
                          {&conversion_time_, shape.conversions * sizeof(std::int64_t)},
                          {&conversion_value_, shape.conversions * sizeof(double)},
                          {&client_id_, shape.clients * client_width(client_kind_)},
                          {&client_bytes_, shape.client_bytes},
                          {&touch_end_, shape.clients * sizeof(std::uint32_t)},
                          {&conversion_end_, shape.clients * sizeof(std::uint32_t)}};
    const std::uint64_t first = header + size_of_dictionary(keys_);
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
    if (client_kind_ == kernel::IdKind::integer) {
        client_id_.put(id.number);
    } else {
        client_bytes_.next =
            std::copy_n(reinterpret_cast<const std::byte*>(id.text.data()), id.text.size(), client_bytes_.next);
        client_id_.put(static_cast<std::uint32_t>(client_bytes_.size()));
    }
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

void JourneysWriter::write_dictionary(std::byte* to, std::size_t clients) const noexcept
{
    Target target{to};
    WireWriter out(target);
    out.put(value_tag);
    out.put(value_version);
    out.put(static_cast<std::uint8_t>(clients == 0 ? kernel::IdKind::none : client_kind_));
    out.put(code_width_);
    const std::uint64_t key_bytes = size_of_dictionary(keys_) - header_size - keys_.size() * sizeof(std::uint32_t);
    for (const std::uint64_t count :
         {std::uint64_t{keys_.size()}, std::uint64_t{clients}, std::uint64_t{touch_time_.size() / sizeof(std::int64_t)},
          std::uint64_t{conversion_time_.size() / sizeof(std::int64_t)}, key_bytes, std::uint64_t{client_bytes_.size()}}) {
        out.put(static_cast<std::uint32_t>(count));
    }
    std::uint32_t key_end = 0;
    for (const std::string_view key : keys_) {
        key_end += static_cast<std::uint32_t>(key.size());
        out.put(key_end);
    }
    for (const std::string_view key : keys_) {
        out.put_array(std::span<const char>(key));
    }
}

kernel::FlatValue JourneysWriter::finish()
{
    if (std::find(key_used_.begin(), key_used_.end(), 0) != key_used_.end()) {
        drop_unused_keys();
    }
    const Part parts[] = {touch_time_, touch_code_,   conversion_time_, conversion_value_,
                          client_id_,  client_bytes_, touch_end_,       conversion_end_};
    std::uint64_t content = size_of_dictionary(keys_);
    for (const Part& part : parts) {
        content += part.size();
    }
    kernel::FlatBuffer::require_room(header_, content);  // so each part fits 32 bits
    write_dictionary(data_ + header_, touch_end_.size() / sizeof(std::uint32_t));
    std::byte* at = data_ + header_ + size_of_dictionary(keys_);
    for (const Part& part : parts) {
        std::memmove(at, part.begin, part.size());
        at += part.size();
    }
    return {data_, header_ + content};
}

}  // namespace marketing::attribution
