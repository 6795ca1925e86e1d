// The state of campaign_days: any order, split and merge of the rows gives the same value, and other bytes are refused.
#include <gtest/gtest.h>

#include <algorithm>
#include <memory_resource>
#include <random>
#include <vector>

#include "budget/day_log.hpp"
#include "error_of.hpp"

namespace {

using namespace marketing::budget;
using namespace unit_test;
using Bytes = std::vector<std::byte>;

std::vector<Day> some_days(std::size_t count)
{
    std::mt19937_64 random(count);
    std::vector<Day> days;
    for (std::size_t i = 0; i < count; ++i) {
        days.push_back({static_cast<std::int32_t>(random() % 60) - 30, static_cast<double>(random() % 1000) / 7,
                        static_cast<double>(random() % 5), static_cast<double>(random() % 2)});
    }
    return days;
}

Bytes value_of(const DayLog& log, std::size_t header = 0)
{
    std::pmr::monotonic_buffer_resource memory;
    const auto value = log.finish(memory, header, {});
    return {value.data + header, value.data + value.size};
}

Bytes packed(const std::vector<Day>& days)
{
    std::pmr::monotonic_buffer_resource memory;
    DayLog log(&memory);
    for (const Day& day : days) {
        log.append(day);
    }
    return value_of(log, 4);
}

TEST(BudgetDays, AnyOrderSplitAndMergeGiveTheSameValue)
{
    for (const std::size_t count : {0UL, 1UL, 40UL, 1000UL}) {
        std::vector<Day> days = some_days(count);
        const Bytes expected = packed(days);
        std::mt19937_64 random(7);
        for (int round = 0; round < 20; ++round) {
            std::shuffle(days.begin(), days.end(), random);
            std::pmr::monotonic_buffer_resource memory;
            DayLog whole(&memory);
            for (std::size_t first = 0; first < days.size();) {
                DayLog part(&memory);
                const std::size_t last = std::min(days.size(), first + 1 + random() % 300);
                for (; first < last; ++first) {
                    part.append(days[first]);
                }
                DayLog sent(&memory);
                const auto state = part.serialise(memory, 0);
                sent.deserialise({state.data, state.size});
                whole.merge(sent);
            }
            EXPECT_EQ(value_of(whole), expected);
        }
    }
}

TEST(BudgetDays, DaysAddUpAndAscend)
{
    const auto days = unpack_days(packed({{5, 1, 2, 3}, {4, 10, 20, 30}, {5, 0.5, 1, 0}}));
    ASSERT_EQ(days.size(), 2U);
    EXPECT_EQ(days[0].day, 4);
    EXPECT_EQ(days[1].day, 5);
    EXPECT_EQ(days[1].spend, 1.5);
    EXPECT_EQ(days[1].response, 3);
    EXPECT_EQ(days[1].contracts, 3);
    EXPECT_TRUE(unpack_days(packed({})).empty());
}

TEST(BudgetDays, OtherBytesAreRefused)
{
    const Bytes value = packed(some_days(30));
    for (std::size_t size = 0; size < value.size(); ++size) {
        EXPECT_EQ(error_of([&] { (void)unpack_days(std::span(value).first(size)); }), ErrorCode::malformed_binary) << size;
    }
    Bytes longer = value;
    longer.push_back(std::byte{0});
    EXPECT_EQ(error_of([&] { (void)unpack_days(longer); }), ErrorCode::malformed_binary);
    for (std::size_t i = 0; i < 14; ++i) {
        Bytes other = value;
        other[i] ^= std::byte{0x40};
        EXPECT_EQ(error_of([&] { (void)unpack_days(other); }), ErrorCode::malformed_binary) << i;
    }
    std::pmr::monotonic_buffer_resource memory;
    DayLog log(&memory);
    EXPECT_EQ(error_of([&] { log.deserialise(value); }), ErrorCode::malformed_binary) << "a value is no state";
    EXPECT_EQ(error_of([&] { log.append({0, -1, 0, 0}); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { log.append({0, 0, std::numeric_limits<double>::quiet_NaN(), 0}); }), ErrorCode::invalid_parameter);
}

}  // namespace
