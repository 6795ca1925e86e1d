/**
 * Statistics of A/B experiments from counts and moments: two arms compared, intervals, sizes, checks.
 *
 * A number that does not exist is NaN, and `reason` says why; "ok" where all are there. A is the control. Arguments that cannot
 * be throw Error(invalid_parameter).
 */
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/named.hpp"
#include "kernel/unknown.hpp"
#include "numeric/alternative.hpp"

namespace marketing::experiments {

using kernel::unknown;
using numeric::Alternative;

/** What is asked of a comparison. An interval against a one-sided alternative has one end: B is at least, or at most, so much better. */
struct Inference {
    // NOLINTNEXTLINE(google-explicit-constructor): a confidence alone asks for the usual test.
    Inference(double wanted, Alternative against = Alternative::two_sided) : confidence(wanted), alternative(against) {}
    double confidence;
    Alternative alternative;  // greater: B is better
};

struct ConfidenceInterval {
    double low = unknown;
    double high = unknown;
};

/** `successes` of `trials`. */
struct Proportion {
    std::int64_t successes = 0;
    std::int64_t trials = 0;

    /** NaN without trials. */
    [[nodiscard]] double rate() const noexcept { return static_cast<double>(successes) / static_cast<double>(trials); }
};

enum class ProportionMethod { wilson, exact, wald };
inline constexpr auto find_proportion_method = kernel::names<ProportionMethod>(
    "method", {{"wilson", ProportionMethod::wilson}, {"exact", ProportionMethod::exact}, {"wald", ProportionMethod::wald}});
/** Unknown without trials. */
[[nodiscard]] ConfidenceInterval proportion_interval(const Proportion& p, double confidence, ProportionMethod method);

/** What a sample tells of the mean of one value, and of another value of the same units. */
struct Moments {
    double n = 0;
    double mean = 0;
    double variance = 0;  // of the units, by n - 1
    double other_mean = 0;
    double other_variance = 0;
    double covariance = 0;
};

/**
 * B against A: the difference B - A, and the lift B / A - 1. One test says all: either interval leaves no effect out where the p-value is
 * below 1 - confidence, and the lift has no p-value of its own.
 */
struct Comparison {
    double estimate_a = unknown;
    double estimate_b = unknown;
    double difference = unknown;
    double standard_error = unknown;
    ConfidenceInterval difference_interval;
    double statistic = unknown;
    double degrees_of_freedom = unknown;
    double p_value = unknown;
    double lift = unknown;
    ConfidenceInterval lift_interval;
    double lift_p_value = unknown;
    std::string_view reason = "ok";
};

struct ProportionComparison : Comparison {
    double p_exact = unknown;  // Fisher's exact test
};

enum class DifferenceMethod { score, newcombe, wald };
inline constexpr auto find_difference_method = kernel::names<DifferenceMethod>(
    "method", {{"score", DifferenceMethod::score}, {"newcombe", DifferenceMethod::newcombe}, {"wald", DifferenceMethod::wald}});
/**
 * The z test with the rate of both arms together, and the intervals of the score test that it is a case of (Mee's of the difference,
 * Koopman's of the ratio). The other two methods give the difference an interval that need not agree with the test.
 */
[[nodiscard]] ProportionComparison compare_proportions(const Proportion& a, const Proportion& b, const Inference& inference,
                                                       DifferenceMethod method);
/** Welch's t test; the interval of the lift after Fieller. So are those of all that follow. */
[[nodiscard]] Comparison compare_means(const Moments& a, const Moments& b, const Inference& inference);
/** Of value over other, each arm's sums divided; variances by the delta method. */
[[nodiscard]] Comparison compare_ratios(const Moments& a, const Moments& b, const Inference& inference);
/** Means of strata known before the units were assigned, each counted by its units in both arms (post-stratification). */
[[nodiscard]] Comparison compare_stratified(std::span<const Moments> a, std::span<const Moments> b, const Inference& inference);

struct AdjustedComparison : Comparison {
    double theta = unknown;               // of the covariate, over both arms
    double variance_reduction = unknown;  // of the difference: 1 - adjusted / unadjusted
};
/** CUPED: means less what the covariate, known before the experiment, explains. The lift is against the unadjusted mean of A. */
[[nodiscard]] AdjustedComparison compare_cuped(const Moments& a, const Moments& b, const Inference& inference);

struct CappedComparison : Comparison {
    ConfidenceInterval caps;
};
/** Means of values drawn in to two quantiles of both arms together (winsorised); NaN is left out. */
[[nodiscard]] CappedComparison compare_winsorised(std::span<const double> a, std::span<const double> b, double lower_quantile,
                                                  double upper_quantile, const Inference& inference);

/** One arm's values, NaN left out, and whose they are where a unit has several. */
struct Sample {
    std::span<const double> values;
    std::span<const std::string_view> units;  // one per value, or none
};
/**
 * A quantile (as percentile_cont) of each arm, its error by the width of the order statistics' interval: exact, or, where units have several
 * values, with the variance of the share below the quantile between units.
 */
[[nodiscard]] Comparison compare_quantiles(const Sample& a, const Sample& b, double probability, const Inference& inference);

/** Both rates with a Beta(prior_successes, prior_failures) prior. */
struct BayesianComparison {
    double rate_a = unknown;  // means after the data
    double rate_b = unknown;
    ConfidenceInterval rate_a_interval;
    ConfidenceInterval rate_b_interval;
    double p_b_better = unknown;
    double expected_loss_a = unknown;  // of the rate, if A is chosen
    double expected_loss_b = unknown;
};
[[nodiscard]] BayesianComparison compare_bayesian(const Proportion& a, const Proportion& b, double prior_successes,
                                                  double prior_failures, double confidence);

/** The difference of two means, normal with a normal prior: for arms large enough that their means are. */
struct BayesianDifference {
    double mean = unknown;
    ConfidenceInterval interval;
    double p_b_better = unknown;
    double expected_loss_a = unknown;
    double expected_loss_b = unknown;
    std::string_view reason = "ok";
};
/** `prior_deviation`: of the difference about 0; infinite: any is as likely as another. */
[[nodiscard]] BayesianDifference compare_bayesian_means(const Moments& a, const Moments& b, double prior_deviation,
                                                        double confidence);

/** An interval that holds however often one looks, after Waudby-Smith and others (2023). */
struct SequentialResult {
    double rho = unknown;
    ConfidenceInterval interval;
    double p_value = unknown;
};
/** `n`: units of both arms; `tightest_at`: the n for which the interval is tuned. */
[[nodiscard]] SequentialResult sequential(double difference, double standard_error, double n, const Inference& inference,
                                          double tightest_at);

/** What one day added to an experiment. */
struct DayOfExperiment {
    std::int32_t day = 0;
    Moments a;
    Moments b;
};
/** All units up to a day, compared so that one may stop on any. */
struct TimelinePoint {
    std::int32_t day = 0;
    double n_a = 0;
    double n_b = 0;
    Comparison comparison;
    std::optional<std::int32_t> decided_on;  // the first day whose p-value was below 1 - confidence
};
/** In order of time, whatever the order of `days`. Throws Error(invalid_parameter) where a day stands twice. */
[[nodiscard]] std::vector<TimelinePoint> timeline(std::span<const DayOfExperiment> days, const Inference& inference,
                                                  double tightest_at);

enum class SizeMethod { unpooled, pooled, cohen_h };
inline constexpr auto find_size_method = kernel::names<SizeMethod>(
    "method", {{"unpooled", SizeMethod::unpooled}, {"pooled", SizeMethod::pooled}, {"cohen_h", SizeMethod::cohen_h}});
struct Design {
    double significance = 0.05;  // two-sided
    double power = 0.8;
    double ratio = 1;  // n of B over n of A
};
struct SampleSize {
    std::int64_t n_a;
    std::int64_t n_b;
};
/** n of A and B, rounded up. Throws Error(numeric_range) where no whole number is as large. */
[[nodiscard]] SampleSize whole_sizes(double n, const Design& design);
/** n of A, not rounded, to tell `rate` from `rate` + `effect`. */
[[nodiscard]] double size_for_proportions(double rate, double effect, const Design& design, SizeMethod method);
/** n of A, not rounded, to tell means that are `effect` apart. */
[[nodiscard]] double size_for_means(double standard_deviation, double effect, const Design& design);
/** The smallest rise of `rate` that n of A can tell (unpooled); unknown where even a rise to 1 is too little. */
[[nodiscard]] double detectable_effect(double rate, double n, const Design& design);

struct RatioCheck {
    double chi2 = unknown;
    std::int64_t degrees_of_freedom = 0;
    double p_value = unknown;
    std::optional<bool> mismatch;
};
/** Whether counts are as their weights say, none for equal ones: a mismatch where p is below `alarm`. Unknown without counts. */
[[nodiscard]] RatioCheck check_sample_ratio(std::span<const std::int64_t> counts, std::span<const double> weights,
                                            double alarm = 0.001);

}  // namespace marketing::experiments
