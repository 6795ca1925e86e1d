#include "budget/rates.hpp"

#include <gtest/gtest.h>

#include <boost/math/special_functions/beta.hpp>
#include <cmath>
#include <random>
#include <vector>

#include "error_of.hpp"

namespace {

using namespace marketing::budget;
using namespace unit_test;

/** P(one > other) for a whole number of successes of `one`, by Evan Miller's sum: exact, and quite another way. */
double superior_by_sum(const BetaRate& one, const BetaRate& other)
{
    double sum = 0;
    for (int i = 0; i < static_cast<int>(one.successes); ++i) {
        sum += std::exp(
            std::lgamma(other.successes + i) + std::lgamma(other.failures + one.failures) -
            std::lgamma(other.successes + i + other.failures + one.failures) - std::log(one.failures + i) -
            (std::lgamma(1.0 + i) + std::lgamma(one.failures) - std::lgamma(1.0 + i + one.failures)) -
            (std::lgamma(other.successes) + std::lgamma(other.failures) - std::lgamma(other.successes + other.failures)));
    }
    return sum;
}

TEST(BudgetRates, SuperiorityIsThatOfTheExactSum)
{
    for (const double a : {1.0, 2.0, 7.0, 40.0, 900.0}) {
        for (const double b : {0.5, 3.0, 25.5, 5000.0}) {
            for (const BetaRate& other : {BetaRate{0.5, 0.5}, BetaRate{1, 1}, BetaRate{12, 80}, BetaRate{1000, 9000}}) {
                const BetaRate one{a, b};
                EXPECT_NEAR(probability_superior(one, other), superior_by_sum(one, other), 1e-9)
                    << a << " " << b << " " << other.successes;
                EXPECT_NEAR(probability_superior(one, other) + probability_superior(other, one), 1, 1e-12);
            }
            EXPECT_NEAR(probability_superior({a, b}, {a, b}), 0.5, 1e-12);
        }
    }
}

TEST(BudgetRates, ProbabilityAboveARate)
{
    EXPECT_NEAR(probability_above({1, 1}, 0.3), 0.7, 1e-15);
    EXPECT_NEAR(probability_above({12, 90}, 0.1), boost::math::ibetac(12.0, 90.0, 0.1), 1e-12);
    EXPECT_EQ(probability_above({12, 90}, 0), 1);
    EXPECT_EQ(probability_above({12, 90}, -1), 1);
    EXPECT_EQ(probability_above({12, 90}, 1), 0);
    EXPECT_EQ(probability_above({12, 90}, 5), 0);
    EXPECT_EQ(error_of([&] { (void)probability_above({12, 90}, std::nan("")); }), ErrorCode::invalid_parameter);
}

TEST(BudgetRates, PriorIsThatOfTheGroup)
{
    // Rates drawn from Beta(6, 54), 400 trials each: the prior comes back within its error.
    std::mt19937_64 random(7);
    std::vector<RateEvidence> group;
    for (int i = 0; i < 4000; ++i) {
        std::gamma_distribution<double> a(6);
        std::gamma_distribution<double> b(54);
        const double x = a(random);
        const double rate = x / (x + b(random));
        group.push_back({static_cast<double>(std::binomial_distribution<int>(400, rate)(random)), 400});
    }
    const BetaRate prior = fit_rate_prior(group);
    EXPECT_NEAR(prior.successes, 6, 0.5);
    EXPECT_NEAR(prior.successes / (prior.successes + prior.failures), 0.1, 0.003);
}

TEST(BudgetRates, GroupsThatTeachLittle)
{
    const BetaRate none = fit_rate_prior({});
    EXPECT_EQ(none.successes, 2);
    EXPECT_EQ(none.failures, 2);
    const std::vector<RateEvidence> one{{10, 100}};
    EXPECT_NEAR(fit_rate_prior(one).failures, 18, 1e-12);
    const std::vector<RateEvidence> without{{0, 100}, {0, 50}, {0, 0}};
    const BetaRate rare = fit_rate_prior(without);
    EXPECT_GT(rare.failures, 500);
    EXPECT_TRUE(std::isfinite(rare.failures));
    const std::vector<RateEvidence> always{{100, 100}, {50, 50}};
    EXPECT_TRUE(std::isfinite(fit_rate_prior(always).failures));
    EXPECT_GT(fit_rate_prior(always).failures, 0);
}

TEST(BudgetRates, ImpossibleEvidence)
{
    for (const RateEvidence& evidence : {RateEvidence{-1, 5}, {6, 5}, {std::nan(""), 5}, {1, INFINITY}}) {
        EXPECT_EQ(error_of([&] { (void)update({1, 1}, evidence); }), ErrorCode::invalid_parameter);
        EXPECT_EQ(error_of([&] { (void)fit_rate_prior(std::vector<RateEvidence>{evidence}); }), ErrorCode::invalid_parameter);
    }
    EXPECT_EQ(error_of([&] { (void)update({0, 1}, {1, 2}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)update({1, -1}, {1, 2}); }), ErrorCode::invalid_parameter);
}

}  // namespace
