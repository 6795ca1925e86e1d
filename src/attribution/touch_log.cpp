#include "attribution/touch_log.hpp"

#include <algorithm>
#include <bit>

namespace marketing::attribution {

// Writes whole words and lets the next element overwrite what is too much.
PackedColumn pack_column(std::span<const std::int64_t> values, kernel::ChunkList<std::byte>& memory)
{
    std::int64_t least = values.front();
    std::int64_t most = least;
    for (const std::int64_t value : values) {
        least = std::min(least, value);
        most = std::max(most, value);
    }
    const std::uint64_t range = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    const auto width = static_cast<std::uint32_t>((std::bit_width(range) + 7) / 8);
    std::byte* to = memory.append(values.size() * width + PackedColumn::overrun);
    const PackedColumn column{least, width, to};
    for (const std::int64_t value : values) {
        const std::uint64_t difference = static_cast<std::uint64_t>(value) - static_cast<std::uint64_t>(least);
        std::memcpy(to, &difference, sizeof difference);
        to += width;
    }
    std::memset(to, 0, PackedColumn::overrun);
    return column;
}

PackedColumn copy_column(const PackedColumn& column, std::size_t rows, kernel::ChunkList<std::byte>& memory)
{
    const std::size_t size = rows * column.width;
    std::byte* const copy = memory.append(size + PackedColumn::overrun);
    std::copy_n(column.bytes, size, copy);
    std::fill_n(copy + size, PackedColumn::overrun, std::byte{0});
    return {column.base, column.width, copy};
}

TouchBlock pack_block(std::span<const TouchRecord> rows, kernel::ChunkList<std::byte>& memory)
{
    std::array<std::int64_t, TouchBlock::most_rows> values;
    const auto packed = [&](std::int64_t TouchRecord::*field) {
        std::transform(rows.begin(), rows.end(), values.begin(), [field](const TouchRecord& row) { return row.*field; });
        return pack_column(std::span(values).first(rows.size()), memory);
    };
    return {
        static_cast<std::uint32_t>(rows.size()),
        {packed(&TouchRecord::client), packed(&TouchRecord::time), packed(&TouchRecord::touch), packed(&TouchRecord::code)}};
}

}  // namespace marketing::attribution
