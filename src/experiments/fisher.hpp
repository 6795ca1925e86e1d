/** Fisher's exact test of two proportions. */
#pragma once

#include "experiments/experiments.hpp"

namespace marketing::experiments {

/**
 * Two-sided: the probability of all tables with these margins that are no more likely than the one at hand, ties (to 1e-7) included. From a
 * standard deviation of 10,000 on the count is taken for continuous, which keeps 6 digits; so the time does not grow with the trials.
 * One-sided: the probability of all tables at least as good for B (greater), or at least as bad.
 */
[[nodiscard]] double fisher(const Proportion& a, const Proportion& b, Alternative alternative = Alternative::two_sided);

}  // namespace marketing::experiments
