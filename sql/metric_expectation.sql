-- What a day let expect before it came: the one detector of series, on the figures of the warehouse.
\i test/fixture/reset.sql
SELECT analytics.install();
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA raw;
-- Two platforms for twenty weeks: google has 10 leads a day and 6 at weekends, facebook 9 to 11; on 10 April facebook spends six times as much.
CREATE TABLE raw.ads AS
SELECT d::date AS date, p.platform, p.platform || '-1' AS campaign_id, p.platform || ' 1' AS campaign_name, 1000 + extract(day FROM d)::int % 3 * 10 AS impressions, 20 AS clicks,
       (p.spend + extract(day FROM d)::int % 5) * CASE WHEN p.platform = 'facebook' AND d = '2025-04-10' THEN 6 ELSE 1 END AS spend
FROM generate_series(timestamp '2025-01-06', '2025-05-25', '1 day') d, (VALUES ('google', 300), ('facebook', 100)) p (platform, spend);
CREATE TABLE raw.events AS
SELECT format('%s-%s-%s', p, d::date, n) AS event_id, format('%s-%s-%s', p, d::date, n) AS client_id, d + n * interval '1 hour' AS occurred_at, p AS utm_source, 'cpc' AS utm_medium, p || '-1' AS utm_campaign
FROM generate_series(timestamp '2025-01-06', '2025-05-25', '1 day') d, unnest('{google,facebook}'::text[]) p, generate_series(1, 12) n
WHERE n <= CASE p WHEN 'google' THEN CASE WHEN extract(isodow FROM d) > 5 THEN 6 ELSE 10 END + extract(doy FROM d)::int % 2
               -- From 20 May on nobody asks for facebook.
               ELSE CASE WHEN d < '2025-05-20' THEN 10 + extract(doy FROM d)::int % 3 - 1 ELSE 0 END END;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('ad_performance', 'ads'), ('events', 'events')) s (e, t);
CALL analytics.refresh();

-- Against the detector on the raw rows.
CREATE TEMP TABLE by_hand AS
WITH day AS (
    SELECT d::timestamp AS d, (SELECT count(*) FROM raw.events e WHERE e.occurred_at::date = d::date)::float8 AS leads, (SELECT sum(spend) FROM raw.ads a WHERE a.date = d::date)::float8 AS spend,
           (SELECT sum(clicks) FROM raw.ads a WHERE a.date = d::date)::float8 AS clicks, (SELECT sum(impressions) FROM raw.ads a WHERE a.date = d::date)::float8 AS impressions
    FROM generate_series(timestamp '2025-02-09', '2025-05-25', '1 day') d
), a AS (SELECT array_agg(d ORDER BY d) AS days, array_agg(leads ORDER BY d) AS leads, array_agg(spend ORDER BY d) AS spend, array_agg(clicks ORDER BY d) AS clicks, array_agg(impressions ORDER BY d) AS impressions FROM day)
SELECT 'leads' AS metric, v.ts::date AS dt, v.value, v.expected, v.lower, v.upper, v.reason FROM a, analytics.detect_anomalies(a.days, a.leads) v
UNION ALL SELECT 'spend', v.ts::date, v.value, v.expected, v.lower, v.upper, v.reason FROM a, analytics.detect_anomalies(a.days, a.spend, kind => 'positive') v
UNION ALL SELECT 'cpl', v.ts::date, d.spend / v.value, d.spend / v.expected, d.spend / v.upper, d.spend / nullif(v.lower, 0), CASE v.reason WHEN 'high' THEN 'low' WHEN 'low' THEN 'high' ELSE v.reason END
    FROM a, analytics.detect_anomalies(a.days, a.leads, a.spend, 'rate') v JOIN day d ON d.d = v.ts
UNION ALL SELECT 'ctr', v.ts::date, 100 * v.value / d.impressions, 100 * v.expected / d.impressions, 100 * v.lower / d.impressions, 100 * v.upper / d.impressions, v.reason
    FROM a, analytics.detect_anomalies(a.days, a.clicks, a.impressions, 'rate') v JOIN day d ON d.d = v.ts;
CREATE FUNCTION pg_temp.apart(a float8, b float8) RETURNS boolean LANGUAGE sql AS $$ SELECT a IS DISTINCT FROM b AND (abs(a - b) < 1e-9 * abs(b)) IS NOT TRUE $$;
SELECT m.metric, count(*) AS days, count(*) FILTER (WHERE pg_temp.apart(e.value, h.value) OR pg_temp.apart(e.expected, h.expected) OR pg_temp.apart(e.low, h.lower) OR pg_temp.apart(e.high, h.upper)
                                                    OR e.verdict IS DISTINCT FROM h.reason) AS wrong
FROM unnest('{leads,spend,cpl,ctr}'::text[]) m (metric)
CROSS JOIN LATERAL analytics.metric_expectation(m.metric, '2025-05-04', '2025-05-25', history_days => 84) e
JOIN by_hand h ON h.metric = m.metric AND h.dt = e.dt
GROUP BY m.metric ORDER BY m.metric;

-- The dear day is found, in the total and of its platform alone; facebook's leads stay away.
SELECT platform, dt, value, round(expected::numeric) AS expected, verdict FROM analytics.metric_expectation('spend', '2025-04-01', '2025-04-20', dimension => 'platform') WHERE is_anomaly;
SELECT campaign_name, campaign_id, dt, verdict FROM analytics.metric_expectation('spend', '2025-04-01', '2025-04-20', dimension => 'campaign') WHERE is_anomaly;
SELECT platform, dt, value, verdict FROM analytics.metric_expectation('leads', '2025-05-18', '2025-05-22', '{meta}', 'platform');
SELECT platform FROM analytics.metric_expectation('leads', '2025-05-18', '2025-05-18', '{meta}', 'platform', platform_level => 'family');
-- A day is judged by the days before it alone: what comes later changes nothing.
SELECT count(*) AS compared, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS different
FROM analytics.metric_expectation('leads', '2025-05-01', '2025-05-10') a FULL JOIN analytics.metric_expectation('leads', '2025-05-01', '2025-05-25') b USING (dt) WHERE dt <= '2025-05-10';
-- One direction alone; only upwards, the days without leads are usual.
SELECT direction, count(*) FILTER (WHERE is_anomaly) AS anomalies
FROM unnest('{up,down,both}'::text[]) direction, LATERAL analytics.metric_expectation('leads', '2025-05-15', '2025-05-25', '{facebook}', direction => direction) GROUP BY direction ORDER BY direction;
SELECT direction, count(*) FILTER (WHERE is_anomaly) AS anomalies
FROM unnest('{up,down}'::text[]) direction, LATERAL analytics.metric_expectation('cpl', '2025-04-10', '2025-04-10', '{facebook}', direction => direction) GROUP BY direction ORDER BY direction;
-- Days before the first and after the last have no row; with little before them there is no verdict.
SELECT min(dt), max(dt), count(*), count(*) FILTER (WHERE verdict = 'insufficient_data') AS without FROM analytics.metric_expectation('spend', '0001-01-01', '9999-12-31');
SELECT count(*) FROM analytics.metric_expectation('spend', '2026-01-01', '2026-01-31');
-- Bad questions.
SELECT * FROM analytics.metric_expectation('roas', '2025-05-01', '2025-05-10');
SELECT * FROM analytics.metric_expectation(NULL, '2025-05-01', '2025-05-10');
SELECT * FROM analytics.metric_expectation('leads', '2025-05-11', '2025-05-10');
SELECT * FROM analytics.metric_expectation('leads', '2025-05-01', '2025-05-10', direction => 'sideways');
SELECT * FROM analytics.metric_expectation('leads', '2025-05-01', '2025-05-10', dimension => 'ad');
SELECT * FROM analytics.metric_expectation('leads', '2025-05-01', '2025-05-10', '{nowhere}');
SELECT * FROM analytics.metric_expectation('leads', '2025-05-01', '2025-05-10', alpha => 2);
