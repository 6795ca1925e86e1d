/** Exponential smoothing in its innovations form: the error drives level,
 * damped trend and weekday alike. */
#pragma once

#include <span>

#include "forecast/forecast.hpp"

namespace marketing::forecast {

/** Whether the level may have a damped trend. */
enum class Trend { none, possible, certain };

/**
 * ETS(A,N,A), with a damped trend ETS(A,Ad,A), averaged over how much level,
 * weekday and trend follow the errors. `history` has at least 21 known days.
 * Throws Stopped.
 */
[[nodiscard]] Fit fit_ets(std::span<const double> history, int horizon, Trend trend, const kernel::StopFlag& stop);

}  // namespace marketing::forecast
