-- Budget: posteriors of rates and costs, response curves, allocation, advice.
\set SHOW_CONTEXT never
\set VERBOSITY terse

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
