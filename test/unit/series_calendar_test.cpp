#include "series/calendar.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <random>

#include "anomaly/windows.hpp"
#include "error_of.hpp"
#include "seed_of_today.hpp"
#include "series/detector.hpp"
#include "series/recurring.hpp"

namespace {

using namespace marketing::series;
using namespace unit_test;

constexpr std::int32_t monday = 8038;  // 2022-01-03

/** Poisson figures around `level` with a week of a shape, times the factors of some days. */
std::vector<double> world(std::size_t days, std::uint64_t seed, double level,
                          const std::vector<std::pair<std::size_t, double>>& factors = {})
{
    constexpr double shape[] = {1.2, 1.1, 1, 1, 1.1, 0.7, 0.9};
    std::mt19937_64 generator(seed);
    std::vector<double> figures;
    for (std::size_t t = 0; t < days; ++t) {
        double mean = level * shape[t % 7];
        for (const auto& [day, factor] : factors) {
            mean *= day == t ? factor : 1;
        }
        figures.push_back(mean > 0 ? std::poisson_distribution<int>(mean)(generator) : 0);
    }
    return figures;
}

/** Events as columns, by days of the history. */
struct Columns {
    std::vector<std::string_view> names;
    std::vector<std::int32_t> first_days, last_days;

    void add(std::string_view name, std::int32_t first, std::int32_t last)
    {
        names.push_back(name);
        first_days.push_back(monday + first);
        last_days.push_back(monday + last);
    }
    [[nodiscard]] CalendarEvents events() const { return {names, first_days, last_days}; }
};

CalendarEffects effects_of(const std::vector<double>& figures, const Columns& columns, std::int32_t horizon = 28,
                           bool find = false, EffectScale scale = EffectScale::factor)
{
    CalendarRequest request;
    request.history = figures;
    request.first_day = monday;
    request.horizon = horizon;
    request.events = columns.events();
    request.scale = scale;
    request.find = find;
    return find_effects(request, {});
}

TEST(Calendar, LearnsEffectsAndShrinksThemAsFarAsLittleIsKnown)
{
    SCOPED_TRACE(seed_of_today());
    double errors = 0;
    double few = 0, many = 0;
    constexpr int rounds = 200;
    for (unsigned seed = 1; seed <= rounds; ++seed) {
        Columns columns;
        std::vector<std::pair<std::size_t, double>> factors;
        for (const std::int32_t day : {40, 110, 200, 290}) {
            columns.add("often", day, day);
            factors.emplace_back(day, 2);
        }
        columns.add("once", 150, 150);
        factors.emplace_back(150, 2);
        columns.add("never", 370, 370);
        const CalendarEffects found = effects_of(world(365, seed_of_today() + seed, 10, factors), columns);
        ASSERT_EQ(found.events.size(), 3U);
        const auto of = [&](std::string_view name) { return *std::ranges::find(found.events, name, &EventEffect::name); };
        EXPECT_EQ(of("often").occurrences, 4);
        EXPECT_EQ(of("never").occurrences, 0);
        EXPECT_EQ(of("never").effect, 0);
        EXPECT_GT(of("never").error, of("once").error);
        EXPECT_GT(of("once").error, of("often").error);
        errors += std::abs(of("often").effect - std::log(2)) / of("often").error;
        few += of("once").effect / std::log(2) / rounds;
        many += of("often").effect / std::log(2) / rounds;
        EXPECT_DOUBLE_EQ(found.history[40], of("often").effect);
        EXPECT_EQ(found.history[41], 0);
        EXPECT_EQ(found.ahead.effect(370 - 365), 0);
        EXPECT_GE(found.ahead.error(370 - 365), of("never").error);
        EXPECT_EQ(found.ahead.error(0), 0);
    }
    EXPECT_NEAR(errors / rounds, std::sqrt(2 / M_PI), 0.25);  // the mean of a half-normal distribution
    EXPECT_GT(many, few);
    EXPECT_NEAR(many, 1, 0.1);
    EXPECT_GT(few, 0.6);
}

TEST(Calendar, TellsEventsOfOneDayApart)
{
    Columns columns;
    std::vector<std::pair<std::size_t, double>> factors;
    for (const std::int32_t day : {30, 80, 130, 180, 230, 280}) {
        columns.add("sale", day, day + 3);
        for (std::int32_t t = day; t <= day + 3; ++t) {
            factors.emplace_back(t, 2);
        }
    }
    for (const std::int32_t day : {31, 60, 131, 160, 232, 260}) {
        columns.add("holiday", day, day);
        factors.emplace_back(day, 0.3);
    }
    columns.add("sale", 370, 371);
    columns.add("holiday", 371, 371);
    const CalendarEffects found = effects_of(world(365, 5, 60, factors), columns);
    for (const EventEffect& event : found.events) {
        EXPECT_NEAR(event.effect, std::log(event.name == "sale" ? 2 : 0.3), 0.2) << event.name;
    }
    EXPECT_NEAR(found.ahead.effect(5), std::log(2), 0.1);
    EXPECT_NEAR(found.ahead.effect(6), std::log(0.6), 0.25);
}

TEST(Calendar, WhatIsAlwaysOnTheSameDaysIsOneEvent)
{
    Columns one, two;
    std::vector<std::pair<std::size_t, double>> factors;
    for (const std::int32_t day : {40, 110, 200, 370}) {
        one.add("here", day, day);
        two.add("here", day, day);
        two.add("there", day, day);
        factors.emplace_back(day, 0.4);
    }
    const auto figures = world(365, 8, 50, factors);
    const auto alone = effects_of(figures, one);
    const auto both = effects_of(figures, two);
    ASSERT_EQ(both.events.size(), 2U);
    EXPECT_EQ(both.events[0].effect, alone.events[0].effect);
    EXPECT_EQ(both.events[1].effect, alone.events[0].effect);
    EXPECT_EQ(both.history, alone.history);
    EXPECT_EQ(both.ahead.effect(5), alone.ahead.effect(5));
}

TEST(Calendar, LearnsHowMuchOccurrencesDiffer)
{
    Columns alike, unlike;
    std::vector<std::pair<std::size_t, double>> same, different;
    int i = 0;
    for (const std::int32_t day : {30, 80, 130, 180, 230, 280, 310, 340}) {
        alike.add("sale", day, day);
        same.emplace_back(day, 2);
        different.emplace_back(day, ++i % 2 == 0 ? 4 : 1);
    }
    const double of_same = effects_of(world(365, 9, 200, same), alike).events.front().spread;
    const double of_different = effects_of(world(365, 9, 200, different), alike).events.front().spread;
    EXPECT_LT(of_same, 0.15);
    EXPECT_GT(of_different, 0.35);
}

TEST(Calendar, ClosedDaysAreNotDividedByNextToNothing)
{
    Columns columns;
    std::vector<std::pair<std::size_t, double>> factors;
    for (const std::int32_t day : {40, 110, 200}) {
        columns.add("closed", day, day);
        factors.emplace_back(day, 0);
    }
    columns.add("closed", 370, 370);
    const auto figures = world(365, 3, 40, factors);
    const CalendarEffects found = effects_of(figures, columns);
    EXPECT_LT(found.events.front().effect, -2.5);
    const auto usual = found.without_events(figures);
    EXPECT_TRUE(std::isnan(usual[40]));
    EXPECT_EQ(usual[41], figures[41]);
}

TEST(Calendar, ShiftsWhatMayBeNegative)
{
    std::mt19937_64 generator(4);
    std::normal_distribution<double> normal;
    Columns columns;
    std::vector<double> figures;
    for (int t = 0; t < 200; ++t) {
        figures.push_back(-20 + 3 * normal(generator) + (t % 50 == 49 ? 40 : 0));
    }
    for (const int day : {49, 99, 149, 199}) {
        columns.add("refunds", day, day);
    }
    const CalendarEffects found = effects_of(figures, columns, 28, false, EffectScale::shift);
    EXPECT_NEAR(found.events.front().effect, 40, 5);
    EXPECT_NEAR(found.without_events(figures)[49], -20, 12);
    // The unit does not matter.
    std::vector<double> large(figures);
    for (double& figure : large) {
        figure *= 1e200;
    }
    EXPECT_NEAR(effects_of(large, columns, 28, false, EffectScale::shift).events.front().effect / 1e200,
                found.events.front().effect, 1e-9);
}

TEST(Calendar, NothingFollowsFromTooLittle)
{
    Columns columns;
    columns.add("event", 3, 3);
    columns.add("event", 30, 30);
    for (const std::size_t days : {0UL, 1UL, 10UL, 27UL}) {
        const auto found = effects_of(std::vector<double>(days, 5), columns, 40, true);
        for (const EventEffect& event : found.events) {
            EXPECT_EQ(event.effect, 0);
            EXPECT_GT(event.error, 0);
        }
    }
    const auto silent = effects_of(std::vector<double>(100, 0), columns, 28, true);
    EXPECT_EQ(silent.events.front().effect, 0);
    std::vector<double> unknown_days(100, std::numeric_limits<double>::quiet_NaN());
    EXPECT_EQ(effects_of(unknown_days, columns, 28, true).events.front().effect, 0);
}

TEST(Calendar, RefusesWhatIsNoEvent)
{
    Columns backwards;
    backwards.add("event", 5, 4);
    EXPECT_EQ(error_of([&] { (void)effects_of(world(60, 1, 5), backwards); }), ErrorCode::invalid_parameter);
    Columns unnamed;
    unnamed.add("", 5, 5);
    EXPECT_EQ(error_of([&] { (void)effects_of(world(60, 1, 5), unnamed); }), ErrorCode::invalid_parameter);
    Columns shorter;
    shorter.add("event", 5, 5);
    shorter.last_days.push_back(5);
    EXPECT_EQ(error_of([&] { (void)effects_of(world(60, 1, 5), shorter); }), ErrorCode::invalid_parameter);
    Columns many;
    for (int i = 0; i < 30; ++i) {
        many.add("event", -1'000'000, 1'000'000);
    }
    EXPECT_EQ(error_of([&] { (void)effects_of(world(50'000, 1, 5), many); }), ErrorCode::limit_exceeded);
}

TEST(Calendar, RefusesMoreEventsThanCanBeToldApart)
{
    std::vector<std::string> names;
    for (int i = 0; i < 401; ++i) {
        names.push_back("event " + std::to_string(i));
    }
    Columns columns;
    for (std::int32_t i = 0; i < 401; ++i) {
        columns.add(names[static_cast<std::size_t>(i)], 100 + i, 101 + i);
    }
    EXPECT_EQ(error_of([&] { (void)effects_of(world(700, 1, 5), columns); }), ErrorCode::limit_exceeded);
}

TEST(Calendar, FindsWhatComesBackThreeTimesAndNotTwice)
{
    // 25 December of 2022, 2023 and 2024.
    const std::vector<std::pair<std::size_t, double>> factors{{356, 0.2}, {721, 0.2}, {1087, 0.2}};
    for (unsigned seed = 1; seed <= 10; ++seed) {
        const auto figures = world(1110, seed, 30, factors);
        const auto found = effects_of(figures, {}, 365, true);
        ASSERT_EQ(found.events.size(), 1U) << seed;
        EXPECT_EQ(found.events.front().name, "25 December");
        EXPECT_TRUE(found.events.front().is_found);
        ASSERT_EQ(found.ahead.days.size(), 1U);
        EXPECT_EQ(found.ahead.days.front().day, 1087 + 365 - 1110);
        EXPECT_NEAR(found.ahead.days.front().effect, std::log(0.2), 0.5);
        EXPECT_TRUE(effects_of({figures.begin(), figures.begin() + 1087}, {}, 365, true).events.empty()) << seed;
        // One that somebody named is not found as well.
        Columns columns;
        for (const std::int32_t day : {356, 721, 1087}) {
            columns.add("Christmas", day, day);
        }
        const auto named = effects_of(figures, columns, 365, true);
        ASSERT_EQ(named.events.size(), 1U);
        EXPECT_FALSE(named.events.front().is_found);
    }
}

TEST(Calendar, FindsNothingWhereNothingComesBack)
{
    SCOPED_TRACE(seed_of_today());
    int found = 0;
    constexpr int series = 400;
    for (unsigned seed = 1; seed <= series; ++seed) {
        found += effects_of(world(seed % 2 == 0 ? 365 : 1110, seed_of_today() + 1000 + seed, 12), {}, 28, true).events.empty()
                     ? 0
                     : 1;
    }
    EXPECT_LE(found, 9);  // of 1 % more are found with probability .01
}

/** Of 100 series, how many find the days 200 and 300, of an event that more than halves them or fails to come, to be anomalies. */
std::pair<int, int> alerts(const CalendarEvents& events, double factor)
{
    std::pair<int, int> found{0, 0};
    std::vector<std::int64_t> times;
    for (std::int64_t day = 0; day < 320; ++day) {
        times.push_back((monday + day) * 86'400'000'000);
    }
    for (unsigned seed = 1; seed <= 100; ++seed) {
        const auto figures =
            world(320, seed_of_today() + seed, 60, {{60, 0.4}, {100, 0.4}, {150, 0.4}, {200, 0.4}, {300, factor}});
        const auto judged = judge({}, {times, figures, {}}, events, {});
        found.first += judged[200].verdict.is_anomaly ? 1 : 0;
        found.second += judged[300].verdict.is_anomaly ? 1 : 0;
        // Three in ten thousand know no interval there: what looked like a new level came shortly before.
        EXPECT_TRUE(judged[200].verdict.lower <= judged[200].verdict.expected ||
                    judged[200].verdict.reason == Reason::insufficient_data);
    }
    return found;
}

TEST(Calendar, AnEventThatIsAsItWasIsNoAnomaly)
{
    SCOPED_TRACE(seed_of_today());
    Columns columns;
    for (const std::int32_t day : {60, 100, 150, 200, 300}) {
        columns.add("event", day, day);
    }
    const auto without = alerts({}, 0.4);
    // .988 and .980 on other days, and .002 with the events.
    EXPECT_GE(without.first, 92);
    EXPECT_GE(without.second, 92);
    const auto with = alerts(columns.events(), 0.4);
    EXPECT_LE(with.first, 4);
    EXPECT_LE(with.second, 4);
    // One that fails to come, or goes as far to the other side.
    EXPECT_GE(alerts(columns.events(), 2).second, 97);
}

TEST(Calendar, WindowsExpectWhatEventsDid)
{
    using namespace marketing::anomaly;
    Columns columns;
    for (const std::int32_t day : {60, 100, 150, 200, 300}) {
        columns.add("event", day, day);
    }
    std::vector<std::int64_t> series;
    std::vector<std::int32_t> days;
    std::vector<double> values;
    for (std::int64_t each = 1; each <= 8; ++each) {
        const auto figures =
            world(301, static_cast<unsigned>(each), 40, {{60, 0.4}, {100, 0.4}, {150, 0.4}, {200, 0.4}, {300, 0.4}});
        for (std::int32_t day = 0; day < 301; ++day) {
            series.push_back(each);
            days.push_back(monday + day);
            values.push_back(figures[static_cast<std::size_t>(day)]);
        }
    }
    WindowRequest request;
    request.window_from = request.window_to = monday + 300;
    const DayRows rows{{series}, {days}, {values}, {}};
    int without = 0, with = 0;
    for (const auto& result : compare_windows(rows, request)) {
        without += result.p_value < 0.01 ? 1 : 0;
    }
    for (const auto& result : compare_windows(rows, request, columns.events(), {})) {
        with += result.p_value < 0.01 ? 1 : 0;
        EXPECT_NEAR(result.ratio, 1, 0.6);
    }
    EXPECT_GE(without, 7);
    EXPECT_EQ(with, 0);
}

}  // namespace
