-- Series of any metric: decomposition, outliers, anomalies point by point, stored states, drifts.
\i test/fixture/reset.sql
\set VERBOSITY default
SET extra_float_digits = 0;

-- A fleet of 60 series over 150 days with a weekly pattern, drawn by a fixed rule; series 7, 17, ... break on day 120.
CREATE TEMP TABLE fleet AS
SELECT s AS series, timestamp '2025-01-06' + d * interval '1 day' AS ts, d,
       round(m * (1 + 0.3 * sin(2 * pi() * d / 7)) * CASE WHEN d = 120 AND s % 10 = 7 THEN 4 ELSE 1 END
             + sqrt(m) * (hashfloat8(s * 1000.5 + d)::float8 / 2147483648) * 1.7 + 0.5)::float8 AS leads,
       (50 + hashfloat8(s * 77.25 + d) % 20)::float8 AS spend
FROM generate_series(1, 60) s, LATERAL (SELECT 3 + s * 0.7 AS m) x, generate_series(0, 149) d;
UPDATE fleet SET leads = greatest(leads, 0);
CREATE TEMP VIEW arrays AS
SELECT series, array_agg(ts ORDER BY d) AS times, array_agg(leads ORDER BY d) AS leads, array_agg(spend ORDER BY d) AS spend FROM fleet GROUP BY series;

-- STL: the parts add up; a periodic season is the same throughout and a robust one is not bent by a spike.
SELECT count(*) AS points, count(*) FILTER (WHERE abs(value - seasonal - trend - remainder) > 1e-9) AS wrong,
       count(DISTINCT round(seasonal::numeric, 9)) AS seasons, bool_and(weight BETWEEN 0 AND 1) AS weights
FROM arrays, LATERAL analytics.stl(leads, 7) WHERE series = 3;
SELECT a.n, round(a.value::numeric, 1) AS value, abs(a.seasonal - b.seasonal) < 0.05 AS same_season, abs(a.trend - b.trend) < 0.1 AS same_trend, a.weight
FROM (SELECT array_agg(10 + 3 * sin(2 * pi() * i / 7) + 0.3 * sin(i * 1.7)) AS x,
             array_agg(10 + 3 * sin(2 * pi() * i / 7) + 0.3 * sin(i * 1.7) + CASE WHEN i = 40 THEN 500 ELSE 0 END) AS y FROM generate_series(1, 84) i) s,
    LATERAL analytics.stl(y) a, LATERAL analytics.stl(x) b WHERE a.n = b.n AND a.n = 40;
SELECT count(*) AS none FROM analytics.stl(NULL);
SELECT * FROM analytics.stl('{1,2,3}', 7);
SELECT * FROM analytics.stl('{1,2,3,NULL,5}', 2);
SELECT * FROM analytics.stl('{1,2,3,4,5}', 1);
SELECT * FROM analytics.stl('{1,2,3,4,5}', 2, seasonal_window => 2);

-- Generalised ESD: the worked example of the NIST handbook, three outliers of 54.
SELECT n, value, round(statistic::numeric, 3) AS statistic, round(critical::numeric, 3) AS critical, is_anomaly
FROM analytics.gesd('{-0.25,0.68,0.94,1.15,1.20,1.26,1.26,1.34,1.38,1.43,1.49,1.49,1.55,1.56,1.58,1.65,1.69,1.70,1.76,1.77,1.81,1.91,1.94,1.96,1.99,2.06,2.09,
    2.10,2.14,2.15,2.23,2.24,2.26,2.35,2.37,2.40,2.47,2.54,2.62,2.64,2.90,2.92,2.92,2.93,3.21,3.26,3.30,3.59,3.68,4.30,4.64,5.34,5.42,6.01}', 0.19, robust => false);
-- The robust statistic beside the same written out in SQL, with the values taken out one after the other.
WITH RECURSIVE sample AS (SELECT i, (hashfloat8(i * 3.7) % 1000)::float8 + CASE WHEN i % 20 = 0 THEN 9000 ELSE 0 END AS x FROM generate_series(1, 101) i),
found AS (SELECT g.*, row_number() OVER () AS step FROM analytics.gesd((SELECT array_agg(x ORDER BY i) FROM sample)) g),
rest AS (SELECT f.step, s.x FROM found f, sample s WHERE s.i NOT IN (SELECT n FROM found e WHERE e.step < f.step)),
middle AS (SELECT step, percentile_cont(0.5) WITHIN GROUP (ORDER BY x) AS m FROM rest GROUP BY step),
mad AS (SELECT step, m, percentile_cont(0.5) WITHIN GROUP (ORDER BY abs(x - m)) AS mad, max(abs(x - m)) AS furthest FROM rest JOIN middle USING (step) GROUP BY step, m)
SELECT count(*) AS steps, count(*) FILTER (WHERE f.is_anomaly) AS anomalies,
       count(*) FILTER (WHERE abs(f.statistic - furthest / (1.4826 * mad)) > 1e-9 OR abs(abs(f.value - m) - furthest) > 1e-9) AS wrong
FROM found f JOIN mad USING (step);
SELECT n, value, is_anomaly FROM analytics.gesd('{5,5,5,5,5,5,5,5,5,9}');
SELECT count(*) AS of_a_constant FROM analytics.gesd('{5,5,5,5,5,5}');
SELECT count(*) AS of_nothing FROM analytics.gesd('{}');
SELECT n, value FROM analytics.gesd('{1,2,NULL,3,NaN,2,1,90,-70}', 0.3, direction => 'down') WHERE is_anomaly;
SELECT * FROM analytics.gesd('{1,2,3}', 0.6);
SELECT * FROM analytics.gesd('{1,2,3}', alpha => 0);
SELECT * FROM analytics.gesd('{1,2,3}', direction => 'sideways');
SELECT * FROM analytics.gesd('{1,2,Infinity}');
SELECT * FROM analytics.gesd('{1,2,NULL,4,5,6}', period => 2);
-- A season is taken out first: the same figure is usual on one day of the week and an anomaly on another.
SELECT n, value FROM (SELECT array_agg(CASE WHEN i % 7 = 0 THEN 100 ELSE 20 END + sin(i * 2.1) + CASE WHEN i = 45 THEN 80 ELSE 0 END) AS x FROM generate_series(1, 98) i) s,
    LATERAL analytics.gesd(x, 0.05, period => 7) WHERE is_anomaly;

-- Tukey's fences beside percentile_cont.
SELECT count(*) AS points, count(*) FILTER (WHERE t.is_anomaly) AS outliers,
       count(*) FILTER (WHERE t.lower <> q[1] - 1.5 * (q[2] - q[1]) OR t.upper <> q[2] + 1.5 * (q[2] - q[1]) OR t.is_anomaly <> (value < t.lower OR value > t.upper)) AS wrong
FROM arrays a, LATERAL analytics.tukey_outliers(leads) t, LATERAL (SELECT percentile_cont('{0.25,0.75}'::float8[]) WITHIN GROUP (ORDER BY x) AS q FROM unnest(leads) x) p;
SELECT * FROM analytics.tukey_outliers('{1,2,3,4,NULL,NaN,100,-20}');
SELECT n, value, score, is_anomaly FROM analytics.tukey_outliers('{7,7,7,7,7,8}') WHERE n > 4;
SELECT * FROM analytics.tukey_outliers('{1,2,3}');
SELECT * FROM analytics.tukey_outliers('{1,2,3,4}', -1);
SELECT * FROM analytics.tukey_outliers('{1,2,3,4}', lower_quantile => 0.8);

-- Peaks: an exponential tail has shape 0 and its own scale; the limit is near the true quantile.
SELECT n, n_peaks, round(threshold::numeric, 2) AS threshold, abs(shape) < 0.1 AS exponential, abs(scale / 5 - 1) < 0.1 AS right_scale, abs(alert_above / (-5 * ln(1e-5)) - 1) < 0.1 AS near
FROM analytics.peaks_over_threshold((SELECT array_agg(-5 * ln(1 - (i - 0.5) / 20000)) FROM generate_series(1, 20000) i), risk => 1e-5);
SELECT round(shape::numeric, 1) AS heavy FROM analytics.peaks_over_threshold((SELECT array_agg(power(1 - (i - 0.5) / 20000, -0.5)) FROM generate_series(1, 20000) i), 0.9);
SELECT * FROM analytics.peaks_over_threshold('{1,2,3,NULL}');
SELECT * FROM analytics.peaks_over_threshold('{}');
SELECT * FROM analytics.peaks_over_threshold('{1,2,3}', 0.3);
SELECT * FROM analytics.peaks_over_threshold('{1,2,3}', risk => 1);

-- Counts: the anomalies of the fleet and nothing else; a verdict is a binomial test, by which a negative binomial is told of the dispersion of a
-- day and of what the days before leave open about the rate.
SELECT d.ts::date, count(*) AS anomalies, min(reason) AS reason FROM arrays, LATERAL analytics.detect_anomalies(times, leads) d WHERE is_anomaly AND d.p_value < 0.0005 GROUP BY 1;
SELECT count(*) AS points, count(*) FILTER (WHERE abs(d.z - r.z) > 1e-9 OR abs(d.p_value / r.p_value - 1) > 1e-9 OR abs(d.expected - b.leads / b.n) > 1e-9) AS wrong
FROM arrays, LATERAL analytics.detect_anomalies(times, leads, half_life => 'Infinity', period => 1, history => 200, alpha => 1e-9) d,
    LATERAL (SELECT sum(leads) AS leads, count(*) AS n FROM fleet f WHERE f.series = arrays.series AND f.ts < d.ts) b,
    LATERAL (SELECT d.dispersion - 1 + d.dispersion / b.n AS odds) o,
    LATERAL analytics.rate_ratio_test(d.value, odds, (b.leads + 0.5) / b.n / odds - 0.5, 1, 1, d.n - 1 + 10) r
WHERE series IN (1, 20) AND d.n >= 14 AND reason = 'normal';
-- The same with spend as exposure.
SELECT count(*) AS points, count(*) FILTER (WHERE abs(d.z - r.z) > 1e-9 OR abs(d.p_value / r.p_value - 1) > 1e-9) AS wrong
FROM arrays, LATERAL analytics.detect_anomalies(times, leads, spend, 'rate', half_life => 'Infinity', period => 1, history => 200, alpha => 1e-9) d,
    LATERAL (SELECT sum(leads) AS leads, sum(spend) AS spend FROM fleet f WHERE f.series = arrays.series AND f.ts < d.ts) b,
    LATERAL (SELECT spend FROM fleet f WHERE f.series = arrays.series AND f.ts = d.ts) e,
    LATERAL (SELECT d.dispersion - 1 + d.dispersion * e.spend / b.spend AS odds) o,
    LATERAL analytics.rate_ratio_test(d.value, odds, (b.leads + 0.5) * e.spend / b.spend / odds - 0.5, 1, 1, d.n - 1 + 10) r
WHERE series = 20 AND d.n >= 14 AND reason = 'normal';
-- Real values beside medians in SQL.
SELECT count(*) AS points, count(*) FILTER (WHERE abs(d.expected - m.middle) > 1e-9) AS wrong
FROM arrays, LATERAL analytics.detect_anomalies(times, leads, kind => 'real', half_life => 'Infinity', period => 1, history => 200, alpha => 1e-9) d,
    LATERAL (SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY leads) AS middle FROM fleet f WHERE f.series = arrays.series AND f.ts < d.ts) m
WHERE series = 20 AND d.n >= 15 AND d.n % 2 = 1;

-- Properties, for each kind and method: later points change no earlier verdict, neither does the order of the input; intervals agree with verdicts.
CREATE TEMP TABLE setting (kind text, method text);
INSERT INTO setting VALUES ('count', 'adaptive'), ('rate', 'adaptive'), ('positive', 'adaptive'), ('real', 'adaptive'), ('real', 'calibrated');
SELECT kind, method, count(*) AS verdicts, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS changed_later, count(*) FILTER (WHERE a IS DISTINCT FROM c) AS changed_by_order,
       count(*) FILTER (WHERE a.p_value IS NOT NULL AND a.since IS NULL AND a.is_anomaly = (a.value BETWEEN a.lower AND a.upper)) AS contradicted,
       count(*) FILTER (WHERE a.p_value IS NOT NULL AND a.since IS NULL AND a.is_anomaly <> (a.p_value < 0.005)) AS misjudged
FROM setting, arrays, LATERAL (SELECT array_agg(x ORDER BY hashtext(x::text)) AS times, array_agg(y ORDER BY hashtext(x::text)) AS leads, array_agg(z ORDER BY hashtext(x::text)) AS spend
                               FROM unnest(times, leads, spend) u (x, y, z)) mixed,
    LATERAL (SELECT * FROM analytics.detect_anomalies(arrays.times, arrays.leads, arrays.spend, kind, method)) a
    JOIN LATERAL (SELECT * FROM analytics.detect_anomalies(arrays.times[1:100], arrays.leads[1:100], arrays.spend[1:100], kind, method)) b USING (ts)
    JOIN LATERAL (SELECT * FROM analytics.detect_anomalies(mixed.times, mixed.leads, mixed.spend, kind, method)) c USING (ts)
WHERE series % 10 = 7 GROUP BY kind, method ORDER BY 1, 2;

-- A state taught in parts, rows in any order, by one point or by fifty, is the state of the whole, and its verdicts are those of the whole.
CREATE TEMP TABLE state AS
SELECT series, kind, method, analytics.anomaly_state(analytics.anomaly_start(kind, method), ts, leads, spend ORDER BY hashtext(ts::text)) AS state
FROM fleet, setting WHERE d < 100 AND series % 10 = 7 GROUP BY series, kind, method;
CREATE TEMP TABLE next_state AS
SELECT s.series, s.kind, s.method, analytics.anomaly_state(s.state, ts, leads, spend) AS state
FROM state s JOIN fleet USING (series) WHERE d BETWEEN 90 AND 130 GROUP BY s.series, s.kind, s.method, s.state::text;
SELECT count(*) AS states, bool_and(n.state::text = w.state::text) AS same_bytes, bool_and(n.state::text::analytics.anomaly_state::text = n.state::text) AS readable
FROM next_state n JOIN (SELECT series, kind, method, analytics.anomaly_state(analytics.anomaly_start(kind, method), ts, leads, spend) AS state
                        FROM fleet, setting WHERE d <= 130 AND series % 10 = 7 GROUP BY series, kind, method) w USING (series, kind, method);
SELECT count(*) AS verdicts, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS different, count(*) FILTER (WHERE a.reason = 'already_seen') AS seen
FROM next_state n JOIN arrays USING (series), LATERAL (SELECT * FROM analytics.anomaly_score(state, times[131:], leads[131:], spend[131:])) a
    JOIN LATERAL (SELECT * FROM analytics.detect_anomalies(times, leads, spend, kind, method)) b USING (ts);
SELECT reason, count(*) FROM next_state JOIN arrays USING (series), LATERAL analytics.anomaly_score(state, times, leads, spend) WHERE kind = 'count' AND ts < '2025-02-01' GROUP BY 1;
SELECT pg_column_size(state) < 2500 AS small FROM state WHERE kind = 'count' AND series = 7;
-- One new day for a table of states, as a daily job has it; a second run changes nothing.
CREATE TEMP TABLE memory (series int PRIMARY KEY, state analytics.anomaly_state);
INSERT INTO memory SELECT series, analytics.anomaly_state(analytics.anomaly_start(), ts, leads, 1) FROM fleet WHERE d < 120 GROUP BY series;
SELECT f.series, reason, round(expected::numeric, 1) AS expected, value FROM memory JOIN fleet f USING (series), LATERAL analytics.anomaly_score(state, ARRAY[f.ts], ARRAY[f.leads]) WHERE d = 120 AND p_value < 0.0005;
CREATE TEMP TABLE once AS SELECT series, analytics.anomaly_state(state, ts, leads, 1) AS state FROM memory JOIN fleet USING (series) WHERE d = 120 GROUP BY series;
SELECT count(*) AS series, bool_and(analytics_again::text = once.state::text) AS idempotent
FROM (SELECT series, analytics.anomaly_state(o.state, ts, leads, 1) AS analytics_again FROM once o JOIN fleet USING (series) WHERE d = 120 GROUP BY series) again JOIN once USING (series);
-- The same states from a parallel plan.
CREATE TABLE series_fleet AS SELECT * FROM fleet;
ANALYZE series_fleet;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; SET enable_hashagg = off;
EXPLAIN (COSTS OFF) SELECT analytics.anomaly_state(analytics.anomaly_start(), ts, leads, 1) FROM series_fleet WHERE series = 7;
SELECT p.state::text = s.state::text AS same
FROM (SELECT analytics.anomaly_state(analytics.anomaly_start(), ts, leads, 1) AS state FROM series_fleet WHERE series = 7 AND d < 120) p, memory s WHERE s.series = 7;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather; RESET enable_hashagg;
DROP TABLE series_fleet;
SELECT analytics.anomaly_state(analytics.anomaly_start(), ts, leads, 1) IS NULL AS of_no_rows FROM fleet WHERE false;
SELECT analytics.anomaly_state(NULL, ts, leads, 1) FROM fleet;
SELECT analytics.anomaly_state(analytics.anomaly_start(alpha => 0.001 * series), ts, leads, 1) FROM fleet;
SELECT analytics.anomaly_state(analytics.anomaly_start(), NULL, 1, 1);
SELECT analytics.anomaly_state(analytics.anomaly_start(), 'infinity', 1, 1);
SELECT analytics.anomaly_state(analytics.anomaly_start(), '2025-01-01', i, 1) FROM generate_series(1, 2) i;
SELECT '\x00'::analytics.anomaly_state;
SELECT 'state'::analytics.anomaly_state;
SELECT (left(analytics.anomaly_start()::text, -2))::analytics.anomaly_state;
SELECT (analytics.anomaly_start()::text || '00')::analytics.anomaly_state;
SELECT count(*) AS of_null FROM analytics.anomaly_score(NULL, '{}', '{}');

-- Edge cases. shown(): the last verdicts of a series of days.
CREATE FUNCTION pg_temp.shown(figures float8[], kind text DEFAULT 'count', exposures float8[] DEFAULT NULL, last int DEFAULT 1, method text DEFAULT 'adaptive', cooldown int DEFAULT 0, direction text DEFAULT 'both')
    RETURNS TABLE (day date, value float8, expected numeric, lower numeric, upper numeric, rare boolean, is_anomaly boolean, reason text, n int) LANGUAGE sql AS $$
    SELECT ts::date, d.value, round(d.expected::numeric, 2), round(d.lower::numeric, 2), round(d.upper::numeric, 2), p_value < 0.005, d.is_anomaly, d.reason, d.n
    FROM analytics.detect_anomalies((SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day' ORDER BY i) FROM generate_series(0, cardinality(figures) - 1) i),
        figures, exposures, shown.kind, shown.method, cooldown => shown.cooldown, direction => shown.direction) d ORDER BY ts OFFSET cardinality(figures) - last
$$;
-- Constant series: nothing to report; a change is.
SELECT k.kind, s.* FROM (VALUES ('count'), ('positive'), ('real')) k (kind), LATERAL pg_temp.shown(array_fill(50::float8, '{60}') || '{50,150}'::float8[], k.kind, last => 2) s;
SELECT s.* FROM pg_temp.shown(array_fill(5::float8, '{80}') || '{5,5.1}'::float8[], 'real', last => 2, method => 'calibrated') s;
-- All zero, then something.
SELECT k.kind, s.* FROM (VALUES ('count'), ('positive'), ('real')) k (kind), LATERAL pg_temp.shown(array_fill(0::float8, '{60}') || '{0,1,5}'::float8[], k.kind, last => 3) s;
-- MAD 0: mostly the same figure, some others; only what goes beyond those is an anomaly.
SELECT s.* FROM pg_temp.shown((SELECT array_agg(CASE WHEN i % 5 = 0 THEN 12 ELSE 10 END ORDER BY i)::float8[] FROM generate_series(1, 60) i) || '{12,30}'::float8[], 'real', last => 2) s;
-- One day of history, no history, nothing at all.
SELECT * FROM pg_temp.shown('{5,500}', last => 2);
SELECT count(*) AS of_nothing FROM analytics.detect_anomalies('{}', '{}');
SELECT count(*) AS of_null FROM analytics.detect_anomalies(NULL, NULL);
-- Refunds: a count or spend below zero is told, not judged nor learnt; a real figure may be negative.
SELECT k.kind, s.* FROM (VALUES ('count'), ('positive'), ('real')) k (kind), LATERAL pg_temp.shown((SELECT array_agg(20 + i % 3)::float8[] FROM generate_series(1, 40) i) || '{-5,21}'::float8[], k.kind, last => 2) s;
-- NULL, NaN and infinity are missing, and not zero.
SELECT * FROM pg_temp.shown((SELECT array_agg(20 + i % 3)::float8[] FROM generate_series(1, 40) i) || '{NULL,NaN,Infinity,0}'::float8[], last => 4);
-- Paused days (no spend) are left out; leads per spend are the same on a day of ten times the budget.
SELECT * FROM pg_temp.shown((SELECT array_agg(10 + i % 3)::float8[] FROM generate_series(1, 40) i) || '{0,0,110,0}'::float8[], 'rate',
                            array_fill(100::float8, '{40}') || '{0,NULL,1000,100}'::float8[], last => 4);
-- Spend that stops is told once; weekends without spend are told once, too.
SELECT * FROM pg_temp.shown((SELECT array_agg(100 + i % 7)::float8[] FROM generate_series(1, 40) i) || '{0,0,101}'::float8[], 'positive', last => 3);
SELECT reason, count(*), min(ts)::date AS first FROM (SELECT array_agg(timestamp '2025-01-06' + i * interval '1 day') AS t, array_agg((CASE WHEN i % 7 > 4 AND i > 20 THEN 0 ELSE 100 END)::float8) AS x
    FROM generate_series(0, 69) i) s, LATERAL analytics.detect_anomalies(t, x, kind => 'positive') GROUP BY 1 ORDER BY 1;
-- A level that moves for good alarms until it is clear that it has, then the baseline starts anew; a long gap does too.
SELECT reason, count(*), min(day) AS first, max(day) AS last FROM pg_temp.shown(array_fill(20::float8, '{40}') || array_fill(80::float8, '{30}'), last => 70) GROUP BY 1 ORDER BY 3;
SELECT reason, n FROM analytics.detect_anomalies((SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') FROM generate_series(0, 40) i) || '2025-12-01'::timestamp, array_fill(9::float8, '{42}')) OFFSET 41;
-- Cool-down and direction.
SELECT value, is_anomaly, reason FROM pg_temp.shown(array_fill(20::float8, '{40}') || '{90,80,120,20}'::float8[], last => 4, cooldown => 3);
SELECT direction, lower, upper, is_anomaly, reason FROM (VALUES ('up'), ('down')) d (way), LATERAL (SELECT d.way AS direction, * FROM pg_temp.shown(array_fill(20::float8, '{40}') || '{2}'::float8[], direction => d.way)) s;
-- Hours of the day, by the calibrated method: the peak of noon is usual, the same at night is not.
SELECT ts, value, round(expected::numeric) AS expected, is_anomaly, reason FROM (
    SELECT array_agg(timestamp '2025-01-01' + i * interval '15 minutes' + CASE WHEN i = 2740 THEN interval '3 seconds' ELSE '0' END) AS t,
           array_agg(100 + 80 * (CASE WHEN i % 96 BETWEEN 44 AND 51 THEN 1 ELSE 0 END) + 3 * sin(i * 1.3) + CASE WHEN i = 2700 THEN 80 ELSE 0 END) AS x FROM generate_series(0, 2799) i) s,
    LATERAL analytics.detect_anomalies(t, x, kind => 'real', method => 'calibrated', cooldown => 96) WHERE is_anomaly AND ts > '2025-01-10';

SELECT * FROM analytics.detect_anomalies('{2025-01-01,2025-01-01}', '{1,2}');
SELECT * FROM analytics.detect_anomalies('{2025-01-01 08:00,2025-01-01 09:00}', '{1,2}');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1,2}');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1e200}');
SELECT * FROM analytics.detect_anomalies('{NULL}', '{1}');
SELECT * FROM analytics.detect_anomalies('{infinity}', '{1}');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', kind => 'rate');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', kind => 'colour');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', method => 'magic');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', alpha => 'NaN');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', direction => NULL);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', step => '1 month');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', step => '0');
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', period => 100);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', history => 0);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', min_history => 1);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', half_life => -1);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', cooldown => -1);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', prior_dispersion => 0);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', method => 'calibrated', history => 10);
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', method => 'calibrated', min_history => 5);
SELECT * FROM analytics.anomaly_start(kind => 'colour');

-- CUSUM: run lengths as tabled by Montgomery and by the R package spc; a limit has the run length that it was asked for.
SELECT round(analytics.cusum_run_length(4)::numeric, 2) AS h4, round(analytics.cusum_run_length(5)::numeric, 2) AS h5, round(analytics.cusum_run_length(4, 1, 1)::numeric, 2) AS h4_shifted,
       round(analytics.cusum_run_length(5, 1, 1)::numeric, 2) AS h5_shifted;
SELECT run_length, shift, abs(analytics.cusum_run_length(analytics.cusum_limit(run_length, shift, 1), shift) / run_length - 1) < 1e-6 AS one_side,
       abs(analytics.cusum_run_length(analytics.cusum_limit(run_length, shift, 2), shift) / (2 * run_length) - 1) < 1e-6 AS two_sides
FROM unnest('{20,365,100000}'::float8[]) run_length, unnest('{0.5,1,2}'::float8[]) shift ORDER BY 1, 2;
-- A fall of half a percent a day that no single day shows.
SELECT count(*) FILTER (WHERE is_anomaly) AS seen_by_the_day FROM (SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') AS t,
    array_agg(round(40 * (1 - 0.004 * greatest(0, i - 100)) + 5 * sin(i * 2.7))) AS x FROM generate_series(0, 160) i) s, LATERAL analytics.detect_anomalies(t, x::float8[]) d;
SELECT d.ts::date, since::date, round(ratio::numeric, 2) AS ratio, reason, round(alarm_limit::numeric, 2) AS alarm_limit FROM (SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') AS t,
    array_agg(round(40 * (1 - 0.004 * greatest(0, i - 100)) + 5 * sin(i * 2.7))) AS x FROM generate_series(0, 160) i) s, LATERAL analytics.detect_drifts(t, x::float8[]) d WHERE is_drift;
-- A spike is no drift, a rise is none where only falls are watched; kinds, gaps and short series.
SELECT kind, count(*) FILTER (WHERE is_drift) AS drifts, count(*) FILTER (WHERE is_drift IS NULL) AS unknown, string_agg(DISTINCT reason, ',') AS reasons
FROM (VALUES ('count'), ('positive'), ('real')) k (kind), (SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') AS t,
    array_agg(CASE WHEN i = 80 THEN 400 WHEN i = 90 THEN NULL ELSE 40 + round(5 * sin(i * 2.7)) END) AS x FROM generate_series(0, 120) i) s,
    LATERAL analytics.detect_drifts(t, x::float8[], kind => kind) GROUP BY kind ORDER BY kind;
SELECT count(*) FILTER (WHERE is_drift) AS falls FROM (SELECT array_agg(timestamp '2025-01-01' + i * interval '1 day') AS t, array_agg(40::float8 + greatest(0, i - 60)) AS x FROM generate_series(0, 120) i) s,
    LATERAL analytics.detect_drifts(t, x, direction => 'down');
SELECT is_drift, reason FROM analytics.detect_drifts('{2025-01-01}', '{5}');
SELECT analytics.cusum_limit(5);
SELECT analytics.cusum_limit(sides => 3);
SELECT analytics.cusum_run_length(-1);
SELECT * FROM analytics.detect_drifts('{2025-01-01}', '{5}', shift => 0);
SELECT * FROM analytics.detect_drifts('{2025-01-01}', '{5}', run_length => NULL);

-- A level that moves for good is named once, though no day of it is unusual; a drift is told from a shift, a single day from both; direction counts.
CREATE TEMP TABLE moving AS
SELECT what, direction, array_agg(timestamp '2025-01-06' + i * interval '1 day' ORDER BY i) AS times,
       array_agg(round(40 + 10 * (i % 7 = 3)::int + (i * 7919) % 13 - 6) * CASE what WHEN 'stays' THEN 1 WHEN 'steps up' THEN CASE WHEN i >= 70 THEN 1.3 ELSE 1 END
           WHEN 'steps down' THEN CASE WHEN i >= 70 THEN 0.75 ELSE 1 END WHEN 'drifts' THEN exp(0.01 * greatest(0, i - 70)) WHEN 'one day' THEN CASE i WHEN 70 THEN 4 ELSE 1 END
           ELSE least(1, (i + 1) / 14.0) END ORDER BY i) AS figures
FROM unnest('{stays,steps up,steps down,drifts,one day,begins}'::text[]) what, unnest('{both,up,down}'::text[]) direction, generate_series(0, 110) i GROUP BY 1, 2;
SELECT what, direction, string_agg(format('%s %s since %s', d.ts::date, d.anomaly_kind, d.since::date), ', ' ORDER BY d.ts) AS named
FROM moving, LATERAL analytics.detect_anomalies(times, (SELECT array_agg(round(f) ORDER BY n) FROM unnest(figures) WITH ORDINALITY u (f, n)), direction => direction) d
WHERE d.is_anomaly AND (what, direction) <> ('one day', 'down') GROUP BY 1, 2 ORDER BY 1, 2;
-- Where days of the week differ, a level that falls after a quiet Sunday falls: it is named to who asks for what is too little, and to nobody else.
SELECT direction, string_agg(format('%s %s since %s', d.ts::date, d.anomaly_kind, d.since::date), ', ' ORDER BY d.ts) FILTER (WHERE d.since IS NOT NULL) AS named
FROM (SELECT array_agg(timestamp '2025-01-06' + i * interval '1 day' ORDER BY i) AS times,
             array_agg(round(CASE WHEN i >= 63 THEN 0.4 ELSE 1 END * CASE i % 7 WHEN 6 THEN 10 ELSE 100 END + i * 7 % 5)::float8 ORDER BY i) AS figures FROM generate_series(0, 69) i) w,
     unnest('{both,down,up}'::text[]) direction, LATERAL analytics.detect_anomalies(w.times, w.figures, period => 7, direction => direction) d GROUP BY 1 ORDER BY 1;
