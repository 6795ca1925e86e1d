/** Logarithms of the gamma function and their derivatives: Boost.Math's, compiled once. */
#pragma once

namespace marketing::numeric {

[[nodiscard]] double log_gamma(double x);
[[nodiscard]] double log_beta(double a, double b);
/** The first, second and third derivative of log_gamma. */
[[nodiscard]] double digamma(double x);
[[nodiscard]] double trigamma(double x);
[[nodiscard]] double tetragamma(double x);

}  // namespace marketing::numeric
