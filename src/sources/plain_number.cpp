#include "sources/plain_number.hpp"

#include <algorithm>
#include <cstddef>

#include "kernel/named.hpp"

namespace marketing::sources {
namespace {

/** Takes what `wanted` accepts from the front, at most so many characters; returns how many. */
template <class Wanted>
std::size_t take(std::string_view& text, std::size_t most, Wanted wanted)
{
    const auto end = std::find_if_not(text.begin(), text.begin() + std::min(most, text.size()), wanted);
    const auto count = static_cast<std::size_t>(end - text.begin());
    text.remove_prefix(count);
    return count;
}

bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}
bool is_sign(char c)
{
    return c == '+' || c == '-';
}
bool is_point(char c)
{
    return c == '.';
}
/** What may stand around a number: a code or a sign of a currency, a unit, blanks. */
bool is_around(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '$' || c == '%' ||
           static_cast<unsigned char>(c) >= 0x80;
}
bool is_exponent(char c)
{
    return c == 'e' || c == 'E';
}

}  // namespace

bool is_plain_number(std::string_view text) noexcept
{
    constexpr std::size_t longest = longest_number;
    constexpr std::size_t longest_exponent = 3;
    if (text.size() > longest) {
        return false;
    }
    take(text, 1, is_sign);
    std::size_t mantissa = take(text, longest, is_digit);
    take(text, 1, is_point);
    mantissa += take(text, longest, is_digit);
    if (mantissa == 0) {
        return false;
    }
    if (take(text, 1, is_exponent) == 1) {
        take(text, 1, is_sign);
        if (take(text, longest_exponent, is_digit) == 0) {
            return false;
        }
    }
    return text.empty();
}

NumberFormat number_format(std::string_view example)
{
    static constexpr auto formats = kernel::names<NumberFormat>(
        "number format",
        {{"1,234.56", {',', '.'}}, {"1.234,56", {'.', ','}}, {"1 234,56", {' ', ','}}, {"1'234.56", {'\'', '.'}}});
    return formats.find(example);
}

std::size_t plain_number(std::string_view text, NumberFormat format, char* out) noexcept
{
    constexpr std::size_t longest = longest_number;
    constexpr std::size_t longest_unit = 16;
    constexpr std::size_t group_size = 3;
    std::size_t size = 0;
    const auto copy = [&](std::size_t most) {
        const std::size_t count = take(text, most, [&](char c) { return is_digit(c) && (out[size++] = c) != '\0'; });
        return count;
    };
    if (text.size() > longest) {
        return 0;
    }
    const bool in_parentheses = text.starts_with('(') && text.ends_with(')');
    if (in_parentheses) {
        text = text.substr(1, text.size() - 2);
    }
    bool is_negative = take(text, 1, [](char c) { return c == '-'; }) == 1;
    take(text, longest_unit, is_around);
    is_negative = take(text, 1, [](char c) { return c == '-'; }) == 1 || is_negative || in_parentheses;
    if (is_negative) {
        out[size++] = '-';
    }
    const std::size_t start = size;
    std::size_t digits = copy(longest);
    while (digits <= group_size && digits > 0 && text.size() > group_size && text[0] == format.group && is_digit(text[1])) {
        text.remove_prefix(1);
        if (copy(longest) != group_size) {
            return 0;
        }
    }
    if (text.starts_with(format.decimal)) {
        text.remove_prefix(1);
        out[size++] = '.';
        digits += copy(longest);
    }
    if (digits == 0 || size == start) {
        return 0;
    }
    take(text, longest_unit, is_around);
    take(text, 1, is_point);
    return text.empty() ? size : 0;
}

}  // namespace marketing::sources
