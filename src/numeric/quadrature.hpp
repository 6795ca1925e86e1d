/**
 * Expectations over a rate's belief by the trapezoid rule on the logit scale, where the density is smooth and falls exponentially,
 * so that the rule's error falls exponentially with the step, too.
 */
#pragma once

#include <algorithm>
#include <cmath>

#include "numeric/special_functions.hpp"

namespace marketing::numeric {

/** A beta distribution of a rate, by what was seen of it. */
struct Beta {
    double successes;
    double failures;
};

[[nodiscard]] inline double logit_variance(const Beta& b)
{
    return trigamma(b.successes) + trigamma(b.failures);
}

/** E[f(rate)]; `scale` is the width, in logits, over which f changes. */
template <class Function>
[[nodiscard]] double expectation(const Beta& belief, double scale, Function f)
{
    const auto log_density = [&belief](double t) {
        return t > 0 ? -belief.failures * t - (belief.successes + belief.failures) * std::log1p(std::exp(-t))
                     : belief.successes * t - (belief.successes + belief.failures) * std::log1p(std::exp(t));
    };
    const double step = 0.25 * std::min({1.0, std::sqrt(logit_variance(belief)), scale});
    const double mode = std::log(belief.successes / belief.failures);
    const double top = log_density(mode);
    double mass = 0;
    double sum = 0;
    for (const double direction : {1.0, -1.0}) {
        for (int i = direction > 0 ? 0 : 1;; ++i) {
            const double t = mode + direction * i * step;
            const double height = std::exp(log_density(t) - top);
            mass += height;
            sum += height * f(1 / (1 + std::exp(-t)));
            if (height < 1e-17) {
                break;
            }
        }
    }
    return sum / mass;
}

}  // namespace marketing::numeric
