#include "content/benchmark.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <functional>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"
#include "numeric/distributions.hpp"

namespace marketing::content {

namespace {

using kernel::unknown;

bool is_finite(double x)
{
    return std::isfinite(x);
}

/** Where `at` lies from `from` to `to`, which differ. */
double share_of_way(double at, double from, double to)
{
    return (at / 2 - from / 2) / (to / 2 - from / 2);
}

}  // namespace

RatioEstimate ratio_of_sums(std::span<const double> figures, std::span<const double> bases, double level)
{
    kernel::require_valid(figures.size() == bases.size(), "there must be one base per figure");
    kernel::require_valid(level > 0 && level < 1, "level must be between 0 and 1");
    kernel::require_valid(std::ranges::all_of(figures, is_finite) && std::ranges::all_of(bases, is_finite),
                          "figures and bases must be finite");
    double sum = 0, base = 0;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        sum += figures[i];
        base += bases[i];
    }
    RatioEstimate ratio{base > 0 ? sum / base : unknown, unknown, unknown};
    const double units = static_cast<double>(figures.size());
    if (units < 2 || !(ratio.value > 0)) {
        return ratio;
    }
    // Without each unit in turn: few units of very unequal size are less sure than their squares say.
    double mean = 0, squares = 0, effective = 0;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        const double without = std::log((sum - figures[i]) / sum) - std::log((base - bases[i]) / base);
        const double from_mean = without - mean;
        mean += from_mean / static_cast<double>(i + 1);
        squares += from_mean * (without - mean);
        effective += bases[i] / base * (bases[i] / base);
    }
    const double error = std::sqrt(squares * (units - 1) / units);
    if (!std::isfinite(error)) {
        return ratio;
    }
    const double degrees = std::max(1 / effective - 1, 1.0);
    const double reach = numeric::student_quantile_above(degrees, (1 - level) / 2) * error;
    ratio.low = ratio.value * std::exp(-reach);
    const double high = ratio.value * std::exp(reach);
    ratio.high = std::isfinite(high) ? high : unknown;
    return ratio;
}

Benchmark::Benchmark(std::span<const double> shares, std::span<const double> marks) : shares_(shares), marks_(marks)
{
    kernel::require_valid(!shares.empty() && shares.size() == marks.size(),
                          "there must be one mark per quantile, and one at least");
    kernel::require_valid(std::ranges::all_of(shares, [](double share) { return share > 0 && share < 1; }) &&
                              std::ranges::adjacent_find(shares, std::greater_equal<>{}) == shares.end(),
                          "quantiles must be between 0 and 1, and rise");
    kernel::require_valid(std::ranges::all_of(marks, is_finite) && std::ranges::is_sorted(marks),
                          "marks must be finite, and must not fall");
}

double Benchmark::share_below(double value) const
{
    // Of marks that are alike the middle: half of who is there is below.
    const auto [first, last] = std::equal_range(marks_.begin(), marks_.end(), value);
    const auto place = static_cast<std::size_t>(first - marks_.begin());
    if (first != last) {
        return (shares_[place] + shares_[place + static_cast<std::size_t>(last - first) - 1]) / 2;
    }
    if (place == 0 || place == marks_.size()) {
        return place == 0 ? shares_.front() : shares_.back();
    }
    return std::lerp(shares_[place - 1], shares_[place], share_of_way(value, marks_[place - 1], marks_[place]));
}

double Benchmark::median() const
{
    const auto above = std::ranges::lower_bound(shares_, 0.5);
    if (above == shares_.end() || (above == shares_.begin() && *above != 0.5)) {
        return unknown;
    }
    const auto place = static_cast<std::size_t>(above - shares_.begin());
    return *above == 0.5 ? marks_[place]
                         : std::lerp(marks_[place - 1], marks_[place], share_of_way(0.5, shares_[place - 1], shares_[place]));
}

int Benchmark::beyond(double value) const
{
    return static_cast<int>(value > marks_.back()) - static_cast<int>(value < marks_.front());
}

}  // namespace marketing::content
