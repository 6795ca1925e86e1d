/**
 * Rates out of counts (contracts of leads, clicks of impressions): beta-binomial posteriors and what they say of each other.
 *
 * A rate p with `successes` in `trials` and a prior worth `prior.successes` and `prior.failures` is
 * Beta(prior.successes + successes, prior.failures + trials - successes).
 */
#pragma once

#include <span>

#include "numeric/quadrature.hpp"

namespace marketing::budget {

/** A beta distribution of a rate, in units of observations. */
using BetaRate = numeric::Beta;

/** What was seen of one rate. */
struct RateEvidence {
    double successes;
    double trials;
};

/** Belief after evidence. Throws Error(invalid_parameter) unless 0 <= successes <= trials and the prior is positive, all finite. */
[[nodiscard]] BetaRate update(const BetaRate& prior, const RateEvidence& evidence);

/** P(rate > threshold); thresholds beyond 0 and 1 are answered, too. Throws Error(invalid_parameter) for NaN. */
[[nodiscard]] double probability_above(const BetaRate& belief, double threshold);

/** P(rate of `one` > rate of `other`) of independent beliefs, to about 1e-12. */
[[nodiscard]] double probability_superior(const BetaRate& one, const BetaRate& other);

/**
 * The empirical-Bayes prior of a group of rates: what the rates of the group have in common, and how much. Maximises the
 * beta-binomial likelihood with a weak prior on the number of its successes (ln c ~ N(ln 5, 1)). Groups without two rates that
 * were tried, without a success or without a failure have the fixed strength c = 2 around their pooled rate.
 */
[[nodiscard]] BetaRate fit_rate_prior(std::span<const RateEvidence> group);

}  // namespace marketing::budget
