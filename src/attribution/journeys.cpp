#include "attribution/journeys.hpp"

#include <cmath>
#include <limits>
#include <stdexcept>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::attribution {
namespace {

using kernel::WireReader;
using kernel::WireWriter;

constexpr std::uint32_t value_tag = 0x6e726a6d;  // "mjrn"
constexpr std::uint16_t value_version = 3;
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
void check_ends(const Column<std::uint32_t>& ends, std::uint64_t total)
{
    std::uint32_t previous = 0;
    for (std::size_t i = 0; i < ends.size(); ++i) {
        require(ends[i] >= previous, "an element ends before it begins");
        previous = ends[i];
    }
    require(previous == total, "its elements do not add up to its announced size");
}

void check_times(const Column<std::int64_t>& times, const Column<std::uint32_t>& ends)
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

std::size_t length_of(const Column<std::uint32_t>& ends, std::size_t index) noexcept
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
    require(kind <= static_cast<std::uint8_t>(IdKind::text), "its kind of client identifiers is unknown");
    client_kind_ = static_cast<IdKind>(kind);
    code_width_ = in.get<std::uint8_t>();
    const auto keys = in.get<std::uint32_t>();
    const auto clients = in.get<std::uint32_t>();
    const auto touches = in.get<std::uint32_t>();
    const auto conversions = in.get<std::uint32_t>();
    const auto key_bytes = in.get<std::uint32_t>();
    const auto client_bytes = in.get<std::uint32_t>();
    require(code_width_ == width_for(keys), "its touch codes have the wrong width");
    require((clients == 0) == (client_kind_ == IdKind::none), "its clients have no identifiers");
    require(client_kind_ == IdKind::text || client_bytes == 0, "it has identifiers of two kinds");

    key_end_ = Column<std::uint32_t>(in.get_array<std::uint32_t>(keys));
    key_bytes_ = as_text(in.get_array<std::uint8_t>(key_bytes));
    if (client_kind_ == IdKind::integer) {
        client_number_ = Column<std::int64_t>(in.get_array<std::int64_t>(clients));
    } else {
        client_text_end_ = Column<std::uint32_t>(in.get_array<std::uint32_t>(clients));
        client_bytes_ = as_text(in.get_array<std::uint8_t>(client_bytes));
    }
    touch_end_ = Column<std::uint32_t>(in.get_array<std::uint32_t>(clients));
    conversion_end_ = Column<std::uint32_t>(in.get_array<std::uint32_t>(clients));
    touch_time_ = Column<std::int64_t>(in.get_array<std::int64_t>(touches));
    touch_code_ = in.get_array<std::uint8_t>(std::uint64_t{touches} * code_width_);
    conversion_time_ = Column<std::int64_t>(in.get_array<std::int64_t>(conversions));
    conversion_value_ = Column<double>(in.get_array<double>(conversions));
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
    if (client_kind_ == IdKind::text) {
        check_ends(client_text_end_, client_bytes_.size());
    }
    for (std::size_t i = 1; i < client_count(); ++i) {
        require(client(i - 1) < client(i), "its clients are repeated or out of order");
    }
}

void JourneysView::check_touches() const
{
    check_ends(touch_end_, touch_count());
    check_times(touch_time_, touch_end_);
    for (std::size_t i = 0; i < touch_count(); ++i) {
        require(code_of_touch(i) / touch_codes < key_count(), "a touch has a key that is not in the dictionary");
    }
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

std::string_view JourneysView::element(const Column<std::uint32_t>& ends, std::string_view bytes, std::size_t index) noexcept
{
    return {bytes.data() + ends[index] - length_of(ends, index), length_of(ends, index)};
}

Identifier JourneysView::client(std::size_t index) const noexcept
{
    return client_kind_ == IdKind::integer ? Identifier::of(client_number_[index])
                                           : Identifier::of(element(client_text_end_, client_bytes_, index));
}

std::size_t JourneysView::client_touch_count(std::size_t index) const noexcept
{
    return length_of(touch_end_, index);
}

std::size_t JourneysView::client_conversion_count(std::size_t index) const noexcept
{
    return length_of(conversion_end_, index);
}

std::uint32_t JourneysView::code_of_touch(std::size_t index) const noexcept
{
    std::uint32_t code = 0;  // little endian: the low bytes come first
    std::memcpy(&code, touch_code_.data() + index * code_width_, code_width_);
    return code;
}

void JourneysView::read(std::size_t client, Journey& journey) const
{
    journey.touches.clear();
    for (std::size_t i = touch_end_[client] - client_touch_count(client); i < touch_end_[client]; ++i) {
        const std::uint32_t code = code_of_touch(i);
        journey.touches.push_back({touch_time_[i], code / touch_codes, (code & paid_code) != 0, (code & converts_code) != 0,
                                   (code & view_code) != 0});
    }
    journey.conversions.clear();
    for (std::size_t i = conversion_end_[client] - client_conversion_count(client); i < conversion_end_[client]; ++i) {
        journey.conversions.push_back({conversion_time_[i], conversion_value_[i]});
    }
}

namespace {

std::uint64_t total_size(const JourneysShape& shape)
{
    std::uint64_t key_bytes = 0;
    for (const std::string_view key : shape.keys) {
        key_bytes += key.size();
    }
    const std::uint64_t per_client = shape.client_kind == IdKind::integer ? 16 : 12;
    return header_size + shape.keys.size() * 4 + key_bytes + shape.clients * per_client + shape.client_bytes +
           shape.touches * (8 + width_for(shape.keys.size())) + shape.conversions * 16;
}

}  // namespace

JourneysWriter::JourneysWriter(const JourneysShape& shape, std::pmr::memory_resource& result, std::size_t header)
    : buffer_(result, header, total_size(shape)), client_kind_(shape.client_kind), code_width_(width_for(shape.keys.size()))
{
    // The total is below 1 GB, so each part fits 32 bits.
    WireWriter out(buffer_);
    out.put(value_tag);
    out.put(value_version);
    out.put(static_cast<std::uint8_t>(client_kind_));
    out.put(code_width_);
    std::uint32_t key_bytes = 0;
    for (const std::string_view key : shape.keys) {
        key_bytes += static_cast<std::uint32_t>(key.size());
    }
    for (const std::uint64_t count : {std::uint64_t{shape.keys.size()}, shape.clients, shape.touches, shape.conversions,
                                      std::uint64_t{key_bytes}, shape.client_bytes}) {
        out.put(static_cast<std::uint32_t>(count));
    }
    std::uint32_t key_end = 0;
    for (const std::string_view key : shape.keys) {
        key_end += static_cast<std::uint32_t>(key.size());
        out.put(key_end);
    }
    for (const std::string_view key : shape.keys) {
        out.put_array(std::span<const char>(key));
    }
    client_id_.next =
        buffer_.take(shape.clients * (client_kind_ == IdKind::integer ? sizeof(std::int64_t) : sizeof(std::uint32_t)));
    client_bytes_begin_ = client_bytes_.next = buffer_.take(shape.client_bytes);
    touch_end_.next = buffer_.take(shape.clients * sizeof(std::uint32_t));
    conversion_end_.next = buffer_.take(shape.clients * sizeof(std::uint32_t));
    touch_time_.next = buffer_.take(shape.touches * sizeof(std::int64_t));
    touch_code_.next = buffer_.take(shape.touches * code_width_);
    conversion_time_.next = buffer_.take(shape.conversions * sizeof(std::int64_t));
    conversion_value_.next = buffer_.take(shape.conversions * sizeof(double));
    last_byte_ = buffer_.end();
}

void JourneysWriter::touch(std::int64_t time, std::uint32_t code) noexcept
{
    touch_time_.put(time);
    std::memcpy(touch_code_.next, &code, code_width_);
    touch_code_.next += code_width_;
    ++touches_;
}

void JourneysWriter::conversion(std::int64_t time, double value) noexcept
{
    conversion_time_.put(time);
    conversion_value_.put(value);
    ++conversions_;
}

void JourneysWriter::end_client(const Identifier& id) noexcept
{
    if (client_kind_ == IdKind::integer) {
        client_id_.put(id.number);
    } else {
        std::memcpy(client_bytes_.next, id.text.data(), id.text.size());
        client_bytes_.next += id.text.size();
        client_id_.put(static_cast<std::uint32_t>(client_bytes_.next - client_bytes_begin_));
    }
    touch_end_.put(touches_);
    conversion_end_.put(conversions_);
}

FlatValue JourneysWriter::finish() const
{
    if (!buffer_.full() || conversion_value_.next != last_byte_) {
        throw std::logic_error("journeys were written that do not match their announced shape");
    }
    return buffer_.value();
}

}  // namespace marketing::attribution
