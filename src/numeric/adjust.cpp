#include "numeric/adjust.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <limits>
#include <string>

#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::numeric {
namespace {

using kernel::require_valid;

/** The places of the tests, the smallest p-value first. */
std::vector<std::size_t> order_of(std::span<const double> p)
{
    std::vector<std::size_t> order;
    for (std::size_t i = 0; i < p.size(); ++i) {
        if (std::isnan(p[i])) {
            continue;
        }
        require_valid(p[i] >= 0 && p[i] <= 1, "p-values must lie between 0 and 1", "NULL stands for no test.");
        order.push_back(i);
    }
    std::sort(order.begin(), order.end(), [p](std::size_t a, std::size_t b) { return p[a] < p[b]; });
    return order;
}

void step_up(std::span<const double> p, std::span<const std::size_t> order, double factor, std::span<double> adjusted)
{
    double least = 1;
    for (std::size_t rank = order.size(); rank > 0; --rank) {
        const std::size_t place = order[rank - 1];
        least = std::min(least, factor * p[place] * static_cast<double>(order.size()) / static_cast<double>(rank));
        adjusted[place] = least;
    }
}

void step_down(std::span<const double> p, std::span<const std::size_t> order, std::span<double> adjusted)
{
    double most = 0;
    for (std::size_t rank = 0; rank < order.size(); ++rank) {
        const std::size_t place = order[rank];
        most = std::max(most, static_cast<double>(order.size() - rank) * p[place]);
        adjusted[place] = std::min(1.0, most);
    }
}

double harmonic(std::size_t n)
{
    double sum = 0;
    for (std::size_t i = n; i > 0; --i) {
        sum += 1 / static_cast<double>(i);
    }
    return sum;
}

}  // namespace

std::vector<double> p_adjust(std::span<const double> p, Adjustment method)
{
    std::vector<double> adjusted(p.size(), std::numeric_limits<double>::quiet_NaN());
    const auto order = order_of(p);
    switch (method) {
        case Adjustment::bh: step_up(p, order, 1, adjusted); break;
        case Adjustment::by: step_up(p, order, harmonic(order.size()), adjusted); break;
        case Adjustment::holm: step_down(p, order, adjusted); break;
    }
    return adjusted;
}

namespace {

constexpr auto adjustments =
    kernel::names<Adjustment>("method", {{"bh", Adjustment::bh}, {"by", Adjustment::by}, {"holm", Adjustment::holm}});

}  // namespace

Adjustment find_adjustment(std::string_view name)
{
    std::string lower(name);
    std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    return adjustments.find(lower);
}

}  // namespace marketing::numeric
