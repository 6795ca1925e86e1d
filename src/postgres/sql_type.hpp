/**
 * How C++ types stand in SQL: one table for arguments, arrays and results.
 *
 * Dates are days and times are microseconds since 2000-01-01, as the server counts them. Text and bytes lie in the argument, or in
 * the caller's memory context where they had to be detoasted. Each function may ereport.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>

#include "kernel/unknown.hpp"
#include "postgres/numeric.hpp"
#include "postgres/pg.hpp"

namespace marketing::postgres {

/** A date; an infinite one is refused where it is read. */
struct Date {
    std::int32_t days;
};

/** A timestamp without time zone; an infinite one is refused where it is read. */
struct LocalTime {
    std::int64_t microseconds;
};

/** A timestamp with time zone. */
struct Instant {
    std::int64_t microseconds;
};

/** An interval of fixed length. */
struct Duration {
    std::int64_t microseconds;
};

/** A numeric, as a double. */
struct Decimal {};

using Bytes = std::span<const std::byte>;

/** Raises 22023 about the argument `name`. */
[[noreturn]] void refuse_infinite(const char* name);

/** Microseconds of an interval of fixed length: a day is 24 hours, a month has no length. */
[[nodiscard]] std::int64_t microseconds_of(const ::Interval& interval, const char* name);

[[nodiscard]] inline std::string_view text_view(Datum value)
{
    const text* content = DatumGetTextPP(value);
    return {VARDATA_ANY(content), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(content))};
}

[[nodiscard]] inline Datum text_datum(std::string_view value)
{
    return PointerGetDatum(cstring_to_text_with_len(value.data(), static_cast<int>(value.size())));
}

/** What an array of the type has to know of its elements. */
struct ElementForm {
    Oid oid;
    std::int16_t length;
    bool by_value;
    char alignment;
};

inline constexpr ElementForm word(Oid oid)
{
    return {oid, sizeof(std::int64_t), FLOAT8PASSBYVAL, TYPALIGN_DOUBLE};
}

/** Value: what the kernels know it by; read: the value of argument `name`; datum: the other way; missing: what NULL is in an array. */
template <class T>
struct SqlType;

template <>
struct SqlType<double> {
    using Value = double;
    static constexpr ElementForm form = word(FLOAT8OID);
    static constexpr double missing = kernel::unknown;
    static double read(Datum datum, const char*) { return DatumGetFloat8(datum); }
    static Datum datum(double value) { return Float8GetDatum(value); }
};

template <>
struct SqlType<std::int32_t> {
    using Value = std::int32_t;
    static constexpr ElementForm form{INT4OID, sizeof(std::int32_t), true, TYPALIGN_INT};
    static std::int32_t read(Datum datum, const char*) { return DatumGetInt32(datum); }
    static Datum datum(std::int32_t value) { return Int32GetDatum(value); }
};

template <>
struct SqlType<std::int64_t> {
    using Value = std::int64_t;
    static constexpr ElementForm form = word(INT8OID);
    static std::int64_t read(Datum datum, const char*) { return DatumGetInt64(datum); }
    static Datum datum(std::int64_t value) { return Int64GetDatum(value); }
};

template <>
struct SqlType<bool> {
    using Value = bool;
    static constexpr ElementForm form{BOOLOID, sizeof(bool), true, TYPALIGN_CHAR};
    static bool read(Datum datum, const char*) { return DatumGetBool(datum); }
    static Datum datum(bool value) { return BoolGetDatum(value); }
};

template <>
struct SqlType<std::string_view> {
    using Value = std::string_view;
    static constexpr ElementForm form{TEXTOID, -1, false, TYPALIGN_INT};
    static constexpr std::string_view missing{};
    static std::string_view read(Datum datum, const char*) { return text_view(datum); }
    static Datum datum(std::string_view value) { return text_datum(value); }
};

template <>
struct SqlType<Decimal> {
    using Value = double;
    static double read(Datum datum, const char*) { return numeric_to_double(datum); }
};

template <>
struct SqlType<Bytes> {
    using Value = Bytes;
    static constexpr ElementForm form{BYTEAOID, -1, false, TYPALIGN_INT};
    static Bytes read(Datum datum, const char*)
    {
        const bytea* value = DatumGetByteaPP(datum);
        return {reinterpret_cast<const std::byte*>(VARDATA_ANY(value)), VARSIZE_ANY_EXHDR(value)};
    }
};

template <>
struct SqlType<Date> {
    using Value = std::int32_t;
    static constexpr ElementForm form{DATEOID, sizeof(DateADT), true, TYPALIGN_INT};
    static constexpr std::int32_t missing = std::numeric_limits<std::int32_t>::min();
    static std::int32_t read(Datum datum, const char* name)
    {
        const DateADT date = DatumGetDateADT(datum);
        if (DATE_NOT_FINITE(date)) {
            refuse_infinite(name);
        }
        return date;
    }
    static Datum datum(Date value) { return DateADTGetDatum(value.days); }
};

template <>
struct SqlType<LocalTime> {
    using Value = std::int64_t;
    static constexpr ElementForm form = word(TIMESTAMPOID);
    static std::int64_t read(Datum datum, const char* name)
    {
        const ::Timestamp time = DatumGetTimestamp(datum);
        if (TIMESTAMP_NOT_FINITE(time)) {
            refuse_infinite(name);
        }
        return time;
    }
    static Datum datum(LocalTime value) { return TimestampGetDatum(value.microseconds); }
};

template <>
struct SqlType<Instant> {
    using Value = std::int64_t;
    static constexpr ElementForm form = word(TIMESTAMPTZOID);
    static std::int64_t read(Datum datum, const char*) { return DatumGetTimestampTz(datum); }
    static Datum datum(Instant value) { return TimestampTzGetDatum(value.microseconds); }
};

template <>
struct SqlType<Duration> {
    using Value = std::int64_t;
    static std::int64_t read(Datum datum, const char* name) { return microseconds_of(*DatumGetIntervalP(datum), name); }
};

template <>
struct SqlType<HeapTupleHeader> {
    using Value = HeapTupleHeader;
    static HeapTupleHeader read(Datum datum, const char*)
    {
        return DatumGetHeapTupleHeader != nullptr ? DatumGetHeapTupleHeader(datum)
                                                  : reinterpret_cast<HeapTupleHeader>(PG_DETOAST_DATUM(datum));
    }
};

template <class T>
struct SqlType<std::optional<T>> {
    using Value = std::optional<typename SqlType<T>::Value>;
    static constexpr ElementForm form = SqlType<T>::form;
    static constexpr Value missing{};
    static Value read(Datum datum, const char* name) { return SqlType<T>::read(datum, name); }
};

template <class T>
using ValueOf = typename SqlType<T>::Value;

}  // namespace marketing::postgres
