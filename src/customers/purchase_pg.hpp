/**
 * Arguments of the aggregates over purchases: (customer, day, amount, purchases).
 */
#pragma once

#include <string_view>

#include "customers/purchase.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace marketing::customers {

/** The server counts days from 2000-01-01. */
inline constexpr std::int32_t days_to_2000 = 10957;

/** How customers are read; settled once for each place in a query where the aggregate is called. */
struct CustomerReader {
    enum class Form { int2, int4, int8, text, numeric, printed } form;
    FmgrInfo output;  // where printed
};

[[nodiscard]] inline CustomerReader::Form customer_form(Oid type)
{
    switch (type) {
        case INT2OID: return CustomerReader::Form::int2;
        case INT4OID: return CustomerReader::Form::int4;
        case INT8OID: return CustomerReader::Form::int8;
        case TEXTOID:
        case VARCHAROID: return CustomerReader::Form::text;
        case NUMERICOID: return CustomerReader::Form::numeric;
        case FLOAT4OID:
        case FLOAT8OID:
            ereport(ERROR,
                    (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("customer must not be of type %s", format_type_be(type)),
                     errhint("Cast it to an integer or text.")));
        default: return CustomerReader::Form::printed;
    }
}

[[nodiscard]] inline CustomerReader& customer_reader(FunctionCallInfo fcinfo)
{
    if (fcinfo->flinfo->fn_extra == nullptr) {
        auto* reader = static_cast<CustomerReader*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(CustomerReader)));
        const Oid type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 1));
        reader->form = customer_form(type);
        if (reader->form == CustomerReader::Form::printed) {
            Oid output = InvalidOid;
            bool is_varlena = false;
            getTypeOutputInfo(type, &output, &is_varlena);
            fmgr_info_cxt(output, &reader->output, fcinfo->flinfo->fn_mcxt);
        }
        fcinfo->flinfo->fn_extra = reader;
    }
    return *static_cast<CustomerReader*>(fcinfo->flinfo->fn_extra);
}

/** Argument 1: an integer, text, or what the value prints. */
[[nodiscard]] inline Identifier customer_argument(FunctionCallInfo fcinfo)
{
    CustomerReader& reader = customer_reader(fcinfo);
    const Datum datum = PG_GETARG_DATUM(1);
    switch (reader.form) {
        case CustomerReader::Form::int2: return Identifier::of(std::int64_t{DatumGetInt16(datum)});
        case CustomerReader::Form::int4: return Identifier::of(std::int64_t{DatumGetInt32(datum)});
        case CustomerReader::Form::int8: return Identifier::of(std::int64_t{DatumGetInt64(datum)});
        case CustomerReader::Form::text: return Identifier::of(postgres::text_view(datum));
        // 1.0 and 1.00 are one number and must be one customer.
        case CustomerReader::Form::numeric: return Identifier::of(std::string_view(numeric_normalize(DatumGetNumeric(datum))));
        case CustomerReader::Form::printed: break;
    }
    return Identifier::of(std::string_view(OutputFunctionCall(&reader.output, datum)));
}

/** A day as the kernels count it. */
[[nodiscard]] inline std::int32_t day_of(DateADT date, const char* name)
{
    if (DATE_NOT_FINITE(date)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must be finite", name)));
    }
    return date + days_to_2000;
}

/** The row in arguments 1 to 4, but for the amount, which is money_units() of argument 3: a NULL amount is 0. */
[[nodiscard]] inline Purchase purchase_arguments(FunctionCallInfo fcinfo)
{
    postgres::require_in_row(fcinfo, 1, "customer");
    postgres::require_in_row(fcinfo, 2, "day");
    postgres::require_in_row(fcinfo, 4, "purchases");
    Purchase purchase;
    purchase.customer = customer_argument(fcinfo);
    purchase.day = day_of(PG_GETARG_DATEADT(2), "day");
    purchase.purchases = PG_GETARG_INT64(4);
    return purchase;
}

[[nodiscard]] inline double amount_argument(FunctionCallInfo fcinfo)
{
    return PG_ARGISNULL(3) ? 0 : PG_GETARG_FLOAT8(3);
}

}  // namespace marketing::customers
