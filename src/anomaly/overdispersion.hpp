/**
 * Counts that vary more than Poisson's, because they come in clumps: negative binomial, the variance the same multiple of the mean on every
 * day. That multiple is their dispersion.
 *
 * Given the total of several days, how it falls on them depends on one number alone, the shape: events per exposure over dispersion - 1.
 * So days tell the shape without telling the rate (a Dirichlet-multinomial likelihood), and the count of one window out of two has
 * a known distribution (beta-binomial), skewed as such counts are. What the days of one series leave open about the dispersion, and about
 * how alike neighbouring days are, is filled in by all series of the call (numeric/correlated_counts.hpp): a p-value is the mean over
 * what both may be.
 */
#pragma once

#include <array>
#include <cstddef>
#include <span>

#include "anomaly/rates.hpp"
#include "numeric/correlated_counts.hpp"
#include "numeric/distributions.hpp"

namespace marketing::anomaly {

/** Dispersions that are told apart: 1, and from 1.2 to 1001 in even steps of ln(dispersion - 1). */
inline constexpr std::size_t dispersion_steps = 14;
using DispersionWeights = std::array<double, dispersion_steps>;

[[nodiscard]] const DispersionWeights& dispersion_values() noexcept;

/** Tails of the count `hits` out of `total`, which falls on two windows of the shapes `a` and `b`. Whole counts only. */
[[nodiscard]] numeric::Tails beta_binomial_tails(double hits, double total, double a, double b);

/** Scales of dispersion for numeric::log_likelihoods, of series of this rate whose days deviate by the root of their exposure. */
[[nodiscard]] DispersionWeights scales_of(double rate);

/** What is known of the dispersion of single days. */
[[nodiscard]] DispersionWeights dispersion_of_days(const numeric::BurstTable& table);

/**
 * Of the comparison of two windows, whose days are correlated: `contrast` is the difference of their means, each day with the root of its
 * exposure over that of its window. By this dispersion windows of independent days would differ as much.
 */
[[nodiscard]] DispersionWeights dispersion_of_contrast(const numeric::BurstTable& table,
                                                       const numeric::CorrelatedSum& contrast);

/** Each dispersion by so much larger. */
[[nodiscard]] DispersionWeights more_dispersed(const DispersionWeights& weights, double more);

/** The geometric mean: what little weight very large values have does not move it. */
[[nodiscard]] double typical_dispersion(const DispersionWeights& weights);

/** Tails of `current` against `baseline` where the first rate is `ratio` times the second, over what the dispersion may be. */
[[nodiscard]] numeric::Tails overdispersed_tails(const Rate& current, const Rate& baseline, double ratio,
                                                 const DispersionWeights& posterior);

}  // namespace marketing::anomaly
