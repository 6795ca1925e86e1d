/** The active days of each series: those that count when a window is compared with the days before it. */
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "anomaly/day_table.hpp"
#include "anomaly/windows.hpp"
#include "kernel/stop.hpp"

namespace marketing::anomaly {

/** One number for each day of the week. */
using Week = std::array<double, 7>;

/** Of years there are many: what comes before the figures fills one word. */
struct ActiveDay {
    std::int32_t day;
    std::uint8_t weekday;
    bool in_window;
    double value;
    double
        exposure;  // what the value is counted per; of plain counts 1, or what the day of the week makes of it; times events'
    double effect = 0;  // of events: the logarithm of their factor,
    double error = 0;   // and the deviation of what is not known of it
    double level = 0;   // of amounts: the value per exposure, on the scale of the test
    double shared = 1;  // what other series make of it, as a factor
};

struct Activity {
    std::span<ActiveDay> days;       // in order of time
    WindowResult result{};           // before any test: days, sums and status
    double row_exposure_window = 0;  // of the rows, also where it is not what the value is counted per
    double row_exposure_baseline = 0;
    /** Sums of what the values are counted per, as events have it; of counts with the days of the week. */
    double window_exposure = 0;
    double baseline_exposure = 0;
    bool is_settled = false;  // it was new, and its growth is left out
    /** Of the result: the variance of the ratio's logarithm by chance, as in common.hpp. */
    double per_event = 0;
    double relative_variance = 0;
    /** What others let expect of the window, as a factor. */
    double common = 1;

    [[nodiscard]] std::span<ActiveDay> baseline() const { return days.first(static_cast<std::size_t>(result.baseline_days)); }
    [[nodiscard]] std::span<ActiveDay> window() const { return days.last(static_cast<std::size_t>(result.window_days)); }
};

/** How series are compared with others; where nothing is set, they are not. */
struct Others {
    /** Sets `shared` of the days before the window; whether anything is shared on them. */
    std::function<bool(std::span<Activity>)> share_days;
    /** Finds what series share in the window, by their results, and writes it into `common`. */
    std::function<void(std::span<Activity>)> find_common;
};

/** The activity of all series that were active at all, in the order of their ids. */
class Activities {
public:
    /** `reported`: per day of baseline and window, whether any series has a row of it. The days are written into `days`. */
    Activities(std::span<const DaySeries> all, const WindowRequest& request, const std::vector<bool>& reported,
               std::vector<ActiveDay>& days);
    Activities(const Activities&) = delete;
    Activities& operator=(const Activities&) = delete;

    [[nodiscard]] std::span<Activity> series() noexcept { return series_; }

private:
    [[nodiscard]] std::int32_t end_of_ramp_up(std::span<const ActiveDay> days) const;
    void collect(const DaySeries& series, const std::vector<bool>& reported, Activity& activity);
    [[nodiscard]] bool is_active(double value, double exposure, bool ever_exposed) const;
    [[nodiscard]] bool is_level(double value, double exposure) const;

    void mind_events(Activity& activity) const;

    WindowRequest request_;
    std::int32_t begin_;       // days before it do not count
    std::int32_t known_from_;  // the first day of any series
    bool per_exposure_;        // ratios are tested: counts, or amounts, per exposure
    std::vector<ActiveDay>& days_;
    std::vector<Activity> series_;
};

}  // namespace marketing::anomaly
