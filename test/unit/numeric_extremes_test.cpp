// Numbers far from the usual: distributions of large shapes against Boost and by their properties, and everything at the ends of the range.

#include <gtest/gtest.h>

#include <algorithm>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <cmath>
#include <limits>
#include <random>

#include "experiments/experiments.hpp"
#include "experiments/fisher.hpp"
#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/large_shapes.hpp"
#include "numeric/quadrature.hpp"

namespace {

using namespace marketing::numeric;
using marketing::experiments::fisher;
using marketing::kernel::Error;

TEST(LargeShapes, AgreeWithSeriesAndFractionsWhereTheseEnd)
{
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> log_shape(std::log(large_shape), std::log(1e9));
    std::uniform_real_distribution<double> score(-8, 8);
    for (int i = 0; i < 300; ++i) {
        const double a = std::exp(log_shape(random));
        const double b = std::exp(log_shape(random));
        const double z = i % 10 == 0 ? score(random) / 1000 : score(random);
        const double x = a + z * std::sqrt(a);
        EXPECT_NEAR(gamma_below(a, x), boost::math::gamma_p(a, x), 1e-10);
        EXPECT_NEAR(gamma_above(a, x) / boost::math::gamma_q(a, x), 1, 1e-9);
        const double share = a / (a + b) * (1 + z * std::sqrt(b / a / (a + b)));
        EXPECT_NEAR(beta_below(a, b, share), boost::math::ibeta(a, b, share), 1e-10);
        EXPECT_NEAR(beta_above(a, b, share), boost::math::ibetac(a, b, share), 1e-10);
    }
}

TEST(LargeShapes, HugeAndUsualShapesTogetherAreGammaDistributions)
{
    for (const double a : {0.5, 3.0, 1000.0, 1e6}) {
        for (const double x : {0.5 * a, a, a + std::sqrt(a)}) {
            EXPECT_NEAR(beta_below(a, 2e15, x / 2e15), boost::math::gamma_p(a, x), 1e-6);
            EXPECT_NEAR(beta_below(a, 2e15, x / 2e15), boost::math::ibeta(a, 2e15, x / 2e15), 1e-11);
        }
    }
}

TEST(LargeShapes, QuantilesAreTurnedBack)
{
    for (const double a : {0.7, 4.0, 1e5, 2e7, 1e10, 1e14, 9.3e18}) {
        for (const double tail : {1e-18, 1e-6, 0.025, 0.5, 0.975}) {
            // As exact as a double can name the point.
            const double near = 1e-9 + 1e-15 * std::sqrt(a);
            EXPECT_NEAR(gamma_above(a, gamma_quantile_above(a, tail)) / tail, 1, 30 * near) << a << ' ' << tail;
            EXPECT_NEAR(gamma_below(a, gamma_quantile(a, tail)) / tail, 1, 30 * near) << a << ' ' << tail;
            for (const double b : {30.0, 1e9, 9.3e18}) {
                const double x = beta_quantile(a, b, tail);
                if (x < 0.9) {
                    EXPECT_NEAR(beta_below(a, b, x) / tail, 1, 30 * (near + 1e-15 * std::sqrt(b)))
                        << a << ' ' << b << ' ' << tail;
                }
            }
            if (tail < 0.5) {
                const Count count{a, 1.5 * a};
                EXPECT_LE(count_above(count, count_quantile_above(count, tail)), tail * (1 + 300 * near)) << a << ' ' << tail;
            }
        }
    }
}

/** Either a number, or an Error of the range. */
template <class Function>
void expect_answer(Function function, const char* what, double a, double b, double x)
{
    try {
        EXPECT_FALSE(std::isnan(function())) << what << ' ' << a << ' ' << b << ' ' << x;
    } catch (const Error&) {
    } catch (const std::exception& e) {
        // The bridge has words of its own for these.
        SUCCEED() << e.what();
    }
}

TEST(Extremes, EveryDistributionAnswersOrRefuses)
{
    const double sizes[] = {5e-324, 1e-300, 1e-20, 0.3, 1, 2.5, 100, 1e5, 1e8, 1e12, 9.3e18, 1e100, 1.7e308};
    for (const double a : sizes) {
        for (const double b : sizes) {
            for (const double x : {0.0, 1e-300, 1e-18, 0.025, 0.5, a / (a + b), 1 - 1e-10, 1.0}) {
                expect_answer([&] { return beta_below(a, b, x); }, "beta_below", a, b, x);
                expect_answer([&] { return beta_above(a, b, x); }, "beta_above", a, b, x);
                expect_answer([&] { return beta_quantile(a, b, x); }, "beta_quantile", a, b, x);
                expect_answer([&] { return beta_quantile_above(a, b, x); }, "beta_quantile_above", a, b, x);
                expect_answer([&] { return gamma_above(a, b * x); }, "gamma_above", a, b, x);
                expect_answer([&] { return gamma_quantile(a, x); }, "gamma_quantile", a, b, x);
                expect_answer([&] { return student_quantile_above(a, x); }, "student_quantile_above", a, b, x);
                expect_answer([&] { return student_above(a, b * x); }, "student_above", a, b, x);
                expect_answer([&] { return count_quantile({a, a + b}, x); }, "count_quantile", a, b, x);
                expect_answer([&] { return count_quantile_above({a, a + b}, x); }, "count_quantile_above", a, b, x);
                expect_answer([&] { return count_above({a, a + b}, b * x); }, "count_above", a, b, x);
                expect_answer([&] { return binomial_tails(a, b, x).more; }, "binomial_tails", a, b, x);
            }
            expect_answer([&] { return probability_greater({a, b}, {b, a}); }, "probability_greater", a, b, 0);
        }
    }
}

TEST(Extremes, ProbabilitiesOfRatesDoNotTireOfTrials)
{
    for (const double n : {1e3, 1e7, 1e10, 1e13, 1e16}) {
        const Beta one{0.2 * n, 0.8 * n};
        EXPECT_NEAR(probability_greater(one, one), 0.5, 1e-9) << n;
        // Two standard deviations of the difference apart.
        const double apart = 2 * std::sqrt(2 * 0.2 * 0.8 / n);
        const Beta other{(0.2 + apart) * n, (0.8 - apart) * n};
        EXPECT_NEAR(probability_greater(other, one), normal_above(-2), 3 / std::sqrt(n) + 1e-8) << n;
        EXPECT_NEAR(expectation(one, [](double rate, double) { return rate; }), 0.2, 1e-12) << n;
    }
}

/** All tables one by one, in long double. */
double fisher_by_sums(std::int64_t hits_a, std::int64_t n_a, std::int64_t hits_b, std::int64_t n_b)
{
    const long double hits = hits_a + hits_b;
    const auto log_choose = [](long double n, long double k) { return lgammal(n + 1) - lgammal(k + 1) - lgammal(n - k + 1); };
    const auto log_weight = [&](long double k) { return log_choose(n_a, k) + log_choose(n_b, hits - k); };
    const long double limit = log_weight(hits_a) + 1e-7L;
    const long double top = log_weight(std::floor(hits * n_a / (n_a + n_b)));
    const auto deviation = static_cast<std::int64_t>(std::sqrt(static_cast<double>(hits) / 4));
    const auto middle = static_cast<std::int64_t>(hits * n_a / (n_a + n_b));
    long double total = 0;
    long double rare = 0;
    for (std::int64_t k = std::max<std::int64_t>(0, middle - 20 * deviation); k <= middle + 20 * deviation; ++k) {
        const long double weight = std::exp(log_weight(k) - top);
        total += weight;
        rare += log_weight(k) <= limit ? weight : 0;
    }
    return static_cast<double>(rare / total);
}

TEST(Fisher, IsContinuousWhereTablesAreTooManyToCount)
{
    // On both sides of a standard deviation of 10,000.
    for (const std::int64_t n : {500'000'000LL, 1'000'000'000LL}) {
        for (const std::int64_t shift : {0LL, 1'000LL, 20'000LL, 60'000LL}) {
            const double exact = fisher_by_sums(n / 2 + shift, n, n / 2 - shift / 2, n);
            EXPECT_NEAR(fisher({n / 2 + shift, n}, {n / 2 - shift / 2, n}) / exact, 1, 1e-6) << n << ' ' << shift;
        }
    }
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    for (const std::int64_t hits : {std::int64_t{0}, std::int64_t{2}, most / 2, most}) {
        const double p = fisher({hits, most}, {2, 7});
        EXPECT_TRUE(p >= 0 && p <= 1) << hits;
        EXPECT_EQ(fisher({hits, most}, {hits, most}), 1) << hits;
    }
}

}  // namespace
