/** Rows of series and days, in any order, as one line of days per series. */
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "kernel/column.hpp"

namespace marketing::anomaly {

/** Columns of a table; all of one length. `exposure` may be empty. NaN is a value that is not there. */
struct DayRows {
    kernel::Column<std::int64_t> series;
    kernel::Column<std::int32_t> day;
    kernel::Column<double> value;
    kernel::Column<double> exposure;
};

/** The days on which a series has a row, in order of time. */
struct DaySeries {
    std::int64_t id;
    std::span<const std::int32_t> day;
    std::span<const double> value;     // NaN where there is none
    std::span<const double> exposure;  // likewise; empty where the rows have none
};

/** Which series each row belongs to: its place in `ids`, which are in order, or nowhere. */
struct Places {
    static constexpr std::uint32_t nowhere = std::numeric_limits<std::uint32_t>::max();
    std::vector<std::int64_t> ids;
    std::vector<std::uint32_t> of_rows;
};

class DayTable {
public:
    /** Rows of one series and day add up; rows before `first` or after `last` are left out. Throws where lengths differ. */
    DayTable(const DayRows& rows, std::int32_t first, std::int32_t last);
    /** The same where it is known already which series a row belongs to; `rows.series` does not matter. */
    DayTable(const Places& places, const DayRows& rows, std::int32_t first, std::int32_t last);
    DayTable(const DayTable&) = delete;
    DayTable& operator=(const DayTable&) = delete;

    /** In the order of their ids. */
    [[nodiscard]] const std::vector<DaySeries>& series() const noexcept { return series_; }
    /** The same with the exposure as value; rows must have one. */
    [[nodiscard]] std::vector<DaySeries> exposures() const;
    /** Per day from the first to the last: whether any series has a row of it. */
    [[nodiscard]] const std::vector<bool>& reported() const noexcept { return reported_; }

private:
    void sort(const Places& places, const DayRows& rows);
    void add_up();

    std::int32_t first_;
    std::vector<DaySeries> series_;
    std::vector<std::size_t> starts_;  // of each series in the columns, and the end of the last
    std::vector<std::int32_t> days_;
    std::vector<double> values_;
    std::vector<double> exposures_;
    std::vector<bool> reported_;
};

}  // namespace marketing::anomaly
