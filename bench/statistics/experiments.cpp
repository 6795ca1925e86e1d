/**
 * How often the comparisons of experiments are wrong: false findings where both arms are alike, and intervals that miss the true effect.
 * Usage: experiments [rounds per line] [seed] [bayesian: only this table]
 */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "experiments/experiments.hpp"
#include "monte_carlo.hpp"
#include "worlds/visitors.hpp"

namespace {

using namespace marketing::experiments;
namespace worlds = marketing::worlds;
using Random = worlds::Engine;
using marketing::worlds::print_cell;
using marketing::worlds::print_share;
using marketing::worlds::Visitors;

constexpr double confidence = 0.95;

/** How many rounds each line has, and what its random numbers begin with. */
struct Runs {
    int rounds;
    std::uint64_t seed;
};

/** Counts of what happened in the rounds of one line. */
struct Tally {
    int rounds = 0;
    int found = 0;
    int greater = 0;
    int less = 0;
    int lifts = 0;
    int held = 0;
    int held_difference = 0;
};

using Compare = std::function<Comparison(Random&, double lift, const Inference&)>;

/** Rounds without an effect for the size of the tests, and with one, the same units, for the coverage of the intervals. */
void line(const std::string& world, const Runs& runs, double lift, double difference, const Compare& compare)
{
    Tally t;
    for (t.rounds = 0; t.rounds < runs.rounds; ++t.rounds) {
        const std::uint64_t own = runs.seed * 1'000'003 + static_cast<std::uint64_t>(t.rounds);
        const auto with = [&](double effect, Alternative alternative) {
            Random random(own);
            return compare(random, effect, {confidence, alternative});
        };
        const auto finds = [&](Alternative alternative) { return with(0, alternative).p_value < 1 - confidence ? 1 : 0; };
        const auto holds = [](const ConfidenceInterval& i, double truth) { return i.low <= truth && truth <= i.high ? 1 : 0; };
        t.found += finds(Alternative::two_sided);
        t.greater += finds(Alternative::greater);
        t.less += finds(Alternative::less);
        const Comparison c = with(lift, Alternative::two_sided);
        const bool has_lift = !std::isnan(c.lift);
        t.lifts += has_lift ? 1 : 0;
        t.held += has_lift ? holds(c.lift_interval, lift) : 0;
        t.held_difference += holds(c.difference_interval, difference);
    }
    const double n = t.rounds;
    std::printf("| %s |", world.c_str());
    for (const int count : {t.found, t.greater, t.less, t.held_difference}) {
        print_share(count / n, n);
    }
    print_share(t.lifts > 0 ? t.held / double(t.lifts) : 0, t.lifts);
    print_share(t.lifts / n, n);
    std::puts("");
    std::fflush(stdout);
}

Moments moments(const std::vector<double>& y, const std::vector<double>& x)
{
    Moments m{};
    double yy = 0;
    double xx = 0;
    double xy = 0;
    for (std::size_t i = 0; i < y.size(); ++i) {
        m.n += 1;
        const double dy = y[i] - m.mean;
        const double dx = x[i] - m.other_mean;
        m.mean += dy / m.n;
        m.other_mean += dx / m.n;
        yy += dy * (y[i] - m.mean);
        xx += dx * (x[i] - m.other_mean);
        xy += dy * (x[i] - m.other_mean);
    }
    m.variance = yy / (m.n - 1);
    m.other_variance = xx / (m.n - 1);
    m.covariance = xy / (m.n - 1);
    return m;
}

void rates(const Runs& runs)
{
    const struct {
        int a;
        int b;
        double rate;
    } worlds[] = {{1000, 1000, 0.002}, {1000, 1000, 0.005}, {1000, 1000, 0.02},  {1000, 1000, 0.2}, {9000, 1000, 0.002},
                  {9000, 1000, 0.005}, {9000, 1000, 0.02},  {1000, 9000, 0.005}, {60, 40, 0.1}};
    for (const auto& w : worlds) {
        const auto compare = [&w](Random& random, double lift, const Inference& inference) -> Comparison {
            const auto count = [&](int n, double rate) { return Proportion{worlds::conversions(random, n, rate), n}; };
            const Proportion a = count(w.a, w.rate);
            return compare_proportions(a, count(w.b, w.rate * (1 + lift)), inference, DifferenceMethod::score);
        };
        char name[80];
        std::snprintf(name, sizeof name, "rate %g, %d and %d", w.rate, w.a, w.b);
        line(name, runs, 0.5, 0.5 * w.rate, compare);
    }
}

struct SpendWorld {
    const char* name;
    Visitors visitors;
    int a;
    int b;

    /** Fewer of the large ones. */
    [[nodiscard]] Runs share_of(const Runs& runs) const
    {
        return {std::max(500, static_cast<int>(runs.rounds * std::min(1.0, 4000.0 / (a + b)))), runs.seed};
    }
    [[nodiscard]] std::string called(const char* what) const
    {
        return std::string(what) + name + ", " + std::to_string(a) + " and " + std::to_string(b);
    }
};

void means(const Runs& runs)
{
    const SpendWorld worlds[] = {
        {"orders, log-normal", {1, 1}, 100, 100},      {"orders, log-normal", {1, 1}, 1000, 1000},
        {"orders, log-normal", {1, 1}, 1000, 250},     {"orders, log-normal of deviation 1.5", {1, 1.5}, 1000, 1000},
        {"revenue, 5 % buy", {0.05, 1}, 500, 500},     {"revenue, 5 % buy", {0.05, 1}, 2000, 2000},
        {"revenue, 5 % buy", {0.05, 1}, 10000, 10000}, {"revenue, 5 % buy", {0.05, 1}, 2000, 500},
        {"revenue, 5 % buy", {0.05, 1}, 10000, 2500},  {"revenue, 5 % buy", {0.05, 1}, 40000, 10000}};
    for (const SpendWorld& w : worlds) {
        line(w.called("mean: "), w.share_of(runs), 0.1, 0.1 * w.visitors.mean(),
             [&w](Random& random, double lift, const Inference& inference) {
                 const std::vector<double> a = w.visitors.spend(random, w.a);
                 const std::vector<double> b = w.visitors.spend(random, w.b, 1 + lift);
                 return compare_means(moments(a, a), moments(b, b), inference);
             });
    }
}

Moments related(Random& random, int n, double factor)
{
    const worlds::KnownUnits units(random, n, factor);
    return moments(units.after, units.before);
}

void less_noise(const Runs& runs)
{
    const double mean = std::exp(0.7 * 0.7 / 2 + 0.5 * 0.5 / 2);
    line("CUPED, log-normal, 400 and 400", runs, 0.1, 0.1 * mean, [](Random& random, double lift, const Inference& inference) {
        const Moments a = related(random, 400, 1);
        return compare_cuped(a, related(random, 400, 1 + lift), inference);
    });
    line("ratio of sums, log-normal, 400 and 400", runs, 0.1, 0.1 * std::exp(0.5 * 0.5 / 2),
         [](Random& random, double lift, const Inference& inference) {
             const Moments a = related(random, 400, 1);
             return compare_ratios(a, related(random, 400, 1 + lift), inference);
         });
    line("three strata, log-normal, 400 and 400", runs, 0.1, 0.1 * (1 + 3 + 9) / 3 * std::exp(0.5),
         [](Random& random, double lift, const Inference& inference) {
             const auto arms = worlds::strata_of_arms(random, 800, 1 + lift);
             std::vector<Moments> strata[2];
             for (std::size_t arm = 0; arm < 2; ++arm) {
                 for (const auto& stratum : arms[arm]) {
                     strata[arm].push_back(moments(stratum, stratum));
                 }
             }
             return compare_stratified(strata[0], strata[1], inference);
         });
}

void samples(const Runs& runs)
{
    const SpendWorld worlds[] = {{"revenue, 5 % buy", {0.05, 1}, 2000, 2000}, {"revenue, 5 % buy", {0.05, 1}, 2000, 500}};
    for (const SpendWorld& w : worlds) {
        // The truth of a capped mean depends on the cap: only what is found where there is nothing.
        line(w.called("capped at 99 %: "), w.share_of(runs), 0, 0,
             [&w](Random& random, double lift, const Inference& inference) {
                 const std::vector<double> a = w.visitors.spend(random, w.a);
                 const std::vector<double> b = w.visitors.spend(random, w.b, 1 + lift);
                 return static_cast<Comparison>(compare_winsorised(a, b, 0, 0.99, inference));
             });
    }
    for (const double probability : {0.5, 0.9}) {
        line("quantile " + std::to_string(probability).substr(0, 3) + ": orders, log-normal, 400 and 400", runs, 0.1,
             0.1 * std::exp(probability == 0.5 ? 0 : 1.2815515655446004),
             [probability](Random& random, double lift, const Inference& inference) {
                 const std::vector<double> a = Visitors{1, 1}.spend(random, 400);
                 const std::vector<double> b = Visitors{1, 1}.spend(random, 400, 1 + lift);
                 return compare_quantiles({a, {}}, {b, {}}, probability, inference);
             });
    }
    std::vector<std::string> names;
    for (int i = 0; i < 150; ++i) {
        names.push_back(std::to_string(i));
    }
    line("median: five orders of each of 150 customers, log-normal", runs, 0.1, 0.1,
         [&names](Random& random, double lift, const Inference& inference) {
             std::vector<double> figures[2];
             std::vector<std::string_view> units[2];
             for (int i = 0; i < 300; ++i) {
                 for (const double order : worlds::orders_of_customer(random, 5, i % 2 == 1 ? 1 + lift : 1)) {
                     figures[i % 2].push_back(order);
                     units[i % 2].push_back(names[static_cast<std::size_t>(i / 2)]);
                 }
             }
             return compare_quantiles({figures[0], units[0]}, {figures[1], units[1]}, 0.5, inference);
         });
}

/** Whether an experiment that is looked at every day for three weeks finds something on any of them, by `p_of(point)`. */
void timelines(const Runs& runs)
{
    const SpendWorld worlds[] = {{"revenue, 5 % buy", {0.05, 1}, 200, 200}, {"orders, log-normal", {1, 1}, 100, 25}};
    std::printf("\n| looked at daily for three weeks | two-sided | greater | less | t test |\n|---|---|---|---|---|\n");
    for (const SpendWorld& w : worlds) {
        const Runs own{runs.rounds / 5, runs.seed};
        int found[4] = {0, 0, 0, 0};
        for (int round = 0; round < own.rounds; ++round) {
            Random random(own.seed * 1'000'003 + static_cast<std::uint64_t>(round));
            std::vector<DayOfExperiment> days;
            std::vector<double> all[2];
            bool t_test = false;
            for (int day = 0; day < 21; ++day) {
                const std::vector<double> a = w.visitors.spend(random, w.a);
                const std::vector<double> b = w.visitors.spend(random, w.b);
                days.push_back({day, moments(a, a), moments(b, b)});
                all[0].insert(all[0].end(), a.begin(), a.end());
                all[1].insert(all[1].end(), b.begin(), b.end());
                t_test = t_test || compare_means(moments(all[0], all[0]), moments(all[1], all[1]), confidence).p_value < 0.05;
            }
            const Alternative asked[] = {Alternative::two_sided, Alternative::greater, Alternative::less};
            for (int i = 0; i < 3; ++i) {
                const auto points = timeline(days, {confidence, asked[i]}, 21.0 * (w.a + w.b));
                found[i] += points.back().decided_on ? 1 : 0;
            }
            found[3] += t_test ? 1 : 0;
        }
        const double n = own.rounds;
        std::printf("| %s a day |", w.called("").c_str());
        for (const int count : found) {
            print_share(count / n, n);
        }
        std::puts("");
    }
}

/** Effects drawn from the prior, or none and a prior that takes any effect for as likely: intervals, and the probability that B is better. */
void bayesian_means(const Runs& runs)
{
    const SpendWorld worlds[] = {{"orders, log-normal", {1, 1}, 100, 100},
                                 {"orders, log-normal", {1, 1}, 1000, 250},
                                 {"revenue, 5 % buy", {0.05, 1}, 2000, 2000},
                                 {"revenue, 5 % buy", {0.05, 1}, 2000, 500}};
    std::printf(
        "\n| Bayesian means | prior of the lift | 95 %% interval holds | P(B better) where above .8 | B is better then | loss, "
        "%% of the "
        "mean, as stated | loss |\n|---|---|---|---|---|---|---|\n");
    for (const SpendWorld& w : worlds) {
        for (const double deviation : {0.1, 0.3, std::numeric_limits<double>::infinity()}) {
            const Runs own = w.share_of(runs);
            const double mean = w.visitors.mean();
            // Under a prior without bounds effects are as large as usual ones.
            const double effects = std::isinf(deviation) ? 0.2 : deviation;
            worlds::Mean held, stated, better, stated_loss, loss;
            for (int round = 0; round < own.rounds; ++round) {
                Random random(own.seed * 1'000'003 + static_cast<std::uint64_t>(round));
                const double lift = std::max(effects * worlds::normal(random), -0.95);
                const std::vector<double> a = w.visitors.spend(random, w.a);
                const std::vector<double> b = w.visitors.spend(random, w.b, 1 + lift);
                const auto c = compare_bayesian_means(moments(a, a), moments(b, b), deviation * mean, confidence);
                held.add(c.interval.low <= lift * mean && lift * mean <= c.interval.high ? 1 : 0);
                if (c.p_b_better > 0.8) {
                    stated.add(c.p_b_better);
                    better.add(lift > 0 ? 1 : 0);
                }
                const bool takes_b = c.p_b_better > 0.5;
                stated_loss.add(100 * (takes_b ? c.expected_loss_b : c.expected_loss_a) / mean);
                loss.add(100 * std::max(takes_b ? -lift : lift, 0.0));
            }
            std::printf("| %s | %s |", w.called("").c_str(),
                        std::isinf(deviation) ? "none" : std::to_string(deviation).substr(0, 3).c_str());
            print_cell(held, 3);
            print_cell(stated, 3);
            print_cell(better, 3);
            print_cell(stated_loss, 2);
            print_cell(loss, 2);
            std::puts("");
            std::fflush(stdout);
        }
    }
}

}  // namespace

int main(int count, char** arguments)
{
    const Runs runs{count > 1 ? std::atoi(arguments[1]) : 10000, count > 2 ? std::strtoull(arguments[2], nullptr, 10) : 1};
    if (count > 3 && std::string_view(arguments[3]) == "bayesian") {
        bayesian_means(runs);
        return 0;
    }
    std::printf(
        "Arms that are alike, and intervals of true effects\n\n| world | two-sided | greater | less | difference held | lift "
        "held | lifts |\n|---|---|---|---|---|---|---|\n");
    rates(runs);
    means(runs);
    less_noise(runs);
    samples(runs);
    timelines(runs);
    bayesian_means(runs);
    return 0;
}
