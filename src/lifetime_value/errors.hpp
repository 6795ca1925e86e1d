/**
 * How sure the parameters of a fitted model are: their standard errors, and how the errors go together. Where a likelihood is a ridge each
 * parameter for itself may be nearly unknown, and what is expected of a customer still well known.
 */
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"

namespace marketing::lifetime_value {

/** By the places of the parameters in their struct. NaN where unknown: an error then counts as none, a correlation as 0. */
template <std::size_t parameters>
struct ParameterErrors {
    static constexpr std::size_t pairs = parameters * (parameters - 1) / 2;

    std::array<double, parameters> standard = all_unknown<parameters>();
    std::array<double, pairs> correlations = all_unknown<pairs>();  // each parameter's with those before it

    /** The number of a pair, where `before` < `i`. */
    [[nodiscard]] static constexpr std::size_t pair(std::size_t i, std::size_t before) noexcept
    {
        return i * (i - 1) / 2 + before;
    }
    /** The variance of a function whose change is slopes[i] times that of parameter i. */
    [[nodiscard]] double variance_along(const std::array<double, parameters>& slopes) const
    {
        const auto moved = [&](std::size_t i) {
            const double by = slopes[i] * standard[i];
            return std::isfinite(by) ? by : 0;
        };
        double variance = 0;
        for (std::size_t i = 0; i < parameters; ++i) {
            variance += moved(i) * moved(i);
            for (std::size_t j = 0; j < i; ++j) {
                const double together = correlations[pair(i, j)];
                variance += std::isnan(together) ? 0 : 2 * together * moved(i) * moved(j);
            }
        }
        return std::max(variance, 0.0);
    }

private:
    template <std::size_t size>
    static constexpr std::array<double, size> all_unknown()
    {
        std::array<double, size> values{};
        values.fill(kernel::unknown);
        return values;
    }
};

/** Throws Error(invalid_parameter) for correlations that are none. */
template <std::size_t parameters>
void check(const ParameterErrors<parameters>& errors)
{
    for (const double correlation : errors.correlations) {
        kernel::require_valid(!(std::abs(correlation) > 1 + 1e-9), "correlations must be between -1 and 1");
    }
}

}  // namespace marketing::lifetime_value
