/** What tells clients, customers and touches apart. */
#pragma once

#include <compare>
#include <cstdint>
#include <string_view>

namespace marketing::kernel {

enum class IdKind : std::uint8_t { none, integer, text };

/** A client or touch identifier: a number, or bytes. Refers to the bytes, does not own them. */
struct Identifier {
    IdKind kind = IdKind::none;
    std::int64_t number = 0;
    std::string_view text;

    static Identifier of(std::int64_t number) noexcept { return {IdKind::integer, number, {}}; }
    static Identifier of(std::string_view text) noexcept { return {IdKind::text, 0, text}; }
    /** Numbers in numeric order, texts by bytes. */
    friend auto operator<=>(const Identifier&, const Identifier&) = default;
};

}  // namespace marketing::kernel
