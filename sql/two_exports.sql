-- Two exports of the same ads count once, and where they disagree a check says so and a priority decides.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.older (day date, campaign_id text, spend numeric);
INSERT INTO raw.older VALUES ('2025-06-01', '11', 10), ('2025-06-02', '11', 12), ('2025-06-02', '12', 5);
CREATE TABLE raw.newer (day date, account_id text, campaign_id text, spend numeric);
INSERT INTO raw.newer VALUES ('2025-06-01', 'A', '11', 10), ('2025-06-02', 'A', '11', 13), ('2025-06-03', 'A', '11', 14);
SELECT analytics.register_source('ad_performance', r, '{"date": "day", "platform": "''google''"}') AS source_id FROM unnest('{raw.older,raw.newer}'::regclass[]) r;
CREATE VIEW pg_temp.figures AS
SELECT (SELECT spend FROM analytics.kpi('2025-06-01', '2025-06-30')) AS kpi, (SELECT sum(spend) FROM warehouse.ad_reporting__campaign_report) AS campaign_report,
       (SELECT sum(spend) FROM warehouse.ad_reporting__account_report) AS account_report, (SELECT sum(spend) FROM analytics.campaigns('2025-06-01', '2025-06-30')) AS campaigns;
CALL analytics.refresh();
TABLE pg_temp.figures;
SELECT subject, status, failed_rows, observed, expected, sample, message FROM analytics.check_data_quality() WHERE check_name = 'overlapping_sources';
-- The other one is right.
SELECT analytics.register_source('ad_performance', 'raw.newer', '{"date": "day", "platform": "''google''"}', options => '{"priority": 5}') AS source_id;
CALL analytics.refresh();
TABLE pg_temp.figures;
SELECT subject, status, observed, expected FROM analytics.check_data_quality() WHERE check_name = 'overlapping_sources';
UPDATE raw.older SET spend = 13 WHERE spend = 12;
CALL analytics.refresh();
SELECT subject, status, failed_rows FROM analytics.check_data_quality() WHERE check_name = 'overlapping_sources';
SELECT analytics.register_source('ad_performance', 'raw.newer', options => '{"priority": "high"}');

-- By ad and ad group, too, where one export names account and campaign and the other does not.
CREATE TABLE raw.ads_a (day date, account_id text, campaign_id text, ad_group_id text, ad_id text, spend numeric);
INSERT INTO raw.ads_a VALUES ('2025-07-01', 'A', '21', '210', '2100', 6), ('2025-07-01', 'A', '21', '210', '2101', 4);
CREATE TABLE raw.ads_b (day date, campaign_id text, ad_group_id text, ad_id text, spend numeric);
INSERT INTO raw.ads_b VALUES ('2025-07-01', '21', '210', '2100', 6), ('2025-07-01', '21', '210', '2101', 4);
SELECT count(analytics.register_source('ad_performance', r, '{"date": "day", "platform": "''google''"}')) FROM unnest('{raw.ads_a,raw.ads_b}'::regclass[]) r;
CALL analytics.refresh();
SELECT (SELECT spend FROM analytics.kpi('2025-07-01', '2025-07-01')) AS kpi, (SELECT sum(spend) FROM warehouse.ad_reporting__ad_report WHERE date_day = '2025-07-01') AS ad_report,
       (SELECT sum(spend) FROM warehouse.ad_reporting__ad_group_report WHERE date_day = '2025-07-01') AS ad_group_report,
       (SELECT sum(spend) FROM warehouse.ad_reporting__campaign_report WHERE date_day = '2025-07-01') AS campaign_report;
SELECT a.key, a.spend FROM analytics.attribution('2025-07-01', '2025-07-01', dimension => 'ad') a ORDER BY 1;

-- Amounts that are missing: counted by a check, or refused.
CREATE TABLE raw.deal (id int, person text, signed date, total text);
INSERT INTO raw.deal VALUES (1, 'a', '2025-06-01', '10'), (2, 'b', '2025-06-01', NULL), (3, 'c', '2025-06-01', '--'), (4, 'd', '2025-06-01', 'n/a'), (5, 'e', '2025-06-01', '0');
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "signed", "amount": "total"}') > 0 AS registered;
CALL analytics.refresh();
SELECT status, failed_rows, message FROM analytics.check_data_quality() WHERE check_name = 'missing_amount';
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "signed", "amount": "total"}',
    options => '{"missing_amount": "refuse"}') > 0 AS registered;
CALL analytics.refresh();
SELECT contract_id, amount FROM warehouse.fact_contracts ORDER BY 1;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'contracts' ORDER BY 1;
SELECT status, message FROM analytics.check_data_quality() WHERE check_name = 'missing_amount';
SELECT analytics.register_source('contracts', 'raw.deal', options => '{"missing_amount": "guess"}');

-- Budgets of currencies that have no hundredths.
CREATE TABLE raw.campaign_history (id text, name text, daily_budget text, updated_time timestamptz);
INSERT INTO raw.campaign_history VALUES ('11', 'Doors', '5000', '2025-06-01 00:00Z');
SELECT (analytics.configure(currency => 'JPY')).currency;
SELECT analytics.register_source('campaigns', 'raw.campaign_history', preset => 'fivetran_facebook_ads') > 0 AS registered;
CALL analytics.refresh(entities => '{campaigns}');
SELECT campaign_id, daily_budget FROM warehouse.dim_campaigns WHERE platform = 'facebook';
SELECT (analytics.configure(currency => 'USD')).currency;
SELECT analytics.register_source('campaigns', 'raw.campaign_history', preset => 'fivetran_facebook_ads') > 0 AS registered;
CALL analytics.refresh(entities => '{campaigns}');
SELECT campaign_id, daily_budget FROM warehouse.dim_campaigns WHERE platform = 'facebook';
-- A role that may not read a source is told so once.
CREATE ROLE regress_exports_loader;
SELECT analytics.grant_access('regress_exports_loader', 'writer') IS NULL AS granted;
GRANT USAGE ON SCHEMA raw TO regress_exports_loader;
SET ROLE regress_exports_loader;
CALL analytics.refresh(entities => '{contracts}');
RESET ROLE;
DROP OWNED BY regress_exports_loader;
DROP ROLE regress_exports_loader;
