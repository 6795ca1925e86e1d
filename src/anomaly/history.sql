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
    chosen analytics.alert_settings;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    SELECT s.dimensions, s.window_days, s.baseline_days, s.lag_days, s.cooldown_days, s.q, s.min_effect, s.min_events, s.min_impact
    INTO chosen
    FROM warehouse.alert_settings s
    WHERE s.business_id = alert_settings.business_id;
    IF NOT FOUND THEN
        chosen := ('{campaign,platform,total}', 7, 30, 1, 7, 0.1, 0.2, 3, 0);
    END IF;
    RETURN chosen;
END
$$;
COMMENT ON FUNCTION analytics.alert_settings(bigint) IS 'What refreshes watch for a business: one row, defaults where nothing was set';

CREATE FUNCTION analytics.configure_alerts(
    dimensions text[] DEFAULT NULL, window_days int DEFAULT NULL, baseline_days int DEFAULT NULL, lag_days int DEFAULT NULL,
    cooldown_days int DEFAULT NULL, q double precision DEFAULT NULL, min_effect double precision DEFAULT NULL,
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
    PERFORM analytics_internal.check_warehouse();
    IF business_id IS NULL THEN
        RAISE EXCEPTION 'business_id must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave it out for the only business, 1.';
    ELSIF window_days NOT BETWEEN 1 AND 366 OR cooldown_days NOT BETWEEN 0 AND 366 THEN
        RAISE EXCEPTION 'window_days must be between 1 and 366, cooldown_days between 0 and 366'
            USING ERRCODE = 'invalid_parameter_value', HINT = 'The last week, not raised again for a week, is usual: 7 and 7.';
    END IF;
    PERFORM analytics_internal.check_alert_arguments(
        d, wanted.baseline_days, wanted.lag_days, wanted.q, wanted.min_effect, wanted.min_events, wanted.min_impact)
    FROM unnest('campaign'::text || wanted.dimensions) d;
    INSERT INTO warehouse.alert_settings (business_id, dimensions, window_days, baseline_days, lag_days, cooldown_days, q, min_effect,
                                          min_events, min_impact)
    SELECT business_id, (wanted).*
    ON CONFLICT ON CONSTRAINT alert_settings_pkey DO UPDATE
        SET (dimensions, window_days, baseline_days, lag_days, cooldown_days, q, min_effect, min_events, min_impact) = (SELECT (wanted).*);
    RETURN analytics.alert_settings(business_id);
END
$$;
COMMENT ON FUNCTION analytics.configure_alerts IS
'Changes what refreshes watch for a business; arguments left out stay as they are
dimensions: campaign, platform, channel, product, branch, total; {} for none. window_days: length of the window, which ends lag_days
before today, or with the last day that has data. cooldown_days: an alert that was seen within so many days is not raised again, unless
it has become more severe. The others are those of anomalies().';

-- One alert of the warehouse into the history: 'new', 'worse', 'seen' (on a later day than before) or 'known'.
CREATE FUNCTION analytics_internal.record_alert(
    rules analytics_internal.alert_rules, cooldown_days int, alert analytics_internal.alert) RETURNS text
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
    WHERE h.business_id = alert.business AND h.dimension = rules.dimension AND h.anomaly_type = alert.anomaly_type
      AND h.unit_id = alert.id AND h.platform IS NOT DISTINCT FROM alert.platform AND h.last_seen >= rules.last_day - cooldown_days
    ORDER BY h.last_seen DESC, h.alert_id DESC
    LIMIT 1;
    IF known.alert_id IS NULL THEN
        outcome := 'new';
        INSERT INTO warehouse.anomaly_history (business_id, dimension, anomaly_type, platform, unit_id, unit_name, date_from, date_to,
                                               last_seen, severity, leads, spend, ratio, p_adjusted, impact, reason)
        VALUES (alert.business, rules.dimension, alert.anomaly_type, alert.platform, alert.id, alert.name, rules.date_from, rules.last_day,
                rules.last_day, alert.severity, alert.leads, alert.spend, alert.ratio, alert.p_adjusted, alert.impact, alert.reason)
        RETURNING * INTO known;
    ELSIF array_position(severities, alert.severity) > array_position(severities, known.severity) THEN
        outcome := 'worse';
        UPDATE warehouse.anomaly_history h
        SET severity = alert.severity, date_from = rules.date_from, date_to = rules.last_day,
            last_seen = GREATEST(h.last_seen, rules.last_day), leads = alert.leads, spend = alert.spend, ratio = alert.ratio,
            p_adjusted = alert.p_adjusted, impact = alert.impact, reason = alert.reason, raised_at = clock_timestamp()
        WHERE h.business_id = alert.business AND h.alert_id = known.alert_id
        RETURNING * INTO known;
    ELSIF rules.last_day > known.last_seen THEN
        UPDATE warehouse.anomaly_history h
        SET last_seen = rules.last_day
        WHERE h.business_id = alert.business AND h.alert_id = known.alert_id;
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
    settings constant analytics.alert_settings := analytics.alert_settings(record_anomalies.business_id);
    last_day date;
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    SELECT LEAST((now() AT TIME ZONE s.reporting_timezone)::date - settings.lag_days, (
               SELECT max(r.date)
               FROM warehouse.campaign_roi_daily r
               WHERE r.business_id = record_anomalies.business_id)) INTO last_day
    FROM analytics.settings(record_anomalies.business_id) s;
    IF last_day IS NULL THEN
        RETURN counts;
    END IF;
    WITH alert AS MATERIALIZED (
        SELECT r.rules, t AS alert
        FROM unnest(settings.dimensions) WITH ORDINALITY d (dimension, place)
        CROSS JOIN LATERAL (
            SELECT analytics_internal.alert_rules(
                last_day - settings.window_days + 1, last_day, NULL, settings.baseline_days, d.dimension, 0, last_day, settings.q,
                settings.min_effect, settings.min_events, settings.min_impact, record_anomalies.business_id) AS rules) r
        CROSS JOIN LATERAL analytics_internal.alert_tests(r.rules) t
        -- What a dimension of its own watches is not told a second time.
        WHERE t.verdict = 'anomaly'
          AND NOT (t.is_common AND CASE WHEN t.platform IS NULL THEN 'total' ELSE 'platform' END = ANY (settings.dimensions))
        ORDER BY d.place, t.impact DESC NULLS LAST, t.platform COLLATE "C", t.id COLLATE "C", t.anomaly_type COLLATE "C"
    )
    SELECT count(*), count(*) FILTER (WHERE o.outcome = 'new'), count(*) FILTER (WHERE o.outcome IN ('worse', 'seen')),
           count(*) FILTER (WHERE o.outcome = 'known')
    INTO counts.rows_read, counts.inserted, counts.updated, counts.unchanged
    FROM alert a
    CROSS JOIN LATERAL analytics_internal.record_alert(a.rules, settings.cooldown_days, a.alert) o (outcome);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.record_anomalies(bigint) IS
'Looks for anomalies in the last days of a business and keeps them
The step of a refresh that fills warehouse.anomaly_history; what is watched is in alert_settings().';
