-- A few random histories: what incremental refreshes keep equals a full rebuild. scripts/histories runs hundreds.
\getenv abs_srcdir PG_ABS_SRCDIR
\set fixture :abs_srcdir '/test/fixture/random.sql'
\set SHOW_CONTEXT never
\set ECHO none
\i :fixture
\set ECHO all
SET client_min_messages = error;
SELECT * FROM chaos.differences(1, dated => false);
SELECT * FROM chaos.differences(2, dated => true);
SELECT * FROM chaos.differences(17, dated => false);
SELECT * FROM chaos.differences(43, dated => true);
SELECT * FROM chaos.differences(75, dated => false);
-- They are no empty ones.
SELECT count(*) > 20 AS events, (SELECT count(*) > 3 FROM warehouse.fact_contracts) AS contracts, (SELECT count(*) > 0 FROM warehouse.rejected_rows) AS refused,
       (SELECT count(*) > 0 FROM warehouse.campaign_roi_daily WHERE spend > 0) AS days_with_spend FROM warehouse.fact_events;
SELECT chaos.forget_rules();
DROP SCHEMA chaos CASCADE;
