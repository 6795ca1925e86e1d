// Any bytes as counted paths and as the state of their aggregate: an Error or an answer, and what is written must be readable.

#include "attribution/markov.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/shapley.hpp"
#include "fuzz.hpp"

namespace {

using namespace marketing::attribution;

void read_value(Bytes bytes)
{
    (void)PathCountsView(bytes);
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
        must_read(state.finish(memory, 0, {}), read_value);
    });
    attempt([bytes] { through_state<PathCountsState>(bytes, read_value); });
    return 0;
}
