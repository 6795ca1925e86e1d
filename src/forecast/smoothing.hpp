/** What is thought of exponential smoothing before the data are seen, shared by
 * the models that smooth. */
#pragma once

#include <algorithm>
#include <cmath>
#include <vector>

#include "forecast/forecast.hpp"

namespace marketing::forecast {

/** A value of a parameter and the logarithm of its share before the data are
 * seen. */
struct Chance {
    double value;
    double log_share;
};

/**
 * How much of an error stays in the level. Where the data do not tell, a level
 * stands still, or moves a little: two months hardly show a level that wanders
 * off, and of such levels alone is the next month uncertain. The shares were
 * chosen by the simulated worlds of bench/statistics.
 */
inline constexpr Chance alphas[] = {{0, 0.7},    {0.05, -1.1}, {0.1, -1.1}, {0.15, -1.1},
                                    {0.3, -2.2}, {0.5, -2.2},  {0.8, -2.2}, {1, -3}};

/** From this kurtosis on a history tells less of its smoothing: 3 is that of a normal distribution. */
inline constexpr double heavy_tails = 5;

/** The least sum of squared errors that is more than rounding, of `known`
 * figures of deviation 1. */
inline double rounding(double known)
{
    return 1e-13 * known;
}

/** Parts whose log weights are further below the greatest are left out. */
inline const double negligible = std::log(0.02);

/** Makes the weights add up to 1. Throws Error(numeric_range) where they were no numbers. */
inline void share_out(std::vector<Part>& parts)
{
    double sum = 0;
    for (const Part& part : parts) {
        sum += part.weight;
    }
    kernel::require_computed(sum > 0, "Of the likelihoods of the smoothings.");
    for (Part& part : parts) {
        part.weight /= sum;
    }
}

/** Figures with mean 0 and deviation 1: a fit does not depend on the unit. */
struct Standardised {
    std::vector<double> values;
    double mean = 0, deviation = 1;
    double known = 0;
    /** What a day tells of the smoothing, as a share of what one of a normal distribution does: little where few days are all the variance. */
    double evidence = 1;

    explicit Standardised(std::span<const double> history)
    {
        for (const double value : history) {
            if (!std::isnan(value)) {
                known += 1;
                mean += (value - mean) / known;
            }
        }
        deviation = deviation_of(history);
        values.reserve(history.size());
        for (const double value : history) {
            values.push_back((value - mean) / deviation);
        }
        double fourth = 0;
        for (const double value : values) {
            fourth += std::isnan(value) ? 0 : value * value * value * value / known;
        }
        evidence = fourth > heavy_tails ? heavy_tails / fourth : 1;
    }

    /**
     * Logarithm of the weight of a smoothing that leaves `squares` of the figures; `log_rest` is what its determinants add to the
     * logarithm of the likelihood. A level that moves because of a few days alone has to be more likely than that.
     */
    [[nodiscard]] double log_weight(const Chance& alpha, double log_rest, double squares) const
    {
        const double log_likelihood = log_rest - (known - 1) / 2 * std::log(std::max(squares, rounding(known)));
        return alpha.log_share + evidence * log_likelihood - (alpha.value == 0 ? 2 * std::log(evidence) : 0);
    }

private:
    /** Root mean square of what the figures are from their mean; 1 where they are the same. */
    [[nodiscard]] double deviation_of(std::span<const double> history) const
    {
        double largest = 0;
        for (const double value : history) {
            largest = std::isnan(value) ? largest : std::max(largest, std::abs(value - mean));
        }
        // Squares of what is very small are 0; a power of two changes no digit.
        const int unit = largest > 0 && std::isfinite(largest) ? std::ilogb(largest) : 0;
        double squares = 0;
        for (const double value : history) {
            const double off = std::scalbn(value - mean, -unit);
            squares += std::isnan(off) ? 0 : off * off;
        }
        const double root = std::scalbn(std::sqrt(squares / known), unit);
        return root > 0 ? root : 1;
    }
};

}  // namespace marketing::forecast
