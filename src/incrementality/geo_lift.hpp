/**
 * What a campaign brought to the regions where it ran, or cost where it was switched off, against regions where nothing changed.
 *
 * Expected is a combination of the other regions, by one of three methods. How far such an expectation misses by chance is seen where nothing
 * happened: every other region (or, where several were treated, sets of as many, drawn from all) is taken for treated in turn. Each miss is measured in
 * residuals of its own days before. The rank of the treated one among them is the p-value, and the interval has the lifts that, taken out of the
 * treated regions, leave them a p-value above 1 - confidence: both are exact where any region might as well have been the treated one (Fisher).
 */
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "incrementality/regions.hpp"
#include "kernel/named.hpp"
#include "numeric/alternative.hpp"

namespace marketing::incrementality {

enum class Method {
    augmented,  // synthetic control, and ridge regression of what it leaves, its penalty by cross-validation on the days before
    synthetic,  // weights >= 0, sum 1, that fit the days before
    difference,  // difference in differences: the mean of all others, from its own level before
};
inline constexpr auto methods = kernel::names<Method>("method", {{"augmented_synthetic_control", Method::augmented},
                                                                 {"synthetic_control", Method::synthetic},
                                                                 {"difference_in_differences", Method::difference}});

/** How regions of different size are made alike. */
enum class Scaling {
    ratio,       // each in multiples of its mean before
    difference,  // each less its mean before (fixed effects)
    none,
};
inline constexpr auto find_scaling = kernel::names<Scaling>(
    "scaling", {{"ratio", Scaling::ratio}, {"difference", Scaling::difference}, {"none", Scaling::none}});

struct LiftRules {
    std::span<const std::string_view> treated;
    std::int32_t first_day = 0;  // of the test, to the last day of the table
    Scaling scaling = Scaling::ratio;
    double confidence = 0.9;
    numeric::Alternative alternative = numeric::Alternative::two_sided;
    std::int64_t seed = 0;  // of the sets that are drawn where several regions were treated
};

struct Range {
    double value;
    double low;  // NaN: there is no such bound
    double high;
};

/** Plain data. */
struct Lift {
    Method method;
    Range effect;    // per treated region and day
    Range total;     // of all treated regions and days of the test
    Range lift;      // total over what was expected; NaN where that is not positive
    double p_value;  // by regions
    double
        p_value_over_time;  // by days: the share of all stretches of days, cyclically, whose residuals are as large (Chernozhukov et al. 2021)
    std::size_t treated;
    std::size_t donors;
    std::size_t placebos;
    std::size_t days_before;
    std::size_t days;
    double imbalance;  // residual before, over that of equal weights
    std::string_view reason;
};

/** One row per method. Throws Error(invalid_parameter) for rules that do not fit the table; Stopped. */
[[nodiscard]] std::vector<Lift> geo_lift(const Regions& regions, const LiftRules& rules);

struct LiftDay {
    std::int32_t day;
    double observed;  // of all treated regions
    double expected;
    bool tested;
};
struct Donor {
    std::string_view region;
    double weight;
};
struct Expectation {
    std::vector<LiftDay> days;
    std::vector<Donor> donors;
};
/** What one method expects, day by day, and from which regions. Throws as geo_lift does. */
[[nodiscard]] Expectation expectation(const Regions& regions, const LiftRules& rules, Method method);

struct PowerRules {
    std::span<const std::string_view> treated;
    std::int32_t test_days = 14;
    Method method = Method::augmented;
    Scaling scaling = Scaling::ratio;
    double significance = 0.05;
    double power = 0.8;
    numeric::Alternative alternative = numeric::Alternative::two_sided;
    std::int64_t seed = 0;
};
/** Plain data. */
struct Power {
    double lift;
    double power;  // NaN where there are too few other regions for this significance
    double total;  // what the lift would bring in the test
};
struct PowerStudy {
    std::vector<Power> lifts;
    double least_lift;  // that is found with the power wanted; NaN where none is
    std::size_t donors;
    std::size_t windows;
    std::string_view reason;
};
/**
 * How probably a test would find each of `lifts`, by tests in the past, when nothing happened: up to ten stretches as long as the test, the latest days last,
 * the misses of all regions in them put upon each lift. Throws as geo_lift does.
 */
[[nodiscard]] PowerStudy power_study(const Regions& regions, const PowerRules& rules, std::span<const double> lifts);

}  // namespace marketing::incrementality
