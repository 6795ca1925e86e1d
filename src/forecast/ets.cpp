#include "forecast/ets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>

#include "forecast/smoothing.hpp"
#include "numeric/eigen.hpp"

#include <Eigen/Cholesky>

namespace marketing::forecast {

namespace {

/** How much of an error stays in level, trend and weekday; what of the trend,
 * and of the level's distance from its mean, is left a day later. */
struct Smoothing {
    double alpha, beta, gamma, damping, memory;
};

/**
 * Given the smoothing, each error is linear in the state before the first day.
 * So the filter runs once for the data from a state of zeros (column 0) and
 * once for each free part of that state with data of zeros, all columns
 * abreast; the least squares over the state are then exact. Columns after 0:
 * level, six weekdays (the seventh is minus their sum), trend if there is one.
 * Where the level is drawn back, its column is the mean that it is drawn to.
 */
template <bool damped>
class Filter {
public:
    static constexpr int columns = damped ? 9 : 8;
    static constexpr int free = columns - 1;
    using Row = Eigen::Array<double, columns, 1>;
    using Products = Eigen::Matrix<double, columns, columns>;

    Filter(std::span<const double> history, const Smoothing& smoothing) : smoothing_(smoothing)
    {
        start();
        for (const double observed : history) {
            follow(observed);
            weekday_ = weekday_ + 1 == week ? 0 : weekday_ + 1;
        }
    }

    [[nodiscard]] const Smoothing& smoothing() const { return smoothing_; }
    /** Sums of squares and products of the errors of all columns. */
    [[nodiscard]] const Products& products() const { return products_; }

    /** What the day `day` days after the last one is expected to be, given days 1
   * to day - 1 as they are asked for in turn. */
    class Ahead {
    public:
        explicit Ahead(const Filter& filter) : filter_(&filter), level_(filter.level_), trend_(filter.trend_) {}
        Row next()
        {
            trend_ *= filter_->smoothing_.damping;
            level_ = filter_->smoothing_.memory * level_ + trend_;
            return filter_->base_ + level_ + filter_->season_[(filter_->weekday_ + day_++) % week];
        }

    private:
        const Filter* filter_;
        Row level_, trend_;
        std::size_t day_ = 0;
    };

private:
    void start()
    {
        base_.setZero();
        level_.setZero();
        trend_.setZero();
        products_.setZero();
        (smoothing_.memory < 1 ? base_ : level_)[1] = 1;
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

    void follow(double observed)
    {
        Row& season = season_[weekday_];
        if constexpr (damped) {
            trend_ *= smoothing_.damping;
            level_ += trend_;
        } else {
            level_ *= smoothing_.memory;
        }
        if (std::isnan(observed)) {
            return;
        }
        Row error = -(base_ + level_ + season);
        error[0] += observed;
        products_.noalias() += error.matrix() * error.matrix().transpose();
        level_ += smoothing_.alpha * error;
        if constexpr (damped) {
            trend_ += smoothing_.beta * error;
        }
        season += smoothing_.gamma * error;
    }

    Smoothing smoothing_;
    Products products_;
    Row base_, level_, trend_;
    std::array<Row, week> season_;
    std::size_t weekday_ = 0;
};

/** Precision of the weekdays before the data are seen, in units of a day's
 * surprise: none at all, slight to marked, as the data say. */
constexpr Chance precisions[] = {{1e12, -0.7}, {10, -2}, {1, -2}, {0.1, -2}, {1e-14, -2}};
constexpr double no_weekdays = 1e12;
/** What the weekdays take of an error, as a share of what the level leaves. */
constexpr Chance gammas[] = {{0, -0.7}, {0.03, -2}, {0.1, -2}, {0.25, -3}};
/** What is left of a level's distance from its mean a day later. One that is
 * drawn back moves by at least so much. */
constexpr Chance memories[] = {{1, 0}, {0.9, -0.8}, {0.7, -0.8}};
constexpr double least_alpha_drawn_back = 0.1;

/** Smoothing of trends, each before the data are seen. */
constexpr Chance alphas_of_trends[] = {{0, 0.7}, {0.05, -2.2}, {0.2, -2}, {0.5, -1.8}, {0.9, -1.7}};
constexpr double betas[] = {0.03, 0.2};
constexpr double dampings[] = {0.85, 0.97};
constexpr double log_share_of_trends = -3;
/** Precision of the trend before the first day. */
constexpr double trend_precision = 100;

/** The best state before the first day, for a filter and a precision of the
 * weekdays. */
template <bool damped>
struct Solution {
    static constexpr int free = Filter<damped>::free;

    Solution(const Filter<damped>& filter, double precision)
    {
        constexpr int weekdays = static_cast<int>(week) - 1;
        Eigen::Matrix<double, free, free> matrix = filter.products().template bottomRightCorner<free, free>();
        // All seven are of this precision; the seventh is minus the sum of the
        // others.
        matrix.template block<weekdays, weekdays>(1, 1).array() += precision;
        matrix.template block<weekdays, weekdays>(1, 1).diagonal().array() += precision;
        log_likelihood = weekdays * std::log(precision) / 2;
        if constexpr (damped) {
            matrix(free - 1, free - 1) += trend_precision;
            log_likelihood += std::log(trend_precision) / 2;
        }
        factor.compute(matrix);
        const Eigen::Matrix<double, free, 1> with_data = filter.products().template bottomLeftCorner<free, 1>();
        state = -factor.solve(with_data);
        squares = filter.products()(0, 0) + with_data.dot(state);
        for (int i = 0; i < free; ++i) {
            log_likelihood -= std::log(factor.matrixLLT()(i, i));
        }
    }

    Eigen::LLT<Eigen::Matrix<double, free, free>> factor;
    Eigen::Matrix<double, free, 1> state;
    /** Of the errors, with what the state is from the expected one. */
    double squares;
    /** What the determinants add to the logarithm of the likelihood, up to a
   * constant. */
    double log_likelihood = 0;
};

template <bool damped>
struct Candidate {
    std::size_t filter;
    double precision;
    /** Of its share before the data are seen times their likelihood, level,
   * weekdays and variance being integrated out. */
    double log_weight;
};

/** Filters of several smoothings, each with several precisions of the weekdays.
 */
template <bool damped>
class Candidates {
public:
    explicit Candidates(const Standardised& data) : data_(&data) {}

    void add(const Smoothing& smoothing, double log_share)
    {
        filters_.emplace_back(data_->values, smoothing);
        for (const Chance& precision : precisions) {
            if (precision.value == no_weekdays && smoothing.gamma > 0) {
                continue;
            }
            const Solution<damped> solution(filters_.back(), precision.value);
            const double log_weight = data_->log_weight({smoothing.alpha, log_share + precision.log_share},
                                                        solution.log_likelihood, solution.squares);
            candidates_.push_back({filters_.size() - 1, precision.value, log_weight});
        }
    }

    [[nodiscard]] double greatest() const { return best().log_weight; }
    [[nodiscard]] const Smoothing& best_smoothing() const { return filters_[best().filter].smoothing(); }

    /** Adds those that carry weight beside `greatest`, and returns their weight.
   */
    double append_likely(std::vector<Part>& parts, double greatest, int horizon) const
    {
        double weight = 0;
        for (const Candidate<damped>& candidate : candidates_) {
            if (candidate.log_weight - greatest > negligible) {
                parts.push_back(part_of(filters_[candidate.filter], candidate.precision, horizon));
                parts.back().weight = std::exp(candidate.log_weight - greatest);
                weight += parts.back().weight;
            }
        }
        return weight;
    }

private:
    [[nodiscard]] const Candidate<damped>& best() const
    {
        return *std::ranges::max_element(candidates_, {}, &Candidate<damped>::log_weight);
    }

    [[nodiscard]] Part part_of(const Filter<damped>& filter, double precision, int horizon) const
    {
        constexpr int free = Filter<damped>::free;
        const Solution<damped> solution(filter, precision);
        const Smoothing& smoothing = filter.smoothing();
        Part part;
        part.degrees = data_->known - 1;
        part.variance = solution.squares > rounding(data_->known)
                            ? solution.squares / part.degrees * data_->deviation * data_->deviation
                            : 0;
        part.unknowns = free;
        part.response.push_back(1);
        double level = smoothing.alpha;
        double trend = smoothing.beta;
        typename Filter<damped>::Ahead ahead(filter);
        for (int day = 1; day <= horizon; ++day) {
            const typename Filter<damped>::Row row = ahead.next();
            const Eigen::Matrix<double, free, 1> by_state = row.template tail<free>().matrix();
            part.mean.push_back(data_->mean + data_->deviation * (row[0] + by_state.dot(solution.state)));
            const Eigen::Matrix<double, free, 1> sway = solution.factor.matrixL().solve(by_state);
            part.sway.insert(part.sway.end(), sway.data(), sway.data() + free);
            trend *= smoothing.damping;
            level = smoothing.memory * level + trend;
            part.response.push_back(level + (day % static_cast<int>(week) == 0 ? smoothing.gamma : 0));
        }
        return part;
    }

    const Standardised* data_;
    std::vector<Filter<damped>> filters_;
    std::vector<Candidate<damped>> candidates_;
};

Candidates<false> without_trend(const Standardised& data, const kernel::StopFlag& stop)
{
    Candidates<false> candidates(data);
    for (const Chance& alpha : alphas) {
        for (const Chance& gamma : gammas) {
            for (const Chance& memory : memories) {
                // A level that follows every error whole is not drawn back, and leaves
                // nothing to the weekdays.
                const bool sensible = memory.value == 1 || (alpha.value > least_alpha_drawn_back && alpha.value < 1);
                if (sensible && (alpha.value < 1 || gamma.value == 0)) {
                    stop.poll();
                    candidates.add({alpha.value, 0, (1 - alpha.value) * gamma.value, 0, memory.value},
                                   alpha.log_share + gamma.log_share + memory.log_share);
                }
            }
        }
    }
    return candidates;
}

/** The weekdays follow as they do without a trend. */
Candidates<true> with_trend(const Standardised& data, double gamma, const kernel::StopFlag& stop)
{
    Candidates<true> candidates(data);
    for (const Chance& alpha : alphas_of_trends) {
        for (const double beta : betas) {
            for (const double damping : dampings) {
                stop.poll();
                candidates.add({alpha.value, alpha.value * beta, std::min(gamma, 1 - alpha.value), damping, 1},
                               log_share_of_trends + alpha.log_share);
            }
        }
    }
    return candidates;
}

}  // namespace

Fit fit_ets(std::span<const double> history, int horizon, Trend trend, const kernel::StopFlag& stop)
{
    const Standardised data(history);
    Fit fit{Model::ets, {}};
    const Candidates<false> plain = without_trend(data, stop);
    if (trend == Trend::none) {
        plain.append_likely(fit.parts, plain.greatest(), horizon);
    } else {
        const Candidates<true> damped = with_trend(data, plain.best_smoothing().gamma, stop);
        const double greatest = trend == Trend::certain ? damped.greatest() : std::max(plain.greatest(), damped.greatest());
        const double with = damped.append_likely(fit.parts, greatest, horizon);
        const double without = trend == Trend::certain ? 0 : plain.append_likely(fit.parts, greatest, horizon);
        fit.model = with > without ? Model::ets_damped : fit.model;
    }
    share_out(fit.parts);
    return fit;
}

}  // namespace marketing::forecast
