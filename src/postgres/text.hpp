/**
 * Text arguments as views, and views as text. The views lie in the argument, or in the caller's memory context where it had to be
 * detoasted; NULL is an empty view.
 */
#pragma once

#include <span>
#include <string_view>

#include "postgres/pg.hpp"

namespace marketing::postgres {

[[nodiscard]] inline std::string_view text_view(Datum value)
{
    const text* content = DatumGetTextPP(value);
    return {VARDATA_ANY(content), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(content))};
}

[[nodiscard]] inline std::string_view text_argument(FunctionCallInfo fcinfo, int index)
{
    return PG_ARGISNULL(index) ? std::string_view{} : text_view(PG_GETARG_DATUM(index));
}

/** The elements of a text[] argument that are not NULL; none for NULL. */
[[nodiscard]] std::span<const std::string_view> text_array_argument(FunctionCallInfo fcinfo, int index);

[[nodiscard]] inline Datum text_datum(std::string_view value)
{
    return PointerGetDatum(cstring_to_text_with_len(value.data(), static_cast<int>(value.size())));
}

}  // namespace marketing::postgres
