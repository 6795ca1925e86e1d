/**
 * Whether the level of a series has moved for good: the last readings against those before them, at each place where it may have
 * happened (a scan of score statistics; James, James, Siegmund 1987). Readings that follow each other for longer than by chance say less.
 */
#pragma once

#include <cstddef>
#include <optional>
#include <span>

namespace marketing::series {

/** How far a figure is off what was expected of it, and its variance in a unit that all have in common. */
struct Reading {
    double off;
    double variance;
};

struct ShiftTest {
    double critical;           // deviations that a shift has to exceed
    std::size_t least_before;  // readings
    std::size_t most_before;
    std::size_t least_after;  // on the side of the shift
    double clip;              // dispersion by which a single reading counts as three deviations at most
    double least_dispersion;  // variance of a reading over its `variance`
    double prior_dispersion;  // what is expected of it beforehand,
    double prior_df;          // and the degrees of freedom that this is worth
    double fitted_df;         // that the expectations took up
};

struct Shift {
    std::size_t first;  // of the readings at the new level
    std::size_t since;  // where it began: before that, if the level moved step by step
    bool is_up;
    bool is_gradual;
};

/** Degrees of freedom that the dispersion of so many readings is known with. */
[[nodiscard]] double shift_df(std::size_t readings, const ShiftTest& test);

/** The most likely shift, where there is one that the last reading agrees with. */
[[nodiscard]] std::optional<Shift> find_shift(std::span<Reading> readings, const ShiftTest& test);

}  // namespace marketing::series
