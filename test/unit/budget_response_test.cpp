#include "budget/response.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <string>
#include <vector>

#include "../../bench/statistics/worlds/random.hpp"
#include "budget/actions.hpp"
#include "budget/plan.hpp"
#include "error_of.hpp"

namespace {

using namespace marketing::budget;
namespace worlds = marketing::worlds;
using namespace unit_test;
using marketing::kernel::StopFlag;

/** Weeks of a known curve without noise. Spends of campaigns of other names move at other times. */
Series weeks_of(std::string_view name, double elasticity, double scale, int weeks, double variation = 0.4)
{
    const Curve curve{Shape(Family::michaelis_menten, elasticity), 100, 20};
    Series series{"p", name, {}};
    for (int d = 0; d < 7 * weeks; ++d) {
        const double spend = 100 * (1 + variation * std::sin(d / 7 * 1.7 + name.front()));
        series.days.push_back({d, spend * scale, curve.value(spend), 0});
    }
    return series;
}

ResponseModel fit(const std::vector<Series>& panel, std::vector<LiftTest> tests = {}, Family family = Family::michaelis_menten)
{
    std::vector<std::vector<Block>> blocks;
    for (const Series& series : panel) {
        blocks.push_back(blocks_of(series, last_day(panel), 7));
    }
    return fit_responses(blocks, tests, {.family = family}, StopFlag());
}

Plan plan_of(const std::vector<Series>& panel, PlanRules rules = {})
{
    rules.window = 7;
    return make_plan(panel, rules, last_day(panel), StopFlag());
}

TEST(BudgetPanel, BlocksAreWholeWeeksBackFromTheEnd)
{
    Series series{"", "a", {}};
    for (int d = 3; d < 20; ++d) {
        series.days.push_back({d, 10, 1, 0});
    }
    const auto blocks = blocks_of(series, 19, 7);
    ASSERT_EQ(blocks.size(), 2U);
    EXPECT_EQ(blocks[0].response, 7);
    EXPECT_EQ(blocks[1].spend, 10);
    // A week without spend is none; days without a row are days without spend.
    series.days.erase(series.days.begin() + 3, series.days.begin() + 10);
    const auto gap = blocks_of(series, 19, 7);
    ASSERT_EQ(gap.size(), 1U);
    EXPECT_EQ(blocks_of(series, 2, 7).size(), 0U);
    EXPECT_EQ(blocks_of({"", "x", {{0, 0, 5, 0}}}, 9, 7).size(), 0U);
    // A younger campaign than a block is one short block.
    EXPECT_EQ(blocks_of({"", "x", {{0, 4, 5, 0}, {1, 6, 5, 0}}}, 1, 7).at(0).days, 2);
}

TEST(BudgetPanel, RowsInAnyOrderAndTwiceADay)
{
    const std::vector<std::string_view> names{"b", "a", "b", "a"};
    const std::vector<std::int32_t> days{5, 1, 4, 1};
    const std::vector<double> spend{1, 2, 3, 4};
    const std::vector<double> leads{0, 1, 0, 1};
    const auto panel =
        make_panel({.campaign = names, .platform = {}, .day = days, .spend = spend, .response = leads, .contracts = {}});
    ASSERT_EQ(panel.size(), 2U);
    EXPECT_EQ(panel[0].campaign, "a");
    ASSERT_EQ(panel[0].days.size(), 1U);
    EXPECT_EQ(panel[0].days[0].spend, 6);
    EXPECT_EQ(panel[1].days[0].day, 4);
    EXPECT_EQ(last_day(panel), 5);
    EXPECT_TRUE(make_panel({}).empty());
    const std::vector<double> bad{1, -2, 3, 4};
    EXPECT_EQ(error_of([&] {
                  (void)make_panel(
                      {.campaign = names, .platform = {}, .day = days, .spend = bad, .response = leads, .contracts = {}});
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)make_panel({.campaign = names,
                                    .platform = {},
                                    .day = {},
                                    .spend = std::span(spend).first(2),
                                    .response = leads,
                                    .contracts = {}});
              }),
              ErrorCode::invalid_parameter);
}

TEST(BudgetResponse, KnownCurvesComeBack)
{
    for (const double e : {0.3, 0.5, 0.8}) {
        const ResponseModel model = fit({weeks_of("a", e, 1, 60), weeks_of("b", e, 1, 60)});
        EXPECT_NEAR(model.campaigns[0].elasticity, e, 0.06);
        EXPECT_NEAR(model.campaigns[0].curve(Family::michaelis_menten).value(100), 20, 0.2);
        EXPECT_LE(model.campaigns[0].elasticity_low, e);
        EXPECT_GE(model.campaigns[0].elasticity_high, e);
        EXPECT_TRUE(model.campaigns[0].usable);
        EXPECT_GT(model.campaigns[0].r2, 0.9);
    }
}

TEST(BudgetResponse, TheUnitOfMoneyDoesNotMatter)
{
    const double reference = fit({weeks_of("a", 0.5, 1, 12), weeks_of("b", 0.6, 1, 12)}).campaigns[0].elasticity;
    for (const double unit : {1e-6, 1e6}) {
        EXPECT_NEAR(fit({weeks_of("a", 0.5, unit, 12), weeks_of("b", 0.6, unit, 12)}).campaigns[0].elasticity, reference, 1e-9);
    }
}

TEST(BudgetResponse, ThinDataAreThePortfolios)
{
    // Nine campaigns that tell their curve, one that never varied, one with three weeks, one that never spent.
    std::vector<Series> panel;
    const std::vector<std::string> names{"a", "b", "c", "d", "e", "f", "g", "h", "i"};
    for (const std::string& name : names) {
        panel.push_back(weeks_of(name, 0.8, 1, 52));
    }
    panel.push_back(weeks_of("same", 0.3, 1, 52, 0));
    panel.push_back(weeks_of("young", 0.3, 1, 3));
    panel.push_back({"p", "never", {{0, 0, 3, 0}}});
    const ResponseModel model = fit(panel);
    EXPECT_FALSE(model.campaigns[9].usable);
    EXPECT_FALSE(model.campaigns[10].usable);
    EXPECT_FALSE(model.campaigns[11].usable);
    EXPECT_NEAR(model.campaigns[9].elasticity, model.elasticity, 0.05);
    EXPECT_EQ(model.campaigns[11].elasticity, model.elasticity);
    EXPECT_GT(model.elasticity, 0.65);
}

TEST(BudgetResponse, AnExperimentOverrulesWhatIsUsual)
{
    const std::vector<Series> panel{weeks_of("a", 0.7, 1, 4, 0.05), weeks_of("b", 0.7, 1, 30)};
    EXPECT_FALSE(fit(panel).campaigns[0].usable);
    const ResponseModel tested = fit(panel, {{0.2, 0.03}, {}});
    EXPECT_NEAR(tested.campaigns[0].elasticity, 0.2, 0.05);
    EXPECT_TRUE(tested.campaigns[0].usable);
    EXPECT_LT(tested.campaigns[0].elasticity_high, 0.3);
}

TEST(BudgetResponse, OutcomesAreTheSameEachTimeAndMatchTheCurve)
{
    const std::vector<Series> panel{weeks_of("a", 0.5, 1, 52), weeks_of("b", 0.5, 1, 52)};
    const ResponseModel model = fit(panel);
    const std::vector<Move> moves{{100, 130}, {100, 70}};
    const PlanOutcome one = outcome_of(model, moves, StopFlag());
    const PlanOutcome two = outcome_of(model, moves, StopFlag());
    EXPECT_EQ(one.lift.low, two.lift.low);
    EXPECT_EQ(one.probability_of_lift, two.probability_of_lift);
    EXPECT_NEAR(one.campaigns[0].before.mean, 20, 0.5);
    EXPECT_LE(one.campaigns[0].before.low, one.campaigns[0].before.mean);
    EXPECT_GE(one.campaigns[0].after.mean, one.campaigns[0].before.mean);
    EXPECT_LT(one.lift.mean, 0);  // equal concave curves: an unequal split loses
    EXPECT_LT(one.probability_of_lift, 0.2);
    const std::vector<Move> none{{100, 100}, {100, 100}};
    EXPECT_EQ(outcome_of(model, none, StopFlag()).lift.mean, 0);
}

TEST(BudgetResponse, WhereNothingFollowsSpendALiftMayBeNone)
{
    const std::vector<Move> more{{100, 150}, {100, 150}};
    const std::vector<Move> less{{100, 60}, {100, 60}};
    const ResponseModel flat = fit({weeks_of("a", 1e-9, 1, 52), weeks_of("b", 1e-9, 1, 52)});
    EXPECT_GT(flat.nothing, 0.5);
    const Interval won = outcome_of(flat, more, StopFlag()).lift;
    EXPECT_EQ(won.low, 0);
    EXPECT_GT(won.high, 0);
    const Interval lost = outcome_of(flat, less, StopFlag()).lift;
    EXPECT_LT(lost.low, 0);
    EXPECT_EQ(lost.high, 0);
    const ResponseModel steep = fit({weeks_of("a", 0.5, 1, 52), weeks_of("b", 0.5, 1, 52)});
    EXPECT_LT(steep.nothing, 0.01);
    EXPECT_GT(outcome_of(steep, more, StopFlag()).lift.low, 0);
    EXPECT_LT(outcome_of(steep, less, StopFlag()).lift.high, 0);
}

TEST(BudgetResponse, TheCurveIsTheMeanOfAllCurves)
{
    for (const Family family : {Family::michaelis_menten, Family::power, Family::logarithm}) {
        // Spends that vary little leave a wide choice of elasticities.
        const ResponseModel model = fit({weeks_of("a", 0.4, 1, 13, 0.1), weeks_of("b", 0.7, 2, 13, 0.1)}, {}, family);
        for (const ResponseFit& fit : model.campaigns) {
            const Curve curve = fit.curve(family);
            for (const double x : {0.7, 0.85, 1.0, 1.15, 1.3}) {
                double value = 0;
                double slope = 0;
                for (std::size_t k = 0; k < elasticity_nodes; ++k) {
                    const Shape shape = shape_node(family, k);
                    value += fit.weight[k] * fit.shape / fit.rate[k] * shape.value(x);
                    slope += fit.weight[k] * fit.shape / fit.rate[k] * shape.slope(x) / fit.spend;
                }
                const double tolerance = x == 1 ? 1e-10 : 0.02;
                EXPECT_NEAR(curve.value(x * fit.spend) / value, 1, tolerance / 10) << x;
                EXPECT_NEAR(curve.slope(x * fit.spend) / slope, 1, tolerance) << x;
            }
        }
    }
}

TEST(BudgetResponse, ASeasonThatMovesSpendAndDemandIsNoEffect)
{
    // All spends follow a demand that moves all responses; what spend brings has elasticity 0.3.
    const auto seasonal = [](double own) {
        std::vector<Series> panel;
        const std::vector<std::string_view> names{"a", "b", "c", "d", "e", "f"};
        for (const std::string_view name : names) {
            Series series = weeks_of(name, 0.3, 1, 26, own);
            for (Day& day : series.days) {
                const double demand = std::exp(0.4 * std::sin(day.day / 7 * 0.24));
                day.response *= demand * Shape(Family::michaelis_menten, 0.3).value(demand * day.spend / 100) /
                                Shape(Family::michaelis_menten, 0.3).value(day.spend / 100);
                day.spend *= demand;
            }
            panel.push_back(series);
        }
        return panel;
    };
    const ResponseModel told = fit(seasonal(0.3));
    for (const ResponseFit& campaign : told.campaigns) {
        EXPECT_NEAR(campaign.elasticity, 0.3, 0.12);
        EXPECT_LE(campaign.elasticity_low, 0.3);
        EXPECT_GE(campaign.elasticity_high, 0.3);
        EXPECT_TRUE(campaign.usable);
    }
    // Where no spend moves by itself, nothing tells the two apart, and that is said.
    const ResponseModel untold = fit(seasonal(0.01));
    EXPECT_LE(untold.campaigns[0].elasticity_low, 0.3);
    EXPECT_GE(untold.campaigns[0].elasticity_high, 0.3);
    EXPECT_FALSE(untold.campaigns[0].usable);
    const Plan plan = plan_of(seasonal(0.01));
    for (const PlannedCampaign& c : plan.campaigns) {
        EXPECT_LE(std::abs(c.recommended / c.current - 1), 0.2001);
    }
    EXPECT_NE(plan.total.reason.find("All spends moved together"), std::string::npos);
}

TEST(BudgetResponse, NoiseHasNoEffect)
{
    worlds::Engine engine(3);
    std::vector<Series> panel;
    const std::vector<std::string_view> names{"a", "b", "c", "d", "e", "f", "g", "h"};
    for (const std::string_view name : names) {
        Series series = weeks_of(name, 0.3, 1, 13);
        for (Day& day : series.days) {
            day.response = worlds::overdispersed(engine, 5, 1);
        }
        panel.push_back(series);
    }
    int usable = 0;
    for (const ResponseFit& campaign : fit(panel).campaigns) {
        usable += campaign.usable ? 1 : 0;
        EXPECT_EQ(campaign.usable, campaign.elasticity_low > 0);
    }
    EXPECT_LE(usable, 1);
}

/** A campaign of few leads, which come as they like. */
Series noisy(std::string_view name, worlds::Engine& engine)
{
    const double cost = 20 * worlds::lognormal(engine, 0.5);
    Series series{"p", name, {}};
    for (int d = 0; d < 70; ++d) {
        const double spend = 100 * (1 + 0.3 * std::sin(d / 7 * 1.7 + name.front()));
        series.days.push_back({d, spend, worlds::overdispersed(engine, spend / cost, 0.5), 0});
    }
    return series;
}

TEST(BudgetPlan, GoesOnlyAsFarAsAGainIsLikely)
{
    worlds::Engine engine(1);
    int kept = 0;
    int partly = 0;
    int all = 0;
    for (int run = 0; run < 60; ++run) {
        const std::vector<Series> panel{noisy("a", engine), noisy("b", engine)};
        const Plan plan = plan_of(panel);
        const std::string_view binding = plan.campaigns[0].binding;
        if (binding == "kept") {
            ++kept;
            EXPECT_EQ(plan.lift.mean, 0);
            EXPECT_NE(plan.total.reason.find("Keep the budgets"), std::string::npos);
            EXPECT_NEAR(plan.campaigns[0].recommended, plan.campaigns[0].current, 0.011);
        } else {
            (binding == "doubt" ? partly : all) += 1;
            EXPECT_GE(plan.probability_of_lift, 0.85);
            EXPECT_EQ(binding == "doubt", plan.total.reason.find(" % of the way to the best budgets") != std::string::npos);
        }
        EXPECT_NEAR(plan.total.recommended, plan.total.current, 0.011);
    }
    EXPECT_GT(kept, 0);
    EXPECT_GT(partly, 0);
    EXPECT_GT(all, 0);
}

TEST(BudgetPlan, AFrozenCampaignIsFixedHoweverFarTheOthersGo)
{
    worlds::Engine engine(1);
    const std::vector<std::string_view> frozen{"c"};
    PlanRules rules;
    rules.frozen = frozen;
    for (int run = 0; run < 30; ++run) {
        const std::vector<Series> panel{noisy("a", engine), noisy("b", engine), noisy("c", engine)};
        const Plan plan = plan_of(panel, rules);
        EXPECT_EQ(plan.campaigns[2].binding, "fixed");
        EXPECT_EQ(plan.campaigns[2].reason, "Frozen: it keeps its spend.");
    }
}

TEST(BudgetPlan, AShareThatIsNotKeptTodayIsNoMatterOfDoubt)
{
    // Equal campaigns gain nothing by moving money, but the share is the user's wish.
    const std::vector<Series> panel{weeks_of("a", 0.5, 1, 20), {"q", "b", weeks_of("a", 0.5, 1, 20).days}};
    PlanRules rules;
    const std::vector<NamedShare> shares{{"q", {0.6, 1}}};
    rules.shares = shares;
    const Plan plan = plan_of(panel, rules);
    EXPECT_NEAR(plan.campaigns[1].recommended / plan.total.recommended, 0.6, 1e-4);
    EXPECT_LT(plan.lift.mean, 0);
}

TEST(BudgetPlan, NeverWorseThanTodayAndAddsUp)
{
    std::vector<Series> panel{weeks_of("cheap", 0.6, 1, 52), weeks_of("dear", 0.6, 3, 52), weeks_of("middle", 0.5, 1.5, 52)};
    const Plan plan = plan_of(panel);
    double recommended = 0;
    for (const PlannedCampaign& c : plan.campaigns) {
        recommended += c.recommended;
        EXPECT_GE(c.recommended, 0.7 * c.current - 0.01);
        EXPECT_LE(c.recommended, 1.3 * c.current + 0.01);
        EXPECT_FALSE(c.reason.empty());
    }
    EXPECT_NEAR(recommended, plan.total.current, 0.011);
    EXPECT_NEAR(plan.total.recommended, recommended, 1e-6);
    EXPECT_GT(plan.lift.mean, 0);
    EXPECT_GT(plan.campaigns[0].recommended, plan.campaigns[0].current);
    EXPECT_LT(plan.campaigns[1].recommended, plan.campaigns[1].current);
    EXPECT_GE(plan.probability_of_lift, 0.8);
}

TEST(BudgetPlan, EqualCampaignsKeepWhatTheyHave)
{
    const Plan plan = plan_of({weeks_of("a", 0.5, 1, 20), {"p", "b", weeks_of("a", 0.5, 1, 20).days}});
    EXPECT_NEAR(plan.campaigns[0].recommended, plan.campaigns[0].current, 0.011);
    EXPECT_NEAR(plan.campaigns[1].recommended, plan.campaigns[1].current, 0.011);
}

TEST(BudgetPlan, OneCampaignAndNone)
{
    const Plan one = plan_of({weeks_of("a", 0.5, 1, 20)});
    EXPECT_NEAR(one.campaigns[0].recommended, one.campaigns[0].current, 0.011);
    EXPECT_TRUE(plan_of({}).campaigns.empty());
    EXPECT_NE(plan_of({}).total.reason.find("nothing to plan"), std::string::npos);
    // Only organic results: nothing is bought, nothing is planned.
    const Plan organic = plan_of({{"p", "organic", {{0, 0, 9, 0}, {1, 0, 8, 0}}}});
    EXPECT_EQ(organic.campaigns[0].recommended, 0);
    EXPECT_NE(organic.campaigns[0].reason.find("No spend"), std::string::npos);
}

TEST(BudgetPlan, ThinDataMoveLittleAndSaySo)
{
    const Plan plan = plan_of({weeks_of("a", 0.5, 1, 3), weeks_of("b", 0.5, 4, 3)});
    for (const PlannedCampaign& c : plan.campaigns) {
        EXPECT_FALSE(c.usable);
        EXPECT_NE(c.reason.find("Thin data: 3 blocks"), std::string::npos);
        EXPECT_LE(std::abs(c.recommended / c.current - 1), 0.2001);
    }
    EXPECT_NE(plan.total.reason.find("Data too thin"), std::string::npos);
}

TEST(BudgetPlan, FrozenSharesAndOtherBudgets)
{
    const std::vector<Series> panel{
        weeks_of("a", 0.6, 1, 52), weeks_of("b", 0.6, 3, 52), {"q", "c", weeks_of("c", 0.6, 2, 52).days}};
    PlanRules rules;
    const std::vector<std::string_view> frozen{"b"};
    rules.frozen = frozen;
    const Plan held = plan_of(panel, rules);
    EXPECT_NEAR(held.campaigns[1].recommended, held.campaigns[1].current, 0.011);
    EXPECT_EQ(held.campaigns[1].binding, "fixed");
    rules = {};
    const std::vector<NamedShare> shares{{"q", {0, 0.3}}};
    rules.shares = shares;
    const Plan shared = plan_of(panel, rules);
    EXPECT_NEAR(shared.campaigns[2].recommended / shared.total.recommended, 0.3, 1e-4);
    rules = {};
    rules.target = 1.1 * shared.total.current;
    EXPECT_NEAR(plan_of(panel, rules).total.recommended, *rules.target, 0.011);
    rules.target = 2 * shared.total.current;
    EXPECT_EQ(error_of([&] { (void)plan_of(panel, rules); }), ErrorCode::invalid_parameter);
    rules = {};
    rules.objective = Objective::same_response;
    const Plan saved = plan_of(panel, rules);
    EXPECT_LT(saved.total.recommended, saved.total.current);
    rules.objective = Objective::target_cost;
    EXPECT_EQ(error_of([&] { (void)plan_of(panel, rules); }), ErrorCode::invalid_parameter);
    rules = {};
    const std::vector<std::string_view> unknown{"nobody"};
    rules.frozen = unknown;
    EXPECT_EQ(error_of([&] { (void)plan_of(panel, rules); }), ErrorCode::invalid_parameter);
}

Series daily(std::string_view name, double spend, double cost, int days, std::string_view platform = "p")
{
    Series series{platform, name, {}};
    double owed = 0;
    for (int d = 0; d < days; ++d) {
        owed += spend / cost;
        series.days.push_back({d, spend, std::floor(owed), 0});
        owed -= std::floor(owed);
    }
    return series;
}

TEST(BudgetActions, WhatIsCheapIsScaledWhatIsDearIsPaused)
{
    const std::vector<Series> panel{daily("cheap", 100, 20, 28), daily("dear", 100, 200, 28), daily("usual", 100, 50, 28),
                                    daily("usual too", 100, 52, 28)};
    const auto advice = advise(panel, {}, 27, StopFlag());
    EXPECT_EQ(advice[0].action, Action::scale);
    EXPECT_GT(advice[0].change, 0.049);
    EXPECT_LE(advice[0].change, 0.2);
    EXPECT_EQ(advice[1].action, Action::pause);
    EXPECT_EQ(advice[1].change, -1);
    EXPECT_EQ(advice[2].action, Action::monitor);
    EXPECT_LT(advice[0].cost_low, 20.5);
    EXPECT_GT(advice[0].cost_high, 19.5);
    EXPECT_GT(advice[0].marginal_cost, advice[0].cost);
    EXPECT_LT(expected_false_rate(advice), 0.05);
    // In other units of money the advice is the same.
    for (const double unit : {1e-6, 1e6}) {
        std::vector<Series> other = panel;
        for (Series& series : other) {
            for (Day& day : series.days) {
                day.spend *= unit;
                day.exposure *= unit;
            }
        }
        const auto same = advise(other, {}, 27, StopFlag());
        for (std::size_t i = 0; i < panel.size(); ++i) {
            EXPECT_EQ(same[i].action, advice[i].action);
            EXPECT_NEAR(same[i].p_better, advice[i].p_better, 1e-6);
        }
    }
}

TEST(BudgetActions, ReasonsNotToJudge)
{
    std::vector<Series> panel{daily("usual", 100, 50, 28), daily("usual too", 100, 50, 28), daily("young", 100, 10, 28),
                              daily("tiny", 1, 50, 28),    daily("stopped", 100, 20, 28),   {"p", "organic", {{3, 0, 7, 0}}}};
    panel[2].days.erase(panel[2].days.begin(), panel[2].days.begin() + 24);
    panel[4].days.resize(24);
    const auto advice = advise(panel, {}, 27, StopFlag());
    EXPECT_STREQ(advice[2].evidence, "learning");
    EXPECT_STREQ(advice[3].evidence, "learning");
    EXPECT_STREQ(advice[4].evidence, "inactive");
    EXPECT_STREQ(advice[5].evidence, "no_spend");
    EXPECT_NE(advice[5].reason.find("7 leads without spend"), std::string::npos);
    for (std::size_t i = 2; i < 6; ++i) {
        EXPECT_EQ(advice[i].action, Action::monitor);
    }
    // Organic results change nothing about what the paid ones cost.
    panel.pop_back();
    EXPECT_EQ(advise(panel, {}, 27, StopFlag())[0].p_better, advice[0].p_better);
}

TEST(BudgetActions, OneCampaignNeedsATarget)
{
    const std::vector<Series> panel{daily("only", 100, 20, 28)};
    EXPECT_STREQ(advise(panel, {}, 27, StopFlag())[0].evidence, "no_target");
    ActionRules rules;
    rules.target = 60;
    EXPECT_EQ(advise(panel, rules, 27, StopFlag())[0].action, Action::scale);
    rules.target = 5;
    EXPECT_EQ(advise(panel, rules, 27, StopFlag())[0].action, Action::pause);
    EXPECT_TRUE(advise({}, {}, 0, StopFlag()).empty());
    EXPECT_TRUE(std::isnan(expected_false_rate({})));
}

TEST(BudgetActions, ARaisedBudgetCoolsDown)
{
    std::vector<Series> panel{daily("raised", 100, 20, 28), daily("usual", 100, 50, 28), daily("usual too", 100, 55, 28)};
    EXPECT_EQ(advise(panel, {}, 27, StopFlag())[0].action, Action::scale);
    for (std::size_t d = 25; d < 28; ++d) {
        panel[0].days[d].spend *= 1.2;
        panel[0].days[d].exposure *= 1.2;
    }
    const auto advice = advise(panel, {}, 27, StopFlag());
    EXPECT_EQ(advice[0].action, Action::monitor);
    EXPECT_STREQ(advice[0].evidence, "cooling_down");
    EXPECT_LE(advice[0].next_review, 27 + 7);
    EXPECT_GT(advice[0].next_review, 27);
}

TEST(BudgetActions, ContractsAskForMoreEvidenceToPause)
{
    // Somewhat dear: enough to pause, not enough where it also brought contracts.
    bool differs = false;
    for (double cost = 60; cost < 140; cost += 2) {
        std::vector<Series> panel{daily("dear", 60, cost, 28), daily("usual", 100, 50, 28), daily("usual too", 100, 52, 28)};
        const auto without = advise(panel, {}, 27, StopFlag());
        panel[0].days[5].contracts = 1;
        const auto with = advise(panel, {}, 27, StopFlag());
        EXPECT_FALSE(with[0].action == Action::pause && without[0].action != Action::pause);
        differs = differs || with[0].action != without[0].action;
    }
    EXPECT_TRUE(differs);
}

TEST(BudgetActions, ImpossibleRules)
{
    for (const auto spoil : std::initializer_list<void (*)(ActionRules&)>{
             [](ActionRules& r) { r.target = -1; }, [](ActionRules& r) { r.p_scale = 0.4; },
             [](ActionRules& r) { r.p_pause = 1; }, [](ActionRules& r) { r.half_life = 0; },
             [](ActionRules& r) { r.margin = -1; }, [](ActionRules& r) { r.hysteresis = NAN; },
             [](ActionRules& r) { r.step = INFINITY; }, [](ActionRules& r) { r.window = 0; },
             [](ActionRules& r) { r.marginal_target = 0; }, [](ActionRules& r) { r.least_responses = -1; }}) {
        ActionRules rules;
        spoil(rules);
        EXPECT_EQ(error_of([&] { (void)advise({}, rules, 0, StopFlag()); }), ErrorCode::invalid_parameter);
    }
}

}  // namespace
