/**
 * Forecasts of daily figures with a weekly pattern, of single days and of their
 * sum.
 *
 * The default is exponential smoothing with additive errors and additive
 * weekdays, ETS(A,N,A), with a damped trend where the data ask for one
 * (Hyndman, Koehler, Ord, Snyder: Forecasting with Exponential Smoothing,
 * 2008). Shorter histories get simpler models; the answer says which. Every
 * interval comes from the model's own variance: of a day, and of a sum of days,
 * whose errors go together.
 */
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "kernel/named.hpp"
#include "kernel/stop.hpp"
#include "kernel/unknown.hpp"
#include "series/calendar.hpp"

namespace marketing::forecast {

using kernel::unknown;
/** Days of a week: the season of every model here. */
inline constexpr std::size_t week = 7;
/** A history must show this many days to be forecast at all. */
inline constexpr std::size_t fewest_days = 7;

enum class Model {
    insufficient_data,  // fewer than 7 days: no forecast
    mean,               // 7 to 13 days: the mean of all days
    weekday_mean,       // 14 to 20 days: the mean of each weekday
    ets,                // ETS(A,N,A), from 21 days
    ets_damped,         // ETS(A,Ad,A): with a damped trend, from 28 days
    theta,              // Theta method on deseasonalised days, from 14 days
    seasonal_naive,     // the same weekday of the last week, from 14 days
};

/** What the figures can be. */
enum class Kind {
    count,        // whole numbers, never negative: small ones get the interval of a
                  // count
    nonnegative,  // amounts: no expectation and no bound below 0
    real,         // anything
};

/** What to fit: a model, and whether a damped trend may take the place of none
 * where the data ask for it. */
struct Choice {
    Model model;
    bool may_damp;
};

/**
 * The model called `name`; for 'auto' the best that a history of `known_days`
 * carries. A model that the history is too short for gives way to the next
 * simpler one. Throws Error(invalid_parameter) for an unknown name.
 */
[[nodiscard]] Choice choose_model(std::string_view name, std::size_t known_days);
[[nodiscard]] std::string_view name_of(Model model);

/** The kind called `name`; for 'auto' the narrowest that all `values` are of.
 * Throws Error(invalid_parameter). */
[[nodiscard]] Kind choose_kind(std::string_view name, std::span<const double> values);

/** What a day between the first and the last without a figure was. */
enum class Gaps {
    zero,     // nothing happened: 0
    missing,  // something that is not known
};

/** The treatment of gaps called `name`. Throws Error(invalid_parameter). */
inline constexpr auto find_gaps = kernel::names<Gaps>("treatment of gaps", {{"zero", Gaps::zero}, {"missing", Gaps::missing}},
                                                      " A day without a row is 0, or not known.");

/**
 * One figure per day from the first of `dates` to `last`, NaN where it is not
 * known. `dates` come in any order; what is after `last` is left out. Throws
 * Error(invalid_parameter) where the lengths differ, a date comes twice, a
 * figure is infinite or the days are more than 100,000.
 */
[[nodiscard]] std::vector<double> arrange(std::span<const std::int32_t> dates, std::span<const double> values,
                                          std::int32_t last, Gaps gaps);

/** One way in which the figures may have come about, as what it says of the
 * days after the history: day 1 is the first. */
struct Part {
    double weight = 1;
    /** Expected figure of each day. */
    std::vector<double> mean;
    /** response[j]: how much a surprise of 1 changes the expectation for j days
   * later; response[0] is 1. Empty: not at all. */
    std::vector<double> response;
    /**
   * What is not known of the expectations, as `unknowns` independent errors of
   * the size of a day's surprise: sway[day * unknowns + i] is how much the i-th
   * of them moves a day.
   */
    std::vector<double> sway;
    std::size_t unknowns = 0;
    /** Of a day's surprise, and the degrees of freedom it is known with. */
    double variance = 0;
    double degrees = 0;
};

/** A fitted model: parts whose weights add up to 1. */
struct Fit {
    Model model = Model::insufficient_data;
    std::vector<Part> parts;
    /** What events do to the days; the parts know of none. */
    series::EffectsAhead events{};
};

/**
 * Fits to `history`, one figure per day, NaN where it is not known, and looks
 * `horizon` days ahead. A damped trend is taken by choice only where the
 * criterion improves by more than 2. Throws Stopped.
 */
[[nodiscard]] Fit fit(std::span<const double> history, int horizon, Choice choice, const kernel::StopFlag& stop);

/** An expectation and the bounds of its central interval. */
struct Outlook {
    double mean = unknown;
    double low = unknown;
    double high = unknown;
};

/** Day `day` (1 is the first after the history) with the central interval of
 * probability `level`. */
[[nodiscard]] Outlook outlook_of_day(const Fit& fit, int day, Kind kind, double level);

/**
 * The sum over the days of the horizon but for the first `skipped`: its
 * variance is that of a sum whose terms go together, not the sum of the days'
 * variances. Of no days it is 0.
 */
[[nodiscard]] Outlook outlook_of_sum(const Fit& fit, int skipped, Kind kind, double level);

/** Probability that this sum is above `amount`. */
[[nodiscard]] double probability_above(const Fit& fit, int skipped, Kind kind, double amount);

/** A history as its columns, one figure per date in any order, and what is
 * asked of it. */
struct Request {
    std::span<const std::int32_t> dates{};
    std::span<const double> figures{};
    int horizon = 28;
    double level = 0.9;
    std::string_view model = "auto";
    std::string_view kind = "auto";
    Gaps gaps = Gaps::zero;
    std::optional<std::int32_t> last_day{};
    series::CalendarEvents events{};

    /** Where the history ends: where it is told to, or at the last of the dates.
   */
    [[nodiscard]] std::optional<std::int32_t> end() const;
};

/** What is unknown is NaN: all, where the data are insufficient. */
struct DaysAhead {
    Model model;
    std::int64_t known_days;
    std::vector<Outlook> days;  // as many as the horizon has
};

struct SumAhead {
    Model model;
    std::int64_t known_days;
    Outlook sum;
    double above_budget = unknown;
};

/** Both throw Error(invalid_parameter) for a request outside its domain, and as
 * arrange(), choose_model() and choose_kind() do; Stopped. */
[[nodiscard]] DaysAhead forecast_days(const Request& request, const kernel::StopFlag& stop);
/** The sum of the days but for the first `skipped`. */
[[nodiscard]] SumAhead forecast_sum(const Request& request, int skipped, std::optional<double> budget,
                                    const kernel::StopFlag& stop);

/** What the history tells of an event: a factor, or of the kind real what it adds; with the interval of the effect, and that of its next
 * occurrence. */
struct EventOutlook {
    series::EventEffect event;
    Outlook effect;
    Outlook next;
};

/** A day with an event: the logarithm of its factor, or the shift, and of a day to come what is not known of that. */
struct DayOfEvents {
    std::int32_t day;
    double effect;
    double error;
};

/** Those of history and horizon, in order. Throws as forecast_days() does. */
[[nodiscard]] std::vector<DayOfEvents> days_of_events(const Request& request, const kernel::StopFlag& stop);

/** Of those of the request and of those that come back by themselves. Throws as forecast_days() does. */
[[nodiscard]] std::vector<EventOutlook> effects_of_events(const Request& request, const kernel::StopFlag& stop);

}  // namespace marketing::forecast
