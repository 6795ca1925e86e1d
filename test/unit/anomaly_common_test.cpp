// What series have in common, and who goes a way of his own.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "anomaly/common.hpp"

namespace {

using namespace marketing::anomaly;

/** Ten members of each of two groups, 50 events expected of each, at these ratios. */
std::vector<Member> two_groups(double first, double second)
{
    std::vector<Member> members;
    for (int i = 0; i < 20; ++i) {
        const double off = 1 + 0.02 * (i % 5 - 2);
        members.push_back({1, i < 10 ? 1 : 2, (i < 10 ? first : second) * off, 50, 1, 0.005});
    }
    return members;
}

TEST(AnomalyCommon, WhatAllDoIsTheTotals)
{
    const auto members = two_groups(0.5, 0.5);
    for (const CommonFactor& found : common_factors(members)) {
        EXPECT_NEAR(found.factor, 0.5, 0.03);
        EXPECT_EQ(found.level, CommonLevel::total);
    }
    const auto moved = moved_together(members, Alternative::less);
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved[0].level, CommonLevel::total);
    EXPECT_TRUE(moved_together(members, Alternative::greater).empty());
}

TEST(AnomalyCommon, WhatOneGroupDoesIsTheGroups)
{
    const auto members = two_groups(0.4, 1);
    const auto found = common_factors(members);
    EXPECT_NEAR(found[0].factor, 0.4, 0.05);
    EXPECT_NEAR(found[19].factor, 1, 0.08);
    const auto moved = moved_together(members, Alternative::less);
    ASSERT_EQ(moved.size(), 1U);
    EXPECT_EQ(moved[0].level, CommonLevel::group);
    EXPECT_EQ(moved[0].group, 1);
}

TEST(AnomalyCommon, NoneExplainsItself)
{
    auto members = two_groups(1, 1);
    members[3].ratio = 0.1;
    members[3].expected = 5000;  // as large as all others together
    const auto found = common_factors(members);
    EXPECT_NEAR(found[3].factor, 1, 0.02);
    EXPECT_NEAR(found[4].factor, 1, 0.02);
    EXPECT_TRUE(moved_together(members, Alternative::less).empty());
}

TEST(AnomalyCommon, FewOrUnknownSeriesHaveNothingInCommon)
{
    const Member one{1, 1, 0.2, 50, 1, 0.005};
    EXPECT_EQ(common_factors(std::vector{one})[0].factor, 1);
    EXPECT_EQ(common_factors(std::vector{one, one})[1].factor, 1);
    EXPECT_TRUE(moved_together(std::vector{one, one}, Alternative::less).empty());
    const Member unknown{1, 1, NAN, NAN, 0, 0};
    EXPECT_EQ(common_factors(std::vector{unknown, unknown, unknown, unknown})[2].level, CommonLevel::none);
    EXPECT_TRUE(common_factors({}).empty());
}

TEST(AnomalyCommon, NoEventAtAllIsAFactorToo)
{
    const auto members = two_groups(0, 0);
    for (const CommonFactor& found : common_factors(members)) {
        EXPECT_GT(found.factor, 0);
        EXPECT_LT(found.factor, 0.2);
    }
}

TEST(AnomalyCommon, BusinessesDoNotExplainEachOther)
{
    auto members = two_groups(0.5, 1);
    for (std::size_t i = 10; i < 20; ++i) {
        members[i].total = 2;
    }
    const auto found = common_factors(members);
    EXPECT_NEAR(found[0].factor, 0.5, 0.03);
    EXPECT_NEAR(found[10].factor, 1, 0.03);
}

}  // namespace
