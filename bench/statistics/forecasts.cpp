// How often forecasts of sums are right, in worlds whose truth is known and in
// such that the forecasts were not made by: tables of docs/benchmarks.md.
// Arguments: campaigns per cell (2000), seed (1), model (auto), a part of the
// world's name (all).

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string_view>
#include <vector>

#include "forecast_scores.hpp"
#include "monte_carlo.hpp"

using namespace marketing;

namespace {

struct Run {
    int campaigns;
    std::uint64_t seed;
    std::string_view model;
    std::string_view part_of_name;
};

void print_worlds(const std::vector<worlds::World>& all, const Run& run)
{
    constexpr std::array lengths{35, 60, 90, 180};
    std::printf(
        "| world | 35 | 60 | 90 | 180 | below, above | error / mean's: "
        "35 | 60 | 90 | 180 | p_over: 35 | 60 | 90 | 180 |\n"
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (const worlds::World& world : all) {
        if (world.name.find(run.part_of_name) == std::string_view::npos) {
            continue;
        }
        std::array<worlds::ForecastScore, lengths.size()> scores;
        double below = 0, above = 0;
        for (std::size_t i = 0; i < lengths.size(); ++i) {
            scores[i] = worlds::score_forecasts(world, lengths[i], run.campaigns, run.seed, run.model);
            below += scores[i].below / lengths.size();
            above += scores[i].above / lengths.size();
        }
        std::printf("| %s |", std::string(world.name).c_str());
        for (const auto& score : scores) {
            std::printf(" %.3f |", 1 - score.below - score.above);
        }
        std::printf(" %.3f, %.3f |", below, above);
        for (const auto& score : scores) {
            std::printf(" %.2f |", score.error / score.error_of_mean);
        }
        for (const auto& score : scores) {
            std::printf(" %.3f |", score.miscalibration());
        }
        std::printf("\n");
        std::fflush(stdout);
    }
}

/** The four weeks after a first lead in 60 days, of campaigns whose rate nobody knows: even on a logarithmic scale from .001 to 1 a day. */
void print_first_lead(int tries, std::uint64_t seed)
{
    constexpr int silent = 60, horizon = 28;
    worlds::Engine engine(seed);
    std::vector<double> sums;
    for (int i = 0; i < tries; ++i) {
        const worlds::World world{.mean = worlds::log_uniform(engine, 0.001, 1)};
        const auto figures = make_campaign(world, silent + 1 + horizon, engine).figures;
        const auto first = figures.begin() + silent;
        if (*first == 1 && std::accumulate(figures.begin(), first, 0.0) == 0) {
            sums.push_back(std::accumulate(first + 1, figures.end(), 0.0));
        }
    }
    worlds::Mean truth;
    std::for_each(sums.begin(), sums.end(), [&](double sum) { truth.add(sum); });
    std::printf(
        "\nThe 28 days after a first lead in 60 days of silence; %zu such campaigns of %d had on average %.2f ± %.2f "
        "leads\n\n| method | forecast | 90 %% interval | held |\n|---|---|---|---|\n",
        sums.size(), tries, truth.value(), truth.error());
    std::vector<double> history(silent + 1, 0.0);
    history.back() = 1;
    for (const std::string_view name : {"auto", "ets", "ets_damped", "theta", "weekday_mean", "seasonal_naive", "mean"}) {
        const auto fit = forecast::fit(history, horizon, forecast::choose_model(name, history.size()), {});
        const auto sum = forecast::outlook_of_sum(fit, 0, forecast::Kind::count, 0.9);
        const auto held = std::count_if(sums.begin(), sums.end(), [&](double x) { return sum.low <= x && x <= sum.high; });
        const auto count = static_cast<double>(sums.size());
        std::printf("| `%s` | %.2f | %.0f to %.0f |", std::string(name).c_str(), sum.mean, sum.low, sum.high);
        worlds::print_share(static_cast<double>(held) / count, count);
        std::printf("\n");
    }
}

}  // namespace

int main(int count, char** arguments)
{
    const Run run{count > 1 ? std::atoi(arguments[1]) : 2000, count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1,
                  count > 3 ? arguments[3] : "auto", count > 4 ? arguments[4] : ""};
    std::printf(
        "Share of 28-day sums within the 90 %% interval, by days of "
        "history; error of the forecast by that of the mean;\n"
        "greatest distance of p_over from what happened, in fifths (%d "
        "campaigns per cell, Monte-Carlo error %.3f)\n\n",
        run.campaigns, worlds::error_of_share(0.9, run.campaigns));
    print_worlds(worlds::all_worlds(), run);
    std::printf("\nThe same in worlds that the forecasts were not made by\n\n");
    print_worlds(worlds::held_out_worlds(), run);
    print_first_lead(200 * run.campaigns, run.seed);
}
