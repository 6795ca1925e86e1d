// The three functions that all aggregates of the extension share: joining two states, sending one, receiving one.

#include <algorithm>
#include <array>

#include "attribution/journeys_state.hpp"
#include "attribution/journeys_union.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/state_memory_pg.hpp"
#include "budget/day_log.hpp"
#include "cohorts/cohort.hpp"
#include "kernel/state.hpp"
#include "lifetime_value/purchases.hpp"
#include "lifetime_value/rows.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "refresh/client_set.hpp"
#include "refresh/daily_rows.hpp"
#include "rfm/rfm_table.hpp"
#include "series/series_state.hpp"

namespace attribution = marketing::attribution;
namespace kernel = marketing::kernel;
namespace lifetime_value = marketing::lifetime_value;
namespace postgres = marketing::postgres;

namespace {

/** How an empty state is made, by the tag of its kind. */
struct StateKind {
    std::uint32_t tag;
    kernel::State* (*make)(MemoryContext context);
};

template <class State, class Resource = postgres::ContextResource>
constexpr StateKind kind_of{
    State::format.tag, [](MemoryContext context) -> kernel::State* { return postgres::make_state<State, Resource>(context); }};

constexpr std::array kinds{
    kind_of<attribution::JourneysState, attribution::CappedResource>,
    kind_of<attribution::JourneysUnion, attribution::CappedResource>,
    kind_of<attribution::PathCountsState, attribution::CappedResource>,
    kind_of<lifetime_value::PurchasesState>,
    kind_of<lifetime_value::HistoriesState>,
    kind_of<lifetime_value::SpendsState>,
    kind_of<marketing::budget::DayLog>,
    kind_of<marketing::cohorts::CohortState>,
    kind_of<marketing::cohorts::CohortUnion>,
    kind_of<marketing::refresh::ClientUnion>,
    kind_of<marketing::refresh::DailyRows>,
    kind_of<marketing::rfm::RfmState>,
    kind_of<marketing::series::SeriesState>,
};

/** Throws Error(malformed_binary) for a tag of no kind. */
const StateKind& find_kind(std::uint32_t tag)
{
    const auto* const found =
        std::find_if(kinds.begin(), kinds.end(), [tag](const StateKind& kind) { return kind.tag == tag; });
    if (found == kinds.end()) {
        kernel::WireReader::fail("it is not a state of an aggregate of this release");
    }
    return *found;
}

/** An empty state of the kind whose tag `tag_of()` finds. */
template <class TagOf>
kernel::State* make_empty(MemoryContext context, TagOf tag_of)
{
    return postgres::run_kernel([tag_of] { return &find_kind(tag_of()); })->make(context);
}

}  // namespace

MARKETING_FUNCTION(state_combine)
{
    MemoryContext context = postgres::aggregate_context(fcinfo);
    kernel::State* state = postgres::any_state_argument(fcinfo, 0);
    const kernel::State* other = postgres::any_state_argument(fcinfo, 1);
    if (other != nullptr) {
        state = state == nullptr ? make_empty(context, [other] { return other->tag(); }) : state;
        postgres::run_kernel([state, other] { state->merge(*other); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(state_serialise)
{
    (void)postgres::aggregate_context(fcinfo);
    const kernel::State* state = postgres::any_state_argument(fcinfo, 0);
    return postgres::make_varlena([state](std::pmr::memory_resource& result) { return state->serialise(result, VARHDRSZ); });
}

// The result is read once, by state_combine, which copies: it lives in the caller's short-lived memory, as do the bytes.
MARKETING_FUNCTION(state_deserialise)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto bytes = postgres::bytea_argument(fcinfo, 0);
    kernel::State* state = make_empty(CurrentMemoryContext, [bytes] { return kernel::WireReader(bytes).get<std::uint32_t>(); });
    postgres::run_kernel([state, bytes] { state->deserialise(bytes); });
    return postgres::state_datum(fcinfo, state);
}
