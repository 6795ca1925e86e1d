#include "incrementality/regions.hpp"

#include <algorithm>
#include <cmath>
#include <string>
#include <tuple>

#include "kernel/error.hpp"
#include "kernel/stop.hpp"

namespace marketing::incrementality {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

Regions tabulate(const RegionColumns& columns, std::optional<std::int32_t> last_day)
{
    const std::size_t rows = columns.region.size();
    require_valid(columns.day.size() == rows && columns.response.size() == rows,
                  "regions, days and response must have as many elements each");
    require_valid(std::all_of(columns.response.begin(), columns.response.end(), [](double x) { return std::isfinite(x); }),
                  "response must be finite numbers", "Leave rows without a figure out: they count as 0.");
    require_valid(rows > 0, "there are no regions");
    Regions table;
    table.names.assign(columns.region.begin(), columns.region.end());
    std::sort(table.names.begin(), table.names.end());
    table.names.erase(std::unique(table.names.begin(), table.names.end()), table.names.end());
    table.first_day = *std::min_element(columns.day.begin(), columns.day.end());
    const std::int64_t last =
        std::min<std::int64_t>(*std::max_element(columns.day.begin(), columns.day.end()), last_day.value_or(INT32_MAX));
    const auto days = static_cast<std::size_t>(std::max<std::int64_t>(0, last - table.first_day + 1));
    if (table.names.size() > most_regions || days > most_cells / table.names.size()) {
        throw Error(ErrorCode::limit_exceeded,
                    "there are " + std::to_string(table.names.size()) + " regions and " + std::to_string(days) + " days",
                    "At most " + std::to_string(most_regions) + " regions, and regions times days " +
                        std::to_string(most_cells) + ", are compared.",
                    "Put regions together, or leave out older days.");
    }
    // In an order of their own, so that sums do not depend on that of the rows.
    std::vector<std::tuple<std::size_t, std::size_t, double>> cells;
    for (std::size_t row = 0; row < rows; ++row) {
        if (columns.day[row] <= last) {
            const auto region = std::lower_bound(table.names.begin(), table.names.end(), columns.region[row]);
            cells.emplace_back(region - table.names.begin(), static_cast<std::int64_t>(columns.day[row]) - table.first_day,
                               columns.response[row]);
        }
    }
    kernel::poll();
    std::sort(cells.begin(), cells.end());
    table.response = Eigen::MatrixXd::Zero(static_cast<Eigen::Index>(days), static_cast<Eigen::Index>(table.names.size()));
    for (const auto& [region, day, response] : cells) {
        table.response(static_cast<Eigen::Index>(day), static_cast<Eigen::Index>(region)) += response;
    }
    require_valid(table.response.allFinite(), "the sums of response are too large");
    return table;
}

}  // namespace marketing::incrementality
