// Binding of the shrunk means: arrays of group names and figures in, one row per group out.

#include <algorithm>
#include <vector>

#include "content/shrunk_means.hpp"
#include "kernel/error.hpp"
#include "postgres/arrays.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"
#include "postgres/text.hpp"

namespace content = marketing::content;
namespace kernel = marketing::kernel;
namespace postgres = marketing::postgres;

namespace {

/** A group's name, which lies in the argument, and its effect: plain data. */
struct Row {
    std::string_view name;
    content::GroupEffect effect;
};

std::vector<Row> effects_by_name(std::span<const std::string_view> names, std::span<const double> figures, double level)
{
    if (names.size() != figures.size()) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter,
                            "there must be one figure per group name, and none of the names NULL");
    }
    std::vector<std::string_view> known(names.begin(), names.end());
    std::ranges::sort(known);
    known.erase(std::ranges::unique(known).begin(), known.end());
    std::vector<std::uint32_t> group_of;
    group_of.reserve(names.size());
    for (const std::string_view name : names) {
        group_of.push_back(static_cast<std::uint32_t>(std::ranges::lower_bound(known, name) - known.begin()));
    }
    const auto found = content::shrunk_means(group_of, figures, known.size(), level);
    std::vector<Row> rows;
    for (std::size_t g = 0; g < known.size(); ++g) {
        rows.push_back({known[g], found.groups[g]});
    }
    return rows;
}

void write_known(postgres::RowWriter& rows, double value)
{
    if (value == value) {
        rows.number(value);
    } else {
        rows.null();
    }
}

}  // namespace

MARKETING_FUNCTION(shrunk_means)
{
    postgres::RowWriter rows(fcinfo);
    const auto names = postgres::text_array_argument(fcinfo, 0);
    const auto figures = postgres::float8_array_argument(fcinfo, 1);
    const double level = PG_ARGISNULL(2) ? 0 : PG_GETARG_FLOAT8(2);
    if (!(level > 0 && level < 1)) {
        ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("level must be between 0 and 1")));
    }
    postgres::PlainArray<Row> found;
    postgres::run_kernel([names, figures, level, &found] {
        postgres::ContextResource memory(CurrentMemoryContext);
        const auto effects = effects_by_name(names, {figures.data, figures.size}, level);
        found = postgres::to_plain(memory, std::span<const Row>(effects));
    });
    for (const Row& row : found) {
        rows.text(row.name).integer(static_cast<std::int64_t>(row.effect.count)).number(row.effect.mean);
        for (const double value :
             {row.effect.effect, row.effect.low, row.effect.high, row.effect.p_above, row.effect.p_value}) {
            write_known(rows, value);
        }
        rows.end_row();
    }
    return static_cast<Datum>(0);
}
