/**
 * Aggregate states: objects of a class derived from kernel::State that live, with all their memory, in the aggregate's memory context.
 *
 * A State takes a std::pmr::memory_resource* and allocates from it alone, so that its memory ends with the context and no
 * destructor has to run. The resource lies beside the state.
 */
#pragma once

#include <cstddef>
#include <new>
#include <span>

#include "kernel/state.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"

namespace marketing::postgres {

/** The aggregate's context, or an error where the function was called as an ordinary one. */
[[nodiscard]] MemoryContext aggregate_context(FunctionCallInfo fcinfo);

/** The state in argument `index`, whichever it is, or nullptr where it is NULL. */
[[nodiscard]] kernel::State* any_state_argument(FunctionCallInfo fcinfo, int index);
/** A state as the result of a transition, combine or deserialise function: NULL for nullptr. */
[[nodiscard]] Datum state_datum(FunctionCallInfo fcinfo, kernel::State* state);
[[noreturn]] void refuse_foreign_state();

/** The state in argument 0, or nullptr where it is NULL. */
template <class State>
[[nodiscard]] State* state_argument(FunctionCallInfo fcinfo)
{
    kernel::State* state = any_state_argument(fcinfo, 0);
    if (state != nullptr && state->tag() != State::format.tag) [[unlikely]] {
        refuse_foreign_state();
    }
    return static_cast<State*>(state);
}

/** A new state in `context`. Runs its own guard: call it with only plain data alive. */
template <class State, class Resource = ContextResource>
[[nodiscard]] State* make_state(MemoryContext context)
{
    auto* resource = new (MemoryContextAlloc(context, sizeof(Resource))) Resource(context);
    void* place = MemoryContextAlloc(context, sizeof(State));
    State* state = nullptr;
    run_kernel([&state, place, resource] { state = new (place) State(resource); });
    return state;
}

/** What a transition function adds to: the state in argument 0, or a new one in the aggregate's context. */
template <class State, class Resource = ContextResource>
[[nodiscard]] State* transition_state(FunctionCallInfo fcinfo)
{
    MemoryContext context = aggregate_context(fcinfo);
    State* state = state_argument<State>(fcinfo);
    return state == nullptr ? make_state<State, Resource>(context) : state;
}

/** The content of a bytea argument, detoasted. */
[[nodiscard]] std::span<const std::byte> bytea_argument(FunctionCallInfo fcinfo, int index);

/** Room for a value of `size` bytes behind its length. Raises 54000 past 1 GB. */
[[nodiscard]] bytea* allocate_bytea(std::size_t size);

}  // namespace marketing::postgres
