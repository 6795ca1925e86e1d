/** The state of the aggregates that fit models: rows as they came. The fit sorts them, so no order, split or merge shows. */
#pragma once

#include <cmath>
#include <cstdint>
#include <memory_resource>
#include <span>
#include <vector>

#include "kernel/chunk_list.hpp"
#include "kernel/error.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/state.hpp"
#include "kernel/wire.hpp"
#include "lifetime_value/fit.hpp"

namespace marketing::lifetime_value {

/** Throws Error(invalid_parameter) unless the history is possible and the weight finite and not negative. */
inline void check(const WeightedHistory& row)
{
    check(row.history);
    kernel::require_valid(std::isfinite(row.weight) && row.weight >= 0, "a weight must be finite and not negative");
}

/** Throws Error(invalid_parameter) unless frequency and mean are finite, and frequency is not negative. */
inline void check(const WeightedSpend& row)
{
    kernel::require_valid(std::isfinite(row.frequency) && std::isfinite(row.mean) && row.frequency >= 0,
                          "frequency must not be negative, and frequency and value finite");
}

/** Whether a row tells the model something. */
inline bool informs(const WeightedHistory& row)
{
    return row.weight > 0;
}
inline bool informs(const WeightedSpend& row)
{
    return row.frequency > 0;
}

template <class Row>
extern const kernel::Format rows_format;
template <>
inline constexpr kernel::Format rows_format<WeightedHistory>{"MAFH", 1, "state of the aggregates that fit purchases"};
template <>
inline constexpr kernel::Format rows_format<WeightedSpend>{"MAFS", 1, "state of the aggregate gamma_gamma_fit"};

template <class Row>
class RowsState final : public kernel::State {
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
        rows_.append(other.rows_);
        skipped_ += other.skipped_;
    }
    [[nodiscard]] std::vector<Row> rows() const { return rows_.to_vector(); }
    /** Rows that tell the model nothing. */
    [[nodiscard]] std::int64_t skipped() const noexcept { return skipped_; }

private:
    void write(kernel::WireWriter& out) const override
    {
        out.put(skipped_);
        kernel::put_rows(out, rows_);
    }
    void read(kernel::WireReader& in) override
    {
        skipped_ = in.get<std::int64_t>();
        kernel::get_rows<Row>(in, [this](const Row& row) {
            check(row);
            rows_.push_back(row);
        });
    }

    kernel::ChunkList<Row> rows_;
    std::int64_t skipped_ = 0;
};

using HistoriesState = RowsState<WeightedHistory>;
using SpendsState = RowsState<WeightedSpend>;

}  // namespace marketing::lifetime_value
