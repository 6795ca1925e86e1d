#include "anomaly/windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "anomaly/levels.hpp"
#include "anomaly/overdispersion.hpp"
#include "kernel/error.hpp"

namespace marketing::anomaly {
namespace {

using kernel::Error;
using kernel::ErrorCode;

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
constexpr int week = 7;
constexpr std::int32_t longest = 36600;
// No verdict where even none at all would not be remarkable.
constexpr double remarkable = 0.05;
// What the days of the week are drawn to 1 by: counts per dispersion, and days.
constexpr double week_events = 40;
constexpr double week_days = 4;
constexpr std::size_t few_series = 3;
// The latest of them tell how much the days vary; older ones add little, and it may have changed.
constexpr std::int32_t dispersion_days = 90;
constexpr double least_log_deviation = 0.02;

using Week = std::array<double, week>;

std::uint8_t weekday(std::int32_t day)
{
    return static_cast<std::uint8_t>(((day % week) + week) % week);
}

struct Day {
    std::int32_t day;
    std::uint8_t weekday;
    bool in_window;
    double value;
    double
        weight;  // exposure of a ratio; of a count what the day of the week makes of 1; of an amount its place on the test's scale
};

/** The active days of one series. */
struct Activity {
    std::int64_t series = 0;
    std::size_t first_day = 0;  // among the days of all series
    std::span<Day> days;
    WindowResult result{};
    double own_exposure_window = 0;
    double own_exposure_baseline = 0;
};

/** The baseline of a series of counts by days of the week: what there was, and what there would be if all days were alike. */
struct WeekOfCounts {
    Week events{};
    Week even{};
    double dispersion = 1;  // once the usual week is known
};

void check(const WindowRequest& request)
{
    const auto refuse = [](const char* message, const char* hint) {
        throw Error(ErrorCode::invalid_parameter, message, {}, hint);
    };
    if (request.window_to < request.window_from) {
        refuse("the window ends before it begins", "date_from must not be after date_to.");
    }
    if (request.baseline_days < 1 || request.baseline_days > longest || request.window_to - request.window_from > longest) {
        refuse("baseline and window must be of 1 to 36600 days", "Give other dates, or other baseline_days.");
    }
    if (!std::isfinite(request.margin) || request.margin < 0) {
        refuse("min_effect must be a finite number that is not negative", "0.2 is silent on changes by less than a fifth.");
    }
    if (request.min_days < 2 || !(request.min_events >= 0)) {
        refuse("min_days must be at least 2, and min_events not negative", "7 days and 3 events are usual.");
    }
}

std::int32_t first_day(const WindowRequest& request)
{
    return request.window_from - request.baseline_days;
}

class Windows {
public:
    /** Of requests that have the same windows. */
    Windows(const WindowRequest& request, const std::vector<bool>& reported, const kernel::StopFlag& stop)
        : request_(request),
          stop_(stop),
          first_(first_day(request)),
          reported_(reported),
          reported_days_(static_cast<std::int32_t>(std::count(reported.begin() + request.baseline_days, reported.end(), true)))
    {
    }

    std::vector<WindowResult> compare(std::span<const DaySeries> all, const WindowRequest& request)
    {
        request_ = request;
        collect_all(all);
        stop_.poll();
        if (request_.kind == series::SeriesKind::count || request_.kind == series::SeriesKind::rate) {
            compare_counts();
        } else {
            compare_levels();
        }
        std::vector<WindowResult> results;
        for (const Activity& each : activities_) {
            results.push_back(each.result);
        }
        return results;
    }

private:
    [[nodiscard]] bool in_window(std::int32_t day) const { return day >= request_.window_from; }

    /** Whether a day counts, and what it counts. */
    [[nodiscard]] bool is_active(double value, double exposure, bool ever_exposed) const
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
    [[nodiscard]] bool is_level(double value, double exposure) const
    {
        return !per_exposure_ || (exposure > 0 && std::isfinite(exposure) && std::isfinite(value / exposure));
    }

    void collect_all(std::span<const DaySeries> all)
    {
        days_.clear();
        activities_.clear();
        activities_.reserve(all.size());
        std::size_t rows = 0;
        per_exposure_ = request_.kind == series::SeriesKind::rate;
        for (const DaySeries& series : all) {
            rows += series.day.size();
            per_exposure_ = per_exposure_ || (request_.kind != series::SeriesKind::count && !series.exposure.empty());
        }
        days_.reserve(rows);
        for (const DaySeries& series : all) {
            collect(series);
        }
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            const std::size_t end = i + 1 < activities_.size() ? activities_[i + 1].first_day : days_.size();
            activities_[i].days = std::span(days_).subspan(activities_[i].first_day, end - activities_[i].first_day);
            activities_[i].result = summary(activities_[i]);
        }
    }

    void collect(const DaySeries& series)
    {
        Activity activity;
        activity.series = series.id;
        activity.first_day = days_.size();
        const bool ever_exposed =
            std::any_of(series.exposure.begin(), series.exposure.end(), [](double exposure) { return exposure > 0; });
        const auto add = [&](std::int32_t day, double value, double exposure) {
            if (is_active(value, exposure, ever_exposed)) {
                days_.push_back({day, weekday(day), in_window(day), value, per_exposure_ ? exposure : 1});
                if (ever_exposed) {
                    (in_window(day) ? activity.own_exposure_window : activity.own_exposure_baseline) += exposure;
                }
            }
        };
        if (request_.kind == series::SeriesKind::count && request_.gaps_are_zero && !ever_exposed) {
            each_reported_day(series, add);
        } else {
            for (std::size_t i = 0; i < series.day.size(); ++i) {
                add(series.day[i], series.value[i], series.exposure.empty() ? unknown : series.exposure[i]);
            }
        }
        if (days_.size() > activity.first_day) {
            activities_.push_back(activity);
        }
    }

    /** From the first value on: where any series has a row and this one has no value, it is zero. */
    template <class Add>
    void each_reported_day(const DaySeries& series, const Add& add) const
    {
        bool begun = false;
        std::size_t next = 0;
        for (std::size_t i = 0; i < reported_.size(); ++i) {
            const std::int32_t day = first_ + static_cast<std::int32_t>(i);
            double value = unknown;
            if (next < series.day.size() && series.day[next] == day) {
                value = series.value[next++];
            }
            begun = begun || !std::isnan(value);
            if (begun && reported_[i]) {
                add(day, std::isnan(value) ? 0 : value, unknown);
            }
        }
    }

    [[nodiscard]] WindowResult summary(const Activity& activity) const
    {
        WindowResult result{};
        result.series = activity.series;
        result.last_active = first_ - 1;
        for (const Day& day : activity.days) {
            (day.in_window ? result.window_days : result.baseline_days) += 1;
            (day.in_window ? result.window_value : result.baseline_value) += day.value;
            (day.in_window ? result.window_exposure : result.baseline_exposure) += day.weight;
            if (!day.in_window) {
                result.last_active = day.day;
            }
        }
        result.reported_days = reported_days_;
        result.expected = result.ratio = result.ratio_low = result.ratio_high = result.z = result.p_value = unknown;
        result.dispersion = result.needed_events = result.needed_days = result.peak_ratio = unknown;
        result.status = result.window_days == 0                    ? Status::inactive
                        : result.baseline_days == 0                ? Status::no_baseline
                        : result.baseline_days < request_.min_days ? Status::insufficient_data
                                                                   : Status::tested;
        if (result.status == Status::insufficient_data || result.status == Status::no_baseline) {
            result.needed_days = request_.min_days - result.baseline_days;
        }
        return result;
    }

    // -- Counts and rates

    void compare_counts()
    {
        if (request_.kind == series::SeriesKind::count && request_.weekly) {
            weigh_weekdays();
        }
        std::vector<DispersionWeights> likelihoods(activities_.size());
        std::vector<DispersionWeights> known;
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            const Activity& activity = activities_[i];
            if (activity.result.baseline_days >= request_.min_days && activity.result.baseline_value > 0) {
                likelihoods[i] = likelihood_of(activity);
                known.push_back(likelihoods[i]);
            } else {
                likelihoods[i].fill(1);
            }
            stop_.poll();
        }
        const DispersionWeights prior = prior_of_dispersion(known);
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            if (activities_[i].result.status == Status::tested) {
                test_counts(activities_[i], posterior_of_dispersion(likelihoods[i], prior));
            }
            stop_.poll();
        }
    }

    DispersionWeights likelihood_of(const Activity& activity)
    {
        events_.clear();
        exposures_.clear();
        const WindowResult& r = activity.result;
        std::int32_t left_out = std::max(0, r.baseline_days - dispersion_days);
        for (const Day& day : activity.days) {
            if (!day.in_window && left_out-- <= 0) {
                events_.push_back(day.value);
                exposures_.push_back(day.weight);
            }
        }
        return likelihood_of_dispersion(events_, exposures_,
                                        (r.window_value + r.baseline_value) / (r.window_exposure + r.baseline_exposure));
    }

    /** Events of each day of the week over what they would be if all days were alike, drawn to `usual`. */
    static Week weekday_factors(const Week& events, const Week& even, const Week& usual, double weight)
    {
        Week factors{};
        for (std::size_t i = 0; i < week; ++i) {
            factors[i] = (events[i] + weight * usual[i]) / (even[i] + weight);
        }
        return factors;
    }

    void weigh_weekdays()
    {
        Week all_events{};
        Week all_even{};
        Week even_weeks{};
        even_weeks.fill(1);
        double dispersions = 0;
        std::vector<WeekOfCounts> weeks;
        weeks.reserve(activities_.size());
        for (const Activity& activity : activities_) {
            add_weekdays(activity, all_events, all_even);
            weeks.emplace_back();
            add_weekdays(activity, weeks.back().events, weeks.back().even);
            dispersions += dispersion_of(activity, even_weeks);
        }
        const double usual_dispersion = activities_.empty() ? 1 : dispersions / static_cast<double>(activities_.size());
        const Week usual = weekday_factors(all_events, all_even, even_weeks, week_events * usual_dispersion);
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            weeks[i].dispersion = dispersion_of(activities_[i], usual);
        }
        const double differ = week_difference(weeks, usual);
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            Activity& activity = activities_[i];
            const double weight = weeks[i].dispersion / differ;
            const Week factors = std::isfinite(weight) ? weekday_factors(weeks[i].events, weeks[i].even, usual, weight) : usual;
            activity.result.window_exposure = activity.result.baseline_exposure = 0;
            for (Day& day : activity.days) {
                day.weight = factors[day.weekday];
                (day.in_window ? activity.result.window_exposure : activity.result.baseline_exposure) += day.weight;
            }
        }
    }

    /** By how much the weeks of the series differ from the usual one: the variance of their factors beyond chance. */
    [[nodiscard]] double week_difference(const std::vector<WeekOfCounts>& weeks, const Week& usual) const
    {
        double squares = 0;
        double by_chance = 0;
        double expected = 0;
        std::size_t series = 0;
        for (std::size_t at = 0; at < activities_.size(); ++at) {
            const WindowResult& result = activities_[at].result;
            if (result.baseline_days < request_.min_days || !(result.baseline_value > 0)) {
                continue;
            }
            for (std::size_t i = 0; i < week; ++i) {
                const double mean = weeks[at].even[i] * usual[i];
                squares += mean > 0 ? (weeks[at].events[i] - mean) * (weeks[at].events[i] - mean) / mean : 0;
                expected += mean;
            }
            by_chance += (week - 1) * weeks[at].dispersion;
            ++series;
        }
        return series < few_series ? 0 : std::max(0.0, squares - by_chance) / expected;
    }

    static void add_weekdays(const Activity& activity, Week& events, Week& even)
    {
        const double per_day = activity.result.baseline_value / std::max(1, activity.result.baseline_days);
        for (const Day& day : activity.days) {
            if (!day.in_window) {
                events[day.weekday] += day.value;
                even[day.weekday] += per_day;
            }
        }
    }

    static double dispersion_of(const Activity& activity, const Week& usual)
    {
        const double per_day = activity.result.baseline_value / std::max(1, activity.result.baseline_days);
        Week means{};
        for (std::size_t i = 0; i < week; ++i) {
            means[i] = per_day * usual[i];
        }
        double squares = 0;
        for (const Day& day : activity.days) {
            const double mean = means[day.weekday];
            squares += !day.in_window && mean > 0 ? (day.value - mean) * (day.value - mean) / mean : 0;
        }
        return std::max(1.0, squares / std::max(1, activity.result.baseline_days - 1));
    }

    /** Fewer events for less exposure are no surprise: a count that is tested for a fall expects that much less. */
    [[nodiscard]] double excused(const Activity& activity) const
    {
        const WindowResult& r = activity.result;
        if (request_.kind != series::SeriesKind::count || request_.alternative != Alternative::less ||
            !(activity.own_exposure_baseline > 0)) {
            return 1;
        }
        return std::min(1.0, activity.own_exposure_window / r.window_days / (activity.own_exposure_baseline / r.baseline_days));
    }

    void test_counts(Activity& activity, const DispersionWeights& posterior)
    {
        WindowResult& r = activity.result;
        const Rate current{r.window_value, r.window_exposure * excused(activity)};
        const Rate baseline{r.baseline_value, r.baseline_exposure};
        r.dispersion = typical_dispersion(posterior);
        r.expected = baseline.events / baseline.exposure * current.exposure;
        r.ratio = r.expected > 0 ? current.events / r.expected : unknown;
        RateOptions options;
        options.dispersion = r.dispersion;
        options.df = r.baseline_days - 1;
        const RateRatio interval = rate_ratio_test(current, baseline, options);
        r.ratio_low = interval.ci_low;
        r.ratio_high = interval.ci_high;
        r.needed_events = missing_events(current, baseline, posterior);
        if (r.needed_events > 0) {
            r.status = Status::insufficient_data;
            return;
        }
        r.needed_events = unknown;
        const numeric::Tails high = overdispersed_tails(current, baseline, 1 + request_.margin, posterior);
        const numeric::Tails low =
            request_.margin > 0 ? overdispersed_tails(current, baseline, 1 / (1 + request_.margin), posterior) : high;
        switch (request_.alternative) {
            case Alternative::greater:
                r.p_value = high.more;
                r.z = numeric::deviate(high);
                break;
            case Alternative::less:
                r.p_value = low.fewer;
                r.z = numeric::deviate(low);
                break;
            case Alternative::two_sided:
                r.p_value = 2 * std::min(high.more, low.fewer);
                r.z = numeric::deviate(high) > 0 ? numeric::deviate(high) : std::min(numeric::deviate(low), 0.0);
                break;
        }
        r.p_value = std::clamp(r.p_value, numeric::least_p, 1.0);
    }

    /** How many more events would have to be expected for an answer; 0 where there is one. */
    [[nodiscard]] double missing_events(const Rate& current, const Rate& baseline, const DispersionWeights& posterior) const
    {
        const double expected = baseline.events / baseline.exposure * current.exposure;
        if (current.events < request_.min_events && expected < request_.min_events) {
            return std::max(request_.min_events - expected, 0.0);
        }
        if (request_.alternative != Alternative::less) {
            return 0;
        }
        const double none = overdispersed_tails({0, current.exposure}, baseline, 1 / (1 + request_.margin), posterior).fewer;
        return none <= remarkable ? 0 : expected * (std::log(remarkable) / std::log(std::min(none, 0.99)) - 1);
    }

    // -- Amounts

    [[nodiscard]] double scaled(double value) const
    {
        return request_.kind == series::SeriesKind::positive ? std::log(value) : value;
    }
    /** What the amount of the `i`th day of a series is divided by. */
    [[nodiscard]] double exposure_of(const Activity& activity, std::size_t i) const
    {
        return per_exposure_ ? day_exposures_[activity.first_day + i] : 1;
    }
    /** What a shift of the scale makes of an amount of `from`. */
    [[nodiscard]] double unscaled(double from, double shift) const
    {
        return request_.kind == series::SeriesKind::positive ? from * std::exp(shift) : from + shift;
    }

    /** The days of the window, or those before it, on the scale of the test, without what the day of the week adds. */
    static void take_levels(const Activity& activity, bool window, const Week& factors, std::vector<Level>& levels)
    {
        levels.clear();
        for (const Day& day : activity.days) {
            if (day.in_window == window) {
                levels.push_back({day.day, day.weight - factors[day.weekday]});
            }
        }
    }

    void compare_levels()
    {
        day_exposures_.clear();
        for (Day& day : days_) {
            if (per_exposure_) {
                day_exposures_.push_back(day.weight);
            }
            day.weight = scaled(day.value / day.weight);
        }
        const std::vector<Week> factors = level_weeks();
        std::vector<Level> levels;
        std::vector<Baseline> baselines;
        baselines.reserve(activities_.size());
        double correlations = 0;
        double count = 0;
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            take_levels(activities_[i], false, factors[i], levels);
            baselines.push_back(levels.empty() ? Baseline{} : describe(levels));
            if (activities_[i].result.baseline_days >= request_.min_days) {
                correlations += baselines.back().correlation;
                ++count;
            }
        }
        const double usual = count > 0 ? correlations / count : 0;
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            if (activities_[i].result.status == Status::tested) {
                take_levels(activities_[i], true, factors[i], levels);
                test_levels(activities_[i], levels, baselines[i], pooled_correlation(baselines[i].correlation, usual),
                            factors[i]);
            }
            stop_.poll();
        }
    }

    /** What each day of the week adds to a series: its own days drawn to those of all series, in units of each one's deviation. */
    [[nodiscard]] std::vector<Week> level_weeks() const
    {
        std::vector<Week> result(activities_.size(), Week{});
        if (!request_.weekly) {
            return result;
        }
        Week sums{};
        Week counts{};
        std::vector<Week> own(activities_.size(), Week{});
        std::vector<Week> days(activities_.size(), Week{});
        std::vector<Level> before;
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            take_levels(activities_[i], false, Week{}, before);
            if (before.size() < static_cast<std::size_t>(request_.min_days)) {
                continue;
            }
            const Baseline baseline = describe(before);
            const double reach = 2 * baseline.deviation;
            for (const Level& level : before) {
                const auto place = weekday(level.day);
                const double distance = std::clamp(level.value - baseline.mean, -reach, reach);
                own[i][place] += distance;
                days[i][place] += 1;
                sums[place] += baseline.deviation > 0 ? distance / baseline.deviation : 0;
                counts[place] += 1;
            }
            result[i].fill(baseline.deviation);
            stop_.poll();
        }
        for (std::size_t i = 0; i < activities_.size(); ++i) {
            for (std::size_t place = 0; place < week; ++place) {
                const double usual = result[i][place] * sums[place] / (counts[place] + week_days);
                result[i][place] = (own[i][place] + week_days * usual) / (days[i][place] + week_days);
            }
        }
        return result;
    }

    void test_levels(Activity& activity, std::span<const Level> window, const Baseline& baseline, double correlation,
                     const Week& factors)
    {
        WindowResult& r = activity.result;
        const bool logs = request_.kind == series::SeriesKind::positive;
        const double margin = logs ? std::log1p(request_.margin) : request_.margin * std::abs(baseline.mean);
        const double least = logs ? least_log_deviation : least_log_deviation * std::abs(baseline.mean);
        const LevelTest test = level_test(window, baseline, correlation, least, margin, request_.alternative);
        // Sums, as people add them up: the usual day of the baseline, with the days of the week of the window.
        double per_usual_day = 0;
        double usual_days = 0;
        double expected_days = 0;
        Week scale{};
        for (std::size_t i = 0; i < week; ++i) {
            scale[i] = logs ? std::exp(factors[i]) : factors[i];
        }
        double exposed_days = 0;  // of the window
        for (std::size_t i = 0; i < activity.days.size(); ++i) {
            const Day& day = activity.days[i];
            const double exposure = exposure_of(activity, i);
            if (day.in_window) {
                expected_days += exposure * scale[day.weekday];
                exposed_days += exposure;
            } else {
                per_usual_day += logs ? day.value : day.value - exposure * scale[day.weekday];
                usual_days += exposure * (logs ? scale[day.weekday] : 1);
            }
        }
        per_usual_day /= usual_days;
        r.expected = logs ? per_usual_day * expected_days : per_usual_day * exposed_days + expected_days;
        r.ratio = r.expected > 0 ? r.window_value / r.expected : unknown;
        if (logs) {
            r.ratio_low = r.ratio * std::exp(-test.half_width);
            r.ratio_high = r.ratio * std::exp(test.half_width);
        }
        r.z = test.z;
        r.p_value = test.p_value;
        r.peak_day = window[test.peak].day;
        const auto peak =
            std::find_if(activity.days.begin(), activity.days.end(), [&r](const Day& day) { return day.day == r.peak_day; });
        const double usual = unscaled(per_usual_day, factors[weekday(r.peak_day)]) *
                             exposure_of(activity, static_cast<std::size_t>(peak - activity.days.begin()));
        r.peak_ratio = usual > 0 ? peak->value / usual : unknown;
    }

    WindowRequest request_;
    kernel::StopFlag stop_;
    std::int32_t first_;
    const std::vector<bool>& reported_;
    std::int32_t reported_days_;  // of the window
    bool per_exposure_ = false;   // ratios are tested: counts, or amounts, per exposure
    std::vector<Day> days_;
    std::vector<Activity> activities_;
    std::vector<double> events_;
    std::vector<double> exposures_;
    std::vector<double> day_exposures_;  // of all days, where amounts are divided by them
};

}  // namespace

std::vector<WindowResult> compare_windows(const DayRows& rows, const WindowRequest& request, const kernel::StopFlag& stop)
{
    check(request);
    const DayTable table(rows, first_day(request), request.window_to);
    return Windows(request, table.reported(), stop).compare(table.series(), request);
}

AlertWindows compare_alert_windows(const Places& places, const DayRows& rows, const AlertRequest& request,
                                   const kernel::StopFlag& stop)
{
    WindowRequest each;
    each.window_from = request.window_from;
    each.window_to = request.window_to;
    each.baseline_days = request.baseline_days;
    each.margin = request.margin;
    each.min_events = request.min_events;
    each.alternative = Alternative::less;
    check(each);
    const DayTable table(places, rows, first_day(each), each.window_to);
    Windows windows(each, table.reported(), stop);
    AlertWindows found;
    each.kind = series::SeriesKind::rate;
    found.cost = windows.compare(table.series(), each);
    each.kind = series::SeriesKind::count;
    each.gaps_are_zero = request.gaps_are_zero;
    found.leads = windows.compare(table.series(), each);
    each.kind = series::SeriesKind::positive;
    each.alternative = Alternative::greater;
    found.spend = windows.compare(table.exposures(), each);
    return found;
}

std::string_view name_of(Status status) noexcept
{
    switch (status) {
        case Status::tested: return "tested";
        case Status::insufficient_data: return "insufficient_data";
        case Status::inactive: return "inactive";
        case Status::no_baseline: return "no_baseline";
    }
    return {};
}

}  // namespace marketing::anomaly
