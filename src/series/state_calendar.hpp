/**
 * What the stored state of a detector knows of a calendar: events, and the figures of the days so far, which tell their effects. As
 * EventPoints has them of a whole series, but for what comes back by itself, which only a whole series shows.
 */
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "kernel/stop.hpp"
#include "kernel/wire.hpp"
#include "series/calendar.hpp"
#include "series/event_points.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

class StateCalendar {
public:
    /** Takes the place of the events before; the days stay. Throws as CalendarEvents::check(). */
    void set_events(const CalendarEvents& events);

    /** The effect of the day of `time`, by the points before that day; nothing of a day without an event. Throws as find_effects(). */
    [[nodiscard]] std::optional<DayEffect> effect_at(std::int64_t time, EffectScale scale, const kernel::StopFlag& stop) const;
    /** Points in order of time. Throws Error(limit_exceeded) for too long a series. */
    void add(const Point& point, bool may_be_negative);
    [[nodiscard]] bool has_negative() const noexcept { return has_negative_; }

    void save(kernel::WireWriter& out) const;
    /** Of a state that has seen `last_time`. Throws Error(malformed_binary). */
    void load(kernel::WireReader& in, std::int64_t last_time);

private:
    struct Event {
        std::string name;
        std::int32_t first_day;
        std::int32_t last_day;

        friend auto operator<=>(const Event&, const Event&) = default;
    };
    struct Day {
        double sum;  // NaN: no figure
        double exposure;

        static auto fields(auto& day) { return std::tie(day.sum, day.exposure); }
    };

    std::vector<Event> events_;  // each once, in order
    std::int32_t first_day_ = 0;
    std::vector<Day> days_;
    bool has_negative_ = false;
};

}  // namespace marketing::series
