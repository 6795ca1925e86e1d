-- A warehouse of tenants in the current database: :facts days of campaigns of 100 businesses, :metrics days of posts of 1,000.
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install(row_security => true) \g /dev/null
INSERT INTO warehouse.settings (business_id) SELECT b FROM generate_series(1, 1000) b;
INSERT INTO warehouse.campaign_roi_daily
    SELECT 1 + n % 100, date '2023-01-01' + (n / 100 / 10)::int, 'facebook', 1 + n / 100 % 10, n % 7, n % 3, n % 500, n % 3, n % 500, n % 90, 1000 + n % 50, n % 70
    FROM generate_series(0, :facts - 1) n;
INSERT INTO warehouse.dim_platforms SELECT b, 'facebook', 'meta', true FROM generate_series(1, 1000) b;
INSERT INTO warehouse.fact_content SELECT 1 + n % 1000, 'facebook', 'p' || n, 1, 'video', timestamptz '2025-01-01 12:00Z' + n / 1000 * interval '3 days', 'Post', 'author', '#a' FROM generate_series(0, 99999) n;
INSERT INTO warehouse.fact_content_metrics
    SELECT 1 + n % 1000, 1, date '2025-01-01' + (n / 100000 + n / 1000 % 100 * 3)::int, 'facebook', 'p' || n % 100000, 1000 + n % 77, 10, 2, 1, 5, 500, n % 2000 >= 1000
    FROM generate_series(0, :metrics - 1) n ON CONFLICT DO NOTHING;
INSERT INTO warehouse.pending_day SELECT DISTINCT business_id, 'results', date FROM warehouse.campaign_roi_daily;
ANALYZE;
SELECT analytics_internal.roll_up_platforms(b), analytics_internal.roll_up_spans(b) FROM generate_series(1, 100) b \g /dev/null
DELETE FROM warehouse.pending_day;
VACUUM ANALYZE;
\echo rollup of content, all businesses anew
\timing on
SELECT analytics_internal.mark_all_content(b), analytics_internal.roll_up_content(b) FROM generate_series(1, 1000) b \g /dev/null
\timing off
ANALYZE;
CREATE ROLE bench_tenant;
SELECT analytics.grant_access('bench_tenant', businesses => '{7}') \g /dev/null
INSERT INTO warehouse.business_access SELECT 'tenant ' || b, b FROM generate_series(1, 1000) b;
VACUUM ANALYZE warehouse.business_access;
