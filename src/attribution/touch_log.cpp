#include "attribution/touch_log.hpp"

#include <algorithm>
#include <bit>

namespace marketing::attribution {
namespace {

using Field = std::int64_t TouchRecord::*;
constexpr std::array<Field, TouchBlock::column_count> fields{&TouchRecord::client, &TouchRecord::time, &TouchRecord::touch,
                                                             &TouchRecord::code};

template <Field field>
PackedColumn measure(std::span<const TouchRecord> rows)
{
    std::int64_t least = rows.front().*field;
    std::int64_t most = least;
    for (const TouchRecord& row : rows) {
        least = std::min(least, row.*field);
        most = std::max(most, row.*field);
    }
    const std::uint64_t range = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    return {least, static_cast<std::uint32_t>((std::bit_width(range) + 7) / 8), nullptr};
}

// Writes whole words and lets the next element overwrite what is too much.
template <Field field>
std::byte* write(std::span<const TouchRecord> rows, PackedColumn& column, std::byte* to)
{
    column.bytes = to;
    for (const TouchRecord& row : rows) {
        const std::uint64_t difference = static_cast<std::uint64_t>(row.*field) - static_cast<std::uint64_t>(column.base);
        std::memcpy(to, &difference, sizeof difference);
        to += column.width;
    }
    return to;
}

}  // namespace

TouchBlock pack(std::span<const TouchRecord> rows, ChunkList<std::byte>& memory)
{
    TouchBlock block{static_cast<std::uint32_t>(rows.size()),
                     {measure<fields[0]>(rows), measure<fields[1]>(rows), measure<fields[2]>(rows), measure<fields[3]>(rows)}};
    std::size_t width = 0;
    for (const PackedColumn& column : block.columns) {
        width += column.width;
    }
    std::byte* to = memory.append(rows.size() * width + PackedColumn::overrun);
    to = write<fields[0]>(rows, block.columns[0], to);
    to = write<fields[1]>(rows, block.columns[1], to);
    to = write<fields[2]>(rows, block.columns[2], to);
    to = write<fields[3]>(rows, block.columns[3], to);
    std::memset(to, 0, PackedColumn::overrun);
    return block;
}

}  // namespace marketing::attribution
