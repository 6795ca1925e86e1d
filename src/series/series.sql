-- Series of any metric: decomposition, outliers of a sample, anomalies point by point, slow drifts. Functions of arrays, for any table.

CREATE FUNCTION analytics.stl(
    figures double precision[], period integer DEFAULT 7, robust boolean DEFAULT true, seasonal_window integer DEFAULT NULL,
    trend_window integer DEFAULT NULL, low_pass_window integer DEFAULT NULL, seasonal_degree integer DEFAULT 0,
    trend_degree integer DEFAULT 1)
    RETURNS TABLE (n integer, value double precision, seasonal double precision, trend double precision, remainder double precision,
                   weight double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 365 AS 'MODULE_PATHNAME', 'marketing_stl';
COMMENT ON FUNCTION analytics.stl(double precision[], integer, boolean, integer, integer, integer, integer, integer) IS
'Splits a series into season, trend and remainder (STL)
figures: the series in order of time, without gaps, longer than two periods. period: points of a season. robust: outliers bend neither
season nor trend; weight says how much a point counted, 0 to 1. seasonal_window: points of the same season that are smoothed together;
NULL: the season is the same throughout. trend_window, low_pass_window: NULL for their customary lengths. Degrees: 0 or 1.
Results are those of stl() of R. value = seasonal + trend + remainder. Source: Cleveland, Cleveland, McRae, Terpenning (1990).';

CREATE FUNCTION analytics.gesd(
    figures double precision[], max_share double precision DEFAULT 0.1, alpha double precision DEFAULT 0.05, direction text DEFAULT 'both',
    robust boolean DEFAULT true, period integer DEFAULT NULL)
    RETURNS TABLE (n integer, value double precision, expected double precision, statistic double precision, critical double precision,
                   is_anomaly boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 20 AS 'MODULE_PATHNAME', 'marketing_gesd';
COMMENT ON FUNCTION analytics.gesd(double precision[], double precision, double precision, text, boolean, integer) IS
'Outliers of a sample by the generalised ESD test, or of a season (S-H-ESD)
One row per value tried, the furthest out first: at most max_share of the values, at least one. n: place in figures; NULL and NaN are left
out. direction: both, up, down. robust: median and MAD (the mean absolute deviation where the MAD is 0), otherwise mean and standard
deviation. period: points of a season, which is taken out first (robust STL); NULLs may then stand before the first value and after the
last one, not between. is_anomaly: up to the last value whose statistic exceeds its critical value; values that differ by rounding alone
are equal.
With a period, the test of Hochenbaum, Vallis, Kejariwal (2017); without, of Rosner (1983).';

CREATE FUNCTION analytics.tukey_outliers(
    figures double precision[], k double precision DEFAULT 1.5, lower_quantile double precision DEFAULT 0.25,
    upper_quantile double precision DEFAULT 0.75)
    RETURNS TABLE (n integer, value double precision, lower double precision, upper double precision, score double precision,
                   is_anomaly boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000 ROWS 365 AS 'MODULE_PATHNAME', 'marketing_tukey_outliers';
COMMENT ON FUNCTION analytics.tukey_outliers(double precision[], double precision, double precision, double precision) IS
'Values beyond Tukey''s fences, one row per value
The fences stand k times the range between the quantiles (as percentile_cont) outside of them. score: how far beyond, in such ranges,
negative below; NULL where the range is 0. NULL and NaN are no outliers nor anything else. At least 4 values.';

CREATE FUNCTION analytics.peaks_over_threshold(
    figures double precision[], level double precision DEFAULT 0.98, risk double precision DEFAULT 0.0001)
    RETURNS TABLE (alert_above double precision, threshold double precision, shape double precision, scale double precision, n integer,
                   n_peaks integer)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_peaks_over_threshold';
COMMENT ON FUNCTION analytics.peaks_over_threshold(double precision[], double precision, double precision) IS
'The limit that a metric exceeds with a given probability, from its peaks
The excesses over the level quantile are fitted by a generalised Pareto distribution. alert_above: exceeded with probability risk by one
more value; NULL with fewer than 10 peaks or where risk is above their share. shape: above 0 for tails heavier than exponential. Sources:
Siffer et al. (2017), Zhang and Stephens (2009).';

CREATE FUNCTION analytics.detect_anomalies(
    times timestamp[], figures double precision[], exposures double precision[] DEFAULT NULL, kind text DEFAULT 'count',
    method text DEFAULT 'adaptive', alpha double precision DEFAULT 0.005, direction text DEFAULT 'both', cooldown integer DEFAULT 0,
    step interval DEFAULT NULL, period integer DEFAULT NULL, history integer DEFAULT NULL, min_history integer DEFAULT NULL,
    half_life double precision DEFAULT NULL, prior_dispersion double precision DEFAULT 2, prior_df double precision DEFAULT 10,
    event_names text[] DEFAULT NULL, event_first_days date[] DEFAULT NULL, event_last_days date[] DEFAULT NULL)
    RETURNS TABLE (ts timestamp, value double precision, expected double precision, lower double precision, upper double precision,
                   z double precision, p_value double precision, score double precision, is_anomaly boolean, reason text, n integer,
                   dispersion double precision, anomaly_kind text, since timestamp)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 365 AS 'MODULE_PATHNAME', 'marketing_detect_anomalies';
COMMENT ON FUNCTION analytics.detect_anomalies IS
'Anomalies of one series: a verdict on each point from the points before it
times, figures: the series in any order, one figure per time; NULL and NaN are missing, which is not zero. exposures: what the figures are
counted per (spend, impressions, hours); NULL or 0 is a point that was not active.
kind: count (leads, clicks), rate (counts per exposure, which is then needed), positive (spend, prices; on the log scale), real. method:
adaptive: the last points, recent ones more, by season; calibrated: any series, by how rare such a deviation was in its own past. alpha:
p-values below are anomalies. direction: both, up, down. cooldown: points in which only a rarer one is another anomaly. NULL stands for
the default of the method, adaptive or calibrated: step: time between points (1 day) or of a part of the season (1 hour); period: steps of
a season (7; 24); history: points that count (56; 4000); min_history: points before the first verdict (14; 50); half_life: in which a
point loses half its weight, in steps (35), or in points of the same part of the season (23). prior_dispersion, prior_df: of counts:
variance over mean as it is expected beforehand, and how many degrees of freedom that is worth. event_names, event_first_days,
event_last_days: holidays and campaigns, as for analytics.forecast(): their days are judged by what such days were before, are expected to
differ from others where they are the first of their kind, and no other day is compared with them. What comes back by itself is found in
figures by the day after three times.
Result in order of time: expected, lower, upper: the interval holds what is no anomaly; z: standard normal while nothing changes; score:
-log10 of the p-value; n: points that the verdict rests on; dispersion: of counts: variance over mean, otherwise the standard deviation.
reason: normal, high, low, zero, level_shift, drift, cooldown; where there is no verdict: insufficient_data, missing, inactive, negative.
anomaly_kind: point; or shift, drift: a level that has moved for good, at once or step by step, named once, at the point by which those
since it began (since) show it together, usual as each may be. A series that grows when it begins has verdicts when that has ended.';

CREATE TYPE analytics.anomaly_state;

CREATE FUNCTION analytics_internal.anomaly_state_in(cstring) RETURNS analytics.anomaly_state
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_state_in';
CREATE FUNCTION analytics_internal.anomaly_state_out(analytics.anomaly_state) RETURNS cstring
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_state_out';
CREATE FUNCTION analytics_internal.anomaly_state_recv(internal) RETURNS analytics.anomaly_state
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_state_recv';
CREATE FUNCTION analytics_internal.anomaly_state_send(analytics.anomaly_state) RETURNS bytea
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_state_send';

CREATE TYPE analytics.anomaly_state (
    INPUT = analytics_internal.anomaly_state_in,
    OUTPUT = analytics_internal.anomaly_state_out,
    RECEIVE = analytics_internal.anomaly_state_recv,
    SEND = analytics_internal.anomaly_state_send,
    INTERNALLENGTH = variable,
    STORAGE = extended
);

COMMENT ON TYPE analytics.anomaly_state IS
    'What a detector knows of one series: its settings and what it has learnt.
Made by analytics.anomaly_start() and the aggregate analytics.anomaly_state; may be stored. The same points always leave the same bytes.';
COMMENT ON FUNCTION analytics_internal.anomaly_state_in(cstring) IS 'Input of type anomaly_state (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.anomaly_state_out(analytics.anomaly_state) IS 'Output of type anomaly_state (hexadecimal).';
COMMENT ON FUNCTION analytics_internal.anomaly_state_recv(internal) IS 'Binary input of type anomaly_state.';
COMMENT ON FUNCTION analytics_internal.anomaly_state_send(analytics.anomaly_state) IS 'Binary output of type anomaly_state.';

CREATE FUNCTION analytics.anomaly_start(
    kind text DEFAULT 'count', method text DEFAULT 'adaptive', alpha double precision DEFAULT 0.005, direction text DEFAULT 'both',
    cooldown integer DEFAULT 0, step interval DEFAULT NULL, period integer DEFAULT NULL, history integer DEFAULT NULL,
    min_history integer DEFAULT NULL, half_life double precision DEFAULT NULL, prior_dispersion double precision DEFAULT 2,
    prior_df double precision DEFAULT 10)
    RETURNS analytics.anomaly_state
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_start';
COMMENT ON FUNCTION analytics.anomaly_start IS
'The state of a detector that has not seen a point yet
The settings are those of analytics.detect_anomalies(), and stay with the state.';

CREATE FUNCTION analytics.anomaly_calendar(
    state analytics.anomaly_state, event_names text[], event_first_days date[], event_last_days date[] DEFAULT NULL)
    RETURNS analytics.anomaly_state
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_calendar';
COMMENT ON FUNCTION analytics.anomaly_calendar(analytics.anomaly_state, text[], date[], date[]) IS
'The state of a detector that knows holidays and campaigns from here on
event_names, event_first_days, event_last_days: as for analytics.detect_anomalies(), with the past events that the next ones are to be
expected by; they take the place of those that the state knew. The state keeps the figure of each day from here on, 16 bytes a day, since
these tell what an event does: give it the calendar before its first points. New events may be told until their day; the state is then as
if it had always known them. NULL where state is.';

CREATE FUNCTION analytics.anomaly_score(
    state analytics.anomaly_state, times timestamp[], figures double precision[], exposures double precision[] DEFAULT NULL)
    RETURNS TABLE (ts timestamp, value double precision, expected double precision, lower double precision, upper double precision,
                   z double precision, p_value double precision, score double precision, is_anomaly boolean, reason text, n integer,
                   dispersion double precision, anomaly_kind text, since timestamp)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 7 AS 'MODULE_PATHNAME', 'marketing_anomaly_score';
COMMENT ON FUNCTION analytics.anomaly_score(analytics.anomaly_state, timestamp[], double precision[], double precision[]) IS
'Verdicts on new points of a series whose state is stored
The verdicts are those that analytics.detect_anomalies() gives over all points from the beginning, with the events of
analytics.anomaly_calendar(), but for days that come back by themselves. The state stays as it is: the aggregate
analytics.anomaly_state makes the next one. Points not after the last one of the state have the reason already_seen.';

CREATE FUNCTION analytics_internal.anomaly_state_transition(
    internal, analytics.anomaly_state, timestamp, double precision, double precision)
    RETURNS internal
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_state_transition';
CREATE FUNCTION analytics_internal.anomaly_state_final(internal) RETURNS analytics.anomaly_state
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_anomaly_state_final';

CREATE AGGREGATE analytics.anomaly_state(
    state analytics.anomaly_state, ts timestamp, value double precision, exposure double precision) (
    SFUNC = analytics_internal.anomaly_state_transition, STYPE = internal, SSPACE = 8192,
    FINALFUNC = analytics_internal.anomaly_state_final, COMBINEFUNC = analytics_internal.state_combine,
    SERIALFUNC = analytics_internal.state_serialise, DESERIALFUNC = analytics_internal.state_deserialise, PARALLEL = SAFE
);

COMMENT ON FUNCTION analytics_internal.anomaly_state_transition IS
    'Part of the aggregate anomaly_state: adds a point.';
COMMENT ON FUNCTION analytics_internal.anomaly_state_final(internal) IS 'Part of the aggregate anomaly_state: makes the value.';
COMMENT ON AGGREGATE analytics.anomaly_state(analytics.anomaly_state, timestamp, double precision, double precision) IS
    'Teaches a series'' detector new points and gives its next state.
state: what is known so far, the same in each row of a group; analytics.anomaly_start() for a new series.
ts, value, exposure: a point; a value that is NULL or NaN is missing, an exposure that is NULL or 0 is a point that was not active; 1
where figures are not counted per anything. The order of the rows does not matter. Points not after the last one of the state change
nothing.';

CREATE FUNCTION analytics.detect_drifts(
    times timestamp[], figures double precision[], exposures double precision[] DEFAULT NULL, kind text DEFAULT 'count',
    direction text DEFAULT 'both', shift double precision DEFAULT 1, run_length double precision DEFAULT 365, step interval DEFAULT '1 day',
    period integer DEFAULT 7, history integer DEFAULT 366, min_history integer DEFAULT 28, prior_dispersion double precision DEFAULT 2,
    prior_df double precision DEFAULT 10, event_names text[] DEFAULT NULL, event_first_days date[] DEFAULT NULL,
    event_last_days date[] DEFAULT NULL)
    RETURNS TABLE (ts timestamp, value double precision, expected double precision, z double precision, drift_up double precision,
                   drift_down double precision, alarm_limit double precision, is_drift boolean, since timestamp, ratio double precision,
                   reason text, n integer)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 365 AS 'MODULE_PATHNAME', 'marketing_detect_drifts';
COMMENT ON FUNCTION analytics.detect_drifts IS
'Slow drifts of one series, too small to be seen on any one day (CUSUM)
Each point is compared with all before it; deviations add up, and past alarm_limit the level has moved. shift: what the chart is made for,
in standard deviations of a point. run_length: points until a false alarm where nothing moves; it sets alarm_limit
(analytics.cusum_limit). One point adds at most 3, so that a spike is no drift. is_drift: an alarm; since: where the drift began; ratio:
the sum since then over what was expected. After an alarm the baseline is what came since, and there is no verdict until min_history
points of it. The days of event_names add up by how they differ from such days before, as does what comes back by itself, and are in no
baseline. The other arguments are those of analytics.detect_anomalies(). Source: Page (1954), Hawkins (1987).';

CREATE FUNCTION analytics.cusum_run_length(alarm_limit double precision, shift double precision DEFAULT 1, mean double precision DEFAULT 0)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'marketing_cusum_run_length';
COMMENT ON FUNCTION analytics.cusum_run_length(double precision, double precision, double precision) IS
'Mean number of points until one side of a CUSUM chart raises an alarm
shift: what the chart is made for; mean: the true shift, 0 for how long it runs until a false alarm; both in standard deviations.';

CREATE FUNCTION analytics.cusum_limit(run_length double precision DEFAULT 365, shift double precision DEFAULT 1, sides integer DEFAULT 2)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'marketing_cusum_limit';
COMMENT ON FUNCTION analytics.cusum_limit(double precision, double precision, integer) IS
'The limit at which a CUSUM chart raises a false alarm once in run_length points
sides: 1 where only rises or only falls are watched, 2 for both. Of a fleet: multiply run_length by the number of series.';
