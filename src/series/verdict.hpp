/** What a detector of one series is asked and what it answers, one point at a time. */
#pragma once

#include <cmath>
#include <cstdint>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "kernel/named.hpp"
#include "kernel/unknown.hpp"

namespace marketing::series {

using kernel::unknown;

/** Which deviations count. */
enum class Direction : std::uint8_t { both, up, down };

/** The direction called `name`: both, up, down. Throws Error(invalid_parameter) for another. */
inline constexpr auto find_direction =
    kernel::names<Direction>("direction", {{"both", Direction::both}, {"up", Direction::up}, {"down", Direction::down}});

/** Times that can be subtracted from each other: 70,000 years to both sides. */
[[nodiscard]] constexpr bool in_range(std::int64_t time) noexcept
{
    constexpr std::int64_t limit = std::int64_t{1} << 61;
    return -limit < time && time < limit;
}

struct Point {
    std::int64_t time = 0;  // microseconds
    double value = 0;       // NaN: missing
    double exposure = 1;    // what the value is counted per; not positive or NaN: inactive

    static auto fields(auto& point) { return std::tie(point.time, point.value, point.exposure); }
};

/** Throws Error(numeric_range) for figures that cannot be squared, or divided by each other. */
void check_size(const Point& point);

/** The figures but for NaN, which is none. Throws Error where one is infinite (invalid_parameter) or too large (numeric_range). */
[[nodiscard]] std::vector<double> known_values(std::span<const double> figures);

/** Why a point is, or is not, an anomaly. */
enum class Reason : std::uint8_t {
    normal,
    high,               // above the interval
    low,                // below the interval
    zero,               // nothing, where there was something before
    level_shift,        // the last points together: the level has moved, and the baseline starts anew with them
    drift,              // the same where it moved step by step
    cooldown,           // outside the interval, but not beyond a recent point
    insufficient_data,  // too little history for a verdict
    missing,            // no value, or one that is not finite
    inactive,           // no exposure, or still nothing: paused
    negative,           // of a kind that cannot be negative: a refund, a correction
    already_seen,       // not after the last point that was learnt
};

[[nodiscard]] std::string_view name_of(Reason reason) noexcept;

/** What kind of anomaly: one point, or a level that stays. */
enum class AnomalyKind : std::uint8_t { point, shift, drift };

[[nodiscard]] std::string_view name_of(AnomalyKind kind) noexcept;

/** NaN stands for what is not known. */
struct Verdict {
    double expected = unknown;
    double lower = unknown;  // interval of the values that are no anomaly
    double upper = unknown;
    double z = unknown;  // standard normal while nothing changes; the sign is that of the deviation
    double p_value = unknown;
    double score = unknown;  // -log10 of the p-value
    double dispersion =
        unknown;               // of counts: variance over mean; otherwise the standard deviation, of positive values relative
    std::int32_t history = 0;  // points that the verdict rests on
    bool is_anomaly = false;
    Reason reason = Reason::normal;
    AnomalyKind kind = AnomalyKind::point;  // of an anomaly
    std::int64_t since = 0;                 // of a shift or drift: when it began

    [[nodiscard]] bool was_reached() const noexcept { return !std::isnan(p_value) || is_anomaly; }
};

}  // namespace marketing::series
