#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <map>
#include <random>
#include <set>
#include <span>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "attribution_support.hpp"
#include "error_of.hpp"
#include "kernel/error.hpp"

namespace {

using namespace attribution_test;
using namespace unit_test;
using marketing::kernel::Error;

struct Earned {
    double conversions = 0;
    double value = 0;
    std::int64_t supporting = 0;
    std::int64_t assisted = 0;
};
using Answer = std::map<std::pair<std::string, std::string>, Earned>;  // by model and key; "NULL" for the unattributed

Answer answer(const Bytes& journeys, const CreditRequest& request)
{
    Answer found;
    for (const Credit& c : attribute(JourneysView(journeys), request, {}).credits) {
        const std::string key = c.attributed ? std::string(c.key) : "NULL";
        EXPECT_TRUE(found.insert({{std::string(c.model), key}, {c.conversions, c.value, c.supporting, c.assisted}}).second);
    }
    return found;
}

Answer answer(const std::vector<Row>& rows, const CreditRequest& request = default_request())
{
    return answer(collect(rows), request);
}

// ---- Paths worked out by hand

const std::vector<Row> worked = {
    {.time = 0 * day, .touch = 1, .key = "search", .paid = true},
    {.time = 7 * day, .touch = 2, .key = "email"},
    {.time = 14 * day, .touch = 3, .key = "direct"},
    {.time = 14 * day, .value = 700.0},
};

TEST(Models, GiveTheCreditWorkedOutByHand)
{
    const Answer found = answer(worked);
    const auto conversions = [&](const char* model, const char* key) { return found.at({model, key}).conversions; };
    EXPECT_EQ(conversions("first", "search"), 1);
    EXPECT_EQ(conversions("last", "direct"), 1);
    EXPECT_EQ(conversions("last_non_direct", "email"), 1);
    EXPECT_EQ(conversions("last_paid", "search"), 1);
    EXPECT_DOUBLE_EQ(conversions("linear", "email"), 1.0 / 3);
    // One half-life apart: 1/4, 1/2 and 1, of 7/4.
    EXPECT_DOUBLE_EQ(conversions("time_decay", "search"), 1.0 / 7);
    EXPECT_DOUBLE_EQ(conversions("time_decay", "email"), 2.0 / 7);
    EXPECT_DOUBLE_EQ(found.at({"time_decay", "direct"}).value, 400);
    EXPECT_DOUBLE_EQ(conversions("position_based", "search"), 0.4);
    EXPECT_DOUBLE_EQ(conversions("position_based", "email"), 0.2);
    EXPECT_EQ(found.at({"last", "search"}).conversions, 0);
    EXPECT_EQ(found.at({"last", "search"}).supporting, 0);
    EXPECT_EQ(found.at({"last", "search"}).assisted, 1);
    EXPECT_EQ(found.size(), 3 * std::size(all_models));
}

TEST(Models, PositionsOfOneAndOfTwoTouches)
{
    auto request = default_request();
    request.options.position_weights = checked_position_weights(std::vector{0.2, 0.2, 0.6});
    const std::vector<Row> one = {{.touch = 1, .key = "a"}, {.value = 1.0}};
    EXPECT_EQ(answer(one, request).at({"position_based", "a"}).conversions, 1);
    const std::vector<Row> two = {{.touch = 1, .key = "a"}, {.touch = 2, .key = "b"}, {.value = 1.0}};
    EXPECT_DOUBLE_EQ(answer(two, request).at({"position_based", "b"}).conversions, 0.75);
    request.options.position_weights = checked_position_weights(std::vector{0.0, 1.0, 0.0});
    EXPECT_DOUBLE_EQ(answer(two, request).at({"position_based", "b"}).conversions, 0.5);
}

const std::vector<Row> staged = {
    {.time = 0 * day, .touch = 1, .key = "direct"},  {.time = 1 * day, .touch = 2, .key = "search", .paid = true},
    {.time = 1 * day, .touch = 90, .key = "lead"},   {.time = 2 * day, .touch = 3, .key = "email"},
    {.time = 3 * day, .touch = 91, .key = "deal"},  // at the very time of the touch, and before it by identifier or not
    {.time = 3 * day, .touch = 92, .key = "search"}, {.time = 4 * day, .touch = 5, .key = "vk", .paid = true, .value = 100.0},
};

/** What each key of `staged` gets, in the order direct, email, search, vk. */
std::vector<double> shares(const std::string& model, const CreditRequest& request)
{
    const Answer found = answer(staged, request);
    std::vector<double> result;
    for (const char* key : {"direct", "email", "search", "vk"}) {
        const Earned& earned = found.at({model, key});
        EXPECT_NEAR(earned.value, 100 * earned.conversions, 1e-9);
        result.push_back(earned.conversions);
    }
    return result;
}

TEST(Models, GiveALongerPathTheCreditWorkedOutByHand)
{
    auto request = default_request();
    request.options.first_weights = {0.5};
    request.options.last_weights = {0.2, 0.1};
    const std::map<std::string, std::vector<double>> expected = {
        {"first_non_direct", {0, 0, 1, 0}},
        {"first_paid", {0, 0, 1, 0}},
        {"linear", {0.2, 0.2, 0.4, 0.2}},
        {"linear_unique", {0.25, 0.25, 0.25, 0.25}},
        {"position_decay", {1.0 / 15, 3.0 / 15, 6.0 / 15, 5.0 / 15}},
        {"u_shaped", {0.4, 0.2 / 3, 0.4 / 3, 0.4}},
        {"j_shaped", {0.2, 0.2 / 3, 0.4 / 3, 0.6}},
        {"inverse_j", {0.6, 0.2 / 3, 0.4 / 3, 0.2}},
        {"w_shaped", {0.3, 0.05, 0.6, 0.05}},
        {"full_path", {0.225, 0.1, 0.45, 0.225}},
        {"custom", {0.5, 0.1, 0.2, 0.2}},
        {"participation", {1, 1, 1, 1}},
    };
    for (const auto& [model, want] : expected) {
        const auto got = shares(model, request);
        for (std::size_t i = 0; i < want.size(); ++i) {
            EXPECT_NEAR(got[i], want[i], 1e-15) << model << ' ' << i;
        }
    }
    EXPECT_FALSE(answer(staged, request).contains({"first", "lead"}));
}

TEST(Models, AnchorsOnOneTouchAddUpAndMissingOnesAreShared)
{
    auto request = default_request();
    const std::vector<Row> one = {{.touch = 1, .key = "a"}, {.time = 5, .touch = 2, .key = "lead"}, {.time = 9, .value = 1.0}};
    EXPECT_DOUBLE_EQ(answer(one, request).at({"w_shaped", "a"}).conversions, 1);
    // No deal: 0.3 and 0.3 of the 0.6 that two touches claim, no touch between.
    const std::vector<Row> two = {{.touch = 1, .key = "a"},
                                  {.time = 5, .touch = 2, .key = "b"},
                                  {.time = 6, .touch = 3, .key = "lead"},
                                  {.time = 9, .value = 1.0}};
    EXPECT_DOUBLE_EQ(answer(two, request).at({"w_shaped", "b"}).conversions, 0.5);
    EXPECT_NEAR(answer(two, request).at({"full_path", "b"}).conversions, 2.0 / 3, 1e-15);
    // The latest mark at or before the conversion counts; one before the first touch has no touch.
    const std::vector<Row> late = {{.time = -1, .touch = 9, .key = "deal"}, {.touch = 1, .key = "a"},
                                   {.time = 1, .touch = 9, .key = "lead"},  {.time = 2, .touch = 2, .key = "b"},
                                   {.time = 3, .touch = 9, .key = "lead"},  {.time = 9, .value = 1.0},
                                   {.time = 10, .touch = 9, .key = "lead"}};
    EXPECT_DOUBLE_EQ(answer(late, request).at({"w_shaped", "b"}).conversions, 0.5);
    request.rules.stage_keys = {};
    EXPECT_EQ(error_of([&] { (void)answer(two, request); }), ErrorCode::invalid_parameter);
}

TEST(Models, TwoTouchesAndShortPathsOfCustomWeights)
{
    auto request = default_request();
    const std::vector<Row> two = {{.touch = 1, .key = "a"}, {.touch = 2, .key = "b"}, {.value = 1.0}};
    EXPECT_DOUBLE_EQ(answer(two, request).at({"j_shaped", "b"}).conversions, 0.75);
    EXPECT_DOUBLE_EQ(answer(two, request).at({"inverse_j", "b"}).conversions, 0.25);
    request.options.two_touch = TwoTouch::split_middle;
    EXPECT_DOUBLE_EQ(answer(two, request).at({"j_shaped", "b"}).conversions, 0.7);
    EXPECT_DOUBLE_EQ(answer(two, request).at({"u_shaped", "b"}).conversions, 0.5);
    // b has the second weight from the start and the first from the end; the third has no touch: 0.3 and 0.2 + 0.1 of 0.6.
    request.options.first_weights = {0.3, 0.2, 0.4};
    request.options.last_weights = {0.1};
    EXPECT_DOUBLE_EQ(answer(two, request).at({"custom", "b"}).conversions, 0.5);
    request.options.first_weights = {0, 0, 1};
    request.options.last_weights = {};
    EXPECT_DOUBLE_EQ(answer(two, request).at({"custom", "b"}).conversions, 0.5);
    request.options.first_weights = {};
    EXPECT_DOUBLE_EQ(answer(two, request).at({"custom", "b"}).conversions, 0.5);
}

TEST(Models, DecayNeitherUnderflowsNorLosesTheOldTouch)
{
    auto request = default_request();
    request.rules.lookback.reset();
    request.options.half_life = 1;  // a microsecond
    const std::vector<Row> rows = {
        {.time = -9000 * day, .touch = 1, .key = "a"}, {.time = -8999 * day, .touch = 2, .key = "b"}, {.value = 3.0}};
    EXPECT_EQ(answer(rows, request).at({"time_decay", "b"}).conversions, 1);
    EXPECT_EQ(answer(rows, request).at({"time_decay", "a"}).conversions, 0);
}

TEST(Models, LastPaidFollowsItsChain)
{
    const std::vector<Row> unpaid = {{.touch = 1, .key = "email"}, {.touch = 2, .key = "direct"}, {.value = 1.0}};
    const std::vector<Row> only_direct = {{.touch = 2, .key = "direct"}, {.touch = 3, .key = ""}, {.value = 1.0}};
    auto request = default_request();
    EXPECT_EQ(answer(unpaid, request).at({"last_paid", "email"}).conversions, 1);
    EXPECT_EQ(answer(only_direct, request).at({"last_paid", "(none)"}).conversions, 1);
    EXPECT_EQ(answer(only_direct, request).at({"last_non_direct", "(none)"}).conversions, 1);
    request.options.fallback = find_fallback(std::vector<std::string_view>{"last_non_direct", "none", "last"});
    EXPECT_EQ(answer(only_direct, request).at({"last_paid", "NULL"}).supporting, 1);
    request.options.fallback = find_fallback(std::vector<std::string_view>{"first"});
    EXPECT_EQ(answer(only_direct, request).at({"last_paid", "direct"}).conversions, 1);
    request.options.fallback.clear();
    EXPECT_EQ(answer(unpaid, request).at({"last_paid", "NULL"}).conversions, 1);
}

TEST(Models, FirstPaidFollowsTheSameChain)
{
    const std::vector<Row> rows = {
        {.touch = 1, .key = "direct"}, {.touch = 2, .key = "email"}, {.touch = 3, .key = "vk"}, {.value = 1.0}};
    auto request = default_request();
    EXPECT_EQ(answer(rows, request).at({"first_paid", "vk"}).conversions, 1);
    EXPECT_EQ(answer(rows, request).at({"first_non_direct", "email"}).conversions, 1);
    request.options.fallback = find_fallback(std::vector<std::string_view>{"first_non_direct", "first"});
    EXPECT_EQ(answer(rows, request).at({"first_paid", "email"}).conversions, 1);
    request.options.fallback.clear();
    EXPECT_EQ(answer(rows, request).at({"first_paid", "NULL"}).conversions, 1);
    const std::vector<Row> only_direct = {{.touch = 1, .key = "direct"}, {.touch = 2, .key = ""}, {.value = 1.0}};
    EXPECT_EQ(answer(only_direct, request).at({"first_non_direct", "direct"}).conversions, 1);
}

TEST(Models, RefuseWhatTheyDoNotKnow)
{
    const std::vector<std::string_view> unknown{"last", "best"};
    EXPECT_EQ(error_of([&] { (void)find_models(unknown); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_fallback(unknown); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)find_models({}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)find_cycle("never"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([] { (void)find_two_touch("never"); }), ErrorCode::invalid_parameter);
    for (const char* text :
         {"never", "", ",", "exposure,", "exposure first", "exposure(a)", "remove_if_not_all", "remove_if_not_all()",
          "remove_if_not_all(a,)", "remove_if_not_all(a", "remove_if_not_all(a))", "remove_if_not_all(\"a)",
          "remove_if_not_all(a\"b\")", "remove_if_not_all(a) first", "frequency, first", "frequency, frequency"}) {
        EXPECT_EQ(error_of([&] { (void)read_transforms(text, {}); }), ErrorCode::invalid_parameter) << text;
    }
    for (const char* text : {"exposure", "remove_if_not_all(a)", "none, remove_if_not_all(a)"}) {
        EXPECT_EQ(error_of([&] { (void)read_transforms(text, "a"); }), ErrorCode::invalid_parameter) << text;
    }
    const double nan = std::numeric_limits<double>::quiet_NaN();
    for (const auto& weights :
         std::vector<std::vector<double>>{{}, {0.5, 0.5}, {0.5, 0.5, 0.5}, {1.5, -0.5, 0}, {nan, 0.5, 0.5}}) {
        EXPECT_EQ(error_of([&] { (void)checked_position_weights(weights); }), ErrorCode::invalid_parameter);
    }
    for (const auto& weights : std::vector<std::pair<std::vector<double>, std::vector<double>>>{
             {{0.6}, {0.6}}, {{-0.1}, {}}, {{}, {nan}}, {{std::numeric_limits<double>::infinity()}, {}}}) {
        EXPECT_EQ(error_of([&] { check_custom_weights(weights.first, weights.second); }), ErrorCode::invalid_parameter);
    }
    check_custom_weights(std::vector{0.5, 0.2}, std::vector{0.3});
    EXPECT_EQ(find_models(std::vector<std::string_view>{"last", "first", "last"}).size(), 2U);
}

TEST(Paths, BothEndsOfTheLookbackCount)
{
    auto request = default_request();
    request.rules.lookback = 10;
    const std::vector<Row> rows = {{.time = -11, .touch = 1, .key = "late"},
                                   {.time = -10, .touch = 2, .key = "first"},
                                   {.time = 0, .touch = 3, .key = "same"},
                                   {.time = 1, .touch = 4, .key = "after"},
                                   {.time = 0, .value = 1.0}};
    const Answer found = answer(rows, request);
    EXPECT_TRUE(found.contains({"linear", "first"}) && found.contains({"linear", "same"}));
    EXPECT_FALSE(found.contains({"linear", "late"}) || found.contains({"linear", "after"}));
}

TEST(Paths, CyclesEndAtStrictlyEarlierConversions)
{
    const std::vector<Row> rows = {{.time = 1, .touch = 1, .key = "a"}, {.time = 2, .value = 1.0},
                                   {.time = 2, .value = 2.0},           {.time = 3, .value = 4.0},
                                   {.time = 4, .touch = 2, .key = "b"}, {.time = 5, .value = 8.0}};
    auto request = default_request();
    EXPECT_EQ(answer(rows, request).at({"first", "a"}).value, 15);
    request.rules.cycle = Cycle::since_previous;
    EXPECT_EQ(answer(rows, request).at({"last", "a"}).value, 3);
    EXPECT_EQ(answer(rows, request).at({"last", "NULL"}).value, 4);
    EXPECT_EQ(answer(rows, request).at({"last", "b"}).value, 8);
    request.rules.cycle = Cycle::since_previous_reuse;
    EXPECT_EQ(answer(rows, request).at({"last", "a"}).value, 7);
    request.rules.lookback = 1;
    EXPECT_EQ(answer(rows, request).at({"last", "NULL"}).value, 4);
    request.rules.converted_from = 3;
    request.rules.converted_before = 5;
    EXPECT_EQ(answer(rows, request).size(), std::size(all_models));  // the one conversion at 3, unattributed in each model
}

/** The keys of the path of the only conversion of `rows`, by order. */
std::string keys_of_path(const std::vector<Row>& rows, const PathRules& rules)
{
    const Bytes bytes = collect(rows);
    const JourneysView journeys(bytes);
    std::string keys;
    for_each_path(journeys, rules, {}, [&](const Path& path) {
        keys += path.truncated ? "..." : "";
        for (const Touch& touch : path.touches) {
            keys += journeys.key(touch.key);
        }
        keys += ";";
    });
    return keys;
}

std::vector<Row> path_of(std::string_view keys)
{
    std::vector<Row> rows;
    for (std::size_t i = 0; i < keys.size(); ++i) {
        rows.push_back({.time = static_cast<std::int64_t>(i), .touch = 1, .key = std::string(1, keys[i])});
    }
    rows.push_back({.time = 100, .value = 1.0});
    return rows;
}

TEST(Transforms, AreReadWithTheirKeys)
{
    using Keys = std::vector<std::string>;
    const auto read =
        read_transforms(" exposure,remove_if_not_all ( a b, \"c, \"\"d\"\")\" ,\" e\") , remove_if_last_and_not_all", "f");
    ASSERT_EQ(read.size(), 3U);
    EXPECT_EQ(read[0].transform, Transform::exposure);
    EXPECT_EQ(read[0].keys, Keys{});
    EXPECT_EQ(read[1].transform, Transform::remove_if_not_all);
    EXPECT_EQ(read[1].keys, (Keys{"a b", "c, \"d\")", " e"}));
    EXPECT_EQ(read[2].keys, Keys{"f"});
}

/** Transforms that stay while rules refer to them. */
class Steps {
public:
    Steps(const Steps&) = delete;
    Steps& operator=(const Steps&) = delete;
    explicit Steps(std::string_view text) : read_(read_transforms(text, {}))
    {
        for (const ReadTransform& read : read_) {
            keys_.emplace_back(read.keys.begin(), read.keys.end());
        }
        for (std::size_t i = 0; i < read_.size(); ++i) {
            steps_.push_back({read_[i].transform, keys_[i]});
        }
    }
    [[nodiscard]] std::span<const TransformStep> list() const noexcept { return steps_; }

private:
    std::vector<ReadTransform> read_;
    std::vector<std::vector<std::string_view>> keys_;
    std::vector<TransformStep> steps_;
};

TEST(Paths, TransformsAndKeys)
{
    const auto path = path_of("dabbadcd");
    const auto changed = [](std::string_view keys, const char* transforms) {
        const Steps steps(transforms);
        return keys_of_path(path_of(keys), {.transforms = steps.list()});
    };
    EXPECT_EQ(changed("dabbadcd", "unique"), "dabbadcd;");
    EXPECT_EQ(changed("dabbadcd", "exposure"), "dabadcd;");
    EXPECT_EQ(changed("dabbadcd", "first"), "dabc;");
    EXPECT_EQ(changed("dabbadcd", "remove_if_not_all(d)"), "abbac;");
    EXPECT_EQ(changed("dabbadcd", "remove_if_last_and_not_all(d)"), "dabbadc;");
    EXPECT_EQ(changed("dabbadcd", "remove_if_not_all(x)"), "dabbadcd;");
    EXPECT_EQ(changed("dd", "remove_if_not_all(d)"), "dd;");
    EXPECT_EQ(changed("dd", "remove_if_last_and_not_all(d)"), "dd;");
    EXPECT_EQ(changed("", "remove_if_last_and_not_all(d)"), ";");
    // Several keys are one set: those at the end go together, whichever comes last.
    EXPECT_EQ(changed("dabcdc", "remove_if_last_and_not_all(d, c)"), "dab;");
    EXPECT_EQ(changed("dabcdc", "remove_if_last_and_not_all(d), remove_if_last_and_not_all(c)"), "dabcd;");
    EXPECT_EQ(changed("dcd", "remove_if_not_all(d, c)"), "dcd;");
    // One after the other.
    EXPECT_EQ(changed("abab", "remove_if_not_all(b), exposure"), "a;");
    EXPECT_EQ(changed("abab", "exposure, remove_if_not_all(b)"), "aa;");
    EXPECT_EQ(changed("dabbadcd", "exposure, remove_if_last_and_not_all(d), first"), "dabc;");
    EXPECT_EQ(changed("dabbadcd", "remove_if_not_all(a), remove_if_not_all(b, c), none"), "ddd;");
    const std::string_view ab[] = {"a", "b"};
    const std::string_view b[] = {"b"};
    EXPECT_EQ(keys_of_path(path, {.exclude_keys = ab}), "ddcd;");
    EXPECT_EQ(keys_of_path(path, {.only_keys = ab}), "abba;");
    EXPECT_EQ(keys_of_path(path, {.exclude_keys = b, .only_keys = ab}), "aa;");
    EXPECT_EQ(keys_of_path(path, {.stage_keys = b, .only_keys = ab}), "aa;");
    EXPECT_EQ(keys_of_path(path, {.max_touches = 3}), "...dcd;");
    const Steps first("first");
    EXPECT_EQ(keys_of_path(path, {.transforms = first.list(), .max_touches = 4}), "dabc;");
}

TEST(Paths, TheConversionsOwnRowMayNotCount)
{
    const std::vector<Row> rows = {{.time = 1, .touch = 1, .key = "a"},
                                   {.time = 2, .touch = 2, .key = "b", .value = 1.0},
                                   {.time = 2, .touch = 3, .key = "c"},
                                   {.time = 3, .touch = 4, .key = "d", .value = 1.0}};
    EXPECT_EQ(keys_of_path(rows, {}), "abc;abcd;");
    PathRules rules{.include_conversion_touch = false};
    EXPECT_EQ(keys_of_path(rows, rules), "ac;abc;");
    rules.cycle = Cycle::since_previous;
    EXPECT_EQ(keys_of_path(rows, rules), "ac;;");
    rules.cycle = Cycle::since_previous_reuse;
    EXPECT_EQ(keys_of_path(rows, rules), "ac;abc;");
}

TEST(Paths, TheEndsOfTimeDoNotOverflow)
{
    constexpr auto least = std::numeric_limits<std::int64_t>::min() + 1;
    constexpr auto most = std::numeric_limits<std::int64_t>::max() - 1;
    auto request = default_request();
    const std::vector<Row> rows = {{.time = least, .touch = least, .key = "a"},
                                   {.time = least, .value = 1.0},
                                   {.time = most, .touch = most, .key = "b"},
                                   {.time = most, .value = 2.0}};
    EXPECT_EQ(answer(rows, request).at({"time_decay", "a"}).value, 1);
    request.rules.lookback = std::numeric_limits<std::int64_t>::max();
    EXPECT_EQ(answer(rows, request).at({"time_decay", "b"}).value, 2);
    request.rules.lookback.reset();
    EXPECT_EQ(answer(rows, request).at({"first", "a"}).value, 3);
}

// ---- Collecting

TEST(Collecting, RefusesRowsThatMeanNothing)
{
    const double infinity = std::numeric_limits<double>::infinity();
    EXPECT_EQ(error_of([] { (void)collect(std::vector<Row>{{}}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)collect(std::vector<Row>{{.value = infinity}}); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] { (void)collect(std::vector<Row>{{.value = std::nan("")}}); }), ErrorCode::numeric_range);
    for (const auto time : {std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()}) {
        EXPECT_EQ(error_of([=] { (void)collect(std::vector<Row>{{.time = time, .value = 1.0}}); }),
                  ErrorCode::invalid_parameter);
    }
    JourneysState state(std::pmr::get_default_resource());
    append(state, {.value = 1.0}, Ids::integers);
    EXPECT_EQ(error_of([&] { append(state, {.value = 1.0}, Ids::texts); }), ErrorCode::invalid_parameter);
}

TEST(Collecting, IntegerKeysAreDecimalText)
{
    JourneysState state(std::pmr::get_default_resource());
    for (const std::int64_t key :
         {std::int64_t{-7}, std::int64_t{57}, std::int64_t{121}, std::numeric_limits<std::int64_t>::min()}) {
        JourneyRow row;
        row.client = Identifier::of(1);
        row.has_touch = row.has_value = true;
        row.touch = Identifier::of(1);
        row.key = Identifier::of(key);
        state.append(row);
    }
    const Bytes bytes = finish(state);
    const JourneysView view(bytes);
    ASSERT_EQ(view.key_count(), 4U);
    EXPECT_EQ(view.key(0), "-7");
    EXPECT_EQ(view.key(1), "-9223372036854775808");
    EXPECT_EQ(view.key(2), "121");
    EXPECT_EQ(view.key(3), "57");
}

TEST(Collecting, DropsWhoNeverConverts)
{
    const std::vector<Row> rows = {
        {.client = 1, .touch = 1, .key = "a"}, {.client = 2, .touch = 2, .key = "b"}, {.client = 2, .value = 1.0}};
    const Bytes bytes = collect(rows);
    const Summary summary = summarise(JourneysView(bytes));
    EXPECT_EQ(summary.clients, 1);
    EXPECT_EQ(summary.touches, 1);
    EXPECT_EQ(summary.keys, 1);
}

// ---- Who is kept, and in which order

/** What a value must hold of one client, sorted by whatever decides. */
struct Kept {
    std::vector<std::tuple<std::int64_t, std::int64_t, std::string>> touches;  // time, identifier, key
    std::vector<std::pair<std::int64_t, double>> conversions;
};

/** Client by client with sorted lists: right by its brevity. */
std::map<std::int64_t, Kept> kept_of(std::span<const Row> rows, Keep keep)
{
    std::map<std::int64_t, Kept> clients;
    for (const Row& row : rows) {
        if (row.touch) {
            clients[row.client].touches.emplace_back(row.time, *row.touch, row.key);
        }
        if (row.value) {
            clients[row.client].conversions.emplace_back(row.time, *row.value);
        }
    }
    std::erase_if(clients, [keep](const auto& entry) { return keep == Keep::converters && entry.second.conversions.empty(); });
    for (auto& [client, kept] : clients) {
        std::sort(kept.touches.begin(), kept.touches.end());
        std::sort(kept.conversions.begin(), kept.conversions.end());
    }
    return clients;
}

void expect_kept(std::span<const Row> rows, Keep keep)
{
    JourneysState state(std::pmr::get_default_resource());
    for (const Row& row : rows) {
        append(state, row);
    }
    const Bytes bytes = bytes_of([&](auto& memory, std::size_t header) { return state.finish(memory, header, {}, keep); });
    const JourneysView view(bytes);
    const auto expected = kept_of(rows, keep);
    ASSERT_EQ(view.client_count(), expected.size());
    std::set<std::string> keys;
    std::size_t client = 0;
    Journey journey;
    for (const auto& [id, kept] : expected) {
        ASSERT_EQ(view.client(client).number, id);
        view.read(client++, journey);
        ASSERT_EQ(journey.touches.size(), kept.touches.size());
        for (std::size_t i = 0; i < kept.touches.size(); ++i) {
            ASSERT_EQ(journey.touches[i].time, std::get<0>(kept.touches[i]));
            ASSERT_EQ(view.key(journey.touches[i].key), std::get<2>(kept.touches[i]));
            keys.insert(std::get<2>(kept.touches[i]));
        }
        ASSERT_EQ(journey.conversions.size(), kept.conversions.size());
        for (std::size_t i = 0; i < kept.conversions.size(); ++i) {
            ASSERT_EQ(journey.conversions[i].time, kept.conversions[i].first);
            ASSERT_EQ(journey.conversions[i].value, kept.conversions[i].second);
        }
    }
    EXPECT_EQ(view.key_count(), keys.size());  // none that only those left out have met
}

TEST(Collecting, ClientsOfAnyNumbersComeInTheirOrder)
{
    constexpr std::int64_t least = std::numeric_limits<std::int64_t>::min();
    constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
    std::mt19937_64 random(11);
    const std::map<std::string, std::function<std::int64_t()>> numbers{
        {"dense", [&] { return static_cast<std::int64_t>(random() % 20'000); }},
        {"anywhere",
         [&] {
             return std::int64_t{1'000'003} * static_cast<std::int64_t>(random() % 9'000) * (random() % 2 == 0 ? 1 : -999'983);
         }},
        {"powers of two",
         [&] {
             return static_cast<std::int64_t>(std::uint64_t{1} << (random() % 64)) + static_cast<std::int64_t>(random() % 3);
         }},
        {"both ends",
         [&] {
             return random() % 2 == 0 ? least + static_cast<std::int64_t>(random() % 50)
                                      : most - static_cast<std::int64_t>(random() % 50);
         }},
        {"one far from all", [&] { return random() % 1'000 == 0 ? most : static_cast<std::int64_t>(random() % 3'000); }},
        {"one", [] { return std::int64_t{-7}; }},
    };
    for (const auto& [name, client] : numbers) {
        SCOPED_TRACE(name);
        std::vector<Row> rows;
        for (std::int64_t i = 0; i < 90'000; ++i) {  // so many that they are sorted in several goes
            const bool converts = random() % 40 == 0;
            const std::string key = "key " + std::to_string(random() % 400 * (converts ? 1 : random() % 2));
            Row row{client(), static_cast<std::int64_t>(random() % 1'000) - 500, i % 100'003, key};
            if (converts) {
                row.value = static_cast<double>(random() % 200) - 100;
                row.touch = random() % 2 == 0 ? row.touch : std::nullopt;
            }
            rows.push_back(row);
        }
        expect_kept(rows, Keep::everybody);
        expect_kept(rows, Keep::converters);
        expect_kept(std::span(rows).first(40), Keep::converters);
    }
}

TEST(Collecting, KeysOfThoseLeftOutAreNotInTheValue)
{
    // With all keys a code takes four bytes or two, with those of the converters two or one.
    for (const auto& [all, converters] :
         {std::pair(40, 3), std::pair(9'000, 20), std::pair(9'000, 900), std::pair(600, 400), std::pair(30, 30)}) {
        std::vector<Row> rows;
        for (int key = 0; key < all; ++key) {
            rows.push_back({key < converters ? 1 : 2, key, key, "key " + std::to_string(all - key)});
        }
        rows.push_back({1, all, std::nullopt, {}, false, 1.5});
        expect_kept(rows, Keep::converters);
        expect_kept(rows, Keep::everybody);
    }
}

TEST(Collecting, NothingIsAValueToo)
{
    const Bytes bytes = collect({});
    EXPECT_EQ(JourneysView(bytes).client_count(), 0U);
    EXPECT_TRUE(attribute(JourneysView(bytes), default_request(), {}).credits.empty());
    EXPECT_EQ(unite({}), bytes);
    const Bytes some = collect(worked);
    EXPECT_EQ(unite(std::vector{bytes, some, bytes}), some);
}

// ---- Random journeys

std::vector<Row> random_rows(std::uint32_t seed, int count, int clients, int key_count = 5)
{
    std::mt19937 random(seed);
    const auto below = [&random](int limit) { return static_cast<int>(random() % static_cast<unsigned>(limit)); };
    std::vector<Row> rows;
    for (int i = 0; i < count; ++i) {
        // Few distinct times and touch identifiers, so that ties are common.
        Row row{.client = below(clients) * 1'000'003LL - 7, .time = below(60) * day / 2};
        const int kind = below(10);
        if (kind != 0) {
            static const char* const keys[] = {"direct", "search", "email", "", "vk", "lead", "deal"};
            const int key = below(key_count);
            row.touch = below(20) - 5;
            row.key = key < 7 ? keys[key] : "key " + std::to_string(key);
            row.paid = below(3) == 0;
            row.view = below(4) == 0;
        }
        if (kind <= 1) {
            row.value = below(1000) / 8.0 - 20;
        }
        rows.push_back(row);
    }
    return rows;
}

/** The definitions, written down as plainly as possible: quadratic, one model and conversion at a time. */
class Plain {
public:
    Plain(std::vector<Row> rows, CreditRequest request, std::vector<std::string> fallback)
        : rows_(std::move(rows)), request_(std::move(request)), fallback_(std::move(fallback))
    {
        for (Row& row : rows_) {
            row.key = row.key.empty() ? "(none)" : row.key;
        }
        std::sort(rows_.begin(), rows_.end(), [](const Row& a, const Row& b) {
            return std::tuple(a.time, a.touch, a.key, a.view, a.value.has_value(), a.paid) <
                   std::tuple(b.time, b.touch, b.key, b.view, b.value.has_value(), b.paid);
        });
    }

    Answer answer() const
    {
        Answer found;
        for (const Row& row : rows_) {
            if (row.value && row.time >= request_.rules.converted_from && row.time < request_.rules.converted_before) {
                for (const std::string_view model : all_models) {
                    credit(row, std::string(model), found);
                }
            }
        }
        return found;
    }

private:
    std::vector<Row> touches(const Row& conversion, std::int64_t after, std::int64_t until) const
    {
        std::vector<Row> found;
        for (const Row& row : rows_) {
            if (row.touch && wanted(row, conversion) && row.client == conversion.client && row.time > after &&
                row.time <= until && (!request_.rules.lookback || row.time >= conversion.time - *request_.rules.lookback)) {
                found.push_back(row);
            }
        }
        return found;
    }

    static bool among(std::span<const std::string_view> keys, const Row& row) { return std::ranges::count(keys, row.key) > 0; }

    bool wanted(const Row& row, const Row& conversion) const
    {
        const PathRules& rules = request_.rules;
        const bool own = row.value && row.time == conversion.time;
        return !among(rules.stage_keys, row) && !among(rules.exclude_keys, row) &&
               (rules.only_keys.empty() || among(rules.only_keys, row)) && (rules.include_conversion_touch || !own) &&
               (rules.views != Views::ignore || !row.view);
    }

    std::vector<Row> path(const Row& conversion) const
    {
        std::vector<Row> kept = found_path(conversion);
        const bool clicked = std::ranges::any_of(kept, [](const Row& row) { return !row.view; });
        if (clicked && request_.rules.views == Views::clicks_before_views) {
            std::erase_if(kept, [](const Row& row) { return row.view; });
        }
        kept = transformed(kept);
        while (kept.size() > request_.rules.max_touches) {
            kept.erase(kept.begin());
        }
        return kept;
    }

    std::vector<Row> transformed(std::vector<Row> path) const
    {
        for (const TransformStep& step : request_.rules.transforms) {
            path = transformed(path, step);
        }
        return path;
    }

    static std::vector<Row> transformed(const std::vector<Row>& path, const TransformStep& step)
    {
        const Transform transform = step.transform;
        const auto removed = [&](const Row& row) { return among(step.keys, row); };
        const bool all = std::ranges::all_of(path, removed);
        std::vector<Row> kept;
        std::set<std::string> seen;
        for (std::size_t i = 0; i < path.size(); ++i) {
            const bool last = std::all_of(path.begin() + static_cast<std::ptrdiff_t>(i), path.end(), removed);
            const bool gone =
                (transform == Transform::exposure && i > 0 && path[i].key == path[i - 1].key) ||
                ((transform == Transform::first || transform == Transform::frequency) && seen.contains(path[i].key)) ||
                (transform == Transform::remove_if_not_all && !all && removed(path[i])) ||
                (transform == Transform::remove_if_last_and_not_all && !all && last);
            seen.insert(path[i].key);
            if (!gone) {
                kept.push_back(path[i]);
            }
        }
        return kept;
    }

    std::vector<Row> found_path(const Row& conversion) const
    {
        std::set<std::int64_t> ends{std::numeric_limits<std::int64_t>::min()};
        for (const Row& row : rows_) {
            if (row.value && *row.value >= 0 && row.client == conversion.client && row.time < conversion.time) {
                ends.insert(row.time);
            }
        }
        if (request_.rules.cycle == Cycle::shared) {
            return touches(conversion, *ends.begin(), conversion.time);
        }
        std::int64_t until = conversion.time;
        for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
            const auto found = touches(conversion, *end, until);
            if (!found.empty() || request_.rules.cycle == Cycle::since_previous) {
                return found;
            }
            until = *end;
        }
        return {};
    }

    static bool direct(const Row& touch) { return std::ranges::count(default_direct, touch.key) > 0; }

    std::vector<double> single(const std::vector<Row>& path, const std::string& rule) const
    {
        std::vector<double> weights(path.size(), 0);
        const bool clicked = std::ranges::any_of(path, [](const Row& row) { return !row.view; });
        int chosen = -1;
        for (int i = 0; i < std::ssize(path); ++i) {
            const Row& touch = path[static_cast<std::size_t>(i)];
            const bool open = chosen < 0;
            const bool paid = touch.paid && (!clicked || !touch.view);
            if (rule == "last" || (rule == "first" && i == 0) || (rule == "paid" && paid) ||
                (rule == "first_paid" && open && paid) || (rule == "first_non_direct" && open && !direct(touch)) ||
                (rule == "non_direct" && !direct(touch))) {
                chosen = i;
            }
        }
        if (chosen < 0) {
            return {};
        }
        weights[static_cast<std::size_t>(chosen)] = 1;
        return weights;
    }

    std::vector<double> paid(const std::vector<Row>& path, const std::string& which) const
    {
        auto weights = single(path, which);
        for (const std::string& rule : fallback_) {
            if (!weights.empty() || rule == "none") {
                break;
            }
            weights = single(path, rule == "last_non_direct" ? "non_direct" : rule);
        }
        return weights;
    }

    std::vector<double> weigh(const std::vector<Row>& path, const Row& conversion, const std::string& model) const
    {
        if (model == "first" || model == "last") {
            return single(path, model);
        }
        if (model == "last_paid" || model == "first_paid") {
            return paid(path, model == "last_paid" ? "paid" : model);
        }
        if (model == "first_non_direct") {
            const auto weights = single(path, model);
            return weights.empty() ? single(path, "first") : weights;
        }
        if (model == "linear_unique" || model == "participation") {
            return by_key(path, model == "participation");
        }
        if (model == "w_shaped" || model == "full_path" || model == "custom") {
            const auto list = claims(path, conversion, model);
            double rest = 1;
            for (const auto& [place, share] : list) {
                rest -= share;
            }
            return claimed(path, list, model == "custom" ? rest : 0.1);
        }
        if (model == "last_non_direct") {
            const auto weights = single(path, "non_direct");
            return weights.empty() ? single(path, "last") : weights;
        }
        std::vector<double> weights;
        const auto [f, m, l] = model == "u_shaped"    ? std::array{0.4, 0.2, 0.4}
                               : model == "j_shaped"  ? std::array{0.2, 0.2, 0.6}
                               : model == "inverse_j" ? std::array{0.6, 0.2, 0.2}
                                                      : request_.options.position_weights;
        const double more = path.size() == 2 && request_.options.two_touch == TwoTouch::split_middle ? m / 2 : 0;
        for (std::size_t i = 0; i < path.size(); ++i) {
            if (model == "linear") {
                weights.push_back(1);
            } else if (model == "position_decay") {
                weights.push_back(static_cast<double>(i + 1));
            } else if (model == "time_decay") {
                weights.push_back(std::exp2(-static_cast<double>(conversion.time - path[i].time) /
                                            static_cast<double>(request_.options.half_life)));
            } else if (i == 0) {
                weights.push_back(f + more);
            } else {
                weights.push_back(i + 1 == path.size() ? l + more : m / static_cast<double>(path.size() - 2));
            }
        }
        double sum = 0;
        for (const double weight : weights) {
            sum += weight;
        }
        for (double& weight : weights) {
            weight /= sum;
        }
        return weights;
    }

    static std::vector<double> by_key(const std::vector<Row>& path, bool whole)
    {
        std::vector<double> weights;
        std::set<std::string> keys;
        for (const Row& touch : path) {
            weights.push_back(keys.insert(touch.key).second ? 1 : 0);
        }
        for (double& weight : weights) {
            weight /= whole ? 1 : static_cast<double>(keys.size());
        }
        return weights;
    }

    /** Places and their shares, by the names of the models. */
    std::vector<std::pair<std::ptrdiff_t, double>> claims(const std::vector<Row>& path, const Row& conversion,
                                                          const std::string& model) const
    {
        std::vector<std::pair<std::ptrdiff_t, double>> list;
        const std::ptrdiff_t last = std::ssize(path) - 1;
        if (model == "custom") {
            for (std::ptrdiff_t i = 0; i < std::ssize(request_.options.first_weights); ++i) {
                list.emplace_back(i, request_.options.first_weights[static_cast<std::size_t>(i)]);
            }
            for (std::ptrdiff_t i = 0; i < std::ssize(request_.options.last_weights); ++i) {
                list.emplace_back(last - i, request_.options.last_weights[static_cast<std::size_t>(i)]);
            }
            return list;
        }
        const double share = model == "w_shaped" ? 0.3 : 0.225;
        list.emplace_back(0, share);
        for (const std::string_view stage : request_.rules.stage_keys) {
            std::ptrdiff_t anchor = -1;
            for (const Row& mark : rows_) {
                if (mark.touch && mark.client == conversion.client && mark.key == stage && mark.time <= conversion.time) {
                    anchor = std::ranges::count_if(path, [&](const Row& touch) { return touch.time <= mark.time; }) - 1;
                }
            }
            list.emplace_back(anchor, share);
        }
        list.emplace_back(model == "w_shaped" ? -1 : last, share);
        return list;
    }

    static std::vector<double> claimed(const std::vector<Row>& path,
                                       const std::vector<std::pair<std::ptrdiff_t, double>>& claims, double rest)
    {
        std::map<std::ptrdiff_t, double> taken;
        for (const auto& [place, share] : claims) {
            if (place >= 0 && place < std::ssize(path)) {
                taken[place] += share;
            }
        }
        std::vector<double> weights;
        const auto free = static_cast<double>(path.size() - taken.size());
        for (std::ptrdiff_t i = 0; i < std::ssize(path); ++i) {
            weights.push_back(taken.contains(i) ? taken[i] : rest / free);
        }
        double sum = 0;
        for (const double weight : weights) {
            sum += weight;
        }
        for (double& weight : weights) {
            weight = sum > 0 ? weight / sum : 1 / static_cast<double>(path.size());
        }
        return weights;
    }

    /** A value below zero takes itself back from those who earned the client's conversion before it. */
    void take_back(const Row& refund, const std::string& model, Answer& found) const
    {
        const Row* bought = nullptr;
        for (const Row& row : rows_) {
            const bool is_before = row.value && *row.value >= 0 && row.client == refund.client && row.time <= refund.time;
            bought = is_before ? &row : bought;
        }
        const auto eligible = bought == nullptr ? std::vector<Row>() : path(*bought);
        const auto weights = eligible.empty() ? std::vector<double>() : weigh(eligible, *bought, model);
        const auto counts = [this](const Row& row) {
            return row.time >= request_.touched_from && row.time < request_.touched_before;
        };
        if (weights.empty() && counts(refund)) {
            found[{model, "NULL"}].value += *refund.value;
        }
        for (std::size_t i = 0; i < weights.size(); ++i) {
            if (weights[i] > 0 && counts(eligible[i])) {
                found[{model, eligible[i].key}].value += weights[i] * *refund.value;
            }
        }
    }

    void credit(const Row& conversion, const std::string& model, Answer& found) const
    {
        if (*conversion.value < 0) {
            take_back(conversion, model, found);
            return;
        }
        const auto eligible = path(conversion);
        const auto weights = eligible.empty() ? std::vector<double>() : weigh(eligible, conversion, model);
        const auto counts = [this](const Row& row) {
            return row.time >= request_.touched_from && row.time < request_.touched_before;
        };
        if (weights.empty() && counts(conversion)) {
            Earned& nobody = found[{model, "NULL"}];
            nobody.conversions += 1;
            nobody.value += *conversion.value;
            nobody.supporting += 1;
        }
        std::map<std::string, double> by_key;
        for (std::size_t i = 0; i < eligible.size(); ++i) {
            if (counts(eligible[i])) {
                by_key[eligible[i].key] += weights.empty() ? 0 : weights[i];
            }
        }
        for (const auto& [key, weight] : by_key) {
            Earned& earned = found[{model, key}];
            earned.conversions += weight;
            earned.value += weight * *conversion.value;
            earned.supporting += weight > 0 ? 1 : 0;
            earned.assisted += 1;
        }
    }

    std::vector<Row> rows_;
    CreditRequest request_;
    std::vector<std::string> fallback_;
};

void expect_same(const Answer& found, const Answer& expected)
{
    ASSERT_EQ(found.size(), expected.size());
    for (const auto& [where, want] : expected) {
        ASSERT_TRUE(found.contains(where)) << where.first << ' ' << where.second;
        const Earned& got = found.at(where);
        EXPECT_NEAR(got.conversions, want.conversions, 1e-9) << where.first << ' ' << where.second;
        EXPECT_NEAR(got.value, want.value, 1e-7) << where.first << ' ' << where.second;
        EXPECT_EQ(got.supporting, want.supporting) << where.first << ' ' << where.second;
        EXPECT_EQ(got.assisted, want.assisted) << where.first << ' ' << where.second;
    }
}

TEST(Random, ThePlainImplementationAgrees)
{
    const std::vector<std::vector<std::string>> chains = {
        {"last_non_direct", "last"}, {"first"}, {"last_non_direct", "none", "last"}, {}};
    for (std::uint32_t seed = 1; seed <= 60; ++seed) {
        auto request = default_request();
        request.rules.cycle = static_cast<Cycle>(seed % 3);
        request.rules.lookback = seed % 5 == 0 ? std::nullopt : std::optional<std::int64_t>(seed % 13 * day);
        request.rules.converted_from = seed % 2 == 0 ? 5 * day : request.rules.converted_from;
        request.rules.converted_before = seed % 4 == 0 ? 20 * day : request.rules.converted_before;
        const auto& chain = chains[seed % chains.size()];
        request.options.fallback = find_fallback(std::vector<std::string_view>(chain.begin(), chain.end()));
        static constexpr std::string_view email[] = {"email", "lead"};
        static constexpr std::string_view some[] = {"email", "search", "(none)", "vk"};
        request.rules.include_conversion_touch = seed % 3 != 1;
        request.rules.exclude_keys = std::span(email).first(seed % 7 == 0 ? 2 : 0);
        request.rules.only_keys = std::span(some).first(seed % 8 == 0 ? 4 : 0);
        static const Steps transforms[] = {Steps("none"),
                                           Steps("exposure"),
                                           Steps("frequency"),
                                           Steps("remove_if_not_all(direct)"),
                                           Steps("remove_if_last_and_not_all(direct)"),
                                           Steps("remove_if_last_and_not_all(direct, email), exposure"),
                                           Steps("exposure, remove_if_not_all(search), remove_if_not_all(direct, vk), first")};
        request.rules.transforms = transforms[seed / 3 % std::size(transforms)].list();
        request.rules.views = static_cast<Views>(seed / 5 % 3);
        request.touched_from = seed % 9 == 0 ? 8 * day : request.touched_from;
        request.touched_before = seed % 6 == 0 ? 25 * day : request.touched_before;
        request.rules.max_touches = seed % 4 == 1 ? seed % 6 + 1 : request.rules.max_touches;
        request.options.two_touch = static_cast<TwoTouch>(seed % 2);
        request.options.first_weights = {0.25, seed % 11 == 0 ? 0.0 : 0.125};
        request.options.last_weights = {0.5};
        const auto rows = random_rows(seed, 300, 12, 7);
        expect_same(answer(rows, request), Plain(rows, request, chain).answer());
    }
}

TEST(Random, CreditsAddUp)
{
    for (std::uint32_t seed = 1; seed <= 20; ++seed) {
        const auto rows = random_rows(seed, 4000, 40, 300);
        double conversions = 0;
        double value = 0;
        for (const Row& row : rows) {
            conversions += row.value.value_or(-1) >= 0 ? 1 : 0;  // below zero it is a refund
            value += row.value.value_or(0);
        }
        std::map<std::string, Earned> sums;
        auto request = default_request();
        request.rules.cycle = static_cast<Cycle>(seed % 3);
        request.rules.lookback = 5 * day;
        for (const auto& [where, earned] : answer(rows, request)) {
            sums[where.first].conversions += earned.conversions;
            sums[where.first].value += earned.value;
        }
        ASSERT_EQ(sums.size(), std::size(all_models));
        for (const auto& [model, sum] : sums) {
            if (model == "participation") {
                continue;  // counts keys, and does not add up
            }
            EXPECT_NEAR(sum.conversions, conversions, 1e-9 * conversions) << model;
            EXPECT_NEAR(sum.value, value, 1e-9 * std::abs(value) + 1e-6) << model;
        }
    }
}

TEST(Random, TheOrderOfTheRowsNeverShows)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        auto rows = random_rows(5, 5000, 60, 200);
        const Bytes expected = collect(rows, ids);
        std::mt19937 random(17);
        for (int i = 0; i < 5; ++i) {
            std::shuffle(rows.begin(), rows.end(), random);
            EXPECT_EQ(collect(rows, ids), expected);
        }
    }
}

TEST(Random, AnySplitCombinesToTheSameValue)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        const auto rows = random_rows(6, 9000, 300, 40);
        const Bytes expected = collect(rows, ids);
        for (std::uint32_t parts = 1; parts <= 5; ++parts) {
            JourneysState whole(std::pmr::get_default_resource());
            std::mt19937 random(parts);
            std::vector<std::vector<Row>> split(parts + 1);  // the last stays empty
            for (const Row& row : rows) {
                split[random() % parts].push_back(row);
            }
            for (const auto& part : split) {
                JourneysState state(std::pmr::get_default_resource());
                for (const Row& row : part) {
                    append(state, row, ids);
                }
                JourneysState sent(std::pmr::get_default_resource());
                const Bytes message = serialise(state);
                sent.deserialise(message);
                EXPECT_EQ(finish(sent), finish(state));
                whole.merge(parts % 2 == 0 ? sent : state);
            }
            EXPECT_EQ(finish(whole), expected);
        }
    }
}

TEST(Random, DisjointClientsAddUpToTheSameValue)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        const auto rows = random_rows(8, 4000, 90, 300);
        std::vector<std::vector<Row>> buckets(7);
        for (const Row& row : rows) {
            buckets[static_cast<std::uint64_t>(row.client) % buckets.size()].push_back(row);
        }
        std::vector<Bytes> values;
        for (const auto& bucket : buckets) {
            values.push_back(collect(bucket, ids));
        }
        EXPECT_EQ(unite(values), collect(rows, ids));
        const std::vector<Bytes> nested{unite(std::span(values).first(3)), unite(std::span(values).subspan(3))};
        EXPECT_EQ(unite(nested), collect(rows, ids));

        JourneysUnion all(std::pmr::get_default_resource());
        for (const Bytes& value : values) {
            all.append(value);
        }
        JourneysUnion sent(std::pmr::get_default_resource());
        sent.deserialise(bytes_of([&](auto& memory, std::size_t header) { return all.serialise(memory, header); }));
        JourneysUnion merged(std::pmr::get_default_resource());
        merged.merge(sent);
        EXPECT_EQ(bytes_of([&](auto& memory, std::size_t header) { return merged.finish(memory, header, {}); }),
                  collect(rows, ids));
    }
}

TEST(Random, PeriodsOfTouchesAddUp)
{
    const auto rows = random_rows(3, 3000, 40, 7);
    auto request = default_request();
    const Answer whole = answer(rows, request);
    Answer sum;
    for (const auto& [from, before] :
         {std::pair(std::numeric_limits<std::int64_t>::min(), 10 * day), std::pair(10 * day, 11 * day),
          std::pair(11 * day, std::numeric_limits<std::int64_t>::max())}) {
        request.touched_from = from;
        request.touched_before = before;
        for (const auto& [where, earned] : answer(rows, request)) {
            sum[where].conversions += earned.conversions;
            sum[where].value += earned.value;
        }
    }
    ASSERT_EQ(sum.size(), whole.size());
    for (const auto& [where, earned] : whole) {
        EXPECT_NEAR(sum.at(where).conversions, earned.conversions, 1e-9) << where.first << ' ' << where.second;
        EXPECT_NEAR(sum.at(where).value, earned.value, 1e-7) << where.first << ' ' << where.second;
    }
}

TEST(Union, RefusesAClientInTwoValuesAndClientsOfTwoKinds)
{
    const Bytes numbers = collect(worked);
    EXPECT_EQ(error_of([&] { (void)unite(std::vector{numbers, numbers}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)unite(std::vector{numbers, collect(worked, Ids::texts)}); }), ErrorCode::invalid_parameter);
}

TEST(Stopping, EndsTheWalkAndTheCollection)
{
    const volatile std::sig_atomic_t raised = 1;
    const marketing::kernel::StopFlag stop(&raised);
    const Bytes bytes = collect(worked);
    EXPECT_THROW((void)attribute(JourneysView(bytes), default_request(), stop), marketing::kernel::Stopped);
    JourneysState state(std::pmr::get_default_resource());
    append(state, worked.front());
    std::pmr::monotonic_buffer_resource memory;
    EXPECT_THROW((void)state.finish(memory, 4, stop), marketing::kernel::Stopped);
}

// ---- Bytes that nobody should have written

/** Reading either ends in an Error or gives some answer. */
void read_anything(const Bytes& bytes)
{
    try {
        const JourneysView view(bytes);
        (void)attribute(view, default_request(), {});
        (void)summarise(view);
        (void)unite(std::vector<Bytes>{bytes});
    } catch (const Error& e) {
        EXPECT_EQ(e.code(), ErrorCode::malformed_binary);
    }
}

void read_any_state(const Bytes& bytes)
{
    try {
        JourneysState state(std::pmr::get_default_resource());
        state.deserialise(bytes);
        const Bytes value = finish(state);
        (void)JourneysView(value);
    } catch (const Error&) {
    }
}

template <class Read>
void damage(const Bytes& whole, Read read)
{
    for (std::size_t size = 0; size < whole.size(); ++size) {
        read(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
    for (std::size_t at = 0; at < whole.size(); ++at) {
        for (const unsigned flip : {0x01U, 0x80U, 0xffU}) {
            Bytes flipped = whole;
            flipped[at] ^= static_cast<std::byte>(flip);
            read(flipped);
        }
    }
}

TEST(Malformed, NoDamageIsWorseThanAnError)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        const auto rows = random_rows(9, 60, 4);
        const Bytes whole = collect(rows, ids);
        EXPECT_EQ(error_of([&] { JourneysView(std::span(whole).first(whole.size() - 1)); }), ErrorCode::malformed_binary);
        damage(whole, read_anything);
        JourneysState state(std::pmr::get_default_resource());
        for (const Row& row : rows) {
            append(state, row, ids);
        }
        damage(serialise(state), read_any_state);
    }
}

TEST(Malformed, EveryTruncationIsRefused)
{
    const Bytes whole = collect(random_rows(10, 200, 10));
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_EQ(error_of([&] { JourneysView(std::span(whole).first(size)); }), ErrorCode::malformed_binary) << size;
    }
}

}  // namespace
