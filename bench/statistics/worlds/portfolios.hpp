/**
 * Portfolios of campaigns that spend: leads that follow the spend by a known curve, costs per lead of which it is known whether they are too
 * high, and contracts whose worth differs by campaign.
 */
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "budget/panel.hpp"
#include "budget/worth.hpp"
#include "campaigns.hpp"

namespace marketing::worlds {

/** The truth of one campaign: leads per day at `spend`, and one of three forms that all have `elasticity` there. */
struct Truth {
    enum class Form { power, michaelis_menten, hill } form;
    double spend;
    double leads;
    double elasticity;

    [[nodiscard]] double value(double s) const
    {
        const double x = s / spend;
        switch (form) {
            case Form::power: return leads * std::pow(x, elasticity);
            case Form::michaelis_menten: {
                const double k = elasticity / (1 - elasticity);
                return leads * x * (1 + k) / (k + x);
            }
            case Form::hill: {
                const double k = elasticity / (0.8 - elasticity);
                const double power = std::pow(x, 0.8);
                return leads * power * (1 + k) / (k + power);
            }
        }
        return 0;
    }
    [[nodiscard]] double slope(double s) const { return (value(s * 1.0001) - value(s * 0.9999)) / (0.0002 * s); }
};

struct PortfolioKind {
    std::size_t campaigns = 12;
    int days = 91;
    double spend_deviation = 0.3;  // of the log of a day's spend
    bool endogenous = false;       // the day's spend follows the demand of the weekday
    bool chasing = false;  // and the random demand of the very day, which no estimate from these data can tell from its effect
    int budget_days = 1;   // how long a budget stays
    double season = 0;     // amplitude of the log of the demand that all campaigns share, over half a year
    double following = 0;  // the power of that demand which all spends follow
    double shared_weeks = 0;  // deviation of the log of a week's demand that all campaigns share
    bool flat = false;        // spend has no effect
    double elasticity_a = 7;  // elasticities are Beta(a, b)
    double elasticity_b = 4;
};

struct Portfolio {
    std::vector<Truth> truth;
    std::vector<std::vector<budget::Day>> days;
    std::vector<std::string> names;

    [[nodiscard]] double leads(const std::vector<double>& spend) const
    {
        double sum = 0;
        for (std::size_t i = 0; i < truth.size(); ++i) {
            sum += truth[i].value(spend[i]);
        }
        return sum;
    }
};

[[nodiscard]] Portfolio make_portfolio(Engine& engine, const PortfolioKind& kind);

/** What portfolios are like whose advice is scored. */
struct AdviceKind {
    std::string_view name = "bursts, size 2";
    World world{.size = 2};        // of the leads of a day; its mean is that of each campaign
    double size_deviation = 0;     // of the log of the size, between campaigns
    double cost_deviation = 0.45;  // of the log of cost over target
    int campaigns = 20;
    std::int32_t days = 14;
    std::int32_t spending_days = days;  // in which 1 to 60 targets are spent
    bool relative = false;              // judged against what the others pay, not against a target
};

/** Those of docs/benchmarks.md. */
[[nodiscard]] std::vector<AdviceKind> advice_kinds();

/** One such portfolio. */
struct AdvicePortfolio {
    std::vector<std::string> names;
    std::vector<budget::Series> panel;
    std::vector<double> spend;  // of a day
    std::vector<double> cost;   // truly, of a lead; the target is 1
};

[[nodiscard]] AdvicePortfolio make_advice_portfolio(const AdviceKind& kind, std::uint64_t seed);

/** What campaigns differ in where they are judged by what their leads become. */
struct WorthKind {
    World world{.name = "bursts", .size = 2};  // of the leads of a day
    double cost_deviation = 0.45;              // of the log of the cost of a lead, as the next ones
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
    std::vector<budget::Series> panel;
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

[[nodiscard]] WorthWorld make_worth_world(const WorthKind& kind, budget::Outcome outcome, Engine& engine);

}  // namespace marketing::worlds
