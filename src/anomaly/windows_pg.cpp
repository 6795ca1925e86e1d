/** A window against the days before it, for SQL: analytics.compare_windows, alert_windows, dispersion, dispersion_prior. */
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "anomaly/dispersion.hpp"
#include "anomaly/windows.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/numbers.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"
#include "refresh/daily_rows.hpp"

namespace anomaly = marketing::anomaly;
namespace kernel = marketing::kernel;
namespace postgres = marketing::postgres;
namespace refresh = marketing::refresh;
namespace series = marketing::series;

namespace {

template <class T>
std::span<const T> span_of(const postgres::PlainArray<T>& array)
{
    return {array.data, array.size};
}

void require(FunctionCallInfo fcinfo, int first, int last)
{
    for (int i = first; i <= last; ++i) {
        if (PG_ARGISNULL(i)) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("only exposure may be NULL"),
                            errhint("Leave an argument out to have its default.")));
        }
    }
}

DateADT finite_date(FunctionCallInfo fcinfo, int index)
{
    const DateADT date = PG_GETARG_DATEADT(index);
    if (DATE_NOT_FINITE(date)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("date_from and date_to must be finite"),
                        errhint("Both days belong to the period.")));
    }
    return date;
}

void number_or_null(postgres::RowWriter& rows, double value)
{
    if (std::isnan(value)) {
        rows.null();
    } else {
        rows.number(value);
    }
}

void write(postgres::RowWriter& rows, const anomaly::WindowResult& result, std::int32_t first_day)
{
    rows.integer(result.series).text(anomaly::name_of(result.status));
    for (const std::int32_t days : {result.window_days, result.baseline_days, result.reported_days}) {
        rows.datum(Int32GetDatum(days));
    }
    if (result.last_active < first_day) {
        rows.null();
    } else {
        rows.datum(DateADTGetDatum(result.last_active));
    }
    for (const double number : {result.window_value, result.baseline_value, result.window_exposure, result.baseline_exposure,
                                result.expected, result.ratio, result.ratio_low, result.ratio_high, result.z, result.p_value,
                                result.dispersion, result.needed_events, result.needed_days}) {
        number_or_null(rows, number);
    }
    if (std::isnan(result.peak_ratio)) {
        rows.null().null();
    } else {
        rows.datum(DateADTGetDatum(result.peak_day)).number(result.peak_ratio);
    }
    rows.end_row();
}

/** The units that count; a result's series is the place of its unit, from 1. */
struct Units {
    std::span<const std::int64_t> businesses;
    std::span<const std::int64_t> units;
};

anomaly::Places places_of(const Units& units, const refresh::DailyRowsView& rows)
{
    if (units.businesses.size() != units.units.size()) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "businesses and units must be of the same length", {},
                            "Collect them from the same rows by array_agg().");
    }
    anomaly::Places places;
    std::unordered_map<refresh::SeriesKey, std::uint32_t, refresh::SeriesKeyHash> known;
    for (std::size_t i = 0; i < units.units.size(); ++i) {
        known.try_emplace({units.businesses[i], units.units[i]}, static_cast<std::uint32_t>(i));
        places.ids.push_back(static_cast<std::int64_t>(i) + 1);
    }
    std::vector<std::uint32_t> of_keys;
    for (std::size_t i = 0; i < rows.keys().size(); ++i) {
        const auto found = known.find(rows.keys()[i]);
        of_keys.push_back(found == known.end() ? anomaly::Places::nowhere : found->second);
    }
    const auto keys = rows.key_places();
    places.of_rows.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        places.of_rows.push_back(of_keys[keys[row]]);
    }
    return places;
}

}  // namespace

MARKETING_FUNCTION(compare_windows)
{
    require(fcinfo, 0, 2);
    require(fcinfo, 4, 13);
    anomaly::DayRows columns;
    columns.series = span_of(postgres::bigint_array_argument(fcinfo, 0, "series"));
    columns.day = span_of(postgres::date_array_argument(fcinfo, 1, "day"));
    columns.value = span_of(postgres::float8_array_argument(fcinfo, 2));
    if (!PG_ARGISNULL(3)) {
        columns.exposure = span_of(postgres::float8_array_argument(fcinfo, 3));
    }
    anomaly::WindowRequest request;
    request.window_from = finite_date(fcinfo, 4);
    request.window_to = finite_date(fcinfo, 5);
    const std::string_view kind = postgres::text_argument(fcinfo, 6);
    request.baseline_days = PG_GETARG_INT32(7);
    const std::string_view alternative = postgres::text_argument(fcinfo, 8);
    request.margin = PG_GETARG_FLOAT8(9);
    request.min_days = PG_GETARG_INT32(10);
    request.min_events = PG_GETARG_FLOAT8(11);
    request.gaps_are_zero = PG_GETARG_BOOL(12);
    request.weekly = PG_GETARG_BOOL(13);
    postgres::PlainArray<anomaly::WindowResult> results;
    postgres::run_kernel([&columns, &request, kind, alternative, &results] {
        request.kind = series::find_series_kind(kind);
        request.alternative = anomaly::find_alternative(alternative);
        const auto found = anomaly::compare_windows(columns, request, postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        results = postgres::to_plain(memory, std::span(found));
    });
    postgres::RowWriter rows(fcinfo);
    for (const anomaly::WindowResult& result : results) {
        write(rows, result, request.window_from - request.baseline_days);
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(alert_windows)
{
    const std::span<const std::byte> bytes = postgres::bytea_argument(fcinfo, 0);
    const Units units{span_of(postgres::bigint_array_argument(fcinfo, 1, "businesses")),
                      span_of(postgres::bigint_array_argument(fcinfo, 2, "units"))};
    anomaly::AlertRequest request;
    request.window_from = finite_date(fcinfo, 3);
    request.window_to = finite_date(fcinfo, 4);
    request.baseline_days = PG_GETARG_INT32(5);
    request.margin = PG_GETARG_FLOAT8(6);
    request.min_events = PG_GETARG_FLOAT8(7);
    request.gaps_are_zero = PG_GETARG_BOOL(8);
    struct {
        std::string_view name;
        postgres::PlainArray<anomaly::WindowResult> results;
    } tests[] = {{"cost", {}}, {"leads", {}}, {"spend", {}}};
    postgres::run_kernel([bytes, &units, &request, &tests] {
        postgres::ContextResource memory(CurrentMemoryContext);
        const refresh::DailyRowsView rows(bytes);
        const auto found = anomaly::compare_alert_windows(
            places_of(units, rows), {{}, rows.days(), rows.figures(0), rows.figures(1)}, request, postgres::stop_flag());
        tests[0].results = postgres::to_plain(memory, std::span(found.cost));
        tests[1].results = postgres::to_plain(memory, std::span(found.leads));
        tests[2].results = postgres::to_plain(memory, std::span(found.spend));
    });
    postgres::RowWriter rows(fcinfo);
    for (const auto& test : tests) {
        for (const anomaly::WindowResult& result : test.results) {
            rows.text(test.name);
            write(rows, result, request.window_from - request.baseline_days);
        }
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(dispersion)
{
    const std::span<const double> events = span_of(postgres::float8_array_argument(fcinfo, 0));
    const std::span<const double> exposure = span_of(postgres::float8_array_argument(fcinfo, 1));
    const int factors = PG_GETARG_INT32(2);
    anomaly::Dispersion found{};
    postgres::run_kernel([events, exposure, factors, &found] { found = anomaly::dispersion(events, exposure, factors); });
    const double columns[] = {found.value, found.df};
    return postgres::numbers_row(fcinfo, columns);
}

MARKETING_FUNCTION(dispersion_prior)
{
    const std::span<const double> phi = span_of(postgres::float8_array_argument(fcinfo, 0));
    const std::span<const double> df = span_of(postgres::float8_array_argument(fcinfo, 1));
    anomaly::DispersionPrior found{};
    postgres::run_kernel([phi, df, &found] { found = anomaly::dispersion_prior(phi, df); });
    const double columns[] = {found.value, found.df};
    return postgres::numbers_row(fcinfo, columns);
}
