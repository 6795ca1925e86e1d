/** Transitions of a chain as rows. */
#pragma once

#include <span>
#include <string_view>

#include "attribution/markov.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace marketing::attribution {

/** Phases 2 to 4 for `find`, which returns MarkovTransitions. */
template <class Find>
void write_transitions(postgres::RowWriter& rows, Find find)
{
    struct {
        std::span<const MarkovTransition> transitions;
        std::span<const std::string_view> states;
    } kept;
    postgres::run_kernel([&find, &kept] {
        const MarkovTransitions found = find();
        std::vector<std::string_view> states;
        for (const std::string& state : found.states) {
            states.push_back(postgres::keep_text(state));
        }
        kept = {postgres::keep(found.transitions), postgres::keep(states)};
    });
    for (const MarkovTransition& transition : kept.transitions) {
        rows.row(kept.states[transition.from], kept.states[transition.to], transition.count, transition.probability);
    }
}

}  // namespace marketing::attribution
