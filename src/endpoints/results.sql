-- What the readers add up: rows of the rollups in a period, of some platforms, of one business or of all. These inline into the readers,
-- and the readers into the query of the caller, so that dates and platforms reach the index.

CREATE FUNCTION analytics.quotient(dividend numeric, divisor numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(dividend / NULLIF(divisor, 0), 4) $$;
COMMENT ON FUNCTION analytics.quotient(numeric, numeric) IS 'Four decimals of a rate; NULL where the divisor is 0';

CREATE FUNCTION analytics.percentage(part numeric, whole numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(100 * part / NULLIF(whole, 0), 2) $$;
COMMENT ON FUNCTION analytics.percentage(numeric, numeric) IS 'Two decimals of a share in percent; NULL where the whole is 0';

CREATE FUNCTION analytics.change_pct(current numeric, previous numeric) RETURNS numeric
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog.round(100 * current / NULLIF(previous, 0) - 100, 2) $$;
COMMENT ON FUNCTION analytics.change_pct(numeric, numeric) IS 'Change in percent, two decimals; NULL where the value before is 0';

CREATE FUNCTION analytics.results_between(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, date date, platform text, leads bigint, n_contracts bigint, revenue numeric,
                   spend numeric, impressions bigint, clicks bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.business_id, r.date, r.platform, r.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END, r.spend, r.impressions, r.clicks
    FROM warehouse.platform_daily r
    LEFT JOIN warehouse.settings s ON s.business_id = r.business_id
    WHERE r.date BETWEEN first_day AND last_day AND (wanted_business IS NULL OR r.business_id = wanted_business)
      -- As sub-selects, families are looked up once and not per row, in generic plans too; and an
      -- unknown name is an error also where there is no row.
      AND (wanted_platforms IS NULL OR wanted_platforms = '{}' OR (SELECT analytics.platform_members(wanted_platforms)) IS NOT NULL)
      AND (wanted_platforms IS NULL OR wanted_platforms = '{}' OR r.platform = ANY ((SELECT analytics.platform_members(wanted_platforms))::text[]))
$$;
COMMENT ON FUNCTION analytics.results_between(date, date, text[], bigint) IS
'Rollup rows of platforms in a period, contracts by the setting revenue_basis';

CREATE FUNCTION analytics.campaign_days_between(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, date date, platform text, campaign_key bigint, leads bigint, n_contracts bigint, revenue numeric,
                   spend numeric, impressions bigint, clicks bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT r.business_id, r.date, r.platform, r.campaign_key, r.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END, r.spend, r.impressions, r.clicks
    FROM warehouse.campaign_roi_daily r
    LEFT JOIN warehouse.settings s ON s.business_id = r.business_id
    WHERE r.date BETWEEN first_day AND last_day AND (wanted_business IS NULL OR r.business_id = wanted_business)
      AND (wanted_platforms IS NULL OR wanted_platforms = '{}' OR (SELECT analytics.platform_members(wanted_platforms)) IS NOT NULL)
      AND (wanted_platforms IS NULL OR wanted_platforms = '{}' OR r.platform = ANY ((SELECT analytics.platform_members(wanted_platforms))::text[]))
$$;
COMMENT ON FUNCTION analytics.campaign_days_between(date, date, text[], bigint) IS
'Rollup rows of campaigns in a period, contracts by the setting revenue_basis';

CREATE FUNCTION analytics.campaign_results(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, campaign_key bigint, platform text, campaign_id text, campaign_name text, leads bigint,
                   n_contracts bigint, revenue numeric, spend numeric, impressions bigint, clicks bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.business_id, k.campaign_key, COALESCE(c.platform, k.platform, 'unknown'), c.campaign_id, COALESCE(c.campaign_name, '(no campaign)'),
           k.leads, k.n_contracts, k.revenue, k.spend, k.impressions, k.clicks
    FROM (
        -- What has no campaign is a row per platform.
        SELECT r.business_id, r.campaign_key, CASE r.campaign_key WHEN 0 THEN r.platform END AS platform, pg_catalog.sum(r.leads)::bigint AS leads,
               pg_catalog.sum(r.n_contracts)::bigint AS n_contracts, pg_catalog.sum(r.revenue)::numeric(18,4) AS revenue,
               pg_catalog.sum(r.spend)::numeric(18,4) AS spend, pg_catalog.sum(r.impressions)::bigint AS impressions,
               pg_catalog.sum(r.clicks)::bigint AS clicks
        FROM analytics.campaign_days_between(first_day, last_day, wanted_platforms, wanted_business) r
        GROUP BY r.business_id, r.campaign_key, CASE r.campaign_key WHEN 0 THEN r.platform END
    ) k
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.campaign_key
$$;
COMMENT ON FUNCTION analytics.campaign_results(date, date, text[], bigint) IS
'The results of a period per campaign, and per platform for what has none';

CREATE FUNCTION analytics.leads_between(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (business_id bigint, date date, platform text, channel text, is_paid boolean, utm_source text, product_id text,
                   branch_id text, leads bigint, contracts bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT l.business_id, l.created_date, l.platform, l.channel, l.is_paid, l.utm_source, l.product_id, l.branch_id, l.leads, l.contracts, l.revenue
    FROM warehouse.lead_daily l
    WHERE l.created_date BETWEEN first_day AND last_day AND (wanted_business IS NULL OR l.business_id = wanted_business)
      AND (wanted_platforms IS NULL OR wanted_platforms = '{}' OR (SELECT analytics.platform_members(wanted_platforms)) IS NOT NULL)
      AND (wanted_platforms IS NULL OR wanted_platforms = '{}' OR l.platform = ANY ((SELECT analytics.platform_members(wanted_platforms))::text[]))
$$;
COMMENT ON FUNCTION analytics.leads_between(date, date, text[], bigint) IS
'Rollup rows of leads created in a period, with the contracts of these leads';
