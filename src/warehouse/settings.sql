-- Settings of a business. A business without a row has the defaults of warehouse.settings.

CREATE TYPE analytics.business_settings AS (
    reporting_timezone text, currency text, fiscal_year_start_month int, revenue_basis text, lead_touches text, lookback interval,
    half_life interval,
    quality_every interval, freshness_warn interval, freshness_fail interval, unknown_share_warn numeric, source_loss_limit numeric,
    paid_rule text, platform_level text, target_cpl numeric, target_cpa numeric, target_roas numeric, profit_margin numeric,
    platform_limit int, country_code text
);
COMMENT ON TYPE analytics.business_settings IS 'Settings of a business, as analytics.settings() shows them';

CREATE FUNCTION analytics.settings(business_id bigint DEFAULT 1) RETURNS analytics.business_settings
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found analytics.business_settings := ('UTC', 'USD', 1, 'lead_date', 'journey', '90 days', '7 days', '1 day', NULL, NULL, 20, 0.5,
        'any', 'platform', NULL, NULL, NULL, NULL, 500, NULL);
BEGIN
    PERFORM analytics_internal.check_layout();
    SELECT COALESCE(s.reporting_timezone, found.reporting_timezone), COALESCE(s.currency, found.currency),
           COALESCE(s.fiscal_year_start_month, found.fiscal_year_start_month), COALESCE(s.revenue_basis, found.revenue_basis),
           COALESCE(s.lead_touches, found.lead_touches), COALESCE(s.lookback, found.lookback), COALESCE(s.half_life, found.half_life),
           COALESCE(s.quality_every, found.quality_every), s.freshness_warn, s.freshness_fail,
           COALESCE(s.unknown_share_warn, found.unknown_share_warn), COALESCE(s.source_loss_limit, found.source_loss_limit),
           COALESCE(s.paid_rule, found.paid_rule), COALESCE(s.platform_level, found.platform_level), s.target_cpl, s.target_cpa,
           s.target_roas, s.profit_margin, COALESCE(s.platform_limit, found.platform_limit), s.country_code
    INTO found FROM (SELECT) one LEFT JOIN warehouse.settings s ON s.business_id = settings.business_id;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics.settings(bigint) IS 'The settings of a business: one row, defaults where nothing was set';

CREATE FUNCTION analytics_internal.today(business_id bigint) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT (now() AT TIME ZONE COALESCE(
        (SELECT s.reporting_timezone FROM warehouse.settings s WHERE s.business_id = today.business_id), 'UTC'))::date
$$;
COMMENT ON FUNCTION analytics_internal.today(bigint) IS 'Today in the reporting time zone of a business, not in that of the session';

CREATE FUNCTION analytics_internal.last_full_day(business_id bigint) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(
        (SELECT min(analytics_internal.today(s.business_id))
         FROM warehouse.settings s
         WHERE last_full_day.business_id IS NULL OR s.business_id = last_full_day.business_id),
        analytics_internal.today(last_full_day.business_id)) - 1
$$;
COMMENT ON FUNCTION analytics_internal.last_full_day(bigint) IS
'Yesterday, in the reporting time zone of a business, or of all';

CREATE FUNCTION analytics_internal.known_until(business_id bigint) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT LEAST(analytics_internal.last_full_day(known_until.business_id), COALESCE(
        (SELECT min((SELECT max(e.event_date) FROM warehouse.event_daily e WHERE e.business_id = s.business_id))
         FROM warehouse.settings s
         WHERE known_until.business_id IS NULL OR s.business_id = known_until.business_id),
        analytics_internal.last_full_day(known_until.business_id)))
$$;
COMMENT ON FUNCTION analytics_internal.known_until(bigint) IS
'The last day whose touches are known: yesterday, or where the source ends';

CREATE FUNCTION analytics.configure(
    reporting_timezone text DEFAULT NULL, currency text DEFAULT NULL, fiscal_year_start_month int DEFAULT NULL,
    revenue_basis text DEFAULT NULL, lead_touches text DEFAULT NULL, lookback interval DEFAULT NULL, half_life interval DEFAULT NULL,
    quality_every interval DEFAULT NULL, freshness_warn interval DEFAULT NULL, freshness_fail interval DEFAULT NULL,
    unknown_share_warn numeric DEFAULT NULL,
    business_id bigint DEFAULT 1, source_loss_limit numeric DEFAULT NULL, paid_rule text DEFAULT NULL, platform_level text DEFAULT NULL,
    target_cpl numeric DEFAULT NULL, target_cpa numeric DEFAULT NULL, target_roas numeric DEFAULT NULL,
    profit_margin numeric DEFAULT NULL, platform_limit int DEFAULT NULL, country_code text DEFAULT NULL)
    RETURNS analytics.business_settings
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    old analytics.business_settings;
    new analytics.business_settings;
BEGIN
    PERFORM analytics_internal.check_warehouse();
    IF configure.business_id IS NULL THEN
        RAISE EXCEPTION 'business_id must be given' USING ERRCODE = 'invalid_parameter_value';
    ELSIF configure.reporting_timezone IS NOT NULL
        AND NOT EXISTS (SELECT FROM pg_timezone_names z WHERE z.name = configure.reporting_timezone) THEN
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
    ELSIF configure.quality_every < interval '0' OR configure.freshness_warn < interval '0' OR configure.freshness_fail < interval '0' THEN
        RAISE EXCEPTION 'quality_every, freshness_warn and freshness_fail must not be negative' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT configure.unknown_share_warn BETWEEN 0 AND 100 THEN
        RAISE EXCEPTION 'unknown_share_warn must be between 0 and 100' USING ERRCODE = 'invalid_parameter_value';
    ELSIF NOT configure.source_loss_limit BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'source_loss_limit must be between 0 and 1' USING ERRCODE = 'invalid_parameter_value';
    ELSIF configure.paid_rule NOT IN ('any', 'campaign_networks') THEN
        RAISE EXCEPTION 'unknown paid_rule "%"', configure.paid_rule
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use any or campaign_networks.';
    ELSIF configure.platform_level NOT IN ('platform', 'family') THEN
        RAISE EXCEPTION 'unknown platform_level "%"', configure.platform_level
            USING ERRCODE = 'invalid_parameter_value', HINT = 'Use platform or family.';
    ELSIF LEAST(configure.target_cpl, configure.target_cpa, configure.target_roas) < 0
        OR NOT GREATEST(configure.target_cpl, configure.target_cpa, configure.target_roas) < 'Infinity' THEN
        RAISE EXCEPTION 'target_cpl, target_cpa and target_roas must be numbers that are not negative'
            USING ERRCODE = 'invalid_parameter_value', HINT = '0 is for no target.';
    ELSIF NOT configure.profit_margin BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'profit_margin must be between 0 and 1' USING ERRCODE = 'invalid_parameter_value', HINT = '0 is for none.';
    ELSIF NOT configure.platform_limit BETWEEN 1 AND 10000 THEN
        RAISE EXCEPTION 'platform_limit must be between 1 and 10000' USING ERRCODE = 'invalid_parameter_value';
    ELSIF configure.country_code !~ '^([1-9][0-9]{0,2})?$' THEN
        RAISE EXCEPTION 'country_code must be a calling code of one to three digits' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Such as 380 for Ukraine; an empty text is for none.';
    END IF;

    old := analytics.settings(configure.business_id);
    INSERT INTO warehouse.settings AS s (business_id, reporting_timezone, currency, fiscal_year_start_month, revenue_basis, lead_touches,
        lookback, half_life,
        quality_every, freshness_warn, freshness_fail, unknown_share_warn, source_loss_limit, paid_rule,
        platform_level, target_cpl, target_cpa, target_roas, profit_margin, platform_limit, country_code)
    VALUES (configure.business_id,
        COALESCE(configure.reporting_timezone, old.reporting_timezone), COALESCE(configure.currency, old.currency),
        COALESCE(configure.fiscal_year_start_month, old.fiscal_year_start_month), COALESCE(configure.revenue_basis, old.revenue_basis),
        COALESCE(configure.lead_touches, old.lead_touches), COALESCE(configure.lookback, old.lookback),
        COALESCE(configure.half_life, old.half_life), COALESCE(configure.quality_every, old.quality_every),
        NULLIF(COALESCE(configure.freshness_warn, old.freshness_warn), interval '0'),
        NULLIF(COALESCE(configure.freshness_fail, old.freshness_fail), interval '0'),
        COALESCE(configure.unknown_share_warn, old.unknown_share_warn), COALESCE(configure.source_loss_limit, old.source_loss_limit),
        COALESCE(configure.paid_rule, old.paid_rule), COALESCE(configure.platform_level, old.platform_level),
        NULLIF(COALESCE(configure.target_cpl, old.target_cpl), 0), NULLIF(COALESCE(configure.target_cpa, old.target_cpa), 0),
        NULLIF(COALESCE(configure.target_roas, old.target_roas), 0), NULLIF(COALESCE(configure.profit_margin, old.profit_margin), 0),
        COALESCE(configure.platform_limit, old.platform_limit), NULLIF(COALESCE(configure.country_code, old.country_code), ''))
    ON CONFLICT ON CONSTRAINT settings_pkey DO UPDATE SET reporting_timezone = EXCLUDED.reporting_timezone, currency = EXCLUDED.currency,
        fiscal_year_start_month = EXCLUDED.fiscal_year_start_month, revenue_basis = EXCLUDED.revenue_basis,
        lead_touches = EXCLUDED.lead_touches, lookback = EXCLUDED.lookback, half_life = EXCLUDED.half_life,
        quality_every = EXCLUDED.quality_every,
        freshness_warn = EXCLUDED.freshness_warn, freshness_fail = EXCLUDED.freshness_fail,
        unknown_share_warn = EXCLUDED.unknown_share_warn, source_loss_limit = EXCLUDED.source_loss_limit,
        paid_rule = EXCLUDED.paid_rule, platform_level = EXCLUDED.platform_level, target_cpl = EXCLUDED.target_cpl,
        target_cpa = EXCLUDED.target_cpa, target_roas = EXCLUDED.target_roas, profit_margin = EXCLUDED.profit_margin,
        platform_limit = EXCLUDED.platform_limit, country_code = EXCLUDED.country_code;

    new := analytics.settings(configure.business_id);
    -- Time zone and currency are part of each source's definition, so the next refresh reads the sources again; the rules of
    -- attribution reach every client.
    IF (new.lead_touches, new.lookback, new.fiscal_year_start_month, new.paid_rule)
        IS DISTINCT FROM (old.lead_touches, old.lookback, old.fiscal_year_start_month, old.paid_rule) THEN
        PERFORM analytics_internal.mark_all_pending(configure.business_id);
    ELSIF new.reporting_timezone <> old.reporting_timezone THEN
        -- Posts are facts without a day of their own: reading them again changes nothing.
        PERFORM analytics_internal.mark_all_content(configure.business_id);
    END IF;
    IF (new.reporting_timezone, new.currency, new.lead_touches, new.lookback, new.fiscal_year_start_month, new.paid_rule)
        IS DISTINCT FROM (old.reporting_timezone, old.currency, old.lead_touches, old.lookback, old.fiscal_year_start_month, old.paid_rule)
        AND EXISTS (SELECT FROM warehouse.source_watermark w WHERE w.business_id = configure.business_id) THEN
        RAISE NOTICE 'the change reaches derived data: the next refresh makes them anew';
    END IF;
    RETURN new;
END
$$;
COMMENT ON FUNCTION analytics.configure(text, text, int, text, text, interval, interval, interval, interval, interval, numeric, bigint,
    numeric, text, text, numeric, numeric, numeric, numeric, int, text) IS
'Changes settings of a business; arguments left out stay as they are
reporting_timezone: where a day begins. currency: ISO code of spend and amounts. revenue_basis: lead_date counts contracts with the leads
that brought them, contract_date on the day they were signed. lead_touches: journey or before_lead, the touches that a lead is attributed
by. lookback: how old the last paid touch of a contract may be. half_life: of the model time_decay. quality_every: how often a refresh runs
the thorough checks of data quality. freshness_warn, freshness_fail: age of a source''s newest row from which a check warns or fails; 0 for
never. unknown_share_warn: percentage of leads or touches of unknown platform from which a check warns. source_loss_limit: share of its
rows, 0 to 1, that a source may lose in a refresh; one that loses more, and at least 100, is refused. paid_rule: which touches are paid for
last_paid: any: those that the classification calls paid, of networks that sell ads or have campaigns in an export;
campaign_networks: those with a campaign of Facebook, Instagram, Google and the ad networks of your own. platform_level: platform or family,
what answers are by where a question does not say. target_cpl, target_cpa, target_roas, profit_margin: what campaigns are judged by where a
question brings no target; see reco_budget(). 0 for none. platform_limit: how many platforms touches may name; visitors choose the tags of
links, and touches of further ones are of platform (other), with their source as it is. Touches that are already there stay as they are
until a full refresh. country_code: calling code of telephone numbers that are written without one, such as 380, for audience(); empty for
none.';
