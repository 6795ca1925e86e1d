// Binding of sets of clients: client_set, and the aggregates count_clients and union_clients.

#include <cstdint>
#include <memory_resource>

#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "refresh/client_set.hpp"

namespace postgres = marketing::postgres;
namespace refresh = marketing::refresh;

using refresh::ClientUnion;

MARKETING_FUNCTION(client_set)
{
    postgres::Arguments in(fcinfo);
    const auto clients = in.array<std::int64_t>("clients");
    return postgres::make_varlena(
        [clients](std::pmr::memory_resource& result) { return refresh::make_client_set(clients, result, VARHDRSZ); });
}

MARKETING_FUNCTION(client_union_transition)
{
    auto* state = postgres::transition_state<ClientUnion>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    const auto clients = in.optional<postgres::Bytes>("clients");
    if (clients) {
        postgres::run_kernel([state, set = *clients] { state->add(set); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(count_clients_final)
{
    (void)postgres::aggregate_context(fcinfo);
    const ClientUnion* state = postgres::state_argument<ClientUnion>(fcinfo);
    PG_RETURN_INT64(state == nullptr ? 0 : postgres::run_kernel([state] { return state->count(); }));
}

MARKETING_FUNCTION(union_clients_final)
{
    return postgres::finish<ClientUnion>(fcinfo);
}
