/**
 * Simulated portfolios whose truth is known: for the tests in test/unit and, in full, for bench/budget/simulate.
 */
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <string>
#include <vector>

#include "../statistics/random.hpp"
#include "budget/panel.hpp"

namespace marketing::budget::worlds {

using namespace ::marketing::worlds;

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
    std::vector<std::vector<Day>> days;
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

inline Portfolio make_portfolio(Engine& engine, const PortfolioKind& kind)
{
    constexpr double cost_deviation = 0.45;    // of the log of the cost per lead between campaigns
    constexpr double daily_size = 4;           // of the leads of a day, beside what demand does
    constexpr double weekday_deviation = 0.3;  // of the log of demand between weekdays
    constexpr double demand_deviation = 0.15;  // of the log of a day's own demand
    Portfolio portfolio;
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
        portfolio.names.push_back("campaign " + std::to_string(100 + i));
        std::vector<double> weekday(7);
        for (double& index : weekday) {
            index = lognormal(engine, weekday_deviation);
        }
        const double usual = std::accumulate(weekday.begin(), weekday.end(), 0.0) / 7;
        std::vector<Day> days;
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

}  // namespace marketing::budget::worlds
