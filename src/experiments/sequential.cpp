// Experiments that may be looked at, and ended, at any time.

#include <algorithm>
#include <cmath>

#include "experiments/comparison.hpp"
#include "kernel/stop.hpp"
#include "numeric/distributions.hpp"
#include "numeric/square.hpp"

namespace marketing::experiments {
namespace {

using numeric::square;

/** The mixture that a confidence sequence is made of. One-sided ones are after Waudby-Smith and others' appendix. */
class Mixture {
public:
    Mixture(double n, const Inference& inference, double tightest_at)
        : n_(n), alternative_(inference.alternative), alpha_(1 - inference.confidence)
    {
        const double odds = -2 * std::log(std::min(sides() * alpha_, 0.99));
        rho_ = std::sqrt((odds + std::log(odds + 1)) / tightest_at);
        spread_ = n * square(rho_) + 1;
    }

    [[nodiscard]] double rho() const { return rho_; }

    /** How many standard errors off a difference is rejected. */
    [[nodiscard]] double critical() const
    {
        const double root = std::sqrt(spread_);
        const double evidence = sides() == 1 ? std::log(root / alpha_) : std::log1p(root / (2 * alpha_));
        return std::sqrt(2 * spread_ * evidence / n_) / rho_;
    }

    [[nodiscard]] double p_value(double deviate) const
    {
        const double exponent = square(rho_ * deviate) * n_ / (2 * spread_);
        if (sides() == 1) {
            return std::min(1.0, std::exp(std::log(spread_) / 2 - exponent));
        }
        const double towards = alternative_ == Alternative::greater ? deviate : -deviate;
        return towards <= 0 ? 1 : std::min(1.0, std::sqrt(spread_) / 2 / std::expm1(exponent));
    }

private:
    /** What alpha counts for: a one-sided sequence is tuned as a two-sided one of twice as much. */
    [[nodiscard]] double sides() const { return alternative_ == Alternative::two_sided ? 1 : 2; }

    double n_;
    Alternative alternative_;
    double alpha_;
    double rho_ = 0;
    double spread_ = 0;
};

void check_tuning(double n, double tightest_at)
{
    require_valid(std::isfinite(n) && n >= 1 && std::isfinite(tightest_at) && tightest_at >= 1,
                  "n and tightest_at must be finite and at least 1");
}

/** Adds what other units tell of a mean (Chan, Golub and LeVeque). */
void add(const Moments& day, Moments& all)
{
    if (day.n == 0) {
        return;
    }
    const double n = all.n + day.n;
    const double change = day.mean - all.mean;
    const double squares =
        std::max(0.0, all.n - 1) * all.variance + (day.n - 1) * day.variance + square(change) * all.n * day.n / n;
    all.mean += change * day.n / n;
    all.variance = n > 1 ? squares / (n - 1) : 0;
    all.n = n;
}

/** The comparison of all units so far, its test and intervals replaced by those that hold at any time. */
Comparison compare_so_far(const Moments& a, const Moments& b, const Inference& inference, double tightest_at)
{
    Comparison out = compare_means(a, b, inference);
    if (!(out.standard_error > 0)) {
        return out;
    }
    const Mixture mixture(a.n + b.n, inference, tightest_at);
    const double critical = mixture.critical();
    out.reason = "ok";
    out.lift = unknown;
    out.lift_interval = {};
    out.degrees_of_freedom = unknown;
    out.p_value = mixture.p_value(out.statistic);
    out.difference_interval = interval_about(out.difference, critical * out.standard_error, inference.alternative);
    set_lift(base_of({a.n, a.mean, a.variance / a.n}), square(out.standard_error), critical, inference.alternative, out);
    return out;
}

}  // namespace

SequentialResult sequential(double difference, double standard_error, double n, const Inference& inference, double tightest_at)
{
    check_confidence(inference.confidence);
    require_valid(std::isfinite(difference), "difference must be finite");
    require_valid(std::isfinite(standard_error) && standard_error >= 0, "standard_error must be finite and not negative");
    check_tuning(n, tightest_at);
    const Mixture mixture(n, inference, tightest_at);
    SequentialResult out;
    out.rho = mixture.rho();
    if (standard_error > 0) {
        out.interval = interval_about(difference, standard_error * mixture.critical(), inference.alternative);
        out.p_value = mixture.p_value(difference / standard_error);
    }
    return out;
}

std::vector<TimelinePoint> timeline(std::span<const DayOfExperiment> days, const Inference& inference, double tightest_at)
{
    check_tuning(1, tightest_at);
    std::vector<DayOfExperiment> sorted(days.begin(), days.end());
    std::sort(sorted.begin(), sorted.end(), [](const auto& x, const auto& y) { return x.day < y.day; });
    const auto twice =
        std::adjacent_find(sorted.begin(), sorted.end(), [](const auto& x, const auto& y) { return x.day == y.day; });
    require_valid(twice == sorted.end(), "a day stands twice",
                  "Give one row per day, with the units that were assigned on it.");
    std::vector<TimelinePoint> points;
    Moments a;
    Moments b;
    std::optional<std::int32_t> decided_on;
    for (const DayOfExperiment& day : sorted) {
        kernel::poll();
        add(day.a, a);
        add(day.b, b);
        const Comparison comparison = compare_so_far(a, b, inference, tightest_at);
        if (!decided_on && comparison.p_value < 1 - inference.confidence) {
            decided_on = day.day;
        }
        points.push_back({day.day, a.n, b.n, comparison, decided_on});
    }
    return points;
}

}  // namespace marketing::experiments
