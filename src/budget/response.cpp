#include "budget/response.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "budget/seasons.hpp"
#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/eigen.hpp"
#include "numeric/square.hpp"

namespace marketing::budget {

namespace {

constexpr double least_elasticity = 0.03;
constexpr double most_elasticity = 0.97;
constexpr double flat_elasticity = 1e-9;       // stands for 0
constexpr double elasticity_deviation = 0.75;  // of logit e around m
constexpr double least_center = -2.2;
constexpr double most_center = 2.2;
constexpr double center_mean = 0.0;
constexpr double center_deviation = 1.3;
/** Half a day's response as prior of the response. */
constexpr double prior_response = 0.5;
/** How likely it is beforehand that a campaign's spend has no effect at all, */
constexpr double flat_probability = 0.1;
/** that no campaign's has, */
constexpr double nothing_probability = 0.1;
/** and that no season moved spends and responses; by which power of the movement it did else. */
constexpr double no_season_probability = 0.5;
constexpr double season_deviation = 1;
constexpr std::size_t worlds = 2000;

using Nodes = std::array<double, elasticity_nodes>;
using Centers = std::array<double, center_nodes>;
using Commons = std::array<Centers, season_nodes>;
using NodeArray = Eigen::Array<double, elasticity_nodes, 1>;
using PriorTable = Eigen::Matrix<double, center_nodes, elasticity_nodes>;

double center_node(std::size_t j)
{
    return least_center + (most_center - least_center) * static_cast<double>(j) / (center_nodes - 1);
}

/** Of elasticity k (column) where the portfolio's center is j (row); each row adds up to 1. */
const PriorTable& elasticity_prior()
{
    static const auto table = [] {
        PriorTable prior;
        for (std::size_t j = 0; j < center_nodes; ++j) {
            prior(j, 0) = 0;
            for (std::size_t k = 1; k < elasticity_nodes; ++k) {
                const double e = elasticity_node(k);
                prior(j, k) = std::exp(-numeric::square((std::log(e / (1 - e)) - center_node(j)) / elasticity_deviation) / 2) /
                              (e * (1 - e));
            }
            prior.row(j) *= (1 - flat_probability) / prior.row(j).sum();
            prior(j, 0) = flat_probability;
        }
        return prior;
    }();
    return table;
}

std::vector<Shape> shapes_of(Family family)
{
    std::vector<Shape> shapes;
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        shapes.push_back(shape_node(family, k));
    }
    return shapes;
}

Nodes filled(double value)
{
    Nodes nodes;
    nodes.fill(value);
    return nodes;
}

/** By which power of the common movement a season moves responses, and how likely it is beforehand; the first is none. */
struct SeasonNodes {
    std::array<double, season_nodes> power{};
    std::array<double, season_nodes> weight{};
};

/** Effect and season together are known by how responses follow the movement: the season is that less any elasticity. */
SeasonNodes season_nodes_of(const Seasons& seasons)
{
    SeasonNodes nodes;
    nodes.weight[0] = no_season_probability;
    const double reach = 2 * seasons.deviation;
    const double first = seasons.following - 1 - reach;
    const double step = (1 + 2 * reach) / (season_nodes - 2);
    for (std::size_t g = 1; g < season_nodes; ++g) {
        nodes.power[g] = first + step * static_cast<double>(g - 1);
        // A floor, so that no season is beyond all belief where the responses speak of it.
        const double density = numeric::normal_density(nodes.power[g] / season_deviation) / season_deviation;
        nodes.weight[g] = (1 - no_season_probability) * std::max(step * density, 1e-12);
    }
    return nodes;
}

/** The factor that each season makes of each block, 1 on average. */
Eigen::Matrix<double, Eigen::Dynamic, season_nodes> season_factors(std::span<const Block> blocks,
                                                                   std::span<const SharedBlock> shared,
                                                                   const SeasonNodes& seasons)
{
    Eigen::Matrix<double, Eigen::Dynamic, season_nodes> factors(static_cast<Eigen::Index>(blocks.size()), season_nodes);
    for (std::size_t g = 0; g < season_nodes; ++g) {
        double sum = 0;
        double days = 0;
        for (std::size_t b = 0; b < blocks.size(); ++b) {
            const double factor = std::exp(seasons.power[g] * shared[b].movement + shared[b].demand);
            factors(static_cast<Eigen::Index>(b), static_cast<Eigen::Index>(g)) = factor;
            sum += blocks[b].days * factor;
            days += blocks[b].days;
        }
        factors.col(static_cast<Eigen::Index>(g)) *= days / sum;
    }
    return factors;
}

/** The likelihood of each season and elasticity, the response integrated out; the largest is 1. */
void weigh_elasticities(ResponseFit& fit, std::span<const Block> blocks, std::span<const SharedBlock> shared,
                        const SeasonNodes& seasons, std::span<const Shape> shapes, const LiftTest& test)
{
    const auto count = static_cast<Eigen::Index>(blocks.size());
    const auto factors = season_factors(blocks, shared, seasons);
    Eigen::Matrix<double, elasticity_nodes, Eigen::Dynamic> curves(elasticity_nodes, count);
    NodeArray agreement = NodeArray::Zero();
    Eigen::Array<double, season_nodes, 1> season_agreement = Eigen::Array<double, season_nodes, 1>::Zero();
    double total = 0;
    double days = 0;
    for (Eigen::Index b = 0; b < count; ++b) {
        const Block& block = blocks[static_cast<std::size_t>(b)];
        total += block.response;
        days += block.days;
        for (std::size_t k = 0; k < elasticity_nodes; ++k) {
            curves(static_cast<Eigen::Index>(k), b) = shapes[k].value(block.spend / fit.spend);
        }
        if (block.response > 0) {
            agreement += block.response * curves.col(b).array().log();
            season_agreement += block.response * factors.row(b).transpose().array().log();
        }
        curves.col(b) *= block.days;
    }
    fit.shape = prior_response + total / fit.dispersion;
    // The prior's scale is the mean response of a day, or one event of all days where there was none.
    const double scale = total > 0 ? total / days : fit.dispersion / days;
    if (test.deviation > 0) {
        for (std::size_t k = 0; k < elasticity_nodes; ++k) {
            agreement(static_cast<Eigen::Index>(k)) -=
                fit.dispersion * numeric::square((elasticity_node(k) - test.elasticity) / test.deviation) / 2;
        }
    }
    double top = -std::numeric_limits<double>::infinity();
    for (std::size_t g = 0; g < season_nodes; ++g) {
        const auto column = static_cast<Eigen::Index>(g);
        const NodeArray rate = prior_response / scale + (curves * factors.col(column)).array() / fit.dispersion;
        const NodeArray likelihood = (agreement + season_agreement(column)) / fit.dispersion - fit.shape * rate.log();
        Eigen::Map<NodeArray>(fit.season_rate[g].data()) = rate;
        Eigen::Map<NodeArray>(fit.likelihood[g].data()) = likelihood;
        top = std::max(top, likelihood.maxCoeff());
    }
    for (Nodes& likelihood : fit.likelihood) {
        Eigen::Map<NodeArray> of_season(likelihood.data());
        of_season = (of_season - top).exp().max(1e-280);
    }
}

/** How likely each season and center make a campaign's blocks. */
Commons evidence_of(const ResponseFit& fit)
{
    Commons evidence{};
    for (std::size_t g = 0; g < season_nodes; ++g) {
        Eigen::Map<Eigen::Matrix<double, center_nodes, 1>>(evidence[g].data()) =
            elasticity_prior() * Eigen::Map<const Eigen::Matrix<double, elasticity_nodes, 1>>(fit.likelihood[g].data());
    }
    return evidence;
}

/** How much each season and center weighs, and the logarithm of how likely all of them together make the blocks. */
struct WeighedCommons {
    Commons weight{};
    double log_likelihood = 0;
};

WeighedCommons weigh_commons(std::span<const Commons> evidences, const SeasonNodes& seasons)
{
    WeighedCommons found;
    Commons& weight = found.weight;
    Centers prior{};
    double sum_of_prior = 0;
    for (std::size_t j = 0; j < center_nodes; ++j) {
        prior[j] = -numeric::square((center_node(j) - center_mean) / center_deviation) / 2;
        sum_of_prior += std::exp(prior[j]);
    }
    double top = -std::numeric_limits<double>::infinity();
    for (std::size_t g = 0; g < season_nodes; ++g) {
        for (std::size_t j = 0; j < center_nodes; ++j) {
            weight[g][j] = std::log(seasons.weight[g]) + prior[j];
            for (const Commons& evidence : evidences) {
                weight[g][j] += std::log(evidence[g][j]);
            }
            top = std::max(top, weight[g][j]);
        }
    }
    double sum = 0;
    for (Centers& of_season : weight) {
        for (double& w : of_season) {
            w = std::exp(w - top);
            sum += w;
        }
    }
    for (Centers& of_season : weight) {
        for (double& w : of_season) {
            w /= sum;
        }
    }
    found.log_likelihood = top + std::log(sum) - std::log(sum_of_prior);
    return found;
}

/** How likely it is that spend has no effect in any campaign; `log_likelihood`: of the blocks where it may have one. */
double weigh_nothing(std::span<const ResponseFit> fits, const SeasonNodes& seasons, double log_likelihood)
{
    double odds = 0;
    for (std::size_t g = 0; g < season_nodes; ++g) {
        double logs = std::log(seasons.weight[g]) - log_likelihood;
        for (const ResponseFit& fit : fits) {
            logs += std::log(fit.likelihood[g][0]);
        }
        odds += std::exp(logs) * nothing_probability / (1 - nothing_probability);
    }
    return std::isfinite(odds) ? odds / (1 + odds) : 1;
}

void settle(ResponseFit& fit, std::span<const Shape> shapes, const Commons& common_weight, const Commons& evidence)
{
    using CenterVector = Eigen::Array<double, center_nodes, 1>;
    NodeArray weight = NodeArray::Zero();
    NodeArray response_at = NodeArray::Zero();
    for (std::size_t g = 0; g < season_nodes; ++g) {
        const CenterVector odds =
            Eigen::Map<const CenterVector>(common_weight[g].data()) / Eigen::Map<const CenterVector>(evidence[g].data());
        const NodeArray of_season =
            (elasticity_prior().transpose() * odds.matrix()).array() * Eigen::Map<const NodeArray>(fit.likelihood[g].data());
        weight += of_season;
        response_at += of_season / Eigen::Map<const NodeArray>(fit.season_rate[g].data());
    }
    Eigen::Map<NodeArray>(fit.weight.data()) = weight;
    Eigen::Map<NodeArray>(fit.rate.data()) = weight.max(1e-300) / response_at.max(1e-300);
    fit.response = 0;
    double slope = 0;
    double bend = 0;
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        const double response = fit.weight[k] * fit.shape / fit.rate[k];
        fit.response += response;
        slope += response * shapes[k].elasticity();
        bend += response * shapes[k].elasticity() * shapes[k].bend();
    }
    fit.elasticity = slope / fit.response;
    fit.bend = bend / slope;
    kernel::require_computed(std::isfinite(fit.elasticity) && std::isfinite(fit.bend), "A response curve has no numbers.",
                             "Give spends and responses in other units.");
    double below = 0;
    fit.elasticity_low = 0;
    fit.elasticity_high = most_elasticity;
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        const double next = below + fit.weight[k];
        if (below < 0.05 && next >= 0.05) {
            fit.elasticity_low = elasticity_node(k);
        }
        if (below < 0.95 && next >= 0.95) {
            fit.elasticity_high = elasticity_node(k);
        }
        below = next;
    }
}

double explained(const ResponseFit& fit, std::span<const Block> blocks, Family family)
{
    if (blocks.size() < 3) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    const Curve curve = fit.curve(family);
    double mean = 0;
    for (const Block& block : blocks) {
        mean += block.response / block.days / static_cast<double>(blocks.size());
    }
    double left = 0;
    double all = 0;
    for (const Block& block : blocks) {
        left += numeric::square(block.response / block.days - curve.value(block.spend));
        all += numeric::square(block.response / block.days - mean);
    }
    return all > 0 ? 1 - left / all : std::numeric_limits<double>::quiet_NaN();
}

/** Uniform numbers and what is made of them, the same on every machine: std's distributions differ between libraries. */
class Random {
public:
    explicit Random(std::uint64_t seed) : engine_(seed) {}
    double uniform() { return (static_cast<double>(engine_() >> 11) + 0.5) * 0x1p-53; }
    double normal()
    {
        for (;;) {
            const double x = 2 * uniform() - 1;
            const double y = 2 * uniform() - 1;
            const double s = x * x + y * y;
            if (s > 0 && s < 1) {
                return x * std::sqrt(-2 * std::log(s) / s);
            }
        }
    }
    /** Marsaglia and Tsang 2000; shapes below 1 by one shape more and a power. */
    double gamma(double shape)
    {
        if (shape < 1) {
            return gamma(shape + 1) * std::pow(uniform(), 1 / shape);
        }
        const double d = shape - 1.0 / 3;
        const double c = 1 / std::sqrt(9 * d);
        for (;;) {
            const double x = normal();
            const double v = 1 + c * x;
            if (v > 0 && std::log(uniform()) < x * x / 2 + d - d * v * v * v + d * std::log(v * v * v)) {
                return d * v * v * v;
            }
        }
    }

private:
    std::mt19937_64 engine_;
};

/** Which node of a distribution, given by its cumulated weights, a uniform number falls on. */
template <std::size_t N>
std::size_t node_at(const std::array<double, N>& cumulated, double u)
{
    const auto found = std::lower_bound(cumulated.begin(), cumulated.end(), u * cumulated.back());
    return std::min(static_cast<std::size_t>(found - cumulated.begin()), N - 1);
}

Interval interval_of(std::vector<double>& values)
{
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
    const auto at = [&values](double p) {
        const auto place = values.begin() + static_cast<std::ptrdiff_t>(p * static_cast<double>(values.size() - 1));
        std::nth_element(values.begin(), place, values.end());
        return *place;
    };
    return {mean, at(0.05), at(0.95)};
}

/** An end of the interval of these lifts, drawn towards 0 where that is outside, and so far as lifts are 0 with probability `nothing`. */
double drawn_to_nothing(std::vector<double>& lifts, double end, double nothing)
{
    constexpr double beyond = 0.05;
    const double side = end < 0 ? -1 : 1;
    for (double& lift : lifts) {
        lift *= side;
    }
    const auto others = std::count_if(lifts.begin(), lifts.end(), [](double lift) { return lift <= 0; });
    const auto count = static_cast<double>(lifts.size());
    if (nothing + (1 - nothing) * static_cast<double>(others) / count >= beyond) {
        return 0;
    }
    const auto place =
        lifts.begin() + static_cast<std::ptrdiff_t>((beyond - nothing) / (1 - nothing) * static_cast<double>(lifts.size() - 1));
    std::nth_element(lifts.begin(), place, lifts.end());
    return side * std::min(*place, side * end);
}

/** A season and a center. */
struct Common {
    std::size_t season;
    std::size_t center;
};

/** Seasons and centers of the worlds: each stands for an equal part of their distribution. */
std::vector<Common> commons_of_worlds(const Commons& weight)
{
    std::array<double, season_nodes * center_nodes> cumulated{};
    double sum = 0;
    for (std::size_t n = 0; n < cumulated.size(); ++n) {
        sum += weight[n / center_nodes][n % center_nodes];
        cumulated[n] = sum;
    }
    std::vector<Common> commons(worlds);
    for (std::size_t world = 0; world < worlds; ++world) {
        const std::size_t n = node_at(cumulated, (static_cast<double>(world) + 0.5) / worlds);
        commons[world] = {n / center_nodes, n % center_nodes};
    }
    return commons;
}

/** A campaign's elasticities given a season and a center, cumulated. */
Nodes cumulated_elasticities(const ResponseFit& fit, const Common& common)
{
    Nodes cumulated{};
    double sum = 0;
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        sum += elasticity_prior()(static_cast<Eigen::Index>(common.center), static_cast<Eigen::Index>(k)) *
               fit.likelihood[common.season][k];
        cumulated[k] = sum;
    }
    return cumulated;
}

}  // namespace

double elasticity_node(std::size_t k)
{
    return k == 0
               ? 0
               : least_elasticity + (most_elasticity - least_elasticity) * static_cast<double>(k - 1) / (elasticity_nodes - 2);
}

Shape shape_node(Family family, std::size_t k)
{
    // Hyperbolas are the family whose elasticity may be next to 0 without leaving the range of numbers.
    return k == 0 ? Shape(Family::michaelis_menten, flat_elasticity) : Shape(family, elasticity_node(k));
}

ResponseModel fit_responses(std::span<const std::vector<Block>> campaigns, std::span<const LiftTest> tests,
                            const ResponseOptions& options, const kernel::StopFlag& stop)
{
    const std::vector<Shape> shapes = shapes_of(options.family);
    ResponseModel model;
    model.family = options.family;
    model.campaigns.resize(campaigns.size());
    const Seasons seasons = learn_seasons(campaigns, options.counts, stop);
    const SeasonNodes nodes = season_nodes_of(seasons);
    std::vector<Commons> evidences;
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
        stop.poll();
        ResponseFit& fit = model.campaigns[i];
        fit.blocks = campaigns[i].size();
        fit.likelihood.fill(filled(1));
        fit.season_rate.fill(filled(1));
        if (fit.blocks > 0) {
            fit.spend = seasons.reference[i];
            fit.spread = seasons.spread[i];
            fit.own_spread = seasons.own_spread[i];
            fit.dispersion = seasons.dispersion[i];
            weigh_elasticities(fit, campaigns[i], seasons.blocks[i], nodes, shapes, tests.empty() ? LiftTest{} : tests[i]);
        }
        evidences.push_back(evidence_of(fit));
    }
    const WeighedCommons commons = weigh_commons(evidences, nodes);
    model.common_weight = commons.weight;
    model.nothing = weigh_nothing(model.campaigns, nodes, commons.log_likelihood);
    const auto& prior = elasticity_prior();
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        for (std::size_t j = 0; j < center_nodes; ++j) {
            for (const Centers& weight : model.common_weight) {
                model.prior_weight[k] += weight[j] * prior(static_cast<Eigen::Index>(j), static_cast<Eigen::Index>(k));
            }
        }
        model.elasticity += model.prior_weight[k] * elasticity_node(k);
    }
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
        ResponseFit& fit = model.campaigns[i];
        if (fit.blocks > 0) {
            settle(fit, shapes, model.common_weight, evidences[i]);
            fit.r2 = explained(fit, campaigns[i], options.family);
            const bool tested = !tests.empty() && tests[i].deviation > 0;
            fit.usable = tested || (fit.blocks >= usable_blocks && fit.spread >= usable_spread &&
                                    fit.own_spread >= usable_spread && fit.elasticity_low > 0);
        } else {
            fit.elasticity = model.elasticity;
            fit.weight = model.prior_weight;
        }
    }
    return model;
}

PlanOutcome outcome_of(const ResponseModel& model, std::span<const Move> moves, const kernel::StopFlag& stop)
{
    const std::vector<Shape> shapes = shapes_of(model.family);
    const std::vector<Common> commons = commons_of_worlds(model.common_weight);
    PlanOutcome outcome;
    std::vector<double> total_before(worlds);
    std::vector<double> total_after(worlds);
    std::vector<double> before(worlds);
    std::vector<double> after(worlds);
    for (std::size_t i = 0; i < moves.size(); ++i) {
        stop.poll();
        const ResponseFit& fit = model.campaigns[i];
        if (fit.blocks == 0) {
            outcome.campaigns.push_back({});
            continue;
        }
        Random random(i);
        Nodes cumulated{};
        for (std::size_t world = 0; world < worlds; ++world) {
            // Worlds are in the order of what they have in common.
            const Common& common = commons[world];
            if (world == 0 || common.season != commons[world - 1].season || common.center != commons[world - 1].center) {
                cumulated = cumulated_elasticities(fit, common);
            }
            const std::size_t k = node_at(cumulated, random.uniform());
            const double response = random.gamma(fit.shape) / fit.season_rate[common.season][k];
            before[world] = response * shapes[k].value(moves[i].from / fit.spend);
            after[world] = response * shapes[k].value(moves[i].to / fit.spend);
            total_before[world] += before[world];
            total_after[world] += after[world];
        }
        outcome.campaigns.push_back({interval_of(before), interval_of(after)});
    }
    std::vector<double> lift(worlds);
    std::size_t gains = 0;
    for (std::size_t world = 0; world < worlds; ++world) {
        lift[world] = total_after[world] - total_before[world];
        gains += lift[world] > 0 ? 1 : 0;
    }
    outcome.total = {interval_of(total_before), interval_of(total_after)};
    outcome.lift = interval_of(lift);
    if (outcome.lift.low > 0) {
        outcome.lift.low = drawn_to_nothing(lift, outcome.lift.low, model.nothing);
    } else if (outcome.lift.high < 0) {
        outcome.lift.high = drawn_to_nothing(lift, outcome.lift.high, model.nothing);
    }
    outcome.probability_of_lift = static_cast<double>(gains) / worlds;
    return outcome;
}

}  // namespace marketing::budget
