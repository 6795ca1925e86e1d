/**
 * The level of an amount, such as a day's spend, in a window against the days before.
 *
 * Days are like the day before them (autocorrelation), some of the baseline's are outliers themselves, and days of the week
 * differ. A window is unusual as a whole, or by a single day of it.
 */
#pragma once

#include <span>
#include <vector>

#include "anomaly/rates.hpp"

namespace marketing::anomaly {

/** One day of a series on the scale of the test. */
struct Level {
    int day;
    double value;
    double doubt = 0;  // deviation of what is not known of the day's events, which those of a window have in common
};

/** A baseline without its effects of the week, outliers drawn in. */
struct Baseline {
    double mean = 0;
    double deviation = 0;        // of single days
    double reach = 0;            // how far from the median a day may lie before it is drawn in; 0 where hardly any day differs
    double correlation = 0;      // of neighbouring days, before it is drawn to what is usual
    std::vector<double> values;  // as they are
};

[[nodiscard]] Baseline describe(std::span<const Level> levels);

struct LevelTest {
    double shift;       // mean of the window, outliers drawn in, less that of the baseline
    double half_width;  // of its 95 % interval
    double z;
    double p_value;
    std::size_t peak;  // the most unusual day of the window
};

/**
 * `least_deviation`: what a series varies by at least. `correlation`: of this series, between 0 and 0.8.
 * Shifts up to `margin` do not count.
 */
[[nodiscard]] LevelTest level_test(std::span<const Level> window, const Baseline& baseline, double correlation,
                                   double least_deviation, double margin, Alternative alternative);

/** The correlation of a series, drawn to the mean of all of them. */
[[nodiscard]] double pooled_correlation(double own, double mean) noexcept;

}  // namespace marketing::anomaly
