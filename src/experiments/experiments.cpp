#include "experiments/experiments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

#include "experiments/fisher.hpp"
#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/search.hpp"
#include "numeric/square.hpp"

namespace marketing::experiments {
namespace {

using kernel::require_valid;

void check_confidence(double confidence)
{
    require_valid(confidence > 0 && confidence < 1, "confidence must be between 0 and 1", "0.95 is 95 percent.");
}

void check_proportion(const Proportion& p)
{
    require_valid(p.successes >= 0 && p.successes <= p.trials, "successes must be between 0 and the trials");
}

void check_moments(const Moments& m)
{
    require_valid(std::isfinite(m.n) && m.n >= 0 && m.n == std::floor(m.n), "n must be a whole number that is not negative");
    require_valid(std::isfinite(m.mean) && std::isfinite(m.other_mean) && std::isfinite(m.covariance),
                  "means and covariances must be finite");
    require_valid(std::isfinite(m.variance) && m.variance >= 0 && std::isfinite(m.other_variance) && m.other_variance >= 0,
                  "variances must be finite and not negative");
    // The least that rounding may add.
    require_valid(std::abs(m.covariance) <= std::sqrt(m.variance * m.other_variance) * (1 + 1e-6),
                  "the covariance is larger than the variances allow");
}

double two_sided(double z)
{
    return 2 * numeric::normal_above(std::abs(z));
}

double degrees_of_freedom(double se2_a, double n_a, double se2_b, double n_b)
{
    return numeric::square(se2_a + se2_b) / (numeric::square(se2_a) / (n_a - 1) + numeric::square(se2_b) / (n_b - 1));
}

/** The t test of `estimate`, into an interval and a p-value. */
void test(double estimate, double standard_error, double freedom, double confidence, ConfidenceInterval& interval,
          double& p_value)
{
    const double reach = numeric::student_quantile_above(freedom, (1 - confidence) / 2) * standard_error;
    interval = {estimate - reach, estimate + reach};
    p_value = 2 * numeric::student_above(freedom, std::abs(estimate) / standard_error);
}

/** Whether there is anything to compare, of arguments that can be. */
bool have_units(const Moments& a, const Moments& b, double confidence, Comparison& out)
{
    check_moments(a);
    check_moments(b);
    check_confidence(confidence);
    if (a.n == 0 || b.n == 0) {
        out.reason = "an arm has no units";
    }
    return a.n > 0 && b.n > 0;
}

/** One arm's estimate, and the variance of it. */
struct Estimate {
    double n;
    double mean;
    double se2;
};

/** What every comparison of two estimates shares; `base` is what the lift is relative to, with its covariance with the difference. */
void compare(const Estimate& a, const Estimate& b, const Estimate& base, double base_covariance, double confidence,
             Comparison& out)
{
    out.estimate_a = a.mean;
    out.estimate_b = b.mean;
    out.difference = b.mean - a.mean;
    if (a.n < 2 || b.n < 2) {
        out.reason = "an arm has fewer than two units";
        return;
    }
    out.standard_error = std::sqrt(a.se2 + b.se2);
    if (out.standard_error == 0) {
        out.reason = "the values do not vary";
        return;
    }
    out.degrees_of_freedom = degrees_of_freedom(a.se2, a.n, b.se2, b.n);
    out.statistic = out.difference / out.standard_error;
    test(out.difference, out.standard_error, out.degrees_of_freedom, confidence, out.difference_interval, out.p_value);
    if (base.mean == 0) {
        out.reason = "the control is 0: there is no lift";
        return;
    }
    out.lift = out.difference / base.mean;
    const double variance =
        (a.se2 + b.se2 - 2 * out.lift * base_covariance + numeric::square(out.lift) * base.se2) / numeric::square(base.mean);
    if (variance > 0) {
        test(out.lift, std::sqrt(variance), out.degrees_of_freedom, confidence, out.lift_interval, out.lift_p_value);
    }
}

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

double mean_of(const numeric::Beta& rate)
{
    return rate.successes / (rate.successes + rate.failures);
}

/** All of a rate but a tail on either side. */
ConfidenceInterval middle_of(const numeric::Beta& rate, double tail)
{
    return {numeric::beta_quantile(rate.successes, rate.failures, tail),
            numeric::beta_quantile_above(rate.successes, rate.failures, tail)};
}

/** The mean of what `one` lacks of `other`, 0 where it lacks nothing: where either has any mass, cut where one of them is centred. */
double expected_shortfall(const numeric::Beta& one, const numeric::Beta& other)
{
    constexpr double no_mass = 1e-18;
    const ConfidenceInterval of_one = middle_of(one, no_mass);
    const ConfidenceInterval of_other = middle_of(other, no_mass);
    const auto [lower, upper] = std::minmax({mean_of(one), mean_of(other)});
    const double cuts[] = {std::min(of_one.low, of_other.low), lower, upper, std::max(of_one.high, of_other.high)};
    const auto lacks = [&](double x, double /*to_end*/) {
        return numeric::beta_below(one.successes, one.failures, x) * numeric::beta_above(other.successes, other.failures, x);
    };
    double sum = 0;
    for (int i = 0; i < 3; ++i) {
        sum += cuts[i + 1] > cuts[i] ? numeric::integral(lacks, cuts[i], cuts[i + 1], 1e-13) : 0;
    }
    return sum;
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

ProportionComparison compare_proportions(const Proportion& a, const Proportion& b, double confidence, DifferenceMethod method)
{
    check_proportion(a);
    check_proportion(b);
    check_confidence(confidence);
    ProportionComparison out;
    if (a.trials == 0 || b.trials == 0) {
        out.reason = "an arm has no trials";
        return out;
    }
    const auto n_a = static_cast<double>(a.trials);
    const auto n_b = static_cast<double>(b.trials);
    const double p_a = a.rate();
    const double p_b = b.rate();
    const Estimate first{n_a, p_a, p_a * (1 - p_a) / n_a};
    const Estimate second{n_b, p_b, p_b * (1 - p_b) / n_b};
    compare(first, second, first, -first.se2, confidence, out);
    out.p_exact = fisher(a, b);

    // The t test gave way to what proportions have of their own.
    out.standard_error = std::sqrt(first.se2 + second.se2);
    const double z = numeric::normal_quantile_above((1 - confidence) / 2);
    if (method == DifferenceMethod::newcombe) {
        const ConfidenceInterval i = wilson(a, z);
        const ConfidenceInterval j = wilson(b, z);
        out.difference_interval = {out.difference - std::hypot(p_b - j.low, i.high - p_a),
                                   out.difference + std::hypot(j.high - p_b, p_a - i.low)};
    } else {
        out.difference_interval = {out.difference - z * out.standard_error, out.difference + z * out.standard_error};
    }
    const double pooled = (static_cast<double>(a.successes) + static_cast<double>(b.successes)) / (n_a + n_b);
    const double null_error = std::sqrt(pooled * (1 - pooled) * (1 / n_a + 1 / n_b));
    out.statistic = null_error > 0 ? out.difference / null_error : unknown;
    out.p_value = null_error > 0 ? two_sided(out.statistic) : 1;
    return out;
}

Comparison compare_means(const Moments& a, const Moments& b, double confidence)
{
    Comparison out;
    if (!have_units(a, b, confidence, out)) {
        return out;
    }
    const Estimate first{a.n, a.mean, a.variance / a.n};
    const Estimate second{b.n, b.mean, b.variance / b.n};
    compare(first, second, first, -first.se2, confidence, out);
    return out;
}

Comparison compare_ratios(const Moments& a, const Moments& b, double confidence)
{
    Comparison out;
    if (!have_units(a, b, confidence, out)) {
        return out;
    }
    if (a.other_mean == 0 || b.other_mean == 0) {
        out.reason = "the denominator of an arm is 0";
        return out;
    }
    const auto estimate = [](const Moments& m) {
        const double d = m.other_mean;
        const double variance = m.variance / numeric::square(d) +
                                m.other_variance * numeric::square(m.mean) / numeric::square(numeric::square(d)) -
                                2 * m.covariance * m.mean / (d * d * d);
        return Estimate{m.n, m.mean / d, std::max(0.0, variance) / m.n};
    };
    const Estimate first = estimate(a);
    compare(first, estimate(b), first, -first.se2, confidence, out);
    return out;
}

AdjustedComparison compare_cuped(const Moments& a, const Moments& b, double confidence)
{
    AdjustedComparison out;
    if (!have_units(a, b, confidence, out)) {
        return out;
    }
    // Within the arms, so that an effect of the treatment does not pass for one of the covariate.
    const double covariance = (a.n - 1) * a.covariance + (b.n - 1) * b.covariance;
    const double variance = (a.n - 1) * a.other_variance + (b.n - 1) * b.other_variance;
    out.theta = variance > 0 ? covariance / variance : unknown;
    const double theta = variance > 0 ? out.theta : 0;
    // About the covariate's mean of both arms, so that the estimates are on the scale of the values.
    const double centre = (a.n * a.other_mean + b.n * b.other_mean) / (a.n + b.n);
    const auto adjusted = [theta, centre](const Moments& m) {
        const double left = m.variance + numeric::square(theta) * m.other_variance - 2 * theta * m.covariance;
        return Estimate{m.n, m.mean - theta * (m.other_mean - centre), std::max(0.0, left) / m.n};
    };
    const Estimate first = adjusted(a);
    compare(first, adjusted(b), {a.n, a.mean, a.variance / a.n}, -(a.variance - theta * a.covariance) / a.n, confidence, out);
    const double before = a.variance / a.n + b.variance / b.n;
    out.variance_reduction = before > 0 ? 1 - numeric::square(out.standard_error) / before : unknown;
    if (out.reason == "ok" && variance == 0) {
        out.reason = "the covariate does not vary: nothing is adjusted";
    }
    return out;
}

BayesianComparison compare_bayesian(const Proportion& a, const Proportion& b, double prior_successes, double prior_failures,
                                    double confidence)
{
    check_proportion(a);
    check_proportion(b);
    check_confidence(confidence);
    require_valid(prior_successes > 0 && prior_failures > 0 && std::isfinite(prior_successes) && std::isfinite(prior_failures),
                  "the prior must be positive and finite", "Beta(1, 1) holds all rates for equally likely.");
    const auto after = [&](const Proportion& p) {
        return numeric::Beta{prior_successes + static_cast<double>(p.successes),
                             prior_failures + static_cast<double>(p.trials - p.successes)};
    };
    const numeric::Beta first = after(a);
    const numeric::Beta second = after(b);
    const double tail = (1 - confidence) / 2;
    BayesianComparison out;
    out.rate_a = mean_of(first);
    out.rate_b = mean_of(second);
    out.rate_a_interval = middle_of(first, tail);
    out.rate_b_interval = middle_of(second, tail);
    out.p_b_better = numeric::probability_greater(second, first);
    out.expected_loss_a = expected_shortfall(first, second);
    out.expected_loss_b = expected_shortfall(second, first);
    return out;
}

SequentialResult sequential(double difference, double standard_error, double n, double confidence, double tightest_at)
{
    check_confidence(confidence);
    require_valid(std::isfinite(difference), "difference must be finite");
    require_valid(std::isfinite(standard_error) && standard_error >= 0, "standard_error must be finite and not negative");
    require_valid(std::isfinite(n) && n >= 1 && std::isfinite(tightest_at) && tightest_at >= 1,
                  "n and tightest_at must be finite and at least 1");
    const double alpha = 1 - confidence;
    SequentialResult out;
    out.rho = std::sqrt((-2 * std::log(alpha) + std::log(-2 * std::log(alpha) + 1)) / tightest_at);
    if (standard_error == 0) {
        return out;
    }
    const double t = n * numeric::square(out.rho) + 1;
    const double reach = standard_error * std::sqrt(n) * std::sqrt(2 * t * std::log(std::sqrt(t) / alpha)) / (n * out.rho);
    out.interval = {difference - reach, difference + reach};
    const double log_evidence = numeric::square(out.rho * difference / standard_error) * n / (2 * t) - std::log(t) / 2;
    out.p_value = std::min(1.0, std::exp(-log_evidence));
    return out;
}

namespace {

void check_design(const Design& d)
{
    require_valid(d.significance > 0 && d.significance < 1, "significance must be between 0 and 1", "0.05 is the usual one.");
    require_valid(d.power > 0 && d.power < 1, "power must be between 0 and 1", "0.8 is the usual one.");
    require_valid(d.ratio > 0 && std::isfinite(d.ratio), "ratio must be positive and finite",
                  "It is the size of B over the size of A.");
}

/** How far the truth must be from 0, in standard errors, to be found with that power on either side of it: z + z_power, or a trace less. */
double shift_for_power(double z, double power)
{
    const auto excess = [&](double shift) {
        return numeric::normal_above(z - shift) + numeric::normal_below(-z - shift) - power;
    };
    const double high = z + std::max(0.0, numeric::normal_quantile_above(1 - power)) + 1;
    if (excess(0) >= 0) {
        return 0;
    }
    return numeric::root(excess, 0, high, 52).high;
}

}  // namespace

SampleSize whole_sizes(double n, const Design& d)
{
    constexpr double most = 9e18;
    if (!(n < most) || !(n * d.ratio < most)) {
        throw kernel::Error(kernel::ErrorCode::numeric_range, "required sample size is out of range", {},
                            "The effect is too small for these rates and errors.");
    }
    return {static_cast<std::int64_t>(std::ceil(n)), static_cast<std::int64_t>(std::ceil(n * d.ratio))};
}

double size_for_proportions(double rate, double effect, const Design& d, SizeMethod method)
{
    check_design(d);
    const double other = rate + effect;
    require_valid(rate >= 0 && rate <= 1 && other >= 0 && other <= 1 && effect != 0,
                  "rate and rate + effect must be two rates between 0 and 1",
                  "The effect is absolute: 0.01 is one percentage point.");
    const double z = numeric::normal_quantile_above(d.significance / 2);
    const double z_power = numeric::normal_quantile_above(1 - d.power);
    const double spread = rate * (1 - rate) + other * (1 - other) / d.ratio;
    switch (method) {
        case SizeMethod::unpooled: return numeric::square(z + z_power) * spread / numeric::square(effect);
        case SizeMethod::pooled: {
            const double both = (rate + d.ratio * other) / (1 + d.ratio);
            return numeric::square(z * std::sqrt(both * (1 - both) * (1 + 1 / d.ratio)) + z_power * std::sqrt(spread)) /
                   numeric::square(effect);
        }
        case SizeMethod::cohen_h: break;
    }
    const double h = 2 * (std::asin(std::sqrt(other)) - std::asin(std::sqrt(rate)));
    return numeric::square(shift_for_power(z, d.power)) * (1 + 1 / d.ratio) / numeric::square(h);
}

double size_for_means(double standard_deviation, double effect, const Design& d)
{
    check_design(d);
    require_valid(std::isfinite(standard_deviation) && standard_deviation > 0 && std::isfinite(effect) && effect != 0,
                  "standard_deviation must be positive and effect not 0, both finite");
    const double z = numeric::normal_quantile_above(d.significance / 2) + numeric::normal_quantile_above(1 - d.power);
    return numeric::square(z * standard_deviation / effect) * (1 + 1 / d.ratio);
}

double detectable_effect(double rate, double n, const Design& d)
{
    check_design(d);
    require_valid(rate >= 0 && rate < 1, "rate must be at least 0 and less than 1");
    require_valid(std::isfinite(n) && n >= 1, "n must be finite and at least 1");
    const auto excess = [&](double effect) { return size_for_proportions(rate, effect, d, SizeMethod::unpooled) - n; };
    double low = (1 - rate) * 1e-12;
    double high = 1 - rate;
    if (excess(high) > 0) {
        return unknown;
    }
    if (excess(low) <= 0) {
        return low;
    }
    return numeric::root(excess, low, high, 50).high;
}

RatioCheck check_sample_ratio(std::span<const std::int64_t> counts, std::span<const double> weights, double alarm)
{
    require_valid(alarm > 0 && alarm < 1, "alarm must be between 0 and 1");
    require_valid(counts.size() >= 2, "there must be at least two counts");
    require_valid(weights.empty() || weights.size() == counts.size(), "there must be as many weights as counts");
    double total = 0;
    double all = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        require_valid(counts[i] >= 0, "counts must not be negative");
        const double weight = weights.empty() ? 1 : weights[i];
        require_valid(weight > 0 && std::isfinite(weight), "weights must be positive and finite");
        total += static_cast<double>(counts[i]);
        all += weight;
    }
    RatioCheck out;
    out.degrees_of_freedom = static_cast<std::int64_t>(counts.size()) - 1;
    if (total == 0) {
        return out;
    }
    out.chi2 = 0;
    for (std::size_t i = 0; i < counts.size(); ++i) {
        const double expected = total * (weights.empty() ? 1 : weights[i]) / all;
        out.chi2 += numeric::square(static_cast<double>(counts[i]) - expected) / expected;
    }
    out.p_value = numeric::chi_squared_above(static_cast<double>(out.degrees_of_freedom), out.chi2);
    out.mismatch = out.p_value < alarm;
    return out;
}

}  // namespace marketing::experiments
