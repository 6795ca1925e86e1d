#include "budget/evidence.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "numeric/square.hpp"

namespace marketing::budget {
namespace {

/** A change of the spend by less than this is none. */
constexpr double least_change = 0.15;
/** An excess less likely than this decides nothing. */
constexpr double least_weight = 0.002;

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
    double week = 0;
    double week_before = 0;
    std::int32_t age_in_weeks = 0;
    for (const Day& day : days_of(series, as_of)) {
        if (const std::int32_t age = (as_of - day.day) / 7; age != age_in_weeks) {
            week_before = age == age_in_weeks - 1 ? week : 0;
            week = 0;
            age_in_weeks = age;
        }
        const double weight = weight_[static_cast<std::size_t>(as_of - day.day)];
        evidence.spend += day.spend;
        evidence.exposure += day.exposure;
        evidence.responses += day.response;
        evidence.contracts += day.contracts;
        evidence.weighted_exposure += weight * day.exposure;
        evidence.weighted_responses += weight * day.response;
        evidence.squared_weights += weight * weight * day.exposure;
        evidence.squared_exposure += numeric::square(weight * day.exposure);
        // A week and the one before, as far as they are known: sums of squares and products grow day by day.
        evidence.squared_weeks += weight * day.exposure * (2 * week + weight * day.exposure);
        evidence.adjacent_weeks += weight * day.exposure * week_before;
        week += weight * day.exposure;
        evidence.days += day.spend > 0 ? 1 : 0;
    }
    return evidence;
}

CostEvidence count_of(const Evidence& evidence, const Dispersion& dispersion)
{
    if (evidence.weighted_exposure <= 0) {
        return {0, 0};
    }
    const double scale = scale_of(evidence);
    const double all = numeric::square(evidence.weighted_exposure);
    const double shared = (dispersion.week * (evidence.squared_weeks - evidence.squared_exposure) +
                           2 * dispersion.next_week * evidence.adjacent_weeks) /
                          all;
    CostEvidence count{evidence.weighted_responses / scale, evidence.weighted_exposure / scale};
    count.sizes.count = 0;
    double known = 0;
    for (std::size_t k = 0; k < Sizes::most; ++k) {
        if (dispersion.weight[k] > least_weight) {
            const double excess = excess_node(k) * (evidence.squared_exposure / all) + shared;
            count.sizes.size[count.sizes.count] = excess > 0 ? 1 / excess : std::numeric_limits<double>::infinity();
            count.sizes.weight[count.sizes.count++] = dispersion.weight[k];
            known += dispersion.weight[k];
        }
    }
    for (std::size_t k = 0; k < count.sizes.count; ++k) {
        count.sizes.weight[k] /= known;
    }
    return count;
}

double variance_of(const Evidence& evidence, const Dispersion& dispersion)
{
    const CostEvidence count = count_of(evidence, dispersion);
    return numeric::square(scale_of(evidence)) * (count.events + numeric::square(count.events) * count.sizes.excess());
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
