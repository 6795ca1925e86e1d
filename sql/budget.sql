-- Budget: posteriors of rates and costs, response curves, allocation, advice.
\i test/fixture/reset.sql

-- Rates.
SELECT round(analytics.beta_probability(0, 0, 0.3)::numeric, 12) AS nothing_seen, round(analytics.beta_probability(30, 200, 0.1)::numeric, 9) AS above_a_rate,
       round(analytics.beta_superiority(30, 200, 30, 200)::numeric, 9) AS equal, analytics.beta_probability(1, NULL, 0.1) AS unknown;
-- P(Beta(2,1) > Beta(1,2)) = 5/6.
SELECT round(analytics.beta_superiority(1, 1, 0, 1)::numeric, 12) AS five_sixths;
SELECT round(prior_successes::numeric, 6), round(prior_failures::numeric, 6) FROM analytics.beta_prior('{10}', '{100}');
SELECT prior_successes / (prior_successes + prior_failures) BETWEEN 0.08 AND 0.12 AS around_the_mean, prior_successes > 5 AS much_alike
FROM analytics.beta_prior('{10,11,9,10,10,9,12,8}', '{100,100,100,100,100,100,100,100}');
SELECT * FROM analytics.beta_prior('{}', '{}');
SELECT * FROM analytics.beta_prior('{1,2}', '{3}');
SELECT * FROM analytics.beta_prior('{1,NULL}', '{3,3}');
SELECT analytics.beta_probability(5, 4, 0.1);
SELECT analytics.beta_probability(5, 'Infinity', 0.1);
SELECT analytics.beta_probability(5, 6, 'NaN');
SELECT analytics.beta_superiority(1, 2, 1, 2, prior_successes => 0);

-- Costs: known values.
SELECT round(analytics.cost_probability(7, 300, 50, 4, 160)::numeric, 12) AS p_within_50, round(c.cost_low::numeric, 9) AS q05, round(c.cost::numeric, 9) AS q50, round(c.cost_high::numeric, 9) AS q95
FROM analytics.cost_posterior(7, 300, 4, 160) c;
SELECT round(analytics.cost_superiority(11, 460, 30, 1500)::numeric, 12) AS cheaper, round(analytics.cost_superiority(11, 460, 30, 1500, 1.1)::numeric, 12) AS by_a_tenth;
SELECT round(prior_events::numeric, 9), round(prior_spend::numeric, 9) FROM analytics.cost_prior('{4}', '{100}');
SELECT analytics.cost_posterior(5, 100, 2, 50, level => 1);
SELECT analytics.cost_probability(7, 300, 0, 4, 160);
SELECT analytics.cost_posterior(-1, 100, 2, 50);
-- Contracts: where every lead signs, a contract costs what a lead does; returns: the interval holds the median, the target decides the probability.
SELECT abs(analytics.contract_cost_probability(25, 1000, 25, 50, 1, 40, 1e9, 1) - analytics.cost_probability(25, 1000, 50, 1, 40)) < 1e-6 AS all_sign,
       analytics.contract_cost_probability(25, 1000, 5, 250, 1, 40) BETWEEN 0.5 AND 0.8 AS some_sign;
SELECT roas_low < roas AND roas < roas_high AS ordered, (p_above > 0.5) = (roas > 2) AS agrees FROM analytics.roas_posterior(25, 1000, 5, 600, 0.2, 2, 1, 40);
SELECT analytics.contract_cost_probability(5, 100, 6, 50, 1, 40);

-- Allocation: known optima (a curve is given by a point of it and its elasticity there).
SELECT campaign, round(optimal::numeric, 8) AS optimal, round(response_optimal::numeric, 9) AS response, round((1 / marginal_cost)::numeric, 11) AS slope, binding, is_total
FROM analytics.allocate_budget('{a,b,c}', '{100,50,400}', '{15,10,25}', '{0.5,0.5,0.5}', target => 300, min_spends => '{20,20,20}', max_spends => '{150,150,200}');
SELECT campaign, round(optimal::numeric, 8) AS optimal, round(response_optimal::numeric, 9) AS response, round((1 / marginal_cost)::numeric, 14) AS slope, binding
FROM analytics.allocate_budget('{a,b,c}', '{1,1,1}', '{2,1,3}', '{0.5,0.7,0.4}', target => 300, min_spends => '{20,20,20}', max_spends => '{150,150,200}', family => 'power');
-- The budget is met to 1e-12 in any unit of money, and nobody is left worse off than today.
SELECT u.unit, abs(t.optimal / t.spend - 1) < 1e-12 AS met, t.response_optimal >= t.response AS no_worse
FROM (VALUES (1e-6), (1), (1e6)) u (unit), LATERAL (
    SELECT array_agg(i::text ORDER BY i) AS names, array_agg((100 + i * 37 % 91) * u.unit ORDER BY i) AS spends, array_agg((5 + i * 13 % 29)::float8 ORDER BY i) AS responses,
           array_agg(0.1 + 0.8 * (i * 17 % 41) / 41 ORDER BY i) AS elasticities FROM generate_series(1, 200) i) c,
    LATERAL analytics.allocate_budget(c.names, c.spends::float8[], c.responses, c.elasticities::float8[]) t WHERE t.is_total;
-- One campaign, equal curves, frozen ones, a platform's share.
SELECT campaign, round(optimal::numeric, 6) AS optimal, binding FROM analytics.allocate_budget('{one}', '{100}', '{5}', '{0.5}');
SELECT campaign, round(optimal::numeric, 6) AS optimal, binding FROM analytics.allocate_budget('{a,b,c}', '{100,100,100}', '{5,5,5}', '{0.5,0.5,0.5}');
SELECT campaign, round(optimal::numeric, 6) AS optimal, binding FROM analytics.allocate_budget('{a,b,c}', '{100,100,100}', '{5,9,20}', '{0.5,0.5,0.5}', min_spends => '{100,70,70}', max_spends => '{100,130,130}');
SELECT campaign, round(optimal::numeric, 6) AS optimal, binding FROM analytics.allocate_budget('{a,b,c}', '{100,100,100}', '{5,9,20}', '{0.5,0.5,0.5}', platforms => '{x,x,y}', share_platforms => '{y}', max_share => '{0.35}');
-- The same point by each objective.
WITH curves AS (SELECT '{a,b,c}'::text[] AS names, '{100,50,400}'::float8[] AS spends, '{15,10,25}'::float8[] AS responses, '{0.5,0.5,0.5}'::float8[] AS elasticities,
                       '{20,20,20}'::float8[] AS low, '{150,150,200}'::float8[] AS high)
SELECT o.objective, round(t.optimal::numeric, 6) AS budget, round(t.response_optimal::numeric, 6) AS response
FROM curves c, (VALUES ('fixed_budget', 300), ('target_cost', 300 / 38.940815400), ('marginal_cost', 1 / 0.07183433482), ('target_response', 38.940815400)) o (objective, target),
     LATERAL analytics.allocate_budget(c.names, c.spends, c.responses, c.elasticities, o.objective, o.target, c.low, c.high) t WHERE t.is_total;
SELECT round((optimal / spend)::numeric, 3) AS saved, abs(response_optimal / response - 1) < 1e-9 AS same FROM analytics.allocate_budget('{a,b}', '{100,100}', '{5,20}', '{0.5,0.5}', 'same_response') WHERE is_total;
-- What cannot be met says why.
\set VERBOSITY default
SELECT * FROM analytics.allocate_budget('{a,b}', '{100,100}', '{5,20}', '{0.5,0.5}', target => 1000);
SELECT * FROM analytics.allocate_budget('{a,b}', '{100,100}', '{5,20}', '{0.5,0.5}', 'target_cost', 0.1);
SELECT * FROM analytics.allocate_budget('{a,b}', '{100,100}', '{5,20}', '{0.5,1}');
\set VERBOSITY terse
SELECT * FROM analytics.allocate_budget('{a,b}', '{100,0}', '{5,20}', '{0.5,0.5}');
SELECT * FROM analytics.allocate_budget('{a,b}', '{100,NULL}', '{5,20}', '{0.5,0.5}');
SELECT * FROM analytics.allocate_budget('{a,NULL}', '{100,100}', '{5,20}', '{0.5,0.5}');
SELECT * FROM analytics.allocate_budget('{a,b}', '{100,100}', '{5}', '{0.5,0.5}');
SELECT * FROM analytics.allocate_budget('{a}', '{100}', '{5}', '{0.5}', 'most');
SELECT * FROM analytics.allocate_budget('{a}', '{100}', '{5}', '{0.5}', family => 'hill');
SELECT * FROM analytics.allocate_budget('{}', '{}', '{}', '{}');

-- Advice and curves on a plain table; the order of the rows does not matter.
CREATE TEMP TABLE daily AS
SELECT c.campaign, c.platform, date '2025-03-01' + d AS day, c.spend * (1 + 0.4 * sin(d / 7 * 1.7)) AS spend,
       floor((d + 1) * c.spend / c.cost) - floor(d * c.spend / c.cost) AS leads
FROM (VALUES ('cheap', 'google', 100, 20), ('dear', 'facebook', 100, 200), ('usual', 'facebook', 100, 50), ('usual too', 'google', 100, 52), ('small', 'google', 2, 50)) c (campaign, platform, spend, cost),
     generate_series(0, 83) d;
CREATE TEMP VIEW panel AS
SELECT array_agg(campaign ORDER BY day, campaign) AS campaigns, array_agg(platform ORDER BY day, campaign) AS platforms, array_agg(day ORDER BY day, campaign) AS days,
       array_agg(spend::float8 ORDER BY day, campaign) AS spend, array_agg(leads::float8 ORDER BY day, campaign) AS leads FROM daily;
SELECT a.campaign, a.platform, a.action, round(a.change_pct::numeric, 1) AS change, a.leads, round(a.cpl::numeric, 1) AS cpl, a.p_better > 0.9 AS better, a.p_worse > 0.9 AS worse, a.evidence, a.next_review
FROM panel p, analytics.campaign_actions(p.campaigns, p.platforms, p.days, p.spend, p.leads) a;
SELECT a.reason FROM panel p, analytics.campaign_actions(p.campaigns, p.platforms, p.days, p.spend, p.leads) a WHERE a.action <> 'monitor';
WITH shuffled AS (
    SELECT array_agg(campaign ORDER BY md5(day::text || campaign)) AS campaigns, array_agg(platform ORDER BY md5(day::text || campaign)) AS platforms,
           array_agg(day ORDER BY md5(day::text || campaign)) AS days, array_agg(spend::float8 ORDER BY md5(day::text || campaign)) AS spend,
           array_agg(leads::float8 ORDER BY md5(day::text || campaign)) AS leads FROM daily)
SELECT (SELECT jsonb_agg(a) FROM panel p, analytics.campaign_actions(p.campaigns, p.platforms, p.days, p.spend, p.leads) a)
     = (SELECT jsonb_agg(a) FROM shuffled p, analytics.campaign_actions(p.campaigns, p.platforms, p.days, p.spend, p.leads) a) AS same_advice,
       (SELECT jsonb_agg(a) FROM panel p, analytics.recommend_budget(p.campaigns, p.platforms, p.days, p.spend, p.leads) a)
     = (SELECT jsonb_agg(a) FROM shuffled p, analytics.recommend_budget(p.campaigns, p.platforms, p.days, p.spend, p.leads) a) AS same_plan;
-- Packed days give the same advice, in any order of the rows, with the rows of a day in parts, and by parallel workers.
CREATE TEMP VIEW packed AS
SELECT array_agg(campaign) AS campaigns, array_agg(platform) AS platforms, array_agg(days) AS days
FROM (SELECT campaign, platform, analytics_internal.campaign_days(day, spend::numeric, leads, 0, 0, 1) AS days FROM (SELECT * FROM daily ORDER BY md5(day::text || campaign)) d GROUP BY campaign, platform) c;
SELECT (SELECT jsonb_agg(a) FROM panel p, analytics.campaign_actions(p.campaigns, p.platforms, p.days, (SELECT array_agg(spend::numeric::float8 ORDER BY day, campaign) FROM daily), p.leads) a)
     = (SELECT jsonb_agg(to_jsonb(a) - '{outcome,lead_worth,contracts_per_lead,contract_value,roas,roas_low,roas_high}'::text[]) FROM packed p, analytics_internal.actions_of_days(p.campaigns, p.platforms, p.days, objective => 'leads') a) AS same_advice;
SELECT (SELECT analytics_internal.campaign_days('2025-03-01'::date + d, s, l, 1, 0, 1) FROM generate_series(0, 9) d, (VALUES (0.1, 0.2), (0.3, 0.7), (1e15, 1)) v (s, l))
     = (SELECT analytics_internal.campaign_days('2025-03-01'::date + d, s, l, 1, 0, 1) FROM generate_series(9, 0, -1) d, (VALUES (1e15, 1), (0.1, 0.2), (0.3, 0.7)) v (s, l)) AS any_order;
CREATE TABLE spread AS SELECT i % 40 AS campaign, date '2025-01-01' + i / 40 % 100 AS day, (i % 977) / 7.0 AS spend, i % 5 AS leads FROM generate_series(1, 40000) i;
CREATE TEMP TABLE serial_days AS SELECT campaign, analytics_internal.campaign_days(day, spend, leads, leads, 0, 1) AS days FROM spread GROUP BY campaign;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2; SET parallel_leader_participation = off;
EXPLAIN (COSTS OFF) SELECT campaign, analytics_internal.campaign_days(day, spend, leads, leads, 0, 1) AS days FROM spread GROUP BY campaign;
SELECT count(*) AS same_in_parallel FROM (SELECT campaign, analytics_internal.campaign_days(day, spend, leads, leads, 0, 1) AS days FROM spread GROUP BY campaign) p JOIN serial_days s USING (campaign, days);
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather; RESET parallel_leader_participation;
DROP TABLE spread CASCADE;
-- Amounts are read as the server casts them: all forms of a numeric, to the last bit. A refund is no spend, no days are no campaign.
WITH amount (id, spend) AS (
    SELECT 'case ' || i, v FROM unnest('{0,0.0001,1,9999,10000,10000.0001,123456789.1234,99999999999999.9999,1e14,1e-20,0.1,0.3,1.7,9007199254740993,9007199254740.9931,1e30,123e28,5e-324,0.00012345678901234567890123456789,12345678901234567890.12345}'::numeric[]) WITH ORDINALITY u (v, i)
    UNION ALL SELECT 'random ' || i, ((hashint8(i)::bigint & 2147483647)::numeric * (1 + (hashint8(-i)::bigint & 65535)) / 10::numeric ^ (i % 12))::numeric(40, 12) FROM generate_series(1, 2000) i
    UNION ALL SELECT 'scale ' || i, trunc(1234567890123456.7890123456 / 10::numeric ^ i, 18) FROM generate_series(-12, 18) i
), packed AS (
    SELECT array_agg(id) AS ids, array_agg('x'::text) AS platforms, array_agg(days) AS days
    FROM (SELECT id, analytics_internal.campaign_days('2025-01-01', spend, 1, 0, 0, 1) AS days FROM amount GROUP BY id) d
)
SELECT count(*) AS amounts, count(*) FILTER (WHERE a.spend IS DISTINCT FROM m.spend::float8) AS differ
FROM packed p, analytics_internal.actions_of_days(p.ids, p.platforms, p.days, '2025-01-01') a JOIN amount m ON m.id = a.campaign;
SELECT a.campaign, a.spend, a.leads, a.evidence
FROM (SELECT analytics_internal.campaign_days('2025-01-01', -5.25, 3, 0, 0, 1) AS refund, (SELECT analytics_internal.campaign_days('2025-01-01', 1, 1, 1, 0, 1) WHERE false) AS nothing) d,
     analytics_internal.actions_of_days('{refund,nothing}', '{x,x}', ARRAY[d.refund, d.nothing]) a;
-- Half of the leads of a day have come: they cost what as many on half of the spend do, as sure as these. What was spent stays what it was.
WITH days (part, campaign, days) AS (
    SELECT part, c, analytics_internal.campaign_days(date '2025-03-01' + d, 100 * part, 3 + (d + c) % 4, 0, 0, 1 / part::float8)
    FROM unnest('{1,2}'::int[]) part, generate_series(1, 4) c, generate_series(0, 27) d
    GROUP BY part, c
), advice AS (
    SELECT p.part, a.*
    FROM (SELECT part, array_agg(campaign::text) AS campaigns, array_agg('x'::text) AS platforms, array_agg(days) AS days FROM days GROUP BY part) p,
         analytics_internal.actions_of_days(p.campaigns, p.platforms, p.days, objective => 'leads') a
)
SELECT count(*) AS campaigns, bool_and((o.cpl, o.cpl_low, o.cpl_high, o.p_better, o.leads) = (t.cpl, t.cpl_low, t.cpl_high, t.p_better, t.leads)) AS same_cost, bool_and(2 * o.spend = t.spend) AS twice_spent
FROM advice o JOIN advice t USING (campaign) WHERE o.part = 1 AND t.part = 2;
SELECT analytics_internal.campaign_days('2025-01-01', 'NaN', 1, 0, 0, 1);
SELECT analytics_internal.campaign_days('2025-01-01', 1, 'Infinity', 0, 0, 1);
SELECT analytics_internal.campaign_days('infinity', 1, 1, 0, 0, 1);
SELECT analytics_internal.campaign_days('2025-01-01', 1, NULL, 0, 0, 1);
SELECT analytics_internal.campaign_days('2025-01-01', 1, 1, 0, 0, -0.5);
SELECT * FROM analytics_internal.actions_of_days('{a}', '{x}', '{"\\x00"}');
SELECT * FROM analytics_internal.actions_of_days('{a}', '{x}', ARRAY[(SELECT analytics_internal.campaign_days('2025-01-01', 1, 1, 0, 0, 1)) || '\x00'::bytea]);
SELECT * FROM analytics_internal.actions_of_days('{a}', '{x}', ARRAY[overlay((SELECT analytics_internal.campaign_days('2025-01-01', 1, 1, 0, 0, 1)) PLACING '\xffffffffffffffff'::bytea FROM 7)]);
SELECT * FROM analytics_internal.actions_of_days('{a,b}', '{x}', '{}');
SELECT * FROM analytics_internal.actions_of_days('{a}', '{x}', '{NULL}');
-- Without days: totals of one day, judged by their counts alone.
SELECT a.campaign, a.platform, a.action, a.evidence, a.next_review FROM analytics.campaign_actions('{a,b,c,d}', NULL, NULL, '{1000,1000,1000,0}', '{60,5,20,7}') a;
SELECT a.reason FROM analytics.campaign_actions('{a,b,c,d}', NULL, NULL, '{1000,1000,1000,0}', '{60,5,20,7}') a WHERE a.evidence = 'no_spend';
SELECT c.campaign, c.blocks, c.usable, round(c.spend::numeric, 2) AS spend, c.elasticity BETWEEN c.elasticity_low AND c.elasticity_high AS within
FROM panel p, analytics.response_curve(p.campaigns, p.platforms, p.days, p.spend, p.leads) c;
SELECT count(*) FROM analytics.response_curve('{}', NULL, NULL, '{}', '{}');
SELECT count(*) FROM analytics.campaign_actions('{}', NULL, NULL, '{}', '{}');
SELECT r.is_total, r.reason FROM analytics.recommend_budget(NULL, NULL, NULL, NULL, NULL) r;
SELECT r.campaign, r.binding, round(r.change_pct::numeric, 1) AS change, r.usable, r.reason
FROM panel p, analytics.recommend_budget(p.campaigns, p.platforms, p.days, p.spend, p.leads, frozen => '{dear}') r WHERE NOT r.is_total;
-- Experiments are believed.
SELECT r.campaign, round(r.elasticity::numeric, 1) AS elasticity, r.usable
FROM panel p, analytics.recommend_budget(p.campaigns, p.platforms, p.days, p.spend, p.leads, lift_campaigns => '{cheap}', lift_elasticity => '{0.2}', lift_sd => '{0.02}') r WHERE r.campaign = 'cheap';
SELECT * FROM analytics.campaign_actions('{a}', NULL, '{2025-01-01}', '{NaN}', '{1}');
SELECT * FROM analytics.campaign_actions('{a}', NULL, '{2025-01-01}', '{-5}', '{1}');
SELECT * FROM analytics.campaign_actions('{a}', NULL, '{2025-01-01,2025-01-02}', '{5}', '{1}');
SELECT * FROM analytics.campaign_actions('{a}', NULL, '{infinity}', '{5}', '{1}');
SELECT * FROM analytics.campaign_actions('{a}', NULL, NULL, '{5}', '{1}', window_days => 0);
SELECT * FROM analytics.campaign_actions('{a}', NULL, NULL, '{5}', '{1}', window_days => 2147483647);
-- Nothing is as long as a day far away, in the past or to come.
SELECT action, spend, leads, contracts FROM analytics.campaign_actions('{a,a}', NULL, '{4713-01-01 BC,2025-10-01}', '{5,5}', '{1,1}', '{0,1}', as_of => '2025-10-02');
SELECT action, spend, leads, contracts FROM analytics.campaign_actions('{a,a}', NULL, '{2025-10-01,5874897-12-31}', '{5,5}', '{1,1}', '{0,1}');
SELECT action, spend, leads, contracts FROM analytics.campaign_actions('{a}', NULL, '{2025-10-01}', '{5}', '{1}', '{1}', as_of => '5874897-12-31');
SELECT blocks, usable FROM analytics.response_curve('{a,a}', NULL, '{4713-01-01 BC,5874897-12-31}', '{5,5}', '{1,1}', block_days => 1);
SELECT * FROM analytics.campaign_actions('{a}', NULL, NULL, '{5}', '{1}', p_scale => 2);
SELECT * FROM analytics.recommend_budget('{a}', NULL, NULL, '{5}', '{1}', bounds => '{1.3,0.7}');
SELECT * FROM analytics.recommend_budget('{a}', NULL, NULL, '{5}', '{1}', bounds => '{1}');
SELECT * FROM analytics.recommend_budget('{a}', NULL, NULL, '{5}', '{1}', frozen => '{b}');
SELECT * FROM analytics.recommend_budget('{a}', NULL, NULL, '{5}', '{1}', lift_campaigns => '{a}', lift_elasticity => '{2}', lift_sd => '{0.1}');
-- An experiment that found no effect: in every family the elasticity is 0, and one more response has no cost.
SELECT f AS family, k.campaign, k.elasticity, k.marginal_cost, k.reason LIKE '%inf%' OR k.reason LIKE '%nan%' AS odd
FROM (
    SELECT array_agg(c::text) AS campaigns, array_agg('p'::text) AS platforms, array_agg(date '2025-01-01' + d) AS days,
           array_agg((100 + 20 * (d / 7 * c % 5))::double precision) AS spends, array_agg((5 + d % 3)::double precision) AS responses
    FROM generate_series(1, 2) c, generate_series(0, 83) d) a,
    unnest('{michaelis_menten,power,logarithm}'::text[]) f,
    analytics.recommend_budget(campaigns, platforms, days, spends, responses, family => f, lift_campaigns => '{1,2}',
        lift_elasticity => '{0.001,0.001}', lift_sd => '{0.0001,0.0001}') k
WHERE NOT k.is_total ORDER BY 1, 2;
-- Amounts at the ends of what is a number: every answer is one, too, or says that they are beyond.
CREATE FUNCTION pg_temp.answer(one double precision, other double precision, few double precision, many double precision) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    SELECT string_agg(to_jsonb(a)::text, '') INTO answer
    FROM (SELECT array_agg('c' || i / 42) AS campaigns, array_agg('p'::text) AS platforms, array_agg(date '2025-01-01' + i % 42) AS days,
                 array_agg(CASE WHEN i % 3 = 0 THEN one ELSE other END) AS spends, array_agg(CASE WHEN i % 2 = 0 THEN few ELSE many END) AS responses
          FROM generate_series(0, 83) i) p, analytics.campaign_actions(campaigns, platforms, days, spends, responses) a;
    RETURN CASE WHEN answer ~* '"-?(nan|infinity)"|[^a-z](nan|inf)[^a-z]' THEN 'not a number' ELSE 'numbers' END;
EXCEPTION
    WHEN invalid_parameter_value OR numeric_value_out_of_range THEN RETURN SQLSTATE;
END
$$;
SELECT pg_temp.answer(a, b, c, d) AS answer, count(*) > 100 AS often
FROM unnest('{5e-324,1e-300,1,1e300}'::double precision[]) a, unnest('{5e-324,1e-300,1,1e300}'::double precision[]) b,
     unnest('{0,5e-324,0.5,1e15,1.7e308}'::double precision[]) c, unnest('{0,5e-324,0.5,1e15,1.7e308}'::double precision[]) d
GROUP BY 1 ORDER BY 1;
