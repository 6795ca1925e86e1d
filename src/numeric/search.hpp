/** Roots and minima of functions of one variable, within bounds: Boost.Math's, compiled once. */
#pragma once

#include <functional>

namespace marketing::numeric {

/** The two ends of what is left of a search. */
struct Bracket {
    double low;
    double high;
    [[nodiscard]] double middle() const noexcept { return (low + high) / 2; }
};

/**
 * Where `function` changes its sign between `low` and `high`, to this many bits (at most 52), by Alefeld, Potra and Shi's algorithm 748.
 * Its signs at the two must differ.
 */
[[nodiscard]] Bracket root(const std::function<double(double)>& function, double low, double high, int bits);

/** Where `function` is least between `low` and `high`, by Brent's method. More than half of the 53 bits of a double cannot be had. */
[[nodiscard]] double minimum(const std::function<double(double)>& function, double low, double high, int bits);

}  // namespace marketing::numeric
