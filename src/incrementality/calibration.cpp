#include "incrementality/calibration.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"

namespace marketing::incrementality {

using kernel::require_valid;
using numeric::normal_quantile_above;

Factor calibration_factor(const Measurement& test, const CalibrationPrior& prior)
{
    const bool finite =
        std::isfinite(test.attributed) && std::isfinite(test.measured) && std::isfinite(test.low) && std::isfinite(test.high);
    require_valid(finite && test.attributed > 0, "attributed must be positive, and what was measured finite");
    require_valid(test.low <= test.measured && test.measured <= test.high && test.low < test.high,
                  "the interval must hold what was measured, and have a width");
    require_valid(test.confidence > 0 && test.confidence < 1, "confidence must be between 0 and 1");
    require_valid(test.age_days >= 0 && prior.half_life_days > 0 && prior.deviation > 0 && std::isfinite(prior.deviation),
                  "age_days must not be negative, half_life_days and prior_deviation must be positive");
    const double tail = (1 - test.confidence) / 2;
    const double error = (test.high - test.low) / 2 / normal_quantile_above(tail) / test.attributed;
    const double aged = std::exp2(-test.age_days / prior.half_life_days);
    const double of_test = aged / (error * error);
    const double before = 1 / (prior.deviation * prior.deviation);
    // The share of the precision, in a form that no extreme of either breaks.
    const double weight = of_test > before ? 1 / (1 + before / of_test) : of_test / (of_test + before);
    const double mean = weight * (test.measured / test.attributed) + (1 - weight);
    const double reach = normal_quantile_above(tail) * std::sqrt(1 - weight) * prior.deviation;
    return {std::max(mean, 0.0), std::max(mean - reach, 0.0), std::max(mean + reach, 0.0), weight};
}

}  // namespace marketing::incrementality
