#include "postgres/any_value.hpp"

#include "postgres/numeric.hpp"

namespace marketing::postgres {
namespace {

using Form = AnyReader::Form;

Oid argument_type(const Arguments& in, const char* name)
{
    const Oid type = get_fn_expr_argtype(in.call()->flinfo, in.position());
    if (!OidIsValid(type)) {
        elog(ERROR, "could not determine the type of %s", name);
    }
    return getBaseType(type);
}

Form form_of(Oid type)
{
    switch (type) {
        case INT2OID: return Form::int2;
        case INT4OID: return Form::int4;
        case INT8OID: return Form::int8;
        case TEXTOID:
        case VARCHAROID:
        case BYTEAOID: return Form::bytes;
        case BPCHAROID: return Form::padded_text;
        case UUIDOID: return Form::uuid;
        case FLOAT4OID: return Form::float4;
        case FLOAT8OID: return Form::float8;
        case NUMERICOID: return Form::numeric;
        case UNKNOWNOID: return Form::null;  // a bare NULL
        default: return Form::printed;
    }
}

[[noreturn]] void refuse_type(const char* name, const char* wish, Oid type, const char* hint)
{
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must %s %s", name, wish, format_type_be(type)),
                    errhint("%s", hint)));
}

[[noreturn]] void refuse_number(const char* name, Oid type)
{
    refuse_type(name, "be numeric, not", type, "Cast it to numeric, double precision or an integer type.");
}

std::string_view varlena_bytes(Datum datum)
{
    const auto* value = PG_DETOAST_DATUM_PACKED(datum);
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

std::string_view hexadecimal(std::string_view bytes)
{
    auto* text = static_cast<char*>(palloc(2 * bytes.size() + 2));
    text[0] = '\\';
    text[1] = 'x';
    hex_encode(bytes.data(), bytes.size(), text + 2);
    return {text, 2 * bytes.size() + 2};
}

/** As the server prints it, and several times as fast. */
std::string_view uuid_text(Datum datum)
{
    constexpr std::size_t length = 2 * UUID_LEN + 4;
    constexpr char digits[] = "0123456789abcdef";
    const auto* bytes = reinterpret_cast<const unsigned char*>(DatumGetPointer(datum));
    auto* text = static_cast<char*>(palloc(length));
    char* to = text;
    for (int i = 0; i < UUID_LEN; ++i) {
        if (i == 4 || i == 6 || i == 8 || i == 10) {
            *to++ = '-';
        }
        *to++ = digits[bytes[i] >> 4U];
        *to++ = digits[bytes[i] & 15U];
    }
    return {text, length};
}

// PostgreSQL 15 prints some values of type "char" as bytes that are no text.
std::string_view printed(Datum datum, FmgrInfo& output)
{
    const std::string_view text = OutputFunctionCall(&output, datum);
    pg_verifymbstr(text.data(), static_cast<int>(text.size()), false);
    return text;
}

std::string_view without_padding(std::string_view text)
{
    const auto last = text.find_last_not_of(' ');
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

}  // namespace

void settle_identifier(const Arguments& in, const char* name, IdentifierUse use, AnyReader& reader)
{
    const Oid type = argument_type(in, name);
    Form form = form_of(type);
    const bool is_shown = use == IdentifierUse::shown;
    const bool is_text = use != IdentifierUse::compared;
    const bool is_float = form == Form::float4 || form == Form::float8;
    if (is_float && is_shown) {
        refuse_type(name, "not be of type", type, "Cast it to an integer or text.");
    }
    if (is_text && type == BYTEAOID) {
        form = Form::hexadecimal;
    }
    if (is_text && type == UUIDOID) {
        form = Form::uuid_text;
    }
    if (is_float || form == Form::null || (is_shown && type == BPCHAROID)) {
        form = Form::printed;
    }
    if (form == Form::printed) {
        Oid output = InvalidOid;
        bool is_varlena = false;
        getTypeOutputInfo(type, &output, &is_varlena);
        fmgr_info_cxt(output, &reader.output, in.call()->flinfo->fn_mcxt);
    }
    reader.form = form;
}

void settle_number(const Arguments& in, const char* name, AnyReader& reader)
{
    const Oid type = argument_type(in, name);
    switch (form_of(type)) {
        case Form::bytes:
        case Form::padded_text:
        case Form::uuid:
        case Form::printed: refuse_number(name, type);
        default: reader.form = form_of(type);
    }
}

std::string_view identifier_bytes(Datum datum, AnyReader& reader)
{
    switch (reader.form) {
        case Form::bytes: return varlena_bytes(datum);
        case Form::padded_text: return without_padding(varlena_bytes(datum));
        case Form::uuid: return {DatumGetPointer(datum), UUID_LEN};
        case Form::uuid_text: return uuid_text(datum);
        case Form::numeric: return numeric_normalize(DatumGetNumeric(datum));
        case Form::hexadecimal: return hexadecimal(varlena_bytes(datum));
        default: return printed(datum, reader.output);
    }
}

double number_of(Datum datum, const AnyReader& reader, const char* name)
{
    switch (reader.form) {
        case Form::int2: return DatumGetInt16(datum);
        case Form::int4: return DatumGetInt32(datum);
        case Form::int8: return static_cast<double>(DatumGetInt64(datum));
        case Form::float4: return DatumGetFloat4(datum);
        case Form::float8: return DatumGetFloat8(datum);
        case Form::numeric: return numeric_to_double(datum);
        default: refuse_number(name, UNKNOWNOID);
    }
}

}  // namespace marketing::postgres
