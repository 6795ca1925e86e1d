/** numeric to double precision, without the detour over text that the server takes. Phase 1 only: may ereport. */
#pragma once

#include <cstdint>
#include <cstring>

#include "postgres/pg.hpp"

namespace marketing::postgres {

/**
 * The double next to a numeric, the same that the server's cast gives. Read from the form in which tables hold it, which pg_upgrade
 * keeps from release to release: a head of two or four bytes, and digits of base 10,000. What has too many digits for one exact
 * division is left to the server.
 */
[[nodiscard]] inline double numeric_to_double(Datum datum)
{
    constexpr int base = 10000;
    constexpr int most_digits = 4;
    constexpr std::int64_t most_exact = std::int64_t{1} << 53;
    constexpr double powers[] = {1, 1e4, 1e8, 1e12, 1e16, 1e20};
    const auto* value = reinterpret_cast<const varlena*>(DatumGetPointer(datum));
    if (!VARATT_IS_EXTENDED(value) || VARATT_IS_SHORT(value)) {
        const char* at = VARDATA_ANY(value);
        const auto size = static_cast<std::size_t>(VARSIZE_ANY_EXHDR(value));
        const auto next = [&at] {
            std::uint16_t word = 0;
            std::memcpy(&word, at, sizeof word);
            at += sizeof word;
            return word;
        };
        const std::uint16_t head = next();
        const bool is_short = (head & 0xC000U) == 0x8000U;
        const bool is_long = (head & 0x8000U) == 0 && size >= 4;
        if (is_short || is_long) {
            const bool is_negative = (head & (is_short ? 0x2000U : 0x4000U)) != 0;
            const int weight =
                is_long ? static_cast<std::int16_t>(next()) : static_cast<int>(head & 0x3FU) - ((head & 0x40U) != 0 ? 0x40 : 0);
            const int digits = static_cast<int>(size / 2) - (is_short ? 1 : 2);
            std::int64_t whole = 0;
            for (int i = 0; i < digits && digits <= most_digits; ++i) {
                whole = whole * base + next();
            }
            const int shift = digits - 1 - weight;  // digits behind the point
            if (digits <= most_digits && whole <= most_exact && shift >= 0 && shift < static_cast<int>(std::size(powers))) {
                const double result = static_cast<double>(whole) / powers[shift];
                return is_negative ? -result : result;
            }
        }
    }
    return DatumGetFloat8(DirectFunctionCall1(numeric_float8, datum));
}

}  // namespace marketing::postgres
