// Binding of the type analytics.journeys and of the aggregates that make it.

#include <memory_resource>
#include <string_view>

#include "attribution/journeys.hpp"
#include "attribution/journeys_state.hpp"
#include "attribution/journeys_union.hpp"
#include "attribution/state_memory_pg.hpp"
#include "postgres/aggregate.hpp"
#include "postgres/arguments.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"

namespace attribution = marketing::attribution;
namespace kernel = marketing::kernel;
namespace postgres = marketing::postgres;

using attribution::CappedResource;
using attribution::JourneyRow;
using attribution::JourneysState;
using attribution::JourneysUnion;
using attribution::JourneysView;
using kernel::Identifier;
using kernel::IdKind;

namespace {

/** How the values of one argument are read; settled once for each place in a query where the aggregate is called. */
enum class Form { int2, int4, int8, bytes, padded_text, uuid, float4, float8, numeric, printed, none };

struct ArgumentReader {
    Form form;
    FmgrInfo output;  // where printed
};

struct RowReader {
    ArgumentReader client;
    ArgumentReader touch;
    ArgumentReader key;
    ArgumentReader value;
};

// Places of the transition function's arguments; 0 is the state.
enum Argument {
    client_argument = 1,
    time_argument,
    touch_argument,
    key_argument,
    paid_argument,
    value_argument,
    view_argument
};

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
        default: return Form::printed;
    }
}

Oid argument_type(FunctionCallInfo fcinfo, int argument)
{
    const Oid type = get_fn_expr_argtype(fcinfo->flinfo, argument);
    if (!OidIsValid(type)) {
        elog(ERROR, "could not determine the type of argument %d of the aggregate journeys", argument);
    }
    return getBaseType(type);
}

/** An identifier may have any type: those without a form of their own are known by the text that they print. */
void prepare_identifier(FunctionCallInfo fcinfo, int argument, ArgumentReader& reader)
{
    const Oid type = argument_type(fcinfo, argument);
    reader.form = form_of(type);
    if (reader.form == Form::float4 || reader.form == Form::float8) {
        reader.form = Form::printed;
    }
    if (reader.form == Form::printed) {
        Oid output = InvalidOid;
        bool is_varlena = false;
        getTypeOutputInfo(type, &output, &is_varlena);
        fmgr_info_cxt(output, &reader.output, fcinfo->flinfo->fn_mcxt);
    }
}

void prepare_value(FunctionCallInfo fcinfo, ArgumentReader& reader)
{
    const Oid type = argument_type(fcinfo, value_argument);
    reader.form = form_of(type);
    switch (reader.form) {
        case Form::int2:
        case Form::int4:
        case Form::int8:
        case Form::float4:
        case Form::float8:
        case Form::numeric: return;
        default: break;
    }
    if (type != UNKNOWNOID) {
        ereport(ERROR,
                (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("value must be a number, not %s", format_type_be(type)),
                 errhint("Cast it to numeric, double precision or an integer type.")));
    }
    reader.form = Form::none;  // a bare NULL
}

RowReader& row_reader(FunctionCallInfo fcinfo)
{
    if (fcinfo->flinfo->fn_extra == nullptr) {
        auto* reader = static_cast<RowReader*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(RowReader)));
        prepare_identifier(fcinfo, client_argument, reader->client);
        prepare_identifier(fcinfo, touch_argument, reader->touch);
        prepare_identifier(fcinfo, key_argument, reader->key);
        prepare_value(fcinfo, reader->value);
        fcinfo->flinfo->fn_extra = reader;
    }
    return *static_cast<RowReader*>(fcinfo->flinfo->fn_extra);
}

std::string_view varlena_text(Datum datum)
{
    const auto* value = PG_DETOAST_DATUM_PACKED(datum);
    return {VARDATA_ANY(value), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value))};
}

std::string_view without_padding(std::string_view text)
{
    const auto last = text.find_last_not_of(' ');
    return text.substr(0, last == std::string_view::npos ? 0 : last + 1);
}

/** Identifiers that are not numbers: the bytes that stand for them. */
std::string_view identifier_bytes(Datum datum, ArgumentReader& reader)
{
    switch (reader.form) {
        case Form::bytes: return varlena_text(datum);
        case Form::padded_text: return without_padding(varlena_text(datum));
        case Form::uuid: return {DatumGetPointer(datum), UUID_LEN};
        // 1.0 and 1.00 are one number and must be one identifier.
        case Form::numeric: return numeric_normalize(DatumGetNumeric(datum));
        default: return OutputFunctionCall(&reader.output, datum);
    }
}

// Written in place, field by field: for ten million rows a copied struct costs more than the whole append.
inline void read_identifier(Datum datum, ArgumentReader& reader, Identifier& into)
{
    into.kind = IdKind::integer;
    switch (reader.form) {
        case Form::int2: into.number = DatumGetInt16(datum); break;
        case Form::int4: into.number = DatumGetInt32(datum); break;
        case Form::int8: into.number = DatumGetInt64(datum); break;
        default: into.kind = IdKind::text; into.text = identifier_bytes(datum, reader);
    }
}

double read_value(Datum datum, const ArgumentReader& reader)
{
    switch (reader.form) {
        case Form::int2: return DatumGetInt16(datum);
        case Form::int4: return DatumGetInt32(datum);
        case Form::int8: return static_cast<double>(DatumGetInt64(datum));
        case Form::float4: return DatumGetFloat4(datum);
        case Form::float8: return DatumGetFloat8(datum);
        case Form::numeric: return DatumGetFloat8(DirectFunctionCall1(numeric_float8, datum));
        default: break;
    }
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("value must be a number"), errhint("Cast it to numeric.")));
    return 0;
}

void read_row(FunctionCallInfo fcinfo, RowReader& reader, JourneyRow& row)
{
    postgres::require_in_row(fcinfo, client_argument, "client");
    postgres::require_in_row(fcinfo, time_argument, "occurred_at");
    read_identifier(PG_GETARG_DATUM(client_argument), reader.client, row.client);
    row.time = PG_GETARG_TIMESTAMPTZ(time_argument);
    row.has_touch = !PG_ARGISNULL(touch_argument);
    if (row.has_touch) {
        read_identifier(PG_GETARG_DATUM(touch_argument), reader.touch, row.touch);
        if (!PG_ARGISNULL(key_argument)) {
            read_identifier(PG_GETARG_DATUM(key_argument), reader.key, row.key);
        }
        row.paid = !PG_ARGISNULL(paid_argument) && PG_GETARG_BOOL(paid_argument);
        row.view = PG_NARGS() > view_argument && !PG_ARGISNULL(view_argument) && PG_GETARG_BOOL(view_argument);
    }
    row.has_value = !PG_ARGISNULL(value_argument);
    if (row.has_value) {
        row.value = read_value(PG_GETARG_DATUM(value_argument), reader.value);
    }
}

/** A journeys value from outside: its form is checked, and that its keys are text of this database. */
Datum checked_journeys(bytea* value)
{
    return postgres::checked_value<JourneysView>(value);
}

}  // namespace

MARKETING_FUNCTION(journeys_in)
{
    bytea* value = postgres::bytes_of_literal(PG_GETARG_CSTRING(0), "journeys");
    return checked_journeys(value);
}

MARKETING_FUNCTION(journeys_out)
{
    PG_RETURN_CSTRING(postgres::literal_of_bytes(postgres::bytea_argument(fcinfo, 0), "journeys"));
}

MARKETING_FUNCTION(journeys_recv)
{
    return checked_journeys(postgres::received_bytes(reinterpret_cast<StringInfo>(PG_GETARG_POINTER(0))));
}

MARKETING_FUNCTION(journeys_send)
{
    PG_RETURN_BYTEA_P(PG_GETARG_BYTEA_P_COPY(0));
}

MARKETING_FUNCTION(journeys_transition)
{
    auto* state = postgres::transition_state<JourneysState, CappedResource>(fcinfo);
    JourneyRow row;
    read_row(fcinfo, row_reader(fcinfo), row);
    postgres::run_kernel([state, &row] { state->append(row); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(journeys_final)
{
    return postgres::finish<JourneysState>(fcinfo);
}

MARKETING_FUNCTION(journeys_union_transition)
{
    auto* state = postgres::transition_state<JourneysUnion, CappedResource>(fcinfo);
    if (!PG_ARGISNULL(1)) {
        const auto value = postgres::bytea_argument(fcinfo, 1);
        postgres::run_kernel([state, value] { state->append(value); });
    }
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(journeys_union_final)
{
    return postgres::finish<JourneysUnion>(fcinfo);
}
