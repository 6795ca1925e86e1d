/**
 * A budget plan: response curves of the campaigns, the best allocation on them, and what it is expected to bring, with its doubt.
 */
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "budget/allocate.hpp"
#include "budget/panel.hpp"
#include "budget/response.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

struct NamedTest {
    std::string_view campaign;
    LiftTest test;
};
/** One element of each column per test. Throws Error(invalid_parameter) for other lengths. */
[[nodiscard]] std::vector<NamedTest> named_tests(std::span<const std::string_view> campaign, std::span<const double> elasticity,
                                                 std::span<const double> deviation);

struct PlanRules {
    Objective objective = Objective::fixed_budget;
    std::optional<double> target;  // a budget or a response of the whole horizon, or a cost; none: today's budget
    double least = 0.7;            // bounds as multiples of today's spend
    double most = 1.3;
    double horizon = 30;       // days
    std::int32_t window = 28;  // days that say what is spent today
    std::int32_t block = 7;
    double unit = 0.01;  // spends are multiples of it
    ResponseOptions response;
    std::span<const std::string_view> frozen;
    std::span<const std::string_view> capped;  // these get no more than they have
    std::span<const NamedShare> shares;
    std::span<const NamedTest> tests;
};

/** The parts of a planned campaign that are plain data. */
struct PlannedNumbers {
    double current = 0;  // spend, of the whole horizon like all the others
    double recommended = 0;
    Interval response_now{};
    Interval response_then{};
    double marginal_cost = 0;  // of one more response at the recommended spend; NaN where nothing is spent, or brings anything
    double elasticity = 0;
    std::size_t blocks = 0;
    bool usable = false;
    std::string_view binding;  // what holds its spend
};

struct PlannedCampaign : PlannedNumbers {
    std::string reason;
};

struct Plan {
    std::vector<PlannedCampaign> campaigns;  // as the panel
    PlannedCampaign total;
    Interval lift{};
    double probability_of_lift = 0;
};

/** How far to go from today's spends towards others: the longest part of the way, in eighths, that is likely enough to gain. */
struct LikelyStep {
    double part;  // 0: stay
    PlanOutcome outcome;
    double probability_of_all;  // that going all the way gains
};
[[nodiscard]] LikelyStep likely_step(const ResponseModel& model, std::span<const double> today, std::span<const double> aim,
                                     const kernel::StopFlag& stop);

/** Throws Error(invalid_parameter) for rules that cannot be met, and Stopped. */
[[nodiscard]] Plan make_plan(std::span<const Series> panel, const PlanRules& rules, std::int32_t as_of,
                             const kernel::StopFlag& stop);

/** A point of a campaign's curve; spend and response are those of the whole horizon. */
struct CurvePoint {
    double multiple;  // of today's spend
    double spend;
    Interval response;
};
/** Which points of each curve: `count` of them, from nothing to `reach` times today's spend. */
struct CurveGrid {
    std::int32_t count = 21;
    double reach = 2;
};
/**
 * The curves that make_plan() moves on, one for each of the panel; those of campaigns that are not part of a plan are empty. At multiple 1
 * stands what a plan expects of today's spend. Throws as make_plan() does.
 */
[[nodiscard]] std::vector<std::vector<CurvePoint>> curve_points(std::span<const Series> panel, const PlanRules& rules,
                                                                std::int32_t as_of, const CurveGrid& grid,
                                                                const kernel::StopFlag& stop);

}  // namespace marketing::budget
