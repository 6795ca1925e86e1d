#include "experiments/fisher.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernel/stop.hpp"
#include "numeric/large_shapes.hpp"
#include "numeric/quadrature.hpp"
#include "numeric/search.hpp"

namespace marketing::experiments {
namespace {

constexpr double tie = 1e-7;
constexpr double continuous_from = 1e4;

/** Tables of the same margins, by how far the first cell is from a middle one: cells 0 and 3 grow with it, 1 and 2 shrink. */
class Tables {
public:
    Tables(const Proportion& a, const Proportion& b)
    {
        const auto n_a = static_cast<double>(a.trials);
        const auto n_b = static_cast<double>(b.trials);
        const auto hits = static_cast<double>(a.successes) + static_cast<double>(b.successes);
        const auto all = n_a + n_b;
        deviation_ = std::sqrt(hits / all * ((all - hits) / all) * (n_a / all) * n_b);
        const double middle = deviation_ > continuous_from ? hits / all * n_a : std::floor((hits + 1) / (all + 2) * (n_a + 1));
        const double first = std::clamp(middle, std::max(0.0, hits - n_b), std::min(hits, n_a));
        cells_ = {first, hits - first, n_a - first, n_b - (hits - first)};
        at_hand_ = static_cast<double>(a.successes) - first;
    }

    [[nodiscard]] double p_value(Alternative alternative) const
    {
        // The first cell is A's successes.
        const int side = alternative == Alternative::two_sided ? 0 : alternative == Alternative::greater ? -1 : 1;
        if (deviation_ > continuous_from) {
            return side == 0 ? by_integrals() : by_integrals(side);
        }
        return by_sums(side);
    }

private:
    /** Calls visit(distance, weight) from beside the middle on, whose weight is 1, as long as it answers true. */
    template <class Visit>
    void walk(int direction, Visit visit) const
    {
        const double furthest = direction > 0 ? std::min(cells_[1], cells_[2]) : std::min(cells_[0], cells_[3]);
        double weight = 1;
        for (double i = 1; i <= furthest; ++i) {
            const double distance = i * direction;
            weight *= direction > 0 ? (cells_[1] - i + 1) * (cells_[2] - i + 1) / ((cells_[0] + i) * (cells_[3] + i))
                                    : (cells_[0] - i + 1) * (cells_[3] - i + 1) / ((cells_[1] + i) * (cells_[2] + i));
            kernel::poll();
            if (!visit(distance, weight)) {
                return;
            }
        }
    }

    /** Of all tables no more likely, or of those as far on one side. */
    [[nodiscard]] double by_sums(int side) const
    {
        double at_hand = 1;
        if (at_hand_ != 0) {
            walk(at_hand_ > 0 ? 1 : -1, [&](double distance, double weight) {
                at_hand = weight;
                return distance != at_hand_ && weight > 0;
            });
        }
        const double limit = at_hand * (1 + tie);
        const double negligible = at_hand * 1e-20;
        const auto counts = [&](double distance, double weight) {
            return side == 0 ? weight <= limit : distance * side >= at_hand_ * side;
        };
        double total = 1;
        double rare = counts(0, 1) ? 1 : 0;
        for (const int direction : {1, -1}) {
            walk(direction, [&](double distance, double weight) {
                total += weight;
                rare += counts(distance, weight) ? weight : 0;
                return weight > negligible;
            });
        }
        return std::min(1.0, rare / total);
    }

    /** The log of the weight, by Stirling's formula: all cells are large. */
    [[nodiscard]] double log_weight(double distance) const
    {
        double sum = 0;
        for (std::size_t i = 0; i < cells_.size(); ++i) {
            const double excess = i == 0 || i == 3 ? distance : -distance;
            sum -= numeric::deviance_part(cells_[i], excess, std::log((cells_[i] + excess) / cells_[i])) +
                   std::log1p(excess / cells_[i]) / 2;
        }
        return sum;
    }

    /** The weight of all tables from `distance` on to the outside, relative to that of the middle. */
    [[nodiscard]] double tail(double distance, int direction) const
    {
        constexpr double reach = 40;  // standard deviations
        const double room = direction > 0 ? std::min(cells_[1], cells_[2]) : std::min(cells_[0], cells_[3]);
        const double length = std::min(reach * deviation_, room * (1 - 1e-9) - std::abs(distance));
        const double start = log_weight(distance);
        const auto relative = [&](double beyond, double) {
            return std::exp(log_weight(distance + direction * beyond) - start);
        };
        return length > 0 ? std::exp(start) * numeric::integral(relative, 0, length, 1e-10) : 0;
    }

    [[nodiscard]] double by_integrals() const
    {
        const int side = at_hand_ >= 0 ? 1 : -1;
        const double limit = log_weight(at_hand_) + tie;
        const double other_end = -side * std::min({cells_[0], cells_[1], cells_[2], cells_[3], 40 * deviation_}) * (1 - 1e-9);
        double rare = tail(at_hand_ - side * 0.5, side);
        if (limit < 0 && log_weight(other_end) < limit) {
            const double crossing = numeric::root([&](double x) { return log_weight(x) - limit; }, std::min(0.0, other_end),
                                                  std::max(0.0, other_end), 52)
                                        .middle();
            // The next table outwards is the first one that counts.
            const double cell = cells_[0] + crossing;
            const double outwards = side > 0 ? std::floor(cell) : std::ceil(cell);
            rare += tail(outwards - cells_[0] + side * 0.5, -side);
        }
        return std::min(1.0, limit < 0 ? rare / (tail(0, 1) + tail(0, -1)) : 1.0);
    }

    [[nodiscard]] double by_integrals(int side) const
    {
        const double start = at_hand_ - side * 0.5;
        const double total = tail(0, 1) + tail(0, -1);
        return start * side >= 0 ? tail(start, side) / total : 1 - tail(start, -side) / total;
    }

    std::array<double, 4> cells_{};
    double deviation_ = 0;
    double at_hand_ = 0;
};

}  // namespace

double fisher(const Proportion& a, const Proportion& b, Alternative alternative)
{
    return Tables(a, b).p_value(alternative);
}

}  // namespace marketing::experiments
