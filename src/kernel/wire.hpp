/**
 * Field-by-field binary encoding, little endian, for states and stored values.
 *
 * Every format starts with its tag and version. The reader checks each length before anything is allocated, so that a value
 * from another process, another node or a hostile hand ends in an Error(malformed_binary) and never in a crash.
 */
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

#include "kernel/error.hpp"

namespace marketing::kernel {

static_assert(std::endian::native == std::endian::little,
              "the wire format is written by memcpy on little-endian machines only");

template <class T>
concept Scalar = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/** Writes into memory, or without it only counts: a layout is one function over a writer, run twice (write_value in flat_format.hpp). */
class WireWriter {
public:
    WireWriter() noexcept = default;
    /** `to` has room for all that follows. */
    explicit WireWriter(std::byte* to) noexcept : next_(to) {}

    /** The place of the next `size` bytes, to be filled by the caller; nullptr where they are only counted. */
    std::byte* take(std::uint64_t size) noexcept
    {
        counted_ += size;
        return next_ == nullptr ? nullptr : std::exchange(next_, next_ + size);
    }
    template <Scalar T>
    void put(T value) noexcept
    {
        put_bytes(&value, sizeof value);
    }
    /** Elements only; the count is written by the caller where the format wants it. */
    template <Scalar T>
    void put_array(std::span<const T> values) noexcept
    {
        put_bytes(values.data(), values.size_bytes());
    }
    void put_bytes(std::span<const std::byte> bytes) noexcept { put_bytes(bytes.data(), bytes.size()); }
    /** Behind its length. */
    void put_text(std::string_view text) noexcept
    {
        put(static_cast<std::uint32_t>(text.size()));
        put_bytes(text.data(), text.size());
    }
    [[nodiscard]] std::uint64_t size() const noexcept { return counted_; }

private:
    void put_bytes(const void* data, std::size_t size) noexcept
    {
        std::byte* const to = take(size);
        if (to != nullptr && size != 0) {
            std::memcpy(to, data, size);
        }
    }
    std::byte* next_ = nullptr;
    std::uint64_t counted_ = 0;
};

class WireReader {
public:
    static constexpr const char* too_short = "it ends before its announced content";

    explicit WireReader(std::span<const std::byte> in) noexcept : in_(in) {}

    template <Scalar T>
    [[nodiscard]] T get()
    {
        T value;
        std::memcpy(&value, take(sizeof value).data(), sizeof value);
        return value;
    }
    /** The raw bytes of `count` elements of T; throws before the caller allocates for them. */
    template <Scalar T>
    [[nodiscard]] std::span<const std::byte> get_array(std::uint64_t count)
    {
        require(count <= in_.size() / sizeof(T), too_short);
        return take(count * sizeof(T));
    }
    /** `count` bytes as text. */
    [[nodiscard]] std::string_view get_chars(std::uint64_t count)
    {
        const auto bytes = take(count);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    /** Behind its length. */
    [[nodiscard]] std::string_view get_text() { return get_chars(get<std::uint32_t>()); }
    [[nodiscard]] std::size_t remaining() const noexcept { return in_.size(); }
    void expect_end() const { require(in_.empty(), "it has bytes after its end"); }
    [[noreturn]] static void fail(const std::string& why)
    {
        throw Error(ErrorCode::malformed_binary, "malformed binary value", why);
    }
    static void require(bool holds, const char* otherwise)
    {
        if (!holds) [[unlikely]] {
            fail(otherwise);
        }
    }

private:
    std::span<const std::byte> take(std::uint64_t size)
    {
        require(size <= in_.size(), too_short);
        const auto head = in_.first(size);
        in_ = in_.subspan(size);
        return head;
    }
    std::span<const std::byte> in_;
};

}  // namespace marketing::kernel
