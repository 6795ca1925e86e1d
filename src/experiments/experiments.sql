-- Statistics of A/B experiments, from counts and from what SQL's own aggregates give. A is the control.

CREATE FUNCTION analytics.proportion_interval(successes bigint, trials bigint, confidence double precision DEFAULT 0.95,
    method text DEFAULT 'wilson')
    RETURNS TABLE (rate double precision, low double precision, high double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_proportion_interval';
COMMENT ON FUNCTION analytics.proportion_interval(bigint, bigint, double precision, text) IS
    'A rate and its confidence interval
method: wilson, exact (Clopper and Pearson) or wald. NULL without trials; no row where an argument is NULL.';

CREATE FUNCTION analytics.ab_proportions(successes_a bigint, trials_a bigint, successes_b bigint, trials_b bigint,
    confidence double precision DEFAULT 0.95, method text DEFAULT 'score', alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   p_exact double precision, reason text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_proportions';
COMMENT ON FUNCTION analytics.ab_proportions(bigint, bigint, bigint, bigint, double precision, text, text) IS
    'Compares two rates, such as the conversion rates of two arms
method: of the interval of the difference: score (Mee; the one that agrees with p_value), newcombe or wald. alternative: two.sided,
greater (B is better) or less; against the last two an interval has one end, the other is NULL.
Result: difference: B - A with its interval; p_value: of the z test with the rate of both arms together, statistic its z; lift: B / A - 1
  with its score interval (Koopman), which leaves 0 out where p_value is below 1 - confidence; NULL where A has no successes.
  lift_p_value: p_value. p_exact: Fisher''s exact test. standard_error: of the difference, for ab_sequential(); degrees_of_freedom: of
  Welch''s test of the same rates. reason: ok, or why something is NULL. No row where an argument is NULL.';

CREATE FUNCTION analytics.ab_means(n_a bigint, mean_a double precision, variance_a double precision,
    n_b bigint, mean_b double precision, variance_b double precision, confidence double precision DEFAULT 0.95,
    alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   reason text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_means';
COMMENT ON FUNCTION analytics.ab_means IS
    'Compares two means, such as the revenue per visitor of two arms: Welch''s t test
variance_a, variance_b: of the units, as var_samp() gives them: of one unit it is NULL, and of none the mean is, too. No row where NULL
stands for more units than that.
Result: as of ab_proportions(); statistic: t. The lift''s interval is Fieller''s: it leaves 0 out where p_value is below 1 - confidence. The
  lift is NULL where the mean of A may be 0 or less at that confidence, and reason says so.';

CREATE TYPE analytics.metric_moments AS (
    n bigint, mean double precision, variance double precision,
    other_mean double precision, other_variance double precision, covariance double precision);
COMMENT ON TYPE analytics.metric_moments IS
    'Moments of two values of an arm''s units, for ab_ratios() and ab_cuped()
(count(*), avg(y), var_samp(y), avg(x), var_samp(x), covar_samp(y, x))::analytics.metric_moments makes one.';

CREATE FUNCTION analytics.ab_ratios(a analytics.metric_moments, b analytics.metric_moments, confidence double precision DEFAULT 0.95,
    alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   reason text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_ratios';
COMMENT ON FUNCTION analytics.ab_ratios(analytics.metric_moments, analytics.metric_moments, double precision, text) IS
    'Compares two ratios of sums, such as revenue per order by customers
a, b: per unit of the arm, the value is the numerator and the other one the denominator. Variances by the delta method, so that units
with many orders count as one unit.
Result: as of ab_means().';

CREATE FUNCTION analytics.ab_cuped(a analytics.metric_moments, b analytics.metric_moments, confidence double precision DEFAULT 0.95,
    alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   theta double precision, variance_reduction double precision, reason text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_cuped';
COMMENT ON FUNCTION analytics.ab_cuped(analytics.metric_moments, analytics.metric_moments, double precision, text) IS
    'Compares two means, less what a value from before explains (CUPED)
a, b: the other value is the covariate, known before the units were assigned, such as the spend of the month before.
Result: as of ab_means(), of the means adjusted; the lift is relative to the mean of A as it is. theta: slope within the arms, NULL
  where the covariate does not vary; variance_reduction: share of the variance of the difference that is gone.';

CREATE FUNCTION analytics.ab_stratified(n_a bigint[], mean_a double precision[], variance_a double precision[],
    n_b bigint[], mean_b double precision[], variance_b double precision[], confidence double precision DEFAULT 0.95,
    alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   reason text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_stratified';
COMMENT ON FUNCTION analytics.ab_stratified IS
    'Compares two means by strata, such as new and old customers
Post-stratification. One element per stratum, in the same order in all lists; what makes a stratum must be known before units are
assigned. Each counts by its units in both arms, so that an arm that chanced on better customers gains nothing by it.
Result: as of ab_means(). A stratum needs two units in each arm.';

CREATE FUNCTION analytics.ab_winsorised_means(figures_a double precision[], figures_b double precision[],
    lower_quantile double precision DEFAULT 0, upper_quantile double precision DEFAULT 0.99, confidence double precision DEFAULT 0.95,
    alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   cap_low double precision, cap_high double precision, reason text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_winsorised_means';
COMMENT ON FUNCTION analytics.ab_winsorised_means IS
    'Compares two means of figures that a few units dominate, capped (winsorised)
figures_a, figures_b: one per unit; NULL and NaN are left out, so who spent nothing is a 0. What lies below lower_quantile or above
upper_quantile of both arms together (as percentile_cont) counts as that quantile.
Result: as of ab_means(), of the capped figures; cap_low, cap_high: what they were capped at.';

CREATE FUNCTION analytics.ab_quantiles(figures_a double precision[], figures_b double precision[],
    probability double precision DEFAULT 0.5, units_a text[] DEFAULT NULL, units_b text[] DEFAULT NULL,
    confidence double precision DEFAULT 0.95, alternative text DEFAULT 'two.sided')
    RETURNS TABLE (estimate_a double precision, estimate_b double precision, difference double precision,
                   difference_low double precision, difference_high double precision, p_value double precision,
                   lift double precision, lift_low double precision, lift_high double precision, lift_p_value double precision,
                   standard_error double precision, statistic double precision, degrees_of_freedom double precision,
                   reason text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_quantiles';
COMMENT ON FUNCTION analytics.ab_quantiles(
    double precision[], double precision[], double precision, text[], text[], double precision, text) IS
    'Compares a quantile of two arms, such as the median order
figures_a, figures_b: NULL and NaN are left out. units_a, units_b: whose figure each one is, where units have several; NULL: each figure is
a unit of its own. The quantile is that of percentile_cont.
Result: as of ab_means(), statistic a z. The error is read from the width of the order statistics'' interval, exact for single figures, else
  with the variance between units of the share below the quantile (Deng, Knoblich and Lu, 2018).';

CREATE FUNCTION analytics.ab_bayes_means(n_a bigint, mean_a double precision, variance_a double precision,
    n_b bigint, mean_b double precision, variance_b double precision, prior_deviation double precision DEFAULT NULL,
    confidence double precision DEFAULT 0.95)
    RETURNS TABLE (p_b_better double precision, expected_loss_a double precision, expected_loss_b double precision,
                   difference double precision, difference_low double precision, difference_high double precision, reason text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_bayes_means';
COMMENT ON FUNCTION analytics.ab_bayes_means IS
    'How probable it is that B has the higher mean, and what a wrong choice costs
variance_a, variance_b: as of ab_means(). prior_deviation: standard deviation of differences as they are expected beforehand, about 0 and
normal; NULL: any is as likely as another.
Result: p_b_better; expected_loss_a, expected_loss_b: by how much the mean falls short on average if A or B is chosen; the difference after
  the data with its credible interval. Means are taken for normal: for arms of a hundred units and more.';

CREATE FUNCTION analytics.ab_timeline(days date[], n_a bigint[], mean_a double precision[], variance_a double precision[],
    n_b bigint[], mean_b double precision[], variance_b double precision[], confidence double precision DEFAULT 0.95,
    tightest_at double precision DEFAULT 5000, alternative text DEFAULT 'two.sided')
    RETURNS TABLE (day date, units_a bigint, units_b bigint, estimate_a double precision, estimate_b double precision,
                   difference double precision, difference_low double precision, difference_high double precision,
                   p_value double precision, lift double precision, lift_low double precision, lift_high double precision,
                   decided_on date, reason text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 30 AS 'MODULE_PATHNAME', 'marketing_ab_timeline';
COMMENT ON FUNCTION analytics.ab_timeline IS
    'An experiment day by day, with intervals that allow to stop on any day
One element per day in all lists: the units that were assigned on that day, as ab_means() has them, each unit on one day only.
Result: one row per day, of all units until then, in order of time. Intervals and p_value are those of ab_sequential(), the lift''s by the
  same test; decided_on: the first day whose p_value was below 1 - confidence. tightest_at: units of both arms at which it is narrowest.';

CREATE FUNCTION analytics.ab_bayes(successes_a bigint, trials_a bigint, successes_b bigint, trials_b bigint,
    prior_successes double precision DEFAULT 1, prior_failures double precision DEFAULT 1, confidence double precision DEFAULT 0.95)
    RETURNS TABLE (p_b_better double precision, expected_loss_a double precision, expected_loss_b double precision,
                   rate_a double precision, rate_a_low double precision, rate_a_high double precision,
                   rate_b double precision, rate_b_low double precision, rate_b_high double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 10000 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_bayes';
COMMENT ON FUNCTION analytics.ab_bayes(bigint, bigint, bigint, bigint, double precision, double precision, double precision) IS
    'How probable it is that B converts better than A, and what a wrong choice costs
prior_successes, prior_failures: Beta prior of both rates; 1 and 1: any rate is as likely as another.
Result: p_b_better; expected_loss_a, expected_loss_b: by how much the rate falls short on average if A or B is chosen; the rates after the
  data with their credible intervals. Exact, nothing is simulated.';

CREATE FUNCTION analytics.ab_sequential(difference double precision, standard_error double precision, n bigint,
    confidence double precision DEFAULT 0.95, tightest_at double precision DEFAULT 5000, alternative text DEFAULT 'two.sided')
    RETURNS TABLE (low double precision, high double precision, p_value double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_sequential';
COMMENT ON FUNCTION analytics.ab_sequential(double precision, double precision, bigint, double precision, double precision, text) IS
    'An interval and a p-value that hold however often one looks at the experiment
difference, standard_error: of any comparison; n: units of both arms. tightest_at: the n at which the interval is narrowest, about
where the experiment is meant to end. alternative: two.sided, greater or less, with one end. NULL where the standard error is 0.
Asymptotic confidence sequence (Waudby-Smith and others): wider than the ordinary interval, the price of stopping at any time.';

CREATE FUNCTION analytics.ab_sample_size(rate double precision, effect double precision, significance double precision DEFAULT 0.05,
    power double precision DEFAULT 0.8, ratio double precision DEFAULT 1, method text DEFAULT 'unpooled')
    RETURNS TABLE (n_a bigint, n_b bigint, n_a_exact double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_sample_size';
COMMENT ON FUNCTION analytics.ab_sample_size IS
    'How many units each arm needs to tell two rates apart
rate: of A; effect: absolute: 0.02 is from 10 to 12 percent. significance: two-sided. power: how probably the effect is found. ratio: size
of B over that of A. method: unpooled, pooled (the z test''s own) or cohen_h.
Result: rounded up, and the size of A before rounding.';

CREATE FUNCTION analytics.ab_sample_size_means(standard_deviation double precision, effect double precision,
    significance double precision DEFAULT 0.05, power double precision DEFAULT 0.8, ratio double precision DEFAULT 1)
    RETURNS TABLE (n_a bigint, n_b bigint, n_a_exact double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_sample_size_means';
COMMENT ON FUNCTION analytics.ab_sample_size_means IS
    'How many units each arm needs to tell two means apart
standard_deviation: of the units; effect: difference of the means. The other arguments are those of ab_sample_size().';

CREATE FUNCTION analytics.ab_detectable_effect(rate double precision, n_a bigint, significance double precision DEFAULT 0.05,
    power double precision DEFAULT 0.8, ratio double precision DEFAULT 1)
    RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_ab_detectable_effect';
COMMENT ON FUNCTION analytics.ab_detectable_effect(double precision, bigint, double precision, double precision, double precision) IS
    'The smallest rise of a rate that an experiment of that size can find
The other way round than ab_sample_size(), method unpooled. NULL where even a rise to 1 is too little.';

CREATE FUNCTION analytics.ab_sample_ratio(counts bigint[], weights double precision[] DEFAULT NULL, alarm double precision DEFAULT 0.001)
    RETURNS TABLE (chi2 double precision, degrees_of_freedom bigint, p_value double precision, mismatch boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE ROWS 1 AS 'MODULE_PATHNAME', 'marketing_ab_sample_ratio';
COMMENT ON FUNCTION analytics.ab_sample_ratio(bigint[], double precision[], double precision) IS
    'Whether the arms have the sizes they should have: sample ratio mismatch
counts: units of each arm; weights: the shares they were to have, in any scale; NULL for equal ones. alarm: mismatch is true where
p_value is below. A mismatch says that units were lost or assigned wrongly: the experiment''s other numbers are not to be trusted.';
