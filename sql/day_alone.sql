-- Contracts of a day alone: the lookback is that of the whole day, to the microsecond, wherever contracts are attributed.
\i test/fixture/reset.sql
SELECT analytics.install();
SELECT currency FROM analytics.configure(reporting_timezone => 'Europe/Kyiv', lookback => '7 days');
CREATE SCHEMA raw;
-- One ad before each contract, on days around both changes of the clock too: so long before the day begins, or (is_exact) the moment of signing.
CREATE TABLE raw.client AS
SELECT row_number() OVER () AS n, d.day, o.offset_by AS before, x.is_exact, x.first_moment, x.last_moment
FROM unnest('{2025-02-10,2025-03-29,2025-03-30,2025-03-31,2025-04-02,2025-10-25,2025-10-26,2025-10-27,2025-10-31}'::date[]) d (day),
    unnest('{8 days,7 days 0.000001 second,7 days,6 days 23 hours,5 hours,-9 hours,-22 hours}'::interval[]) o (offset_by),
    LATERAL (SELECT false AS is_exact, d.day::timestamp AT TIME ZONE 'Europe/Kyiv' AS first_moment, (d.day + 1)::timestamp AT TIME ZONE 'Europe/Kyiv' - interval '1 microsecond' AS last_moment
             UNION ALL SELECT true, (d.day + time '23:59:59') AT TIME ZONE 'Europe/Kyiv', (d.day + time '23:59:59') AT TIME ZONE 'Europe/Kyiv') x
WHERE NOT x.is_exact OR o.offset_by > '0';
-- A day has 24 hours in a lookback.
CREATE TABLE raw.events AS SELECT 'e' || n AS event_id, 'p' || n AS client_id, first_moment - make_interval(secs => extract(epoch FROM before)) AS occurred_at, 'facebook' AS utm_source, 'cpc' AS utm_medium, 'c1' AS utm_campaign FROM raw.client;
CREATE TABLE raw.days AS SELECT 'k' || n AS contract_id, 'p' || n AS client_id, day AS signed_at, 100 AS amount FROM raw.client WHERE NOT is_exact;
CREATE TABLE raw.moments AS SELECT 'k' || n AS contract_id, 'p' || n AS client_id, last_moment AS signed_at, 100 AS amount FROM raw.client WHERE is_exact;
CREATE TABLE raw.ads AS SELECT d::date AS date, 'facebook' AS platform, 'c1' AS campaign_id, 'One' AS campaign_name, 10 AS spend FROM generate_series(timestamp '2025-01-01', '2025-11-30', '1 day') d;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('events', 'events'), ('contracts', 'days'), ('contracts', 'moments'), ('ad_performance', 'ads')) s (e, t);
CALL analytics.refresh();
CREATE VIEW raw.truth AS SELECT c.*, 'k' || n AS contract_id, c.before <= '7 days' AS reached, e.occurred_at FROM raw.client c JOIN raw.events e ON e.client_id = 'p' || n;
SELECT count(*) AS contracts, count(*) FILTER (WHERE reached) AS reached, count(*) FILTER (WHERE reached AND occurred_at < last_moment - interval '168 hours') AS by_the_day_alone FROM raw.truth;
-- The warehouse, contract by contract, and what each touch earned of it, by either date.
SELECT count(*) AS contracts, count(*) FILTER (WHERE (c.attribution_rule = 'last_paid_any') <> t.reached) AS wrong FROM raw.truth t JOIN warehouse.fact_contracts c USING (contract_id);
SELECT b.basis, a.model, count(*) AS contracts, count(*) FILTER (WHERE (a.touch_id IS NOT NULL) <> t.reached) AS wrong
FROM unnest('{conversion,touch}'::text[]) b (basis), LATERAL analytics.attribution_touches('2025-01-01', '2025-11-30', '{last_paid,linear}', basis => b.basis) a
JOIN raw.truth t ON t.contract_id = a.conversion_id GROUP BY 1, 2 ORDER BY 1, 2;
-- Touches of a period earn contracts of a day that the lookback reaches back from, and none beyond.
SELECT q.day, count(*) FILTER (WHERE a.earned <> t.earned) AS wrong, sum(t.earned) AS earned
FROM (SELECT DISTINCT (occurred_at AT TIME ZONE 'Europe/Kyiv')::date AS day FROM raw.truth) q,
LATERAL (SELECT count(*) FILTER (WHERE reached) AS earned FROM raw.truth t WHERE (t.occurred_at AT TIME ZONE 'Europe/Kyiv')::date = q.day) t,
LATERAL (SELECT COALESCE(sum(conversions) FILTER (WHERE key = 'facebook'), 0) AS earned FROM analytics.attribution(q.day, q.day, '{linear}', basis => 'touch')) a
GROUP BY q.day ORDER BY q.day;
-- Credit, its replicates, paths, and how long they took are of the same touches.
SELECT (SELECT count(*) FROM raw.truth WHERE NOT reached) AS unreached,
    (SELECT conversions FROM analytics.attribution('2025-01-01', '2025-11-30') WHERE key = '(unattributed)') AS attribution,
    (SELECT conversions FROM analytics.attribution('2025-01-01', '2025-11-30', replicates => 5) WHERE key = '(unattributed)') AS bootstrap,
    (SELECT conversions FROM analytics.top_paths('2025-01-01', '2025-11-30') WHERE path = '{}') AS top_paths,
    (SELECT conversions FROM analytics.path_lengths('2025-01-01', '2025-11-30') WHERE touches = 0) AS path_lengths,
    (SELECT conversions FROM analytics.time_to_convert('2025-01-01', '2025-11-30') WHERE from_days IS NULL) AS time_to_convert,
    (SELECT conversions FROM analytics.markov('2025-01-01', '2025-11-30') WHERE key = '(unattributed)') AS markov;
SELECT * FROM analytics.transitions('2025-01-01', '2025-11-30');
-- A period of all time lists no more days than something happened on, and answers the same.
SELECT max(cardinality(j.day_starts)) < 300 AS bounded FROM analytics_internal.warehouse_journeys(analytics_internal.path_rules('4713-01-01 BC', '294270-12-31', 'platform', NULL, NULL, 'shared', false, '{}', NULL, 'count', 'none', NULL, NULL), 'touch') j;
SELECT count(*) AS differences FROM (SELECT key, conversions FROM analytics.attribution('4713-01-01 BC', '294270-12-31')) a FULL JOIN (SELECT key, conversions FROM analytics.attribution('2025-01-01', '2025-11-30')) b USING (key) WHERE a.conversions IS DISTINCT FROM b.conversions;
-- Other lookbacks, asked for or set.
CREATE TABLE raw.asked AS SELECT v::interval AS lookback FROM unnest('{0,1 hour,1 day,6 days 23 hours,8 days}'::text[]) v;
SELECT q.lookback, (SELECT COALESCE(sum(a.conversions), 0) FROM analytics.attribution('2025-01-01', '2025-11-30', lookback => q.lookback) a WHERE a.key = 'facebook') AS credited,
    (SELECT count(*) FROM raw.truth t WHERE t.occurred_at >= t.first_moment - make_interval(secs => extract(epoch FROM q.lookback)) AND t.occurred_at <= t.last_moment) AS by_hand FROM raw.asked q ORDER BY 1;
SELECT lookback FROM analytics.configure(lookback => '5 hours');
CALL analytics.refresh();
SELECT count(*) AS contracts, count(*) FILTER (WHERE (c.attribution_rule = 'last_paid_any') <> (t.before <= '5 hours')) AS wrong FROM raw.truth t JOIN warehouse.fact_contracts c USING (contract_id);
-- On any table: a conversion at the end of a day, with and without the days; views too; days that do not ascend are refused.
WITH met (client, at, id, key, paid, value, seen) AS (VALUES (1, timestamptz '2025-05-01 10:00+00', 1, 'ad', true, NULL, false), (1, '2025-05-02 10:00+00', 2, 'film', false, NULL, true), (1, '2025-05-04 23:59:59.999999+00', NULL, NULL, NULL, 1, NULL),
    (2, '2025-05-01 10:00+00', 3, 'ad', true, NULL, false), (2, '2025-05-04 23:59:59.999998+00', NULL, NULL, NULL, 1, NULL)),
journeys AS (SELECT analytics.journeys_with_views(client, at, id, key, paid, value, seen) AS j FROM met),
days AS (SELECT array_agg(d ORDER BY d) AS days FROM generate_series(timestamptz '2025-05-01 00:00+00', '2025-05-06 00:00+00', '1 day') d)
SELECT q.n, q.view_lookback, c.key, c.conversions FROM journeys, days, (VALUES (1, '{}'::timestamptz[], NULL::interval), (2, NULL, NULL), (3, NULL, '1 day 13 hours'), (4, NULL, '1 day 14 hours')) q (n, none, view_lookback),
LATERAL analytics.attribution_credit(j, '{linear}', '3 days', view_lookback => q.view_lookback, day_starts => COALESCE(q.none, days)) c ORDER BY 1, 3;
SELECT * FROM analytics.attribution_credit((SELECT analytics.journeys(1, now(), 1, 'a'::text, false, 1)), day_starts => '{2025-01-02,2025-01-01}');
SELECT * FROM analytics.attribution_credit((SELECT analytics.journeys(1, now(), 1, 'a'::text, false, 1)), day_starts => '{2025-01-02,NULL}');
