#include "budget/rates.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/search.hpp"
#include "numeric/special_functions.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

/** The strength of a prior where there are too few rates to learn it from: CV 0.7. */
constexpr double default_strength = 2;
constexpr double least_successes = 0.3;
constexpr double most_successes = 200;

void check(const RateEvidence& evidence)
{
    if (!std::isfinite(evidence.successes) || !std::isfinite(evidence.trials) || evidence.successes < 0 ||
        evidence.trials < evidence.successes) {
        throw Error(
            ErrorCode::invalid_parameter, "successes must be between 0 and trials",
            "successes is " + std::to_string(evidence.successes) + ", trials is " + std::to_string(evidence.trials) + ".",
            "Where one lead may sign several contracts, count the leads that signed.");
    }
}

double log_beta(const BetaRate& b)
{
    return numeric::log_beta(b.successes, b.failures);
}

/** The pooled rate, never 0 or 1, so that a prior around it is proper. */
double pooled_rate(std::span<const RateEvidence> group)
{
    double successes = 0;
    double trials = 0;
    for (const RateEvidence& evidence : group) {
        successes += evidence.successes;
        trials += evidence.trials;
    }
    return std::clamp(successes / std::max(trials, 1.0), 0.5 / (trials + 1), 1 - 0.5 / (trials + 1));
}

/** The prior of `successes` whose mean is that of the posterior means. */
BetaRate prior_of(std::span<const RateEvidence> group, double successes, double rate)
{
    constexpr int rounds = 25;
    for (int i = 0; i < rounds; ++i) {
        double sum = 0;
        for (const RateEvidence& evidence : group) {
            sum += (successes + evidence.successes) / (successes / rate + evidence.trials);
        }
        rate = sum / static_cast<double>(group.size());
    }
    return {successes, successes * (1 - rate) / rate};
}

double log_posterior(std::span<const RateEvidence> group, const BetaRate& prior)
{
    const double deviation = std::log(prior.successes / 5);
    double sum = -deviation * deviation / 2;
    for (const RateEvidence& evidence : group) {
        sum += log_beta(update(prior, evidence)) - log_beta(prior);
    }
    return sum;
}

}  // namespace

BetaRate update(const BetaRate& prior, const RateEvidence& evidence)
{
    check(evidence);
    kernel::require_valid(
        std::isfinite(prior.successes) && std::isfinite(prior.failures) && prior.successes > 0 && prior.failures > 0,
        "a prior must be worth more than 0 successes and more than 0 failures");
    return {prior.successes + evidence.successes, prior.failures + evidence.trials - evidence.successes};
}

double probability_above(const BetaRate& belief, double threshold)
{
    kernel::require_valid(!std::isnan(threshold), "the rate to compare with must be a number");
    return threshold <= 0 ? 1 : threshold >= 1 ? 0 : numeric::beta_above(belief.successes, belief.failures, threshold);
}

double probability_superior(const BetaRate& one, const BetaRate& other)
{
    return numeric::probability_greater(one, other);
}

BetaRate fit_rate_prior(std::span<const RateEvidence> group)
{
    double successes = 0;
    double failures = 0;
    std::size_t tried = 0;
    for (const RateEvidence& evidence : group) {
        check(evidence);
        successes += evidence.successes;
        failures += evidence.trials - evidence.successes;
        tried += evidence.trials > 0 ? 1 : 0;
    }
    const double pooled = pooled_rate(group);
    if (tried < 2 || successes == 0 || failures == 0) {
        return {default_strength, default_strength * (1 - pooled) / pooled};
    }
    const auto badness = [&](double log_successes) {
        return -log_posterior(group, prior_of(group, std::exp(log_successes), pooled));
    };
    const double best = numeric::minimum(badness, std::log(least_successes), std::log(most_successes), 40);
    return prior_of(group, std::exp(best), pooled);
}

}  // namespace marketing::budget
