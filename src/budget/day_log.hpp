/**
 * The state of the aggregate campaign_days, and the value it ends in: the days of one campaign, packed. Rows may come in any order, split
 * and merge; they are sorted and added up at the end.
 */
#pragma once

#include <cstddef>
#include <memory_resource>
#include <span>
#include <vector>

#include "budget/panel.hpp"
#include "kernel/chunk_list.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::budget {

class DayLog final : public kernel::State {
public:
    static constexpr kernel::Format format{"BDWR", 3, "state of the aggregate campaign_days"};

    /** All memory, now and later, comes from `resource`. */
    explicit DayLog(std::pmr::memory_resource* resource) : State(format), days_(resource) {}

    /** Throws Error(invalid_parameter) for amounts that cannot be. */
    void append(const Day& day);
    /** Adds the days of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** The days, ascending, `header` bytes left before them. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;

    kernel::ChunkList<Day> days_;
};

/** The days of a value that campaign_days made. Throws Error(malformed_binary), or Error(invalid_parameter) for amounts that cannot be. */
[[nodiscard]] std::vector<Day> unpack_days(std::span<const std::byte> value);

/** Campaigns with such values, one element of each column per campaign. */
struct PackedColumns {
    std::span<const std::string_view> campaign;
    std::span<const std::string_view> platform;
    std::span<const std::span<const std::byte>> days;
};
/** As make_panel. */
[[nodiscard]] std::vector<Series> unpack_panel(const PackedColumns& columns);

}  // namespace marketing::budget
