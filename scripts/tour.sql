-- A tour of the answers, over the data of analytics.load_demo(). Shown by scripts/demo.
\pset footer off
\pset border 1
\pset null '-'
\set from '''2025-08-15'''
\set to '''2025-10-31'''

\echo 'WHAT THE WAREHOUSE HOLDS'
\echo '  SELECT * FROM analytics.summary()'
SELECT total_events, unique_clients, first_touch_events, mid_and_last_touch_events, contracts, round(total_revenue) AS total_revenue, unique_platforms, data_multiplier
FROM analytics.summary();

\echo 'KEY FIGURES, October 2025, and the change since September'
\echo '  SELECT * FROM analytics.kpi(''2025-10-01'', ''2025-10-31'')'
\echo '  SELECT * FROM analytics.kpi_timeseries(''2025-10-01'', ''2025-10-31'', ''month'', compare => ''previous_period'')'
SELECT leads, n_contracts, round(revenue) AS revenue, round(spend) AS spend, round(cpl, 2) AS cpl, round(roas, 2) AS roas, currency FROM analytics.kpi('2025-10-01', '2025-10-31');
SELECT to_char(leads_change_pct, 'FMSG990.0%') AS leads, to_char(n_contracts_change_pct, 'FMSG990.0%') AS contracts, to_char(revenue_change_pct, 'FMSG990.0%') AS revenue,
       to_char(spend_change_pct, 'FMSG990.0%') AS spend, to_char(cpl_change_pct, 'FMSG990.0%') AS cpl
FROM analytics.kpi_timeseries('2025-10-01', '2025-10-31', 'month', compare => 'previous_period');

\echo 'LEADS BY WEEK'
\echo '  SELECT period_start, leads FROM analytics.kpi_timeseries(''2025-08-15'', ''2025-10-31'', ''week'')'
SELECT period_start AS week_of, leads, repeat('#', (leads / 15)::int) AS chart FROM analytics.kpi_timeseries(:from, :to, 'week');

\echo 'PLATFORMS: where clients were met, and who earned the contracts'
\echo '  analytics.platforms_touches(), analytics.platforms_contracts(), analytics.share_platforms(''2025-08-15'', ''2025-10-31'')'
SELECT t.platform, t.events AS touches, t.clients, s.leads, s.share_pct AS leads_pct, t.contracts AS signed_there, COALESCE(c.contracts, 0) AS earned, round(c.revenue) AS revenue_earned
FROM analytics.platforms_touches(:from, :to) t
LEFT JOIN analytics.platforms_contracts(:from, :to) c USING (platform)
LEFT JOIN analytics.share_platforms(:from, :to) s USING (platform)
ORDER BY t.events DESC, t.platform;

\echo 'CAMPAIGNS, by spend, and what their leads are worth'
\echo '  SELECT * FROM analytics.campaigns(''2025-08-15'', ''2025-10-31'', row_limit => 8); analytics.campaign_performance(''2025-08-15'', ''2025-10-31'')'
SELECT c.platform, c.campaign_name, c.leads, c.n_contracts, round(c.spend) AS spend, round(c.cpl) AS cpl, round(c.roas, 2) AS roas, p.performance_category,
       round(p.p_above_average::numeric, 2) AS p_above_average
FROM analytics.campaigns(:from, :to, row_limit => 8) c LEFT JOIN analytics.campaign_performance(:from, :to) p USING (platform, campaign_id)
ORDER BY c.spend DESC;

\echo 'WHO EARNED THE CONTRACTS: the same contracts by three models of attribution'
\echo '  from analytics.attribution(''2025-08-15'', ''2025-10-31'', ''{last_paid,first,linear}'')'
SELECT key AS platform,
       round(sum(conversions) FILTER (WHERE model = 'last_paid')::numeric, 2) AS last_paid,
       round(sum(conversions) FILTER (WHERE model = 'first')::numeric, 2) AS first_touch,
       round(sum(conversions) FILTER (WHERE model = 'linear')::numeric, 2) AS linear,
       round(sum(cpa) FILTER (WHERE model = 'last_paid'), 0) AS cpa_last_paid,
       round(sum(cpa) FILTER (WHERE model = 'linear'), 0) AS cpa_linear
FROM analytics.attribution(:from, :to, '{last_paid,first,linear}')
GROUP BY key ORDER BY 2 DESC NULLS LAST, key;

\echo 'WHAT CHANGED: twelve days from 20 October beside the twelve before; p_value tells change from chance'
\echo '  SELECT * FROM analytics.campaigns_wow(''2025-10-20'', ''2025-10-31'', ''{meta,google}'')'
SELECT campaign_name, leads_cur, leads_prev, round(spend_cur) AS spend_cur, round(spend_prev) AS spend_prev, round(cpl_cur) AS cpl_cur, round(cpl_prev) AS cpl_prev,
       round(p_value::numeric, 3) AS p_value
FROM analytics.campaigns_wow('2025-10-20', '2025-10-31', '{meta,google}', row_limit => 5);

\echo 'WHAT IS WRONG: beyond chance, beside the thirty days before'
\echo '  SELECT * FROM analytics.anomalies(''2025-10-20'', ''2025-10-31'')'
SELECT anomaly_type, severity, campaign_name, leads, round(spend) AS spend, round(current_cpl) AS cpl, round(baseline_cpl) AS cpl_before, round(p_adjusted::numeric, 4) AS p_adjusted
FROM analytics.anomalies('2025-10-20', '2025-10-31');

\echo 'WHAT TO DO WITH THE BUDGET'
\echo '  SELECT * FROM analytics.reco_budget(''2025-10-04'', ''2025-10-31'')'
SELECT action, campaign_name, leads_cur AS leads, round(spend_cur) AS spend, round(cpl_cur) AS cpl, change_pct, round(recommended_spend) AS recommended, round(p_better::numeric, 2) AS p_better, reason
FROM analytics.reco_budget('2025-10-04', '2025-10-31');

\echo 'HOW FAR CLIENTS COME'
\echo '  SELECT * FROM analytics.funnel_summary'
SELECT stage, count, rate AS pct_of_stage_before, repeat('#', (count / 100)::int) AS chart FROM analytics.funnel_summary;

\echo 'WHAT CAME IN: each row of each source is loaded, deduplicated or rejected'
\echo '  SELECT * FROM analytics.refresh_status()'
SELECT entity, relation, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status();

\echo 'DATA QUALITY: what does not pass'
\echo '  SELECT * FROM analytics.check_data_quality()'
SELECT status, check_name, subject, message FROM analytics.check_data_quality() WHERE status <> 'pass';
