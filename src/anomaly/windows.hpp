/**
 * A window of days against the days before it, for many series at once.
 *
 * Counts and rates are tested as counts (count_windows.hpp), amounts by their logarithm or as they are (amount_windows.hpp).
 * Days that a series was not active on count neither here nor there: a pause is not a zero.
 */
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "anomaly/common.hpp"
#include "anomaly/day_table.hpp"
#include "anomaly/event_days.hpp"
#include "anomaly/rates.hpp"
#include "kernel/stop.hpp"
#include "refresh/daily_rows.hpp"
#include "series/adaptive.hpp"

namespace marketing::anomaly {

enum class Status {
    tested,
    insufficient_data,  // too few days or events for any answer
    inactive,           // no active day in the window
    no_baseline,        // no active day before it
};

struct WindowRequest {
    series::SeriesKind kind = series::SeriesKind::count;
    Alternative alternative = Alternative::two_sided;
    std::int32_t window_from = 0;  // days, both ends included
    std::int32_t window_to = 0;
    std::int32_t baseline_days = 30;
    double margin = 0;
    std::int32_t min_days = 7;      // active days that a baseline needs
    double min_events = 3;          // expected or found events that a window of counts needs
    bool gaps_are_zero = false;     // a series without any exposure: days without a row, after its first, had no events
    bool weekly = true;             // days of the week differ
    std::int32_t ramp_up_days = 0;  // in which a series that begins within the baseline is new: they are left out of it
    const EventDays* events = nullptr;

    /** Of the baseline. */
    [[nodiscard]] std::int32_t first_day() const noexcept { return window_from - baseline_days; }
};

struct WindowResult {
    std::int64_t series;
    Status status;
    std::int32_t window_days;  // active days
    std::int32_t baseline_days;
    std::int32_t reported_days;  // days of the window on which any series has a row
    std::int32_t last_active;    // last active day before the window
    double window_value;         // sums over the active days
    double baseline_value;
    double window_exposure;
    double baseline_exposure;
    double expected;  // what the baseline leads to expect of the window
    double ratio;     // found over expected
    double ratio_low;
    double ratio_high;
    double z;
    double p_value;
    double dispersion;     // of counts and rates
    double needed_events;  // where data are insufficient: how many more expected events, or days, there would have to be
    double needed_days;
    double peak_ratio;  // of amounts: the most unusual day of the window over what it is expected to be
    std::int32_t peak_day;
    /** Of alerts: the p-value before the series is compared with others, what it shares with them, and with which. */
    double alone_p_value = 0;
    double common = 1;
    CommonLevel common_level = CommonLevel::none;
};

/** One result per series that was active at all, in the order of their ids. */
[[nodiscard]] std::vector<WindowResult> compare_windows(const DayRows& rows, const WindowRequest& request,
                                                        const kernel::StopFlag& stop = {});
/** The same with events, whose effects the days before the window tell, those before the baseline as well. */
[[nodiscard]] std::vector<WindowResult> compare_windows(const DayRows& rows, WindowRequest request,
                                                        const series::CalendarEvents& events, const kernel::StopFlag& stop);

/** What is asked of the leads and the spend of campaigns, platforms, products ... */
struct AlertRequest {
    std::int32_t window_from = 0;
    std::int32_t window_to = 0;
    std::int32_t baseline_days = 30;
    double margin = 0;
    double min_events = 3;
    bool gaps_are_zero = false;  // of leads
    /**
     * Of each unit its business, and a part of that, such as a platform, by numbers that are no series': what units share with these is
     * no news of their own. Empty: they are not compared with each other.
     */
    std::span<const std::int64_t> totals{};
    std::span<const std::int64_t> groups{};
    /** What events make of leads and of spend, by business and day; columns of one length. */
    struct Effects {
        std::span<const std::int64_t> businesses{};
        std::span<const std::int32_t> days{};
        std::span<const double> leads{}, leads_error{}, spend{}, spend_error{};
    } effects{};
};

struct AlertWindows {
    std::vector<WindowResult> cost;   // leads per spend, fewer than before
    std::vector<WindowResult> leads;  // leads per active day, fewer than before
    std::vector<WindowResult> spend;  // more than before
};

/** The units that count: their business, and their number within it. A result's series is the place of its unit, from 1. */
struct Units {
    std::span<const std::int64_t> businesses;
    std::span<const std::int64_t> units;

    /** Where each row belongs. Throws Error(invalid_parameter) where lengths differ. */
    [[nodiscard]] Places places_of(const refresh::DailyRowsView& rows) const;
};

/**
 * The three comparisons that alerts rest on, of rows whose figures are leads and spend. After the units come the businesses and groups
 * whose units moved together, each in all three; where it did not, its p-value is 1.
 */
[[nodiscard]] AlertWindows compare_alert_windows(const Units& units, const refresh::DailyRowsView& rows,
                                                 const AlertRequest& request, const kernel::StopFlag& stop = {});

[[nodiscard]] std::string_view name_of(Status status) noexcept;
[[nodiscard]] std::string_view name_of(CommonLevel level) noexcept;

}  // namespace marketing::anomaly
