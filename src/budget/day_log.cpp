#include "budget/day_log.hpp"

#include "kernel/wire.hpp"

namespace marketing::budget {
namespace {

using kernel::FlatBuffer;
using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

constexpr std::uint32_t value_tag = 0x5644'4442;  // "BDDV": days, each once, ascending
constexpr std::uint16_t version = 1;
constexpr std::size_t day_bytes = sizeof(std::int32_t) + 3 * sizeof(double);

// Tag, version, number of days, days.
class DaysWriter {
public:
    DaysWriter(std::pmr::memory_resource& result, std::size_t header, std::uint32_t tag, std::size_t count)
        : buffer_(result, header, sizeof tag + sizeof version + sizeof(std::uint64_t) + std::uint64_t{count} * day_bytes),
          out_(buffer_)
    {
        out_.put(tag);
        out_.put(version);
        out_.put(std::uint64_t{count});
    }
    void put(std::span<const Day> days)
    {
        for (const Day& day : days) {
            out_.put(day.day);
            out_.put(day.spend);
            out_.put(day.response);
            out_.put(day.contracts);
        }
    }
    [[nodiscard]] FlatValue value() const noexcept { return buffer_.value(); }

private:
    FlatBuffer buffer_;
    WireWriter<FlatBuffer> out_;
};

class DaysReader {
public:
    DaysReader(std::span<const std::byte> bytes, std::uint32_t tag, const char* what) : in_(bytes)
    {
        if (in_.get<std::uint32_t>() != tag || in_.get<std::uint16_t>() != version) {
            WireReader::fail(what);
        }
        count_ = in_.get<std::uint64_t>();
        if (in_.remaining() / day_bytes < count_) {
            WireReader::fail("it ends before its announced content");
        }
    }
    [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
    template <class Take>
    void each(Take take)
    {
        for (std::uint64_t i = 0; i < count_; ++i) {
            Day day{};
            day.day = in_.get<std::int32_t>();
            day.spend = in_.get<double>();
            day.response = in_.get<double>();
            day.contracts = in_.get<double>();
            check_amounts(day);
            take(day);
        }
        in_.expect_end();
    }

private:
    WireReader in_;
    std::uint64_t count_;
};

}  // namespace

void DayLog::append(const Day& day)
{
    check_amounts(day);
    days_.push_back(day);
}

void DayLog::merge(const kernel::State& state)
{
    const auto& other = state.as<DayLog>();
    for (std::size_t i = 0; i < other.days_.chunk_count(); ++i) {
        for (const Day& day : other.days_.chunk(i)) {
            days_.push_back(day);
        }
    }
}

FlatValue DayLog::serialise(std::pmr::memory_resource& result, std::size_t header) const
{
    DaysWriter out(result, header, DayLog::format.tag, days_.size());
    for (std::size_t i = 0; i < days_.chunk_count(); ++i) {
        out.put(days_.chunk(i));
    }
    return out.value();
}

void DayLog::deserialise(std::span<const std::byte> bytes)
{
    DaysReader(bytes, DayLog::format.tag, "it is not a state of the aggregate campaign_days of this release")
        .each([this](const Day& day) { days_.push_back(day); });
}

FlatValue DayLog::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    stop.poll();
    std::vector<Day> days;
    days.reserve(days_.size());
    for (std::size_t i = 0; i < days_.chunk_count(); ++i) {
        const auto chunk = days_.chunk(i);
        days.insert(days.end(), chunk.begin(), chunk.end());
    }
    add_up(days);
    DaysWriter out(result, header, value_tag, days.size());
    out.put(days);
    return out.value();
}

std::vector<Day> unpack_days(std::span<const std::byte> value)
{
    DaysReader in(value, value_tag, "it is not a value of the aggregate campaign_days of this release");
    std::vector<Day> days;
    days.reserve(in.count());
    in.each([&days](const Day& day) {
        if (!days.empty() && day.day <= days.back().day) {
            WireReader::fail("its days do not ascend");
        }
        days.push_back(day);
    });
    return days;
}

}  // namespace marketing::budget
