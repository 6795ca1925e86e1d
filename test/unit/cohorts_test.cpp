// Cohorts: states and rows against brute force, and the periods of the calendar.

#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <map>
#include <memory_resource>
#include <optional>
#include <random>
#include <set>
#include <utility>
#include <vector>

#include "cohorts/cohort.hpp"
#include "customers_support.hpp"

namespace {

using namespace customers_test;
using namespace marketing::cohorts;

TEST(Cohort, HostileBytesAreRefused)
{
    std::mt19937 random(17);
    expect_robust_state<CohortState>(false);
    expect_robust_state<CohortState>(true);
    expect_robust(gathered<CohortState>(random_sales(5, 12, 60), 1, false, random),
                  [](const Bytes& bytes) { (void)cohort_rows(bytes, std::nullopt, StopFlag{}); });
}

TEST(Cohort, AnyOrderAndSplitGiveTheSameBytes)
{
    std::mt19937 random(19);
    for (const bool texts : {false, true}) {
        std::vector<Sale> sales = random_sales(6, 20'000, 90'000);  // enough for several buckets
        const Bytes whole = gathered<CohortState>(sales, 1, texts, random);
        std::shuffle(sales.begin(), sales.end(), random);
        EXPECT_EQ(gathered<CohortState>(sales, 4, texts, random), whole);
    }
}

const auto add_table = [](CohortUnion& state, const Bytes& value) { state.append(value); };

TEST(Cohort, ValuesOfBucketsAddUpToTheSameBytes)
{
    std::mt19937 random(23);
    for (const int buckets : {1, 2, 7, 400}) {
        const std::vector<Sale> sales = random_sales(7, 300, 2000);
        std::vector<Bytes> values = bucket_values<CohortState>(sales, buckets, false, random);  // some of no rows at all
        std::shuffle(values.begin(), values.end(), random);
        EXPECT_EQ(united<CohortUnion>(values, add_table), gathered<CohortState>(sales, 1, false, random));
    }
    EXPECT_EQ(united<CohortUnion>({}, add_table), gathered<CohortState>({}, 1, false, random));
}

TEST(Cohort, MoneyThatCancelsOutBetweenBucketsLeavesNoCell)
{
    std::mt19937 random(29);
    const std::vector<Sale> sales{
        {0, 19'000, 10, 1}, {0, 19'040, -4, 0}, {1, 19'001, 10, 1}, {1, 19'041, 4, 0}, {2, 19'200, -1, 0}};
    EXPECT_EQ(united<CohortUnion>(bucket_values<CohortState>(sales, 3, false, random), add_table),
              gathered<CohortState>(sales, 1, false, random));
}

TEST(Cohort, UnionsRefuseHostileBytesAndOtherGrains)
{
    std::mt19937 random(31);
    const std::vector<Sale> sales = random_sales(9, 12, 60);
    const Bytes value = gathered<CohortState>(sales, 1, false, random);
    std::pmr::monotonic_buffer_resource memory;
    CohortUnion state(&memory);
    state.append(value);
    expect_robust(value, [](const Bytes& bytes) {
        std::pmr::monotonic_buffer_resource own;
        CohortUnion(&own).append(bytes);
    });
    expect_robust(bytes_of([&state](auto& m, std::size_t header) { return state.serialise(m, header); }),
                  [&value](const Bytes& bytes) {
                      std::pmr::monotonic_buffer_resource own;
                      CohortUnion received(&own);
                      received.deserialise(bytes);
                      received.append(value);
                      (void)finished(received);
                  });
    CohortState yearly(&memory);
    yearly.append({Identifier::of(std::int64_t{1}), 19'000, 1, 1}, Grain::year);
    EXPECT_EQ(error_of([&] { state.append(finished(yearly)); }), ErrorCode::invalid_parameter);
    CohortUnion years(&memory);
    years.append(finished(yearly));
    EXPECT_EQ(error_of([&] { state.merge(years); }), ErrorCode::invalid_parameter);
}

TEST(Cohort, CountsAsBruteForceDoes)
{
    struct Cell {
        std::set<int> customers;
        std::int64_t purchases = 0;
        std::int64_t amount = 0;
    };
    const std::vector<Sale> sales = random_sales(8, 400, 3000);
    std::map<int, std::int32_t> first;
    for (const Sale& sale : sales) {
        if (sale.purchases > 0) {
            const std::int32_t month = period_of(sale.day, Grain::month);
            const auto [place, is_new] = first.try_emplace(sale.customer, month);
            place->second = std::min(place->second, month);
        }
    }
    std::map<std::pair<std::int32_t, std::int32_t>, Cell> expected;
    std::map<int, std::int32_t> latest;
    for (const Sale& sale : sales) {
        if (first.contains(sale.customer)) {
            const std::int32_t k = std::max(0, period_of(sale.day, Grain::month) - first[sale.customer]);
            Cell& cell = expected[{first[sale.customer], k}];
            cell.purchases += sale.purchases;
            cell.amount += money_units(sale.amount);
            if (sale.purchases > 0) {
                cell.customers.insert(sale.customer);
                latest[sale.customer] = std::max(latest[sale.customer], k);
            }
        }
    }
    std::mt19937 random(23);
    const auto rows = cohort_rows(gathered<CohortState>(sales, 2, false, random), std::nullopt, StopFlag{});
    ASSERT_GT(rows.size(), 100U);
    for (const CohortRow& row : rows) {
        const std::int32_t cohort = period_of(row.cohort, Grain::month);
        const Cell& cell = expected[{cohort, row.k}];
        EXPECT_EQ(row.customers, static_cast<std::int64_t>(cell.customers.size()));
        EXPECT_EQ(row.purchases, cell.purchases);
        EXPECT_EQ(row.amount, cell.amount);
        EXPECT_EQ(row.still_active, std::count_if(latest.begin(), latest.end(), [&](const auto& entry) {
                      return first[entry.first] == cohort && entry.second >= row.k;
                  }));
    }
}

TEST(Cohort, PeriodsBeginAndEndWhereTheCalendarSays)
{
    for (const Grain grain : {Grain::day, Grain::week, Grain::month, Grain::quarter, Grain::year}) {
        for (std::int32_t day = -40'000; day < 40'000; ++day) {
            const std::int32_t period = period_of(day, grain);
            ASSERT_LE(first_day_of(period, grain), day);
            ASSERT_GT(first_day_of(period + 1, grain), day);
        }
    }
}

TEST(Cohort, StopsWhenAsked)
{
    const volatile std::sig_atomic_t raised = 1;
    std::pmr::monotonic_buffer_resource memory;
    CohortState state(&memory);
    append(state, {1, 19'000, 1, 1}, false);
    EXPECT_THROW((void)state.finish(memory, 0, StopFlag(&raised)), marketing::kernel::Stopped);
}

TEST(Cohort, RefusesUnknownPeriods)
{
    EXPECT_EQ(error_of([] { (void)find_grain("decade"); }), ErrorCode::invalid_parameter);
}

}  // namespace
