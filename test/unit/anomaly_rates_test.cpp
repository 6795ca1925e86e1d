// Tests of rates: against values from R, against sums by hand, and by their properties.

#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <numbers>
#include <random>
#include <vector>

#include "anomaly/rates.hpp"
#include "anomaly_support.hpp"
#include "error_of.hpp"

namespace {

using namespace marketing::anomaly;
using namespace unit_test;
using anomaly_test::number_of;

constexpr double infinity = std::numeric_limits<double>::infinity();
constexpr double tolerance = 1e-10;

double p_of(const Rate& a, const Rate& b, RateOptions options, Alternative alternative)
{
    options.alternative = alternative;
    return rate_ratio_test(a, b, options).p_value;
}

void expect_close(double found, double expected, const std::string& what, double slack = 0)
{
    // R's bound is infinite where there is none.
    if (std::isinf(expected)) {
        EXPECT_TRUE(std::isnan(found)) << what;
    } else {
        EXPECT_NEAR(found, expected, tolerance * std::abs(expected) + slack) << what;
    }
}

// R 4.5: poisson.test and sums over dbinom; quasi_* are of counts and dispersion 1.8, with 49 degrees of freedom.
TEST(AnomalyRates, SeventyTestsOfR)
{
    const auto table = anomaly_test::read_data("anomaly/poisson_rate_tests_R.csv");
    if (!table.found) {
        GTEST_SKIP() << table.missing;
    }
    ASSERT_EQ(table.rows.size(), 70U);
    for (const auto& row : table.rows) {
        const auto value = [&row, &table](const char* column) { return number_of(table, row, column); };
        const Rate a{value("x"), value("t")};
        const Rate b{value("x0"), value("t0")};
        const std::string what = "x " + std::to_string(a.events) + " of " + std::to_string(b.events);
        RateOptions exact;
        exact.mid_p = false;
        expect_close(p_of(a, b, exact, Alternative::greater), value("p_greater"), what + " p_greater");
        expect_close(p_of(a, b, exact, Alternative::less), value("p_less"), what + " p_less");
        expect_close(p_of(a, b, exact, Alternative::two_sided), value("p_two_double"), what + " p_two_double");
        expect_close(p_of(a, b, {}, Alternative::greater), value("midp_greater"), what + " midp_greater");
        expect_close(p_of(a, b, {}, Alternative::less), value("midp_less"), what + " midp_less");
        expect_close(p_of(a, b, {}, Alternative::two_sided), value("midp_two"), what + " midp_two");
        const RateRatio plain = rate_ratio_test(a, b);
        if (b.events > 0) {
            expect_close(plain.ratio, value("rate_ratio"), what + " ratio");
        } else {
            EXPECT_TRUE(std::isnan(plain.ratio)) << what;
        }
        expect_close(plain.ci_low, value("ci95_lo"), what + " ci95_lo");
        expect_close(plain.ci_high, value("ci95_hi"), what + " ci95_hi");
        RateOptions quasi;
        quasi.dispersion = value("quasi_phi");
        const double upper = value("quasi_midp_greater");
        expect_close(p_of(a, b, quasi, Alternative::greater), upper, what + " quasi_midp_greater");
        const double z = value("quasi_z");
        if (std::isinf(z)) {
            // R took the upper tail, which is 1 for a double; what it stands for is far below.
            EXPECT_LT(rate_ratio_test(a, b, quasi).z, -8.2) << what;
            continue;
        }
        // The digits that the upper tail has lost are lost to R's z as well.
        const double lost = z < 0 ? 4e-16 * std::sqrt(2 * std::numbers::pi) * std::exp(z * z / 2) : 0;
        expect_close(rate_ratio_test(a, b, quasi).z, z, what + " quasi_z", lost);
        quasi.df = 49;
        const double p = value("quasi_t49_two");
        expect_close(p_of(a, b, quasi, Alternative::two_sided), p, what + " quasi_t49_two", lost * p * std::abs(z));
    }
}

TEST(AnomalyRates, SwappingTheRatesTurnsTheResultAround)
{
    std::mt19937_64 random(1);
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int i = 0; i < 500; ++i) {
        const Rate a{std::floor(60 * uniform(random)), 1 + 9 * uniform(random)};
        const Rate b{std::floor(200 * uniform(random)), 1 + 40 * uniform(random)};
        RateOptions options;
        options.dispersion = 1 + 4 * uniform(random);
        options.df = 4 + 40 * uniform(random);
        options.margin = i % 2 == 0 ? 0 : 0.2;
        const RateRatio one = rate_ratio_test(a, b, options);
        const RateRatio other = rate_ratio_test(b, a, options);
        EXPECT_NEAR(one.z, -other.z, 1e-9);
        EXPECT_NEAR(one.p_value, other.p_value, 1e-11);
        EXPECT_NEAR(p_of(a, b, options, Alternative::greater), p_of(b, a, options, Alternative::less), 1e-11);
        if (a.events > 0 && b.events > 0) {
            EXPECT_NEAR(one.ci_low * other.ci_high, 1, 1e-9);
            EXPECT_NEAR(one.ratio * other.ratio, 1, 1e-12);
        }
    }
}

TEST(AnomalyRates, EvidenceGrowsWithTheCountAndShrinksWithWhatIsNotKnown)
{
    const Rate baseline{120, 30};
    double before = 1;
    for (double x = 0; x <= 100; ++x) {
        const double p = p_of({x, 7}, baseline, {}, Alternative::greater);
        EXPECT_LE(p, before);
        before = p;
    }
    RateOptions options;
    const Rate high{60, 7};
    const double plain = p_of(high, baseline, options, Alternative::greater);
    options.df = 10;
    const double unsure = p_of(high, baseline, options, Alternative::greater);
    EXPECT_GT(unsure, plain);
    options.margin = 0.2;
    const double beyond = p_of(high, baseline, options, Alternative::greater);
    EXPECT_GT(beyond, unsure);
    options.dispersion = 3;
    EXPECT_GT(p_of(high, baseline, options, Alternative::greater), beyond);
}

TEST(AnomalyRates, IntervalAndTestAgree)
{
    // The exact test is as conservative as the interval: it says 5 % exactly where the interval ends.
    RateOptions options;
    options.mid_p = false;
    options.df = 12;
    options.dispersion = 1.7;
    const Rate a{31, 7};
    const Rate b{90, 30};
    const RateRatio found = rate_ratio_test(a, b, options);
    EXPECT_NEAR(p_of(a, {b.events, b.exposure / found.ci_low}, options, Alternative::greater), 0.025, 1e-9);
    EXPECT_NEAR(p_of(a, {b.events, b.exposure / found.ci_high}, options, Alternative::less), 0.025, 1e-9);
}

TEST(AnomalyRates, NothingAgainstNothing)
{
    const RateRatio none = rate_ratio_test({0, 5}, {0, 30});
    EXPECT_TRUE(std::isnan(none.ratio));
    EXPECT_EQ(none.ci_low, 0);
    EXPECT_TRUE(std::isnan(none.ci_high));
    EXPECT_EQ(none.z, 0);
    EXPECT_EQ(none.p_value, 1);
    for (const double exposure : {0.0, -3.0, std::numeric_limits<double>::quiet_NaN()}) {
        EXPECT_TRUE(std::isnan(rate_ratio_test({4, exposure}, {9, 30}).p_value));
        EXPECT_TRUE(std::isnan(rate_ratio_test({4, 7}, {9, exposure}).ratio));
    }
}

TEST(AnomalyRates, HugeCountsDoNotUnderflow)
{
    const RateRatio found = rate_ratio_test({1e7, 1}, {1e6, 1});
    EXPECT_EQ(found.p_value, 1e-300);
    EXPECT_GT(found.z, 37);
    EXPECT_NEAR(found.ratio, 10, 1e-12);
    EXPECT_NEAR(found.ci_low, 9.98, 0.01);
}

TEST(AnomalyRates, RefusesWhatIsNoCount)
{
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({-1, 1}, {1, 1}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({1, 1}, {infinity, 1}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({std::nan(""), 1}, {1, 1}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({1, infinity}, {1, 1}); }), ErrorCode::invalid_parameter);
    RateOptions options;
    options.dispersion = 0;
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({1, 1}, {1, 1}, options); }), ErrorCode::invalid_parameter);
    options = {};
    options.margin = -0.1;
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({1, 1}, {1, 1}, options); }), ErrorCode::invalid_parameter);
    options = {};
    options.df = std::nan("");
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({1, 1}, {1, 1}, options); }), ErrorCode::invalid_parameter);
    options = {};
    options.confidence = 1;
    EXPECT_EQ(error_of([&] { (void)rate_ratio_test({1, 1}, {1, 1}, options); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_alternative("both"); }), ErrorCode::invalid_parameter);
}

}  // namespace
