#include "kernel/hash.hpp"

#include <cstring>

namespace marketing::kernel {
namespace {

template <class T>
std::uint64_t load(const char* from) noexcept
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

}  // namespace

HashSeed HashSeed::next() noexcept
{
    static std::uint64_t number = 0;
    const auto [first, second] = process_hash_secret;
    ++number;
    return {fold(first ^ number, second | 1U), fold(second ^ number, first | 1U)};
}

// Multiply and fold in the manner of wyhash (Wang Yi, public domain): channel names and identifiers are short, and take one or two
// multiplications. Both factors depend on the seed: a factor that is known could be made 0, whatever the other one is.
std::uint64_t HashSeed::hash(std::string_view text) const noexcept
{
    const char* p = text.data();
    const std::size_t size = text.size();
    std::uint64_t other = second_;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (size > 16) {
        std::size_t left = size;
        for (; left > 16; left -= 16, p += 16) {
            other = fold(load<std::uint64_t>(p) ^ first_, load<std::uint64_t>(p + 8) ^ other);
        }
        a = load<std::uint64_t>(p + left - 16);
        b = load<std::uint64_t>(p + left - 8);
    } else if (size >= 8) {
        a = load<std::uint64_t>(p);
        b = load<std::uint64_t>(p + size - 8);
    } else if (size >= 4) {
        a = load<std::uint32_t>(p);
        b = load<std::uint32_t>(p + size - 4);
    } else if (size > 0) {
        a = load<std::uint8_t>(p) << 16U | load<std::uint8_t>(p + size / 2) << 8U | load<std::uint8_t>(p + size - 1);
    }
    return fold(second_ ^ size, fold(a ^ first_, b ^ other));
}

}  // namespace marketing::kernel
