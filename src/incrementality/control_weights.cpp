#include "incrementality/control_weights.hpp"

#include <algorithm>
#include <cmath>
#include <vector>

#include "kernel/stop.hpp"
#include "numeric/linear_algebra.hpp"

namespace marketing::incrementality {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/** The active set: only weights of `free_` may be other than 0. */
class SimplexSearch {
public:
    SimplexSearch(const MatrixXd& products, const VectorXd& with_target)
        : products_(products), with_target_(with_target), weights_(VectorXd::Zero(with_target.size()))
    {
        // A little of each weight's square makes the answer one where regions are alike.
        ridge_ = 1e-13 * products.diagonal().mean();
        Index best = 0;
        (products.diagonal() - 2 * with_target).minCoeff(&best);
        weights_[best] = 1;
        free_ = {best};
    }

    [[nodiscard]] VectorXd find()
    {
        const auto most_rounds = 20 * weights_.size() + 100;
        for (Index round = 0; round < most_rounds; ++round) {
            kernel::poll();
            if (!settle() || !free_next()) {
                break;
            }
        }
        return weights_ / weights_.sum();
    }

private:
    /** The least on the plane of the free weights; their sum is 1. */
    [[nodiscard]] VectorXd least_of_free()
    {
        const auto n = static_cast<Index>(free_.size());
        MatrixXd system(n, n);
        MatrixXd right(n, 2);
        for (Index i = 0; i < n; ++i) {
            for (Index j = 0; j < n; ++j) {
                system(i, j) = products_(free_[static_cast<std::size_t>(i)], free_[static_cast<std::size_t>(j)]);
            }
            system(i, i) += ridge_;
            right(i, 0) = with_target_[free_[static_cast<std::size_t>(i)]];
            right(i, 1) = 1;
        }
        const MatrixXd parts = numeric::solve(system, right);
        level_ = (1 - parts.col(0).sum()) / parts.col(1).sum();
        return parts.col(0) + level_ * parts.col(1);
    }

    /** Goes to the least of the free weights, giving up those that would become negative. False where numbers do not allow it. */
    bool settle()
    {
        while (true) {
            const VectorXd goal = least_of_free();
            if (!goal.allFinite()) {
                return false;
            }
            double step = 1;
            for (std::size_t i = 0; i < free_.size(); ++i) {
                const double now = weights_[free_[i]];
                const double then = goal[static_cast<Index>(i)];
                if (then <= 0) {
                    step = std::min(step, now > then ? now / (now - then) : 0.0);
                }
            }
            for (std::size_t i = 0; i < free_.size(); ++i) {
                double& weight = weights_[free_[i]];
                weight += step * (goal[static_cast<Index>(i)] - weight);
            }
            if (step == 1) {
                return true;
            }
            const std::size_t before = free_.size();
            std::erase_if(free_, [this](Index region) {
                constexpr double nothing = 1e-15;
                const bool gone = weights_[region] <= nothing;
                weights_[region] = gone ? 0 : weights_[region];
                return gone;
            });
            if (free_.empty() || free_.size() == before) {
                return false;
            }
        }
    }

    /** Frees the weight whose growth would gain most; false where none would gain. */
    bool free_next()
    {
        const VectorXd gradient = products_ * weights_ + ridge_ * weights_ - with_target_;
        Index next = 0;
        double least = std::numeric_limits<double>::infinity();
        for (Index region = 0; region < weights_.size(); ++region) {
            if (std::find(free_.begin(), free_.end(), region) == free_.end() && gradient[region] < least) {
                least = gradient[region];
                next = region;
            }
        }
        const double scale = std::max(products_.diagonal().maxCoeff(), std::numeric_limits<double>::min());
        if (!(least - level_ < -1e-12 * scale)) {
            return false;
        }
        free_.push_back(next);
        return true;
    }

    const MatrixXd& products_;
    const VectorXd& with_target_;
    VectorXd weights_;
    std::vector<Index> free_;
    double ridge_ = 0;
    double level_ = 0;  // the gradient of the free weights
};

}  // namespace

VectorXd simplex_weights(const MatrixXd& products, const VectorXd& with_target)
{
    return SimplexSearch(products, with_target).find();
}

VectorXd ridge_weights(const MatrixXd& products, const VectorXd& with_target, const VectorXd& weights, double penalty)
{
    if (std::isinf(penalty)) {
        return VectorXd::Zero(weights.size());
    }
    MatrixXd centred = products;
    centred.rowwise() -= products.colwise().mean();
    const VectorXd row_means = centred.rowwise().mean();
    centred.colwise() -= row_means;
    centred.diagonal().array() += penalty;
    VectorXd left = with_target - products * weights;
    left.array() -= left.mean();
    return numeric::solve(centred, left);
}

}  // namespace marketing::incrementality
