#include "attribution/own_visits.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>

#include "numeric/eigen.hpp"

namespace marketing::attribution {
namespace {

/** States solved for side by side, in registers of four numbers, or twice as many of two. */
constexpr int width = 16;
using Side = Eigen::Array<double, width, 1>;

// Wide registers where the processor has them. Products and sums are not fused, so that the numbers are the same on all.
#if defined(__x86_64__) && defined(__GLIBC__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__)
#define FOR_WIDE_REGISTERS __attribute__((target_clones("avx2", "default")))
#else
#define FOR_WIDE_REGISTERS
#endif

/** Adds to the sums of each row its probabilities times what y is where they lead; the entries of row i end before ends[i + 1]. */
FOR_WIDE_REGISTERS void add_products(std::span<const std::uint32_t> ends, const std::uint32_t* to, const double* probability,
                                     const Side* y, Side* sums)
{
    using Lane = double __attribute__((vector_size(4 * sizeof(double)), aligned(alignof(double)), may_alias));
    static_assert(width * sizeof(double) == 4 * sizeof(Lane));
    for (std::size_t row = 0; row + 1 < ends.size(); ++row) {
        Lane* const sum = reinterpret_cast<Lane*>(sums[row].data());
        Lane first = sum[0];
        Lane second = sum[1];
        Lane third = sum[2];
        Lane fourth = sum[3];
        for (std::uint32_t at = ends[row]; at < ends[row + 1]; ++at) {
            const Lane* const x = reinterpret_cast<const Lane*>(y[to[at]].data());
            first += probability[at] * x[0];
            second += probability[at] * x[1];
            third += probability[at] * x[2];
            fourth += probability[at] * x[3];
        }
        sum[0] = first;
        sum[1] = second;
        sum[2] = third;
        sum[3] = fourth;
    }
}

/**
 * The probabilities in tiles of as many rows as columns, so that the part of y that a tile reads stays in the nearest cache. Of a chain with few
 * transitions tiles are larger: each should have several of every row.
 */
class Tiles {
public:
    explicit Tiles(const SparseRows& chain)
    {
        constexpr std::size_t fit = 160;  // rows of y, 20 KB
        constexpr std::size_t fewest = 8;
        rows_ = std::max(fit, fewest * chain.size() * chain.size() / std::max<std::size_t>(chain.to.size(), 1));
        count_ = (chain.size() + rows_ - 1) / rows_;
        sums_.resize(std::min(rows_, chain.size()));
        to_.reserve(chain.to.size());
        probability_.reserve(chain.to.size());
        std::vector<std::size_t> next(chain.begin.begin(), chain.begin.end() - 1);
        for (std::size_t from = 0; from < chain.size(); from += rows_) {
            for (std::size_t tile = 0; tile < count_; ++tile) {
                const std::size_t past = (tile + 1) * rows_;
                for (std::size_t row = from; row < std::min(from + rows_, chain.size()); ++row) {
                    ends_.push_back(static_cast<std::uint32_t>(to_.size()));
                    for (; next[row] < chain.begin[row + 1] && chain.to[next[row]] < past; ++next[row]) {
                        to_.push_back(chain.to[next[row]]);
                        probability_.push_back(chain.probability[next[row]]);
                    }
                }
                ends_.push_back(static_cast<std::uint32_t>(to_.size()));
            }
        }
    }

    /** Calls visit(row, sum) for each row from the last to the first, with the probabilities times y, which visit may change there. */
    template <class Visit>
    void from_last_to_first(const std::vector<Side>& y, Visit visit)
    {
        for (std::size_t band = count_; band-- > 0;) {
            const std::size_t from = band * rows_;
            const std::size_t size = std::min(rows_, y.size() - from);
            std::fill_n(sums_.begin(), size, Side::Zero());
            for (std::size_t tile = 0; tile < count_; ++tile) {
                if (tile != band) {
                    add_products(ends(band, tile, size), to_.data(), probability_.data(), y.data(), sums_.data());
                }
            }
            const auto own = ends(band, band, size);
            for (std::size_t i = size; i-- > 0;) {
                add_products(own.subspan(i, 2), to_.data(), probability_.data(), y.data(), &sums_[i]);
                visit(from + i, sums_[i]);
            }
        }
    }

private:
    [[nodiscard]] std::span<const std::uint32_t> ends(std::size_t band, std::size_t tile, std::size_t size) const
    {
        // Each band before is of rows_ rows, and has an end more in each tile.
        return std::span(ends_).subspan(band * (rows_ + 1) * count_ + tile * (size + 1), size + 1);
    }

    std::size_t rows_;
    std::size_t count_;
    std::vector<std::uint32_t> ends_;
    std::vector<std::uint32_t> to_;
    std::vector<double> probability_;
    std::vector<Side> sums_;
};

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
Swept sweep(const SparseRows& chain, Tiles& tiles, const SlowestMode& slowest, std::size_t first, std::vector<Side>& y)
{
    Swept swept;
    tiles.from_last_to_first(y, [&](std::size_t row, Side& next) {
        if (row >= first && row - first < width) {
            next[static_cast<Eigen::Index>(row - first)] += 1;
        }
        next /= 1 - chain.loop[row];
        const Side change = next - y[row];
        swept.change = swept.change.max(change.abs());
        swept.residual += slowest.after_change(row) * change;
        y[row] = next;
    });
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
bool solve(const SparseRows& chain, Tiles& tiles, const SlowestMode& slowest, std::size_t first, double longest_walk,
           std::vector<Side>& y, const kernel::StopFlag& stop)
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
        swept = sweep(chain, tiles, slowest, first, y);
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
    Tiles tiles(chain);
    std::vector<double> visits;
    std::vector<Side> y(chain.size());
    while (visits.size() < chain.size()) {
        const std::size_t first = visits.size();
        if (!solve(chain, tiles, slowest, first, longest_walk, y, stop)) {
            return {};
        }
        for (std::size_t i = 0; i < width && first + i < chain.size(); ++i) {
            visits.push_back(y[first + i][static_cast<Eigen::Index>(i)]);
        }
    }
    return visits;
}

}  // namespace marketing::attribution
