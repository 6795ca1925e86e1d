// Binding of what looks at a whole sample or series at once: stl, gesd, tukey_outliers, peaks_over_threshold.

#include <cmath>
#include <span>

#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "series/gesd.hpp"
#include "series/peaks.hpp"
#include "series/stl.hpp"

namespace series = marketing::series;
namespace postgres = marketing::postgres;

MARKETING_ROWS(stl, in, rows)
{
    const auto figures = in.optional_array<double>("figures");
    series::StlOptions options;
    options.period = in.get<std::int32_t>("period");
    options.robust = in.get<bool>("robust");
    options.seasonal_window = in.value_or("seasonal_window", 0);
    options.trend_window = in.value_or("trend_window", 0);
    options.low_pass_window = in.value_or("low_pass_window", 0);
    options.seasonal_degree = in.get<std::int32_t>("seasonal_degree");
    options.trend_degree = in.get<std::int32_t>("trend_degree");
    options.low_pass_degree = options.trend_degree;
    if (figures.data() == nullptr) {
        return;
    }
    std::span<const double> seasonal, trend, remainder, weight;
    postgres::run_kernel([&] {
        const series::StlParts parts = series::stl(figures, options, postgres::stop_flag());
        seasonal = postgres::keep(parts.seasonal);
        trend = postgres::keep(parts.trend);
        remainder = postgres::keep(parts.remainder);
        weight = postgres::keep(parts.weight);
    });
    for (std::size_t i = 0; i < figures.size(); ++i) {
        rows.row(i + 1, figures[i], seasonal[i], trend[i], remainder[i], weight[i]);
    }
}

MARKETING_ROWS(gesd, in, rows)
{
    const auto figures = in.optional_array<double>("figures");
    series::GesdOptions options;
    options.max_share = in.get<double>("max_share");
    options.alpha = in.get<double>("alpha");
    options.direction = in.choice("direction", series::find_direction);
    options.robust = in.get<bool>("robust");
    const int period = in.value_or("period", 0);
    const auto candidates =
        postgres::run_kernel([&] { return series::find_outliers(figures, period, options, postgres::stop_flag()); });
    for (const auto& [step, expected] : candidates) {
        rows.row(step.position + 1, figures[step.position], expected, step.statistic, step.critical, step.outlier);
    }
}

MARKETING_ROWS(tukey_outliers, in, rows)
{
    const auto figures = in.optional_array<double>("figures");
    const double k = in.get<double>("k");
    const double lower_quantile = in.get<double>("lower_quantile");
    const double upper_quantile = in.get<double>("upper_quantile");
    if (figures.data() == nullptr) {
        return;
    }
    const auto fences = postgres::run_kernel([&] { return series::tukey_fences(figures, k, lower_quantile, upper_quantile); });
    for (std::size_t i = 0; i < figures.size(); ++i) {
        rows.row(i + 1, figures[i], fences.lower, fences.upper, fences.score(figures[i]),
                 postgres::only_if(!std::isnan(figures[i]), fences.beyond(figures[i]) != 0));
    }
}

MARKETING_ROWS(peaks_over_threshold, in, rows)
{
    const auto figures = in.optional_array<double>("figures");
    const double level = in.get<double>("level");
    const double risk = in.get<double>("risk");
    series::PeaksFit fit{};
    const double limit = postgres::run_kernel([&] {
        fit = series::fit_peaks(figures, level);
        return series::exceeded_with(fit, risk);
    });
    rows.row(limit, fit.threshold, fit.shape, fit.scale, fit.count, fit.peaks);
}
