/** What the comparisons of two arms share: one test, from which the p-value, the interval of the difference and that of the lift come. */
#pragma once

#include <string>

#include "experiments/experiments.hpp"
#include "kernel/error.hpp"

namespace marketing::experiments {

using kernel::require_valid;

/** Throws Error(invalid_parameter) unless between 0 and 1. */
void check_confidence(double confidence);
/** Throws Error(invalid_parameter) for more successes than trials. */
void check_proportion(const Proportion& p);

/** One arm's estimate, and the variance of it. */
struct Estimate {
    double n;
    double mean;
    double se2;
};

/** What a lift is relative to. */
struct Base {
    double mean;
    double se2;
    double covariance;  // with the difference
};

/** Of the estimate of A, where B is independent of it. */
[[nodiscard]] inline Base base_of(const Estimate& a)
{
    return {a.mean, a.se2, -a.se2};
}

/** What a statistic has to exceed, for a quantile function of the tail. */
[[nodiscard]] inline double tail_of(const Inference& inference)
{
    return inference.alternative == Alternative::two_sided ? (1 - inference.confidence) / 2 : 1 - inference.confidence;
}

/** What lies within `reach`; one-sided on the side of no effect alone. */
[[nodiscard]] ConfidenceInterval interval_about(double centre, double reach, Alternative alternative);

/** The p-value of a deviate whose upper tail is `above`. */
template <class Tail>
[[nodiscard]] double p_value_of(double deviate, Alternative alternative, Tail above)
{
    switch (alternative) {
        case Alternative::greater: return above(deviate);
        case Alternative::less: return above(-deviate);
        case Alternative::two_sided: break;
    }
    return 2 * above(std::abs(deviate));
}

/**
 * The lift and its interval after Fieller: the lifts that a test of `critical` standard errors does not reject, so that it holds no effect
 * where the interval of the difference does. None, and the reason, where the base may be 0 or less.
 */
void set_lift(const Base& base, double variance, double critical, Alternative alternative, Comparison& out);

/** Degrees of freedom after Welch and Satterthwaite. */
[[nodiscard]] double welch_freedom(const Estimate& a, const Estimate& b);

/** The t test of B against A. */
void compare(const Estimate& a, const Estimate& b, const Base& base, double freedom, const Inference& inference,
             Comparison& out);

}  // namespace marketing::experiments
