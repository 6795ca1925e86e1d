// Fleets of campaigns whose truth is known: daily spend with weekends, leads of negative binomial distribution with variance
// phi times the mean. Some campaigns change in the window. Shared by the tests and by bench/anomaly/simulate.

#pragma once

#include <cmath>
#include <random>
#include <vector>

#include "../../bench/statistics/monte_carlo.hpp"
#include "anomaly/windows.hpp"
#include "numeric/adjust.hpp"

namespace anomaly_test {

using namespace marketing::anomaly;
namespace numeric = marketing::numeric;
namespace series = marketing::series;
using marketing::worlds::Mean;

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
    double correlation = 0;  // of the demand of neighbouring days
    double deviation = 0;    // of its logarithm
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

inline double negative_binomial(std::mt19937_64& random, double mean, double phi)
{
    if (phi > 1) {
        mean = std::gamma_distribution<double>(mean / (phi - 1), phi - 1)(random);
    }
    return mean > 0 ? static_cast<double>(std::poisson_distribution<long>(mean)(random)) : 0;
}

inline Fleet make_fleet(const FleetPlan& plan, std::mt19937_64& random)
{
    Fleet fleet;
    std::uniform_real_distribution<double> uniform(0, 1);
    std::normal_distribution<double> normal;
    const auto between = [&](double low, double high) { return low * std::pow(high / low, uniform(random)); };
    for (int c = 0; c < plan.campaigns; ++c) {
        const double phi = between(plan.least_phi, plan.most_phi);
        const double mean = between(plan.least_leads, plan.most_leads);
        fleet.phi.push_back(phi);
        fleet.changed.push_back(c < plan.changed);
        double demand = plan.deviation > 0 ? normal(random) : 0;
        for (int d = 0; d < plan.baseline + plan.window; ++d) {
            const double moved = std::exp(plan.deviation * (demand - plan.deviation / 2));
            if (plan.deviation > 0) {
                demand = plan.correlation * demand + std::sqrt(1 - plan.correlation * plan.correlation) * normal(random);
            }
            const double money = std::exp(0.15 * normal(random)) * (d % 7 > 4 ? 0.7 : 1);
            const double effect = c < plan.changed && d >= plan.baseline ? plan.change : 1;
            fleet.series.push_back(c);
            fleet.day.push_back(d);
            fleet.spend.push_back(100 * money);
            fleet.leads.push_back(negative_binomial(random, mean * money * effect * moved, phi));
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
    std::mt19937_64 random(seed);
    Outcome outcome;
    for (int round = 0; round < rounds; ++round) {
        const Fleet fleet = make_fleet(plan, random);
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
    std::mt19937_64 random(seed);
    std::normal_distribution<double> normal;
    std::uniform_real_distribution<double> uniform(0, 1);
    WindowRequest request;
    request.kind = series::SeriesKind::positive;
    request.alternative = Alternative::greater;
    request.window_from = 30;
    request.window_to = 29 + plan.window;
    request.baseline_days = 30;
    Mean share;
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::int64_t> series;
        std::vector<std::int32_t> day;
        std::vector<double> spend;
        for (int c = 0; c < plan.campaigns; ++c) {
            double level = normal(random);
            for (int d = 0; d <= request.window_to; ++d) {
                level = plan.correlation * level + std::sqrt(1 - plan.correlation * plan.correlation) * normal(random);
                const bool late = d >= 30;
                series.push_back(c);
                day.push_back(d);
                spend.push_back(100 * std::exp(0.3 * level) * (d % 7 > 4 ? 0.7 : 1) *
                                (!late && uniform(random) < 0.03 ? 3 : 1) * (late ? plan.change : 1));
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
