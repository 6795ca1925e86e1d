-- The readers in a schema of the user's: what they answer there, what a second call changes, and what it leaves alone.
\i test/fixture/shop.sql
CREATE SCHEMA api;
SELECT analytics.publish('api') > 90 AS many;
-- Each reader of rows is there, with its arguments, columns and comment; nothing is a member of the extension, and nothing has a type of it.
SELECT count(*) AS readers, count(*) FILTER (WHERE w.oid IS NULL) AS missing,
       count(*) FILTER (WHERE w.proargnames[:r.pronargs] IS DISTINCT FROM r.proargnames[:r.pronargs] OR pg_get_function_arguments(w.oid) <> pg_get_function_arguments(r.oid)) AS other_arguments,
       count(*) FILTER (WHERE obj_description(w.oid, 'pg_proc') NOT LIKE obj_description(r.oid, 'pg_proc') || '%') AS other_comments
FROM pg_proc r LEFT JOIN pg_proc w ON w.pronamespace = 'api'::regnamespace AND w.proname = CASE r.proname WHEN 'customer_values' THEN 'customer_value_buckets' ELSE r.proname END AND w.proargtypes = r.proargtypes
WHERE r.pronamespace = 'analytics'::regnamespace AND r.proname = ANY ('{kpi,trend_leads,campaigns,attribution,attribution_compare,events_funnel,contracts_enriched,customer_dashboard,customer_values,customer_value,customer_rfm,cohorts,report,anomalies,forecast_metric,reco_budget,metric_catalogue,platform_list,period,maturity,content_hours,journey_steps}');
SELECT count(*) FROM pg_depend d JOIN pg_extension x ON x.oid = d.refobjid WHERE d.deptype = 'e' AND d.objid IN (SELECT oid FROM pg_proc WHERE pronamespace = 'api'::regnamespace);
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_type t ON t.oid = p.prorettype OR t.oid = ANY (p.proargtypes) OR t.oid = ANY (p.proallargtypes)
WHERE p.pronamespace = 'api'::regnamespace AND t.typnamespace IN ('analytics'::regnamespace, 'analytics_internal'::regnamespace);
-- No two names differ by an s alone.
SELECT a.proname, b.proname FROM pg_proc a JOIN pg_proc b ON b.proname IN (a.proname || 's', a.proname) AND a.oid <> b.oid AND b.pronamespace = a.pronamespace WHERE a.pronamespace = 'api'::regnamespace;
-- They answer as those that they call, inline as they do, and refuse as they do.
SELECT count(*) AS rows, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS wrong FROM analytics.campaigns('2025-01-01', '2025-05-31') WITH ORDINALITY a FULL JOIN api.campaigns('2025-01-01', '2025-05-31') WITH ORDINALITY b USING (ordinality);
SELECT (SELECT string_agg(t::text, E'\n' ORDER BY t) FROM analytics.events_funnel('2025-01-01', '2025-05-31') t) = (SELECT string_agg(t::text, E'\n' ORDER BY t) FROM api.events_funnel('2025-01-01', '2025-05-31') t) AS touches,
       analytics.customer_dashboard() = api.customer_dashboard() AS dashboard, (SELECT sum(spend) FROM api.v_advice) = (SELECT sum(spend) FROM analytics.v_advice) AS advice;
EXPLAIN (COSTS OFF) SELECT dt FROM api.trend_leads('2025-01-01', '2025-01-02') WHERE false;
SELECT * FROM api.kpi(date_from => '2025-02-01', date_to => '2025-01-01');
-- Again: nothing is made anew, and what was granted stays.
CREATE ROLE regress_layer;
GRANT USAGE ON SCHEMA api TO regress_layer;
REVOKE EXECUTE ON FUNCTION api.kpi FROM PUBLIC;
-- Unprinted, since each new reader would change their number.
DO $$ BEGIN
    CREATE TEMP TABLE before AS SELECT oid FROM pg_proc WHERE pronamespace = 'api'::regnamespace UNION ALL SELECT oid FROM pg_class WHERE relnamespace = 'api'::regnamespace;
END $$;
SELECT analytics.publish('api') = (SELECT count(*) FROM before) AS same;
SELECT count(*) FROM (TABLE before EXCEPT (SELECT oid FROM pg_proc WHERE pronamespace = 'api'::regnamespace UNION ALL SELECT oid FROM pg_class WHERE relnamespace = 'api'::regnamespace)) gone;
SELECT has_function_privilege('regress_layer', 'api.kpi(date, date, text[], bigint)', 'EXECUTE');
-- What an older extension had is dropped or made anew; what is the user's stays.
CREATE FUNCTION api.older(a int) RETURNS int LANGUAGE sql AS 'SELECT 1';
COMMENT ON FUNCTION api.older IS E'Gone\nPublished by analytics.publish().';
CREATE FUNCTION api.mine() RETURNS int LANGUAGE sql AS 'SELECT 1';
CREATE VIEW api.mine AS SELECT 1 AS one;
DROP FUNCTION api.summary;
CREATE FUNCTION api.summary(business_id bigint DEFAULT NULL) RETURNS TABLE (total_events bigint) LANGUAGE sql AS 'SELECT 1::bigint';
COMMENT ON FUNCTION api.summary IS E'Narrower\nPublished by analytics.publish().';
COMMENT ON FUNCTION api.kpi IS E'Said otherwise\nPublished by analytics.publish().';
SELECT analytics.publish('api') = (SELECT count(*) FROM before) AS same;
SELECT p.proname FROM pg_proc p WHERE p.pronamespace = 'api'::regnamespace AND p.proname IN ('older', 'mine') UNION ALL SELECT c.relname FROM pg_class c WHERE c.oid = 'api.mine'::regclass;
SELECT total_events = (SELECT total_events FROM analytics.summary()) AS whole FROM api.summary();
SELECT split_part(obj_description('api.kpi(date, date, text[], bigint)'::regprocedure, 'pg_proc'), E'\n', 1) AS comment;
-- A name that is taken.
CREATE SCHEMA taken;
CREATE VIEW taken.v_advice AS SELECT 1 AS one;
SELECT analytics.publish('taken');
DROP SCHEMA taken CASCADE;
-- Where it does not belong, and who may not.
SELECT analytics.publish('warehouse');
SELECT analytics.publish('pg_catalog');
SELECT analytics.publish(NULL);
SELECT analytics.publish('nowhere');
SET ROLE regress_layer;
SELECT analytics.publish('api');
SELECT sum(leads) > 0 AS leads FROM api.trend_leads('2025-01-01', '2025-01-31');
RESET ROLE;
SELECT analytics.grant_access('regress_layer');
SET ROLE regress_layer;
SELECT sum(leads) > 0 AS leads FROM api.trend_leads('2025-01-01', '2025-01-31');
SELECT count(*) > 0 AS advice FROM api.v_advice;
RESET ROLE;

SET client_min_messages = warning;
DROP SCHEMA api, warehouse CASCADE;
DROP OWNED BY regress_layer;
DROP ROLE regress_layer;
