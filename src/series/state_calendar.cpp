#include "series/state_calendar.hpp"

#include <algorithm>
#include <cmath>
#include <string_view>

#include "kernel/error.hpp"
#include "kernel/flat_format.hpp"

namespace marketing::series {
namespace {

constexpr std::int32_t earliest_day = -50'000'000;  // before any time of a point

}  // namespace

using kernel::WireReader;
using kernel::WireWriter;

void StateCalendar::set_events(const CalendarEvents& events)
{
    events.check();
    events_.clear();
    for (std::size_t i = 0; i < events.names.size(); ++i) {
        events_.push_back({std::string(events.names[i]), events.first_days[i], events.last_day(i)});
    }
    std::sort(events_.begin(), events_.end());
    events_.erase(std::unique(events_.begin(), events_.end()), events_.end());
}

std::optional<DayEffect> StateCalendar::effect_at(std::int64_t time, EffectScale scale, const kernel::StopFlag& stop) const
{
    const auto day = static_cast<std::int32_t>(day_of(time));
    if (std::none_of(events_.begin(), events_.end(),
                     [day](const Event& e) { return e.first_day <= day && day <= e.last_day; })) {
        return std::nullopt;
    }
    const std::int32_t first = days_.empty() ? day : first_day_;
    check_days(std::int64_t{day} - first + 1);
    std::vector<double> figures(static_cast<std::size_t>(day - first), kernel::unknown);
    const std::size_t known = std::min(figures.size(), days_.size());
    std::transform(days_.begin(), days_.begin() + static_cast<std::ptrdiff_t>(known), figures.begin(),
                   [](const Day& d) { return figure_of_day(d.sum, d.exposure); });
    std::vector<std::string_view> names;
    std::vector<std::int32_t> firsts;
    std::vector<std::int32_t> lasts;
    for (const Event& event : events_) {
        names.push_back(event.name);
        firsts.push_back(event.first_day);
        lasts.push_back(event.last_day);
    }
    return effect_after(figures, first, {names, firsts, lasts}, scale, false, stop);
}

void StateCalendar::add(const Point& point, bool may_be_negative)
{
    const auto day = static_cast<std::int32_t>(day_of(point.time));
    if (days_.empty()) {
        first_day_ = day;
    }
    check_days(std::int64_t{day} - first_day_ + 1);
    days_.resize(std::max(days_.size(), static_cast<std::size_t>(day - first_day_) + 1), {kernel::unknown, 0});
    has_negative_ = has_negative_ || point.value < 0;
    if (tells_of_day(point, may_be_negative)) {
        Day& of_point = days_[static_cast<std::size_t>(day - first_day_)];
        of_point.sum = std::isnan(of_point.sum) ? point.value : of_point.sum + point.value;
        of_point.exposure += point.exposure;
    }
}

void StateCalendar::save(WireWriter& out) const
{
    out.put(static_cast<std::uint32_t>(events_.size()));
    for (const Event& event : events_) {
        out.put_text(event.name);
        out.put(event.first_day);
        out.put(event.last_day);
    }
    out.put(first_day_);
    out.put(std::uint8_t{has_negative_});
    kernel::put_rows(out, std::span<const Day>(days_));
}

void StateCalendar::load(WireReader& in, std::int64_t last_time)
{
    for (auto left = in.get<std::uint32_t>(); left > 0; --left) {
        Event event{std::string(in.get_text()), in.get<std::int32_t>(), in.get<std::int32_t>()};
        WireReader::require(!event.name.empty() && event.first_day <= event.last_day, "one of its events is none");
        WireReader::require(events_.empty() || events_.back() < event, "its events are out of order");
        events_.push_back(std::move(event));
    }
    first_day_ = in.get<std::int32_t>();
    has_negative_ = in.get<std::uint8_t>() != 0;
    kernel::get_rows<Day>(in, [this](const Day& day) {
        WireReader::require(day.exposure >= 0, "one of its days has an exposure below 0");
        days_.push_back(day);
    });
    WireReader::require(days_.size() <= most_days, "it has too many days");
    WireReader::require(days_.empty() || (first_day_ > earliest_day && first_day_ <= day_of(last_time)),
                        "its days begin after its last point");
}

}  // namespace marketing::series
