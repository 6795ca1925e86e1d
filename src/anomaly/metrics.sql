-- The comparison of anomalies() for any metric of any relation.

CREATE FUNCTION analytics.metric_anomalies(
    relation regclass, day text, value text, date_from date, date_to date, series text DEFAULT NULL, exposure text DEFAULT NULL,
    kind text DEFAULT NULL, direction text DEFAULT 'both', baseline_days int DEFAULT 30, q double precision DEFAULT 0.1,
    min_effect double precision DEFAULT 0.2, min_days int DEFAULT 7, min_events double precision DEFAULT 3,
    gaps_are_zero boolean DEFAULT false)
    RETURNS TABLE (series_name text, verdict text, change text, found double precision, expected double precision, ratio double precision,
                   ratio_low double precision, ratio_high double precision, z double precision, p_value double precision,
                   p_adjusted double precision, tested_as text, window_days int, days_before int, phi double precision,
                   needed_events double precision, needed_days double precision, reason text)
    LANGUAGE plpgsql STABLE
    SET DateStyle = 'ISO, MDY' SET IntervalStyle = 'postgres' SET extra_float_digits = 1 SET bytea_output = 'hex'
    SET standard_conforming_strings = on SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    names text[];
    ids bigint[];
    days date[];
    numbers double precision[];
    exposures double precision[];
    as_kind text := kind;
BEGIN
    PERFORM analytics_internal.check_period(date_from, date_to), analytics_internal.check_choice('direction', direction, '{up,down,both}'),
            analytics_internal.check_alert_arguments('total', baseline_days, 0, q, min_effect, min_events, 0);
    IF relation IS NULL OR day IS NULL OR value IS NULL THEN
        RAISE EXCEPTION 'relation, day and value must be given' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'day and value are columns of the relation, or SQL over them.';
    END IF;
    -- day, value, exposure and series are SQL over the columns of the relation, run with the rights of the caller.
    EXECUTE format($sql$
        WITH r AS MATERIALIZED (
            SELECT COALESCE((%s)::text, '') AS name, (%s)::date AS day, (%s)::double precision AS number,
                   (%s)::double precision AS exposure
            FROM %s AS _source
        ), kept AS (
            SELECT dense_rank() OVER (ORDER BY r.name COLLATE "C") AS id, r.*
            FROM r
            WHERE r.day BETWEEN $1 AND $2
        )
        SELECT (SELECT array_agg(n.name ORDER BY n.id) FROM (SELECT DISTINCT k.id, k.name FROM kept k) n),
               COALESCE(array_agg(k.id), '{}'), COALESCE(array_agg(k.day), '{}'),
               COALESCE(array_agg(k.number), '{}'), COALESCE(array_agg(k.exposure), '{}'),
               CASE WHEN bool_and(k.number >= 0 AND k.number = floor(k.number)) THEN 'count'
                    WHEN bool_and(k.number > 0) THEN 'positive' ELSE 'real' END
        FROM kept k$sql$, COALESCE(series, 'NULL'), day, value, COALESCE(exposure, 'NULL'), relation)
    INTO names, ids, days, numbers, exposures, as_kind USING date_from - baseline_days, date_to;
    as_kind := COALESCE(kind, CASE WHEN exposure IS NOT NULL THEN 'rate' ELSE as_kind END);
    RETURN QUERY
    WITH test AS (
        SELECT w.*, row_number() OVER (ORDER BY w.series_id) AS ordinal
        FROM analytics.compare_windows(ids, days, numbers, CASE WHEN exposure IS NOT NULL THEN exposures END,
            metric_anomalies.date_from, metric_anomalies.date_to, as_kind, metric_anomalies.baseline_days,
            CASE direction WHEN 'up' THEN 'greater' WHEN 'down' THEN 'less' ELSE 'two.sided' END, metric_anomalies.min_effect,
            metric_anomalies.min_days, metric_anomalies.min_events, metric_anomalies.gaps_are_zero) w
    ), adjusted AS (
        SELECT analytics.p_adjust(array_agg(t.p_value ORDER BY t.ordinal)) AS p_values
        FROM test t
    ), judged AS (
        SELECT t.*, a.p_values[t.ordinal] AS adjusted,
               CASE WHEN t.status = 'inactive' THEN 'no_data'
                    WHEN t.status <> 'tested' THEN 'insufficient_data'
                    WHEN a.p_values[t.ordinal] <= metric_anomalies.q THEN 'anomaly'
                    ELSE 'normal' END AS final,
               CASE WHEN t.window_value > t.expected THEN 'up' WHEN t.window_value < t.expected THEN 'down' END AS moved
        FROM test t
        CROSS JOIN adjusted a
    )
    SELECT names[j.series_id::int], j.final, CASE WHEN j.final = 'anomaly' THEN j.moved END, j.window_value, j.expected, j.ratio,
           j.ratio_low, j.ratio_high, j.z, j.p_value, j.adjusted, as_kind, j.window_days, j.days_before, j.phi, j.needed_events,
           j.needed_days,
           CASE j.final
               WHEN 'no_data' THEN format('No data in the period; the last are of %s.', j.last_active)
               WHEN 'insufficient_data' THEN analytics_internal.too_little_text(j.needed_days, j.needed_events, 'events')
               WHEN 'normal' THEN analytics_internal.usual_text(j.p_value)
               ELSE format('%s instead of about %s%s.', analytics_internal.amount_text(j.window_value),
                   analytics_internal.amount_text(j.expected), ' (' || analytics_internal.amount_text(j.ratio) || ' times)') END
    FROM judged j
    ORDER BY array_position('{anomaly,normal,insufficient_data,no_data}'::text[], j.final), j.adjusted, j.p_value,
             j.series_id;
END
$function$;
COMMENT ON FUNCTION analytics.metric_anomalies IS
'The comparison of anomalies() for any metric of any relation

day, value, exposure, series: columns or SQL expressions over them; rows of one series and day add up. kind: count, rate (events per
exposure), positive (an amount that varies by factors, or such an amount per exposure: cost per click, or per view) or real (the same of
what varies by differences); NULL picks one by the values. direction: up, down or both. Days and
names that the expressions make of text are read as by DateStyle ISO, MDY, whatever the session''s is. The
period from date_from to date_to is compared with the baseline_days days before it, for all series in one family of tests. min_effect is a
part of the expected value.';
