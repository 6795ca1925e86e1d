-- From a registered relation into facts and dimensions. Each source goes through the same steps, completely or for the part of it that
-- may have changed (slices.sql):
--   stage_source       reads it once into pg_temp.stage: canonical columns, and for a bad row its reason and the whole source row;
--   deduplicate_stage  takes out rows that came twice, quarantine_stage those that cannot be used;
--   the loader of the entity makes pg_temp.incoming, rows as the target stores them: load_clients, load_events, or else load_rows;
--   merge_table        makes the target equal to it and keeps what changed in pg_temp.change;
--   the marker of the entity marks the clients and days that have to be derived again.

CREATE FUNCTION analytics_internal.client_bucket(business_id bigint, client_id text) RETURNS smallint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT (pg_catalog.hashtextextended(client_id, business_id) & 1023)::smallint $$;
COMMENT ON FUNCTION analytics_internal.client_bucket(bigint, text) IS 'Bucket 0..1023 of a client: the unit of distribution';

CREATE FUNCTION analytics_internal.add_clients(business_id bigint, of_events boolean DEFAULT false) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    added bigint;
BEGIN
    EXECUTE format($sql$
        INSERT INTO warehouse.dim_clients (business_id, client_bucket, client_id, first_event_at)
        SELECT $1, analytics_internal.client_bucket($1, n.client_id), n.client_id, n.first_event_at
        FROM (SELECT s.client_id, %s AS first_event_at FROM pg_temp.stage s GROUP BY s.client_id) n
        WHERE NOT EXISTS (SELECT FROM warehouse.dim_clients d WHERE d.business_id = $1 AND d.client_id = n.client_id)
        -- Numbers in an order that no plan chooses: the bootstrap draws by them.
        ORDER BY n.client_id COLLATE "C"$sql$, CASE WHEN of_events THEN 'min(s.occurred_at)' ELSE 'NULL::timestamptz' END)
    USING add_clients.business_id;
    GET DIAGNOSTICS added = ROW_COUNT;
    PERFORM analytics_internal.analyze_grown('warehouse.dim_clients', add_clients.business_id, added);
END
$$;
COMMENT ON FUNCTION analytics_internal.add_clients(bigint, boolean) IS
'Adds the clients of pg_temp.stage that dim_clients lacks
of_events: the stage has touches, and their first one is that of the client.';

CREATE FUNCTION analytics_internal.add_platforms(business_id bigint, platforms text[]) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO warehouse.dim_platforms
    SELECT add_platforms.business_id, n.platform, k.family, analytics_internal.is_ad_network(add_platforms.business_id, n.platform)
    FROM unnest(platforms) n (platform)
    LEFT JOIN analytics.effective_platform k ON k.platform = n.platform
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.add_platforms(bigint, text[]) IS 'Adds the platforms that dim_platforms lacks';

-- All that is asked of the touches' names is asked of these: many touches have few names.
CREATE FUNCTION analytics_internal.name_touches() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('touch_name');
    CREATE TEMP TABLE touch_name ON COMMIT DROP AS
    SELECT i.platform, i.channel, i.campaign_ref, i.url_campaign_id, i.named_ad_id, count(*) AS touches
    FROM pg_temp.incoming i
    GROUP BY i.platform, i.channel, i.campaign_ref, i.url_campaign_id, i.named_ad_id;
END
$$;
COMMENT ON FUNCTION analytics_internal.name_touches() IS
'Makes pg_temp.touch_name of pg_temp.incoming
What touches name, platforms, channels and campaigns, and how many touches do.';

-- Visitors choose the tags of links, as many as they like, and what is answered by platform grows with them.
CREATE FUNCTION analytics_internal.fold_platforms(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    room constant bigint := GREATEST(0, s.platform_limit - (
            SELECT count(*) FROM warehouse.dim_platforms p WHERE p.business_id = fold_platforms.business_id))
        FROM analytics.settings(fold_platforms.business_id) s;
    -- Not the names that the classification gives by itself: those of its lists, and the channel where it stands for the platform.
    beyond constant text[] := ARRAY(
        SELECT n.platform
        FROM pg_temp.touch_name n
        WHERE n.platform NOT IN (
            SELECT k.platform FROM analytics.effective_platform k
            UNION ALL
            SELECT r.platform FROM analytics.channel_rule r WHERE r.platform IS NOT NULL
            UNION ALL
            SELECT p.platform FROM warehouse.dim_platforms p WHERE p.business_id = fold_platforms.business_id
            UNION ALL
            VALUES ('unknown'))
          AND n.platform <> translate(lower(n.channel COLLATE "C"), ' -', '__')
        GROUP BY n.platform
        ORDER BY sum(n.touches) DESC, n.platform COLLATE "C"
        OFFSET room);
BEGIN
    IF beyond <> '{}' THEN
        UPDATE pg_temp.incoming i
        SET platform = '(other)'
        WHERE i.platform = ANY (beyond);
        UPDATE pg_temp.touch_name n
        SET platform = '(other)'
        WHERE n.platform = ANY (beyond);
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.fold_platforms(bigint) IS
'Gives touches of pg_temp.incoming the platform (other) beyond the limit
In pg_temp.touch_name, too. Platforms that the rules know and those that are there already keep their names; of new ones as many as there
is room for, the most frequent first.';

CREATE FUNCTION analytics_internal.load_clients(source analytics.source, complete boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    forgotten bigint;
BEGIN
    -- Clients stay where their list has lost them: events and contracts may name them.
    WITH lost AS (
        UPDATE warehouse.dim_clients d
        SET source_id = NULL, name = NULL, mobile = NULL, registered_at = NULL, email = NULL
        WHERE complete AND d.business_id = source.business_id AND d.source_id = source.source_id
          AND NOT EXISTS (SELECT FROM pg_temp.stage s WHERE s.client_id = d.client_id)
        RETURNING d.business_id, d.client_key
    ), marked AS (
        INSERT INTO warehouse.pending_client
        SELECT l.business_id, l.client_key
        FROM lost l
        ON CONFLICT DO NOTHING
    )
    SELECT count(*) INTO forgotten FROM lost;
    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT source.business_id, analytics_internal.client_bucket(source.business_id, s.client_id) AS client_bucket, s.client_id,
           source.source_id, s.name, s.mobile, s.registered_at, s.email
    FROM pg_temp.stage s;
    RETURN forgotten;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_clients(analytics.source, boolean) IS
'Loader of clients; returns how many lost what their list said of them';

-- What differs between entities is in the table of entities and in the columns of their targets.
CREATE FUNCTION analytics_internal.load_rows(source analytics.source, complete boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    setting constant record := s FROM analytics.settings(source.business_id) s;
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    canonical constant text[] := array_agg(c.name::text) FROM analytics.entity_column c WHERE c.entity = source.entity;
    of_clients constant boolean := analytics_internal.is_of_clients(entity);
    columns text;
BEGIN
    SELECT string_agg(format('%s AS %I', COALESCE(d.sql, format('s.%I::%s', a.attname, format_type(a.atttypid, a.atttypmod))), a.attname),
               ', ' ORDER BY a.attnum)
    INTO columns
    FROM pg_attribute a
    LEFT JOIN (VALUES
        ('business_id', source.business_id || '::bigint'),
        ('source_id', source.source_id || '::bigint'),
        ('client_bucket', 'd.client_bucket'),
        ('client_key', 'd.client_key'),
        ('own_client_id', 's.own_client_id'),
        ('currency', format('%L::text', setting.currency)),
        -- Everything that counts contracts asks this.
        ('is_refund', 's.amount::numeric(18,4) < 0'),
        ('grain', $sql$CASE WHEN s.ad_id <> '' THEN 'ad' WHEN s.ad_group_id <> '' THEN 'ad_group' ELSE 'campaign' END$sql$),
        ('breakdown', $sql$CASE
            WHEN s.search_query <> '' THEN 'search' WHEN s.keyword_id <> '' THEN 'keyword'
            WHEN s.region <> '' THEN 'region' WHEN s.country <> '' THEN 'country' ELSE 'none' END$sql$),
        ('source_rows', CASE WHEN analytics_internal.adds_up(source) THEN 's.source_rows' ELSE '1' END),
        ('priority', COALESCE(source.options ->> 'priority', '0')),
        ('is_cumulative', COALESCE(source.options ->> 'cumulative', 'false')),
        (NULLIF(entity.stored_day, entity.day),
            '(s.' || quote_ident(entity.day) || ' AT TIME ZONE ' || quote_literal(setting.reporting_timezone) || ')::date')
    ) d (name, sql) ON d.name = a.attname
    WHERE a.attrelid = format('warehouse.%I', entity.target)::regclass AND a.attnum > 0
      AND (d.name IS NOT NULL OR a.attname = ANY (canonical));
    IF of_clients THEN
        PERFORM analytics_internal.add_clients(source.business_id);
    END IF;
    EXECUTE format($sql$
        CREATE TEMP TABLE incoming ON COMMIT DROP AS
        SELECT %s
        FROM pg_temp.stage s
        %s$sql$, columns, CASE WHEN of_clients THEN format(
            'JOIN warehouse.dim_clients d ON d.business_id = %s AND d.client_id = s.client_id', source.business_id) END);
    IF 'platform' = ANY (canonical) THEN
        PERFORM analytics_internal.add_platforms(source.business_id, ARRAY(SELECT DISTINCT i.platform FROM pg_temp.incoming i));
    END IF;
    RETURN 0;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_rows(analytics.source, boolean) IS
'Loader of entities whose rows are stored column by column';

CREATE FUNCTION analytics_internal.refer_to_campaigns(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO warehouse.campaign_match (business_id, platform, campaign_ref, url_campaign_id, named_ad_id, first_day)
    SELECT refer_to_campaigns.business_id, n.*, '-infinity'
    FROM (
        SELECT DISTINCT i.platform, COALESCE(i.campaign_ref, '') AS campaign_ref, COALESCE(i.url_campaign_id, '') AS url_campaign_id,
               COALESCE(i.named_ad_id, '') AS named_ad_id
        FROM pg_temp.touch_name i
        WHERE COALESCE(i.campaign_ref, i.url_campaign_id, i.named_ad_id) IS NOT NULL
    ) n
    WHERE NOT EXISTS (
        SELECT FROM warehouse.campaign_match r
        WHERE r.business_id = refer_to_campaigns.business_id AND r.platform = n.platform AND r.campaign_ref = n.campaign_ref
          AND r.url_campaign_id = n.url_campaign_id AND r.named_ad_id = n.named_ad_id);
    IF FOUND THEN
        PERFORM analytics_internal.resolve_campaigns(refer_to_campaigns.business_id);
        UPDATE pg_temp.incoming i
        SET campaign_key = r.campaign_key
        FROM warehouse.campaign_match r
        WHERE r.business_id = refer_to_campaigns.business_id AND r.platform = i.platform
          AND analytics_internal.is_same_ref(i.campaign_ref, i.url_campaign_id, i.named_ad_id, r.campaign_ref, r.url_campaign_id,
              r.named_ad_id)
          AND i.event_date BETWEEN r.first_day AND r.last_day AND r.campaign_key IS DISTINCT FROM i.campaign_key;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.refer_to_campaigns(bigint) IS
'Resolves the campaigns that pg_temp.touch_name has and nothing named before';

-- Decoded once, as a URL is; a second time would take plus signs for blanks.
CREATE FUNCTION analytics_internal.url_tag(url text, name text, rules bytea) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT pg_catalog."left"(analytics_internal.cleaned(analytics.url_parameter(url, name), 'decoded', rules), 150) $$;
COMMENT ON FUNCTION analytics_internal.url_tag(text, text, bytea) IS 'A parameter of a URL as a touch keeps it';

-- Counted touch by touch through the index; those on nodes are fetched first, those of the clients in question.
CREATE FUNCTION analytics_internal.earlier_touches(business_id bigint) RETURNS text
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF NOT analytics_internal.is_distributed('warehouse.fact_events') THEN
        RETURN 'warehouse.fact_events';
    END IF;
    PERFORM analytics_internal.drop_temporary('earlier');
    CREATE TEMP TABLE earlier ON COMMIT DROP AS
    WITH client AS MATERIALIZED (
        SELECT DISTINCT d.client_key
        FROM pg_temp.stage s
        JOIN warehouse.dim_clients d ON d.business_id = earlier_touches.business_id AND d.client_id = s.client_id
    )
    SELECT e.business_id, e.client_key, e.occurred_at
    FROM client c
    JOIN warehouse.fact_events e ON e.business_id = earlier_touches.business_id AND e.client_key = c.client_key;
    CREATE INDEX ON pg_temp.earlier (client_key, occurred_at);
    ANALYZE pg_temp.earlier;
    RETURN 'pg_temp.earlier';
END
$$;
COMMENT ON FUNCTION analytics_internal.earlier_touches(bigint) IS
'Where the touches are that the clients of pg_temp.stage had already';

-- Touch numbers are right at once for clients that are new, and for the next touches of the others; derive_journeys() settles the rest,
-- which is all of them where the source is read again.
CREATE FUNCTION analytics_internal.touch_number_sql(source analytics.source, complete boolean, OUT staged text, OUT earlier text)
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    staged := 'row_number() OVER (PARTITION BY d.client_key ORDER BY s.occurred_at, s.event_id COLLATE "C")';
    earlier := '0';
    IF NOT complete THEN
        earlier := format($sql$(
            SELECT count(*)
            FROM %s e
            WHERE e.business_id = %s AND e.client_key = s.client_key AND e.occurred_at < s.occurred_at)$sql$,
            analytics_internal.earlier_touches(source.business_id), source.business_id);
    ELSIF EXISTS (SELECT FROM warehouse.source_watermark w WHERE w.source_id = source.source_id AND w.loaded > 0) THEN
        staged := '0';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.touch_number_sql(analytics.source, boolean) IS
'SQL of the numbers that touches get when they are loaded
staged: among those of pg_temp.stage (alias s) and its clients (alias d). earlier: how many of the client are there already, for a row of
these two (alias s).';

CREATE FUNCTION analytics_internal.load_events(source analytics.source, complete boolean) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    number constant record := n FROM analytics_internal.touch_number_sql(source, complete) n;
BEGIN
    PERFORM analytics_internal.add_clients(source.business_id, of_events => true);
    EXECUTE format($sql$
        CREATE TEMP TABLE incoming ON COMMIT DROP AS
        SELECT %1$s::bigint AS business_id, s.client_bucket, %2$s::bigint AS source_id, s.event_id, s.client_key, s.occurred_at,
               (s.occurred_at AT TIME ZONE %3$L)::date AS event_date, s.source_type, u.utm_source, u.utm_medium, u.utm_campaign,
               u.utm_content, u.utm_term, u.referrer_host, u.click_id_name, u.click_id,
               COALESCE(s.campaign_id, u.utm_campaign) AS campaign_ref, s.ad_id, s.product_id, s.branch_id,
               CASE WHEN %4$L THEN COALESCE(s.is_lead, false) END AS lead_flag, COALESCE(s.platform, (t.class).platform) AS platform,
               (t.class).channel, (t.class).is_paid, (t.class).rule AS channel_rule, t.url_campaign_id, t.named_ad_id, r.campaign_key,
               t.touch_number, CASE t.touch_number WHEN 1 THEN 'first' ELSE 'mid' END AS touch_role,
               CASE WHEN %4$L THEN COALESCE(s.is_lead, false) ELSE t.touch_number = 1 END AS is_lead, false AS is_contract,
               left(analytics.url_page(s.landing_url), 150) AS landing_page, s.conversion_type,
               CASE WHEN s.conversion_type IS NOT NULL THEN s.conversion_value::numeric(18,4) END AS conversion_value, s.own_client_id
        FROM (
            SELECT s.*, d.client_bucket, d.client_key, %6$s AS staged_number
            FROM pg_temp.stage s
            JOIN warehouse.dim_clients d ON d.business_id = %1$s AND d.client_id = s.client_id
        ) s
        CROSS JOIN LATERAL (
            SELECT COALESCE(s.utm_source, analytics_internal.url_tag(s.landing_url, 'utm_source', $1)) AS utm_source,
                   COALESCE(s.utm_medium, analytics_internal.url_tag(s.landing_url, 'utm_medium', $1)) AS utm_medium,
                   COALESCE(s.utm_campaign, analytics_internal.url_tag(s.landing_url, 'utm_campaign', $1)) AS utm_campaign,
                   COALESCE(s.utm_content, analytics_internal.url_tag(s.landing_url, 'utm_content', $1)) AS utm_content,
                   COALESCE(s.utm_term, analytics_internal.url_tag(s.landing_url, 'utm_term', $1)) AS utm_term,
                   left(analytics.url_host(s.referrer), 150) AS referrer_host,
                   k.name AS click_id_name,
                   COALESCE(s.click_id, analytics.url_parameter(s.landing_url, k.name)) AS click_id
            FROM (
                -- A value decides: a name alone, as of a constant, is no click.
                SELECT COALESCE(CASE WHEN %5$L OR s.click_id IS NOT NULL THEN lower(s.click_id_name COLLATE "C") END,
                           (analytics.click_ids(s.landing_url))[1])
            ) k (name)
            OFFSET 0
        ) u
        CROSS JOIN LATERAL (
            SELECT analytics.classify_touch(
                       (SELECT analytics.channel_ruleset()), s.source_type, COALESCE(u.utm_source, s.platform), u.utm_medium,
                       u.utm_campaign, s.referrer, CASE WHEN u.click_id_name IS NOT NULL THEN ARRAY[u.click_id_name] END, s.landing_url)
                       AS class,
                   analytics_internal.first_id(s.landing_url, %8$L, $1) AS url_campaign_id,
                   COALESCE(s.ad_id, analytics_internal.first_id(s.landing_url, %9$L, $1),
                       CASE WHEN u.utm_content ~ '^[0-9]+$' THEN u.utm_content END) AS named_ad_id,
                   (s.staged_number + %7$s)::int AS touch_number
            OFFSET 0
        ) t
        LEFT JOIN warehouse.campaign_match r ON r.business_id = %1$s AND r.platform = COALESCE(s.platform, (t.class).platform)
            AND r.campaign_ref = COALESCE(s.campaign_id, u.utm_campaign, '') AND r.url_campaign_id = COALESCE(t.url_campaign_id, '')
            AND r.named_ad_id = COALESCE(t.named_ad_id, '')
            AND (s.occurred_at AT TIME ZONE %3$L)::date BETWEEN r.first_day AND r.last_day
        $sql$,
        source.business_id, source.source_id, (analytics.settings(source.business_id)).reporting_timezone,
        -- Where the source says which events are leads, an event without the mark is none.
        analytics_internal.column_sql(source, 'is_lead') IS NOT NULL, analytics_internal.column_sql(source, 'click_id') IS NULL,
        number.staged, number.earlier, analytics_internal.id_parameters('campaign'), analytics_internal.id_parameters('ad'))
    USING analytics_internal.placeholder_rules();
    PERFORM analytics_internal.name_touches();
    PERFORM analytics_internal.fold_platforms(source.business_id);
    PERFORM analytics_internal.add_platforms(source.business_id, ARRAY(SELECT DISTINCT n.platform FROM pg_temp.touch_name n));
    PERFORM analytics_internal.refer_to_campaigns(source.business_id);
    RETURN 0;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_events(analytics.source, boolean) IS 'Loader of events, each touch classified';

-- What two sources list belongs to the one registered first.
CREATE FUNCTION analytics_internal.leave_to_earlier_sources(source analytics.source, target text, key text[]) RETURNS bigint
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    n bigint;
BEGIN
    EXECUTE format($sql$
        DELETE FROM pg_temp.stage k
        USING warehouse.%I t
        WHERE t.business_id = %s AND t.source_id < %s AND %s$sql$,
        target, source.business_id, source.source_id, analytics_internal.each_name(key, 'k.%1$I = t.%1$I', ' AND '));
    GET DIAGNOSTICS n = ROW_COUNT;
    RETURN n;
END
$$;
COMMENT ON FUNCTION analytics_internal.leave_to_earlier_sources(analytics.source, text, text[]) IS
'Takes rows out of pg_temp.stage that another source has; returns how many';

CREATE FUNCTION analytics_internal.read_others_again(source analytics.source, gave_up boolean) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH taken AS (
        SELECT c.old_source_id AS source_id, count(*) AS n
        FROM pg_temp.change c
        WHERE c.operation = 'updated' AND c.old_source_id <> source.source_id
        GROUP BY c.old_source_id
    )
    UPDATE warehouse.source_watermark w
    SET definition = '', loaded = w.loaded - COALESCE(t.n, 0), deduplicated = w.deduplicated + COALESCE(t.n, 0)
    FROM warehouse.source_watermark o
    LEFT JOIN taken t ON t.source_id = o.source_id
    WHERE o.source_id = w.source_id AND w.business_id = source.business_id AND w.entity = source.entity
      AND w.source_id <> source.source_id AND (gave_up OR t.n > 0)
$$;
COMMENT ON FUNCTION analytics_internal.read_others_again(analytics.source, boolean) IS
'Has other sources of a shared entity read completely
Those that lost rows to this one, and all where this one gave up rows. What was taken counts as deduplicated from now on, so that the
accounts hold even if the refresh ends before the others are read.';

-- Rows that go for a good reason go a few at a time. Where most are gone at once, the table was emptied, is being filled anew, or hides
-- them: the figures of before are nearer to the truth.
CREATE FUNCTION analytics_internal.fewest_rows(source analytics.source, loaded bigint) RETURNS numeric
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT loaded - GREATEST(99, loaded * s.source_loss_limit) FROM analytics.settings(source.business_id) s $$;
COMMENT ON FUNCTION analytics_internal.fewest_rows(analytics.source, bigint) IS
'How many rows a source must have left of those loaded, by source_loss_limit';

CREATE FUNCTION analytics_internal.check_loss(source analytics.source, fewest numeric, now_loaded bigint, accounts text) RETURNS void
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    loaded bigint;
    reason text;
BEGIN
    IF now_loaded < fewest IS NOT TRUE THEN
        RETURN;
    END IF;
    SELECT w.loaded INTO loaded FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
    SELECT format(' Most rejected rows: %s.', r.reason) INTO reason
    FROM warehouse.rejected_rows r
    WHERE r.business_id = source.business_id AND r.source_id = source.source_id
    GROUP BY r.reason
    ORDER BY sum(r.occurrences) DESC, r.reason
    LIMIT 1;
    RAISE EXCEPTION 'source % (% from %) would lose % of its % rows', source.source_id, source.entity, source.relation,
            loaded - now_loaded, loaded
        USING ERRCODE = 'object_not_in_prerequisite_state',
            DETAIL = format('Rows before: %s. Rows now: %s (%s).', loaded, now_loaded, accounts) || COALESCE(reason, '')
                || CASE WHEN row_security_active(source.relation)
                    THEN format(' Row security hides rows from role %I.', current_user) ELSE '' END,
            HINT = 'If they are meant to go, CALL analytics.refresh(accept_loss => true); else bring them back and refresh again.';
END
$$;
COMMENT ON FUNCTION analytics_internal.check_loss(analytics.source, numeric, bigint, text) IS
'Raises 55000 where a source would have fewer rows than it must have left
fewest: NULL for any. accounts: how the rows that were read are accounted for.';

CREATE FUNCTION analytics_internal.load_stage(source analytics.source, run_id bigint, staged bigint, scope text, fewest numeric,
    slice text DEFAULT NULL)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    entity constant analytics.entity := e FROM analytics.entity e WHERE e.entity = source.entity;
    complete constant boolean := scope IS NULL;
    adds_up constant boolean := analytics_internal.adds_up(source);
    parts constant text := analytics_internal.part_sql(to_regclass(source.relation), source.options);
    own constant text := analytics_internal.own_rows(source);
    counts analytics_internal.load_counts;
    deduplicated bigint;
    rejected bigint;
    given_up bigint;
BEGIN
    IF EXISTS (SELECT FROM analytics.entity_column c WHERE c.entity = source.entity AND c.name = 'currency') THEN
        PERFORM analytics_internal.refuse_other_currencies((analytics.settings(source.business_id)).currency);
    END IF;
    IF source.entity = 'ad_performance' THEN
        PERFORM analytics_internal.refuse_totals(source);
    END IF;
    PERFORM analytics_internal.learn_campaigns(source);
    -- Without parts that tell them apart, equal rows are as many hours or devices.
    deduplicated := CASE
        WHEN adds_up AND parts IS NULL THEN 0
        -- Many rows are looked through only where there may be some.
        WHEN staged > 10000 AND analytics_internal.has_unique_key(source, as_read => true) THEN 0
        ELSE analytics_internal.deduplicate_stage(entity.key, parts IS NOT NULL)
    END;
    PERFORM analytics_internal.keep_whole(source, slice);
    rejected := analytics_internal.quarantine_stage(source, entity.key, run_id, complete);
    IF adds_up THEN
        PERFORM analytics_internal.add_up_stage(entity);
    END IF;
    IF complete THEN
        PERFORM analytics_internal.check_loss(source, fewest, staged - deduplicated - rejected,
            format('%s read, %s deduplicated, %s rejected', staged, deduplicated, rejected));
    END IF;
    IF entity.shared THEN
        deduplicated := deduplicated + analytics_internal.leave_to_earlier_sources(source, entity.target, entity.key);
        scope := analytics_internal.incoming_rows(entity.key) || CASE WHEN complete THEN format(' OR %s', own) ELSE '' END;
    END IF;
    IF analytics_internal.is_of_clients(entity) THEN
        PERFORM analytics_internal.identify_stage(source.business_id);
    END IF;
    EXECUTE format('SELECT analytics_internal.%I($1, $2)', entity.loader) INTO given_up USING source, complete;
    -- What derive_touches() says of a touch stays as it is.
    counts := analytics_internal.merge_table(source.business_id, entity.target, COALESCE(scope, own),
        insert_only => '{touch_number,touch_role,is_lead,is_contract}');
    IF entity.marker IS NOT NULL THEN
        EXECUTE format('SELECT analytics_internal.%I($1)', entity.marker) USING source.business_id;
    END IF;
    counts.deleted := counts.deleted + given_up;
    IF entity.shared THEN
        PERFORM analytics_internal.read_others_again(source, gave_up => counts.deleted > 0);
    END IF;
    -- What was added up was read all the same.
    counts.rows_read := CASE WHEN adds_up THEN staged ELSE counts.rows_read + deduplicated + rejected END;
    counts.deduplicated := deduplicated;
    counts.rejected := rejected;
    IF counts.rows_read <> staged THEN
        RAISE EXCEPTION 'source % delivered % rows and % are accounted for', source.source_id, staged, counts.rows_read
            USING ERRCODE = 'internal_error';
    END IF;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_stage(analytics.source, bigint, bigint, text, numeric, text) IS
'Loads pg_temp.stage as its entity asks
staged: how many rows it has. scope: condition on the rows of the target (alias t) that the stage stands for, NULL where it has all rows of
the source. fewest: how many of these must be usable, NULL for any number. slice: condition on the rows of the source that were read.';

CREATE FUNCTION analytics_internal.count_sql(entity text) RETURNS text
    LANGUAGE sql IMMUTABLE
    SET search_path = pg_catalog, pg_temp
AS $$ SELECT CASE WHEN entity IN ('ad_performance', 'ad_breakdowns') THEN 'COALESCE(sum(t.source_rows), 0)' ELSE 'count(*)' END $$;
COMMENT ON FUNCTION analytics_internal.count_sql(text) IS
'SQL that counts the rows of a source that rows of the warehouse (alias t) hold';

CREATE FUNCTION analytics_internal.in_warehouse(business_id bigint, source_id bigint, entity text) RETURNS bigint
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    target constant text := e.target FROM analytics.entity e WHERE e.entity = in_warehouse.entity;
    n bigint;
BEGIN
    EXECUTE format('SELECT %s FROM warehouse.%I t WHERE t.business_id = $1 AND t.source_id = $2',
        analytics_internal.count_sql(in_warehouse.entity), target)
    INTO n USING in_warehouse.business_id, in_warehouse.source_id;
    RETURN n;
END
$$;
COMMENT ON FUNCTION analytics_internal.in_warehouse(bigint, bigint, text) IS 'How many rows of a source the warehouse holds';

CREATE FUNCTION analytics_internal.load_all(source analytics.source, run_id bigint, definition text, fewest numeric)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    staged constant bigint := analytics_internal.stage_source(source);
    newest constant timestamptz := analytics_internal.newest_update();
    counts constant analytics_internal.load_counts := analytics_internal.load_stage(source, run_id, staged, NULL, fewest);
    row_by_row constant boolean := analytics_internal.is_read_row_by_row(source.source_id);
BEGIN
    DELETE FROM warehouse.source_watermark w
    WHERE w.source_id = source.source_id;
    INSERT INTO warehouse.source_watermark (source_id, business_id, entity, definition, watermark, refreshed_at, read_completely_at, run_id,
        rows_read, loaded, deduplicated, rejected, relation, row_by_row)
    VALUES (source.source_id, source.business_id, source.entity, definition, newest, clock_timestamp(), clock_timestamp(), run_id,
        counts.rows_read, counts.rows_read - counts.deduplicated - counts.rejected, counts.deduplicated, counts.rejected, source.relation,
        row_by_row);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_all(analytics.source, bigint, text, numeric) IS
'Loads all rows of a source and sets its watermark';

CREATE TYPE analytics_internal.loaded_part AS (counts analytics_internal.load_counts, suffices boolean);
COMMENT ON TYPE analytics_internal.loaded_part IS
'What came of loading a part of a source
counts: NULL where nothing was loaded. suffices: whether all rows of the source are accounted for without reading the rest.';

-- The rest is as it was only if all rows are still accounted for: deletions, and rows that appeared behind the watermark, show in the sum.
CREATE FUNCTION analytics_internal.load_part(source analytics.source, run_id bigint, slice analytics_internal.source_slice,
    fewest numeric)
    RETURNS analytics_internal.loaded_part
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    part analytics_internal.loaded_part;
    counts analytics_internal.load_counts;
    known warehouse.source_watermark;
    was_rejected bigint;
    staged constant bigint := analytics_internal.stage_source(source, slice.wanted);
    newest constant timestamptz := analytics_internal.newest_update();
    total bigint := min(s.source_total) FROM pg_temp.stage s;
BEGIN
    IF total IS NULL THEN
        EXECUTE format('SELECT count(*) FROM %s AS _source', analytics_internal.source_sql(source)) INTO total;
    END IF;
    -- What is not there cannot be loaded: read completely, it is refused before anything is written.
    IF total < fewest OR analytics_internal.repeats_outside(source, slice) THEN
        RETURN part;
    END IF;
    counts := analytics_internal.load_stage(source, run_id, staged, slice.scope, NULL, slice.wanted);
    SELECT w.* INTO known FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
    known.loaded := CASE
        -- A row may have been there before, of no source or of another, so insertions do not count them.
        WHEN analytics_internal.adds_up(source) OR (SELECT e.shared FROM analytics.entity e WHERE e.entity = source.entity) THEN
            analytics_internal.in_warehouse(source.business_id, source.source_id, source.entity)
        ELSE known.loaded + counts.inserted - counts.deleted
    END;
    was_rejected := known.rejected;
    SELECT COALESCE(sum(r.occurrences), 0) INTO known.rejected
    FROM warehouse.rejected_rows r
    WHERE r.business_id = source.business_id AND r.source_id = source.source_id;
    known.deduplicated := CASE
        WHEN analytics_internal.is_append_only(source) OR was_rejected = 0 AND analytics_internal.has_whole_keys(source) THEN
            total - known.loaded - known.rejected
        ELSE known.deduplicated + counts.deduplicated
    END;
    part := (counts, total = known.loaded + known.deduplicated + known.rejected AND known.deduplicated >= 0);
    IF part.suffices THEN
        PERFORM analytics_internal.check_loss(source, fewest, known.loaded,
            format('%s read, %s deduplicated, %s rejected', total, known.deduplicated, known.rejected));
    END IF;
    UPDATE warehouse.source_watermark w
    SET watermark = GREATEST(newest, w.watermark), refreshed_at = clock_timestamp(), run_id = load_part.run_id, rows_read = total,
        loaded = known.loaded, deduplicated = known.deduplicated, rejected = known.rejected
    WHERE w.source_id = source.source_id AND part.suffices;
    RETURN part;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_part(analytics.source, bigint, analytics_internal.source_slice, numeric) IS
'Loads the part of a source that may have changed, and moves its watermark';

CREATE FUNCTION analytics_internal.load_changes(source analytics.source, run_id bigint, from_date date, fewest numeric)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    definition text;
    is_by_day boolean;
    changed analytics_internal.changed_day[];
    slice analytics_internal.source_slice;
    part analytics_internal.loaded_part;
    counts analytics_internal.load_counts;
    current_content text;
    loaded constant bigint := w.loaded FROM warehouse.source_watermark w WHERE w.source_id = source.source_id;
BEGIN
    -- Taken before the rows are read, so that rules that change meanwhile are noticed next time.
    definition := analytics_internal.source_definition(source);
    is_by_day := analytics_internal.is_read_by_day(source);
    IF is_by_day THEN
        changed := analytics_internal.changed_days(source);
    END IF;
    slice := analytics_internal.slice_of(source, from_date, changed);
    -- Days are compared already. A source that is read for the first time, or is to be read, need not be looked at twice.
    IF loaded IS NOT NULL AND from_date IS NULL AND (slice.wanted IS NULL OR NOT is_by_day) THEN
        current_content := analytics_internal.source_content(source, slice.wanted);
        slice.is_empty := analytics_internal.is_as_last_read(source, slice.wanted, current_content, definition);
    END IF;
    IF slice.is_empty THEN
        counts := (0, 0, 0, 0, 0, 0, 0);
        UPDATE warehouse.source_watermark w
        SET refreshed_at = clock_timestamp(), run_id = load_changes.run_id
        WHERE w.source_id = source.source_id;
    ELSIF slice.wanted IS NOT NULL THEN
        part := analytics_internal.load_part(source, run_id, slice, fewest);
        counts := part.counts;
    END IF;
    IF slice.is_empty IS NOT TRUE AND part.suffices IS NOT TRUE THEN
        counts := analytics_internal.load_all(source, run_id, definition, fewest);
        IF part.counts IS NOT NULL THEN
            -- What the part wrote is unchanged by now.
            counts.inserted := counts.inserted + (part.counts).inserted;
            counts.updated := counts.updated + (part.counts).updated;
            counts.unchanged := counts.unchanged - (part.counts).inserted - (part.counts).updated;
            counts.deleted := counts.deleted + (part.counts).deleted;
        END IF;
    END IF;
    IF is_by_day THEN
        PERFORM analytics_internal.keep_days(source.source_id, changed);
    END IF;
    UPDATE warehouse.source_watermark w
    SET row_security = row_security_active(source.relation), content = current_content
    WHERE w.source_id = source.source_id
      AND (w.row_security, w.content) IS DISTINCT FROM (row_security_active(source.relation), current_content);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_changes(analytics.source, bigint, date, numeric) IS
'Loads what changed in a source, or all of it';

CREATE FUNCTION analytics_internal.read_row_by_row(source analytics.source, run_id bigint, reason text) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RAISE WARNING 'source % (% from %): an expression of its mapping fails, so rows are tried one by one from now on: %', source.source_id,
        source.entity, source.relation, reason
        USING HINT = 'Without the cast values are read as text, faster, and each that cannot be read is refused.';
    INSERT INTO warehouse.source_watermark AS w (source_id, business_id, entity, definition, refreshed_at, read_completely_at, run_id,
        rows_read, loaded, deduplicated, rejected, relation, row_by_row)
    VALUES (source.source_id, source.business_id, source.entity, '', clock_timestamp(), clock_timestamp(), run_id, 0, 0, 0, 0,
        source.relation, true)
    ON CONFLICT ON CONSTRAINT source_watermark_pkey DO UPDATE SET row_by_row = true;
END
$$;
COMMENT ON FUNCTION analytics_internal.read_row_by_row(analytics.source, bigint, text) IS
'Has the expressions of a source tried for each row by itself, and says so';

CREATE FUNCTION analytics_internal.load_source(source_id bigint, run_id bigint, from_date date, accept_loss boolean)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    source analytics.source;
    loaded constant bigint := w.loaded FROM warehouse.source_watermark w WHERE w.source_id = load_source.source_id;
    fewest numeric;
    counts analytics_internal.load_counts;
BEGIN
    SELECT s.* INTO STRICT source FROM warehouse.source s WHERE s.source_id = load_source.source_id;
    PERFORM analytics_internal.check_source(source, accept_loss);
    IF NOT accept_loss THEN
        fewest := analytics_internal.fewest_rows(source, loaded);
    END IF;
    BEGIN
        counts := analytics_internal.load_changes(source, run_id, from_date, fewest);
    EXCEPTION WHEN data_exception OR raise_exception OR integrity_constraint_violation THEN
        IF analytics_internal.is_read_row_by_row(source.source_id) THEN
            RAISE;
        END IF;
        PERFORM analytics_internal.read_row_by_row(source, run_id, SQLERRM);
        counts := analytics_internal.load_changes(source, run_id, from_date, fewest);
    END;
    IF loaded > 0 AND (SELECT w.loaded FROM warehouse.source_watermark w WHERE w.source_id = load_source.source_id) = 0 THEN
        RAISE WARNING 'source % (% from %) has no rows any more: its % rows are gone from the warehouse', source.source_id, source.entity,
            source.relation, loaded;
    END IF;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.load_source(bigint, bigint, date, boolean) IS
'Loads what changed in a source, or all of it, and moves its watermark';

-- A source that is gone delivers nothing. One that nobody dropped was lost, as by a restore that left its registration out.
CREATE FUNCTION analytics_internal.forget_source(source_id bigint, run_id bigint, accept_loss boolean)
    RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    known constant warehouse.source_watermark := w FROM warehouse.source_watermark w WHERE w.source_id = forget_source.source_id;
    source analytics.source;
    counts analytics_internal.load_counts;
BEGIN
    IF known.dropped_at IS NULL AND known.loaded > 0 AND NOT accept_loss THEN
        RAISE EXCEPTION 'source % is no longer registered, and nobody dropped it', source_id
            USING ERRCODE = 'object_not_in_prerequisite_state',
                DETAIL = format('The warehouse holds %s rows of it (%s).', known.loaded, concat_ws(' from ', known.entity, known.relation)),
                HINT = format('Bring back its row of warehouse.source, or register it again; or let its rows go with '
                    'SELECT analytics.drop_source(%s).', source_id);
    END IF;
    source.source_id := known.source_id;
    source.business_id := known.business_id;
    source.entity := known.entity;
    PERFORM analytics_internal.stage_nothing(source.entity);
    counts := analytics_internal.load_stage(source, run_id, 0, NULL, NULL);
    DELETE FROM warehouse.source_day d WHERE d.source_id = forget_source.source_id;
    DELETE FROM warehouse.source_watermark w WHERE w.source_id = forget_source.source_id;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.forget_source(bigint, bigint, boolean) IS
'Takes the rows of a source that is no longer registered out of the warehouse
Raises 55000 where it has rows and was not dropped, unless accept_loss.';
