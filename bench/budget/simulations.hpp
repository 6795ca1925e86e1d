/**
 * How often advice and plans are right, in worlds whose truth is known, beside what else people do.
 */
#pragma once

#include <Eigen/Dense>
#include <cmath>
#include <limits>
#include <unsupported/Eigen/NonLinearOptimization>
#include <unsupported/Eigen/NumericalDiff>
#include <vector>

#include "../statistics/worlds.hpp"
#include "budget/actions.hpp"
#include "budget/costs.hpp"
#include "budget/plan.hpp"
#include "worlds.hpp"

namespace marketing::budget::worlds {

// ---- advice

struct AdviceScore {
    int campaigns = 0;
    int paused = 0;
    int falsely_paused = 0;  // although no dearer than the target
    int scaled = 0;
    int falsely_scaled = 0;  // although no cheaper than the target
    int bad = 0;             // dearer than 1.5 targets
    int bad_found = 0;
    int good = 0;  // cheaper than target / 1.5
    int good_found = 0;
    int covered = 0;  // true cost within the 90 % interval
    int flips = 0;    // changes of the action from one day to the next
    int looks = 0;
    double claimed_false = 0;  // sum of the expected false rates
    int claims = 0;

    void add(double cost, Action action)
    {
        ++campaigns;
        paused += action == Action::pause ? 1 : 0;
        falsely_paused += action == Action::pause && cost <= 1 ? 1 : 0;
        scaled += action == Action::scale ? 1 : 0;
        falsely_scaled += action == Action::scale && cost > 1 ? 1 : 0;
        bad += cost > 1.5 ? 1 : 0;
        bad_found += cost > 1.5 && action == Action::pause ? 1 : 0;
        good += cost < 1 / 1.5 ? 1 : 0;
        good_found += cost < 1 / 1.5 && action == Action::scale ? 1 : 0;
    }
    [[nodiscard]] double wrong() const { return (falsely_paused + falsely_scaled) / double(std::max(paused + scaled, 1)); }
    /** The share of wrong calls that the advice expects, on average. */
    [[nodiscard]] double claimed() const { return claimed_false / std::max(claims, 1); }
    [[nodiscard]] double false_pauses() const { return falsely_paused / double(std::max(paused, 1)); }
    [[nodiscard]] double false_scales() const { return falsely_scaled / double(std::max(scaled, 1)); }
    /** Share of the bad and the good campaigns that are found. */
    [[nodiscard]] double recall() const { return (bad_found + good_found) / double(std::max(bad + good, 1)); }
    [[nodiscard]] double coverage() const { return covered / double(std::max(campaigns, 1)); }
};

struct AdviceScores {
    AdviceScore ours;
    AdviceScore without_hysteresis;
    AdviceScore rule_engine;     // pause: spend >= 2 targets and cost > 1.3; scale: cost < 0.8 and 3 leads
    AdviceScore heavy_evidence;  // pause: spend >= 25 targets and cost > 1.3; scale: cost < 0.8 and 50 leads
};

/** Costs as multiples of what the other campaigns pay. */
inline void set_beside_others(const std::vector<double>& spend, std::vector<double>& cost)
{
    double money = 0;
    double leads = 0;
    for (std::size_t i = 0; i < spend.size(); ++i) {
        money += spend[i];
        leads += spend[i] / cost[i];
    }
    const std::vector<double> own = cost;
    for (std::size_t i = 0; i < spend.size(); ++i) {
        cost[i] = own[i] * (leads - spend[i] / own[i]) / (money - spend[i]);
    }
}

/** What portfolios are like whose advice is scored. */
struct AdviceKind {
    std::string_view name = "bursts, size 2";
    marketing::worlds::World world{.size = 2};  // of the leads of a day; its mean is that of each campaign
    double size_deviation = 0;                  // of the log of the size, between campaigns
    double cost_deviation = 0.45;               // of the log of cost over target
    int campaigns = 20;
    std::int32_t days = 14;
    bool relative = false;  // judged against what the others pay, not against a target
};

/** The worlds of docs/benchmarks.md. */
inline std::vector<AdviceKind> advice_kinds()
{
    std::vector<AdviceKind> kinds;
    for (const double size : {std::numeric_limits<double>::infinity(), 8.0, 2.0, 1.0, 0.5, 0.25}) {
        kinds.push_back({.name = "bursts by day, 14 days", .world = {.size = size}});
    }
    for (const double size : {2.0, 0.5, 0.25}) {
        kinds.push_back({.name = "beside the others, 8 weeks", .world = {.size = size}, .days = 56, .relative = true});
    }
    for (const double size : {1.0, 0.25}) {
        kinds.push_back({.name = "5 campaigns, 14 days", .world = {.size = size}, .campaigns = 5});
    }
    for (const double size : {1.0, 0.25}) {
        kinds.push_back({.name = "5 campaigns beside each other, 8 weeks",
                         .world = {.size = size},
                         .campaigns = 5,
                         .days = 56,
                         .relative = true});
    }
    kinds.push_back({.name = "costs much alike (0.2), 8 weeks", .world = {.size = 0.5}, .cost_deviation = 0.2, .days = 56});
    kinds.push_back({.name = "costs far apart (0.9), 14 days", .world = {.size = 0.5}, .cost_deviation = 0.9});
    kinds.push_back({.name = "each its own bursts (around 0.7), 14 days", .world = {.size = 0.7}, .size_deviation = 0.8});
    kinds.push_back({.name = "silent days (0.7), 14 days", .world = {.size = 2, .silence = 0.7}});
    kinds.push_back({.name = "weekdays, 4 weeks", .world = {.size = 1, .weekday = 0.5}, .days = 28});
    kinds.push_back({.name = "demand that wanders (0.8, 0.4), 8 weeks",
                     .world = {.demand_correlation = 0.8, .demand_deviation = 0.4},
                     .days = 56});
    kinds.push_back({.name = "bursts, and demand that wanders (0.8, 0.5), 8 weeks",
                     .world = {.size = 1, .demand_correlation = 0.8, .demand_deviation = 0.5},
                     .days = 56});
    return kinds;
}

/** Leads of a day of a world whose campaigns differ in size and mean. */
inline double leads_of(Engine& engine, const marketing::worlds::World& world, double mean, double size)
{
    if (world.silence > 0 && uniform(engine) < world.silence) {
        return 0;
    }
    return overdispersed(engine, mean / (1 - world.silence), size);
}

/** How much demand moves each campaign and day: on average not at all. */
inline std::vector<marketing::worlds::Campaign> demand_of(const AdviceKind& kind, std::uint64_t seed)
{
    Engine engine(~seed);
    marketing::worlds::World world = kind.world;
    world.mean = 1;
    return marketing::worlds::make_fleet(world, kind.campaigns, kind.days, engine);
}

/** Portfolios whose campaigns spend 1 to 60 targets. */
inline AdviceScores simulate_advice(int runs, std::uint64_t seed = 5000, const AdviceKind& kind = {})
{
    AdviceScores scores;
    std::vector<std::string> names;
    for (int i = 0; i < kind.campaigns; ++i) {
        names.push_back("campaign " + std::to_string(100 + i));
    }
    for (int run = 0; run < runs; ++run) {
        Engine engine(seed + static_cast<std::uint64_t>(run));
        const auto demand = demand_of(kind, seed + static_cast<std::uint64_t>(run));
        std::vector<Series> panel;
        std::vector<double> cost;
        std::vector<double> spends;
        for (std::size_t i = 0; i < names.size(); ++i) {
            cost.push_back(lognormal(engine, kind.cost_deviation));
            const double size =
                kind.size_deviation > 0 ? kind.world.size * lognormal(engine, kind.size_deviation) : kind.world.size;
            const double spend = std::exp(uniform(engine) * std::log(60.0)) / kind.days;
            spends.push_back(spend);
            Series series{"", names[i], {}};
            for (std::int32_t d = 0; d < kind.days; ++d) {
                const double mean = spend / cost.back() * demand[i].expected[static_cast<std::size_t>(d)];
                series.days.push_back({d, spend, leads_of(engine, kind.world, mean, size), 0});
            }
            panel.push_back(series);
        }
        const std::vector<double> truth = cost;
        if (kind.relative) {
            set_beside_others(spends, cost);
        }
        ActionRules rules;
        rules.target = kind.relative ? std::numeric_limits<double>::quiet_NaN() : 1;
        rules.window = std::min(kind.days, 28);
        const auto ours = advise(panel, rules, kind.days - 1, {});
        rules.hysteresis = 0;
        const auto strict = advise(panel, rules, kind.days - 1, {});
        const double claimed = expected_false_rate(ours);
        if (!std::isnan(claimed)) {
            scores.ours.claimed_false += claimed;
            ++scores.ours.claims;
        }
        for (std::size_t i = 0; i < panel.size(); ++i) {
            double spend = 0;
            double leads = 0;
            for (const Day& day : panel[i].days) {
                spend += day.spend;
                leads += day.response;
            }
            scores.ours.add(cost[i], ours[i].action);
            const double own = truth[i];
            scores.ours.covered += ours[i].cost_low <= own && own <= ours[i].cost_high ? 1 : 0;
            scores.without_hysteresis.add(cost[i], strict[i].action);
            scores.rule_engine.add(cost[i], spend >= 2 && spend > 1.3 * leads   ? Action::pause
                                            : leads >= 3 && spend < 0.8 * leads ? Action::scale
                                                                                : Action::monitor);
            scores.heavy_evidence.add(cost[i], spend >= 25 && spend > 1.3 * leads   ? Action::pause
                                               : leads >= 50 && spend < 0.8 * leads ? Action::scale
                                                                                    : Action::monitor);
        }
    }
    return scores;
}

/** What campaigns differ in where they are judged by what their leads become. */
struct WorthKind {
    marketing::worlds::World world{.name = "bursts", .size = 2};  // of the leads of a day
    double cost_deviation = 0.45;                                 // of the log of the cost of a lead, as the next ones
    double signing_deviation = 0.5;
    double value_deviation = 0.4;
    double signing = 0.2;        // the usual share of leads that sign
    double amount_spread = 0.7;  // of the log of an amount around its campaign's mean
    double lag = 10;             // days from lead to signature, on average
    int campaigns = 20;
};

/** One such portfolio: 119 days as they look on the last of them, and what a unit of the outcome truly costs. */
struct WorthWorld {
    std::vector<std::string> names;
    std::vector<Series> panel;
    std::vector<double> spend;
    std::vector<double> cost;

    /** What the other campaigns truly pay. */
    [[nodiscard]] double rest(std::size_t i) const
    {
        double money = 0;
        double units = 0;
        for (std::size_t j = 0; j < spend.size(); ++j) {
            money += j == i ? 0 : spend[j];
            units += j == i ? 0 : spend[j] / cost[j];
        }
        return money / units;
    }
};

inline WorthWorld make_worth_world(const WorthKind& kind, Outcome outcome, Engine& engine)
{
    constexpr std::int32_t days = 119;
    WorthWorld made;
    for (int i = 0; i < kind.campaigns; ++i) {
        made.names.push_back("campaign " + std::to_string(100 + i));
    }
    for (const std::string& name : made.names) {
        const double lead_cost = lognormal(engine, kind.cost_deviation);
        const double signing = std::min(kind.signing * lognormal(engine, kind.signing_deviation), 0.9);
        const double value = 100 * lognormal(engine, kind.value_deviation);
        const double spend = std::exp(uniform(engine) * std::log(60.0)) / 7;
        made.spend.push_back(spend);
        made.cost.push_back(lead_cost / signing / (outcome == Outcome::revenue ? value : 1));
        marketing::worlds::World world = kind.world;
        world.mean = spend / lead_cost;
        const auto leads = marketing::worlds::make_campaign(world, days, engine).figures;
        Series series{"", name, {}};
        for (std::int32_t d = 0; d < days; ++d) {
            Day day{d, spend, std::round(leads[static_cast<std::size_t>(d)]), 0};
            for (int lead = 0; lead < day.response; ++lead) {
                const bool signs = uniform(engine) < signing && d - kind.lag * std::log(uniform(engine)) < days;
                const double amount = value * std::exp(kind.amount_spread * (normal(engine) - kind.amount_spread / 2));
                day.contracts += signs ? 1 : 0;
                day.revenue += signs ? amount : 0;
            }
            series.days.push_back(day);
        }
        made.panel.push_back(series);
    }
    return made;
}

/** Advice against what the others pay, by an outcome. Costs are scored as multiples of the true target. */
inline AdviceScore simulate_worth(int runs, const WorthKind& kind, Outcome outcome, std::uint64_t seed)
{
    AdviceScore score;
    for (int run = 0; run < runs; ++run) {
        Engine engine(seed + static_cast<std::uint64_t>(run));
        const WorthWorld made = make_worth_world(kind, outcome, engine);
        ActionRules rules;
        rules.goal = outcome == Outcome::leads ? Goal::leads : outcome == Outcome::contracts ? Goal::contracts : Goal::revenue;
        const auto advice = advise(made.panel, rules, 118, {});
        const double claimed = expected_false_rate(advice);
        if (!std::isnan(claimed)) {
            score.claimed_false += claimed;
            ++score.claims;
        }
        for (std::size_t i = 0; i < advice.size(); ++i) {
            score.add(made.cost[i] / made.rest(i), advice[i].action);
            score.covered += advice[i].unit_low <= made.cost[i] && made.cost[i] <= advice[i].unit_high ? 1 : 0;
        }
    }
    return score;
}

/** Share of campaigns whose true cost the 90 % interval holds, where a group has `campaigns` whose log costs deviate by `deviation`. */
inline double simulate_coverage(int runs, int campaigns, double deviation, std::uint64_t seed)
{
    constexpr double days = 14;
    constexpr double size = 2;
    int covered = 0;
    for (int run = 0; run < runs; ++run) {
        Engine engine(seed + static_cast<std::uint64_t>(run));
        std::vector<double> cost;
        std::vector<CostEvidence> group;
        for (int i = 0; i < campaigns; ++i) {
            cost.push_back(lognormal(engine, deviation));
            const double spend = std::exp(uniform(engine) * std::log(60.0));
            group.push_back({overdispersed(engine, spend / cost.back(), days * size), spend, days * size});
        }
        const CostPrior prior(group);
        for (std::size_t i = 0; i < group.size(); ++i) {
            const CostPosterior belief = prior.update(group[i]);
            covered += belief.quantile(0.05) <= cost[i] && cost[i] <= belief.quantile(0.95) ? 1 : 0;
        }
    }
    return covered / double(runs * campaigns);
}

/** How often the advice of a day differs from that of the day before, over four weeks in which nothing changes. */
inline double simulate_flips(int runs, double hysteresis, std::uint64_t seed = 7000)
{
    int flips = 0;
    int looks = 0;
    for (int run = 0; run < runs; ++run) {
        Engine engine(seed + static_cast<std::uint64_t>(run));
        std::vector<std::string> names;
        std::vector<Series> panel;
        for (int i = 0; i < 20; ++i) {
            names.push_back("campaign " + std::to_string(100 + i));
        }
        for (int i = 0; i < 20; ++i) {
            const double cost = lognormal(engine, 0.45);
            const double spend = std::exp(uniform(engine) * std::log(60.0)) / 14;
            Series series{"", names[static_cast<std::size_t>(i)], {}};
            for (int d = 0; d < 70; ++d) {
                series.days.push_back({d, spend, overdispersed(engine, spend / cost, 2), 0});
            }
            panel.push_back(series);
        }
        ActionRules rules;
        rules.target = 1;
        rules.hysteresis = hysteresis;
        std::vector<Advice> before;
        for (std::int32_t day = 42; day < 70; ++day) {
            const auto advice = advise(panel, rules, day, {});
            for (std::size_t i = 0; i < before.size(); ++i) {
                flips += advice[i].action != before[i].action ? 1 : 0;
                ++looks;
            }
            before = advice;
        }
    }
    return flips / double(looks);
}

// ---- plans

struct PlanScore {
    double won = 0;         // true lift, as a share of today's leads, summed over runs
    double attainable = 0;  // of the best allocation
    double won_squares = 0;
    double attainable_squares = 0;
    double products = 0;
    int runs = 0;
    int harmed = 0;
    int moved = 0;    // plans that move money
    int covered = 0;  // of those, whose interval holds the truth
    [[nodiscard]] double share() const { return won / attainable; }
    /** The standard error of the share, a ratio of sums over the runs. */
    [[nodiscard]] double share_error() const
    {
        const double squares = won_squares - 2 * share() * products + share() * share() * attainable_squares;
        return std::sqrt(std::max(squares, 0.0)) / attainable;
    }
    [[nodiscard]] double harm() const { return harmed / double(runs); }
    [[nodiscard]] double coverage() const { return covered / double(moved); }
    void add(double gain, double best)
    {
        won += gain;
        attainable += best;
        won_squares += gain * gain;
        attainable_squares += best * best;
        products += gain * best;
        harmed += gain < 0 ? 1 : 0;
        ++runs;
    }
};

struct PlanScores {
    PlanScore ours;
    PlanScore rule;     // the better half by cost per lead gets 20 % more, the others 20 % less
    PlanScore log_log;  // least squares of log leads on log spend by day, exact allocation
    PlanScore hill;     // Hill curve by nonlinear least squares by day, exact allocation
};

struct HillCurve {
    double top;
    double half;
    double power;
    [[nodiscard]] double value(double s) const
    {
        const double x = std::pow(s / half, power);
        return top * x / (1 + x);
    }
    [[nodiscard]] double slope(double s) const { return (value(s * 1.0001) - value(s * 0.9999)) / (0.0002 * s); }
};

/** Residuals of a Hill curve; the logs of its parameters are free, its power is below 3. */
struct HillResiduals {
    using Scalar = double;
    using InputType = Eigen::VectorXd;
    using ValueType = Eigen::VectorXd;
    using JacobianType = Eigen::MatrixXd;
    enum { InputsAtCompileTime = Eigen::Dynamic, ValuesAtCompileTime = Eigen::Dynamic };
    const std::vector<Day>* days;
    [[nodiscard]] static HillCurve curve_of(const Eigen::VectorXd& p)
    {
        return {std::exp(std::clamp(p(0), -20.0, 20.0)), std::exp(std::clamp(p(1), -20.0, 20.0)), 3 / (1 + std::exp(-p(2)))};
    }
    int operator()(const Eigen::VectorXd& p, Eigen::VectorXd& residuals) const
    {
        const HillCurve curve = curve_of(p);
        for (std::size_t d = 0; d < days->size(); ++d) {
            residuals(static_cast<Eigen::Index>(d)) = (*days)[d].response - curve.value((*days)[d].spend);
        }
        return 0;
    }
    [[nodiscard]] int inputs() const { return 3; }
    [[nodiscard]] int values() const { return static_cast<int>(days->size()); }
};

inline HillCurve fit_hill(const std::vector<Day>& days, double spend, double leads)
{
    Eigen::NumericalDiff<HillResiduals> residuals(HillResiduals{&days});
    Eigen::LevenbergMarquardt<Eigen::NumericalDiff<HillResiduals>> solver(residuals);
    Eigen::VectorXd p(3);
    p << std::log(std::max(2 * leads, 0.1)), std::log(spend), std::log(0.5);
    solver.minimize(p);
    return HillResiduals::curve_of(p);
}

struct PowerCurve {
    double level;
    double elasticity;
    [[nodiscard]] double slope(double s) const { return level * elasticity * std::pow(s, elasticity - 1); }
};

inline PowerCurve fit_log_log(const std::vector<Day>& days)
{
    double n = 0;
    double sx = 0;
    double sy = 0;
    double sxx = 0;
    double sxy = 0;
    for (const Day& day : days) {
        if (day.response > 0) {
            const double x = std::log(day.spend);
            const double y = std::log(day.response);
            n += 1;
            sx += x;
            sy += y;
            sxx += x * x;
            sxy += x * y;
        }
    }
    const double e = std::clamp((n * sxy - sx * sy) / (n * sxx - sx * sx), 0.03, 0.97);
    return {std::exp((sy - e * sx) / n), e};
}

inline PlanScores simulate_plans(int runs, const PortfolioKind& kind, std::uint64_t seed = 1000)
{
    constexpr double bound = 0.3;
    PlanScores scores;
    for (int run = 0; run < runs; ++run) {
        Engine engine(seed + static_cast<std::uint64_t>(run));
        const Portfolio portfolio = make_portfolio(engine, kind);
        std::vector<double> current;
        std::vector<Series> panel;
        for (std::size_t i = 0; i < portfolio.truth.size(); ++i) {
            current.push_back(portfolio.truth[i].spend);
            panel.push_back({"", portfolio.names[i], portfolio.days[i]});
            // A last day at the usual spend says what is spent today; its leads are left out of all fits.
            panel.back().days.push_back({kind.days, current[i], 0, 0});
        }
        const double now = portfolio.leads(current);
        const double best = portfolio.leads(optimum_of(portfolio.truth, current, bound)) / now - 1;
        const auto gain = [&](const std::vector<double>& spend) { return portfolio.leads(spend) / now - 1; };

        std::vector<std::vector<Block>> blocks;
        std::vector<Candidate> candidates;
        double total = 0;
        for (const Series& series : panel) {
            blocks.push_back(blocks_of(series, kind.days - 1, 7));
        }
        const ResponseModel model = fit_responses(blocks, {}, {}, {});
        for (std::size_t i = 0; i < current.size(); ++i) {
            total += current[i];
            candidates.push_back(
                {model.campaigns[i].curve(model.family), current[i], current[i] * (1 - bound), current[i] * (1 + bound), 0});
        }
        const std::vector<Share> shares(1);
        std::vector<double> spend = allocate(candidates, shares, Objective::fixed_budget, total, {}).spend;
        const LikelyStep step = likely_step(model, current, spend, {});
        for (std::size_t i = 0; i < current.size(); ++i) {
            spend[i] = current[i] + step.part * (spend[i] - current[i]);
        }
        const double lift = gain(spend);
        if (step.part > 0) {
            // That nothing comes of nothing would be no merit.
            ++scores.ours.moved;
            scores.ours.covered += step.outcome.lift.low <= lift * now && lift * now <= step.outcome.lift.high ? 1 : 0;
        }
        scores.ours.add(lift, best);

        std::vector<std::size_t> order(current.size());
        std::iota(order.begin(), order.end(), std::size_t{0});
        const auto leads_per_money = [&](std::size_t i) {
            double s = 0;
            double y = 0;
            for (const Day& day : portfolio.days[i]) {
                s += day.spend;
                y += day.response;
            }
            return y / s;
        };
        std::stable_sort(order.begin(), order.end(),
                         [&](std::size_t a, std::size_t b) { return leads_per_money(a) > leads_per_money(b); });
        std::vector<double> ruled = current;
        double ruled_total = 0;
        for (std::size_t place = 0; place < order.size(); ++place) {
            ruled[order[place]] *= place < order.size() / 2 ? 1.2 : 0.8;
            ruled_total += ruled[order[place]];
        }
        for (double& s : ruled) {
            s *= total / ruled_total;
        }
        scores.rule.add(gain(ruled), best);

        std::vector<PowerCurve> powers;
        std::vector<HillCurve> hills;
        for (std::size_t i = 0; i < current.size(); ++i) {
            powers.push_back(fit_log_log(portfolio.days[i]));
            hills.push_back(fit_hill(portfolio.days[i], current[i], 1 / std::max(1e-9, 1 / (leads_per_money(i) * current[i]))));
        }
        scores.log_log.add(gain(optimum_of(powers, current, bound)), best);
        scores.hill.add(gain(optimum_of(hills, current, bound)), best);
    }
    return scores;
}

}  // namespace marketing::budget::worlds
