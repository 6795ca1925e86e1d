/**
 * Costs per event (per lead, per contract): Gamma-Poisson posteriors of how many events a unit of money brings.
 *
 * The rate of events per unit of money of a campaign with `events` on `spend` and a prior worth `prior.events` on `prior.spend` is
 * Gamma(prior.events + events, prior.spend + spend); its cost per event is the inverse of that rate.
 */
#pragma once

#include <array>
#include <limits>
#include <span>
#include <vector>

#include "budget/rates.hpp"

namespace marketing::budget {

/** A log-normal belief. */
struct LogBelief {
    double mean = 0;  // of the log, as the deviation
    double deviation = 0;

    [[nodiscard]] double median() const;
    [[nodiscard]] double quantile(double p) const;
};
/** Of a product of independent factors. */
[[nodiscard]] LogBelief operator*(const LogBelief& a, const LogBelief& b);

/** A gamma distribution of events per unit of money: as sure as so many events on so much spend make it. */
struct GammaRate {
    double events;
    double spend;
};

/** The sizes that a negative binomial may have, as far as they are known; an infinite one is Poisson's. */
struct Sizes {
    static constexpr std::size_t most = 15;

    Sizes(double only = std::numeric_limits<double>::infinity()) : size{only}, weight{1} {}

    std::array<double, most> size;
    std::array<double, most> weight;  // probabilities
    std::size_t count = 1;

    /** The mean of the inverse size. */
    [[nodiscard]] double excess() const;
};

/** What was observed of a campaign: negative binomial counts, whose variance is events + events^2 / size; Poisson's by default. */
struct CostEvidence {
    double events;
    double spend;
    Sizes sizes = {};
};

/** Belief after Poisson's evidence. Throws Error(invalid_parameter) unless that is finite and >= 0, the prior finite and > 0. */
[[nodiscard]] GammaRate update(const GammaRate& prior, const CostEvidence& evidence);

/** The cost per event that is not exceeded with probability p. */
[[nodiscard]] double cost_quantile(const GammaRate& belief, double p);
/** The ends of the central interval that holds `level` of the probability, with the median between them. */
[[nodiscard]] std::array<double, 3> cost_interval(const GammaRate& belief, double level);

/** P(cost per event <= target). Throws Error(invalid_parameter) unless target > 0. */
[[nodiscard]] double probability_cost_within(const GammaRate& belief, double target);

/** P(rate of `one` > ratio * rate of `other`): one's events are the cheaper ones. Exact. */
[[nodiscard]] double probability_cheaper(const GammaRate& one, const GammaRate& other, double ratio = 1);

/** P(cost per contract <= target), where `rate` of the events become contracts. */
[[nodiscard]] double probability_contract_cost_within(const GammaRate& belief, const BetaRate& rate, double target);

/** Return on spend: log-normal, matched to the means and variances of the logs of its factors. */
struct ReturnBelief {
    double log_mean;
    double log_deviation;
};
/** `value`: mean value of a contract; `value_error`: the relative standard error of that mean. */
[[nodiscard]] ReturnBelief return_on_spend(const GammaRate& belief, const BetaRate& rate, double value, double value_error);
[[nodiscard]] double return_quantile(const ReturnBelief& belief, double p);
/** As cost_interval. */
[[nodiscard]] std::array<double, 3> return_interval(const ReturnBelief& belief, double level);
[[nodiscard]] double probability_return_above(const ReturnBelief& belief, double target);

/**
 * The empirical-Bayes prior of a group: maximises the gamma-Poisson likelihood with a weak prior on the number of its events
 * (ln a ~ N(ln 5, 1)). Members without spend say nothing. With fewer than two members that spend, or no event, it has the strength
 * a = 2 around `fallback_rate` events per unit of money, or around the group's own rate where that is not positive.
 */
[[nodiscard]] GammaRate fit_cost_prior(std::span<const CostEvidence> group, double fallback_rate = 0);

/** The cost per event of a campaign as a distribution without a form: its quantiles as those of a normal distribution, on points. */
class CostPosterior {
public:
    static constexpr std::size_t points = 41;

    /** `density`: at `points` equidistant logs of the rate (events per unit of money) from `first` on. */
    CostPosterior(double first, double step, const std::array<double, points>& density);
    /** The cost that is not exceeded with probability p. */
    [[nodiscard]] double quantile(double p) const;
    /** P(cost <= target). */
    [[nodiscard]] double probability_within(double target) const;
    /** P(cost <= factor * other cost), where the log of the other has this mean and standard deviation. */
    [[nodiscard]] double probability_cheaper(double other_log_cost, double other_deviation, double factor = 1) const;
    /** Mean and deviation of the log of the rate. */
    [[nodiscard]] LogBelief log_rate() const { return {mean_, deviation_}; }
    /** The cost of one unit where an event is worth so many of them. */
    [[nodiscard]] CostPosterior per_unit(const LogBelief& worth) const;

private:
    /** The normal score of the log of a rate. */
    [[nodiscard]] double score(double log_rate) const;

    double first_;
    double step_;
    double mean_;
    double deviation_;
    std::array<double, points> score_;
};

/**
 * What a group of costs has in common, with the doubt about it: costs are log-normal around a center, and both the center and the
 * spread are averaged over by how well they explain the group. Against a gamma prior at its best fit this widens intervals to what
 * they promise and pauses fewer campaigns that are not worse (docs/budget.md).
 */
class CostPrior {
public:
    explicit CostPrior(std::span<const CostEvidence> group, double fallback_rate = 0);
    /** Belief after `evidence`, which may be the group's own. */
    [[nodiscard]] CostPosterior update(const CostEvidence& evidence) const;

private:
    /** A log-normal distribution of the rate, and how likely it is to be the group's. */
    struct Node {
        double center;
        double deviation;
        double weight;
    };
    /** Weighs the nodes by how well they explain the group. */
    void weigh_nodes(std::span<const CostEvidence> group);

    GammaRate usual_{0, 0};
    std::vector<Node> nodes_;
};

}  // namespace marketing::budget
