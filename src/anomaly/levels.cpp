#include "anomaly/levels.hpp"

#include <algorithm>
#include <boost/math/distributions/students_t.hpp>
#include <cmath>

namespace marketing::anomaly {
namespace {

constexpr double robust_deviation = 1.4826;  // of a normal distribution, in units of its median absolute deviation
constexpr double drawn_in = 2.5;
constexpr double own_part = 0.3;  // a month of days tells a correlation badly
constexpr double most_correlation = 0.8;

double median(std::vector<double>& values)
{
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), middle, values.end());
    return values.size() % 2 == 1 ? *middle : (*middle + *std::max_element(values.begin(), middle)) / 2;
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
        case Alternative::greater: return student_tail(t, df);
        case Alternative::less: return student_tail(-t, df);
        case Alternative::two_sided: break;
    }
    return 2 * student_tail(std::abs(t), df);
}

/** How far a shift lies beyond the margin, in its direction. */
double beyond(double shift, double margin, Alternative alternative)
{
    if (alternative == Alternative::greater || (alternative == Alternative::two_sided && shift > 0)) {
        return alternative == Alternative::greater ? shift - margin : std::max(shift - margin, 0.0);
    }
    return alternative == Alternative::less ? shift + margin : std::min(shift + margin, 0.0);
}

}  // namespace

Baseline describe(std::span<const Level> levels)
{
    Baseline result;
    result.days = static_cast<int>(levels.size());
    std::vector<double> values;
    for (const Level& level : levels) {
        values.push_back(level.value);
    }
    const double center = median(values);
    std::vector<double> distances;
    for (const Level& level : levels) {
        distances.push_back(std::abs(level.value - center));
    }
    const double reach = drawn_in * robust_deviation * median(distances);
    double sum = 0;
    std::vector<double> drawn;
    for (const Level& level : levels) {
        // A series that hardly varies has no reach; then nothing is drawn in.
        drawn.push_back(reach > 0 ? std::clamp(level.value, center - reach, center + reach) : level.value);
        sum += drawn.back();
    }
    const auto count = static_cast<double>(levels.size());
    result.mean = sum / count;
    double squares = 0;
    double products = 0;
    for (std::size_t i = 0; i < drawn.size(); ++i) {
        squares += (drawn[i] - result.mean) * (drawn[i] - result.mean);
        if (i > 0 && levels[i].day == levels[i - 1].day + 1) {
            products += (drawn[i] - result.mean) * (drawn[i - 1] - result.mean);
        }
    }
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
    const auto n = static_cast<double>(baseline.days);
    const double of_window = inflation(correlation, window.size()) / m;
    const double of_baseline = inflation(correlation, static_cast<std::size_t>(baseline.days)) / n;
    const double deviation =
        std::max(baseline.deviation / std::sqrt(std::max(0.1, 1 - of_baseline)), std::max(least_deviation, 1e-12));
    const double df = std::max(4.0, n * (1 - correlation) / (1 + correlation) - 1);

    LevelTest result{};
    double sum = 0;
    double farthest = 0;
    for (std::size_t i = 0; i < window.size(); ++i) {
        sum += window[i].value;
        const double distance = beyond(window[i].value - baseline.mean, margin, alternative);
        const double size = alternative == Alternative::less      ? -distance
                            : alternative == Alternative::greater ? distance
                                                                  : std::abs(distance);
        if (i == 0 || size > farthest) {
            farthest = size;
            result.peak = i;
        }
    }
    result.shift = sum / m - baseline.mean;
    const double error = deviation * std::sqrt(of_window + of_baseline);
    result.half_width = error * boost::math::quantile(complement(boost::math::students_t_distribution<double>(df), 0.025));
    const double t = beyond(result.shift, margin, alternative) / error;
    double p = side_p(t, df, alternative);
    if (window.size() > 1) {
        // One day alone is judged by a distribution of heavy tails, and there are as many chances as days.
        const double day =
            beyond(window[result.peak].value - baseline.mean, margin, alternative) / (deviation * std::sqrt(1 + of_baseline));
        const double p_day = m * side_p(day, std::clamp(n / 10, 4.0, df), alternative);
        p = 2 * std::min(p, p_day);
    }
    result.p_value = std::clamp(p, 1e-300, 1.0);
    result.z = t;
    return result;
}

}  // namespace marketing::anomaly
