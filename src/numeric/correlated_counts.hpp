/**
 * Counts of days that come in bursts, and whose days are like the days before them: neither is known.
 *
 * The expectation of a day varies around what its exposure makes of it, and neighbours vary alike. Given a total, how it falls on weeks, and
 * that of each week on its days, tells how large the bursts are and how long they last, whatever the rate is (Dirichlet-multinomial
 * likelihoods). What the days of one series leave open is filled in by all series together.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "kernel/stop.hpp"

namespace marketing::numeric {

/** Correlations of neighbouring days that are told apart. */
inline constexpr std::array<double, 6> correlation_values{0, 0.4, 0.6, 0.8, 0.9, 0.97};
inline constexpr std::size_t correlation_count = correlation_values.size();

/** A sum over days whose neighbours are correlated: its variance, by the deviation of each day and for each correlation. */
class CorrelatedSum {
public:
    /** Days come in order of time. */
    void add(std::int32_t day, double deviation);
    [[nodiscard]] double variance(std::size_t correlation) const { return variance_[correlation]; }

private:
    std::int32_t last_ = 0;
    std::array<double, correlation_count> variance_{};
    std::array<double, correlation_count> carried_{};  // what earlier days add to the next
};

/** A day: `deviation` is that of its expectation per event of the whole, times what is not known of it. */
struct CountDay {
    std::int32_t day;
    double events;
    double exposure;
    double deviation;
};

/** Of one series: how likely each value is, by correlation. The values of the bursts follow each other. */
class BurstTable {
public:
    explicit BurstTable(std::size_t values) : values_(values), cells_(values * correlation_count) {}
    [[nodiscard]] double& at(std::size_t correlation, std::size_t value) { return cells_[correlation * values_ + value]; }
    [[nodiscard]] double at(std::size_t correlation, std::size_t value) const { return cells_[correlation * values_ + value]; }
    [[nodiscard]] std::vector<double>& cells() noexcept { return cells_; }

private:
    std::size_t values_;
    std::vector<double> cells_;
};

/** The days of one series, divided into weeks, and these into days. */
class DividedCounts {
public:
    /** `days`: in order of time; weeks are counted back from `last`. */
    DividedCounts(std::span<const CountDay> days, std::int32_t last);
    /** Adds the log of the probability that the total falls on the days as it did, for each scale and correlation. */
    void add_log_likelihoods(std::span<const double> scales, BurstTable& logs) const;

private:
    struct Part {
        double events;
        double exposure;
    };
    struct Division {
        std::vector<Part> parts;
        CorrelatedSum whole;
        std::array<double, correlation_count> within{};  // sum of the variances of the parts
        double events = 0;
        double exposure = 0;

        void add(const Part& part, const CorrelatedSum& sum);
        /** Square of the relative deviation by which independent parts would lie as far apart as these do. */
        [[nodiscard]] double apart(std::size_t correlation) const;
        [[nodiscard]] double log_likelihood(double size) const;
    };

    void close(Division& week);

    Division weeks_;
    std::vector<Division> divisions_;
};

/**
 * The logs of the likelihoods of a series for each correlation and each of at least four scales, by whose roots the deviations grow: 0, which
 * is chance alone, and then each the same multiple of the one before.
 */
[[nodiscard]] BurstTable log_likelihoods(const DividedCounts& counts, std::span<const double> scales);

/**
 * Turns logs of likelihoods into probabilities: after a prior of bursts and one of correlations that are estimated from all series (EM), each
 * value with `open_weight` series of its own. Returns what is known of a series of which nothing was seen.
 */
BurstTable learn(std::span<BurstTable> tables, std::size_t values, double open_weight, const kernel::StopFlag& stop);

}  // namespace marketing::numeric
