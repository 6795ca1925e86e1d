-- Forecasts of daily figures: functions of two arrays, for any table.

CREATE FUNCTION analytics.forecast(days date[], figures double precision[], horizon int DEFAULT 28, level double precision DEFAULT 0.9,
    model text DEFAULT 'auto', kind text DEFAULT 'auto', gaps text DEFAULT 'zero', last_day date DEFAULT NULL)
    RETURNS TABLE (day date, yhat double precision, low double precision, high double precision, model_used text, n_days int)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 28 COST 100000
AS 'MODULE_PATHNAME', 'marketing_forecast';
COMMENT ON FUNCTION analytics.forecast(date[], double precision[], int, double precision, text, text, text, date) IS
'Forecast of a daily figure with a weekly pattern: one row per day to come
days, figures: the history, one figure per day in any order; NULL or NaN is a day that is not known. horizon: days to look ahead, 0 to 3660.
level: probability that the interval low..high holds the figure. model: auto (ETS(A,N,A) from 21 known days, with a damped trend where the
data ask for it, averaged over how fast level and weekdays move; weekday means from 14, the mean from 7, else insufficient_data and NULLs),
ets, ets_damped, theta, seasonal_naive, weekday_mean, mean.
kind: count, nonnegative, real, or auto by the figures; small counts get the interval of a negative binomial. gaps: what
a day without a row was, zero or missing. last_day: where the history ends, by default the last of the days; later figures are left out.
yhat: expected figure. model_used, n_days: the model and the known days it rests on. Errors: 22023. Source: Hyndman, Koehler, Ord, Snyder,
Forecasting with Exponential Smoothing (2008).';

CREATE FUNCTION analytics.forecast_sum(days date[], figures double precision[], horizon int DEFAULT 28, level double precision DEFAULT 0.9,
    model text DEFAULT 'auto', kind text DEFAULT 'auto', gaps text DEFAULT 'zero', last_day date DEFAULT NULL, skipped_days int DEFAULT 0,
    budget double precision DEFAULT NULL)
    RETURNS TABLE (total double precision, low double precision, high double precision, p_over double precision, model_used text,
        n_days int)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 COST 100000
AS 'MODULE_PATHNAME', 'marketing_forecast_sum';
COMMENT ON FUNCTION analytics.forecast_sum IS
'Forecast of the sum of the days to come, with its own interval
The interval is that of the sum: the errors of its days go together, so adding up the days'' variances would make it far too narrow.
skipped_days: days at the beginning of the horizon that do not count. p_over: probability that the sum is above budget; NULL without one.
The other arguments are those of analytics.forecast(). One row; NULLs where model_used is insufficient_data.';
