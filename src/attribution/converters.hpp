/**
 * The set of clients who converted, numbered. Most touches belong to clients who never do, so the question "not in it?" is
 * answered by a small bitmap that stays in the processor's cache.
 */
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

namespace marketing::attribution {

// Fibonacci hashing twice: ids that differ in their high bits alone must not fall together.
inline std::uint64_t hash_client(std::int64_t client) noexcept
{
    auto h = static_cast<std::uint64_t>(client);
    h ^= h >> 32U;
    h *= 0x9e3779b97f4a7c15U;
    h ^= h >> 29U;
    return h * 0xbf58476d1ce4e5b9U;
}

/** Distinct clients: each is in the list once, in the order of first sight. */
class DistinctClients {
public:
    explicit DistinctClients(std::pmr::memory_resource* resource) : clients_(resource), slots_(resource) {}

    /** The place of `client` in the list. */
    std::uint32_t insert(std::int64_t client)
    {
        if (2 * (clients_.size() + 1) > slots_.size()) {
            grow();
        }
        std::size_t at = place(client);
        while (slots_[at] != 0 && clients_[slots_[at] - 1] != client) {
            at = (at + 1) & (slots_.size() - 1);
        }
        if (slots_[at] == 0) {
            clients_.push_back(client);
            slots_[at] = static_cast<std::uint32_t>(clients_.size());
        }
        return slots_[at] - 1;
    }
    /** Asks for the memory that insert() will look into, so that it is there by then. */
    void prefetch(std::int64_t client) const noexcept
    {
        if (!slots_.empty()) {
            __builtin_prefetch(&slots_[place(client)]);
        }
    }
    [[nodiscard]] const std::pmr::vector<std::int64_t>& list() const noexcept { return clients_; }

private:
    [[nodiscard]] std::size_t place(std::int64_t client) const noexcept
    {
        return hash_client(client) >> (64 - std::countr_zero(slots_.size()));
    }
    void grow()
    {
        slots_.assign(std::max<std::size_t>(1024, 2 * slots_.size()), 0);
        for (std::uint32_t number = 1; number <= clients_.size(); ++number) {
            std::size_t at = place(clients_[number - 1]);
            while (slots_[at] != 0) {
                at = (at + 1) & (slots_.size() - 1);
            }
            slots_[at] = number;
        }
    }

    std::pmr::vector<std::int64_t> clients_;
    std::pmr::vector<std::uint32_t> slots_;  // place in clients_ and 1 more; 0: free; a power of two, at most half full
};

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
            const std::uint64_t bit = hash_client(clients[number]) >> shift_;
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
        const std::uint64_t bit = hash_client(client) >> shift_;
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

    std::pmr::vector<Slot> slots_;
    std::pmr::vector<std::uint64_t> bitmap_;
    int shift_;
    std::size_t mask_;
};

}  // namespace marketing::attribution
