// Prints the tables of docs/benchmarks.md: advice and plans in simulated worlds. Usage: simulate [runs of advice] [runs of plans] [seed] [table].

#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <string_view>

#include "../statistics/monte_carlo.hpp"
#include "simulations.hpp"

namespace {

using namespace marketing::budget;
using marketing::worlds::error_of_share;
using marketing::worlds::print_share;

/** A share in percent with its Monte-Carlo error, which counts the campaigns of a portfolio as independent. */
void print_percent(double share, int count)
{
    std::printf(" %.1f ± %.1f %% |", 100 * share, 100 * error_of_share(share, count));
}

void print(const char* name, const AdviceScore& s)
{
    std::printf("| %s |", name);
    print_percent(double(s.paused) / s.campaigns, s.campaigns);
    print_percent(s.false_pauses(), s.paused);
    print_percent(double(s.scaled) / s.campaigns, s.campaigns);
    print_percent(s.false_scales(), s.scaled);
    print_percent(double(s.bad_found) / s.bad, s.bad);
    print_percent(double(s.good_found) / s.good, s.good);
    if (s.covered > 0) {
        print_share(s.coverage(), s.campaigns);
    } else {
        std::printf(" |");
    }
    std::printf("\n");
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
        std::printf("| %s | %g |", kind.name.data(), kind.world.size);
        print_percent(double(s.paused) / s.campaigns, s.campaigns);
        print_share(s.false_pauses(), s.paused);
        print_percent(double(s.scaled) / s.campaigns, s.campaigns);
        print_share(s.false_scales(), s.scaled);
        print_percent(double(s.bad_found) / s.bad, s.bad);
        print_percent(double(s.good_found) / s.good, s.good);
        print_share(s.coverage(), s.campaigns);
        std::printf(" %.3f |", s.claimed());
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

/** The share of what is attainable, where anything is. */
void print_reached(const PlanScore& score, const PortfolioKind& kind)
{
    if (!kind.flat) {
        std::printf(" %.3f ± %.3f", score.share(), score.share_error());
    }
}

void print(const char* name, const PortfolioKind& kind, int runs, std::uint64_t seed)
{
    const PlanScores s = simulate_plans(runs, kind, seed);
    std::printf("| %s |", name);
    print_reached(s.ours, kind);
    std::printf(" |");
    print_share(s.ours.coverage(), s.ours.moved);
    print_percent(s.ours.harm(), s.ours.runs);
    for (const PlanScore* other : {&s.rule, &s.log_log, &s.hill}) {
        print_reached(*other, kind);
        std::printf(" (%.0f %%) |", 100 * other->harm());
    }
    std::printf(" %.1f %% |\n", 100 * s.ours.attainable / s.ours.runs);
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
    row("13 weeks, season 0.3, spend follows it", 91, [](PortfolioKind& k) {
        k.season = 0.3;
        k.following = 1;
    });
    row("13 weeks, e 0.62, nothing in common", 91, [](PortfolioKind& k) {
        k.elasticity_a = 7;
        k.elasticity_b = 4;
    });
    row("28 days, nothing in common", 28, [](PortfolioKind&) {});
    row("13 weeks, spend follows each day's demand", 91, [](PortfolioKind& k) { k.endogenous = k.chasing = true; });
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

void print_rules(int runs, std::uint64_t seed)
{
    const AdviceScores scores = simulate_advice(runs, seed);
    std::printf(
        "| rule | paused | false | scaled | false | bad found | good found | coverage |\n|---|---|---|---|---|---|---|---|\n");
    print("rule engine", scores.rule_engine);
    print("heavy evidence", scores.heavy_evidence);
    print("campaign_actions", scores.ours);
    print("the same, hysteresis => 0", scores.without_hysteresis);
    std::printf("recall: %.3f, heavy evidence %.3f, ratio %.2f; expected false rate as reported, on average: %.3f\n",
                scores.ours.recall(), scores.heavy_evidence.recall(), scores.ours.recall() / scores.heavy_evidence.recall(),
                scores.ours.claimed_false / scores.ours.claims);
    std::printf("changes of advice per campaign and 100 days: %.1f with hysteresis, %.1f without\n",
                100 * simulate_flips(runs / 50, 0.05, seed), 100 * simulate_flips(runs / 50, 0, seed));
}

/** Intervals of groups of any size and spread. */
void print_groups(int runs, std::uint64_t seed)
{
    std::printf("| deviation of log costs | 3 campaigns | 6 | 20 | 60 |\n|---|---|---|---|---|\n");
    for (const double deviation : {0.2, 0.45, 0.9}) {
        std::printf("| %.2f |", deviation);
        for (const int campaigns : {3, 6, 20, 60}) {
            const int groups = 5 * runs / campaigns;
            print_share(simulate_coverage(groups, campaigns, deviation, seed), groups * campaigns);
        }
        std::printf("\n");
    }
}

void print_plans(int runs, std::uint64_t seed)
{
    PortfolioKind kind;
    kind.budget_days = 7;
    for (const bool endogenous : {true, false}) {
        for (const bool steep : {true, false}) {
            kind.endogenous = endogenous;
            kind.elasticity_a = steep ? 7 : 3;
            kind.elasticity_b = steep ? 4 : 6;
            const std::string name = std::string("91 days, spend ") + (endogenous ? "follows the weekday" : "is independent") +
                                     ", e about " + (steep ? "0.62" : "0.34");
            print(name.c_str(), kind, runs, seed);
        }
    }
    kind.days = 28;
    kind.spend_deviation = 0.15;
    print("28 days, little variation, e about 0.34", kind, runs, seed);
    kind = {};
    kind.budget_days = 7;
    kind.endogenous = kind.chasing = true;
    kind.elasticity_a = 3;
    kind.elasticity_b = 6;
    print("91 days, spend follows each day's demand, e about 0.34", kind, runs, seed);
}

constexpr const char* head_of_plans =
    "| world | share of attainable lift | coverage | harm | rule | log-log OLS | Hill NLS | attainable "
    "|\n|---|---|---|---|---|---|---|---|";

}  // namespace

int main(int argc, char** argv)
{
    const int advice_runs = argc > 1 ? std::atoi(argv[1]) : 2000;
    const int plan_runs = argc > 2 ? std::atoi(argv[2]) : 300;
    const std::uint64_t seed = argc > 3 ? std::strtoull(argv[3], nullptr, 10) : 1000;
    const std::string_view only = argc > 4 ? argv[4] : "";
    const auto wants = [&](std::string_view table, int runs) { return runs > 0 && (only.empty() || only == table); };
    if (wants("rules", advice_runs)) {
        print_rules(advice_runs, seed);
    }
    if (wants("groups", advice_runs)) {
        std::puts("");
        print_groups(advice_runs, seed);
    }
    if (wants("worths", advice_runs)) {
        std::puts(
            "\n| world | judged by | paused | false | scaled | false | bad found | good found | coverage "
            "|\n|---|---|---|---|---|---|---|---|---|");
        print_worths(advice_runs / 5, seed);
    }
    if (wants("bursts", advice_runs)) {
        std::puts("");
        print_bursts(advice_runs / 5, seed);
    }
    if (wants("plans", plan_runs)) {
        std::printf("\n%s\n", head_of_plans);
        print_plans(plan_runs, seed);
    }
    if (wants("seasons", plan_runs)) {
        std::printf("\n%s\n", head_of_plans);
        print_seasons(plan_runs, seed);
    }
}
