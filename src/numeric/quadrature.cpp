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

/** A rate, 1 - rate, and its density in the variable of the integral, but for a factor. The logs reach where no double does. */
struct Point {
    double rate;
    double rest;
    double density;
    double log_rate;
    double log_rest;
};

/** Where the odds are exp(`shift`) times those of the mean; the density by log odds is 1 at the mean. */
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
    return {share, rest, std::exp(-deviance), std::min(shift, 0.0) + std::log(a / all),
            std::log(b / all) - std::max(shift, 0.0)};
}

/** A rate at which an integral is cut in two. */
struct Cut {
    double log_rate;
    double log_rest;
};

/** Where rate = cut * v^(1/a), which is spread evenly by v next to 0; the density by v is that of the power of 1 - rate alone. */
Point near_zero(const Beta& belief, const Cut& cut, double log_v)
{
    const double log_rate = cut.log_rate + log_v / belief.successes;
    const double rate = std::exp(log_rate);
    const double rest = -std::expm1(log_rate);
    const double log_rest = rate < 0.5 ? std::log1p(-rate) : std::log(rest);
    return {rate, rest, std::exp(belief.failures * (log_rest - cut.log_rest) - log_rest) / belief.successes, log_rate,
            log_rest};
}

Point turned(const Point& point)
{
    return {point.rest, point.rate, point.density, point.log_rest, point.log_rate};
}

/** Integrates f(point) over the whole distribution, but for a factor that does not depend on f. */
double integral_over(const Beta& belief, const std::function<double(const Point&)>& f)
{
    static boost::math::quadrature::sinh_sinh<double> rule;
    constexpr double tolerance = 1e-12;
    const auto [a, b] = belief;
    const auto weighted = [&f](const Point& point) {
        kernel::poll();
        return point.density > 0 ? point.density * f(point) : 0;
    };
    if (std::min(a, b) >= 1) {
        // In deviations of the log odds, where the density is smooth and falls exponentially to both sides.
        const double deviation = std::sqrt(logit_variance(belief));
        return rule.integrate([&](double x) { return weighted(shifted(belief, deviation * x)); }, tolerance);
    }
    // One power is infinite at its end. Cut where the other one begins to fall.
    const double odds = a >= 1 ? a : b >= 1 ? 1 / b : 1;
    const Cut cut{-std::log1p(1 / odds), -std::log1p(odds)};
    const auto log_of = [](double v, double to_end) { return v > 0.5 && to_end > 0 ? std::log1p(-to_end) : std::log(v); };
    const double below =
        integral([&](double v, double to_end) { return weighted(near_zero(belief, cut, log_of(v, to_end))); }, 0, 1, tolerance);
    const Beta from_above{b, a};
    const double above = integral(
        [&](double v, double to_end) {
            return weighted(turned(near_zero(from_above, {cut.log_rest, cut.log_rate}, log_of(v, to_end))));
        },
        0, 1, tolerance);
    return below + above;
}

/** Divided by its own integral: that of the exact density loses digits where there are many trials. */
double mean_over(const Beta& belief, const std::function<double(const Point&)>& f)
{
    return integral_over(belief, f) / integral_over(belief, [](const Point&) { return 1.0; });
}

/** The probability of a rate below that of the point. */
double probability_below(const Beta& belief, const Point& point)
{
    const auto [a, b] = belief;
    constexpr double least_log = -690;  // of a double
    if (point.log_rate < least_log) {
        return std::exp(a * point.log_rate - log_beta(a, b)) / a;
    }
    if (point.log_rest < least_log) {
        return 1 - std::exp(b * point.log_rest - log_beta(a, b)) / b;
    }
    return point.rate < 0.5 ? beta_below(a, b, point.rate) : beta_above(b, a, point.rest);
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

double expectation(const Beta& belief, const std::function<double(double, double)>& f)
{
    return mean_over(belief, [&f](const Point& point) { return f(point.rate, point.rest); });
}

double probability_greater(const Beta& one, const Beta& other)
{
    // Over the narrower of the two, by whose measure the other is smooth.
    if (logit_variance(one) <= logit_variance(other)) {
        return mean_over(one, [&other](const Point& point) { return probability_below(other, point); });
    }
    return mean_over(other, [&one](const Point& point) {
        return probability_below({one.failures, one.successes}, turned(point));
    });
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
