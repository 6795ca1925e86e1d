#include "numeric/distributions.hpp"

#include <algorithm>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>

#include "kernel/error.hpp"
#include "kernel/stop.hpp"
#include "numeric/large_shapes.hpp"
#include "numeric/search.hpp"

namespace marketing::numeric {
namespace {

// In the working precision of doubles: three times as fast as Boost's default, which goes through long double, and as exact as the models are.
// Tails may underflow; a result that does not fit is told by its value.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>,
                                             boost::math::policies::underflow_error<boost::math::policies::ignore_error>,
                                             boost::math::policies::overflow_error<boost::math::policies::ignore_error>>;
using Student = boost::math::students_t_distribution<double, Policy>;
using Poisson = boost::math::poisson_distribution<double, Policy>;
using NegativeBinomial = boost::math::negative_binomial_distribution<double, Policy>;

/** Of two shapes so far apart, the smaller one alone gives the beta distribution its form: that of a gamma distribution. */
constexpr double huge_shape = 1e15;

/** What Boost answered; it is not a number where the arguments were beyond it. */
double within_reach(double value)
{
    kernel::poll();
    kernel::require_computed(!std::isnan(value),
                             "A probability or a quantile of a distribution of these parameters could not be computed.");
    return value;
}

bool are_large(double a, double b)
{
    return std::min(a, b) > large_shape;
}

/** The rate of the gamma distribution that -log(1 - x) has where b is huge (Wise 1950), and -log(x) where a is, with the other shape. */
double limit_rate(double a, double b)
{
    return std::max(a, b) + (std::min(a, b) - 1) / 2;
}

double gamma_tail(double shape, double x, bool upper)
{
    return upper ? gamma_above(shape, x) : gamma_below(shape, x);
}

double beta_tail(double a, double b, double x, bool upper)
{
    if (x <= 0 || x >= 1) {
        return (x <= 0) == upper ? 1 : 0;
    }
    if (are_large(a, b)) {
        const Deviation point = beta_deviation(a, b, x);
        return within_reach(upper ? point.above() : point.below());
    }
    if (b > huge_shape) {
        return gamma_tail(a, -std::log1p(-x) * limit_rate(a, b), upper);
    }
    if (a > huge_shape) {
        return gamma_tail(b, -std::log(x) * limit_rate(a, b), !upper);
    }
    return within_reach(upper ? boost::math::ibetac(a, b, x, Policy()) : boost::math::ibeta(a, b, x, Policy()));
}

double score_of(double tail, bool upper)
{
    return upper ? normal_quantile_above(tail) : normal_quantile(tail);
}

double gamma_quantile_of(double shape, double tail, bool upper)
{
    if (shape <= large_shape) {
        return within_reach(upper ? boost::math::gamma_q_inv(shape, tail, Policy())
                                  : boost::math::gamma_p_inv(shape, tail, Policy()));
    }
    const double score = score_of(tail, upper);
    return std::isinf(score) ? std::max(score, 0.0) : within_reach(shape + large_gamma_excess(shape, score));
}

/** A share and the rest to 1, each with its digits. */
struct Share {
    double share;
    double rest;
};

/** What is exceeded with the probability `tail` (upper), or else not exceeded. */
Share beta_quantile_of(double a, double b, double tail, bool upper)
{
    if (are_large(a, b)) {
        const double score = score_of(tail, upper);
        if (std::isinf(score)) {
            return score > 0 ? Share{1, 0} : Share{0, 1};
        }
        const double excess = within_reach(large_beta_excess(a, b, score));
        return {(a + excess) / (a + b), (b - excess) / (a + b)};
    }
    if (std::max(a, b) > huge_shape) {
        const double log = gamma_quantile_of(std::min(a, b), tail, a < b ? upper : !upper) / limit_rate(a, b);
        return a < b ? Share{-std::expm1(-log), std::exp(-log)} : Share{std::exp(-log), -std::expm1(-log)};
    }
    Share found{};
    found.share = within_reach(upper ? boost::math::ibetac_inv(a, b, tail, &found.rest, Policy())
                                     : boost::math::ibeta_inv(a, b, tail, &found.rest, Policy()));
    return found;
}

/** Below this spread beyond Poisson's, relative to the mean, the two distributions are the same to the digits that matter. */
constexpr double least_dispersion = 1e-6;

bool is_poisson(const Count& count)
{
    return count.variance <= count.mean * (1 + least_dispersion);
}

/** How many successes the negative binomial counts up to. */
double size_of(const Count& count)
{
    return count.mean / (count.variance / count.mean - 1);
}

double count_tail(const Count& count, double x, bool upper)
{
    if (x < 0) {
        return upper ? 1 : 0;
    }
    if (is_poisson(count)) {
        return gamma_tail(x + 1, count.mean, !upper);
    }
    const double size = size_of(count);
    return beta_tail(x + 1, size, count.mean / (size + count.mean), !upper);
}

/** Not yet a whole number. */
double unusual_count_quantile(const Count& count, double score)
{
    const auto excess = [&](double x) { return deviate({count_tail(count, x, true), count_tail(count, x, false)}) - score; };
    double low = count.mean;
    double high = count.mean;
    for (double step = std::sqrt(count.variance); low > 0 && excess(low) > 0; step *= 2) {
        low = std::max(0.0, low - step);
    }
    for (double step = std::sqrt(count.variance); excess(high) < 0 && std::isfinite(high); step *= 2) {
        high += step;
    }
    if (std::isinf(high) || high == 0 || excess(low) >= 0) {
        return std::isinf(high) ? high : low;
    }
    return low < high ? root(excess, low, high, 50).middle() : low;
}

/** Whether Boost finds its quantiles in a few steps. */
bool is_usual(const Count& count)
{
    return count.mean > 1e-3 && count.mean < large_shape && count.variance < 1e8;
}

/** What is exceeded with the probability `tail` (upper), or else not exceeded, as a whole number, rounded away from the middle. */
double count_quantile_of(const Count& count, double tail, bool upper)
{
    if (!is_usual(count)) {
        const double x = unusual_count_quantile(count, score_of(tail, upper));
        return (tail < 0.5) == upper ? std::ceil(x) : std::floor(x);
    }
    const auto of = [tail, upper](const auto& counts) {
        return within_reach(upper ? quantile(complement(counts, tail)) : quantile(counts, tail));
    };
    if (is_poisson(count)) {
        return of(Poisson(count.mean));
    }
    const double size = size_of(count);
    return of(NegativeBinomial(size, size / (size + count.mean)));
}

/** The probability of just so many hits. */
double binomial_mass(double hits, double misses, double probability)
{
    const double total = hits + misses;
    if (are_large(hits, misses)) {
        return std::exp(-beta_deviance(hits, misses, probability)) * std::sqrt(total / (2 * std::numbers::pi * hits * misses));
    }
    if (misses > huge_shape) {
        return boost::math::gamma_p_derivative(hits + 1, -std::log1p(-probability) * limit_rate(hits, misses), Policy());
    }
    if (hits > huge_shape) {
        return boost::math::gamma_p_derivative(misses + 1, -std::log(probability) * limit_rate(hits, misses), Policy());
    }
    return boost::math::ibeta_derivative(hits + 1, misses + 1, probability, Policy()) / (total + 1);
}

}  // namespace

double normal_quantile_above(double tail)
{
    return std::numbers::sqrt2 * boost::math::erfc_inv(2 * tail, Policy());
}

double student_above(double df, double t)
{
    return std::isinf(df) ? normal_above(t) : within_reach(cdf(complement(Student(df), t)));
}

double student_quantile_above(double df, double tail)
{
    return std::isinf(df) ? normal_quantile_above(tail) : within_reach(quantile(complement(Student(df), tail)));
}

double gamma_below(double shape, double x)
{
    return shape > large_shape ? gamma_deviation(shape, x - shape).below()
                               : within_reach(boost::math::gamma_p(shape, x, Policy()));
}

double gamma_above(double shape, double x)
{
    return shape > large_shape ? gamma_deviation(shape, x - shape).above()
                               : within_reach(boost::math::gamma_q(shape, x, Policy()));
}

double gamma_quantile(double shape, double p)
{
    return gamma_quantile_of(shape, p, false);
}

double gamma_quantile_above(double shape, double tail)
{
    return gamma_quantile_of(shape, tail, true);
}

double beta_below(double a, double b, double x)
{
    return beta_tail(a, b, x, false);
}

double beta_above(double a, double b, double x)
{
    return beta_tail(a, b, x, true);
}

double beta_quantile(double a, double b, double p)
{
    return beta_quantile_of(a, b, p, false).share;
}

double beta_quantile_above(double a, double b, double tail)
{
    return beta_quantile_of(a, b, tail, true).share;
}

double beta_quantile_odds(double a, double b, double p)
{
    const Share found = beta_quantile_of(a, b, p, false);
    return found.share / found.rest;
}

double count_above(const Count& count, double x)
{
    return count_tail(count, x, true);
}

double count_quantile(const Count& count, double p)
{
    return count_quantile_of(count, p, false);
}

double count_quantile_above(const Count& count, double tail)
{
    return count_quantile_of(count, tail, true);
}

Tails binomial_tails(double hits, double misses, double probability, double share)
{
    const double total = hits + misses;
    if (!(total > 0)) {
        return {share, share};
    }
    const double mass = std::min(1.0, within_reach(binomial_mass(hits, misses, probability)));
    Tails tails{};
    // The smaller tail is computed, so that it keeps its digits.
    if (hits > total * probability) {
        tails.more = misses > 0 ? beta_below(hits + 1, misses, probability) : 0;
        tails.fewer = std::max(0.0, 1 - tails.more - mass);
    } else {
        tails.fewer = hits > 0 ? beta_above(hits, misses + 1, probability) : 0;
        tails.more = std::max(0.0, 1 - tails.fewer - mass);
    }
    tails.more = std::min(1.0, tails.more + share * mass);
    tails.fewer = std::min(1.0, tails.fewer + share * mass);
    return tails;
}

double deviate(const Tails& tails)
{
    const double smaller = std::max(std::min(tails.more, tails.fewer), least_p);
    if (smaller >= 0.5) {
        return 0;
    }
    const double z = normal_quantile_above(smaller);
    return tails.more < tails.fewer ? z : -z;
}

}  // namespace marketing::numeric
