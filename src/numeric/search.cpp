#include "numeric/search.hpp"

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cstdint>

namespace marketing::numeric {

Bracket root(const std::function<double(double)>& function, double low, double high, int bits)
{
    std::uintmax_t steps = 300;  // a dozen are usual
    const auto found =
        boost::math::tools::toms748_solve(function, low, high, boost::math::tools::eps_tolerance<double>(bits), steps);
    return {found.first, found.second};
}

double minimum(const std::function<double(double)>& function, double low, double high, int bits)
{
    return boost::math::tools::brent_find_minima(function, low, high, bits).first;
}

}  // namespace marketing::numeric
