-- A refresh never empties the warehouse without a word: a source that lost most of its rows is refused, and the figures stay.
\i test/fixture/reset.sql
SET client_min_messages = error;
CREATE SCHEMA raw;
SELECT analytics.install();

-- Whether a refresh was refused, with which state, and what the log and the warehouse say after it.
CREATE FUNCTION pg_temp.rows_of(business bigint) RETURNS TABLE (entity text, rows bigint) LANGUAGE sql AS $$
    SELECT w.entity, analytics_internal.in_warehouse(w.business_id, w.source_id, w.entity) FROM warehouse.source_watermark w WHERE w.business_id = business ORDER BY w.source_id
$$;
CREATE VIEW pg_temp.last_run AS
    SELECT r.status, s.name, s.sqlstate, regexp_replace(s.message, 'source \d+', 'source N', 'g') AS message
    FROM (SELECT * FROM warehouse.refresh_run ORDER BY run_id DESC LIMIT 1) r LEFT JOIN warehouse.refresh_step s ON s.run_id = r.run_id AND s.sqlstate IS NOT NULL ORDER BY s.step;
GRANT SELECT ON pg_temp.last_run TO PUBLIC;

-- Every entity: 300 rows of each, loaded by key, by day or by updated_at; then the table is truncated.
CREATE TABLE raw.base AS SELECT i, 'id' || i AS id, 'c' || i % 50 AS client_id, 'google' AS platform, date '2025-01-01' + i AS date, timestamptz '2025-01-01 12:00Z' + i * interval '1 hour' AS at, 10 AS amount
    FROM generate_series(1, 300) i;
CREATE TABLE raw.mapping (entity text, columns jsonb);
INSERT INTO raw.mapping VALUES ('clients', '{"client_id": "id"}'), ('products', '{"product_id": "id"}'), ('branches', '{"branch_id": "id"}'), ('campaigns', '{"campaign_id": "id"}'),
    ('ad_creatives', '{"ad_id": "id"}'), ('ad_performance', '{"campaign_id": "id", "spend": "amount"}'), ('events', '{"event_id": "id", "occurred_at": "at"}'),
    ('identities', '{"client_id": "id", "same_as": "client_id"}'), ('contracts', '{"contract_id": "id", "signed_at": "at"}'), ('transactions', '{"transaction_id": "id", "occurred_at": "at"}'), ('content', '{"content_id": "id"}'),
    ('content_metrics', '{"content_id": "id", "views": "amount"}'), ('benchmarks', '{"industry": "id", "metric": "client_id", "p50": "amount"}'),
    ('ad_breakdowns', '{"campaign_id": "id", "country": "client_id", "spend": "amount"}'),
    ('calendar_events', '{"name": "id", "first_day": "at"}');
SELECT count(*) AS entities, count(*) = (SELECT count(*) FROM analytics.entity) AS all_of_them FROM raw.mapping;
DO $$
DECLARE m raw.mapping;
BEGIN
    FOR m IN SELECT * FROM raw.mapping LOOP
        EXECUTE format('CREATE TABLE raw.%I AS TABLE raw.base', m.entity);
        EXECUTE format('CREATE TABLE raw.%I AS SELECT *, at AS updated_at FROM raw.base', m.entity || '_dated');
        PERFORM analytics.register_source(m.entity, ('raw.' || m.entity)::regclass, m.columns, business_id => 1),
                analytics.register_source(m.entity, ('raw.' || m.entity || '_dated')::regclass, m.columns, business_id => 2);
    END LOOP;
END
$$;
CALL analytics.refresh();
SELECT entity, rows FROM pg_temp.rows_of(1);
SELECT string_agg('TRUNCATE raw.' || entity || suffix, '; ') AS truncate FROM raw.mapping, unnest('{"", _dated}'::text[]) suffix \gset
BEGIN;
:truncate;
COMMIT;
\set VERBOSITY sqlstate
CALL analytics.refresh();
\set VERBOSITY terse
SELECT status, name, sqlstate, message FROM pg_temp.last_run WHERE name IN ('load events', 'load clients');
SELECT status, count(*) AS refused, count(DISTINCT name) AS entities FROM pg_temp.last_run WHERE sqlstate = '55000' GROUP BY status;
SELECT DISTINCT rows FROM pg_temp.rows_of(1) UNION ALL SELECT DISTINCT rows FROM pg_temp.rows_of(2);
CALL analytics.refresh('full', business_id => 1);
SELECT status, count(*) AS refused FROM pg_temp.last_run GROUP BY status;
-- The rest of the refresh is done: new rows of another source come in, and what follows from them; so does another business.
INSERT INTO raw.events SELECT * FROM raw.base UNION ALL SELECT 301, 'new', 'c1', 'google', '2025-03-01', '2025-03-01', 10;
CREATE TABLE raw.other AS TABLE raw.base;
SELECT analytics.register_source('events', 'raw.other', '{"event_id": "id", "occurred_at": "at"}', business_id => 3) > 0 AS registered;
CALL analytics.refresh();
SELECT rows FROM pg_temp.rows_of(1) WHERE entity = 'events' UNION ALL SELECT rows FROM pg_temp.rows_of(3);
SELECT sum(events) FROM warehouse.event_daily WHERE business_id = 1;
-- In a transaction block the first refusal ends it, as any error does.
\set VERBOSITY default
BEGIN;
CALL analytics.refresh(business_id => 1, entities => '{ad_performance}');
ROLLBACK;
\set VERBOSITY terse
-- Meant, the rows go: of one entity by its own procedure, by request, or all.
CALL analytics.refresh_ad_performance(business_id => 1, accept_loss => true);
SELECT status FROM pg_temp.last_run;
SELECT entity, rows FROM pg_temp.rows_of(1) WHERE rows < 300;
SELECT analytics.request_refresh(business_id => 1, entities => '{contracts}') < analytics.request_refresh(business_id => 1, entities => '{contracts}', accept_loss => true) AS are_two,
       analytics.request_refresh(business_id => 1, entities => '{contracts}', accept_loss => true) = analytics.request_refresh(business_id => 1, entities => '{contracts}', accept_loss => true) AS is_one;
CALL analytics.refresh_requested();
SELECT accept_loss, message IS NULL AS done FROM warehouse.refresh_request ORDER BY request_id;
SELECT entity, rows FROM pg_temp.rows_of(1) WHERE rows < 300;
CALL analytics.refresh(accept_loss => true);
SELECT sum(rows) FROM pg_temp.rows_of(1) WHERE entity <> 'events';
SELECT sum(rows) FROM pg_temp.rows_of(2);

-- How much is too much: at least 100 rows, and more than the share.
CREATE TABLE raw.many (event_id int, client_id int, occurred_at timestamptz, updated_at timestamptz, filler text);
CREATE FUNCTION pg_temp.outcome(before int, after int, dated boolean, share numeric DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
DECLARE id bigint;
BEGIN
    TRUNCATE raw.many;
    INSERT INTO raw.many SELECT i, i, timestamptz '2025-01-01' + i * interval '2 hours', '2025-01-01' FROM generate_series(1, before) i;
    PERFORM analytics.configure(source_loss_limit => share, business_id => 4);
    id := analytics.register_source('events', 'raw.many', CASE WHEN dated THEN '{}' ELSE '{"updated_at": "NULL::timestamptz"}'::jsonb END, business_id => 4);
    CALL analytics.refresh(business_id => 4, accept_loss => true);
    DELETE FROM raw.many WHERE event_id > after;
    BEGIN
        CALL analytics.refresh(business_id => 4);
    EXCEPTION WHEN object_not_in_prerequisite_state THEN
        RETURN 'refused';
    END;
    RETURN 'loaded';
END
$$;
SELECT b AS before, a AS after, share, pg_temp.outcome(b, a, true, share) AS by_updated_at, pg_temp.outcome(b, a, false, share) AS by_day
FROM (VALUES (150, 90, 0.5), (150, 70, 0.5), (150, 51, 0.5), (150, 50, 0.5), (99, 0, 0.5), (100, 0, 0.5), (400, 200, 0.5), (400, 199, 0.5), (400, 301, 0.1), (400, 300, 0.1), (400, 0, 1), (400, 300, 0), (400, 301, 0)) v (b, a, share);
SELECT source_loss_limit FROM analytics.settings(4);
SELECT source_loss_limit FROM analytics.settings(1);
SELECT analytics.configure(source_loss_limit => 1.5);
SELECT analytics.configure(source_loss_limit => -0.1);
-- A source too small for the limit says that it was emptied.
SET client_min_messages = warning;
SELECT analytics.configure(source_loss_limit => 0.5, business_id => 4) IS NOT NULL AS configured;
SELECT pg_temp.outcome(40, 0, true) AS small;
SET client_min_messages = error;

-- Rows that are there and cannot be used any more are lost as well; what was delivered and why it was refused is said.
CREATE TABLE raw.export (day text, spend text, campaign_id text);
INSERT INTO raw.export SELECT to_char(date '2025-01-01' + i, 'YYYY-MM-DD'), '10', 'k' FROM generate_series(1, 200) i;
SELECT analytics.register_source('ad_performance', 'raw.export', '{"date": "day", "platform": "''google''"}', business_id => 5) > 0 AS registered;
CALL analytics.refresh(business_id => 5);
UPDATE raw.export SET spend = spend || ' EUR';
CALL analytics.refresh(business_id => 5);
SELECT message FROM pg_temp.last_run;
-- A view that yields nothing all of a sudden; and a mapping that was registered anew.
CREATE VIEW raw.recent AS SELECT id AS event_id, client_id, at AS occurred_at FROM raw.base WHERE at > current_setting('raw.since', true)::timestamptz;
SET raw.since = '2025-01-01';
SELECT analytics.register_source('events', 'raw.recent', business_id => 6) > 0 AS registered;
CALL analytics.refresh(business_id => 6);
SET raw.since = '2026-01-01';
CALL analytics.refresh(business_id => 6);
CALL analytics.refresh('full', business_id => 6);
SELECT status, sqlstate, message FROM pg_temp.last_run;
SET raw.since = '2025-01-01';
CALL analytics.refresh(business_id => 6);
SELECT status FROM pg_temp.last_run;
SELECT analytics.register_source('events', 'raw.recent', '{"occurred_at": "''1800-01-01''::timestamptz"}', business_id => 6) > 0 AS registered;
CALL analytics.refresh(business_id => 6);
SELECT status, message FROM pg_temp.last_run;
SELECT rows FROM pg_temp.rows_of(6);

-- Row security that hides rows from whoever refreshes is said, be they many or few.
DROP ROLE IF EXISTS loss_refresher;
CREATE ROLE loss_refresher;
GRANT USAGE ON SCHEMA raw TO loss_refresher;
SELECT analytics.grant_access('loss_refresher', 'writer');
CREATE TABLE raw.guarded AS SELECT id AS event_id, client_id, at AS occurred_at, i FROM raw.base;
GRANT SELECT ON raw.guarded TO loss_refresher;
SELECT analytics.register_source('events', 'raw.guarded', business_id => 7) > 0 AS registered;
CALL analytics.refresh(business_id => 7);
ALTER TABLE raw.guarded ENABLE ROW LEVEL SECURITY;
CREATE POLICY part ON raw.guarded USING (i > 20);
SET ROLE loss_refresher;
CALL analytics.refresh(business_id => 7);
SELECT status, sqlstate, message FROM pg_temp.last_run;
RESET ROLE;
SELECT rows FROM pg_temp.rows_of(7);
-- Accepted once, it is the way this source is read; where more is hidden later, the limit holds.
SET ROLE loss_refresher;
CALL analytics.refresh(business_id => 7, accept_loss => true);
CALL analytics.refresh(business_id => 7);
SELECT status FROM pg_temp.last_run;
RESET ROLE;
SELECT rows FROM pg_temp.rows_of(7);
ALTER POLICY part ON raw.guarded USING (false);
SET ROLE loss_refresher;
CALL analytics.refresh(business_id => 7);
SELECT status, sqlstate, message FROM pg_temp.last_run;
RESET ROLE;
CALL analytics.refresh(business_id => 7);
SELECT rows FROM pg_temp.rows_of(7);
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE business_id = 7;
DROP OWNED BY loss_refresher;
DROP ROLE loss_refresher;

-- Registrations that were lost: one of several, then all. The rows stay until someone says that they may go.
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE business_id <> 3;
CALL analytics.refresh();
SELECT analytics.register_source('clients', 'raw.clients_dated', '{"client_id": "id"}', business_id => 3) > 0 AS registered;
INSERT INTO raw.clients_dated SELECT *, at FROM raw.base;
CALL analytics.refresh();
CREATE TABLE raw.lost AS TABLE warehouse.source;
DELETE FROM warehouse.source WHERE entity = 'events';
CALL analytics.refresh();
SELECT status, name, sqlstate, message FROM pg_temp.last_run;
SELECT entity, rows FROM pg_temp.rows_of(3);
DELETE FROM warehouse.source;
CALL analytics.refresh();
SELECT status, name, sqlstate FROM pg_temp.last_run;
SELECT entity, rows FROM pg_temp.rows_of(3);
-- Registered again, a source takes its rows up again under its number; brought back by hand, it does so too.
SELECT analytics.register_source('events', 'raw.other', '{"event_id": "id", "occurred_at": "at"}', business_id => 3) = (SELECT source_id FROM raw.lost WHERE entity = 'events') AS same_number;
INSERT INTO warehouse.source SELECT * FROM raw.lost WHERE entity = 'clients';
CALL analytics.refresh();
SELECT status FROM pg_temp.last_run;
SELECT sum(inserted) + sum(updated) + sum(deleted) AS changed FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name LIKE 'load%';
-- Another relation is another source.
DELETE FROM warehouse.source WHERE entity = 'events';
SELECT analytics.register_source('events', 'raw.many', business_id => 3) = (SELECT source_id FROM raw.lost WHERE entity = 'events') AS same_number;
CALL analytics.refresh();
SELECT status, name FROM pg_temp.last_run;
CALL analytics.refresh(accept_loss => true);
SELECT status FROM pg_temp.last_run;
SELECT entity, rows FROM pg_temp.rows_of(3);
-- drop_source() is the way that asks nothing.
SELECT analytics.drop_source(source_id) FROM analytics.source;
CALL analytics.refresh();
SELECT status FROM pg_temp.last_run;
SELECT count(*) FROM warehouse.source_watermark;
