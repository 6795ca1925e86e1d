// What a lead is worth: how its parts are learned, and that advice by it is seldom wrong.
#include <gtest/gtest.h>

#include <cmath>

#include "../../bench/budget/simulations.hpp"

namespace {

using namespace marketing::budget;

/** `days` equal days up to day 99. */
Series steady(std::string_view name, std::int32_t days, double leads, double contracts, double revenue, double spend = 10)
{
    Series series{"", name, {}};
    for (std::int32_t d = 100 - days; d < 100; ++d) {
        series.days.push_back({d, spend, leads, contracts, revenue});
    }
    return series;
}

TEST(BudgetWorth, ManyContractsSpeakForThemselves)
{
    const std::vector<Series> panel{steady("a", 100, 10, 2, 400), steady("b", 100, 10, 1, 500)};
    const Worths worths(panel, 99, {});
    EXPECT_EQ(worths.deepest(), Outcome::revenue);
    EXPECT_NEAR(worths.contracts_per_lead(0).median(), 0.2, 0.01);
    EXPECT_NEAR(worths.contracts_per_lead(1).median(), 0.1, 0.01);
    EXPECT_NEAR(worths.contract_value(0).median(), 200, 4);
    EXPECT_NEAR(worths.contract_value(1).median(), 500, 10);
    const LogBelief lead = worths.lead(0, Outcome::revenue);
    EXPECT_NEAR(lead.median(), 40, 2);
    EXPECT_NEAR(lead.deviation, std::hypot(worths.contracts_per_lead(0).deviation, worths.contract_value(0).deviation), 1e-12);
    EXPECT_EQ(worths.lead(0, Outcome::leads).median(), 1);
}

TEST(BudgetWorth, DepthGoesAsFarAsTheContracts)
{
    EXPECT_EQ(Worths(std::vector{steady("a", 7, 5, 1, 10)}, 99, {}).deepest(), Outcome::leads);
    EXPECT_EQ(Worths(std::vector{steady("a", 9, 5, 1, 0)}, 99, {}).deepest(), Outcome::contracts);
    EXPECT_EQ(Worths(std::vector{steady("a", 9, 5, 1, 10)}, 99, {}).deepest(), Outcome::revenue);
    EXPECT_FALSE(Worths(std::vector{steady("a", 9, 5, 0, 0)}, 99, {}).knows(Outcome::contracts));
    EXPECT_EQ(Worths({}, 99, {}).deepest(), Outcome::leads);
}

TEST(BudgetWorth, SharesRiseWithAgeToOne)
{
    // Half of those who sign do so after 10 days, all after 30.
    Series series{"", "a", {}};
    for (std::int32_t d = 0; d < 100; ++d) {
        const int age = 99 - d;
        series.days.push_back({d, 10, 20, age < 10 ? 0.0 : age < 30 ? 2.0 : 4.0});
    }
    const auto shares = signed_shares(std::vector{series}, 99);
    ASSERT_EQ(shares.size(), 100);
    EXPECT_EQ(shares[5], 0);
    EXPECT_EQ(shares[20], 0.5);
    EXPECT_EQ(shares[40], 1);
    EXPECT_EQ(shares[99], 1);
    // Without contracts nothing is known to be missing.
    EXPECT_EQ(signed_shares(std::vector{steady("a", 3, 5, 0, 0)}, 99), (std::vector<double>(3, 1)));
}

TEST(BudgetWorth, YoungLeadsAreNotTakenForLeadsThatNeverSign)
{
    // The old campaign's leads sign after 20 days, the new one has 15.
    Series old{"", "old", {}};
    for (std::int32_t d = 0; d < 100; ++d) {
        old.days.push_back({d, 10, 5, d < 80 ? 1.0 : 0.0, d < 80 ? 100.0 : 0.0});
    }
    const std::vector<Series> panel{old, steady("new", 15, 5, 0, 0)};
    const Worths worths(panel, 99, {});
    EXPECT_NEAR(worths.contracts_per_lead(0).median(), 0.2, 0.02);
    EXPECT_GT(worths.contracts_per_lead(1).quantile(0.95), 0.2);
    EXPECT_LT(worths.contracts_per_lead(1).quantile(0.05), 0.2);
    EXPECT_GT(worths.contracts_per_lead(1).deviation, 3 * worths.contracts_per_lead(0).deviation);
}

TEST(BudgetWorth, LeadsWithoutSpendTeachNothing)
{
    const std::vector<Series> paid{steady("a", 60, 10, 2, 400), steady("b", 60, 10, 1, 500)};
    std::vector<Series> with = paid;
    with.push_back(steady("free", 60, 100, 90, 9, 0));
    const Worths one(paid, 99, {});
    const Worths two(with, 99, {});
    for (std::size_t i = 0; i < 2; ++i) {
        EXPECT_EQ(one.lead(i, Outcome::revenue).mean, two.lead(i, Outcome::revenue).mean);
        EXPECT_EQ(one.lead(i, Outcome::revenue).deviation, two.lead(i, Outcome::revenue).deviation);
    }
}

TEST(BudgetWorth, ACostPerUnitHasTheDoubtOfBoth)
{
    const CostEvidence evidence{400, 4000};
    const CostPosterior lead = CostPrior(std::span(&evidence, 1)).update(evidence);
    const double cost = lead.quantile(0.5);
    for (const double deviation : {0.0, 0.01, 0.05, 0.3, 2.0}) {
        const CostPosterior unit = lead.per_unit({std::log(2.0), deviation});
        const double spread = std::hypot(lead.log_rate().deviation, deviation);
        EXPECT_NEAR(unit.quantile(0.5), cost / 2, 0.01 * cost) << deviation;
        EXPECT_NEAR(unit.log_rate().deviation, spread, 0.05 * spread) << deviation;
        EXPECT_NEAR(std::log(unit.quantile(0.95) / unit.quantile(0.05)), 2 * 1.645 * spread, 0.1 * spread) << deviation;
    }
}

TEST(BudgetWorth, AdviceByTheDeepestOutcomeEqualsAdviceByRevenue)
{
    Engine engine(11);
    const WorthWorld made = make_worth_world({}, Outcome::revenue, engine);
    ActionRules rules;
    rules.goal = Goal::automatic;
    const auto automatic = advise(made.panel, rules, 118, {});
    rules.goal = Goal::revenue;
    const auto revenue = advise(made.panel, rules, 118, {});
    for (std::size_t i = 0; i < revenue.size(); ++i) {
        EXPECT_EQ(automatic[i].outcome, Outcome::revenue);
        EXPECT_EQ(automatic[i].reason, revenue[i].reason);
        EXPECT_LE(revenue[i].roas_low, revenue[i].roas);
        EXPECT_LE(revenue[i].roas, revenue[i].roas_high);
        EXPECT_NEAR(revenue[i].roas, 1 / revenue[i].unit_cost, 1e-9 * revenue[i].roas);
    }
}

TEST(BudgetWorth, AdviceByContractsAndRevenueIsSeldomWrong)
{
    for (const Outcome outcome : {Outcome::contracts, Outcome::revenue}) {
        const AdviceScore score = simulate_worth(40, {}, outcome, 4000);
        // At most one of twenty, within three standard errors of so few worlds.
        EXPECT_LE(score.false_pauses(), 0.05 + 3 * std::sqrt(0.05 * 0.95 / score.paused));
        EXPECT_LE(score.false_scales(), 0.05 + 3 * std::sqrt(0.05 * 0.95 / score.scaled));
        EXPECT_NEAR(score.coverage(), 0.9, 0.04);
        EXPECT_GE(score.recall(), 0.6);
    }
}

}  // namespace
