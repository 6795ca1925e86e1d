/**
 * Visitors of an experiment, of whom it is known what its arms differ by: `factor` times as much as those of the other.
 */
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>
#include <vector>

#include "random.hpp"

namespace marketing::worlds {

/** Visitors who spend nothing, or a log-normal amount. */
struct Visitors {
    double buyers;  // their share
    double spread;  // deviation of the logarithm of an amount

    [[nodiscard]] double mean() const { return buyers * std::exp(spread * spread / 2); }
    [[nodiscard]] std::vector<double> spend(Engine& engine, int visitors, double factor = 1) const
    {
        std::vector<double> spent(static_cast<std::size_t>(visitors));
        std::generate(spent.begin(), spent.end(),
                      [&] { return uniform(engine) < buyers ? factor * lognormal(engine, spread) : 0; });
        return spent;
    }
};

/** How many of the visitors convert. */
inline std::int64_t conversions(Engine& engine, std::int64_t visitors, double rate)
{
    return std::binomial_distribution<std::int64_t>(visitors, rate)(engine);
}

/** Units whose value goes with what was known of them before. */
struct KnownUnits {
    static constexpr double before_spread = 0.7;
    static constexpr double own_spread = 0.5;
    std::vector<double> before;
    std::vector<double> after;

    KnownUnits(Engine& engine, int units, double factor)
    {
        for (int i = 0; i < units; ++i) {
            before.push_back(lognormal(engine, before_spread));
            after.push_back(factor * before.back() * lognormal(engine, own_spread));
        }
    }
};

/** Values of both arms in three strata, of which each spends three times as much as the one before. */
using Strata = std::array<std::array<std::vector<double>, 3>, 2>;

inline Strata strata_of_arms(Engine& engine, int units, double factor)
{
    Strata arms;
    for (std::size_t i = 0; i < static_cast<std::size_t>(units); ++i) {
        const auto stratum = static_cast<std::size_t>(uniform(engine) * 3);
        arms[i % 2][stratum].push_back(std::pow(3.0, stratum) * lognormal(engine, 1) * (i % 2 == 1 ? factor : 1));
    }
    return arms;
}

/** Orders of one customer, who has a level of his own. */
inline std::vector<double> orders_of_customer(Engine& engine, int orders, double factor)
{
    const double own = lognormal(engine, 0.8) * factor;
    std::vector<double> amounts(static_cast<std::size_t>(orders));
    std::generate(amounts.begin(), amounts.end(), [&] { return own * lognormal(engine, 0.6); });
    return amounts;
}

}  // namespace marketing::worlds
