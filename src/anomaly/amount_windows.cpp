#include "anomaly/amount_windows.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "anomaly/levels.hpp"
#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

using kernel::unknown;
// What the days of the week are drawn to the usual ones by.
constexpr double week_days = 4;
constexpr double least_log_deviation = 0.02;

/** Amounts as their logarithm or as they are. */
class Scale {
public:
    explicit Scale(series::SeriesKind kind) : logs_(kind == series::SeriesKind::positive) {}

    [[nodiscard]] bool logs() const noexcept { return logs_; }
    [[nodiscard]] double level(double amount) const { return logs_ ? std::log(amount) : amount; }
    /** What a shift of the level makes of an amount. */
    [[nodiscard]] double shifted(double amount, double shift) const
    {
        return logs_ ? amount * std::exp(shift) : amount + shift;
    }
    /** The least that a series of this mean level varies by. */
    [[nodiscard]] double least_deviation(double mean) const { return least_log_deviation * (logs_ ? 1 : std::abs(mean)); }
    /** How far a level may move within the margin, which is a share of the amount. */
    [[nodiscard]] double margin(double share, double mean) const { return logs_ ? std::log1p(share) : share * std::abs(mean); }

private:
    bool logs_;
};

/** Days without what the day of the week adds. */
std::vector<Level> levels_of(std::span<const ActiveDay> days, const Week& weekdays)
{
    std::vector<Level> levels;
    levels.reserve(days.size());
    for (const ActiveDay& day : days) {
        levels.push_back({day.day, day.level - weekdays[day.weekday], day.error});
    }
    return levels;
}

/** Sums of levels and their number, by day of the week. */
struct WeekOfLevels {
    Week sums{};
    Week days{};
};

/** How far each day of the week lies from the mean of a baseline, far ones drawn in. */
WeekOfLevels week_of(const Activity& activity, const Baseline& baseline)
{
    WeekOfLevels week;
    const double reach = 2 * baseline.deviation;
    for (const ActiveDay& day : activity.baseline()) {
        week.sums[day.weekday] += std::clamp(day.level - baseline.mean, -reach, reach);
        week.days[day.weekday] += 1;
    }
    return week;
}

/** What each day of the week adds to each series: its own days drawn to those of all series, in units of each one's deviation. */
std::vector<Week> weekdays_of(std::span<const Activity> activities, const WindowRequest& request, const kernel::StopFlag& stop)
{
    std::vector<Week> result(activities.size(), Week{});
    if (!request.weekly) {
        return result;
    }
    std::vector<WeekOfLevels> weeks(activities.size());
    std::vector<double> deviations(activities.size(), 0);
    WeekOfLevels all;
    for (std::size_t i = 0; i < activities.size(); ++i) {
        stop.poll();
        if (activities[i].result.baseline_days < request.min_days) {
            continue;
        }
        const Baseline baseline = describe(levels_of(activities[i].baseline(), Week{}));
        weeks[i] = week_of(activities[i], baseline);
        deviations[i] = baseline.deviation;
        for (std::size_t day = 0; day < all.sums.size(); ++day) {
            all.sums[day] += baseline.deviation > 0 ? weeks[i].sums[day] / baseline.deviation : 0;
            all.days[day] += weeks[i].days[day];
        }
    }
    for (std::size_t i = 0; i < activities.size(); ++i) {
        for (std::size_t day = 0; day < all.sums.size(); ++day) {
            const double usual = deviations[i] * all.sums[day] / (all.days[day] + week_days);
            result[i][day] = (weeks[i].sums[day] + week_days * usual) / (weeks[i].days[day] + week_days);
        }
    }
    return result;
}

/** The usual day of a baseline per exposure, and what it leads to expect of the window: sums, as people add them up. */
struct Expectation {
    double usual_day;
    double of_window;
};

Expectation expectation_of(const Activity& activity, const Scale& scale, const Week& weekdays)
{
    Week parts{};  // a factor of the usual day, or an offset to it
    std::transform(weekdays.begin(), weekdays.end(), parts.begin(),
                   [&scale](double added) { return scale.logs() ? std::exp(added) : added; });
    double usual_sum = 0;
    double usual_days = 0;
    double window_parts = 0;
    double window_exposure = 0;
    for (const ActiveDay& day : activity.days) {
        const double part = day.exposure * parts[day.weekday] * std::exp(day.effect);
        if (day.in_window) {
            window_parts += part;
            window_exposure += day.exposure;
        } else {
            usual_sum += scale.logs() ? day.value : day.value - part;
            usual_days += scale.logs() ? part : day.exposure;
        }
    }
    const double usual_day = usual_sum / usual_days;
    return {usual_day, scale.logs() ? usual_day * window_parts : usual_day * window_exposure + window_parts};
}

void set_peak(Activity& activity, std::int32_t day, double usual_day, const Scale& scale, const Week& weekdays)
{
    const auto window = activity.window();
    const auto peak = std::find_if(window.begin(), window.end(), [day](const ActiveDay& each) { return each.day == day; });
    const double usual = scale.shifted(usual_day, weekdays[peak->weekday]) * peak->exposure * std::exp(peak->effect);
    activity.result.peak_day = day;
    activity.result.peak_ratio = usual > 0 ? peak->value / usual : unknown;
}

void test(Activity& activity, const Baseline& baseline, double correlation, const Week& weekdays, const WindowRequest& request)
{
    WindowResult& r = activity.result;
    const Scale scale(request.kind);
    const std::vector<Level> window = levels_of(activity.window(), weekdays);
    const LevelTest found = level_test(window, baseline, correlation, scale.least_deviation(baseline.mean),
                                       scale.margin(request.margin, baseline.mean), request.alternative);
    const Expectation expectation = expectation_of(activity, scale, weekdays);
    r.expected = expectation.of_window;
    r.ratio = r.expected > 0 ? r.window_value / r.expected : unknown;
    if (scale.logs()) {
        r.ratio_low = r.ratio * std::exp(-found.half_width);
        r.ratio_high = r.ratio * std::exp(found.half_width);
    }
    r.z = found.z;
    r.p_value = r.alone_p_value = found.p_value;
    set_peak(activity, window[found.peak].day, expectation.usual_day, scale, weekdays);
}

}  // namespace

void compare_amounts(std::span<Activity> activities, const WindowRequest& request, const kernel::StopFlag& stop)
{
    const Scale scale(request.kind);
    for (const Activity& activity : activities) {
        for (ActiveDay& day : activity.days) {
            day.level = scale.level(day.value / day.exposure) - day.effect;
        }
    }
    const std::vector<Week> weekdays = weekdays_of(activities, request, stop);
    std::vector<Baseline> baselines;
    double correlations = 0;
    double count = 0;
    for (std::size_t i = 0; i < activities.size(); ++i) {
        const std::vector<Level> levels = levels_of(activities[i].baseline(), weekdays[i]);
        baselines.push_back(levels.empty() ? Baseline{} : describe(levels));
        if (activities[i].result.baseline_days >= request.min_days) {
            correlations += baselines.back().correlation;
            ++count;
        }
    }
    const double usual = count > 0 ? correlations / count : 0;
    for (std::size_t i = 0; i < activities.size(); ++i) {
        stop.poll();
        if (activities[i].result.status == Status::tested) {
            test(activities[i], baselines[i], pooled_correlation(baselines[i].correlation, usual), weekdays[i], request);
        }
    }
}

}  // namespace marketing::anomaly
