/**
 * Cohorts: customers by the period of their first purchase, and what they do in each period after it. The state of the aggregate
 * analytics.cohort_table, its value, and the rows that are read from it.
 *
 * The value is flat, versioned, little endian:
 *
 *     u32 tag, u16 version, u16 grain, i32 last_day, u32 cells
 *     per cell: i32 cohort, i32 k, i64 customers, i64 last_seen, i64 purchases, i64 amount      ascending by cohort and k
 *
 * Each cohort has a cell for k = 0; periods in which nothing happened have none.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "customers/purchase.hpp"
#include "kernel/chunk_list.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/identifier_codes.hpp"
#include "kernel/named.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::cohorts {

enum class Grain : std::uint16_t { day, week, month, quarter, year };

/** The grain called `name`: day, week (ISO), month, quarter, year. Throws Error(invalid_parameter) for an unknown name. */
inline constexpr auto find_grain = kernel::names<Grain>(
    "grain",
    {{"day", Grain::day}, {"week", Grain::week}, {"month", Grain::month}, {"quarter", Grain::quarter}, {"year", Grain::year}});
/** Number of the period that a day lies in; neighbouring periods have neighbouring numbers. */
[[nodiscard]] std::int32_t period_of(std::int32_t day, Grain grain);
/** The first day of a period. */
[[nodiscard]] std::int32_t first_day_of(std::int32_t period, Grain grain);

/** What the customers of one cohort did in one period. */
struct CohortCell {
    std::int32_t cohort;  // the period of their first purchase
    std::int32_t k;       // periods since then
    std::int64_t customers;
    std::int64_t last_seen;  // of them, those who never came back
    std::int64_t purchases;
    std::int64_t amount;

    static auto fields(auto& cell)
    {
        return std::tie(cell.cohort, cell.k, cell.customers, cell.last_seen, cell.purchases, cell.amount);
    }
};

class CohortState final : public kernel::State {
public:
    static constexpr kernel::Format format{"cohs", 1, "state of the aggregate cohort_table"};

    /** All memory, now and later, comes from `resource`. */
    explicit CohortState(std::pmr::memory_resource* resource) : State(format), rows_(resource), ids_("customer", resource) {}

    /** Throws Error: invalid_parameter for another grain than before, identifiers of two kinds or purchases out of range. */
    void append(const customers::Purchase& purchase, Grain grain);
    /** Adds the rows of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** Throws Error(limit_exceeded) where one customer's purchases are too many periods apart, Stopped. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    struct Row {
        std::int64_t key;
        std::int64_t amount;
        std::int32_t period;
        std::uint32_t purchases;

        static auto fields(auto& row) { return std::tie(row.key, row.amount, row.period, row.purchases); }
    };
    class Cells;

    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    void set_grain(Grain grain);
    [[nodiscard]] std::vector<Row> rows_by_customer(const kernel::StopFlag& stop) const;

    kernel::ChunkList<Row> rows_;
    kernel::IdentifierCodes ids_;
    std::optional<Grain> grain_;
    std::int32_t last_day_ = 0;
};

/** Values of cohort_table, added up: the state of the aggregate analytics.cohort_table_union. */
class CohortUnion final : public kernel::State {
public:
    static constexpr kernel::Format format{"cohu", 1, "state of the aggregate cohort_table_union"};

    /** All memory, now and later, comes from `resource`. */
    explicit CohortUnion(std::pmr::memory_resource* resource) : State(format), cells_(resource) {}

    /** Throws Error: malformed_binary, invalid_parameter for another grain than before, numeric_range where a sum does not fit. */
    void append(std::span<const std::byte> table);
    /** Adds the cells of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** The same bytes as if all rows had been counted together, those of a customer in one value. Throws Error(limit_exceeded). */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    void add(const CohortCell& cell);
    void take_days(Grain grain, std::int32_t last_day);

    std::pmr::map<std::pair<std::int32_t, std::int32_t>, CohortCell> cells_;  // by cohort and k
    std::optional<Grain> grain_;                                              // once there is a value
    std::int32_t last_day_ = 0;
};

/** One row of the result. */
struct CohortRow {
    std::int32_t cohort;  // first day of the period of the first purchase
    std::int32_t k;       // periods since then
    std::int32_t period;  // first day of the period
    std::int64_t size;    // customers of the cohort
    std::int64_t customers;
    std::int64_t still_active;  // who bought in this period or in a later one
    std::int64_t purchases;
    std::int64_t amount;
    std::int64_t cumulative_amount;
    bool is_partial;  // the period ends after the last day
};

/**
 * Every cohort with every period up to that of `until`, periods without purchases included. Without `until`: up to the last day
 * there is. Throws Error: malformed_binary, invalid_parameter where `until` is before the last day, limit_exceeded.
 */
[[nodiscard]] std::vector<CohortRow> cohort_rows(std::span<const std::byte> table, std::optional<std::int32_t> until,
                                                 const kernel::StopFlag& stop);

}  // namespace marketing::cohorts
