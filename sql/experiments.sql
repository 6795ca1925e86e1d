-- A/B statistics: the functions over counts and moments, and what they refuse. The numbers themselves are those of the unit tests.
\i test/fixture/reset.sql
CREATE FUNCTION pg_temp.rounded(line jsonb) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_object_agg(key, CASE jsonb_typeof(value) WHEN 'number' THEN to_jsonb(round((value #>> '{}')::numeric, 9)) ELSE value END) FROM jsonb_each(line)
$$;
SELECT e.* FROM analytics.ab_proportions(200, 2000, 250, 2000) t, jsonb_each(pg_temp.rounded(to_jsonb(t))) e;
SELECT round(difference_low::numeric, 9) AS low, round(difference_high::numeric, 9) AS high FROM analytics.ab_proportions(200, 2000, 250, 2000, method => 'wald');
SELECT m, round(rate::numeric, 9) AS rate, round(low::numeric, 9) AS low, round(high::numeric, 9) AS high FROM unnest('{wilson,exact,wald}'::text[]) m, analytics.proportion_interval(30, 1000, method => m);
SELECT difference, p_value, p_exact, statistic, lift, reason FROM analytics.ab_proportions(0, 50, 0, 60);
SELECT round(p_value::numeric, 9) AS p_value, lift, reason FROM analytics.ab_proportions(0, 50, 3, 55);
SELECT difference, p_value, reason FROM analytics.ab_proportions(0, 0, 3, 55);
SELECT p_value, lift_p_value, p_exact, reason FROM analytics.ab_proportions(5000, 10000, 5000, 10000);
SELECT p_value > 0 AND p_value < 1e-20 AS tiny, lift_p_value > 0 AS tiny_too FROM analytics.ab_proportions(1, 1000000, 100, 1000000);
SELECT * FROM analytics.proportion_interval(0, 0);
-- Few of many: one p-value of difference and lift (Fisher's exact one beside it), and no bound of the lift below -100 %.
SELECT e.* FROM analytics.ab_proportions(9, 1000, 2, 1000) t, jsonb_each(pg_temp.rounded(to_jsonb(t))) e;

-- From rows, by SQL's own aggregates: 400 visitors, what they spent before and after, their orders.
CREATE TEMP TABLE visitor AS
SELECT i, CASE WHEN i % 2 = 0 THEN 'b' ELSE 'a' END AS arm, (i * 7919 % 97)::float8 AS spent_before, 1 + i % 4 AS orders,
       (i * 7919 % 97) * 0.5 + i * 104729 % 31 + CASE WHEN i % 2 = 0 THEN 3 ELSE 0 END AS spent
FROM generate_series(1, 400) i;
CREATE TEMP VIEW arm AS SELECT arm, count(*) AS n, avg(spent) AS mean, var_samp(spent) AS variance FROM visitor GROUP BY arm;
SELECT round(t.difference::numeric, 6) AS difference, round(t.p_value::numeric, 6) AS p_value, round(t.difference_low::numeric, 6) AS low, round(t.difference_high::numeric, 6) AS high, t.reason
FROM arm a, arm b, analytics.ab_means(a.n, a.mean, a.variance, b.n, b.mean, b.variance) t WHERE a.arm = 'a' AND b.arm = 'b';
WITH m AS (
    SELECT arm, (count(*), avg(spent), var_samp(spent), avg(spent_before), var_samp(spent_before), covar_samp(spent, spent_before))::analytics.metric_moments AS m FROM visitor GROUP BY arm)
SELECT round(t.difference::numeric, 6) AS difference, round(t.p_value::numeric, 9) AS p_value, round(t.theta::numeric, 6) AS theta, round(t.variance_reduction::numeric, 6) AS variance_reduction, t.reason
FROM m a, m b, analytics.ab_cuped(a.m, b.m) t WHERE a.arm = 'a' AND b.arm = 'b';
-- The slope is that of a regression within the arms.
SELECT round((sum((spent - my) * (spent_before - mx)) / sum((spent_before - mx) ^ 2))::numeric, 6) AS theta
FROM (SELECT spent, spent_before, avg(spent) OVER (PARTITION BY arm) AS my, avg(spent_before) OVER (PARTITION BY arm) AS mx FROM visitor) v;
WITH m AS (
    SELECT arm, (count(*), avg(spent), var_samp(spent), avg(orders), var_samp(orders), covar_samp(spent, orders))::analytics.metric_moments AS m, sum(spent) / sum(orders) AS ratio FROM visitor GROUP BY arm)
SELECT abs(t.estimate_a - a.ratio) < 1e-12 AND abs(t.estimate_b - b.ratio) < 1e-12 AS are_the_ratios, round(t.p_value::numeric, 6) AS p_value, t.reason
FROM m a, m b, analytics.ab_ratios(a.m, b.m) t WHERE a.arm = 'a' AND b.arm = 'b';
SELECT t.reason, t.difference FROM analytics.ab_means(1, 5, 0, 10, 6, 2) t;
SELECT t.reason, t.p_value FROM analytics.ab_means(10, 5, 0, 10, 6, 0) t;
-- Of one unit SQL knows no variance, of none no mean.
SELECT n, t.difference, t.reason, b.reason AS of_bayes
FROM (VALUES (0, NULL, NULL), (1, 5, NULL), (2, 5, 0)) a (n, mean, variance), analytics.ab_means(n, mean, variance, 10, 6, 2) t, analytics.ab_bayes_means(n, mean, variance, 10, 6, 2) b;
SELECT t.reason, t.lift, t.p_value IS NOT NULL AS tested FROM analytics.ab_means(10, 0, 1, 10, 6, 1) t;
SELECT t.reason, t.theta FROM analytics.ab_cuped((10, 5, 1, 3, 0, 0), (10, 6, 1, 3, 0, 0)) t;
SELECT t.reason FROM analytics.ab_ratios((10, 5, 1, 0, 1, 0), (10, 6, 1, 3, 0, 0)) t;
SELECT t.reason FROM analytics.ab_cuped((1, 5, NULL, 3, NULL, NULL), (10, 6, 1, 3, 1, 0)) t;
SELECT t.reason FROM analytics.ab_cuped((0, NULL, NULL, NULL, NULL, NULL), (10, 6, 1, 3, 1, 0)) t;

SELECT round(p_b_better::numeric, 9) AS p_b_better, round(expected_loss_a::numeric, 9) AS loss_a, round(expected_loss_b::numeric, 9) AS loss_b FROM analytics.ab_bayes(200, 2000, 250, 2000);
SELECT round(p_b_better::numeric, 6) AS p_b_better, rate_a FROM analytics.ab_bayes(0, 0, 0, 0);
SELECT round(s.low::numeric, 9) AS low, round(s.high::numeric, 9) AS high, round(s.p_value::numeric, 9) AS p_value
FROM analytics.ab_proportions(200, 2000, 250, 2000) c, analytics.ab_sequential(c.difference, c.standard_error, 4000) s;
SELECT * FROM analytics.ab_sequential(0, 0, 4000);
-- One-sided: one end, half the p-value.
SELECT a, round(p_value::numeric, 9) AS p_value, round(difference_low::numeric, 6) AS low, round(difference_high::numeric, 6) AS high, round(lift_low::numeric, 6) AS lift_low, round(lift_high::numeric, 6) AS lift_high, round(p_exact::numeric, 9) AS p_exact
FROM unnest('{greater,less}'::text[]) a, analytics.ab_proportions(200, 2000, 250, 2000, alternative => a);
SELECT round(s.low::numeric, 9) AS low, s.high, round(s.p_value::numeric, 9) AS p_value
FROM analytics.ab_proportions(200, 2000, 250, 2000) c, analytics.ab_sequential(c.difference, c.standard_error, 4000, alternative => 'greater') s;
-- The mean of A may be 0: a difference, no lift.
SELECT difference, round(p_value::numeric, 6) AS p_value, lift, lift_low, lift_p_value, reason FROM analytics.ab_means(100, 1, 100, 100, 2, 100);
SELECT lift, reason FROM analytics.ab_means(100, -5, 1, 100, 2, 1);
-- Two strata of the same size, by hand: (1 + 3) / 2, and a quarter of each variance.
SELECT difference, round(standard_error::numeric, 9) AS standard_error, round(sqrt(0.25 * (4 / 10.0 + 4 / 10.0 + 9 / 10.0 + 1 / 10.0)), 9) AS by_hand, reason
FROM analytics.ab_stratified('{10,10}', '{5,8}', '{4,9}', '{10,10}', '{6,11}', '{4,1}');
SELECT difference, reason FROM analytics.ab_stratified('{10,1}', '{5,8}', '{4,NULL}', '{10,10}', '{6,11}', '{4,1}');
SELECT difference, reason FROM analytics.ab_stratified('{10,0}', '{5,NULL}', '{4,NULL}', '{10,10}', '{6,11}', '{4,1}');
SELECT estimate_a, estimate_b, cap_low, cap_high, reason FROM analytics.ab_winsorised_means('{1,2,3,4,NULL,1000}', '{2,3,4,5,NaN,6}', 0, 0.8);
WITH f AS (SELECT array_agg(spent) FILTER (WHERE arm = 'a') AS a, array_agg(spent) FILTER (WHERE arm = 'b') AS b, array_agg('u' || i % 60) FILTER (WHERE arm = 'a') AS of_a, array_agg('u' || i % 60) FILTER (WHERE arm = 'b') AS of_b FROM visitor),
q AS (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY spent) FILTER (WHERE arm = 'b') - percentile_cont(0.5) WITHIN GROUP (ORDER BY spent) FILTER (WHERE arm = 'a') AS difference FROM visitor)
SELECT t.difference = q.difference AS is_percentile_cont, t.standard_error <> u.standard_error AS errors_differ, t.reason, u.reason AS of_units
FROM f, q, analytics.ab_quantiles(f.a, f.b) t, analytics.ab_quantiles(f.a, f.b, 0.5, f.of_a, f.of_b) u;
SELECT estimate_b, p_value, reason FROM analytics.ab_quantiles('{1,2,3}', '{4,5,6}', 0.9);
SELECT reason FROM analytics.ab_quantiles('{}', '{4,5,6}');
SELECT round(p_b_better::numeric, 9) AS p_b_better, round(expected_loss_a::numeric, 9) AS loss_a, round(expected_loss_b::numeric, 9) AS loss_b, round(difference::numeric, 9) AS difference, reason
FROM analytics.ab_bayes_means(100, 5, 16, 100, 6, 9, prior_deviation => 0.5);
SELECT p_b_better, reason FROM analytics.ab_bayes_means(100, 5, 0, 100, 6, 0);
-- Days in any order, one of them without units; each row is ab_sequential() of all until then.
SELECT day, units_a, units_b, estimate_a, estimate_b, round(p_value::numeric, 9) AS p_value, decided_on, reason
FROM analytics.ab_timeline('{2026-01-03,2026-01-01,2026-01-02}', '{40,30,0}', '{5,4,NULL}', '{4,4,NULL}', '{40,30,1}', '{8,7,6}', '{5,5,NULL}', tightest_at => 100);
SELECT round(s.p_value::numeric, 9) AS p_value FROM analytics.ab_means(30, 4, 4, 30, 7, 5) c, analytics.ab_sequential(c.difference, c.standard_error, 60, tightest_at => 100) s;
SELECT m, n_a, n_b, round(n_a_exact::numeric, 6) AS n_a_exact FROM unnest('{unpooled,pooled,cohen_h}'::text[]) m, analytics.ab_sample_size(0.1, 0.02, ratio => 0.5, method => m);
SELECT * FROM analytics.ab_sample_size_means(10, 1);
SELECT round(analytics.ab_detectable_effect(0.1, 3839)::numeric, 6) AS effect, analytics.ab_detectable_effect(0.5, 2) AS none;
SELECT * FROM analytics.ab_sample_ratio('{5000,5000}');
SELECT round(p_value::numeric, 12) AS p_value, mismatch FROM analytics.ab_sample_ratio('{5200,4800}');
SELECT round(p_value::numeric, 6) AS p_value, mismatch FROM analytics.ab_sample_ratio('{5200,4800,1}', '{52,48,0.01}');
SELECT * FROM analytics.ab_sample_ratio('{0,0}');
-- No row where an argument is NULL.
SELECT count(*) FROM analytics.ab_proportions(1, 2, NULL, 4);
SELECT count(*) FROM analytics.ab_means(10, NULL, 1, 10, 6, 1);
SELECT count(*) FROM analytics.ab_bayes_means(10, 5, 1, 10, 6, NULL);
SELECT count(*) FROM analytics.ab_sample_ratio(NULL);

SELECT * FROM analytics.ab_proportions(3, 2, 1, 4);
SELECT * FROM analytics.ab_proportions(1, 2, 1, 4, 1);
SELECT * FROM analytics.ab_proportions(1, 2, 1, 4, method => 'exact');
SELECT * FROM analytics.proportion_interval(1, 2, method => 'none');
SELECT * FROM analytics.ab_means(10, 'NaN', 1, 10, 6, 1);
SELECT * FROM analytics.ab_means(10, 1, -1, 10, 6, 1);
SELECT * FROM analytics.ab_means(-1, 1, 1, 10, 6, 1);
SELECT * FROM analytics.ab_means(10, 1, 1, 10, 6, 1, alternative => 'better');
SELECT * FROM analytics.ab_stratified('{10}', '{5,6}', '{4,4}', '{10}', '{6}', '{4}');
SELECT * FROM analytics.ab_stratified('{10,10}', '{5,6}', '{4,4}', '{10}', '{6}', '{4}');
SELECT * FROM analytics.ab_stratified('{}', '{}', '{}', '{}', '{}', '{}');
SELECT * FROM analytics.ab_stratified('{10}', '{NULL}', '{4}', '{10}', '{6}', '{4}');
SELECT * FROM analytics.ab_winsorised_means('{1,Infinity}', '{1,2}');
SELECT * FROM analytics.ab_winsorised_means('{1,2}', '{1,2}', 0.9, 0.1);
SELECT * FROM analytics.ab_quantiles('{1,2}', '{1,2}', 1);
SELECT * FROM analytics.ab_quantiles('{1,2}', '{1,2}', 0.5, '{a}', '{a,b}');
SELECT * FROM analytics.ab_quantiles(NULL, '{1,2}');
SELECT * FROM analytics.ab_bayes_means(10, 1, 1, 10, 2, 1, 0);
SELECT * FROM analytics.ab_timeline('{2026-01-01,2026-01-01}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}', '{1,1}');
SELECT * FROM analytics.ab_timeline('{2026-01-01}', '{1}', '{1}', '{1}', '{1}', '{1}', '{1}', tightest_at => 0);
SELECT * FROM analytics.ab_cuped((10, 5, 1, 3, 1, 2), (10, 6, 1, 3, 1, 0));
SELECT * FROM analytics.ab_bayes(1, 2, 1, 4, 0);
SELECT * FROM analytics.ab_sequential(0, -1, 10);
SELECT * FROM analytics.ab_sequential(0, 1, 0);
SELECT * FROM analytics.ab_sample_size(0.99, 0.02);
SELECT * FROM analytics.ab_sample_size(0.1, 0);
SELECT * FROM analytics.ab_sample_size(0.1, 0.02, power => 1);
SELECT * FROM analytics.ab_sample_size(0.1, 0.02, method => 'exact');
SELECT * FROM analytics.ab_sample_size(0.5, 1e-12);
SELECT * FROM analytics.ab_sample_size_means(0, 1);
SELECT analytics.ab_detectable_effect(1, 100);
SELECT * FROM analytics.ab_sample_ratio('{1}');
SELECT * FROM analytics.ab_sample_ratio('{1,NULL}');
SELECT * FROM analytics.ab_sample_ratio('{1,2}', '{1}');
SELECT * FROM analytics.ab_sample_ratio('{1,2}', '{1,0}');
SELECT * FROM analytics.ab_sample_ratio('{1,2}', alarm => 2);
