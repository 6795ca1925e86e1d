-- The alerts that refreshes raised: kept, so that the next day does not raise them again, and announced on a channel.

CREATE TYPE analytics.alert_settings AS (
    dimensions text[], window_days int, baseline_days int, lag_days int, cooldown_days int, q double precision, min_effect double precision,
    min_events double precision, min_impact numeric
);
COMMENT ON TYPE analytics.alert_settings IS 'What refreshes watch for a business, as analytics.alert_settings() shows it';

CREATE FUNCTION analytics.alert_settings(business_id bigint DEFAULT 1) RETURNS analytics.alert_settings
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found analytics.alert_settings := ('{campaign,platform,total}', 7, 30, 1, 7, 0.1, 0.2, 3, 0);
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    SELECT COALESCE(s.dimensions, found.dimensions), COALESCE(s.window_days, found.window_days),
           COALESCE(s.baseline_days, found.baseline_days), COALESCE(s.lag_days, found.lag_days),
           COALESCE(s.cooldown_days, found.cooldown_days), COALESCE(s.q, found.q), COALESCE(s.min_effect, found.min_effect),
           COALESCE(s.min_events, found.min_events), COALESCE(s.min_impact, found.min_impact)
    INTO found
    FROM (SELECT) one
    LEFT JOIN warehouse.alert_settings s ON s.business_id = alert_settings.business_id;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics.alert_settings(bigint) IS 'What refreshes watch for a business: one row, defaults where nothing was set';

CREATE FUNCTION analytics.configure_alerts(
    dimensions text[] DEFAULT NULL, window_days int DEFAULT NULL, baseline_days int DEFAULT NULL,
    lag_days int DEFAULT NULL, cooldown_days int DEFAULT NULL, q double precision DEFAULT NULL, min_effect double precision DEFAULT NULL,
    min_events double precision DEFAULT NULL, min_impact numeric DEFAULT NULL, business_id bigint DEFAULT 1)
    RETURNS analytics.alert_settings
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    old constant analytics.alert_settings := analytics.alert_settings(business_id);
    wanted constant analytics.alert_settings := (
        COALESCE(dimensions, old.dimensions), COALESCE(window_days, old.window_days), COALESCE(baseline_days, old.baseline_days),
        COALESCE(lag_days, old.lag_days), COALESCE(cooldown_days, old.cooldown_days), COALESCE(q, old.q),
        COALESCE(min_effect, old.min_effect), COALESCE(min_events, old.min_events), COALESCE(min_impact, old.min_impact));
BEGIN
    IF business_id IS NULL THEN
        RAISE EXCEPTION 'business_id must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave it out for the only business, 1.';
    ELSIF window_days NOT BETWEEN 1 AND 366 OR cooldown_days NOT BETWEEN 0 AND 366 THEN
        RAISE EXCEPTION 'window_days must be between 1 and 366, cooldown_days between 0 and 366'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The last week, not raised again for a week, is usual: 7 and 7.';
    END IF;
    PERFORM analytics_internal.check_alert_arguments(d, wanted.baseline_days, wanted.lag_days, wanted.q, wanted.min_effect,
        wanted.min_events, wanted.min_impact, NULL)
    FROM unnest('campaign'::text || wanted.dimensions) d;
    INSERT INTO warehouse.alert_settings
    VALUES (business_id, wanted.dimensions, wanted.window_days, wanted.baseline_days, wanted.lag_days, wanted.cooldown_days, wanted.q,
            wanted.min_effect, wanted.min_events, wanted.min_impact)
    ON CONFLICT ON CONSTRAINT alert_settings_pkey DO UPDATE SET dimensions = EXCLUDED.dimensions, window_days = EXCLUDED.window_days,
        baseline_days = EXCLUDED.baseline_days, lag_days = EXCLUDED.lag_days, cooldown_days = EXCLUDED.cooldown_days, q = EXCLUDED.q,
        min_effect = EXCLUDED.min_effect, min_events = EXCLUDED.min_events, min_impact = EXCLUDED.min_impact;
    RETURN analytics.alert_settings(business_id);
END
$$;
COMMENT ON FUNCTION analytics.configure_alerts IS
'Changes what refreshes watch for a business; arguments left out stay as they are
dimensions: campaign, platform, channel, product, branch, total; {} for none. window_days: length of the window, which ends lag_days
before
today, or with the last day that has data. cooldown_days: an alert that was seen within so many days is not raised again, unless it has
become more severe. The others are those of anomalies().';

-- One alert of the warehouse into the history: 'new', 'worse', 'seen' (on a later day than before) or 'known'.
CREATE FUNCTION analytics_internal.record_alert(
    business_id bigint, dimension text, window_from date, window_to date, cooldown_days int,
    anomaly_type text, severity text, platform text, unit_id text, unit_name text, leads bigint, spend numeric, ratio double precision,
    p_adjusted double precision, impact numeric, reason text) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    known warehouse.anomaly_history;
    severities constant text[] := '{info,warning,critical}';
    outcome text;
BEGIN
    SELECT h.* INTO known
    FROM warehouse.anomaly_history h
    WHERE h.business_id = record_alert.business_id AND h.dimension = record_alert.dimension
      AND h.anomaly_type = record_alert.anomaly_type AND h.unit_id = record_alert.unit_id
      AND h.platform IS NOT DISTINCT FROM record_alert.platform AND h.last_seen >= window_to - cooldown_days
    ORDER BY h.last_seen DESC, h.alert_id DESC
    LIMIT 1;
    IF known.alert_id IS NULL THEN
        outcome := 'new';
        INSERT INTO warehouse.anomaly_history (business_id, dimension, anomaly_type, platform, unit_id, unit_name, date_from, date_to,
                                               last_seen, severity, leads, spend, ratio, p_adjusted, impact, reason)
        VALUES (business_id, dimension, anomaly_type, platform, unit_id, unit_name, window_from, window_to, window_to,
                severity, leads, spend, ratio, p_adjusted, impact, reason)
        RETURNING * INTO known;
    ELSIF array_position(severities, severity) > array_position(severities, known.severity) THEN
        outcome := 'worse';
        UPDATE warehouse.anomaly_history h
        SET severity = record_alert.severity, date_from = window_from, date_to = window_to, last_seen = GREATEST(h.last_seen, window_to),
            leads = record_alert.leads, spend = record_alert.spend, ratio = record_alert.ratio, p_adjusted = record_alert.p_adjusted,
            impact = record_alert.impact, reason = record_alert.reason, raised_at = clock_timestamp()
        WHERE h.business_id = record_alert.business_id AND h.alert_id = known.alert_id
        RETURNING * INTO known;
    ELSIF window_to > known.last_seen THEN
        UPDATE warehouse.anomaly_history h
        SET last_seen = window_to
        WHERE h.business_id = record_alert.business_id AND h.alert_id = known.alert_id;
        RETURN 'seen';
    ELSE
        RETURN 'known';
    END IF;
    -- Delivered when the row is committed, and never without it.
    PERFORM pg_notify('analytics_anomalies', json_build_object('alert_id', known.alert_id, 'business_id', known.business_id,
        'dimension', known.dimension, 'anomaly_type', known.anomaly_type, 'severity', known.severity, 'platform', known.platform,
        'name', left(known.unit_name, 200), 'date_to', known.date_to, 'outcome', outcome, 'reason', left(known.reason, 500))::text);
    RETURN outcome;
END
$$;
COMMENT ON FUNCTION analytics_internal.record_alert IS
'Writes an alert into warehouse.anomaly_history, and announces it where it is new
Returns new, worse, seen or known.';

CREATE FUNCTION analytics_internal.record_anomalies(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    rules constant analytics.alert_settings := analytics.alert_settings(record_anomalies.business_id);
    last_day date;
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    SELECT LEAST((now() AT TIME ZONE s.reporting_timezone)::date - rules.lag_days, (
               SELECT max(r.date)
               FROM warehouse.campaign_roi_daily r
               WHERE r.business_id = record_anomalies.business_id)) INTO last_day
    FROM analytics.settings(record_anomalies.business_id) s;
    WITH alert AS MATERIALIZED (
        SELECT d.dimension, t.*
        FROM unnest(rules.dimensions) WITH ORDINALITY d (dimension, place)
        CROSS JOIN LATERAL analytics_internal.alert_tests(last_day - rules.window_days + 1, last_day, NULL, rules.baseline_days,
            d.dimension, 0, last_day, rules.q, rules.min_effect, rules.min_events, rules.min_impact, record_anomalies.business_id) t
        WHERE last_day IS NOT NULL AND t.verdict = 'anomaly'
        ORDER BY d.place, t.impact DESC NULLS LAST, t.platform, t.id, t.anomaly_type
    )
    SELECT count(*), count(*) FILTER (WHERE o.outcome = 'new'), count(*) FILTER (WHERE o.outcome IN ('worse', 'seen')),
           count(*) FILTER (WHERE o.outcome = 'known')
    INTO counts.rows_read, counts.inserted, counts.updated, counts.unchanged
    FROM alert a
    CROSS JOIN LATERAL analytics_internal.record_alert(a.business, a.dimension, last_day - rules.window_days + 1, last_day,
        rules.cooldown_days, a.anomaly_type, a.severity, a.platform, a.id, a.name, a.leads, a.spend, a.ratio, a.p_adjusted, a.impact,
        a.reason) o (outcome);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.record_anomalies(bigint) IS
'Looks for anomalies in the last days of a business and keeps them
The step of a refresh that fills warehouse.anomaly_history; what is watched is in alert_settings().';
