#include "experiments/score.hpp"

#include <algorithm>
#include <cmath>

#include "numeric/search.hpp"
#include "numeric/square.hpp"

namespace marketing::experiments {
namespace {

constexpr double certain = 1e6;  // a deviate that every interval leaves out
constexpr int bits = 50;

struct Arm {
    explicit Arm(const Proportion& p)
        : hits(static_cast<double>(p.successes)), n(static_cast<double>(p.trials)), misses(n - hits), rate(hits / n)
    {
    }

    /** The slope of the log likelihood at `p`. */
    [[nodiscard]] double slope(double p) const { return (hits > 0 ? hits / p : 0) - (misses > 0 ? misses / (1 - p) : 0); }

    double hits;
    double n;
    double misses;
    double rate;
};

/** How many standard errors `off` is; where there is none, whether it is off at all. */
double deviate(double off, double variance)
{
    if (off == 0) {
        return 0;
    }
    return std::clamp(off / std::sqrt(std::max(variance, 0.0)), -certain, certain);
}

/** The most likely rate of A where that of B is larger by `difference`: where the likelihood no longer rises, at an end or between. */
double rate_at_difference(const Arm& a, const Arm& b, double difference)
{
    constexpr int halvings = 100;  // rates of one in 10^18 keep their digits
    double low = std::max(0.0, -difference);
    double high = std::min(1.0, 1 - difference);
    for (int i = 0; i < halvings; ++i) {
        const double middle = (low + high) / 2;
        (a.slope(middle) + b.slope(middle + difference) > 0 ? low : high) = middle;
    }
    return low;
}

double deviate_at_difference(const Arm& a, const Arm& b, double difference)
{
    const double p = rate_at_difference(a, b, difference);
    const double q = std::clamp(p + difference, 0.0, 1.0);
    return deviate(b.rate - a.rate - difference, p * (1 - p) / a.n + q * (1 - q) / b.n);
}

double deviate_at_ratio(const Arm& a, const Arm& b, double ratio)
{
    // The most likely rate of A where that of B is `ratio` times as large solves a quadratic.
    const double second = (a.n + b.n) * ratio;
    const double first = (b.n + a.hits) * ratio + b.hits + a.n;
    const double hits = a.hits + b.hits;
    const double root = std::sqrt(std::max(0.0, numeric::square(first) - 4 * second * hits));
    const double p = std::min(2 * hits / (first + root), std::min(1.0, 1 / ratio));
    const double q = std::min(ratio * p, 1.0);
    return deviate(b.rate - ratio * a.rate, q * (1 - q) / b.n + numeric::square(ratio) * p * (1 - p) / a.n);
}

}  // namespace

ConfidenceInterval score_interval_of_difference(const Proportion& a, const Proportion& b, double z)
{
    const Arm first(a);
    const Arm second(b);
    const double difference = second.rate - first.rate;
    const auto beyond = [&](double limit) {
        return [&, limit](double shift) { return deviate_at_difference(first, second, shift) - limit; };
    };
    return {difference <= -1 ? -1 : numeric::root(beyond(z), -1, difference, bits).middle(),
            difference >= 1 ? 1 : numeric::root(beyond(-z), difference, 1, bits).middle()};
}

ConfidenceInterval score_interval_of_ratio(const Proportion& a, const Proportion& b, double z)
{
    constexpr double furthest = 300;  // on the log scale
    const Arm first(a);
    const Arm second(b);
    const double estimate = second.hits > 0 ? std::log(second.rate / first.rate) : -furthest;
    const auto beyond = [&](double limit) {
        return [&, limit](double log_ratio) { return deviate_at_ratio(first, second, std::exp(log_ratio)) - limit; };
    };
    return {second.hits > 0 ? std::exp(numeric::root(beyond(z), -furthest, estimate, bits).middle()) : 0,
            std::exp(numeric::root(beyond(-z), estimate, furthest, bits).middle())};
}

}  // namespace marketing::experiments
