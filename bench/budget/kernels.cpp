// Kernel time: allocation of 1000 campaigns, fit of 500 campaigns by three years of days. Prints the median of several rounds in ms.

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "../statistics/worlds/portfolios.hpp"
#include "budget/allocate.hpp"
#include "budget/response.hpp"

namespace {

using namespace marketing::budget;
namespace worlds = marketing::worlds;

template <class Work>
double median_ms(int rounds, Work work)
{
    std::vector<double> times;
    for (int i = 0; i < rounds; ++i) {
        const auto start = std::chrono::steady_clock::now();
        work();
        times.push_back(std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count());
    }
    std::sort(times.begin(), times.end());
    return times[times.size() / 2];
}

}  // namespace

int main()
{
    worlds::Engine engine(1);
    for (const Family family : {Family::michaelis_menten, Family::power, Family::logarithm}) {
        std::vector<Candidate> candidates;
        double total = 0;
        for (int i = 0; i < 1000; ++i) {
            const double spend = 100 * worlds::lognormal(engine, 0.8);
            const Shape shape(family, 0.1 + 0.8 * worlds::uniform(engine));
            candidates.push_back({{shape, spend, 10 * worlds::lognormal(engine, 0.5)}, spend, 0.5 * spend, 2 * spend, 0});
            total += spend;
        }
        const std::vector<Share> shares(1);
        constexpr const char* names[] = {"michaelis_menten", "power", "logarithm"};
        std::printf("allocation of 1000 campaigns, %s: %.3f ms\n", names[static_cast<int>(family)],
                    median_ms(51, [&] { (void)allocate(candidates, shares, Objective::fixed_budget, total, {}); }));
    }
    worlds::PortfolioKind kind;
    kind.campaigns = 500;
    kind.days = 3 * 365;
    kind.budget_days = 7;
    const auto portfolio = worlds::make_portfolio(engine, kind);
    std::vector<Series> panel;
    for (std::size_t i = 0; i < kind.campaigns; ++i) {
        panel.push_back({"", portfolio.names[i], portfolio.days[i]});
    }
    std::printf("fit of 500 campaigns x 3 years: %.1f ms\n", median_ms(5, [&] {
                    std::vector<std::vector<Block>> blocks;
                    for (const Series& series : panel) {
                        blocks.push_back(blocks_of(series, kind.days - 1, 7));
                    }
                    (void)fit_responses(blocks, {}, {}, {});
                }));
}
