-- Attribution on the warehouse: what the credit readers share, and the credit itself. Touches, leads and contracts are collected once
-- per question, as journeys; every reader is an answer from these.

CREATE FUNCTION analytics_internal.campaign_labels(dimension text)
    RETURNS TABLE (business_id bigint, campaign_key bigint, platform text, label text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- Names are for people; where two campaigns share one, the id tells them apart.
    SELECT c.business_id, c.campaign_key, c.platform, c.campaign_name || CASE WHEN pg_catalog.count(*) OVER (
               PARTITION BY c.business_id, c.campaign_name, CASE campaign_labels.dimension WHEN 'campaign' THEN '' ELSE c.platform END) > 1
           THEN ' (' || c.campaign_id || ')' ELSE '' END
    FROM warehouse.dim_campaigns c
$$;
COMMENT ON FUNCTION analytics_internal.campaign_labels IS 'What each campaign is called in reports, unique within its business';

CREATE FUNCTION analytics_internal.check_attribution(dimension text, basis text DEFAULT 'conversion', models text[] DEFAULT '{}')
    RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF models IS NULL THEN
        RAISE EXCEPTION 'models must not be NULL' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave the argument out to have its default.';
    END IF;
    RETURN analytics_internal.check_choice('dimension', dimension, '{platform,channel,campaign,platform+campaign,ad,utm_source}')
        AND analytics_internal.check_choice('basis', basis, '{conversion,touch}');
END
$$;
COMMENT ON FUNCTION analytics_internal.check_attribution IS 'True for a known dimension and basis and a list of models, else error 22023';

CREATE FUNCTION analytics_internal.check_confidence(confidence double precision) RETURNS boolean
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF confidence IS NULL OR confidence <= 0 OR confidence >= 1 THEN
        RAISE EXCEPTION 'confidence must be between 0 and 1' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Give 0.9 for an interval of 90 %.';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_confidence IS 'True for a confidence between 0 and 1, else an error (22023)';

CREATE FUNCTION analytics_internal.warehouse_journeys(
    date_from date, date_to date, dimension text, members text[], lookback interval, half_life interval, business_id bigint, kept text,
    stages text[] DEFAULT '{}')
    RETURNS TABLE (journeys analytics.journeys, period_start timestamptz, period_end timestamptz, reach_end timestamptz,
                   used_lookback interval, used_half_life interval)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH business AS (
        -- Touches a day older than the lookback, whose days have 24 hours each.
        SELECT p.*, p.period_end + p.lookback AS reach_end, p.period_start - p.lookback - interval '1 day' AS touched_from,
               p.period_end + CASE kept WHEN 'touch' THEN p.lookback ELSE interval '0' END AS touched_before
        FROM (SELECT s.business_id, warehouse_journeys.date_from::timestamp AT TIME ZONE s.reporting_timezone AS period_start,
                     (warehouse_journeys.date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone AS period_end,
                     COALESCE(warehouse_journeys.lookback, s.lookback) AS lookback,
                     COALESCE(warehouse_journeys.half_life, s.half_life) AS half_life
              FROM warehouse.settings s WHERE warehouse_journeys.business_id IS NULL OR s.business_id = warehouse_journeys.business_id) p
    ), client AS (
        -- Conversions by their own date ask for who signed in the period; by the date of the touch, or with the journeys that came to
        -- nothing, it is to be known what followed the period within the lookback.
        SELECT DISTINCT c.business_id, c.client_key FROM warehouse.fact_contracts c JOIN business b ON b.business_id = c.business_id
        WHERE c.signed_at >= b.period_start AND c.signed_at < CASE kept WHEN 'touch' THEN b.reach_end ELSE b.period_end END
        UNION
        SELECT e.business_id, e.client_key FROM warehouse.fact_events e JOIN business b ON b.business_id = e.business_id
        WHERE kept = 'everybody' AND e.occurred_at >= b.period_start AND e.occurred_at < b.period_end
    ), contract AS MATERIALIZED (
        -- A contract whose event is a touch at that very moment is one row with it, so that include_conversion_touch knows them.
        SELECT c.business_id, c.client_key, c.signed_at, c.amount, c.event_id, o.source_id,
               o.source_id IS NOT NULL AND row_number() OVER (PARTITION BY c.business_id, o.source_id, c.event_id
                                                                         ORDER BY c.source_id, c.contract_id) = 1 AS has_touch
        FROM client v
        JOIN warehouse.fact_contracts c ON c.business_id = v.business_id AND c.client_key = v.client_key
        JOIN business b ON b.business_id = c.business_id
        LEFT JOIN LATERAL (
            SELECT e.source_id FROM warehouse.fact_events e
            WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.occurred_at = c.signed_at AND e.event_id = c.event_id
              AND e.occurred_at >= b.touched_from AND e.occurred_at < b.touched_before
            ORDER BY e.source_id LIMIT 1) o ON true
        WHERE c.signed_at < CASE kept WHEN 'converters' THEN b.period_end ELSE b.reach_end END
    ), touch AS (
        -- Where platforms are asked for, a key begins with 1, or with 0 where its platform is another: the filter picks credits without
        -- changing journeys.
        SELECT e.business_id, e.client_key, e.occurred_at, e.touch_number,
               CASE WHEN members IS NULL THEN '' WHEN e.platform = ANY (members) THEN '1' ELSE '0' END
               || CASE dimension WHEN 'platform' THEN e.platform WHEN 'channel' THEN e.channel
                   WHEN 'utm_source' THEN COALESCE(e.utm_source, '(none)') WHEN 'ad' THEN COALESCE(e.ad_id, '(no ad)')
                   WHEN 'campaign' THEN COALESCE(c.label, '(no campaign)')
                   ELSE COALESCE(c.platform, e.platform) || ' / ' || COALESCE(c.label, '(no campaign)') END AS key,
               e.is_paid AND e.campaign_key IS NOT NULL AND COALESCE(p.ad_network, false) AS is_paid,
               lower(e.source_type) IN ('impression', 'ad_impression', 'view', 'ad_view') AS is_view, k.amount
        FROM client v
        JOIN warehouse.fact_events e ON e.business_id = v.business_id AND e.client_key = v.client_key
        JOIN business b ON b.business_id = e.business_id
        LEFT JOIN warehouse.dim_platforms p ON p.business_id = e.business_id AND p.platform = e.platform
        LEFT JOIN analytics_internal.campaign_labels(dimension) c ON c.business_id = e.business_id AND c.campaign_key = e.campaign_key
        LEFT JOIN contract k ON k.has_touch AND k.business_id = e.business_id AND k.source_id = e.source_id AND k.event_id = e.event_id
        WHERE e.occurred_at >= b.touched_from AND e.occurred_at < b.touched_before
    )
    SELECT analytics.journeys_with_views(r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view),
           b.period_start, b.period_end, b.reach_end, b.lookback, b.half_life
    FROM (
        SELECT * FROM touch
        UNION ALL
        SELECT l.business_id, l.client_key, l.created_at, 0, stages[1], false, false, NULL
        FROM client v JOIN warehouse.fact_leads l ON l.business_id = v.business_id AND l.client_key = v.client_key WHERE stages <> '{}'
        UNION ALL
        SELECT k.business_id, k.client_key, k.signed_at, NULL, NULL, NULL, NULL, k.amount FROM contract k WHERE NOT k.has_touch
    ) r JOIN business b ON b.business_id = r.business_id
    GROUP BY b.business_id, b.period_start, b.period_end, b.reach_end, b.lookback, b.half_life;
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_journeys IS
'The journeys of a period, one value per business
kept: converters (who signed in the period), touch (also who signed within the lookback after it) or everybody who was met or signed in it.
members: platforms whose keys begin with 1, all others with 0; NULL: no mark. stages: the key of leads, or {}. reach_end: the end of the
period and a lookback more.';

CREATE FUNCTION analytics_internal.spend_by_key(date_from date, date_to date, dimension text, members text[], business_id bigint)
    RETURNS TABLE (key text, spend numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE spend_by_key.dimension WHEN 'platform' THEN r.platform WHEN 'campaign' THEN COALESCE(c.label, '(no campaign)')
               ELSE COALESCE(c.platform, r.platform) || ' / ' || COALESCE(c.label, '(no campaign)') END,
           pg_catalog.sum(r.spend)
    FROM warehouse.campaign_roi_daily r
    LEFT JOIN analytics_internal.campaign_labels(spend_by_key.dimension) c ON c.business_id = r.business_id
        AND c.campaign_key = r.campaign_key
    WHERE r.date BETWEEN spend_by_key.date_from AND spend_by_key.date_to AND r.spend <> 0::numeric
      AND spend_by_key.dimension IN ('platform', 'campaign', 'platform+campaign')
      AND (spend_by_key.business_id IS NULL OR r.business_id = spend_by_key.business_id)
      AND (spend_by_key.members IS NULL OR r.platform = ANY (spend_by_key.members))
    GROUP BY 1
    UNION ALL
    SELECT f.ad_id, pg_catalog.sum(f.spend)
    FROM warehouse.fact_campaign_performance_daily f
    WHERE f.date BETWEEN spend_by_key.date_from AND spend_by_key.date_to AND f.grain = 'ad' AND spend_by_key.dimension = 'ad'
      AND (spend_by_key.business_id IS NULL OR f.business_id = spend_by_key.business_id)
      AND (spend_by_key.members IS NULL OR f.platform = ANY (spend_by_key.members))
    GROUP BY f.ad_id
$$;
COMMENT ON FUNCTION analytics_internal.spend_by_key IS 'Spend of a period by a dimension of attribution, where ads are counted by it';

CREATE FUNCTION analytics_internal.contracts_signed(
    date_from date, date_to date, business_id bigint, OUT contracts bigint, OUT amount numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*), COALESCE(sum(c.amount), 0)
    FROM warehouse.fact_contracts c JOIN warehouse.settings s ON s.business_id = c.business_id
    WHERE (contracts_signed.business_id IS NULL OR c.business_id = contracts_signed.business_id)
      AND c.signed_at >= contracts_signed.date_from::timestamp AT TIME ZONE s.reporting_timezone
      AND c.signed_at < (contracts_signed.date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone
$$;
COMMENT ON FUNCTION analytics_internal.contracts_signed IS 'How many contracts were signed in a period, and what they are worth';

CREATE FUNCTION analytics_internal.share_exactly(parts double precision[], total numeric) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Ten-thousandths by largest remainder.
    SELECT array_agg(((s.units + s.for_all + CASE WHEN s.place <= s.rest THEN 1 ELSE 0 END) / 10000)::numeric(18,4) ORDER BY s.n)
    FROM (
        SELECT u.n, u.units, row_number() OVER (ORDER BY u.remainder DESC, u.n) AS place,
               floor((total * 10000 - sum(u.units) OVER ()) / count(*) OVER ()) AS for_all,
               mod(mod(total * 10000 - sum(u.units) OVER (), count(*) OVER ()) + count(*) OVER (),
                              count(*) OVER ()) AS rest
        FROM (SELECT p.n, floor(p.part * 10000)::numeric AS units, p.part * 10000 - floor(p.part * 10000) AS remainder
              FROM unnest(parts) WITH ORDINALITY p (part, n)) u
    ) s
$$;
COMMENT ON FUNCTION analytics_internal.share_exactly IS
'Rounds parts to four decimals so that they add up to the total exactly
By largest remainder; of equal remainders the earlier part gets more.';

CREATE FUNCTION analytics_internal.marked_keys(keys text[], marks text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN keys IS NOT NULL THEN ARRAY(SELECT m || k FROM unnest(marks) m, unnest(keys) k) END
$$;
COMMENT ON FUNCTION analytics_internal.marked_keys IS 'Keys as warehouse_journeys() writes them: each behind each mark';

CREATE FUNCTION analytics_internal.warehouse_credit(
    date_from date, date_to date, members text[], models text[], dimension text, lookback interval, half_life interval, cycle text,
    fallback text[], business_id bigint, first_weights double precision[], last_weights double precision[], basis text,
    position_weights double precision[], two_touch text, include_conversion_touch boolean, exclude_keys text[], only_keys text[],
    views text, transform text, transform_key text, max_touches int, replicates int, seed bigint, confidence double precision)
    RETURNS TABLE (model text, key text, wanted boolean, unattributed boolean, conversions double precision, value double precision,
                   supporting bigint, assisted bigint, clients bigint, conversions_replicates double precision[],
                   value_replicates double precision[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    stages CONSTANT text[] := ARRAY[E'\x1Flead'];
    marks CONSTANT text[] := CASE WHEN members IS NULL THEN '{""}' ELSE '{0,1}' END;
    direct CONSTANT text[] := analytics_internal.marked_keys('{direct,Direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}',
        marks);
BEGIN
    -- What is no model, window or rule is an error also where there is nothing to attribute.
    PERFORM FROM analytics.attribution_bootstrap((SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), models,
        COALESCE(lookback, '1 day'), COALESCE(half_life, '1 day'), cycle, fallback, direct, position_weights, NULL, NULL, two_touch,
        first_weights, last_weights,
        include_conversion_touch, exclude_keys, only_keys, views, transform, transform_key, max_touches, stages, NULL, NULL, replicates,
        seed, confidence);
    RETURN QUERY
    WITH credit AS (
        SELECT a.model, a.key IS NULL AS unattributed,
               CASE WHEN a.key IS NULL THEN '(unattributed)' WHEN members IS NULL THEN a.key ELSE substr(a.key, 2) END AS key,
               COALESCE(members IS NULL OR left(a.key, 1) = '1', false) AS wanted,
               a.conversions, a.value, a.supporting, a.assisted, a.clients, a.conversions_replicates, a.value_replicates
        FROM analytics_internal.warehouse_journeys(date_from, date_to, dimension, members, lookback, half_life, business_id,
            CASE basis WHEN 'touch' THEN 'touch' ELSE 'converters' END,
                CASE WHEN models && '{w_shaped,full_path}' THEN stages ELSE '{}' END) j
        CROSS JOIN LATERAL analytics.attribution_bootstrap(j.journeys, models, j.used_lookback, j.used_half_life, cycle, fallback, direct,
            position_weights,
            CASE basis WHEN 'conversion' THEN j.period_start END, CASE basis WHEN 'conversion' THEN j.period_end END, two_touch,
                first_weights, last_weights,
            include_conversion_touch, analytics_internal.marked_keys(exclude_keys, marks), analytics_internal.marked_keys(only_keys, marks),
            views, transform,
            transform_key, max_touches, stages, CASE basis WHEN 'touch' THEN j.period_start END,
            CASE basis WHEN 'touch' THEN j.period_end END,
            replicates, seed, confidence) a
    ), replicated AS (
        SELECT r.model, r.key, r.wanted, r.unattributed, array_agg(r.conversions ORDER BY r.n) AS conversions,
               array_agg(r.value ORDER BY r.n) AS value
        FROM (SELECT c.model, c.key, c.wanted, c.unattributed, u.n, sum(u.conversions) AS conversions, sum(u.value) AS value
              FROM credit c,
                   ROWS FROM (unnest(c.conversions_replicates), unnest(c.value_replicates)) WITH ORDINALITY u (conversions, value, n)
              GROUP BY c.model, c.key, c.wanted, c.unattributed, u.n) r
        GROUP BY r.model, r.key, r.wanted, r.unattributed
    )
    SELECT c.model, c.key, c.wanted, c.unattributed, c.conversions, c.value, c.supporting, c.assisted, c.clients, r.conversions, r.value
    FROM (SELECT c.model, c.key, c.wanted, c.unattributed, sum(c.conversions) AS conversions, sum(c.value) AS value,
                 sum(c.supporting)::bigint AS supporting, sum(c.assisted)::bigint AS assisted, sum(c.clients)::bigint AS clients
          FROM credit c GROUP BY c.model, c.key, c.wanted, c.unattributed) c
    LEFT JOIN replicated r USING (model, key, wanted, unattributed);
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_credit IS
'Credit per model and key over all businesses asked for, with its replicates
Arguments as for attribution(), members: the platforms that are wanted, NULL for all. Replicates of businesses add up one by one.';

CREATE FUNCTION analytics_internal.replicate_interval(
    replicates double precision[], confidence double precision, OUT low double precision, OUT high double precision)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT percentile_cont((1 - confidence) / 2) WITHIN GROUP (ORDER BY r), percentile_cont((1 + confidence) / 2) WITHIN GROUP (ORDER BY r)
    FROM unnest(replicates) r
$$;
COMMENT ON FUNCTION analytics_internal.replicate_interval IS 'The middle share of the replicates of a bootstrap; NULL where there are none';

CREATE FUNCTION analytics.attribution(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT 'platform', lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    replicates int DEFAULT 0, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9)
    RETURNS TABLE (model text, key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, assisted bigint, p_support double precision, supporting bigint, clients bigint,
                   conversions_low double precision, conversions_high double precision, revenue_low numeric, revenue_high numeric,
                   currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted_platforms text[];
    -- Money of two currencies is not added up.
    one_currency text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_attribution(dimension, basis, models);
    wanted_platforms := CASE WHEN platforms <> '{}' THEN analytics_internal.platform_members(platforms) END;
    one_currency := analytics_internal.currency_of(business_id);
    RETURN QUERY
    WITH per_key AS (
        SELECT * FROM analytics_internal.warehouse_credit(
            attribution.date_from, attribution.date_to, wanted_platforms, attribution.models, attribution.dimension, attribution.lookback,
            attribution.half_life, attribution.cycle, attribution.fallback, attribution.business_id, attribution.first_weights,
            attribution.last_weights, attribution.basis, attribution.position_weights, attribution.two_touch,
            attribution.include_conversion_touch,
            attribution.exclude_keys, attribution.only_keys, attribution.views, attribution.transform, attribution.transform_key,
            attribution.max_touches, attribution.replicates, attribution.seed, attribution.confidence)
    ), total AS (
        SELECT k.model,
               CASE basis WHEN 'touch' THEN sum(k.conversions) ELSE max(c.contracts)::double precision END AS contracts,
               CASE WHEN basis = 'touch' OR k.model = 'participation' THEN round(sum(k.value)::numeric, 4)
                    ELSE max(c.amount) END AS amount
        FROM per_key k CROSS JOIN analytics_internal.contracts_signed(date_from, date_to, business_id) c
        GROUP BY k.model
    ), exact AS (
        -- The revenue of the keys adds up to the revenue of the contracts, exactly.
        SELECT g.model, u.key, u.wanted, u.unattributed, u.revenue
        FROM (SELECT k.model, array_agg(k.key ORDER BY k.key, k.wanted, k.unattributed) AS keys,
                     array_agg(k.wanted ORDER BY k.key, k.wanted, k.unattributed) AS wanted,
                     array_agg(k.unattributed ORDER BY k.key, k.wanted, k.unattributed) AS unattributed,
                     analytics_internal.share_exactly(array_agg(k.value ORDER BY k.key, k.wanted, k.unattributed), max(t.amount)) AS revenue
              FROM per_key k JOIN total t ON t.model = k.model GROUP BY k.model) g,
             ROWS FROM (unnest(g.keys), unnest(g.wanted), unnest(g.unattributed), unnest(g.revenue))
                 u (key, wanted, unattributed, revenue)
    ), answer AS (
        SELECT k.*, e.revenue, t.contracts, i.low, i.high, v.low AS value_low, v.high AS value_high
        FROM per_key k JOIN exact e USING (model, key, wanted, unattributed) JOIN total t USING (model)
        CROSS JOIN LATERAL analytics_internal.replicate_interval(k.conversions_replicates, confidence) i
        CROSS JOIN LATERAL analytics_internal.replicate_interval(k.value_replicates, confidence) v
        WHERE k.wanted
    ), spent AS (
        SELECT * FROM analytics_internal.spend_by_key(date_from, date_to, dimension, wanted_platforms, business_id)
    )
    SELECT m.model, k.key, COALESCE(a.conversions, 0),
           CASE WHEN one_currency IS NOT NULL THEN COALESCE(a.revenue, 0) END::numeric(18,4),
           round((100 * COALESCE(a.conversions, 0) / NULLIF(t.contracts, 0))::numeric, 2),
           CASE WHEN one_currency IS NOT NULL THEN s.spend END::numeric(18,4),
           CASE WHEN one_currency IS NOT NULL THEN round(s.spend / NULLIF(a.conversions, 0)::numeric, 4) END,
           CASE WHEN one_currency IS NOT NULL THEN round(COALESCE(a.revenue, 0) / NULLIF(s.spend, 0), 4) END, COALESCE(a.assisted, 0),
           CASE basis WHEN 'conversion' THEN COALESCE(a.supporting, 0) / NULLIF(t.contracts, 0) END,
           COALESCE(a.supporting, 0), COALESCE(a.clients, 0), a.low, a.high,
           CASE WHEN one_currency IS NOT NULL THEN a.value_low END::numeric(18,4),
               CASE WHEN one_currency IS NOT NULL THEN a.value_high END::numeric(18,4),
           one_currency
    FROM (SELECT DISTINCT unnest(models) AS model) m
    CROSS JOIN (SELECT x.key FROM answer x UNION SELECT x.key FROM spent x) k
    LEFT JOIN total t ON t.model = m.model
    LEFT JOIN answer a ON a.model = m.model AND a.key = k.key
    LEFT JOIN spent s ON s.key = k.key
    ORDER BY array_position(models, m.model), COALESCE(a.unattributed, false), COALESCE(a.conversions, 0) DESC, k.key;
END
$$;
COMMENT ON FUNCTION analytics.attribution IS
'What earned the contracts signed in a period: platforms, campaigns, ads ...
models: see attribution_credit(). dimension: platform, channel, campaign, platform+campaign, ad or utm_source. lookback, half_life: NULL for
the settings of the business. basis: conversion: contracts signed in the period; touch: what touches in the period earned, whenever within
the lookback the contract followed, to stand beside the spend of the same days; contracts without a touch count by their own date.
platforms: show these only; journeys stay whole. All other rules: see attribution_credit(); w_shaped and full_path know one stage, the lead;
a view is an event whose source_type is impression or view. replicates, seed, confidence: see attribution_bootstrap(); 0 replicates leave
the intervals NULL. Conversions without a touch are the row (unattributed); the conversions of a model add up to the contracts, its revenue
to theirs, exactly (but those of participation, which gives each key in a journey the whole contract). spend (of the period, where ads are
counted by that dimension), cpa = spend / conversions, roas = revenue / spend. assisted: conversions whose journey has the key. p_support:
share of the contracts that give the key credit, supporting: how many do, clients: of how many clients. Money is NULL where businesses of
different currencies are added up.';

CREATE FUNCTION analytics.attribution_compare(
    date_from date, date_to date, models text[] DEFAULT '{first,last,linear,time_decay,u_shaped,last_paid}',
    dimension text DEFAULT 'platform', lookback interval DEFAULT NULL, half_life interval DEFAULT NULL, cycle text DEFAULT 'shared',
    fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL,
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}', basis text DEFAULT 'conversion',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL)
    RETURNS TABLE (key text, conversions jsonb, revenue jsonb, roas jsonb, spend numeric, assisted bigint, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.key, jsonb_object_agg(a.model, round(a.conversions::numeric, 6)), jsonb_object_agg(a.model, a.revenue),
           jsonb_object_agg(a.model, a.roas), max(a.spend), max(a.assisted), min(a.currency)
    FROM analytics.attribution(
        attribution_compare.date_from, attribution_compare.date_to, attribution_compare.models, attribution_compare.dimension,
        attribution_compare.lookback, attribution_compare.half_life, attribution_compare.cycle, attribution_compare.fallback,
        attribution_compare.platforms, attribution_compare.business_id, attribution_compare.first_weights, attribution_compare.last_weights,
        attribution_compare.basis, attribution_compare.position_weights, attribution_compare.two_touch,
        attribution_compare.include_conversion_touch,
        attribution_compare.exclude_keys, attribution_compare.only_keys, attribution_compare.views, attribution_compare.transform,
        attribution_compare.transform_key, attribution_compare.max_touches) a
    GROUP BY a.key
    ORDER BY a.key = '(unattributed)', max(a.conversions) FILTER (WHERE a.model = attribution_compare.models[1]) DESC, a.key;
END
$$;
COMMENT ON FUNCTION analytics.attribution_compare IS
'Models of attribution side by side, one row per key
Arguments as for attribution(). conversions, revenue, roas: an object with a number per model, as in revenue ->> ''last''; roas is null
without spend. spend and assisted do not depend on the model. By the credit of the first model named, descending.';

CREATE FUNCTION analytics.attribution_support(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT 'platform', lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    replicates int DEFAULT 200, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9)
    RETURNS TABLE (model text, key text, conversions double precision, conversions_low double precision, conversions_high double precision,
                   revenue numeric, revenue_low numeric, revenue_high numeric, supporting bigint, clients bigint, margin double precision,
                   evidence text, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.model, a.key, a.conversions, a.conversions_low, a.conversions_high, a.revenue, a.revenue_low, a.revenue_high, a.supporting,
        a.clients, e.margin,
           CASE WHEN a.clients = 0 THEN 'none' WHEN e.margin IS NULL THEN NULL WHEN a.clients < 10 OR e.margin > 0.5 THEN 'weak'
               WHEN e.margin > 0.2 THEN 'fair' ELSE 'strong' END, a.currency
    FROM analytics.attribution(
        attribution_support.date_from, attribution_support.date_to, attribution_support.models, attribution_support.dimension,
        attribution_support.lookback, attribution_support.half_life, attribution_support.cycle, attribution_support.fallback,
        attribution_support.platforms, attribution_support.business_id, attribution_support.first_weights, attribution_support.last_weights,
        attribution_support.basis, attribution_support.position_weights, attribution_support.two_touch,
        attribution_support.include_conversion_touch,
        attribution_support.exclude_keys, attribution_support.only_keys, attribution_support.views, attribution_support.transform,
        attribution_support.transform_key, attribution_support.max_touches, attribution_support.replicates, attribution_support.seed,
        attribution_support.confidence) WITH ORDINALITY a
    CROSS JOIN LATERAL (SELECT (a.conversions_high - a.conversions_low) / 2 / NULLIF(a.conversions, 0) AS margin) e
    ORDER BY a.ordinality;
END
$$;
COMMENT ON FUNCTION analytics.attribution_support IS
'What each figure of attribution() rests on: contracts, clients and an interval
Arguments as for attribution(). conversions, revenue: the credit; low and high: where it would lie had other clients come, with the
probability confidence. supporting: contracts that give the key credit; clients: of how many clients. margin: half the width of the interval
as a share of the credit. evidence: none (no client), weak (fewer than 10 clients, or a margin above 0.5), fair (above 0.2), strong. NULL
without replicates.';

CREATE FUNCTION analytics.attribution_pairs(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT 'platform', lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    replicates int DEFAULT 200, seed bigint DEFAULT 0)
    RETURNS TABLE (model text, key text, other_key text, conversions double precision, other_conversions double precision,
                   p_more_conversions double precision, p_more_revenue double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted_platforms text[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_attribution(dimension, basis, models);
    IF replicates < 1 THEN
        RAISE EXCEPTION 'replicates must be positive' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Without replicates nothing tells how sure a difference is.';
    END IF;
    wanted_platforms := CASE WHEN platforms <> '{}' THEN analytics_internal.platform_members(platforms) END;
    RETURN QUERY
    WITH credit AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_credit(
            attribution_pairs.date_from, attribution_pairs.date_to, wanted_platforms, attribution_pairs.models, attribution_pairs.dimension,
            attribution_pairs.lookback, attribution_pairs.half_life, attribution_pairs.cycle, attribution_pairs.fallback,
            attribution_pairs.business_id, attribution_pairs.first_weights, attribution_pairs.last_weights, attribution_pairs.basis,
            attribution_pairs.position_weights, attribution_pairs.two_touch, attribution_pairs.include_conversion_touch,
            attribution_pairs.exclude_keys, attribution_pairs.only_keys, attribution_pairs.views, attribution_pairs.transform,
            attribution_pairs.transform_key, attribution_pairs.max_touches, attribution_pairs.replicates, attribution_pairs.seed, 0.9) c
        WHERE c.wanted AND NOT c.unattributed
    )
    SELECT a.model, a.key, b.key, a.conversions, b.conversions,
        analytics.probability_greater(a.conversions_replicates, b.conversions_replicates),
           CASE WHEN analytics_internal.currency_of(attribution_pairs.business_id) IS NOT NULL
               THEN analytics.probability_greater(a.value_replicates, b.value_replicates) END
    FROM credit a JOIN credit b ON b.model = a.model AND (b.conversions < a.conversions OR b.conversions = a.conversions AND b.key > a.key)
    ORDER BY array_position(models, a.model), a.conversions DESC, a.key, b.conversions DESC, b.key;
END
$$;
COMMENT ON FUNCTION analytics.attribution_pairs IS
'How probable it is that one key earns more than another, for each pair
Arguments as for attribution(). Each pair is one row, the key with more credit first. p_more_conversions, p_more_revenue: the share of the
replicates in which key has more than other_key, ties counted half; about 0.5: the data do not tell.';

CREATE FUNCTION analytics.assisted_conversions(
    date_from date, date_to date, dimension text DEFAULT 'platform', lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL)
    RETURNS TABLE (key text, assisted bigint, assisted_revenue numeric, last_touch bigint, last_touch_revenue numeric, first_touch bigint,
                   first_touch_revenue numeric, assists_per_last numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT k.*, round(k.assisted::numeric / NULLIF(k.last_touch, 0), 2), analytics_internal.currency_of(assisted_conversions.business_id)
    FROM (
        SELECT a.key,
               sum(CASE a.model WHEN 'participation' THEN a.conversions WHEN 'last' THEN -a.conversions END)::bigint AS assisted,
               sum(CASE a.model WHEN 'participation' THEN a.revenue WHEN 'last' THEN -a.revenue END) AS assisted_revenue,
               (max(a.conversions) FILTER (WHERE a.model = 'last'))::bigint AS last_touch,
               max(a.revenue) FILTER (WHERE a.model = 'last') AS last_touch_revenue,
               (max(a.conversions) FILTER (WHERE a.model = 'first'))::bigint AS first_touch,
               max(a.revenue) FILTER (WHERE a.model = 'first') AS first_touch_revenue
        FROM analytics.attribution(models => '{participation,last,first}',
            date_from => assisted_conversions.date_from, date_to => assisted_conversions.date_to,
            dimension => assisted_conversions.dimension,
            lookback => assisted_conversions.lookback, cycle => assisted_conversions.cycle, platforms => assisted_conversions.platforms,
            business_id
            => assisted_conversions.business_id, include_conversion_touch => assisted_conversions.include_conversion_touch, exclude_keys =>
            assisted_conversions.exclude_keys, only_keys => assisted_conversions.only_keys, views => assisted_conversions.views,
            transform =>
            assisted_conversions.transform, transform_key => assisted_conversions.transform_key,
            max_touches => assisted_conversions.max_touches) a
        WHERE a.assisted > 0 GROUP BY a.key
    ) k
    ORDER BY k.assisted DESC, k.last_touch DESC, k.key;
END
$$;
COMMENT ON FUNCTION analytics.assisted_conversions IS
'Contracts that a key helped to bring, beside those it brought last or first
Arguments as for attribution(). assisted: contracts with the key in their journey that another key ended; last_touch: those it ended;
first_touch: those it began. assisted + last_touch are all contracts with the key. assists_per_last: above 1 the key prepares more than it
closes.';
