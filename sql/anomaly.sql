-- Rates, alerts and their history.
\i test/fixture/reset.sql
\set VERBOSITY default
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

-- How much two rates differ. Values of R: binom.test, pt, p.adjust.
SELECT r.ratio, round(r.ci_low::numeric, 9) AS ci_low, round(r.ci_high::numeric, 9) AS ci_high, round(r.z::numeric, 9) AS z, round(r.p_value::numeric, 12) AS p
FROM analytics.rate_ratio_test(20, 7, 15, 30) r;
SELECT round(r.z::numeric, 9) AS z, round(r.p_value::numeric, 12) AS p FROM analytics.rate_ratio_test(20, 7, 15, 30, phi => 1.8, df => 49) r;
SELECT round((r).p_value::numeric, 12) AS p FROM (SELECT analytics.rate_ratio_test(7, 1, 15, 30, alternative => 'greater', mid_p => false) AS r) s;
-- 80 leads where 40 were to be expected are more, by more than a fifth, but they do not show that there are more than twice as many.
SELECT m.margin, r.p_value < 0.01 AS higher FROM (VALUES (0), (0.2), (1)) m (margin),
    LATERAL analytics.rate_ratio_test(80, 10, 160, 40, margin => m.margin, alternative => 'greater') r;
-- Without leads or without exposure.
SELECT * FROM analytics.rate_ratio_test(0, 7, 0, 30);
SELECT r.ratio, round(r.ci_low::numeric, 6) AS ci_low, r.ci_high FROM analytics.rate_ratio_test(3, 7, 0, 30) r;
SELECT * FROM analytics.rate_ratio_test(3, 0, 5, 30);
SELECT * FROM analytics.rate_ratio_test(3, -10, 5, 30);
SELECT analytics.rate_ratio_test(NULL, 7, 5, 30) IS NULL AS no_count;
SELECT * FROM analytics.rate_ratio_test(-1, 7, 5, 30);
SELECT * FROM analytics.rate_ratio_test('NaN', 7, 5, 30);
SELECT * FROM analytics.rate_ratio_test(1, 'Infinity', 5, 30);
SELECT * FROM analytics.rate_ratio_test(1, 7, 5, 30, phi => 0);
SELECT * FROM analytics.rate_ratio_test(1, 7, 5, 30, alternative => 'both');

SELECT m AS method, ARRAY(SELECT round(a::numeric, 6) FROM unnest(analytics.p_adjust('{0.01,0.02,NULL,0.03,0.5}', m)) a) AS adjusted
FROM unnest('{BH,BY,holm}'::text[]) m;
SELECT analytics.p_adjust('{}') AS none, analytics.p_adjust(NULL) AS null, analytics.p_adjust('{NaN,0.5}') AS nan;
SELECT analytics.p_adjust('{1.5}');
SELECT analytics.p_adjust('{0.5}', 'bonferroni');

SELECT round(d.phi::numeric, 6) AS phi, d.df FROM analytics.dispersion('{3,9,4,14,5,7}', '{1,1,1,1,1,1}') d;
SELECT * FROM analytics.dispersion('{3,NULL,4}', '{1,1,0}');
SELECT round(d.phi::numeric, 6) AS phi, round(d.df::numeric, 4) AS df
FROM analytics.dispersion_prior('{1,1.2,0.8,2,3,1.5,1.1,4,0.9,1.7,2.2,6}', '{29,29,29,29,29,29,29,29,29,29,29,29}') d;
SELECT * FROM analytics.dispersion_prior('{1,3,2}', '{29,29,29}');
SELECT analytics.dispersion('{1,2}', '{1}');

-- A window against the days before it. Nothing depends on the order of the rows, and rows of a day add up.
CREATE FUNCTION pg_temp.windows(kind text, shape text, alternative text DEFAULT 'two.sided', min_effect float8 DEFAULT 0, exposure boolean DEFAULT false)
    RETURNS TABLE (series_id bigint, status text, found float8, expected numeric, p numeric, needed numeric) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format($q$
        SELECT w.series_id, w.status, w.window_value, round(w.expected::numeric, 4), round(w.p_value::numeric, 4), round(COALESCE(w.needed_days, w.needed_events)::numeric, 2)
        FROM (SELECT array_agg(s ORDER BY s, d) s, array_agg(date '2025-01-01' + d ORDER BY s, d) d, array_agg((%s)::float8 ORDER BY s, d) v,
                     array_agg(10 + d %% 3 ORDER BY s, d)::float8[] e FROM generate_series(1, 3) s, generate_series(0, 36) d) l,
             analytics.compare_windows(l.s, l.d, l.v, %s, '2025-01-31', '2025-02-06', %L, alternative => %L, min_effect => %s) w$q$,
        shape, CASE WHEN exposure THEN 'l.e' ELSE 'NULL' END, kind, alternative, min_effect);
END
$$;
-- Series 2 doubles, series 3 falls to a quarter.
SELECT * FROM pg_temp.windows('count', '(8 + (d * 7 + s) % 5 - 2) * CASE WHEN d < 30 THEN 1 WHEN s = 2 THEN 2 WHEN s = 3 THEN 0.25 ELSE 1 END');
SELECT * FROM pg_temp.windows('rate', 'round((8 + (d * 7 + s) % 5 - 2) * CASE WHEN d < 30 THEN 1 WHEN s = 2 THEN 2 WHEN s = 3 THEN 0.25 ELSE 1 END)', 'less', 0.2, true);
SELECT * FROM pg_temp.windows('positive', '(8 + (d * 7 + s) % 5 - 2) * CASE WHEN d < 30 THEN 1 WHEN s = 2 THEN 2 WHEN s = 3 THEN 0.25 ELSE 1 END');
SELECT * FROM pg_temp.windows('real', '((d * 7 + s) % 5 - 2) + CASE WHEN d < 30 THEN 0 WHEN s = 2 THEN 20 WHEN s = 3 THEN -20 ELSE 0 END');
-- A constant series, and one that was constant (s = 2); all zero; MAD 0 (one day in six differs).
SELECT * FROM pg_temp.windows('positive', 'CASE WHEN s = 2 AND d >= 30 THEN 150 ELSE 100 END');
SELECT * FROM pg_temp.windows('real', 'CASE WHEN s = 2 AND d >= 30 THEN 150 ELSE 100 END');
SELECT * FROM pg_temp.windows('count', 'CASE WHEN s = 2 AND d >= 30 THEN 20 ELSE 10 END');
SELECT * FROM pg_temp.windows('count', '0');
SELECT * FROM pg_temp.windows('rate', '0', exposure => true);
SELECT * FROM pg_temp.windows('positive', '0');
SELECT * FROM pg_temp.windows('real', '0');
SELECT * FROM pg_temp.windows('positive', 'CASE WHEN s = 2 AND d >= 30 THEN 300 WHEN d % 6 = 0 THEN 130 ELSE 100 END');
-- One day of history; nothing but history; refunds; NaN and infinity.
SELECT * FROM pg_temp.windows('count', 'CASE WHEN d = 29 OR d >= 30 THEN 10 END');
SELECT * FROM pg_temp.windows('count', 'CASE WHEN d < 30 THEN 10 END');
SELECT * FROM pg_temp.windows('positive', 'CASE WHEN d % 10 = 3 THEN -50 ELSE 100 + d % 4 END');
SELECT * FROM pg_temp.windows('real', 'CASE WHEN d % 10 = 3 THEN -50 ELSE 100 + d % 4 END');
SELECT * FROM pg_temp.windows('count', $$CASE WHEN d % 10 = 3 THEN 'NaN'::float8 WHEN d % 10 = 5 THEN 'Infinity' WHEN d % 10 = 7 THEN -3 ELSE 10 + d % 4 END$$);
-- Too few events for an answer: even none at all would not be remarkable.
SELECT * FROM pg_temp.windows('count', 'CASE WHEN d < 30 THEN (d % 4 = 0)::int ELSE 0 END', 'less');
-- The same rows in another order, and each in two halves.
SELECT pg_catalog.count(DISTINCT t.result) AS results FROM (
    SELECT array_agg(w::text ORDER BY w.series_id) AS result FROM generate_series(0, 3) o,
    LATERAL (SELECT array_agg(r.s ORDER BY md5(r::text || o)) s, array_agg(date '2025-01-01' + r.d ORDER BY md5(r::text || o)) d,
                    array_agg(r.v ORDER BY md5(r::text || o)) v, array_agg(r.e ORDER BY md5(r::text || o)) e
             FROM (SELECT s::bigint, d, h, (6 + (d * 7 + s) % 5)::float8 / (1 + o % 2) AS v, (100 + d % 7)::float8 / (1 + o % 2) AS e
                   FROM generate_series(1, 5) s, generate_series(0, 36) d, generate_series(0, o % 2) h) r) l,
    LATERAL analytics.compare_windows(l.s, l.d, l.v, l.e, '2025-01-31', '2025-02-06', 'rate') w GROUP BY o) t;
SELECT count(*) FROM analytics.compare_windows('{}', '{}', '{}', NULL, '2025-01-31', '2025-02-06', 'count');
SELECT * FROM analytics.compare_windows('{1}', '{2025-01-01,2025-01-02}', '{1}', NULL, '2025-01-31', '2025-02-06', 'count');
SELECT * FROM analytics.compare_windows('{1}', '{2025-01-01}', '{1}', NULL, '2025-02-06', '2025-01-31', 'count');
SELECT * FROM analytics.compare_windows('{1}', '{2025-01-01}', '{1}', NULL, '2025-01-31', '2025-02-06', 'counts');
SELECT * FROM analytics.compare_windows('{1}', '{2025-01-01}', '{1}', NULL, '2025-01-31', '2025-02-06', 'count', baseline_days => 0);
SELECT * FROM analytics.compare_windows('{NULL}', '{2025-01-01}', '{1}', NULL, '2025-01-31', '2025-02-06', 'count');
SELECT * FROM analytics.compare_windows('{1}', '{infinity}', '{1}', NULL, '2025-01-31', '2025-02-06', 'count');
SELECT * FROM analytics.compare_windows(NULL, '{2025-01-01}', '{1}', NULL, '2025-01-31', '2025-02-06', 'count');


-- A weekend alone, of series whose weekends bring half: usual, unless days of the week are taken to be alike.
SELECT weekly, count(*) AS series, count(*) FILTER (WHERE w.p_value < 0.05) AS fewer, round(min(w.expected)::numeric) AS expected, min(w.window_value) AS found FROM unnest('{true,false}'::boolean[]) weekly,
    LATERAL (SELECT array_agg(s) s, array_agg(date '2025-01-01' + d) d, array_agg((CASE WHEN date_part('isodow', date '2025-01-01' + d) > 5 THEN 20 ELSE 40 END + d % 5)::float8) v
             FROM generate_series(1::bigint, 8) s, generate_series(0, 60) d) l,
    LATERAL analytics.compare_windows(l.s, l.d, l.v, NULL, '2025-03-01', '2025-03-02', 'count', baseline_days => 56, weekly => weekly) w GROUP BY weekly ORDER BY weekly;
-- Amounts per something: a week in which views are dearer by their own test only, not the clicks, and not the spend. Values of the definition written out in R.
CREATE TEMP TABLE advertising AS
SELECT date '2025-01-01' + d AS day, round((100 * exp(0.08 * sin(d * 0.9) + 0.05 * sin(d * 2.3)))::numeric, 4) AS spend,
       round(CASE WHEN d = 11 THEN 6 ELSE 1 END * CASE WHEN d >= 30 THEN 0.62 ELSE 1 END * 20000 * exp(0.10 * sin(d * 1.1 + 1) + 0.06 * cos(d * 0.35))) AS views,
       round(220 * exp(0.07 * sin(d * 0.9 + 0.4) + 0.04 * cos(d * 1.9))) AS clicks
FROM generate_series(0, 36) d;
SELECT metric, round(w.ratio::numeric, 9) AS ratio, round(w.z::numeric, 9) AS z, round(w.p_value::numeric, 12) AS p FROM (VALUES ('spend', 0), ('cost per click', 0), ('cost per view', 0), ('cost per view', 0.1)) m (metric, effect),
    LATERAL (SELECT array_agg(1::bigint) s, array_agg(day) d, array_agg(spend::float8) v, array_agg((CASE metric WHEN 'cost per click' THEN clicks ELSE views END)::float8) e FROM advertising) l,
    LATERAL analytics.compare_windows(l.s, l.d, l.v, CASE WHEN metric <> 'spend' THEN l.e END, '2025-01-31', '2025-02-06', 'positive', min_effect => effect, weekly => false) w;
SELECT metric, verdict, change, tested_as, round(ratio::numeric, 2) AS ratio, reason FROM unnest('{NULL,clicks,views / 1000}'::text[]) metric,
    LATERAL analytics.metric_anomalies('advertising', 'day', 'spend', '2025-01-31', '2025-02-06', exposure => metric, kind => 'positive') ORDER BY ratio;
-- Sums over sums, whatever rows the days come in; a day without exposure has no ratio, and a refund no logarithm.
SELECT count(DISTINCT w::text) AS results FROM generate_series(0, 1) parts,
    LATERAL (SELECT array_agg(1::bigint) s, array_agg(day) d, array_agg(spend::float8 / (1 << parts)) v, array_agg(views / (1 << parts)) e FROM advertising, generate_series(1, 1 << parts)) l,
    LATERAL analytics.compare_windows(l.s, l.d, l.v, l.e, '2025-01-31', '2025-02-06', 'positive') w;
SELECT kind, w.status, w.window_days, w.days_before, w.p_value < 0.01 AS dearer FROM unnest('{positive,real}'::text[]) kind,
    LATERAL (SELECT array_agg(1::bigint) s, array_agg(day) d, array_agg(CASE WHEN day = '2025-01-09' THEN -1 ELSE spend END::float8) v,
                    array_agg(CASE date_part('dow', day) WHEN 0 THEN 0 WHEN 1 THEN NULL WHEN 2 THEN 'Infinity' ELSE views END) e FROM advertising) l,
    LATERAL analytics.compare_windows(l.s, l.d, l.v, l.e, '2025-01-31', '2025-02-06', kind) w;

-- Rows for a kernel: the same comparisons as by arrays, whatever the order, the plan and the types of the figures.
CREATE FUNCTION pg_temp.plan_of(query text) RETURNS SETOF text LANGUAGE plpgsql AS $$ BEGIN RETURN QUERY EXECUTE 'EXPLAIN (COSTS off) ' || query; END $$;
CREATE TEMP TABLE days AS
SELECT (1 + s % 2)::bigint AS business, s::bigint AS unit, date '2025-01-01' + d AS day, ((d * 7 + s * 3) % 11 * CASE WHEN d > 29 AND s = 4 THEN 0 ELSE 1 END)::bigint AS leads,
       round((100 + (d * 13 + s) % 17 * 1.37)::numeric * CASE WHEN d > 29 AND s = 6 THEN 3 ELSE 1 END, 4)::numeric(18,4) AS spend
FROM generate_series(1, 60) s, generate_series(0, 36) d WHERE (d + s) % 9 <> 0;
CREATE TEMP TABLE compared AS
WITH u AS (SELECT array_agg(business ORDER BY unit) AS businesses, array_agg(unit ORDER BY unit) AS units FROM (SELECT DISTINCT business, unit FROM days WHERE unit < 50) x),
l AS (SELECT array_agg(unit) s, array_agg(day) d, array_agg(leads::float8) v, array_agg(spend::float8) e FROM days WHERE unit < 50),
rows AS (
    SELECT 'plain' AS form, analytics_internal.daily_rows(business, unit, day, leads, spend) AS bytes FROM days
    UNION ALL SELECT 'shuffled', analytics_internal.daily_rows(business, unit, day, leads, spend ORDER BY md5(unit::text || day)) FROM days
    UNION ALL SELECT 'other types', analytics_internal.daily_rows(business, unit, day, leads::numeric, spend::float8) FROM days
    UNION ALL SELECT 'halves', analytics_internal.daily_rows(business, unit, day, leads / 2.0, spend / 2) FROM (SELECT * FROM days UNION ALL SELECT * FROM days) twice)
SELECT r.form, w.* FROM rows r, u, analytics_internal.alert_windows(r.bytes, u.businesses, u.units, '2025-01-31', '2025-02-06', 30, 0.2, 3, false) w
UNION ALL
SELECT 'arrays', w.*, w.p_value, 1, 'none' FROM l, LATERAL (
    SELECT 'cost', c.* FROM analytics.compare_windows(l.s, l.d, l.v, l.e, '2025-01-31', '2025-02-06', 'rate', 30, 'less', 0.2) c
    UNION ALL SELECT 'leads', c.* FROM analytics.compare_windows(l.s, l.d, l.v, l.e, '2025-01-31', '2025-02-06', 'count', 30, 'less', 0.2) c
    UNION ALL SELECT 'spend', c.* FROM analytics.compare_windows(l.s, l.d, l.e, NULL, '2025-01-31', '2025-02-06', 'positive', 30, 'greater', 0.2) c) w;
SELECT form, count(*), count(DISTINCT test) AS tests, bool_or(test = 'leads' AND p_value < 0.01 AND series_id = 4) AS lost, bool_or(test = 'spend' AND p_value < 0.01 AND series_id = 6) AS dear
FROM compared GROUP BY form ORDER BY form;
SELECT count(DISTINCT result) AS results FROM (
    SELECT form, string_agg((to_jsonb(c) - 'form')::text, ' ' ORDER BY test, series_id) AS result FROM compared c GROUP BY form) f;
-- Collected by workers, with a group before the state, so that it does not lie on a multiple of eight.
BEGIN;
CREATE TABLE days_for_workers AS SELECT (unit % 3)::int AS part, d.* FROM days d;
ANALYZE days_for_workers;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL enable_sort = off;
DO $$ BEGIN ASSERT (SELECT count(*) > 0 FROM pg_temp.plan_of('SELECT part, analytics_internal.daily_rows(business, unit, day, leads, spend) FROM days_for_workers GROUP BY part') p WHERE p LIKE '%Partial%'), 'no workers'; END $$;
CREATE TEMP TABLE by_workers AS SELECT part, analytics_internal.daily_rows(business, unit, day, leads, spend) AS bytes FROM days_for_workers GROUP BY part;
SET LOCAL max_parallel_workers_per_gather = 0;
SELECT w.part, count(*), count(*) FILTER (WHERE w.result = a.result) AS same
FROM (SELECT b.part, r.test, r.series_id, r::text AS result FROM by_workers b, LATERAL analytics_internal.alert_windows(b.bytes,
          (SELECT array_agg(1 + s % 2)::bigint[] FROM generate_series(1, 60) s), (SELECT array_agg(s)::bigint[] FROM generate_series(1, 60) s), '2025-01-31', '2025-02-06', 30, 0.2, 3, false) r) w
JOIN (SELECT b.part, r.test, r.series_id, r::text AS result FROM (SELECT part, analytics_internal.daily_rows(business, unit, day, leads, spend) AS bytes FROM days_for_workers GROUP BY part) b,
      LATERAL analytics_internal.alert_windows(b.bytes, (SELECT array_agg(1 + s % 2)::bigint[] FROM generate_series(1, 60) s), (SELECT array_agg(s)::bigint[] FROM generate_series(1, 60) s),
          '2025-01-31', '2025-02-06', 30, 0.2, 3, false) r) a USING (part, test, series_id)
GROUP BY w.part ORDER BY w.part;
ROLLBACK;
-- A numeric becomes the number that the server's cast makes of it.
CREATE TEMP TABLE amounts AS SELECT row_number() OVER () AS id, a.amount FROM (
    SELECT ((i * 7919) % 99991 * power(10, i % 12)::numeric / power(10, i % 9)::numeric)::numeric AS amount FROM generate_series(1, 400) i
    UNION ALL SELECT unnest('{1,10000,9999.9999,12345678.9012,99999999999999.9999,9007199254740993,0.0001,0.00000001,123456789012345678.1234,1e-30,1e30,1e100,2.5,20000000000000000,100000000}'::numeric[])
    UNION ALL SELECT 1 + i + i / 10000.0 FROM generate_series(1, 300) i) a;
SELECT count(*), count(*) FILTER (WHERE w.window_value <> n.amount::float8) AS differ FROM amounts n,
    (SELECT analytics_internal.daily_rows(1, id, '2025-01-31', 1, amount) AS bytes, array_agg(id ORDER BY id) AS units, array_agg(1::bigint) AS businesses FROM amounts) r,
    LATERAL analytics_internal.alert_windows(r.bytes, r.businesses, r.units, '2025-01-31', '2025-01-31', 7, 0, 0, false) w WHERE w.test = 'spend' AND w.series_id = n.id;
SELECT analytics_internal.daily_rows(NULL, 1, '2025-01-01', 1);
SELECT analytics_internal.daily_rows(1, 1, 'infinity', 1);
SELECT analytics_internal.daily_rows(1, 1, '2025-01-01', 'one'::text);
SELECT length(analytics_internal.daily_rows(1, 1, day, 1)) FROM days WHERE false;
SELECT * FROM analytics_internal.alert_windows('\x00', '{1}', '{1}', '2025-01-31', '2025-02-06', 30, 0.2, 3, false);
SELECT * FROM analytics_internal.alert_windows((SELECT substr(analytics_internal.daily_rows(business, unit, day, leads, spend), 1, 1000) FROM days), '{1}', '{1}', '2025-01-31', '2025-02-06', 30, 0.2, 3, false);
SELECT * FROM analytics_internal.alert_windows((SELECT analytics_internal.daily_rows(business, unit, day, leads) FROM days), '{1}', '{1}', '2025-01-31', '2025-02-06', 30, 0.2, 3, false);
SELECT * FROM analytics_internal.alert_windows((SELECT analytics_internal.daily_rows(business, unit, day, leads, spend) FROM days), '{1}', '{1,2}', '2025-01-31', '2025-02-06', 30, 0.2, 3, false);

\set VERBOSITY terse
-- Alerts. Without a warehouse the caller is told so.
SELECT * FROM analytics.anomalies('2025-03-01', '2025-03-07');
SELECT * FROM analytics.alert_settings();
SELECT analytics.install();
SELECT count(*) FROM analytics.anomalies('2025-03-01', '2025-03-07', verdicts => NULL);

-- Campaigns of 30 days and a week, each with something of its own; the week is that from 3 to 9 March 2025.
CREATE FUNCTION pg_temp.add(name text, platform text, status text, spend text, leads text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    key bigint;
BEGIN
    INSERT INTO warehouse.settings (business_id, currency) VALUES (1, 'EUR') ON CONFLICT DO NOTHING;
    INSERT INTO warehouse.dim_platforms VALUES (1, platform, NULL, true) ON CONFLICT DO NOTHING;
    INSERT INTO warehouse.dim_campaigns (business_id, platform, campaign_id, campaign_name, status, origin) VALUES (1, platform, name, name, status, 'campaigns')
    RETURNING campaign_key INTO key;
    EXECUTE format('INSERT INTO warehouse.campaign_roi_daily
        SELECT 1, date ''2025-02-01'' + d, %L, %s, COALESCE(leads, 0), 0, 0, 0, 0, spend, COALESCE(spend, 0) * 10, COALESCE(spend, 0)
        FROM generate_series(0, 36) d, LATERAL (SELECT d >= 30) w (late), LATERAL (SELECT (%s)::numeric, round(%s)::bigint) v (spend, leads) WHERE spend IS NOT NULL', platform, key, spend, leads);
END
$$;
SELECT pg_temp.add('01 steady', 'google', 'ENABLED', '100 + d % 7', '9 + (d * 5) % 4');
SELECT pg_temp.add('02 dear', 'google', 'ENABLED', 'CASE WHEN late THEN 200 ELSE 100 END + d % 5', '9 + (d * 3) % 5');
SELECT pg_temp.add('03 fewer leads', 'google', 'ENABLED', '100 + d % 5', '(9 + (d * 3) % 5) * CASE WHEN late THEN 0.35 ELSE 1 END');
SELECT pg_temp.add('04 no leads', 'google', 'ENABLED', '100 + d % 5', 'CASE WHEN late THEN 0 ELSE 4 + d % 3 END');
SELECT pg_temp.add('05 one dear day', 'google', 'ENABLED', 'CASE d WHEN 33 THEN 900 ELSE 100 + d % 5 END', '9 + (d * 5) % 4');
SELECT pg_temp.add('06 stopped', 'google', 'ENABLED', 'CASE WHEN NOT late THEN 100 + d % 5 END', '9 + (d * 5) % 4');
SELECT pg_temp.add('07 paused', 'google', 'PAUSED', 'CASE WHEN NOT late THEN 100 + d % 5 END', '9 + (d * 5) % 4');
SELECT pg_temp.add('08 scaled', 'google', 'ENABLED', '(100 + d % 5) * CASE WHEN late THEN 4 ELSE 1 END', '(9 + (d * 5) % 4) * CASE WHEN late THEN 2.4 ELSE 1 END');
SELECT pg_temp.add('09 new', 'google', 'ENABLED', 'CASE WHEN d > 26 THEN 100 END', '3');
SELECT pg_temp.add('10 tiny', 'google', 'ENABLED', '10 + d % 3', '(d % 9 = 0)::int');
SELECT pg_temp.add('11 every other day', 'google', 'ENABLED', 'CASE WHEN d % 2 = 0 THEN 100 + d % 5 END', '9 + (d * 5) % 4');
SELECT pg_temp.add('12 half the budget', 'google', 'ENABLED', '(100 + d % 5) * CASE WHEN late THEN 0.5 ELSE 1 END', '(10 + (d * 5) % 4) * CASE WHEN late THEN 0.5 ELSE 1 END');
SELECT pg_temp.add('13 ended in time', 'google', NULL, 'CASE WHEN d < 20 THEN 100 END', '9');
SELECT pg_temp.add('14 refunded', 'google', 'ENABLED', 'CASE WHEN d = 32 THEN -400 ELSE 100 + d % 5 END', '9 + (d * 5) % 4');
SELECT pg_temp.add('15 no export', 'tiktok', 'ACTIVE', 'CASE WHEN NOT late THEN 100 + d % 5 END', '9 + (d * 5) % 4');
SELECT anomaly_type, severity, campaign_name, leads, spend, current_cpl, round(baseline_cpl, 2) AS baseline_cpl, round(ratio::numeric, 2) AS ratio, p_adjusted < 0.01 AS sure,
       round(impact) AS impact, verdict, reason
FROM analytics.anomalies('2025-03-03', '2025-03-09');
SELECT campaign_name, anomaly_type, verdict, round(needed_events::numeric, 1) AS needed_events, needed_days, reason
FROM analytics.anomalies('2025-03-03', '2025-03-09', verdicts => '{insufficient_data,paused,no_data,explained}', row_limit => 100) ORDER BY 1, 2;
-- Every campaign that was on watch has a verdict, and intervals hold what they are of.
SELECT verdict, count(*), bool_and(ratio BETWEEN ratio_low AND ratio_high) FILTER (WHERE verdict <> 'paused') AS inside, bool_and(p_adjusted >= p_value) AS adjusted
FROM analytics.anomalies('2025-03-03', '2025-03-09', verdicts => '{}', row_limit => 1000) GROUP BY 1 ORDER BY 1;
-- The tests of a call are one family, whatever is shown of it.
SELECT count(*) > 20 AS many, count(*) FILTER (WHERE abs(a.p_adjusted - b.p_adjusted) > 1e-12) AS differ
FROM (SELECT p_adjusted, row_number() OVER (ORDER BY p_value) AS n FROM analytics.anomalies('2025-03-03', '2025-03-09', verdicts => '{}', row_limit => 1000) WHERE p_value IS NOT NULL) a
JOIN unnest((SELECT analytics.p_adjust(array_agg(p_value ORDER BY p_value), 'bh') FROM analytics.anomalies('2025-03-03', '2025-03-09', verdicts => '{}', row_limit => 1000) WHERE p_value IS NOT NULL))
    WITH ORDINALITY b (p_adjusted, n) USING (n);
SELECT count(*) FILTER (WHERE events = 1000) > count(*) FILTER (WHERE events = 10) AS asks_for_more
FROM unnest('{10,1000}'::int[]) events, analytics.anomalies('2025-03-03', '2025-03-09', min_events => events, verdicts => '{insufficient_data}', row_limit => 1000);
-- The baseline is what it was, whatever the window holds: the window's own days are no part of it.
SELECT count(DISTINCT baseline_cpl) AS baselines, count(*) AS windows
FROM generate_series(date '2025-03-03', '2025-03-09', '1 day') d, analytics.anomalies('2025-03-03', d::date, verdicts => NULL, row_limit => 1000) a
WHERE campaign_name = '02 dear' AND anomaly_type = 'spike_cpl';
-- Cost per lead is spend over leads of all days, those without a lead included: not the mean of each day's, in which they vanish.
SELECT a.baseline_cpl = round(b.spend / b.leads, 4) AS sum_over_sum, round(a.baseline_cpl / b.mean_of_days, 1) AS beside_mean_of_days
FROM analytics.anomalies('2025-03-03', '2025-03-09', verdicts => NULL, row_limit => 1000) a,
    LATERAL (SELECT sum(r.spend) AS spend, sum(r.leads) AS leads, avg(r.spend / NULLIF(r.leads, 0)) AS mean_of_days FROM warehouse.campaign_roi_daily r
             JOIN warehouse.dim_campaigns c USING (business_id, campaign_key) WHERE c.campaign_name = a.campaign_name AND r.date BETWEEN '2025-02-01' AND '2025-03-02') b
WHERE a.campaign_name = '10 tiny' AND a.anomaly_type = 'spike_cpl';
-- Days that are still being reported are left out: on 9 March, the 9th itself, or more.
SELECT max(window_days) FILTER (WHERE lag = 1) AS one_day, max(window_days) FILTER (WHERE lag = 3) AS three_days, max(window_days) FILTER (WHERE lag = 0) AS none
FROM unnest('{0,1,3}'::int[]) lag, analytics.anomalies('2025-03-03', '2025-03-09', lag_days => lag, as_of => '2025-03-09', verdicts => NULL);
SELECT count(*) FROM analytics.anomalies('2025-03-03', '2025-03-09', lag_days => 10, as_of => '2025-03-09', verdicts => NULL);
-- What asks for more says less.
SELECT effect, count(*) AS alerts FROM unnest('{0.2,1.5,8}'::float8[]) effect, analytics.anomalies('2025-03-03', '2025-03-09', min_effect => effect) GROUP BY 1 ORDER BY 1;
SELECT count(*) FILTER (WHERE impact < 700 AND anomaly_type <> 'zero_spend') AS small, count(*) > 0 AS some FROM analytics.anomalies('2025-03-03', '2025-03-09', min_impact => 700);
SELECT count(*) FROM analytics.anomalies('2025-03-03', '2025-03-09', '{tiktok}');
SELECT count(*) FROM analytics.anomalies('2025-03-03', '2025-03-09', row_limit => 2);
-- The other dimensions. Leads without ads are counted on each day that anything was reported on.
INSERT INTO warehouse.dim_products SELECT 1, 'p' || p, 1, 'Product ' || p FROM generate_series(1, 3) p;
INSERT INTO warehouse.dim_branches SELECT 1, 'b' || b, 1, 'Branch ' || b FROM generate_series(1, 2) b;
INSERT INTO warehouse.lead_daily
SELECT 1, date '2025-02-01' + d, 'organic', 'Organic Search', false, '', 'p' || p, 'b' || b, n, 0, 0 FROM generate_series(0, 36) d, generate_series(1, 3) p, generate_series(1, 2) b,
    LATERAL (SELECT (5 + (d * p + b) % 4) * CASE WHEN d >= 30 AND p = 2 THEN 0 WHEN d >= 30 AND b = 1 THEN 0.4 ELSE 1 END) v (n) WHERE n >= 1;
SELECT dimension, anomaly_type, severity, platform, campaign_name, campaign_id, leads, round(expected::numeric, 1) AS expected, reason
FROM unnest('{channel,product,branch,platform,total}'::text[]) dimension, analytics.anomalies('2025-03-03', '2025-03-09', dimension => dimension);
-- Another business of another currency: each unit belongs to one.
INSERT INTO warehouse.settings (business_id, currency) VALUES (2, 'UAH');
INSERT INTO warehouse.dim_campaigns (business_id, platform, campaign_id, campaign_name, status, origin) VALUES (2, 'google', '02 dear', '02 dear', 'ENABLED', 'campaigns');
INSERT INTO warehouse.campaign_roi_daily
SELECT 2, r.date, r.platform, k.campaign_key, r.leads, 0, 0, 0, 0, r.spend * 40, r.impressions, r.clicks
FROM warehouse.campaign_roi_daily r JOIN warehouse.dim_campaigns c USING (business_id, campaign_key), warehouse.dim_campaigns k WHERE c.campaign_name = '02 dear' AND k.business_id = 2;
SELECT anomaly_type, spend, round(ratio::numeric, 2) AS ratio, reason FROM analytics.anomalies('2025-03-03', '2025-03-09') WHERE campaign_name = '02 dear' ORDER BY spend, anomaly_type;
SELECT count(*) FROM analytics.anomalies('2025-03-03', '2025-03-09', business_id => 2);
DELETE FROM warehouse.campaign_roi_daily WHERE business_id = 2;
DELETE FROM warehouse.dim_campaigns WHERE business_id = 2;
-- Arguments.
SELECT * FROM analytics.anomalies('2025-03-09', '2025-03-03');
SELECT * FROM analytics.anomalies(NULL, '2025-03-03');
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', '{gogle}');
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', row_limit => 0);
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', dimension => 'colour');
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', verdicts => '{bad}');
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', baseline_days => 3);
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', q => 1.5);
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', min_effect => -1);
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', lag_days => -1);
SELECT * FROM analytics.anomalies('2025-03-03', '2025-03-09', min_impact => 'NaN');

-- Any metric of any relation: cost per click of the same campaigns, and the day's leads of each.
SELECT verdict, change, tested_as, count(*), round(min(ratio)::numeric, 2) AS ratio
FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'CASE WHEN date >= ''2025-03-03'' AND campaign_key % 2 = 0 THEN 2 ELSE 1 END * spend / clicks',
    '2025-03-03', '2025-03-09', series => 'campaign_key', kind => 'positive', direction => 'up') GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT verdict, change, tested_as, count(*) FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'leads', '2025-03-03', '2025-03-09', series => 'campaign_key')
GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT verdict, change, tested_as, count(*) FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'leads', '2025-03-03', '2025-03-09', series => 'campaign_key',
    exposure => 'spend', direction => 'down') GROUP BY 1, 2, 3 ORDER BY 1, 2;
SELECT series_name, verdict, tested_as FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'spend - 500', '2025-03-03', '2025-03-09');
SELECT count(*) FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'spend', '2030-03-03', '2030-03-09');
SELECT * FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'spend', '2025-03-03', '2025-03-09', direction => 'sideways');
SELECT * FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'spend', '2025-03-03', '2025-03-09', kind => 'odd');
SELECT * FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', 'spent', '2025-03-03', '2025-03-09');
SELECT * FROM analytics.metric_anomalies('warehouse.campaign_roi_daily', 'date', NULL, '2025-03-03', '2025-03-09');

-- The history, day by day: an alert is raised once while it lasts, and again where it has become worse or comes back.
CREATE TABLE kept_days AS SELECT * FROM warehouse.campaign_roi_daily WHERE date > '2025-03-02';
CREATE FUNCTION pg_temp.live(until date) RETURNS TABLE (day date, counts text) LANGUAGE plpgsql AS $$
BEGIN
    FOR day IN SELECT generate_series(max(r.date) + 1, until, '1 day')::date FROM warehouse.campaign_roi_daily r LOOP
        INSERT INTO warehouse.campaign_roi_daily SELECT k.business_id, live.day, k.platform, k.campaign_key, k.leads, 0, 0, 0, 0, k.spend, k.impressions, k.clicks
            FROM kept_days k WHERE k.date = LEAST(live.day, date '2025-03-09');
        SELECT format('%s read, %s new, %s changed, %s as before', c.rows_read, c.inserted, c.updated, c.unchanged) INTO counts FROM analytics_internal.record_anomalies(1) c;
        RETURN NEXT;
    END LOOP;
END
$$;
DELETE FROM warehouse.campaign_roi_daily WHERE date > '2025-03-02';
SELECT * FROM analytics.configure_alerts(dimensions => '{campaign}', window_days => 3);
SELECT * FROM pg_temp.live('2025-03-09');
SELECT unit_name, anomaly_type, date_from, date_to, last_seen, severity, reason FROM warehouse.anomaly_history ORDER BY unit_name, anomaly_type, date_to;
SELECT inserted, updated, unchanged > 0 AS unchanged FROM analytics_internal.record_anomalies(1);
-- Without a cool-down each day raises it again.
TRUNCATE warehouse.anomaly_history;
DELETE FROM warehouse.campaign_roi_daily WHERE date > '2025-03-05';
SELECT (s).cooldown_days FROM analytics.configure_alerts(cooldown_days => 0) s;
SELECT FROM pg_temp.live('2025-03-08');
SELECT unit_name, anomaly_type, count(*) AS alerts FROM warehouse.anomaly_history GROUP BY 1, 2 HAVING count(*) > 1 ORDER BY 1, 2;
-- Nothing is watched, nothing is raised.
SELECT (s).dimensions FROM analytics.configure_alerts(dimensions => '{}') s;
SELECT rows_read FROM analytics_internal.record_anomalies(1);
SELECT analytics.configure_alerts(dimensions => '{colour}');
SELECT analytics.configure_alerts(window_days => 0);
SELECT analytics.configure_alerts(q => 2);
SELECT analytics.configure_alerts(business_id => NULL);

-- The demo data hide a cost spike, a lead drop, a dear day and a paused campaign: these are found, and nothing else, in no week before.
DROP TABLE kept_days;
DROP SCHEMA warehouse CASCADE;
SELECT analytics.install();
SELECT analytics.load_demo();
SELECT anomaly_type, severity, platform, campaign_name, leads, spend, round(current_cpl) AS current_cpl, round(baseline_cpl) AS baseline_cpl, reason
FROM analytics.anomalies('2025-10-20', '2025-10-31');
SELECT anomaly_type, severity, campaign_name, reason FROM analytics.anomalies('2025-10-14', '2025-10-14');
SELECT campaign_name, verdict, reason FROM analytics.anomalies('2025-10-20', '2025-10-31', verdicts => '{paused}');
SELECT d::date AS week_of, anomaly_type, campaign_name FROM generate_series(date '2025-09-01', '2025-10-13', '7 days') d, analytics.anomalies(d::date, d::date + 6)
WHERE d::date <> '2025-10-13';
SELECT anomaly_type, campaign_name FROM analytics.anomalies('2025-10-13', '2025-10-19');
SELECT dimension, anomaly_type, severity, unit_name, date_from, date_to FROM warehouse.anomaly_history ORDER BY alert_id;
CALL analytics.refresh();
SELECT count(*) AS alerts, count(DISTINCT raised_at::date) AS days FROM warehouse.anomaly_history;
SELECT inserted, updated, unchanged FROM warehouse.refresh_step WHERE name = 'anomalies' ORDER BY run_id DESC LIMIT 1;
SELECT analytics.drop_demo();
