/** A number that is not known: NaN, which SQL shows as NULL. */
#pragma once

#include <limits>

namespace marketing::kernel {

inline constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

}  // namespace marketing::kernel
