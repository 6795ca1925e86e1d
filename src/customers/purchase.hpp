/**
 * One row about a customer, as the aggregates of this folder take it: purchases of a day, money, or both.
 */
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>

#include "kernel/error.hpp"
#include "kernel/identifier.hpp"

namespace marketing::customers {

using kernel::Identifier;
using kernel::IdKind;

struct Purchase {
    Identifier customer;
    std::int32_t day = 0;        // days since 1970-01-01
    std::int64_t amount = 0;     // money in ten-thousandths, see money_units
    std::int64_t purchases = 1;  // 0: money alone, such as a refund
};

/** Whether a day from outside is one that the server can show. */
[[nodiscard]] constexpr bool plausible_day(std::int64_t day) noexcept
{
    return day > -3'000'000 && day < 30'000'000;
}

inline constexpr double units_per_money = 10000;

/**
 * Money as whole ten-thousandths: sums of these do not depend on the order of the rows. Throws Error(numeric_range) for what is
 * not finite or too large.
 */
[[nodiscard]] inline std::int64_t money_units(double amount)
{
    if (!(std::abs(amount) < 1e14)) {
        throw kernel::Error(kernel::ErrorCode::numeric_range, "the amount of a purchase is not finite or too large", {},
                            "Amounts are counted in ten-thousandths and must be below 1e14.");
    }
    return std::llround(amount * units_per_money);
}

[[nodiscard]] constexpr double money(std::int64_t amount) noexcept
{
    return static_cast<double>(amount) / units_per_money;
}

/** a + b. Throws Error(numeric_range) where the sum does not fit. */
[[nodiscard]] inline std::int64_t add_checked(std::int64_t a, std::int64_t b)
{
    std::int64_t sum = 0;
    if (__builtin_add_overflow(a, b, &sum)) {
        throw kernel::Error(kernel::ErrorCode::numeric_range, "the purchases of one group are too large to add up");
    }
    return sum;
}

}  // namespace marketing::customers
