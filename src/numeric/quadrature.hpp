/** Integrals: Boost.Math's rules, compiled once. */
#pragma once

#include <array>
#include <functional>

namespace marketing::numeric {

/**
 * The integral of `function` from `low` to `high` to about this relative error, by the tanh-sinh rule: singular ends do no harm. Besides x
 * the function is given the distance to the nearer end, which near `high` is known better than x is (negative in the lower half).
 */
[[nodiscard]] double integral(const std::function<double(double, double)>& function, double low, double high, double tolerance);

/** A beta distribution of a rate, by what was seen of it. */
struct Beta {
    double successes;
    double failures;
};

/** E[f(rate, 1 - rate)], to about 1e-10, for parameters of any size; both arguments have their digits. */
[[nodiscard]] double expectation(const Beta& belief, const std::function<double(double, double)>& f);

/** P(rate of `one` > rate of `other`), to about 1e-10, also where their mass is at rates below the smallest double. */
[[nodiscard]] double probability_greater(const Beta& one, const Beta& other);

struct Node {
    double at;
    double weight;
};

/** The rule of Gauss and Legendre for integrals from -1 to 1. */
[[nodiscard]] const std::array<Node, 60>& gauss_legendre();

}  // namespace marketing::numeric
