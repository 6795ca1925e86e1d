#include "rfm/rfm_table.hpp"

#include <algorithm>
#include <charconv>
#include <limits>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::rfm {
namespace {

using kernel::FlatValue;
using kernel::require_valid;
using kernel::WireReader;
using kernel::WireWriter;

constexpr kernel::Format table_format{"rfmt", 1, "value of rfm_table"};
constexpr std::int64_t free_place = -1;  // as the purchases of a record
// Of a customer with refunds alone, so far.
constexpr std::int32_t no_first_day = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t no_last_day = std::numeric_limits<std::int32_t>::min();

void join(CustomerRecord& record, const CustomerRecord& row)
{
    record.first_day = std::min(record.first_day, row.first_day);
    record.last_day = std::max(record.last_day, row.last_day);
    record.purchases = customers::add_checked(record.purchases, row.purchases);
    record.amount = customers::add_checked(record.amount, row.amount);
}

}  // namespace

RfmState::RfmState(std::pmr::memory_resource* resource)
    : State(format), batch_(resource), places_(resource), ids_("customer", resource)
{
    batch_.reserve(batch_size);
}

void RfmState::append(const customers::Purchase& purchase)
{
    require_valid(purchase.purchases >= 0, "purchases must not be negative",
                  "Give 1 for a purchase and 0 for a refund, whose amount is negative.");
    const bool bought = purchase.purchases > 0;
    add({ids_.code(purchase.customer), bought ? purchase.day : no_first_day, bought ? purchase.day : no_last_day,
         purchase.purchases, purchase.amount});
}

void RfmState::append_value(std::span<const std::byte> value)
{
    const RfmTable table(value);
    for (std::size_t i = 0; i < table.size(); ++i) {
        add({ids_.code(table.id(i)), table.first_day(i), table.last_day(i), table.purchases(i), table.amount(i)});
    }
}

void RfmState::add(const CustomerRecord& row)
{
    batch_.push_back(row);
    if (batch_.size() == batch_size) {
        settle();
    }
}

void RfmState::settle()
{
    while (places_.size() < 2 * (used_ + batch_.size())) {
        grow();
    }
    const std::size_t mask = places_.size() - 1;
    for (const CustomerRecord& row : batch_) {
        __builtin_prefetch(&places_[seed_.hash(row.key) & mask], 1);
    }
    for (const CustomerRecord& row : batch_) {
        settle_row(row);
    }
    batch_.clear();
}

void RfmState::settle_row(const CustomerRecord& row)
{
    const std::size_t mask = places_.size() - 1;
    for (std::size_t at = seed_.hash(row.key) & mask;; at = (at + 1) & mask) {
        CustomerRecord& place = places_[at];
        if (place.purchases == free_place) {
            place = row;
            ++used_;
            return;
        }
        if (place.key == row.key) {
            join(place, row);
            return;
        }
    }
}

void RfmState::grow()
{
    const CustomerRecord empty{0, 0, 0, free_place, 0};
    std::pmr::vector<CustomerRecord> wider(std::max<std::size_t>(16, 2 * places_.size()), empty, places_.get_allocator());
    places_.swap(wider);
    used_ = 0;
    for (const CustomerRecord& record : wider) {
        if (record.purchases != free_place) {
            settle_row(record);
        }
    }
}

template <class Visitor>
void RfmState::for_each_row(Visitor&& visit) const
{
    for (const CustomerRecord& record : places_) {
        if (record.purchases != free_place) {
            visit(record);
        }
    }
    for (const CustomerRecord& row : batch_) {
        visit(row);
    }
}

void RfmState::merge(const kernel::State& state)
{
    const auto& other = state.as<RfmState>();
    const auto keys = ids_.merge(other.ids_);
    other.for_each_row([this, &keys](const CustomerRecord& row) {
        CustomerRecord own = row;
        own.key = keys(row.key);
        add(own);
    });
}

// Identifiers, then rows behind their number. Rows of one customer may be there more than once.
void RfmState::write(WireWriter& out) const
{
    ids_.write(out);
    out.put(std::uint64_t{used_ + batch_.size()});
    for_each_row([&out](const CustomerRecord& row) { kernel::put_row(out, row); });
}

void RfmState::read(WireReader& in)
{
    ids_.read(in);
    kernel::get_rows<CustomerRecord>(in, [this](const CustomerRecord& row) {
        const bool dated = row.first_day <= row.last_day;
        const bool plausible = customers::plausible_day(row.first_day) && customers::plausible_day(row.last_day);
        WireReader::require(ids_.knows(row.key), "a customer has no identifier");
        WireReader::require(row.purchases >= 0 && (row.purchases > 0) == dated && (!dated || plausible),
                            "a customer's purchases contradict themselves");
        add(row);
    });
}

FlatValue RfmState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    std::vector<CustomerRecord> rows;
    rows.reserve(used_ + batch_.size());
    for_each_row([&rows](const CustomerRecord& row) { rows.push_back(row); });
    stop.poll();
    std::sort(rows.begin(), rows.end(),
              [this](const CustomerRecord& a, const CustomerRecord& b) { return ids_.before(a.key, b.key); });
    stop.poll();
    std::size_t count = 0;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (count > 0 && rows[count - 1].key == rows[i].key) {
            join(rows[count - 1], rows[i]);
        } else {
            rows[count++] = rows[i];
        }
    }
    rows.resize(count);
    std::erase_if(rows, [](const CustomerRecord& row) { return row.purchases == 0; });

    const std::uint64_t bytes =
        ids_.are_texts() ? kernel::text_bytes(rows, [this](const CustomerRecord& row) { return ids_.text(row.key); }) : 0;
    return kernel::write_value(result, header, [&](WireWriter& out) {
        table_format.write(out);
        out.put(static_cast<std::uint16_t>(rows.empty() ? kernel::IdKind::none : ids_.kind()));
        out.put(static_cast<std::uint32_t>(rows.size()));
        out.put(static_cast<std::uint32_t>(bytes));
        kernel::put_column(out, rows, &CustomerRecord::first_day);
        kernel::put_column(out, rows, &CustomerRecord::last_day);
        kernel::put_column(out, rows, &CustomerRecord::purchases);
        kernel::put_column(out, rows, &CustomerRecord::amount);
        kernel::put_identifiers(out, ids_, rows, &CustomerRecord::key);
    });
}

RfmTable::RfmTable(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    table_format.expect(in);
    const auto kind = kernel::get_kind<std::uint16_t>(in);
    const auto count = in.get<std::uint32_t>();
    const auto text_bytes = in.get<std::uint32_t>();
    first_day_ = {in, count};
    last_day_ = {in, count};
    purchases_ = {in, count};
    amounts_ = {in, count};
    ids_ = {in, kind, count, text_bytes};
    in.expect_end();
    for (std::size_t i = 0; i < size(); ++i) {
        WireReader::require(customers::plausible_day(first_day_[i]) && customers::plausible_day(last_day_[i]) &&
                                first_day_[i] <= last_day_[i] && purchases_[i] >= 1,
                            "a customer's purchases contradict themselves");
    }
}

namespace {

/** The values that are scored, taken out of a table. */
struct Values {
    std::vector<std::int32_t> recency;
    std::vector<double> frequency;
    std::vector<double> monetary;

    Values(const RfmTable& table, std::optional<std::int32_t> as_of)
    {
        std::int32_t latest = as_of.value_or(std::numeric_limits<std::int32_t>::min());
        for (std::size_t i = 0; i < table.size(); ++i) {
            latest = std::max(latest, table.last_day(i));
        }
        require_valid(!as_of || latest <= *as_of, "a customer bought after as_of",
                      "Leave out rows after that day: FILTER (WHERE day <= ...) does.");
        for (std::size_t i = 0; i < table.size(); ++i) {
            recency.push_back(latest - table.last_day(i));
            frequency.push_back(static_cast<double>(table.purchases(i)));
            monetary.push_back(customers::money(table.amount(i)));
        }
    }
    [[nodiscard]] Customers view() const { return {recency, frequency, monetary}; }
};

std::array<char, 7> code_of(const Scores& scores)
{
    std::array<char, 7> code{};
    char* end = code.data();
    for (const std::uint8_t score : scores) {
        end = std::to_chars(end, code.data() + code.size(), score).ptr;
    }
    return code;
}

}  // namespace

std::vector<ScoredCustomer> score_table(const RfmTable& table, std::optional<std::int32_t> as_of, const Scoring& scoring,
                                        const kernel::StopFlag& stop)
{
    const Values values(table, as_of);
    const Scored scored = score_customers(values.view(), scoring, stop);
    std::vector<ScoredCustomer> customers;
    customers.reserve(table.size());
    for (std::size_t i = 0; i < table.size(); ++i) {
        customers.push_back({table.id(i), table.first_day(i), table.last_day(i), values.recency[i], table.purchases(i),
                             values.monetary[i], scored.scores[i], code_of(scored.scores[i])});
    }
    return customers;
}

std::vector<Bin> describe_table(const RfmTable& table, std::optional<std::int32_t> as_of, const Scoring& scoring,
                                const kernel::StopFlag& stop)
{
    const Values values(table, as_of);
    return describe_bins(values.view(), score_customers(values.view(), scoring, stop));
}

}  // namespace marketing::rfm
