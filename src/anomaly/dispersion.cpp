#include "anomaly/dispersion.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"
#include "numeric/quantile.hpp"
#include "numeric/special_functions.hpp"

namespace marketing::anomaly {
namespace {

// Of fewer series the moments tell nothing.
constexpr std::size_t fewest_series = 10;
constexpr double cautious_df = 5;
constexpr double most_df = 500;
// A series of equal counts has no dispersion; its logarithm must not outweigh all others.
constexpr double least_dispersion = 0.05;

/** The logarithm of a dispersion, less what an estimate of so few degrees of freedom is off by. */
double centred(double dispersion, double df)
{
    return std::log(std::max(dispersion, least_dispersion)) - numeric::digamma(df / 2) + std::log(df / 2);
}

/** The argument at which the trigamma function has this value, by Newton's method on its inverse, which is nearly linear. */
double inverse_trigamma(double value)
{
    if (value > 1e7) {
        return 1 / std::sqrt(value);
    }
    double x = 0.5 + 1 / value;
    for (int i = 0; i < 50; ++i) {
        const double found = numeric::trigamma(x);
        const double step = found * (1 - found / value) / numeric::tetragamma(x);
        x += step;
        if (-step / x < 1e-8) {
            break;
        }
    }
    return x;
}

}  // namespace

Dispersion dispersion(std::span<const double> events, std::span<const double> exposure, int factors)
{
    kernel::require_valid(events.size() == exposure.size(), "events and exposure must be of the same length",
                          "Collect them from the same rows by array_agg().");
    double sum = 0;
    double weight = 0;
    int days = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (exposure[i] > 0 && events[i] >= 0) {
            sum += events[i];
            weight += exposure[i];
            ++days;
        }
    }
    const int df = days - 1 - factors;
    if (df < 1) {
        return {kernel::unknown, 0};
    }
    if (sum == 0) {
        return {1, static_cast<double>(df)};
    }
    const double rate = sum / weight;
    double squares = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        if (exposure[i] > 0 && events[i] >= 0) {
            const double expected = rate * exposure[i];
            squares += (events[i] - expected) * (events[i] - expected) / expected;
        }
    }
    return {squares / df, static_cast<double>(df)};
}

DispersionPrior dispersion_prior(std::span<const double> dispersions, std::span<const double> df)
{
    kernel::require_valid(dispersions.size() == df.size(), "phi and df must be of the same length",
                          "Collect them from the same rows by array_agg().");
    std::vector<double> values;
    std::vector<double> dfs;
    double mean = 0;
    for (std::size_t i = 0; i < dispersions.size(); ++i) {
        if (std::isfinite(dispersions[i]) && std::isfinite(df[i]) && dispersions[i] >= 0 && df[i] > 0) {
            values.push_back(dispersions[i]);
            dfs.push_back(df[i]);
            mean += centred(dispersions[i], df[i]);
        }
    }
    if (values.size() < fewest_series) {
        return {values.empty() ? 1 : std::max(1.0, numeric::median(values)), values.size() < 2 ? 0 : cautious_df};
    }
    const auto count = static_cast<double>(values.size());
    mean /= count;
    // What the estimates vary by beyond what their degrees of freedom explain.
    double excess = 0;
    for (std::size_t i = 0; i < values.size(); ++i) {
        const double distance = centred(values[i], dfs[i]) - mean;
        excess += distance * distance / (count - 1) - numeric::trigamma(dfs[i] / 2) / count;
    }
    const double prior_df = excess > 0 ? std::min(most_df, 2 * inverse_trigamma(excess)) : most_df;
    return {std::exp(mean + numeric::digamma(prior_df / 2) - std::log(prior_df / 2)), prior_df};
}

}  // namespace marketing::anomaly
