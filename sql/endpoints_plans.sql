-- Plans: readers of rollups disappear into the query, their dates and platforms reach an index, and no dashboard endpoint scans a table of facts.
-- Two businesses with two years of ads and touches, so that an index pays.
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS warehouse CASCADE;
DROP SCHEMA IF EXISTS raw CASCADE;
DELETE FROM analytics.source;
SELECT analytics.install();
SET DateStyle = 'ISO, YMD';
SET jit = off;
CREATE SCHEMA raw;
CREATE TABLE raw.events AS
SELECT 'e' || i AS event_id, 'c' || i % 2000 AS client_id, timestamp '2024-01-01' + i * interval '100 minutes' AS occurred_at,
       (ARRAY['facebook', 'google', NULL, 'newsletter'])[1 + i % 4] AS utm_source, (ARRAY['cpc', 'cpc', NULL, 'email'])[1 + i % 4] AS utm_medium,
       CASE WHEN i % 4 < 2 THEN 'c' || i % 15 END AS utm_campaign, 'p' || i % 5 AS product_id, 'b' || i % 3 AS branch_id
FROM generate_series(1, 10000) i;
CREATE TABLE raw.contracts AS
SELECT 'k' || i AS contract_id, 'c' || i AS client_id, timestamp '2025-12-30' - i * interval '20 hours' AS signed_at, 100 AS amount, NULL::text AS event_id FROM generate_series(1, 800) i;
CREATE TABLE raw.ads AS
SELECT d::date AS date, CASE WHEN c < 10 THEN 'facebook' ELSE 'google' END AS platform, 'c' || c AS campaign_id, 100 + c AS impressions, c AS clicks, c AS spend
FROM generate_series(timestamp '2024-01-01', '2025-12-31', '1 day') d, generate_series(0, 14) c;
DO $$
BEGIN
    FOR business IN 1 .. 2 LOOP
        PERFORM analytics.register_source('events', 'raw.events', business_id => business);
        PERFORM analytics.register_source('contracts', 'raw.contracts', business_id => business);
        PERFORM analytics.register_source('ad_performance', 'raw.ads', business_id => business);
    END LOOP;
END
$$;
CALL analytics.refresh();
ANALYZE;
CREATE FUNCTION pg_temp.plan(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    plan text := '';
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        plan := plan || E'\n' || line;
    END LOOP;
    RETURN plan;
END
$$;
CREATE TEMP TABLE reader (name text, arguments text);
INSERT INTO reader VALUES ('kpi', '{dates}, {platforms}'), ('trend_leads', '{dates}, {platforms}'), ('trend_spend', '{dates}, {platforms}'), ('campaigns', '{dates}, {platforms}'), ('share_platforms', '{dates}, {platforms}'),
    ('utm_sources', '{dates}, {platforms}'), ('paid_split_platforms', '{dates}, {platforms}'), ('product_performance', '{dates}, {platforms}'), ('branch_performance', '{dates}, {platforms}'),
    ('campaigns_wow', '{dates}, {platforms}'), ('scatter_matrix', '{dates}, {platforms}'), ('campaign_performance', '{dates}, 50, {platforms}'), ('metrics_trend', '{dates}, {platforms}'),
    ('campaigns_weekly', '{platform}, {dates}'), ('kpi_timeseries', '{dates}, ''week'', {platforms}, ''previous_period'''), ('summary', '');
CREATE FUNCTION pg_temp.call(reader, more text) RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT * FROM analytics.%I(%s%s)', $1.name, replace(replace(replace($1.arguments, '{dates}', 'date ''2025-03-01'', date ''2025-03-07'''), '{platforms}', '''{meta}'''), '{platform}', '''meta'''),
                  CASE WHEN $1.arguments = '' THEN replace(more, ', ', '') ELSE more END)
$$;
-- opaque: the planner sees a function instead of its query. facts: a table of facts is read.
SELECT r.name, p.plan ~ ('Function Scan on (' || r.name || '|results_between|campaign_days_between|campaign_results|leads_between|businesses)') AS opaque,
       p.plan ~ 'Index Cond: [^\n]*date >= ' AS dates_reach_an_index, p.plan ~ 'Scan [^\n]*on fact_' AS facts, p.plan ~ 'Seq Scan on (campaign_roi_daily|platform_daily|lead_daily)' AS whole_rollup
FROM reader r, LATERAL (SELECT pg_temp.plan(pg_temp.call(r, ', business_id => 1'))) p (plan) ORDER BY r.name;
-- Of all businesses.
SELECT r.name, p.plan ~ 'Index Cond: [^\n]*date >= ' AS dates_reach_an_index, p.plan ~ 'Scan [^\n]*on fact_' AS facts, p.plan ~ 'Seq Scan on (campaign_roi_daily|platform_daily|lead_daily)' AS whole_rollup
FROM reader r, LATERAL (SELECT pg_temp.plan(pg_temp.call(r, ''))) p (plan) ORDER BY r.name;

-- What stands around the call reaches the rollup too.
SELECT pg_temp.plan($q$SELECT * FROM analytics.share_platforms('2025-03-01', '2025-03-07', business_id => 1) WHERE platform = 'google'$q$) ~ 'platform = ''google''' AS outer_condition,
       pg_temp.plan($q$SELECT leads FROM analytics.campaigns('2025-03-01', '2025-03-07')$q$) !~ 'Function Scan' AS in_a_query;
-- A prepared statement whose plan knows no values looks a family up once, not per row.
SET plan_cache_mode = force_generic_plan;
PREPARE of_family (date, date, text[]) AS SELECT * FROM analytics.kpi($1, $2, $3, 1);
SELECT pg_temp.plan($q$EXECUTE of_family('2025-03-01', '2025-03-07', '{meta}')$q$) ~ 'Filter: [^\n]*platform_members' AS per_row,
       pg_temp.plan($q$EXECUTE of_family('2025-03-01', '2025-03-07', '{meta}')$q$) ~ 'Index Cond: [^\n]*date >= \$1' AS dates_reach_an_index;
EXECUTE of_family('2025-03-01', '2025-03-07', '{meta}');
EXECUTE of_family('2025-03-01', '2025-03-07', '{myspace}');
EXECUTE of_family('2035-03-01', '2035-03-07', '{myspace}');
EXECUTE of_family('2025-03-07', '2025-03-01', NULL);
RESET plan_cache_mode;
DEALLOCATE of_family;

-- Readers of facts go by index as well. Their queries are inside functions: how often each table was scanned from end to end is counted.
CREATE FUNCTION pg_temp.whole_scans(query text) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    before bigint := (SELECT sum(pg_stat_get_xact_numscans(c.oid)) FROM pg_class c WHERE c.oid IN ('warehouse.fact_events'::regclass, 'warehouse.fact_contracts'::regclass, 'warehouse.fact_leads'::regclass));
BEGIN
    EXECUTE 'SELECT count(*) FROM (' || query || ') q';
    RETURN (SELECT sum(pg_stat_get_xact_numscans(c.oid)) FROM pg_class c WHERE c.oid IN ('warehouse.fact_events'::regclass, 'warehouse.fact_contracts'::regclass, 'warehouse.fact_leads'::regclass)) - before;
END
$$;
-- The counter counts.
SELECT pg_temp.whole_scans('SELECT * FROM warehouse.fact_events') AS of_a_scan;
SELECT name, pg_temp.whole_scans('SELECT * FROM analytics.' || name || arguments) AS whole_scans
FROM (VALUES ('events_funnel', $q$('2025-03-01', '2025-03-07', 'google')$q$), ('contracts_multi_touch', $q$('2025-03-01', '2025-03-07')$q$), ('contracts_enriched', $q$('2025-03-01', '2025-03-07', 'google')$q$),
    ('platforms_touches', $q$('2025-03-01', '2025-03-07')$q$), ('platforms_contracts', $q$('2025-03-01', '2025-03-07')$q$), ('campaign_funnel', $q$('google', '2025-03-01', '2025-03-07')$q$)) v (name, arguments);
DROP SCHEMA warehouse, raw CASCADE;
DELETE FROM analytics.source;
