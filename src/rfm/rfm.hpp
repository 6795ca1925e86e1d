/**
 * RFM scores: recency, frequency and monetary value of customers, each as a score from 1 to the number of bins, the best highest.
 */
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/stop.hpp"

namespace marketing::rfm {

inline constexpr int least_bins = 2;
inline constexpr int most_bins = 10;

/** How values become scores. */
enum class Method {
    quantile,  // cut at the quantiles (type 7): equal values have equal scores, and a bin may be empty
    ntile,     // bins of equal size; ties are broken by the place in the input
    rank,      // as ntile, but equal values have the score of the first of them
    breaks,    // cut where the caller says
    nested,    // ntile of recency, within each of these of frequency, within each of those of monetary value
    rfm_r,     // as the R package rfm: cut at the quantile + 1, a value on a cut belongs above it
};

/** The method called `name`. Throws Error(invalid_parameter) for an unknown name. */
[[nodiscard]] Method find_method(std::string_view name);

/** Throws Error(invalid_parameter) unless there are 2 to 10 bins. */
void check_bins(int bins);

/** Throws Error(invalid_parameter) unless the breaks are 1 to 9, finite and ascending. `name` is for the message. */
void check_breaks(std::span<const double> breaks, std::string_view name);

/** The cuts between `bins` bins of `values`, ascending: quantile or rfm_r. None for no values. */
[[nodiscard]] std::vector<double> quantile_breaks(std::span<const double> values, int bins, Method method);

/** 1 + the number of breaks below `value`, or at or below it where `on_break_above`. */
[[nodiscard]] int score(double value, std::span<const double> breaks, bool on_break_above = false) noexcept;

/** The same for a caller: throws Error for bins out of range, a method without breaks and values that are not finite. */
[[nodiscard]] std::vector<double> checked_breaks(std::span<const double> values, int bins, Method method);

/** score(), or the other way round. Throws Error(numeric_range) where the value or a break is NaN. */
[[nodiscard]] int checked_score(double value, std::span<const double> breaks, bool reverse);

struct Scoring {
    Method method = Method::quantile;
    int bins = 5;
    std::array<std::span<const double>, 3> breaks;  // for Method::breaks: of recency in days, of frequency, of monetary value
};

/** Customers in an order that does not depend on chance: it breaks ties. */
struct Customers {
    std::span<const std::int32_t> recency;  // days
    std::span<const double> frequency;
    std::span<const double> monetary;
};

using Scores = std::array<std::uint8_t, 3>;  // r, f, m

struct Scored {
    std::vector<Scores> scores;                 // per customer
    std::array<std::vector<double>, 3> breaks;  // recency in days; none for ntile, rank and nested
    std::array<int, 3> bins;
};

/** Throws Error(invalid_parameter) for bins or breaks out of range, Stopped. */
[[nodiscard]] Scored score_customers(const Customers& customers, const Scoring& scoring, const kernel::StopFlag& stop);

/** What lies in one bin of one dimension. */
struct Bin {
    int dimension;  // 0 recency, 1 frequency, 2 monetary
    int score;
    double least;  // of the values in the bin; not to be read where there are none
    double most;
    std::int64_t customers;
    bool has_break;  // a cut separates this bin from the next higher value
    double upper_break;
};

/** Every bin of the three dimensions by ascending score, empty ones included. */
[[nodiscard]] std::vector<Bin> describe_bins(const Customers& customers, const Scored& scored);

}  // namespace marketing::rfm
