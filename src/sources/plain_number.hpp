/** Text that reads as a number. */
#pragma once

#include <cstddef>
#include <string_view>

namespace marketing::sources {

/** The longest text that is read as a number. */
inline constexpr std::size_t longest_number = 200;

/**
 * Whether text is digits with an optional sign, point and exponent of at most three digits, 200 characters at most: all of it is read by the
 * server's numeric without an error. NaN, Infinity, digits in groups and other bases are none.
 */
[[nodiscard]] bool is_plain_number(std::string_view text) noexcept;

/** How a country or a spreadsheet writes numbers: 1,234.56 or 1.234,56. */
struct NumberFormat {
    char group;
    char decimal;
};

/** The format by its example: 1,234.56, 1.234,56, 1 234,56 or 1'234.56. */
[[nodiscard]] NumberFormat number_format(std::string_view example);

/**
 * Writes a number of that format as the server reads it to `out`, which takes longest_number characters: without signs of currency,
 * percent and groups; (12.50) of accountants is negative. Returns its length, 0 where it is no such number: groups have three digits.
 */
[[nodiscard]] std::size_t plain_number(std::string_view text, NumberFormat format, char* out) noexcept;

}  // namespace marketing::sources
