/** Exponential smoothing in its innovations form: the error drives level, damped trend and weekday alike. */
#pragma once

#include <optional>
#include <span>

#include "forecast/forecast.hpp"

namespace marketing::forecast {

/** ETS(A,N,A) by least squares. `history` has at least 21 known days. Throws Stopped. */
[[nodiscard]] Fit fit_ets(std::span<const double> history, int horizon, const kernel::StopFlag& stop);

/**
 * ETS(A,Ad,A) by least squares, from where `undamped` of the same history stands. With `must_improve` none where already a coarse look
 * says that the trend is not worth its three parameters by Akaike's criterion. `history` has at least 28 known days. Throws Stopped.
 */
[[nodiscard]] std::optional<Fit> fit_damped_ets(std::span<const double> history, int horizon, const Fit& undamped,
                                                bool must_improve, const kernel::StopFlag& stop);

}  // namespace marketing::forecast
