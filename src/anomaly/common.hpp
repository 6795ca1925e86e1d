/**
 * What moves many series alike: demand on a market, a price of all ads. Each series of a window is compared with the others of its
 * business, and of its group (a platform); what it shares with them is no news of its own. Series that go a way of their own count for
 * nothing in it, and no series explains itself.
 */
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "anomaly/rates.hpp"

namespace marketing::anomaly {

/** Where what a series shares comes from. */
enum class CommonLevel : std::uint8_t { none, total, group };

/** A series of the window. */
struct Member {
    std::int64_t total;  // which business
    std::int64_t group;  // and which part of it
    double ratio;        // found over expected
    double expected;     // NaN: it cannot be compared
    /** Variance of the ratio by chance: per_event / expected + relative. */
    double per_event;
    double relative;
};

/** What a series shares with others, as a factor of what was expected of it. */
struct CommonFactor {
    double factor = 1;
    CommonLevel level = CommonLevel::none;
};

/** Of each member, from the others. */
[[nodiscard]] std::vector<CommonFactor> common_factors(std::span<const Member> members);

/** A business, or a group of it, whose members move together in the direction that is asked for. */
struct Moved {
    std::int64_t total;
    std::int64_t group;
    CommonLevel level;
    double rest = 1;  // of a group: the factor of the other groups
};

/**
 * Of one business what is common to more than one of its groups; of a group what sets it apart from the others. `alternative`: less or
 * greater.
 */
[[nodiscard]] std::vector<Moved> moved_together(std::span<const Member> members, Alternative alternative);

}  // namespace marketing::anomaly
