/**
 * Pareto/NBD (Schmittlein, Morrison and Colombo 1987): a customer leaves at a rate of his own, Gamma(s, beta), at any time and not only after
 * a purchase. What it says are integrals over the time at which he left; they are summed over one rule, so that their derivatives are sums
 * over the same nodes. Hypergeometric functions, which the articles have instead, lose their digits where alpha and beta lie far apart.
 */
#pragma once

#include <algorithm>
#include <cmath>

#include "lifetime_value/models.hpp"
#include "numeric/quadrature.hpp"

namespace marketing::lifetime_value {

/** A time at which the customer may have left, and the log of what its node counts for, without the factor s. */
struct Departure {
    double time;
    double log_density;
};

/**
 * Calls `visit(Departure)` for the nodes between the last purchase and now: the sum of exp(log_density) is that of the density
 * (alpha + t)^-(r + x) (beta + t)^-(s + 1). Nothing where no time has passed since the last purchase.
 */
template <class Visit>
void for_each_departure(const PurchaseParameters& p, const History& h, Visit&& visit)
{
    constexpr double negligible = 45;  // on the log scale
    const double n = p.r + h.frequency;
    const double slow = p.alpha + h.recency;
    const double late = p.b + h.recency;
    // The density falls at least as fast as either factor alone does.
    const double until =
        std::min({h.age - h.recency, slow * std::expm1(negligible / n), late * std::expm1(negligible / (p.a + 1))});
    if (!(until > 0)) {
        return;
    }
    // Logarithmic in time, linear within the span in which the density begins to fall.
    const double scale = std::min(slow, 1 / (n / slow + (p.a + 1) / late));
    const double half = std::log1p(until / scale) / 2;
    const double log_slow = std::log(slow);
    const double log_late = std::log(late);
    for (const numeric::Node& node : numeric::gauss_legendre()) {
        const double u = half * (1 + node.at);
        const double since = scale * std::expm1(u);
        const double log_density =
            -n * (log_slow + std::log1p(since / slow)) - (p.a + 1) * (log_late + std::log1p(since / late));
        visit(Departure{h.recency + since, log_density + u + std::log(node.weight * half * scale)});
    }
}

}  // namespace marketing::lifetime_value
