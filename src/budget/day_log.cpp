#include "budget/day_log.hpp"

#include "budget/columns.hpp"
#include "kernel/wire.hpp"

namespace marketing::budget {
namespace {

using kernel::FlatValue;
using kernel::WireReader;
using kernel::WireWriter;

// Days, each once, ascending.
constexpr kernel::Format value_format{"BDDV", 3, "value of the aggregate campaign_days"};

}  // namespace

void DayLog::append(const Day& day)
{
    check_amounts(day);
    days_.push_back(day);
}

void DayLog::merge(const kernel::State& state)
{
    const auto& other = state.as<DayLog>();
    days_.append(other.days_);
}

void DayLog::write(WireWriter& out) const
{
    kernel::put_rows(out, days_);
}

void DayLog::read(WireReader& in)
{
    kernel::get_rows<Day>(in, [this](const Day& day) { append(day); });
}

FlatValue DayLog::finish(std::pmr::memory_resource& result, std::size_t header, const kernel::StopFlag& stop) const
{
    stop.poll();
    std::vector<Day> days = days_.to_vector();
    add_up(days);
    return kernel::write_value(result, header, [&days](WireWriter& out) {
        value_format.write(out);
        kernel::put_rows(out, std::span<const Day>(days));
    });
}

std::vector<Day> unpack_days(std::span<const std::byte> value)
{
    WireReader in(value);
    value_format.expect(in);
    std::vector<Day> days;
    kernel::get_rows<Day>(in, [&days](const Day& day) {
        check_amounts(day);
        WireReader::require(days.empty() || day.day > days.back().day, "its days do not ascend");
        days.push_back(day);
    });
    in.expect_end();
    return days;
}

std::vector<Series> unpack_panel(const PackedColumns& columns)
{
    const Rows rows{columns.campaign.size(), "campaigns"};
    rows.require(columns.platform.size(), "platforms");
    rows.require(columns.days.size(), "days");
    std::vector<Series> panel;
    for (std::size_t i = 0; i < rows.count; ++i) {
        panel.push_back({columns.platform[i], columns.campaign[i], unpack_days(columns.days[i])});
    }
    sort_panel(panel);
    return panel;
}

}  // namespace marketing::budget
