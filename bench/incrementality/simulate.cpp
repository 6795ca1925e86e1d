/**
 * Tests of incrementality in worlds whose truth is known: 30 regions, 120 days, the last 28 of them the test.
 * Usage: simulate [panels per line] [seed]
 */
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>
#include <vector>

#include "incrementality/geo_lift.hpp"
#include "monte_carlo.hpp"
#include "worlds/campaigns.hpp"

namespace {

using namespace marketing::incrementality;
using marketing::worlds::Campaign;
using marketing::worlds::Engine;
using marketing::worlds::print_share;
using marketing::worlds::World;

constexpr int regions = 30;
constexpr int days = 120;
constexpr int test_days = 28;

/** A panel with a lift of the treated regions, which are the first ones: sizes are random. */
struct Panel {
    std::vector<std::string> names;
    std::vector<std::string_view> region;
    std::vector<std::int32_t> day;
    std::vector<double> response;
    std::vector<std::string_view> treated;
    double brought = 0;  // on average

    Panel(const World& world, int treated_regions, double lift, int length, std::uint64_t seed)
    {
        Engine engine(seed);
        const auto fleet = marketing::worlds::make_fleet(world, regions, length, engine);
        for (int i = 0; i < regions; ++i) {
            names.push_back("r" + std::to_string(100 + i));
        }
        for (int i = 0; i < regions; ++i) {
            for (int t = 0; t < length; ++t) {
                const bool lifted = i < treated_regions && t >= days - test_days;
                const Campaign& campaign = fleet[static_cast<std::size_t>(i)];
                double figure = campaign.figures[static_cast<std::size_t>(t)];
                if (lifted) {
                    const double more = lift * campaign.expected[static_cast<std::size_t>(t)];
                    figure += lift > 0 ? marketing::worlds::poisson(engine, more) : 0;
                    brought += more;
                }
                region.push_back(names[static_cast<std::size_t>(i)]);
                day.push_back(t);
                response.push_back(figure);
            }
        }
        for (int i = 0; i < treated_regions; ++i) {
            treated.push_back(names[static_cast<std::size_t>(i)]);
        }
    }
    [[nodiscard]] Regions table() const { return tabulate({region, day, response}); }
};

struct Tally {
    int found = 0;
    int found_over_time = 0;
    int held = 0;
    double error = 0;
};

std::array<Tally, 3> tally(const World& world, int treated_regions, double lift, double significance, int panels,
                           std::uint64_t seed)
{
    std::array<Tally, 3> tallies{};
    for (int i = 0; i < panels; ++i) {
        const Panel panel(world, treated_regions, lift, days, seed * 1'000'003 + static_cast<std::uint64_t>(i));
        const auto lifts = geo_lift(panel.table(), {.treated = panel.treated, .first_day = days - test_days});
        for (std::size_t m = 0; m < 3; ++m) {
            tallies[m].found += lifts[m].p_value <= significance ? 1 : 0;
            tallies[m].found_over_time += lifts[m].p_value_over_time <= significance ? 1 : 0;
            tallies[m].held += lifts[m].total.low <= panel.brought && panel.brought <= lifts[m].total.high ? 1 : 0;
            tallies[m].error += (lifts[m].total.value - panel.brought) / (lifts[m].total.value / lifts[m].lift.value);
        }
    }
    return tallies;
}

void false_findings_and_coverage(int panels, std::uint64_t seed)
{
    std::puts(
        "| world | treated | method | found at 5 % | over time | 90 % interval holds | with a lift of 10 % "
        "|\n|---|---|---|---|---|---|---|");
    for (const World& world : marketing::worlds::region_worlds()) {
        for (const int treated : {1, 5}) {
            const auto none = tally(world, treated, 0, 0.05, panels, seed);
            const auto some = tally(world, treated, 0.1, 0.05, panels, seed + 1);
            for (std::size_t m = 0; m < 3; ++m) {
                std::printf("| %s | %d | %s |", std::string(world.name).c_str(), treated,
                            std::string(methods.name_of(static_cast<Method>(m))).c_str());
                for (const int count : {none[m].found, none[m].found_over_time, none[m].held, some[m].held}) {
                    print_share(1.0 * count / panels, panels);
                }
                std::puts("");
            }
            std::fflush(stdout);
        }
    }
}

void power_table(int panels, std::uint64_t seed)
{
    const std::vector<double> lifts{0, 0.02, 0.05, 0.1, 0.2};
    std::puts("\n| world | treated | | 0 % | 2 % | 5 % | 10 % | 20 % |\n|---|---|---|---|---|---|---|---|");
    for (const World& world : marketing::worlds::region_worlds()) {
        for (const int treated : {5}) {
            std::array<double, 5> promised{};
            const int studies = std::max(1, panels / 20);
            for (int i = 0; i < studies; ++i) {
                const Panel panel(world, treated, 0, days - test_days, seed * 7'000'003 + static_cast<std::uint64_t>(i));
                const auto study =
                    power_study(panel.table(), {.treated = panel.treated, .test_days = test_days, .significance = 0.1}, lifts);
                for (std::size_t l = 0; l < lifts.size(); ++l) {
                    promised[l] += study.lifts[l].power / studies;
                }
            }
            std::printf("| %s | %d | found |", std::string(world.name).c_str(), treated);
            for (std::size_t l = 0; l < lifts.size(); ++l) {
                print_share(1.0 * tally(world, treated, lifts[l], 0.1, panels, seed + 10 + l)[0].found / panels, panels);
            }
            std::printf("\n| | | promised |");
            for (const double power : promised) {
                std::printf(" %.2f |", power);
            }
            std::puts("");
            std::fflush(stdout);
        }
    }
}

}  // namespace

int main(int argc, char** argv)
{
    const int panels = argc > 1 ? std::atoi(argv[1]) : 1000;
    const std::uint64_t seed = argc > 2 ? std::strtoull(argv[2], nullptr, 10) : 1;
    false_findings_and_coverage(panels, seed);
    power_table(panels / 3, seed);
}
