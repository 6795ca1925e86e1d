/** Arguments about paths and their touches, which several functions take in this order. Phase 1 only: each may ereport. */
#pragma once

#include <algorithm>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "attribution/paths.hpp"
#include "attribution/transforms.hpp"
#include "postgres/arguments.hpp"
#include "postgres/guard.hpp"
#include "postgres/memory.hpp"
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

/** Where days begin, whose last microsecond is that of conversions of a day alone. */
inline void read_day_starts(postgres::Arguments& in, PathRules& rules)
{
    rules.day_starts = in.array<postgres::Instant>("day_starts");
    postgres::require_valid(std::ranges::is_sorted(rules.day_starts), "day_starts must ascend");
}

/** Which conversions count. */
inline void read_period(postgres::Arguments& in, PathRules& rules)
{
    rules.converted_from = in.optional<postgres::Instant>("converted_from").value_or(DT_NOBEGIN);
    rules.converted_before = in.optional<postgres::Instant>("converted_before").value_or(DT_NOEND);
}

/** In a guard: transforms as plain data. */
inline std::span<const TransformStep> kept_transforms(const std::vector<ReadTransform>& transforms)
{
    std::vector<TransformStep> steps;
    for (const ReadTransform& read : transforms) {
        std::vector<std::string_view> keys;
        for (const std::string& key : read.keys) {
            keys.push_back(postgres::keep_text(key));
        }
        steps.push_back({read.transform, postgres::keep(keys)});
    }
    return postgres::keep(steps);
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
    rules.transforms = postgres::run_kernel([&] { return kept_transforms(read_transforms(transform, transform_key)); });
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
