/**
 * Text arguments as views, and views as text. The views lie in the argument, or in the caller's memory context where it had to be
 * detoasted; NULL is an empty view.
 */
#pragma once

#include <span>
#include <string_view>

#include "postgres/pg.hpp"
#include "postgres/sql_type.hpp"

namespace marketing::postgres {

[[nodiscard]] inline std::string_view text_argument(FunctionCallInfo fcinfo, int index)
{
    return PG_ARGISNULL(index) ? std::string_view{} : text_view(PG_GETARG_DATUM(index));
}

/** The elements of a text[] argument that are not NULL; none for NULL. */
[[nodiscard]] std::span<const std::string_view> text_array_argument(FunctionCallInfo fcinfo, int index);

}  // namespace marketing::postgres
