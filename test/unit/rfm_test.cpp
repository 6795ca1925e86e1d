// RFM: the table of customers against brute force, and how it is scored.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include "customers_support.hpp"
#include "rfm/rfm.hpp"
#include "rfm/rfm_table.hpp"

namespace {

using namespace customers_test;
using namespace marketing::rfm;

TEST(RfmTable, AnyOrderAndSplitGiveTheSameBytes)
{
    std::mt19937 random(5);
    for (const bool texts : {false, true}) {
        std::vector<Sale> sales = random_sales(1, 300, 4000);
        const Bytes whole = gathered<RfmState>(sales, 1, texts, random);
        for (const std::size_t parts : {2U, 3U, 9U}) {
            std::shuffle(sales.begin(), sales.end(), random);
            EXPECT_EQ(gathered<RfmState>(sales, parts, texts, random), whole);
        }
    }
}

TEST(RfmTable, AddsUpEachCustomer)
{
    struct Expected {
        std::int32_t first = 1 << 30;
        std::int32_t last = 0;
        std::int64_t purchases = 0;
        std::int64_t amount = 0;
    };
    const std::vector<Sale> sales = random_sales(2, 500, 2500);
    std::map<int, Expected> expected;
    for (const Sale& sale : sales) {
        Expected& e = expected[sale.customer];
        if (sale.purchases > 0) {
            e.first = std::min(e.first, sale.day);
            e.last = std::max(e.last, sale.day);
        }
        e.purchases += sale.purchases;
        e.amount += money_units(sale.amount);
    }
    std::erase_if(expected, [](const auto& entry) { return entry.second.purchases == 0; });
    std::mt19937 random(7);
    const Bytes value = gathered<RfmState>(sales, 3, false, random);
    const RfmTable table(value);
    ASSERT_EQ(table.size(), expected.size());
    std::size_t i = 0;
    for (const auto& [customer, e] : expected) {
        EXPECT_EQ(table.id(i).number, customer);
        EXPECT_EQ(table.first_day(i), e.first);
        EXPECT_EQ(table.last_day(i), e.last);
        EXPECT_EQ(table.purchases(i), e.purchases);
        EXPECT_EQ(table.amount(i), e.amount);
        ++i;
    }
}

const auto add_value = [](RfmState& state, const Bytes& value) { state.append_value(value); };

TEST(RfmTable, ValuesOfBucketsAddUpToTheSameBytes)
{
    std::mt19937 random(23);
    for (const bool texts : {false, true}) {
        for (const int buckets : {1, 2, 7, 400}) {
            const std::vector<Sale> sales = random_sales(7, 300, 2000);
            const std::vector<Bytes> values = bucket_values<RfmState>(sales, buckets, texts, random);  // some of no rows at all
            EXPECT_EQ(united<RfmState>(values, add_value), gathered<RfmState>(sales, 1, texts, random));
        }
    }
    const std::vector<Sale> refund{{1, 19'000, -1, 0}};
    EXPECT_EQ(united<RfmState>({gathered<RfmState>(refund, 1, false, random)}, add_value),
              gathered<RfmState>(refund, 1, false, random));
}

TEST(RfmTable, UnionsRefuseHostileBytesAndOtherKinds)
{
    std::mt19937 random(31);
    for (const bool texts : {false, true}) {
        expect_robust(gathered<RfmState>(random_sales(4, 12, 60), 1, texts, random), [](const Bytes& bytes) {
            std::pmr::monotonic_buffer_resource own;
            RfmState state(&own);
            state.append_value(bytes);
            (void)finished(state);
        });
    }
    std::pmr::monotonic_buffer_resource memory;
    RfmState state(&memory);
    state.append_value(gathered<RfmState>(random_sales(4, 12, 60), 1, true, random));
    EXPECT_EQ(error_of([&] { state.append_value(gathered<RfmState>(random_sales(4, 12, 60), 1, false, random)); }),
              ErrorCode::invalid_parameter);
}

TEST(RfmTable, RefusesIdentifiersOfTwoKinds)
{
    std::pmr::monotonic_buffer_resource memory;
    RfmState state(&memory);
    append(state, {1, 19'000, 1, 1}, false);
    EXPECT_EQ(error_of([&] { append(state, {1, 19'000, 1, 1}, true); }), ErrorCode::invalid_parameter);
}

TEST(RfmTable, HostileBytesAreRefused)
{
    std::mt19937 random(13);
    for (const bool texts : {false, true}) {
        expect_robust_state<RfmState>(texts);
        expect_robust(gathered<RfmState>(random_sales(4, 12, 60), 1, texts, random), [](const Bytes& bytes) {
            const RfmTable table(bytes);
            for (std::size_t i = 0; i < table.size(); ++i) {
                (void)table.id(i);
            }
        });
    }
}

TEST(Rfm, QuantilesAreThoseOfType7)
{
    // R: quantile(c(1, 2, 4, 8, 16, 32), c(.2, .4, .6, .8)) is 2, 4, 8, 16; of c(3, 1, 10) at thirds 2.333..., 5.333...
    EXPECT_EQ(quantile_breaks(std::vector<double>{32, 1, 16, 2, 8, 4}, 5, Method::quantile),
              (std::vector<double>{2, 4, 8, 16}));
    const auto thirds = quantile_breaks(std::vector<double>{3, 1, 10}, 3, Method::quantile);
    EXPECT_NEAR(thirds[0], 7.0 / 3, 1e-15);
    EXPECT_NEAR(thirds[1], 16.0 / 3, 1e-14);
    EXPECT_EQ(quantile_breaks(std::vector<double>{32, 1, 16, 2, 8, 4}, 5, Method::rfm_r), (std::vector<double>{3, 5, 9, 17}));
    EXPECT_TRUE(quantile_breaks({}, 5, Method::quantile).empty());
}

TEST(Rfm, ATableIsScoredAsOfADay)
{
    std::pmr::monotonic_buffer_resource memory;
    RfmState state(&memory);
    state.append({Identifier::of(1), 100, 50'000, 1});
    state.append({Identifier::of(2), 110, 20'000, 3});
    const auto value = state.finish(memory, 0, StopFlag{});
    const RfmTable table({value.data, value.size});
    const Scoring halves{Method::quantile, 2, {}};

    const auto scored = score_table(table, std::nullopt, halves, StopFlag{});
    ASSERT_EQ(scored.size(), 2U);
    EXPECT_EQ(scored[0].recency, 10);
    EXPECT_EQ(scored[1].recency, 0);
    EXPECT_EQ(scored[0].monetary, 5);
    EXPECT_STREQ(scored[0].code.data(), "112");
    EXPECT_STREQ(scored[1].code.data(), "221");
    EXPECT_EQ(score_table(table, 112, halves, StopFlag{})[1].recency, 2);
    EXPECT_EQ(describe_table(table, 112, halves, StopFlag{}).size(), 6U);
    EXPECT_EQ(error_of([&] { (void)score_table(table, 109, halves, StopFlag{}); }), ErrorCode::invalid_parameter);
}

TEST(Rfm, CutsAndScoresByThemselvesRefuseWhatMakesNoSense)
{
    EXPECT_EQ(checked_score(5, std::vector<double>{1, 5, 9}, false), 2);
    EXPECT_EQ(checked_score(5, std::vector<double>{1, 5, 9}, true), 3);
    const double nan = std::nan("");
    EXPECT_EQ(error_of([&] { (void)checked_score(nan, std::vector<double>{1}, false); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] { (void)checked_score(1, std::vector<double>{nan}, false); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] {
                  (void)checked_breaks(std::vector<double>{1, 2}, 2, Method::ntile);
              }),
              ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] {
                  (void)checked_breaks(std::vector<double>{1, nan}, 2, Method::quantile);
              }),
              ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] {
                  (void)checked_breaks(std::vector<double>{1, 2}, 1, Method::quantile);
              }),
              ErrorCode::invalid_parameter);
}

TEST(Rfm, EveryMethodScoresWithinItsBins)
{
    std::mt19937 random(29);
    for (const char* name : {"quantile", "ntile", "rank", "nested", "rfm_r"}) {
        for (int bins = least_bins; bins <= most_bins; ++bins) {
            const std::size_t count = random() % 40;
            std::vector<std::int32_t> recency(count);
            std::vector<double> frequency(count);
            std::vector<double> monetary(count);
            for (std::size_t i = 0; i < count; ++i) {
                recency[i] = static_cast<std::int32_t>(random() % 9);
                frequency[i] = static_cast<double>(random() % 4);
                monetary[i] = static_cast<double>(random() % 900) / 7 - 20;
            }
            const Customers customers{recency, frequency, monetary};
            const Scored scored = score_customers(customers, {find_method(name), bins, {}}, StopFlag{});
            std::int64_t described = 0;
            for (const Bin& bin : describe_bins(customers, scored)) {
                described += bin.customers;
            }
            EXPECT_EQ(described, 3 * static_cast<std::int64_t>(count));
            for (std::size_t i = 0; i < count; ++i) {
                for (const std::uint8_t score : scored.scores[i]) {
                    EXPECT_GE(score, 1);
                    EXPECT_LE(score, bins);
                }
                // Better values never score worse; but within a bin of recency alone where bins are nested.
                for (std::size_t j = 0; j < count && std::string(name) != "nested"; ++j) {
                    EXPECT_FALSE(recency[i] < recency[j] && scored.scores[i][0] < scored.scores[j][0]) << name;
                    EXPECT_FALSE(frequency[i] > frequency[j] && scored.scores[i][1] < scored.scores[j][1]) << name;
                    EXPECT_FALSE(monetary[i] > monetary[j] && scored.scores[i][2] < scored.scores[j][2]) << name;
                }
            }
        }
    }
}

TEST(Rfm, RefusesBinsAndBreaksOutOfRange)
{
    for (const int bins : {-1, 0, 1, 11}) {
        EXPECT_EQ(error_of([&] {
                      (void)score_customers({}, {Method::quantile, bins, {}}, StopFlag{});
                  }),
                  ErrorCode::invalid_parameter);
    }
    EXPECT_EQ(error_of([&] { check_breaks({}, "r_breaks"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { check_breaks(std::vector<double>{1, 1}, "r_breaks"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { check_breaks(std::vector<double>{1, std::nan("")}, "r_breaks"); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { (void)find_method("median"); }), ErrorCode::invalid_parameter);
}

}  // namespace
