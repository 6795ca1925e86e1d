#include "budget/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "numeric/square.hpp"

namespace marketing::budget {
namespace {

/** A change of the spend by less than this is none. */
constexpr double least_change = 0.15;

/** Variance over mean that the weights alone give a campaign's weighted responses. */
double scale_of(const Evidence& evidence)
{
    return evidence.weighted_exposure > 0 ? evidence.squared_weights / evidence.weighted_exposure : 1;
}

double spend_on(const Series& series, std::int32_t day)
{
    const auto found =
        std::lower_bound(series.days.begin(), series.days.end(), day, [](const Day& d, std::int32_t v) { return d.day < v; });
    return found != series.days.end() && found->day == day ? found->spend : 0;
}

/** Sums over a campaign's days: of what exceeds Poisson's variance, and of the squared means that it is a multiple of. */
struct Moments {
    double excess = 0;
    double squares = 0;
};

void add_moments(std::span<const Day> days, const Evidence& evidence, double guess, Moments& sums)
{
    if (evidence.days < 2 || evidence.responses <= 0 || evidence.exposure <= 0) {
        return;
    }
    const double n = evidence.days;
    for (const Day& day : days) {
        const double mean = day.exposure * evidence.responses / evidence.exposure;
        // The variance of a squared deviation grows with the square of the variance.
        const double weight = 1 / numeric::square(1 + guess * mean);
        sums.excess += weight * (numeric::square(day.response - mean) * n / (n - 1) - mean);
        // The mean is estimated, too: its square is too large by its variance.
        sums.squares += weight * std::max(0.0, mean * mean - (mean + guess * mean * mean) / n);
    }
}

}  // namespace

Window::Window(std::int32_t length, double half_life)
{
    for (std::int32_t age = 0; age < length; ++age) {
        weight_.push_back(std::exp2(-age / half_life));
    }
}

std::span<const Day> Window::days_of(const Series& series, std::int32_t as_of) const
{
    const auto before = [](const Day& day, std::int32_t limit) { return day.day < limit; };
    const auto length = static_cast<std::int32_t>(weight_.size());
    const auto first = std::lower_bound(series.days.begin(), series.days.end(), as_of - length + 1, before);
    const auto last = std::lower_bound(first, series.days.end(), as_of + 1, before);
    return {first, last};
}

Evidence Window::evidence_of(const Series& series, std::int32_t as_of) const
{
    Evidence evidence;
    for (const Day& day : days_of(series, as_of)) {
        const double weight = weight_[static_cast<std::size_t>(as_of - day.day)];
        evidence.spend += day.spend;
        evidence.exposure += day.exposure;
        evidence.responses += day.response;
        evidence.contracts += day.contracts;
        evidence.weighted_exposure += weight * day.exposure;
        evidence.weighted_responses += weight * day.response;
        evidence.squared_weights += weight * weight * day.exposure;
        evidence.squared_exposure += numeric::square(weight * day.exposure);
        evidence.days += day.spend > 0 ? 1 : 0;
    }
    return evidence;
}

// By moments, each day weighted by how much it tells of the excess, which is known better from round to round.
double Window::pooled_excess(std::span<const Series> panel, std::int32_t as_of) const
{
    double excess = 0;
    for (int round = 0; round < 4; ++round) {
        Moments sums;
        for (const Series& series : panel) {
            add_moments(days_of(series, as_of), evidence_of(series, as_of), excess, sums);
        }
        excess = sums.squares > 0 ? std::max(0.0, sums.excess / sums.squares) : 0;
    }
    return excess;
}

CostEvidence count_of(const Evidence& evidence, double excess)
{
    if (evidence.weighted_exposure <= 0) {
        return {0, 0};
    }
    const double scale = scale_of(evidence);
    const double days = numeric::square(evidence.weighted_exposure) / evidence.squared_exposure;
    return {evidence.weighted_responses / scale, evidence.weighted_exposure / scale,
            excess > 0 ? days / excess : std::numeric_limits<double>::infinity()};
}

double variance_of(const Evidence& evidence, double excess)
{
    const CostEvidence count = count_of(evidence, excess);
    return numeric::square(scale_of(evidence)) * (count.events + numeric::square(count.events) / count.size);
}

double recent_spend(std::span<const Day> days)
{
    double spend = 0;
    int spending = 0;
    for (auto day = days.rbegin(); day != days.rend() && spending < 7; ++day) {
        spend += day->spend;
        spending += day->spend > 0 ? 1 : 0;
    }
    return spending > 0 ? spend / spending : 0;
}

SpendLevel spend_level(const Series& series, std::int32_t last, std::int32_t days)
{
    double sum = 0;
    double squares = 0;
    for (std::int32_t d = 0; d < days; ++d) {
        const double spend = spend_on(series, last - d);
        sum += spend;
        squares += spend * spend;
    }
    const double mean = sum / days;
    return {mean, std::max(0.0, squares / days - mean * mean) / std::max(days - 1, 1)};
}

std::int32_t days_since_change(const Series& series, std::int32_t as_of, std::int32_t cooldown)
{
    for (std::int32_t days = 2; days <= cooldown; ++days) {
        const SpendLevel now = spend_level(series, as_of, days);
        const SpendLevel before = spend_level(series, as_of - days, 7);
        const double change = std::abs(now.mean - before.mean);
        if (before.mean > 0 && change >= least_change * before.mean &&
            change >= 3 * std::sqrt(now.variance + before.variance)) {
            return days;
        }
    }
    return -1;
}

}  // namespace marketing::budget
