#include "numeric/special_functions.hpp"

#include <algorithm>
#include <boost/math/special_functions/digamma.hpp>
#include <boost/math/special_functions/gamma.hpp>
#include <boost/math/special_functions/polygamma.hpp>
#include <boost/math/special_functions/trigamma.hpp>
#include <cmath>

namespace marketing::numeric {
namespace {

// In the working precision of doubles: three times as fast as Boost's default, which goes through long double, and as exact as the models are.
using Policy = boost::math::policies::policy<boost::math::policies::promote_double<false>>;

}  // namespace

double log_gamma(double x)
{
    return boost::math::lgamma(x, Policy());
}

double log_beta(double a, double b)
{
    const auto [small, large] = std::minmax(a, b);
    if (small < 10 && large > 1e5) {
        // The logs of two large gamma functions would cancel.
        return log_gamma(small) + std::log(boost::math::tgamma_delta_ratio(large, small, Policy()));
    }
    return log_gamma(a) + log_gamma(b) - log_gamma(a + b);
}

double log_rising(double a, double x)
{
    if (x < 8 && x == std::floor(x)) {
        double product = 1;
        for (double i = 0; i < x; ++i) {
            product *= a + i;
        }
        return std::log(product);
    }
    return std::lgamma(a + x) - std::lgamma(a);
}

double digamma(double x)
{
    return boost::math::digamma(x, Policy());
}

double trigamma(double x)
{
    return boost::math::trigamma(x, Policy());
}

double tetragamma(double x)
{
    return boost::math::polygamma(2, x, Policy());
}

}  // namespace marketing::numeric
