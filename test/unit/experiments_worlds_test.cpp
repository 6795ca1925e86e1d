// Comparisons of arms of which it is known whether they differ. The small form of the table of experiments in docs/benchmarks.md.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <tuple>
#include <vector>

#include "../../bench/statistics/worlds/visitors.hpp"
#include "experiments/experiments.hpp"
#include "seed_of_today.hpp"

namespace {

using namespace marketing::experiments;
using marketing::worlds::Engine;
using marketing::worlds::Visitors;
using unit_test::seed_of_today;

constexpr double confidence = 0.95;

Moments moments_of(const std::vector<double>& values)
{
    Moments m{};
    double squares = 0;
    for (const double value : values) {
        m.n += 1;
        const double off = value - m.mean;
        m.mean += off / m.n;
        squares += off * (value - m.mean);
    }
    m.variance = squares / (m.n - 1);
    return m;
}

Proportion converted(Engine& engine, std::int64_t visitors, double rate)
{
    return {marketing::worlds::conversions(engine, visitors, rate), visitors};
}

bool holds(const ConfidenceInterval& interval, double truth)
{
    return interval.low <= truth && truth <= interval.high;
}

/** Four and a half standard errors of a share `p` of `count`: more than that, of the days of a year, is not to be expected. */
double noise(double p, double count)
{
    return 4.5 * std::sqrt(p * (1 - p) / count);
}

TEST(ExperimentWorlds, UnequalArmsThatAreAlikeAreFoundToDifferNoMoreOftenThanTheySay)
{
    constexpr int rounds = 3000;
    // Few conversions in the small arm are where approximations of the normal distribution fail: at most .064 of 0.05, on the side of more.
    for (const auto& [a, b, rate] : {std::tuple{9000, 1000, 0.002}, {9000, 1000, 0.005}, {1000, 9000, 0.005}}) {
        Engine engine(seed_of_today());
        double found[3] = {};
        double apart = 0;
        for (int round = 0; round < rounds; ++round) {
            const Proportion of_a = converted(engine, a, rate);
            const Proportion of_b = converted(engine, b, rate);
            const Alternative asked[] = {Alternative::two_sided, Alternative::greater, Alternative::less};
            for (int i = 0; i < 3; ++i) {
                const auto c = compare_proportions(of_a, of_b, {confidence, asked[i]}, DifferenceMethod::score);
                found[i] += c.p_value < 1 - confidence ? 1.0 / rounds : 0;
                apart += !std::isnan(c.lift) && std::abs(c.lift_p_value - c.p_value) > 1e-9 ? 1 : 0;
            }
        }
        for (const double share : found) {
            EXPECT_LT(share, 0.066 + noise(0.066, rounds)) << a << ' ' << b << ' ' << rate << ", seed " << seed_of_today();
        }
        EXPECT_LT(apart, 1) << "a difference and its lift have one p-value";
    }
}

TEST(ExperimentWorlds, LiftsOfUnequalArmsAreHeld)
{
    constexpr int rounds = 1500;
    Engine engine(seed_of_today());
    double rates = 0;
    double revenues = 0;
    double found = 0;
    for (int round = 0; round < rounds; ++round) {
        const Proportion a = converted(engine, 9000, 0.02);
        const auto of_rates = compare_proportions(a, converted(engine, 1000, 0.03), confidence, DifferenceMethod::score);
        rates += holds(of_rates.lift_interval, 0.5) ? 1.0 / rounds : 0;
        const Moments few = moments_of(Visitors{0.2, 1}.spend(engine, 1000));
        const Comparison of_revenue = compare_means(few, moments_of(Visitors{0.3, 1}.spend(engine, 250)), confidence);
        revenues += holds(of_revenue.lift_interval, 0.5) ? 1.0 / rounds : 0;
        found += of_revenue.lift_p_value < 1 - confidence ? 1.0 / rounds : 0;
    }
    EXPECT_NEAR(rates, 0.95, noise(0.95, rounds)) << "seed " << seed_of_today();
    // Skewed amounts of 75 buyers: a little less than it says.
    EXPECT_NEAR(revenues, 0.94, 0.01 + noise(0.94, rounds)) << "seed " << seed_of_today();
    EXPECT_GT(found, 0.2) << "seed " << seed_of_today();
}

TEST(ExperimentWorlds, WhoLooksEveryDayIsNotFooledWithUnequalArms)
{
    constexpr int rounds = 300;
    constexpr int days = 21;
    Engine engine(seed_of_today());
    double found[3] = {};
    double fooled = 0;
    double decided = 0;
    const auto week = [&](double factor, std::vector<DayOfExperiment>& out) {
        for (int day = 0; day < days; ++day) {
            const Visitors customers{1, 1};
            const Moments a = moments_of(customers.spend(engine, 100));
            out.push_back({day, a, moments_of(customers.spend(engine, 25, factor))});
        }
    };
    for (int round = 0; round < rounds; ++round) {
        std::vector<DayOfExperiment> alike;
        std::vector<DayOfExperiment> better;
        week(1, alike);
        week(1.5, better);
        const Alternative asked[] = {Alternative::two_sided, Alternative::greater, Alternative::less};
        for (int i = 0; i < 3; ++i) {
            const auto points = timeline(alike, {confidence, asked[i]}, 125.0 * days);
            found[i] += points.back().decided_on ? 1.0 / rounds : 0;
            if (i == 0) {
                const auto test = [](const TimelinePoint& p) {
                    return std::abs(p.comparison.difference / p.comparison.standard_error) > 1.96;
                };
                fooled += std::any_of(points.begin(), points.end(), test) ? 1.0 / rounds : 0;
            }
        }
        decided += timeline(better, confidence, 125.0 * days).back().decided_on ? 1.0 / rounds : 0;
    }
    for (const double share : found) {
        EXPECT_LT(share, 0.05 + noise(0.05, rounds)) << "seed " << seed_of_today();
    }
    EXPECT_GT(fooled, 0.13) << "seed " << seed_of_today();
    EXPECT_GT(decided, 0.8) << "seed " << seed_of_today();
}

TEST(ExperimentWorlds, FewConversionsOfUnequalArmsHaveOnePValueAndAPossibleLift)
{
    // The lift cannot be less than -100 %, and is tested as the difference is.
    const auto c = compare_proportions({9, 1000}, {2, 1000}, confidence, DifferenceMethod::score);
    const double z = 7 / std::sqrt(11 * (1 - 11 / 2000.0));
    EXPECT_NEAR(c.p_value, std::erfc(z / std::sqrt(2.0)), 1e-12);
    EXPECT_EQ(c.lift_p_value, c.p_value);
    EXPECT_NEAR(c.lift, -7 / 9.0, 1e-12);
    // By the equation of Koopman (1984), and by the cubic's roots of Farrington and Manning (1990).
    EXPECT_NEAR(c.lift_interval.low, 0.05422694586609704 - 1, 1e-12);
    EXPECT_NEAR(c.lift_interval.high, 0.9090159207650179 - 1, 1e-12);
    EXPECT_NEAR(c.difference_interval.low, -0.015245216089855584, 1e-12);
    EXPECT_NEAR(c.difference_interval.high, -0.0006282795359714456, 1e-12);
}

}  // namespace
