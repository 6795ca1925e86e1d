// Any bytes as counted paths and as the state of their aggregate: an Error or an answer, and what is written must be readable.

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>

#include "attribution/markov.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/shapley.hpp"
#include "kernel/error.hpp"

namespace {

using namespace marketing::attribution;
using marketing::kernel::FlatValue;
using Bytes = std::span<const std::byte>;

template <class Body>
void attempt(Body body)
{
    try {
        body();
    } catch (const marketing::kernel::Error&) {
    }
}

/** Our own output must pass our own check: an Error here is a defect, and ends the process. */
void must_read(const FlatValue& value) noexcept
{
    (void)PathCountsView(Bytes(value.data, value.size));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    std::pmr::monotonic_buffer_resource memory;
    for (const MarkovSolver solver : {MarkovSolver::factorised, MarkovSolver::iterated}) {
        attempt([&] { (void)markov_credit(PathCountsView(bytes), {.order = 2, .solver = solver}, {}); });
    }
    attempt([&] { (void)markov_transitions(PathCountsView(bytes), 1, true, {}); });
    attempt([&] { (void)markov_order(PathCountsView(bytes), 3, {}); });
    for (const Game game : {Game::cumulative, Game::ordered, Game::rate}) {
        attempt([&] { (void)shapley_credit(PathCountsView(bytes), game, {}); });
    }
    attempt([&] { (void)removal_credit(PathCountsView(bytes), {}); });
    attempt([&] { (void)path_credit(PathCountsView(bytes), PathModel::linear, {}); });
    attempt([&] {
        PathCountsState state(std::pmr::get_default_resource());
        state.append(PathCountsView(bytes));
        must_read(state.finish(memory, 0, {}));
    });
    attempt([&] {
        PathCountsState state(std::pmr::get_default_resource());
        state.deserialise(bytes);
        const FlatValue sent = state.serialise(memory, 0);
        PathCountsState received(std::pmr::get_default_resource());
        received.deserialise(Bytes(sent.data, sent.size));
        must_read(received.finish(memory, 0, {}));
    });
    return 0;
}
