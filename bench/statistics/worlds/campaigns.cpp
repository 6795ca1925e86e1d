#include "campaigns.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace marketing::worlds {

namespace {

/** Logarithm of a demand that stays where it is: each day is drawn back to 0.
 */
std::vector<double> correlated(double correlation, double deviation, std::size_t days, Engine& engine)
{
    std::vector<double> result(days);
    if (deviation > 0) {
        Correlated demand(correlation, engine);
        for (double& day : result) {
            day = deviation * demand.next() - deviation * deviation / 2;
        }
    }
    return result;
}

std::vector<double> weekday_factors(double deviation, Engine& engine)
{
    std::vector<double> result(7, 1);
    if (deviation > 0) {
        double sum = 0;
        for (double& factor : result) {
            factor = lognormal(engine, deviation);
            sum += factor;
        }
        for (double& factor : result) {
            factor *= 7 / sum;
        }
    }
    return result;
}

/** Logarithms of what moves all campaigns alike. */
std::vector<double> shared_movement(const World& world, std::size_t days, Engine& engine)
{
    auto result = correlated(world.shared_correlation, world.shared_deviation, days, engine);
    const auto weekday = weekday_factors(world.shared_weekday, engine);
    const double phase = world.season > 0 ? uniform(engine) : 0;
    for (std::size_t day = 0; day < days; ++day) {
        result[day] += std::log(weekday[day % 7]);
        if (world.season > 0) {
            result[day] += world.season * std::sin(2 * 3.141592653589793 * (static_cast<double>(day) / 365 + phase));
        }
        if (world.days_between_holidays > 0 && uniform(engine) * world.days_between_holidays < 1) {
            result[day] += std::log(world.holiday_factor);
        }
        if (day < world.calendar.size()) {
            result[day] += std::log(world.calendar[day]);
        }
    }
    return result;
}

double growth(const World& world, std::size_t day)
{
    return world.ramp_days > 0 ? std::min(1.0, (static_cast<double>(day) + 1) / world.ramp_days) : 1;
}

/** Logarithms of a level that goes where it likes: by steps, by a growth that lasts or moves, by shifts. */
std::vector<double> moving_level(const World& world, std::size_t days, Engine& engine)
{
    std::vector<double> result(days);
    double level = 0;
    double growth = world.steady_growth > 0 ? world.steady_growth * normal(engine) : 0;
    for (double& day : result) {
        day = level;
        level += growth;
        if (world.wandering > 0) {
            level += world.wandering * normal(engine);
        }
        if (world.wandering_growth > 0) {
            growth += world.wandering_growth * normal(engine);
        }
        if (world.days_between_shifts > 0 && uniform(engine) * world.days_between_shifts < 1) {
            level += world.shift_deviation * normal(engine);
        }
    }
    return result;
}

/** The expectation of a day before events come late: what causes them. */
std::vector<double> causes(const World& world, const std::vector<double>& shared, Engine& engine)
{
    const auto demand = correlated(world.demand_correlation, world.demand_deviation, shared.size(), engine);
    auto weekday = weekday_factors(world.weekday, engine);
    const double size = world.size_deviation > 0 ? lognormal(engine, world.size_deviation) : 1;
    const auto level = moving_level(world, shared.size(), engine);
    std::vector<double> result(shared.size());
    for (std::size_t day = 0; day < shared.size(); ++day) {
        double& factor = weekday[day % 7];
        result[day] = world.mean * size * factor * growth(world, day) * std::exp(shared[day] + demand[day] + level[day]);
        if (world.weekday_drift > 0) {
            factor *= lognormal(engine, world.weekday_drift);
        }
    }
    return result;
}

/** Each cause spreads over the days that follow, geometrically. What the days
 * before the first caused is as the first day's. */
std::vector<double> delayed(std::vector<double> causes, double lag)
{
    const double stays = lag / (1 + lag);
    double expected = causes.empty() ? 0 : causes.front();
    for (double& day : causes) {
        expected = stays * expected + (1 - stays) * day;
        day = expected;
    }
    return causes;
}

double amount(const World& world, Engine& engine)
{
    constexpr double index = 1.5;
    if (world.heavy_tail > 0 && uniform(engine) < world.heavy_tail) {
        return (index - 1) / index * std::pow(uniform(engine), -1 / index);
    }
    return lognormal(engine, world.amount_deviation) * std::exp(-world.amount_deviation * world.amount_deviation / 2);
}

}  // namespace

double draw_figure(const World& world, double expected, Engine& engine)
{
    if (world.is_exact) {
        return expected;
    }
    if (world.silence > 0 && uniform(engine) < world.silence) {
        return 0;
    }
    const double mean = expected / (1 - world.silence);
    const double events =
        world.dispersion > 1 ? dispersed(engine, mean, world.dispersion) : overdispersed(engine, mean, world.size);
    if (world.amount_deviation <= 0) {
        return events;
    }
    double sum = 0;
    for (double event = 0; event < events; event += 1) {
        sum += amount(world, engine);
    }
    return sum;
}

std::vector<Campaign> make_fleet(const World& world, int campaigns, int days, Engine& engine)
{
    const auto shared = shared_movement(world, static_cast<std::size_t>(days), engine);
    std::vector<Campaign> fleet(static_cast<std::size_t>(campaigns));
    for (Campaign& campaign : fleet) {
        campaign.expected = delayed(causes(world, shared, engine), world.lag);
        for (const double expected : campaign.expected) {
            campaign.figures.push_back(draw_figure(world, expected, engine));
        }
    }
    return fleet;
}

Campaign make_campaign(const World& world, int days, Engine& engine)
{
    return make_fleet(world, 1, days, engine).front();
}

const std::vector<World>& all_worlds()
{
    static const std::vector<World> worlds = {
        {.name = "Poisson, 5 a day"},
        {.name = "Poisson, 30 a day", .mean = 30},
        {.name = "rare: Poisson, 0.3 a day", .mean = 0.3},
        {.name = "bursts, size 8", .size = 8},
        {.name = "bursts, size 2", .mean = 20, .size = 2},
        {.name = "bursts, size 1", .size = 1},
        {.name = "bursts, size 0.5", .size = 0.5},
        {.name = "bursts, size 0.25", .mean = 20, .size = 0.25},
        {.name = "weekdays", .mean = 20, .size = 8, .weekday = 0.4},
        {.name = "correlated demand, .5",
         .mean = 20,
         .size = 8,
         .weekday = 0.2,
         .demand_correlation = 0.5,
         .demand_deviation = 0.3},
        {.name = "correlated demand, .8", .mean = 20, .weekday = 0.2, .demand_correlation = 0.8, .demand_deviation = 0.3},
        {.name = "wandering level", .mean = 20, .size = 8, .weekday = 0.2, .wandering = 0.03},
        {.name = "season of a year", .mean = 20, .size = 8, .weekday = 0.2, .season = 0.3},
        {.name = "ramp-up over 21 days", .mean = 10, .size = 4, .weekday = 0.2, .ramp_days = 21},
        {.name = "holidays", .mean = 20, .size = 8, .weekday = 0.2, .days_between_holidays = 20, .holiday_factor = 3},
        {.name = "late events", .mean = 10, .size = 8, .demand_correlation = 0.5, .demand_deviation = 0.5, .lag = 3},
        {.name = "silent days", .mean = 2, .size = 2, .silence = 0.7},
        {.name = "amounts", .mean = 5, .size = 4, .weekday = 0.2, .amount_deviation = 0.6},
        {.name = "heavy-tailed amounts", .mean = 8, .amount_deviation = 1, .heavy_tail = 0.1},
    };
    return worlds;
}

const std::vector<World>& held_out_worlds()
{
    static const std::vector<World> worlds = {
        {.name = "wandering by half as much", .mean = 20, .size = 8, .weekday = 0.2, .wandering = 0.015},
        {.name = "wandering, Poisson, 100 a day", .mean = 100, .weekday = 0.2, .wandering = 0.02},
        {.name = "steady growth", .mean = 20, .size = 8, .weekday = 0.2, .steady_growth = 0.004},
        {.name = "local linear trend", .mean = 20, .size = 8, .weekday = 0.2, .wandering_growth = 0.0004},
        {.name = "levels that shift", .mean = 20, .size = 8, .weekday = 0.2, .days_between_shifts = 60, .shift_deviation = 0.4},
        {.name = "correlated demand, .95",
         .mean = 20,
         .size = 8,
         .weekday = 0.2,
         .demand_correlation = 0.95,
         .demand_deviation = 0.3},
        {.name = "correlated demand, .8, in bursts", .mean = 10, .size = 1, .demand_correlation = 0.8, .demand_deviation = 0.3},
        {.name = "weekdays that drift", .mean = 20, .size = 8, .weekday = 0.4, .weekday_drift = 0.1},
        {.name = "small season of a year, Poisson", .mean = 50, .weekday = 0.2, .season = 0.1},
        {.name = "bursts and weekdays, 100 a day", .mean = 100, .size = 4, .weekday = 0.3},
        {.name = "amounts, wandering", .mean = 5, .size = 4, .weekday = 0.2, .wandering = 0.03, .amount_deviation = 0.6},
    };
    return worlds;
}

const std::vector<World>& morning_worlds()
{
    static const std::vector<World> worlds = {
        {.name = "Poisson", .mean = 8, .size_deviation = 0.7},
        {.name = "bursts, size 4", .mean = 8, .size = 4, .size_deviation = 0.7},
        {.name = "shared demand, .8", .mean = 8, .size_deviation = 0.7, .shared_correlation = 0.8, .shared_deviation = 0.3},
    };
    return worlds;
}

const std::vector<World>& region_worlds()
{
    static const std::vector<World> worlds = {
        {.name = "weekdays and demand shared",
         .mean = 60,
         .size = 50,
         .shared_weekday = 0.25,
         .size_deviation = 0.7,
         .shared_correlation = 0.9,
         .shared_deviation = 0.2},
        {.name = "own demand, too",
         .mean = 60,
         .size = 50,
         .weekday = 0.05,
         .shared_weekday = 0.25,
         .size_deviation = 0.7,
         .demand_correlation = 0.8,
         .demand_deviation = 0.08,
         .shared_correlation = 0.9,
         .shared_deviation = 0.2},
        {.name = "few events a day",
         .mean = 4,
         .size = 5,
         .shared_weekday = 0.25,
         .size_deviation = 0.5,
         .shared_correlation = 0.9,
         .shared_deviation = 0.2},
    };
    return worlds;
}

World spend_world(int days, double deviation, double correlation)
{
    World world{
        .name = "spend", .mean = 100, .is_exact = true, .demand_correlation = correlation, .demand_deviation = deviation};
    for (int day = 0; day < days; ++day) {
        world.calendar.push_back(day % 7 > 4 ? 0.7 : 1);
    }
    return world;
}

}  // namespace marketing::worlds
