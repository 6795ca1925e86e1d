// Fleets of campaigns whose truth is known: daily spend with weekends, leads that follow it, with variance phi times the mean. Some campaigns
// change in the window. Shared by the tests and by bench/anomaly/simulate.

#pragma once

#include <cmath>
#include <vector>

#include "../../bench/statistics/monte_carlo.hpp"
#include "../../bench/statistics/worlds/campaigns.hpp"
#include "anomaly/windows.hpp"
#include "numeric/adjust.hpp"

namespace anomaly_test {

using namespace marketing::anomaly;
namespace numeric = marketing::numeric;
namespace series = marketing::series;
namespace worlds = marketing::worlds;
using worlds::Mean;

/** What the windows of a morning say of each series in each test: by itself, and beside what moves with it. */
struct MorningPValues {
    std::vector<double> alone, beside;
    std::vector<std::int64_t> series;

    explicit MorningPValues(const AlertWindows& windows)
    {
        for (const auto* test : {&windows.cost, &windows.leads, &windows.spend}) {
            for (const WindowResult& result : *test) {
                alone.push_back(result.series > 0 ? result.alone_p_value : 1);
                beside.push_back(result.p_value);
                series.push_back(result.series);
            }
        }
    }
};

struct FleetPlan {
    int campaigns = 400;
    double least_leads = 2;  // a day, even on a logarithmic scale
    double most_leads = 40;
    double least_phi = 1;
    double most_phi = 5;
    int changed = 40;
    double change = 0.4;  // of the rate, in the window
    int window = 7;
    int baseline = 30;
    series::SeriesKind kind = series::SeriesKind::rate;
    worlds::World leads = {};  // beside the mean and phi, which are each campaign's own
    double margin = 0;
};

struct Fleet {
    std::vector<double> phi;
    std::vector<bool> changed;
    std::vector<std::int64_t> series;
    std::vector<std::int32_t> day;
    std::vector<double> leads;
    std::vector<double> spend;
};

inline Fleet make_fleet(const FleetPlan& plan, worlds::Engine& engine)
{
    Fleet fleet;
    const int days = plan.baseline + plan.window;
    const worlds::World money = worlds::spend_world(days);
    for (int c = 0; c < plan.campaigns; ++c) {
        worlds::World world = plan.leads;
        world.dispersion = worlds::log_uniform(engine, plan.least_phi, plan.most_phi);
        world.mean = worlds::log_uniform(engine, plan.least_leads, plan.most_leads);
        fleet.phi.push_back(world.dispersion);
        fleet.changed.push_back(c < plan.changed);
        const auto spend = make_campaign(money, days, engine).figures;
        const auto demand = make_campaign(world, days, engine).expected;
        for (int d = 0; d < days; ++d) {
            const auto day = static_cast<std::size_t>(d);
            const double effect = c < plan.changed && d >= plan.baseline ? plan.change : 1;
            fleet.series.push_back(c);
            fleet.day.push_back(d);
            fleet.spend.push_back(spend[day]);
            fleet.leads.push_back(draw_figure(world, demand[day] * spend[day] / money.mean * effect, engine));
        }
    }
    return fleet;
}

inline std::vector<double> p_values(const Fleet& fleet, const FleetPlan& plan)
{
    WindowRequest request;
    request.kind = plan.kind;
    request.window_from = plan.baseline;
    request.window_to = plan.baseline + plan.window - 1;
    request.baseline_days = plan.baseline;
    request.min_events = 0;
    request.margin = plan.margin;
    std::vector<double> p;
    for (const WindowResult& result : compare_windows({fleet.series, fleet.day, fleet.leads, fleet.spend}, request)) {
        p.push_back(result.p_value);
    }
    return p;
}

/** What becomes of a plan, over its fleets. */
struct Outcome {
    Mean false_rate;   // of unchanged campaigns, at p < 0.01
    Mean alerts;       // by Benjamini and Hochberg at 0.1
    Mean false_share;  // of the alerts (FDR)
    Mean found;        // of the changed campaigns
};

inline Outcome simulate(const FleetPlan& plan, int rounds, std::uint64_t seed)
{
    worlds::Engine engine(seed);
    Outcome outcome;
    for (int round = 0; round < rounds; ++round) {
        const Fleet fleet = make_fleet(plan, engine);
        const auto p = p_values(fleet, plan);
        const auto adjusted = numeric::p_adjust(p, numeric::Adjustment::bh);
        double unchanged = 0;
        double called = 0;
        double alerts = 0;
        double wrong = 0;
        for (std::size_t c = 0; c < p.size(); ++c) {
            if (!fleet.changed[c] && !std::isnan(p[c])) {
                unchanged += 1;
                called += p[c] < 0.01 ? 1 : 0;
            }
            if (adjusted[c] <= 0.1) {
                alerts += 1;
                wrong += fleet.changed[c] ? 0 : 1;
            }
        }
        outcome.false_rate.add(called / unchanged);
        outcome.alerts.add(alerts);
        outcome.false_share.add(alerts > 0 ? wrong / alerts : 0);
        outcome.found.add(plan.changed > 0 ? (alerts - wrong) / plan.changed : 0);
    }
    return outcome;
}

/** Spend whose neighbouring days are alike, with weekends, 3 % of the days before the window tripled. */
struct SpendPlan {
    double correlation = 0;
    int window = 7;
    double change = 1;  // of the spend in the window
    int campaigns = 200;
};

/** The share of campaigns called risen at p < 0.01 in `rounds` fleets. */
inline Mean simulate_spend(const SpendPlan& plan, int rounds, std::uint64_t seed)
{
    worlds::Engine engine(seed);
    WindowRequest request;
    request.kind = series::SeriesKind::positive;
    request.alternative = Alternative::greater;
    request.window_from = 30;
    request.window_to = 29 + plan.window;
    request.baseline_days = 30;
    const int days = 30 + plan.window;
    const worlds::World money = worlds::spend_world(days, 0.3, plan.correlation);
    Mean share;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::int64_t> series;
        std::vector<std::int32_t> day;
        std::vector<double> spend;
        for (int c = 0; c < plan.campaigns; ++c) {
            const auto usual = make_campaign(money, days, engine).figures;
            for (int d = 0; d < days; ++d) {
                const double factor = d >= 30 ? plan.change : worlds::uniform(engine) < 0.03 ? 3 : 1;
                series.push_back(c);
                day.push_back(d);
                spend.push_back(factor * usual[static_cast<std::size_t>(d)]);
            }
        }
        double called = 0;
        for (const WindowResult& result : compare_windows({series, day, spend, {}}, request)) {
            called += result.p_value < 0.01 ? 1 : 0;
        }
        share.add(called / plan.campaigns);
    }
    return share;
}

}  // namespace anomaly_test
