/**
 * The state of the aggregate anomaly_state: points of one series as they came, in any order, and what the detector knew before.
 * They are judged at the end, in order of time, so that no order, split or merge of the rows shows.
 */
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "kernel/chunk_list.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"
#include "series/verdict.hpp"

namespace marketing::series {

class SeriesState final : public kernel::State {
public:
    static constexpr kernel::Format format{"ANRW", 1, "state of the aggregate anomaly_state"};

    /** All memory, now and later, comes from `resource`. */
    explicit SeriesState(std::pmr::memory_resource* resource) : State(format), start_(resource), points_(resource) {}

    /** Adds a point to a series that goes on from `start`. Throws Error(invalid_parameter) where that is not the start of all. */
    void append(std::span<const std::byte> start, const Point& point);
    /** Adds the points of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** What the detector knows after all points, `header` bytes left before it. Throws as Detector does; Stopped. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    void begin(std::span<const std::byte> start);

    std::pmr::vector<std::byte> start_;
    kernel::ChunkList<Point> points_;
};

}  // namespace marketing::series
