/**
 * A purchase model in which customers differ by what is known of them, such as the channel that brought them and their first product: each
 * characteristic multiplies how often they buy, and how soon they leave.
 *
 * Of a customer whose characteristics have the effects u and v on the log scale, alpha is alpha exp(-sum of u) and b is b exp(-sum of v), as
 * Fader and Hardie (2007) have covariates. The effects of one characteristic are normal about 0; how far they spread is learned from the data
 * (EM with Laplace's approximation), so that rare values, of which little is known, are drawn to the others.
 */
#pragma once

#include <array>
#include <span>
#include <string_view>
#include <vector>

#include "lifetime_value/fit.hpp"

namespace marketing::lifetime_value {

/** A ratio and its interval; NaN where unknown. */
struct Ratio {
    double value;
    double low;
    double high;
};

/** Customers who are alike in all characteristics. */
struct GroupFit {
    std::array<std::string_view, 2> values;  // of the characteristics; the second is empty where there is one
    PurchaseFit fit;                         // quality: of the group's own rows, but for its reason
    Ratio rate;                              // purchases per time over those of the average customer
    Ratio leaving;                           // odds, or rate, of leaving over those of the average customer
};

/**
 * `values`: of one or two characteristics, one per row; the groups keep views of them. The groups are in order of their values. Throws Error(invalid_parameter), Error(limit_exceeded) of more
 * values than `most_values`, and Stopped.
 */
[[nodiscard]] std::vector<GroupFit> fit_by_characteristics(PurchaseModel model, std::span<const WeightedHistory> rows,
                                                           std::span<const std::vector<std::string_view>> values,
                                                           double confidence, const kernel::StopFlag& stop);

inline constexpr std::size_t most_values = 200;

}  // namespace marketing::lifetime_value
