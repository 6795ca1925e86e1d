#include "experiments/comparison.hpp"

#include <algorithm>
#include <cmath>

#include "numeric/distributions.hpp"
#include "numeric/rounding.hpp"
#include "numeric/square.hpp"

namespace marketing::experiments {

using numeric::square;

void check_confidence(double confidence)
{
    require_valid(confidence > 0 && confidence < 1, "confidence must be between 0 and 1", "0.95 is 95 percent.");
}

void check_proportion(const Proportion& p)
{
    require_valid(p.successes >= 0 && p.successes <= p.trials, "successes must be between 0 and the trials");
}

ConfidenceInterval interval_about(double centre, double reach, Alternative alternative)
{
    return {alternative == Alternative::less ? unknown : centre - reach,
            alternative == Alternative::greater ? unknown : centre + reach};
}

void set_lift(const Base& base, double variance, double critical, Alternative alternative, Comparison& out)
{
    // The lift l is rejected where (difference - l base)^2 > critical^2 of its variance: a quadratic, l^2 leading - 2 l half + last.
    const double leading = square(base.mean) - square(critical) * base.se2;
    if (base.mean == 0) {
        out.reason = "the control is 0: there is no lift";
        return;
    }
    if (base.mean < 0 || leading <= 0) {
        out.reason = "the control may be 0 or less: there is no lift";
        return;
    }
    const double half = out.difference * base.mean - square(critical) * base.covariance;
    const double last = square(out.difference) - square(critical) * variance;
    const double root = std::sqrt(std::max(0.0, square(half) - leading * last));
    // The end next to 0 by the product of both, so that it has the sign of what is left of the test of no effect.
    const double far = half + std::copysign(root, half);
    const auto [low, high] = std::minmax({far / leading, far == 0 ? 0 : last / far});
    out.lift = out.difference / base.mean;
    out.lift_interval = {alternative == Alternative::less ? unknown : low,
                         alternative == Alternative::greater ? unknown : high};
    out.lift_p_value = out.p_value;
}

double welch_freedom(const Estimate& a, const Estimate& b)
{
    return square(a.se2 + b.se2) / (square(a.se2) / (a.n - 1) + square(b.se2) / (b.n - 1));
}

void compare(const Estimate& a, const Estimate& b, const Base& base, double freedom, const Inference& inference,
             Comparison& out)
{
    out.estimate_a = a.mean;
    out.estimate_b = b.mean;
    out.difference = b.mean - a.mean;
    if (a.n < 2 || b.n < 2) {
        out.reason = "an arm has fewer than two units";
        return;
    }
    const double variance = a.se2 + b.se2;
    out.standard_error = std::sqrt(variance);
    // Sums of n figures that are all alike leave variances that grow with their rounding.
    const double noise =
        numeric::rounding_noise(std::max(std::abs(a.mean), std::abs(b.mean)), 16 + std::sqrt(std::max(a.n, b.n)));
    if (out.standard_error <= noise) {
        out.standard_error = 0;
        out.reason = "the values do not vary";
        return;
    }
    out.degrees_of_freedom = std::isinf(freedom) ? unknown : freedom;
    out.statistic = out.difference / out.standard_error;
    const double critical = numeric::student_quantile_above(freedom, tail_of(inference));
    out.difference_interval = interval_about(out.difference, critical * out.standard_error, inference.alternative);
    out.p_value =
        p_value_of(out.statistic, inference.alternative, [freedom](double t) { return numeric::student_above(freedom, t); });
    set_lift(base, variance, critical, inference.alternative, out);
}

}  // namespace marketing::experiments
