#include "budget/allocate.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <string>
#include <utility>

#include "budget/columns.hpp"
#include "kernel/error.hpp"
#include "numeric/search.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

/** Beyond the log of any slope. */
constexpr double no_slope = 1e300;

std::string shown(double amount)
{
    char text[32];
    std::snprintf(text, sizeof text, "%.10g", amount);
    return text;
}

/** The root of an increasing function in [low, high], where it changes its sign. */
template <class Function>
double root(Function f, double low, double high, const kernel::StopFlag& stop)
{
    const auto polled = [&f, &stop](double x) {
        stop.poll();
        return f(x);
    };
    if (polled(low) >= 0) {
        return low;
    }
    if (polled(high) <= 0) {
        return high;
    }
    const auto bracket = numeric::root(polled, low, high, 52);
    return std::abs(f(bracket.low)) < std::abs(f(bracket.high)) ? bracket.low : bracket.high;
}

/** What rounding left of `total` goes to the members with room, in proportion to it. */
void settle(std::span<const Candidate> candidates, std::span<const std::size_t> members, double total,
            std::vector<double>& spend)
{
    for (int round = 0; round < 4; ++round) {
        double given = 0;
        for (const std::size_t i : members) {
            given += spend[i];
        }
        const double rest = total - given;
        const auto room_of = [&](std::size_t i) {
            return rest > 0 ? candidates[i].most - spend[i] : spend[i] - candidates[i].least;
        };
        double room = 0;
        for (const std::size_t i : members) {
            room += room_of(i);
        }
        if (rest == 0 || !(room > 0)) {
            return;
        }
        const double part = std::clamp(rest / room, -1.0, 1.0);
        for (const std::size_t i : members) {
            spend[i] = std::clamp(spend[i] + room_of(i) * part, candidates[i].least, candidates[i].most);
        }
    }
}

/** The campaigns of a group. */
class Pool {
public:
    Pool(std::span<const Candidate> candidates, std::vector<std::size_t> members)
        : candidates_(candidates), members_(std::move(members))
    {
        for (const std::size_t i : members_) {
            const Candidate& c = candidates_[i];
            least_ += c.least;
            most_ += c.most;
            if (moves(c)) {
                // Beyond these slopes it does not move. A power curve has an infinite slope at 0.
                lowest_ = std::min(lowest_, std::log(c.curve.slope(c.most)));
                highest_ = std::max(highest_, std::log(c.curve.slope(std::max(c.least, c.most * 1e-12))));
            }
        }
    }
    [[nodiscard]] double least() const noexcept { return least_; }
    [[nodiscard]] double most() const noexcept { return most_; }
    [[nodiscard]] double lowest() const noexcept { return lowest_; }
    [[nodiscard]] double highest() const noexcept { return highest_; }
    [[nodiscard]] const std::vector<std::size_t>& members() const noexcept { return members_; }

    [[nodiscard]] double spend_at(double log_slope) const
    {
        const double slope = std::exp(log_slope);
        double sum = 0;
        for (const std::size_t i : members_) {
            sum += spend_of(i, slope);
        }
        return sum;
    }
    void give_out_at(double log_slope, std::vector<double>& spend) const
    {
        const double slope = std::exp(log_slope);
        for (const std::size_t i : members_) {
            spend[i] = spend_of(i, slope);
        }
    }

private:
    /** A campaign without any response takes only what no other can. */
    [[nodiscard]] static bool moves(const Candidate& c) { return c.most > c.least && c.curve.response > 0; }
    [[nodiscard]] double spend_of(std::size_t i, double slope) const
    {
        const Candidate& c = candidates_[i];
        return moves(c) ? std::clamp(c.curve.at_slope(slope), c.least, c.most) : c.least;
    }

    std::span<const Candidate> candidates_;
    std::vector<std::size_t> members_;
    double least_ = 0;
    double most_ = 0;
    double lowest_ = no_slope;
    double highest_ = -no_slope;
};

class Allocator {
public:
    Allocator(std::span<const Candidate> candidates, std::span<const Share> groups, const kernel::StopFlag& stop)
        : candidates_(candidates), groups_(groups), stop_(stop)
    {
        std::vector<std::vector<std::size_t>> members(groups.size());
        for (std::size_t i = 0; i < candidates.size(); ++i) {
            members[candidates[i].group].push_back(i);
        }
        for (std::vector<std::size_t>& group : members) {
            pools_.emplace_back(candidates, std::move(group));
            least_ += pools_.back().least();
            most_ += pools_.back().most();
            lowest_ = std::min(lowest_, pools_.back().lowest());
            highest_ = std::max(highest_, pools_.back().highest());
        }
        if (lowest_ > highest_) {
            lowest_ = highest_ = 0;  // nobody moves
        }
    }

    [[nodiscard]] double least() const noexcept { return least_; }
    [[nodiscard]] double most() const noexcept { return most_; }

    /** Whether bounds and shares can be met with this budget. */
    [[nodiscard]] bool feasible(double total) const
    {
        double least = 0;
        double most = 0;
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            const auto [low, high] = limits(g, total);
            if (low > high * (1 + 1e-12)) {
                return false;
            }
            least += low;
            most += high;
        }
        return least <= total * (1 + 1e-12) && most >= total * (1 - 1e-12);
    }

    /** Raises what makes a budget infeasible. */
    void require_feasible(double total) const
    {
        if (least_ > total * (1 + 1e-12) || most_ < total * (1 - 1e-12)) {
            throw Error(ErrorCode::invalid_parameter, "the bounds cannot be met with this budget",
                        "The budget is " + shown(total) + "; the least spends add up to " + shown(least_) + ", the most to " +
                            shown(most_) + ".",
                        "Widen the bounds, release frozen campaigns or change the budget.");
        }
        if (!feasible(total)) {
            double least = 0;
            double most = 0;
            for (std::size_t g = 0; g < groups_.size(); ++g) {
                const auto [low, high] = limits(g, total);
                if (low > high) {
                    throw Error(ErrorCode::invalid_parameter, "a share of the budget cannot be met within the bounds",
                                "A platform should have between " + shown(groups_[g].least * total) + " and " +
                                    shown(groups_[g].most * total) + "; its campaigns can spend between " +
                                    shown(pools_[g].least()) + " and " + shown(pools_[g].most()) + ".");
                }
                least += low;
                most += high;
            }
            throw Error(ErrorCode::invalid_parameter, "the shares cannot be met with this budget",
                        "The budget is " + shown(total) + "; with the shares the least spends add up to " + shown(least) +
                            ", the most to " + shown(most) + ".");
        }
    }

    /** The log of what one more unit of money brings, at the best allocation of `total`. */
    [[nodiscard]] double multiplier(double total) const
    {
        return root([this, total](double log_slope) { return total - spend_at(log_slope, total); }, lowest_, highest_, stop_);
    }

    /** The best allocation of a budget. Groups that their share holds have a multiplier of their own. */
    [[nodiscard]] std::vector<double> give_out(double total) const { return give_out(total, multiplier(total)); }
    [[nodiscard]] std::vector<double> give_out(double total, double common) const
    {
        std::vector<double> spend(candidates_.size());
        std::vector<std::size_t> free;
        double rest = total;
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            const Pool& pool = pools_[g];
            if (!held(g, common, total)) {
                pool.give_out_at(common, spend);
                free.insert(free.end(), pool.members().begin(), pool.members().end());
                continue;
            }
            const double amount = spend_of_group(g, common, total);
            pool.give_out_at(
                root([&](double log_slope) { return amount - pool.spend_at(log_slope); }, pool.lowest(), pool.highest(), stop_),
                spend);
            settle(candidates_, pool.members(), amount, spend);
            rest -= amount;
        }
        settle(candidates_, free, rest, spend);
        return spend;
    }

    [[nodiscard]] double response(std::span<const double> spend) const
    {
        double sum = 0;
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            sum += candidates_[i].curve.value(spend[i]);
        }
        return sum;
    }

    /** How much is spent where one more unit of money brings `log_slope`, the shares being those of the very sum. */
    [[nodiscard]] double budget_at(double log_slope) const
    {
        return root([this, log_slope](double total) { return total - spend_at(log_slope, total); }, least_, most_, stop_);
    }

    /** What holds each spend of give_out(total, common) where it is. */
    [[nodiscard]] std::vector<Binding> bindings_of(std::span<const double> spend, double total, double common) const
    {
        std::vector<bool> group_held;
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            group_held.push_back(held(g, common, total));
        }
        std::vector<Binding> bindings;
        for (std::size_t i = 0; i < candidates_.size(); ++i) {
            const Candidate& c = candidates_[i];
            const double tolerance = 1e-9 * c.most;
            bindings.push_back(c.most <= c.least                 ? Binding::fixed
                               : spend[i] <= c.least + tolerance ? Binding::least
                               : spend[i] >= c.most - tolerance  ? Binding::most
                               : group_held[c.group]             ? Binding::group
                                                                 : Binding::free);
        }
        return bindings;
    }

private:
    [[nodiscard]] std::pair<double, double> limits(std::size_t g, double total) const
    {
        const Share& share = groups_[g];
        return {std::max(pools_[g].least(), share.least * total),
                share.most < 1 ? std::min(pools_[g].most(), share.most * total) : pools_[g].most()};
    }
    [[nodiscard]] double spend_of_group(std::size_t g, double log_slope, double total) const
    {
        const auto [low, high] = limits(g, total);
        return std::max(low, std::min(high, pools_[g].spend_at(log_slope)));
    }
    [[nodiscard]] double spend_at(double log_slope, double total) const
    {
        double sum = 0;
        for (std::size_t g = 0; g < groups_.size(); ++g) {
            sum += spend_of_group(g, log_slope, total);
        }
        return sum;
    }
    /** Whether the share, not the campaigns' own bounds, holds a group where it is. */
    [[nodiscard]] bool held(std::size_t g, double log_slope, double total) const
    {
        const double wanted = pools_[g].spend_at(log_slope);
        const Share& share = groups_[g];
        return (share.most < 1 && wanted > share.most * total) || (share.least > 0 && wanted < share.least * total);
    }

    std::span<const Candidate> candidates_;
    std::span<const Share> groups_;
    kernel::StopFlag stop_;
    std::vector<Pool> pools_;
    double least_ = 0;
    double most_ = 0;
    double lowest_ = no_slope;
    double highest_ = -no_slope;
};

void check(std::span<const Candidate> candidates, std::span<const Share> groups)
{
    for (const Candidate& c : candidates) {
        const auto usable = [](double x) { return std::isfinite(x) && x >= 0; };
        if (!usable(c.current) || !usable(c.least) || !usable(c.most) || !usable(c.curve.response) ||
            !std::isfinite(c.curve.spend) || c.curve.spend <= 0) {
            throw Error(ErrorCode::invalid_parameter, "spends, responses and bounds must not be negative, infinite or NaN", {},
                        "Leave campaigns without spend out: nothing is known of what they would bring.");
        }
        if (c.least > c.most) {
            throw Error(ErrorCode::invalid_parameter, "a lower bound is above its upper bound",
                        "They are " + shown(c.least) + " and " + shown(c.most) + ".");
        }
    }
    for (const Share& share : groups) {
        if (!(share.least >= 0 && share.least <= share.most && share.most <= 1)) {
            throw Error(ErrorCode::invalid_parameter, "shares must be between 0 and 1, the least not above the most",
                        "They are " + shown(share.least) + " and " + shown(share.most) + ".");
        }
    }
}

/** The budget that `objective` asks for. */
double budget_of(const Allocator& allocator, std::span<const Candidate> candidates, Objective objective, double target,
                 const kernel::StopFlag& stop)
{
    const auto response_of = [&allocator](double total) { return allocator.response(allocator.give_out(total)); };
    switch (objective) {
        case Objective::fixed_budget: return target;
        case Objective::marginal_cost: return allocator.budget_at(-std::log(target));
        case Objective::target_cost: {
            // The response is concave in the budget, so what target * response exceeds the budget by is, too: it is largest where one
            // more response costs the target, and the largest budget that keeps to the target lies beyond.
            const double best = allocator.budget_at(-std::log(target));
            const double reached = response_of(best);
            if (target * reached < best) {
                throw Error(ErrorCode::invalid_parameter, "the target cost cannot be reached within the bounds",
                            "The target is " + shown(target) + "; the least that these bounds allow is about " +
                                shown(best / reached) + ".");
            }
            return root([&](double total) { return total - target * response_of(total); }, best, allocator.most(), stop);
        }
        case Objective::same_response:
        case Objective::target_response: {
            double wanted = target;
            if (objective == Objective::same_response) {
                wanted = 0;
                for (const Candidate& c : candidates) {
                    wanted += c.curve.value(c.current);
                }
            }
            const double least = response_of(allocator.least());
            const double most = response_of(allocator.most());
            if (wanted < least * (1 - 1e-12) || wanted > most * (1 + 1e-12)) {
                throw Error(ErrorCode::invalid_parameter, "the response cannot be reached within the bounds",
                            "Wanted is " + shown(wanted) + "; the bounds allow " + shown(least) + " to " + shown(most) + ".",
                            "Widen the bounds.");
            }
            return root([&](double total) { return response_of(total) - wanted; }, allocator.least(), allocator.most(), stop);
        }
    }
    return target;
}

constexpr auto bindings = kernel::names<Binding>("binding", {{"free", Binding::free},
                                                             {"min", Binding::least},
                                                             {"max", Binding::most},
                                                             {"platform", Binding::group},
                                                             {"fixed", Binding::fixed}});

std::vector<Candidate> candidates_of(const CurveColumns& columns, Family family, std::span<const NamedShare> shares)
{
    const Rows rows{columns.campaign.size(), "campaigns"};
    rows.require(columns.spend.size(), "spends");
    rows.require(columns.response.size(), "responses");
    rows.require(columns.elasticity.size(), "elasticities");
    rows.allow(columns.least.size(), "min_spends");
    rows.allow(columns.most.size(), "max_spends");
    rows.allow(columns.platform.size(), "platforms");
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < rows.count; ++i) {
        const double spend = columns.spend[i];
        candidates.push_back({{Shape(family, columns.elasticity[i]), spend, columns.response[i]},
                              spend,
                              columns.least.empty() ? 0.7 * spend : columns.least[i],
                              columns.most.empty() ? 1.3 * spend : columns.most[i],
                              columns.platform.empty() ? shares.size() : group_of(shares, columns.platform[i])});
    }
    return candidates;
}

}  // namespace

std::string_view name_of(Binding binding)
{
    return bindings.name_of(binding);
}

std::vector<NamedShare> named_shares(std::span<const std::string_view> platform, std::span<const double> least,
                                     std::span<const double> most)
{
    const Rows rows{platform.size(), "share_platforms"};
    rows.allow(least.size(), "min_share");
    rows.allow(most.size(), "max_share");
    std::vector<NamedShare> shares;
    for (std::size_t i = 0; i < rows.count; ++i) {
        shares.push_back({platform[i], {least.empty() ? 0 : least[i], most.empty() ? 1 : most[i]}});
    }
    return shares;
}

std::vector<Share> constraints_of(std::span<const NamedShare> shares)
{
    std::vector<Share> constraints;
    for (const NamedShare& share : shares) {
        constraints.push_back(share.share);
    }
    constraints.push_back({});
    return constraints;
}

std::size_t group_of(std::span<const NamedShare> shares, std::string_view platform)
{
    return static_cast<std::size_t>(std::ranges::find(shares, platform, &NamedShare::platform) - shares.begin());
}

Allocation allocate(std::span<const Candidate> candidates, std::span<const Share> groups, Objective objective, double target,
                    const kernel::StopFlag& stop)
{
    check(candidates, groups);
    if (objective != Objective::same_response &&
        (!std::isfinite(target) || target < 0 || (target == 0 && objective != Objective::fixed_budget))) {
        throw Error(ErrorCode::invalid_parameter, "the budget or target must be positive", "It is " + shown(target) + ".");
    }
    Allocation result{{}, {}, 0, 0};
    if (candidates.empty()) {
        return result;
    }
    const Allocator allocator(candidates, groups, stop);
    const double total = budget_of(allocator, candidates, objective, target, stop);
    allocator.require_feasible(total);
    const double multiplier = allocator.multiplier(total);
    result.spend = allocator.give_out(total, multiplier);
    result.total = std::accumulate(result.spend.begin(), result.spend.end(), 0.0);
    result.response = allocator.response(result.spend);
    result.binding = allocator.bindings_of(result.spend, total, multiplier);
    return result;
}

std::vector<Reallocation> reallocate(const CurveColumns& columns, Family family, std::span<const NamedShare> shares,
                                     Objective objective, double target, const kernel::StopFlag& stop)
{
    const std::vector<Candidate> candidates = candidates_of(columns, family, shares);
    Reallocation total;
    for (const Candidate& c : candidates) {
        total.current += c.current;
    }
    const bool keeps_budget = std::isnan(target) && objective == Objective::fixed_budget;
    const Allocation allocation =
        allocate(candidates, constraints_of(shares), objective, keeps_budget ? total.current : target, stop);
    std::vector<Reallocation> result;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        const Candidate& c = candidates[i];
        const double spend = allocation.spend[i];
        const double cost = 1 / c.curve.slope(spend);
        result.push_back({c.current, spend, c.curve.value(c.current), c.curve.value(spend),
                          std::isfinite(cost) ? cost : kernel::unknown, allocation.binding[i]});
        total.optimal += spend;
        total.response_now += result.back().response_now;
        total.response_then += result.back().response_then;
    }
    result.push_back(total);
    return result;
}

std::vector<double> round_to_unit(std::span<const double> amounts, double unit)
{
    std::vector<double> rounded(amounts.size());
    std::vector<std::size_t> order(amounts.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    double total = 0;
    double given = 0;
    for (std::size_t i = 0; i < amounts.size(); ++i) {
        total += amounts[i];
        rounded[i] = std::floor(amounts[i] / unit);
        given += rounded[i];
    }
    const auto remainder = [&](std::size_t i) { return amounts[i] / unit - std::floor(amounts[i] / unit); };
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) { return remainder(a) > remainder(b); });
    const auto missing = static_cast<std::size_t>(std::max(0.0, std::round(total / unit) - given));
    for (std::size_t i = 0; i < std::min(missing, order.size()); ++i) {
        rounded[order[i]] += 1;
    }
    for (double& amount : rounded) {
        amount *= unit;
    }
    return rounded;
}

}  // namespace marketing::budget
