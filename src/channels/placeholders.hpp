/** The ways to write "nothing": (not set), N/A, a macro that nobody filled in. */
#pragma once

#include <bitset>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <string_view>
#include <vector>

#include "channels/pattern.hpp"
#include "channels/text.hpp"
#include "kernel/named.hpp"

namespace marketing::channels {

inline constexpr auto purposes = kernel::names<Purpose>("purpose", {{"key", Purpose::key},
                                                                    {"label", Purpose::label},
                                                                    {"tag", Purpose::tag},
                                                                    {"decoded", Purpose::decoded},
                                                                    {"text", Purpose::text}});

class Placeholders {
public:
    explicit Placeholders(std::pmr::memory_resource* resource) : resource_(resource), entries_(resource) {}

    /**
     * Adds a pattern in lower case, which has to outlive the list, and the first purpose, in their order, for which it says nothing;
     * none takes the pattern off. Of a pattern that is added twice the first holds.
     */
    void add(std::string_view pattern, std::optional<Purpose> from);

    /** Whether a trimmed value says nothing. */
    [[nodiscard]] bool contains(std::string_view value, Purpose purpose, Charset charset) const noexcept;

private:
    struct Entry {
        std::string_view text;
        Pattern pattern;
        std::optional<Purpose> from;
    };

    std::pmr::memory_resource* resource_;
    std::pmr::vector<Entry> entries_;
    std::bitset<256> starts_;  // the first bytes of what patterns may match
};

}  // namespace marketing::channels
