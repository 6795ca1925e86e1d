#include "anomaly/overdispersion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "numeric/special_functions.hpp"

namespace marketing::anomaly {
namespace {

// Beyond this the sums take long, and a continuous distribution of the same mean and variance does as well.
constexpr double most_summed = 20000;
// Of ln(dispersion - 1), from one value to the next.
const double log_step = std::log(5000.0) / static_cast<double>(dispersion_steps - 2);
constexpr double negligible = 1e-5;

DispersionWeights make_dispersion_values() noexcept
{
    DispersionWeights values{};
    values[0] = 1;
    for (std::size_t i = 1; i < dispersion_steps; ++i) {
        values[i] = 1 + 0.2 * std::exp(log_step * static_cast<double>(i - 1));
    }
    return values;
}

/** The share of the total is spread like a beta variable of the mean and variance of the count. */
numeric::Tails continuous_tails(double hits, double total, double a, double b)
{
    const double spread = (total + a + b) / (1 + a + b);
    const double probability = a / (a + b);
    return numeric::binomial_tails(hits / spread, (total - hits) / spread, probability);
}

}  // namespace

const DispersionWeights& dispersion_values() noexcept
{
    static const DispersionWeights values = make_dispersion_values();
    return values;
}

numeric::Tails beta_binomial_tails(double hits, double total, double a, double b)
{
    if (total > most_summed || hits != std::floor(hits) || total != std::floor(total)) {
        return continuous_tails(hits, total, a, b);
    }
    const double misses = total - hits;
    const double mass =
        std::exp(std::lgamma(total + 1) - std::lgamma(hits + 1) - std::lgamma(misses + 1) + numeric::log_rising(a, hits) +
                 numeric::log_rising(b, misses) - numeric::log_rising(a + b, total));
    // Outwards from the count, in the direction of the smaller tail.
    const bool upwards = hits * b > misses * a;
    double tail = 0;
    double term = mass;
    double here = upwards ? misses : hits;
    double there = upwards ? hits : misses;
    const double shape_here = upwards ? b : a;
    const double shape_there = upwards ? a : b;
    while (here > 0 && term > 1e-17 * tail) {
        term *= here / (there + 1) * (there + shape_there) / (here - 1 + shape_here);
        tail += term;
        --here;
        ++there;
    }
    const double smaller = std::min(1.0, tail + mass / 2);
    return upwards ? numeric::Tails{smaller, 1 - smaller} : numeric::Tails{1 - smaller, smaller};
}

DispersionWeights scales_of(double rate)
{
    DispersionWeights scales{};
    std::transform(dispersion_values().begin(), dispersion_values().end(), scales.begin(),
                   [rate](double dispersion) { return (dispersion - 1) / rate; });
    return scales;
}

DispersionWeights dispersion_of_days(const numeric::BurstTable& table)
{
    DispersionWeights weights{};
    for (std::size_t c = 0; c < numeric::correlation_count; ++c) {
        for (std::size_t step = 0; step < dispersion_steps; ++step) {
            weights[step] += table.at(c, step);
        }
    }
    return weights;
}

DispersionWeights dispersion_of_contrast(const numeric::BurstTable& table, const numeric::CorrelatedSum& contrast)
{
    constexpr auto last = static_cast<double>(dispersion_steps - 1);
    DispersionWeights weights{};
    for (std::size_t c = 0; c < numeric::correlation_count; ++c) {
        weights[0] += table.at(c, 0);
        const double larger = std::log(contrast.variance(c) / contrast.variance(0)) / log_step;
        for (std::size_t step = 1; step < dispersion_steps; ++step) {
            // Between two values, in proportion.
            const double place = std::clamp(static_cast<double>(step) + larger, 1.0, last);
            const auto below = static_cast<std::size_t>(std::min(place, last - 1));
            const double part = place - static_cast<double>(below);
            weights[below] += (1 - part) * table.at(c, step);
            weights[below + 1] += part * table.at(c, step);
        }
    }
    return weights;
}

DispersionWeights more_dispersed(const DispersionWeights& weights, double more)
{
    if (!(more > 0)) {
        return weights;
    }
    DispersionWeights result{};
    for (std::size_t step = 0; step < dispersion_steps; ++step) {
        // Between two values, in proportion.
        const double value = dispersion_values()[step] + more;
        const auto above = std::lower_bound(dispersion_values().begin(), dispersion_values().end(), value);
        if (above == dispersion_values().end()) {
            result.back() += weights[step];
            continue;
        }
        const auto next = static_cast<std::size_t>(above - dispersion_values().begin());
        const double part = (value - *(above - 1)) / (*above - *(above - 1));
        result[next - 1] += (1 - part) * weights[step];
        result[next] += part * weights[step];
    }
    return result;
}

double typical_dispersion(const DispersionWeights& weights)
{
    double log = 0;
    for (std::size_t step = 0; step < dispersion_steps; ++step) {
        log += weights[step] * std::log(dispersion_values()[step]);
    }
    return std::exp(log);
}

numeric::Tails overdispersed_tails(const Rate& current, const Rate& baseline, double ratio, const DispersionWeights& posterior)
{
    const double total = current.events + baseline.events;
    const double scaled = ratio * current.exposure;
    if (!(total > 0)) {
        return {0.5, 0.5};
    }
    const double rate = total / (scaled + baseline.exposure);
    numeric::Tails mean{0, 0};
    for (std::size_t step = 0; step < dispersion_steps; ++step) {
        if (posterior[step] < negligible) {
            continue;
        }
        const double shape = rate / (dispersion_values()[step] - 1);
        const numeric::Tails tails =
            step == 0 ? numeric::binomial_tails(current.events, baseline.events, scaled / (scaled + baseline.exposure))
                      : beta_binomial_tails(current.events, total, shape * scaled, shape * baseline.exposure);
        mean.more += posterior[step] * tails.more;
        mean.fewer += posterior[step] * tails.fewer;
    }
    return mean;
}

}  // namespace marketing::anomaly
