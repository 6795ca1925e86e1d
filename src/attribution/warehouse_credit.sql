-- Attribution on the warehouse: what the readers share. Touches, leads and contracts are collected once per question, as journeys; every
-- reader is an answer from these.

CREATE TYPE analytics_internal.path_rules AS (
    date_from date, date_to date, dimension text, business_id bigint, lookback interval, cycle text, include_conversion_touch boolean,
    exclude_keys text[], only_keys text[], views text, transform text, transform_key text, max_touches int, nulls_before timestamptz);
COMMENT ON TYPE analytics_internal.path_rules IS
'Which journeys a question is about, and which of their touches make a path
The arguments of these names of attribution() and markov(), checked by the function path_rules().';

CREATE FUNCTION analytics_internal.path_rules(
    date_from date, date_to date, dimension text, business_id bigint, lookback interval, cycle text, include_conversion_touch boolean,
    exclude_keys text[], only_keys text[], views text, transform text, transform_key text, max_touches int,
    nulls_before timestamptz DEFAULT NULL)
    RETURNS analytics_internal.path_rules
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_choice('dimension', dimension, '{platform,channel,campaign,platform+campaign,ad,utm_source}');
    -- A wrong rule is an error also where there are no journeys: here are none.
    PERFORM FROM analytics.conversion_paths(
        (SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), lookback, cycle, NULL, NULL, include_conversion_touch,
        exclude_keys, only_keys, views, transform, transform_key, max_touches);
    RETURN (date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches, nulls_before);
END
$$;
COMMENT ON FUNCTION analytics_internal.path_rules IS 'The rules of paths as one value; a wrong one is an error (22023)';

CREATE TYPE analytics_internal.sharing_rules AS (
    models text[], half_life interval, fallback text[], members text[], first_weights double precision[], last_weights double precision[],
    basis text, position_weights double precision[], two_touch text, replicates int, seed bigint, confidence double precision,
    by_path boolean, markov_order int);
COMMENT ON TYPE analytics_internal.sharing_rules IS
'How conversions are shared out among the touches of their paths
The arguments of these names of attribution(), checked by the function sharing_rules(). members: the platforms wanted, NULL for all.
by_path: by a model that learns from all paths together, the only one of models: markov, or a game of shapley_credit().';

CREATE FUNCTION analytics_internal.sharing_rules(
    models text[], half_life interval DEFAULT NULL, fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}', basis text DEFAULT 'conversion',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise', replicates int DEFAULT 0,
    seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9, by_path boolean DEFAULT false, markov_order int DEFAULT NULL)
    RETURNS analytics_internal.sharing_rules
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF models IS NULL THEN
        RAISE EXCEPTION 'models must not be NULL' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave the argument out to have its default.';
    END IF;
    PERFORM analytics_internal.check_choice('basis', basis, '{conversion,touch}');
    PERFORM FROM analytics.attribution_bootstrap(
        (SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), CASE WHEN by_path THEN '{last}' ELSE models END,
        half_life => COALESCE(half_life, '1 day'), fallback => fallback, position_weights => position_weights, two_touch => two_touch,
        first_weights => first_weights, last_weights => last_weights, stage_keys => '{lead}', replicates => replicates, seed => seed,
        confidence => confidence);
    RETURN (models, half_life, fallback, CASE WHEN platforms <> '{}' THEN analytics_internal.platform_members(platforms) END,
            first_weights, last_weights, basis, position_weights, two_touch, replicates, seed, confidence, by_path, markov_order);
END
$$;
COMMENT ON FUNCTION analytics_internal.sharing_rules IS 'The rules of sharing as one value; a wrong one is an error (22023)';

CREATE FUNCTION analytics_internal.campaign_labels(dimension text)
    RETURNS TABLE (business_id bigint, campaign_key bigint, platform text, label text)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    -- Names are for people; where two campaigns share one, the id tells them apart.
    SELECT c.business_id, c.campaign_key, c.platform,
           c.campaign_name || CASE WHEN pg_catalog.count(*) OVER namesakes > 1 THEN ' (' || c.campaign_id || ')' ELSE '' END
    FROM warehouse.dim_campaigns c
    WINDOW namesakes AS (
        PARTITION BY c.business_id, c.campaign_name, CASE campaign_labels.dimension WHEN 'campaign' THEN '' ELSE c.platform END)
$$;
COMMENT ON FUNCTION analytics_internal.campaign_labels IS 'What each campaign is called in reports, unique within its business';

-- Who comes back from a page of payment, or from the site itself, goes on with the visit that came before: it has a touch already.
CREATE FUNCTION analytics_internal.is_in_session(business_id bigint, client_key bigint, occurred_at timestamptz, touch_number int)
    RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE COST 1000
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM warehouse.fact_events e
        WHERE e.business_id = is_in_session.business_id AND e.client_key = is_in_session.client_key
          AND e.occurred_at >= is_in_session.occurred_at - interval '30 minutes' AND e.occurred_at <= is_in_session.occurred_at
          AND e.touch_number < is_in_session.touch_number);
END
$$;
COMMENT ON FUNCTION analytics_internal.is_in_session IS 'Whether a client had a touch in the half hour before one';

CREATE FUNCTION analytics_internal.warehouse_journeys(
    rules analytics_internal.path_rules, kept text, members text[] DEFAULT NULL, stages text[] DEFAULT '{}')
    RETURNS TABLE (journeys analytics.journeys, period_start timestamptz, period_end timestamptz, lookback interval, half_life interval,
                   business_id bigint)
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
        FROM (
            SELECT s.business_id, rules.date_from::timestamp AT TIME ZONE s.reporting_timezone AS period_start,
                   (rules.date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone AS period_end,
                   COALESCE(rules.lookback, s.lookback) AS lookback, s.half_life, s.paid_rule
            FROM warehouse.settings s
            WHERE rules.business_id IS NULL OR s.business_id = rules.business_id
        ) p
    ), client AS (
        -- Conversions by their own date ask for who signed in the period; by the date of the touch, or with the journeys that came to
        -- nothing, it is to be known what followed the period within the lookback.
        SELECT DISTINCT c.business_id, c.client_key
        FROM warehouse.fact_contracts c
        JOIN business b ON b.business_id = c.business_id
        WHERE c.signed_at >= b.period_start AND c.signed_at < CASE kept WHEN 'touch' THEN b.reach_end ELSE b.period_end END
        UNION
        SELECT e.business_id, e.client_key
        FROM warehouse.fact_events e
        JOIN business b ON b.business_id = e.business_id
        WHERE kept = 'everybody' AND e.occurred_at >= b.period_start AND e.occurred_at < b.period_end
    ), contract AS MATERIALIZED (
        -- A contract whose event is a touch at that very moment is one row with it, so that include_conversion_touch knows them.
        SELECT c.business_id, c.client_key, c.signed_at, c.amount, c.event_id, o.source_id, c.source_id || ':' || c.contract_id AS id,
               o.source_id IS NOT NULL AND row_number() OVER (
                   PARTITION BY c.business_id, o.source_id, c.event_id ORDER BY c.source_id, c.contract_id COLLATE "C") = 1 AS has_touch
        FROM client v
        JOIN warehouse.fact_contracts c ON c.business_id = v.business_id AND c.client_key = v.client_key
        JOIN business b ON b.business_id = c.business_id
        LEFT JOIN LATERAL (
            SELECT e.source_id
            FROM warehouse.fact_events e
            WHERE e.business_id = c.business_id AND e.client_key = c.client_key AND e.occurred_at = c.signed_at AND e.event_id = c.event_id
              AND e.occurred_at >= b.touched_from AND e.occurred_at < b.touched_before
              AND NOT (e.channel_rule IN ('payment', 'own_site')
                       AND analytics_internal.is_in_session(e.business_id, e.client_key, e.occurred_at, e.touch_number))
            ORDER BY e.source_id
            LIMIT 1
        ) o ON true
        WHERE c.signed_at < CASE kept WHEN 'converters' THEN b.period_end ELSE b.reach_end END
    ), touch AS (
        -- Where platforms are asked for, a key begins with 1, or with 0 where its platform is another: the filter picks credits without
        -- changing journeys.
        SELECT e.business_id, e.client_key, e.occurred_at, e.touch_number,
               CASE WHEN members IS NULL THEN '' WHEN e.platform = ANY (members) THEN '1' ELSE '0' END
               || CASE rules.dimension
                      WHEN 'platform' THEN e.platform
                      WHEN 'channel' THEN e.channel
                      WHEN 'utm_source' THEN COALESCE(e.utm_source, '(none)')
                      WHEN 'ad' THEN COALESCE(e.ad_id, '(no ad)')
                      WHEN 'campaign' THEN COALESCE(c.label, '(no campaign)')
                      ELSE COALESCE(c.platform, e.platform) || ' / ' || COALESCE(c.label, '(no campaign)')
                  END AS key,
               e.is_paid AND COALESCE(p.ad_network, false) AND (b.paid_rule = 'any' OR e.campaign_key IS NOT NULL) AS is_paid,
               analytics_internal.is_view(e.source_type) AS is_view, k.amount, k.id AS conversion_id
        FROM client v
        JOIN warehouse.fact_events e ON e.business_id = v.business_id AND e.client_key = v.client_key
        JOIN business b ON b.business_id = e.business_id
        LEFT JOIN warehouse.dim_platforms p ON p.business_id = e.business_id AND p.platform = e.platform
        LEFT JOIN analytics_internal.campaign_labels(rules.dimension) c ON c.business_id = e.business_id AND c.campaign_key = e.campaign_key
        LEFT JOIN contract k ON k.has_touch AND k.business_id = e.business_id AND k.source_id = e.source_id AND k.event_id = e.event_id
        WHERE e.occurred_at >= b.touched_from AND e.occurred_at < b.touched_before
          AND NOT (e.channel_rule IN ('payment', 'own_site')
                   AND analytics_internal.is_in_session(e.business_id, e.client_key, e.occurred_at, e.touch_number))
    )
    SELECT CASE kept
               WHEN 'everybody' THEN analytics.journeys_with_views(
                   r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view) FILTER (WHERE kept = 'everybody')
               ELSE analytics.journeys_with_ids(
                   r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view, r.conversion_id, NULL)
                   FILTER (WHERE kept <> 'everybody')
           END,
           b.period_start, b.period_end, b.lookback, b.half_life, b.business_id
    FROM (
        SELECT * FROM touch
        UNION ALL
        SELECT l.business_id, l.client_key, l.created_at, 0, stages[1], false, false, NULL, NULL
        FROM client v
        JOIN warehouse.fact_leads l ON l.business_id = v.business_id AND l.client_key = v.client_key
        WHERE stages <> '{}'
        UNION ALL
        SELECT k.business_id, k.client_key, k.signed_at, NULL, NULL, NULL, NULL, k.amount, k.id FROM contract k WHERE NOT k.has_touch
    ) r
    JOIN business b ON b.business_id = r.business_id
    GROUP BY b.business_id, b.period_start, b.period_end, b.lookback, b.half_life;
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_journeys IS
'The journeys of a period, one value per business
kept: converters (who signed in the period), touch (also who signed within the lookback after it) or everybody who was met or signed in it.
Touches and conversions keep their numbers and identifiers but where everybody is kept: touch_number, source_id:contract_id.
members: platforms whose keys begin with 1, all others with 0; NULL: no mark. stages: the key of leads, or {}. lookback: the one asked for,
or that of the business; half_life: that of the business.';

CREATE FUNCTION analytics_internal.warehouse_paths(rules analytics_internal.path_rules, replicates int DEFAULT 0, seed bigint DEFAULT 0)
    RETURNS TABLE (replicate int, paths analytics.path_counts)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH collected AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_journeys(rules, 'everybody')
    )
    SELECT r.n, analytics.path_counts_union(analytics.journey_paths(
               j.journeys, j.lookback, rules.cycle, j.period_start, j.period_end, true, rules.include_conversion_touch,
               rules.exclude_keys, rules.only_keys, rules.views, rules.transform, rules.transform_key, rules.max_touches,
               rules.nulls_before, NULLIF(r.n, 0), seed))
    FROM generate_series(0, replicates) r (n)
    LEFT JOIN collected j ON true
    GROUP BY r.n;
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_paths IS
'The counted paths of a period over all businesses, and their replicates
replicate 0 has each client once; the others as often as the bootstrap draws it.';

CREATE FUNCTION analytics_internal.spend_by_key(rules analytics_internal.path_rules, members text[] DEFAULT NULL)
    RETURNS TABLE (key text, spend numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF rules.dimension = 'ad' THEN
        RETURN QUERY
        SELECT f.ad_id, sum(f.spend)
        FROM warehouse.fact_campaign_performance_daily f
        WHERE f.date BETWEEN rules.date_from AND rules.date_to AND f.grain = 'ad'
          AND (rules.business_id IS NULL OR f.business_id = rules.business_id)
          AND (members IS NULL OR f.platform = ANY (members))
        GROUP BY f.ad_id;
    ELSIF rules.dimension IN ('platform', 'campaign', 'platform+campaign') THEN
        RETURN QUERY
        SELECT CASE rules.dimension
                   WHEN 'platform' THEN r.platform
                   WHEN 'campaign' THEN COALESCE(c.label, '(no campaign)')
                   ELSE COALESCE(c.platform, r.platform) || ' / ' || COALESCE(c.label, '(no campaign)')
               END,
               sum(r.spend)
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN analytics_internal.campaign_labels(rules.dimension) c ON c.business_id = r.business_id AND c.campaign_key = r.campaign_key
        WHERE r.date BETWEEN rules.date_from AND rules.date_to AND r.spend <> 0
          AND (rules.business_id IS NULL OR r.business_id = rules.business_id)
          AND (members IS NULL OR r.platform = ANY (members))
        GROUP BY 1;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.spend_by_key IS 'Spend of a period by a dimension of attribution, where ads are counted by it';

CREATE FUNCTION analytics_internal.contracts_signed(rules analytics_internal.path_rules, OUT contracts bigint, OUT amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    SELECT count(*) FILTER (WHERE c.amount IS NULL OR c.amount >= 0), COALESCE(sum(c.amount), 0) INTO contracts, amount
    FROM warehouse.fact_contracts c
    JOIN warehouse.settings s ON s.business_id = c.business_id
    WHERE (rules.business_id IS NULL OR c.business_id = rules.business_id)
      AND c.signed_at >= rules.date_from::timestamp AT TIME ZONE s.reporting_timezone
      AND c.signed_at < (rules.date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone;
END
$$;
COMMENT ON FUNCTION analytics_internal.contracts_signed IS
'How many contracts were signed in a period, and what they are worth
Refunds, contracts below zero, are taken off and not counted.';

CREATE FUNCTION analytics_internal.share_exactly(parts double precision[], total numeric) RETURNS numeric[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Ten-thousandths by largest remainder.
    SELECT array_agg(((s.units + s.for_all + CASE WHEN s.rank <= s.rest THEN 1 ELSE 0 END) / 10000)::numeric(18,4) ORDER BY s.n)
    FROM (
        SELECT d.n, d.units, row_number() OVER (ORDER BY d.remainder DESC, d.n) AS rank, floor(d.missing / d.parts) AS for_all,
               mod(mod(d.missing, d.parts) + d.parts, d.parts) AS rest
        FROM (
            SELECT u.n, u.units, u.remainder, total * 10000 - sum(u.units) OVER () AS missing, count(*) OVER () AS parts
            FROM (
                SELECT p.n, floor(p.part * 10000)::numeric AS units, p.part * 10000 - floor(p.part * 10000) AS remainder
                FROM unnest(parts) WITH ORDINALITY p (part, n)
            ) u
        ) d
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

CREATE FUNCTION analytics_internal.key_marks(members text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN members IS NULL THEN '{""}' ELSE '{0,1}' END::text[] $$;
COMMENT ON FUNCTION analytics_internal.key_marks IS 'The marks that warehouse_journeys() writes before keys';

CREATE FUNCTION analytics_internal.direct_keys(marks text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.marked_keys('{direct,(direct),(none),(no ad),(no campaign),direct / (no campaign)}', marks)
$$;
COMMENT ON FUNCTION analytics_internal.direct_keys IS 'Keys of the warehouse that are no marketing contact';

CREATE FUNCTION analytics_internal.stage_keys(models text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN models && '{w_shaped,full_path}' THEN ARRAY[E'\x1Flead'] ELSE '{}' END $$;
COMMENT ON FUNCTION analytics_internal.stage_keys IS 'The key of leads, if one of the models asks for stages';

CREATE TYPE analytics_internal.key_credit AS (
    model text, key text, "position" int, wanted boolean, unattributed boolean, conversions double precision, value double precision,
    supporting bigint, assisted bigint, clients bigint, conversions_replicates double precision[], value_replicates double precision[],
    removal_effect double precision, removal_effect_value double precision, base_probability double precision, order_used int);
COMMENT ON TYPE analytics_internal.key_credit IS
'What a key earned by a model, over all businesses asked for
wanted: whether its platform is asked for; unattributed: whether it stands for conversions that no touch earned. Columns that a model does
not know are NULL.';

CREATE FUNCTION analytics_internal.touch_credit(rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules)
    RETURNS SETOF analytics_internal.key_credit
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    by_touch CONSTANT boolean := sharing.basis = 'touch';
    stages CONSTANT text[] := analytics_internal.stage_keys(sharing.models);
    marks CONSTANT text[] := analytics_internal.key_marks(sharing.members);
    direct CONSTANT text[] := analytics_internal.direct_keys(marks);
BEGIN
    RETURN QUERY
    WITH credit AS (
        SELECT a.model, a.key IS NULL AS unattributed,
               CASE WHEN a.key IS NULL THEN '(unattributed)' WHEN sharing.members IS NULL THEN a.key ELSE substr(a.key, 2) END AS key,
               COALESCE(sharing.members IS NULL OR left(a.key, 1) = '1', false) AS wanted,
               a.conversions, a.value, a.supporting, a.assisted, a.clients, a.conversions_replicates, a.value_replicates
        FROM analytics_internal.warehouse_journeys(
            rules, CASE WHEN by_touch THEN 'touch' ELSE 'converters' END, sharing.members, stages) j
        CROSS JOIN LATERAL analytics.attribution_bootstrap(
            j.journeys, sharing.models, j.lookback, COALESCE(sharing.half_life, j.half_life), rules.cycle, sharing.fallback, direct,
            sharing.position_weights, CASE WHEN NOT by_touch THEN j.period_start END, CASE WHEN NOT by_touch THEN j.period_end END,
            sharing.two_touch, sharing.first_weights, sharing.last_weights, rules.include_conversion_touch,
            analytics_internal.marked_keys(rules.exclude_keys, marks), analytics_internal.marked_keys(rules.only_keys, marks),
            rules.views, rules.transform, rules.transform_key, rules.max_touches, stages, CASE WHEN by_touch THEN j.period_start END,
            CASE WHEN by_touch THEN j.period_end END, sharing.replicates, sharing.seed, sharing.confidence) a
    ), replicated AS (
        SELECT r.model, r.key, r.wanted, r.unattributed, array_agg(r.conversions ORDER BY r.n) AS conversions,
               array_agg(r.value ORDER BY r.n) AS value
        FROM (
            SELECT c.model, c.key, c.wanted, c.unattributed, u.n, sum(u.conversions) AS conversions, sum(u.value) AS value
            FROM credit c
            CROSS JOIN ROWS FROM (unnest(c.conversions_replicates), unnest(c.value_replicates)) WITH ORDINALITY u (conversions, value, n)
            GROUP BY c.model, c.key, c.wanted, c.unattributed, u.n
        ) r
        GROUP BY r.model, r.key, r.wanted, r.unattributed
    )
    SELECT c.model, c.key, NULL::int, c.wanted, c.unattributed, c.conversions, c.value, c.supporting, c.assisted, c.clients,
           r.conversions, r.value, NULL::double precision, NULL::double precision, NULL::double precision, NULL::int
    FROM (
        SELECT c.model, c.key, c.wanted, c.unattributed, sum(c.conversions) AS conversions, sum(c.value) AS value,
               sum(c.supporting)::bigint AS supporting, sum(c.assisted)::bigint AS assisted, sum(c.clients)::bigint AS clients
        FROM credit c
        GROUP BY c.model, c.key, c.wanted, c.unattributed
    ) c
    LEFT JOIN replicated r USING (model, key, wanted, unattributed);
END
$$;
COMMENT ON FUNCTION analytics_internal.touch_credit IS
'Credit by models that share each conversion among the touches of its path
Replicates of businesses add up one by one.';

CREATE FUNCTION analytics_internal.warehouse_touches(
    rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules, all_touches boolean)
    RETURNS TABLE (business_id bigint, client_key bigint, contract_source_id bigint, contract_id text, touch_number int, model text,
                   key text, weight double precision, conversions double precision, value double precision, rank int, touches int,
                   days_before double precision, converted_at timestamptz, touched_at timestamptz, is_paid boolean, is_view boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    by_touch CONSTANT boolean := sharing.basis = 'touch';
    stages CONSTANT text[] := analytics_internal.stage_keys(sharing.models);
    marks CONSTANT text[] := analytics_internal.key_marks(sharing.members);
BEGIN
    RETURN QUERY
    SELECT j.business_id, c.client::bigint, split_part(c.conversion_id, ':', 1)::bigint,
           substr(c.conversion_id, strpos(c.conversion_id, ':') + 1), c.touch_id::int, c.model,
           CASE WHEN c.key IS NULL THEN '(unattributed)' WHEN sharing.members IS NULL THEN c.key ELSE substr(c.key, 2) END,
           c.weight, c.conversions, c.value, c.rank, c.touches, c.days_before, c.converted_at, c.touched_at, c.is_paid, c.is_view
    FROM analytics_internal.warehouse_journeys(rules, CASE WHEN by_touch THEN 'touch' ELSE 'converters' END, sharing.members, stages) j
    CROSS JOIN LATERAL analytics.credit_touches(
        j.journeys, sharing.models, j.lookback, COALESCE(sharing.half_life, j.half_life), rules.cycle, sharing.fallback,
        analytics_internal.direct_keys(marks), sharing.position_weights, CASE WHEN NOT by_touch THEN j.period_start END,
        CASE WHEN NOT by_touch THEN j.period_end END, sharing.two_touch, sharing.first_weights, sharing.last_weights,
        rules.include_conversion_touch, analytics_internal.marked_keys(rules.exclude_keys, marks),
        analytics_internal.marked_keys(rules.only_keys, marks), rules.views, rules.transform, rules.transform_key, rules.max_touches,
        stages, CASE WHEN by_touch THEN j.period_start END, CASE WHEN by_touch THEN j.period_end END, all_touches) c
    WHERE sharing.members IS NULL OR left(c.key, 1) = '1';
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_touches IS
'The rows that touch_credit() adds up
Of the platforms asked for; touches and contracts by their numbers.';

CREATE FUNCTION analytics_internal.path_credit(rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules)
    RETURNS SETOF analytics_internal.key_credit
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    method CONSTANT text := sharing.models[1];
BEGIN
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_paths(rules, sharing.replicates, sharing.seed)
    ), chosen AS (
        SELECT COALESCE(
            sharing.markov_order, (SELECT o."order" FROM counted p, analytics.markov_order(p.paths) o WHERE p.replicate = 0 AND o.best), 1
        ) AS markov_order
    ), credit AS MATERIALIZED (
        SELECT p.replicate, m.key, NULL::int AS "position", m.conversions, m.value, m.removal_effect, m.removal_effect_value,
               m.base_probability, m.order_used
        FROM counted p, chosen o, analytics.markov_credit(p.paths, o.markov_order) m
        WHERE method = 'markov'
        UNION ALL
        SELECT p.replicate, s.key, s."position", s.conversions, s.value, NULL, NULL, NULL, NULL
        FROM counted p, analytics.shapley_credit(p.paths, method) s
        WHERE method <> 'markov'
    ), point AS (
        SELECT c.*, row_number() OVER (ORDER BY c.key COLLATE "C", c."position") AS n FROM credit c WHERE c.replicate = 0
    ), replicated AS (
        SELECT p.n, array_agg(COALESCE(c.conversions, 0)) AS conversions, array_agg(COALESCE(c.value, 0)) AS value
        FROM point p
        CROSS JOIN generate_series(1, sharing.replicates) r (n)
        LEFT JOIN credit c ON c.replicate = r.n AND c.key IS NOT DISTINCT FROM p.key AND c."position" IS NOT DISTINCT FROM p."position"
        GROUP BY p.n
    )
    SELECT method, COALESCE(p.key, '(unattributed)'), p."position", true, p.key IS NULL, p.conversions, p.value, NULL::bigint,
           NULL::bigint, NULL::bigint, r.conversions, r.value, p.removal_effect, p.removal_effect_value, p.base_probability, p.order_used
    FROM point p
    LEFT JOIN replicated r ON r.n = p.n;
END
$$;
COMMENT ON FUNCTION analytics_internal.path_credit IS 'Credit by a model that learns from all paths of a period together';

CREATE FUNCTION analytics_internal.replicate_interval(
    replicates double precision[], confidence double precision, OUT low double precision, OUT high double precision)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT percentile_cont((1 - confidence) / 2) WITHIN GROUP (ORDER BY r), percentile_cont((1 + confidence) / 2) WITHIN GROUP (ORDER BY r)
    FROM unnest(replicates) r
$$;
COMMENT ON FUNCTION analytics_internal.replicate_interval IS 'The middle share of the replicates of a bootstrap; NULL where there are none';

CREATE FUNCTION analytics_internal.warehouse_attribution(rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules)
    RETURNS TABLE (model text, key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, assisted bigint, p_support double precision, supporting bigint, clients bigint,
                   conversions_low double precision, conversions_high double precision, revenue_low numeric, revenue_high numeric,
                   currency text, "position" int, removal_effect double precision, removal_effect_revenue double precision,
                   base_probability double precision, order_used int)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    by_touch CONSTANT boolean := sharing.basis = 'touch';
    one_currency CONSTANT text := analytics_internal.currency_of(rules.business_id);
BEGIN
    RETURN QUERY
    WITH per_key AS (
        SELECT k.*, row_number() OVER (PARTITION BY k.model ORDER BY k.key COLLATE "C", k."position", k.wanted, k.unattributed) AS n
        FROM (
            SELECT * FROM analytics_internal.touch_credit(rules, sharing) WHERE NOT sharing.by_path
            UNION ALL
            SELECT * FROM analytics_internal.path_credit(rules, sharing) WHERE sharing.by_path
        ) k
    ), total AS (
        SELECT k.model,
               CASE WHEN by_touch THEN sum(k.conversions) ELSE max(c.contracts)::double precision END AS contracts,
               CASE WHEN by_touch OR k.model = 'participation' THEN round(sum(k.value)::numeric, 4) ELSE max(c.amount) END AS amount
        FROM per_key k
        CROSS JOIN analytics_internal.contracts_signed(rules) c
        GROUP BY k.model
    ), exact AS (
        -- The revenue of the keys adds up to the revenue of the contracts, exactly.
        SELECT s.model, u.n, u.revenue
        FROM (
            SELECT k.model, analytics_internal.share_exactly(array_agg(k.value ORDER BY k.n), max(t.amount)) AS revenues
            FROM per_key k
            JOIN total t ON t.model = k.model
            GROUP BY k.model
        ) s
        CROSS JOIN unnest(s.revenues) WITH ORDINALITY u (revenue, n)
    ), answer AS (
        SELECT k.*, e.revenue, i.low, i.high, v.low AS value_low, v.high AS value_high
        FROM per_key k
        JOIN exact e ON e.model = k.model AND e.n = k.n
        CROSS JOIN analytics_internal.replicate_interval(k.conversions_replicates, sharing.confidence) i
        CROSS JOIN analytics_internal.replicate_interval(k.value_replicates, sharing.confidence) v
        WHERE k.wanted
    ), spent AS (
        SELECT s.key, s.spend AS spend
        FROM analytics_internal.spend_by_key(rules, sharing.members) s
        -- Ordered credit is per place, spend is not.
        WHERE NOT sharing.models && '{ordered,ordered_keys}'
    )
    SELECT m.model, k.key, COALESCE(a.conversions, 0),
           COALESCE(a.revenue, 0)::numeric(18,4),
           analytics_internal.percentage(COALESCE(a.conversions, 0)::numeric, t.contracts::numeric), s.spend::numeric(18,4),
           analytics_internal.quotient(s.spend, a.conversions::numeric), analytics_internal.quotient(COALESCE(a.revenue, 0), s.spend),
           COALESCE(a.assisted, 0), CASE WHEN NOT by_touch THEN COALESCE(a.supporting, 0) / NULLIF(t.contracts, 0) END,
           COALESCE(a.supporting, 0), COALESCE(a.clients, 0), a.low, a.high,
           a.value_low::numeric(18,4),
           a.value_high::numeric(18,4), one_currency, a."position", a.removal_effect,
           a.removal_effect_value, a.base_probability, a.order_used
    FROM (SELECT DISTINCT unnest(sharing.models) AS model) m
    CROSS JOIN (SELECT x.key FROM answer x UNION SELECT x.key FROM spent x) k
    LEFT JOIN total t ON t.model = m.model
    LEFT JOIN answer a ON a.model = m.model AND a.key = k.key
    LEFT JOIN spent s ON s.key = k.key
    ORDER BY array_position(sharing.models, m.model), COALESCE(a.unattributed, false), COALESCE(a.conversions, 0) DESC,
             k.key COLLATE "C", a."position";
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_attribution IS
'Credit beside spend: what the readers of attribution show, each its own columns';
