/**
 * Outliers of one sample: the generalised extreme studentised deviate test (Rosner 1983) with mean and standard deviation, or with
 * median and MAD (the hybrid test of S-H-ESD), and Tukey's fences.
 */
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/stop.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

struct GesdOptions {
    double max_share = 0.1;  // at most this share of the values is tried; at least one is
    double alpha = 0.05;
    Direction direction = Direction::both;
    bool robust = true;  // median and MAD; otherwise mean and standard deviation
    double noise = 0;    // a spread up to this is rounding, besides that of the values as they are given
};

/** A value that the test took out, in the order of taking out. */
struct GesdStep {
    std::size_t position;
    double statistic;  // distance from the centre of the values still there, in units of their scale
    double critical;   // what the statistic has to exceed
    bool outlier;
};

/**
 * The values furthest out, one by one; up to the last whose statistic exceeds its critical value they are outliers. Where the MAD
 * is 0 the mean absolute deviation stands in; values equal but for rounding have no outliers. Throws Error(invalid_parameter) for options outside
 * their domain; Stopped. The values must be finite.
 */
[[nodiscard]] std::vector<GesdStep> gesd(std::span<const double> values, const GesdOptions& options,
                                         const kernel::StopFlag& stop);

/** A step, by the place of its value among the figures, and what was expected of it. */
struct OutlierCandidate {
    GesdStep step;
    double expected;
};

/**
 * The test of the figures that are there, NaN is none. With a `period` the season is taken out first by a robust decomposition: there must
 * then be no gaps between the first figure and the last. Throws Error(invalid_parameter) for an infinite figure, too.
 */
[[nodiscard]] std::vector<OutlierCandidate> find_outliers(std::span<const double> figures, int period,
                                                          const GesdOptions& options, const kernel::StopFlag& stop);

/** The `step`-th (from 1) critical value of the test for `count` values; `tails` 1 or 2. */
[[nodiscard]] double gesd_critical(std::size_t count, std::size_t step, double alpha, int tails);

struct TukeyFences {
    double lower;
    double upper;
    double spread;     // between the two quantiles
    double noise = 0;  // what rounding may put values apart that are the same

    /** How far a value lies beyond the fences, 0 inside of them; NaN of NaN. */
    [[nodiscard]] double beyond(double value) const noexcept;
    /** The same in spreads; NaN where there is no spread but rounding. */
    [[nodiscard]] double score(double value) const noexcept;
};

/**
 * Fences `k` times the range between two quantiles (linear interpolation, as percentile_cont) outside of them; NaN is no
 * value. Throws Error(invalid_parameter) for fewer than 4 values, an infinite one or options outside their domain.
 */
[[nodiscard]] TukeyFences tukey_fences(std::span<const double> figures, double k, double lower_quantile, double upper_quantile);

}  // namespace marketing::series
