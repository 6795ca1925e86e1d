#include "content/shrunk_means.hpp"

#include <array>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernel/error.hpp"

namespace marketing::content {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
/** Ratios of the spread of effects to that within groups, of equal prior probability. */
constexpr std::size_t nodes = 64;
/** Median of that ratio beforehand: groups explain a fifth of the variance. */
constexpr double median_ratio = 0.5;

/** Count, mean and squared deviations, added up one by one. */
struct Moments {
    double count = 0, mean = 0, squares = 0;
    void add(double figure)
    {
        count += 1;
        const double before = figure - mean;
        mean += before / count;
        squares += before * (figure - mean);
    }
};

/** What is known of an effect under one ratio: a normal distribution. */
struct Component {
    double weight, mean, deviation;
};
using Mixture = std::array<Component, nodes>;

double below(const Mixture& mixture, double x)
{
    double sum = 0;
    for (const Component& c : mixture) {
        if (c.weight > 0) {
            sum += c.weight *
                   (c.deviation > 0 ? cdf(boost::math::normal(c.mean, c.deviation), x) : static_cast<double>(c.mean <= x));
        }
    }
    return sum;
}

double quantile_of(const Mixture& mixture, double probability)
{
    double low = HUGE_VAL, high = -HUGE_VAL;
    for (const Component& c : mixture) {
        low = std::min(low, c.mean - 9 * c.deviation);
        high = std::max(high, c.mean + 9 * c.deviation);
    }
    if (!(low < high)) {
        return low;
    }
    std::uintmax_t steps = 100;
    const auto bracket =
        boost::math::tools::toms748_solve([&mixture, probability](double x) { return below(mixture, x) - probability; }, low,
                                          high, boost::math::tools::eps_tolerance<double>(40), steps);
    return (bracket.first + bracket.second) / 2;
}

/** The overall mean under one ratio, its variance and the likelihood of the ratio; variances in units of that within groups. */
struct Level {
    double mean, variance, log_likelihood;
};

Level level_of(std::span<const Moments> groups, double ratio, double spread)
{
    double precision = 0, weighted = 0, log_variances = 0;
    for (const Moments& group : groups) {
        const double variance = 1 / group.count + ratio * ratio;
        precision += 1 / variance;
        weighted += group.mean / variance;
        log_variances += std::log(variance);
    }
    const double mean = weighted / precision;
    double squares = 0;
    for (const Moments& group : groups) {
        const double distance = (group.mean - mean) / spread;
        squares += distance * distance / (1 / group.count + ratio * ratio);
    }
    return {mean, 1 / precision, -(log_variances + std::log(precision) + squares) / 2};
}

struct Posterior {
    std::array<double, nodes> ratio, weight;
    std::array<Level, nodes> level;
};

Posterior posterior_of_ratio(std::span<const Moments> groups, double spread)
{
    Posterior posterior;
    double greatest = -HUGE_VAL;
    for (std::size_t k = 0; k < nodes; ++k) {
        posterior.ratio[k] = median_ratio * std::tan(std::numbers::pi / 2 * (static_cast<double>(k) + 0.5) / nodes);
        posterior.level[k] = level_of(groups, posterior.ratio[k], spread);
        greatest = std::max(greatest, posterior.level[k].log_likelihood);
    }
    double sum = 0;
    for (std::size_t k = 0; k < nodes; ++k) {
        posterior.weight[k] = std::exp(posterior.level[k].log_likelihood - greatest);
        sum += posterior.weight[k];
    }
    for (double& weight : posterior.weight) {
        weight /= sum;
    }
    return posterior;
}

Mixture effect_of(const Moments& group, const Posterior& posterior, double spread)
{
    Mixture mixture;
    for (std::size_t k = 0; k < nodes; ++k) {
        const double between = posterior.ratio[k] * posterior.ratio[k];
        const double kept = between / (between + 1 / group.count);
        const double variance = kept / group.count + kept * kept * posterior.level[k].variance;
        mixture[k] = {posterior.weight[k], kept * (group.mean - posterior.level[k].mean), spread * std::sqrt(variance)};
    }
    return mixture;
}

/** One-sided, of a group against all others together. */
double p_of_higher_mean(const Moments& group, const Moments& all, double spread, double degrees)
{
    const double others = all.count - group.count;
    if (others <= 0 || !(spread > 0)) {
        return unknown;
    }
    const double mean_of_others = (all.count * all.mean - group.count * group.mean) / others;
    const double t = (group.mean - mean_of_others) / (spread * std::sqrt(1 / group.count + 1 / others));
    return cdf(complement(boost::math::students_t(degrees), t));
}

}  // namespace

ShrunkMeans shrunk_means(std::span<const std::uint32_t> group_of, std::span<const double> figures, std::size_t group_count,
                         double level)
{
    std::vector<Moments> groups(group_count);
    Moments all;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        if (!std::isfinite(figures[i])) {
            throw kernel::Error(kernel::ErrorCode::invalid_parameter, "the figures must be finite");
        }
        groups[group_of[i]].add(figures[i]);
        all.add(figures[i]);
    }
    ShrunkMeans result{all.mean, unknown, all.count - static_cast<double>(group_count), {}};
    double squares = 0;
    for (const Moments& group : groups) {
        squares += group.squares;
    }
    if (result.degrees > 0) {
        result.spread = std::sqrt(squares / result.degrees);
    }
    if (group_count < 2 || !(result.spread > 0)) {
        // Nothing to compare, or no measure of chance: figures as they are, and no claim.
        for (const Moments& group : groups) {
            result.groups.push_back({group.count, group.mean, unknown, unknown, unknown, unknown, unknown});
        }
        return result;
    }
    const Posterior posterior = posterior_of_ratio(groups, result.spread);
    result.overall = 0;
    for (std::size_t k = 0; k < nodes; ++k) {
        result.overall += posterior.weight[k] * posterior.level[k].mean;
    }
    for (const Moments& group : groups) {
        const Mixture mixture = effect_of(group, posterior, result.spread);
        double expected = 0;
        for (const Component& c : mixture) {
            expected += c.weight * c.mean;
        }
        result.groups.push_back({group.count, group.mean, expected, quantile_of(mixture, (1 - level) / 2),
                                 quantile_of(mixture, (1 + level) / 2), 1 - below(mixture, 0),
                                 p_of_higher_mean(group, all, result.spread, result.degrees)});
    }
    return result;
}

}  // namespace marketing::content
