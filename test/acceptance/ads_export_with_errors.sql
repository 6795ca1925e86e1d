-- An export of Google Ads as it really comes: dates in two formats, names misspelt, amounts missing. What can be read is loaded, the rest is kept
-- with its reason, and both add up.
\ir prelude.sql
CREATE TABLE raw.export (ad_id text, campaign_name text, clicks text, impressions text, cost text, leads text, conversions text, conversion_rate text, sale_amount text, ad_date text,
    location text, device text, keyword text);
\set copy '\\copy raw.export from ' :data_dir '/budget/GoogleAds_DataAnalytics_Sales_Uncleaned.csv csv header'
:copy
SELECT pg_temp.same('rows', count(*), 2600::bigint) FROM raw.export;
-- One row per ad and day. The mapping says how the dates are written, that all names mean one course, and that what is missing is not 0.
SELECT analytics.register_source('ad_performance', 'raw.export', $${"platform": "'google'", "campaign_id": "'data-analytics-course'", "campaign_name": "'Data Analytics Course'",
    "date": "CASE WHEN ad_date ~ '^\\d{1,2}-\\d{1,2}-\\d{4}$' THEN to_date(ad_date, 'DD-MM-YYYY') WHEN ad_date ~ '^\\d{1,2}/\\d{1,2}/\\d{4}$' THEN to_date(ad_date, 'MM/DD/YYYY') END",
    "spend": "COALESCE(NULLIF(cost, ''), 'no cost')", "impressions": "COALESCE(NULLIF(impressions, ''), 'none')", "clicks": "COALESCE(NULLIF(clicks, ''), 'none')"}$$);
CALL analytics.refresh();
\o
SELECT rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() WHERE relation = 'raw.export';
SELECT reason, count(*) AS rows FROM warehouse.rejected_rows GROUP BY 1 ORDER BY 2 DESC, 1;
\o /dev/null
-- What the raw text says, by other means.
CREATE TEMP TABLE readable AS
SELECT ad_id, campaign_name, cost::numeric AS cost FROM raw.export WHERE cost <> '' AND clicks <> '' AND impressions <> '';
SELECT pg_temp.same('all rows are accounted for', rows_read, loaded + deduplicated + rejected) FROM analytics.refresh_status() WHERE relation = 'raw.export';
SELECT pg_temp.same('nothing unreadable was loaded, nothing readable refused', (SELECT sum(spend) FROM warehouse.fact_campaign_performance_daily), (SELECT sum(cost)::numeric(18,4) FROM readable));
SELECT pg_temp.same('some rows are refused', count(*) > 0, true), pg_temp.same('each with its reason', bool_and(reason <> ''), true) FROM warehouse.rejected_rows;
SELECT pg_temp.same('names that mean one campaign', count(DISTINCT campaign_name) > 1, true) FROM readable;
SELECT pg_temp.same('one campaign', count(*), 1::bigint) FROM warehouse.dim_campaigns;
