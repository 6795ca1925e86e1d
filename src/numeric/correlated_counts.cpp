#include "numeric/correlated_counts.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "numeric/special_functions.hpp"
#include "numeric/square.hpp"

namespace marketing::numeric {

namespace {

constexpr std::int32_t week = 7;
constexpr int em_steps = 60;
/** Before any day is seen, in series: the days of most are independent, or nearly. */
constexpr std::array<double, correlation_count> usual_correlations{0.9, 0.0375, 0.025, 0.02, 0.0125, 0.005};
constexpr double usual_weight = 4;

void scale_to_one(std::vector<double>& weights)
{
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    for (double& weight : weights) {
        weight /= total;
    }
}

void exponentiate(std::vector<double>& logs)
{
    const double top = *std::max_element(logs.begin(), logs.end());
    for (double& log : logs) {
        log = std::exp(log - top);
    }
}

/** What lies at `place` of values at even steps of a logarithm, the first of which is at 0 itself: by a parabola through the nearest three. */
double between(const std::vector<double>& values, double place, double step)
{
    const auto last = static_cast<double>(values.size() - 1);
    if (place < 1) {
        return values[0] + std::exp((place - 1) * step) * (values[1] - values[0]);
    }
    const double middle = std::clamp(std::round(std::min(place, last)), 2.0, last - 1);
    const double off = std::min(place, last) - middle;
    const auto at = static_cast<std::size_t>(middle);
    const double rise = (values[at + 1] - values[at - 1]) / 2;
    const double bend = values[at + 1] - 2 * values[at] + values[at - 1];
    return values[at] + off * (rise + off * bend / 2);
}

/** The common prior of all series: bursts and correlations, taken as independent. */
struct Prior {
    std::vector<double> bursts;
    std::vector<double> correlations{usual_correlations.begin(), usual_correlations.end()};

    /** Turns a likelihood into what is known after it. */
    void update(BurstTable& likelihood) const
    {
        for (std::size_t c = 0; c < correlation_count; ++c) {
            for (std::size_t v = 0; v < bursts.size(); ++v) {
                likelihood.at(c, v) *= correlations[c] * bursts[v];
            }
        }
        scale_to_one(likelihood.cells());
    }
};

Prior prior_of(std::span<const BurstTable> likelihoods, std::size_t values, double open_weight, const kernel::StopFlag& stop)
{
    Prior prior;
    prior.bursts.assign(values, 1.0 / static_cast<double>(values));
    BurstTable posterior(values);
    for (int step = 0; step < em_steps; ++step) {
        stop.poll();
        std::vector<double> bursts(values, open_weight);
        std::vector<double> correlations;
        for (const double usual : usual_correlations) {
            correlations.push_back(usual_weight * usual);
        }
        for (const BurstTable& likelihood : likelihoods) {
            posterior = likelihood;
            prior.update(posterior);
            for (std::size_t c = 0; c < correlation_count; ++c) {
                for (std::size_t v = 0; v < values; ++v) {
                    bursts[v] += posterior.at(c, v);
                    correlations[c] += posterior.at(c, v);
                }
            }
        }
        scale_to_one(bursts);
        scale_to_one(correlations);
        prior.bursts = bursts;
        prior.correlations = correlations;
    }
    return prior;
}

/** What is left of a correlation after so many days; those of most gaps are kept. */
double faded(std::size_t correlation, std::int32_t days)
{
    constexpr std::size_t usual_days = 32;
    static const auto table = [] {
        std::array<std::array<double, usual_days>, correlation_count> powers{};
        for (std::size_t c = 0; c < correlation_count; ++c) {
            for (std::size_t d = 0; d < usual_days; ++d) {
                powers[c][d] = std::pow(correlation_values[c], static_cast<double>(d));
            }
        }
        return powers;
    }();
    const auto place = static_cast<std::uint32_t>(days);
    return place < usual_days ? table[correlation][place] : std::pow(correlation_values[correlation], days);
}

}  // namespace

void CorrelatedSum::add(std::int32_t day, double deviation)
{
    for (std::size_t c = 0; c < correlation_count; ++c) {
        if (carried_[c] != 0) {
            carried_[c] *= faded(c, day - last_);
        }
        variance_[c] += deviation * (deviation + 2 * carried_[c]);
        carried_[c] += deviation;
    }
    last_ = day;
}

void DividedCounts::Division::add(const Part& part, const CorrelatedSum& sum)
{
    parts.push_back(part);
    events += part.events;
    exposure += part.exposure;
    for (std::size_t c = 0; c < correlation_count; ++c) {
        within[c] += sum.variance(c);
    }
}

double DividedCounts::Division::apart(std::size_t correlation) const
{
    const auto n = static_cast<double>(parts.size());
    const double spread = (within[correlation] - whole.variance(correlation) / n) * n / (n - 1);
    return std::max(spread / square(exposure), 1e-9);
}

// But for what is the same for each size.
double DividedCounts::Division::log_likelihood(double size) const
{
    double log = std::isinf(size) ? 0 : -log_rising(size, events);
    for (const Part& part : parts) {
        if (part.events > 0) {
            const double share = part.exposure / exposure;
            log += std::isinf(size) ? part.events * std::log(share) : log_rising(size * share, part.events);
        }
    }
    return log;
}

DividedCounts::DividedCounts(std::span<const CountDay> days, std::int32_t last)
{
    std::int32_t of_week = -1;
    Division current;
    for (const CountDay& day : days) {
        const std::int32_t age = (last - day.day) / week;
        if (age != of_week) {
            close(current);
            of_week = age;
        }
        CorrelatedSum alone;
        alone.add(day.day, day.deviation);
        current.whole.add(day.day, day.deviation);
        current.add({day.events, day.exposure}, alone);
        weeks_.whole.add(day.day, day.deviation);
    }
    close(current);
    if (weeks_.parts.size() > 1 && weeks_.events > 1) {
        divisions_.push_back(weeks_);
    }
}

// A single event, or a single day, falls as it falls.
void DividedCounts::close(Division& current)
{
    if (!current.parts.empty()) {
        weeks_.add({current.events, current.exposure}, current.whole);
        if (current.parts.size() > 1 && current.events > 1) {
            divisions_.push_back(current);
        }
    }
    current = {};
}

// Computed without correlation; with it, each division is as one of another scale, which lies between two that are known.
void DividedCounts::add_log_likelihoods(std::span<const double> scales, BurstTable& logs) const
{
    const double step = std::log(scales[2] / scales[1]);
    std::vector<double> alone(scales.size());
    for (const Division& division : divisions_) {
        const double apart = division.apart(0);
        std::transform(scales.begin(), scales.end(), alone.begin(),
                       [&](double scale) { return division.log_likelihood(1 / (scale * apart)); });
        for (std::size_t c = 0; c < correlation_count; ++c) {
            const double shift = std::log(division.apart(c) / apart) / step;
            logs.at(c, 0) += alone[0];
            for (std::size_t v = 1; v < scales.size(); ++v) {
                logs.at(c, v) += between(alone, static_cast<double>(v) + shift, step);
            }
        }
    }
}

BurstTable log_likelihoods(const DividedCounts& counts, std::span<const double> scales)
{
    BurstTable logs(scales.size());
    counts.add_log_likelihoods(scales, logs);
    return logs;
}

BurstTable learn(std::span<BurstTable> tables, std::size_t values, double open_weight, const kernel::StopFlag& stop)
{
    for (BurstTable& table : tables) {
        exponentiate(table.cells());
    }
    const Prior prior = prior_of(tables, values, open_weight, stop);
    for (BurstTable& table : tables) {
        prior.update(table);
    }
    BurstTable unseen(values);
    std::fill(unseen.cells().begin(), unseen.cells().end(), 1);
    prior.update(unseen);
    return unseen;
}

}  // namespace marketing::numeric
