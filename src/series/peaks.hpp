/**
 * Peaks over a threshold: what the largest values of the past say of how rare still larger ones are.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <span>
#include <vector>

#include "kernel/flat_format.hpp"

namespace marketing::series {

/** The tail of a sample as a generalised Pareto distribution. */
struct PeaksFit {
    double threshold;
    double shape;  // above 0: heavier than exponential
    double scale;
    std::size_t count;  // values
    std::size_t peaks;  // of them above the threshold
};

/**
 * Fits the excesses over the `level` quantile by the estimator of Zhang and Stephens (2009); NaN is no figure. Shape and scale are
 * NaN with fewer than 10 peaks. Throws Error(invalid_parameter) unless 0.5 <= level < 1 and figures are finite.
 */
[[nodiscard]] PeaksFit fit_peaks(std::span<const double> figures, double level);

/** The value that is exceeded with probability `risk`; NaN where that lies below the threshold or without a fit. Throws Error(invalid_parameter). */
[[nodiscard]] double exceeded_with(const PeaksFit& fit, double risk);

/** How rare scores are among the last `memory` of them, and beyond the highest by an exponential tail. */
class PeakTail {
public:
    explicit PeakTail(std::size_t memory) : memory_(memory) {}

    [[nodiscard]] std::size_t size() const noexcept { return sorted_.size(); }
    /** -log10 of the probability of a score at least as high; there must be more than `least_peaks`. */
    [[nodiscard]] double rarity(double score) const;
    /** The score of that rarity. */
    [[nodiscard]] double score_of(double rarity) const;
    void add(double score);

    void save(kernel::WireWriter& out) const;
    /** Throws Error(malformed_binary). */
    void load(kernel::WireReader& in);

    static constexpr std::size_t least_peaks = 10;

private:
    struct Tail {
        std::size_t peaks;
        double threshold;
        double excess;  // their mean
    };
    [[nodiscard]] Tail tail() const;

    std::size_t memory_;
    std::deque<double> recent_;  // in order of time
    std::vector<double> sorted_;
};

}  // namespace marketing::series
