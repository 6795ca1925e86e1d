// Series of any metric, kernels alone.
//     speed                 52,000 daily and 365,558 general points, beside a rolling z-score of the same points
//     simulate [fleets]     fleets of daily series with known anomalies: what is found, and what is not there
//     outliers, new         two of its tables

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string_view>
#include <vector>

#include "../statistics/monte_carlo.hpp"
#include "../statistics/worlds/campaigns.hpp"
#include "numeric/adjust.hpp"
#include "series/cusum.hpp"
#include "series/detector.hpp"
#include "series/gesd.hpp"

namespace {

using namespace marketing::series;
namespace worlds = marketing::worlds;
using worlds::Mean;
using worlds::print_cell;

constexpr std::int64_t minute = std::int64_t{60} * 1'000'000;
constexpr std::int64_t day = 24 * 60 * minute;

struct Series {
    std::vector<Point> points;
    std::vector<bool> anomalous;
};

/** Leads of a campaign: a weekly pattern, a level that wanders, counts of that dispersion, two days at 0.15 or 3 times their mean. */
Series daily_series(worlds::Engine& engine, double dispersion, int days, int anomalies)
{
    const worlds::World world{
        .mean = worlds::log_uniform(engine, 1, 40), .dispersion = dispersion, .weekday = 0.15, .wandering = 0.01};
    worlds::Campaign campaign = make_campaign(world, days, engine);
    Series series;
    series.anomalous.assign(static_cast<std::size_t>(days), false);
    for (int i = 0; i < anomalies; ++i) {
        const auto day = static_cast<std::size_t>(70 + static_cast<int>(worlds::uniform(engine) * (days - 70)));
        const double factor = worlds::uniform(engine) < 0.5 ? 0.15 : 3;
        series.anomalous[day] = true;
        campaign.figures[day] = draw_figure(world, factor * campaign.expected[day], engine);
    }
    for (int i = 0; i < days; ++i) {
        series.points.push_back({i * day, campaign.figures[static_cast<std::size_t>(i)], 1});
    }
    return series;
}

Series general_series(worlds::Engine& engine, int length)
{
    worlds::Correlated noise(0.8, engine);
    Series series;
    for (int i = 0; i < length; ++i) {
        const double spike = i % 977 == 976 ? 30 : 0;
        series.points.push_back({i * 5 * minute, 100 + 20 * std::sin(i * 6.2832 / 288) + noise.next() / 0.6 + spike, 1});
    }
    return series;
}

/** Of processor time, so that other work on the machine counts little. */
template <class Body>
double best_seconds(Body body)
{
    double best = 1e9;
    for (int round = 0; round < 5; ++round) {
        const std::clock_t start = std::clock();
        body();
        best = std::min(best, static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC);
    }
    return best;
}

double sink = 0;

void detect_all(const std::vector<Series>& fleet, const DetectorOptions& options)
{
    for (const Series& series : fleet) {
        Detector detector(options);
        for (const Point& point : series.points) {
            sink += detector.update(point).is_anomaly ? 1 : 0;
        }
    }
}

/** What a window function does: mean and standard deviation of the 28 points before. */
void rolling_z(const std::vector<Series>& fleet)
{
    for (const Series& series : fleet) {
        for (std::size_t i = 28; i < series.points.size(); ++i) {
            double sum = 0;
            double squares = 0;
            for (std::size_t j = i - 28; j < i; ++j) {
                sum += series.points[j].value;
                squares += series.points[j].value * series.points[j].value;
            }
            const double mean = sum / 28;
            sink += std::abs(series.points[i].value - mean) > 3 * std::sqrt((squares - sum * mean) / 27) ? 1 : 0;
        }
    }
}

void measure_speed()
{
    worlds::Engine engine(1);
    std::vector<Series> daily;
    for (int i = 0; i < 400; ++i) {
        daily.push_back(daily_series(engine, 2, 130, 2));
    }
    std::vector<Series> general;
    for (int i = 0, left = 365'558; left > 0; ++i) {
        const int length = std::min(left, 6303);
        general.push_back(general_series(engine, length));
        left -= length;
    }
    DetectorOptions adaptive;
    DetectorOptions calibrated;
    calibrated.method = CalibratedOptions{};
    calibrated.cooldown = 189;
    const double adaptive_seconds = best_seconds([&] { detect_all(daily, adaptive); });
    const double daily_z = best_seconds([&] { rolling_z(daily); });
    const double calibrated_seconds = best_seconds([&] { detect_all(general, calibrated); });
    const double general_z = best_seconds([&] { rolling_z(general); });
    std::printf("%-32s %9s %9s\n", "kernel, best of 5", "seconds", "x z-score");
    std::printf("%-32s %9.3f %9.1f\n", "adaptive, 52,000 daily points", adaptive_seconds, adaptive_seconds / daily_z);
    std::printf("%-32s %9.3f %9.1f\n", "calibrated, 365,558 points", calibrated_seconds, calibrated_seconds / general_z);
}

struct Scored {
    double p;
    bool is_true;
};

double average_precision(std::vector<Scored> scored)
{
    std::sort(scored.begin(), scored.end(), [](const Scored& a, const Scored& b) { return a.p < b.p; });
    double hits = 0;
    double sum = 0;
    for (std::size_t i = 0; i < scored.size(); ++i) {
        if (scored[i].is_true) {
            ++hits;
            sum += hits / static_cast<double>(i + 1);
        }
    }
    return sum / hits;
}

/** What is found in fleets of one kind. */
struct Found {
    Mean average_precision;
    Mean f1;
    Mean alerts;  // at Benjamini-Hochberg .10
    Mean precision;
    Mean false_alarms;  // at p < .01
};

void add_fleet(std::uint64_t seed, double phi_from, double phi_to, Found& found)
{
    worlds::Engine engine(seed);
    std::vector<Scored> scored;
    for (int i = 0; i < 400; ++i) {
        const Series series = daily_series(engine, phi_from + (phi_to - phi_from) * worlds::uniform(engine), 130, 2);
        Detector detector{DetectorOptions{}};
        for (std::size_t d = 0; d < series.points.size(); ++d) {
            const Verdict verdict = detector.update(series.points[d]);
            if (d >= 70 && !std::isnan(verdict.p_value)) {
                scored.push_back({verdict.p_value, series.anomalous[d]});
            }
        }
    }
    std::vector<double> p;
    double truths = 0;
    double alerts = 0;
    double hits = 0;
    double false_below = 0;
    for (const Scored& point : scored) {
        p.push_back(point.p);
        truths += point.is_true ? 1 : 0;
        alerts += point.p < 0.005 ? 1 : 0;
        hits += point.p < 0.005 && point.is_true ? 1 : 0;
        false_below += point.p < 0.01 && !point.is_true ? 1 : 0;
    }
    double family = 0;
    double family_hits = 0;
    const std::vector<double> adjusted = marketing::numeric::p_adjust(p, marketing::numeric::Adjustment::bh);
    for (std::size_t i = 0; i < scored.size(); ++i) {
        family += adjusted[i] <= 0.1 ? 1 : 0;
        family_hits += adjusted[i] <= 0.1 && scored[i].is_true ? 1 : 0;
    }
    found.average_precision.add(average_precision(scored));
    found.f1.add(2 * hits / (alerts + truths));
    found.alerts.add(family);
    found.precision.add(family_hits / family);
    found.false_alarms.add(false_below / (static_cast<double>(scored.size()) - truths));
}

void simulate_fleets(int fleets)
{
    std::printf(
        "What is found: %d fleets of 400 series x 60 days judged, about 790 anomalies; default settings\n\n"
        "| dispersion of the series | average precision | F1 of the alerts | alerts at Benjamini-Hochberg .10 | precision | "
        "false "
        "alarms at p < .01 |\n|---|---|---|---|---|---|\n",
        fleets);
    for (const double most : {2.5, 5.0}) {
        Found found;
        for (int i = 1; i <= fleets; ++i) {
            add_fleet(static_cast<std::uint64_t>(i), 1, most, found);
        }
        std::printf("| 1 to %g |", most);
        print_cell(found.average_precision, 3);
        print_cell(found.f1, 3);
        print_cell(found.alerts, 0);
        print_cell(found.precision, 3);
        print_cell(found.false_alarms, 4);
        std::puts("");
        std::fflush(stdout);
    }
}

void simulate_drifts(double drift)
{
    worlds::World world{.mean = 20, .dispersion = 2};
    for (int i = 0; i < 366; ++i) {
        world.calendar.push_back(i < 180 ? 1 : std::exp(drift * (i - 180)));
    }
    double alarms = 0;
    double points = 0;
    Mean delay;
    for (std::uint64_t s = 0; s < 400; ++s) {
        worlds::Engine engine(9000 + s);
        std::vector<Point> series;
        for (const double figure : make_campaign(world, 366, engine).figures) {
            series.push_back({static_cast<std::int64_t>(series.size()) * day, figure, 1});
        }
        DriftOptions options;
        options.baseline.window = 366;
        options.baseline.min_history = 28;
        options.baseline.half_life = std::numeric_limits<double>::infinity();
        double days_until = 0;
        const auto chart = find_drifts(series, options, {}, {});
        for (std::size_t i = 0; i < chart.size(); ++i) {
            if (i < 180 || drift == 0) {
                points += std::isnan(chart[i].limit) ? 0 : 1;
                alarms += chart[i].is_drift ? 1 : 0;
            } else if (chart[i].is_drift && days_until == 0) {
                days_until = static_cast<double>(i - 180);
            }
        }
        delay.add(days_until > 0 ? days_until : 186);
    }
    if (drift == 0) {
        // The number of false alarms varies as counts do.
        std::printf("| none | %.0f ± %.0f | |\n", points / std::max(alarms, 1.0),
                    points / std::pow(std::max(alarms, 1.0), 1.5));
    } else {
        std::printf("| %+.1f %% | |", 100 * drift);
        print_cell(delay, 0);
        std::puts("");
    }
    std::fflush(stdout);
}

/** Over series of 200 days judged. */
struct Named {
    Mean points;  // anomalies of a single day
    Mean levels;  // shifts and drifts
    Mean found;   // series whose change is named
    Mean once;    // the same, exactly once
    Mean delay;   // of those found
    Mean drifts;  // of the levels named
};

/** `series` series of a world over 200 days; from day 120 on, all is `factor` times as much, or grows to that within 60 days. */
Named name_changes(const worlds::World& world, int series, double factor, bool is_gradual, std::uint64_t seed)
{
    constexpr int change_day = 120;
    Named named;
    for (int i = 0; i < series; ++i) {
        worlds::Engine engine(seed * 100'000 + static_cast<std::uint64_t>(i));
        const worlds::Campaign campaign = make_campaign(world, 200, engine);
        Detector detector{DetectorOptions{}};
        double points = 0, levels = 0, judged = 0;
        int after = 0;
        for (int d = 0; d < 200; ++d) {
            const double share = d < change_day ? 0 : is_gradual ? std::min(1.0, (d - change_day) / 60.0) : 1;
            const double more = std::exp(share * std::log(factor));
            double value = campaign.figures[static_cast<std::size_t>(d)];
            if (more != 1) {
                value = draw_figure(world, more * campaign.expected[static_cast<std::size_t>(d)], engine);
            }
            const Verdict verdict = detector.update({d * day, value, 1});
            judged += verdict.was_reached() ? 1 : 0;
            if (!verdict.is_anomaly) {
                continue;
            }
            if (verdict.kind == AnomalyKind::point) {
                ++points;
                continue;
            }
            ++levels;
            named.drifts.add(verdict.kind == AnomalyKind::drift ? 1 : 0);
            if (d >= change_day) {
                if (after == 0) {
                    named.delay.add(d - change_day + 1);
                }
                ++after;
            }
        }
        if (judged > 0) {
            named.points.add(200 * points / judged);
            named.levels.add(200 * levels / judged);
        }
        named.found.add(after > 0 ? 1 : 0);
        named.once.add(after == 1 ? 1 : 0);
    }
    return named;
}

void simulate_changes(int series)
{
    std::printf(
        "\nLevels that move for good on day 120 of 200, %d series a cell; false alarms per 200 days judged where nothing "
        "moves\n\n"
        "| world | single days | levels | x 1.5: found | once | days | x 0.5: found | once | days | to x 2 in 60 days: found | "
        "once | days | as a drift |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
        series);
    for (const auto& world : worlds::all_worlds()) {
        if (world.amount_deviation > 0) {
            continue;
        }
        const Named none = name_changes(world, series, 1, false, 1);
        std::printf("| %s |", std::string(world.name).c_str());
        print_cell(none.points, 2);
        print_cell(none.levels, 3);
        for (const auto& [factor, is_gradual] : {std::pair{1.5, false}, {0.5, false}, {2.0, true}}) {
            const Named some = name_changes(world, series, factor, is_gradual, 2);
            print_cell(some.found, 2);
            print_cell(some.once, 2);
            print_cell(some.delay, 1);
            if (is_gradual) {
                print_cell(some.drifts, 2);
            }
        }
        std::puts("");
        std::fflush(stdout);
    }
}

/** Series that are flat, or flat but for noise, of any size: what the test calls outliers of 365 days. */
void simulate_outliers(int series)
{
    std::printf(
        "\n`gesd` at alpha .05, %d series of 365 days a line: series with an outlier, and outliers of a series\n\n| world | "
        "with one, no period | outliers | with one, period 7 | outliers |\n|---|---|---|---|---|\n",
        series);
    const worlds::World flat[] = {
        {.name = "the same figure each day", .mean = 1, .is_exact = true},
        {.name = "weekdays that repeat exactly", .mean = 1, .is_exact = true, .weekday = 0.4},
        {.name = "Poisson, 1000 a day", .mean = 1000},
        {.name = "Poisson, 100 a day, weekdays", .mean = 100, .weekday = 0.2},
        {.name = "log-normal noise, .1", .mean = 1, .is_exact = true, .demand_deviation = 0.1},
        {.name = "log-normal noise, .1, weekdays", .mean = 1, .is_exact = true, .weekday = 0.4, .demand_deviation = 0.1},
    };
    for (const worlds::World& world : flat) {
        std::printf("| %s |", std::string(world.name).c_str());
        for (const int period : {0, 7}) {
            Mean any, outliers;
            for (int i = 0; i < series; ++i) {
                worlds::Engine engine(static_cast<std::uint64_t>(i) + 1);
                worlds::World sized = world;
                sized.mean *= world.is_exact ? worlds::log_uniform(engine, 0.01, 1e6) : 1;
                double found = 0;
                for (const auto& tried : find_outliers(make_campaign(sized, 365, engine).figures, period, {}, {})) {
                    found += tried.step.outlier ? 1 : 0;
                }
                any.add(found > 0 ? 1 : 0);
                outliers.add(found);
            }
            print_cell(any, 3);
            print_cell(outliers, 2);
        }
        std::puts("");
        std::fflush(stdout);
    }
}

/** Leads of campaigns from their first day on: alerts of 100 campaigns by age, and what is found of those that fall to a third on day 45. */
void simulate_new_campaigns(int series)
{
    constexpr int days = 60, fall = 45;
    std::printf(
        "\nLeads of new campaigns, %d a line: alerts of 100 campaigns by age in days, single days and levels; found within 15 "
        "days where leads fall to a third on day 45\n\n| world | grows for | 8 to 21 | 22 to 44 | levels | found "
        "|\n|---|---|---|---|---|---|\n",
        series);
    for (worlds::World world : {worlds::World{.name = "Poisson, 8 a day", .mean = 8},
                                worlds::World{.name = "bursts, size 4, 20 a day", .mean = 20, .size = 4},
                                worlds::World{.name = "the same with weekdays", .mean = 20, .size = 4, .weekday = 0.2}}) {
        for (const int ramp : {0, 7, 14, 21}) {
            world.ramp_days = ramp;
            Mean early, late, levels, found;
            for (int i = 0; i < series; ++i) {
                worlds::Engine engine(static_cast<std::uint64_t>(i) + 1);
                const auto campaign = make_campaign(world, days, engine);
                Detector detector{DetectorOptions{}};
                double at[4] = {};
                for (int d = 0; d < days; ++d) {
                    const auto place = static_cast<std::size_t>(d);
                    const double value =
                        d < fall ? campaign.figures[place] : draw_figure(world, campaign.expected[place] / 3, engine);
                    const Verdict verdict = detector.update({d * day, value, 1});
                    if (verdict.is_anomaly) {
                        at[d >= fall ? 3 : verdict.kind != AnomalyKind::point ? 2 : d < 21 ? 0 : 1] += 1;
                    }
                }
                early.add(100 * at[0]);
                late.add(100 * at[1]);
                levels.add(100 * at[2]);
                found.add(at[3] > 0 ? 1 : 0);
            }
            std::printf("| %s | %d days |", std::string(world.name).c_str(), ramp);
            print_cell(early, 1);
            print_cell(late, 1);
            print_cell(levels, 1);
            print_cell(found, 2);
            std::puts("");
            std::fflush(stdout);
        }
    }
}

void simulate(int fleets)
{
    simulate_fleets(fleets);
    std::puts(
        "\nCharts of 400 series, 20 a day, phi 2, asked for a false alarm in 365 days\n\n| drift per day | days to a false "
        "alarm | "
        "days to the alarm |\n|---|---|---|");
    for (const double drift : {0.0, 0.002, 0.005, 0.01, -0.005}) {
        simulate_drifts(drift);
    }
    simulate_changes(400);
    simulate_outliers(400);
    simulate_new_campaigns(400);
}

}  // namespace

int main(int argc, char** argv)
{
    const std::string_view what = argc > 1 ? argv[1] : "speed";
    if (what == "outliers") {
        simulate_outliers(400);
    } else if (what == "new") {
        simulate_new_campaigns(400);
    } else if (what == "simulate") {
        simulate(argc > 2 ? std::atoi(argv[2]) : 5);
    } else {
        measure_speed();
    }
    return sink < 0 ? 1 : 0;
}
