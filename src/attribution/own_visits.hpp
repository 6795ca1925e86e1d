/**
 * How often a walk through an absorbing chain returns to where it began: the diagonal of the fundamental matrix N = (I - Q)^-1.
 *
 * By Gauss-Seidel sweeps over (I - Q) y = e_x, many x side by side, so that each probability is read once for all of them, and tile by tile of Q, so
 * that what a tile reads of y stays in the nearest cache. After each sweep the part of the residual that dies out most slowly, that along the leading
 * eigenvectors of Q, is taken out at once; what is left of a chain whose walks mix is a few sweeps. I - Q is an M-matrix with row sums at most 1: the
 * error of y_x is at most the largest change of the last sweep times the longest expected walk.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernel/stop.hpp"

namespace marketing::attribution {

/** The transitions from each state to other states, by rows, and how probable it is that a state is followed by itself. */
struct SparseRows {
    std::vector<std::size_t> begin;  // one more than there are rows
    std::vector<std::uint32_t> to;   // ascending within a row
    std::vector<double> probability;
    std::vector<double> loop;

    [[nodiscard]] std::size_t size() const noexcept { return loop.size(); }
};

/**
 * For each state the visits to it of a walk that begins there, the first included: 1 or more. `longest_walk` is at least the number of
 * steps to expect from any state. Empty where sweeps do not settle. Memory: at most 256 bytes for each state and 13 for each transition. Throws Stopped.
 */
[[nodiscard]] std::vector<double> own_visits(const SparseRows& chain, double longest_walk, const kernel::StopFlag& stop);

}  // namespace marketing::attribution
