/**
 * Boost.Math's special functions in the working precision of doubles: three times as fast as its default, which goes through long
 * double, and as exact as the models are.
 */
#pragma once

#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/beta.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

namespace marketing::numeric {

using DoublePolicy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

/** P(X <= x), P(X > x) and the quantile of a gamma distribution of rate 1. */
[[nodiscard]] inline double gamma_below(double shape, double x)
{
    return boost::math::gamma_p(shape, x, DoublePolicy());
}
[[nodiscard]] inline double gamma_above(double shape, double x)
{
    return boost::math::gamma_q(shape, x, DoublePolicy());
}
[[nodiscard]] inline double gamma_quantile(double shape, double p)
{
    return boost::math::gamma_p_inv(shape, p, DoublePolicy());
}
/** P(X > x) and P(X <= x) of a beta distribution. */
[[nodiscard]] inline double beta_above(double a, double b, double x)
{
    return boost::math::ibetac(a, b, x, DoublePolicy());
}
[[nodiscard]] inline double beta_below(double a, double b, double x)
{
    return boost::math::ibeta(a, b, x, DoublePolicy());
}
[[nodiscard]] inline double log_gamma(double x)
{
    return boost::math::lgamma(x, DoublePolicy());
}
[[nodiscard]] inline double digamma(double x)
{
    return boost::math::digamma(x, DoublePolicy());
}
[[nodiscard]] inline double trigamma(double x)
{
    return boost::math::trigamma(x, DoublePolicy());
}
[[nodiscard]] inline double log_beta(double a, double b)
{
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

}  // namespace marketing::numeric
