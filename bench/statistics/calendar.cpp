// What a calendar is worth, in worlds whose truth is known: tables of
// docs/benchmarks.md. Arguments: series per cell (1000), seed (1), series per cell
// of the first table (the same).

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

#include "forecast/forecast.hpp"
#include "monte_carlo.hpp"
#include "series/calendar.hpp"
#include "series/detector.hpp"
#include "worlds/campaigns.hpp"

using namespace marketing;

namespace {

constexpr std::int32_t first_day = 8036;  // 1 January 2022
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

/** Worlds in which the figures of `mean` a day come in moderate bursts, with weekdays. */
worlds::World usual_world(double mean)
{
    worlds::World world;
    world.mean = mean;
    world.size = 20;
    world.weekday = 0.15;
    return world;
}

/** Christmas by itself, seen two to four times. */
void finds(int count, std::uint64_t seed)
{
    constexpr std::array factors{0.2, 0.5, 2.0, 4.0};
    std::printf(
        "\nSeries in which an effect of 25 December is found by itself, %% (%d per cell, Monte-Carlo error at most %.1f)\n\n",
        count, 100 * worlds::error_of_share(0.5, count));
    std::printf("| events a day, times seen | x 0.2 | x 0.5 | x 2 | x 4 |\n|---|---|---|---|---|\n");
    for (const double mean : {10.0, 50.0}) {
        for (const int times : {2, 3, 4}) {
            std::printf("| %.0f, %d times |", mean, times);
            for (const double factor : factors) {
                worlds::Engine engine(seed);
                worlds::World world = usual_world(mean);
                const int days = 365 * times + 25;
                world.calendar.assign(static_cast<std::size_t>(days), 1);
                for (const std::size_t day : {358U, 723U, 1089U, 1454U}) {
                    if (day < world.calendar.size()) {
                        world.calendar[day] = factor;
                    }
                }
                int found = 0;
                for (int i = 0; i < count; ++i) {
                    const auto effects = effects_of(worlds::make_campaign(world, days, engine).figures);
                    for (const auto& event : effects.events) {
                        found += event.name == "25 December" ? 1 : 0;
                    }
                }
                std::printf(" %.1f |", 100.0 * found / count);
            }
            std::printf("\n");
            std::fflush(stdout);
        }
    }
}

/** An event on some days of two years, and on one of the next four weeks; effects differ from event to event, and a little from time to time. */
struct EventWorld {
    std::vector<std::string_view> names;
    std::vector<std::int32_t> days;
    worlds::World world;
    int day_ahead;

    EventWorld(double mean, int times, int history, worlds::Engine& engine) : world(usual_world(mean))
    {
        constexpr double effects = 0.7, occurrences = 0.15;
        world.calendar.assign(static_cast<std::size_t>(history) + 28, 1);
        const double effect = effects * worlds::normal(engine);
        const auto add = [&](int day) {
            world.calendar[static_cast<std::size_t>(day)] = std::exp(effect + occurrences * worlds::normal(engine));
            names.emplace_back("event");
            days.push_back(first_day + day);
        };
        for (int i = 0; i < times; ++i) {
            add(history * (i + 1) / (times + 1) + static_cast<int>(7 * worlds::uniform(engine)));
        }
        day_ahead = static_cast<int>(28 * worlds::uniform(engine));
        add(history + day_ahead);
    }
    [[nodiscard]] series::CalendarEvents events() const { return {names, days, {}}; }
};

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

}  // namespace

int main(int count, char** arguments)
{
    const int series = count > 1 ? std::atoi(arguments[1]) : 1000;
    const std::uint64_t seed = count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1;
    false_finds(count > 3 ? std::atoi(arguments[3]) : series, seed);
    finds(series, seed);
    forecasts(series, seed);
    detections(series, seed);
}
