// Binding of the aggregate campaign_days.

#include <algorithm>

#include "budget/day_log.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"

namespace budget = marketing::budget;
namespace postgres = marketing::postgres;

using budget::DayLog;

MARKETING_FUNCTION(campaign_days_transition)
{
    auto* state = postgres::transition_state<DayLog>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    budget::Day day{};
    day.day = in.get<postgres::Date>("day");
    // Refunds of ad networks are no spend.
    day.spend = std::max(in.get<postgres::Decimal>("spend"), 0.0);
    day.response = in.get<double>("leads");
    day.contracts = in.get<double>("contracts");
    day.revenue = in.get<postgres::Decimal>("revenue");
    day.exposure = day.spend * in.get<double>("arrived");
    postgres::run_kernel([state, &day] { state->append(day); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(campaign_days_final)
{
    return postgres::finish<DayLog>(fcinfo);
}
