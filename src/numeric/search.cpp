#include "numeric/search.hpp"

#include <boost/math/tools/minima.hpp>
#include <boost/math/tools/toms748_solve.hpp>
#include <cstdint>

#include "kernel/stop.hpp"

namespace marketing::numeric {
namespace {

auto polled(const std::function<double(double)>& function)
{
    return [&function](double x) {
        kernel::poll();
        return function(x);
    };
}

}  // namespace

Bracket root(const std::function<double(double)>& function, double low, double high, int bits)
{
    std::uintmax_t steps = 300;  // a dozen are usual
    const auto found =
        boost::math::tools::toms748_solve(polled(function), low, high, boost::math::tools::eps_tolerance<double>(bits), steps);
    return {found.first, found.second};
}

double minimum(const std::function<double(double)>& function, double low, double high, int bits)
{
    std::uintmax_t steps = 300;
    return boost::math::tools::brent_find_minima(polled(function), low, high, bits, steps).first;
}

}  // namespace marketing::numeric
