-- Daily views for tools that read tables and cannot call functions. Part of install(): they belong to the warehouse and use nothing of
-- the extension. Each has the day as a date and as its noon, for tools that draw time series: midnight is the day before for whoever sits
-- further west, or counts in UTC.

CREATE FUNCTION analytics_internal.create_reporting_views() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $function$
BEGIN
    CREATE VIEW warehouse.v_campaign_daily WITH (security_invoker = true) AS
    SELECT r.date AS date_day, (r.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", r.business_id,
           r.platform, c.campaign_id, COALESCE(c.campaign_name, '(no campaign)') AS campaign_name, r.impressions, r.clicks, r.spend,
           r.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END AS contracts,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END AS revenue,
               COALESCE(s.currency, 'USD') AS currency
    FROM warehouse.campaign_roi_daily r
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = r.business_id AND c.campaign_key = r.campaign_key
    LEFT JOIN warehouse.settings s ON s.business_id = r.business_id;
    COMMENT ON VIEW warehouse.v_campaign_daily IS 'Spend, clicks, leads, contracts and revenue per day, platform and campaign';

    CREATE VIEW warehouse.v_kpi_daily WITH (security_invoker = true) AS
    SELECT r.date AS date_day, (r.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", r.business_id,
           r.platform, r.impressions, r.clicks, r.spend, r.leads,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.contracts_signed ELSE r.contracts END AS contracts,
           CASE s.revenue_basis WHEN 'contract_date' THEN r.revenue_signed ELSE r.revenue END AS revenue,
               COALESCE(s.currency, 'USD') AS currency
    FROM warehouse.platform_daily r LEFT JOIN warehouse.settings s ON s.business_id = r.business_id;
    COMMENT ON VIEW warehouse.v_kpi_daily IS 'Spend, clicks, leads, contracts and revenue per day and platform';

    CREATE VIEW warehouse.v_lead_daily WITH (security_invoker = true) AS
    SELECT l.created_date AS date_day, (l.created_date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time",
        l.business_id, l.platform,
           l.channel, l.is_paid, NULLIF(l.utm_source, '') AS utm_source, NULLIF(l.product_id, '') AS product_id, p.name AS product,
           NULLIF(l.branch_id, '') AS branch_id, b.name AS branch, l.leads, l.contracts, l.revenue, COALESCE(s.currency, 'USD') AS currency
    FROM warehouse.lead_daily l
    LEFT JOIN warehouse.dim_products p ON p.business_id = l.business_id AND p.product_id = l.product_id
    LEFT JOIN warehouse.dim_branches b ON b.business_id = l.business_id AND b.branch_id = l.branch_id
    LEFT JOIN warehouse.settings s ON s.business_id = l.business_id;
    COMMENT ON VIEW warehouse.v_lead_daily IS
        'Leads per day, source, product and branch, and the contracts of these leads by their own source';

    CREATE VIEW warehouse.v_touch_daily WITH (security_invoker = true) AS
    SELECT e.event_date AS date_day, (e.event_date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time",
           e.business_id, e.platform,
           e.events, e.first_touches, e.contract_events
    FROM warehouse.event_daily e LEFT JOIN warehouse.settings s ON s.business_id = e.business_id;
    COMMENT ON VIEW warehouse.v_touch_daily IS 'Touches per day and platform';

    -- Ads alone, in the words of dbt's ad_reporting models. Each grain is read from its own export, since sums differ by grain: spend
    -- that no ad was charged for is missing by ad. Where an export of the grain is missing, a finer one is added up.
    CREATE VIEW warehouse.ad_reporting__ad_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, f.date AS date_day, f.platform, NULLIF(f.account_id, '') AS account_id,
        NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           COALESCE(c.campaign_name, f.campaign_name) AS campaign_name, NULLIF(f.ad_group_id, '') AS ad_group_id, a.ad_group_name, f.ad_id,
           a.ad_name, f.clicks, f.impressions, f.spend,
           f.platform_conversions AS conversions, f.conversions_value,
           (f.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", f.business_id, f.currency
    FROM (
        SELECT p.*,
            -- One export may name the account and the campaign, and another not.
            rank() OVER (PARTITION BY p.business_id, p.date, p.platform, p.ad_id ORDER BY p.priority DESC, p.source_id) AS choice
        FROM warehouse.fact_campaign_performance_daily p WHERE p.grain = 'ad'
    ) f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    LEFT JOIN warehouse.dim_ad_creatives a ON a.business_id = f.business_id AND a.platform = f.platform AND a.ad_id = f.ad_id
    LEFT JOIN warehouse.settings s ON s.business_id = f.business_id
    WHERE f.choice = 1;
    COMMENT ON VIEW warehouse.ad_reporting__ad_report IS 'Clicks, impressions, spend and platform conversions per day and ad';

    CREATE VIEW warehouse.ad_reporting__ad_group_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, f.date AS date_day, f.platform, NULLIF(f.account_id, '') AS account_id,
        NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           max(COALESCE(c.campaign_name, f.campaign_name) COLLATE "C") COLLATE "default" AS campaign_name,
           NULLIF(f.ad_group_id, '') AS ad_group_id,
           max(a.ad_group_name COLLATE "C") COLLATE "default" AS ad_group_name,
           sum(f.clicks)::bigint AS clicks, sum(f.impressions)::bigint AS impressions, sum(f.spend)::numeric(18,4) AS spend,
           sum(f.platform_conversions)::numeric(18,4) AS conversions, sum(f.conversions_value)::numeric(18,4) AS conversions_value,
           (f.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", f.business_id, f.currency
    FROM (
        SELECT p.*,
            rank() OVER (PARTITION BY p.business_id, p.date, p.platform, p.campaign_id, p.ad_group_id,
                       CASE p.campaign_id WHEN '' THEN p.account_id END
                   ORDER BY CASE p.grain WHEN 'ad_group' THEN 1 ELSE 2 END, p.priority DESC, p.source_id) AS choice
        FROM warehouse.fact_campaign_performance_daily p WHERE p.grain IN ('ad_group', 'ad')
    ) f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    LEFT JOIN (SELECT d.business_id, d.platform, d.campaign_id, d.ad_group_id, max(d.ad_group_name COLLATE "C") AS ad_group_name
               FROM warehouse.dim_ad_creatives d GROUP BY d.business_id, d.platform, d.campaign_id, d.ad_group_id) a
        ON a.business_id = f.business_id AND a.platform = f.platform AND a.campaign_id = f.campaign_id AND a.ad_group_id = f.ad_group_id
    LEFT JOIN warehouse.settings s ON s.business_id = f.business_id
    WHERE f.choice = 1
    GROUP BY f.business_id, f.date, f.platform, f.account_id, f.campaign_id, f.ad_group_id, f.source_id, f.currency, s.reporting_timezone;
    COMMENT ON VIEW warehouse.ad_reporting__ad_group_report IS 'Clicks, impressions, spend and platform conversions per day and ad group';

    CREATE VIEW warehouse.ad_reporting__campaign_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, f.date AS date_day, f.platform, NULLIF(f.account_id, '') AS account_id,
        NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           max(COALESCE(c.campaign_name, f.campaign_name) COLLATE "C") COLLATE "default" AS campaign_name, sum(f.clicks)::bigint AS clicks,
           sum(f.impressions)::bigint AS impressions, sum(f.spend)::numeric(18,4) AS spend,
           sum(f.platform_conversions)::numeric(18,4) AS conversions, sum(f.conversions_value)::numeric(18,4) AS conversions_value,
           (f.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", f.business_id, f.currency
    FROM (
        -- The choice of the rollup campaign_roi_daily, whose spend this adds up to; the reasons are there.
        SELECT p.*,
            rank() OVER (PARTITION BY p.business_id, p.date, p.platform, p.campaign_id, CASE p.campaign_id WHEN '' THEN p.account_id END
                   ORDER BY CASE p.grain WHEN 'campaign' THEN 1 WHEN 'ad_group' THEN 2 ELSE 3 END,
                       p.priority DESC, p.source_id) AS choice,
               p.campaign_id = '' AND p.grain <> 'campaign' AND bool_or(p.campaign_id <> '' AND p.grain = 'campaign')
                   OVER (PARTITION BY p.business_id, p.date, p.platform, p.account_id) AS is_part
        FROM warehouse.fact_campaign_performance_daily p
    ) f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    LEFT JOIN warehouse.settings s ON s.business_id = f.business_id
    WHERE f.choice = 1 AND NOT f.is_part
    GROUP BY f.business_id, f.date, f.platform, f.account_id, f.campaign_id, f.source_id, f.currency, s.reporting_timezone;
    COMMENT ON VIEW warehouse.ad_reporting__campaign_report IS 'Clicks, impressions, spend and platform conversions per day and campaign';

    CREATE VIEW warehouse.ad_reporting__account_report WITH (security_invoker = true) AS
    SELECT v.source_relation, v.date_day, v.platform, v.account_id, v.account_name, sum(v.clicks)::bigint AS clicks,
           sum(v.impressions)::bigint AS impressions, sum(v.spend)::numeric(18,4) AS spend,
           sum(v.conversions)::numeric(18,4) AS conversions,
           sum(v.conversions_value)::numeric(18,4) AS conversions_value, v."time", v.business_id, v.currency
    FROM warehouse.ad_reporting__campaign_report v
    GROUP BY v.source_relation, v.date_day, v.platform, v.account_id, v.account_name, v."time", v.business_id, v.currency;
    COMMENT ON VIEW warehouse.ad_reporting__account_report IS 'Clicks, impressions, spend and platform conversions per day and ad account';

    CREATE VIEW warehouse.ad_reporting__keyword_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, f.date AS date_day, f.platform, NULLIF(f.account_id, '') AS account_id,
        NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           max(COALESCE(c.campaign_name, f.campaign_name) COLLATE "C") COLLATE "default" AS campaign_name,
           NULLIF(f.ad_group_id, '') AS ad_group_id,
           max(a.ad_group_name COLLATE "C") COLLATE "default" AS ad_group_name,
           NULLIF(f.keyword_id, '') AS keyword_id, max(f.keyword_text COLLATE "C") COLLATE "default" AS keyword_text,
           NULLIF(f.keyword_match_type, '') AS keyword_match_type,
           sum(f.clicks)::bigint AS clicks, sum(f.impressions)::bigint AS impressions, sum(f.spend)::numeric(18,4) AS spend,
           sum(f.platform_conversions)::numeric(18,4) AS conversions, sum(f.conversions_value)::numeric(18,4) AS conversions_value,
           (f.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", f.business_id, f.currency
    FROM warehouse.fact_ad_breakdown f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    LEFT JOIN (SELECT d.business_id, d.platform, d.campaign_id, d.ad_group_id, max(d.ad_group_name COLLATE "C") AS ad_group_name
               FROM warehouse.dim_ad_creatives d GROUP BY d.business_id, d.platform, d.campaign_id, d.ad_group_id) a
        ON a.business_id = f.business_id AND a.platform = f.platform AND a.campaign_id = f.campaign_id AND a.ad_group_id = f.ad_group_id
    LEFT JOIN warehouse.settings s ON s.business_id = f.business_id
    WHERE f.breakdown = 'keyword'
    GROUP BY f.business_id, f.date, f.platform, f.account_id, f.campaign_id, f.ad_group_id, f.keyword_id, f.keyword_match_type,
        f.source_id, f.currency, s.reporting_timezone;
    COMMENT ON VIEW warehouse.ad_reporting__keyword_report IS
        'Clicks, impressions, spend and platform conversions per day and keyword';

    CREATE VIEW warehouse.ad_reporting__search_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, f.date AS date_day, f.platform, NULLIF(f.account_id, '') AS account_id,
        NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           max(COALESCE(c.campaign_name, f.campaign_name) COLLATE "C") COLLATE "default" AS campaign_name,
           NULLIF(f.ad_group_id, '') AS ad_group_id,
           max(a.ad_group_name COLLATE "C") COLLATE "default" AS ad_group_name,
           NULLIF(f.keyword_id, '') AS keyword_id, max(f.keyword_text COLLATE "C") COLLATE "default" AS keyword_text,
           f.search_query, NULLIF(f.search_match_type, '') AS search_match_type,
           sum(f.clicks)::bigint AS clicks, sum(f.impressions)::bigint AS impressions, sum(f.spend)::numeric(18,4) AS spend,
           sum(f.platform_conversions)::numeric(18,4) AS conversions, sum(f.conversions_value)::numeric(18,4) AS conversions_value,
           (f.date + time '12:00') AT TIME ZONE COALESCE(s.reporting_timezone, 'UTC') AS "time", f.business_id, f.currency
    FROM warehouse.fact_ad_breakdown f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    LEFT JOIN (SELECT d.business_id, d.platform, d.campaign_id, d.ad_group_id, max(d.ad_group_name COLLATE "C") AS ad_group_name
               FROM warehouse.dim_ad_creatives d GROUP BY d.business_id, d.platform, d.campaign_id, d.ad_group_id) a
        ON a.business_id = f.business_id AND a.platform = f.platform AND a.campaign_id = f.campaign_id AND a.ad_group_id = f.ad_group_id
    LEFT JOIN warehouse.settings s ON s.business_id = f.business_id
    WHERE f.breakdown = 'search'
    GROUP BY f.business_id, f.date, f.platform, f.account_id, f.campaign_id, f.ad_group_id, f.keyword_id, f.search_query,
        f.search_match_type, f.source_id, f.currency, s.reporting_timezone;
    COMMENT ON VIEW warehouse.ad_reporting__search_report IS
        'Clicks, impressions, spend and platform conversions per day and search query';

    CREATE VIEW warehouse.ad_reporting__monthly_campaign_country_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, date_trunc('month', f.date::timestamp)::date AS date_month, f.platform,
           NULLIF(f.account_id, '') AS account_id, NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           max(COALESCE(c.campaign_name, f.campaign_name) COLLATE "C") COLLATE "default" AS campaign_name,
           CASE WHEN f.country !~ '^[A-Za-z]{2}$' THEN f.country END AS country,
           CASE WHEN f.country ~ '^[A-Za-z]{2}$' THEN upper(f.country COLLATE "C") COLLATE "default" END AS country_code,
           NULL::text AS global_region,
           sum(f.clicks)::bigint AS clicks, sum(f.impressions)::bigint AS impressions, sum(f.spend)::numeric(18,4) AS spend,
           sum(f.platform_conversions)::numeric(18,4) AS conversions, sum(f.conversions_value)::numeric(18,4) AS conversions_value,
           f.business_id, f.currency
    FROM warehouse.fact_ad_breakdown f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    WHERE f.breakdown = 'country'
    GROUP BY f.business_id, date_trunc('month', f.date::timestamp), f.platform, f.account_id, f.campaign_id, 8, 9, f.source_id, f.currency;
    COMMENT ON VIEW warehouse.ad_reporting__monthly_campaign_country_report IS
        'Clicks, impressions, spend and platform conversions per month, campaign and country';

    CREATE VIEW warehouse.ad_reporting__monthly_campaign_region_report WITH (security_invoker = true) AS
    SELECT f.source_id::text AS source_relation, date_trunc('month', f.date::timestamp)::date AS date_month, f.platform,
           NULLIF(f.account_id, '') AS account_id, NULL::text AS account_name, NULLIF(f.campaign_id, '') AS campaign_id,
           max(COALESCE(c.campaign_name, f.campaign_name) COLLATE "C") COLLATE "default" AS campaign_name,
           f.region,
           sum(f.clicks)::bigint AS clicks, sum(f.impressions)::bigint AS impressions, sum(f.spend)::numeric(18,4) AS spend,
           sum(f.platform_conversions)::numeric(18,4) AS conversions, sum(f.conversions_value)::numeric(18,4) AS conversions_value,
           f.business_id, f.currency
    FROM warehouse.fact_ad_breakdown f
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = f.business_id AND c.platform = f.platform AND c.campaign_id = f.campaign_id
    WHERE f.breakdown = 'region'
    GROUP BY f.business_id, date_trunc('month', f.date::timestamp), f.platform, f.account_id, f.campaign_id, f.region,
        f.source_id, f.currency;
    COMMENT ON VIEW warehouse.ad_reporting__monthly_campaign_region_report IS
        'Clicks, impressions, spend and platform conversions per month, campaign and region';

    CREATE VIEW warehouse.ad_reporting__url_report WITH (security_invoker = true) AS
    SELECT v.source_relation, v.date_day, v.platform, v.account_id, v.account_name, v.campaign_id, v.campaign_name, v.ad_group_id,
           v.ad_group_name, split_part(split_part(a.link_url, '#', 1), '?', 1) AS base_url,
           substring(a.link_url, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*://)?([^/?#]*)') AS url_host,
           substring(a.link_url, '^(?:[a-zA-Z][a-zA-Z0-9+.-]*://)?[^/?#]*(/[^?#]*)') AS url_path,
           substring(a.link_url, '[?&]utm_source=([^&#]+)') AS utm_source, substring(a.link_url, '[?&]utm_medium=([^&#]+)') AS utm_medium,
           substring(a.link_url, '[?&]utm_campaign=([^&#]+)') AS utm_campaign,
           substring(a.link_url, '[?&]utm_content=([^&#]+)') AS utm_content, substring(a.link_url, '[?&]utm_term=([^&#]+)') AS utm_term,
           sum(v.clicks)::bigint AS clicks, sum(v.impressions)::bigint AS impressions, sum(v.spend)::numeric(18,4) AS spend,
           sum(v.conversions)::numeric(18,4) AS conversions, sum(v.conversions_value)::numeric(18,4) AS conversions_value,
           v."time", v.business_id, v.currency
    FROM warehouse.ad_reporting__ad_report v
    JOIN warehouse.dim_ad_creatives a ON a.business_id = v.business_id AND a.platform = v.platform AND a.ad_id = v.ad_id
    WHERE a.link_url <> ''
    GROUP BY v.source_relation, v.date_day, v.platform, v.account_id, v.account_name, v.campaign_id, v.campaign_name, v.ad_group_id,
        v.ad_group_name, 10, 11, 12, 13, 14, 15, 16, 17, v."time", v.business_id, v.currency;
    COMMENT ON VIEW warehouse.ad_reporting__url_report IS
        'Clicks, impressions, spend and platform conversions per day and the address that ads lead to, as it is written';

    PERFORM analytics_internal.comment_columns(v, '{
        "date_day": "The day, in the reporting time zone; of ads, the day of the ad account",
        "time": "Noon of that day in the reporting time zone: it is the same day in most zones",
        "contracts": "Of the leads of that day, or signed on it where revenue_basis is contract_date; v_lead_daily: of the leads",
        "revenue": "Of these contracts",
        "source_relation": "Number of the registered source that the row comes from",
        "account_name": "Not kept: NULL",
        "global_region": "Not kept: NULL",
        "date_month": "First day of the month",
        "country": "Country, where the source names it",
        "country_code": "Country, where the source has its code of two letters",
        "base_url": "The address without parameters",
        "url_host": "Its host",
        "url_path": "Its path",
        "utm_source": "utm_source of the address, as it is written there",
        "utm_medium": "utm_medium of the address",
        "utm_campaign": "utm_campaign of the address",
        "utm_content": "utm_content of the address",
        "utm_term": "utm_term of the address",
        "conversions": "What the platform claims: each counts its own, so never add them up over platforms; see v_kpi_daily",
        "conversions_value": "What it says they are worth; NULL where its export does not"}')
    FROM unnest('{
        warehouse.v_campaign_daily,
        warehouse.v_kpi_daily,
        warehouse.v_lead_daily,
        warehouse.v_touch_daily,
        warehouse.ad_reporting__ad_report,
        warehouse.ad_reporting__ad_group_report,
        warehouse.ad_reporting__campaign_report,
        warehouse.ad_reporting__account_report,
        warehouse.ad_reporting__keyword_report,
        warehouse.ad_reporting__search_report,
        warehouse.ad_reporting__monthly_campaign_country_report,
        warehouse.ad_reporting__monthly_campaign_region_report,
        warehouse.ad_reporting__url_report}'::regclass[]) v;
    PERFORM analytics_internal.comment_layout(c.relnamespace) FROM pg_class c WHERE c.oid = 'warehouse.settings'::regclass;
END
$function$;
COMMENT ON FUNCTION analytics_internal.create_reporting_views() IS
'Creates the daily views of schema warehouse for BI tools; a part of install()';

CREATE FUNCTION analytics_internal.comment_columns(relation regclass, comments jsonb) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    col record;
BEGIN
    FOR col IN
        SELECT a.attname, c.relkind, COALESCE(comments ->> (c.relname || '.' || a.attname), comments ->> a.attname::text) AS comment
        FROM pg_attribute a
        JOIN pg_class c ON c.oid = a.attrelid
        WHERE a.attrelid = relation AND a.attnum > 0 AND NOT a.attisdropped AND col_description(a.attrelid, a.attnum) IS NULL
    LOOP
        EXECUTE format('COMMENT ON COLUMN %s.%I IS %L', relation, col.attname, col.comment);
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.comment_columns(regclass, jsonb) IS
'Comments the columns of a relation that have no comment yet, as the object says
Its keys are columns, or relation.column.';

CREATE FUNCTION analytics_internal.comment_layout(schema regnamespace) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.comment_columns(c.oid, analytics_internal.column_meanings())
    FROM pg_class c
    WHERE c.relnamespace = schema AND c.relkind IN ('r', 'p', 'v')
      AND c.relname IN (SELECT t.name FROM analytics_internal.layout_tables() t)
$$;
COMMENT ON FUNCTION analytics_internal.comment_layout(regnamespace) IS
'Comments the columns of our relations in a schema that have no comment';
