/**
 * Poisson bootstrap over clients: how credits would differ had other clients come.
 *
 * A replicate takes each client as often as a Poisson variable of mean 1 says, which for many clients is the same as drawing as
 * many clients with replacement (Chamandy et al. 2012, "Estimating uncertainty for massive data streams"), but needs no
 * second pass and no knowledge of how many there are. The draw is a hash of the client's identifier, the replicate and a seed:
 * the same client is drawn the same way whatever the order of the rows, the plan, the grouping, or the question asked.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <vector>

#include "attribution/journeys.hpp"
#include "kernel/identifier.hpp"

namespace marketing::attribution {

inline constexpr int most_replicates = 10'000;

struct Resampling {
    int replicates = 200;  // 0 to most_replicates
    std::int64_t seed = 0;
};

/** Throws Error(invalid_parameter) unless `replicates` is in range; 0 asks for none. */
void check_replicates(int replicates);

/** How often a replicate (from 0) draws `client`: 0, 1, 2, ... up to 12. */
[[nodiscard]] double draw(const kernel::Identifier& client, std::int64_t seed, std::uint32_t replicate) noexcept;

/** How often each replicate draws `client`, into `draws`. */
void draw_all(const kernel::Identifier& client, std::int64_t seed, std::span<double> draws) noexcept;

/** Sums by key of two measures, one for each replicate. A key without a term takes no room. */
class ReplicateSums {
public:
    ReplicateSums(std::size_t keys, std::size_t replicates);

    /** Makes room for so many keys. */
    void grow(std::size_t keys)
    {
        rows_.resize(keys);
        given_.resize(keys);
    }
    /** Adds to what the client at hand gives `key`; `conversions` is positive. */
    void add(std::uint32_t key, double conversions, double value);
    /** Ends the client at hand, whom each replicate drew so often. Throws Error(limit_exceeded) past 1 GB. */
    void end_client(std::span<const double> draws);

    [[nodiscard]] std::span<const double> conversions(std::size_t key) const noexcept { return row(key, 0); }
    [[nodiscard]] std::span<const double> value(std::size_t key) const noexcept { return row(key, 1); }

private:
    struct Given {
        double conversions = 0;
        double value = 0;
    };

    [[nodiscard]] std::span<const double> row(std::size_t key, std::size_t measure) const noexcept;
    [[nodiscard]] std::vector<double>& row_for(std::uint32_t key);

    std::size_t replicates_;
    std::vector<std::vector<double>> rows_;  // by key: conversions of each replicate, then values; empty until the first term
    std::vector<double> zeros_;
    std::vector<Given> given_;  // by key, of the client at hand
    std::vector<std::uint32_t> touched_;
    std::size_t used_ = 0;
};

struct Interval {
    double low;
    double high;
};

/** Throws Error(invalid_parameter) unless 0 < confidence < 1. */
void check_confidence(double confidence);

/** The middle `confidence`, checked, of the replicates, ends interpolated as SQL's percentile_cont does; NaN where there are none. */
[[nodiscard]] Interval percentile_interval(std::span<const double> replicates, double confidence);

}  // namespace marketing::attribution
