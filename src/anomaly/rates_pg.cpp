/** Tests of rates for SQL: analytics.rate_ratio_test, p_adjust. */
#include <span>
#include <string_view>

#include "anomaly/rates.hpp"
#include "numeric/adjust.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/numbers.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace anomaly = marketing::anomaly;
namespace postgres = marketing::postgres;

MARKETING_FUNCTION(rate_ratio_test)
{
    const anomaly::Rate current{PG_GETARG_FLOAT8(0), PG_GETARG_FLOAT8(1)};
    const anomaly::Rate baseline{PG_GETARG_FLOAT8(2), PG_GETARG_FLOAT8(3)};
    anomaly::RateOptions options;
    options.dispersion = PG_GETARG_FLOAT8(4);
    options.df = PG_GETARG_FLOAT8(5);
    options.margin = PG_GETARG_FLOAT8(6);
    const std::string_view alternative = postgres::text_argument(fcinfo, 7);
    options.confidence = PG_GETARG_FLOAT8(8);
    options.mid_p = PG_GETARG_BOOL(9);
    anomaly::RateRatio found{};
    postgres::run_kernel([&current, &baseline, &options, alternative, &found] {
        options.alternative = anomaly::find_alternative(alternative);
        found = anomaly::rate_ratio_test(current, baseline, options);
    });
    const double columns[] = {found.ratio, found.ci_low, found.ci_high, found.z, found.p_value};
    return postgres::numbers_row(fcinfo, columns);
}

MARKETING_FUNCTION(p_adjust)
{
    const postgres::PlainArray<double> p = postgres::float8_array_argument(fcinfo, 0);
    const std::string_view method = postgres::text_argument(fcinfo, 1);
    postgres::PlainArray<double> adjusted;
    postgres::run_kernel([&p, method, &adjusted] {
        const auto values = marketing::numeric::p_adjust({p.data, p.size}, marketing::numeric::find_adjustment(method));
        postgres::ContextResource memory(CurrentMemoryContext);
        adjusted = postgres::to_plain(memory, std::span(values));
    });
    return postgres::numbers_datum({adjusted.data, adjusted.size});
}
