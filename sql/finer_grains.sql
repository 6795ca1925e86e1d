-- Ads by the hour, device or network become days; of several versions of a row the newest counts; a filter says which rows count.
\i test/fixture/reset.sql
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE FUNCTION pg_temp.days() RETURNS TABLE (source bigint, date date, campaign text, ad_group text, ad text, name text, spend numeric, clicks bigint, conversions numeric, value numeric, rows int) LANGUAGE sql AS $$
    SELECT source_id, date, campaign_id, ad_group_id, ad_id, campaign_name, spend, clicks, platform_conversions, conversions_value, source_rows
    FROM warehouse.fact_campaign_performance_daily ORDER BY source_id, date, campaign_id, ad_id $$;
CREATE FUNCTION pg_temp.accounts() RETURNS TABLE (relation text, rows_read bigint, loaded bigint, deduplicated bigint, rejected bigint) LANGUAGE sql AS $$
    SELECT relation, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() ORDER BY source_id $$;

-- Airbyte's stream of campaigns: by hour and network, in append mode. 9 o'clock was restated; two hours with the same figures are two hours.
CREATE TABLE raw.campaign (campaign_id bigint, campaign_name text, customer_id bigint, segments_date date, segments_hour int, segments_ad_network_type text, metrics_clicks bigint, metrics_impressions bigint,
    metrics_cost_micros bigint, metrics_conversions float8, metrics_conversions_value float8, _airbyte_extracted_at timestamptz);
INSERT INTO raw.campaign VALUES
    (7, 'Doors', 1, '2025-03-01', 9, 'SEARCH', 4, 40, 8000000, 1, 50, '2025-03-02'), (7, 'Doors', 1, '2025-03-01', 9, 'SEARCH', 3, 40, 6000000, 1, 50, '2025-03-03'),
    (7, 'Doors', 1, '2025-03-01', 10, 'SEARCH', 2, 20, 1250000, 0.5, 25, '2025-03-02'), (7, 'Doors', 1, '2025-03-01', 11, 'SEARCH', 2, 20, 1250000, 0.5, 25, '2025-03-02'),
    (7, 'Doors', 1, '2025-03-01', 11, 'CONTENT', 0, 5, 0, 0, 0, '2025-03-02'), (7, 'Doors', 1, '2025-03-02', 8, 'SEARCH', 1, 9, 700000, 0, 0, '2025-03-03'),
    (7, 'Doors', 1, '2025-03-02', 8, 'SEARCH', 1, 9, 700000, 0, 0, '2025-03-03');
SELECT analytics.register_source('ad_performance', 'raw.campaign', preset => 'airbyte_google_ads');
SELECT options FROM analytics.source;
CALL analytics.refresh();
SELECT * FROM pg_temp.days();
SELECT * FROM pg_temp.accounts();
SELECT check_name, subject, status, message FROM analytics.check_data_quality() WHERE check_name LIKE 'reconciliation_%' AND check_name <> 'reconciliation_rollup';
-- One hour is restated, one came late, one is gone: the days they belong to are read again, all of them.
INSERT INTO raw.campaign VALUES (7, 'Doors and sills', 1, '2025-03-01', 10, 'SEARCH', 5, 25, 2000000, 0.5, 25, '2025-03-04'), (7, 'Doors', 1, '2025-03-02', 23, 'SEARCH', 1, 1, 300000, 0, 0, '2025-03-04');
CALL analytics.refresh();
SELECT * FROM pg_temp.days();
DELETE FROM raw.campaign WHERE segments_hour = 11;
CALL analytics.refresh();
SELECT * FROM pg_temp.days();
SELECT * FROM pg_temp.accounts();
-- A second refresh changes nothing; a row that cannot be read is refused alone, and comes in when it is mended.
CALL analytics.refresh();
SELECT sum(rows_read) AS read, sum(inserted + updated + deleted) AS written FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name LIKE 'load %';
INSERT INTO raw.campaign VALUES (7, 'Doors', 1, '2025-03-02', 22, 'SEARCH', -1, 1, 400000, 0, 0, '2025-03-04');
CALL analytics.refresh();
SELECT reason FROM warehouse.rejected_rows;
SELECT * FROM pg_temp.accounts();
UPDATE raw.campaign SET metrics_clicks = 1 WHERE metrics_clicks < 0;
CALL analytics.refresh();
SELECT * FROM pg_temp.days();
SELECT * FROM pg_temp.accounts();

-- Fivetran's rows are each a part of their day: by device, network and keyword.
CREATE TABLE raw.ad_stats (customer_id bigint, date date, ad_group_id bigint, ad_group text, keyword_ad_group_criterion text, device text, ad_id bigint, campaign_id bigint, clicks bigint, cost_micros bigint,
    impressions bigint, conversions float8, conversions_value float8);
INSERT INTO raw.ad_stats SELECT 1, '2025-03-01', NULL, 'customers/1/adGroups/30', 'customers/1/adGroupCriteria/30~' || k, d, 90, 7, 1, 500000, 3, 0.25, 12.5 FROM unnest('{MOBILE,DESKTOP}'::text[]) d, generate_series(1, 2) k;
SELECT analytics.register_source('ad_performance', 'raw.ad_stats', preset => 'fivetran_google_ads');
CALL analytics.refresh();
SELECT * FROM pg_temp.days() WHERE source = 2;
SELECT * FROM pg_temp.accounts();
SELECT conversions, conversions_value FROM warehouse.ad_reporting__ad_report;
SELECT date_day, conversions, conversions_value FROM warehouse.ad_reporting__account_report ORDER BY 1;

-- A filter leaves rows out as if they were not there, also from what is compared; it may change.
CREATE TABLE raw.insights (day date, campaign text, spend numeric, state text);
INSERT INTO raw.insights VALUES ('2025-03-01', 'a', 5, 'live'), ('2025-03-01', 'b', 100, 'draft'), ('2025-03-02', 'a', 6, 'live');
SELECT analytics.register_source('ad_performance', 'raw.insights', '{"date": "day", "platform": "''radio''", "campaign_id": "campaign"}', options => '{"filter": "state <> ''draft'' -- not yet"}');
CALL analytics.refresh();
SELECT * FROM pg_temp.days() WHERE source = 3;
UPDATE raw.insights SET state = 'live' WHERE campaign = 'b';
CALL analytics.refresh();
SELECT * FROM pg_temp.days() WHERE source = 3;
SELECT * FROM pg_temp.accounts();
SELECT DISTINCT status FROM analytics.check_data_quality() WHERE check_name LIKE 'reconciliation_%';

-- What cannot be is said when the source is registered, and when a refresh finds it.
\set VERBOSITY default
SELECT analytics.register_source('ad_performance', 'raw.insights', '{"date": "day", "platform": "''radio''"}', options => '{"filter": "no_such = 1", "sum": ["hour"], "version": "day + "}');
SELECT analytics.register_source('ad_performance', 'raw.insights', '{"date": "day", "platform": "''radio''"}', options => '{"filter": true, "sum": "hour", "version": 3}');
SELECT analytics.register_source('contracts', 'raw.insights', '{"contract_id": "campaign", "client_id": "campaign", "signed_at": "day"}', options => '{"sum": true}');
ALTER TABLE raw.insights RENAME state TO status;
CALL analytics.refresh();
DROP SCHEMA raw CASCADE;
