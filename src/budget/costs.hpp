/**
 * Costs per event (per lead, per contract): Gamma-Poisson posteriors of how many events a unit of money brings.
 *
 * The rate of events per unit of money of a campaign with `events` on `spend` and a prior worth `prior.events` on `prior.spend` is
 * Gamma(prior.events + events, prior.spend + spend); its cost per event is the inverse of that rate. Events that vary more than
 * Poisson's count for less: divide events and spend by the dispersion.
 */
#pragma once

#include <span>
#include <vector>

#include "budget/rates.hpp"

namespace marketing::budget {

/** A gamma distribution of events per unit of money, in units of observations; also what was observed. */
struct CostBelief {
    double events;
    double spend;
};

/** Belief after evidence. Throws Error(invalid_parameter) unless the evidence is finite and >= 0, the prior finite and > 0. */
[[nodiscard]] CostBelief update(const CostBelief& prior, const CostBelief& evidence);

/** The cost per event that is not exceeded with probability p. */
[[nodiscard]] double cost_quantile(const CostBelief& belief, double p);

/** P(cost per event <= target). Throws Error(invalid_parameter) unless target > 0. */
[[nodiscard]] double probability_cost_within(const CostBelief& belief, double target);

/** P(rate of `one` > ratio * rate of `other`): one's events are the cheaper ones. Exact. */
[[nodiscard]] double probability_cheaper(const CostBelief& one, const CostBelief& other, double ratio = 1);

/** P(cost per contract <= target), where `rate` of the events become contracts. */
[[nodiscard]] double probability_contract_cost_within(const CostBelief& belief, const RateBelief& rate, double target);

/** Return on spend: log-normal, matched to the means and variances of the logs of its factors. */
struct ReturnBelief {
    double log_mean;
    double log_deviation;
};
/** `value`: mean value of a contract; `value_error`: the relative standard error of that mean. */
[[nodiscard]] ReturnBelief return_on_spend(const CostBelief& belief, const RateBelief& rate, double value, double value_error);
[[nodiscard]] double return_quantile(const ReturnBelief& belief, double p);
[[nodiscard]] double probability_return_above(const ReturnBelief& belief, double target);

/**
 * The empirical-Bayes prior of a group: maximises the gamma-Poisson likelihood with a weak prior on the number of its events
 * (ln a ~ N(ln 5, 1)). Members without spend say nothing. With fewer than two members that spend, or no event, it has the strength
 * a = 2 around `fallback_rate` events per unit of money, or around the group's own rate where that is not positive.
 */
[[nodiscard]] CostBelief fit_cost_prior(std::span<const CostBelief> group, double fallback_rate = 0);

/**
 * The same prior with the doubt about it: a mixture over its strength and its mean, weighted by how well they explain the group.
 * Intervals that ignore this doubt are too narrow (docs/budget.md).
 */
class CostPrior {
public:
    explicit CostPrior(std::span<const CostBelief> group, double fallback_rate = 0);
    /** The mode, as fit_cost_prior gives it. */
    [[nodiscard]] const CostBelief& mode() const noexcept { return mode_; }
    /** The gamma distribution with the mean and the variance of the mixture's posterior. */
    [[nodiscard]] CostBelief update(const CostBelief& evidence) const;

private:
    struct Node {
        CostBelief prior;
        double weight;
    };
    CostBelief mode_;
    std::vector<Node> nodes_;
};

}  // namespace marketing::budget
