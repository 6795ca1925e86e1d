// Binding of the functions that answer from a journeys value.

#include <optional>
#include <span>
#include <string_view>

#include "attribution/credit.hpp"
#include "attribution/journeys.hpp"
#include "attribution/models.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"

namespace attribution = marketing::attribution;
namespace postgres = marketing::postgres;

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
    bool include_conversion_touch;
    postgres::PlainArray<std::string_view> exclude_keys;
    postgres::PlainArray<std::string_view> only_keys;
    std::string_view transform;
    std::optional<std::string_view> transform_key;
    std::optional<std::int32_t> max_touches;
    postgres::PlainArray<std::string_view> stage_keys;
};

void require_given(FunctionCallInfo fcinfo, int argument, const char* name)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                        errhint("Leave the argument out to have its default.")));
    }
}

/** The elements of a one-dimensional array argument; NULL in it is refused. */
struct Elements {
    Datum* datums;
    int count;
};

Elements elements_argument(FunctionCallInfo fcinfo, int argument, const char* name, Oid type)
{
    require_given(fcinfo, argument, name);
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(argument);
    if (ARR_NDIM(array) > 1 || array_contains_nulls(array)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a list without NULL elements", name)));
    }
    Elements elements{};
    if (type == TEXTOID) {
        deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &elements.datums, nullptr, &elements.count);
    } else {
        deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &elements.datums, nullptr,
                          &elements.count);
    }
    return elements;
}

std::string_view text_view(Datum datum)
{
    const auto* value = DatumGetTextPP(datum);
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

postgres::PlainArray<std::string_view> texts_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    const Elements elements = elements_argument(fcinfo, argument, name, TEXTOID);
    auto* texts = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (elements.count + 1)));
    for (int i = 0; i < elements.count; ++i) {
        texts[i] = text_view(elements.datums[i]);
    }
    return {texts, static_cast<std::size_t>(elements.count)};
}

postgres::PlainArray<double> numbers_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    const Elements elements = elements_argument(fcinfo, argument, name, FLOAT8OID);
    auto* numbers = static_cast<double*>(palloc(sizeof(double) * (elements.count + 1)));
    for (int i = 0; i < elements.count; ++i) {
        numbers[i] = DatumGetFloat8(elements.datums[i]);
    }
    return {numbers, static_cast<std::size_t>(elements.count)};
}

/** Microseconds of an interval of fixed length: a day is 24 hours, a month has no length. */
std::int64_t microseconds_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    const Interval* interval = PG_GETARG_INTERVAL_P(argument);
    if (interval->month != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not have months or years", name),
                        errdetail("Their length depends on where they begin."),
                        errhint("Give days, each of which is 24 hours, or hours: '90 days' rather than '3 months'.")));
    }
    std::int64_t microseconds = 0;
    if (__builtin_mul_overflow(std::int64_t{interval->day}, std::int64_t{USECS_PER_DAY}, &microseconds) ||
        __builtin_add_overflow(microseconds, interval->time, &microseconds)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is out of range", name)));
    }
    return microseconds;
}

std::string_view text_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    require_given(fcinfo, argument, name);
    return text_view(PG_GETARG_DATUM(argument));
}

void read_path_arguments(FunctionCallInfo fcinfo, Arguments& arguments)
{
    require_given(fcinfo, 13, "include_conversion_touch");
    arguments.include_conversion_touch = PG_GETARG_BOOL(13);
    arguments.exclude_keys = texts_argument(fcinfo, 14, "exclude_keys");
    arguments.only_keys = PG_ARGISNULL(15) ? postgres::PlainArray<std::string_view>{} : texts_argument(fcinfo, 15, "only_keys");
    arguments.transform = text_argument(fcinfo, 16, "transform");
    if (!PG_ARGISNULL(17)) {
        arguments.transform_key = text_view(PG_GETARG_DATUM(17));
    }
    if (!PG_ARGISNULL(18)) {
        arguments.max_touches = PG_GETARG_INT32(18);
        if (*arguments.max_touches < 1) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_touches must be positive"),
                            errhint("NULL means without limit.")));
        }
    }
    arguments.stage_keys = texts_argument(fcinfo, 19, "stage_keys");
}

Arguments read_arguments(FunctionCallInfo fcinfo)
{
    Arguments arguments{};
    arguments.journeys = postgres::bytea_argument(fcinfo, 0);
    arguments.models = texts_argument(fcinfo, 1, "models");
    if (!PG_ARGISNULL(2)) {
        arguments.lookback = microseconds_argument(fcinfo, 2, "lookback");
        if (*arguments.lookback < 0) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("lookback must not be negative"),
                            errhint("NULL means without limit.")));
        }
    }
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
    read_path_arguments(fcinfo, arguments);
    return arguments;
}

attribution::PathRules rules_of(const Arguments& arguments)
{
    attribution::PathRules rules;
    rules.stage_keys = {arguments.stage_keys.begin(), arguments.stage_keys.end()};
    rules.exclude_keys = {arguments.exclude_keys.begin(), arguments.exclude_keys.end()};
    rules.only_keys = {arguments.only_keys.begin(), arguments.only_keys.end()};
    rules.lookback = arguments.lookback;
    rules.include_conversion_touch = arguments.include_conversion_touch;
    rules.cycle = attribution::find_cycle(arguments.cycle);
    rules.converted_from = arguments.converted_from;
    rules.converted_before = arguments.converted_before;
    rules.transform = attribution::find_transform(arguments.transform, arguments.transform_key.has_value());
    rules.transform_key = arguments.transform_key.value_or(std::string_view{});
    if (arguments.max_touches) {
        rules.max_touches = static_cast<std::size_t>(*arguments.max_touches);
    }
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
    return request;
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
        rows.text(credit.model);
        if (credit.attributed) {
            rows.text(credit.key);
        } else {
            rows.null();
        }
        rows.number(credit.conversions).number(credit.value).integer(credit.supporting).integer(credit.assisted);
        rows.end_row();
    }
    if (truncated > 0) {
        ereport(NOTICE, (errmsg("paths with more than %d touches: %lld", *arguments.max_touches, static_cast<long long>(truncated)),
                         errdetail("Only the latest touches of each count.")));
    }
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
