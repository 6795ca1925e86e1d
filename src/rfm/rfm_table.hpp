/**
 * What RFM asks of each customer, from one pass over purchases: the state of the aggregate analytics.rfm_table, and its value.
 *
 * The value is flat, versioned, little endian, read where it lies:
 *
 *     u32 tag, u16 version, u16 kind of identifiers, u32 customers, u32 bytes of all text identifiers
 *     i32 first_day[customers], i32 last_day[customers], i64 purchases[customers], i64 amount[customers]
 *     i64 id[customers], or u32 end[customers] and the bytes      distinct, ascending
 */
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory_resource>
#include <optional>
#include <span>
#include <tuple>
#include <vector>

#include "customers/purchase.hpp"
#include "kernel/flat_format.hpp"
#include "kernel/hash.hpp"
#include "kernel/identifier_codes.hpp"
#include "kernel/state.hpp"
#include "kernel/stop.hpp"
#include "rfm/rfm.hpp"

namespace marketing::rfm {

struct CustomerRecord {
    std::int64_t key;  // the identifier, or the code of its text
    std::int32_t first_day;
    std::int32_t last_day;
    std::int64_t purchases;  // negative: a free place of the table
    std::int64_t amount;

    static auto fields(auto& record)
    {
        return std::tie(record.key, record.first_day, record.last_day, record.purchases, record.amount);
    }
};

class RfmState final : public kernel::State {
public:
    static constexpr kernel::Format format{"rfms", 1, "state of the aggregate rfm_table"};

    /** All memory, now and later, comes from `resource`. */
    explicit RfmState(std::pmr::memory_resource* resource);

    /** Throws Error: invalid_parameter for identifiers of two kinds or negative purchases, numeric_range where a sum does not fit. */
    void append(const customers::Purchase& purchase);
    /** Adds the customers of a value. Throws Error: malformed_binary, and as above. */
    void append_value(std::span<const std::byte> value);
    /** Adds the customers of `other`, which stays as it is. */
    void merge(const kernel::State& other) override;

    /** The customers with a purchase, by identifier: integers by number, texts by bytes. */
    [[nodiscard]] kernel::FlatValue finish(std::pmr::memory_resource& result, std::size_t header,
                                           const kernel::StopFlag& stop) const;

private:
    void write(kernel::WireWriter& out) const override;
    void read(kernel::WireReader& in) override;
    void add(const CustomerRecord& row);
    void settle();
    void settle_row(const CustomerRecord& row);
    void grow();
    /** Calls `visit(row)` for each customer's record, and for the rows that wait to be added to them. */
    template <class Visitor>
    void for_each_row(Visitor&& visit) const;

    static constexpr std::size_t batch_size = 128;

    // Rows wait here, so that the places they go to are fetched before they are needed.
    std::pmr::vector<CustomerRecord> batch_;
    std::pmr::vector<CustomerRecord> places_;  // open addressing, a power of two, at most half full
    kernel::HashSeed seed_ = kernel::HashSeed::next();
    std::size_t used_ = 0;
    kernel::IdentifierCodes ids_;
};

/** The value, checked and read where it lies. */
class RfmTable {
public:
    /** Throws Error(malformed_binary). */
    explicit RfmTable(std::span<const std::byte> bytes);

    [[nodiscard]] std::size_t size() const noexcept { return ids_.size(); }
    [[nodiscard]] std::int32_t first_day(std::size_t i) const noexcept { return first_day_[i]; }
    [[nodiscard]] std::int32_t last_day(std::size_t i) const noexcept { return last_day_[i]; }
    [[nodiscard]] std::int64_t purchases(std::size_t i) const noexcept { return purchases_[i]; }
    [[nodiscard]] std::int64_t amount(std::size_t i) const noexcept { return amounts_[i]; }
    [[nodiscard]] kernel::Identifier id(std::size_t i) const noexcept { return ids_[i]; }

private:
    kernel::FlatColumn<std::int32_t> first_day_;
    kernel::FlatColumn<std::int32_t> last_day_;
    kernel::FlatColumn<std::int64_t> purchases_;
    kernel::FlatColumn<std::int64_t> amounts_;
    kernel::IdentifierColumn ids_;
};

/** A customer of a table, and its scores. Plain data; a text identifier lies in the table. */
struct ScoredCustomer {
    kernel::Identifier customer;
    std::int32_t first_day;
    std::int32_t last_day;
    std::int32_t recency;  // days
    std::int64_t purchases;
    double monetary;
    Scores scores;
    std::array<char, 7> code;  // the scores one after another, as a string: 555
};

/**
 * The customers of a table as they stand on a day, that of the last purchase unless it is given. Throws Error(invalid_parameter)
 * where one bought after that day, and as score_customers does; Stopped.
 */
[[nodiscard]] std::vector<ScoredCustomer> score_table(const RfmTable& table, std::optional<std::int32_t> as_of,
                                                      const Scoring& scoring, const kernel::StopFlag& stop);

/** The bins of these scores; see describe_bins. */
[[nodiscard]] std::vector<Bin> describe_table(const RfmTable& table, std::optional<std::int32_t> as_of, const Scoring& scoring,
                                              const kernel::StopFlag& stop);

}  // namespace marketing::rfm
