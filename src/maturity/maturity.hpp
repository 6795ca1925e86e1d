/**
 * How much of what leads will sign has been signed by an age, out of contracts whose lags are seen only as far as today: the lags of old leads
 * are whole, those of young ones cut off on the right. Read backwards from the longest lag, the chance that a contract of at most that lag was
 * signed just then depends on no lead that is too young, and not on how many leads there were or how many of them sign.
 */
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "kernel/stop.hpp"

namespace marketing::maturity {

/** Contracts of the leads of one day that were signed so many days after it. */
struct Signed {
    std::int32_t day;
    std::int32_t lag;
    double contracts;
};

/** By the age of leads in days, from 0 on: the share of their contracts that is signed, and the variance of its logarithm. */
struct Curve {
    std::vector<double> share;
    std::vector<double> log_variance;
};

/** What has been seen up to `as_of`; younger leads count for more, by half of it each `half_life` days, and lags that grow or shrink are followed. */
[[nodiscard]] Curve signed_shares(std::span<const Signed> contracts, std::int32_t as_of, double half_life,
                                  const kernel::StopFlag& stop);

/** The leads of a week, or of less: how many they are as far as their contracts are signed, and how many as far as these are not. */
struct Week {
    double contracts = 0;
    double settled = 0;
    double open = 0;
};

/** Contracts per lead, as they were before. */
struct Rate {
    double mean = 0;
    double strength = 0;  // how many leads' worth of evidence it is of a week, whose rate is its own
    double known = 0;     // how many leads the mean is known from
};

/** What the rates of weeks of the past say of the next one: they differ by more than chance, or they do not. */
[[nodiscard]] Rate usual_rate(std::span<const double> settled, std::span<const double> contracts);

/** What is yet to come of a period: its mean, and what it is between with a probability. */
struct Outlook {
    double mean = 0;
    double low = 0;
    double high = 0;
    double variance = 0;
};

/** Of the weeks of a period, each with a rate of its own; `log_variance`: of how much of them is open. */
[[nodiscard]] Outlook contracts_to_come(std::span<const Week> weeks, double log_variance, const Rate& usual, double level);

/** The money of contracts to come, each of a mean with this relative deviation; `known`: how many contracts told the mean. */
[[nodiscard]] Outlook money_to_come(const Outlook& contracts, double mean, double deviation, double known, double level);

}  // namespace marketing::maturity
