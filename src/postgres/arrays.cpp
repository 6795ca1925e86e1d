#include "postgres/arrays.hpp"

#include <limits>

namespace marketing::postgres {

namespace {

/** What an array argument holds, element by element; `make` turns (datum, is_null) into a T. */
template <class T, class Make>
PlainArray<T> array_argument(FunctionCallInfo fcinfo, int index, Oid type, int16 length, bool by_value, char alignment,
                             Make make)
{
    if (PG_ARGISNULL(index)) {
        return {};
    }
    Datum* elements = nullptr;
    bool* nulls = nullptr;
    int count = 0;
    deconstruct_array(PG_GETARG_ARRAYTYPE_P(index), type, length, by_value, alignment, &elements, &nulls, &count);
    auto* values = static_cast<T*>(palloc(sizeof(T) * static_cast<std::size_t>(count) + 1));
    for (int i = 0; i < count; ++i) {
        values[i] = make(elements[i], nulls[i]);
    }
    pfree(elements);
    pfree(nulls);
    return {values, static_cast<std::size_t>(count)};
}

}  // namespace

PlainArray<double> float8_array_argument(FunctionCallInfo fcinfo, int index)
{
    return array_argument<double>(
        fcinfo, index, FLOAT8OID, sizeof(float8), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE,
        [](Datum datum, bool is_null) { return is_null ? std::numeric_limits<double>::quiet_NaN() : DatumGetFloat8(datum); });
}

PlainArray<std::int32_t> date_array_argument(FunctionCallInfo fcinfo, int index, const char* name)
{
    return array_argument<std::int32_t>(
        fcinfo, index, DATEOID, sizeof(DateADT), true, TYPALIGN_INT, [name](Datum datum, bool is_null) {
            if (is_null || DATE_NOT_FINITE(DatumGetDateADT(datum))) {
                ereport(ERROR,
                        (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not hold NULL or infinite dates", name)));
            }
            return DatumGetDateADT(datum);
        });
}

std::span<const std::span<const std::byte>> bytea_array_argument(FunctionCallInfo fcinfo, int index, const char* name)
{
    using Bytes = std::span<const std::byte>;
    const auto values =
        array_argument<Bytes>(fcinfo, index, BYTEAOID, -1, false, TYPALIGN_INT, [name](Datum datum, bool is_null) {
            if (is_null) {
                ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not hold NULL", name)));
            }
            const auto* value = PG_DETOAST_DATUM_PACKED(datum);
            return Bytes(reinterpret_cast<const std::byte*>(VARDATA_ANY(value)), VARSIZE_ANY_EXHDR(value));
        });
    return {values.data, values.size};
}

}  // namespace marketing::postgres
