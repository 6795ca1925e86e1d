/**
 * What every SQL type with a flat value shares: its text and binary forms, and the final function of an aggregate that
 * ends in such a value. A State has finish as JourneysState does; a View checks bytes and has keys.
 */
#pragma once

#include <memory_resource>
#include <span>
#include <string_view>

#include "kernel/flat_format.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"

namespace marketing::postgres {

/** Phases 2 to 4 for `make`, which writes a value into the memory resource it is given, room for the length before it. */
template <class Make>
[[nodiscard]] Datum make_varlena(Make make)
{
    kernel::FlatValue made;
    run_kernel([&made, &make] {
        ContextResource result(CurrentMemoryContext);
        made = make(result);
    });
    SET_VARSIZE(made.data, made.size);
    return PointerGetDatum(made.data);
}

/** The value of an aggregate over no rows has no state; an empty one stands in. */
template <class State>
[[nodiscard]] Datum finish(FunctionCallInfo fcinfo)
{
    (void)aggregate_context(fcinfo);
    const State* state = state_argument<State>(fcinfo);
    return make_varlena([state](std::pmr::memory_resource& result) {
        if (state == nullptr) {
            return State(&result).finish(result, VARHDRSZ, stop_flag());
        }
        return state->finish(result, VARHDRSZ, stop_flag());
    });
}

/** The bytes that a hexadecimal literal stands for, not yet checked. */
[[nodiscard]] inline bytea* bytes_of_literal(const char* literal, const char* type)
{
    const std::size_t size = strlen(literal);
    const bool hexadecimal = size >= 2 && size % 2 == 0 && literal[0] == '\\' && literal[1] == 'x' &&
                             strspn(literal + 2, "0123456789abcdefABCDEF") == size - 2;
    if (!hexadecimal) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_BINARY_REPRESENTATION), errmsg("malformed %s literal", type),
                        errhint("The aggregate analytics.%s makes such values; they are not written by hand.", type)));
    }
    bytea* value = allocate_bytea((size - 2) / 2);
    hex_decode(literal + 2, size - 2, VARDATA(value));
    return value;
}

[[nodiscard]] inline char* literal_of_bytes(std::span<const std::byte> bytes, const char* type)
{
    if (bytes.size() > (MaxAllocSize - 3) / 2) {
        ereport(ERROR, (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED), errmsg("the %s are too large to be shown as text", type),
                        errhint("Use COPY (FORMAT binary), or ask analytics.%s_summary.", type)));
    }
    auto* literal = static_cast<char*>(palloc(2 * bytes.size() + 3));
    literal[0] = '\\';
    literal[1] = 'x';
    hex_encode(reinterpret_cast<const char*>(bytes.data()), bytes.size(), literal + 2);
    literal[2 + 2 * bytes.size()] = '\0';
    return literal;
}

/** What is left of a message, not yet checked. */
[[nodiscard]] inline bytea* received_bytes(StringInfo buffer)
{
    const int size = buffer->len - buffer->cursor;
    bytea* value = allocate_bytea(static_cast<std::size_t>(size));
    pq_copymsgbytes(buffer, VARDATA(value), size);
    return value;
}

/** A value from outside: its form is checked, and that its keys are text of this database. */
template <class View>
[[nodiscard]] Datum checked_value(bytea* value)
{
    const std::span bytes(reinterpret_cast<const std::byte*>(VARDATA(value)), VARSIZE(value) - VARHDRSZ);
    std::string_view* keys = nullptr;
    std::size_t key_count = 0;
    run_kernel([&] {
        const View view(bytes);
        ContextResource memory(CurrentMemoryContext);
        key_count = view.key_count();
        keys = static_cast<std::string_view*>(memory.allocate(key_count * sizeof(std::string_view), alignof(std::string_view)));
        for (std::size_t code = 0; code < key_count; ++code) {
            keys[code] = view.key(code);
        }
    });
    for (std::size_t code = 0; code < key_count; ++code) {
        pg_verifymbstr(keys[code].data(), static_cast<int>(keys[code].size()), false);
    }
    return PointerGetDatum(value);
}

}  // namespace marketing::postgres
