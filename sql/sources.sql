-- Registering sources: every mistake is named, all at once.
\i test/fixture/shop.sql
\set VERBOSITY default
CREATE TABLE raw.odd ("Id" text, who text, at text, amount text, flag int, "when" date, tags text[]);

SELECT analytics.register_source('event', 'raw.odd');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "colour": "who"}');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "id", "client_id": "who"}');
SELECT analytics.register_source('events', 'raw.odd', '{"event_id": "Id", "client_id": "who || ", "occurred_at": "max(at)", "is_lead": "\"when\"", "utm_source": "unnest(tags)"}');
SELECT analytics.register_source('ad_performance', 'raw.odd', '{"date": "when", "platform": "facebook", "spend": "amount"}');
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
\set VERBOSITY default
CALL analytics.refresh(entities => '{events}');
-- Also where the column is the one that tells the days.
ALTER TABLE raw.odd ADD who text;
ALTER TABLE raw.odd RENAME "when" TO "day";
CALL analytics.refresh(entities => '{events}');
DROP TABLE raw.odd;
CALL analytics.refresh(entities => '{events}');
\set VERBOSITY terse
SELECT status, message IS NOT NULL AS said FROM warehouse.refresh_run ORDER BY run_id;
SELECT analytics.drop_source(5);
SELECT analytics.drop_source(4);
