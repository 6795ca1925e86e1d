/**
 * Figures per series of a business and day: what a kernel needs of a daily table, collected by one scan of it.
 *
 * The aggregate daily_rows appends rows in any order; its value holds the same rows, and is also how a state goes to another
 * process. Nothing is added up or sorted here: whoever reads the rows must not depend on their order.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <unordered_map>
#include <vector>

#include "kernel/chunk_list.hpp"
#include "kernel/column.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/hash.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::refresh {

/** The most figures that a row may have. */
inline constexpr std::size_t most_figures = 16;

/** A series: a campaign, platform, product ... by its number within a business. */
struct SeriesKey {
    std::int64_t business;
    std::int64_t series;
    friend bool operator==(const SeriesKey&, const SeriesKey&) = default;
};

class SeriesKeyHash {
public:
    std::size_t operator()(const SeriesKey& key) const noexcept
    {
        return hash_(key.series ^ static_cast<std::int64_t>(hash_(key.business)));
    }

private:
    kernel::SeededHash hash_;
};

/** What stands before the figures of a row. */
struct RowHead {
    std::uint32_t key;  // place of the series among the keys
    std::int32_t day;   // since 2000-01-01
};

/** A value of daily_rows, read in place; it must outlive the view. */
class DailyRowsView {
public:
    DailyRowsView() = default;
    /** Throws Error(malformed_binary). */
    explicit DailyRowsView(std::span<const std::byte> bytes);
    /** What follows the header. */
    explicit DailyRowsView(kernel::WireReader& in);

    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::size_t width() const noexcept { return width_; }
    /** Each series once, in no order. */
    [[nodiscard]] kernel::Column<SeriesKey> keys() const noexcept { return keys_; }
    [[nodiscard]] kernel::Column<std::uint32_t> key_places() const noexcept { return column<std::uint32_t>(0); }
    [[nodiscard]] kernel::Column<std::int32_t> days() const noexcept { return column<std::int32_t>(offsetof(RowHead, day)); }
    /** Figure `index` of each row, NaN where there is none. Throws Error(invalid_parameter) where rows have fewer figures. */
    [[nodiscard]] kernel::Column<double> figures(std::size_t index) const;
    /** All rows as they lie. */
    [[nodiscard]] std::span<const std::byte> rows() const noexcept { return rows_; }

private:
    template <class T>
    [[nodiscard]] kernel::Column<T> column(std::size_t offset) const noexcept
    {
        return {rows_.data() + offset, sizeof(RowHead) + width_ * sizeof(double), size_};
    }

    std::size_t size_ = 0;
    std::size_t width_ = 0;
    kernel::Column<SeriesKey> keys_;
    std::span<const std::byte> rows_;
};

/** The state of the aggregate. */
class DailyRows final : public kernel::State {
public:
    static constexpr kernel::Format format{"DYRW", 2, "value of daily_rows"};

    /** All memory, now and later, comes from `resource`. */
    explicit DailyRows(std::pmr::memory_resource* resource) : State(format), places_(resource), keys_(resource), rows_(resource)
    {
    }

    /** All rows have as many figures as the first. NaN is one that is not there. */
    void append(const SeriesKey& series, std::int32_t day, std::span<const double> figures);
    /** Adds the rows of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** The rows as one value, which is that of a state, `header` bytes left before it. Throws Error(limit_exceeded) past 1 GB. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& /*stop*/) const
    {
        return serialise(result, header);
    }

private:
    void write(kernel::WireWriter& out) const override;
    /** The rows stay where they are, and may then only be merged from. */
    void read(kernel::WireReader& in) override { borrowed_ = DailyRowsView(in); }
    void require_width(std::size_t figures);
    std::uint32_t place_of(const SeriesKey& series);
    void take(kernel::Column<SeriesKey> keys, std::span<const std::byte> rows);

    std::size_t width_ = 0;  // figures of a row; 0 before the first
    std::pmr::unordered_map<SeriesKey, std::uint32_t, SeriesKeyHash> places_;
    std::pmr::vector<SeriesKey> keys_;
    kernel::ChunkList<std::uint64_t> rows_;  // head and figures, each of eight bytes
    DailyRowsView borrowed_;
};

}  // namespace marketing::refresh
