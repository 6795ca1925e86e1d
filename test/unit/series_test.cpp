// Series of any metric against brute force, simulation and hostile bytes.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory_resource>
#include <random>
#include <span>
#include <vector>

#include "../../bench/statistics/worlds/random.hpp"
#include "error_of.hpp"
#include "kernel/error.hpp"
#include "seed_of_today.hpp"
#include "series/cusum.hpp"
#include "series/detector.hpp"
#include "series/gesd.hpp"
#include "series/peaks.hpp"
#include "series/series_state.hpp"
#include "series/stl.hpp"

namespace {

using namespace marketing::series;
using namespace unit_test;
namespace kernel = marketing::kernel;

constexpr std::int64_t day = std::int64_t{24} * 3600 * 1'000'000;

std::vector<std::byte> saved(const Detector& detector)
{
    std::pmr::monotonic_buffer_resource memory;
    const kernel::FlatValue value = detector.save(memory, 0);
    return {value.data, value.data + value.size};
}

/** Counts with a variance of `phi` times their mean. */
class Counts {
public:
    Counts(double mean, double phi, std::uint64_t seed) : mean_(mean), phi_(phi), random_(seed) {}

    double next() { return marketing::worlds::dispersed(random_, mean_, phi_); }

private:
    double mean_;
    double phi_;
    std::mt19937_64 random_;
};

std::vector<Point> series_of(double mean, double phi, std::uint64_t seed, int length)
{
    Counts counts(mean, phi, seed);
    std::vector<Point> points;
    for (int i = 0; i < length; ++i) {
        points.push_back({i * day, counts.next(), 1});
    }
    return points;
}

DetectorOptions options_for(SeriesKind kind)
{
    DetectorOptions options;
    options.method = AdaptiveOptions{.kind = kind};
    return options;
}

std::vector<DetectorOptions> all_options()
{
    std::vector<DetectorOptions> all;
    for (const SeriesKind kind : {SeriesKind::count, SeriesKind::rate, SeriesKind::positive, SeriesKind::real}) {
        all.push_back(options_for(kind));
    }
    all.emplace_back().method = CalibratedOptions{};
    all.back().cooldown = 20;
    return all;
}

TEST(Stl, RecoversSeasonAndTrendOfACleanSeries)
{
    std::vector<double> values;
    for (int i = 0; i < 140; ++i) {
        values.push_back(5 + 0.1 * i + 3 * std::sin(2 * 3.14159265358979 * i / 7));
    }
    for (const bool robust : {false, true}) {
        const StlParts parts = stl(values, {.period = 7, .robust = robust}, {});
        for (std::size_t i = 7; i + 7 < values.size(); ++i) {
            EXPECT_NEAR(parts.seasonal[i], 3 * std::sin(2 * 3.14159265358979 * static_cast<double>(i) / 7), 0.1);
            EXPECT_NEAR(parts.remainder[i], 0, 0.15);
        }
    }
}

/** The test as it is written in the paper: no sorting, no bisection. */
std::vector<std::size_t> gesd_by_brute_force(std::vector<double> values, std::size_t most, double alpha)
{
    const std::size_t count = values.size();
    std::vector<std::size_t> places(count);
    for (std::size_t i = 0; i < count; ++i) {
        places[i] = i;
    }
    const auto middle = [](std::vector<double> v) {
        std::sort(v.begin(), v.end());
        return v.size() % 2 == 1 ? v[v.size() / 2] : (v[v.size() / 2 - 1] + v[v.size() / 2]) / 2;
    };
    std::vector<std::size_t> taken;
    std::size_t outliers = 0;
    for (std::size_t step = 1; step <= most; ++step) {
        const double centre = middle(values);
        std::vector<double> distances;
        for (const double value : values) {
            distances.push_back(std::abs(value - centre));
        }
        const double mad = 1.4826 * middle(distances);
        const auto furthest = std::max_element(distances.begin(), distances.end()) - distances.begin();
        const double statistic = distances[static_cast<std::size_t>(furthest)] / mad;
        taken.push_back(places[static_cast<std::size_t>(furthest)]);
        places.erase(places.begin() + furthest);
        values.erase(values.begin() + furthest);
        if (statistic > gesd_critical(count, step, alpha, 2)) {
            outliers = step;
        }
    }
    taken.resize(outliers);
    return taken;
}

TEST(Gesd, AgreesWithBruteForce)
{
    std::mt19937_64 random(7);
    for (int round = 0; round < 60; ++round) {
        std::vector<double> values;
        const int count = 15 + round;
        for (int i = 0; i < count; ++i) {
            // Rounded, so that values and distances are tied.
            values.push_back(std::round(std::student_t_distribution<double>(2)(random) * 8) / 4);
        }
        const auto most = static_cast<std::size_t>(0.3 * count);
        const auto steps = gesd(values, {.max_share = 0.3}, {});
        std::vector<std::size_t> found;
        for (const GesdStep& step : steps) {
            if (step.outlier) {
                found.push_back(step.position);
            }
        }
        EXPECT_EQ(found, gesd_by_brute_force(values, most, 0.05)) << "round " << round;
    }
}

/** Days that repeat exactly. */
std::vector<double> repeated(std::span<const double> week, std::size_t days)
{
    std::vector<double> values;
    for (std::size_t i = 0; i < days; ++i) {
        values.push_back(week[i % week.size()]);
    }
    return values;
}

TEST(Gesd, FindsNothingInWhatRoundingLeavesOfASeason)
{
    std::mt19937_64 random(20);
    for (const std::size_t period : {2U, 7U, 24U, 168U}) {
        for (const std::size_t count : {2 * period + 1, 4 * period + 3, std::size_t{1000}, std::size_t{3650}}) {
            for (const double unit : {1e-8, 0.1, 3.0, 1e9}) {
                std::vector<double> season(period, unit);
                for (const bool flat : {true, false}) {
                    for (double& value : season) {
                        value = flat ? unit : unit * std::uniform_real_distribution<double>(-1, 1)(random);
                    }
                    const auto values = repeated(season, count);
                    for (const auto& [step, expected] :
                         find_outliers(values, static_cast<int>(period), {.max_share = 0.2, .robust = flat}, {})) {
                        ASSERT_FALSE(step.outlier) << period << ' ' << count << ' ' << unit << ' ' << step.statistic;
                    }
                }
            }
        }
    }
}

std::vector<std::size_t> places_of(std::span<const OutlierCandidate> candidates)
{
    std::vector<std::size_t> places;
    for (const auto& [step, expected] : candidates) {
        if (step.outlier) {
            places.push_back(step.position);
        }
    }
    std::sort(places.begin(), places.end());
    return places;
}

TEST(Gesd, StillFindsWhatIsNoRounding)
{
    const std::vector<std::size_t> planted = {40, 77};
    for (const double size : {1e-6, 1.0, 1e6}) {
        std::vector<double> values = repeated(std::vector<double>{0.1, 0.2, 0.1 + 0.2, 0.3, 5.0, 1.7, 0.9}, 140);
        for (const std::size_t place : planted) {
            values[place] += size;
        }
        EXPECT_EQ(places_of(find_outliers(values, 7, {}, {})), planted) << size;
    }
    // A spike that dwarfs the last digits of the rest, and a small one behind it.
    std::vector<double> raw(60);
    for (std::size_t i = 0; i < raw.size(); ++i) {
        raw[i] = 1 + 1e-3 * std::sin(static_cast<double>(i));
    }
    raw[10] = 1e13;
    raw[20] = 2;
    EXPECT_EQ(places_of(find_outliers(raw, 0, {}, {})), (std::vector<std::size_t>{10, 20}));
    // Sums that should be equal differ in their last digit.
    const std::vector<double> sums = {0.3, 0.1 + 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3};
    EXPECT_TRUE(places_of(find_outliers(sums, 0, {}, {})).empty());
    const TukeyFences fences = tukey_fences(sums, 1.5, 0.25, 0.75);
    EXPECT_EQ(fences.beyond(0.1 + 0.2), 0);
    EXPECT_TRUE(std::isnan(fences.score(0.4)));
    EXPECT_GT(fences.beyond(0.4), 0);
}

TEST(Gesd, LeavesOutWhatIsMissingAtTheEndsOfASeries)
{
    std::vector<double> values = repeated(std::vector<double>{4, 1, 2, 3, 9, 7, 5}, 70);
    values[30] = 50;
    std::vector<double> padded = {unknown, unknown, unknown};
    padded.insert(padded.end(), values.begin(), values.end());
    padded.push_back(unknown);
    EXPECT_EQ(places_of(find_outliers(values, 7, {}, {})), (std::vector<std::size_t>{30}));
    EXPECT_EQ(places_of(find_outliers(padded, 7, {}, {})), (std::vector<std::size_t>{33}));
    padded[50] = unknown;
    EXPECT_EQ(error_of([&] { (void)find_outliers(padded, 7, {}, {}); }), ErrorCode::invalid_parameter);
}

TEST(Detectors, TakeTheLastDigitForNoNews)
{
    std::vector<std::int64_t> times;
    std::vector<double> values;
    for (int i = 0; i < 120; ++i) {
        times.push_back(i * day);
        values.push_back(i % 7 == 3 || i % 11 == 2 ? 0.1 + 0.2 : 0.3);
    }
    values[100] = 0.35;
    for (const Method method : {Method::adaptive, Method::calibrated}) {
        const auto judged = judge({.kind = SeriesKind::real, .method = method}, {times, values, {}}, {}, {});
        for (std::size_t i = 0; i < judged.size(); ++i) {
            EXPECT_EQ(judged[i].verdict.is_anomaly, i == 100) << static_cast<int>(method) << ' ' << i;
        }
    }
}

TEST(Peaks, RecoverShapeAndScale)
{
    std::mt19937_64 random(3);
    for (const double shape : {-0.2, 0.0, 0.3}) {
        std::vector<double> values;
        for (int i = 0; i < 40000; ++i) {
            const double u = 1 - std::uniform_real_distribution<double>()(random);
            values.push_back(shape == 0 ? -2 * std::log(u) : 2 * std::expm1(-shape * std::log(u)) / shape);
        }
        const PeaksFit fit = fit_peaks(values, 0.9);
        EXPECT_NEAR(fit.shape, shape, 0.06);
        EXPECT_NEAR(fit.scale / (2 * std::pow(0.1, -shape)), 1, 0.08);
        const double truth = shape == 0 ? -2 * std::log(1e-3) : 2 * std::expm1(-shape * std::log(1e-3)) / shape;
        EXPECT_NEAR(exceeded_with(fit, 1e-3) / truth, 1, 0.05);
    }
}

TEST(PeakTail, RarityAndScoreAreInverse)
{
    std::mt19937_64 random(5);
    PeakTail tail(500);
    for (int i = 0; i < 2000; ++i) {
        tail.add(std::exponential_distribution<double>(2)(random));
    }
    EXPECT_EQ(tail.size(), 500U);
    for (double rarity = 1.4; rarity < 8; rarity += 0.3) {
        EXPECT_NEAR(tail.rarity(tail.score_of(rarity)), rarity, 1e-9);
    }
    double before = 0;
    for (double score = 0; score < 6; score += 0.01) {
        EXPECT_GE(tail.rarity(score), before);
        before = tail.rarity(score);
    }
}

TEST(Adaptive, FalseAlarmsOfCountsNearTheirLevel)
{
    SCOPED_TRACE(unit_test::seed_of_today());
    std::uint64_t seed = unit_test::seed_of_today();
    for (const double phi : {1.0, 2.5}) {
        for (const double mean : {2.0, 20.0}) {
            int judged = 0;
            int alarms = 0;
            for (int s = 0; s < 60; ++s) {
                Detector detector(options_for(SeriesKind::count));
                for (const Point& point : series_of(mean, phi, ++seed, 130)) {
                    const Verdict verdict = detector.update(point);
                    if (!std::isnan(verdict.p_value) && point.time > 60 * day) {
                        ++judged;
                        alarms += verdict.p_value < 0.01 ? 1 : 0;
                    }
                }
            }
            EXPECT_LE(alarms, 0.017 * judged) << "phi " << phi << ", mean " << mean;
        }
    }
}

TEST(Adaptive, FindsASpikeAndADropAndAShift)
{
    for (const SeriesKind kind : {SeriesKind::count, SeriesKind::positive, SeriesKind::real}) {
        std::vector<Point> points = series_of(50, 1, 11, 100);
        points[80].value = 150;
        points[90].value = 5;
        Detector detector(options_for(kind));
        for (std::size_t i = 0; i < points.size(); ++i) {
            const Verdict verdict = detector.update(points[i]);
            if (i == 80) {
                EXPECT_EQ(verdict.reason, Reason::high);
            } else if (i == 90) {
                EXPECT_EQ(verdict.reason, Reason::low);
            }
        }
        std::vector<Reason> reasons;
        for (int i = 100; i < 106; ++i) {
            reasons.push_back(detector.update({i * day, 500.0 + i, 1}).reason);
        }
        EXPECT_EQ(reasons, (std::vector{Reason::high, Reason::high, Reason::high, Reason::level_shift,
                                        Reason::insufficient_data, Reason::insufficient_data}));
    }
}

/** The kinds that are named, in order, without single points. */
std::vector<std::pair<std::size_t, AnomalyKind>> named_changes(const std::vector<Point>& points, SeriesKind kind)
{
    std::vector<std::pair<std::size_t, AnomalyKind>> named;
    Detector detector(options_for(kind));
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Verdict verdict = detector.update(points[i]);
        if (verdict.is_anomaly && verdict.kind != AnomalyKind::point) {
            named.emplace_back(i, verdict.kind);
        }
    }
    return named;
}

TEST(Adaptive, NamesAShiftOnceThatNoSingleDayShows)
{
    int once = 0;
    int early = 0;
    int drifts = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        std::vector<Point> points = series_of(30, 1, 500 + seed, 100);
        const std::vector<Point> later = series_of(39, 1, 900 + seed, 60);
        for (std::size_t i = 0; i < later.size(); ++i) {
            points.push_back({static_cast<std::int64_t>(100 + i) * day, later[i].value, 1});
        }
        int after = 0;
        for (const auto& [place, kind] : named_changes(points, SeriesKind::count)) {
            early += place < 100 ? 1 : 0;
            after += place >= 100 && place < 130 ? 1 : 0;
            drifts += place >= 100 && kind == AnomalyKind::drift ? 1 : 0;
        }
        once += after == 1 ? 1 : 0;
    }
    EXPECT_GE(once, 90);
    EXPECT_LE(early, 4);
    EXPECT_LE(drifts, 25);
}

TEST(Adaptive, TellsADriftFromAShift)
{
    int drifts = 0;
    for (std::uint64_t seed = 0; seed < 50; ++seed) {
        std::vector<Point> points = series_of(200, 1, 700 + seed, 140);
        for (std::size_t i = 80; i < points.size(); ++i) {
            points[i].value = std::round(points[i].value * std::exp(0.006 * static_cast<double>(i - 80)));
        }
        const auto named = named_changes(points, SeriesKind::count);
        ASSERT_FALSE(named.empty()) << seed;
        drifts += named.front().second == AnomalyKind::drift ? 1 : 0;
    }
    EXPECT_GE(drifts, 15);  // soon after its beginning a drift looks like a step, too
}

TEST(Adaptive, ANewSeriesGrowsWithoutAnAlarm)
{
    int alarms = 0;
    for (std::uint64_t seed = 0; seed < 100; ++seed) {
        std::vector<Point> points = series_of(40, 1, 300 + seed, 70);
        for (std::size_t i = 0; i < 14; ++i) {
            points[i].value = std::round(points[i].value * static_cast<double>(i + 1) / 15);
        }
        Detector detector(options_for(SeriesKind::count));
        for (const Point& point : points) {
            alarms += detector.update(point).is_anomaly ? 1 : 0;
        }
    }
    EXPECT_LE(alarms, 28);  // half a percent of the 5,600 days by chance
}

TEST(Adaptive, AFewSpikesAreNoShift)
{
    std::vector<Point> points = series_of(30, 1, 77, 100);
    for (const std::size_t spike : {60U, 63U, 80U, 81U}) {
        points[spike].value = 500;
    }
    EXPECT_TRUE(named_changes(points, SeriesKind::count).empty());
}

TEST(Adaptive, IntervalEndsWhereThePValueFallsBelowAlpha)
{
    Detector trained(options_for(SeriesKind::count));
    for (const Point& point : series_of(30, 2, 21, 60)) {
        trained.update(point);
    }
    const auto at = [state = saved(trained)](double value) { return Detector(state).update({60 * day, value, 1}); };
    const Verdict verdict = at(30);
    EXPECT_NEAR(std::log(at(verdict.upper).p_value / 0.005), 0, 0.1);
    EXPECT_NEAR(std::log(at(verdict.lower).p_value / 0.005), 0, 0.12);
}

TEST(Detector, ASavedStateGoesOnAsIfNothingHadHappened)
{
    const std::vector<Point> points = series_of(20, 2, 31, 200);
    for (const DetectorOptions& options : all_options()) {
        Detector whole(options);
        Detector parts(options);
        for (const Point& point : points) {
            const Verdict expected = whole.update(point);
            const Verdict found = parts.update(point);
            EXPECT_EQ(std::isnan(expected.p_value), std::isnan(found.p_value));
            if (!std::isnan(expected.p_value)) {
                EXPECT_EQ(expected.p_value, found.p_value);
                EXPECT_EQ(expected.upper, found.upper);
            }
            EXPECT_EQ(expected.reason, found.reason);
            parts = Detector(saved(parts));
        }
        EXPECT_EQ(saved(whole), saved(parts));
    }
}

TEST(Detector, HostileStatesEndInAnErrorOrInAVerdict)
{
    std::mt19937_64 random(41);
    for (const DetectorOptions& options : all_options()) {
        Detector detector(options);
        for (const Point& point : series_of(20, 2, 43, 120)) {
            detector.update(point);
        }
        const std::vector<std::byte> state = saved(detector);
        const auto attempt = [](std::span<const std::byte> bytes) {
            try {
                Detector read(bytes);
                (void)read.update({125 * day, 20, 1});
                (void)read.update({126 * day, 1e149, 1e-149});
            } catch (const kernel::Error&) {
            }
        };
        for (std::size_t size = 0; size < state.size(); ++size) {
            EXPECT_EQ(error_of([&] { (void)Detector(std::span(state).first(size)); }), ErrorCode::malformed_binary);
        }
        for (int round = 0; round < 3000; ++round) {
            std::vector<std::byte> changed = state;
            for (int i = 0; i <= round % 3; ++i) {
                // Most fields that matter stand at the beginning.
                const std::size_t place = random() % (round % 2 == 0 ? std::min<std::size_t>(120, state.size()) : state.size());
                changed[place] = static_cast<std::byte>(random());
            }
            attempt(changed);
        }
    }
}

TEST(Detector, ExtremeValuesHaveAVerdict)
{
    for (const DetectorOptions& options : all_options()) {
        for (const double extreme : {0.0, 1e-300, 1e100, 1e149, std::numeric_limits<double>::denorm_min()}) {
            Detector detector(options);
            for (int i = 0; i < 80; ++i) {
                const Verdict verdict = detector.update({i * day, i % 9 == 8 ? extreme : 10.0 + i % 3, 1});
                EXPECT_FALSE(verdict.p_value <= 0 || verdict.p_value > 1) << extreme;
            }
        }
        Detector detector(options);
        EXPECT_EQ(error_of([&] { (void)detector.update({0, 1e300, 1}); }), ErrorCode::numeric_range);
        EXPECT_EQ(error_of([&] {
                      (void)detector.update({std::numeric_limits<std::int64_t>::max(), 1, 1});
                  }),
                  ErrorCode::invalid_parameter);
    }
}

TEST(Cusum, RunLengthsAsSimulated)
{
    SCOPED_TRACE(unit_test::seed_of_today());
    std::mt19937_64 random(unit_test::seed_of_today());
    std::normal_distribution<double> normal;
    for (const double mean : {0.0, 1.0}) {
        double points = 0;
        constexpr int runs = 3000;
        for (int run = 0; run < runs; ++run) {
            for (double sum = 0; sum <= 3; ++points) {
                sum = std::max(0.0, sum + normal(random) + mean - 0.5);
            }
        }
        EXPECT_NEAR(points / runs / cusum_run_length(3, 1, mean), 1, 0.08);
    }
}

TEST(Cusum, FalseAlarmsOfCountsAreNotMoreFrequentThanAskedFor)
{
    SCOPED_TRACE(unit_test::seed_of_today());
    std::uint64_t seed = unit_test::seed_of_today();
    int points = 0;
    int alarms = 0;
    for (int s = 0; s < 200; ++s) {
        DriftOptions options;
        options.baseline.window = 366;
        options.baseline.min_history = 28;
        options.baseline.half_life = std::numeric_limits<double>::infinity();
        options.run_length = 100;
        for (const DriftPoint& point : find_drifts(series_of(15, 2, ++seed, 366), options, {}, {})) {
            points += std::isnan(point.limit) ? 0 : 1;
            alarms += point.is_drift ? 1 : 0;
        }
    }
    ASSERT_GT(points, 50000);
    EXPECT_LE(alarms, 1.2 * points / 100);  // 1.06 on other days, give or take .035
    EXPECT_GE(alarms, 0.3 * points / 100);
}

TEST(SeriesState, AnySplitAndOrderIsTheSame)
{
    std::mt19937_64 random(61);
    std::vector<Point> points = series_of(20, 2, 63, 90);
    const std::vector<std::byte> start = saved(Detector(options_for(SeriesKind::count)));
    std::pmr::monotonic_buffer_resource memory;
    const auto bytes = [&memory](const SeriesState& state) {
        const auto value = state.finish(memory, 0, {});
        return std::vector<std::byte>(value.data, value.data + value.size);
    };
    SeriesState whole(std::pmr::get_default_resource());
    for (const Point& point : points) {
        whole.append(start, point);
    }
    for (int round = 0; round < 10; ++round) {
        std::shuffle(points.begin(), points.end(), random);
        SeriesState left(std::pmr::get_default_resource());
        SeriesState right(std::pmr::get_default_resource());
        for (std::size_t i = 0; i < points.size(); ++i) {
            (i % 10 < static_cast<std::size_t>(round) ? left : right).append(start, points[i]);
        }
        const auto sent = right.serialise(memory, 0);
        SeriesState received(std::pmr::get_default_resource());
        received.deserialise({sent.data, sent.size});
        left.merge(received);
        EXPECT_EQ(bytes(left), bytes(whole));
    }
    SeriesState other(std::pmr::get_default_resource());
    EXPECT_EQ(error_of([&] { other.deserialise(start); }), ErrorCode::malformed_binary);
}

TEST(Detector, JudgesColumnsInOrderOfTime)
{
    const std::vector<Point> points = series_of(20, 2, 67, 60);
    std::vector<std::int64_t> times;
    std::vector<double> values;
    for (std::size_t i = points.size(); i-- > 0;) {
        times.push_back(points[i].time);
        values.push_back(points[i].value);
    }
    const DetectorSettings settings;
    const SeriesColumns columns{times, values, {}};
    const auto judged = judge(settings, columns, {}, {});
    Detector detector(settings.options());
    ASSERT_EQ(judged.size(), points.size());
    for (std::size_t i = 0; i < points.size(); ++i) {
        const Verdict verdict = detector.update(points[i]);
        EXPECT_EQ(judged[i].point.time, points[i].time);
        EXPECT_EQ(judged[i].verdict.was_reached(), verdict.was_reached());
        if (verdict.was_reached()) {
            EXPECT_EQ(judged[i].verdict.p_value, verdict.p_value);
        }
    }
    EXPECT_EQ(error_of([&] { (void)judge({.kind = SeriesKind::rate}, columns, {}, {}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)judge(settings, {times, std::span(values).first(3), {}}, {}, {});
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)judge(settings, {times, values, std::span(values).first(3)}, {}, {});
              }),
              ErrorCode::invalid_parameter);
    times[0] = times[1];
    EXPECT_EQ(error_of([&] { (void)judge(settings, columns, {}, {}); }), ErrorCode::invalid_parameter);
}

TEST(Detector, SettingsThatAreNotGivenAreThoseOfTheMethod)
{
    const DetectorOptions adaptive = DetectorSettings{.period = 5, .half_life = 3}.options();
    EXPECT_EQ(std::get<AdaptiveOptions>(adaptive.method).period, 5);
    EXPECT_EQ(std::get<AdaptiveOptions>(adaptive.method).window, AdaptiveOptions{}.window);
    EXPECT_EQ(std::get<AdaptiveOptions>(adaptive.method).half_life, 3);
    const DetectorOptions calibrated = DetectorSettings{.method = Method::calibrated, .half_life = 1}.options();
    EXPECT_EQ(std::get<CalibratedOptions>(calibrated.method).step, CalibratedOptions{}.step);
    EXPECT_EQ(std::get<CalibratedOptions>(calibrated.method).level_rate, 0.5);
}

TEST(Outliers, StandWhereTheyAreAmongFiguresWithGaps)
{
    std::vector<double> figures{5, unknown, 6, 5, 7, 6, 90, 5, 6, 7};
    const auto candidates = find_outliers(figures, 0, {}, {});
    ASSERT_EQ(candidates.size(), 1U);
    EXPECT_EQ(candidates[0].step.position, 6U);
    EXPECT_EQ(candidates[0].expected, 6);
    EXPECT_TRUE(candidates[0].step.outlier);
    EXPECT_EQ(error_of([&] { (void)find_outliers(figures, 2, {}, {}); }), ErrorCode::invalid_parameter);
    figures[1] = std::numeric_limits<double>::infinity();
    EXPECT_EQ(error_of([&] { (void)find_outliers(figures, 0, {}, {}); }), ErrorCode::invalid_parameter);

    // The same days of the week far out every week are its season.
    std::vector<double> weeks;
    for (int i = 0; i < 70; ++i) {
        weeks.push_back((i % 7 == 0 ? 100 : 10) + (i % 3));
    }
    weeks[40] += 50;
    const auto of_season = find_outliers(weeks, 7, {.max_share = 0.02}, {});
    ASSERT_EQ(of_season.size(), 1U);
    EXPECT_EQ(of_season[0].step.position, 40U);
    EXPECT_LT(of_season[0].expected, 20);
}

TEST(Outliers, LieBeyondTukeysFences)
{
    const std::vector<double> figures{1, 2, 3, 4, unknown, 5, -30};
    const TukeyFences fences = tukey_fences(figures, 1.5, 0.25, 0.75);
    EXPECT_EQ(fences.beyond(3), 0);
    EXPECT_EQ(fences.beyond(-30), -30 - fences.lower);
    EXPECT_EQ(fences.score(fences.upper + fences.spread), 1);
    EXPECT_TRUE(std::isnan(fences.beyond(unknown)));
    EXPECT_TRUE(std::isnan(TukeyFences{1, 1, 0}.score(2)));
    EXPECT_EQ(error_of([&] { (void)exceeded_with(fit_peaks(figures, 0.9), 1); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)cusum_limit(365, 1, 3); }), ErrorCode::invalid_parameter);
}

}  // namespace
