// Advice and plans where the data mislead, in other worlds each day. The small form of two tables of docs/benchmarks.md.

#include <gtest/gtest.h>

#include <cmath>

#include "../../bench/budget/simulations.hpp"
#include "seed_of_today.hpp"

namespace {

using namespace marketing::budget;
using unit_test::seed_of_today;

/** Four and a half standard errors of a share `p` of `count`: more than that, of the days of a year, is not to be expected. */
double noise(double p, int count)
{
    return 4.5 * std::sqrt(p * (1 - p) / count);
}

/** What holds on average of the days of a year. */
struct Usual {
    double false_pauses;
    double false_scales;
    double reported;  // share of wrong calls
    double wrong;
    double coverage;
};

AdviceScore expect_usual(const AdviceKind& kind, const Usual& usual)
{
    const AdviceScore score = simulate_advice(150, seed_of_today(), kind).ours;
    const int calls = score.paused + score.scaled;
    EXPECT_LE(score.false_pauses(), usual.false_pauses + noise(usual.false_pauses, score.paused));
    EXPECT_LE(score.false_scales(), usual.false_scales + noise(usual.false_scales, score.scaled));
    EXPECT_LE(score.wrong(), usual.wrong + noise(usual.wrong, calls));
    // Between days the mean of what is reported deviates by .005 at most.
    EXPECT_NEAR(score.claimed(), usual.reported, 0.022);
    EXPECT_NEAR(score.coverage(), usual.coverage, noise(usual.coverage, score.campaigns));
    EXPECT_GT(calls, 30);
    return score;
}

TEST(BudgetWorlds, AdviceOnLeadsInBurstsIsSeldomWrongAndSaysHowOften)
{
    SCOPED_TRACE(seed_of_today());
    AdviceKind kind;
    kind.world.size = 1;
    expect_usual(kind, {.false_pauses = 0.063, .false_scales = 0.047, .reported = 0.054, .wrong = 0.052, .coverage = 0.915});
    kind.world.size = 0.5;
    expect_usual(kind, {.false_pauses = 0.097, .false_scales = 0.061, .reported = 0.060, .wrong = 0.069, .coverage = 0.924});
    kind.world.size = 0.25;
    expect_usual(kind, {.false_pauses = 0.161, .false_scales = 0.080, .reported = 0.067, .wrong = 0.091, .coverage = 0.942});
}

TEST(BudgetWorlds, DaysWithoutLeadsAreSeldomAReasonToPause)
{
    SCOPED_TRACE(seed_of_today());
    AdviceKind kind;
    kind.world.silence = 0.7;
    const AdviceScore score =
        expect_usual(kind, {.false_pauses = 0.10, .false_scales = 0.055, .reported = 0.079, .wrong = 0.057, .coverage = 0.964});
    // .0004, with a deviation of .0007 between days. Were all campaigns held to be as bursty as they are on average, many times as many.
    EXPECT_LT(score.paused, 0.005 * score.campaigns);
}

TEST(BudgetWorlds, LiftIsHeldWhereSpendFollowsASeason)
{
    SCOPED_TRACE(seed_of_today());
    const PortfolioKind kind{
        .days = 182, .budget_days = 7, .season = 0.4, .following = 1, .elasticity_a = 3, .elasticity_b = 6};
    const PlanScore score = simulate_plans(40, kind, seed_of_today()).ours;
    // Were the season taken for the effect of spend, the lift would be held in at most one of twenty.
    EXPECT_GT(score.coverage(), 0.916 - noise(0.916, score.moved));
    EXPECT_GT(score.moved, 30);
    // .842 with a deviation of .021 between days.
    EXPECT_GT(score.share(), 0.74);
    EXPECT_LE(score.harm(), 0.1);
}

TEST(BudgetWorlds, LiftIsHeldWhereSpendHasNoEffect)
{
    SCOPED_TRACE(seed_of_today());
    const PortfolioKind kind{.days = 182, .budget_days = 7, .season = 0.4, .following = 1, .flat = true};
    const PlanScore score = simulate_plans(40, kind, seed_of_today()).ours;
    // .77 where curves alone are believed.
    EXPECT_GT(score.coverage(), 0.94);
    EXPECT_GT(score.moved, 25);
}

}  // namespace
