/** Arguments that several functions about attribution take. Phase 1 only: each may ereport. */
#pragma once

#include <cstdint>
#include <optional>

#include "postgres/pg.hpp"

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

}  // namespace marketing::attribution
