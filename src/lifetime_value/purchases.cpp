#include "lifetime_value/purchases.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "kernel/error.hpp"
#include "kernel/hash.hpp"
#include "kernel/wire.hpp"
#include "numeric/compensated_sum.hpp"

namespace marketing::lifetime_value {
namespace {

using kernel::Error;
using kernel::ErrorCode;
using kernel::WireReader;
using kernel::WireWriter;
using numeric::CompensatedSum;

constexpr kernel::Format value_format{"MAPC", 1, "purchases value"};
constexpr std::int32_t refund_bit = 1;

bool possible_day(std::int32_t code)
{
    return code >= -2 * most_days && code <= 2 * most_days + refund_bit;
}

}  // namespace

PurchasesView::PurchasesView(std::span<const std::byte> bytes)
{
    WireReader in(bytes);
    value_format.expect(in);
    const auto kind = kernel::get_kind<std::uint16_t>(in);
    const auto customers = in.get<std::uint32_t>();
    const auto days = in.get<std::uint32_t>();
    const auto text_bytes = in.get<std::uint32_t>();
    customers_ = {in, kind, customers, text_bytes};
    day_end_ = {in, customers, days};
    day_ = {in, days};
    amount_ = {in, days};
    in.expect_end();
    check_days();
}

void PurchasesView::check_days() const
{
    for (std::size_t i = 0; i < customer_count(); ++i) {
        const std::uint32_t begin = day_end_.begin(i);
        WireReader::require(day_end_.end(i) > begin, "a customer has no days");
        for (std::uint32_t at = begin; at < day_end_.end(i); ++at) {
            WireReader::require(possible_day(day_[at]) && std::isfinite(amount_[at]), "a day or an amount is out of range");
            WireReader::require(at == begin || day_[at - 1] >> 1 < day_[at] >> 1, "the days of a customer are not in order");
        }
    }
}

std::optional<std::int32_t> PurchasesView::last_day() const noexcept
{
    std::optional<std::int32_t> last;
    for (std::size_t i = 0; i < customer_count(); ++i) {
        const std::int32_t day = day_[day_end_.end(i) - 1] >> 1;
        last = last ? std::max(*last, day) : day;
    }
    return last;
}

std::optional<PurchaseSummary> PurchasesView::summary(std::size_t customer, const Observation& observation) const
{
    PurchaseSummary s;
    std::int64_t purchases = 0;
    CompensatedSum repeat;
    CompensatedSum total;
    CompensatedSum holdout;
    for (std::uint32_t at = day_end_.begin(customer); at < day_end_.end(customer); ++at) {
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

void PurchasesState::append(const kernel::Identifier& customer, std::int32_t day, double amount, bool refund)
{
    if (!std::isfinite(amount)) {
        throw Error(ErrorCode::numeric_range, "the amount of a purchase must be finite");
    }
    if (day < -most_days || day > most_days) {
        throw Error(ErrorCode::numeric_range, "the day of a purchase is out of range");
    }
    // -0 becomes 0: one value, one image.
    rows_.push_back({ids_.code(customer), amount + 0.0, 2 * day + (refund ? refund_bit : 0)});
}

void PurchasesState::append_value(std::span<const std::byte> value)
{
    const PurchasesView view(value);
    for (std::size_t i = 0; i < view.customer_count(); ++i) {
        const Identifier customer = view.customer(i);
        view.for_each_day(
            i, [this, &customer](std::int32_t day, double amount, bool refund) { append(customer, day, amount, refund); });
    }
}

void PurchasesState::merge(const kernel::State& state)
{
    const auto& other = state.as<PurchasesState>();
    const auto codes = ids_.merge(other.ids_);
    other.rows_.for_each([this, &codes](Row row) {
        row.customer = codes(row.customer);
        rows_.push_back(row);
    });
}

void PurchasesState::write(WireWriter& out) const
{
    ids_.write(out);
    kernel::put_rows(out, rows_);
}

void PurchasesState::read(WireReader& in)
{
    ids_.read(in);
    kernel::get_rows<Row>(in, [this](const Row& row) {
        WireReader::require(ids_.knows(row.customer), "a customer has no identifier");
        WireReader::require(std::isfinite(row.amount) && possible_day(row.day), "a row is out of range");
        rows_.push_back(row);
    });
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
    kernel::HashSeed seed_ = kernel::HashSeed::next();
    int bucket_bits_ = 0;
    std::size_t day_count_ = 0;
};

// A bucket's rows fit the cache, where bringing the rows of a customer together costs little.
void PurchasesState::Finisher::scatter()
{
    constexpr std::size_t rows_per_bucket = 8192;
    constexpr std::size_t most_buckets = 2048;
    const std::size_t buckets = std::min(std::bit_ceil(state_.rows_.size() / rows_per_bucket + 1), most_buckets);
    bucket_bits_ = static_cast<int>(std::bit_width(buckets - 1));
    const auto bucket_of = [this, bits = bucket_bits_](const Row& row) {
        return bits == 0 ? 0 : seed_.hash(row.customer) >> (64 - bits);
    };
    bucket_begin_.assign(buckets + 1, 0);
    state_.rows_.for_each([&](const Row& row) { ++bucket_begin_[bucket_of(row) + 1]; });
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
    return {day.front().customer, sum.value(), day.front().day};
}

std::uint32_t PurchasesState::Finisher::local(std::int64_t code)
{
    const std::size_t mask = slots_.size() - 1;
    // The highest bits chose the bucket.
    const int shift = 64 - static_cast<int>(std::bit_width(mask));
    for (std::size_t at = (seed_.hash(code) << bucket_bits_) >> shift;; at = (at + 1) & mask) {
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
    std::sort(customers_.begin(), customers_.end(),
              [this](const Customer& x, const Customer& y) { return state_.ids_.before(x.code, y.code); });
}

FlatValue PurchasesState::Finisher::write(std::pmr::memory_resource& result, std::size_t header) const
{
    const kernel::IdentifierCodes& ids = state_.ids_;
    const std::uint64_t text_bytes =
        ids.are_texts() ? kernel::text_bytes(customers_, [&ids](const Customer& customer) { return ids.text(customer.code); })
                        : 0;
    const auto put_days = [this](WireWriter& out, auto Row::*column) {
        for (const Customer& customer : customers_) {
            kernel::put_column(out, std::span(rows_).subspan(customer.first, customer.days), column);
        }
    };
    return kernel::write_value(result, header, [&](WireWriter& out) {
        value_format.write(out);
        out.put(static_cast<std::uint16_t>(customers_.empty() ? IdKind::none : ids.kind()));
        for (const std::uint64_t count : {std::uint64_t{customers_.size()}, std::uint64_t{day_count_}, text_bytes}) {
            out.put(static_cast<std::uint32_t>(count));
        }
        kernel::put_identifiers(out, ids, customers_, &Customer::code);
        kernel::put_ends(out, customers_, &Customer::days);
        put_days(out, &Row::day);
        put_days(out, &Row::amount);
    });
}

FlatValue PurchasesState::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    return Finisher(*this, stop).write(result, header);
}

}  // namespace marketing::lifetime_value
