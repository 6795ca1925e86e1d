-- Distributions that SQL does not have.

CREATE FUNCTION analytics.beta_cdf(x double precision, a double precision, b double precision) RETURNS double precision
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE AS 'MODULE_PATHNAME', 'marketing_beta_cdf';
COMMENT ON FUNCTION analytics.beta_cdf(double precision, double precision, double precision) IS
'Probability that a beta variable of shapes a and b is at most x
After s successes in n trials, with Jeffreys'' prior, the probability that the rate is at most x is beta_cdf(x, s + 0.5, n - s + 0.5).';
