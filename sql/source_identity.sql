-- A refresh reads what was registered and nothing else: who owns a source cannot put code into its place that runs as whoever refreshes.
\i test/fixture/reset.sql
SET client_min_messages = error;
DROP ROLE IF EXISTS source_owner, source_other;
CREATE ROLE source_owner;
CREATE ROLE source_other;
CREATE SCHEMA raw AUTHORIZATION source_owner;
SELECT format('GRANT CREATE ON DATABASE %I TO source_owner', current_database()) AS grant \gset
:grant;
SELECT analytics.install();
CREATE TABLE public.spied (who text);
GRANT INSERT ON public.spied TO PUBLIC;
SET ROLE source_owner;
CREATE FUNCTION raw.spy(id text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.spied VALUES (current_user); RETURN id; END $$;
CREATE TABLE raw.rows (event_id text, client_id text, occurred_at timestamptz);
INSERT INTO raw.rows SELECT 'e' || i, 'c' || i % 7, timestamptz '2025-01-01' + i * interval '1 hour' FROM generate_series(1, 20) i;
CREATE TABLE raw.events AS TABLE raw.rows;
CREATE TABLE raw.others AS TABLE raw.rows;
RESET ROLE;
SELECT analytics.register_source('events', 'raw.events') < analytics.register_source('events', 'raw.others', business_id => 2) AS registered;
SELECT relation, relation_kind, relation_owner FROM analytics.source ORDER BY source_id;
CALL analytics.refresh();

-- What becomes of the sources, in a transaction that is undone: the state of the step, what it says, and whose code has run.
CREATE FUNCTION pg_temp.said(mode text DEFAULT 'incremental') RETURNS text LANGUAGE plpgsql AS $$
DECLARE detail text;
BEGIN
    CALL analytics.refresh(mode, business_id => 1);
    RETURN 'loaded';
EXCEPTION WHEN OTHERS THEN
    GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(' ', SQLSTATE, regexp_replace(SQLERRM, 'source \d+', 'source N'), detail);
END
$$;
CREATE TABLE public.swap (place int, name text, statements text);
INSERT INTO public.swap VALUES
    (1, 'table, view', 'SET ROLE source_owner; ALTER TABLE raw.events RENAME TO kept; CREATE VIEW raw.events AS SELECT raw.spy(event_id) AS event_id, client_id, occurred_at FROM raw.kept; RESET ROLE'),
    (2, 'view in another schema of the name', 'SET ROLE source_owner; ALTER SCHEMA raw RENAME TO kept; CREATE SCHEMA raw; CREATE VIEW raw.events AS SELECT kept.spy(event_id) AS event_id, client_id, occurred_at FROM kept.events; RESET ROLE'),
    (3, 'materialized view', 'SET ROLE source_owner; DROP TABLE raw.events; CREATE MATERIALIZED VIEW raw.events AS TABLE raw.rows; RESET ROLE'),
    (4, 'partitioned table', 'SET ROLE source_owner; DROP TABLE raw.events; CREATE TABLE raw.events (LIKE raw.rows) PARTITION BY LIST (client_id); RESET ROLE'),
    (5, 'foreign table', 'DROP TABLE raw.events; CREATE FOREIGN DATA WRAPPER nobody; CREATE SERVER nowhere FOREIGN DATA WRAPPER nobody; CREATE FOREIGN TABLE raw.events (event_id text, client_id text, occurred_at timestamptz) SERVER nowhere'),
    (6, 'another owner', 'ALTER TABLE raw.events OWNER TO source_other'),
    (7, 'rule that makes a view of a table', 'SET ROLE source_owner; TRUNCATE raw.events; CREATE RULE "_RETURN" AS ON SELECT TO raw.events DO INSTEAD SELECT raw.spy(event_id) AS event_id, client_id, occurred_at FROM raw.rows; RESET ROLE'),
    (8, 'registered without kind and owner', 'UPDATE warehouse.source SET relation_kind = NULL, relation_owner = NULL'),
    -- What stays the same kind and the same owner's may be made anew, renamed or moved.
    (11, 'made anew', 'SET ROLE source_owner; DROP TABLE raw.events; CREATE TABLE raw.events AS TABLE raw.rows; RESET ROLE'),
    (12, 'replaced', 'SET ROLE source_owner; ALTER TABLE raw.events RENAME TO kept; ALTER TABLE raw.rows RENAME TO events; RESET ROLE'),
    (13, 'owner of the warehouse', 'ALTER TABLE raw.events OWNER TO ' || quote_ident(CURRENT_USER));
-- From version 16 on no rule makes a view of a table.
UPDATE public.swap
SET statements = 'SET ROLE source_owner; DROP TABLE raw.events; CREATE VIEW raw.events AS SELECT raw.spy(event_id) AS event_id, client_id, occurred_at FROM raw.rows; RESET ROLE'
WHERE place = 7 AND current_setting('server_version_num')::int >= 160000;
CREATE FUNCTION pg_temp.tried(statements text, mode text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE said text; problem text;
BEGIN
    EXECUTE statements;
    said := pg_temp.said(mode) || CASE WHEN EXISTS (SELECT FROM public.spied) THEN ' SPIED' ELSE '' END;
    -- What was kept of the quality is no reading either.
    SELECT string_agg(DISTINCT ' ' || q.check_name || ' ' || q.status, ',') INTO problem FROM analytics.check_data_quality(1) q WHERE q.message LIKE 'the source cannot be read%';
    RAISE EXCEPTION '%', concat(said, problem) || CASE WHEN EXISTS (SELECT FROM public.spied) THEN ' SPIED' ELSE '' END USING ERRCODE = 'ZZ001';
EXCEPTION WHEN SQLSTATE 'ZZ001' THEN
    RETURN replace(SQLERRM, CURRENT_USER, 'whoever tests');
END
$$;
SELECT place, name, pg_temp.tried(statements, 'incremental') AS said FROM public.swap ORDER BY place;
SELECT count(*) AS same_when_full FROM public.swap WHERE pg_temp.tried(statements, 'full') IS DISTINCT FROM pg_temp.tried(statements, 'incremental');

-- A view stands for its owner: he may change it, and nobody else may.
SET ROLE source_owner;
CREATE VIEW raw.seen AS SELECT event_id, client_id, occurred_at FROM raw.rows WHERE client_id = 'c1';
RESET ROLE;
SELECT analytics.register_source('events', 'raw.seen', business_id => 1) > 0 AS registered;
INSERT INTO public.swap VALUES (21, 'view changed', 'SET ROLE source_owner; CREATE OR REPLACE VIEW raw.seen AS SELECT event_id, client_id, occurred_at FROM raw.rows; RESET ROLE'),
    (22, 'view, another owner', 'ALTER VIEW raw.seen OWNER TO source_other'), (23, 'view, table', 'SET ROLE source_owner; DROP VIEW raw.seen; CREATE TABLE raw.seen AS TABLE raw.rows; RESET ROLE');
SELECT place, name, pg_temp.tried(statements, 'incremental') AS said FROM public.swap WHERE place > 20 ORDER BY place;
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE relation = 'raw.seen';

-- The step of that source fails alone; registered again, it is read.
ALTER TABLE raw.events RENAME TO kept;
CREATE VIEW raw.events AS SELECT event_id, client_id, occurred_at FROM raw.kept UNION ALL SELECT 'new', 'c1', '2025-02-01';
ALTER VIEW raw.events OWNER TO source_other;
GRANT SELECT ON raw.kept TO source_other;
GRANT USAGE ON SCHEMA raw TO source_other;
INSERT INTO raw.others VALUES ('new', 'c1', '2025-02-01');
CALL analytics.refresh();
SELECT name, business_id, sqlstate FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name LIKE 'load%' ORDER BY step;
SELECT business_id, count(*) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;
\set VERBOSITY default
BEGIN;
CALL analytics.refresh(business_id => 1);
ROLLBACK;
\set VERBOSITY terse
SELECT analytics.register_source('events', 'raw.events') > 0 AS registered;
SELECT relation_kind, relation_owner FROM analytics.source WHERE relation = 'raw.events';
CALL analytics.refresh();
SELECT business_id, count(*) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;

-- A policy is code of the table's owner too: it is asked nothing before somebody has accepted it.
SELECT analytics.grant_access('source_other', 'writer');
GRANT SELECT ON raw.others TO source_other;
SET ROLE source_owner;
ALTER TABLE raw.others ENABLE ROW LEVEL SECURITY;
CREATE POLICY spying ON raw.others USING (raw.spy(event_id) IS NOT NULL);
RESET ROLE;
SET ROLE source_other;
CALL analytics.refresh(business_id => 2);
CALL analytics.refresh('full', business_id => 2);
RESET ROLE;
SELECT DISTINCT who FROM public.spied;
SET ROLE source_other;
CALL analytics.refresh(business_id => 2, accept_loss => true);
RESET ROLE;
SELECT DISTINCT who FROM public.spied;

DROP OWNED BY source_other, source_owner CASCADE;
DROP ROLE source_owner, source_other;
DROP TABLE public.spied, public.swap;
