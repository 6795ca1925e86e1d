#include "forecast/ets.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <numbers>
#include <utility>
#include <vector>

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

/** What moves the level besides the errors: nothing, a trend that levels off,
 * or the season of a year with a growth that lasts. */
enum class Course { level, trend, year };

/** Free parts of the state besides level and weekdays. */
constexpr int extras_of(Course course)
{
    switch (course) {
        case Course::level: return 0;
        case Course::trend: return 1;
        case Course::year: return 3;
    }
    return 0;
}

/**
 * Given the smoothing, each error is linear in the state before the first day.
 * So the filter runs once for the data from a state of zeros (column 0) and
 * once for each free part of that state with data of zeros, all columns
 * abreast; the least squares over the state are then exact. Columns after 0:
 * level, six weekdays (the seventh is minus their sum), and what the course
 * adds: the trend, or two waves of a year and the growth of one.
 * Where the level is drawn back, its column is the mean that it is drawn to.
 */
template <Course course>
class Filter {
public:
    static constexpr bool damped = course == Course::trend;
    static constexpr int extras = extras_of(course);
    static constexpr int columns = 8 + extras;
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
        explicit Ahead(const Filter& filter)
            : filter_(&filter), base_(filter.base_), level_(filter.level_), trend_(filter.trend_)
        {
        }
        Row next()
        {
            trend_ *= filter_->smoothing_.damping;
            level_ = filter_->smoothing_.memory * level_ + trend_;
            turn(base_, filter_->days_ + day_);
            return base_ + level_ + filter_->season_[(filter_->weekday_ + day_++) % week];
        }

    private:
        const Filter* filter_;
        Row base_, level_, trend_;
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

    /** To where the year stands `day` days after the first. */
    static void turn(Row& base, std::size_t day)
    {
        if constexpr (course == Course::year) {
            const double years = static_cast<double>(day) / 365.25;
            base[columns - 3] = std::cos(2 * std::numbers::pi * years);
            base[columns - 2] = std::sin(2 * std::numbers::pi * years);
            base[columns - 1] = years;
        }
    }

    void follow(double observed)
    {
        turn(base_, days_++);
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
    std::size_t days_ = 0;
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

/**
 * Most businesses have a season of a year and grow or shrink: before the data
 * are seen, by so much of their level, as deviations of the two waves and of a
 * year's growth, which may also be that of something new. A few months hardly
 * show it, and where it is left out the next month is not as certain as it
 * seems.
 */
constexpr double wave_of_year = 0.2;
constexpr Chance growths_of_year[] = {{0.5, -0.4}, {3, -1.1}};
constexpr Chance alphas_of_years[] = {{0, 0.7}, {0.05, -1.1}, {0.15, -1.1}, {0.3, -1.5}};
constexpr double log_share_of_years = -1;

/** The best state before the first day, for a filter, a precision of the
 * weekdays and those of what the course adds. */
template <Course course>
struct Solution {
    static constexpr int free = Filter<course>::free;
    static constexpr int extras = Filter<course>::extras;

    Solution(const Filter<course>& filter, double precision, const std::array<double, extras>& precisions_of_extras)
    {
        constexpr int weekdays = static_cast<int>(week) - 1;
        Eigen::Matrix<double, free, free> matrix = filter.products().template bottomRightCorner<free, free>();
        // All seven are of this precision; the seventh is minus the sum of the
        // others.
        matrix.template block<weekdays, weekdays>(1, 1).array() += precision;
        matrix.template block<weekdays, weekdays>(1, 1).diagonal().array() += precision;
        log_likelihood = weekdays * std::log(precision) / 2;
        for (int i = 0; i < extras; ++i) {
            const double precision_of_extra = precisions_of_extras[static_cast<std::size_t>(i)];
            matrix(free - extras + i, free - extras + i) += precision_of_extra;
            log_likelihood += std::log(precision_of_extra) / 2;
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

/** Precisions of what a course adds, and the logarithm of their share before
 * the data are seen. */
template <Course course>
struct Extras {
    std::array<double, Filter<course>::extras> precisions;
    double log_share;
};

template <Course course>
struct Candidate {
    std::size_t filter;
    double precision;
    Extras<course> extras;
    /** Of its share before the data are seen times their likelihood, level,
   * weekdays and variance being integrated out. */
    double log_weight;
    /** Of its errors. */
    double squares;
};

/** Filters of several smoothings, each with several precisions of the weekdays.
 */
template <Course course>
class Candidates {
public:
    Candidates(const Standardised& data, std::vector<Extras<course>> extras) : data_(&data), extras_(std::move(extras)) {}

    void add(const Smoothing& smoothing, double log_share)
    {
        filters_.emplace_back(data_->values, smoothing);
        for (const Chance& precision : precisions) {
            if (precision.value == no_weekdays && smoothing.gamma > 0) {
                continue;
            }
            for (const Extras<course>& extras : extras_) {
                const Solution<course> solution(filters_.back(), precision.value, extras.precisions);
                const Chance chance{smoothing.alpha, log_share + precision.log_share + extras.log_share};
                const double log_weight = data_->log_weight(chance, solution.log_likelihood, solution.squares);
                candidates_.push_back({filters_.size() - 1, precision.value, extras, log_weight, solution.squares});
            }
        }
    }

    [[nodiscard]] double greatest() const { return best().log_weight; }
    [[nodiscard]] const Smoothing& best_smoothing() const { return filters_[best().filter].smoothing(); }
    /** Of an error of the best candidate. */
    [[nodiscard]] double best_variance() const { return best().squares / (data_->known - 1); }

    /** Adds those that carry weight beside `greatest`, and returns their weight.
   */
    double append_likely(std::vector<Part>& parts, double greatest, int horizon) const
    {
        double weight = 0;
        for (const Candidate<course>& candidate : candidates_) {
            if (candidate.log_weight - greatest > negligible) {
                parts.push_back(part_of(candidate, horizon));
                parts.back().weight = std::exp(candidate.log_weight - greatest);
                weight += parts.back().weight;
            }
        }
        return weight;
    }

private:
    [[nodiscard]] const Candidate<course>& best() const
    {
        return *std::ranges::max_element(candidates_, {}, &Candidate<course>::log_weight);
    }

    [[nodiscard]] Part part_of(const Candidate<course>& candidate, int horizon) const
    {
        constexpr int free = Filter<course>::free;
        const Filter<course>& filter = filters_[candidate.filter];
        const Solution<course> solution(filter, candidate.precision, candidate.extras.precisions);
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
        typename Filter<course>::Ahead ahead(filter);
        for (int day = 1; day <= horizon; ++day) {
            const typename Filter<course>::Row row = ahead.next();
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
    std::vector<Extras<course>> extras_;
    std::vector<Filter<course>> filters_;
    std::vector<Candidate<course>> candidates_;
};

Candidates<Course::level> without_trend(const Standardised& data, const kernel::StopFlag& stop)
{
    Candidates<Course::level> candidates(data, {{{}, 0}});
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
Candidates<Course::trend> with_trend(const Standardised& data, double gamma, const kernel::StopFlag& stop)
{
    Candidates<Course::trend> candidates(data, {{{trend_precision}, 0}});
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

/** The year is what the level makes of it; precisions are in units of a
 * surprise, whose variance is about that of the best candidate without. */
Candidates<Course::year> with_year(const Standardised& data, const Candidates<Course::level>& plain,
                                   const kernel::StopFlag& stop)
{
    const auto precision = [&](double share_of_level) {
        constexpr double least = 1e-8;
        constexpr double most = 1e8;
        const double deviation = share_of_level * std::abs(data.mean) / data.deviation;
        // A level of 0 has no share.
        return deviation > 0 ? std::clamp(plain.best_variance() / (deviation * deviation), least, most) : most;
    };
    const double waves = precision(wave_of_year);
    std::vector<Extras<Course::year>> years;
    for (const Chance& growth : growths_of_year) {
        years.push_back({{waves, waves, precision(growth.value)}, growth.log_share});
    }
    Candidates<Course::year> candidates(data, std::move(years));
    for (const Chance& alpha : alphas_of_years) {
        stop.poll();
        candidates.add({alpha.value, 0, std::min(plain.best_smoothing().gamma, 1 - alpha.value), 0, 1},
                       log_share_of_years + alpha.log_share);
    }
    return candidates;
}

}  // namespace

Fit fit_ets(std::span<const double> history, int horizon, Trend trend, const kernel::StopFlag& stop)
{
    const Standardised data(history);
    Fit fit{Model::ets, {}};
    const Candidates<Course::level> plain = without_trend(data, stop);
    if (trend == Trend::none) {
        plain.append_likely(fit.parts, plain.greatest(), horizon);
    } else {
        const Candidates<Course::trend> damped = with_trend(data, plain.best_smoothing().gamma, stop);
        if (trend == Trend::certain) {
            damped.append_likely(fit.parts, damped.greatest(), horizon);
            fit.model = Model::ets_damped;
        } else {
            const Candidates<Course::year> yearly = with_year(data, plain, stop);
            const double greatest = std::max({plain.greatest(), damped.greatest(), yearly.greatest()});
            const double with = damped.append_likely(fit.parts, greatest, horizon);
            const double without =
                plain.append_likely(fit.parts, greatest, horizon) + yearly.append_likely(fit.parts, greatest, horizon);
            fit.model = with > without ? Model::ets_damped : Model::ets;
        }
    }
    share_out(fit.parts);
    return fit;
}

}  // namespace marketing::forecast
