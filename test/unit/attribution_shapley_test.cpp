// Shapley values against the sum over all coalitions, and the models of counted paths that share each path by itself.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <map>
#include <numeric>
#include <set>

#include "attribution/shapley.hpp"
#include "attribution_paths_support.hpp"
#include "error_of.hpp"

namespace {

using namespace attribution_test;
using namespace unit_test;

std::map<std::string, double> conversions_of(const std::vector<PathCredit>& credits)
{
    std::map<std::string, double> sums;
    for (const PathCredit& credit : credits) {
        sums[std::string(credit.key)] += credit.conversions;
    }
    return sums;
}

std::map<std::string, double> shapley(const std::vector<PathRow>& rows, Game game)
{
    return conversions_of(shapley_credit(PathCountsView(collect_paths(rows)), game, {}));
}

unsigned mask_of(const std::vector<std::string>& path)
{
    unsigned mask = 0;
    for (const std::string& key : path) {
        mask |= 1U << (key[0] - 'a');
    }
    return mask;
}

/** The average marginal over all orders of the players, the definition. */
std::vector<double> by_definition(int players, const std::function<double(unsigned)>& worth)
{
    std::vector<int> order(static_cast<std::size_t>(players));
    std::iota(order.begin(), order.end(), 0);
    std::vector<double> sums(order.size());
    double orders = 0;
    do {
        unsigned in = 0;
        for (const int player : order) {
            sums[static_cast<std::size_t>(player)] += worth(in | 1U << player) - worth(in);
            in |= 1U << player;
        }
        ++orders;
    } while (std::next_permutation(order.begin(), order.end()));
    for (double& sum : sums) {
        sum /= orders;
    }
    return sums;
}

TEST(Shapley, CumulativeLikeAllOrders)
{
    for (unsigned seed = 0; seed < 12; ++seed) {
        const auto rows = random_paths(seed, 60, 5);
        const auto expected = by_definition(5, [&rows](unsigned coalition) {
            double worth = 0;
            for (const PathRow& row : rows) {
                worth += (mask_of(row.path) & ~coalition) == 0 ? row.counts.conversions : 0;
            }
            return worth;
        });
        const auto found = shapley(rows, Game::cumulative);
        const auto ordered = shapley(rows, Game::ordered);
        for (int key = 0; key < 5; ++key) {
            const std::string name(1, static_cast<char>('a' + key));
            EXPECT_NEAR(found.at(name), expected[static_cast<std::size_t>(key)], 1e-10);
            EXPECT_NEAR(ordered.at(name), expected[static_cast<std::size_t>(key)], 1e-10);
        }
    }
}

TEST(Shapley, RateLikeAllOrdersForEachSet)
{
    for (unsigned seed = 20; seed < 30; ++seed) {
        const auto rows = random_paths(seed, 80, 4);
        std::map<unsigned, Counts> sets;
        double conversions = 0;
        double journeys = 0;
        for (const PathRow& row : rows) {
            Counts& set = sets[mask_of(row.path)];
            set.conversions += row.counts.conversions;
            set.non_converting += row.counts.non_converting;
            conversions += row.counts.conversions;
            journeys += row.counts.conversions + row.counts.non_converting;
        }
        const auto rate = [&](unsigned mask) {
            const Counts counts = sets.contains(mask) ? sets[mask] : Counts{};
            return mask == 0 ? 0
                             : (counts.conversions + prior_journeys * conversions / journeys) /
                                   (counts.conversions + counts.non_converting + prior_journeys);
        };
        std::vector<double> expected(4);
        for (const auto& [mask, counts] : std::map(sets)) {
            auto shares = by_definition(4, [&, set = mask](unsigned coalition) { return rate(coalition & set); });
            double total = 0;
            for (double& share : shares) {
                share = share > 1e-15 ? share : 0;
                total += share;
            }
            for (std::size_t key = 0; key < 4; ++key) {
                expected[key] += shares[key] / total * counts.conversions;
            }
        }
        const auto found = shapley(rows, Game::rate);
        for (std::size_t key = 0; key < 4; ++key) {
            EXPECT_NEAR(found.at(std::string(1, static_cast<char>('a' + key))), expected[key], 1e-9) << seed;
        }
    }
}

TEST(Shapley, OrderedKeepsTheFirstPlace)
{
    const std::vector<PathRow> rows{{{"b", "a", "b"}, {6, 12, 0}}, {{"a"}, {1, 1, 0}}, {{}, {2, 3, 0}}};
    const Bytes bytes = collect_paths(rows);
    const auto credits = shapley_credit(PathCountsView(bytes), Game::ordered, {});
    ASSERT_EQ(credits.size(), 4U);
    EXPECT_EQ(std::tuple(credits[0].key, credits[0].position, credits[0].conversions), std::tuple("a", 1, 1.0));
    EXPECT_EQ(std::tuple(credits[1].key, credits[1].position, credits[1].conversions), std::tuple("a", 2, 3.0));
    EXPECT_EQ(std::tuple(credits[2].key, credits[2].position, credits[2].conversions), std::tuple("b", 1, 3.0));
    EXPECT_FALSE(credits[3].attributed);
    EXPECT_EQ(credits[3].value, 3);
}

TEST(Shapley, PlacesAmongTouchesOrAmongKeys)
{
    const std::vector<PathRow> rows{{{"m", "m", "s", "m", "a"}, {3, 3, 0}}};
    const Bytes bytes = collect_paths(rows);
    for (const Game game : {Game::ordered, Game::ordered_keys}) {
        std::map<std::string, int> places;
        for (const PathCredit& credit : shapley_credit(PathCountsView(bytes), game, {})) {
            places[std::string(credit.key)] = credit.position;
            EXPECT_DOUBLE_EQ(credit.conversions, 1);
        }
        const bool by_touch = game == Game::ordered;
        EXPECT_EQ(places, (std::map<std::string, int>{{"m", 1}, {"s", by_touch ? 3 : 2}, {"a", by_touch ? 5 : 3}}));
    }
}

TEST(Shapley, TotalsAndLargeSets)
{
    auto rows = random_paths(50, 300, 20);
    PathRow wide;
    for (char key = 'a'; key < 'a' + 20; ++key) {
        wide.path.emplace_back(1, key);
    }
    wide.counts = {20, 20, 0};
    const auto equal = shapley({wide}, Game::rate);
    EXPECT_DOUBLE_EQ(equal.at("c"), 1);
    rows.push_back(wide);
    rows.push_back({{}, {3, 1, 2}});
    double total = 0;
    for (const PathRow& row : rows) {
        total += row.counts.conversions;
    }
    const Bytes bytes = collect_paths(rows);
    const PathCountsView view(bytes);
    std::vector<std::vector<PathCredit>> answers;
    for (const Game game : {Game::cumulative, Game::ordered, Game::ordered_keys, Game::rate}) {
        answers.push_back(shapley_credit(view, game, {}));
    }
    for (const PathModel model : {PathModel::first, PathModel::last, PathModel::linear}) {
        answers.push_back(path_credit(view, model, {}));
    }
    answers.push_back(removal_credit(view, {}));
    for (const auto& credits : answers) {
        double shared = 0;
        for (const PathCredit& credit : credits) {
            EXPECT_GE(credit.conversions, 0);
            shared += credit.conversions;
        }
        EXPECT_NEAR(shared, total, 1e-9);
        EXPECT_FALSE(credits.back().attributed);
    }
}

TEST(Shapley, NothingToShare)
{
    const Bytes none = collect_paths(std::vector<PathRow>{});
    const Bytes lost = collect_paths(std::vector<PathRow>{{{"a", "b"}, {0, 0, 4}}});
    for (const Game game : {Game::cumulative, Game::ordered, Game::rate}) {
        EXPECT_TRUE(shapley_credit(PathCountsView(none), game, {}).empty());
        for (const PathCredit& credit : shapley_credit(PathCountsView(lost), game, {})) {
            EXPECT_EQ(credit.conversions, 0);
        }
    }
    EXPECT_EQ(error_of([&] { (void)find_game("best"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_path_model("time_decay"); }), ErrorCode::invalid_parameter);
}

TEST(Shapley, PathDataAgainstAllCoalitions)
{
    const char* directory = std::getenv("MARKETING_DATA_DIR");
    if (directory == nullptr) {
        GTEST_SKIP() << "MARKETING_DATA_DIR is not set: the published data are not part of the repository";
    }
    const std::filesystem::path data = std::filesystem::path(directory) / "attribution";
    const Bytes bytes = collect_paths(path_data(data / "channelattribution_pathdata.csv"));
    const PathCountsView view(bytes);
    const auto close = [](double found, double expected) { EXPECT_NEAR(found, expected, 1e-9 * std::max(1.0, expected)); };
    const auto exact = oracle(data / "oracle_exact_shapley_pathdata.csv");
    for (const PathCredit& credit : shapley_credit(view, Game::cumulative, {})) {
        close(credit.conversions, exact.at(std::string(credit.key))[0]);
        close(credit.value, exact.at(std::string(credit.key))[1]);
    }
    const auto heuristic = oracle(data / "oracle_ca_heuristic.csv");
    std::size_t column = 0;
    for (const PathModel model : {PathModel::first, PathModel::last, PathModel::linear}) {
        for (const PathCredit& credit : path_credit(view, model, {})) {
            close(credit.conversions, heuristic.at(std::string(credit.key))[column]);
            close(credit.value, heuristic.at(std::string(credit.key))[column + 1]);
        }
        column += 2;
    }
}

TEST(Removal, SharesByTheFallOfTheRate)
{
    // a > b converts 1/2, b alone 1/4, a alone 1/10: a takes 1/4 of the rate away, b 4/10.
    const std::vector<PathRow> rows{{{"a", "b"}, {13, 0, 13}}, {{"b"}, {1, 0, 3}}, {{"a"}, {1, 0, 9}}};
    const auto found = conversions_of(removal_credit(PathCountsView(collect_paths(rows)), {}));
    EXPECT_NEAR(found.at("a"), 1 + 13 * 0.25 / 0.65, 1e-12);
    EXPECT_NEAR(found.at("b"), 1 + 13 * 0.40 / 0.65, 1e-12);
    // The rate rises without either: the last touch has it all.
    const std::vector<PathRow> rises{{{"a", "b"}, {1, 0, 9}}, {{"b"}, {1, 0, 0}}, {{"a"}, {1, 0, 0}}};
    EXPECT_EQ(conversions_of(removal_credit(PathCountsView(collect_paths(rises)), {})).at("b"), 2);
}

}  // namespace
