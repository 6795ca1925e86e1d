// Binding of cohorts: the aggregate cohort_table and the rows of its value.

#include <optional>

#include "cohorts/cohort.hpp"
#include "customers/purchase_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace cohorts = marketing::cohorts;
namespace customers = marketing::customers;
namespace postgres = marketing::postgres;

using cohorts::CohortState;

MARKETING_FUNCTION(cohort_table_transition)
{
    auto* state = postgres::transition_state<CohortState>(fcinfo);
    customers::Purchase purchase = customers::purchase_arguments(fcinfo);
    const double amount = customers::amount_argument(fcinfo);
    postgres::require_in_row(fcinfo, 5, "grain");
    const std::string_view grain = postgres::text_argument(fcinfo, 5);
    postgres::run_kernel([state, &purchase, amount, grain] {
        purchase.units = customers::money_units(amount);
        state->append(purchase, cohorts::find_grain(grain));
    });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(cohort_table_final)
{
    return postgres::finish<CohortState>(fcinfo);
}

MARKETING_FUNCTION(cohort)
{
    postgres::RowWriter writer(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto table = postgres::bytea_argument(fcinfo, 0);
    const bool bounded = !PG_ARGISNULL(1);
    const std::int32_t until = bounded ? customers::day_of(PG_GETARG_DATEADT(1), "until") : 0;
    postgres::PlainArray<cohorts::CohortRow> rows;
    postgres::run_kernel([table, bounded, until, &rows] {
        const auto found = cohorts::cohort_rows(table, bounded ? std::optional(until) : std::nullopt, postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        rows = postgres::to_plain(memory, std::span(found));
    });
    for (const cohorts::CohortRow& row : rows) {
        const auto size = static_cast<double>(row.size);
        writer.datum(DateADTGetDatum(row.cohort - customers::days_to_2000)).datum(Int32GetDatum(row.k));
        writer.datum(DateADTGetDatum(row.period - customers::days_to_2000)).integer(row.size).integer(row.customers);
        writer.number(static_cast<double>(row.customers) / size).integer(row.still_active).integer(row.purchases);
        writer.number(static_cast<double>(row.units) / customers::units_per_money);
        writer.number(static_cast<double>(row.cumulative_units) / customers::units_per_money / size);
        writer.boolean(row.is_partial).end_row();
    }
    return static_cast<Datum>(0);
}
