/**
 * What the aggregates over customers share: identifiers that are all integers or all texts, and the size of their values.
 */
#pragma once

#include <cstdint>
#include <memory_resource>
#include <string_view>

#include "customers/purchase.hpp"
#include "kernel/flat_buffer.hpp"
#include "kernel/identifier.hpp"
#include "kernel/interner.hpp"
#include "kernel/wire.hpp"

namespace marketing::customers {

/** Identifiers as numbers: an integer is its own, a text has a code. */
class CustomerIds {
public:
    explicit CustomerIds(std::pmr::memory_resource* resource) : texts_(resource) {}

    /** Throws Error(invalid_parameter) for an identifier of another kind than those before. */
    std::int64_t key(const Identifier& customer);
    [[nodiscard]] Identifier customer(std::int64_t key) const noexcept;
    [[nodiscard]] IdKind kind() const noexcept { return kind_; }

    /** The bytes that write() takes. */
    [[nodiscard]] std::uint64_t wire_size() const noexcept;
    void write(kernel::WireWriter<kernel::FlatBuffer>& out) const;
    /** Fills this, which must be empty. Throws Error(malformed_binary). */
    void read(kernel::WireReader& in);
    /** Throws Error(malformed_binary) for a key that stands for no identifier. */
    void check(std::int64_t key) const;

private:
    kernel::Interner texts_;
    IdKind kind_ = IdKind::none;
};

/** Allocates a value. Throws Error(limit_exceeded) past 1 GB. */
[[nodiscard]] kernel::FlatBuffer allocate_value(std::pmr::memory_resource& result, std::size_t header, std::uint64_t content);

}  // namespace marketing::customers
