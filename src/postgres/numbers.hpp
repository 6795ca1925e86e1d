/** Numbers of a kernel as SQL has them: NaN is NULL. Phase 4 only: each may ereport. */
#pragma once

#include <span>

#include "postgres/pg.hpp"

namespace marketing::postgres {

/** A row of the function's result type, whose columns are all float8, with NULL for NaN. */
[[nodiscard]] Datum numbers_row(FunctionCallInfo fcinfo, std::span<const double> numbers);

}  // namespace marketing::postgres
