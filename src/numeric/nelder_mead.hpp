/**
 * Minimum of a function of a few variables by the simplex of Nelder and Mead (1965), with their coefficients 1, 2, 1/2, 1/2.
 *
 * For smooth functions whose derivatives are not at hand. It finds a local minimum: start it near a good one. Boost.Math, from which
 * the other searches come, minimises functions of one variable only (1.74, Debian 12).
 */
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>

namespace marketing::numeric {

template <std::size_t N>
struct Vertex {
    std::array<double, N> at;
    double value;
};

/**
 * Starts from `start` and one vertex `step` away along each axis; ends when the values at the vertices differ by less than
 * `tolerance` of the least one, or after `most_steps` steps. `function` takes a std::array<double, N>; a value that is not a number
 * counts as infinite.
 */
template <std::size_t N, class Function>
[[nodiscard]] Vertex<N> nelder_mead(const Function& function, const std::array<double, N>& start, double step, double tolerance,
                                    int most_steps)
{
    const auto look_at = [&function](const std::array<double, N>& at) {
        const double value = function(at);
        return Vertex<N>{at, std::isnan(value) ? HUGE_VAL : value};
    };
    std::array<Vertex<N>, N + 1> simplex;
    simplex.fill(look_at(start));
    for (std::size_t i = 0; i < N; ++i) {
        auto at = start;
        at[i] += step;
        simplex[i + 1] = look_at(at);
    }
    const auto less = [](const Vertex<N>& a, const Vertex<N>& b) { return a.value < b.value; };
    for (int taken = 0; taken < most_steps; ++taken) {
        std::stable_sort(simplex.begin(), simplex.end(), less);
        const Vertex<N> worst = simplex.back();
        if (worst.value - simplex.front().value <= tolerance * std::abs(simplex.front().value)) {
            break;
        }
        // A point on the line from the worst vertex through the centre of the others, `factor` beyond it.
        const auto beyond_centre = [&simplex, &worst, &look_at](double factor) {
            std::array<double, N> at{};
            for (std::size_t i = 0; i < N; ++i) {
                double centre = 0;
                for (std::size_t v = 0; v < N; ++v) {
                    centre += simplex[v].at[i] / static_cast<double>(N);
                }
                at[i] = centre + factor * (centre - worst.at[i]);
            }
            return look_at(at);
        };
        const auto reflected = beyond_centre(1);
        if (reflected.value < simplex.front().value) {
            const auto expanded = beyond_centre(2);
            simplex.back() = less(expanded, reflected) ? expanded : reflected;
        } else if (reflected.value < simplex[N - 1].value) {
            simplex.back() = reflected;
        } else {
            const auto contracted = beyond_centre(reflected.value < worst.value ? 0.5 : -0.5);
            if (contracted.value < std::min(reflected.value, worst.value)) {
                simplex.back() = contracted;
            } else {
                for (std::size_t v = 1; v <= N; ++v) {
                    auto at = simplex[v].at;
                    for (std::size_t i = 0; i < N; ++i) {
                        at[i] = (at[i] + simplex.front().at[i]) / 2;
                    }
                    simplex[v] = look_at(at);
                }
            }
        }
    }
    return *std::min_element(simplex.begin(), simplex.end(), less);
}

}  // namespace marketing::numeric
