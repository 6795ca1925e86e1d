// Purchases and their summaries against a slow and obvious account, for any order, split and merge of the rows.

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <cstring>
#include <map>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include "error_of.hpp"
#include "kernel/error.hpp"
#include "lifetime_value/purchases.hpp"

namespace {

using namespace marketing::lifetime_value;
using namespace unit_test;
using marketing::kernel::Error;
using marketing::kernel::Identifier;
using Bytes = std::vector<std::byte>;

const marketing::kernel::StopFlag never;

struct Bought {
    std::int64_t customer;
    std::int32_t day;
    double amount;
};

enum class Ids { integers, texts };

void append(PurchasesState& state, const Bought& row, Ids ids)
{
    const std::string text = "customer " + std::to_string(row.customer);
    state.append(ids == Ids::texts ? Identifier::of(text) : Identifier::of(row.customer), row.day, row.amount, row.amount < 0);
}

Bytes bytes_of(const marketing::kernel::FlatValue& value)
{
    Bytes bytes(value.data, value.data + value.size);
    std::pmr::new_delete_resource()->deallocate(value.data, value.size, alignof(std::max_align_t));
    return bytes;
}

Bytes finish(const PurchasesState& state)
{
    return bytes_of(state.finish(*std::pmr::new_delete_resource(), 0, never));
}
Bytes serialise(const PurchasesState& state)
{
    return bytes_of(state.serialise(*std::pmr::new_delete_resource(), 0));
}

Bytes value_of(const std::vector<Bought>& rows, Ids ids = Ids::integers)
{
    PurchasesState state(std::pmr::new_delete_resource());
    for (const Bought& row : rows) {
        append(state, row, ids);
    }
    return finish(state);
}

std::vector<Bought> random_rows(unsigned seed, int n, int customers)
{
    std::mt19937 random(seed);
    std::vector<Bought> rows;
    for (int i = 0; i < n; ++i) {
        const auto amount = static_cast<double>(random() % 2000) / 8 - 50;
        rows.push_back({static_cast<std::int64_t>(random() % static_cast<unsigned>(customers)) - 3,
                        static_cast<std::int32_t>(random() % 300) - 20, amount});
    }
    return rows;
}

/** The account by maps: what was paid on each day, refunds apart. */
std::optional<PurchaseSummary> slowly(const std::vector<Bought>& rows, std::int64_t customer, const Observation& o)
{
    std::map<std::int32_t, double> paid;
    std::map<std::int32_t, bool> bought;
    for (const Bought& row : rows) {
        if (row.customer == customer) {
            paid[row.day] += row.amount;
            bought[row.day] = bought[row.day] || row.amount >= 0;
        }
    }
    std::vector<std::pair<std::int32_t, double>> days;
    PurchaseSummary s;
    for (const auto& [day, amount] : paid) {
        if (day > o.until) {
            if (!days.empty() && day <= o.holdout_until) {
                s.holdout_frequency += bought[day] ? 1 : 0;
                s.holdout_value += amount;
            }
        } else if (bought[day]) {
            days.emplace_back(day, amount);
        } else if (!days.empty()) {
            days.back().second += amount;
        } else {
            s.total_value += amount;
        }
    }
    if (days.empty()) {
        return std::nullopt;
    }
    s.first_day = days.front().first;
    s.last_day = days.back().first;
    s.frequency = static_cast<std::int64_t>(days.size()) - 1;
    s.recency = (s.last_day - s.first_day) / o.days_per_unit;
    s.age = (o.until - s.first_day) / o.days_per_unit;
    for (std::size_t i = 0; i < days.size(); ++i) {
        s.total_value += days[i].second;
        s.repeat_value += i == 0 ? 0 : days[i].second;
    }
    return s;
}

TEST(Purchases, SummariesAreThoseOfASlowAccount)
{
    for (const unsigned seed : {1U, 2U, 3U}) {
        const auto rows = random_rows(seed, seed == 3 ? 30000 : 600, seed == 3 ? 4000 : 60);
        const Bytes value = value_of(rows);
        const PurchasesView view(value);
        std::vector<std::int64_t> known;
        for (const Bought& row : rows) {
            known.push_back(row.customer);
        }
        std::sort(known.begin(), known.end());
        known.erase(std::unique(known.begin(), known.end()), known.end());
        ASSERT_EQ(view.customer_count(), known.size());
        for (const Observation& o :
             {Observation{279, 279, 1}, {100, 279, 7}, {100, 150, 7}, {-10, 0, 30.4375}, {-21, 300, 1}}) {
            for (std::size_t i = 0; i < known.size(); i += seed == 3 ? 37 : 1) {
                ASSERT_EQ(view.customer(i).number, known[i]);
                const auto found = view.summary(i, o);
                const auto expected = slowly(rows, known[i], o);
                ASSERT_EQ(found.has_value(), expected.has_value());
                if (found) {
                    EXPECT_EQ(found->first_day, expected->first_day);
                    EXPECT_EQ(found->last_day, expected->last_day);
                    EXPECT_EQ(found->frequency, expected->frequency);
                    EXPECT_EQ(found->recency, expected->recency);
                    EXPECT_EQ(found->age, expected->age);
                    // Eighths add up exactly.
                    EXPECT_EQ(found->repeat_value, expected->repeat_value);
                    EXPECT_EQ(found->total_value, expected->total_value);
                    EXPECT_EQ(found->holdout_frequency, expected->holdout_frequency);
                    EXPECT_EQ(found->holdout_value, expected->holdout_value);
                }
            }
        }
    }
}

TEST(Purchases, NeitherOrderNorSplitNorMergeShows)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        auto rows = random_rows(5, 3000, 200);
        for (Bought& row : rows) {
            row.amount /= 3;  // sums that rounding would tell apart
        }
        const Bytes expected = value_of(rows, ids);
        std::mt19937 random(9);
        for (int round = 0; round < 5; ++round) {
            std::shuffle(rows.begin(), rows.end(), random);
            PurchasesState parts[3] = {PurchasesState(std::pmr::new_delete_resource()),
                                       PurchasesState(std::pmr::new_delete_resource()),
                                       PurchasesState(std::pmr::new_delete_resource())};
            for (std::size_t i = 0; i < rows.size(); ++i) {
                append(parts[round == 0 ? 0 : i % 3], rows[i], ids);
            }
            PurchasesState all(std::pmr::new_delete_resource());
            for (const PurchasesState& part : parts) {
                PurchasesState received(std::pmr::new_delete_resource());
                received.deserialise(serialise(part));
                all.merge(received);
            }
            EXPECT_EQ(finish(all), expected);
            EXPECT_EQ(finish(all), expected) << "a second time";
        }
        EXPECT_NO_THROW(PurchasesView{expected});
    }
}

TEST(Purchases, ValuesOfBucketsAddUpToTheSameBytes)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        for (const std::int64_t buckets : {1, 3, 250}) {
            auto rows = random_rows(5, 3000, 200);
            for (Bought& row : rows) {
                row.amount /= 3;
            }
            PurchasesState parts[2] = {PurchasesState(std::pmr::new_delete_resource()),
                                       PurchasesState(std::pmr::new_delete_resource())};
            for (std::int64_t bucket = 0; bucket < buckets; ++bucket) {
                std::vector<Bought> own;
                std::copy_if(rows.begin(), rows.end(), std::back_inserter(own),
                             [=](const Bought& row) { return (row.customer % buckets + buckets) % buckets == bucket; });
                parts[bucket % 2].append_value(value_of(own, ids));  // some of no rows at all
            }
            parts[0].merge(parts[1]);
            EXPECT_EQ(finish(parts[0]), value_of(rows, ids));
        }
    }
}

TEST(Purchases, WhatACustomerDidInSeveralValuesAddsUp)
{
    PurchasesState all(std::pmr::new_delete_resource());
    all.append_value(value_of({{1, 10, 5}, {1, 17, 3}, {2, 10, -4}}));
    all.append_value(value_of({{1, 10, -2}, {1, 24, 8}, {2, 9, 6}}));
    EXPECT_EQ(finish(all), value_of({{1, 10, 5}, {1, 17, 3}, {2, 10, -4}, {1, 10, -2}, {1, 24, 8}, {2, 9, 6}}));
    EXPECT_EQ(error_of([&] { all.append_value(value_of({{1, 10, 5}}, Ids::texts)); }), ErrorCode::invalid_parameter);
}

TEST(Purchases, ADayCountsOnceAndARefundIsNoPurchase)
{
    const Bytes value = value_of({{1, 10, 5},
                                  {1, 10, 7},
                                  {1, 17, -2},
                                  {1, 24, 30},
                                  {1, 24, -10},
                                  {1, 31, -5},
                                  {2, 10, -4},
                                  {3, 12, 0},
                                  {4, 9, -3},
                                  {4, 12, 8}});
    const PurchasesView view(value);
    EXPECT_EQ(*view.last_day(), 31);
    const auto first = *view.summary(0, {38, 38, 7});
    EXPECT_EQ(first.frequency, 1);
    EXPECT_EQ(first.recency, 2);
    EXPECT_EQ(first.age, 4);
    EXPECT_EQ(first.repeat_value, 15);
    EXPECT_EQ(first.total_value, 25);
    EXPECT_FALSE(view.summary(1, {38, 38, 7})) << "a refund alone makes no customer";
    EXPECT_EQ(view.summary(2, {38, 38, 7})->frequency, 0) << "a purchase for nothing is one";
    EXPECT_FALSE(view.summary(2, {11, 38, 7})) << "not yet a customer";
    EXPECT_EQ(view.summary(3, {38, 38, 7})->first_day, 12);
    EXPECT_EQ(view.summary(3, {38, 38, 7})->total_value, 5)
        << "a refund of what was bought before the records begin is money all the same";
}

TEST(Purchases, NoRowsAreNoCustomers)
{
    const Bytes value = value_of({});
    const PurchasesView view(value);
    EXPECT_EQ(view.customer_count(), 0U);
    EXPECT_FALSE(view.last_day());
}

TEST(Purchases, RefusesWhatCannotBe)
{
    PurchasesState state(std::pmr::new_delete_resource());
    state.append(Identifier::of(1), 1, 1, false);
    EXPECT_EQ(error_of([&] { state.append(Identifier::of("a"), 1, 1, false); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { state.append(Identifier::of(1), 1, std::nan(""), false); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] { state.append(Identifier::of(1), 1, -HUGE_VAL, false); }), ErrorCode::numeric_range);
    EXPECT_EQ(error_of([&] { state.append(Identifier::of(1), most_days + 1, 1, false); }), ErrorCode::numeric_range);
    state.append(Identifier::of(1), 1, 1e308, false);
    state.append(Identifier::of(1), 1, 1e308, false);
    EXPECT_EQ(error_of([&] { (void)finish(state); }), ErrorCode::numeric_range);
    const volatile std::sig_atomic_t raised = 1;
    EXPECT_THROW((void)state.finish(*std::pmr::new_delete_resource(), 0, marketing::kernel::StopFlag(&raised)),
                 marketing::kernel::Stopped);
}

TEST(Purchases, BrokenBytesAreRefusedOrHarmless)
{
    for (const Ids ids : {Ids::integers, Ids::texts}) {
        PurchasesState state(std::pmr::new_delete_resource());
        for (const Bought& row : random_rows(5, 30, 5)) {
            append(state, row, ids);
        }
        const Bytes value = finish(state);
        const Bytes sent = serialise(state);
        std::mt19937 random(1);
        int refused = 0;
        for (int round = 0; round < 20000; ++round) {
            Bytes broken = round % 2 == 0 ? value : sent;
            const auto flips = 1 + random() % 3;
            for (unsigned i = 0; i < flips; ++i) {
                broken[random() % broken.size()] ^= static_cast<std::byte>(1U << random() % 8);
            }
            if (random() % 4 == 0) {
                broken.resize(random() % broken.size());
            }
            try {
                if (round % 2 == 0) {
                    const PurchasesView view(broken);
                    for (std::size_t i = 0; i < view.customer_count(); ++i) {
                        (void)view.summary(i, {100, 200, 7});
                        (void)view.customer(i);
                    }
                } else {
                    PurchasesState received(std::pmr::new_delete_resource());
                    received.deserialise(broken);
                    (void)finish(received);
                }
            } catch (const Error&) {
                ++refused;
            }
        }
        EXPECT_GT(refused, 5000);
    }
}

}  // namespace
