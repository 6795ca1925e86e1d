-- A tour of the answers, over the data of analytics.load_demo(). Shown by scripts/demo.
\pset footer off
\pset border 1
\pset null '-'
\set from '''2025-08-15'''
\set to '''2025-10-31'''

\echo 'KEY FIGURES, 15 August to 31 October 2025'
\echo '  SELECT * FROM analytics.kpi(''2025-08-15'', ''2025-10-31'')'
SELECT leads, n_contracts, round(revenue) AS revenue, round(spend) AS spend, round(cpl, 2) AS cpl, round(roas, 2) AS roas, currency FROM analytics.kpi(:from, :to);

\echo 'LEADS BY WEEK'
\echo '  from analytics.trend_leads(), one row per day'
SELECT date_trunc('week', dt)::date AS week_of, sum(leads) AS leads, repeat('#', (sum(leads) / 12)::int) AS chart
FROM analytics.trend_leads(:from, :to) GROUP BY 1 ORDER BY 1;

\echo 'CAMPAIGNS, by spend'
\echo '  SELECT * FROM analytics.campaigns(''2025-08-15'', ''2025-10-31'', row_limit => 8)'
SELECT platform, campaign_name, leads, n_contracts, round(revenue) AS revenue, round(spend) AS spend, round(cpl, 2) AS cpl, round(roas, 2) AS roas
FROM analytics.campaigns(:from, :to, row_limit => 8);

\echo 'WHERE LEADS COME FROM'
\echo '  SELECT * FROM analytics.share_platforms(''2025-08-15'', ''2025-10-31'')'
SELECT platform, leads, share_pct, repeat('#', (share_pct / 2)::int) AS chart FROM analytics.share_platforms(:from, :to);

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

\echo 'WHAT CAME IN: each row of each source is loaded, deduplicated or rejected'
\echo '  SELECT * FROM analytics.refresh_status()'
SELECT entity, relation, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status();

\echo 'DATA QUALITY'
\echo '  SELECT * FROM analytics.check_data_quality()'
SELECT status, check_name, subject, message FROM analytics.check_data_quality();
