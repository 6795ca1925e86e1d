/**
 * Newton's method for a likelihood of a few positive parameters: steps on their logarithms, uphill also where the likelihood is not
 * concave (by the absolute values of the curvatures), and halved where they would lead down.
 */
#pragma once

#include <Eigen/Dense>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <cmath>
#include <limits>

#include "kernel/stop.hpp"

namespace marketing::numeric {

/** A function of N parameters at one point. */
template <int N>
struct Curvature {
    double value = 0;
    Eigen::Matrix<double, N, 1> gradient = Eigen::Matrix<double, N, 1>::Zero();
    Eigen::Matrix<double, N, N> hessian = Eigen::Matrix<double, N, N>::Zero();
};

template <int N>
struct Maximum {
    Eigen::Matrix<double, N, 1> at;      // the parameters, not their logarithms
    Eigen::Matrix<double, N, 1> errors;  // standard errors; NaN where the Hessian is singular
    double value = 0;
    int iterations = 0;
    bool converged = false;
    int out_of_bounds = -1;  // the parameter that ran away, if one did
};

/** From parameters to their logarithms: d/d(log p) = p d/dp. */
template <int N>
[[nodiscard]] Curvature<N> on_logarithms(const Curvature<N>& raw, const Eigen::Matrix<double, N, 1>& at)
{
    Curvature<N> out;
    out.value = raw.value;
    out.gradient = raw.gradient.cwiseProduct(at);
    out.hessian = at.asDiagonal() * raw.hessian * at.asDiagonal();
    out.hessian.diagonal() += out.gradient;
    return out;
}

/**
 * Climbs from `start`. `evaluate(parameters)` gives the Curvature<N> there; `furthest` bounds the size of the logarithms: a
 * parameter beyond has no maximum inside.
 */
template <int N, class Evaluate>
[[nodiscard]] Maximum<N> maximise(Evaluate&& evaluate, const Eigen::Matrix<double, N, 1>& start, double furthest,
                                  const kernel::StopFlag& stop)
{
    using Vector = Eigen::Matrix<double, N, 1>;
    using Matrix = Eigen::Matrix<double, N, N>;
    constexpr int most_iterations = 200;
    constexpr double longest_step = 2;
    constexpr double smallest_step = 1e-10;

    Vector theta = start.array().log();
    Curvature<N> here = on_logarithms<N>(evaluate(start), start);
    double shrunk = 1;
    Maximum<N> found;
    while (found.iterations < most_iterations && !found.converged && found.out_of_bounds < 0) {
        stop.poll();
        ++found.iterations;
        const Eigen::SelfAdjointEigenSolver<Matrix> axes(Matrix(-here.hessian));
        const double least = axes.eigenvalues().cwiseAbs().maxCoeff() * 1e-15 + std::numeric_limits<double>::min();
        const Vector curvature = axes.eigenvalues().cwiseAbs().cwiseMax(least);
        Vector step = axes.eigenvectors() * (axes.eigenvectors().transpose() * here.gradient).cwiseQuotient(curvature);
        const double length = step.cwiseAbs().maxCoeff();
        step *= shrunk * std::min(1.0, longest_step / length);
        const Vector next = theta + step;
        const Vector parameters = next.array().exp();
        const Curvature<N> there = on_logarithms<N>(evaluate(parameters), parameters);
        // Near the top the likelihood no longer tells steps apart: what is lost to rounding is no loss.
        const double noise = 1e-13 * std::abs(here.value);
        if (!(there.value >= here.value - noise) || !there.gradient.allFinite() || !there.hessian.allFinite()) {
            shrunk *= 0.5;
            continue;
        }
        found.converged = length < smallest_step && axes.eigenvalues().minCoeff() > least;
        shrunk = 1;
        theta = next;
        here = there;
        for (int i = 0; i < N; ++i) {
            if (std::abs(theta[i]) > furthest) {
                found.out_of_bounds = i;
                found.converged = false;
            }
        }
    }
    found.at = theta.array().exp();
    found.value = here.value;
    const Eigen::LLT<Matrix> information(Matrix(-here.hessian));
    found.errors = information.info() == Eigen::Success
                       ? Vector(found.at.cwiseProduct(information.solve(Matrix::Identity()).diagonal().cwiseSqrt()))
                       : Vector(Vector::Constant(std::numeric_limits<double>::quiet_NaN()));
    return found;
}

}  // namespace marketing::numeric
