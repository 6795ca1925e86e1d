/** The Theta method: smoothing with half the slope of the whole as drift,
 * weekdays taken off before. */
#pragma once

#include <span>

#include "forecast/forecast.hpp"

namespace marketing::forecast {

/** Hyndman, Billah: Unmasking the Theta method (2003), averaged over the
 * smoothing. `history` has at least 14 known days. Throws Stopped. */
[[nodiscard]] Fit fit_theta(std::span<const double> history, int horizon, const kernel::StopFlag& stop);

}  // namespace marketing::forecast
