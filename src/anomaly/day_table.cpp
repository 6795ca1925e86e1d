#include "anomaly/day_table.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_map>

#include "kernel/error.hpp"
#include "kernel/hash.hpp"
#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

using kernel::unknown;

/** Of several values of one day: smallest first, so that the sum does not depend on the order of the rows. */
double sum_of(std::span<double> values)
{
    if (values.size() == 1) {
        return std::isfinite(values[0]) ? values[0] : unknown;
    }
    const auto end = std::partition(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
    const auto count = end - values.begin();
    if (count < 2) {
        return count == 0 ? unknown : values[0];
    }
    std::sort(values.begin(), end);
    return std::accumulate(values.begin(), end, 0.0);
}

Places places_of(const kernel::Column<std::int64_t>& series)
{
    Places places;
    std::unordered_map<std::int64_t, std::uint32_t, kernel::SeededHash> found;
    places.of_rows.reserve(series.size());
    for (std::size_t row = 0; row < series.size(); ++row) {
        const std::int64_t id = series[row];
        const auto [entry, is_new] = found.try_emplace(id, static_cast<std::uint32_t>(places.ids.size()));
        if (is_new) {
            places.ids.push_back(id);
        }
        places.of_rows.push_back(entry->second);
    }
    const std::vector<std::int64_t> as_found(places.ids);
    std::sort(places.ids.begin(), places.ids.end());
    std::vector<std::uint32_t> rank(as_found.size());
    for (std::size_t i = 0; i < rank.size(); ++i) {
        rank[i] = static_cast<std::uint32_t>(std::lower_bound(places.ids.begin(), places.ids.end(), as_found[i]) -
                                             places.ids.begin());
    }
    for (std::uint32_t& place : places.of_rows) {
        place = rank[place];
    }
    return places;
}

/** Where each of `counts` begins when they stand one after the other, and where the last one ends. */
std::vector<std::size_t> starts_of(const std::vector<std::size_t>& counts)
{
    std::vector<std::size_t> starts(counts.size() + 1, 0);
    std::partial_sum(counts.begin(), counts.end(), starts.begin() + 1);
    return starts;
}

/** The rows from `first` to `last` that belong somewhere, by day: sorted by counting. */
std::vector<std::uint32_t> rows_by_day(const Places& places, const kernel::Column<std::int32_t>& day, std::int32_t first,
                                       std::int32_t last)
{
    const auto counts = [&](std::size_t row) {
        return day[row] >= first && day[row] <= last && places.of_rows[row] != Places::nowhere;
    };
    std::vector<std::size_t> per_day(static_cast<std::size_t>(std::int64_t{last} - first + 1), 0);
    for (std::size_t row = 0; row < day.size(); ++row) {
        if (counts(row)) {
            per_day[static_cast<std::size_t>(day[row] - first)] += 1;
        }
    }
    std::vector<std::size_t> next = starts_of(per_day);
    std::vector<std::uint32_t> order(next.back());
    for (std::size_t row = 0; row < day.size(); ++row) {
        if (counts(row)) {
            order[next[static_cast<std::size_t>(day[row] - first)]++] = static_cast<std::uint32_t>(row);
        }
    }
    return order;
}

}  // namespace

DayTable::DayTable(const DayRows& rows, std::int32_t first, std::int32_t last)
    : DayTable(places_of(rows.series), rows, first, last)
{
}

DayTable::DayTable(const Places& places, const DayRows& rows, std::int32_t first, std::int32_t last)
    : first_(first), reported_(static_cast<std::size_t>(std::int64_t{last} - first + 1), false)
{
    const std::size_t count = places.of_rows.size();
    kernel::require_valid(
        rows.day.size() == count && rows.value.size() == count && (rows.exposure.empty() || rows.exposure.size() == count),
        "series, day, value and exposure must be of the same length", "Collect them from the same rows by array_agg().");
    if (count >= Places::nowhere) {
        throw kernel::Error(kernel::ErrorCode::limit_exceeded, "too many series and days to compare at once", {},
                            "Compare fewer series, or a shorter time.");
    }
    sort(places, rows);
    add_up();
    const auto part = [this](const auto& column, std::size_t i) {
        return column.empty() ? std::span<const typename std::decay_t<decltype(column)>::value_type>{}
                              : std::span(column).subspan(starts_[i], starts_[i + 1] - starts_[i]);
    };
    for (std::size_t i = 0; i < series_.size(); ++i) {
        series_[i].day = part(days_, i);
        series_[i].value = part(values_, i);
        series_[i].exposure = part(exposures_, i);
    }
}

// By day, then by series, keeping that order: the days of a series stand together, in order of time.
void DayTable::sort(const Places& places, const DayRows& rows)
{
    const std::vector<std::uint32_t> order =
        rows_by_day(places, rows.day, first_, first_ + static_cast<std::int32_t>(reported_.size()) - 1);
    std::vector<std::size_t> counts(places.ids.size(), 0);
    for (const std::uint32_t row : order) {
        counts[places.of_rows[row]] += 1;
    }
    starts_ = starts_of(counts);
    std::vector<std::size_t> next(starts_);
    days_.resize(order.size());
    values_.resize(order.size());
    exposures_.resize(rows.exposure.empty() ? 0 : order.size());
    for (const std::uint32_t row : order) {
        const std::size_t to = next[places.of_rows[row]]++;
        days_[to] = rows.day[row];
        values_[to] = rows.value[row];
        if (!exposures_.empty()) {
            exposures_[to] = rows.exposure[row];
        }
        reported_[static_cast<std::size_t>(rows.day[row] - first_)] = true;
    }
    for (const std::int64_t id : places.ids) {
        series_.push_back({id, {}, {}, {}});
    }
}

// In place: what is written never overtakes what is read.
void DayTable::add_up()
{
    std::size_t to = 0;
    for (std::size_t i = 0; i < series_.size(); ++i) {
        const std::size_t end = starts_[i + 1];
        std::size_t from = starts_[i];
        starts_[i] = to;
        while (from < end) {
            std::size_t same = from + 1;
            while (same < end && days_[same] == days_[from]) {
                ++same;
            }
            const std::int32_t day = days_[from];
            const double value = sum_of(std::span(values_).subspan(from, same - from));
            const double exposure = exposures_.empty() ? unknown : sum_of(std::span(exposures_).subspan(from, same - from));
            days_[to] = day;
            values_[to] = value;
            if (!exposures_.empty()) {
                exposures_[to] = exposure;
            }
            ++to;
            from = same;
        }
    }
    starts_.back() = to;
}

std::vector<DaySeries> DayTable::exposures() const
{
    std::vector<DaySeries> result;
    for (const DaySeries& each : series_) {
        result.push_back({each.id, each.day, each.exposure, {}});
    }
    return result;
}

}  // namespace marketing::anomaly
