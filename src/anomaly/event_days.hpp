/** What holidays, campaigns and other events make of the days of a window and of those before it (series/calendar.hpp). */
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <utility>
#include <vector>

#include "anomaly/day_table.hpp"
#include "kernel/stop.hpp"
#include "series/calendar.hpp"

namespace marketing::anomaly {

/** The logarithm of a factor, and the deviation of what is not known of it. */
struct EventEffect {
    double effect = 0;
    double error = 0;
};

/** Effects by day, of parts that series belong to, such as businesses. */
class EventDays {
public:
    void set(std::int64_t part, std::int32_t day, EventEffect effect) { effects_[{part, day}] = effect; }
    /** Series that are not named belong to part 0. */
    void set_part(std::int64_t series, std::int64_t part) { parts_[series] = part; }
    [[nodiscard]] EventEffect of(std::int64_t series, std::int32_t day) const;
    [[nodiscard]] bool empty() const noexcept { return effects_.empty(); }

private:
    std::map<std::pair<std::int64_t, std::int32_t>, EventEffect> effects_;
    std::map<std::int64_t, std::int64_t> parts_;
};

/**
 * Effects of days up to `window_to`, learnt from the sums of all series on the days before `window_from`. With exposures they are
 * effects on values per exposure. Throws as series::find_effects(); Stopped.
 */
[[nodiscard]] EventDays learn_event_days(const DayRows& rows, std::int32_t window_from, std::int32_t window_to,
                                         bool per_exposure, const series::CalendarEvents& events, const kernel::StopFlag& stop);

}  // namespace marketing::anomaly
