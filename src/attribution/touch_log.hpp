/**
 * Touches in the order of arrival, packed: rows that come one after another are alike, so a block of them keeps, for each
 * column, the least value and the differences from it in as few bytes as the largest needs. A touch takes about 12 bytes
 * instead of 32, which saves more time (fresh memory is slow) than packing costs.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory_resource>
#include <span>
#include <vector>

#include "kernel/chunk_list.hpp"

namespace marketing::attribution {

struct TouchRecord {
    std::int64_t client;
    std::int64_t time;
    std::int64_t touch;
    std::int64_t code;  // of the key and the flags, see touch_code()
};

/** One packed column: element i is base + the `width` bytes at bytes + i * width. */
struct PackedColumn {
    /** How many bytes after the last element may be read, and must be there. */
    static constexpr std::size_t overrun = sizeof(std::uint64_t);

    std::int64_t base;
    std::uint32_t width;  // 0 to 8
    const std::byte* bytes;

    [[nodiscard]] std::int64_t operator[](std::size_t row) const noexcept
    {
        std::uint64_t difference = 0;
        std::memcpy(&difference, bytes + row * width, sizeof difference);
        const std::uint64_t mask = width == 0 ? 0 : ~std::uint64_t{0} >> (64 - 8 * width);
        return static_cast<std::int64_t>(static_cast<std::uint64_t>(base) + (difference & mask));
    }
};

struct TouchBlock {
    static constexpr std::size_t most_rows = 2048;
    static constexpr std::size_t column_count = 4;
    enum Column { client_column, time_column, touch_column, code_column };

    [[nodiscard]] std::size_t size() const noexcept { return rows; }
    [[nodiscard]] std::int64_t client(std::size_t row) const noexcept { return columns[client_column][row]; }
    [[nodiscard]] TouchRecord operator[](std::size_t row) const noexcept
    {
        return {columns[client_column][row], columns[time_column][row], columns[touch_column][row], columns[code_column][row]};
    }
    /** The bytes of one column, without the overrun. */
    [[nodiscard]] std::span<const std::byte> bytes(std::size_t column) const noexcept
    {
        return {columns[column].bytes, std::size_t{rows} * columns[column].width};
    }

    std::uint32_t rows;
    std::array<PackedColumn, column_count> columns;
};

/** Packs at least one value; the bytes go into `memory`. */
[[nodiscard]] PackedColumn pack_column(std::span<const std::int64_t> values, kernel::ChunkList<std::byte>& memory);
/** `column` of `rows` elements in other memory; what follows its bytes is not read. */
[[nodiscard]] PackedColumn copy_column(const PackedColumn& column, std::size_t rows, kernel::ChunkList<std::byte>& memory);
/** Packs 1 to TouchBlock::most_rows rows. */
[[nodiscard]] TouchBlock pack_block(std::span<const TouchRecord> rows, kernel::ChunkList<std::byte>& memory);

class TouchLog {
public:
    explicit TouchLog(std::pmr::memory_resource* resource) : memory_(resource), blocks_(resource), latest_(resource) {}

    void push_back(const TouchRecord& row)
    {
        if (latest_.size() == TouchBlock::most_rows) {
            append_block(pack_block(latest_, memory_));
            latest_.clear();
        }
        // Field by field: copying the whole would wait for the fields to reach memory.
        TouchRecord& place = latest_.emplace_back();
        place.client = row.client;
        place.time = row.time;
        place.touch = row.touch;
        place.code = row.code;
    }

    /** Adds a whole block, whose columns lie in memory(). */
    void append_block(const TouchBlock& block)
    {
        blocks_.push_back(block);
        rows_in_blocks_ += block.rows;
    }
    /** Where columns for append_block go. */
    [[nodiscard]] kernel::ChunkList<std::byte>& memory() noexcept { return memory_; }

    [[nodiscard]] std::size_t size() const noexcept { return rows_in_blocks_ + latest_.size(); }

    [[nodiscard]] std::size_t block_count() const noexcept { return blocks_.size() + (latest_.empty() ? 0 : 1); }

    /** Calls `visit(block)` for each block in turn; the one still being filled is packed into `scratch` for it. */
    template <class Visitor>
    void for_each_block(kernel::ChunkList<std::byte>& scratch, Visitor&& visit) const
    {
        blocks_.for_each(visit);
        if (!latest_.empty()) {
            visit(pack_block(latest_, scratch));
        }
    }

private:
    kernel::ChunkList<std::byte> memory_;
    kernel::ChunkList<TouchBlock> blocks_;
    std::pmr::vector<TouchRecord> latest_;
    std::size_t rows_in_blocks_ = 0;
};

}  // namespace marketing::attribution
