// Binding of the type analytics.path_counts, of the aggregates that make it and of the way there from journeys.

#include <span>
#include <string_view>
#include <vector>

#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/models.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/shape_pg.hpp"
#include "attribution/state_memory_pg.hpp"
#include "attribution/transitions.hpp"
#include "attribution/transitions_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::CappedResource;
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

/** lookback, converted_from and converted_before as arguments 1, 3 and 4; the cycle between is a name to be looked up. */
PathRules path_rules(FunctionCallInfo fcinfo)
{
    PathRules rules{};
    rules.lookback = attribution::lookback_argument(fcinfo, 1);
    rules.converted_from = PG_ARGISNULL(3) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(3);
    rules.converted_before = PG_ARGISNULL(4) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(4);
    return rules;
}

}  // namespace

MARKETING_FUNCTION(path_counts_in)
{
    return postgres::checked_value<PathCountsView>(postgres::bytes_of_literal(PG_GETARG_CSTRING(0), "path_counts"));
}

MARKETING_FUNCTION(path_counts_out)
{
    PG_RETURN_CSTRING(postgres::literal_of_bytes(postgres::bytea_argument(fcinfo, 0), "path_counts"));
}

MARKETING_FUNCTION(path_counts_recv)
{
    return postgres::checked_value<PathCountsView>(
        postgres::received_bytes(reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0))));
}

MARKETING_FUNCTION(path_counts_send)
{
    PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

MARKETING_FUNCTION(path_counts_transition)
{
    auto* state = postgres::transition_state<PathCountsState, CappedResource>(fcinfo);
    const auto path = path_argument(fcinfo, 1);
    const Counts counts{number_argument(fcinfo, 2), number_argument(fcinfo, 3), number_argument(fcinfo, 4)};
    postgres::run_kernel([state, path, &counts] { state->append(path, counts); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(path_counts_union_transition)
{
    auto* state = postgres::transition_state<PathCountsState, CappedResource>(fcinfo);
    if (!PG_ARGISNULL(1)) {
        const auto value = postgres::bytea_argument(fcinfo, 1);
        postgres::run_kernel([state, value] { state->append(PathCountsView(value)); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(path_counts_final)
{
    return postgres::finish<PathCountsState>(fcinfo);
}

MARKETING_FUNCTION(journeys_with_nulls_final)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto* state = postgres::state_argument<attribution::JourneysState>(fcinfo);
    return postgres::make_varlena([state](std::pmr::memory_resource& result) {
        if (state == nullptr) {
            return attribution::JourneysState(&result).finish(result, VARHDRSZ, postgres::stop_flag());
        }
        return state->finish(result, VARHDRSZ, postgres::stop_flag(), attribution::Keep::everybody);
    });
}

namespace {

/** The arguments of journey_paths as plain data, names not yet looked up. */
struct CountArguments {
    std::span<const std::byte> journeys;
    attribution::CountRequest request;
    std::string_view cycle;
    attribution::ShapeArguments shape;

    /** In a guard. */
    [[nodiscard]] attribution::CountRequest complete() const
    {
        attribution::CountRequest used = request;
        used.rules.cycle = attribution::find_cycle(cycle);
        shape.apply(used.rules);
        return used;
    }
};

CountArguments count_arguments(FunctionCallInfo fcinfo)
{
    CountArguments arguments{};
    arguments.journeys = postgres::bytea_argument(fcinfo, 0);
    arguments.request.rules = path_rules(fcinfo);
    arguments.cycle = postgres::text_argument(fcinfo, 2, "cycle");
    postgres::require_given(fcinfo, 5, "nulls");
    arguments.request.nulls = PG_GETARG_BOOL(5);
    arguments.shape = attribution::shape_arguments(fcinfo, 6);
    arguments.request.rules.nulls_before = PG_ARGISNULL(13) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(13);
    if (!PG_ARGISNULL(14)) {
        arguments.request.replicate = PG_GETARG_INT32(14);
        if (arguments.request.replicate < 1) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("replicate must be positive"),
                            errhint("NULL counts each client once.")));
        }
    }
    postgres::require_given(fcinfo, 15, "seed");
    arguments.request.seed = PG_GETARG_INT64(15);
    return arguments;
}

}  // namespace

MARKETING_FUNCTION(journey_paths)
{
    if (PG_ARGISNULL(0)) {
        PG_RETURN_NULL();
    }
    const CountArguments arguments = count_arguments(fcinfo);
    std::int64_t truncated = 0;
    const Datum paths = postgres::make_varlena([&arguments, &truncated](std::pmr::memory_resource& result) {
        const auto counted = attribution::count_paths(JourneysView(arguments.journeys), arguments.complete(), result, VARHDRSZ,
                                                      postgres::stop_flag());
        truncated = counted.truncated;
        return counted.value;
    });
    attribution::notice_truncated(truncated, arguments.shape);
    return paths;
}

MARKETING_FUNCTION(journey_transitions)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const CountArguments arguments = count_arguments(fcinfo);
    postgres::require_given(fcinfo, 16, "self_loops");
    const bool self_loops = PG_GETARG_BOOL(16);
    attribution::write_transitions(rows, [&] {
        return attribution::journey_transitions(JourneysView(arguments.journeys), arguments.complete(), self_loops,
                                                postgres::stop_flag());
    });
    return static_cast<Datum>(0);
}

namespace {

/** A path as plain data: its keys lie in the argument's value. */
struct ListedPath {
    postgres::PlainArray<std::string_view> keys;
    Counts counts;
};

Datum text_array(const postgres::PlainArray<std::string_view>& texts)
{
    auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (texts.size + 1)));
    for (std::size_t i = 0; i < texts.size; ++i) {
        datums[i] = postgres::text_datum(texts.data[i]);
    }
    return PointerGetDatum(construct_array(datums, static_cast<int>(texts.size), TEXTOID, -1, false, TYPALIGN_INT));
}

Datum time_array(const postgres::PlainArray<std::int64_t>& times)
{
    auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (times.size + 1)));
    for (std::size_t i = 0; i < times.size; ++i) {
        datums[i] = TimestampTzGetDatum(times.data[i]);
    }
    return PointerGetDatum(construct_array(datums, static_cast<int>(times.size), TIMESTAMPTZOID, sizeof(TimestampTz),
                                           FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/** One conversion as plain data: the keys lie in the argument's value. */
struct ListedConversion {
    std::int64_t converted_at;
    double value;
    postgres::PlainArray<std::string_view> keys;
    postgres::PlainArray<std::int64_t> times;
};

/** In a guard. */
ListedConversion listed(const JourneysView& journeys, const attribution::Path& path, postgres::ContextResource& memory)
{
    std::vector<std::string_view> keys;
    std::vector<std::int64_t> times;
    for (const attribution::Touch& touch : path.touches) {
        keys.push_back(journeys.key(touch.key));
        times.push_back(touch.time);
    }
    return {path.converted_at, path.value, postgres::to_plain(memory, std::span<const std::string_view>(keys)),
            postgres::to_plain(memory, std::span<const std::int64_t>(times))};
}

}  // namespace

MARKETING_FUNCTION(path_list)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto value = postgres::bytea_argument(fcinfo, 0);
    postgres::PlainArray<ListedPath> paths;
    postgres::run_kernel([value, &paths] {
        const PathCountsView view(value);
        postgres::ContextResource memory(CurrentMemoryContext);
        std::vector<ListedPath> found;
        std::vector<std::uint32_t> codes;
        std::vector<std::string_view> keys;
        for (std::size_t path = 0; path < view.path_count(); ++path) {
            view.read(path, codes);
            keys.clear();
            for (const std::uint32_t code : codes) {
                keys.push_back(view.key(code));
            }
            found.push_back({postgres::to_plain(memory, std::span<const std::string_view>(keys)), view.counts(path)});
        }
        paths = postgres::to_plain(memory, std::span<const ListedPath>(found));
    });
    for (const ListedPath& path : paths) {
        rows.datum(text_array(path.keys)).number(path.counts.conversions).number(path.counts.value).number(path.counts.nulls);
        rows.end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(conversion_paths)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto journeys = postgres::bytea_argument(fcinfo, 0);
    const PathRules rules = path_rules(fcinfo);
    const auto cycle = postgres::text_argument(fcinfo, 2, "cycle");
    const auto shape = attribution::shape_arguments(fcinfo, 5);
    postgres::PlainArray<ListedConversion> conversions;
    std::int64_t truncated = 0;
    postgres::run_kernel([=, &conversions, &truncated] {
        PathRules used = rules;
        used.cycle = attribution::find_cycle(cycle);
        shape.apply(used);
        const JourneysView view(journeys);
        postgres::ContextResource memory(CurrentMemoryContext);
        std::vector<ListedConversion> found;
        attribution::for_each_path(view, used, postgres::stop_flag(), [&](const attribution::Path& path) {
            truncated += path.truncated ? 1 : 0;
            found.push_back(listed(view, path, memory));
        });
        conversions = postgres::to_plain(memory, std::span<const ListedConversion>(found));
    });
    for (const ListedConversion& conversion : conversions) {
        rows.datum(TimestampTzGetDatum(conversion.converted_at)).number(conversion.value);
        rows.datum(text_array(conversion.keys)).datum(time_array(conversion.times)).end_row();
    }
    attribution::notice_truncated(truncated, shape);
    return static_cast<Datum>(0);
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
