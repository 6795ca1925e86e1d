/**
 * Numeric as double precision, a tenth of the price of the server's cast, which goes by way of text. Phase 1 only: it may ereport.
 */
#pragma once

#include "postgres/pg.hpp"

namespace marketing::postgres {

/** The same as the server's cast of numeric to double precision. */
[[nodiscard]] double numeric_to_double(Datum numeric);

}  // namespace marketing::postgres
