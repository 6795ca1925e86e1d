/**
 * Amounts of a window against those of the days before, on the scale of their logarithm or as they are, with days of the week that differ
 * (levels.hpp).
 */
#pragma once

#include <span>

#include "anomaly/activity.hpp"
#include "kernel/stop.hpp"

namespace marketing::anomaly {

/** Tests each series that can be tested, and fills in its result and the levels of its days. */
void compare_amounts(std::span<Activity> activities, const WindowRequest& request, const kernel::StopFlag& stop);

}  // namespace marketing::anomaly
