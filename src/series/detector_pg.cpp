// Binding of what follows a series point by point: detect_anomalies, the type and the aggregate anomaly_state, detect_drifts.

#include <cmath>
#include <span>

#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "series/calendar_pg.hpp"
#include "series/cusum.hpp"
#include "series/detector.hpp"
#include "series/series_state.hpp"

namespace series = marketing::series;
namespace postgres = marketing::postgres;

using postgres::Bytes;
using postgres::Duration;
using postgres::LocalTime;
using series::SeriesState;

namespace {

series::SeriesColumns series_arguments(postgres::Arguments& in)
{
    series::SeriesColumns columns;
    columns.times = in.optional_array<LocalTime>("times");
    columns.values = in.optional_array<double>("figures");
    columns.exposures = in.optional_array<double>("exposures");
    return columns;
}

series::DetectorSettings settings_arguments(postgres::Arguments& in)
{
    series::DetectorSettings settings;
    settings.kind = in.choice("kind", series::find_series_kind);
    settings.method = in.choice("method", series::find_method);
    settings.test.alpha = in.get<double>("alpha");
    settings.test.direction = in.choice("direction", series::find_direction);
    settings.cooldown = in.get<std::int32_t>("cooldown");
    settings.step = in.optional<Duration>("step");
    settings.period = in.optional<std::int32_t>("period");
    settings.history = in.optional<std::int32_t>("history");
    settings.min_history = in.optional<std::int32_t>("min_history");
    settings.half_life = in.optional<double>("half_life");
    settings.prior_dispersion = in.get<double>("prior_dispersion");
    settings.prior_df = in.get<double>("prior_df");
    return settings;
}

void write_verdicts(postgres::RowWriter& rows, std::span<const series::JudgedPoint> judged)
{
    for (const auto& [point, verdict] : judged) {
        const bool lasts = verdict.is_anomaly && verdict.kind != series::AnomalyKind::point;
        rows.row(LocalTime{point.time}, point.value, verdict.expected, verdict.lower, verdict.upper, verdict.z, verdict.p_value,
                 verdict.score, postgres::only_if(verdict.was_reached(), verdict.is_anomaly), series::name_of(verdict.reason),
                 verdict.history, verdict.dispersion, postgres::only_if(verdict.is_anomaly, series::name_of(verdict.kind)),
                 postgres::only_if(lasts, LocalTime{verdict.since}));
    }
}

}  // namespace

MARKETING_ROWS(detect_anomalies, in, rows)
{
    const auto columns = series_arguments(in);
    const auto settings = settings_arguments(in);
    const auto events = series::event_arguments(in);
    write_verdicts(rows, postgres::run_kernel([&] { return series::judge(settings, columns, events, postgres::stop_flag()); }));
}

MARKETING_FUNCTION(anomaly_start)
{
    postgres::Arguments in(fcinfo);
    const auto settings = settings_arguments(in);
    return postgres::make_varlena(
        [&settings](std::pmr::memory_resource& result) { return series::Detector(settings.options()).save(result, VARHDRSZ); });
}

MARKETING_FUNCTION(anomaly_calendar)
{
    postgres::Arguments in(fcinfo);
    const auto state = in.optional<Bytes>("state");
    const auto events = series::event_arguments(in);
    if (!state) {
        PG_RETURN_NULL();
    }
    return postgres::make_varlena([&state, &events](std::pmr::memory_resource& result) {
        series::Detector detector(*state);
        detector.set_calendar(events);
        return detector.save(result, VARHDRSZ);
    });
}

MARKETING_ROWS(anomaly_score, in, rows)
{
    const auto state = in.optional<Bytes>("state");
    if (!state) {
        return;
    }
    const auto columns = series_arguments(in);
    write_verdicts(rows, postgres::run_kernel([&] {
                       series::Detector detector(*state);
                       return series::judge(detector, columns, postgres::stop_flag());
                   }));
}

MARKETING_FLAT_TYPE(anomaly_state, series::Detector)

MARKETING_FUNCTION(anomaly_state_transition)
{
    auto* state = postgres::transition_state<SeriesState>(fcinfo);
    auto in = postgres::Arguments::of_row(fcinfo);
    postgres::require_valid(!in.is_null(), "state must not be NULL",
                            "A new series begins with analytics.anomaly_start(): coalesce(state, analytics.anomaly_start()).");
    const auto start = in.get<Bytes>("state");
    const std::int64_t time = in.get<LocalTime>("ts");
    const double value = in.value_or("value", series::unknown);
    const double exposure = in.value_or("exposure", series::unknown);
    postgres::run_kernel([&] { state->append(start, {time, value, exposure}); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(anomaly_state_final)
{
    (void)postgres::aggregate_context(fcinfo);
    const auto* state = postgres::state_argument<SeriesState>(fcinfo);
    if (state == nullptr) {
        PG_RETURN_NULL();
    }
    return postgres::make_varlena(
        [state](std::pmr::memory_resource& result) { return state->finish(result, VARHDRSZ, postgres::stop_flag()); });
}

MARKETING_ROWS(detect_drifts, in, rows)
{
    const auto columns = series_arguments(in);
    series::DriftOptions options;
    options.baseline.kind = in.choice("kind", series::find_series_kind);
    options.direction = in.choice("direction", series::find_direction);
    options.shift = in.get<double>("shift");
    options.run_length = in.get<double>("run_length");
    options.baseline.step = in.get<Duration>("step");
    options.baseline.period = in.get<std::int32_t>("period");
    options.baseline.window = in.get<std::int32_t>("history");
    options.baseline.min_history = in.get<std::int32_t>("min_history");
    options.baseline.prior_dispersion = in.get<double>("prior_dispersion");
    options.baseline.prior_df = in.get<double>("prior_df");
    const auto events = series::event_arguments(in);
    const auto chart =
        postgres::run_kernel([&] { return series::find_drifts(columns, options, events, postgres::stop_flag()); });
    for (const series::DriftPoint& drawn : chart) {
        rows.row(LocalTime{drawn.point.time}, drawn.point.value, drawn.verdict.expected, drawn.verdict.z, drawn.up, drawn.down,
                 drawn.limit, postgres::only_if(!std::isnan(drawn.limit), drawn.is_drift),
                 postgres::only_if(drawn.is_drift, LocalTime{chart[drawn.since].point.time}), drawn.ratio,
                 series::name_of(drawn.verdict.reason), drawn.verdict.history);
    }
}

MARKETING_FUNCTION(cusum_run_length)
{
    postgres::Arguments in(fcinfo);
    const double limit = in.get<double>("alarm_limit");
    const double shift = in.get<double>("shift");
    const double mean = in.get<double>("mean");
    return postgres::number_datum(postgres::run_kernel([&] { return series::cusum_run_length(limit, shift, mean); }));
}

MARKETING_FUNCTION(cusum_limit)
{
    postgres::Arguments in(fcinfo);
    const double run_length = in.get<double>("run_length");
    const double shift = in.get<double>("shift");
    const int sides = in.get<std::int32_t>("sides");
    return postgres::number_datum(postgres::run_kernel([&] { return series::cusum_limit(run_length, shift, sides); }));
}
