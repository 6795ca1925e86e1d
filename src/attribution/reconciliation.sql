-- What platforms report of themselves beside what attribution gives them.

CREATE FUNCTION analytics.attribution_reconciliation(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', basis text DEFAULT 'touch', lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, view_lookback interval DEFAULT NULL,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (date date, platform text, campaign_name text, model text, reported_conversions numeric, conversions double precision,
                   gap numeric, reported_value numeric, revenue numeric, value_gap numeric, claimable bigint, claimed_twice bigint,
                   spend numeric, campaign_id text, business bigint, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, 'platform+campaign', business_id, lookback, cycle, true, '{}', NULL, 'count', 'none', NULL, NULL,
        view_lookback => view_lookback,
        conversion_types => conversion_types, conversion_hosts => conversion_hosts);
    sharing CONSTANT analytics_internal.sharing_rules := analytics_internal.sharing_rules(
        models, half_life, fallback, basis => basis, touches => 'paid');
    one_currency CONSTANT text := analytics_internal.currency_of(business_id);
    level CONSTANT text := analytics_internal.checked_level(platform_level, business_id);
    members CONSTANT text[] := CASE WHEN platforms <> '{}' THEN analytics_internal.platform_members(platforms) END;
BEGIN
    RETURN QUERY
    WITH touch AS (
        SELECT t.business_id, t.model, t.keys[1] AS platform, t.keys[2] AS campaign,
               (t.conversion_type, t.source_id, t.conversion_id) AS conversion, t.conversions, t.value,
               (CASE basis WHEN 'touch' THEN t.touched_at ELSE t.converted_at END AT TIME ZONE s.reporting_timezone)::date AS date,
               -- Whether another platform's ad was met before the contract, too.
               min(t.keys[1]) OVER journey <> max(t.keys[1]) OVER journey AS is_shared,
               bool_or(t.value < 0) OVER journey AS is_refund
        FROM analytics_internal.warehouse_touches(rules, sharing, true) t
        JOIN warehouse.settings s ON s.business_id = t.business_id
        WINDOW journey AS (PARTITION BY t.business_id, t.model, t.conversion_type, t.source_id, t.conversion_id)
    ), ours AS (
        SELECT t.business_id, t.date, t.platform, t.campaign, t.model, analytics.compensated_sum(t.conversions) AS conversions,
               analytics.compensated_sum(t.value)::numeric(18,4) AS revenue,
               count(DISTINCT t.conversion) FILTER (WHERE NOT t.is_refund) AS claimable,
               count(DISTINCT t.conversion) FILTER (WHERE NOT t.is_refund AND t.is_shared) AS claimed_twice
        FROM touch t
        GROUP BY t.business_id, t.date, t.platform, t.campaign, t.model
    ), theirs AS (
        SELECT r.business_id, r.date_day AS date, r.platform,
               COALESCE(l.label, r.campaign_name, r.campaign_id, '(no campaign)') AS campaign, m.model,
               sum(r.conversions) AS conversions, sum(r.conversions_value) AS value, sum(r.spend) AS spend
        FROM warehouse.ad_reporting__campaign_report r
        CROSS JOIN (SELECT DISTINCT unnest(models) AS model) m
        LEFT JOIN warehouse.dim_campaigns d
            ON d.business_id = r.business_id AND d.platform = r.platform AND d.campaign_id = r.campaign_id
        LEFT JOIN analytics_internal.campaign_labels('platform+campaign') l
            ON l.business_id = d.business_id AND l.campaign_key = d.campaign_key
        WHERE r.date_day BETWEEN date_from AND date_to
          AND (attribution_reconciliation.business_id IS NULL OR r.business_id = attribution_reconciliation.business_id)
        GROUP BY r.business_id, r.date_day, r.platform, COALESCE(l.label, r.campaign_name, r.campaign_id, '(no campaign)'), m.model
    )
    SELECT k.date, analytics_internal.platform_at(level, k.business_id, k.platform), k.campaign, k.model, t.conversions,
           COALESCE(o.conversions, 0),
           round(t.conversions - COALESCE(o.conversions, 0)::numeric, 4), t.value, COALESCE(o.revenue, 0),
           t.value - COALESCE(o.revenue, 0), COALESCE(o.claimable, 0), COALESCE(o.claimed_twice, 0), t.spend, l.campaign_id, k.business_id,
           one_currency
    FROM (
        SELECT business_id, date, platform, campaign, model FROM ours
        UNION
        SELECT business_id, date, platform, campaign, model FROM theirs
    ) k
    LEFT JOIN ours o USING (business_id, date, platform, campaign, model)
    LEFT JOIN theirs t USING (business_id, date, platform, campaign, model)
    LEFT JOIN (
        SELECT c.business_id, c.platform, c.label, d.campaign_id
        FROM analytics_internal.campaign_labels('platform+campaign') c
        JOIN warehouse.dim_campaigns d ON d.business_id = c.business_id AND d.campaign_key = c.campaign_key
    ) l ON l.business_id = k.business_id AND l.platform = k.platform AND l.label = k.campaign
    WHERE members IS NULL OR k.platform = ANY (members)
    ORDER BY k.date, k.platform COLLATE "C", k.campaign COLLATE "C", array_position(models, k.model), k.business_id;
END
$$;
COMMENT ON FUNCTION analytics.attribution_reconciliation IS
'Conversions as platforms report them beside attributed ones, by campaign and day
models, lookback, half_life, cycle, fallback, view_lookback: see attribution(). basis: touch: attributed conversions stand on the day of the
ad, as in the reports of platforms; conversion: on the day of the contract. reported_conversions, reported_value: what the platform claims
(platform_conversions and conversions_value of ad_performance); conversions, revenue: credit of paid touches of the campaign; gap,
value_gap: reported less attributed; NULL where nothing is reported. claimable: contracts before which a paid touch of the campaign was met
that day; claimed_twice: those of them before which another platform''s ad was met, too, so that both may report them. conversion_types,
conversion_hosts: see attribution(). platform_level: platform or family; NULL for the setting.';
