-- Forecasts of daily figures: functions of two arrays, for any table.

CREATE FUNCTION analytics.forecast(days date[], figures double precision[], horizon int DEFAULT 28, level double precision DEFAULT 0.9,
    model text DEFAULT 'auto', kind text DEFAULT 'auto', gaps text DEFAULT 'zero', last_day date DEFAULT NULL,
    event_names text[] DEFAULT NULL, event_first_days date[] DEFAULT NULL, event_last_days date[] DEFAULT NULL)
    RETURNS TABLE (day date, yhat double precision, low double precision, high double precision, model_used text, n_days int)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 28 COST 100000
AS 'MODULE_PATHNAME', 'marketing_forecast';
COMMENT ON FUNCTION analytics.forecast IS
'Forecast of a daily figure with a weekly pattern: one row per day to come
days, figures: the history, one figure per day in any order; NULL or NaN is a day that is not known. horizon: days to look ahead, 0 to 3660.
level: probability that the interval low..high holds the figure. model: auto (ETS(A,N,A) from 21 known days, with a damped trend where the
data ask for it, averaged over how fast level and weekdays move; weekday means from 14, the mean from 7, else insufficient_data and NULLs),
ets, ets_damped, theta, seasonal_naive, weekday_mean, mean.
kind: count, nonnegative, real, or auto by the figures; small counts get the interval of a negative binomial. gaps: what
a day without a row was, zero or missing. last_day: where the history ends, by default the last of the days; later figures are left out.
event_names, event_first_days, event_last_days: holidays and campaigns of the history and of the days to come; NULL for the last day is
the first. Events of one name have one effect, which the history tells (calendar_effects); the interval is wider by what is not known of it.
yhat: expected figure. model_used, n_days: the model and the known days it rests on. Errors: 22023. Source: Hyndman, Koehler, Ord, Snyder,
Forecasting with Exponential Smoothing (2008).';

CREATE FUNCTION analytics.forecast_sum(days date[], figures double precision[], horizon int DEFAULT 28, level double precision DEFAULT 0.9,
    model text DEFAULT 'auto', kind text DEFAULT 'auto', gaps text DEFAULT 'zero', last_day date DEFAULT NULL, skipped_days int DEFAULT 0,
    budget double precision DEFAULT NULL, event_names text[] DEFAULT NULL, event_first_days date[] DEFAULT NULL,
    event_last_days date[] DEFAULT NULL)
    RETURNS TABLE (total double precision, low double precision, high double precision, p_over double precision, model_used text,
        n_days int)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 COST 100000
AS 'MODULE_PATHNAME', 'marketing_forecast_sum';
COMMENT ON FUNCTION analytics.forecast_sum IS
'Forecast of the sum of the days to come, with its own interval
The interval is that of the sum: the errors of its days go together, so adding up the days'' variances would make it far too narrow.
skipped_days: days at the beginning of the horizon that do not count. p_over: probability that the sum is above budget; NULL without one.
The other arguments are those of analytics.forecast(). One row; NULLs where model_used is insufficient_data.';

CREATE FUNCTION analytics_internal.event_days(
    days date[], figures double precision[], horizon int, last_day date, first_day date, event_names text[], event_first_days date[],
    event_last_days date[])
    RETURNS TABLE (day date, effect double precision, error double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 COST 10000
AS 'MODULE_PATHNAME', 'marketing_event_days';
COMMENT ON FUNCTION analytics_internal.event_days IS
'Days with an event from first_day up to horizon days after last_day
effect: the logarithm of what the event multiplies the day by, as analytics.calendar_effects() has it from the days up to last_day, and its
error where the day is yet to come.';

CREATE FUNCTION analytics.calendar_effects(
    days date[], figures double precision[], event_names text[] DEFAULT NULL, event_first_days date[] DEFAULT NULL,
    event_last_days date[] DEFAULT NULL, level double precision DEFAULT 0.9, kind text DEFAULT 'auto', gaps text DEFAULT 'zero')
    RETURNS TABLE (event text, is_found boolean, occurrences int, effect double precision, low double precision, high double precision,
        next_low double precision, next_high double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 10 COST 10000
AS 'MODULE_PATHNAME', 'marketing_calendar_effects';
COMMENT ON FUNCTION analytics.calendar_effects IS
'What holidays, campaigns and days that come back by themselves do to a figure
One row per event that has a day in the history. effect: the factor by which the event multiplies a day, of the kind real what it adds,
drawn to no effect as far as few occurrences tell; low, high: its interval (level); next_low, next_high: that of the next occurrence, which
may differ from those seen. occurrences: those whose days tell. is_found: nobody named it, but at least three occurrences, each among the
most unusual days, show it: the same date or the same weekday of a month in each year, the days after the fourth Thursday of November, the
first or last day of each month. In fewer than 1 % of series is one found where there is none. event_names, event_first_days,
event_last_days: as for analytics.forecast(), which uses these effects; days, figures, kind, gaps likewise. Errors: 22023.';
