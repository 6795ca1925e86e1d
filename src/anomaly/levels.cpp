#include "anomaly/levels.hpp"

#include <algorithm>
#include <cmath>

#include "numeric/distributions.hpp"
#include "numeric/quantile.hpp"

namespace marketing::anomaly {
namespace {

constexpr double tenths_part = 0.7;
constexpr double drawn_in = 2.5;
constexpr double about = 0.8;     // of the distance from the mean
constexpr double own_part = 0.3;  // a month of days tells a correlation badly
constexpr double most_correlation = 0.8;

using Values = std::vector<double>::iterator;

/** The value at `place` in order of size, between neighbours in proportion. Only what lies from `first` to `last` is moved. */
double value_at(std::vector<double>& values, double place, Values first, Values last)
{
    const auto below = values.begin() + static_cast<std::ptrdiff_t>(place);
    const double rest = place - std::floor(place);
    std::nth_element(first, below, last);
    return below + 1 < last ? *below + rest * (*std::min_element(below + 1, last) - *below) : *below;
}

struct Middle {
    double center;
    double reach;  // by the median distance from the median; by the outer tenths where most days are alike
};

Middle middle_of(std::vector<double>& values)
{
    const auto last = static_cast<double>(values.size() - 1);
    Middle middle{value_at(values, 0.5 * last, values.begin(), values.end()), 0};
    // Smaller values stand before the middle now, larger ones behind it.
    const auto half = values.begin() + static_cast<std::ptrdiff_t>(0.5 * last);
    const double upper = value_at(values, 0.9 * last, half, values.end());
    const double lower = value_at(values, 0.1 * last, values.begin(), values.size() > 2 ? half + 1 : values.end());
    const double tenths = (upper - lower) / numeric::decile_distance;
    for (double& value : values) {
        value = std::abs(value - middle.center);
    }
    const auto distance = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), distance, values.end());
    middle.reach = drawn_in * std::max(numeric::mad_to_sd * *distance, tenths_part * tenths);
    return middle;
}

double draw_in(double value, double center, double reach)
{
    return reach > 0 ? std::clamp(value, center - reach, center + reach) : value;
}

/** How many values lie about as far out as `value`, or farther, on the side that is asked for. */
std::size_t as_far_out(const Baseline& baseline, double value, Alternative alternative)
{
    const double bound = baseline.mean + about * (value - baseline.mean);
    const bool upwards =
        alternative == Alternative::greater || (alternative == Alternative::two_sided && value > baseline.mean);
    return static_cast<std::size_t>(
        std::count_if(baseline.values.begin(), baseline.values.end(),
                      [bound, upwards](double each) { return upwards ? each >= bound : each <= bound; }));
}

/** By how much the variance of a mean of `count` correlated days exceeds that of independent ones. */
double inflation(double correlation, std::size_t count)
{
    double sum = 1;
    double power = 1;
    for (std::size_t lag = 1; lag < count && power > 1e-12; ++lag) {
        power *= correlation;
        sum += 2 * (1 - static_cast<double>(lag) / static_cast<double>(count)) * power;
    }
    return sum;
}

/** p-value of a deviate of `t`, on the side that is asked for. */
double side_p(double t, double df, Alternative alternative)
{
    switch (alternative) {
        case Alternative::greater: return numeric::student_above(df, t);
        case Alternative::less: return numeric::student_above(df, -t);
        case Alternative::two_sided: break;
    }
    return 2 * numeric::student_above(df, std::abs(t));
}

/** How far out a shift lies, on the side that is asked for. */
double outwards(double shift, Alternative alternative)
{
    return alternative == Alternative::greater ? shift : alternative == Alternative::less ? -shift : std::abs(shift);
}

/** How far a shift lies beyond the margin, in its direction. */
double beyond(double shift, double margin, Alternative alternative)
{
    switch (alternative) {
        case Alternative::greater: return shift - margin;
        case Alternative::less: return shift + margin;
        case Alternative::two_sided: break;
    }
    return shift > 0 ? std::max(shift - margin, 0.0) : std::min(shift + margin, 0.0);
}

}  // namespace

Baseline describe(std::span<const Level> levels)
{
    Baseline result;
    result.values.reserve(levels.size());
    for (const Level& level : levels) {
        result.values.push_back(level.value);
    }
    std::vector<double> moved(result.values);
    const auto [center, reach] = middle_of(moved);
    result.reach = reach;
    std::vector<double> drawn;
    drawn.reserve(levels.size());
    for (const Level& level : levels) {
        drawn.push_back(draw_in(level.value, center, result.reach));
        result.mean += drawn.back() / static_cast<double>(levels.size());
    }
    double squares = 0;
    double products = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        squares += (drawn[i] - result.mean) * (drawn[i] - result.mean);
        if (i > 0 && levels[i].day == levels[i - 1].day + 1) {
            products += (drawn[i] - result.mean) * (drawn[i - 1] - result.mean);
        }
    }
    const auto count = static_cast<double>(levels.size());
    result.deviation = count > 1 ? std::sqrt(squares / (count - 1)) : 0;
    result.correlation = squares > 0 ? products / squares + 1 / count : 0;
    return result;
}

double pooled_correlation(double own, double mean) noexcept
{
    return std::clamp(own_part * own + (1 - own_part) * mean, 0.0, most_correlation);
}

LevelTest level_test(std::span<const Level> window, const Baseline& baseline, double correlation, double least_deviation,
                     double margin, Alternative alternative)
{
    const auto m = static_cast<double>(window.size());
    const auto n = static_cast<double>(baseline.values.size());
    const double of_window = inflation(correlation, window.size()) / m;
    const double of_baseline = inflation(correlation, baseline.values.size()) / n;
    const double deviation =
        std::max(baseline.deviation / std::sqrt(std::max(0.1, 1 - of_baseline)), std::max(least_deviation, 1e-12));
    const double df = std::max(4.0, n * (1 - correlation) / (1 + correlation) - 1);

    // One day far out is a matter of its own, and does not move the level.
    std::vector<double> moved;
    for (const Level& level : window) {
        moved.push_back(level.value);
    }
    const double center = value_at(moved, 0.5 * (m - 1), moved.begin(), moved.end());
    LevelTest result{};
    double farthest = 0;
    for (std::size_t i = 0; i < window.size(); ++i) {
        result.shift += draw_in(window[i].value, center, baseline.reach) / m;
        const double distance = outwards(window[i].value - baseline.mean, alternative);
        if (i == 0 || distance > farthest) {
            farthest = distance;
            result.peak = i;
        }
    }
    result.shift -= baseline.mean;
    double doubt = 0;
    for (const Level& level : window) {
        doubt += level.doubt / m;
    }
    const double error = std::hypot(deviation * std::sqrt(of_window + of_baseline), doubt);
    result.half_width = error * numeric::student_quantile_above(df, 0.025);
    result.z = beyond(result.shift, margin, alternative) / error;
    // A single day is judged by a distribution of heavy tails and by the days seen before, and there are as many chances as days.
    const double peak = window[result.peak].value;
    const double t = beyond(peak - baseline.mean, margin, alternative) /
                     std::hypot(deviation * std::sqrt(1 + of_baseline), window[result.peak].doubt);
    const double seen = static_cast<double>(as_far_out(baseline, peak, alternative)) / (n + 1);
    const double p_day = std::max(seen, side_p(t, std::clamp(n / 10, 4.0, df), alternative));
    const double p = window.size() == 1 ? p_day : 2 * std::min(side_p(result.z, df, alternative), m * p_day);
    result.p_value = std::clamp(p, numeric::least_p, 1.0);
    return result;
}

}  // namespace marketing::anomaly
