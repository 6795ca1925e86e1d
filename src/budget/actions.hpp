/**
 * What to do with each campaign: scale, pause or monitor, with the probability that the advice is right and the reason for it.
 */
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <vector>

#include "budget/panel.hpp"
#include "budget/worth.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

/** What campaigns are to bring. */
enum class Goal {
    automatic,  // the deepest outcome that there is evidence of
    leads,
    contracts,
    revenue,
    profit,  // revenue that pays for the spend behind it
};
/** By name; throws Error(invalid_parameter) for others. */
[[nodiscard]] Goal find_goal(std::string_view name);
[[nodiscard]] std::string_view name_of(Outcome outcome);

struct ActionRules {
    Goal goal = Goal::leads;
    double profit_margin = 1;  // what is left of revenue beside the spend, where profit is the goal
    double target = std::numeric_limits<double>::quiet_NaN();  // cost per unit of the outcome; NaN: what the others pay
    double marginal_target =
        std::numeric_limits<double>::quiet_NaN();  // cost of one more; NaN: target / the portfolio's elasticity
    double p_scale = 0.9;
    double p_pause = 0.9;
    double hysteresis = 0.05;  // an action once advised stays until its probability is this much lower
    double margin = 0.08;      // pause what is this much dearer than the target
    double least_responses = 8;
    double least_spend = 3;  // in targets
    std::int32_t least_days = 7;
    double step = 0.2;
    double half_life = 14;      // days after which evidence counts half; infinity: never
    std::int32_t window = 28;   // days
    std::int32_t cooldown = 7;  // days after a change of the budget
    std::int32_t block = 7;     // days of a block of the response curve
};

enum class Action { scale, pause, monitor };
[[nodiscard]] std::string_view name_of(Action action);

/** The parts of an advice that are plain data. */
struct AdviceNumbers {
    std::string_view campaign;
    std::string_view platform;
    Action action = Action::monitor;
    double change = 0;  // of the spend, as a fraction; NaN where none is advised
    double spend = 0;   // of the window, unweighted
    double responses = 0;
    double arrived = 1;  // which share of its responses have come, by what was spent
    double contracts = 0;
    double cost = 0;  // per response: posterior median and its 90 % interval; NaN without spend
    double cost_low = 0;
    double cost_high = 0;
    Outcome outcome = Outcome::leads;  // that it is judged by
    double unit_cost = 0;              // the same per unit of the outcome
    double unit_low = 0;
    double unit_high = 0;
    double lead_worth = 0;  // units of the outcome that a lead brings
    double signing = 0;     // contracts per lead; NaN where there are none
    double value = 0;       // of a contract; NaN where there are no amounts
    double roas = 0;        // that the leads of the window lead to, with its 90 % interval; NaN as the value
    double roas_low = 0;
    double roas_high = 0;
    double p_better = 0;       // P(cost <= target), by the outcome, as the next ones
    double p_worse = 0;        // P(cost > (1 + margin) target)
    double p_better_rest = 0;  // P(cheaper than the rest of the portfolio)
    double marginal_cost = 0;  // of one more response; NaN where spend has no effect
    double elasticity = 0;
    double target = 0;
    double spend_needed = 0;       // until the evidence is expected to decide; NaN where it has
    double daily_spend = 0;        // of the last week that spends
    std::int32_t next_review = 0;  // day
    const char* evidence = "";     // strong, moderate, weak, learning, cooling_down, inactive, no_spend, no_target
};

struct Advice : AdviceNumbers {
    std::string reason;
};

/** Expected share of wrong calls among the advised actions; NaN where none is advised. */
[[nodiscard]] double expected_false_rate(std::span<const Advice> advice);

/** Advice per series, as of day `as_of`, by the days up to it. Throws Error(invalid_parameter) for bad rules, and Stopped. */
[[nodiscard]] std::vector<Advice> advise(std::span<const Series> panel, const ActionRules& rules, std::int32_t as_of,
                                         const kernel::StopFlag& stop);

}  // namespace marketing::budget
