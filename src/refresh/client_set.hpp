/**
 * Sets of clients as bytes that a rollup keeps, and how many clients several of them have together: what a distinct count of any days,
 * platforms and campaigns is made of, without a touch being read.
 *
 * A set is the header, then its clients ascending, each as its distance from the one before in groups of seven bits.
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <unordered_map>

#include "kernel/chunk_list.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/hash.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::refresh {

inline constexpr kernel::Format client_set_format{"CLST", 1, "set of clients"};

/** The clients, in any order and with repetitions, as a set, `header` bytes left before it. Throws Error(limit_exceeded) past 1 GB. */
[[nodiscard]] kernel::FlatValue make_client_set(std::span<const std::int64_t> clients, std::pmr::memory_resource& result,
                                                std::size_t header);

/** A set in memory, and the state of the aggregates count_clients and union_clients: a bit for each client, in pages. */
class ClientUnion final : public kernel::State {
public:
    static constexpr kernel::Format format{"CLUN", 1, "state of an aggregate of sets of clients"};

    /** All memory, now and later, comes from `resource`. */
    explicit ClientUnion(std::pmr::memory_resource* resource) : State(format), places_(resource), pages_(resource) {}

    /** Adds the clients of a set. Throws Error(malformed_binary). */
    void add(std::span<const std::byte> set);
    /** Adds the clients of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    [[nodiscard]] std::int64_t count() const noexcept;
    [[nodiscard]] bool contains(std::int64_t client) const;
    /** All clients as one set, as make_client_set() has it. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    static constexpr unsigned page_bits = 12;  // a page is half a kilobyte: clients of one business may lie far apart

    struct Page {
        std::uint64_t number;
        std::array<std::uint64_t, (1U << page_bits) / 64> words;
    };

    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    [[nodiscard]] Page& page_of(std::uint64_t number);

    std::pmr::unordered_map<std::int64_t, Page*, kernel::SeededHash> places_;
    kernel::ChunkList<Page> pages_;
};

}  // namespace marketing::refresh
