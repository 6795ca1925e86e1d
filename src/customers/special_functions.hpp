/** Special functions as kernels call them: in double, and errors as C++ exceptions. */
#pragma once

#include <boost/math/policies/policy.hpp>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>

namespace marketing::customers {

using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

[[nodiscard]] inline double log_gamma(double x)
{
    return boost::math::lgamma(x, Policy());
}
[[nodiscard]] inline double digamma(double x)
{
    return boost::math::digamma(x, Policy());
}
[[nodiscard]] inline double trigamma(double x)
{
    return boost::math::trigamma(x, Policy());
}
[[nodiscard]] inline double log_beta(double a, double b)
{
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

}  // namespace marketing::customers
