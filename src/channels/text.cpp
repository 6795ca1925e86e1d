#include "channels/text.hpp"

#include <algorithm>
#include <array>

namespace marketing::channels {
namespace {

constexpr std::string_view blanks = " \t\n\r\f\v";

unsigned char byte_at(std::string_view text, std::size_t index) noexcept
{
    return static_cast<unsigned char>(text[index]);
}

bool is_blank(char letter) noexcept
{
    return blanks.find(letter) != std::string_view::npos;
}

bool is_continuation(unsigned char byte) noexcept
{
    return (byte & 0xC0U) == 0x80U;
}

/** The number of bytes that a lead byte announces, 0 where it is none. */
std::size_t announced_size(unsigned char lead) noexcept
{
    if (lead < 0x80) {
        return 1;
    }
    if (lead >= 0xC2 && lead <= 0xDF) {
        return 2;
    }
    if (lead >= 0xE0 && lead <= 0xEF) {
        return 3;
    }
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

bool is_scalar(char32_t code, std::size_t size) noexcept
{
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    return code >= smallest[size] && code <= 0x10FFFF && (code < 0xD800 || code > 0xDFFF);
}

bool in(char32_t code, char32_t first, char32_t last) noexcept
{
    return code >= first && code <= last;
}

char32_t lower_latin(char32_t code) noexcept
{
    if (in(code, 0xC0, 0xDE) && code != 0xD7) {
        return code + 0x20;
    }
    const bool even_is_upper = in(code, 0x100, 0x12F) || in(code, 0x132, 0x137) || in(code, 0x14A, 0x177);
    const bool odd_is_upper = in(code, 0x139, 0x148) || in(code, 0x179, 0x17E);
    if ((even_is_upper && code % 2 == 0) || (odd_is_upper && code % 2 == 1)) {
        return code + 1;
    }
    return code == 0x178 ? 0xFF : code;
}

char32_t lower_greek(char32_t code) noexcept
{
    return in(code, 0x391, 0x3AB) && code != 0x3A2 ? code + 0x20 : code;
}

char32_t lower_cyrillic(char32_t code) noexcept
{
    if (in(code, 0x400, 0x40F)) {
        return code + 0x50;
    }
    if (in(code, 0x410, 0x42F)) {
        return code + 0x20;
    }
    const bool even_is_upper = in(code, 0x460, 0x481) || in(code, 0x48A, 0x4BF) || in(code, 0x4D0, 0x52F);
    return even_is_upper && code % 2 == 0 ? code + 1 : code;
}

/** Lower case of a character that takes two bytes; both forms do. */
char32_t lower_two_bytes(char32_t code) noexcept
{
    if (code < 0x180) {
        return lower_latin(code);
    }
    return code < 0x400 ? lower_greek(code) : lower_cyrillic(code);
}

bool needs_folding(std::string_view text) noexcept
{
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80; });
}

std::string_view without_half_character(std::string_view text, std::size_t most) noexcept
{
    if (text.size() <= most) {
        return text;
    }
    std::size_t end = most;
    while (end > most - 3 && is_continuation(byte_at(text, end))) {
        --end;
    }
    return text.substr(0, end);
}

}  // namespace

Character first_character(std::string_view text) noexcept
{
    const unsigned char lead = byte_at(text, 0);
    const std::size_t size = announced_size(lead);
    const Character invalid{lead, 1, false};
    if (size == 1) {
        return {lead, 1, true};
    }
    if (size == 0 || size > text.size()) {
        return invalid;
    }
    char32_t code = lead & (0xFFU >> (size + 1));
    for (std::size_t i = 1; i < size; ++i) {
        if (!is_continuation(byte_at(text, i))) {
            return invalid;
        }
        code = code << 6U | (byte_at(text, i) & 0x3FU);
    }
    return is_scalar(code, size) ? Character{code, size, true} : invalid;
}

std::string_view trimmed(std::string_view text) noexcept
{
    while (!text.empty() && is_blank(text.front())) {
        text.remove_prefix(1);
    }
    while (!text.empty() && is_blank(text.back())) {
        text.remove_suffix(1);
    }
    return text;
}

char ascii_lower(char letter) noexcept
{
    return letter >= 'A' && letter <= 'Z' ? static_cast<char>(letter - 'A' + 'a') : letter;
}

void fold_case(char* text, std::size_t size, Charset charset) noexcept
{
    for (std::size_t i = 0; i < size;) {
        if (static_cast<unsigned char>(text[i]) < 0x80 || charset != Charset::utf8) {
            text[i] = ascii_lower(text[i]);
            ++i;
            continue;
        }
        const Character character = first_character({text + i, size - i});
        if (character.valid && character.size == 2) {
            const char32_t lower = lower_two_bytes(character.code);
            text[i] = static_cast<char>(0xC0U | lower >> 6U);
            text[i + 1] = static_cast<char>(0x80U | (lower & 0x3FU));
        }
        i += character.size;
    }
}

std::string_view normalized(std::string_view text, Charset charset, const Placeholders& placeholders, std::pmr::string& buffer)
{
    const std::string_view value = cleaned(text, Purpose::label, charset, placeholders, buffer);
    if (!needs_folding(value)) {
        return value;
    }
    if (value.data() != buffer.data()) {
        buffer.assign(value);
    }
    fold_case(buffer.data(), value.size(), charset);
    return std::string_view(buffer).substr(0, value.size());
}

std::string_view canonical_name(std::string_view value, std::pmr::string& buffer)
{
    const auto is_gap = [](char c) { return c == '-' || is_blank(c); };
    // What follows the longest name by far cannot be part of it.
    value = without_half_character(value, 4 * longest_name);
    if (std::none_of(value.begin(), value.end(), is_gap)) {
        return without_half_character(value, longest_name);
    }
    std::pmr::string name(buffer.get_allocator());
    for (std::size_t i = 0; i < value.size(); ++i) {
        if (!is_gap(value[i])) {
            name.push_back(value[i]);
        } else if (i == 0 || !is_gap(value[i - 1])) {
            name.push_back('_');
        }
    }
    buffer.swap(name);
    return without_half_character(buffer, longest_name);
}

}  // namespace marketing::channels
