// Tests of the numeric tools: against values from R, against sums and integrals by hand, and by their properties.

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <vector>

#include "anomaly_support.hpp"
#include "error_of.hpp"
#include "numeric/adjust.hpp"
#include "numeric/compensated_sum.hpp"
#include "numeric/distributions.hpp"
#include "numeric/linear_algebra.hpp"
#include "numeric/nelder_mead.hpp"
#include "numeric/newton.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/quantile.hpp"
#include "numeric/search.hpp"
#include "numeric/special_functions.hpp"

namespace {

using namespace marketing::numeric;
using namespace unit_test;
using anomaly_test::number_of;

TEST(Distributions, BinomialTailsAreSumsOfBinomials)
{
    // 5 of 12 with probability 7 / 37.
    const double probability = 7.0 / 37;
    double more = 0;
    double mass = 0;
    for (int k = 5; k <= 12; ++k) {
        const double each = std::exp(std::lgamma(13) - std::lgamma(k + 1) - std::lgamma(13 - k)) * std::pow(probability, k) *
                            std::pow(1 - probability, 12 - k);
        (k == 5 ? mass : more) += each;
    }
    const Tails tails = binomial_tails(5, 7, probability);
    EXPECT_NEAR(tails.more, more + mass / 2, 1e-14);
    EXPECT_NEAR(tails.fewer, 1 - more - mass / 2, 1e-14);
    EXPECT_NEAR(binomial_tails(5, 7, probability, 1).more, more + mass, 1e-14);
}

// R 4.5: qnorm, pt, qt, pgamma, qgamma, pbeta, qbeta, pchisq, qnbinom.
TEST(Distributions, ValuesOfR)
{
    EXPECT_NEAR(normal_quantile_above(1e-20), 9.262340089798408, 1e-13);
    EXPECT_NEAR(student_above(3, 2.5) / 0.04385332, 1, 1e-6);
    EXPECT_EQ(student_above(HUGE_VAL, 1.5), normal_above(1.5));
    EXPECT_NEAR(student_above(7, student_quantile_above(7, 1e-12)) / 1e-12, 1, 1e-10);
    EXPECT_NEAR(gamma_above(2, gamma_quantile(2, 0.9)), 0.1, 1e-14);
    EXPECT_NEAR(chi_squared_above(1, 3.841458820694124), 0.05, 1e-15);
    EXPECT_NEAR(beta_below(2, 5, beta_quantile(2, 5, 0.3)), 0.3, 1e-14);
    EXPECT_NEAR(beta_above(2, 5, beta_quantile_above(2, 5, 0.3)), 0.3, 1e-14);
    const double x = beta_quantile(2, 5, 0.3);
    EXPECT_NEAR(beta_quantile_odds(2, 5, 0.3), x / (1 - x), 1e-14);
}

TEST(Distributions, CountsAreNegativeBinomialOrPoisson)
{
    EXPECT_NEAR(count_above({2, 2}, 3), 1 - std::exp(-2.0) * (1 + 2 + 2 + 4.0 / 3), 1e-15);
    // Of size 1 a negative binomial count is geometric.
    EXPECT_NEAR(count_above({2, 6}, 3), std::pow(2.0 / 3, 4), 1e-15);
    EXPECT_EQ(count_quantile_above({2, 2}, 0.05), 5);
    EXPECT_EQ(count_quantile({9, 9}, 0.05), 3);
}

TEST(Distributions, DeviatesOfTailsTooSmallToTellAreBounded)
{
    EXPECT_EQ(deviate({0.5, 0.5}), 0);
    EXPECT_EQ(deviate({0, 1}), deviate({least_p, 1}));
    EXPECT_EQ(deviate({1, 0}), -deviate({0, 1}));
}

TEST(Adjust, HundredValuesOfR)
{
    const auto table = anomaly_test::read_data("anomaly/p_adjust_R.csv");
    if (!table.found) {
        GTEST_SKIP() << table.missing;
    }
    ASSERT_EQ(table.rows.size(), 100U);
    std::vector<double> p;
    for (const auto& row : table.rows) {
        p.push_back(number_of(table, row, "p"));
    }
    for (const char* method : {"BH", "BY", "holm"}) {
        const auto adjusted = p_adjust(p, find_adjustment(method));
        for (std::size_t i = 0; i < p.size(); ++i) {
            const double expected = number_of(table, table.rows[i], method);
            EXPECT_NEAR(adjusted[i], expected, 1e-10 * expected) << method;
        }
    }
}

TEST(Adjust, MissingTestsDoNotCount)
{
    const double none = std::nan("");
    const auto with = p_adjust(std::vector<double>{none, 0.01, 0.04, none, 0.03}, Adjustment::bh);
    EXPECT_TRUE(std::isnan(with[0]));
    EXPECT_TRUE(std::isnan(with[3]));
    EXPECT_DOUBLE_EQ(with[1], 0.03);
    EXPECT_DOUBLE_EQ(with[2], 0.04);
    EXPECT_DOUBLE_EQ(with[4], 0.04);
    EXPECT_TRUE(p_adjust({}, Adjustment::holm).empty());
    EXPECT_EQ(error_of([&] { (void)p_adjust(std::vector<double>{1.5}, Adjustment::bh); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_adjustment("fdr"); }), ErrorCode::invalid_parameter);
}

TEST(NelderMead, FindsTheMinimumOfRosenbrocksValley)
{
    const auto valley = [](const std::array<double, 2>& x) {
        return 100 * std::pow(x[1] - x[0] * x[0], 2) + std::pow(1 - x[0], 2);
    };
    const auto found = nelder_mead(valley, std::array<double, 2>{-1.2, 1}, 0.5, 1e-14, 500);
    EXPECT_NEAR(found.at[0], 1, 1e-5);
    EXPECT_NEAR(found.at[1], 1, 1e-5);
}

TEST(Newton, ClimbsAlsoWhereTheLikelihoodIsNotConcave)
{
    // The likelihood of a gamma distribution of shape 3 and rate 2, by the mean and the mean logarithm of its values, from far away.
    const double mean = 1.5;
    const double mean_log = digamma(3) - std::log(2.0);
    const auto likelihood = [&](const Parameters& at) {
        const auto [shape, rate, unused, none] = at;
        Curvature here;
        here.value = 100 * (shape * std::log(rate) - log_gamma(shape) + (shape - 1) * mean_log - rate * mean);
        here.gradient = {100 * (std::log(rate) - digamma(shape) + mean_log), 100 * (shape / rate - mean)};
        here.hessian[0][0] = -100 * trigamma(shape);
        here.hessian[1] = {100 / rate, -100 * shape / (rate * rate)};
        return here;
    };
    constexpr double start[] = {1, 60};
    const Maximum found = maximise(likelihood, start, 16, {});
    ASSERT_TRUE(found.converged);
    EXPECT_NEAR(found.at[0], 3, 1e-10);
    EXPECT_NEAR(found.at[1], 2, 1e-10);
    // The inverse of the information, by hand.
    const double determinant = trigamma(3) * 3 / 4 - 0.25;
    EXPECT_NEAR(found.errors[0], std::sqrt(0.75 / determinant / 100), 1e-10);
    EXPECT_NEAR(found.errors[1], std::sqrt(trigamma(3) / determinant / 100), 1e-10);
}

TEST(Newton, TellsWhichParameterRunsAway)
{
    const auto rising = [](const Parameters& at) {
        Curvature here;
        here.value = -at[0] + std::log(at[0]) - 1 / at[1];
        here.gradient = {-1 + 1 / at[0], 1 / (at[1] * at[1])};
        here.hessian[0][0] = -1 / (at[0] * at[0]);
        here.hessian[1][1] = -2 / (at[1] * at[1] * at[1]);
        return here;
    };
    constexpr double start[] = {2, 1};
    const Maximum found = maximise(rising, start, 8, {});
    EXPECT_FALSE(found.converged);
    EXPECT_EQ(found.out_of_bounds, 1);
}

TEST(LinearAlgebra, SolvesWhatIsNotOfFullRank)
{
    Eigen::MatrixXd matrix(3, 3);
    matrix << 4, 2, 0, 2, 3, 0, 0, 0, 0;
    const Eigen::Vector3d right(8, 8, 0);
    const Eigen::VectorXd found = solve_any_rank(matrix, right);
    EXPECT_NEAR(found[0], 1, 1e-15);
    EXPECT_NEAR(found[1], 2, 1e-15);
    EXPECT_EQ(found[2], 0);
    const Eigen::MatrixXd same = solve(matrix.topLeftCorner(2, 2), right.head(2));
    EXPECT_NEAR(same(1, 0), 2, 1e-15);
}

TEST(Quadrature, ExpectationsOfABetaDistribution)
{
    for (const Beta belief : {Beta{0.02, 3}, Beta{0.03, 0.05}, Beta{40, 0.02}, Beta{0.5, 1e12}, Beta{2, 5}, Beta{3, 97},
                              Beta{500, 80'000}, Beta{4000, 0.5}}) {
        const double trials = belief.successes + belief.failures;
        const double mean = belief.successes / trials;
        EXPECT_NEAR(expectation(belief, [](double rate, double) { return rate; }) / mean, 1, 1e-11);
        const double square = mean * (belief.successes + 1) / (trials + 1);
        EXPECT_NEAR(expectation(belief, [](double rate, double) { return rate * rate; }) / square, 1, 1e-11);
        EXPECT_NEAR(probability_greater(belief, belief), 0.5, 1e-12);
    }
    // P(one > other) for other ~ Beta(1, 1) is the mean of one.
    EXPECT_NEAR(probability_greater({3, 97}, {1, 1}), 0.03, 1e-13);
    EXPECT_NEAR(probability_greater({1, 1}, {3, 97}), 0.97, 1e-13);
    // Small ones keep their digits: P(Beta(1, n) > Beta(m, 1)) is a beta function.
    EXPECT_NEAR(probability_greater({1, 30}, {20, 1}) / std::exp(std::log(20) + log_beta(20, 31)), 1, 1e-10);
}

TEST(Quadrature, ExpectationsOfRatesThatAreAllButZeroOrOne)
{
    for (const double a : {1e-6, 1e-3, 0.3, 1.0, 50.0, 1e8}) {
        for (const double b : {1e-6, 1e-3, 0.5, 1.0, 1e3, 1e12}) {
            const double mean = a / (a + b);
            EXPECT_NEAR(expectation({a, b}, [](double rate, double) { return rate; }) / mean, 1, 1e-12) << a << ' ' << b;
            EXPECT_NEAR(expectation({a, b}, [](double, double rest) { return rest; }) / (b / (a + b)), 1, 1e-12)
                << a << ' ' << b;
            const double square = mean * (a + 1) / (a + b + 1);
            EXPECT_NEAR(expectation({a, b}, [](double rate, double) { return rate * rate; }) / square, 1, 1e-12)
                << a << ' ' << b;
            EXPECT_NEAR(probability_greater({a, b}, {a, b}), 0.5, 1e-10) << a << ' ' << b;
            // A rate that may be anything is below it with the probability of its mean.
            EXPECT_NEAR(probability_greater({a, b}, {1, 1}), mean, 1e-10) << a << ' ' << b;
        }
    }
}

TEST(Quadrature, IntegralsWithSingularEnds)
{
    EXPECT_NEAR(integral([](double x, double) { return 1 / std::sqrt(x); }, 0, 4, 1e-12), 4, 1e-10);
    double sum = 0;
    for (const Node& node : gauss_legendre()) {
        sum += node.weight * std::exp(node.at);
    }
    EXPECT_NEAR(sum, std::exp(1.0) - std::exp(-1.0), 1e-14);
}

TEST(Search, RootsAndMinima)
{
    const auto cubic = [](double x) { return x * x * x - 2; };
    EXPECT_NEAR(root(cubic, 0, 2, 52).middle(), std::cbrt(2.0), 1e-15);
    EXPECT_NEAR(minimum([](double x) { return std::cosh(x - 0.3); }, -2, 5, 26), 0.3, 1e-7);
}

TEST(Quantile, IsThatOfPercentileCont)
{
    std::vector<double> values = {5, 1, 4, 2};
    EXPECT_EQ(quantile(values, 0), 1);
    EXPECT_EQ(quantile(values, 1), 5);
    EXPECT_EQ(median(values), 3);
    EXPECT_DOUBLE_EQ(quantile(values, 0.9), 4.7);
}

TEST(CompensatedSum, LosesNothing)
{
    CompensatedSum sum;
    for (const double term : {1.0, 1e100, 1.0, -1e100}) {
        sum.add(term);
    }
    EXPECT_EQ(sum.value(), 2);
}

}  // namespace
