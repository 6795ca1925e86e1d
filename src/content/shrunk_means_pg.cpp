// Binding of the shrunk means.

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string_view>
#include <vector>

#include "content/shrunk_means.hpp"
#include "kernel/error.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace content = marketing::content;
namespace postgres = marketing::postgres;

namespace {

void write_effect(postgres::RowWriter& rows, std::string_view name, const content::GroupEffect& group)
{
    rows.row(name, std::llround(group.count), group.mean, group.effect, group.low, group.high, group.p_above, group.p_value);
}

}  // namespace

MARKETING_ROWS(shrunk_means, in, rows)
{
    const auto groups = in.optional_array<std::string_view>("groups");
    const auto figures = in.optional_array<double>("figures");
    const double level = in.get<double>("level");
    const auto found = postgres::run_kernel([&] { return content::shrunk_means(groups, figures, level); });
    for (const auto& [name, group] : found) {
        write_effect(rows, name, group);
    }
}

MARKETING_ROWS(shrunk_moments, in, rows)
{
    const auto groups = in.array<std::string_view>("groups");
    const auto counts = in.array<std::int64_t>("counts");
    const auto means = in.array<double>("means");
    const auto squares = in.array<double>("squares");
    const double level = in.get<double>("level");
    const auto found = postgres::run_kernel([&] {
        marketing::kernel::require_valid(
            counts.size() == groups.size() && means.size() == groups.size() && squares.size() == groups.size(),
            "all lists must have the same length");
        std::vector<content::Moments> moments;
        double largest = 0;
        for (std::size_t i = 0; i < groups.size(); ++i) {
            moments.push_back({static_cast<double>(counts[i]), means[i], squares[i]});
            largest = std::max(largest, std::abs(means[i]));
        }
        return content::shrunk_means(moments, largest, level).groups;
    });
    for (std::size_t i = 0; i < groups.size(); ++i) {
        write_effect(rows, groups[i], found[i]);
    }
}
