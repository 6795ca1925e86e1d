#include "budget/curve.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <string>

#include "kernel/error.hpp"
#include "numeric/search.hpp"

namespace marketing::budget {

namespace {

using kernel::Error;
using kernel::ErrorCode;

/** The c at which a logarithm has the elasticity e: 1 / ((c + 1) ln(1 + 1 / c)) = e. */
double constant_of_logarithm(double elasticity)
{
    const auto excess = [elasticity](double log_c) {
        const double c = std::exp(log_c);
        return 1 / ((c + 1) * std::log1p(1 / c)) - elasticity;
    };
    // ln(1 + 1 / c) is about 1 / e for small c and 1 / c for large c.
    const double low = -1 / elasticity - 2;
    const double high = std::log(1 / (1 - elasticity)) + 5;
    return std::exp(numeric::root(excess, low, high, 50).middle());
}

}  // namespace

Shape::Shape(Family family, double elasticity) : family_(family), elasticity_(elasticity), constant_(0), scale_(1)
{
    if (!(elasticity > 0 && elasticity < 1)) {
        throw Error(ErrorCode::invalid_parameter, "an elasticity must be between 0 and 1, both excluded",
                    "It is " + std::to_string(elasticity) + ".",
                    "At 1 each further unit of money would bring as much as the first; curves with less are concave.");
    }
    if (family == Family::michaelis_menten) {
        constant_ = elasticity / (1 - elasticity);
    } else if (family == Family::logarithm) {
        constant_ = constant_of_logarithm(elasticity);
        scale_ = 1 / std::log1p(1 / constant_);
    }
}

double Shape::bend() const
{
    switch (family_) {
        case Family::michaelis_menten: return 2 * (1 - elasticity_);
        case Family::power: return 1 - elasticity_;
        case Family::logarithm: return 1 / (constant_ + 1);
    }
    return 0;
}

Shape Shape::of_bend(Family family, double bend)
{
    constexpr double flattest = 0.03;
    switch (family) {
        case Family::michaelis_menten: return {family, std::max(1 - bend / 2, flattest)};
        case Family::power: return {family, std::max(1 - bend, flattest)};
        // Below an elasticity of 0.03 a logarithm's bend is 1 to the last digits.
        case Family::logarithm: return {family, -bend / std::log1p(-std::min(bend, 1 - 1e-15))};
    }
    return {family, 0};
}

}  // namespace marketing::budget
