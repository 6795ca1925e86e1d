#include "series/stl.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <numeric>
#include <string>

#include "kernel/error.hpp"
#include "numeric/rounding.hpp"
#include "series/verdict.hpp"

namespace marketing::series {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;
using Index = std::ptrdiff_t;

struct Loess {
    Index window;  // odd
    Index degree;  // 0: local constant, 1: local line
    Index jump;    // fitted at every jump-th point
};

/** The neighbours, both included, that a local fit looks at. */
struct Range {
    Index first;
    Index last;
};

double cube(double x) noexcept
{
    return x * x * x;
}

/** Local regressions of one series by tricube weights; positions count from 0, and may lie outside. */
class Smoother {
public:
    explicit Smoother(const kernel::StopFlag& stop) : stop_(stop) {}

    /** The fit at `position`, or `otherwise` where all neighbours have weight 0. `robustness` is empty or one weight per value. */
    double at(std::span<const double> values, std::span<const double> robustness, const Loess& loess, double position,
              Range range, double otherwise)
    {
        const auto count = static_cast<Index>(values.size());
        double reach = std::max(position - static_cast<double>(range.first), static_cast<double>(range.last) - position);
        if (loess.window > count) {
            reach += static_cast<double>((loess.window - count) / 2);
        }
        if (!weigh(robustness, position, range, reach)) {
            return otherwise;
        }
        if (reach > 0 && loess.degree > 0) {
            tilt(position, range, static_cast<double>(count - 1));
        }
        double fit = 0;
        for (Index i = range.first; i <= range.last; ++i) {
            fit += weights_[static_cast<std::size_t>(i - range.first)] * values[static_cast<std::size_t>(i)];
        }
        return fit;
    }

    /** The fit at each position of `values`. */
    void smooth(std::span<const double> values, std::span<const double> robustness, const Loess& loess,
                std::span<double> fitted)
    {
        const auto count = static_cast<Index>(values.size());
        if (count < 2) {
            fitted[0] = values[0];
            return;
        }
        const Index jump = std::min(loess.jump, count - 1);
        Range range{};
        for (Index i = 0; i < count; i += jump) {
            stop_.poll();
            range = neighbours(i, count, loess.window);
            fit_at(values, robustness, loess, i, range, fitted);
        }
        if (jump == 1) {
            return;
        }
        for (Index i = 0; i + jump < count; i += jump) {
            join(fitted, i, i + jump);
        }
        const Index last_fitted = (count - 1) / jump * jump;
        if (last_fitted != count - 1) {
            // The reference fits the last point with the neighbours of the last but one fitted.
            fit_at(values, robustness, loess, count - 1, range, fitted);
            join(fitted, last_fitted, count - 1);
        }
    }

private:
    void fit_at(std::span<const double> values, std::span<const double> robustness, const Loess& loess, Index i, Range range,
                std::span<double> fitted)
    {
        const auto place = static_cast<std::size_t>(i);
        fitted[place] = at(values, robustness, loess, static_cast<double>(i), range, values[place]);
    }

    static Range neighbours(Index i, Index count, Index window)
    {
        if (window >= count) {
            return {0, count - 1};
        }
        const Index first = std::clamp(i - (window - 1) / 2, Index{0}, count - window);
        return {first, first + window - 1};
    }

    /** A straight line between two fitted points. */
    static void join(std::span<double> fitted, Index from, Index to)
    {
        const double first = fitted[static_cast<std::size_t>(from)];
        const double slope = (fitted[static_cast<std::size_t>(to)] - first) / static_cast<double>(to - from);
        for (Index i = from + 1; i < to; ++i) {
            fitted[static_cast<std::size_t>(i)] = first + slope * static_cast<double>(i - from);
        }
    }

    /** Tricube weights that add up to 1; false where all are 0. */
    bool weigh(std::span<const double> robustness, double position, Range range, double reach)
    {
        weights_.assign(static_cast<std::size_t>(range.last - range.first + 1), 0.0);
        double total = 0;
        for (Index i = range.first; i <= range.last; ++i) {
            const double distance = std::abs(static_cast<double>(i) - position);
            if (distance > 0.999 * reach) {
                continue;
            }
            double weight = distance <= 0.001 * reach ? 1 : cube(1 - cube(distance / reach));
            if (!robustness.empty()) {
                weight *= robustness[static_cast<std::size_t>(i)];
            }
            weights_[static_cast<std::size_t>(i - range.first)] = weight;
            total += weight;
        }
        if (total <= 0) {
            return false;
        }
        for (double& weight : weights_) {
            weight /= total;
        }
        return true;
    }

    /** Turns the weights of a local mean into those of a local line, unless the points lie too close together. */
    void tilt(double position, Range range, double extent)
    {
        double centre = 0;
        for (Index i = range.first; i <= range.last; ++i) {
            centre += weights_[static_cast<std::size_t>(i - range.first)] * static_cast<double>(i);
        }
        double spread = 0;
        for (Index i = range.first; i <= range.last; ++i) {
            const double off = static_cast<double>(i) - centre;
            spread += weights_[static_cast<std::size_t>(i - range.first)] * off * off;
        }
        if (std::sqrt(spread) <= 0.001 * extent) {
            return;
        }
        const double slope = (position - centre) / spread;
        for (Index i = range.first; i <= range.last; ++i) {
            weights_[static_cast<std::size_t>(i - range.first)] *= slope * (static_cast<double>(i) - centre) + 1;
        }
    }

    const kernel::StopFlag& stop_;
    std::vector<double> weights_;
};

/** Means of `window` neighbours; the result is shorter by window - 1. */
std::vector<double> moving_average(const std::vector<double>& values, std::size_t window)
{
    std::vector<double> means(values.size() - window + 1);
    double sum = std::accumulate(values.begin(), values.begin() + static_cast<Index>(window), 0.0);
    means[0] = sum / static_cast<double>(window);
    for (std::size_t i = 1; i < means.size(); ++i) {
        sum = sum - values[i - 1] + values[i + window - 1];
        means[i] = sum / static_cast<double>(window);
    }
    return means;
}

/** Bisquare weights of the remainders, in units of six times their median size. */
void weigh_remainders(std::span<const double> remainder, std::span<double> weight)
{
    std::vector<double> sizes(remainder.size());
    std::transform(remainder.begin(), remainder.end(), sizes.begin(), [](double r) { return std::abs(r); });
    const auto upper = sizes.begin() + static_cast<Index>(sizes.size() / 2);
    std::nth_element(sizes.begin(), upper, sizes.end());
    const double lower = sizes.size() % 2 == 1 ? *upper : *std::max_element(sizes.begin(), upper);
    const double limit = 3 * (lower + *upper);
    for (std::size_t i = 0; i < remainder.size(); ++i) {
        const double size = std::abs(remainder[i]);
        const double share = size / limit;
        weight[i] = size <= 0.001 * limit ? 1 : size <= 0.999 * limit ? (1 - share * share) * (1 - share * share) : 0;
    }
}

class Decomposition {
public:
    Decomposition(std::span<const double> values, std::size_t period, const Loess& seasonal, const Loess& trend,
                  const Loess& low_pass, const kernel::StopFlag& stop)
        : values_(values), period_(period), seasonal_(seasonal), trend_(trend), low_pass_(low_pass), smoother_(stop)
    {
        parts.seasonal.assign(values.size(), 0);
        parts.trend.assign(values.size(), 0);
        parts.remainder.assign(values.size(), 0);
        parts.weight.assign(values.size(), 1);
    }

    /** One round of season and trend, each from the values without the other. */
    void refine(std::span<const double> robustness)
    {
        std::vector<double> rest(values_.size());
        for (std::size_t i = 0; i < rest.size(); ++i) {
            rest[i] = values_[i] - parts.trend[i];
        }
        const std::vector<double> cycle = smooth_cycle(rest, robustness);
        const std::vector<double> averaged = moving_average(moving_average(moving_average(cycle, period_), period_), 3);
        std::vector<double> low(values_.size());
        smoother_.smooth(averaged, {}, low_pass_, low);
        for (std::size_t i = 0; i < rest.size(); ++i) {
            parts.seasonal[i] = cycle[period_ + i] - low[i];
            rest[i] = values_[i] - parts.seasonal[i];
        }
        smoother_.smooth(rest, robustness, trend_, parts.trend);
    }

    void settle_remainder()
    {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            parts.remainder[i] = values_[i] - parts.seasonal[i] - parts.trend[i];
        }
    }

    void reweigh()
    {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            parts.remainder[i] = values_[i] - (parts.seasonal[i] + parts.trend[i]);
        }
        weigh_remainders(parts.remainder, parts.weight);
    }

    /** Replaces each season by the mean of all. */
    void average_seasons()
    {
        for (std::size_t phase = 0; phase < period_; ++phase) {
            double sum = 0;
            std::size_t count = 0;
            for (std::size_t i = phase; i < values_.size(); i += period_, ++count) {
                sum += parts.seasonal[i];
            }
            for (std::size_t i = phase; i < values_.size(); i += period_) {
                parts.seasonal[i] = sum / static_cast<double>(count);
            }
        }
    }

    StlParts parts;

private:
    /** The values of each phase smoothed by themselves and continued by one period at both ends. */
    std::vector<double> smooth_cycle(const std::vector<double>& rest, std::span<const double> robustness)
    {
        std::vector<double> cycle(rest.size() + 2 * period_);
        std::vector<double> phase_values;
        std::vector<double> phase_weights;
        std::vector<double> fitted;
        for (std::size_t phase = 0; phase < period_; ++phase) {
            phase_values.clear();
            phase_weights.clear();
            for (std::size_t i = phase; i < rest.size(); i += period_) {
                phase_values.push_back(rest[i]);
                if (!robustness.empty()) {
                    phase_weights.push_back(robustness[i]);
                }
            }
            const auto count = static_cast<Index>(phase_values.size());
            fitted.assign(phase_values.size() + 2, 0);
            smoother_.smooth(phase_values, phase_weights, seasonal_, std::span(fitted).subspan(1, phase_values.size()));
            const Index window = std::min(seasonal_.window, count);
            fitted.front() = smoother_.at(phase_values, phase_weights, seasonal_, -1, {0, window - 1}, fitted[1]);
            fitted.back() = smoother_.at(phase_values, phase_weights, seasonal_, static_cast<double>(count),
                                         {count - window, count - 1}, fitted[fitted.size() - 2]);
            for (std::size_t turn = 0; turn < fitted.size(); ++turn) {
                cycle[turn * period_ + phase] = fitted[turn];
            }
        }
        return cycle;
    }

    std::span<const double> values_;
    std::size_t period_;
    Loess seasonal_;
    Loess trend_;
    Loess low_pass_;
    Smoother smoother_;
};

/** The next odd number, if it is none itself. */
Index odd(double value)
{
    const auto rounded = static_cast<Index>(std::llround(value));
    return rounded % 2 == 0 ? rounded + 1 : rounded;
}

Loess loess_of(Index window, int degree, const char* name)
{
    require_valid(window >= 3 && (degree == 0 || degree == 1),
                  std::string(name) + "_window must be at least 3 and " + name + "_degree 0 or 1");
    const Index used = window % 2 == 0 ? window + 1 : window;
    return {used, degree, static_cast<Index>(std::ceil(static_cast<double>(window) / 10))};
}

void check(std::span<const double> values, int period)
{
    require_valid(period >= 2, "period must be at least 2, not " + std::to_string(period));
    if (values.size() <= 2 * static_cast<std::size_t>(period)) {
        throw Error(ErrorCode::invalid_parameter, "the series is too short for its period",
                    "It has " + std::to_string(values.size()) + " values; more than two periods of " + std::to_string(period) +
                        " are needed.");
    }
    require_valid(std::all_of(values.begin(), values.end(), [](double v) { return std::isfinite(v); }),
                  "a series to decompose must have finite values only",
                  "Fill the gaps first, or use detect_anomalies, which leaves them out.");
    for (const double value : values) {
        check_size({0, value, 1});
    }
}

}  // namespace

StlParts stl(std::span<const double> values, const StlOptions& options, const kernel::StopFlag& stop)
{
    check(values, options.period);
    const bool periodic = options.seasonal_window == 0;
    const auto count = static_cast<Index>(values.size());
    const Index seasonal_window = periodic ? 10 * count + 1 : options.seasonal_window;
    const Loess seasonal = loess_of(seasonal_window, periodic ? 0 : options.seasonal_degree, "seasonal");
    const Index trend_window = options.trend_window != 0
                                   ? options.trend_window
                                   : odd(std::ceil(1.5 * options.period / (1 - 1.5 / static_cast<double>(seasonal_window))));
    const Index low_pass_window = options.low_pass_window != 0 ? options.low_pass_window : odd(options.period);
    Decomposition decomposition(values, static_cast<std::size_t>(options.period), seasonal,
                                loess_of(trend_window, options.trend_degree, "trend"),
                                loess_of(low_pass_window, options.low_pass_degree, "low_pass"), stop);
    const int outer = options.robust ? 15 : 0;
    const int inner = options.robust ? 1 : 2;
    for (int round = 0; round <= outer; ++round) {
        if (round > 0) {
            decomposition.reweigh();
        }
        for (int pass = 0; pass < inner; ++pass) {
            decomposition.refine(round > 0 ? std::span<const double>(decomposition.parts.weight) : std::span<const double>());
        }
    }
    if (periodic) {
        decomposition.average_seasons();
    }
    decomposition.settle_remainder();
    return std::move(decomposition.parts);
}

double stl_noise(std::size_t count, double largest)
{
    return numeric::rounding_noise(largest, 4 * static_cast<double>(count));
}

}  // namespace marketing::series
