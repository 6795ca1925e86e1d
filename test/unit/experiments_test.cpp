// A/B statistics: answers of other software, brute force, simulated experiments, and what has no answer.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <csignal>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "error_of.hpp"
#include "experiments/experiments.hpp"
#include "lifetime_value_support.hpp"

namespace {

using namespace marketing::experiments;
using namespace unit_test;
using value_test::number;
using value_test::read_csv;

/** Equal to 1e-9, relative where it is larger than 1. */
void expect_close(double found, double expected, const std::string& what, double tolerance = 1e-9)
{
    EXPECT_LE(std::abs(found - expected), tolerance * std::max(1.0, std::abs(expected)))
        << what << ": " << found << ", " << expected;
}

ProportionComparison compared(const Proportion& a, const Proportion& b, DifferenceMethod method = DifferenceMethod::score)
{
    return compare_proportions(a, b, 0.95, method);
}

/** The rows of a file of expected values; none, and the test is skipped, where it is absent. */
std::vector<std::map<std::string, std::string>> expected_values(const std::string& name)
{
    return read_csv(name, "experiments");
}

TEST(Proportions, AsOtherSoftwareHasThem)
{
    const auto rows = read_csv("oracle_ab_proportions.csv");
    if (rows.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    ASSERT_EQ(rows.size(), 7U);
    for (const auto& row : rows) {
        const auto value = [&row](const char* column) { return number(row, column); };
        const Proportion a{static_cast<std::int64_t>(value("x_a")), static_cast<std::int64_t>(value("n_a"))};
        const Proportion b{static_cast<std::int64_t>(value("x_b")), static_cast<std::int64_t>(value("n_b"))};
        const std::string what = row.at("x_a") + "/" + row.at("n_a") + " ";
        const ProportionComparison c = compared(a, b);
        expect_close(c.statistic, value("z_pooled"), what + "z");
        expect_close(c.statistic * c.statistic, value("chi2"), what + "chi2");
        expect_close(c.p_value, value("p_ztest"), what + "p");
        expect_close(c.p_exact, value("p_fisher"), what + "Fisher");
        expect_close(c.difference, value("diff"), what + "difference");
        const ConfidenceInterval newcombe = compared(a, b, DifferenceMethod::newcombe).difference_interval;
        expect_close(newcombe.low, value("newcombe_lo"), what + "Newcombe");
        expect_close(newcombe.high, value("newcombe_hi"), what + "Newcombe");
        const ConfidenceInterval wald = compared(a, b, DifferenceMethod::wald).difference_interval;
        expect_close(wald.low, value("wald_lo"), what + "Wald");
        expect_close(wald.high, value("wald_hi"), what + "Wald");
        const ConfidenceInterval wilson = proportion_interval(a, 0.95, ProportionMethod::wilson);
        expect_close(wilson.low, value("wilson_a_lo"), what + "Wilson");
        expect_close(wilson.high, value("wilson_a_hi"), what + "Wilson");
        const ConfidenceInterval exact = proportion_interval(a, 0.95, ProportionMethod::exact);
        expect_close(exact.low, value("cp_a_lo"), what + "Clopper-Pearson");
        expect_close(exact.high, value("cp_a_hi"), what + "Clopper-Pearson");
        const BayesianComparison bayes = compare_bayesian(a, b, 1, 1, 0.95);
        // The file adds up logarithms of factorials, which with a million trials leaves it nine digits: the exact value is in Bayes below.
        expect_close(bayes.p_b_better, value("prob_b_beats_a"), what + "P(B > A)", a.trials < 1000000 ? 1e-9 : 3e-9);
        expect_close(bayes.expected_loss_b, value("exp_loss_choose_b"), what + "loss", 1e-11);
        expect_close(c.degrees_of_freedom, value("gb_dof"), what + "degrees of freedom");
        if (row.at("gb_rel").empty()) {
            EXPECT_TRUE(std::isnan(c.lift));
            EXPECT_EQ(c.reason, "the control is 0: there is no lift");
        } else {
            expect_close(c.lift, value("gb_rel"), what + "lift");
            EXPECT_EQ(c.lift_p_value, c.p_value);
        }
        const SequentialResult s =
            sequential(c.difference, c.standard_error, static_cast<double>(a.trials + b.trials), 0.95, 5000);
        expect_close(s.rho, value("seq_rho"), what + "rho");
        expect_close(s.interval.high - c.difference, value("seq_halfwidth_abs"), what + "sequential");
        expect_close(s.p_value, value("seq_p_abs"), what + "sequential p");
    }
}

TEST(SampleSize, AsOtherSoftwareHasThem)
{
    const auto rows = read_csv("oracle_ab_sample_size.csv");
    if (rows.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    ASSERT_EQ(rows.size(), 5U);
    for (const auto& row : rows) {
        const auto value = [&row](const char* column) { return number(row, column); };
        const Design design{value("alpha"), value("power"), value("ratio")};
        expect_close(size_for_proportions(value("p0"), value("mde_abs"), design, SizeMethod::unpooled), value("n_a_unpooled"),
                     "unpooled");
        expect_close(size_for_proportions(value("p0"), value("mde_abs"), design, SizeMethod::pooled), value("n_a_pooled_null"),
                     "pooled");
        expect_close(size_for_proportions(value("p0"), value("mde_abs"), design, SizeMethod::cohen_h), value("n_a_cohen_h"),
                     "Cohen");
        expect_close(detectable_effect(value("p0"), value("n_a_unpooled"), design), value("mde_abs"), "effect");
    }
}

TEST(SampleSize, OfMeansIsThatOfTheZTest)
{
    // One standard deviation at 5 % and 80 %: 2 (1.959964 + 0.841621)^2.
    EXPECT_NEAR(size_for_means(1, 1, {}), 15.697759, 1e-5);
    EXPECT_NEAR(size_for_means(3, 1.5, {}), 4 * 15.697759, 1e-4);
    EXPECT_TRUE(std::isnan(detectable_effect(0.5, 2, {})));
}

/** All tables with the margins, by logarithms of factorials. */
double fisher_by_factorials(std::int64_t x1, std::int64_t n1, std::int64_t x2, std::int64_t n2)
{
    const auto choose = [](std::int64_t n, std::int64_t k) {
        return std::lgamma(static_cast<double>(n + 1)) - std::lgamma(static_cast<double>(k + 1)) -
               std::lgamma(static_cast<double>(n - k + 1));
    };
    const std::int64_t all = x1 + x2;
    const auto likelihood = [&](std::int64_t k) {
        return std::exp(choose(n1, k) + choose(n2, all - k) - choose(n1 + n2, all));
    };
    double p = 0;
    for (std::int64_t k = std::max<std::int64_t>(0, all - n2); k <= std::min(all, n1); ++k) {
        p += likelihood(k) <= likelihood(x1) * (1 + 1e-7) ? likelihood(k) : 0;
    }
    return std::min(1.0, p);
}

TEST(Proportions, FishersTestIsTheSumOfAllTables)
{
    std::mt19937 random(4);
    for (int round = 0; round < 3000; ++round) {
        const auto n1 = static_cast<std::int64_t>(1 + random() % 60);
        const auto n2 = static_cast<std::int64_t>(1 + random() % 60);
        const auto x1 = static_cast<std::int64_t>(random() % static_cast<unsigned>(n1 + 1));
        const auto x2 = static_cast<std::int64_t>(random() % static_cast<unsigned>(n2 + 1));
        EXPECT_NEAR(compared({x1, n1}, {x2, n2}).p_exact, fisher_by_factorials(x1, n1, x2, n2), 1e-10)
            << x1 << '/' << n1 << ' ' << x2 << '/' << n2;
    }
    const double tiny = compared({10, 1000000}, {90, 1000000}).p_exact;
    EXPECT_LT(tiny, 1e-15);
    EXPECT_GT(tiny, 1e-20);
    EXPECT_NEAR(std::log(tiny), std::log(fisher_by_factorials(10, 1000000, 90, 1000000)), 1e-6);
    EXPECT_EQ(compared({0, 1000000}, {500000, 1000000}).p_exact, 0) << "smaller than any number";
}

TEST(Proportions, Corners)
{
    const ProportionComparison none = compared({0, 10}, {0, 0});
    EXPECT_TRUE(std::isnan(none.difference));
    EXPECT_EQ(none.reason, "an arm has no trials");
    const ProportionComparison zeros = compared({0, 50}, {0, 60});
    EXPECT_EQ(zeros.p_value, 1);
    EXPECT_EQ(zeros.p_exact, 1);
    EXPECT_TRUE(std::isnan(zeros.statistic));
    EXPECT_LT(zeros.difference_interval.low, 0);
    EXPECT_GT(zeros.difference_interval.high, 0);
    EXPECT_EQ(zeros.reason, "the values do not vary");
    const ProportionComparison ones = compared({50, 50}, {60, 60});
    EXPECT_EQ(ones.p_value, 1);
    const ProportionComparison single = compared({0, 1}, {1, 1});
    EXPECT_EQ(single.difference, 1);
    EXPECT_NEAR(single.p_exact, 1, 1e-12);
    EXPECT_EQ(single.reason, "the control is 0: there is no lift");
    // One in a million against ten: the p-value does not sink below what a number can hold.
    const ProportionComparison rare = compared({1, 1000000}, {100, 1000000});
    EXPECT_GT(rare.p_value, 0);
    EXPECT_LT(rare.p_value, 1e-20);
    EXPECT_GT(rare.lift_p_value, 0);
    EXPECT_EQ(error_of([&] { (void)compared({-1, 5}, {1, 5}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)compared({6, 5}, {1, 5}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)compare_proportions({1, 5}, {1, 5}, 1, DifferenceMethod::wald);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)compare_proportions({1, 5}, {1, 5}, std::nan(""), DifferenceMethod::wald);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_difference_method("exact"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_proportion_method(""); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_size_method("none"); }), ErrorCode::invalid_parameter);
}

TEST(Lift, ScoreIntervalsAreAsPublishedAndAsOthersHaveThem)
{
    // Newcombe (1998), method 3 of Mee.
    const ConfidenceInterval mee = compared({48, 80}, {56, 70}).difference_interval;
    EXPECT_NEAR(mee.low, 0.0533, 5e-5);
    EXPECT_NEAR(mee.high, 0.3377, 5e-5);
    const auto differences = expected_values("miettinen_nurminen_difference.csv");
    const auto ratios = expected_values("miettinen_nurminen_ratio.csv");
    if (ratios.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    const auto compared_row = [](const auto& row, Alternative alternative) {
        const auto count = [&row](const char* column) { return static_cast<std::int64_t>(number(row, column)); };
        return compare_proportions({count("x0"), count("n0")}, {count("x1"), count("n1")}, {number(row, "conf"), alternative},
                                   DifferenceMethod::score);
    };
    for (const auto& row : differences) {
        const ProportionComparison c = compared_row(row, Alternative::two_sided);
        const std::string what = row.at("x1") + "/" + row.at("n1") + " " + row.at("x0") + "/" + row.at("n0");
        expect_close(c.difference_interval.low, number(row, "mee_lo"), what + " low", 1e-8);
        expect_close(c.difference_interval.high, number(row, "mee_hi"), what + " high", 1e-8);
    }
    for (const auto& row : ratios) {
        const ProportionComparison c = compared_row(row, Alternative::two_sided);
        const std::string what = row.at("x1") + "/" + row.at("n1") + " " + row.at("x0") + "/" + row.at("n0");
        if (row.at("x0") == "0" || c.reason != "ok") {
            EXPECT_TRUE(std::isnan(c.lift)) << what;
            continue;
        }
        expect_close(1 + c.lift_interval.low, number(row, "koopman_lo"), what + " low", 1e-8);
        expect_close(1 + c.lift_interval.high, number(row, "koopman_hi"), what + " high", 1e-8);
    }
}

TEST(Lift, OneSidedTestsAreThoseOfOtherSoftware)
{
    const auto rows = expected_values("one_sided_proportions.csv");
    if (rows.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    for (const auto& row : rows) {
        const auto count = [&row](const char* column) { return static_cast<std::int64_t>(number(row, column)); };
        const Proportion a{count("x0"), count("n0")};
        const Proportion b{count("x1"), count("n1")};
        for (const auto& [alternative, column] :
             {std::pair(Alternative::greater, "p_greater_pooled"), std::pair(Alternative::less, "p_less_pooled")}) {
            const ProportionComparison c = compare_proportions(a, b, {0.95, alternative}, DifferenceMethod::score);
            if (!std::isnan(c.statistic)) {
                expect_close(c.p_value, number(row, column), column);
            }
        }
    }
}

TEST(Lift, AfterFiellerIsAsOtherSoftwareHasIt)
{
    const auto rows = expected_values("fieller.csv");
    if (rows.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    int bounded = 0;
    for (const auto& row : rows) {
        const auto value = [&row](const char* column) { return number(row, column); };
        if (row.at("critical_kind") != "welch_t" || value("cov_of_means") != 0) {
            continue;
        }
        const auto arm = [&](const std::string& name) {
            const double deviation = value(("sd_" + name).c_str());
            return Moments{value(("n_" + name).c_str()), value(("mean_" + name).c_str()), deviation * deviation, 0, 0, 0};
        };
        const Comparison c = compare_means(arm("a"), arm("b"), value("conf"));
        if (row.at("type") == "bounded" && value("mean_a") > 0) {
            ++bounded;
            expect_close(1 + c.lift_interval.low, value("lo"), row.at("case") + " low");
            expect_close(1 + c.lift_interval.high, value("hi"), row.at("case") + " high");
            expect_close(1 + c.lift, value("ratio_b_over_a"), row.at("case"));
        } else {
            EXPECT_TRUE(std::isnan(c.lift) && std::isnan(c.lift_interval.low) && std::isnan(c.lift_p_value)) << row.at("case");
            EXPECT_FALSE(std::isnan(c.p_value)) << row.at("case");
            EXPECT_NE(c.reason, "ok");
        }
    }
    EXPECT_GE(bounded, 5);
}

/** One test says all: no effect lies within either interval where, and only where, the p-value is not below 1 - confidence. */
void expect_agreement(const Comparison& c, double confidence, const std::string& what)
{
    const auto leaves_out_none = [](const ConfidenceInterval& i) { return i.low > 0 || i.high < 0; };
    const bool found = c.p_value < 1 - confidence;
    EXPECT_EQ(leaves_out_none(c.difference_interval), found) << what << ' ' << c.p_value;
    if (!std::isnan(c.lift)) {
        EXPECT_EQ(leaves_out_none(c.lift_interval), found) << what << ' ' << c.p_value;
        EXPECT_EQ(c.lift_p_value, c.p_value);
    }
}

TEST(Lift, IntervalsAndPValueAgree)
{
    std::mt19937_64 random(8);
    const auto between = [&random](std::int64_t low, std::int64_t high) {
        return std::uniform_int_distribution<std::int64_t>(low, high)(random);
    };
    for (int round = 0; round < 4000; ++round) {
        const Proportion a{between(0, 30), between(30, 400)};
        const Proportion b{between(0, 30), between(30, 400)};
        const Moments first{double(between(2, 50)), double(between(-10, 30)), double(between(1, 500)), 5, 9,
                            double(between(0, 1))};
        const Moments second{double(between(2, 50)), double(between(-10, 30)), double(between(1, 500)), 6, 9,
                             double(between(0, 2))};
        const double confidence = std::array{0.8, 0.9, 0.95, 0.99}[static_cast<std::size_t>(round % 4)];
        for (const Alternative alternative : {Alternative::two_sided, Alternative::greater, Alternative::less}) {
            const Inference inference{confidence, alternative};
            const std::string what = std::to_string(round);
            const ProportionComparison rates = compare_proportions(a, b, inference, DifferenceMethod::score);
            if (rates.reason != "the values do not vary") {
                expect_agreement(rates, confidence, what);
                EXPECT_FALSE(rates.lift_interval.low < -1) << what;
            }
            expect_agreement(compare_means(first, second, inference), confidence, what);
            expect_agreement(compare_ratios(first, second, inference), confidence, what);
            expect_agreement(compare_cuped(first, second, inference), confidence, what);
            const Moments strata_a[] = {first, second};
            const Moments strata_b[] = {second, first};
            expect_agreement(compare_stratified(strata_a, strata_b, inference), confidence, what);
        }
    }
}

TEST(Lift, ThereIsNoneWhereRoundingIsAllThatVaries)
{
    // What var_samp() leaves of a million prices of 0.1.
    EXPECT_EQ(compare_means({1e6, 0.1, 3e-29, 0, 0, 0}, {1e6, 0.1 + 1e-15, 3e-29, 0, 0, 0}, 0.95).reason,
              "the values do not vary");
    // A covariate that is a constant but for its last digits explains nothing.
    const AdjustedComparison c = compare_cuped({100, 5, 4, 0.3, 1e-32, 1.9e-16}, {100, 6, 4, 0.1 + 0.2, 1e-32, 1.9e-16}, 0.95);
    EXPECT_TRUE(std::isnan(c.theta));
    EXPECT_EQ(c.difference, 1);
    // A value that the covariate explains altogether leaves no variance, whatever its last digit.
    EXPECT_EQ(compare_cuped({100, 5, 4.1, 5, 4.1, std::nextafter(4.1, 0)}, {100, 6, 4.1, 6, 4.1, 4.1}, 0.95).reason,
              "the values do not vary");
    EXPECT_EQ(compare_ratios({100, 6.3, 0.9, 2.1, 0.1, 0.3}, {100, 6.9, 0.9, 2.3, 0.1, 0.3}, 0.95).reason,
              "the values do not vary");
}

TEST(Fisher, OneSidedIsTheSumOfTheTablesOnThatSide)
{
    std::mt19937 random(14);
    for (int round = 0; round < 500; ++round) {
        const auto n1 = static_cast<std::int64_t>(1 + random() % 60);
        const auto n2 = static_cast<std::int64_t>(1 + random() % 60);
        const auto x1 = static_cast<std::int64_t>(random() % static_cast<unsigned>(n1 + 1));
        const auto x2 = static_cast<std::int64_t>(random() % static_cast<unsigned>(n2 + 1));
        const auto choose = [](std::int64_t n, std::int64_t k) {
            return std::lgamma(double(n + 1)) - std::lgamma(double(k + 1)) - std::lgamma(double(n - k + 1));
        };
        double greater = 0;
        for (std::int64_t k = std::max<std::int64_t>(0, x1 + x2 - n2); k <= x1; ++k) {
            greater += std::exp(choose(n1, k) + choose(n2, x1 + x2 - k) - choose(n1 + n2, x1 + x2));
        }
        const auto p_exact = [&](const Proportion& a, const Proportion& b, Alternative alternative) {
            return compare_proportions(a, b, {0.95, alternative}, DifferenceMethod::wald).p_exact;
        };
        EXPECT_NEAR(p_exact({x1, n1}, {x2, n2}, Alternative::greater), greater, 1e-10);
        EXPECT_NEAR(p_exact({x2, n2}, {x1, n1}, Alternative::less), greater, 1e-10);
    }
    // Large counts are continuous: beside the normal tail with the half that a count is wide.
    const std::int64_t n = 1000000000000;
    const auto of = [&](std::int64_t b, Alternative alternative) {
        return compare_proportions({n / 2, n}, {b, n}, {0.95, alternative}, DifferenceMethod::wald).p_exact;
    };
    EXPECT_NEAR(of(n / 2 + 1000000, Alternative::greater), 0.5 * std::erfc(1), 1e-5);
    EXPECT_NEAR(of(n / 2 + 1000000, Alternative::less), 1 - 0.5 * std::erfc(1), 1e-5);
}

TEST(Bayes, ArmsThatAreAlikeAreAlikeUnderAnyPrior)
{
    for (const double prior : {1e-9, 1e-3, 0.5, 1.0, 1e6}) {
        for (const Proportion arm : {Proportion{0, 1000}, Proportion{1000, 1000}, Proportion{3, 7}, Proportion{0, 0}}) {
            const auto compared_arms = compare_bayesian(arm, arm, prior, prior, 0.9);
            EXPECT_NEAR(compared_arms.p_b_better, 0.5, 1e-9) << prior << ' ' << arm.successes << ' ' << arm.trials;
        }
    }
}

TEST(Means, WelchAsPublished)
{
    // Welch's test of two small samples, worked by hand: v/n = 2.5/5 and 10/4.
    const Comparison c = compare_means({5, 3, 2.5, 0, 0, 0}, {4, 6, 10, 0, 0, 0}, 0.95);
    EXPECT_NEAR(c.statistic, 3 / std::sqrt(3.0), 1e-12);
    EXPECT_NEAR(c.degrees_of_freedom, 9 / (0.25 / 4 + 6.25 / 3), 1e-12);
    EXPECT_NEAR(c.difference_interval.low + c.difference_interval.high, 6, 1e-12);
    EXPECT_GT(c.p_value, 0.05);
    EXPECT_LT(c.difference_interval.low, 0);
    EXPECT_NEAR(c.lift, 1, 1e-12);
    // Each end of the lift's interval is a ratio that is off by just the critical value.
    const double critical = (c.difference_interval.high - 3) / std::sqrt(3.0);
    for (const double end : {c.lift_interval.low, c.lift_interval.high}) {
        const double ratio = 1 + end;
        EXPECT_NEAR(std::abs(6 - ratio * 3) / std::sqrt(2.5 + ratio * ratio * 0.5), critical, 1e-9);
    }
}

TEST(Means, Corners)
{
    EXPECT_EQ(compare_means({}, {5, 1, 1, 0, 0, 0}, 0.95).reason, "an arm has no units");
    const Comparison one = compare_means({1, 3, 0, 0, 0, 0}, {5, 1, 1, 0, 0, 0}, 0.95);
    EXPECT_EQ(one.reason, "an arm has fewer than two units");
    EXPECT_EQ(one.difference, -2);
    EXPECT_TRUE(std::isnan(one.p_value));
    const Comparison constant = compare_means({5, 3, 0, 0, 0, 0}, {5, 3, 0, 0, 0, 0}, 0.95);
    EXPECT_EQ(constant.reason, "the values do not vary");
    EXPECT_TRUE(std::isnan(constant.p_value));
    const Comparison zero = compare_means({5, 0, 1, 0, 0, 0}, {5, 3, 1, 0, 0, 0}, 0.95);
    EXPECT_EQ(zero.reason, "the control is 0: there is no lift");
    EXPECT_FALSE(std::isnan(zero.p_value));
    EXPECT_TRUE(std::isnan(zero.lift));
    EXPECT_EQ(error_of([&] {
                  (void)compare_means({5, 0, -1, 0, 0, 0}, {5, 3, 1, 0, 0, 0}, 0.95);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)compare_means({5, std::nan(""), 1, 0, 0, 0}, {5, 3, 1, 0, 0, 0}, 0.95);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)compare_ratios({5, 1, 1, 1, 1, 2}, {5, 3, 1, 1, 1, 0}, 0.95);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(compare_ratios({5, 1, 1, 0, 1, 0}, {5, 3, 1, 1, 1, 0}, 0.95).reason, "the denominator of an arm is 0");
    EXPECT_EQ(compare_cuped({5, 10, 1, 2, 0, 0}, {5, 12, 1, 2, 0, 0}, 0.95).reason,
              "the covariate does not vary: nothing is adjusted");
}

Moments moments_of(const std::vector<std::pair<double, double>>& units)
{
    Moments m;
    m.n = static_cast<double>(units.size());
    for (const auto& [y, x] : units) {
        m.mean += y / m.n;
        m.other_mean += x / m.n;
    }
    for (const auto& [y, x] : units) {
        m.variance += (y - m.mean) * (y - m.mean) / (m.n - 1);
        m.other_variance += (x - m.other_mean) * (x - m.other_mean) / (m.n - 1);
        m.covariance += (y - m.mean) * (x - m.other_mean) / (m.n - 1);
    }
    return m;
}

/** Units whose value is 10 + covariate + noise + effect. */
Moments simulate(std::mt19937_64& random, int n, double effect)
{
    std::normal_distribution<double> normal;
    std::vector<std::pair<double, double>> units;
    for (int i = 0; i < n; ++i) {
        const double x = 20 + 3 * normal(random);
        units.emplace_back(x - 10 + normal(random) + effect, x);
    }
    return moments_of(units);
}

TEST(Experiments, IntervalsHoldTheTruthAsOftenAsTheySay)
{
    std::mt19937_64 random(12);
    const double effect = 0.4;
    int mean_holds = 0;
    int cuped_holds = 0;
    int ratio_holds = 0;
    int lift_holds = 0;
    int mean_finds = 0;
    int cuped_finds = 0;
    constexpr int rounds = 2000;
    const auto holds = [](const ConfidenceInterval& i, double truth) { return i.low <= truth && truth <= i.high ? 1 : 0; };
    for (int i = 0; i < rounds; ++i) {
        const Moments a = simulate(random, 120, 0);
        const Moments b = simulate(random, 90, effect);
        const Comparison means = compare_means(a, b, 0.95);
        const AdjustedComparison cuped = compare_cuped(a, b, 0.95);
        mean_holds += holds(means.difference_interval, effect);
        cuped_holds += holds(cuped.difference_interval, effect);
        lift_holds += holds(cuped.lift_interval, effect / 10);
        ratio_holds += holds(compare_ratios(a, b, 0.95).difference_interval, effect / 20);
        mean_finds += means.p_value < 0.05 ? 1 : 0;
        cuped_finds += cuped.p_value < 0.05 ? 1 : 0;
        EXPECT_GT(cuped.variance_reduction, 0.8);
        EXPECT_NEAR(cuped.theta, 1, 0.15);
    }
    // Four standard errors of a share of 2000.
    for (const int count : {mean_holds, cuped_holds, ratio_holds, lift_holds}) {
        EXPECT_NEAR(count / double{rounds}, 0.95, 4 * std::sqrt(0.95 * 0.05 / rounds));
    }
    EXPECT_GT(cuped_finds, 3 * mean_finds);
}

TEST(Experiments, WhoeverPeeksIsFooledByTheTTestAndNotByTheSequentialOne)
{
    std::mt19937_64 random(21);
    std::normal_distribution<double> normal;
    constexpr int rounds = 500;
    int fooled = 0;
    int fooled_sequentially = 0;
    for (int round = 0; round < rounds; ++round) {
        double sum[2] = {0, 0};
        double squares[2] = {0, 0};
        bool found = false;
        bool found_sequentially = false;
        for (int n = 1; n <= 2000; ++n) {
            for (int arm = 0; arm < 2; ++arm) {
                const double y = normal(random);
                sum[arm] += y;
                squares[arm] += y * y;
            }
            if (n % 100 == 0) {
                const auto moments = [&](int arm) {
                    const double mean = sum[arm] / n;
                    return Moments{double(n), mean, (squares[arm] - n * mean * mean) / (n - 1), 0, 0, 0};
                };
                const Comparison c = compare_means(moments(0), moments(1), 0.95);
                found = found || c.p_value < 0.05;
                found_sequentially =
                    found_sequentially || sequential(c.difference, c.standard_error, 2.0 * n, 0.95, 2000).p_value < 0.05;
            }
        }
        fooled += found ? 1 : 0;
        fooled_sequentially += found_sequentially ? 1 : 0;
    }
    EXPECT_GT(fooled, rounds * 0.15);
    EXPECT_LT(fooled_sequentially, rounds * 0.05);
}

TEST(Bayes, IsTheClosedSumWhereThatExists)
{
    for (const auto& [a, b] : std::vector<std::pair<Proportion, Proportion>>{
             {{0, 0}, {0, 0}}, {{0, 50}, {3, 55}}, {{7, 30}, {2, 40}}, {{400, 1000}, {399, 900}}}) {
        const auto beta = [](double x, double y) { return std::lgamma(x) + std::lgamma(y) - std::lgamma(x + y); };
        const double aa = 1 + double(a.successes), ba = 1 + double(a.trials - a.successes);
        const double ab = 1 + double(b.successes), bb = 1 + double(b.trials - b.successes);
        double sum = 0;
        for (int i = 0; i < ab; ++i) {
            sum += std::exp(beta(aa + i, ba + bb) - std::log(bb + i) - beta(1 + i, bb) - beta(aa, ba));
        }
        const BayesianComparison c = compare_bayesian(a, b, 1, 1, 0.95);
        EXPECT_NEAR(c.p_b_better, sum, 1e-10);
        EXPECT_NEAR(compare_bayesian(b, a, 1, 1, 0.95).p_b_better, 1 - sum, 1e-10);
        EXPECT_NEAR(c.expected_loss_a - c.expected_loss_b, c.rate_b - c.rate_a, 1e-12);
        EXPECT_LE(c.rate_a_interval.low, c.rate_a);
    }
    // The same sums in decimals of 50 digits.
    const BayesianComparison million = compare_bayesian({12000, 1000000}, {12600, 1000000}, 1, 1, 0.95);
    EXPECT_NEAR(million.p_b_better, 0.99994077319044010752, 1e-12);
    EXPECT_NEAR(million.expected_loss_b, 2.14986323189583351e-9, 1e-19);
    EXPECT_NEAR(compare_bayesian({200, 2000}, {250, 2000}, 1, 1, 0.95).p_b_better, 0.99381434832629651293, 1e-13);
    // Jeffreys' prior, whose density has no bound: two arms of nothing are equally good.
    EXPECT_NEAR(compare_bayesian({0, 0}, {0, 0}, 0.5, 0.5, 0.95).p_b_better, 0.5, 1e-8);
    EXPECT_NEAR(compare_bayesian({3, 8}, {3, 8}, 0.5, 0.5, 0.95).p_b_better, 0.5, 1e-10);
    EXPECT_EQ(error_of([&] { (void)compare_bayesian({3, 8}, {3, 8}, 0, 1, 0.95); }), ErrorCode::invalid_parameter);
}

TEST(SampleSize, IsRoundedUpWhereItIsANumberOfUnits)
{
    const SampleSize size = whole_sizes(10.2, {.ratio = 2});
    EXPECT_EQ(size.n_a, 11);
    EXPECT_EQ(size.n_b, 21);
    EXPECT_EQ(error_of([&] { (void)whole_sizes(1e18, {.ratio = 10}); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] { (void)whole_sizes(unknown, {}); }), ErrorCode::numeric_range);
}

TEST(SampleRatio, IsTheChiSquaredTest)
{
    const std::int64_t even[] = {5000, 5000};
    EXPECT_EQ(check_sample_ratio(even, {}).p_value, 1);
    const std::int64_t odd[] = {5200, 4800};
    const RatioCheck c = check_sample_ratio(odd, {});
    EXPECT_NEAR(c.chi2, 16, 1e-12);
    EXPECT_NEAR(c.p_value, std::erfc(4 / std::sqrt(2.0)), 1e-15);
    const double weights[] = {0.52, 0.48};
    EXPECT_NEAR(check_sample_ratio(odd, weights).chi2, 0, 1e-9);
    const std::int64_t none[] = {0, 0};
    EXPECT_TRUE(std::isnan(check_sample_ratio(none, {}).p_value));
    const std::int64_t many[] = {1000000, 1010000, 990000};
    EXPECT_GT(check_sample_ratio(many, {}).p_value, 0);
    EXPECT_EQ(check_sample_ratio(many, {}).degrees_of_freedom, 2);
    EXPECT_EQ(c.mismatch, c.p_value < 0.001);
    EXPECT_EQ(check_sample_ratio(odd, {}, 0.999).mismatch, true);
    EXPECT_FALSE(check_sample_ratio(none, {}).mismatch.has_value());
    EXPECT_EQ(error_of([&] { (void)check_sample_ratio(even, {}, 0); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)check_sample_ratio(std::span(even, 1), {}); }), ErrorCode::invalid_parameter);
    const double bad[] = {1, 0};
    EXPECT_EQ(error_of([&] { (void)check_sample_ratio(even, bad); }), ErrorCode::invalid_parameter);
}

TEST(Sequential, Corners)
{
    EXPECT_TRUE(std::isnan(sequential(0, 0, 10, 0.95, 5000).p_value));
    EXPECT_EQ(sequential(0, 1, 10, 0.95, 5000).p_value, 1);
    EXPECT_EQ(error_of([&] { (void)sequential(0, 1, 0, 0.95, 5000); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)sequential(std::nan(""), 1, 10, 0.95, 5000); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)sequential(0, -1, 10, 0.95, 5000); }), ErrorCode::invalid_parameter);
    // Tightest where it is tuned.
    const auto width = [](double tuned) { return sequential(0, 1, 1000, 0.95, tuned).interval.high; };
    EXPECT_LT(width(1000), width(100));
    EXPECT_LT(width(1000), width(10000));
}

/** The values of one sample's two groups, of samples.csv. */
std::map<std::string, std::vector<double>> groups_of(const std::string& sample)
{
    std::map<std::string, std::vector<double>> groups;
    for (const auto& row : expected_values("samples.csv")) {
        if (row.at("sample") == sample) {
            groups[row.at("group")].push_back(number(row, "value"));
        }
    }
    return groups;
}

TEST(Samples, WinsorisedMeansAreAsOtherSoftwareHasThem)
{
    const auto rows = expected_values("winsorised_welch.csv");
    if (rows.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    int compared_rows = 0;
    for (const auto& row : rows) {
        if (row.at("quantiles_from") != "pooled" || row.at("status") != "ok") {
            continue;
        }
        auto groups = groups_of(row.at("sample"));
        const auto value = [&row](const char* column) { return number(row, column); };
        const auto of = [&](Alternative alternative) {
            return compare_winsorised(groups["a"], groups["b"], value("q_lo"), value("q_hi"), {0.95, alternative});
        };
        const std::string what = row.at("sample") + " " + row.at("mode") + " " + row.at("q_hi");
        const CappedComparison c = of(Alternative::two_sided);
        expect_close(c.difference, value("diff_b_minus_a"), what);
        expect_close(c.p_value, value("p_two_sided"), what + " p");
        expect_close(c.difference_interval.low, value("lo95"), what + " low");
        expect_close(c.difference_interval.high, value("hi95"), what + " high");
        expect_close(of(Alternative::greater).p_value, value("p_greater"), what + " greater");
        expect_close(of(Alternative::less).p_value, value("p_less"), what + " less");
        ++compared_rows;
    }
    EXPECT_GE(compared_rows, 20);
}

TEST(Samples, QuantilesAreAsOtherSoftwareHasThem)
{
    const auto rows = expected_values("quantile_difference.csv");
    if (rows.empty()) {
        GTEST_SKIP() << "MARKETING_DATA_DIR does not lead to the data sets";
    }
    int compared_rows = 0;
    for (const auto& row : rows) {
        auto groups = groups_of(row.at("sample"));
        const Comparison c = compare_quantiles({groups["a"], {}}, {groups["b"], {}}, number(row, "q"), 0.95);
        const std::string what = row.at("sample") + " " + row.at("q");
        expect_close(c.difference, number(row, "diff"), what);
        const auto is_there = [&row](const char* column) { return row.contains(column) && !row.at(column).empty(); };
        if (!is_there("width_se")) {
            EXPECT_EQ(c.reason, "an arm has too few units for this quantile") << what;
        } else if (!is_there("width_p_two_sided")) {
            EXPECT_EQ(c.reason, "the values do not vary") << what;
        } else {
            expect_close(c.standard_error, number(row, "width_se"), what + " error");
            expect_close(c.p_value, number(row, "width_p_two_sided"), what + " p");
            ++compared_rows;
        }
    }
    EXPECT_GE(compared_rows, 6);
}

TEST(Samples, UnitsOfSeveralFiguresCountOnce)
{
    // Every unit five times: what the clusters add is just what repeating took away.
    std::vector<double> once[2];
    std::vector<double> often[2];
    std::vector<std::string_view> units[2];
    std::vector<std::string> names;
    for (int i = 0; i < 400; ++i) {
        names.push_back(std::to_string(i));
    }
    std::mt19937_64 random(5);
    for (std::size_t i = 0; i < names.size(); ++i) {
        const double value = std::lognormal_distribution<double>(0, 1)(random);
        once[i % 2].push_back(value);
        for (int k = 0; k < 5; ++k) {
            often[i % 2].push_back(value);
            units[i % 2].push_back(names[i]);
        }
    }
    const auto error = [](const Sample& a, const Sample& b) { return compare_quantiles(a, b, 0.5, 0.95).standard_error; };
    const double of_units = error({once[0], {}}, {once[1], {}});
    EXPECT_NEAR(error({often[0], units[0]}, {often[1], units[1]}) / of_units, 1, 0.3);
    EXPECT_LT(error({often[0], {}}, {often[1], {}}) / of_units, 0.7);
}

TEST(Sequential, OneSidedAsPublished)
{
    // Waudby-Smith and others (2023), appendix: sqrt(2 (n rho^2 + 1) / (n^2 rho^2) log(1 + sqrt(n rho^2 + 1) / (2 alpha))), of unit variance.
    const double n = 800;
    for (const double confidence : {0.9, 0.95, 0.99}) {
        const double alpha = 1 - confidence;
        const double odds = -2 * std::log(2 * alpha);
        const double rho2 = (odds + std::log(odds + 1)) / 1000;
        const double reach = std::sqrt(2 * (n * rho2 + 1) / (n * n * rho2) * std::log1p(std::sqrt(n * rho2 + 1) / (2 * alpha)));
        const double error = 1 / std::sqrt(n);
        const SequentialResult up = sequential(reach, error, n, {confidence, Alternative::greater}, 1000);
        EXPECT_NEAR(up.interval.low, 0, 1e-12);
        EXPECT_TRUE(std::isnan(up.interval.high));
        EXPECT_NEAR(up.p_value, alpha, 1e-12);
        const SequentialResult down = sequential(-reach, error, n, {confidence, Alternative::less}, 1000);
        EXPECT_NEAR(down.interval.high, 0, 1e-12);
        EXPECT_NEAR(down.p_value, alpha, 1e-12);
        EXPECT_EQ(sequential(-reach, error, n, {confidence, Alternative::greater}, 1000).p_value, 1);
    }
}

TEST(Timeline, IsTheSequentialTestOfAllUnitsUntilThen)
{
    std::mt19937_64 random(31);
    std::vector<DayOfExperiment> days;
    std::vector<std::pair<double, double>> all[2];
    std::vector<SequentialResult> expected;
    for (int day = 0; day < 12; ++day) {
        std::vector<std::pair<double, double>> added[2];
        for (int arm = 0; arm < 2; ++arm) {
            for (int i = 0; i < 30 + day; ++i) {
                added[arm].emplace_back(std::normal_distribution<double>(10 + arm, 4)(random), 1);
            }
            all[arm].insert(all[arm].end(), added[arm].begin(), added[arm].end());
        }
        days.insert(days.begin(), {day, moments_of(added[0]), moments_of(added[1])});
        const Comparison c = compare_means(moments_of(all[0]), moments_of(all[1]), 0.95);
        expected.push_back(sequential(c.difference, c.standard_error, double(all[0].size() + all[1].size()), 0.95, 600));
    }
    const auto points = timeline(days, 0.95, 600);
    ASSERT_EQ(points.size(), expected.size());
    std::optional<std::int32_t> decided_on;
    for (std::size_t i = 0; i < points.size(); ++i) {
        EXPECT_EQ(points[i].day, static_cast<std::int32_t>(i));
        EXPECT_NEAR(points[i].comparison.p_value, expected[i].p_value, 1e-9);
        EXPECT_NEAR(points[i].comparison.difference_interval.low, expected[i].interval.low, 1e-9);
        expect_agreement(points[i].comparison, 0.95, "day " + std::to_string(i));
        if (!decided_on && expected[i].p_value < 0.05) {
            decided_on = static_cast<std::int32_t>(i);
        }
        EXPECT_EQ(points[i].decided_on, decided_on);
    }
}

TEST(Bayes, OfMeansIsTheIntegralOfPriorAndLikelihood)
{
    const Moments a{400, 10, 900, 0, 0, 0};
    const Moments b{500, 12, 1000, 0, 0, 0};
    const double error2 = 900.0 / 400 + 1000.0 / 500;
    for (const double prior : {0.5, 2.0, 1e6}) {
        double mass = 0;
        double mean = 0;
        double better = 0;
        double loss_b = 0;
        for (int i = -40000; i <= 40000; ++i) {
            const double d = i / 2000.0;
            const double density = std::exp(-(d - 2) * (d - 2) / (2 * error2) - d * d / (2 * prior * prior));
            mass += density;
            mean += density * d;
            better += d > 0 ? density : d == 0 ? density / 2 : 0;
            loss_b += d < 0 ? -density * d : 0;
        }
        const BayesianDifference found = compare_bayesian_means(a, b, prior, 0.95);
        EXPECT_NEAR(found.mean, mean / mass, 1e-6);
        EXPECT_NEAR(found.p_b_better, better / mass, 1e-6);
        EXPECT_NEAR(found.expected_loss_b, loss_b / mass, 1e-6);
        EXPECT_NEAR(found.expected_loss_a - found.expected_loss_b, found.mean, 1e-12);
    }
}

TEST(Lift, TestsOfArmsThatAreAlikeFindNoMoreThanTheySay)
{
    std::mt19937_64 random(17);
    constexpr int rounds = 4000;
    const auto revenue = [&random](int n) {
        std::vector<std::pair<double, double>> units;
        for (int i = 0; i < n; ++i) {
            const bool buys = std::uniform_real_distribution<double>()(random) < 0.05;
            units.emplace_back(buys ? std::lognormal_distribution<double>(0, 1)(random) : 0, 0);
        }
        return moments_of(units);
    };
    const auto count = [&random](std::int64_t n, double rate) {
        return Proportion{std::binomial_distribution<std::int64_t>(n, rate)(random), n};
    };
    int rare = 0;
    int unequal = 0;
    int spent = 0;
    for (int i = 0; i < rounds; ++i) {
        rare += compared(count(1000, 0.005), count(1000, 0.005)).lift_p_value < 0.05 ? 1 : 0;
        unequal += compared(count(4000, 0.01), count(1000, 0.01)).lift_p_value < 0.05 ? 1 : 0;
        spent += compare_means(revenue(500), revenue(500), 0.95).lift_p_value < 0.05 ? 1 : 0;
    }
    for (const int found : {rare, unequal, spent}) {
        EXPECT_LT(found / double{rounds}, 0.05 + 3 * std::sqrt(0.05 * 0.95 / rounds));
    }
}

}  // namespace
