-- What tests measured, kept as evidence: it draws response curves and credit towards what was caused.

CREATE FUNCTION analytics.calibrations(business_id bigint DEFAULT NULL, as_of date DEFAULT NULL)
    RETURNS TABLE (calibration_id bigint, platform text, campaign_id text, metric text, date_from date, date_to date,
                   measured double precision, measured_low double precision, measured_high double precision,
                   confidence double precision, attributed double precision, factor double precision, factor_low double precision,
                   factor_high double precision, weight double precision, note text, business bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    RETURN QUERY
    SELECT c.calibration_id, c.platform, c.campaign_id, c.metric, c.date_from, c.date_to, c.measured, c.measured_low, c.measured_high,
           c.confidence, a.attributed, f.factor, f.factor_low, f.factor_high, f.weight, c.note, c.business_id
    FROM warehouse.calibration c
    LEFT JOIN LATERAL (
        SELECT sum(CASE c.metric WHEN 'leads' THEN r.leads WHEN 'contracts' THEN r.contracts_signed ELSE r.revenue_signed END
            )::double precision AS attributed
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.dim_campaigns k ON k.business_id = r.business_id AND k.campaign_key = r.campaign_key
        WHERE r.business_id = c.business_id AND r.date BETWEEN c.date_from AND c.date_to
          AND CASE WHEN c.campaign_id IS NULL THEN r.platform = c.platform
                   ELSE k.campaign_id = c.campaign_id AND (c.platform IS NULL OR k.platform = c.platform) END
    ) a ON true
    LEFT JOIN LATERAL analytics.calibration_factor(
        CASE WHEN a.attributed > 0 THEN a.attributed END, c.measured, c.measured_low, c.measured_high, c.confidence,
        GREATEST(COALESCE(calibrations.as_of, analytics_internal.today(c.business_id)) - c.date_to, 0)) f ON true
    WHERE calibrations.business_id IS NULL OR c.business_id = calibrations.business_id
    ORDER BY c.business_id, c.date_from, c.calibration_id;
END
$$;
COMMENT ON FUNCTION analytics.calibrations(bigint, date) IS
'Tests that were registered, beside what was attributed in their periods
Rows of warehouse.calibration; register_calibration() adds one, DELETE takes it back. platform: also that of a campaign. attributed: leads,
contracts or revenue of the platform or campaign in the period of the test. factor: see calibration_factor(); as_of: the day that the age
of tests is counted to, today unless given. NULL where nothing was attributed.';

CREATE FUNCTION analytics.register_calibration(date_from date, date_to date, measured double precision, measured_low double precision,
    measured_high double precision, platform text DEFAULT NULL, campaign_id text DEFAULT NULL, metric text DEFAULT 'leads',
    confidence double precision DEFAULT 0.9, note text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    added bigint;
    wanted bigint;
    named text[];
BEGIN
    PERFORM analytics_internal.check_layout(), analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_choice('metric', metric, '{leads,contracts,revenue}');
    IF num_nonnulls(platform, campaign_id) = 0 THEN
        RAISE EXCEPTION 'a test is of a platform or of a campaign' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give platform or campaign_id.';
    ELSIF num_nonnulls(measured, measured_low, measured_high, confidence) < 4 THEN
        RAISE EXCEPTION 'measured, its interval and confidence must not be NULL' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A wrong interval is an error here, not when it is used.
    PERFORM FROM analytics.calibration_factor(1, measured, measured_low, measured_high, confidence);
    wanted := analytics_internal.planned_business(business_id);
    IF platform IS NOT NULL AND NOT EXISTS (SELECT FROM warehouse.dim_platforms p WHERE p.platform = register_calibration.platform) THEN
        RAISE EXCEPTION 'unknown platform: %', platform USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Known are: ' || COALESCE((SELECT string_agg(p.platform, ', ' ORDER BY p.platform COLLATE "C")
                FROM warehouse.dim_platforms p), 'none') || '.';
    ELSIF campaign_id IS NOT NULL THEN
        SELECT array_agg(c.platform ORDER BY c.platform COLLATE "C") INTO named
        FROM warehouse.dim_campaigns c
        WHERE c.business_id = wanted AND c.campaign_id = register_calibration.campaign_id
          AND (register_calibration.platform IS NULL OR c.platform = register_calibration.platform);
        IF named IS NULL THEN
            RAISE EXCEPTION 'unknown campaign: %', concat_ws(' ', platform, campaign_id) USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Give the id of a campaign.';
        ELSIF cardinality(named) > 1 THEN
            RAISE EXCEPTION 'several platforms have a campaign %', campaign_id USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Give platform, too: ' || array_to_string(named, ', ') || '.';
        END IF;
        -- Ids of campaigns are those of their platforms: another may get the same later.
        platform := named[1];
    END IF;
    INSERT INTO warehouse.calibration (business_id, platform, campaign_id, metric, date_from, date_to, measured, measured_low,
        measured_high, confidence, note)
    VALUES (wanted, platform, campaign_id, metric, date_from, date_to, measured, measured_low, measured_high, confidence, note)
    RETURNING calibration.calibration_id INTO added;
    RETURN added;
END
$$;
COMMENT ON FUNCTION analytics.register_calibration IS
'Registers what a test measured, so that advice and calibrated credit go by it
platform, campaign_id: of a platform, or of a campaign, whose platform is to be given, too, where several have such an id.
date_from, date_to: the period of the test. measured, measured_low, measured_high: what the platform or campaign caused in it, with its
interval at this confidence: total of geo_lift(), or the effect of causal_impact() turned round where something was switched off. metric:
leads, contracts or revenue. Returns the id, by which warehouse.calibration forgets it again.';

CREATE FUNCTION analytics_internal.campaign_factors(wanted_business bigint, as_of date)
    RETURNS TABLE (business_id bigint, campaign_key bigint, factor double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT DISTINCT ON (k.business_id, k.campaign_key) k.business_id, k.campaign_key, c.factor
    FROM analytics.calibrations(wanted_business, campaign_factors.as_of) c
    JOIN warehouse.dim_campaigns k ON k.business_id = c.business AND COALESCE(k.campaign_id = c.campaign_id, true)
        AND COALESCE(k.platform = c.platform, true)
    WHERE c.factor IS NOT NULL
    ORDER BY k.business_id, k.campaign_key, c.campaign_id IS NULL, c.date_to DESC, c.calibration_id DESC;
END
$$;
COMMENT ON FUNCTION analytics_internal.campaign_factors(bigint, date) IS
'What to multiply the results of a campaign by, where a test says so
The latest test of the campaign, else of its platform.';
