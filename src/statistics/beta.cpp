#include "statistics/beta.hpp"

#include <cmath>

#include <boost/math/special_functions/beta.hpp>

#include "kernel/error.hpp"

namespace marketing::statistics {

double beta_cdf(double x, double a, double b)
{
    if (!(a > 0) || !(b > 0) || std::isinf(a) || std::isinf(b)) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter,
                            "the shapes of a beta distribution must be positive and finite");
    }
    if (std::isnan(x)) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "the value of a beta distribution must be a number");
    }
    if (x <= 0) {
        return 0;
    }
    return x >= 1 ? 1 : boost::math::ibeta(a, b, x);
}

}  // namespace marketing::statistics
