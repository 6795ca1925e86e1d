/** Numbers of a kernel as SQL has them: NaN is NULL. Phase 4 only. */
#pragma once

#include <cmath>
#include <span>

#include "postgres/pg.hpp"

namespace marketing::anomaly {

/** A float8[] with NULL for NaN. */
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

/** A row of the function's result type, NULL for NaN. */
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
