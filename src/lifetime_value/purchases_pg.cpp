// Binding of the type analytics.purchases, of the aggregate that makes it and of its summaries.

#include <string_view>

#include "customers/purchase_pg.hpp"
#include "lifetime_value/purchases.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace customers = marketing::customers;
namespace postgres = marketing::postgres;

using marketing::kernel::Identifier;
using marketing::kernel::IdKind;
using marketing::lifetime_value::Observation;
using marketing::lifetime_value::PurchasesState;
using marketing::lifetime_value::PurchaseSummary;
using marketing::lifetime_value::PurchasesView;

MARKETING_FUNCTION(purchases_in)
{
    return postgres::checked_value<PurchasesView>(postgres::bytes_of_literal(PG_GETARG_CSTRING(0), "purchases"));
}

MARKETING_FUNCTION(purchases_out)
{
    PG_RETURN_CSTRING(postgres::literal_of_bytes(postgres::bytea_argument(fcinfo, 0), "purchases"));
}

MARKETING_FUNCTION(purchases_recv)
{
    return postgres::checked_value<PurchasesView>(postgres::received_bytes(reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0))));
}

MARKETING_FUNCTION(purchases_send)
{
    PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

MARKETING_FUNCTION(purchases_transition)
{
    auto* state = postgres::transition_state<PurchasesState>(fcinfo);
    postgres::require_in_row(fcinfo, 1, "customer");
    postgres::require_in_row(fcinfo, 2, "purchased_on");
    const marketing::kernel::Identifier customer = marketing::customers::customer_argument(fcinfo);
    const DateADT day = PG_GETARG_DATEADT(2);
    const double amount = PG_ARGISNULL(3) ? 0 : PG_GETARG_FLOAT8(3);
    const bool refund = !PG_ARGISNULL(4) && PG_GETARG_BOOL(4);
    postgres::run_kernel([state, &customer, day, amount, refund] { state->append(customer, day, amount, refund); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(purchases_final)
{
    return postgres::finish<PurchasesState>(fcinfo);
}

namespace {

static_assert(std::is_trivially_destructible_v<PurchasesView>, "a view stands while rows are written");

/** Names of customers as text, all in one place of memory. */
class CustomerText {
public:
    explicit CustomerText(std::size_t longest)
        : text_(static_cast<text*>(palloc(VARHDRSZ + std::max<std::size_t>(longest, 32))))
    {
    }
    [[nodiscard]] Datum of(const marketing::kernel::Identifier& customer)
    {
        if (customer.kind == marketing::kernel::IdKind::integer) {
            const int size = pg_lltoa(customer.number, VARDATA(text_));
            SET_VARSIZE(text_, VARHDRSZ + size);
        } else {
            std::copy(customer.text.begin(), customer.text.end(), VARDATA(text_));
            SET_VARSIZE(text_, VARHDRSZ + customer.text.size());
        }
        return PointerGetDatum(text_);
    }

private:
    text* text_;
};

std::int32_t day_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    const DateADT day = PG_GETARG_DATEADT(argument);
    if (day < -marketing::lifetime_value::most_days || day > marketing::lifetime_value::most_days) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be finite", name)));
    }
    return day;
}

Observation observation_argument(FunctionCallInfo fcinfo, const PurchasesView& purchases)
{
    Observation observation;
    observation.until = PG_ARGISNULL(1) ? purchases.last_day().value_or(0) : day_argument(fcinfo, 1, "observed_until");
    observation.days_per_unit = PG_ARGISNULL(2) ? 0 : PG_GETARG_FLOAT8(2);
    if (!(observation.days_per_unit > 0) || !(observation.days_per_unit <= marketing::lifetime_value::most_days)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("days_per_unit must be a positive number of days"),
                        errhint("1 for days, 7 for weeks, 30.4375 for months.")));
    }
    observation.holdout_until = PG_ARGISNULL(3) ? observation.until : day_argument(fcinfo, 3, "holdout_until");
    if (!PG_ARGISNULL(3) && observation.holdout_until <= observation.until) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("holdout_until must be after observed_until")));
    }
    return observation;
}

}  // namespace

MARKETING_FUNCTION(purchase_summary)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto bytes = postgres::bytea_argument(fcinfo, 0);
    auto* view = static_cast<PurchasesView*>(palloc(sizeof(PurchasesView)));
    std::size_t longest = 0;
    postgres::run_kernel([view, bytes, &longest] {
        new (view) PurchasesView(bytes);
        for (std::size_t i = 0; i < view->key_count(); ++i) {
            longest = std::max(longest, view->key(i).size());
        }
    });
    const Observation observation = observation_argument(fcinfo, *view);
    const bool holdout = !PG_ARGISNULL(3);
    CustomerText name(longest);
    for (std::size_t i = 0; i < view->customer_count(); ++i) {
        CHECK_FOR_INTERRUPTS();
        const auto found = view->summary(i, observation);
        if (!found) {
            continue;
        }
        const PurchaseSummary& s = *found;
        rows.datum(name.of(view->customer(i))).datum(DateADTGetDatum(s.first_day)).datum(DateADTGetDatum(s.last_day));
        rows.integer(s.frequency).number(s.recency).number(s.age);
        if (s.frequency > 0) {
            rows.number(s.repeat_value / static_cast<double>(s.frequency));
        } else {
            rows.null();
        }
        rows.number(s.total_value);
        if (holdout) {
            rows.integer(s.holdout_frequency).number(s.holdout_value);
        } else {
            rows.null().null();
        }
        rows.end_row();
    }
    return static_cast<Datum>(0);
}
