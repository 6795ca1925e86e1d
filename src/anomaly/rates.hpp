/**
 * Comparing two rates of events per exposure: leads per spend of this week and of the weeks before, clicks per impression.
 *
 * Given both counts together, the count of the first is binomial; its tails say how surprising it is, at any size of the counts,
 * zero included. Counts that vary more than Poisson's are divided by their dispersion first, and what is not known of that
 * dispersion makes the tails those of Student's distribution.
 */
#pragma once

#include <functional>
#include <limits>
#include <string_view>

#include "numeric/alternative.hpp"
#include "numeric/distributions.hpp"

namespace marketing::anomaly {

struct Rate {
    double events;
    double exposure;
};

/** greater: the first rate is the higher one. */
using numeric::Alternative;
using numeric::find_alternative;

struct RateOptions {
    double dispersion = 1;                                // variance of the counts over their mean
    double df = std::numeric_limits<double>::infinity();  // how well the dispersion is known
    double margin = 0;  // ratios up to 1 + margin, and down to 1 / (1 + margin), do not count as different
    Alternative alternative = Alternative::two_sided;
    double confidence = 0.95;
    bool mid_p = true;  // half of the probability of what was observed; the exact tails hold all of it, and are conservative
};

/** NaN stands for what cannot be told. */
struct RateRatio {
    double ratio;  // NaN where the second count is 0
    double ci_low;
    double ci_high;  // NaN, no bound, where the second count is 0
    double z;        // positive where the first rate is higher, by more than the margin
    double p_value;
};

/**
 * Compares `current` with `baseline`. All is NaN where one of the exposures is not positive.
 * Throws kernel::Error where a count is negative or not finite, or an option is outside its domain.
 */
[[nodiscard]] RateRatio rate_ratio_test(const Rate& current, const Rate& baseline, const RateOptions& options = {});

/** How far out a count lies, and how probable that is by chance. */
struct Evidence {
    double z;
    double p_value;
};

/**
 * The evidence that the rates differ by more than the margin. `tails_at(ratio)`: tails of the first count where its rate is `ratio` times the
 * second; they are those of Student's distribution where `df` is finite.
 */
[[nodiscard]] Evidence evidence_of(Alternative alternative, double margin, double df,
                                   const std::function<numeric::Tails(double)>& tails_at);

}  // namespace marketing::anomaly
