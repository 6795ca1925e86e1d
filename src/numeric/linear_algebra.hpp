/** Systems of linear equations: Eigen's decompositions, compiled once. */
#pragma once

#include "numeric/eigen.hpp"

namespace marketing::numeric {

/** X of matrix X = right, by LU decomposition with partial pivoting. */
[[nodiscard]] Eigen::MatrixXd solve(const Eigen::MatrixXd& matrix, const Eigen::MatrixXd& right);

/** x of matrix x = right, which need not be of full rank, by LU decomposition with full pivoting: what nothing is known of is 0. */
[[nodiscard]] Eigen::VectorXd solve_any_rank(const Eigen::MatrixXd& matrix, const Eigen::VectorXd& right);

}  // namespace marketing::numeric
