// Rates: the interval of one, and two compared.

#include <algorithm>
#include <cmath>

#include "experiments/comparison.hpp"
#include "experiments/fisher.hpp"
#include "experiments/score.hpp"
#include "numeric/distributions.hpp"

namespace marketing::experiments {
namespace {

ConfidenceInterval wilson(const Proportion& p, double z)
{
    const auto n = static_cast<double>(p.trials);
    const double centre = p.rate() + z * z / (2 * n);
    const double reach = z * std::sqrt(p.rate() * (1 - p.rate()) / n + z * z / (4 * n * n));
    const double scale = 1 + z * z / n;
    // Exact at the ends, where rounding would leave a trace.
    return {p.successes == 0 ? 0 : (centre - reach) / scale, p.successes == p.trials ? 1 : (centre + reach) / scale};
}

ConfidenceInterval clopper_pearson(const Proportion& p, double tail)
{
    const auto x = static_cast<double>(p.successes);
    const auto n = static_cast<double>(p.trials);
    return {p.successes == 0 ? 0 : numeric::beta_quantile(x, n - x + 1, tail),
            p.successes == p.trials ? 1 : numeric::beta_quantile_above(x + 1, n - x, tail)};
}

ConfidenceInterval newcombe(const Proportion& a, const Proportion& b, double z)
{
    const ConfidenceInterval i = wilson(a, z);
    const ConfidenceInterval j = wilson(b, z);
    const double difference = b.rate() - a.rate();
    return {difference - std::hypot(b.rate() - j.low, i.high - a.rate()),
            difference + std::hypot(j.high - b.rate(), a.rate() - i.low)};
}

/** The end of an interval that a one-sided alternative leaves. */
ConfidenceInterval one_sided(const ConfidenceInterval& interval, Alternative alternative)
{
    return {alternative == Alternative::less ? unknown : interval.low,
            alternative == Alternative::greater ? unknown : interval.high};
}

ConfidenceInterval difference_interval(const Proportion& a, const Proportion& b, double z, double standard_error,
                                       DifferenceMethod method)
{
    switch (method) {
        case DifferenceMethod::score: return score_interval_of_difference(a, b, z);
        case DifferenceMethod::newcombe: return newcombe(a, b, z);
        case DifferenceMethod::wald: break;
    }
    const double difference = b.rate() - a.rate();
    return {difference - z * standard_error, difference + z * standard_error};
}

}  // namespace

ConfidenceInterval proportion_interval(const Proportion& p, double confidence, ProportionMethod method)
{
    check_proportion(p);
    check_confidence(confidence);
    if (p.trials == 0) {
        return {};
    }
    const double tail = (1 - confidence) / 2;
    if (method == ProportionMethod::exact) {
        return clopper_pearson(p, tail);
    }
    const double z = numeric::normal_quantile_above(tail);
    if (method == ProportionMethod::wilson) {
        return wilson(p, z);
    }
    const double reach = z * std::sqrt(p.rate() * (1 - p.rate()) / static_cast<double>(p.trials));
    return {p.rate() - reach, p.rate() + reach};
}

ProportionComparison compare_proportions(const Proportion& a, const Proportion& b, const Inference& inference,
                                         DifferenceMethod method)
{
    check_proportion(a);
    check_proportion(b);
    check_confidence(inference.confidence);
    ProportionComparison out;
    if (a.trials == 0 || b.trials == 0) {
        out.reason = "an arm has no trials";
        return out;
    }
    const auto estimate = [](const Proportion& p) {
        const auto n = static_cast<double>(p.trials);
        return Estimate{n, p.rate(), p.rate() * (1 - p.rate()) / n};
    };
    const Estimate first = estimate(a);
    const Estimate second = estimate(b);
    const Alternative alternative = inference.alternative;
    out.estimate_a = first.mean;
    out.estimate_b = second.mean;
    out.difference = second.mean - first.mean;
    out.standard_error = std::sqrt(first.se2 + second.se2);
    out.degrees_of_freedom = welch_freedom(first, second);
    const double z = numeric::normal_quantile_above(tail_of(inference));
    out.difference_interval = one_sided(difference_interval(a, b, z, out.standard_error, method), alternative);
    const double pooled = (static_cast<double>(a.successes) + static_cast<double>(b.successes)) / (first.n + second.n);
    const double null_error = std::sqrt(pooled * (1 - pooled) * (1 / first.n + 1 / second.n));
    out.statistic = null_error > 0 ? out.difference / null_error : unknown;
    out.p_value = null_error > 0 ? p_value_of(out.statistic, alternative, numeric::normal_above) : 1;
    out.p_exact = fisher(a, b, alternative);
    if (null_error == 0) {
        out.reason = "the values do not vary";
    } else if (a.successes == 0) {
        out.reason = "the control is 0: there is no lift";
    } else {
        const ConfidenceInterval ratio = score_interval_of_ratio(a, b, z);
        out.lift = out.difference / first.mean;
        out.lift_interval = one_sided({ratio.low - 1, ratio.high - 1}, alternative);
        out.lift_p_value = out.p_value;
    }
    return out;
}

}  // namespace marketing::experiments
