-- Alerts on the warehouse: which campaigns, platforms, products ... do worse than their own days before, beyond chance.

CREATE FUNCTION analytics_internal.check_alert_arguments(
    dimension text, baseline_days int, lag_days int, q double precision, min_effect double precision, min_events double precision,
    min_impact numeric) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.check_choice('dimension', dimension, '{campaign,platform,channel,product,branch,total}');
    IF baseline_days IS NULL OR baseline_days NOT BETWEEN 7 AND 3660 THEN
        RAISE EXCEPTION 'baseline_days must be between 7 and 3660' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is how many days before the period it is compared with; 30 is usual.';
    ELSIF lag_days IS NULL OR lag_days NOT BETWEEN 0 AND 365 THEN
        RAISE EXCEPTION 'lag_days must be between 0 and 365' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is how many days up to today are still being reported.';
    ELSIF q IS NULL OR NOT (q > 0 AND q < 1) THEN
        RAISE EXCEPTION 'q must lie between 0 and 1' USING ERRCODE = 'invalid_parameter_value',
            HINT = '0.1 lets one in ten alerts be false.';
    ELSIF min_effect IS NULL OR NOT (min_effect >= 0 AND min_effect < 1000) THEN
        RAISE EXCEPTION 'min_effect must be a number that is not negative' USING ERRCODE = 'invalid_parameter_value',
            HINT = '0.2 is silent on changes by less than a fifth.';
    ELSIF min_events IS NULL OR NOT (min_events >= 0 AND min_events < 'Infinity')
          OR min_impact IS NULL OR NOT (min_impact >= 0) OR min_impact = 'NaN' THEN
        RAISE EXCEPTION 'min_events and min_impact must be numbers that are not negative' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'They are leads that must be expected or found, and money that must be at stake.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_alert_arguments IS
'True for arguments that anomalies() knows, else an error (22023)';

CREATE FUNCTION analytics_internal.check_verdicts(verdicts text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(bool_and(analytics_internal.check_choice('verdict', v,
               '{anomaly,scaling,explained,normal,insufficient_data,paused,no_data}')), true)
    FROM unnest(verdicts) v
$$;
COMMENT ON FUNCTION analytics_internal.check_verdicts(text[]) IS 'True for verdicts that anomalies() gives, else an error (22023)';

CREATE FUNCTION analytics_internal.amount_text(amount double precision) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN pg_catalog.abs(amount) < 9.95::double precision AND amount <> pg_catalog.round(amount)
                THEN pg_catalog.to_char(amount, 'FM990.0')
                ELSE pg_catalog.to_char(amount, 'FM999,999,999,999,990') END
$$;
COMMENT ON FUNCTION analytics_internal.amount_text(double precision) IS 'A number as people read it: 5,775 or 2.3';

CREATE FUNCTION analytics_internal.too_little_text(needed_days double precision, needed_events double precision, noun text) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN needed_days > 0::double precision
                THEN pg_catalog.format('Too little to tell: needs %s more active days before the period.', needed_days)
                ELSE pg_catalog.format('Too little to tell: needs about %s more expected %s.',
                    analytics_internal.amount_text(GREATEST(needed_events, 0.1::double precision)), noun) END
$$;
COMMENT ON FUNCTION analytics_internal.too_little_text(double precision, double precision, text) IS
'The sentence on a comparison for which there are too few days or events';

CREATE FUNCTION analytics_internal.usual_text(p_value double precision) RETURNS text
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.format('Within what is usual, or too small a change to matter (p = %s).', pg_catalog.to_char(p_value, 'FM0.000'))
$$;
COMMENT ON FUNCTION analytics_internal.usual_text(double precision) IS 'The sentence on a comparison that found nothing';

CREATE FUNCTION analytics_internal.alert_severity(
    verdict text, anomaly_type text, has_status boolean, shown double precision, p_adjusted double precision, is_small boolean)
    RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN verdict NOT IN ('anomaly', 'scaling') THEN 'none'
                ELSE ('{info,info,warning,critical}'::text[])[level - CASE WHEN verdict = 'anomaly' AND is_small THEN 1 ELSE 0 END] END
    FROM (SELECT CASE anomaly_type WHEN 'zero_leads' THEN 'Infinity' ELSE GREATEST(shown, 1 / NULLIF(shown, 0)) END) c (change)
    CROSS JOIN LATERAL (
        SELECT CASE WHEN verdict = 'scaling' THEN 1
                    WHEN anomaly_type = 'zero_spend' THEN CASE WHEN has_status THEN 4 ELSE 3 END
                    WHEN p_adjusted <= 0.01 AND c.change >= 1.5 THEN 4
                    WHEN p_adjusted <= 0.05 AND c.change >= 1.3 THEN 3
                    ELSE 2 END) l (level)
$$;
COMMENT ON FUNCTION analytics_internal.alert_severity(text, text, boolean, double precision, double precision, boolean) IS
'How severe an alert is: by its evidence and the size of the change
none, info, warning or critical. has_status: whether the unit has one that would say that it is paused. is_small: next to no money is at
stake, which is a step less.';

-- What is watched, with the days of it. A unit is a campaign, platform, product ... of one business, so that currencies never mix.
CREATE FUNCTION analytics_internal.watched_units(dimension text, platforms text[], business_id bigint, level text DEFAULT 'platform')
    RETURNS TABLE (series_id bigint, business bigint, unit_key bigint, platform text, name text, id text, is_paused boolean, status text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.row_number() OVER by_name, u.business, COALESCE(u.campaign_key, pg_catalog.row_number() OVER by_name), u.platform,
           u.name, u.id,
           pg_catalog.upper(u.status COLLATE "C")
               ~ '^(.*_)?(PAUSED|REMOVED|ARCHIVED|DELETED|DISABLED|ENDED|COMPLETED|INACTIVE|STOPPED)$', u.status
    FROM (
        SELECT c.business_id, c.platform, c.campaign_name, c.campaign_id, c.campaign_key, c.status
        FROM warehouse.dim_campaigns c
        WHERE watched_units.dimension = 'campaign'
          AND (analytics_internal.no_platform_filter(watched_units.platforms) OR c.platform = ANY (watched_units.platforms))
        UNION ALL
        SELECT DISTINCT p.business_id, s.name, '(all campaigns)', s.name, NULL::bigint, NULL
        FROM warehouse.dim_platforms p
        CROSS JOIN LATERAL (
            SELECT CASE watched_units.level WHEN 'family' THEN COALESCE(p.family, p.platform) ELSE p.platform END) s (name)
        WHERE watched_units.dimension = 'platform'
          AND (analytics_internal.no_platform_filter(watched_units.platforms) OR p.platform = ANY (watched_units.platforms))
        UNION ALL
        SELECT s.business_id, NULL, '(total)', '', NULL, NULL
        FROM warehouse.settings s
        WHERE watched_units.dimension = 'total'
        UNION ALL
        SELECT d.business_id, NULL, COALESCE(p.name, b.name, NULLIF(d.id, ''), '(none)'), d.id, NULL, NULL
        FROM (
            SELECT DISTINCT l.business_id, CASE watched_units.dimension WHEN 'channel' THEN l.channel WHEN 'product' THEN l.product_id
                                                                        ELSE l.branch_id END AS id
            FROM warehouse.lead_daily l
            WHERE watched_units.dimension IN ('channel', 'product', 'branch')) d
        LEFT JOIN warehouse.dim_products p
            ON watched_units.dimension = 'product' AND p.business_id = d.business_id AND p.product_id = d.id
        LEFT JOIN warehouse.dim_branches b
            ON watched_units.dimension = 'branch' AND b.business_id = d.business_id AND b.branch_id = d.id
    ) u (business, platform, name, id, campaign_key, status)
    WHERE watched_units.business_id IS NULL OR u.business = watched_units.business_id
    WINDOW by_name AS (ORDER BY u.business, u.platform COLLATE "C", u.id COLLATE "C")
$$;
COMMENT ON FUNCTION analytics_internal.watched_units(text, text[], bigint, text) IS
'The units of a dimension that anomalies() compares
platforms: no families. level: family adds up the platforms of a family, where these are compared.';

CREATE FUNCTION analytics_internal.watched_days(
    dimension text, date_from date, date_to date, platforms text[], business_id bigint, level text DEFAULT 'platform')
    RETURNS TABLE (business bigint, unit_key bigint, day date, leads bigint, spend numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- All campaigns, watched or not: the reader joins the days with its units anyway.
    SELECT r.business_id, r.campaign_key, r.date, r.leads, r.spend
    FROM warehouse.campaign_roi_daily r
    WHERE watched_days.dimension = 'campaign' AND r.date BETWEEN watched_days.date_from AND watched_days.date_to
      AND (watched_days.business_id IS NULL OR r.business_id = watched_days.business_id)
    UNION ALL
    SELECT u.business, u.series_id, r.date, r.leads, r.spend
    FROM analytics_internal.watched_units(watched_days.dimension, watched_days.platforms, watched_days.business_id, watched_days.level) u
    LEFT JOIN warehouse.dim_platforms p
        ON watched_days.level = 'family' AND p.business_id = u.business AND COALESCE(p.family, p.platform) = u.platform
    JOIN warehouse.campaign_roi_daily r
        ON r.business_id = u.business AND (u.platform IS NULL OR r.platform = COALESCE(p.platform, u.platform))
    WHERE watched_days.dimension IN ('platform', 'total') AND r.date BETWEEN watched_days.date_from AND watched_days.date_to
      AND (analytics_internal.no_platform_filter(watched_days.platforms) OR r.platform = ANY (watched_days.platforms))
    UNION ALL
    SELECT u.business, u.series_id, l.created_date, l.leads, NULL
    FROM analytics_internal.watched_units(watched_days.dimension, watched_days.platforms, watched_days.business_id) u
    JOIN warehouse.lead_daily l ON l.business_id = u.business
         AND u.id = CASE watched_days.dimension WHEN 'channel' THEN l.channel WHEN 'product' THEN l.product_id ELSE l.branch_id END
    WHERE watched_days.dimension IN ('channel', 'product', 'branch')
      AND l.created_date BETWEEN watched_days.date_from AND watched_days.date_to
      AND (analytics_internal.no_platform_filter(watched_days.platforms) OR l.platform = ANY (watched_days.platforms))
$$;
COMMENT ON FUNCTION analytics_internal.watched_days(text, date, date, text[], bigint, text) IS
'Leads and spend per day of the units of watched_units(), by their unit_key';

CREATE FUNCTION analytics_internal.alert_windows(
    days bytea, businesses bigint[], units bigint[], date_from date, date_to date, baseline_days int, min_effect double precision,
    min_events double precision, gaps_are_zero boolean, totals bigint[] DEFAULT '{}', groups bigint[] DEFAULT '{}',
    effect_businesses bigint[] DEFAULT '{}', effect_days date[] DEFAULT '{}', lead_effects double precision[] DEFAULT '{}',
    lead_errors double precision[] DEFAULT '{}', spend_effects double precision[] DEFAULT '{}',
    spend_errors double precision[] DEFAULT '{}')
    RETURNS TABLE (
    test text, series_id bigint, status text, window_days int, days_before int, reported_days int, last_active date,
    window_value double precision, baseline_value double precision, window_exposure double precision, baseline_exposure double precision,
    expected double precision, ratio double precision, ratio_low double precision, ratio_high double precision, z double precision,
    p_value double precision, phi double precision, needed_events double precision, needed_days double precision,
    peak_day date, peak_ratio double precision, alone_p_value double precision, common double precision, common_with text)
    LANGUAGE c IMMUTABLE STRICT PARALLEL SAFE COST 100000 ROWS 1000 AS 'MODULE_PATHNAME', 'marketing_alert_windows';
COMMENT ON FUNCTION analytics_internal.alert_windows IS
'The comparisons that alerts rest on: cost per lead, leads and spend of each unit
days: daily_rows(business, unit, day, leads, spend). businesses, units: those that count; series_id is the place in these arrays. test:
cost and leads for fewer than before, spend for more; the other columns are those of compare_windows(). totals, groups: of each unit its
business and a part of that, by numbers that are no series_id. common: what the others of common_with (total, group, none) let expect of
the window, as a factor; p_value is then that of a change beyond the others as well, by days that vary less as far as they do so alike;
alone_p_value that of any change. Totals and groups whose units moved together have rows, too; p_value is 1 in tests in which they did
not. effect_businesses, effect_days: days on which events are, and logarithms of what they multiply leads and spend by, with their errors.';

CREATE TYPE analytics_internal.alert_rules AS (
    date_from date, last_day date, platforms text[], baseline_days int, dimension text, q double precision, min_effect double precision,
    min_events double precision, min_impact numeric, business_id bigint, level text
);
COMMENT ON TYPE analytics_internal.alert_rules IS 'What a call of anomalies() compares, checked; platforms, no families';

CREATE FUNCTION analytics_internal.alert_rules(
    date_from date, date_to date, platforms text[], baseline_days int, dimension text, lag_days int, as_of date, q double precision,
    min_effect double precision, min_events double precision, min_impact numeric, business_id bigint,
    platform_level text DEFAULT 'platform')
    RETURNS analytics_internal.alert_rules
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    last_day date;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to),
            analytics_internal.check_alert_arguments(dimension, baseline_days, lag_days, q, min_effect, min_events, min_impact);
    IF date_to - date_from > 3660 THEN
        RAISE EXCEPTION 'the period must not be longer than 3660 days' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Compare a shorter period, such as the last week.';
    END IF;
    -- Days that are still being reported are no part of the window.
    last_day := LEAST(date_to, COALESCE(as_of, (
        SELECT min((now() AT TIME ZONE s.reporting_timezone)::date)
        FROM warehouse.settings s
        WHERE alert_rules.business_id IS NULL OR s.business_id = alert_rules.business_id)) - lag_days);
    RETURN (date_from, last_day, analytics_internal.platform_members(platforms), baseline_days, dimension, q, min_effect, min_events,
            min_impact, business_id,
            CASE dimension WHEN 'platform' THEN analytics_internal.checked_level(platform_level, business_id) ELSE 'platform' END);
END
$$;
COMMENT ON FUNCTION analytics_internal.alert_rules IS 'The arguments of anomalies() as one value, else an error (22023)';

CREATE TYPE analytics_internal.alert AS (
    business bigint, anomaly_type text, verdict text, severity text, platform text, name text, id text, leads bigint, spend numeric,
    current_cpl numeric, baseline_cpl numeric, ratio double precision, ratio_low double precision, ratio_high double precision,
    expected double precision, p_value double precision, p_adjusted double precision, impact numeric, reason text, window_days int,
    days_before int, phi double precision, needed_events double precision, needed_days double precision, is_common boolean
);
COMMENT ON TYPE analytics_internal.alert IS
'A test of anomalies() with its verdict; is_common: of what units have in common';

-- The share is taken of each day alike, not as it fell on each: days would differ by their age, which is no dispersion.
CREATE FUNCTION analytics_internal.kept_shares(rules analytics_internal.alert_rules)
    RETURNS TABLE (business bigint, unit_key bigint, share double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    days constant int := rules.last_day - rules.date_from + 1;
BEGIN
    RETURN QUERY
    WITH late AS MATERIALIZED (
        SELECT l.business_id, COALESCE(u.series_id, l.campaign_key) AS unit_key, sum(l.leads) AS leads
        FROM analytics_internal.businesses(rules.business_id) b
        CROSS JOIN LATERAL (SELECT analytics_internal.known_until(b.business)) k (until)
        CROSS JOIN LATERAL generate_series(1, rules.baseline_days) d (days_before)
        -- A day before the window is as old as its counterpart there: the days of the window follow one another again and again.
        CROSS JOIN LATERAL (SELECT rules.date_from - d.days_before, (days - d.days_before % days) % days) m (day, place)
        -- Day by day, as the key has them: of most days few leads are late.
        CROSS JOIN LATERAL (
            SELECT l.business_id, l.platform, l.campaign_key, l.leads
            FROM warehouse.late_daily l
            WHERE l.business_id = b.business AND l.created_date = m.day
              AND l.settled_date > m.day + (k.until - (rules.date_from + m.place)) AND l.leads <> 0
            OFFSET 0
        ) l
        LEFT JOIN warehouse.dim_platforms p ON rules.level = 'family' AND p.business_id = l.business_id AND p.platform = l.platform
        LEFT JOIN analytics_internal.watched_units('platform', rules.platforms, rules.business_id, rules.level) u
            ON rules.dimension = 'platform' AND u.business = l.business_id AND u.platform = COALESCE(p.family, l.platform)
            AND (rules.platforms IS NULL OR l.platform = ANY (rules.platforms))
        WHERE rules.dimension = 'campaign' OR u.series_id IS NOT NULL
        GROUP BY 1, 2
    )
    SELECT l.business_id, l.unit_key, (1 - l.leads / t.leads)::double precision
    FROM late l
    JOIN (
        SELECT d.business, d.unit_key, sum(d.leads) AS leads
        FROM analytics_internal.watched_days(rules.dimension, rules.date_from - rules.baseline_days, rules.date_from - 1,
            rules.platforms, rules.business_id, rules.level) d
        WHERE EXISTS (SELECT FROM late l WHERE l.business_id = d.business AND l.unit_key = d.unit_key)
        GROUP BY d.business, d.unit_key
    ) t ON t.business = l.business_id AND t.unit_key = l.unit_key
    WHERE t.leads > 0;
END
$$;
COMMENT ON FUNCTION analytics_internal.kept_shares(analytics_internal.alert_rules) IS
'Share of leads before a window that had come to their unit by its days'' age
So both are compared as they stand at the same age. By unit_key of watched_units(); units all of whose leads had are no row. In total no
lead is late.';

CREATE FUNCTION analytics_internal.event_effects(date_from date, date_to date, baseline_days int, business_id bigint)
    RETURNS TABLE (business bigint, day date, leads double precision, leads_error double precision, spend double precision,
                   spend_error double precision)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT b.business, e.day, sum(e.effect) FILTER (WHERE e.is_lead), sum(e.error) FILTER (WHERE e.is_lead),
           sum(e.effect) FILTER (WHERE NOT e.is_lead), sum(e.error) FILTER (WHERE NOT e.is_lead)
    FROM analytics_internal.businesses(event_effects.business_id) b
    CROSS JOIN LATERAL (
        -- Three years and a season: what comes back each year shows after three times.
        SELECT array_agg(d.date ORDER BY d.date) AS days, array_agg(d.leads ORDER BY d.date) AS leads,
               array_agg(d.spend ORDER BY d.date) AS spend
        FROM (
            SELECT r.date, sum(r.leads)::double precision AS leads, GREATEST(sum(r.spend), 0)::double precision AS spend
            FROM warehouse.platform_daily r
            WHERE r.business_id = b.business AND r.date BETWEEN date_from - 1200 AND date_from - 1
            GROUP BY r.date) d) h
    CROSS JOIN LATERAL analytics_internal.calendar_events(b.business) c
    CROSS JOIN LATERAL (
        SELECT l.is_lead, e.*
        FROM (VALUES (true), (false)) l (is_lead)
        CROSS JOIN LATERAL analytics_internal.event_days(
            h.days, CASE WHEN l.is_lead THEN h.leads ELSE h.spend END, date_to - date_from + 1, date_from - 1, date_from - baseline_days,
            c.names, c.first_days, c.last_days) e) e
    GROUP BY b.business, e.day
$$;
COMMENT ON FUNCTION analytics_internal.event_effects(date, date, int, bigint) IS
'What events make of all leads and all spend of each business, by day
Logarithms and their errors, of days from baseline_days before date_from up to date_to, as the days before date_from tell them. NULL where
there is none.';

-- Every test of a call, one row each: what anomalies() and the history choose from.
CREATE FUNCTION analytics_internal.alert_tests(rules analytics_internal.alert_rules) RETURNS SETOF analytics_internal.alert
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $function$
#variable_conflict use_column
DECLARE
    -- A change in cost per lead that so much more spend explains: leads that grow with the square root of the spend.
    elasticity constant double precision := 0.5;
BEGIN
    IF rules.last_day < rules.date_from THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH numbered_unit AS MATERIALIZED (
        -- Numbers below 0 are businesses and, of campaigns, their platforms.
        SELECT u.*, -dense_rank() OVER (ORDER BY u.business) AS total_id,
               -1000000000 - dense_rank() OVER (
                   ORDER BY u.business, CASE WHEN rules.dimension = 'campaign' THEN u.platform END COLLATE "C") AS group_id
        FROM analytics_internal.watched_units(rules.dimension, rules.platforms, rules.business_id, rules.level) u
    ), unit AS MATERIALIZED (
        SELECT u.series_id, u.business, u.unit_key, u.platform, u.name, u.id, u.is_paused, u.status
        FROM numbered_unit u
        UNION ALL
        SELECT DISTINCT u.total_id, u.business, NULL::bigint, NULL, '(total)', '', NULL::boolean, NULL
        FROM numbered_unit u
        UNION ALL
        SELECT DISTINCT u.group_id, u.business, NULL::bigint, u.platform, '(all campaigns)', u.platform, NULL::boolean, NULL
        FROM numbered_unit u
        WHERE rules.dimension = 'campaign'
    ), of_unit AS MATERIALIZED (
        SELECT u.series_id, d.leads, d.spend
        FROM (
            SELECT d.business, d.unit_key, sum(d.leads)::bigint AS leads, sum(d.spend)::numeric(18,4) AS spend
            FROM analytics_internal.watched_days(
                rules.dimension, rules.date_from, rules.last_day, rules.platforms, rules.business_id, rules.level) d
            GROUP BY d.business, d.unit_key) d
        JOIN unit u ON u.business = d.business AND u.unit_key = d.unit_key
    ), compared AS MATERIALIZED (
        SELECT w.*, w.series_id < 0 AS is_common, bool_or(w.test = 'cost') OVER series AS has_cost,
               bool_or(w.test = 'cost' AND w.status = 'tested') OVER series AS is_cost_tested
        FROM (
            SELECT analytics_internal.daily_rows(d.business, d.unit_key, d.day, d.leads, d.spend) AS days
            FROM (
                SELECT w.business, w.unit_key, w.day,
                       w.leads * CASE WHEN w.day < rules.date_from THEN COALESCE(k.share, 1) ELSE 1 END AS leads, w.spend
                FROM analytics_internal.watched_days(rules.dimension, rules.date_from - rules.baseline_days, rules.last_day,
                    rules.platforms, rules.business_id, rules.level) w
                LEFT JOIN analytics_internal.kept_shares(rules) k ON k.business = w.business AND k.unit_key = w.unit_key
            ) d) c
        CROSS JOIN (
            SELECT COALESCE(array_agg(u.business ORDER BY u.series_id), '{}') AS businesses,
                   COALESCE(array_agg(u.unit_key ORDER BY u.series_id), '{}') AS units,
                   COALESCE(array_agg(u.total_id ORDER BY u.series_id) FILTER (WHERE rules.dimension <> 'total'), '{}') AS totals,
                   COALESCE(array_agg(u.group_id ORDER BY u.series_id) FILTER (WHERE rules.dimension <> 'total'), '{}') AS groups
            FROM numbered_unit u) k
        CROSS JOIN (
            SELECT COALESCE(array_agg(e.business), '{}') AS businesses, COALESCE(array_agg(e.day), '{}') AS days,
                   COALESCE(array_agg(COALESCE(e.leads, 0)), '{}') AS leads,
                   COALESCE(array_agg(COALESCE(e.leads_error, 0)), '{}') AS leads_error,
                   COALESCE(array_agg(COALESCE(e.spend, 0)), '{}') AS spend,
                   COALESCE(array_agg(COALESCE(e.spend_error, 0)), '{}') AS spend_error
            FROM analytics_internal.event_effects(rules.date_from, rules.last_day, rules.baseline_days, rules.business_id) e) e
        CROSS JOIN LATERAL analytics_internal.alert_windows(c.days, k.businesses, k.units, rules.date_from, rules.last_day,
            rules.baseline_days, rules.min_effect, rules.min_events, rules.dimension <> 'campaign', k.totals, k.groups, e.businesses,
            e.days, e.leads, e.leads_error, e.spend, e.spend_error) w
        WINDOW series AS (PARTITION BY w.series_id)
    ), total AS MATERIALIZED (
        SELECT o.series_id, o.leads, o.spend
        FROM of_unit o
        UNION ALL
        SELECT c.series_id, max(c.window_value) FILTER (WHERE c.test = 'leads')::bigint,
               max(c.window_value) FILTER (WHERE c.test = 'spend')::numeric(18,4)
        FROM compared c
        WHERE c.is_common
        GROUP BY c.series_id
    ), advertised AS MATERIALIZED (
        -- Platforms whose ads were reported in the window: elsewhere, no spend is no news.
        SELECT DISTINCT r.business_id, COALESCE(p.family, r.platform) AS platform
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.dim_platforms p ON rules.level = 'family' AND p.business_id = r.business_id AND p.platform = r.platform
        WHERE r.date BETWEEN rules.date_from AND rules.last_day
          AND (rules.business_id IS NULL OR r.business_id = rules.business_id)
          AND (r.spend <> 0 OR r.impressions <> 0 OR r.clicks <> 0 OR (r.leads = 0 AND r.contracts = 0 AND r.contracts_signed = 0))
    ), test AS (
        SELECT CASE WHEN w.test = 'spend' THEN CASE w.status WHEN 'inactive' THEN 'zero_spend' ELSE 'spike_spend' END
                    WHEN w.window_value = 0 AND w.status = 'tested' THEN 'zero_leads'
                    WHEN w.test = 'cost' THEN 'spike_cpl' ELSE 'drop_leads' END AS type, w.*
        FROM compared w
        -- A campaign without spend has no days that it was active on. That no lead came is told once: by their cost, where there is one.
        WHERE w.test <> 'leads' OR (rules.dimension <> 'campaign' OR w.has_cost) AND NOT (w.window_value = 0 AND w.is_cost_tested)
    ), numbered AS (
        SELECT t.*, row_number() OVER (ORDER BY t.series_id, t.type COLLATE "C") AS ordinal
        FROM test t
        -- Units that stopped before the window, and units that have only just begun, are not watched.
        WHERE t.status <> 'inactive' OR (t.type = 'zero_spend' AND t.days_before >= 7 AND t.last_active >= rules.date_from - 3)
    ), adjusted AS (
        -- A row of its own for each test: whole arrays in each row would be sorted with it.
        SELECT a.ordinal, a.p_adjusted, a.alone_p_adjusted
        FROM (
            SELECT analytics.p_adjust(array_agg(n.p_value ORDER BY n.ordinal)) AS p_values,
                   analytics.p_adjust(array_agg(n.alone_p_value ORDER BY n.ordinal)) AS alone_p_values
            FROM numbered n
        ) p
        CROSS JOIN LATERAL unnest(p.p_values, p.alone_p_values) WITH ORDINALITY a (p_adjusted, alone_p_adjusted, ordinal)
    ), known AS (
        SELECT n.*, u.business, u.platform, u.name, u.id, u.is_paused, u.status AS unit_status, a.p_adjusted, a.alone_p_adjusted,
               COALESCE(w.leads, 0) AS leads,
               CASE WHEN m.series_id IS NOT NULL THEN COALESCE(w.spend, 0) ELSE w.spend END AS spend,
               c.baseline_exposure / NULLIF(c.baseline_value, 0) AS cpl_before, m.ratio AS spend_ratio, m.peak_day AS spend_peak,
               m.peak_ratio AS spend_peak_ratio, m.baseline_value / NULLIF(m.days_before, 0) AS spend_per_day,
               sum(w.spend) FILTER (WHERE n.type IN ('spike_spend', 'zero_spend') AND NOT n.is_common)
                   OVER (PARTITION BY u.business) AS all_spend,
               EXISTS (
                   SELECT FROM advertised v
                   WHERE v.business_id = u.business AND (u.platform IS NULL OR v.platform = u.platform)) AS is_reported,
               b.currency
        FROM numbered n
        JOIN unit u ON u.series_id = n.series_id
        JOIN adjusted a ON a.ordinal = n.ordinal
        LEFT JOIN warehouse.settings b ON b.business_id = u.business
        LEFT JOIN total w ON w.series_id = n.series_id
        LEFT JOIN compared c ON c.series_id = n.series_id AND c.test = 'cost'
        LEFT JOIN compared m ON m.series_id = n.series_id AND m.test = 'spend'
    ), measured AS (
        SELECT k.*,
               -- Cost per lead is the inverse of the rate that is tested.
               CASE WHEN k.type = 'spike_cpl' THEN 1 / NULLIF(k.ratio, 0) ELSE k.ratio END AS shown,
               CASE WHEN k.type = 'spike_cpl' THEN 1 / NULLIF(k.ratio_high, 0) ELSE k.ratio_low END AS shown_low,
               CASE WHEN k.type = 'spike_cpl' THEN 1 / NULLIF(k.ratio_low, 0) ELSE k.ratio_high END AS shown_high,
               CASE k.type
                   WHEN 'spike_cpl' THEN k.window_exposure - k.window_value * k.cpl_before
                   WHEN 'zero_leads' THEN k.spend::double precision
                   WHEN 'drop_leads' THEN (k.expected - k.window_value) * k.cpl_before
                   WHEN 'spike_spend' THEN k.window_value - k.expected
                   ELSE k.spend_per_day * k.reported_days END AS at_stake
        FROM known k
    ), judged AS (
        SELECT m.*, CASE
                   WHEN m.type = 'zero_spend' AND m.is_paused THEN 'paused'
                   WHEN m.type = 'zero_spend' AND NOT m.is_reported THEN 'no_data'
                   WHEN m.type = 'zero_spend' THEN 'anomaly'
                   WHEN m.status <> 'tested' THEN 'insufficient_data'
                   -- Only what its own p-value lost beside the others.
                   WHEN m.p_value > m.alone_p_value AND m.p_adjusted > rules.q AND m.alone_p_adjusted <= rules.q THEN 'explained'
                   WHEN m.p_adjusted > rules.q OR COALESCE(m.at_stake < rules.min_impact, false) THEN 'normal'
                   WHEN m.type = 'spike_cpl' AND m.spend_ratio >= 1 + rules.min_effect
                        AND m.shown <= power(m.spend_ratio, elasticity) THEN 'scaling'
                   ELSE 'anomaly' END AS verdict
        FROM measured m
    ), settled AS (
        -- One story, one alert: leads that stay away make them dearer as well, and a higher spend may do it alone.
        SELECT j.*, CASE WHEN j.verdict = 'anomaly' AND CASE WHEN COALESCE(j.spend_ratio, 1) < 1 + rules.min_effect
                             THEN j.type = 'spike_cpl' AND bool_or(j.type = 'drop_leads' AND j.verdict = 'anomaly') OVER unit
                             ELSE j.type = 'drop_leads' AND bool_or(j.type = 'spike_cpl' AND j.verdict = 'anomaly') OVER unit END
                         THEN 'explained' ELSE j.verdict END AS final
        FROM judged j
        WINDOW unit AS (PARTITION BY j.series_id)
    )
    SELECT s.business, s.type, s.final,
           analytics_internal.alert_severity(s.final, s.type, s.unit_status IS NOT NULL, s.shown, s.p_adjusted,
               s.at_stake < 0.01 * s.all_spend),
           s.platform, s.name, s.id, s.leads, s.spend, analytics_internal.quotient(NULLIF(s.spend, 0), s.leads),
           s.cpl_before::numeric(18,4), s.shown, s.shown_low, s.shown_high,
           CASE WHEN s.type = 'zero_spend' THEN s.at_stake ELSE s.expected END, s.p_value, s.p_adjusted, s.at_stake::numeric(18,4),
           CASE WHEN s.verdict = 'explained' THEN analytics_internal.common_text(s.type, s.common, s.common_with, s.platform)
                ELSE r.reason END,
           s.window_days, s.days_before, s.phi, s.needed_events, s.needed_days, s.is_common
    FROM settled s
    CROSS JOIN LATERAL analytics_internal.alert_reason(s.final, s.type, s.shown, s.expected, s.leads, s.spend, s.cpl_before, s.spend_ratio,
        s.spend_peak, s.spend_peak_ratio, s.spend_per_day, s.last_active, s.needed_events, s.needed_days, s.p_value, s.currency) r;
END
$function$;
COMMENT ON FUNCTION analytics_internal.alert_tests IS
'Every test of a call of anomalies(), with its verdict';

CREATE FUNCTION analytics_internal.common_text(
    anomaly_type text, common double precision, common_with text, platform text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT format('Explained by %s: %s elsewhere as well.', CASE common_with WHEN 'group' THEN platform ELSE 'the total' END,
        CASE anomaly_type
            WHEN 'spike_cpl' THEN format('a lead costs %s times as much', analytics_internal.amount_text(1 / NULLIF(common, 0)))
            ELSE format('leads are %s times as many', analytics_internal.amount_text(common)) END)
$$;
COMMENT ON FUNCTION analytics_internal.common_text(text, double precision, text, text) IS
'The sentence on a change that a unit has in common with others';

CREATE FUNCTION analytics_internal.alert_reason(
    verdict text, anomaly_type text, ratio double precision, expected double precision, leads bigint, spend numeric,
    cpl_before double precision, spend_ratio double precision, peak_day date, peak_ratio double precision, spend_per_day double precision,
    last_active date, needed_events double precision, needed_days double precision, p_value double precision, currency text)
    RETURNS TABLE (reason text)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT CASE verdict
        WHEN 'insufficient_data' THEN CASE
            WHEN needed_days > 0::double precision IS NOT TRUE AND anomaly_type IN ('spike_cpl', 'zero_leads') AND cpl_before IS NOT NULL
            THEN pg_catalog.format('Too little to tell: needs about %s more spent, worth %s more expected leads.',
                w.money_needed, analytics_internal.amount_text(GREATEST(needed_events, 0.1::double precision)))
            ELSE analytics_internal.too_little_text(needed_days, needed_events, 'leads') END
        WHEN 'paused' THEN 'Paused: no spend is as it should be.'
        WHEN 'no_data' THEN pg_catalog.format('No ad data of the platform in the period: nothing is known since %s.', w.last_day)
        WHEN 'normal' THEN analytics_internal.usual_text(p_value)
        WHEN 'scaling' THEN pg_catalog.format(
            'A lead cost %s times as much (%s instead of %s) while spend grew to %s times: more budget buys dearer leads.',
            w.ratio, w.cpl, w.cpl_then, w.spend_ratio)
        ELSE CASE anomaly_type
            WHEN 'spike_cpl' THEN pg_catalog.format('A lead cost %s instead of %s (%s times as much): %s for %s.',
                w.cpl, w.cpl_then, w.ratio, w.leads_found, w.spent)
            WHEN 'drop_leads' THEN pg_catalog.format('%s instead of about %s%s.', w.leads_found, w.expected, CASE
                WHEN alert_reason.spend_ratio IS NULL THEN ''
                WHEN alert_reason.spend_ratio > 1.1::double precision
                THEN pg_catalog.format(', although spend grew to %s times', w.spend_ratio)
                WHEN alert_reason.spend_ratio < 0.9::double precision THEN ', more than the lower spend explains'
                ELSE ', while spend is as before' END)
            WHEN 'zero_leads' THEN CASE WHEN spend > 0::numeric
                THEN pg_catalog.format('No lead for %s, where about %s were to be expected.', w.spent, w.expected)
                ELSE pg_catalog.format('No lead, where about %s were to be expected.', w.expected) END
            WHEN 'spike_spend' THEN pg_catalog.format('Spent %s instead of about %s (%s times)%s.', w.spent, w.expected, w.ratio, CASE
                WHEN peak_ratio > 1.5::double precision * alert_reason.ratio
                THEN pg_catalog.format(', above all on %s: %s times the usual', w.peak_day, analytics_internal.amount_text(peak_ratio))
                ELSE '' END)
            ELSE pg_catalog.format('No spend since %s, where %s a day was usual, and the campaign is not known to be paused.',
                w.last_day, pg_catalog.concat_ws(' ', analytics_internal.amount_text(spend_per_day), currency)) END
        END
    FROM (
        SELECT pg_catalog.to_char(last_active::timestamp, 'YYYY-MM-DD') AS last_day,
               pg_catalog.to_char(alert_reason.peak_day::timestamp, 'YYYY-MM-DD') AS peak_day,
               pg_catalog.concat_ws(' ', analytics_internal.amount_text(spend::double precision), currency) AS spent,
               analytics_internal.amount_text((spend / NULLIF(leads, 0)::numeric)::double precision) AS cpl,
               analytics_internal.amount_text(cpl_before) AS cpl_then, analytics_internal.amount_text(ratio) AS ratio,
               analytics_internal.amount_text(spend_ratio) AS spend_ratio, analytics_internal.amount_text(expected) AS expected,
               pg_catalog.concat_ws(' ', analytics_internal.amount_text(needed_events * cpl_before), currency) AS money_needed,
               pg_catalog.concat(leads, CASE leads WHEN 1 THEN ' lead' ELSE ' leads' END) AS leads_found) w
$$;
COMMENT ON FUNCTION analytics_internal.alert_reason IS
'A verdict of anomalies() in one sentence';

CREATE FUNCTION analytics_internal.alert_advice(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint, dimension text)
    RETURNS TABLE (business_id bigint, platform text, campaign_id text, action text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF dimension = 'campaign' THEN
        RETURN QUERY
        SELECT c.business_id, c.platform, c.campaign_id, v.action
        FROM analytics_internal.campaign_verdicts(first_day, last_day, wanted_platforms, wanted_business) v
        JOIN warehouse.dim_campaigns c ON c.business_id = v.business_id AND c.campaign_key = v.campaign_key;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.alert_advice(date, date, text[], bigint, text) IS
'What reco_budget() advises for campaigns that anomalies() watches';

CREATE FUNCTION analytics.anomalies(
    date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 20, baseline_days int DEFAULT 30,
    dimension text DEFAULT 'campaign', verdicts text[] DEFAULT '{anomaly,scaling}', lag_days int DEFAULT 1, as_of date DEFAULT NULL,
    q double precision DEFAULT 0.1, min_effect double precision DEFAULT 0.2, min_events double precision DEFAULT 3,
    min_impact numeric DEFAULT 0, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (anomaly_type text, severity text, platform text, campaign_name text, leads bigint, spend numeric, current_cpl numeric,
                   baseline_cpl numeric, ratio double precision, ratio_low double precision, ratio_high double precision,
                   expected double precision, p_value double precision, p_adjusted double precision, impact numeric, reason text,
                   verdict text, campaign_id text, window_days int, days_before int, phi double precision, needed_events double precision,
                   needed_days double precision, advice text, business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH alert AS MATERIALIZED (
        SELECT t.*
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        CROSS JOIN analytics_internal.alert_tests(analytics_internal.alert_rules(
            anomalies.date_from, anomalies.date_to, anomalies.platforms, anomalies.baseline_days, anomalies.dimension, anomalies.lag_days,
            anomalies.as_of, anomalies.q, anomalies.min_effect, anomalies.min_events, anomalies.min_impact, anomalies.business_id,
            anomalies.platform_level)) t
        WHERE analytics_internal.check_verdicts(anomalies.verdicts)
          AND analytics_internal.check_level(anomalies.platform_level)
          AND (anomalies.verdicts IS NULL OR pg_catalog.cardinality(anomalies.verdicts) = 0 OR t.verdict = ANY (anomalies.verdicts))
    )
    SELECT t.anomaly_type, t.severity,
           analytics_internal.platform_at(
               (SELECT analytics_internal.level_of(anomalies.platform_level, anomalies.business_id)), t.business, t.platform),
           t.name, t.leads, t.spend, t.current_cpl, t.baseline_cpl, t.ratio, t.ratio_low,
           t.ratio_high, t.expected, t.p_value, t.p_adjusted, t.impact, t.reason, t.verdict,
           CASE WHEN NOT t.is_common THEN t.id END, t.window_days, t.days_before, t.phi,
           t.needed_events, t.needed_days, v.action, t.business
    FROM alert t
    -- Advice judges all campaigns: not asked for where there is nothing that it could stand beside.
    LEFT JOIN analytics_internal.alert_advice(
        anomalies.date_from, anomalies.date_to, anomalies.platforms, anomalies.business_id,
        CASE WHEN EXISTS (SELECT FROM alert) THEN anomalies.dimension END) v
        ON v.business_id = t.business AND v.platform = t.platform AND v.campaign_id = t.id
    ORDER BY pg_catalog.array_position('{critical,warning,info,none}'::text[], t.severity),
             pg_catalog.array_position('{anomaly,scaling,explained,insufficient_data,no_data,paused,normal}'::text[], t.verdict),
             t.impact DESC NULLS LAST, t.p_value, t.platform COLLATE "C", t.name COLLATE "C", t.id COLLATE "C", t.anomaly_type COLLATE "C",
             t.business
    LIMIT analytics_internal.check_row_limit(anomalies.row_limit, 20)
$$;
COMMENT ON FUNCTION analytics.anomalies IS
'Campaigns whose cost, leads or spend are worse than before, beyond chance
The period against the baseline_days days before it. One row per alert, the most severe and costly first: anomaly_type spike_cpl,
drop_leads, spike_spend, zero_leads or zero_spend; reason says it in a sentence. dimension: campaign, platform, channel, product, branch or
total; the name then stands in campaign_name, the id in campaign_id. verdicts: also normal, insufficient_data, paused, no_data, explained;
NULL for all. lag_days: days up to as_of (today) that are still being reported, and left out. q: how many of the alerts may be false.
What the units of a business, or the campaigns of a platform, have in common is one alert, of (total) or of the platform''s (all campaigns);
for those that move with it the verdict is explained, and alerts are only what goes beyond it. min_effect: smaller changes are no alert.
min_events: leads that must be expected, or found. min_impact: money that must be at stake.
advice: the action of reco_budget() for the campaign, same period and platforms. platform_level: platform or family, also what dimension
platform compares; NULL for the setting.';
