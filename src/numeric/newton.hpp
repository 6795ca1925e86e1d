/**
 * Newton's method for a likelihood of a few positive parameters: steps on their logarithms, uphill also where the likelihood is not
 * concave (by the absolute values of the curvatures), and halved where they would lead down.
 */
#pragma once

#include <array>
#include <cstddef>
#include <functional>
#include <span>

#include "kernel/stop.hpp"

namespace marketing::numeric {

inline constexpr std::size_t most_parameters = 4;

/** One number per parameter; those past the last parameter do not count. */
using Parameters = std::array<double, most_parameters>;

/** A function at one point, and its derivatives. */
struct Curvature {
    double value = 0;
    Parameters gradient{};
    std::array<Parameters, most_parameters> hessian{};  // by rows; only the lower triangle is read
};

struct Maximum {
    Parameters at{};                                         // the parameters, not their logarithms
    Parameters errors{};                                     // standard errors; NaN where the Hessian is singular
    std::array<Parameters, most_parameters> correlations{};  // of the errors, likewise
    double value = 0;
    int iterations = 0;
    bool converged = false;
    int out_of_bounds = -1;  // the parameter that ran away, if one did
};

/**
 * Climbs from `start`, which says how many parameters there are. `furthest` bounds the size of the logarithms: a parameter beyond has no
 * maximum inside. Throws Stopped.
 */
[[nodiscard]] Maximum maximise(const std::function<Curvature(const Parameters&)>& function, std::span<const double> start,
                               double furthest, const kernel::StopFlag& stop);

}  // namespace marketing::numeric
