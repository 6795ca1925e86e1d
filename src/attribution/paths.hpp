/**
 * From journeys to paths: for each conversion the touches that may have earned it. Every answer about attribution is a visitor
 * of this one walk.
 */
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

#include "attribution/journeys.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/** One conversion and its eligible touches, oldest first; there may be none. */
struct Path {
    std::span<const Touch> touches;
    std::int64_t converted_at;
    double value;
};

/** Which touches belong to a conversion when a client converts more than once. */
enum class Cycle {
    shared,                // all up to the conversion: a touch may serve several conversions
    since_previous,        // those after the client's previous, strictly earlier conversion
    since_previous_reuse,  // the same, or where that leaves none, those of the latest earlier cycle that has any
};

struct PathRules {
    /** Microseconds; a touch this old still counts. Without it every earlier touch counts. */
    std::optional<std::int64_t> lookback;
    Cycle cycle = Cycle::shared;
    /** Conversions outside [converted_from, converted_before) get no path, and still end the cycles of others. */
    std::int64_t converted_from = std::numeric_limits<std::int64_t>::min();
    std::int64_t converted_before = std::numeric_limits<std::int64_t>::max();
};

namespace detail {

inline bool not_after(const Touch& touch, std::int64_t time) noexcept
{
    return touch.time <= time;
}

/** The oldest time that the lookback reaches from `time`. */
inline std::int64_t horizon(const PathRules& rules, std::int64_t time) noexcept
{
    constexpr std::int64_t oldest = std::numeric_limits<std::int64_t>::min();
    if (!rules.lookback || time < oldest + *rules.lookback) {
        return oldest;
    }
    return time - *rules.lookback;
}

/** The touches at or after `from` and up to `to` (both inclusive). */
inline std::span<const Touch> between(std::span<const Touch> touches, std::int64_t from, std::int64_t to)
{
    const auto begin = std::partition_point(touches.begin(), touches.end(), [from](const Touch& t) { return t.time < from; });
    const auto end = std::partition_point(begin, touches.end(), [to](const Touch& t) { return not_after(t, to); });
    return {begin, end};
}

/** Those of `touches` that came after the latest conversion strictly before `time`. */
inline std::span<const Touch> in_cycle_of(std::span<const Touch> touches, std::span<const Conversion> conversions,
                                          std::int64_t time)
{
    const auto same =
        std::partition_point(conversions.begin(), conversions.end(), [time](const Conversion& c) { return c.time < time; });
    if (same == conversions.begin()) {
        return touches;
    }
    const std::int64_t previous = std::prev(same)->time;
    const auto first =
        std::partition_point(touches.begin(), touches.end(), [previous](const Touch& t) { return not_after(t, previous); });
    return {first, touches.end()};
}

inline std::span<const Touch> eligible(const Journey& journey, const Conversion& conversion, const PathRules& rules)
{
    const auto reached = between(journey.touches, horizon(rules, conversion.time), conversion.time);
    if (rules.cycle == Cycle::shared) {
        return reached;
    }
    const auto own = in_cycle_of(reached, journey.conversions, conversion.time);
    if (rules.cycle == Cycle::since_previous || !own.empty() || reached.empty()) {
        return own;
    }
    // The latest touch in reach is in the latest cycle that has any.
    return in_cycle_of(reached, journey.conversions, reached.back().time);
}

}  // namespace detail

/**
 * Calls `visit(path)` for each conversion in [converted_from, converted_before), client by client in the order of the value and
 * by time within a client. Throws Stopped, and whatever `visit` throws.
 */
template <class Visitor>
void for_each_path(const JourneysView& journeys, const PathRules& rules, const kernel::StopFlag& stop, Visitor&& visit)
{
    Journey journey;
    for (std::size_t client = 0; client < journeys.client_count(); ++client) {
        journeys.read(client, journey);
        for (const Conversion& conversion : journey.conversions) {
            stop.poll();
            if (conversion.time >= rules.converted_from && conversion.time < rules.converted_before) {
                visit(Path{detail::eligible(journey, conversion, rules), conversion.time, conversion.value});
            }
        }
    }
}

}  // namespace marketing::attribution
