// Binding of the forecasts: arrays of dates and figures in, days or their sum out.

#include <optional>

#include "forecast/forecast.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace forecast = marketing::forecast;
namespace postgres = marketing::postgres;

namespace {

/** The arguments that both functions begin with, as plain data. */
struct Request {
    postgres::PlainArray<std::int32_t> dates;
    postgres::PlainArray<double> figures;
    int horizon;
    double level;
    std::string_view model, kind, gaps;
    std::int32_t last_day;
    bool has_last_day;
    int skipped;
    std::optional<double> budget;
};

constexpr int longest_horizon = 3660;

void refuse_null(FunctionCallInfo fcinfo, int argument, const char* name)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                        errhint("Leave the argument out to have its default.")));
    }
}

std::int32_t last_of(const postgres::PlainArray<std::int32_t>& dates)
{
    std::int32_t last = 0;
    bool first = true;
    for (const std::int32_t date : dates) {
        last = first || date > last ? date : last;
        first = false;
    }
    return last;
}

/** Phase 1. */
Request read_request(FunctionCallInfo fcinfo)
{
    Request request{};
    request.dates = postgres::date_array_argument(fcinfo, 0, "days");
    request.figures = postgres::float8_array_argument(fcinfo, 1);
    constexpr const char* names[] = {"horizon", "level", "model", "kind", "gaps"};
    for (int i = 0; i < 5; ++i) {
        refuse_null(fcinfo, i + 2, names[i]);
    }
    request.horizon = PG_GETARG_INT32(2);
    request.level = PG_GETARG_FLOAT8(3);
    if (request.horizon < 0 || request.horizon > longest_horizon) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("horizon must be between 0 and %d days", longest_horizon)));
    }
    if (!(request.level > 0 && request.level < 1)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("level must be between 0 and 1"),
                        errhint("0.9 gives intervals that hold nine figures of ten.")));
    }
    request.model = postgres::text_view(PG_GETARG_DATUM(4));
    request.kind = postgres::text_view(PG_GETARG_DATUM(5));
    request.gaps = postgres::text_view(PG_GETARG_DATUM(6));
    request.last_day = PG_ARGISNULL(7) ? last_of(request.dates) : PG_GETARG_DATEADT(7);
    request.has_last_day = !PG_ARGISNULL(7) || request.dates.size > 0;
    if (DATE_NOT_FINITE(request.last_day) || !IS_VALID_DATE(request.last_day + request.horizon)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("the days to forecast are out of range for a date")));
    }
    return request;
}

/** What a fit leaves for the rows: plain data. */
struct Answer {
    forecast::Model model;
    std::int64_t known_days;
    postgres::PlainArray<forecast::Outlook> days;
    forecast::Outlook sum;
    double above_budget;
};

/** Phase 2: fits, then lets `look` take from the fit what it wants. */
template <class Look>
Answer answer(const Request& request, Look look)
{
    const auto history =
        forecast::arrange({request.dates.data, request.dates.size}, {request.figures.data, request.figures.size},
                          request.last_day, forecast::find_gaps(request.gaps));
    std::size_t known = 0;
    for (const double figure : history) {
        known += figure == figure ? 1 : 0;
    }
    const auto kind = forecast::choose_kind(request.kind, history);
    const auto fit =
        forecast::fit(history, request.horizon, forecast::choose_model(request.model, known), postgres::stop_flag());
    Answer result{};
    result.model = fit.model;
    result.known_days = static_cast<std::int64_t>(known);
    if (fit.model != forecast::Model::insufficient_data) {
        look(fit, kind, result);
    }
    return result;
}

}  // namespace

MARKETING_FUNCTION(forecast)
{
    postgres::RowWriter rows(fcinfo);
    const Request request = read_request(fcinfo);
    Answer found{};
    postgres::run_kernel([&request, &found] {
        found = answer(request, [&request](const forecast::Fit& fit, forecast::Kind kind, Answer& result) {
            std::vector<forecast::Outlook> outlooks;
            for (int day = 1; day <= request.horizon; ++day) {
                outlooks.push_back(forecast::outlook_of_day(fit, day, kind, request.level));
            }
            postgres::ContextResource memory(CurrentMemoryContext);
            result.days = postgres::to_plain(memory, std::span<const forecast::Outlook>(outlooks));
        });
    });
    const auto model = forecast::name_of(found.model);
    for (int day = 1; day <= request.horizon; ++day) {
        if (request.has_last_day) {
            rows.datum(DateADTGetDatum(request.last_day + day));
        } else {
            rows.null();
        }
        if (found.days.size == 0) {
            rows.null().null().null();
        } else {
            const forecast::Outlook& outlook = found.days.data[day - 1];
            rows.number(outlook.mean).number(outlook.low).number(outlook.high);
        }
        rows.text(model).datum(Int32GetDatum(static_cast<std::int32_t>(found.known_days))).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(forecast_sum)
{
    postgres::RowWriter rows(fcinfo);
    Request request = read_request(fcinfo);
    refuse_null(fcinfo, 8, "skipped_days");
    request.skipped = PG_GETARG_INT32(8);
    if (request.skipped < 0 || request.skipped > request.horizon) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("skipped_days must be between 0 and horizon")));
    }
    if (!PG_ARGISNULL(9)) {
        request.budget = PG_GETARG_FLOAT8(9);
    }
    Answer found{};
    postgres::run_kernel([&request, &found] {
        found = answer(request, [&request](const forecast::Fit& fit, forecast::Kind kind, Answer& result) {
            result.sum = forecast::outlook_of_sum(fit, request.skipped, kind, request.level);
            result.above_budget = request.budget ? forecast::probability_above(fit, request.skipped, kind, *request.budget) : 0;
        });
    });
    if (found.model == forecast::Model::insufficient_data) {
        rows.null().null().null().null();
    } else {
        rows.number(found.sum.mean).number(found.sum.low).number(found.sum.high);
        if (request.budget) {
            rows.number(found.above_budget);
        } else {
            rows.null();
        }
    }
    rows.text(forecast::name_of(found.model)).datum(Int32GetDatum(static_cast<std::int32_t>(found.known_days))).end_row();
    return static_cast<Datum>(0);
}
