-- Sales readers: which campaigns, platforms, sources, products and branches bring leads and money.

CREATE FUNCTION analytics.campaigns(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 50,
    business_id bigint DEFAULT NULL, include_unassigned boolean DEFAULT true, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, leads bigint, n_contracts bigint, revenue numeric, spend numeric, cpl numeric,
                   roas numeric, campaign_id text, business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT c.platform, c.campaign_name, c.leads, c.n_contracts, c.revenue, c.spend,
           c.cpl, analytics_internal.quotient(c.revenue, c.spend),
           c.campaign_id, c.business_id
    FROM (
        SELECT k.*, pg_catalog.row_number() OVER (
                   ORDER BY k.campaign_key = 0::bigint, k.spend DESC, k.leads DESC, k.platform COLLATE "C",
                            k.campaign_name COLLATE "C", k.campaign_id COLLATE "C", k.business_id) AS place
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        CROSS JOIN analytics_internal.campaign_results(
            campaigns.date_from, campaigns.date_to, campaigns.platforms, campaigns.business_id,
            level => campaigns.platform_level) k
        WHERE analytics_internal.check_period(campaigns.date_from, campaigns.date_to)
          AND analytics_internal.check_level(campaigns.platform_level)
          AND (campaigns.include_unassigned OR k.campaign_key <> 0::bigint)
    ) c
    -- What has no campaign takes no place of those that are one.
    WHERE c.campaign_key = 0::bigint OR c.place <= analytics_internal.check_row_limit(campaigns.row_limit, 50)
    ORDER BY c.place
$$;
COMMENT ON FUNCTION analytics.campaigns(date, date, text[], int, bigint, boolean, text) IS
'Leads, contracts, revenue, spend, cost per lead and ROAS per campaign
By spend, the highest first. What belongs to no campaign is a row per platform named (no campaign), so that the rows add up to kpi(); these
rows stand last, do not count for row_limit, and have no cpl where nothing was spent. include_unassigned: false leaves them out. A
campaign''s platform is that of its ad account, whichever network of the family the touch came from. platform_level: family shows meta in
place of facebook and instagram. Rows of several businesses say which by business_id.';

CREATE FUNCTION analytics.share_platforms(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL,
    platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, leads bigint, share_pct numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- Tenths of a percent by largest remainder: 1000 of them are given out, whatever the roundings.
    SELECT k.platform, k.leads,
           ((k.tenths + CASE WHEN pg_catalog.row_number() OVER (ORDER BY k.rest DESC, k.leads DESC, k.platform COLLATE "C")
                                  <= 1000 - (pg_catalog.sum(k.tenths) OVER ())::bigint
                             THEN 1 ELSE 0 END)::numeric / 10.0)::numeric(5,1)
    FROM (
        SELECT p.platform, p.leads, p.leads * 1000 / p.total AS tenths, p.leads * 1000 % p.total AS rest
        FROM (
            SELECT r.platform, pg_catalog.sum(r.leads)::bigint AS leads, (pg_catalog.sum(pg_catalog.sum(r.leads)) OVER ())::bigint AS total
            FROM (SELECT 'warehouse'::analytics_internal.installed) ready
            CROSS JOIN analytics_internal.results_between(
                share_platforms.date_from, share_platforms.date_to, share_platforms.platforms, share_platforms.business_id,
                share_platforms.platform_level) r
            WHERE analytics_internal.check_period(share_platforms.date_from, share_platforms.date_to)
              AND analytics_internal.check_level(share_platforms.platform_level)
              AND r.leads > 0
            GROUP BY r.platform
        ) p
    ) k
    ORDER BY k.leads DESC, k.platform COLLATE "C"
$$;
COMMENT ON FUNCTION analytics.share_platforms(date, date, text[], bigint, text) IS
'Leads per platform and their share in percent, one decimal
The shares add up to exactly 100.0 (largest remainder). Every platform with a lead is a row, also unknown. platform_level: family adds up
the platforms of a family (meta).';

CREATE FUNCTION analytics.utm_sources(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 50,
    business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, utm_source text, leads bigint, n_contracts bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT l.platform, COALESCE(NULLIF(l.utm_source, ''), '(none)') AS source, pg_catalog.sum(l.leads)::bigint AS leads,
           pg_catalog.sum(l.contracts)::bigint, pg_catalog.sum(l.revenue)::numeric(18,4)
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.leads_between(
        utm_sources.date_from, utm_sources.date_to, utm_sources.platforms, utm_sources.business_id, utm_sources.platform_level) l
    WHERE analytics_internal.check_period(utm_sources.date_from, utm_sources.date_to)
      AND analytics_internal.check_level(utm_sources.platform_level)
      AND analytics_internal.check_currency(utm_sources.business_id)
    GROUP BY l.platform, source
    ORDER BY leads DESC, l.platform COLLATE "C", COALESCE(NULLIF(l.utm_source, ''), '(none)') COLLATE "C"
    LIMIT analytics_internal.check_row_limit(utm_sources.row_limit, 50)
$$;
COMMENT ON FUNCTION analytics.utm_sources(date, date, text[], int, bigint, text) IS
'Leads, contracts and revenue per platform and utm_source
By leads, the most first; what has no utm_source is of the source (none). Contracts and revenue are those of the leads created in the
period, also where the setting revenue_basis is contract_date, by the touch that each contract is attributed to. platform_level: platform
or family.';

CREATE FUNCTION analytics.paid_split_platforms(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL,
    platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, paid_leads bigint, organic_leads bigint, total_leads bigint, paid_pct numeric, organic_pct numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.platform, k.paid, k.total - k.paid, k.total, k.paid_pct, 100.0 - k.paid_pct
    FROM (
        SELECT p.platform, p.paid, p.total, pg_catalog.round(100.0 * p.paid::numeric / p.total::numeric, 1) AS paid_pct
        FROM (
            SELECT l.platform, COALESCE(pg_catalog.sum(l.leads) FILTER (WHERE l.is_paid), 0)::bigint AS paid,
                   pg_catalog.sum(l.leads)::bigint AS total
            FROM (SELECT 'warehouse'::analytics_internal.installed) ready
            CROSS JOIN analytics_internal.leads_between(
                paid_split_platforms.date_from, paid_split_platforms.date_to, paid_split_platforms.platforms,
                paid_split_platforms.business_id, paid_split_platforms.platform_level) l
            WHERE analytics_internal.check_period(paid_split_platforms.date_from, paid_split_platforms.date_to)
              AND analytics_internal.check_level(paid_split_platforms.platform_level)
              AND l.leads > 0
            GROUP BY l.platform
        ) p
    ) k
    ORDER BY k.total DESC, k.platform COLLATE "C"
$$;
COMMENT ON FUNCTION analytics.paid_split_platforms(date, date, text[], bigint, text) IS
'Paid and organic leads per platform, and their shares in percent
A lead is paid where the touch it is attributed to is. Shares have one decimal and add up to 100.0. platform_level: platform
or family.';

CREATE FUNCTION analytics.product_performance(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 50,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (product text, leads bigint, contracts bigint, revenue numeric, conversion_rate numeric, avg_contract_value numeric,
                   product_id text, category text, business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT COALESCE(d.name, NULLIF(k.value, ''), '(none)'), k.leads, k.contracts, k.revenue,
           analytics_internal.percentage(k.contracts, k.leads), analytics_internal.quotient(k.revenue, k.contracts),
           NULLIF(k.value, ''), d.category, k.business_id
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.lead_results(
        'product', product_performance.date_from, product_performance.date_to, product_performance.platforms,
        product_performance.business_id) k
    LEFT JOIN warehouse.dim_products d ON d.business_id = k.business_id AND d.product_id = k.value
    WHERE analytics_internal.check_period(product_performance.date_from, product_performance.date_to)
    ORDER BY k.revenue DESC, k.leads DESC, COALESCE(d.name, NULLIF(k.value, ''), '(none)') COLLATE "C", k.value COLLATE "C", k.business_id
    LIMIT analytics_internal.check_row_limit(product_performance.row_limit, 50)
$$;
COMMENT ON FUNCTION analytics.product_performance(date, date, text[], int, bigint) IS
'Leads, contracts and revenue per product that the lead asked for
By revenue, the highest first. product: its name, else its id; (none) where a lead names no product. contracts, revenue: of the leads
created in the period; of platforms those that are attributed to them. conversion_rate: contracts in percent of leads; may
pass 100, since a lead may sign more than once.';

CREATE FUNCTION analytics.branch_performance(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 50,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (branch text, leads bigint, contracts bigint, revenue numeric, conversion_rate numeric, avg_contract_value numeric,
                   branch_id text, city text, business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT COALESCE(d.name, NULLIF(k.value, ''), '(none)'), k.leads, k.contracts, k.revenue,
           analytics_internal.percentage(k.contracts, k.leads), analytics_internal.quotient(k.revenue, k.contracts),
           NULLIF(k.value, ''), d.city, k.business_id
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.lead_results(
        'branch', branch_performance.date_from, branch_performance.date_to, branch_performance.platforms, branch_performance.business_id) k
    LEFT JOIN warehouse.dim_branches d ON d.business_id = k.business_id AND d.branch_id = k.value
    WHERE analytics_internal.check_period(branch_performance.date_from, branch_performance.date_to)
    ORDER BY k.revenue DESC, k.leads DESC, COALESCE(d.name, NULLIF(k.value, ''), '(none)') COLLATE "C", k.value COLLATE "C", k.business_id
    LIMIT analytics_internal.check_row_limit(branch_performance.row_limit, 50)
$$;
COMMENT ON FUNCTION analytics.branch_performance(date, date, text[], int, bigint) IS
'Leads, contracts and revenue per branch of the lead
By revenue, the highest first. branch: its name, else its id; (none) where a lead names no branch. contracts, revenue, conversion_rate: as
in product_performance().';
