-- Series: decomposition and outliers as R has them, anomalies of 400 daily series whose true ones are known, and none where there are none.
\ir prelude.sql
CREATE TABLE raw.stl_periodic (i serial, value float8, seasonal float8, trend float8, remainder float8, weight float8);
\set copy '\\copy raw.stl_periodic (value, seasonal, trend, remainder, weight) from ' :data_dir '/anomaly/stl_R_fb2019_period7_robust_speriodic.csv csv header'
:copy
CREATE TABLE raw.stl_7 (i serial, value float8, seasonal float8, trend float8, remainder float8, weight float8);
\set copy '\\copy raw.stl_7 (value, seasonal, trend, remainder, weight) from ' :data_dir '/anomaly/stl_R_fb2019_period7_robust_s7.csv csv header'
:copy
CREATE TABLE raw.lambda (i int, lambda float8);
\set copy '\\copy raw.lambda from ' :data_dir '/anomaly/gesd_lambda_n54_a05.csv csv header'
:copy
CREATE TABLE raw.minutes (i serial, ts timestamp, count float8);
\set copy '\\copy raw.minutes (ts, count) from ' :data_dir '/anomaly/raw_data.csv csv header'
:copy
CREATE TABLE raw.shesd (i int, anoms float8);
\set copy '\\copy raw.shesd from ' :data_dir '/anomaly/oracle_shesd_vec_1440_both_002.csv csv header'
:copy
CREATE TABLE raw.daily (series int, day int, leads int, active int, is_anomaly int, true_mu float8, true_phi float8);
\set copy '\\copy raw.daily from ' :data_dir '/anomaly/daily_leads_400x130.csv csv header'
:copy
CREATE TABLE raw.quiet (date date, campaign text, impressions int, clicks int, leads int, spend float8);
\set copy '\\copy raw.quiet from ' :data_dir '/anomaly/fb_vs_adwords_2019_daily_long.csv csv header'
:copy

-- R's robust STL to 1e-8: value by value, season fixed and free.
SELECT pg_temp.same('points decomposed', count(*), 365::bigint), pg_temp.same('largest difference, fixed season', max(greatest(abs(s.seasonal - r.seasonal), abs(s.trend - r.trend),
    abs(s.remainder - r.remainder), abs(s.weight - r.weight))) < 1e-8, true)
FROM raw.stl_periodic r JOIN analytics.stl((SELECT array_agg(value ORDER BY i) FROM raw.stl_periodic), 7) s ON s.n = r.i;
SELECT pg_temp.same('points decomposed', count(*), 365::bigint), pg_temp.same('largest difference, free season', max(greatest(abs(s.seasonal - r.seasonal), abs(s.trend - r.trend),
    abs(s.remainder - r.remainder), abs(s.weight - r.weight))) < 1e-8, true)
FROM raw.stl_7 r JOIN analytics.stl((SELECT array_agg(value ORDER BY i) FROM raw.stl_7), 7, seasonal_window => 7) s ON s.n = r.i;

-- Critical values of the generalised ESD test to 1e-10.
SELECT pg_temp.same('critical values', count(*), (SELECT count(*) FROM raw.lambda)), pg_temp.same('largest relative difference', max(abs(g.critical / r.lambda - 1)) < 1e-10, true)
FROM (SELECT row_number() OVER () AS i, critical FROM analytics.gesd((SELECT array_agg(sin(i)) FROM generate_series(1, 54) i), 0.25)) g JOIN raw.lambda r USING (i);

-- S-H-ESD finds the points that the original finds, and no other.
SELECT pg_temp.same('points of S-H-ESD', count(*), 131::bigint), pg_temp.same('found by both', count(r.i), 131::bigint),
       pg_temp.same('with the same value', count(*) FILTER (WHERE abs(g.value - r.anoms) < 1e-9), 131::bigint)
FROM analytics.gesd((SELECT array_agg(count ORDER BY i) FROM raw.minutes), 0.02, period => 1440) g LEFT JOIN raw.shesd r ON r.i = g.n WHERE g.is_anomaly;

-- 400 daily series, days 70 to 129, with the settings that the function has by default.
CREATE TABLE raw.verdict AS
SELECT s.series, d.ts::date - '2025-01-06'::date AS day, d.p_value, d.is_anomaly AND d.since IS NULL AS alert
FROM (SELECT series, array_agg(timestamp '2025-01-06' + day * interval '1 day') AS times, array_agg(CASE WHEN active = 1 THEN leads END::float8) AS leads FROM raw.daily GROUP BY series) s,
    LATERAL analytics.detect_anomalies(times, leads) d;
CREATE TABLE raw.scored AS SELECT v.*, d.is_anomaly = 1 AS is_true FROM raw.verdict v JOIN raw.daily d USING (series, day) WHERE day >= 70 AND active = 1;
SELECT pg_temp.same('points scored', count(*), 23343::bigint), pg_temp.same('true anomalies', count(*) FILTER (WHERE is_true), 796::bigint),
       -- After a level that has moved there is none until there are two weeks of the new one.
       pg_temp.same('few verdicts without a p-value', count(*) FILTER (WHERE p_value IS NULL) < 0.015 * count(*), true) FROM raw.scored;
-- Average precision, points of the same p-value together.
WITH ranked AS (SELECT p_value, count(*) FILTER (WHERE is_true) AS hits, sum(count(*)) OVER w AS n, sum(count(*) FILTER (WHERE is_true)) OVER w AS found FROM raw.scored GROUP BY p_value
                WINDOW w AS (ORDER BY p_value)),
measure AS (SELECT sum(hits * found / n) / sum(hits) AS average_precision FROM ranked),
alerts AS (SELECT count(*) FILTER (WHERE alert AND is_true)::float8 / count(*) FILTER (WHERE alert) AS precision, count(*) FILTER (WHERE alert AND is_true)::float8 / count(*) FILTER (WHERE is_true) AS recall FROM raw.scored),
adjusted AS (SELECT unnest(analytics.p_adjust(array_agg(p_value ORDER BY series, day), 'BH')) AS p, unnest(array_agg(is_true ORDER BY series, day)) AS is_true FROM raw.scored),
family AS (SELECT count(*) FILTER (WHERE p <= 0.1) AS alerts, count(*) FILTER (WHERE p <= 0.1 AND is_true)::float8 / count(*) FILTER (WHERE p <= 0.1) AS precision FROM adjusted)
SELECT pg_temp.same('average precision ' || round(average_precision, 4), average_precision >= 0.48, true),
       pg_temp.same('F1 of the alerts ' || round((2 * a.precision * recall / (a.precision + recall))::numeric, 4), 2 * a.precision * recall / (a.precision + recall) >= 0.46, true),
       pg_temp.same('precision at BH 0.10 ' || round(f.precision::numeric, 4) || ' of ' || f.alerts, f.precision >= 0.85 AND f.alerts > 150, true)
FROM measure, alerts a, family f;
-- False alarms stay near what alpha promises.
SELECT pg_temp.same('false alarms below 0.01', (count(*) FILTER (WHERE p_value < 0.01))::float8 / count(*) BETWEEN 0.003 AND 0.012, true) FROM raw.scored WHERE NOT is_true;

-- A year of two campaigns in which nothing happened: no alert after correction for the number of days, as counts and per click.
SELECT pg_temp.same('days judged', count(*), 674::bigint + 28), pg_temp.same('alerts ' || kind, count(*) FILTER (WHERE p <= 0.05), 0::bigint)
FROM (VALUES ('count'), ('rate')) k (kind), LATERAL (
    SELECT unnest(analytics.p_adjust(array_agg(p_value))) AS p
    FROM (SELECT campaign, array_agg(date::timestamp) AS times, array_agg(leads::float8) AS leads, array_agg(clicks::float8) AS clicks FROM raw.quiet GROUP BY campaign) s,
        LATERAL analytics.detect_anomalies(times, leads, clicks, k.kind) d WHERE p_value IS NOT NULL) a GROUP BY kind;
SELECT pg_temp.same('smallest p-value', min(p_value) > 0.005, true)
FROM (SELECT campaign, array_agg(date::timestamp) AS times, array_agg(leads::float8) AS leads FROM raw.quiet GROUP BY campaign) s, LATERAL analytics.detect_anomalies(times, leads) d;
