// Binding of what follows a series point by point: detect_anomalies, the type and the aggregate anomaly_state, detect_drifts.

#include <array>
#include <cmath>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "kernel/error.hpp"
#include "kernel/named.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/arrays.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"
#include "series/cusum.hpp"
#include "series/detector.hpp"
#include "series/series_state.hpp"

namespace series = marketing::series;
namespace kernel = marketing::kernel;
namespace postgres = marketing::postgres;

using series::Point;
using series::SeriesState;
using series::Verdict;

namespace {

/** A series as its arguments give it: times, figures, exposures. */
struct Series {
    postgres::PlainArray<std::int64_t> times;
    postgres::PlainArray<double> figures;
    postgres::PlainArray<double> exposures;
    bool has_exposures;
};

/** Arguments of a detector; none where NULL asks for the default of the method. */
struct Settings {
    std::string_view kind, method, direction;
    double alpha;
    int cooldown;
    std::optional<std::int64_t> step;
    std::optional<int> period, history, min_history;
    std::optional<double> half_life;
    double prior_dispersion, prior_df;
};

std::optional<int> integer_argument(FunctionCallInfo fcinfo, int index)
{
    return PG_ARGISNULL(index) ? std::nullopt : std::optional(PG_GETARG_INT32(index));
}

std::optional<double> number_argument(FunctionCallInfo fcinfo, int index)
{
    return PG_ARGISNULL(index) ? std::nullopt : std::optional(PG_GETARG_FLOAT8(index));
}

std::optional<std::int64_t> step_argument(FunctionCallInfo fcinfo, int index)
{
    return PG_ARGISNULL(index) ? std::nullopt : std::optional(postgres::microseconds_argument(fcinfo, index, "step"));
}

std::string_view name_argument(FunctionCallInfo fcinfo, int index, const char* name)
{
    postgres::require_given(fcinfo, index, name);
    return postgres::text_argument(fcinfo, index);
}

double given_number(FunctionCallInfo fcinfo, int index, const char* name)
{
    postgres::require_given(fcinfo, index, name);
    return PG_GETARG_FLOAT8(index);
}

Series series_arguments(FunctionCallInfo fcinfo, int first)
{
    Series series{};
    series.times = postgres::timestamp_array_argument(fcinfo, first, "times");
    series.figures = postgres::float8_array_argument(fcinfo, first + 1);
    series.exposures = postgres::float8_array_argument(fcinfo, first + 2);
    series.has_exposures = !PG_ARGISNULL(first + 2);
    if (series.figures.size != series.times.size || (series.has_exposures && series.exposures.size != series.times.size)) {
        ereport(
            ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("times, figures and exposures must have the same length"),
             errdetail("They have %zu, %zu and %zu elements.", series.times.size, series.figures.size, series.exposures.size)));
    }
    return series;
}

Settings settings_arguments(FunctionCallInfo fcinfo, int first)
{
    Settings settings{};
    settings.kind = name_argument(fcinfo, first, "kind");
    settings.method = name_argument(fcinfo, first + 1, "method");
    settings.alpha = given_number(fcinfo, first + 2, "alpha");
    settings.direction = name_argument(fcinfo, first + 3, "direction");
    postgres::require_given(fcinfo, first + 4, "cooldown");
    settings.cooldown = PG_GETARG_INT32(first + 4);
    settings.step = step_argument(fcinfo, first + 5);
    settings.period = integer_argument(fcinfo, first + 6);
    settings.history = integer_argument(fcinfo, first + 7);
    settings.min_history = integer_argument(fcinfo, first + 8);
    settings.half_life = number_argument(fcinfo, first + 9);
    settings.prior_dispersion = given_number(fcinfo, first + 10, "prior_dispersion");
    settings.prior_df = given_number(fcinfo, first + 11, "prior_df");
    return settings;
}

enum class Method { adaptive, calibrated };

constexpr auto methods = kernel::names<Method>("method", {{"adaptive", Method::adaptive}, {"calibrated", Method::calibrated}});

series::AdaptiveOptions adaptive_options(const Settings& settings)
{
    series::AdaptiveOptions options;
    options.kind = series::find_series_kind(settings.kind);
    options.step = settings.step.value_or(options.step);
    options.period = settings.period.value_or(options.period);
    options.window = settings.history.value_or(options.window);
    options.min_history = settings.min_history.value_or(options.min_history);
    options.half_life = settings.half_life.value_or(options.half_life);
    options.prior_dispersion = settings.prior_dispersion;
    options.prior_df = settings.prior_df;
    return options;
}

series::CalibratedOptions calibrated_options(const Settings& settings)
{
    series::CalibratedOptions options;
    options.step = settings.step.value_or(options.step);
    options.period = settings.period.value_or(options.period);
    options.memory = settings.history.value_or(options.memory);
    options.min_history = settings.min_history.value_or(options.min_history);
    if (settings.half_life) {
        options.level_rate = 1 - std::exp2(-1 / *settings.half_life);
    }
    return options;
}

series::DetectorOptions detector_options(const Settings& settings)
{
    series::DetectorOptions options;
    (void)series::find_series_kind(settings.kind);
    if (methods.find(settings.method) == Method::adaptive) {
        options.method = adaptive_options(settings);
    } else {
        options.method = calibrated_options(settings);
    }
    options.test = {settings.alpha, series::find_direction(settings.direction)};
    options.cooldown = settings.cooldown;
    return options;
}

std::vector<Point> points_of(const Series& series)
{
    std::vector<Point> points;
    points.reserve(series.times.size);
    for (std::size_t i = 0; i < series.times.size; ++i) {
        points.push_back({series.times.data[i], series.figures.data[i], series.has_exposures ? series.exposures.data[i] : 1});
    }
    series::sort_by_time(points);
    return points;
}

/** Points and what was found of each, as plain data. */
template <class Found>
struct Findings {
    postgres::PlainArray<Point> points;
    postgres::PlainArray<Found> found;
};

Findings<Verdict> judge(series::Detector& detector, const Series& series)
{
    const std::vector<Point> points = points_of(series);
    std::vector<Verdict> verdicts;
    verdicts.reserve(points.size());
    const kernel::StopFlag stop = postgres::stop_flag();
    for (const Point& point : points) {
        stop.poll();
        verdicts.push_back(detector.update(point));
    }
    postgres::ContextResource memory(CurrentMemoryContext);
    return {postgres::to_plain(memory, std::span(points)), postgres::to_plain(memory, std::span(std::as_const(verdicts)))};
}

void number_or_null(postgres::RowWriter& rows, double value)
{
    if (std::isnan(value)) {
        rows.null();
    } else {
        rows.number(value);
    }
}

bool was_judged(const Verdict& verdict)
{
    return !std::isnan(verdict.p_value) || verdict.is_anomaly;
}

void write_verdicts(postgres::RowWriter& rows, const Findings<Verdict>& findings)
{
    for (std::size_t i = 0; i < findings.points.size; ++i) {
        const Point& point = findings.points.data[i];
        const Verdict& verdict = findings.found.data[i];
        rows.datum(TimestampGetDatum(point.time));
        for (const double number :
             {point.value, verdict.expected, verdict.lower, verdict.upper, verdict.z, verdict.p_value, verdict.score}) {
            number_or_null(rows, number);
        }
        if (was_judged(verdict)) {
            rows.boolean(verdict.is_anomaly);
        } else {
            rows.null();
        }
        rows.text(series::name_of(verdict.reason)).datum(Int32GetDatum(verdict.history));
        number_or_null(rows, verdict.dispersion);
        rows.end_row();
    }
}

void require_exposures(const Settings& settings, const Series& series)
{
    if (settings.kind == "rate" && !series.has_exposures) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the kind rate needs exposures"),
                        errhint("Give what the figures are counted per, such as the spend of each day.")));
    }
}

}  // namespace

MARKETING_FUNCTION(detect_anomalies)
{
    postgres::RowWriter rows(fcinfo);
    const Series series = series_arguments(fcinfo, 0);
    const Settings settings = settings_arguments(fcinfo, 3);
    require_exposures(settings, series);
    Findings<Verdict> findings{};
    postgres::run_kernel([&series, &settings, &findings] {
        series::Detector detector(detector_options(settings));
        findings = judge(detector, series);
    });
    write_verdicts(rows, findings);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(anomaly_start)
{
    const Settings settings = settings_arguments(fcinfo, 0);
    return postgres::make_varlena([&settings](std::pmr::memory_resource& result) {
        return series::Detector(detector_options(settings)).save(result, VARHDRSZ);
    });
}

MARKETING_FUNCTION(anomaly_score)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto state = postgres::bytea_argument(fcinfo, 0);
    const Series series = series_arguments(fcinfo, 1);
    Findings<Verdict> findings{};
    postgres::run_kernel([state, &series, &findings] {
        series::Detector detector = series::Detector::load(state);
        findings = judge(detector, series);
    });
    write_verdicts(rows, findings);
    return static_cast<Datum>(0);
}

namespace {

/** A state from outside. */
Datum checked_state(bytea* value)
{
    const std::span bytes(reinterpret_cast<const std::byte*>(VARDATA(value)), VARSIZE(value) - VARHDRSZ);
    postgres::run_kernel([bytes] { (void)series::Detector::load(bytes); });
    return PointerGetDatum(value);
}

}  // namespace

MARKETING_FUNCTION(anomaly_state_in)
{
    return checked_state(postgres::bytes_of_literal(PG_GETARG_CSTRING(0), "anomaly_state"));
}

MARKETING_FUNCTION(anomaly_state_out)
{
    PG_RETURN_CSTRING(postgres::literal_of_bytes(postgres::bytea_argument(fcinfo, 0), "anomaly_state"));
}

MARKETING_FUNCTION(anomaly_state_recv)
{
    return checked_state(postgres::received_bytes(reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0))));
}

MARKETING_FUNCTION(anomaly_state_send)
{
    PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

MARKETING_FUNCTION(anomaly_state_transition)
{
    auto* state = postgres::transition_state<SeriesState>(fcinfo);
    if (PG_ARGISNULL(1)) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("state must not be NULL"),
                 errhint("A new series begins with analytics.anomaly_start(): coalesce(state, analytics.anomaly_start()).")));
    }
    if (PG_ARGISNULL(2) || TIMESTAMP_NOT_FINITE(PG_GETARG_TIMESTAMP(2))) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("ts must not be NULL or infinite"),
                        errhint("It is the time of the point.")));
    }
    const Timestamp time = PG_GETARG_TIMESTAMP(2);
    const auto start = postgres::bytea_argument(fcinfo, 1);
    const Point point{time, PG_ARGISNULL(3) ? series::not_known : PG_GETARG_FLOAT8(3),
                      PG_ARGISNULL(4) ? series::not_known : PG_GETARG_FLOAT8(4)};
    postgres::run_kernel([state, start, &point] { state->append(start, point); });
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

namespace {

void write_drifts(postgres::RowWriter& rows, const Findings<series::DriftPoint>& findings)
{
    for (std::size_t i = 0; i < findings.points.size; ++i) {
        const series::DriftPoint& drawn = findings.found.data[i];
        rows.datum(TimestampGetDatum(findings.points.data[i].time));
        for (const double number :
             {findings.points.data[i].value, drawn.verdict.expected, drawn.verdict.z, drawn.up, drawn.down, drawn.limit}) {
            number_or_null(rows, number);
        }
        if (std::isnan(drawn.limit)) {
            rows.null();
        } else {
            rows.boolean(drawn.is_drift);
        }
        if (drawn.is_drift) {
            rows.datum(TimestampGetDatum(findings.points.data[drawn.since].time));
        } else {
            rows.null();
        }
        number_or_null(rows, drawn.ratio);
        rows.text(series::name_of(drawn.verdict.reason)).datum(Int32GetDatum(drawn.verdict.history)).end_row();
    }
}

}  // namespace

MARKETING_FUNCTION(detect_drifts)
{
    postgres::RowWriter rows(fcinfo);
    const Series series = series_arguments(fcinfo, 0);
    Settings settings{};
    settings.kind = name_argument(fcinfo, 3, "kind");
    settings.direction = name_argument(fcinfo, 4, "direction");
    const double shift = given_number(fcinfo, 5, "shift");
    const double run_length = given_number(fcinfo, 6, "run_length");
    postgres::require_given(fcinfo, 7, "step");
    settings.step = step_argument(fcinfo, 7);
    const char* const names[] = {"period", "history", "min_history"};
    for (int i = 0; i < 3; ++i) {
        postgres::require_given(fcinfo, 8 + i, names[i]);
    }
    settings.period = integer_argument(fcinfo, 8);
    settings.history = integer_argument(fcinfo, 9);
    settings.min_history = integer_argument(fcinfo, 10);
    settings.prior_dispersion = given_number(fcinfo, 11, "prior_dispersion");
    settings.prior_df = given_number(fcinfo, 12, "prior_df");
    require_exposures(settings, series);
    Findings<series::DriftPoint> findings{};
    postgres::run_kernel([&series, &settings, shift, run_length, &findings] {
        series::DriftOptions options;
        options.baseline = adaptive_options(settings);
        // All points count alike: only then are the deviates independent, which the run length rests on.
        options.baseline.half_life = std::numeric_limits<double>::infinity();
        options.direction = series::find_direction(settings.direction);
        options.shift = shift;
        options.run_length = run_length;
        const std::vector<Point> points = points_of(series);
        const std::vector<series::DriftPoint> chart = series::find_drifts(points, options, postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        findings = {postgres::to_plain(memory, std::span(points)), postgres::to_plain(memory, std::span(chart))};
    });
    write_drifts(rows, findings);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(cusum_run_length)
{
    const double limit = PG_GETARG_FLOAT8(0);
    const double shift = PG_GETARG_FLOAT8(1);
    const double mean = PG_GETARG_FLOAT8(2);
    double length = 0;
    postgres::run_kernel([limit, shift, mean, &length] { length = series::cusum_run_length(limit, shift, mean); });
    PG_RETURN_FLOAT8(length);
}

MARKETING_FUNCTION(cusum_limit)
{
    const double run_length = PG_GETARG_FLOAT8(0);
    const double shift = PG_GETARG_FLOAT8(1);
    const int sides = PG_GETARG_INT32(2);
    if (sides != 1 && sides != 2) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("sides must be 1 or 2, not %d", sides),
                        errhint("1 where only rises or only falls are watched.")));
    }
    double limit = 0;
    postgres::run_kernel([run_length, shift, sides, &limit] { limit = series::cusum_limit(run_length, shift, sides); });
    PG_RETURN_FLOAT8(limit);
}
