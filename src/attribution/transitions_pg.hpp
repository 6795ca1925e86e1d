/** Transitions as plain data, and as rows. */
#pragma once

#include <string>
#include <string_view>

#include "attribution/markov.hpp"
#include "postgres/memory.hpp"
#include "postgres/rows.hpp"

namespace marketing::attribution {

struct PlainTransitions {
    postgres::PlainArray<MarkovTransition> transitions;
    postgres::PlainArray<std::string_view> states;  // with their bytes in the same context
};

/** In a guard. */
[[nodiscard]] inline PlainTransitions plain_transitions(const MarkovTransitions& found)
{
    postgres::ContextResource memory(CurrentMemoryContext);
    auto* views = static_cast<std::string_view*>(
        memory.allocate((found.states.size() + 1) * sizeof(std::string_view), alignof(std::string_view)));
    for (std::size_t i = 0; i < found.states.size(); ++i) {
        const auto copy = postgres::to_plain(memory, std::span<const char>(found.states[i]));
        views[i] = {copy.data, copy.size};
    }
    return {postgres::to_plain(memory, std::span<const MarkovTransition>(found.transitions)), {views, found.states.size()}};
}

/** Phase 4. */
inline void write_transitions(postgres::RowWriter& rows, const PlainTransitions& found)
{
    for (const MarkovTransition& transition : found.transitions) {
        rows.text(found.states.data[transition.from]).text(found.states.data[transition.to]);
        rows.number(transition.count).number(transition.probability).end_row();
    }
}

}  // namespace marketing::attribution
