/**
 * Steps from key to key counted straight from journeys, for when there are too many different paths to count these first.
 */
#pragma once

#include "attribution/journeys.hpp"
#include "attribution/markov.hpp"
#include "attribution/path_counts.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

/**
 * What markov_transitions() of order 1 says of the counted paths of `request`, states ascending. Throws Error(invalid_parameter) for
 * Transform::frequency, whose keys only counted paths have; Stopped.
 */
[[nodiscard]] MarkovTransitions journey_transitions(const JourneysView& journeys, const CountRequest& request, bool self_loops,
                                                    const kernel::StopFlag& stop);

}  // namespace marketing::attribution
