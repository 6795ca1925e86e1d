#include "anomaly/windows.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <optional>
#include <unordered_map>

#include "anomaly/activity.hpp"
#include "anomaly/amount_windows.hpp"
#include "anomaly/count_windows.hpp"
#include "anomaly/shared_days.hpp"
#include "kernel/error.hpp"
#include "kernel/named.hpp"
#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

using kernel::require_valid;
using kernel::unknown;

constexpr std::int32_t longest = 36600;
constexpr std::int32_t ramp_up_days = 14;  // of campaigns

void check(const WindowRequest& request)
{
    require_valid(request.window_from <= request.window_to, "the window ends before it begins",
                  "date_from must not be after date_to.");
    require_valid(
        request.baseline_days >= 1 && request.baseline_days <= longest && request.window_to - request.window_from <= longest,
        "baseline and window must be of 1 to 36600 days", "Give other dates, or other baseline_days.");
    require_valid(std::isfinite(request.margin) && request.margin >= 0,
                  "min_effect must be a finite number that is not negative", "0.2 is silent on changes by less than a fifth.");
    require_valid(request.min_days >= 2 && request.min_events >= 0, "min_days must be at least 2, and min_events not negative",
                  "7 days and 3 events are usual.");
}

/** `days`: memory that several comparisons use one after the other. */
std::vector<WindowResult> compare(std::span<const DaySeries> all, const WindowRequest& request,
                                  const std::vector<bool>& reported, std::vector<ActiveDay>& days, const kernel::StopFlag& stop,
                                  const Others& others = {})
{
    Activities activities(all, request, reported, days);
    stop.poll();
    if (request.kind == series::SeriesKind::count || request.kind == series::SeriesKind::rate) {
        compare_counts(activities.series(), request, stop, others);
    } else {
        compare_amounts(activities.series(), request, stop);
    }
    std::vector<WindowResult> results;
    for (const Activity& each : activities.series()) {
        results.push_back(each.result);
    }
    return results;
}

}  // namespace

std::vector<WindowResult> compare_windows(const DayRows& rows, const WindowRequest& request, const kernel::StopFlag& stop)
{
    check(request);
    const DayTable table(rows, request.first_day(), request.window_to);
    std::vector<ActiveDay> days;
    return compare(table.series(), request, table.reported(), days, stop);
}

std::vector<WindowResult> compare_windows(const DayRows& rows, WindowRequest request, const series::CalendarEvents& events,
                                          const kernel::StopFlag& stop)
{
    if (events.names.empty()) {
        events.check();
        return compare_windows(rows, request, stop);
    }
    check(request);
    require_valid(request.kind != series::SeriesKind::real, "events need figures that they multiply",
                  "The kind real knows none: give another kind, or no events.");
    const EventDays days = learn_event_days(rows, request.window_from, request.window_to,
                                            request.kind == series::SeriesKind::rate && !rows.exposure.empty(), events, stop);
    request.events = &days;
    return compare_windows(rows, request, stop);
}

Places Units::places_of(const refresh::DailyRowsView& rows) const
{
    require_valid(businesses.size() == units.size(), "businesses and units must be of the same length",
                  "Collect them from the same rows by array_agg().");
    Places places;
    std::unordered_map<refresh::SeriesKey, std::uint32_t, refresh::SeriesKeyHash> known;
    for (std::size_t i = 0; i < units.size(); ++i) {
        known.try_emplace({businesses[i], units[i]}, static_cast<std::uint32_t>(i));
        places.ids.push_back(static_cast<std::int64_t>(i) + 1);
    }
    std::vector<std::uint32_t> of_keys;
    for (std::size_t i = 0; i < rows.keys().size(); ++i) {
        const auto found = known.find(rows.keys()[i]);
        of_keys.push_back(found == known.end() ? Places::nowhere : found->second);
    }
    const auto keys = rows.key_places();
    places.of_rows.reserve(rows.size());
    for (std::size_t row = 0; row < rows.size(); ++row) {
        places.of_rows.push_back(of_keys[keys[row]]);
    }
    return places;
}

namespace {

/** Days of several series added up. */
class AddedDays {
public:
    AddedDays(std::int32_t first, std::size_t days) : first_(first), values_(days, unknown), exposures_(days, unknown) {}

    void add(const DaySeries& series)
    {
        for (std::size_t i = 0; i < series.day.size(); ++i) {
            const auto place = static_cast<std::size_t>(series.day[i] - first_);
            add_to(values_[place], series.value[i]);
            add_to(exposures_[place], series.exposure.empty() ? unknown : series.exposure[i]);
        }
    }
    /** Days without either are left out from here on. */
    void finish()
    {
        for (std::size_t i = 0; i < values_.size(); ++i) {
            if (!std::isnan(values_[i]) || !std::isnan(exposures_[i])) {
                values_[days_.size()] = values_[i];
                exposures_[days_.size()] = exposures_[i];
                days_.push_back(first_ + static_cast<std::int32_t>(i));
            }
        }
    }
    [[nodiscard]] DaySeries series(std::int64_t id) const
    {
        return {id, days_, std::span(values_).first(days_.size()), std::span(exposures_).first(days_.size())};
    }

private:
    static void add_to(double& sum, double value) { sum = std::isnan(sum) ? value : std::isnan(value) ? sum : sum + value; }

    std::int32_t first_;
    std::vector<std::int32_t> days_;
    std::vector<double> values_;
    std::vector<double> exposures_;
};

/** What the units of an alert share, test by test. */
class Hierarchy {
public:
    Hierarchy(const AlertRequest& alerts, std::size_t units) : totals_(alerts.totals), groups_(alerts.groups)
    {
        require_valid(totals_.size() == groups_.size() && (totals_.empty() || totals_.size() == units),
                      "totals and groups must be of the same length as the units");
    }

    /** For the test of `alternative`: what each unit shares; remembers who moved together. */
    [[nodiscard]] Others others(Alternative alternative)
    {
        if (totals_.empty()) {
            return {};
        }
        const auto find_days = [this](std::span<Activity> activities) {
            std::vector<Membership> memberships;
            for (const Activity& each : activities) {
                const auto place = static_cast<std::size_t>(each.result.series - 1);
                memberships.push_back({totals_[place], groups_[place]});
            }
            return share_days(activities, memberships);
        };
        const auto find_common = [this, alternative](std::span<Activity> activities) {
            std::vector<Member> members;
            for (const Activity& each : activities) {
                const auto place = static_cast<std::size_t>(each.result.series - 1);
                members.push_back({totals_[place], groups_[place], each.result.ratio, each.result.expected, each.per_event,
                                   each.relative_variance});
            }
            const auto factors = common_factors(members);
            for (std::size_t i = 0; i < activities.size(); ++i) {
                activities[i].common = activities[i].result.common = factors[i].factor;
                activities[i].result.common_level = factors[i].level;
            }
            moved_.push_back(moved_together(members, alternative));
        };
        return {find_days, find_common};
    }

    /** Whether any business or group moved, in any test. */
    [[nodiscard]] std::map<std::int64_t, CommonLevel> moved() const
    {
        std::map<std::int64_t, CommonLevel> all;
        for (const auto& of_test : moved_) {
            for (const Moved& each : of_test) {
                all.emplace(id_of(each), each.level);
            }
        }
        return all;
    }
    /** What others let expect of the business or group `id` in a test; nothing where it did not move there. */
    [[nodiscard]] std::optional<double> rest(std::size_t test, std::int64_t id) const
    {
        for (std::size_t i = 0; test < moved_.size() && i < moved_[test].size(); ++i) {
            if (id_of(moved_[test][i]) == id) {
                return moved_[test][i].rest;
            }
        }
        return std::nullopt;
    }
    [[nodiscard]] bool is_of(std::size_t unit, std::int64_t id, CommonLevel level) const
    {
        return (level == CommonLevel::total ? totals_ : groups_)[unit] == id;
    }

private:
    static std::int64_t id_of(const Moved& moved) { return moved.level == CommonLevel::total ? moved.total : moved.group; }

    std::span<const std::int64_t> totals_;
    std::span<const std::int64_t> groups_;
    std::vector<std::vector<Moved>> moved_;  // by test, as far as there is something to share
};

/** How many days before the window a series was active on; 0 if on none in it. */
std::int32_t steady_days(const DaySeries& series, const WindowRequest& request)
{
    const bool exposed =
        std::any_of(series.exposure.begin(), series.exposure.end(), [](double exposure) { return exposure > 0; });
    std::int32_t before = 0;
    bool within = false;
    for (std::size_t i = 0; i < series.day.size(); ++i) {
        if (!exposed || series.exposure[i] > 0) {
            before += series.day[i] < request.window_from ? 1 : 0;
            within = within || series.day[i] >= request.window_from;
        }
    }
    return within ? before : 0;
}

/** The sums of those of the units that were there all the time: who begins or ends does not move the others. */
std::vector<AddedDays> added_days(std::span<const DaySeries> all, const std::map<std::int64_t, CommonLevel>& moved,
                                  const Hierarchy& hierarchy, const WindowRequest& request)
{
    constexpr double steady = 0.75;
    std::vector<std::int32_t> days;
    for (const DaySeries& each : all) {
        days.push_back(steady_days(each, request));
    }
    const std::int32_t most = days.empty() ? 0 : *std::max_element(days.begin(), days.end());
    std::vector<AddedDays> result;
    for (const auto& [id, level] : moved) {
        result.emplace_back(request.first_day(), static_cast<std::size_t>(request.window_to - request.first_day() + 1));
        for (std::size_t i = 0; i < all.size(); ++i) {
            if (hierarchy.is_of(static_cast<std::size_t>(all[i].id - 1), id, level) && days[i] > 0 &&
                days[i] >= steady * most) {
                result.back().add(all[i]);
            }
        }
        result.back().finish();
    }
    return result;
}

/** What events make of each test's figures, by the businesses of the units. */
std::array<EventDays, 3> event_days_of(const Units& units, const AlertRequest& alerts)
{
    const AlertRequest::Effects& effects = alerts.effects;
    const std::size_t count = effects.days.size();
    require_valid(effects.businesses.size() == count && effects.leads.size() == count && effects.leads_error.size() == count &&
                      effects.spend.size() == count && effects.spend_error.size() == count,
                  "the columns of effects must be of the same length");
    std::array<EventDays, 3> days;
    if (count == 0) {
        return days;
    }
    for (std::size_t i = 0; i < count; ++i) {
        const EventEffect leads{effects.leads[i], effects.leads_error[i]};
        const EventEffect spend{effects.spend[i], effects.spend_error[i]};
        require_valid(std::isfinite(leads.effect) && std::isfinite(spend.effect) && leads.error >= 0 && spend.error >= 0,
                      "effects must be finite, and their errors not negative");
        days[0].set(effects.businesses[i], effects.days[i],
                    {leads.effect - spend.effect, std::hypot(leads.error, spend.error)});
        days[1].set(effects.businesses[i], effects.days[i], leads);
        days[2].set(effects.businesses[i], effects.days[i], spend);
    }
    for (EventDays& each : days) {
        for (std::size_t i = 0; i < units.businesses.size(); ++i) {
            each.set_part(static_cast<std::int64_t>(i) + 1, units.businesses[i]);
            if (!alerts.totals.empty()) {
                each.set_part(alerts.totals[i], units.businesses[i]);
                each.set_part(alerts.groups[i], units.businesses[i]);
            }
        }
    }
    return days;
}

/** The three comparisons, of series whose values are leads and whose exposures are spend. */
class Comparisons {
public:
    Comparisons(const WindowRequest& request, const AlertRequest& alerts, const std::vector<bool>& reported,
                const std::array<EventDays, 3>& events, const kernel::StopFlag& stop)
        : reported_(reported), stop_(stop)
    {
        requests_.fill(request);
        for (std::size_t test = 0; test < events.size(); ++test) {
            requests_[test].events = events[test].empty() ? nullptr : &events[test];
        }
        requests_[0].kind = series::SeriesKind::rate;
        requests_[1].kind = series::SeriesKind::count;
        requests_[1].gaps_are_zero = alerts.gaps_are_zero;
        requests_[2].kind = series::SeriesKind::positive;
        requests_[2].alternative = Alternative::greater;
    }

    [[nodiscard]] const WindowRequest& request(std::size_t test) const { return requests_[test]; }
    [[nodiscard]] std::vector<WindowResult> run(std::size_t test, std::span<const DaySeries> leads,
                                                std::span<const DaySeries> spend, const Others& others)
    {
        return compare(test == 2 ? spend : leads, requests_[test], reported_, days_, stop_, others);
    }

private:
    std::array<WindowRequest, 3> requests_;
    const std::vector<bool>& reported_;
    const kernel::StopFlag& stop_;
    std::vector<ActiveDay> days_;
};

/** Appends what the businesses and groups that moved together have to say. */
void compare_groups(std::span<const DaySeries> all, const Hierarchy& hierarchy, Comparisons& comparisons,
                    std::span<std::vector<WindowResult>* const> found)
{
    const auto moved = hierarchy.moved();
    const auto added = added_days(all, moved, hierarchy, comparisons.request(0));
    std::vector<DaySeries> leads;
    std::vector<DaySeries> spend;
    for (const auto& [id, level] : moved) {
        leads.push_back(added[leads.size()].series(id));
        spend.push_back({id, leads.back().day, leads.back().exposure, {}});
    }
    for (std::size_t test = 0; test < found.size(); ++test) {
        const auto find_rest = [&](std::span<Activity> activities) {
            for (Activity& each : activities) {
                each.common = hierarchy.rest(test, each.result.series).value_or(1);
            }
        };
        for (WindowResult result : comparisons.run(test, leads, spend, {{}, find_rest})) {
            if (result.status == Status::tested) {
                result.p_value = hierarchy.rest(test, result.series) ? result.p_value : 1;
                result.alone_p_value = result.p_value;
                found[test]->push_back(result);
            }
        }
    }
}

}  // namespace

AlertWindows compare_alert_windows(const Units& units, const refresh::DailyRowsView& rows, const AlertRequest& request,
                                   const kernel::StopFlag& stop)
{
    WindowRequest each;
    each.window_from = request.window_from;
    each.window_to = request.window_to;
    each.baseline_days = request.baseline_days;
    each.margin = request.margin;
    each.min_events = request.min_events;
    each.alternative = Alternative::less;
    each.ramp_up_days = ramp_up_days;
    check(each);
    Hierarchy hierarchy(request, units.units.size());
    const DayTable table(units.places_of(rows), {{}, rows.days(), rows.figures(0), rows.figures(1)}, each.first_day(),
                         each.window_to);
    const auto events = event_days_of(units, request);
    Comparisons comparisons(each, request, table.reported(), events, stop);
    AlertWindows found;
    const std::array all{&found.cost, &found.leads, &found.spend};
    const auto spend = table.exposures();
    for (std::size_t test = 0; test < all.size(); ++test) {
        // Demand is common; what is spent was decided, campaign by campaign.
        const bool is_demand = comparisons.request(test).kind != series::SeriesKind::positive;
        *all[test] = comparisons.run(test, table.series(), spend,
                                     is_demand ? hierarchy.others(comparisons.request(test).alternative) : Others{});
    }
    if (!request.totals.empty()) {
        compare_groups(table.series(), hierarchy, comparisons, all);
    }
    return found;
}

namespace {

constexpr auto levels = kernel::names<CommonLevel>(
    "level", {{"none", CommonLevel::none}, {"total", CommonLevel::total}, {"group", CommonLevel::group}});
constexpr auto statuses = kernel::names<Status>("status", {{"tested", Status::tested},
                                                           {"insufficient_data", Status::insufficient_data},
                                                           {"inactive", Status::inactive},
                                                           {"no_baseline", Status::no_baseline}});

}  // namespace

std::string_view name_of(Status status) noexcept
{
    return statuses.name_of(status);
}

std::string_view name_of(CommonLevel level) noexcept
{
    return levels.name_of(level);
}

}  // namespace marketing::anomaly
