// Comparisons that need the values themselves: winsorised means, quantiles.

#include <algorithm>
#include <cmath>
#include <limits>
#include <unordered_map>

#include "experiments/comparison.hpp"
#include "kernel/stop.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quantile.hpp"
#include "numeric/square.hpp"

namespace marketing::experiments {
namespace {

using numeric::square;

constexpr double rank_tail = 0.025;  // on either side of the ranks that the error of a quantile is read from

/** The figures that are there; NaN is none. */
std::vector<double> known(std::span<const double> figures)
{
    std::vector<double> values;
    for (const double figure : figures) {
        require_valid(!std::isinf(figure), "figures must be finite",
                      "NULL and NaN are left out; who spent nothing is to be given as 0.");
        if (!std::isnan(figure)) {
            values.push_back(figure);
        }
    }
    return values;
}

Moments moments_of(std::span<const double> values, const ConfidenceInterval& caps)
{
    Moments m;
    double squares = 0;
    for (const double value : values) {
        const double drawn = std::clamp(value, caps.low, caps.high);
        const double change = drawn - m.mean;
        m.n += 1;
        m.mean += change / m.n;
        squares += change * (drawn - m.mean);
    }
    m.variance = m.n > 1 ? squares / (m.n - 1) : 0;
    return m;
}

/** P(X <= k) of a binomial count. */
double binomial_below(double n, double probability, double k)
{
    return k < 0 ? 0 : k >= n ? 1 : numeric::beta_above(k + 1, n - k, probability);
}

/** The largest k from 0 to n whose P(X <= k - 1) is at most `tail`. */
double lower_rank(double n, double probability, double tail)
{
    double low = 0;
    double high = n;
    while (low < high) {
        kernel::poll();
        const double middle = std::ceil((low + high) / 2);
        if (binomial_below(n, probability, middle - 1) <= tail) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    return low;
}

/** Shares of the values between which the quantile is, unless they are not there. */
std::optional<ConfidenceInterval> exact_shares(double n, double probability)
{
    const double low = lower_rank(n, probability, rank_tail);
    // From the other end: the values from the largest down are those from the smallest up, of the other probability.
    const double high = n + 1 - lower_rank(n, 1 - probability, rank_tail);
    if (low < 1 || high > n) {
        return std::nullopt;
    }
    return ConfidenceInterval{(low - 1) / (n - 1), (high - 1) / (n - 1)};
}

/** The same where units have several values: the share below `quantile` is a ratio of sums over units. */
std::optional<ConfidenceInterval> shares_between_units(const Sample& sample, double probability, double quantile, double& units)
{
    struct Unit {
        double values = 0;
        double below = 0;
    };
    std::unordered_map<std::string_view, Unit> by_name;
    for (std::size_t i = 0; i < sample.values.size(); ++i) {
        if (std::isnan(sample.values[i])) {
            continue;
        }
        Unit& unit = by_name[sample.units[i]];
        unit.values += 1;
        unit.below += sample.values[i] <= quantile ? 1 : 0;
    }
    units = static_cast<double>(by_name.size());
    double n = 0;
    double below = 0;
    for (const auto& [name, unit] : by_name) {
        n += unit.values;
        below += unit.below;
    }
    double squares = 0;
    for (const auto& [name, unit] : by_name) {
        squares += square(unit.below - below / n * unit.values);
    }
    const double reach = numeric::normal_quantile_above(rank_tail) * std::sqrt(squares * units / (units - 1)) / n;
    if (!(reach > 0) || probability < reach || probability + reach > 1) {
        return std::nullopt;
    }
    return ConfidenceInterval{probability - reach, probability + reach};
}

/** One arm's quantile; without a variance where its values are too few to tell. */
Estimate estimate(const Sample& sample, double probability)
{
    require_valid(sample.units.empty() || sample.units.size() == sample.values.size(), "there must be as many units as figures",
                  "Each figure has the unit that it is of.");
    std::vector<double> values = known(sample.values);
    Estimate found{static_cast<double>(values.size()), unknown, unknown};
    if (values.empty()) {
        return found;
    }
    found.mean = numeric::quantile(values, probability);
    const auto shares = sample.units.empty() ? exact_shares(found.n, probability)
                                             : shares_between_units(sample, probability, found.mean, found.n);
    if (shares) {
        const double width = numeric::quantile(values, shares->high) - numeric::quantile(values, shares->low);
        found.se2 = square(width / (2 * numeric::normal_quantile_above(rank_tail)));
    }
    return found;
}

}  // namespace

CappedComparison compare_winsorised(std::span<const double> a, std::span<const double> b, double lower_quantile,
                                    double upper_quantile, const Inference& inference)
{
    require_valid(lower_quantile >= 0 && lower_quantile < upper_quantile && upper_quantile <= 1,
                  "quantiles must lie between 0 and 1, the lower one first");
    CappedComparison out;
    const std::vector<double> first = known(a);
    const std::vector<double> second = known(b);
    std::vector<double> both(first);
    both.insert(both.end(), second.begin(), second.end());
    if (!both.empty()) {
        out.caps = {numeric::quantile(both, lower_quantile), numeric::quantile(both, upper_quantile)};
    }
    static_cast<Comparison&>(out) = compare_means(moments_of(first, out.caps), moments_of(second, out.caps), inference);
    return out;
}

Comparison compare_quantiles(const Sample& a, const Sample& b, double probability, const Inference& inference)
{
    check_confidence(inference.confidence);
    require_valid(probability > 0 && probability < 1, "probability must be between 0 and 1", "0.5 is the median.");
    const Estimate first = estimate(a, probability);
    const Estimate second = estimate(b, probability);
    Comparison out;
    if (first.n == 0 || second.n == 0) {
        out.reason = "an arm has no units";
    } else if (std::isnan(first.se2) || std::isnan(second.se2)) {
        out.estimate_a = first.mean;
        out.estimate_b = second.mean;
        out.difference = second.mean - first.mean;
        out.reason = "an arm has too few units for this quantile";
    } else {
        compare(first, second, base_of(first), std::numeric_limits<double>::infinity(), inference, out);
    }
    return out;
}

}  // namespace marketing::experiments
