-- Plans: readers of rollups disappear into the query, their dates and platforms reach an index, and no dashboard endpoint scans a table of facts.
\i test/fixture/reset.sql
\set VERBOSITY default
-- Two businesses with two years of ads and touches, so that an index pays.
SELECT analytics.install();
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA raw;
CREATE TABLE raw.events AS
SELECT 'e' || i AS event_id, 'c' || i % 2000 AS client_id, timestamp '2024-01-01' + i * interval '100 minutes' AS occurred_at,
       CASE WHEN i % 4 < 2 THEN (ARRAY['facebook', 'google'])[1 + i % 4] ELSE (ARRAY[NULL, 'newsletter', 'tiktok', 'bing', 'linkedin', 'snapchat', 'pinterest', 'viber', 'telegram', 'reddit', 'quora'])[1 + i % 11] END AS utm_source,
       CASE WHEN i % 4 < 2 THEN 'cpc' ELSE (ARRAY[NULL, 'email', 'social', 'cpc', 'social', 'social', 'social', 'chat', 'chat', 'social', 'social'])[1 + i % 11] END AS utm_medium,
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
-- As autovacuum leaves tables, so that plans do not depend on whether it came by.
VACUUM ANALYZE;
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
CREATE FUNCTION pg_temp.dates_in_index(plan text) RETURNS boolean LANGUAGE sql AS $$
    SELECT plan ~ 'Index Cond: [^\n]*(date >= |date = ANY |span = ANY )' AND plan !~ 'Filter: [^\n]*(date >= |date = ANY |span = ANY )'
$$;
-- What family a platform of the answer belongs to is looked up for its name, and chooses no row.
CREATE FUNCTION pg_temp.platforms_in_index(plan text) RETURNS boolean LANGUAGE sql AS $$
    SELECT plan ~ 'Index Cond: [^\n]*platform = w' AND p.of_rollups !~ '(Filter|Hash Cond|Join Filter|Merge Cond): [^\n]*platform = '
    FROM regexp_replace(plan, E'Scan [^\n]*on dim_platforms d[^\n]*(\n *(Index Cond|Filter): [^\n]*)*', '', 'g') p (of_rollups)
$$;
-- What the conditions are told apart by: here neither reaches an index.
SELECT pg_temp.dates_in_index(p.plan) AS dates, pg_temp.platforms_in_index(p.plan) AS platforms
FROM (SELECT pg_temp.plan($q$SELECT FROM warehouse.platform_daily WHERE business_id = 1 AND date + 0 >= '2025-03-01' AND platform || '' = 'meta'$q$)) p (plan);
-- opaque: the planner sees a function instead of its query. facts: a table of facts is read.
SELECT r.name, p.plan ~ ('Function Scan on (' || r.name || '|results_between|period_totals|daily_totals|campaign_parts|campaign_results|leads_between|lead_results|businesses)') AS opaque,
       pg_temp.dates_in_index(p.plan) AS dates, p.plan ~ 'Scan [^\n]*on fact_' AS facts,
       p.plan ~ 'Seq Scan on (campaign_roi_daily|campaign_roi_span|platform_daily|lead_daily)' AS whole_rollup
FROM reader r, LATERAL (SELECT pg_temp.plan(pg_temp.call(r, ', business_id => 1'))) p (plan) ORDER BY r.name;
-- Of all businesses.
SELECT r.name, pg_temp.dates_in_index(p.plan) AS dates, p.plan ~ 'Scan [^\n]*on fact_' AS facts,
       p.plan ~ 'Seq Scan on (campaign_roi_daily|campaign_roi_span|platform_daily|lead_daily)' AS whole_rollup
FROM reader r, LATERAL (SELECT pg_temp.plan(pg_temp.call(r, ''))) p (plan) ORDER BY r.name;
-- One of many platforms, over all there is: its rows are found by index. So they are where a plan is made before the values are known, and where row
-- security adds its condition. No plan asks for each row what a family is.
CREATE FUNCTION pg_temp.generic_plan(query text) RETURNS text LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    plan text;
BEGIN
    EXECUTE 'PREPARE asked (date, date, text[], text) AS ' || replace(replace(replace(replace(query, 'date ''2024-01-01''', '$1'), 'date ''2025-12-31''', '$2'), '''{email}''', '$3'), '''email''', '$4');
    plan := pg_temp.plan($q$EXECUTE asked ('2024-01-01', '2025-12-31', '{email}', 'email')$q$);
    DEALLOCATE asked;
    RETURN plan;
END
$$;
CREATE TEMP TABLE of_email AS
SELECT r.name, replace(replace(pg_temp.call(r, ', business_id => 1'), 'date ''2025-03-01'', date ''2025-03-07''', 'date ''2024-01-01'', date ''2025-12-31'''), 'meta', 'email') AS query FROM reader r WHERE r.name <> 'summary';
SELECT q.name, pg_temp.platforms_in_index(p.plan) AS by_values, pg_temp.platforms_in_index(g.plan) AS by_parameters,
       p.plan || g.plan ~ '\n *(Filter|Hash Cond|Join Filter|Index Cond): [^\n]*platform_members' AS per_row
FROM of_email q, LATERAL (SELECT pg_temp.plan(q.query)) p (plan), LATERAL (SELECT pg_temp.generic_plan(q.query)) g (plan) ORDER BY q.name;
SET client_min_messages = error;
CREATE ROLE plans_reader;
SELECT FROM analytics.grant_access('plans_reader', businesses => '{1}');
SELECT analytics_internal.enable_row_security() > 0 AS row_security;
GRANT SELECT ON of_email TO plans_reader;
SET ROLE plans_reader;
SELECT q.name, pg_temp.platforms_in_index(p.plan) AS platforms, p.plan ~ 'ANY \(\$|may_see\(' AS policy FROM of_email q, LATERAL (SELECT pg_temp.plan(replace(q.query, ', business_id => 1', ''))) p (plan) ORDER BY q.name;
RESET ROLE;

-- What stands around the call reaches the rollup too.
SELECT pg_temp.plan($q$SELECT * FROM analytics.share_platforms('2025-03-01', '2025-03-07', business_id => 1) WHERE platform = 'google'$q$) ~ 'platform = ''google''' AS outer_condition,
       pg_temp.plan($q$SELECT leads FROM analytics.campaigns('2025-03-01', '2025-03-07')$q$) !~ 'Function Scan' AS in_a_query;
-- A prepared statement whose plan knows no values says what is wrong with them all the same.
SET plan_cache_mode = force_generic_plan;
PREPARE of_family (date, date, text[]) AS SELECT * FROM analytics.kpi($1, $2, $3, 1);
EXECUTE of_family('2025-03-01', '2025-03-07', '{meta}');
EXECUTE of_family('2025-03-01', '2025-03-07', '{myspace}');
EXECUTE of_family('2035-03-01', '2035-03-07', '{myspace}');
EXECUTE of_family('2025-03-07', '2025-03-01', NULL);
RESET plan_cache_mode;
DEALLOCATE of_family;

-- Readers of facts go by index as well. Their queries are inside functions: how often each table of facts was scanned from end to end is counted, for
-- every endpoint. The stages of the funnel are of all time: they read all leads and contracts.
\set ECHO none
\i test/fixture/scans.sql
\set ECHO all
-- The counter counts.
SELECT pg_temp.scans_of_facts('SELECT DISTINCT touch_role FROM warehouse.fact_events') AS of_a_scan;
SELECT name, pg_temp.scans_of_facts(e, '2025-03-01', '2025-03-07', 'google') AS of_google, pg_temp.scans_of_facts(e, '2025-03-01', '2025-03-07', NULL) AS of_all FROM dashboard_endpoint e;
-- So does attribution, whatever a conversion is: of a week the clients of that week alone.
INSERT INTO warehouse.fact_transactions (client_bucket, source_id, transaction_id, client_key, occurred_at, transaction_date, amount, order_id)
SELECT d.client_bucket, 1, n::text, d.client_key, timestamptz '2025-01-01 12:00' + n % 180 * interval '1 day', date '2025-01-01' + n % 180, 10, 'o' || n / 2
FROM generate_series(1, 20000) n
JOIN (SELECT DISTINCT ON (e.client_key) e.client_key, e.client_bucket, dense_rank() OVER (ORDER BY e.client_key) AS place FROM warehouse.fact_events e WHERE e.business_id = 1) d ON d.place = 1 + n / 2 % 500;
ANALYZE warehouse.fact_transactions;
SELECT t AS conversion_type, pg_temp.scans_of_facts(format($q$SELECT FROM analytics.attribution('2025-03-01', '2025-03-07', business_id => 1, conversion_types => '{%s}')$q$, t)) AS of_facts
FROM unnest('{contract,lead,purchase}'::text[]) t;
-- The list has every endpoint that takes a period.
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'analytics'::regnamespace AND p.proname IN (SELECT r.name FROM reader r) AND p.proname NOT IN (SELECT e.name FROM dashboard_endpoint e);
DROP OWNED BY plans_reader;
DROP ROLE plans_reader;
