-- Rates and costs out of counts, on any table: what is known of them, and how sure that is.

CREATE FUNCTION analytics.beta_probability(successes double precision, trials double precision, rate double precision,
    prior_successes double precision DEFAULT 1, prior_failures double precision DEFAULT 1) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_beta_probability';
COMMENT ON FUNCTION analytics.beta_probability(double precision, double precision, double precision, double precision, double precision) IS
'Probability that a true rate is above a given one, from successes in trials
Beta-binomial: Beta(prior_successes + successes, prior_failures + trials - successes). The default prior takes any rate for equally likely;
analytics.beta_prior learns one from a group.';

CREATE FUNCTION analytics.beta_superiority(successes double precision, trials double precision, other_successes double precision,
    other_trials double precision, prior_successes double precision DEFAULT 1, prior_failures double precision DEFAULT 1)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_beta_superiority';
COMMENT ON FUNCTION analytics.beta_superiority IS
'Probability that a true rate is above another one, each from its own trials
Both have the same prior. The two groups of trials must not overlap: to compare a campaign with its portfolio, give the portfolio without
it.';

CREATE FUNCTION analytics.beta_prior(successes double precision[], trials double precision[], OUT prior_successes double precision,
    OUT prior_failures double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'marketing_beta_prior';
COMMENT ON FUNCTION analytics.beta_prior(double precision[], double precision[]) IS
'What a group of rates has in common, as a prior in successes and failures
Empirical Bayes: the beta-binomial likelihood of the group with a weak prior on its strength. successes, trials: one element per member of
the group.';

CREATE FUNCTION analytics.cost_prior(events double precision[], spend double precision[], OUT prior_events double precision,
    OUT prior_spend double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 AS 'MODULE_PATHNAME', 'marketing_cost_prior';
COMMENT ON FUNCTION analytics.cost_prior(double precision[], double precision[]) IS
'What costs per event of a group have in common, as a prior in events on spend
Empirical Bayes: the gamma-Poisson likelihood of the group with a weak prior on its strength. events, spend: one element per member; members
without spend say nothing.';

CREATE FUNCTION analytics.cost_posterior(events double precision, spend double precision, prior_events double precision,
    prior_spend double precision, level double precision DEFAULT 0.9, OUT cost_low double precision, OUT cost double precision,
    OUT cost_high double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_cost_posterior';
COMMENT ON FUNCTION analytics.cost_posterior(double precision, double precision, double precision, double precision, double precision) IS
'Median and interval of the cost per event, from events on spend
Gamma-Poisson. Events that come in bursts count for less: divide events and spend by their dispersion.';

CREATE FUNCTION analytics.cost_probability(events double precision, spend double precision, target double precision,
    prior_events double precision, prior_spend double precision) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_cost_probability';
COMMENT ON FUNCTION analytics.cost_probability(double precision, double precision, double precision, double precision, double precision) IS
'Probability that the cost per event is at most a target';

CREATE FUNCTION analytics.cost_superiority(events double precision, spend double precision, other_events double precision,
    other_spend double precision, ratio double precision DEFAULT 1) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_cost_superiority';
COMMENT ON FUNCTION analytics.cost_superiority(double precision, double precision, double precision, double precision, double precision) IS
'Probability that money brings more events here than there
Events and spend include their priors. ratio: how many times as many.';

CREATE FUNCTION analytics.contract_cost_probability(leads double precision, spend double precision, contracts double precision,
    target double precision, prior_leads double precision, prior_spend double precision, prior_contracts double precision DEFAULT 1,
    prior_failures double precision DEFAULT 1) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_contract_cost_probability';
COMMENT ON FUNCTION analytics.contract_cost_probability IS
'Probability that the cost per contract is at most a target
The cost per lead and the share of leads that sign, each with its prior, integrated over both.';

CREATE FUNCTION analytics.roas_posterior(leads double precision, spend double precision, contracts double precision,
    contract_value double precision, value_error double precision, target double precision, prior_leads double precision,
    prior_spend double precision, prior_contracts double precision DEFAULT 1, prior_failures double precision DEFAULT 1,
    level double precision DEFAULT 0.9, OUT roas_low double precision, OUT roas double precision, OUT roas_high double precision,
    OUT p_above double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_roas_posterior';
COMMENT ON FUNCTION analytics.roas_posterior IS
'Median and interval of the return on spend, and how probably it beats a target
Log-normal. contract_value: mean value of a contract. value_error: the standard error of that mean, relative to it.';
