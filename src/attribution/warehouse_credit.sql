-- Attribution on the warehouse: what the readers share. Touches, leads and contracts are collected once per question, as journeys; every
-- reader is an answer from these.

CREATE FUNCTION analytics_internal.check_dimension(dimension text) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    parts CONSTANT text[] := string_to_array(dimension, '+');
    known CONSTANT text[] := '{platform,family,channel,campaign,ad_group,ad,creative,utm_source,utm_medium,utm_campaign,utm_content,
        utm_term,landing_page,product,branch,customer,purchase,conversion_type}';
BEGIN
    IF dimension IS NULL OR NOT parts <@ known OR cardinality(parts) NOT IN (1, 2) OR parts[1] = parts[2] THEN
        RAISE EXCEPTION 'unknown dimension: %', quote_nullable(dimension)
            USING ERRCODE = 'invalid_parameter_value',
                HINT = 'Use ' || array_to_string(known, ', ') || ', or two of them, such as platform+campaign.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_dimension IS 'Raises 22023 unless a dimension is one that attribution knows, or two';

CREATE FUNCTION analytics_internal.attribution_windows(windows text[], lookback interval, view_lookback interval)
    RETURNS TABLE (n bigint, attribution_window text, lookback interval, view_lookback interval)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 2
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT w.n, w.name, split_part(w.name, '/', 1)::interval, NULLIF(split_part(w.name, '/', 2), '')::interval
    FROM unnest(attribution_windows.windows) WITH ORDINALITY w (name, n)
    UNION ALL
    SELECT 1, NULL, attribution_windows.lookback, attribution_windows.view_lookback
    WHERE attribution_windows.windows IS NULL
$$;
COMMENT ON FUNCTION analytics_internal.attribution_windows IS
'The windows of a question: 7 days/1 day is one for clicks and one for views
Without windows the one of lookback and view_lookback, which has no name.';

CREATE FUNCTION analytics_internal.conversion_dimensions(dimension text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(array_agg(d.name ORDER BY d.n), '{}')
    FROM unnest(string_to_array(dimension, '+')) WITH ORDINALITY d (name, n)
    WHERE d.name IN ('product', 'branch', 'customer', 'purchase', 'conversion_type')
$$;
COMMENT ON FUNCTION analytics_internal.conversion_dimensions IS 'The parts of a dimension that conversions have, not touches';

CREATE FUNCTION analytics_internal.touch_dimensions(dimension text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(array_agg(d.name ORDER BY d.n), '{}')
    FROM unnest(string_to_array(dimension, '+')) WITH ORDINALITY d (name, n)
    WHERE d.name NOT IN ('product', 'branch', 'customer', 'purchase', 'conversion_type')
$$;
COMMENT ON FUNCTION analytics_internal.touch_dimensions IS 'The parts of a dimension that touches have, not conversions';

CREATE FUNCTION analytics_internal.check_conversion_types(conversion_types text[], business_id bigint) RETURNS void
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    unknown text;
BEGIN
    IF array_ndims(conversion_types) IS DISTINCT FROM 1 OR EXISTS (SELECT FROM unnest(conversion_types) t (name) WHERE t.name IS NULL) THEN
        RAISE EXCEPTION 'conversion_types must be a list of at least one type, and none of them NULL'
            USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave the argument out for contracts.';
    END IF;
    FOREACH unknown IN ARRAY conversion_types LOOP
        CONTINUE WHEN unknown = ANY ('{contract,lead,purchase}');
        PERFORM FROM warehouse.conversion_setting c
        WHERE c.conversion_type = unknown
          AND (check_conversion_types.business_id IS NULL OR c.business_id = check_conversion_types.business_id);
        CONTINUE WHEN FOUND;
        PERFORM 1 FROM warehouse.fact_events e
        WHERE e.conversion_type = unknown
          AND e.business_id IN (
              SELECT s.business_id
              FROM warehouse.settings s
              WHERE check_conversion_types.business_id IS NULL OR s.business_id = check_conversion_types.business_id)
        LIMIT 1;
        CONTINUE WHEN FOUND;
        RAISE EXCEPTION 'unknown type of conversion: %', quote_literal(unknown) USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Use contract, lead, purchase, or what column conversion_type of your events says.';
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_conversion_types IS
'Raises 22023 unless each type of conversion is one that the warehouse knows';

CREATE TYPE analytics_internal.path_rules AS (
    date_from date, date_to date, dimension text, business_id bigint, lookback interval, cycle text, include_conversion_touch boolean,
    exclude_keys text[], only_keys text[], views text, transform text, transform_key text, max_touches int, nulls_before timestamptz,
    view_lookback interval, windows text[], granularity text, conversion_types text[], conversion_hosts text[]);
COMMENT ON TYPE analytics_internal.path_rules IS
'Which journeys a question is about, and which of their touches make a path
The arguments of these names of attribution() and markov(), checked by the function path_rules().';

CREATE FUNCTION analytics_internal.path_rules(
    date_from date, date_to date, dimension text, business_id bigint, lookback interval, cycle text, include_conversion_touch boolean,
    exclude_keys text[], only_keys text[], views text, transform text, transform_key text, max_touches int,
    nulls_before timestamptz DEFAULT NULL, view_lookback interval DEFAULT NULL, windows text[] DEFAULT NULL,
    granularity text DEFAULT NULL, conversion_types text[] DEFAULT '{contract}', conversion_hosts text[] DEFAULT NULL)
    RETURNS analytics_internal.path_rules
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    longest interval := lookback;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(date_from, date_to);
    -- The levels are dimensions.
    dimension := COALESCE(dimension, analytics_internal.level_of(NULL, business_id));
    PERFORM analytics_internal.check_dimension(dimension), analytics_internal.check_conversion_types(conversion_types, business_id);
    IF granularity IS NOT NULL THEN
        PERFORM analytics_internal.check_choice('granularity', granularity, '{day,week,month,quarter,year}');
    END IF;
    IF windows IS NOT NULL THEN
        SELECT max(w.lookback) INTO longest
        FROM analytics_internal.attribution_windows(windows, lookback, view_lookback) w;
        -- Each is one that the kernels take.
        PERFORM FROM analytics_internal.attribution_windows(windows, lookback, view_lookback) w
        CROSS JOIN LATERAL analytics.attribution_credit(
            (SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), lookback => w.lookback, view_lookback => w.view_lookback);
    END IF;
    -- A wrong rule is an error also where there are no journeys: here are none.
    PERFORM FROM analytics.conversion_paths(
        (SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), lookback, cycle, NULL, NULL, include_conversion_touch,
        exclude_keys, only_keys, views, transform, transform_key, max_touches);
    PERFORM FROM analytics.attribution_credit(
        (SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false), view_lookback => view_lookback);
    RETURN (date_from, date_to, dimension, business_id, longest, cycle, include_conversion_touch, exclude_keys, only_keys, views,
            transform, transform_key, max_touches, nulls_before, view_lookback, windows, granularity, conversion_types,
            ARRAY(SELECT COALESCE(analytics.url_host(h.host), lower(h.host COLLATE "C")) FROM unnest(conversion_hosts) h (host)));
END
$$;
COMMENT ON FUNCTION analytics_internal.path_rules IS 'The rules of paths as one value; a wrong one is an error (22023)';

CREATE TYPE analytics_internal.sharing_rules AS (
    models text[], half_life interval, fallback text[], members text[], first_weights double precision[], last_weights double precision[],
    basis text, position_weights double precision[], two_touch text, replicates int, seed bigint, confidence double precision,
    markov_order int, touches text);
COMMENT ON TYPE analytics_internal.sharing_rules IS
'How conversions are shared out among the touches of their paths
The arguments of these names of attribution(), checked by the function sharing_rules(). members: the platforms wanted, NULL for all.';

CREATE FUNCTION analytics_internal.path_models(models text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(array_agg(m.model ORDER BY m.n), '{}')
    FROM unnest(models) WITH ORDINALITY m (model, n)
    WHERE m.model = ANY ('{markov,shapley,shapley_rate,shapley_ordered,shapley_ordered_keys}')
$$;
COMMENT ON FUNCTION analytics_internal.path_models IS 'Those of the models that learn from all paths together';

CREATE FUNCTION analytics_internal.touch_models(models text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(array_agg(m.model ORDER BY m.n), '{}')
    FROM unnest(models) WITH ORDINALITY m (model, n)
    WHERE m.model <> ALL (analytics_internal.path_models(models)) OR m.model IS NULL
$$;
COMMENT ON FUNCTION analytics_internal.touch_models IS 'Those of the models that share each conversion among its touches';

CREATE FUNCTION analytics_internal.sharing_rules(
    models text[], half_life interval DEFAULT NULL, fallback text[] DEFAULT '{first}', platforms text[] DEFAULT NULL,
    first_weights double precision[] DEFAULT '{}', last_weights double precision[] DEFAULT '{}', basis text DEFAULT 'conversion',
    position_weights double precision[] DEFAULT '{0.4,0.2,0.4}', two_touch text DEFAULT 'renormalise', replicates int DEFAULT 0,
    seed bigint DEFAULT 0, confidence double precision DEFAULT 0.9, markov_order int DEFAULT 1, touches text DEFAULT 'all')
    RETURNS analytics_internal.sharing_rules
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF models IS NULL THEN
        RAISE EXCEPTION 'models must not be NULL' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Leave the argument out to have its default.';
    END IF;
    PERFORM analytics_internal.check_choice('basis', basis, '{conversion,touch}'),
        analytics_internal.check_choice('touches', touches, '{all,paid,organic}');
    IF basis = 'touch' AND analytics_internal.path_models(models) <> '{}' THEN
        RAISE EXCEPTION 'models that learn from all paths know no basis "touch"' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Ask for markov and shapley with the basis conversion.';
    END IF;
    PERFORM FROM analytics.attribution_bootstrap(
        (SELECT analytics.journeys(0, now(), 0, '', false, 0) WHERE false),
        CASE WHEN analytics_internal.touch_models(models) = '{}' AND models <> '{}' THEN '{last}'
             ELSE analytics_internal.touch_models(models) END,
        half_life => COALESCE(half_life, '1 day'), fallback => fallback, position_weights => position_weights, two_touch => two_touch,
        first_weights => first_weights, last_weights => last_weights, stage_keys => '{lead}', replicates => replicates, seed => seed,
        confidence => confidence);
    RETURN (models, half_life, fallback, CASE WHEN platforms <> '{}' THEN analytics_internal.platform_members(platforms) END,
            first_weights, last_weights, basis, position_weights, two_touch, replicates, seed, confidence, markov_order, touches);
END
$$;
COMMENT ON FUNCTION analytics_internal.sharing_rules IS 'The rules of sharing as one value; a wrong one is an error (22023)';

CREATE FUNCTION analytics_internal.campaign_labels(dimension text)
    RETURNS TABLE (business_id bigint, campaign_key bigint, platform text, label text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    -- Names are for people; where two campaigns share one, the id tells them apart.
    SELECT c.business_id, c.campaign_key, c.platform,
           c.campaign_name || CASE WHEN count(*) OVER namesakes > 1 THEN ' (' || c.campaign_id || ')' ELSE '' END
    FROM warehouse.dim_campaigns c
    WINDOW namesakes AS (
        PARTITION BY c.business_id, c.campaign_name,
            CASE WHEN 'platform' = ANY (string_to_array(campaign_labels.dimension, '+')) THEN c.platform ELSE '' END);
END
$$;
COMMENT ON FUNCTION analytics_internal.campaign_labels IS 'What each campaign is called in reports, unique within its business';

-- Inlined. A conversion that says nothing of where it comes from happened in the visit before it.
CREATE FUNCTION analytics_internal.may_continue_visit(channel_rule text, platform text, conversion_type text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT channel_rule IN ('payment', 'own_site') OR conversion_type IS NOT NULL AND platform = 'direct' $$;
COMMENT ON FUNCTION analytics_internal.may_continue_visit(text, text, text) IS
'Whether an event, if it is in a session, is no touch of its own';

-- Inlined: it is asked for each touch, and knows all of them.
CREATE FUNCTION analytics_internal.touch_key(
    dimension text, platform text, family text, channel text, campaign text, ad_group text, ad text, creative text, utm_source text,
    utm_medium text, utm_campaign text, utm_content text, utm_term text, landing_page text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE dimension
               WHEN 'platform' THEN platform
               WHEN 'channel' THEN channel
               WHEN 'campaign' THEN COALESCE(campaign, '(no campaign)')
               WHEN 'family' THEN COALESCE(family, platform)
               WHEN 'ad' THEN COALESCE(ad, '(no ad)')
               WHEN 'ad_group' THEN COALESCE(ad_group, '(no ad group)')
               WHEN 'creative' THEN COALESCE(creative, '(no creative)')
               WHEN 'utm_source' THEN COALESCE(utm_source, '(none)')
               WHEN 'utm_medium' THEN COALESCE(utm_medium, '(none)')
               WHEN 'utm_campaign' THEN COALESCE(utm_campaign, '(none)')
               WHEN 'utm_content' THEN COALESCE(utm_content, '(none)')
               WHEN 'utm_term' THEN COALESCE(utm_term, '(none)')
               WHEN 'landing_page' THEN COALESCE(landing_page, '(none)')
               -- By a dimension of conversions alone: all that models ask of keys.
               WHEN '' THEN CASE WHEN platform = 'direct' THEN 'direct' ELSE '(any)' END
           END
$$;
COMMENT ON FUNCTION analytics_internal.touch_key IS 'What a touch, or spend, is called by a dimension';

CREATE FUNCTION analytics_internal.day_starts(business_id bigint, first timestamptz, last timestamptz) RETURNS timestamptz[]
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT ARRAY(
        SELECT d.day AT TIME ZONE s.reporting_timezone
        FROM generate_series(
            (first AT TIME ZONE s.reporting_timezone)::date::timestamp,
            LEAST(last AT TIME ZONE s.reporting_timezone, timestamp '294276-12-30') + interval '1 day', interval '1 day') d (day)
        ORDER BY d.day)
    FROM warehouse.settings s
    WHERE s.business_id = day_starts.business_id
$$;
COMMENT ON FUNCTION analytics_internal.day_starts(bigint, timestamptz, timestamptz) IS
'Where the days of a business begin, from that of first to the one after last';

CREATE FUNCTION analytics_internal.journey_periods(rules analytics_internal.path_rules, kept text)
    RETURNS TABLE (business_id bigint, reporting_timezone text, period_start timestamptz, period_end timestamptz, lookback interval,
                   reach interval, half_life interval, paid_rule text, reach_end timestamptz, touched_from timestamptz,
                   touched_before timestamptz)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Touches a day older than the lookback, whose days have 24 hours each; and conversions of days that it reaches back from.
    SELECT p.*, p.period_end + p.reach, p.period_start - p.lookback - interval '1 day',
           p.period_end + CASE kept WHEN 'touch' THEN p.reach ELSE interval '0' END
    FROM (
        SELECT s.business_id, s.reporting_timezone, (rules).date_from::timestamp AT TIME ZONE s.reporting_timezone,
               ((rules).date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone, COALESCE((rules).lookback, s.lookback),
               COALESCE((rules).lookback, s.lookback) + CASE kept WHEN 'touch' THEN interval '2 days' ELSE interval '0' END,
               s.half_life, s.paid_rule
        FROM warehouse.settings s
        WHERE (rules).business_id IS NULL OR s.business_id = (rules).business_id
    ) p (business_id, reporting_timezone, period_start, period_end, lookback, reach, half_life, paid_rule)
$$;
COMMENT ON FUNCTION analytics_internal.journey_periods IS
'From when to when each business is asked, and how far conversions reach
reach: how far before a conversion its touches may lie. kept: as in warehouse_journeys().';

CREATE TYPE analytics_internal.journey_clients AS (
    businesses bigint[], clients bigint[], client_set bytea, most boolean, first_touched timestamptz, last_touched timestamptz);
COMMENT ON TYPE analytics_internal.journey_clients IS
'Whose journeys are asked for
businesses, clients: the two of each client. most: they are of one business, and so many that it is faster to look at the facts of all
than to find theirs; then client_set has their keys, and businesses that business. first_touched, last_touched: when their touches begin
and end.';

CREATE FUNCTION analytics_internal.journey_clients(rules analytics_internal.path_rules, kept text)
    RETURNS analytics_internal.journey_clients
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    asked analytics_internal.journey_clients;
    of_one_business boolean;
BEGIN
    WITH business AS (
        SELECT p.* FROM analytics_internal.journey_periods(rules, kept) p
    ), made AS MATERIALIZED (
        -- Where conversions are, there is no other table: that would have all of them fetched from the nodes that they lie on.
        SELECT c.business_id, c.client_key, c.converted_at, CASE WHEN rules.conversion_hosts <> '{}' THEN c.host END AS host
        FROM warehouse.conversion c
        WHERE c.conversion_type = ANY (rules.conversion_types) AND (rules.business_id IS NULL OR c.business_id = rules.business_id)
          AND c.converted_at >= (SELECT min(b.period_start) FROM business b)
          AND c.converted_at < (SELECT max(CASE kept WHEN 'touch' THEN b.reach_end ELSE b.period_end END) FROM business b)
    ), client AS (
        -- Conversions by their own date ask for who signed in the period; by the date of the touch, or with the journeys that came to
        -- nothing, it is to be known what followed the period within the lookback.
        SELECT DISTINCT c.business_id, c.client_key
        FROM made c
        JOIN business b ON b.business_id = c.business_id
        WHERE c.converted_at >= b.period_start
          AND c.converted_at < CASE kept WHEN 'touch' THEN b.reach_end ELSE b.period_end END
          AND (rules.conversion_hosts = '{}' OR c.host = ANY (rules.conversion_hosts))
        UNION
        SELECT e.business_id, e.client_key
        FROM warehouse.fact_events e
        JOIN business b ON b.business_id = e.business_id
        WHERE kept = 'everybody' AND e.occurred_at >= b.period_start AND e.occurred_at < b.period_end
    )
    SELECT array_agg(v.business_id), array_agg(v.client_key), min(v.business_id) = max(v.business_id)
    INTO asked.businesses, asked.clients, of_one_business
    FROM client v;
    -- Where the facts lie in memory, to find them is as fast by a tenth of the clients, on a disk by a hundredth.
    -- A set knows keys, and clients of two businesses may have the same.
    asked.most := COALESCE(of_one_business, false)
        AND cardinality(asked.clients) > 0.05 * analytics_internal.table_rows('warehouse.dim_clients')
        AND NOT analytics_internal.is_distributed('warehouse.fact_events');
    SELECT min(p.touched_from), max(p.touched_before) INTO asked.first_touched, asked.last_touched
    FROM analytics_internal.journey_periods(rules, kept) p;
    IF asked.most THEN
        asked.client_set := analytics_internal.client_set(asked.clients);
        asked.clients := NULL;
        asked.businesses := asked.businesses[1:1];
    END IF;
    RETURN asked;
END
$$;
COMMENT ON FUNCTION analytics_internal.journey_clients(analytics_internal.path_rules, text) IS
'Whose journeys are asked for
kept: as in warehouse_journeys().';

CREATE FUNCTION analytics_internal.warehouse_journeys(
    rules analytics_internal.path_rules, kept text, members text[] DEFAULT NULL, stages text[] DEFAULT '{}',
    with_parts boolean DEFAULT false, touches text DEFAULT 'all')
    RETURNS TABLE (journeys analytics.journeys, period_start timestamptz, period_end timestamptz, lookback interval, half_life interval,
                   business_id bigint, day_starts timestamptz[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
    -- The plan depends on how many clients there are.
    SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
    dimensions CONSTANT text[] := analytics_internal.touch_dimensions(rules.dimension);
    dimension CONSTANT text := COALESCE(dimensions[1], '');
    other_dimension CONSTANT text := dimensions[2];
    of_conversion CONSTANT text[] := analytics_internal.conversion_dimensions(rules.dimension);
    by_period CONSTANT boolean := rules.granularity IS NOT NULL;
    with_ads CONSTANT boolean := dimensions && '{ad_group,creative}';
    with_campaign CONSTANT boolean := dimensions @> '{campaign}';
    asked analytics_internal.journey_clients;
BEGIN
    -- Citus joins neither a union of facts with other tables on the nodes, nor orders, which are more than one line.
    IF cardinality(rules.conversion_types) = 1 AND rules.conversion_types[1] <> 'purchase'
        AND analytics_internal.is_distributed('warehouse.fact_events') THEN
        RETURN QUERY
        SELECT * FROM analytics_internal.node_journeys(rules, kept, members, stages, with_parts, touches);
        RETURN;
    END IF;
    asked := analytics_internal.journey_clients(rules, kept);
    RETURN QUERY
    WITH business AS (
        SELECT p.* FROM analytics_internal.journey_periods(rules, kept) p
    ), label AS MATERIALIZED (
        SELECT * FROM analytics_internal.campaign_labels(rules.dimension) WHERE with_campaign
    ), client AS MATERIALIZED (
        SELECT u.business_id, u.client_key FROM unnest(asked.businesses, asked.clients) u (business_id, client_key)
    ), placed AS MATERIALIZED (
        SELECT c.conversion_type, c.business_id, c.client_key, c.source_id, c.conversion_id, c.converted_at, c.amount,
               c.product_id, c.branch_id, c.event_id, CASE WHEN rules.conversion_hosts <> '{}' THEN c.host END AS host,
               o.source_id AS touch_source_id
        FROM warehouse.conversion c
        JOIN client v
            ON v.business_id = c.business_id
            AND CASE WHEN asked.most THEN analytics_internal.is_client_in(asked.client_set, c.client_key)
                     ELSE v.client_key = c.client_key END
        LEFT JOIN LATERAL (
            SELECT e.source_id
            FROM warehouse.fact_events e
            WHERE c.event_id IS NOT NULL
              AND e.business_id = c.business_id AND e.client_bucket = c.client_bucket AND e.client_key = c.client_key
              AND e.occurred_at = c.converted_at
              AND e.event_id = c.event_id AND (c.event_source_id IS NULL OR e.source_id = c.event_source_id)
              AND NOT (analytics_internal.may_continue_visit(e.channel_rule, e.platform, e.conversion_type)
                       AND EXISTS (
                           -- Who comes back from a page of payment, or from the site itself, goes on with the visit before.
                           SELECT 1
                           FROM warehouse.fact_events p
                           WHERE p.business_id = e.business_id AND p.client_bucket = e.client_bucket AND p.client_key = e.client_key
                             AND p.occurred_at >= e.occurred_at - interval '30 minutes' AND p.occurred_at <= e.occurred_at
                             AND p.touch_number < e.touch_number))
            ORDER BY e.source_id
            LIMIT 1
        ) o ON true
        WHERE c.conversion_type = ANY (rules.conversion_types)
    ), converted AS MATERIALIZED (
        -- A conversion whose event is a touch at that very moment is one row with it, so that include_conversion_touch knows them.
        SELECT c.business_id, c.client_key, c.converted_at, c.amount, c.event_id, o.source_id, c.conversion_type,
               array_position(rules.conversion_types, c.conversion_type) || ':' || c.source_id || ':' || c.conversion_id AS id,
               o.source_id IS NOT NULL AND row_number() OVER (
                   PARTITION BY c.business_id, o.source_id, c.event_id
                   ORDER BY c.source_id, c.conversion_id COLLATE "C", c.conversion_type COLLATE "C") = 1 AS has_touch,
               CASE WHEN by_period
                    THEN date_trunc(rules.granularity, c.converted_at AT TIME ZONE b.reporting_timezone)::date::text ELSE '' END AS period,
               CASE WHEN 'product' = ANY (of_conversion) THEN COALESCE(g.name, c.product_id, '(none)') END AS product,
               CASE WHEN 'branch' = ANY (of_conversion) THEN COALESCE(h.name, c.branch_id, '(none)') END AS branch,
               CASE WHEN min(c.converted_at) FILTER (WHERE c.amount >= 0) OVER bought < b.period_start THEN 'returning' ELSE 'new' END
                   AS customer,
               CASE WHEN count(*) FILTER (WHERE c.amount >= 0) OVER (
                        bought ORDER BY c.converted_at, c.source_id, c.conversion_id COLLATE "C", c.conversion_type COLLATE "C") <= 1
                    THEN 'first' ELSE 'repeat' END AS purchase
        FROM (
            SELECT p.conversion_type, p.business_id, p.client_key, p.source_id, p.conversion_id, p.converted_at,
                   COALESCE(p.amount, s.default_value, 0) AS amount, p.product_id, p.branch_id, p.event_id, p.host, p.touch_source_id
            FROM placed p
            LEFT JOIN warehouse.conversion_setting s
                ON p.amount IS NULL AND s.business_id = p.business_id AND s.conversion_type = p.conversion_type
        ) c
        JOIN business b ON b.business_id = c.business_id
        LEFT JOIN warehouse.dim_products g
            ON 'product' = ANY (of_conversion) AND g.business_id = c.business_id AND g.product_id = c.product_id
        LEFT JOIN warehouse.dim_branches h
            ON 'branch' = ANY (of_conversion) AND h.business_id = c.business_id AND h.branch_id = c.branch_id
        CROSS JOIN LATERAL (
            SELECT CASE WHEN c.converted_at >= b.touched_from AND c.converted_at < b.touched_before THEN c.touch_source_id END AS source_id
        ) o
        WHERE c.converted_at < CASE kept WHEN 'converters' THEN b.period_end ELSE b.reach_end END
          AND (rules.conversion_hosts = '{}' OR c.host = ANY (rules.conversion_hosts))
        WINDOW bought AS (PARTITION BY c.business_id, c.client_key)
    ), conversion AS (
        SELECT k.*, k.period || E'\x1F' || (
                   SELECT COALESCE(string_agg(
                       CASE d.name
                           WHEN 'product' THEN k.product
                           WHEN 'branch' THEN k.branch
                           WHEN 'customer' THEN k.customer
                           WHEN 'purchase' THEN k.purchase
                           ELSE k.conversion_type
                       END,
                       E'\x1F' ORDER BY d.n), '')
                   FROM unnest(of_conversion) WITH ORDINALITY d (name, n)) AS part
        FROM converted k
    ), candidate AS (
        SELECT x.business_id, x.source_id, x.event_id, x.client_key, x.occurred_at, x.touch_number, x.is_paid,
               x.continues_visit OR x.occurred_at < x.touched_from OR x.occurred_at >= x.touched_before AS left_out,
               analytics_internal.is_view(x.source_type) AS is_view,
               -- No more than is asked: what parts tell apart is summed apart, and counted once in each.
               CASE WHEN (members IS NULL OR x.account_platform = ANY (members)) AND (touches = 'all' OR (touches = 'paid') = x.is_paid)
                    THEN '1' ELSE '0' END AS mark,
               CASE WHEN rules.granularity IS NOT NULL AND kept = 'touch'
                    THEN date_trunc(rules.granularity, x.occurred_at AT TIME ZONE x.reporting_timezone)::date::text
                    ELSE '' END AS period,
               analytics_internal.touch_key(
                   dimension, x.account_platform, x.family, x.channel, x.label, x.ad_group_id, x.ad_id, x.creative_id, x.utm_source,
                   x.utm_medium, x.utm_campaign, x.utm_content, x.utm_term, x.landing_page) AS key,
               analytics_internal.touch_key(
                   other_dimension, x.account_platform, x.family, x.channel, x.label, x.ad_group_id, x.ad_id, x.creative_id,
                   x.utm_source, x.utm_medium, x.utm_campaign, x.utm_content, x.utm_term, x.landing_page) AS other_key
        FROM (
            SELECT e.business_id, e.source_id, e.event_id, e.client_key, e.occurred_at, e.touch_number, e.source_type,
                   e.channel, e.ad_id, e.utm_source, e.utm_medium, e.utm_campaign, e.utm_content, e.utm_term, e.landing_page,
                   b.reporting_timezone, b.touched_from, b.touched_before, p.family, c.label, a.ad_group_id, a.creative_id,
                   e.is_paid AND COALESCE(p.ad_network, false) AND (b.paid_rule = 'any' OR e.campaign_key IS NOT NULL) AS is_paid,
                   -- An ad counts for the account that pays for it, as its leads and contracts do.
                   COALESCE(n.platform, e.platform) AS account_platform, e.continues_visit
            FROM (
                -- As above. A column, not a condition: few touches are asked, but the planner counts the cost for each, beside which
                -- all joins are alike. And of facts alone, as Citus wants it.
                SELECT e.business_id, e.source_id, e.event_id, e.client_key, e.occurred_at, e.touch_number, e.source_type, e.channel,
                       e.platform, e.campaign_key, e.is_paid, e.ad_id, e.utm_source, e.utm_medium, e.utm_campaign, e.utm_content,
                       e.utm_term, e.landing_page,
                       analytics_internal.may_continue_visit(e.channel_rule, e.platform, e.conversion_type)
                       AND EXISTS (
                           SELECT 1
                           FROM warehouse.fact_events o
                           WHERE o.business_id = e.business_id AND o.client_bucket = e.client_bucket AND o.client_key = e.client_key
                             AND o.occurred_at >= e.occurred_at - interval '30 minutes' AND o.occurred_at <= e.occurred_at
                             AND o.touch_number < e.touch_number) AS continues_visit
                FROM warehouse.fact_events e
            ) e
            JOIN client v
                ON v.business_id = e.business_id
                AND CASE WHEN asked.most THEN analytics_internal.is_client_in(asked.client_set, e.client_key)
                         ELSE v.client_key = e.client_key END
            JOIN business b ON b.business_id = e.business_id
            LEFT JOIN warehouse.dim_platforms p ON p.business_id = e.business_id AND p.platform = e.platform
            LEFT JOIN warehouse.dim_campaigns n ON n.business_id = e.business_id AND n.campaign_key = e.campaign_key
            LEFT JOIN label c ON with_campaign AND c.business_id = e.business_id AND c.campaign_key = e.campaign_key
            LEFT JOIN warehouse.dim_ad_creatives a
                ON with_ads AND a.business_id = e.business_id AND a.platform = e.platform AND a.ad_id = e.ad_id
            -- What all businesses ask for, whose share of the facts the planner knows; touch has what each asks for.
            WHERE e.occurred_at >= asked.first_touched AND e.occurred_at < asked.last_touched
        ) x
        -- Found apart, not as a part of the join.
        OFFSET 0
    ), touch AS (
        SELECT COALESCE(t.business_id, k.business_id) AS business_id, t.client_key, t.occurred_at, t.touch_number,
               CASE WHEN with_parts THEN
                   translate(t.key || COALESCE(' / ' || t.other_key, ''), E'\x1F', ' ') || E'\x1F' || t.mark
                   || CASE WHEN other_dimension IS NULL THEN 0 ELSE length(t.key) END || ':' || t.period
               ELSE t.key || COALESCE(' / ' || t.other_key, '') END AS key,
               t.is_paid, t.is_view, k.amount, k.id AS conversion_id, k.part
        FROM (SELECT * FROM candidate d WHERE NOT d.left_out) t
        -- Each of these conversions has its touch. No plan of a full join compares each with each, however few it expects.
        FULL JOIN (SELECT * FROM conversion WHERE has_touch) k
            ON k.business_id = t.business_id AND k.source_id = t.source_id AND k.event_id = t.event_id
    )
    SELECT CASE kept
               WHEN 'everybody' THEN analytics.journeys_with_views(
                   r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view) FILTER (WHERE kept = 'everybody')
               ELSE analytics.journeys_with_ids(
                   r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view, r.conversion_id, r.part)
                   FILTER (WHERE kept <> 'everybody')
           END,
           b.period_start, b.period_end, b.lookback, b.half_life, b.business_id,
           analytics_internal.day_starts(b.business_id, min(r.occurred_at), max(r.occurred_at))
    FROM (
        SELECT * FROM touch
        UNION ALL
        SELECT l.business_id, l.client_key, l.created_at, 0, stages[1], false, false, NULL, NULL, NULL
        FROM client v
        JOIN warehouse.fact_leads l
            ON l.business_id = v.business_id
            AND CASE WHEN asked.most THEN analytics_internal.is_client_in(asked.client_set, l.client_key)
                     ELSE l.client_key = v.client_key END
        WHERE stages <> '{}'
        UNION ALL
        SELECT k.business_id, k.client_key, k.converted_at, NULL, NULL, NULL, NULL, k.amount, k.id, k.part
        FROM conversion k
        WHERE NOT k.has_touch
    ) r
    JOIN business b ON b.business_id = r.business_id
    GROUP BY b.business_id, b.period_start, b.period_end, b.lookback, b.half_life;
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_journeys IS
'The journeys of a period, one value per business
kept: converters (who signed in the period), touch (also who signed within the lookback after it) or everybody who was met or signed in it.
Touches and conversions keep their numbers and identifiers but where everybody is kept: touch_number, place in
conversion_types:source_id:conversion_id.
with_parts: keys have a part, see credit_keys(): 1 for touches of the platforms in members that are paid or organic as touches says, or 0;
how long the key by the first of two dimensions is, and a colon; by the date of the touch its period. Parts of conversions: the period, and
what they are by dimensions of conversions, behind the character U+001F each. stages: the key of leads, or {}. lookback: the one asked for,
or that of the business; half_life: that of the business. day_starts: of all days from the first of these touches and conversions to the
last, see attribution_credit().';

-- What reaches the coordinator is a value for each bucket of clients, not a row for each touch. Tables of the coordinator are CTEs, sent to
-- the nodes.
CREATE FUNCTION analytics_internal.node_journeys(
    rules analytics_internal.path_rules, kept text, members text[], stages text[], with_parts boolean, touches text)
    RETURNS TABLE (journeys analytics.journeys, period_start timestamptz, period_end timestamptz, lookback interval, half_life interval,
                   business_id bigint, day_starts timestamptz[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    dimensions CONSTANT text[] := analytics_internal.touch_dimensions(rules.dimension);
    -- Clients who converted, or, of everybody, also who were met.
    client_joins CONSTANT text := CASE kept
        WHEN 'everybody' THEN '
            LEFT JOIN converter v
                ON v.client_bucket = %1$s.client_bucket AND v.business_id = %1$s.business_id AND v.client_key = %1$s.client_key
            LEFT JOIN met m
                ON m.client_bucket = %1$s.client_bucket AND m.business_id = %1$s.business_id AND m.client_key = %1$s.client_key'
        ELSE '
            JOIN converter v
                ON v.client_bucket = %1$s.client_bucket AND v.business_id = %1$s.business_id AND v.client_key = %1$s.client_key' END;
    is_client CONSTANT text := CASE kept WHEN 'everybody' THEN '(v.client_key IS NOT NULL OR m.client_key IS NOT NULL)' ELSE 'true' END;
    parts_of_conversion CONSTANT text := COALESCE((
        SELECT string_agg(
            CASE d.name
                WHEN 'product' THEN 'COALESCE(g.name, c.product_id, ''(none)'')'
                WHEN 'branch' THEN 'COALESCE(h.name, c.branch_id, ''(none)'')'
                WHEN 'customer' THEN 'CASE WHEN min(c.converted_at) FILTER (WHERE c.amount >= 0) OVER bought < c.period_start
                    THEN ''returning'' ELSE ''new'' END'
                WHEN 'purchase' THEN 'CASE WHEN count(*) FILTER (WHERE c.amount >= 0) OVER (
                    bought ORDER BY c.converted_at, c.source_id, c.conversion_id COLLATE "C") <= 1 THEN ''first'' ELSE ''repeat'' END'
                ELSE 'c.conversion_type'
            END, E' || E''\\x1F'' || ' ORDER BY d.n)
        FROM unnest(analytics_internal.conversion_dimensions(rules.dimension)) WITH ORDINALITY d (name, n)), quote_literal(''));
BEGIN
    RETURN QUERY EXECUTE format($sql$
        WITH business AS MATERIALIZED (
            SELECT p.*, CASE $2 WHEN 'touch' THEN p.reach_end ELSE p.period_end END AS asked_before,
                   CASE $2 WHEN 'converters' THEN p.period_end ELSE p.reach_end END AS converted_before
            FROM analytics_internal.journey_periods($1, $2) p
        ), label AS MATERIALIZED (
            SELECT l.business_id, l.campaign_key, l.label FROM analytics_internal.campaign_labels($3) l WHERE $4 @> '{campaign}'
        ), platform AS MATERIALIZED (
            SELECT d.business_id, d.platform, d.family, d.ad_network FROM warehouse.dim_platforms d
        ), campaign AS MATERIALIZED (
            SELECT d.business_id, d.campaign_key, d.platform FROM warehouse.dim_campaigns d
        ), creative AS MATERIALIZED (
            SELECT d.business_id, d.platform, d.ad_id, d.ad_group_id, d.creative_id
            FROM warehouse.dim_ad_creatives d
            WHERE $4 && '{ad_group,creative}'
        ), setting AS MATERIALIZED (
            SELECT s.business_id, s.default_value FROM warehouse.conversion_setting s WHERE s.conversion_type = $5
        ), product AS MATERIALIZED (
            SELECT d.business_id, d.product_id, d.name FROM warehouse.dim_products d WHERE 'product' = ANY (string_to_array($3, '+'))
        ), branch AS MATERIALIZED (
            SELECT d.business_id, d.branch_id, d.name FROM warehouse.dim_branches d WHERE 'branch' = ANY (string_to_array($3, '+'))
        ), converter AS NOT MATERIALIZED (
            SELECT DISTINCT c.client_bucket, c.business_id, c.client_key
            FROM (%1$s) c
            JOIN business b ON b.business_id = c.business_id
            WHERE c.counts AND c.conversion_type = $5 AND c.converted_at >= b.period_start AND c.converted_at < b.asked_before
              AND ($6 = '{}' OR c.host = ANY ($6))
        ), met AS NOT MATERIALIZED (
            SELECT DISTINCT e.client_bucket, e.business_id, e.client_key
            FROM warehouse.fact_events e
            JOIN business b ON b.business_id = e.business_id
            WHERE e.occurred_at >= b.period_start AND e.occurred_at < b.period_end
        ), bucket AS MATERIALIZED (
            SELECT r.client_bucket, r.business_id, min(r.occurred_at) AS first_at, max(r.occurred_at) AS last_at, %7$s AS journeys
            FROM (
                -- A conversion whose event is a touch at that very moment is one row with it. Not joined: the planner expects few rows,
                -- and would compare each with each.
                SELECT r.client_bucket, r.business_id, r.client_key, min(r.occurred_at) AS occurred_at, max(r.touch_number) AS touch_number,
                       max(r.key) AS key, bool_or(r.is_paid) AS is_paid, bool_or(r.is_view) AS is_view, max(r.amount) AS amount,
                       max(r.conversion_id) AS conversion_id, max(r.part) AS part
                FROM (
                    SELECT t.client_bucket, t.business_id, t.client_key, t.source_id, t.event_id, t.occurred_at, t.touch_number,
                           CASE WHEN $10 THEN
                               translate(t.key || COALESCE(' / ' || t.other_key, ''), E'\x1F', ' ') || E'\x1F' || t.mark
                               || CASE WHEN $4[2] IS NULL THEN 0 ELSE length(t.key) END || ':' || t.period
                           ELSE t.key || COALESCE(' / ' || t.other_key, '') END AS key,
                           t.is_paid, t.is_view, NULL::numeric AS amount, NULL AS conversion_id, NULL AS part
                    FROM (
                        SELECT x.client_bucket, x.business_id, x.source_id, x.event_id, x.client_key, x.occurred_at, x.touch_number,
                               x.is_paid, analytics_internal.is_view(x.source_type) AS is_view,
                               CASE WHEN ($8 IS NULL OR x.account_platform = ANY ($8)) AND ($9 = 'all' OR ($9 = 'paid') = x.is_paid)
                                    THEN '1' ELSE '0' END AS mark,
                               CASE WHEN $7 IS NOT NULL AND $2 = 'touch'
                                    THEN date_trunc($7, x.occurred_at AT TIME ZONE x.reporting_timezone)::date::text
                                    ELSE '' END AS period,
                               analytics_internal.touch_key(
                                   COALESCE($4[1], ''), x.account_platform, x.family, x.channel, x.label, x.ad_group_id, x.ad_id,
                                   x.creative_id, x.utm_source, x.utm_medium, x.utm_campaign, x.utm_content, x.utm_term, x.landing_page)
                                   AS key,
                               analytics_internal.touch_key(
                                   $4[2], x.account_platform, x.family, x.channel, x.label, x.ad_group_id, x.ad_id, x.creative_id,
                                   x.utm_source, x.utm_medium, x.utm_campaign, x.utm_content, x.utm_term, x.landing_page) AS other_key
                        FROM (
                            SELECT e.client_bucket, e.business_id, e.source_id, e.event_id, e.client_key, e.occurred_at, e.touch_number,
                                   e.source_type, e.channel, e.ad_id, e.utm_source, e.utm_medium, e.utm_campaign, e.utm_content, e.utm_term,
                                   e.landing_page, b.reporting_timezone, p.family, l.label, a.ad_group_id, a.creative_id,
                                   e.is_paid AND COALESCE(p.ad_network, false) AND (b.paid_rule = 'any' OR e.campaign_key IS NOT NULL)
                                       AS is_paid,
                                   COALESCE(n.platform, e.platform) AS account_platform
                            FROM warehouse.fact_events e
                            JOIN business b ON b.business_id = e.business_id
                            %4$s
                            LEFT JOIN platform p ON p.business_id = e.business_id AND p.platform = e.platform
                            LEFT JOIN campaign n ON n.business_id = e.business_id AND n.campaign_key = e.campaign_key
                            LEFT JOIN label l ON l.business_id = e.business_id AND l.campaign_key = e.campaign_key
                            LEFT JOIN creative a ON a.business_id = e.business_id AND a.platform = e.platform AND a.ad_id = e.ad_id
                            WHERE e.occurred_at >= b.touched_from AND e.occurred_at < b.touched_before AND %6$s
                              AND NOT (analytics_internal.may_continue_visit(e.channel_rule, e.platform, e.conversion_type)
                                       AND EXISTS (
                                           SELECT 1
                                           FROM warehouse.fact_events o
                                           WHERE o.business_id = e.business_id AND o.client_bucket = e.client_bucket
                                             AND o.client_key = e.client_key AND o.occurred_at >= e.occurred_at - interval '30 minutes'
                                             AND o.occurred_at <= e.occurred_at AND o.touch_number < e.touch_number))
                        ) x
                    ) t
                    %5$s
                    UNION ALL
                    SELECT k.client_bucket, k.business_id, k.client_key, CASE WHEN k.has_touch THEN k.touch_source_id END,
                           CASE WHEN k.has_touch THEN k.event_id ELSE k.id END, k.converted_at, NULL, NULL, NULL, NULL, k.amount, k.id,
                           k.part
                    FROM (
                        SELECT c.client_bucket, c.business_id, c.client_key, c.converted_at, c.amount, c.event_id, c.touch_source_id,
                               '1:' || c.source_id || ':' || c.conversion_id AS id,
                               c.touch_source_id IS NOT NULL AND row_number() OVER (
                                   PARTITION BY c.client_bucket, c.business_id, c.touch_source_id, c.event_id
                                   ORDER BY c.source_id, c.conversion_id COLLATE "C") = 1 AS has_touch,
                               CASE WHEN $7 IS NULL THEN ''
                                    ELSE date_trunc($7, c.converted_at AT TIME ZONE c.reporting_timezone)::date::text END
                                   || E'\x1F' || %2$s AS part
                        FROM (
                            SELECT f.client_bucket, f.conversion_type, f.business_id, f.client_key, f.converted_at, f.source_id,
                                   f.conversion_id, f.product_id, f.branch_id, f.event_id, COALESCE(f.amount, s.default_value, 0) AS amount,
                                   b.period_start, b.reporting_timezone,
                                   CASE WHEN f.converted_at >= b.touched_from AND f.converted_at < b.touched_before THEN (
                                       SELECT e.source_id
                                       FROM warehouse.fact_events e
                                       WHERE e.business_id = f.business_id AND e.client_bucket = f.client_bucket
                                         AND e.client_key = f.client_key AND e.occurred_at = f.converted_at AND e.event_id = f.event_id
                                         AND (f.event_source_id IS NULL OR e.source_id = f.event_source_id)
                                         AND NOT (analytics_internal.may_continue_visit(e.channel_rule, e.platform, e.conversion_type)
                                                  AND EXISTS (
                                                      SELECT 1
                                                      FROM warehouse.fact_events p
                                                      WHERE p.business_id = e.business_id AND p.client_bucket = e.client_bucket
                                                        AND p.client_key = e.client_key
                                                        AND p.occurred_at >= e.occurred_at - interval '30 minutes'
                                                        AND p.occurred_at <= e.occurred_at AND p.touch_number < e.touch_number))
                                       ORDER BY e.source_id
                                       LIMIT 1) END AS touch_source_id
                            FROM (%1$s) f
                            JOIN business b ON b.business_id = f.business_id
                            %3$s
                            LEFT JOIN setting s ON s.business_id = f.business_id
                            WHERE f.counts AND f.conversion_type = $5 AND f.converted_at < b.converted_before
                              AND ($6 = '{}' OR f.host = ANY ($6)) AND %6$s
                        ) c
                        LEFT JOIN product g ON g.business_id = c.business_id AND g.product_id = c.product_id
                        LEFT JOIN branch h ON h.business_id = c.business_id AND h.branch_id = c.branch_id
                        WINDOW bought AS (PARTITION BY c.client_bucket, c.business_id, c.client_key)
                    ) k
                ) r
                GROUP BY r.client_bucket, r.business_id, r.client_key, r.source_id, r.event_id
            ) r
            GROUP BY r.client_bucket, r.business_id
        )
        SELECT analytics.journeys_union(t.journeys), b.period_start, b.period_end, b.lookback, b.half_life, b.business_id,
               analytics_internal.day_starts(b.business_id, min(t.first_at), max(t.last_at))
        FROM bucket t
        JOIN business b ON b.business_id = t.business_id
        GROUP BY b.business_id, b.period_start, b.period_end, b.lookback, b.half_life$sql$,
        analytics_internal.conversion_rows_sql(rules.conversion_types[1]), parts_of_conversion, format(client_joins, 'f'),
        format(client_joins, 'e'),
        CASE WHEN stages <> '{}' THEN format($sql$
            UNION ALL
            SELECT l.client_bucket, l.business_id, l.client_key, NULL, 'lead:' || l.source_id || ':' || l.lead_id, l.created_at, 0, %2$L,
                   false, false, NULL, NULL, NULL
            FROM warehouse.fact_leads l
            %1$s
            WHERE %3$s$sql$, format(client_joins, 'l'), stages[1], is_client) END,
        is_client,
        CASE kept
            WHEN 'everybody' THEN 'analytics.journeys_with_views(
                r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view)'
            ELSE 'analytics.journeys_with_ids(
                r.client_key, r.occurred_at, r.touch_number, r.key, r.is_paid, r.amount, r.is_view, r.conversion_id, r.part)' END)
    USING rules, kept, rules.dimension, dimensions, rules.conversion_types[1],
        rules.conversion_hosts, rules.granularity, members, touches, with_parts;
END
$$;
COMMENT ON FUNCTION analytics_internal.node_journeys IS
'What warehouse_journeys() says, put together on the nodes of Citus
Of one type of conversions; each bucket of clients by itself.';

CREATE FUNCTION analytics_internal.warehouse_paths(
    rules analytics_internal.path_rules, replicates int DEFAULT 0, seed bigint DEFAULT 0, members text[] DEFAULT NULL,
    with_parts boolean DEFAULT false, touches text DEFAULT 'all')
    RETURNS TABLE (replicate int, paths analytics.path_counts, attribution_window text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH collected AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_journeys(
            rules, 'everybody', members, with_parts => with_parts, touches => touches)
    )
    SELECT r.n, analytics.path_counts_union(analytics.journey_paths(
               j.journeys, COALESCE(w.lookback, j.lookback), rules.cycle, j.period_start, j.period_end, true,
               rules.include_conversion_touch, rules.exclude_keys, rules.only_keys, rules.views, rules.transform, rules.transform_key,
               rules.max_touches, rules.nulls_before, NULLIF(r.n, 0), seed, w.view_lookback, with_parts, j.day_starts)),
           w.attribution_window
    FROM generate_series(0, replicates) r (n)
    CROSS JOIN analytics_internal.attribution_windows(rules.windows, rules.lookback, rules.view_lookback) w
    LEFT JOIN collected j ON true
    GROUP BY r.n, w.attribution_window;
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_paths IS
'The counted paths of a period over all businesses, and their replicates
replicate 0 has each client once; the others as often as the bootstrap draws it.';

CREATE FUNCTION analytics_internal.campaign_channels() RETURNS TABLE (business_id bigint, campaign_key bigint, channel text)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    -- As a paid click of the campaign would be classified.
    SELECT d.business_id, d.campaign_key, c.channel
    FROM warehouse.dim_campaigns d
    CROSS JOIN LATERAL analytics.classify_touch(
        (SELECT analytics.channel_ruleset()), NULL, d.platform, 'cpc', d.campaign_name) c
$$;
COMMENT ON FUNCTION analytics_internal.campaign_channels IS 'The channel of each campaign: that of a paid click of it';

CREATE FUNCTION analytics_internal.spend_by_key(rules analytics_internal.path_rules, members text[] DEFAULT NULL)
    RETURNS TABLE (period_start date, keys text[], spend numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    dimensions CONSTANT text[] := string_to_array(rules.dimension, '+');
    wanted_grain CONSTANT text := CASE WHEN dimensions && '{ad,creative}' THEN 'ad' WHEN dimensions && '{ad_group}' THEN 'ad_group' END;
BEGIN
    IF NOT dimensions <@ '{platform,family,channel,campaign,ad_group,ad,creative}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    SELECT date_trunc(rules.granularity, r.date)::date,
           ARRAY(
               SELECT analytics_internal.touch_key(
                   d.name, COALESCE(c.platform, r.platform), p.family, h.channel, c.label, COALESCE(r.ad_group_id, a.ad_group_id), r.ad_id,
                   a.creative_id, NULL, NULL, NULL, NULL, NULL, NULL)
               FROM unnest(dimensions) WITH ORDINALITY d (name, n)
               ORDER BY d.n),
           sum(r.spend)
    FROM (
        SELECT r.business_id, r.date, r.platform, r.campaign_key, NULL::text AS ad_group_id, NULL::text AS ad_id, r.spend
        FROM warehouse.campaign_roi_daily r
        WHERE wanted_grain IS NULL AND r.date BETWEEN rules.date_from AND rules.date_to AND r.spend <> 0
        UNION ALL
        SELECT f.business_id, f.date, f.platform, k.campaign_key, NULLIF(f.ad_group_id, ''), NULLIF(f.ad_id, ''), f.spend
        FROM (
            -- What two exports have counts once, as in the views of ads.
            SELECT f.*, rank() OVER (
                       PARTITION BY f.business_id, f.date, f.platform, COALESCE(NULLIF(f.ad_id, ''), f.ad_group_id)
                       ORDER BY f.priority DESC, f.source_id) AS choice
            FROM warehouse.fact_campaign_performance_daily f
            WHERE f.date BETWEEN rules.date_from AND rules.date_to AND f.grain = wanted_grain
        ) f
        LEFT JOIN warehouse.dim_campaigns k
            ON k.business_id = f.business_id AND k.platform = f.platform AND k.campaign_id = f.campaign_id
        WHERE f.choice = 1
    ) r
    LEFT JOIN analytics_internal.campaign_labels(rules.dimension) c
        ON 'campaign' = ANY (dimensions) AND c.business_id = r.business_id AND c.campaign_key = r.campaign_key
    LEFT JOIN warehouse.dim_platforms p ON p.business_id = r.business_id AND p.platform = r.platform
    LEFT JOIN analytics_internal.campaign_channels() h
        ON 'channel' = ANY (dimensions) AND h.business_id = r.business_id AND h.campaign_key = r.campaign_key
    LEFT JOIN warehouse.dim_ad_creatives a ON a.business_id = r.business_id AND a.platform = r.platform AND a.ad_id = r.ad_id
    WHERE (rules.business_id IS NULL OR r.business_id = rules.business_id) AND (members IS NULL OR r.platform = ANY (members))
    GROUP BY 1, 2;
END
$$;
COMMENT ON FUNCTION analytics_internal.spend_by_key IS 'Spend of a period by a dimension of attribution, where ads are counted by it';

CREATE FUNCTION analytics_internal.conversions_made(rules analytics_internal.path_rules, OUT conversions bigint, OUT amount numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- Citus sends no types of an extension to its nodes.
    date_from CONSTANT date := rules.date_from;
    date_to CONSTANT date := rules.date_to;
    wanted_business CONSTANT bigint := rules.business_id;
    conversion_types CONSTANT text[] := rules.conversion_types;
    hosts CONSTANT text[] := rules.conversion_hosts;
BEGIN
    WITH business AS MATERIALIZED (
        SELECT s.business_id, date_from::timestamp AT TIME ZONE s.reporting_timezone AS period_start,
               (date_to + 1)::timestamp AT TIME ZONE s.reporting_timezone AS period_end
        FROM warehouse.settings s
        WHERE wanted_business IS NULL OR s.business_id = wanted_business
    ), made AS MATERIALIZED (
        SELECT c.client_bucket, c.business_id, c.conversion_type, count(*) FILTER (WHERE c.amount >= 0) AS valued,
               count(*) FILTER (WHERE c.amount IS NULL) AS unvalued, sum(c.amount) AS amount
        FROM warehouse.conversion c
        JOIN business b ON b.business_id = c.business_id
        WHERE c.conversion_type = ANY (conversion_types) AND (wanted_business IS NULL OR c.business_id = wanted_business)
          AND c.converted_at >= (SELECT min(f.period_start) FROM business f)
          AND c.converted_at < (SELECT max(l.period_end) FROM business l)
          AND c.converted_at >= b.period_start AND c.converted_at < b.period_end
          AND (hosts = '{}' OR c.host = ANY (hosts))
        GROUP BY c.client_bucket, c.business_id, c.conversion_type
    )
    SELECT COALESCE(sum(m.valued + CASE WHEN COALESCE(v.default_value, 0) >= 0 THEN m.unvalued ELSE 0 END), 0),
           COALESCE(sum(COALESCE(m.amount, 0) + m.unvalued * COALESCE(v.default_value, 0)), 0)
    INTO conversions, amount
    FROM made m
    LEFT JOIN warehouse.conversion_setting v ON v.business_id = m.business_id AND v.conversion_type = m.conversion_type;
END
$$;
COMMENT ON FUNCTION analytics_internal.conversions_made IS
'How many conversions a period has, and what they are worth
Refunds, conversions below zero, are taken off and not counted.';

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

-- Inlined: rows of touches are many.
CREATE FUNCTION analytics_internal.credit_keys(
    dimension text, of_touch text[], of_conversion text[], key text, touch_part text, conversion_part text) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE
        WHEN key IS NULL AND pg_catalog.cardinality(of_touch) <> 1 THEN '{(unattributed)}'::text[]
        WHEN pg_catalog.cardinality(of_touch) = 2 THEN ARRAY[
            pg_catalog.left(key, pg_catalog.split_part(pg_catalog.substr(touch_part, 2), ':', 1)::int),
            pg_catalog.substr(key, pg_catalog.split_part(pg_catalog.substr(touch_part, 2), ':', 1)::int + 4)]
        ELSE pg_catalog.array_cat(
            CASE WHEN pg_catalog.starts_with(dimension, of_touch[1]) THEN ARRAY[COALESCE(key, '(unattributed)')] ELSE '{}'::text[] END,
            pg_catalog.array_cat(
                CASE WHEN pg_catalog.cardinality(of_conversion) = 0 THEN '{}'::text[]
                     ELSE (pg_catalog.string_to_array(conversion_part, E'\x1F'))[2:] END,
                CASE WHEN NOT pg_catalog.starts_with(dimension, of_touch[1]) THEN ARRAY[COALESCE(key, '(unattributed)')]
                     ELSE '{}'::text[] END))
    END
$$;
COMMENT ON FUNCTION analytics_internal.credit_keys IS
'The key by each dimension, of a key and its parts
As warehouse_journeys() writes them. of_touch, of_conversion: touch_dimensions() and conversion_dimensions() of the dimension.';

CREATE FUNCTION analytics_internal.asks_for_parts(rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules)
    RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT sharing.members IS NOT NULL OR sharing.touches <> 'all' OR rules.granularity IS NOT NULL AND sharing.basis = 'touch'
        OR cardinality(analytics_internal.touch_dimensions(rules.dimension)) = 2
$$;
COMMENT ON FUNCTION analytics_internal.asks_for_parts IS 'Whether keys of touches need a part, see warehouse_journeys()';

CREATE FUNCTION analytics_internal.is_wanted(sharing analytics_internal.sharing_rules, touch_part text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN touch_part IS NULL THEN sharing.members IS NULL AND sharing.touches = 'all'
                ELSE pg_catalog.left(touch_part, 1) = '1' END
$$;
COMMENT ON FUNCTION analytics_internal.is_wanted IS
'Whether credit is asked for: by its platform, and whether it was paid for
Conversions that nobody earned, which have no part, are where all touches are.';

CREATE FUNCTION analytics_internal.stage_keys(models text[]) RETURNS text[]
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN models && '{w_shaped,full_path}' THEN ARRAY[E'\x1Elead'] ELSE '{}' END $$;
COMMENT ON FUNCTION analytics_internal.stage_keys IS 'The key of leads, if one of the models asks for stages';

CREATE TYPE analytics_internal.key_credit AS (
    model text, attribution_window text, period_start date, keys text[], "position" int, wanted boolean, unattributed boolean,
    conversions double precision, value double precision, supporting bigint, assisted bigint, clients bigint,
    conversions_replicates double precision[], value_replicates double precision[], removal_effect double precision,
    removal_effect_value double precision, base_probability double precision, order_used int);
COMMENT ON TYPE analytics_internal.key_credit IS
'What a key earned by a model, over all businesses asked for
keys: by each dimension. wanted: whether its credit is asked for; unattributed: whether it stands for conversions that no touch earned.
Columns that a model does not know are NULL.';

CREATE FUNCTION analytics_internal.touch_credit(rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules)
    RETURNS SETOF analytics_internal.key_credit
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    by_touch CONSTANT boolean := sharing.basis = 'touch';
    models CONSTANT text[] := analytics_internal.touch_models(sharing.models);
    stages CONSTANT text[] := analytics_internal.stage_keys(models);
    with_parts CONSTANT boolean := analytics_internal.asks_for_parts(rules, sharing);
    of_touch CONSTANT text[] := analytics_internal.touch_dimensions(rules.dimension);
    of_conversion CONSTANT text[] := analytics_internal.conversion_dimensions(rules.dimension);
BEGIN
    IF models = '{}' THEN
        RETURN;
    END IF;
    RETURN QUERY
    WITH credit AS (
        SELECT a.model, w.attribution_window,
               NULLIF(split_part(
                   CASE WHEN by_touch AND a.key IS NOT NULL THEN split_part(a.touch_part, ':', 2) ELSE a.conversion_part END, E'\x1F', 1),
                   '')::date AS period_start,
               analytics_internal.credit_keys(rules.dimension, of_touch, of_conversion, a.key, a.touch_part, a.conversion_part) AS keys,
               a.key IS NULL AS unattributed,
               NOT with_parts OR analytics_internal.is_wanted(sharing, a.touch_part) AS wanted,
               a.conversions, a.value, a.conversions_rest, a.value_rest, a.supporting, a.assisted, a.clients, a.conversions_replicates,
               a.value_replicates
        FROM analytics_internal.warehouse_journeys(
            rules, CASE WHEN by_touch THEN 'touch' ELSE 'converters' END, sharing.members, stages, with_parts,
            sharing.touches) j
        CROSS JOIN analytics_internal.attribution_windows(rules.windows, rules.lookback, rules.view_lookback) w
        CROSS JOIN LATERAL analytics.credit_by_part(
            j.journeys, models, COALESCE(w.lookback, j.lookback), COALESCE(sharing.half_life, j.half_life), rules.cycle, sharing.fallback,
            position_weights => sharing.position_weights, converted_from => CASE WHEN NOT by_touch THEN j.period_start END,
            converted_before => CASE WHEN NOT by_touch THEN j.period_end END, two_touch => sharing.two_touch,
            first_weights => sharing.first_weights, last_weights => sharing.last_weights,
            include_conversion_touch => rules.include_conversion_touch, exclude_keys => rules.exclude_keys, only_keys => rules.only_keys,
            views => rules.views, transform => rules.transform, transform_key => rules.transform_key, max_touches => rules.max_touches,
            stage_keys => stages, touched_from => CASE WHEN by_touch THEN j.period_start END,
            touched_before => CASE WHEN by_touch THEN j.period_end END, replicates => sharing.replicates, seed => sharing.seed,
            confidence => sharing.confidence, view_lookback => w.view_lookback, key_parts => with_parts,
            keys_together => of_touch = '{}', day_starts => j.day_starts, periods_together => by_touch) a
    ), replicated AS (
        SELECT r.model, r.attribution_window, r.period_start, r.keys, r.wanted, r.unattributed,
               array_agg(r.conversions ORDER BY r.n) AS conversions, array_agg(r.value ORDER BY r.n) AS value
        FROM (
            SELECT c.model, c.attribution_window, c.period_start, c.keys, c.wanted, c.unattributed, u.n, sum(u.conversions) AS conversions,
                   sum(u.value) AS value
            FROM credit c
            CROSS JOIN ROWS FROM (unnest(c.conversions_replicates), unnest(c.value_replicates)) WITH ORDINALITY u (conversions, value, n)
            GROUP BY c.model, c.attribution_window, c.period_start, c.keys, c.wanted, c.unattributed, u.n
        ) r
        GROUP BY r.model, r.attribution_window, r.period_start, r.keys, r.wanted, r.unattributed
    )
    SELECT c.model, c.attribution_window, c.period_start, c.keys, NULL::int, c.wanted, c.unattributed, c.conversions, c.value, c.supporting,
           c.assisted, c.clients, r.conversions, r.value, NULL::double precision, NULL::double precision, NULL::double precision, NULL::int
    FROM (
        SELECT c.model, c.attribution_window, c.period_start, c.keys, c.wanted, c.unattributed,
               (SELECT analytics.compensated_sum(u.x)
                FROM unnest(array_agg(c.conversions) || array_agg(c.conversions_rest)) u (x)) AS conversions,
               (SELECT analytics.compensated_sum(u.x) FROM unnest(array_agg(c.value) || array_agg(c.value_rest)) u (x)) AS value,
               sum(c.supporting)::bigint AS supporting, sum(c.assisted)::bigint AS assisted, sum(c.clients)::bigint AS clients
        FROM credit c
        GROUP BY c.model, c.attribution_window, c.period_start, c.keys, c.wanted, c.unattributed
    ) c
    LEFT JOIN replicated r ON r.model = c.model AND r.keys = c.keys AND r.wanted = c.wanted AND r.unattributed = c.unattributed
        AND r.attribution_window IS NOT DISTINCT FROM c.attribution_window AND r.period_start IS NOT DISTINCT FROM c.period_start;
END
$$;
COMMENT ON FUNCTION analytics_internal.touch_credit IS
'Credit by models that share each conversion among the touches of its path
Replicates of businesses add up one by one.';

CREATE FUNCTION analytics_internal.warehouse_touches(
    rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules, all_touches boolean)
    RETURNS TABLE (business_id bigint, client_key bigint, conversion_type text, source_id bigint, conversion_id text, touch_number int,
                   model text,
                   attribution_window text, keys text[], weight double precision, conversions double precision, value double precision,
                   rank int, touches int, days_before double precision, converted_at timestamptz, touched_at timestamptz,
                   is_paid boolean, is_view boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    by_touch CONSTANT boolean := sharing.basis = 'touch';
    stages CONSTANT text[] := analytics_internal.stage_keys(sharing.models);
    with_parts CONSTANT boolean := analytics_internal.asks_for_parts(rules, sharing);
    of_touch CONSTANT text[] := analytics_internal.touch_dimensions(rules.dimension);
    of_conversion CONSTANT text[] := analytics_internal.conversion_dimensions(rules.dimension);
BEGIN
    RETURN QUERY
    SELECT j.business_id, c.client::bigint, rules.conversion_types[split_part(c.conversion_id, ':', 1)::int],
           split_part(c.conversion_id, ':', 2)::bigint,
           substr(c.conversion_id, length(split_part(c.conversion_id, ':', 1)) + length(split_part(c.conversion_id, ':', 2)) + 3),
           c.touch_id::int, c.model,
           w.attribution_window,
           analytics_internal.credit_keys(rules.dimension, of_touch, of_conversion, c.key, c.touch_part, c.conversion_part),
           c.weight, c.conversions, c.value, c.rank, c.touches, c.days_before, c.converted_at, c.touched_at, c.is_paid, c.is_view
    FROM analytics_internal.warehouse_journeys(
        rules, CASE WHEN by_touch THEN 'touch' ELSE 'converters' END, sharing.members, stages, with_parts,
            sharing.touches) j
    CROSS JOIN analytics_internal.attribution_windows(rules.windows, rules.lookback, rules.view_lookback) w
    CROSS JOIN LATERAL analytics.credit_touches(
        j.journeys, sharing.models, COALESCE(w.lookback, j.lookback), COALESCE(sharing.half_life, j.half_life), rules.cycle,
        sharing.fallback, position_weights => sharing.position_weights, converted_from => CASE WHEN NOT by_touch THEN j.period_start END,
        converted_before => CASE WHEN NOT by_touch THEN j.period_end END, two_touch => sharing.two_touch,
        first_weights => sharing.first_weights, last_weights => sharing.last_weights,
        include_conversion_touch => rules.include_conversion_touch, exclude_keys => rules.exclude_keys, only_keys => rules.only_keys,
        views => rules.views, transform => rules.transform, transform_key => rules.transform_key, max_touches => rules.max_touches,
        stage_keys => stages, touched_from => CASE WHEN by_touch THEN j.period_start END,
        touched_before => CASE WHEN by_touch THEN j.period_end END, all_touches => all_touches, key_parts => with_parts,
        view_lookback => w.view_lookback, day_starts => j.day_starts) c
    WHERE NOT with_parts OR analytics_internal.is_wanted(sharing, c.touch_part);
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_touches IS
'The rows that touch_credit() adds up
Of the credit asked for; touches and conversions by their numbers.';

CREATE FUNCTION analytics_internal.path_credit(
    rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules, models text[])
    RETURNS SETOF analytics_internal.key_credit
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    with_parts CONSTANT boolean := analytics_internal.asks_for_parts(rules, sharing);
    of_touch CONSTANT text[] := analytics_internal.touch_dimensions(rules.dimension);
    of_conversion CONSTANT text[] := analytics_internal.conversion_dimensions(rules.dimension);
BEGIN
    IF models = '{}' THEN
        RETURN;
    ELSIF rules.granularity IS NOT NULL OR of_conversion <> '{}' THEN
        RAISE EXCEPTION 'models that learn from all paths know neither a granularity nor dimensions of conversions'
            USING ERRCODE = 'feature_not_supported', HINT = 'Ask for markov and shapley period by period, by a dimension of touches.';
    END IF;
    RETURN QUERY
    WITH counted AS MATERIALIZED (
        SELECT * FROM analytics_internal.warehouse_paths(
            rules, sharing.replicates, sharing.seed, sharing.members, with_parts, sharing.touches)
    ), chosen AS (
        SELECT p.attribution_window, COALESCE(
            sharing.markov_order, (SELECT o."order" FROM analytics.markov_order(p.paths) o WHERE o.best), 1) AS markov_order
        FROM counted p
        WHERE p.replicate = 0
    ), credit AS MATERIALIZED (
        SELECT 'markov' AS model, p.attribution_window, p.replicate, m.key, NULL::int AS "position", m.conversions, m.value,
               m.removal_effect, m.removal_effect_value, m.base_probability, m.order_used
        FROM counted p
        JOIN chosen o ON o.attribution_window IS NOT DISTINCT FROM p.attribution_window
        CROSS JOIN LATERAL analytics.markov_credit(p.paths, o.markov_order) m
        WHERE 'markov' = ANY (models)
        UNION ALL
        SELECT g.model, p.attribution_window, p.replicate, s.key, s."position", s.conversions, s.value, NULL, NULL, NULL, NULL
        FROM unnest(models) g (model)
        CROSS JOIN counted p
        CROSS JOIN LATERAL analytics.shapley_credit(p.paths, COALESCE(NULLIF(substr(g.model, 9), ''), 'cumulative')) s
        WHERE g.model <> 'markov'
    ), point AS (
        SELECT c.*, row_number() OVER (ORDER BY c.model, c.attribution_window, c.key COLLATE "C", c."position") AS n
        FROM credit c
        WHERE c.replicate = 0
    ), replicated AS (
        SELECT p.n, array_agg(COALESCE(c.conversions, 0)) AS conversions, array_agg(COALESCE(c.value, 0)) AS value
        FROM point p
        CROSS JOIN generate_series(1, sharing.replicates) r (n)
        LEFT JOIN credit c ON c.replicate = r.n AND c.model = p.model AND c.key IS NOT DISTINCT FROM p.key
            AND c."position" IS NOT DISTINCT FROM p."position" AND c.attribution_window IS NOT DISTINCT FROM p.attribution_window
        GROUP BY p.n
    )
    SELECT p.model, p.attribution_window, NULL::date,
           analytics_internal.credit_keys(rules.dimension, of_touch, of_conversion, k.key, k.part, NULL), p."position",
           NOT with_parts OR analytics_internal.is_wanted(sharing, k.part), p.key IS NULL, p.conversions, p.value, NULL::bigint,
           NULL::bigint, NULL::bigint, r.conversions, r.value, p.removal_effect, p.removal_effect_value, p.base_probability, p.order_used
    FROM point p
    CROSS JOIN LATERAL (
        SELECT CASE WHEN with_parts THEN split_part(p.key, E'\x1F', 1) ELSE p.key END AS key,
               CASE WHEN with_parts THEN split_part(p.key, E'\x1F', 2) END AS part
    ) k
    LEFT JOIN replicated r ON r.n = p.n;
END
$$;
COMMENT ON FUNCTION analytics_internal.path_credit IS
'Credit by models that learn from all paths of a period together
Keys with different parts are keys of their own: what was paid for and what was not.';

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
                   base_probability double precision, order_used int, period_start date, keys text[], attribution_window text)
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
        SELECT k.*, w.n AS window_number,
               row_number() OVER (PARTITION BY k.model, w.n ORDER BY array_to_string(k.keys, ' / ') COLLATE "C", k."position", k.wanted,
                   k.unattributed, k.period_start) AS n
        FROM (
            SELECT * FROM analytics_internal.touch_credit(rules, sharing)
            UNION ALL
            SELECT * FROM analytics_internal.path_credit(rules, sharing, analytics_internal.path_models(sharing.models))
        ) k
        JOIN analytics_internal.attribution_windows(rules.windows, NULL, NULL) w
            ON w.attribution_window IS NOT DISTINCT FROM k.attribution_window
    ), total AS (
        SELECT k.model, k.window_number,
               CASE WHEN by_touch THEN sum(k.conversions) ELSE max(c.conversions)::double precision END AS contracts,
               CASE WHEN by_touch OR k.model = 'participation' THEN round(sum(k.value)::numeric, 4) ELSE max(c.amount) END AS amount
        FROM per_key k
        CROSS JOIN analytics_internal.conversions_made(rules) c
        GROUP BY k.model, k.window_number
    ), exact AS (
        -- The revenue of the keys adds up to the revenue of the contracts, exactly.
        SELECT s.model, s.window_number, u.n, u.revenue
        FROM (
            SELECT k.model, k.window_number, analytics_internal.share_exactly(array_agg(k.value ORDER BY k.n), max(t.amount)) AS revenues
            FROM per_key k
            JOIN total t ON t.model = k.model AND t.window_number = k.window_number
            GROUP BY k.model, k.window_number
        ) s
        CROSS JOIN unnest(s.revenues) WITH ORDINALITY u (revenue, n)
    ), answer AS (
        SELECT k.*, e.revenue, i.low, i.high, v.low AS value_low, v.high AS value_high
        FROM per_key k
        JOIN exact e ON e.model = k.model AND e.window_number = k.window_number AND e.n = k.n
        CROSS JOIN analytics_internal.replicate_interval(k.conversions_replicates, sharing.confidence) i
        CROSS JOIN analytics_internal.replicate_interval(k.value_replicates, sharing.confidence) v
        WHERE k.wanted
    ), spent AS (
        SELECT s.period_start, s.keys, s.spend
        FROM analytics_internal.spend_by_key(rules, sharing.members) s
        -- Ordered credit is per place, spend is not; and none of it paid for what was not paid for.
        WHERE NOT sharing.models && '{shapley_ordered,shapley_ordered_keys}' AND sharing.touches <> 'organic'
    )
    SELECT m.model, array_to_string(k.keys, ' / '), COALESCE(a.conversions, 0),
           COALESCE(a.revenue, 0)::numeric(18,4),
           analytics_internal.percentage(COALESCE(a.conversions, 0)::numeric, t.contracts::numeric), s.spend::numeric(18,4),
           analytics_internal.quotient(s.spend, a.conversions::numeric), analytics_internal.quotient(COALESCE(a.revenue, 0), s.spend),
           COALESCE(a.assisted, 0), CASE WHEN NOT by_touch THEN COALESCE(a.supporting, 0) / NULLIF(t.contracts, 0) END,
           COALESCE(a.supporting, 0), COALESCE(a.clients, 0), a.low, a.high,
           a.value_low::numeric(18,4),
           a.value_high::numeric(18,4), one_currency, a."position", a.removal_effect,
           a.removal_effect_value, a.base_probability, a.order_used, k.period_start, k.keys, w.attribution_window
    FROM (SELECT DISTINCT unnest(sharing.models) AS model) m
    CROSS JOIN analytics_internal.attribution_windows(rules.windows, NULL, NULL) w
    CROSS JOIN (SELECT x.period_start, x.keys FROM answer x UNION SELECT x.period_start, x.keys FROM spent x) k
    LEFT JOIN total t ON t.model = m.model AND t.window_number = w.n
    LEFT JOIN answer a
        ON a.model = m.model AND a.window_number = w.n AND a.keys = k.keys AND a.period_start IS NOT DISTINCT FROM k.period_start
    LEFT JOIN spent s ON s.keys = k.keys AND s.period_start IS NOT DISTINCT FROM k.period_start
    ORDER BY array_position(sharing.models, m.model), w.n, k.period_start, COALESCE(a.unattributed, false),
             COALESCE(a.conversions, 0) DESC, array_to_string(k.keys, ' / ') COLLATE "C", a."position";
END
$$;
COMMENT ON FUNCTION analytics_internal.warehouse_attribution IS
'Credit beside spend: what the readers of attribution show, each its own columns';

CREATE FUNCTION analytics_internal.key_factors(rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules)
    RETURNS TABLE (model text, key text, attribution_window text, factor double precision, factor_low double precision,
                   factor_high double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted bigint;
    test record;
    period analytics_internal.path_rules := rules;
BEGIN
    IF rules.dimension NOT IN ('platform', 'campaign') THEN
        RAISE EXCEPTION 'calibrated credit is by platform or by campaign' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'Tests are of platforms or of campaigns: take one of these for dimension.';
    END IF;
    wanted := analytics_internal.planned_business(rules.business_id);
    sharing.replicates := 0;
    period.granularity := NULL;
    FOR test IN
        SELECT DISTINCT ON (COALESCE(l.label, c.platform)) COALESCE(l.label, c.platform) AS key, c.*
        FROM analytics.calibrations(wanted, rules.date_to) c
        LEFT JOIN warehouse.dim_campaigns k
            ON k.business_id = c.business AND k.campaign_id = c.campaign_id AND COALESCE(k.platform = c.platform, true)
        LEFT JOIN analytics_internal.campaign_labels(rules.dimension) l
            ON l.business_id = k.business_id AND l.campaign_key = k.campaign_key
        WHERE CASE rules.dimension WHEN 'platform' THEN c.campaign_id IS NULL ELSE l.label IS NOT NULL END
        ORDER BY COALESCE(l.label, c.platform), c.date_to DESC, c.calibration_id DESC
    LOOP
        period.date_from := test.date_from;
        period.date_to := test.date_to;
        RETURN QUERY
        SELECT a.model, a.key, a.attribution_window, f.factor, f.factor_low, f.factor_high
        FROM analytics_internal.warehouse_attribution(period, sharing) a
        CROSS JOIN LATERAL (
            SELECT CASE test.metric || ' ' || array_to_string(rules.conversion_types, ' ')
                WHEN 'contracts contract' THEN a.conversions
                WHEN 'leads lead' THEN a.conversions
                WHEN 'revenue contract' THEN a.revenue::double precision
                ELSE test.attributed
            END AS attributed
        ) m
        CROSS JOIN LATERAL analytics.calibration_factor(
            CASE WHEN m.attributed > 0 THEN m.attributed END, test.measured, test.measured_low, test.measured_high, test.confidence,
            GREATEST(rules.date_to - test.date_to, 0)) f
        WHERE a.key = test.key;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics_internal.key_factors IS
'What to multiply the credit of each model and key by, where a test says so
The latest test of a key: what the model gives the key in its period, against what was measured.';

CREATE FUNCTION analytics_internal.calibrated_attribution(
    rules analytics_internal.path_rules, sharing analytics_internal.sharing_rules, calibrated boolean)
    RETURNS TABLE (model text, key text, conversions double precision, revenue numeric, share_pct numeric, spend numeric, cpa numeric,
                   roas numeric, assisted bigint, p_support double precision, supporting bigint, clients bigint,
                   conversions_low double precision, conversions_high double precision, revenue_low numeric, revenue_high numeric,
                   currency text, period_start date, keys text[], attribution_window text, factor double precision,
                   factor_low double precision, factor_high double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    IF calibrated IS NOT TRUE THEN
        RETURN QUERY
        SELECT a.model, a.key, a.conversions, a.revenue, a.share_pct, a.spend, a.cpa, a.roas, a.assisted, a.p_support, a.supporting,
               a.clients, a.conversions_low, a.conversions_high, a.revenue_low, a.revenue_high, a.currency,
               a.period_start, a.keys, a.attribution_window, NULL::double precision, NULL::double precision, NULL::double precision
        FROM analytics_internal.warehouse_attribution(rules, sharing) a;
        RETURN;
    END IF;
    RETURN QUERY
    WITH credit AS MATERIALIZED (
        SELECT a.*, row_number() OVER () AS n FROM analytics_internal.warehouse_attribution(rules, sharing) a
    ), adjusted AS (
        SELECT c.*, f.factor, f.factor_low, f.factor_high, c.conversions * COALESCE(f.factor, 1) AS caused,
               round(c.revenue * COALESCE(f.factor, 1)::numeric, 4) AS earned
        FROM credit c
        LEFT JOIN analytics_internal.key_factors(rules, sharing) f
            ON f.model = c.model AND f.key = c.key AND f.attribution_window IS NOT DISTINCT FROM c.attribution_window
    ), shown AS (
        SELECT a.n, a.model, a.key, a.caused, a.earned, round(a.share_pct * COALESCE(a.factor, 1)::numeric, 2) AS share_pct, a.spend,
               a.assisted, a.p_support, a.supporting, a.clients, a.conversions_low * COALESCE(a.factor, 1) AS conversions_low,
               a.conversions_high * COALESCE(a.factor, 1) AS conversions_high,
               round(a.revenue_low * COALESCE(a.factor, 1)::numeric, 4) AS revenue_low,
               round(a.revenue_high * COALESCE(a.factor, 1)::numeric, 4) AS revenue_high, a.currency, a.period_start, a.keys,
               a.attribution_window, a.factor, a.factor_low, a.factor_high
        FROM adjusted a
        UNION ALL
        -- What would have come anyway, so that a model's rows add up to the same as without tests.
        SELECT max(a.n), a.model, '(baseline)', sum(a.conversions - a.caused), sum(a.revenue - a.earned),
               round(sum(a.share_pct * (1 - COALESCE(a.factor, 1)::numeric)), 2), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
               max(a.currency), a.period_start, NULL, a.attribution_window, NULL, NULL, NULL
        FROM adjusted a
        GROUP BY a.model, a.period_start, a.attribution_window
        HAVING count(a.factor) > 0
    )
    SELECT s.model, s.key, s.caused, s.earned::numeric(18,4), s.share_pct, s.spend,
           analytics_internal.quotient(s.spend, s.caused::numeric), analytics_internal.quotient(s.earned, s.spend), s.assisted, s.p_support,
           s.supporting, s.clients, s.conversions_low, s.conversions_high, s.revenue_low::numeric(18,4), s.revenue_high::numeric(18,4),
           s.currency, s.period_start, s.keys, s.attribution_window, s.factor, s.factor_low, s.factor_high
    FROM shown s
    ORDER BY s.n, s.key = '(baseline)';
END
$$;
COMMENT ON FUNCTION analytics_internal.calibrated_attribution IS
'Credit beside spend, where asked for multiplied by what tests measured';
