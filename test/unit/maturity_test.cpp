#include "maturity/maturity.hpp"

#include <cmath>
#include <cstdint>
#include <vector>

#include <gtest/gtest.h>

#include "error_of.hpp"

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
    const Outlook outlook = contracts_to_come({20, 100, 50, 0}, {0.2, 400}, 0.9);
    EXPECT_NEAR(outlook.mean, 10, 1e-12);
    EXPECT_NEAR(outlook.variance, 10 + 100 / 100.0, 1e-9);
    EXPECT_LT(outlook.low, 6);
    EXPECT_GT(outlook.high, 14);
    const Outlook doubtful = contracts_to_come({20, 100, 50, 0.25}, {0.2, 400}, 0.9);
    EXPECT_GT(doubtful.high, outlook.high);
    const Outlook money = money_to_come(outlook, 100, 0.5, 50, 0.9);
    EXPECT_NEAR(money.mean, 1000, 1e-9);
    EXPECT_LT(money.low, money.mean);
    const Outlook nothing = contracts_to_come({20, 100, 0, 0}, {0.2, 400}, 0.9);
    EXPECT_EQ(nothing.mean, 0);
    EXPECT_EQ(nothing.high, 0);
    EXPECT_EQ(money_to_come(nothing, 100, 0.5, 50, 0.9).mean, 0);
}

TEST(Maturity, NumbersThatAreNoneAreRefused)
{
    EXPECT_EQ(error_of([] {
                  (void)signed_shares(std::vector<Signed>{{1, 1, std::nan("")}}, 5, 45, {});
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)usual_rate(std::vector<double>{1}, {}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)contracts_to_come({-1, 1, 1, 0}, {0.1, 10}, 0.9); }), ErrorCode::invalid_parameter);
}

}  // namespace
}  // namespace marketing::maturity
