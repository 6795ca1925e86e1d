// Binding of the type analytics.path_counts, of the aggregates that make it and of the way there from journeys.

#include <span>
#include <string_view>

#include "attribution/arguments_pg.hpp"
#include "attribution/flat_value_pg.hpp"
#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/models.hpp"
#include "attribution/path_counts.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::Counts;
using attribution::JourneysView;
using attribution::PathCountsState;
using attribution::PathCountsView;
using attribution::PathRules;

namespace {

/** The keys of a path; an element that is NULL is an empty key. */
std::span<const std::string_view> path_argument(FunctionCallInfo fcinfo, int argument)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("path must not be NULL"),
                 errhint("A path without touches is '{}'. Leave out other rows: FILTER (WHERE path IS NOT NULL) does.")));
    }
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(argument);
    if (ARR_NDIM(array) > 1) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("path must be a list with one dimension")));
    }
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &values, &nulls, &count);
    auto* keys = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (count + 1)));
    for (int i = 0; i < count; ++i) {
        keys[i] = nulls[i] ? std::string_view{} : postgres::text_view(values[i]);
    }
    return {keys, static_cast<std::size_t>(count)};
}

double number_argument(FunctionCallInfo fcinfo, int argument)
{
    return PG_ARGISNULL(argument) ? 0 : PG_GETARG_FLOAT8(argument);
}

PathCountsState* state_for(FunctionCallInfo fcinfo, MemoryContext context)
{
    auto* state = postgres::state_argument<PathCountsState>(fcinfo, 0);
    return state == nullptr ? postgres::make_state<PathCountsState>(context) : state;
}

}  // namespace

MARKETING_FUNCTION(path_counts_in)
{
    return attribution::checked_value<PathCountsView>(attribution::bytes_of_literal(PG_GETARG_CSTRING(0), "path_counts"));
}

MARKETING_FUNCTION(path_counts_out)
{
    PG_RETURN_CSTRING(attribution::literal_of_bytes(postgres::bytea_argument(fcinfo, 0), "path_counts"));
}

MARKETING_FUNCTION(path_counts_recv)
{
    return attribution::checked_value<PathCountsView>(
        attribution::received_bytes(reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0))));
}

MARKETING_FUNCTION(path_counts_send)
{
    PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

MARKETING_FUNCTION(path_counts_transition)
{
    MemoryContext context = postgres::aggregate_context(fcinfo);
    const auto path = path_argument(fcinfo, 1);
    const Counts counts{number_argument(fcinfo, 2), number_argument(fcinfo, 3), number_argument(fcinfo, 4)};
    PathCountsState* state = state_for(fcinfo, context);
    postgres::run_kernel([state, path, &counts] { state->append(path, counts); });
    PG_RETURN_POINTER(state);
}

MARKETING_FUNCTION(path_counts_union_transition)
{
    MemoryContext context = postgres::aggregate_context(fcinfo);
    if (PG_ARGISNULL(1)) {
        if (PG_ARGISNULL(0)) {
            PG_RETURN_NULL();
        }
        PG_RETURN_DATUM(PG_GETARG_DATUM(0));
    }
    const auto value = postgres::bytea_argument(fcinfo, 1);
    PathCountsState* state = state_for(fcinfo, context);
    postgres::run_kernel([state, value] { state->append(PathCountsView(value)); });
    PG_RETURN_POINTER(state);
}

MARKETING_FUNCTION(path_counts_combine)
{
    return attribution::combine<PathCountsState>(fcinfo);
}

MARKETING_FUNCTION(path_counts_serialise)
{
    return attribution::serialise<PathCountsState>(fcinfo);
}

MARKETING_FUNCTION(path_counts_deserialise)
{
    return attribution::deserialise<PathCountsState>(fcinfo);
}

MARKETING_FUNCTION(path_counts_final)
{
    return attribution::finish<PathCountsState>(fcinfo);
}

MARKETING_FUNCTION(journeys_with_nulls_final)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto* state = postgres::state_argument<attribution::JourneysState>(fcinfo, 0);
    return attribution::make_varlena([state](std::pmr::memory_resource& result) {
        if (state == nullptr) {
            return attribution::JourneysState(&result).finish(result, VARHDRSZ, postgres::stop_flag());
        }
        return state->finish(result, VARHDRSZ, postgres::stop_flag(), attribution::Keep::everybody);
    });
}

MARKETING_FUNCTION(journey_paths)
{
    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    const auto journeys = postgres::bytea_argument(fcinfo, 0);
    attribution::CountRequest request{};
    request.rules.lookback = attribution::lookback_argument(fcinfo, 1);
    const auto cycle = attribution::text_argument(fcinfo, 2, "cycle");
    request.rules.converted_from = PG_ARGISNULL(3) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(3);
    request.rules.converted_before = PG_ARGISNULL(4) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(4);
    attribution::require_given(fcinfo, 5, "nulls");
    request.nulls = PG_GETARG_BOOL(5);
    const auto shape = attribution::shape_arguments(fcinfo, 6);
    request.rules.nulls_before = PG_ARGISNULL(13) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(13);
    if (!PG_ARGISNULL(14)) {
        request.replicate = PG_GETARG_INT32(14);
        if (request.replicate < 1) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("replicate must be positive"),
                            errhint("NULL counts each client once.")));
        }
    }
    attribution::require_given(fcinfo, 15, "seed");
    request.seed = PG_GETARG_INT64(15);
    std::int64_t truncated = 0;
    const Datum paths = attribution::make_varlena([=, &truncated](std::pmr::memory_resource& result) {
        attribution::CountRequest used = request;
        used.rules.cycle = attribution::find_cycle(cycle);
        shape.apply(used.rules);
        const auto counted = attribution::count_paths(JourneysView(journeys), used, result, VARHDRSZ, postgres::stop_flag());
        truncated = counted.truncated;
        return counted.value;
    });
    attribution::notice_truncated(truncated, shape);
    return paths;
}

namespace {

struct Summary {
    std::int64_t paths;
    std::int32_t keys;
    Counts counts;
};

}  // namespace

MARKETING_FUNCTION(path_counts_summary)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto value = postgres::bytea_argument(fcinfo, 0);
    Summary summary{};
    postgres::run_kernel([value, &summary] {
        const PathCountsView paths(value);
        summary = {static_cast<std::int64_t>(paths.path_count()), static_cast<std::int32_t>(paths.key_count()),
                   attribution::total_counts(paths)};
    });
    rows.integer(summary.paths).datum(Int32GetDatum(summary.keys));
    rows.number(summary.counts.conversions).number(summary.counts.value).number(summary.counts.nulls).end_row();
    return static_cast<Datum>(0);
}
