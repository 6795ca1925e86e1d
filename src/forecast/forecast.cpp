#include "forecast/forecast.hpp"

#include <algorithm>
#include <array>
#include <cmath>

#include "forecast/ets.hpp"
#include "kernel/error.hpp"
#include "kernel/named.hpp"
#include "numeric/distributions.hpp"
#include "numeric/search.hpp"

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

/** A damped trend is looked for from here on: in fewer days it is mostly noise. */
constexpr std::size_t days_for_trend = 60;
constexpr double worthwhile_improvement = 2;

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
    Fit fit;
    fit.model = Model::mean;
    fit.mean.assign(static_cast<std::size_t>(horizon), all.mean);
    fit.averaged = {all.count};
    fit.degrees = all.count - 1;
    fit.variance = squares / fit.degrees;
    return fit;
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
    Fit fit;
    fit.model = Model::weekday_mean;
    const auto seen = std::ranges::count_if(of_weekday, [](const Days& days) { return days.count > 0; });
    fit.degrees = all.count - static_cast<double>(seen);
    fit.variance = squares / fit.degrees;
    for (std::size_t day = 0; day < week; ++day) {
        const Days& days = of_weekday[(history.size() + day) % week];
        // A weekday that was never seen is taken as one day like all.
        fit.averaged.push_back(days.count > 0 ? days.count : 1);
    }
    for (std::size_t day = 0; day < static_cast<std::size_t>(horizon); ++day) {
        const Days& days = of_weekday[(history.size() + day) % week];
        fit.mean.push_back(days.count > 0 ? days.mean : all.mean);
    }
    return fit;
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
    Fit fit;
    fit.model = Model::seasonal_naive;
    fit.variance = squares.mean;
    fit.degrees = std::max(1.0, squares.count);
    fit.response.push_back(1);
    for (std::size_t day = 1; day <= static_cast<std::size_t>(horizon); ++day) {
        const double value = last[(history.size() + day - 1) % week];
        fit.mean.push_back(std::isnan(value) ? all.mean : value);
        fit.response.push_back(day % week == 0 ? 1 : 0);
    }
    return fit;
}

/** Mean deviation of each weekday from the week around it, the seven adding up to 0. */
std::array<double, week> weekday_deviations(std::span<const double> history)
{
    std::array<Days, week> deviations;
    for (std::size_t t = week / 2; t + week / 2 < history.size(); ++t) {
        double sum = 0;
        for (std::size_t i = t - week / 2; i <= t + week / 2; ++i) {
            sum += history[i];
        }
        const double deviation = history[t] - sum / static_cast<double>(week);
        if (!std::isnan(deviation)) {
            deviations[t % week].add(deviation);
        }
    }
    double centre = 0;
    for (const Days& days : deviations) {
        centre += days.mean / static_cast<double>(week);
    }
    std::array<double, week> result{};
    for (std::size_t w = 0; w < week; ++w) {
        result[w] = deviations[w].mean - centre;
    }
    return result;
}

/** Simple exponential smoothing from the best initial level, in which each error is linear. */
struct Smoothed {
    double level;
    double squares;
};

Smoothed smooth(std::span<const double> values, double alpha)
{
    double from_zero = 0, share_of_start = 1;
    double cross = 0, starts = 0, squares = 0;
    for (const double value : values) {
        if (std::isnan(value)) {
            continue;
        }
        const double error = value - from_zero;
        cross += error * share_of_start;
        starts += share_of_start * share_of_start;
        squares += error * error;
        from_zero += alpha * error;
        share_of_start *= 1 - alpha;
    }
    const double start = cross / starts;
    return {from_zero + share_of_start * start, std::max(0.0, squares - cross * start)};
}

double slope_over_time(std::span<const double> values)
{
    Days time;
    Days level;
    for (std::size_t t = 0; t < values.size(); ++t) {
        if (!std::isnan(values[t])) {
            time.add(static_cast<double>(t));
            level.add(values[t]);
        }
    }
    double products = 0, squares = 0;
    for (std::size_t t = 0; t < values.size(); ++t) {
        if (!std::isnan(values[t])) {
            const double since = static_cast<double>(t) - time.mean;
            products += since * (values[t] - level.mean);
            squares += since * since;
        }
    }
    return squares > 0 ? products / squares : 0;
}

/** Hyndman, Billah: Unmasking the Theta method (2003): smoothing with half the slope of the whole as drift, weekdays taken off before. */
Fit fit_theta(std::span<const double> history, int horizon)
{
    const auto deviations = weekday_deviations(history);
    std::vector<double> level_only(history.begin(), history.end());
    for (std::size_t t = 0; t < level_only.size(); ++t) {
        level_only[t] -= deviations[t % week];
    }
    const auto squares = [&level_only](double alpha) { return smooth(level_only, alpha).squares; };
    const double alpha = numeric::minimum(squares, 1e-4, 1 - 1e-4, 24);
    const Smoothed smoothed = smooth(level_only, alpha);
    const double drift = slope_over_time(level_only) / 2;
    const double known = count_known(history);

    Fit fit;
    fit.model = Model::theta;
    fit.alpha = alpha;
    // Smoothing, level, slope and six weekdays are estimated.
    fit.degrees = std::max(1.0, known - 9);
    fit.variance = smoothed.squares / fit.degrees;
    fit.response.assign(static_cast<std::size_t>(horizon) + 1, alpha);
    fit.response[0] = 1;
    const double start = (1 - std::pow(1 - alpha, known)) / alpha;
    for (std::size_t day = 1; day <= static_cast<std::size_t>(horizon); ++day) {
        fit.mean.push_back(smoothed.level + drift * (static_cast<double>(day) - 1 + start) +
                           deviations[(history.size() + day - 1) % week]);
    }
    return fit;
}

Fit fit_best_ets(std::span<const double> history, int horizon, bool may_damp, const kernel::StopFlag& stop)
{
    Fit plain = fit_ets(history, horizon, stop);
    if (may_damp && plain.variance > 0) {
        auto damped = fit_damped_ets(history, horizon, plain, true, stop);
        if (damped && damped->aicc < plain.aicc - worthwhile_improvement) {
            return *std::move(damped);
        }
    }
    return plain;
}

/** An expected figure with the distribution around it: Student's, or for small counts that of a count. */
struct Spread {
    double mean;
    double variance;
    double degrees;
};

Spread spread_of_day(const Fit& fit, int day)
{
    double factor = 1;
    for (std::size_t j = 1; !fit.response.empty() && j < static_cast<std::size_t>(day); ++j) {
        factor += fit.response[j] * fit.response[j];
    }
    if (!fit.averaged.empty()) {
        factor += 1 / fit.averaged[static_cast<std::size_t>(day - 1) % fit.averaged.size()];
    }
    return {fit.mean[static_cast<std::size_t>(day) - 1], fit.variance * factor, fit.degrees};
}

Spread spread_of_sum(const Fit& fit, int skipped)
{
    Spread sum{0, 0, fit.degrees};
    const std::size_t horizon = fit.mean.size();
    const auto first = static_cast<std::size_t>(skipped);
    const auto response = [&fit](std::size_t later) {
        return fit.response.empty() ? static_cast<double>(later == 0) : fit.response[later];
    };
    // What the surprise of a day changes in the days that count, itself and later ones; from the last day backwards.
    double carried = 0;
    for (std::size_t day = horizon; day-- > 0;) {
        carried += response(horizon - 1 - day);
        if (day < first) {
            carried -= response(first - 1 - day);
        }
        sum.variance += fit.variance * carried * carried;
    }
    std::vector<double> sharing(fit.averaged.size());
    for (std::size_t day = first; day < horizon; ++day) {
        sum.mean += fit.mean[day];
        if (!sharing.empty()) {
            sharing[day % sharing.size()] += 1;
        }
    }
    for (std::size_t i = 0; i < sharing.size(); ++i) {
        // Days that share one mean share its error.
        sum.variance += fit.variance * sharing[i] * sharing[i] / fit.averaged[i];
    }
    return sum;
}

/** From here on a count is as good as continuous. */
constexpr double large_count = 10;
bool is_small_count(const Spread& spread, Kind kind)
{
    return kind == Kind::count && spread.mean > 0 && spread.mean < large_count;
}

Outlook outlook(const Spread& spread, Kind kind, double level)
{
    Outlook result{spread.mean, 0, 0};
    if (is_small_count(spread, kind)) {
        const numeric::Count count{spread.mean, spread.variance};
        result.low = numeric::count_quantile(count, (1 - level) / 2);
        result.high = numeric::count_quantile_above(count, (1 - level) / 2);
    } else {
        const double half = numeric::student_quantile_above(spread.degrees, (1 - level) / 2) * std::sqrt(spread.variance);
        result.low = spread.mean - half;
        result.high = spread.mean + half;
    }
    if (kind != Kind::real) {
        result.mean = std::max(0.0, result.mean);
        result.low = std::max(0.0, result.low);
        result.high = std::max(0.0, result.high);
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
        case Model::theta: return fit_theta(history, horizon);
        case Model::seasonal_naive: return fit_seasonal_naive(history, horizon);
        case Model::ets: return fit_best_ets(history, horizon, choice.may_damp, stop);
        case Model::ets_damped: return fit_damped_ets(history, horizon, fit_ets(history, 1, stop), false, stop).value();
    }
    return {};
}

Outlook outlook_of_day(const Fit& fit, int day, Kind kind, double level)
{
    return outlook(spread_of_day(fit, day), kind, level);
}

Outlook outlook_of_sum(const Fit& fit, int skipped, Kind kind, double level)
{
    return outlook(spread_of_sum(fit, skipped), kind, level);
}

double probability_above(const Fit& fit, int skipped, Kind kind, double amount)
{
    const Spread sum = spread_of_sum(fit, skipped);
    if (kind != Kind::real && amount < 0) {
        return 1;
    }
    if (is_small_count(sum, kind)) {
        return numeric::count_above({sum.mean, sum.variance}, std::floor(amount));
    }
    if (sum.variance <= 0) {
        return sum.mean > amount ? 1 : 0;
    }
    return numeric::student_above(sum.degrees, (amount - sum.mean) / std::sqrt(sum.variance));
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

Forecast forecast_of(const Request& request, const kernel::StopFlag& stop)
{
    require_valid(request.horizon >= 0 && request.horizon <= longest_horizon, "horizon must be between 0 and 3660 days");
    require_valid(request.level > 0 && request.level < 1, "level must be between 0 and 1",
                  "0.9 gives intervals that hold nine figures of ten.");
    const auto history = arrange(request.dates, request.figures, request.end().value_or(0), request.gaps);
    const auto known = static_cast<std::size_t>(count_known(history));
    const Kind kind = choose_kind(request.kind, history);
    return {fit(history, request.horizon, choose_model(request.model, known), stop), kind, static_cast<std::int64_t>(known)};
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

}  // namespace marketing::forecast
