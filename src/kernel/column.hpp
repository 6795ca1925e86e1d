/** One column of a table that lies in memory row by row, or by itself, at any address. */
#pragma once

#include <cstddef>
#include <cstring>
#include <span>

namespace marketing::kernel {

template <class T>
class Column {
public:
    Column() = default;
    Column(std::span<const T> values) noexcept  // NOLINT(google-explicit-constructor): an array is a column
        : first_(reinterpret_cast<const std::byte*>(values.data())), step_(sizeof(T)), size_(values.size())
    {
    }
    template <class Container>
    requires requires(const Container& values) { std::span<const T>(values); }
    Column(const Container& values) noexcept : Column(std::span<const T>(values))  // NOLINT(google-explicit-constructor)
    {
    }
    /** `size` values, each `step` bytes after the one before. */
    Column(const std::byte* first, std::size_t step, std::size_t size) noexcept : first_(first), step_(step), size_(size) {}

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] bool empty() const noexcept { return size_ == 0; }
    [[nodiscard]] T operator[](std::size_t index) const noexcept
    {
        T value;
        std::memcpy(&value, first_ + index * step_, sizeof value);
        return value;
    }

private:
    const std::byte* first_ = nullptr;
    std::size_t step_ = sizeof(T);
    std::size_t size_ = 0;
};

}  // namespace marketing::kernel
