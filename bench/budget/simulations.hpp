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

#include "../statistics/worlds/portfolios.hpp"
#include "budget/actions.hpp"
#include "budget/costs.hpp"
#include "budget/plan.hpp"

namespace marketing::budget {

using namespace ::marketing::worlds;

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

/** Portfolios whose campaigns spend 1 to 60 targets. */
inline AdviceScores simulate_advice(int runs, std::uint64_t seed = 5000, const AdviceKind& kind = {})
{
    AdviceScores scores;
    for (int run = 0; run < runs; ++run) {
        const auto [names, panel, spends, truth] = make_advice_portfolio(kind, seed + static_cast<std::uint64_t>(run));
        std::vector<double> cost = truth;
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
            const double spend = log_uniform(engine, 1, 60);
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
        const auto panel =
            make_advice_portfolio({.days = 70, .spending_days = 14}, seed + static_cast<std::uint64_t>(run)).panel;
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

/** The best spends under curves that have a slope(), by bisection on it. */
template <class Curve>
std::vector<double> optimum_of(const std::vector<Curve>& truth, const std::vector<double>& current, double bound)
{
    const double total = std::accumulate(current.begin(), current.end(), 0.0);
    const auto at = [&](double slope) {
        std::vector<double> spend(truth.size());
        for (std::size_t i = 0; i < truth.size(); ++i) {
            double low = current[i] * (1 - bound);
            double high = current[i] * (1 + bound);
            for (int round = 0; round < 50; ++round) {
                const double middle = (low + high) / 2;
                (truth[i].slope(middle) > slope ? low : high) = middle;
            }
            spend[i] = (low + high) / 2;
        }
        return spend;
    };
    double low = std::log(1e-6);
    double high = std::log(1e6);
    for (int round = 0; round < 100; ++round) {
        const double middle = (low + high) / 2;
        const auto spend = at(std::exp(middle));
        (std::accumulate(spend.begin(), spend.end(), 0.0) > total ? low : high) = middle;
    }
    return at(std::exp(high));
}

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
            const double rounding = 1e-9 * now;
            scores.ours.covered +=
                step.outcome.lift.low <= lift * now + rounding && lift * now <= step.outcome.lift.high + rounding ? 1 : 0;
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

}  // namespace marketing::budget
