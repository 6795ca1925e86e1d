/**
 * The beta distribution: what is known of a rate after so many successes and failures.
 */
#pragma once

namespace marketing::statistics {

/**
 * Probability that a beta variable with shapes `a` and `b` is at most `x`: 0 below 0, 1 above 1. Shapes must be positive and
 * finite, and `x` a number; else kernel::Error.
 */
[[nodiscard]] double beta_cdf(double x, double a, double b);

}  // namespace marketing::statistics
