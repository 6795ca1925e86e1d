// Binding of the statistics of A/B experiments: each function gives one row.

#include "experiments/experiments.hpp"

#include <cmath>
#include <string_view>

#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace experiments = marketing::experiments;
namespace postgres = marketing::postgres;

using experiments::Comparison;
using experiments::ConfidenceInterval;
using experiments::Design;
using experiments::Moments;
using experiments::Proportion;
using postgres::RowWriter;

namespace {

/** What does not exist is NULL. */
RowWriter& put(RowWriter& row, double number)
{
    return std::isnan(number) ? row.null() : row.number(number);
}

RowWriter& put(RowWriter& row, const ConfidenceInterval& interval)
{
    put(row, interval.low);
    return put(row, interval.high);
}

/** The columns that all comparisons share, but for the reason, which is the last one. */
void put_comparison(RowWriter& row, const Comparison& c)
{
    put(row, c.estimate_a);
    put(row, c.estimate_b);
    put(row, c.difference);
    put(row, c.difference_interval);
    put(row, c.p_value);
    put(row, c.lift);
    put(row, c.lift_interval);
    put(row, c.lift_p_value);
    put(row, c.standard_error);
    put(row, c.statistic);
    put(row, c.degrees_of_freedom);
}

Proportion proportion_argument(FunctionCallInfo fcinfo, int first)
{
    return {PG_GETARG_INT64(first), PG_GETARG_INT64(first + 1)};
}

/** Moments as six arguments of a composite type, analytics.metric_moments. */
Moments moments_argument(FunctionCallInfo fcinfo, int argument)
{
    HeapTupleHeader value = PG_GETARG_HEAPTUPLEHEADER(argument);
    double numbers[5];
    bool null = false;
    const Datum n = GetAttributeByNum(value, 1, &null);
    Moments m;
    m.n = null ? 0 : static_cast<double>(DatumGetInt64(n));
    for (int i = 0; i < 5; ++i) {
        const Datum number = GetAttributeByNum(value, static_cast<AttrNumber>(i + 2), &null);
        // What SQL's aggregates do not know of so few rows.
        numbers[i] = null ? 0 : DatumGetFloat8(number);
    }
    m.mean = numbers[0];
    m.variance = numbers[1];
    m.other_mean = numbers[2];
    m.other_variance = numbers[3];
    m.covariance = numbers[4];
    return m;
}

Design design_argument(FunctionCallInfo fcinfo, int first)
{
    return {PG_GETARG_FLOAT8(first), PG_GETARG_FLOAT8(first + 1), PG_GETARG_FLOAT8(first + 2)};
}

void put_sizes(RowWriter& row, double n, double ratio)
{
    constexpr double most = 9e18;
    if (!(n < most) || !(n * ratio < most)) {
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("no experiment can be that large"),
                        errhint("The effect is too small for these rates and errors.")));
    }
    row.integer(static_cast<std::int64_t>(std::ceil(n)))
        .integer(static_cast<std::int64_t>(std::ceil(n * ratio)))
        .number(n)
        .end_row();
}

}  // namespace

MARKETING_FUNCTION(proportion_interval)
{
    RowWriter row(fcinfo);
    const Proportion p = proportion_argument(fcinfo, 0);
    const double confidence = PG_GETARG_FLOAT8(2);
    const std::string_view method = postgres::text_argument(fcinfo, 3);
    ConfidenceInterval interval;
    postgres::run_kernel(
        [&] { interval = experiments::proportion_interval(p, confidence, experiments::find_proportion_method(method)); });
    put(row, p.trials == 0 ? experiments::unknown : static_cast<double>(p.successes) / static_cast<double>(p.trials));
    put(row, interval).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_proportions)
{
    RowWriter row(fcinfo);
    const Proportion a = proportion_argument(fcinfo, 0);
    const Proportion b = proportion_argument(fcinfo, 2);
    const double confidence = PG_GETARG_FLOAT8(4);
    const std::string_view method = postgres::text_argument(fcinfo, 5);
    experiments::ProportionComparison c;
    postgres::run_kernel([&] {
        c = experiments::compare_proportions(a, b, confidence, experiments::find_difference_method(method),
                                             postgres::stop_flag());
    });
    put_comparison(row, c);
    put(row, c.p_exact).text(c.reason).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_means)
{
    RowWriter row(fcinfo);
    const Moments a{static_cast<double>(PG_GETARG_INT64(0)), PG_GETARG_FLOAT8(1), PG_GETARG_FLOAT8(2)};
    const Moments b{static_cast<double>(PG_GETARG_INT64(3)), PG_GETARG_FLOAT8(4), PG_GETARG_FLOAT8(5)};
    const double confidence = PG_GETARG_FLOAT8(6);
    Comparison c;
    postgres::run_kernel([&] { c = experiments::compare_means(a, b, confidence); });
    put_comparison(row, c);
    row.text(c.reason).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_ratios)
{
    RowWriter row(fcinfo);
    const Moments a = moments_argument(fcinfo, 0);
    const Moments b = moments_argument(fcinfo, 1);
    const double confidence = PG_GETARG_FLOAT8(2);
    Comparison c;
    postgres::run_kernel([&] { c = experiments::compare_ratios(a, b, confidence); });
    put_comparison(row, c);
    row.text(c.reason).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_cuped)
{
    RowWriter row(fcinfo);
    const Moments a = moments_argument(fcinfo, 0);
    const Moments b = moments_argument(fcinfo, 1);
    const double confidence = PG_GETARG_FLOAT8(2);
    experiments::AdjustedComparison c;
    postgres::run_kernel([&] { c = experiments::compare_cuped(a, b, confidence); });
    put_comparison(row, c);
    put(row, c.theta);
    put(row, c.variance_reduction).text(c.reason).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_bayes)
{
    RowWriter row(fcinfo);
    const Proportion a = proportion_argument(fcinfo, 0);
    const Proportion b = proportion_argument(fcinfo, 2);
    const double prior_successes = PG_GETARG_FLOAT8(4);
    const double prior_failures = PG_GETARG_FLOAT8(5);
    const double confidence = PG_GETARG_FLOAT8(6);
    experiments::BayesianComparison c;
    postgres::run_kernel([&] { c = experiments::compare_bayesian(a, b, prior_successes, prior_failures, confidence); });
    put(row, c.p_b_better);
    put(row, c.expected_loss_a);
    put(row, c.expected_loss_b);
    put(row, c.rate_a);
    put(row, c.rate_a_interval);
    put(row, c.rate_b);
    put(row, c.rate_b_interval).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_sequential)
{
    RowWriter row(fcinfo);
    const double difference = PG_GETARG_FLOAT8(0);
    const double standard_error = PG_GETARG_FLOAT8(1);
    const double n = static_cast<double>(PG_GETARG_INT64(2));
    const double confidence = PG_GETARG_FLOAT8(3);
    const double tightest_at = PG_GETARG_FLOAT8(4);
    experiments::SequentialResult result;
    postgres::run_kernel([&] { result = experiments::sequential(difference, standard_error, n, confidence, tightest_at); });
    put(row, result.interval);
    put(row, result.p_value).end_row();
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_sample_size)
{
    RowWriter row(fcinfo);
    const double rate = PG_GETARG_FLOAT8(0);
    const double effect = PG_GETARG_FLOAT8(1);
    const Design design = design_argument(fcinfo, 2);
    const std::string_view method = postgres::text_argument(fcinfo, 5);
    double n = 0;
    postgres::run_kernel(
        [&] { n = experiments::size_for_proportions(rate, effect, design, experiments::find_size_method(method)); });
    put_sizes(row, n, design.ratio);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_sample_size_means)
{
    RowWriter row(fcinfo);
    const double standard_deviation = PG_GETARG_FLOAT8(0);
    const double effect = PG_GETARG_FLOAT8(1);
    const Design design = design_argument(fcinfo, 2);
    double n = 0;
    postgres::run_kernel([&] { n = experiments::size_for_means(standard_deviation, effect, design); });
    put_sizes(row, n, design.ratio);
    return static_cast<Datum>(0);
}

MARKETING_FUNCTION(ab_detectable_effect)
{
    const double rate = PG_GETARG_FLOAT8(0);
    const double n = static_cast<double>(PG_GETARG_INT64(1));
    const Design design = design_argument(fcinfo, 2);
    double effect = 0;
    postgres::run_kernel([&] { effect = experiments::detectable_effect(rate, n, design); });
    if (std::isnan(effect)) {
        PG_RETURN_NULL();
    }
    PG_RETURN_FLOAT8(effect);
}

MARKETING_FUNCTION(ab_sample_ratio)
{
    RowWriter row(fcinfo);
    if (PG_ARGISNULL(0) || PG_ARGISNULL(2)) {
        return static_cast<Datum>(0);
    }
    ArrayType* count_array = PG_GETARG_ARRAYTYPE_P(0);
    if (ARR_NDIM(count_array) > 1 || array_contains_nulls(count_array)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("counts must be a list without NULL")));
    }
    const std::span<const std::int64_t> counts(reinterpret_cast<const std::int64_t*>(ARR_DATA_PTR(count_array)),
                                               ArrayGetNItems(ARR_NDIM(count_array), ARR_DIMS(count_array)));
    const auto weight_array = postgres::float8_array_argument(fcinfo, 1);
    const std::span<const double> weights(weight_array.data, weight_array.size);
    const double alarm = PG_GETARG_FLOAT8(2);
    if (!(alarm > 0 && alarm < 1)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("alarm must be between 0 and 1")));
    }
    experiments::RatioCheck check;
    postgres::run_kernel([&] { check = experiments::check_sample_ratio(counts, weights); });
    put(row, check.chi2).integer(check.degrees_of_freedom);
    put(row, check.p_value);
    if (std::isnan(check.p_value)) {
        row.null();
    } else {
        row.boolean(check.p_value < alarm);
    }
    row.end_row();
    return static_cast<Datum>(0);
}
