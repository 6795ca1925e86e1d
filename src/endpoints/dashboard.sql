-- Dashboard readers: plain SQL over the rollups, so that the planner inlines them and filters reach the index.
-- Each starts with a literal of type analytics_internal.installed: before install() the caller is told so.

CREATE FUNCTION analytics.kpi(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (leads bigint, n_contracts bigint, revenue numeric, spend numeric, cpl numeric, roas numeric, currency text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT k.leads, k.n_contracts, k.revenue, k.spend, k.cpl, k.roas, analytics_internal.currency_of(kpi.business_id)
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.period_totals(kpi.date_from, kpi.date_to, kpi.platforms, kpi.business_id) k
    WHERE analytics_internal.check_period(kpi.date_from, kpi.date_to)
$$;
COMMENT ON FUNCTION analytics.kpi(date, date, text[], bigint) IS
'Leads, contracts, revenue, spend, cost per lead and ROAS of a period
One row, also when there is no data. date_from, date_to: both days belong to the period. platforms: platforms or families; NULL or {} for
all. leads: created in the period. n_contracts, revenue: of those leads, or signed in the period where the setting revenue_basis is
contract_date; a contract counts for the platform that it is attributed to itself. cpl = spend / leads, roas = revenue / spend; NULL where
the divisor is 0, cpl also where no export told a cost. Businesses of different currencies are not added up: an error (22023) asks for
business_id.';

CREATE FUNCTION analytics.trend_leads(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (dt date, leads bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.date, COALESCE(d.leads, 0)::bigint
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.daily_totals(trend_leads.date_from, trend_leads.date_to, trend_leads.platforms, trend_leads.business_id) d
    WHERE analytics_internal.check_period(trend_leads.date_from, trend_leads.date_to)
    ORDER BY d.date
$$;
COMMENT ON FUNCTION analytics.trend_leads(date, date, text[], bigint) IS
'Leads per day of a period, days without leads included
date_from, date_to: both days belong to the period. platforms: platforms or families; NULL or {} for all.';

CREATE FUNCTION analytics.trend_spend(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (dt date, spend numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.date, COALESCE(d.spend, 0)::numeric(18,4)
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.daily_totals(trend_spend.date_from, trend_spend.date_to, trend_spend.platforms, trend_spend.business_id) d
    WHERE analytics_internal.check_period(trend_spend.date_from, trend_spend.date_to)
      AND analytics_internal.check_currency(trend_spend.business_id)
    ORDER BY d.date
$$;
COMMENT ON FUNCTION analytics.trend_spend(date, date, text[], bigint) IS
'Spend per day of a period, days without spend included
date_from, date_to: both days belong to the period. platforms: platforms or families; NULL or {} for all.';

CREATE FUNCTION analytics_internal.fiscal_year_start(business_id bigint) RETURNS int
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    months int[];
BEGIN
    SELECT array_agg(DISTINCT s.fiscal_year_start_month) INTO months
    FROM warehouse.settings s WHERE fiscal_year_start.business_id IS NULL OR s.business_id = fiscal_year_start.business_id;
    IF cardinality(months) > 1 THEN
        RAISE EXCEPTION 'the businesses have different fiscal years' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('Their fiscal years start in the months %s.', array_to_string(months, ', ')),
            HINT = 'Name one business by business_id, or ask by day, week or month.';
    END IF;
    RETURN COALESCE(months[1], 1);
END
$$;
COMMENT ON FUNCTION analytics_internal.fiscal_year_start(bigint) IS 'Month in which the fiscal year of a business, or of all, starts';

CREATE FUNCTION analytics_internal.length_of(date_from date, date_to date) RETURNS interval
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN extract(day FROM date_from) = 1 AND extract(day FROM date_to + 1) = 1
                THEN age((date_to + 1)::timestamp, date_from::timestamp) ELSE (date_to - date_from + 1) * interval '1 day' END
$$;
COMMENT ON FUNCTION analytics_internal.length_of(date, date) IS 'How long a period is: months where it has whole ones, else days';

CREATE FUNCTION analytics.calendar_periods(date_from date, date_to date, granularity text, compare text, business_id bigint)
    RETURNS TABLE (period_start date, first_day date, last_day date, first_day_prev date, last_day_prev date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 30
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    step interval;
    -- From the calendar's quarters and years to those of the business.
    fiscal interval := '0';
    first_start timestamp;
    n int;
    -- From a period to the one it is compared with.
    shift interval;
    last_full_day constant date := analytics_internal.last_full_day(business_id);
BEGIN
    PERFORM analytics_internal.check_period(date_from, date_to),
            analytics_internal.check_choice('granularity', granularity, '{day,week,month,quarter,year,total}'),
            analytics_internal.check_choice('compare', compare, '{none,previous_period,previous_year}');
    step := CASE granularity WHEN 'week' THEN '7 days' WHEN 'quarter' THEN '3 months'
                             WHEN 'total' THEN analytics_internal.length_of(date_from, date_to) ELSE ('1 ' || granularity)::interval END;
    IF granularity IN ('quarter', 'year') THEN
        fiscal := (analytics_internal.fiscal_year_start(business_id) - 1) * interval '1 month';
    END IF;
    first_start := CASE granularity WHEN 'total' THEN date_from ELSE date_trunc(granularity, date_from - fiscal) + fiscal END;
    n := (SELECT count(*) FROM generate_series(first_start, date_to, step));
    shift := CASE WHEN compare = 'previous_period' THEN n * step
                  -- Weeks have no year: 52 of them before, each day meets its own weekday.
                  WHEN compare = 'previous_year' THEN CASE granularity WHEN 'week' THEN interval '364 days' ELSE '1 year' END END;
    RETURN QUERY
    SELECT g.first, p.first_day, p.last_day, v.first_day, v.last_day
    FROM (SELECT s::date AS first, (s + step)::date - 1 AS last, s - shift AS before FROM generate_series(first_start, date_to, step) s) g
    CROSS JOIN LATERAL (
        SELECT f.first_day,
               CASE WHEN compare <> 'none' AND f.first_day <= last_full_day THEN LEAST(f.last_day, last_full_day)
                    ELSE f.last_day END AS last_day
        FROM (SELECT GREATEST(g.first, date_from) AS first_day, LEAST(g.last, date_to) AS last_day) f
    ) p
    -- A period that is cut is compared with the same part of the one before. 29 February has no counterpart of its own.
    LEFT JOIN LATERAL (
        SELECT (p.first_day - shift)::date AS first_day,
               CASE WHEN p.last_day < g.last THEN p.last_day - shift ELSE g.before + step - interval '1 day' END::date AS last_day
    ) v ON p.first_day <= last_full_day AND (granularity <> 'day' OR g.before + shift = g.first)
    ORDER BY g.first;
END
$$;
COMMENT ON FUNCTION analytics.calendar_periods(date, date, text, text, bigint) IS
'The days, weeks, months, quarters or years that a period of days touches
Or the period as a whole (granularity total), which is compared with the equally long one before: as many months where it has whole ones.
Each with the days of it that belong to the period, and the days it is compared with; days that are not over are not compared.';

CREATE FUNCTION analytics.kpi_timeseries(date_from date, date_to date, granularity text DEFAULT 'day', platforms text[] DEFAULT NULL,
    compare text DEFAULT 'none', business_id bigint DEFAULT NULL)
    RETURNS TABLE (period_start date, leads bigint, n_contracts bigint, revenue numeric, spend numeric, cpl numeric, roas numeric,
                   currency text, leads_prev bigint, n_contracts_prev bigint, revenue_prev numeric, spend_prev numeric, cpl_prev numeric,
                   roas_prev numeric, leads_change_pct numeric, n_contracts_change_pct numeric, revenue_change_pct numeric,
                   spend_change_pct numeric, cpl_change_pct numeric, roas_change_pct numeric, first_day date, last_day date,
                   first_day_prev date, last_day_prev date, days_compared int, maturity_pct numeric, n_contracts_expected numeric,
                   n_contracts_low numeric, n_contracts_high numeric, revenue_expected numeric, revenue_low numeric, revenue_high numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT p.period_start, c.leads, c.n_contracts, c.revenue, c.spend, c.cpl, c.roas,
           (SELECT analytics_internal.currency_of(kpi_timeseries.business_id)),
           w.leads, w.n_contracts, w.revenue, w.spend, w.cpl, w.roas,
           analytics_internal.change_pct(c.leads, w.leads), analytics_internal.change_pct(c.n_contracts, w.n_contracts),
           analytics_internal.change_pct(c.revenue, w.revenue), analytics_internal.change_pct(c.spend, w.spend),
           analytics_internal.change_pct(c.cpl, w.cpl), analytics_internal.change_pct(c.roas, w.roas),
           p.first_day, p.last_day, p.first_day_prev, p.last_day_prev,
           CASE WHEN p.first_day_prev IS NOT NULL THEN p.last_day - p.first_day + 1 END, o.maturity_pct,
           pg_catalog.round(c.n_contracts::numeric + o.contracts_mean::numeric, 1),
           pg_catalog.round(c.n_contracts::numeric + o.contracts_low::numeric, 1),
           pg_catalog.round(c.n_contracts::numeric + o.contracts_high::numeric, 1),
           pg_catalog.round(c.revenue + o.money_mean::numeric, 4), pg_catalog.round(c.revenue + o.money_low::numeric, 4),
           pg_catalog.round(c.revenue + o.money_high::numeric, 4)
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics.calendar_periods(
        kpi_timeseries.date_from, kpi_timeseries.date_to, kpi_timeseries.granularity, kpi_timeseries.compare, kpi_timeseries.business_id) p
    CROSS JOIN LATERAL analytics_internal.period_totals(
        p.first_day, p.last_day, kpi_timeseries.platforms, kpi_timeseries.business_id) c
    LEFT JOIN LATERAL analytics_internal.period_totals(
        p.first_day_prev, p.last_day_prev, kpi_timeseries.platforms, kpi_timeseries.business_id) v ON p.first_day_prev IS NOT NULL
    -- As it stood when it was as old as the period is now.
    LEFT JOIN LATERAL (
        SELECT r.*
        FROM analytics_internal.late_results(
            p.first_day_prev, p.last_day_prev,
            analytics_internal.known_until(kpi_timeseries.business_id) - (p.first_day - p.first_day_prev),
            kpi_timeseries.platforms, kpi_timeseries.business_id) r
        WHERE p.first_day_prev IS NOT NULL) l ON true
    CROSS JOIN LATERAL (
        SELECT v.leads - l.leads AS leads, v.n_contracts - l.contracts AS n_contracts, (v.revenue - l.revenue)::numeric(18,4) AS revenue,
               v.spend, analytics_internal.cost_per_lead(v.spend, v.leads - l.leads, v.exports) AS cpl,
               analytics_internal.quotient(v.revenue - l.revenue, v.spend) AS roas
    ) w
    LEFT JOIN LATERAL analytics_internal.period_outlook(
        p.first_day, p.last_day, kpi_timeseries.platforms, kpi_timeseries.business_id) o ON true
    ORDER BY p.period_start
$$;
COMMENT ON FUNCTION analytics.kpi_timeseries(date, date, text, text[], text, bigint) IS
'The figures of kpi() per day, week, month, quarter or year, with a comparison
granularity: day, week (from Monday), month, quarter or year, the latter two by the setting fiscal_year_start_month; or total, one row for
the period, which the equally long one comes before: as many months where it has whole ones, else as many days. compare: none,
previous_period (as many periods before) or previous_year (a week: 52 weeks before; 29 February: nothing). Periods without data are rows of
zeros. first_day, last_day: the days counted, fewer than the period where date_from or date_to cut it; then the same part of the one before
is counted. Days that are not over count on neither side of a comparison: days_compared says how many did. *_prev: the period compared
with, as it stood when it was as old as this one is now, so that touches and signatures that come later count on both sides alike; NULL
where there is none. *_change_pct: in percent of it. maturity_pct: share of the contracts of such leads that is signed at their age;
*_expected, *_low, *_high: what is to be expected at full maturity, with its 90 % interval, as of maturity().';

-- Not as overloads of the readers for timestamps: a call with two literals would then mean these, or be ambiguous.
CREATE FUNCTION analytics.day_of(moment timestamptz DEFAULT now(), business_id bigint DEFAULT NULL) RETURNS date
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    zones text[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    SELECT array_agg(DISTINCT s.reporting_timezone COLLATE "C") INTO zones
    FROM warehouse.settings s
    WHERE day_of.business_id IS NULL OR s.business_id = day_of.business_id;
    IF cardinality(zones) > 1 THEN
        RAISE EXCEPTION 'the businesses have different reporting time zones' USING ERRCODE = 'invalid_parameter_value',
            DETAIL = format('They report in %s.', array_to_string(zones, ', ')), HINT = 'Name one business by business_id.';
    END IF;
    RETURN (moment AT TIME ZONE COALESCE(zones[1], 'UTC'))::date;
END
$$;
COMMENT ON FUNCTION analytics.day_of(timestamptz, bigint) IS
'The day on which a moment falls in the reporting time zone; by default today
For arguments: kpi(analytics.day_of(now() - interval ''30 days''), analytics.day_of()). Businesses of different time zones: an error (22023)
asks for business_id.';

CREATE FUNCTION analytics.period(name text, as_of date DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (date_from date, date_to date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
DECLARE
    today constant date := COALESCE(as_of, analytics.day_of(now(), business_id));
    unit constant text := substring(name FROM '^(?:this|last)_(week|month|quarter|year)$');
    days constant text := substring(name FROM '^last_([1-9][0-9]{0,3})_days$');
    so_far constant text := substring(name FROM '^(week|month|quarter|year)_to_date$');
    starts timestamp;
BEGIN
    IF NOT isfinite(today) THEN
        RAISE EXCEPTION 'as_of must be finite' USING ERRCODE = 'invalid_parameter_value';
    ELSIF days IS NOT NULL THEN
        RETURN QUERY SELECT today - days::int, today - 1;
    ELSIF so_far IS NOT NULL THEN
        RETURN QUERY SELECT date_trunc(so_far, today::timestamp - interval '1 day')::date, today - 1;
    ELSIF name IN ('today', 'yesterday') THEN
        RETURN QUERY SELECT today - (name = 'yesterday')::int, today - (name = 'yesterday')::int;
    ELSIF unit IS NOT NULL THEN
        starts := date_trunc(unit, today::timestamp);
        RETURN QUERY
        SELECT CASE WHEN name LIKE 'this%' THEN starts
                    ELSE starts - CASE unit WHEN 'quarter' THEN interval '3 months' ELSE ('1 ' || unit)::interval END END::date,
               CASE WHEN name LIKE 'this%' THEN today ELSE starts::date - 1 END;
    ELSE
        RAISE EXCEPTION 'unknown period: %', quote_nullable(name) USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use today, yesterday, last_30_days (or any number of days), this_month, last_month, month_to_date, or these of a week, '
                'quarter or year.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics.period(text, date, bigint) IS
'The first and the last day of a relative period: last_30_days, this_month ...
name: today; yesterday; last_N_days: those before today; this_week (from Monday), this_month, this_quarter, this_year: up to today;
week_to_date, month_to_date ...: up to yesterday; last_week, last_month, last_quarter, last_year: whole ones of the calendar. as_of: what
counts as today, by default the day in the reporting time zone. For arguments:
FROM analytics.period(''last_30_days'') p, analytics.kpi(p.date_from, p.date_to).';
