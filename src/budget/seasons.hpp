/**
 * What the blocks of all campaigns have in common. Where spends rise and fall together, what follows them may be the effect of the spend or of the
 * season that moved both; where they do not, responses that still move together show the demand of the week.
 */
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "budget/panel.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

/** A block beside those of other campaigns: logarithms, 0 on average. */
struct SharedBlock {
    double movement = 0;  // of the spends of all campaigns
    double demand = 0;    // of all responses, beyond what goes with the movement
};

struct Seasons {
    std::vector<std::vector<SharedBlock>> blocks;  // as those of the campaigns
    std::vector<double> reference;                 // mean spend per day
    std::vector<double> dispersion;                // variance of a block over its mean
    std::vector<double> spread;                    // deviation of the log of the spend,
    std::vector<double> own_spread;                // and of what is not common to all
    double following = 0;  // the power by which all responses follow the common movement: effect and season together,
    double deviation = 0;  // and its standard error
};

/** `counts`: responses vary at least like Poisson's. Throws Stopped. */
[[nodiscard]] Seasons learn_seasons(std::span<const std::vector<Block>> campaigns, bool counts, const kernel::StopFlag& stop);

}  // namespace marketing::budget
