#include "series/event_points.hpp"

#include <algorithm>
#include <cmath>

#include "kernel/error.hpp"
#include "numeric/distributions.hpp"
#include "series/recurring.hpp"
#include "series/usual_days.hpp"

namespace marketing::series {
namespace {

/** Half of the least count: what nothing is taken for on the scale of logarithms. */
constexpr double nearly_nothing = 0.5;

/** A distance on the scale of the effect. */
double distance(const DayEffect& effect, double value, double expected)
{
    if (effect.scale == EffectScale::shift) {
        return value - expected;
    }
    const double least = nearly_nothing * std::min(1.0, expected);
    return std::log(std::max(value, least) / std::max(expected, least));
}

double at_distance(const DayEffect& effect, double far, double expected)
{
    return effect.scale == EffectScale::shift ? expected + far : expected * std::exp(far);
}

/** A bound of the interval, wider by what is not known of the effect. */
double widened(const DayEffect& effect, double bound, double expected, double reach)
{
    const double far = distance(effect, bound, expected);
    // Nothing at all is as far as a bound goes.
    return effect.scale == EffectScale::factor && bound <= 0
               ? bound
               : at_distance(effect, std::copysign(std::hypot(far, reach), far), expected);
}

}  // namespace

void check_days(std::int64_t days)
{
    if (days > static_cast<std::int64_t>(most_days)) {
        throw kernel::Error(kernel::ErrorCode::limit_exceeded, "a series with events must not be longer than 100000 days",
                            std::to_string(days) + " days.");
    }
}

std::optional<DayEffect> effect_after(std::span<const double> figures, std::int32_t first_day, const CalendarEvents& events,
                                      EffectScale scale, bool find, const kernel::StopFlag& stop)
{
    CalendarRequest request;
    request.history = figures;
    request.first_day = first_day;
    request.horizon = 1;
    request.events = events;
    request.scale = scale;
    request.find = find;
    const CalendarEffects effects = find_effects(request, stop);
    if (effects.ahead.empty()) {
        return std::nullopt;
    }
    return DayEffect{scale, effects.ahead.effect(0), effects.ahead.error(0)};
}

EventPoints::EventPoints(std::span<const Point> points, const CalendarEvents& events, EffectScale scale)
    : events_(events), scale_(scale)
{
    events_.check();
    if (points.empty()) {
        return;
    }
    first_day_ = day_of(points.front().time);
    const std::int64_t days = day_of(points.back().time) - first_day_ + 1;
    if (days > static_cast<std::int64_t>(most_days)) {
        if (!events_.names.empty()) {
            check_days(days);
        }
        return;
    }
    figures_.assign(static_cast<std::size_t>(days), kernel::unknown);
    add_up(points);
    mark_events();
    mark_recurring(points);
}

std::size_t EventPoints::place_of(std::int64_t time) const
{
    return static_cast<std::size_t>(day_of(time) - first_day_);
}

void EventPoints::add_up(std::span<const Point> points)
{
    std::vector<double> exposures(figures_.size(), 0);
    for (const Point& point : points) {
        if (tells_of_day(point, scale_ == EffectScale::shift)) {
            double& figure = figures_[place_of(point.time)];
            figure = std::isnan(figure) ? point.value : figure + point.value;
            exposures[place_of(point.time)] += point.exposure;
        }
    }
    std::transform(figures_.begin(), figures_.end(), exposures.begin(), figures_.begin(), figure_of_day);
}

void EventPoints::mark_events()
{
    is_event_.assign(figures_.size(), false);
    const auto end = static_cast<std::int64_t>(figures_.size());
    for (std::size_t i = 0; i < events_.names.size(); ++i) {
        const std::int64_t last = std::min(end - 1, std::int64_t{events_.last_day(i)} - first_day_);
        for (std::int64_t day = std::max<std::int64_t>(0, std::int64_t{events_.first_days[i]} - first_day_); day <= last;
             ++day) {
            is_event_[static_cast<std::size_t>(day)] = true;
        }
    }
}

/** Of series by the day: of finer ones a day is no point. */
void EventPoints::mark_recurring(std::span<const Point> points)
{
    may_recur_.assign(figures_.size(), false);
    if (points.size() > figures_.size()) {
        return;
    }
    std::vector<bool> like_others(is_event_);
    like_others.flip();
    const UsualDays usual = usual_days(figures_, like_others, scale_);
    if (!usual.expected.empty()) {
        may_recur_ = RecurringRules(static_cast<std::int32_t>(first_day_), figures_.size(), figures_.size())
                         .worth_a_search(usual.scores);
    }
}

std::optional<DayEffect> EventPoints::effect_at(std::int64_t time, const kernel::StopFlag& stop) const
{
    if (figures_.empty()) {
        return std::nullopt;
    }
    const std::size_t day = place_of(time);
    if (!is_event_[day] && !may_recur_[day]) {
        return std::nullopt;
    }
    return effect_after(std::span(figures_).first(day), static_cast<std::int32_t>(first_day_), events_, scale_, may_recur_[day],
                        stop);
}

Point as_usual(const DayEffect& effect, Point point, bool is_scaled)
{
    if (effect.scale == EffectScale::shift) {
        point.value -= effect.effect;
    } else if (is_scaled) {
        point.exposure *= std::exp(effect.effect);  // as much more exposure lets expect as many more events
    } else {
        point.value *= std::exp(-effect.effect);
    }
    return point;
}

void apply(const DayEffect& effect, double value, double alpha, Direction direction, bool is_scaled, Verdict& verdict)
{
    if (std::isnan(verdict.p_value)) {
        return;
    }
    if (!is_scaled) {
        for (double* figure : {&verdict.expected, &verdict.lower, &verdict.upper}) {
            *figure = effect.scale == EffectScale::shift ? *figure + effect.effect : *figure * std::exp(effect.effect);
        }
    }
    const double far = distance(effect, value, verdict.expected);
    if (verdict.z != 0 && far != 0) {
        verdict.z *= std::abs(far) / std::hypot(far, effect.error * verdict.z);
    }
    switch (direction) {
        case Direction::both: verdict.p_value = 2 * numeric::normal_above(std::abs(verdict.z)); break;
        case Direction::up: verdict.p_value = numeric::normal_above(verdict.z); break;
        case Direction::down: verdict.p_value = numeric::normal_below(verdict.z); break;
    }
    verdict.p_value = std::max(verdict.p_value, numeric::least_p);
    const double reach = effect.error * numeric::normal_quantile_above(direction == Direction::both ? alpha / 2 : alpha);
    verdict.lower = std::isnan(verdict.lower) ? verdict.lower : widened(effect, verdict.lower, verdict.expected, reach);
    verdict.upper = std::isnan(verdict.upper) ? verdict.upper : widened(effect, verdict.upper, verdict.expected, reach);
}

}  // namespace marketing::series
