/**
 * Rows of many clients taken apart, client by client in ascending order: a radix sort that begins at the most significant digit. Which
 * digit is settled anew for each part by the clients that are in it, so identifiers may be dense, sparse or far apart. Each row is moved
 * about once, within memory that the processor's cache holds; comparing rows would cost several times as much.
 */
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>

namespace marketing::attribution {

/**
 * Calls `visit(part)` with parts of `rows`, sorted by `less`, ascending; all rows of a client are in one part. `less` must look at
 * `client`, an integer, first. The rows are left in any order; `spare` is as large, its content is lost.
 */
template <class Row, class Less, class Visit>
void visit_by_client(std::span<Row> rows, std::span<Row> spare, Less less, const Visit& visit)
{
    constexpr std::size_t few = 32;
    constexpr int most_bits = 10;
    std::int64_t least = rows.front().client;
    std::int64_t most = least;
    for (const Row& row : rows) {
        least = std::min(least, row.client);
        most = std::max(most, row.client);
    }
    const std::uint64_t range = static_cast<std::uint64_t>(most) - static_cast<std::uint64_t>(least);
    if (range == 0 || rows.size() <= few) {
        // Rows mostly come in the order of time, and stay so.
        if (!std::is_sorted(rows.begin(), rows.end(), less)) {
            std::sort(rows.begin(), rows.end(), less);
        }
        visit(rows);
        return;
    }
    const auto width = static_cast<int>(std::bit_width(range));
    const int bits = std::min({width, static_cast<int>(std::bit_width(rows.size())) - 1, most_bits});
    const auto digit = [least, shift = width - bits](const Row& row) {
        return (static_cast<std::uint64_t>(row.client) - static_cast<std::uint64_t>(least)) >> shift;
    };
    std::array<std::size_t, (std::size_t{1} << most_bits) + 1> end{};
    for (const Row& row : rows) {
        ++end[digit(row) + 1];
    }
    const std::size_t digits = std::size_t{1} << bits;
    for (std::size_t i = 1; i <= digits; ++i) {
        end[i] += end[i - 1];
    }
    for (const Row& row : rows) {
        spare[end[digit(row)]++] = row;  // from where the digit begins to where it ends
    }
    std::size_t begin = 0;
    for (std::size_t i = 0; i < digits; begin = end[i++]) {
        if (end[i] > begin) {
            visit_by_client(spare.subspan(begin, end[i] - begin), rows.subspan(begin, end[i] - begin), less, visit);
        }
    }
}

}  // namespace marketing::attribution
