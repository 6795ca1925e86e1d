#include "numeric/quadrature.hpp"

#include <algorithm>
#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/sinh_sinh.hpp>
#include <boost/math/quadrature/tanh_sinh.hpp>
#include <cmath>

#include "kernel/stop.hpp"
#include "numeric/distributions.hpp"
#include "numeric/large_shapes.hpp"
#include "numeric/special_functions.hpp"

namespace marketing::numeric {
namespace {

/** The variance of the log odds of a rate. */
double logit_variance(const Beta& belief)
{
    return trigamma(belief.successes) + trigamma(belief.failures);
}

/** A rate whose odds are exp(`shift`) times those of the mean, and its density by log odds, 1 at the mean. */
struct Point {
    double rate;
    double density;
};
Point shifted(const Beta& belief, double shift)
{
    const auto [a, b] = belief;
    const double far = std::exp(-std::abs(shift));
    const double all = shift > 0 ? a + b * far : a * far + b;
    const double share = shift > 0 ? a / all : a * far / all;
    const double rest = shift > 0 ? b * far / all : b / all;
    // What the successes are beyond those expected, with its digits, of which there are few in share - mean.
    const double excess = shift > 0 ? -b * share * std::expm1(-shift) : a * rest * std::expm1(shift);
    const double log_all = std::log(all / (a + b));
    const double deviance =
        deviance_part(a, excess, std::min(shift, 0.0) - log_all) + deviance_part(b, -excess, -std::max(shift, 0.0) - log_all);
    return {share, std::exp(-deviance)};
}

}  // namespace

double integral(const std::function<double(double, double)>& function, double low, double high, double tolerance)
{
    static boost::math::quadrature::tanh_sinh<double> rule;
    const auto polled = [&function](double x, double to_end) {
        kernel::poll();
        return function(x, to_end);
    };
    return rule.integrate(polled, low, high, tolerance);
}

// In deviations of the log odds, where the density is smooth and falls exponentially to both sides. Divided by its own integral: that of the
// exact one loses digits where there are many trials.
double expectation(const Beta& belief, const std::function<double(double)>& f)
{
    static boost::math::quadrature::sinh_sinh<double> rule;
    constexpr double tolerance = 1e-12;
    const double deviation = std::sqrt(logit_variance(belief));
    const double mass = rule.integrate([&](double x) { return shifted(belief, deviation * x).density; }, tolerance);
    const auto weighted = [&](double x) {
        kernel::poll();
        const Point point = shifted(belief, deviation * x);
        return point.density > 0 ? point.density * f(point.rate) : 0;
    };
    return rule.integrate(weighted, tolerance) / mass;
}

double probability_greater(const Beta& one, const Beta& other)
{
    // Over the narrower of the two, by whose measure the other is smooth.
    if (logit_variance(one) <= logit_variance(other)) {
        return expectation(one, [&other](double rate) { return beta_below(other.successes, other.failures, rate); });
    }
    return expectation(other, [&one](double rate) { return beta_above(one.successes, one.failures, rate); });
}

const std::array<Node, 60>& gauss_legendre()
{
    static const auto nodes = [] {
        using Rule = boost::math::quadrature::gauss<double, 60>;
        std::array<Node, 60> both_sides{};
        for (std::size_t i = 0; i < Rule::abscissa().size(); ++i) {
            both_sides[i] = {-Rule::abscissa()[i], Rule::weights()[i]};
            both_sides[both_sides.size() - 1 - i] = {Rule::abscissa()[i], Rule::weights()[i]};
        }
        return both_sides;
    }();
    return nodes;
}

}  // namespace marketing::numeric
