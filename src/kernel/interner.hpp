/**
 * Byte strings as small numbers: each distinct string is stored once and known by its code, so that nothing after the first
 * look compares text again.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "kernel/chunk_list.hpp"
#include "kernel/hash.hpp"

namespace marketing::kernel {

/** Strings at addresses that never move, each behind its length. */
class ByteArena {
public:
    explicit ByteArena(std::pmr::memory_resource* resource) : bytes_(resource) {}

    /** Copies `text`; the address stays good as long as the arena. */
    const char* store(std::string_view text);
    /** The string that store() put at `stored`. */
    [[nodiscard]] static std::string_view text(const char* stored) noexcept;

private:
    ChunkList<char> bytes_;
};

class Interner {
public:
    explicit Interner(std::pmr::memory_resource* resource) : arena_(resource), texts_(resource), slots_(resource) {}

    /** The code of `text`, new or known: 0, 1, 2, ... in order of first sight. Throws Error(limit_exceeded) past 2^29, so that a code has room for flags beside it. */
    std::uint32_t code(std::string_view text);
    /** Takes over all texts of `other`; element i of the result is the code of its text i. */
    std::pmr::vector<std::uint32_t> merge(const Interner& other);
    [[nodiscard]] std::string_view text(std::uint32_t code) const noexcept { return ByteArena::text(texts_[code]); }
    [[nodiscard]] std::size_t size() const noexcept { return texts_.size(); }

private:
    struct Slot {
        std::uint32_t hash = 0;
        std::uint32_t number = 0;  // code + 1; 0: free
    };

    void grow();
    std::uint32_t add(std::string_view text);

    ByteArena arena_;
    std::pmr::vector<const char*> texts_;
    HashSeed seed_ = HashSeed::next();
    std::pmr::vector<Slot> slots_;  // a power of two, at most half full, linear probing
};

}  // namespace marketing::kernel
