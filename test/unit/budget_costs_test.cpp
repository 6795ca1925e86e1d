#include "budget/costs.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <vector>

#include "../../bench/statistics/worlds/random.hpp"
#include "error_of.hpp"

namespace {

using namespace marketing::budget;
using namespace unit_test;

TEST(BudgetCosts, KnownPosteriors)
{
    const GammaRate belief = update(GammaRate{4, 160}, CostEvidence{7, 300});
    EXPECT_NEAR(probability_cost_within(belief, 50), 0.682026446383, 1e-12);
    EXPECT_NEAR(cost_quantile(belief, 0.05), 27.119092945, 1e-9);
    EXPECT_NEAR(cost_quantile(belief, 0.50), 43.117498618, 1e-9);
    EXPECT_NEAR(cost_quantile(belief, 0.95), 74.566292180, 1e-9);
    EXPECT_NEAR(probability_cheaper({11, 460}, {30, 1500}), 0.670665649786, 1e-12);
    EXPECT_NEAR(probability_cheaper({11, 460}, {30, 1500}, 1.1), 0.570933052867, 1e-12);
}

/** Against a million draws, which know no formula. */
TEST(BudgetCosts, ContractsAndReturnsAreThoseOfDraws)
{
    const GammaRate leads{25, 1000};
    const BetaRate rate{6, 30};
    std::mt19937_64 random(5);
    std::gamma_distribution<double> per_money(leads.events, 1 / leads.spend);
    std::gamma_distribution<double> a(rate.successes);
    std::gamma_distribution<double> b(rate.failures);
    constexpr int draws = 400000;
    int within = 0;
    int above = 0;
    for (int i = 0; i < draws; ++i) {
        const double x = a(random);
        const double contracts = per_money(random) * x / (x + b(random));
        within += 1 / contracts <= 250 ? 1 : 0;
        above += contracts * 600 >= 2 ? 1 : 0;
    }
    EXPECT_NEAR(probability_contract_cost_within(leads, rate, 250), within / double(draws), 0.003);
    // The log-normal form is an approximation.
    EXPECT_NEAR(probability_return_above(return_on_spend(leads, rate, 600, 0), 2), above / double(draws), 0.03);
    const ReturnBelief wide = return_on_spend(leads, rate, 600, 0.5);
    EXPECT_LT(return_quantile(wide, 0.05), return_quantile(return_on_spend(leads, rate, 600, 0), 0.05));
    // A rate that is all but certain: contracts are leads.
    EXPECT_NEAR(probability_contract_cost_within(leads, {1e9, 1}, 50), probability_cost_within(leads, 50), 1e-6);
}

/** Costs from a log-normal world of little evidence: at least nine of ten 90 % intervals hold the truth, and not many more. */
TEST(BudgetCosts, IntervalsHoldWhatTheyPromise)
{
    std::mt19937_64 random(11);
    std::normal_distribution<double> normal;
    int covered = 0;
    int all = 0;
    for (int group = 0; group < 150; ++group) {
        std::vector<CostEvidence> evidence;
        std::vector<double> truth;
        for (int i = 0; i < 12; ++i) {
            const double cost = 10 * std::exp(0.45 * normal(random));
            const double spend = 10 * std::exp(3 * std::generate_canonical<double, 53>(random));
            truth.push_back(cost);
            evidence.push_back({marketing::worlds::overdispersed(random, spend / cost, 5), spend, 5});
        }
        const CostPrior prior(evidence);
        for (std::size_t i = 0; i < truth.size(); ++i) {
            const CostPosterior posterior = prior.update(evidence[i]);
            covered += posterior.quantile(0.05) <= truth[i] && truth[i] <= posterior.quantile(0.95) ? 1 : 0;
            ++all;
        }
    }
    EXPECT_GE(covered / double(all), 0.885);
    EXPECT_LE(covered / double(all), 0.945);
}

/** One campaign and no doubt about the group: the posterior on points is that of a fine numerical integration. */
TEST(BudgetCosts, PosteriorOnPointsIsExact)
{
    const CostEvidence evidence{7, 300};
    const CostPrior prior({}, 1 / 40.0);  // nothing learned: log-normal with the mean and variance of the log of Gamma(2, 80)
    const CostPosterior posterior = prior.update(evidence);
    const double center = 0.42278433509846713 - std::log(80.0);  // digamma(2)
    const double variance = 0.6449340668482264;                  // trigamma(2)
    double mass = 0;
    double within = 0;
    for (int i = 0; i < 200000; ++i) {
        const double x = -8 + i * 7e-5;
        const double density =
            std::exp(evidence.events * x - evidence.spend * std::exp(x) - (x - center) * (x - center) / (2 * variance) + 35);
        mass += density;
        within += std::exp(-x) <= 50 ? density : 0;
    }
    EXPECT_NEAR(posterior.probability_within(50), within / mass, 2e-3);
    EXPECT_NEAR(posterior.probability_within(posterior.quantile(0.3)), 0.3, 1e-9);
    // Another campaign whose cost is known exactly is a target; one as doubtful as can be is a toss.
    EXPECT_NEAR(posterior.probability_cheaper(std::log(50), 0), posterior.probability_within(50), 1e-12);
    EXPECT_NEAR(posterior.probability_cheaper(std::log(50), 1e6), 0.5, 1e-3);
}

TEST(BudgetCosts, UnitsDoNotMatter)
{
    const std::vector<CostEvidence> group{{5, 100}, {12, 150}, {0, 30}, {40, 900}};
    const GammaRate prior = fit_cost_prior(group);
    for (const double unit : {1e-6, 1e6}) {
        std::vector<CostEvidence> other = group;
        std::vector<CostEvidence> evidence;
        for (CostEvidence& member : other) {
            member.spend *= unit;
            evidence.push_back({member.events, member.spend, 10});
        }
        EXPECT_NEAR(fit_cost_prior(other).events / prior.events, 1, 1e-6);
        EXPECT_NEAR(fit_cost_prior(other).spend / prior.spend / unit, 1, 1e-6);
        const double cost = CostPrior(std::vector<CostEvidence>{{5, 100, 10}, {12, 150, 10}, {0, 30, 10}, {40, 900, 10}})
                                .update({5, 100, 10})
                                .quantile(0.9);
        EXPECT_NEAR(CostPrior(evidence).update(evidence[0]).quantile(0.9) / cost / unit, 1, 1e-6);
    }
}

TEST(BudgetCosts, GroupsThatTeachLittle)
{
    const std::vector<CostEvidence> one{{4, 100}};
    EXPECT_NEAR(fit_cost_prior(one).events, 2, 1e-12);
    EXPECT_NEAR(fit_cost_prior(one).spend, 50, 1e-12);
    EXPECT_NEAR(fit_cost_prior(one, 0.1).spend, 20, 1e-12);
    const std::vector<CostEvidence> none{{0, 100}, {0, 50}};
    EXPECT_NEAR(fit_cost_prior(none).spend / fit_cost_prior(none).events, 300, 1e-9);
    EXPECT_TRUE(std::isfinite(fit_cost_prior({}).spend));
    const CostPrior empty(std::vector<CostEvidence>{});
    EXPECT_TRUE(std::isfinite(empty.update({0, 10}).quantile(0.5)));
    // Members that spend nothing say nothing, whatever came of it.
    const std::vector<CostEvidence> with{{4, 100}, {9, 200}, {50, 0}};
    const std::vector<CostEvidence> without{{4, 100}, {9, 200}};
    EXPECT_EQ(fit_cost_prior(with).events, fit_cost_prior(without).events);
    // Millions of events, and a rate of almost nothing.
    const CostPrior large(std::vector<CostEvidence>{{4e6, 1e8}, {5e6, 1e8}, {1e-3, 1e9}});
    EXPECT_NEAR(large.update({4e6, 1e8}).quantile(0.5), 25, 0.1);
    EXPECT_TRUE(std::isfinite(large.update({1e-3, 1e9}).quantile(0.95)));
}

TEST(BudgetCosts, ImpossibleEvidence)
{
    EXPECT_EQ(error_of([&] { (void)update(GammaRate{0, 1}, CostEvidence{1, 1}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)update(GammaRate{1, 1}, CostEvidence{-1, 1}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)update(GammaRate{1, 1}, CostEvidence{1, INFINITY}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)probability_cost_within({1, 1}, 0); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)probability_cost_within({1, 1}, NAN); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)cost_quantile({1, 1}, 1); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)return_on_spend({1, 1}, {1, 1}, 10, -1); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)fit_cost_prior(std::vector<CostEvidence>{{1, -5}}); }), ErrorCode::invalid_parameter);
}

}  // namespace
