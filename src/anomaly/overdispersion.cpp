#include "anomaly/overdispersion.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace marketing::anomaly {
namespace {

// Beyond this the sums take long, and a continuous distribution of the same mean and variance does as well.
constexpr double most_summed = 20000;
constexpr int em_steps = 60;
// What each dispersion weighs in the prior beside the series; a single series is left nearly open.
constexpr double open_weight = 0.5;
constexpr double negligible = 1e-5;

DispersionWeights make_dispersion_values() noexcept
{
    DispersionWeights values{};
    values[0] = 1;
    for (std::size_t i = 1; i < dispersion_steps; ++i) {
        values[i] = 1 + 0.2 * std::pow(5000.0, static_cast<double>(i - 1) / static_cast<double>(dispersion_steps - 2));
    }
    return values;
}

/** ln(gamma(a + x) / gamma(a)). */
double log_rising(double a, double x)
{
    if (x < 8 && x == std::floor(x)) {
        double product = 1;
        for (double i = 0; i < x; ++i) {
            product *= a + i;
        }
        return std::log(product);
    }
    return std::lgamma(a + x) - std::lgamma(a);
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
    const double mass = std::exp(std::lgamma(total + 1) - std::lgamma(hits + 1) - std::lgamma(misses + 1) +
                                 log_rising(a, hits) + log_rising(b, misses) - log_rising(a + b, total));
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

DispersionWeights likelihood_of_dispersion(std::span<const double> events, std::span<const double> exposure, double rate)
{
    double sum = 0;
    double weight = 0;
    double at_random = 0;
    for (std::size_t i = 0; i < events.size(); ++i) {
        sum += events[i];
        weight += exposure[i];
    }
    DispersionWeights logs{};
    if (!(sum > 0) || !(rate > 0)) {
        logs.fill(1);
        return logs;
    }
    for (std::size_t i = 0; i < events.size(); ++i) {
        at_random += events[i] > 0 ? events[i] * std::log(exposure[i] / weight) : 0;
    }
    logs[0] = at_random;
    for (std::size_t step = 1; step < dispersion_steps; ++step) {
        const double shape = rate / (dispersion_values()[step] - 1);
        double log = -log_rising(shape * weight, sum);
        for (std::size_t i = 0; i < events.size(); ++i) {
            log += events[i] > 0 ? log_rising(shape * exposure[i], events[i]) : 0;
        }
        logs[step] = log;
    }
    const double best = *std::max_element(logs.begin(), logs.end());
    for (double& log : logs) {
        log = std::exp(log - best);
    }
    return logs;
}

DispersionWeights prior_of_dispersion(std::span<const DispersionWeights> likelihoods)
{
    DispersionWeights prior{};
    prior.fill(1.0 / dispersion_steps);
    for (int i = 0; i < em_steps; ++i) {
        DispersionWeights sums{};
        sums.fill(open_weight);
        for (const DispersionWeights& likelihood : likelihoods) {
            const DispersionWeights posterior = posterior_of_dispersion(likelihood, prior);
            for (std::size_t step = 0; step < dispersion_steps; ++step) {
                sums[step] += posterior[step];
            }
        }
        const double total = std::accumulate(sums.begin(), sums.end(), 0.0);
        for (std::size_t step = 0; step < dispersion_steps; ++step) {
            prior[step] = sums[step] / total;
        }
    }
    return prior;
}

DispersionWeights posterior_of_dispersion(const DispersionWeights& likelihood, const DispersionWeights& prior)
{
    DispersionWeights posterior{};
    double total = 0;
    for (std::size_t step = 0; step < dispersion_steps; ++step) {
        posterior[step] = likelihood[step] * prior[step];
        total += posterior[step];
    }
    for (double& weight : posterior) {
        weight /= total;
    }
    return posterior;
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
