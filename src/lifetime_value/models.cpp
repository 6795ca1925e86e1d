#include "lifetime_value/models.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "kernel/error.hpp"
#include "kernel/named.hpp"
#include "kernel/stop.hpp"
#include "lifetime_value/departure.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/special_functions.hpp"
#include "numeric/square.hpp"

namespace marketing::lifetime_value {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

bool positive(double value)
{
    return value > 0 && std::isfinite(value);
}

/**
 * E = C (-expm1(e L) / e - exp(e L) S): the mean by Euler's transformation of Gauss's series, whose terms all but cancel nowhere.
 * With e -> 0 (a = 1) the first part becomes -L.
 */
double mean_by_series(const Outlook& c, double share)
{
    const double e = c.a - 1;
    const double last = c.a + c.b - 1;
    const double first = last - c.r;
    const double log_rest = std::log1p(-share);
    double term = first / last * share;
    double sum = 0;
    for (double n = 1;; ++n) {
        sum += term;
        term *= (first + n) * (e + n) / ((last + n) * (n + 1)) * share;
        if (std::abs(term) <= std::numeric_limits<double>::epsilon() / 4 * std::abs(sum) || term == 0) {
            break;
        }
    }
    const double head = e == 0 ? -log_rest : -std::expm1(e * log_rest) / e;
    return last * (head - std::exp(e * log_rest) * sum);
}

/** The same mean over the probability to leave, for parameters and horizons of any size. */
double mean_by_quadrature(const Outlook& c, double horizon)
{
    constexpr double least = 1e-200;  // below it p * pace may not be a double any more
    const double pace = horizon / c.alpha;
    return numeric::expectation({c.a, c.b}, [&c, pace](double p, double) {
        return p > least ? -std::expm1(-c.r * std::log1p(p * pace)) / p : c.r * pace;
    });
}

/** Whether the series ends after some ten thousand terms, with its digits. */
bool has_series(const Outlook& c, double share)
{
    constexpr double longest = 0.999;
    constexpr double largest = 1000;
    constexpr double least = 1e-3;
    return share <= longest && std::max({c.r, c.a, c.b}) <= largest && std::abs(c.a + c.b - 1) >= least;
}

constexpr auto purchase_models = kernel::names<PurchaseModel>(
    "purchase model",
    {{"bgnbd", PurchaseModel::bgnbd}, {"mbgnbd", PurchaseModel::mbgnbd}, {"pareto_nbd", PurchaseModel::pareto_nbd}});

/** The log of the odds that a customer of Pareto/NBD has left. */
double log_odds_left(const PurchaseParameters& p, const History& h)
{
    const double log_here = -(p.r + h.frequency) * std::log(p.alpha + h.age) - p.a * std::log(p.b + h.age);
    double odds = 0;
    for_each_departure(p, h, [&](const Departure& d) { odds += std::exp(d.log_density - log_here); });
    return std::log(p.a) + std::log(odds);
}

/** P(a negative binomial variable of shape r is k), where buying for `time` at a rate of Gamma(r, alpha). */
double buys_exactly(double k, double r, double alpha, double time)
{
    return std::exp(numeric::log_gamma(r + k) - numeric::log_gamma(r) - numeric::log_gamma(k + 1) -
                    r * std::log1p(time / alpha) + (k > 0 ? k * std::log(time / (alpha + time)) : 0));
}

/** P(a customer of Pareto/NBD who is still there buys n times in `horizon`): all the way, or until he leaves. */
double purchases_until_departure(const Outlook& c, double n, double horizon)
{
    constexpr double panel = 6;  // in widths of the narrowest bell over the log of time
    constexpr double most_panels = 64;
    const double stays = buys_exactly(n, c.r, c.alpha, horizon) * std::exp(-c.a * std::log1p(horizon / c.b));
    const double scale = std::min(c.alpha, c.b);
    const double length = std::log1p(horizon / scale);
    const double panels = std::clamp(std::ceil(length * std::sqrt(1 + std::min(n, c.r)) / panel), 1.0, most_panels);
    const double half = length / panels / 2;
    double leaves = 0;
    for (double i = 0; i < panels; ++i) {
        kernel::poll();
        for (const numeric::Node& node : numeric::gauss_legendre()) {
            const double u = half * (2 * i + 1 + node.at);
            const double time = scale * std::expm1(u);
            const double departs = c.a / c.b * std::exp(-(c.a + 1) * std::log1p(time / c.b) + u) * scale;
            leaves += node.weight * half * departs * buys_exactly(n, c.r, c.alpha, time);
        }
    }
    return stays + leaves;
}

/** Purchases of a customer of Pareto/NBD who is still there: rate times the time for which he stays. */
double mean_until_departure(const Outlook& c, double horizon)
{
    const double length = std::log1p(horizon / c.b);
    const double e = c.a - 1;
    return c.r / c.alpha * c.b * (e == 0 ? length : -std::expm1(-e * length) / e);
}

}  // namespace

PurchaseModel find_purchase_model(std::string_view name)
{
    return purchase_models.find(name);
}

std::string_view name_of(PurchaseModel model) noexcept
{
    return purchase_models.name_of(model);
}

void check(const PurchaseParameters& parameters)
{
    require_valid(positive(parameters.r) && positive(parameters.alpha) && positive(parameters.a) && positive(parameters.b),
                  "r, alpha, a and b of a purchase model must be positive and finite");
}

void check(const History& history)
{
    const auto refuse = [&history](const char* why) {
        throw Error(ErrorCode::invalid_parameter, "impossible purchase history",
                    "frequency " + std::to_string(history.frequency) + ", recency " + std::to_string(history.recency) +
                        ", age " + std::to_string(history.age) + ": " + why);
    };
    if (!std::isfinite(history.frequency) || !std::isfinite(history.recency) || !std::isfinite(history.age)) {
        refuse("all must be finite");
    } else if (history.frequency < 0 || history.frequency != std::floor(history.frequency)) {
        refuse("frequency counts repeat purchases");
    } else if (history.recency < 0 || history.recency > history.age) {
        refuse("the last purchase is not after the end of the observation");
    } else if (history.frequency == 0 && history.recency != 0) {
        refuse("without a repeat purchase the last one is the first");
    }
}

Outlook outlook(const PurchaseParameters& p, const History& h)
{
    const double r = p.r + h.frequency;
    if (p.model == PurchaseModel::pareto_nbd) {
        return {1 / (1 + std::exp(log_odds_left(p, h))), r, p.alpha + h.age, p.a, p.b + h.age, p.model};
    }
    const double coins = h.frequency + extra_coins(p.model);
    double p_alive = 1;
    if (coins > 0) {
        const double log_odds_gone =
            std::log(p.a) - std::log(p.b + coins - 1) + r * std::log1p((h.age - h.recency) / (p.alpha + h.recency));
        p_alive = 1 / (1 + std::exp(log_odds_gone));
    }
    return {p_alive, r, p.alpha + h.age, p.a, p.b + coins, p.model};
}

double expected_purchases(const Outlook& customer, double horizon)
{
    require_valid(std::isfinite(horizon) && horizon >= 0, "horizon must be finite and not negative");
    if (horizon == 0 || customer.p_alive == 0) {
        return 0;
    }
    kernel::poll();
    if (customer.model == PurchaseModel::pareto_nbd) {
        return customer.p_alive * mean_until_departure(customer, horizon);
    }
    const double share = horizon / (customer.alpha + horizon);
    return customer.p_alive *
           (has_series(customer, share) ? mean_by_series(customer, share) : mean_by_quadrature(customer, horizon));
}

double purchase_probability(const Outlook& c, double purchases, double horizon)
{
    require_valid(std::isfinite(horizon) && horizon >= 0, "horizon must be finite and not negative");
    require_valid(std::isfinite(purchases) && purchases >= 0 && purchases == std::floor(purchases),
                  "purchases must be a whole number that is not negative");
    const double log_none = -c.r * std::log1p(horizon / c.alpha);
    if (purchases == 0 && c.model == PurchaseModel::pareto_nbd) {
        return 1 - c.p_alive + c.p_alive * (horizon > 0 ? purchases_until_departure(c, 0, horizon) : 1);
    }
    if (purchases == 0) {
        return 1 - c.p_alive + c.p_alive * std::exp(log_none);
    }
    if (horizon == 0) {
        return 0;
    }
    if (c.model == PurchaseModel::pareto_nbd) {
        return c.p_alive * purchases_until_departure(c, purchases, horizon);
    }
    // Still there after n purchases, or left after the last of at least n.
    const double n = purchases;
    const double stays = numeric::log_beta(c.a, c.b + n) - numeric::log_beta(c.a, c.b) + numeric::log_gamma(c.r + n) -
                         numeric::log_gamma(c.r) - numeric::log_gamma(n + 1) + log_none +
                         n * std::log(horizon / (c.alpha + horizon));
    const double leaves = numeric::log_beta(c.a + 1, c.b + n - 1) - numeric::log_beta(c.a, c.b);
    const double at_least = numeric::beta_below(n, c.r, horizon / (c.alpha + horizon));
    return c.p_alive * (std::exp(stays) + std::exp(leaves) * at_least);
}

double discounted_purchases(const Outlook& customer, int periods, double period, double rate)
{
    require_valid(periods >= 1 && periods <= 10000, "periods must be between 1 and 10000");
    require_valid(positive(period), "the length of a period must be positive and finite");
    require_valid(std::isfinite(rate) && rate > -1, "the discount rate must be finite and above -1",
                  "It is the rate of one period: 0.01 is one percent.");
    double sum = 0;
    double before = 0;
    double factor = 1;
    for (int k = 1; k <= periods; ++k) {
        const double until = expected_purchases(customer, k * period);
        factor /= 1 + rate;
        sum += (until - before) * factor;
        before = until;
    }
    return sum;
}

void check(const SpendParameters& parameters)
{
    require_valid(positive(parameters.p) && positive(parameters.q) && positive(parameters.gamma),
                  "p, q and gamma of a spend model must be positive and finite");
}

double expected_spend(const SpendParameters& s, double frequency, double mean)
{
    const double purchases = std::max(frequency, 0.0);
    const double weight = s.p * purchases + s.q - 1;
    if (weight <= 0 || (purchases > 0 && mean < 0)) {
        return std::numeric_limits<double>::quiet_NaN();
    }
    return s.p * (s.gamma + (purchases > 0 ? purchases * mean : 0)) / weight;
}

void check(const NormalSpendParameters& parameters)
{
    require_valid(std::isfinite(parameters.mean) && parameters.between >= 0 && std::isfinite(parameters.between) &&
                      parameters.within >= 0 && std::isfinite(parameters.within),
                  "the mean of a normal spend model must be finite, its deviations finite and not negative");
}

double own_weight(const NormalSpendParameters& s, double frequency)
{
    const double between = numeric::square(s.between) * std::max(frequency, 0.0);
    return between > 0 ? between / (between + numeric::square(s.within)) : 0;
}

double expected_spend(const NormalSpendParameters& s, double frequency, double mean)
{
    const double own = own_weight(s, frequency);
    return own > 0 ? own * mean + (1 - own) * s.mean : s.mean;
}

}  // namespace marketing::lifetime_value
