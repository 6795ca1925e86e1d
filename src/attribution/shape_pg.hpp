/** Arguments about the touches of a path, which several functions take. Phase 1 only: each may ereport. */
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "attribution/paths.hpp"
#include "postgres/arguments.hpp"
#include "postgres/memory.hpp"
#include "postgres/pg.hpp"
#include "postgres/text.hpp"

namespace marketing::attribution {

/** The lookback in microseconds; none for NULL, which is without limit. */
[[nodiscard]] inline std::optional<std::int64_t> lookback_argument(FunctionCallInfo fcinfo, int argument)
{
    if (PG_ARGISNULL(argument)) {
        return std::nullopt;
    }
    const std::int64_t lookback = postgres::microseconds_argument(fcinfo, argument, "lookback");
    if (lookback < 0) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("lookback must not be negative"),
                        errhint("NULL means without limit.")));
    }
    return lookback;
}

/** The arguments that say what becomes of the touches of a path, in this order, as plain data; names not yet looked up. */
struct ShapeArguments {
    bool include_conversion_touch;
    postgres::PlainArray<std::string_view> exclude_keys;
    postgres::PlainArray<std::string_view> only_keys;
    std::string_view views;
    std::string_view transform;
    std::optional<std::string_view> transform_key;
    std::optional<std::int32_t> max_touches;

    /** In a guard: the rules refer to these arguments. */
    void apply(PathRules& rules) const
    {
        rules.include_conversion_touch = include_conversion_touch;
        rules.exclude_keys = {exclude_keys.begin(), exclude_keys.end()};
        rules.only_keys = {only_keys.begin(), only_keys.end()};
        rules.views = find_views(views);
        rules.transform = find_transform(transform, transform_key.has_value());
        rules.transform_key = transform_key.value_or(std::string_view{});
        if (max_touches) {
            rules.max_touches = static_cast<std::size_t>(*max_touches);
        }
    }
};

/** Reads them from argument `first` on. */
[[nodiscard]] inline ShapeArguments shape_arguments(FunctionCallInfo fcinfo, int first)
{
    ShapeArguments shape{};
    postgres::require_given(fcinfo, first, "include_conversion_touch");
    shape.include_conversion_touch = PG_GETARG_BOOL(first);
    shape.exclude_keys = postgres::texts_argument(fcinfo, first + 1, "exclude_keys");
    shape.only_keys = PG_ARGISNULL(first + 2) ? postgres::PlainArray<std::string_view>{}
                                              : postgres::texts_argument(fcinfo, first + 2, "only_keys");
    shape.views = postgres::text_argument(fcinfo, first + 3, "views");
    shape.transform = postgres::text_argument(fcinfo, first + 4, "transform");
    if (!PG_ARGISNULL(first + 5)) {
        shape.transform_key = postgres::text_view(PG_GETARG_DATUM(first + 5));
    }
    if (!PG_ARGISNULL(first + 6)) {
        shape.max_touches = PG_GETARG_INT32(first + 6);
        if (*shape.max_touches < 1) {
            ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("max_touches must be positive"),
                            errhint("NULL means without limit.")));
        }
    }
    return shape;
}

/** Tells the user that max_touches cut paths short. */
inline void notice_truncated(std::int64_t truncated, const ShapeArguments& shape)
{
    if (truncated > 0) {
        ereport(NOTICE, (errmsg("paths with more than %d touches: %lld", *shape.max_touches, static_cast<long long>(truncated)),
                         errdetail("Only the latest touches of each count.")));
    }
}

}  // namespace marketing::attribution
