// Binding of the benchmarks.

#include <cmath>
#include <string_view>

#include "content/benchmark.hpp"
#include "postgres/guard.hpp"
#include "postgres/rows.hpp"

namespace content = marketing::content;
namespace postgres = marketing::postgres;

namespace {

struct Position {
    content::RatioEstimate own;
    double share, share_low, share_high, median;
    int beyond;
};

double share_below(const content::Benchmark& benchmark, double value)
{
    return std::isnan(value) ? value : 100 * benchmark.share_below(value);
}

std::string_view name_of(const Position& position)
{
    constexpr std::string_view names[] = {"below all quantiles", "among the quantiles", "above all quantiles"};
    return names[position.beyond + 1];
}

}  // namespace

MARKETING_ROWS(benchmark_position, in, rows)
{
    const auto figures = in.optional_array<double>("figures");
    const auto bases = in.optional_array<double>("bases");
    const auto quantiles = in.optional_array<double>("quantiles");
    const auto marks = in.optional_array<double>("marks");
    const double level = in.get<double>("level");
    const auto found = postgres::run_kernel([&] {
        const content::Benchmark benchmark(quantiles, marks);
        const content::RatioEstimate own = content::ratio_of_sums(figures, bases, level);
        return Position{own,
                        share_below(benchmark, own.value),
                        share_below(benchmark, own.low),
                        share_below(benchmark, own.high),
                        benchmark.median(),
                        benchmark.beyond(own.value)};
    });
    rows.row(found.own.value, found.own.low, found.own.high, found.share, found.share_low, found.share_high, found.median,
             postgres::only_if(!std::isnan(found.own.value), name_of(found)));
}
