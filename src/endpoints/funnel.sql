-- Funnel and contracts. What asks for single touches, clients or contracts reads facts: PL/pgSQL with one static query, whose filters
-- are its arguments. What rollups answer needs none of them.

CREATE TYPE analytics.funnel_touch AS (
    event_id text, client_id text, occurred_at timestamptz, touch_number int, touch_role text, platform text, channel text,
    campaign_id text, campaign_name text, is_lead boolean, is_contract boolean, amount numeric, event_key text, business_id bigint,
    total_rows bigint
);
COMMENT ON TYPE analytics.funnel_touch IS 'A touch, as analytics.events_funnel() shows it';
COMMENT ON COLUMN analytics.funnel_touch.touch_role IS 'first; last for a later touch by which a contract was signed; mid for the others';
COMMENT ON COLUMN analytics.funnel_touch.amount IS 'Of the contracts that were signed by this touch; NULL where none was';
COMMENT ON COLUMN analytics.funnel_touch.event_key IS 'Names the touch among all sources: what after_event takes';
COMMENT ON COLUMN analytics.funnel_touch.total_rows IS 'Rows of all pages, where they were asked for';

-- A page has few rows, each of which finds its own by index: a hash would be made of whole tables of facts.
CREATE FUNCTION analytics.events_funnel(start_date date, end_date date, platform text DEFAULT NULL, row_limit int DEFAULT 100,
    after_event text DEFAULT NULL, business_id bigint DEFAULT NULL, with_total boolean DEFAULT false, platform_level text DEFAULT NULL)
    RETURNS SETOF analytics.funnel_touch
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET enable_hashjoin = off SET enable_mergejoin = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted_platforms text[];
    after_business bigint;
    after_day date;
    after_time timestamptz;
    after_source bigint;
    after_id text;
    level text;
    businesses bigint[];
    business bigint;
    total bigint;
    shown bigint;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(start_date, end_date);
    businesses := ARRAY(SELECT b.business FROM analytics_internal.businesses(events_funnel.business_id) b ORDER BY 1);
    level := analytics_internal.checked_level(events_funnel.platform_level, events_funnel.business_id);
    row_limit := analytics_internal.check_row_limit(row_limit, 100);
    wanted_platforms := analytics_internal.platform_members(array_remove(ARRAY[events_funnel.platform], NULL));
    IF after_event IS NOT NULL THEN
        SELECT e.business_id, e.event_date, e.occurred_at, e.source_id, e.event_id
        INTO after_business, after_day, after_time, after_source, after_id
        FROM warehouse.fact_events e
        WHERE e.business_id = ANY (businesses) AND e.source_id::text = split_part(after_event, ':', 1)
          AND e.event_id = substr(after_event, strpos(after_event, ':') + 1);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no event "%"', after_event USING ERRCODE = 'invalid_parameter_value',
                HINT = 'after_event takes the event_key of the last row of the page before.';
        END IF;
    END IF;
    IF events_funnel.with_total THEN
        SELECT count(*) INTO total
        FROM warehouse.fact_events e
        WHERE e.business_id = ANY (businesses) AND e.event_date BETWEEN start_date AND end_date
          AND (wanted_platforms IS NULL OR e.platform = ANY (wanted_platforms));
    END IF;
    -- Business by business and day by day, as the index has them: a page costs its own days, whatever the period.
    FOREACH business IN ARRAY businesses LOOP
        CONTINUE WHEN business < after_business;
        RETURN QUERY
        WITH page AS MATERIALIZED (
            SELECT e.*
            FROM warehouse.fact_events e
            WHERE e.business_id = business AND e.event_date <= end_date
              AND e.event_date >= CASE WHEN after_business = business THEN GREATEST(after_day, start_date) ELSE start_date END
              AND (wanted_platforms IS NULL OR e.platform = ANY (wanted_platforms))
              AND (after_business IS DISTINCT FROM business
                   OR (e.event_date, e.occurred_at, e.source_id, e.event_id COLLATE "C") > (after_day, after_time, after_source, after_id))
            ORDER BY e.event_date, e.occurred_at, e.source_id, e.event_id COLLATE "C"
            LIMIT row_limit
        ), signed AS MATERIALIZED (
            SELECT k.client_bucket, k.client_key, k.event_id, sum(k.amount) AS amount
            FROM (SELECT DISTINCT p.client_bucket, p.client_key, p.event_id FROM page p WHERE p.is_contract) e
            JOIN warehouse.fact_contracts k ON k.business_id = business AND k.client_bucket = e.client_bucket
                AND k.client_key = e.client_key AND k.event_id = e.event_id
            GROUP BY k.client_bucket, k.client_key, k.event_id
        )
        SELECT e.event_id, d.client_id, e.occurred_at, e.touch_number, e.touch_role,
               analytics_internal.platform_at(level, e.business_id, e.platform), e.channel, c.campaign_id, c.campaign_name,
               e.is_lead, e.is_contract, k.amount, e.source_id || ':' || e.event_id, e.business_id, total
        FROM page e
        LEFT JOIN warehouse.dim_clients d ON d.business_id = e.business_id AND d.client_key = e.client_key
        LEFT JOIN warehouse.dim_campaigns c ON c.business_id = e.business_id AND c.campaign_key = e.campaign_key
        LEFT JOIN signed k ON e.is_contract AND k.client_bucket = e.client_bucket AND k.client_key = e.client_key
            AND k.event_id = e.event_id
        ORDER BY e.event_date, e.occurred_at, e.source_id, e.event_id COLLATE "C";
        GET DIAGNOSTICS shown = ROW_COUNT;
        row_limit := row_limit - shown;
        EXIT WHEN row_limit <= 0;
    END LOOP;
END
$$;
COMMENT ON FUNCTION analytics.events_funnel(date, date, text, int, text, bigint, boolean, text) IS
'Every touch of a period, page by page
In the order of time (within a business). platform: a platform or a family; NULL for all. row_limit: rows of a page. after_event: event_key
of the last row of the page before; NULL for the first page. with_total: count the rows of all pages in total_rows, which
reads them. platform_level: platform or family; NULL for the setting.';

CREATE TYPE analytics_internal.contract_place AS (
    business bigint, client_bucket smallint, source_id bigint, contract_id text, signed_at timestamptz);
COMMENT ON TYPE analytics_internal.contract_place IS 'The key of a contract, and when it was signed';

-- A page of contracts, the latest first: their keys, and how many rows all pages have.
CREATE FUNCTION analytics_internal.contracts_page(
    start_date date, end_date date, platforms text[], row_limit int, after_contract text, business_id bigint, with_total boolean)
    RETURNS TABLE (place bigint, business bigint, client_bucket smallint, source_id bigint, contract_id text, total bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    after_business bigint;
    after_day date;
    after_time timestamptz;
    after_source bigint;
    after_id text;
    businesses bigint[];
    one bigint;
    wanted analytics_internal.contract_place[] := '{}';
    all_rows bigint;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(start_date, end_date);
    row_limit := analytics_internal.check_row_limit(row_limit, 100);
    businesses := ARRAY(SELECT b.business FROM analytics_internal.businesses(contracts_page.business_id) b);
    IF after_contract IS NOT NULL THEN
        SELECT k.business_id, k.signed_date, k.signed_at, k.source_id, k.contract_id
        INTO after_business, after_day, after_time, after_source, after_id
        FROM warehouse.fact_contracts k
        WHERE k.business_id = ANY (businesses) AND k.source_id::text = split_part(after_contract, ':', 1)
          AND k.contract_id = substr(after_contract, strpos(after_contract, ':') + 1);
        IF NOT FOUND THEN
            RAISE EXCEPTION 'there is no contract "%"', after_contract USING ERRCODE = 'invalid_parameter_value',
                HINT = 'after_contract takes the contract_key of the last row of the page before.';
        END IF;
    END IF;
    -- Day by day backwards, as the index has them: a page costs its own days. Days of businesses in other time zones may be two later.
    FOREACH one IN ARRAY businesses LOOP
        wanted := wanted || ARRAY(
            SELECT (k.business_id, k.client_bucket, k.source_id, k.contract_id, k.signed_at)::analytics_internal.contract_place
            FROM (
                SELECT k.business_id, k.client_bucket, k.source_id, k.contract_id, k.signed_at
                FROM warehouse.fact_contracts k
                WHERE k.business_id = one AND k.signed_date BETWEEN start_date AND LEAST(after_day + 2, end_date)
                  AND (platforms IS NULL OR k.attributed_platform = ANY (platforms))
                  AND (after_time IS NULL OR k.signed_at < after_time
                       OR k.signed_at = after_time
                          AND (k.business_id, k.source_id, k.contract_id COLLATE "C") > (after_business, after_source, after_id))
                ORDER BY k.signed_date DESC, k.signed_at DESC, k.source_id, k.contract_id COLLATE "C"
                LIMIT row_limit
            ) k);
    END LOOP;
    IF contracts_page.with_total THEN
        SELECT count(*) INTO all_rows
        FROM warehouse.fact_contracts k
        WHERE k.business_id = ANY (businesses) AND k.signed_date BETWEEN start_date AND end_date
          AND (platforms IS NULL OR k.attributed_platform = ANY (platforms));
    END IF;
    RETURN QUERY
    SELECT row_number() OVER (ORDER BY w.signed_at DESC, w.business, w.source_id, w.contract_id COLLATE "C"),
           w.business, w.client_bucket, w.source_id, w.contract_id, all_rows
    FROM unnest(wanted) w
    ORDER BY 1
    LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION analytics_internal.contracts_page(date, date, text[], int, text, bigint, boolean) IS
'Keys of the contracts of a page, the latest first, and of how many rows in all
platforms: those that a contract is attributed to; NULL for all. after_contract: contract_key of the last row of the page before.';

-- By index, as events_funnel().
CREATE FUNCTION analytics.contracts_multi_touch(start_date date, end_date date, row_limit int DEFAULT 100, business_id bigint DEFAULT NULL,
    after_contract text DEFAULT NULL, with_total boolean DEFAULT false, platform_level text DEFAULT NULL)
    RETURNS TABLE (contract_id text, client_id text, signed_at timestamptz, amount numeric, first_touch_platform text,
                   first_touch_campaign text, last_paid_platform text, last_paid_campaign text, attributed_platform text,
                   attributed_campaign text, attribution_rule text, touches int, days_to_convert numeric, journey text[],
                   contract_key text, business bigint, total_rows bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET enable_hashjoin = off SET enable_mergejoin = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    level text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    level := analytics_internal.checked_level(contracts_multi_touch.platform_level, contracts_multi_touch.business_id);
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT * FROM analytics_internal.contracts_page(
            start_date, end_date, NULL, row_limit, after_contract, contracts_multi_touch.business_id, contracts_multi_touch.with_total)
    ), contract AS MATERIALIZED (
        SELECT g.place, g.total, k.*
        FROM page g
        JOIN warehouse.fact_contracts k ON k.business_id = g.business AND k.client_bucket = g.client_bucket
            AND k.source_id = g.source_id AND k.contract_id = g.contract_id
    ), journey AS MATERIALIZED (
        SELECT k.client_bucket, k.place, array_agg(e.platform ORDER BY e.touch_number) AS platforms
        FROM contract k
        JOIN warehouse.fact_events e ON e.business_id = k.business_id AND e.client_bucket = k.client_bucket
            AND e.client_key = k.client_key AND e.occurred_at <= k.signed_at
        GROUP BY k.client_bucket, k.place
    ), journeys AS MATERIALIZED (
        -- Looked up by place: joined without an index, each would be compared with each.
        SELECT jsonb_object_agg(j.place, j.platforms) AS of_place FROM journey j
    )
    SELECT k.contract_id, d.client_id, k.signed_at, k.amount, analytics_internal.platform_at(level, k.business_id, k.first_platform),
           f.campaign_name, analytics_internal.platform_at(level, k.business_id, k.last_paid_platform), p.campaign_name,
           analytics_internal.platform_at(level, k.business_id, k.attributed_platform), a.campaign_name, k.attribution_rule, k.touches,
           k.days_to_convert,
           ARRAY(
               SELECT CASE level WHEN 'family' THEN analytics_internal.platform_at(level, k.business_id, u.platform) ELSE u.platform END
               FROM jsonb_array_elements_text(j.of_place -> k.place::text) WITH ORDINALITY u (platform, n)
               ORDER BY u.n),
           k.source_id || ':' || k.contract_id, k.business_id, k.total
    FROM contract k
    CROSS JOIN journeys j
    LEFT JOIN warehouse.dim_clients d ON d.business_id = k.business_id AND d.client_key = k.client_key
    LEFT JOIN warehouse.dim_campaigns f ON f.business_id = k.business_id AND f.campaign_key = k.first_campaign_key
    LEFT JOIN warehouse.dim_campaigns p ON p.business_id = k.business_id AND p.campaign_key = k.last_paid_campaign_key
    LEFT JOIN warehouse.dim_campaigns a ON a.business_id = k.business_id AND a.campaign_key = k.attributed_campaign_key
    ORDER BY k.place;
END
$$;
COMMENT ON FUNCTION analytics.contracts_multi_touch(date, date, int, bigint, text, boolean, text) IS
'The contracts signed in a period, and the journey before each
The latest first, page by page. attribution_rule: last_paid_touch or last_paid_any (see setting paid_rule), first_touch, own_event or
none. touches: at or before signing.
days_to_convert: from the first touch; NULL where there was none before. journey: platforms of the touches, in order. row_limit: rows of a
page. after_contract: contract_key of the last row of the page before; NULL for the first page. with_total: count the rows of all pages in
total_rows. platform_level: platform or family; NULL for the setting.';

-- By index, as events_funnel().
CREATE FUNCTION analytics.contracts_enriched(start_date date, end_date date, platform text DEFAULT NULL, row_limit int DEFAULT 100,
    business_id bigint DEFAULT NULL, after_contract text DEFAULT NULL, with_total boolean DEFAULT false,
    platform_level text DEFAULT NULL)
    RETURNS TABLE (contract_id text, signed_at timestamptz, amount numeric, client_id text, client_name text, product_id text, product text,
                   branch_id text, branch text, attributed_platform text, campaign_id text, campaign_name text, ad_id text, ad_name text,
                   creative_title text, creative_body text, creative_image_url text, creative_link_url text,
                   contract_key text, business bigint, total_rows bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET enable_hashjoin = off SET enable_mergejoin = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    level text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    level := analytics_internal.checked_level(contracts_enriched.platform_level, contracts_enriched.business_id);
    RETURN QUERY
    WITH page AS MATERIALIZED (
        SELECT * FROM analytics_internal.contracts_page(
            start_date, end_date, analytics_internal.platform_members(array_remove(ARRAY[contracts_enriched.platform], NULL)), row_limit,
            after_contract, contracts_enriched.business_id, contracts_enriched.with_total)
    ), contract AS MATERIALIZED (
        SELECT g.place, g.total, k.*
        FROM page g
        JOIN warehouse.fact_contracts k ON k.business_id = g.business AND k.client_bucket = g.client_bucket
            AND k.source_id = g.source_id AND k.contract_id = g.contract_id
    ), credited AS MATERIALIZED (
        -- The touch that the contract is attributed to.
        SELECT DISTINCT ON (k.client_bucket, k.place) k.client_bucket, k.place, e.ad_id, e.platform
        FROM contract k
        JOIN warehouse.fact_events e ON e.business_id = k.business_id AND e.client_bucket = k.client_bucket
            AND e.client_key = k.client_key
            AND e.event_id = CASE k.attribution_rule
                                 WHEN 'last_paid_touch' THEN k.last_paid_event_id
                                 WHEN 'last_paid_any' THEN k.last_paid_event_id
                                 WHEN 'first_touch' THEN k.first_event_id
                                 ELSE k.event_id END
        ORDER BY k.client_bucket, k.place, e.source_id
    ), credits AS MATERIALIZED (
        -- Looked up by place, as journeys above.
        SELECT jsonb_object_agg(c.place, jsonb_build_array(c.ad_id, c.platform)) AS of_place FROM credited c
    )
    SELECT k.contract_id, k.signed_at, k.amount, d.client_id, d.name, k.product_id, p.name, k.branch_id, b.name,
           analytics_internal.platform_at(level, k.business_id, k.attributed_platform),
           c.campaign_id, c.campaign_name, t.ad_id, a.ad_name, a.title, a.body, a.image_url, a.link_url,
           k.source_id || ':' || k.contract_id, k.business_id, k.total
    FROM contract k
    LEFT JOIN warehouse.dim_clients d ON d.business_id = k.business_id AND d.client_key = k.client_key
    LEFT JOIN warehouse.dim_products p ON p.business_id = k.business_id AND p.product_id = k.product_id
    LEFT JOIN warehouse.dim_branches b ON b.business_id = k.business_id AND b.branch_id = k.branch_id
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.attributed_campaign_key
    CROSS JOIN credits e
    CROSS JOIN LATERAL (SELECT e.of_place #>> ARRAY[k.place::text, '0'] AS ad_id, e.of_place #>> ARRAY[k.place::text, '1'] AS platform) t
    LEFT JOIN warehouse.dim_ad_creatives a
        ON a.business_id = k.business_id AND a.ad_id = t.ad_id AND a.platform = COALESCE(c.platform, t.platform)
    ORDER BY k.place;
END
$$;
COMMENT ON FUNCTION analytics.contracts_enriched(date, date, text, int, bigint, text, boolean, text) IS
'The contracts signed in a period with client, product, branch, campaign and ad
The latest first, page by page: row_limit, after_contract and with_total as of contracts_multi_touch(). platform: the platform or family
that a contract is attributed to; NULL for all. Campaign, ad and creative are those of the touch that the contract is attributed to; NULL
where it had none, or where no list knows it. platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.platforms_touches(
    start_date date, end_date date, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, events bigint, clients bigint, contracts bigint, revenue numeric, conversion_rate numeric,
                   avg_touches numeric, avg_days_to_convert numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    level text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(start_date, end_date),
            analytics_internal.currency_of(platforms_touches.business_id);
    level := analytics_internal.checked_level(platforms_touches.platform_level, platforms_touches.business_id);
    RETURN QUERY
    WITH touched AS (
        SELECT COALESCE(p.family, e.platform) AS platform, sum(e.events)::bigint AS events,
               analytics_internal.count_clients(e.clients) AS clients
        FROM analytics_internal.businesses(platforms_touches.business_id) b
        JOIN warehouse.event_daily e ON e.business_id = b.business AND e.event_date BETWEEN start_date AND end_date
        LEFT JOIN warehouse.dim_platforms p ON level = 'family' AND p.business_id = e.business_id AND p.platform = e.platform
        GROUP BY 1
    ), signed AS (
        SELECT COALESCE(p.family, k.own_platform) AS platform, sum(k.contracts_signed)::bigint AS contracts,
               sum(k.revenue_signed) AS revenue, sum(k.touches) / NULLIF(sum(k.contracts_signed), 0) AS touches,
               sum(k.days_to_convert) / NULLIF(sum(k.contracts_with_days), 0) AS days
        FROM analytics_internal.businesses(platforms_touches.business_id) b
        JOIN warehouse.contract_daily k ON k.business_id = b.business AND k.signed_date BETWEEN start_date AND end_date
        LEFT JOIN warehouse.dim_platforms p
            ON level = 'family' AND p.business_id = k.business_id AND p.platform = k.own_platform
        GROUP BY 1
    )
    SELECT platform, COALESCE(t.events, 0), COALESCE(t.clients, 0), COALESCE(s.contracts, 0), COALESCE(s.revenue, 0)::numeric(18,4),
           analytics_internal.percentage(COALESCE(s.contracts, 0), t.clients), round(s.touches, 2), round(s.days, 2)
    FROM touched t FULL JOIN signed s USING (platform)
    ORDER BY 2 DESC, 4 DESC, platform COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.platforms_touches(date, date, bigint, text) IS
'Touches, clients and contracts per platform of the touch
By events, the most first. events, clients: of the period. contracts, revenue: signed in the period, at the platform of the contract''s own
event; without such an event at that of the last touch before. conversion_rate: contracts in percent of clients. avg_touches,
avg_days_to_convert: of these contracts, from the first touch of the client. platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.platforms_contracts(
    start_date date, end_date date, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, contracts bigint, revenue numeric, avg_touches numeric, avg_days numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    level text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(start_date, end_date),
            analytics_internal.currency_of(platforms_contracts.business_id);
    level := analytics_internal.checked_level(platforms_contracts.platform_level, platforms_contracts.business_id);
    RETURN QUERY
    SELECT COALESCE(p.family, k.attributed_platform), sum(k.contracts_signed)::bigint, sum(k.revenue_signed)::numeric(18,4),
           round(sum(k.touches) / NULLIF(sum(k.contracts_signed), 0), 2),
           round(sum(k.days_to_convert) / NULLIF(sum(k.contracts_with_days), 0), 2)
    FROM analytics_internal.businesses(platforms_contracts.business_id) b
    JOIN warehouse.contract_daily k ON k.business_id = b.business AND k.signed_date BETWEEN start_date AND end_date
    LEFT JOIN warehouse.dim_platforms p
        ON level = 'family' AND p.business_id = k.business_id AND p.platform = k.attributed_platform
    GROUP BY COALESCE(p.family, k.attributed_platform)
    ORDER BY 2 DESC, 3 DESC, COALESCE(p.family, k.attributed_platform) COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.platforms_contracts(date, date, bigint, text) IS
'Contracts and revenue per platform that they are attributed to
The contracts signed in the period, by contracts, the most first. avg_touches: touches at or before signing. avg_days: from the first touch
to signing. platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.campaign_funnel(
    platform text, start_date date, end_date date, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (campaign_id text, campaign_name text, first_touches bigint, mid_touches bigint, last_touches bigint, clients bigint,
                   leads bigint, contracts bigint, revenue numeric, spend numeric, campaign_platform text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wanted_platforms text[];
    level text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(start_date, end_date);
    level := analytics_internal.checked_level(campaign_funnel.platform_level, campaign_funnel.business_id);
    wanted_platforms := analytics_internal.platform_members(array_remove(ARRAY[campaign_funnel.platform], NULL));
    RETURN QUERY
    WITH touched AS (
        SELECT t.business_id, t.campaign_key, CASE WHEN t.campaign_key = 0 THEN COALESCE(p.family, t.platform) END AS of_platform,
               sum(t.first_touches)::bigint AS first, sum(t.mid_touches)::bigint AS mid, sum(t.last_touches)::bigint AS last,
               analytics_internal.count_clients(t.clients) AS clients
        FROM analytics_internal.businesses(campaign_funnel.business_id) b
        -- Platform by platform, as the key has them: those asked for cost their own days.
        JOIN warehouse.dim_platforms d ON d.business_id = b.business AND (wanted_platforms IS NULL OR d.platform = ANY (wanted_platforms))
        JOIN warehouse.campaign_touch_daily t
            ON t.business_id = d.business_id AND t.platform = d.platform AND t.event_date BETWEEN start_date AND end_date
        CROSS JOIN LATERAL (SELECT CASE level WHEN 'family' THEN d.family END) p (family)
        GROUP BY 1, 2, 3
    ), named AS (
        SELECT t.*, analytics_internal.platform_at(level, t.business_id, COALESCE(c.platform, t.of_platform)) AS campaign_platform,
               c.campaign_id,
               COALESCE(c.campaign_name, '(no campaign)') AS campaign_name
        FROM touched t
        LEFT JOIN warehouse.dim_campaigns c ON c.business_id = t.business_id AND c.campaign_key = t.campaign_key
    )
    SELECT COALESCE(t.campaign_id, r.campaign_id), COALESCE(t.campaign_name, r.campaign_name),
           COALESCE(t.first, 0), COALESCE(t.mid, 0), COALESCE(t.last, 0), COALESCE(t.clients, 0),
           COALESCE(r.leads, 0), COALESCE(r.n_contracts, 0), COALESCE(r.revenue, 0)::numeric(18,4), COALESCE(r.spend, 0)::numeric(18,4),
           COALESCE(t.campaign_platform, r.platform)
    FROM named t
    FULL JOIN analytics_internal.campaign_results(
        start_date, end_date, wanted_platforms, campaign_funnel.business_id, level => level) r
        ON r.business_id = t.business_id AND r.campaign_key = t.campaign_key AND r.platform = t.campaign_platform
    ORDER BY 10 DESC, 6 DESC, 7 DESC, COALESCE(t.campaign_platform, r.platform) COLLATE "C",
             COALESCE(t.campaign_name, r.campaign_name) COLLATE "C", COALESCE(t.campaign_id, r.campaign_id) COLLATE "C",
             COALESCE(t.business_id, r.business_id);
END
$$;
COMMENT ON FUNCTION analytics.campaign_funnel(text, date, date, bigint, text) IS
'Touches, clients, leads, contracts, revenue and spend per campaign
platform: a platform or a family; NULL for all. By spend, the highest first. first_touches, mid_touches, last_touches, clients: of the
period''s touches; last_touches signed a contract. leads, contracts, revenue, spend: as in campaigns(). What belongs to no campaign is a row
(no campaign) per platform. platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.summary(business_id bigint DEFAULT NULL)
    RETURNS TABLE (total_events bigint, unique_clients bigint, first_touch_events bigint, mid_and_last_touch_events bigint,
                   contracts bigint, total_revenue numeric, unique_platforms bigint, data_multiplier numeric, last_refresh timestamptz,
                   rejected_rows bigint)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    -- A client's touches have one first: the first touches are the clients.
    SELECT e.events, e.first_touches, e.first_touches, e.events - e.first_touches, k.contracts, k.revenue, e.platforms,
           pg_catalog.round(e.events::numeric / NULLIF(e.first_touches, 0)::numeric, 2), w.refreshed_at, j.rejected
    FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    CROSS JOIN (
        SELECT COALESCE(pg_catalog.sum(e.events), 0)::bigint AS events,
               COALESCE(pg_catalog.sum(e.first_touches), 0)::bigint AS first_touches,
               pg_catalog.count(DISTINCT e.platform) AS platforms
        FROM warehouse.event_daily e
        WHERE summary.business_id IS NULL OR e.business_id = summary.business_id
    ) e
    CROSS JOIN (
        SELECT COALESCE(pg_catalog.sum(r.contracts_signed), 0)::bigint AS contracts,
               COALESCE(pg_catalog.sum(r.revenue_signed), 0)::numeric(18,4) AS revenue
        FROM warehouse.platform_daily r
        WHERE (summary.business_id IS NULL OR r.business_id = summary.business_id)
          AND analytics_internal.check_currency(summary.business_id)
    ) k
    CROSS JOIN (
        SELECT pg_catalog.max(w.refreshed_at) AS refreshed_at
        FROM warehouse.source_watermark w
        WHERE summary.business_id IS NULL OR w.business_id = summary.business_id
    ) w
    CROSS JOIN (
        SELECT COALESCE(pg_catalog.sum(r.occurrences), 0)::bigint AS rejected
        FROM warehouse.rejected_rows r
        WHERE summary.business_id IS NULL OR r.business_id = summary.business_id
    ) j
$$;
COMMENT ON FUNCTION analytics.summary(bigint) IS
'What the warehouse holds: touches, clients, contracts, revenue, platforms
One row. unique_clients: clients with a touch. data_multiplier: touches per first touch. last_refresh: when a source was last read.
rejected_rows: source rows that could not be loaded (warehouse.rejected_rows has them with their reasons).';

CREATE FUNCTION analytics.funnel_stages(business_id bigint DEFAULT NULL)
    RETURNS TABLE (stage text, clients bigint, rate numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    businesses bigint[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    businesses := ARRAY(SELECT b.business FROM analytics_internal.businesses(funnel_stages.business_id) b);
    RETURN QUERY
    WITH lead AS (
        SELECT DISTINCT l.business_id, l.client_key
        FROM warehouse.fact_leads l
        WHERE l.business_id = ANY (businesses)
    ), signed AS (
        SELECT k.business_id, k.client_key, count(*) AS contracts
        FROM warehouse.fact_contracts k
        WHERE k.business_id = ANY (businesses) AND NOT k.is_refund
        GROUP BY k.business_id, k.client_key
    ), touched AS (
        SELECT COALESCE(sum(e.first_touches), 0)::bigint AS clients
        FROM warehouse.event_daily e
        WHERE e.business_id = ANY (businesses)
    ), untouched AS (
        SELECT count(*) AS clients
        FROM lead l
        JOIN warehouse.dim_clients d ON d.business_id = l.business_id AND d.client_key = l.client_key
        WHERE d.first_event_at IS NULL
    ), reached (place, stage, clients) AS (
        SELECT 1, 'clients', t.clients + u.clients FROM touched t, untouched u
        UNION ALL
        SELECT 2, 'leads', count(*) FROM lead
        UNION ALL
        SELECT 3, 'customers', count(*) FROM signed
        UNION ALL
        SELECT 4, 'repeat customers', count(*) FROM signed s WHERE s.contracts > 1
    )
    SELECT r.stage, r.clients, analytics_internal.percentage(r.clients, lag(r.clients) OVER (ORDER BY r.place))
    FROM reached r
    ORDER BY r.place;
END
$$;
COMMENT ON FUNCTION analytics.funnel_stages(bigint) IS
'How many clients came how far: clients, leads, customers, repeat customers
clients: with a touch or a lead. customers: with a contract. repeat customers: with more than one. rate: in percent of the stage before;
NULL for the first.';

CREATE VIEW analytics.funnel_summary AS SELECT s.stage, s.clients AS count, s.rate FROM analytics.funnel_stages() s;
COMMENT ON VIEW analytics.funnel_summary IS 'How many clients came how far, of all businesses that the caller may see';
COMMENT ON COLUMN analytics.funnel_summary.count IS 'Clients that reached the stage';
COMMENT ON COLUMN analytics.funnel_summary.rate IS 'In percent of the stage before; NULL for the first';
GRANT SELECT ON analytics.funnel_summary TO PUBLIC;
