/** Order statistics of small samples. Each leaves its argument partly sorted. */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>

namespace marketing::numeric {

/** Makes a MAD an estimate of the standard deviation of normal values. */
inline constexpr double mad_to_sd = 1.4826;
/** From the first to the last decile of normal values, in standard deviations. */
inline constexpr double decile_distance = 2.563;

/** The quantile with linear interpolation (as percentile_cont); `values` must not be empty. */
[[nodiscard]] inline double quantile(std::span<double> values, double probability)
{
    const double place = probability * static_cast<double>(values.size() - 1);
    const auto below = static_cast<std::ptrdiff_t>(std::floor(place));
    const auto lower = values.begin() + below;
    std::nth_element(values.begin(), lower, values.end());
    const double share = place - static_cast<double>(below);
    if (share == 0) {
        return *lower;
    }
    const double upper = *std::min_element(lower + 1, values.end());
    return *lower + share * (upper - *lower);
}

[[nodiscard]] inline double median(std::span<double> values)
{
    return quantile(values, 0.5);
}

}  // namespace marketing::numeric
