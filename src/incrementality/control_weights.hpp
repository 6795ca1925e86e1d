/**
 * Weights of the regions that stand for another one: synthetic control (Abadie, Diamond, Hainmueller 2010) and its ridge augmentation
 * (Ben-Michael, Feller, Rothstein 2021), from products of columns alone: H = X'X of the others, c = X'y.
 */
#pragma once

#include "numeric/eigen.hpp"

namespace marketing::incrementality {

/** w >= 0 with sum 1 that minimises w'Hw - 2c'w, exactly, by an active set. Throws Stopped. */
[[nodiscard]] Eigen::VectorXd simplex_weights(const Eigen::MatrixXd& products, const Eigen::VectorXd& with_target);

/**
 * What ridge regression of what `weights` leave unexplained adds to them: (C'C + penalty I)^-1 C'(y - Xw), C = X less its mean over the regions in each
 * period. The sum stays 1; weights may become negative. An infinite penalty adds nothing.
 */
[[nodiscard]] Eigen::VectorXd ridge_weights(const Eigen::MatrixXd& products, const Eigen::VectorXd& with_target,
                                            const Eigen::VectorXd& weights, double penalty);

}  // namespace marketing::incrementality
