#include "budget/costs.hpp"

#include <algorithm>
#include <boost/math/distributions/normal.hpp>
#include <boost/math/tools/minima.hpp>
#include <cmath>

#include "budget/quadrature.hpp"
#include "budget/special.hpp"
#include "kernel/error.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

/** The strength of a prior that a single campaign cannot teach: CV 0.7. */
constexpr double untaught_events = 2;
constexpr double least_events = 0.3;
constexpr double most_events = 200;

void check(const CostBelief& evidence)
{
    if (!std::isfinite(evidence.events) || !std::isfinite(evidence.spend) || evidence.events < 0 || evidence.spend < 0) {
        throw Error(ErrorCode::invalid_parameter, "events and spend must not be negative, infinite or NaN",
                    "events is " + std::to_string(evidence.events) + ", spend is " + std::to_string(evidence.spend) + ".");
    }
}

void check_positive(double value, const char* name)
{
    if (!std::isfinite(value) || value <= 0) {
        throw Error(ErrorCode::invalid_parameter, std::string(name) + " must be positive",
                    std::string(name) + " is " + std::to_string(value) + ".");
    }
}

/** The members that tell what an event costs: those that spend. */
std::vector<CostBelief> spending(std::span<const CostBelief> group)
{
    std::vector<CostBelief> members;
    for (const CostBelief& member : group) {
        check(member);
        if (member.spend > 0) {
            members.push_back(member);
        }
    }
    return members;
}

double pooled_rate(std::span<const CostBelief> group)
{
    CostBelief total{0, 0};
    for (const CostBelief& member : group) {
        total.events += member.events;
        total.spend += member.spend;
    }
    // Half an event where there was none: its rate is not known to be 0.
    return total.spend > 0 ? (total.events > 0 ? total.events : 0.5) / total.spend : 1;
}

/** The prior of `events` whose mean is that of the posterior means. */
CostBelief prior_of(std::span<const CostBelief> group, double events, double rate)
{
    constexpr int rounds = 25;
    for (int i = 0; i < rounds; ++i) {
        double sum = 0;
        for (const CostBelief& member : group) {
            sum += (events + member.events) / (events / rate + member.spend);
        }
        rate = sum / static_cast<double>(group.size());
    }
    return {events, events / rate};
}

double log_posterior(std::span<const CostBelief> group, const CostBelief& prior)
{
    const double deviation = std::log(prior.events / 5);
    const double log_gamma_prior = log_gamma(prior.events);
    double sum = -deviation * deviation / 2;
    for (const CostBelief& member : group) {
        const double spend = prior.spend + member.spend;
        sum += log_gamma(prior.events + member.events) - log_gamma_prior + prior.events * std::log(prior.spend / spend) +
               (member.events > 0 ? member.events * std::log(member.spend / spend) : 0);
    }
    return sum;
}

bool teaches(std::span<const CostBelief> members)
{
    return members.size() >= 2 && std::any_of(members.begin(), members.end(), [](const CostBelief& m) { return m.events > 0; });
}

CostBelief fit(std::span<const CostBelief> members, double fallback_rate)
{
    const double pooled = pooled_rate(members);
    if (!teaches(members)) {
        return {untaught_events, untaught_events / (fallback_rate > 0 ? fallback_rate : pooled)};
    }
    const auto badness = [&](double log_events) {
        return -log_posterior(members, prior_of(members, std::exp(log_events), pooled));
    };
    const auto best = boost::math::tools::brent_find_minima(badness, std::log(least_events), std::log(most_events), 40);
    return prior_of(members, std::exp(best.first), pooled);
}

/** Standard error of the log of the group's mean rate. */
double error_of_mean(std::span<const CostBelief> members, double events)
{
    double information = 0;
    for (const CostBelief& member : members) {
        information += 1 / (1 / events + 1 / std::max(member.events, 0.5));
    }
    return 1 / std::sqrt(information);
}

}  // namespace

CostBelief update(const CostBelief& prior, const CostBelief& evidence)
{
    check(evidence);
    check_positive(prior.events, "prior_events");
    check_positive(prior.spend, "prior_spend");
    return {prior.events + evidence.events, prior.spend + evidence.spend};
}

double cost_quantile(const CostBelief& belief, double p)
{
    if (!(p > 0 && p < 1)) {
        throw Error(ErrorCode::invalid_parameter, "a probability must be between 0 and 1, both excluded");
    }
    return belief.spend / gamma_quantile(belief.events, 1 - p);
}

double probability_cost_within(const CostBelief& belief, double target)
{
    check_positive(target, "target");
    return gamma_above(belief.events, belief.spend / target);
}

double probability_cheaper(const CostBelief& one, const CostBelief& other, double ratio)
{
    check_positive(ratio, "ratio");
    return beta_below(other.events, one.events, other.spend / (other.spend + ratio * one.spend));
}

double probability_contract_cost_within(const CostBelief& belief, const RateBelief& rate, double target)
{
    check_positive(target, "target");
    return expectation(rate, 1 / std::sqrt(belief.events), [&belief, target](double r) {
        return r > 0 ? gamma_above(belief.events, belief.spend / (target * r)) : 0.0;
    });
}

ReturnBelief return_on_spend(const CostBelief& belief, const RateBelief& rate, double value, double value_error)
{
    check_positive(value, "value");
    if (!std::isfinite(value_error) || value_error < 0) {
        throw Error(ErrorCode::invalid_parameter, "value_error must not be negative, infinite or NaN");
    }
    const auto digamma = [](double x) { return boost::math::digamma(x, DoublePolicy()); };
    const double trials = rate.successes + rate.failures;
    const double value_variance = std::log1p(value_error * value_error);
    return {digamma(belief.events) - std::log(belief.spend) + digamma(rate.successes) - digamma(trials) + std::log(value) -
                value_variance / 2,
            std::sqrt(trigamma(belief.events) + trigamma(rate.successes) - trigamma(trials) + value_variance)};
}

double return_quantile(const ReturnBelief& belief, double p)
{
    return std::exp(belief.log_mean + belief.log_deviation * boost::math::quantile(boost::math::normal(), p));
}

double probability_return_above(const ReturnBelief& belief, double target)
{
    check_positive(target, "target");
    return boost::math::cdf(boost::math::normal(), (belief.log_mean - std::log(target)) / belief.log_deviation);
}

CostBelief fit_cost_prior(std::span<const CostBelief> group, double fallback_rate)
{
    return fit(spending(group), fallback_rate);
}

CostPrior::CostPrior(std::span<const CostBelief> group, double fallback_rate)
{
    const std::vector<CostBelief> members = spending(group);
    mode_ = fit(members, fallback_rate);
    if (!teaches(members)) {
        nodes_.push_back({mode_, 1});
        return;
    }
    // Strengths from a tenth to ten times the mode's, means at the three nodes of Gauss-Hermite's rule.
    constexpr int strengths = 9;
    constexpr double span = 2.302585092994046;
    const double rate = mode_.events / mode_.spend;
    const double top = log_posterior(members, mode_);
    double total = 0;
    for (int i = 0; i < strengths; ++i) {
        const double events =
            std::clamp(mode_.events * std::exp(span * (2.0 * i / (strengths - 1) - 1)), least_events, most_events);
        const CostBelief prior = prior_of(members, events, rate);
        const double weight = std::exp(log_posterior(members, prior) - top);
        const double error = error_of_mean(members, events);
        for (const double side : {-1.0, 0.0, 1.0}) {
            const double factor = std::exp(side * std::sqrt(3.0) * error);
            nodes_.push_back({{prior.events, prior.spend * factor}, weight * (side == 0 ? 4.0 : 1.0)});
            total += nodes_.back().weight;
        }
    }
    for (Node& node : nodes_) {
        node.weight /= total;
    }
    std::erase_if(nodes_, [](const Node& node) { return node.weight < 1e-9; });
}

CostBelief CostPrior::update(const CostBelief& evidence) const
{
    check(evidence);
    double mean = 0;
    double square = 0;
    for (const Node& node : nodes_) {
        const double events = node.prior.events + evidence.events;
        const double spend = node.prior.spend + evidence.spend;
        mean += node.weight * events / spend;
        square += node.weight * events * (events + 1) / (spend * spend);
    }
    const double variance = square - mean * mean;
    return {mean * mean / variance, mean / variance};
}

}  // namespace marketing::budget
