/**
 * The spelling of names: trimmed, in lower case, and blanks and hyphens as '_' where a name becomes a platform.
 *
 * Lower case is by a fixed table, never by a locale: a platform's name must not depend on the machine. The table holds the letters
 * whose two forms are equally long in UTF-8 (Latin, Greek, Cyrillic), so that a text is folded in place.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string>
#include <string_view>

namespace marketing::channels {

/** What bytes above 127 mean. */
enum class Charset : std::uint8_t {
    utf8,
    other,  // another server encoding: only ASCII is understood, all else is left as it is
};

/** A platform's name is cut here: it is a key of tables, and utm parameters are written by strangers. */
inline constexpr std::size_t longest_name = 128;

struct Character {
    char32_t code;     // the code point; for a byte that starts no valid sequence, the byte itself
    std::size_t size;  // bytes, at least 1
    bool valid;
};

/** The first character of a non-empty text; overlong forms, surrogates and cut sequences are not valid. */
[[nodiscard]] Character first_character(std::string_view text) noexcept;

/** Without white space (ASCII) at both ends. */
[[nodiscard]] std::string_view trimmed(std::string_view text) noexcept;

/** Lower case, in place. */
void fold_case(char* text, std::size_t size, Charset charset) noexcept;

/** Lower case of ASCII letters alone (hosts, names of parameters). */
[[nodiscard]] char ascii_lower(char letter) noexcept;

/** What a text is cleaned for. */
enum class Purpose : std::uint8_t {
    key,      // one spelling for each id: no invisible characters, 123.0 is 123
    label,    // a name that people read: runs of blanks are one
    tag,      // a label from a URL: escapes and plus signs are decoded, too
    decoded,  // such a label, decoded already
    text,     // what people read at length: only trimmed
};

/** Without white space and invisible characters at both ends, those beyond ASCII included. */
[[nodiscard]] std::string_view trimmed_widely(std::string_view text, Charset charset) noexcept;

/**
 * The one spelling of a value: blanks and full-width forms become ASCII, invisible characters go. The result lies in `text`, or in `buffer`
 * where it had to change.
 */
[[nodiscard]] std::string_view spelled(std::string_view text, Purpose purpose, Charset charset, std::pmr::string& buffer);

class Placeholders;

/** The one spelling of a value; empty where it is missing or a placeholder. */
[[nodiscard]] std::string_view cleaned(std::string_view text, Purpose purpose, Charset charset,
                                       const Placeholders& placeholders, std::pmr::string& buffer);

/** Whether an id is a number in scientific notation, as of a spreadsheet: 1.2021E+17 has lost digits. */
[[nodiscard]] bool is_scientific(std::string_view key) noexcept;

/** Cleaned and in lower case; empty where it is missing. The result lies in `text`, or in `buffer` where it had to change. */
[[nodiscard]] std::string_view normalized(std::string_view text, Charset charset, const Placeholders& placeholders,
                                          std::pmr::string& buffer);

/** A normalized value as a platform's name: runs of blanks and hyphens become one '_'. The result lies in `value` or `buffer`. */
[[nodiscard]] std::string_view canonical_name(std::string_view value, std::pmr::string& buffer);

}  // namespace marketing::channels
