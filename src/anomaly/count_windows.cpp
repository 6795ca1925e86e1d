#include "anomaly/count_windows.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "anomaly/overdispersion.hpp"
#include "anomaly/rates.hpp"
#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

using kernel::unknown;
// No verdict where even no event at all would not be remarkable.
constexpr double remarkable = 0.05;
// What the usual week is drawn to seven equal days by: counts per dispersion.
constexpr double week_events = 40;
constexpr std::size_t few_series = 3;
// The latest of them tell how much the days vary; older ones add little, and it may have changed.
constexpr std::int32_t dispersion_days = 90;

// -- Days of the week

/** The baseline of a series by days of the week: what there was, and what there would be if all days were alike. */
struct WeekOfCounts {
    Week events{};
    Week even{};
};

double baseline_per_day(const Activity& activity)
{
    return activity.baseline_exposure > 0 ? activity.result.baseline_value / activity.baseline_exposure : 0;
}

WeekOfCounts week_of(const Activity& activity)
{
    WeekOfCounts week;
    const double per_day = baseline_per_day(activity);
    for (const ActiveDay& day : activity.baseline()) {
        week.events[day.weekday] += day.value;
        week.even[day.weekday] += per_day * day.exposure;
    }
    return week;
}

/** Variance over mean of the baseline's counts around a usual week. */
double dispersion_around(const Activity& activity, const Week& usual)
{
    const double per_day = baseline_per_day(activity);
    double squares = 0;
    for (const ActiveDay& day : activity.baseline()) {
        const double mean = per_day * usual[day.weekday] * day.exposure;
        squares += mean > 0 ? (day.value - mean) * (day.value - mean) / mean : 0;
    }
    return std::max(1.0, squares / std::max(1, activity.result.baseline_days - 1));
}

std::vector<double> dispersions_around(std::span<const Activity> activities, const Week& usual)
{
    std::vector<double> dispersions;
    for (const Activity& activity : activities) {
        dispersions.push_back(dispersion_around(activity, usual));
    }
    return dispersions;
}

/** Events of each day of the week over what they would be if all days were alike, drawn to `usual`. */
Week weekday_factors(const WeekOfCounts& week, const Week& usual, double weight)
{
    Week factors{};
    for (std::size_t i = 0; i < factors.size(); ++i) {
        factors[i] = (week.events[i] + weight * usual[i]) / (week.even[i] + weight);
    }
    return factors;
}

/** The week of all series together. */
Week usual_week(std::span<const Activity> activities, std::span<const WeekOfCounts> weeks)
{
    Week even_week{};
    even_week.fill(1);
    double dispersion = activities.empty() ? 1 : 0;
    for (const double each : dispersions_around(activities, even_week)) {
        dispersion += each / static_cast<double>(activities.size());
    }
    WeekOfCounts all;
    for (const WeekOfCounts& week : weeks) {
        for (std::size_t i = 0; i < even_week.size(); ++i) {
            all.events[i] += week.events[i];
            all.even[i] += week.even[i];
        }
    }
    return weekday_factors(all, even_week, week_events * dispersion);
}

/** By how much the weeks of the series differ from the usual one: the variance of their factors beyond chance. */
double week_difference(std::span<const Activity> activities, std::span<const WeekOfCounts> weeks,
                       std::span<const double> dispersions, const Week& usual, std::int32_t min_days)
{
    double squares = 0;
    double by_chance = 0;
    double expected = 0;
    std::size_t series = 0;
    for (std::size_t at = 0; at < activities.size(); ++at) {
        const WindowResult& result = activities[at].result;
        if (result.baseline_days < min_days || !(result.baseline_value > 0)) {
            continue;
        }
        for (std::size_t i = 0; i < usual.size(); ++i) {
            const double mean = weeks[at].even[i] * usual[i];
            const double off = weeks[at].events[i] - mean;
            squares += mean > 0 ? off * off / mean : 0;
            expected += mean;
        }
        by_chance += static_cast<double>(usual.size() - 1) * dispersions[at];
        ++series;
    }
    return series < few_series ? 0 : std::max(0.0, squares - by_chance) / expected;
}

void set_exposures(Activity& activity, const Week& factors)
{
    activity.window_exposure = activity.baseline_exposure = 0;
    for (ActiveDay& day : activity.days) {
        day.exposure *= factors[day.weekday];
        (day.in_window ? activity.window_exposure : activity.baseline_exposure) += day.exposure;
    }
    activity.result.window_exposure = activity.window_exposure;
    activity.result.baseline_exposure = activity.baseline_exposure;
}

/** The exposure of a day is what the day of the week makes of a count; of each series as far as its own week is known to differ. */
void set_exposures_by_weekday(std::span<Activity> activities, std::int32_t min_days)
{
    std::vector<WeekOfCounts> weeks;
    for (const Activity& activity : activities) {
        weeks.push_back(week_of(activity));
    }
    const Week usual = usual_week(activities, weeks);
    const std::vector<double> dispersions = dispersions_around(activities, usual);
    const double differ = week_difference(activities, weeks, dispersions, usual, min_days);
    for (std::size_t i = 0; i < activities.size(); ++i) {
        const double weight = dispersions[i] / differ;
        set_exposures(activities[i], std::isfinite(weight) ? weekday_factors(weeks[i], usual, weight) : usual);
    }
}

// -- Dispersion

/** How likely the latest days of the baseline are, for each dispersion and correlation. */
numeric::BurstTable likelihood_of(const Activity& activity)
{
    std::vector<numeric::CountDay> days;
    const WindowResult& r = activity.result;
    for (const ActiveDay& day :
         activity.baseline().last(static_cast<std::size_t>(std::min(r.baseline_days, dispersion_days)))) {
        const double exposure = day.exposure * day.shared;
        days.push_back({day.day, day.value, exposure, std::sqrt(exposure)});
    }
    const double rate = (r.window_value + r.baseline_value) / (activity.window_exposure + activity.baseline_exposure);
    return numeric::log_likelihoods(numeric::DividedCounts(days, r.last_active), scales_of(rate));
}

/** What is known of how the counts of a series vary: of single days, and of the window less the baseline. */
struct Variation {
    DispersionWeights days;
    DispersionWeights contrast;
};

/** What is not known of the events of the window, as dispersion of the comparison: their errors are taken to go together. */
double doubt_of_events(const Activity& activity)
{
    double error = 0;
    for (const ActiveDay& day : activity.window()) {
        error += day.exposure * day.error / activity.window_exposure;
    }
    const double rate = activity.result.baseline_value / activity.baseline_exposure;
    return error > 0 ? rate * error * error / (1 / activity.window_exposure + 1 / activity.baseline_exposure) : 0;
}

/** The window less the baseline, of each series that is tested. */
std::vector<numeric::CorrelatedSum> contrasts_of(std::span<const Activity> activities)
{
    std::vector<numeric::CorrelatedSum> contrasts(activities.size());
    for (std::size_t i = 0; i < activities.size(); ++i) {
        const Activity& activity = activities[i];
        if (activity.result.status != Status::tested) {
            continue;
        }
        for (const ActiveDay& day : activity.days) {
            contrasts[i].add(
                day.day, std::sqrt(day.exposure) / (day.in_window ? activity.window_exposure : -activity.baseline_exposure));
        }
    }
    return contrasts;
}

Variation variation_of(const Activity& activity, const numeric::BurstTable& table, const numeric::CorrelatedSum& contrast)
{
    return {dispersion_of_days(table), more_dispersed(dispersion_of_contrast(table, contrast), doubt_of_events(activity))};
}

/** Of each series, by its own days and by those of all. */
std::vector<Variation> variations_of(std::span<const Activity> activities, std::span<const numeric::CorrelatedSum> contrasts,
                                     std::int32_t min_days, const kernel::StopFlag& stop)
{
    // Each value weighs as much in the prior; a single series is left nearly open.
    constexpr double open_weight = 0.5;
    std::vector<numeric::BurstTable> known;
    std::vector<bool> is_known;
    for (const Activity& activity : activities) {
        stop.poll();
        is_known.push_back(activity.result.baseline_days >= min_days && activity.result.baseline_value > 0);
        if (is_known.back()) {
            known.push_back(likelihood_of(activity));
        }
    }
    const numeric::BurstTable unseen = numeric::learn(known, dispersion_steps, open_weight, stop);
    std::vector<Variation> variations;
    std::size_t next = 0;
    for (std::size_t i = 0; i < activities.size(); ++i) {
        const numeric::BurstTable& table = is_known[i] ? known[next++] : unseen;
        variations.push_back(activities[i].result.status == Status::tested ? variation_of(activities[i], table, contrasts[i])
                                                                           : Variation{});
    }
    return variations;
}

// -- The test

/** Fewer events for less exposure are no surprise: a count that is tested for a fall expects that much less. */
double excused(const Activity& activity, const WindowRequest& request)
{
    const WindowResult& r = activity.result;
    if (request.kind != series::SeriesKind::count || request.alternative != Alternative::less ||
        !(activity.row_exposure_baseline > 0)) {
        return 1;
    }
    return std::min(1.0, activity.row_exposure_window / r.window_days / (activity.row_exposure_baseline / r.baseline_days));
}

/** How many more events would have to be expected for an answer; 0 where there is one. */
double missing_events(const Rate& current, const Rate& baseline, const DispersionWeights& dispersion,
                      const WindowRequest& request)
{
    const double expected = baseline.events / baseline.exposure * current.exposure;
    if (current.events < request.min_events && expected < request.min_events) {
        return std::max(request.min_events - expected, 0.0);
    }
    if (request.alternative != Alternative::less) {
        return 0;
    }
    const double none = overdispersed_tails({0, current.exposure}, baseline, 1 / (1 + request.margin), dispersion).fewer;
    return none <= remarkable ? 0 : expected * (std::log(remarkable) / std::log(std::min(none, 0.99)) - 1);
}

/** By how much the ratio may vary by chance. */
void set_chance(Activity& activity, const Variation& variation)
{
    activity.per_event = typical_dispersion(variation.contrast);
    activity.relative_variance = activity.per_event / std::max(activity.result.baseline_value, 0.5);
}

void test(Activity& activity, const Variation& variation, const WindowRequest& request)
{
    WindowResult& r = activity.result;
    const Rate current{r.window_value, activity.window_exposure * excused(activity, request) * activity.common};
    const Rate baseline{r.baseline_value, activity.baseline_exposure};
    const DispersionWeights& dispersion = variation.contrast;
    r.dispersion = typical_dispersion(variation.days);
    r.expected = baseline.events / baseline.exposure * current.exposure;
    r.ratio = r.expected > 0 ? current.events / r.expected : unknown;
    set_chance(activity, variation);
    RateOptions options;
    options.dispersion = activity.per_event;
    options.df = r.baseline_days - 1;
    const RateRatio interval = rate_ratio_test(current, baseline, options);
    r.ratio_low = interval.ci_low;
    r.ratio_high = interval.ci_high;
    if (const double missing = missing_events(current, baseline, dispersion, request); missing > 0) {
        r.needed_events = missing;
        r.status = Status::insufficient_data;
        return;
    }
    const auto tails_at = [&](double ratio) { return overdispersed_tails(current, baseline, ratio, dispersion); };
    const Evidence evidence =
        evidence_of(request.alternative, request.margin, std::numeric_limits<double>::infinity(), tails_at);
    r.z = evidence.z;
    r.p_value = evidence.p_value;
}

/** What goes beyond what others let expect, and is unusual by itself as well: of the two expectations the one that is closer. */
void judge_beside_others(Activity& activity, const Variation& variation, const WindowRequest& request)
{
    Activity again = activity;
    again.common = request.alternative == Alternative::less ? std::min(1.0, activity.common) : std::max(1.0, activity.common);
    test(again, variation, request);
    // Where too little is left to expect, nothing sets it apart.
    activity.result.p_value = again.result.status == Status::tested ? again.result.p_value : 1;
}

}  // namespace

void compare_counts(std::span<Activity> activities, const WindowRequest& request, const kernel::StopFlag& stop,
                    const Others& others)
{
    if (request.kind == series::SeriesKind::count && request.weekly) {
        set_exposures_by_weekday(activities, request.min_days);
    }
    const auto contrasts = contrasts_of(activities);
    auto variations = variations_of(activities, contrasts, request.min_days, stop);
    for (std::size_t i = 0; i < activities.size(); ++i) {
        stop.poll();
        if (activities[i].result.status == Status::tested) {
            test(activities[i], variations[i], request);
        }
    }
    const bool varies_less = others.share_days && others.share_days(activities);
    if (varies_less) {
        variations = variations_of(activities, contrasts, request.min_days, stop);
        for (std::size_t i = 0; i < activities.size(); ++i) {
            set_chance(activities[i], variations[i]);
        }
    }
    if (others.find_common) {
        others.find_common(activities);
    }
    for (std::size_t i = 0; i < activities.size(); ++i) {
        stop.poll();
        Activity& activity = activities[i];
        activity.result.alone_p_value = activity.result.p_value;
        if (activity.result.status == Status::tested && activity.result.p_value < 0.5 &&
            (varies_less || activity.common != 1)) {
            judge_beside_others(activity, variations[i], request);
        }
    }
}

}  // namespace marketing::anomaly
