-- Rates, alerts and their history.
SET client_min_messages = warning;

-- How much two rates differ. Values of R: binom.test, pt, p.adjust.
SELECT r.ratio, round(r.ci_low::numeric, 9) AS ci_low, round(r.ci_high::numeric, 9) AS ci_high, round(r.z::numeric, 9) AS z, round(r.p_value::numeric, 12) AS p
FROM analytics.rate_ratio_test(20, 7, 15, 30) r;
SELECT round(r.z::numeric, 9) AS z, round(r.p_value::numeric, 12) AS p FROM analytics.rate_ratio_test(20, 7, 15, 30, phi => 1.8, df => 49) r;
SELECT round((r).p_value::numeric, 12) AS p FROM (SELECT analytics.rate_ratio_test(7, 1, 15, 30, alternative => 'greater', mid_p => false) AS r) s;
-- 80 leads where 40 were to be expected are more, by more than a fifth, but they do not show that there are more than twice as many.
SELECT m.margin, r.p_value < 0.01 AS higher FROM (VALUES (0), (0.2), (1)) m (margin),
    LATERAL analytics.rate_ratio_test(80, 10, 160, 40, margin => m.margin, alternative => 'greater') r;
-- Without leads or without exposure.
SELECT * FROM analytics.rate_ratio_test(0, 7, 0, 30);
SELECT r.ratio, round(r.ci_low::numeric, 6) AS ci_low, r.ci_high FROM analytics.rate_ratio_test(3, 7, 0, 30) r;
SELECT * FROM analytics.rate_ratio_test(3, 0, 5, 30);
SELECT * FROM analytics.rate_ratio_test(3, -10, 5, 30);
SELECT analytics.rate_ratio_test(NULL, 7, 5, 30) IS NULL AS no_count;
SELECT * FROM analytics.rate_ratio_test(-1, 7, 5, 30);
SELECT * FROM analytics.rate_ratio_test('NaN', 7, 5, 30);
SELECT * FROM analytics.rate_ratio_test(1, 'Infinity', 5, 30);
SELECT * FROM analytics.rate_ratio_test(1, 7, 5, 30, phi => 0);
SELECT * FROM analytics.rate_ratio_test(1, 7, 5, 30, alternative => 'both');

SELECT m AS method, ARRAY(SELECT round(a::numeric, 6) FROM unnest(analytics.p_adjust('{0.01,0.02,NULL,0.03,0.5}', m)) a) AS adjusted
FROM unnest('{BH,BY,holm}'::text[]) m;
SELECT analytics.p_adjust('{}') AS none, analytics.p_adjust(NULL) AS null, analytics.p_adjust('{NaN,0.5}') AS nan;
SELECT analytics.p_adjust('{1.5}');
SELECT analytics.p_adjust('{0.5}', 'bonferroni');
