#include "kernel/interner.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernel/error.hpp"

namespace marketing::kernel {
namespace {

template <class T>
std::uint64_t load(const char* from) noexcept
{
    T value;
    std::memcpy(&value, from, sizeof value);
    return value;
}

std::uint64_t mix(std::uint64_t a, std::uint64_t b) noexcept
{
    const auto product = static_cast<unsigned __int128>(a) * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/**
 * 64-bit multiply-and-fold hash in the manner of wyhash (Wang Yi, public domain): channel names and identifiers are short, and
 * take one or two multiplications. Only the place in the table depends on it, never a result.
 */
std::uint64_t hash_bytes(std::string_view text) noexcept
{
    constexpr std::uint64_t k0 = 0xa0761d6478bd642fU;
    constexpr std::uint64_t k1 = 0xe7037ed1a0b428dbU;
    const char* p = text.data();
    const std::size_t size = text.size();
    std::uint64_t seed = k0;
    std::uint64_t a = 0;
    std::uint64_t b = 0;
    if (size > 16) {
        std::size_t left = size;
        for (; left > 16; left -= 16, p += 16) {
            seed = mix(load<std::uint64_t>(p) ^ k1, load<std::uint64_t>(p + 8) ^ seed);
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
    return mix(k1 ^ size, mix(a ^ k1, b ^ seed));
}

}  // namespace

const char* ByteArena::store(std::string_view text)
{
    const auto size = static_cast<std::uint32_t>(text.size());
    char* const place = bytes_.append(sizeof size + size);
    std::memcpy(place, &size, sizeof size);
    std::copy(text.begin(), text.end(), place + sizeof size);
    return place;
}

std::string_view ByteArena::text(const char* stored) noexcept
{
    return {stored + sizeof(std::uint32_t), static_cast<std::size_t>(load<std::uint32_t>(stored))};
}

std::uint32_t Interner::code(std::string_view text)
{
    if (slots_.size() < 2 * (texts_.size() + 1)) {
        grow();
    }
    const auto hash = static_cast<std::uint32_t>(hash_bytes(text));
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask;; at = (at + 1) & mask) {
        Slot& slot = slots_[at];
        if (slot.number == 0) {
            const std::uint32_t code = add(text);
            slot = {hash, code + 1};
            return code;
        }
        if (slot.hash == hash && this->text(slot.number - 1) == text) {
            return slot.number - 1;
        }
    }
}

std::pmr::vector<std::uint32_t> Interner::merge(const Interner& other)
{
    std::pmr::vector<std::uint32_t> codes(other.size(), texts_.get_allocator().resource());
    for (std::uint32_t number = 0; number < codes.size(); ++number) {
        codes[number] = code(other.text(number));
    }
    return codes;
}

std::uint32_t Interner::add(std::string_view text)
{
    constexpr std::size_t most_texts = std::size_t{1} << 29U;
    if (texts_.size() >= most_texts) {
        throw Error(ErrorCode::limit_exceeded, "too many distinct identifiers in one group");
    }
    const auto code = static_cast<std::uint32_t>(texts_.size());
    texts_.push_back(arena_.store(text));
    return code;
}

void Interner::grow()
{
    std::pmr::vector<Slot> wider(std::max<std::size_t>(16, 2 * slots_.size()), slots_.get_allocator());
    const std::size_t mask = wider.size() - 1;
    for (const Slot& slot : slots_) {
        if (slot.number != 0) {
            std::size_t at = slot.hash & mask;
            while (wider[at].number != 0) {
                at = (at + 1) & mask;
            }
            wider[at] = slot;
        }
    }
    slots_ = std::move(wider);
}

}  // namespace marketing::kernel
