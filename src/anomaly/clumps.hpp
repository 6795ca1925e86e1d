/**
 * Counts that come in clumps: negative binomial with variance phi times the mean, phi the same on every day.
 *
 * Given the total of several days, how it falls on them depends on one number alone, the shape: events per exposure over phi - 1.
 * So days tell the shape without telling the rate (a Dirichlet-multinomial likelihood), and the count of one window out of two has
 * a known distribution (beta-binomial), skewed as such counts are. What the days of one series leave open about phi is filled in
 * by all series of the call: phi has a prior that is estimated from them, and a p-value is the mean over what phi may be.
 */
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "anomaly/rates.hpp"

namespace marketing::anomaly {

/** Values of phi that are told apart: 1, and from 1.2 to 1001 in even steps of ln(phi - 1). */
inline constexpr std::size_t phi_steps = 14;
using PhiWeights = std::array<double, phi_steps>;

[[nodiscard]] const PhiWeights& phi_values() noexcept;

/** Tails of the count `hits` out of `total`, which falls on two windows of the shapes `a` and `b`. Whole counts only. */
[[nodiscard]] Tails beta_binomial_tails(double hits, double total, double a, double b);

/** How likely the days' counts are for each value of phi, given their sum; scaled so that the largest is 1. */
[[nodiscard]] PhiWeights phi_likelihood(std::span<const double> events, std::span<const double> exposure, double rate);

/** The prior of phi that makes the likelihoods of all series most likely (EM), with a little weight on each value. */
[[nodiscard]] PhiWeights phi_prior(std::span<const PhiWeights> likelihoods);

/** What phi may be after both; the weights add up to 1. */
[[nodiscard]] PhiWeights phi_posterior(const PhiWeights& likelihood, const PhiWeights& prior);

/** The geometric mean: what little weight very large values have does not move it. */
[[nodiscard]] double typical_phi(const PhiWeights& weights);

/** Tails of `current` against `baseline` where the first rate is `ratio` times the second, over what phi may be. */
[[nodiscard]] Tails clumped_tails(const Rate& current, const Rate& baseline, double ratio, const PhiWeights& posterior);

}  // namespace marketing::anomaly
