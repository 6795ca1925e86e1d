/**
 * Output of a size that is known before it is written: one allocation, which becomes the server's value without a copy.
 *
 * The first `header` bytes are left for the caller (the server keeps a value's length there).
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <string>

#include "kernel/error.hpp"

namespace marketing::kernel {

/** Bytes in memory that somebody else frees: header, then content. Plain data. */
struct FlatValue {
    std::byte* data = nullptr;
    std::size_t size = 0;
};

class FlatBuffer {
public:
    /** The server's limit for one value (MaxAllocSize). */
    static constexpr std::uint64_t most_bytes = 0x3fffffff;

    /** Throws Error(limit_exceeded) where a value of `content` bytes is past 1 GB. */
    static void require_room(std::size_t header, std::uint64_t content)
    {
        if (content > most_bytes - header) {
            throw Error(ErrorCode::limit_exceeded, "the result does not fit in one value",
                        "It needs " + std::to_string(content) + " bytes; a value holds at most 1 GB.",
                        "Group by a part of the rows, as a bucket of the client, and add the parts up.");
        }
    }

    /** Allocates header + content from `resource`. Throws Error(limit_exceeded) past 1 GB. */
    FlatBuffer(std::pmr::memory_resource& resource, std::size_t header, std::uint64_t content)
    {
        require_room(header, content);
        value_.size = header + content;
        value_.data = static_cast<std::byte*>(resource.allocate(value_.size, alignof(std::max_align_t)));
        next_ = value_.data + header;
    }

    /** The next `size` bytes, for a column that is filled later. */
    std::byte* take(std::size_t size) noexcept
    {
        std::byte* const taken = next_;
        next_ += size;
        return taken;
    }

    /** What WireWriter asks of a byte vector: appending. */
    [[nodiscard]] std::byte* end() const noexcept { return next_; }
    void insert(std::byte* /*end*/, const std::byte* first, const std::byte* last) noexcept
    {
        const auto size = static_cast<std::size_t>(last - first);
        if (size != 0) {
            std::memcpy(take(size), first, size);
        }
    }

    [[nodiscard]] bool full() const noexcept { return next_ == value_.data + value_.size; }
    [[nodiscard]] FlatValue value() const noexcept { return value_; }

private:
    FlatValue value_;
    std::byte* next_;
};

/** Values of T at any address, aligned or not. */
template <class T>
class FlatColumn {
public:
    FlatColumn() noexcept = default;
    explicit FlatColumn(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() / sizeof(T); }
    [[nodiscard]] T operator[](std::size_t index) const noexcept
    {
        T value;
        std::memcpy(&value, bytes_.data() + index * sizeof(T), sizeof(T));
        return value;
    }
    [[nodiscard]] std::span<const std::byte> bytes() const noexcept { return bytes_; }

private:
    std::span<const std::byte> bytes_;
};

}  // namespace marketing::kernel
