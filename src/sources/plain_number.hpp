/** Text that reads as a number. */
#pragma once

#include <string_view>

namespace marketing::sources {

/**
 * Whether text is digits with an optional sign, point and exponent of at most three digits, 200 characters at most: all of it is read by the
 * server's numeric without an error. NaN, Infinity, digits in groups and other bases are none.
 */
[[nodiscard]] bool is_plain_number(std::string_view text) noexcept;

}  // namespace marketing::sources
