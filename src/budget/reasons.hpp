/** The reasons of advice in words. */
#pragma once

#include <cstdint>
#include <string>

#include "budget/actions.hpp"

namespace marketing::budget {

/** What decides an advice. */
enum class Ground {
    no_spend,
    no_target,
    no_outcome,  // no contracts, or no amounts, to judge by
    stopped,
    too_little,   // spent, or lived, to judge
    dear,         // dearer than the target with enough probability
    dear_margin,  // one more response costs too much
    undecided,
    spend_changed,  // lately
    no_room,        // more spend would bring too little
    spend_grew,     // already as far as it may in two weeks
    cheap,          // cheaper than the target with enough probability
};

/** A ground with the numbers that are not among those of the advice. */
struct Grounds {
    Ground ground;
    std::int32_t days = 0;       // without spend, of spend, or since the spend changed
    double marginal_target = 0;  // what one more response may cost
    double p_dear_margin = 0;    // P(it costs more)
    double earlier_spend = 0;    // a day, two weeks ago
};

/** Strong, moderate or weak, or why it has no such strength. */
[[nodiscard]] const char* evidence_word(const AdviceNumbers& advice, Ground ground);

[[nodiscard]] std::string reason_of(const AdviceNumbers& advice, const Grounds& grounds, const ActionRules& rules);

}  // namespace marketing::budget
