-- The rollup of content per day. What a post earned on a day is the difference of two readings, so that a reading that changes also changes
-- the day of the next one, and a source that reaches further back may change what any first reading says.

CREATE FUNCTION analytics_internal.mark_all_content(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO warehouse.pending_day
    SELECT mark_all_content.business_id, 'content', d.day FROM (
        SELECT m.date FROM warehouse.fact_content_metrics m WHERE m.business_id = mark_all_content.business_id
        UNION SELECT r.date FROM warehouse.content_daily r WHERE r.business_id = mark_all_content.business_id
        UNION SELECT (c.published_at AT TIME ZONE s.reporting_timezone)::date FROM warehouse.fact_content c JOIN warehouse.settings s ON s.business_id = c.business_id
              WHERE c.business_id = mark_all_content.business_id
    ) d (day) WHERE d.day IS NOT NULL
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.mark_all_content(bigint) IS 'Marks every day of a business''s content for derivation';

CREATE FUNCTION analytics_internal.mark_readings(changes text, with_old boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    -- The key of a changed row, which a deleted one has as old_<column> only.
    key constant text := string_agg(CASE WHEN with_old THEN format('COALESCE(d.%1$I, d.%2$I) AS %1$I', k, 'old_' || k)
                                                    ELSE format('d.%I', k) END, ', ')
        FROM unnest('{business_id,source_id,platform,content_id,date}'::text[]) k;
    load record;
BEGIN
    EXECUTE format('SELECT c.business_id, c.source_id, min(c.date) AS first_day FROM (SELECT %s FROM %s d) c GROUP BY 1, 2', key, changes) INTO load;
    IF load.source_id IS NULL THEN
        RETURN;
    ELSIF (SELECT s.options ->> 'cumulative' = 'true' FROM warehouse.source s WHERE s.source_id = load.source_id)
        AND load.first_day <= COALESCE((SELECT m.date FROM warehouse.fact_content_metrics m WHERE m.business_id = load.business_id AND m.source_id = load.source_id
                                        ORDER BY m.date LIMIT 1), load.first_day) THEN
        -- The source may begin on another day than it did.
        PERFORM analytics_internal.mark_all_content(load.business_id);
        RETURN;
    END IF;
    EXECUTE format($sql$
        WITH changed AS MATERIALIZED (SELECT %s FROM %s d)
        INSERT INTO warehouse.pending_day
        SELECT c.business_id, 'content', c.date FROM changed c
        UNION
        -- The next reading, and for what that leaves out the next that has it.
        SELECT c.business_id, 'content', x.day
        FROM changed c
        CROSS JOIN LATERAL (
            SELECT m.* FROM warehouse.fact_content_metrics m
            WHERE m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id AND m.date > c.date
              AND m.source_id = c.source_id AND m.is_cumulative ORDER BY m.date LIMIT 1) n
        CROSS JOIN LATERAL (
            SELECT n.date
            UNION ALL
            SELECT (SELECT m.date FROM warehouse.fact_content_metrics m
                    WHERE m.business_id = n.business_id AND m.platform = n.platform AND m.content_id = n.content_id AND m.date > n.date AND m.source_id = n.source_id
                      AND CASE k.metric WHEN 'views' THEN m.views WHEN 'likes' THEN m.likes WHEN 'shares' THEN m.shares
                                        WHEN 'comments' THEN m.comments WHEN 'clicks' THEN m.clicks ELSE m.reach END IS NOT NULL
                    ORDER BY m.date LIMIT 1)
            FROM (VALUES ('views', n.views), ('likes', n.likes), ('shares', n.shares), ('comments', n.comments), ('clicks', n.clicks), ('reach', n.reach)) k (metric, total)
            WHERE k.total IS NULL) x (day)
        WHERE x.day IS NOT NULL
        UNION
        -- Posts that have figures now and had none, or the reverse.
        SELECT p.business_id, 'content', (p.published_at AT TIME ZONE s.reporting_timezone)::date
        FROM (SELECT c.business_id, c.platform, c.content_id, min(c.date) AS first_day FROM changed c GROUP BY 1, 2, 3) c
        JOIN warehouse.fact_content p ON p.business_id = c.business_id AND p.platform = c.platform AND p.content_id = c.content_id
        JOIN warehouse.settings s ON s.business_id = c.business_id
        WHERE p.published_at IS NOT NULL AND NOT EXISTS (
            SELECT FROM warehouse.fact_content_metrics m
            WHERE m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id AND m.date < c.first_day)
        ON CONFLICT DO NOTHING
        $sql$, key, changes);
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_readings(text, boolean) IS
'Marks the days of content that changed readings have a part in
changes: the working table, of one source. with_old: it also has the key of rows that are gone, as old_<column>.';

CREATE FUNCTION analytics_internal.mark_posts(changes text, with_old boolean) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    EXECUTE format($sql$
        WITH changed AS MATERIALIZED (%s)
        INSERT INTO warehouse.pending_day
        SELECT c.business_id, 'content', (v.published_at AT TIME ZONE s.reporting_timezone)::date
        FROM changed c JOIN warehouse.settings s ON s.business_id = c.business_id, LATERAL (VALUES (c.published_at), (c.old_published_at)) v (published_at)
        WHERE v.published_at IS NOT NULL
        UNION
        -- Whether the first total of a metric is a gain depends on when the post was published.
        SELECT f.business_id, 'content', f.day
        FROM (SELECT m.business_id, min(m.date) AS day
              FROM changed c
              JOIN warehouse.fact_content_metrics m ON m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id AND m.is_cumulative
              CROSS JOIN LATERAL (VALUES ('views', m.views), ('likes', m.likes), ('shares', m.shares), ('comments', m.comments), ('clicks', m.clicks),
                                         ('reach', m.reach)) k (metric, total)
              WHERE k.total IS NOT NULL
              GROUP BY m.business_id, m.source_id, m.platform, m.content_id, k.metric) f
        ON CONFLICT DO NOTHING
        $sql$, CASE WHEN with_old THEN 'SELECT COALESCE(d.business_id, d.old_business_id) AS business_id, COALESCE(d.platform, d.old_platform) AS platform,
                   COALESCE(d.content_id, d.old_content_id) AS content_id, d.published_at, d.old_published_at FROM ' || changes || ' d
                   WHERE d.content_id IS NULL OR d.old_content_id IS NULL OR d.published_at IS DISTINCT FROM d.old_published_at'
               ELSE 'SELECT d.business_id, d.platform, d.content_id, d.published_at, NULL::timestamptz AS old_published_at FROM ' || changes || ' d' END);
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_posts(text, boolean) IS
'Marks the days of content that posts have a part in whose time changed
changes: the working table. with_old: it also has the keys and times before, as old_<column>.';

CREATE FUNCTION analytics_internal.roll_up_content(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    IF NOT EXISTS (SELECT FROM warehouse.pending_day p WHERE p.business_id = roll_up_content.business_id AND p.rollup = 'content') THEN
        RETURN counts;
    END IF;
    PERFORM analytics_internal.analyze_own('warehouse.pending_day');
    PERFORM analytics_internal.drop_temporary('shaped');
    CREATE TEMP TABLE shaped ON COMMIT DROP AS
    SELECT roll_up_content.business_id, u.date, u.platform, sum(u.posts)::bigint AS posts, sum(u.bare)::bigint AS posts_without_metrics,
           sum(u.readings)::bigint AS readings, COALESCE(sum(u.views), 0)::bigint AS views, COALESCE(sum(u.reach), 0)::bigint AS reach,
           COALESCE(sum(u.likes), 0)::bigint AS likes, COALESCE(sum(u.shares), 0)::bigint AS shares,
           COALESCE(sum(u.comments), 0)::bigint AS comments, COALESCE(sum(u.clicks), 0)::bigint AS clicks,
           COALESCE(sum(u.engagement), 0)::bigint AS engagement,
           COALESCE(sum(u.engagement) FILTER (WHERE u.views IS NOT NULL), 0)::bigint AS rated_engagement,
           COALESCE(sum(u.views) FILTER (WHERE u.engagement IS NOT NULL), 0)::bigint AS rated_views,
           COALESCE(sum(u.clicks) FILTER (WHERE u.views IS NOT NULL), 0)::bigint AS rated_clicks,
           COALESCE(sum(u.views) FILTER (WHERE u.clicks IS NOT NULL), 0)::bigint AS clicked_views
    FROM (
        SELECT d.day, d.platform, 0, 0, 1, d.views, d.reach, d.likes, d.shares, d.comments, d.clicks, d.engagement
        FROM analytics.content_days('-infinity', 'infinity', roll_up_content.business_id) d
        JOIN warehouse.pending_day p ON p.rollup = 'content' AND p.business_id = d.business AND p.day = d.day
        UNION ALL
        SELECT c.day, c.platform, 1, CASE WHEN EXISTS (SELECT FROM warehouse.fact_content_metrics m
                   WHERE m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id) THEN 0 ELSE 1 END, 0,
               NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM (SELECT c.*, (c.published_at AT TIME ZONE s.reporting_timezone)::date AS day FROM warehouse.fact_content c
              JOIN warehouse.settings s ON s.business_id = c.business_id WHERE c.business_id = roll_up_content.business_id) c
        JOIN warehouse.pending_day p ON p.rollup = 'content' AND p.business_id = c.business_id AND p.day = c.day
    ) u (date, platform, posts, bare, readings, views, reach, likes, shares, comments, clicks, engagement)
    GROUP BY u.date, u.platform;
    counts := analytics_internal.merge_table('warehouse.content_daily', '{business_id,date,platform}',
        scope => format('EXISTS (SELECT FROM warehouse.pending_day d WHERE d.rollup = ''content'' AND d.business_id = t.business_id AND d.day = t.date AND d.business_id = %s)',
            roll_up_content.business_id));
    DELETE FROM warehouse.pending_day p WHERE p.business_id = roll_up_content.business_id AND p.rollup = 'content';
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_content(bigint) IS 'Makes content_daily anew for the pending days';
