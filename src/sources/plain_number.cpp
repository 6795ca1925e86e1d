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
/** Takes a minus from the front, as keyboards, spreadsheets and typesetters write it; returns whether there is one. */
bool take_minus(std::string_view& text)
{
    for (const std::string_view minus : {"-", "\u2212", "\u2013", "\u2010", "\u2011", "\uFE63", "\uFF0D"}) {
        if (text.starts_with(minus)) {
            text.remove_prefix(minus.size());
            return true;
        }
    }
    return false;
}
/** Whether a text begins with a digit of another script, in UTF-8. */
bool starts_with_other_digit(std::string_view text)
{
    const auto byte = [text](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0; };
    const auto in = [](unsigned value, unsigned first, unsigned last) { return value >= first && value <= last; };
    return (byte(0) == 0xD9 && in(byte(1), 0xA0, 0xA9)) || (byte(0) == 0xDB && in(byte(1), 0xB0, 0xB9)) ||
           (byte(0) == 0xE0 && in(byte(1), 0xA5, 0xBB) && in(byte(2), 0xA6, 0xAF)) ||
           (byte(0) == 0xEF && byte(1) == 0xBC && in(byte(2), 0x90, 0x99));
}
/** Takes what may stand around a number: a code or a sign of a currency, a unit, blanks; no minus, and no digit of another script. */
void take_around(std::string_view& text)
{
    constexpr std::size_t longest_unit = 16;
    const auto is_around = [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ' ' || c == '$' || c == '%' ||
               static_cast<unsigned char>(c) >= 0x80;
    };
    for (std::size_t i = 0; i < longest_unit && !text.empty() && is_around(text[0]) && !starts_with_other_digit(text); ++i) {
        std::string_view rest = text;
        if (take_minus(rest)) {
            return;
        }
        text.remove_prefix(1);
    }
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
    const bool is_before_unit = take_minus(text);
    take_around(text);
    const bool is_negative = take_minus(text) || is_before_unit || in_parentheses;
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
    take_around(text);
    take(text, 1, is_point);
    return text.empty() ? size : 0;
}

}  // namespace marketing::sources
