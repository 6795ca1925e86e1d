#include "lifetime_value/purchases.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel/error.hpp"
#include "kernel/wire.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::lifetime_value {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::FlatBuffer;
using kernel::FlatColumn;
using kernel::WireReader;
using kernel::WireWriter;
using numeric::CompensatedSum;

constexpr std::uint32_t value_tag = 0x4350414d;  // "MAPC"
constexpr std::uint16_t value_version = 1;
constexpr std::uint64_t value_header = 20;
constexpr std::uint64_t row_bytes = 20;

void require(bool holds, const char* what)
{
    if (!holds) {
        WireReader::fail(what);
    }
}

FlatBuffer buffer_for(std::pmr::memory_resource& result, std::size_t header, std::uint64_t content)
{
    if (content > FlatBuffer::most_bytes - header) {
        throw Error(ErrorCode::limit_exceeded, "the purchases do not fit in one value",
                    "They need " + std::to_string(content) + " bytes; a value holds at most 1 GB.",
                    "Group by a part of the customers, for example by the last digit of their number.");
    }
    return FlatBuffer(result, header, content);
}

bool possible_kind(std::uint8_t kind)
{
    return kind <= static_cast<std::uint8_t>(kernel::IdKind::text);
}

constexpr std::int32_t refund_bit = 1;

bool possible_day(std::int32_t code)
{
    return code >= -2 * most_days && code <= 2 * most_days + refund_bit;
}

}  // namespace

PurchasesView::PurchasesView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    require(in.get<std::uint32_t>() == value_tag && in.get<std::uint16_t>() == value_version,
            "it is not a purchases value of this release");
    const auto kind = in.get<std::uint8_t>();
    require(possible_kind(kind) && in.get<std::uint8_t>() == 0, "its kind of identifiers is unknown");
    kind_ = static_cast<kernel::IdKind>(kind);
    const auto customers = in.get<std::uint32_t>();
    const auto days = in.get<std::uint32_t>();
    const auto text_bytes = in.get<std::uint32_t>();
    require(kind_ != kernel::IdKind::none || customers == 0, "its customers have no identifiers");
    if (kind_ == kernel::IdKind::text) {
        text_end_ = FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(customers));
    } else {
        number_ = FlatColumn<std::int64_t>(in.get_array<std::int64_t>(customers));
        require(text_bytes == 0, "numbers have no text");
    }
    const auto texts = in.get_array<char>(text_bytes);
    texts_ = {reinterpret_cast<const char*>(texts.data()), texts.size()};
    day_end_ = FlatColumn<std::uint32_t>(in.get_array<std::uint32_t>(customers));
    day_ = FlatColumn<std::int32_t>(in.get_array<std::int32_t>(days));
    amount_ = FlatColumn<double>(in.get_array<double>(days));
    in.expect_end();
    check_customers();
    check_days();
}

void PurchasesView::check_customers() const
{
    std::uint32_t end = 0;
    for (std::size_t i = 0; i < text_end_.size(); ++i) {
        require(text_end_[i] >= end, "its identifiers overlap");
        end = text_end_[i];
    }
    require(end == texts_.size(), "its identifiers do not add up");
    for (std::size_t i = 1; i < customer_count(); ++i) {
        require(customer(i - 1) < customer(i), "its customers are not in order");
    }
}

void PurchasesView::check_days() const
{
    std::uint32_t begin = 0;
    for (std::size_t i = 0; i < customer_count(); ++i) {
        const std::uint32_t end = day_end_[i];
        require(end > begin && end <= day_.size(), "a customer has no days");
        for (std::uint32_t at = begin; at < end; ++at) {
            require(possible_day(day_[at]) && std::isfinite(amount_[at]), "a day or an amount is out of range");
            require(at == begin || day_[at - 1] >> 1 < day_[at] >> 1, "the days of a customer are not in order");
        }
        begin = end;
    }
    require(begin == day_.size(), "there are days of no customer");
}

kernel::Identifier PurchasesView::customer(std::size_t index) const noexcept
{
    if (kind_ == kernel::IdKind::text) {
        const std::size_t begin = index == 0 ? 0 : text_end_[index - 1];
        return kernel::Identifier::of(texts_.substr(begin, text_end_[index] - begin));
    }
    return kernel::Identifier::of(number_[index]);
}

std::optional<std::int32_t> PurchasesView::last_day() const noexcept
{
    std::optional<std::int32_t> last;
    for (std::size_t i = 0; i < customer_count(); ++i) {
        const std::int32_t day = day_[day_end_[i] - 1] >> 1;
        last = last ? std::max(*last, day) : day;
    }
    return last;
}

std::optional<PurchaseSummary> PurchasesView::summary(std::size_t customer, const Observation& observation) const noexcept
{
    PurchaseSummary s;
    std::int64_t purchases = 0;
    CompensatedSum repeat;
    CompensatedSum total;
    CompensatedSum holdout;
    for (std::size_t at = customer == 0 ? 0 : day_end_[customer - 1]; at < day_end_[customer]; ++at) {
        const std::int32_t day = day_[at] >> 1;
        const bool refund = (day_[at] & refund_bit) != 0;
        if (day > observation.until) {
            if (purchases == 0 || day > observation.holdout_until) {
                break;
            }
            s.holdout_frequency += refund ? 0 : 1;
            holdout.add(amount_[at]);
            continue;
        }
        if (!refund) {
            s.first_day = purchases == 0 ? day : s.first_day;
            s.last_day = day;
            ++purchases;
        }
        total.add(amount_[at]);
        if (purchases > 1) {
            repeat.add(amount_[at]);
        }
    }
    if (purchases == 0) {
        return std::nullopt;
    }
    s.frequency = purchases - 1;
    s.recency = (static_cast<double>(s.last_day) - s.first_day) / observation.days_per_unit;
    s.age = (static_cast<double>(observation.until) - s.first_day) / observation.days_per_unit;
    s.repeat_value = repeat.value();
    s.total_value = total.value();
    s.holdout_value = holdout.value();
    return s;
}

void PurchasesState::expect_kind(kernel::IdKind kind)
{
    if (kind_ == kernel::IdKind::none) {
        kind_ = kind;
    } else if (kind_ != kind) {
        throw Error(ErrorCode::invalid_parameter, "customer identifiers must all be of one kind, integers or texts");
    }
}

void PurchasesState::append(const kernel::Identifier& customer, std::int32_t day, double amount, bool refund)
{
    if (!std::isfinite(amount)) {
        throw Error(ErrorCode::numeric_range, "the amount of a purchase must be finite");
    }
    if (day < -most_days || day > most_days) {
        throw Error(ErrorCode::numeric_range, "the day of a purchase is out of range");
    }
    expect_kind(customer.kind);
    const std::int64_t code =
        customer.kind == kernel::IdKind::integer ? customer.number : std::int64_t{texts_.code(customer.text)};
    // -0 becomes 0: one value, one image.
    rows_.push_back({code, amount + 0.0, 2 * day + (refund ? refund_bit : 0)});
}

void PurchasesState::merge(const kernel::State& state)
{
    const auto& other = state.as<PurchasesState>();
    if (other.kind_ == kernel::IdKind::none) {
        return;
    }
    expect_kind(other.kind_);
    std::pmr::vector<std::int64_t> codes(resource_);
    for (std::uint32_t code = 0; code < other.texts_.size(); ++code) {
        codes.push_back(texts_.code(other.texts_.text(code)));
    }
    for (std::size_t i = 0; i < other.rows_.chunk_count(); ++i) {
        for (Row row : other.rows_.chunk(i)) {
            row.customer = kind_ == kernel::IdKind::text ? codes[static_cast<std::size_t>(row.customer)] : row.customer;
            rows_.push_back(row);
        }
    }
}

// Serialised: tag, version, kind, zero; the texts, each behind its length, behind their count; the rows behind theirs.
FlatValue PurchasesState::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    std::uint64_t size = 8 + sizeof(std::uint32_t) + sizeof(std::uint64_t) + rows_.size() * row_bytes;
    for (std::uint32_t code = 0; code < texts_.size(); ++code) {
        size += sizeof(std::uint32_t) + texts_.text(code).size();
    }
    FlatBuffer buffer = buffer_for(result, header, size);
    WireWriter out(buffer);
    out.put(PurchasesState::format.tag);
    out.put(PurchasesState::format.version);
    out.put(static_cast<std::uint8_t>(kind_));
    out.put(std::uint8_t{0});
    out.put(static_cast<std::uint32_t>(texts_.size()));
    for (std::uint32_t code = 0; code < texts_.size(); ++code) {
        out.put_text(texts_.text(code));
    }
    out.put(std::uint64_t{rows_.size()});
    for (std::size_t i = 0; i < rows_.chunk_count(); ++i) {
        for (const Row& row : rows_.chunk(i)) {
            out.put(row.customer);
            out.put(row.amount);
            out.put(row.day);
        }
    }
    return buffer.value();
}

void PurchasesState::deserialise(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    require(in.get<std::uint32_t>() == PurchasesState::format.tag && in.get<std::uint16_t>() == PurchasesState::format.version,
            "it is not a state of the aggregate purchases of this release");
    const auto kind = in.get<std::uint8_t>();
    require(possible_kind(kind) && in.get<std::uint8_t>() == 0, "its kind of identifiers is unknown");
    kind_ = static_cast<kernel::IdKind>(kind);
    const auto count = in.get<std::uint32_t>();
    require(kind_ == kernel::IdKind::text || count == 0, "numbers have no text");
    for (std::uint32_t code = 0; code < count; ++code) {
        require(texts_.code(in.get_text()) == code, "its dictionary names a text twice");
    }
    auto left = in.get<std::uint64_t>();
    require(kind_ != kernel::IdKind::none || left == 0, "its customers have no identifiers");
    for (; left > 0; --left) {
        const Row row{in.get<std::int64_t>(), in.get<double>(), in.get<std::int32_t>()};
        require(kind_ == kernel::IdKind::integer || (row.customer >= 0 && row.customer < count),
                "a row names a text that is not there");
        require(std::isfinite(row.amount) && possible_day(row.day), "a row is out of range");
        rows_.push_back(row);
    }
    in.expect_end();
}

/** The steps from the state to the value; the temporaries come from the state's memory. */
class PurchasesState::Finisher {
public:
    Finisher(const PurchasesState& state, const kernel::StopFlag& stop)
        : state_(state),
          stop_(stop),
          rows_(state.resource_),
          bucket_begin_(state.resource_),
          customers_(state.resource_),
          slots_(state.resource_),
          locals_(state.resource_),
          local_of_(state.resource_),
          scratch_(state.resource_)
    {
        scatter();
        for (std::size_t bucket = 0; bucket + 1 < bucket_begin_.size(); ++bucket) {
            stop_.poll();
            collapse(bucket_begin_[bucket], bucket_begin_[bucket + 1]);
        }
        sort_customers();
    }

    [[nodiscard]] FlatValue write(std::pmr::memory_resource& result, std::size_t header) const;

private:
    struct Customer {
        std::int64_t code;
        std::size_t first;  // place of its first day in rows_
        std::uint32_t days;
    };

    /** A customer of the bucket at hand. */
    struct Local {
        std::int64_t code;
        std::uint32_t rows;
        std::uint32_t end;  // of its rows, once they are together
    };

    void scatter();
    void gather(std::size_t begin, std::size_t end);
    [[nodiscard]] std::uint32_t local(std::int64_t code);
    void collapse(std::size_t begin, std::size_t end);
    [[nodiscard]] static Row collapsed(std::span<const Row> day);
    void sort_customers();

    const PurchasesState& state_;
    const kernel::StopFlag& stop_;
    std::pmr::vector<Row> rows_;  // by bucket of the customer; then its days, each as one row
    std::pmr::vector<std::size_t> bucket_begin_;
    std::pmr::vector<Customer> customers_;
    std::pmr::vector<std::uint32_t> slots_;  // hash table of one bucket: place in locals_, plus 1
    std::pmr::vector<Local> locals_;
    std::pmr::vector<std::uint32_t> local_of_;
    std::pmr::vector<Row> scratch_;
    int bucket_bits_ = 0;
    std::size_t day_count_ = 0;
    std::uint64_t text_bytes_ = 0;
};

namespace {

/** Spreads customers over buckets; no result depends on it. */
std::uint64_t spread(std::int64_t code)
{
    return static_cast<std::uint64_t>(code) * 0x9e3779b97f4a7c15U;
}

}  // namespace

// A bucket's rows fit the cache, where bringing the rows of a customer together costs little.
void PurchasesState::Finisher::scatter()
{
    constexpr std::size_t rows_per_bucket = 8192;
    constexpr std::size_t most_buckets = 2048;
    const std::size_t buckets = std::min(std::bit_ceil(state_.rows_.size() / rows_per_bucket + 1), most_buckets);
    bucket_bits_ = static_cast<int>(std::bit_width(buckets - 1));
    const auto bucket_of = [bits = bucket_bits_](const Row& row) {
        return bits == 0 ? 0 : spread(row.customer) >> (64 - bits);
    };
    bucket_begin_.assign(buckets + 1, 0);
    for (std::size_t i = 0; i < state_.rows_.chunk_count(); ++i) {
        for (const Row& row : state_.rows_.chunk(i)) {
            ++bucket_begin_[bucket_of(row) + 1];
        }
    }
    for (std::size_t bucket = 0; bucket < buckets; ++bucket) {
        bucket_begin_[bucket + 1] += bucket_begin_[bucket];
    }
    std::pmr::vector<std::size_t> next(bucket_begin_, state_.resource_);
    rows_.resize(state_.rows_.size());
    for (std::size_t i = 0; i < state_.rows_.chunk_count(); ++i) {
        stop_.poll();
        for (const Row& row : state_.rows_.chunk(i)) {
            rows_[next[bucket_of(row)]++] = row;
        }
    }
}

PurchasesState::Row PurchasesState::Finisher::collapsed(std::span<const Row> day)
{
    // Purchases come before refunds: the first row tells whether anything was bought.
    CompensatedSum sum;
    for (const Row& row : day) {
        sum.add(row.amount);
    }
    if (!std::isfinite(sum.value())) {
        throw Error(ErrorCode::numeric_range, "the amounts of a day add up to more than a number can hold");
    }
    return {day.front().customer, sum.value(), day.front().day};
}

std::uint32_t PurchasesState::Finisher::local(std::int64_t code)
{
    const std::size_t mask = slots_.size() - 1;
    // The highest bits chose the bucket.
    const int shift = 64 - static_cast<int>(std::bit_width(mask));
    for (std::size_t at = (spread(code) << bucket_bits_) >> shift;; at = (at + 1) & mask) {
        if (slots_[at] == 0) {
            locals_.push_back({code, 0, 0});
            slots_[at] = static_cast<std::uint32_t>(locals_.size());
        }
        if (locals_[slots_[at] - 1].code == code) {
            return slots_[at] - 1;
        }
    }
}

/** Brings the rows of each customer of a bucket together in scratch_. */
void PurchasesState::Finisher::gather(std::size_t begin, std::size_t end)
{
    slots_.assign(std::max<std::size_t>(2, std::bit_ceil(2 * (end - begin))), 0);
    locals_.clear();
    local_of_.resize(end - begin);
    for (std::size_t at = begin; at < end; ++at) {
        const std::uint32_t customer = local(rows_[at].customer);
        local_of_[at - begin] = customer;
        ++locals_[customer].rows;
    }
    std::uint32_t next = 0;
    for (Local& customer : locals_) {
        customer.end = next;
        next += customer.rows;
    }
    scratch_.resize(end - begin);
    for (std::size_t at = begin; at < end; ++at) {
        scratch_[locals_[local_of_[at - begin]].end++] = rows_[at];
    }
}

void PurchasesState::Finisher::collapse(std::size_t begin, std::size_t end)
{
    gather(begin, end);
    std::size_t kept = begin;
    for (const Local& customer : locals_) {
        const std::span<Row> own(scratch_.data() + customer.end - customer.rows, customer.rows);
        std::sort(own.begin(), own.end(),
                  [](const Row& x, const Row& y) { return x.day != y.day ? x.day < y.day : x.amount < y.amount; });
        customers_.push_back({customer.code, kept, 0});
        for (std::size_t at = 0; at < own.size();) {
            std::size_t next = at + 1;
            while (next < own.size() && own[next].day >> 1 == own[at].day >> 1) {
                ++next;
            }
            rows_[kept++] = collapsed(own.subspan(at, next - at));
            at = next;
        }
        customers_.back().days = static_cast<std::uint32_t>(kept - customers_.back().first);
        day_count_ += customers_.back().days;
    }
}

void PurchasesState::Finisher::sort_customers()
{
    stop_.poll();
    if (state_.kind_ != kernel::IdKind::text) {
        std::sort(customers_.begin(), customers_.end(), [](const Customer& x, const Customer& y) { return x.code < y.code; });
        return;
    }
    const auto text = [this](const Customer& c) { return state_.texts_.text(static_cast<std::uint32_t>(c.code)); };
    std::sort(customers_.begin(), customers_.end(),
              [&text](const Customer& x, const Customer& y) { return text(x) < text(y); });
    for (const Customer& customer : customers_) {
        text_bytes_ += text(customer).size();
    }
}

FlatValue PurchasesState::Finisher::write(std::pmr::memory_resource& result, std::size_t header) const
{
    const bool texts = state_.kind_ == kernel::IdKind::text;
    FlatBuffer buffer = buffer_for(
        result, header,
        value_header + text_bytes_ + customers_.size() * ((texts ? 4 : 8) + sizeof(std::uint32_t)) + day_count_ * 12);
    // The total is below 1 GB, so each part fits 32 bits.
    WireWriter out(buffer);
    out.put(value_tag);
    out.put(value_version);
    out.put(static_cast<std::uint8_t>(customers_.empty() ? kernel::IdKind::none : state_.kind_));
    out.put(std::uint8_t{0});
    for (const std::uint64_t count : {std::uint64_t{customers_.size()}, std::uint64_t{day_count_}, text_bytes_}) {
        out.put(static_cast<std::uint32_t>(count));
    }
    std::uint32_t end = 0;
    for (const Customer& customer : customers_) {
        if (texts) {
            out.put(end += static_cast<std::uint32_t>(state_.texts_.text(static_cast<std::uint32_t>(customer.code)).size()));
        } else {
            out.put(customer.code);
        }
    }
    for (const Customer& customer : customers_) {
        if (texts) {
            out.put_array(std::span<const char>(state_.texts_.text(static_cast<std::uint32_t>(customer.code))));
        }
    }
    end = 0;
    for (const Customer& customer : customers_) {
        out.put(end += customer.days);
    }
    std::byte* days = buffer.take(day_count_ * sizeof(std::int32_t));
    std::byte* amounts = buffer.take(day_count_ * sizeof(double));
    for (const Customer& customer : customers_) {
        for (std::size_t at = customer.first; at < customer.first + customer.days; ++at) {
            std::memcpy(days, &rows_[at].day, sizeof rows_[at].day);
            std::memcpy(amounts, &rows_[at].amount, sizeof rows_[at].amount);
            days += sizeof rows_[at].day;
            amounts += sizeof rows_[at].amount;
        }
    }
    return buffer.value();
}

FlatValue PurchasesState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    return Finisher(*this, stop).write(result, header);
}

}  // namespace marketing::lifetime_value
