// Binding of what looks at a whole sample or series at once: stl, gesd, tukey_outliers, peaks_over_threshold.

#include <cmath>
#include <span>
#include <vector>

#include "kernel/error.hpp"
#include "numeric/quantile.hpp"
#include "postgres/arguments.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"
#include "series/gesd.hpp"
#include "series/peaks.hpp"
#include "series/stl.hpp"
#include "series/verdict.hpp"

namespace series = marketing::series;
namespace kernel = marketing::kernel;
namespace postgres = marketing::postgres;

namespace {

using Numbers = postgres::PlainArray<double>;

void require_all(FunctionCallInfo fcinfo, int first, std::initializer_list<const char*> names)
{
    for (const char* name : names) {
        marketing::postgres::require_given(fcinfo, first++, name);
    }
}

int window_argument(FunctionCallInfo fcinfo, int index)
{
    return PG_ARGISNULL(index) ? 0 : PG_GETARG_INT32(index);
}

void number_or_null(postgres::RowWriter& rows, double value)
{
    if (std::isnan(value)) {
        rows.null();
    } else {
        rows.number(value);
    }
}

/** The finite figures, and where each of them stands. */
struct Present {
    std::vector<double> values;
    std::vector<std::size_t> places;

    explicit Present(const Numbers& figures)
    {
        for (std::size_t i = 0; i < figures.size; ++i) {
            if (std::isinf(figures.data[i])) {
                throw kernel::Error(kernel::ErrorCode::invalid_parameter, "figures must be finite", {},
                                    "NULL and NaN are left out.");
            }
            if (!std::isnan(figures.data[i])) {
                values.push_back(figures.data[i]);
                places.push_back(i);
            }
        }
    }
};

/** A line of gesd. */
struct Candidate {
    std::size_t place;
    double expected;
    double statistic;
    double critical;
    bool outlier;
};

/** What is expected of each value: the centre, with the season where there is one. */
std::vector<double> expectations(const Present& present, int period, bool robust)
{
    std::vector<double> sorted = present.values;
    double centre = sorted.empty() ? 0 : marketing::numeric::median(sorted);
    if (!robust && !sorted.empty()) {
        centre = 0;
        for (const double value : present.values) {
            centre += value / static_cast<double>(present.values.size());
        }
    }
    std::vector<double> expected(present.values.size(), centre);
    if (period > 0) {
        const series::StlParts parts = series::stl(present.values, {.period = period}, postgres::stop_flag());
        for (std::size_t i = 0; i < expected.size(); ++i) {
            expected[i] += parts.seasonal[i];
        }
    }
    return expected;
}

std::vector<Candidate> find_candidates(const Numbers& figures, const series::GesdOptions& options, int period)
{
    const Present present(figures);
    if (period > 0 && present.values.size() != figures.size) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "a series with a period must have no gaps", {},
                            "Fill the gaps first, or use detect_anomalies, which leaves them out.");
    }
    const std::vector<double> expected = expectations(present, period, options.robust);
    std::vector<double> rest(present.values);
    for (std::size_t i = 0; period > 0 && i < rest.size(); ++i) {
        rest[i] -= expected[i];
    }
    std::vector<Candidate> candidates;
    for (const series::GesdStep& step : series::gesd(rest, options, postgres::stop_flag())) {
        candidates.push_back(
            {present.places[step.position], expected[step.position], step.statistic, step.critical, step.outlier});
    }
    return candidates;
}

}  // namespace

MARKETING_FUNCTION(stl)
{
    postgres::RowWriter rows(fcinfo);
    const Numbers figures = postgres::float8_array_argument(fcinfo, 0);
    require_all(fcinfo, 1, {"period", "robust"});
    require_all(fcinfo, 6, {"seasonal_degree", "trend_degree"});
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    series::StlOptions options;
    options.period = PG_GETARG_INT32(1);
    options.robust = PG_GETARG_BOOL(2);
    options.seasonal_window = window_argument(fcinfo, 3);
    options.trend_window = window_argument(fcinfo, 4);
    options.low_pass_window = window_argument(fcinfo, 5);
    options.seasonal_degree = PG_GETARG_INT32(6);
    options.trend_degree = PG_GETARG_INT32(7);
    options.low_pass_degree = options.trend_degree;
    struct {
        Numbers seasonal, trend, remainder, weight;
    } parts{};
    postgres::run_kernel([&figures, &options, &parts] {
        const series::StlParts found = series::stl({figures.data, figures.size}, options, postgres::stop_flag());
        postgres::ContextResource memory(CurrentMemoryContext);
        parts.seasonal = postgres::to_plain(memory, std::span(found.seasonal));
        parts.trend = postgres::to_plain(memory, std::span(found.trend));
        parts.remainder = postgres::to_plain(memory, std::span(found.remainder));
        parts.weight = postgres::to_plain(memory, std::span(found.weight));
    });
    for (std::size_t i = 0; i < figures.size; ++i) {
        rows.datum(Int32GetDatum(static_cast<int>(i) + 1)).number(figures.data[i]);
        rows.number(parts.seasonal.data[i]).number(parts.trend.data[i]);
        rows.number(parts.remainder.data[i]).number(parts.weight.data[i]).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(gesd)
{
    postgres::RowWriter rows(fcinfo);
    const Numbers figures = postgres::float8_array_argument(fcinfo, 0);
    require_all(fcinfo, 1, {"max_share", "alpha", "direction", "robust"});
    series::GesdOptions options;
    options.max_share = PG_GETARG_FLOAT8(1);
    options.alpha = PG_GETARG_FLOAT8(2);
    const auto direction = postgres::text_argument(fcinfo, 3);
    options.robust = PG_GETARG_BOOL(4);
    const int period = window_argument(fcinfo, 5);
    postgres::PlainArray<Candidate> candidates;
    postgres::run_kernel([&figures, &options, direction, period, &candidates] {
        options.direction = series::find_direction(direction);
        postgres::ContextResource memory(CurrentMemoryContext);
        candidates = postgres::to_plain(memory, std::span<const Candidate>(find_candidates(figures, options, period)));
    });
    for (const Candidate& candidate : candidates) {
        rows.datum(Int32GetDatum(static_cast<int>(candidate.place) + 1)).number(figures.data[candidate.place]);
        rows.number(candidate.expected).number(candidate.statistic).number(candidate.critical);
        rows.boolean(candidate.outlier).end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(tukey_outliers)
{
    postgres::RowWriter rows(fcinfo);
    const Numbers figures = postgres::float8_array_argument(fcinfo, 0);
    require_all(fcinfo, 1, {"k", "lower_quantile", "upper_quantile"});
    const double k = PG_GETARG_FLOAT8(1);
    const double lower_quantile = PG_GETARG_FLOAT8(2);
    const double upper_quantile = PG_GETARG_FLOAT8(3);
    if (PG_ARGISNULL(0)) {
        return static_cast<Datum>(0);
    }
    series::TukeyFences fences{};
    postgres::run_kernel([&figures, k, lower_quantile, upper_quantile, &fences] {
        Present present(figures);
        fences = series::tukey_fences(present.values, k, lower_quantile, upper_quantile);
    });
    for (std::size_t i = 0; i < figures.size; ++i) {
        const double value = figures.data[i];
        rows.datum(Int32GetDatum(static_cast<int>(i) + 1));
        number_or_null(rows, value);
        rows.number(fences.lower).number(fences.upper);
        const double beyond = value > fences.upper ? value - fences.upper : value < fences.lower ? value - fences.lower : 0;
        number_or_null(rows, fences.spread > 0 ? beyond / fences.spread + 0 * value : series::not_known);
        if (std::isnan(value)) {
            rows.null();
        } else {
            rows.boolean(beyond != 0);
        }
        rows.end_row();
    }
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(peaks_over_threshold)
{
    postgres::RowWriter rows(fcinfo);
    const Numbers figures = postgres::float8_array_argument(fcinfo, 0);
    require_all(fcinfo, 1, {"level", "risk"});
    const double level = PG_GETARG_FLOAT8(1);
    const double risk = PG_GETARG_FLOAT8(2);
    if (!(risk > 0 && risk < 1)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("risk must be above 0 and below 1"),
                        errhint("It is the probability with which a value may exceed the limit, such as 0.0001.")));
    }
    series::PeaksFit fit{};
    double limit = 0;
    postgres::run_kernel([&figures, level, risk, &fit, &limit] {
        Present present(figures);
        fit = series::fit_peaks(present.values, level);
        limit = series::exceeded_with(fit, risk);
    });
    number_or_null(rows, limit);
    number_or_null(rows, fit.threshold);
    number_or_null(rows, fit.shape);
    number_or_null(rows, fit.scale);
    rows.datum(Int32GetDatum(static_cast<int>(fit.count))).datum(Int32GetDatum(static_cast<int>(fit.peaks))).end_row();
    return static_cast<Datum>(0);
}
