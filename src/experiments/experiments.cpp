#include "experiments/experiments.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "experiments/comparison.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/rounding.hpp"
#include "numeric/search.hpp"
#include "numeric/square.hpp"

namespace marketing::experiments {

using numeric::square;

namespace {

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

/** Whether there is anything to compare, of arguments that can be. */
bool have_units(const Moments& a, const Moments& b, const Inference& inference, Comparison& out)
{
    check_moments(a);
    check_moments(b);
    check_confidence(inference.confidence);
    if (a.n == 0 || b.n == 0) {
        out.reason = "an arm has no units";
    }
    return a.n > 0 && b.n > 0;
}

Estimate mean_of(const Moments& m)
{
    return {m.n, m.mean, m.variance / m.n};
}

void compare_arms(const Estimate& a, const Estimate& b, const Inference& inference, Comparison& out)
{
    compare(a, b, base_of(a), welch_freedom(a, b), inference, out);
}

/** The variance of value - slope * other, 0 where rounding is all that is left of it. */
double variance_less(const Moments& m, double slope)
{
    const double explained = square(slope) * m.other_variance;
    const double left = m.variance + explained - 2 * slope * m.covariance;
    return left > numeric::rounding_noise(m.variance + explained) ? left : 0;
}

/** Adds a stratum to its arm's estimate, and says what that adds to the doubt about its variance. */
double add_stratum(double weight, const Moments& m, Estimate& arm)
{
    const double variance = square(weight) * m.variance / m.n;
    arm.n += m.n;
    arm.mean += weight * m.mean;
    arm.se2 += variance;
    return square(variance) / (m.n - 1);
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

Comparison compare_means(const Moments& a, const Moments& b, const Inference& inference)
{
    Comparison out;
    if (have_units(a, b, inference, out)) {
        compare_arms(mean_of(a), mean_of(b), inference, out);
    }
    return out;
}

Comparison compare_ratios(const Moments& a, const Moments& b, const Inference& inference)
{
    Comparison out;
    if (!have_units(a, b, inference, out)) {
        return out;
    }
    if (a.other_mean == 0 || b.other_mean == 0) {
        out.reason = "the denominator of an arm is 0";
        return out;
    }
    const auto estimate = [](const Moments& m) {
        const double ratio = m.mean / m.other_mean;
        return Estimate{m.n, ratio, variance_less(m, ratio) / square(m.other_mean) / m.n};
    };
    compare_arms(estimate(a), estimate(b), inference, out);
    return out;
}

Comparison compare_stratified(std::span<const Moments> a, std::span<const Moments> b, const Inference& inference)
{
    require_valid(a.size() == b.size() && !a.empty(), "there must be as many strata of B as of A, and at least one");
    Comparison out;
    double all = 0;
    double least = std::numeric_limits<double>::infinity();
    for (std::size_t i = 0; i < a.size(); ++i) {
        if (!have_units(a[i], b[i], inference, out)) {
            out.reason = "a stratum has no units in one arm: merge it with another";
            return out;
        }
        all += a[i].n + b[i].n;
        least = std::min({least, a[i].n, b[i].n});
    }
    if (least < 2) {
        out.reason = "a stratum has fewer than two units in one arm: merge it with another";
        return out;
    }
    Estimate first{0, 0, 0};
    Estimate second{0, 0, 0};
    double doubt = 0;  // the sum of squared variances over their degrees of freedom, after Satterthwaite
    for (std::size_t i = 0; i < a.size(); ++i) {
        const double weight = (a[i].n + b[i].n) / all;
        doubt += add_stratum(weight, a[i], first) + add_stratum(weight, b[i], second);
    }
    compare(first, second, base_of(first), square(first.se2 + second.se2) / doubt, inference, out);
    return out;
}

AdjustedComparison compare_cuped(const Moments& a, const Moments& b, const Inference& inference)
{
    AdjustedComparison out;
    if (!have_units(a, b, inference, out)) {
        return out;
    }
    // Within the arms, so that an effect of the treatment does not pass for one of the covariate.
    const double covariance = (a.n - 1) * a.covariance + (b.n - 1) * b.covariance;
    const double variance = (a.n - 1) * a.other_variance + (b.n - 1) * b.other_variance;
    const double noise = numeric::rounding_noise(std::max(std::abs(a.other_mean), std::abs(b.other_mean)), a.n + b.n);
    const bool varies = variance > square(noise) * (a.n + b.n - 2);
    out.theta = varies ? covariance / variance : unknown;
    const double theta = varies ? out.theta : 0;
    // About the covariate's mean of both arms, so that the estimates are on the scale of the values.
    const double centre = (a.n * a.other_mean + b.n * b.other_mean) / (a.n + b.n);
    const auto adjusted = [theta, centre](const Moments& m) {
        return Estimate{m.n, m.mean - theta * (m.other_mean - centre), variance_less(m, theta) / m.n};
    };
    const Estimate first = adjusted(a);
    const Estimate second = adjusted(b);
    compare(first, second, {a.mean, a.variance / a.n, -(a.variance - theta * a.covariance) / a.n}, welch_freedom(first, second),
            inference, out);
    const double before = a.variance / a.n + b.variance / b.n;
    out.variance_reduction = before > 0 ? 1 - square(out.standard_error) / before : unknown;
    if (out.reason == "ok" && !varies) {
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

BayesianDifference compare_bayesian_means(const Moments& a, const Moments& b, double prior_deviation, double confidence)
{
    require_valid(prior_deviation > 0, "prior_deviation must be positive",
                  "NULL holds any difference for as likely as another.");
    BayesianDifference out;
    const Comparison seen = compare_means(a, b, confidence);
    if (!(seen.standard_error > 0)) {
        out.reason = seen.reason;
        return out;
    }
    // What was seen counts by its part of the variance that the prior expects of it.
    const double error = square(seen.standard_error / prior_deviation);
    const double deviation = seen.standard_error / std::sqrt(1 + error);
    out.mean = seen.difference / (1 + error);
    out.interval =
        interval_about(out.mean, numeric::normal_quantile_above((1 - confidence) / 2) * deviation, Alternative::two_sided);
    const double z = out.mean / deviation;
    out.p_b_better = numeric::normal_below(z);
    const auto loss = [deviation](double better) {
        return deviation * std::max(0.0, numeric::normal_density(better) - better * numeric::normal_above(better));
    };
    out.expected_loss_a = loss(-z);
    out.expected_loss_b = loss(z);
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
        case SizeMethod::unpooled: return square(z + z_power) * spread / square(effect);
        case SizeMethod::pooled: {
            const double both = (rate + d.ratio * other) / (1 + d.ratio);
            return square(z * std::sqrt(both * (1 - both) * (1 + 1 / d.ratio)) + z_power * std::sqrt(spread)) / square(effect);
        }
        case SizeMethod::cohen_h: break;
    }
    const double h = 2 * (std::asin(std::sqrt(other)) - std::asin(std::sqrt(rate)));
    return square(shift_for_power(z, d.power)) * (1 + 1 / d.ratio) / square(h);
}

double size_for_means(double standard_deviation, double effect, const Design& d)
{
    check_design(d);
    require_valid(std::isfinite(standard_deviation) && standard_deviation > 0 && std::isfinite(effect) && effect != 0,
                  "standard_deviation must be positive and effect not 0, both finite");
    const double z = numeric::normal_quantile_above(d.significance / 2) + numeric::normal_quantile_above(1 - d.power);
    return square(z * standard_deviation / effect) * (1 + 1 / d.ratio);
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
        out.chi2 += square(static_cast<double>(counts[i]) - expected) / expected;
    }
    out.p_value = numeric::chi_squared_above(static_cast<double>(out.degrees_of_freedom), out.chi2);
    out.mismatch = out.p_value < alarm;
    return out;
}

}  // namespace marketing::experiments
