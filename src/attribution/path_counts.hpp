/**
 * The value of the SQL type analytics.path_counts: which paths there were, and how often each ended in a conversion or in nothing.
 *
 * Flat, versioned, little endian, read where it lies. Layout (`end` arrays hold where each element ends, the next begins there):
 *
 *     u32 tag, u16 version, u8 bytes per key code, u8 zero
 *     u32 keys, paths, touches, bytes of all keys
 *     keys:    u32 end[keys], bytes                               distinct, ascending by bytes, none empty
 *     paths:   u32 end[paths], u8|u16|u32 code[touches]           distinct, ascending by their codes; one may be empty
 *     counts:  f64 conversions[paths], value[paths], non_converting[paths] finite; only value may be negative
 *
 * The same counted paths always have the same bytes.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <string_view>
#include <tuple>
#include <vector>

#include "attribution/journeys.hpp"
#include "attribution/paths.hpp"
#include "kernel/chunk_list.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/interner.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::attribution {

/** What is known of one path, or of several together. */
struct Counts {
    double conversions = 0;     // how many journeys with this path converted, >= 0
    double value = 0;           // what these conversions are worth together
    double non_converting = 0;  // how many journeys with this path did not convert, >= 0
};

/** Counts added up, compensated. */
class CountsSum {
public:
    void add(const Counts& counts) noexcept;
    /** Throws Error(numeric_range) where a sum overflows. */
    [[nodiscard]] Counts total() const;

private:
    numeric::CompensatedSum conversions_;
    numeric::CompensatedSum value_;
    numeric::CompensatedSum non_converting_;
};

/** A path_counts value in place. Cheap to copy; the bytes must outlive it. */
class PathCountsView {
public:
    /** Checks everything that the other members rely on, in O(size); throws Error(malformed_binary). */
    explicit PathCountsView(std::span<const std::byte> bytes);

    [[nodiscard]] std::size_t key_count() const noexcept { return keys_.size(); }
    [[nodiscard]] std::size_t path_count() const noexcept { return path_end_.size(); }
    [[nodiscard]] std::size_t touch_count() const noexcept { return touches_; }
    [[nodiscard]] std::string_view key(std::size_t code) const noexcept { return keys_[code]; }
    [[nodiscard]] Counts counts(std::size_t path) const noexcept
    {
        return {conversions_[path], value_[path], non_converting_[path]};
    }
    [[nodiscard]] std::size_t path_size(std::size_t path) const noexcept { return path_end_.length(path); }
    /** The keys of one path, first touch first, into `codes`, whose memory is used again. */
    void read(std::size_t path, std::vector<std::uint32_t>& codes) const;
    void read_keys(std::size_t path, std::vector<std::string_view>& keys) const;

private:
    [[nodiscard]] std::uint32_t code(std::size_t touch) const noexcept;
    void check_paths() const;

    std::uint8_t code_width_;
    std::size_t touches_;
    kernel::TextColumn keys_;
    kernel::EndColumn path_end_;
    std::span<const std::byte> codes_;
    kernel::FlatColumn<double> conversions_;
    kernel::FlatColumn<double> value_;
    kernel::FlatColumn<double> non_converting_;
};

/** All counts added up. Throws as CountsSum does. */
[[nodiscard]] Counts total_counts(const PathCountsView& paths);

/**
 * The state of the aggregates that make path_counts: the rows as they came, each path and key stored once. Sums are taken at the
 * end over sorted rows, so that no order, split or merge of the rows shows in the last bit.
 */
class PathCountsState final : public kernel::State {
public:
    static constexpr kernel::Format format{"mpts", 2, "state of the aggregate path_counts"};

    /** All memory, now and later, comes from `resource`. */
    explicit PathCountsState(std::pmr::memory_resource* resource)
        : State(format), resource_(resource), keys_(resource), paths_(resource), rows_(resource), codes_(resource)
    {
    }

    /**
     * Adds a row: `path` first touch first, an empty key is '(none)'. Throws Error: numeric_range where a number is NaN or
     * infinite, invalid_parameter where a number of journeys is negative.
     */
    void append(std::span<const std::string_view> path, const Counts& counts);
    /** Adds all paths of another value. */
    void append(const PathCountsView& value);
    /** Adds the rows of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** The value, `header` bytes left before it. Throws Error: limit_exceeded past 1 GB, numeric_range where a sum overflows; Stopped. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    struct Row {
        std::uint32_t path;
        Counts counts;

        static auto fields(auto& row)
        {
            return std::tie(row.path, row.counts.conversions, row.counts.value, row.counts.non_converting);
        }
    };
    class Finisher;

    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    [[nodiscard]] std::uint32_t code_of_path();

    std::pmr::memory_resource* resource_;
    kernel::Interner keys_;
    kernel::Interner paths_;  // each the bytes of its key codes
    kernel::ChunkList<Row> rows_;
    std::pmr::vector<std::uint32_t> codes_;  // the path at hand
};

/** What is counted. */
struct CountRequest {
    PathRules rules;
    /** Whether what a client met after its last conversion, or at all where there is none, counts as a path that did not convert. */
    bool with_non_converting = false;
    /** A replicate of the bootstrap, from 1: each client counts as often as it is drawn. 0: each counts once. */
    int replicate = 0;
    std::int64_t seed = 0;
};

/** How often a client counts: once, or as often as the replicate draws it. */
[[nodiscard]] double draws_of(const JourneysView& journeys, std::size_t client, const CountRequest& request) noexcept;

/**
 * Calls `visit(path, converted, times)` for each path that `request` counts: those of the conversions, then those with touches that
 * did not convert. `times` is 0 for a client that a replicate does not draw. Throws Stopped, and whatever `visit` throws.
 */
template <class Visitor>
void for_each_counted(const JourneysView& journeys, const CountRequest& request, const kernel::StopFlag& stop, Visitor visit)
{
    for_each_path(journeys, request.rules, stop,
                  [&](const Path& path) { visit(path, true, draws_of(journeys, path.client, request)); });
    PathBuilder builder(journeys, request.rules);
    for (std::size_t client = 0; request.with_non_converting && client < journeys.client_count(); ++client) {
        stop.poll();
        builder.read(client);
        const Path rest = builder.remainder();
        if (!rest.touches.empty()) {
            visit(rest, false, draws_of(journeys, client, request));
        }
    }
}

struct CountedPaths {
    kernel::FlatValue value;
    std::int64_t truncated;  // paths that had more than max_touches
};

/**
 * The paths that lead to the conversions of `journeys`, each counted as one conversion with its value; a conversion without
 * touches is an empty path, of paths that did not convert only those with touches count. Under Transform::frequency a key is
 * "key(n)", n times met. Throws as PathCountsState does.
 */
[[nodiscard]] CountedPaths count_paths(const JourneysView& journeys, const CountRequest& request,
                                       std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop);

}  // namespace marketing::attribution
