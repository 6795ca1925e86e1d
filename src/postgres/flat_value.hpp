/**
 * What every SQL type with a flat value shares: its text and binary forms, and the final function of an aggregate that
 * ends in such a value. A State has finish as JourneysState does; a View checks bytes and has keys.
 */
#pragma once

#include <memory_resource>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/flat_format.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/sql_type.hpp"

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

/** The value of an aggregate over no rows has no state; an empty one stands in. `more` goes on to State::finish. */
template <class State, class... More>
[[nodiscard]] Datum finish(FunctionCallInfo fcinfo, More... more)
{
    (void)aggregate_context(fcinfo);
    const State* state = state_argument<State>(fcinfo);
    return make_varlena([state, more...](std::pmr::memory_resource& result) {
        if (state == nullptr) {
            return State(&result).finish(result, VARHDRSZ, stop_flag(), more...);
        }
        return state->finish(result, VARHDRSZ, stop_flag(), more...);
    });
}

/** The transition of an aggregate over values: `append` adds the one that argument `name` holds; NULL adds nothing. */
template <class State, class Resource = ContextResource>
[[nodiscard]] Datum add_value(FunctionCallInfo fcinfo, const char* name, void (State::*append)(Bytes))
{
    auto* state = transition_state<State, Resource>(fcinfo);
    auto in = Arguments::of_row(fcinfo);
    if (const auto value = in.optional<Bytes>(name)) {
        run_kernel([state, append, &value] { (state->*append)(*value); });
    }
    return state_datum(fcinfo, state);
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
                        errhint("Use COPY (FORMAT binary).")));
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

/** A value from outside: its form is checked, and that its keys, if a View has any, are text of this database. */
template <class View>
[[nodiscard]] Datum checked_value(bytea* value)
{
    const Bytes bytes(reinterpret_cast<const std::byte*>(VARDATA(value)), VARSIZE(value) - VARHDRSZ);
    const auto keys = run_kernel([bytes] {
        [[maybe_unused]] const View view(bytes);
        std::vector<std::string_view> found;
        if constexpr (requires { view.key_count(); }) {
            for (std::size_t code = 0; code < view.key_count(); ++code) {
                found.push_back(view.key(code));
            }
        }
        return found;
    });
    for (const std::string_view key : keys) {
        pg_verifymbstr(key.data(), static_cast<int>(key.size()), false);
    }
    return PointerGetDatum(value);
}

}  // namespace marketing::postgres

/** Defines the functions of a SQL type whose values are those of View: name_in, name_out, name_recv and name_send. */
#define MARKETING_FLAT_TYPE(name, View)                                                                 \
    MARKETING_FUNCTION(name##_in)                                                                       \
    {                                                                                                   \
        using namespace marketing::postgres;                                                            \
        return checked_value<View>(bytes_of_literal(PG_GETARG_CSTRING(0), #name));                      \
    }                                                                                                   \
    MARKETING_FUNCTION(name##_out)                                                                      \
    {                                                                                                   \
        using namespace marketing::postgres;                                                            \
        PG_RETURN_CSTRING(literal_of_bytes(SqlType<Bytes>::read(PG_GETARG_DATUM(0), #name), #name));    \
    }                                                                                                   \
    MARKETING_FUNCTION(name##_recv)                                                                     \
    {                                                                                                   \
        using namespace marketing::postgres;                                                            \
        return checked_value<View>(received_bytes(reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0)))); \
    }                                                                                                   \
    MARKETING_FUNCTION(name##_send)                                                                     \
    {                                                                                                   \
        PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));                                                   \
    }
