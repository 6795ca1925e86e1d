/** A window against the days before it, for SQL: analytics.compare_windows, alert_windows, dispersion, dispersion_prior. */
#include "anomaly/windows.hpp"

#include <array>
#include <cmath>
#include <span>
#include <string_view>

#include "anomaly/dispersion.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "series/calendar_pg.hpp"

namespace anomaly = marketing::anomaly;
namespace postgres = marketing::postgres;

using anomaly::WindowResult;
using postgres::Date;

namespace {

/** The columns that all comparisons share, and more; days before `first_day` are not part of any. */
template <class... More>
void write_window(postgres::RowWriter& rows, const WindowResult& r, std::int32_t first_day, const More&... more)
{
    rows.row(r.series, anomaly::name_of(r.status), r.window_days, r.baseline_days, r.reported_days,
             postgres::only_if(r.last_active >= first_day, Date{r.last_active}), r.window_value, r.baseline_value,
             r.window_exposure, r.baseline_exposure, r.expected, r.ratio, r.ratio_low, r.ratio_high, r.z, r.p_value,
             r.dispersion, r.needed_events, r.needed_days, postgres::only_if(!std::isnan(r.peak_ratio), Date{r.peak_day}),
             r.peak_ratio, more...);
}

}  // namespace

MARKETING_ROWS(compare_windows, in, rows)
{
    anomaly::DayRows columns;
    columns.series = in.array<std::int64_t>("series");
    columns.day = in.array<Date>("day");
    columns.value = in.array<double>("value");
    columns.exposure = in.optional_array<double>("exposure");
    anomaly::WindowRequest request;
    request.window_from = in.get<Date>("date_from");
    request.window_to = in.get<Date>("date_to");
    request.kind = in.choice("kind", marketing::series::find_series_kind);
    request.baseline_days = in.get<std::int32_t>("baseline_days");
    request.alternative = in.choice("alternative", anomaly::find_alternative);
    request.margin = in.get<double>("min_effect");
    request.min_days = in.get<std::int32_t>("min_days");
    request.min_events = in.get<double>("min_events");
    request.gaps_are_zero = in.get<bool>("gaps_are_zero");
    request.weekly = in.get<bool>("weekly");
    const auto events = marketing::series::event_arguments(in);
    const auto results =
        postgres::run_kernel([&] { return anomaly::compare_windows(columns, request, events, postgres::stop_flag()); });
    for (const WindowResult& result : results) {
        write_window(rows, result, request.first_day());
    }
}

MARKETING_ROWS(alert_windows, in, rows)
{
    static constexpr std::array<std::string_view, 3> tests{"cost", "leads", "spend"};
    const auto bytes = in.get<postgres::Bytes>("days");
    anomaly::Units units;
    units.businesses = in.array<std::int64_t>("businesses");
    units.units = in.array<std::int64_t>("units");
    anomaly::AlertRequest request;
    request.window_from = in.get<Date>("date_from");
    request.window_to = in.get<Date>("date_to");
    request.baseline_days = in.get<std::int32_t>("baseline_days");
    request.margin = in.get<double>("min_effect");
    request.min_events = in.get<double>("min_events");
    request.gaps_are_zero = in.get<bool>("gaps_are_zero");
    request.totals = in.array<std::int64_t>("totals");
    request.groups = in.array<std::int64_t>("groups");
    request.effects.businesses = in.array<std::int64_t>("effect_businesses");
    request.effects.days = in.array<Date>("effect_days");
    request.effects.leads = in.array<double>("lead_effects");
    request.effects.leads_error = in.array<double>("lead_errors");
    request.effects.spend = in.array<double>("spend_effects");
    request.effects.spend_error = in.array<double>("spend_errors");
    const auto results = postgres::run_kernel([&] {
        const marketing::refresh::DailyRowsView view(bytes);
        const auto found = anomaly::compare_alert_windows(units, view, request, postgres::stop_flag());
        return std::array{postgres::keep(found.cost), postgres::keep(found.leads), postgres::keep(found.spend)};
    });
    for (std::size_t i = 0; i < tests.size(); ++i) {
        for (const WindowResult& result : results[i]) {
            rows.add(tests[i]);
            write_window(rows, result, request.window_from - request.baseline_days, result.alone_p_value, result.common,
                         anomaly::name_of(result.common_level));
        }
    }
}

MARKETING_FUNCTION(dispersion)
{
    postgres::Arguments in(fcinfo);
    const auto events = in.array<double>("events");
    const auto exposure = in.array<double>("exposure");
    const int factors = in.get<std::int32_t>("factors");
    const auto found = postgres::run_kernel([&] { return anomaly::dispersion(events, exposure, factors); });
    return postgres::tuple_datum(fcinfo, found.value, found.df);
}

MARKETING_FUNCTION(dispersion_prior)
{
    postgres::Arguments in(fcinfo);
    const auto phi = in.array<double>("phi");
    const auto df = in.array<double>("df");
    const auto found = postgres::run_kernel([&] { return anomaly::dispersion_prior(phi, df); });
    return postgres::tuple_datum(fcinfo, found.value, found.df);
}
