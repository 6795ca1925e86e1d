// Forecasts of sums in worlds whose truth is known.

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "../../bench/statistics/forecast_scores.hpp"
#include "seed_of_today.hpp"

namespace {

using namespace marketing::worlds;
using unit_test::seed_of_today;

std::vector<World> every_world()
{
    std::vector<World> worlds = all_worlds();
    worlds.insert(worlds.end(), held_out_worlds().begin(), held_out_worlds().end());
    return worlds;
}

/** Whether a world's level is where it was. */
bool stays(const World& world)
{
    return world.wandering == 0 && world.season == 0 && world.ramp_days == 0;
}

/** Budgets of one more score, by fifths of what is stated. */
void add_fifths(const ForecastScore& score, ForecastScore& sum)
{
    for (std::size_t i = 0; i < sum.fifths.size(); ++i) {
        sum.fifths[i].count += score.fifths[i].count;
        sum.fifths[i].stated += score.fifths[i].stated;
        sum.fifths[i].happened += score.fifths[i].happened;
    }
}

/** How much more often than stated the improbable happens: budgets in the lowest fifth are exceeded, and those in the highest are not. */
double overconfidence(const ForecastScore& score)
{
    const auto& seldom = score.fifths.front();
    const auto& often = score.fifths.back();
    return (seldom.happened - seldom.stated + often.stated - often.happened) / (seldom.count + often.count);
}

TEST(ForecastWorlds, IntervalsAndProbabilitiesOfSumsHoldWhatTheySay)
{
    // Of 200 sums a share has a standard error of .025 at most, of those of all worlds that stay where they are one of .005.
    constexpr int campaigns = 100;
    double all = 0;
    double worlds = 0;
    ForecastScore budgets;
    for (const World& world : all_worlds()) {
        double inside = 0;
        for (const int days : {35, 60}) {
            const ForecastScore score =
                score_forecasts(world, days, campaigns, seed_of_today() + static_cast<std::uint64_t>(days), "auto");
            inside += (1 - score.below - score.above) / 2;
            if (stays(world)) {
                add_fifths(score, budgets);
            }
        }
        EXPECT_GT(inside, stays(world) ? 0.78 : 0.72) << world.name << ", seed " << seed_of_today();
        all += stays(world) ? inside : 0;
        worlds += stays(world) ? 1 : 0;
    }
    EXPECT_GT(all / worlds, 0.885) << "seed " << seed_of_today();
    EXPECT_LT(all / worlds, 0.965) << "seed " << seed_of_today();
    // The worst of five fifths of 300 to 1,000 budgets: .042 with a deviation of .018 between days. Of both ends: -.013, .005.
    EXPECT_LT(budgets.miscalibration(), 0.13) << "seed " << seed_of_today();
    EXPECT_LT(overconfidence(budgets), 0.02) << "seed " << seed_of_today();
    EXPECT_GT(overconfidence(budgets), -0.04) << "seed " << seed_of_today();
}

TEST(ForecastWorlds, LevelsThatMoveAreNotTakenForLevelsThatStand)
{
    // Of 1,600 sums a share has a standard error of .011.
    constexpr int campaigns = 400;
    double inside = 0;
    for (const World& world : all_worlds()) {
        if (world.wandering == 0 && world.season == 0) {
            continue;
        }
        for (const int days : {60, 90}) {
            const ForecastScore score =
                score_forecasts(world, days, campaigns, seed_of_today() + static_cast<std::uint64_t>(days), "auto");
            inside += (1 - score.below - score.above) / 4;
        }
    }
    EXPECT_GT(inside, 0.8) << "seed " << seed_of_today();
}

TEST(ForecastWorlds, WorldsThatForecastsWereNotMadeBy)
{
    // Of 1,320 sums a share has a standard error of .009.
    constexpr int campaigns = 60;
    double inside = 0;
    for (const World& world : held_out_worlds()) {
        for (const int days : {60, 90}) {
            const ForecastScore score =
                score_forecasts(world, days, campaigns, seed_of_today() + static_cast<std::uint64_t>(days), "auto");
            inside += (1 - score.below - score.above) / 2 / static_cast<double>(held_out_worlds().size());
        }
    }
    EXPECT_GT(inside, 0.825) << "seed " << seed_of_today();
    EXPECT_LT(inside, 0.93) << "seed " << seed_of_today();
}

TEST(ForecastWorlds, TheSameSeedMakesTheSameWorld)
{
    for (const World& world : every_world()) {
        Engine once(5), again(5), other(6);
        const auto fleet = make_fleet(world, 3, 50, once);
        EXPECT_EQ(fleet[2].figures, make_fleet(world, 3, 50, again)[2].figures) << world.name;
        EXPECT_NE(fleet[2].figures, make_fleet(world, 3, 50, other)[2].figures) << world.name;
        EXPECT_EQ(fleet[0].expected.size(), 50U) << world.name;
    }
}

TEST(ForecastWorlds, FiguresAreWhatIsExpectedOfThem)
{
    for (const World& world : every_world()) {
        if (world.heavy_tail > 0) {
            continue;  // no variance, so no mean to be seen
        }
        Engine engine(seed_of_today());
        double figures = 0, expected = 0, squares = 0;
        for (int i = 0; i < 40; ++i) {
            const Campaign campaign = make_campaign(world, 200, engine);
            for (std::size_t day = 0; day < 200; ++day) {
                figures += campaign.figures[day];
                expected += campaign.expected[day];
                squares += std::pow(campaign.figures[day] - campaign.expected[day], 2);
            }
        }
        EXPECT_LT(std::abs(figures - expected), 5 * std::sqrt(squares)) << world.name << ", seed " << seed_of_today();
    }
}

}  // namespace
