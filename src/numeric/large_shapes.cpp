#include "numeric/large_shapes.hpp"

#include <algorithm>
#include <boost/math/special_functions/log1p.hpp>
#include <cmath>

#include "numeric/distributions.hpp"

namespace marketing::numeric {
namespace {

/**
 * `excess` is that of the first of two counts, a, over what was expected of it; the second, b, lacks as much. A gamma distribution has an
 * infinite b.
 */
Deviation deviation(double a, double b, double excess, double deviance)
{
    const double scale = 1 / std::sqrt(1 / a + 1 / b);
    const double root = std::copysign(std::sqrt(2 * std::max(deviance, 0.0)), excess);
    // 1 / root - scale / excess, both of which are infinite in the middle.
    if (std::abs(root) < 1e-2) {
        const double g = 1 / a - 1 / b;
        const double h = scale * scale * (1 / (a * a * a) + 1 / (b * b * b));
        return {root, scale * (g / 3 + (g * g / 6 - h / 4) * excess)};
    }
    return {root, 1 / root - scale / excess};
}

/** Where the score of `at(excess)` is `wanted`; `scale` is the standard deviation. The score is all but linear, so that a few steps do. */
template <class Point>
double solve(double wanted, double scale, Point at)
{
    constexpr int steps = 6;
    double excess = wanted * scale;
    for (int i = 0; i < steps; ++i) {
        excess += (wanted - at(excess).score()) * scale;
    }
    return excess;
}

double deviance(double a, double b, double x, double excess)
{
    return deviance_part(a, excess, std::log((a + excess) / a)) +
           (x < 1 ? deviance_part(b, -excess, std::log((b - excess) / b)) : INFINITY);
}

}  // namespace

double Deviation::below() const
{
    return std::clamp(normal_below(root) + normal_density(root) * correction, 0.0, 1.0);
}

double Deviation::above() const
{
    return std::clamp(normal_above(root) - normal_density(root) * correction, 0.0, 1.0);
}

double Deviation::score() const
{
    return deviate({above(), below()});
}

double deviance_part(double expected, double excess, double log_ratio)
{
    const double relative = excess / expected;
    return std::abs(relative) < 0.5 ? -expected * boost::math::log1pmx(relative) : excess - expected * log_ratio;
}

Deviation gamma_deviation(double shape, double excess)
{
    return deviation(shape, INFINITY, excess, deviance_part(shape, excess, std::log((shape + excess) / shape)));
}

double beta_deviance(double a, double b, double x)
{
    return deviance(a, b, x, (a + b) * x - a);
}

Deviation beta_deviation(double a, double b, double x)
{
    const double excess = (a + b) * x - a;
    return deviation(a, b, excess, deviance(a, b, x, excess));
}

double large_gamma_excess(double shape, double score)
{
    return solve(score, std::sqrt(shape), [shape](double excess) { return gamma_deviation(shape, std::max(excess, -shape)); });
}

double large_beta_excess(double a, double b, double score)
{
    const auto at = [a, b](double excess) {
        const double kept = std::clamp(excess, -a, b);
        return deviation(a, b, kept, deviance(a, b, (a + kept) / (a + b), kept));
    };
    return solve(score, 1 / std::sqrt(1 / a + 1 / b), at);
}

}  // namespace marketing::numeric
