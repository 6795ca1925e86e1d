#include "incrementality/geo_lift.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <set>
#include <string>

#include "incrementality/control_weights.hpp"
#include "kernel/error.hpp"
#include "kernel/stop.hpp"
#include "kernel/unknown.hpp"
#include "numeric/quantile.hpp"

namespace marketing::incrementality {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using kernel::require_valid;
using kernel::unknown;
using numeric::Alternative;
using Set = std::vector<Index>;

constexpr std::size_t most_placebos = 199;
constexpr std::size_t few_donors = 10;

/** One comparison: what is left of the treated column when the others are taken off it. */
struct Fit {
    VectorXd gap;      // in scaled units, all days
    VectorXd weights;  // of the donors
    double effect;     // mean gap of the test
    double noise;      // root mean square of the gaps before
};

/** The regions in the days of a test, scaled, and fits of the mean of some of them against the others. */
class Study {
public:
    /** `before` days, then the test, in the rows; a region that had nothing before says nothing, unless it is among the `treated`. */
    Study(const MatrixXd& regions, const Set& treated, Index before, Scaling scaling) : before_(before), scaling_(scaling)
    {
        for (Index region = 0; region < regions.cols(); ++region) {
            const bool is_treated = std::binary_search(treated.begin(), treated.end(), region);
            if (scaling != Scaling::ratio || is_treated || regions.col(region).head(before).mean() > 0) {
                if (is_treated) {
                    treated_.push_back(static_cast<Index>(kept_.size()));
                }
                kept_.push_back(region);
            }
        }
        raw_ = regions(Eigen::indexing::all, kept_);
        scaled_.resize(raw_.rows(), raw_.cols());
        for (Index region = 0; region < raw_.cols(); ++region) {
            scaled_.col(region) = scaled(raw_.col(region));
        }
        products_ = scaled_.topRows(before_).transpose() * scaled_.topRows(before_);
    }

    [[nodiscard]] Index size() const noexcept { return raw_.cols(); }
    [[nodiscard]] Index donors() const noexcept { return size() - static_cast<Index>(treated_.size()); }
    [[nodiscard]] const Set& treated() const noexcept { return treated_; }
    /** The place of a region in the table. */
    [[nodiscard]] Index place(Index region) const { return kept_[static_cast<std::size_t>(region)]; }
    [[nodiscard]] Index before() const noexcept { return before_; }
    [[nodiscard]] Index days() const noexcept { return raw_.rows() - before_; }
    /** The mean of some regions, as they are, and what a scaled unit of it is worth. */
    [[nodiscard]] VectorXd mean_of(const Set& set) const { return raw_(Eigen::indexing::all, set).rowwise().mean(); }
    [[nodiscard]] double unit(const Set& set) const
    {
        return scaling_ == Scaling::ratio ? mean_of(set).head(before_).mean() : 1;
    }
    /** The regions that stand for those of a set: none of it, and none that was treated. */
    [[nodiscard]] Set donors_of(const Set& set) const
    {
        Set rest;
        for (Index region = 0; region < size(); ++region) {
            if (!std::binary_search(set.begin(), set.end(), region) &&
                !std::binary_search(treated_.begin(), treated_.end(), region)) {
                rest.push_back(region);
            }
        }
        return rest;
    }
    /** By how much the fit of a set rises when each treated region rises by one scaled unit in the test. */
    [[nodiscard]] double share_of_treated(const Set& set) const
    {
        double part = 0;
        double whole = 0;
        for (const Index region : set) {
            const double size = unit({region});
            whole += size;
            part += std::binary_search(treated_.begin(), treated_.end(), region) ? size : 0;
        }
        return part / whole;
    }

    [[nodiscard]] VectorXd scaled(const VectorXd& column) const
    {
        switch (scaling_) {
            case Scaling::ratio: return column / column.head(before_).mean();
            case Scaling::difference: return column.array() - column.head(before_).mean();
            case Scaling::none: break;
        }
        return column;
    }
    [[nodiscard]] Fit fit(const Set& of, Method method, double penalty) const
    {
        kernel::poll();
        const VectorXd target = scaled(mean_of(of));
        const Set set = donors_of(of);
        const MatrixXd others = scaled_(Eigen::indexing::all, set);
        Fit fit;
        if (method == Method::difference) {
            fit.weights = VectorXd::Constant(others.cols(), 1.0 / static_cast<double>(others.cols()));
        } else {
            const MatrixXd products = products_(set, set);
            const VectorXd with_target = others.topRows(before_).transpose() * target.head(before_);
            fit.weights = simplex_weights(products, with_target);
            if (method == Method::augmented) {
                fit.weights += ridge_weights(products, with_target, fit.weights, penalty);
            }
        }
        fit.gap = target - others * fit.weights;
        if (method == Method::difference) {
            fit.gap.array() -= fit.gap.head(before_).mean();
        }
        fit.effect = days() > 0 ? fit.gap.tail(days()).mean() : 0;
        fit.noise = std::sqrt(fit.gap.head(before_).squaredNorm() / static_cast<double>(before_));
        return fit;
    }

    /** The penalty that predicts stretches of the treated regions' days before best from the rest of them; infinite where plain weights do. */
    [[nodiscard]] double best_penalty() const
    {
        constexpr int powers_of_ten = 7;
        constexpr Index stretches = 4;
        const Set set = donors_of(treated_);
        const VectorXd target = scaled(mean_of(treated_)).head(before_);
        const MatrixXd others = scaled_(Eigen::seqN(0, before_), set);
        const MatrixXd all_products = products_(set, set);
        std::vector<double> penalties{std::numeric_limits<double>::infinity()};
        for (int power = 0; power < powers_of_ten; ++power) {
            penalties.push_back(10 * all_products.diagonal().mean() * std::pow(10.0, -power));
        }
        std::vector<double> errors(penalties.size(), 0);
        for (Index stretch = 0; stretch < stretches; ++stretch) {
            const Index from = before_ * stretch / stretches;
            const Index length = before_ * (stretch + 1) / stretches - from;
            const MatrixXd held = others.middleRows(from, length);
            const VectorXd held_target = target.segment(from, length);
            const MatrixXd products = all_products - held.transpose() * held;
            const VectorXd with_target = others.transpose() * target - held.transpose() * held_target;
            const VectorXd weights = simplex_weights(products, with_target);
            for (std::size_t i = 0; i < penalties.size(); ++i) {
                kernel::poll();
                const VectorXd all_weights = weights + ridge_weights(products, with_target, weights, penalties[i]);
                errors[i] += (held_target - held * all_weights).squaredNorm();
            }
        }
        return penalties[static_cast<std::size_t>(std::min_element(errors.begin(), errors.end()) - errors.begin())];
    }

private:
    Index before_;
    Scaling scaling_;
    Set kept_;  // places in the table
    Set treated_;
    MatrixXd raw_;
    MatrixXd scaled_;
    MatrixXd products_;
};

/** Numbers in no order, the same each time (Steele, Lea and Flood 2014). */
class Shuffle {
public:
    explicit Shuffle(std::int64_t seed) noexcept : state_(static_cast<std::uint64_t>(seed)) {}
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) noexcept
    {
        state_ += 0x9e3779b97f4a7c15U;
        std::uint64_t x = state_;
        x = (x ^ (x >> 30U)) * 0xbf58476d1ce4e5b9U;
        x = (x ^ (x >> 27U)) * 0x94d049bb133111ebU;
        return (x ^ (x >> 31U)) % bound;
    }
    [[nodiscard]] Set draw(Index of, std::size_t size)
    {
        Set all(static_cast<std::size_t>(of));
        std::iota(all.begin(), all.end(), Index{0});
        for (std::size_t i = 0; i < size; ++i) {
            std::swap(all[i], all[i + below(all.size() - i)]);
        }
        all.resize(size);
        std::sort(all.begin(), all.end());
        return all;
    }

private:
    std::uint64_t state_;
};

/** Sets of regions that might as well have been treated: each other region, or distinct sets that are drawn from all, the treated one not among them. */
std::vector<Set> placebo_sets(const Study& study, std::int64_t seed)
{
    const std::size_t size = study.treated().size();
    std::set<Set> sets;
    if (size == 1 && static_cast<std::size_t>(study.donors()) <= most_placebos) {
        for (Index region = 0; region < study.size(); ++region) {
            sets.insert({region});
        }
    } else {
        Shuffle shuffle(seed);
        constexpr std::size_t tries = 20 * most_placebos;
        for (std::size_t i = 0; i < tries && sets.size() < most_placebos; ++i) {
            sets.insert(shuffle.draw(study.size(), size));
        }
    }
    sets.erase(study.treated());
    return {sets.begin(), sets.end()};
}

/** How large a miss is, as the alternative sees it. */
double size_of(double miss, Alternative alternative) noexcept
{
    switch (alternative) {
        case Alternative::greater: return miss;
        case Alternative::less: return -miss;
        case Alternative::two_sided: break;
    }
    return std::abs(miss);
}

/** What a set misses if the treated regions rose by `lift` scaled units: miss - lift share, in residuals before. */
struct Miss {
    double miss;
    double share;

    [[nodiscard]] double at(double lift) const noexcept { return miss - lift * share; }
};

/**
 * What the treated regions miss, and what all other sets do. They are measured in residuals before, but not in much less than is usual, since a fit
 * may be good by chance.
 */
class Misses {
public:
    Misses(const Study& study, Method method, double penalty, std::int64_t seed)
        : fit_(study.fit(study.treated(), method, penalty))
    {
        std::vector<double> noise;
        std::vector<Fit> fits;
        std::vector<double> shares;
        for (const Set& set : placebo_sets(study, seed)) {
            if (study.unit(set) > 0 && !study.donors_of(set).empty()) {
                fits.push_back(study.fit(set, method, penalty));
                noise.push_back(fits.back().noise);
                shares.push_back(study.share_of_treated(set));
            }
        }
        const double floor = noise.empty() ? 0 : numeric::median(noise) / 4;
        const auto scale = [floor](double own) { return std::max(own, floor) > 0 ? std::max(own, floor) : 1; };
        for (std::size_t i = 0; i < fits.size(); ++i) {
            others_.push_back({fits[i].effect / scale(fits[i].noise), shares[i] / scale(fits[i].noise)});
        }
        own_ = {fit_.effect / scale(fit_.noise), 1 / scale(fit_.noise)};
    }

    [[nodiscard]] const Fit& fit() const noexcept { return fit_; }
    [[nodiscard]] const Miss& own() const noexcept { return own_; }
    [[nodiscard]] const std::vector<Miss>& others() const noexcept { return others_; }

    /** Of the hypothesis that the treated regions rose by `lift`. */
    [[nodiscard]] double p_value(double lift, Alternative alternative) const
    {
        const double own = size_of(own_.at(lift), alternative);
        const double tie = 1e-9 * std::abs(own);
        const auto as_large = std::count_if(others_.begin(), others_.end(), [&](const Miss& other) {
            return size_of(other.at(lift), alternative) >= own - tie;
        });
        return others_.empty() ? unknown : static_cast<double>(1 + as_large) / static_cast<double>(1 + others_.size());
    }

    /** The lifts that are not refuted, from the estimate on: the first lift in a direction whose p-value is below; NaN where there is none. */
    [[nodiscard]] double bound(double confidence, Alternative alternative, double direction) const
    {
        const double least_p = 1 - confidence + 1e-9;
        std::vector<double> crossings;
        for (const Miss& other : others_) {
            for (const double sign : {1.0, -1.0}) {
                const double lift = (other.miss - sign * own_.miss) / (other.share - sign * own_.share);
                if (std::isfinite(lift) && direction * (lift - fit_.effect) > 0) {
                    crossings.push_back(lift);
                }
            }
        }
        std::sort(crossings.begin(), crossings.end(),
                  [direction](double a, double b) { return direction * a < direction * b; });
        for (std::size_t i = 0; i < crossings.size(); ++i) {
            kernel::poll();
            const double next =
                i + 1 < crossings.size() ? crossings[i + 1] : crossings[i] + direction * (std::abs(crossings[i]) + 1);
            if (p_value((crossings[i] + next) / 2, alternative) <= least_p) {
                return crossings[i];
            }
        }
        return unknown;
    }

private:
    Fit fit_;
    Miss own_{};
    std::vector<Miss> others_;
};

void check_share(double share, const char* name)
{
    require_valid(share > 0 && share < 1, std::string(name) + " must be between 0 and 1");
}

/** The places of the treated regions, ascending. */
Set places_of(const Regions& regions, std::span<const std::string_view> treated)
{
    Set places;
    for (const std::string_view name : treated) {
        const auto found = std::lower_bound(regions.names.begin(), regions.names.end(), name);
        if (found == regions.names.end() || *found != name) {
            throw kernel::Error(kernel::ErrorCode::invalid_parameter, "unknown region: " + std::string(name), {},
                                "treated must name regions that have rows.");
        }
        places.push_back(found - regions.names.begin());
    }
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    require_valid(!places.empty(), "treated must name at least one region");
    require_valid(places.size() < regions.names.size(), "all regions were treated",
                  "There must be regions where nothing changed.");
    return places;
}

/** The days of a test within the table, checked. */
Index days_before(const Regions& regions, std::int32_t first_day)
{
    const std::int64_t before = static_cast<std::int64_t>(first_day) - regions.first_day;
    require_valid(before >= 2, "there must be at least two days before the test",
                  "first_day is the first day of the test; the days before it tell which regions are alike.");
    require_valid(before < regions.response.rows(), "there are no days in the test",
                  "The rows end before first_day, or last_day is before it.");
    return static_cast<Index>(before);
}

void check_usable(const Study& study)
{
    require_valid(study.unit(study.treated()) > 0, "the treated regions had no response before the test",
                  "Take scaling 'difference', or other regions.");
    require_valid(study.donors() > 0, "no other region had a response before the test");
}

/** The share of all cyclic stretches as long as the test whose residuals are as large, weights fitted on all days. */
double p_over_time(const Regions& regions, const Study& tested, Scaling scaling, const Set& treated, Method method,
                   double penalty)
{
    const Index all_days = regions.response.rows();
    const Study study(regions.response, treated, all_days, scaling);
    if (!(study.unit(study.treated()) > 0)) {
        return unknown;
    }
    const VectorXd sizes = study.fit(study.treated(), method, penalty).gap.cwiseAbs();
    double sum = sizes.tail(tested.days()).sum();
    const double observed = sum;
    const double tie = 1e-12 * sizes.sum();
    Index as_large = 0;
    for (Index shift = 0; shift < all_days; ++shift) {
        as_large += sum >= observed - tie ? 1 : 0;
        sum += sizes[shift] - sizes[(shift + tested.before()) % all_days];
    }
    return static_cast<double>(as_large) / static_cast<double>(all_days);
}

/** Against a one-sided alternative an interval has one end. */
Range with_bounds(const Misses& misses, double confidence, Alternative alternative)
{
    const double effect = misses.fit().effect;
    return {effect, alternative == Alternative::less ? unknown : misses.bound(confidence, alternative, -1),
            alternative == Alternative::greater ? unknown : misses.bound(confidence, alternative, 1)};
}

Range times(const Range& range, double factor)
{
    return {range.value * factor, range.low * factor, range.high * factor};
}

/** An effect as a share of what was expected. */
Range relative(const Range& effect, double observed)
{
    const auto share = [observed](double part) { return observed - part > 0 ? part / (observed - part) : unknown; };
    return {share(effect.value), share(effect.low), share(effect.high)};
}

std::string_view reason_of(const Study& study)
{
    if (study.donors() < static_cast<Index>(few_donors)) {
        return "few_regions";
    }
    return study.before() < 4 * study.days() ? "short_history" : "ok";
}

double penalty_of(const Study& study, Method method)
{
    return method == Method::augmented ? study.best_penalty() : std::numeric_limits<double>::infinity();
}

}  // namespace

std::vector<Lift> geo_lift(const Regions& regions, const LiftRules& rules)
{
    check_share(rules.confidence, "confidence");
    const Set treated = places_of(regions, rules.treated);
    const Study study(regions.response, treated, days_before(regions, rules.first_day), rules.scaling);
    check_usable(study);
    const auto count = static_cast<double>(treated.size());
    const auto days = static_cast<double>(study.days());
    const double observed = study.mean_of(study.treated()).tail(study.days()).mean();
    const double equal_noise = study.fit(study.treated(), Method::difference, 0).noise;
    std::vector<Lift> lifts;
    for (const Method method : {Method::augmented, Method::synthetic, Method::difference}) {
        const double penalty = penalty_of(study, method);
        const Misses misses(study, method, penalty, rules.seed);
        const Range effect = times(with_bounds(misses, rules.confidence, rules.alternative), study.unit(study.treated()));
        lifts.push_back({method, effect, times(effect, count * days), relative(effect, observed),
                         misses.p_value(0, rules.alternative),
                         p_over_time(regions, study, rules.scaling, treated, method, penalty), treated.size(),
                         static_cast<std::size_t>(study.donors()), misses.others().size(),
                         static_cast<std::size_t>(study.before()), static_cast<std::size_t>(study.days()),
                         equal_noise > 0 ? misses.fit().noise / equal_noise : unknown, reason_of(study)});
    }
    return lifts;
}

Expectation expectation(const Regions& regions, const LiftRules& rules, Method method)
{
    const Set treated = places_of(regions, rules.treated);
    const Study study(regions.response, treated, days_before(regions, rules.first_day), rules.scaling);
    check_usable(study);
    const Fit fit = study.fit(study.treated(), method, penalty_of(study, method));
    const VectorXd observed = study.mean_of(study.treated());
    const double unit = study.unit(study.treated());
    const auto count = static_cast<double>(treated.size());
    Expectation found;
    for (Index day = 0; day < observed.size(); ++day) {
        found.days.push_back({regions.first_day + static_cast<std::int32_t>(day), count * observed[day],
                              count * (observed[day] - unit * fit.gap[day]), day >= study.before()});
    }
    const Set donors = study.donors_of(study.treated());
    for (std::size_t i = 0; i < donors.size(); ++i) {
        found.donors.push_back(
            {regions.names[static_cast<std::size_t>(study.place(donors[i]))], fit.weights[static_cast<Index>(i)]});
    }
    return found;
}

namespace {

/** A test in the past: misses in it, and what a lift of 1 would add to them. */
struct PastTest {
    std::vector<double> misses;
    double bound;  // the size that a miss must exceed to be found; NaN where there are too few
    double per_lift;
    double expected;  // of the treated regions in the test

    /** How probably `lift` is found. */
    [[nodiscard]] double power(double lift, Alternative alternative) const
    {
        const auto found = std::count_if(misses.begin(), misses.end(),
                                         [&](double miss) { return size_of(miss + lift * per_lift, alternative) > bound; });
        return static_cast<double>(found) / static_cast<double>(misses.size());
    }
};

PastTest past_test(const Regions& regions, const Set& treated, Index before, const PowerRules& rules)
{
    const Study study(regions.response.topRows(before + rules.test_days), treated, before, rules.scaling);
    check_usable(study);
    const Misses misses(study, rules.method, penalty_of(study, rules.method), rules.seed);
    const double unit = study.unit(study.treated());
    const double expected = study.mean_of(study.treated()).tail(study.days()).mean() - unit * misses.fit().effect;
    PastTest test{{misses.own().miss},
                  unknown,
                  expected / unit * misses.own().share,
                  expected * static_cast<double>(treated.size()) * static_cast<double>(study.days())};
    std::vector<double> sizes;
    for (const Miss& other : misses.others()) {
        test.misses.push_back(other.miss);
        sizes.push_back(size_of(other.miss, rules.alternative));
    }
    std::sort(sizes.begin(), sizes.end());
    const double place = std::ceil((1 - rules.significance) * static_cast<double>(sizes.size() + 1) - 1e-9);
    if (place <= static_cast<double>(sizes.size())) {
        test.bound = sizes[static_cast<std::size_t>(std::max(place, 1.0)) - 1];
    }
    return test;
}

double mean_power(const std::vector<PastTest>& tests, double lift, Alternative alternative)
{
    double sum = 0;
    for (const PastTest& test : tests) {
        if (std::isnan(test.bound)) {
            return unknown;
        }
        sum += test.power(lift, alternative);
    }
    return sum / static_cast<double>(tests.size());
}

/** The least lift, downwards where the alternative is, that has the power wanted. */
double least_lift(const std::vector<PastTest>& tests, const PowerRules& rules)
{
    const double sign = rules.alternative == Alternative::less ? -1 : 1;
    const auto enough = [&](double lift) { return mean_power(tests, sign * lift, rules.alternative) >= rules.power; };
    double high = 0.001;
    while (high < 1000 && !enough(high)) {
        high *= 2;
    }
    if (!enough(high)) {
        return unknown;
    }
    double low = 0;
    constexpr int bisections = 40;
    for (int i = 0; i < bisections; ++i) {
        const double middle = (low + high) / 2;
        (enough(middle) ? high : low) = middle;
    }
    return sign * high;
}

}  // namespace

PowerStudy power_study(const Regions& regions, const PowerRules& rules, std::span<const double> lifts)
{
    check_share(rules.significance, "significance");
    check_share(rules.power, "power");
    require_valid(rules.test_days >= 1, "test_days must be at least 1");
    require_valid(std::all_of(lifts.begin(), lifts.end(), [](double lift) { return std::isfinite(lift) && lift > -1; }),
                  "lifts must be finite and above -1", "0.05 is 5 percent more.");
    const Set treated = places_of(regions, rules.treated);
    const Index all_days = regions.response.rows();
    const Index days = rules.test_days;
    require_valid(all_days - days >= std::max<Index>(days, 4), "there are too few days before a test of so many",
                  "There must be twice as many days as the test has.");
    constexpr Index most_windows = 10;
    const Index step = std::max<Index>(1, days / 2);
    std::vector<PastTest> tests;
    for (Index window = 0; window < most_windows; ++window) {
        const Index before = all_days - days - window * step;
        if (window > 0 && before < std::max<Index>(2 * days, all_days / 2)) {
            break;
        }
        tests.push_back(past_test(regions, treated, before, rules));
    }
    PowerStudy study;
    double expected = 0;
    for (const PastTest& test : tests) {
        expected += test.expected / static_cast<double>(tests.size());
    }
    for (const double lift : lifts) {
        study.lifts.push_back({lift, mean_power(tests, lift, rules.alternative), lift * expected});
    }
    study.least_lift = least_lift(tests, rules);
    study.donors = regions.names.size() - treated.size();
    study.windows = tests.size();
    study.reason = std::isnan(tests.front().bound) ? "few_regions" : "ok";
    return study;
}

}  // namespace marketing::incrementality
