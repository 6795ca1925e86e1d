/**
 * Score intervals of two rates: what the score test does not reject, after Mee (1984) for the difference and Koopman (1984) for the ratio.
 * At no effect either test is the z test with the rate of both arms together, so that both intervals agree with its p-value.
 */
#pragma once

#include "experiments/experiments.hpp"

namespace marketing::experiments {

/** Of B - A; `z`: how many standard errors off a difference is rejected. */
[[nodiscard]] ConfidenceInterval score_interval_of_difference(const Proportion& a, const Proportion& b, double z);
/** Of B / A; A must have successes. */
[[nodiscard]] ConfidenceInterval score_interval_of_ratio(const Proportion& a, const Proportion& b, double z);

}  // namespace marketing::experiments
