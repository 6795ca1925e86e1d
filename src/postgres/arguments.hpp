/** Arguments as several functions take them. Phase 1 only: each may ereport. */
#pragma once

#include <cstdint>
#include <string_view>

#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace marketing::postgres {

inline void require_given(FunctionCallInfo fcinfo, int argument, const char* name)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                        errhint("Leave the argument out to have its default.")));
    }
}

/** The same for a column of the rows that an aggregate reads. */
inline void require_in_row(FunctionCallInfo fcinfo, int argument, const char* name)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                        errhint("Leave out rows without it: a WHERE or FILTER (WHERE ... IS NOT NULL) does.")));
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

[[nodiscard]] inline PlainArray<std::string_view> texts_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    const Elements elements = elements_argument(fcinfo, argument, name, TEXTOID);
    auto* texts = static_cast<std::string_view*>(palloc(sizeof(std::string_view) * (elements.count + 1)));
    for (int i = 0; i < elements.count; ++i) {
        texts[i] = text_view(elements.datums[i]);
    }
    return {texts, static_cast<std::size_t>(elements.count)};
}

[[nodiscard]] inline std::string_view text_argument(FunctionCallInfo fcinfo, int argument, const char* name)
{
    require_given(fcinfo, argument, name);
    return text_view(PG_GETARG_DATUM(argument));
}

}  // namespace marketing::postgres
