-- Reports on the paths of a period, and the models that learn from all of them together.

CREATE FUNCTION analytics.markov(
    date_from date, date_to date, dimension text DEFAULT NULL, "order" int DEFAULT 1, lookback interval DEFAULT NULL,
    cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL, replicates int DEFAULT 0,
    seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric, roas numeric,
                   removal_effect double precision, removal_effect_revenue double precision, base_probability double precision,
                   order_used int, conversions_low double precision, conversions_high double precision, revenue_low numeric,
                   revenue_high numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Before anything is read: a wrong order is an error also where there are no paths.
    PERFORM FROM analytics.markov_credit((SELECT analytics.path_counts('{}', 0, 0, 0) WHERE false), "order");
    RETURN QUERY
    SELECT c.key, c.conversions, c.revenue, c.share_pct, c.spend, c.cpa, c.roas, c.removal_effect, c.removal_effect_revenue,
           c.base_probability, c.order_used, c.conversions_low, c.conversions_high, c.revenue_low, c.revenue_high, c.currency
    FROM analytics_internal.warehouse_attribution(
        analytics_internal.path_rules(
            date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches, nulls_before,
            conversion_types => conversion_types, conversion_hosts => conversion_hosts),
        analytics_internal.sharing_rules(
            '{markov}', replicates => replicates, seed => seed, confidence => confidence, markov_order => "order")) c;
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
    date_from date, date_to date, dimension text DEFAULT NULL, game text DEFAULT 'cumulative', lookback interval DEFAULT NULL,
    cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true,
    exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none',
    transform_key text DEFAULT NULL, max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL, replicates int DEFAULT 0,
    seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (key text, "position" int, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, conversions_low double precision, conversions_high double precision, revenue_low numeric,
                   revenue_high numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Before anything is read: an unknown game is an error also where there are no paths.
    PERFORM FROM analytics.shapley_credit((SELECT analytics.path_counts('{}', 0, 0, 0) WHERE false), game);
    RETURN QUERY
    SELECT c.key, c."position", c.conversions, c.revenue, c.share_pct, c.spend, c.cpa, c.roas, c.conversions_low, c.conversions_high,
           c.revenue_low, c.revenue_high, c.currency
    FROM analytics_internal.warehouse_attribution(
        analytics_internal.path_rules(
            date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches, nulls_before,
            conversion_types => conversion_types, conversion_hosts => conversion_hosts),
        analytics_internal.sharing_rules(
            ARRAY['shapley' || CASE game WHEN 'cumulative' THEN '' ELSE '_' || game END], replicates => replicates, seed => seed,
            confidence => confidence)) c;
END
$$;
COMMENT ON FUNCTION analytics.shapley IS
'What earned the contracts of a period, by Shapley values of the sets of keys
game: cumulative, ordered, ordered_keys or rate, see shapley_credit(); ordered and ordered_keys tell the credit apart by position, the place
where the key came first among touches or among distinct keys, and have no spend. All other arguments as for markov(), columns as for
attribution().';

CREATE FUNCTION analytics.transitions(
    date_from date, date_to date, dimension text DEFAULT NULL, "order" int DEFAULT 1, self_loops boolean DEFAULT false,
    lookback interval DEFAULT NULL, cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL,
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL, max_touches int DEFAULT NULL,
    nulls_before timestamptz DEFAULT NULL, row_limit int DEFAULT 1000,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (from_state text, to_state text, count bigint, probability double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
        transform, transform_key, max_touches, nulls_before,
        conversion_types => conversion_types, conversion_hosts => conversion_hosts);
BEGIN
    row_limit := analytics_internal.check_row_limit(row_limit, 1000);
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT p.paths
        FROM analytics_internal.warehouse_paths(rules) p
    )
    SELECT t.from_state, t.to_state, t.count::bigint, t.probability
    FROM (
        SELECT m.from_state, m.to_state, m.count, m.probability
        FROM counted c
        CROSS JOIN analytics.markov_transitions(c.paths, "order", self_loops) m
        UNION ALL
        -- The chain knows nothing of these.
        SELECT '(start)', '(conversion)', l.conversions, NULL
        FROM counted c
        CROSS JOIN analytics.path_list(c.paths) l
        WHERE l.path = '{}' AND l.conversions > 0) t
    ORDER BY t.count DESC, t.from_state COLLATE "C", t.to_state COLLATE "C"
    LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION analytics.transitions IS
'From where to where clients went on their way to a contract, or to nothing
Arguments as for markov(). self_loops: whether a key followed by itself is a transition. from_state, to_state: keys, or (start),
(conversion), (null); a key that is called so stands in double quotes. count: how often taken; probability: of all transitions that leave
from_state. The most taken first. Contracts without a touch went from (start) to (conversion): they are counted, so that what leads to
(conversion) are all contracts, and have no probability, since the chain of markov() is of the others.';

CREATE FUNCTION analytics.top_paths(
    date_from date, date_to date, dimension text DEFAULT NULL, lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}',
    only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL,
    max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL, row_limit int DEFAULT 20,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (path text[], touches int, conversions bigint, revenue numeric, share_pct numeric, nulls bigint, conversion_rate numeric,
                   currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
        transform, transform_key, max_touches, nulls_before,
        conversion_types => conversion_types, conversion_hosts => conversion_hosts);
    one_currency CONSTANT text := analytics_internal.currency_of(business_id);
BEGIN
    row_limit := analytics_internal.check_row_limit(row_limit, 20);
    RETURN QUERY
    SELECT l.path, cardinality(l.path), l.conversions::bigint, l.value::numeric(18,4),
           analytics_internal.percentage(l.conversions::numeric, (sum(l.conversions) OVER ())::numeric), l.nulls::bigint,
           analytics_internal.percentage(l.conversions::numeric, (l.conversions + l.nulls)::numeric), one_currency
    FROM analytics_internal.warehouse_paths(rules) p
    CROSS JOIN analytics.path_list(p.paths) l
    ORDER BY l.conversions DESC, l.value DESC, l.nulls DESC, l.path COLLATE "C"
    LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION analytics.top_paths IS
'The paths that brought most contracts in a period
Arguments as for markov(); transform => ''exposure'' takes repeated keys together, ''frequency'' counts them. path: keys, first touch first;
{}: no touch. conversions, revenue: of the contracts signed; share_pct: of all contracts; nulls: journeys with this path that came to
nothing; conversion_rate: conversions / (conversions + nulls), in percent.';

CREATE FUNCTION analytics.path_lengths(
    date_from date, date_to date, dimension text DEFAULT NULL, lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}',
    only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL,
    max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (touches int, conversions bigint, revenue numeric, share_pct numeric, nulls bigint, conversion_rate numeric,
        currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
        transform, transform_key, max_touches, nulls_before,
        conversion_types => conversion_types, conversion_hosts => conversion_hosts);
    one_currency CONSTANT text := analytics_internal.currency_of(business_id);
BEGIN
    RETURN QUERY
    SELECT k.touches, k.conversions::bigint, k.value::numeric(18,4),
           analytics_internal.percentage(k.conversions::numeric, (sum(k.conversions) OVER ())::numeric), k.nulls::bigint,
           analytics_internal.percentage(k.conversions::numeric, (k.conversions + k.nulls)::numeric), one_currency
    FROM (
        SELECT cardinality(l.path) AS touches, sum(l.conversions) AS conversions, sum(l.value::numeric(18,4)) AS value,
               sum(l.nulls) AS nulls
        FROM analytics_internal.warehouse_paths(rules) p
        CROSS JOIN analytics.path_list(p.paths) l
        GROUP BY 1
    ) k
    ORDER BY k.touches;
END
$$;
COMMENT ON FUNCTION analytics.path_lengths IS
'How many touches it takes: contracts by the number of touches before them
Arguments as for markov(), columns as for top_paths(). touches 0: contracts without a touch.';

CREATE FUNCTION analytics.time_to_convert(
    date_from date, date_to date, dimension text DEFAULT NULL, lookback interval DEFAULT NULL, cycle text DEFAULT 'shared',
    business_id bigint DEFAULT NULL, include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}',
    only_keys text[] DEFAULT NULL, views text DEFAULT 'count', transform text DEFAULT 'none', transform_key text DEFAULT NULL,
    max_touches int DEFAULT NULL, since text DEFAULT 'first', edges int[] DEFAULT '{1,3,7,14,30,60,90}',
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (from_days int, to_days int, conversions bigint, revenue numeric, share_pct numeric, cumulative_pct numeric,
        currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
        transform, transform_key, max_touches,
        conversion_types => conversion_types, conversion_hosts => conversion_hosts);
    one_currency CONSTANT text := analytics_internal.currency_of(business_id);
BEGIN
    PERFORM analytics_internal.check_choice('since', since, '{first,last}');
    IF edges IS NULL OR NOT COALESCE((
            SELECT bool_and(e.edge > 0 AND e.edge > COALESCE(e.previous, 0))
            FROM (SELECT u.edge, lag(u.edge) OVER (ORDER BY u.n) AS previous FROM unnest(edges) WITH ORDINALITY u (edge, n)) e), false) THEN
        RAISE EXCEPTION 'edges must be ascending positive numbers of days' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Such as {1,3,7,14,30}.';
    END IF;
    RETURN QUERY
    WITH took AS (
        SELECT c.value,
               EXTRACT(epoch FROM c.converted_at - c.touched_at[CASE since WHEN 'first' THEN 1 ELSE cardinality(c.touched_at) END]) / 86400
                   AS days
        FROM analytics_internal.warehouse_journeys(rules, 'converters') j
        CROSS JOIN analytics.conversion_paths(
            j.journeys, j.lookback, rules.cycle, j.period_start, j.period_end, rules.include_conversion_touch, rules.exclude_keys,
            rules.only_keys, rules.views, rules.transform, rules.transform_key, rules.max_touches, j.day_starts) c
    ), bucket AS (
        SELECT u.n, u.from_days, lead(u.from_days) OVER (ORDER BY u.n) AS to_days
        FROM unnest(0 || edges) WITH ORDINALITY u (from_days, n)
        UNION ALL
        SELECT NULL, NULL, NULL
    ), filled AS (
        SELECT b.n, b.from_days, b.to_days, count(t.value) AS conversions, COALESCE(sum(t.value::numeric(18,4)), 0) AS value
        FROM bucket b
        LEFT JOIN took t ON t.days >= b.from_days AND (b.to_days IS NULL OR t.days < b.to_days) OR t.days IS NULL AND b.n IS NULL
        GROUP BY b.n, b.from_days, b.to_days
    )
    SELECT f.from_days, f.to_days, f.conversions, f.value::numeric(18,4),
           analytics_internal.percentage(f.conversions, sum(f.conversions) OVER ()),
           CASE WHEN f.n IS NOT NULL THEN analytics_internal.percentage(
               sum(f.conversions) OVER (ORDER BY f.n), sum(f.conversions) FILTER (WHERE f.n IS NOT NULL) OVER ()) END,
           one_currency
    FROM filled f
    WHERE f.n IS NOT NULL OR f.conversions > 0
    ORDER BY f.n;
END
$$;
COMMENT ON FUNCTION analytics.time_to_convert IS
'How long it takes: contracts by the days from a touch to the signing
Arguments as for attribution(). since: first or last, the touch of the journey from which days are counted. edges: where the buckets begin,
in days; the first begins at 0, the last has no end. from_days (inclusive), to_days (exclusive). share_pct: of all contracts;
cumulative_pct: of those with a touch. from_days NULL: contracts without a touch.';

CREATE FUNCTION analytics.journey_steps(
    date_from date, date_to date, dimension text DEFAULT NULL, steps int DEFAULT 4, top int DEFAULT 8, align text DEFAULT 'end',
    lookback interval DEFAULT NULL, cycle text DEFAULT 'shared', business_id bigint DEFAULT NULL,
    include_conversion_touch boolean DEFAULT true, exclude_keys text[] DEFAULT '{}', only_keys text[] DEFAULT NULL,
    views text DEFAULT 'count', max_touches int DEFAULT NULL, nulls_before timestamptz DEFAULT NULL,
    conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS TABLE (step int, key text, next_key text, journeys bigint, conversions bigint, revenue numeric, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    rules CONSTANT analytics_internal.path_rules := analytics_internal.path_rules(
        date_from, date_to, dimension, business_id, lookback, cycle, include_conversion_touch, exclude_keys, only_keys, views,
        'none', NULL, max_touches, nulls_before, conversion_types => conversion_types, conversion_hosts => conversion_hosts);
    one_currency CONSTANT text := analytics_internal.currency_of(business_id);
BEGIN
    PERFORM analytics_internal.check_choice('align', align, '{start,end}');
    IF steps IS NULL OR steps NOT BETWEEN 1 AND 100 OR top IS NULL OR top NOT BETWEEN 1 AND 1000 THEN
        RAISE EXCEPTION 'steps must be between 1 and 100, top between 1 and 1000' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    WITH listed AS MATERIALIZED (
        SELECT l.path, l.conversions, l.nulls, l.value::numeric AS value
        FROM analytics_internal.warehouse_paths(rules) p
        CROSS JOIN analytics.path_list(p.paths) l
    ), shown AS MATERIALIZED (
        SELECT k.key
        FROM listed l
        CROSS JOIN LATERAL (SELECT DISTINCT u.key FROM unnest(l.path) u (key)) k
        GROUP BY k.key
        ORDER BY sum((l.conversions + l.nulls)::numeric) DESC, k.key COLLATE "C"
        LIMIT top
    ), named AS (
        -- A key of the name of something else here is told apart, as transitions() does.
        SELECT l.path, array_agg(CASE WHEN s.key IN ('(conversion)', '(null)', '(more)') THEN '"' || s.key || '"'
                                      ELSE COALESCE(s.key, '(other)') END ORDER BY u.place) AS keys
        FROM listed l
        CROSS JOIN unnest(l.path) WITH ORDINALITY u (key, place)
        LEFT JOIN shown s ON s.key = u.key
        GROUP BY l.path
    ), distinct_steps AS (
        -- A key met several times in a row is one step.
        SELECT l.conversions, l.nulls, l.value, COALESCE(r.keys, '{(unattributed)}') AS keys
        FROM listed l
        LEFT JOIN named n ON n.path = l.path
        LEFT JOIN LATERAL (
            SELECT array_agg(u.key ORDER BY u.place) AS keys
            FROM unnest(n.keys) WITH ORDINALITY u (key, place)
            WHERE u.place = 1 OR u.key <> n.keys[u.place - 1]) r ON true
    ), cut AS (
        SELECT d.conversions, d.nulls, d.value,
               CASE WHEN cardinality(d.keys) <= steps THEN d.keys
                    WHEN align = 'end' THEN '(more)'::text || d.keys[cardinality(d.keys) - steps + 1:]
                    ELSE d.keys[:steps] || '(more)'::text END AS keys
        FROM distinct_steps d
    ), edge AS (
        SELECT CASE align WHEN 'end' THEN steps - cardinality(c.keys) ELSE 0 END + u.place::int AS step, u.key,
               COALESCE(c.keys[u.place + 1], o.outcome) AS next_key, o.journeys, o.conversions, o.value
        FROM cut c
        CROSS JOIN LATERAL (
            VALUES ('(conversion)', c.conversions, c.conversions, c.value), ('(null)', c.nulls, 0, 0)
        ) o (outcome, journeys, conversions, value)
        CROSS JOIN LATERAL unnest(c.keys) WITH ORDINALITY u (key, place)
        WHERE o.journeys > 0
    )
    SELECT e.step, e.key, e.next_key, sum(e.journeys::numeric)::bigint, sum(e.conversions::numeric)::bigint, sum(e.value)::numeric(18,4),
           one_currency
    FROM edge e
    GROUP BY e.step, e.key, e.next_key
    ORDER BY e.step, 4 DESC, e.key COLLATE "C", e.next_key COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.journey_steps IS
'Journeys step by step, from each key to the next: the links of a Sankey diagram
A link leads from the node (step, key) to the node (step + 1, next_key), so there are no loops; a key met several times in a row is one
step. The last next_key is (conversion), or (null) of a journey that came to nothing. align: end: the last steps before the outcome, of
which the last has the number steps; start: the first steps. (more) stands for what is cut away. top: so many keys, those that most
journeys have; the rest is (other). (unattributed): contracts without a touch. journeys: a client who signs twice has two; conversions,
revenue: of those that ended in a contract; those of the links to (conversion) add up to all contracts of the period. All other arguments:
see markov().';
