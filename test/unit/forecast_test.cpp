#include "forecast/forecast.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <random>

#include "error_of.hpp"

namespace {

using namespace marketing::forecast;
using namespace unit_test;

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

/** A level that wanders, a week with a shape, and noise: fixed by the seed. */
std::vector<double> wandering(std::size_t days, unsigned seed, double level = 100, double noise = 5)
{
    std::mt19937_64 generator(seed);
    std::normal_distribution<double> normal;
    constexpr double shape[] = {10, 5, 0, 0, -5, -20, 10};
    std::vector<double> result;
    for (std::size_t t = 0; t < days; ++t) {
        const double surprise = noise * normal(generator);
        result.push_back(level + shape[t % week] + surprise);
        level += 0.2 * surprise;
    }
    return result;
}

Fit fit_auto(const std::vector<double>& history, int horizon)
{
    return fit(history, horizon, choose_model("auto", history.size()), {});
}

TEST(Forecast, TakesTheModelThatTheHistoryCarries)
{
    EXPECT_EQ(choose_model("auto", 6).model, Model::insufficient_data);
    EXPECT_EQ(choose_model("auto", 7).model, Model::mean);
    EXPECT_EQ(choose_model("auto", 14).model, Model::weekday_mean);
    EXPECT_EQ(choose_model("auto", 21).model, Model::ets);
    EXPECT_EQ(choose_model("theta", 13).model, Model::mean);
    EXPECT_EQ(choose_model("ets_damped", 27).model, Model::ets);
    EXPECT_FALSE(choose_model("ets", 1000).may_damp);
    EXPECT_EQ(error_of([&] { (void)choose_model("prophet", 100); }), ErrorCode::invalid_parameter);
}

/** A mean over the parts of a fit. */
template <class Value>
double averaged(const Fit& found, Value value)
{
    double sum = 0;
    for (const Part& part : found.parts) {
        sum += part.weight * value(part);
    }
    return sum;
}

double mean_of_day(const Fit& found, std::size_t day)
{
    return averaged(found, [day](const Part& part) { return part.mean[day]; });
}

TEST(Forecast, FindsTheSmoothingThatMadeTheData)
{
    const auto history = wandering(210, 3);
    const Fit best = fit(history, 7, choose_model("ets", history.size()), {});
    const double alpha = averaged(best, [](const Part& part) { return part.response[1]; });
    EXPECT_GT(alpha, 0.05);
    EXPECT_LT(alpha, 0.5);
    EXPECT_NEAR(std::sqrt(averaged(best, [](const Part& part) { return part.variance; })), 5, 0.6);
    EXPECT_NEAR(averaged(best, [](const Part&) { return 1; }), 1, 1e-12);
}

TEST(Forecast, ContinuesAPatternWithoutNoiseExactly)
{
    const auto history = wandering(70, 1, 100, 0);
    for (const auto* model : {"auto", "ets", "theta", "seasonal_naive", "weekday_mean"}) {
        const Fit found = fit(history, 14, choose_model(model, history.size()), {});
        for (int day = 1; day <= 14; ++day) {
            const auto outlook = outlook_of_day(found, day, Kind::real, 0.9);
            EXPECT_NEAR(outlook.mean, history[static_cast<std::size_t>(day - 1) % week], 1e-9) << model << " day " << day;
            EXPECT_NEAR(outlook.high - outlook.low, 0, 1e-6) << model;
        }
    }
}

TEST(Forecast, AConstantIsForecastWithoutWidth)
{
    for (const std::size_t days : {7, 15, 40, 100}) {
        const std::vector<double> history(days, 12.5);
        const Fit found = fit_auto(history, 3);
        const auto sum = outlook_of_sum(found, 0, Kind::nonnegative, 0.9);
        EXPECT_NEAR(sum.mean, 37.5, 1e-9);
        EXPECT_NEAR(sum.low, 37.5, 1e-9);
        EXPECT_NEAR(sum.high, 37.5, 1e-9);
        EXPECT_EQ(probability_above(found, 0, Kind::nonnegative, 38), 0);
        EXPECT_EQ(probability_above(found, 0, Kind::nonnegative, 37), 1);
    }
}

TEST(Forecast, DoesNotDependOnTheUnit)
{
    const auto history = wandering(120, 5);
    const auto expected = outlook_of_sum(fit_auto(history, 28), 0, Kind::real, 0.9);
    for (const double unit : {1e-6, 1e6}) {
        auto scaled = history;
        for (double& value : scaled) {
            value *= unit;
        }
        const auto found = outlook_of_sum(fit_auto(scaled, 28), 0, Kind::real, 0.9);
        EXPECT_NEAR(found.mean / unit, expected.mean, 1e-6 * expected.mean);
        EXPECT_NEAR((found.high - found.low) / unit, expected.high - expected.low, 1e-4 * (expected.high - expected.low));
    }
}

TEST(Forecast, FiguresOfAnySizeAreForecastOrRefused)
{
    for (const bool one_day_alone : {false, true}) {
        for (int exponent = -1080; exponent <= 1030; exponent += 9) {
            auto history = one_day_alone ? std::vector<double>(120, 0) : wandering(120, 5);
            history[60] += 1;
            for (double& value : history) {
                value = std::scalbn(value, exponent);
            }
            if (!std::isfinite(std::ranges::max(history))) {
                continue;
            }
            for (const auto* model : {"auto", "mean", "weekday_mean", "seasonal_naive", "theta", "ets", "ets_damped"}) {
                try {
                    const Fit found = fit(history, 28, choose_model(model, history.size()), {});
                    ASSERT_FALSE(found.parts.empty()) << model << " at 2^" << exponent;
                    (void)outlook_of_sum(found, 0, Kind::nonnegative, 0.9);
                    (void)probability_above(found, 0, Kind::nonnegative, 1);
                } catch (const marketing::kernel::Error& error) {
                    EXPECT_EQ(error.code(), ErrorCode::numeric_range) << model << " at 2^" << exponent;
                    EXPECT_GT(std::abs(exponent), 450) << model << " at 2^" << exponent;
                }
            }
        }
    }
}

/** The deviation of day and sum, by playing the future of a part many times: what is not known of it, and the surprises to come. */
struct Played {
    double day, sum, tail;
};
Played play(const Part& part, int skipped)
{
    std::mt19937_64 generator(11);
    std::normal_distribution<double> normal(0, std::sqrt(part.variance));
    constexpr int plays = 40'000;
    const std::size_t horizon = part.mean.size();
    double day = 0, sum = 0, tail = 0;
    for (int i = 0; i < plays; ++i) {
        std::vector<double> surprise(horizon), error(part.unknowns);
        std::ranges::generate(error, [&] { return normal(generator); });
        double total = 0, counted = 0, last = 0;
        for (std::size_t t = 0; t < horizon; ++t) {
            surprise[t] = normal(generator);
            last = 0;
            for (std::size_t s = 0; s <= t; ++s) {
                last += part.response[t - s] * surprise[s];
            }
            for (std::size_t u = 0; u < part.unknowns; ++u) {
                last += part.sway[t * part.unknowns + u] * error[u];
            }
            total += last;
            counted += t >= static_cast<std::size_t>(skipped) ? last : 0;
        }
        day += last * last / plays;
        sum += total * total / plays;
        tail += counted * counted / plays;
    }
    return {std::sqrt(day), std::sqrt(sum), std::sqrt(tail)};
}

/** Deviation out of an interval of probability .6826894921 (of a normal distribution, as the degrees are many). */
double deviation(const Outlook& outlook)
{
    return (outlook.high - outlook.low) / 2;
}

TEST(Forecast, IntervalsAreThoseOfPlayedFutures)
{
    const auto history = wandering(700, 7);
    for (const auto* model : {"ets", "ets_damped", "theta", "seasonal_naive"}) {
        Fit found = fit(history, 21, choose_model(model, history.size()), {});
        found.parts = {*std::ranges::max_element(found.parts, {}, &Part::weight)};
        found.parts[0].weight = 1;
        const auto played = play(found.parts[0], 9);
        const double level = 0.6826894921;
        EXPECT_NEAR(deviation(outlook_of_day(found, 21, Kind::real, level)) / played.day, 1, 0.03) << model;
        EXPECT_NEAR(deviation(outlook_of_sum(found, 0, Kind::real, level)) / played.sum, 1, 0.03) << model;
        EXPECT_NEAR(deviation(outlook_of_sum(found, 9, Kind::real, level)) / played.tail, 1, 0.03) << model;
    }
}

TEST(Forecast, MeansShareTheirErrorInASum)
{
    std::vector<double> history{1, 2, 3, 4, 5, 6, 7, 8, 9, 10};
    const Fit found = fit_auto(history, 4);
    ASSERT_EQ(found.model, Model::mean);
    const double variance = 82.5 / 9;  // of the ten figures
    EXPECT_NEAR(found.parts.at(0).variance, variance, 1e-12);
    const auto level = 0.9;
    const double t = 1.8331129326562374;  // of Student's distribution, 9 degrees, 95 %
    EXPECT_NEAR(deviation(outlook_of_day(found, 2, Kind::real, level)), t * std::sqrt(variance * 1.1), 1e-9);
    EXPECT_NEAR(deviation(outlook_of_sum(found, 0, Kind::real, level)), t * std::sqrt(variance * (4 + 16 / 10.0)), 1e-9);
    EXPECT_NEAR(deviation(outlook_of_sum(found, 1, Kind::real, level)), t * std::sqrt(variance * (3 + 9 / 10.0)), 1e-9);
    EXPECT_NEAR(probability_above(found, 0, Kind::real, 22), 0.5, 1e-12);
}

TEST(Forecast, FindsATrendOnlyWhereThereIsOne)
{
    auto growing = wandering(120, 9, 100, 2);
    for (std::size_t t = 0; t < growing.size(); ++t) {
        growing[t] += 3 * static_cast<double>(t);
    }
    // Four weeks on it is 84 more; level alone would expect nothing more.
    const Fit found = fit_auto(growing, 28);
    const double growth = mean_of_day(found, 27) - mean_of_day(found, 6);
    EXPECT_NEAR(growth, 3 * 21, 20);
    int grows = 0;
    for (unsigned seed = 100; seed < 140; ++seed) {
        const Fit level = fit_auto(wandering(120, seed), 28);
        grows += std::abs(mean_of_day(level, 27) - mean_of_day(level, 6)) > 10 ? 1 : 0;
    }
    EXPECT_LE(grows, 8);
}

TEST(Forecast, TheSeasonOfAYearTurns)
{
    // Half a year that rose and has begun to fall: the next four weeks fall on.
    constexpr int days = 180;
    constexpr int horizon = 28;
    const auto expected = [](int day) { return 200 * std::exp(0.3 * std::sin(2 * 3.141592653589793 * (day + 20) / 365.0)); };
    double truth = 0;
    for (int day = days; day < days + horizon; ++day) {
        truth += expected(day);
    }
    int nearer = 0, held = 0;
    for (unsigned seed = 1; seed <= 20; ++seed) {
        std::mt19937_64 generator(seed);
        std::normal_distribution<double> noise(0, 20);
        std::vector<double> history;
        for (int day = 0; day < days; ++day) {
            history.push_back(expected(day) + noise(generator));
        }
        const Outlook by_auto = outlook_of_sum(fit_auto(history, horizon), 0, Kind::real, 0.9);
        const Outlook by_level = outlook_of_sum(fit(history, horizon, choose_model("ets", days), {}), 0, Kind::real, 0.9);
        nearer += std::abs(by_auto.mean - truth) < std::abs(by_level.mean - truth) ? 1 : 0;
        held += by_auto.low < truth && truth < by_auto.high ? 1 : 0;
    }
    EXPECT_GE(nearer, 16);
    EXPECT_GE(held, 16);
}

TEST(Forecast, SmallCountsStayCounts)
{
    std::mt19937_64 generator(4);
    std::poisson_distribution<int> rare(0.4);
    std::vector<double> history;
    for (int t = 0; t < 90; ++t) {
        history.push_back(rare(generator));
    }
    EXPECT_EQ(choose_kind("auto", history), Kind::count);
    const Fit found = fit_auto(history, 28);
    for (int day = 1; day <= 28; ++day) {
        const auto outlook = outlook_of_day(found, day, Kind::count, 0.9);
        EXPECT_GE(outlook.low, 0);
        EXPECT_LE(outlook.low, outlook.mean);
        EXPECT_LE(outlook.mean, outlook.high);
        EXPECT_LE(outlook.high, 6);
    }
    EXPECT_EQ(probability_above(found, 0, Kind::count, -1), 1);
    EXPECT_GT(probability_above(found, 0, Kind::count, 5), probability_above(found, 0, Kind::count, 15));
    // Nothing ever happened: nothing is expected, and no more than nothing is likely.
    const Fit none = fit_auto(std::vector<double>(40, 0), 28);
    const auto outlook = outlook_of_sum(none, 0, Kind::count, 0.9);
    EXPECT_EQ(outlook.mean, 0);
    EXPECT_EQ(outlook.high, 0);
}

/** A history by its days, and the mean of the days that its continuation is to stay near to. */
struct Flat {
    const char* name;
    std::size_t days;
    double (*figure)(std::size_t);
    double most;  // expected of 28 days
};

TEST(Forecast, AFewDaysAreNoLevel)
{
    // Nothing in these tells how fast the level moves: a fit without a view on it may follow the last day.
    constexpr Flat histories[] = {
        {"a first event", 60, [](std::size_t t) { return t == 59 ? 1.0 : 0; }, 2},
        {"a first event, later", 150, [](std::size_t t) { return t == 149 ? 1.0 : 0; }, 2},
        {"an event of days ago", 60, [](std::size_t t) { return t == 55 ? 1.0 : 0; }, 2},
        {"two events", 200, [](std::size_t t) { return t >= 198 ? 1.0 : 0; }, 2},
        {"a first sale", 60, [](std::size_t t) { return t == 59 ? 250.5 : 0; }, 28 * 250.5 / 20},
        {"a spike above a steady level", 60, [](std::size_t t) { return t == 59 ? 40.0 : 3; }, 28 * 5},
        {"a first event in three weeks", 21, [](std::size_t t) { return t == 20 ? 1.0 : 0; }, 6},
    };
    for (const Flat& flat : histories) {
        std::vector<double> history;
        for (std::size_t t = 0; t < flat.days; ++t) {
            history.push_back(flat.figure(t));
        }
        const Kind kind = choose_kind("auto", history);
        for (const auto* model : {"auto", "ets", "ets_damped", "theta"}) {
            const auto sum = outlook_of_sum(fit(history, 28, choose_model(model, flat.days), {}), 0, kind, 0.9);
            EXPECT_LE(sum.mean, flat.most) << flat.name << ' ' << model;
            EXPECT_GT(sum.mean, 0) << flat.name << ' ' << model;
            EXPECT_LE(sum.low, 28 * history[0] * 1.1 + flat.most / 3) << flat.name << ' ' << model;
            EXPECT_LE(sum.high, 9 * flat.most) << flat.name << ' ' << model;
        }
    }
}

TEST(Forecast, AStepThatStaysIsFollowed)
{
    std::vector<double> history(60, 5);
    history.resize(76, 9);
    for (const auto* model : {"auto", "ets", "ets_damped", "theta"}) {
        const auto sum = outlook_of_sum(fit(history, 28, choose_model(model, history.size()), {}), 0, Kind::count, 0.9);
        EXPECT_NEAR(sum.mean, 28 * 9, 28) << model;
        EXPECT_LT(sum.low, 28 * 9) << model;
        EXPECT_GT(sum.high, 28 * 9) << model;
    }
}

TEST(Forecast, KindsAreOfTheFiguresOrRefused)
{
    const std::vector<double> whole{0, 3, nan, 5}, broken{0, 2.5}, negative{-1, 2};
    EXPECT_EQ(choose_kind("auto", whole), Kind::count);
    EXPECT_EQ(choose_kind("auto", broken), Kind::nonnegative);
    EXPECT_EQ(choose_kind("auto", negative), Kind::real);
    EXPECT_EQ(choose_kind("real", whole), Kind::real);
    EXPECT_EQ(error_of([&] { (void)choose_kind("count", broken); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)choose_kind("nonnegative", negative); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)choose_kind("money", whole); }), ErrorCode::invalid_parameter);
}

TEST(Forecast, UnknownDaysAreLeftOutNotTakenForZero)
{
    auto history = wandering(140, 13);
    const auto complete = outlook_of_sum(fit_auto(history, 7), 0, Kind::real, 0.9);
    for (std::size_t t = 5; t < history.size(); t += 11) {
        history[t] = nan;
    }
    const auto found = outlook_of_sum(fit_auto(history, 7), 0, Kind::real, 0.9);
    EXPECT_NEAR(found.mean, complete.mean, 0.03 * complete.mean);
    // A weekday that is never known is taken for a day like all.
    for (std::size_t t = 2; t < history.size(); t += week) {
        history[t] = nan;
    }
    const Fit without = fit_auto(history, 7);
    double all = 0;
    for (std::size_t day = 0; day < week; ++day) {
        all += mean_of_day(without, day) / week;
    }
    EXPECT_NEAR(mean_of_day(without, 2), all, 0.02 * all);
}

TEST(Forecast, ArrangesDaysInAnyOrder)
{
    const std::vector<std::int32_t> dates{12, 10, 14};
    const std::vector<double> values{3, 1, 5};
    EXPECT_EQ(arrange(dates, values, 13, Gaps::zero), (std::vector<double>{1, 0, 3, 0}));
    const auto missing = arrange(dates, values, 14, Gaps::missing);
    EXPECT_TRUE(std::isnan(missing[1]) && std::isnan(missing[3]));
    EXPECT_EQ(missing[4], 5);
    EXPECT_TRUE(arrange(dates, values, 9, Gaps::zero).empty());
    EXPECT_TRUE(arrange({}, {}, 9, Gaps::zero).empty());
    const std::vector<std::int32_t> twice{1, 1}, far{0, 200'000};
    const std::vector<double> two{1, 2}, infinite{1, HUGE_VAL};
    EXPECT_EQ(error_of([&] { (void)arrange(twice, two, 1, Gaps::zero); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)arrange(far, two, 200'000, Gaps::zero); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)arrange(dates, two, 14, Gaps::zero); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)arrange(std::vector<std::int32_t>{1, 2}, infinite, 2, Gaps::zero);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_gaps("linear"); }), ErrorCode::invalid_parameter);
}

TEST(Forecast, AnswersARequestOfDatesAndFigures)
{
    const std::vector<std::int32_t> dates{16, 10, 12, 13, 14, 15, 11};
    const std::vector<double> figures{7, 1, 3, 4, 5, 6, 2};
    Request request{dates, figures};
    request.horizon = 3;
    EXPECT_EQ(request.end(), 16);
    const DaysAhead days = forecast_days(request, {});
    EXPECT_EQ(days.model, Model::mean);
    EXPECT_EQ(days.known_days, 7);
    ASSERT_EQ(days.days.size(), 3U);
    EXPECT_DOUBLE_EQ(days.days[2].mean, 4);
    const SumAhead sum = forecast_sum(request, 1, 100, {});
    EXPECT_DOUBLE_EQ(sum.sum.mean, 8);
    EXPECT_LT(sum.above_budget, 0.01);
    EXPECT_TRUE(std::isnan(forecast_sum(request, 1, std::nullopt, {}).above_budget));

    request.last_day = 15;
    const DaysAhead short_history = forecast_days(request, {});
    EXPECT_EQ(short_history.model, Model::insufficient_data);
    EXPECT_EQ(short_history.known_days, 6);
    EXPECT_TRUE(std::isnan(short_history.days.at(2).low));
    EXPECT_TRUE(std::isnan(forecast_sum(request, 3, 1, {}).sum.mean));
    EXPECT_FALSE(Request{}.end().has_value());

    EXPECT_EQ(error_of([&] { (void)forecast_sum(request, 4, std::nullopt, {}); }), ErrorCode::invalid_parameter);
    request.level = 1;
    EXPECT_EQ(error_of([&] { (void)forecast_days(request, {}); }), ErrorCode::invalid_parameter);
    request = {.horizon = 3661};
    EXPECT_EQ(error_of([&] { (void)forecast_days(request, {}); }), ErrorCode::invalid_parameter);
}

}  // namespace
