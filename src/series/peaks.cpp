#include "series/peaks.hpp"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <numeric>

#include "kernel/error.hpp"
#include "series/verdict.hpp"

namespace marketing::series {
namespace {

using kernel::require_valid;

constexpr std::size_t least_fitted = 10;
constexpr double tail_level = 0.95;
// Of ln(1 + |z|). A tail is not taken to be much lighter than that of a normal distribution, whatever a quiet past looks like.
constexpr double least_excess = 0.2;

/** Minus the shape that is most likely where shape over scale is -theta. */
double shape_of(std::span<const double> excesses, double theta)
{
    double sum = 0;
    for (const double excess : excesses) {
        sum += std::log1p(-theta * excess);
    }
    return -sum / static_cast<double>(excesses.size());
}

/** Shape over scale: the mean of a profile likelihood over a grid that suits the sample; `excesses` ascend. */
double posterior_theta(std::span<const double> excesses)
{
    const auto count = static_cast<double>(excesses.size());
    const auto grid = static_cast<std::size_t>(20 + std::floor(std::sqrt(count)));
    const double quartile = excesses[static_cast<std::size_t>(count / 4 + 0.5) - 1];
    std::vector<double> theta(grid);
    std::vector<double> likelihood(grid);
    for (std::size_t j = 0; j < grid; ++j) {
        theta[j] =
            1 / excesses.back() + (1 - std::sqrt(static_cast<double>(grid) / (static_cast<double>(j) + 0.5))) / (3 * quartile);
        const double shape = shape_of(excesses, theta[j]);
        likelihood[j] = count * (std::log(theta[j] / shape) + shape - 1);
    }
    const double best = *std::max_element(likelihood.begin(), likelihood.end());
    double weights = 0;
    double mean = 0;
    for (std::size_t j = 0; j < grid; ++j) {
        const double weight = std::exp(likelihood[j] - best);
        weights += weight;
        mean += weight * theta[j];
    }
    return mean / weights;
}

}  // namespace

PeaksFit fit_peaks(std::span<const double> figures, double level)
{
    require_valid(level >= 0.5 && level < 1, "level must be at least 0.5 and below 1",
                  "It is the quantile that peaks lie above, such as 0.98.");
    std::vector<double> values = known_values(figures);
    PeaksFit fit{unknown, unknown, unknown, values.size(), 0};
    if (values.empty()) {
        return fit;
    }
    std::sort(values.begin(), values.end());
    fit.threshold = values[static_cast<std::size_t>(level * static_cast<double>(values.size() - 1))];
    const auto first = std::upper_bound(values.begin(), values.end(), fit.threshold);
    std::vector<double> excesses(first, values.end());
    fit.peaks = excesses.size();
    if (fit.peaks < least_fitted) {
        return fit;
    }
    for (double& excess : excesses) {
        excess -= fit.threshold;
    }
    const double theta = posterior_theta(excesses);
    const double shape = shape_of(excesses, theta);
    fit.shape = -shape;
    fit.scale =
        theta == 0 ? std::accumulate(excesses.begin(), excesses.end(), 0.0) / static_cast<double>(fit.peaks) : shape / theta;
    return fit;
}

double exceeded_with(const PeaksFit& fit, double risk)
{
    require_valid(risk > 0 && risk < 1, "risk must be above 0 and below 1",
                  "It is the probability with which a value may exceed the limit, such as 0.0001.");
    const double share = risk * static_cast<double>(fit.count) / static_cast<double>(fit.peaks);
    if (!(share <= 1) || std::isnan(fit.shape)) {
        return unknown;
    }
    const double reach = std::abs(fit.shape) < 1e-12 ? -std::log(share) : std::expm1(-fit.shape * std::log(share)) / fit.shape;
    return fit.threshold + fit.scale * reach;
}

PeakTail::Tail PeakTail::tail() const
{
    const std::size_t count = sorted_.size();
    const auto wanted = static_cast<std::size_t>(std::llround((1 - tail_level) * static_cast<double>(count)));
    const std::size_t peaks = std::max(least_peaks, wanted);
    const double threshold = sorted_[count - peaks - 1];
    const double sum = std::accumulate(sorted_.end() - static_cast<std::ptrdiff_t>(peaks), sorted_.end(), 0.0);
    return {peaks, threshold, std::max(sum / static_cast<double>(peaks) - threshold, least_excess)};
}

double PeakTail::rarity(double score) const
{
    const auto count = static_cast<double>(sorted_.size());
    const Tail past = tail();
    if (score > past.threshold) {
        return std::log10(count / static_cast<double>(past.peaks)) +
               (score - past.threshold) / (past.excess * std::numbers::ln10);
    }
    const auto at_least = sorted_.end() - std::lower_bound(sorted_.begin(), sorted_.end(), score);
    return std::max(0.0, std::log10(count / static_cast<double>(at_least + 1)));
}

double PeakTail::score_of(double rarity) const
{
    const auto count = static_cast<double>(sorted_.size());
    const Tail past = tail();
    const double beyond = rarity - std::log10(count / static_cast<double>(past.peaks));
    if (beyond >= 0) {
        return past.threshold + beyond * past.excess * std::numbers::ln10;
    }
    const auto above = static_cast<std::size_t>(count * std::pow(10, -rarity));
    return sorted_[sorted_.size() - 1 - std::min(above, sorted_.size() - 1)];
}

void PeakTail::add(double score)
{
    sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), score), score);
    recent_.push_back(score);
    if (recent_.size() > memory_) {
        sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), recent_.front()));
        recent_.pop_front();
    }
}

void PeakTail::save(kernel::WireWriter& out) const
{
    kernel::put_list(out, recent_);
}

void PeakTail::load(kernel::WireReader& in)
{
    kernel::get_list<double>(in, memory_, [this](double score) {
        kernel::WireReader::require(score >= 0 && !std::isinf(score), "a score is no finite number");
        recent_.push_back(score);
    });
    sorted_.assign(recent_.begin(), recent_.end());
    std::sort(sorted_.begin(), sorted_.end());
}

}  // namespace marketing::series
