// Values of customers whose future is known, by models that are fitted to their past. The small form of a table of docs/benchmarks.md.

#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "../../bench/statistics/worlds/random.hpp"
#include "lifetime_value/fit.hpp"
#include "lifetime_value/value.hpp"
#include "seed_of_today.hpp"

namespace {

using namespace marketing::lifetime_value;
using marketing::worlds::Engine;
using marketing::worlds::gamma;
using marketing::worlds::normal;
using marketing::worlds::uniform;
using unit_test::seed_of_today;

const Plan plan{12, 4.345, 0.005};
constexpr double age_at_most = 60;

struct Customer {
    History history;
    std::optional<double> mean;
    double value = 0;  // of the time to come
};

/** One who buys by MBG/NBD, each time for what `pay(engine)` says. */
template <class Pay>
Customer live(Engine& engine, Pay pay)
{
    const double rate = gamma(engine, 0.8) / 6;
    const double x = gamma(engine, 0.9);
    const double leave = x / (x + gamma(engine, 4));
    Customer customer;
    customer.history.age = age_at_most * (0.5 + 0.5 * uniform(engine));
    const double age = customer.history.age;
    double paid = 0;
    bool here = uniform(engine) >= leave;
    for (double now = 0; here; here = uniform(engine) >= leave) {
        now += gamma(engine, 1) / rate;
        if (now >= age + plan.periods * plan.period) {
            break;
        }
        const double amount = pay(engine);
        if (now < age) {
            customer.history.frequency += 1;
            customer.history.recency = now;
            paid += amount;
        } else {
            customer.value += amount / std::pow(1 + plan.rate, std::ceil((now - age) / plan.period));
        }
    }
    if (customer.history.frequency > 0) {
        customer.mean = paid / customer.history.frequency;
    }
    return customer;
}

struct Scores {
    double held = 0;         // of 90 % intervals
    double held_active = 0;  // of customers who are likely to buy again several times
    double active = 0;
    double foretold = 0;  // of all values
    double actual = 0;
    double losses_foretold = 0;  // of those who lost money until now
    double losses = 0;
};

constexpr int customers = 1500;
constexpr int asked = 300;

/** `draw(engine)` makes the pay of one customer; `fit` the model of spend, and its mean of a customer. */
template <class Draw, class Fit>
Scores scores_of(Draw draw, Fit fit)
{
    Engine engine(seed_of_today());
    std::vector<Customer> all;
    std::vector<WeightedHistory> histories;
    std::vector<WeightedSpend> spends;
    for (int i = 0; i < customers; ++i) {
        const Customer& customer = all.emplace_back(live(engine, draw(engine)));
        histories.push_back({customer.history, 1});
        if (customer.mean) {
            spends.push_back({customer.history.frequency, *customer.mean, 1});
        }
    }
    const PurchaseFit purchases = fit_purchases(PurchaseModel::mbgnbd, histories, {});
    const FittedPurchases fitted{purchases.parameters, purchases.errors};
    const auto spend = fit(spends);
    Scores scores;
    for (int i = 0; i < customers; ++i) {
        const Customer& customer = all[static_cast<std::size_t>(i)];
        const Outlook ahead = outlook(purchases.parameters, customer.history);
        const double foretold = discounted_purchases(ahead, plan.periods, plan.period, plan.rate) *
                                expected_spend(spend.parameters, customer.history.frequency, customer.mean.value_or(0));
        scores.foretold += foretold;
        scores.actual += customer.value;
        if (customer.mean.value_or(0) < 0) {
            scores.losses_foretold += foretold;
            scores.losses += customer.value;
        }
        if (i < asked) {
            const ValueInterval interval = value_interval(fitted, spend, customer.history, customer.mean, plan, 0.9);
            const bool held = interval.low - 1e-6 <= customer.value && customer.value <= interval.high + 1e-6;
            scores.held += held ? 1.0 / asked : 0;
            const bool active = expected_purchases(ahead, plan.periods * plan.period) > 2;
            scores.active += active ? 1 : 0;
            scores.held_active += active && held ? 1 : 0;
        }
    }
    scores.held_active /= scores.active;
    return scores;
}

TEST(LifetimeValueWorlds, ValuesLieWithinIntervalsOfFittedModels)
{
    const Scores scores = scores_of(
        [](Engine& engine) { return [scale = gamma(engine, 3.74) / 15.44](Engine& of) { return gamma(of, 6.25) / scale; }; },
        [](const std::vector<WeightedSpend>& spends) {
            const SpendFit fit = fit_spend(spends, {});
            return FittedSpend{fit.parameters, fit.errors};
        });
    // Where a customer may buy nothing an interval holds more than it has to: .953 with a deviation of .012 between days.
    EXPECT_GT(scores.held, 0.89) << "seed " << seed_of_today();
    EXPECT_LT(scores.held, 0.995) << "seed " << seed_of_today();
    EXPECT_GT(scores.held_active, 0.84) << "seed " << seed_of_today();
    EXPECT_NEAR(scores.foretold / scores.actual, 1, 0.27) << "seed " << seed_of_today();
}

TEST(LifetimeValueWorlds, WhoLosesMoneyIsForetoldToLoseIt)
{
    const Scores scores =
        scores_of([](Engine& engine) { return [own = 10 + 30 * normal(engine)](Engine& of) { return own + 50 * normal(of); }; },
                  [](const std::vector<WeightedSpend>& spends) {
                      const NormalSpendFit fit = fit_normal_spend(spends, {});
                      return FittedNormalSpend{fit.parameters, fit.mean_error};
                  });
    // .905 with a deviation of .018 between days.
    EXPECT_GT(scores.held, 0.82) << "seed " << seed_of_today();
    EXPECT_LT(scores.held, 0.985) << "seed " << seed_of_today();
    EXPECT_GT(scores.held_active, 0.73) << "seed " << seed_of_today();
    EXPECT_LT(scores.losses_foretold, 0) << "seed " << seed_of_today();
    // Without what is known of the others it would be 2.5 times too much; 1.08 with a deviation of .22.
    EXPECT_LT(scores.losses_foretold / scores.losses, 2.1) << "seed " << seed_of_today();
}

}  // namespace
