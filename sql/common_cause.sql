-- What all campaigns, or those of a platform, have in common is one alert; the others are of campaigns that go a way of their own.
\i test/fixture/reset.sql
\set VERBOSITY terse
SELECT analytics.install();
INSERT INTO warehouse.settings (business_id, currency) SELECT b, 'EUR' FROM generate_series(1, 4) b ON CONFLICT (business_id) DO UPDATE SET currency = EXCLUDED.currency;
INSERT INTO warehouse.dim_platforms SELECT b, p, p, true FROM generate_series(1, 4) b, unnest('{facebook,google}'::text[]) p ON CONFLICT DO NOTHING;
INSERT INTO warehouse.dim_campaigns (business_id, platform, campaign_id, campaign_name, status, origin)
SELECT b, CASE WHEN c <= 8 THEN 'google' ELSE 'facebook' END, 'c' || c, 'Campaign ' || lpad(c::text, 2, '0'), 'ENABLED', 'campaigns' FROM generate_series(1, 4) b, generate_series(1, 16) c;
-- Leads of the last week: business 1 as before; 2 half in all; 3 a third on Google; 4 half in all, of campaign 05 nearly none.
INSERT INTO warehouse.campaign_roi_daily (business_id, date, platform, campaign_key, leads, contracts, contracts_signed, revenue, revenue_signed, spend, impressions, clicks)
SELECT c.business_id, date '2025-03-01' + d, c.platform, c.campaign_key,
       round((8 + n.n % 5 + (d * 7919 + n.n * 104729 + c.business_id * 31) % 7 - 3)
             * CASE WHEN d < 30 THEN 1 WHEN c.business_id = 2 OR c.business_id = 4 THEN 0.5 WHEN c.business_id = 3 AND c.platform = 'google' THEN 0.35 ELSE 1 END
             * CASE WHEN d >= 30 AND c.business_id = 4 AND n.n = 5 THEN 0.2 ELSE 1 END)::int, 0, 0, 0, 0, 100 + (d * 13 + n.n * 7) % 11, 1000, 30
FROM warehouse.dim_campaigns c, LATERAL (SELECT substr(c.campaign_id, 2)::int AS n) n, generate_series(0, 36) d;

SELECT business, anomaly_type, severity, platform, campaign_name, campaign_id, leads, round(ratio::numeric, 2) AS ratio, reason
FROM analytics.anomalies('2025-03-31', '2025-04-06') ORDER BY business, platform NULLS FIRST, campaign_name;
SELECT business, verdict, count(DISTINCT campaign_id) AS campaigns, min(reason) FILTER (WHERE verdict = 'explained') AS reason
FROM analytics.anomalies('2025-03-31', '2025-04-06', verdicts => '{anomaly,explained,normal}', row_limit => 1000)
WHERE anomaly_type <> 'spike_spend' AND campaign_id IS NOT NULL GROUP BY 1, 2 ORDER BY 1, 2;
-- Where days share nothing, what is common only ever explains: no campaign is called that would not be called alone, and none is likelier by it.
SELECT count(*) AS tests, count(*) FILTER (WHERE w.p_value < w.alone_p_value) AS likelier, bool_or(w.common <> 1) AS any_common
FROM (SELECT array_agg(business_id ORDER BY campaign_key) AS businesses, array_agg(campaign_key ORDER BY campaign_key) AS units, array_agg(-business_id ORDER BY campaign_key) AS totals,
             array_agg(-10 * business_id - (platform = 'google')::int ORDER BY campaign_key) AS groups FROM warehouse.dim_campaigns) u,
    (SELECT analytics_internal.daily_rows(business_id, campaign_key, date, leads, spend) AS days FROM warehouse.campaign_roi_daily) d,
    LATERAL analytics_internal.alert_windows(d.days, u.businesses, u.units, '2025-03-31', '2025-04-06', 30, 0.2, 3, false, u.totals, u.groups) w WHERE w.series_id > 0;
-- What is explained has something in common with the others: nothing is explained by what did not move.
SELECT count(*) > 50 AS explained, count(*) FILTER (WHERE reason ~ ' 1 times ' OR anomaly_type = 'spike_spend') AS by_nothing
FROM analytics.anomalies('2025-03-31', '2025-04-06', q => 0.3, verdicts => '{explained}', row_limit => 1000) WHERE reason LIKE 'Explained by%';
-- Two platforms are too few to have something in common: each is an alert.
SELECT business, verdict, platform, campaign_name, anomaly_type FROM analytics.anomalies('2025-03-31', '2025-04-06', dimension => 'platform') ORDER BY 1, 3 NULLS FIRST, 5;
-- The history tells what is common once, under the dimension that watches it.
SELECT (analytics.configure_alerts(dimensions => '{campaign,platform,total}', lag_days => 0, business_id => 2)).dimensions;
SELECT inserted FROM analytics_internal.record_anomalies(2);
SELECT dimension, anomaly_type, platform, unit_name FROM warehouse.anomaly_history ORDER BY 1, 2, 3;
SELECT analytics_internal.alert_windows(analytics_internal.daily_rows(1, 1, '2025-01-01', 1, 1), '{1}', '{1}', '2025-01-31', '2025-02-06', 30, 0.2, 3, false, '{-1}', '{}');
-- Days that go up and down for all are no noise of one: beside the others campaign 05 stands out, by its own days alone it would not.
INSERT INTO warehouse.settings (business_id, currency) VALUES (5, 'EUR');
INSERT INTO warehouse.dim_platforms VALUES (5, 'google', 'google', true);
INSERT INTO warehouse.dim_campaigns (business_id, platform, campaign_id, campaign_name, status, origin)
SELECT 5, 'google', 'c' || c, 'Campaign ' || lpad(c::text, 2, '0'), 'ENABLED', 'campaigns' FROM generate_series(1, 16) c;
INSERT INTO warehouse.campaign_roi_daily (business_id, date, platform, campaign_key, leads, contracts, contracts_signed, revenue, revenue_signed, spend, impressions, clicks)
SELECT 5, date '2025-03-01' + d, c.platform, c.campaign_key,
       round((8 + n.n % 5 + (d * 7919 + n.n * 104729) % 7 - 3) * (1 + 0.7 * cos(d / 3.0)) * CASE WHEN d >= 30 AND n.n = 5 THEN 0.4 ELSE 1 END)::int,
       0, 0, 0, 0, 100 + (d * 13 + n.n * 7) % 11, 1000, 30
FROM warehouse.dim_campaigns c, LATERAL (SELECT substr(c.campaign_id, 2)::int AS n) n, generate_series(0, 36) d WHERE c.business_id = 5;
SELECT anomaly_type, platform, campaign_name, leads, round(ratio::numeric, 2) AS ratio, reason
FROM analytics.anomalies('2025-03-31', '2025-04-06', business_id => 5);
SELECT w.test, round(max(w.alone_p_value)::numeric, 3) AS alone_p_value, round(max(w.p_value)::numeric, 5) AS p_value
FROM (SELECT array_agg(business_id ORDER BY campaign_key) AS businesses, array_agg(campaign_key ORDER BY campaign_key) AS units FROM warehouse.dim_campaigns WHERE business_id = 5) u,
    (SELECT analytics_internal.daily_rows(business_id, campaign_key, date, leads, spend) AS days FROM warehouse.campaign_roi_daily WHERE business_id = 5) d,
    LATERAL analytics_internal.alert_windows(d.days, u.businesses, u.units, '2025-03-31', '2025-04-06', 30, 0.2, 3, false,
        array_fill(-1::bigint, '{16}'), array_fill(-2::bigint, '{16}')) w
WHERE w.series_id = 5 AND w.test <> 'spend' GROUP BY w.test ORDER BY w.test;
