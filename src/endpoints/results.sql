-- What the readers add up: rows of the rollups in a period, of some platforms, of one business or of all. These inline into the readers,
-- and the readers into the query of the caller, so that dates and platforms reach the index.

CREATE FUNCTION analytics_internal.quotient(dividend numeric, divisor numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(dividend / NULLIF(divisor, 0), 4) $$;
COMMENT ON FUNCTION analytics_internal.quotient(numeric, numeric) IS 'Four decimals of a rate; NULL where the divisor is 0';

CREATE FUNCTION analytics_internal.percentage(part numeric, whole numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(100 * part / NULLIF(whole, 0), 2) $$;
COMMENT ON FUNCTION analytics_internal.percentage(numeric, numeric) IS 'Two decimals of a share in percent; NULL where the whole is 0';

CREATE FUNCTION analytics_internal.change_pct(current numeric, previous numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(100 * current / NULLIF(previous, 0) - 100, 2) $$;
COMMENT ON FUNCTION analytics_internal.change_pct(numeric, numeric) IS 'Change in percent, two decimals; NULL where the value before is 0';

-- Whether a filter of platforms lets everything through.
CREATE FUNCTION analytics_internal.no_platform_filter(wanted text[]) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT wanted IS NULL OR wanted = '{}' $$;
COMMENT ON FUNCTION analytics_internal.no_platform_filter(text[]) IS 'Whether a filter of platforms lets everything through: NULL or {}';

-- With and without a filter of platforms are two branches, of which the planner drops one at once; of a plan that knows no values one is
-- run. So the filter is a join, which an index serves, and not a part of an OR, of which no index would know.
CREATE FUNCTION analytics_internal.results_between(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, date date, platform text, leads bigint, n_contracts bigint, revenue numeric,
                   spend numeric, impressions bigint, clicks bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.business_id, r.date, r.platform, r.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END, r.spend, r.impressions, r.clicks
    FROM (
        SELECT p.* FROM warehouse.platform_daily p WHERE analytics_internal.no_platform_filter(wanted_platforms)
        UNION ALL
        SELECT p.* FROM analytics_internal.each_platform(wanted_platforms) w JOIN warehouse.platform_daily p ON p.platform = w
        WHERE NOT analytics_internal.no_platform_filter(wanted_platforms) AND analytics_internal.platform_members(wanted_platforms) IS NOT NULL
    ) r
    LEFT JOIN warehouse.settings s ON s.business_id = r.business_id
    WHERE r.date BETWEEN first_day AND last_day AND (wanted_business IS NULL OR r.business_id = wanted_business)
$$;
COMMENT ON FUNCTION analytics_internal.results_between(date, date, text[], bigint) IS
'Rollup rows of platforms in a period, contracts by the setting revenue_basis';

-- A period is read in as few rows as there are for it: 364, 28 and 7 days together where it has them whole, single days at its ends.
CREATE FUNCTION analytics_internal.campaign_parts(first_day date, last_day date, wanted_platforms text[], wanted_business bigint, longest int DEFAULT 364)
    RETURNS TABLE (business_id bigint, starts_on date, platform text, campaign_key bigint, leads bigint, contracts bigint, revenue numeric,
                   contracts_signed bigint, revenue_signed numeric, spend numeric, impressions bigint, clicks bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.* FROM (
        SELECT d.business_id, d.date, d.platform, d.campaign_key, d.leads, d.contracts, d.revenue, d.contracts_signed,
               d.revenue_signed, d.spend, d.impressions, d.clicks
        FROM warehouse.campaign_roi_daily d
        WHERE analytics_internal.no_platform_filter(wanted_platforms) AND d.date = ANY (analytics_internal.days_outside_spans(first_day, last_day))
        UNION ALL
        SELECT s.business_id, s.starts_on, s.platform, s.campaign_key, s.leads, s.contracts, s.revenue, s.contracts_signed,
               s.revenue_signed, s.spend, s.impressions, s.clicks
        FROM warehouse.campaign_roi_span s
        WHERE analytics_internal.no_platform_filter(wanted_platforms) AND s.span = ANY (analytics_internal.spans_within(first_day, last_day, longest))
        UNION ALL
        SELECT d.business_id, d.date, d.platform, d.campaign_key, d.leads, d.contracts, d.revenue, d.contracts_signed,
               d.revenue_signed, d.spend, d.impressions, d.clicks
        FROM analytics_internal.each_platform(wanted_platforms) w JOIN warehouse.campaign_roi_daily d ON d.platform = w
        WHERE NOT analytics_internal.no_platform_filter(wanted_platforms) AND analytics_internal.platform_members(wanted_platforms) IS NOT NULL
          AND d.date = ANY (analytics_internal.days_outside_spans(first_day, last_day))
        UNION ALL
        SELECT s.business_id, s.starts_on, s.platform, s.campaign_key, s.leads, s.contracts, s.revenue, s.contracts_signed,
               s.revenue_signed, s.spend, s.impressions, s.clicks
        FROM analytics_internal.each_platform(wanted_platforms) w JOIN warehouse.campaign_roi_span s ON s.platform = w
        WHERE NOT analytics_internal.no_platform_filter(wanted_platforms) AND s.span = ANY (analytics_internal.spans_within(first_day, last_day, longest))
    ) r
    WHERE wanted_business IS NULL OR r.business_id = wanted_business
$$;
COMMENT ON FUNCTION analytics_internal.campaign_parts(date, date, text[], bigint, int) IS
'Rollup rows of campaigns that make up a period: spans of days, and single days
longest: the most days that one row may stand for: 7, 28 or 364.';

CREATE FUNCTION analytics_internal.campaign_results(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, campaign_key bigint, platform text, campaign_id text, campaign_name text, leads bigint,
                   n_contracts bigint, revenue numeric, spend numeric, impressions bigint, clicks bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.business_id, k.campaign_key, COALESCE(c.platform, k.platform, 'unknown'), c.campaign_id, COALESCE(c.campaign_name, '(no campaign)'),
           k.leads, CASE s.revenue_basis WHEN 'contract_date' THEN k.contracts_signed ELSE k.contracts END,
           CASE s.revenue_basis WHEN 'contract_date' THEN k.revenue_signed ELSE k.revenue END, k.spend, k.impressions, k.clicks
    FROM (
        -- What has no campaign is a row per platform.
        SELECT r.business_id, r.campaign_key, CASE r.campaign_key WHEN 0 THEN r.platform END AS platform, pg_catalog.sum(r.leads)::bigint AS leads,
               pg_catalog.sum(r.contracts)::bigint AS contracts, pg_catalog.sum(r.revenue)::numeric(18,4) AS revenue,
               pg_catalog.sum(r.contracts_signed)::bigint AS contracts_signed, pg_catalog.sum(r.revenue_signed)::numeric(18,4) AS revenue_signed,
               pg_catalog.sum(r.spend)::numeric(18,4) AS spend, pg_catalog.sum(r.impressions)::bigint AS impressions,
               pg_catalog.sum(r.clicks)::bigint AS clicks
        FROM analytics_internal.campaign_parts(first_day, last_day, wanted_platforms, wanted_business) r
        GROUP BY r.business_id, r.campaign_key, CASE r.campaign_key WHEN 0 THEN r.platform END
    ) k
    LEFT JOIN warehouse.settings s ON s.business_id = k.business_id
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.campaign_key
$$;
COMMENT ON FUNCTION analytics_internal.campaign_results(date, date, text[], bigint) IS
'The results of a period per campaign, and per platform for what has none';

CREATE FUNCTION analytics_internal.leads_between(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, date date, platform text, channel text, is_paid boolean, utm_source text, product_id text,
                   branch_id text, leads bigint, contracts bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.* FROM (
        SELECT l.* FROM warehouse.lead_daily l WHERE analytics_internal.no_platform_filter(wanted_platforms)
        UNION ALL
        SELECT l.* FROM analytics_internal.each_platform(wanted_platforms) w JOIN warehouse.lead_daily l ON l.platform = w
        WHERE NOT analytics_internal.no_platform_filter(wanted_platforms) AND analytics_internal.platform_members(wanted_platforms) IS NOT NULL
    ) r
    WHERE r.created_date BETWEEN first_day AND last_day AND (wanted_business IS NULL OR r.business_id = wanted_business)
$$;
COMMENT ON FUNCTION analytics_internal.leads_between(date, date, text[], bigint) IS
'Rollup rows of leads created in a period, with the contracts of these leads';
