// Binding of the models of counted paths that need no chain.

#include <span>
#include <string_view>

#include "attribution/shape_pg.hpp"
#include "attribution/shapley.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::PathCountsView;
using attribution::PathCredit;

namespace {

/** Phases 2 and 3 for `make`, which answers for a view of the first argument. */
template <class Make>
postgres::PlainArray<PathCredit> credits_of(FunctionCallInfo fcinfo, Make make)
{
    const auto paths = postgres::bytea_argument(fcinfo, 0);
    postgres::PlainArray<PathCredit> credits;
    postgres::run_kernel([paths, &make, &credits] {
        const auto found = make(PathCountsView(paths));
        postgres::ContextResource memory(CurrentMemoryContext);
        credits = postgres::to_plain(memory, std::span<const PathCredit>(found));
    });
    return credits;
}

postgres::RowWriter& write_key(postgres::RowWriter& rows, const PathCredit& credit)
{
    return credit.attributed ? rows.text(credit.key) : rows.null();
}

}  // namespace

MARKETING_FUNCTION(shapley_credit)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    postgres::require_given(fcinfo, 1, "game");
    const auto game = postgres::text_view(PG_GETARG_DATUM(1));
    const auto credits = credits_of(fcinfo, [game](const PathCountsView& paths) {
        return attribution::shapley_credit(paths, attribution::find_game(game), postgres::stop_flag());
    });
    for (const PathCredit& credit : credits) {
        write_key(rows, credit);
        if (credit.position > 0) {
            rows.datum(Int32GetDatum(credit.position));
        } else {
            rows.null();
        }
        rows.number(credit.conversions).number(credit.value).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(removal_credit)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto credits = credits_of(
        fcinfo, [](const PathCountsView& paths) { return attribution::removal_credit(paths, postgres::stop_flag()); });
    for (const PathCredit& credit : credits) {
        write_key(rows, credit).number(credit.conversions).number(credit.value).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(path_credit)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    postgres::require_given(fcinfo, 1, "models");
    for (const std::string_view model : postgres::text_array_argument(fcinfo, 1)) {
        const auto credits = credits_of(fcinfo, [model](const PathCountsView& paths) {
            return attribution::path_credit(paths, attribution::find_path_model(model), postgres::stop_flag());
        });
        for (const PathCredit& credit : credits) {
            rows.text(model);
            write_key(rows, credit).number(credit.conversions).number(credit.value).end_row();
        }
    }
    return static_cast<Datum>(0);
}
