// Prints the tables of docs/benchmarks.md: advice and plans in simulated worlds. Usage: simulate [runs of advice] [runs of plans] [seed].

#include <cmath>
#include <cstdio>
#include <cstdlib>

#include "simulations.hpp"

namespace {

using namespace marketing::budget::worlds;
using marketing::budget::Outcome;

void print(const char* name, const AdviceScore& s)
{
    std::printf("| %s | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% | %.1f %% |", name, 100.0 * s.paused / s.campaigns,
                100 * s.false_pauses(), 100.0 * s.scaled / s.campaigns, 100 * s.false_scales(), 100.0 * s.bad_found / s.bad,
                100.0 * s.good_found / s.good);
    if (s.covered > 0) {
        std::printf(" %.3f |\n", s.coverage());
    } else {
        std::printf(" |\n");
    }
}

/** A share with its Monte-Carlo error, which counts the calls of a portfolio as independent. */
void print_share(double share, int count)
{
    std::printf(" %.3f ± %.3f |", share, std::sqrt(share * (1 - share) / std::max(count, 1)));
}

/** Advice where leads come in other ways than the first table's. */
void print_bursts(int runs, std::uint64_t seed)
{
    std::printf(
        "| world | size | paused | false | scaled | false | bad found | good found | interval holds | wrong, as reported | "
        "wrong "
        "|\n|---|---|---|---|---|---|---|---|---|---|---|\n");
    for (const AdviceKind& kind : advice_kinds()) {
        const AdviceScore s = simulate_advice(runs * 20 / kind.campaigns, seed, kind).ours;
        std::printf("| %s | %g | %.1f %% |", kind.name.data(), kind.world.size, 100.0 * s.paused / s.campaigns);
        print_share(s.false_pauses(), s.paused);
        std::printf(" %.1f %% |", 100.0 * s.scaled / s.campaigns);
        print_share(s.false_scales(), s.scaled);
        std::printf(" %.1f %% | %.1f %% | %.3f | %.3f |", 100.0 * s.bad_found / s.bad, 100.0 * s.good_found / s.good,
                    s.coverage(), s.claimed());
        print_share(s.wrong(), s.paused + s.scaled);
        std::printf("\n");
        std::fflush(stdout);
    }
}

/** Worlds in which what leads become differs, in one trouble each. */
void print_worths(int runs, std::uint64_t seed)
{
    struct Row {
        const char* name;
        WorthKind kind;
    };
    WorthKind usual;
    WorthKind rare = usual;
    rare.signing = 0.05;
    WorthKind slow = usual;
    slow.lag = 30;
    WorthKind few = usual;
    few.campaigns = 5;
    WorthKind alike = usual;
    alike.signing_deviation = alike.value_deviation = 0.15;
    WorthKind moody = usual;
    moody.world = {
        .name = "weekdays and demand", .size = 2, .weekday = 0.3, .demand_correlation = 0.8, .demand_deviation = 0.2};
    for (const Row& row : {Row{"leads in bursts (k = 2), one of five signs after 10 days", usual},
                           Row{"one of twenty signs", rare}, Row{"signs after 30 days", slow}, Row{"5 campaigns", few},
                           Row{"leads worth much the same", alike}, Row{"weekdays, demand that wanders", moody}}) {
        for (const Outcome outcome : {Outcome::contracts, Outcome::revenue}) {
            const std::string name = std::string(row.name) + " | " + std::string(name_of(outcome));
            print(name.c_str(), simulate_worth(runs * 20 / row.kind.campaigns, row.kind, outcome, seed));
            std::fflush(stdout);
        }
    }
}

void print(const char* name, const PortfolioKind& kind, int runs, std::uint64_t seed)
{
    const PlanScores s = simulate_plans(runs, kind, seed);
    std::printf("| %s | %.3f | %.3f | %.1f %% | %.3f (%.0f %%) | %.3f (%.0f %%) | %.3f (%.0f %%) | %.1f %% |\n", name,
                s.ours.share(), s.ours.coverage(), 100 * s.ours.harm(), s.rule.share(), 100 * s.rule.harm(), s.log_log.share(),
                100 * s.log_log.harm(), s.hill.share(), 100 * s.hill.harm(), 100 * s.ours.attainable / s.ours.runs);
    std::fflush(stdout);
}

/** Plans where campaigns have more in common than their usual elasticity. */
void print_seasons(int runs, std::uint64_t seed)
{
    PortfolioKind usual;
    usual.budget_days = 7;
    usual.elasticity_a = 3;
    usual.elasticity_b = 6;
    const auto row = [&](const char* name, int days, auto change) {
        PortfolioKind kind = usual;
        kind.days = days;
        change(kind);
        print(name, kind, runs, seed);
    };
    const auto season = [](double following, double own) {
        return [=](PortfolioKind& k) {
            k.season = 0.4;
            k.following = following;
            k.spend_deviation = own;
        };
    };
    row("13 weeks, nothing in common", 91, [](PortfolioKind&) {});
    row("26 weeks, season 0.4, spend follows it", 182, season(1, 0.3));
    row("the same, own movement 0.1", 182, season(1, 0.1));
    row("the same, own movement 0.02", 182, season(1, 0.02));
    row("the same, own movement 0.1, spend follows its root", 182, season(0.5, 0.1));
    row("the same, own movement 0.2, spend follows its square", 182, season(2, 0.2));
    row("26 weeks, season 0.4, not followed", 182, season(0, 0.3));
    row("13 weeks, demand of weeks 0.3", 91, [](PortfolioKind& k) { k.shared_weeks = 0.3; });
    row("the same, spend follows it, own movement 0.1", 91, [](PortfolioKind& k) {
        k.shared_weeks = 0.3;
        k.following = 1;
        k.spend_deviation = 0.1;
    });
    row("13 weeks, spend has no effect", 91, [](PortfolioKind& k) { k.flat = true; });
    row("26 weeks, no effect, season 0.4, spend follows it", 182, [&](PortfolioKind& k) {
        season(1, 0.3)(k);
        k.flat = true;
    });
    row("26 weeks, season 0.4, spend follows it, 4 campaigns", 182, [&](PortfolioKind& k) {
        season(1, 0.3)(k);
        k.campaigns = 4;
    });
}

}  // namespace

int main(int argc, char** argv)
{
    const int advice_runs = argc > 1 ? std::atoi(argv[1]) : 2000;
    const int plan_runs = argc > 2 ? std::atoi(argv[2]) : 300;
    const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1000;
    const AdviceScores scores = simulate_advice(advice_runs, seed);
    std::printf(
        "| rule | paused | false | scaled | false | bad found | good found | coverage |\n|---|---|---|---|---|---|---|---|\n");
    print("rule engine", scores.rule_engine);
    print("heavy evidence", scores.heavy_evidence);
    print("campaign_actions", scores.ours);
    print("the same, hysteresis => 0", scores.without_hysteresis);
    std::printf("recall: %.3f, heavy evidence %.3f, ratio %.2f; expected false rate as reported, on average: %.3f\n",
                scores.ours.recall(), scores.heavy_evidence.recall(), scores.ours.recall() / scores.heavy_evidence.recall(),
                scores.ours.claimed_false / scores.ours.claims);
    std::printf("changes of advice per campaign and 100 days: %.1f with hysteresis, %.1f without\n\n",
                100 * simulate_flips(advice_runs / 50, 0.05, seed), 100 * simulate_flips(advice_runs / 50, 0, seed));
    std::printf("| deviation of log costs | 3 campaigns | 6 | 20 | 60 |\n|---|---|---|---|---|\n");
    for (const double deviation : {0.2, 0.45, 0.9}) {
        std::printf("| %.2f |", deviation);
        for (const int campaigns : {3, 6, 20, 60}) {
            std::printf(" %.3f |", simulate_coverage(5 * advice_runs / campaigns, campaigns, deviation, seed));
        }
        std::printf("\n");
    }
    std::printf("\n");
    std::printf(
        "| world | judged by | paused | false | scaled | false | bad found | good found | coverage "
        "|\n|---|---|---|---|---|---|---|---|---|\n");
    print_worths(advice_runs / 5, seed);
    std::printf("\n");
    print_bursts(advice_runs / 5, seed);
    std::printf("\n");
    std::printf(
        "| world | share of attainable lift | coverage | harm | rule | log-log OLS | Hill NLS | attainable "
        "|\n|---|---|---|---|---|---|---|---|\n");
    PortfolioKind kind;
    kind.budget_days = 7;
    for (const bool endogenous : {true, false}) {
        for (const bool steep : {true, false}) {
            kind.endogenous = endogenous;
            kind.elasticity_a = steep ? 7 : 3;
            kind.elasticity_b = steep ? 4 : 6;
            const std::string name = std::string("91 days, spend ") + (endogenous ? "follows the weekday" : "is independent") +
                                     ", e about " + (steep ? "0.62" : "0.34");
            print(name.c_str(), kind, plan_runs, seed);
        }
    }
    kind.days = 28;
    kind.spend_deviation = 0.15;
    print("28 days, little variation, e about 0.34", kind, plan_runs, seed);
    kind = {};
    kind.budget_days = 7;
    kind.endogenous = kind.chasing = true;
    kind.elasticity_a = 3;
    kind.elasticity_b = 6;
    print("91 days, spend follows each day's demand, e about 0.34", kind, plan_runs, seed);
    print_seasons(plan_runs, seed);
}
