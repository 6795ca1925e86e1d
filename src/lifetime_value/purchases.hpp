/**
 * The value of the SQL type analytics.purchases: on which days each customer bought, and for how much.
 *
 * Flat, versioned, little endian, read where it lies. Layout (`end` arrays hold where each element ends, the next begins there):
 *
 *     u32 tag, u16 version, u8 kind of customer identifiers, u8 zero
 *     u32 customers, days, bytes of all identifiers
 *     customers:  i64 id[customers], or u32 end[customers], bytes   distinct, ascending
 *                 u32 day_end[customers]
 *     days:       i32 day[days]                                     2 * day + 1 where there were refunds only; ascending
 *                 f64 amount[days]                                  all rows of that day added up, finite
 *
 * A day counts once, however many rows it has. A refund is no purchase: its amount, which is negative as a rule, belongs to what was
 * paid on its day, or else to the customer's last day of purchase before; one before the first counts in the total alone. The same
 * purchases always have the same bytes.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <string_view>
#include <tuple>

#include "kernel/chunk_list.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/identifier_codes.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"

namespace marketing::lifetime_value {

using kernel::FlatValue;
using kernel::Identifier;
using kernel::IdKind;

/** Days since any fixed day, in a range whose double fits. */
constexpr std::int32_t most_days = 1'000'000'000;

/** What one customer did until a day. */
struct PurchaseSummary {
    std::int32_t first_day = 0;
    std::int32_t last_day = 0;
    std::int64_t frequency = 0;          // days of purchase after the first
    double recency = 0;                  // from the first to the last, in units
    double age = 0;                      // from the first to the end of the observation, in units
    double repeat_value = 0;             // paid on the days after the first
    double total_value = 0;              // paid on all days, less all refunds
    std::int64_t holdout_frequency = 0;  // days of purchase after the observation, to the end of the holdout
    double holdout_value = 0;

    /** NaN where the customer bought on one day only. */
    [[nodiscard]] double mean_repeat_value() const noexcept { return repeat_value / static_cast<double>(frequency); }
};

/** The observation of a summary. */
struct Observation {
    std::int32_t until = 0;          // the last day that is known
    std::int32_t holdout_until = 0;  // the last day that is compared with; `until` where there is none
    double days_per_unit = 1;
};

class PurchasesView {
public:
    /** Checks everything that the other members rely on, in O(size); throws Error(malformed_binary). */
    explicit PurchasesView(std::span<const std::byte> bytes);

    [[nodiscard]] std::size_t customer_count() const noexcept { return day_end_.size(); }
    [[nodiscard]] kernel::Identifier customer(std::size_t index) const noexcept { return customers_[index]; }
    /** The last day with a row; nothing where there is no row at all. */
    [[nodiscard]] std::optional<std::int32_t> last_day() const noexcept;
    /** Nothing where the customer has not yet bought by then. Throws Error(numeric_range) where amounts add up beyond doubles. */
    [[nodiscard]] std::optional<PurchaseSummary> summary(std::size_t customer, const Observation& observation) const;

    /** Calls `visit(day)` for each day of purchase after the first, until a day. */
    template <class Visit>
    void for_each_repeat(std::size_t customer, std::int32_t until, Visit&& visit) const
    {
        bool is_first = true;
        for (std::uint32_t at = day_end_.begin(customer); at < day_end_.end(customer) && (day_[at] >> 1) <= until; ++at) {
            if ((day_[at] & 1) == 0) {
                if (!is_first) {
                    visit(day_[at] >> 1);
                }
                is_first = false;
            }
        }
    }

    /** Calls `visit(day, amount, refund)` for each day of a customer. */
    template <class Visit>
    void for_each_day(std::size_t customer, Visit&& visit) const
    {
        for (std::uint32_t at = day_end_.begin(customer); at < day_end_.end(customer); ++at) {
            visit(day_[at] >> 1, amount_[at], (day_[at] & 1) != 0);
        }
    }

    /** The texts in the value, for the check of their encoding. */
    [[nodiscard]] std::size_t key_count() const noexcept { return customers_.texts().size(); }
    [[nodiscard]] std::string_view key(std::size_t index) const noexcept { return customers_.texts()[index]; }

private:
    void check_days() const;

    kernel::IdentifierColumn customers_;
    kernel::EndColumn day_end_;
    kernel::FlatColumn<std::int32_t> day_;
    kernel::FlatColumn<double> amount_;
};

/** The state of the aggregate: rows as they came. Sorted at the end, so that no order, split or merge of the rows shows. */
class PurchasesState final : public kernel::State {
public:
    static constexpr kernel::Format format{"MAPS", 1, "state of the aggregate purchases"};

    /** All memory, now and later, comes from `resource`. */
    explicit PurchasesState(std::pmr::memory_resource* resource)
        : State(format), resource_(resource), ids_("customer", resource), rows_(resource)
    {
    }

    /**
     * Throws Error: invalid_parameter where the customer is of another kind than before, numeric_range where the day is beyond
     * most_days or the amount NaN or infinite.
     */
    void append(const kernel::Identifier& customer, std::int32_t day, double amount, bool refund);
    /** Adds a value, as if its days were rows. Throws Error: malformed_binary, invalid_parameter as above. */
    void append_value(std::span<const std::byte> value);
    /** Adds the rows of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** The value, `header` bytes left before it. The state stays as it is. Throws Error(limit_exceeded) past 1 GB, Stopped. */
    [[nodiscard]] FlatValue finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const;

private:
    struct Row {
        std::int64_t customer;  // the number itself, or the code of the text
        double amount;
        std::int32_t day;  // 2 * day + 1 for a refund

        static auto fields(auto& row) { return std::tie(row.customer, row.amount, row.day); }
    };
    class Finisher;

    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;

    std::pmr::memory_resource* resource_;
    kernel::IdentifierCodes ids_;
    kernel::ChunkList<Row> rows_;
};

}  // namespace marketing::lifetime_value
