#include "kernel/interner.hpp"

#include <algorithm>
#include <cstring>
#include <limits>

#include "kernel/error.hpp"

namespace marketing::kernel {
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
    std::uint32_t size = 0;
    std::memcpy(&size, stored, sizeof size);
    return {stored + sizeof size, size};
}

std::uint32_t Interner::code(std::string_view text)
{
    if (slots_.size() < 2 * (texts_.size() + 1)) {
        grow();
    }
    const auto hash = static_cast<std::uint32_t>(seed_.hash(text));
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
