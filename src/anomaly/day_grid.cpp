#include "anomaly/day_grid.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "kernel/error.hpp"

namespace marketing::anomaly {
namespace {

using kernel::Error;
using kernel::ErrorCode;

constexpr double absent = std::numeric_limits<double>::quiet_NaN();
constexpr std::size_t most_cells = std::size_t{1} << 28;

/** A value of a cell that has several; kept aside, so that their sum does not depend on the order of the rows. */
struct Extra {
    std::size_t cell;
    double value;
    friend bool operator<(const Extra& a, const Extra& b) { return a.cell != b.cell ? a.cell < b.cell : a.value < b.value; }
};

class Column {
public:
    explicit Column(std::vector<double>& cells) noexcept : cells_(cells) {}
    void put(std::size_t cell, double value)
    {
        if (!std::isfinite(value)) {
            return;
        }
        if (std::isnan(cells_[cell])) {
            cells_[cell] = value;
        } else {
            extras_.push_back({cell, value});
        }
    }
    void add_up()
    {
        // The value that came first is one of them.
        const std::size_t count = extras_.size();
        std::sort(extras_.begin(), extras_.end());
        for (std::size_t i = 0; i < count; ++i) {
            if (i == 0 || extras_[i].cell != extras_[i - 1].cell) {
                extras_.push_back({extras_[i].cell, cells_[extras_[i].cell]});
                cells_[extras_[i].cell] = 0;
            }
        }
        std::sort(extras_.begin(), extras_.end());
        for (const Extra& extra : extras_) {
            cells_[extra.cell] += extra.value;
        }
    }

private:
    std::vector<double>& cells_;
    std::vector<Extra> extras_;
};

}  // namespace

DayGrid::DayGrid(const DayRows& rows, std::int32_t first, std::int32_t last)
{
    const std::size_t count = rows.series.size();
    if (rows.day.size() != count || rows.value.size() != count || (!rows.exposure.empty() && rows.exposure.size() != count)) {
        throw Error(ErrorCode::invalid_parameter, "series, day, value and exposure must be of the same length");
    }
    std::unordered_map<std::int64_t, std::size_t> place_of;
    for (const std::int64_t id : rows.series) {
        place_of.try_emplace(id, 0);
    }
    std::vector<std::int64_t> ids;
    for (const auto& [id, place] : place_of) {
        ids.push_back(id);
    }
    std::sort(ids.begin(), ids.end());
    for (std::size_t i = 0; i < ids.size(); ++i) {
        place_of[ids[i]] = i;
    }
    const auto days = static_cast<std::size_t>(std::int64_t{last} - first + 1);
    if (ids.size() > most_cells / std::max<std::size_t>(days, 1)) {
        throw Error(ErrorCode::limit_exceeded, "too many series and days to compare at once", {},
                    "Compare fewer series, or a shorter time.");
    }
    values_.assign(ids.size() * days, absent);
    exposures_.assign(ids.size() * days, absent);
    reported_.assign(days, false);
    Column values(values_);
    Column exposures(exposures_);
    for (std::size_t i = 0; i < count; ++i) {
        if (rows.day[i] < first || rows.day[i] > last) {
            continue;
        }
        const auto day = static_cast<std::size_t>(rows.day[i] - first);
        const std::size_t cell = place_of.find(rows.series[i])->second * days + day;
        reported_[day] = true;
        values.put(cell, rows.value[i]);
        if (!rows.exposure.empty()) {
            exposures.put(cell, rows.exposure[i]);
        }
    }
    values.add_up();
    exposures.add_up();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        series_.push_back({ids[i], std::span(values_).subspan(i * days, days), std::span(exposures_).subspan(i * days, days)});
    }
}

}  // namespace marketing::anomaly
