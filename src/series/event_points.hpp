/**
 * Points of a series on the days of events, such as holidays: what they are to be expected at, from the days before them alone
 * (calendar.hpp). They are judged by that, and are no part of what other days are compared with.
 */
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "kernel/stop.hpp"
#include "kernel/unknown.hpp"
#include "series/calendar.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

/** What is to be expected of a day beside what is usual, and how sure that is. */
struct DayEffect {
    EffectScale scale;
    double effect;
    double error;
};

/** No series with events is longer. */
constexpr std::size_t most_days = 100'000;

/** The day of a time, 0 is the first of 2000. */
[[nodiscard]] constexpr std::int64_t day_of(std::int64_t time) noexcept
{
    constexpr std::int64_t day_length = std::int64_t{24} * 3600 * 1'000'000;
    return time / day_length - (time % day_length < 0 ? 1 : 0);
}
/** Whether a point counts in the figure of its day. What is negative where only factors make sense is refused anyway. */
[[nodiscard]] inline bool tells_of_day(const Point& point, bool may_be_negative)
{
    return std::isfinite(point.value) && (point.value >= 0 || may_be_negative) && point.exposure > 0 &&
           std::isfinite(point.exposure);
}
/** The sum of a day's points per exposure; NaN where it is not known, or out of range. */
[[nodiscard]] inline double figure_of_day(double sum, double exposure)
{
    const double figure = sum / (exposure > 0 ? exposure : 1);
    return std::isfinite(figure) ? figure : kernel::unknown;
}
/** Throws Error(limit_exceeded) for a series of more days than these. */
void check_days(std::int64_t days);

/** The effect of the day after `figures`, of days from `first_day` on; `find`: also of what comes back by itself. Throws as find_effects(). */
[[nodiscard]] std::optional<DayEffect> effect_after(std::span<const double> figures, std::int32_t first_day,
                                                    const CalendarEvents& events, EffectScale scale, bool find,
                                                    const kernel::StopFlag& stop);

class EventPoints {
public:
    /** `points` of a whole series, in order of time. Throws as CalendarEvents::check(), Error(limit_exceeded) for too long a series. */
    EventPoints(std::span<const Point> points, const CalendarEvents& events, EffectScale scale);

    /** The effect of the day of `time`, by the points before that day; nothing of a day without an event. */
    [[nodiscard]] std::optional<DayEffect> effect_at(std::int64_t time, const kernel::StopFlag& stop) const;

private:
    [[nodiscard]] std::size_t place_of(std::int64_t time) const;
    void add_up(std::span<const Point> points);
    void mark_events();
    void mark_recurring(std::span<const Point> points);

    CalendarEvents events_;
    EffectScale scale_;
    std::int64_t first_day_ = 0;
    std::vector<double> figures_;  // per day and exposure
    std::vector<bool> is_event_;
    std::vector<bool> may_recur_;
};

/** The point as it would have been on a usual day: of counts and rates, `is_scaled`, the same figure of another exposure. */
[[nodiscard]] Point as_usual(const DayEffect& effect, Point point, bool is_scaled);

/** The verdict on a point, as the usual day has it, for a day of this effect. */
void apply(const DayEffect& effect, double value, double alpha, Direction direction, bool is_scaled, Verdict& verdict);

}  // namespace marketing::series
