#include "numeric/quadrature.hpp"

#include <boost/math/quadrature/gauss.hpp>
#include <boost/math/quadrature/sinh_sinh.hpp>
#include <boost/math/quadrature/tanh_sinh.hpp>
#include <cmath>

#include "numeric/distributions.hpp"
#include "numeric/special_functions.hpp"

namespace marketing::numeric {
namespace {

/** The variance of the log odds of a rate. */
double logit_variance(const Beta& belief)
{
    return trigamma(belief.successes) + trigamma(belief.failures);
}

}  // namespace

double integral(const std::function<double(double, double)>& function, double low, double high, double tolerance)
{
    static boost::math::quadrature::tanh_sinh<double> rule;
    return rule.integrate([&function](double x, double to_end) { return function(x, to_end); }, low, high, tolerance);
}

// In deviations of the log odds, where the density is smooth and falls exponentially to both sides. Divided by its own integral: that of the
// exact one loses digits where there are many trials.
double expectation(const Beta& belief, const std::function<double(double)>& f)
{
    static boost::math::quadrature::sinh_sinh<double> rule;
    constexpr double tolerance = 1e-12;
    const double trials = belief.successes + belief.failures;
    const auto log_density = [&belief, trials](double logit) {
        return logit > 0 ? -belief.failures * logit - trials * std::log1p(std::exp(-logit))
                         : belief.successes * logit - trials * std::log1p(std::exp(logit));
    };
    const double mode = std::log(belief.successes / belief.failures);
    const double deviation = std::sqrt(logit_variance(belief));
    const double top = log_density(mode);
    const auto density = [&](double logit) { return std::exp(log_density(logit) - top); };
    const double mass = rule.integrate([&](double x) { return density(mode + deviation * x); }, tolerance);
    const auto weighted = [&](double x) {
        const double logit = mode + deviation * x;
        const double height = density(logit);
        return height > 0 ? height * f(1 / (1 + std::exp(-logit))) : 0;
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
