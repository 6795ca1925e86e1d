#include "maturity/maturity.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/square.hpp"

namespace marketing::maturity {
namespace {

using numeric::square;

/** Lags longer than these are none of a sale. */
constexpr std::int32_t longest_lag = 730;
/** By how much lags are thought to grow or shrink in a day, in logarithms, before that is measured: its deviation. */
constexpr double usual_drift = 0.003;

/** A curve of the past, and how much older the leads are that it was learned from than those it is asked about, at each age. */
struct Past {
    Curve curve;
    std::vector<double> days_before;
};

/** What was seen of contracts, without those signed before there was a lead, and those of leads that are too old to tell of today's. */
std::vector<Signed> seen_until(std::span<const Signed> contracts, std::int32_t as_of)
{
    std::vector<Signed> seen;
    for (const Signed& s : contracts) {
        kernel::require_valid(s.contracts >= 0 && std::isfinite(s.contracts),
                              "contracts must be numbers that are not negative");
        const std::int64_t age = std::int64_t{as_of} - s.day;
        if (s.lag >= 0 && s.lag <= age && age <= 2 * longest_lag && s.lag <= longest_lag && s.contracts > 0) {
            seen.push_back(s);
        }
    }
    return seen;
}

std::vector<double> weights_of(std::span<const Signed> seen, std::int32_t as_of, double half_life)
{
    std::int32_t oldest = 0;
    for (const Signed& s : seen) {
        oldest = std::max(oldest, as_of - s.day);
    }
    std::vector<double> weights;
    for (std::int32_t spare = 0; spare <= oldest; ++spare) {
        weights.push_back(std::exp2(-spare / half_life));
    }
    return weights;
}

Past past_shares(std::span<const Signed> seen, std::int32_t as_of, double half_life, const kernel::StopFlag& stop)
{
    const std::vector<double> weights = weights_of(seen, as_of, half_life);
    std::int32_t longest = 0;
    for (const Signed& s : seen) {
        longest = std::max(longest, s.lag);
    }
    const auto ages = static_cast<std::size_t>(longest) + 1;
    Past past{{std::vector<double>(ages, 1), std::vector<double>(ages, 0)}, std::vector<double>(ages, 0)};
    for (std::size_t lag = ages - 1; lag > 0; --lag) {
        stop.poll();
        double at = 0;
        double within = 0;
        double squares = 0;
        double days = 0;
        for (const Signed& s : seen) {
            const std::int32_t spare = as_of - s.day - static_cast<std::int32_t>(lag);
            if (spare >= 0 && s.lag <= static_cast<std::int32_t>(lag)) {
                const double weight = weights[static_cast<std::size_t>(spare)];
                within += weight * s.contracts;
                squares += square(weight) * s.contracts;
                days += weight * s.contracts * spare;
                at += s.lag == static_cast<std::int32_t>(lag) ? weight * s.contracts : 0;
            }
        }
        const double effective = squares > 0 ? square(within) / squares : 0;
        // Half a contract keeps a share that nobody was seen to reach from being none.
        const double hazard = within > 0 ? std::min(at / within, effective / (effective + 0.5)) : 0;
        past.curve.share[lag - 1] = past.curve.share[lag] * (1 - hazard);
        past.curve.log_variance[lag - 1] =
            past.curve.log_variance[lag] + (effective > 0 ? hazard / ((1 - hazard) * effective) : 0);
        past.days_before[lag - 1] = within > 0 ? days / within : 0;
    }
    return past;
}

/** The share at an age between two days. */
double share_at(const Curve& curve, double age)
{
    if (age <= -1) {
        return 0;
    }
    if (age >= static_cast<double>(curve.share.size() - 1)) {
        return 1;
    }
    const double whole = std::floor(age);
    const double before = whole < 0 ? 0 : curve.share[static_cast<std::size_t>(whole)];
    return before + (age - whole) * (curve.share[static_cast<std::size_t>(whole + 1)] - before);
}

/** The mean logarithm of lags up to `longest` where all lags are `scale` times as long. */
double mean_log_lag(const Curve& curve, std::size_t longest, double scale)
{
    double sum = 0;
    double before = 0;
    for (std::size_t lag = 0; lag <= longest; ++lag) {
        const double share = share_at(curve, (static_cast<double>(lag) + 1) / scale - 1);
        sum += (share - before) * std::log(static_cast<double>(lag) + 1);
        before = share;
    }
    return before > 0 ? sum / before : 0;
}

/** How much lags grow in a day, in logarithms. */
struct Drift {
    double mean = 0;
    double variance = square(usual_drift);
};

// Leads that are all old enough for the same lags are compared: how their lags up to there moved tells how all lags did, by how much less the
// former move where the latter are stretched.
Drift find_drift(std::span<const Signed> seen, std::int32_t as_of, const Curve& curve)
{
    std::size_t limit = 0;
    while (limit + 1 < curve.share.size() && curve.share[limit] < 0.9) {
        ++limit;
    }
    const double response = (mean_log_lag(curve, limit, 1.1) - mean_log_lag(curve, limit, 1 / 1.1)) / (2 * std::log(1.1));
    double n = 0;
    double days = 0;
    double logs = 0;
    const auto compared = [&](const Signed& s) {
        return as_of - s.day >= static_cast<std::int32_t>(limit) && s.lag <= static_cast<std::int32_t>(limit);
    };
    for (const Signed& s : seen) {
        if (compared(s)) {
            n += s.contracts;
            days += s.contracts * (s.day - as_of);
            logs += s.contracts * std::log(s.lag + 1.0);
        }
    }
    double xx = 0;
    double xy = 0;
    double yy = 0;
    for (const Signed& s : seen) {
        if (compared(s)) {
            const double x = s.day - as_of - days / n;
            const double y = std::log(s.lag + 1.0) - logs / n;
            xx += s.contracts * square(x);
            xy += s.contracts * x * y;
            yy += s.contracts * square(y);
        }
    }
    if (!(response > 0.1) || !(xx > 0) || n < 10) {
        return {};
    }
    const double slope = xy / xx / response;
    const double variance = std::max(yy - square(xy) / xx, 0.0) / (n - 2) / xx / square(response);
    const double weight = square(usual_drift) / (square(usual_drift) + variance);
    return {slope * weight, variance * weight};
}

void require_amount(double value)
{
    kernel::require_valid(value >= 0 && value <= 1e12, "leads and contracts must be numbers from 0 to 10^12");
}

/** The mean rate with what the weeks themselves say of it: each as many leads' worth as its own rate and chance leave. */
Rate learn(const Rate& usual, std::span<const Week> weeks)
{
    double leads = usual.known;
    double contracts = usual.mean * usual.known;
    for (const Week& week : weeks) {
        if (week.settled > 0) {
            const double share = usual.strength / (usual.strength + week.settled);
            leads += week.settled * share;
            contracts += week.contracts * share;
        }
    }
    return {leads > 0 ? contracts / leads : 0, usual.strength, leads};
}

/** What lies between the tails of a number that is positive with the probability `some`, then of this mean and variance, and else 0. */
Outlook spread(double mean, double variance, double level, double some = 1)
{
    if (!(mean > 0)) {
        return {};
    }
    const double scale = variance / mean;
    const double shape = mean / scale;
    const double tail = (1 - level) / 2;
    const double below = (tail - (1 - some)) / some;
    const double above = tail / some;
    return {mean, below > 0 ? scale * numeric::gamma_quantile(shape, below) : 0,
            above < 1 ? scale * numeric::gamma_quantile_above(shape, above) : 0, variance};
}

/** The probability that a contract comes at all, of a negative binomial count. */
double any_comes(const Outlook& contracts)
{
    const double excess = contracts.variance / contracts.mean - 1;
    return -std::expm1(excess > 0 ? -contracts.mean / excess * std::log1p(excess) : -contracts.mean);
}

}  // namespace

Curve signed_shares(std::span<const Signed> contracts, std::int32_t as_of, double half_life, const kernel::StopFlag& stop)
{
    const std::vector<Signed> seen = seen_until(contracts, as_of);
    const Past past = past_shares(seen, as_of, half_life, stop);
    const Drift drift = find_drift(seen, as_of, past.curve);
    Curve curve;
    for (std::size_t age = 0; age < past.curve.share.size(); ++age) {
        const double days = past.days_before[age];
        const auto stretched = [&](double by) {
            return share_at(past.curve, (static_cast<double>(age) + 1) * std::exp(-by * days) - 1);
        };
        const double share = stretched(drift.mean);
        const double deviation = std::sqrt(drift.variance);
        const double doubt = (stretched(drift.mean - deviation) - stretched(drift.mean + deviation)) / 2;
        curve.share.push_back(share);
        curve.log_variance.push_back(past.curve.log_variance[age] + (share > 0 ? square(doubt / share) : 0));
    }
    return curve;
}

Rate usual_rate(std::span<const double> settled, std::span<const double> contracts)
{
    kernel::require_valid(settled.size() == contracts.size(), "settled and contracts must have the same number of elements");
    for (std::size_t i = 0; i < settled.size(); ++i) {
        require_amount(settled[i]);
        require_amount(contracts[i]);
    }
    double leads = 0;
    double all = 0;
    for (std::size_t i = 0; i < settled.size(); ++i) {
        leads += settled[i];
        all += contracts[i];
    }
    if (!(leads > 0)) {
        return {};
    }
    // The variance of the rates beyond that of counts, by moments.
    const double mean = std::max(all, 0.5) / leads;
    double misfit = 0;
    double squares = 0;
    double periods = 0;
    for (std::size_t i = 0; i < settled.size(); ++i) {
        if (settled[i] > 0) {
            misfit += square(contracts[i] - mean * settled[i]) - mean * settled[i];
            squares += square(settled[i]);
            periods += 1;
        }
    }
    const double variance = periods > 1 ? std::max(misfit / squares * periods / (periods - 1), 0.0) : 0;
    return {mean, 1 / (variance / mean + 1 / leads), leads};
}

Outlook contracts_to_come(std::span<const Week> weeks, double log_variance, const Rate& usual, double level)
{
    for (const double value : {log_variance, usual.mean, usual.strength, usual.known}) {
        require_amount(value);
    }
    for (const Week& week : weeks) {
        require_amount(week.contracts);
        require_amount(week.settled);
        require_amount(week.open);
    }
    const Rate rate = learn(usual, weeks);
    double mean = 0;
    double variance = 0;
    double by_rate = 0;  // by how much the sum follows the mean rate
    for (const Week& week : weeks) {
        const double leads = rate.strength + week.settled;
        if (leads > 0) {
            const double hits = std::max(rate.mean * rate.strength + week.contracts, 0.5);
            const double rest = hits / leads * week.open;
            mean += rest;
            variance += rest + square(rest) / hits;
            by_rate += week.open * rate.strength / leads;
        }
    }
    const double of_rate = rate.known > 0 ? rate.mean / rate.known : 0;
    return spread(mean, variance + square(by_rate) * of_rate + square(mean) * log_variance, level);
}

Outlook money_to_come(const Outlook& contracts, double mean, double deviation, double known, double level)
{
    for (const double value : {mean, deviation, known}) {
        require_amount(value);
    }
    if (!(contracts.mean > 0)) {
        return {};
    }
    const double each = square(deviation);
    const double amount = contracts.mean * mean;
    const double variance =
        square(mean) * (contracts.variance + contracts.mean * each + square(contracts.mean) * each / std::max(known, 1.0));
    const double some = any_comes(contracts);
    const double then = amount / some;
    const double spare = std::max((variance + square(amount)) / some - square(then), 1e-9 * square(then));
    const Outlook outlook = spread(then, spare, level, some);
    return {amount, outlook.low, outlook.high, variance};
}

}  // namespace marketing::maturity
