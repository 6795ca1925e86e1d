-- What advertising brought, measured against regions or days where it did not run, on any table.

CREATE FUNCTION analytics.geo_lift(regions text[], days date[], response double precision[], treated text[], first_day date,
    last_day date DEFAULT NULL, scaling text DEFAULT 'ratio', confidence double precision DEFAULT 0.9,
    alternative text DEFAULT 'two.sided', seed bigint DEFAULT 0)
    RETURNS TABLE (method text, effect double precision, effect_low double precision, effect_high double precision,
                   total double precision, total_low double precision, total_high double precision,
                   lift double precision, lift_low double precision, lift_high double precision, p_value double precision,
                   p_value_over_time double precision, treated_regions int, other_regions int, placebos int, days_before int,
                   test_days int, imbalance double precision, reason text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 3 AS 'MODULE_PATHNAME', 'marketing_geo_lift';
COMMENT ON FUNCTION analytics.geo_lift IS
'What a test in some regions brought, against regions where nothing changed
regions, days, response: one element per region and day in any order; what is missing is 0, rows of one region and day add up. treated: the
regions with the test, from first_day to last_day (by default the last day there is). scaling: ratio (each region in multiples of its
mean before), difference (less its mean before) or none. alternative: two.sided, greater or less; against the last two an interval has one
end. seed: of the sets of regions that are drawn where several were treated.
Result: a row for augmented_synthetic_control, synthetic_control and difference_in_differences. effect: per treated region and day; total:
of all of them; lift: total over what was expected, 0.1 is 10 percent; each with its interval at this confidence. p_value, intervals: by
placebos, other regions or sets of regions taken for treated; p_value_over_time: by stretches of days. imbalance: residual before over that
of equal weights. reason: ok, few_regions (below 10) or short_history (fewer than four times the days of the test).';

CREATE FUNCTION analytics.geo_lift_days(regions text[], days date[], response double precision[], treated text[], first_day date,
    last_day date DEFAULT NULL, method text DEFAULT 'augmented_synthetic_control', scaling text DEFAULT 'ratio')
    RETURNS TABLE (day date, observed double precision, expected double precision, effect double precision, is_test boolean)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 100 AS 'MODULE_PATHNAME', 'marketing_geo_lift_days';
COMMENT ON FUNCTION analytics.geo_lift_days(text[], date[], double precision[], text[], date, date, text, text) IS
'What the treated regions did day by day, and what was expected of them
Arguments: see geo_lift(). observed, expected: of all treated regions together; is_test: whether the day is in the test.';

CREATE FUNCTION analytics.geo_lift_weights(regions text[], days date[], response double precision[], treated text[], first_day date,
    last_day date DEFAULT NULL, method text DEFAULT 'augmented_synthetic_control', scaling text DEFAULT 'ratio')
    RETURNS TABLE (region text, weight double precision)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 100000 ROWS 50 AS 'MODULE_PATHNAME', 'marketing_geo_lift_weights';
COMMENT ON FUNCTION analytics.geo_lift_weights(text[], date[], double precision[], text[], date, date, text, text) IS
'How much each other region weighs in what is expected of the treated ones
Arguments: see geo_lift(). Weights add up to 1; those of augmented_synthetic_control may be negative.';

CREATE FUNCTION analytics.geo_lift_power(regions text[], days date[], response double precision[], treated text[],
    test_days int DEFAULT 14, lifts double precision[] DEFAULT '{0,0.02,0.05,0.1,0.15,0.2,0.3}',
    method text DEFAULT 'augmented_synthetic_control', scaling text DEFAULT 'ratio', significance double precision DEFAULT 0.1,
    power double precision DEFAULT 0.8, alternative text DEFAULT 'two.sided', seed bigint DEFAULT 0)
    RETURNS TABLE (lift double precision, found double precision, total double precision, least_lift double precision,
                   other_regions int, past_tests int, reason text)
    LANGUAGE c IMMUTABLE PARALLEL SAFE COST 10000000 ROWS 7 AS 'MODULE_PATHNAME', 'marketing_geo_lift_power';
COMMENT ON FUNCTION analytics.geo_lift_power IS
'How probably a test in these regions would find a lift, before it is run
From days on which nothing happened: up to ten tests of test_days days in the past, with each of lifts put upon what regions missed in them.
Other arguments: see geo_lift(). significance: p-value at which a lift counts as found.
Result: found: probability of that; total: what the lift would bring in all treated regions; least_lift: the smallest lift found with
probability power (the minimum detectable effect). reason: few_regions where no p-value can be so small; then found is NULL.';

CREATE FUNCTION analytics.causal_impact(days date[], response double precision[], first_day date, last_day date DEFAULT NULL,
    control double precision[] DEFAULT NULL, confidence double precision DEFAULT 0.9)
    RETURNS TABLE (observed double precision, expected double precision, expected_low double precision, expected_high double precision,
                   effect double precision, effect_low double precision, effect_high double precision, lift double precision,
                   lift_low double precision, lift_high double precision, p_value double precision, days_before int, test_days int,
                   control_slope double precision, model_used text)
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE COST 1000000 ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF first_day IS NULL OR (cardinality(days) > 0) IS NOT TRUE OR cardinality(days) IS DISTINCT FROM cardinality(response)
        OR cardinality(COALESCE(control, response)) IS DISTINCT FROM cardinality(response)
    THEN
        RAISE EXCEPTION 'days, response and control must have as many elements each, at least one, and first_day a value'
            USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF array_position(days, NULL) IS NOT NULL
        OR EXISTS (SELECT FROM unnest(response || control) r WHERE r IN ('NaN', 'Infinity', '-Infinity'))
    THEN
        RAISE EXCEPTION 'days must not be NULL, and response and control must be finite' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    IF first_day <= (SELECT min(d) FROM unnest(days) d) OR COALESCE(last_day, first_day) < first_day
        OR first_day > (SELECT max(d) FROM unnest(days) d)
    THEN
        RAISE EXCEPTION 'there must be days before the test and days in it' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'first_day is the first day of the test, last_day its last.';
    END IF;
    RETURN QUERY
    WITH daily AS (
        SELECT u.d AS day, sum(u.r) AS response, sum(u.c) AS control
        FROM unnest(days, response, control) u (d, r, c)
        WHERE u.d <= COALESCE(causal_impact.last_day, u.d)
        GROUP BY u.d
    ), span AS (
        SELECT COALESCE(causal_impact.last_day, max(y.day)) - causal_impact.first_day + 1 AS test_days,
               COALESCE(regr_slope(y.response, y.control) FILTER (WHERE y.day < causal_impact.first_day), 0) AS slope,
               COALESCE(avg(y.control) FILTER (WHERE y.day < causal_impact.first_day), 0) AS level
        FROM daily y
    ), adjusted AS (
        -- What the control explains is taken out before anything is forecast.
        SELECT y.day, y.response, s.slope * (COALESCE(y.control, s.level) - s.level) AS explained FROM daily y CROSS JOIN span s
    ), told AS (
        SELECT array_agg(a.day) FILTER (WHERE a.day < causal_impact.first_day) AS days,
               array_agg(a.response - a.explained) FILTER (WHERE a.day < causal_impact.first_day) AS figures,
               COALESCE(sum(a.response) FILTER (WHERE a.day >= causal_impact.first_day), 0) AS observed,
               COALESCE(sum(a.explained) FILTER (WHERE a.day >= causal_impact.first_day), 0) AS explained
        FROM adjusted a
    )
    SELECT t.observed, f.total + t.explained, f.low + t.explained, f.high + t.explained,
           t.observed - t.explained - f.total, t.observed - t.explained - f.high, t.observed - t.explained - f.low,
           CASE WHEN f.total + t.explained > 0 THEN t.observed / (f.total + t.explained) - 1 END,
           CASE WHEN f.high + t.explained > 0 THEN t.observed / (f.high + t.explained) - 1 END,
           CASE WHEN f.low + t.explained > 0 THEN t.observed / (f.low + t.explained) - 1 END,
           2 * LEAST(f.p_over, 1 - f.p_over), f.n_days, s.test_days, CASE WHEN causal_impact.control IS NOT NULL THEN s.slope END,
           f.model_used
    FROM told t
    CROSS JOIN span s
    CROSS JOIN LATERAL analytics.forecast_sum(
        t.days, t.figures, s.test_days, causal_impact.confidence,
        kind => CASE WHEN causal_impact.control IS NULL THEN 'auto' ELSE 'real' END,
        last_day => causal_impact.first_day - 1, budget => t.observed - t.explained) f;
END
$$;
COMMENT ON FUNCTION analytics.causal_impact(date[], double precision[], date, date, double precision[], double precision) IS
'What a period brought, or a switch-off cost, against a forecast
days, response: one element per row; rows of a day add up, a day without a row is 0. first_day, last_day: the period. control: figures of
the same rows that the period cannot have changed, such as those of another country; what they explain is taken out first.
Result: observed, expected: sums of the period; effect: observed less expected; lift: effect over expected; each with its interval at this
confidence, that of forecast_sum(). p_value: two-sided. NULLs where model_used is insufficient_data.';

CREATE FUNCTION analytics.calibration_factor(attributed double precision, measured double precision, measured_low double precision,
    measured_high double precision, confidence double precision DEFAULT 0.9, age_days double precision DEFAULT 0,
    half_life_days double precision DEFAULT 90, prior_deviation double precision DEFAULT 1)
    RETURNS TABLE (factor double precision, factor_low double precision, factor_high double precision, weight double precision)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100 ROWS 1 AS 'MODULE_PATHNAME', 'marketing_calibration_factor';
COMMENT ON FUNCTION analytics.calibration_factor IS
'From what a model attributes to what a test says was caused: a factor
attributed: credit of the period and place of the test; measured, measured_low, measured_high: what the test says was caused there, with its
interval at this confidence, as geo_lift() gives them. age_days: how long ago; with each half_life_days the test counts half as much.
prior_deviation: how far the factor is from 1 without a test. Result: factor, never negative, to multiply credit by, its interval, and the
weight of the test against 1. No row where an argument is NULL.';
