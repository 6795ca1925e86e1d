#include "customers.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <stdexcept>

namespace marketing::worlds {

namespace {

constexpr double age_at_most = 60;

std::size_t month_of(std::int32_t day)
{
    using namespace std::chrono;
    return static_cast<unsigned>(year_month_day{sys_days{year{2000} / 1 / 1} + days{day}}.month()) - 1;
}

Money gamma_gamma(Engine& engine)
{
    const double scale = gamma(engine, 3.74) / 15.44;
    return [scale](Engine& of) { return gamma(of, 6.25) / scale; };
}

Money log_normal(Engine& engine)
{
    const double own = std::exp(3 + 0.7 * normal(engine));
    return [own](Engine& of) { return own * std::exp(0.8 * normal(of)); };
}

}  // namespace

const std::vector<CustomerWorld>& customer_worlds()
{
    static const auto after_purchases = [](Engine& engine) {
        const double x = gamma(engine, 0.9);
        return -x / (x + gamma(engine, 4));
    };
    static const auto at_any_time = [](Engine& engine) { return gamma(engine, 1) / (gamma(engine, 0.8) / 25); };
    static const auto alike = [](Engine&) { return -0.2; };
    static const auto never_leaves = [](Engine&) { return 1e9; };
    static const auto profit = [](Engine& engine) -> Money {
        const double own = 10 + 30 * normal(engine);
        return [own](Engine& of) { return own + 50 * normal(of); };
    };
    static const auto heavy_profit = [](Engine& engine) -> Money {
        const double own = 10 + 30 * normal(engine);
        return [own](Engine& of) { return own + 30 * normal(of) / std::sqrt(gamma(of, 1.5) / 1.5); };
    };
    static const auto losing_fifth = [](Engine& engine) -> Money {
        const double own = uniform(engine) < 0.2 ? -60 : 40;
        return [own](Engine& of) { return own + 25 * normal(of); };
    };
    static const std::vector<CustomerWorld> worlds = {
        {"MBG/NBD, Gamma-Gamma", 3000, false, false, after_purchases, gamma_gamma},
        {"MBG/NBD, Gamma-Gamma", 200, false, false, after_purchases, gamma_gamma},
        {"leave at any time, Gamma-Gamma", 3000, false, false, at_any_time, gamma_gamma},
        {"all leave with one probability, Gamma-Gamma", 1000, false, false, alike, gamma_gamma},
        {"never leave, Gamma-Gamma", 1000, false, false, never_leaves, gamma_gamma},
        {"buy regularly, Gamma-Gamma", 3000, false, true, after_purchases, gamma_gamma},
        {"MBG/NBD, log-normal", 3000, false, false, after_purchases, log_normal},
        {"MBG/NBD, normal profit", 3000, true, false, after_purchases, profit},
        {"MBG/NBD, normal profit", 200, true, false, after_purchases, profit},
        {"MBG/NBD, heavy-tailed profit", 3000, true, false, after_purchases, heavy_profit},
        {"MBG/NBD, a fifth lose money", 3000, true, false, after_purchases, losing_fifth},
    };
    return worlds;
}

const std::vector<CustomerWorld>& spend_worlds()
{
    static const auto normal_spend = [](Engine& engine) -> Money {
        const double own = 100 + 20 * normal(engine);
        return [own](Engine& of) { return own + 25 * normal(of); };
    };
    static const auto wholesale = [](Engine& engine) -> Money {
        const double own = (uniform(engine) < 0.1 ? 10 : 1) * std::exp(3 + 0.3 * normal(engine));
        return [own](Engine& of) { return own * std::exp(0.4 * normal(of)); };
    };
    static const std::vector<CustomerWorld> worlds = {
        {"Gamma-Gamma", 3000, false, false, {}, gamma_gamma},
        {"Gamma-Gamma", 200, false, false, {}, gamma_gamma},
        {"log-normal", 3000, false, false, {}, log_normal},
        {"log-normal", 200, false, false, {}, log_normal},
        {"a tenth spends ten times as much", 3000, false, false, {}, wholesale},
        {"a tenth spends ten times as much", 200, false, false, {}, wholesale},
        {"normal, far from 0", 3000, false, false, {}, normal_spend},
        {"normal, far from 0", 200, false, false, {}, normal_spend},
    };
    return worlds;
}

Spender make_spender(const CustomerWorld& world, Engine& engine)
{
    constexpr int later = 200;
    const Money money = world.money(engine);
    Spender made{1 + std::floor(4 * gamma(engine, 0.8)), 0, 0};
    for (int i = 0; i < static_cast<int>(made.frequency); ++i) {
        made.mean += money(engine) / made.frequency;
    }
    for (int i = 0; i < later; ++i) {
        made.later += money(engine) / later;
    }
    return made;
}

const CustomerWorld& customer_world(std::string_view name)
{
    for (const CustomerWorld& world : customer_worlds()) {
        if (world.name == name) {
            return world;
        }
    }
    throw std::out_of_range("no world of that name");
}

Customer make_customer(const CustomerWorld& world, const lifetime_value::Plan& plan, Engine& engine)
{
    const double rate = gamma(engine, 0.8) / 6;
    const double stays = world.stays(engine);
    const Money money = world.money(engine);
    Customer c;
    c.history.age = age_at_most * (0.5 + 0.5 * uniform(engine));
    const auto leaves = [&] { return stays < 0 && uniform(engine) < -stays; };
    double paid = 0;
    bool gone = leaves();
    for (double now = 0; !gone;) {
        const double gap = world.regular ? gamma(engine, 2) / 2 : gamma(engine, 1);
        now += gap / rate;
        if (now >= c.history.age + plan.periods * plan.period || (stays >= 0 && now > stays)) {
            break;
        }
        const double amount = money(engine);
        if (now < c.history.age) {
            c.history.frequency += 1;
            c.history.recency = now;
            paid += amount;
        } else {
            c.value += amount / std::pow(1 + plan.rate, std::ceil((now - c.history.age) / plan.period));
        }
        gone = leaves();
    }
    if (c.history.frequency > 0) {
        c.mean = paid / c.history.frequency;
    }
    return c;
}

lifetime_value::History make_history(bool leaves_at_any_time, double buys, double leaves, Engine& engine)
{
    const double pace = gamma(engine, 0.6) / 8 * std::exp(buys);
    const double x = gamma(engine, 0.9);
    const double leave = leaves_at_any_time ? 0 : x / (x + gamma(engine, 2.5 * std::exp(-leaves)));
    const double gone = leaves_at_any_time ? gamma(engine, 1) / (x / (15 * std::exp(-leaves))) : 1e9;
    lifetime_value::History history{0, 0, age_at_most * (0.5 + 0.5 * uniform(engine))};
    const auto stays = [&] { return uniform(engine) >= leave; };
    bool here = stays();
    for (double now = 0; here;) {
        now += gamma(engine, 1) / pace;
        if (now >= std::min(history.age, gone)) {
            break;
        }
        history.frequency += 1;
        history.recency = now;
        here = stays();
    }
    return history;
}

SeasonalPurchases make_purchases(const SeasonalShop& shop, int days_later, Engine& engine)
{
    SeasonalPurchases made;
    double mean = 0;
    for (double& index : made.season) {
        index = std::exp(shop.deviation * normal(engine));
        mean += index / 12;
    }
    for (double& index : made.season) {
        index /= mean;
    }
    std::vector<double> busy;
    double of_month = 1;
    for (int day = 0; day <= shop.days + days_later; ++day) {
        const std::size_t month = month_of(shop.start + day);
        if (day == 0 || month != month_of(shop.start + day - 1)) {
            of_month = std::exp(shop.noise * normal(engine));
        }
        busy.push_back(made.season[month] * of_month);
    }
    for (int customer = 0; customer < shop.customers; ++customer) {
        const double rate = gamma(engine, 0.8) / 42;
        const double x = gamma(engine, 0.9);
        const double leave = x / (x + gamma(engine, 4));
        const auto first = static_cast<int>(uniform(engine) * shop.days);
        bool here = true;
        for (int day = first; here && day <= shop.days + days_later; ++day) {
            if (day > first && uniform(engine) >= -std::expm1(-rate * busy[static_cast<std::size_t>(day)])) {
                continue;
            }
            if (day <= shop.days) {
                made.purchases.emplace_back(customer, shop.start + day);
            } else {
                made.later += 1;
            }
            here = uniform(engine) >= leave;
        }
    }
    return made;
}

}  // namespace marketing::worlds
