/**
 * Gamma and beta distributions of large shapes, where series and fractions take ever longer: Temme's uniform expansion to its second term (The
 * asymptotic expansion of the incomplete gamma functions, 1979; of the incomplete beta functions, 1982). From `large_shape` on it
 * errs by less than the rounding of its argument does, and takes the same time for shapes of any size.
 */
#pragma once

namespace marketing::numeric {

inline constexpr double large_shape = 1e7;

/** A point of a distribution: how far it is from the middle, as what is needed to tell the probabilities to both sides. */
struct Deviation {
    double root;        // signed root of the deviance: a standard normal deviate, but for the correction
    double correction;  // of the probability below, in units of the normal density there

    [[nodiscard]] double below() const;
    [[nodiscard]] double above() const;
    /** The standard normal deviate of these probabilities. */
    [[nodiscard]] double score() const;
};

/**
 * How much less likely a count is than the one expected, as a log: by what it has in excess of it (which may be known better than the
 * count), and the log of their ratio.
 */
[[nodiscard]] double deviance_part(double expected, double excess, double log_ratio);

/** How much less likely x is than the middle of a beta distribution, as a log, in terms of the deviance of two counts a and b. */
[[nodiscard]] double beta_deviance(double a, double b, double x);

/** The point x = shape + excess of a gamma distribution of rate 1. */
[[nodiscard]] Deviation gamma_deviation(double shape, double excess);
/** The point x of a beta distribution. */
[[nodiscard]] Deviation beta_deviation(double a, double b, double x);

/** Quantiles as the excess over the mean, by the standard normal deviate of the probability: x = shape + excess, x = (a + excess) / (a + b). */
[[nodiscard]] double large_gamma_excess(double shape, double score);
[[nodiscard]] double large_beta_excess(double a, double b, double score);

}  // namespace marketing::numeric
