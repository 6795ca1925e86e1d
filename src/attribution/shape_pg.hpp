/** Arguments about paths and their touches, which several functions take in this order. Phase 1 only: each may ereport. */
#pragma once

#include <cstdint>
#include <string_view>

#include "attribution/paths.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/pg.hpp"

namespace marketing::attribution {

/** How far back touches count; NULL is without limit. */
inline void read_lookback(postgres::Arguments& in, PathRules& rules)
{
    rules.lookback = in.optional<postgres::Duration>("lookback");
    postgres::require_valid(rules.lookback.value_or(0) >= 0, "lookback must not be negative", "NULL means without limit.");
}

/** How far back views count, where that is less far than clicks. */
inline void read_view_lookback(postgres::Arguments& in, PathRules& rules)
{
    rules.view_lookback = in.optional<postgres::Duration>("view_lookback");
    postgres::require_valid(rules.view_lookback.value_or(0) >= 0, "view_lookback must not be negative",
                            "NULL means as far back as clicks.");
}

/** Which conversions count. */
inline void read_period(postgres::Arguments& in, PathRules& rules)
{
    rules.converted_from = in.optional<postgres::Instant>("converted_from").value_or(DT_NOBEGIN);
    rules.converted_before = in.optional<postgres::Instant>("converted_before").value_or(DT_NOEND);
}

/** What becomes of the touches of a path. */
inline void read_shape(postgres::Arguments& in, PathRules& rules)
{
    rules.include_conversion_touch = in.get<bool>("include_conversion_touch");
    rules.exclude_keys = in.array<std::string_view>("exclude_keys");
    rules.only_keys = in.optional_array<std::string_view>("only_keys");
    rules.views = in.choice("views", find_views);
    const auto transform = in.get<std::string_view>("transform");
    const auto transform_key = in.optional<std::string_view>("transform_key");
    rules.transform = postgres::run_kernel([&] { return find_transform(transform, transform_key.has_value()); });
    rules.transform_key = transform_key.value_or(std::string_view{});
    if (const auto max_touches = in.optional<std::int32_t>("max_touches")) {
        postgres::require_valid(*max_touches > 0, "max_touches must be positive", "NULL means without limit.");
        rules.max_touches = static_cast<std::size_t>(*max_touches);
    }
}

/** Tells the user that max_touches cut paths short. */
inline void notice_truncated(std::int64_t truncated, const PathRules& rules)
{
    if (truncated > 0) {
        ereport(NOTICE, (errmsg("paths with more than %zu touches: %lld", rules.max_touches, static_cast<long long>(truncated)),
                         errdetail("Only the latest %zu touches of each path are used.", rules.max_touches)));
    }
}

}  // namespace marketing::attribution
