#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "content/benchmark.hpp"
#include "content/shrunk_means.hpp"
#include "error_of.hpp"

namespace {

using namespace marketing::content;
using namespace unit_test;

struct Sample {
    std::vector<std::uint32_t> group_of;
    std::vector<double> figures;
};

Sample draw(std::mt19937_64& generator, const std::vector<double>& effects, int per_group, double spread)
{
    std::normal_distribution<double> normal;
    Sample sample;
    for (std::uint32_t g = 0; g < effects.size(); ++g) {
        for (int i = 0; i < per_group; ++i) {
            sample.group_of.push_back(g);
            sample.figures.push_back(effects[g] + spread * normal(generator));
        }
    }
    return sample;
}

ShrunkMeans estimate(const Sample& sample, std::size_t groups, double level = 0.9)
{
    return shrunk_means(sample.group_of, sample.figures, groups, level);
}

TEST(ShrunkMeans, OneLuckyPostIsDrawnIn)
{
    std::mt19937_64 generator(1);
    Sample sample = draw(generator, {0, 0, 0, 0, 0, 0}, 20, 1);
    sample.group_of.push_back(6);
    sample.figures.push_back(2.5);
    const auto found = estimate(sample, 7);
    EXPECT_DOUBLE_EQ(found.groups[6].mean, 2.5);
    EXPECT_LT(found.groups[6].effect, 0.8);
    EXPECT_LT(found.groups[6].low, 0);
    // Of twenty such posts nobody would call it luck.
    for (int i = 0; i < 19; ++i) {
        sample.group_of.push_back(6);
        sample.figures.push_back(2.5 + 0.3 * (i % 5 - 2));
    }
    const auto many = estimate(sample, 7);
    EXPECT_GT(many.groups[6].effect, 1.8);
    EXPECT_GT(many.groups[6].low, 0);
    EXPECT_GT(many.groups[6].p_above, 0.999);
    EXPECT_LT(many.groups[6].p_value, 1e-9);
}

TEST(ShrunkMeans, IntervalsHoldTheTruthAsOftenAsTheySay)
{
    std::mt19937_64 generator(5);
    std::normal_distribution<double> normal;
    for (const double between : {0.2, 0.6}) {
        int held = 0, all = 0;
        double error = 0, plain_error = 0;
        for (int run = 0; run < 120; ++run) {
            std::vector<double> effects(10);
            for (double& effect : effects) {
                effect = between * normal(generator);
            }
            const auto found = estimate(draw(generator, effects, 8, 1), 10);
            double centre = 0, truth = 0;
            for (std::size_t g = 0; g < 10; ++g) {
                centre += found.groups[g].mean / 10;
                truth += effects[g] / 10;
            }
            for (std::size_t g = 0; g < 10; ++g) {
                const double effect = effects[g] - truth;
                held += found.groups[g].low <= effect && effect <= found.groups[g].high ? 1 : 0;
                error += std::pow(found.groups[g].effect - effect, 2);
                plain_error += std::pow(found.groups[g].mean - centre - effect, 2);
                ++all;
            }
        }
        EXPECT_NEAR(held / static_cast<double>(all), 0.9, 0.04) << between;
        EXPECT_LT(error, plain_error) << between;
    }
}

TEST(ShrunkMeans, TestsAreFairWhereGroupsMakeNoDifference)
{
    std::mt19937_64 generator(9);
    int below_tenth = 0, all = 0;
    for (int run = 0; run < 200; ++run) {
        for (const auto& group : estimate(draw(generator, {0, 0, 0, 0, 0}, 6, 2), 5).groups) {
            below_tenth += group.p_value < 0.1 ? 1 : 0;
            ++all;
        }
    }
    EXPECT_NEAR(below_tenth / static_cast<double>(all), 0.1, 0.03);
}

TEST(ShrunkMeans, FollowsUnitAndOrigin)
{
    std::mt19937_64 generator(3);
    const Sample sample = draw(generator, {0, 0.5, 1}, 12, 1);
    Sample moved = sample;
    for (double& figure : moved.figures) {
        figure = 1e6 * figure - 7e6;
    }
    const auto a = estimate(sample, 3), b = estimate(moved, 3);
    for (std::size_t g = 0; g < 3; ++g) {
        EXPECT_NEAR(b.groups[g].effect, 1e6 * a.groups[g].effect, 1e-3);
        EXPECT_NEAR(b.groups[g].low, 1e6 * a.groups[g].low, 1e-3);
        EXPECT_NEAR(b.groups[g].p_value, a.groups[g].p_value, 1e-9);
    }
    EXPECT_NEAR(b.overall, 1e6 * a.overall - 7e6, 1e-3);
}

TEST(ShrunkMeans, KnowsAGroupByItsMoments)
{
    std::mt19937_64 generator(3);
    const Sample sample = draw(generator, {0.1, 0.4, -0.2, 0, 0.3}, 40, 0.5);
    std::vector<Moments> moments(5);
    for (std::size_t i = 0; i < sample.figures.size(); ++i) {
        moments[sample.group_of[i]].add(sample.figures[i]);
    }
    const auto by_figures = estimate(sample, 5);
    const auto by_moments = shrunk_means(moments, 2, 0.9);
    for (std::size_t g = 0; g < 5; ++g) {
        EXPECT_NEAR(by_moments.groups[g].effect, by_figures.groups[g].effect, 1e-12);
        EXPECT_NEAR(by_moments.groups[g].low, by_figures.groups[g].low, 1e-12);
        EXPECT_NEAR(by_moments.groups[g].p_value, by_figures.groups[g].p_value, 1e-12);
    }
    for (const Moments& bad : {Moments{0, 1, 1}, Moments{2, NAN, 1}, Moments{2, 1, -1}, Moments{2, 1, INFINITY}}) {
        const std::vector<Moments> groups{{3, 1, 1}, bad};
        EXPECT_EQ(error_of([&] { (void)shrunk_means(groups, 1, 0.9); }), ErrorCode::invalid_parameter);
    }
}

TEST(ShrunkMeans, MakesNoClaimWhereNothingCanBeCompared)
{
    const Sample one{{0, 0, 0}, {1, 2, 3}}, single{{0, 1}, {1, 5}}, constant{{0, 0, 1, 1}, {1, 1, 2, 2}};
    for (const auto& [sample, groups] : {std::pair{one, 1U}, std::pair{single, 2U}, std::pair{constant, 2U}}) {
        for (const auto& group : estimate(sample, groups).groups) {
            EXPECT_TRUE(std::isnan(group.effect) && std::isnan(group.p_value));
            EXPECT_TRUE(std::isfinite(group.mean));
        }
    }
    EXPECT_TRUE(shrunk_means({}, {}, 0, 0.9).groups.empty());
    const Sample broken{{0, 1}, {1, std::numeric_limits<double>::infinity()}};
    EXPECT_EQ(error_of([&] { (void)estimate(broken, 2); }), ErrorCode::invalid_parameter);
}

TEST(Benchmark, IsEvenBetweenQuantilesAndEndsAtThem)
{
    const std::vector<double> shares{0.1, 0.25, 0.5, 0.9}, marks{1, 2, 4, 12};
    const Benchmark benchmark(shares, marks);
    EXPECT_DOUBLE_EQ(benchmark.share_below(2), 0.25);
    EXPECT_DOUBLE_EQ(benchmark.share_below(3), 0.375);
    EXPECT_DOUBLE_EQ(benchmark.share_below(8), 0.7);
    EXPECT_DOUBLE_EQ(benchmark.share_below(-5), 0.1);
    EXPECT_DOUBLE_EQ(benchmark.share_below(99), 0.9);
    EXPECT_EQ(benchmark.beyond(0.99), -1);
    EXPECT_EQ(benchmark.beyond(12), 0);
    EXPECT_EQ(benchmark.beyond(12.01), 1);
    EXPECT_DOUBLE_EQ(benchmark.median(), 4);
    double before = 0;
    for (double value = 0; value < 14; value += 0.01) {
        EXPECT_LE(before, benchmark.share_below(value)) << value;
        before = benchmark.share_below(value);
    }
}

TEST(Benchmark, HasAMiddleWhereMarksAreAlike)
{
    const std::vector<double> shares{0.25, 0.5, 0.75}, marks{0, 0, 3};
    EXPECT_DOUBLE_EQ(Benchmark(shares, marks).share_below(0), 0.375);
    const std::vector<double> tails{0.4, 0.6}, upper{0.75, 0.9}, of_tails{1, 2};
    EXPECT_DOUBLE_EQ(Benchmark(tails, of_tails).median(), 1.5);
    EXPECT_TRUE(std::isnan(Benchmark(upper, of_tails).median()));
}

TEST(Benchmark, RefusesWhatIsNoBenchmark)
{
    const std::vector<double> none, one{0.5}, falling{0.5, 0.25}, whole{0.5, 1}, up{1, 2}, down{2, 1};
    for (const auto& [shares, marks] : {std::pair{none, none}, {one, up}, {falling, up}, {whole, up}, {{0.25, 0.5}, down}}) {
        EXPECT_EQ(error_of([&] { (void)Benchmark(shares, marks); }), ErrorCode::invalid_parameter);
    }
}

TEST(RatioOfSums, IntervalsHoldTheTruthAsOftenAsTheySay)
{
    // Posts of very unequal reach, whose rates differ from post to post.
    std::mt19937_64 generator(7);
    std::normal_distribution<double> normal;
    for (const int posts : {6, 12, 60}) {
        int held = 0;
        constexpr int runs = 1500;
        for (int run = 0; run < runs; ++run) {
            std::vector<double> engagement, views;
            for (int i = 0; i < posts; ++i) {
                views.push_back(std::exp(8 + 0.7 * normal(generator)));
                engagement.push_back(views.back() * 0.03 * std::exp(0.4 * normal(generator) - 0.08));
            }
            const RatioEstimate rate = ratio_of_sums(engagement, views, 0.9);
            held += rate.low <= 0.03 && 0.03 <= rate.high ? 1 : 0;
        }
        EXPECT_NEAR(held / static_cast<double>(runs), 0.9, 0.04) << posts;
    }
}

TEST(RatioOfSums, IsUnsureOfWhatCannotBeKnown)
{
    const std::vector<double> one{3}, two{3, 5}, base{100}, bases{100, 100}, nothing{0, 0}, none;
    EXPECT_DOUBLE_EQ(ratio_of_sums(one, base, 0.9).value, 0.03);
    EXPECT_TRUE(std::isnan(ratio_of_sums(one, base, 0.9).low));
    EXPECT_DOUBLE_EQ(ratio_of_sums(nothing, bases, 0.9).value, 0);
    EXPECT_TRUE(std::isnan(ratio_of_sums(nothing, bases, 0.9).high));
    EXPECT_TRUE(std::isnan(ratio_of_sums(none, none, 0.9).value));
    EXPECT_TRUE(std::isnan(ratio_of_sums(two, bases, 1 - 1e-12).high));
    EXPECT_EQ(error_of([&] { (void)ratio_of_sums(two, base, 0.9); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)ratio_of_sums(two, bases, 1); }), ErrorCode::invalid_parameter);
}

}  // namespace
