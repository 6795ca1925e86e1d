-- Budget advice on real data: Facebook ads of 2017 by segment (KAG), eleven campaigns of February 2021, both through the warehouse; weekly
-- data with known effects; and an export full of errors.
\ir prelude.sql

-- KAG: the empirical-Bayes prior of 24 segments and what follows from it, known from an independent calculation.
CREATE TABLE raw.kag (ad_id text, xyz_campaign_id text, fb_campaign_id text, age text, gender text, interest int, impressions int, clicks int, spent numeric, total_conversion int, approved_conversion int);
\set copy '\\copy raw.kag from ' :data_dir '/budget/KAG_conversion_data.csv csv header'
:copy
CREATE TEMP TABLE segment AS
SELECT xyz_campaign_id || ' ' || age || ' ' || gender AS name, sum(approved_conversion)::float8 AS sales, sum(spent)::float8 AS spend FROM raw.kag GROUP BY 1 HAVING sum(spent) > 0;
SELECT pg_temp.same('segments', count(*), 24::bigint), pg_temp.close('target', sum(spend) / sum(sales), 54.4071, 1e-6) FROM segment;
CREATE TEMP TABLE prior AS SELECT p.* FROM (SELECT array_agg(sales ORDER BY name) AS sales, array_agg(spend ORDER BY name) AS spend FROM segment) s, analytics.cost_prior(s.sales, s.spend) p;
SELECT pg_temp.close('a', prior_events, 1.075154, 1e-5), pg_temp.close('b', prior_spend, 11.476800, 1e-5) FROM prior;
SELECT pg_temp.same('cheaper with 0.9', count(*) FILTER (WHERE p >= 0.9), 17::bigint), pg_temp.same('dearer with 0.9', count(*) FILTER (WHERE p <= 0.1), 5::bigint),
       pg_temp.same('undecided', count(*) FILTER (WHERE p > 0.1 AND p < 0.9), 2::bigint)
FROM (SELECT analytics.cost_probability(s.sales, s.spend, 54.4071, prior_events, prior_spend) AS p FROM segment s, prior) x;
SELECT pg_temp.close('campaign ' || xyz_campaign_id, (sum(spent) / sum(approved_conversion))::float8, (CASE xyz_campaign_id WHEN '916' THEN 6.24 WHEN '936' THEN 15.81 ELSE 63.83 END), 1e-3)
FROM raw.kag GROUP BY xyz_campaign_id;
-- Ads with conversions and without spend: they are counted and change nothing.
SELECT pg_temp.same('ads with conversions and without spend', count(*), 204::bigint) FROM raw.kag WHERE spent = 0 AND total_conversion > 0;
-- Advice wants evidence: what rests on a handful of sales is watched, not scaled.
CREATE TEMP TABLE kag_advice AS
SELECT a.* FROM (SELECT array_agg(name ORDER BY name) AS names, array_agg(spend ORDER BY name) AS spend, array_agg(sales ORDER BY name) AS sales FROM segment) s,
     analytics.campaign_actions(s.names, NULL, NULL, s.spend, s.sales, target => 54.4071) a;
SELECT pg_temp.same('scaled on less than eight sales', count(*) FILTER (WHERE action = 'scale' AND leads < 8), 0::bigint),
       pg_temp.same('some are watched for that', count(*) FILTER (WHERE evidence = 'learning') > 0, true),
       pg_temp.same('scaled ones are below the target', bool_and(spend / leads < 54.4071) FILTER (WHERE action = 'scale'), true),
       pg_temp.same('paused ones are above it', bool_and(spend / NULLIF(leads, 0) > 54.4071 OR leads = 0) FILTER (WHERE action = 'pause'), true),
       pg_temp.same('there are such', count(*) FILTER (WHERE action = 'scale') > 0 AND count(*) FILTER (WHERE action = 'pause') > 0, true) FROM kag_advice;

-- The same through the warehouse: a campaign per segment; the data have no days, so they are one.
CREATE TABLE raw.kag_ads AS SELECT 'facebook' AS platform, xyz_campaign_id || ' ' || age || ' ' || gender AS campaign_id, xyz_campaign_id || ' ' || age || ' ' || gender AS campaign_name,
    date '2017-08-31' - n::int % 28 AS date, sum(spent) AS spend, sum(impressions) AS impressions, sum(clicks) AS clicks
FROM (SELECT *, row_number() OVER (PARTITION BY xyz_campaign_id, age, gender ORDER BY ad_id) AS n FROM raw.kag) k GROUP BY 1, 2, 3, 4;
CREATE TABLE raw.kag_sales AS SELECT ad_id || '-' || i AS event_id, ad_id || '-' || i AS client_id, (date '2017-08-31' - n::int % 28)::timestamptz + interval '12 hours' AS occurred_at,
    'facebook' AS utm_source, 'cpc' AS utm_medium, xyz_campaign_id || ' ' || age || ' ' || gender AS utm_campaign
FROM (SELECT *, row_number() OVER (PARTITION BY xyz_campaign_id, age, gender ORDER BY ad_id) AS n FROM raw.kag) k, generate_series(1, approved_conversion) i;
SELECT analytics.register_source('ad_performance', 'raw.kag_ads', business_id => 3), analytics.register_source('events', 'raw.kag_sales', business_id => 3);
CALL analytics.refresh(business_id => 3);
SELECT pg_temp.same('KAG sales as leads', leads, 1079::bigint), pg_temp.close('KAG spend', spend::float8, 58705.23, 1e-6) FROM analytics.kpi('2017-08-01', '2017-08-31', business_id => 3);
CREATE TEMP TABLE kag_reco AS SELECT * FROM analytics.reco_budget('2017-08-04', '2017-08-31', 100, target_cpl => 54.4071, business_id => 3);
SELECT pg_temp.same('KAG campaigns', count(*), 24::bigint), pg_temp.same('KAG opposite advice', count(*) FILTER (WHERE (r.action, a.action) IN (('scale', 'pause'), ('pause', 'scale'))), 0::bigint),
       pg_temp.same('KAG same leads', bool_and(r.leads_cur = a.leads), true)
FROM kag_reco r JOIN kag_advice a ON a.campaign = r.campaign_name;

-- February 2021 through the warehouse.
CREATE TABLE raw.feb (date date, campaign text, impressions int, clicks int, leads int, orders int, spend numeric, revenue numeric);
\set copy '\\copy raw.feb from ' :data_dir '/anomaly/marketing_feb2021_daily_long.csv csv header'
:copy
-- Banners are nobody's network: such touches have the channel as platform.
CREATE TABLE raw.feb_ads AS SELECT CASE campaign WHEN 'banner_partner' THEN 'display' ELSE split_part(campaign, '_', 1) END AS platform, campaign AS campaign_id, campaign AS campaign_name, date, spend, impressions, clicks FROM raw.feb;
CREATE TABLE raw.feb_events AS SELECT campaign || date || '-' || i AS event_id, campaign || date || '-' || i AS client_id, date::timestamptz + interval '12 hours' AS occurred_at,
    split_part(campaign, '_', 1) AS utm_source, CASE campaign WHEN 'banner_partner' THEN 'cpm' ELSE 'cpc' END AS utm_medium, campaign AS utm_campaign FROM raw.feb, generate_series(1, leads) i;
CREATE TABLE raw.feb_orders AS SELECT 'o' || campaign || date || '-' || i AS contract_id, campaign || date || '-' || i AS client_id, date::timestamptz + interval '13 hours' AS signed_at,
    revenue / orders AS amount, campaign || date || '-' || i AS event_id FROM raw.feb, generate_series(1, orders) i;
SELECT analytics.register_source('ad_performance', 'raw.feb_ads'), analytics.register_source('events', 'raw.feb_events'), analytics.register_source('contracts', 'raw.feb_orders');
CALL analytics.refresh(business_id => 1);
CREATE TEMP TABLE feb AS SELECT campaign, sum(leads) AS leads, sum(spend) AS spend, sum(revenue) AS revenue FROM raw.feb GROUP BY 1;
CREATE TEMP TABLE feb_reco AS SELECT * FROM analytics.reco_budget('2021-02-01', '2021-02-28', 50, objective => 'leads', business_id => 1);
SELECT pg_temp.same('spend of ' || campaign, r.spend_cur, f.spend::numeric(18,4)) FROM feb f JOIN feb_reco r ON r.campaign_name = f.campaign;
SELECT pg_temp.same('campaigns of February that spend', count(*), (SELECT count(*) FROM feb WHERE spend > 0)) FROM feb_reco WHERE spend_cur > 0;
SELECT pg_temp.same('what is paused costs more than the rest, what is scaled less',
    bool_and(CASE r.action WHEN 'pause' THEN r.cpl_cur > o.cpl OR r.leads_cur = 0 WHEN 'scale' THEN r.cpl_cur < o.cpl ELSE true END), true)
FROM feb_reco r, LATERAL (SELECT sum(f.spend) / sum(f.leads) AS cpl FROM feb f WHERE f.campaign <> r.campaign_name) o;
-- Left to itself it goes by what the leads brought.
SELECT pg_temp.same('what is paused returns less than the rest, what is scaled more',
    bool_and(CASE r.action WHEN 'pause' THEN f.revenue / f.spend < o.roas WHEN 'scale' THEN f.revenue / f.spend > o.roas ELSE true END), true)
FROM analytics.reco_budget('2021-02-01', '2021-02-28', 50, business_id => 1) r
JOIN feb f ON f.campaign = r.campaign_name AND f.spend > 0,
    LATERAL (SELECT sum(o.revenue) / sum(o.spend) AS roas FROM feb o WHERE o.campaign <> r.campaign_name) o;
SELECT pg_temp.same('February adds up', sum(recommended_spend) FILTER (WHERE NOT is_total), sum(recommended_spend) FILTER (WHERE is_total)),
       pg_temp.same('four weeks are thin, and it says so', bool_or(reason LIKE '%Data too thin%') FILTER (WHERE is_total), true) FROM analytics.budget_plan(business_id => 1);
\o
\echo
\echo 'Facebook ads by segment (KAG), target 54.41 per sale:'
SELECT action, campaign_name, leads_cur, spend_cur::numeric(12,2) AS spend, cpl_cur::numeric(12,2) AS cpl, change_pct, round(p_better::numeric, 3) AS p_better, evidence, reason FROM kag_reco WHERE action <> 'monitor' OR spend_cur > 500;
\echo 'February 2021:'
SELECT action, platform, campaign_name, leads_cur, spend_cur::numeric(12,2) AS spend, cpl_cur::numeric(12,2) AS cpl, change_pct, round(p_better::numeric, 3) AS p_better, evidence, reason FROM feb_reco;
SELECT campaign_name, current_spend::numeric(12,2), recommended_spend::numeric(12,2), change_pct, usable, binding FROM analytics.budget_plan(business_id => 1);
\o /dev/null

-- Weekly data whose true effects are known: 131 weeks, two channels with carry-over and saturation over trend, seasons and events.
CREATE TABLE raw.mmm (date date, dayofyear int, quarter text, trend float8, cs float8, cc float8, seasonality float8, z float8, x1 float8, x2 float8, epsilon float8, x1_adstock float8,
    x2_adstock float8, x1_adstock_saturated float8, x2_adstock_saturated float8, x1_effect float8, x2_effect float8, y float8, y01 float8, y02 float8);
\set copy '\\copy raw.mmm from ' :data_dir '/budget/pymc_mmm_roas_data.csv csv header'
:copy
-- The truth: how many percent one percent more of all spend raises a channel's effect. Effects are logistic in the adstock, which is proportional to the spend.
CREATE TEMP TABLE truth AS
WITH c AS (SELECT date, 'x1' AS channel, x1 AS spend, x1_adstock_saturated AS s, x1_effect AS effect, y, y - y01 AS increment FROM raw.mmm
           UNION ALL SELECT date, 'x2', x2, x2_adstock_saturated, x2_effect, y, y - y02 FROM raw.mmm)
SELECT channel, sum(effect * CASE WHEN s > 0 THEN (1 - s * s) / (2 * s) * ln((1 + s) / (1 - s)) ELSE 1 END) / sum(effect) AS elasticity,
       sum(increment) / sum(spend) AS roas FROM c GROUP BY channel;
CREATE TEMP TABLE fitted AS
WITH c AS (SELECT date, 'x1' AS channel, x1 AS spend, y - y01 AS increment, y FROM raw.mmm UNION ALL SELECT date, 'x2', x2, y - y02, y FROM raw.mmm)
SELECT 'what each channel brought' AS given, f.* FROM (SELECT array_agg(channel) AS n, array_agg(date) AS d, array_agg(spend) AS s, array_agg(greatest(increment, 0)) AS r FROM c) p,
     LATERAL analytics.response_curve(p.n, NULL, p.d, p.s, p.r, block_days => 28, counts => false) f
UNION ALL
SELECT 'all sales', f.* FROM (SELECT array_agg(channel) AS n, array_agg(date) AS d, array_agg(spend) AS s, array_agg(y) AS r FROM c) p,
     LATERAL analytics.response_curve(p.n, NULL, p.d, p.s, p.r, block_days => 28, counts => false) f;
\o
\echo 'Weekly data with known effects: marginal return per unit of money, fitted and true:'
SELECT f.given, f.campaign AS channel, round((f.response * f.elasticity / f.spend)::numeric, 1) AS marginal, round((t.roas * t.elasticity)::numeric, 1) AS true_marginal, round(f.elasticity::numeric, 2) AS elasticity,
       round(f.elasticity_low::numeric, 2) AS low, round(f.elasticity_high::numeric, 2) AS high, round(t.elasticity::numeric, 2) AS true_elasticity, f.blocks, f.usable
FROM fitted f JOIN truth t ON t.channel = f.campaign ORDER BY 1 DESC, 2;
\o /dev/null
