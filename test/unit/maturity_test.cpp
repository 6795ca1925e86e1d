#include "maturity/maturity.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "../../bench/statistics/worlds/random.hpp"
#include "error_of.hpp"
#include "seed_of_today.hpp"

namespace marketing::maturity {
namespace {

using unit_test::error_of;
using unit_test::ErrorCode;

/** Contracts of ten weeks of leads, seen as of their last day: `per_lag[i]` of each day's are signed i days later. */
std::vector<Signed> seen(const std::vector<double>& per_lag, std::int32_t days = 70)
{
    std::vector<Signed> contracts;
    for (std::int32_t day = 0; day < days; ++day) {
        for (std::int32_t lag = 0; lag < static_cast<std::int32_t>(per_lag.size()) && day + lag < days; ++lag) {
            contracts.push_back({day, lag, per_lag[static_cast<std::size_t>(lag)]});
        }
    }
    return contracts;
}

TEST(Maturity, ConstantLagsAreFoundWhateverIsCutOff)
{
    const Curve curve = signed_shares(seen({4, 0, 3, 2, 0, 1}), 69, 45, {});
    ASSERT_EQ(curve.share.size(), 6U);
    const std::vector<double> truth{0.4, 0.4, 0.7, 0.9, 0.9, 1};
    for (std::size_t age = 0; age < truth.size(); ++age) {
        EXPECT_NEAR(curve.share[age], truth[age], 0.01) << age;
        EXPECT_GE(curve.log_variance[age], 0);
    }
    EXPECT_EQ(curve.log_variance.back(), 0);
}

TEST(Maturity, NobodySignedIsAllThatEverWill)
{
    const Curve curve = signed_shares({}, 69, 45, {});
    ASSERT_EQ(curve.share.size(), 1U);
    EXPECT_EQ(curve.share[0], 1);
}

TEST(Maturity, WhatLiesInTheFutureOrBeforeTheLeadTellsNothing)
{
    std::vector<Signed> contracts = seen({1, 1});
    contracts.push_back({80, 0, 100});
    contracts.push_back({60, -3, 100});
    contracts.push_back({60, 30, 100});
    EXPECT_EQ(signed_shares(contracts, 69, 45, {}).share, signed_shares(seen({1, 1}), 69, 45, {}).share);
    EXPECT_EQ(signed_shares(contracts, 69, 45, {}).share.size(), 2U);
}

TEST(Maturity, SharesNeverFall)
{
    const Curve curve = signed_shares(seen({1, 5, 0, 0, 7, 2, 0, 1, 0, 0, 0, 4}), 69, 20, {});
    for (std::size_t age = 1; age < curve.share.size(); ++age) {
        EXPECT_GE(curve.share[age], curve.share[age - 1] - 1e-12);
    }
    EXPECT_EQ(curve.share.back(), 1);
}

TEST(Maturity, RatesThatDifferByChanceAloneAreWorthAllTheirLeads)
{
    const std::vector<double> leads{100, 100, 100, 100};
    const Rate steady = usual_rate(leads, std::vector<double>{20, 20, 20, 20});
    EXPECT_DOUBLE_EQ(steady.mean, 0.2);
    EXPECT_DOUBLE_EQ(steady.strength, 400);
    const Rate restless = usual_rate(leads, std::vector<double>{5, 35, 5, 35});
    EXPECT_DOUBLE_EQ(restless.mean, 0.2);
    // The rates vary by 0.15 (deviation), with their mean taken from the data, less what counts of 20 vary by.
    EXPECT_NEAR(restless.strength, 1 / (((225 - 20) / 1e4 * 4 / 3) / 0.2 + 1.0 / 400), 1e-9);
    EXPECT_EQ(usual_rate({}, {}).strength, 0);
}

TEST(Maturity, WhatIsToComeIsOpenLeadsTimesTheRate)
{
    // Weeks that are alike are one: hits of 500 leads.
    const Rate usual{0.2, 1e12, 400};
    const Outlook outlook = contracts_to_come(std::vector<Week>{{20, 100, 50}}, 0, usual, 0.9);
    EXPECT_NEAR(outlook.mean, 10, 1e-6);
    EXPECT_NEAR(outlook.variance, 10 + 100 / 100.0, 1e-6);
    const Outlook halves = contracts_to_come(std::vector<Week>{{4, 50, 30}, {16, 50, 20}}, 0, usual, 0.9);
    EXPECT_NEAR(halves.mean, 10, 1e-6);
    EXPECT_NEAR(halves.variance, outlook.variance, 1e-6);
    EXPECT_LT(outlook.low, 6);
    EXPECT_GT(outlook.high, 14);
    const Outlook doubtful = contracts_to_come(std::vector<Week>{{20, 100, 50}}, 0.25, usual, 0.9);
    EXPECT_GT(doubtful.high, outlook.high);
    const Outlook money = money_to_come(outlook, 100, 0.5, 50, 0.9);
    EXPECT_NEAR(money.mean, 1000, 1e-3);
    EXPECT_LT(money.low, money.mean);
    const Outlook nothing = contracts_to_come(std::vector<Week>{{20, 100, 0}}, 0, usual, 0.9);
    EXPECT_EQ(nothing.mean, 0);
    EXPECT_EQ(nothing.high, 0);
    EXPECT_EQ(money_to_come(nothing, 100, 0.5, 50, 0.9).mean, 0);
    EXPECT_EQ(contracts_to_come({}, 0, usual, 0.9).high, 0);
}

// A week that has hardly begun to sign goes by the mean rate, whatever its neighbour does; one of its own rate goes by that.
TEST(Maturity, WeeksHaveRatesOfTheirOwn)
{
    const Rate known{0.1, 100, 1e9};
    const Outlook young = contracts_to_come(std::vector<Week>{{500, 1000, 0}, {0, 0, 1000}}, 0, known, 0.9);
    EXPECT_NEAR(young.mean, 100, 1e-3);
    EXPECT_NEAR(young.variance, 100 + 100 * 100 / 10.0, 1e-3);
    const Outlook rich = contracts_to_come(std::vector<Week>{{400, 900, 1000}}, 0, known, 0.9);
    EXPECT_NEAR(rich.mean, 410, 1e-3);
    // A mean rate that hardly anything was known of is what the weeks say.
    const Outlook learned = contracts_to_come(std::vector<Week>{{500, 1000, 0}, {0, 0, 1000}}, 0, {0.1, 1e9, 10}, 0.9);
    EXPECT_NEAR(learned.mean, 1000 * 501.0 / 1010, 1e-2);
}

// Sums of as many amounts as contracts come, drawn: none at all where few are expected.
TEST(Maturity, MoneyIsHeldAsOftenAsItSaysWhereFewContractsCome)
{
    SCOPED_TRACE(unit_test::seed_of_today());
    worlds::Engine engine(unit_test::seed_of_today());
    for (const double expected : {0.3, 1.0, 2.0, 5.0, 20.0}) {
        const Outlook contracts{expected, 0, 0, expected + expected * expected / 4};
        const Outlook money = money_to_come(contracts, 100, 0.66, 1e9, 0.9);
        constexpr int draws = 20000;
        int below = 0;
        int above = 0;
        for (int i = 0; i < draws; ++i) {
            double sum = 0;
            for (double n = worlds::overdispersed(engine, expected, 4); n > 0; --n) {
                sum += 100 * std::exp(-0.18) * worlds::lognormal(engine, 0.6);
            }
            below += sum < money.low ? 1 : 0;
            above += sum > money.high ? 1 : 0;
        }
        EXPECT_NEAR(above, 0.05 * draws, 0.015 * draws) << expected;
        EXPECT_LT(below, 0.068 * draws) << expected;
        EXPECT_EQ(money.low == 0, expected < 2.5) << expected;
    }
}

TEST(Maturity, NumbersThatAreNoneAreRefused)
{
    EXPECT_EQ(error_of([] {
                  (void)signed_shares(std::vector<Signed>{{1, 1, std::nan("")}}, 5, 45, {});
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)usual_rate(std::vector<double>{1}, {}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] {
                  (void)contracts_to_come(std::vector<Week>{{-1, 1, 1}}, 0, {0.1, 10, 10}, 0.9);
              }),
              ErrorCode::invalid_parameter);
}

}  // namespace
}  // namespace marketing::maturity
