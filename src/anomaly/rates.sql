-- Tests of rates on any table: how much two rates differ, and what is left of that where many are compared at once.

CREATE TYPE analytics.rate_ratio AS (ratio double precision, ci_low double precision, ci_high double precision, z double precision,
                                     p_value double precision);
COMMENT ON TYPE analytics.rate_ratio IS 'How one rate compares with another, with its interval and its evidence';
COMMENT ON COLUMN analytics.rate_ratio.ratio IS 'The first rate over the second; NULL where the second count is 0';
COMMENT ON COLUMN analytics.rate_ratio.ci_low IS 'Lower end of the interval of the ratio';
COMMENT ON COLUMN analytics.rate_ratio.ci_high IS 'Upper end of the interval of the ratio; Infinity where the second count is 0';
COMMENT ON COLUMN analytics.rate_ratio.z IS 'Standard normal deviate: positive where the first rate is higher by more than the margin';
COMMENT ON COLUMN analytics.rate_ratio.p_value IS 'Probability of counts at least as far apart if the rates do not differ by more than the margin';

CREATE FUNCTION analytics.rate_ratio_test(
    x           double precision,
    exposure    double precision,
    x0          double precision,
    exposure0   double precision,
    phi         double precision DEFAULT 1,
    df          double precision DEFAULT 'Infinity',
    margin      double precision DEFAULT 0,
    alternative text             DEFAULT 'two.sided',
    confidence  double precision DEFAULT 0.95,
    mid_p       boolean          DEFAULT true
) RETURNS analytics.rate_ratio
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_rate_ratio_test';
COMMENT ON FUNCTION analytics.rate_ratio_test(double precision, double precision, double precision, double precision, double precision,
    double precision, double precision, text, double precision, boolean) IS
'Whether x events per exposure are another rate than x0 per exposure0

Conditional binomial test: exact at any size of the counts. phi: variance over mean of the counts (see analytics.dispersion), df: the
degrees of freedom it is known by. margin: ratios up to 1 + margin and down to 1 / (1 + margin) do not count. alternative: two.sided,
greater or less. mid_p: half of the probability of the counts observed, else all of it. All columns are NULL where an exposure is not
positive. For the columns of the result use LATERAL: (f(x)).* would run f once for each.';

CREATE FUNCTION analytics.p_adjust(p double precision[], method text DEFAULT 'BH') RETURNS double precision[]
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 AS 'MODULE_PATHNAME', 'marketing_p_adjust';
COMMENT ON FUNCTION analytics.p_adjust(double precision[], text) IS
'p-values adjusted for how many there are, in their order

method: BH (share of false ones among those reported), BY (the same, however the tests depend on each other) or holm (probability of even
one false one). NULL and NaN are no tests: they stay NULL and do not count.';
