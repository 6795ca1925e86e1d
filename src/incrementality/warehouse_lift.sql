-- Tests of incrementality on the warehouse: by regions of its branches, and by periods in which something was switched off or on.

CREATE FUNCTION analytics.region_lift(first_day date, last_day date, treated text[], region text DEFAULT 'city',
    metric text DEFAULT 'leads', history_days int DEFAULT 112, scaling text DEFAULT 'ratio', confidence double precision DEFAULT 0.9,
    alternative text DEFAULT 'two.sided', business_id bigint DEFAULT NULL)
    RETURNS TABLE (method text, effect double precision, effect_low double precision, effect_high double precision,
                   total double precision, total_low double precision, total_high double precision,
                   lift double precision, lift_low double precision, lift_high double precision, p_value double precision,
                   p_value_over_time double precision, treated_regions int, other_regions int, placebos int, days_before int,
                   test_days int, imbalance double precision, reason text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted bigint;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(first_day, last_day),
        analytics_internal.check_choice('region', region, '{city,branch}'),
        analytics_internal.check_choice('metric', metric, '{leads,contracts,revenue}');
    IF history_days IS NULL OR history_days < 2 THEN
        RAISE EXCEPTION 'history_days must be at least 2' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    wanted := analytics_internal.planned_business(region_lift.business_id);
    RETURN QUERY
    SELECT g.*
    FROM (
        SELECT array_agg(
                   COALESCE(CASE region_lift.region WHEN 'city' THEN b.city ELSE b.branch_name END, NULLIF(b.branch_id, ''), '(none)')
                   ORDER BY b.date, b.branch_id) AS regions,
               array_agg(b.date ORDER BY b.date, b.branch_id) AS days,
               array_agg((CASE region_lift.metric WHEN 'leads' THEN b.leads WHEN 'contracts' THEN b.contracts_signed
                   ELSE b.revenue_signed END)::double precision ORDER BY b.date, b.branch_id) AS response
        FROM warehouse.branch_performance b
        WHERE b.business_id = wanted AND b.date BETWEEN region_lift.first_day - history_days AND region_lift.last_day
    ) p
    CROSS JOIN LATERAL analytics.geo_lift(
        COALESCE(p.regions, '{}'), COALESCE(p.days, '{}'), COALESCE(p.response, '{}'), region_lift.treated, region_lift.first_day,
        region_lift.last_day, region_lift.scaling, region_lift.confidence, region_lift.alternative) g;
END
$$;
COMMENT ON FUNCTION analytics.region_lift IS
'What a test in some cities or branches brought: geo_lift() on the warehouse
treated: names of the cities or branches with the test, from first_day to last_day. region: city or branch (the name, else the id). metric:
leads by the day they came, contracts or revenue by the day they were signed. history_days: days before that tell which regions are alike.
Other arguments and the result: see geo_lift().';

CREATE FUNCTION analytics.period_lift(first_day date, last_day date, metric text DEFAULT 'leads', platforms text[] DEFAULT NULL,
    history_days int DEFAULT 112, confidence double precision DEFAULT 0.9, business_id bigint DEFAULT NULL)
    RETURNS TABLE (observed double precision, expected double precision, expected_low double precision, expected_high double precision,
                   effect double precision, effect_low double precision, effect_high double precision, lift double precision,
                   lift_low double precision, lift_high double precision, p_value double precision, days_before int, test_days int,
                   control_slope double precision, model_used text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted bigint;
    members text[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(first_day, last_day),
        analytics_internal.check_choice('metric', metric, '{leads,contracts,revenue}');
    IF history_days IS NULL OR history_days < 2 THEN
        RAISE EXCEPTION 'history_days must be at least 2' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    wanted := analytics_internal.planned_business(period_lift.business_id);
    members := analytics_internal.platform_members(period_lift.platforms);
    RETURN QUERY
    SELECT c.*
    FROM (
        SELECT array_agg(d.day::date ORDER BY d.day) AS days, array_agg(COALESCE(r.figure, 0)::double precision ORDER BY d.day) AS response
        FROM generate_series(
            (period_lift.first_day - history_days)::timestamp, period_lift.last_day::timestamp, interval '1 day') d (day)
        LEFT JOIN (
            SELECT l.date, sum(CASE period_lift.metric WHEN 'leads' THEN l.leads WHEN 'contracts' THEN l.contracts_signed
                ELSE l.revenue_signed END) AS figure
            FROM warehouse.platform_daily l
            WHERE l.business_id = wanted AND (members IS NULL OR l.platform = ANY (members))
              AND l.date BETWEEN period_lift.first_day - history_days AND period_lift.last_day
            GROUP BY l.date
        ) r ON r.date = d.day::date
    ) p
    CROSS JOIN LATERAL analytics.causal_impact(
        p.days, p.response, period_lift.first_day, period_lift.last_day, confidence => period_lift.confidence) c;
END
$$;
COMMENT ON FUNCTION analytics.period_lift(date, date, text, text[], int, double precision, bigint) IS
'What changed while a channel was switched off or on: causal_impact()
first_day, last_day: the period. metric: leads by the day they came, contracts or revenue by the day they were signed, of all platforms
unless platforms names some. A platform that was off has a negative effect on all leads: what it brings that others do not replace.
history_days: days before that the forecast rests on. Result: see causal_impact().';
