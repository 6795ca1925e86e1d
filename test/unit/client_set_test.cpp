#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory_resource>
#include <random>
#include <set>
#include <span>
#include <vector>

#include "error_of.hpp"
#include "refresh/client_set.hpp"

namespace {

using namespace marketing;
using namespace unit_test;

using refresh::ClientUnion;

class ClientSets : public testing::Test {
protected:
    std::span<const std::byte> set_of(const std::vector<std::int64_t>& clients)
    {
        const kernel::FlatValue made = refresh::make_client_set(clients, memory, 0);
        return {made.data, made.size};
    }
    std::span<const std::byte> finished(const ClientUnion& clients)
    {
        const kernel::FlatValue made = clients.finish(memory, 0, {});
        return {made.data, made.size};
    }
    std::vector<std::byte> bytes_of(std::initializer_list<int> content)
    {
        const auto empty = set_of({});
        std::vector<std::byte> bytes(empty.begin(), empty.end());
        for (const int byte : content) {
            bytes.push_back(static_cast<std::byte>(byte));
        }
        return bytes;
    }

    std::pmr::monotonic_buffer_resource memory;
};

bool equal(std::span<const std::byte> a, std::span<const std::byte> b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

TEST_F(ClientSets, OfNobodyAreEmpty)
{
    ClientUnion clients(&memory);
    EXPECT_EQ(clients.count(), 0);
    clients.add(set_of({}));
    EXPECT_EQ(clients.count(), 0);
    EXPECT_TRUE(equal(finished(clients), set_of({})));
}

TEST_F(ClientSets, AreTheSameInAnyOrderAndWithRepetitions)
{
    EXPECT_TRUE(equal(set_of({5, 1, 5, 900000, 1}), set_of({1, 5, 900000})));
}

TEST_F(ClientSets, HoldEveryNumber)
{
    const std::vector<std::int64_t> extremes{
        0, 1, 127, 128, -1, std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max()};
    ClientUnion clients(&memory);
    clients.add(set_of(extremes));
    EXPECT_EQ(clients.count(), static_cast<std::int64_t>(extremes.size()));
    for (const std::int64_t client : extremes) {
        EXPECT_TRUE(clients.contains(client));
    }
    EXPECT_FALSE(clients.contains(2));
    EXPECT_FALSE(clients.contains(-2));
    EXPECT_TRUE(equal(finished(clients), set_of(extremes)));
}

TEST_F(ClientSets, CountAsStandardSetsDo)
{
    std::mt19937_64 random(17);
    for (int world = 0; world < 200; ++world) {
        // From crowded to far apart.
        const std::int64_t range = std::int64_t{1} << (1 + random() % 40);
        std::set<std::int64_t> truth;
        ClientUnion whole(&memory);
        ClientUnion first(&memory);
        ClientUnion second(&memory);
        for (std::uint64_t day = random() % 6; day > 0; --day) {
            std::vector<std::int64_t> clients(random() % 300);
            for (std::int64_t& client : clients) {
                client = static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(range));
            }
            truth.insert(clients.begin(), clients.end());
            whole.add(set_of(clients));
            (day % 2 == 0 ? first : second).add(set_of(clients));
        }
        EXPECT_EQ(whole.count(), static_cast<std::int64_t>(truth.size()));
        EXPECT_TRUE(equal(finished(whole), set_of({truth.begin(), truth.end()})));

        // Parts of two workers, one of which sends its own, are the whole.
        const kernel::FlatValue sent = second.serialise(memory, 0);
        ClientUnion received(&memory);
        received.deserialise({sent.data, sent.size});
        first.merge(received);
        EXPECT_TRUE(equal(finished(first), finished(whole)));
    }
}

TEST_F(ClientSets, RefuseWhatIsNone)
{
    const auto added = [this](const std::vector<std::byte>& bytes) {
        return error_of([&] { ClientUnion(&memory).add(bytes); });
    };
    EXPECT_EQ(added({}), ErrorCode::malformed_binary);
    EXPECT_EQ(added(bytes_of({0x85})), ErrorCode::malformed_binary);  // ends within a client
    EXPECT_EQ(added(bytes_of({5, 0})), ErrorCode::malformed_binary);  // twice the same
    EXPECT_EQ(added(bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 2})), ErrorCode::malformed_binary);
    EXPECT_EQ(added(bytes_of({0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1})), ErrorCode::malformed_binary);
    EXPECT_EQ(added(bytes_of({0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 1})), ErrorCode::malformed_binary);
}

TEST_F(ClientSets, OfAnyBytesAreRefusedOrRead)
{
    std::mt19937_64 random(18);
    for (int i = 0; i < 20000; ++i) {
        std::vector<std::byte> bytes = bytes_of({});
        for (std::uint64_t left = random() % 24; left > 0; --left) {
            bytes.push_back(static_cast<std::byte>(random()));
        }
        ClientUnion clients(&memory);
        try {
            clients.add(bytes);
        } catch (const kernel::Error& error) {
            EXPECT_EQ(error.code(), ErrorCode::malformed_binary);
            continue;
        }
        ClientUnion again(&memory);
        again.add(finished(clients));
        EXPECT_EQ(again.count(), clients.count());
    }
}

}  // namespace
