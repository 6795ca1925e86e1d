-- What advertising brought, by regions and by periods.
\i test/fixture/reset.sql
\i test/fixture/refusal.sql
RESET client_min_messages;
SET timezone = 'UTC';
SET extra_float_digits = -6;
-- Twelve regions share weekdays and one demand; two of them had 20 percent more from the 71st day on.
CREATE TABLE panel AS
SELECT 'region ' || chr(96 + r) AS region, date '2025-01-01' + d AS day, d,
       round((40 + 10 * r) * (1 + 0.2 * sin(d * 0.9) + 0.1 * ((d * 7919) % 13) / 13.0) * (1 + 0.02 * (((r * 31 + d) * 104729) % 17 - 8) / 8.0)
             * CASE WHEN r IN (2, 5) AND d >= 70 THEN 1.2 ELSE 1 END)::float8 AS leads
FROM generate_series(1, 12) r, generate_series(0, 83) d;
CREATE TEMP VIEW columns AS SELECT array_agg(region) AS regions, array_agg(day) AS days, array_agg(leads) AS leads FROM panel;
SELECT g.method, round(g.effect::numeric, 2) AS effect, round(g.total::numeric) AS total, round(g.lift::numeric, 3) AS lift, round(g.lift_low::numeric, 3) AS low, round(g.lift_high::numeric, 3) AS high,
       round(g.p_value::numeric, 4) AS p_value, round(g.p_value_over_time::numeric, 3) AS over_time, g.treated_regions, g.other_regions, g.placebos, g.days_before, g.test_days, g.reason
FROM columns, analytics.geo_lift(regions, days, leads, '{region b,region e}', '2025-03-12') g;
-- Difference in differences, by hand
SELECT round(g.effect::numeric, 6) AS effect, round((avg(p.leads) FILTER (WHERE t AND d >= 70) - avg(p.leads) FILTER (WHERE t AND d < 70)
       - avg(p.leads) FILTER (WHERE NOT t AND d >= 70) + avg(p.leads) FILTER (WHERE NOT t AND d < 70))::numeric, 6) AS by_hand
FROM (SELECT *, region IN ('region b', 'region e') AS t FROM panel) p, columns c, LATERAL analytics.geo_lift(c.regions, c.days, c.leads, '{region b,region e}', '2025-03-12', scaling => 'difference') g
WHERE g.method = 'difference_in_differences' GROUP BY g.effect;
-- Days add up to the total; weights to 1
SELECT g.method, round((g.total - d.total)::numeric, 6) AS differs, d.days, round(w.total::numeric, 9) AS weights, w.negative
FROM columns c, LATERAL analytics.geo_lift(regions, days, leads, '{region b,region e}', '2025-03-12') g,
    LATERAL (SELECT sum(effect) FILTER (WHERE is_test) AS total, count(*) AS days FROM analytics.geo_lift_days(c.regions, c.days, c.leads, '{region b,region e}', '2025-03-12', method => g.method)) d,
    LATERAL (SELECT sum(weight) AS total, bool_or(weight < 0) AND g.method = 'synthetic_control' AS negative FROM analytics.geo_lift_weights(c.regions, c.days, c.leads, '{region b,region e}', '2025-03-12', method => g.method)) w;
-- The order of rows changes nothing, nor do rows that add up
SELECT bool_and(a.effect = b.effect AND a.effect_low = b.effect_low AND a.p_value = b.p_value) AS the_same
FROM columns, (SELECT array_agg(region ORDER BY md5(region || day || n)) AS r, array_agg(day ORDER BY md5(region || day || n)) AS d, array_agg(leads / 2 ORDER BY md5(region || day || n)) AS l FROM panel, generate_series(1, 2) n) h,
    LATERAL analytics.geo_lift(regions, days, leads, '{region b,region e}', '2025-03-12') a JOIN LATERAL analytics.geo_lift(r, d, l, '{region e,region b,region b}', '2025-03-12') b USING (method);
-- One end against a one-sided alternative; a test that ends earlier
SELECT alternative, g.lift_low IS NULL AS no_low, g.lift_high IS NULL AS no_high, round(g.p_value::numeric, 3) AS p_value, g.test_days
FROM columns, unnest('{greater,less}'::text[]) alternative, analytics.geo_lift(regions, days, leads, '{region b}', '2025-03-12', '2025-03-18', alternative => alternative) g WHERE g.method = 'synthetic_control';
-- Before a test: what it would find
SELECT p.lift, round(p.found::numeric, 2) AS found, round(p.total::numeric) AS total, round(p.least_lift::numeric, 3) AS least_lift, p.other_regions, p.past_tests, p.reason
FROM (SELECT array_agg(region) AS regions, array_agg(day) AS days, array_agg(leads) AS leads FROM panel WHERE d < 70) c, analytics.geo_lift_power(regions, days, leads, '{region b,region e}', 14, '{0,0.01,0.02,0.05}') p;
SELECT p.found, p.least_lift, p.reason FROM columns, analytics.geo_lift_power(regions, days, leads, '{region b}', 14, '{0.1}', significance => 0.01) p;
-- One series: a quarter more for two weeks, with and without a control
CREATE TABLE series AS
SELECT date '2025-01-01' + d AS day, (100 + 15 * sin(d * 6.2832 / 7) + c.c) * CASE WHEN d >= 98 THEN 1.25 ELSE 1 END + ((d * 7919) % 7) AS leads, 50 + c.c AS other
FROM generate_series(0, 111) d, LATERAL (SELECT 20 * sin(d * 0.11) + (d * 31 % 11) AS c) c;
SELECT control IS NOT NULL AS with_control, i.observed > i.expected_high AS surely_more, round(i.lift::numeric, 2) AS lift, i.p_value < 0.05 AS found, i.days_before, i.test_days,
       round(i.control_slope::numeric, 1) AS slope
FROM (SELECT array_agg(day ORDER BY day) AS days, array_agg(leads::float8 ORDER BY day) AS leads, array_agg(other::float8 ORDER BY day) AS other FROM series) s,
    LATERAL (VALUES (NULL::float8[]), (s.other)) v (control), analytics.causal_impact(days, leads, '2025-04-09', control => v.control) i;
SELECT i.effect, i.p_value, i.model_used FROM analytics.causal_impact('{2025-01-01,2025-01-02,2025-01-03}', '{1,2,3}', '2025-01-03') i;
-- Credit and what was measured: a factor between them, by the weight that the interval deserves
SELECT half_width, age, round(f.factor::numeric, 3) AS factor, round(f.factor_low::numeric, 3) AS low, round(f.factor_high::numeric, 3) AS high, round(f.weight::numeric, 3) AS weight
FROM (VALUES (10, 0), (100, 0), (1000, 0), (10, 365), (10, 36500)) v (half_width, age), analytics.calibration_factor(200, 50, 50 - half_width, 50 + half_width, age_days => age) f;
SELECT count(*) AS of_null FROM analytics.calibration_factor(NULL, 1, 0, 2);
-- Refused
SELECT call, pg_temp.refusal(format('SELECT * FROM columns, analytics.%s', call)) FROM unnest(ARRAY[
    $$geo_lift(regions, days, leads, '{nowhere}', '2025-03-12')$$, $$geo_lift(regions, days, leads, '{}', '2025-03-12')$$, $$geo_lift(regions, days, leads, regions, '2025-03-12')$$,
    $$geo_lift(regions, days, leads, '{region b}', '2025-01-02')$$, $$geo_lift(regions, days, leads, '{region b}', '2026-01-01')$$, $$geo_lift(regions, days, leads, '{region b}', NULL)$$,
    $$geo_lift(regions, days, leads[2:], '{region b}', '2025-03-12')$$, $$geo_lift(regions, days, array_append(leads[2:], 'NaN'), '{region b}', '2025-03-12')$$,
    $$geo_lift(regions, days, leads, '{region b}', '2025-03-12', scaling => 'log')$$, $$geo_lift(regions, days, leads, '{region b}', '2025-03-12', confidence => 1)$$,
    $$geo_lift(regions || 'x'::text, days || date '5874897-12-31', leads || 1::float8, '{region b}', '2025-03-12')$$, $$geo_lift('{}', '{}', '{}', '{a}', '2025-03-12')$$,
    $$geo_lift_days(regions, days, leads, '{region b}', '2025-03-12', method => 'guess')$$, $$geo_lift_power(regions, days, leads, '{region b}', 50)$$,
    $$geo_lift_power(regions, days, leads, '{region b}', 0)$$, $$geo_lift_power(regions, days, leads, '{region b}', 14, '{-1}')$$,
    $$calibration_factor(0, 1, 0, 2)$$, $$calibration_factor(10, 5, 6, 7)$$, $$calibration_factor(10, 5, 4, 'Infinity')$$, $$calibration_factor(10, 5, 4, 6, half_life_days => 0)$$,
    $$causal_impact(days, leads, '2020-01-01')$$, $$causal_impact(days, leads[2:], '2025-03-12')$$, $$causal_impact(days, leads, NULL)$$,
    $$causal_impact(NULL, NULL, '2025-03-12')$$, $$causal_impact('{}', '{}', '2025-03-12')$$, $$causal_impact(array_replace(days, '2025-03-01', NULL), leads, '2025-03-12')$$,
    $$causal_impact(days, float8 'NaN' || leads[2:], '2025-03-12')$$, $$causal_impact(days, leads, '2025-03-12', control => float8 '-Infinity' || leads[2:])$$,
    $$region_lift('2025-01-02', '2025-01-03', '{a}')$$]) call;
-- On the warehouse
SET client_min_messages = warning;
SELECT analytics.install();
CREATE TABLE people AS
SELECT row_number() OVER () AS client_id, 'b' || substr(region, 8) AS branch, day FROM panel, generate_series(1, (leads / 10)::int);
CREATE TABLE visits AS SELECT client_id AS event_id, client_id, day::timestamp + interval '12 hours' AS occurred_at, 'cpc' AS utm_medium, 'google' AS utm_source, branch AS branch_id, true AS is_lead FROM people;
CREATE TABLE branches AS SELECT DISTINCT branch AS branch_id, 'Branch ' || branch AS name, 'City ' || branch AS city FROM people;
SELECT analytics.register_source('events', 'visits') > 0 AS events, analytics.register_source('branches', 'branches') > 0 AS branches;
CALL analytics.refresh();
SELECT g.method, round(g.lift::numeric, 2) AS lift, g.lift_low > 0 AS surely_more, g.treated_regions, g.other_regions, g.test_days
FROM analytics.region_lift('2025-03-12', '2025-03-25', '{City bb,City be}') g;
SELECT g.lift = c.lift AS by_branch_is_by_city
FROM analytics.region_lift('2025-03-12', '2025-03-25', '{Branch bb,Branch be}', 'branch') g JOIN analytics.region_lift('2025-03-12', '2025-03-25', '{City bb,City be}') c USING (method);
SELECT i.observed = (SELECT count(*) FROM people WHERE day BETWEEN '2025-03-12' AND '2025-03-25') AS all_leads, i.test_days, i.days_before
FROM analytics.period_lift('2025-03-12', '2025-03-25', history_days => 60) i;
SELECT call, pg_temp.refusal(format('SELECT * FROM analytics.%s', call)) FROM unnest(ARRAY[
    $$region_lift('2025-03-12', '2025-03-25', '{nowhere}')$$, $$region_lift('2025-03-12', '2025-03-01', '{City bb}')$$, $$region_lift('2025-03-12', '2025-03-25', '{City bb}', 'country')$$,
    $$region_lift('2025-03-12', '2025-03-25', '{City bb}', metric => 'clicks')$$, $$region_lift('2025-03-12', '2025-03-25', '{City bb}', history_days => 1)$$,
    $$period_lift('2025-03-12', '2025-03-25', 'clicks')$$, $$period_lift('2025-03-12', NULL)$$]) call;
-- What tests measured, and what becomes of credit and advice by it
CREATE TABLE clicks AS
SELECT c AS event_id, 100000 + c AS client_id, timestamp '2025-04-01' + c % 60 * interval '1 day' + interval '9 hours' AS occurred_at, (ARRAY['google', 'facebook'])[1 + c % 2] AS utm_source, 'cpc' AS utm_medium,
       (ARRAY['g1', 'f1'])[1 + c % 2] AS campaign_id, true AS is_lead FROM generate_series(1, 1200) c;
CREATE TABLE deals AS SELECT client_id AS contract_id, client_id, occurred_at + interval '1 day' AS signed_at, 100 AS amount FROM clicks WHERE event_id % 3 = 0;
CREATE TABLE ads AS SELECT date '2025-04-01' + d AS date, p AS platform, c AS campaign_id, upper(c) AS campaign_name, 100 + d % 7 * 10 AS spend, 1000 AS impressions, 50 AS clicks
FROM generate_series(0, 59) d, (VALUES ('google', 'g1'), ('facebook', 'f1')) v (p, c);
SELECT analytics.register_source('events', 'clicks') + analytics.register_source('contracts', 'deals') + analytics.register_source('ad_performance', 'ads') > 0 AS registered;
CALL analytics.refresh();
CREATE TEMP TABLE before AS SELECT * FROM analytics.attribution('2025-05-01', '2025-05-30', '{last,linear}');
CREATE TEMP TABLE advice AS SELECT * FROM analytics.reco_budget('2025-05-01', '2025-05-30');
SELECT count(*) AS differs FROM (SELECT * FROM before EXCEPT SELECT * FROM analytics.attribution('2025-05-01', '2025-05-30', '{last,linear}', calibrated => true)) d;
SELECT analytics.register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, platform => 'facebook', metric => 'contracts', note => 'switched off in the north') > 0 AS added;
SELECT platform, metric, measured, attributed, round(factor::numeric, 3) AS factor, round(factor_low::numeric, 3) AS low, round(factor_high::numeric, 3) AS high, round(weight::numeric, 3) AS weight, note
FROM analytics.calibrations(as_of => '2025-05-30');
SELECT a.model, a.key, round(b.conversions::numeric, 3) AS was, round(a.conversions::numeric, 3) AS conversions, a.revenue, a.share_pct, round(a.factor::numeric, 3) AS factor, round(a.cpa, 2) AS cpa
FROM analytics.attribution('2025-05-01', '2025-05-30', '{last,linear}', calibrated => true) a LEFT JOIN before b USING (model, key) ORDER BY a.model, a.key;
SELECT a.model, sum(a.conversions) = (SELECT sum(conversions) FROM before b WHERE b.model = a.model) AS conversions_add_up, sum(a.revenue) = (SELECT sum(revenue) FROM before b WHERE b.model = a.model) AS revenue_does
FROM analytics.attribution('2025-05-01', '2025-05-30', '{last,linear}', calibrated => true) a GROUP BY 1 ORDER BY 1;
SELECT a.campaign_id, b.leads_cur AS counted, a.leads_cur AS by_test, a.cpl_cur > b.cpl_cur AS dearer, a.p_better < b.p_better AS less_sure, a.marginal_cpl > b.marginal_cpl AS next_is_dearer
FROM analytics.reco_budget('2025-05-01', '2025-05-30') a JOIN advice b USING (campaign_id) ORDER BY 1;
-- A later test of the campaign itself goes before that of its platform; a wide interval says little
SELECT analytics.register_calibration('2025-05-10', '2025-05-20', 100, -1000, 1200, campaign_id => 'f1') > 0 AS added;
SELECT k.campaign_id, round(f.factor::numeric, 2) AS factor FROM analytics_internal.campaign_factors(NULL, '2025-05-30') f JOIN warehouse.dim_campaigns k USING (business_id, campaign_key);
SELECT a.key, round(a.conversions::numeric, 2) AS conversions, round(a.factor::numeric, 2) AS factor FROM analytics.attribution('2025-05-01', '2025-05-30', '{last}', 'campaign', calibrated => true) a ORDER BY 1;
SELECT call, pg_temp.refusal('SELECT * FROM analytics.' || call) FROM unnest(ARRAY[
    $$register_calibration('2025-05-01', '2025-05-30', 30, 20, 40)$$, $$register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, 'facebook', 'g1')$$, $$register_calibration('2025-05-01', '2025-05-30', 30, 35, 40, 'facebook')$$,
    $$register_calibration('2025-05-30', '2025-05-01', 30, 20, 40, 'facebook')$$, $$register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, 'nowhere')$$, $$register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, campaign_id => 'x')$$,
    $$register_calibration('2025-05-01', '2025-05-30', 30, 20, NULL, 'facebook')$$, $$register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, 'facebook', metric => 'clicks')$$,
    $$attribution('2025-05-01', '2025-05-30', dimension => 'channel', calibrated => true)$$]) call;
-- Two platforms may give campaigns the same id: a test is of one of them.
BEGIN;
INSERT INTO warehouse.dim_campaigns (platform, campaign_id, campaign_name, origin) VALUES ('google', 'f1', 'Another', 'campaigns');
SELECT campaign_id, platform, attributed FROM analytics.calibrations(as_of => '2025-05-30') WHERE campaign_id IS NOT NULL;
INSERT INTO warehouse.campaign_roi_daily
SELECT (jsonb_populate_record(r, jsonb_build_object('platform', 'google', 'campaign_key', (SELECT campaign_key FROM warehouse.dim_campaigns WHERE platform = 'google' AND campaign_id = 'f1')))).*
FROM warehouse.campaign_roi_daily r JOIN warehouse.dim_campaigns k USING (business_id, campaign_key) WHERE k.campaign_id = 'f1';
SELECT campaign_id, platform, attributed FROM analytics.calibrations(as_of => '2025-05-30') WHERE campaign_id IS NOT NULL;
SELECT k.platform, k.campaign_id FROM analytics_internal.campaign_factors(NULL, '2025-05-30') f JOIN warehouse.dim_campaigns k USING (business_id, campaign_key) WHERE k.campaign_id = 'f1';
SELECT pg_temp.refusal($$SELECT analytics.register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, campaign_id => 'f1')$$);
SELECT analytics.register_calibration('2025-05-01', '2025-05-30', 30, 20, 40, 'google', 'f1') > 0 AS added;
ROLLBACK;
DELETE FROM warehouse.calibration;
SELECT count(*) AS differs FROM (SELECT * FROM advice EXCEPT SELECT * FROM analytics.reco_budget('2025-05-01', '2025-05-30')) d;
DROP VIEW columns;
DROP TABLE panel, series, people, visits, branches, clicks, deals, ads CASCADE;
