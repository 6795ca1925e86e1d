#include "anomaly/activity.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

using kernel::unknown;

std::uint8_t weekday_of(std::int32_t day)
{
    return static_cast<std::uint8_t>(((day % 7) + 7) % 7);
}

/** Calls add(day, value) for each day from the first value on that any series has a row of: where this one has none, it is zero. */
template <class Add>
void each_reported_day(const DaySeries& series, const std::vector<bool>& reported, std::int32_t first, const Add& add)
{
    bool begun = false;
    std::size_t next = 0;
    for (std::size_t i = 0; i < reported.size(); ++i) {
        const std::int32_t day = first + static_cast<std::int32_t>(i);
        double value = unknown;
        if (next < series.day.size() && series.day[next] == day) {
            value = series.value[next++];
        }
        begun = begun || !std::isnan(value);
        if (begun && reported[i]) {
            add(day, std::isnan(value) ? 0 : value);
        }
    }
}

Status status_of(const WindowResult& result, std::int32_t min_days)
{
    return result.window_days == 0           ? Status::inactive
           : result.baseline_days == 0       ? Status::no_baseline
           : result.baseline_days < min_days ? Status::insufficient_data
                                             : Status::tested;
}

/** What there is to say before any test. */
WindowResult summary(std::int64_t series, std::span<const ActiveDay> days, const WindowRequest& request,
                     std::int32_t reported_days)
{
    WindowResult result{};
    result.series = series;
    result.last_active = request.first_day() - 1;
    for (const ActiveDay& day : days) {
        (day.in_window ? result.window_days : result.baseline_days) += 1;
        (day.in_window ? result.window_value : result.baseline_value) += day.value;
        (day.in_window ? result.window_exposure : result.baseline_exposure) += day.exposure;
        if (!day.in_window) {
            result.last_active = day.day;
        }
    }
    result.reported_days = reported_days;
    result.expected = result.ratio = result.ratio_low = result.ratio_high = result.z = result.p_value = result.alone_p_value =
        unknown;
    result.dispersion = result.needed_events = result.needed_days = result.peak_ratio = unknown;
    result.status = status_of(result, request.min_days);
    if (result.status == Status::insufficient_data || result.status == Status::no_baseline) {
        result.needed_days = request.min_days - result.baseline_days;
    }
    return result;
}

/** The first day that any series has a row of: before it nothing is known of any. */
std::int32_t first_reported(const std::vector<bool>& reported, const WindowRequest& request)
{
    return request.first_day() +
           static_cast<std::int32_t>(std::find(reported.begin(), reported.end(), true) - reported.begin());
}

/** A series that began in the middle of what is known of the baseline. */
bool is_new(std::span<const ActiveDay> days, const WindowRequest& request, std::int32_t known_from)
{
    constexpr std::int32_t missed = 3;  // days that may be missing at the beginning
    return request.ramp_up_days > 0 && !days.empty() && days.front().day > known_from + missed &&
           days.front().day < request.window_from;
}

/** While a series is new it grows: that it has more than at first is no news. */
void mind_ramp_up(Activity& activity, const WindowRequest& request, std::int32_t known_from)
{
    WindowResult& result = activity.result;
    if (request.alternative == Alternative::greater && result.status == Status::tested &&
        is_new(activity.days, request, known_from) && result.baseline_days < request.ramp_up_days + request.min_days &&
        !activity.is_settled) {
        result.status = Status::insufficient_data;
        result.needed_days = request.ramp_up_days + request.min_days - result.baseline_days;
    }
}

}  // namespace

/** The day from which on a new series has been through its growth; the first of the baseline where it is not new, or still too young. */
std::int32_t Activities::end_of_ramp_up(std::span<const ActiveDay> days) const
{
    if (!is_new(days, request_, known_from_)) {
        return request_.first_day();
    }
    const std::int32_t settled = days.front().day + request_.ramp_up_days;
    const auto left =
        std::count_if(days.begin(), days.end(), [&](const ActiveDay& day) { return !day.in_window && day.day >= settled; });
    return left >= request_.min_days ? settled : request_.first_day();
}

Activities::Activities(std::span<const DaySeries> all, const WindowRequest& request, const std::vector<bool>& reported,
                       std::vector<ActiveDay>& days)
    : request_(request),
      begin_(request.first_day()),
      known_from_(first_reported(reported, request)),
      per_exposure_(request.kind == series::SeriesKind::rate),
      days_(days)
{
    days_.clear();
    std::size_t rows = 0;
    for (const DaySeries& series : all) {
        rows += series.day.size();
        per_exposure_ = per_exposure_ || (request.kind != series::SeriesKind::count && !series.exposure.empty());
    }
    days_.reserve(rows);
    series_.reserve(all.size());
    const auto reported_days =
        static_cast<std::int32_t>(std::count(reported.begin() + request.baseline_days, reported.end(), true));
    for (const DaySeries& series : all) {
        Activity activity;
        const std::size_t start = days_.size();
        collect(series, reported, activity);
        if (const std::int32_t settled = end_of_ramp_up(std::span(days_).subspan(start)); settled > request.first_day()) {
            days_.resize(start);
            activity = {};
            begin_ = settled;
            collect(series, reported, activity);
            begin_ = request.first_day();
            activity.is_settled = true;
        }
        if (days_.size() > start) {
            activity.days = std::span(days_).subspan(start);
            activity.result = summary(series.id, activity.days, request, reported_days);
            mind_ramp_up(activity, request, known_from_);
            mind_events(activity);
            series_.push_back(activity);
        }
    }
    // They have moved where there were more of them than rows.
    std::size_t start = 0;
    for (Activity& activity : series_) {
        activity.days = std::span(days_).subspan(start, activity.days.size());
        start += activity.days.size();
    }
}

/** A day of which events make twice as much is as good as two. */
void Activities::mind_events(Activity& activity) const
{
    const bool counts = request_.kind == series::SeriesKind::count || request_.kind == series::SeriesKind::rate;
    for (ActiveDay& day : activity.days) {
        if (request_.events != nullptr) {
            const EventEffect event = request_.events->of(activity.result.series, day.day);
            day.effect = event.effect;
            day.error = event.error;
            day.exposure *= counts ? std::exp(event.effect) : 1;
        }
        (day.in_window ? activity.window_exposure : activity.baseline_exposure) += day.exposure;
    }
}

void Activities::collect(const DaySeries& series, const std::vector<bool>& reported, Activity& activity)
{
    const bool ever_exposed =
        std::any_of(series.exposure.begin(), series.exposure.end(), [](double exposure) { return exposure > 0; });
    const auto add = [&](std::int32_t day, double value, double exposure) {
        if (day >= begin_ && is_active(value, exposure, ever_exposed)) {
            const bool in_window = day >= request_.window_from;
            days_.push_back({day, weekday_of(day), in_window, value, per_exposure_ ? exposure : 1});
            if (ever_exposed) {
                (in_window ? activity.row_exposure_window : activity.row_exposure_baseline) += exposure;
            }
        }
    };
    if (request_.kind == series::SeriesKind::count && request_.gaps_are_zero && !ever_exposed) {
        each_reported_day(series, reported, request_.first_day(),
                          [&add](std::int32_t day, double value) { add(day, value, unknown); });
        return;
    }
    for (std::size_t i = 0; i < series.day.size(); ++i) {
        add(series.day[i], series.value[i], series.exposure.empty() ? unknown : series.exposure[i]);
    }
}

/** Whether a day counts. */
bool Activities::is_active(double value, double exposure, bool ever_exposed) const
{
    const bool counted = std::isfinite(value);
    switch (request_.kind) {
        case series::SeriesKind::rate: return counted && value >= 0 && exposure > 0;
        case series::SeriesKind::count: return counted && value >= 0 && (!ever_exposed || exposure > 0);
        case series::SeriesKind::positive: return counted && value > 0 && is_level(value, exposure);
        case series::SeriesKind::real: return counted && is_level(value, exposure);
    }
    return false;
}

/** Whether an amount has a place on the scale: any, or one of something. */
bool Activities::is_level(double value, double exposure) const
{
    return !per_exposure_ || (exposure > 0 && std::isfinite(exposure) && std::isfinite(value / exposure));
}

}  // namespace marketing::anomaly
