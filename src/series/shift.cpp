#include "series/shift.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

namespace marketing::series {
namespace {

constexpr double most_surprising = 3;  // deviations that one reading may add, so that a spike is no shift
constexpr std::size_t longest_lag = 10;
constexpr std::size_t shortest_drift = 7;  // readings
constexpr double clearly = 0.7;            // by how many squared deviations more a slope explains than a step does

/** What readings say of a change that grows by `slope` from each to the next: how much of their squares it explains. */
struct Sums {
    double off = 0;
    double variance = 0;
    double placed_off = 0;  // by the distance from the place
    double placed_variance = 0;
    double placed_squares = 0;

    /** The place moves one reading to the left; then that reading is added. */
    void add(const Reading& reading)
    {
        placed_squares += 2 * placed_variance + variance;
        placed_variance += variance;
        placed_off += off;
        off += reading.off;
        variance += reading.variance;
    }
    /** By the mean of the readings there; `all`: the variance of all. The offs of all add up to 0. */
    [[nodiscard]] double explained_by_step(double all) const { return off * off / (variance * (1 - variance / all)); }
    [[nodiscard]] double explained_by_slope(double all) const
    {
        return placed_off * placed_off / (placed_squares - placed_variance * placed_variance / all);
    }
};

/** Cut to what one reading may say, and centred. */
void prepare(std::span<Reading> readings, double dispersion)
{
    double off = 0;
    double variance = 0;
    for (Reading& reading : readings) {
        const double most = most_surprising * std::sqrt(dispersion * reading.variance);
        reading.off = std::clamp(reading.off, -most, most);
        off += reading.off;
        variance += reading.variance;
    }
    for (Reading& reading : readings) {
        reading.off -= off / variance * reading.variance;
    }
}

/** By how much more the mean of readings varies that follow each other than that of independent ones (Bartlett's weights). */
double inflation(std::span<const Reading> readings, std::size_t first)
{
    std::vector<double> rest;
    double means[2] = {0, 0};
    double variances[2] = {0, 0};
    for (std::size_t i = 0; i < readings.size(); ++i) {
        means[i < first ? 0 : 1] += readings[i].off;
        variances[i < first ? 0 : 1] += readings[i].variance;
    }
    for (std::size_t i = 0; i < readings.size(); ++i) {
        const int side = i < first ? 0 : 1;
        const Reading& r = readings[i];
        rest.push_back((r.off - means[side] / variances[side] * r.variance) / std::sqrt(r.variance));
    }
    double sum = 0;
    for (const double each : rest) {
        sum += each * each;
    }
    double factor = 1;
    for (std::size_t lag = 1; lag <= longest_lag && lag < rest.size(); ++lag) {
        double products = 0;
        for (std::size_t i = lag; i < rest.size(); ++i) {
            products += rest[i] * rest[i - lag];
        }
        factor += sum > 0 ? 2 * (1 - static_cast<double>(lag) / (longest_lag + 1)) * products / sum : 0;
    }
    return std::max(1.0, factor);
}

/** The first reading after a shift on its side of the middle between before and after, if at least `fewest` are; otherwise their count. */
std::size_t first_beyond_half(std::span<const Reading> readings, const Shift& shift, double all, std::size_t fewest)
{
    double off = 0;
    double variance = 0;
    for (const Reading& reading : readings.subspan(shift.first)) {
        off += reading.off;
        variance += reading.variance;
    }
    const double middle = (off / variance - off / (all - variance)) / 2;
    std::size_t found = 0;
    std::size_t first = readings.size();
    for (std::size_t i = readings.size(); i-- > shift.first;) {
        if (readings[i].off != middle * readings[i].variance &&
            (readings[i].off > middle * readings[i].variance) == shift.is_up) {
            ++found;
            first = i;
        }
    }
    return found >= fewest ? first : readings.size();
}

}  // namespace

double shift_df(std::size_t readings, const ShiftTest& test)
{
    return std::max(1.0, static_cast<double>(readings) - 2 - test.fitted_df) + test.prior_df;
}

std::optional<Shift> find_shift(std::span<Reading> readings, const ShiftTest& test)
{
    const std::size_t count = readings.size();
    if (count < test.least_before + test.least_after) {
        return std::nullopt;
    }
    prepare(readings, test.clip);
    double all = 0;
    double squares = 0;
    for (const Reading& reading : readings) {
        all += reading.variance;
        squares += reading.off * reading.off / reading.variance;
    }
    Sums sums;
    Shift shift{0, 0, false, false};
    double by_step = 0;
    double by_slope = 0;
    std::size_t slope_from = 0;
    const bool is_up = readings[count - 1].off > 0;
    for (std::size_t first = count; first-- > 0;) {
        sums.add(readings[first]);
        if (count - first < test.least_after || first < test.least_before) {
            continue;
        }
        const double step = sums.explained_by_step(all);
        if (step > by_step && first <= test.most_before && (sums.off > 0) == is_up) {
            by_step = step;
            shift = {first, first, is_up, false};
        }
        const double slope = sums.explained_by_slope(all);
        if (slope > by_slope && (sums.placed_off > 0) == (sums.off > 0)) {
            by_slope = slope;
            slope_from = first;
        }
    }
    const double within = std::max(0.0, squares - by_step);
    const double df = shift_df(count, test);
    const double dispersion = std::max(test.least_dispersion, (within + test.prior_df * test.prior_dispersion) / df);
    const double needed = test.critical * test.critical * dispersion;
    if (by_step == 0 || !(by_step > needed) || !(by_step > needed * inflation(readings, shift.first))) {
        return std::nullopt;
    }
    shift.first = first_beyond_half(readings, shift, all, test.least_after);
    if (shift.first == count) {
        return std::nullopt;
    }
    shift.is_gradual = count - slope_from >= shortest_drift && by_slope > by_step + clearly * dispersion;
    shift.since = shift.is_gradual ? slope_from : shift.first;
    return shift;
}

}  // namespace marketing::series
