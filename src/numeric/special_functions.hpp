/** Logarithms of the gamma function and their derivatives: Boost.Math's, compiled once. */
#pragma once

namespace marketing::numeric {

[[nodiscard]] double log_gamma(double x);
[[nodiscard]] double log_beta(double a, double b);
/** ln(gamma(a + x) / gamma(a)): of the product of x factors from a on, where x is a whole number. */
[[nodiscard]] double log_rising(double a, double x);
/** The first, second and third derivative of log_gamma. */
[[nodiscard]] double digamma(double x);
[[nodiscard]] double trigamma(double x);
[[nodiscard]] double tetragamma(double x);

}  // namespace marketing::numeric
