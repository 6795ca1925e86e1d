#include "anomaly/dispersion.hpp"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>
#include <limits>

#include "kernel/error.hpp"

namespace marketing::anomaly {
namespace {

// Of fewer series the moments tell nothing.
constexpr std::size_t fewest_series = 10;
constexpr double cautious_df = 5;
constexpr double most_df = 500;
// A series of equal counts has no dispersion; its logarithm must not outweigh all others.
constexpr double least_phi = 0.05;

/** ln phi, less what an estimate of so few degrees of freedom is off by. */
double centred(double phi, double df)
{
    return std::log(std::max(phi, least_phi)) - boost::math::digamma(df / 2) + std::log(df / 2);
}

/** The argument at which the trigamma function has this value, by Newton's method on its inverse, which is nearly linear. */
double inverse_trigamma(double value)
{
    if (value > 1e7) {
        return 1 / std::sqrt(value);
    }
    double x = 0.5 + 1 / value;
    for (int i = 0; i < 50; ++i) {
        const double found = boost::math::trigamma(x);
        const double step = found * (1 - found / value) / boost::math::polygamma(2, x);
        x += step;
        if (-step / x < 1e-8) {
            break;
        }
    }
    return x;
}

double median(std::vector<double> values)
{
    const auto middle = values.begin() + std::ssize(values) / 2;
    std::nth_element(values.begin(), middle, values.end());
    if (values.size() % 2 == 1) {
        return *middle;
    }
    return (*middle + *std::max_element(values.begin(), middle)) / 2;
}

}  // namespace

Dispersion dispersion(std::span<const double> events, std::span<const double> exposure, int factors)
{
    if (events.size() != exposure.size()) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "events and exposure must be of the same length", {},
                            "Collect them from the same rows by array_agg().");
    }
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
        return {std::numeric_limits<double>::quiet_NaN(), 0};
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

DispersionPrior dispersion_prior(std::span<const double> phi, std::span<const double> df)
{
    if (phi.size() != df.size()) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "phi and df must be of the same length", {},
                            "Collect them from the same rows by array_agg().");
    }
    std::vector<double> phis;
    std::vector<double> dfs;
    double mean = 0;
    for (std::size_t i = 0; i < phi.size(); ++i) {
        if (std::isfinite(phi[i]) && std::isfinite(df[i]) && phi[i] >= 0 && df[i] > 0) {
            phis.push_back(phi[i]);
            dfs.push_back(df[i]);
            mean += centred(phi[i], df[i]);
        }
    }
    if (phis.size() < fewest_series) {
        return {phis.empty() ? 1 : std::max(1.0, median(phis)), phis.size() < 2 ? 0 : cautious_df};
    }
    const auto count = static_cast<double>(phis.size());
    mean /= count;
    // What the estimates vary by beyond what their degrees of freedom explain.
    double excess = 0;
    for (std::size_t i = 0; i < phis.size(); ++i) {
        const double distance = centred(phis[i], dfs[i]) - mean;
        excess += distance * distance / (count - 1) - boost::math::trigamma(dfs[i] / 2) / count;
    }
    const double prior_df = excess > 0 ? std::min(most_df, 2 * inverse_trigamma(excess)) : most_df;
    return {std::exp(mean + boost::math::digamma(prior_df / 2) - std::log(prior_df / 2)), prior_df};
}

Dispersion shrink(const Dispersion& own, const DispersionPrior& prior)
{
    const double df = prior.df + own.df;
    if (!(df > 0)) {
        return {1, 1};
    }
    const double own_part = own.df > 0 ? own.df * own.phi : 0;
    return {std::max(1.0, (prior.df * prior.phi + own_part) / df), df};
}

}  // namespace marketing::anomaly
