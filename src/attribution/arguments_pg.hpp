/** Arguments that several functions about attribution take. Phase 1 only: each may ereport. */
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "attribution/paths.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace marketing::attribution {

inline void require_given(FunctionCallInfo fcinfo, int argument, const char* name)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                        errhint("Leave the argument out to have its default.")));
    }
}

/** Microseconds of an interval of fixed length: a day is 24 hours, a month has no length. */
[[nodiscard]] inline std::int64_t microseconds_argument(FunctionCallInfo fcinfo, int argument, const char* name)
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

/** The lookback in microseconds; none for NULL, which is without limit. */
[[nodiscard]] inline std::optional<std::int64_t> lookback_argument(FunctionCallInfo fcinfo, int argument)
{
    if (PG_ARGISNULL(argument)) {
        return std::nullopt;
    }
    const std::int64_t lookback = microseconds_argument(fcinfo, argument, "lookback");
    if (lookback < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("lookback must not be negative"),
                        errhint("NULL means without limit.")));
    }
    return lookback;
}

/** The elements of a one-dimensional array argument; NULL in it is refused. */
struct Elements {
    Datum* datums;
    int count;
};

[[nodiscard]] inline Elements elements_argument(FunctionCallInfo fcinfo, int argument, const char* name, Oid type)
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

[[nodiscard]] inline postgres::PlainArray<std::string_view> texts_argument(FunctionCallInfo fcinfo, int argument,
                                                                           const char* name)
{
    const Elements elements = elements_argument(fcinfo, argument, name, TEXTOID);
    auto* texts = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (elements.count + 1)));
    for (int i = 0; i < elements.count; ++i) {
        texts[i] = postgres::text_view(elements.datums[i]);
    }
    return {texts, static_cast<std::size_t>(elements.count)};
}

[[nodiscard]] inline std::string_view text_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    require_given(fcinfo, argument, name);
    return postgres::text_view(PG_GETARG_DATUM(argument));
}

/** The arguments that say what becomes of the touches of a path, in this order, as plain data; names not yet looked up. */
struct ShapeArguments {
    bool include_conversion_touch;
    postgres::PlainArray<std::string_view> exclude_keys;
    postgres::PlainArray<std::string_view> only_keys;
    std::string_view views;
    std::string_view transform;
    std::optional<std::string_view> transform_key;
    std::optional<std::int32_t> max_touches;

    /** In a guard: the rules refer to these arguments. */
    void apply(PathRules& rules) const
    {
        rules.include_conversion_touch = include_conversion_touch;
        rules.exclude_keys = {exclude_keys.begin(), exclude_keys.end()};
        rules.only_keys = {only_keys.begin(), only_keys.end()};
        rules.views = find_views(views);
        rules.transform = find_transform(transform, transform_key.has_value());
        rules.transform_key = transform_key.value_or(std::string_view{});
        if (max_touches) {
            rules.max_touches = static_cast<std::size_t>(*max_touches);
        }
    }
};

/** Reads them from argument `first` on. */
[[nodiscard]] inline ShapeArguments shape_arguments(FunctionCallInfo fcinfo, int first)
{
    ShapeArguments shape{};
    require_given(fcinfo, first, "include_conversion_touch");
    shape.include_conversion_touch = PG_GETARG_BOOL(first);
    shape.exclude_keys = texts_argument(fcinfo, first + 1, "exclude_keys");
    shape.only_keys =
        PG_ARGISNULL(first + 2) ? postgres::PlainArray<std::string_view>{} : texts_argument(fcinfo, first + 2, "only_keys");
    shape.views = text_argument(fcinfo, first + 3, "views");
    shape.transform = text_argument(fcinfo, first + 4, "transform");
    if (!PG_ARGISNULL(first + 5)) {
        shape.transform_key = postgres::text_view(PG_GETARG_DATUM(first + 5));
    }
    if (!PG_ARGISNULL(first + 6)) {
        shape.max_touches = PG_GETARG_INT32(first + 6);
        if (*shape.max_touches < 1) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_touches must be positive"),
                            errhint("NULL means without limit.")));
        }
    }
    return shape;
}

/** Tells the user that max_touches cut paths short. */
inline void notice_truncated(std::int64_t truncated, const ShapeArguments& shape)
{
    if (truncated > 0) {
        ereport(NOTICE, (errmsg("paths with more than %d touches: %lld", *shape.max_touches, static_cast<long long>(truncated)),
                         errdetail("Only the latest touches of each count.")));
    }
}

}  // namespace marketing::attribution
