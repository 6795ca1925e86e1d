/** What rounding leaves of differences between values that are the same. */
#pragma once

#include <cmath>
#include <limits>

namespace marketing::numeric {

/**
 * As far apart as rounding alone may put values of this magnitude that stand for the same number. A spread up to it is none: to divide by
 * it would make findings of the last digits. `operations`: how many additions the values went through; the default is a figure's own past.
 */
[[nodiscard]] inline double rounding_noise(double magnitude, double operations = 16)
{
    return operations * std::numeric_limits<double>::epsilon() * std::abs(magnitude);
}

}  // namespace marketing::numeric
