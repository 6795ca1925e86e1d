#include "portfolios.hpp"

#include <algorithm>
#include <limits>
#include <numeric>

namespace marketing::worlds {

namespace {

std::vector<std::string> names_of(int campaigns)
{
    std::vector<std::string> names;
    for (int i = 0; i < campaigns; ++i) {
        names.push_back("campaign " + std::to_string(100 + i));
    }
    return names;
}

/** How much demand moves each campaign and day: on average not at all. */
std::vector<Campaign> demand_of(const AdviceKind& kind, std::uint64_t seed)
{
    Engine engine(~seed);
    World world = kind.world;
    world.mean = 1;
    return make_fleet(world, kind.campaigns, kind.days, engine);
}

}  // namespace

Portfolio make_portfolio(Engine& engine, const PortfolioKind& kind)
{
    constexpr double cost_deviation = 0.45;    // of the log of the cost per lead between campaigns
    constexpr double daily_size = 4;           // of the leads of a day, beside what demand does
    constexpr double weekday_deviation = 0.3;  // of the log of demand between weekdays
    constexpr double demand_deviation = 0.15;  // of the log of a day's own demand
    Portfolio portfolio;
    portfolio.names = names_of(static_cast<int>(kind.campaigns));
    std::vector<double> shared(static_cast<std::size_t>(kind.days), 0.0);
    const double phase = kind.season > 0 ? uniform(engine) : 0;
    double week = 0;
    for (int d = 0; d < kind.days; ++d) {
        week = d % 7 == 0 && kind.shared_weeks > 0 ? kind.shared_weeks * normal(engine) : week;
        shared[static_cast<std::size_t>(d)] = kind.season * std::sin(2 * 3.141592653589793 * (d / 182.0 + phase)) + week;
    }
    for (std::size_t i = 0; i < kind.campaigns; ++i) {
        const double a = gamma(engine, kind.elasticity_a);
        const double drawn = std::clamp(a / (a + gamma(engine, kind.elasticity_b)), 0.03, 0.97);
        const double e = kind.flat ? 1e-9 : drawn;
        const auto form = static_cast<Truth::Form>(engine() % 3);
        const double usual_spend = 100 * lognormal(engine, 0.8);
        portfolio.truth.push_back({form == Truth::Form::hill && e > 0.75 ? Truth::Form::michaelis_menten : form, usual_spend,
                                   usual_spend * 0.1 * lognormal(engine, cost_deviation), e});
        std::vector<double> weekday(7);
        for (double& index : weekday) {
            index = lognormal(engine, weekday_deviation);
        }
        const double usual = std::accumulate(weekday.begin(), weekday.end(), 0.0) / 7;
        std::vector<budget::Day> days;
        double budget = 0;
        for (int d = 0; d < kind.days; ++d) {
            if (d % kind.budget_days == 0) {
                budget = portfolio.truth[i].spend * lognormal(engine, kind.spend_deviation);
            }
            const double index = weekday[static_cast<std::size_t>(d % 7)] / usual;
            const double demand = lognormal(engine, demand_deviation);
            const double common = shared[static_cast<std::size_t>(d)];
            const double spend =
                budget * (kind.endogenous ? index : 1) * (kind.chasing ? demand : 1) * std::exp(kind.following * common);
            const double mean = portfolio.truth[i].value(spend) * index * demand * std::exp(common);
            days.push_back({d, spend, overdispersed(engine, mean, daily_size), 0});
        }
        portfolio.days.push_back(days);
    }
    return portfolio;
}

std::vector<AdviceKind> advice_kinds()
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

AdvicePortfolio make_advice_portfolio(const AdviceKind& kind, std::uint64_t seed)
{
    Engine engine(seed);
    const auto demand = demand_of(kind, seed);
    AdvicePortfolio made;
    made.names = names_of(kind.campaigns);
    for (std::size_t i = 0; i < made.names.size(); ++i) {
        World world = kind.world;
        made.cost.push_back(lognormal(engine, kind.cost_deviation));
        world.size *= kind.size_deviation > 0 ? lognormal(engine, kind.size_deviation) : 1;
        made.spend.push_back(log_uniform(engine, 1, 60) / kind.spending_days);
        budget::Series series{"", made.names[i], {}};
        for (std::int32_t d = 0; d < kind.days; ++d) {
            const double mean = made.spend.back() / made.cost.back() * demand[i].expected[static_cast<std::size_t>(d)];
            series.days.push_back({d, made.spend.back(), draw_figure(world, mean, engine), 0});
        }
        made.panel.push_back(series);
    }
    return made;
}

WorthWorld make_worth_world(const WorthKind& kind, budget::Outcome outcome, Engine& engine)
{
    constexpr std::int32_t days = 119;
    WorthWorld made;
    made.names = names_of(kind.campaigns);
    for (const std::string& name : made.names) {
        const double lead_cost = lognormal(engine, kind.cost_deviation);
        const double signing = std::min(kind.signing * lognormal(engine, kind.signing_deviation), 0.9);
        const double value = 100 * lognormal(engine, kind.value_deviation);
        const double spend = log_uniform(engine, 1, 60) / 7;
        made.spend.push_back(spend);
        made.cost.push_back(lead_cost / signing / (outcome == budget::Outcome::revenue ? value : 1));
        World world = kind.world;
        world.mean = spend / lead_cost;
        const auto leads = make_campaign(world, days, engine).figures;
        budget::Series series{"", name, {}};
        for (std::int32_t d = 0; d < days; ++d) {
            budget::Day day{d, spend, std::round(leads[static_cast<std::size_t>(d)]), 0};
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

}  // namespace marketing::worlds
