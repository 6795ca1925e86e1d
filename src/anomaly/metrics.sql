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

-- A rate stands for how often something comes per piece of what brings it; what it costs is the inverse of that, as in anomalies().
CREATE FUNCTION analytics_internal.expected_parts(metric text)
    RETURNS TABLE (counted text, exposure text, kind text, is_cost boolean, scale double precision)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.counted, m.exposure, m.kind, m.is_cost, m.scale
    FROM (VALUES
        ('leads', 'leads', NULL, 'count', false, 1), ('contracts', 'contracts', NULL, 'count', false, 1),
        ('impressions', 'impressions', NULL, 'count', false, 1), ('clicks', 'clicks', NULL, 'count', false, 1),
        ('revenue', 'revenue', NULL, 'positive', false, 1), ('spend', 'spend', NULL, 'positive', false, 1),
        ('cpl', 'leads', 'spend', 'rate', true, 1), ('cpc', 'clicks', 'spend', 'rate', true, 1),
        ('ctr', 'clicks', 'impressions', 'rate', false, 100)) m (metric, counted, exposure, kind, is_cost, scale)
    WHERE analytics_internal.check_choice(
              'metric', expected_parts.metric, '{leads,contracts,revenue,spend,impressions,clicks,cpl,cpc,ctr}')
      AND m.metric = expected_parts.metric
$$;
COMMENT ON FUNCTION analytics_internal.expected_parts(text) IS
'What metric_expectation() looks at for a metric; an error (22023) for others
counted, per exposure; is_cost: the metric is the inverse of that.';

CREATE FUNCTION analytics.metric_expectation(
    metric text, date_from date, date_to date, platforms text[] DEFAULT NULL, dimension text DEFAULT 'total',
    direction text DEFAULT 'both', alpha double precision DEFAULT 0.005, history_days int DEFAULT 84, business_id bigint DEFAULT NULL,
    platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, dt date, value double precision, expected double precision, low double precision,
                   high double precision, verdict text, is_anomaly boolean, z double precision, p_value double precision,
                   campaign_id text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    parts record;
    naming text;
    first_day date;
    last_day date;
    events record;
    -- What events did before is seen in three years, where there are events.
    years constant int := 1200;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed,
            analytics_internal.check_period(metric_expectation.date_from, metric_expectation.date_to),
            analytics_internal.check_choice('direction', direction, '{up,down,both}'),
            analytics_internal.check_metric('leads', metric_expectation.dimension, metric_expectation.history_days);
    SELECT p.* INTO parts FROM analytics_internal.expected_parts(metric_expectation.metric) p;
    naming := analytics_internal.checked_level(metric_expectation.platform_level, metric_expectation.business_id);
    IF 'spend' IN (parts.counted, parts.exposure) OR parts.counted = 'revenue' THEN
        PERFORM analytics_internal.check_currency(metric_expectation.business_id);
    END IF;
    last_day := LEAST(
        metric_expectation.date_to, analytics_internal.last_complete_day(parts.counted, metric_expectation.business_id),
        CASE WHEN parts.exposure IS NOT NULL
             THEN analytics_internal.last_complete_day(parts.exposure, metric_expectation.business_id) END);
    IF last_day IS NULL OR last_day < metric_expectation.date_from THEN
        RETURN;
    END IF;
    SELECT e.* INTO events FROM analytics_internal.calendar_events(metric_expectation.business_id) e;
    first_day := GREATEST(metric_expectation.date_from, (SELECT min(r.date) FROM warehouse.campaign_roi_daily r))
        - CASE WHEN events.names IS NULL THEN history_days ELSE GREATEST(history_days, years) END;
    RETURN QUERY
    WITH counted AS (
        SELECT h.platform, h.campaign_key, f.day, f.figure
        FROM analytics_internal.metric_history(
            parts.counted, metric_expectation.dimension, last_day, last_day - first_day + 1, metric_expectation.platforms,
            metric_expectation.business_id, naming) h
        CROSS JOIN unnest(h.days, h.figures) f (day, figure)
    ), exposed AS (
        SELECT h.platform, h.campaign_key, f.day, f.figure
        FROM analytics_internal.metric_history(
            parts.exposure, metric_expectation.dimension, last_day, last_day - first_day + 1, metric_expectation.platforms,
            metric_expectation.business_id, naming) h
        CROSS JOIN unnest(h.days, h.figures) f (day, figure)
        WHERE parts.exposure IS NOT NULL
    ), series AS (
        -- A day without a row is one on which nothing came.
        SELECT b.platform, b.campaign_key, array_agg(d.day::timestamp ORDER BY d.day) AS days,
               array_agg(COALESCE(c.figure, 0) ORDER BY d.day) AS figures,
               CASE WHEN parts.exposure IS NOT NULL THEN array_agg(COALESCE(e.figure, 0) ORDER BY d.day) END AS exposures
        FROM (SELECT c.platform, c.campaign_key, min(c.day) AS first_day FROM counted c GROUP BY c.platform, c.campaign_key) b
        CROSS JOIN LATERAL (
            SELECT g.day::date AS day
            FROM generate_series(b.first_day::timestamp, last_day, '1 day') g (day)) d
        LEFT JOIN counted c ON c.platform IS NOT DISTINCT FROM b.platform AND c.campaign_key IS NOT DISTINCT FROM b.campaign_key
            AND c.day = d.day
        LEFT JOIN exposed e ON e.platform IS NOT DISTINCT FROM b.platform AND e.campaign_key IS NOT DISTINCT FROM b.campaign_key
            AND e.day = d.day
        GROUP BY b.platform, b.campaign_key
    )
    SELECT s.platform, CASE WHEN s.campaign_key IS NOT NULL THEN COALESCE(c.campaign_name, '(no campaign)') END, v.ts::date,
           a.amounts[1], a.amounts[2], a.amounts[CASE WHEN parts.is_cost THEN 4 ELSE 3 END],
           a.amounts[CASE WHEN parts.is_cost THEN 3 ELSE 4 END],
           CASE WHEN parts.is_cost AND v.reason IN ('high', 'low') THEN CASE v.reason WHEN 'high' THEN 'low' ELSE 'high' END
                ELSE v.reason END,
           v.is_anomaly, CASE WHEN parts.is_cost THEN -v.z ELSE v.z END, v.p_value, c.campaign_id
    FROM series s
    CROSS JOIN LATERAL analytics.detect_anomalies(
        s.days, s.figures, s.exposures, kind => parts.kind, alpha => metric_expectation.alpha,
        direction => CASE WHEN NOT parts.is_cost THEN direction
                          WHEN direction = 'up' THEN 'down' WHEN direction = 'down' THEN 'up' ELSE 'both' END,
        event_names => events.names, event_first_days => events.first_days, event_last_days => events.last_days) v
    CROSS JOIN LATERAL (
        SELECT array_agg(CASE WHEN parts.exposure IS NULL THEN x.amount
                              WHEN parts.is_cost THEN w.exposure / NULLIF(x.amount, 0)
                              ELSE parts.scale * x.amount / NULLIF(w.exposure, 0) END ORDER BY x.place) AS amounts
        FROM unnest(ARRAY[v.value, v.expected, v.lower, v.upper]) WITH ORDINALITY x (amount, place)
        -- Figures and bounds are numbers of what is counted, at the exposure of the day.
        CROSS JOIN (SELECT s.exposures[v.ts::date - s.days[1]::date + 1] AS exposure) w) a
    LEFT JOIN warehouse.dim_campaigns c ON c.campaign_key = s.campaign_key
    WHERE v.ts::date >= metric_expectation.date_from
    ORDER BY s.platform COLLATE "C", c.campaign_name COLLATE "C", c.campaign_id COLLATE "C", s.campaign_key, v.ts;
END
$$;
COMMENT ON FUNCTION analytics.metric_expectation IS
'What each day let expect before it came, and whether what came is unusual
metric: leads, contracts and revenue (by the day of signing), spend, impressions, clicks, cpl, cpc, ctr (percent). dimension: total,
platform or campaign, each judged by itself. Days that are not over, or that the source has not reached, have no row, nor have those before
the first. expected, low, high: what the days before let expect, by weekday; the interval holds what is no anomaly. verdict: normal, high,
low, zero, level_shift, drift; without one: insufficient_data, inactive (a rate of nothing). is_anomaly: whether it is beyond chance;
alpha: of usual days that many are taken for unusual. direction: up, down or both. history_days: how far before date_from days are looked
at. z, p_value: see detect_anomalies(), which judges and knows the holidays and campaigns of calendar_events, whose effects it learns from
1200 days; NULL where there is no verdict. platform_level: platform or family; NULL for the
setting.';
