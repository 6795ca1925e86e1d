/**
 * C++ containers in the server's memory contexts.
 *
 * Memory from malloc is invisible to the server's accounting (HashAgg would never spill) and is not freed when a query is
 * cancelled; memory from a context is both. Allocation failure becomes std::bad_alloc, never a longjmp.
 */
#pragma once

#include <cstddef>
#include <cstring>
#include <memory_resource>
#include <ranges>
#include <span>
#include <string_view>
#include <type_traits>

#include "postgres/pg.hpp"

namespace marketing::postgres {

class ContextResource : public std::pmr::memory_resource {
public:
    explicit ContextResource(MemoryContext context) noexcept : context_(context) {}

protected:
    void* do_allocate(std::size_t bytes, std::size_t alignment) override;
    void do_deallocate(void* pointer, std::size_t bytes, std::size_t alignment) override;
    [[nodiscard]] bool do_is_equal(const memory_resource& other) const noexcept override;

private:
    MemoryContext context_;
};

/** In a guard: `values` as plain data in the memory context of the call, for the phases after the guard. */
template <class T>
[[nodiscard]] std::span<const T> keep(std::span<const T> values)
{
    static_assert(std::is_trivially_copyable_v<T>);
    if (values.empty()) {
        return {};
    }
    void* copy = ContextResource(CurrentMemoryContext).allocate(values.size_bytes(), alignof(T));
    std::memcpy(copy, values.data(), values.size_bytes());
    return {static_cast<const T*>(copy), values.size()};
}

template <std::ranges::contiguous_range Range>
[[nodiscard]] auto keep(const Range& values)
{
    return keep(std::span<const std::ranges::range_value_t<Range>>(values));
}

[[nodiscard]] inline std::string_view keep_text(std::string_view text)
{
    const auto copy = keep(std::span<const char>(text));
    return {copy.data(), copy.size()};
}

}  // namespace marketing::postgres
