/** What the days of campaigns tell of their costs: evidence of a window whose older days count for less, and how the spend has moved. */
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "budget/costs.hpp"
#include "budget/dispersion.hpp"
#include "budget/panel.hpp"

namespace marketing::budget {

/** A campaign's evidence: plain totals, and those whose older days count less. */
struct Evidence {
    double spend = 0;
    double exposure = 0;  // the part of the spend whose responses have come
    double responses = 0;
    double contracts = 0;
    double weighted_exposure = 0;
    double weighted_responses = 0;
    double squared_weights = 0;   // sum of weight^2 * exposure
    double squared_exposure = 0;  // sum of (weight * exposure)^2
    double squared_weeks = 0;     // the same of whole weeks
    double adjacent_weeks = 0;    // sum of the products of two weeks in a row
    std::int32_t days = 0;        // that spend
};

/** The latest `length` days; a day counts half of one `half_life` days later. */
class Window {
public:
    Window(std::int32_t length, double half_life);

    [[nodiscard]] std::span<const Day> days_of(const Series& series, std::int32_t as_of) const;
    [[nodiscard]] Evidence evidence_of(const Series& series, std::int32_t as_of) const;

private:
    std::vector<double> weight_;  // by age
};

/** The negative binomial count that tells as much as the weighted days. */
[[nodiscard]] CostEvidence count_of(const Evidence& evidence, const Dispersion& dispersion);
/** Variance of the weighted responses. */
[[nodiscard]] double variance_of(const Evidence& evidence, const Dispersion& dispersion);

/** Mean spend of the days that spend, of the last week that has any. */
[[nodiscard]] double recent_spend(std::span<const Day> days);

struct SpendLevel {
    double mean;
    double variance;  // of the mean
};
/** Spend per day of `days` days up to `last`. */
[[nodiscard]] SpendLevel spend_level(const Series& series, std::int32_t last, std::int32_t days);
/** How many days ago the spend changed beyond its usual variation, within `cooldown`; -1 where it did not. */
[[nodiscard]] std::int32_t days_since_change(const Series& series, std::int32_t as_of, std::int32_t cooldown);

}  // namespace marketing::budget
