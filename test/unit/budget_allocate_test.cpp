#include "budget/allocate.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "kernel/error.hpp"

namespace {

using namespace marketing::budget;
using namespace unit_test;
using marketing::kernel::StopFlag;

const std::vector<Share> no_shares{{0, 1}};

/** V s / (K + s), given at an arbitrary spend. */
Candidate michaelis(double v, double k, double least, double most, double at = 37)
{
    return {{Shape(Family::michaelis_menten, k / (k + at)), at, v * at / (k + at)}, at, least, most, 0};
}

Candidate power(double a, double b, double least, double most)
{
    return {{Shape(Family::power, b), 1, a}, 1, least, most, 0};
}

double sum(const std::vector<double>& values)
{
    return std::accumulate(values.begin(), values.end(), 0.0);
}

std::vector<Candidate> random_candidates(std::mt19937_64& random, std::size_t n, Family family, double unit = 1)
{
    std::uniform_real_distribution<double> uniform(0, 1);
    std::vector<Candidate> candidates;
    for (std::size_t i = 0; i < n; ++i) {
        const double spend = unit * std::exp(3 * uniform(random));
        const double least = spend * uniform(random);
        candidates.push_back({{Shape(family, 0.1 + 0.8 * uniform(random)), spend, 1 + 20 * uniform(random)},
                              spend,
                              least,
                              spend * (1 + 2 * uniform(random)),
                              0});
    }
    return candidates;
}

TEST(BudgetAllocate, KnownOptima)
{
    const std::vector<Candidate> mm{michaelis(30, 100, 20, 150), michaelis(20, 50, 20, 150), michaelis(50, 400, 20, 200)};
    const Allocation a = allocate(mm, no_shares, Objective::fixed_budget, 300, StopFlag());
    EXPECT_NEAR(a.spend[0], 104.35938642, 1e-8);
    EXPECT_NEAR(a.spend[1], 67.98694676, 1e-8);
    EXPECT_NEAR(a.spend[2], 127.65366682, 1e-8);
    EXPECT_NEAR(a.response, 38.940815400, 1e-9);
    EXPECT_NEAR(mm[0].curve.slope(a.spend[0]), 0.07183433482, 1e-11);
    const std::vector<Candidate> powers{power(2, 0.5, 20, 150), power(1, 0.7, 20, 150), power(3, 0.4, 20, 200)};
    const Allocation b = allocate(powers, no_shares, Objective::fixed_budget, 300, StopFlag());
    EXPECT_NEAR(b.spend[0], 91.55882678, 1e-8);
    EXPECT_NEAR(b.spend[1], 150, 1e-8);
    EXPECT_NEAR(b.spend[2], 58.44117322, 1e-8);
    EXPECT_NEAR(b.response, 67.769119831, 1e-9);
    EXPECT_NEAR(powers[0].curve.slope(b.spend[0]), 0.10450808515771, 1e-11);
    EXPECT_EQ(b.binding[1], Binding::most);
    EXPECT_EQ(b.binding[0], Binding::free);
}

/** At the optimum no small shift between two campaigns helps; the response is at least that of thousands of random allocations. */
TEST(BudgetAllocate, OptimumToNineDigitsAndBudgetToTwelve)
{
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (const Family family : {Family::michaelis_menten, Family::power, Family::logarithm}) {
        for (const std::size_t n : {1UL, 2UL, 3UL, 10UL, 200UL}) {
            const auto candidates = random_candidates(random, n, family);
            double least = 0;
            double most = 0;
            for (const Candidate& c : candidates) {
                least += c.least;
                most += c.most;
            }
            const double budget = least + (most - least) * uniform(random);
            const Allocation a = allocate(candidates, no_shares, Objective::fixed_budget, budget, StopFlag());
            EXPECT_NEAR(sum(a.spend) / budget, 1, 1e-12);
            // The dual bound: for any multiplier l, no allocation gives more than sum max(f - l s) + l budget.
            double slope = 0;
            for (std::size_t i = 0; i < n; ++i) {
                if (a.binding[i] == Binding::free) {
                    slope = candidates[i].curve.slope(a.spend[i]);
                }
            }
            if (slope > 0) {
                double bound = slope * budget;
                for (const Candidate& c : candidates) {
                    const double s = std::clamp(c.curve.at_slope(slope), c.least, c.most);
                    bound += c.curve.value(s) - slope * s;
                }
                EXPECT_NEAR(a.response / bound, 1, 1e-9) << n;
            }
            for (std::size_t i = 0; i < n; ++i) {
                EXPECT_GE(a.spend[i], candidates[i].least);
                EXPECT_LE(a.spend[i], candidates[i].most);
            }
        }
    }
}

TEST(BudgetAllocate, TheUnitOfMoneyDoesNotMatter)
{
    for (const Family family : {Family::michaelis_menten, Family::power, Family::logarithm}) {
        std::vector<double> reference;
        for (const double unit : {1.0, 1e-6, 1e6}) {
            std::mt19937_64 random(2);
            const auto candidates = random_candidates(random, 20, family, unit);
            double current = 0;
            for (const Candidate& c : candidates) {
                current += c.current;
            }
            Allocation a = allocate(candidates, no_shares, Objective::fixed_budget, current, StopFlag());
            EXPECT_NEAR(sum(a.spend) / current, 1, 1e-12);
            for (double& s : a.spend) {
                s /= unit;
            }
            if (reference.empty()) {
                reference = a.spend;
            }
            for (std::size_t i = 0; i < a.spend.size(); ++i) {
                EXPECT_NEAR(a.spend[i] / reference[i], 1, 1e-9);
            }
        }
    }
}

TEST(BudgetAllocate, ObjectivesAgree)
{
    std::mt19937_64 random(3);
    const auto candidates = random_candidates(random, 12, Family::michaelis_menten);
    double current = 0;
    double today = 0;
    for (const Candidate& c : candidates) {
        current += c.current;
        today += c.curve.value(c.current);
    }
    const Allocation fixed = allocate(candidates, no_shares, Objective::fixed_budget, current, StopFlag());
    EXPECT_GE(fixed.response, today);
    // The same point, asked for by what it costs at the margin, by its response and by its average cost.
    const auto free =
        static_cast<std::size_t>(std::find(fixed.binding.begin(), fixed.binding.end(), Binding::free) - fixed.binding.begin());
    ASSERT_LT(free, candidates.size());
    const double cost = 1 / candidates[free].curve.slope(fixed.spend[free]);
    EXPECT_NEAR(allocate(candidates, no_shares, Objective::marginal_cost, cost, StopFlag()).total / current, 1, 1e-9);
    EXPECT_NEAR(allocate(candidates, no_shares, Objective::target_response, fixed.response, StopFlag()).total / current, 1,
                1e-9);
    EXPECT_NEAR(allocate(candidates, no_shares, Objective::target_cost, current / fixed.response, StopFlag()).total / current,
                1, 1e-9);
    const Allocation same = allocate(candidates, no_shares, Objective::same_response, 0, StopFlag());
    EXPECT_NEAR(same.response / today, 1, 1e-9);
    EXPECT_LT(same.total, current);
}

TEST(BudgetAllocate, SharesOfGroups)
{
    std::mt19937_64 random(4);
    auto candidates = random_candidates(random, 10, Family::michaelis_menten);
    double current = 0;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
        candidates[i].least = 0;
        candidates[i].most = 1000;
        candidates[i].group = i % 2;
        current += candidates[i].current;
    }
    const std::vector<Share> two{{0, 1}, {0, 1}};
    const Allocation open = allocate(candidates, two, Objective::fixed_budget, current, StopFlag());
    double first = 0;
    for (std::size_t i = 0; i < candidates.size(); i += 2) {
        first += open.spend[i];
    }
    const double share = first / current;
    // A cap below what the group would have: it gets exactly the cap, and each group is optimal within its own budget.
    const std::vector<Share> capped{{0, share * 0.8}, {0, 1}};
    const Allocation a = allocate(candidates, capped, Objective::fixed_budget, current, StopFlag());
    std::vector<Candidate> own;
    double given = 0;
    for (std::size_t i = 0; i < candidates.size(); i += 2) {
        given += a.spend[i];
        own.push_back(candidates[i]);
        EXPECT_TRUE(a.binding[i] == Binding::group || a.binding[i] == Binding::least);
    }
    EXPECT_NEAR(given / (current * share * 0.8), 1, 1e-12);
    EXPECT_NEAR(sum(a.spend) / current, 1, 1e-12);
    const Allocation alone = allocate(own, no_shares, Objective::fixed_budget, given, StopFlag());
    for (std::size_t i = 0; i < own.size(); ++i) {
        EXPECT_NEAR(alone.spend[i], a.spend[2 * i], 1e-9 * current);
    }
    EXPECT_LT(a.response, open.response);
    // A floor above it moves it the other way; a share that does not bind changes nothing.
    const std::vector<Share> floor{{share * 1.1, 1}, {0, 1}};
    const Allocation b = allocate(candidates, floor, Objective::fixed_budget, current, StopFlag());
    double more = 0;
    for (std::size_t i = 0; i < candidates.size(); i += 2) {
        more += b.spend[i];
    }
    EXPECT_NEAR(more / (current * share * 1.1), 1, 1e-12);
    const std::vector<Share> loose{{share * 0.5, 1}, {0, 0.99}};
    EXPECT_NEAR(allocate(candidates, loose, Objective::fixed_budget, current, StopFlag()).response / open.response, 1, 1e-12);
}

TEST(BudgetAllocate, EdgeCases)
{
    // One campaign gets all; equal curves get equal parts; a frozen one keeps what it has.
    EXPECT_EQ(allocate(std::vector{michaelis(30, 100, 0, 500)}, no_shares, Objective::fixed_budget, 123, StopFlag()).spend[0],
              123);
    const Allocation equal =
        allocate(std::vector(4, michaelis(30, 100, 0, 500)), no_shares, Objective::fixed_budget, 400, StopFlag());
    for (const double s : equal.spend) {
        EXPECT_NEAR(s, 100, 1e-9);
    }
    const Allocation frozen = allocate(std::vector{michaelis(30, 100, 37, 37), michaelis(30, 100, 0, 500)}, no_shares,
                                       Objective::fixed_budget, 300, StopFlag());
    EXPECT_EQ(frozen.spend[0], 37);
    EXPECT_NEAR(frozen.spend[1], 263, 1e-9);
    EXPECT_EQ(frozen.binding[0], Binding::fixed);
    // All frozen, at exactly that budget.
    EXPECT_EQ(allocate(std::vector(2, michaelis(30, 100, 37, 37)), no_shares, Objective::fixed_budget, 74, StopFlag()).total,
              74);
    EXPECT_TRUE(allocate({}, {}, Objective::fixed_budget, 10, StopFlag()).spend.empty());
    EXPECT_EQ(allocate(std::vector{michaelis(30, 100, 0, 500)}, no_shares, Objective::fixed_budget, 0, StopFlag()).spend[0], 0);
    // Nobody responds: the bounds decide, and the budget is met.
    EXPECT_NEAR(
        sum(allocate(std::vector(3, michaelis(0, 100, 10, 50)), no_shares, Objective::fixed_budget, 100, StopFlag()).spend),
        100, 1e-9);
    const Allocation useless = allocate(std::vector{michaelis(0, 100, 10, 50), michaelis(30, 100, 0, 50)}, no_shares,
                                        Objective::fixed_budget, 70, StopFlag());
    EXPECT_NEAR(useless.spend[1], 50, 1e-9);
    EXPECT_NEAR(useless.spend[0], 20, 1e-9);
}

std::string refusal(const std::vector<Candidate>& candidates, Objective objective, double target,
                    const std::vector<Share>& shares = no_shares)
{
    try {
        (void)allocate(candidates, shares, objective, target, StopFlag());
    } catch (const marketing::kernel::Error& e) {
        return std::string(e.what()) + ": " + e.detail();
    }
    return "no error";
}

TEST(BudgetAllocate, WhatCannotBeMet)
{
    const std::vector<Candidate> two(2, michaelis(30, 100, 20, 150));
    EXPECT_EQ(refusal(two, Objective::fixed_budget, 10),
              "the bounds cannot be met with this budget: The budget is 10; the least spends add up to 40, the most to 300.");
    EXPECT_EQ(refusal(two, Objective::fixed_budget, 301),
              "the bounds cannot be met with this budget: The budget is 301; the least spends add up to 40, the most to 300.");
    EXPECT_NE(refusal(two, Objective::target_response, 1000).find("cannot be reached"), std::string::npos);
    EXPECT_NE(refusal(two, Objective::target_cost, 0.01).find("cannot be reached"), std::string::npos);
    EXPECT_NE(refusal(two, Objective::fixed_budget, 100, {{0, 0.5}}).find("share"), std::string::npos);
    EXPECT_NE(refusal(two, Objective::fixed_budget, NAN).find("positive"), std::string::npos);
    EXPECT_NE(refusal(two, Objective::marginal_cost, 0).find("positive"), std::string::npos);
    EXPECT_NE(refusal({michaelis(30, 100, 50, 20)}, Objective::fixed_budget, 30).find("above its upper"), std::string::npos);
    EXPECT_NE(refusal({michaelis(30, 100, -1, 20)}, Objective::fixed_budget, 30).find("negative"), std::string::npos);
    EXPECT_EQ(error_of([&] { (void)Shape(Family::power, 1); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)Shape(Family::power, NAN); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_family("hill"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_objective("max"); }), ErrorCode::invalid_parameter);
}

TEST(BudgetCurve, ShapesAreWhatTheySay)
{
    for (const Family family : {Family::michaelis_menten, Family::power, Family::logarithm}) {
        for (const double e : {0.03, 0.3, 0.62, 0.97}) {
            const Shape shape(family, e);
            EXPECT_NEAR(shape.value(1), 1, 1e-12);
            EXPECT_NEAR(shape.slope(1), e, 1e-12);
            EXPECT_NEAR((shape.slope(1 - 1e-5) - shape.slope(1 + 1e-5)) / (2e-5 * e), shape.bend(), 1e-4);
            EXPECT_NEAR(Shape::of_bend(family, shape.bend()).elasticity(), e, 1e-5);
            for (const double x : {0.2, 1.0, 4.0}) {
                EXPECT_NEAR((shape.value(x * (1 + 1e-6)) - shape.value(x * (1 - 1e-6))) / (2e-6 * x), shape.slope(x), 1e-6);
                EXPECT_NEAR(shape.at_slope(shape.slope(x)), x, 1e-9 * std::max(1.0, 1 / (1 - e)));
            }
        }
    }
}

TEST(BudgetRounding, LargestRemainders)
{
    const std::vector<double> amounts{10.005, 20.004, 30.002};
    const std::vector<double> rounded = round_to_unit(amounts, 0.01);
    EXPECT_NEAR(sum(rounded), 60.01, 1e-9);
    EXPECT_NEAR(rounded[0], 10.01, 1e-9);
    EXPECT_NEAR(rounded[2], 30.00, 1e-9);
}

}  // namespace
