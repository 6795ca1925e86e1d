#include "channels/placeholders.hpp"

#include <algorithm>
#include <array>

namespace marketing::channels {
namespace {

/** The byte that each value of a pattern starts with; nothing where there are several. */
std::optional<unsigned char> first_byte(std::string_view pattern) noexcept
{
    if (pattern.find('|') != std::string_view::npos || pattern.starts_with('*') || pattern.starts_with('?') ||
        pattern.starts_with('[')) {
        return std::nullopt;
    }
    return static_cast<unsigned char>(pattern[pattern.starts_with('\\') ? 1 : 0]);
}

}  // namespace

void Placeholders::add(std::string_view pattern, std::optional<Purpose> from)
{
    const auto is_same = [pattern](const Entry& entry) { return entry.text == pattern; };
    if (pattern.empty() || std::any_of(entries_.begin(), entries_.end(), is_same)) {
        return;
    }
    entries_.push_back({pattern, Pattern(pattern, resource_), from});
    if (!from) {
        return;
    }
    if (const auto first = first_byte(pattern)) {
        starts_.set(*first);
    } else {
        starts_.set();
    }
}

bool Placeholders::contains(std::string_view value, Purpose purpose, Charset charset) const noexcept
{
    constexpr std::size_t longest = 150;
    if (value.empty()) {
        return true;
    }
    // Most values begin otherwise; beyond ASCII the case of a letter may be in its first byte.
    const auto first = static_cast<unsigned char>(ascii_lower(value.front()));
    if (value.size() > longest || (first < 0x80 && !starts_.test(first)) || starts_.none()) {
        return false;
    }
    std::array<char, longest> buffer{};
    std::copy(value.begin(), value.end(), buffer.begin());
    fold_case(buffer.data(), value.size(), charset);
    const std::string_view folded(buffer.data(), value.size());
    const Purpose least = purpose == Purpose::text ? Purpose::key : purpose;
    return std::any_of(entries_.begin(), entries_.end(),
                       [&](const Entry& entry) { return entry.from && least >= *entry.from && entry.pattern.matches(folded); });
}

}  // namespace marketing::channels
