#include "anomaly/event_days.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "kernel/unknown.hpp"

namespace marketing::anomaly {
namespace {

constexpr std::int64_t most_days = 100'000;

/** Of all series, per day from the first row to the day before the window; NaN where no series has a row. */
struct Totals {
    std::int32_t first_day;
    std::vector<double> figures;
};

Totals totals_of(const DayRows& rows, std::int32_t window_from, bool per_exposure)
{
    Totals totals{window_from, {}};
    for (std::size_t row = 0; row < rows.day.size(); ++row) {
        totals.first_day = std::min(totals.first_day, rows.day[row]);
    }
    const std::int64_t length = std::int64_t{window_from} - totals.first_day;
    if (length > most_days) {
        throw kernel::Error(kernel::ErrorCode::limit_exceeded, "rows with events must not reach back more than 100000 days",
                            std::to_string(length) + " days.");
    }
    const auto days = static_cast<std::size_t>(length);
    std::vector<double> exposures(days, 0);
    totals.figures.assign(days, kernel::unknown);
    for (std::size_t row = 0; row < rows.day.size(); ++row) {
        const bool counts = rows.day[row] < window_from && std::isfinite(rows.value[row]) && rows.value[row] >= 0 &&
                            (!per_exposure || (std::isfinite(rows.exposure[row]) && rows.exposure[row] > 0));
        if (counts) {
            const auto day = static_cast<std::size_t>(rows.day[row] - totals.first_day);
            double& figure = totals.figures[day];
            figure = (std::isnan(figure) ? 0 : figure) + rows.value[row];
            exposures[day] += per_exposure ? rows.exposure[row] : 0;
        }
    }
    for (std::size_t day = 0; day < days; ++day) {
        totals.figures[day] /= per_exposure ? exposures[day] : 1;
        totals.figures[day] = std::isfinite(totals.figures[day]) ? totals.figures[day] : kernel::unknown;
    }
    return totals;
}

}  // namespace

EventEffect EventDays::of(std::int64_t series, std::int32_t day) const
{
    const auto part = parts_.find(series);
    const auto found = effects_.find({part == parts_.end() ? 0 : part->second, day});
    return found == effects_.end() ? EventEffect{} : found->second;
}

EventDays learn_event_days(const DayRows& rows, std::int32_t window_from, std::int32_t window_to, bool per_exposure,
                           const series::CalendarEvents& events, const kernel::StopFlag& stop)
{
    kernel::require_valid(rows.value.size() == rows.day.size() && (!per_exposure || rows.exposure.size() == rows.day.size()),
                          "series, day, value and exposure must be of the same length",
                          "Collect them from the same rows by array_agg().");
    const Totals totals = totals_of(rows, window_from, per_exposure);
    series::CalendarRequest request;
    request.history = totals.figures;
    request.first_day = totals.first_day;
    request.horizon = window_to - window_from + 1;
    request.events = events;
    const series::CalendarEffects effects = series::find_effects(request, stop);
    EventDays days;
    for (std::size_t day = 0; day < effects.history.size(); ++day) {
        if (effects.history[day] != 0) {
            days.set(0, totals.first_day + static_cast<std::int32_t>(day), {effects.history[day], 0});
        }
    }
    for (const series::EffectsAhead::Day& each : effects.ahead.days) {
        days.set(0, window_from + each.day, {each.effect, effects.ahead.error(each.day)});
    }
    return days;
}

}  // namespace marketing::anomaly
