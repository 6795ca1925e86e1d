#include "sources/plain_number.hpp"

#include <algorithm>
#include <cstddef>

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
bool is_exponent(char c)
{
    return c == 'e' || c == 'E';
}

}  // namespace

bool is_plain_number(std::string_view text) noexcept
{
    constexpr std::size_t longest = 200;
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

}  // namespace marketing::sources
