// Kernels of RFM and cohorts: states against brute force in any order and split, values from hostile hands.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <map>
#include <memory_resource>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "cohorts/cohort.hpp"
#include "kernel/error.hpp"
#include "rfm/rfm.hpp"
#include "rfm/rfm_table.hpp"

namespace {

using namespace marketing::cohorts;
using namespace marketing::customers;
using namespace marketing::rfm;
using marketing::kernel::Error;
using marketing::kernel::ErrorCode;
using marketing::kernel::StopFlag;
using Bytes = std::vector<std::byte>;

struct Sale {
    int customer;
    std::int32_t day;
    double amount;
    std::int64_t purchases;
};

std::vector<Sale> random_sales(unsigned seed, int customers, int rows)
{
    std::mt19937 random(seed);
    std::vector<Sale> sales;
    for (int i = 0; i < rows; ++i) {
        const bool refund = random() % 9 == 0;
        const double amount = static_cast<double>(random() % 100'000) / 100;
        sales.push_back({static_cast<int>(random() % static_cast<unsigned>(customers)),
                         static_cast<std::int32_t>(19'000 + random() % 700), refund ? -amount : amount, refund ? 0 : 1});
    }
    return sales;
}

/** A purchase whose text identifier, if it has one, lies in `text`. */
Purchase purchase_of(const Sale& sale, bool texts, std::string& text)
{
    text = "customer " + std::to_string(sale.customer);
    return {texts ? Identifier::of(std::string_view(text)) : Identifier::of(std::int64_t{sale.customer}), sale.day,
            money_units(sale.amount), sale.purchases};
}

void append(RfmState& state, const Sale& sale, bool texts)
{
    std::string text;
    state.append(purchase_of(sale, texts, text));
}

void append(CohortState& state, const Sale& sale, bool texts)
{
    std::string text;
    state.append(purchase_of(sale, texts, text), Grain::month);
}

/** What a state writes, behind the header it leaves. */
template <class Make>
Bytes bytes_of(Make make)
{
    std::pmr::monotonic_buffer_resource memory;
    const auto value = make(memory, std::size_t{4});
    return {value.data + 4, value.data + value.size};
}

template <class State>
Bytes finished(const State& state)
{
    return bytes_of([&state](auto& memory, std::size_t header) { return state.finish(memory, header, StopFlag{}); });
}

/** The value over all sales, gathered by `parts` states that are sent and joined in an order of chance. */
template <class State>
Bytes gathered(const std::vector<Sale>& sales, std::size_t parts, bool texts, std::mt19937& random)
{
    std::pmr::monotonic_buffer_resource memory;
    std::vector<std::unique_ptr<State>> states;
    for (std::size_t i = 0; i < parts; ++i) {
        states.push_back(std::make_unique<State>(&memory));
    }
    for (const Sale& sale : sales) {
        append(*states[random() % parts], sale, texts);
    }
    while (states.size() > 1) {
        const Bytes wire = bytes_of([&states](auto& m, std::size_t header) { return states.back()->serialise(m, header); });
        State received(&memory);
        received.deserialise(wire);
        states.pop_back();
        states[random() % states.size()]->merge(received);
    }
    return finished(*states.front());
}

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
        std::int64_t units = 0;
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
        e.units += money_units(sale.amount);
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
        EXPECT_EQ(table.units(i), e.units);
        ++i;
    }
}

TEST(RfmTable, RefusesIdentifiersOfTwoKinds)
{
    std::pmr::monotonic_buffer_resource memory;
    RfmState state(&memory);
    append(state, {1, 19'000, 1, 1}, false);
    EXPECT_THROW(append(state, {1, 19'000, 1, 1}, true), Error);
}

template <class Read>
void expect_refused(const Bytes& bytes, Read read)
{
    try {
        read(bytes);
    } catch (const Error& error) {
        const auto expected = {ErrorCode::malformed_binary, ErrorCode::limit_exceeded, ErrorCode::numeric_range};
        EXPECT_TRUE(std::find(expected.begin(), expected.end(), error.code()) != expected.end()) << error.what();
    }
}

/** Every cut and many flips of a value or a state end in an error of the documented kinds, or are read: never in a crash. */
template <class Read>
void expect_robust(const Bytes& good, Read read)
{
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_THROW(read(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))), Error) << size;
    }
    std::mt19937 random(11);
    for (int i = 0; i < 700; ++i) {
        Bytes bad = good;
        bad[random() % bad.size()] = static_cast<std::byte>(random());
        if (i % 2 == 0) {
            bad[random() % std::min<std::size_t>(24, bad.size())] = static_cast<std::byte>(random());
        }
        expect_refused(bad, read);
    }
}

template <class State>
void expect_robust_state(bool texts)
{
    std::pmr::monotonic_buffer_resource memory;
    State state(&memory);
    for (const Sale& sale : random_sales(3, 12, 40)) {
        append(state, sale, texts);
    }
    const Bytes wire = bytes_of([&state](auto& m, std::size_t header) { return state.serialise(m, header); });
    expect_robust(wire, [](const Bytes& bytes) {
        std::pmr::monotonic_buffer_resource own;
        State received(&own);
        received.deserialise(bytes);
        (void)finished(received);
    });
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

TEST(Cohort, CountsAsBruteForceDoes)
{
    struct Cell {
        std::set<int> customers;
        std::int64_t purchases = 0;
        std::int64_t units = 0;
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
            cell.units += money_units(sale.amount);
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
        EXPECT_EQ(row.units, cell.units);
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
    EXPECT_THROW((void)score_table(table, 109, halves, StopFlag{}), marketing::kernel::Error);
}

TEST(Rfm, CutsAndScoresByThemselvesRefuseWhatMakesNoSense)
{
    EXPECT_EQ(checked_score(5, std::vector<double>{1, 5, 9}, false), 2);
    EXPECT_EQ(checked_score(5, std::vector<double>{1, 5, 9}, true), 3);
    const double nan = std::nan("");
    EXPECT_THROW((void)checked_score(nan, std::vector<double>{1}, false), marketing::kernel::Error);
    EXPECT_THROW((void)checked_score(1, std::vector<double>{nan}, false), marketing::kernel::Error);
    EXPECT_THROW((void)checked_breaks(std::vector<double>{1, 2}, 2, Method::ntile), marketing::kernel::Error);
    EXPECT_THROW((void)checked_breaks(std::vector<double>{1, nan}, 2, Method::quantile), marketing::kernel::Error);
    EXPECT_THROW((void)checked_breaks(std::vector<double>{1, 2}, 1, Method::quantile), marketing::kernel::Error);
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
        EXPECT_THROW((void)score_customers({}, {Method::quantile, bins, {}}, StopFlag{}), Error);
    }
    EXPECT_THROW(check_breaks({}, "r_breaks"), Error);
    EXPECT_THROW(check_breaks(std::vector<double>{1, 1}, "r_breaks"), Error);
    EXPECT_THROW(check_breaks(std::vector<double>{1, std::nan("")}, "r_breaks"), Error);
    EXPECT_THROW((void)find_method("median"), Error);
    EXPECT_THROW((void)find_grain("decade"), Error);
    EXPECT_THROW((void)money_units(std::nan("")), Error);
    EXPECT_THROW((void)money_units(1e14), Error);
}

}  // namespace
