// Binding of the shrunk means.

#include <cmath>

#include "content/shrunk_means.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace content = marketing::content;
namespace postgres = marketing::postgres;

MARKETING_ROWS(shrunk_means, in, rows)
{
    const auto groups = in.optional_array<std::string_view>("groups");
    const auto figures = in.optional_array<double>("figures");
    const double level = in.get<double>("level");
    const auto found = postgres::run_kernel([&] { return content::shrunk_means(groups, figures, level); });
    for (const auto& [name, group] : found) {
        rows.row(name, std::llround(group.count), group.mean, group.effect, group.low, group.high, group.p_above,
                 group.p_value);
    }
}
