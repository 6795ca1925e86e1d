// Binding of the forecasts: arrays of dates and figures in, days or their sum
// out.

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "forecast/forecast.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "series/calendar_pg.hpp"

namespace forecast = marketing::forecast;
namespace postgres = marketing::postgres;

using postgres::Date;

namespace {

/** The arguments that both functions begin with. */
forecast::Request request_arguments(postgres::Arguments& in)
{
    forecast::Request request;
    request.dates = in.optional_array<Date>("days");
    request.figures = in.optional_array<double>("figures");
    request.horizon = in.get<std::int32_t>("horizon");
    request.level = in.get<double>("level");
    request.model = in.get<std::string_view>("model");
    request.kind = in.get<std::string_view>("kind");
    request.gaps = in.choice("gaps", forecast::find_gaps);
    request.last_day = in.optional<Date>("last_day");
    postgres::require_valid(IS_VALID_DATE(std::int64_t{request.end().value_or(0)} + request.horizon),
                            "the days to forecast are out of range for a date");
    return request;
}

}  // namespace

MARKETING_ROWS(forecast, in, rows)
{
    forecast::Request request = request_arguments(in);
    request.events = marketing::series::event_arguments(in);
    std::span<const forecast::Outlook> outlooks;
    const auto [model, known_days] = postgres::run_kernel([&] {
        const auto found = forecast::forecast_days(request, postgres::stop_flag());
        outlooks = postgres::keep(found.days);
        return std::pair(found.model, found.known_days);
    });
    const std::optional<std::int32_t> last = request.end();
    for (std::size_t i = 0; i < outlooks.size(); ++i) {
        rows.row(postgres::only_if(last.has_value(), Date{last.value_or(0) + static_cast<std::int32_t>(i) + 1}),
                 outlooks[i].mean, outlooks[i].low, outlooks[i].high, forecast::name_of(model), known_days);
    }
}

MARKETING_ROWS(forecast_sum, in, rows)
{
    forecast::Request request = request_arguments(in);
    const int skipped = in.get<std::int32_t>("skipped_days");
    const auto budget = in.optional<double>("budget");
    request.events = marketing::series::event_arguments(in);
    const auto found =
        postgres::run_kernel([&] { return forecast::forecast_sum(request, skipped, budget, postgres::stop_flag()); });
    rows.row(found.sum.mean, found.sum.low, found.sum.high, found.above_budget, forecast::name_of(found.model),
             found.known_days);
}

MARKETING_ROWS(calendar_effects, in, rows)
{
    forecast::Request request;
    request.dates = in.optional_array<Date>("days");
    request.figures = in.optional_array<double>("figures");
    request.events = marketing::series::event_arguments(in);
    request.level = in.get<double>("level");
    request.kind = in.get<std::string_view>("kind");
    request.gaps = in.choice("gaps", forecast::find_gaps);
    struct Row {
        std::string_view name;
        bool is_found;
        std::int32_t occurrences;
        forecast::Outlook effect, next;
    };
    std::span<const Row> found = postgres::run_kernel([&] {
        std::vector<Row> rows_of_events;
        for (const auto& [event, effect, next] : forecast::effects_of_events(request, postgres::stop_flag())) {
            rows_of_events.push_back({postgres::keep_text(event.name), event.is_found, event.occurrences, effect, next});
        }
        return postgres::keep(rows_of_events);
    });
    for (const Row& each : found) {
        rows.row(each.name, each.is_found, each.occurrences, each.effect.mean, each.effect.low, each.effect.high, each.next.low,
                 each.next.high);
    }
}

MARKETING_ROWS(event_days, in, rows)
{
    forecast::Request request;
    request.dates = in.optional_array<Date>("days");
    request.figures = in.optional_array<double>("figures");
    request.horizon = in.get<std::int32_t>("horizon");
    request.last_day = in.get<Date>("last_day");
    const std::int32_t first_day = in.get<Date>("first_day");
    request.events = marketing::series::event_arguments(in);
    postgres::require_valid(IS_VALID_DATE(std::int64_t{*request.last_day} + request.horizon),
                            "the days to forecast are out of range for a date");
    const auto found =
        postgres::run_kernel([&] { return postgres::keep(forecast::days_of_events(request, postgres::stop_flag())); });
    for (const forecast::DayOfEvents& each : found) {
        if (each.day >= first_day) {
            rows.row(Date{each.day}, each.effect, each.error);
        }
    }
}
