/**
 * Counts that vary more than Poisson's, because they come in clumps: negative binomial, the variance the same multiple of the mean on every
 * day. That multiple is their dispersion.
 *
 * Given the total of several days, how it falls on them depends on one number alone, the shape: events per exposure over dispersion - 1.
 * So days tell the shape without telling the rate (a Dirichlet-multinomial likelihood), and the count of one window out of two has
 * a known distribution (beta-binomial), skewed as such counts are. What the days of one series leave open about the dispersion is
 * filled in by all series of the call: it has a prior that is estimated from them, and a p-value is the mean over what it may be.
 */
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "anomaly/rates.hpp"
#include "numeric/distributions.hpp"

namespace marketing::anomaly {

/** Dispersions that are told apart: 1, and from 1.2 to 1001 in even steps of ln(dispersion - 1). */
inline constexpr std::size_t dispersion_steps = 14;
using DispersionWeights = std::array<double, dispersion_steps>;

[[nodiscard]] const DispersionWeights& dispersion_values() noexcept;

/** Tails of the count `hits` out of `total`, which falls on two windows of the shapes `a` and `b`. Whole counts only. */
[[nodiscard]] numeric::Tails beta_binomial_tails(double hits, double total, double a, double b);

/** How likely the days' counts are for each dispersion, given their sum; scaled so that the largest is 1. */
[[nodiscard]] DispersionWeights likelihood_of_dispersion(std::span<const double> events, std::span<const double> exposure,
                                                         double rate);

/** The prior that makes the likelihoods of all series most likely (EM), with a little weight on each value. */
[[nodiscard]] DispersionWeights prior_of_dispersion(std::span<const DispersionWeights> likelihoods);

/** What the dispersion may be after both; the weights add up to 1. */
[[nodiscard]] DispersionWeights posterior_of_dispersion(const DispersionWeights& likelihood, const DispersionWeights& prior);

/** The geometric mean: what little weight very large values have does not move it. */
[[nodiscard]] double typical_dispersion(const DispersionWeights& weights);

/** Tails of `current` against `baseline` where the first rate is `ratio` times the second, over what the dispersion may be. */
[[nodiscard]] numeric::Tails overdispersed_tails(const Rate& current, const Rate& baseline, double ratio,
                                                 const DispersionWeights& posterior);

}  // namespace marketing::anomaly
