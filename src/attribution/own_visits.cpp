#include "attribution/own_visits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "numeric/eigen.hpp"

namespace marketing::attribution {
namespace {

/** States solved for side by side: four registers of two numbers. */
constexpr int width = 8;
using Side = Eigen::Array<double, width, 1>;

/**
 * The leading eigenvectors of Q, roughly: u to the right, v to the left. A correction adds u v'r / v'(I - Q)u to a solution whose residual is r; any u
 * and v leave a solution what it is.
 *
 * After a sweep from the last row to the first, r is what the rows before a row have changed since it was solved, so that v'r is a sum of changes, which
 * loses no digits as they become small.
 */
class SlowestMode {
public:
    explicit SlowestMode(const SparseRows& chain)
        : right_(static_cast<Eigen::Index>(chain.size())), left_(right_.size()), later_(Eigen::ArrayXd::Zero(right_.size()))
    {
        constexpr int steps = 30;
        right_.setOnes();
        left_.setConstant(1.0 / static_cast<double>(chain.size()));
        for (int step = 0; step < steps; ++step) {
            const Eigen::ArrayXd right = after(chain, right_);
            const Eigen::ArrayXd left = before(chain, left_);
            if (!(right.maxCoeff() > 0) || !(left.sum() > 0)) {
                return;  // no walk is so long
            }
            right_ = right / right.maxCoeff();
            left_ = left / left.sum();
        }
        // Where the two hardly meet the correction would do harm.
        constexpr double least_overlap = 0.01;
        const double part = ((left_ - before(chain, left_)) * right_).sum();
        if ((left_ * right_).sum() > least_overlap && part > 0) {
            scale_ = 1 / part;
        }
        for_each(chain,
                 [this](Eigen::Index from, Eigen::Index to, double p) { later_[to] += from > to ? p * left_[from] : 0; });
    }

    /** v'r of the residual e_x, of the first sweep. */
    [[nodiscard]] double at(std::size_t row) const { return left_[static_cast<Eigen::Index>(row)]; }
    /** What a change of the row in a sweep adds to v'r. */
    [[nodiscard]] double after_change(std::size_t row) const { return later_[static_cast<Eigen::Index>(row)]; }

    void correct(std::vector<Side>& y, const Side& residual) const
    {
        if (scale_ == 0) {
            return;
        }
        const Side step = scale_ * residual;
        for (std::size_t i = 0; i < y.size(); ++i) {
            y[i] += right_[static_cast<Eigen::Index>(i)] * step;
        }
    }

private:
    template <class Visit>
    static void for_each(const SparseRows& chain, Visit visit)
    {
        for (std::size_t row = 0; row < chain.size(); ++row) {
            visit(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(row), chain.loop[row]);
            for (std::size_t at = chain.begin[row]; at < chain.begin[row + 1]; ++at) {
                visit(static_cast<Eigen::Index>(row), static_cast<Eigen::Index>(chain.to[at]), chain.probability[at]);
            }
        }
    }
    static Eigen::ArrayXd after(const SparseRows& chain, const Eigen::ArrayXd& x)
    {
        Eigen::ArrayXd product = Eigen::ArrayXd::Zero(x.size());
        for_each(chain, [&](Eigen::Index from, Eigen::Index to, double p) { product[from] += p * x[to]; });
        return product;
    }
    static Eigen::ArrayXd before(const SparseRows& chain, const Eigen::ArrayXd& x)
    {
        Eigen::ArrayXd product = Eigen::ArrayXd::Zero(x.size());
        for_each(chain, [&](Eigen::Index from, Eigen::Index to, double p) { product[to] += p * x[from]; });
        return product;
    }

    Eigen::ArrayXd right_;
    Eigen::ArrayXd left_;
    Eigen::ArrayXd later_;
    double scale_ = 0;
};

struct Swept {
    Side change = Side::Zero();    // the largest of each side
    Side residual = Side::Zero();  // v'r, see SlowestMode
};

/** One sweep, in place. */
Swept sweep(const SparseRows& chain, const SlowestMode& slowest, std::size_t first, std::vector<Side>& y)
{
    Swept swept;
    for (std::size_t row = chain.size(); row-- > 0;) {
        Side next = Side::Zero();
        if (row >= first && row - first < width) {
            next[static_cast<Eigen::Index>(row - first)] = 1;
        }
        for (std::size_t at = chain.begin[row]; at < chain.begin[row + 1]; ++at) {
            next += chain.probability[at] * y[chain.to[at]];
        }
        next /= 1 - chain.loop[row];
        const Side change = next - y[row];
        swept.change = swept.change.max(change.abs());
        swept.residual += slowest.after_change(row) * change;
        y[row] = next;
    }
    return swept;
}

/** The largest part of each solution. */
Side largest(const std::vector<Side>& y)
{
    Side most = Side::Zero();
    for (const Side& row : y) {
        most = most.max(row.abs());
    }
    return most;
}

/** The solutions for the states from `first` on; false where sweeps do not settle. */
bool solve(const SparseRows& chain, const SlowestMode& slowest, std::size_t first, double longest_walk, std::vector<Side>& y,
           const kernel::StopFlag& stop)
{
    constexpr int most_sweeps = 20'000;
    constexpr double error = 1e-13;
    constexpr double rounding = 2 * std::numeric_limits<double>::epsilon();
    constexpr double noise = 100 * rounding;  // a correction would blow this up
    constexpr int first_sweeps = 3;
    bool corrects = true;  // until it is of no use: plain sweeps settle from anywhere
    std::fill(y.begin(), y.end(), Side::Zero());
    Swept swept;
    for (std::size_t i = 0; i < width && first + i < y.size(); ++i) {
        swept.residual[static_cast<Eigen::Index>(i)] = slowest.at(first + i);
    }
    swept.change.setOnes();
    Side most = Side::Zero();
    for (int sweeps = 0; sweeps < most_sweeps; ++sweeps) {
        stop.poll();
        corrects = corrects && !(swept.change <= noise * most).all();
        if (corrects) {
            slowest.correct(y, swept.residual);
        }
        const double before = swept.change.maxCoeff();
        swept = sweep(chain, slowest, first, y);
        corrects = corrects && (sweeps < first_sweeps || swept.change.maxCoeff() < before);
        most = largest(y);
        if (!swept.change.allFinite()) {
            return false;
        }
        if ((swept.change <= (rounding * most).max(error / longest_walk)).all()) {
            return true;
        }
    }
    return false;
}

}  // namespace

std::vector<double> own_visits(const SparseRows& chain, double longest_walk, const kernel::StopFlag& stop)
{
    const SlowestMode slowest(chain);
    std::vector<double> visits;
    std::vector<Side> y(chain.size());
    while (visits.size() < chain.size()) {
        const std::size_t first = visits.size();
        if (!solve(chain, slowest, first, longest_walk, y, stop)) {
            return {};
        }
        for (std::size_t i = 0; i < width && first + i < chain.size(); ++i) {
            visits.push_back(y[first + i][static_cast<Eigen::Index>(i)]);
        }
    }
    return visits;
}

}  // namespace marketing::attribution
