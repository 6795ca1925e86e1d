#include "budget/dispersion.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "../../bench/statistics/worlds/random.hpp"
#include "budget/evidence.hpp"

namespace {

using namespace marketing::budget;
namespace worlds = marketing::worlds;
using marketing::kernel::StopFlag;

constexpr double infinity = std::numeric_limits<double>::infinity();

/** Campaigns of `mean` leads on each of `days` days, of these sizes; days of a week share a factor of that deviation. */
std::vector<Series> leads_of(const std::vector<double>& sizes, int days, double mean, double week_deviation = 0,
                             unsigned seed = 1)
{
    worlds::Engine engine(seed);
    std::vector<Series> panel;
    for (const double size : sizes) {
        Series series{"", "a", {}};
        double factor = 1;
        for (int d = 0; d < days; ++d) {
            if (d % 7 == 0 && week_deviation > 0) {
                factor = worlds::lognormal(engine, week_deviation);
            }
            series.days.push_back({d, 100, worlds::overdispersed(engine, mean * factor, size), 0});
        }
        panel.push_back(series);
    }
    return panel;
}

std::vector<Dispersion> learned(const std::vector<Series>& panel, int days)
{
    return learn_dispersions(panel, days - 1, days, StopFlag());
}

TEST(BudgetDispersion, FindsHowBurstyDaysAre)
{
    for (const double size : {0.25, 0.5, 1.0, 4.0}) {
        double excess = 0;
        for (const Dispersion& dispersion : learned(leads_of(std::vector<double>(40, size), 28, 3), 28)) {
            excess += dispersion.excess() / 40;
        }
        EXPECT_NEAR(excess * size, 1, 0.25) << size;
    }
    for (const Dispersion& dispersion : learned(leads_of(std::vector<double>(40, infinity), 28, 3), 28)) {
        EXPECT_LT(dispersion.excess(), 0.05);
    }
}

TEST(BudgetDispersion, EachCampaignHasItsOwnAsFarAsItsDaysTell)
{
    std::vector<double> sizes(20, infinity);
    sizes.resize(40, 0.3);
    const auto dispersions = learned(leads_of(sizes, 56, 5), 56);
    double steady = 0;
    double bursty = 0;
    for (std::size_t i = 0; i < 20; ++i) {
        steady += dispersions[i].excess() / 20;
        bursty += dispersions[i + 20].excess() / 20;
    }
    EXPECT_LT(steady, 0.2);
    EXPECT_NEAR(bursty, 1 / 0.3, 1);
    // A campaign of which nothing was seen may be as any other.
    auto panel = leads_of(std::vector<double>(20, 0.5), 28, 3);
    panel.push_back({"", "new", {}});
    const Dispersion unseen = learned(panel, 28).back();
    EXPECT_GT(unseen.excess(), 1);
    double sum = 0;
    for (const double weight : unseen.weight) {
        sum += weight;
    }
    EXPECT_NEAR(sum, 1, 1e-12);
}

TEST(BudgetDispersion, DaysOfAWeekMayHaveMuchInCommon)
{
    const Dispersion alone = learned(leads_of(std::vector<double>(40, 2), 84, 8), 84).front();
    EXPECT_LT(alone.week, 0.03);
    // A log-normal factor of deviation 0.5 has the relative variance exp(0.25) - 1.
    const Dispersion shared = learned(leads_of(std::vector<double>(40, 2), 84, 8, 0.5), 84).front();
    EXPECT_NEAR(shared.week, std::expm1(0.25), 0.12);
    EXPECT_LT(shared.next_week, 0.1);
    // Of two campaigns that look alike day by day, that whose weeks stick together is known less well.
    const Window window(28, infinity);
    const Series series = leads_of({2}, 28, 8).front();
    const Evidence evidence = window.evidence_of(series, 27);
    EXPECT_GT(count_of(evidence, shared).sizes.excess(),
              count_of(evidence, alone).sizes.excess() + 0.25 * (shared.week - alone.week) / 2);
}

TEST(BudgetDispersion, OneDayOrNoneSaysNothing)
{
    EXPECT_TRUE(learned({}, 1).empty());
    const auto one = learned(leads_of({0.3, 0.3, 0.3}, 1, 5), 1);
    EXPECT_EQ(one.front().excess(), 0);
    EXPECT_EQ(one.front().week, 0);
}

TEST(BudgetDispersion, IsFiniteWhateverTheAmounts)
{
    const std::vector<double> exposures{5e-324, 1e-300, 1, 1e300, 1.7e308};
    const std::vector<double> responses{0, 5e-324, 1e-200, 0.5, 1e15, 1e200, 1.7e308};
    for (const double one : exposures) {
        for (const double other : exposures) {
            for (const double few : responses) {
                for (const double many : responses) {
                    Series series{"", "a", {}};
                    for (int d = 0; d < 21; ++d) {
                        series.days.push_back({d, d % 2 == 0 ? one : other, d % 3 == 0 ? few : many, 0});
                    }
                    for (const Dispersion& dispersion : learned({series, leads_of({1}, 21, 3).front()}, 21)) {
                        double sum = 0;
                        for (const double weight : dispersion.weight) {
                            sum += weight;
                        }
                        const bool is_right = std::abs(sum - 1) < 1e-9 && std::isfinite(dispersion.week) &&
                                              dispersion.week >= 0 && std::isfinite(dispersion.next_week) &&
                                              dispersion.next_week >= 0;
                        ASSERT_TRUE(is_right) << one << " " << other << " " << few << " " << many << ": " << sum << " "
                                              << dispersion.week << " " << dispersion.next_week;
                    }
                }
            }
        }
    }
}

}  // namespace
