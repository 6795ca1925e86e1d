/** The square of an expression that is long, or costs something. */
#pragma once

namespace marketing::numeric {

[[nodiscard]] constexpr double square(double x) noexcept
{
    return x * x;
}

}  // namespace marketing::numeric
