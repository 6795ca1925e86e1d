-- What a mapping looks up in other tables changes, and the rows that ask do not.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.person (old_id int, new_id int);
CREATE TABLE raw.rate (unit text, rate numeric);
INSERT INTO raw.rate VALUES ('CHF', 1.1), ('USD', 1);
CREATE TABLE raw.visit (id int, person int, at timestamptz, changed timestamptz);
INSERT INTO raw.visit VALUES (1, 20, '2025-01-01 10:00Z', '2025-01-01 10:00Z'), (2, 10, '2025-01-02 10:00Z', '2025-01-02 10:00Z');
CREATE TABLE raw.deal (id int, person int, at timestamptz, total numeric, unit text);
INSERT INTO raw.deal VALUES (1, 10, '2025-01-05 10:00Z', 100, 'CHF'), (2, 20, '2025-01-06 10:00Z', 50, 'USD');
SET client_min_messages = notice;
SELECT analytics.register_source('events', 'raw.visit', '{"event_id": "id", "occurred_at": "at", "updated_at": "changed",
    "client_id": "COALESCE((SELECT p.new_id FROM raw.person p WHERE p.old_id = _source.person), person)"}') AS visits;
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "at",
    "amount": "total * (SELECT r.rate FROM raw.rate r WHERE r.unit = _source.unit)"}') AS deals;
SET client_min_messages = warning;
SELECT source_id, options FROM analytics.source ORDER BY 1;
CREATE VIEW pg_temp.figures AS
SELECT (SELECT count(DISTINCT client_key) FROM warehouse.fact_events) AS visitors, (SELECT sum(amount) FROM warehouse.fact_contracts) AS revenue;
CALL analytics.refresh();
TABLE pg_temp.figures;
INSERT INTO raw.person VALUES (20, 10);
UPDATE raw.rate SET rate = 1.2 WHERE unit = 'CHF';
CALL analytics.refresh();
TABLE pg_temp.figures;
DELETE FROM raw.person;
CALL analytics.refresh();
TABLE pg_temp.figures;
SELECT check_name, status FROM analytics.check_data_quality() WHERE check_name LIKE 'reconciliation%' AND status <> 'pass';

-- Functions: nobody sees what they read.
CREATE FUNCTION raw.rate_of(text) RETURNS numeric LANGUAGE sql STABLE AS 'SELECT r.rate FROM raw.rate r WHERE r.unit = $1';
\set VERBOSITY default
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "at", "amount": "total * raw.rate_of(unit)"}');
SELECT analytics.register_source('contracts', 'raw.deal', options => '{"depends_on": "raw.rate"}');
SELECT analytics.register_source('contracts', 'raw.deal', options => '{"depends_on": ["raw.nothing"]}');
\set VERBOSITY terse
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "at", "amount": "total * raw.rate_of(unit)"}',
    options => '{"depends_on": ["raw.rate"]}') AS deals;
CALL analytics.refresh();
TABLE pg_temp.figures;
UPDATE raw.rate SET rate = 2 WHERE unit = 'CHF';
CALL analytics.refresh();
TABLE pg_temp.figures;
ALTER FUNCTION raw.rate_of(text) IMMUTABLE;
SELECT analytics.register_source('contracts', 'raw.deal', '{"contract_id": "id", "client_id": "person", "signed_at": "at", "amount": "total * raw.rate_of(unit)"}') AS deals;

-- A view that has an updated_at of one of its tables alone.
CREATE TABLE raw.basket (id int, person int, at timestamptz, total numeric, updated_at timestamptz);
CREATE TABLE raw.giving_back (basket int, total numeric);
INSERT INTO raw.basket SELECT n, n, '2025-02-01 10:00Z', 10, '2025-02-01 10:00Z' FROM generate_series(1, 3) n;
CREATE VIEW raw.net AS SELECT b.id, b.person, b.at, b.updated_at, b.total - COALESCE((SELECT sum(g.total) FROM raw.giving_back g WHERE g.basket = b.id), 0) AS net FROM raw.basket b;
SELECT analytics.register_source('transactions', 'raw.net', '{"transaction_id": "id", "client_id": "person", "occurred_at": "at", "amount": "net"}') > 0 AS registered;
CALL analytics.refresh();
INSERT INTO raw.giving_back VALUES (2, 4);
CALL analytics.refresh();
SELECT transaction_id, amount FROM warehouse.fact_transactions ORDER BY 1;

-- Accounts of several currencies in an export that names none.
CREATE TABLE raw.spend (day date, account_id int, campaign_id int, spend numeric);
INSERT INTO raw.spend VALUES ('2025-03-01', 7, 1, 100), ('2025-03-01', 8, 2, 100), ('2025-03-02', 9, 3, 5);
\set VERBOSITY default
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "''google''"}') > 0 AS registered;
\set VERBOSITY terse
CALL analytics.refresh();
SELECT status, failed_rows, sample, message FROM analytics.check_data_quality() WHERE check_name = 'account_currencies';
SELECT analytics.register_source('ad_performance', 'raw.spend', '{"date": "day", "platform": "''google''"}', options => '{"account_currencies": {"7": "CAD", "8": "usd"}}') > 0 AS registered;
CALL analytics.refresh();
SELECT account_id, spend, currency FROM warehouse.fact_campaign_performance_daily ORDER BY 1;
SELECT reason FROM warehouse.rejected_rows WHERE entity = 'ad_performance';
SELECT count(*) FROM analytics.check_data_quality() WHERE check_name = 'account_currencies';
SELECT analytics.register_source('ad_performance', 'raw.spend', options => '{"account_currencies": {"7": "dollars"}}');

-- A loader's table of accounts beside the report says them: its newest row, and again where it changes.
CREATE SCHEMA "Ads of Two";
CREATE TABLE "Ads of Two".campaign_stats (customer_id bigint, date date, id bigint, cost_micros bigint, clicks bigint, impressions bigint);
INSERT INTO "Ads of Two".campaign_stats VALUES (31, '2025-04-01', 5, 7000000, 1, 10), (32, '2025-04-01', 6, 9000000, 1, 10), (33, '2025-04-01', 8, 2000000, 1, 10);
CREATE TABLE "Ads of Two".account_history (id bigint, updated_at timestamp, currency_code text);
INSERT INTO "Ads of Two".account_history VALUES (31, '2025-01-01', 'GBP'), (32, '2025-01-01', 'GBP'), (32, '2025-02-01', 'USD');
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity = 'ad_performance';
SET client_min_messages = notice;
SELECT analytics.register_source('ad_performance', '"Ads of Two".campaign_stats', preset => 'fivetran_google_ads') > 0 AS registered;
SET client_min_messages = warning;
CALL analytics.refresh();
SELECT account_id, spend, currency FROM warehouse.fact_campaign_performance_daily ORDER BY 1;
SELECT reason FROM warehouse.rejected_rows WHERE entity = 'ad_performance';
INSERT INTO "Ads of Two".account_history VALUES (31, '2025-03-01', 'USD'), (33, '2025-03-01', 'SEK');
CALL analytics.refresh();
SELECT account_id, spend, currency FROM warehouse.fact_campaign_performance_daily ORDER BY 1;
SELECT reason FROM warehouse.rejected_rows WHERE entity = 'ad_performance';

-- LinkedIn and X: the currency of the campaign, line item or ad that a report is by. What stands there for none is left to the checks.
CREATE SCHEMA linkedin;
CREATE TABLE linkedin.ad_analytics_by_campaign (campaign_id bigint, day timestamp, cost_in_local_currency numeric, clicks bigint, impressions bigint);
CREATE TABLE linkedin.ad_analytics_by_creative (creative_id bigint, day timestamp, cost_in_local_currency numeric, clicks bigint, impressions bigint);
CREATE TABLE linkedin.creative_history (id bigint, campaign_id bigint, last_modified_at timestamp, _fivetran_synced timestamp, PRIMARY KEY (id, last_modified_at));
CREATE TABLE linkedin.campaign_history (id bigint, account_id bigint, name text, last_modified_time timestamp, _fivetran_synced timestamp, PRIMARY KEY (id, last_modified_time));
CREATE TABLE linkedin.account_history (id bigint, currency text, last_modified_time timestamp, _fivetran_synced timestamp);
INSERT INTO linkedin.account_history VALUES (1, 'GBP', '2025-01-01', '2025-01-01'), (1, 'USD', '2025-02-01', '2025-02-01'), (2, 'EUR', '2025-01-01', '2025-01-01');
INSERT INTO linkedin.campaign_history VALUES (11, 1, 'Old', '2025-01-01', '2025-01-01'), (11, 1, 'New', '2025-02-01', '2025-02-01'), (12, 2, 'Euro', '2025-01-01', '2025-01-01');
INSERT INTO linkedin.creative_history VALUES (111, 11, '2025-01-01', '2025-01-01'), (121, 12, '2025-01-01', '2025-01-01');
INSERT INTO linkedin.ad_analytics_by_campaign VALUES (11, '2025-04-01', 7, 1, 10), (12, '2025-04-01', 9, 1, 10);
INSERT INTO linkedin.ad_analytics_by_creative VALUES (111, '2025-04-02', 5, 1, 10), (121, '2025-04-02', 4, 1, 10);
CREATE SCHEMA twitter;
CREATE TABLE twitter.campaign_report (account_id text, campaign_id text, date timestamp, billed_charge_local_micro bigint, clicks bigint, impressions bigint);
CREATE TABLE twitter.line_item_report (account_id text, line_item_id text, date timestamp, billed_charge_local_micro bigint, clicks bigint, impressions bigint);
CREATE TABLE twitter.promoted_tweet_report (account_id text, promoted_tweet_id text, date timestamp, billed_charge_local_micro bigint, clicks bigint, impressions bigint);
CREATE TABLE twitter.campaign_history (id text, currency text, updated_at timestamp);
CREATE TABLE twitter.line_item_history (id text, campaign_id text, currency text, updated_at timestamp);
CREATE TABLE twitter.promoted_tweet_history (id text, line_item_id text, updated_at timestamp);
INSERT INTO twitter.campaign_history VALUES ('c1', 'USD', '2025-01-01'), ('c2', 'EUR', '2025-01-01');
INSERT INTO twitter.line_item_history VALUES ('l1', 'c1', 'USD', '2025-01-01'), ('l2', 'c2', 'EUR', '2025-01-01');
INSERT INTO twitter.promoted_tweet_history VALUES ('t1', 'l1', '2025-01-01'), ('t2', 'l2', '2025-01-01');
INSERT INTO twitter.campaign_report VALUES ('a', 'c1', '2025-04-03', 7000000, 1, 10), ('a', 'c2', '2025-04-03', 9000000, 1, 10);
INSERT INTO twitter.line_item_report VALUES ('a', 'l1', '2025-04-04', 7000000, 1, 10), ('a', 'l2', '2025-04-04', 9000000, 1, 10);
INSERT INTO twitter.promoted_tweet_report VALUES ('a', 't1', '2025-04-05', 7000000, 1, 10), ('a', 't2', '2025-04-05', 9000000, 1, 10);
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity = 'ad_performance';
SELECT r.report, (SELECT registered > 0 FROM analytics.register_source('ad_performance', r.report::regclass, preset => 'fivetran_' || split_part(r.report, '.', 1) || '_ads') registered)
FROM unnest('{linkedin.ad_analytics_by_campaign,linkedin.ad_analytics_by_creative,twitter.campaign_report,twitter.line_item_report,twitter.promoted_tweet_report}'::text[]) r (report);
CALL analytics.refresh();
SELECT date, platform, sum(spend) AS spend, string_agg(DISTINCT currency, ' ') AS currencies FROM warehouse.fact_campaign_performance_daily GROUP BY 1, 2 ORDER BY 1, 2;
SELECT s.relation, r.reason FROM warehouse.rejected_rows r JOIN analytics.source s USING (source_id) WHERE r.entity = 'ad_performance' ORDER BY 1, 2;
INSERT INTO linkedin.account_history VALUES (2, 'USD', '2025-05-01', '2025-05-01');
UPDATE twitter.line_item_history SET currency = 'USD' WHERE id = 'l2';
CALL analytics.refresh();
SELECT date, platform, sum(spend) AS spend, string_agg(DISTINCT currency, ' ') AS currencies FROM warehouse.fact_campaign_performance_daily GROUP BY 1, 2 ORDER BY 1, 2;
SELECT s.relation, r.reason FROM warehouse.rejected_rows r JOIN analytics.source s USING (source_id) WHERE r.entity = 'ad_performance' ORDER BY 1, 2;
-- The same where a copy of the report has its ids as text; a creative of no campaign has no currency, and counts in that of the business.
CREATE TABLE linkedin.copied_report AS SELECT campaign_id::text AS campaign_id, day + interval '7 days' AS day, cost_in_local_currency, clicks, impressions FROM linkedin.ad_analytics_by_campaign;
INSERT INTO linkedin.account_history VALUES (1, 'PLN', '2025-06-01', '2025-06-01');
CREATE TABLE linkedin.copied_creatives AS SELECT creative_id::text AS creative_id, day + interval '7 days' AS day, cost_in_local_currency, clicks, impressions FROM linkedin.ad_analytics_by_creative UNION ALL SELECT '999', '2025-04-09', 2, 1, 10;
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity = 'ad_performance';
SELECT r.report, (SELECT registered > 0 FROM analytics.register_source('ad_performance', r.report::regclass, preset => 'fivetran_linkedin_ads') registered) FROM unnest('{linkedin.copied_report,linkedin.copied_creatives}'::text[]) r (report);
CALL analytics.refresh();
SELECT date, platform, sum(spend) AS spend, string_agg(DISTINCT currency, ' ') AS currencies FROM warehouse.fact_campaign_performance_daily GROUP BY 1, 2 ORDER BY 1, 2;
SELECT s.relation, r.reason FROM warehouse.rejected_rows r JOIN analytics.source s USING (source_id) WHERE r.entity = 'ad_performance' ORDER BY 1, 2;
