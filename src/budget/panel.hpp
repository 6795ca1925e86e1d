/**
 * Campaigns by day: what every estimate of this topic starts from. Rows may come in any order; those of one campaign and day add up.
 */
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

namespace marketing::budget {

/** In days: no window is longer, and no age is told from a higher one, so that nothing is as long as a date far away. */
constexpr std::int32_t century = 36525;

struct Day {
    std::int32_t day;
    double spend;
    double response;          // leads, or revenue
    double contracts;         // of those leads
    double revenue = 0;       // of those contracts
    double exposure = spend;  // the part of the spend whose responses have come, where some come late

    static auto fields(auto& day)
    {
        return std::tie(day.day, day.spend, day.response, day.contracts, day.revenue, day.exposure);
    }
};

struct Series {
    std::string_view platform;
    std::string_view campaign;
    std::vector<Day> days;  // ascending
};

/** Columns of equal length, one element per row; an empty column is absent. */
struct PanelColumns {
    std::span<const std::string_view> campaign;
    std::span<const std::string_view> platform;  // absent: one platform
    std::span<const std::int32_t> day;           // absent: all rows are of one day
    std::span<const double> spend;
    std::span<const double> response;
    std::span<const double> contracts;  // absent: not known
};

/** Throws Error(invalid_parameter) for amounts that are negative or not finite; revenue may be negative. */
void check_amounts(const Day& day);

/** Sorts days, and adds up those of one day so that the order in which they came does not show. */
void add_up(std::vector<Day>& days);

/** By platform and campaign. Throws Error(invalid_parameter) for columns that do not fit and numbers that cannot be. */
[[nodiscard]] std::vector<Series> make_panel(const PanelColumns& columns);

/** The same of campaigns whose days are known, each given once. Those without a day are left out. */
void sort_panel(std::vector<Series>& panel);

/** The last day of the panel; 0 for an empty one. */
[[nodiscard]] std::int32_t last_day(std::span<const Series> panel);

/** A stretch of days, taken together. */
struct Block {
    double days;
    double spend;          // per day
    double response;       // of all its days
    std::int64_t age = 0;  // in blocks, back from the last day of the panel
};

/**
 * The blocks of `length` days of a series up to `last`, oldest first, counted back from `last` so that each has every weekday.
 * Days without a row between the first and the last day that spends are days without spend. A first stretch shorter than a block is left out,
 * unless there is no other; blocks without spend are, too, since what they bring is not bought.
 */
[[nodiscard]] std::vector<Block> blocks_of(const Series& series, std::int32_t last, std::int32_t length);
[[nodiscard]] std::vector<std::vector<Block>> blocks_of(std::span<const Series> panel, std::int32_t last, std::int32_t length);

}  // namespace marketing::budget
