// Tables of keys that outsiders choose: keys that fall together under one seed are spread under another, and no seed shows in a result.

#include "kernel/hash.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <memory_resource>
#include <set>
#include <string>
#include <vector>

#include "attribution/path_counts.hpp"
#include "channels/url.hpp"
#include "kernel/interner.hpp"
#include "lifetime_value/purchases.hpp"
#include "rfm/rfm_table.hpp"

namespace {

using namespace marketing;
using kernel::HashSeed;
using kernel::Identifier;

constexpr std::uint64_t places = 1024;

std::string little_endian(std::uint64_t number)
{
    std::string text;
    for (int byte = 0; byte < 8; ++byte) {
        text += static_cast<char>(number >> (8 * byte) & 0xffU);
    }
    return text;
}

/** How many places of a table of `places` the keys take. */
template <class Keys>
std::size_t places_taken(HashSeed seed, const Keys& keys)
{
    std::set<std::uint64_t> taken;
    for (const auto& key : keys) {
        taken.insert(seed.hash(key) % places);
    }
    return taken.size();
}

/** Keys that all go to place 0 under `seed`, found by trying. */
template <class Make>
auto keys_for(HashSeed seed, Make make)
{
    std::vector<decltype(make(std::int64_t{0}))> keys;
    for (std::int64_t i = 0; keys.size() < 300; ++i) {
        if (seed.hash(make(i)) % places == 0) {
            keys.push_back(make(i));
        }
    }
    return keys;
}

// 300 balls into 1024 places: about 260 are hit, and 225 or fewer practically never.
constexpr std::size_t spread = 225;

TEST(Hash, KeysOfOneSeedAreSpreadByAnother)
{
    const HashSeed known{1, 2};
    const auto numbers = keys_for(known, [](std::int64_t i) { return i; });
    const auto short_texts = keys_for(known, [](std::int64_t i) { return std::to_string(i); });
    const auto long_texts = keys_for(known, [](std::int64_t i) { return "a client with a long name " + std::to_string(i); });
    for (int i = 0; i < 50; ++i) {
        const HashSeed seed = HashSeed::next();
        EXPECT_GT(places_taken(seed, numbers), spread);
        EXPECT_GT(places_taken(seed, short_texts), spread);
        EXPECT_GT(places_taken(seed, long_texts), spread);
    }
}

// A factor of 0 hides the other factor: with factors that are known, one key more for each value of the other.
TEST(Hash, NoHalfOfAKeyHidesTheOther)
{
    for (const std::uint64_t constant : {0xa0761d6478bd642fU, 0xe7037ed1a0b428dbU, std::uint64_t{0}, ~std::uint64_t{0}}) {
        std::vector<std::string> heads;
        std::vector<std::string> tails;
        std::vector<std::string> longer;
        for (std::uint64_t i = 0; i < 300; ++i) {
            heads.push_back(little_endian(constant) + little_endian(i));
            tails.push_back(little_endian(i) + little_endian(constant));
            longer.push_back(little_endian(constant) + little_endian(i) + "the same end");
        }
        for (int i = 0; i < 20; ++i) {
            const HashSeed seed = HashSeed::next();
            EXPECT_GT(places_taken(seed, heads), spread);
            EXPECT_GT(places_taken(seed, tails), spread);
            EXPECT_GT(places_taken(seed, longer), spread);
        }
    }
}

TEST(Hash, SeedsDiffer)
{
    std::set<std::uint64_t> hashes;
    for (int i = 0; i < 1000; ++i) {
        hashes.insert(HashSeed::next().hash("facebook"));
    }
    EXPECT_EQ(hashes.size(), 1000U);
}

/** Runs `make` as processes with other secrets would. */
template <class Make>
std::set<std::string> results(Make make)
{
    const auto secret = kernel::process_hash_secret;
    std::set<std::string> found;
    for (std::uint64_t i = 0; i < 8; ++i) {
        kernel::process_hash_secret = {0x9e3779b97f4a7c15U * (2 * i + 1), 0xd6e8feb86659fd93U * (i + 7)};
        found.insert(make());
    }
    kernel::process_hash_secret = secret;
    return found;
}

std::string bytes_of(const kernel::FlatValue& value)
{
    return {reinterpret_cast<const char*>(value.data), value.size};
}

/** The value that three workers make of rows, each with a secret of its own: two send their states to the third. */
template <class State, class Append>
std::string of_workers(Append append)
{
    std::pmr::monotonic_buffer_resource memory;
    State leader(&memory);
    for (int worker = 0; worker < 3; ++worker) {
        kernel::process_hash_secret[1] += 0x1234567U;
        State state(&memory);
        for (int i = worker; i < 3000; i += 3) {
            append(state, i);
        }
        const auto sent = state.serialise(memory, 0);
        State received(&memory);
        received.deserialise({sent.data, sent.size});
        leader.merge(received);
    }
    return bytes_of(leader.finish(memory, 0, {}));
}

TEST(Hash, NoSeedShowsInAResult)
{
    EXPECT_EQ(results([] {
                  return of_workers<rfm::RfmState>([](rfm::RfmState& state, int i) {
                      state.append({Identifier::of(std::int64_t{i} * i % 701), i % 400, 1, i % 53});
                  });
              }).size(),
              1U);
    EXPECT_EQ(results([] {
                  return of_workers<lifetime_value::PurchasesState>([](lifetime_value::PurchasesState& state, int i) {
                      const std::string name = "client " + std::to_string(i * i % 701);
                      state.append(Identifier::of(std::string_view(name)), i % 400, 0.1 * (i % 53), i % 17 == 0);
                  });
              }).size(),
              1U);
}

}  // namespace
