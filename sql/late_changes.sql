-- What came after the day of a lead, kept by adding what changed: after each refresh it is what the facts say, and no row of it counts nothing.
\i test/fixture/reset.sql
SELECT analytics.install();
SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
CREATE SCHEMA raw;
CREATE TABLE raw.events AS
SELECT 'e' || i AS event_id, 'c' || i AS client_id, timestamptz '2025-03-01' + i % 40 * interval '1 day' AS occurred_at,
       (ARRAY['google', 'facebook'])[1 + i % 2] AS utm_source, 'cpc' AS utm_medium, 'camp' || i % 3 AS utm_campaign, timestamptz '2025-05-01' AS updated_at
FROM generate_series(1, 2000) i;
CREATE TABLE raw.contracts AS
SELECT 'k' || i AS contract_id, 'c' || i AS client_id, timestamptz '2025-03-03' + i % 50 * interval '1 day' AS signed_at, 100 + i AS amount, timestamptz '2025-05-01' AS updated_at
FROM generate_series(1, 1200) i;
SELECT count(analytics.register_source(e, ('raw.' || e)::regclass)) FROM unnest('{events,contracts}'::text[]) e;
-- The facts, row by row.
CREATE VIEW raw.late AS
SELECT created_date, settled_date, platform, campaign_key, sum(leads)::bigint AS leads, sum(contracts)::bigint AS contracts, sum(revenue)::numeric(18,4) AS revenue
FROM (
    SELECT created_date, settled_date, platform, COALESCE(campaign_key, 0), 1, 0, 0.0 FROM warehouse.fact_leads WHERE settled_date > created_date
    UNION ALL
    SELECT created_date, settled_date, initial_platform, COALESCE(initial_campaign_key, 0), -1, 0, 0.0 FROM warehouse.fact_leads WHERE settled_date > created_date
    UNION ALL
    SELECT created_date, settled_date, platform, COALESCE(campaign_key, 0), 0, CASE WHEN is_refund THEN 0 ELSE 1 END, amount
    FROM warehouse.fact_contract_credit WHERE settled_date > created_date
) f (created_date, settled_date, platform, campaign_key, leads, contracts, revenue)
GROUP BY 1, 2, 3, 4 HAVING sum(leads) <> 0 OR sum(contracts) <> 0 OR sum(revenue) <> 0;
CREATE VIEW raw.kept AS SELECT created_date, settled_date, platform, campaign_key, leads, contracts, revenue FROM warehouse.late_daily;
CREATE VIEW raw.state AS
SELECT (SELECT count(*) FROM ((TABLE raw.late EXCEPT TABLE raw.kept) UNION ALL (TABLE raw.kept EXCEPT TABLE raw.late)) d) AS differ,
       count(*) AS days, sum(abs(leads)) AS leads, sum(contracts) AS contracts, sum(revenue) AS revenue,
       (SELECT count(*) FROM warehouse.pending_lead) + (SELECT count(*) FROM warehouse.pending_day) AS pending
FROM raw.kept;
CALL analytics.refresh();
TABLE raw.state;
-- Clients come back by another ad, so that their leads belong to it from that day on.
INSERT INTO raw.events SELECT 'r' || i, 'c' || i, timestamptz '2025-04-20 12:00' + i % 3 * interval '1 day', 'tiktok', 'cpc', 'back' || i % 2, timestamptz '2025-06-01' FROM generate_series(1, 120) i;
CALL analytics.refresh();
TABLE raw.state;
-- The days were not made anew: what somebody had written there would have been lost.
UPDATE warehouse.late_daily SET leads = leads + 1000 WHERE (created_date, settled_date, platform, campaign_key) = (
    SELECT created_date, settled_date, platform, campaign_key FROM raw.kept WHERE leads < 0 ORDER BY 1, 2, 3, 4 LIMIT 1);
-- Contracts move, are taken back in part and in whole, and go; leads of the first day go with their touches; some come back by the ad that they have.
UPDATE raw.contracts SET signed_at = signed_at + interval '9 days', updated_at = '2025-06-02' WHERE contract_id IN ('k3', 'k4', 'k5');
INSERT INTO raw.contracts VALUES ('t7', 'c7', '2025-05-01', -50, '2025-06-02'), ('t8', 'c8', '2025-05-01', -108, '2025-06-02'), ('n9', 'c1900', '2025-05-02', 77, '2025-06-02');
DELETE FROM raw.contracts WHERE contract_id = 'k10';
DELETE FROM raw.events WHERE client_id IN ('c40', 'c1999');
INSERT INTO raw.events VALUES ('s1', 'c1', '2025-04-25', 'tiktok', 'cpc', 'back1', '2025-06-02'), ('s2', 'c1500', '2025-02-01', 'google', 'organic', NULL, '2025-06-02');
CALL analytics.refresh();
SELECT differ, pending FROM raw.state;
UPDATE warehouse.late_daily SET leads = leads - 1000 WHERE leads > 500;
TABLE raw.state;
-- All clients come back: the days are made anew.
INSERT INTO raw.events SELECT 'z' || i, 'c' || i, timestamptz '2025-05-20', 'bing', 'cpc', 'last', timestamptz '2025-06-03' FROM generate_series(1, 1500) i;
CALL analytics.refresh();
TABLE raw.state;
CREATE TABLE raw.before AS TABLE raw.kept;
CALL analytics.refresh('full');
SELECT count(*) AS differ FROM ((TABLE raw.before EXCEPT TABLE raw.kept) UNION ALL (TABLE raw.kept EXCEPT TABLE raw.before)) d;
