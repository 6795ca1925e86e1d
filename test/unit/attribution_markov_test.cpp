// Counted paths as values, and the Markov chain against a dense solve that shares no code with it.

#include <gtest/gtest.h>

#include <Eigen/Dense>
#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>

#include "attribution/markov.hpp"
#include "attribution/own_visits.hpp"
#include "attribution_paths_support.hpp"
#include "error_of.hpp"
#include "kernel/error.hpp"

namespace {

using namespace attribution_test;
using namespace unit_test;
using marketing::kernel::Error;

/** P and V of the chain with the states of `removed` leading nowhere: states by name, one dense solve. */
std::pair<double, double> solve_densely(const std::vector<PathRow>& rows, std::size_t order, const std::string& removed)
{
    std::map<std::string, int> states{{"", 0}};
    const auto state = [&states](const std::string& name) {
        return states.emplace(name, static_cast<int>(states.size())).first->second;
    };
    std::map<std::pair<int, int>, double> steps;
    std::map<int, Counts> exits;
    for (const PathRow& row : rows) {
        int at = 0;
        for (std::size_t i = 0; i + std::min(order, row.path.size()) <= row.path.size(); ++i) {
            std::string name;
            for (std::size_t j = i; j < std::min(i + order, row.path.size()); ++j) {
                name += row.path[j];
            }
            const int next = state(name);
            if (next != at) {
                steps[{at, next}] += row.counts.conversions + row.counts.non_converting;
            }
            at = next;
        }
        exits[at].conversions += row.counts.conversions;
        exits[at].value += row.counts.value;
        exits[at].non_converting += row.counts.non_converting;
    }
    const auto n = static_cast<Eigen::Index>(states.size());
    Eigen::VectorXd leaving = Eigen::VectorXd::Zero(n);
    for (const auto& [step, weight] : steps) {
        leaving[step.first] += weight;
    }
    for (const auto& [from, counts] : exits) {
        leaving[from] += counts.conversions + counts.non_converting;
    }
    Eigen::MatrixXd matrix = Eigen::MatrixXd::Identity(n, n);
    Eigen::MatrixX2d ends = Eigen::MatrixX2d::Zero(n, 2);
    for (const auto& [name, i] : states) {
        if (leaving[i] > 0 && (removed.empty() || name.find(removed) == std::string::npos)) {
            for (const auto& [step, weight] : steps) {
                matrix(i, step.second) -= step.first == i ? weight / leaving[i] : 0;
            }
            ends(i, 0) = exits[i].conversions / leaving[i];
            ends(i, 1) = exits[i].value / leaving[i];
        }
    }
    const Eigen::MatrixX2d ahead = matrix.fullPivLu().solve(ends);
    return {ahead(0, 0), ahead(0, 1)};
}

TEST(PathCounts, SameBytesHoweverTheyCame)
{
    auto rows = random_paths(1, 3000, 5);
    const Bytes expected = collect_paths(rows);
    std::mt19937 random(2);
    for (int turn = 0; turn < 5; ++turn) {
        std::shuffle(rows.begin(), rows.end(), random);
        EXPECT_EQ(collect_paths(rows), expected);
        PathCountsState parts[2]{PathCountsState(std::pmr::get_default_resource()),
                                 PathCountsState(std::pmr::get_default_resource())};
        for (const PathRow& row : rows) {
            append(parts[random() % 2], row);
        }
        const Bytes sent = bytes_of([&](auto& memory, std::size_t header) { return parts[1].serialise(memory, header); });
        PathCountsState received(std::pmr::get_default_resource());
        received.deserialise(sent);
        parts[0].merge(received);
        EXPECT_EQ(finish(parts[0]), expected);
    }
    const PathCountsView view(expected);
    PathCountsState again(std::pmr::get_default_resource());
    again.append(view);
    EXPECT_EQ(finish(again), expected);
    EXPECT_EQ(view.key_count(), 5U);
}

TEST(PathCounts, WhatIsRefused)
{
    const double nan = std::numeric_limits<double>::quiet_NaN();
    PathCountsState state(std::pmr::get_default_resource());
    for (const Counts& counts : {Counts{-1, 0, 0}, Counts{0, 0, -1}}) {
        EXPECT_EQ(error_of([&] { append(state, {{"a"}, counts}); }), ErrorCode::invalid_parameter);
    }
    for (const Counts& counts : {Counts{nan, 0, 0}, Counts{0, nan, 0}, Counts{0, 0, HUGE_VAL}}) {
        EXPECT_EQ(error_of([&] { append(state, {{"a"}, counts}); }), ErrorCode::numeric_range);
    }
    append(state, {{"a"}, {1e308, 0, 0}});
    append(state, {{"a"}, {1e308, 0, 0}});
    EXPECT_EQ(error_of([&] { (void)finish(state); }), ErrorCode::numeric_range);
}

TEST(PathCounts, MalformedBytesAreRefusedOrAnswer)
{
    const Bytes good = collect_paths(random_paths(3, 12, 4));
    const auto attempt = [](const Bytes& bytes) {
        try {
            const PathCountsView view(bytes);
            for (int order = 1; order <= 3; ++order) {
                (void)markov_credit(view, {.order = order}, {});
            }
            (void)markov_transitions(view, 2, true, {});
            (void)markov_order(view, 3, {});
        } catch (const Error&) {
        }
        try {
            PathCountsState state(std::pmr::get_default_resource());
            state.deserialise(bytes);
            const Bytes value = finish(state);
            (void)PathCountsView(value);
        } catch (const Error&) {
        }
    };
    PathCountsState state(std::pmr::get_default_resource());
    for (const PathRow& row : random_paths(4, 9, 3)) {
        append(state, row);
    }
    const Bytes sent = bytes_of([&](auto& memory, std::size_t header) { return state.serialise(memory, header); });
    for (const Bytes& original : {good, sent}) {
        for (std::size_t i = 0; i < original.size(); ++i) {
            attempt({original.begin(), original.begin() + static_cast<std::ptrdiff_t>(i)});
            for (const int flip : {0x01, 0x80, 0xff}) {
                Bytes changed = original;
                changed[i] ^= static_cast<std::byte>(flip);
                attempt(changed);
            }
        }
    }
}

TEST(PathCounts, OfJourneys)
{
    const std::vector<Row> rows{{1, 1 * day, 1, "a"}, {1, 2 * day, 2, "b"}, {1, 3 * day, std::nullopt, "", false, 10},
                                {1, 4 * day, 3, "c"}, {2, 1 * day, 4, "a"}, {3, 5 * day, std::nullopt, "", false, 7}};
    JourneysState state(std::pmr::get_default_resource());
    for (const Row& row : rows) {
        append(state, row);
    }
    const Bytes everybody =
        bytes_of([&](auto& memory, std::size_t header) { return state.finish(memory, header, {}, Keep::everybody); });
    const auto counted = [](const Bytes& journeys, bool non_converting) {
        return bytes_of([&](auto& memory, std::size_t header) {
            return count_paths(JourneysView(journeys), {.rules = {}, .with_non_converting = non_converting}, memory, header, {})
                .value;
        });
    };
    const std::vector<PathRow> conversions{{{"a", "b"}, {1, 10, 0}}, {{}, {1, 7, 0}}};
    std::vector<PathRow> all = conversions;
    all.push_back({{"a"}, {0, 0, 1}});
    all.push_back({{"c"}, {0, 0, 1}});
    const auto dictionary_of_all = counted(everybody, true);
    EXPECT_EQ(dictionary_of_all, collect_paths(all));
    EXPECT_EQ(counted(finish(state), false), collect_paths(conversions));
    EXPECT_EQ(counted(everybody, false), collect_paths(conversions));
}

TEST(Markov, LikeADenseSolveOfEachRemoval)
{
    for (unsigned seed = 0; seed < 40; ++seed) {
        const int keys = 1 + static_cast<int>(seed % 6);
        const auto rows = random_paths(seed, 1 + seed * 3, keys);
        const Bytes bytes = collect_paths(rows);
        for (int order = 1; order <= 4; ++order) {
            const auto [p, v] = solve_densely(rows, static_cast<std::size_t>(order), "");
            double conversions = 0;
            double shared = 0;
            for (const PathRow& row : rows) {
                conversions += row.counts.conversions;
            }
            for (const MarkovSolver solver : {MarkovSolver::factorised, MarkovSolver::iterated}) {
                shared = 0;
                for (const MarkovCredit& credit :
                     markov_credit(PathCountsView(bytes), {.order = order, .solver = solver}, {})) {
                    const auto [left, value_left] =
                        solve_densely(rows, static_cast<std::size_t>(order), std::string(credit.key));
                    EXPECT_NEAR(credit.removal_effect, p > 0 ? 1 - left / p : 0, 1e-11) << seed << " " << order;
                    EXPECT_NEAR(credit.removal_effect_value, v > 0 ? 1 - value_left / v : 0, 1e-11) << seed << " " << order;
                    EXPECT_NEAR(credit.base_probability, p, 1e-12);
                    shared += credit.conversions;
                }
                EXPECT_NEAR(shared, conversions, 1e-9);
            }
        }
    }
}

TEST(Markov, SelfLoopsChangeNoEffectOfOrder1)
{
    const Bytes bytes = collect_paths(random_paths(8, 200, 5));
    const auto collapsed = markov_credit(PathCountsView(bytes), {}, {});
    for (const MarkovSolver solver : {MarkovSolver::factorised, MarkovSolver::iterated}) {
        const auto kept = markov_credit(PathCountsView(bytes), {.self_loops = true, .solver = solver}, {});
        ASSERT_EQ(kept.size(), collapsed.size());
        for (std::size_t i = 0; i < kept.size(); ++i) {
            EXPECT_NEAR(kept[i].removal_effect, collapsed[i].removal_effect, 1e-12);
            EXPECT_NEAR(kept[i].value, collapsed[i].value, 1e-9);
        }
    }
}

TEST(Markov, EdgesOfTheData)
{
    const auto credits = [](const std::vector<PathRow>& rows, bool use_non_converting = true) {
        return markov_credit(PathCountsView(collect_paths(rows)), {.use_non_converting = use_non_converting}, {});
    };
    EXPECT_TRUE(credits({}).empty());
    const auto single = markov_credit(PathCountsView(collect_paths(std::vector<PathRow>{})), {.order = 3}, {});
    EXPECT_TRUE(single.empty());
    const std::vector<PathRow> lost{{{"a", "b"}, {0, 0, 5}}};
    const Bytes lost_bytes = collect_paths(lost);
    for (const bool use_non_converting : {true, false}) {
        for (const MarkovCredit& credit :
             markov_credit(PathCountsView(lost_bytes), {.use_non_converting = use_non_converting}, {})) {
            EXPECT_EQ(credit.removal_effect, 0);
            EXPECT_EQ(credit.conversions, 0);
            EXPECT_EQ(credit.value, 0);
        }
    }
    const std::vector<PathRow> mixed{{{"a"}, {2, 0, 3}}, {{}, {4, 8, 0}}};
    const Bytes bytes = collect_paths(mixed);
    const auto found = markov_credit(PathCountsView(bytes), {}, {});
    ASSERT_EQ(found.size(), 2U);
    EXPECT_EQ(found[0].removal_effect, 1);
    EXPECT_EQ(found[0].conversions, 2);
    EXPECT_EQ(found[0].value, 0);
    EXPECT_DOUBLE_EQ(found[0].base_probability, 0.4);
    EXPECT_FALSE(found[1].attributed);
    EXPECT_EQ(found[1].conversions, 4);
    EXPECT_EQ(found[1].value, 8);
    // Refunds: an effect on value that is negative shares nothing; the value goes where the conversions go.
    const std::vector<PathRow> refunds{{{"a"}, {1, -5, 0}}, {{"b"}, {1, 10, 0}}};
    const Bytes refund_bytes = collect_paths(refunds);
    const auto refunded = markov_credit(PathCountsView(refund_bytes), {}, {});
    EXPECT_DOUBLE_EQ(refunded[0].value, 2.5);
    EXPECT_DOUBLE_EQ(refunded[1].value, 2.5);
    for (const int order : {0, -1, most_markov_order + 1}) {
        EXPECT_EQ(error_of([&] { (void)markov_credit(PathCountsView(bytes), {.order = order}, {}); }),
                  ErrorCode::invalid_parameter);
    }
    const std::vector<PathRow> apart{{{"a", "b"}, {1e300, 1e300, 0}}, {{"b", "a"}, {1e-300, 0, 1e-300}}};
    const Bytes apart_bytes = collect_paths(apart);
    for (const MarkovSolver solver : {MarkovSolver::factorised, MarkovSolver::iterated}) {
        for (const MarkovCredit& credit : markov_credit(PathCountsView(apart_bytes), {.solver = solver}, {})) {
            EXPECT_TRUE(std::isfinite(credit.conversions) && std::isfinite(credit.value));
        }
    }
}

TEST(Markov, WalksTooLongToIterateAreRefused)
{
    PathRow row{{}, {1, 1, 1}};
    for (int turn = 0; turn < 5000; ++turn) {
        row.path.emplace_back("a");
        row.path.emplace_back("b");
    }
    const Bytes bytes = collect_paths(std::vector<PathRow>{row});
    EXPECT_NEAR(markov_credit(PathCountsView(bytes), {}, {})[1].removal_effect, 1, 1e-9);
    EXPECT_EQ(error_of([&] { (void)markov_credit(PathCountsView(bytes), {.solver = MarkovSolver::iterated}, {}); }),
              ErrorCode::limit_exceeded);
}

TEST(Markov, WalksTooLongToIterateAreFactorised)
{
    PathRow row{{}, {1, 1, 1}};
    for (int turn = 0; turn < 2000; ++turn) {
        for (int key = 0; key < 250; ++key) {
            row.path.push_back(std::to_string(key));
        }
    }
    const Bytes bytes = collect_paths(std::vector<PathRow>{row});
    EXPECT_EQ(error_of([&] { (void)markov_credit(PathCountsView(bytes), {.solver = MarkovSolver::iterated}, {}); }),
              ErrorCode::limit_exceeded);
    EXPECT_NEAR(markov_credit(PathCountsView(bytes), {}, {})[1].removal_effect, 1, 1e-9);
}

TEST(Markov, StopsWhenAsked)
{
    const Bytes bytes = collect_paths(random_paths(5, 50, 4));
    const volatile std::sig_atomic_t raised = 1;
    const marketing::kernel::StopFlag stop(&raised);
    EXPECT_THROW((void)markov_credit(PathCountsView(bytes), {}, stop), marketing::kernel::Stopped);
    EXPECT_THROW((void)markov_order(PathCountsView(bytes), 2, stop), marketing::kernel::Stopped);
}

TEST(Markov, OwnVisitsAreTheDiagonalOfTheInverse)
{
    std::mt19937 random(3);
    const auto uniform = [&random] { return (static_cast<double>(random()) + 0.5) / 4294967296.0; };
    // Dense and sparse, short and long walks, parts that do not meet, a line without a way back, loops; several tiles, the last of few rows.
    for (const auto& [size, degree, staying, parts] : {std::tuple(83, 30, 0.75, 1),
                                                       {83, 3, 0.75, 1},
                                                       {83, 5, 0.9999, 1},
                                                       {83, 4, 0.99, 7},
                                                       {83, 2, 0.5, 40},
                                                       {83, 0, 0.9, 1},
                                                       {83, 1, 0.999, 1},
                                                       {397, 40, 0.95, 1},
                                                       {325, 60, 0.9, 5}}) {
        Eigen::MatrixXd q = Eigen::MatrixXd::Zero(size, size);
        for (int from = 0; from < size; ++from) {
            for (int step = 0; step < degree; ++step) {
                const int to = static_cast<int>(random() % static_cast<unsigned>(size)) / parts * parts + from % parts;
                q(from, std::min(to, size - 1)) += uniform();
            }
            if (degree == 0 && from + 1 < size) {
                q(from, from + 1) = 1;
            }
            if (q.row(from).sum() > 0) {
                q.row(from) *= staying / q.row(from).sum();
            }
        }
        SparseRows rows{{0}, {}, {}, {}};
        for (int from = 0; from < size; ++from) {
            for (int to = 0; to < size; ++to) {
                if (to != from && q(from, to) > 0) {
                    rows.to.push_back(static_cast<std::uint32_t>(to));
                    rows.probability.push_back(q(from, to));
                }
            }
            rows.begin.push_back(rows.to.size());
            rows.loop.push_back(q(from, from));
        }
        const Eigen::MatrixXd inverse = (Eigen::MatrixXd::Identity(size, size) - q).inverse();
        const auto visits = own_visits(rows, inverse.rowwise().sum().maxCoeff(), {});
        ASSERT_EQ(visits.size(), static_cast<std::size_t>(size)) << degree << ' ' << staying << ' ' << parts;
        for (int state = 0; state < size; ++state) {
            EXPECT_NEAR(visits[static_cast<std::size_t>(state)] / inverse(state, state), 1, 1e-11)
                << degree << ' ' << staying << ' ' << parts;
        }
    }
}

TEST(Markov, ManyKeysLikeOneDenseSolve)
{
    // Long paths on which all keys meet, and short ones.
    for (const int touches : {20, 3}) {
        constexpr int keys = 250;
        std::mt19937 random(11);
        std::vector<PathRow> rows(1500);
        for (PathRow& row : rows) {
            for (int touch = 0; touch < touches; ++touch) {
                row.path.push_back(std::to_string(std::min(random() % keys, random() % keys)));
            }
            row.counts = {static_cast<double>(random() % 3), 0, static_cast<double>(1 + random() % 5)};
            row.counts.value = row.counts.conversions * static_cast<double>(random() % 1000) / 7;
        }
        const Bytes bytes = collect_paths(rows);
        const auto iterated = markov_credit(PathCountsView(bytes), {.solver = MarkovSolver::iterated}, {});
        const auto factorised = markov_credit(PathCountsView(bytes), {.solver = MarkovSolver::factorised}, {});
        ASSERT_EQ(iterated.size(), factorised.size());
        for (std::size_t i = 0; i < iterated.size(); ++i) {
            EXPECT_NEAR(iterated[i].removal_effect, factorised[i].removal_effect, 1e-12);
            EXPECT_NEAR(iterated[i].removal_effect_value, factorised[i].removal_effect_value, 1e-12);
        }
    }
}

TEST(Markov, TransitionsOfASmallChain)
{
    const std::vector<PathRow> rows{{{"a", "a", "b"}, {1, 1, 3}}, {{"b"}, {2, 2, 0}}};
    const Bytes bytes = collect_paths(rows);
    const auto count = [&bytes](bool self_loops, const std::string& from, const std::string& to) {
        const auto found = markov_transitions(PathCountsView(bytes), 1, self_loops, {});
        for (const MarkovTransition& t : found.transitions) {
            if (found.states[t.from] == from && found.states[t.to] == to) {
                return t.count;
            }
        }
        return 0.0;
    };
    EXPECT_EQ(count(false, "(start)", "a"), 4);
    EXPECT_EQ(count(false, "a", "a"), 0);
    EXPECT_EQ(count(true, "a", "a"), 4);
    EXPECT_EQ(count(true, "b", "(conversion)"), 3);
    EXPECT_EQ(count(true, "b", "(null)"), 3);
    const auto pairs = markov_transitions(PathCountsView(bytes), 2, false, {});
    EXPECT_NE(std::find(pairs.states.begin(), pairs.states.end(), "a > b"), pairs.states.end());
}

TEST(Markov, NamesOfStatesAreTheirOwn)
{
    EXPECT_EQ(state_name("search", false), "search");
    EXPECT_EQ(state_name("(start)", false), "\"(start)\"");
    EXPECT_EQ(state_name("\"(start)\"", false), "\"\"\"(start)\"\"\"");
    EXPECT_EQ(state_name("a > b", false), "a > b");
    EXPECT_EQ(state_name("a > b", true), "\"a > b\"");

    // States of two keys, whose parts would read the same.
    const std::vector<PathRow> rows{{{"a", "b > c"}, {1, 1, 0}}, {{"a > b", "c"}, {1, 1, 0}},   {{"a >", "b"}, {1, 1, 0}},
                                    {{"a", "> b"}, {1, 1, 0}},   {{"(conversion)"}, {1, 1, 0}}, {{"a > b"}, {1, 1, 0}},
                                    {{"a", "b"}, {1, 1, 0}}};
    const Bytes bytes = collect_paths(rows);
    auto names = markov_transitions(PathCountsView(bytes), 2, false, {}).states;
    const std::size_t states = names.size();
    std::sort(names.begin(), names.end());
    EXPECT_EQ(std::unique(names.begin(), names.end()) - names.begin(), static_cast<std::ptrdiff_t>(states));
}

TEST(Markov, OrderByAreaUnderTheCurve)
{
    // The last touch tells nothing, the last two tell all.
    const std::vector<PathRow> rows{
        {{"a", "b"}, {50, 0, 0}}, {{"b", "b"}, {0, 0, 50}}, {{"b", "a"}, {50, 0, 0}}, {{"a", "a"}, {0, 0, 50}}};
    const Bytes bytes = collect_paths(rows);
    const auto orders = markov_order(PathCountsView(bytes), 3, {});
    ASSERT_EQ(orders.size(), 3U);
    EXPECT_DOUBLE_EQ(orders[0].auc, 0.5);
    EXPECT_DOUBLE_EQ(orders[1].auc, 1);
    EXPECT_DOUBLE_EQ(orders[0].penalised_auc, 1 - 0.5 * 199 / 197);
    EXPECT_TRUE(!orders[0].best && orders[1].best && !orders[2].best);
    const Bytes without = collect_paths(std::vector<PathRow>{{{"a"}, {100, 0, 0}}});
    EXPECT_FALSE(markov_order(PathCountsView(without), 1, {})[0].rated);
}

TEST(Markov, PathDataAgainstExactAndSimulated)
{
    const char* directory = std::getenv("MARKETING_DATA_DIR");
    if (directory == nullptr) {
        GTEST_SKIP() << "MARKETING_DATA_DIR is not set: the published data are not part of the repository";
    }
    const std::filesystem::path data = std::filesystem::path(directory) / "attribution";
    const Bytes bytes = collect_paths(path_data(data / "channelattribution_pathdata.csv"));
    for (int order = 1; order <= 2; ++order) {
        const auto exact = oracle(data / ("oracle_exact_markov_order" + std::to_string(order) + ".csv"));
        ASSERT_EQ(exact.size(), 12U);
        for (const MarkovSolver solver : {MarkovSolver::factorised, MarkovSolver::iterated}) {
            for (const MarkovCredit& c : markov_credit(PathCountsView(bytes), {.order = order, .solver = solver}, {})) {
                const auto& expected = exact.at(std::string(c.key));
                EXPECT_NEAR(c.removal_effect, expected[0], 1e-9);
                EXPECT_NEAR(c.removal_effect_value, expected[1], 1e-9);
                EXPECT_NEAR(c.conversions, expected[2], 1e-9 * std::max(1.0, expected[2]));
                EXPECT_NEAR(c.value, expected[3], 1e-9 * std::max(1.0, expected[3]));
                EXPECT_NEAR(c.base_probability, 0.2238451356, 1e-10);
            }
        }
    }
    // ChannelAttribution simulates: by default until its runs differ by less than 5 %, and here with twenty million journeys.
    const auto simulated = oracle(data / "oracle_ca_markov_order1_default.csv");
    const std::map<std::string, double> long_simulated{{"alpha", 5344.8387},  {"iota", 3884.6764},  {"eta", 3344.2504},
                                                       {"beta", 2527.0334},   {"theta", 1973.3787}, {"lambda", 1283.3980},
                                                       {"epsilon", 599.1893}, {"zeta", 378.6732},   {"kappa", 272.5838},
                                                       {"gamma", 170.3852},   {"delta", 4.8827},    {"mi", 1.7102}};
    double apart = 0;
    double long_apart = 0;
    for (const MarkovCredit& c : markov_credit(PathCountsView(bytes), {}, {})) {
        apart += std::abs(c.conversions - simulated.at(std::string(c.key))[0]);
        long_apart += std::abs(c.conversions - long_simulated.at(std::string(c.key)));
    }
    EXPECT_LT(apart / 19785, 0.0205);  // its own noise: it is as far from its long run
    EXPECT_LT(long_apart / 19785, 0.001);
}

}  // namespace
