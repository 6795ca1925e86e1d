-- What each post earned on each day, out of daily figures or of running totals.

CREATE FUNCTION analytics_internal.check_business(business_id bigint) RETURNS boolean
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    -- A business of somebody else is answered as one that does not exist.
    IF business_id IS NOT NULL AND NOT EXISTS (
            SELECT FROM warehouse.settings s
            WHERE s.business_id = check_business.business_id) THEN
        RAISE EXCEPTION 'no access to business %', business_id USING ERRCODE = 'insufficient_privilege';
    END IF;
    RETURN true;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_business(bigint) IS
'True for NULL and for a business that the caller may see, else an error (42501)';

CREATE TYPE analytics_internal.reading AS (business_id bigint, source_id bigint, platform text, content_id text, date date);
COMMENT ON TYPE analytics_internal.reading IS 'What names a row of warehouse.fact_content_metrics';

CREATE FUNCTION analytics_internal.last_known_total(reading analytics_internal.reading, metric text) RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT v.total
    FROM warehouse.fact_content_metrics m
    CROSS JOIN LATERAL (
        SELECT CASE metric WHEN 'views' THEN m.views WHEN 'likes' THEN m.likes WHEN 'shares' THEN m.shares
                           WHEN 'comments' THEN m.comments WHEN 'clicks' THEN m.clicks ELSE m.reach END AS total) v
    WHERE m.business_id = reading.business_id AND m.source_id = reading.source_id AND m.platform = reading.platform
      AND m.content_id = reading.content_id AND m.date < reading.date AND v.total IS NOT NULL
    ORDER BY m.date DESC
    LIMIT 1
$$;
COMMENT ON FUNCTION analytics_internal.last_known_total(analytics_internal.reading, text) IS
'The last running total of a metric before a reading, past readings without it';

CREATE FUNCTION analytics_internal.total_before(total bigint, latest bigint, latest_reading analytics_internal.reading, metric text)
    RETURNS bigint
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN total IS NOT NULL AND latest IS NULL THEN analytics_internal.last_known_total(latest_reading, metric)
                ELSE latest END
$$;
COMMENT ON FUNCTION analytics_internal.total_before(bigint, bigint, analytics_internal.reading, text) IS
'The running total of a metric before a reading
latest: that of the reading before; where it leaves the metric out, an older reading is looked for.';

CREATE FUNCTION analytics_internal.day_gain(is_cumulative boolean, total bigint, total_before bigint, first_counts boolean) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN NOT is_cumulative THEN total
                WHEN total_before IS NULL THEN CASE WHEN first_counts THEN total END
                WHEN total < total_before / 2 THEN total
                ELSE total - total_before END
$$;
COMMENT ON FUNCTION analytics_internal.day_gain(boolean, bigint, bigint, boolean) IS
'What a day added to a metric, of a daily figure or a running total
A running total that falls below half of the total before is a counter that began anew; a smaller fall is a correction, and a negative
day, so that the days add up to the last total. The first reading is a day''s gain only where first_counts.';

CREATE FUNCTION analytics_internal.content_gains(
    date_from date, date_to date, business_id bigint DEFAULT NULL, count_past boolean DEFAULT false)
    RETURNS TABLE (business bigint, day date, platform text, content_id text, views bigint, likes bigint, shares bigint, comments bigint,
                   clicks bigint, reach bigint, engagement bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT g.*, CASE WHEN COALESCE(g.likes, g.shares, g.comments) IS NOT NULL
                     THEN COALESCE(g.likes, 0) + COALESCE(g.shares, 0) + COALESCE(g.comments, 0) END
    FROM (
        SELECT m.business_id AS business, m.date AS day, m.platform, m.content_id,
               analytics_internal.day_gain(m.is_cumulative, m.views, b.views, f.counts) AS views,
               analytics_internal.day_gain(m.is_cumulative, m.likes, b.likes, f.counts) AS likes,
               analytics_internal.day_gain(m.is_cumulative, m.shares, b.shares, f.counts) AS shares,
               analytics_internal.day_gain(m.is_cumulative, m.comments, b.comments, f.counts) AS comments,
               analytics_internal.day_gain(m.is_cumulative, m.clicks, b.clicks, f.counts) AS clicks,
               analytics_internal.day_gain(m.is_cumulative, m.reach, b.reach, f.counts) AS reach
        FROM warehouse.fact_content_metrics m
        LEFT JOIN LATERAL (
            SELECT b.*
            FROM warehouse.fact_content_metrics b
            WHERE m.is_cumulative AND b.business_id = m.business_id AND b.platform = m.platform AND b.content_id = m.content_id
              AND b.date < m.date AND b.source_id = m.source_id
            ORDER BY b.date DESC
            LIMIT 1) p ON true
        CROSS JOIN LATERAL (
            SELECT ROW(m.business_id, m.source_id, m.platform, m.content_id, p.date)::analytics_internal.reading AS latest) r
        CROSS JOIN LATERAL (
            -- Daily figures need no other day's.
            SELECT CASE WHEN m.is_cumulative
                        THEN analytics_internal.total_before(m.views, p.views, r.latest, 'views') END AS views,
                   CASE WHEN m.is_cumulative
                        THEN analytics_internal.total_before(m.likes, p.likes, r.latest, 'likes') END AS likes,
                   CASE WHEN m.is_cumulative
                        THEN analytics_internal.total_before(m.shares, p.shares, r.latest, 'shares') END AS shares,
                   CASE WHEN m.is_cumulative
                        THEN analytics_internal.total_before(m.comments, p.comments, r.latest, 'comments') END AS comments,
                   CASE WHEN m.is_cumulative
                        THEN analytics_internal.total_before(m.clicks, p.clicks, r.latest, 'clicks') END AS clicks,
                   CASE WHEN m.is_cumulative
                        THEN analytics_internal.total_before(m.reach, p.reach, r.latest, 'reach') END AS reach
            OFFSET 0) b
        -- The first total of a post that was there before the source holds a past that nobody saw: no day's gain. It is asked for where a
        -- metric has a total, but none before.
        LEFT JOIN LATERAL (
            SELECT content_gains.count_past OR COALESCE((
                SELECT (c.published_at AT TIME ZONE s.reporting_timezone)::date >= w.first_day
                FROM warehouse.fact_content c
                WHERE c.business_id = m.business_id AND c.platform = m.platform AND c.content_id = m.content_id),
                m.date > w.first_day) AS counts
            FROM warehouse.settings s
            CROSS JOIN LATERAL (
                SELECT d.date AS first_day
                FROM warehouse.fact_content_metrics d
                WHERE d.business_id = m.business_id AND d.source_id = m.source_id
                ORDER BY d.date
                LIMIT 1) w
            WHERE s.business_id = m.business_id AND m.is_cumulative
              AND pg_catalog.num_nulls(m.views - b.views, m.likes - b.likes, m.shares - b.shares, m.comments - b.comments,
                      m.clicks - b.clicks, m.reach - b.reach)
                > pg_catalog.num_nulls(m.views, m.likes, m.shares, m.comments, m.clicks, m.reach)
            OFFSET 0) f ON true
        WHERE m.date BETWEEN content_gains.date_from AND content_gains.date_to
          AND (content_gains.business_id IS NULL OR m.business_id = content_gains.business_id)
          AND analytics_internal.check_business(content_gains.business_id)
          -- Where two sources report a day of a post, the one registered first counts.
          AND NOT EXISTS (
              SELECT FROM warehouse.fact_content_metrics o
              WHERE o.business_id = m.business_id AND o.platform = m.platform AND o.content_id = m.content_id AND o.date = m.date
                AND o.source_id < m.source_id)) g
$$;
COMMENT ON FUNCTION analytics_internal.content_gains(date, date, bigint, boolean) IS 'The rows of content_days(), in no order';

CREATE FUNCTION analytics_internal.log_rate(views bigint, engagement bigint) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN views > 0 AND engagement IS NOT NULL
                THEN pg_catalog.ln((GREATEST(engagement, 0)::numeric + 0.5) / (views::numeric + 1.0))::double precision END
$$;
COMMENT ON FUNCTION analytics_internal.log_rate(bigint, bigint) IS
'Logarithm of an engagement rate
NULL without views or without engagement figures.';

-- Its plan is made once in a session, and only where a post needs it: most questions have none that does.
CREATE FUNCTION analytics_internal.post_gains(
    date_from date, date_to date, of_business bigint, of_platform text, of_content text)
    RETURNS TABLE (readings bigint, last_day date, views bigint, likes bigint, shares bigint, comments bigint, clicks bigint,
                   reach bigint, engagement bigint, views_days bigint, likes_days bigint, shares_days bigint, comments_days bigint,
                   clicks_days bigint, reach_days bigint, engagement_days bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    RETURN QUERY
    SELECT count(*), max(d.day), sum(d.views)::bigint, sum(d.likes)::bigint, sum(d.shares)::bigint, sum(d.comments)::bigint,
           sum(d.clicks)::bigint, sum(d.reach)::bigint, sum(d.engagement)::bigint, count(d.views), count(d.likes), count(d.shares),
           count(d.comments), count(d.clicks), count(d.reach), count(d.engagement)
    FROM analytics_internal.content_gains(post_gains.date_from, post_gains.date_to, NULL, true) d
    WHERE d.business = post_gains.of_business AND d.platform = post_gains.of_platform AND d.content_id = post_gains.of_content;
END
$$;
COMMENT ON FUNCTION analytics_internal.post_gains(date, date, bigint, text, text) IS
'What a post earned from one day to another
And on how many days each figure is known.';
