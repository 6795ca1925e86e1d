// Binding of the aggregate campaign_days.

#include "budget/day_log.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/numeric.hpp"
#include "postgres/pg.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

using budget::DayLog;

MARKETING_FUNCTION(campaign_days_transition)
{
    auto* state = postgres::transition_state<DayLog>(fcinfo);
    for (int argument = 1; argument <= 4; ++argument) {
        if (PG_ARGISNULL(argument)) {
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("day, spend, response and contracts must not be NULL"),
                     errhint("A day on which nothing was recorded is 0, or no row.")));
        }
    }
    const DateADT date = PG_GETARG_DATEADT(1);
    if (DATE_NOT_FINITE(date)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("day must be finite")));
    }
    // Refunds of ad networks are no spend.
    const double spend = postgres::numeric_to_double(PG_GETARG_DATUM(2));
    const budget::Day day{date, spend < 0 ? 0 : spend, PG_GETARG_FLOAT8(3), PG_GETARG_FLOAT8(4)};
    postgres::run_kernel([state, &day] { state->append(day); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(campaign_days_final)
{
    return postgres::finish<DayLog>(fcinfo);
}
