// Binding of sets of clients: client_set, is_client_in, and the aggregates count_clients and union_clients.

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

namespace {

ClientUnion* read_set(MemoryContext context, postgres::Bytes clients)
{
    auto* resource = new (MemoryContextAlloc(context, sizeof(postgres::ContextResource))) postgres::ContextResource(context);
    void* place = MemoryContextAlloc(context, sizeof(ClientUnion));
    return postgres::run_kernel([resource, place, clients] {
        auto* set = new (place) ClientUnion(resource);
        set->add(clients);
        return set;
    });
}

/** Whether the first argument is written into the query, not a variable: those of PL/pgSQL change between calls of one place. */
bool is_set_constant(const FmgrInfo* function)
{
    const auto* call = reinterpret_cast<const FuncExpr*>(function->fn_expr);
    return call != nullptr && IsA(call, FuncExpr) && IsA(linitial(call->args), Const);
}

/** What a place in a query asks of: read at its first row, where it is the same for all. */
const ClientUnion* known_set(FmgrInfo* function, postgres::Bytes clients)
{
    if (!is_set_constant(function)) {
        return read_set(CurrentMemoryContext, clients);
    }
    if (function->fn_extra == nullptr) {
        function->fn_extra = read_set(function->fn_mcxt, clients);
    }
    return static_cast<const ClientUnion*>(function->fn_extra);
}

}  // namespace

MARKETING_FUNCTION(client_set)
{
    postgres::Arguments in(fcinfo);
    const auto clients = in.array<std::int64_t>("clients");
    return postgres::make_varlena(
        [clients](std::pmr::memory_resource& result) { return refresh::make_client_set(clients, result, VARHDRSZ); });
}

MARKETING_FUNCTION(is_client_in)
{
    postgres::Arguments in(fcinfo);
    const auto clients = in.get<postgres::Bytes>("clients");
    const auto client = in.get<std::int64_t>("client_key");
    const ClientUnion* set = known_set(fcinfo->flinfo, clients);
    PG_RETURN_BOOL(postgres::run_kernel([set, client] { return set->contains(client); }));
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
