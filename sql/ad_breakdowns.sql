-- Ads by keyword, search query, country and region: what the exports say arrives in the reports by the names that dbt's ad_reporting models have, and in no figure of spend.
\i test/fixture/reset.sql
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
\set VERBOSITY terse
SELECT analytics.install();
SELECT (analytics.configure(reporting_timezone => 'Europe/Kyiv', currency => 'UAH')).currency;
CREATE SCHEMA raw;
CREATE TABLE raw.ads (date date, account_id text, campaign_id text, campaign_name text, ad_group_id text, ad_id text, impressions int, clicks int, spend numeric);
INSERT INTO raw.ads VALUES ('2025-03-01', 'a1', 'c1', 'Spring', 'g1', 'ad1', 100, 10, 50), ('2025-03-01', 'a1', 'c1', 'Spring', 'g1', 'ad2', 50, 5, 25), ('2025-03-02', 'a1', 'c1', 'Spring', 'g1', 'ad1', 10, 1, 5), ('2025-03-02', 'a1', 'c1', 'Spring', 'g2', 'ad3', 10, 1, 7);
CREATE TABLE raw.creatives (ad_id text, ad_name text, ad_group_id text, ad_group_name text, campaign_id text, link_url text);
INSERT INTO raw.creatives VALUES ('ad1', 'First', 'g1', 'Group one', 'c1', 'https://shop.example/sale/spring?utm_source=google&utm_medium=cpc&utm_campaign=Spring%20sale&utm_content=a+b#top'),
    ('ad2', 'Second', 'g1', 'Group one', 'c1', 'https://shop.example/sale/spring?utm_source=google&utm_medium=cpc&utm_campaign=Spring%20sale&utm_content=a+b#end'), ('ad3', 'Third', 'g2', 'Group two', 'c1', NULL);
-- By device: two rows are one keyword.
CREATE TABLE raw.keywords (date text, account_id text, campaign_id text, ad_group_id text, criterion_id text, keyword text, match_type text, device text, impressions int, clicks int, cost numeric, conversions numeric);
INSERT INTO raw.keywords VALUES ('2025-03-01', 'a1', 'c1', 'g1', 'k1', 'red shoes', 'EXACT', 'mobile', 60, 6, 30, 1.5), ('2025-03-01', 'a1', 'c1', 'g1', 'k1', 'red shoes', 'EXACT', 'desktop', 40, 4, 20, NULL),
    ('2025-03-01', 'a1', 'c1', 'g1', 'k2', 'shoes', 'BROAD', 'mobile', 5, 0, 0, 0), ('2025-03-02', 'a1', 'c1', 'g1', 'k1', 'red shoes', 'EXACT', 'mobile', 6, 1, 3, 0),
    ('soon', 'a1', 'c1', 'g1', 'k1', 'red shoes', 'EXACT', 'mobile', 1, 1, 1, 0), ('2025-03-02', 'a1', 'c1', 'g1', 'k3', repeat('x', 300), 'EXACT', 'mobile', -6, 1, 3, 0);
CREATE TABLE raw.searches (date date, account_id text, campaign_id text, ad_group_id text, keyword_id text, search_query text, search_match_type text, impressions int, clicks int, spend numeric);
INSERT INTO raw.searches VALUES ('2025-03-01', 'a1', 'c1', 'g1', 'k1', 'buy red shoes', 'exact', 7, 1, 4), ('2025-03-01', 'a1', 'c1', 'g1', 'k1', 'red shoes kyiv', 'phrase', 3, 1, 2), ('2025-03-01', 'a1', 'c1', 'g1', 'k1', repeat('q', 300), 'phrase', 3, 1, 2);
CREATE TABLE raw.places (date date, account_id text, campaign_id text, country text, region text, impressions int, clicks int, spend numeric, currency text);
INSERT INTO raw.places VALUES ('2025-03-01', 'a1', 'c1', 'UA', NULL, 100, 10, 50, 'UAH'), ('2025-03-31', 'a1', 'c1', 'ua', NULL, 1, 0, 2, 'UAH'), ('2025-04-01', 'a1', 'c1', 'Poland', NULL, 9, 1, 3, 'UAH'), ('2025-03-05', 'a1', NULL, 'UA', NULL, 4, 1, 1, 'UAH'),
    ('2025-03-01', 'a1', 'c1', 'UA', 'Lviv', 30, 3, 9, 'UAH'), ('2025-03-09', 'a1', 'c1', 'UA', 'Lviv', 5, 1, 1, 'UAH'), ('2025-03-01', 'a1', 'c1', 'UA', 'Odesa', 1, 0, 0, 'UAH'), ('2025-03-01', 'a1', 'c1', NULL, NULL, 8, 0, 1, 'UAH'), ('2025-03-01', 'a1', 'c1', 'DE', NULL, 1, 0, 1, 'EUR');
SELECT analytics.register_source('ad_performance', 'raw.ads', '{"platform": "''google''"}'),
       analytics.register_source('ad_creatives', 'raw.creatives', '{"platform": "''google''"}'),
       analytics.register_source('ad_breakdowns', 'raw.keywords', '{"platform": "''google''", "keyword_id": "criterion_id", "keyword_text": "keyword", "keyword_match_type": "match_type", "spend": "cost", "platform_conversions": "conversions"}', options => '{"sum": ["device"]}'),
       analytics.register_source('ad_breakdowns', 'raw.searches', '{"platform": "''google''"}'),
       analytics.register_source('ad_breakdowns', 'raw.places', '{"platform": "''google''"}');
SELECT analytics.register_source('ad_breakdowns', 'raw.places', '{"platform": "''google''"}', options => '{"priority": 1}');
CALL analytics.refresh();
SELECT source_id, entity, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() WHERE entity = 'ad_breakdowns' ORDER BY 1;
SELECT source_id, left(reason, 60) AS reason FROM warehouse.rejected_rows ORDER BY 1, 2;
SELECT date_day, account_id, campaign_name, ad_group_id, ad_group_name, keyword_id, keyword_text, keyword_match_type, clicks, impressions, spend, conversions FROM warehouse.ad_reporting__keyword_report ORDER BY date_day, keyword_id;
SELECT date_day, keyword_id, search_query, search_match_type, clicks, impressions, spend, conversions FROM warehouse.ad_reporting__search_report ORDER BY search_query;
SELECT date_month, campaign_id, campaign_name, country, country_code, global_region, clicks, impressions, spend, currency FROM warehouse.ad_reporting__monthly_campaign_country_report ORDER BY date_month, campaign_id NULLS FIRST, country_code;
SELECT date_month, campaign_id, region, clicks, impressions, spend FROM warehouse.ad_reporting__monthly_campaign_region_report ORDER BY region;
-- Of addresses the ads that have one, added up where they lead to the same page; as the links are written.
SELECT date_day, ad_group_name, base_url, url_host, url_path, utm_source, utm_medium, utm_campaign, utm_content, utm_term, clicks, impressions, spend FROM warehouse.ad_reporting__url_report ORDER BY date_day;
SELECT u.link_url, substring(u.link_url, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*://)?([^/?#]*)') AS host FROM (VALUES ('shop.example'), ('http://shop.example?a=b'), ('android-app://com.shop/x'), ('/relative/page')) u (link_url);
-- A breakdown says how the money was spent and adds none to it.
SELECT spend FROM analytics.kpi('2025-03-01', '2025-03-31');
SELECT sum(spend) FROM warehouse.ad_reporting__campaign_report WHERE date_day < '2025-04-01';
SELECT breakdown, count(*), sum(spend) FROM warehouse.fact_ad_breakdown GROUP BY 1 ORDER BY 1;
-- What the platform restates comes in, what is gone goes.
UPDATE raw.keywords SET cost = 31 WHERE device = 'mobile' AND criterion_id = 'k1' AND date = '2025-03-01';
DELETE FROM raw.keywords WHERE criterion_id = 'k2';
CALL analytics.refresh();
SELECT date_day, keyword_id, spend FROM warehouse.ad_reporting__keyword_report ORDER BY 1, 2;
SELECT check_name, subject, status, failed_rows FROM analytics.check_data_quality() WHERE subject LIKE 'ad_breakdowns%' AND check_name LIKE 'reconciliation%' ORDER BY 2, 1;
-- An export of months is none of days.
CREATE TABLE raw.months AS SELECT date '2025-03-01' AS date_start, date '2025-03-31' AS date_stop, 'c1' AS campaign_id, 'UA' AS country, 10 AS spend;
SELECT analytics.register_source('ad_breakdowns', 'raw.months', '{"platform": "''google''", "date": "date_start"}') > 0 AS registered;
CALL analytics.refresh();
SELECT reason FROM warehouse.rejected_rows WHERE reason LIKE 'it is of several days%';
DROP SCHEMA raw CASCADE;
