// What all fuzzers share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory_resource>
#include <span>

#include "kernel/error.hpp"
#include "kernel/flat_format.hpp"

using Bytes = std::span<const std::byte>;

inline Bytes bytes_of(const marketing::kernel::FlatValue& value)
{
    return {value.data, value.size};
}

/** An Error is an answer; anything else ends the process. */
template <class Body>
void attempt(Body body)
{
    try {
        body();
    } catch (const marketing::kernel::Error&) {
    }
}

/** Our own output must pass our own check: an Error but for a limit is a defect, and ends the process. */
template <class Read>
void must_read(const marketing::kernel::FlatValue& value, Read read)
{
    try {
        read(bytes_of(value));
    } catch (const marketing::kernel::Error& error) {
        if (error.code() != marketing::kernel::ErrorCode::limit_exceeded &&
            error.code() != marketing::kernel::ErrorCode::numeric_range) {
            std::terminate();
        }
    }
}

/** Bytes as the state of an aggregate, which is sent on and finished. */
template <class State, class Read>
void through_state(Bytes bytes, Read read)
{
    std::pmr::monotonic_buffer_resource memory;
    State state(std::pmr::get_default_resource());
    state.deserialise(bytes);
    const auto sent = state.serialise(memory, 0);
    State received(std::pmr::get_default_resource());
    received.deserialise(bytes_of(sent));
    must_read(received.finish(memory, 0, {}), read);
}

/** Any bytes as a value, and as the state of the aggregate that makes such values. */
template <class State, class Read>
int as_value_and_state(const std::uint8_t* data, std::size_t size, Read read)
{
    const Bytes bytes = std::as_bytes(std::span(data, size));
    attempt([bytes, read] { read(bytes); });
    attempt([bytes, read] { through_state<State>(bytes, read); });
    return 0;
}
