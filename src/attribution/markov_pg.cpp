// Binding of the Markov models of counted paths.

#include <optional>
#include <span>
#include <string_view>

#include "attribution/markov.hpp"
#include "attribution/shape_pg.hpp"
#include "attribution/transitions_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::PathCountsView;

namespace {

int integer_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    postgres::require_given(fcinfo, argument, name);
    return PG_GETARG_INT32(argument);
}

bool boolean_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    postgres::require_given(fcinfo, argument, name);
    return PG_GETARG_BOOL(argument);
}

}  // namespace

MARKETING_FUNCTION(markov_credit)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto paths = postgres::bytea_argument(fcinfo, 0);
    const std::optional<int> asked = PG_ARGISNULL(1) ? std::nullopt : std::optional<int>(PG_GETARG_INT32(1));
    const bool use_nulls = boolean_argument(fcinfo, 2, "use_nulls");
    postgres::PlainArray<attribution::MarkovCredit> credits;
    int order = 0;
    postgres::run_kernel([paths, asked, use_nulls, &credits, &order] {
        const PathCountsView view(paths);
        order = asked ? *asked : attribution::best_markov_order(view, postgres::stop_flag());
        const auto found = attribution::markov_credit(view, {.order = order, .use_nulls = use_nulls}, postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        credits = postgres::to_plain(memory, std::span(found));
    });
    for (const attribution::MarkovCredit& credit : credits) {
        if (credit.attributed) {
            rows.text(credit.key).number(credit.removal_effect).number(credit.removal_effect_value);
        } else {
            rows.null().null().null();
        }
        rows.number(credit.conversions).number(credit.value).number(credit.base_probability);
        rows.datum(Int32GetDatum(order)).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(markov_transitions)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto paths = postgres::bytea_argument(fcinfo, 0);
    const int order = integer_argument(fcinfo, 1, "order");
    const bool self_loops = boolean_argument(fcinfo, 2, "self_loops");
    attribution::PlainTransitions transitions;
    postgres::run_kernel([paths, order, self_loops, &transitions] {
        transitions = attribution::plain_transitions(
            attribution::markov_transitions(PathCountsView(paths), order, self_loops, postgres::stop_flag()));
    });
    attribution::write_transitions(rows, transitions);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(markov_order)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto paths = postgres::bytea_argument(fcinfo, 0);
    const int max_order = integer_argument(fcinfo, 1, "max_order");
    postgres::PlainArray<attribution::MarkovOrder> orders;
    postgres::run_kernel([paths, max_order, &orders] {
        const auto found = attribution::markov_order(PathCountsView(paths), max_order, postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        orders = postgres::to_plain(memory, std::span(found));
    });
    for (const attribution::MarkovOrder& rated : orders) {
        rows.datum(Int32GetDatum(rated.order));
        if (rated.rated) {
            rows.number(rated.auc).number(rated.penalised_auc);
        } else {
            rows.null().null();
        }
        rows.boolean(rated.best).end_row();
    }
    return static_cast<Datum>(0);
}
