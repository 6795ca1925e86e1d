// The simulations of docs/budget.md in small: enough runs to see a broken method, not the third digit.
#include "../../bench/budget/simulations.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace {

using namespace marketing::budget;

/** Three standard errors of a share `p` of which `count` were drawn. */
double noise(double p, double count)
{
    return 3 * std::sqrt(p * (1 - p) / count);
}

TEST(BudgetSimulation, AdviceIsSeldomWrongAndFindsMore)
{
    // What 10,000 portfolios of other seeds gave, in the first table of the page; here it must be met within the noise of fewer.
    constexpr double false_pauses = 0.040;
    constexpr double false_scales = 0.039;
    constexpr double coverage = 0.912;
    constexpr double found_of_heavy_evidence = 1.94;
    constexpr double false_pauses_of_rule_engine = 0.156;
    const AdviceScores scores = simulate_advice(300);
    EXPECT_LE(scores.ours.false_pauses(), false_pauses + noise(false_pauses, scores.ours.paused));
    EXPECT_LE(scores.ours.false_scales(), false_scales + noise(false_scales, scores.ours.scaled));
    EXPECT_NEAR(scores.ours.coverage(), coverage, noise(coverage, scores.ours.campaigns));
    // Both find of the same campaigns, and what heavy evidence finds is the rarer.
    const double heavy = scores.heavy_evidence.recall();
    const double heavy_noise = noise(heavy, scores.heavy_evidence.bad + scores.heavy_evidence.good);
    EXPECT_GE(scores.ours.recall(), found_of_heavy_evidence * (heavy - heavy_noise));
    // What people do instead is wrong three times as often.
    EXPECT_GE(scores.rule_engine.false_pauses(),
              false_pauses_of_rule_engine - noise(false_pauses_of_rule_engine, scores.rule_engine.paused));
    // It says how often it will be wrong.
    EXPECT_NEAR(scores.ours.claimed_false / scores.ours.claims,
                (scores.ours.falsely_paused + scores.ours.falsely_scaled) / double(scores.ours.paused + scores.ours.scaled),
                0.02);
}

TEST(BudgetSimulation, DaysOfSilenceAreNoProof)
{
    // Leads that come on three days of ten: how bursty they are must be learned, or every third pause is wrong.
    constexpr double most_wrong = 0.06;
    AdviceKind kind;
    kind.world.silence = 0.7;
    const AdviceScore score = simulate_advice(150, 5000, kind).ours;
    EXPECT_LE(score.wrong(), most_wrong + noise(most_wrong, score.paused + score.scaled));
    EXPECT_GE(score.coverage(), 0.9);
    // Those of campaigns that differ in it.
    kind.world = {.size = 0.7};
    kind.size_deviation = 0.8;
    const AdviceScore differing = simulate_advice(150, 5000, kind).ours;
    EXPECT_NEAR(differing.claimed(), differing.wrong(), 0.02 + noise(most_wrong, differing.paused + differing.scaled));
}

TEST(BudgetSimulation, IntervalsHoldInGroupsOfAnySizeAndSpread)
{
    for (const double deviation : {0.2, 0.45, 0.9}) {
        for (const int campaigns : {3, 20}) {
            const double coverage = simulate_coverage(1200 / campaigns, campaigns, deviation, 300);
            EXPECT_GE(coverage, 0.875) << deviation << ' ' << campaigns;
            EXPECT_LE(coverage, 0.975) << deviation << ' ' << campaigns;
        }
    }
}

TEST(BudgetSimulation, AdviceDoesNotFlap)
{
    const double with = simulate_flips(10, 0.05);
    EXPECT_LT(with, 0.8 * simulate_flips(10, 0));
    EXPECT_LT(with, 0.07);
}

TEST(BudgetSimulation, PlansWinMostOfWhatThereIs)
{
    for (const bool steep : {true, false}) {
        PortfolioKind kind;
        kind.budget_days = 7;
        kind.endogenous = true;
        kind.elasticity_a = steep ? 7 : 3;
        kind.elasticity_b = steep ? 4 : 6;
        const PlanScores scores = simulate_plans(30, kind);
        EXPECT_GE(scores.ours.share(), steep ? 0.8 : 0.6);
        EXPECT_GE(scores.ours.coverage(), 0.8);
        EXPECT_LE(scores.ours.harm(), 0.07);
        EXPECT_GT(scores.ours.share(), scores.rule.share());
        EXPECT_GT(scores.ours.share(), scores.hill.share());
    }
}

}  // namespace
