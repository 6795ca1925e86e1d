/**
 * Arrays of numbers and dates as plain data, in the caller's memory context. Phase 1 only: each may ereport.
 *
 * The order of the elements is that of the array; dimensions do not matter. A NULL array is an empty one.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "postgres/memory.hpp"
#include "postgres/pg.hpp"

namespace marketing::postgres {

/** A float8[] argument; a NULL element is NaN. */
[[nodiscard]] PlainArray<double> float8_array_argument(FunctionCallInfo fcinfo, int index);

/** A date[] argument as days since 2000-01-01. A NULL or infinite element is an error (22023) that says `name`. */
[[nodiscard]] PlainArray<std::int32_t> date_array_argument(FunctionCallInfo fcinfo, int index, const char* name);

/** The elements of a bytea[] argument, in the array or detoasted. A NULL element is an error (22023) that says `name`. */
[[nodiscard]] std::span<const std::span<const std::byte>> bytea_array_argument(FunctionCallInfo fcinfo, int index,
                                                                               const char* name);

}  // namespace marketing::postgres
