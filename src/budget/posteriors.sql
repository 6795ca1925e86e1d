-- Rates and costs out of counts, on any table: what is known of them, and how sure that is.

CREATE FUNCTION analytics.beta_probability(successes double precision, trials double precision, rate double precision,
    prior_successes double precision DEFAULT 1, prior_failures double precision DEFAULT 1) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_beta_probability';
COMMENT ON FUNCTION analytics.beta_probability(double precision, double precision, double precision, double precision, double precision) IS
'Probability that a true rate is above a given one, from successes in trials
Beta-binomial: Beta(prior_successes + successes, prior_failures + trials - successes). The default prior takes any rate for equally likely; analytics.beta_prior learns one from a group.';

CREATE FUNCTION analytics.beta_superiority(successes double precision, trials double precision, other_successes double precision,
    other_trials double precision, prior_successes double precision DEFAULT 1, prior_failures double precision DEFAULT 1)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_beta_superiority';
COMMENT ON FUNCTION analytics.beta_superiority(double precision, double precision, double precision, double precision, double precision, double precision) IS
'Probability that a true rate is above another one, each from its own trials
Both have the same prior. The two groups of trials must not overlap: to compare a campaign with its portfolio, give the portfolio without it.';

CREATE FUNCTION analytics.beta_prior(successes double precision[], trials double precision[], OUT prior_successes double precision,
    OUT prior_failures double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'marketing_beta_prior';
COMMENT ON FUNCTION analytics.beta_prior(double precision[], double precision[]) IS
'What a group of rates has in common, as a prior in successes and failures
Empirical Bayes: the beta-binomial likelihood of the group with a weak prior on its strength. successes, trials: one element per member of the group.';
