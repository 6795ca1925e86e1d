#include "numeric/newton.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

namespace marketing::numeric {
namespace {

constexpr int most_iterations = 200;
constexpr double longest_step = 2;
constexpr double smallest_step = 1e-10;
constexpr int most_sweeps = 50;  // a handful are usual

using Square = std::array<Parameters, most_parameters>;

/** A symmetric matrix by its axes: axis k is the column k. */
struct Axes {
    Parameters curvature{};
    Square axis{};
};

/** Turns the axes p and q until the entry between them is 0. */
void rotate(Square& matrix, Square& axis, std::size_t p, std::size_t q, std::size_t count)
{
    const double distance = (matrix[q][q] - matrix[p][p]) / (2 * matrix[p][q]);
    const double tangent = std::copysign(1, distance) / (std::abs(distance) + std::hypot(distance, 1));
    const double cosine = 1 / std::hypot(tangent, 1);
    const double sine = tangent * cosine;
    const auto turn = [cosine, sine](double& x, double& y) {
        const double before = x;
        x = cosine * before - sine * y;
        y = sine * before + cosine * y;
    };
    for (std::size_t i = 0; i < count; ++i) {
        turn(matrix[i][p], matrix[i][q]);
        turn(axis[i][p], axis[i][q]);
    }
    for (std::size_t i = 0; i < count; ++i) {
        turn(matrix[p][i], matrix[q][i]);
    }
}

/** Jacobi's method: of so few parameters as quick as any, and Eigen's, which compiles for twelve seconds, is no more exact. */
Axes axes_of(Square matrix, std::size_t count)
{
    Axes found;
    for (std::size_t i = 0; i < count; ++i) {
        found.axis[i][i] = 1;
    }
    for (int sweep = 0; sweep < most_sweeps; ++sweep) {
        bool is_diagonal = true;
        for (std::size_t q = 1; q < count; ++q) {
            for (std::size_t p = 0; p < q; ++p) {
                const double noise =
                    std::numeric_limits<double>::epsilon() / 2 * std::sqrt(std::abs(matrix[p][p] * matrix[q][q]));
                if (std::abs(matrix[p][q]) > noise) {
                    is_diagonal = false;
                    rotate(matrix, found.axis, p, q, count);
                }
            }
        }
        if (is_diagonal) {
            break;
        }
    }
    for (std::size_t i = 0; i < count; ++i) {
        found.curvature[i] = matrix[i][i];
    }
    return found;
}

Parameters parameters_at(const Parameters& logarithms)
{
    Parameters parameters{};
    std::transform(logarithms.begin(), logarithms.end(), parameters.begin(), [](double x) { return std::exp(x); });
    return parameters;
}

/** By the logarithms of the parameters: d/d(log p) = p d/dp. */
Curvature look_at(const std::function<Curvature(const Parameters&)>& function, const Parameters& logarithms, std::size_t count)
{
    const Parameters at = parameters_at(logarithms);
    Curvature here = function(at);
    for (std::size_t i = 0; i < count; ++i) {
        here.gradient[i] *= at[i];
        for (std::size_t j = 0; j <= i; ++j) {
            here.hessian[i][j] *= at[i] * at[j];
            here.hessian[j][i] = here.hessian[i][j];
        }
        here.hessian[i][i] += here.gradient[i];
    }
    return here;
}

bool is_finite(const Curvature& here)
{
    const auto finite = [](const Parameters& row) {
        return std::all_of(row.begin(), row.end(), [](double x) { return std::isfinite(x); });
    };
    return finite(here.gradient) && std::all_of(here.hessian.begin(), here.hessian.end(), finite);
}

/** From a point to where the parabola of its curvatures, all taken downwards, is highest. */
struct Step {
    Parameters by{};
    double length = 0;       // of its longest part
    bool is_newton = false;  // all curvatures do lead down
    Square covariance{};     // where they do: the inverse of the information
};

Step step_from(const Curvature& here, std::size_t count)
{
    const Axes axes = axes_of(here.hessian, count);
    const auto [lowest, highest] = std::minmax_element(axes.curvature.begin(), axes.curvature.begin() + count);
    const double least = std::max(std::abs(*lowest), std::abs(*highest)) * 1e-15 + std::numeric_limits<double>::min();
    Step step;
    step.is_newton = *highest < -least;
    for (std::size_t k = 0; k < count; ++k) {
        const double curvature = std::max(std::abs(axes.curvature[k]), least);
        double uphill = 0;
        for (std::size_t i = 0; i < count; ++i) {
            uphill += axes.axis[i][k] * here.gradient[i];
        }
        for (std::size_t i = 0; i < count; ++i) {
            step.by[i] += axes.axis[i][k] * uphill / curvature;
            for (std::size_t j = 0; j < count; ++j) {
                step.covariance[i][j] += axes.axis[i][k] * axes.axis[j][k] / curvature;
            }
        }
    }
    for (const double part : step.by) {
        step.length = std::max(step.length, std::abs(part));
    }
    return step;
}

}  // namespace

Maximum maximise(const std::function<Curvature(const Parameters&)>& function, std::span<const double> start, double furthest,
                 const kernel::StopFlag& stop)
{
    const std::size_t count = start.size();
    Parameters theta{};
    std::transform(start.begin(), start.end(), theta.begin(), [](double x) { return std::log(x); });
    Curvature here = look_at(function, theta, count);
    Step step = step_from(here, count);
    double shrunk = 1;
    Maximum found;
    while (found.iterations < most_iterations && !found.converged && found.out_of_bounds < 0) {
        stop.poll();
        ++found.iterations;
        Parameters next = theta;
        for (std::size_t i = 0; i < count; ++i) {
            next[i] += step.by[i] * shrunk * std::min(1.0, longest_step / step.length);
        }
        const Curvature there = look_at(function, next, count);
        // Near the top the likelihood no longer tells steps apart: what is lost to rounding is no loss.
        const double noise = 1e-13 * std::abs(here.value);
        if (!(there.value >= here.value - noise) || !is_finite(there)) {
            shrunk *= 0.5;
            continue;
        }
        found.converged = step.length < smallest_step && step.is_newton;
        shrunk = 1;
        theta = next;
        here = there;
        step = step_from(here, count);
        for (std::size_t i = 0; i < count; ++i) {
            if (std::abs(theta[i]) > furthest) {
                found.out_of_bounds = static_cast<int>(i);
                found.converged = false;
            }
        }
    }
    found.at = parameters_at(theta);
    found.value = here.value;
    for (std::size_t i = 0; i < count; ++i) {
        const auto known = [&step](double value) { return step.is_newton ? value : std::numeric_limits<double>::quiet_NaN(); };
        found.errors[i] = known(found.at[i] * std::sqrt(step.covariance[i][i]));
        for (std::size_t j = 0; j < count; ++j) {
            found.correlations[i][j] =
                known(step.covariance[i][j] / (std::sqrt(step.covariance[i][i]) * std::sqrt(step.covariance[j][j])));
        }
    }
    return found;
}

}  // namespace marketing::numeric
