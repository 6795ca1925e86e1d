#include "lifetime_value/fit.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <limits>
#include <numbers>
#include <span>
#include <tuple>

#include "lifetime_value/departure.hpp"
#include "lifetime_value/likelihood.hpp"
#include "numeric/newton.hpp"
#include "numeric/rounding.hpp"
#include "numeric/search.hpp"
#include "numeric/special_functions.hpp"
#include "numeric/square.hpp"

namespace marketing::lifetime_value {
namespace {

constexpr std::size_t rows_between_polls = 65536;
// e^16 is 9 million: a parameter so far from the scale of the data has no finite maximum.
constexpr double furthest = 16;

auto order(const WeightedHistory& r)
{
    return std::tie(r.history.frequency, r.history.recency, r.history.age);
}
auto order(const WeightedSpend& r)
{
    return std::tie(r.frequency, r.mean);
}

/** Sorts, and makes one row of those alike. Weights are sorted, too: their sum must not depend on the order of the rows. */
template <class Row>
void join_alike(std::vector<Row>& rows, const kernel::StopFlag& stop)
{
    stop.poll();
    std::sort(rows.begin(), rows.end(),
              [](const Row& x, const Row& y) { return order(x) < order(y) || (order(x) == order(y) && x.weight < y.weight); });
    std::size_t kept = 0;
    for (const Row& row : rows) {
        if (kept > 0 && order(rows[kept - 1]) == order(row)) {
            rows[kept - 1].weight += row.weight;
        } else {
            rows[kept++] = row;
        }
    }
    rows.resize(kept);
    stop.poll();
}

double frequency_of(const WeightedHistory& row)
{
    return row.history.frequency;
}
double frequency_of(const WeightedSpend& row)
{
    return row.frequency;
}

/** Calls `visit(rows of one frequency)`: what depends on the frequency alone is calculated once. */
template <class Row, class Visit>
void for_each_frequency(std::span<const Row> rows, Visit&& visit)
{
    for (std::size_t begin = 0, end = 0; begin < rows.size(); begin = end) {
        while (end < rows.size() && frequency_of(rows[end]) == frequency_of(rows[begin])) {
            ++end;
        }
        visit(rows.subspan(begin, end - begin));
    }
}

template <class Row>
double weight_of(std::span<const Row> rows)
{
    double sum = 0;
    for (const Row& row : rows) {
        sum += row.weight;
    }
    return sum;
}

/**
 * The likelihood of histories is a part that depends on the frequency alone, times the sum of two ways the silence since the
 * last purchase can have come about: still there (3) or gone (4).
 */
class PurchaseLikelihood {
public:
    PurchaseLikelihood(PurchaseModel model, std::span<const WeightedHistory> rows, const kernel::StopFlag& stop)
        : extra_(extra_coins(model)), rows_(rows), stop_(stop)
    {
    }

    numeric::Curvature operator()(const numeric::Parameters& at) const
    {
        numeric::Curvature sum;
        for_each_frequency(rows_, [&](std::span<const WeightedHistory> same) {
            add_purchases(same, at, sum);
            add_silence(same, at, sum);
        });
        return sum;
    }

private:
    void add_purchases(std::span<const WeightedHistory> same, const numeric::Parameters& at, numeric::Curvature& sum) const
    {
        const double r = at[0], alpha = at[1], a = at[2], b = at[3];
        const double x = same.front().history.frequency;
        const double k = x + extra_;
        const double w = weight_of(same);
        sum.value += w * (numeric::log_gamma(r + x) - numeric::log_gamma(r) + r * std::log(alpha));
        sum.gradient[0] += w * (numeric::digamma(r + x) - numeric::digamma(r) + std::log(alpha));
        sum.gradient[1] += w * r / alpha;
        sum.hessian[0][0] += w * (numeric::trigamma(r + x) - numeric::trigamma(r));
        sum.hessian[1][0] += w / alpha;
        sum.hessian[1][1] -= w * r / (alpha * alpha);
        if (k > 0) {
            const double both = numeric::digamma(a + b) - numeric::digamma(a + b + k);
            const double both_bent = numeric::trigamma(a + b) - numeric::trigamma(a + b + k);
            sum.value += w * (numeric::log_beta(a, b + k) - numeric::log_beta(a, b));
            sum.gradient[2] += w * both;
            sum.gradient[3] += w * (both + numeric::digamma(b + k) - numeric::digamma(b));
            sum.hessian[2][2] += w * both_bent;
            sum.hessian[3][2] += w * both_bent;
            sum.hessian[3][3] += w * (both_bent + numeric::trigamma(b + k) - numeric::trigamma(b));
        }
    }

    void add_silence(std::span<const WeightedHistory> same, const numeric::Parameters& at, numeric::Curvature& sum) const
    {
        const double alpha = at[1], a = at[2], b = at[3];
        const double x = same.front().history.frequency;
        const double k = x + extra_;
        const double n = at[0] + x;
        const double log_odds = k > 0 ? std::log(a) - std::log(b + k - 1) : 0;
        std::size_t until_poll = rows_between_polls;
        for (const WeightedHistory& row : same) {
            if (--until_poll == 0) {
                stop_.poll();
                until_poll = rows_between_polls;
            }
            const double now = alpha + row.history.age;
            const double last = alpha + row.history.recency;
            const double log_now = std::log(now);
            const double log_last = std::log(last);
            double gone = 0;
            double value = -n * log_now;
            if (k > 0) {
                const double difference = log_odds + n * (log_now - log_last);
                const double odds = std::exp(-std::abs(difference));
                gone = difference > 0 ? 1 / (1 + odds) : odds / (1 + odds);
                value += std::max(difference, 0.0) + std::log1p(odds);
            }
            const double w = row.weight;
            const double here = 1 - gone;
            const double spread = w * gone * here;
            const double du_r = log_now - log_last;
            const double du_alpha = n / now - n / last;
            sum.value += w * value;
            sum.gradient[0] -= w * (here * log_now + gone * log_last);
            sum.gradient[1] -= w * n * (here / now + gone / last);
            sum.hessian[0][0] += spread * du_r * du_r;
            sum.hessian[1][0] += spread * du_r * du_alpha - w * (here / now + gone / last);
            sum.hessian[1][1] += spread * du_alpha * du_alpha + w * n * (here / (now * now) + gone / (last * last));
            if (k > 0) {
                const double du_a = 1 / a;
                const double du_b = -1 / (b + k - 1);
                sum.gradient[2] += w * gone * du_a;
                sum.gradient[3] += w * gone * du_b;
                sum.hessian[2][0] += spread * du_r * du_a;
                sum.hessian[2][1] += spread * du_alpha * du_a;
                sum.hessian[2][2] += spread * du_a * du_a - w * gone * du_a * du_a;
                sum.hessian[3][0] += spread * du_r * du_b;
                sum.hessian[3][1] += spread * du_alpha * du_b;
                sum.hessian[3][2] += spread * du_a * du_b;
                sum.hessian[3][3] += spread * du_b * du_b + w * gone * du_b * du_b;
            }
        }
    }

    double extra_;
    std::span<const WeightedHistory> rows_;
    const kernel::StopFlag& stop_;
};

/**
 * The same of Pareto/NBD: still there, or gone at one of many times. Each way has a log, its slopes and its curvatures; those of the log of
 * the sum are means over the ways, and the curvature has the variance of the slopes besides.
 */
class DepartureLikelihood {
public:
    DepartureLikelihood(std::span<const WeightedHistory> rows, const kernel::StopFlag& stop) : rows_(rows), stop_(stop) {}

    numeric::Curvature operator()(const numeric::Parameters& at) const
    {
        numeric::Curvature sum;
        const PurchaseParameters p{PurchaseModel::pareto_nbd, at[0], at[1], at[2], at[3]};
        for_each_frequency(rows_, [&](std::span<const WeightedHistory> same) {
            const double x = same.front().history.frequency;
            const double w = weight_of(same);
            sum.value +=
                w * (numeric::log_gamma(p.r + x) - numeric::log_gamma(p.r) + p.r * std::log(p.alpha) + p.a * std::log(p.b));
            sum.gradient[0] += w * (numeric::digamma(p.r + x) - numeric::digamma(p.r) + std::log(p.alpha));
            sum.gradient[1] += w * p.r / p.alpha;
            sum.gradient[2] += w * std::log(p.b);
            sum.gradient[3] += w * p.a / p.b;
            sum.hessian[0][0] += w * (numeric::trigamma(p.r + x) - numeric::trigamma(p.r));
            sum.hessian[1][0] += w / p.alpha;
            sum.hessian[1][1] -= w * p.r / numeric::square(p.alpha);
            sum.hessian[3][2] += w / p.b;
            sum.hessian[3][3] -= w * p.a / numeric::square(p.b);
            for (const WeightedHistory& row : same) {
                add_silence(row, p, sum);
            }
        });
        return sum;
    }

private:
    void add_silence(const WeightedHistory& row, const PurchaseParameters& p, numeric::Curvature& sum) const
    {
        stop_.poll();
        const History& h = row.history;
        const double n = p.r + h.frequency;
        const double log_here = -n * std::log(p.alpha + h.age) - p.a * std::log(p.b + h.age);
        const double log_s = std::log(p.a);
        double highest = log_here;
        for_each_departure(p, h, [&](const Departure& d) { highest = std::max(highest, log_s + d.log_density); });
        double all = 0;
        numeric::Parameters slope{};
        std::array<numeric::Parameters, 4> bend{};
        // `leaves`: 1 of a way on which he leaves, then at `time`; else 0, and `time` is now.
        const auto add_way = [&](double log_density, double time, double leaves) {
            const double share = std::exp(log_density - highest);
            const double slow = p.alpha + time;
            const double late = p.b + time;
            const double exponent = p.a + leaves;
            const numeric::Parameters s{-std::log(slow), -n / slow, leaves / p.a - std::log(late), -exponent / late};
            all += share;
            for (std::size_t i = 0; i < s.size(); ++i) {
                slope[i] += share * s[i];
                for (std::size_t j = 0; j <= i; ++j) {
                    bend[i][j] += share * s[i] * s[j];
                }
            }
            bend[1][0] -= share / slow;
            bend[1][1] += share * n / numeric::square(slow);
            bend[2][2] -= share * leaves / numeric::square(p.a);
            bend[3][2] -= share / late;
            bend[3][3] += share * exponent / numeric::square(late);
        };
        add_way(log_here, h.age, 0);
        for_each_departure(p, h, [&](const Departure& d) { add_way(log_s + d.log_density, d.time, 1); });
        const double w = row.weight;
        sum.value += w * (highest + std::log(all));
        for (std::size_t i = 0; i < slope.size(); ++i) {
            sum.gradient[i] += w * slope[i] / all;
            for (std::size_t j = 0; j <= i; ++j) {
                sum.hessian[i][j] += w * (bend[i][j] / all - slope[i] / all * (slope[j] / all));
            }
        }
    }

    std::span<const WeightedHistory> rows_;
    const kernel::StopFlag& stop_;
};

class SpendLikelihood {
public:
    SpendLikelihood(std::span<const WeightedSpend> rows, const kernel::StopFlag& stop) : rows_(rows), stop_(stop) {}

    numeric::Curvature operator()(const numeric::Parameters& at) const
    {
        numeric::Curvature sum;
        for_each_frequency(rows_, [&](std::span<const WeightedSpend> same) { add(same, at, sum); });
        return sum;
    }

private:
    void add(std::span<const WeightedSpend> same, const numeric::Parameters& at, numeric::Curvature& sum) const
    {
        const double p = at[0], q = at[1], g = at[2];
        const double x = same.front().frequency;
        const double n = p * x + q;
        const double psi = numeric::digamma(n);
        const double psi_bent = numeric::trigamma(n);
        double w = 0, logs = 0, log_ends = 0, inverse = 0, inverse_squared = 0;
        std::size_t until_poll = rows_between_polls;
        for (const WeightedSpend& row : same) {
            if (--until_poll == 0) {
                stop_.poll();
                until_poll = rows_between_polls;
            }
            const double end = x * row.mean + g;
            w += row.weight;
            logs += row.weight * std::log(row.mean);
            log_ends += row.weight * std::log(end);
            inverse += row.weight / end;
            inverse_squared += row.weight / (end * end);
        }
        sum.value += w * (numeric::log_gamma(n) - numeric::log_gamma(p * x) - numeric::log_gamma(q) + q * std::log(g) +
                          p * x * std::log(x)) +
                     (p * x - 1) * logs - n * log_ends;
        sum.gradient[0] += x * (w * (psi - numeric::digamma(p * x) + std::log(x)) + logs - log_ends);
        sum.gradient[1] += w * (psi - numeric::digamma(q) + std::log(g)) - log_ends;
        sum.gradient[2] += w * q / g - n * inverse;
        sum.hessian[0][0] += w * x * x * (psi_bent - numeric::trigamma(p * x));
        sum.hessian[1][0] += w * x * psi_bent;
        sum.hessian[2][0] -= x * inverse;
        sum.hessian[1][1] += w * (psi_bent - numeric::trigamma(q));
        sum.hessian[2][1] += w / g - inverse;
        sum.hessian[2][2] += n * inverse_squared - w * q / (g * g);
    }

    std::span<const WeightedSpend> rows_;
    const kernel::StopFlag& stop_;
};

/** What it means where a parameter goes to 0, and to infinity. */
using Boundaries = std::array<std::string_view, 2>;

/** Why a climb ended where it did. On a ridge it may run out of steps before it is out of bounds. */
std::string_view reason_of(const numeric::Maximum& found, std::span<const Boundaries> beyond)
{
    constexpr double far = 8;
    const std::span<const double> at(found.at.data(), beyond.size());
    const auto furthest_off = std::max_element(
        at.begin(), at.end(), [](double x, double y) { return std::abs(std::log(x)) < std::abs(std::log(y)); });
    if (found.out_of_bounds >= 0 || (!found.converged && std::abs(std::log(*furthest_off)) > far)) {
        const auto which = static_cast<std::size_t>(found.out_of_bounds >= 0 ? found.out_of_bounds : furthest_off - at.begin());
        return beyond[which][at[which] > 1 ? 1 : 0];
    }
    if (!found.converged) {
        return "no maximum was found";
    }
    return std::isfinite(found.errors.front()) ? "ok" : "singular Hessian";
}

/** Of parameters in other units, which those of the climb are multiplied by. */
template <std::size_t parameters>
ParameterErrors<parameters> errors_of(const numeric::Maximum& found, const std::array<double, parameters>& units)
{
    ParameterErrors<parameters> errors;
    for (std::size_t i = 0; i < parameters; ++i) {
        errors.standard[i] = found.errors[i] * units[i];
        for (std::size_t j = 0; j < i; ++j) {
            errors.correlations[errors.pair(i, j)] = found.correlations[i][j];
        }
    }
    return errors;
}

void report(const numeric::Maximum& found, std::string_view reason, FitQuality& quality)
{
    quality.usable = true;
    quality.iterations = found.iterations;
    quality.reason = reason;
    quality.converged = reason == "ok";
}

double correlation(std::span<const WeightedSpend> rows)
{
    double w = 0, x = 0, m = 0;
    for (const WeightedSpend& row : rows) {
        w += row.weight;
        x += row.weight * row.frequency;
        m += row.weight * row.mean;
    }
    double xx = 0, xm = 0, mm = 0;
    for (const WeightedSpend& row : rows) {
        const double dx = row.frequency - x / w;
        const double dm = row.mean - m / w;
        xx += row.weight * dx * dx;
        xm += row.weight * dx * dm;
        mm += row.weight * dm * dm;
    }
    return xx > 0 && mm > 0 ? xm / std::sqrt(xx) / std::sqrt(mm) : std::numeric_limits<double>::quiet_NaN();
}

}  // namespace

Likelihood likelihood_of(PurchaseModel model, std::span<const WeightedHistory> rows, const kernel::StopFlag& stop)
{
    if (model == PurchaseModel::pareto_nbd) {
        return DepartureLikelihood(rows, stop);
    }
    return PurchaseLikelihood(model, rows, stop);
}

void join_histories(std::vector<WeightedHistory>& rows, const kernel::StopFlag& stop)
{
    join_alike(rows, stop);
}

void count_histories(std::span<const WeightedHistory> rows, FitQuality& quality)
{
    quality.distinct = static_cast<std::int64_t>(rows.size());
    for (const WeightedHistory& row : rows) {
        quality.customers += row.weight;
        quality.repeat_customers += row.history.frequency > 0 ? row.weight : 0;
    }
}

PurchaseFit fit_purchases(PurchaseModel model, std::vector<WeightedHistory> rows, const kernel::StopFlag& stop)
{
    PurchaseFit fit;
    fit.parameters.model = model;
    join_alike(rows, stop);
    FitQuality& quality = fit.quality;
    count_histories(rows, quality);
    double longest = 0;
    double purchases = 0;
    for (const WeightedHistory& row : rows) {
        purchases += row.weight * row.history.frequency;
        longest = std::max(longest, row.history.age);
    }
    if (quality.repeat_customers == 0) {
        quality.reason = rows.empty() ? "no customers" : "no repeat purchases";
        return fit;
    }
    if (longest == 0) {
        quality.reason = "no time has passed";
        return fit;
    }
    for (WeightedHistory& row : rows) {
        row.history.recency /= longest;
        row.history.age /= longest;
    }
    constexpr double start[] = {1, 0.1, 1, 1};
    const auto found = numeric::maximise(likelihood_of(model, rows, stop), start, furthest, stop);
    static constexpr Boundaries beyond[] = {
        {"boundary r -> 0: almost nobody buys again", "boundary r -> inf: customers do not differ in their rate"},
        {"boundary alpha -> 0: the time between purchases has no scale",
         "boundary alpha -> inf: customers do not differ in their rate"},
        {"boundary a -> 0: no dropout identifiable", "boundary a -> inf: customers do not differ in their dropout"},
        {"boundary b -> 0: everybody leaves at once", "boundary b -> inf: customers do not differ in their dropout"},
    };
    // Of Pareto/NBD a is a shape and b its scale, but the ends mean the same.
    // Dropout vanishes along a ridge: a falls or b rises, whichever bound comes first.
    const bool nobody_leaves = !found.converged && found.at[2] < 1e-4 * found.at[3];
    // And where all customers leave at once or never both fall.
    constexpr double no_share = 1e-3;
    const bool at_once_or_never =
        !found.converged && model != PurchaseModel::pareto_nbd && found.at[2] < no_share && found.at[3] < no_share;
    report(found,
           at_once_or_never ? "boundary a, b -> 0: customers leave at once or never"
                            : (nobody_leaves ? beyond[2][0] : reason_of(found, beyond)),
           quality);
    quality.log_likelihood = found.value - purchases * std::log(longest);
    const double leaving = model == PurchaseModel::pareto_nbd ? longest : 1;
    fit.parameters = {model, found.at[0], found.at[1] * longest, found.at[2], found.at[3] * leaving};
    fit.errors = errors_of<4>(found, {1, longest, 1, leaving});
    return fit;
}

namespace {

/** The likelihood of means whose variances are s (ratio + 1 / frequency), with the best mean and s for each ratio of the two variances. */
class NormalMeans {
public:
    NormalMeans(std::span<const WeightedSpend> rows, const kernel::StopFlag& stop) : rows_(rows), stop_(stop) {}

    struct Best {
        double mean = 0;
        double information = 0;  // of the mean, for s = 1
        double within = 0;       // s
        double log_likelihood = 0;
    };

    [[nodiscard]] Best at(double ratio) const
    {
        stop_.poll();
        Best best;
        double customers = 0;
        double logs = 0;
        for (const WeightedSpend& row : rows_) {
            const double variance = ratio + 1 / row.frequency;
            best.information += row.weight / variance;
            best.mean += row.weight / variance * row.mean;
            logs += row.weight * std::log(variance);
            customers += row.weight;
        }
        best.mean /= best.information;
        double squares = 0;
        for (const WeightedSpend& row : rows_) {
            squares += row.weight * numeric::square(row.mean - best.mean) / (ratio + 1 / row.frequency);
        }
        best.within = squares / customers;
        best.log_likelihood = -(customers * (std::log(2 * std::numbers::pi * best.within) + 1) + logs) / 2;
        return best;
    }

    /** The best ratio: the best of a grid of powers of two, refined. */
    [[nodiscard]] double best_ratio() const
    {
        const auto lack = [this](double log_ratio) { return -at(std::exp2(log_ratio)).log_likelihood; };
        double best = -furthest_power;
        for (double power = -furthest_power; power <= furthest_power; ++power) {
            best = lack(power) < lack(best) ? power : best;
        }
        return std::exp2(std::abs(best) == furthest_power ? best : numeric::minimum(lack, best - 1, best + 1, 26));
    }

    static constexpr double furthest_power = 24;

private:
    std::span<const WeightedSpend> rows_;
    const kernel::StopFlag& stop_;
};

}  // namespace

NormalSpendFit fit_normal_spend(std::vector<WeightedSpend> rows, const kernel::StopFlag& stop)
{
    NormalSpendFit fit;
    fit.mean_error = std::numeric_limits<double>::quiet_NaN();
    join_alike(rows, stop);
    FitQuality& quality = fit.quality;
    quality.distinct = static_cast<std::int64_t>(rows.size());
    double largest = 0;
    for (const WeightedSpend& row : rows) {
        quality.customers += row.weight;
        largest = std::max(largest, std::abs(row.mean));
    }
    quality.repeat_customers = quality.customers;
    fit.correlation = correlation(rows);
    if (quality.customers < 3) {
        quality.reason = "fewer than three customers with a repeat purchase";
        return fit;
    }
    if (rows.front().frequency == rows.back().frequency) {
        quality.reason = "all have as many purchases: differences between customers and between purchases cannot be told apart";
        return fit;
    }
    const NormalMeans means(rows, stop);
    const double ratio = means.best_ratio();
    const NormalMeans::Best best = means.at(ratio);
    if (std::sqrt(best.within * (ratio + 1)) <= numeric::rounding_noise(largest, quality.customers)) {
        quality.reason = "everybody spends the same";
        return fit;
    }
    const double end = std::exp2(NormalMeans::furthest_power);
    quality.usable = true;
    quality.converged = ratio < end;
    quality.reason = ratio >= end ? "boundary within -> 0: a customer always spends the same"
                                  : (ratio <= 1 / end ? "ok: customers do not differ in their mean spend" : "ok");
    quality.log_likelihood = best.log_likelihood;
    fit.parameters = {best.mean, std::sqrt(ratio * best.within), std::sqrt(best.within)};
    fit.mean_error = std::sqrt(best.within / best.information);
    return fit;
}

SpendFit fit_spend(std::vector<WeightedSpend> rows, const kernel::StopFlag& stop)
{
    SpendFit fit;
    join_alike(rows, stop);
    FitQuality& quality = fit.quality;
    quality.distinct = static_cast<std::int64_t>(rows.size());
    double total = 0;
    for (const WeightedSpend& row : rows) {
        quality.customers += row.weight;
        total += row.weight * row.mean;
    }
    quality.repeat_customers = quality.customers;
    fit.correlation = correlation(rows);
    if (quality.customers == 0) {
        quality.reason = "no repeat purchases with a positive value";
        return fit;
    }
    const double scale = total / quality.customers;
    for (WeightedSpend& row : rows) {
        row.mean /= scale;
    }
    constexpr double start[] = {1, 2, 1};
    const auto found = numeric::maximise(SpendLikelihood(rows, stop), start, furthest, stop);
    static constexpr Boundaries beyond[] = {
        {"boundary p -> 0: spend has no scale", "boundary p -> inf: customers always spend the same"},
        {"boundary q -> 0: mean spend has no scale", "boundary q -> inf: customers do not differ in their mean spend"},
        {"boundary gamma -> 0: mean spend has no scale", "boundary gamma -> inf: customers do not differ in their mean spend"},
    };
    // Likewise where nobody's spend varies: p rises while gamma falls.
    const bool constant = !found.converged && found.at[0] > 1e4;
    report(found, constant ? beyond[0][1] : reason_of(found, beyond), quality);
    if (quality.converged && found.at[1] <= 1) {
        quality.reason = "q <= 1: the mean spend of all customers has no bound";
        quality.converged = false;
    }
    quality.log_likelihood = found.value - quality.customers * std::log(scale);
    fit.parameters = {found.at[0], found.at[1], found.at[2] * scale};
    fit.errors = errors_of<3>(found, {1, 1, scale});
    return fit;
}

}  // namespace marketing::lifetime_value
