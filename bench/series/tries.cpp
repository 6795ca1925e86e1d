// The calibrated method beside others of its kind: each is scored on series that have nothing to do with the Numenta Anomaly Benchmark,
// by which it may be chosen, and on the benchmark. Prints the table of docs/benchmarks.md.
//     tries <folder of the benchmark> <folder of Weekly-train.csv, Hourly-train.csv, nn5_daily_first56.csv> [part of a name]

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <deque>
#include <exception>
#include <iterator>
#include <limits>
#include <memory>
#include <numbers>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "labelled.hpp"
#include "labelled_score.hpp"
#include "series/detector.hpp"
#include "series/peaks.hpp"

namespace {

using namespace marketing;
using labelled::Labelled;
using labelled::Set;

constexpr std::size_t memory = 4000;
constexpr std::size_t fewest = 50;
constexpr double unknown = std::numeric_limits<double>::quiet_NaN();

/** How rare a deviate is among those of the past. */
enum class Tail {
    exponential,  // the library's: beyond the highest peaks exponential in ln(1 + |z|)
    pareto,       // generalised Pareto by L-moments over the 90 % quantile, drawn to the exponential by 30 peaks
    pareto_of_z,  // the same of |z| itself over the 95 % quantile, drawn to a shape of .3
    likeliest,    // generalised Pareto of the library's fit_peaks over the 90 % quantile, drawn in the same way
};

class Rareness {
public:
    explicit Rareness(Tail tail) : tail_(tail) {}

    [[nodiscard]] std::size_t size() const { return past_.size(); }

    void add(double score)
    {
        past_.add(score);
        if (tail_ == Tail::exponential) {
            return;
        }
        sorted_.insert(std::upper_bound(sorted_.begin(), sorted_.end(), score), score);
        recent_.push_back(score);
        if (recent_.size() > memory) {
            sorted_.erase(std::lower_bound(sorted_.begin(), sorted_.end(), recent_.front()));
            recent_.pop_front();
        }
        is_fitted_ = is_fitted_ && tail_ == Tail::likeliest && ++since_fit_ < 25;
    }

    /** -log10 of the probability of a score, ln(1 + |z|), at least as high. */
    [[nodiscard]] double of(double score)
    {
        if (tail_ == Tail::exponential) {
            return past_.rarity(score);
        }
        if (!is_fitted_) {
            fit();
        }
        const double excess = (scaled(score) - threshold_) / scale_;
        if (!(excess > 0)) {
            return past_.rarity(score);
        }
        const double grown = 1 + shape_ * excess;
        const double log = std::abs(shape_) < 1e-9 ? excess : grown <= 0 ? most : std::log(grown) / shape_;
        return std::log10(static_cast<double>(sorted_.size()) / static_cast<double>(peaks_)) +
               std::min(log, most) / std::numbers::ln10;
    }

private:
    static constexpr double most = 690;

    [[nodiscard]] double scaled(double score) const { return tail_ == Tail::pareto_of_z ? std::expm1(score) : score; }

    void fit()
    {
        const bool of_z = tail_ == Tail::pareto_of_z;
        const std::size_t count = sorted_.size();
        peaks_ = std::max<std::size_t>(10, static_cast<std::size_t>(static_cast<double>(count) * (of_z ? 0.05 : 0.1) + 0.5));
        const std::span<const double> above(sorted_.end() - static_cast<std::ptrdiff_t>(peaks_), sorted_.end());
        threshold_ = scaled(sorted_[count - peaks_ - 1]);
        const auto peaks = static_cast<double>(peaks_);
        double mean = 0;
        double weighted = 0;
        for (std::size_t i = 0; i < peaks_; ++i) {
            const double excess = scaled(above[i]) - threshold_;
            mean += excess / peaks;
            weighted += excess / peaks * (1 - (static_cast<double>(i) + 0.65) / peaks);
        }
        double shape = mean > 2 * weighted ? 2 - mean / (mean - 2 * weighted) : 0;
        if (tail_ == Tail::likeliest) {
            const double fitted = series::fit_peaks(sorted_, 1 - peaks / static_cast<double>(count)).shape;
            shape = std::isnan(fitted) ? shape : fitted;
        }
        constexpr double prior_peaks = 30;
        shape = (peaks * std::clamp(shape, -0.9, 0.9) + prior_peaks * (of_z ? 0.3 : 0)) / (peaks + prior_peaks);
        shape_ = std::clamp(shape, of_z ? 0 : -0.3, 0.9);
        scale_ = std::max(mean, of_z ? 0.2 * (1 + threshold_) : 0.2) * (1 - shape_);
        is_fitted_ = true;
        since_fit_ = 0;
    }

    Tail tail_;
    series::PeakTail past_{memory};
    std::deque<double> recent_;
    std::vector<double> sorted_;
    bool is_fitted_ = false;
    int since_fit_ = 0;
    std::size_t peaks_ = 0;
    double threshold_ = 0;
    double shape_ = 0;
    double scale_ = 1;
};

/** A mean of all that came, or of the last points, as they weigh at least `rate`. */
struct Mean {
    double rate = 0;
    double value = 0;
    double count = 0;

    void add(double x)
    {
        value += (x - value) * std::max(rate, 1 / (count + 1));
        ++count;
    }
};

/** The last points of a stream. */
class Last {
public:
    explicit Last(std::size_t length) : length_(length) {}

    /** What left. */
    std::optional<double> add(double x)
    {
        values_.push_back(x);
        sum_ += x;
        squares_ += x * x;
        if (values_.size() <= length_) {
            return {};
        }
        const double left = values_.front();
        values_.pop_front();
        sum_ -= left;
        squares_ -= left * left;
        return left;
    }
    [[nodiscard]] double count() const { return static_cast<double>(values_.size()); }
    [[nodiscard]] double mean() const { return values_.empty() ? 0 : sum_ / count(); }
    [[nodiscard]] double variance() const { return values_.empty() ? 0 : std::max(0.0, squares_ / count() - mean() * mean()); }

private:
    std::size_t length_;
    std::deque<double> values_;
    double sum_ = 0;
    double squares_ = 0;
};

/** How rare a stream's figure is in the stream's own past. */
class View {
public:
    View(Tail tail, bool has_sides) : above_(tail)
    {
        if (has_sides) {
            below_.emplace(tail);
        }
    }

    [[nodiscard]] double judge_and_learn(double x)
    {
        const double sd = std::sqrt(variance_);
        const double z = sd > 0 ? (x - mean_) / sd : x == mean_ ? 0 : 5;
        const double up = std::log1p(below_ ? std::max(0.0, z) : std::abs(z));
        const double down = std::log1p(std::max(0.0, -z));
        double rarity = unknown;
        if (above_.size() >= fewest) {
            rarity = above_.of(up);
            if (below_) {
                rarity = std::max(0.0, std::max(rarity, below_->of(down)) - std::log10(2.0));
            }
        }
        if (count_ >= 10) {
            above_.add(up);
            if (below_) {
                below_->add(down);
            }
        }
        const double weight = std::max(0.0002, 1 / (count_ + 1));
        const double off = x - mean_;
        variance_ = (1 - weight) * (variance_ + weight * off * off);
        mean_ += weight * off;
        ++count_;
        return rarity;
    }

private:
    double mean_ = 0;
    double variance_ = 0;
    double count_ = 0;
    Rareness above_;
    std::optional<Rareness> below_;
};

enum class Combination { harmonic, cauchy, mean_log };

/** What the points are put to before anything else. */
enum class Scale {
    none,
    root,
    log,
    log_of_bursts,     // of counts that are overdispersed and skewed
    steady_of_bursts,  // of the same: what has one variance at a slowly varying dispersion of a negative binomial
    residual_of_bursts,
};

/**
 * Letters of `views`, what of a point is judged:
 *     s  distance from the level of the hour      v  the same, by the spread of the hour
 *     f  from the last few points                 m  from a mean of 20
 *     w  mean of the last 12 distances            c  sum of distances that fades
 *     h  step of the distance                     d  mean of the last 12 points against that of 60 before
 *     u  size of the last 6 steps                 q  of the last 12
 *     k  distance of the 10 nearest vectors of 12 points
 */
struct Try {
    std::string_view name;
    std::string_view views = "s";
    Combination combination = Combination::harmonic;
    bool again = false;  // calibrated once more, by the past of what was combined
    Tail tail = Tail::exponential;
    bool has_sides = false;  // tails of what is above and below of their own
    Scale scale = Scale::none;
    int seasons = 1;  // days in a season
};

double combine(const std::vector<double>& rarities, Combination combination)
{
    const auto count = static_cast<double>(rarities.size());
    double sum = 0;
    for (const double rarity : rarities) {
        if (combination == Combination::mean_log) {
            sum += rarity / count;
        } else if (combination == Combination::harmonic) {
            sum += std::pow(10, rarity) / count;
        } else {
            const double p = std::min(std::pow(10, -rarity), 0.9999);
            sum += (p < 1e-12 ? 1 / (p * std::numbers::pi) : std::tan((0.5 - p) * std::numbers::pi)) / count;
        }
    }
    switch (combination) {
        case Combination::harmonic: return std::log10(sum);
        case Combination::cauchy:
            return sum > 1e10 ? std::log10(sum * std::numbers::pi) : -std::log10(0.5 - std::atan(sum) / std::numbers::pi);
        default: return sum;
    }
}

/** The mean distance of the 10 nearest vectors of 12 points, in units of the series' deviation. */
class Neighbours {
public:
    double distance(double x)
    {
        const double sd = std::sqrt(std::max(1e-12, square_.value - mean_.value * mean_.value));
        values_.push_back(x);
        double distance = unknown;
        if (values_.size() > length) {
            std::array<float, length> vector{};
            for (std::size_t k = 0; k < length; ++k) {
                vector[k] = static_cast<float>((values_[values_.size() - 1 - k] - mean_.value) / sd);
            }
            distance = past_.size() > 60 ? nearest(vector) : unknown;
            past_.push_back(vector);
        }
        mean_.add(x);
        square_.add(x * x);
        return distance;
    }

private:
    static constexpr std::size_t length = 12;

    [[nodiscard]] double nearest(const std::array<float, length>& vector) const
    {
        const std::size_t end = past_.size() - length;
        std::vector<float> squares;
        for (std::size_t i = end > 1500 ? end - 1500 : 0; i < end; ++i) {
            float square = 0;
            for (std::size_t k = 0; k < length; ++k) {
                square += (vector[k] - past_[i][k]) * (vector[k] - past_[i][k]);
            }
            squares.push_back(square);
        }
        const auto count = std::min<std::ptrdiff_t>(10, static_cast<std::ptrdiff_t>(squares.size()) - 1);
        std::nth_element(squares.begin(), squares.begin() + count, squares.end());
        double sum = 0;
        for (std::ptrdiff_t i = 0; i < count; ++i) {
            sum += std::sqrt(squares[static_cast<std::size_t>(i)]);
        }
        return sum / static_cast<double>(count);
    }

    Mean mean_;
    Mean square_;
    std::vector<double> values_;
    std::vector<std::array<float, length>> past_;
};

/** The views of a series on one scale, and what they come to together. */
class Views {
public:
    explicit Views(const Try& what) : what_(what)
    {
        for (std::size_t i = 0; i < what.views.size(); ++i) {
            views_.emplace_back(what.tail, what.has_sides);
        }
    }

    /** `off`: distance of `x` from the level of its hour; `variance`: that of such distances at that hour. */
    double judge_and_learn(double x, double off, double variance)
    {
        step_ = count_ > 0 ? x - last_ : 0;
        mean_.add(x);
        square_.add(x * x);
        std::vector<double> rarities;
        for (std::size_t i = 0; i < views_.size(); ++i) {
            const double figure = figure_of(what_.views[i], x, off, variance);
            rarities.push_back(std::isnan(figure) ? unknown : views_[i].judge_and_learn(figure));
        }
        last_ = x;
        last_off_ = off;
        few_.add(x);
        twenty_.add(x);
        ++count_;
        const bool is_known = std::none_of(rarities.begin(), rarities.end(), [](double r) { return std::isnan(r); });
        return !is_known ? unknown : rarities.size() == 1 ? rarities[0] : combine(rarities, what_.combination);
    }

private:
    double figure_of(char view, double x, double off, double variance)
    {
        switch (view) {
            case 's': return off;
            case 'v': return variance > 0 ? off / std::sqrt(variance) : off;
            case 'f': return few_.count > 0 ? x - few_.value : 0;
            case 'm': return twenty_.count > 0 ? x - twenty_.value : 0;
            case 'w': distances_.add(off); return distances_.mean();
            case 'c': return faded_ = 0.8 * faded_ + off;
            case 'h': return count_ > 0 ? off - last_off_ : 0;
            case 'd': return shift(x);
            case 'u': return size_of_steps(six_steps_, 6);
            case 'q': return size_of_steps(twelve_steps_, 12);
            default: return neighbours_.distance(x);
        }
    }

    double shift(double x)
    {
        if (const auto left = dozen_.add(x)) {
            before_.add(*left);
        }
        const double floor = 1e-9 * (1 + before_.mean() * before_.mean());
        return before_.count() < 30 ? 0 : (dozen_.mean() - before_.mean()) / std::sqrt(before_.variance() + floor);
    }

    double size_of_steps(Last& steps, double length) const
    {
        steps.add(step_ * step_);
        const double variance = std::max(1e-300, square_.value - mean_.value * mean_.value);
        return steps.count() < length ? 0 : 0.5 * std::log(1e-6 + std::max(0.0, steps.mean()) / variance);
    }

    const Try& what_;
    std::vector<View> views_;
    double count_ = 0;
    double last_ = 0;
    double last_off_ = 0;
    double step_ = 0;
    double faded_ = 0;
    Mean few_{.rate = 0.3};
    Mean twenty_{.rate = 0.05};
    Mean mean_;
    Mean square_;
    Last distances_{12};
    Last dozen_{12};
    Last before_{60};
    Last six_steps_{6};
    Last twelve_steps_{12};
    Neighbours neighbours_;
};

/** Levels of the parts of a season, on one scale. */
class Levels {
public:
    explicit Levels(std::size_t parts) : levels_(parts, Mean{.rate = 0.03}), spreads_(parts, Mean{.rate = 0.03}) {}

    [[nodiscard]] double at(std::size_t part, double x) const
    {
        return levels_[part].count > 0 ? levels_[part].value : all_.count > 0 ? all_.value : x;
    }
    /** Of the distances; 0 while unknown. */
    [[nodiscard]] double variance(std::size_t part) const { return spreads_[part].count > 3 ? spreads_[part].value : 0; }
    void learn(std::size_t part, double x)
    {
        const double off = x - at(part, x);
        spreads_[part].add(off * off);
        levels_[part].add(x);
        all_.add(x);
    }

private:
    std::vector<Mean> levels_;
    std::vector<Mean> spreads_;
    Mean all_;
};

/** Whether a series holds counts in bursts, and how dispersed they are. */
class Bursts {
public:
    void learn(double x, double expected)
    {
        is_count_ = is_count_ && x >= 0 && x == std::floor(x);
        first_.add(x);
        second_.add(x * x);
        third_.add(x * x * x);
        if (expected > 0) {
            dispersion_.add(((x - expected) * (x - expected) - expected) / (expected * expected));
        }
    }
    [[nodiscard]] bool are_there() const
    {
        const double mean = first_.value;
        const double variance = second_.value - mean * mean;
        const double skewness = (third_.value - 3 * mean * second_.value + 2 * mean * mean * mean) / std::pow(variance, 1.5);
        return is_count_ && variance > 3 * mean && skewness > 1;
    }
    /** Of a negative binomial: variance = mean + dispersion mean^2. */
    [[nodiscard]] double dispersion() const { return std::clamp(dispersion_.value, 1e-3, 10.0); }

private:
    bool is_count_ = true;
    Mean first_;
    Mean second_;
    Mean third_;
    Mean dispersion_{.rate = 0.002};
};

double steadied(double x, double dispersion)
{
    return 2 * std::asinh(std::sqrt(dispersion * (std::max(0.0, x) + 0.375))) / std::sqrt(dispersion);
}

std::vector<double> library_scores(const Labelled& labelled)
{
    series::CalibratedOptions calibrated;
    calibrated.step = labelled.step;
    calibrated.period = labelled.period;
    series::DetectorOptions options;
    options.method = calibrated;
    options.test.alpha = 0.4999;
    series::Detector detector(options);
    std::vector<double> scores;
    for (const series::Point& point : labelled.points) {
        scores.push_back(detector.update(point).score);
    }
    return scores;
}

std::vector<double> scores_of(const Try& what, const Labelled& labelled)
{
    const auto parts = static_cast<std::size_t>(labelled.period * what.seasons);
    Levels levels(parts);
    Levels other_levels(parts);
    Views views(what);
    Views views_of_bursts(what);
    Bursts bursts;
    Rareness combined(what.tail);
    std::vector<double> scores;
    for (const series::Point& point : labelled.points) {
        const std::size_t part = static_cast<std::size_t>(point.time / labelled.step) % parts;
        const double x = point.value;
        const double y = !(x > 0) ? x : what.scale == Scale::root ? std::sqrt(x) : std::log1p(x);
        const double expected = levels.at(part, x);
        const double expected_y = other_levels.at(part, y);
        double score = what.scale == Scale::root || what.scale == Scale::log
                           ? views.judge_and_learn(y, y - expected_y, other_levels.variance(part))
                           : views.judge_and_learn(x, x - expected, levels.variance(part));
        if (what.scale >= Scale::log_of_bursts) {
            const double dispersion = bursts.dispersion();
            bursts.learn(x, expected);
            double of_bursts = unknown;
            if (what.scale == Scale::log_of_bursts) {
                of_bursts = views_of_bursts.judge_and_learn(y, y - expected_y, 0);
            } else if (what.scale == Scale::steady_of_bursts) {
                const double steady = steadied(x, dispersion);
                of_bursts = views_of_bursts.judge_and_learn(steady, steady - steadied(expected, dispersion), 0);
            } else {
                const double variance = std::max(0.1, expected) + dispersion * expected * expected;
                of_bursts = views_of_bursts.judge_and_learn(x, (x - expected) / std::sqrt(variance), 0);
            }
            score = bursts.are_there() ? of_bursts : score;
        }
        if (what.again && !std::isnan(score)) {
            const double figure = std::log1p(3 * score);
            score = combined.size() >= fewest ? combined.of(figure) : unknown;
            combined.add(figure);
        }
        scores.push_back(score);
        levels.learn(part, x);
        other_levels.learn(part, y);
    }
    return scores;
}

constexpr auto cauchy = Combination::cauchy;
constexpr auto mean_log = Combination::mean_log;

const std::vector<Try>& all_tries()
{
    static const std::vector<Try> tries{
        {.name = "the method as it is: distance from the hour's level", .views = ""},
        {.name = "and distance from the last few points, p-values by their harmonic mean", .views = "sf"},
        {.name = "the same, its mean calibrated once more by its own past", .views = "sf", .again = true},
        {.name = "and the mean of the last 12 distances", .views = "sw"},
        {.name = "the same, the mean of log p calibrated once more", .views = "sw", .combination = mean_log, .again = true},
        {.name = "all three", .views = "sfw"},
        {.name = "and distances from a mean of 20 points", .views = "sm"},
        {.name = "and sums of distances that fade", .views = "sc"},
        {.name = "and the 10 nearest lag vectors of length 12", .views = "sk"},
        {.name = "square roots, and distance from the last few points", .views = "sf", .scale = Scale::root},
        {.name = "logarithms", .scale = Scale::log},
        {.name = "square roots", .scale = Scale::root},
        {.name = "an hour of the week instead of the day", .seasons = 7},
        {.name = "a spread for each hour of the day", .views = "v"},
        {.name = "the same, and the mean of the last 12 distances", .views = "vw"},
        {.name = "square roots, and the mean of the last 12 distances", .views = "sw", .scale = Scale::root},
        {.name = "hour and last few points, the mean of log p", .views = "sf", .combination = mean_log},
        {.name = "hour and last 12, the mean of log p", .views = "sw", .combination = mean_log},
        {.name = "hour and lag vectors, the mean of log p", .views = "sk", .combination = mean_log},
        {.name = "all three, the mean of log p", .views = "sfw", .combination = mean_log},
        {.name = "generalised Pareto tail of the distances' logarithm", .tail = Tail::pareto},
        {.name = "the same of the distances themselves", .tail = Tail::pareto_of_z},
        {.name = "the same of the logarithm, by Zhang and Stephens", .tail = Tail::likeliest},
        {.name = "and the size of the last 6 steps, harmonic mean", .views = "su"},
        {.name = "the same, Cauchy combination", .views = "su", .combination = cauchy},
        {.name = "and the step of the distance, and the size of the last 12 steps, harmonic mean", .views = "shq"},
        {.name = "the same, Cauchy combination", .views = "shq", .combination = cauchy},
        {.name = "and the mean of the last 12 distances, four by their harmonic mean", .views = "swhq"},
        {.name = "the same, Cauchy combination", .views = "swhq", .combination = cauchy},
        {.name = "the same four with the generalised Pareto tail, harmonic mean", .views = "swhq", .tail = Tail::pareto},
        {.name = "and the last 12 points against 60 before, harmonic mean", .views = "sd"},
        {.name = "logarithms of counts in bursts", .scale = Scale::log_of_bursts},
        {.name = "the same in the four", .views = "swhq", .scale = Scale::log_of_bursts},
        {.name = "counts in bursts steadied as negative binomial of slowly varying dispersion",
         .scale = Scale::steady_of_bursts},
        {.name = "the same by their standardised distances", .scale = Scale::residual_of_bursts},
        {.name = "tails of their own above and below", .has_sides = true},
        {.name = "the same, of square roots", .has_sides = true, .scale = Scale::root},
        {.name = "the same, of the four", .views = "swhq", .has_sides = true},
    };
    return tries;
}

labelled::Scores all_scores(const Try& what, const Set& set)
{
    labelled::Scores scores;
    for (const Labelled& labelled : set) {
        scores.push_back(what.views.empty() ? library_scores(labelled) : scores_of(what, labelled));
    }
    return scores;
}

/** Sets by which methods may be chosen: the first are simulated, so that series without anomalies have none. */
struct Others {
    std::vector<Set> simulated;
    std::vector<Set> changed;
};

Set of_two_seeds(const auto& make)
{
    Set set = make(1);
    Set more = make(2);
    std::move(more.begin(), more.end(), std::back_inserter(set));
    return set;
}

Others load_others(const std::string& folder)
{
    constexpr std::int64_t hour = std::int64_t{3600} * 1'000'000;
    const auto with_anomalies = [](Set set, std::uint64_t seed) {
        inject(set, seed);
        return set;
    };
    const Set cash_machines = labelled::long_file(folder + "/nn5_daily_first56.csv", 24 * hour, 7);
    return {{of_two_seeds(labelled::simulated), of_two_seeds(labelled::posts), labelled::campaigns(1)},
            {of_two_seeds([&](std::uint64_t seed) { return with_anomalies(cash_machines, seed); }),
             with_anomalies(labelled::wide_file(folder + "/Weekly-train.csv", 168 * hour, 1), 1),
             with_anomalies(labelled::wide_file(folder + "/Hourly-train.csv", hour, 24), 1)}};
}

/** The benchmark by folder, at the one threshold that is best for all of it. */
void print_folders(const Set& benchmark)
{
    labelled::Scores scores;
    for (const Labelled& series : benchmark) {
        scores.push_back(library_scores(series));
    }
    const labelled::Best best = labelled::best(benchmark, labelled::cooled(benchmark, scores));
    std::printf("\nThe method as it is, by folder of the benchmark\n\n| folder | score | false alarms |\n|---|---|---|\n");
    for (const auto& [folder, score] : best.scores) {
        const auto wrong = best.false_alarms.find(folder);
        std::printf("| %s | %.1f | %d |\n", folder.c_str(), score, wrong == best.false_alarms.end() ? 0 : wrong->second);
    }
    std::fflush(stdout);
}

void print_row(const Try& what, const Others& others, const Set& benchmark)
{
    labelled::Rates of_simulated;
    labelled::Rates of_all;
    double sum = 0;
    std::printf("| %s |", std::string(what.name).c_str());
    for (const auto* sets : {&others.simulated, &others.changed}) {
        for (const Set& set : *sets) {
            const labelled::Scores scores = all_scores(what, set);
            const labelled::Scores cooled = labelled::cooled(set, scores);
            const double score = labelled::best(set, cooled).score;
            sum += score;
            std::printf(" %.1f |", score);
            labelled::add(set, scores, cooled, of_all);
            if (sets == &others.simulated) {
                labelled::add(set, scores, cooled, of_simulated);
            }
        }
    }
    const std::clock_t start = std::clock();
    const labelled::Scores scores = all_scores(what, benchmark);
    const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
    const labelled::Best best = labelled::best(benchmark, labelled::cooled(benchmark, scores));
    const auto tweets = best.false_alarms.find("realTweets");
    std::printf(" %.1f | %.1f | %.1f | %.4f | %.5f | %.1f | %d | %.2f |\n", sum / 6, 100 * of_all.found / of_all.windows,
                1000 * of_all.false_alarms / of_all.points, of_simulated.below_1e2 / of_simulated.judged,
                of_simulated.below_1e4 / of_simulated.judged, best.score,
                tweets == best.false_alarms.end() ? 0 : tweets->second, seconds);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv)
{
    if (argc < 3) {
        std::fprintf(stderr, "usage: tries <folder of the benchmark> <folder of other series> [part of a name]\n");
        return 2;
    }
    try {
        const Set benchmark = labelled::benchmark(argv[1]);
        const Others others = load_others(argv[2]);
        std::printf(
            "| try | shapes | posts | campaigns | NN5 | M4 weekly | M4 hourly | mean | found %% | false in 1,000 | p < .01 | "
            "p < .0001 | NAB | false alarms in tweets | seconds "
            "|\n|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
        for (const Try& what : all_tries()) {
            if (argc < 4 || what.name.find(argv[3]) != std::string_view::npos) {
                print_row(what, others, benchmark);
            }
        }
        print_folders(benchmark);
    } catch (const std::exception& e) {
        std::fprintf(stderr, "tries: %s\n", e.what());
        return 1;
    }
}
