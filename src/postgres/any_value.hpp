/** Arguments of type "any". How one is read is settled once for each place in a query. Phase 1 only: each may ereport. */
#pragma once

#include <optional>
#include <string_view>

#include "kernel/identifier.hpp"
#include "postgres/arguments.hpp"
#include "postgres/pg.hpp"

namespace marketing::postgres {

/** How the values of one argument are read. */
struct AnyReader {
    enum class Form {
        unsettled,
        int2,
        int4,
        int8,
        bytes,
        padded_text,
        uuid,
        uuid_text,
        float4,
        float8,
        numeric,
        hexadecimal,
        printed,
        null
    } form;
    FmgrInfo output;  // where printed
};

/**
 * What identifiers are for: only compared, so that bytes stand for them; named, where they are compared and leave as text; or shown, by the
 * text that the value prints. What is no text is a name by what it prints, bytea by its hexadecimal form whatever bytea_output says.
 */
enum class IdentifierUse { compared, named, shown };

void settle_identifier(const Arguments& in, const char* name, IdentifierUse use, AnyReader& reader);
void settle_number(const Arguments& in, const char* name, AnyReader& reader);
[[nodiscard]] std::string_view identifier_bytes(Datum datum, AnyReader& reader);
[[nodiscard]] double number_of(Datum datum, const AnyReader& reader, const char* name);

/** The next argument's reader. */
[[nodiscard]] inline AnyReader& any_reader(const Arguments& in)
{
    FmgrInfo* function = in.call()->flinfo;
    if (function->fn_extra == nullptr) {
        function->fn_extra = MemoryContextAllocZero(function->fn_mcxt, sizeof(AnyReader) * in.call()->nargs);
    }
    return static_cast<AnyReader*>(function->fn_extra)[in.position()];
}

/**
 * The next argument as an identifier of any type; false where it is NULL. Numbers are known by their value, 1.0 and 1.00 alike.
 *
 * Written in place, field by field: for ten million rows a copied struct costs more than what the rows are read for.
 */
inline bool any_identifier(Arguments& in, const char* name, IdentifierUse use, kernel::Identifier& into)
{
    AnyReader& reader = any_reader(in);
    if (reader.form == AnyReader::Form::unsettled) [[unlikely]] {
        settle_identifier(in, name, use, reader);
    }
    const NullableDatum& argument = in.take();
    if (argument.isnull) {
        return false;
    }
    into.kind = kernel::IdKind::integer;
    switch (reader.form) {
        case AnyReader::Form::int2: into.number = DatumGetInt16(argument.value); break;
        case AnyReader::Form::int4: into.number = DatumGetInt32(argument.value); break;
        case AnyReader::Form::int8: into.number = DatumGetInt64(argument.value); break;
        default: into.kind = kernel::IdKind::text; into.text = identifier_bytes(argument.value, reader);
    }
    return true;
}

/** The same; NULL is refused. */
inline void given_identifier(Arguments& in, const char* name, IdentifierUse use, kernel::Identifier& into)
{
    in.require_not_null(name);
    any_identifier(in, name, use, into);
}

/** The next argument as a number of any numeric type. */
[[nodiscard]] inline std::optional<double> any_number(Arguments& in, const char* name)
{
    AnyReader& reader = any_reader(in);
    if (reader.form == AnyReader::Form::unsettled) [[unlikely]] {
        settle_number(in, name, reader);
    }
    const NullableDatum& argument = in.take();
    return argument.isnull ? std::nullopt : std::optional(number_of(argument.value, reader, name));
}

}  // namespace marketing::postgres
