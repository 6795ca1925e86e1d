// What a calendar is worth, in worlds whose truth is known: tables of
// docs/benchmarks.md. Arguments: series per cell (1000), seed (1), one of the
// tables: false, finds, months, events, pacing, windows, alerts (all).

#include <algorithm>
#include <array>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>

#include "anomaly/windows.hpp"
#include "forecast/forecast.hpp"
#include "monte_carlo.hpp"
#include "series/calendar.hpp"
#include "series/detector.hpp"
#include "worlds/events.hpp"

using namespace marketing;
using worlds::EventWorld;
using worlds::first_day;
using worlds::usual_world;

namespace {

constexpr double level = 0.9;

series::CalendarEffects effects_of(std::span<const double> history, const series::CalendarEvents& events = {})
{
    series::CalendarRequest request;
    request.history = history;
    request.first_day = first_day;
    request.horizon = 28;
    request.events = events;
    return series::find_effects(request, {});
}

/** Series without a calendar in which one is found. */
void false_finds(int count, std::uint64_t seed)
{
    constexpr std::array lengths{120, 365, 1150};
    std::printf("Series without a calendar in which one is found, %% (%d per cell, Monte-Carlo error at 1 %%: %.2f)\n\n", count,
                100 * worlds::error_of_share(0.01, count));
    std::printf("| world | 120 days | 365 | 1150 |\n|---|---|---|---|\n");
    for (const worlds::World& world : worlds::all_worlds()) {
        std::printf("| %s |", std::string(world.name).c_str());
        for (const int length : lengths) {
            worlds::Engine engine(seed + static_cast<std::uint64_t>(length));
            int found = 0;
            for (int i = 0; i < count; ++i) {
                found += effects_of(worlds::make_campaign(world, length, engine).figures).events.empty() ? 0 : 1;
            }
            std::printf(" %.2f |", 100.0 * found / count);
        }
        std::printf("\n");
        std::fflush(stdout);
    }
}

std::chrono::year_month_day date_of(int day)
{
    return std::chrono::sys_days{std::chrono::year{2000} / 1 / 1} + std::chrono::days{first_day + day};
}

/** A day that comes once a year, whose effect is looked for without a list. */
struct YearlyDay {
    const char* title;
    const char* name;  // as it is found
    bool (*is_it)(std::chrono::year_month_day date);
};

constexpr std::array yearly_days{
    YearlyDay{"25 December", "25 December",
              [](std::chrono::year_month_day date) {
                  return date.month() == std::chrono::December && date.day() == std::chrono::day{25};
              }},
    YearlyDay{"Black Friday, which is on other dates each year,", "Friday after the fourth Thursday of November",
              [](std::chrono::year_month_day date) {
                  return std::chrono::sys_days{date} ==
                         std::chrono::sys_days{date.year() / std::chrono::November / std::chrono::Thursday[4]} +
                             std::chrono::days{1};
              }}};

/** Days of the year by themselves, seen two to four times. */
void finds(int count, std::uint64_t seed)
{
    constexpr std::array factors{0.2, 0.5, 2.0, 4.0};
    for (const YearlyDay& yearly : yearly_days) {
        std::printf(
            "\nSeries in which an effect of %s is found by itself, %% (%d per cell, Monte-Carlo error at most %.1f); in "
            "brackets "
            "any other effect beside it or in its place\n\n",
            yearly.title, count, 100 * worlds::error_of_share(0.5, count));
        std::printf("| events a day, times seen | x 0.2 | x 0.5 | x 2 | x 4 |\n|---|---|---|---|---|\n");
        for (const double mean : {10.0, 50.0}) {
            for (const int times : {2, 3, 4}) {
                std::printf("| %.0f, %d times |", mean, times);
                for (const double factor : factors) {
                    worlds::Engine engine(seed);
                    worlds::World world = usual_world(mean);
                    const int days = 365 * times + 25;
                    for (int day = 0; day < days; ++day) {
                        world.calendar.push_back(yearly.is_it(date_of(day)) ? factor : 1);
                    }
                    int found = 0, others = 0;
                    for (int i = 0; i < count; ++i) {
                        const auto effects = effects_of(worlds::make_campaign(world, days, engine).figures);
                        const auto is_it = [&](const auto& event) { return event.name == yearly.name; };
                        found += std::ranges::any_of(effects.events, is_it) ? 1 : 0;
                        others += std::ranges::all_of(effects.events, is_it) ? 0 : 1;
                    }
                    std::printf(" %.1f (%.1f) |", 100.0 * found / count, 100.0 * others / count);
                }
                std::printf("\n");
                std::fflush(stdout);
            }
        }
    }
}

/** The first of each month by itself. */
void firsts_of_months(int count, std::uint64_t seed)
{
    std::printf(
        "\nSeries in which an effect of the first of each month is found by itself, %% (%d per cell, Monte-Carlo error at most "
        "%.1f)\n\n| events a day, days | x 0.2 | x 0.5 | x 1.5 | x 2 | x 4 |\n|---|---|---|---|---|---|\n",
        count, 100 * worlds::error_of_share(0.5, count));
    for (const double mean : {10.0, 50.0}) {
        for (const int days : {120, 365, 730}) {
            std::printf("| %.0f, %d days |", mean, days);
            for (const double factor : {0.2, 0.5, 1.5, 2.0, 4.0}) {
                worlds::Engine engine(seed);
                worlds::World world = usual_world(mean);
                for (int day = 0; day < days; ++day) {
                    world.calendar.push_back(date_of(day).day() == std::chrono::day{1} ? factor : 1);
                }
                int found = 0;
                for (int i = 0; i < count; ++i) {
                    const auto effects = effects_of(worlds::make_campaign(world, days, engine).figures);
                    found +=
                        std::ranges::any_of(effects.events, [](const auto& e) { return e.name == "first day of the month"; });
                }
                std::printf(" %.1f |", 100.0 * found / count);
            }
            std::printf("\n");
            std::fflush(stdout);
        }
    }
}

void forecasts(int count, std::uint64_t seed)
{
    constexpr int history = 730;
    std::printf(
        "\nForecast of the day of an event that was seen before: mean error, %% of the day, and share within the 90 %% "
        "interval; share of "
        "the 28-day sums within theirs (%d per line, Monte-Carlo error %.3f)\n\n",
        count, worlds::error_of_share(level, count));
    std::printf(
        "| events a day, times seen | error | without calendar | day held | without | sum held | without "
        "|\n|---|---|---|---|---|---|---|\n");
    for (const double mean : {10.0, 50.0}) {
        for (const int times : {0, 1, 2, 4, 8}) {
            worlds::Engine engine(seed);
            std::array<double, 2> off{}, held{}, sums{};
            double truths = 0;
            for (int i = 0; i < count; ++i) {
                const EventWorld event(mean, times, history, engine);
                const auto campaign = worlds::make_campaign(event.world, history + 28, engine);
                std::vector<std::int32_t> days;
                double sum = 0;
                for (int day = 0; day < history + 28; ++day) {
                    (day < history ? days.push_back(first_day + day) : void());
                    sum += day < history ? 0 : campaign.figures[static_cast<std::size_t>(day)];
                }
                const double truth = campaign.figures[static_cast<std::size_t>(history + event.day_ahead)];
                truths += truth;
                for (const std::size_t aware : {0U, 1U}) {
                    forecast::Request request;
                    request.dates = days;
                    request.figures = std::span(campaign.figures).first(history);
                    request.level = level;
                    request.model = "ets";
                    request.events = aware == 1 ? event.events() : series::CalendarEvents{};
                    const auto day = forecast::forecast_days(request, {}).days[static_cast<std::size_t>(event.day_ahead)];
                    const auto total = forecast::forecast_sum(request, 0, std::nullopt, {}).sum;
                    off[aware] += std::abs(day.mean - truth);
                    held[aware] += day.low <= truth && truth <= day.high ? 1 : 0;
                    sums[aware] += total.low <= sum && sum <= total.high ? 1 : 0;
                }
            }
            std::printf("| %.0f, %d times | %.0f | %.0f | %.3f | %.3f | %.3f | %.3f |\n", mean, times, 100 * off[1] / truths,
                        100 * off[0] / truths, held[1] / count, held[0] / count, sums[1] / count, sums[0] / count);
            std::fflush(stdout);
        }
    }
}

/** Budgets of the week of an event: the stated probability to exceed them, and what happens. */
void pacing(int count, std::uint64_t seed)
{
    constexpr int history = 730;
    std::printf(
        "\nPacing of the week of an event: how often a budget is exceeded where that is called unlikely (below .2) or likely "
        "(above "
        ".8), and the mean square of probability less outcome (%d per line)\n\n| events a day, times seen | unlikely | without "
        "calendar | likely | without | mean square | without |\n|---|---|---|---|---|---|---|\n",
        count);
    for (const double mean : {10.0, 50.0}) {
        for (const int times : {1, 4, 8}) {
            worlds::Engine engine(seed);
            std::array<worlds::Mean, 2> unlikely, likely, score;
            for (int i = 0; i < count; ++i) {
                const EventWorld event(mean, times, history, engine);
                const auto campaign = worlds::make_campaign(event.world, history + 28, engine);
                const int end = std::max(7, event.day_ahead + 1);
                std::vector<std::int32_t> days(history);
                std::iota(days.begin(), days.end(), first_day);
                const auto week = campaign.figures.begin() + history + end - 7;
                const double sum = std::accumulate(week, week + 7, 0.0);
                const double usual =
                    std::accumulate(campaign.figures.begin(), campaign.figures.begin() + history, 0.0) / history;
                const double budget = 7 * usual * worlds::lognormal(engine, 0.15);
                for (const std::size_t aware : {0U, 1U}) {
                    forecast::Request request;
                    request.dates = days;
                    request.figures = std::span(campaign.figures).first(history);
                    request.horizon = end;
                    request.model = "ets";
                    request.events = aware == 1 ? event.events() : series::CalendarEvents{};
                    const double stated = forecast::forecast_sum(request, end - 7, budget, {}).above_budget;
                    const double happened = sum > budget ? 1 : 0;
                    if (stated < 0.2 || stated > 0.8) {
                        (stated < 0.2 ? unlikely : likely)[aware].add(happened);
                    }
                    score[aware].add((stated - happened) * (stated - happened));
                }
            }
            std::printf("| %.0f, %d times |", mean, times);
            for (const auto* pair : {&unlikely, &likely, &score}) {
                worlds::print_cell((*pair)[1], 3);
                worlds::print_cell((*pair)[0], 3);
            }
            std::printf("\n");
            std::fflush(stdout);
        }
    }
}

/** Windows of a week with a holiday in it: campaigns called at p < .01, with and without the list. */
void windows(int count, std::uint64_t seed)
{
    const int fleets = std::max(2, count / 20);
    constexpr int history = 400, campaigns = 50, changed = 5;
    std::printf(
        "\nCampaigns called at p < .01 in a week with an event, with and without the list (%d fleets of %d a line): unchanged "
        "ones, and those whose leads are 0.4 times as many\n\n| events a day, times seen | unchanged | without calendar | "
        "found | "
        "without |\n|---|---|---|---|---|\n",
        fleets, campaigns);
    for (const double mean : {10.0, 50.0}) {
        for (const int times : {1, 2, 4, 8}) {
            worlds::Engine engine(seed);
            std::array<worlds::Mean, 2> unchanged, found;
            for (int fleet = 0; fleet < fleets; ++fleet) {
                const EventWorld event(mean, times, history, engine);
                const int from = history + event.day_ahead - event.day_ahead % 7;
                const auto all = worlds::make_fleet(event.world, campaigns, from + 7, engine);
                std::vector<std::int64_t> ids;
                std::vector<std::int32_t> days;
                std::vector<double> values;
                for (std::size_t c = 0; c < campaigns; ++c) {
                    for (int d = 0; d < from + 7; ++d) {
                        const auto place = static_cast<std::size_t>(d);
                        ids.push_back(static_cast<std::int64_t>(c));
                        days.push_back(first_day + d);
                        values.push_back(c < changed && d >= from
                                             ? draw_figure(event.world, 0.4 * all[c].expected[place], engine)
                                             : all[c].figures[place]);
                    }
                }
                anomaly::WindowRequest request;
                request.window_from = first_day + from;
                request.window_to = request.window_from + 6;
                std::array<std::array<double, 2>, 2> called{};
                for (const std::size_t aware : {0U, 1U}) {
                    const auto results = anomaly::compare_windows({ids, days, values, {}}, request,
                                                                  aware == 1 ? event.events() : series::CalendarEvents{}, {});
                    for (const anomaly::WindowResult& result : results) {
                        called[aware][result.series < changed ? 1 : 0] += result.p_value < 0.01 ? 1 : 0;
                    }
                    unchanged[aware].add(called[aware][0] / (campaigns - changed));
                    found[aware].add(called[aware][1] / changed);
                }
            }
            std::printf("| %.0f, %d times |", mean, times);
            for (const auto* pair : {&unchanged, &found}) {
                worlds::print_cell((*pair)[1], 3);
                worlds::print_cell((*pair)[0], 3);
            }
            std::printf("\n");
            std::fflush(stdout);
        }
    }
}

/** Alerts of the detector on the day of an event, and on other days: usual ones, and ones that dip to a third. */
void detections(int count, std::uint64_t seed)
{
    constexpr int history = 730;
    std::printf(
        "\nDays that detect_anomalies() calls anomalies at alpha .005, %% (%d per cell, Monte-Carlo error at most %.1f)\n\n",
        count, 100 * worlds::error_of_share(0.5, count));
    std::printf(
        "| events a day, times seen | day of the event | without calendar | the event fails to come | another day dips to a "
        "third |\n|---|---|---|---|---|\n");
    for (const double mean : {10.0, 50.0}) {
        for (const int times : {0, 1, 2, 4, 8}) {
            worlds::Engine engine(seed);
            std::array<double, 4> alerts{};
            for (int i = 0; i < count; ++i) {
                EventWorld event(mean, times, history, engine);
                const auto at = static_cast<std::size_t>(history + event.day_ahead);
                const std::size_t other =
                    static_cast<std::size_t>(history) + (static_cast<std::size_t>(event.day_ahead) + 10) % 28;
                event.world.calendar[other] = 1.0 / 3;
                auto figures = worlds::make_campaign(event.world, history + 28, engine).figures;
                std::vector<std::int64_t> times_of_day;
                for (std::int32_t day = 0; day < history + 28; ++day) {
                    times_of_day.push_back((std::int64_t{first_day} + day) * 86'400'000'000);
                }
                const auto alert = [&](const series::CalendarEvents& events, std::size_t day) {
                    const auto judged = series::judge({}, {times_of_day, figures, {}}, events, {});
                    return judged[day].verdict.is_anomaly ? 1.0 : 0.0;
                };
                alerts[0] += alert(event.events(), at);
                alerts[1] += alert({}, at);
                alerts[3] += alert(event.events(), other);
                event.world.calendar[at] = 1;
                figures = worlds::make_campaign(event.world, history + 28, engine).figures;
                alerts[2] += alert(event.events(), at);
            }
            std::printf("| %.0f, %d times |", mean, times);
            for (const double each : alerts) {
                std::printf(" %.1f |", 100 * each / count);
            }
            std::printf("\n");
            std::fflush(stdout);
        }
    }
}

struct Table {
    std::string_view name;
    void (*print)(int count, std::uint64_t seed);
};

constexpr Table tables[] = {{"false", false_finds}, {"finds", finds},     {"months", firsts_of_months}, {"events", forecasts},
                            {"pacing", pacing},     {"windows", windows}, {"alerts", detections}};

}  // namespace

int main(int count, char** arguments)
{
    const int series = count > 1 ? std::atoi(arguments[1]) : 1000;
    const std::uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
    const std::string_view only = count > 3 ? arguments[3] : "";
    for (const Table& table : tables) {
        if (only.empty() || only == table.name) {
            table.print(series, seed);
        }
    }
}
