/** What a test takes for the opposite of no difference. */
#pragma once

#include <cstdint>

#include "kernel/named.hpp"

namespace marketing::numeric {

enum class Alternative : std::uint8_t { two_sided, greater, less };

/** The alternative called two.sided, greater or less. Throws Error(invalid_parameter) for another name. */
inline constexpr auto find_alternative = kernel::names<Alternative>(
    "alternative", {{"two.sided", Alternative::two_sided}, {"greater", Alternative::greater}, {"less", Alternative::less}});

}  // namespace marketing::numeric
