-- The demo data: every figure that is promised, over the warehouse, and over the raw tables where that is simple.
\i test/fixture/reset.sql
RESET client_min_messages;
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

-- What is missing or in the way is said, and nothing is left behind.
\set VERBOSITY default
SELECT analytics.load_demo();
SELECT analytics.drop_demo();
SELECT analytics.install();
SELECT analytics.load_demo(0);
SELECT analytics.load_demo(NULL);
SELECT analytics.drop_demo();
CREATE SCHEMA demo;
SELECT analytics.load_demo();
SELECT analytics.drop_demo();
DROP SCHEMA demo;
CREATE TABLE own_clients (client_id text);
SELECT analytics.register_source('clients', 'own_clients') IS NOT NULL AS registered;
SELECT analytics.load_demo();
SELECT count(*) AS demo_schemas FROM pg_namespace WHERE nspname = 'demo';
DROP TABLE own_clients;
DELETE FROM warehouse.source;
\set VERBOSITY terse

-- It says one line, and no more.
SELECT revenue_basis, currency FROM analytics.configure(revenue_basis => 'contract_date');
SELECT analytics.load_demo();
SELECT analytics.load_demo();

SELECT reporting_timezone, currency, revenue_basis FROM analytics.settings();
SELECT entity, relation, rows_read, loaded, deduplicated, rejected, last_run_status FROM analytics.refresh_status()
WHERE entity IN ('clients', 'campaigns', 'ad_performance', 'events', 'contracts') ORDER BY source_id;
SELECT check_name, subject, message FROM warehouse.quality_result WHERE status <> 'pass' ORDER BY check_name, subject;

-- The figures of the whole.
SELECT count(*) AS total_events, count(DISTINCT client_key) AS unique_clients, count(*) FILTER (WHERE touch_role = 'first') AS first_touch_events,
       count(*) FILTER (WHERE touch_role <> 'first') AS mid_and_last_touch_events, count(*) FILTER (WHERE touch_role = 'mid') AS mid,
       count(*) FILTER (WHERE touch_role = 'last') AS last, count(*) FILTER (WHERE touch_role = 'last' AND NOT is_contract) AS last_without_contract,
       count(DISTINCT platform) AS unique_platforms, round(count(*)::numeric / count(*) FILTER (WHERE touch_role = 'first'), 2) AS data_multiplier
FROM warehouse.fact_events;
SELECT count(*) AS contracts, count(DISTINCT client_key) AS clients, count(DISTINCT event_id) AS events, sum(amount)::numeric(18,2) AS revenue FROM warehouse.fact_contracts;
SELECT (SELECT count(*) FROM warehouse.dim_clients) AS clients, (SELECT count(*) FROM demo.products) AS products, (SELECT count(*) FROM demo.branches) AS branches;

-- Platforms of the touches.
CREATE TEMP VIEW platforms_touches AS
SELECT e.platform, count(*) AS events, count(DISTINCT e.client_key) AS clients, count(k.contract_id) AS contracts, COALESCE(sum(k.amount), 0)::numeric(18,2) AS revenue
FROM warehouse.fact_events e LEFT JOIN warehouse.fact_contracts k ON k.business_id = e.business_id AND k.client_key = e.client_key AND k.event_id = e.event_id
GROUP BY e.platform;
SELECT * FROM platforms_touches ORDER BY events DESC, platform COLLATE "C";
SELECT platform, channel, is_paid, channel_rule, count(campaign_key) AS with_campaign FROM warehouse.fact_events GROUP BY 1, 2, 3, 4 ORDER BY platform COLLATE "C";

-- Platforms that contracts are attributed to.
SELECT attributed_platform, attribution_rule, count(*) AS contracts, sum(amount)::numeric(18,2) AS revenue, count(attributed_campaign_key) AS with_campaign
FROM warehouse.fact_contracts GROUP BY 1, 2 ORDER BY contracts DESC;

-- Leads: by the last paid touch, and what the first touch would have said.
SELECT platform, attribution_rule, count(*) AS leads, count(campaign_key) AS with_campaign FROM warehouse.fact_leads GROUP BY 1, 2 ORDER BY leads DESC;
SELECT e.platform AS first_touch, count(*) AS leads FROM warehouse.fact_leads l JOIN warehouse.fact_events e USING (business_id, client_key)
WHERE e.touch_number = 1 GROUP BY 1 ORDER BY leads DESC;

-- The same from the raw tables alone, by rules written out again.
CREATE TEMP TABLE raw_touch AS
SELECT e.*, row_number() OVER (PARTITION BY client_id ORDER BY created_at, id::text COLLATE "C") AS n,
       CASE WHEN landing_url LIKE '%utm_source=google%' THEN 'google' WHEN utm_medium = 'email' THEN 'email' WHEN utm_source IN ('facebook', 'viber', 'telegram') THEN utm_source
            WHEN utm_medium LIKE 'paid%' THEN utm_medium WHEN source_type LIKE '%event%' THEN 'event' ELSE 'unknown' END AS platform
FROM demo.crm_events e;
SELECT count(*) AS differ FROM (
    SELECT platform, count(*) AS events, count(DISTINCT t.client_id) AS clients, count(k.number) AS contracts, COALESCE(sum(k.amount), 0)::numeric AS revenue
    FROM raw_touch t LEFT JOIN demo.crm_contracts k ON k.event_id = t.id GROUP BY platform) r
FULL JOIN platforms_touches w USING (platform, events, clients, contracts, revenue) WHERE r.platform IS NULL OR w.platform IS NULL;
SELECT count(*) FILTER (WHERE t.n = 1) AS signed_at_first_touch, count(*) FILTER (WHERE t.client_id <> k.client_id) AS of_another_client,
       count(*) FILTER (WHERE t.created_at <> k.signed_at) AS at_another_time
FROM demo.crm_contracts k JOIN raw_touch t ON t.id = k.event_id;
SELECT a.platform AS attributed_platform, count(*) AS contracts, sum(k.amount) AS revenue
FROM demo.crm_contracts k, LATERAL (
    SELECT t.platform FROM raw_touch t
    WHERE t.client_id = k.client_id AND t.created_at <= k.signed_at AND (t.n = 1 OR t.platform IN ('facebook', 'google'))
    ORDER BY t.platform IN ('facebook', 'google') DESC, t.created_at DESC LIMIT 1) a
GROUP BY 1 ORDER BY contracts DESC;
SELECT (SELECT sum(spend) FROM demo.meta_ads_insights) + (SELECT sum("metrics.cost_micros") / 1000000.0 FROM demo.google_campaign)
       = (SELECT sum(spend) FROM warehouse.campaign_roi_daily) AS spend_equal;
SELECT count(*) AS paid_touches_on_days_without_spend FROM warehouse.fact_events e
WHERE e.campaign_key IS NOT NULL AND NOT EXISTS (SELECT FROM warehouse.campaign_roi_daily r
    WHERE r.business_id = e.business_id AND r.campaign_key = e.campaign_key AND r.date = e.event_date AND r.spend > 0);

-- What is hidden: a lead drop, a cost spike, a pause, one dear day.
SELECT c.platform, c.campaign_name, c.status, sum(r.leads) FILTER (WHERE r.date BETWEEN '2025-09-20' AND '2025-10-19') AS leads_before,
       sum(r.leads) FILTER (WHERE r.date >= '2025-10-20') AS leads, round(sum(r.spend) FILTER (WHERE r.date BETWEEN '2025-09-20' AND '2025-10-19') / 30) AS daily_before,
       round(sum(r.spend) FILTER (WHERE r.date >= '2025-10-20') / 12) AS daily, sum(r.leads) AS all_leads, round(sum(r.spend) / sum(r.leads)) AS cpl
FROM warehouse.campaign_roi_daily r JOIN warehouse.dim_campaigns c USING (business_id, campaign_key)
GROUP BY c.platform, c.campaign_id, c.campaign_name, c.status ORDER BY c.platform, c.campaign_id;
SELECT r.date, r.spend::numeric(18,2) FROM warehouse.campaign_roi_daily r JOIN warehouse.dim_campaigns c USING (business_id, campaign_key)
WHERE c.campaign_name = 'Open day | Stories' AND r.date BETWEEN '2025-10-13' AND '2025-10-15' ORDER BY r.date;

-- Through the readers.
SELECT * FROM analytics.kpi('2025-08-15', '2025-10-31');
SELECT * FROM analytics.share_platforms('2025-08-15', '2025-10-31');
SELECT platform, campaign_name, leads, n_contracts, revenue, spend, cpl, campaign_id FROM analytics.campaigns('2025-08-15', '2025-10-31', '{meta,google}');

-- The same on every machine and every time.
CREATE FUNCTION pg_temp.fingerprint() RETURNS TABLE (what text, md5 text) LANGUAGE sql AS $$
SELECT 'demo.crm_clients' AS what, md5(string_agg(t::text, E'\n' ORDER BY id)) AS md5 FROM demo.crm_clients t
UNION ALL SELECT 'demo.crm_events', md5(string_agg(t::text, E'\n' ORDER BY id)) FROM demo.crm_events t
UNION ALL SELECT 'demo.crm_contracts', md5(string_agg(t::text, E'\n' ORDER BY number COLLATE "C")) FROM demo.crm_contracts t
UNION ALL SELECT 'demo.transactions', md5(string_agg(t::text, E'\n' ORDER BY transaction_id)) FROM demo.transactions t
UNION ALL SELECT 'demo.meta_ads_insights', md5(string_agg(t::text, E'\n' ORDER BY date_start, ad_id COLLATE "C")) FROM demo.meta_ads_insights t
UNION ALL SELECT 'demo.google_campaign', md5(string_agg(t::text, E'\n' ORDER BY "segments.date", "campaign.id")) FROM demo.google_campaign t
UNION ALL SELECT 'demo.content_posts', md5(string_agg(t::text, E'\n' ORDER BY content_id COLLATE "C")) FROM demo.content_posts t
UNION ALL SELECT 'demo.content_daily', md5(string_agg(t::text, E'\n' ORDER BY content_id COLLATE "C", date)) FROM demo.content_daily t
UNION ALL SELECT 'demo.products', md5(string_agg(t::text, E'\n' ORDER BY product_id COLLATE "C")) FROM demo.products t
UNION ALL SELECT 'demo.branches', md5(string_agg(t::text, E'\n' ORDER BY branch_id COLLATE "C")) FROM demo.branches t
UNION ALL SELECT 'warehouse.fact_events', md5(string_agg((event_id, occurred_at, platform, channel, touch_number, touch_role, is_contract)::text, E'\n'
              ORDER BY event_id COLLATE "C")) FROM warehouse.fact_events
UNION ALL SELECT 'warehouse.fact_contracts', md5(string_agg((contract_id, signed_at, amount, attributed_platform, last_paid_event_id, touches, days_to_convert)::text, E'\n'
              ORDER BY contract_id COLLATE "C")) FROM warehouse.fact_contracts
UNION ALL SELECT 'warehouse.fact_leads', md5(string_agg((lead_id, created_date, platform, ad_id, n_contracts, contract_amount)::text, E'\n'
              ORDER BY lead_id COLLATE "C")) FROM warehouse.fact_leads
$$;
CREATE TEMP TABLE first_time AS SELECT * FROM pg_temp.fingerprint();
SELECT * FROM first_time ORDER BY what COLLATE "C";

-- Dropped, nothing is left, and the settings are those of before.
CREATE VIEW demo.of_somebody AS SELECT 1;
SELECT analytics.drop_demo();
DROP VIEW demo.of_somebody;
SELECT analytics.drop_demo();
SELECT (SELECT count(*) FROM warehouse.fact_events) + (SELECT count(*) FROM warehouse.fact_contracts) + (SELECT count(*) FROM warehouse.fact_leads)
     + (SELECT count(*) FROM warehouse.dim_clients) + (SELECT count(*) FROM warehouse.dim_campaigns) + (SELECT count(*) FROM warehouse.fact_campaign_performance_daily)
     + (SELECT count(*) FROM warehouse.campaign_roi_daily) + (SELECT count(*) FROM warehouse.lead_daily) + (SELECT count(*) FROM warehouse.source_watermark)
     + (SELECT count(*) FROM warehouse.pending_client) + (SELECT count(*) FROM warehouse.pending_day) + (SELECT count(*) FROM analytics.source) AS left_over,
       to_regnamespace('demo') AS schema;
SELECT reporting_timezone, currency, revenue_basis FROM analytics.settings();
SELECT analytics.drop_demo();

-- Again, also where the statistics say that the warehouse is empty: that must not make the joins of the refresh quadratic.
ANALYZE;
SET statement_timeout = '2min';
SELECT analytics.load_demo();
RESET statement_timeout;
SELECT count(*) AS differ FROM first_time f FULL JOIN pg_temp.fingerprint() g USING (what, md5) WHERE f.what IS NULL OR g.what IS NULL;

-- In a transaction that fails, nothing stays; one that loads, drops and loads is no different.
SELECT analytics.drop_demo();
BEGIN;
SELECT analytics.load_demo();
ROLLBACK;
SELECT to_regnamespace('demo') AS schema, (SELECT count(*) FROM analytics.source) AS sources, (SELECT count(*) FROM warehouse.fact_events) AS events;
BEGIN;
SELECT analytics.load_demo();
SELECT analytics.drop_demo();
SELECT analytics.load_demo(2);
COMMIT;
-- Twice the clients make twice of everything that is counted, and of the money.
SELECT count(*) AS events, count(DISTINCT client_key) AS clients, count(*) FILTER (WHERE touch_role = 'last') AS last FROM warehouse.fact_events;
SELECT leads, n_contracts, revenue, spend, cpl, roas FROM analytics.kpi('2025-08-15', '2025-10-31');
SELECT attributed_platform, count(*) AS contracts FROM warehouse.fact_contracts GROUP BY 1 ORDER BY 2 DESC;

-- A change in the raw tables comes in by the next refresh, as anywhere.
UPDATE demo.crm_contracts SET amount = amount + 1000 WHERE number = 'C000001';
SET client_min_messages = warning;
CALL analytics.refresh();
RESET client_min_messages;
SELECT revenue FROM analytics.kpi('2025-08-15', '2025-10-31');
SELECT analytics.drop_demo();

-- Another last day: the same leads and contracts on days that are moved, and no day after it; the last 30 days have figures.
SET client_min_messages = warning;
SELECT analytics.load_demo();
-- Customers come back the less the longer ago they first came, as real ones do.
SELECT bool_and(a.retention < a.before) FILTER (WHERE a.k BETWEEN 2 AND 4) AS falls, avg(a.retention) FILTER (WHERE a.k <= 4) > avg(a.retention) FILTER (WHERE a.k > 4) + 5 AS lasts
FROM (SELECT k, 100.0 * sum(customers) / sum(size) AS retention, lag(100.0 * sum(customers) / sum(size)) OVER (ORDER BY k) AS before FROM analytics.cohorts('quarter') WHERE k BETWEEN 1 AND 8 GROUP BY k) a;
CREATE TEMP TABLE usual AS SELECT k.period_start, k.leads, k.n_contracts, k.revenue FROM analytics.kpi_timeseries('2025-08-15', '2025-10-31') k;
SELECT analytics.drop_demo();
SELECT analytics.load_demo(ends => current_date);
SELECT current_date - 77 = min(first_day) FILTER (WHERE kind = 'leads') AS first_day, max(last_day) = current_date AS last_day FROM analytics.date_bounds();
SELECT count(*) AS days, count(*) FILTER (WHERE (k.leads, k.n_contracts, k.revenue) IS DISTINCT FROM (u.leads, u.n_contracts, u.revenue)) AS wrong
FROM usual u FULL JOIN analytics.kpi_timeseries(current_date - 77, current_date) k ON k.period_start = u.period_start + (current_date - date '2025-10-31');
SELECT k.leads > 2000 AS leads, k.spend > 200000 AS spend FROM analytics.period('last_30_days') p, analytics.kpi(p.date_from, p.date_to) k;
SELECT analytics.drop_demo();
SELECT analytics.load_demo(ends => NULL);
SELECT analytics.load_demo(ends => 'infinity');
