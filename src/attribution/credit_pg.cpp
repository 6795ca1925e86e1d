// Binding of the functions that answer from a journeys value.

#include <cmath>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "attribution/bootstrap.hpp"
#include "attribution/credit.hpp"
#include "attribution/journeys.hpp"
#include "attribution/models.hpp"
#include "attribution/shape_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

using attribution::lookback_argument;
using postgres::microseconds_argument;
using postgres::require_given;
using postgres::text_argument;
using postgres::texts_argument;

namespace {

/** The arguments of attribution_credit as plain data, names not yet looked up. */
struct Arguments {
    std::span<const std::byte> journeys;
    postgres::PlainArray<std::string_view> models;
    std::optional<std::int64_t> lookback;
    std::int64_t half_life;
    std::string_view cycle;
    postgres::PlainArray<std::string_view> fallback;
    postgres::PlainArray<std::string_view> direct_keys;
    postgres::PlainArray<double> position_weights;
    std::int64_t converted_from;
    std::int64_t converted_before;
    std::string_view two_touch;
    postgres::PlainArray<double> first_weights;
    postgres::PlainArray<double> last_weights;
    attribution::ShapeArguments shape;
    postgres::PlainArray<std::string_view> stage_keys;
    std::int64_t touched_from;
    std::int64_t touched_before;
};

postgres::PlainArray<double> numbers_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    const postgres::Elements elements = postgres::elements_argument(fcinfo, argument, name, FLOAT8OID);
    auto* numbers = static_cast<double*>(palloc(sizeof(double) * (elements.count + 1)));
    for (int i = 0; i < elements.count; ++i) {
        numbers[i] = DatumGetFloat8(elements.datums[i]);
    }
    return {numbers, static_cast<std::size_t>(elements.count)};
}

Arguments read_arguments(FunctionCallInfo fcinfo)
{
    Arguments arguments{};
    arguments.journeys = postgres::bytea_argument(fcinfo, 0);
    arguments.models = texts_argument(fcinfo, 1, "models");
    arguments.lookback = lookback_argument(fcinfo, 2);
    require_given(fcinfo, 3, "half_life");
    arguments.half_life = microseconds_argument(fcinfo, 3, "half_life");
    if (arguments.half_life <= 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("half_life must be positive")));
    }
    arguments.cycle = text_argument(fcinfo, 4, "cycle");
    arguments.fallback = texts_argument(fcinfo, 5, "fallback");
    arguments.direct_keys = texts_argument(fcinfo, 6, "direct_keys");
    arguments.position_weights = numbers_argument(fcinfo, 7, "position_weights");
    arguments.converted_from = PG_ARGISNULL(8) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(8);
    arguments.converted_before = PG_ARGISNULL(9) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(9);
    arguments.two_touch = text_argument(fcinfo, 10, "two_touch");
    arguments.first_weights = numbers_argument(fcinfo, 11, "first_weights");
    arguments.last_weights = numbers_argument(fcinfo, 12, "last_weights");
    arguments.shape = attribution::shape_arguments(fcinfo, 13);
    arguments.stage_keys = texts_argument(fcinfo, 20, "stage_keys");
    arguments.touched_from = PG_ARGISNULL(21) ? DT_NOBEGIN : PG_GETARG_TIMESTAMPTZ(21);
    arguments.touched_before = PG_ARGISNULL(22) ? DT_NOEND : PG_GETARG_TIMESTAMPTZ(22);
    return arguments;
}

attribution::PathRules rules_of(const Arguments& arguments)
{
    attribution::PathRules rules;
    rules.stage_keys = {arguments.stage_keys.begin(), arguments.stage_keys.end()};
    rules.lookback = arguments.lookback;
    rules.cycle = attribution::find_cycle(arguments.cycle);
    rules.converted_from = arguments.converted_from;
    rules.converted_before = arguments.converted_before;
    arguments.shape.apply(rules);
    return rules;
}

attribution::CreditRequest request_of(const Arguments& arguments)
{
    attribution::CreditRequest request;
    request.models = attribution::find_models({arguments.models.begin(), arguments.models.end()});
    request.options.half_life = arguments.half_life;
    request.options.position_weights =
        attribution::checked_position_weights({arguments.position_weights.begin(), arguments.position_weights.end()});
    request.options.fallback = attribution::find_fallback({arguments.fallback.begin(), arguments.fallback.end()});
    request.options.two_touch = attribution::find_two_touch(arguments.two_touch);
    request.options.first_weights = {arguments.first_weights.begin(), arguments.first_weights.end()};
    request.options.last_weights = {arguments.last_weights.begin(), arguments.last_weights.end()};
    attribution::check_custom_weights(request.options.first_weights, request.options.last_weights);
    request.rules = rules_of(arguments);
    request.direct_keys = {arguments.direct_keys.begin(), arguments.direct_keys.end()};
    request.touched_from = arguments.touched_from;
    request.touched_before = arguments.touched_before;
    return request;
}

void write_key(postgres::RowWriter& rows, const attribution::Credit& credit)
{
    rows.text(credit.model);
    if (credit.attributed) {
        rows.text(credit.key);
    } else {
        rows.null();
    }
}

/** What a key earned and how sure that is. */
struct Estimate {
    attribution::Credit credit;  // its replicates copied into the context
    attribution::Interval conversions;
    attribution::Interval value;
};

void write_interval(postgres::RowWriter& rows, const attribution::Interval& interval)
{
    if (std::isnan(interval.low)) {
        rows.null().null();
    } else {
        rows.number(interval.low).number(interval.high);
    }
}

/** In a guard. */
postgres::PlainArray<Estimate> estimates_of(std::span<const attribution::Credit> credits, double confidence)
{
    postgres::ContextResource memory(CurrentMemoryContext);
    const auto copy = [&memory](std::span<const double> numbers) {
        const auto plain = postgres::to_plain(memory, numbers);
        return std::span(plain.data, plain.size);
    };
    std::vector<Estimate> estimates;
    for (attribution::Credit credit : credits) {
        credit.conversions_replicates = copy(credit.conversions_replicates);
        credit.value_replicates = copy(credit.value_replicates);
        estimates.push_back({credit, attribution::percentile_interval(credit.conversions_replicates, confidence),
                             attribution::percentile_interval(credit.value_replicates, confidence)});
    }
    return postgres::to_plain(memory, std::span<const Estimate>(estimates));
}

Datum array_of(std::span<const double> numbers)
{
    auto* datums = static_cast<Datum*>(palloc(sizeof(Datum) * (numbers.size() + 1)));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        datums[i] = Float8GetDatum(numbers[i]);
    }
    return PointerGetDatum(
        construct_array(datums, static_cast<int>(numbers.size()), FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

}  // namespace

MARKETING_FUNCTION(attribution_credit)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const Arguments arguments = read_arguments(fcinfo);
    postgres::PlainArray<attribution::Credit> credits;
    std::int64_t truncated = 0;
    postgres::run_kernel([&arguments, &credits, &truncated] {
        const auto found =
            attribution::attribute(attribution::JourneysView(arguments.journeys), request_of(arguments), postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        credits = postgres::to_plain(memory, std::span(found.credits));
        truncated = found.truncated;
    });
    for (const attribution::Credit& credit : credits) {
        write_key(rows, credit);
        rows.number(credit.conversions).number(credit.value).integer(credit.supporting).integer(credit.assisted);
        rows.integer(credit.clients).end_row();
    }
    attribution::notice_truncated(truncated, arguments.shape);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(attribution_bootstrap)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const Arguments arguments = read_arguments(fcinfo);
    require_given(fcinfo, 23, "replicates");
    require_given(fcinfo, 24, "seed");
    require_given(fcinfo, 25, "confidence");
    const attribution::Resampling resampling{PG_GETARG_INT32(23), PG_GETARG_INT64(24)};
    const double confidence = PG_GETARG_FLOAT8(25);
    postgres::PlainArray<Estimate> estimates;
    std::int64_t truncated = 0;
    postgres::run_kernel([&arguments, &resampling, confidence, &estimates, &truncated] {
        auto request = request_of(arguments);
        request.resampling = resampling;
        const auto found =
            attribution::attribute(attribution::JourneysView(arguments.journeys), request, postgres::stop_flag());
        estimates = estimates_of(found.credits, confidence);
        truncated = found.truncated;
    });
    for (const Estimate& estimate : estimates) {
        write_key(rows, estimate.credit);
        write_interval(rows.number(estimate.credit.conversions), estimate.conversions);
        write_interval(rows.number(estimate.credit.value), estimate.value);
        rows.integer(estimate.credit.supporting).integer(estimate.credit.assisted).integer(estimate.credit.clients);
        rows.datum(array_of(estimate.credit.conversions_replicates)).datum(array_of(estimate.credit.value_replicates));
        rows.end_row();
    }
    attribution::notice_truncated(truncated, arguments.shape);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(journeys_summary)
{
    postgres::RowWriter rows(fcinfo);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    const auto journeys = postgres::bytea_argument(fcinfo, 0);
    attribution::Summary summary{};
    postgres::run_kernel([journeys, &summary] { summary = attribution::summarise(attribution::JourneysView(journeys)); });
    rows.integer(summary.clients).integer(summary.touches).integer(summary.conversions).number(summary.value);
    rows.datum(Int32GetDatum(summary.keys)).end_row();
    return static_cast<Datum>(0);
}
