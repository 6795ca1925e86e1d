/**
 * The patterns of rules: shell wildcards with alternatives.
 *
 *   *  any characters    ?  one character    [a-z] [^a-z]  one of, none of    \x  the character x itself    |  or
 *
 * A pattern covers the whole value, which is in lower case, as the pattern has to be; an empty alternative stands for a missing
 * value. Matching needs no recursion and at most length times length steps, so no rule can bring the server down on a long value:
 * that is why these are not regular expressions.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

namespace marketing::channels {

class Pattern {
public:
    static constexpr std::size_t longest = 1000;

    /** Compiles `text`, which has to outlive the pattern. Throws kernel::Error saying what is wrong with it. */
    Pattern(std::string_view text, std::pmr::memory_resource* resource);

    [[nodiscard]] bool matches(std::string_view value) const noexcept;

private:
    enum class Kind : std::uint8_t { exact, prefix, suffix, contains, general };
    struct Alternative {
        Kind kind;
        std::string_view text;
    };
    static Alternative compiled(std::string_view alternative) noexcept;
    static bool alternative_matches(const Alternative& alternative, std::string_view value) noexcept;

    std::pmr::vector<Alternative> alternatives_;
};

}  // namespace marketing::channels
