/**
 * Effects that come back by themselves: on the same date of each year, on the n-th or last weekday of the same month, after the fourth
 * Thursday of November (Black Friday), on the first and last day of each month.
 *
 * Three occurrences at least, each of them among the most unusual days of the series, to the same side. How unusual is a matter of
 * ranks, so that no distribution is assumed: of days that are like any others, such an agreement is found in less than one series of
 * a hundred, over all rules that are tried.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace marketing::series {

/** A rule that days follow, and those of history and horizon that do. */
struct RecurringDays {
    std::string name;
    std::vector<std::size_t> days;
};

class RecurringRules {
public:
    /** Days from `first_day` on, of which the first `history` are known. */
    RecurringRules(std::int32_t first_day, std::size_t history, std::size_t days);

    /** The rule whose days stand out most, if any. `scores`: of the days of the history, NaN where a day is not like others. */
    [[nodiscard]] std::optional<RecurringDays> find(std::span<const double> scores) const;
    /** Days whose rule came often enough before, and to one side: no others are worth a search in the days before them. */
    [[nodiscard]] std::vector<bool> worth_a_search(std::span<const double> scores) const;

private:
    struct Rule {
        int key;
        std::vector<std::size_t> days;
    };

    std::size_t history_;
    std::vector<Rule> rules_;
};

}  // namespace marketing::series
