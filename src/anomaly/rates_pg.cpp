/** Tests of rates for SQL: analytics.rate_ratio_test, p_adjust. */
#include "anomaly/rates.hpp"
#include "numeric/adjust.hpp"
#include "postgres/rows.hpp"

namespace anomaly = marketing::anomaly;
namespace postgres = marketing::postgres;

MARKETING_FUNCTION(rate_ratio_test)
{
    postgres::Arguments in(fcinfo);
    anomaly::Rate current{};
    current.events = in.get<double>("x");
    current.exposure = in.get<double>("exposure");
    anomaly::Rate baseline{};
    baseline.events = in.get<double>("x0");
    baseline.exposure = in.get<double>("exposure0");
    anomaly::RateOptions options;
    options.dispersion = in.get<double>("phi");
    options.df = in.get<double>("df");
    options.margin = in.get<double>("margin");
    options.alternative = in.choice("alternative", anomaly::find_alternative);
    options.confidence = in.get<double>("confidence");
    options.mid_p = in.get<bool>("mid_p");
    const anomaly::RateRatio found = postgres::run_kernel([&] { return anomaly::rate_ratio_test(current, baseline, options); });
    return postgres::tuple_datum(fcinfo, found.ratio, found.ci_low, found.ci_high, found.z, found.p_value);
}

MARKETING_FUNCTION(p_adjust)
{
    postgres::Arguments in(fcinfo);
    const auto p = in.array<double>("p");
    const auto method = in.choice("method", marketing::numeric::find_adjustment);
    return postgres::array_datum(postgres::run_kernel([&] { return marketing::numeric::p_adjust(p, method); }));
}
