/** Rows of series and days, in any order, as one line of days per series. */
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace marketing::anomaly {

/** Columns of a table; all of one length. `exposure` may be empty. NaN is a value that is not there. */
struct DayRows {
    std::span<const std::int64_t> series;
    std::span<const std::int32_t> day;
    std::span<const double> value;
    std::span<const double> exposure;
};

struct DaySeries {
    std::int64_t id;
    std::span<const double> value;     // per day of the grid; NaN where there is no row
    std::span<const double> exposure;  // NaN where there is none
};

class DayGrid {
public:
    /** Rows of one series and day add up; rows before `first` or after `last` are left out. Throws where lengths differ. */
    DayGrid(const DayRows& rows, std::int32_t first, std::int32_t last);

    /** In the order of their ids. */
    [[nodiscard]] const std::vector<DaySeries>& series() const noexcept { return series_; }
    /** Whether any series has a row of the day. */
    [[nodiscard]] const std::vector<bool>& reported() const noexcept { return reported_; }

private:
    std::vector<double> values_;
    std::vector<double> exposures_;
    std::vector<DaySeries> series_;
    std::vector<bool> reported_;
};

}  // namespace marketing::anomaly
