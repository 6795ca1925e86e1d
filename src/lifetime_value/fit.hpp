/**
 * numeric::Maximum likelihood for the models of value_models.hpp: damped Newton steps on the logarithms of the parameters, with exact
 * gradients and Hessians. Times and spend are scaled inside, so that the unit of the data does not matter.
 *
 * Customers with the same history are one row with a weight; rows are sorted first and summed in that order, so that a fit does
 * not depend on the order in which they came.
 */
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <tuple>
#include <vector>

#include "kernel/stop.hpp"
#include "lifetime_value/errors.hpp"
#include "lifetime_value/models.hpp"

namespace marketing::lifetime_value {

/** `weight` customers with one history. */
struct WeightedHistory {
    History history;
    double weight = 1;

    static auto fields(auto& row) { return std::tie(row.history.frequency, row.history.recency, row.history.age, row.weight); }
};

/** `weight` customers with `frequency` purchases of `mean` each. */
struct WeightedSpend {
    double frequency = 0;
    double mean = 0;
    double weight = 1;

    static auto fields(auto& row) { return std::tie(row.frequency, row.mean, row.weight); }
};

struct FitQuality {
    bool usable = false;     // there are parameters at all
    bool converged = false;  // and they are the maximum
    int iterations = 0;
    std::string_view reason;  // "ok", or why not
    double log_likelihood = 0;
    double customers = 0;         // sum of weights that the fit is about
    double repeat_customers = 0;  // of these with a repeat purchase
    std::int64_t distinct = 0;    // different rows
};

struct PurchaseFit {
    PurchaseParameters parameters;
    ParameterErrors<4> errors;  // of r, alpha, a, b
    FitQuality quality;
};

struct SpendFit {
    SpendParameters parameters;
    ParameterErrors<3> errors;
    FitQuality quality;
    double correlation = 0;  // of frequency and mean, which the model takes for independent; NaN where unknown
};

struct NormalSpendFit {
    NormalSpendParameters parameters;
    double mean_error = 0;  // of the mean of all
    FitQuality quality;
    double correlation = 0;
};

/** The rows are checked already; they are sorted and rows alike are joined. Throws Stopped. */
[[nodiscard]] PurchaseFit fit_purchases(PurchaseModel model, std::vector<WeightedHistory> rows, const kernel::StopFlag& stop);
/** Of rows with frequency > 0 and mean > 0. Throws Stopped. */
[[nodiscard]] SpendFit fit_spend(std::vector<WeightedSpend> rows, const kernel::StopFlag& stop);
/**
 * Of rows with frequency > 0: by maximum likelihood of the means, whose variance is that between customers and a share of that within. Needs
 * customers with different numbers of purchases: else the two cannot be told apart. Throws Stopped.
 */
[[nodiscard]] NormalSpendFit fit_normal_spend(std::vector<WeightedSpend> rows, const kernel::StopFlag& stop);

}  // namespace marketing::lifetime_value
