#include "numeric/distributions.hpp"

#include <algorithm>
#include <boost/math/distributions/negative_binomial.hpp>
#include <boost/math/distributions/poisson.hpp>
#include <boost/math/distributions/students_t.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/erf.hpp>
#include <boost/math/special_functions/gamma.hpp>

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

/** Below this spread beyond Poisson's, relative to the mean, the two distributions are the same to the digits that matter. */
constexpr double least_dispersion = 1e-6;

/** Calls `use` with the distribution of a count. */
template <class Use>
double with_distribution(const Count& count, Use use)
{
    if (count.variance <= count.mean * (1 + least_dispersion)) {
        return use(Poisson(count.mean));
    }
    const double size = count.mean * count.mean / (count.variance - count.mean);
    return use(NegativeBinomial(size, size / (size + count.mean)));
}

}  // namespace

double normal_quantile_above(double tail)
{
    return std::numbers::sqrt2 * boost::math::erfc_inv(2 * tail, Policy());
}

double student_above(double df, double t)
{
    return std::isinf(df) ? normal_above(t) : cdf(complement(Student(df), t));
}

double student_quantile_above(double df, double tail)
{
    return std::isinf(df) ? normal_quantile_above(tail) : quantile(complement(Student(df), tail));
}

double gamma_above(double shape, double x)
{
    return boost::math::gamma_q(shape, x, Policy());
}

double gamma_quantile(double shape, double p)
{
    return boost::math::gamma_p_inv(shape, p, Policy());
}

double beta_below(double a, double b, double x)
{
    return boost::math::ibeta(a, b, x, Policy());
}

double beta_above(double a, double b, double x)
{
    return boost::math::ibetac(a, b, x, Policy());
}

double beta_quantile(double a, double b, double p)
{
    return boost::math::ibeta_inv(a, b, p, Policy());
}

double beta_quantile_above(double a, double b, double tail)
{
    return boost::math::ibetac_inv(a, b, tail, Policy());
}

double beta_quantile_odds(double a, double b, double p)
{
    double rest = 0;
    const double x = boost::math::ibeta_inv(a, b, p, &rest, Policy());
    return x / rest;
}

double count_above(const Count& count, double x)
{
    return with_distribution(count, [x](const auto& counts) { return cdf(complement(counts, x)); });
}

double count_quantile(const Count& count, double p)
{
    return with_distribution(count, [p](const auto& counts) { return quantile(counts, p); });
}

double count_quantile_above(const Count& count, double tail)
{
    return with_distribution(count, [tail](const auto& counts) { return quantile(complement(counts, tail)); });
}

Tails binomial_tails(double hits, double misses, double probability, double share)
{
    const double total = hits + misses;
    if (!(total > 0)) {
        return {share, share};
    }
    const double mass = boost::math::ibeta_derivative(hits + 1, misses + 1, probability, Policy()) / (total + 1);
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
