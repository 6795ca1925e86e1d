/**
 * Exact allocation of a budget among concave response curves: at the optimum every campaign that is not at a bound has the same
 * marginal response, so that one number, the multiplier, decides all of them.
 */
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "budget/curve.hpp"
#include "kernel/named.hpp"
#include "kernel/stop.hpp"
#include "kernel/unknown.hpp"

namespace marketing::budget {

struct Candidate {
    Curve curve;
    double current;  // spend today
    double least;    // bounds of the spend; a frozen campaign has both at `current`
    double most;
    std::size_t group;  // index into the side constraints
};

/** Bounds of a group's share of the whole budget. */
struct Share {
    double least = 0;
    double most = 1;
};
struct NamedShare {
    std::string_view platform;
    Share share;
};
/** One element of each column per share; `least` and `most` may be absent. Throws Error(invalid_parameter) for other lengths. */
[[nodiscard]] std::vector<NamedShare> named_shares(std::span<const std::string_view> platform, std::span<const double> least,
                                                   std::span<const double> most);
/** The constraints of named shares, and behind them none, for the platforms without. */
[[nodiscard]] std::vector<Share> constraints_of(std::span<const NamedShare> shares);
/** Which of the constraints a platform has. */
[[nodiscard]] std::size_t group_of(std::span<const NamedShare> shares, std::string_view platform);

enum class Objective {
    fixed_budget,    // the most response of a given budget
    target_cost,     // the largest budget whose average cost per response is the target
    marginal_cost,   // spend until one more response costs the target
    same_response,   // today's response at the least spend
    target_response  // a given response at the least spend
};

/** The objective called `name`. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_objective = kernel::names<Objective>("objective", {{"fixed_budget", Objective::fixed_budget},
                                                                              {"target_cost", Objective::target_cost},
                                                                              {"marginal_cost", Objective::marginal_cost},
                                                                              {"same_response", Objective::same_response},
                                                                              {"target_response", Objective::target_response}});

enum class Binding { free, least, most, group, fixed };
[[nodiscard]] std::string_view name_of(Binding binding);

struct Allocation {
    std::vector<double> spend;
    std::vector<Binding> binding;
    double total;
    double response;
};

/**
 * The best allocation. `target` is the budget, the cost or the response that `objective` names. Budgets are met to 1e-12, the optimum
 * to 1e-9 relative, whatever the unit of money. Throws Error(invalid_parameter) where bounds and shares leave no answer, with the sums
 * that contradict each other, and Stopped.
 */
[[nodiscard]] Allocation allocate(std::span<const Candidate> candidates, std::span<const Share> groups, Objective objective,
                                  double target, const kernel::StopFlag& stop);

/** Campaigns of known curves, one element of each column per campaign: a point of the curve and its elasticity there. */
struct CurveColumns {
    std::span<const std::string_view> campaign;
    std::span<const double> spend;  // also today's
    std::span<const double> response;
    std::span<const double> elasticity;
    std::span<const double> least;  // bounds of the spend; absent: 0.7 and 1.3 of today's
    std::span<const double> most;
    std::span<const std::string_view> platform;  // absent: nobody shares a constraint
};
struct Reallocation {
    double current = 0;
    double optimal = 0;
    double response_now = 0;
    double response_then = 0;
    double marginal_cost = kernel::unknown;
    Binding binding = Binding::free;
};
/** The best allocation per campaign, and behind them their sum. A target that is not known is today's budget where a budget is fixed. */
[[nodiscard]] std::vector<Reallocation> reallocate(const CurveColumns& columns, Family family,
                                                   std::span<const NamedShare> shares, Objective objective, double target,
                                                   const kernel::StopFlag& stop);

/** By how many percent `to` lies above `from`. */
[[nodiscard]] inline double percent_change(double from, double to)
{
    return from > 0 ? 100 * (to / from - 1) : kernel::unknown;
}

/** Amounts in whole units that add up to `total`, itself rounded to a unit: the largest remainders are rounded up. */
[[nodiscard]] std::vector<double> round_to_unit(std::span<const double> amounts, double unit);

}  // namespace marketing::budget
