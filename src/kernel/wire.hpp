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
#include <string_view>
#include <type_traits>
#include <vector>

#include "kernel/error.hpp"

namespace marketing::kernel {

static_assert(std::endian::native == std::endian::little,
              "the wire format is written by memcpy on little-endian machines only");

template <class T>
concept Scalar = std::is_arithmetic_v<T> && !std::is_same_v<T, bool>;

/** Appends to any byte vector (std or pmr). */
template <class Bytes>
class WireWriter {
public:
    explicit WireWriter(Bytes& out) noexcept : out_(out) {}

    template <Scalar T>
    void put(T value)
    {
        put_bytes(&value, sizeof value);
    }
    /** Elements only; the count is written by the caller where the format wants it. */
    template <Scalar T>
    void put_array(std::span<const T> values)
    {
        put_bytes(values.data(), values.size_bytes());
    }
    void put_text(std::string_view text)
    {
        put(static_cast<std::uint32_t>(text.size()));
        put_bytes(text.data(), text.size());
    }

private:
    void put_bytes(const void* data, std::size_t size)
    {
        const auto* first = static_cast<const std::byte*>(data);
        out_.insert(out_.end(), first, first + size);
    }
    Bytes& out_;
};

class WireReader {
public:
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
        if (count > in_.size() / sizeof(T)) {
            fail("it ends before its announced content");
        }
        return take(count * sizeof(T));
    }
    [[nodiscard]] std::string_view get_text()
    {
        const auto size = get<std::uint32_t>();
        const auto bytes = take(size);
        return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
    }
    [[nodiscard]] std::size_t remaining() const noexcept { return in_.size(); }
    void expect_end() const
    {
        if (!in_.empty()) {
            fail("it has bytes after its end");
        }
    }
    [[noreturn]] static void fail(const char* why) { throw Error(ErrorCode::malformed_binary, "malformed binary value", why); }

private:
    std::span<const std::byte> take(std::uint64_t size)
    {
        if (size > in_.size()) {
            fail("it ends before its announced content");
        }
        const auto head = in_.first(size);
        in_ = in_.subspan(size);
        return head;
    }
    std::span<const std::byte> in_;
};

}  // namespace marketing::kernel
