/**
 * What events of a calendar do to a daily figure: holidays, campaigns of one's own, and what comes back by itself.
 *
 * A day is compared with the days around it that are like others, the weekday taken out. The days of an event are expected at
 * exp(effect) times that, and the effect is what makes them likely (quasi-Poisson: the variance of a day is proportional to its mean),
 * drawn to 0 by a normal prior whose width all events of the series tell; how much an event differs from one occurrence to the next is
 * part of what is not known of the next one. Figures that can be negative are shifted instead.
 *
 * Whoever uses it divides the history by its effects, goes on as without events, multiplies the days to come, and widens their interval.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "kernel/stop.hpp"
#include "kernel/unknown.hpp"

namespace marketing::series {

/** Events as columns: those of one name have one effect. */
struct CalendarEvents {
    /** Last days before this one: the event is of one day. */
    static constexpr std::int32_t one_day = INT32_MIN;

    std::span<const std::string_view> names{};
    std::span<const std::int32_t> first_days{};
    std::span<const std::int32_t> last_days{};  // empty: all are of one day

    [[nodiscard]] std::int32_t last_day(std::size_t event) const noexcept
    {
        return last_days.empty() || last_days[event] == one_day ? first_days[event] : last_days[event];
    }
    /** Throws Error(invalid_parameter) where lengths differ, a name is empty or an event ends before it begins. */
    void check() const;
};

/** What an event does to a day. */
enum class EffectScale : std::uint8_t {
    factor,  // multiplies it: effects are logarithms
    shift,   // adds to it
};

/** A day and what an error of 1 that is not known does to its effect. */
struct Loading {
    std::int32_t day;
    double loading;
};

/** Of the days of a horizon; day 0 is the first after the history. */
struct EffectsAhead {
    struct Day {
        std::int32_t day;
        double effect;
    };

    EffectScale scale = EffectScale::factor;
    /** Those that have an event, in order. */
    std::vector<Day> days{};
    /** What is not known of them: independent errors of deviation 1. */
    std::vector<std::vector<Loading>> unknowns{};

    [[nodiscard]] bool empty() const noexcept { return days.empty(); }
    /** The effect of a day and the deviation of what is not known of it. */
    [[nodiscard]] double effect(std::int32_t day) const;
    [[nodiscard]] double error(std::int32_t day) const;
};

/** What was learnt of an event. */
struct EventEffect {
    std::string name;
    bool is_found = false;         // by itself: nobody named it
    std::int32_t occurrences = 0;  // in the history, with a figure
    double effect = 0;
    double error = kernel::unknown;
    /** How far a further occurrence may differ from the effect. */
    double spread = 0;
};

struct CalendarEffects {
    /** The effect of each day of the history. */
    std::vector<double> history;
    EffectsAhead ahead;
    std::vector<EventEffect> events;

    /**
     * The history as it would have been without events. A day of which events left little is not known: what is divided by so small a
     * factor is noise.
     */
    [[nodiscard]] std::vector<double> without_events(std::span<const double> figures) const;
    /** The same shifts in a smaller unit. */
    void multiply(double size);
};

struct CalendarRequest {
    /** One figure per day from `first_day` on, NaN where it is not known. */
    std::span<const double> history;
    std::int32_t first_day = 0;
    std::int32_t horizon = 0;
    CalendarEvents events{};
    EffectScale scale = EffectScale::factor;
    /** Whether effects that three occurrences show are found without being named (recurring.hpp). */
    bool find = true;
};

/** Throws Error(invalid_parameter) as check() does, Error(limit_exceeded) for more than a million days of events; Stopped. */
[[nodiscard]] CalendarEffects find_effects(const CalendarRequest& request, const kernel::StopFlag& stop);

}  // namespace marketing::series
