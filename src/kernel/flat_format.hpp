/**
 * The pieces that binary formats are made of: header, columns, dictionaries of texts, rows.
 *
 * A layout is written once, as a function over a WireWriter. write_value() runs it twice: it counts, allocates just so much (the
 * server's value, without a copy), and writes. The readers of the pieces check what they read, and throw Error(malformed_binary).
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <functional>
#include <memory_resource>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>

#include "kernel/chunk_list.hpp"
#include "kernel/error.hpp"
#include "kernel/identifier.hpp"
#include "kernel/interner.hpp"
#include "kernel/wire.hpp"

namespace marketing::kernel {

/** Bytes in memory that somebody else frees: header, then content. Plain data. */
struct FlatValue {
    std::byte* data = nullptr;
    std::size_t size = 0;
};

/** Throws Error(limit_exceeded) where a value of `content` bytes behind a header is past the server's limit (MaxAllocSize). */
inline void require_room(std::size_t header, std::uint64_t content)
{
    constexpr std::uint64_t most_bytes = 0x3fffffff;
    if (content > most_bytes - header) {
        throw Error(ErrorCode::limit_exceeded, "the result does not fit in one value",
                    "It needs " + std::to_string(content) + " bytes; a value holds at most 1 GB.",
                    "Take fewer rows at a time: group by a part of them, as a bucket of the client, and add the parts up.");
    }
}

/** The bytes that `layout(writer)` writes, behind `header` bytes left for the caller (the server keeps the length there). */
template <class Layout>
[[nodiscard]] FlatValue write_value(std::pmr::memory_resource& result, std::size_t header, const Layout& layout)
{
    WireWriter counter;
    layout(counter);
    require_room(header, counter.size());
    const FlatValue value{static_cast<std::byte*>(result.allocate(header + counter.size(), alignof(std::max_align_t))),
                          header + counter.size()};
    WireWriter writer(value.data + header);
    layout(writer);
    return value;
}

/** How a format begins, and what it is called where something else is found. */
struct Format {
    constexpr Format(const char (&letters)[5], std::uint16_t number, const char* content) noexcept
        : version(number), name(content)
    {
        for (int i = 3; i >= 0; --i) {
            tag = tag << 8U | static_cast<unsigned char>(letters[i]);
        }
    }

    void write(WireWriter& out) const noexcept
    {
        out.put(tag);
        out.put(version);
    }
    void expect(WireReader& in) const
    {
        if (in.get<std::uint32_t>() != tag || in.get<std::uint16_t>() != version) {
            WireReader::fail("it is not a " + std::string(name) + " of this release");
        }
    }

    std::uint32_t tag = 0;
    std::uint16_t version;
    const char* name;
};

/** A kind of identifiers, as a number of type T. */
template <class T>
[[nodiscard]] IdKind get_kind(WireReader& in)
{
    const auto kind = in.get<T>();
    WireReader::require(kind <= static_cast<T>(IdKind::text), "its kind of identifiers is unknown");
    return static_cast<IdKind>(kind);
}

/** Values of T at any address, aligned or not. */
template <class T>
class FlatColumn {
public:
    FlatColumn() noexcept = default;
    explicit FlatColumn(std::span<const std::byte> bytes) noexcept : bytes_(bytes) {}
    FlatColumn(WireReader& in, std::uint64_t count) : bytes_(in.get_array<T>(count)) {}
    [[nodiscard]] std::size_t size() const noexcept { return bytes_.size() / sizeof(T); }
    [[nodiscard]] T operator[](std::size_t index) const noexcept
    {
        T value;
        std::memcpy(&value, bytes_.data() + index * sizeof(T), sizeof(T));
        return value;
    }

private:
    std::span<const std::byte> bytes_;
};

/** Writes `of(row)`, a number, for each row. */
template <class Rows, class Of>
void put_column(WireWriter& out, const Rows& rows, Of of)
{
    using Row = decltype(*std::begin(rows));
    using Value = std::decay_t<std::invoke_result_t<Of&, Row>>;
    std::byte* to = out.take(std::uint64_t{std::size(rows)} * sizeof(Value));
    if (to == nullptr) {
        return;
    }
    for (const auto& row : rows) {
        const Value value = std::invoke(of, row);
        std::memcpy(to, &value, sizeof value);
        to += sizeof value;
    }
}

/** Where lists that lie one behind the other end: u32 end[count]. */
class EndColumn : public FlatColumn<std::uint32_t> {
public:
    EndColumn() noexcept = default;
    /** The lists have `total` elements together. */
    EndColumn(WireReader& in, std::uint64_t count, std::uint64_t total) : FlatColumn(in, count)
    {
        std::uint32_t previous = 0;
        for (std::size_t i = 0; i < size(); ++i) {
            WireReader::require(end(i) >= previous, "an element ends before it begins");
            previous = end(i);
        }
        WireReader::require(previous == total, "its elements do not add up to its announced size");
    }
    [[nodiscard]] std::uint32_t begin(std::size_t index) const noexcept { return index == 0 ? 0 : end(index - 1); }
    [[nodiscard]] std::uint32_t end(std::size_t index) const noexcept { return (*this)[index]; }
    [[nodiscard]] std::uint32_t length(std::size_t index) const noexcept { return end(index) - begin(index); }
};

/** Writes where the lists of the rows end, each `length(row)` elements long. */
template <class Rows, class Length>
void put_ends(WireWriter& out, const Rows& rows, Length length)
{
    put_column(out, rows, [&length, end = std::uint32_t{0}](const auto& row) mutable {
        return end += static_cast<std::uint32_t>(std::invoke(length, row));
    });
}

/** Texts one behind the other: u32 end[count], bytes. */
class TextColumn {
public:
    TextColumn() noexcept = default;
    TextColumn(WireReader& in, std::uint64_t count, std::uint64_t bytes) : ends_(in, count, bytes), bytes_(in.get_chars(bytes))
    {
    }
    [[nodiscard]] std::size_t size() const noexcept { return ends_.size(); }
    [[nodiscard]] std::string_view operator[](std::size_t index) const noexcept
    {
        return bytes_.substr(ends_.begin(index), ends_.length(index));
    }
    /** Of all texts together. */
    [[nodiscard]] std::uint64_t bytes() const noexcept { return bytes_.size(); }
    /** Throws Error(malformed_binary) unless the texts are distinct, ascending and none is empty. */
    void expect_dictionary() const
    {
        for (std::size_t i = 0; i < size(); ++i) {
            WireReader::require(i == 0 ? !(*this)[0].empty() : (*this)[i - 1] < (*this)[i],
                                "its keys are empty, repeated or out of order");
        }
    }

private:
    EndColumn ends_;
    std::string_view bytes_;
};

/** Writes `of(row)`, a text, for each row, as a TextColumn. */
template <class Rows, class Of>
void put_text_column(WireWriter& out, const Rows& rows, Of of)
{
    put_ends(out, rows, [&of](const auto& row) { return std::invoke(of, row).size(); });
    for (const auto& row : rows) {
        out.put_array(std::span<const char>(std::string_view(std::invoke(of, row))));
    }
}

/** The bytes of `of(row)`, a text, of all rows. */
template <class Rows, class Of>
[[nodiscard]] std::uint64_t text_bytes(const Rows& rows, Of of)
{
    std::uint64_t bytes = 0;
    for (const auto& row : rows) {
        bytes += std::invoke(of, row).size();
    }
    return bytes;
}

/** Writes the texts of a state, each behind its length, behind their number. */
inline void put_texts(WireWriter& out, const Interner& texts) noexcept
{
    out.put(static_cast<std::uint32_t>(texts.size()));
    for (std::uint32_t code = 0; code < texts.size(); ++code) {
        out.put_text(texts.text(code));
    }
}

/** Fills `texts`, which must be empty, such that each has the code that it had. */
inline void get_texts(WireReader& in, Interner& texts)
{
    const auto count = in.get<std::uint32_t>();
    for (std::uint32_t code = 0; code < count; ++code) {
        WireReader::require(texts.code(in.get_text()) == code, "its dictionary names a text twice");
    }
}

template <class... Fields>
constexpr std::size_t bytes_of_fields(const std::tuple<Fields&...>* /*fields*/) noexcept
{
    return (sizeof(Fields) + ...);
}

/** The bytes of a Row: a number, or a structure whose `fields(row)` are a tuple of references to what is written of it. */
template <class Row>
inline constexpr std::size_t row_bytes =
    bytes_of_fields(static_cast<const decltype(Row::fields(std::declval<Row&>()))*>(nullptr));
template <Scalar Row>
inline constexpr std::size_t row_bytes<Row> = sizeof(Row);

template <class Row>
void put_row(WireWriter& out, const Row& row) noexcept
{
    if constexpr (Scalar<Row>) {
        out.put(row);
    } else {
        std::apply([&out](const auto&... field) { (out.put(field), ...); }, Row::fields(row));
    }
}

template <class Row>
void get_row(WireReader& in, Row& row)
{
    if constexpr (Scalar<Row>) {
        row = in.get<Row>();
    } else {
        std::apply([&in](auto&... field) { ((field = in.get<std::decay_t<decltype(field)>>()), ...); }, Row::fields(row));
    }
}

/** Writes rows behind their number. */
template <class Row>
void put_rows(WireWriter& out, const ChunkList<Row>& rows) noexcept
{
    out.put(std::uint64_t{rows.size()});
    if (std::byte* const to = out.take(rows.size() * row_bytes<Row>); to != nullptr) {
        rows.for_each([writer = WireWriter(to)](const Row& row) mutable { put_row(writer, row); });
    }
}

template <class Row>
void put_rows(WireWriter& out, std::span<const Row> rows) noexcept
{
    out.put(std::uint64_t{rows.size()});
    for (const Row& row : rows) {
        put_row(out, row);
    }
}

/** Calls `take(row)` for each of the next `count` rows. */
template <class Row, class Take>
void get_each(WireReader& in, std::uint64_t count, Take take)
{
    WireReader::require(count <= in.remaining() / row_bytes<Row>, WireReader::too_short);
    for (; count > 0; --count) {
        Row row{};
        get_row(in, row);
        take(row);
    }
}

/** Calls `take(row)` for each of the rows that put_rows() wrote. */
template <class Row, class Take>
void get_rows(WireReader& in, Take take)
{
    get_each<Row>(in, in.get<std::uint64_t>(), take);
}

/** Writes a short list behind its number. */
template <class List>
void put_list(WireWriter& out, const List& list) noexcept
{
    out.put(static_cast<std::uint32_t>(list.size()));
    for (const auto& row : list) {
        put_row(out, row);
    }
}

/** Calls `take(row)` for each of the rows that put_list() wrote, of which there are at most `most`. */
template <class Row, class Take>
void get_list(WireReader& in, std::uint64_t most, Take take)
{
    const auto count = in.get<std::uint32_t>();
    WireReader::require(count <= most, "it has more elements than it can have");
    get_each<Row>(in, count, take);
}

}  // namespace marketing::kernel
