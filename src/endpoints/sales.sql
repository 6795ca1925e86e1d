-- Sales readers: which campaigns and platforms bring leads and money.

CREATE FUNCTION analytics.campaigns(date_from date, date_to date, platforms text[] DEFAULT NULL, row_limit int DEFAULT 50,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, leads bigint, n_contracts bigint, revenue numeric, spend numeric, cpl numeric,
                   roas numeric, campaign_id text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.platform, k.campaign_name, k.leads, k.n_contracts, k.revenue, k.spend, pg_catalog.round(k.spend / NULLIF(k.leads, 0), 4),
           pg_catalog.round(k.revenue / NULLIF(k.spend, 0), 4), k.campaign_id
    FROM (SELECT 'warehouse'::analytics.installed) ready, (
        SELECT COALESCE(c.platform, r.platform) AS platform, COALESCE(c.campaign_name, '(no campaign)') AS campaign_name, c.campaign_id,
               pg_catalog.sum(r.leads)::bigint AS leads,
               pg_catalog.sum(CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END)::bigint AS n_contracts,
               pg_catalog.sum(CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END)::numeric(18,4) AS revenue,
               pg_catalog.sum(r.spend)::numeric(18,4) AS spend
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.dim_campaigns c ON c.business_id = r.business_id AND c.campaign_key = r.campaign_key
        LEFT JOIN warehouse.settings s ON s.business_id = r.business_id
        WHERE analytics.check_period(campaigns.date_from, campaigns.date_to) AND r.date BETWEEN campaigns.date_from AND campaigns.date_to
          AND (campaigns.business_id IS NULL OR r.business_id = campaigns.business_id)
          AND (campaigns.platforms IS NULL OR campaigns.platforms = '{}' OR r.platform = ANY (analytics.platform_members(campaigns.platforms)))
        GROUP BY r.business_id, r.campaign_key, COALESCE(c.platform, r.platform), COALESCE(c.campaign_name, '(no campaign)'), c.campaign_id
    ) k
    ORDER BY k.spend DESC, k.leads DESC, k.platform, k.campaign_name, k.campaign_id
    LIMIT analytics.check_row_limit(campaigns.row_limit)
$$;
COMMENT ON FUNCTION analytics.campaigns(date, date, text[], int, bigint) IS
'Leads, contracts, revenue, spend, cost per lead and ROAS per campaign
By spend, the highest first. What belongs to no campaign is a row per platform named (no campaign), so that the rows add up to kpi(). A campaign''s platform is that of its ad account, whichever network of the family the touch came from.';

CREATE FUNCTION analytics.share_platforms(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (platform text, leads bigint, share_pct numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- Tenths of a percent by largest remainder: 1000 of them are given out, whatever the roundings.
    SELECT k.platform, k.leads,
           ((k.tenths + CASE WHEN pg_catalog.row_number() OVER (ORDER BY k.rest DESC, k.leads DESC, k.platform) <= 1000 - pg_catalog.sum(k.tenths) OVER ()
                             THEN 1 ELSE 0 END) / 10.0)::numeric(5,1)
    FROM (
        SELECT p.platform, p.leads, p.leads * 1000 / p.total AS tenths, p.leads * 1000 % p.total AS rest
        FROM (
            SELECT r.platform, pg_catalog.sum(r.leads)::bigint AS leads, pg_catalog.sum(pg_catalog.sum(r.leads)) OVER ()::bigint AS total
            FROM (SELECT 'warehouse'::analytics.installed) ready, warehouse.campaign_roi_daily r
            WHERE analytics.check_period(share_platforms.date_from, share_platforms.date_to)
              AND r.date BETWEEN share_platforms.date_from AND share_platforms.date_to AND r.leads > 0
              AND (share_platforms.business_id IS NULL OR r.business_id = share_platforms.business_id)
              AND (share_platforms.platforms IS NULL OR share_platforms.platforms = '{}'
                   OR r.platform = ANY (analytics.platform_members(share_platforms.platforms)))
            GROUP BY r.platform
        ) p
    ) k
    ORDER BY k.leads DESC, k.platform
$$;
COMMENT ON FUNCTION analytics.share_platforms(date, date, text[], bigint) IS
'Leads per platform and their share in percent, one decimal
The shares add up to exactly 100.0 (largest remainder). Every platform with a lead is a row, also unknown.';
