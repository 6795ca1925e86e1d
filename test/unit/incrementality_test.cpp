// Synthetic control against other ways to the same answers, published panels, and worlds without an effect.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <random>
#include <sstream>

#include "error_of.hpp"
#include "incrementality/calibration.hpp"
#include "incrementality/control_weights.hpp"
#include "incrementality/geo_lift.hpp"
#include "incrementality/regions.hpp"

#include <Eigen/Dense>

namespace {

using namespace marketing::incrementality;
using namespace unit_test;
using Eigen::MatrixXd;
using Eigen::VectorXd;
using marketing::numeric::Alternative;

/** A panel that owns its names. */
struct Table {
    std::vector<std::string> names;
    std::vector<std::int32_t> days;
    std::vector<double> values;

    void add(const std::string& name, std::int32_t day, double value)
    {
        names.push_back(name);
        days.push_back(day);
        values.push_back(value);
    }
    [[nodiscard]] Regions tabulated() const
    {
        views_.assign(names.begin(), names.end());
        return tabulate({views_, days, values});
    }

private:
    mutable std::vector<std::string_view> views_;
};

/** Regions that follow one demand, each with noise of its own; the first `treated` have `lift` from day 60 on. */
Table world(unsigned seed, int regions, double lift, int treated)
{
    std::mt19937 random(seed);
    std::normal_distribution<double> normal;
    Table table;
    std::vector<double> demand;
    for (int day = 0; day < 80; ++day) {
        demand.push_back(1 + 0.2 * std::sin(day * 0.9) + 0.05 * normal(random));
    }
    for (int region = 0; region < regions; ++region) {
        const double size = 50 + 20 * region;
        for (int day = 0; day < 80; ++day) {
            const double up = region < treated && day >= 60 ? 1 + lift : 1;
            table.add(std::string(1, static_cast<char>('a' + region)), day,
                      size * up * demand[static_cast<std::size_t>(day)] * (1 + 0.03 * normal(random)));
        }
    }
    return table;
}

TEST(Incrementality, SimplexWeightsAreTheLeast)
{
    std::mt19937 random(1);
    std::normal_distribution<double> normal;
    for (int round = 0; round < 60; ++round) {
        const int donors = 1 + static_cast<int>(random() % 12);
        const int days = 2 + static_cast<int>(random() % 30);
        MatrixXd x(days, donors);
        VectorXd y(days);
        for (int day = 0; day < days; ++day) {
            y[day] = normal(random);
            for (int donor = 0; donor < donors; ++donor) {
                x(day, donor) = normal(random) + (round % 3 == 0 ? 5 : 0);
            }
        }
        const MatrixXd products = x.transpose() * x;
        const VectorXd with_target = x.transpose() * y;
        const VectorXd weights = simplex_weights(products, with_target);
        EXPECT_NEAR(weights.sum(), 1, 1e-12);
        EXPECT_GE(weights.minCoeff(), 0);
        // Optimal: no other region has a smaller gradient than those that weigh.
        const VectorXd gradient = products * weights - with_target;
        for (int donor = 0; donor < donors; ++donor) {
            if (weights[donor] > 1e-9) {
                EXPECT_NEAR(gradient[donor], gradient.minCoeff(), 1e-8 * products.diagonal().maxCoeff()) << round;
            }
        }
        // And no better than by small steps from any corner.
        double best = std::numeric_limits<double>::infinity();
        VectorXd slow = VectorXd::Constant(donors, 1.0 / donors);
        for (int step = 0; step < 3000; ++step) {
            Eigen::Index corner = 0;
            (products * slow - with_target).minCoeff(&corner);
            slow *= 1 - 2.0 / (step + 2);
            slow[corner] += 2.0 / (step + 2);
            best = std::min(best, (y - x * slow).squaredNorm());
        }
        EXPECT_LE((y - x * weights).squaredNorm(), best + 1e-9);
    }
}

TEST(Incrementality, AlikeRegionsShareTheirWeight)
{
    MatrixXd x(4, 3);
    x << 1, 1, 9, 2, 2, 8, 3, 3, 1, 4, 4, 2;
    const VectorXd y = x.col(0);
    const VectorXd weights = simplex_weights(x.transpose() * x, x.transpose() * y);
    EXPECT_NEAR(weights[0] + weights[1], 1, 1e-9);
    EXPECT_NEAR(weights[2], 0, 1e-9);
}

TEST(Incrementality, RidgeIsTheFormula)
{
    std::mt19937 random(5);
    std::normal_distribution<double> normal;
    MatrixXd x(9, 6);
    VectorXd y(9);
    for (int i = 0; i < x.size(); ++i) {
        x.data()[i] = normal(random);
    }
    for (int i = 0; i < y.size(); ++i) {
        y[i] = normal(random);
    }
    const VectorXd weights = simplex_weights(x.transpose() * x, x.transpose() * y);
    const VectorXd means = x.rowwise().mean();
    const MatrixXd centred = x.colwise() - means;
    for (const double penalty : {0.1, 3.0, 100.0}) {
        const MatrixXd inverse = (centred * centred.transpose() + penalty * MatrixXd::Identity(9, 9)).inverse();
        const VectorXd expected = centred.transpose() * inverse * ((y - means) - centred * weights);
        const VectorXd found = ridge_weights(x.transpose() * x, x.transpose() * y, weights, penalty);
        EXPECT_LT((found - expected).cwiseAbs().maxCoeff(), 1e-10);
        EXPECT_NEAR(found.sum(), 0, 1e-12);
    }
}

TEST(Incrementality, FindsALiftAndSaysHowLarge)
{
    const auto table = world(7, 20, 0.1, 2);
    const std::vector<std::string_view> treated{"a", "b"};
    const auto lifts = geo_lift(table.tabulated(), {.treated = treated, .first_day = 60});
    ASSERT_EQ(lifts.size(), 3U);
    for (const Lift& lift : lifts) {
        EXPECT_NEAR(lift.lift.value, 0.1, 0.03);
        EXPECT_LT(lift.lift.low, 0.1);
        EXPECT_GT(lift.lift.high, 0.1);
        EXPECT_GT(lift.lift.low, 0);
        EXPECT_LE(lift.p_value, 0.1);
        EXPECT_EQ(lift.donors, 18U);
        EXPECT_EQ(lift.days, 20U);
        EXPECT_NEAR(lift.total.value, lift.effect.value * 40, 1e-9 * lift.total.value);
        EXPECT_EQ(lift.placebos, 189U);  // all pairs of 20 but their own
    }
}

TEST(Incrementality, IntervalAndPValueAgree)
{
    for (unsigned seed = 0; seed < 30; ++seed) {
        const auto table = world(100 + seed, 20, seed % 3 * 0.02, 1);
        const std::vector<std::string_view> treated{"a"};
        for (const Alternative alternative : {Alternative::two_sided, Alternative::greater, Alternative::less}) {
            const auto lifts = geo_lift(table.tabulated(),
                                        {.treated = treated, .first_day = 60, .confidence = 0.9, .alternative = alternative});
            for (const Lift& lift : lifts) {
                const bool excludes = lift.effect.low > 0 || lift.effect.high < 0;
                EXPECT_EQ(excludes, lift.p_value <= 0.1 + 1e-9) << seed;
                EXPECT_EQ(std::isnan(lift.effect.high), alternative == Alternative::greater);
                EXPECT_EQ(std::isnan(lift.effect.low), alternative == Alternative::less);
            }
        }
    }
}

TEST(Incrementality, UnitsOfMeasureChangeNothing)
{
    const auto table = world(9, 12, 0.1, 1);
    auto scaled = table;
    for (double& value : scaled.values) {
        value *= 1e-6;
    }
    auto shuffled = table;
    std::reverse(shuffled.names.begin(), shuffled.names.end());
    std::reverse(shuffled.days.begin(), shuffled.days.end());
    std::reverse(shuffled.values.begin(), shuffled.values.end());
    const std::vector<std::string_view> treated{"a"};
    for (const Scaling scaling : {Scaling::ratio, Scaling::difference, Scaling::none}) {
        const LiftRules rules{.treated = treated, .first_day = 60, .scaling = scaling};
        const auto first = geo_lift(table.tabulated(), rules);
        const auto second = geo_lift(scaled.tabulated(), rules);
        const auto third = geo_lift(shuffled.tabulated(), rules);
        for (std::size_t i = 0; i < first.size(); ++i) {
            EXPECT_NEAR(second[i].lift.value, first[i].lift.value, 1e-7);
            EXPECT_EQ(second[i].p_value, first[i].p_value);
            EXPECT_EQ(third[i].effect.value, first[i].effect.value);
            EXPECT_EQ(third[i].effect.low, first[i].effect.low);
        }
    }
}

TEST(Incrementality, DifferenceInDifferencesByHand)
{
    Table table;
    for (int day = 0; day < 6; ++day) {
        table.add("t", day, day < 4 ? 10 : 18);
        table.add("x", day, day < 4 ? 20 : 23);
        table.add("y", day, day < 4 ? 30 : 35);
        table.add("z", day, day < 4 ? 5 + day % 2 : 9);
    }
    const std::vector<std::string_view> treated{"t"};
    const auto lifts = geo_lift(table.tabulated(), {.treated = treated, .first_day = 4, .scaling = Scaling::difference});
    const double expected = 8 - (3 + 5 + 3.5) / 3;
    EXPECT_NEAR(lifts[2].effect.value, expected, 1e-12);
    EXPECT_NEAR(lifts[2].total.value, 2 * expected, 1e-12);
    EXPECT_NEAR(lifts[2].lift.value, expected / (18 - expected), 1e-12);
    EXPECT_EQ(lifts[2].reason, "few_regions");
    EXPECT_TRUE(std::isnan(lifts[2].effect.low));  // three regions cannot bound 90 of 100
    const auto days = expectation(table.tabulated(), {.treated = treated, .first_day = 4, .scaling = Scaling::difference},
                                  Method::difference);
    EXPECT_NEAR(days.days[5].expected, 18 - expected, 1e-12);
    EXPECT_TRUE(days.days[4].tested);
    EXPECT_FALSE(days.days[3].tested);
}

TEST(Incrementality, PowerRisesWithTheLiftAndFindsItsThreshold)
{
    const auto table = world(11, 25, 0, 0);
    const std::vector<std::string_view> treated{"d", "m"};
    const std::vector<double> lifts{0, 0.02, 0.05, 0.1, 0.3};
    const auto study = power_study(table.tabulated(), {.treated = treated, .test_days = 14, .significance = 0.1}, lifts);
    ASSERT_EQ(study.lifts.size(), 5U);
    EXPECT_LE(study.lifts[0].power, 0.11);
    for (std::size_t i = 1; i < 5; ++i) {
        EXPECT_GE(study.lifts[i].power, study.lifts[i - 1].power - 0.02);
    }
    EXPECT_EQ(study.lifts[4].power, 1);
    const std::vector<double> at{study.least_lift};
    EXPECT_GE(power_study(table.tabulated(), {.treated = treated, .test_days = 14, .significance = 0.1}, at).lifts[0].power,
              0.8);
    const auto less = power_study(
        table.tabulated(), {.treated = treated, .test_days = 14, .significance = 0.1, .alternative = Alternative::less}, lifts);
    EXPECT_LT(less.least_lift, 0);
}

TEST(Incrementality, BadInputIsRefused)
{
    const auto table = world(1, 5, 0, 0).tabulated();
    (void)table;
    auto owner = world(1, 5, 0, 0);
    const auto regions = owner.tabulated();
    const std::vector<std::string_view> a{"a"};
    const std::vector<std::string_view> unknown{"nowhere"};
    const std::vector<std::string_view> everything{"a", "b", "c", "d", "e"};
    const auto lift = [&](const LiftRules& rules) { return error_of([&] { (void)geo_lift(regions, rules); }); };
    EXPECT_EQ(lift({.treated = unknown, .first_day = 60}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = {}, .first_day = 60}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = everything, .first_day = 60}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = a, .first_day = 1}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = a, .first_day = 80}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = a, .first_day = INT32_MIN}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = a, .first_day = INT32_MAX}), ErrorCode::invalid_parameter);
    EXPECT_EQ(lift({.treated = a, .first_day = 60, .confidence = 1}), ErrorCode::invalid_parameter);
    const std::vector<double> minus{-1};
    EXPECT_EQ(error_of([&] { (void)power_study(regions, {.treated = a}, minus); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)power_study(regions, {.treated = a, .test_days = 41}, {}); }), ErrorCode::invalid_parameter);
    owner.values[3] = std::nan("");
    EXPECT_EQ(error_of([&] { (void)owner.tabulated(); }), ErrorCode::invalid_parameter);
    owner.values[3] = 1;
    owner.days[3] = INT32_MAX;
    EXPECT_EQ(error_of([&] { (void)owner.tabulated(); }), ErrorCode::limit_exceeded);
}

TEST(Incrementality, RegionsThatSayNothing)
{
    auto table = world(3, 12, 0.2, 1);
    for (int day = 70; day < 80; ++day) {
        table.add("silent before", day, 5);
    }
    const std::vector<std::string_view> treated{"a"};
    const auto lifts = geo_lift(table.tabulated(), {.treated = treated, .first_day = 60});
    EXPECT_EQ(lifts[0].donors, 11U);
    const std::vector<std::string_view> silent{"silent before"};
    EXPECT_EQ(error_of([&] { (void)geo_lift(table.tabulated(), {.treated = silent, .first_day = 60}); }),
              ErrorCode::invalid_parameter);
    // Regions that never move: everything is as expected.
    Table flat;
    for (int day = 0; day < 30; ++day) {
        for (const char* name : {"a", "b", "c", "d"}) {
            flat.add(name, day, 5);
        }
    }
    for (const Lift& lift : geo_lift(flat.tabulated(), {.treated = treated, .first_day = 20})) {
        EXPECT_NEAR(lift.effect.value, 0, 1e-12);
        EXPECT_EQ(lift.p_value, 1);
    }
}

TEST(Incrementality, CalibrationIsThePosteriorMean)
{
    // By integration over a grid: a factor around 1, times what the test says of it; what is negative is 0.
    for (const auto& [measured, half_width, age, deviation] : {std::tuple(80.0, 30.0, 0.0, 1.0),
                                                               {0.0, 20.0, 0.0, 1.0},
                                                               {-60.0, 25.0, 90.0, 1.0},
                                                               {150.0, 400.0, 10.0, 0.5},
                                                               {100.0, 1.0, 365.0, 2.0}}) {
        constexpr double z = 1.6448536269514722;
        const double error = half_width / z / 100 * std::exp2(age / 90 / 2);
        double total = 0;
        double mean = 0;
        std::vector<double> cumulative;
        constexpr double step = 0.0002;
        for (double factor = -12 + step / 2; factor < 12; factor += step) {
            const double a = (factor - 1) / deviation;
            const double b = (factor - measured / 100) / error;
            const double density = std::exp(-(a * a + b * b) / 2);
            total += density;
            mean += factor * density;
            cumulative.push_back(total);
        }
        const auto at = [&](double share) {
            return -12 + step * static_cast<double>(std::lower_bound(cumulative.begin(), cumulative.end(), share * total) -
                                                    cumulative.begin());
        };
        const auto found =
            calibration_factor({100, measured, measured - half_width, measured + half_width, 0.9, age}, {90, deviation});
        EXPECT_NEAR(found.factor, std::max(0.0, mean / total), 2e-4) << measured;
        EXPECT_NEAR(found.low, std::max(0.0, at(0.05)), 5e-4) << measured;
        EXPECT_NEAR(found.high, std::max(0.0, at(0.95)), 5e-4) << measured;
    }
    // A sure test is believed, an old one is not; nothing leaves the range.
    EXPECT_NEAR(calibration_factor({100, 40, 39.99, 40.01}).factor, 0.4, 1e-6);
    EXPECT_NEAR(calibration_factor({100, 0, -1e-6, 1e-6, 0.9, 1e5}).factor, calibration_factor({100, 0, -1e9, 1e9}).factor,
                1e-3);
    const auto nothing = calibration_factor({100, -1e6, -1.1e6, 1e5});
    EXPECT_GE(nothing.low, 0);
    EXPECT_LE(nothing.low, nothing.factor);
    EXPECT_LE(nothing.factor, nothing.high);
    EXPECT_EQ(error_of([] { (void)calibration_factor({100, 50, 60, 70}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)calibration_factor({0, 50, 40, 70}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)calibration_factor({100, 50, 40, 70, 0.9, -1}); }), ErrorCode::invalid_parameter);
}

/** Rows of a CSV file as maps. */
std::vector<std::map<std::string, std::string>> read_csv(const std::filesystem::path& file)
{
    std::ifstream in(file);
    std::string line;
    std::vector<std::string> header;
    std::vector<std::map<std::string, std::string>> rows;
    while (std::getline(in, line)) {
        std::stringstream cells(line);
        std::string cell;
        std::map<std::string, std::string> row;
        for (std::size_t i = 0; std::getline(cells, cell, ','); ++i) {
            if (rows.empty() && header.size() <= i) {
                header.push_back(cell);
            } else {
                row[header[i]] = cell;
            }
        }
        if (!row.empty()) {
            rows.push_back(row);
        }
    }
    return rows;
}

/** The panels of the folder by name; the treated unit of each is called as in the folder. */
std::map<std::string, Table> read_panels(const std::filesystem::path& folder)
{
    std::map<std::string, Table> panels;
    for (const auto& row : read_csv(folder / "panels.csv")) {
        panels[row.at("panel")].add(row.at("unit") == "California" ? "treated" : row.at("unit"), std::stoi(row.at("time")),
                                    std::stod(row.at("y")));
    }
    for (const auto& row : read_csv(folder / "geolift_test_panel.csv")) {
        const std::string& name = row.at("location");
        const bool treated = name == "chicago" || name == "portland";
        panels["geolift_test"].add(treated ? "treated" : name, std::stoi(row.at("t")),
                                   std::stod(row.at("y")) / (treated ? 2 : 1));
    }
    return panels;
}

TEST(Incrementality, PublishedPanels)
{
    const char* data = std::getenv("MARKETING_DATA_DIR");
    if (data == nullptr) {
        GTEST_SKIP() << "MARKETING_DATA_DIR is not set: the published data are not part of the repository";
    }
    const auto folder = std::filesystem::path(data) / "lift";
    const auto panels = read_panels(folder);
    const std::vector<std::string_view> treated{"treated"};
    int compared = 0;
    for (const auto& row : read_csv(folder / "estimates.csv")) {
        if (row.at("panel") == "geolift_test") {
            continue;  // its weights do not add up to 1; see below
        }
        const auto regions = panels.at(row.at("panel")).tabulated();
        const bool fixed = row.at("fixed_effects") == "1";
        const LiftRules rules{.treated = treated,
                              .first_day = regions.first_day + std::stoi(row.at("t0")),
                              .scaling = fixed ? Scaling::difference : Scaling::none};
        const auto lifts = geo_lift(regions, rules);
        EXPECT_NEAR(lifts[1].effect.value, std::stod(row.at("att")), 1e-5 * std::abs(std::stod(row.at("att"))))
            << row.at("panel") << fixed;
        EXPECT_NEAR(lifts[1].lift.value, std::stod(row.at("lift_ratio")), 1e-6);
        EXPECT_EQ(lifts[1].donors, static_cast<std::size_t>(std::stoi(row.at("donors"))));
        for (const auto& other : read_csv(folder / "conformal_moving_block.csv")) {
            if (other.at("panel") == row.at("panel") && other.at("fixed_effects") == row.at("fixed_effects") &&
                std::stod(other.at("null_effect")) == 0 && other.at("q") == "1" &&
                std::stod(other.at("nearest_tie_gap")) > 1e-6) {
                EXPECT_NEAR(lifts[1].p_value_over_time, std::stod(other.at("p_value")), 1e-9) << row.at("panel") << fixed;
                ++compared;
            }
        }
        for (const auto& other : read_csv(folder / "did.csv")) {
            if (fixed && other.at("panel") == row.at("panel")) {
                EXPECT_NEAR(lifts[2].effect.value, std::stod(other.at("did")), 1e-8);
                ++compared;
            }
        }
    }
    EXPECT_GT(compared, 12);
    // GeoLift's walkthrough: ATT 155.556, L2 909.489, scaled .1636, lift 5.4 %.
    const auto regions = panels.at("geolift_test").tabulated();
    const LiftRules rules{.treated = treated, .first_day = regions.first_day + 90, .scaling = Scaling::difference};
    const auto lifts = geo_lift(regions, rules);
    EXPECT_NEAR(lifts[1].effect.value, 155.556, 0.0005);
    EXPECT_NEAR(lifts[1].lift.value, 0.054, 0.0005);
    EXPECT_NEAR(lifts[1].imbalance, 0.1636, 0.00005);
    double squares = 0;
    for (const LiftDay& day : expectation(regions, rules, Method::synthetic).days) {
        squares += day.tested ? 0 : (day.observed - day.expected) * (day.observed - day.expected);
    }
    EXPECT_NEAR(std::sqrt(squares), 909.489, 0.0005);
}

}  // namespace
