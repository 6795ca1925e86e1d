// Windows against the days before them: overdispersed counts against sums by hand, levels, days in any order, and how often all of it is
// wrong on fleets whose truth is known (the full tables are made by bench/anomaly/simulate).

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <memory_resource>
#include <numeric>

#include "anomaly/dispersion.hpp"
#include "anomaly/levels.hpp"
#include "anomaly/overdispersion.hpp"
#include "anomaly_fleet.hpp"
#include "error_of.hpp"
#include "refresh/daily_rows.hpp"
#include "seed_of_today.hpp"

namespace {

using namespace marketing::anomaly;
using namespace anomaly_test;
using namespace unit_test;
namespace refresh = marketing::refresh;
namespace series = marketing::series;

double log_beta(double a, double b)
{
    return std::lgamma(a) + std::lgamma(b) - std::lgamma(a + b);
}

TEST(AnomalyOverdispersion, TailsAreSumsOfBetaBinomials)
{
    for (const double a : {0.02, 0.7, 3.0, 40.0}) {
        for (const double b : {0.5, 9.0, 200.0}) {
            for (const int hits : {0, 1, 7, 29, 30}) {
                double more = 0;
                double mass = 0;
                for (int k = hits; k <= 30; ++k) {
                    const double each = std::exp(std::lgamma(31) - std::lgamma(k + 1) - std::lgamma(31 - k) +
                                                 log_beta(k + a, 30 - k + b) - log_beta(a, b));
                    (k == hits ? mass : more) += each;
                }
                const numeric::Tails tails = beta_binomial_tails(hits, 30, a, b);
                EXPECT_NEAR(tails.more, more + mass / 2, 1e-10) << a << ' ' << b << ' ' << hits;
                EXPECT_NEAR(tails.fewer, 1 - more - mass / 2, 1e-10) << a << ' ' << b << ' ' << hits;
            }
        }
    }
}

TEST(AnomalyOverdispersion, ManyShapesAreNearlyBinomial)
{
    const numeric::Tails clumped = beta_binomial_tails(30, 100, 2e7, 8e7);
    const numeric::Tails plain = numeric::binomial_tails(30, 100 - 30, 0.2);
    EXPECT_NEAR(clumped.more, plain.more, 1e-6);
}

TEST(AnomalyOverdispersion, LargeTotalsGoOverWithoutAJump)
{
    const numeric::Tails summed = beta_binomial_tails(4400, 20000, 300, 1200);
    const numeric::Tails continuous = beta_binomial_tails(4400.22, 20001, 300, 1200);
    EXPECT_NEAR(continuous.more / summed.more, 1, 0.04);
}

/** Thirty days of a series each, of a mean of 10 a day and dispersion 4, whose demand may follow its own yesterday. */
std::vector<numeric::BurstTable> tables_of_series(double correlation, double deviation)
{
    worlds::Engine engine(3);
    const worlds::World world{.mean = 10, .dispersion = 4, .demand_correlation = correlation, .demand_deviation = deviation};
    std::vector<numeric::BurstTable> tables;
    for (int i = 0; i < 300; ++i) {
        std::vector<numeric::CountDay> days;
        for (const double figure : make_campaign(world, 30, engine).figures) {
            days.push_back({static_cast<std::int32_t>(days.size()), figure, 1, 1});
        }
        tables.push_back(numeric::log_likelihoods(numeric::DividedCounts(days, 29), scales_of(10)));
    }
    return tables;
}

TEST(AnomalyOverdispersion, DaysTellTheDispersion)
{
    auto tables = tables_of_series(0, 0);
    const numeric::BurstTable unseen = numeric::learn(tables, dispersion_steps, 0.5, {});
    const DispersionWeights prior = dispersion_of_days(unseen);
    EXPECT_NEAR(std::accumulate(prior.begin(), prior.end(), 0.0), 1, 1e-12);
    EXPECT_NEAR(typical_dispersion(prior), 4, 0.5);
    // Days without events tell nothing.
    const std::vector<numeric::CountDay> silent{{0, 0, 1, 1}, {1, 0, 1, 1}};
    EXPECT_EQ(numeric::log_likelihoods(numeric::DividedCounts(silent, 1), scales_of(1)).at(3, 3), 0);
    EXPECT_NEAR(overdispersed_tails({0, 7}, {0, 30}, 1, prior).fewer, 0.5, 1e-12);
}

TEST(AnomalyOverdispersion, DaysThatFollowEachOtherMakeWindowsDiffer)
{
    numeric::CorrelatedSum contrast;
    for (int d = 0; d < 37; ++d) {
        contrast.add(d, d < 30 ? -1.0 / 30 : 1.0 / 7);
    }
    // By hand: without correlation the variances of both means; with it, the sum over all pairs of days.
    EXPECT_NEAR(contrast.variance(0), 1.0 / 30 + 1.0 / 7, 1e-12);
    double pairs = 0;
    for (int i = 0; i < 37; ++i) {
        for (int j = 0; j < 37; ++j) {
            pairs += (i < 30 ? -1.0 / 30 : 1.0 / 7) * (j < 30 ? -1.0 / 30 : 1.0 / 7) *
                     std::pow(numeric::correlation_values[3], std::abs(i - j));
        }
    }
    EXPECT_NEAR(contrast.variance(3), pairs, 1e-12);
    const auto typical = [&](double correlation, double deviation) {
        auto tables = tables_of_series(correlation, deviation);
        return typical_dispersion(dispersion_of_contrast(numeric::learn(tables, dispersion_steps, 0.5, {}), contrast));
    };
    EXPECT_NEAR(typical(0, 0), 4, 0.6);
    // Variance over mean of a day, 1 + 3 + 10 * 0.46, most of which lasts for days.
    EXPECT_GT(typical(0.8, 0.6), 14);
}

TEST(AnomalyDispersion, PearsonAndItsPrior)
{
    const Dispersion found = dispersion(std::vector<double>{3, 9, 4, 14, 5, 7}, std::vector<double>(6, 1.0));
    EXPECT_NEAR(found.value, ((16 + 4 + 9 + 49 + 4 + 0) / 7.0) / 5, 1e-12);
    EXPECT_EQ(found.df, 5);
    EXPECT_TRUE(std::isnan(dispersion(std::vector<double>{3}, std::vector<double>{1}).value));
    EXPECT_EQ(dispersion(std::vector<double>{0, 0, 0}, std::vector<double>(3, 1.0)).value, 1);
    EXPECT_EQ(error_of([&] { (void)dispersion(std::vector<double>{3}, std::vector<double>{}); }), ErrorCode::invalid_parameter);

    // Estimates that vary by just what 29 degrees of freedom explain are worth nothing of their own.
    std::mt19937_64 random(5);
    std::vector<double> alike;
    std::vector<double> unlike;
    for (int i = 0; i < 2000; ++i) {
        const double chi = std::gamma_distribution<double>(29 / 2.0, 2.0 / 29)(random);
        alike.push_back(2 * chi);
        unlike.push_back(2 * chi / std::gamma_distribution<double>(6 / 2.0, 2.0 / 6)(random));
    }
    const std::vector<double> df(2000, 29.0);
    EXPECT_GT(dispersion_prior(alike, df).df, 150);
    EXPECT_NEAR(dispersion_prior(alike, df).value, 2, 0.05);
    EXPECT_NEAR(dispersion_prior(unlike, df).df, 6, 1);
    EXPECT_NEAR(dispersion_prior(unlike, df).value, 2, 0.1);
}

std::vector<Level> levels_of(const std::vector<double>& values, int first = 0)
{
    std::vector<Level> levels;
    for (std::size_t i = 0; i < values.size(); ++i) {
        levels.push_back({first + static_cast<int>(i), values[i]});
    }
    return levels;
}

TEST(AnomalyLevels, IndependentDaysGiveStudentsTest)
{
    std::vector<double> before;
    for (int i = 0; i < 30; ++i) {
        before.push_back(std::sin(i * 12.9898) * 0.5);
    }
    const Baseline baseline = describe(levels_of(before));
    const double mean = std::accumulate(before.begin(), before.end(), 0.0) / 30;
    EXPECT_NEAR(baseline.mean, mean, 0.02);
    const LevelTest test = level_test(levels_of({0.9, 0.8, 1.0, 0.7}, 30), baseline, 0, 0, 0, Alternative::two_sided);
    EXPECT_NEAR(test.shift, 0.85 - baseline.mean, 1e-9);
    const double deviation = baseline.deviation / std::sqrt(1 - 1.0 / 30);
    EXPECT_NEAR(test.z, test.shift / (deviation * std::sqrt(0.25 + 1.0 / 30)), 1e-9);
    EXPECT_LT(test.p_value, 0.01);
    // Days that follow each other say less.
    EXPECT_GT(level_test(levels_of({0.9, 0.8, 1.0, 0.7}, 30), baseline, 0.6, 0, 0, Alternative::two_sided).p_value,
              test.p_value);
    // On the other side, or within the margin, there is nothing.
    EXPECT_GT(level_test(levels_of({0.9, 0.8, 1.0, 0.7}, 30), baseline, 0, 0, 0, Alternative::less).p_value, 0.9);
    EXPECT_GT(level_test(levels_of({0.9, 0.8, 1.0, 0.7}, 30), baseline, 0, 0, 1.5, Alternative::two_sided).p_value, 0.9);
}

TEST(AnomalyLevels, ADayLikeOneSeenBeforeIsNoSurprise)
{
    std::vector<double> before(30, 0.0);
    for (std::size_t i = 0; i < before.size(); ++i) {
        before[i] = i % 10 == 4 ? 3 : 0.1 * static_cast<double>(i % 4);
    }
    const Baseline baseline = describe(levels_of(before));
    EXPECT_GT(level_test(levels_of({3}, 30), baseline, 0, 0, 0, Alternative::greater).p_value, 0.05);
    EXPECT_LT(level_test(levels_of({9}, 30), baseline, 0, 0, 0, Alternative::greater).p_value, 0.01);
    EXPECT_EQ(level_test(levels_of({0.1, 9, 0.2}, 30), baseline, 0, 0, 0, Alternative::greater).peak, 1U);
}

TEST(AnomalyLevels, ASeriesThatNeverVariedHasAnAnswer)
{
    const Baseline baseline = describe(levels_of(std::vector<double>(30, 4.6)));
    EXPECT_EQ(baseline.deviation, 0);
    EXPECT_EQ(level_test(levels_of({4.6, 4.6}, 30), baseline, 0, 0.02, 0, Alternative::two_sided).p_value, 1);
    EXPECT_LT(level_test(levels_of({5.0, 5.0}, 30), baseline, 0, 0.02, 0, Alternative::two_sided).p_value, 1e-6);
}

/** Five weeks of a campaign, the views of the last of them 38 % fewer, and as many clicks of them. */
struct Advertising {
    std::vector<std::int64_t> series;
    std::vector<std::int32_t> day;
    std::vector<double> spend;
    std::vector<double> impressions;
    std::vector<double> clicks;
};

Advertising advertising()
{
    Advertising result;
    for (int d = 0; d < 37; ++d) {
        result.series.push_back(1);
        result.day.push_back(d);
        result.spend.push_back(std::round(1e6 * std::exp(0.08 * std::sin(d * 0.9) + 0.05 * std::sin(d * 2.3))) / 1e4);
        result.impressions.push_back(std::round((d == 11 ? 6 : 1) * (d >= 30 ? 0.62 : 1) * 20000 *
                                                std::exp(0.10 * std::sin(d * 1.1 + 1) + 0.06 * std::cos(d * 0.35))));
        result.clicks.push_back(std::round(220 * std::exp(0.07 * std::sin(d * 0.9 + 0.4) + 0.04 * std::cos(d * 1.9))));
    }
    return result;
}

WindowResult compare_amount(const Advertising& days, const std::vector<double>& exposure, double margin)
{
    WindowRequest request;
    request.kind = series::SeriesKind::positive;
    request.window_from = 30;
    request.window_to = 36;
    request.margin = margin;
    request.weekly = false;
    return compare_windows({days.series, days.day, days.spend, exposure}, request).at(0);
}

// Expected values: the definition of the test written out in R, with its quantile(), sd() and pt().
TEST(AnomalyAmounts, DearerViewsAreFoundByTheirOwnTestOnly)
{
    const Advertising days = advertising();
    EXPECT_EQ(compare_amount(days, {}, 0.1).p_value, 1);
    EXPECT_EQ(compare_amount(days, days.clicks, 0.1).p_value, 1);
    const WindowResult dearer = compare_amount(days, days.impressions, 0.1);
    EXPECT_NEAR(dearer.p_value / 7.93647432259401e-04, 1, 1e-9);
    EXPECT_NEAR(dearer.z / 4.87606738567704, 1, 1e-9);

    EXPECT_NEAR(compare_amount(days, {}, 0).z / 0.0409562482348035, 1, 1e-9);
    EXPECT_NEAR(compare_amount(days, days.clicks, 0).z / 0.079833558077165, 1, 1e-9);
    const WindowResult plain = compare_amount(days, days.impressions, 0);
    EXPECT_NEAR(plain.z / 6.16201876754707, 1, 1e-9);
    EXPECT_NEAR(plain.p_value / 1.03286827270887e-04, 1, 1e-9);
}

TEST(AnomalyAmounts, RatiosAreSumsOverSums)
{
    Advertising days = advertising();
    EXPECT_NEAR(compare_amount(days, {}, 0).ratio / 1.00199352503146, 1, 1e-12);
    EXPECT_NEAR(compare_amount(days, days.clicks, 0).ratio / 1.00179934023978, 1, 1e-12);
    EXPECT_NEAR(compare_amount(days, days.impressions, 0).ratio / 1.82949418528418, 1, 1e-12);
    EXPECT_EQ(compare_amount(days, days.impressions, 0).window_value,
              std::accumulate(days.spend.begin() + 30, days.spend.end(), 0.0));
    // A day may come in parts, and one without views has no price of them.
    const double before = compare_amount(days, days.impressions, 0).z;
    for (const double part : {0.25, 0.75}) {
        days.series.push_back(1);
        days.day.push_back(36);
        days.spend.push_back(days.spend[36] * part);
        days.impressions.push_back(days.impressions[36] * part);
    }
    days.impressions[36] = 0;
    days.spend[36] = 0;
    EXPECT_NEAR(compare_amount(days, days.impressions, 0).z, before, 1e-12);
    days.impressions[35] = 0;
    EXPECT_EQ(compare_amount(days, days.impressions, 0).window_days, 6);
}

TEST(AnomalyDayTable, OrderAndPartsDoNotMatter)
{
    const std::vector<std::int64_t> series{9, 2, 9, 9, 2};
    const std::vector<std::int32_t> day{1, 0, 1, 0, 5};
    const std::vector<double> value{0.1, 5, 0.2, std::nan(""), 7};
    const DayTable table({series, day, value, {}}, 0, 3);
    ASSERT_EQ(table.series().size(), 2U);
    EXPECT_EQ(table.series()[0].id, 2);
    EXPECT_EQ(table.series()[0].value[0], 5);
    EXPECT_TRUE(std::isnan(table.series()[0].value[1]));
    EXPECT_DOUBLE_EQ(table.series()[1].value[1], 0.1 + 0.2);
    EXPECT_EQ(table.reported(), (std::vector<bool>{true, true, false, false}));

    std::mt19937_64 random(9);
    std::vector<double> parts;
    for (int i = 0; i < 50; ++i) {
        parts.push_back(std::exp(std::normal_distribution<double>(0, 5)(random)));
    }
    const std::vector<std::int64_t> one(50, 1);
    const std::vector<std::int32_t> first(50, 0);
    const double sum = DayTable({one, first, parts, {}}, 0, 0).series()[0].value[0];
    for (int i = 0; i < 20; ++i) {
        std::shuffle(parts.begin(), parts.end(), random);
        EXPECT_EQ(DayTable({one, first, parts, {}}, 0, 0).series()[0].value[0], sum);
    }
    EXPECT_EQ(error_of([&] { DayTable({one, day, parts, {}}, 0, 0); }), ErrorCode::invalid_parameter);
}

TEST(AnomalyWindows, AFlagEndsTheComparison)
{
    worlds::Engine engine(1);
    const Fleet fleet = make_fleet(FleetPlan{}, engine);
    const volatile std::sig_atomic_t raised = 1;
    WindowRequest request;
    request.window_from = 30;
    request.window_to = 36;
    EXPECT_THROW((void)compare_windows({fleet.series, fleet.day, fleet.leads, fleet.spend}, request,
                                       marketing::kernel::StopFlag(&raised)),
                 marketing::kernel::Stopped);
}

TEST(AnomalyWindows, ANewSeriesIsLeftToGrow)
{
    // Spend that begins so many days before the window, and grows evenly for two weeks.
    const auto compare = [](int age, double change, std::int32_t ramp_up_days) {
        std::vector<std::int64_t> series;
        std::vector<std::int32_t> day;
        std::vector<double> spend;
        for (int c = 0; c < 21; ++c) {
            for (int d = c < 20 ? 30 - age : 0; d < 37; ++d) {  // the last one was there before
                series.push_back(c);
                day.push_back(d);
                spend.push_back((100 + (d * 7919 + c * 104729) % 23) * (c < 20 ? std::min(1.0, (d - 29 + age) / 14.0) : 1) *
                                (d < 30 ? 1 : change));
            }
        }
        WindowRequest request;
        request.kind = series::SeriesKind::positive;
        request.alternative = Alternative::greater;
        request.window_from = 30;
        request.window_to = 36;
        request.margin = 0.2;
        request.ramp_up_days = ramp_up_days;
        return compare_windows({series, day, spend, {}}, request);
    };
    EXPECT_LT(compare(8, 1, 0)[0].p_value, 0.05);
    const WindowResult young = compare(8, 1, 14)[0];
    EXPECT_EQ(young.status, Status::insufficient_data);
    EXPECT_EQ(young.needed_days, 13);
    const WindowResult settled = compare(24, 1, 14)[0];
    EXPECT_EQ(settled.status, Status::tested);
    EXPECT_EQ(settled.baseline_days, 10);
    EXPECT_NEAR(settled.ratio, 1, 0.1);
    EXPECT_LT(compare(24, 2, 14)[0].p_value, 0.001);
    EXPECT_EQ(compare(30, 1, 14)[0].baseline_days, 30);  // there from the beginning
}

TEST(AnomalyWindows, AlertsKnowUnitsByBusinessAndNumber)
{
    std::pmr::monotonic_buffer_resource memory;
    refresh::DailyRows collected(&memory);
    for (std::int32_t day = 0; day < 40; ++day) {
        for (const refresh::SeriesKey unit : {refresh::SeriesKey{1, 7}, {2, 7}, {1, 8}}) {
            const double figures[] = {day < 33 || unit.business == 1 ? 20.0 : 0.0, 100};
            collected.append(unit, day, figures);
        }
    }
    const auto value = collected.serialise(memory, 0);
    const refresh::DailyRowsView rows({value.data, value.size});
    const std::vector<std::int64_t> businesses{2, 1};
    const std::vector<std::int64_t> numbers{7, 7};
    AlertRequest request;
    request.window_from = 33;
    request.window_to = 39;
    const AlertWindows found = compare_alert_windows({businesses, numbers}, rows, request);
    ASSERT_EQ(found.leads.size(), 2U);
    EXPECT_EQ(found.leads[0].series, 1);
    EXPECT_LT(found.leads[0].p_value, 1e-6);
    EXPECT_EQ(found.leads[1].window_value, 140);
    EXPECT_GT(found.cost[1].p_value, 0.1);
    EXPECT_EQ(found.spend[1].window_value, 700);
    EXPECT_EQ(error_of([&] { (void)compare_alert_windows({businesses, {}}, rows, request); }), ErrorCode::invalid_parameter);
}

// The small form of bench/anomaly/simulate; its seeds are others, and other ones each day.
TEST(AnomalySimulation, FalseAlarmsStayNominal)
{
    SCOPED_TRACE(seed_of_today());
    for (const double phi : {1.0, 2.5, 5.0}) {
        for (const int window : {1, 7}) {
            FleetPlan plan;
            plan.least_phi = plan.most_phi = phi;
            plan.changed = 0;
            plan.window = window;
            EXPECT_LE(simulate(plan, 5, seed_of_today() + 101).false_rate.value(), phi < 5 ? 0.021 : 0.026)
                << "phi " << phi << ", " << window << " days";
            plan.kind = series::SeriesKind::count;
            EXPECT_LE(simulate(plan, 5, seed_of_today() + 109).false_rate.value(), phi < 5 ? 0.021 : 0.026)
                << "counts, phi " << phi << ", " << window << " days";
        }
    }
}

TEST(AnomalySimulation, LeadsThatFollowThemselvesRaiseNoFalseAlarm)
{
    SCOPED_TRACE(seed_of_today());
    for (const int window : {1, 7}) {
        for (const series::SeriesKind kind : {series::SeriesKind::rate, series::SeriesKind::count}) {
            FleetPlan plan{.campaigns = 200, .least_leads = 20, .most_leads = 20, .least_phi = 1, .most_phi = 1, .changed = 0};
            plan.window = window;
            plan.kind = kind;
            plan.leads = {.demand_correlation = 0.8, .demand_deviation = 0.3};
            // Nominal 0.01 of 1,600 campaigns, and three standard errors.
            EXPECT_LE(simulate(plan, 8, seed_of_today() + 131).false_rate.value(), 0.02) << window << " days";
        }
    }
}

TEST(AnomalySimulation, SpendThatFollowsItselfRaisesNoFalseAlarm)
{
    SCOPED_TRACE(seed_of_today());
    for (const double correlation : {0.0, 0.6}) {
        for (const int window : {1, 7}) {
            EXPECT_LE(simulate_spend({.correlation = correlation, .window = window}, 10, seed_of_today() + 113).value(), 0.014)
                << "correlation " << correlation << ", " << window << " days";
        }
    }
    EXPECT_GE(simulate_spend({.change = 1.5}, 5, seed_of_today() + 127).value(), 0.5);
}

TEST(AnomalySimulation, FalseShareOfAlertsAndWhatIsFound)
{
    SCOPED_TRACE(seed_of_today());
    FleetPlan plan;
    const Outcome usual = simulate(plan, 12, seed_of_today() + 103);
    EXPECT_LE(usual.false_share.value(), 0.15);
    // 0.637 in 300 fleets, and less three standard errors of twelve.
    EXPECT_GE(usual.found.value(), 0.56);
    plan.most_phi = 30;
    const Outcome clumpy = simulate(plan, 40, seed_of_today() + 107);
    EXPECT_LE(clumpy.false_share.value(), 0.13);
    EXPECT_GE(clumpy.found.value(), 0.33);
}

}  // namespace
