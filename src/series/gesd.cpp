#include "series/gesd.hpp"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/quantile.hpp"
#include "numeric/rounding.hpp"
#include "series/stl.hpp"

namespace marketing::series {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

struct Member {
    double value;
    std::size_t position;
};

struct Centre {
    double location;
    double scale;
};

/** The members still there: sorted, since what lies furthest out is always one of the two ends. */
class Sample {
public:
    explicit Sample(std::span<const double> values)
    {
        members_.reserve(values.size());
        for (std::size_t i = 0; i < values.size(); ++i) {
            members_.push_back({values[i], i});
        }
        std::sort(members_.begin(), members_.end(), [](const Member& a, const Member& b) {
            return a.value < b.value || (a.value == b.value && a.position < b.position);
        });
        end_ = members_.size();
    }

    [[nodiscard]] std::size_t size() const noexcept { return end_ - begin_; }
    [[nodiscard]] double lowest() const noexcept { return members_[begin_].value; }
    [[nodiscard]] double highest() const noexcept { return members_[end_ - 1].value; }

    Member take_lowest() { return members_[begin_++]; }

    /** Of equal values the one that came first. */
    Member take_highest()
    {
        const auto first = members_.begin() + static_cast<std::ptrdiff_t>(place_of_highest());
        std::rotate(first, first + 1, members_.begin() + static_cast<std::ptrdiff_t>(end_));
        return members_[--end_];
    }

    [[nodiscard]] std::size_t first_lowest() const noexcept { return members_[begin_].position; }
    [[nodiscard]] std::size_t first_highest() const noexcept { return members_[place_of_highest()].position; }

    /** What rounding may have left of their spread. */
    [[nodiscard]] double noise() const { return numeric::rounding_noise(std::max(std::abs(lowest()), std::abs(highest()))); }

    [[nodiscard]] Centre robust_centre(double noise) const
    {
        const double location = median_of_sorted();
        const double mad = median_distance(location);
        return {location, mad > noise ? numeric::mad_to_sd * mad : std::sqrt(std::acos(-1.0) / 2) * mean_distance(location)};
    }

    [[nodiscard]] Centre moments() const
    {
        double sum = 0;
        for (std::size_t i = begin_; i < end_; ++i) {
            sum += members_[i].value;
        }
        const double mean = sum / static_cast<double>(size());
        double squares = 0;
        for (std::size_t i = begin_; i < end_; ++i) {
            squares += (members_[i].value - mean) * (members_[i].value - mean);
        }
        return {mean, std::sqrt(squares / static_cast<double>(size() - 1))};
    }

private:
    /** Of the first of equal ones. */
    [[nodiscard]] std::size_t place_of_highest() const noexcept
    {
        std::size_t first = end_ - 1;
        while (first > begin_ && members_[first - 1].value == highest()) {
            --first;
        }
        return first;
    }

    [[nodiscard]] double median_of_sorted() const noexcept
    {
        const std::size_t upper = begin_ + size() / 2;
        return size() % 2 == 1 ? members_[upper].value : (members_[upper - 1].value + members_[upper].value) / 2;
    }

    /** Distances from the median grow towards both ends: their k-th smallest is found by bisection, without sorting them. */
    [[nodiscard]] double kth_distance(double location, std::size_t k) const
    {
        const auto first = members_.begin() + static_cast<std::ptrdiff_t>(begin_);
        const auto last = members_.begin() + static_cast<std::ptrdiff_t>(end_);
        const auto split = std::partition_point(first, last, [location](const Member& m) { return m.value < location; });
        const auto below = static_cast<std::size_t>(split - first);
        const auto above = static_cast<std::size_t>(last - split);
        const auto down = [&](std::size_t i) { return location - (split - 1 - static_cast<std::ptrdiff_t>(i))->value; };
        const auto up = [&](std::size_t i) { return (split + static_cast<std::ptrdiff_t>(i))->value - location; };
        std::size_t low = k + 1 > above ? k + 1 - above : 0;
        std::size_t high = std::min(k + 1, below);
        while (low < high) {  // how many of the k + 1 nearest lie below
            const std::size_t taken = (low + high) / 2;
            if (down(taken) < up(k - taken)) {
                low = taken + 1;
            } else {
                high = taken;
            }
        }
        const double from_below = low > 0 ? down(low - 1) : 0;
        const double from_above = k + 1 > low ? up(k - low) : 0;
        return std::max(from_below, from_above);
    }

    [[nodiscard]] double median_distance(double location) const
    {
        const std::size_t half = size() / 2;
        const double upper = kth_distance(location, half);
        return size() % 2 == 1 ? upper : (kth_distance(location, half - 1) + upper) / 2;
    }

    [[nodiscard]] double mean_distance(double location) const
    {
        double sum = 0;
        for (std::size_t i = begin_; i < end_; ++i) {
            sum += std::abs(members_[i].value - location);
        }
        return sum / static_cast<double>(size());
    }

    std::vector<Member> members_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

/** The member furthest out, and by how much. */
struct Extreme {
    bool highest;
    double distance;
};

Extreme find_extreme(const Sample& sample, double location, Direction direction)
{
    const double up = sample.highest() - location;
    const double down = location - sample.lowest();
    switch (direction) {
        case Direction::up: return {true, up};
        case Direction::down: return {false, down};
        case Direction::both: break;
    }
    const bool highest = up > down || (up == down && sample.first_highest() < sample.first_lowest());
    return {highest, highest ? up : down};
}

void check(const GesdOptions& options)
{
    require_valid(options.max_share > 0 && options.max_share < 0.5, "max_share must be above 0 and below 0.5",
                  "It is the share of values that may be outliers, such as 0.1.");
    require_valid(options.alpha > 0 && options.alpha < 1, "alpha must be above 0 and below 1",
                  "It is the probability of an outlier where there is none, such as 0.05.");
}

}  // namespace

double gesd_critical(std::size_t count, std::size_t step, double alpha, int tails)
{
    const auto rest = static_cast<double>(count - step);  // n - i
    const double t = numeric::student_quantile_above(rest - 1, alpha / (tails * (rest + 1)));
    return t * rest / std::sqrt((rest - 1 + t * t) * (rest + 1));
}

std::vector<GesdStep> gesd(std::span<const double> values, const GesdOptions& options, const kernel::StopFlag& stop)
{
    check(options);
    Sample sample(values);
    const std::size_t count = values.size();
    const std::size_t most = std::max<std::size_t>(1, static_cast<std::size_t>(static_cast<double>(count) * options.max_share));
    const int tails = options.direction == Direction::both ? 2 : 1;
    std::vector<GesdStep> steps;
    std::size_t outliers = 0;
    // The critical values need at least one degree of freedom.
    for (std::size_t step = 1; step <= most && step + 2 <= count; ++step) {
        stop.poll();
        const double noise = std::max(options.noise, sample.noise());
        const Centre centre = options.robust ? sample.robust_centre(noise) : sample.moments();
        const Extreme extreme = find_extreme(sample, centre.location, options.direction);
        if (centre.scale <= noise) {
            break;  // the rest are equal
        }
        const double statistic = extreme.distance / centre.scale;
        const double critical = gesd_critical(count, step, options.alpha, tails);
        const Member taken = extreme.highest ? sample.take_highest() : sample.take_lowest();
        steps.push_back({taken.position, statistic, critical, false});
        if (statistic > critical) {
            outliers = step;
        }
    }
    std::for_each(steps.begin(), steps.begin() + static_cast<std::ptrdiff_t>(outliers), [](GesdStep& s) { s.outlier = true; });
    return steps;
}

namespace {

/** The centre of all values, with the season where there is one. */
std::vector<double> expectations(std::span<const double> values, int period, bool robust, const kernel::StopFlag& stop)
{
    std::vector<double> sorted(values.begin(), values.end());
    const auto add_share = [count = static_cast<double>(values.size())](double sum, double value) {
        return sum + value / count;
    };
    const double centre =
        robust && !values.empty() ? numeric::median(sorted) : std::accumulate(values.begin(), values.end(), 0.0, add_share);
    if (period <= 0) {
        return std::vector<double>(values.size(), centre);
    }
    std::vector<double> expected = stl(values, {.period = period}, stop).seasonal;
    std::for_each(expected.begin(), expected.end(), [centre](double& value) { value += centre; });
    return expected;
}

}  // namespace

std::vector<OutlierCandidate> find_outliers(std::span<const double> figures, int period, const GesdOptions& options,
                                            const kernel::StopFlag& stop)
{
    const std::vector<double> values = known_values(figures);
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < figures.size(); ++i) {
        if (!std::isnan(figures[i])) {
            places.push_back(i);
        }
    }
    require_valid(period <= 0 || places.empty() || places.back() - places.front() < places.size(),
                  "a series with a period must have no gaps",
                  "Fill the gaps first, or use detect_anomalies, which leaves them out.");
    const std::vector<double> expected = expectations(values, period, options.robust, stop);
    std::vector<double> rest(values);
    GesdOptions of_rest = options;
    for (std::size_t i = 0; period > 0 && i < rest.size(); ++i) {
        rest[i] -= expected[i];
        of_rest.noise = std::max(of_rest.noise, stl_noise(values.size(), values[i]));
    }
    std::vector<OutlierCandidate> candidates;
    for (GesdStep step : gesd(rest, of_rest, stop)) {
        const double of_step = expected[step.position];
        step.position = places[step.position];
        candidates.push_back({step, of_step});
    }
    return candidates;
}

double TukeyFences::beyond(double value) const noexcept
{
    return std::isnan(value) ? value : value > upper + noise ? value - upper : value < lower - noise ? value - lower : 0;
}

double TukeyFences::score(double value) const noexcept
{
    return spread > noise ? beyond(value) / spread : unknown;
}

TukeyFences tukey_fences(std::span<const double> figures, double k, double lower_quantile, double upper_quantile)
{
    std::vector<double> values = known_values(figures);
    require_valid(k >= 0 && !std::isinf(k), "k must not be negative",
                  "It is how many ranges between the quantiles the fences stand off, such as 1.5.");
    require_valid(lower_quantile >= 0 && lower_quantile < upper_quantile && upper_quantile <= 1,
                  "quantiles must lie between 0 and 1, the lower one first");
    if (values.size() < 4) {
        throw Error(ErrorCode::invalid_parameter, "fences need at least 4 values",
                    "There are " + std::to_string(values.size()) + ".");
    }
    const double lower = numeric::quantile(values, lower_quantile);
    const double upper = numeric::quantile(values, upper_quantile);
    const double spread = upper - lower;
    const double noise = numeric::rounding_noise(std::max(std::abs(lower), std::abs(upper)));
    return {lower - k * spread, upper + k * spread, spread, noise};
}

}  // namespace marketing::series
