/**
 * Comparing two rates of events per exposure: leads per spend of this week and of the weeks before, clicks per impression.
 *
 * Given both counts together, the count of the first is binomial; its tails say how surprising it is, at any size of the counts,
 * zero included. Counts that vary more than Poisson's are divided by their dispersion first, and what is not known of that
 * dispersion makes the tails those of Student's distribution.
 */
#pragma once

#include <limits>
#include <string_view>

namespace marketing::anomaly {

struct Rate {
    double events;
    double exposure;
};

enum class Alternative {
    two_sided,
    greater,  // the first rate is the higher one
    less,
};

struct RateOptions {
    double phi = 1;                                       // variance over mean of the counts
    double df = std::numeric_limits<double>::infinity();  // how well phi is known
    double margin = 0;  // ratios up to 1 + margin, and down to 1 / (1 + margin), do not count as different
    Alternative alternative = Alternative::two_sided;
    double confidence = 0.95;
    bool mid_p = true;  // half of the probability of what was observed; the exact tails hold all of it, and are conservative
};

/** NaN stands for what cannot be told. */
struct RateRatio {
    double ratio;  // NaN where the second count is 0
    double ci_low;
    double ci_high;  // infinite where the second count is 0
    double z;        // positive where the first rate is higher, by more than the margin
    double p_value;
};

/** Probabilities of more and of fewer than what was observed, each with `share` of the probability of just that. */
struct Tails {
    double more;
    double fewer;
};

/** Tails of a binomial count: `hits` of `hits + misses`, each a hit with `probability`; counts need not be whole. */
[[nodiscard]] Tails binomial_tails(double hits, double misses, double probability, double share = 0.5);

/** The standard normal deviate of two tails that add up to 1; positive where `more` is the smaller one. */
[[nodiscard]] double deviate(const Tails& tails);

/** Upper tail of Student's distribution; of the normal one where df is infinite. */
[[nodiscard]] double student_tail(double t, double df);

/**
 * Compares `current` with `baseline`. All is NaN where one of the exposures is not positive.
 * Throws kernel::Error where a count is negative or not finite, or an option is outside its domain.
 */
[[nodiscard]] RateRatio rate_ratio_test(const Rate& current, const Rate& baseline, const RateOptions& options = {});

/** The alternative called two.sided, greater or less; throws kernel::Error for another name. */
[[nodiscard]] Alternative find_alternative(std::string_view name);

}  // namespace marketing::anomaly
