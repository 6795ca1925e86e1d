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

/** Amounts in whole units that add up to `total`, itself rounded to a unit: the largest remainders are rounded up. */
[[nodiscard]] std::vector<double> round_to_unit(std::span<const double> amounts, double unit);

}  // namespace marketing::budget
