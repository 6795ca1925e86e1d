#include "postgres/arguments.hpp"

namespace marketing::postgres {

void refuse_infinite(const char* name)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be finite", name)));
}

std::int64_t microseconds_of(const ::Interval& interval, const char* name)
{
    if (interval.month != 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not have months or years", name),
                        errdetail("Their length depends on where they begin."),
                        errhint("Give days, each of which is 24 hours, or hours: '90 days' rather than '3 months'.")));
    }
    std::int64_t microseconds = 0;
    if (__builtin_mul_overflow(std::int64_t{interval.day}, std::int64_t{USECS_PER_DAY}, &microseconds) ||
        __builtin_add_overflow(microseconds, interval.time, &microseconds)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is out of range", name)));
    }
    return microseconds;
}

void Arguments::refuse_null(const char* name) const
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name),
                    in_row_ ? errhint("Leave out rows without it: a WHERE or FILTER (WHERE ... IS NOT NULL) does.")
                            : errhint("Leave the argument out to have its default.")));
}

ElementDatums element_datums(Datum value, const char* name, const ElementForm& form, bool refuse_nulls)
{
    ArrayType* array = DatumGetArrayTypeP(value);
    if (ARR_NDIM(array) > 1) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be an array of one dimension", name)));
    }
    if (refuse_nulls && array_contains_nulls(array)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be a list without NULL elements", name)));
    }
    Datum* datums = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(array, form.oid, form.length, form.by_value, form.alignment, &datums, &nulls, &count);
    return {datums, nulls, count};
}

}  // namespace marketing::postgres
