-- Facts in partitions: the same rows, rights and answers, refreshed as before; and plain tables again.
\i test/fixture/random.sql
SET client_min_messages = error;
CREATE ROLE regress_parts_reader;
CALL chaos.live(3, dated => true);
SELECT analytics.install(row_security => true);
SELECT analytics.grant_access('regress_parts_reader', 'analyst', '{1}');
CREATE POLICY weekdays ON warehouse.fact_events AS RESTRICTIVE FOR SELECT TO regress_parts_reader USING (event_date > '2000-01-01');
CREATE INDEX fact_events_medium ON warehouse.fact_events (utm_medium) WHERE utm_medium <> '';
CREATE TEMP TABLE held AS SELECT line FROM chaos.snapshot();
CREATE FUNCTION pg_temp.described() RETURNS TABLE (line text) LANGUAGE sql AS $$
    SELECT c::text FROM analytics_internal.layout_columns('warehouse') c
    UNION ALL SELECT o::text FROM analytics_internal.layout_objects('warehouse') o
    UNION ALL SELECT s FROM analytics_internal.layout_tables() t, analytics_internal.access_statements(format('warehouse.%I', t.name)::regclass) s
    UNION ALL SELECT analytics_internal.layout_view('warehouse', t.name) FROM analytics_internal.layout_tables() t WHERE t.is_view
    UNION ALL SELECT analytics_internal.layout_view_comments('warehouse', t.name) FROM analytics_internal.layout_tables() t WHERE t.is_view
$$;
CREATE TEMP TABLE told AS SELECT line FROM pg_temp.described();
SELECT count(*) > 200 AS much, count(*) FILTER (WHERE line LIKE '%weekdays%') AS policies, count(*) FILTER (WHERE line LIKE '%fact_events_medium%') AS indexes FROM told;
CREATE FUNCTION pg_temp.differences() RETURNS TABLE (what text) LANGUAGE sql AS $$
    (SELECT 'lost: ' || line FROM (TABLE told EXCEPT ALL SELECT line FROM pg_temp.described()) l)
    UNION ALL (SELECT 'new: ' || line FROM (SELECT line FROM pg_temp.described() EXCEPT ALL TABLE told) l)
    UNION ALL (SELECT 'lost row: ' || line FROM (TABLE held EXCEPT ALL SELECT line FROM chaos.snapshot()) l)
    UNION ALL (SELECT 'new row: ' || line FROM (SELECT line FROM chaos.snapshot() EXCEPT ALL TABLE held) l)
$$;
SELECT analytics.partition_facts(3);
SELECT c.relname, c.relkind, analytics_internal.partition_count(c.oid), sum(p.reltuples) > 0 AS filled, count(DISTINCT p.relowner) AS owners,
       bool_and(p.reloptions = '{fillfactor=90}') AS options
FROM analytics_internal.client_facts() f JOIN pg_class c ON c.oid = f JOIN pg_inherits i ON i.inhparent = c.oid JOIN pg_class p ON p.oid = i.inhrelid
GROUP BY 1, 2, 3 ORDER BY 1;
SELECT * FROM pg_temp.differences();
SELECT analytics.partition_facts(3);
SELECT analytics.upgrade_warehouse();
-- A client's facts are in one partition.
SELECT count(*) = count(DISTINCT e.client_key) AS one_each FROM (SELECT DISTINCT client_key, tableoid FROM warehouse.fact_events) e;
-- Partitions are the owner's alone: what others may read they read by the table.
SELECT relname, has_table_privilege('regress_parts_reader', oid, 'SELECT') FROM pg_class WHERE relnamespace = 'warehouse'::regnamespace AND relname LIKE 'fact_leads%' AND relkind IN ('r', 'p') ORDER BY 1;
SELECT analytics.grant_access('regress_parts_reader', 'writer');
SELECT analytics.grant_access('regress_parts_reader', 'analyst');
SELECT bool_or(has_any_column_privilege('regress_parts_reader', i.inhrelid, 'SELECT, INSERT, UPDATE')) AS granted, bool_and(c.relrowsecurity) AS secured
FROM analytics_internal.client_facts() f JOIN pg_inherits i ON i.inhparent = f JOIN pg_class c ON c.oid = i.inhrelid;
GRANT SELECT ON ALL TABLES IN SCHEMA warehouse TO regress_parts_reader;
SET ROLE regress_parts_reader;
SELECT count(*) AS by_themselves FROM warehouse.fact_leads_1;
RESET ROLE;
SELECT analytics.grant_access('regress_parts_reader', 'analyst');
SET ROLE regress_parts_reader;
SELECT count(*) > 0 AS reads FROM warehouse.fact_leads;
SELECT sum(leads) > 0 AS reads FROM analytics.kpi('2020-01-01', '2030-01-01');
SELECT count(*) FROM warehouse.fact_leads_1;
-- The message names the owner.
\set VERBOSITY sqlstate
SELECT analytics.partition_facts(2);
\set VERBOSITY terse
RESET ROLE;
-- What is kept by incremental refreshes is what a rebuild makes.
SET chaos.parts = 4;
CALL chaos.live(4, dated => false);
SELECT * FROM chaos.compare();
CALL chaos.live(44, dated => true);
SELECT * FROM chaos.compare();
RESET chaos.parts;
TRUNCATE held, told;
INSERT INTO held SELECT line FROM chaos.snapshot();
INSERT INTO told SELECT line FROM pg_temp.described();
SELECT analytics.partition_facts(5);
SELECT * FROM pg_temp.differences();
-- More pending clients than a batch has are taken partition by partition: each batch reads the facts of one, and nothing changes.
INSERT INTO warehouse.pending_client SELECT business_id, client_key FROM warehouse.dim_clients;
DO $$
DECLARE
    business constant bigint := business_id FROM warehouse.pending_client GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1;
    scans text := $q$
        SELECT jsonb_object_agg(s.relname, s.seq_scan + COALESCE(s.idx_scan, 0))
        FROM pg_stat_xact_all_tables s JOIN pg_inherits i ON i.inhrelid = s.relid AND i.inhparent = 'warehouse.fact_events'::regclass$q$;
    before jsonb;
    now jsonb;
    batches int := 0;
    most int := 0;
BEGIN
    WHILE (SELECT count(*) FROM warehouse.pending_client p WHERE p.business_id = business) > 1 LOOP
        EXECUTE scans INTO before;
        PERFORM analytics_internal.derive_journeys(business, 1);
        EXECUTE scans INTO now;
        batches := batches + 1;
        most := GREATEST(most, (SELECT count(*) FROM jsonb_each(now) n WHERE n.value IS DISTINCT FROM before -> n.key));
    END LOOP;
    RAISE INFO 'several batches: %, partitions read by one: %', batches > 5, most;
    PERFORM analytics_internal.derive_journeys(p.business_id) FROM (SELECT DISTINCT business_id FROM warehouse.pending_client) p;
END
$$;
CALL analytics.refresh();
SELECT * FROM pg_temp.differences();
SELECT analytics.partition_facts(1);
SELECT * FROM pg_temp.differences();
SELECT count(*) AS partitions FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhparent WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'p';
SELECT relname, reloptions FROM pg_class WHERE oid = 'warehouse.fact_events'::regclass;
-- A first load that was broken off has left its key to be made: it is made first, and no table is left out.
ALTER TABLE warehouse.fact_events DROP CONSTRAINT fact_events_pkey;
DROP INDEX warehouse.fact_events_day;
SELECT analytics.partition_facts(2);
SELECT * FROM pg_temp.differences();
SELECT count(*) AS tables, bool_and(analytics_internal.partition_count(f) = 2) AS all_of_them FROM analytics_internal.client_facts() f;
SELECT analytics.partition_facts(1);
-- What would be lost is named, and nothing is done.
CREATE VIEW public.regress_mine AS SELECT count(*) FROM warehouse.purchase;
CREATE FUNCTION public.regress_touch(e warehouse.fact_events) RETURNS text LANGUAGE sql AS $$ SELECT 'x' $$;
CREATE TABLE public.regress_notes (business_id bigint, source_id bigint, event_id text, client_bucket smallint, note text, FOREIGN KEY (business_id, source_id, event_id, client_bucket) REFERENCES warehouse.fact_events);
CREATE PUBLICATION regress_facts FOR TABLE warehouse.fact_leads;
CREATE STATISTICS public.regress_stats ON platform, channel FROM warehouse.fact_events;
\set SHOW_CONTEXT never
DO $$
DECLARE
    detail text;
BEGIN
    PERFORM analytics.partition_facts(2);
EXCEPTION WHEN dependent_objects_still_exist THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RAISE INFO '%', detail;
END
$$;
\set VERBOSITY default
DROP VIEW public.regress_mine;
DROP FUNCTION public.regress_touch(warehouse.fact_events);
DROP TABLE public.regress_notes;
DROP PUBLICATION regress_facts;
DROP STATISTICS public.regress_stats;
SELECT analytics.partition_facts(0);
SELECT analytics.partition_facts(257);
SELECT analytics.partition_facts(NULL);
SELECT analytics.partition_facts(2);
-- Over nodes: see test/citus/run.
SELECT analytics.distribute(0);
SELECT analytics.distribute(NULL);
SELECT analytics.distribute();
SELECT chaos.forget_rules();
DROP SCHEMA chaos CASCADE;
DROP SCHEMA raw, warehouse CASCADE;
DROP OWNED BY regress_parts_reader;
DROP ROLE regress_parts_reader;
