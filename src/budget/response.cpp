#include "budget/response.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "numeric/eigen.hpp"
#include "numeric/square.hpp"

namespace marketing::budget {

namespace {

constexpr double least_elasticity = 0.03;
constexpr double most_elasticity = 0.97;
constexpr double elasticity_deviation = 0.75;  // of logit e around m
constexpr double least_center = -2.2;
constexpr double most_center = 2.2;
constexpr double center_mean = 0.0;
constexpr double center_deviation = 1.3;
/** What is assumed of a curve to see how much its blocks vary around it. */
constexpr double usual_elasticity = 0.6;
/** Half a day's response as prior of the response. */
constexpr double prior_response = 0.5;
/** How many degrees of freedom the portfolio's dispersion is worth beside a campaign's own. */
constexpr double pooled_freedom = 12;
constexpr std::size_t worlds = 2000;

using Nodes = std::array<double, elasticity_nodes>;
using Centers = std::array<double, center_nodes>;
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
            for (std::size_t k = 0; k < elasticity_nodes; ++k) {
                const double e = elasticity_node(k);
                prior(j, k) = std::exp(-numeric::square((std::log(e / (1 - e)) - center_node(j)) / elasticity_deviation) / 2) /
                              (e * (1 - e));
            }
            prior.row(j) /= prior.row(j).sum();
        }
        return prior;
    }();
    return table;
}

std::vector<Shape> shapes_of(Family family)
{
    std::vector<Shape> shapes;
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        shapes.emplace_back(family, elasticity_node(k));
    }
    return shapes;
}

/** How far a campaign's blocks lie from a usual curve: Pearson's chi square and the moments behind it. */
struct Scatter {
    double mean = 0;     // per block
    double pearson = 0;  // sum (y - mu)^2 / mu
    double freedom = 0;
    double excess = 0;   // sum of (y - mu)^2 n / (n - 1) - mu: what is beyond Poisson
    double squares = 0;  // sum of mu^2
};

Scatter scatter_of(std::span<const Block> blocks, double reference)
{
    Scatter scatter;
    double total = 0;
    double expected = 0;
    std::vector<double> usual;
    for (const Block& block : blocks) {
        total += block.response;
        usual.push_back(block.days * std::pow(block.spend / reference, usual_elasticity));
        expected += usual.back();
    }
    const auto n = static_cast<double>(blocks.size());
    scatter.freedom = n - 1;
    scatter.mean = total / n;
    if (total <= 0 || blocks.size() < 2) {
        return scatter;
    }
    for (std::size_t b = 0; b < blocks.size(); ++b) {
        const double mu = total / expected * usual[b];
        scatter.pearson += numeric::square(blocks[b].response - mu) / mu;
        scatter.excess += numeric::square(blocks[b].response - mu) * n / (n - 1) - mu;
        scatter.squares += mu * mu;
    }
    return scatter;
}

/** Inverse of the portfolio's negative binomial size: by how much blocks vary beyond Poisson, relative to their mean squared. */
double pooled_excess(std::span<const Scatter> scatters)
{
    double excess = 0;
    double squares = 0;
    for (const Scatter& scatter : scatters) {
        excess += scatter.excess;
        squares += scatter.squares;
    }
    return squares > 0 ? std::max(0.0, excess / squares) : 0;
}

/** A campaign's own dispersion, leaning on the portfolio's as far as it has few blocks. */
double dispersion_of(const Scatter& scatter, double excess, bool counts)
{
    if (!counts) {
        // Amounts have no Poisson's floor, and their unit is arbitrary.
        return scatter.freedom > 0 && scatter.pearson > 0 ? scatter.pearson / scatter.freedom : std::max(scatter.mean, 1e-300);
    }
    const double pooled = 1 + scatter.mean * excess;
    return std::max(1.0, (pooled_freedom * pooled + scatter.pearson) / (pooled_freedom + std::max(scatter.freedom, 0.0)));
}

double reference_spend(std::span<const Block> blocks)
{
    double spend = 0;
    double days = 0;
    for (const Block& block : blocks) {
        spend += block.spend * block.days;
        days += block.days;
    }
    return spend / days;
}

double spread_of(std::span<const Block> blocks)
{
    if (blocks.size() < 2) {
        return 0;
    }
    double mean = 0;
    for (const Block& block : blocks) {
        mean += std::log(block.spend);
    }
    mean /= static_cast<double>(blocks.size());
    double sum = 0;
    for (const Block& block : blocks) {
        sum += numeric::square(std::log(block.spend) - mean);
    }
    return std::sqrt(sum / static_cast<double>(blocks.size() - 1));
}

/** The likelihood of each elasticity, the response integrated out; the largest is 1. */
void weigh_elasticities(ResponseFit& fit, std::span<const Block> blocks, std::span<const Shape> shapes, const LiftTest& test)
{
    double total = 0;
    double days = 0;
    for (const Block& block : blocks) {
        total += block.response;
        days += block.days;
    }
    fit.shape = prior_response + total / fit.dispersion;
    // The prior's scale is the mean response of a day, or one event of all days where there was none.
    const double scale = total > 0 ? total / days : fit.dispersion / days;
    NodeArray expected = NodeArray::Zero();
    NodeArray agreement = NodeArray::Zero();
    for (const Block& block : blocks) {
        NodeArray h;
        for (std::size_t k = 0; k < elasticity_nodes; ++k) {
            h(k) = shapes[k].value(block.spend / fit.spend);
        }
        expected += block.days * h;
        if (block.response > 0) {
            agreement += block.response * h.log();
        }
    }
    const NodeArray rate = prior_response / scale + expected / fit.dispersion;
    NodeArray likelihood = agreement / fit.dispersion - fit.shape * rate.log();
    if (test.deviation > 0) {
        for (std::size_t k = 0; k < elasticity_nodes; ++k) {
            likelihood(k) -= numeric::square((elasticity_node(k) - test.elasticity) / test.deviation) / 2;
        }
    }
    Eigen::Map<NodeArray>(fit.rate.data()) = rate;
    Eigen::Map<NodeArray>(fit.likelihood.data()) = (likelihood - likelihood.maxCoeff()).exp();
}

/** How likely each center makes a campaign's blocks. */
Centers evidence_of(const ResponseFit& fit)
{
    Centers evidence{};
    Eigen::Map<Eigen::Matrix<double, center_nodes, 1>>(evidence.data()) =
        elasticity_prior() * Eigen::Map<const Eigen::Matrix<double, elasticity_nodes, 1>>(fit.likelihood.data());
    return evidence;
}

Centers weigh_centers(std::span<const Centers> evidences)
{
    Centers weight{};
    for (std::size_t j = 0; j < center_nodes; ++j) {
        weight[j] = -numeric::square((center_node(j) - center_mean) / center_deviation) / 2;
        for (const Centers& evidence : evidences) {
            weight[j] += std::log(evidence[j]);
        }
    }
    const double top = *std::max_element(weight.begin(), weight.end());
    double sum = 0;
    for (double& w : weight) {
        w = std::exp(w - top);
        sum += w;
    }
    for (double& w : weight) {
        w /= sum;
    }
    return weight;
}

void settle(ResponseFit& fit, std::span<const Shape> shapes, const Centers& center_weight, const Centers& evidence)
{
    using CenterVector = Eigen::Array<double, center_nodes, 1>;
    const CenterVector odds =
        Eigen::Map<const CenterVector>(center_weight.data()) / Eigen::Map<const CenterVector>(evidence.data());
    Eigen::Map<NodeArray>(fit.weight.data()) =
        (elasticity_prior().transpose() * odds.matrix()).array() * Eigen::Map<const NodeArray>(fit.likelihood.data());
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
    double below = 0;
    fit.elasticity_low = least_elasticity;
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

/** Centers of the worlds: each stands for an equal part of their distribution. */
std::vector<std::size_t> centers_of_worlds(const Centers& weight)
{
    Centers cumulated{};
    std::partial_sum(weight.begin(), weight.end(), cumulated.begin());
    std::vector<std::size_t> centers(worlds);
    for (std::size_t world = 0; world < worlds; ++world) {
        centers[world] = node_at(cumulated, (static_cast<double>(world) + 0.5) / worlds);
    }
    return centers;
}

/** A campaign's elasticities given each center, cumulated. */
std::array<Nodes, center_nodes> cumulated_elasticities(const ResponseFit& fit)
{
    std::array<Nodes, center_nodes> cumulated{};
    for (std::size_t j = 0; j < center_nodes; ++j) {
        double sum = 0;
        for (std::size_t k = 0; k < elasticity_nodes; ++k) {
            sum += elasticity_prior()(j, k) * fit.likelihood[k];
            cumulated[j][k] = sum;
        }
    }
    return cumulated;
}

}  // namespace

double elasticity_node(std::size_t k)
{
    return least_elasticity + (most_elasticity - least_elasticity) * static_cast<double>(k) / (elasticity_nodes - 1);
}

ResponseModel fit_responses(std::span<const std::vector<Block>> campaigns, std::span<const LiftTest> tests,
                            const ResponseOptions& options, const kernel::StopFlag& stop)
{
    const std::vector<Shape> shapes = shapes_of(options.family);
    ResponseModel model;
    model.family = options.family;
    model.campaigns.resize(campaigns.size());
    std::vector<Scatter> scatters(campaigns.size());
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
        if (!campaigns[i].empty()) {
            model.campaigns[i].spend = reference_spend(campaigns[i]);
            scatters[i] = scatter_of(campaigns[i], model.campaigns[i].spend);
        }
    }
    const double excess = pooled_excess(scatters);
    std::vector<Centers> evidences;
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
        stop.poll();
        ResponseFit& fit = model.campaigns[i];
        fit.blocks = campaigns[i].size();
        fit.likelihood.fill(1);
        if (fit.blocks > 0) {
            fit.spread = spread_of(campaigns[i]);
            fit.dispersion = dispersion_of(scatters[i], excess, options.counts);
            weigh_elasticities(fit, campaigns[i], shapes, tests.empty() ? LiftTest{} : tests[i]);
        }
        fit.usable = tests.empty() || tests[i].deviation <= 0 ? fit.blocks >= usable_blocks && fit.spread >= usable_spread
                                                              : fit.blocks > 0;
        evidences.push_back(evidence_of(fit));
    }
    model.center_weight = weigh_centers(evidences);
    const auto& prior = elasticity_prior();
    for (std::size_t k = 0; k < elasticity_nodes; ++k) {
        for (std::size_t j = 0; j < center_nodes; ++j) {
            model.prior_weight[k] += model.center_weight[j] * prior(j, k);
        }
        model.elasticity += model.prior_weight[k] * elasticity_node(k);
    }
    for (std::size_t i = 0; i < campaigns.size(); ++i) {
        ResponseFit& fit = model.campaigns[i];
        if (fit.blocks > 0) {
            settle(fit, shapes, model.center_weight, evidences[i]);
            fit.r2 = explained(fit, campaigns[i], options.family);
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
    const std::vector<std::size_t> centers = centers_of_worlds(model.center_weight);
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
        const auto cumulated = cumulated_elasticities(fit);
        Random random(i);
        for (std::size_t world = 0; world < worlds; ++world) {
            const std::size_t k = node_at(cumulated[centers[world]], random.uniform());
            const double response = random.gamma(fit.shape) / fit.rate[k];
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
    outcome.probability_of_lift = static_cast<double>(gains) / worlds;
    return outcome;
}

}  // namespace marketing::budget
