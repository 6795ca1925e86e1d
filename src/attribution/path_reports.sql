-- Reports on the paths of a period, and the models that learn from all of them together.

CREATE FUNCTION analytics_internal.warehouse_paths(
    date_from date, date_to date, dimension text, lookback interval, cycle text, business_id bigint, include_conversion_touch boolean,
    exclude_keys text[], only_keys text[], views text, transform text, transform_key text, max_touches int, nulls_before timestamptz,
    replicates int, seed bigint)
    RETURNS TABLE (replicate int, paths analytics.path_counts)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_attribution(dimension);
    -- What is no window or rule is an error also where there are no journeys.
    PERFORM analytics.journey_paths((SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), COALESCE(lookback, '1 day'), cycle,
        NULL, NULL,
        true, include_conversion_touch, exclude_keys, only_keys, views, transform, transform_key, max_touches, nulls_before, NULL, seed);
    IF replicates IS NULL OR replicates NOT BETWEEN 0 AND 10000 THEN
        RAISE EXCEPTION 'replicates must be between 0 and 10000' USING ERRCODE = 'invalid_parameter_value',
            HINT = '0 leaves the intervals NULL.';
    END IF;
    RETURN QUERY
    WITH collected AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_journeys(date_from, date_to, dimension, NULL, lookback, NULL, business_id, 'everybody')
    )
    SELECT r.n, analytics.path_counts_union(analytics.journey_paths(j.journeys, j.used_lookback, cycle, j.period_start, j.period_end, true,
               include_conversion_touch, exclude_keys, only_keys, views, transform, transform_key, max_touches, nulls_before,
               NULLIF(r.n, 0), seed))
    FROM generate_series(0, replicates) r (n) LEFT JOIN collected j ON true GROUP BY r.n;
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_paths IS
'The counted paths of a period over all businesses, and their replicates
Arguments as for markov(). replicate 0 has each client once; the others as often as the bootstrap draws it.';

CREATE FUNCTION analytics_internal.warehouse_path_credit(
    method text, markov_order int, date_from date, date_to date, dimension text, lookback interval, cycle text, business_id bigint,
    include_conversion_touch boolean, exclude_keys text[], only_keys text[], views text, transform text, transform_key text,
    max_touches int, nulls_before timestamptz, replicates int, seed bigint, confidence double precision)
    RETURNS TABLE (key text, "position" int, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, removal_effect double precision, removal_effect_revenue double precision,
                   base_probability double precision, order_used int, conversions_low double precision, conversions_high double precision,
                   revenue_low numeric, revenue_high numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    one_currency text;
BEGIN
    -- Before anything is read: an unknown method or order is an error also where there are no paths.
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_confidence(confidence);
    PERFORM FROM analytics.shapley_credit((SELECT analytics.path_counts('{}', 0, 0, 0) WHERE false),
        CASE method WHEN 'markov' THEN 'cumulative' ELSE method END);
    PERFORM FROM analytics.markov_credit((SELECT analytics.path_counts('{}', 0, 0, 0) WHERE false), markov_order);
    one_currency := analytics_internal.currency_of(business_id);
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_paths(
            warehouse_path_credit.date_from, warehouse_path_credit.date_to, warehouse_path_credit.dimension, warehouse_path_credit.lookback,
            warehouse_path_credit.cycle, warehouse_path_credit.business_id, warehouse_path_credit.include_conversion_touch,
            warehouse_path_credit.exclude_keys, warehouse_path_credit.only_keys, warehouse_path_credit.views,
            warehouse_path_credit.transform,
            warehouse_path_credit.transform_key, warehouse_path_credit.max_touches, warehouse_path_credit.nulls_before,
            warehouse_path_credit.replicates, warehouse_path_credit.seed)
    ), chosen AS (
        SELECT COALESCE(markov_order, (SELECT o."order" FROM counted p, analytics.markov_order(p.paths) o WHERE p.replicate = 0 AND o.best),
            1) AS markov_order
    ), credit AS MATERIALIZED (
        SELECT p.replicate, m.key, NULL::int AS "position", m.conversions, m.value, m.removal_effect, m.removal_effect_value,
            m.base_probability, m.order_used
        FROM counted p, chosen o, analytics.markov_credit(p.paths, o.markov_order) m WHERE method = 'markov'
        UNION ALL
        SELECT p.replicate, s.key, s."position", s.conversions, s.value, NULL, NULL, NULL, NULL
        FROM counted p, analytics.shapley_credit(p.paths, CASE method WHEN 'markov' THEN 'cumulative' ELSE method END) s
        WHERE method <> 'markov'
    ), point AS (
        SELECT c.*, row_number() OVER (ORDER BY c.key, c."position") AS n FROM credit c WHERE c.replicate = 0
    ), exact AS (
        SELECT u.n, u.revenue FROM (SELECT analytics_internal.share_exactly(array_agg(c.value ORDER BY c.n),
                (SELECT t.amount FROM analytics_internal.contracts_signed(date_from, date_to, business_id) t)) AS revenues FROM point c) e,
            unnest(e.revenues) WITH ORDINALITY u (revenue, n)
    ), sure AS (
        SELECT c.n, conversions.*, revenue.low AS revenue_low, revenue.high AS revenue_high
        FROM (SELECT c.n, array_agg(COALESCE(d.conversions, 0)) AS conversions, array_agg(COALESCE(d.value, 0)) AS value
              FROM point c CROSS JOIN generate_series(1, replicates) r (n)
              LEFT JOIN credit d ON d.replicate = r.n AND d.key IS NOT DISTINCT FROM c.key
                  AND d."position" IS NOT DISTINCT FROM c."position"
              GROUP BY c.n) c,
            analytics_internal.replicate_interval(c.conversions, confidence) conversions,
            analytics_internal.replicate_interval(c.value, confidence) revenue
    )
    SELECT COALESCE(c.key, s.key, '(unattributed)'), c."position", COALESCE(c.conversions, 0),
           CASE WHEN one_currency IS NOT NULL THEN COALESCE(e.revenue, 0) END::numeric(18,4),
           round((100 * COALESCE(c.conversions, 0) / NULLIF(t.contracts, 0))::numeric, 2),
           CASE WHEN one_currency IS NOT NULL THEN s.spend END::numeric(18,4),
           CASE WHEN one_currency IS NOT NULL THEN round(s.spend / NULLIF(c.conversions, 0)::numeric, 4) END,
           CASE WHEN one_currency IS NOT NULL THEN round(COALESCE(e.revenue, 0) / NULLIF(s.spend, 0), 4) END,
           c.removal_effect, c.removal_effect_value, c.base_probability, c.order_used, i.low, i.high,
           CASE WHEN one_currency IS NOT NULL THEN i.revenue_low END::numeric(18,4),
           CASE WHEN one_currency IS NOT NULL THEN i.revenue_high END::numeric(18,4), one_currency
    FROM point c
    FULL JOIN (SELECT * FROM analytics_internal.spend_by_key(date_from, date_to, dimension, NULL, business_id)
        WHERE method <> 'ordered') s ON s.key = c.key
    LEFT JOIN exact e ON e.n = c.n
    LEFT JOIN sure i ON i.n = c.n
    CROSS JOIN analytics_internal.contracts_signed(date_from, date_to, business_id) t
    ORDER BY c.n IS NOT NULL AND c.key IS NULL, COALESCE(c.conversions, 0) DESC, COALESCE(c.key, s.key), c."position";
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_path_credit IS
'Credit by the models that learn from all paths of a period together
method: markov, or a game of shapley_credit(). markov_order: see markov(). Other arguments as for markov().';

CREATE FUNCTION analytics.markov(
    date_from date, date_to date, dimension text DEFAULT 'platform', "order" int DEFAULT 1, lookback interval DEFAULT NULL,
    cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL, replicates int DEFAULT 0,
    seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9)
    RETURNS TABLE (key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric, roas numeric,
                   removal_effect double precision, removal_effect_revenue double precision, base_probability double precision,
                   order_used int, conversions_low double precision, conversions_high double precision, revenue_low numeric,
                   revenue_high numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.key, c.conversions, c.revenue, c.share_pct, c.spend, c.cpa, c.roas, c.removal_effect, c.removal_effect_revenue,
        c.base_probability, c.order_used,
           c.conversions_low, c.conversions_high, c.revenue_low, c.revenue_high, c.currency
    FROM analytics_internal.warehouse_path_credit(
        'markov', markov."order", markov.date_from, markov.date_to, markov.dimension, markov.lookback, markov.cycle, markov.business_id,
        markov.include_conversion_touch, markov.exclude_keys, markov.only_keys, markov.views, markov.transform, markov.transform_key,
        markov.max_touches, markov.nulls_before, markov.replicates, markov.seed, markov.confidence) WITH ORDINALITY c
    ORDER BY c.ordinality;
END
$$;
COMMENT ON FUNCTION analytics.markov IS
'What earned the contracts of a period, by the removal effects of a Markov chain
date_from, date_to: contracts signed and journeys that came to nothing in this period. dimension: platform, channel, campaign,
platform+campaign, ad or utm_source. order: how many neighbouring keys make a state; NULL: the best of 1 to 5. lookback, cycle and the other
rules of journeys: see attribution(). nulls_before: clients last met at or after this may still sign, and are no journey that came to
nothing. replicates, seed, confidence: bootstrap over clients; 0 replicates leave the intervals NULL. Columns: see attribution() and
markov_credit(). A client who signed within the lookback after the period is no journey that came to nothing.';

CREATE FUNCTION analytics.shapley(
    date_from date, date_to date, dimension text DEFAULT 'platform', game text DEFAULT 'cumulative', lookback interval DEFAULT NULL,
    cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL, replicates int DEFAULT 0,
    seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9)
    RETURNS TABLE (key text, "position" int, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, conversions_low double precision, conversions_high double precision, revenue_low numeric,
                   revenue_high numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.key, c."position", c.conversions, c.revenue, c.share_pct, c.spend, c.cpa, c.roas, c.conversions_low, c.conversions_high,
        c.revenue_low, c.revenue_high,
           c.currency
    FROM analytics_internal.warehouse_path_credit(
        shapley.game, NULL, shapley.date_from, shapley.date_to, shapley.dimension, shapley.lookback, shapley.cycle,
        shapley.business_id, shapley.include_conversion_touch, shapley.exclude_keys, shapley.only_keys, shapley.views, shapley.transform,
        shapley.transform_key, shapley.max_touches, shapley.nulls_before, shapley.replicates, shapley.seed,
        shapley.confidence) WITH ORDINALITY c
    ORDER BY c.ordinality;
END
$$;
COMMENT ON FUNCTION analytics.shapley IS
'What earned the contracts of a period, by Shapley values of the sets of keys
game: cumulative, ordered or rate, see shapley_credit(); ordered tells the credit apart by position, the place where the key came first, and
has no spend. All other arguments as for markov(), columns as for attribution().';

CREATE FUNCTION analytics.transitions(
    date_from date, date_to date, dimension text DEFAULT 'platform', "order" int DEFAULT 1, self_loops boolean DEFAULT false,
    lookback interval DEFAULT NULL, cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL,
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    nulls_before timestamptz DEFAULT NULL, row_limit int DEFAULT 1000)
    RETURNS TABLE (from_state text, to_state text, count bigint, probability double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM analytics_internal.check_row_limit(row_limit);
    RETURN QUERY
    SELECT t.from_state, t.to_state, t.count::bigint, t.probability
    FROM analytics_internal.warehouse_paths(
            transitions.date_from, transitions.date_to, transitions.dimension, transitions.lookback, transitions.cycle,
            transitions.business_id,
            transitions.include_conversion_touch, transitions.exclude_keys, transitions.only_keys, transitions.views, transitions.transform,
            transitions.transform_key, transitions.max_touches, transitions.nulls_before, 0, 0) p,
        analytics.markov_transitions(p.paths, transitions."order", transitions.self_loops) t
    ORDER BY t.count DESC, t.from_state, t.to_state LIMIT transitions.row_limit;
END
$$;
COMMENT ON FUNCTION analytics.transitions IS
'From where to where clients went on their way to a contract, or to nothing
Arguments as for markov(). self_loops: whether a key followed by itself is a transition. from_state, to_state: keys, or (start),
(conversion), (null). count: how often taken; probability: of all transitions that leave from_state. The most taken first.';

CREATE FUNCTION analytics.top_paths(
    date_from date, date_to date, dimension text DEFAULT 'platform', lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}',
    only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL,
    max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL, row_limit int DEFAULT 20)
    RETURNS TABLE (path text[], touches int, conversions bigint, revenue numeric, share_pct numeric, nulls bigint, conversion_rate numeric,
                   currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    one_currency text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_row_limit(row_limit);
    one_currency := analytics_internal.currency_of(business_id);
    RETURN QUERY
    SELECT l.path, cardinality(l.path), l.conversions::bigint, CASE WHEN one_currency IS NOT NULL THEN l.value END::numeric(18,4),
           round((100 * l.conversions / NULLIF(sum(l.conversions) OVER (), 0))::numeric, 2), l.nulls::bigint,
           round((100 * l.conversions / NULLIF(l.conversions + l.nulls, 0))::numeric, 2), one_currency
    FROM analytics_internal.warehouse_paths(
            top_paths.date_from, top_paths.date_to, top_paths.dimension, top_paths.lookback, top_paths.cycle, top_paths.business_id,
            top_paths.include_conversion_touch, top_paths.exclude_keys, top_paths.only_keys, top_paths.views, top_paths.transform,
            top_paths.transform_key, top_paths.max_touches, top_paths.nulls_before, 0, 0) p, analytics.path_list(p.paths) l
    ORDER BY l.conversions DESC, l.value DESC, l.nulls DESC, l.path LIMIT top_paths.row_limit;
END
$$;
COMMENT ON FUNCTION analytics.top_paths IS
'The paths that brought most contracts in a period
Arguments as for markov(); transform => ''exposure'' takes repeated keys together, ''frequency'' counts them. path: keys, first touch first;
{}: no touch. conversions, revenue: of the contracts signed; share_pct: of all contracts; nulls: journeys with this path that came to
nothing; conversion_rate: conversions / (conversions + nulls), in percent.';

CREATE FUNCTION analytics.path_lengths(
    date_from date, date_to date, dimension text DEFAULT 'platform', lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}',
    only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL,
    max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL)
    RETURNS TABLE (touches int, conversions bigint, revenue numeric, share_pct numeric, nulls bigint, conversion_rate numeric,
        currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    one_currency text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    one_currency := analytics_internal.currency_of(business_id);
    RETURN QUERY
    SELECT k.touches, k.conversions::bigint, CASE WHEN one_currency IS NOT NULL THEN k.value END::numeric(18,4),
           round((100 * k.conversions / NULLIF(sum(k.conversions) OVER (), 0))::numeric, 2), k.nulls::bigint,
           round((100 * k.conversions / NULLIF(k.conversions + k.nulls, 0))::numeric, 2), one_currency
    FROM (SELECT cardinality(l.path) AS touches, sum(l.conversions) AS conversions, sum(l.value::numeric(18,4)) AS value,
                 sum(l.nulls) AS nulls
          FROM analytics_internal.warehouse_paths(
            path_lengths.date_from, path_lengths.date_to, path_lengths.dimension, path_lengths.lookback, path_lengths.cycle,
            path_lengths.business_id,
            path_lengths.include_conversion_touch, path_lengths.exclude_keys, path_lengths.only_keys, path_lengths.views,
            path_lengths.transform,
            path_lengths.transform_key, path_lengths.max_touches, path_lengths.nulls_before, 0, 0) p, analytics.path_list(p.paths) l
                GROUP BY 1) k
    ORDER BY k.touches;
END
$$;
COMMENT ON FUNCTION analytics.path_lengths IS
'How many touches it takes: contracts by the number of touches before them
Arguments as for markov(), columns as for top_paths(). touches 0: contracts without a touch.';

CREATE FUNCTION analytics.time_to_convert(
    date_from date, date_to date, dimension text DEFAULT 'platform', lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}',
    only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL,
    max_touches int DEFAULT NULL, since text DEFAULT 'first', edges int[] DEFAULT '{1,3,7,14,30,60,90}')
    RETURNS TABLE (from_days int, to_days int, conversions bigint, revenue numeric, share_pct numeric, cumulative_pct numeric,
        currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    one_currency text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to),
        analytics_internal.check_attribution(dimension);
    one_currency := analytics_internal.currency_of(business_id);
    PERFORM FROM analytics.conversion_paths((SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), COALESCE(lookback, '1 day'),
        cycle, NULL, NULL,
        include_conversion_touch, exclude_keys, only_keys, views, transform, transform_key, max_touches);
    PERFORM analytics_internal.check_choice('since', since, '{first,last}');
    IF edges IS NULL OR NOT (SELECT COALESCE(bool_and(e.edge > 0 AND e.edge > COALESCE(e.previous, 0)), false)
            FROM (SELECT u.edge, lag(u.edge) OVER (ORDER BY u.n) AS previous FROM unnest(edges) WITH ORDINALITY u (edge, n)) e) THEN
        RAISE EXCEPTION 'edges must be ascending positive numbers of days' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Such as {1,3,7,14,30}.';
    END IF;
    RETURN QUERY
    WITH took AS (
        SELECT c.value,
            EXTRACT(epoch
                FROM c.converted_at - c.touched_at[CASE since WHEN 'first' THEN 1 ELSE cardinality(c.touched_at) END]) / 86400 AS days
        FROM analytics_internal.warehouse_journeys(date_from, date_to, dimension, NULL, lookback, NULL, business_id, 'converters') j,
            analytics.conversion_paths(
            j.journeys, j.used_lookback, cycle, j.period_start, j.period_end, include_conversion_touch, exclude_keys, only_keys, views,
            transform,
            transform_key, max_touches) c
    ), bucket AS (
        SELECT b.n, b.from_days, b.to_days
        FROM (SELECT u.n, u.from_days, lead(u.from_days) OVER (ORDER BY u.n) AS to_days
              FROM unnest(0 || edges) WITH ORDINALITY u (from_days, n)) b
        UNION ALL SELECT NULL, NULL, NULL
    ), filled AS (
        SELECT b.n, b.from_days, b.to_days, count(t.value) AS conversions, COALESCE(sum(t.value::numeric(18,4)), 0) AS value
        FROM bucket b LEFT
        JOIN took t ON t.days >= b.from_days AND (b.to_days IS NULL OR t.days < b.to_days) OR t.days IS NULL AND b.n IS NULL
        GROUP BY b.n, b.from_days, b.to_days
    )
    SELECT f.from_days, f.to_days, f.conversions, CASE WHEN one_currency IS NOT NULL THEN f.value END::numeric(18,4),
           round(100 * f.conversions / NULLIF(sum(f.conversions) OVER (), 0), 2),
           CASE WHEN f.n IS NOT NULL THEN round(100 * sum(f.conversions) OVER (ORDER BY f.n)
               / NULLIF(sum(f.conversions) FILTER (WHERE f.n IS NOT NULL) OVER (), 0), 2) END,
           one_currency
    FROM filled f WHERE f.n IS NOT NULL OR f.conversions > 0 ORDER BY f.n;
END
$$;
COMMENT ON FUNCTION analytics.time_to_convert IS
'How long it takes: contracts by the days from a touch to the signing
Arguments as for attribution(). since: first or last, the touch of the journey from which days are counted. edges: where the buckets begin,
in days; the first begins at 0, the last has no end. from_days (inclusive), to_days (exclusive). share_pct: of all contracts;
cumulative_pct: of those with a touch. from_days NULL: contracts without a touch.';
