#include "series/cusum.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "numeric/linear_algebra.hpp"
#include "numeric/quadrature.hpp"

namespace marketing::series {
namespace {

using kernel::require_valid;

constexpr double most_surprising = 3;  // deviates that one point may add, so that a spike is no drift

/** One side of the chart. */
class Side {
public:
    explicit Side(double allowance) : allowance_(allowance) {}

    void add(double deviate, double value, double expected, std::size_t place)
    {
        if (sum_ == 0) {
            since_ = place;
            value_ = 0;
            expected_ = 0;
        }
        sum_ = std::max(0.0, sum_ + deviate - allowance_);
        value_ += value;
        expected_ += expected;
    }
    void restart() { sum_ = 0; }

    [[nodiscard]] double sum() const noexcept { return sum_; }
    [[nodiscard]] std::size_t since() const noexcept { return since_; }
    [[nodiscard]] double ratio() const noexcept { return expected_ != 0 ? value_ / expected_ : unknown; }

private:
    double allowance_;
    double sum_ = 0;
    std::size_t since_ = 0;
    double value_ = 0;
    double expected_ = 0;
};

bool is_usable(const Point& point, SeriesKind kind)
{
    return std::isfinite(point.value) && point.exposure > 0 && std::isfinite(point.exposure) &&
           (kind == SeriesKind::real || point.value >= 0) && (kind != SeriesKind::positive || point.value > 0);
}

}  // namespace

double cusum_run_length(double limit, double shift, double mean)
{
    require_valid(limit > 0 && limit <= 50 && shift > 0 && shift <= 10 && std::isfinite(mean),
                  "alarm_limit must be above 0 and at most 50, shift above 0 and at most 10, mean finite",
                  "All are in standard deviations of a point; cusum_limit() gives the limit of a run length.");
    // L(s) = 1 + L(0) P(k - s) + integral over 0..h of L(y) p(y + k - s), k: half the shift; at the nodes of a Gauss rule.
    const auto& rule = numeric::gauss_legendre();
    constexpr std::size_t nodes = std::tuple_size_v<std::decay_t<decltype(rule)>>;
    const double drift = shift / 2 - mean;
    const auto place = [limit, &rule](std::size_t node) { return node == nodes ? 0 : limit / 2 * (1 + rule[node].at); };
    Eigen::MatrixXd system = Eigen::MatrixXd::Identity(nodes + 1, nodes + 1);
    for (std::size_t row = 0; row <= nodes; ++row) {
        for (std::size_t column = 0; column < nodes; ++column) {
            system(row, column) -=
                rule[column].weight * limit / 2 * numeric::normal_density(place(column) + drift - place(row));
        }
        system(row, nodes) -= numeric::normal_below(drift - place(row));
    }
    const Eigen::VectorXd lengths = numeric::solve(system, Eigen::VectorXd::Ones(nodes + 1));
    return lengths[nodes];
}

double cusum_limit(double run_length, double shift, int sides)
{
    require_valid(run_length >= 10 && run_length <= 1e9 && shift > 0 && shift <= 10,
                  "run_length must be from 10 to 1e9 points, shift above 0 and at most 10",
                  "365 is a false alarm in a year of days; shift is in standard deviations of a point.");
    require_valid(sides == 1 || sides == 2, "sides must be 1 or 2, not " + std::to_string(sides),
                  "1 where only rises or only falls are watched.");
    // Two sides alarm twice as often as one.
    double low = 0.01;
    double high = 50;
    for (int i = 0; i < 60; ++i) {
        const double middle = (low + high) / 2;
        // The run length grows beyond all bounds with the limit, and its solution loses sense: not finite, or below 1.
        const double length = cusum_run_length(middle, shift, 0);
        const bool longer = !(length < sides * run_length) || length < 1;
        (longer ? high : low) = middle;
    }
    return (low + high) / 2;
}

std::vector<DriftPoint> find_drifts(std::span<const Point> points, const DriftOptions& options, const CalendarEvents& events,
                                    const kernel::StopFlag& stop)
{
    const double limit = cusum_limit(options.run_length, options.shift, options.direction == Direction::both ? 2 : 1);
    const SeriesKind kind = options.baseline.kind;
    const bool is_scaled = kind == SeriesKind::count || kind == SeriesKind::rate;
    constexpr Test test{0.005, Direction::both};
    if (!points.empty()) {
        require_valid(in_range(points.front().time) && in_range(points.back().time), "a time is out of range");
    }
    const EventPoints event_points(points, events, kind == SeriesKind::real ? EffectScale::shift : EffectScale::factor);
    AdaptiveDetector detector(options.baseline);
    Side up(options.shift / 2);
    Side down(options.shift / 2);
    std::vector<DriftPoint> chart(points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        stop.poll();
        DriftPoint& drawn = chart[i];
        drawn.point = points[i];
        if (!is_usable(points[i], kind)) {
            drawn.verdict.reason = std::isfinite(points[i].value) ? Reason::inactive : Reason::missing;
            continue;
        }
        if (const auto effect = event_points.effect_at(points[i].time, stop)) {
            drawn.verdict = detector.judge(as_usual(*effect, points[i], is_scaled), test);
            apply(*effect, points[i].value, test.alpha, test.direction, is_scaled, drawn.verdict);
        } else {
            drawn.verdict = detector.judge(points[i], test);
            detector.learn(points[i], false);
        }
        const double z = drawn.verdict.z;
        if (std::isnan(z)) {
            continue;
        }
        const double deviate = std::clamp(z, -most_surprising, most_surprising);
        up.add(options.direction == Direction::down ? -limit : deviate, points[i].value, drawn.verdict.expected, i);
        down.add(options.direction == Direction::up ? -limit : -deviate, points[i].value, drawn.verdict.expected, i);
        drawn.up = up.sum();
        drawn.down = down.sum();
        drawn.limit = limit;
        drawn.is_drift = std::max(up.sum(), down.sum()) > limit;
        if (drawn.is_drift) {
            const Side& side = up.sum() > limit ? up : down;
            drawn.since = side.since();
            drawn.ratio = side.ratio();
            drawn.verdict.reason = up.sum() > limit ? Reason::high : Reason::low;
            detector.forget_before(points[drawn.since].time);
            up.restart();
            down.restart();
        }
    }
    return chart;
}

std::vector<DriftPoint> find_drifts(const SeriesColumns& series, const DriftOptions& options, const CalendarEvents& events,
                                    const kernel::StopFlag& stop)
{
    series.check(options.baseline.kind);
    return find_drifts(series.points(), options, events, stop);
}

}  // namespace marketing::series
