#include "forecast/ets.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "numeric/eigen.hpp"
#include "numeric/linear_algebra.hpp"
#include "numeric/nelder_mead.hpp"

namespace marketing::forecast {

namespace {

struct Smoothing {
    double alpha, beta, gamma, damping;
};

double logit(double p)
{
    return std::log(p / (1 - p));
}

/** A share strictly between 0 and 1, also where the search runs off to an end. */
double share_at(double x)
{
    return std::clamp(1 / (1 + std::exp(-x)), 1e-4, 1 - 1e-4);
}

/** Within the region where old days fade: 0 < alpha < 1, 0 < gamma < 1 - alpha, 0 < beta < alpha, .8 < damping < .98. */
Smoothing smoothing_at(const std::array<double, 2>& at)
{
    const double alpha = share_at(at[0]);
    return {alpha, 0, (1 - alpha) * share_at(at[1]), 0};
}

Smoothing smoothing_at(const std::array<double, 4>& at)
{
    Smoothing smoothing = smoothing_at(std::array<double, 2>{at[0], at[1]});
    smoothing.beta = smoothing.alpha * share_at(at[2]);
    smoothing.damping = 0.8 + 0.18 * share_at(at[3]);
    return smoothing;
}

/**
 * Given the smoothing, each error is linear in the state before the first day. So the filter runs once for the data from a state of
 * zeros (column 0) and once for each free part of that state with data of zeros, all columns abreast; the least squares over the state
 * are then exact. Columns after 0: level, six weekdays (the seventh is minus their sum), trend if there is one.
 */
template <bool damped>
class Filter {
public:
    static constexpr int columns = damped ? 9 : 8;
    static constexpr int free = columns - 1;

    explicit Filter(std::span<const double> history) : history_(history) {}

    /** Sum of squared errors under the best initial state. */
    double run(const Smoothing& smoothing)
    {
        start();
        Eigen::Matrix<double, columns, columns> products = Eigen::Matrix<double, columns, columns>::Zero();
        std::size_t weekday = 0;
        for (const double observed : history_) {
            Row& season = season_[weekday];
            const Row expected = level_ + smoothing.damping * trend_ + season;
            if (std::isnan(observed)) {
                level_ += smoothing.damping * trend_;
                trend_ *= smoothing.damping;
            } else {
                Row error = -expected;
                error[0] += observed;
                products.noalias() += error.matrix() * error.matrix().transpose();
                level_ += smoothing.damping * trend_ + smoothing.alpha * error;
                if constexpr (damped) {
                    trend_ = smoothing.damping * trend_ + smoothing.beta * error;
                }
                season += smoothing.gamma * error;
            }
            weekday = weekday + 1 == week ? 0 : weekday + 1;
        }
        next_weekday_ = weekday;
        return solve(products);
    }

    /** States after the last day, of the run before. */
    [[nodiscard]] double level() const { return combine(level_); }
    [[nodiscard]] double trend() const { return combine(trend_); }
    /** Of the day that is `day` days after the last one. */
    [[nodiscard]] double season(int day) const
    {
        return combine(season_[(next_weekday_ + static_cast<std::size_t>(day) - 1) % week]);
    }

private:
    using Row = Eigen::Array<double, columns, 1>;

    void start()
    {
        level_.setZero();
        level_[1] = 1;
        trend_.setZero();
        if constexpr (damped) {
            trend_[columns - 1] = 1;
        }
        for (std::size_t w = 0; w < week; ++w) {
            season_[w].setZero();
            if (w + 1 < week) {
                season_[w][static_cast<Eigen::Index>(w) + 2] = 1;
            }
        }
        season_[week - 1].segment(2, week - 1) = -1;
    }

    double solve(const Eigen::Matrix<double, columns, columns>& products)
    {
        const Eigen::Matrix<double, free, free> squares = products.template bottomRightCorner<free, free>();
        const Eigen::Matrix<double, free, 1> with_data = products.template bottomLeftCorner<free, 1>();
        // A weekday without a single known day leaves the system without full rank: the pivots see it.
        state_ = numeric::solve_any_rank(squares, -with_data);
        return std::max(0.0, products(0, 0) + with_data.dot(state_));
    }

    [[nodiscard]] double combine(const Row& row) const { return row[0] + row.template tail<free>().matrix().dot(state_); }

    std::span<const double> history_;
    Row level_, trend_;
    std::array<Row, week> season_;
    Eigen::Matrix<double, free, 1> state_;
    std::size_t next_weekday_ = 0;
};

/** The history with mean 0 and deviation 1: the fit does not depend on the unit. */
struct Standardised {
    std::vector<double> values;
    double mean = 0, deviation = 1;
    double known = 0;
};

Standardised standardise(std::span<const double> history)
{
    Standardised result;
    for (const double value : history) {
        if (!std::isnan(value)) {
            result.known += 1;
            result.mean += (value - result.mean) / result.known;
        }
    }
    double squares = 0;
    for (const double value : history) {
        if (!std::isnan(value)) {
            squares += (value - result.mean) * (value - result.mean);
        }
    }
    const double deviation = std::sqrt(squares / result.known);
    result.deviation = deviation > 0 ? deviation : 1;
    result.values.reserve(history.size());
    for (const double value : history) {
        result.values.push_back((value - result.mean) / result.deviation);
    }
    return result;
}

constexpr double tolerance = 1e-7;

/** Best of a grid over the logits of alpha and of gamma / (1 - alpha), then downhill from there. */
numeric::Vertex<2> search(Filter<false>& filter, const kernel::StopFlag& stop)
{
    const auto squares = [&filter, &stop](const std::array<double, 2>& at) {
        stop.poll();
        return filter.run(smoothing_at(at));
    };
    constexpr double shares[] = {0.02, 0.1, 0.3, 0.6};
    numeric::Vertex<2> best{{0, 0}, HUGE_VAL};
    for (const double alpha : shares) {
        for (const double gamma : shares) {
            const std::array<double, 2> at{logit(alpha), logit(gamma)};
            if (const double value = squares(at); value < best.value) {
                best = {at, value};
            }
        }
    }
    return numeric::nelder_mead(squares, best.at, 0.5, tolerance, 60);
}

/** Best of a coarse grid over trend and damping around the smoothing that was best without them. */
numeric::Vertex<4> look_for_trend(Filter<true>& filter, const Fit& undamped)
{
    numeric::Vertex<4> best{{0, 0, 0, 0}, HUGE_VAL};
    for (const double beta : {0.02, 0.2}) {
        for (const double damping : {-2.0, 2.0}) {
            const std::array<double, 4> at{logit(undamped.alpha), logit(undamped.gamma / (1 - undamped.alpha)), logit(beta),
                                           damping};
            if (const double value = filter.run(smoothing_at(at)); value < best.value) {
                best = {at, value};
            }
        }
    }
    return best;
}

/** Akaike's criterion for short samples; the variance is a parameter too. */
double corrected_criterion(double squares, double known, double estimated)
{
    const double k = estimated + 1;
    return known * std::log(std::max(squares, 1e-300) / known) + 2 * k + 2 * k * (k + 1) / (known - k - 1);
}

/** What is estimated: the smoothing and the state before the first day. */
template <bool damped>
constexpr double parameters = Filter<damped>::free + (damped ? 4 : 2);

template <bool damped>
Fit finish(Filter<damped>& filter, const Smoothing& smoothing, const Standardised& data, int horizon)
{
    const double squares = filter.run(smoothing);
    Fit fit;
    fit.model = damped ? Model::ets_damped : Model::ets;
    fit.alpha = smoothing.alpha;
    fit.beta = smoothing.beta;
    fit.gamma = smoothing.gamma;
    fit.damping = smoothing.damping;
    fit.degrees = data.known - parameters<damped>;
    fit.variance = squares / fit.degrees * data.deviation * data.deviation;
    fit.aicc = corrected_criterion(squares, data.known, parameters<damped>);
    double carried = 0;  // damping + damping^2 + ... + damping^day
    double power = 1;
    fit.response.push_back(1);
    for (int day = 1; day <= horizon; ++day) {
        power *= smoothing.damping;
        carried += power;
        fit.mean.push_back(data.mean + data.deviation * (filter.level() + carried * filter.trend() + filter.season(day)));
        fit.response.push_back(smoothing.alpha + smoothing.beta * carried +
                               (day % static_cast<int>(week) == 0 ? smoothing.gamma : 0));
    }
    return fit;
}

}  // namespace

Fit fit_ets(std::span<const double> history, int horizon, const kernel::StopFlag& stop)
{
    const Standardised data = standardise(history);
    Filter<false> filter(data.values);
    return finish(filter, smoothing_at(search(filter, stop).at), data, horizon);
}

std::optional<Fit> fit_damped_ets(std::span<const double> history, int horizon, const Fit& undamped, bool must_improve,
                                  const kernel::StopFlag& stop)
{
    const Standardised data = standardise(history);
    Filter<true> filter(data.values);
    const auto coarse = look_for_trend(filter, undamped);
    if (must_improve && corrected_criterion(coarse.value, data.known, parameters<true>) >= undamped.aicc) {
        return std::nullopt;
    }
    const auto squares = [&filter, &stop](const std::array<double, 4>& at) {
        stop.poll();
        return filter.run(smoothing_at(at));
    };
    return finish(filter, smoothing_at(numeric::nelder_mead(squares, coarse.at, 0.5, tolerance, 150).at), data, horizon);
}

}  // namespace marketing::forecast
