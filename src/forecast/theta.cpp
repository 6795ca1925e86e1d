#include "forecast/theta.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "forecast/smoothing.hpp"

namespace marketing::forecast {

namespace {

/** Mean deviation of each weekday from the week around it, the seven adding up
 * to 0. */
std::array<double, week> weekday_deviations(std::span<const double> history)
{
    std::array<double, week> counts{}, sums{};
    for (std::size_t t = week / 2; t + week / 2 < history.size(); ++t) {
        double around = 0;
        for (std::size_t i = t - week / 2; i <= t + week / 2; ++i) {
            around += history[i];
        }
        const double deviation = history[t] - around / static_cast<double>(week);
        if (!std::isnan(deviation)) {
            counts[t % week] += 1;
            sums[t % week] += deviation;
        }
    }
    std::array<double, week> result{};
    double centre = 0;
    for (std::size_t w = 0; w < week; ++w) {
        result[w] = sums[w] / std::max(counts[w], 1.0);
        centre += result[w] / static_cast<double>(week);
    }
    for (double& deviation : result) {
        deviation -= centre;
    }
    return result;
}

/** Simple exponential smoothing from the best initial level, in which each
 * error is linear. */
struct Smoothed {
    double level;
    double squares;
    /** How much of the initial level is left in the last one, and the sum of
   * squares of what is left of it each day. */
    double share_of_start;
    double starts;
};

Smoothed smooth(std::span<const double> values, double alpha)
{
    double from_zero = 0, share_of_start = 1;
    double cross = 0, starts = 0, squares = 0;
    for (const double value : values) {
        if (std::isnan(value)) {
            continue;
        }
        const double error = value - from_zero;
        cross += error * share_of_start;
        starts += share_of_start * share_of_start;
        squares += error * error;
        from_zero += alpha * error;
        share_of_start *= 1 - alpha;
    }
    const double start = cross / starts;
    return {from_zero + share_of_start * start, std::max(0.0, squares - cross * start), share_of_start, starts};
}

/** The line through all figures. */
struct Line {
    double slope = 0;
    /** Of the days around their mean. */
    double squares = 0;
};

/** Its slope is shrunk the more, the less it stands out: a single day does not make a trend. */
Line line_through(const Standardised& data)
{
    double time = 0;
    double counted = 0;
    for (std::size_t t = 0; t < data.values.size(); ++t) {
        if (!std::isnan(data.values[t])) {
            counted += 1;
            time += (static_cast<double>(t) - time) / counted;
        }
    }
    Line line;
    double products = 0;
    double squares = 0;
    for (std::size_t t = 0; t < data.values.size(); ++t) {
        if (!std::isnan(data.values[t])) {
            const double since = static_cast<double>(t) - time;
            products += since * data.values[t];
            line.squares += since * since;
            squares += data.values[t] * data.values[t];
        }
    }
    const double explained = products * products / line.squares;
    const double variance = std::max(squares - explained, rounding(data.known)) / (data.known - 2);
    line.slope = products / line.squares * explained / (explained + variance / data.evidence);
    return line;
}

/** What all smoothings share. */
struct Level {
    Standardised data;  // without weekdays
    std::array<double, week> deviations;
    Line line;
};

Part part_of(const Level& level, double alpha, const Smoothed& smoothed, int horizon)
{
    const auto& [data, deviations, line] = level;
    Part part;
    // Level, slope and six weekdays are estimated.
    part.degrees = std::max(1.0, data.known - 8);
    part.variance =
        smoothed.squares > rounding(data.known) ? smoothed.squares / part.degrees * data.deviation * data.deviation : 0;
    part.response.assign(static_cast<std::size_t>(horizon) + 1, alpha);
    part.response[0] = 1;
    // The initial level, the slope and the seven weekdays.
    part.unknowns = 2 + week;
    part.sway.assign(static_cast<std::size_t>(horizon) * part.unknowns, 0);
    const double start = alpha > 0 ? (1 - std::pow(1 - alpha, data.known)) / alpha : data.known;
    for (std::size_t day = 0; day < static_cast<std::size_t>(horizon); ++day) {
        const std::size_t weekday = (data.values.size() + day) % week;
        const double drifted = (static_cast<double>(day) + start) / 2;
        part.mean.push_back(data.mean + data.deviation * (smoothed.level + line.slope * drifted) + deviations[weekday]);
        double* const sway = &part.sway[day * part.unknowns];
        sway[0] = smoothed.share_of_start / std::sqrt(smoothed.starts);
        sway[1] = drifted / std::sqrt(line.squares);
        sway[2 + weekday] = std::sqrt(static_cast<double>(week) / data.known);
    }
    return part;
}

}  // namespace

Fit fit_theta(std::span<const double> history, int horizon, const kernel::StopFlag& stop)
{
    const auto deviations = weekday_deviations(history);
    std::vector<double> level_only(history.begin(), history.end());
    for (std::size_t t = 0; t < level_only.size(); ++t) {
        level_only[t] -= deviations[t % week];
    }
    const Standardised data(level_only);
    const Level level{data, deviations, line_through(data)};
    std::array<Smoothed, std::size(alphas)> smoothed{};
    std::array<double, std::size(alphas)> log_weights{};
    for (std::size_t i = 0; i < std::size(alphas); ++i) {
        stop.poll();
        smoothed[i] = smooth(data.values, alphas[i].value);
        log_weights[i] = data.log_weight(alphas[i], -std::log(smoothed[i].starts) / 2, smoothed[i].squares);
    }
    const double greatest = std::ranges::max(log_weights);
    Fit fit{Model::theta, {}};
    for (std::size_t i = 0; i < std::size(alphas); ++i) {
        if (log_weights[i] - greatest > negligible) {
            fit.parts.push_back(part_of(level, alphas[i].value, smoothed[i], horizon));
            fit.parts.back().weight = std::exp(log_weights[i] - greatest);
        }
    }
    share_out(fit.parts);
    return fit;
}

}  // namespace marketing::forecast
