#include "kernel/flat_format.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <tuple>
#include <vector>

#include "error_of.hpp"
#include "kernel/identifier_codes.hpp"

namespace {

using namespace marketing::kernel;
using namespace unit_test;
using Bytes = std::vector<std::byte>;

template <class Layout>
Bytes written(Layout layout)
{
    constexpr std::size_t header = 3;
    std::pmr::monotonic_buffer_resource memory;
    const FlatValue value = write_value(memory, header, layout);
    return {value.data + header, value.data + value.size};
}

struct Row {
    std::int32_t day;
    double amount;

    static auto fields(auto& row) { return std::tie(row.day, row.amount); }
};

const std::vector<std::string_view> texts{"", "кава", "", "tea"};

TEST(FlatFormat, ReadsBackTextsOneBehindTheOther)
{
    const auto text = [](std::string_view value) { return value; };
    const Bytes bytes = written([&](WireWriter& out) { put_text_column(out, texts, text); });
    EXPECT_EQ(bytes.size(), 4 * sizeof(std::uint32_t) + text_bytes(texts, text));
    WireReader in(bytes);
    const TextColumn column(in, texts.size(), text_bytes(texts, text));
    in.expect_end();
    for (std::size_t i = 0; i < texts.size(); ++i) {
        EXPECT_EQ(column[i], texts[i]);
    }
    EXPECT_EQ(error_of([&] { column.expect_dictionary(); }), ErrorCode::malformed_binary);
}

TEST(FlatFormat, RefusesEndsThatDescendOrMissTheTotal)
{
    const auto read = [](std::vector<std::uint32_t> ends, std::uint64_t total) {
        WireReader in(std::as_bytes(std::span(ends)));
        (void)EndColumn(in, ends.size(), total);
    };
    EXPECT_NO_THROW(read({1, 1, 4}, 4));
    EXPECT_NO_THROW(read({}, 0));
    EXPECT_EQ(error_of([&] { read({2, 1, 4}, 4); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] { read({1, 2, 3}, 4); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] { read({}, 1); }), ErrorCode::malformed_binary);
}

TEST(FlatFormat, ReadsBackRowsWithoutTheirPadding)
{
    ChunkList<Row> rows(std::pmr::get_default_resource());
    for (std::int32_t day = 0; day < 1000; ++day) {
        rows.push_back({day, day / 2.0});
    }
    const Bytes bytes = written([&](WireWriter& out) { put_rows(out, rows); });
    EXPECT_EQ(bytes.size(), sizeof(std::uint64_t) + 1000 * 12);
    WireReader in(bytes);
    std::int32_t next = 0;
    get_rows<Row>(in, [&](const Row& row) {
        EXPECT_EQ(row.day, next++);
        EXPECT_EQ(row.amount, row.day / 2.0);
    });
    EXPECT_EQ(next, 1000);
    in.expect_end();
    WireReader cut{std::span(bytes).first(bytes.size() - 1)};
    EXPECT_EQ(error_of([&] { get_rows<Row>(cut, [](const Row& /*row*/) { FAIL() << "taken"; }); }),
              ErrorCode::malformed_binary);
}

TEST(FlatFormat, SaysSoBeforeItAllocatesPastOneGigabyte)
{
    const auto value_of = [](std::uint64_t size) {
        return [size] {
            (void)write_value(*std::pmr::null_memory_resource(), 4, [size](WireWriter& out) { (void)out.take(size); });
        };
    };
    EXPECT_EQ(error_of(value_of(0x40000000)), ErrorCode::limit_exceeded);
    EXPECT_EQ(error_of(value_of(0x3ffffffc)), ErrorCode::limit_exceeded);
    EXPECT_THROW(value_of(0x3ffffffb)(), std::bad_alloc) << "a value of just that size is asked for";
}

TEST(FlatFormat, KnowsItsTagAndVersion)
{
    constexpr Format format{"abcd", 2, "value"};
    static_assert(format.tag == 0x64636261);
    const Bytes bytes = written([&](WireWriter& out) { format.write(out); });
    WireReader in(bytes);
    EXPECT_NO_THROW(format.expect(in));
    for (const Format& other : {Format{"abcd", 3, "value"}, Format{"abce", 2, "value"}}) {
        WireReader again(bytes);
        EXPECT_EQ(error_of([&] { other.expect(again); }), ErrorCode::malformed_binary);
    }
}

TEST(IdentifierCodes, AreOfOneKindAndSurviveTheirBytes)
{
    auto* memory = std::pmr::get_default_resource();
    IdentifierCodes names("client", memory);
    EXPECT_EQ(names.code(Identifier::of("b")), 0);
    EXPECT_EQ(names.code(Identifier::of("a")), 1);
    EXPECT_TRUE(names.before(1, 0));
    EXPECT_EQ(error_of([&] { names.code(Identifier::of(7)); }), ErrorCode::invalid_parameter);
    EXPECT_EQ(error_of([&] { names.code(Identifier{}); }), ErrorCode::invalid_parameter);

    IdentifierCodes received("client", memory);
    const Bytes bytes = written([&](WireWriter& out) { names.write(out); });
    WireReader in(bytes);
    received.read(in);
    EXPECT_EQ(received.identifier(1), Identifier::of("a"));
    EXPECT_TRUE(received.knows(1) && !received.knows(2) && !received.knows(-1));

    IdentifierCodes others("client", memory);
    others.code(Identifier::of("a"));
    const auto codes = others.merge(names);
    EXPECT_EQ(codes(0), 1);
    EXPECT_EQ(codes(1), 0);
    IdentifierCodes numbers("client", memory);
    numbers.code(Identifier::of(7));
    EXPECT_EQ(error_of([&] { (void)numbers.merge(names); }), ErrorCode::invalid_parameter);
}

TEST(IdentifierColumn, RefusesRepeatedAndDisorderedIdentifiers)
{
    const auto read = [](std::vector<std::int64_t> ids, IdKind kind) {
        WireReader in(std::as_bytes(std::span(ids)));
        return IdentifierColumn(in, kind, ids.size(), 0).size();
    };
    EXPECT_EQ(read({-1, 2, 5}, IdKind::integer), 3U);
    EXPECT_EQ(error_of([&] { read({2, 2}, IdKind::integer); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] { read({2, 1}, IdKind::integer); }), ErrorCode::malformed_binary);
    EXPECT_EQ(error_of([&] { read({2}, IdKind::none); }), ErrorCode::malformed_binary);
}

}  // namespace
