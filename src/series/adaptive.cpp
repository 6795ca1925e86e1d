#include "series/adaptive.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numeric>
#include <string>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quantile.hpp"
#include "numeric/rounding.hpp"

namespace marketing::series {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

// Measured on 400 daily series with known anomalies (bench/series/simulate); results change little around these.
constexpr double pooled_events = 20;       // events, per dispersion, of the mean day that each day of the week is drawn to
constexpr double most_surprising = 24;     // cap of a squared Pearson residual, so that an old spike does not hide a new one,
constexpr double of_anomaly = 9;           // and of what was an anomaly: both per dispersion
constexpr double caution = 1.05;           // the dispersion is underestimated where the level drifts
constexpr int rounds = 3;                  // of level, season and dispersion
constexpr std::size_t shift_after = 3;     // anomalies in a row that may be chance
constexpr std::size_t fewest_shifted = 4;  // points that are looked at for a shift, at each side of it
constexpr double shift_share = 0.02;       // of alpha: what a shift may have by chance at each place where it is looked for
constexpr double ramp_up_tail = 0.001;     // the same of the growth of a new series
constexpr double seasonal_shrinkage = 2;   // points of no offset that the offset of each season is drawn to
constexpr double least_spread = 0.02;      // of positive values: a fixed budget still varies by two percent
constexpr double least_size = 1e-6;        // of a negative binomial
constexpr double least_weight = 1e-100;    // after a long gap all points are old, and still the baseline
constexpr std::int32_t most_window = 100'000;
constexpr double most_prior = 1e6;
constexpr std::int64_t furthest = std::int64_t{1} << 62;  // times

std::int64_t floor_divide(std::int64_t a, std::int64_t b) noexcept
{
    return a / b - (a % b < 0 ? 1 : 0);
}

[[noreturn]] void refuse_sizes()
{
    throw Error(ErrorCode::numeric_range, "the figures of a series are too large or too small to be compared", {},
                "Give them, or their exposures, in another unit.");
}

/** The p-value of a deviate in the direction that is asked for. */
double p_of(double t, double df, Direction direction)
{
    if (std::isnan(t) || !(df > 0)) {
        refuse_sizes();
    }
    const double p = direction == Direction::both ? 2 * numeric::student_above(df, std::abs(t))
                                                  : numeric::student_above(df, direction == Direction::up ? t : -t);
    return std::clamp(p, numeric::least_p, 1.0);
}

/** What Student's distribution exceeds with probability `tail`; by Fisher's expansion where that is exact to four digits. */
double student_quantile(double df, double tail)
{
    if (df < 20) {
        const double t = numeric::student_quantile_above(df, tail);
        if (!std::isfinite(t)) {
            throw Error(ErrorCode::numeric_range, "alpha is too small for so few points", {},
                        "Give a greater alpha, min_history or prior_df.");
        }
        return t;
    }
    const double x = numeric::normal_quantile_above(tail);
    const double y = x * x;
    return x + x * (y + 1) / (4 * df) + x * (3 + y * (16 + 5 * y)) / (96 * df * df) +
           x * (-15 + y * (17 + y * (19 + 3 * y))) / (384 * df * df * df);
}

/** The count next to a baseline of `events` events in units of the dispersion, by Paulson's normal approximation of F. */
class CountBound {
public:
    /** `odds`: exposure of the point over that of the baseline. */
    CountBound(double events, double odds) : b_(events + 0.5), odds_(odds), spread_(1 / (9 * b_)) {}

    /** The count whose deviate is `z`; 0 where no count is as low. */
    [[nodiscard]] double at(double z) const
    {
        const double root = std::max(std::sqrt(odds_ * b_) + z / 2 * std::sqrt(1 + odds_), 0.0);
        double before = root * root + 0.5;
        double a = 1.1 * before;
        double miss_before = excess(before, z);
        for (int i = 0; i < 20; ++i) {  // secants
            const double miss = excess(a, z);
            if (std::abs(miss) < 1e-7) {
                break;
            }
            const double slope = (miss - miss_before) / (a - before);
            before = a;
            miss_before = miss;
            a = std::max(slope > 0 ? a - miss / slope : a, 0.25 * a);
            if (a < 0.5) {
                return 0;
            }
        }
        return a - 0.5;
    }

private:
    /** Grows with the count; 0 where its deviate is z. */
    [[nodiscard]] double excess(double a, double z) const
    {
        const double y = std::cbrt(odds_ * b_ / a);
        const double own = 1 / (9 * a);
        return (1 - own) - (1 - spread_) * y - z * std::sqrt(spread_ * y * y + own);
    }

    double b_;
    double odds_;
    double spread_;
};

}  // namespace

void check(const AdaptiveOptions& options)
{
    require_valid(options.step > 0, "step must be positive", "It is the time from one point to the next, such as '1 day'.");
    require_valid(options.window >= 4 && options.window <= most_window, "history must be from 4 to 100000 points");
    require_valid(options.period >= 1 && options.period <= options.window,
                  "period must be at least 1 and not longer than the history",
                  "It is a number of steps: 7 for daily data with weekdays, 1 for no season.");
    require_valid(options.min_history >= 2 && options.min_history <= options.window,
                  "min_history must be from 2 points to the history");
    require_valid(options.half_life > 0, "half_life must be positive", "It is a number of steps.");
    require_valid(options.prior_dispersion > 0 && options.prior_dispersion <= most_prior && options.prior_df >= 0 &&
                      options.prior_df <= most_prior,
                  "prior_dispersion must be positive, prior_df not negative, and both at most 1e6");
}

AdaptiveDetector::AdaptiveDetector(const AdaptiveOptions& options) : options_(options)
{
    check(options);
    seasons_.resize(static_cast<std::size_t>(options.period));
}

std::int64_t AdaptiveDetector::step_of(std::int64_t time) const noexcept
{
    return floor_divide(time, options_.step);
}

std::size_t AdaptiveDetector::season_of(std::int64_t step) const noexcept
{
    return static_cast<std::size_t>(step - floor_divide(step, options_.period) * options_.period);
}

Verdict AdaptiveDetector::judge(const Point& point, const Test& test)
{
    check_size(point);
    const std::int64_t step = move_on(point.time);
    Verdict verdict;
    verdict.history = static_cast<std::int32_t>(baseline_.size());
    if (verdict.history < options_.min_history) {
        verdict.reason = Reason::insufficient_data;
        return verdict;
    }
    if (options_.kind == SeriesKind::positive && point.value == 0) {
        judge_zero(step, test, verdict);
        return verdict;
    }
    weigh(step);
    if (counts()) {
        judge_count(point, season_of(step), test, verdict);
    } else {
        judge_level(options_.kind == SeriesKind::positive ? std::log(point.value) : point.value, season_of(step), test,
                    verdict);
    }
    return verdict;
}

void AdaptiveDetector::learn(const Point& point, bool is_anomaly)
{
    const std::int64_t step = step_of(point.time);
    if (options_.kind == SeriesKind::positive && point.value == 0) {
        while (!zeros_.empty() && step - zeros_.front() >= options_.period) {
            zeros_.pop_front();
        }
        zeros_.push_back(step);
        return;
    }
    const Entry entry{step, options_.kind == SeriesKind::positive ? std::log(point.value) : point.value, point.exposure};
    if (is_anomaly) {
        left_out_.push_back(entry);
    } else {
        baseline_.push_back(entry);
        if (baseline_.size() > static_cast<std::size_t>(options_.window)) {
            baseline_.pop_front();
        }
    }
    const std::int64_t first = baseline_.empty() ? step : baseline_.front().step;
    const auto kept = std::find_if(left_out_.begin(), left_out_.end(), [first](const Entry& e) { return e.step > first; });
    left_out_.erase(left_out_.begin(), kept);
    if (left_out_.size() > static_cast<std::size_t>(options_.window)) {
        left_out_.erase(left_out_.begin());
    }
}

std::optional<LevelChange> AdaptiveDetector::find_change(const Test& test)
{
    const auto since = [this, most = furthest / options_.step](std::int64_t step) {
        return std::clamp(step, -most, most) * options_.step;
    };
    const auto run = std::find_if(left_out_.begin(), left_out_.end(),
                                  [last = baseline_.back().step](const Entry& e) { return e.step > last; });
    const auto length = left_out_.end() - run;
    fit_readings();
    if (length > static_cast<std::ptrdiff_t>(shift_after)) {
        // The run is what comes last.
        const double off = std::accumulate(readings_.end() - length, readings_.end(), 0.0,
                                           [](double sum, const Reading& reading) { return sum + reading.off; });
        const std::int64_t step = run->step;
        start_anew(step);
        return LevelChange{since(step), off > 0, false};
    }
    const auto shift = scan(shift_share * test.alpha, entries_.size());
    if (!shift) {
        return std::nullopt;
    }
    const std::int64_t begin = entries_[shift->since].step;
    start_anew(entries_[shift->first].step);
    return LevelChange{since(begin), shift->is_up, shift->is_gradual};
}

/** The step of a time after all that was learnt. What is older than twice the window tells nothing of it. */
std::int64_t AdaptiveDetector::move_on(std::int64_t time)
{
    const std::int64_t step = step_of(time);
    const std::int64_t learnt = baseline_.empty() ? step - 1 : baseline_.back().step;
    const std::int64_t before = left_out_.empty() ? learnt : std::max(learnt, left_out_.back().step);
    require_valid(step > std::max(before, zeros_.empty() ? before : zeros_.back()), "two points lie in the same step",
                  "Sum them up per step, or give the time from one point to the next as step.");
    while (!baseline_.empty() && step - baseline_.front().step > std::int64_t{2} * options_.window) {
        baseline_.pop_front();
    }
    return step;
}

void AdaptiveDetector::leave_ramp_up(std::int64_t time)
{
    const auto fewest = static_cast<std::size_t>(options_.min_history);
    const std::int64_t step = move_on(time);
    if (baseline_.size() < fewest || baseline_.size() >= 2 * fewest) {
        return;
    }
    weigh(step);
    if (counts()) {
        (void)fit_rate();
    } else {
        (void)fit_level();
    }
    fit_readings();
    const auto shift = scan(ramp_up_tail, fewest);
    if (shift && shift->is_up) {
        start_anew(entries_[shift->first].step);
    }
}

/** Baseline and anomalies, in order. */
void AdaptiveDetector::join_entries()
{
    entries_.clear();
    std::merge(baseline_.begin(), baseline_.end(), left_out_.begin(), left_out_.end(), std::back_inserter(entries_),
               [](const Entry& a, const Entry& b) { return a.step < b.step; });
}

/** What the points, anomalies too, are off a level that all share, with the season as it was fitted last. */
void AdaptiveDetector::fit_readings()
{
    join_entries();
    readings_.clear();
    double sum = 0;
    double exposure = 0;
    for (const Entry& entry : entries_) {
        const double factor = seasons_[season_of(entry.step)].factor;
        const double variance = counts() ? entry.exposure * factor : 1;
        readings_.push_back({counts() ? entry.value : entry.value - factor, variance});
        sum += readings_.back().off;
        exposure += variance;
    }
    const double rate = sum / exposure;
    for (Reading& reading : readings_) {
        reading.off -= rate * reading.variance;
        reading.variance *= counts() ? rate : 1;
    }
}

std::optional<Shift> AdaptiveDetector::scan(double tail, std::size_t most_before)
{
    ShiftTest test{.critical = 0,
                   .least_before = fewest_shifted,
                   .most_before = most_before,
                   .least_after = fewest_shifted,
                   .clip = 0,
                   .least_dispersion = 0,
                   .prior_dispersion = 0,
                   .prior_df = 0,
                   .fitted_df = (options_.period - 1) / 2.0};
    residuals_.clear();
    double squares = 0;
    for (const Reading& reading : readings_) {
        if (!(reading.variance > 0) || !std::isfinite(reading.off)) {
            return std::nullopt;
        }
        residuals_.push_back(std::abs(reading.off) / std::sqrt(reading.variance));
        squares += std::min(residuals_.back() * residuals_.back(), most_surprising);
    }
    if (counts()) {
        test.least_dispersion = 1;
        test.prior_dispersion = options_.prior_dispersion;
        test.prior_df = options_.prior_df;
        test.clip = std::max(1.0, (options_.prior_df * options_.prior_dispersion + squares) /
                                      (options_.prior_df + static_cast<double>(readings_.size())));
    } else {
        const double spread = std::max(numeric::mad_to_sd * numeric::median(residuals_),
                                       options_.kind == SeriesKind::positive ? least_spread : 0);
        test.clip = spread * spread;
        test.least_dispersion = options_.kind == SeriesKind::positive ? least_spread * least_spread : 0;
    }
    test.critical = critical_of_shift_.at(shift_df(readings_.size(), test), tail / 2);
    return find_shift(readings_, test);
}

void AdaptiveDetector::start_anew(std::int64_t step)
{
    join_entries();
    std::erase_if(entries_, [step](const Entry& entry) { return entry.step < step; });
    baseline_.assign(entries_.begin(), entries_.end());
    left_out_.clear();
}

void AdaptiveDetector::forget_before(std::int64_t time)
{
    start_anew(step_of(time));
}

/** What a point of that age weighs. The table grows to the oldest that was asked for, so that a wide window costs nothing by itself. */
double AdaptiveDetector::weight_at(std::int64_t age)
{
    while (decay_.size() <= static_cast<std::size_t>(age)) {
        decay_.push_back(std::max(std::exp2(-static_cast<double>(decay_.size()) / options_.half_life), least_weight));
    }
    return decay_[static_cast<std::size_t>(age)];
}

/** Weights of the baseline by age, and which season each of its points is in. */
void AdaptiveDetector::weigh(std::int64_t step)
{
    weights_.resize(baseline_.size());
    entry_season_.resize(baseline_.size());
    weight_sum_ = 0;
    weight_squares_ = 0;
    std::size_t i = 0;
    for (const Entry& entry : baseline_) {
        const double weight = weight_at(step - entry.step);
        weights_[i] = weight;
        entry_season_[i] = season_of(entry.step);
        weight_sum_ += weight;
        weight_squares_ += weight * weight;
        ++i;
    }
}

AdaptiveDetector::Totals AdaptiveDetector::totals() const
{
    Totals all;
    for (const Season& season : seasons_) {
        all.events += season.events;
        all.exposure += season.exposure * season.factor;
    }
    return all;
}

/** Events and exposure, with the factor of each season and the dispersion around them. */
AdaptiveDetector::Totals AdaptiveDetector::fit_rate()
{
    std::fill(seasons_.begin(), seasons_.end(), Season{});
    std::size_t i = 0;
    for (const Entry& entry : baseline_) {
        Season& season = seasons_[entry_season_[i]];
        season.events += weights_[i] * entry.value;
        season.exposure += weights_[i] * entry.exposure;
        season.plain_events += entry.value;
        season.plain_exposure += entry.exposure;
        ++i;
    }
    Totals all = totals();
    dispersion_ = 1;
    for (int round = 0; round < rounds; ++round) {
        // The more the counts come in bursts, the less the events of a day of the week tell.
        const double drawn = pooled_events * dispersion_;
        for (Season& season : seasons_) {
            season.factor =
                options_.period > 1 ? (season.plain_events + drawn) / (all.rate() * season.plain_exposure + drawn) : 1;
        }
        all = totals();
        dispersion_ = pooled_dispersion(all.rate());
    }
    return all;
}

double AdaptiveDetector::degrees() const
{
    return std::max(1.0, static_cast<double>(baseline_.size()) - (1 + (options_.period - 1) / 2.0));
}

/**
 * Variance over mean of the baseline, drawn to what is expected beforehand; at least that of Poisson's. What was left out counts as far
 * as it may have been chance: of counts in bursts the largest would else be missing.
 */
double AdaptiveDetector::pooled_dispersion(double rate) const
{
    double sum = 0;
    double days = options_.prior_df + degrees();
    const auto add = [&](const Entry& entry, std::size_t season, double most) {
        const double mean = rate * entry.exposure * seasons_[season].factor;
        if (mean > 0) {
            const double off = entry.value - mean;
            sum += std::min(off * off, most * dispersion_ * mean) / mean;
        }
    };
    std::size_t i = 0;
    for (const Entry& entry : baseline_) {
        add(entry, entry_season_[i++], most_surprising);
    }
    for (const Entry& entry : left_out_) {
        add(entry, season_of(entry.step), of_anomaly);
        ++days;
    }
    return std::max(1.0, caution * (options_.prior_df * options_.prior_dispersion + sum) / days);
}

void AdaptiveDetector::judge_count(const Point& point, std::size_t season, const Test& test, Verdict& verdict)
{
    const Totals all = fit_rate();
    // As many events of weight 1 as have the variance of the weighted sum.
    const double scale = weight_sum_ / weight_squares_;
    const double events = scale * all.events;
    const double own = point.exposure * seasons_[season].factor;
    const double share = own / (scale * all.exposure);
    // A negative binomial of the variance of such counts, and of what is not known of their rate; its tails are a binomial count's.
    const double odds = dispersion_ - 1 + dispersion_ * share;
    const double misses = std::max((events + 0.5) * share / odds - 0.5, least_size);
    const double df = degrees() + options_.prior_df;
    verdict.expected = all.rate() * own;
    if (!std::isfinite(point.value + misses + odds) || std::isinf(verdict.expected)) {
        refuse_sizes();
    }
    verdict.dispersion = dispersion_;
    verdict.z = numeric::deviate(numeric::binomial_tails(point.value, misses, odds / (1 + odds)));
    verdict.p_value = p_of(verdict.z, df, test.direction);
    const CountBound bound(misses, odds);
    const double limit = critical(df, test);
    verdict.lower = test.direction == Direction::up ? 0 : std::min(bound.at(-limit), verdict.expected);
    verdict.upper = test.direction == Direction::down ? unknown : std::max(bound.at(limit), verdict.expected);
}

double AdaptiveDetector::weighted_median()
{
    std::sort(sorted_.begin(), sorted_.end());
    double below = 0;
    for (std::size_t i = 0; i < sorted_.size(); ++i) {
        below += sorted_[i].second;
        if (below > weight_sum_ / 2) {
            return sorted_[i].first;
        }
    }
    return sorted_.back().first;
}

/** Puts the points of the same season next to each other. */
void AdaptiveDetector::group_by_season()
{
    by_season_.resize(baseline_.size());
    std::iota(by_season_.begin(), by_season_.end(), std::size_t{0});
    std::sort(by_season_.begin(), by_season_.end(),
              [this](std::size_t a, std::size_t b) { return std::pair(entry_season_[a], a) < std::pair(entry_season_[b], b); });
}

/** The level, with the offset of each season. */
double AdaptiveDetector::fit_level()
{
    std::fill(seasons_.begin(), seasons_.end(), Season{.factor = 0});
    const auto level = [this] {
        sorted_.clear();
        for (std::size_t i = 0; i < baseline_.size(); ++i) {
            sorted_.emplace_back(baseline_[i].value - seasons_[entry_season_[i]].factor, weights_[i]);
        }
        return weighted_median();
    };
    double found = level();
    if (options_.period == 1) {
        return found;
    }
    group_by_season();
    for (int round = 1; round < rounds; ++round) {
        for (auto first = by_season_.begin(); first != by_season_.end();) {
            const std::size_t season = entry_season_[*first];
            residuals_.clear();
            for (; first != by_season_.end() && entry_season_[*first] == season; ++first) {
                residuals_.push_back(baseline_[*first].value - found);
            }
            const auto count = static_cast<double>(residuals_.size());
            seasons_[season].factor = numeric::median(residuals_) * count / (count + seasonal_shrinkage);
        }
        found = level();
    }
    return found;
}

/** A standard deviation that outliers do not inflate and repeated values do not make vanish. */
double AdaptiveDetector::spread(double level)
{
    residuals_.clear();
    for (std::size_t i = 0; i < baseline_.size(); ++i) {
        residuals_.push_back(baseline_[i].value - level - seasons_[entry_season_[i]].factor);
    }
    const double range = numeric::quantile(residuals_, 0.9) - numeric::quantile(residuals_, 0.1);
    const double centre = numeric::median(residuals_);
    for (double& residual : residuals_) {
        residual = std::abs(residual - centre);
    }
    const double robust = std::max(numeric::mad_to_sd * numeric::median(residuals_), 0.7 * range / numeric::decile_distance);
    return options_.kind == SeriesKind::positive ? std::max(robust, least_spread) : robust;
}

void AdaptiveDetector::judge_level(double value, std::size_t season, const Test& test, Verdict& verdict)
{
    const double level = fit_level();
    const double expected = level + seasons_[season].factor;
    const double sd = spread(level) * std::sqrt(1 + weight_squares_ / (weight_sum_ * weight_sum_));
    // Few degrees of freedom on purpose: such metrics have heavy tails.
    const double df = std::max(4.0, static_cast<double>(baseline_.size()) / 10);
    const double off = value - expected;
    const double noise = numeric::rounding_noise(std::max(std::abs(value), std::abs(level)));
    // Infinite where the baseline does not vary at all.
    const double t = std::abs(off) <= noise ? 0 : sd <= noise ? std::copysign(INFINITY, off) : off / sd;
    verdict.p_value = std::isinf(t) ? p_of(std::copysign(1e300, t), 1e6, test.direction) : p_of(t, df, test.direction);
    const double tail = std::isinf(t) ? numeric::least_p : std::max(numeric::student_above(df, std::abs(t)), numeric::least_p);
    verdict.z = t >= 0 ? numeric::deviate({tail, 1 - tail}) : numeric::deviate({1 - tail, tail});
    const double reach = std::max(critical(df, test) * sd, noise);
    const auto shown = [this](double y) { return options_.kind == SeriesKind::positive ? std::exp(y) : y; };
    verdict.expected = shown(expected);
    verdict.dispersion = sd;
    verdict.lower = test.direction != Direction::up         ? shown(expected - reach)
                    : options_.kind == SeriesKind::positive ? 0
                                                            : unknown;
    verdict.upper = test.direction != Direction::down ? shown(expected + reach) : unknown;
}

/** Nothing at all has no logarithm. It is news unless there was nothing one step or one season ago, either. */
void AdaptiveDetector::judge_zero(std::int64_t step, const Test& test, Verdict& verdict) const
{
    const bool again = std::any_of(zeros_.begin(), zeros_.end(), [this, step](std::int64_t zero) {
        return zero == step - 1 || zero == step - options_.period;
    });
    verdict.reason = again ? Reason::inactive : Reason::zero;
    verdict.is_anomaly = !again && test.direction != Direction::up;
}

/** How many standard deviations off a point may be. */
double AdaptiveDetector::critical(double df, const Test& test)
{
    return critical_.at(df, test.direction == Direction::both ? test.alpha / 2 : test.alpha);
}

double CriticalValue::at(double df, double tail)
{
    if (df != df_ || tail != tail_) {
        value_ = student_quantile(df, tail);
        df_ = df;
        tail_ = tail;
    }
    return value_;
}

void AdaptiveDetector::save(kernel::WireWriter& out) const
{
    kernel::put_list(out, baseline_);
    kernel::put_list(out, left_out_);
    kernel::put_list(out, zeros_);
}

void AdaptiveDetector::load(kernel::WireReader& in)
{
    const auto load_entries = [&](auto& entries, std::size_t most) {
        kernel::get_list<Entry>(in, most, [&](const Entry& entry) {
            const bool in_order = entries.empty() || entry.step > entries.back().step;
            const bool valid = std::isfinite(entry.value) && std::isfinite(entry.exposure) && entry.exposure > 0 &&
                               (!counts() || entry.value >= 0) && in_range(entry.step);
            kernel::WireReader::require(in_order && valid, "a point is out of order or not a number");
            check_size({0, entry.value, entry.exposure});
            entries.push_back(entry);
        });
    };
    load_entries(baseline_, static_cast<std::size_t>(options_.window));
    load_entries(left_out_, static_cast<std::size_t>(options_.window));
    kernel::get_list<std::int64_t>(in, static_cast<std::uint64_t>(options_.period) + 1, [this](std::int64_t zero) {
        kernel::WireReader::require(in_range(zero), "a time is out of range");
        zeros_.push_back(zero);
    });
}

}  // namespace marketing::series
