#include "refresh/daily_rows.hpp"

#include <cstring>
#include <string>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::refresh {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::FlatValue;
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

static_assert(sizeof(RowHead) == sizeof(std::uint64_t) && sizeof(double) == sizeof(std::uint64_t));

constexpr std::size_t row_words(std::size_t width)
{
    return 1 + width;
}

constexpr std::size_t row_bytes(std::size_t width)
{
    return row_words(width) * sizeof(std::uint64_t);
}

}  // namespace

DailyRowsView::DailyRowsView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    DailyRows::format.expect(in);
    *this = DailyRowsView(in);
    in.expect_end();
}

DailyRowsView::DailyRowsView(WireReader& in)
{
    width_ = in.get<std::uint16_t>();
    const auto keys = in.get<std::uint32_t>();
    size_ = in.get<std::uint64_t>();
    WireReader::require(width_ <= most_figures && (width_ > 0 || size_ == 0), "its rows cannot be of this width");
    keys_ = {in.get_array<std::uint64_t>(2 * std::uint64_t{keys}).data(), sizeof(SeriesKey), keys};
    WireReader::require(size_ <= in.remaining() / row_bytes(width_), WireReader::too_short);
    rows_ = in.get_array<std::uint64_t>(size_ * row_words(width_));
    const auto places = key_places();
    for (std::size_t i = 0; i < size_; ++i) {
        WireReader::require(places[i] < keys, "a row is of no series");
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
    require_valid(width_ == 0 || width_ == figures, "rows of daily_rows differ in how many figures they have");
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

void DailyRows::take(kernel::Column<SeriesKey> keys, std::span<const std::byte> rows)
{
    std::vector<std::uint32_t> places;
    places.reserve(keys.size());
    for (std::size_t i = 0; i < keys.size(); ++i) {
        places.push_back(place_of(keys[i]));
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

// Number of figures, of keys and of rows; the keys; the rows.
void DailyRows::write(WireWriter& out) const
{
    out.put(static_cast<std::uint16_t>(width_));
    out.put(static_cast<std::uint32_t>(keys_.size()));
    out.put(std::uint64_t{rows_.size() / row_words(width_)});
    for (const SeriesKey& key : keys_) {
        out.put(key.business);
        out.put(key.series);
    }
    for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
        out.put_array(rows_.chunk(i));
    }
}

}  // namespace marketing::refresh
