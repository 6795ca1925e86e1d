/**
 * Means of groups, drawn together by what all groups have in common, so that one lucky post is not "the best hour".
 *
 * One-way random effects: a figure is the overall mean, plus the effect of its group, plus what is its own. The spread of the effects
 * is not estimated and then taken for known, which would make the intervals too narrow: it is averaged over, with a half-Cauchy prior
 * on its ratio to the spread within groups (Gelman: Prior distributions for variance parameters, Bayesian Analysis 1, 2006).
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace marketing::content {

/** Figures: how many, their mean, and the sum of their squared distances from it. */
struct Moments {
    double count = 0, mean = 0, squares = 0;
    void add(double figure) noexcept;
};

struct GroupEffect {
    double count;
    /** Plain mean of the group's figures. */
    double mean;
    /** How far the group's true mean lies from that of all figures' groups: expectation and central interval, drawn towards 0. */
    double effect, low, high;
    /** Posterior probability that the effect is above 0. */
    double p_above;
    /**
     * One-sided Student test of the mean against that of all other figures, with the pooled spread within groups: the probability
     * of so high a mean where groups make no difference. NaN where there is nothing to compare or no spread to compare by.
     */
    double p_value;
};

struct ShrunkMeans {
    /** Mean of all figures. */
    double overall;
    /** Standard deviation within groups, and its degrees of freedom. */
    double spread, degrees;
    std::vector<GroupEffect> groups;
};

/**
 * `group_of[i]`, below `group_count`, is the group of `figures[i]`; each group has at least one figure; `level` is the probability of
 * the intervals. Costs O(figures + groups). Throws Error(invalid_parameter) for a figure that is not finite.
 */
[[nodiscard]] ShrunkMeans shrunk_means(std::span<const std::uint32_t> group_of, std::span<const double> figures,
                                       std::size_t group_count, double level);

/** The same by the moments of each group. `largest`: about how large figures are, below which differences are noise. */
[[nodiscard]] ShrunkMeans shrunk_means(std::span<const Moments> groups, double largest, double level);

/** The effects of groups by name, in the order of the names, which lie in `groups`. Throws as above, and for other lengths. */
struct NamedEffect {
    std::string_view name;
    GroupEffect effect;
};
[[nodiscard]] std::vector<NamedEffect> shrunk_means(std::span<const std::string_view> groups, std::span<const double> figures,
                                                    double level);

}  // namespace marketing::content
