/**
 * The season of purchases: in which months of the year customers buy more often than they do on average.
 *
 * A season that is common to all multiplies every customer's rate by an index of the month. In seasonal time, which runs faster in months in
 * which more is bought, purchases have no season; BG/NBD and MBG/NBD, in which customers leave after purchases alone, hold there unchanged.
 * The index is what months of the year have bought over what the model lets them expect of the customers there were, the level of each twelve
 * months taken out, since a trend is no season; then drawn to 1 by how much the same month differs between years.
 */
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "lifetime_value/models.hpp"
#include "lifetime_value/purchases.hpp"

namespace marketing::lifetime_value {

/** Days since 2000-01-01 and their months. */
class Calendar {
public:
    /** Indices of January to December. Throws Error(invalid_parameter) unless there are twelve, positive and finite. */
    explicit Calendar(std::span<const double> season);
    /** Every month alike. */
    Calendar();

    /** How much time passes after `from` until `until`, in days of an average month. */
    [[nodiscard]] double time(std::int32_t from, std::int32_t until) const { return clock(until) - clock(from); }

private:
    [[nodiscard]] double clock(std::int32_t day) const;

    std::array<double, 12> season_{};
    std::array<double, 13> before_{};  // days of average months before each month of a year of 365 days
};

struct SeasonOfMonth {
    double index;  // NaN where it cannot be told
    double low;
    double high;
    double purchases;  // repeat purchases seen
    double expected;   // and expected without a season
};

struct Season {
    std::array<SeasonOfMonth, 12> months;
    std::string_view reason;  // "ok", or why there is none
};

/** `model`: bgnbd or mbgnbd. Throws Error(invalid_parameter), Stopped. */
[[nodiscard]] Season season_of(const PurchasesView& purchases, std::int32_t until, PurchaseModel model, double confidence,
                               const kernel::StopFlag& stop);

}  // namespace marketing::lifetime_value
