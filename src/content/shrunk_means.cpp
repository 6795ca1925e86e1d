#include "content/shrunk_means.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numbers>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/rounding.hpp"
#include "numeric/search.hpp"

namespace marketing::content {

namespace {

constexpr double unknown = std::numeric_limits<double>::quiet_NaN();
/** Ratios of the spread of effects to that within groups, of equal prior probability. */
constexpr std::size_t nodes = 64;
/** Median of that ratio beforehand: groups explain a fifth of the variance. */
constexpr double median_ratio = 0.5;

/** What is known of an effect under one ratio: a normal distribution. */
struct Component {
    double weight, mean, deviation;
};
using Mixture = std::array<Component, nodes>;

double below(const Mixture& mixture, double x)
{
    double sum = 0;
    for (const Component& c : mixture) {
        if (c.weight > 1e-16) {
            sum += c.weight *
                   (c.deviation > 0 ? numeric::normal_below((x - c.mean) / c.deviation) : static_cast<double>(c.mean <= x));
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
    const auto excess = [&mixture, probability](double x) { return below(mixture, x) - probability; };
    return numeric::root(excess, low, high, 40).middle();
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

/** What one ratio, of probability `weight`, says: sums over the groups, each weighted by its share of the figures. */
struct Node {
    double weight, ratio;
    Level level;
    double mean = 0;        // of the drawn means
    double variance = 0;    // of what is their own
    double from_level = 0;  // how much of the overall mean's error they share
};
using Posterior = std::array<Node, nodes>;

/** A group's mean as one ratio draws it: mean, variance of its own, and share in the error of the overall mean. */
struct Drawn {
    double mean, variance, from_level;
};

Drawn draw_in(const Moments& group, const Node& node)
{
    const double between = node.ratio * node.ratio;
    const double kept = between / (between + 1 / group.count);
    return {node.level.mean + kept * (group.mean - node.level.mean), kept / group.count, 1 - kept};
}

Posterior posterior_of_ratio(std::span<const Moments> groups, double count, double spread)
{
    Posterior posterior;
    double greatest = -HUGE_VAL;
    for (std::size_t k = 0; k < nodes; ++k) {
        Node& node = posterior[k];
        node.ratio = median_ratio * std::tan(std::numbers::pi / 2 * (static_cast<double>(k) + 0.5) / nodes);
        node.level = level_of(groups, node.ratio, spread);
        greatest = std::max(greatest, node.level.log_likelihood);
        for (const Moments& group : groups) {
            const Drawn drawn = draw_in(group, node);
            const double share = group.count / count;
            node.mean += share * drawn.mean;
            node.variance += share * share * drawn.variance;
            node.from_level += share * drawn.from_level;
        }
    }
    double sum = 0;
    for (Node& node : posterior) {
        node.weight = std::exp(node.level.log_likelihood - greatest);
        sum += node.weight;
    }
    for (Node& node : posterior) {
        node.weight /= sum;
    }
    return posterior;
}

/** The group's mean less the mean of all figures' groups. */
Mixture effect_of(const Moments& group, const Posterior& posterior, double count, double spread)
{
    Mixture mixture;
    const double share = group.count / count;
    for (std::size_t k = 0; k < nodes; ++k) {
        const Node& node = posterior[k];
        const Drawn drawn = draw_in(group, node);
        const double common = drawn.from_level - node.from_level;
        const double variance = (1 - 2 * share) * drawn.variance + node.variance + common * common * node.level.variance;
        mixture[k] = {node.weight, drawn.mean - node.mean, spread * std::sqrt(std::max(0.0, variance))};
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
    return numeric::student_above(degrees, t);
}

}  // namespace

void Moments::add(double figure) noexcept
{
    count += 1;
    const double before = figure - mean;
    mean += before / count;
    squares += before * (figure - mean);
}

ShrunkMeans shrunk_means(std::span<const std::uint32_t> group_of, std::span<const double> figures, std::size_t group_count,
                         double level)
{
    std::vector<Moments> groups(group_count);
    double largest = 0;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        kernel::require_valid(std::isfinite(figures[i]), "the figures must be finite");
        largest = std::max(largest, std::abs(figures[i]));
        groups[group_of[i]].add(figures[i]);
    }
    return shrunk_means(groups, largest, level);
}

ShrunkMeans shrunk_means(std::span<const Moments> groups, double largest, double level)
{
    kernel::require_valid(level > 0 && level < 1, "level must be between 0 and 1");
    Moments all;
    double squares = 0;
    for (const Moments& group : groups) {
        kernel::require_valid(
            group.count > 0 && std::isfinite(group.mean) && group.squares >= 0 && std::isfinite(group.squares),
            "counts must be positive, means and squares finite, squares not negative");
        all.count += group.count;
        all.mean += (group.mean - all.mean) * (group.count / all.count);
        squares += group.squares;
    }
    ShrunkMeans result{all.mean, unknown, all.count - static_cast<double>(groups.size()), {}};
    if (result.degrees > 0) {
        result.spread = std::sqrt(squares / result.degrees);
    }
    if (groups.size() < 2 || !(result.spread > numeric::rounding_noise(largest, all.count))) {
        // Nothing to compare, or no measure of chance: figures as they are, and no claim.
        for (const Moments& group : groups) {
            result.groups.push_back({group.count, group.mean, unknown, unknown, unknown, unknown, unknown});
        }
        return result;
    }
    const Posterior posterior = posterior_of_ratio(groups, all.count, result.spread);
    for (const Moments& group : groups) {
        const Mixture mixture = effect_of(group, posterior, all.count, result.spread);
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

std::vector<NamedEffect> shrunk_means(std::span<const std::string_view> groups, std::span<const double> figures, double level)
{
    kernel::require_valid(groups.size() == figures.size(), "there must be one figure per group name");
    std::vector<std::string_view> names(groups.begin(), groups.end());
    std::ranges::sort(names);
    names.erase(std::unique(names.begin(), names.end()), names.end());
    std::vector<std::uint32_t> group_of;
    for (const std::string_view name : groups) {
        group_of.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(names, name) - names.begin()));
    }
    const auto found = shrunk_means(group_of, figures, names.size(), level);
    std::vector<NamedEffect> effects;
    for (std::size_t g = 0; g < names.size(); ++g) {
        effects.push_back({names[g], found.groups[g]});
    }
    return effects;
}

}  // namespace marketing::content
