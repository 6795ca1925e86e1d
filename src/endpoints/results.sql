-- What the readers add up: rows of the rollups in a period, of some platforms, of one business or of all. These inline into the readers,
-- and the readers into the query of the caller, so that dates and platforms reach the index.

CREATE FUNCTION analytics_internal.quotient(dividend numeric, divisor numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(dividend / NULLIF(divisor, 0::numeric), 4) $$;
COMMENT ON FUNCTION analytics_internal.quotient(numeric, numeric) IS 'Four decimals of a rate; NULL where the divisor is 0';

CREATE FUNCTION analytics_internal.cost_per_lead(spend numeric, leads numeric, exports numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN exports > 0::numeric THEN pg_catalog.round(spend / NULLIF(leads, 0::numeric), 4) END $$;
COMMENT ON FUNCTION analytics_internal.cost_per_lead(numeric, numeric, numeric) IS
'Spend per lead; NULL where there are none, or where no export told a cost
What is not known to cost anything cost something, not 0. exports: rows of exports.';

CREATE FUNCTION analytics_internal.percentage(part numeric, whole numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(100::numeric * part / NULLIF(whole, 0::numeric), 2) $$;
COMMENT ON FUNCTION analytics_internal.percentage(numeric, numeric) IS 'Two decimals of a share in percent; NULL where the whole is 0';

CREATE FUNCTION analytics_internal.change_pct(current numeric, previous numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(100::numeric * current / NULLIF(previous, 0::numeric) - 100::numeric, 2) $$;
COMMENT ON FUNCTION analytics_internal.change_pct(numeric, numeric) IS
'Change in percent, two decimals; NULL where the value before is 0';

-- With and without a filter of platforms are two branches, of which the planner drops one at once; a plan that knows no values runs one of
-- them. So the filter is a join, which an index serves, and not a part of an OR, which none would. The conditions are those of
-- no_platform_filter(), written out, since calls cost planning time. Families are looked up, not joined, and each time in these words:
-- the planner inlines no function that has a query, and so nothing of it is left in a plan for platforms.
CREATE FUNCTION analytics_internal.results_between(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint, level text DEFAULT 'platform')
    RETURNS TABLE (business_id bigint, date date, platform text, leads bigint, n_contracts bigint, revenue numeric,
                   spend numeric, impressions bigint, clicks bigint, exports bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.business_id, r.date,
           CASE
               WHEN level = 'platform' THEN r.platform
               WHEN (SELECT analytics_internal.level_of(level, wanted_business)) = 'family' THEN COALESCE((
                   SELECT d.family
                   FROM warehouse.dim_platforms d
                   WHERE d.business_id = r.business_id AND d.platform = r.platform), r.platform)
               ELSE r.platform END,
           r.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END,
           r.spend, r.impressions, r.clicks, r.exports
    FROM (
        SELECT p.*
        FROM warehouse.platform_daily p
        WHERE (pg_catalog.cardinality(wanted_platforms) > 0) IS NOT TRUE
        UNION ALL
        SELECT p.*
        FROM analytics_internal.each_platform(wanted_platforms) w
        JOIN warehouse.platform_daily p ON p.platform = w
        WHERE (pg_catalog.cardinality(wanted_platforms) > 0) IS TRUE AND analytics_internal.platform_members(wanted_platforms) IS NOT NULL
    ) r
    LEFT JOIN warehouse.settings s ON s.business_id = r.business_id
    WHERE r.date BETWEEN first_day AND last_day
      AND (wanted_business IS NULL OR r.business_id = wanted_business)
$$;
COMMENT ON FUNCTION analytics_internal.results_between(date, date, text[], bigint, text) IS
'Rollup rows of platforms in a period, contracts by the setting revenue_basis
level: family names the family of a platform in its place; else platform. NULL: by the setting of the business.';

CREATE FUNCTION analytics_internal.period_totals(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (leads bigint, n_contracts bigint, revenue numeric, spend numeric, cpl numeric, roas numeric, exports bigint)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT k.leads, k.n_contracts, k.revenue, k.spend, analytics_internal.cost_per_lead(k.spend, k.leads, k.exports),
           analytics_internal.quotient(k.revenue, k.spend), k.exports
    FROM (
        SELECT COALESCE(pg_catalog.sum(r.leads), 0)::bigint AS leads,
               COALESCE(pg_catalog.sum(r.n_contracts), 0)::bigint AS n_contracts,
               COALESCE(pg_catalog.sum(r.revenue), 0)::numeric(18,4) AS revenue,
               COALESCE(pg_catalog.sum(r.spend), 0)::numeric(18,4) AS spend, pg_catalog.sum(r.exports)::bigint AS exports
        FROM analytics_internal.results_between(first_day, last_day, wanted_platforms, wanted_business) r
    ) k
$$;
COMMENT ON FUNCTION analytics_internal.period_totals(date, date, text[], bigint) IS
'The results of a period in one row, with cost per lead and ROAS';

CREATE FUNCTION analytics_internal.daily_totals(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (date date, leads numeric, clicks numeric, impressions numeric, spend numeric, exports numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT d.day::date, r.leads, r.clicks, r.impressions, r.spend, r.exports
    FROM pg_catalog.generate_series(first_day::timestamp, last_day, '1 day') d (day)
    LEFT JOIN (
        SELECT r.date, pg_catalog.sum(r.leads) AS leads, pg_catalog.sum(r.clicks) AS clicks,
               pg_catalog.sum(r.impressions) AS impressions, pg_catalog.sum(r.spend) AS spend, pg_catalog.sum(r.exports) AS exports
        FROM analytics_internal.results_between(first_day, last_day, wanted_platforms, wanted_business) r
        GROUP BY r.date
    ) r ON r.date = d.day::date
$$;
COMMENT ON FUNCTION analytics_internal.daily_totals(date, date, text[], bigint) IS
'The results of each day of a period; NULL where there are none';

-- A period is read in as few rows as there are for it: 364, 28 and 7 days together where it has them whole, single days at its ends. The
-- planner knows is_day of each of the two tables, so that an index serves the side of the CASE that is left.
CREATE FUNCTION analytics_internal.campaign_parts(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint, longest int)
    RETURNS TABLE (is_day boolean, starts_on date, span text, business_id bigint, platform text, campaign_key bigint, leads bigint,
                   contracts bigint, revenue numeric, contracts_signed bigint, revenue_signed numeric, spend numeric, impressions bigint,
                   clicks bigint, exports bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH part AS NOT MATERIALIZED (
        SELECT true AS is_day, d.date AS starts_on, NULL::text AS span, d.business_id, d.platform, d.campaign_key, d.leads,
               d.contracts, d.revenue, d.contracts_signed, d.revenue_signed, d.spend, d.impressions, d.clicks, d.exports
        FROM warehouse.campaign_roi_daily d
        UNION ALL
        SELECT false, s.starts_on, s.span, s.business_id, s.platform, s.campaign_key, s.leads,
               s.contracts, s.revenue, s.contracts_signed, s.revenue_signed, s.spend, s.impressions, s.clicks, s.exports
        FROM warehouse.campaign_roi_span s
    )
    SELECT p.*
    FROM part p
    WHERE (pg_catalog.cardinality(wanted_platforms) > 0) IS NOT TRUE
      AND CASE WHEN p.is_day THEN p.starts_on = ANY (analytics_internal.days_outside_spans(first_day, last_day))
               ELSE p.span = ANY (analytics_internal.spans_within(first_day, last_day, longest)) END
      AND (wanted_business IS NULL OR p.business_id = wanted_business)
    UNION ALL
    SELECT p.*
    FROM analytics_internal.each_platform(wanted_platforms) w
    JOIN part p ON p.platform = w
    WHERE (pg_catalog.cardinality(wanted_platforms) > 0) IS TRUE AND analytics_internal.platform_members(wanted_platforms) IS NOT NULL
      AND CASE WHEN p.is_day THEN p.starts_on = ANY (analytics_internal.days_outside_spans(first_day, last_day))
               ELSE p.span = ANY (analytics_internal.spans_within(first_day, last_day, longest)) END
      AND (wanted_business IS NULL OR p.business_id = wanted_business)
$$;
COMMENT ON FUNCTION analytics_internal.campaign_parts(date, date, text[], bigint, int) IS
'Rollup rows of campaigns that make up a period: spans of days, and single days
longest: the most days that one row may stand for: 7, 28 or 364.';

CREATE FUNCTION analytics_internal.campaign_results(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint, by_week boolean DEFAULT false,
    level text DEFAULT 'platform')
    RETURNS TABLE (business_id bigint, week date, campaign_key bigint, platform text, campaign_id text, campaign_name text, leads bigint,
                   n_contracts bigint, revenue numeric, spend numeric, impressions bigint, clicks bigint, cpl numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.business_id, k.week, k.campaign_key,
           CASE
               WHEN level = 'platform' THEN COALESCE(c.platform, k.platform, 'unknown')
               WHEN (SELECT analytics_internal.level_of(level, wanted_business)) = 'family' THEN COALESCE((
                   SELECT d.family
                   FROM warehouse.dim_platforms d
                   WHERE d.business_id = c.business_id AND d.platform = c.platform), c.platform, k.platform, 'unknown')
               ELSE COALESCE(c.platform, k.platform, 'unknown') END,
           c.campaign_id, COALESCE(c.campaign_name, '(no campaign)'), k.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN k.contracts_signed ELSE k.contracts END,
           CASE s.revenue_basis WHEN 'contract_date' THEN k.revenue_signed ELSE k.revenue END,
           k.spend, k.impressions, k.clicks, analytics_internal.cost_per_lead(k.spend, k.leads, k.exports)
    FROM (
        -- What has no campaign is a row per platform.
        SELECT r.business_id, CASE WHEN by_week THEN pg_catalog.date_trunc('week', r.starts_on::timestamp)::date END AS week,
               r.campaign_key,
               CASE WHEN r.campaign_key = 0 AND level = 'platform' THEN r.platform
                    WHEN r.campaign_key = 0 AND (SELECT analytics_internal.level_of(level, wanted_business)) = 'family' THEN COALESCE((
                        SELECT d.family
                        FROM warehouse.dim_platforms d
                        WHERE d.business_id = r.business_id AND d.platform = r.platform), r.platform)
                    WHEN r.campaign_key = 0 THEN r.platform END AS platform,
               pg_catalog.sum(r.leads)::bigint AS leads,
               pg_catalog.sum(r.contracts)::bigint AS contracts, pg_catalog.sum(r.revenue)::numeric(18,4) AS revenue,
               pg_catalog.sum(r.contracts_signed)::bigint AS contracts_signed,
               pg_catalog.sum(r.revenue_signed)::numeric(18,4) AS revenue_signed,
               pg_catalog.sum(r.spend)::numeric(18,4) AS spend, pg_catalog.sum(r.impressions)::bigint AS impressions,
               pg_catalog.sum(r.clicks)::bigint AS clicks, pg_catalog.sum(r.exports) AS exports
        FROM analytics_internal.campaign_parts(
            first_day, last_day, wanted_platforms, wanted_business, CASE WHEN by_week THEN 7 ELSE 364 END) r
            GROUP BY 1, 2, 3, 4
    ) k
    LEFT JOIN warehouse.settings s ON s.business_id = k.business_id
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.campaign_key
$$;
COMMENT ON FUNCTION analytics_internal.campaign_results(date, date, text[], bigint, boolean, text) IS
'The results of a period per campaign, and per platform for what has none
by_week: of each ISO week of the period, named by its Monday; else week is NULL. level: as of results_between(). cpl: NULL where no export
told the cost.';

CREATE FUNCTION analytics_internal.leads_between(
    first_day date, last_day date, wanted_platforms text[], wanted_business bigint, level text DEFAULT 'platform')
    RETURNS TABLE (business_id bigint, date date, platform text, channel text, is_paid boolean, utm_source text, product_id text,
                   branch_id text, leads bigint, contracts bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.business_id, r.created_date,
           CASE
               WHEN level = 'platform' THEN r.platform
               WHEN (SELECT analytics_internal.level_of(level, wanted_business)) = 'family' THEN COALESCE((
                   SELECT d.family
                   FROM warehouse.dim_platforms d
                   WHERE d.business_id = r.business_id AND d.platform = r.platform), r.platform)
               ELSE r.platform END,
           r.channel, r.is_paid, r.utm_source, r.product_id, r.branch_id, r.leads, r.contracts, r.revenue
    FROM (
        SELECT l.*
        FROM warehouse.lead_daily l
        WHERE (pg_catalog.cardinality(wanted_platforms) > 0) IS NOT TRUE
        UNION ALL
        SELECT l.*
        FROM analytics_internal.each_platform(wanted_platforms) w
        JOIN warehouse.lead_daily l ON l.platform = w
        WHERE (pg_catalog.cardinality(wanted_platforms) > 0) IS TRUE AND analytics_internal.platform_members(wanted_platforms) IS NOT NULL
    ) r
    WHERE r.created_date BETWEEN first_day AND last_day
      AND (wanted_business IS NULL OR r.business_id = wanted_business)
$$;
COMMENT ON FUNCTION analytics_internal.leads_between(date, date, text[], bigint, text) IS
'Rollup rows of leads created in a period, and of the contracts of these leads
A contract has the platform, channel and source that it is attributed to itself.
level: as of results_between().';

CREATE FUNCTION analytics_internal.lead_results(
    attribute text, first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, value text, leads bigint, contracts bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT l.business_id, CASE attribute WHEN 'product' THEN l.product_id WHEN 'branch' THEN l.branch_id END,
           pg_catalog.sum(l.leads)::bigint, pg_catalog.sum(l.contracts)::bigint, pg_catalog.sum(l.revenue)::numeric(18,4)
    FROM analytics_internal.leads_between(first_day, last_day, wanted_platforms, wanted_business) l
    GROUP BY 1, 2
$$;
COMMENT ON FUNCTION analytics_internal.lead_results(text, date, date, text[], bigint) IS
'Leads of a period with their contracts, per product or branch
attribute: product or branch. value: its id; an empty text where the lead names none.';
