/**
 * Seasonal-trend decomposition by loess (Cleveland, Cleveland, McRae and Terpenning 1990), robust or not, by the rules of its
 * reference implementation: loess at every `jump`-th point and straight lines between, so that results agree with R's stl().
 */
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "kernel/stop.hpp"

namespace marketing::series {

/** 0 for a window asks for its customary length. */
struct StlOptions {
    int period = 7;
    int seasonal_window = 0;  // 0: periodic, each season's pattern is the same
    int trend_window = 0;
    int low_pass_window = 0;
    int seasonal_degree = 0;  // 0 or 1; periodic: 0
    int trend_degree = 1;
    int low_pass_degree = 1;
    bool robust = true;  // 15 rounds in which what lies far off counts less; otherwise none
};

struct StlParts {
    std::vector<double> seasonal;
    std::vector<double> trend;
    std::vector<double> remainder;
    std::vector<double> weight;  // 0: ignored as an outlier, 1: full weight
};

/**
 * Splits `values` into season, trend and remainder, which add up to them. Throws Error(invalid_parameter) unless the values are
 * finite and more than two periods long; Stopped.
 */
[[nodiscard]] StlParts stl(std::span<const double> values, const StlOptions& options, const kernel::StopFlag& stop);

/**
 * What rounding may leave of a season that repeats exactly, for `count` values up to `largest` in size. Its running sums err most: three
 * of them, each by at most an epsilon per value; the local regressions add less than one such sum.
 */
[[nodiscard]] double stl_noise(std::size_t count, double largest);

}  // namespace marketing::series
