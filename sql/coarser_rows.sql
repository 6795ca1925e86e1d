-- A row that is the sum of others beside it is never added to them.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;
-- Totals, whatever they are called; a campaign that is called so is none.
CREATE TABLE raw.report (day date, account text, campaign text, cost numeric);
INSERT INTO raw.report VALUES ('2025-02-01', 'A', 'Kitchens', 10), ('2025-02-01', 'A', 'Doors', 20), ('2025-02-01', 'A', 'Total', 30), ('2025-02-01', '', 'Grand total', 30),
    ('2025-02-01', '', '', 30), ('2025-02-02', 'A', 'Kitchens', 10), ('2025-02-02', 'A', 'Doors', 5), ('2025-02-02', 'A', 'Total makeover', 7),
    ('2025-02-03', 'A', 'Kitchens', 4), ('2025-02-03', 'A', 'Doors', 4), ('2025-02-03', 'A', 'Results from 2 campaigns', 8), ('2025-02-03', 'A', 'Усього', 8), ('2025-02-03', 'A', 'Итого:', 8),
    ('2025-02-04', 'A', NULL, 9), ('2025-02-04', 'B', 'Doors', 1);
SELECT analytics.register_source('ad_performance', 'raw.report', '{"date": "day", "platform": "''google''", "account_id": "account", "campaign_name": "campaign", "spend": "cost"}') > 0 AS registered;
CALL analytics.refresh();
SELECT date, string_agg(COALESCE(campaign_name, '-') || ' ' || round(spend), ', ' ORDER BY campaign_name) AS loaded, sum(spend) FROM warehouse.fact_campaign_performance_daily GROUP BY 1 ORDER BY 1;
SELECT source_row ->> 'campaign' AS campaign, reason FROM warehouse.rejected_rows ORDER BY row_key, 1;

-- A row of several days.
CREATE TABLE raw.months ("Reporting starts" text, "Reporting ends" text, "Campaign" text, "Spent" numeric);
INSERT INTO raw.months VALUES ('2025-03-01', '2025-03-31', 'Doors', 310), ('2025-03-05', '2025-03-05', 'Doors', 10), ('2025-03-06', '', 'Doors', 11);
SELECT analytics.register_source('ad_performance', 'raw.months', '{"date": "Reporting starts", "platform": "''facebook''", "campaign_name": "Campaign", "spend": "Spent"}') > 0 AS registered;
CALL analytics.refresh();
SELECT date, spend FROM warehouse.fact_campaign_performance_daily WHERE platform = 'facebook' ORDER BY 1;
SELECT reason FROM warehouse.rejected_rows WHERE row_key LIKE '%facebook%';

-- The hours of a day, and the day.
CREATE TABLE raw.hours (day date, campaign_id int, hour int, device text, spend numeric);
INSERT INTO raw.hours VALUES ('2025-04-01', 1, 9, 'PHONE', 1), ('2025-04-01', 1, 9, 'TABLET', 2), ('2025-04-01', 1, 10, 'PHONE', 1), ('2025-04-01', 1, NULL, '', 4),
    ('2025-04-02', 1, NULL, NULL, 5), ('2025-04-03', 1, 7, NULL, 2), ('2025-04-03', 1, NULL, 'PHONE', 3);
SELECT analytics.register_source('ad_performance', 'raw.hours', '{"date": "day", "platform": "''bing''"}', options => '{"sum": ["hour", "device"]}') > 0 AS registered;
CALL analytics.refresh();
SELECT date, spend, source_rows FROM warehouse.fact_campaign_performance_daily WHERE platform = 'bing' ORDER BY 1;
SELECT reason FROM warehouse.rejected_rows WHERE row_key LIKE '%bing%';
SELECT entity, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() ORDER BY source_id;
