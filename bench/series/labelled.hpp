/**
 * Series with anomalies whose places are known: those of the Numenta Anomaly Benchmark, and others that have nothing to do with it, by
 * which a method can be chosen before it meets the benchmark.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "series/verdict.hpp"

namespace marketing::labelled {

/** First and last point. */
struct Window {
    std::size_t first;
    std::size_t last;
};

struct Labelled {
    std::string group;
    std::int64_t step = std::int64_t{3600} * 1'000'000;  // microseconds of a part of the season
    std::int32_t period = 24;
    std::vector<series::Point> points;
    std::vector<Window> windows;
};

using Set = std::vector<Labelled>;

/** A checkout of the benchmark, or a part of its files. */
[[nodiscard]] Set benchmark(const std::string& folder);

/** Six shapes that figures of every few minutes have, five kinds of anomaly. */
[[nodiscard]] Set simulated(std::uint64_t seed);
/** Daily figures of campaigns over two years, in all worlds of bench/statistics. */
[[nodiscard]] Set campaigns(std::uint64_t seed);

/** Posts in five minutes: what is posted is posted again, at times by many. */
[[nodiscard]] Set posts(std::uint64_t seed);

/** A file of the M4 competition: a series a row, its name first. */
[[nodiscard]] Set wide_file(const std::string& path, std::int64_t step, std::int32_t period);
/** Rows of series, number, figure. */
[[nodiscard]] Set long_file(const std::string& path, std::int64_t step, std::int32_t period);
/** Puts one to three anomalies into three of four series: spikes, shifts, drifts, more noise, figures that freeze or turn round. */
void inject(Set& set, std::uint64_t seed);

}  // namespace marketing::labelled
