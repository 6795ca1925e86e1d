/**
 * Counts and rates of a window against those of the days before: overdispersed counts, of days of the week that differ, compared at the same
 * exposure (overdispersion.hpp).
 */
#pragma once

#include <span>

#include "anomaly/activity.hpp"
#include "kernel/stop.hpp"

namespace marketing::anomaly {

/** Tests each series that can be tested, and fills in its result. Plain counts have their days' exposures set by the days of the week. */
void compare_counts(std::span<Activity> activities, const WindowRequest& request, const kernel::StopFlag& stop,
                    const Others& others = {});

}  // namespace marketing::anomaly
