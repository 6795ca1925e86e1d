/** One spelling for ids, names and tags, however an export or a spreadsheet wrote them. */
#include "channels/placeholders.hpp"
#include "channels/text.hpp"
#include "channels/url.hpp"

#include <algorithm>

namespace marketing::channels {
namespace {

bool in(char32_t code, char32_t first, char32_t last) noexcept
{
    return code >= first && code <= last;
}

/** White space of any width; line separators and controls read as such. */
bool is_space(char32_t code) noexcept
{
    return code <= 0x20 || in(code, 0x7F, 0xA0) || code == 0x1680 || in(code, 0x2000, 0x200A) || in(code, 0x2028, 0x2029) ||
           code == 0x202F || code == 0x205F || code == 0x3000;
}

/** What has no width and no meaning in an id or a name: marks of direction and order, soft hyphens, joiners. */
bool is_invisible(char32_t code) noexcept
{
    return code == 0xAD || code == 0x34F || code == 0x61C || in(code, 0x115F, 0x1160) || in(code, 0x17B4, 0x17B5) ||
           in(code, 0x180B, 0x180E) || in(code, 0x200B, 0x200F) || in(code, 0x202A, 0x202E) || in(code, 0x2060, 0x206F) ||
           code == 0x3164 || in(code, 0xFE00, 0xFE0F) || code == 0xFEFF || code == 0xFFA0 || in(code, 0xFFF9, 0xFFFB) ||
           in(code, 0xE0000, 0xE01EF);
}

Character character_at(std::string_view text, Charset charset) noexcept
{
    return charset == Charset::utf8 ? first_character(text) : Character{static_cast<unsigned char>(text[0]), 1, text[0] >= 0};
}

bool is_trimmed(const Character& character) noexcept
{
    return character.valid && (is_space(character.code) || is_invisible(character.code));
}

/** The last character of a non-empty text. */
Character last_character(std::string_view text, Charset charset) noexcept
{
    std::size_t start = text.size() - 1;
    while (charset == Charset::utf8 && start > 0 && text.size() - start < 4 &&
           (static_cast<unsigned char>(text[start]) & 0xC0U) == 0x80U) {
        --start;
    }
    const Character character = character_at(text.substr(start), charset);
    return character.size == text.size() - start ? character : Character{0xFFFD, 1, false};
}

/** Whether only printable ASCII without two blanks in a row is in a text, so that nothing is to be done. */
bool is_plain(std::string_view text) noexcept
{
    bool after_blank = false;
    for (const char c : text) {
        if (c < 0x20 || c > 0x7E || (c == ' ' && after_blank)) {
            return false;
        }
        after_blank = c == ' ';
    }
    return true;
}

/** Appends a character as it is to be read. */
void append_clean(std::string_view bytes, const Character& character, Purpose purpose, std::pmr::string& out)
{
    if (!character.valid) {
        out.append(bytes);
    } else if (is_space(character.code)) {
        if (purpose == Purpose::key || out.empty() || out.back() != ' ') {
            out.push_back(' ');
        }
    } else if (in(character.code, 0xFF01, 0xFF5E)) {
        out.push_back(static_cast<char>(character.code - 0xFF01 + 0x21));
    } else if (!is_invisible(character.code)) {
        out.append(bytes);
    }
}

/** A plus sign between two words is a blank of a query string where no blank says that the text is decoded. */
bool is_encoded(std::string_view text) noexcept
{
    const auto is_escape = [&](std::size_t i) {
        const auto is_hex = [](char c) { return (c >= '0' && c <= '9') || (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'f'); };
        return text[i] == '%' && i + 2 < text.size() && is_hex(text[i + 1]) && is_hex(text[i + 2]);
    };
    bool has_plus = false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] == ' ') {
            return false;
        }
        if (is_escape(i)) {
            return true;
        }
        const bool is_inside = i > 0 && i + 1 < text.size() && text[i - 1] != '+' && text[i + 1] != '+';
        has_plus = has_plus || (text[i] == '+' && is_inside);
    }
    return has_plus;
}

bool is_digits(std::string_view text) noexcept
{
    return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

/** 123 for 123.0, which is how an id looks that passed through a column of numbers. */
std::string_view without_zero_fraction(std::string_view key, std::size_t fewest_digits) noexcept
{
    const std::size_t point = key.find('.');
    if (point == std::string_view::npos || point < fewest_digits || !is_digits(key.substr(0, point)) ||
        point + 1 == key.size() || key.find_first_not_of('0', point + 1) != std::string_view::npos) {
        return key;
    }
    return key.substr(0, point);
}

/**
 * Salesforce writes an id with 15 characters, or with three more that say which of its letters are capitals: five bits each, as one of
 * A to Z and 0 to 5. Where they say so the id is the first 15, which are all that tells it apart.
 */
std::string_view without_case_suffix(std::string_view key) noexcept
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    constexpr std::size_t group = 5;
    constexpr std::size_t groups = 3;
    if (key.size() != groups * (group + 1)) {
        return key;
    }
    for (std::size_t i = 0; i < groups; ++i) {
        std::size_t capitals = 0;
        for (std::size_t j = 0; j < group; ++j) {
            const char c = key[i * group + j];
            const bool is_capital = c >= 'A' && c <= 'Z';
            if (!is_capital && !(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9')) {
                return key;
            }
            capitals += is_capital ? std::size_t{1} << j : 0;
        }
        if (key[groups * group + i] != digits[capitals]) {
            return key;
        }
    }
    return key.substr(0, groups * group);
}

}  // namespace

std::string_view trimmed_widely(std::string_view text, Charset charset) noexcept
{
    while (!text.empty()) {
        const Character first = character_at(text, charset);
        if (!is_trimmed(first)) {
            break;
        }
        text.remove_prefix(first.size);
    }
    while (!text.empty()) {
        const Character last = last_character(text, charset);
        if (!is_trimmed(last)) {
            break;
        }
        text.remove_suffix(last.size);
    }
    return text;
}

std::string_view spelled(std::string_view text, Purpose purpose, Charset charset, std::pmr::string& buffer)
{
    std::string_view value = trimmed_widely(text, charset);
    if (purpose == Purpose::tag && is_encoded(value)) {
        value = trimmed_widely(decoded(value, charset, buffer.get_allocator().resource()), charset);
    }
    if (purpose == Purpose::text || is_plain(value)) {
        return value;
    }
    std::pmr::string out(buffer.get_allocator());
    out.reserve(value.size());
    while (!value.empty()) {
        const Character character = character_at(value, charset);
        append_clean(value.substr(0, character.size), character, purpose, out);
        value.remove_prefix(character.size);
    }
    buffer.swap(out);
    return buffer;
}

std::string_view cleaned(std::string_view text, Purpose purpose, Charset charset, const Placeholders& placeholders,
                         std::pmr::string& buffer)
{
    // A name may end in .0 as a version does; an id of a platform is longer.
    constexpr std::size_t digits_of_id = 6;
    const std::string_view value = spelled(text, purpose, charset, buffer);
    if (placeholders.contains(value, purpose, charset)) {
        return {};
    }
    switch (purpose) {
        case Purpose::key: return without_zero_fraction(without_case_suffix(value), 1);
        case Purpose::tag:
        case Purpose::decoded: return without_zero_fraction(value, digits_of_id);
        default: return value;
    }
}

bool is_scientific(std::string_view key) noexcept
{
    const std::size_t sign = key.find('+');
    if (sign == std::string_view::npos || sign < 2 || ascii_lower(key[sign - 1]) != 'e' || !is_digits(key.substr(sign + 1))) {
        return false;
    }
    const std::size_t mark = sign - 1;
    const std::string_view mantissa = key.substr(key[0] == '-' ? 1 : 0, mark - (key[0] == '-' ? 1 : 0));
    const std::size_t point = std::min(mantissa.find_first_of(".,"), mantissa.size());
    return is_digits(mantissa.substr(0, point)) && (point == mantissa.size() || is_digits(mantissa.substr(point + 1)));
}

}  // namespace marketing::channels
