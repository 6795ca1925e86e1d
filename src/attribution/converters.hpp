/**
 * The set of clients who converted, numbered. Most touches belong to clients who never do, so the question "not in it?" is
 * answered by a small bitmap that stays in the processor's cache.
 */
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace marketing::attribution {

class ConverterIndex {
public:
    static constexpr std::uint32_t absent = 0xffffffff;

    /** `clients` are distinct; each gets its place in the span as its number. */
    ConverterIndex(std::span<const std::int64_t> clients, std::pmr::memory_resource* resource)
        : slots_(std::bit_ceil(2 * clients.size() + 1), resource),
          bitmap_(slots_.size() * bits_per_slot / 64 + 1, resource),
          shift_(64 - std::countr_zero(slots_.size() * bits_per_slot)),
          mask_(slots_.size() - 1)
    {
        for (std::uint32_t number = 0; number < clients.size(); ++number) {
            const std::uint64_t bit = hash(clients[number]) >> shift_;
            bitmap_[bit / 64] |= std::uint64_t{1} << (bit % 64);
            std::size_t at = bit / bits_per_slot;
            while (slots_[at].number != absent) {
                at = (at + 1) & mask_;
            }
            slots_[at] = {clients[number], number};
        }
    }

    /** The number of `client`, or `absent`. */
    [[nodiscard]] std::uint32_t find(std::int64_t client) const noexcept
    {
        const std::uint64_t bit = hash(client) >> shift_;
        if ((bitmap_[bit / 64] >> (bit % 64) & 1U) == 0) {
            return absent;
        }
        std::size_t at = bit / bits_per_slot;
        while (slots_[at].number != absent && slots_[at].client != client) {
            at = (at + 1) & mask_;
        }
        return slots_[at].number;
    }

private:
    static constexpr std::size_t bits_per_slot = 8;  // 16 to 32 bits per client: at most 6 % of the others pass

    struct Slot {
        std::int64_t client = 0;
        std::uint32_t number = absent;
    };

    // Fibonacci hashing twice: ids that differ in their high bits alone must not fall together.
    static std::uint64_t hash(std::int64_t client) noexcept
    {
        auto h = static_cast<std::uint64_t>(client);
        h ^= h >> 32U;
        h *= 0x9e3779b97f4a7c15U;
        h ^= h >> 29U;
        return h * 0xbf58476d1ce4e5b9U;
    }

    std::pmr::vector<Slot> slots_;
    std::pmr::vector<std::uint64_t> bitmap_;
    int shift_;
    std::size_t mask_;
};

}  // namespace marketing::attribution
