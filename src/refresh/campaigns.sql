-- How a touch finds its campaign: by an id that it gives or its URL holds, by its ad, or by the name that a campaign had on the day.
--
-- What touches name is kept once for all touches that name the same (warehouse.campaign_match), with the days on which it stands for a
-- campaign. Names and ads of campaigns are learned from every row that is read and are never forgotten: a network that renames a campaign
-- restates its exports, and the links of its ads go on with the old name.

-- Costs a few index probes for each campaign, however many days it ran: the campaigns and their first and last days are looked up one
-- after the other in the index fact_campaign_performance_daily_campaign.
CREATE FUNCTION analytics_internal.exported_campaigns(business_id bigint)
    RETURNS TABLE (platform text, campaign_id text, campaign_name text, first_day date, last_day date)
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH RECURSIVE found (platform, campaign_id) AS (
        (
            SELECT f.platform, f.campaign_id
            FROM warehouse.fact_campaign_performance_daily f
            WHERE f.business_id = exported_campaigns.business_id AND f.campaign_id <> ''
            ORDER BY f.platform, f.campaign_id
            LIMIT 1
        )
        UNION ALL
        SELECT n.platform, n.campaign_id
        FROM found c
        CROSS JOIN LATERAL (
            SELECT f.platform, f.campaign_id
            FROM warehouse.fact_campaign_performance_daily f
            WHERE f.business_id = exported_campaigns.business_id AND f.campaign_id <> ''
              AND (f.platform, f.campaign_id) > (c.platform, c.campaign_id)
            ORDER BY f.platform, f.campaign_id
            LIMIT 1
        ) n
    )
    SELECT c.platform, c.campaign_id, n.campaign_name, d.first_day, d.last_day
    FROM found c
    CROSS JOIN LATERAL (
        SELECT min(f.date) AS first_day, max(f.date) AS last_day
        FROM warehouse.fact_campaign_performance_daily f
        WHERE f.business_id = exported_campaigns.business_id AND f.campaign_id <> ''
          AND f.platform = c.platform AND f.campaign_id = c.campaign_id
    ) d
    LEFT JOIN LATERAL (
        SELECT f.campaign_name
        FROM warehouse.fact_campaign_performance_daily f
        WHERE f.business_id = exported_campaigns.business_id AND f.campaign_id <> ''
          AND f.platform = c.platform AND f.campaign_id = c.campaign_id AND f.campaign_name IS NOT NULL
        ORDER BY f.date DESC, f.source_id, f.campaign_name COLLATE "C"
        LIMIT 1
    ) n ON true
$$;
COMMENT ON FUNCTION analytics_internal.exported_campaigns(bigint) IS
'The campaigns of the ad exports, each with its latest name, first and last day';

-- Before older versions of rows are taken out: these are how a list of campaigns tells former names. A day that has its name keeps it, so
-- that an export which is restated with another name moves no touch; all days being known, to read them again changes nothing.
CREATE FUNCTION analytics_internal.learn_campaigns(source analytics.source) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    day constant text := e.day FROM analytics.entity e WHERE e.entity = source.entity;
    names bigint := 0;
    ads bigint := 0;
BEGIN
    IF source.entity IN ('campaigns', 'ad_performance') THEN
        EXECUTE format($sql$
            INSERT INTO warehouse.campaign_name AS n
            SELECT $1, s.platform, s.campaign_id, s.campaign_name, min(s.day) FILTER (WHERE NOT k.has_name),
                   max(s.day) FILTER (WHERE NOT k.has_name)
            FROM (
                SELECT DISTINCT g.platform, g.campaign_id, g.campaign_name, %1$s AS day
                FROM pg_temp.stage g
                WHERE g.reject_reason IS NULL AND g.campaign_id <> '' AND g.campaign_name IS NOT NULL
            ) s
            CROSS JOIN LATERAL (
                SELECT EXISTS (
                    SELECT FROM warehouse.campaign_name c
                    WHERE c.business_id = $1 AND c.platform = s.platform AND c.campaign_id = s.campaign_id
                      AND s.day BETWEEN c.first_day AND c.last_day) AS has_name
            ) k
            GROUP BY s.platform, s.campaign_id, s.campaign_name
            ON CONFLICT (business_id, platform, campaign_id, campaign_name) DO UPDATE
            SET first_day = LEAST(n.first_day, EXCLUDED.first_day), last_day = GREATEST(n.last_day, EXCLUDED.last_day)
            WHERE n.first_day > EXCLUDED.first_day OR n.last_day < EXCLUDED.last_day
               OR n.first_day IS NULL AND EXCLUDED.first_day IS NOT NULL
            $sql$, COALESCE('g.' || quote_ident(day), 'NULL::date'))
        USING source.business_id;
        GET DIAGNOSTICS names = ROW_COUNT;
    END IF;
    IF source.entity IN ('ad_creatives', 'ad_performance') THEN
        INSERT INTO warehouse.campaign_ad
        SELECT DISTINCT source.business_id, a.id, s.platform, s.campaign_id
        FROM pg_temp.stage s
        CROSS JOIN LATERAL (VALUES (s.ad_id), (s.ad_group_id)) a (id)
        WHERE s.reject_reason IS NULL AND s.campaign_id <> '' AND a.id <> ''
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS ads = ROW_COUNT;
    END IF;
    IF names + ads > 0 THEN
        INSERT INTO warehouse.pending_day VALUES (source.business_id, 'campaigns', '-infinity') ON CONFLICT DO NOTHING;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.learn_campaigns(analytics.source) IS
'Keeps the names, ads and ad groups of campaigns that pg_temp.stage shows';

-- Written so that the index fact_events_campaign_ref finds the touches.
CREATE FUNCTION analytics_internal.is_same_ref(campaign_ref text, url_campaign_id text, named_ad_id text, ref_name text, ref_url_id text,
    ref_ad_id text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT COALESCE(campaign_ref, '') = ref_name AND COALESCE(url_campaign_id, '') = ref_url_id AND COALESCE(named_ad_id, '') = ref_ad_id
       AND (campaign_ref IS NOT NULL OR url_campaign_id IS NOT NULL OR named_ad_id IS NOT NULL)
$$;
COMMENT ON FUNCTION analytics_internal.is_same_ref(text, text, text, text, text, text) IS
'Whether a touch, by its first three values, makes a reference
The other three are of warehouse.campaign_match, where what is missing is empty.';

CREATE FUNCTION analytics_internal.find_known_campaigns(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('known_campaign', 'ref');
    CREATE TEMP TABLE known_campaign ON COMMIT DROP AS
    SELECT k.*, d.family
    FROM (
        SELECT platform, campaign_id, COALESCE(s.campaign_name, p.campaign_name, campaign_id) AS campaign_name, s.status, s.daily_budget,
               p.first_day, p.last_day, CASE WHEN s.source_id IS NOT NULL THEN 'campaigns' ELSE 'ad_performance' END AS origin
        FROM (
            SELECT DISTINCT ON (c.platform, c.campaign_id) c.*
            FROM warehouse.source_campaigns c
            WHERE c.business_id = find_known_campaigns.business_id
            ORDER BY c.platform, c.campaign_id, c.source_id
        ) s
        FULL JOIN analytics_internal.exported_campaigns(find_known_campaigns.business_id) p USING (platform, campaign_id)
    ) k
    LEFT JOIN warehouse.dim_platforms d ON d.business_id = find_known_campaigns.business_id AND d.platform = k.platform;
    ANALYZE pg_temp.known_campaign;
    CREATE TEMP TABLE ref ON COMMIT DROP AS
    SELECT DISTINCT r.platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id, d.family,
           analytics_internal.fold_case(NULLIF(r.campaign_ref, '')) AS name
    FROM warehouse.campaign_match r
    LEFT JOIN warehouse.dim_platforms d ON d.business_id = r.business_id AND d.platform = r.platform
    WHERE r.business_id = find_known_campaigns.business_id;
    ANALYZE pg_temp.ref;
END
$$;
COMMENT ON FUNCTION analytics_internal.find_known_campaigns(bigint) IS
'Makes pg_temp.known_campaign and pg_temp.ref: what is known, what touches name';

CREATE FUNCTION analytics_internal.match_ids(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('match_by_id');
    CREATE TEMP TABLE match_by_id ON COMMIT DROP AS
    WITH ad AS (
        SELECT a.ad_id, a.platform, min(a.campaign_id) AS campaign_id
        FROM warehouse.campaign_ad a
        JOIN pg_temp.known_campaign k USING (platform, campaign_id)
        WHERE a.business_id = match_ids.business_id AND a.ad_id IN (SELECT r.named_ad_id FROM pg_temp.ref r)
        GROUP BY a.ad_id, a.platform
        -- An ad that exports gave to several campaigns tells nothing.
        HAVING count(*) = 1
    ), match AS (
        SELECT 1 AS place, r.platform AS named_platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id, r.family AS named_family, k.*
        FROM pg_temp.ref r
        JOIN pg_temp.known_campaign k ON k.campaign_id = r.campaign_ref
        UNION ALL
        SELECT 2, r.platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id, r.family, k.*
        FROM pg_temp.ref r
        JOIN pg_temp.known_campaign k ON k.campaign_id = r.url_campaign_id
        UNION ALL
        SELECT 3, r.platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id, r.family, k.*
        FROM pg_temp.ref r
        JOIN ad a ON a.ad_id = r.named_ad_id
        JOIN pg_temp.known_campaign k ON k.platform = a.platform AND k.campaign_id = a.campaign_id
    )
    SELECT DISTINCT ON (m.named_platform, m.campaign_ref, m.url_campaign_id, m.named_ad_id)
           m.named_platform, m.campaign_ref, m.url_campaign_id, m.named_ad_id, m.platform, m.campaign_id
    FROM match m
    WHERE m.platform = m.named_platform OR m.family = m.named_family
    ORDER BY m.named_platform, m.campaign_ref, m.url_campaign_id, m.named_ad_id, m.place, m.platform = m.named_platform DESC,
             m.last_day DESC NULLS LAST, m.platform COLLATE "C", m.campaign_id COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics_internal.match_ids(bigint) IS
'Makes pg_temp.match_by_id: the references that an id tells
The touch''s own id comes before that of its URL, and both before the ad; a campaign of the same platform before one of its family.';

CREATE FUNCTION analytics_internal.find_namesakes(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('namesake');
    CREATE TEMP TABLE namesake ON COMMIT DROP AS
    WITH known_name AS (
        SELECT k.platform, k.family, k.campaign_id, n.name, min(n.first_day) AS first_day, max(n.last_day) AS last_day,
               k.first_day AS active_from, k.last_day AS active_until,
               -- On the days that are known it had other names.
               min(n.first_day) IS NULL AND d.campaign_id IS NOT NULL AS is_restated
        FROM pg_temp.known_campaign k
        JOIN (
            SELECT c.platform, c.campaign_id, analytics_internal.fold_case(c.campaign_name) AS name, c.first_day, c.last_day
            FROM warehouse.campaign_name c
            WHERE c.business_id = find_namesakes.business_id
            UNION ALL
            SELECT c.platform, c.campaign_id, analytics_internal.fold_case(c.campaign_name), NULL, NULL
            FROM pg_temp.known_campaign c
        ) n USING (platform, campaign_id)
        LEFT JOIN (
            SELECT DISTINCT c.platform, c.campaign_id
            FROM warehouse.campaign_name c
            WHERE c.business_id = find_namesakes.business_id AND c.first_day IS NOT NULL
        ) d ON d.platform = k.platform AND d.campaign_id = k.campaign_id
        GROUP BY k.platform, k.family, k.campaign_id, n.name, k.first_day, k.last_day, d.campaign_id
    ), candidate AS (
        SELECT r.platform AS named_platform, k.*,
               k.platform = r.platform OR NOT bool_or(k.platform = r.platform) OVER (PARTITION BY r.platform, k.name) AS is_near
        FROM (SELECT DISTINCT f.platform, f.family, f.name FROM pg_temp.ref f) r
        JOIN known_name k ON k.name = r.name AND (k.platform = r.platform OR k.family = r.family)
    ), near AS (
        SELECT c.*, NOT c.is_restated OR bool_and(c.is_restated) OVER (PARTITION BY c.named_platform, c.name) AS counts
        FROM candidate c
        WHERE c.is_near
    )
    SELECT n.*, min(n.campaign_id) OVER w <> max(n.campaign_id) OVER w AS is_contested
    FROM near n
    WHERE n.counts
    WINDOW w AS (PARTITION BY n.named_platform, n.name);
    ANALYZE pg_temp.namesake;
END
$$;
COMMENT ON FUNCTION analytics_internal.find_namesakes(bigint) IS
'Makes pg_temp.namesake: the campaigns that ever had a name that touches use
first_day and last_day: days of the name, NULL where none are known; active_from and active_until: of the campaign. is_contested: several
campaigns had the name. Those of other platforms of the family count where the platform itself has none, and so do campaigns whose exports
were restated with the name, where no other had it.';

-- Between two days on which a campaign or its name begins or ends, nothing changes: each such span is decided as a whole.
CREATE FUNCTION analytics_internal.match_names() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('match_by_name');
    CREATE TEMP TABLE match_by_name ON COMMIT DROP AS
    WITH span AS (
        SELECT d.named_platform, d.name, d.day AS first_day,
               COALESCE(lead(d.day) OVER (PARTITION BY d.named_platform, d.name ORDER BY d.day) - 1, 'infinity') AS last_day
        FROM (
            SELECT n.named_platform, n.name, '-infinity'::date AS day
            FROM pg_temp.namesake n
            UNION
            SELECT n.named_platform, n.name, v.day
            FROM pg_temp.namesake n
            CROSS JOIN LATERAL (VALUES (n.first_day), (n.last_day + 1), (n.active_from), (n.active_until + 1)) v (day)
            WHERE n.is_contested AND v.day IS NOT NULL
        ) d
    ), rated AS (
        -- The name on the day says more than that the campaign was active.
        SELECT s.named_platform, s.name, s.first_day, s.last_day, n.platform, n.campaign_id, n.active_until,
               CASE WHEN s.first_day BETWEEN n.first_day AND n.last_day THEN 2 ELSE 0 END
               + CASE WHEN s.first_day BETWEEN n.active_from AND n.active_until THEN 1 ELSE 0 END AS rank
        FROM span s
        JOIN pg_temp.namesake n USING (named_platform, name)
    ), best AS (
        SELECT DISTINCT ON (r.named_platform, r.name, r.first_day) r.*, min(r.campaign_id) OVER w = max(r.campaign_id) OVER w AS is_known
        FROM rated r
        WINDOW w AS (PARTITION BY r.named_platform, r.name, r.first_day, r.rank)
        ORDER BY r.named_platform, r.name, r.first_day, r.rank DESC, r.active_until DESC NULLS LAST, r.platform COLLATE "C",
                 r.campaign_id COLLATE "C"
    ), outcome AS (
        SELECT b.named_platform, b.name, b.first_day, b.last_day, CASE WHEN b.is_known THEN b.platform END AS platform,
               CASE WHEN b.is_known THEN b.campaign_id END AS campaign_id
        FROM best b
    )
    SELECT o.named_platform, o.name, min(o.first_day) AS first_day, max(o.last_day) AS last_day, o.platform, o.campaign_id
    FROM (
        SELECT c.*, row_number() OVER (PARTITION BY c.named_platform, c.name ORDER BY c.first_day)
                    - row_number() OVER (PARTITION BY c.named_platform, c.name, c.platform, c.campaign_id ORDER BY c.first_day) AS run
        FROM outcome c
    ) o
    GROUP BY o.named_platform, o.name, o.platform, o.campaign_id, o.run;
END
$$;
COMMENT ON FUNCTION analytics_internal.match_names() IS
'Makes pg_temp.match_by_name: which campaign a name means, from when until when
Of several that ever had the name, the one that had it on the day, or else the one that was active on it; campaign_id is NULL where that
does not tell one.';

CREATE FUNCTION analytics_internal.find_campaigns(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.find_known_campaigns(find_campaigns.business_id);
    PERFORM analytics_internal.match_ids(find_campaigns.business_id);
    PERFORM analytics_internal.find_namesakes(find_campaigns.business_id);
    PERFORM analytics_internal.match_names();
    PERFORM analytics_internal.drop_temporary('resolved');
    CREATE TEMP TABLE resolved ON COMMIT DROP AS
    SELECT r.platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id, COALESCE(n.first_day, '-infinity') AS first_day,
           COALESCE(n.last_day, 'infinity') AS last_day,
           CASE WHEN COALESCE(i.campaign_id, n.campaign_id) IS NOT NULL THEN NULL
                WHEN n.name IS NOT NULL THEN 'ambiguous'
                ELSE 'events' END AS made_of,
           COALESCE(i.platform, n.platform, r.platform) AS campaign_platform,
           COALESCE(i.campaign_id, n.campaign_id, NULLIF(r.campaign_ref, '')) AS campaign_id
    FROM pg_temp.ref r
    LEFT JOIN pg_temp.match_by_id i
        ON i.named_platform = r.platform AND i.campaign_ref = r.campaign_ref AND i.url_campaign_id = r.url_campaign_id
        AND i.named_ad_id = r.named_ad_id
    LEFT JOIN pg_temp.match_by_name n ON n.named_platform = r.platform AND n.name = r.name AND i.campaign_id IS NULL;
    ANALYZE pg_temp.resolved;
END
$$;
COMMENT ON FUNCTION analytics_internal.find_campaigns(bigint) IS
'Finds the campaigns that sources know, and which of them touches name
Makes pg_temp.known_campaign, and pg_temp.resolved with the campaign of each reference. made_of: NULL for a known campaign, ambiguous for a
name that several had, events for one that nothing knows; without any name campaign_id is NULL too.';

-- A reference without a last day is new: its touches are on their way into the facts, with the campaign that is found here.
CREATE FUNCTION analytics_internal.move_touches(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.drop_temporary('span', 'moved');
    CREATE TEMP TABLE span ON COMMIT DROP AS
    SELECT v.platform, v.campaign_ref, v.url_campaign_id, v.named_ad_id, v.first_day, v.last_day, d.campaign_key
    FROM pg_temp.resolved v
    LEFT JOIN warehouse.dim_campaigns d
        ON d.business_id = move_touches.business_id AND d.platform = v.campaign_platform AND d.campaign_id = v.campaign_id;
    CREATE TEMP TABLE moved ON COMMIT DROP AS
    SELECT platform, campaign_ref, url_campaign_id, named_ad_id, bool_or(r.last_day IS NOT NULL) AS has_touches
    FROM pg_temp.span s
    FULL JOIN (
        SELECT c.*
        FROM warehouse.campaign_match c
        WHERE c.business_id = move_touches.business_id
    ) r USING (platform, campaign_ref, url_campaign_id, named_ad_id, first_day)
    WHERE (s.last_day, s.campaign_key) IS DISTINCT FROM (r.last_day, r.campaign_key)
    GROUP BY platform, campaign_ref, url_campaign_id, named_ad_id;
    ANALYZE pg_temp.moved;
    DELETE FROM warehouse.campaign_match r
    USING pg_temp.moved m
    WHERE r.business_id = move_touches.business_id AND r.platform = m.platform AND r.campaign_ref = m.campaign_ref
      AND r.url_campaign_id = m.url_campaign_id AND r.named_ad_id = m.named_ad_id;
    INSERT INTO warehouse.campaign_match (
        business_id, platform, campaign_ref, url_campaign_id, named_ad_id, first_day, last_day, campaign_key)
    SELECT move_touches.business_id, s.*
    FROM pg_temp.span s
    JOIN pg_temp.moved m USING (platform, campaign_ref, url_campaign_id, named_ad_id);
    IF EXISTS (SELECT FROM pg_temp.moved m WHERE m.has_touches) THEN
        WITH changed AS (
            UPDATE warehouse.fact_events e
            SET campaign_key = s.campaign_key
            FROM pg_temp.moved m
            JOIN pg_temp.span s USING (platform, campaign_ref, url_campaign_id, named_ad_id)
            WHERE m.has_touches AND e.business_id = move_touches.business_id AND e.platform = s.platform
              AND analytics_internal.is_same_ref(e.campaign_ref, e.url_campaign_id, e.named_ad_id, s.campaign_ref, s.url_campaign_id,
                  s.named_ad_id)
              AND e.event_date BETWEEN s.first_day AND s.last_day AND e.campaign_key IS DISTINCT FROM s.campaign_key
            RETURNING e.business_id, e.client_key, e.event_date
        ), day AS (
            INSERT INTO warehouse.pending_day
            SELECT DISTINCT c.business_id, 'events', c.event_date
            FROM changed c
            ON CONFLICT DO NOTHING
        )
        INSERT INTO warehouse.pending_client
        SELECT DISTINCT c.business_id, c.client_key
        FROM changed c
        ON CONFLICT DO NOTHING;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.move_touches(bigint) IS
'Moves touches to the campaign they now stand for; marks their clients and days';

CREATE FUNCTION analytics_internal.resolve_campaigns(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts;
BEGIN
    PERFORM analytics_internal.find_campaigns(resolve_campaigns.business_id), analytics_internal.drop_temporary('campaign');
    CREATE TEMP TABLE campaign ON COMMIT DROP AS
    SELECT resolve_campaigns.business_id, k.platform, k.campaign_id, k.campaign_name, k.status, k.daily_budget, k.first_day, k.last_day,
           k.origin
    FROM pg_temp.known_campaign k
    UNION ALL
    SELECT DISTINCT resolve_campaigns.business_id, r.campaign_platform, r.campaign_id,
           r.campaign_id || CASE r.made_of WHEN 'ambiguous' THEN ' (ambiguous)' ELSE '' END, NULL, NULL::numeric(18,4), NULL::date,
           NULL::date, r.made_of
    FROM pg_temp.resolved r
    WHERE r.made_of IS NOT NULL AND r.campaign_id IS NOT NULL;
    counts := analytics_internal.merge_table(resolve_campaigns.business_id, 'dim_campaigns', incoming => 'campaign');
    PERFORM analytics_internal.move_touches(resolve_campaigns.business_id);
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.resolve_campaigns(bigint) IS
'Keeps dim_campaigns, and the campaign of each touch in campaign_ref and events
A name that no export knows becomes a campaign of its own, and so does one that several campaigns had where the day does not tell them
apart.';

CREATE FUNCTION analytics_internal.derive_campaigns(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    reference warehouse.campaign_match;
BEGIN
    DELETE FROM warehouse.pending_day p WHERE p.business_id = derive_campaigns.business_id AND p.rollup = 'campaigns';
    IF NOT FOUND THEN
        RETURN (0, 0, 0, 0, 0, 0, 0)::analytics_internal.load_counts;
    END IF;
    -- References that no touch makes any more.
    IF analytics_internal.is_distributed('warehouse.fact_events') THEN
        -- One question to all nodes.
        DELETE FROM warehouse.campaign_match r
        WHERE r.business_id = derive_campaigns.business_id
          AND (r.platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id) NOT IN (
              SELECT e.platform, COALESCE(e.campaign_ref, ''), COALESCE(e.url_campaign_id, ''), COALESCE(e.named_ad_id, '')
              FROM warehouse.fact_events e
              WHERE e.business_id = derive_campaigns.business_id
                AND (e.campaign_ref IS NOT NULL OR e.url_campaign_id IS NOT NULL OR e.named_ad_id IS NOT NULL)
              GROUP BY 1, 2, 3, 4);
        RETURN analytics_internal.resolve_campaigns(derive_campaigns.business_id);
    END IF;
    -- Here one index probe for each, not a join with all touches.
    FOR reference IN
        SELECT DISTINCT ON (r.platform, r.campaign_ref, r.url_campaign_id, r.named_ad_id) r.*
        FROM warehouse.campaign_match r
        WHERE r.business_id = derive_campaigns.business_id
    LOOP
        PERFORM 1 FROM warehouse.fact_events e
        WHERE e.business_id = reference.business_id AND e.platform = reference.platform
          AND analytics_internal.is_same_ref(e.campaign_ref, e.url_campaign_id, e.named_ad_id, reference.campaign_ref,
              reference.url_campaign_id, reference.named_ad_id)
        LIMIT 1;
        IF NOT FOUND THEN
            DELETE FROM warehouse.campaign_match r
            WHERE r.business_id = reference.business_id AND r.platform = reference.platform AND r.campaign_ref = reference.campaign_ref
              AND r.url_campaign_id = reference.url_campaign_id AND r.named_ad_id = reference.named_ad_id;
        END IF;
    END LOOP;
    RETURN analytics_internal.resolve_campaigns(derive_campaigns.business_id);
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_campaigns(bigint) IS
'Forgets references that no touch makes any more, and resolves the others';
