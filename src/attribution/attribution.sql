-- Attribution on the warehouse, by the models that share each conversion among the touches before it.

CREATE FUNCTION analytics.attribution(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT NULL, lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    replicates int DEFAULT 0, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9,
    touches text DEFAULT 'all', granularity text DEFAULT NULL, view_lookback interval DEFAULT NULL, windows text[] DEFAULT NULL,
    calibrated boolean DEFAULT false,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (model text, key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, assisted bigint, p_support double precision, supporting bigint, clients bigint,
                   conversions_low double precision, conversions_high double precision, revenue_low numeric, revenue_high numeric,
                   currency text, period_start date, keys text[], attribution_window text,
                   factor double precision, factor_low double precision, factor_high double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT a.model, a.key, a.conversions, a.revenue, a.share_pct, a.spend, a.cpa, a.roas, a.assisted, a.p_support, a.supporting,
           a.clients, a.conversions_low, a.conversions_high, a.revenue_low, a.revenue_high, a.currency,
           a.period_start, a.keys, a.attribution_window, a.factor, a.factor_low, a.factor_high
    FROM analytics_internal.calibrated_attribution(
        analytics_internal.path_rules(
            date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches, NULL, view_lookback, windows, granularity,
            conversion_types => conversion_types, conversion_hosts => conversion_hosts),
        analytics_internal.sharing_rules(
            models, half_life, fallback, platforms, first_weights, last_weights, basis, position_weights, two_touch, replicates, seed,
            confidence, touches => touches),
        calibrated) a;
END
$$;
COMMENT ON FUNCTION analytics.attribution IS
'What earned the contracts signed in a period: platforms, campaigns, ads ...
models: see attribution_credit(). dimension: platform, family, channel, campaign, ad_group, ad, creative, utm_source,
utm_medium, utm_campaign, utm_content, utm_term, landing_page, product, branch, customer, purchase, conversion_type, or two of them, as in
platform+campaign; NULL for the setting platform_level, platform or family. lookback, half_life: NULL for
the settings of the business. basis: conversion: contracts signed in the period; touch: what touches in the period earned, whenever within
the lookback the contract followed, to stand beside the spend of the same days; contracts without a touch count by their own date.
platforms: show these only; journeys stay whole. All other rules: see attribution_credit(); w_shaped and full_path know one stage, the lead;
a view is an event whose source_type is impression or view. replicates, seed, confidence: see attribution_bootstrap(); 0 replicates leave
the intervals NULL. Conversions without a touch are the row (unattributed); the conversions of a model add up to the contracts, its revenue
to theirs, exactly (but those of participation, which gives each key in a journey the whole contract). spend (of the period, where ads are
counted by that dimension), cpa = spend / conversions, roas = revenue / spend. assisted: conversions whose journey has the key. p_support:
share of the contracts that give the key credit, supporting: how many do, clients: of how many clients. Businesses of different currencies
are not added up (22023). calibrated: credit goes by calibrations() of platforms or campaigns, whichever the dimension is: multiplied by
factor, from what the model gives a key in the period of the latest test to what that measured; what nothing caused is the row (baseline).
conversion_types: contract, lead, purchase (of transactions), or types that events are marked with; what is said of contracts holds for
these. conversion_hosts: those alone that happened on a page of these hosts; NULL for all.';

CREATE FUNCTION analytics.attribution_compare(
    date_from date, date_to date, models text[] DEFAULT '{first,last,linear,time_decay,u_shaped,last_paid}',
    dimension text DEFAULT NULL, lookback interval DEFAULT NULL, half_life interval DEFAULT NULL, cycle text DEFAULT 'shared',
    fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL,
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}', basis text DEFAULT 'conversion',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (key text, conversions jsonb, revenue jsonb, roas jsonb, spend numeric, assisted bigint, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT a.key, jsonb_object_agg(a.model, round(a.conversions::numeric, 6)), jsonb_object_agg(a.model, a.revenue),
           jsonb_object_agg(a.model, a.roas), max(a.spend), max(a.assisted), min(a.currency)
    FROM analytics_internal.warehouse_attribution(
        analytics_internal.path_rules(
            date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches,
            conversion_types => conversion_types, conversion_hosts => conversion_hosts),
        analytics_internal.sharing_rules(
            models, half_life, fallback, platforms, first_weights, last_weights, basis, position_weights, two_touch)) a
    GROUP BY a.key
    ORDER BY a.key = '(unattributed)', max(a.conversions) FILTER (WHERE a.model = models[1]) DESC, a.key COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.attribution_compare IS
'Models of attribution side by side, one row per key
Arguments as for attribution(). conversions, revenue, roas: an object with a number per model, as in revenue ->> ''last''; roas is null
without spend. spend and assisted do not depend on the model. By the credit of the first model named, descending.';

CREATE FUNCTION analytics.attribution_support(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT NULL, lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    replicates int DEFAULT 200, seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
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
           CASE
               WHEN a.clients = 0 THEN 'none'
               WHEN e.margin IS NULL THEN NULL
               WHEN a.clients < 10 OR e.margin > 0.5 THEN 'weak'
               WHEN e.margin > 0.2 THEN 'fair'
               ELSE 'strong'
           END,
           a.currency
    FROM analytics_internal.warehouse_attribution(
        analytics_internal.path_rules(
            date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches,
            conversion_types => conversion_types, conversion_hosts => conversion_hosts),
        analytics_internal.sharing_rules(
            models, half_life, fallback, platforms, first_weights, last_weights, basis, position_weights, two_touch, replicates, seed,
            confidence)) WITH ORDINALITY a
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
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT NULL, lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    replicates int DEFAULT 200, seed bigint DEFAULT 0,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (model text, key text, other_key text, conversions double precision, other_conversions double precision,
                   p_more_conversions double precision, p_more_revenue double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
        transform, transform_key, max_touches,
        conversion_types => conversion_types, conversion_hosts => conversion_hosts);
    sharing CONSTANT analytics_internal.sharing_rules := analytics_internal.sharing_rules(
        models, half_life, fallback, platforms, first_weights, last_weights, basis, position_weights, two_touch, replicates, seed);
    one_currency CONSTANT text := analytics_internal.currency_of(business_id);
BEGIN
    IF replicates < 1 THEN
        RAISE EXCEPTION 'replicates must be positive' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Without replicates nothing tells how sure a difference is.';
    END IF;
    RETURN QUERY
    WITH credit AS MATERIALIZED (
        SELECT c.*, array_to_string(c.keys, ' / ') AS key
        FROM analytics_internal.touch_credit(rules, sharing) c
        WHERE c.wanted AND NOT c.unattributed
    )
    SELECT a.model, a.key, b.key, a.conversions, b.conversions,
           analytics.probability_greater(a.conversions_replicates, b.conversions_replicates),
           analytics.probability_greater(a.value_replicates, b.value_replicates)
    FROM credit a
    JOIN credit b ON b.model = a.model AND (b.conversions < a.conversions OR b.conversions = a.conversions AND b.key > a.key COLLATE "C")
    ORDER BY array_position(models, a.model), a.conversions DESC, a.key COLLATE "C", b.conversions DESC, b.key COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.attribution_pairs IS
'How probable it is that one key earns more than another, for each pair
Arguments as for attribution(). Each pair is one row, the key with more credit first. p_more_conversions, p_more_revenue: the share of the
replicates in which key has more than other_key, ties counted half; about 0.5: the data do not tell.';

CREATE FUNCTION analytics.assisted_conversions(
    date_from date, date_to date, dimension text DEFAULT NULL, lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    platforms text[] DEFAULT NULL, business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
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
        FROM analytics_internal.warehouse_attribution(
            analytics_internal.path_rules(
                date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
                transform, transform_key, max_touches,
                conversion_types => conversion_types, conversion_hosts => conversion_hosts),
            analytics_internal.sharing_rules('{participation,last,first}', platforms => platforms)) a
        WHERE a.assisted > 0
        GROUP BY a.key
    ) k
    ORDER BY k.assisted DESC, k.last_touch DESC, k.key COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.assisted_conversions IS
'Contracts that a key helped to bring, beside those it brought last or first
Arguments as for attribution(). assisted: contracts with the key in their journey that another key ended; last_touch: those it ended;
first_touch: those it began. assisted + last_touch are all contracts with the key. assists_per_last: above 1 the key prepares more than it
closes.';

CREATE FUNCTION analytics.attribution_touches(
    date_from date, date_to date, models text[] DEFAULT '{last_paid}', dimension text DEFAULT NULL, lookback interval DEFAULT NULL,
    half_life interval DEFAULT NULL, cycle text DEFAULT 'shared', fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    business_id bigint DEFAULT NULL, first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}',
    basis text DEFAULT 'conversion', position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise',
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    all_touches boolean DEFAULT false, touches text DEFAULT 'all', view_lookback interval DEFAULT NULL, windows text[] DEFAULT NULL,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (model text, conversion_id text, client_id text, touch_id text, key text, weight double precision,
                   conversions double precision, revenue double precision, rank int, path_touches int, days_before double precision,
                   converted_at timestamptz, touched_at timestamptz, is_paid boolean, is_view boolean, business bigint, client_key bigint,
                   conversion_source_id bigint, touch_source_id bigint, currency text, keys text[], attribution_window text,
                   conversion_type text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    one_currency CONSTANT text := analytics_internal.currency_of(attribution_touches.business_id);
BEGIN
    RETURN QUERY
    WITH credited AS MATERIALIZED (
        SELECT t.*, d.client_id, d.client_bucket
        FROM analytics_internal.warehouse_touches(
            analytics_internal.path_rules(
                date_from, date_to, dimension, attribution_touches.business_id, lookback, cycle, include_conversion_touch, exclude_keys,
                only_keys, views, transform, transform_key, max_touches, NULL, view_lookback, windows,
                conversion_types => conversion_types, conversion_hosts => conversion_hosts),
            analytics_internal.sharing_rules(
                models, half_life, fallback, platforms, first_weights, last_weights, basis, position_weights, two_touch,
                touches => attribution_touches.touches),
            COALESCE(all_touches, false)) t
        JOIN warehouse.dim_clients d ON d.business_id = t.business_id AND d.client_key = t.client_key
    ), touch AS MATERIALIZED (
        SELECT e.business_id, e.client_bucket, e.client_key, e.touch_number, e.occurred_at, e.source_id, e.event_id
        FROM (
            SELECT DISTINCT t.business_id, t.client_bucket, t.client_key, t.touched_at, t.touch_number
            FROM credited t
        ) t
        JOIN warehouse.fact_events e ON e.business_id = t.business_id AND e.client_bucket = t.client_bucket
            AND e.client_key = t.client_key AND e.occurred_at = t.touched_at AND e.touch_number = t.touch_number
    )
    SELECT t.model, t.conversion_id, t.client_id, e.event_id, array_to_string(t.keys, ' / '), t.weight, t.conversions,
           t.value, t.rank, t.touches, t.days_before,
           t.converted_at, t.touched_at, t.is_paid, t.is_view, t.business_id, t.client_key, t.source_id, e.source_id, one_currency,
           t.keys, t.attribution_window, t.conversion_type
    FROM credited t
    LEFT JOIN touch e ON e.business_id = t.business_id AND e.client_key = t.client_key AND e.occurred_at = t.touched_at
        AND e.touch_number = t.touch_number
    ORDER BY array_position(models, t.model), array_position(windows, t.attribution_window), t.converted_at,
             t.business_id, t.source_id, t.conversion_id COLLATE "C", array_position(conversion_types, t.conversion_type), t.rank;
END
$$;
COMMENT ON FUNCTION analytics.attribution_touches IS
'What each touch earned of each contract: the rows that attribution() adds up
Arguments as for attribution(); all_touches: also touches of the journey that earn nothing of the contract. conversion_id: of the contract;
touch_id: of the event; both are one with their source_id. key: by the dimension; (unattributed), without touch, for a contract that nobody
earned. weight: the share of the touch in the contract; conversions: the same, 0 of a refund, which takes its revenue from the touches of
the contract before it. rank: place in the journey, which has so many touches, from 1. days_before: from the touch to the signature.
compensated_sum(conversions) by model and key is what attribution() says to the last bit, and its revenue is the rows'' rounded to four
decimals so that all of them add up to the contracts.';
