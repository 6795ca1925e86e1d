/**
 * Slow drifts: the CUSUM chart of standardised deviations. What each point is too high, less half of the shift that is looked for, adds
 * up; past a limit the level has moved. The limit is chosen by how long a series without any drift runs until a false alarm.
 */
#pragma once

#include <limits>
#include <span>
#include <vector>

#include "kernel/stop.hpp"
#include "series/detector.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

/**
 * The mean number of points until a one-sided CUSUM of independent normal deviates around `mean` passes `limit`; `shift`: what it is
 * made for. Solved as an integral equation (Goel and Wu 1971). Throws Error(invalid_parameter) for a limit or shift outside its domain.
 */
[[nodiscard]] double cusum_run_length(double limit, double shift, double mean);

/** The limit of that run length without a drift; `sides` 1 or 2 of the chart are watched. Throws Error(invalid_parameter). */
[[nodiscard]] double cusum_limit(double run_length, double shift, int sides);

struct DriftOptions {
    /** All points count alike: only then are the deviates independent, which the run length rests on. */
    AdaptiveOptions baseline{.half_life = std::numeric_limits<double>::infinity()};
    Direction direction = Direction::both;
    double shift = 1;         // of the mean, in standard deviations of a point
    double run_length = 365;  // points until a false alarm
};

/** A point of the chart; NaN stands for what is not known. */
struct DriftPoint {
    Point point;
    Verdict verdict;
    double up = unknown;    // what has added up above the baseline,
    double down = unknown;  // and below it
    double limit = unknown;
    bool is_drift = false;
    std::size_t since = 0;   // of a drift: the point where it began,
    double ratio = unknown;  // and the sum since then over what was expected
};

/**
 * The chart of points in order of time, each against all points before it since the last drift. After an alarm the baseline is what
 * came since the drift began. The days of events are compared with such days, and are no part of a baseline. Throws as Detector does;
 * Stopped.
 */
[[nodiscard]] std::vector<DriftPoint> find_drifts(std::span<const Point> points, const DriftOptions& options,
                                                  const CalendarEvents& events, const kernel::StopFlag& stop);
[[nodiscard]] std::vector<DriftPoint> find_drifts(const SeriesColumns& series, const DriftOptions& options,
                                                  const CalendarEvents& events, const kernel::StopFlag& stop);

}  // namespace marketing::series
