-- Two tenants in one warehouse under row security: what each role sees, through every reader, and what it cannot find out.
\set VERBOSITY terse
\set SHOW_CONTEXT never
SET client_min_messages = warning;
DROP SCHEMA IF EXISTS raw, demo, warehouse CASCADE;
DELETE FROM analytics.source;
CREATE ROLE regress_one;
CREATE ROLE regress_two;
CREATE ROLE regress_both IN ROLE regress_one, regress_two;
CREATE ROLE regress_pool;
CREATE ROLE regress_nobody;
SELECT analytics.install(row_security => true);
SELECT analytics.install(row_security => true);

-- Everything of the second tenant has the word "secret" in it, or a number that is 7 million and more.
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT 1 AS business, 'open' AS word, 1 AS base UNION ALL SELECT 2, 'secret', 7000000;
CREATE TABLE raw.clients AS SELECT business, word || n AS client_id, word || ' name ' || n AS name FROM raw.t, generate_series(1, 40) n;
CREATE TABLE raw.events AS SELECT business, word || '-e' || n || '-' || k AS event_id, word || n AS client_id, timestamptz '2025-03-01 12:00+00' + (n + k * 5) * interval '1 day' AS occurred_at,
    'https://' || word || '.example/?utm_source=' || CASE WHEN n % 3 = 0 THEN 'facebook' ELSE word END || '&utm_medium=cpc&utm_campaign=' || base + n % 3 AS landing_url FROM raw.t, generate_series(1, 40) n, generate_series(1, 3) k;
CREATE TABLE raw.contracts AS SELECT business, word || '-c' || n AS contract_id, word || n AS client_id, timestamptz '2025-03-20 12:00+00' + n * interval '1 day' AS signed_at, base + n * 10 AS amount FROM raw.t, generate_series(1, 20) n;
CREATE TABLE raw.ads AS SELECT business, day::date AS date, 'facebook' AS platform, (base + c)::text AS campaign_id, word || ' campaign ' || c AS campaign_name, base / 10 + 5 AS spend, base + 100 AS impressions, base / 100 + 10 AS clicks
    FROM raw.t, generate_series(timestamp '2025-03-01', '2025-05-10', '1 day') day, generate_series(0, 2) c;
CREATE TABLE raw.content AS SELECT business, word || '-p' || n AS content_id, 'facebook' AS platform, word AS content_type, timestamptz '2025-03-01 12:00+00' + n * interval '1 day' AS published_at, word || ' post' AS title, word AS author, '#' || word AS hashtags FROM raw.t, generate_series(1, 40) n;
CREATE TABLE raw.metrics AS SELECT business, content_id, platform, published_at::date AS date, base + 100 AS views, base / 10 + 3 AS likes FROM raw.content JOIN raw.t USING (business);
CREATE TABLE raw.sales AS SELECT business, word || '-t' || n AS transaction_id, word || n % 40 + 1 AS client_id, timestamptz '2025-01-01 12:00+00' + n * interval '11 hours' AS occurred_at, base + n AS amount FROM raw.t, generate_series(1, 200) n;
DO $$
DECLARE
    b int;
    e text;
BEGIN
    FOR b IN 1 .. 2 LOOP
        FOREACH e IN ARRAY '{clients,events,contracts,ads,content,metrics,sales}'::text[] LOOP
            EXECUTE format('CREATE VIEW raw.%1$s_%2$s AS SELECT * FROM raw.%1$s WHERE business = %2$s', e, b);
            PERFORM analytics.register_source(CASE e WHEN 'ads' THEN 'ad_performance' WHEN 'metrics' THEN 'content_metrics' WHEN 'sales' THEN 'transactions' ELSE e END,
                ('raw.' || e || '_' || b)::regclass, business_id => b);
        END LOOP;
    END LOOP;
END
$$;
CALL analytics.refresh();
SELECT business_id, count(*) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;

SELECT analytics.grant_access('regress_one', businesses => '{1}');
SELECT analytics.grant_access('regress_two', businesses => '{2}');
SELECT analytics.grant_access('regress_pool', any_business => true);
SELECT analytics.grant_access('regress_both');
SET client_min_messages = notice;
SELECT analytics.grant_access('regress_nobody');
SET client_min_messages = warning;
GRANT USAGE ON SCHEMA raw TO regress_one;
-- Each table of the warehouse with a business has the policy, each view asks with the rights of its reader.
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity;
SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('warehouse'::regnamespace, 'analytics'::regnamespace) AND c.relkind = 'v' AND NOT COALESCE('security_invoker=true' = ANY (c.reloptions), false)
    AND c.relname NOT IN ('effective_platform', 'funnel_summary'); -- they read no table of the warehouse

SET ROLE regress_one;
SELECT DISTINCT business_id FROM warehouse.fact_events;
SELECT * FROM analytics.business_access;
SELECT DISTINCT business_id FROM analytics.source;
SELECT leads > 0 AS leads, n_contracts, revenue < 1000000 AS own FROM analytics.kpi('2025-01-01', '2025-12-31');
SELECT leads, spend FROM analytics.kpi('2025-01-01', '2025-12-31', business_id => 2);
SET ROLE regress_two;
SELECT DISTINCT business_id FROM warehouse.fact_events;
SET ROLE regress_both;
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
SET analytics.business_id = '2';
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
RESET analytics.business_id;
SET ROLE regress_nobody;
SELECT count(*) FROM warehouse.fact_events;
SELECT count(*), count(*) FILTER (WHERE business_id IS NOT NULL) FROM analytics.business_access;
SELECT leads, spend, revenue FROM analytics.kpi('2025-01-01', '2025-12-31');
-- A service over a pool names the business in each transaction; without one it sees nothing.
SET ROLE regress_pool;
SELECT count(*) FROM warehouse.fact_events;
BEGIN;
SET LOCAL analytics.business_id = '1';
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
COMMIT;
SELECT count(*) FROM warehouse.fact_events;
BEGIN;
SET LOCAL analytics.business_id = 'no number';
SELECT count(*) FROM warehouse.fact_events;
ROLLBACK;
-- Nobody can write himself access, or the rows of another.
SET ROLE regress_one;
INSERT INTO analytics.business_access VALUES ('regress_one', 2);
SET analytics.business_id = '2';
SELECT count(*) FROM warehouse.fact_events;
RESET analytics.business_id;
SET row_security = off;
SELECT count(*) FROM warehouse.fact_events;
RESET row_security;
-- Content of another business is as of none.
SELECT * FROM analytics.content_overview(2);
SELECT * FROM analytics.content_overview(3);
SELECT total_posts > 0 AS own FROM analytics.content_overview(1);
RESET ROLE;

-- Every table function that may be called with dates, limits and names, hostile ones too, and every table and view: as the first tenant, with a condition
-- that tells whatever it is shown. Nothing of the second may be in a row, a notice or an error.
CREATE TABLE raw.told (what text, word text);
GRANT INSERT, SELECT ON raw.told TO regress_one;
CREATE FUNCTION raw.tell(row_text text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    INSERT INTO raw.told VALUES (current_setting('raw.asking', true), left(row_text, 200));
    RETURN true;
END
$$;
CREATE FUNCTION raw.ask(statement text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    message text;
    detail text;
    hint text;
    line text;
BEGIN
    PERFORM set_config('raw.asking', left(statement, 80), true);
    EXECUTE statement;
    FOR line IN EXECUTE 'EXPLAIN (VERBOSE) ' || statement LOOP
        INSERT INTO raw.told SELECT 'plan', line WHERE line LIKE '%secret%' AND statement NOT LIKE '%secret%';
    END LOOP;
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
    INSERT INTO raw.told VALUES ('error', replace(concat_ws(' ', message, detail, hint), COALESCE(substring(statement FROM '''\{?([a-z0-9 ]*secret[a-z0-9 ]*)\}?'''), 'nothing'), ''));
END
$$;
CREATE FUNCTION raw.value_for(argument text, type regtype, hostile boolean) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN argument IN ('date_from', 'start_date', 'published_from', 'date1') THEN '''2025-01-01'''
                WHEN argument IN ('date_to', 'end_date', 'published_to', 'as_of', 'date2') THEN '''2025-05-01'''
                WHEN argument = 'business_id' THEN CASE WHEN hostile THEN '2' ELSE 'NULL' END
                WHEN argument IN ('platforms') THEN CASE WHEN hostile THEN '''{secret}''' ELSE 'NULL' END
                WHEN argument IN ('platform') THEN CASE WHEN hostile THEN '''secret''' ELSE '''facebook''' END
                WHEN argument = 'metric' THEN '''leads''' WHEN argument = 'granularity' THEN '''month'''
                WHEN argument = 'dimension' THEN '''platform''' WHEN argument IN ('posts', 'others') THEN CASE WHEN hostile THEN '''{secret-p1}''' ELSE '''{open-p1}''' END
                WHEN argument IN ('horizon') THEN '7' WHEN argument = 'total' THEN '1000' WHEN argument = 'customer_name' AND hostile THEN '''secret''' END
$$;
SET client_min_messages = error;
CREATE TABLE raw.asked AS
SELECT format('SELECT count(*) FROM analytics.%I(%s) r WHERE raw.tell(r::text)', p.proname,
           (SELECT string_agg(format('%I => %s', a.name, raw.value_for(a.name, a.type, h)), ', ')
            FROM ROWS FROM (unnest(p.proargnames[1:p.pronargs]), unnest(p.proargtypes::regtype[])) WITH ORDINALITY a (name, type, place)
            WHERE raw.value_for(a.name, a.type, h) IS NOT NULL)) AS statement
FROM pg_proc p, unnest('{false,true}'::boolean[]) h
WHERE p.pronamespace = 'analytics'::regnamespace AND p.provolatile = 's' AND p.prokind = 'f' AND p.proargnames IS NOT NULL
  AND NOT EXISTS (SELECT FROM ROWS FROM (unnest(p.proargnames[1:p.pronargs]), unnest(p.proargtypes::regtype[])) WITH ORDINALITY a (name, type, place)
                  WHERE a.place <= p.pronargs - p.pronargdefaults AND raw.value_for(a.name, a.type, h) IS NULL)
UNION ALL
SELECT format('SELECT count(*) FROM %s r WHERE raw.tell(r::text)', c.oid::regclass) FROM pg_class c
WHERE c.relnamespace IN ('warehouse'::regnamespace, 'analytics'::regnamespace) AND c.relkind IN ('r', 'v');
GRANT SELECT ON raw.asked TO regress_one;
SELECT count(*) > 150 AS many FROM raw.asked;
SET ROLE regress_one;
SELECT FROM (SELECT count(raw.ask(statement)) FROM (SELECT statement FROM raw.asked ORDER BY statement) s) x;
RESET ROLE;
SELECT count(*) > 500 AS told, count(*) FILTER (WHERE word LIKE '%open%') > 50 AS own, count(DISTINCT what) > 60 AS by_many FROM raw.told;
SELECT what, word FROM raw.told WHERE word LIKE '%secret%' OR word ~ '(^|[^0-9])7[0-9]{6}([^0-9]|$)' LIMIT 20;
-- The same questions by the second tenant do find it.
TRUNCATE raw.told;
GRANT USAGE ON SCHEMA raw TO regress_two;
GRANT INSERT ON raw.told TO regress_two;
GRANT SELECT ON raw.asked TO regress_two;
SET ROLE regress_two;
SELECT FROM (SELECT count(raw.ask(statement)) FROM (SELECT statement FROM raw.asked ORDER BY statement) s) x;
RESET ROLE;
SELECT count(DISTINCT what) FILTER (WHERE word LIKE '%secret%') > 30 AS found FROM raw.told;
-- The policy reaches the index by an array that is made once.
CREATE FUNCTION raw.plan_of(statement text) RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE 'EXPLAIN (COSTS off) ' || statement;
END
$$;
SET ROLE regress_one;
SET enable_seqscan = off;
SELECT count(*) FILTER (WHERE line ~ 'Index Cond.*business_id = ANY \(\$\d+\)') = 1 AS by_index, count(*) FILTER (WHERE line ~ 'InitPlan') > 0 AS made_once
FROM raw.plan_of('SELECT * FROM warehouse.fact_content') line;
RESET enable_seqscan;
RESET ROLE;
DROP OWNED BY regress_one, regress_two, regress_both, regress_pool, regress_nobody;
DROP ROLE regress_both, regress_one, regress_two, regress_pool, regress_nobody;
