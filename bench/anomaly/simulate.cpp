// How often the tests are wrong, and what they find, on fleets whose truth is known: the tables of docs/benchmarks.md. An argument is
// added to all seeds, for fleets that nobody has seen.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "../../test/unit/anomaly_fleet.hpp"

using namespace anomaly_test;
namespace series = marketing::series;

namespace {

std::uint64_t other_seeds = 0;

void null_table()
{
    std::printf("Unchanged campaigns with p < 0.01, in fleets of one phi and one size (nominal 0.010; 100 fleets of 400)\n");
    std::printf("%6s %11s %8s %8s %12s %8s\n", "phi", "leads a day", "1 day", "7 days", "by days: 1", "7 days");
    for (const double phi : {1.0, 1.5, 2.5, 5.0}) {
        for (const double leads : {2.0, 8.0, 30.0}) {
            double rate[4];
            for (int i = 0; i < 4; ++i) {
                FleetPlan plan;
                plan.least_phi = plan.most_phi = phi;
                plan.least_leads = plan.most_leads = leads;
                plan.changed = 0;
                plan.window = i % 2 == 0 ? 1 : 7;
                plan.kind = i < 2 ? series::SeriesKind::rate : series::SeriesKind::count;
                rate[i] = simulate(plan, 100, other_seeds + 7).false_rate;
            }
            std::printf("%6.1f %11.0f %8.4f %8.4f %12.4f %8.4f\n", phi, leads, rate[0], rate[1], rate[2], rate[3]);
        }
    }
}

void fleet_table()
{
    std::printf(
        "\nFleets of 400 campaigns of 2 to 40 leads a day, 40 of them changed in a window of 7 days; alerts at BH 0.10 (300 "
        "fleets)\n");
    std::printf("%10s %7s %8s %7s %7s\n", "phi", "rate x", "alerts", "FDR", "found");
    for (const double most : {5.0, 30.0}) {
        for (const double change : {0.4, 2.0}) {
            FleetPlan plan;
            plan.most_phi = most;
            plan.change = change;
            const Outcome outcome = simulate(plan, 300, other_seeds + 11);
            std::printf("%6s%4.0f %7.1f %8.1f %7.3f %7.3f\n", "1 to", most, change, outcome.alerts, outcome.false_share,
                        outcome.found);
        }
    }
    std::printf("\nThe same fleets by phi: unchanged campaigns with p < 0.01 in fleets of phi 1 to 30\n");
    std::mt19937_64 random(other_seeds + 13);
    FleetPlan plan;
    plan.most_phi = 30;
    double count[4] = {};
    double wrong[4] = {};
    for (int round = 0; round < 300; ++round) {
        const Fleet fleet = make_fleet(plan, random);
        const auto p = p_values(fleet, plan);
        for (std::size_t c = 40; c < p.size(); ++c) {
            const int bin = fleet.phi[c] < 2 ? 0 : fleet.phi[c] < 5 ? 1 : fleet.phi[c] < 15 ? 2 : 3;
            count[bin] += 1;
            wrong[bin] += p[c] < 0.01 ? 1 : 0;
        }
    }
    const char* const names[] = {"1 to 2", "2 to 5", "5 to 15", "15 to 30"};
    for (int bin = 0; bin < 4; ++bin) {
        std::printf("%10s %8.4f\n", names[bin], wrong[bin] / count[bin]);
    }
}

/** Leads whose demand follows its own yesterday: its logarithm deviates by 0.3. */
void demand_table()
{
    std::printf(
        "\nUnchanged campaigns with p < 0.01 where demand follows its own yesterday (20 leads a day; 8 fleets of 200)\n");
    std::printf("%12s %6s %8s %8s %12s %8s %22s\n", "correlation", "phi", "1 day", "7 days", "by days: 1", "7 days",
                "min_effect 0.2, most");
    for (const double correlation : {0.5, 0.8}) {
        for (const double phi : {1.0, 2.5}) {
            std::printf("%12.1f %6.1f", correlation, phi);
            double most = 0;
            for (const series::SeriesKind kind : {series::SeriesKind::rate, series::SeriesKind::count}) {
                for (const int window : {1, 7}) {
                    FleetPlan plan{
                        .campaigns = 200, .least_leads = 20, .most_leads = 20, .least_phi = phi, .most_phi = phi, .changed = 0};
                    plan.window = window;
                    plan.kind = kind;
                    plan.correlation = correlation;
                    plan.deviation = 0.3;
                    std::printf(" %8.4f", simulate(plan, 8, other_seeds + 7).false_rate);
                    plan.margin = 0.2;
                    most = std::max(most, simulate(plan, 8, other_seeds + 7).false_rate);
                }
            }
            std::printf(" %22.4f\n", most);
        }
    }
}

/** Spend: log-normal days that follow each other, three in a hundred of them tripled; none changes. */
void spend_table()
{
    std::printf(
        "\nSpend of unchanged campaigns called risen at p < 0.01 (nominal 0.010; 100 fleets of 200, 3 %% of baseline days "
        "tripled)\n");
    std::printf("%12s %8s %8s %22s\n", "correlation", "1 day", "7 days", "found at x1.5, 7 days");
    for (const double correlation : {0.0, 0.3, 0.6}) {
        const std::uint64_t seed = other_seeds + 17;
        std::printf("%12.1f %8.4f %8.4f %22.3f\n", correlation,
                    simulate_spend({.correlation = correlation, .window = 1}, 100, seed),
                    simulate_spend({.correlation = correlation}, 100, seed),
                    simulate_spend({.correlation = correlation, .change = 1.5}, 100, seed));
    }
}

}  // namespace

int main(int count, char** arguments)
{
    other_seeds = count > 1 ? std::strtoull(arguments[1], nullptr, 10) : 0;
    null_table();
    fleet_table();
    demand_table();
    spend_table();
}
