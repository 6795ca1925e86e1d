#include "budget/costs.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/search.hpp"
#include "numeric/special_functions.hpp"
#include "numeric/square.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

/** The strength of a prior where there are too few campaigns to learn it from: CV 0.7. */
constexpr double default_strength = 2;
constexpr double least_events = 0.3;
constexpr double most_events = 200;

void check(const CostEvidence& evidence)
{
    if (!std::isfinite(evidence.events) || !std::isfinite(evidence.spend) || evidence.events < 0 || evidence.spend < 0) {
        throw Error(ErrorCode::invalid_parameter, "events and spend must not be negative, infinite or NaN",
                    "events is " + std::to_string(evidence.events) + ", spend is " + std::to_string(evidence.spend) + ".");
    }
    for (std::size_t k = 0; k < evidence.sizes.count; ++k) {
        kernel::require_valid(evidence.sizes.size[k] > 0, "size must be positive");
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
std::vector<CostEvidence> spending(std::span<const CostEvidence> group)
{
    std::vector<CostEvidence> members;
    for (const CostEvidence& member : group) {
        check(member);
        if (member.spend > 0) {
            members.push_back(member);
        }
    }
    return members;
}

/** Poisson's counts that tell as much: events that vary more count for less. */
std::vector<CostEvidence> discounted(std::span<const CostEvidence> group)
{
    std::vector<CostEvidence> members;
    for (const CostEvidence& member : spending(group)) {
        const double dispersion = 1 + member.events * member.sizes.excess();
        members.push_back({member.events / dispersion, member.spend / dispersion});
    }
    return members;
}

double pooled_rate(std::span<const CostEvidence> group)
{
    CostEvidence total{0, 0};
    for (const CostEvidence& member : group) {
        total.events += member.events;
        total.spend += member.spend;
    }
    // Half an event where there was none: its rate is not known to be 0.
    return total.spend > 0 ? (total.events > 0 ? total.events : 0.5) / total.spend : 1;
}

/** The prior of `events` whose mean is that of the posterior means. */
GammaRate prior_of(std::span<const CostEvidence> group, double events, double rate)
{
    constexpr int rounds = 25;
    for (int i = 0; i < rounds; ++i) {
        double sum = 0;
        for (const CostEvidence& member : group) {
            sum += (events + member.events) / (events / rate + member.spend);
        }
        rate = sum / static_cast<double>(group.size());
    }
    return {events, events / rate};
}

double log_posterior(std::span<const CostEvidence> group, const GammaRate& prior)
{
    const double deviation = std::log(prior.events / 5);
    const double log_gamma_prior = numeric::log_gamma(prior.events);
    double sum = -deviation * deviation / 2;
    for (const CostEvidence& member : group) {
        const double spend = prior.spend + member.spend;
        sum += numeric::log_gamma(prior.events + member.events) - log_gamma_prior +
               prior.events * std::log(prior.spend / spend) +
               (member.events > 0 ? member.events * std::log(member.spend / spend) : 0);
    }
    return sum;
}

bool teaches(std::span<const CostEvidence> members)
{
    return members.size() >= 2 &&
           std::any_of(members.begin(), members.end(), [](const CostEvidence& m) { return m.events > 0; });
}

GammaRate fit(std::span<const CostEvidence> members, double fallback_rate)
{
    const double pooled = pooled_rate(members);
    if (!teaches(members)) {
        return {default_strength, default_strength / (fallback_rate > 0 ? fallback_rate : pooled)};
    }
    const auto badness = [&](double log_events) {
        return -log_posterior(members, prior_of(members, std::exp(log_events), pooled));
    };
    const double best = numeric::minimum(badness, std::log(least_events), std::log(most_events), 40);
    return prior_of(members, std::exp(best), pooled);
}

template <class Quantile>
std::array<double, 3> interval_of(double level, Quantile quantile)
{
    kernel::require_valid(level > 0 && level < 1, "level must be between 0 and 1, both excluded");
    const double tail = (1 - level) / 2;
    return {quantile(tail), quantile(0.5), quantile(1 - tail)};
}

/** Standard error of the log of the group's mean rate. */
double error_of_mean(std::span<const CostEvidence> members, double events)
{
    double information = 0;
    for (const CostEvidence& member : members) {
        information += 1 / (1 / events + 1 / std::max(member.events, 0.5));
    }
    return 1 / std::sqrt(information);
}

/** The log of a rate on points around where evidence and prior have it: its likelihood, and what log-normal priors make of it. */
class LogRate {
public:
    static constexpr int points = CostPosterior::points;
    /** Points reach this many standard deviations to each side. */
    static constexpr double reach = 6;

    LogRate(const CostEvidence& evidence, const GammaRate& usual)
    {
        const double center = numeric::digamma(usual.events) - std::log(usual.spend);
        const double precision = 1 / numeric::trigamma(usual.events);
        const double excess = evidence.sizes.excess();
        double mode = std::log((usual.events + evidence.events) / (usual.spend + evidence.spend));
        double information = 0;
        double change = 1;
        for (int round = 0; round < 20 && std::abs(change) > 1e-12; ++round) {
            const double m = evidence.spend * std::exp(mode);
            const double share = (1 + excess * evidence.events) / (1 + excess * m);
            information = m * share / (1 + excess * m) + precision;
            change = (m * share - evidence.events + precision * (mode - center)) / information;
            mode -= change;
        }
        step_ = 2 * reach / (points - 1) / std::sqrt(information);
        first_ = mode - step_ * (points - 1) / 2;
        std::array<double, points> means;
        for (int i = 0; i < points; ++i) {
            means[static_cast<std::size_t>(i)] = evidence.spend * std::exp(at(i));
        }
        if (evidence.sizes.count == 1) {
            likelihood_ = likelihood_of(evidence.events, means, evidence.sizes.size[0]);
            return;
        }
        // Each size as likely as it is known to be: its likelihood counts by what it makes of the usual rates.
        for (std::size_t k = 0; k < evidence.sizes.count; ++k) {
            const std::array<double, points> likelihood = likelihood_of(evidence.events, means, evidence.sizes.size[k]);
            double explained = 0;
            each(likelihood, center, 1 / std::sqrt(precision), [&](std::size_t, double density) { explained += density; });
            for (std::size_t i = 0; i < points; ++i) {
                likelihood_[i] += evidence.sizes.weight[k] / std::max(explained, 1e-300) * likelihood[i];
            }
        }
        const double top = *std::max_element(likelihood_.begin(), likelihood_.end());
        for (double& likelihood : likelihood_) {
            likelihood /= top;
        }
    }

    /** How likely a prior makes the evidence. */
    [[nodiscard]] double evidence(double center, double deviation) const
    {
        double sum = 0;
        each(likelihood_, center, deviation, [&](std::size_t, double density) { sum += density; });
        return std::max(sum, 1e-300);
    }
    /** Adds `weight` times the posterior under a prior. */
    void add_posterior(double center, double deviation, double weight, std::array<double, CostPosterior::points>& density) const
    {
        const double scale = weight / evidence(center, deviation);
        each(likelihood_, center, deviation, [&](std::size_t i, double d) { density[i] += scale * d; });
    }
    /** What no prior can explain, so that all densities are 0, speaks for itself. */
    [[nodiscard]] CostPosterior posterior(const std::array<double, CostPosterior::points>& density) const
    {
        const bool explained = std::any_of(density.begin(), density.end(), [](double d) { return d > 0; });
        return CostPosterior(first_, step_, explained ? density : likelihood_);
    }

private:
    [[nodiscard]] double at(int i) const { return first_ + step_ * i; }
    /** The likelihood of a negative binomial at all points, or of Poisson's limit; the largest is 1. */
    [[nodiscard]] std::array<double, points> likelihood_of(double events, const std::array<double, points>& means,
                                                           double size) const
    {
        std::array<double, points> likelihood;
        double top = -std::numeric_limits<double>::infinity();
        for (int i = 0; i < points; ++i) {
            const double m = means[static_cast<std::size_t>(i)];
            const double log_likelihood = events * at(i) - (std::isinf(size) ? m : (events + size) * std::log1p(m / size));
            likelihood[static_cast<std::size_t>(i)] = log_likelihood;
            top = std::max(top, log_likelihood);
        }
        for (double& l : likelihood) {
            l = std::exp(l - top);
        }
        return likelihood;
    }
    /** Calls f(point, likelihood * prior) for each point. On equidistant points a normal density is a product of products. */
    template <class Function>
    void each(const std::array<double, points>& likelihood, double center, double deviation, Function f) const
    {
        const double start = (first_ - center) / deviation;
        const double stride = step_ / deviation;
        double density = std::exp(-start * start / 2) / deviation;
        double factor = std::exp(-start * stride - stride * stride / 2);
        const double change = std::exp(-stride * stride);
        for (std::size_t i = 0; i < points; ++i) {
            f(i, density * likelihood[i]);
            density *= factor;
            factor *= change;
        }
    }

    double first_;
    double step_;
    std::array<double, points> likelihood_{};
};

}  // namespace

double Sizes::excess() const
{
    double sum = 0;
    for (std::size_t k = 0; k < count; ++k) {
        sum += weight[k] / size[k];
    }
    return sum;
}

double LogBelief::median() const
{
    return std::exp(mean);
}

double LogBelief::quantile(double p) const
{
    return std::exp(mean + deviation * numeric::normal_quantile(p));
}

LogBelief operator*(const LogBelief& a, const LogBelief& b)
{
    return {a.mean + b.mean, std::hypot(a.deviation, b.deviation)};
}

GammaRate update(const GammaRate& prior, const CostEvidence& evidence)
{
    check(evidence);
    check_positive(prior.events, "prior_events");
    check_positive(prior.spend, "prior_spend");
    return {prior.events + evidence.events, prior.spend + evidence.spend};
}

double cost_quantile(const GammaRate& belief, double p)
{
    kernel::require_valid(p > 0 && p < 1, "a probability must be between 0 and 1, both excluded");
    return belief.spend / numeric::gamma_quantile(belief.events, 1 - p);
}

std::array<double, 3> cost_interval(const GammaRate& belief, double level)
{
    return interval_of(level, [&belief](double p) { return cost_quantile(belief, p); });
}

double probability_cost_within(const GammaRate& belief, double target)
{
    check_positive(target, "target");
    return numeric::gamma_above(belief.events, belief.spend / target);
}

double probability_cheaper(const GammaRate& one, const GammaRate& other, double ratio)
{
    check_positive(one.events, "events");
    check_positive(one.spend, "spend");
    check_positive(other.events, "other_events");
    check_positive(other.spend, "other_spend");
    check_positive(ratio, "ratio");
    return numeric::beta_below(other.events, one.events, other.spend / (other.spend + ratio * one.spend));
}

double probability_contract_cost_within(const GammaRate& belief, const BetaRate& rate, double target)
{
    check_positive(target, "target");
    return numeric::expectation(rate, [&belief, target](double r, double) {
        return r > 0 ? numeric::gamma_above(belief.events, belief.spend / (target * r)) : 0.0;
    });
}

ReturnBelief return_on_spend(const GammaRate& belief, const BetaRate& rate, double value, double value_error)
{
    check_positive(value, "value");
    kernel::require_valid(std::isfinite(value_error) && value_error >= 0, "value_error must not be negative, infinite or NaN");
    const double trials = rate.successes + rate.failures;
    const double value_variance = std::log1p(value_error * value_error);
    return {numeric::digamma(belief.events) - std::log(belief.spend) + numeric::digamma(rate.successes) -
                numeric::digamma(trials) + std::log(value) - value_variance / 2,
            std::sqrt(numeric::trigamma(belief.events) + numeric::trigamma(rate.successes) - numeric::trigamma(trials) +
                      value_variance)};
}

double return_quantile(const ReturnBelief& belief, double p)
{
    return std::exp(belief.log_mean + belief.log_deviation * numeric::normal_quantile(p));
}

std::array<double, 3> return_interval(const ReturnBelief& belief, double level)
{
    return interval_of(level, [&belief](double p) { return return_quantile(belief, p); });
}

double probability_return_above(const ReturnBelief& belief, double target)
{
    check_positive(target, "target");
    return numeric::normal_below((belief.log_mean - std::log(target)) / belief.log_deviation);
}

GammaRate fit_cost_prior(std::span<const CostEvidence> group, double fallback_rate)
{
    return fit(spending(group), fallback_rate);
}

CostPrior::CostPrior(std::span<const CostEvidence> group, double fallback_rate)
{
    // The gamma prior says where to look.
    const std::vector<CostEvidence> members = discounted(group);
    usual_ = fit(members, fallback_rate);
    const double center = numeric::digamma(usual_.events) - std::log(usual_.spend);
    if (!teaches(members)) {
        nodes_.push_back({center, std::sqrt(numeric::trigamma(usual_.events)), 1});
        return;
    }
    // The center is flat beforehand, and so is the variance of the log costs (Stein's harmonic prior): with it the intervals of groups of any
    // size and spread hold what they promise (Morris and Tang 2011), while a prior flat in the log of the deviation has them too narrow.
    const double error = error_of_mean(members, usual_.events);
    constexpr int deviations = 9;
    for (int d = 0; d < deviations; ++d) {
        // Equal steps of the log, from 0.1 to 1.6: by these a flat variance is the square of the deviation.
        const double deviation = 0.1 * std::exp2(d / 2.0);
        for (const double side : {-3.6, -2.4, -1.2, 0.0, 1.2, 2.4, 3.6}) {
            nodes_.push_back({center + side * error, deviation, 2 * std::log(deviation)});
        }
    }
    weigh_nodes(group);
}

void CostPrior::weigh_nodes(std::span<const CostEvidence> group)
{
    for (const CostEvidence& member : group) {
        if (member.spend <= 0) {
            continue;
        }
        const LogRate rate(member, usual_);
        for (Node& node : nodes_) {
            node.weight += std::log(rate.evidence(node.center, node.deviation));
        }
    }
    const double top = std::max_element(nodes_.begin(), nodes_.end(), [](const Node& a, const Node& b) {
                           return a.weight < b.weight;
                       })->weight;
    double total = 0;
    for (Node& node : nodes_) {
        node.weight = std::exp(node.weight - top);
        total += node.weight;
    }
    for (Node& node : nodes_) {
        node.weight /= total;
    }
    std::erase_if(nodes_, [](const Node& node) { return node.weight < 1e-6; });
}

CostPosterior CostPrior::update(const CostEvidence& evidence) const
{
    check(evidence);
    const LogRate rate(evidence, usual_);
    std::array<double, CostPosterior::points> density{};
    for (const Node& node : nodes_) {
        rate.add_posterior(node.center, node.deviation, node.weight, density);
    }
    return rate.posterior(density);
}

CostPosterior::CostPosterior(double first, double step, const std::array<double, points>& density)
    : first_(first), step_(step), mean_(0), deviation_(0), score_{}
{
    double mass = 0;
    double mean = 0;
    double square = 0;
    for (std::size_t i = 0; i < points; ++i) {
        mass += density[i];
        mean += density[i] * static_cast<double>(i);
        square += density[i] * static_cast<double>(i * i);
    }
    mean /= mass;
    mean_ = first + step * mean;
    deviation_ = step * std::sqrt(std::max(square / mass - mean * mean, 0.0));
    double below = 0;
    for (std::size_t i = 0; i < points; ++i) {
        // The trapezoid rule up to a point, with its first correction: the slope there.
        const double slope = i == 0 || i + 1 == points ? 0 : (density[i + 1] - density[i - 1]) / 2;
        const double p = (below + density[i] / 2 - slope / 12) / mass;
        score_[i] = numeric::normal_quantile(std::clamp(p, 1e-15, 1 - 1e-15));
        if (i > 0) {
            score_[i] = std::max(score_[i], score_[i - 1] + 1e-9);
        }
        below += density[i];
    }
}

double CostPosterior::score(double log_rate) const
{
    const double steps = std::clamp((log_rate - first_) / step_, 0.0, static_cast<double>(points - 1));
    const std::size_t i = std::min(static_cast<std::size_t>(steps), points - 2);
    return score_[i] + (steps - static_cast<double>(i)) * (score_[i + 1] - score_[i]);
}

double CostPosterior::quantile(double p) const
{
    const double wanted = numeric::normal_quantile(1 - p);
    const auto above = std::upper_bound(score_.begin() + 1, score_.end() - 1, wanted);
    const auto i = static_cast<std::size_t>(above - score_.begin()) - 1;
    return std::exp(-(first_ + step_ * (static_cast<double>(i) + (wanted - score_[i]) / (score_[i + 1] - score_[i]))));
}

// Each stretch of this distribution between two points is shifted and spread by the other.
CostPosterior CostPosterior::per_unit(const LogBelief& worth) const
{
    CostPosterior unit = *this;
    unit.mean_ += worth.mean;
    if (worth.deviation <= 0) {
        unit.first_ += worth.mean;
        return unit;
    }
    std::array<double, points> mass{};
    for (std::size_t i = 0; i < points; ++i) {
        const double above = i + 1 < points ? numeric::normal_below((score_[i] + score_[i + 1]) / 2) : 1;
        mass[i] = above - (i > 0 ? numeric::normal_below((score_[i - 1] + score_[i]) / 2) : 0);
    }
    // No narrower than the points lie apart, or the sum would show them.
    const double spread = std::hypot(worth.deviation, step_ / 2);
    const double step = 2 * LogRate::reach * std::hypot(deviation_, spread) / (points - 1);
    const double first = unit.mean_ - step * (points - 1) / 2;
    std::array<double, points> density{};
    for (std::size_t k = 0; k < points; ++k) {
        for (std::size_t i = 0; i < points; ++i) {
            const double from = first + step * static_cast<double>(k) - worth.mean - (first_ + step_ * static_cast<double>(i));
            density[k] += mass[i] * std::exp(-numeric::square(from / spread) / 2);
        }
    }
    return {first, step, density};
}

double CostPosterior::probability_within(double target) const
{
    check_positive(target, "target");
    return numeric::normal_below(-score(-std::log(target)));
}

double CostPosterior::probability_cheaper(double other_log_cost, double other_deviation, double factor) const
{
    // The score of the other's center, drawn in as far as the other's doubt adds to its own.
    const double shrink = deviation_ / std::hypot(deviation_, other_deviation);
    return numeric::normal_below(-score(-other_log_cost - std::log(factor)) * shrink);
}

}  // namespace marketing::budget
