// How often the tests are wrong, and what they find, on fleets whose truth is known: the tables of docs/benchmarks.md. An argument is
// added to all seeds, for fleets that nobody has seen; a second one prints the table of what campaigns share alone, of so many mornings.

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include <memory_resource>

#include "../../test/unit/anomaly_fleet.hpp"
#include "../statistics/worlds.hpp"

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

/** Campaigns that began `age` days before the window, with spend and leads that grow evenly over their first 14 days: called at p < 0.01. */
void ramp_up_table()
{
    std::printf("\nNew campaigns called at p < 0.01, after growing for 14 days (2000 campaigns a cell; min_effect 0.2)\n");
    std::printf("%6s %18s %18s %18s %18s\n", "age", "spend: as it was", "spend", "leads: as it was", "leads");
    for (const int age : {8, 12, 16, 20, 22, 25}) {
        std::printf("%6d", age);
        for (const series::SeriesKind kind : {series::SeriesKind::positive, series::SeriesKind::count}) {
            for (const std::int32_t days : {0, 14}) {
                std::mt19937_64 random(other_seeds + 29);
                std::normal_distribution<double> normal;
                std::vector<std::int64_t> series;
                std::vector<std::int32_t> day;
                std::vector<double> value;
                for (int c = 0; c <= 2000; ++c) {
                    for (int d = c < 2000 ? 30 - age : 0; d < 37; ++d) {  // the last one was there before
                        const double growth = c < 2000 ? std::min(1.0, (d - 30 + age + 1) / 14.0) : 1;
                        const double spend = 100 * growth * std::exp(0.15 * normal(random));
                        series.push_back(c);
                        day.push_back(d);
                        value.push_back(kind == series::SeriesKind::positive ? spend
                                                                             : negative_binomial(random, 8 * growth, 1.5));
                    }
                }
                WindowRequest request;
                request.kind = kind;
                request.alternative = Alternative::greater;
                request.window_from = 30;
                request.window_to = 36;
                request.margin = 0.2;
                request.ramp_up_days = days;
                double called = 0;
                for (const WindowResult& result : compare_windows({series, day, value, {}}, request)) {
                    called += result.p_value < 0.01 ? 1 : 0;
                }
                std::printf(" %18.3f", called / 2000);
            }
        }
        std::printf("\n");
    }
}

/** What moves in the window, as factors of the leads per money. */
struct Morning {
    const char* name;
    double all = 1;
    double platform = 1;  // of the first of five
    double own = 1;       // of five campaigns of the others
};

/** Alerts of one morning at BH 0.10: of campaigns, as if each was alone and beside the others, and of platforms and the total. */
struct MorningAlerts {
    double alone = 0;
    double unchanged = 0;  // beside the others, of campaigns that do not move by themselves
    double own_alone = 0;
    double own = 0;
    double total = 0;
    double platforms = 0;
    double first_platform = 0;
};

MorningAlerts alerts_of(const marketing::worlds::World& world, const Morning& morning, int campaigns, int rounds,
                        std::uint64_t seed)
{
    namespace worlds = marketing::worlds;
    namespace refresh = marketing::refresh;
    MorningAlerts all;
    worlds::Engine engine(seed);
    for (int round = 0; round < rounds; ++round) {
        std::pmr::monotonic_buffer_resource memory;
        refresh::DailyRows collected(&memory);
        const auto fleet = make_fleet(world, campaigns, 37, engine);
        std::vector<std::int64_t> businesses, units, totals, groups;
        std::vector<bool> moves;
        for (int c = 0; c < campaigns; ++c) {
            businesses.push_back(1);
            units.push_back(c + 1);
            totals.push_back(-1);
            groups.push_back(-10 - c % 5);
            moves.push_back(morning.own != 1 && c % 5 != 0 && c >= campaigns - 6);
            for (int d = 0; d < 37; ++d) {
                const double money = worlds::lognormal(engine, 0.15);
                const double factor =
                    d < 30 ? 1 : morning.all * (c % 5 == 0 ? morning.platform : 1) * (moves.back() ? morning.own : 1);
                const double expected = fleet[static_cast<std::size_t>(c)].expected[static_cast<std::size_t>(d)];
                const double figures[] = {worlds::overdispersed(engine, expected * factor * money, world.size), 100 * money};
                collected.append({1, c + 1}, d, figures);
            }
        }
        const auto value = collected.serialise(memory, 0);
        AlertRequest request{.window_from = 30, .window_to = 36, .margin = 0.2};
        request.totals = totals;
        request.groups = groups;
        const AlertWindows found =
            compare_alert_windows({businesses, units}, refresh::DailyRowsView({value.data, value.size}), request);
        std::vector<double> alone, beside;
        std::vector<std::int64_t> series;
        for (const auto* test : {&found.cost, &found.leads, &found.spend}) {
            for (const WindowResult& result : *test) {
                alone.push_back(result.series > 0 ? result.alone_p_value : 1);
                beside.push_back(result.p_value);
                series.push_back(result.series);
            }
        }
        const auto adjusted_alone = numeric::p_adjust(alone, numeric::Adjustment::bh);
        const auto adjusted = numeric::p_adjust(beside, numeric::Adjustment::bh);
        std::vector<std::vector<bool>> called(4, std::vector<bool>(static_cast<std::size_t>(campaigns) + 20, false));
        for (std::size_t i = 0; i < series.size(); ++i) {
            const auto place = static_cast<std::size_t>(series[i] > 0 ? series[i] - 1 : campaigns - series[i]);
            called[0][place] = called[0][place] || adjusted_alone[i] <= 0.1;
            called[1][place] = called[1][place] || adjusted[i] <= 0.1;
        }
        for (int c = 0; c < campaigns; ++c) {
            const auto place = static_cast<std::size_t>(c);
            (moves[place] ? all.own_alone : all.alone) += called[0][place] ? 1.0 / rounds : 0;
            (moves[place] ? all.own : all.unchanged) += called[1][place] ? 1.0 / rounds : 0;
        }
        all.total += called[1][static_cast<std::size_t>(campaigns) + 1] ? 1.0 / rounds : 0;
        for (int p = 0; p < 5; ++p) {
            const bool is_called = called[1][static_cast<std::size_t>(campaigns) + 10 + static_cast<std::size_t>(p)];
            (p == 0 ? all.first_platform : all.platforms) += is_called ? 1.0 / rounds : 0;
        }
    }
    return all;
}

void common_table(int rounds)
{
    const marketing::worlds::World worlds[] = {
        {.name = "Poisson", .mean = 8, .size_deviation = 0.7},
        {.name = "bursts, size 4", .mean = 8, .size = 4, .size_deviation = 0.7},
        {.name = "shared demand, .8", .mean = 8, .size_deviation = 0.7, .shared_correlation = 0.8, .shared_deviation = 0.3},
    };
    const Morning mornings[] = {{"nothing"},
                                {"all x 0.5", 0.5},
                                {"all x 0.7", 0.7},
                                {"all x 1.6", 1.6},
                                {"a platform x 0.4", 1, 0.4},
                                {"own x 0.3", 1, 1, 0.3},
                                {"all x 0.5, own x 0.3", 0.5, 1, 0.3},
                                {"all x 0.5, a platform x 0.4", 0.5, 0.4}};
    std::printf("\nCampaigns called on a morning, of 50 of five platforms (%d mornings; BH 0.10, min_effect 0.2)\n", rounds);
    std::printf("%-20s %-28s %6s %8s %10s %8s %6s %10s %10s\n", "world", "moves", "alone", "beside", "own: alone", "beside",
                "total", "its platf.", "others");
    for (const auto& world : worlds) {
        for (const Morning& morning : mornings) {
            const MorningAlerts found = alerts_of(world, morning, 50, rounds, other_seeds + 23);
            std::printf("%-20s %-28s %6.2f %8.2f %10.2f %8.2f %6.2f %10.2f %10.2f\n", std::string(world.name).c_str(),
                        morning.name, found.alone, found.unchanged, found.own_alone, found.own, found.total,
                        found.first_platform, found.platforms);
            std::fflush(stdout);
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
    if (count > 2) {
        common_table(std::atoi(arguments[2]));
        ramp_up_table();
        return 0;
    }
    null_table();
    fleet_table();
    demand_table();
    common_table(40);
    ramp_up_table();
    spend_table();
}
