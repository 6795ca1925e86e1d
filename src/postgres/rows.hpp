/**
 * Results made of several values: rows of a set, which go into a tuplestore that spills to disk past work_mem, one row, arrays.
 *
 * Each value goes by its C++ type (postgres/sql_type.hpp) and must have the type of its column. What is not known is NULL: NaN, an
 * optional without a value. An infinite number is an error (22003): it stands for one that no double can hold. An identifier is text. Phase 4
 * only: every call may ereport, so only plain data may be alive around it.
 */
#pragma once

#include <array>
#include <cmath>
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <type_traits>

#include "kernel/identifier.hpp"
#include "postgres/arguments.hpp"
#include "postgres/pg.hpp"
#include "postgres/sql_type.hpp"

namespace marketing::postgres {

/** The number as the result of a function; 22003 where it is none, or infinite. */
[[nodiscard]] Datum number_datum(double value);

/** Elements of an array that is being made. */
class ArrayWriter {
public:
    explicit ArrayWriter(std::size_t size);
    void add(Datum value, bool is_null = false);
    [[nodiscard]] Datum finish(const ElementForm& form) const;

private:
    Datum* values_;
    bool* nulls_;
    int size_ = 0;
};

template <class T>
[[nodiscard]] Datum array_datum(std::span<const T> values)
{
    ArrayWriter array(values.size());
    for (const T& value : values) {
        if constexpr (std::is_same_v<T, double>) {
            std::isnan(value) ? array.add({}, true) : array.add(number_datum(value));
        } else {
            array.add(SqlType<T>::datum(value));
        }
    }
    return array.finish(SqlType<T>::form);
}

/** NULL unless `known`. */
template <class T>
[[nodiscard]] std::optional<T> only_if(bool known, T value)
{
    return known ? std::optional<T>(value) : std::nullopt;
}

class RowWriter {
public:
    /** The result of `fcinfo`: a set, which is announced, or one row. */
    explicit RowWriter(FunctionCallInfo fcinfo);
    /** One row of a type that the server knows already. */
    explicit RowWriter(TupleDesc blessed) noexcept : descriptor_(blessed) {}

    /** The next columns of the row. */
    template <class... Values>
    RowWriter& add(const Values&... values)
    {
        (put(values), ...);
        return *this;
    }
    /** Ends a row of the set; a row of the wrong width is an internal error, here and below. */
    void end_row();
    /** A whole row, or what is left of it. */
    template <class... Values>
    void row(const Values&... values)
    {
        add(values...).end_row();
    }
    /** The one row. */
    [[nodiscard]] Datum finish_tuple();

private:
    static constexpr int most_columns = 64;

    void put_datum(Datum value, Oid type);
    void put_integer(std::int64_t value);
    void put_null();

    template <class T>
    void put(const std::optional<T>& value)
    {
        if (value) {
            put(*value);
        } else {
            put_null();
        }
    }
    void put(double value)
    {
        if (std::isnan(value)) {
            put_null();
        } else {
            put_datum(number_datum(value), FLOAT8OID);
        }
    }
    void put(std::nullopt_t) { put_null(); }
    template <std::integral T>
    void put(T value)
    {
        if constexpr (std::is_same_v<T, bool>) {
            put_datum(BoolGetDatum(value), BOOLOID);
        } else {
            put_integer(static_cast<std::int64_t>(value));
        }
    }
    void put(std::string_view text);
    void put(const kernel::Identifier& identifier);
    void put(Date date) { put_datum(SqlType<Date>::datum(date), DATEOID); }
    void put(LocalTime time) { put_datum(SqlType<LocalTime>::datum(time), TIMESTAMPOID); }
    void put(Instant time) { put_datum(SqlType<Instant>::datum(time), TIMESTAMPTZOID); }
    template <class T, std::size_t extent>
    void put(std::span<const T, extent> values)
    {
        MemoryContext caller = MemoryContextSwitchTo(row_memory_);
        put_datum(array_datum<T>(values), get_array_type(SqlType<T>::form.oid));
        MemoryContextSwitchTo(caller);
    }
    template <class T, std::size_t size>
    void put(const std::array<T, size>& columns)
    {
        for (const T& column : columns) {
            put(column);
        }
    }

    void check_width() const;

    MemoryContext row_memory_ = CurrentMemoryContext;  // of a set: emptied with each row
    Tuplestorestate* store_ = nullptr;
    TupleDesc descriptor_;
    int filled_ = 0;
    Datum values_[most_columns];
    bool nulls_[most_columns];
};
static_assert(std::is_trivially_destructible_v<RowWriter>, "a RowWriter stands while the server may longjmp");

/** One row as the result of `fcinfo`. */
template <class... Values>
[[nodiscard]] Datum tuple_datum(FunctionCallInfo fcinfo, const Values&... values)
{
    return RowWriter(fcinfo).add(values...).finish_tuple();
}

}  // namespace marketing::postgres

/** Defines a function that returns a set of rows: `in` reads its arguments, `rows` takes its result. */
#define MARKETING_ROWS(name, in, rows)                                                                 \
    static void write_##name(marketing::postgres::Arguments in, marketing::postgres::RowWriter& rows); \
    MARKETING_FUNCTION(name)                                                                           \
    {                                                                                                  \
        marketing::postgres::RowWriter writer(fcinfo);                                                 \
        write_##name(marketing::postgres::Arguments(fcinfo), writer);                                  \
        return static_cast<Datum>(0);                                                                  \
    }                                                                                                  \
    static void write_##name([[maybe_unused]] marketing::postgres::Arguments in, marketing::postgres::RowWriter& rows)

/** The same for a function of a varlena value, its first argument, which has that name; no rows where it is NULL. */
#define MARKETING_ROWS_OF(name, value, in, rows)                                                                        \
    static void write_##name##_of(marketing::postgres::Bytes value, marketing::postgres::Arguments in,                  \
                                  marketing::postgres::RowWriter& rows);                                                \
    MARKETING_ROWS(name, in, rows)                                                                                      \
    {                                                                                                                   \
        if (const auto value = in.optional<marketing::postgres::Bytes>(#value)) {                                       \
            write_##name##_of(*value, in, rows);                                                                        \
        }                                                                                                               \
    }                                                                                                                   \
    static void write_##name##_of(marketing::postgres::Bytes value, [[maybe_unused]] marketing::postgres::Arguments in, \
                                  marketing::postgres::RowWriter& rows)
