/**
 * What binary formats share: the tag and version that each begins with.
 */
#pragma once

#include <cstdint>

#include "kernel/flat_buffer.hpp"
#include "kernel/wire.hpp"

namespace marketing::kernel {

/** How a binary format begins, and what it is called where something else is found. */
struct Format {
    constexpr Format(const char (&letters)[5], std::uint16_t number, const char* content) noexcept
        : version(number), name(content)
    {
        for (int i = 3; i >= 0; --i) {
            tag = tag << 8U | static_cast<unsigned char>(letters[i]);
        }
    }

    std::uint32_t tag = 0;
    std::uint16_t version;
    const char* name;
};

}  // namespace marketing::kernel
