/** Figures of regions by day, as a table: what tests of incrementality start from. */
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "numeric/eigen.hpp"

namespace marketing::incrementality {

/** Columns of equal length, one element per row; rows of one region and day add up. */
struct RegionColumns {
    std::span<const std::string_view> region;
    std::span<const std::int32_t> day;
    std::span<const double> response;
};

/** More regions, and more regions times days, than this are refused. */
inline constexpr std::size_t most_regions = 1'000;
inline constexpr std::size_t most_cells = 4'000'000;

struct Regions {
    std::vector<std::string_view> names;  // ascending
    std::int32_t first_day = 0;
    Eigen::MatrixXd response;  // a row per day, a column per region; 0 where nothing was given
};

/**
 * The table of all days from the first to the last that there are, or to `last_day`. Throws Error: invalid_parameter for columns of different
 * length and numbers that are not finite, limit_exceeded for a table that is too large.
 */
[[nodiscard]] Regions tabulate(const RegionColumns& columns, std::optional<std::int32_t> last_day = {});

}  // namespace marketing::incrementality
