/**
 * How far the value of a customer, or of many, may be off: the number of purchases is spread as the purchase model says, the money of n purchases as the spend
 * model does, and both by what is not known of their parameters.
 */
#pragma once

#include <optional>
#include <span>

#include "lifetime_value/errors.hpp"
#include "lifetime_value/models.hpp"

namespace marketing::lifetime_value {

/** Purchases in each of `periods` of length `period`, those of the k-th divided by (1 + rate)^k. */
struct Plan {
    int periods = 1;
    double period = 1;
    double rate = 0;
};

/** A model, and how sure its parameters are. */
struct FittedPurchases {
    PurchaseParameters parameters;
    ParameterErrors<4> errors;
};
struct FittedSpend {
    SpendParameters parameters;
    ParameterErrors<3> errors;
};
struct FittedNormalSpend {
    NormalSpendParameters parameters;
    double mean_error;  // NaN: none
};

struct ValueInterval {
    double low;
    double high;
};

/** What the value is within with probability `level`; NaN where the spend model has no mean. `mean`: of the repeat purchases, where it is
 known. Throws Error(invalid_parameter). */
[[nodiscard]] ValueInterval value_interval(const FittedPurchases& purchases, const FittedSpend& spend, const History& history,
                                           std::optional<double> mean, const Plan& plan, double level);
[[nodiscard]] ValueInterval value_interval(const FittedPurchases& purchases, const FittedNormalSpend& spend,
                                           const History& history, std::optional<double> mean, const Plan& plan, double level);

/** A customer, and the mean of the repeat purchases, where it is known. */
struct KnownCustomer {
    History history;
    std::optional<double> mean;
};

/**
 * The same of what all of these customers bring together. What each buys is independent of the others; the parameters are the same for
 * all, and so are their errors. Without those of whom expected_spend() is NaN.
 */
[[nodiscard]] ValueInterval sum_interval(const FittedPurchases& purchases, const FittedSpend& spend,
                                         std::span<const KnownCustomer> customers, const Plan& plan, double level);
[[nodiscard]] ValueInterval sum_interval(const FittedPurchases& purchases, const FittedNormalSpend& spend,
                                         std::span<const KnownCustomer> customers, const Plan& plan, double level);

}  // namespace marketing::lifetime_value
