#include "refresh/daily_rows.hpp"

#include <cstring>
#include <string>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::refresh {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::FlatBuffer;
using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

// Format: tag, number of rows, number of keys, version, width; then the keys and the rows. With the server's four bytes before it
// all of that lies on multiples of eight.
constexpr std::size_t head_bytes = 4 + 8 + 4 + 2 + 2;
static_assert(sizeof(RowHead) == sizeof(std::uint64_t) && sizeof(double) == sizeof(std::uint64_t));

constexpr std::size_t row_words(std::size_t width)
{
    return 1 + width;
}

constexpr std::size_t row_bytes(std::size_t width)
{
    return row_words(width) * sizeof(std::uint64_t);
}

bool lies_well(const std::byte* content)
{
    return reinterpret_cast<std::uintptr_t>(content) % alignof(std::uint64_t) == 0;
}

}  // namespace

std::span<const std::byte> readable(std::span<const std::byte> bytes, std::pmr::memory_resource& resource)
{
    if (bytes.size() < head_bytes || lies_well(bytes.data() + head_bytes)) {
        return bytes;
    }
    constexpr std::size_t lead = sizeof(std::uint64_t) - head_bytes % sizeof(std::uint64_t);
    auto* const copy = static_cast<std::byte*>(resource.allocate(lead + bytes.size(), alignof(std::uint64_t))) + lead;
    std::memcpy(copy, bytes.data(), bytes.size());
    return {copy, bytes.size()};
}

DailyRowsView::DailyRowsView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    if (in.get<std::uint32_t>() != DailyRows::format.tag) {
        WireReader::fail("it is not a value of daily_rows");
    }
    const auto size = in.get<std::uint64_t>();
    const auto keys = in.get<std::uint32_t>();
    if (in.get<std::uint16_t>() != DailyRows::format.version) {
        WireReader::fail("it is a value of daily_rows of another release");
    }
    width_ = in.get<std::uint16_t>();
    if (width_ > most_figures || (width_ == 0 && size != 0)) {
        WireReader::fail("its rows cannot be of this width");
    }
    const std::byte* content = bytes.data() + head_bytes;
    if (!lies_well(content)) {
        WireReader::fail("it does not lie where it can be read");
    }
    const auto key_bytes = in.get_array<std::uint64_t>(2 * std::uint64_t{keys});
    if (in.remaining() % row_bytes(width_) != 0 || in.remaining() / row_bytes(width_) != size) {
        WireReader::fail("its length is not that of its rows");
    }
    keys_ = {reinterpret_cast<const SeriesKey*>(key_bytes.data()), keys};
    rows_ = bytes.subspan(head_bytes + key_bytes.size());
    size_ = size;
    const auto places = key_places();
    for (std::size_t i = 0; i < size_; ++i) {
        if (places[i] >= keys) {
            WireReader::fail("a row is of no series");
        }
    }
}

kernel::Column<double> DailyRowsView::figures(std::size_t index) const
{
    if (size_ == 0) {
        return {};
    }
    if (index >= width_) {
        throw Error(ErrorCode::invalid_parameter, "the rows of daily_rows have too few figures",
                    "They have " + std::to_string(width_) + ".");
    }
    return column<double>(sizeof(RowHead) + index * sizeof(double));
}

void DailyRows::require_width(std::size_t figures)
{
    if (width_ != 0 && width_ != figures) {
        throw Error(ErrorCode::invalid_parameter, "rows of daily_rows differ in how many figures they have");
    }
    width_ = figures;
}

std::uint32_t DailyRows::place_of(const SeriesKey& series)
{
    const auto [entry, is_new] = places_.try_emplace(series, static_cast<std::uint32_t>(keys_.size()));
    if (is_new) {
        keys_.push_back(series);
    }
    return entry->second;
}

void DailyRows::append(const SeriesKey& series, std::int32_t day, std::span<const double> figures)
{
    require_width(figures.size());
    const RowHead head{place_of(series), day};
    std::uint64_t* const row = rows_.append(row_words(width_));
    std::memcpy(row, &head, sizeof head);
    std::memcpy(row + 1, figures.data(), figures.size_bytes());
}

void DailyRows::merge(const kernel::State& state)
{
    const auto& other = state.as<DailyRows>();
    if (other.borrowed_.size() > 0) {
        require_width(other.borrowed_.width());
        take(other.borrowed_.keys(), other.borrowed_.rows());
    }
    if (other.width_ != 0) {
        require_width(other.width_);
        for (std::size_t i = 0; i < other.rows_.chunk_count(); ++i) {
            take(other.keys_, std::as_bytes(other.rows_.chunk(i)));
        }
    }
}

void DailyRows::take(std::span<const SeriesKey> keys, std::span<const std::byte> rows)
{
    std::vector<std::uint32_t> places;
    places.reserve(keys.size());
    for (const SeriesKey& key : keys) {
        places.push_back(place_of(key));
    }
    std::uint64_t* const taken = rows_.append(rows.size() / sizeof(std::uint64_t));
    std::memcpy(taken, rows.data(), rows.size());
    for (std::size_t at = 0; at < rows.size() / sizeof(std::uint64_t); at += row_words(width_)) {
        RowHead head;
        std::memcpy(&head, taken + at, sizeof head);
        head.key = places[head.key];
        std::memcpy(taken + at, &head, sizeof head);
    }
}

FlatValue DailyRows::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    const std::size_t words = rows_.size();
    if (words > (FlatBuffer::most_bytes - header - head_bytes - keys_.size() * sizeof(SeriesKey)) / sizeof(std::uint64_t)) {
        throw Error(ErrorCode::limit_exceeded, "too many days of series to compare at once",
                    "There are " + std::to_string(words / row_words(width_)) + " rows.",
                    "Take a shorter time, or fewer series.");
    }
    FlatBuffer buffer(result, header, head_bytes + keys_.size() * sizeof(SeriesKey) + words * sizeof(std::uint64_t));
    WireWriter out(buffer);
    out.put(DailyRows::format.tag);
    out.put(std::uint64_t{words / row_words(width_)});
    out.put(static_cast<std::uint32_t>(keys_.size()));
    out.put(DailyRows::format.version);
    out.put(static_cast<std::uint16_t>(width_));
    for (const SeriesKey& key : keys_) {
        out.put(key.business);
        out.put(key.series);
    }
    for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
        out.put_array(rows_.chunk(i));
    }
    return buffer.value();
}

}  // namespace marketing::refresh
