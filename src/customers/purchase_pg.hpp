/**
 * Arguments of the aggregates over purchases: (customer, day, amount, purchases).
 */
#pragma once

#include <cstdint>

#include "customers/purchase.hpp"
#include "postgres/any_value.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"

namespace marketing::customers {

/** The server counts days from 2000-01-01. */
inline constexpr std::int32_t days_to_2000 = 10957;

/** A day of a kernel, as the server counts it. */
[[nodiscard]] inline postgres::Date date_of(std::int32_t day)
{
    return {day - days_to_2000};
}

/** A NULL amount is 0. */
[[nodiscard]] inline Purchase purchase_argument(postgres::Arguments& in)
{
    Purchase purchase;
    postgres::given_identifier(in, "customer", postgres::IdentifierUse::shown, purchase.customer);
    purchase.day = in.get<postgres::Date>("day") + days_to_2000;
    const double amount = in.value_or("amount", 0.0);
    purchase.purchases = in.get<std::int64_t>("purchases");
    purchase.amount = postgres::run_kernel([amount] { return money_units(amount); });
    return purchase;
}

}  // namespace marketing::customers
