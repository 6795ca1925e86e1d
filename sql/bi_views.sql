-- What tools see that read tables alone: every column says what it is, and views show what the functions answer.
\i test/fixture/shop.sql
SET DateStyle = 'ISO, YMD';
SELECT c.relname, a.attname AS without_comment
FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE col_description(c.oid, a.attnum) IS NULL AND c.relkind IN ('r', 'p', 'v') AND NOT c.relispartition
  AND (c.relnamespace = 'warehouse'::regnamespace OR c.relnamespace = 'analytics'::regnamespace AND c.relname IN ('refresh_progress', 'v_segments', 'v_customer_value', 'v_cohorts', 'v_attribution_weekly', 'v_advice', 'v_forecast', 'v_maturity'))
ORDER BY 1, 2;
SELECT count(*) > 800 AS columns, count(DISTINCT col_description(c.oid, a.attnum)) > 300 AS meanings FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'v');
-- Each has a day and its business.
SELECT v.relname, count(*) FILTER (WHERE a.attname = 'date_day' AND a.atttypid = 'date'::regtype) AS days, count(*) FILTER (WHERE a.attname = 'business_id') AS businesses
FROM pg_class v JOIN pg_attribute a ON a.attrelid = v.oid WHERE v.relnamespace = 'analytics'::regnamespace AND v.relname LIKE 'v\_%' GROUP BY 1 ORDER BY 1;
-- The moment of a day is on that day for readers far to the west and to the east, too.
SELECT count(*) > 100 AS days, count(DISTINCT z) AS zones, count(*) FILTER (WHERE (v."time" AT TIME ZONE z)::date <> v.date_day) AS on_another_day
FROM warehouse.v_kpi_daily v, unnest('{Europe/Kyiv,UTC,America/Los_Angeles,America/Sao_Paulo,Asia/Kolkata,Asia/Tokyo,Pacific/Auckland}'::text[]) z;
-- Against the functions, and against the tables.
SELECT 'segments' AS view, count(*) AS compared, count(*) FILTER (WHERE (v.segment, v.r, v.f, v.m, v.recency_days, v.frequency, v.monetary, v.last_purchase, v.date_day) IS DISTINCT FROM (f.segment, f.r, f.f, f.m, f.recency_days, f.frequency, f.monetary, f.last_date, (SELECT max(day) FROM warehouse.purchase))) AS wrong
FROM analytics.v_segments v FULL JOIN analytics.customer_rfm() f USING (client_key)
UNION ALL SELECT 'value', count(*), count(*) FILTER (WHERE (v.client_key, v.clv, v.clv_low, v.clv_high) IS DISTINCT FROM (d.client_key, f.clv, f.clv_low, f.clv_high))
FROM analytics.v_customer_value v FULL JOIN analytics.customer_value() f USING (client_id) LEFT JOIN warehouse.dim_clients d USING (client_id)
UNION ALL SELECT 'cohorts', count(*), count(*) FILTER (WHERE (v.size, v.customers, v.revenue) IS DISTINCT FROM (f.size, f.customers, f.revenue))
FROM analytics.v_cohorts v FULL JOIN analytics.cohorts('month') f ON f.cohort = v.date_day AND f.k = v.months_later
UNION ALL SELECT 'attribution', count(*), count(*) FILTER (WHERE (abs(v.conversions - f.conversions) < 1e-6 AND abs(v.revenue - f.revenue) < 0.01) IS NOT TRUE)
FROM (SELECT model, platform, sum(conversions::numeric) AS conversions, sum(revenue) AS revenue FROM analytics.v_attribution_weekly WHERE platform <> '(unattributed)' GROUP BY 1, 2) v
FULL JOIN (SELECT model, key AS platform, sum(conversions::numeric) AS conversions, sum(revenue) AS revenue FROM analytics.attribution('2025-02-03', '2025-07-31', '{first,last,linear,time_decay,u_shaped,last_paid}', 'platform') WHERE key <> '(unattributed)' GROUP BY 1, 2) f USING (model, platform)
WHERE COALESCE(v.conversions, 0) <> 0 OR COALESCE(f.conversions, 0) <> 0
UNION ALL SELECT 'advice', count(*), count(*) FILTER (WHERE (v.action, v.spend, v.reason) IS DISTINCT FROM (f.action, f.spend_cur, f.reason))
FROM analytics.v_advice v FULL JOIN analytics.reco_budget('2025-05-04', '2025-05-31', 100) f USING (campaign_id)
UNION ALL SELECT 'forecast', count(*), count(*) FILTER (WHERE (v.forecast, v.low, v.high) IS DISTINCT FROM (f.forecast, f.low, f.high))
FROM (SELECT * FROM analytics.v_forecast WHERE metric = 'spend') v FULL JOIN analytics.forecast_metric('spend', 28, 'platform') f ON f.dt = v.date_day AND f.platform = v.platform
UNION ALL SELECT 'maturity', count(*), count(*) FILTER (WHERE (v.leads, v.contracts, v.contracts_expected) IS DISTINCT FROM (f.leads, f.n_contracts, f.contracts_expected))
FROM (SELECT * FROM analytics.v_maturity WHERE date_day = '2025-02-24') v FULL JOIN analytics.maturity('2025-02-24', '2025-03-02', level => 'platform') f USING (platform);

CREATE TEMP TABLE owners_page AS SELECT kind, analytics.report(kind, '2025-05-01', '2025-05-31') AS page FROM unnest('{overview,attribution,customers,content}'::text[]) kind;
-- An analyst reads figures, customers by key, and nothing that says who somebody is.
CREATE ROLE regress_analyst;
GRANT SELECT ON owners_page TO regress_analyst;
SELECT analytics.grant_access('regress_analyst', 'analyst');
SELECT analytics.grant_access('regress_analyst', 'spy');
SET ROLE regress_analyst;
SELECT client_id FROM warehouse.dim_clients;
SELECT name FROM warehouse.dim_clients;
SELECT mobile FROM warehouse.dim_clients;
SELECT email FROM warehouse.dim_clients;
SELECT d FROM warehouse.dim_clients d;
SELECT click_id FROM warehouse.fact_events;
SELECT own_client_id FROM warehouse.fact_contracts;
SELECT reason FROM warehouse.rejected_rows;
SELECT count(*) FROM warehouse.quality_result;
SELECT count(*) FROM warehouse.dim_identities;
SELECT count(*) FROM analytics.customer_rfm();
SELECT count(*) FROM analytics.contracts_enriched('2025-01-01', '2025-12-31');
SELECT count(*) FROM raw.events;
SELECT message FROM warehouse.refresh_run;
SELECT html FROM warehouse.report;
SELECT count(*) FROM analytics.customer_kpi('2025-01-01', '2025-12-31', customer_mobile => '+380%');
INSERT INTO warehouse.settings (business_id) VALUES (2);
-- What is left adds up to what the owner sees.
SELECT count(client_key) > 50 AS clients FROM warehouse.dim_clients;
SELECT count(*) = sum((client_key > 0)::int) AND count(*) > 200 AS touches FROM warehouse.fact_events;
SELECT leads > 0 AS leads, n_contracts > 0 AS contracts, spend > 0 AS spend FROM analytics.kpi('2025-01-01', '2025-12-31');
SELECT count(*) > 3 AS campaigns FROM analytics.campaigns('2025-01-01', '2025-12-31');
SELECT sum(conversions) AS contracts FROM analytics.attribution('2025-01-01', '2025-12-31', '{linear}');
SELECT count(*) > 0 AS steps FROM analytics.journey_steps('2025-01-01', '2025-12-31');
SELECT count(*) > 0 AS advice FROM analytics.v_advice;
SELECT count(*) > 0 AS segments FROM analytics.v_segments;
SELECT count(*) > 0 AS cohorts FROM analytics.v_cohorts;
SELECT count(*) > 0 AS attribution FROM analytics.v_attribution_weekly;
SELECT count(*) > 0 AS forecast FROM analytics.v_forecast;
SELECT count(*) > 0 AS maturity FROM analytics.v_maturity;
SELECT count(*) > 0 AS summary FROM analytics.rfm_summary();
SELECT sum(customers) > 0 AS heatmap FROM analytics.rfm_heatmap();
SELECT count(*) FROM analytics.anomalies('2025-05-01', '2025-05-31');
SELECT kind, analytics.report(kind, '2025-05-01', '2025-05-31') = page AS same FROM owners_page;
SELECT total_events > 0 AS events, rejected_rows FROM analytics.summary();
SELECT status FROM warehouse.refresh_state;
SELECT count(*) FROM analytics.refresh_progress;
SELECT kind, date_from, date_to FROM warehouse.report;
RESET ROLE;
-- No column that holds what a client is called is left to an analyst, whatever the table.
SELECT c.relname, a.attname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = 'warehouse'::regnamespace AND a.attname IN ('client_id', 'own_client_id', 'mobile', 'email', 'source_row', 'row_key', 'sample', 'click_id', 'same_as', 'canonical_id', 'html')
  AND c.relname NOT IN ('channel_rule', 'click_id') AND has_column_privilege('regress_analyst', c.oid, a.attnum, 'SELECT');
-- A reader who becomes an analyst reads less, an analyst who becomes a reader more; an upgrade leaves each as he is.
SELECT has_column_privilege('regress_analyst', 'warehouse.dim_clients', 'mobile', 'SELECT') AS before, analytics.grant_access('regress_analyst', 'reader');
SELECT has_column_privilege('regress_analyst', 'warehouse.dim_clients', 'mobile', 'SELECT') AS as_reader, analytics.grant_access('regress_analyst', 'analyst');
SELECT has_column_privilege('regress_analyst', 'warehouse.dim_clients', 'mobile', 'SELECT') AS as_analyst;
SELECT analytics_internal.grant_new_tables();
SELECT has_column_privilege('regress_analyst', 'warehouse.dim_clients', 'mobile', 'SELECT') AS after_upgrade, has_table_privilege('regress_analyst', 'warehouse.platform_daily', 'SELECT') AS figures;
-- Nor does what he has from another role make him a reader, or a reader an analyst.
CREATE ROLE regress_reader;
SELECT analytics.grant_access('regress_reader');
GRANT regress_reader TO regress_analyst;
SELECT analytics_internal.grant_new_tables();
REVOKE regress_reader FROM regress_analyst;
SELECT has_column_privilege('regress_analyst', 'warehouse.dim_clients', 'mobile', 'SELECT') AS analyst, has_table_privilege('regress_reader', 'warehouse.dim_clients', 'SELECT') AS reader;
DROP OWNED BY regress_reader;
DROP ROLE regress_reader;
-- A writer who becomes an analyst writes no more, and is none again after an upgrade.
SELECT analytics.grant_access('regress_analyst', 'writer');
SELECT analytics.grant_access('regress_analyst', 'analyst');
SELECT analytics_internal.grant_new_tables();
SELECT count(*) FILTER (WHERE has_any_column_privilege('regress_analyst', c.oid, 'INSERT, UPDATE') OR has_table_privilege('regress_analyst', c.oid, 'DELETE, TRUNCATE')) AS written,
       has_column_privilege('regress_analyst', 'warehouse.dim_clients', 'mobile', 'SELECT') AS reads_numbers
FROM pg_class c WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'v');
SET client_min_messages = warning;
DROP SCHEMA warehouse CASCADE;
DROP OWNED BY regress_analyst;
DROP ROLE regress_analyst;
