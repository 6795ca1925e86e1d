-- What the calls of test/calls need to be valid: a small warehouse and values of the flat types, which are not written by hand.
SET client_min_messages = error;
\i test/fixture/sample.sql
CREATE SCHEMA calls;
CREATE TABLE calls.touch AS
    SELECT i % 40 AS client, timestamptz '2025-09-01' + i * interval '5 hours' AS at, i AS id, (ARRAY['facebook', 'google', 'email', 'direct', 'tiktok'])[1 + i * 7 % 5] AS key,
           i % 3 = 0 AS paid, CASE WHEN i % 11 = 0 THEN i * 1.5 END AS value
    FROM generate_series(1, 400) i;
CREATE TABLE calls.value AS
    SELECT 'analytics.journeys' AS type, pg_catalog.encode(analytics_internal.journeys_send(analytics.journeys(client, at, id, key, paid, value)), 'hex') AS hex FROM calls.touch
    UNION ALL
    SELECT 'analytics.journeys', pg_catalog.encode(analytics_internal.journeys_send(analytics.journeys_with_nulls(client::text, at, id::text, key, paid, value)), 'hex') FROM calls.touch
    UNION ALL
    SELECT 'analytics.path_counts', pg_catalog.encode(analytics_internal.path_counts_send(analytics.path_counts(p, c, c * 10, 1)), 'hex')
    FROM (VALUES ('{a,b}'::text[], 3.0), ('{b,c,a}', 2), ('{c}', 5), ('{a,a,b,d}', 1)) v (p, c)
    UNION ALL
    SELECT 'analytics.purchases', pg_catalog.encode(analytics_internal.purchases_send(analytics.purchases(client, at::date, 10 + id, false)), 'hex') FROM calls.touch
    UNION ALL
    SELECT 'analytics.anomaly_state', pg_catalog.encode(analytics_internal.anomaly_state_send(
        analytics.anomaly_state(analytics.anomaly_start(), t::timestamp, (20 + i % 7)::float8, NULL ORDER BY t)), 'hex')
    FROM (SELECT i, timestamp '2025-01-01' + i * interval '1 day' AS t FROM generate_series(1, 60) i) s
    UNION ALL
    SELECT 'rfm_table', pg_catalog.encode(analytics.rfm_table(client, at::date, 10 + id, 1), 'hex') FROM calls.touch
    UNION ALL
    SELECT 'cohort_table', pg_catalog.encode(analytics.cohort_table(client, at::date, 10 + id, 1, 'month'), 'hex') FROM calls.touch
    UNION ALL
    SELECT 'ruleset', pg_catalog.encode(analytics.channel_ruleset(), 'hex');
SELECT count(*) FROM calls.value WHERE hex IS NOT NULL;
