/**
 * How bursty the responses of campaigns are. Those of a day are negative binomial, their variance mean + excess * mean^2; each campaign has an
 * excess of its own, which is known as far as its days tell it, and leans on what the excesses of all campaigns have in common. What days of a week
 * have in common beyond their spend is one more share of the mean squared, the same for all campaigns.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "budget/costs.hpp"
#include "budget/panel.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

/** 0 (Poisson's counts), then powers of two from 1/512 to 16. */
[[nodiscard]] double excess_node(std::size_t k);

struct Dispersion {
    std::array<double, Sizes::most> weight{1};  // of each excess
    double week = 0;                            // covariance of two days of a week, over the product of their means
    double next_week = 0;                       // the same of days of two weeks in a row

    /** The mean excess. */
    [[nodiscard]] double excess() const;
};

/** One for each of the panel, by the latest `length` days up to `as_of`. Throws Stopped. */
[[nodiscard]] std::vector<Dispersion> learn_dispersions(std::span<const Series> panel, std::int32_t as_of, std::int32_t length,
                                                        const kernel::StopFlag& stop);

}  // namespace marketing::budget
