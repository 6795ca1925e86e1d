/** Lists of numbers between SQL and kernels: NULL is NaN there, and NaN is NULL here. */
#pragma once

#include <cmath>
#include <limits>
#include <span>

#include "postgres/pg.hpp"

namespace marketing::anomaly {

/** The elements of a float8[] argument that is given, in the caller's memory context; NULL elements are NaN. Phase 1 only. */
[[nodiscard]] inline std::span<const double> numbers_argument(FunctionCallInfo fcinfo, int index)
{
    ArrayType* array = PG_GETARG_ARRAYTYPE_P(index);
    const auto count = static_cast<std::size_t>(ArrayGetNItems(ARR_NDIM(array), ARR_DIMS(array)));
    if (ARR_NDIM(array) > 1) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a list must have one dimension")));
    }
    if (!ARR_HASNULL(array)) {
        return {reinterpret_cast<const double*>(ARR_DATA_PTR(array)), count};
    }
    Datum* values = nullptr;
    bool* nulls = nullptr;
    int size = 0;
    deconstruct_array(array, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE, &values, &nulls, &size);
    auto* numbers = static_cast<double*>(palloc(sizeof(double) * count));
    for (std::size_t i = 0; i < count; ++i) {
        numbers[i] = nulls[i] ? std::numeric_limits<double>::quiet_NaN() : DatumGetFloat8(values[i]);
    }
    return {numbers, count};
}

/** A float8[] with NULL for NaN. Phase 4 only. */
[[nodiscard]] inline Datum numbers_datum(std::span<const double> numbers)
{
    const int count = static_cast<int>(numbers.size());
    auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * (numbers.size() + 1)));
    auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * (numbers.size() + 1)));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        nulls[i] = std::isnan(numbers[i]);
        values[i] = Float8GetDatum(nulls[i] ? 0 : numbers[i]);
    }
    int first = 1;
    int length = count;
    return PointerGetDatum(construct_md_array(values, nulls, count > 0 ? 1 : 0, &length, &first, FLOAT8OID, sizeof(float8),
                                              FLOAT8PASSBYVAL, TYPALIGN_DOUBLE));
}

/** A row of the function's result type, NULL for NaN. Phase 4 only. */
[[nodiscard]] inline Datum numbers_row(FunctionCallInfo fcinfo, std::span<const double> numbers)
{
    TupleDesc type = nullptr;
    if (get_call_result_type(fcinfo, nullptr, &type) != TYPEFUNC_COMPOSITE ||
        static_cast<std::size_t>(type->natts) != numbers.size()) {
        ereport(ERROR, (errcode(ERRCODE_INTERNAL_ERROR), errmsg("the result type has other columns")));
    }
    auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * numbers.size()));
    auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * numbers.size()));
    for (std::size_t i = 0; i < numbers.size(); ++i) {
        nulls[i] = std::isnan(numbers[i]);
        values[i] = Float8GetDatum(nulls[i] ? 0 : numbers[i]);
    }
    return HeapTupleGetDatum(heap_form_tuple(BlessTupleDesc(type), values, nulls));
}

}  // namespace marketing::anomaly
