-- The first rows of a large source fill an empty table without its indexes, which are made when the rows are in.
\i test/fixture/reset.sql
SET client_min_messages = error;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TEMP TABLE fresh AS SELECT indexname, indexdef FROM pg_indexes WHERE schemaname = 'warehouse' AND tablename LIKE 'fact%';
CREATE TEMP TABLE keys AS SELECT conrelid, conname, pg_get_constraintdef(oid) AS definition FROM pg_constraint WHERE connamespace = 'warehouse'::regnamespace AND contype = 'p';
CREATE FUNCTION raw.others() RETURNS TABLE (what text, index text) LANGUAGE sql AS $$
    SELECT 'missing', indexname FROM (SELECT indexname, indexdef FROM fresh EXCEPT SELECT indexname, indexdef FROM pg_indexes) m
    UNION ALL
    SELECT 'no key', conname FROM (SELECT * FROM keys EXCEPT SELECT conrelid, conname, pg_get_constraintdef(oid) FROM pg_constraint) k
    UNION ALL
    SELECT 'more', indexname FROM pg_indexes WHERE schemaname = 'warehouse' AND tablename LIKE 'fact%' AND indexname NOT IN (SELECT indexname FROM fresh) ORDER BY 1, 2 $$;

-- Three rows, of which the planner expects a million. What each row says of its source are the indexes that there are while it is read.
CREATE FUNCTION raw.touches() RETURNS TABLE (id int, client int, at timestamptz) LANGUAGE sql ROWS 1000000 VOLATILE AS $$ SELECT i, 1, '2025-03-01Z'::timestamptz + i * interval '1 hour' FROM generate_series(1, 3) i $$;
CREATE FUNCTION raw.indexes(target text) RETURNS text LANGUAGE sql VOLATILE AS $$
    SELECT COALESCE(string_agg(replace(indexname, target || '_', ''), ' ' ORDER BY indexname COLLATE "C"), 'none') FROM pg_indexes WHERE schemaname = 'warehouse' AND tablename = target $$;
CREATE VIEW raw.events AS SELECT t.*, raw.indexes('fact_events') AS indexes FROM raw.touches() t;
SELECT analytics.register_source('events', 'raw.events', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "source_type": "indexes"}') > 0 AS registered;

-- In one transaction with others the table would be locked for too long. Nor are they laid aside for few rows.
BEGIN;
CALL analytics.refresh();
SELECT DISTINCT source_type FROM warehouse.fact_events;
ROLLBACK;
CREATE TABLE raw.few AS SELECT i AS event_id, 1 AS client_id, '2025-03-01Z'::timestamptz AS occurred_at FROM generate_series(1, 3) i;
ANALYZE raw.few;
CREATE VIEW raw.few_events AS SELECT *, raw.indexes('fact_events') AS source_type FROM raw.few;
SELECT analytics.register_source('events', 'raw.few_events', business_id => 2) > 0 AS registered;
TRUNCATE warehouse.fact_events;
CALL analytics.refresh(business_id => 2);
SELECT DISTINCT source_type FROM warehouse.fact_events;

-- The user's own stay, and one of ours that he has changed; and a key that something of his refers to.
SELECT analytics.drop_source(source_id) FROM warehouse.source WHERE business_id = 2;
CALL analytics.refresh(business_id => 2);
TRUNCATE warehouse.fact_events;
CREATE TABLE raw.note (business_id bigint, source_id bigint, event_id text, client_bucket smallint, FOREIGN KEY (business_id, source_id, event_id, client_bucket) REFERENCES warehouse.fact_events);
CALL analytics.refresh();
SELECT DISTINCT source_type FROM warehouse.fact_events;
DROP TABLE raw.note;
DELETE FROM warehouse.source_watermark;
TRUNCATE warehouse.fact_events;
CREATE INDEX own ON warehouse.fact_events (ad_id);
ALTER INDEX warehouse.fact_events_day SET (fillfactor = 95);
CALL analytics.refresh();
SELECT DISTINCT source_type FROM warehouse.fact_events;
DROP INDEX warehouse.own;
ALTER INDEX warehouse.fact_events_day RESET (fillfactor);
SELECT * FROM raw.others();

-- A table with rows keeps its indexes.
DELETE FROM warehouse.source_watermark;
DELETE FROM warehouse.fact_events WHERE event_id <> '1';
CALL analytics.refresh();
SELECT event_id, touch_number, source_type FROM warehouse.fact_events ORDER BY 1;
SELECT * FROM raw.others();

-- A load that fails leaves none out.
CREATE VIEW raw.broken AS SELECT t.id AS transaction_id, t.client AS client_id, t.at AS occurred_at, 1 / (t.id - t.id) AS amount FROM raw.touches() t;
SELECT analytics.register_source('transactions', 'raw.broken') > 0 AS registered;
CALL analytics.refresh();
SELECT name, sqlstate FROM warehouse.refresh_step WHERE sqlstate IS NOT NULL;
SELECT * FROM raw.others();

-- Nor does a session that ends in between: the next step of any refresh makes those that are missing.
ALTER TABLE warehouse.fact_transactions DROP CONSTRAINT fact_transactions_pkey;
DROP INDEX warehouse.fact_transactions_day, warehouse.fact_transactions_order;
SELECT analytics.drop_source(source_id) FROM warehouse.source WHERE entity = 'transactions';
CALL analytics.refresh(entities => '{clients}');
SELECT * FROM raw.others();
ALTER TABLE warehouse.fact_events DROP CONSTRAINT fact_events_pkey;
CALL analytics.refresh(entities => '{clients}');
SELECT * FROM raw.others();
-- So does an upgrade, which finds nothing else to do. An index that was to become the key and no longer can goes.
ALTER TABLE warehouse.fact_events DROP CONSTRAINT fact_events_pkey;
CREATE UNIQUE INDEX fact_events_next_pkey ON warehouse.fact_events (business_id, source_id, event_id, client_bucket);
SELECT analytics.upgrade_warehouse();
SELECT * FROM raw.others();
CREATE UNIQUE INDEX fact_events_next_pkey ON warehouse.fact_events (business_id, source_id, event_id, client_bucket);
CALL analytics.refresh(entities => '{clients}');
SELECT * FROM raw.others();

-- Many rows, several sources: they are found by each index.
SELECT analytics.drop_source(source_id) FROM warehouse.source;
CALL analytics.refresh();
TRUNCATE warehouse.fact_events;
CREATE TABLE raw.many AS
SELECT i AS event_id, i % 1000 AS client_id, '2025-03-01Z'::timestamptz + i * interval '1 minute' AS occurred_at, 'c' || i % 3 AS utm_campaign, i % 7 = 0 AS is_lead FROM generate_series(1, 100001) i;
ANALYZE raw.many;
CREATE VIEW raw.many_events AS SELECT *, raw.indexes('fact_events') AS source_type FROM raw.many;
SELECT analytics.register_source('events', 'raw.many_events') > 0 AS registered, analytics.register_source('events', 'raw.few_events') > 0 AS later;
CALL analytics.refresh();
SELECT source_id = min(source_id) OVER () AS is_first, source_type, count(*), min(event_date), max(event_date), count(DISTINCT client_key) AS clients FROM warehouse.fact_events GROUP BY source_id, source_type ORDER BY 1 DESC;
SELECT * FROM raw.others();
SET enable_seqscan = off;
SELECT (SELECT count(*) FROM warehouse.fact_events WHERE event_date BETWEEN '2025-03-10' AND '2025-03-11') AS by_day,
       (SELECT count(*) FROM warehouse.fact_events WHERE client_key = (SELECT client_key FROM warehouse.dim_clients WHERE client_id = '7')) AS by_client;
RESET enable_seqscan;
CREATE TEMP TABLE loaded AS SELECT event_id, source_id, touch_number, touch_role, is_lead, event_date, platform FROM warehouse.fact_events;
CALL analytics.refresh('full');
SELECT count(*) AS differences FROM (SELECT * FROM loaded EXCEPT SELECT event_id, source_id, touch_number, touch_role, is_lead, event_date, platform FROM warehouse.fact_events) d;
DROP SCHEMA raw, warehouse CASCADE;
