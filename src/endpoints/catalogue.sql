-- What there is to ask for: the days that have data, the figures, the platforms and what people call them.

CREATE FUNCTION analytics.date_bounds(business_id bigint DEFAULT NULL)
    RETURNS TABLE (kind text, first_day date, last_day date, business bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT k.kind, d.first_day, d.last_day, b.business
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN analytics_internal.businesses(date_bounds.business_id) b
    CROSS JOIN (
        VALUES (1, 'touches'), (2, 'leads'), (3, 'contracts'), (4, 'ads'), (5, 'purchases'), (6, 'posts'), (7, 'content_metrics')
    ) k (place, kind)
    LEFT JOIN (
        SELECT e.business_id, 'touches' AS kind, pg_catalog.min(e.event_date) AS first_day, pg_catalog.max(e.event_date) AS last_day
        FROM warehouse.event_daily e
        GROUP BY e.business_id
        UNION ALL
        SELECT r.business_id, f.kind, pg_catalog.min(r.date), pg_catalog.max(r.date)
        FROM warehouse.platform_daily r
        CROSS JOIN LATERAL (
            VALUES ('leads', r.leads > 0), ('contracts', r.contracts_signed > 0 OR r.revenue_signed <> 0::numeric),
                   ('ads', r.spend <> 0::numeric OR r.impressions > 0 OR r.clicks > 0)) f (kind, has_some)
        WHERE f.has_some
        GROUP BY r.business_id, f.kind
        UNION ALL
        SELECT t.business_id, 'purchases', pg_catalog.min(t.first_date), pg_catalog.max(t.last_date)
        FROM warehouse.customer_totals t
        GROUP BY t.business_id
        UNION ALL
        SELECT c.business_id, f.kind, pg_catalog.min(c.date), pg_catalog.max(c.date)
        FROM warehouse.content_daily c
        CROSS JOIN LATERAL (VALUES ('posts', c.posts > 0), ('content_metrics', c.readings > 0)) f (kind, has_some)
        WHERE f.has_some
        GROUP BY c.business_id, f.kind
    ) d ON d.business_id = b.business AND d.kind = k.kind
    ORDER BY b.business, k.place
$$;
COMMENT ON FUNCTION analytics.date_bounds(bigint) IS
'The first and the last day with data, per kind of data and business
kind: touches, leads, contracts (by the day of signing), ads (spend, impressions or clicks), purchases, posts (by the day of publishing),
content_metrics. NULL where there are none of the kind. Days are those of the reporting time zone. business_id: NULL for all.';

CREATE FUNCTION analytics.metric_catalogue()
    RETURNS TABLE (metric text, label text, unit text, better text, format text, formula text, found_in text[])
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 40
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT m.metric, m.label, m.unit, m.better, f.format, m.formula, string_to_array(m.found_in, ' ')
    FROM (VALUES
        (1, 'leads', 'Leads', 'count', 'up', NULL,
            'kpi.leads kpi_timeseries.leads trend_leads.leads campaigns.leads campaigns_weekly.leads share_platforms.leads '
            'utm_sources.leads metrics_trend.leads scatter_matrix.leads maturity.leads'),
        (2, 'contracts', 'Contracts', 'count', 'up', NULL,
            'kpi.n_contracts kpi_timeseries.n_contracts campaigns.n_contracts utm_sources.n_contracts maturity.n_contracts '
            'campaigns_weekly.contracts campaign_performance.contracts product_performance.contracts branch_performance.contracts'),
        (3, 'revenue', 'Revenue', 'money', 'up', NULL,
            'kpi.revenue kpi_timeseries.revenue campaigns.revenue campaigns_weekly.revenue utm_sources.revenue maturity.revenue '
            'campaign_performance.revenue product_performance.revenue branch_performance.revenue attribution.revenue'),
        (4, 'spend', 'Spend', 'money', NULL, NULL,
            'kpi.spend kpi_timeseries.spend trend_spend.spend campaigns.spend campaigns_weekly.spend metrics_trend.spend '
            'scatter_matrix.spend maturity.spend attribution.spend'),
        (5, 'cpl', 'Cost per lead', 'rate', 'down', 'spend / leads',
            'kpi.cpl kpi_timeseries.cpl campaigns.cpl campaigns_weekly.cpl metrics_trend.cpl scatter_matrix.cpl'),
        (6, 'roas', 'Return on ad spend', 'ratio', 'up', 'revenue / spend',
            'kpi.roas kpi_timeseries.roas campaigns.roas campaigns_weekly.roas scatter_matrix.roas maturity.roas attribution.roas'),
        (7, 'impressions', 'Impressions', 'count', NULL, NULL, 'metrics_trend.impressions campaigns_weekly.impressions'),
        (8, 'clicks', 'Clicks', 'count', 'up', NULL, 'metrics_trend.clicks campaigns_weekly.clicks'),
        (9, 'cpc', 'Cost per click', 'rate', 'down', 'spend / clicks', 'metrics_trend.cpc'),
        (10, 'ctr', 'Click-through rate', 'percent', 'up', '100 * clicks / impressions', 'metrics_trend.ctr'),
        (11, 'cpm', 'Cost per 1,000 impressions', 'rate', 'down', '1000 * spend / impressions', 'metrics_trend.cpm'),
        (12, 'conversion_rate', 'Contracts per lead', 'percent', 'up', '100 * contracts / leads',
            'campaign_performance.conversion_rate product_performance.conversion_rate branch_performance.conversion_rate'),
        (13, 'avg_contract_value', 'Revenue per contract', 'rate', 'up', 'revenue / contracts',
            'campaign_performance.avg_contract_value product_performance.avg_contract_value branch_performance.avg_contract_value'),
        (14, 'maturity_pct', 'Maturity', 'percent', NULL, NULL, 'maturity.maturity_pct kpi_timeseries.maturity_pct'),
        (15, 'conversions', 'Attributed contracts', 'score', 'up', NULL, 'attribution.conversions markov.conversions shapley.conversions'),
        (16, 'cpa', 'Cost per attributed contract', 'rate', 'down', 'spend / conversions', 'attribution.cpa markov.cpa shapley.cpa'),
        (17, 'touches', 'Touches', 'count', NULL, NULL, 'platforms_touches.events'),
        (18, 'total_customer', 'Customers', 'count', 'up', NULL, 'customer_kpi.total_customer'),
        (19, 'customer_spending', 'Sales', 'money', 'up', NULL, 'customer_kpi.customer_spending'),
        (20, 'spending_per_customer', 'Sales per customer', 'rate', 'up', 'customer_spending / total_customer',
            'customer_kpi.spending_per_customer'),
        (21, 'profit_per_customer', 'Profit per customer', 'rate', 'up', NULL, 'customer_kpi.profit_per_customer'),
        (22, 'unit_per_transaction', 'Units per purchase', 'ratio', 'up', NULL, 'customer_kpi.unit_per_transaction'),
        (23, 'days_to_return', 'Days to the next purchase', 'days', 'down', NULL, 'customer_kpi.days_to_return'),
        (24, 'retention_rate', 'Customers who returned', 'percent', 'up', NULL, 'customer_kpi.retention_rate'),
        (25, 'total_posts', 'Posts', 'count', NULL, NULL, 'content_overview.total_posts content_platforms.posts content_trends.posts'),
        (26, 'total_views', 'Views', 'count', 'up', NULL,
            'content_overview.total_views content_platforms.views content_trends.views content_performance.views'),
        (27, 'total_engagement', 'Engagement', 'count', 'up', NULL,
            'content_overview.total_engagement content_platforms.engagement content_trends.engagement content_performance.engagement'),
        (28, 'engagement_rate', 'Engagement rate', 'percent', 'up', '100 * engagement / views',
            'content_overview.avg_engagement_rate content_platforms.engagement_rate content_performance.engagement_rate')
    ) m (place, metric, label, unit, better, formula, found_in)
    CROSS JOIN LATERAL (
        SELECT CASE m.unit WHEN 'count' THEN '#,##0' WHEN 'money' THEN '#,##0' WHEN 'days' THEN '#,##0.0' WHEN 'score' THEN '#,##0.0'
                           ELSE '#,##0.00' END
    ) f (format)
    ORDER BY m.place
$$;
COMMENT ON FUNCTION analytics.metric_catalogue() IS
'The figures: what people call them, unit, which way is good, where they are
unit: count, money (of the business''s currency), rate (money per piece), percent (0 to 100), ratio, days, score (a number of pieces with
fractions). better: up or down; NULL where neither is good by itself. format: how to write it, a pattern as spreadsheets and ICU know it.
formula: where the figure is made of others, of sums that may be added up over days; NULL where it is one. found_in: function.column.';

CREATE FUNCTION analytics.platform_label(platform text) RETURNS text
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_variable
BEGIN
    RETURN COALESCE(
        (SELECT e.label FROM analytics.effective_platform e WHERE e.platform = platform),
        -- A host is its own name.
        CASE WHEN platform LIKE '%.%' THEN platform
             ELSE upper(left(platform, 1) COLLATE "C") || replace(substr(platform, 2), '_', ' ') END);
END
$$;
COMMENT ON FUNCTION analytics.platform_label(text) IS
'What people call a platform or family: YouTube for youtube
That of analytics.platform, in which rows of warehouse.platform come first; else made of the name itself.';

CREATE FUNCTION analytics.platform_list(business_id bigint DEFAULT NULL)
    RETURNS TABLE (platform text, label text, family text, family_label text, ad_network boolean, leads bigint, spend numeric,
                   first_day date, last_day date, business bigint, currency text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT p.platform, analytics.platform_label(p.platform), p.family, analytics.platform_label(p.family), p.ad_network,
           COALESCE(r.leads, 0)::bigint, COALESCE(r.spend, 0)::numeric(18,4), r.first_day, r.last_day, p.business_id, s.currency
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN warehouse.dim_platforms p
    LEFT JOIN warehouse.settings s ON s.business_id = p.business_id
    LEFT JOIN (
        SELECT d.business_id, d.platform, pg_catalog.sum(d.leads) AS leads, pg_catalog.sum(d.spend) AS spend,
               pg_catalog.min(d.date) AS first_day, pg_catalog.max(d.date) AS last_day
        FROM warehouse.platform_daily d
        GROUP BY d.business_id, d.platform
    ) r ON r.business_id = p.business_id AND r.platform = p.platform
    WHERE platform_list.business_id IS NULL OR p.business_id = platform_list.business_id
    ORDER BY COALESCE(r.leads, 0) DESC, COALESCE(r.spend, 0) DESC, p.platform COLLATE "C", p.business_id
$$;
COMMENT ON FUNCTION analytics.platform_list(bigint) IS
'Every platform that the data name, what people call it, and its leads and spend
label, family_label: see platform_label(). ad_network: whether it sells ads. leads, spend: of all days; first_day, last_day: with leads,
contracts, spend, impressions or clicks; NULL for one that touches alone name. The most leads first. business_id: NULL for all.';
