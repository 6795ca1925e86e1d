// Binding of the type analytics.path_counts, of the aggregates that make it and of the way there from journeys.

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/path_counts.hpp"
#include "attribution/shape_pg.hpp"
#include "attribution/state_memory_pg.hpp"
#include "attribution/transitions.hpp"
#include "attribution/transitions_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::CappedResource;
using attribution::Counts;
using attribution::JourneysView;
using attribution::PathCountsState;
using attribution::PathCountsView;
using attribution::PathRules;
using postgres::Bytes;
using postgres::Instant;

MARKETING_FLAT_TYPE(path_counts, PathCountsView)

MARKETING_FUNCTION(path_counts_transition)
{
    auto* state = postgres::transition_state<PathCountsState, CappedResource>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    const auto path = in.array<std::string_view>("path", postgres::NullElements::missing);
    Counts counts{};
    counts.conversions = in.value_or("conversions", 0.0);
    counts.value = in.value_or("value", 0.0);
    counts.non_converting = in.value_or("nulls", 0.0);
    postgres::run_kernel([state, path, &counts] { state->append(path, counts); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(path_counts_union_transition)
{
    auto* state = postgres::transition_state<PathCountsState, CappedResource>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    if (const auto paths = in.optional<Bytes>("path_counts")) {
        postgres::run_kernel([state, &paths] { state->append(PathCountsView(*paths)); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(path_counts_final)
{
    return postgres::finish<PathCountsState>(fcinfo);
}

MARKETING_FUNCTION(journeys_with_nulls_final)
{
    return postgres::finish<attribution::JourneysState>(fcinfo, attribution::Keep::everybody);
}

namespace {

PathRules rules_of_conversions(postgres::Arguments& in)
{
    PathRules rules;
    attribution::read_lookback(in, rules);
    rules.cycle = in.choice("cycle", attribution::find_cycle);
    attribution::read_period(in, rules);
    return rules;
}

attribution::CountRequest count_request(postgres::Arguments& in)
{
    attribution::CountRequest request;
    request.rules = rules_of_conversions(in);
    request.with_non_converting = in.get<bool>("nulls");
    attribution::read_shape(in, request.rules);
    request.rules.non_converting_before = in.optional<Instant>("nulls_before").value_or(DT_NOEND);
    if (const auto replicate = in.optional<std::int32_t>("replicate")) {
        postgres::require_valid(*replicate > 0, "replicate must be positive", "NULL counts each client once.");
        request.replicate = *replicate;
    }
    request.seed = in.get<std::int64_t>("seed");
    return request;
}

}  // namespace

MARKETING_FUNCTION(journey_paths)
{
    postgres::Arguments in(fcinfo);
    const auto journeys = in.optional<Bytes>("journeys");
    if (!journeys) {
        PG_RETURN_NULL();
    }
    attribution::CountRequest request = count_request(in);
    attribution::read_view_lookback(in, request.rules);
    request.rules.key_parts = in.get<bool>("key_parts");
    attribution::read_day_starts(in, request.rules);
    std::int64_t truncated = 0;
    const Datum paths = postgres::make_varlena([&](std::pmr::memory_resource& result) {
        const auto counted =
            attribution::count_paths(JourneysView(*journeys), request, result, VARHDRSZ, postgres::stop_flag());
        truncated = counted.truncated;
        return counted.value;
    });
    attribution::notice_truncated(truncated, request.rules);
    return paths;
}

MARKETING_ROWS_OF(journey_transitions, journeys, in, rows)
{
    attribution::CountRequest request = count_request(in);
    const bool self_loops = in.get<bool>("self_loops");
    attribution::read_day_starts(in, request.rules);
    attribution::write_transitions(rows, [&] {
        return attribution::journey_transitions(JourneysView(journeys), request, self_loops, postgres::stop_flag());
    });
}

namespace {

/** A path as plain data: its keys lie in the argument's value. */
struct ListedPath {
    std::span<const std::string_view> keys;
    Counts counts;
};

/** One conversion as plain data: the keys lie in the argument's value. */
struct ListedConversion {
    std::int64_t converted_at;
    double value;
    std::span<const std::string_view> keys;
    std::span<const Instant> times;
};

/** In a guard. */
ListedConversion listed(const JourneysView& journeys, const attribution::Path& path)
{
    std::vector<std::string_view> keys;
    std::vector<Instant> times;
    for (const attribution::Touch& touch : path.touches) {
        keys.push_back(journeys.key(touch.key));
        times.push_back({touch.time});
    }
    return {path.converted_at, path.value, postgres::keep(keys), postgres::keep(times)};
}

}  // namespace

MARKETING_ROWS_OF(path_list, path_counts, in, rows)
{
    const auto paths = postgres::run_kernel([&] {
        const PathCountsView view(path_counts);
        std::vector<ListedPath> found;
        std::vector<std::string_view> keys;
        for (std::size_t path = 0; path < view.path_count(); ++path) {
            view.read_keys(path, keys);
            found.push_back({postgres::keep(keys), view.counts(path)});
        }
        return found;
    });
    for (const ListedPath& path : paths) {
        rows.row(path.keys, path.counts.conversions, path.counts.value, path.counts.non_converting);
    }
}

MARKETING_ROWS_OF(conversion_paths, journeys, in, rows)
{
    PathRules rules = rules_of_conversions(in);
    attribution::read_shape(in, rules);
    attribution::read_day_starts(in, rules);
    std::int64_t truncated = 0;
    const auto conversions = postgres::run_kernel([&] {
        const JourneysView view(journeys);
        std::vector<ListedConversion> found;
        attribution::for_each_path(view, rules, postgres::stop_flag(), [&](const attribution::Path& path) {
            if (!path.refund) {
                truncated += path.truncated ? 1 : 0;
                found.push_back(listed(view, path));
            }
        });
        return found;
    });
    for (const ListedConversion& conversion : conversions) {
        rows.row(Instant{conversion.converted_at}, conversion.value, conversion.keys, conversion.times);
    }
    attribution::notice_truncated(truncated, rules);
}

MARKETING_ROWS_OF(path_counts_summary, path_counts, in, rows)
{
    struct Summary {
        std::size_t paths;
        std::size_t keys;
        Counts counts;
    };
    const auto [paths, keys, counts] = postgres::run_kernel([&] {
        const PathCountsView view(path_counts);
        return Summary{view.path_count(), view.key_count(), attribution::total_counts(view)};
    });
    rows.row(paths, keys, counts.conversions, counts.value, counts.non_converting);
}
