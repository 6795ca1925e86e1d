-- A few random histories: what incremental refreshes keep equals a full rebuild. scripts/histories runs hundreds.
\i test/fixture/random.sql
SET client_min_messages = error;
CALL chaos.live(1, dated => false);
SELECT * FROM chaos.compare();
CALL chaos.live(2, dated => true);
SELECT * FROM chaos.compare();
CALL chaos.live(43, dated => true);
SELECT * FROM chaos.compare();
-- They are no empty ones.
SELECT count(*) > 20 AS events, (SELECT count(*) > 3 FROM warehouse.fact_contracts) AS contracts, (SELECT count(*) > 0 FROM warehouse.rejected_rows) AS refused,
       (SELECT count(*) > 0 FROM warehouse.campaign_roi_daily WHERE spend > 0) AS days_with_spend,
       (SELECT count(*) > 0 FROM warehouse.content_daily WHERE views > 0) AS days_with_views,
       (SELECT max(source_rows) > 1 FROM warehouse.fact_campaign_performance_daily) AS added_up FROM warehouse.fact_events;
SELECT chaos.forget_rules();
DROP SCHEMA chaos CASCADE;
