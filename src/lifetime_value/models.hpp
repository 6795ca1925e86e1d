/**
 * What the "buy till you die" models say of a customer: BG/NBD (Fader, Hardie and Lee 2005), MBG/NBD (Batislam, Denizel and
 * Filiztekin 2007), Pareto/NBD (Schmittlein, Morrison and Colombo 1987) and the Gamma-Gamma model of spend (Fader and Hardie, note 25).
 *
 * Each customer buys at a rate of his own, Gamma(r, alpha), and after a purchase leaves for good with a probability of his own,
 * Beta(a, b). BG/NBD lets him leave after repeat purchases only, MBG/NBD also after the first; these two differ from each other in one
 * number, `coins`. In Pareto/NBD he leaves at any time, at a rate of his own, Gamma(a, b). Times are in any unit, the same everywhere.
 */
#pragma once

#include <string_view>

namespace marketing::lifetime_value {

enum class PurchaseModel { bgnbd, mbgnbd, pareto_nbd };

/** How often a customer may have left by his x-th repeat purchase, less x: once more where the first purchase counts. Not of Pareto/NBD. */
[[nodiscard]] constexpr double extra_coins(PurchaseModel model) noexcept
{
    return model == PurchaseModel::mbgnbd ? 1 : 0;
}

/** The model of that name; throws Error(invalid_parameter). */
[[nodiscard]] PurchaseModel find_purchase_model(std::string_view name);
[[nodiscard]] std::string_view name_of(PurchaseModel model) noexcept;

/** All positive and finite. Of Pareto/NBD a is s and b is beta, a time as alpha is. */
struct PurchaseParameters {
    PurchaseModel model = PurchaseModel::mbgnbd;
    double r = 0;
    double alpha = 0;
    double a = 0;
    double b = 0;
};

/** What is known of a customer: repeat purchases, time from the first to the last one, time from the first one until now. */
struct History {
    double frequency = 0;
    double recency = 0;
    double age = 0;
};

/** Throws Error(invalid_parameter) for parameters that are not positive and finite. */
void check(const PurchaseParameters& parameters);
/** Throws Error(invalid_parameter) unless frequency is a whole number >= 0, 0 <= recency <= age, and recency is 0 where frequency is. */
void check(const History& history);

/** A customer after his history: the same model with parameters of his own, if he is still there. */
struct Outlook {
    double p_alive = 0;
    double r = 0;
    double alpha = 0;
    double a = 0;
    double b = 0;
    PurchaseModel model = PurchaseModel::mbgnbd;
};

[[nodiscard]] Outlook outlook(const PurchaseParameters& parameters, const History& history);
/** Expected purchases in the next `horizon`, which is not negative. */
[[nodiscard]] double expected_purchases(const Outlook& customer, double horizon);
/** P(exactly `purchases` in the next `horizon`); `purchases` is a whole number >= 0. */
[[nodiscard]] double purchase_probability(const Outlook& customer, double purchases, double horizon);
/** Expected purchases in each of `periods` of length `period`, those of the k-th divided by (1 + rate)^k, added up. */
[[nodiscard]] double discounted_purchases(const Outlook& customer, int periods, double period, double rate);

/** All positive and finite: spend per purchase varies by Gamma(p) around a mean of the customer's own, whose scale is Gamma(q, gamma). */
struct SpendParameters {
    double p = 0;
    double q = 0;
    double gamma = 0;
};

void check(const SpendParameters& parameters);
/**
 * Mean spend to expect of a customer with `frequency` purchases of `mean` each; NaN where the model has none (p x + q <= 1), and of a mean below
 * 0, which is impossible in it.
 */
[[nodiscard]] double expected_spend(const SpendParameters& parameters, double frequency, double mean);

/** Spend that may be negative, such as profit: normal about the customer's own mean, which is normal about that of all. */
struct NormalSpendParameters {
    double mean = 0;
    double between = 0;  // deviation of the customers' means
    double within = 0;   // deviation of a purchase about its customer's mean
};

/** Throws Error(invalid_parameter) unless finite, and deviations not negative. */
void check(const NormalSpendParameters& parameters);
/** What the mean of `frequency` purchases counts for against the mean of all: 0 to 1. */
[[nodiscard]] double own_weight(const NormalSpendParameters& parameters, double frequency);
[[nodiscard]] double expected_spend(const NormalSpendParameters& parameters, double frequency, double mean);

}  // namespace marketing::lifetime_value
