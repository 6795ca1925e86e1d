/** Pieces of the fits that groups of customers share. */
#pragma once

#include <functional>
#include <span>
#include <vector>

#include "lifetime_value/fit.hpp"
#include "numeric/newton.hpp"

namespace marketing::lifetime_value {

/** The log likelihood of r, alpha, a and b with its derivatives. */
using Likelihood = std::function<numeric::Curvature(const numeric::Parameters&)>;

/** Of rows that outlive it. Throws Stopped. */
[[nodiscard]] Likelihood likelihood_of(PurchaseModel model, std::span<const WeightedHistory> rows,
                                       const kernel::StopFlag& stop);

/** Sorts, and makes one row of those alike: neither the order of the rows nor how they are joined shows in a fit. */
void join_histories(std::vector<WeightedHistory>& rows, const kernel::StopFlag& stop);

/** Counts of rows that are joined already. */
void count_histories(std::span<const WeightedHistory> rows, FitQuality& quality);

}  // namespace marketing::lifetime_value
