// Binding of the statistics of A/B experiments: each function gives one row.

#include "experiments/experiments.hpp"

#include <cmath>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace experiments = marketing::experiments;
namespace postgres = marketing::postgres;

using experiments::Comparison;
using experiments::ConfidenceInterval;
using experiments::Design;
using experiments::Inference;
using experiments::Moments;
using experiments::Proportion;

namespace {

/** The columns that all comparisons share, but for the reason, which is the last one. */
postgres::RowWriter& add_comparison(postgres::RowWriter& row, const Comparison& c)
{
    return row.add(c.estimate_a, c.estimate_b, c.difference, c.difference_interval.low, c.difference_interval.high, c.p_value,
                   c.lift, c.lift_interval.low, c.lift_interval.high, c.lift_p_value, c.standard_error, c.statistic,
                   c.degrees_of_freedom);
}

/** A value of type analytics.metric_moments. What SQL's aggregates do not know of so few rows is 0. */
Moments moments_argument(postgres::Arguments& in, const char* name)
{
    const postgres::Columns given(in.get<HeapTupleHeader>(name));
    const auto number = [&given](const char* column) { return given.optional<double>(column).value_or(0); };
    return {static_cast<double>(given.optional<std::int64_t>("n").value_or(0)),
            number("mean"),
            number("variance"),
            number("other_mean"),
            number("other_variance"),
            number("covariance")};
}

/** What SQL's aggregates say of the units of an arm: of none there is no mean, of one no variance. */
struct Aggregates {
    std::optional<std::int64_t> n;
    std::optional<double> mean;
    std::optional<double> variance;
};

/** What they do not know of so few units is 0; nothing where another one is NULL. */
std::optional<Moments> moments_of(const Aggregates& arm)
{
    if (!arm.n || (*arm.n >= 1 && !arm.mean) || (*arm.n >= 2 && !arm.variance)) {
        return std::nullopt;
    }
    return Moments{static_cast<double>(*arm.n), *arm.n < 1 ? 0 : *arm.mean, *arm.n < 2 ? 0 : *arm.variance};
}

/** The last arguments of a comparison that has no others between them. */
Inference inference_arguments(postgres::Arguments& in)
{
    const double confidence = in.get<double>("confidence");
    return {confidence, in.choice("alternative", marketing::numeric::find_alternative)};
}

/** Moments of several groups of one arm, a list per figure. */
struct MomentLists {
    std::span<const std::int64_t> n;
    std::span<const double> mean;
    std::span<const double> variance;

    [[nodiscard]] std::vector<Moments> read(std::size_t expected) const
    {
        marketing::kernel::require_valid(n.size() == expected && mean.size() == expected && variance.size() == expected,
                                         "all lists must have the same length");
        std::vector<Moments> moments;
        for (std::size_t i = 0; i < expected; ++i) {
            const auto count = static_cast<double>(n[i]);
            // What SQL's aggregates do not know of so few rows.
            moments.push_back({count, count < 1 ? 0 : mean[i], count < 2 ? 0 : variance[i]});
        }
        return moments;
    }
};

Design design_arguments(postgres::Arguments& in)
{
    return {in.get<double>("significance"), in.get<double>("power"), in.get<double>("ratio")};
}

void write_sizes(postgres::RowWriter& row, double n, const Design& design)
{
    const auto size = postgres::run_kernel([&] { return experiments::whole_sizes(n, design); });
    row.row(size.n_a, size.n_b, n);
}

}  // namespace

MARKETING_ROWS(proportion_interval, in, row)
{
    const Proportion p{in.get<std::int64_t>("successes"), in.get<std::int64_t>("trials")};
    const double confidence = in.get<double>("confidence");
    const auto method = in.choice("method", experiments::find_proportion_method);
    const auto interval = postgres::run_kernel([&] { return experiments::proportion_interval(p, confidence, method); });
    row.row(p.rate(), interval.low, interval.high);
}

MARKETING_ROWS(ab_proportions, in, row)
{
    const Proportion a{in.get<std::int64_t>("successes_a"), in.get<std::int64_t>("trials_a")};
    const Proportion b{in.get<std::int64_t>("successes_b"), in.get<std::int64_t>("trials_b")};
    const double confidence = in.get<double>("confidence");
    const auto method = in.choice("method", experiments::find_difference_method);
    const Inference inference{confidence, in.choice("alternative", marketing::numeric::find_alternative)};
    const auto c = postgres::run_kernel([&] { return experiments::compare_proportions(a, b, inference, method); });
    add_comparison(row, c).row(c.p_exact, c.reason);
}

MARKETING_ROWS(ab_means, in, row)
{
    const auto a =
        moments_of({in.optional<std::int64_t>("n_a"), in.optional<double>("mean_a"), in.optional<double>("variance_a")});
    const auto b =
        moments_of({in.optional<std::int64_t>("n_b"), in.optional<double>("mean_b"), in.optional<double>("variance_b")});
    const Inference inference = inference_arguments(in);
    if (!a || !b) {
        return;
    }
    const auto c = postgres::run_kernel([&] { return experiments::compare_means(*a, *b, inference); });
    add_comparison(row, c).row(c.reason);
}

MARKETING_ROWS(ab_ratios, in, row)
{
    const Moments a = moments_argument(in, "a");
    const Moments b = moments_argument(in, "b");
    const Inference inference = inference_arguments(in);
    const auto c = postgres::run_kernel([&] { return experiments::compare_ratios(a, b, inference); });
    add_comparison(row, c).row(c.reason);
}

MARKETING_ROWS(ab_cuped, in, row)
{
    const Moments a = moments_argument(in, "a");
    const Moments b = moments_argument(in, "b");
    const Inference inference = inference_arguments(in);
    const auto c = postgres::run_kernel([&] { return experiments::compare_cuped(a, b, inference); });
    add_comparison(row, c).row(c.theta, c.variance_reduction, c.reason);
}

MARKETING_ROWS(ab_stratified, in, row)
{
    const MomentLists a{in.array<std::int64_t>("n_a"), in.array<double>("mean_a"), in.array<double>("variance_a")};
    const MomentLists b{in.array<std::int64_t>("n_b"), in.array<double>("mean_b"), in.array<double>("variance_b")};
    const Inference inference = inference_arguments(in);
    const auto c = postgres::run_kernel(
        [&] { return experiments::compare_stratified(a.read(a.n.size()), b.read(a.n.size()), inference); });
    add_comparison(row, c).row(c.reason);
}

MARKETING_ROWS(ab_winsorised_means, in, row)
{
    const auto a = in.array<double>("figures_a");
    const auto b = in.array<double>("figures_b");
    const double lower = in.get<double>("lower_quantile");
    const double upper = in.get<double>("upper_quantile");
    const Inference inference = inference_arguments(in);
    const auto c = postgres::run_kernel([&] { return experiments::compare_winsorised(a, b, lower, upper, inference); });
    add_comparison(row, c).row(c.caps.low, c.caps.high, c.reason);
}

MARKETING_ROWS(ab_quantiles, in, row)
{
    experiments::Sample a;
    experiments::Sample b;
    a.values = in.array<double>("figures_a");
    b.values = in.array<double>("figures_b");
    const double probability = in.get<double>("probability");
    a.units = in.optional_array<std::string_view>("units_a");
    b.units = in.optional_array<std::string_view>("units_b");
    const Inference inference = inference_arguments(in);
    const auto c = postgres::run_kernel([&] { return experiments::compare_quantiles(a, b, probability, inference); });
    add_comparison(row, c).row(c.reason);
}

MARKETING_ROWS(ab_timeline, in, rows)
{
    const auto dates = in.array<postgres::Date>("days");
    const MomentLists a{in.array<std::int64_t>("n_a"), in.array<double>("mean_a"), in.array<double>("variance_a")};
    const MomentLists b{in.array<std::int64_t>("n_b"), in.array<double>("mean_b"), in.array<double>("variance_b")};
    const double confidence = in.get<double>("confidence");
    const double tightest_at = in.get<double>("tightest_at");
    const Inference inference{confidence, in.choice("alternative", marketing::numeric::find_alternative)};
    const auto points = postgres::run_kernel([&] {
        const std::vector<Moments> of_a = a.read(dates.size());
        const std::vector<Moments> of_b = b.read(dates.size());
        std::vector<experiments::DayOfExperiment> added;
        for (std::size_t i = 0; i < dates.size(); ++i) {
            added.push_back({dates[i], of_a[i], of_b[i]});
        }
        return experiments::timeline(added, inference, tightest_at);
    });
    for (const auto& p : points) {
        const Comparison& c = p.comparison;
        const auto date_of = [](std::int32_t day) { return postgres::Date{day}; };
        rows.row(date_of(p.day), static_cast<std::int64_t>(p.n_a), static_cast<std::int64_t>(p.n_b), c.estimate_a, c.estimate_b,
                 c.difference, c.difference_interval.low, c.difference_interval.high, c.p_value, c.lift, c.lift_interval.low,
                 c.lift_interval.high, p.decided_on ? std::optional(date_of(*p.decided_on)) : std::nullopt, c.reason);
    }
}

MARKETING_ROWS(ab_bayes_means, in, row)
{
    const auto a =
        moments_of({in.optional<std::int64_t>("n_a"), in.optional<double>("mean_a"), in.optional<double>("variance_a")});
    const auto b =
        moments_of({in.optional<std::int64_t>("n_b"), in.optional<double>("mean_b"), in.optional<double>("variance_b")});
    const double prior = in.value_or("prior_deviation", std::numeric_limits<double>::infinity());
    const double confidence = in.get<double>("confidence");
    if (!a || !b) {
        return;
    }
    const auto c = postgres::run_kernel([&] { return experiments::compare_bayesian_means(*a, *b, prior, confidence); });
    row.row(c.p_b_better, c.expected_loss_a, c.expected_loss_b, c.mean, c.interval.low, c.interval.high, c.reason);
}

MARKETING_ROWS(ab_bayes, in, row)
{
    const Proportion a{in.get<std::int64_t>("successes_a"), in.get<std::int64_t>("trials_a")};
    const Proportion b{in.get<std::int64_t>("successes_b"), in.get<std::int64_t>("trials_b")};
    const double prior_successes = in.get<double>("prior_successes");
    const double prior_failures = in.get<double>("prior_failures");
    const double confidence = in.get<double>("confidence");
    const auto c =
        postgres::run_kernel([&] { return experiments::compare_bayesian(a, b, prior_successes, prior_failures, confidence); });
    row.row(c.p_b_better, c.expected_loss_a, c.expected_loss_b, c.rate_a, c.rate_a_interval.low, c.rate_a_interval.high,
            c.rate_b, c.rate_b_interval.low, c.rate_b_interval.high);
}

MARKETING_ROWS(ab_sequential, in, row)
{
    const double difference = in.get<double>("difference");
    const double standard_error = in.get<double>("standard_error");
    const auto n = static_cast<double>(in.get<std::int64_t>("n"));
    const double confidence = in.get<double>("confidence");
    const double tightest_at = in.get<double>("tightest_at");
    const Inference inference{confidence, in.choice("alternative", marketing::numeric::find_alternative)};
    const auto found =
        postgres::run_kernel([&] { return experiments::sequential(difference, standard_error, n, inference, tightest_at); });
    row.row(found.interval.low, found.interval.high, found.p_value);
}

MARKETING_ROWS(ab_sample_size, in, row)
{
    const double rate = in.get<double>("rate");
    const double effect = in.get<double>("effect");
    const Design design = design_arguments(in);
    const auto method = in.choice("method", experiments::find_size_method);
    write_sizes(row, postgres::run_kernel([&] { return experiments::size_for_proportions(rate, effect, design, method); }),
                design);
}

MARKETING_ROWS(ab_sample_size_means, in, row)
{
    const double standard_deviation = in.get<double>("standard_deviation");
    const double effect = in.get<double>("effect");
    const Design design = design_arguments(in);
    write_sizes(row, postgres::run_kernel([&] { return experiments::size_for_means(standard_deviation, effect, design); }),
                design);
}

MARKETING_FUNCTION(ab_detectable_effect)
{
    postgres::Arguments in(fcinfo);
    const double rate = in.get<double>("rate");
    const auto n = static_cast<double>(in.get<std::int64_t>("n_a"));
    const Design design = design_arguments(in);
    const double effect = postgres::run_kernel([&] { return experiments::detectable_effect(rate, n, design); });
    if (std::isnan(effect)) {
        PG_RETURN_NULL();
    }
    return postgres::number_datum(effect);
}

MARKETING_ROWS(ab_sample_ratio, in, row)
{
    const auto counts = in.optional_array<std::int64_t>("counts");
    const auto weights = in.optional_array<double>("weights");
    const auto alarm = in.optional<double>("alarm");
    if (counts.data() == nullptr || !alarm) {
        return;
    }
    const auto check = postgres::run_kernel([&] { return experiments::check_sample_ratio(counts, weights, *alarm); });
    row.row(check.chi2, check.degrees_of_freedom, check.p_value, check.mismatch);
}
