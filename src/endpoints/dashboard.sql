-- Dashboard readers: plain SQL over the rollups, so that the planner inlines them and filters reach the index.
-- Each starts with a literal of type analytics.installed: before install() the caller is told so.

CREATE FUNCTION analytics.kpi(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (leads bigint, n_contracts bigint, revenue numeric, spend numeric, cpl numeric, roas numeric, currency text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT k.leads, k.n_contracts, k.revenue, k.spend, pg_catalog.round(k.spend / NULLIF(k.leads, 0), 4),
           pg_catalog.round(k.revenue / NULLIF(k.spend, 0), 4), analytics.currency_of(kpi.business_id)
    FROM (SELECT 'warehouse'::analytics.installed) ready, (
        SELECT COALESCE(pg_catalog.sum(r.leads), 0)::bigint AS leads,
               COALESCE(pg_catalog.sum(CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END), 0)::bigint AS n_contracts,
               COALESCE(pg_catalog.sum(CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END), 0)::numeric(18,4) AS revenue,
               COALESCE(pg_catalog.sum(r.spend), 0)::numeric(18,4) AS spend
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.settings s ON s.business_id = r.business_id
        WHERE analytics.check_period(kpi.date_from, kpi.date_to) AND r.date BETWEEN kpi.date_from AND kpi.date_to
          AND (kpi.business_id IS NULL OR r.business_id = kpi.business_id)
          AND (kpi.platforms IS NULL OR kpi.platforms = '{}' OR r.platform = ANY (analytics.platform_members(kpi.platforms)))
    ) k
$$;
COMMENT ON FUNCTION analytics.kpi(date, date, text[], bigint) IS
'Leads, contracts, revenue, spend, cost per lead and ROAS of a period
One row, also when there is no data. date_from, date_to: both days belong to the period. platforms: platforms or families; NULL or {} for all. leads: created in the period. n_contracts, revenue: of those leads, or signed in the period where the setting revenue_basis is contract_date. cpl = spend / leads, roas = revenue / spend; NULL where the divisor is 0. currency: NULL where businesses of different currencies are added up.';

CREATE FUNCTION analytics.trend_leads(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (dt date, leads bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT (trend_leads.date_from + d.n) AS dt, COALESCE(r.leads, 0)::bigint
    FROM (SELECT 'warehouse'::analytics.installed) ready
    CROSS JOIN pg_catalog.generate_series(0, trend_leads.date_to - trend_leads.date_from) d (n)
    LEFT JOIN (
        SELECT r.date, pg_catalog.sum(r.leads) AS leads
        FROM warehouse.campaign_roi_daily r
        WHERE r.date BETWEEN trend_leads.date_from AND trend_leads.date_to
          AND (trend_leads.business_id IS NULL OR r.business_id = trend_leads.business_id)
          AND (trend_leads.platforms IS NULL OR trend_leads.platforms = '{}' OR r.platform = ANY (analytics.platform_members(trend_leads.platforms)))
        GROUP BY r.date
    ) r ON r.date = trend_leads.date_from + d.n
    WHERE analytics.check_period(trend_leads.date_from, trend_leads.date_to)
    ORDER BY dt
$$;
COMMENT ON FUNCTION analytics.trend_leads(date, date, text[], bigint) IS
'Leads per day of a period, days without leads included
date_from, date_to: both days belong to the period. platforms: platforms or families; NULL or {} for all.';

CREATE FUNCTION analytics.trend_spend(date_from date, date_to date, platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (dt date, spend numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT (trend_spend.date_from + d.n) AS dt, COALESCE(r.spend, 0)::numeric(18,4)
    FROM (SELECT 'warehouse'::analytics.installed) ready
    CROSS JOIN pg_catalog.generate_series(0, trend_spend.date_to - trend_spend.date_from) d (n)
    LEFT JOIN (
        SELECT r.date, pg_catalog.sum(r.spend) AS spend
        FROM warehouse.campaign_roi_daily r
        WHERE r.date BETWEEN trend_spend.date_from AND trend_spend.date_to
          AND (trend_spend.business_id IS NULL OR r.business_id = trend_spend.business_id)
          AND (trend_spend.platforms IS NULL OR trend_spend.platforms = '{}' OR r.platform = ANY (analytics.platform_members(trend_spend.platforms)))
        GROUP BY r.date
    ) r ON r.date = trend_spend.date_from + d.n
    WHERE analytics.check_period(trend_spend.date_from, trend_spend.date_to)
    ORDER BY dt
$$;
COMMENT ON FUNCTION analytics.trend_spend(date, date, text[], bigint) IS
'Spend per day of a period, days without spend included
date_from, date_to: both days belong to the period. platforms: platforms or families; NULL or {} for all.';
