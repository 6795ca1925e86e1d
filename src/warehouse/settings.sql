-- Settings of a business. A business without a row has the defaults of warehouse.settings.

CREATE TYPE analytics.business_settings AS (
    reporting_timezone text, currency text, fiscal_year_start_month int, revenue_basis text, lead_touches text, lookback interval, half_life interval
);
COMMENT ON TYPE analytics.business_settings IS 'Settings of a business, as analytics.settings() shows them';

CREATE FUNCTION analytics.settings(business_id bigint DEFAULT 1) RETURNS analytics.business_settings
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
DECLARE
    found analytics.business_settings := ('UTC', 'USD', 1, 'lead_date', 'journey', '90 days', '7 days');
BEGIN
    PERFORM 'warehouse'::analytics.installed;
    SELECT COALESCE(s.reporting_timezone, found.reporting_timezone), COALESCE(s.currency, found.currency),
           COALESCE(s.fiscal_year_start_month, found.fiscal_year_start_month), COALESCE(s.revenue_basis, found.revenue_basis),
           COALESCE(s.lead_touches, found.lead_touches), COALESCE(s.lookback, found.lookback), COALESCE(s.half_life, found.half_life)
    INTO found FROM (SELECT) one LEFT JOIN warehouse.settings s ON s.business_id = settings.business_id;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics.settings(bigint) IS 'The settings of a business: one row, defaults where nothing was set';

CREATE FUNCTION analytics.configure(
    reporting_timezone text DEFAULT NULL, currency text DEFAULT NULL, fiscal_year_start_month int DEFAULT NULL,
    revenue_basis text DEFAULT NULL, lead_touches text DEFAULT NULL, lookback interval DEFAULT NULL, half_life interval DEFAULT NULL,
    business_id bigint DEFAULT 1)
    RETURNS analytics.business_settings
    LANGUAGE plpgsql VOLATILE
AS $$
DECLARE
    old analytics.business_settings;
    new analytics.business_settings;
BEGIN
    PERFORM 'warehouse'::analytics.installed;
    IF configure.business_id IS NULL THEN
        RAISE EXCEPTION 'business_id must be given' USING ERRCODE = 'invalid_parameter_value';
    ELSIF configure.reporting_timezone IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_catalog.pg_timezone_names z WHERE z.name = configure.reporting_timezone) THEN
        RAISE EXCEPTION 'time zone "%" not recognized', configure.reporting_timezone
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use a name of pg_timezone_names, such as Europe/Kyiv.';
    ELSIF configure.currency !~ '^[A-Z]{3}$' THEN
        RAISE EXCEPTION 'currency "%" is not a three-letter code', configure.currency
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use an ISO 4217 code, such as UAH.';
    ELSIF configure.fiscal_year_start_month NOT BETWEEN 1 AND 12 THEN
        RAISE EXCEPTION 'fiscal_year_start_month must be between 1 and 12' USING ERRCODE = 'invalid_parameter_value';
    ELSIF configure.revenue_basis NOT IN ('lead_date', 'contract_date') THEN
        RAISE EXCEPTION 'unknown revenue_basis "%"', configure.revenue_basis
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use lead_date or contract_date.';
    ELSIF configure.lead_touches NOT IN ('journey', 'before_lead') THEN
        RAISE EXCEPTION 'unknown lead_touches "%"', configure.lead_touches
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use journey or before_lead.';
    ELSIF configure.lookback <= interval '0' OR configure.half_life <= interval '0' THEN
        RAISE EXCEPTION 'lookback and half_life must be positive' USING ERRCODE = 'invalid_parameter_value';
    END IF;

    old := analytics.settings(configure.business_id);
    INSERT INTO warehouse.settings AS s VALUES (configure.business_id,
        COALESCE(configure.reporting_timezone, old.reporting_timezone), COALESCE(configure.currency, old.currency),
        COALESCE(configure.fiscal_year_start_month, old.fiscal_year_start_month), COALESCE(configure.revenue_basis, old.revenue_basis),
        COALESCE(configure.lead_touches, old.lead_touches), COALESCE(configure.lookback, old.lookback),
        COALESCE(configure.half_life, old.half_life))
    ON CONFLICT ON CONSTRAINT settings_pkey DO UPDATE SET reporting_timezone = EXCLUDED.reporting_timezone, currency = EXCLUDED.currency,
        fiscal_year_start_month = EXCLUDED.fiscal_year_start_month, revenue_basis = EXCLUDED.revenue_basis,
        lead_touches = EXCLUDED.lead_touches, lookback = EXCLUDED.lookback, half_life = EXCLUDED.half_life;

    new := analytics.settings(configure.business_id);
    -- Time zone and currency are part of each source's definition, so the next refresh reads the sources again; the rules of
    -- attribution reach every client.
    IF (new.lead_touches, new.lookback, new.fiscal_year_start_month)
        IS DISTINCT FROM (old.lead_touches, old.lookback, old.fiscal_year_start_month) THEN
        PERFORM analytics.mark_all_pending(configure.business_id);
    END IF;
    IF (new.reporting_timezone, new.currency, new.lead_touches, new.lookback, new.fiscal_year_start_month)
        IS DISTINCT FROM (old.reporting_timezone, old.currency, old.lead_touches, old.lookback, old.fiscal_year_start_month)
        AND EXISTS (SELECT FROM warehouse.source_watermark w WHERE w.business_id = configure.business_id) THEN
        RAISE NOTICE 'the change reaches derived data: the next refresh makes them anew';
    END IF;
    RETURN new;
END
$$;
COMMENT ON FUNCTION analytics.configure(text, text, int, text, text, interval, interval, bigint) IS
'Changes settings of a business; arguments left out stay as they are
reporting_timezone: where a day begins. currency: ISO code of spend and amounts. revenue_basis: lead_date counts contracts with the leads that brought them, contract_date on the day they were signed. lead_touches: journey or before_lead, the touches that a lead is attributed by. lookback: how old the last paid touch of a contract may be.';
