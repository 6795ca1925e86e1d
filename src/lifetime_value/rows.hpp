/** The state of the aggregates that fit models: rows as they came. The fit sorts them, so no order, split or merge shows. */
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "kernel/chunk_list.hpp"
#include "kernel/error.hpp"
#include "kernel/flat_buffer.hpp"
#include "kernel/state.hpp"
#include "kernel/wire.hpp"
#include "lifetime_value/fit.hpp"

namespace marketing::lifetime_value {

/** Throws Error(invalid_parameter) unless the history is possible and the weight finite and not negative. */
inline void check(const WeightedHistory& row)
{
    check(row.history);
    if (!std::isfinite(row.weight) || row.weight < 0) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter, "a weight must be finite and not negative");
    }
}

/** Throws Error(invalid_parameter) unless frequency and mean are finite, and frequency is not negative. */
inline void check(const WeightedSpend& row)
{
    if (!std::isfinite(row.frequency) || !std::isfinite(row.mean) || row.frequency < 0) {
        throw kernel::Error(kernel::ErrorCode::invalid_parameter,
                            "frequency must not be negative, and frequency and value finite");
    }
}

/** Whether a row tells the model something. */
inline bool informs(const WeightedHistory& row)
{
    return row.weight > 0;
}
inline bool informs(const WeightedSpend& row)
{
    return row.frequency > 0 && row.mean > 0;
}

template <class Row>
extern const kernel::Format rows_format;
template <>
inline constexpr kernel::Format rows_format<WeightedHistory>{"MAFH", 1, "state of the aggregates that fit purchases"};
template <>
inline constexpr kernel::Format rows_format<WeightedSpend>{"MAFS", 1, "state of the aggregate gamma_gamma_fit"};

template <class Row>
class RowsState final : public kernel::State {
    static_assert(sizeof(Row) % sizeof(double) == 0, "a row is made of doubles");
    using Image = std::array<double, sizeof(Row) / sizeof(double)>;

public:
    static constexpr kernel::Format format = rows_format<Row>;

    explicit RowsState(std::pmr::memory_resource* resource) : State(format), rows_(resource) {}

    /** Throws as check() does. */
    void append(const Row& row)
    {
        check(row);
        if (informs(row)) {
            rows_.push_back(row);
        } else {
            ++skipped_;
        }
    }
    void merge(const kernel::State& state) override
    {
        const auto& other = state.as<RowsState>();
        for (std::size_t i = 0; i < other.rows_.chunk_count(); ++i) {
            for (const Row& row : other.rows_.chunk(i)) {
                rows_.push_back(row);
            }
        }
        skipped_ += other.skipped_;
    }
    [[nodiscard]] std::vector<Row> rows() const
    {
        std::vector<Row> all;
        all.reserve(rows_.size());
        for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
            all.insert(all.end(), rows_.chunk(i).begin(), rows_.chunk(i).end());
        }
        return all;
    }
    /** Rows that tell the model nothing. */
    [[nodiscard]] std::int64_t skipped() const noexcept { return skipped_; }

    [[nodiscard]] kernel::FlatValue serialise(std::pmr::memory_resource& result, std::size_t header) const override
    {
        const std::uint64_t content = 24 + rows_.size() * sizeof(Row);
        if (content > kernel::FlatBuffer::most_bytes - header) {
            throw kernel::Error(kernel::ErrorCode::limit_exceeded, "too many customers for one parallel worker", {},
                                "Set max_parallel_workers_per_gather to 0 for this query.");
        }
        kernel::FlatBuffer buffer(result, header, content);
        kernel::WireWriter out(buffer);
        out.put(format.tag);
        out.put(format.version);
        out.put(static_cast<std::uint16_t>(Image().size()));
        out.put(skipped_);
        out.put(std::uint64_t{rows_.size()});
        for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
            for (const Row& row : rows_.chunk(i)) {
                out.put_array(std::span<const double>(std::bit_cast<Image>(row)));
            }
        }
        return buffer.value();
    }
    void deserialise(std::span<const std::byte> bytes) override
    {
        kernel::WireReader in(bytes);
        if (in.get<std::uint32_t>() != format.tag || in.get<std::uint16_t>() != format.version ||
            in.get<std::uint16_t>() != Image().size()) {
            kernel::WireReader::fail("it is not a state of this aggregate of this release");
        }
        skipped_ = in.get<std::int64_t>();
        for (auto left = in.get<std::uint64_t>(); left > 0; --left) {
            Image image;
            for (double& number : image) {
                number = in.get<double>();
            }
            const Row row = std::bit_cast<Row>(image);
            check(row);
            rows_.push_back(row);
        }
        in.expect_end();
    }

private:
    kernel::ChunkList<Row> rows_;
    std::int64_t skipped_ = 0;
};

using HistoriesState = RowsState<WeightedHistory>;
using SpendsState = RowsState<WeightedSpend>;

}  // namespace marketing::lifetime_value
