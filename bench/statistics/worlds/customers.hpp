/**
 * Customers who buy for some time and then never again: what was seen of them, and what they truly bring later.
 */
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "lifetime_value/models.hpp"
#include "lifetime_value/value.hpp"
#include "random.hpp"

namespace marketing::worlds {

/** What one purchase of a customer brings. */
using Money = std::function<double(Engine&)>;

struct CustomerWorld {
    const char* name;
    int customers;
    bool has_losses;                       // amounts may be negative
    bool regular;                          // gaps of Erlang(2), more even than chance
    std::function<double(Engine&)> stays;  // how long, or negative: leaves after a purchase with the probability -value
    std::function<Money(Engine&)> money;
};

/** Those of docs/benchmarks.md. */
[[nodiscard]] const std::vector<CustomerWorld>& customer_worlds();
/** The first of that name. */
[[nodiscard]] const CustomerWorld& customer_world(std::string_view name);

struct Customer {
    lifetime_value::History history;
    std::optional<double> mean;  // of the amounts of repeat purchases
    double value = 0;            // of the time to come, discounted
};

[[nodiscard]] Customer make_customer(const CustomerWorld& world, const lifetime_value::Plan& plan, Engine& engine);

/** What repeat purchases of one customer brought on average, and what the next ones will. */
struct Spender {
    double frequency;
    double mean;
    double later;
};

/** Worlds of spend alone, in which nobody loses money. */
[[nodiscard]] const std::vector<CustomerWorld>& spend_worlds();
[[nodiscard]] Spender make_spender(const CustomerWorld& world, Engine& engine);

/** Purchases seen of one of a group who buy and leave more or less often than others, by these logarithms: after a purchase, or at any time. */
[[nodiscard]] lifetime_value::History make_history(bool leaves_at_any_time, double buys, double leaves, Engine& engine);

struct SeasonalShop {
    int customers;
    int days;
    double deviation;  // of the logarithms of the months' indices
    double noise;      // of the same month in different years

    static constexpr std::int32_t start = 5000;
    [[nodiscard]] std::int32_t end() const { return start + days; }
};

struct SeasonalPurchases {
    std::array<double, 12> season{};                        // 1 on average
    std::vector<std::pair<int, std::int32_t>> purchases{};  // customer and day, until the end
    double later = 0;                                       // how many follow
};

[[nodiscard]] SeasonalPurchases make_purchases(const SeasonalShop& shop, int days_later, Engine& engine);

}  // namespace marketing::worlds
