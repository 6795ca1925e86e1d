-- Registering sources: every mistake is named, all at once.
\i test/fixture/shop.sql
\set VERBOSITY default
CREATE TABLE raw.odd ("Id" text, who text, at text, amount text, flag int, "when" date, tags text[]);

SELECT analytics.register_source('event', 'raw.odd');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "colour": "who"}');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "id", "client_id": "who"}');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "client_id": "who || ", "occurred_at": "max(at)", "is_lead": "\"when\"", "utm_source": "unnest(tags)"}');
SELECT analytics.register_source('ad_performance', 'raw.odd', '{"date": "when", "platform": "facebook", "spend": "amount"}');
-- Expressions see pg_catalog, whatever the path of who registers them is.
CREATE FUNCTION public.cleaned(text) RETURNS text LANGUAGE sql AS 'SELECT pg_catalog.btrim($1)';
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "client_id": "cleaned(who)", "occurred_at": "now()"}');
DROP FUNCTION public.cleaned;
SELECT analytics.register_source('ad_performance', 'raw.odd', preset => 'nosuch');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "client_id": "who", "occurred_at": "at"}', options => '{"timezone": "Mars/Base", "date_order": "YDM", "x": 1}');
SELECT analytics.register_source('events', NULL);
SELECT analytics.register_source('events', 'raw.nosuch');
SELECT analytics.register_source('events', 'raw.odd', '[1]');
SELECT analytics.drop_source(99);
\set VERBOSITY terse
SELECT count(*) FROM analytics.source;

-- A column of the name is the column, whatever else the name could mean; registering again replaces the mapping.
SELECT name, kind, expression, conversion FROM analytics_internal.source_mapping('events', 'raw.odd', '{"event_id": "Id", "client_id": "who", "occurred_at": "when", "is_lead": "flag"}', '{}');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "client_id": "who", "occurred_at": "at"}');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "client_id": "who", "occurred_at": "when"}', options => '{"timezone": "UTC"}');
SELECT source_id, business_id, entity, relation, columns, options FROM analytics.source ORDER BY source_id;

-- A source that was changed under us fails in its step alone, and says so.
INSERT INTO raw.odd VALUES ('1', 'client-1', NULL, NULL, 1, '2025-02-03', NULL);
ALTER TABLE raw.odd DROP COLUMN who;
SET client_min_messages = warning;
\set VERBOSITY default
CALL analytics.refresh(entities => '{events}');
-- Also where the column is the one that tells the days.
ALTER TABLE raw.odd ADD who text;
ALTER TABLE raw.odd RENAME "when" TO "day";
CALL analytics.refresh(entities => '{events}');
DROP TABLE raw.odd;
CALL analytics.refresh(entities => '{events}');
RESET client_min_messages;
\set VERBOSITY terse
SELECT status, message IS NOT NULL AS said FROM warehouse.refresh_run ORDER BY run_id;
SELECT analytics.drop_source(5);
SELECT analytics.drop_source(4);

-- A warehouse whose sources are lost, as by a restore that left them out, is not emptied: the refresh says so and leaves the rows alone.
\set QUIET on
\set ECHO none
\i test/fixture/shop.sql
\set ECHO all
\set QUIET on
SET client_min_messages = warning;
CREATE FUNCTION pg_temp.counted() RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(c.relname || ' ' || (xpath('//n/text()', query_to_xml(format('SELECT count(*) AS n FROM warehouse.%I', c.relname), false, true, '')))[1], ', ' ORDER BY c.relname)
    FROM pg_class c WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND c.relname NOT IN ('source', 'refresh_run', 'refresh_step', 'quality_history')
$$;
CREATE TABLE raw.kept AS SELECT pg_temp.counted();
CREATE TABLE raw.sources AS TABLE warehouse.source;
DELETE FROM warehouse.source;
\set VERBOSITY default
CALL analytics.refresh();
CALL analytics.refresh(mode => 'full', business_id => 1);
CALL analytics.refresh_events();
\set VERBOSITY terse
SELECT counted = pg_temp.counted() AS untouched FROM raw.kept;
-- With its sources again it goes on as if nothing had been.
INSERT INTO warehouse.source TABLE raw.sources;
CALL analytics.refresh();
SELECT sum(inserted) + sum(updated) + sum(deleted) AS changed FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run);
-- Sources that are dropped, be they the last, take their rows with them, and so do lost ones that are dropped.
DELETE FROM warehouse.source WHERE source_id > 1;
SELECT analytics.drop_source(1);
CALL analytics.refresh();
SELECT analytics.drop_source(source_id) FROM warehouse.source_watermark WHERE source_id > 1;
CALL analytics.refresh();
SELECT count(*) FROM warehouse.fact_events;
CALL analytics.refresh();
-- Numbers are not given twice.
SELECT analytics.register_source('events', 'raw.events', '{"occurred_at": "happened_at"}');
