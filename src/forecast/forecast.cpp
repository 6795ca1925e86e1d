#include "forecast/forecast.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "forecast/ets.hpp"
#include "forecast/theta.hpp"
#include "kernel/error.hpp"
#include "kernel/named.hpp"
#include "numeric/distributions.hpp"

namespace marketing::forecast {

using kernel::Error;
using kernel::ErrorCode;
using kernel::require_valid;

namespace {

constexpr std::size_t most_days = 100'000;
constexpr int longest_horizon = 3660;

/** How many known days a model needs. */
constexpr std::size_t needed_days(Model model)
{
    switch (model) {
        case Model::insufficient_data: return 0;
        case Model::mean: return fewest_days;
        case Model::weekday_mean:
        case Model::theta:
        case Model::seasonal_naive: return 2 * week;
        case Model::ets: return 3 * week;
        case Model::ets_damped: return 4 * week;
    }
    return 0;
}

constexpr auto models = kernel::names<std::optional<Model>>("forecast model", {{"auto", std::nullopt},
                                                                               {"ets", Model::ets},
                                                                               {"ets_damped", Model::ets_damped},
                                                                               {"theta", Model::theta},
                                                                               {"seasonal_naive", Model::seasonal_naive},
                                                                               {"weekday_mean", Model::weekday_mean},
                                                                               {"mean", Model::mean}});

constexpr auto kinds = kernel::names<std::optional<Kind>>(
    "kind of figures",
    {{"auto", std::nullopt}, {"count", Kind::count}, {"nonnegative", Kind::nonnegative}, {"real", Kind::real}});

/** A damped trend is looked for from here on: in fewer days it is mostly noise.
 */
constexpr std::size_t days_for_trend = 60;

struct Days {
    double count = 0;
    double mean = 0;
    void add(double value)
    {
        count += 1;
        mean += (value - mean) / count;
    }
};

double count_known(std::span<const double> history)
{
    return static_cast<double>(std::ranges::count_if(history, [](double value) { return !std::isnan(value); }));
}

Fit fit_mean(std::span<const double> history, int horizon)
{
    Days all;
    for (const double value : history) {
        if (!std::isnan(value)) {
            all.add(value);
        }
    }
    double squares = 0;
    for (const double value : history) {
        squares += std::isnan(value) ? 0 : (value - all.mean) * (value - all.mean);
    }
    const auto days = static_cast<std::size_t>(horizon);
    Part part;
    part.mean.assign(days, all.mean);
    part.unknowns = 1;
    part.sway.assign(days, 1 / std::sqrt(all.count));
    part.degrees = all.count - 1;
    part.variance = squares / part.degrees;
    return {Model::mean, {std::move(part)}};
}

Fit fit_weekday_mean(std::span<const double> history, int horizon)
{
    std::array<Days, week> of_weekday;
    Days all;
    for (std::size_t t = 0; t < history.size(); ++t) {
        if (!std::isnan(history[t])) {
            of_weekday[t % week].add(history[t]);
            all.add(history[t]);
        }
    }
    double squares = 0;
    for (std::size_t t = 0; t < history.size(); ++t) {
        const double error = history[t] - of_weekday[t % week].mean;
        squares += std::isnan(error) ? 0 : error * error;
    }
    const auto seen = std::ranges::count_if(of_weekday, [](const Days& days) { return days.count > 0; });
    Part part;
    part.degrees = all.count - static_cast<double>(seen);
    part.variance = squares / part.degrees;
    part.unknowns = week;
    part.sway.assign(static_cast<std::size_t>(horizon) * week, 0);
    for (std::size_t day = 0; day < static_cast<std::size_t>(horizon); ++day) {
        const std::size_t weekday = (history.size() + day) % week;
        const Days& days = of_weekday[weekday];
        part.mean.push_back(days.count > 0 ? days.mean : all.mean);
        // A weekday that was never seen is taken as one day like all.
        part.sway[day * week + weekday] = 1 / std::sqrt(std::max(days.count, 1.0));
    }
    return {Model::weekday_mean, {std::move(part)}};
}

Fit fit_seasonal_naive(std::span<const double> history, int horizon)
{
    std::array<double, week> last;
    last.fill(unknown);
    Days squares;
    Days all;
    for (std::size_t t = 0; t < history.size(); ++t) {
        if (std::isnan(history[t])) {
            continue;
        }
        double& before = last[t % week];
        if (!std::isnan(before)) {
            squares.add((history[t] - before) * (history[t] - before));
        }
        before = history[t];
        all.add(history[t]);
    }
    Part part;
    part.variance = squares.mean;
    part.degrees = std::max(1.0, squares.count);
    part.response.push_back(1);
    for (std::size_t day = 1; day <= static_cast<std::size_t>(horizon); ++day) {
        const double value = last[(history.size() + day - 1) % week];
        part.mean.push_back(std::isnan(value) ? all.mean : value);
        part.response.push_back(day % week == 0 ? 1 : 0);
    }
    return {Model::seasonal_naive, {std::move(part)}};
}

/** An expected figure, how far outcomes scatter around it, how far it may be
 * off itself, and the degrees both are known with. */
struct Spread {
    double mean = 0;
    double surprise = 0;
    double doubt = 0;
    double degrees = 0;
    double weight = 0;

    [[nodiscard]] double variance() const { return surprise + doubt; }
};

/** What events make of the days from `first` to `last - 1`. */
class DaysOfEvents {
public:
    DaysOfEvents(const series::EffectsAhead& events, std::size_t first, std::size_t last) : events_(events)
    {
        for (const series::EffectsAhead::Day& each : events.days) {
            const auto day = static_cast<std::size_t>(each.day);
            if (first <= day && day < last) {
                days_.push_back({day, is_factor() ? std::exp(each.effect) : 1, is_factor() ? 0 : each.effect});
            }
        }
    }

    /** What a surprise of `day` changes in the days that count beyond what it would without events. */
    template <class Response>
    [[nodiscard]] double carried(std::size_t day, const Response& response) const
    {
        double sum = 0;
        for (const Day& each : days_) {
            if (each.day > day) {
                sum += (each.factor - 1) * response(each.day - day);
            } else if (each.day == day) {
                // The variance of a day follows its mean.
                sum += std::sqrt(each.factor) - 1;
            }
        }
        return sum;
    }
    [[nodiscard]] double factor(std::size_t day) const
    {
        const Day* found = find(day);
        return found == nullptr ? 1 : found->factor;
    }
    [[nodiscard]] double shift(std::size_t day) const
    {
        const Day* found = find(day);
        return found == nullptr ? 0 : found->shift;
    }
    /** Variance of the sum of the days whose expectations are `mean`, by what is not known of the effects. */
    [[nodiscard]] double doubt(std::span<const double> mean) const
    {
        double variance = 0;
        for (const auto& unknown : events_.unknowns) {
            double sum = 0;
            for (const series::Loading& each : unknown) {
                if (const Day* day = find(static_cast<std::size_t>(each.day))) {
                    sum += each.loading * (is_factor() ? day->factor * std::max(0.0, mean[day->day]) : 1);
                }
            }
            variance += sum * sum;
        }
        return variance;
    }

private:
    struct Day {
        std::size_t day;
        double factor;
        double shift;
    };
    [[nodiscard]] bool is_factor() const { return events_.scale == series::EffectScale::factor; }
    [[nodiscard]] const Day* find(std::size_t day) const
    {
        const auto found = std::ranges::lower_bound(days_, day, {}, &Day::day);
        return found != days_.end() && found->day == day ? &*found : nullptr;
    }

    const series::EffectsAhead& events_;
    std::vector<Day> days_;
};

/** Of the sum of days `first` to `last - 1`, by one part; day 0 is the first
 * after the history. */
Spread spread_of(const Part& part, const DaysOfEvents& events, std::size_t first, std::size_t last)
{
    Spread sum{0, 0, 0, part.degrees};
    // What the surprise of a day changes in the days that count, itself and later
    // ones; from the last day backwards.
    const auto response = [&part](std::size_t later) {
        return part.response.empty() ? static_cast<double>(later == 0) : part.response[later];
    };
    double carried = 0;
    for (std::size_t day = last; day-- > 0;) {
        carried += response(last - 1 - day);
        if (day < first) {
            carried -= response(first - 1 - day);
        }
        const double all = carried + events.carried(day, response);
        sum.surprise += part.variance * all * all;
    }
    std::vector<double> sway(part.unknowns);
    for (std::size_t day = first; day < last; ++day) {
        const double factor = events.factor(day);
        sum.mean += factor * part.mean[day] + events.shift(day);
        for (std::size_t i = 0; i < part.unknowns; ++i) {
            sway[i] += factor * part.sway[day * part.unknowns + i];
        }
    }
    for (const double error : sway) {
        sum.doubt += part.variance * error * error;
    }
    sum.doubt += events.doubt(part.mean);
    return sum;
}

/**
 * By all parts: that their expectations differ is part of the doubt. The
 * quantiles of a mixture whose parts are of different width are close to the
 * means of the parts' quantiles, so deviations are averaged, not variances: a
 * few wide parts make long tails.
 */
Spread spread_of(const Fit& fit, std::size_t first, std::size_t last)
{
    Spread all;
    double squares = 0;
    double deviation = 0;
    const DaysOfEvents events(fit.events, first, last);
    for (const Part& part : fit.parts) {
        const Spread spread = spread_of(part, events, first, last);
        const double weight_before = all.weight;
        all.weight += part.weight;
        const double off = spread.mean - all.mean;
        all.mean += off * part.weight / all.weight;
        squares += off * off * part.weight * weight_before / all.weight;
        all.surprise += part.weight * spread.surprise;
        all.doubt += part.weight * spread.doubt;
        deviation += part.weight * std::sqrt(spread.variance());
        all.degrees += part.weight * spread.degrees;
    }
    if (deviation > 0) {
        const double narrower = deviation * deviation / all.variance();
        all.surprise *= narrower;
        all.doubt *= narrower;
    }
    all.doubt += squares;
    return all;
}

/** From here on a count is as good as continuous. */
constexpr double large_count = 10;

/**
 * The distribution of what cannot be negative. A sum of bursts has a gamma
 * distribution, and so has the sum that its expectation is estimated from: the
 * ratio of outcome and estimate is then distributed as Fisher's F.
 */
class Skewed {
public:
    explicit Skewed(const Spread& spread)
    {
        const double degrees = std::max(spread.degrees, 3.0);
        const double wider = degrees / (degrees - 2);
        scale_ = std::max(spread.mean, 0.35 * std::sqrt(wider * spread.variance()));
        const double unit = scale_ > 0 ? wider / (scale_ * scale_) : 0;
        surprise_ = unit * spread.surprise;
        doubt_ = std::min(unit * spread.doubt, 0.25);
        surprise_ += unit * spread.doubt - doubt_;
        kernel::require_computed(std::isfinite(surprise_), "Of the interval.");
    }
    [[nodiscard]] double quantile(double p) const
    {
        if (surprise_ <= 0) {
            return scale_;
        }
        if (doubt_ <= 1e-6 * surprise_) {
            return scale_ * surprise_ * numeric::gamma_quantile(1 / surprise_, p);
        }
        return scale_ * surprise_ / doubt_ * numeric::beta_quantile_odds(1 / surprise_, 1 / doubt_, p);
    }
    [[nodiscard]] double quantile_above(double tail) const { return quantile(1 - tail); }
    [[nodiscard]] double above(double x) const
    {
        if (x < 0) {
            return 1;
        }
        if (surprise_ <= 0) {
            return scale_ > x ? 1 : 0;
        }
        if (doubt_ <= 1e-6 * surprise_) {
            return numeric::gamma_above(1 / surprise_, x / (scale_ * surprise_));
        }
        const double odds = x * doubt_ / (scale_ * surprise_);
        return numeric::beta_above(1 / surprise_, 1 / doubt_, odds / (1 + odds));
    }

private:
    double scale_, surprise_, doubt_;
};

bool is_small_count(const Spread& spread, Kind kind)
{
    return kind == Kind::count && spread.mean > 0 && spread.mean < large_count;
}

Outlook outlook(const Spread& spread, Kind kind, double level)
{
    Outlook result{spread.mean, 0, 0};
    const double tail = (1 - level) / 2;
    if (is_small_count(spread, kind)) {
        const numeric::Count count{spread.mean, spread.variance()};
        result.low = numeric::count_quantile(count, tail);
        result.high = numeric::count_quantile_above(count, tail);
    } else if (kind == Kind::real) {
        const double half = numeric::student_quantile_above(spread.degrees, tail) * std::sqrt(spread.variance());
        result.low = spread.mean - half;
        result.high = spread.mean + half;
    } else {
        const Skewed distribution(spread);
        result.mean = std::max(0.0, result.mean);
        result.low = distribution.quantile(tail);
        result.high = distribution.quantile_above(tail);
    }
    // Of rare counts the interval may be {0}, while the mean is a little above.
    result.low = std::min(result.low, result.mean);
    result.high = std::max(result.high, result.mean);
    return result;
}

}  // namespace

Choice choose_model(std::string_view name, std::size_t known_days)
{
    const std::optional<Model> asked = models.find(name);
    Choice choice{asked.value_or(Model::ets), !asked};
    choice.may_damp = choice.may_damp && known_days >= days_for_trend;
    for (const Model simpler : {Model::ets, Model::weekday_mean, Model::mean, Model::insufficient_data}) {
        if (known_days < needed_days(choice.model)) {
            choice.model = simpler;
        }
    }
    return choice;
}

std::string_view name_of(Model model)
{
    const std::string_view name = models.name_of(model);
    return name.empty() ? "insufficient_data" : name;
}

Kind choose_kind(std::string_view name, std::span<const double> values)
{
    const auto all = [values](auto holds) {
        return std::ranges::all_of(values, [holds](double v) { return std::isnan(v) || holds(v); });
    };
    const std::optional<Kind> asked = kinds.find(name);
    if (asked == Kind::real) {
        return Kind::real;
    }
    const bool none_negative = all([](double v) { return v >= 0; });
    const bool none_broken = all([](double v) { return v == std::floor(v); });
    if (!asked) {
        return none_negative ? (none_broken ? Kind::count : Kind::nonnegative) : Kind::real;
    }
    if (!none_negative || (asked == Kind::count && !none_broken)) {
        throw Error(ErrorCode::invalid_parameter, "the figures are not of the kind " + std::string(name),
                    none_negative ? "One of them is not whole." : "One of them is negative.",
                    "Kind 'auto' takes what fits all of them.");
    }
    return *asked;
}

std::vector<double> arrange(std::span<const std::int32_t> dates, std::span<const double> values, std::int32_t last, Gaps gaps)
{
    if (dates.size() != values.size()) {
        throw Error(ErrorCode::invalid_parameter, "there must be one figure per date",
                    std::to_string(dates.size()) + " dates, " + std::to_string(values.size()) + " figures.");
    }
    std::int32_t first = last;
    bool any = false;
    for (const std::int32_t date : dates) {
        first = std::min(first, date);
        any = any || date <= last;
    }
    if (!any) {
        return {};
    }
    const auto length = static_cast<std::size_t>(std::int64_t{last} - first) + 1;
    if (length > most_days) {
        throw Error(ErrorCode::invalid_parameter, "a history must not be longer than 100000 days",
                    std::to_string(length) + " days.");
    }
    std::vector<double> history(length, gaps == Gaps::zero ? 0 : unknown);
    std::vector<bool> given(length);
    for (std::size_t i = 0; i < dates.size(); ++i) {
        if (dates[i] > last) {
            continue;
        }
        require_valid(!std::isinf(values[i]), "the figures must be finite");
        const auto at = static_cast<std::size_t>(std::int64_t{dates[i]} - first);
        require_valid(!given[at], "a date comes twice", "Add up the figures of a day first, with GROUP BY.");
        given[at] = true;
        history[at] = values[i];
    }
    return history;
}

Fit fit(std::span<const double> history, int horizon, Choice choice, const kernel::StopFlag& stop)
{
    switch (choice.model) {
        case Model::insufficient_data: return {};
        case Model::mean: return fit_mean(history, horizon);
        case Model::weekday_mean: return fit_weekday_mean(history, horizon);
        case Model::theta: return fit_theta(history, horizon, stop);
        case Model::seasonal_naive: return fit_seasonal_naive(history, horizon);
        case Model::ets: return fit_ets(history, horizon, choice.may_damp ? Trend::possible : Trend::none, stop);
        case Model::ets_damped: return fit_ets(history, horizon, Trend::certain, stop);
    }
    return {};
}

Outlook outlook_of_day(const Fit& fit, int day, Kind kind, double level)
{
    const auto last = static_cast<std::size_t>(day);
    return outlook(spread_of(fit, last - 1, last), kind, level);
}

Outlook outlook_of_sum(const Fit& fit, int skipped, Kind kind, double level)
{
    return outlook(spread_of(fit, static_cast<std::size_t>(skipped), fit.parts.front().mean.size()), kind, level);
}

double probability_above(const Fit& fit, int skipped, Kind kind, double amount)
{
    const Spread sum = spread_of(fit, static_cast<std::size_t>(skipped), fit.parts.front().mean.size());
    if (kind == Kind::real) {
        if (sum.variance() <= 0) {
            return sum.mean > amount ? 1 : 0;
        }
        return numeric::student_above(sum.degrees, (amount - sum.mean) / std::sqrt(sum.variance()));
    }
    if (amount < 0) {
        return 1;
    }
    if (is_small_count(sum, kind)) {
        return numeric::count_above({sum.mean, sum.variance()}, std::floor(amount));
    }
    return Skewed(sum).above(amount);
}

std::optional<std::int32_t> Request::end() const
{
    return last_day || dates.empty() ? last_day : std::ranges::max(dates);
}

namespace {

struct Forecast {
    Fit fit;
    Kind kind;
    std::int64_t known_days;
};

/** The history of a request and what events do to it. */
struct Prepared {
    std::vector<double> history;
    Kind kind;
    series::CalendarEffects effects;
};

Prepared prepare(const Request& request, const kernel::StopFlag& stop)
{
    require_valid(request.level > 0 && request.level < 1, "level must be between 0 and 1",
                  "0.9 gives intervals that hold nine figures of ten.");
    request.events.check();
    const std::int32_t end = request.end().value_or(0);
    Prepared prepared;
    prepared.history = arrange(request.dates, request.figures, end, request.gaps);
    prepared.kind = choose_kind(request.kind, prepared.history);
    series::CalendarRequest calendar;
    calendar.history = prepared.history;
    calendar.first_day = end - static_cast<std::int32_t>(prepared.history.size()) + 1;
    calendar.horizon = request.horizon;
    calendar.events = request.events;
    calendar.scale = prepared.kind == Kind::real ? series::EffectScale::shift : series::EffectScale::factor;
    prepared.effects = series::find_effects(calendar, stop);
    return prepared;
}

Forecast forecast_of(const Request& request, const kernel::StopFlag& stop)
{
    require_valid(request.horizon >= 0 && request.horizon <= longest_horizon, "horizon must be between 0 and 3660 days");
    const auto [history, kind, effects] = prepare(request, stop);
    const auto usual = effects.without_events(history);
    const Choice choice = choose_model(request.model, static_cast<std::size_t>(count_known(usual)));
    Forecast forecast{fit(usual, request.horizon, choice, stop), kind, static_cast<std::int64_t>(count_known(history))};
    forecast.fit.events = effects.ahead;
    return forecast;
}

/** An effect and its interval, on the scale of the figures. */
Outlook outlook_of_effect(double effect, double error, Kind kind, double level)
{
    const double half = numeric::normal_quantile_above((1 - level) / 2) * error;
    const auto scaled = [kind](double value) { return kind == Kind::real ? value : std::exp(value); };
    return {scaled(effect), scaled(effect - half), scaled(effect + half)};
}

}  // namespace

DaysAhead forecast_days(const Request& request, const kernel::StopFlag& stop)
{
    const auto [fit, kind, known_days] = forecast_of(request, stop);
    DaysAhead ahead{fit.model, known_days, std::vector<Outlook>(static_cast<std::size_t>(request.horizon))};
    if (fit.model != Model::insufficient_data) {
        for (int day = 1; day <= request.horizon; ++day) {
            ahead.days[static_cast<std::size_t>(day) - 1] = outlook_of_day(fit, day, kind, request.level);
        }
    }
    return ahead;
}

SumAhead forecast_sum(const Request& request, int skipped, std::optional<double> budget, const kernel::StopFlag& stop)
{
    require_valid(skipped >= 0 && skipped <= request.horizon, "skipped_days must be between 0 and horizon");
    const auto [fit, kind, known_days] = forecast_of(request, stop);
    SumAhead ahead{fit.model, known_days, {}};
    if (fit.model != Model::insufficient_data) {
        ahead.sum = outlook_of_sum(fit, skipped, kind, request.level);
        ahead.above_budget = budget ? probability_above(fit, skipped, kind, *budget) : unknown;
    }
    return ahead;
}

std::vector<DayOfEvents> days_of_events(const Request& request, const kernel::StopFlag& stop)
{
    require_valid(request.horizon >= 0 && request.horizon <= longest_horizon, "horizon must be between 0 and 3660 days");
    const auto effects = prepare(request, stop).effects;
    const std::int32_t end = request.end().value_or(0);
    std::vector<DayOfEvents> days;
    for (std::size_t t = 0; t < effects.history.size(); ++t) {
        if (effects.history[t] != 0) {
            days.push_back({end - static_cast<std::int32_t>(effects.history.size() - 1 - t), effects.history[t], 0});
        }
    }
    for (const series::EffectsAhead::Day& each : effects.ahead.days) {
        days.push_back({end + 1 + each.day, each.effect, effects.ahead.error(each.day)});
    }
    return days;
}

std::vector<EventOutlook> effects_of_events(const Request& request, const kernel::StopFlag& stop)
{
    const Prepared prepared = prepare(request, stop);
    std::vector<EventOutlook> outlooks;
    for (const series::EventEffect& event : prepared.effects.events) {
        outlooks.push_back(
            {event, outlook_of_effect(event.effect, event.error, prepared.kind, request.level),
             outlook_of_effect(event.effect, std::hypot(event.error, event.spread), prepared.kind, request.level)});
    }
    return outlooks;
}

}  // namespace marketing::forecast
