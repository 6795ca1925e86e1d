// What series share from day to day before a window.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <vector>

#include "../../bench/statistics/worlds/random.hpp"
#include "anomaly/shared_days.hpp"
#include "seed_of_today.hpp"

namespace {

using namespace marketing::anomaly;
namespace worlds = marketing::worlds;

constexpr int baseline = 30;

/** Series of `baseline` days and a day of the window, ten in each group, of 20 events a day times what `factor(series, day)` makes of it. */
class Fleet {
public:
    template <class Factor>
    Fleet(int series, worlds::Engine& engine, const Factor& factor) : days_(static_cast<std::size_t>(series))
    {
        for (int i = 0; i < series; ++i) {
            auto& days = days_[static_cast<std::size_t>(i)];
            Activity activity;
            for (int d = 0; d <= baseline; ++d) {
                const double events = worlds::poisson(engine, 20 * factor(i, d));
                days.push_back({d, static_cast<std::uint8_t>(d % 7), d == baseline, events, 1});
                activity.result.baseline_value += d < baseline ? events : 0;
            }
            activity.days = days;
            activity.result.baseline_days = baseline;
            activities.push_back(activity);
            memberships.push_back({-1, -10 - i / 10});
        }
    }
    [[nodiscard]] double shared(int series, int day) const
    {
        return activities[static_cast<std::size_t>(series)].days[static_cast<std::size_t>(day)].shared;
    }

    std::vector<Activity> activities;
    std::vector<Membership> memberships;

private:
    std::vector<std::vector<ActiveDay>> days_;
};

double wave(int day)
{
    return 1 + 0.5 * std::sin(day);
}

TEST(AnomalySharedDays, DaysThatAllShareAreFound)
{
    worlds::Engine engine(unit_test::seed_of_today());
    Fleet fleet(30, engine, [](int, int day) { return wave(day); });
    ASSERT_TRUE(share_days(fleet.activities, fleet.memberships)) << "seed " << unit_test::seed_of_today();
    double mean = 0;
    for (int d = 0; d < baseline; ++d) {
        mean += wave(d) / baseline;
    }
    for (int d = 0; d < baseline; ++d) {
        // Chance leaves the 29 others 4 to 6 % at these figures.
        EXPECT_NEAR(fleet.shared(7, d), wave(d) / mean, 0.25) << "day " << d << ", seed " << unit_test::seed_of_today();
    }
    EXPECT_EQ(fleet.shared(7, baseline), 1);  // the window is not theirs
}

TEST(AnomalySharedDays, AGroupMaySwingByItself)
{
    worlds::Engine engine(unit_test::seed_of_today());
    Fleet fleet(40, engine, [](int series, int day) { return series < 10 ? wave(day) : 1; });
    ASSERT_TRUE(share_days(fleet.activities, fleet.memberships)) << "seed " << unit_test::seed_of_today();
    double first = 0, others = 0;
    for (int d = 0; d < baseline; ++d) {
        first += std::pow(fleet.shared(3, d) - wave(d), 2) / baseline;
        others += std::pow(fleet.shared(33, d) - 1, 2) / baseline;
    }
    EXPECT_LT(std::sqrt(first), 0.2) << "seed " << unit_test::seed_of_today();
    EXPECT_LT(std::sqrt(others), 0.12) << "seed " << unit_test::seed_of_today();
}

TEST(AnomalySharedDays, NoSeriesExplainsItself)
{
    worlds::Engine engine(unit_test::seed_of_today());
    Fleet fleet(20, engine, [](int, int day) { return wave(day); });
    Fleet spiked = fleet;
    std::vector<ActiveDay> days(fleet.activities[4].days.begin(), fleet.activities[4].days.end());
    // The same sum and spread, one day in place of another.
    std::swap(days[3].value, days[11].value);
    std::vector<std::vector<ActiveDay>> kept;
    kept.reserve(fleet.activities.size());
    for (std::size_t i = 0; i < fleet.activities.size(); ++i) {
        kept.emplace_back(fleet.activities[i].days.begin(), fleet.activities[i].days.end());
        if (i == 4) {
            kept.back() = days;
        }
        spiked.activities[i].days = kept.back();
    }
    ASSERT_TRUE(share_days(spiked.activities, spiked.memberships));
    ASSERT_TRUE(share_days(fleet.activities, fleet.memberships));
    for (const int day : {3, 11}) {
        // Only by how its changed dispersion weighs.
        EXPECT_NEAR(spiked.shared(4, day), fleet.shared(4, day), 0.05) << "seed " << unit_test::seed_of_today();
    }
}

TEST(AnomalySharedDays, ChanceIsNotShared)
{
    worlds::Engine engine(unit_test::seed_of_today());
    int found = 0;
    for (int round = 0; round < 200; ++round) {
        Fleet fleet(20, engine, [](int, int) { return 1.0; });
        found += share_days(fleet.activities, fleet.memberships) ? 1 : 0;
    }
    // Three sets of series, each with about .005.
    EXPECT_LT(found, 20) << "seed " << unit_test::seed_of_today();
}

TEST(AnomalySharedDays, TwoSeriesShareNothing)
{
    worlds::Engine engine(unit_test::seed_of_today());
    Fleet fleet(2, engine, [](int, int day) { return wave(day); });
    EXPECT_FALSE(share_days(fleet.activities, fleet.memberships));
    EXPECT_FALSE(share_days({}, {}));
}

}  // namespace
