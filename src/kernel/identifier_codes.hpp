/** Identifiers in the state of an aggregate: all integers or all texts, each known by a number. */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "kernel/flat_format.hpp"
#include "kernel/identifier.hpp"
#include "kernel/interner.hpp"

namespace marketing::kernel {

/** The kind that the first identifier settles for all. */
class IdentifierKind {
public:
    /** `what` is identified: the word of errors. */
    explicit constexpr IdentifierKind(const char* what) noexcept : what_(what) {}

    /** Throws Error(invalid_parameter) for another kind than before. */
    void expect(IdKind given)
    {
        if (given != kind_ || given == IdKind::none) [[unlikely]] {
            settle(given);
        }
    }
    void merge(const IdentifierKind& other)
    {
        if (other.kind_ != IdKind::none) {
            expect(other.kind_);
        }
    }
    [[nodiscard]] IdKind get() const noexcept { return kind_; }

    void write(WireWriter& out) const noexcept { out.put(static_cast<std::uint16_t>(kind_)); }
    void read(WireReader& in) { kind_ = get_kind<std::uint16_t>(in); }

private:
    void settle(IdKind given);

    IdKind kind_ = IdKind::none;
    const char* what_;
};

/** Codes of identifiers: an integer is its own, a text has the number of its first sight. */
class IdentifierCodes {
public:
    IdentifierCodes(const char* what, std::pmr::memory_resource* resource) : kind_(what), texts_(resource) {}

    /** Throws Error(invalid_parameter) for an identifier of another kind than those before. */
    std::int64_t code(const Identifier& identifier)
    {
        kind_.expect(identifier.kind);
        return identifier.kind == IdKind::integer ? identifier.number : std::int64_t{texts_.code(identifier.text)};
    }
    [[nodiscard]] bool knows(std::int64_t code) const noexcept
    {
        return are_texts() ? code >= 0 && static_cast<std::uint64_t>(code) < texts_.size() : kind_.get() == IdKind::integer;
    }
    [[nodiscard]] Identifier identifier(std::int64_t code) const noexcept
    {
        return are_texts() ? Identifier::of(text(code)) : Identifier::of(code);
    }
    [[nodiscard]] std::string_view text(std::int64_t code) const noexcept
    {
        return texts_.text(static_cast<std::uint32_t>(code));
    }
    /** Integers in numeric order, texts by bytes. */
    [[nodiscard]] bool before(std::int64_t a, std::int64_t b) const noexcept { return are_texts() ? text(a) < text(b) : a < b; }
    [[nodiscard]] IdKind kind() const noexcept { return kind_.get(); }
    [[nodiscard]] bool are_texts() const noexcept { return kind_.get() == IdKind::text; }
    [[nodiscard]] const Interner& texts() const noexcept { return texts_; }

    /** From codes of others to codes here. */
    class Translation {
    public:
        Translation(std::pmr::vector<std::uint32_t> codes, bool texts) noexcept : codes_(std::move(codes)), texts_(texts) {}
        [[nodiscard]] std::int64_t operator()(std::int64_t code) const noexcept
        {
            return texts_ ? codes_[static_cast<std::size_t>(code)] : code;
        }

    private:
        std::pmr::vector<std::uint32_t> codes_;
        bool texts_;
    };
    /** Takes over all identifiers of `other`. Throws Error(invalid_parameter) where they are of another kind. */
    [[nodiscard]] Translation merge(const IdentifierCodes& other)
    {
        kind_.merge(other.kind_);
        return {texts_.merge(other.texts_), are_texts()};
    }

    void write(WireWriter& out) const noexcept
    {
        kind_.write(out);
        put_texts(out, texts_);
    }
    /** Fills this, which must be empty. Throws Error(malformed_binary). */
    void read(WireReader& in)
    {
        kind_.read(in);
        get_texts(in, texts_);
        WireReader::require(are_texts() || texts_.size() == 0, "numbers have no text");
    }

private:
    IdentifierKind kind_;
    Interner texts_;
};

/** Writes the identifier whose code is `code(row)` for each row, as an IdentifierColumn. */
template <class Rows, class Code>
void put_identifiers(WireWriter& out, const IdentifierCodes& ids, const Rows& rows, Code code)
{
    if (ids.are_texts()) {
        put_text_column(out, rows, [&](const auto& row) { return ids.text(std::invoke(code, row)); });
    } else {
        put_column(out, rows, code);
    }
}

/** Identifiers of a value: i64 id[count], or a TextColumn; of kind none there are none, whatever the count. */
class IdentifierList {
public:
    IdentifierList() noexcept = default;
    IdentifierList(WireReader& in, IdKind kind, std::uint64_t count, std::uint64_t text_bytes);

    [[nodiscard]] std::size_t size() const noexcept { return kind_ == IdKind::text ? texts_.size() : numbers_.size(); }
    [[nodiscard]] Identifier operator[](std::size_t index) const noexcept
    {
        return kind_ == IdKind::text ? Identifier::of(texts_[index]) : Identifier::of(numbers_[index]);
    }
    [[nodiscard]] IdKind kind() const noexcept { return kind_; }
    [[nodiscard]] std::uint64_t text_bytes() const noexcept { return texts_.bytes(); }
    /** Empty where the identifiers are numbers. */
    [[nodiscard]] const TextColumn& texts() const noexcept { return texts_; }

private:
    IdKind kind_ = IdKind::none;
    FlatColumn<std::int64_t> numbers_;
    TextColumn texts_;
};

/** The same, of another kind than none where there are any, distinct and ascending. */
class IdentifierColumn : public IdentifierList {
public:
    IdentifierColumn() noexcept = default;
    IdentifierColumn(WireReader& in, IdKind kind, std::uint64_t count, std::uint64_t text_bytes);
};

}  // namespace marketing::kernel
