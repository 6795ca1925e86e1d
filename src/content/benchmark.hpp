/**
 * Own figures among those of others: where a figure stands between the quantiles that somebody published, and how sure that is.
 *
 * The figure is a ratio of sums over units, such as the engagement of posts over their views. Its error is the jackknife's, on the scale of
 * logarithms, with as many degrees of freedom as the units are worth: their effective number (Cochran: Sampling Techniques, 1977, 6.15;
 * Kish: Survey Sampling, 1965, 11.7). Between two quantiles the share below grows evenly; it
 * never falls, so that the ends of the interval stand where the figure's would.
 */
#pragma once

#include <span>

namespace marketing::content {

struct RatioEstimate {
    /** The sums' ratio, and its interval: NaN where there is none, as of one unit or where a sum is not above 0. */
    double value, low, high;
};

/** `level` is the probability of the interval. Throws Error(invalid_parameter) for other lengths and what is not finite. */
[[nodiscard]] RatioEstimate ratio_of_sums(std::span<const double> figures, std::span<const double> bases, double level);

/** Published quantiles: of the share `shares[i]` of all others the figure is at most `marks[i]`. */
class Benchmark {
public:
    /** Throws Error(invalid_parameter) where shares are not between 0 and 1 and rising, or marks fall. */
    Benchmark(std::span<const double> shares, std::span<const double> marks);
    /** The share of others below; past the outermost marks, where nothing is known, that of the mark. */
    [[nodiscard]] double share_below(double value) const;
    /** What half of the others do not reach; NaN where the shares lie on one side of it. */
    [[nodiscard]] double median() const;
    /** -1 and 1 past the lowest and the highest mark, else 0. */
    [[nodiscard]] int beyond(double value) const;

private:
    std::span<const double> shares_, marks_;
};

}  // namespace marketing::content
