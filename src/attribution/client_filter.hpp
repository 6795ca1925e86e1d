/**
 * Which clients may have converted. Most touches belong to clients who never do, so the question is answered by a bitmap that is small
 * enough for the processor's cache: a "no" is certain, a "yes" is not.
 */
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <vector>

namespace marketing::attribution {

class ClientFilter {
public:
    /** For at most `clients` clients. */
    ClientFilter(std::size_t clients, std::pmr::memory_resource* resource)
        : bits_(std::bit_ceil(bits_per_client * clients + 64) / 64, resource), shift_(64 - std::countr_zero(64 * bits_.size()))
    {
    }

    void insert(std::int64_t client) noexcept
    {
        const std::uint64_t bit = hash(client) >> shift_;
        bits_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    [[nodiscard]] bool may_have(std::int64_t client) const noexcept
    {
        const std::uint64_t bit = hash(client) >> shift_;
        return (bits_[bit / 64] >> (bit % 64) & 1U) != 0;
    }

private:
    static constexpr std::size_t bits_per_client = 16;  // to 32: at most 6 % of the others pass

    // Fibonacci hashing twice: ids that differ in their high bits alone must not fall together.
    static std::uint64_t hash(std::int64_t client) noexcept
    {
        auto h = static_cast<std::uint64_t>(client);
        h ^= h >> 32U;
        h *= 0x9e3779b97f4a7c15U;
        h ^= h >> 29U;
        return h * 0xbf58476d1ce4e5b9U;
    }

    std::pmr::vector<std::uint64_t> bits_;
    int shift_;
};

}  // namespace marketing::attribution
