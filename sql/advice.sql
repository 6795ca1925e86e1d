-- Advice on the warehouse: reco_budget and budget_plan over sources that went through the ordinary refresh.
\i test/fixture/reset.sql
\set VERBOSITY sqlstate
SELECT * FROM analytics.reco_budget('2025-01-01', '2025-01-31', objective => 'leads');
SELECT * FROM analytics.budget_plan(metric => 'leads');
\set VERBOSITY terse
SELECT analytics.install();
CREATE SCHEMA raw;
-- Twelve weeks of six campaigns; a touch of an ad is a lead; every fourth lead of the cheap one signs.
CREATE TABLE raw.plan AS
SELECT * FROM (VALUES ('101', 'Cheap', 'facebook', 100, 10), ('102', 'Dear', 'facebook', 100, 100), ('103', 'Usual', 'facebook', 100, 25), ('201', 'Search', 'google', 100, 27),
                      ('202', 'Tiny', 'google', 1, 25), ('203', 'Stopped', 'google', 100, 24)) p (campaign_id, campaign_name, platform, spend, cost);
CREATE TABLE raw.ads AS
SELECT p.platform, p.campaign_id, p.campaign_name, date '2025-03-01' + d AS date, round((p.spend * (1 + 0.4 * sin(d / 7 * 1.7)))::numeric, 2) AS spend, 1000 AS impressions, 10 AS clicks
FROM raw.plan p, generate_series(0, 83) d WHERE p.campaign_name <> 'Stopped' OR d < 70;
CREATE TABLE raw.events AS
SELECT p.campaign_id || '-' || d || '-' || n AS event_id, p.campaign_id || '-' || d || '-' || n AS client_id, timestamptz '2025-03-01 09:00+00' + d * interval '1 day' + n * interval '1 minute' AS occurred_at,
       p.platform AS utm_source, 'cpc' AS utm_medium, p.campaign_id AS utm_campaign
FROM raw.plan p, generate_series(0, 83) d, LATERAL generate_series(1, (floor((d + 1.0) * p.spend / p.cost) - floor(d * p.spend::numeric / p.cost))::int) n
WHERE p.campaign_name <> 'Stopped' OR d < 70;
CREATE TABLE raw.contracts AS
SELECT 'k' || event_id AS contract_id, client_id, occurred_at + interval '2 days' AS signed_at, 300 AS amount, event_id FROM raw.events WHERE utm_campaign = '101' AND event_id LIKE '%-4';
SELECT reporting_timezone, currency FROM analytics.configure(currency => 'UAH');
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('ad_performance', 'ads'), ('events', 'events'), ('contracts', 'contracts')) s (e, t);
CALL analytics.refresh();

SELECT action, platform, campaign_name, leads_cur, spend_cur, cpl_cur, roas_cur, contracts_cur, change_pct, recommended_spend, round(p_better::numeric, 3) AS p_better, evidence, next_review
FROM analytics.reco_budget('2025-04-26', '2025-05-23', objective => 'leads');
SELECT campaign_name, reason FROM analytics.reco_budget('2025-04-26', '2025-05-23', objective => 'leads');
-- What doubled in two weeks is left to settle, however cheap.
SELECT action, campaign_name, change_pct, recommended_spend, evidence, reason FROM analytics.reco_budget('2025-03-15', '2025-04-11', objective => 'leads') WHERE campaign_name = 'Cheap';
-- The columns that dashboards read come first.
SELECT string_agg(column_name, ' ' ORDER BY n) FROM (SELECT unnest(proargnames) AS column_name, unnest(proargmodes) AS mode, generate_subscripts(proargnames, 1) AS n FROM pg_proc WHERE proname = 'reco_budget') a WHERE mode = 't';
-- Its figures are those of campaigns().
SELECT count(*) FILTER (WHERE (r.leads_cur, r.spend_cur, r.cpl_cur, r.roas_cur, r.contracts_cur) IS DISTINCT FROM (c.leads, c.spend, c.cpl, c.roas, c.n_contracts)) AS differ, count(*)
FROM analytics.reco_budget('2025-04-26', '2025-05-23', objective => 'leads') r JOIN analytics.campaigns('2025-04-26', '2025-05-23') c USING (campaign_id);
-- Filters, limits and a target of one's own.
SELECT action, campaign_name FROM analytics.reco_budget('2025-04-26', '2025-05-23', 2, objective => 'leads');
SELECT campaign_name FROM analytics.reco_budget('2025-04-26', '2025-05-23', platforms => '{google}', objective => 'leads');
SELECT campaign_name, action, evidence FROM analytics.reco_budget('2025-04-26', '2025-05-23', target_cpl => 12);
SELECT campaign_name, action FROM analytics.reco_budget('2025-04-26', '2025-05-23', platforms => '{meta}', target_cpl => 200);
SELECT * FROM analytics.reco_budget('2025-04-26', '2025-05-23', platforms => '{meta,nowhere}', objective => 'leads');
SELECT * FROM analytics.reco_budget('2025-05-23', '2025-04-26', objective => 'leads');
SELECT * FROM analytics.reco_budget('2025-04-26', '2025-05-23', 0, objective => 'leads');
SELECT * FROM analytics.reco_budget('2025-04-26', '2025-05-23', target_cpl => -5);
-- No history, no rows; the second day of all is too early to judge.
SELECT count(*) FROM analytics.reco_budget('2024-04-26', '2024-05-23', objective => 'leads');
SELECT DISTINCT action, evidence FROM analytics.reco_budget('2025-03-01', '2025-03-02', objective => 'leads');
-- Leads without spend are no bargain: they change nobody's advice.
CREATE TEMP TABLE before AS SELECT campaign_name, action, p_better FROM analytics.reco_budget('2025-04-26', '2025-05-23', objective => 'leads');
INSERT INTO raw.events SELECT 'o' || n, 'o' || n, '2025-05-10 09:00+00', 'facebook', 'cpc', 'organic-post' FROM generate_series(1, 40) n;
CALL analytics.refresh();
SELECT count(*) AS changed FROM before b JOIN analytics.reco_budget('2025-04-26', '2025-05-23', objective => 'leads') r USING (campaign_name) WHERE (b.action, b.p_better) IS DISTINCT FROM (r.action, r.p_better);
-- What is expected to be wrong of the calls, by the probabilities that their reasons tell.
SELECT count(*) > 1 AS calls, min(expected_wrong_pct) = max(expected_wrong_pct) AS one, abs(min(expected_wrong_pct) - 100 * avg(1 - substring(reason FROM 'er with probability ([0-9.]+[0-9])')::numeric)) <= 0.1 AS as_told
FROM analytics.reco_budget('2025-04-26', '2025-05-23', target_cpl => 15, objective => 'leads') WHERE action IN ('scale', 'pause');
-- Today is not over: what came in so far changes nothing, and a period of today alone has no advice.
CREATE TEMP TABLE yesterday AS SELECT campaign_name, action, p_better, spend_cur FROM analytics.reco_budget(CURRENT_DATE - 400, CURRENT_DATE + 1, objective => 'leads');
INSERT INTO raw.ads SELECT 'facebook', '103', 'Usual', (now() AT TIME ZONE 'UTC')::date, 5000, 1, 1;
CALL analytics.refresh();
SELECT count(*) AS changed FROM yesterday b FULL JOIN analytics.reco_budget(CURRENT_DATE - 400, CURRENT_DATE + 1, objective => 'leads') r USING (campaign_name)
WHERE (b.action, b.p_better, b.spend_cur) IS DISTINCT FROM (r.action, r.p_better, r.spend_cur);
SELECT count(*) FROM analytics.reco_budget(CURRENT_DATE, CURRENT_DATE + 1, objective => 'leads');
DELETE FROM raw.ads WHERE spend = 5000;

-- A campaign whose budget was raised five days ago is left alone.
UPDATE raw.ads SET spend = spend * 1.6 WHERE campaign_id = '101' AND date > '2025-05-18';
CALL analytics.refresh();
SELECT action, evidence, next_review FROM analytics.reco_budget('2025-04-26', '2025-05-23', objective => 'leads') WHERE campaign_name = 'Cheap';
UPDATE raw.ads SET spend = round(spend / 1.6, 2) WHERE campaign_id = '101' AND date > '2025-05-18';
CALL analytics.refresh();

-- The plan: its rows add up, nobody leaves its bounds, the total says what is expected.
CREATE TEMP TABLE plan AS SELECT * FROM analytics.budget_plan(date_to => '2025-05-23', metric => 'leads');
SELECT platform, campaign_name, current_spend, recommended_spend, change_pct, blocks, usable, binding, is_total FROM plan;
SELECT campaign_name, reason FROM plan WHERE NOT is_total;
SELECT lift > 0 AS gains, lift_low <= lift AND lift <= lift_high AS within, p_lift >= 0.8 AS likely, response_then > response_now AS more, reason LIKE 'Expected change of the response: %' AS told FROM plan WHERE is_total;
SELECT sum(recommended_spend) FILTER (WHERE NOT is_total) = sum(recommended_spend) FILTER (WHERE is_total) AS adds_up,
       abs(sum(current_spend) FILTER (WHERE is_total) - sum(recommended_spend) FILTER (WHERE is_total)) < 0.01 AS same_budget,
       bool_and(recommended_spend BETWEEN 0.7 * current_spend - 0.01 AND 1.3 * current_spend + 0.01) FILTER (WHERE NOT is_total) AS within_bounds FROM plan;
SELECT sum(recommended_spend) FROM analytics.budget_plan(12000, date_to => '2025-05-23', metric => 'leads') WHERE is_total;
SELECT campaign_name, recommended_spend = current_spend AS kept FROM analytics.budget_plan(frozen => '{103,Dear}', date_to => '2025-05-23', metric => 'leads') WHERE campaign_name IN ('Usual', 'Dear');
SELECT round(sum(recommended_spend) FILTER (WHERE platform = 'google') / sum(recommended_spend) FILTER (WHERE is_total), 3) AS google
FROM analytics.budget_plan(shares => '{"google": [0.3, 0.3]}', date_to => '2025-05-23', bounds => '{0.5,1.6}', metric => 'leads');
SELECT p.is_total, round(p.recommended_spend / p.current_spend, 1) AS spend, round(p.response_then / p.response_now, 1) AS response FROM analytics.budget_plan(objective => 'same_response', date_to => '2025-05-23', metric => 'leads') p WHERE p.is_total;
SELECT recommended_spend <= current_spend * 1.3 AS limited FROM analytics.budget_plan(objective => 'marginal_cost', target => 80, date_to => '2025-05-23', metric => 'leads') WHERE is_total;
SELECT p.recommended_spend < p.current_spend AS costs_less, abs(p.response_then / w.wanted - 1) < 0.005 AS reached
FROM (SELECT round(0.99 * response_now) AS wanted FROM plan WHERE is_total) w, analytics.budget_plan(objective => 'target_response', target => w.wanted, date_to => '2025-05-23', metric => 'leads') p
WHERE p.is_total;
SELECT count(*) FROM analytics.budget_plan(objective => 'target_cost', target => 25, date_to => '2025-05-23', metric => 'leads');
SELECT count(*) FROM analytics.budget_plan(metric => 'revenue', date_to => '2025-05-23');
SELECT count(*) FROM analytics.budget_plan(metric => 'contracts', date_to => '2025-05-23', family => 'power');
SELECT campaign_name, elasticity BETWEEN 0.15 AND 0.25 AS as_tested, usable FROM analytics.budget_plan(lift_tests => '{"101": [0.2, 0.02]}', date_to => '2025-05-23', metric => 'leads') WHERE campaign_name = 'Cheap';
-- Too little history is said, and little is moved.
SELECT campaign_name, abs(change_pct) <= 20 AS little, usable, reason LIKE '%Thin data%' AS told FROM analytics.budget_plan(date_to => '2025-03-20', metric => 'leads') WHERE NOT is_total AND campaign_name <> 'Stopped';
SELECT reason LIKE '%Data too thin%' AS told FROM analytics.budget_plan(date_to => '2025-03-20', metric => 'leads') WHERE is_total;
SELECT is_total, reason FROM analytics.budget_plan(date_to => '2024-01-01', metric => 'leads');
\set VERBOSITY default
SELECT * FROM analytics.budget_plan(100000, date_to => '2025-05-23', metric => 'leads');
SELECT * FROM analytics.budget_plan(frozen => '{nobody}', date_to => '2025-05-23', metric => 'leads');
SELECT * FROM analytics.budget_plan(objective => 'most', date_to => '2025-05-23', metric => 'leads');
\set VERBOSITY terse
SELECT * FROM analytics.budget_plan(metric => 'clicks');
SELECT * FROM analytics.budget_plan(100, 'same_response', metric => 'leads');
SELECT * FROM analytics.budget_plan(objective => 'target_cost', date_to => '2025-05-23', metric => 'leads');
SELECT * FROM analytics.budget_plan(shares => '[1]', metric => 'leads');
SELECT * FROM analytics.budget_plan(shares => '{"nowhere": [0, 1]}', date_to => '2025-05-23', metric => 'leads');
SELECT * FROM analytics.budget_plan(lift_tests => '{"nobody": [0.2, 0.1]}', date_to => '2025-05-23', metric => 'leads');
SELECT * FROM analytics.budget_plan(history_days => 0, metric => 'leads');
SELECT * FROM analytics.budget_plan(platforms => '{nowhere}', date_to => '2025-05-23', metric => 'leads');

-- Spend in another currency is refused and named, never added up: neither for a campaign of its own nor for one that has spend in ours.
CREATE TABLE raw.foreign_ads AS SELECT platform, campaign_id, campaign_name, date, spend, impressions, clicks, 'EUR' AS currency FROM raw.ads WHERE campaign_id = '103'
UNION ALL SELECT 'google', '301', 'Abroad', date '2025-03-01' + d, 900, 1000, 10, 'EUR' FROM generate_series(0, 83) d
UNION ALL SELECT 'google', '302', 'At home', date '2025-03-01' + d, 5, 1000, 10, 'UAH' FROM generate_series(0, 83) d;
SELECT analytics.register_source('ad_performance', 'raw.foreign_ads') IS NOT NULL AS registered;
CALL analytics.refresh();
SELECT reason, sum(occurrences) AS rows FROM warehouse.rejected_rows GROUP BY 1;
SELECT campaign_name, spend_cur FROM analytics.reco_budget('2025-04-26', '2025-05-23', 20, objective => 'leads') WHERE campaign_name IN ('Usual', 'Abroad', 'At home') ORDER BY 1;
SELECT count(*) FILTER (WHERE campaign_name = 'Abroad') AS abroad, count(*) FILTER (WHERE campaign_name = 'At home') AS at_home,
       max(current_spend) FILTER (WHERE campaign_name = 'Usual') = max(p.usual) AS as_before
FROM analytics.budget_plan(date_to => '2025-05-23', metric => 'leads'), (SELECT current_spend AS usual FROM plan WHERE campaign_name = 'Usual') p;
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE relation = 'raw.foreign_ads';
CALL analytics.refresh();

-- The curves of the plan: at today's spend they say what the plan says, at what it recommends what it expects there.
CREATE TEMP TABLE curve AS SELECT * FROM analytics.budget_curves(date_to => '2025-05-23', metric => 'leads');
SELECT count(*) AS campaigns, count(*) FILTER (WHERE (c.spend, c.response, c.response_low, c.response_high) IS DISTINCT FROM (p.current_spend, p.response_now, p.response_now_low, p.response_now_high)) AS wrong
FROM analytics.budget_plan(date_to => '2025-05-23', metric => 'leads') p FULL JOIN (SELECT * FROM curve WHERE multiple = 1) c USING (campaign_id)
WHERE NOT COALESCE(p.is_total, false) AND (p.current_spend > 0 OR c.campaign_id IS NOT NULL);
SELECT count(*) AS campaigns, count(*) FILTER (WHERE greatest(abs(p.recommended_spend - c.spend), abs(c.response - p.response_then), abs(c.response_low - p.response_then_low), abs(c.response_high - p.response_then_high)) > 0.02) AS wrong
FROM analytics.budget_plan(total => (SELECT 1.5 * sum(spend) FROM curve WHERE multiple = 1), bounds => '{1.5,1.5}', date_to => '2025-05-23', metric => 'leads') p
JOIN analytics.budget_curves(date_to => '2025-05-23', metric => 'leads', points => 4, reach => 1.5) c USING (campaign_id) WHERE c.multiple = 1.5;
-- Points from nothing to reach, evenly; the more spend, the more response, by less and less; the band holds the curve.
SELECT count(*) AS points, min(multiple), max(multiple), bool_and(spend >= 0 AND response_low <= response AND response <= response_high) AS held,
       bool_and(response > before OR before IS NULL) AS rises, bool_and(response - before <= before - before2 + 0.02 OR before2 IS NULL) AS bends, max(response) FILTER (WHERE multiple = 0) AS of_nothing
FROM (SELECT c.*, lag(response) OVER w AS before, lag(response, 2) OVER w AS before2 FROM curve c WINDOW w AS (PARTITION BY campaign_id ORDER BY multiple)) c GROUP BY campaign_id HAVING max(spend) = (SELECT max(spend) FROM curve);
SELECT family, count(*) AS points, count(*) FILTER (WHERE response_high IS NULL OR response_high = 'Infinity') AS unbounded FROM unnest('{michaelis_menten,power,logarithm}'::text[]) family, LATERAL analytics.budget_curves(date_to => '2025-05-23', metric => 'revenue', family => family, points => 5, reach => 100) GROUP BY 1 ORDER BY 1;
SELECT count(DISTINCT platform) AS platforms FROM analytics.budget_curves(date_to => '2025-05-23', metric => 'leads', platforms => '{google}');
SELECT * FROM analytics.budget_curves(points => 1);
SELECT * FROM analytics.budget_curves(reach => 0);
SELECT * FROM analytics.budget_curves(metric => 'mood');
SELECT * FROM analytics.response_points('{a,b}', NULL, NULL, '{1}', '{2}');
SELECT count(*) FROM analytics.response_points('{}', NULL, NULL, '{}', '{}');

-- Two businesses with two currencies: advice is each one's own, a plan asks whose it is.
CREATE TABLE raw.other_ads AS SELECT platform, campaign_id, campaign_name, date, round(spend / 40, 2) AS spend, impressions, clicks FROM raw.ads WHERE campaign_id IN ('101', '103');
CREATE TABLE raw.other_events AS SELECT event_id || 'b' AS event_id, client_id, occurred_at, utm_source, utm_medium, utm_campaign FROM raw.events WHERE utm_campaign IN ('101', '103');
SELECT currency FROM analytics.configure(currency => 'EUR', business_id => 2);
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass, business_id => 2)) FROM (VALUES ('ad_performance', 'other_ads'), ('events', 'other_events')) s (e, t);
CALL analytics.refresh();
SELECT currency, campaign_name, action, leads_cur, spend_cur FROM analytics.reco_budget('2025-04-26', '2025-05-23', 20, objective => 'leads') WHERE campaign_name IN ('Cheap', 'Usual') ORDER BY 1, 2;
SELECT count(*) AS changed FROM before b JOIN analytics.reco_budget('2025-04-26', '2025-05-23', business_id => 1, objective => 'leads') r USING (campaign_name) WHERE b.p_better IS DISTINCT FROM r.p_better;
SELECT * FROM analytics.budget_plan(date_to => '2025-05-23', metric => 'leads');
SELECT count(*) FROM analytics.budget_plan(date_to => '2025-05-23', business_id => 2, metric => 'leads');
DROP SCHEMA raw, warehouse CASCADE;

-- The demo: what is paused is dear and what is scaled is cheap by the raw tables, beside the rest.
SELECT analytics.install();
SELECT analytics.load_demo();
CREATE TEMP TABLE demo_campaign AS
SELECT campaign_id, campaign_name, sum(leads) AS leads, sum(spend) AS spend FROM analytics.campaigns('2025-10-01', '2025-10-31', row_limit => 1000) WHERE spend > 0 GROUP BY 1, 2;
SELECT r.action, r.campaign_name, r.evidence, r.change_pct,
       round((c.spend / c.leads) / ((SELECT sum(spend) FROM demo_campaign) - c.spend) * ((SELECT sum(leads) FROM demo_campaign) - c.leads), 2) AS cost_over_that_of_the_others
FROM analytics.reco_budget('2025-10-01', '2025-10-31', objective => 'leads') r JOIN demo_campaign c USING (campaign_id) WHERE r.action <> 'monitor' ORDER BY r.action;
-- The campaign that the demo pauses is known to be stopped.
SELECT campaign_name, evidence, reason FROM analytics.reco_budget('2025-10-01', '2025-10-31', objective => 'leads') WHERE evidence = 'inactive';
SELECT is_total, p_lift >= 0.8 AS likely, lift > 0 AS gains FROM analytics.budget_plan(metric => 'leads') WHERE is_total;
SELECT count(*) AS campaigns, count(*) FILTER (WHERE (c.spend, c.response, c.response_low, c.response_high) IS DISTINCT FROM (p.current_spend, p.response_now, p.response_now_low, p.response_now_high)) AS wrong
FROM analytics.budget_plan() p JOIN analytics.budget_curves() c USING (campaign_id) WHERE c.multiple = 1;
SELECT analytics.drop_demo();
DROP SCHEMA warehouse CASCADE;
