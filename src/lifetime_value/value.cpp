#include "lifetime_value/value.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <limits>
#include <map>
#include <numbers>
#include <tuple>
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

/** The deviates that stand for an error, and how much each counts. */
constexpr std::array<std::array<double, 2>, 3> error_nodes{
    {{-std::numbers::sqrt3, 1.0 / 6}, {0, 2.0 / 3}, {std::numbers::sqrt3, 1.0 / 6}}};

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
        double sum = s > 0 ? purchases_.front() : 0;
        for (const auto& [at, weight] : error_nodes) {
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

/** The variance of f, whose parameters are off by their errors, to the first order. */
template <std::size_t count>
double variance_of(const std::array<double*, count>& parameters, const ParameterErrors<count>& errors,
                   const std::function<double()>& f)
{
    constexpr double step = 1e-4;
    std::array<double, count> slopes{};
    for (std::size_t i = 0; i < count; ++i) {
        const double value = *parameters[i];
        const auto at = [&](double factor) {
            *parameters[i] = value * factor;
            return f();
        };
        slopes[i] = (at(1 + step) - at(1 - step)) / (2 * step * value);
        *parameters[i] = value;
    }
    return errors.variance_along(slopes);
}

/** Of purchases(), which is asked at parameters beside those found. */
double variance_of(const FittedPurchases& purchases, const std::function<double(const PurchaseParameters&)>& f)
{
    PurchaseParameters p = purchases.parameters;
    return variance_of<4>({&p.r, &p.alpha, &p.a, &p.b}, purchases.errors, [&] { return f(p); });
}

/** Of spend(). */
double variance_of(const FittedSpend& spend, const std::function<double(const SpendParameters&)>& f)
{
    SpendParameters s = spend.parameters;
    return variance_of<3>({&s.p, &s.q, &s.gamma}, spend.errors, [&] { return f(s); });
}

constexpr double most_error = 2;  // of a logarithm

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
    const double of_purchases = variance_of(
        purchases, [&](const PurchaseParameters& p) { return std::log(expected_purchases(outlook(p, history), horizon)); });
    const double error = std::min(most_error, std::sqrt(variance + of_purchases));
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
    const SpendParameters& s = spend.parameters;
    const double seen = mean ? history.frequency : 0;
    const double each = mean.value_or(0);
    const double expected = expected_spend(s, seen, each);
    if (std::isnan(expected)) {
        return {unknown, unknown};
    }
    const double variance =
        variance_of(spend, [&](const SpendParameters& at) { return std::log(expected_spend(at, seen, each)); });
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

namespace {

using Complex = std::complex<double>;

/** Customers of one history in a sum, and what each of them will buy. */
struct Likes {
    KnownCustomer customer;
    double count;                   // of them
    double spend;                   // expected of a purchase
    double discount;                // what a purchase counts on average
    std::vector<double> purchases;  // P(n)
};

/** Mean and variance of the value of one customer. */
struct Moments {
    double mean;
    double variance;
};

bool is_before(const KnownCustomer& a, const KnownCustomer& b)
{
    const auto key = [](const KnownCustomer& c) {
        return std::tuple(c.history.frequency, c.history.recency, c.history.age,
                          c.mean.value_or(-std::numeric_limits<double>::infinity()));
    };
    return key(a) < key(b);
}

/** In one order, whatever was theirs, those alike joined. Without customers whom the spend model has no value for. */
template <class Spend>
std::vector<Likes> join_likes(const FittedPurchases& purchases, const Spend& spend, std::span<const KnownCustomer> customers,
                              const Plan& plan)
{
    std::vector<KnownCustomer> sorted(customers.begin(), customers.end());
    std::sort(sorted.begin(), sorted.end(), is_before);
    std::vector<Likes> likes;
    for (const KnownCustomer& customer : sorted) {
        if (!likes.empty() && !is_before(likes.back().customer, customer)) {
            likes.back().count += 1;
            continue;
        }
        const double each =
            expected_spend(spend.parameters, customer.mean ? customer.history.frequency : 0, customer.mean.value_or(0));
        if (std::isnan(each)) {
            continue;
        }
        const Outlook ahead = outlook(purchases.parameters, customer.history);
        const double horizon = plan.periods * plan.period;
        const double expected = expected_purchases(ahead, horizon);
        if (expected > 0) {
            likes.push_back({customer, 1, each, discounted_purchases(ahead, plan.periods, plan.period, plan.rate) / expected,
                             purchase_distribution(ahead, horizon)});
        }
    }
    return likes;
}

/** The expected value of all by these parameters of the purchases, `spend` of each of a customer's. */
double expected_value(std::span<const Likes> likes, const PurchaseParameters& p, double horizon)
{
    double sum = 0;
    for (const Likes& like : likes) {
        sum += like.count * like.discount * like.spend * expected_purchases(outlook(p, like.customer.history), horizon);
    }
    return sum;
}

/** The first two moments of how often one buys. */
std::array<double, 2> purchase_moments(const Likes& like)
{
    std::array<double, 2> moments{};
    for (std::size_t n = 1; n < like.purchases.size(); ++n) {
        const auto times = static_cast<double>(n);
        moments[0] += times * like.purchases[n];
        moments[1] += times * times * like.purchases[n];
    }
    return moments;
}

/** Money by Gamma-Gamma: that of n purchases is Gamma(p n) over a rate of the customer's own. */
class GammaMoney {
public:
    GammaMoney(const SpendParameters& parameters, std::span<const Likes> likes) : s_(parameters)
    {
        for (const Likes& like : likes) {
            const double seen = frequency(like);
            if (rates_.find(seen) == rates_.end()) {
                rates_.emplace(seen, rates_of(s_.p * seen + s_.q));
            }
        }
    }

    [[nodiscard]] Moments moments(const Likes& like) const
    {
        const double unit = like.discount * paid(like);
        const auto [buys, squares] = purchase_moments(like);
        double mean = 0;
        double second = 0;
        for (const Rate& rate : rates_.at(frequency(like))) {
            mean += rate.weight * unit / rate.at * s_.p * buys;
            second += rate.weight * square(unit / rate.at) * (s_.p * buys + square(s_.p) * squares);
        }
        return {mean, second - square(mean)};
    }

    /** E exp(i t value). */
    [[nodiscard]] Complex transform(const Likes& like, double t) const
    {
        const double unit = t * like.discount * paid(like);
        Complex sum = 0;
        for (const Rate& rate : rates_.at(frequency(like))) {
            const double at = unit / rate.at;
            const Complex of_one = std::polar(std::exp(-s_.p / 2 * std::log1p(square(at))), s_.p * std::atan(at));
            Complex of_all = 0;
            for (std::size_t n = like.purchases.size(); n-- > 0;) {
                of_all = of_all * of_one + like.purchases[n];
            }
            sum += rate.weight * of_all;
        }
        return sum;
    }

private:
    /** A rate in units of what was paid, and how likely it is. */
    struct Rate {
        double at;
        double weight;
    };

    /** A gamma variable by points that lie evenly on the log scale, where its density is a bell. */
    static std::vector<Rate> rates_of(double shape)
    {
        constexpr double tail = 1e-6;
        constexpr int points = 12;
        const double low = std::log(std::max(numeric::gamma_quantile(shape, tail), std::numeric_limits<double>::min()));
        const double high = std::log(numeric::gamma_quantile_above(shape, tail));
        std::vector<Rate> rates;
        double sum = 0;
        for (int i = 0; i < points; ++i) {
            const double u = low + (high - low) * i / (points - 1);
            const double density = std::exp(shape * (u - std::log(shape)) - std::exp(u) + shape);
            rates.push_back({std::exp(u), density});
            sum += density;
        }
        for (Rate& rate : rates) {
            rate.weight /= sum;
        }
        return rates;
    }

    [[nodiscard]] static double frequency(const Likes& like)
    {
        return like.customer.mean ? like.customer.history.frequency : 0;
    }
    [[nodiscard]] double paid(const Likes& like) const { return s_.gamma + frequency(like) * like.customer.mean.value_or(0); }

    SpendParameters s_;
    std::map<double, std::vector<Rate>> rates_;  // by frequency
};

/** Normal money about the customer's own mean, which is normal about what is expected of it. */
class NormalMoney {
public:
    explicit NormalMoney(const NormalSpendParameters& parameters) : s_(parameters) {}

    [[nodiscard]] Moments moments(const Likes& like) const
    {
        const auto [buys, squares] = purchase_moments(like);
        const double mean = like.discount * like.spend * buys;
        const double second =
            square(like.discount) * (square(s_.within) * buys + (of_mean(like) + square(like.spend)) * squares);
        return {mean, second - square(mean)};
    }

    [[nodiscard]] Complex transform(const Likes& like, double t) const
    {
        const double at = t * like.discount;
        Complex sum = like.purchases.front();
        for (std::size_t n = 1; n < like.purchases.size(); ++n) {
            const auto times = static_cast<double>(n);
            const double variance = times * square(s_.within) + square(times) * of_mean(like);
            sum += like.purchases[n] * std::polar(std::exp(-square(at) * variance / 2), at * times * like.spend);
        }
        return sum;
    }

    /** What an error of 1 in the mean of all customers does to what is expected of all of these. */
    [[nodiscard]] double slope(std::span<const Likes> likes) const
    {
        double sum = 0;
        for (const Likes& like : likes) {
            sum += like.count * like.discount * (1 - own(like)) * purchase_moments(like)[0];
        }
        return sum;
    }

private:
    [[nodiscard]] double own(const Likes& like) const
    {
        return own_weight(s_, like.customer.mean ? like.customer.history.frequency : 0);
    }
    [[nodiscard]] double of_mean(const Likes& like) const { return (1 - own(like)) * square(s_.between); }

    NormalSpendParameters s_;
};

/**
 * How the sum of independent values is spread, by its characteristic function: the cosine series of Fang and Oosterlee (2008), apart from
 * the chance that nobody buys.
 */
template <class Money>
class SumDistribution {
public:
    /** `error`: deviation of a normal error that is added where anybody buys. */
    SumDistribution(std::span<const Likes> likes, const Money& money, bool may_be_negative, double error)
    {
        constexpr double far = 10;  // deviations
        double mean = 0;
        double variance = square(error);
        double log_nothing = 0;
        for (const Likes& like : likes) {
            const Moments m = money.moments(like);
            mean += like.count * m.mean;
            variance += like.count * m.variance;
            log_nothing += like.count * std::log(like.purchases.front());
        }
        nothing_ = std::exp(log_nothing);
        const double deviation = std::sqrt(std::max(variance, 0.0));
        low_ = may_be_negative ? mean - far * deviation : 0;
        width_ = std::max(mean + far * deviation - low_, std::numeric_limits<double>::min());
        add_terms(likes, money, error);
    }

    /** Extreme parameters may leave the range of what is a number. */
    [[nodiscard]] bool is_finite() const
    {
        return std::isfinite(nothing_) && std::isfinite(low_) && std::isfinite(width_) &&
               std::all_of(terms_.begin(), terms_.end(), [](double term) { return std::isfinite(term); });
    }
    [[nodiscard]] double nothing() const noexcept { return nothing_; }
    [[nodiscard]] double low() const noexcept { return low_; }
    [[nodiscard]] double high() const noexcept { return low_ + width_; }

    /** P(something is bought, and is worth at most s). */
    [[nodiscard]] double something_below(double s) const
    {
        const double place = std::clamp((s - low_) / width_, 0.0, 1.0);
        double sum = (1 - nothing_) * place;
        const Complex turn = std::polar(1.0, std::numbers::pi * place);
        Complex at = turn;
        for (const double term : terms_) {
            sum += term * at.imag();
            at *= turn;
        }
        return std::clamp(sum, 0.0, 1 - nothing_);
    }

private:
    void add_terms(std::span<const Likes> likes, const Money& money, double error)
    {
        constexpr std::size_t most = 4096;
        constexpr double negligible = 1e-5;
        constexpr int in_a_row = 8;
        int small = 0;
        while (terms_.size() < most && small < in_a_row && std::isfinite(width_)) {
            const auto k = static_cast<double>(terms_.size() + 1);
            const double t = k * std::numbers::pi / width_;
            Complex log_all = 0;
            for (const Likes& like : likes) {
                kernel::poll();
                log_all += like.count * std::log(money.transform(like, t));
                if (log_all.real() < -40) {
                    break;
                }
            }
            const Complex something = (std::exp(log_all) - nothing_) * std::exp(-square(error * t) / 2);
            const double size = 2 / (k * std::numbers::pi);
            terms_.push_back(size * (something * std::polar(1.0, -t * low_)).real());
            small = size * std::abs(something) < negligible ? small + 1 : 0;
        }
    }

    double nothing_ = 1;
    double low_ = 0;
    double width_ = 0;
    std::vector<double> terms_;
};

/** `log_error`: deviation of a factor of all. */
template <class Money>
ValueInterval interval_of_sum(const SumDistribution<Money>& sum, double log_error, double level)
{
    const double furthest = std::exp(log_error * std::numbers::sqrt3);
    if (!sum.is_finite() || !std::isfinite(sum.high() * furthest)) {
        return {unknown, unknown};
    }
    const auto below = [&](double s) {
        double probability = s >= 0 ? sum.nothing() : 0;
        for (const auto& [at, weight] : error_nodes) {
            probability += weight * sum.something_below(s * std::exp(-log_error * at));
        }
        return probability;
    };
    const double before_zero = below(0) - sum.nothing();
    const auto quantile = [&](double p) {
        if (p >= before_zero && p <= before_zero + sum.nothing()) {
            return 0.0;
        }
        const double low = sum.low() * furthest;
        const double high = sum.high() * furthest;
        return numeric::root([&](double s) { return s <= low    ? -p
                                                    : s >= high ? 1 - p
                                                                : below(s) - p; }, low, high, 24)
            .middle();
    };
    return {quantile((1 - level) / 2), quantile((1 + level) / 2)};
}

void check_question(std::span<const KnownCustomer> customers, const Plan& plan, double level)
{
    for (const KnownCustomer& customer : customers) {
        check_question(customer.history, plan, level);
    }
}

}  // namespace

ValueInterval sum_interval(const FittedPurchases& purchases, const FittedSpend& spend, std::span<const KnownCustomer> customers,
                           const Plan& plan, double level)
{
    check_question(customers, plan, level);
    std::vector<Likes> likes = join_likes(purchases, spend, customers, plan);
    if (likes.empty()) {
        return {0, 0};
    }
    const double horizon = plan.periods * plan.period;
    const double variance =
        variance_of(purchases, [&](const PurchaseParameters& p) { return std::log(expected_value(likes, p, horizon)); }) +
        variance_of(spend, [&](const SpendParameters& s) {
            double sum = 0;
            for (const Likes& like : likes) {
                const auto& [history, mean] = like.customer;
                sum += like.count * like.discount * purchase_moments(like)[0] *
                       expected_spend(s, mean ? history.frequency : 0, mean.value_or(0));
            }
            return std::log(sum);
        });
    const GammaMoney money(spend.parameters, likes);
    return interval_of_sum(SumDistribution(likes, money, false, 0), std::min(most_error, std::sqrt(variance)), level);
}

ValueInterval sum_interval(const FittedPurchases& purchases, const FittedNormalSpend& spend,
                           std::span<const KnownCustomer> customers, const Plan& plan, double level)
{
    check_question(customers, plan, level);
    const std::vector<Likes> likes = join_likes(purchases, spend, customers, plan);
    if (likes.empty()) {
        return {0, 0};
    }
    const NormalMoney money(spend.parameters);
    const double horizon = plan.periods * plan.period;
    double variance = variance_of(purchases, [&](const PurchaseParameters& p) { return expected_value(likes, p, horizon); });
    if (!std::isnan(spend.mean_error)) {
        variance += square(money.slope(likes) * spend.mean_error);
    }
    double log_nothing = 0;
    for (const Likes& like : likes) {
        log_nothing += like.count * std::log(like.purchases.front());
    }
    // Where nobody buys an error changes nothing.
    const double error = std::sqrt(variance) / std::max(-std::expm1(log_nothing), std::numeric_limits<double>::min());
    return interval_of_sum(SumDistribution(likes, money, true, error), 0, level);
}

}  // namespace marketing::lifetime_value
