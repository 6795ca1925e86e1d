#include "lifetime_value/value.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <vector>

#include "kernel/error.hpp"
#include "kernel/stop.hpp"
#include "kernel/unknown.hpp"
#include "numeric/distributions.hpp"
#include "numeric/search.hpp"
#include "numeric/square.hpp"

namespace marketing::lifetime_value {
namespace {

using kernel::unknown;
using numeric::square;

/** P(the money of n purchases is at most s), n >= 1. */
using MoneyBelow = std::function<double(double n, double s)>;

/** P(n purchases) for n = 0, 1, ..., until what is left does not count. */
std::vector<double> purchase_distribution(const Outlook& customer, double horizon)
{
    constexpr double negligible = 1e-7;
    constexpr std::size_t most = 20'000;
    std::vector<double> distribution;
    double left = 1;
    while (left > negligible && distribution.size() < most) {
        kernel::poll();
        distribution.push_back(purchase_probability(customer, static_cast<double>(distribution.size()), horizon));
        left -= distribution.back();
    }
    return distribution;
}

/** How the value is spread: over numbers of purchases, and over three factors that stand for what is not known of the parameters. */
class ValueDistribution {
public:
    /** `purchases`: P(n); `error`: deviation of the log of the expected value. */
    ValueDistribution(std::vector<double> purchases, double error, const MoneyBelow& money_below)
        : purchases_(std::move(purchases)), error_(error), money_below_(money_below)
    {
        for (std::size_t n = 1; n < purchases_.size(); ++n) {
            below_zero_ += purchases_[n] * money_below_(static_cast<double>(n), 0);
        }
    }

    /** What is exceeded with probability 1 - p; `scale`: about as large as values are. */
    [[nodiscard]] double quantile(double p, double scale) const
    {
        if (p >= below_zero_ && p <= below_zero_ + purchases_.front()) {
            return 0;  // nothing is bought
        }
        const double side = p < below_zero_ ? -1 : 1;
        double far = side * scale;
        for (int i = 0; i < 100 && side * (below(far) - p) < 0; ++i) {
            far *= 2;
        }
        const auto excess = [&](double s) { return below(s) - p; };
        return numeric::root(excess, std::min(0.0, far), std::max(0.0, far), 24).middle();
    }

private:
    [[nodiscard]] double below(double s) const
    {
        constexpr std::array<std::array<double, 2>, 3> nodes{
            {{-std::numbers::sqrt3, 1.0 / 6}, {0, 2.0 / 3}, {std::numbers::sqrt3, 1.0 / 6}}};
        double sum = s > 0 ? purchases_.front() : 0;
        for (const auto& [at, weight] : nodes) {
            if (at != 0 && error_ == 0) {
                continue;
            }
            const double money = s * std::exp(-error_ * at);
            double of_node = 0;
            for (std::size_t n = 1; n < purchases_.size(); ++n) {
                of_node += purchases_[n] * money_below_(static_cast<double>(n), money);
            }
            sum += (error_ == 0 ? 1 : weight) * of_node;
        }
        return sum;
    }

    std::vector<double> purchases_;
    double error_;
    const MoneyBelow& money_below_;
    double below_zero_ = 0;
};

/** The variance of log f, whose parameters are off by their errors, to the first order. */
template <std::size_t count>
double log_variance(const std::array<double*, count>& parameters, const ParameterErrors<count>& errors,
                    const std::function<double()>& f)
{
    constexpr double step = 1e-4;
    std::array<double, count> slopes{};
    for (std::size_t i = 0; i < count; ++i) {
        const double value = *parameters[i];
        const auto log_at = [&](double factor) {
            *parameters[i] = value * factor;
            return std::log(f());
        };
        slopes[i] = (log_at(1 + step) - log_at(1 - step)) / (2 * step * value);
        *parameters[i] = value;
    }
    return errors.variance_along(slopes);
}

double log_variance(const FittedPurchases& purchases, const History& history, double horizon)
{
    PurchaseParameters p = purchases.parameters;
    return log_variance<4>({&p.r, &p.alpha, &p.a, &p.b}, purchases.errors,
                           [&] { return expected_purchases(outlook(p, history), horizon); });
}

void check_question(const History& history, const Plan& plan, double level)
{
    check(history);
    kernel::require_valid(level > 0 && level < 1, "level must be between 0 and 1", "0.9 is 90 percent.");
    kernel::require_valid(plan.periods >= 1, "periods must be between 1 and 10000");
}

ValueInterval interval_of(const FittedPurchases& purchases, const History& history, const Plan& plan, double level,
                          double spend, double variance, const MoneyBelow& money_below)
{
    const Outlook customer = outlook(purchases.parameters, history);
    const double horizon = plan.periods * plan.period;
    const double expected = expected_purchases(customer, horizon);
    const double discounted = discounted_purchases(customer, plan.periods, plan.period, plan.rate);
    if (!(expected > 0) || std::isnan(spend)) {
        return {std::isnan(spend) ? unknown : 0, std::isnan(spend) ? unknown : 0};
    }
    constexpr double most_error = 2;
    const double error = std::min(most_error, std::sqrt(variance + log_variance(purchases, history, horizon)));
    const ValueDistribution distribution(purchase_distribution(customer, horizon), error, money_below);
    // Each purchase counts as much as one does on average.
    const double discount = discounted / expected;
    const double scale = std::abs(spend) * std::max(1.0, expected) + std::numeric_limits<double>::min();
    return {discount * distribution.quantile((1 - level) / 2, scale), discount * distribution.quantile((1 + level) / 2, scale)};
}

}  // namespace

ValueInterval value_interval(const FittedPurchases& purchases, const FittedSpend& spend, const History& history,
                             std::optional<double> mean, const Plan& plan, double level)
{
    check_question(history, plan, level);
    SpendParameters s = spend.parameters;
    const double seen = mean ? history.frequency : 0;
    const double each = mean.value_or(0);
    const double expected = expected_spend(s, seen, each);
    if (std::isnan(expected)) {
        return {unknown, unknown};
    }
    const double variance =
        log_variance<3>({&s.p, &s.q, &s.gamma}, spend.errors, [&] { return expected_spend(s, seen, each); });
    // The money of n purchases over the customer's scale is a beta prime variable: the scale is a gamma one.
    const double shape = s.p * seen + s.q;
    const double paid = s.gamma + seen * each;
    return interval_of(purchases, history, plan, level, expected, variance, [&](double n, double money) {
        return money > 0 ? numeric::beta_below(s.p * n, shape, money / (money + paid)) : 0;
    });
}

ValueInterval value_interval(const FittedPurchases& purchases, const FittedNormalSpend& spend, const History& history,
                             std::optional<double> mean, const Plan& plan, double level)
{
    check_question(history, plan, level);
    const NormalSpendParameters& s = spend.parameters;
    const double seen = mean ? history.frequency : 0;
    const double expected = expected_spend(s, seen, mean.value_or(0));
    const double own = own_weight(s, seen);
    const double of_all = std::isnan(spend.mean_error) ? 0 : square((1 - own) * spend.mean_error);
    const double of_mean = (1 - own) * square(s.between) + of_all;
    return interval_of(purchases, history, plan, level, expected, 0, [&](double n, double money) {
        const double deviation = std::sqrt(n * square(s.within) + n * n * of_mean);
        return deviation > 0 ? numeric::normal_below((money - n * expected) / deviation) : money >= n * expected ? 1.0 : 0.0;
    });
}

}  // namespace marketing::lifetime_value
