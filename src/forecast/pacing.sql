-- Forecasts on the warehouse: figures to expect, and spend against budgets.

CREATE FUNCTION analytics_internal.last_complete_day(metric text, business_id bigint) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Today is not over, and ad platforms report later than the CRM: days that a metric's source has not reached are not zeros.
    SELECT max(r.date)
    FROM warehouse.settings s
    CROSS JOIN LATERAL (
        SELECT r.date
        FROM warehouse.campaign_roi_daily r
        WHERE r.business_id = s.business_id AND r.date < (now() AT TIME ZONE s.reporting_timezone)::date
          AND CASE WHEN metric IN ('leads', 'contracts', 'revenue') THEN r.leads > 0 OR r.contracts_signed > 0
                   ELSE r.spend <> 0 OR r.impressions > 0 OR r.clicks > 0 END
        ORDER BY r.date DESC
        LIMIT 1
    ) r
    WHERE last_complete_day.business_id IS NULL OR s.business_id = last_complete_day.business_id
$$;
COMMENT ON FUNCTION analytics_internal.last_complete_day(text, bigint) IS
'The last day before today that a metric''s source reaches';

CREATE FUNCTION analytics_internal.metric_history(
    metric text, dimension text, last_day date, history_days int, platforms text[], business_id bigint, level text DEFAULT 'platform')
    RETURNS TABLE (platform text, campaign_key bigint, days date[], figures double precision[])
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.platform, d.campaign_key, pg_catalog.array_agg(d.date ORDER BY d.date), pg_catalog.array_agg(d.figure ORDER BY d.date)
    FROM (
        SELECT CASE WHEN metric_history.dimension <> 'total' THEN COALESCE(p.family, r.platform) END AS platform,
               CASE WHEN metric_history.dimension = 'campaign' THEN r.campaign_key END AS campaign_key, r.date,
               pg_catalog.sum(CASE metric_history.metric
                   WHEN 'leads' THEN r.leads WHEN 'contracts' THEN r.contracts_signed WHEN 'revenue' THEN r.revenue_signed
                   WHEN 'spend' THEN r.spend WHEN 'impressions' THEN r.impressions ELSE r.clicks END)::double precision AS figure
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.dim_platforms p
            ON metric_history.level = 'family' AND p.business_id = r.business_id AND p.platform = r.platform
        WHERE r.date > metric_history.last_day - metric_history.history_days AND r.date <= metric_history.last_day
          AND (metric_history.business_id IS NULL OR r.business_id = metric_history.business_id)
          AND (analytics_internal.no_platform_filter(metric_history.platforms)
               OR r.platform = ANY ((SELECT analytics_internal.platform_members(metric_history.platforms))::text[]))
        GROUP BY 1, 2, 3
    ) d
    GROUP BY 1, 2
$$;
COMMENT ON FUNCTION analytics_internal.metric_history(text, text, date, int, text[], bigint, text) IS
'The daily figures of a metric as arrays, one row per platform or campaign
Contracts and revenue count on the day of signing: leads of late have not had the time for theirs. level:
family adds up the platforms of a family.';

CREATE FUNCTION analytics_internal.calendar_events(business_id bigint)
    RETURNS TABLE (names text[], first_days date[], last_days date[])
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT pg_catalog.array_agg(e.name ORDER BY e.name COLLATE "C", e.first_day, e.last_day), pg_catalog.array_agg(e.first_day
               ORDER BY e.name COLLATE "C", e.first_day, e.last_day), pg_catalog.array_agg(e.last_day
               ORDER BY e.name COLLATE "C", e.first_day, e.last_day)
    FROM (
        SELECT CASE c.region WHEN ''::text THEN c.name ELSE pg_catalog.format('%s (%s)', c.name, c.region) END AS name, c.first_day,
               c.last_day
        FROM warehouse.dim_calendar_events c
        WHERE calendar_events.business_id IS NULL OR c.business_id = calendar_events.business_id
    ) e
$$;
COMMENT ON FUNCTION analytics_internal.calendar_events(bigint) IS
'Holidays and campaigns that were loaded, as forecasts take them; NULLs if none
What is called alike in two regions are two events.';

CREATE FUNCTION analytics_internal.check_metric(metric text, dimension text, history_days int) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.check_choice('metric', metric, '{leads,contracts,revenue,spend,impressions,clicks}'),
            analytics_internal.check_choice('dimension', dimension, '{total,platform,campaign}');
    IF history_days IS NULL OR history_days NOT BETWEEN 7 AND 3660 THEN
        RAISE EXCEPTION 'history_days must be between 7 and 3660' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_metric(text, text, int) IS
'True for arguments that a forecast can take, else an error (22023)';

CREATE FUNCTION analytics.forecast_metric(
    metric text, horizon int DEFAULT 28, dimension text DEFAULT 'total', platforms text[] DEFAULT NULL, as_of date DEFAULT NULL,
    level double precision DEFAULT 0.9, history_days int DEFAULT 1200, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, dt date, forecast double precision, low double precision, high double precision,
                   model text, n_days int, campaign_id text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT h.platform, CASE WHEN h.campaign_key IS NOT NULL THEN COALESCE(c.campaign_name, '(no campaign)') END, f.day, f.yhat, f.low,
           f.high, f.model_used, f.n_days, c.campaign_id
    FROM (
        SELECT COALESCE(
            forecast_metric.as_of, analytics_internal.last_complete_day(forecast_metric.metric, forecast_metric.business_id)) AS day
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        WHERE analytics_internal.check_metric(forecast_metric.metric, forecast_metric.dimension, forecast_metric.history_days)
    ) last
    CROSS JOIN analytics_internal.checked_level(forecast_metric.platform_level, forecast_metric.business_id) l (level)
    CROSS JOIN LATERAL analytics_internal.metric_history(
        forecast_metric.metric, forecast_metric.dimension, last.day, forecast_metric.history_days, forecast_metric.platforms,
        forecast_metric.business_id, l.level) h
    CROSS JOIN analytics_internal.calendar_events(forecast_metric.business_id) e
    CROSS JOIN LATERAL analytics.forecast(
        h.days, h.figures, forecast_metric.horizon, forecast_metric.level,
        kind => CASE WHEN forecast_metric.metric IN ('revenue', 'spend') THEN 'auto' ELSE 'count' END, last_day => last.day,
        event_names => e.names, event_first_days => e.first_days, event_last_days => e.last_days) f
    LEFT JOIN warehouse.dim_campaigns c ON c.campaign_key = h.campaign_key
    ORDER BY h.platform COLLATE "C", c.campaign_name COLLATE "C", c.campaign_id COLLATE "C", h.campaign_key, f.day
$$;
COMMENT ON FUNCTION analytics.forecast_metric(text, int, text, text[], date, double precision, int, bigint, text) IS
'Forecast of leads, contracts, revenue, spend, impressions or clicks per day
metric: leads (by the day of their creation), contracts, revenue (by the day of signing), spend, impressions, clicks. horizon: days to look
ahead. dimension: total, platform or campaign, each forecast by itself, so that the parts need not add up to the total exactly. as_of: last
day of the history, by default the last complete day that has figures. level: probability that low..high holds the figure. history_days: how
far back to learn from: what comes back each year by itself shows after three years. Holidays and campaigns of the entity calendar_events
are learnt, see analytics.calendar_effects(). platform, campaign_name: NULL where the dimension is coarser. model, n_days: what the
forecast rests on; insufficient_data and NULLs below 7 days. platform_level: platform or family, which the platforms are added up to; NULL
for the setting.';

CREATE FUNCTION analytics_internal.check_budgets(dimension text, budget numeric, budgets jsonb, level text) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts CONSTANT text[] := ARRAY(SELECT jsonb_object_keys(COALESCE(budgets, '{}')));
    wrong text;
BEGIN
    IF dimension = 'platform' THEN
        PERFORM analytics_internal.platform_members(parts);
    END IF;
    SELECT p INTO wrong
    FROM unnest(parts) p
    WHERE NOT EXISTS (
        SELECT FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.dim_campaigns c USING (business_id, campaign_key)
        LEFT JOIN warehouse.dim_platforms d ON level = 'family' AND d.business_id = r.business_id AND d.platform = r.platform
        WHERE p = CASE dimension WHEN 'platform' THEN COALESCE(d.family, r.platform) ELSE c.campaign_id END)
    ORDER BY p COLLATE "C"
    LIMIT 1;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION 'no % called "%" has figures', dimension, wrong USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Budgets are by platform, or by family where platform_level is family, or by campaign id.';
    END IF;
    SELECT format('%s: %s', b.key, b.value) INTO wrong
    FROM jsonb_each(budgets) b
    WHERE CASE WHEN jsonb_typeof(b.value) = 'number' THEN b.value::numeric <= 0 OR b.value::numeric >= 1e13 ELSE true END
    ORDER BY b.key COLLATE "C"
    LIMIT 1;
    IF wrong IS NOT NULL OR budget <= 0 OR budget >= 1e13 THEN
        RAISE EXCEPTION 'a budget must be a positive number' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = left(COALESCE(wrong, budget::text), 80);
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_budgets(text, numeric, jsonb, text) IS
'True for budgets of known platforms or campaigns, else error 22023';

CREATE FUNCTION analytics_internal.check_pacing(
    date_from date, date_to date, as_of date, budget numeric, budgets jsonb, dimension text, tolerance double precision, level text)
    RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_choice('dimension', dimension, '{total,platform,campaign}');
    IF date_to - date_from >= 366 THEN
        RAISE EXCEPTION 'a budget period must not be longer than a year' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('It has %s days.', date_to - date_from + 1);
    ELSIF NOT isfinite(as_of) OR as_of < date_from - 3660 THEN
        RAISE EXCEPTION 'as_of must be finite, and at most ten years before the period' USING ERRCODE = 'invalid_parameter_value';
    ELSIF budget IS NOT NULL AND dimension <> 'total' OR budgets IS NOT NULL AND dimension = 'total' THEN
        RAISE EXCEPTION 'budget is for the total, budgets is for its parts' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give budgets => {"facebook": 30000} with dimension => platform, or with campaign ids for dimension => campaign.';
    ELSIF jsonb_typeof(budgets) <> 'object' THEN
        RAISE EXCEPTION 'budgets must be a JSON object' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'For example {"facebook": 30000, "google": 20000}.';
    ELSIF tolerance IS NULL OR NOT tolerance BETWEEN 0 AND 1 THEN
        RAISE EXCEPTION 'tolerance must be between 0 and 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN analytics_internal.check_budgets(dimension, budget, budgets, level);
END
$$;
COMMENT ON FUNCTION analytics_internal.check_pacing(date, date, date, numeric, jsonb, text, double precision, text) IS
'True for arguments that budget_pacing can take, else an error (22023)';

CREATE FUNCTION analytics_internal.budget_days(date_from date, date_to date) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- By dates alone: timestamps end sooner.
    SELECT CASE WHEN NOT isfinite(date_from) OR NOT isfinite(date_to) THEN NULL
                WHEN EXTRACT(day FROM date_from) = 1 AND date_to - date_from BETWEEN 27 AND 30
                 AND EXTRACT(day FROM LEAST(date_to, '5874897-12-30'::date) + 1) = 1 THEN 30.4
                ELSE date_to - date_from + 1 END
$$;
COMMENT ON FUNCTION analytics_internal.budget_days(date, date) IS
'How many daily budgets ad platforms let a period spend: 30.4 in a calendar month
NULL of a period without an end.';

CREATE FUNCTION analytics_internal.daily_budgets(dimension text, last_day date, platforms text[], business_id bigint, level text)
    RETURNS TABLE (platform text, campaign_key bigint, daily_budget numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN daily_budgets.dimension <> 'total' THEN COALESCE(p.family, c.platform) END,
           CASE WHEN daily_budgets.dimension = 'campaign' THEN c.campaign_key END,
           CASE WHEN pg_catalog.bool_and(COALESCE(c.daily_budget > 0::numeric, false)) THEN pg_catalog.sum(c.daily_budget) END
    FROM warehouse.dim_campaigns c
    LEFT JOIN warehouse.dim_platforms p
        ON daily_budgets.level = 'family' AND p.business_id = c.business_id AND p.platform = c.platform
    WHERE c.last_day > daily_budgets.last_day - 28
      AND (daily_budgets.business_id IS NULL OR c.business_id = daily_budgets.business_id)
      AND (analytics_internal.no_platform_filter(daily_budgets.platforms)
           OR c.platform = ANY ((SELECT analytics_internal.platform_members(daily_budgets.platforms))::text[]))
    GROUP BY 1, 2
$$;
COMMENT ON FUNCTION analytics_internal.daily_budgets(text, date, text[], bigint, text) IS
'Daily budgets of the campaigns of the last four weeks; NULL unless each has one';

CREATE FUNCTION analytics_internal.recommended_by_weekday(
    days date[], figures double precision[], horizon int, last_day date, date_from date, days_left int, per_day numeric,
    event_names text[], event_first_days date[], event_last_days date[])
    RETURNS TABLE (amounts numeric[])
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT pg_catalog.array_agg(d.amount ORDER BY n.weekday)
    FROM pg_catalog.generate_series(1, 7) n (weekday)
    LEFT JOIN (
        SELECT f.weekday, pg_catalog.round((pg_catalog.avg(f.share) * days_left::double precision)::numeric * per_day, 4) AS amount
        FROM (
            SELECT EXTRACT(isodow FROM f.day)::int AS weekday,
                   CASE WHEN pg_catalog.min(f.yhat) OVER () > 0::double precision THEN f.yhat / pg_catalog.sum(f.yhat) OVER ()
                        ELSE 1::double precision / days_left::double precision END AS share
            FROM analytics.forecast(days, figures, horizon, last_day => last_day, event_names => event_names,
                event_first_days => event_first_days, event_last_days => event_last_days) f
            WHERE f.day >= date_from
        ) f
        GROUP BY f.weekday
    ) d ON d.weekday = n.weekday
$$;
COMMENT ON FUNCTION analytics_internal.recommended_by_weekday IS
'An amount per day as one for each weekday, in the proportions of the forecast
Monday to Sunday, even where the forecast sees days without spend; NULL for a weekday that does not come again.';

CREATE FUNCTION analytics.budget_pacing(date_from date, date_to date, budget numeric DEFAULT NULL, dimension text DEFAULT 'total',
    budgets jsonb DEFAULT NULL, platforms text[] DEFAULT NULL, as_of date DEFAULT NULL, tolerance double precision DEFAULT 0.05,
    level double precision DEFAULT 0.9, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, status text, period_budget numeric, spent_to_date numeric, forecast_total numeric,
                   low numeric, high numeric, p_over double precision, p_under double precision, days_left int, recommended_daily numeric,
                   recommended_by_weekday numeric[], platform_limit numeric, reason text, model text, n_days int, campaign_id text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH last AS (
        SELECT COALESCE(as_of, analytics_internal.last_complete_day('spend', budget_pacing.business_id)) AS day, l.naming
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        CROSS JOIN analytics_internal.checked_level(budget_pacing.platform_level, budget_pacing.business_id) l (naming)
        WHERE analytics_internal.check_pacing(date_from, date_to, as_of, budget, budgets, dimension, tolerance, l.naming)
    ), daily AS (
        SELECT d.*
        FROM last
        CROSS JOIN LATERAL analytics_internal.daily_budgets(dimension, last.day, platforms, budget_pacing.business_id, last.naming) d
    ), known AS (
        SELECT h.*, c.campaign_name, c.campaign_id, last.day AS last_day, s.spent, GREATEST(0, date_to - last.day) AS horizon,
               GREATEST(0, date_from - 1 - last.day) AS skipped, d.daily_budget,
               d.daily_budget * analytics_internal.budget_days(date_from, date_to) AS month_limit,
               CASE WHEN h.campaign_key IS NULL THEN COALESCE(budget, (budgets ->> h.platform)::numeric)
                    ELSE (budgets ->> c.campaign_id)::numeric END AS given
        FROM last
        CROSS JOIN LATERAL analytics_internal.metric_history(
            'spend', dimension, last.day, 1200, platforms, budget_pacing.business_id, last.naming) h
        CROSS JOIN LATERAL (
            SELECT COALESCE(sum(f.figure), 0)::numeric AS spent
            FROM unnest(h.days, h.figures) f (day, figure)
            WHERE f.day BETWEEN date_from AND date_to
        ) s
        LEFT JOIN warehouse.dim_campaigns c ON c.campaign_key = h.campaign_key
        LEFT JOIN daily d ON d.platform IS NOT DISTINCT FROM h.platform AND d.campaign_key IS NOT DISTINCT FROM h.campaign_key
    ), budgeted AS (
        SELECT k.*, k.horizon - k.skipped AS days_left, COALESCE(k.given, k.month_limit) AS period_budget, e.names, e.first_days,
               e.last_days
        FROM known k
        CROSS JOIN analytics_internal.calendar_events(budget_pacing.business_id) e
        -- A platform that never had spend has no budget to pace either.
        WHERE k.given IS NOT NULL OR k.daily_budget IS NOT NULL OR k.spent <> 0 OR 0 < ANY (k.figures)
    ), expected AS (
        SELECT b.*, f.model_used, f.n_days, f.total, f.low, f.high, f.p_over, 1 - u.p_over AS p_under
        FROM budgeted b
        CROSS JOIN LATERAL analytics.forecast_sum(
            b.days, b.figures, b.horizon, level, last_day => b.last_day, skipped_days => b.skipped,
            budget => (b.period_budget - b.spent)::double precision, event_names => b.names, event_first_days => b.first_days,
            event_last_days => b.last_days) f
        CROSS JOIN LATERAL analytics.forecast_sum(
            b.days, b.figures, b.horizon, last_day => b.last_day, skipped_days => b.skipped,
            budget => (b.period_budget * (1 - tolerance)::numeric - b.spent)::double precision, event_names => b.names,
            event_first_days => b.first_days, event_last_days => b.last_days) u
    ), paced AS (
        SELECT e.*, e.spent + e.total::numeric AS forecast_total,
               CASE WHEN e.days_left > 0 THEN GREATEST(0, e.period_budget - e.spent) / e.days_left END AS per_day,
               CASE WHEN e.daily_budget > 0
                   THEN LEAST(e.spent + 2 * e.daily_budget * e.days_left, GREATEST(e.spent, e.month_limit)) END AS platform_limit,
               CASE WHEN e.period_budget IS NULL THEN 'no_budget' WHEN e.total IS NULL THEN 'insufficient_data'
                    WHEN e.p_over >= 0.8 THEN 'over' WHEN e.p_under >= 0.8 THEN 'under' ELSE 'on_track' END AS status
        FROM expected e
    )
    SELECT p.platform, CASE WHEN p.campaign_key IS NOT NULL THEN COALESCE(p.campaign_name, '(no campaign)') END, p.status,
           round(p.period_budget, 4), round(p.spent, 4), round(p.forecast_total, 4), round(p.spent + p.low::numeric, 4),
           round(p.spent + p.high::numeric, 4), p.p_over, p.p_under, p.days_left, round(p.per_day, 4), w.amounts,
           round(p.platform_limit, 4),
           CASE p.status
               WHEN 'no_budget' THEN 'no budget was given and not every running campaign has a daily budget'
               WHEN 'insufficient_data' THEN format('%s days of spend are known, a forecast needs 7', p.n_days)
               ELSE format('%s %% of the budget is spent with %s days left; the forecast ends at %s %% of it (%s %% likely above it)',
                   round(100 * p.spent / p.period_budget), p.days_left, round(100 * p.forecast_total / p.period_budget),
                   round((100 * p.p_over)::numeric))
           END,
           p.model_used, p.n_days, p.campaign_id
    FROM paced p
    LEFT JOIN LATERAL analytics_internal.recommended_by_weekday(
        p.days, p.figures, p.horizon, p.last_day, date_from, p.days_left, p.per_day, p.names, p.first_days, p.last_days) w
        ON p.per_day IS NOT NULL
    ORDER BY p.platform COLLATE "C", p.campaign_name COLLATE "C", p.campaign_id COLLATE "C", p.campaign_key
$$;
COMMENT ON FUNCTION analytics.budget_pacing(
    date, date, numeric, text, jsonb, text[], date, double precision, double precision, bigint, text) IS
'Spend of a period against its budget: so far, at its end, and per day left
date_from, date_to: the period of the budget, for example a month. budget: of the total; budgets: of the parts, {"platform or campaign id":
amount}; without them the daily budgets of the running campaigns, times the days, a calendar month counting 30.4. dimension: total, platform
or campaign. as_of: last day whose spend is known, by default the last complete one. status: over or under where that is at least 80 %
likely, else on_track; no_budget; insufficient_data. forecast_total, low, high: spend at the end of the period with its interval (level).
p_over: probability of more than the budget; p_under: of less than budget * (1 - tolerance). recommended_daily: what is left of the budget
per day that is left; recommended_by_weekday: the same, Monday to Sunday, in the proportions of the forecast, NULL for a weekday that does
not come again. platform_limit: the most that ad platforms let daily budgets spend until then: twice the budget on a day, 30.4 times it in a
calendar month; NULL where not all daily budgets are known. n_days, model: what the forecast rests on; events of calendar_events are part
of it. platform_level: platform or family, which budgets of platforms are by; NULL for the setting.';
