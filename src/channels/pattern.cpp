#include "channels/pattern.hpp"

#include <algorithm>
#include <string>

#include "channels/text.hpp"
#include "kernel/error.hpp"

namespace marketing::channels {
namespace {

constexpr std::size_t npos = std::string_view::npos;

[[noreturn]] void refuse(std::string_view pattern, const char* why)
{
    constexpr std::size_t shown = 100;
    throw kernel::Error(
        kernel::ErrorCode::invalid_parameter, "invalid pattern \"" + std::string(pattern.substr(0, shown)) + "\"", why,
        "* stands for any characters, ? for one, [a-z] and [^a-z] for one of a set, | for or, \\ before a character "
        "for that character.");
}

/** Where the set that opens at `open` ends: the position of its ']', or npos. A ']' that comes first stands for itself. */
std::size_t set_end(std::string_view pattern, std::size_t open) noexcept
{
    std::size_t i = open + 1;
    if (i < pattern.size() && (pattern[i] == '^' || pattern[i] == '!')) {
        ++i;
    }
    for (bool first = true; i < pattern.size(); ++i, first = false) {
        if (pattern[i] == '\\') {
            ++i;
        } else if (pattern[i] == ']' && !first) {
            return i;
        }
    }
    return npos;
}

/** Where the alternative at the head of `pattern` ends: the position of its '|', or the end. Refuses what has no meaning. */
std::size_t alternative_end(std::string_view pattern)
{
    std::size_t i = 0;
    for (; i < pattern.size() && pattern[i] != '|'; ++i) {
        if (pattern[i] == '\\') {
            if (++i == pattern.size()) {
                refuse(pattern, "It ends with a single backslash.");
            }
        } else if (pattern[i] == '[') {
            i = set_end(pattern, i);
            if (i == npos) {
                refuse(pattern, "A [ is never closed by ].");
            }
        }
    }
    return i;
}

/** One character of a set, at `i`, which moves behind it. */
char32_t set_member(std::string_view pattern, std::size_t& i) noexcept
{
    if (pattern[i] == '\\') {
        ++i;
    }
    const Character member = first_character(pattern.substr(i));
    i += member.size;
    return member.code;
}

bool set_contains(std::string_view set, char32_t code) noexcept
{
    const bool negated = !set.empty() && (set[0] == '^' || set[0] == '!');
    for (std::size_t i = negated ? 1 : 0; i < set.size();) {
        const char32_t first = set_member(set, i);
        char32_t last = first;
        if (i + 1 < set.size() && set[i] == '-') {
            last = set_member(set, ++i);
        }
        if (code >= first && code <= last) {
            return !negated;
        }
    }
    return negated;
}

/** Matches one element of the pattern (not a '*') at `at` against the head of `value`; the bytes taken, 0 where it does not match. */
std::size_t match_element(std::string_view pattern, std::size_t& at, std::string_view value) noexcept
{
    if (pattern[at] == '?') {
        ++at;
        return first_character(value).size;
    }
    if (pattern[at] == '[') {
        const std::size_t end = set_end(pattern, at);
        const Character character = first_character(value);
        const bool found = set_contains(pattern.substr(at + 1, end - at - 1), character.code);
        at = end + 1;
        return found ? character.size : 0;
    }
    if (pattern[at] == '\\') {
        ++at;
    }
    return pattern[at++] == value[0] ? 1 : 0;
}

/** Wildcard matching that goes back to the last '*' alone: enough, since what an earlier one takes more the last can take as well. */
bool matches_general(std::string_view pattern, std::string_view value) noexcept
{
    std::size_t at = 0;
    std::size_t taken = 0;
    std::size_t after_star = npos;
    std::size_t star_taken = 0;
    while (taken < value.size()) {
        if (at < pattern.size() && pattern[at] == '*') {
            after_star = ++at;
            star_taken = taken;
            continue;
        }
        const std::size_t step = at < pattern.size() ? match_element(pattern, at, value.substr(taken)) : 0;
        if (step > 0) {
            taken += step;
            continue;
        }
        if (after_star == npos) {
            return false;
        }
        at = after_star;
        star_taken += first_character(value.substr(star_taken)).size;
        taken = star_taken;
    }
    return pattern.find_first_not_of('*', at) == npos;
}

}  // namespace

Pattern::Pattern(std::string_view text, std::pmr::memory_resource* resource) : alternatives_(resource)
{
    if (text.size() > longest) {
        refuse(text, "It is longer than 1000 bytes.");
    }
    for (std::size_t start = 0; start <= text.size();) {
        const std::size_t size = alternative_end(text.substr(start));
        alternatives_.push_back(compiled(text.substr(start, size)));
        start += size + 1;
    }
}

Pattern::Alternative Pattern::compiled(std::string_view alternative) noexcept
{
    const bool head = alternative.starts_with('*');
    const bool tail = alternative.size() > 1 && alternative.ends_with('*');
    std::string_view core = alternative.substr(head ? 1 : 0);
    core.remove_suffix(tail ? 1 : 0);
    if (core.find_first_of("*?[\\") != npos) {
        return {Kind::general, alternative};
    }
    if (head) {
        return {tail ? Kind::contains : Kind::suffix, core};
    }
    return {tail ? Kind::prefix : Kind::exact, core};
}

bool Pattern::alternative_matches(const Alternative& alternative, std::string_view value) noexcept
{
    switch (alternative.kind) {
        case Kind::exact: return value == alternative.text;
        case Kind::prefix: return value.starts_with(alternative.text);
        case Kind::suffix: return value.ends_with(alternative.text);
        case Kind::contains: return value.find(alternative.text) != npos;
        case Kind::general: return matches_general(alternative.text, value);
    }
    return false;
}

bool Pattern::matches(std::string_view value) const noexcept
{
    return std::any_of(alternatives_.begin(), alternatives_.end(),
                       [value](const Alternative& alternative) { return alternative_matches(alternative, value); });
}

}  // namespace marketing::channels
