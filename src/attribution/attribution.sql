-- Attribution on the warehouse: one scan of the touches of converting clients, any models.

CREATE FUNCTION analytics.attribution(date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT 'platform',
    lookback interval DEFAULT NULL, half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}',
    platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}')
    RETURNS TABLE (model text, key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, assisted bigint, p_support double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_column
DECLARE
    -- A key is 1, or 0 where its platform is not asked for, and what the dimension calls it: the filter picks credits without changing journeys.
    stages CONSTANT text[] := ARRAY[E'\x1Flead'];
    direct CONSTANT text[] := ARRAY(SELECT w || d FROM pg_catalog.unnest('{0,1}'::text[]) w,
        pg_catalog.unnest('{direct,Direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}'::text[]) d);
    wanted_platforms text[];
BEGIN
    PERFORM 'warehouse'::analytics.installed, analytics.check_period(date_from, date_to);
    IF dimension IS NULL OR dimension NOT IN ('platform', 'channel', 'campaign', 'platform+campaign', 'ad', 'utm_source') THEN
        RAISE EXCEPTION 'unknown dimension "%"', dimension USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use platform, channel, campaign, platform+campaign, ad or utm_source.';
    END IF;
    -- An unknown model or a bad window is an error also where there is nothing to attribute.
    PERFORM FROM analytics.attribution_credit((SELECT analytics.journeys(0, pg_catalog.now(), 0, '', false, 0) WHERE false), models,
        COALESCE(lookback, '1 day'), COALESCE(half_life, '1 day'), cycle, fallback, first_weights => first_weights, last_weights => last_weights, stage_keys => stages);
    IF platforms <> '{}' THEN
        wanted_platforms := analytics.platform_members(platforms);
    END IF;
    RETURN QUERY
    WITH business AS (
        SELECT s.business_id, attribution.date_from::timestamp AT TIME ZONE s.reporting_timezone AS period_start,
               (attribution.date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone AS period_end,
               COALESCE(attribution.lookback, s.lookback) AS lookback, COALESCE(attribution.half_life, s.half_life) AS half_life
        FROM warehouse.settings s WHERE attribution.business_id IS NULL OR s.business_id = attribution.business_id
    ), campaign AS (
        -- Names are for people; where two campaigns share one, the id tells them apart.
        SELECT c.business_id, c.campaign_key, c.platform, c.campaign_name || CASE WHEN pg_catalog.count(*) OVER (
                   PARTITION BY c.business_id, c.campaign_name, CASE dimension WHEN 'campaign' THEN '' ELSE c.platform END) > 1
               THEN ' (' || c.campaign_id || ')' ELSE '' END AS label
        FROM warehouse.dim_campaigns c
    ), converter AS (
        SELECT DISTINCT c.business_id, c.client_key FROM warehouse.fact_contracts c JOIN business b ON b.business_id = c.business_id
        WHERE c.signed_at >= b.period_start AND c.signed_at < b.period_end
    ), touch AS (
        SELECT e.business_id, e.client_key, e.occurred_at, e.touch_number,
               CASE WHEN wanted_platforms IS NULL OR e.platform = ANY (wanted_platforms) THEN '1' ELSE '0' END || CASE dimension WHEN 'platform' THEN e.platform WHEN 'channel' THEN e.channel
                   WHEN 'utm_source' THEN COALESCE(e.utm_source, '(none)') WHEN 'ad' THEN COALESCE(e.ad_id, '(no ad)')
                   WHEN 'campaign' THEN COALESCE(c.label, '(no campaign)')
                   ELSE COALESCE(c.platform, e.platform) || ' / ' || COALESCE(c.label, '(no campaign)') END AS key,
               e.is_paid AND e.campaign_key IS NOT NULL AND p.ad_network AS is_paid
        FROM converter v
        JOIN warehouse.fact_events e ON e.business_id = v.business_id AND e.client_key = v.client_key
        JOIN business b ON b.business_id = e.business_id
        JOIN warehouse.dim_platforms p ON p.business_id = e.business_id AND p.platform = e.platform
        LEFT JOIN campaign c ON c.business_id = e.business_id AND c.campaign_key = e.campaign_key
        WHERE e.occurred_at < b.period_end
    ), journey AS (
        SELECT r.business_id, analytics.journeys(r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount) AS journeys
        FROM (
            SELECT t.business_id, t.client_key, t.occurred_at, t.touch_number, t.key, t.is_paid, NULL::numeric AS amount FROM touch t
            UNION ALL
            SELECT l.business_id, l.client_key, l.created_at, 0, stages[1], false, NULL
            FROM converter v JOIN warehouse.fact_leads l ON l.business_id = v.business_id AND l.client_key = v.client_key
            WHERE attribution.models && '{w_shaped,full_path}'
            UNION ALL
            SELECT c.business_id, c.client_key, c.signed_at, NULL, NULL, NULL, c.amount
            FROM converter v JOIN warehouse.fact_contracts c ON c.business_id = v.business_id AND c.client_key = v.client_key
            JOIN business b ON b.business_id = c.business_id WHERE c.signed_at < b.period_end
        ) r GROUP BY r.business_id
    ), credit AS (
        SELECT a.model, a.key IS NULL AS unattributed, COALESCE(pg_catalog.substr(a.key, 2), '(unattributed)') AS key,
               COALESCE(pg_catalog.left(a.key, 1) = '1', wanted_platforms IS NULL) AS wanted,
               a.conversions, a.value, a.supporting, a.assisted
        FROM journey j JOIN business b ON b.business_id = j.business_id
        CROSS JOIN LATERAL analytics.attribution_credit(j.journeys, attribution.models, b.lookback, b.half_life, attribution.cycle,
            attribution.fallback, direct, first_weights => attribution.first_weights, last_weights => attribution.last_weights, stage_keys => stages,
            converted_from => b.period_start, converted_before => b.period_end) a
    ), per_key AS (
        SELECT c.model, c.key, c.wanted, c.unattributed, pg_catalog.sum(c.conversions) AS conversions, pg_catalog.sum(c.value) AS value,
               pg_catalog.sum(c.supporting)::bigint AS supporting, pg_catalog.sum(c.assisted)::bigint AS assisted
        FROM credit c GROUP BY c.model, c.key, c.wanted, c.unattributed
    ), total AS (
        SELECT pg_catalog.count(*) AS contracts, COALESCE(pg_catalog.sum(c.amount), 0) AS amount
        FROM warehouse.fact_contracts c JOIN business b ON b.business_id = c.business_id
        WHERE c.signed_at >= b.period_start AND c.signed_at < b.period_end
    ), money AS (
        -- Ten-thousandths by largest remainder: the revenue of the keys adds up to the revenue of the contracts, exactly. That of
        -- participation counts a contract once for each key, and is rounded.
        SELECT k.*, pg_catalog.floor(k.value * 10000)::numeric AS units,
               pg_catalog.row_number() OVER (PARTITION BY k.model ORDER BY k.value * 10000 - pg_catalog.floor(k.value * 10000) DESC, k.key, k.wanted) AS place
        FROM per_key k
    ), exact AS (
        SELECT m.*, (CASE WHEN m.model = 'participation' THEN pg_catalog.round((m.value * 10000)::numeric) ELSE m.units + CASE WHEN m.place <= t.amount * 10000 - pg_catalog.sum(m.units) OVER (PARTITION BY m.model) THEN 1 ELSE 0 END
                     END / 10000)::numeric(18,4) AS revenue, t.contracts
        FROM money m CROSS JOIN total t
    ), spent AS (
        SELECT CASE dimension WHEN 'platform' THEN r.platform WHEN 'campaign' THEN COALESCE(c.label, '(no campaign)')
                   WHEN 'platform+campaign' THEN COALESCE(c.platform, r.platform) || ' / ' || COALESCE(c.label, '(no campaign)') END AS key,
               pg_catalog.sum(r.spend) AS spend
        FROM warehouse.campaign_roi_daily r
        JOIN business b ON b.business_id = r.business_id
        LEFT JOIN campaign c ON c.business_id = r.business_id AND c.campaign_key = r.campaign_key
        WHERE r.date BETWEEN attribution.date_from AND attribution.date_to AND r.spend <> 0 AND dimension IN ('platform', 'campaign', 'platform+campaign')
          AND (wanted_platforms IS NULL OR r.platform = ANY (wanted_platforms))
        GROUP BY 1
        UNION ALL
        SELECT f.ad_id, pg_catalog.sum(f.spend)
        FROM warehouse.fact_campaign_performance_daily f JOIN business b ON b.business_id = f.business_id
        WHERE f.date BETWEEN attribution.date_from AND attribution.date_to AND f.grain = 'ad' AND dimension = 'ad'
          AND (wanted_platforms IS NULL OR f.platform = ANY (wanted_platforms))
        GROUP BY f.ad_id
    )
    SELECT m.model, k.key, COALESCE(e.conversions, 0), COALESCE(e.revenue, 0)::numeric(18,4),
           pg_catalog.round((100 * COALESCE(e.conversions, 0) / NULLIF(t.contracts, 0))::numeric, 2),
           s.spend::numeric(18,4), pg_catalog.round(s.spend / NULLIF(e.conversions, 0)::numeric, 4),
           pg_catalog.round(COALESCE(e.revenue, 0) / NULLIF(s.spend, 0), 4), COALESCE(e.assisted, 0),
           COALESCE(e.supporting, 0) / NULLIF(t.contracts, 0)::double precision
    FROM (SELECT DISTINCT pg_catalog.unnest(attribution.models) AS model) m
    CROSS JOIN (SELECT x.key FROM per_key x WHERE x.wanted UNION SELECT x.key FROM spent x) k
    CROSS JOIN total t
    LEFT JOIN exact e ON e.model = m.model AND e.key = k.key AND e.wanted
    LEFT JOIN spent s ON s.key = k.key
    ORDER BY pg_catalog.array_position(attribution.models, m.model), COALESCE(e.unattributed, false), COALESCE(e.conversions, 0) DESC, k.key;
END
$$;
COMMENT ON FUNCTION analytics.attribution(date, date, text[], text, interval, interval, text, text[], text[], bigint, double precision[], double precision[]) IS
'What earned the contracts signed in a period: platforms, campaigns, ads ...
models: see attribution_credit(). dimension: platform, channel, campaign, platform+campaign, ad or utm_source. lookback, half_life: NULL for the settings of the business. cycle: shared, since_previous or since_previous_reuse. fallback: what first_paid and last_paid take where there is no paid touch. first_weights, last_weights: for custom. w_shaped and full_path know one stage, the lead. platforms: show these only; journeys stay whole. Conversions without a touch are the row (unattributed); the conversions of a model add up to the contracts, its revenue to theirs, exactly (but those of participation, which gives each key in a journey the whole contract). spend (of the period, where ads are counted by that dimension), cpa = spend / conversions, roas = revenue / spend. assisted: conversions whose journey has the key. p_support: share of the conversions that give the key credit.';

CREATE FUNCTION analytics.attribution_compare(date_from date, date_to date, models text[] DEFAULT '{first,last,linear,time_decay,u_shaped,last_paid}',
    dimension text DEFAULT 'platform', lookback interval DEFAULT NULL, half_life interval DEFAULT NULL, cycle text DEFAULT 'shared',
    fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}',
    last_weights double precision[] DEFAULT '{}')
    RETURNS TABLE (key text, conversions jsonb, revenue jsonb, roas jsonb, spend numeric, assisted bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.key, pg_catalog.jsonb_object_agg(a.model, pg_catalog.round(a.conversions::numeric, 6)), pg_catalog.jsonb_object_agg(a.model, a.revenue),
           pg_catalog.jsonb_object_agg(a.model, a.roas), pg_catalog.max(a.spend), pg_catalog.max(a.assisted)
    FROM analytics.attribution(attribution_compare.date_from, attribution_compare.date_to, attribution_compare.models, attribution_compare.dimension,
        attribution_compare.lookback, attribution_compare.half_life, attribution_compare.cycle, attribution_compare.fallback,
        attribution_compare.platforms, attribution_compare.business_id, attribution_compare.first_weights, attribution_compare.last_weights) a
    GROUP BY a.key
    ORDER BY a.key = '(unattributed)', pg_catalog.max(a.conversions) FILTER (WHERE a.model = attribution_compare.models[1]) DESC, a.key;
END
$$;
COMMENT ON FUNCTION analytics.attribution_compare(date, date, text[], text, interval, interval, text, text[], text[], bigint, double precision[], double precision[]) IS
'Models of attribution side by side, one row per key
Arguments as for attribution(). conversions, revenue, roas: an object with a number per model, as in revenue ->> ''last''; roas is null without spend. spend and assisted do not depend on the model. By the credit of the first model named, descending.';
