-- How leads mature: what share of their contracts is signed by an age, and what is yet to come.

CREATE FUNCTION analytics_internal.maturity_curve(days date[], lags int[], contracts double precision[], as_of date,
    half_life double precision DEFAULT 45, OUT shares double precision[], OUT log_variances double precision[])
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 AS 'MODULE_PATHNAME', 'marketing_maturity_curve';
COMMENT ON FUNCTION analytics_internal.maturity_curve(date[], int[], double precision[], date, double precision) IS
'Shares of contracts signed by each age of their leads, from truncated lags
days: of the leads; lags: days from there to the signature. half_life: younger leads count for more. Lags that grow or shrink are
followed.';

CREATE FUNCTION analytics_internal.usual_rate(settled double precision[], contracts double precision[], OUT mean double precision,
    OUT strength double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_usual_rate';
COMMENT ON FUNCTION analytics_internal.usual_rate(double precision[], double precision[]) IS
'Contracts per lead of periods, and how many leads it is worth as evidence';

CREATE FUNCTION analytics_internal.outlook(contracts double precision[], settled double precision[], open double precision[],
    log_variance double precision, rate double precision, rate_strength double precision, rate_known double precision,
    mean_amount double precision, amount_deviation double precision, known_contracts double precision, level double precision DEFAULT 0.9,
    OUT contracts_mean double precision, OUT contracts_low double precision, OUT contracts_high double precision,
    OUT money_mean double precision, OUT money_low double precision, OUT money_high double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 1000 AS 'MODULE_PATHNAME', 'marketing_outlook';
COMMENT ON FUNCTION analytics_internal.outlook IS
'What is to come of a period''s leads: contracts and money, with intervals
One element per week, whose rate is its own. settled, open: its leads, as far as their contracts are signed and as far as they are not.
log_variance: how uncertain the open part is. rate: contracts per lead before; rate_strength, rate_known: how many leads'' worth it is of a
week, and how many it is known from.';
