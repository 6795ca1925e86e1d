#include "kernel/wire.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "error_of.hpp"

namespace {

using namespace unit_test;
using marketing::kernel::WireReader;
using marketing::kernel::WireWriter;
using Bytes = std::vector<std::byte>;

/** What `layout(writer)` writes, once counted and then written. */
template <class Layout>
Bytes written(Layout layout)
{
    WireWriter counter;
    layout(counter);
    Bytes bytes(counter.size());
    WireWriter writer(bytes.data());
    layout(writer);
    EXPECT_EQ(writer.size(), counter.size());
    return bytes;
}

Bytes sample()
{
    return written([](WireWriter& out) {
        out.put(std::uint8_t{7});
        out.put(std::int64_t{-5});
        out.put(2.5);
        out.put_text("кампанія");
        const std::vector<std::int32_t> numbers{1, 2, 3};
        out.put(std::uint64_t{numbers.size()});
        out.put_array(std::span<const std::int32_t>(numbers));
    });
}

void read_sample(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    EXPECT_EQ(in.get<std::uint8_t>(), 7);
    EXPECT_EQ(in.get<std::int64_t>(), -5);
    EXPECT_EQ(in.get<double>(), 2.5);
    EXPECT_EQ(in.get_text(), "кампанія");
    EXPECT_EQ(in.get_array<std::int32_t>(in.get<std::uint64_t>()).size(), 12U);
    in.expect_end();
}

TEST(Wire, ReadsBackWhatItWrote)
{
    read_sample(sample());
}

TEST(Wire, RefusesEveryTruncationAndEveryAddition)
{
    const Bytes whole = sample();
    for (std::size_t size = 0; size < whole.size(); ++size) {
        EXPECT_EQ(error_of([&] { read_sample(std::span(whole).first(size)); }), ErrorCode::malformed_binary) << "at " << size;
    }
    Bytes longer = whole;
    longer.push_back(std::byte{0});
    EXPECT_EQ(error_of([&] { read_sample(longer); }), ErrorCode::malformed_binary);
}

TEST(Wire, RefusesACountThatWouldOverflow)
{
    const Bytes bytes = written([](WireWriter& out) { out.put(std::uint64_t{1} << 63U); });
    WireReader in(bytes);
    const auto count = in.get<std::uint64_t>();
    EXPECT_EQ(error_of([&] { (void)in.get_array<double>(count); }), ErrorCode::malformed_binary);
}

}  // namespace
