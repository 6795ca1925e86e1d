/**
 * Journeys over disjoint sets of clients, added up: the state of the aggregate analytics.journeys_union.
 */
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>

#include "attribution/journeys.hpp"
#include "kernel/chunk_list.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::attribution {

class JourneysUnion final : public kernel::State {
public:
    static constexpr kernel::Format format{"mjru", 1, "state of the aggregate journeys_union"};

    /** All memory, now and later, comes from `resource`. */
    explicit JourneysUnion(std::pmr::memory_resource* resource) : State(format), bytes_(resource), values_(resource) {}

    /** Adds a journeys value, which is checked and copied. Throws Error(malformed_binary). */
    void append(std::span<const std::byte> value);
    /** Adds the values of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /**
     * One value with all journeys, the same bytes as if they had been collected together. Throws Error: invalid_parameter where
     * a client is in two values or identifiers are of two kinds; limit_exceeded past 1 GB; Stopped.
     */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;

    kernel::ChunkList<std::byte> bytes_;
    kernel::ChunkList<std::span<const std::byte>> values_;
};

}  // namespace marketing::attribution
