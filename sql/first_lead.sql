-- A first lead after 60 silent days, from raw rows to forecasts and pacing: it is no new level. A smoothing that fits the silence without an
-- error, and then takes the last day for the level, would expect a lead on most of the next 28 days.
\i test/fixture/reset.sql
SELECT analytics.install();
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA raw;
-- An ad is shown and nobody clicks: no lead, no cost. On the 61st day both come, one of each.
CREATE TABLE raw.ads AS
SELECT d::date AS date, 'facebook' AS platform, 'f1' AS campaign_id, 'Quiet' AS campaign_name, 100 AS impressions,
       (d = '2025-03-02')::int AS clicks, (d = '2025-03-02')::int AS spend
FROM generate_series(timestamp '2025-01-01', '2025-03-02', '1 day') d;
CREATE TABLE raw.events AS
SELECT 'e1' AS event_id, 'c1' AS client_id, timestamp '2025-03-02 12:00' AS occurred_at, 'facebook' AS utm_source, 'cpc' AS utm_medium, 'f1' AS utm_campaign;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('ad_performance', 'ads'), ('events', 'events')) s (e, t);
CALL analytics.refresh();
SELECT count(*) AS days, sum(leads) AS leads, sum(leads) FILTER (WHERE date = '2025-03-02') AS on_the_last, sum(spend) AS spend FROM warehouse.campaign_roi_daily;

-- What is to be expected of the next four weeks, of the total and of each part.
SELECT metric, dimension, count(*) AS days, min(dt) AS first_day, min(n_days) AS known, sum(forecast) BETWEEN 0.1 AND 2 AS rare, max(high) <= 1 AS bounded
FROM unnest('{leads,clicks,spend}'::text[]) metric, unnest('{total,platform,campaign}'::text[]) dimension, analytics.forecast_metric(metric, 28, dimension)
GROUP BY metric, dimension ORDER BY metric COLLATE "C", dimension COLLATE "C";

-- A budget of 10 for the next four weeks will not be spent. By the day before, nothing is.
SELECT dimension, as_of, status, spent_to_date, days_left, forecast_total < 2 AS rare, high < 6 AS bounded, p_over < 0.01 AS safe
FROM (VALUES ('total', 10, NULL), ('platform', NULL, jsonb '{"facebook": 10}'), ('campaign', NULL, '{"f1": 10}')) b (dimension, budget, budgets),
     unnest('{2025-03-01,2025-03-02}'::date[]) as_of, analytics.budget_pacing('2025-03-03', '2025-03-30', budget, dimension, budgets, as_of => as_of)
ORDER BY dimension COLLATE "C", as_of;
