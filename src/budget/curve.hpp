/**
 * Response curves: what a day of spend brings. All are concave, pass through (spend, response) with the given elasticity there, and
 * differ in how they saturate.
 *
 * With x = s / spend and h(1) = 1, the response is response * h(x):
 *   michaelis_menten  h = x (1 + K) / (K + x), K = e / (1 - e)    finite slope at 0, saturates (the default)
 *   power             h = x^e                                     constant elasticity
 *   logarithm         h = ln(1 + x / c) / ln(1 + 1 / c)           grows without bound, ever more slowly
 */
#pragma once

#include <algorithm>
#include <cmath>
#include <string_view>

#include "kernel/named.hpp"

namespace marketing::budget {

enum class Family { michaelis_menten, power, logarithm };

/** The family called `name`. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_family = kernel::names<Family>(
    "family of curves",
    {{"michaelis_menten", Family::michaelis_menten}, {"power", Family::power}, {"logarithm", Family::logarithm}});

/** h of a family at an elasticity. */
class Shape {
public:
    /** Throws Error(invalid_parameter) unless 0 < elasticity < 1. */
    Shape(Family family, double elasticity);
    [[nodiscard]] double value(double x) const;
    [[nodiscard]] double slope(double x) const;
    /** The x >= 0 at which the slope is `slope`; 0 where it is lower everywhere. */
    [[nodiscard]] double at_slope(double slope) const;
    [[nodiscard]] double elasticity() const noexcept { return elasticity_; }
    /** How fast the slope falls where x = 1, relative to it: -h''(1) / h'(1), between 0 and 1, for Michaelis-Menten 2. */
    [[nodiscard]] double bend() const;
    /** The member of a family that bends so, or of those that are not next to flat the one that bends most. */
    [[nodiscard]] static Shape of_bend(Family family, double bend);

private:
    Family family_;
    double elasticity_;
    double constant_;  // K, or c
    double scale_;     // 1 / ln(1 + 1 / c)
};

inline double Shape::value(double x) const
{
    switch (family_) {
        case Family::michaelis_menten: return x * (1 + constant_) / (constant_ + x);
        case Family::power: return std::pow(x, elasticity_);
        case Family::logarithm: return std::log1p(x / constant_) * scale_;
    }
    return 0;
}

inline double Shape::slope(double x) const
{
    switch (family_) {
        case Family::michaelis_menten: return constant_ * (1 + constant_) / ((constant_ + x) * (constant_ + x));
        case Family::power: return elasticity_ * std::pow(x, elasticity_ - 1);
        case Family::logarithm: return scale_ / (constant_ + x);
    }
    return 0;
}

inline double Shape::at_slope(double slope) const
{
    double x = 0;
    switch (family_) {
        case Family::michaelis_menten: x = std::sqrt(constant_ * (1 + constant_) / slope) - constant_; break;
        case Family::power: x = std::pow(elasticity_ / slope, 1 / (1 - elasticity_)); break;
        case Family::logarithm: x = scale_ / slope - constant_; break;
    }
    return std::max(x, 0.0);
}

struct Curve {
    Shape shape;
    double spend;
    double response;
    double base = 0;  // added to it: only slopes decide where money goes, but sums of responses need the height, too

    [[nodiscard]] double value(double s) const { return base + response * shape.value(s / spend); }
    [[nodiscard]] double slope(double s) const { return response / spend * shape.slope(s / spend); }
    /** The spend at which one more unit of money brings `slope` more. */
    [[nodiscard]] double at_slope(double slope) const { return spend * shape.at_slope(slope * spend / response); }
};

}  // namespace marketing::budget
