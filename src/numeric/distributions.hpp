/**
 * Distributions: Boost.Math's, compiled once and named alike. `below` is P(X <= x), `above` is P(X > x), each with its digits where it is
 * small; a quantile that does not fit is infinite. Parameters come first, and may be as large as doubles are. What cannot be computed is an Error
 * (numeric_range), and each call polls the process's stop flag.
 */
#pragma once

#include <cmath>
#include <numbers>

namespace marketing::numeric {

/** The standard normal distribution. */
[[nodiscard]] inline double normal_density(double z)
{
    return std::exp(-z * z / 2) / std::sqrt(2 * std::numbers::pi);
}
[[nodiscard]] inline double normal_below(double z)
{
    return std::erfc(-z / std::numbers::sqrt2) / 2;
}
[[nodiscard]] inline double normal_above(double z)
{
    return normal_below(-z);
}
/** What is exceeded with probability `tail`. */
[[nodiscard]] double normal_quantile_above(double tail);
[[nodiscard]] inline double normal_quantile(double p)
{
    return -normal_quantile_above(p);
}

/** Student's distribution; the normal one where df is infinite. */
[[nodiscard]] double student_above(double df, double t);
[[nodiscard]] double student_quantile_above(double df, double tail);

/** A gamma distribution of rate 1. */
[[nodiscard]] double gamma_below(double shape, double x);
[[nodiscard]] double gamma_above(double shape, double x);
[[nodiscard]] double gamma_quantile(double shape, double p);
[[nodiscard]] double gamma_quantile_above(double shape, double tail);
[[nodiscard]] inline double chi_squared_above(double df, double x)
{
    return gamma_above(df / 2, x / 2);
}

/** A beta distribution. */
[[nodiscard]] double beta_below(double a, double b, double x);
[[nodiscard]] double beta_above(double a, double b, double x);
[[nodiscard]] double beta_quantile(double a, double b, double p);
[[nodiscard]] double beta_quantile_above(double a, double b, double tail);
/** The quantile as odds, x / (1 - x), which keep their digits near 1. */
[[nodiscard]] double beta_quantile_odds(double a, double b, double p);

/** A count of this mean and variance: negative binomial, or Poisson's where the variance does not exceed the mean. */
struct Count {
    double mean;
    double variance;
};
[[nodiscard]] double count_above(const Count& count, double x);
/** Whole numbers, rounded outwards. */
[[nodiscard]] double count_quantile(const Count& count, double p);
[[nodiscard]] double count_quantile_above(const Count& count, double tail);

/** Probabilities of more and of fewer than what was observed, each with a share of the probability of just that. */
struct Tails {
    double more;
    double fewer;
};

/** Tails of a binomial count: `hits` of `hits + misses`, each a hit with `probability`; counts need not be whole. */
[[nodiscard]] Tails binomial_tails(double hits, double misses, double probability, double share = 0.5);

/** No test reports a smaller p-value. */
inline constexpr double least_p = 1e-300;

/** The standard normal deviate of two tails that add up to 1; positive where `more` is the smaller one. */
[[nodiscard]] double deviate(const Tails& tails);

}  // namespace marketing::numeric
