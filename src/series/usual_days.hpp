/** What each day of a series would usually be, by the days around it and its weekday. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace marketing::series {

enum class EffectScale : std::uint8_t;

/** Days that tell what is usual: known, and like others. */
struct UsualDays {
    /** Of each day of the history; empty where too few days are like others. */
    std::vector<double> expected;
    /** Of a day: variance over mean, or of shifts the variance. */
    double dispersion = 0;
    /** How far each day lies from what is expected, in deviations; NaN where it is not like others. */
    std::vector<double> scores;
    /** How many tell the dispersion. */
    double degrees = 0;
};

/** `like_others`: of each day, whether it may tell what is usual; days without a figure do not anyway. */
[[nodiscard]] UsualDays usual_days(std::span<const double> history, const std::vector<bool>& like_others, EffectScale scale);

}  // namespace marketing::series
