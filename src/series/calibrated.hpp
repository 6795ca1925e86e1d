/**
 * The calibrated detector, for any series: fast, irregular, heavy-tailed. The distance from the level of the same season (the same
 * hour of the day) is measured by the spread of all such distances, and judged by how rare it was in the series' own past, beyond
 * the highest peak by the tail of the peaks. It assumes no distribution and learns every point.
 */
#pragma once

#include <cstdint>
#include <tuple>
#include <vector>

#include "series/adaptive.hpp"
#include "series/peaks.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

struct CalibratedOptions {
    std::int64_t step = std::int64_t{3600} * 1'000'000;  // microseconds of a season's part
    std::int32_t period = 24;                            // parts of a season; 1: none
    std::int32_t memory = 4000;                          // scores that rareness is measured by
    std::int32_t min_history = 50;                       // scores before the first verdict
    double level_rate = 0.03;                            // weight of a new point in the level of its part of the season

    static auto fields(auto& options)
    {
        return std::tie(options.step, options.period, options.memory, options.min_history, options.level_rate);
    }
};

/** Throws Error(invalid_parameter) for options outside their domain. */
void check(const CalibratedOptions& options);

class CalibratedDetector {
public:
    explicit CalibratedDetector(const CalibratedOptions& options);

    [[nodiscard]] Verdict judge(const Point& point, const Test& test) const;
    void learn(const Point& point, const Test& test);

    void save(kernel::WireWriter& out) const;
    /** Throws Error(malformed_binary). */
    void load(kernel::WireReader& in);

private:
    struct Part {
        double level = 0;
        std::int64_t count = 0;

        static auto fields(auto& part) { return std::tie(part.level, part.count); }
    };

    [[nodiscard]] std::size_t part_of(std::int64_t time) const noexcept;
    [[nodiscard]] double expected(const Point& point) const;
    [[nodiscard]] double deviation(const Point& point) const;

    CalibratedOptions options_;
    std::vector<Part> parts_;
    Part all_;         // of all points alike
    double mean_ = 0;  // of the distances
    double variance_ = 0;
    PeakTail tail_;
};

}  // namespace marketing::series
