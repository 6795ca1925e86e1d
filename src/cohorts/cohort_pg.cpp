// Binding of cohorts: the aggregate cohort_table and the rows of its value.

#include <optional>

#include "cohorts/cohort.hpp"
#include "customers/purchase_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace cohorts = marketing::cohorts;
namespace customers = marketing::customers;
namespace postgres = marketing::postgres;

using cohorts::CohortState;
using cohorts::CohortUnion;

MARKETING_FUNCTION(cohort_table_transition)
{
    auto* state = postgres::transition_state<CohortState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    const customers::Purchase purchase = customers::purchase_argument(in);
    const cohorts::Grain grain = in.choice("grain", cohorts::find_grain);
    postgres::run_kernel([state, &purchase, grain] { state->append(purchase, grain); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(cohort_table_final)
{
    return postgres::finish<CohortState>(fcinfo);
}

MARKETING_FUNCTION(cohort_table_union_transition)
{
    return postgres::add_value<CohortUnion>(fcinfo, "cohort_table", &CohortUnion::append);
}

MARKETING_FUNCTION(cohort_table_union_final)
{
    return postgres::finish<CohortUnion>(fcinfo);
}

MARKETING_ROWS_OF(cohort, cohort_table, in, rows)
{
    auto until = in.optional<postgres::Date>("until");
    if (until) {
        *until += customers::days_to_2000;
    }
    const auto found = postgres::run_kernel([&] { return cohorts::cohort_rows(cohort_table, until, postgres::stop_flag()); });
    for (const cohorts::CohortRow& row : found) {
        const auto size = static_cast<double>(row.size);
        rows.row(customers::date_of(row.cohort), row.k, customers::date_of(row.period), row.size, row.customers,
                 static_cast<double>(row.customers) / size, row.still_active, row.purchases, customers::money(row.amount),
                 customers::money(row.cumulative_amount) / size, row.is_partial);
    }
}
