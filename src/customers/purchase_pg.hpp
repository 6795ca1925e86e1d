/**
 * Arguments of the aggregates over purchases: (customer, day, amount, purchases).
 */
#pragma once

#include "customers/purchase.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace marketing::customers {

/** The server counts days from 2000-01-01. */
inline constexpr std::int32_t days_to_2000 = 10957;

/** Type of the customer argument, settled once for each place in a query where the aggregate is called. */
[[nodiscard]] inline Oid customer_type(FunctionCallInfo fcinfo)
{
    if (fcinfo->flinfo->fn_extra == nullptr) {
        auto* type = static_cast<Oid*>(MemoryContextAlloc(fcinfo->flinfo->fn_mcxt, sizeof(Oid)));
        *type = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, 1));
        if (*type != INT2OID && *type != INT4OID && *type != INT8OID && *type != TEXTOID && *type != VARCHAROID) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("customer must be an integer or text, not %s", format_type_be(*type)),
                            errhint("Cast it to text.")));
        }
        fcinfo->flinfo->fn_extra = type;
    }
    return *static_cast<Oid*>(fcinfo->flinfo->fn_extra);
}

[[nodiscard]] inline Identifier customer_argument(FunctionCallInfo fcinfo)
{
    const Datum datum = PG_GETARG_DATUM(1);
    switch (customer_type(fcinfo)) {
        case INT2OID: return Identifier::of(std::int64_t{DatumGetInt16(datum)});
        case INT4OID: return Identifier::of(std::int64_t{DatumGetInt32(datum)});
        case INT8OID: return Identifier::of(std::int64_t{DatumGetInt64(datum)});
        default: return Identifier::of(postgres::text_view(datum));
    }
}

inline void require_given(FunctionCallInfo fcinfo, int argument, const char* name)
{
    if (PG_ARGISNULL(argument)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s must not be NULL", name)));
    }
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
    require_given(fcinfo, 1, "customer");
    require_given(fcinfo, 2, "day");
    require_given(fcinfo, 4, "purchases");
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
