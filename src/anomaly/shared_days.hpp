/**
 * What many series share from day to day: demand on a market that goes up and down. Beside the others a series varies less than by
 * itself, by as much as they all vary alike. Of each day the factor is what the other series had over what was expected of them, drawn to
 * 1 as far as it may be chance; where the days of all together vary no more than chance has it, nothing is shared.
 */
#pragma once

#include <cstdint>
#include <span>

#include "anomaly/activity.hpp"

namespace marketing::anomaly {

/** Where a series belongs: a business, and a part of it. */
struct Membership {
    std::int64_t total;
    std::int64_t group;
};

/** Sets `shared` of the days before the window, by the others of each series' business and group. Whether any is shared. */
bool share_days(std::span<Activity> activities, std::span<const Membership> memberships);

}  // namespace marketing::anomaly
