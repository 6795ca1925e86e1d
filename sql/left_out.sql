-- What an export holds beside its rows: click ids in columns, totals, rows that were deleted, names without ids.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;

-- A click id in a column of its own: found by its name, and a value decides.
CREATE TABLE raw.form (id int, person text, seen timestamptz, source text, medium text, msclkid text, "FBCLID" text);
INSERT INTO raw.form VALUES
    (1, 'a', '2025-04-01 10:00Z', 'bing', 'organic', 'f00d', NULL), (2, 'b', '2025-04-01 10:00Z', 'bing', 'organic', NULL, NULL),
    (3, 'c', '2025-04-01 10:00Z', NULL, NULL, '', 'IwAR1'), (4, 'd', '2025-04-01 10:00Z', NULL, NULL, '(not set)', 'null'),
    (5, 'e', '2025-04-01 10:00Z', NULL, NULL, 'f00e', 'IwAR2');
CREATE TABLE raw.form2 AS TABLE raw.form;
SET client_min_messages = notice;
SELECT analytics.register_source('events', 'raw.form', '{"event_id": "id", "client_id": "person", "occurred_at": "seen", "utm_source": "source", "utm_medium": "medium"}') > 0 AS by_name;
SET client_min_messages = warning;
SELECT analytics.register_source('events', 'raw.form2', '{"event_id": "id", "client_id": "person", "occurred_at": "seen", "utm_source": "source", "utm_medium": "medium",
    "click_id": "msclkid", "click_id_name": "''msclkid''"}', business_id => 2) > 0 AS by_constant;
CALL analytics.refresh();
SELECT business_id, event_id, click_id_name, click_id, platform, is_paid FROM warehouse.fact_events ORDER BY 1, 2;
\set VERBOSITY default
SELECT analytics.register_source('events', 'raw.form', '{"event_id": "id", "client_id": "person", "occurred_at": "seen", "click_id": "upper(msclkid)"}');
\set VERBOSITY terse

-- A total below the campaigns of a day is no spend of its own, and a day that has no campaigns keeps its row. Names stand for ids.
CREATE TABLE raw.spend (day date, account text, "Campaign name" text, cost numeric);
INSERT INTO raw.spend VALUES
    ('2025-04-01', 'x', 'Doors', 10), ('2025-04-01', 'x', 'Windows', 5), ('2025-04-01', 'x', '', 15), ('2025-04-01', 'y', '--', 4),
    ('2025-04-02', 'x', NULL, 7), ('2025-04-01', NULL, NULL, 19);
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "''google''", "account_id": "account",
    "campaign_name": "Campaign name", "spend": "cost"}') > 0 AS registered;
CALL analytics.refresh(business_id => 1);
SELECT date, account_id, campaign_id, campaign_name, spend FROM warehouse.fact_campaign_performance_daily ORDER BY 1, 2, 3;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'ad_performance' ORDER BY 1;
-- The day is no day of campaigns any more.
DELETE FROM raw.spend WHERE "Campaign name" IN ('Doors', 'Windows');
CALL analytics.refresh(business_id => 1);
SELECT date, account_id, campaign_id, spend FROM warehouse.fact_campaign_performance_daily ORDER BY 1, 2, 3;

-- Marks of deletion: boolean, time, text.
CREATE TABLE raw.deal (no text, person text, signed date, total numeric, _fivetran_deleted boolean, "IsDeleted" text, deleted_at timestamptz);
INSERT INTO raw.deal VALUES ('k1', 'a', '2025-04-02', 100, false, 'False', NULL), ('k2', 'a', '2025-04-02', 100, true, 'false', NULL),
    ('k3', 'a', '2025-04-02', 100, NULL, 'true', NULL), ('k4', 'a', '2025-04-02', 100, NULL, '', '2025-04-03'), ('k5', 'a', '2025-04-02', 100, NULL, NULL, NULL);
SET client_min_messages = notice;
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "no", "client_id": "person", "signed_at": "signed", "amount": "total"}') > 0 AS registered;
SET client_min_messages = warning;
CALL analytics.refresh(business_id => 1);
SELECT contract_id FROM warehouse.fact_contracts ORDER BY 1;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'contracts' ORDER BY 1;
SELECT check_name, status FROM analytics.check_data_quality(1) WHERE subject LIKE 'contracts%' AND status <> 'pass';
UPDATE raw.deal SET _fivetran_deleted = true WHERE no = 'k1';
UPDATE raw.deal SET "IsDeleted" = 'no' WHERE no = 'k3';
CALL analytics.refresh(business_id => 1);
SELECT contract_id FROM warehouse.fact_contracts ORDER BY 1;

-- Marks of other loaders: of Airbyte, of Singer taps, a number.
CREATE TABLE raw.gone (id text, who text, at date, _ab_cdc_deleted_at text, _sdc_deleted_at timestamptz, "isDeleted" int);
INSERT INTO raw.gone VALUES ('g1', 'a', '2025-04-02', '2025-04-03T00:00:00Z', NULL, 0), ('g2', 'a', '2025-04-02', NULL, '2025-04-03', NULL),
    ('g3', 'a', '2025-04-02', '', NULL, 1), ('g4', 'a', '2025-04-02', NULL, NULL, 0);
SELECT analytics.register_source('contracts', 'raw.gone', '{"contract_id": "id", "client_id": "who", "signed_at": "at"}', business_id => 4) > 0 AS registered;
CALL analytics.refresh(business_id => 4);
SELECT contract_id FROM warehouse.fact_contracts WHERE business_id = 4;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE business_id = 4 ORDER BY 1;

-- Tables that keep all versions: a row is gone where the newest is its deletion, and back where a newer one follows. Read whole, and by what is new.
CREATE TABLE raw.versions (id text, who text, at date, seen timestamptz, _ab_cdc_deleted_at text);
INSERT INTO raw.versions VALUES ('v1', 'a', '2025-04-02', '2025-04-02', NULL), ('v1', 'a', '2025-04-02', '2025-04-03', '2025-04-03'), ('v2', 'a', '2025-04-02', '2025-04-02', '2025-04-02'),
    ('v2', 'a', '2025-04-02', '2025-04-03', NULL), ('v3', 'a', '2025-04-02', '2025-04-02', NULL), ('v4', 'a', '2025-04-02', '2025-04-02', NULL);
CREATE TABLE raw.added AS TABLE raw.versions;
SELECT analytics.register_source('contracts', 'raw.versions', '{"contract_id": "id", "client_id": "who", "signed_at": "at", "updated_at": "seen"}', business_id => 5) > 0 AS registered,
    analytics.register_source('contracts', 'raw.added', '{"contract_id": "''a'' || id", "client_id": "who", "signed_at": "at", "updated_at": "seen"}', options => '{"append_only": true}', business_id => 5) > 0 AS added;
CALL analytics.refresh(business_id => 5);
SELECT string_agg(contract_id, ' ' ORDER BY contract_id) FROM warehouse.fact_contracts WHERE business_id = 5;
INSERT INTO raw.versions VALUES ('v3', 'a', '2025-04-02', '2025-04-04', '2025-04-04');
INSERT INTO raw.added VALUES ('v3', 'a', '2025-04-02', '2025-04-04', '2025-04-04');
CALL analytics.refresh(business_id => 5);
SELECT string_agg(contract_id, ' ' ORDER BY contract_id) FROM warehouse.fact_contracts WHERE business_id = 5;
SELECT relation, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() WHERE relation IN ('raw.versions', 'raw.added') ORDER BY 1;

-- A word that SQL knows is a column all the same, or nothing; a number of days is no date.
CREATE TABLE raw.owned (id int, owner_user text, at date);
\set VERBOSITY default
SELECT analytics.register_source('contracts', 'raw.owned', '{"contract_id": "id", "client_id": "User", "signed_at": "at"}');
ALTER TABLE raw.owned RENAME owner_user TO "user";
SELECT analytics.register_source('contracts', 'raw.owned', '{"contract_id": "id", "client_id": "user", "signed_at": "at"}') > 0 AS registered;
SELECT analytics.try_timestamptz('J2460827', 'UTC', 'YMD') AS julian, analytics.try_timestamptz('Jun 1, 2025', 'UTC', 'YMD') IS NOT NULL AS june;
-- A zone that there is not is no time, and the session keeps its own and its order of dates. UTC+3 is three hours ahead, as its writer means it.
SELECT analytics.try_timestamptz('01.06.2025 10:00 Amerika/New_York', 'Asia/Tokyo', 'DMY') AS unknown_zone;
SELECT '2025-06-01 07:00Z'::timestamptz AS of_session, '01/02/2025'::date AS in_its_order;
SELECT t AS written, analytics.try_timestamptz(t) = '2025-06-01 07:00Z' AS is_read
FROM unnest('{2025-06-01 10:00 UTC+3,2025-06-01 10:00:00GMT+03:00,Sun Jun 01 2025 02:00:00 GMT-0500,2025-06-01 04:00 Etc/GMT+3,2025-06-01 07:00 UTC}'::text[]) t;
