#include "numeric/linear_algebra.hpp"

#include <Eigen/LU>

namespace marketing::numeric {

Eigen::MatrixXd solve(const Eigen::MatrixXd& matrix, const Eigen::MatrixXd& right)
{
    return matrix.partialPivLu().solve(right);
}

Eigen::VectorXd solve_any_rank(const Eigen::MatrixXd& matrix, const Eigen::VectorXd& right)
{
    return matrix.fullPivLu().solve(right);
}

}  // namespace marketing::numeric
