// Binding of the aggregate analytics_internal.daily_rows.

#include <limits>

#include "postgres/aggregate.hpp"
#include "postgres/flat_value.hpp"
#include "postgres/guard.hpp"
#include "postgres/numeric.hpp"
#include "postgres/pg.hpp"
#include "refresh/daily_rows.hpp"

namespace postgres = marketing::postgres;
namespace refresh = marketing::refresh;

using refresh::DailyRows;

namespace {

constexpr int first_figure = 4;

/** How the figures are read; settled once for each place in a query where the aggregate is called. */
struct FigureReader {
    int count;
    Oid types[refresh::most_figures];
};

FigureReader& figure_reader(FunctionCallInfo fcinfo)
{
    if (fcinfo->flinfo->fn_extra == nullptr) {
        const int count = PG_NARGS() - first_figure;
        if (count > static_cast<int>(refresh::most_figures)) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                            errmsg("daily_rows takes at most %d figures", static_cast<int>(refresh::most_figures))));
        }
        auto* reader = static_cast<FigureReader*>(MemoryContextAllocZero(fcinfo->flinfo->fn_mcxt, sizeof(FigureReader)));
        reader->count = count;
        for (int i = 0; i < count; ++i) {
            reader->types[i] = getBaseType(get_fn_expr_argtype(fcinfo->flinfo, first_figure + i));
        }
        fcinfo->flinfo->fn_extra = reader;
    }
    return *static_cast<FigureReader*>(fcinfo->flinfo->fn_extra);
}

double figure(Datum datum, Oid type)
{
    switch (type) {
        case INT2OID: return DatumGetInt16(datum);
        case INT4OID: return DatumGetInt32(datum);
        case INT8OID: return static_cast<double>(DatumGetInt64(datum));
        case FLOAT4OID: return DatumGetFloat4(datum);
        case FLOAT8OID: return DatumGetFloat8(datum);
        case NUMERICOID: return postgres::numeric_to_double(datum);
        default: break;
    }
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("a figure must be a number, not %s", format_type_be(type)),
                    errhint("Cast it to numeric, double precision or an integer type.")));
    return 0;
}

}  // namespace

MARKETING_FUNCTION(daily_rows_transition)
{
    auto* state = postgres::transition_state<DailyRows>(fcinfo);
    if (PG_ARGISNULL(1) || PG_ARGISNULL(2) || PG_ARGISNULL(3)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("business, series and day must not be NULL")));
    }
    const refresh::SeriesKey series{PG_GETARG_INT64(1), PG_GETARG_INT64(2)};
    const DateADT day = PG_GETARG_DATEADT(3);
    if (DATE_NOT_FINITE(day)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("day must be finite")));
    }
    const FigureReader& reader = figure_reader(fcinfo);
    double figures[refresh::most_figures];
    for (int i = 0; i < reader.count; ++i) {
        figures[i] = PG_ARGISNULL(first_figure + i) ? std::numeric_limits<double>::quiet_NaN()
                                                    : figure(PG_GETARG_DATUM(first_figure + i), reader.types[i]);
    }
    const std::span<const double> row(figures, static_cast<std::size_t>(reader.count));
    postgres::run_kernel([state, &series, day, row] { state->append(series, day, row); });
    return postgres::state_datum(fcinfo, state);
}

MARKETING_FUNCTION(daily_rows_final)
{
    return postgres::finish<DailyRows>(fcinfo);
}
