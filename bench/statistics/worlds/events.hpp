/**
 * Campaigns whose days follow a calendar: an event that was seen before comes again.
 */
#pragma once

#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "campaigns.hpp"
#include "series/calendar.hpp"

namespace marketing::worlds {

constexpr std::int32_t first_day = 8036;  // 1 January 2022

/** Worlds in which the figures of `mean` a day come in moderate bursts, with weekdays. */
inline World usual_world(double mean)
{
    World world;
    world.mean = mean;
    world.size = 20;
    world.weekday = 0.15;
    return world;
}

/** An event on some days of two years, and on one of the next four weeks; effects differ from event to event, and a little from time to time. */
struct EventWorld {
    std::vector<std::string_view> names;
    std::vector<std::int32_t> days;
    World world;
    int day_ahead;

    EventWorld(double mean, int times, int history, Engine& engine) : world(usual_world(mean))
    {
        constexpr double effects = 0.7, occurrences = 0.15;
        world.calendar.assign(static_cast<std::size_t>(history) + 28, 1);
        const double effect = effects * normal(engine);
        const auto add = [&](int day) {
            world.calendar[static_cast<std::size_t>(day)] = std::exp(effect + occurrences * normal(engine));
            names.emplace_back("event");
            days.push_back(first_day + day);
        };
        for (int i = 0; i < times; ++i) {
            add(history * (i + 1) / (times + 1) + static_cast<int>(7 * uniform(engine)));
        }
        day_ahead = static_cast<int>(28 * uniform(engine));
        add(history + day_ahead);
    }
    [[nodiscard]] series::CalendarEvents events() const { return {names, days, {}}; }
};

}  // namespace marketing::worlds
