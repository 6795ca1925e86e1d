/**
 * The state of an aggregate, whichever it is: what it takes to join two of them and to send one to another process.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>

#include "kernel/flat_format.hpp"

namespace marketing::kernel {

/** A derived class names its `format`, by which its states and their bytes are known, and takes all memory from one resource. */
class State {
public:
    State(const State&) = delete;
    State& operator=(const State&) = delete;

    [[nodiscard]] std::uint32_t tag() const noexcept { return format_.tag; }

    /** Adds the rows of `other`, which stays as it is. Throws Error(malformed_binary) where that is of another aggregate. */
    virtual void merge(const State& other) = 0;
    /** This state for another process, `header` bytes left before it. Throws Error(limit_exceeded) past 1 GB. */
    [[nodiscard]] FlatValue serialise(std::pmr::memory_resource& result, std::size_t header) const
    {
        return write_value(result, header, [this](WireWriter& out) {
            format_.write(out);
            write(out);
        });
    }
    /** Fills this state, which must be empty, from the bytes of another, which must outlive it. Throws Error(malformed_binary). */
    void deserialise(std::span<const std::byte> bytes)
    {
        WireReader in(bytes);
        format_.expect(in);
        read(in);
        in.expect_end();
    }

    /** This state as what it is. Throws Error(malformed_binary) where it is of another aggregate. */
    template <class Own>
    [[nodiscard]] const Own& as() const
    {
        WireReader::require(tag() == Own::format.tag, "it is a state of another aggregate");
        return static_cast<const Own&>(*this);
    }

protected:
    explicit State(const Format& format) noexcept : format_(format) {}
    ~State() = default;  // not virtual: a state ends with its memory, nobody deletes it

private:
    /** What follows the header. */
    virtual void write(WireWriter& out) const = 0;
    virtual void read(WireReader& in) = 0;

    const Format& format_;
};

}  // namespace marketing::kernel
