#include "rfm/rfm_table.hpp"

#include <algorithm>
#include <limits>
#include <string>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"

namespace marketing::rfm {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::FlatBuffer;
using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

constexpr std::uint32_t table_tag = 0x746d6672;  // "rfmt"
constexpr std::uint16_t version = 1;
constexpr std::int64_t free_place = -1;  // as the purchases of a record
// Of a customer with refunds alone, so far.
constexpr std::int32_t no_first_day = std::numeric_limits<std::int32_t>::max();
constexpr std::int32_t no_last_day = std::numeric_limits<std::int32_t>::min();

std::size_t hash_of(std::int64_t key) noexcept
{
    const auto product =
        static_cast<unsigned __int128>(static_cast<std::uint64_t>(key) ^ 0x9e3779b97f4a7c15U) * 0xd6e8feb86659fd93U;
    return static_cast<std::size_t>(static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U));
}

void join(CustomerRecord& record, const CustomerRecord& row)
{
    record.first_day = std::min(record.first_day, row.first_day);
    record.last_day = std::max(record.last_day, row.last_day);
    record.purchases = customers::add_checked(record.purchases, row.purchases);
    record.units = customers::add_checked(record.units, row.units);
}

void write_record(WireWriter<FlatBuffer>& out, const CustomerRecord& record)
{
    out.put(record.key);
    out.put(record.first_day);
    out.put(record.last_day);
    out.put(record.purchases);
    out.put(record.units);
}

}  // namespace

RfmState::RfmState(std::pmr::memory_resource* resource) : State(format), batch_(resource), places_(resource), ids_(resource)
{
    batch_.reserve(batch_size);
}

void RfmState::append(const customers::Purchase& purchase)
{
    if (purchase.purchases < 0) {
        throw Error(ErrorCode::invalid_parameter, "purchases must not be negative", {},
                    "Give 1 for a purchase and 0 for a refund, whose amount is negative.");
    }
    const bool bought = purchase.purchases > 0;
    add({ids_.key(purchase.customer), bought ? purchase.day : no_first_day, bought ? purchase.day : no_last_day,
         purchase.purchases, purchase.units});
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
        __builtin_prefetch(&places_[hash_of(row.key) & mask], 1);
    }
    for (const CustomerRecord& row : batch_) {
        settle_row(row);
    }
    batch_.clear();
}

void RfmState::settle_row(const CustomerRecord& row)
{
    const std::size_t mask = places_.size() - 1;
    for (std::size_t at = hash_of(row.key) & mask;; at = (at + 1) & mask) {
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
    other.for_each_row([this, &other](const CustomerRecord& row) {
        CustomerRecord own = row;
        own.key = ids_.key(other.ids_.customer(row.key));
        add(own);
    });
}

// Serialised: tag, version, identifiers, number of rows, rows. Rows of one customer may be there more than once.
FlatValue RfmState::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    constexpr std::uint64_t row_size = 4 * sizeof(std::int64_t);
    const std::uint64_t rows = used_ + batch_.size();
    FlatBuffer buffer = customers::allocate_value(
        result, header, sizeof RfmState::format.tag + sizeof version + ids_.wire_size() + sizeof rows + rows * row_size);
    WireWriter out(buffer);
    out.put(RfmState::format.tag);
    out.put(version);
    ids_.write(out);
    out.put(rows);
    for_each_row([&out](const CustomerRecord& row) { write_record(out, row); });
    return buffer.value();
}

void RfmState::deserialise(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    if (in.get<std::uint32_t>() != RfmState::format.tag || in.get<std::uint16_t>() != version) {
        WireReader::fail("it is no state of rfm_table of this version");
    }
    ids_.read(in);
    for (auto left = in.get<std::uint64_t>(); left > 0; --left) {
        const CustomerRecord row{in.get<std::int64_t>(), in.get<std::int32_t>(), in.get<std::int32_t>(), in.get<std::int64_t>(),
                                 in.get<std::int64_t>()};
        ids_.check(row.key);
        const bool dated = row.first_day <= row.last_day;
        if (row.purchases < 0 || (row.purchases > 0) != dated ||
            (dated && !(customers::plausible_day(row.first_day) && customers::plausible_day(row.last_day)))) {
            WireReader::fail("a customer's purchases contradict themselves");
        }
        add(row);
    }
    in.expect_end();
}

FlatValue RfmState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    std::vector<CustomerRecord> rows;
    rows.reserve(used_ + batch_.size());
    for_each_row([&rows](const CustomerRecord& row) { rows.push_back(row); });
    stop.poll();
    if (ids_.kind() == kernel::IdKind::text) {
        std::sort(rows.begin(), rows.end(), [this](const CustomerRecord& a, const CustomerRecord& b) {
            return ids_.customer(a.key).text < ids_.customer(b.key).text;
        });
    } else {
        std::sort(rows.begin(), rows.end(), [](const CustomerRecord& a, const CustomerRecord& b) { return a.key < b.key; });
    }
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

    const bool texts = ids_.kind() == kernel::IdKind::text;
    std::uint64_t text_size = 0;
    for (const CustomerRecord& row : rows) {
        text_size += texts ? ids_.customer(row.key).text.size() : 0;
    }
    const std::uint64_t customer_size =
        2 * sizeof(std::int32_t) + 2 * sizeof(std::int64_t) + (texts ? sizeof(std::uint32_t) : sizeof(std::int64_t));
    FlatBuffer buffer = customers::allocate_value(result, header, 16 + rows.size() * customer_size + text_size);
    WireWriter out(buffer);
    out.put(table_tag);
    out.put(version);
    out.put(static_cast<std::uint16_t>(ids_.kind()));
    out.put(static_cast<std::uint32_t>(rows.size()));
    out.put(static_cast<std::uint32_t>(text_size));
    const auto column = [&out, &rows](auto member) {
        for (const CustomerRecord& row : rows) {
            out.put(row.*member);
        }
    };
    column(&CustomerRecord::first_day);
    column(&CustomerRecord::last_day);
    column(&CustomerRecord::purchases);
    column(&CustomerRecord::units);
    if (!texts) {
        column(&CustomerRecord::key);
        return buffer.value();
    }
    std::uint32_t end = 0;
    for (const CustomerRecord& row : rows) {
        end += static_cast<std::uint32_t>(ids_.customer(row.key).text.size());
        out.put(end);
    }
    for (const CustomerRecord& row : rows) {
        const std::string_view text = ids_.customer(row.key).text;
        out.put_array(std::span(text.data(), text.size()));
    }
    return buffer.value();
}

RfmTable::RfmTable(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    if (in.get<std::uint32_t>() != table_tag || in.get<std::uint16_t>() != version) {
        WireReader::fail("it is no value of rfm_table of this version");
    }
    const auto kind = in.get<std::uint16_t>();
    size_ = in.get<std::uint32_t>();
    const auto text_size = in.get<std::uint32_t>();
    if (kind > static_cast<std::uint16_t>(kernel::IdKind::text) ||
        (size_ > 0 && kind == static_cast<std::uint16_t>(kernel::IdKind::none))) {
        WireReader::fail("its kind of identifiers is unknown");
    }
    kind_ = static_cast<kernel::IdKind>(kind);
    first_day_ = kernel::FlatColumn<std::int32_t>(in.get_array<std::int32_t>(size_));
    last_day_ = kernel::FlatColumn<std::int32_t>(in.get_array<std::int32_t>(size_));
    purchases_ = kernel::FlatColumn<std::int64_t>(in.get_array<std::int64_t>(size_));
    units_ = kernel::FlatColumn<std::int64_t>(in.get_array<std::int64_t>(size_));
    if (kind_ != kernel::IdKind::text) {
        numbers_ = kernel::FlatColumn<std::int64_t>(in.get_array<std::int64_t>(size_));
    } else {
        text_ends_ = kernel::FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(size_));
        texts_ = in.get_array<char>(text_size);
        std::uint32_t before = 0;
        for (std::size_t i = 0; i < size_; ++i) {
            if (text_ends_[i] < before || text_ends_[i] > text_size) {
                WireReader::fail("its identifiers overlap");
            }
            before = text_ends_[i];
        }
    }
    in.expect_end();
    for (std::size_t i = 0; i < size_; ++i) {
        if (!customers::plausible_day(first_day_[i]) || !customers::plausible_day(last_day_[i]) ||
            first_day_[i] > last_day_[i] || purchases_[i] < 1) {
            WireReader::fail("a customer's purchases contradict themselves");
        }
    }
}

kernel::Identifier RfmTable::id(std::size_t i) const noexcept
{
    if (kind_ != kernel::IdKind::text) {
        return kernel::Identifier::of(numbers_[i]);
    }
    const std::size_t begin = i == 0 ? 0 : text_ends_[i - 1];
    const auto text = texts_.subspan(begin, text_ends_[i] - begin);
    return kernel::Identifier::of(std::string_view{reinterpret_cast<const char*>(text.data()), text.size()});
}

}  // namespace marketing::rfm
