/**
 * Dispersion: how much more the counts of a series vary from day to day than Poisson counts would.
 *
 * A month of days tells it badly for one series. Across many series it is known well how far they differ, and each estimate is
 * drawn towards the others by as much as that (Smyth's moderated variances).
 */
#pragma once

#include <span>
#include <vector>

namespace marketing::anomaly {

struct Dispersion {
    double value;  // variance over mean; NaN where there are too few days
    double df;     // degrees of freedom behind it
};

/** What the series have in common: their typical dispersion, worth `df` degrees of freedom. */
using DispersionPrior = Dispersion;

/**
 * Pearson's estimate: events of each day against its exposure, at one rate. `factors`: parameters of the exposure that were
 * estimated from the same days. Days without exposure, or whose events are NaN or negative, are left out.
 */
[[nodiscard]] Dispersion dispersion(std::span<const double> events, std::span<const double> exposure, int factors = 0);

/** The prior of a set of series, by the moments of the logarithms of their dispersions; of few series, a cautious one. NaN is no series. */
[[nodiscard]] DispersionPrior dispersion_prior(std::span<const double> dispersions, std::span<const double> df);

}  // namespace marketing::anomaly
