-- The rollups of content per day and per post. What a post earned on a day is the difference of two readings, so that a reading that
-- changes also changes the day of the next one, and a source that reaches further back may change what any first reading says.

CREATE FUNCTION analytics_internal.mark_all_content(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    DELETE FROM warehouse.content_post p
    WHERE p.business_id = mark_all_content.business_id;
    INSERT INTO warehouse.pending_day
    SELECT mark_all_content.business_id, 'content', d.day
    FROM (
        SELECT m.date FROM warehouse.fact_content_metrics m WHERE m.business_id = mark_all_content.business_id
        UNION
        SELECT r.date FROM warehouse.content_daily r WHERE r.business_id = mark_all_content.business_id
        UNION
        SELECT (c.published_at AT TIME ZONE s.reporting_timezone)::date
        FROM warehouse.fact_content c
        JOIN warehouse.settings s ON s.business_id = c.business_id
        WHERE c.business_id = mark_all_content.business_id
    ) d (day)
    WHERE d.day IS NOT NULL
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.mark_all_content(bigint) IS 'Marks every day of a business''s content for derivation';

-- Whether running totals begin on another day than they did: a change as early as the first day that the source has now.
CREATE FUNCTION analytics_internal.is_start_changed(business_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN EXISTS (
        SELECT FROM pg_temp.change c
        GROUP BY c.source_id
        HAVING bool_or(c.is_cumulative OR c.old_is_cumulative) AND min(c.date) <= COALESCE((
            SELECT min(m.date)
            FROM warehouse.fact_content_metrics m
            WHERE m.business_id = is_start_changed.business_id AND m.source_id = c.source_id), min(c.date)));
END
$$;
COMMENT ON FUNCTION analytics_internal.is_start_changed(bigint) IS
'Whether pg_temp.change has the first readings of a source of running totals';

-- A post without a row is added up by whoever asks, until the rollup has it again.
CREATE FUNCTION analytics_internal.forget_changed_posts() RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    DELETE FROM warehouse.content_post p
    USING (
        SELECT DISTINCT c.business_id, c.platform, c.content_id
        FROM pg_temp.change c) c
    WHERE p.business_id = c.business_id AND p.platform = c.platform AND p.content_id = c.content_id;
END
$$;
COMMENT ON FUNCTION analytics_internal.forget_changed_posts() IS 'Takes the posts of pg_temp.change out of content_post';

CREATE FUNCTION analytics_internal.mark_readings(business_id bigint) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.forget_changed_posts();
    IF analytics_internal.is_start_changed(mark_readings.business_id) THEN
        PERFORM analytics_internal.mark_all_content(mark_readings.business_id);
        RETURN;
    END IF;
    INSERT INTO warehouse.pending_day
    SELECT c.business_id, 'content', c.date
    FROM pg_temp.change c
    UNION
    -- The next reading, and for what that leaves out the next that has it.
    SELECT c.business_id, 'content', x.day
    FROM pg_temp.change c
    CROSS JOIN LATERAL (
        SELECT m.*
        FROM warehouse.fact_content_metrics m
        WHERE m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id AND m.date > c.date
          AND m.source_id = c.source_id AND m.is_cumulative
        ORDER BY m.date
        LIMIT 1
    ) n
    CROSS JOIN LATERAL (
        SELECT n.date
        UNION ALL
        SELECT (
            SELECT m.date
            FROM warehouse.fact_content_metrics m
            WHERE m.business_id = n.business_id AND m.platform = n.platform AND m.content_id = n.content_id AND m.date > n.date
              AND m.source_id = n.source_id
              AND CASE k.metric WHEN 'views' THEN m.views WHEN 'likes' THEN m.likes WHEN 'shares' THEN m.shares
                                WHEN 'comments' THEN m.comments WHEN 'clicks' THEN m.clicks ELSE m.reach END IS NOT NULL
            ORDER BY m.date
            LIMIT 1)
        FROM (VALUES ('views', n.views), ('likes', n.likes), ('shares', n.shares), ('comments', n.comments), ('clicks', n.clicks),
                     ('reach', n.reach)) k (metric, total)
        WHERE k.total IS NULL
    ) x (day)
    WHERE x.day IS NOT NULL
    UNION
    -- Posts that have figures now and had none, or the reverse.
    SELECT p.business_id, 'content', (p.published_at AT TIME ZONE s.reporting_timezone)::date
    FROM (
        SELECT c.business_id, c.platform, c.content_id, min(c.date) AS first_day
        FROM pg_temp.change c
        GROUP BY 1, 2, 3
    ) c
    JOIN warehouse.fact_content p ON p.business_id = c.business_id AND p.platform = c.platform AND p.content_id = c.content_id
    JOIN warehouse.settings s ON s.business_id = c.business_id
    WHERE p.published_at IS NOT NULL AND NOT EXISTS (
        SELECT FROM warehouse.fact_content_metrics m
        WHERE m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id AND m.date < c.first_day)
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_readings(bigint) IS
'Marks the days of content that the readings of pg_temp.change have a part in';

CREATE FUNCTION analytics_internal.mark_posts(business_id bigint) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT analytics_internal.forget_changed_posts();
    WITH changed AS MATERIALIZED (
        SELECT c.business_id, c.platform, c.content_id, c.published_at, c.old_published_at
        FROM pg_temp.change c
        WHERE c.operation <> 'updated' OR c.published_at IS DISTINCT FROM c.old_published_at
    )
    INSERT INTO warehouse.pending_day
    SELECT c.business_id, 'content', (v.published_at AT TIME ZONE s.reporting_timezone)::date
    FROM changed c
    JOIN warehouse.settings s ON s.business_id = c.business_id
    CROSS JOIN LATERAL (VALUES (c.published_at), (c.old_published_at)) v (published_at)
    WHERE v.published_at IS NOT NULL
    UNION
    -- Whether the first total of a metric is a gain depends on when the post was published.
    SELECT f.business_id, 'content', f.day
    FROM (
        SELECT m.business_id, min(m.date) AS day
        FROM changed c
        JOIN warehouse.fact_content_metrics m
            ON m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id AND m.is_cumulative
        CROSS JOIN LATERAL (VALUES
            ('views', m.views), ('likes', m.likes), ('shares', m.shares), ('comments', m.comments), ('clicks', m.clicks), ('reach', m.reach)
        ) k (metric, total)
        WHERE k.total IS NOT NULL
        GROUP BY m.business_id, m.source_id, m.platform, m.content_id, k.metric
    ) f
    ON CONFLICT DO NOTHING
$$;
COMMENT ON FUNCTION analytics_internal.mark_posts(bigint) IS
'Marks the days of content that posts have a part in whose time changed';

CREATE FUNCTION analytics_internal.roll_up_content(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    IF NOT EXISTS (
        SELECT FROM warehouse.pending_day p WHERE p.business_id = roll_up_content.business_id AND p.rollup = 'content') THEN
        RETURN counts;
    END IF;
    PERFORM analytics_internal.analyze_own('warehouse.pending_day');
    counts := analytics_internal.make_rollup(roll_up_content.business_id, format($sql$
        SELECT d.business AS business_id, d.day AS date, d.platform, 0 AS posts, 0 AS posts_without_metrics, 1 AS readings, d.views,
               d.reach, d.likes, d.shares, d.comments, d.clicks, d.engagement,
               CASE WHEN d.views IS NOT NULL THEN d.engagement END AS rated_engagement,
               CASE WHEN d.engagement IS NOT NULL THEN d.views END AS rated_views,
               CASE WHEN d.views IS NOT NULL THEN d.clicks END AS rated_clicks,
               CASE WHEN d.clicks IS NOT NULL THEN d.views END AS clicked_views
        FROM analytics_internal.content_gains('-infinity', 'infinity', %1$s) d
        JOIN warehouse.pending_day p ON p.rollup = 'content' AND p.business_id = d.business AND p.day = d.day
        UNION ALL
        SELECT c.business_id, p.day, c.platform, 1, CASE WHEN EXISTS (
                   SELECT FROM warehouse.fact_content_metrics m
                   WHERE m.business_id = c.business_id AND m.platform = c.platform AND m.content_id = c.content_id) THEN 0 ELSE 1 END,
               0, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        FROM warehouse.fact_content c
        JOIN warehouse.settings s ON s.business_id = c.business_id
        JOIN warehouse.pending_day p
            ON p.rollup = 'content' AND p.business_id = c.business_id AND p.day = (c.published_at AT TIME ZONE s.reporting_timezone)::date
        WHERE c.business_id = %1$s
        $sql$, roll_up_content.business_id), 'content_daily', analytics_internal.on_pending_days('content', 'date'));
    DELETE FROM warehouse.pending_day p
    WHERE p.business_id = roll_up_content.business_id AND p.rollup = 'content';
    INSERT INTO warehouse.content_post
    SELECT t.*, analytics_internal.log_rate(t.views, t.engagement)
    FROM (
        SELECT c.business_id, c.platform, c.content_id, g.*
        FROM warehouse.fact_content c
        CROSS JOIN LATERAL analytics_internal.post_gains('-infinity', 'infinity', c.business_id, c.platform, c.content_id) g
        WHERE c.business_id = roll_up_content.business_id AND NOT EXISTS (
            SELECT FROM warehouse.content_post p
            WHERE p.business_id = c.business_id AND p.platform = c.platform AND p.content_id = c.content_id)) t;
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_content(bigint) IS
'Makes content_daily for the pending days, content_post where it lacks posts';
