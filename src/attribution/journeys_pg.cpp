// Binding of the type analytics.journeys and of the aggregates that make it.

#include <cstdint>

#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/journeys_union.hpp"
#include "attribution/state_memory_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/any_value.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::CappedResource;
using attribution::JourneyRow;
using attribution::JourneysState;
using attribution::JourneysUnion;
using postgres::IdentifierUse;

namespace {

void read_row(postgres::Arguments& in, JourneyRow& row)
{
    postgres::given_identifier(in, "client", IdentifierUse::named, row.client);
    row.time = in.get<postgres::Instant>("occurred_at");
    row.has_touch = postgres::any_identifier(in, "touch_id", IdentifierUse::named, row.touch);
    postgres::any_identifier(in, "key", IdentifierUse::named, row.key);
    row.paid = in.value_or("is_paid", false);
    const auto value = postgres::any_number(in, "value");
    row.has_value = value.has_value();
    row.value = value.value_or(0);
    row.view = in.more() && in.value_or("is_view", false);
    if (in.more()) {
        const bool has_id = postgres::any_identifier(in, "conversion_id", IdentifierUse::named, row.conversion);
        postgres::require_valid(has_id == row.has_value, "conversion_id must be given with value, and only then");
        row.part.kind = marketing::kernel::IdKind::text;
        row.part.text = in.optional<std::string_view>("conversion_part").value_or(std::string_view{});
    }
}

}  // namespace

MARKETING_FLAT_TYPE(journeys, attribution::JourneysView)

MARKETING_FUNCTION(journeys_transition)
{
    auto* state = postgres::transition_state<JourneysState, CappedResource>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    JourneyRow row;
    read_row(in, row);
    postgres::run_kernel([state, &row] { state->append(row); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(journeys_final)
{
    return postgres::finish<JourneysState>(fcinfo);
}

MARKETING_FUNCTION(journeys_union_transition)
{
    return postgres::add_value<JourneysUnion, CappedResource>(fcinfo, "journeys", &JourneysUnion::append);
}

MARKETING_FUNCTION(journeys_union_final)
{
    return postgres::finish<JourneysUnion>(fcinfo);
}
