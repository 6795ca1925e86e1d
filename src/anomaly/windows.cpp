#include "anomaly/windows.hpp"

#include <cmath>
#include <unordered_map>

#include "anomaly/activity.hpp"
#include "anomaly/amount_windows.hpp"
#include "anomaly/count_windows.hpp"
#include "kernel/error.hpp"
#include "kernel/named.hpp"

namespace marketing::anomaly {
namespace {

using kernel::require_valid;

constexpr std::int32_t longest = 36600;

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

std::vector<WindowResult> compare(std::span<const DaySeries> all, const WindowRequest& request,
                                  const std::vector<bool>& reported, const kernel::StopFlag& stop)
{
    Activities activities(all, request, reported);
    stop.poll();
    if (request.kind == series::SeriesKind::count || request.kind == series::SeriesKind::rate) {
        compare_counts(activities.series(), request, stop);
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
    return compare(table.series(), request, table.reported(), stop);
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
    check(each);
    const DayTable table(units.places_of(rows), {{}, rows.days(), rows.figures(0), rows.figures(1)}, each.first_day(),
                         each.window_to);
    AlertWindows found;
    each.kind = series::SeriesKind::rate;
    found.cost = compare(table.series(), each, table.reported(), stop);
    each.kind = series::SeriesKind::count;
    each.gaps_are_zero = request.gaps_are_zero;
    found.leads = compare(table.series(), each, table.reported(), stop);
    each.kind = series::SeriesKind::positive;
    each.alternative = Alternative::greater;
    found.spend = compare(table.exposures(), each, table.reported(), stop);
    return found;
}

namespace {

constexpr auto statuses = kernel::names<Status>("status", {{"tested", Status::tested},
                                                           {"insufficient_data", Status::insufficient_data},
                                                           {"inactive", Status::inactive},
                                                           {"no_baseline", Status::no_baseline}});

}  // namespace

std::string_view name_of(Status status) noexcept
{
    return statuses.name_of(status);
}

}  // namespace marketing::anomaly
