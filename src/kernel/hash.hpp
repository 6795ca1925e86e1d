/**
 * Hashes for tables whose keys come from outside. Whoever knew how keys are hashed could choose them so that all fall together, and each
 * row would cost a walk over all before it: each table hashes by a seed of its own, which nobody outside can know. No result depends on it.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace marketing::kernel {

/** What all seeds of the process come from; the bridge sets it from the server's strong random numbers. */
inline std::array<std::uint64_t, 2> process_hash_secret{0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU};

class HashSeed {
public:
    constexpr HashSeed(std::uint64_t first, std::uint64_t second) noexcept : first_(first), second_(second) {}
    /** Another one at each call. */
    [[nodiscard]] static HashSeed next() noexcept;

    [[nodiscard]] std::uint64_t hash(std::string_view text) const noexcept;
    [[nodiscard]] std::uint64_t hash(std::int64_t number) const noexcept
    {
        return fold(fold(static_cast<std::uint64_t>(number) ^ first_, second_ | 1U) ^ second_, first_ | 1U);
    }

private:
    /** The two halves of the product, one over the other. */
    static std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept
    {
        const auto product = static_cast<unsigned __int128>(a) * b;
        return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
    }

    std::uint64_t first_;
    std::uint64_t second_;
};

/** For the unordered containers of the standard library. */
class SeededHash {
public:
    std::size_t operator()(std::string_view text) const noexcept { return seed_.hash(text); }
    std::size_t operator()(std::int64_t number) const noexcept { return seed_.hash(number); }

private:
    HashSeed seed_ = HashSeed::next();
};

}  // namespace marketing::kernel
