-- A refresh loads each row once, or says why not.
\i test/fixture/shop.sql
-- What a step did is said in a notice, with the seconds that it took: no two runs are alike.
SET client_min_messages = warning;
SELECT analytics_internal.counts_text(ROW(17, 3, 0, 12, 0, 1, 1), '2.4 s') AS counted, analytics_internal.counts_text(ROW(0, 0, 0, 0, 0, 0, 0), '0.4 s') AS nothing, analytics_internal.counts_text(ROW(NULL, NULL, NULL, NULL, NULL, NULL, NULL), NULL) AS unknown;

-- What the fixture became, beside what the raw tables say.
SELECT (SELECT count(*) FROM raw.events) AS raw_events, (SELECT count(*) FROM warehouse.fact_events) AS events,
       (SELECT count(DISTINCT client_id) FROM raw.events) + 1 AS raw_clients, (SELECT count(*) FROM warehouse.dim_clients) AS clients,
       (SELECT count(*) FROM warehouse.fact_leads) AS leads;
SELECT (SELECT (count(*), sum(total)) FROM raw.contracts) AS raw_contracts, (SELECT (count(*), sum(amount)::numeric(18,2)) FROM warehouse.fact_contracts) AS contracts,
       (SELECT (sum(n_contracts), sum(contract_amount)::numeric(18,2)) FROM warehouse.fact_leads) AS of_leads;
SELECT (SELECT sum(cost) FROM raw.ads) AS raw_spend, (SELECT sum(spend)::numeric(18,2) FROM warehouse.campaign_roi_daily) AS spend;
SELECT platform, family, ad_network FROM warehouse.dim_platforms ORDER BY platform;
SELECT platform, campaign_id, campaign_name, origin, first_day, last_day FROM warehouse.dim_campaigns ORDER BY platform, campaign_id;

-- Nothing new: nothing changes. Everything derived again: nothing changes either.
CALL analytics.refresh();
CALL analytics.refresh('full');
SELECT mode, status FROM warehouse.refresh_run ORDER BY run_id;

-- Touch numbers, roles, leads and attribution, against the rule written out.
SELECT count(*) FILTER (WHERE e.touch_number <> r.n) AS wrong_number,
       count(*) FILTER (WHERE e.touch_role <> CASE WHEN r.n = 1 THEN 'first' WHEN r.signed THEN 'last' ELSE 'mid' END) AS wrong_role,
       count(*) FILTER (WHERE e.is_lead <> (r.n = 1)) AS wrong_lead
FROM warehouse.fact_events e JOIN (
    SELECT event_id, row_number() OVER (PARTITION BY client_id ORDER BY happened_at, event_id) AS n,
           EXISTS (SELECT FROM raw.contracts k WHERE k.event_id = v.event_id) AS signed FROM raw.events v) r USING (event_id);
SELECT attribution_rule, platform, count(*) FROM warehouse.fact_leads GROUP BY 1, 2 ORDER BY 1, 2;
WITH paid AS (
    SELECT client_id, happened_at, utm_source, utm_campaign FROM raw.events WHERE utm_medium = 'cpc'
), expected AS (
    SELECT k.id, COALESCE((SELECT p.utm_source FROM paid p WHERE p.client_id = k.client_id AND p.happened_at BETWEEN k.signed_at - interval '90 days' AND k.signed_at
                           ORDER BY happened_at DESC LIMIT 1)) AS paid
    FROM raw.contracts k)
SELECT count(*) AS contracts, count(*) FILTER (WHERE attribution_rule = 'last_paid_any') AS by_paid_touch,
       count(*) FILTER (WHERE e.paid IS DISTINCT FROM c.last_paid_platform) AS wrong
FROM warehouse.fact_contracts c JOIN expected e ON e.id = c.contract_id;
SELECT contract_id, lead_id, attributed_platform, attribution_rule, touches, days_to_convert FROM warehouse.fact_contracts
WHERE contract_id IN ('k12', 'k12b', 'k-stranger') ORDER BY 1;
SELECT lead_id, created_date, platform, attribution_rule, n_contracts, contract_amount FROM warehouse.fact_leads WHERE lead_id = 'stranger';

-- Bad rows are refused whole, with their reason; good ones beside them are loaded.
CREATE TABLE raw.bad (id text, who text, at text, total text, day text, platform text, cost text, shown text, currency text);
INSERT INTO raw.bad VALUES
    ('1', 'a', '2025-01-01', '10', '2025-01-01', 'Facebook', '5', '10', 'UAH'),
    ('2', NULL, '2025-01-01', '10', '2025-01-01', 'Facebook', '-5', '10', NULL),
    ('3', 'a', '2025-02-30', '10', '2025-02-30', 'google', '5', '10.5', 'UAH'),
    (NULL, 'a', '2025-01-01', '10', '2025-01-02', NULL, 'x', '10', 'UAH'),
    ('4', 'a', '2025-01-01', 'abc', '2025-01-03', 'google', '1e20', '-1', 'UAH'),
    ('5', 'a', '0001-01-01', '1', '2025-01-04', 'google', 'NaN', '', 'EUR'),
    ('6', 'b', '2025-01-05', '1', '2025-01-05', 'google', '1', '', 'EUR'),
    ('7', 'b', '2025-01-05', '1', '2025-01-06', 'google', NULL, NULL, NULL), ('7', 'b', '2025-01-05', '1', '2025-01-06', 'google', NULL, NULL, NULL),
    ('8', 'b', '2025-01-05', '1', '2025-01-07', 'google', '1', NULL, NULL), ('8', 'b', '2025-01-06', '1', '2025-01-07', 'google', '2', NULL, NULL),
    (repeat('x', 300), 'b', '2025-01-05', '', 'infinity', 'google', '2', NULL, NULL),
    ('9', 'b', 'now', ' 12.50 ', '2025-01-08', repeat('longname ', 100), '2', '9.5', 'UAH'),
    ('10', 'b', '2025-01-09 10:00+02', '1e400', '2201-01-01', 'google', '2', '1', 'UAH');
SELECT analytics.register_source('contracts', 'raw.bad', '{"contract_id": "id", "client_id": "who", "signed_at": "at", "amount": "total"}', business_id => 3);
SELECT analytics.register_source('ad_performance', 'raw.bad', '{"date": "day", "spend": "cost", "impressions": "shown"}', business_id => 3);
SELECT analytics.configure(currency => 'UAH', business_id => 3);
CALL analytics.refresh(business_id => 3);
SELECT entity, left(row_key, 20) AS row_key, reason, occurrences, source_row ->> 'at' AS at FROM warehouse.rejected_rows WHERE business_id = 3 ORDER BY entity, reason, row_key;
SELECT contract_id, signed_at AT TIME ZONE 'UTC' AS signed, amount FROM warehouse.fact_contracts WHERE business_id = 3 ORDER BY 1;
SELECT date, left(platform, 20) AS platform, length(platform) AS length, spend, impressions FROM warehouse.fact_campaign_performance_daily WHERE business_id = 3 ORDER BY 1;
SELECT check_name, subject, status, failed_rows, message FROM analytics.check_data_quality(3);
-- Mended at the source, they come in.
UPDATE raw.bad SET at = '2025-02-28', day = '2025-02-28', shown = '10' WHERE id = '3';
CALL analytics.refresh(business_id => 3);
SELECT contract_id, signed_date FROM warehouse.fact_contracts WHERE business_id = 3 AND contract_id = '3';
SELECT reason FROM warehouse.rejected_rows WHERE business_id = 3 AND row_key = '3';

-- Of rows with one id the newest counts, where the source says which that is.
CREATE TABLE raw.versions (event_id text, client_id text, occurred_at timestamptz, updated_at timestamptz, utm_source text);
INSERT INTO raw.versions VALUES ('a', 'v', '2025-01-01', '2025-01-01', 'old'), ('a', 'v', '2025-01-01', '2025-01-03', 'new'), ('a', 'v', '2025-01-01', '2025-01-02', 'between'),
    ('b', 'v', '2025-01-02', '2025-01-01', 'one'), ('b', 'v', '2025-01-02', '2025-01-01', 'two');
SELECT analytics.register_source('events', 'raw.versions', business_id => 4);
CALL analytics.refresh(business_id => 4);
SELECT event_id, utm_source FROM warehouse.fact_events WHERE business_id = 4 ORDER BY 1;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE business_id = 4;

-- A version dated in the future (a clock that is ahead, "until now" of a history) does not hide what changes after it.
CREATE TABLE raw.ahead (contract_id text, client_id text, signed_at timestamptz, amount numeric, updated_at timestamptz);
INSERT INTO raw.ahead VALUES ('w', 'z', '2025-01-01', 1, '2150-01-01'), ('y', 'z', '2025-01-01', 1, '2025-01-01');
SELECT analytics.register_source('contracts', 'raw.ahead', business_id => 6) > 0 AS registered;
CALL analytics.refresh(business_id => 6);
UPDATE raw.ahead SET amount = 250, updated_at = now() WHERE contract_id = 'y';
CALL analytics.refresh(business_id => 6);
SELECT contract_id, amount FROM warehouse.fact_contracts WHERE business_id = 6 ORDER BY 1;
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE business_id = 6;

-- Changes and deletions at the source arrive; what depends on them follows.
UPDATE raw.contracts SET total = total + 1 WHERE id = 'k4';
DELETE FROM raw.contracts WHERE id = 'k8';
DELETE FROM raw.events WHERE client_id = 'client-1';
INSERT INTO raw.events VALUES ('late', 'client-2', '2024-12-31 23:30+00', 'instagram', 'cpc', '101', NULL);
UPDATE raw.ads SET cost = cost + 10 WHERE day = '2025-02-02';
CALL analytics.refresh(business_id => 1);
SELECT (SELECT (count(*), sum(total)) FROM raw.contracts) AS raw_contracts, (SELECT (count(*), sum(amount)::numeric(18,2)) FROM warehouse.fact_contracts WHERE business_id = 1) AS contracts,
       (SELECT (sum(n_contracts), sum(contract_amount)::numeric(18,2)) FROM warehouse.fact_leads WHERE business_id = 1) AS of_leads,
       (SELECT (sum(contracts), sum(revenue)::numeric(18,2), sum(contracts_signed), sum(revenue_signed)::numeric(18,2)) FROM warehouse.campaign_roi_daily WHERE business_id = 1) AS rolled_up;
SELECT (SELECT sum(cost) FROM raw.ads) AS raw_spend, (SELECT sum(spend)::numeric(18,2) FROM warehouse.campaign_roi_daily WHERE business_id = 1) AS spend;
SELECT event_id, event_date, touch_number, platform, campaign_key IS NOT NULL AS has_campaign FROM warehouse.fact_events e
WHERE client_key = (SELECT client_key FROM warehouse.dim_clients WHERE client_id = 'client-2') ORDER BY touch_number;
SELECT count(*) FROM warehouse.dim_clients WHERE client_id = 'client-1';
CREATE TABLE before AS SELECT * FROM warehouse.campaign_roi_daily;
CALL analytics.refresh('full', business_id => 1);
SELECT count(*) FROM (TABLE before EXCEPT TABLE warehouse.campaign_roi_daily) x;
DROP TABLE before;

-- In a transaction block everything is one transaction, and can be undone.
BEGIN;
DELETE FROM raw.ads;
CALL analytics.refresh(business_id => 1, accept_loss => true);
SELECT COALESCE(sum(spend), 0) FROM warehouse.campaign_roi_daily WHERE business_id = 1;
ROLLBACK;
SELECT sum(spend)::numeric(18,2) FROM warehouse.campaign_roi_daily WHERE business_id = 1;

-- A source that was dropped takes its rows with it.
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE business_id IN (3, 4);
CALL analytics.refresh();
SELECT (SELECT count(*) FROM warehouse.fact_contracts WHERE business_id > 1) AS contracts, (SELECT count(*) FROM warehouse.fact_events WHERE business_id > 1) AS events,
       (SELECT count(*) FROM warehouse.rejected_rows) AS rejected, (SELECT count(*) FROM warehouse.dim_clients WHERE business_id > 1) AS clients,
       (SELECT count(*) FROM warehouse.campaign_roi_daily WHERE business_id > 1) AS days;

CALL analytics.refresh(mode => 'sideways');
CALL analytics.refresh(entities => '{events,widgets}');
CALL analytics.refresh(business_id => 77);

-- Requests, for callers that cannot CALL; the same one is asked for once.
SELECT analytics.request_refresh() AS first, analytics.request_refresh() AS again, analytics.request_refresh('full') AS another;
SELECT analytics.request_refresh('sideways');
SELECT count(*) FROM warehouse.refresh_request WHERE taken_at IS NULL;
CALL analytics.refresh_requested();
SELECT count(*) FROM warehouse.refresh_request WHERE taken_at IS NULL;
SELECT mode, status FROM warehouse.refresh_run ORDER BY run_id DESC LIMIT 2;
\set VERBOSITY default
SELECT analytics.schedule_refresh();
\set VERBOSITY terse

-- The log is kept for a while.
SELECT analytics.purge_history('1 day');
UPDATE warehouse.refresh_run SET started_at = started_at - interval '100 days' WHERE run_id <= 3;
SELECT analytics.purge_history();
SELECT count(*) FROM warehouse.refresh_step WHERE run_id <= 3;
SELECT analytics.purge_history('-1 day');

-- One entity alone, by its own procedure; the others stay as they were.
UPDATE raw.contracts SET total = total + 5 WHERE id = 'k4';
DELETE FROM raw.ads WHERE day = '2025-02-02';
CALL analytics.refresh_contracts();
SELECT name FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name LIKE 'load%';
SELECT mode, entities, status FROM warehouse.refresh_run ORDER BY run_id DESC LIMIT 1;
SELECT (SELECT total FROM raw.contracts WHERE id = 'k4') = (SELECT amount FROM warehouse.fact_contracts WHERE contract_id = 'k4' AND business_id = 1) AS contract_is_current,
       EXISTS (SELECT FROM warehouse.fact_campaign_performance_daily WHERE date = '2025-02-02') AS ads_are_older;
SELECT p.proname, pg_get_function_arguments(p.oid) FROM pg_proc p JOIN analytics.entity e ON p.proname = 'refresh_' || e.entity WHERE p.prokind = 'p' ORDER BY e.place;
CALL analytics.refresh_ad_performance(mode => 'full', business_id => 1);
SELECT EXISTS (SELECT FROM warehouse.fact_campaign_performance_daily WHERE date = '2025-02-02') AS ads_are_older;

-- A business that comes later is small beside the others, yet the planner is to know of it: to one of no rows it would join all by trying each.
ALTER TABLE warehouse.fact_events SET (autovacuum_enabled = false);
ALTER TABLE warehouse.dim_clients SET (autovacuum_enabled = false);
ALTER TABLE warehouse.fact_leads SET (autovacuum_enabled = false);
CREATE TABLE raw.many_events AS SELECT i AS event_id, i % 5000 AS client_id, timestamptz '2025-01-01' + i * interval '1 minute' AS occurred_at FROM generate_series(1, 20000) i;
CREATE VIEW raw.few_events AS SELECT * FROM raw.many_events WHERE event_id <= 3000;
SELECT analytics.register_source('events', 'raw.many_events', business_id => 8) > 0 AS registered;
CALL analytics.refresh(business_id => 8);
SELECT analytics.register_source('events', 'raw.few_events', business_id => 9) > 0 AS registered;
CALL analytics.refresh(business_id => 9);
SELECT analytics_internal.known_rows('warehouse.fact_events', 9) BETWEEN 2500 AND 3500 AS events_known, analytics_internal.known_rows('warehouse.dim_clients', 9) BETWEEN 2500 AND 3500 AS clients_known,
       analytics_internal.known_rows('warehouse.fact_leads', 9) BETWEEN 2500 AND 3500 AS leads_known, analytics_internal.known_rows('warehouse.fact_events', 77) < 100 AS others_are_not;
-- A small delta is not worth an analysis.
INSERT INTO raw.many_events SELECT i, i, timestamptz '2025-03-01' FROM generate_series(20001, 20500) i;
CALL analytics.refresh(business_id => 8);
SELECT analytics_internal.known_rows('warehouse.fact_events', 8) BETWEEN 19000 AND 20100 AS as_before;

-- With updated_at the rows are counted, to see which went. An id that comes again while another goes leaves the count as it was.
CREATE TABLE raw.repeating (event_id text, client_id text, occurred_at timestamptz, updated_at timestamptz);
INSERT INTO raw.repeating SELECT 'v' || i, 'c' || i, '2025-05-01', '2025-05-01' FROM generate_series(1, 5) i;
SELECT analytics.register_source('events', 'raw.repeating', business_id => 10) > 0 AS registered;
CALL analytics.refresh(business_id => 10);
DELETE FROM raw.repeating WHERE event_id = 'v2';
INSERT INTO raw.repeating VALUES ('v5', 'c5', '2025-05-02', '2025-05-03');
CALL analytics.refresh(business_id => 10);
SELECT event_id, event_date FROM warehouse.fact_events WHERE business_id = 10 ORDER BY event_id;
SELECT rows_read, loaded, deduplicated, rejected FROM warehouse.source_watermark WHERE business_id = 10;
-- A unique index rules that out, and spares the look at the rest; a part of one, or one of more columns, does not.
CREATE TABLE raw.keyed (id int PRIMARY KEY, client_id text, occurred_at timestamptz, updated_at timestamptz, UNIQUE (client_id, occurred_at));
CREATE UNIQUE INDEX ON raw.repeating (event_id, updated_at);
CREATE UNIQUE INDEX ON raw.repeating (event_id) WHERE updated_at > '2025-05-02';
SELECT s.relation, analytics_internal.has_unique_key(s) FROM (
    SELECT * FROM analytics.source WHERE relation = 'raw.repeating'
    UNION ALL SELECT (jsonb_populate_record(s, '{"relation": "raw.keyed", "columns": {"event_id": "id"}}')).* FROM analytics.source s WHERE relation = 'raw.repeating'
    UNION ALL SELECT (jsonb_populate_record(s, '{"relation": "raw.keyed", "columns": {"event_id": "id + 1"}}')).* FROM analytics.source s WHERE relation = 'raw.repeating'
) s;
-- One platform may be spelt in several ways, a day be a part of a time, and a unique column hold many NULLs.
CREATE TABLE raw.keyed_ads (day timestamp, platform text, campaign text, spend int, updated_at timestamptz, UNIQUE (day, platform, campaign));
CREATE TABLE raw.totals (day date, platform text, campaign text UNIQUE NOT NULL, spend int, updated_at timestamptz);
CREATE TABLE raw.unnamed (day date, platform text, campaign text UNIQUE, spend int, updated_at timestamptz);
SELECT relation, analytics_internal.has_unique_key(jsonb_populate_record(NULL::analytics.source, jsonb_build_object('business_id', 10, 'entity', 'ad_performance', 'relation', 'raw.' || relation,
    'columns', '{"date": "day", "campaign_id": "campaign"}'::jsonb, 'options', '{}'::jsonb))) FROM unnest('{keyed_ads,totals,unnamed}'::text[]) relation;
-- A refused row stays in the quarantine while another of that day, or a copy of it, comes and one goes: so the count stays right, and shows what went.
INSERT INTO raw.totals SELECT '2025-05-01', 'google', 'c' || i, 3 - i, '2025-05-01' FROM generate_series(1, 5) i;
SELECT analytics.register_source('ad_performance', 'raw.totals', '{"date": "day", "campaign_id": "campaign"}', business_id => 10, options => '{"overlap": 0}') > 0 AS registered;
CALL analytics.refresh(business_id => 10);
DELETE FROM raw.totals WHERE campaign = 'c1';
INSERT INTO raw.totals VALUES ('2025-05-01', 'google', 'c6', -1, '2025-05-02');
CALL analytics.refresh(business_id => 10);
SELECT row_key, occurrences FROM warehouse.rejected_rows WHERE business_id = 10 ORDER BY row_key;
SELECT campaign_id FROM warehouse.fact_campaign_performance_daily WHERE business_id = 10 ORDER BY campaign_id;
ALTER TABLE raw.totals DROP CONSTRAINT totals_campaign_key;
DELETE FROM raw.totals WHERE campaign = 'c2';
INSERT INTO raw.totals SELECT * FROM raw.totals WHERE campaign = 'c6';
CALL analytics.refresh(business_id => 10);
SELECT row_key, occurrences FROM warehouse.rejected_rows WHERE business_id = 10 ORDER BY row_key;
SELECT count(*) AS left_over FROM warehouse.fact_campaign_performance_daily WHERE business_id = 10;
-- Ids of long parts are told apart behind what is kept of them.
INSERT INTO raw.totals SELECT '2025-05-03', 'google', repeat('x', 250) || i, -1, '2025-05-03' FROM generate_series(10000, 10002) i;
CALL analytics.refresh(business_id => 10);
SELECT count(DISTINCT row_key) AS long_keys, max(length(row_key)) AS longest FROM warehouse.rejected_rows WHERE business_id = 10 AND row_key LIKE '2025-05-03%';
-- Ids are read as they were, whatever the session's settings.
CREATE TABLE raw.daily_touches (client_id text, occurred_at date, updated_at timestamptz);
INSERT INTO raw.daily_touches SELECT 'c' || i, '2025-05-01', '2025-05-01' FROM generate_series(1, 4) i;
SELECT analytics.register_source('events', 'raw.daily_touches', '{"event_id": "client_id || ''-'' || occurred_at"}', business_id => 12, options => '{"overlap": 0}') > 0 AS registered;
CALL analytics.refresh(business_id => 12);
DELETE FROM raw.daily_touches WHERE client_id = 'c2';
INSERT INTO raw.daily_touches VALUES ('c4', '2025-05-01', '2025-05-02');
SET DateStyle = 'German';
CALL analytics.refresh(business_id => 12);
RESET DateStyle;
SELECT event_id FROM warehouse.fact_events WHERE business_id = 12 ORDER BY event_id;

-- What is in the way for a moment is tried again; an entity that fails does not keep the others, and those that follow from them, from being loaded.
CREATE SEQUENCE raw.tries;
CREATE FUNCTION raw.busy(touch text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    IF touch IS NOT NULL AND nextval('raw.tries') <= 2 THEN
        RAISE EXCEPTION 'busy' USING ERRCODE = 'serialization_failure';
    END IF;
    RETURN 'google';
END
$$;
CREATE TABLE raw.one_touch AS SELECT 't1' AS event_id, 'c1' AS client_id, timestamptz '2025-05-01' AS occurred_at;
CREATE TABLE raw.one_client AS SELECT 'c1' AS client_id, 1 AS name;
SELECT analytics.register_source('events', 'raw.one_touch', '{"utm_source": "raw.busy(event_id)"}', options => '{"depends_on": []}', business_id => 11) > 0 AND analytics.register_source('clients', 'raw.one_client', business_id => 11) > 0 AS registered;
ALTER TABLE raw.one_client RENAME client_id TO id;
CALL analytics.refresh(business_id => 11);
SELECT name, sqlstate, message FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND (name LIKE 'load%' OR sqlstate IS NOT NULL) ORDER BY step;
SELECT e.platform, l.platform AS of_lead, last_value >= 3 AS tried_again FROM warehouse.fact_events e JOIN warehouse.fact_leads l USING (business_id, client_key), raw.tries WHERE e.business_id = 11;
-- A rule of classification reaches what is loaded already by the next refresh.
INSERT INTO warehouse.channel_rule (priority, source, platform, channel, is_paid) VALUES (1, 'google', 'bing', 'Own Channel', true);
ALTER TABLE raw.one_client RENAME id TO client_id;
CALL analytics.refresh(business_id => 11);
SELECT e.platform, e.channel, l.platform AS of_lead FROM warehouse.fact_events e JOIN warehouse.fact_leads l USING (business_id, client_key) WHERE e.business_id = 11;
DELETE FROM warehouse.channel_rule;
-- A setting that reaches derived data says so.
SELECT lookback FROM analytics.configure(lookback => '60 days', business_id => 11);
SELECT freshness_warn FROM analytics.configure(freshness_warn => '3 days', business_id => 11);

-- A thing that two sources list belongs to the one registered first. Where the refresh ends before the other is read again, its accounts hold all the same.
CREATE TABLE raw.shelf AS SELECT 'p1' AS product_id, 'Lamp' AS name;
CREATE TABLE raw.stock AS SELECT p AS product_id, p AS name FROM unnest('{p2,p3}'::text[]) p;
SELECT analytics.register_source('products', 'raw.shelf', business_id => 13) < analytics.register_source('products', 'raw.stock', business_id => 13) AS in_order;
CALL analytics.refresh(business_id => 13);
INSERT INTO raw.shelf VALUES ('p2', 'Chair');
ALTER TABLE raw.stock RENAME product_id TO id;
CALL analytics.refresh(business_id => 13);
SELECT source_id - min(source_id) OVER () AS source, rows_read, loaded, deduplicated, rejected, loaded = analytics_internal.in_warehouse(business_id, source_id, entity) AS in_warehouse
FROM warehouse.source_watermark WHERE business_id = 13 ORDER BY source_id;
ALTER TABLE raw.stock RENAME id TO product_id;
CALL analytics.refresh(business_id => 13);
SELECT source_id - min(source_id) OVER () AS source, rows_read, loaded, deduplicated, rejected, loaded = analytics_internal.in_warehouse(business_id, source_id, entity) AS in_warehouse
FROM warehouse.source_watermark WHERE business_id = 13 ORDER BY source_id;

-- Of what was asked for, one request that cannot be done and one whose source fails keep no other waiting; each failure stands with its request.
ALTER TABLE raw.stock RENAME product_id TO id;
SELECT analytics.request_refresh(business_id => 99) < analytics.request_refresh(business_id => 13) AS in_order;
INSERT INTO warehouse.refresh_request (business_id, mode, requested_by) VALUES (12, 'sideways', 'somebody');
SELECT analytics.request_refresh(business_id => 12) > 0 AS last;
\set VERBOSITY default
CALL analytics.refresh_requested();
\set VERBOSITY terse
SELECT business_id, taken_at IS NOT NULL AS taken, message FROM warehouse.refresh_request WHERE business_id IS NOT NULL ORDER BY request_id;
SELECT status FROM warehouse.refresh_run WHERE business_id = 12 ORDER BY run_id DESC LIMIT 1;
CALL analytics.refresh_requested();
ALTER TABLE raw.stock RENAME id TO product_id;
