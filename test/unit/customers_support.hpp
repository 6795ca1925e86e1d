// Purchases made up, and the states that gather them: in any order and split, and from hostile hands.
#pragma once

#include <algorithm>
#include <iterator>
#include <memory>
#include <memory_resource>
#include <random>
#include <string>
#include <vector>

#include "cohorts/cohort.hpp"
#include "customers/purchase.hpp"
#include "error_of.hpp"
#include "kernel/stop.hpp"
#include "rfm/rfm_table.hpp"

namespace customers_test {

using namespace marketing::customers;
using namespace unit_test;
using marketing::kernel::StopFlag;
using Bytes = std::vector<std::byte>;

struct Sale {
    int customer;
    std::int32_t day;
    double amount;
    std::int64_t purchases;
};

inline std::vector<Sale> random_sales(unsigned seed, int customers, int rows)
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
inline Purchase purchase_of(const Sale& sale, bool texts, std::string& text)
{
    text = "customer " + std::to_string(sale.customer);
    return {texts ? Identifier::of(std::string_view(text)) : Identifier::of(std::int64_t{sale.customer}), sale.day,
            money_units(sale.amount), sale.purchases};
}

inline void append(marketing::rfm::RfmState& state, const Sale& sale, bool texts)
{
    std::string text;
    state.append(purchase_of(sale, texts, text));
}

inline void append(marketing::cohorts::CohortState& state, const Sale& sale, bool texts)
{
    std::string text;
    state.append(purchase_of(sale, texts, text), marketing::cohorts::Grain::month);
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

/** A value for the customers of each bucket, as a database that keeps them apart has it. */
template <class State>
std::vector<Bytes> bucket_values(const std::vector<Sale>& sales, int buckets, bool texts, std::mt19937& random)
{
    std::vector<Bytes> values;
    for (int bucket = 0; bucket < buckets; ++bucket) {
        std::vector<Sale> own;
        std::copy_if(sales.begin(), sales.end(), std::back_inserter(own),
                     [=](const Sale& sale) { return sale.customer % buckets == bucket; });
        values.push_back(gathered<State>(own, 2, texts, random));
    }
    return values;
}

/** All values as one, added up by two states of which one is sent to the other. */
template <class State, class Append>
Bytes united(const std::vector<Bytes>& values, Append append_value)
{
    std::pmr::monotonic_buffer_resource memory;
    State one(&memory);
    State other(&memory);
    for (std::size_t i = 0; i < values.size(); ++i) {
        append_value(i % 2 == 0 ? one : other, values[i]);
    }
    const Bytes wire = bytes_of([&other](auto& m, std::size_t header) { return other.serialise(m, header); });
    State received(&memory);
    received.deserialise(wire);
    one.merge(received);
    return finished(one);
}

template <class Read>
void expect_refused(const Bytes& bytes, Read read)
{
    try {
        read(bytes);
    } catch (const marketing::kernel::Error& error) {
        const auto expected = {ErrorCode::malformed_binary, ErrorCode::limit_exceeded, ErrorCode::numeric_range};
        EXPECT_TRUE(std::find(expected.begin(), expected.end(), error.code()) != expected.end()) << error.what();
    }
}

/** Every cut and many flips of a value or a state end in an error of the documented kinds, or are read: never in a crash. */
template <class Read>
void expect_robust(const Bytes& good, Read read)
{
    for (std::size_t size = 0; size < good.size(); ++size) {
        EXPECT_EQ(error_of([&] { read(Bytes(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size))); }),
                  ErrorCode::malformed_binary)
            << size;
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

}  // namespace customers_test
