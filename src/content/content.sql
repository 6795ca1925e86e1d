-- Content: what posts earned, day by day, and what can be said of when, what and where to publish.

CREATE FUNCTION analytics_internal.check_day_count(days int, fewest int, most int) RETURNS int
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF days IS NULL OR days NOT BETWEEN fewest AND most THEN
        RAISE EXCEPTION 'days must be between % and %', fewest, most USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN days;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_day_count(int, int, int) IS
'The number of days itself where it is in range, else an error (22023)';

CREATE FUNCTION analytics_internal.content_last_day(business_id bigint, as_of date) RETURNS date
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT COALESCE(as_of, (
        SELECT COALESCE(max(m.date), max(s.today) - 1)
        FROM (
            SELECT s.business_id, (now() AT TIME ZONE s.reporting_timezone)::date AS today
            FROM warehouse.settings s
            WHERE content_last_day.business_id IS NULL OR s.business_id = content_last_day.business_id) s
        LEFT JOIN LATERAL (
            SELECT d.date
            FROM warehouse.content_daily d
            WHERE d.business_id = s.business_id AND d.date < s.today AND d.readings > 0
            ORDER BY d.date DESC
            LIMIT 1) m ON true))
$$;
COMMENT ON FUNCTION analytics_internal.content_last_day(bigint, date) IS
'The last day of a period: as_of, or the last before today that the metrics reach';

CREATE FUNCTION analytics.content_days(date_from date, date_to date, business_id bigint DEFAULT NULL, count_past boolean DEFAULT false,
    platform_level text DEFAULT NULL)
    RETURNS TABLE (business bigint, day date, platform text, content_id text, views bigint, likes bigint, shares bigint, comments bigint,
                   clicks bigint, reach bigint, engagement bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    SELECT *
    FROM (
        SELECT g.business, g.day,
               analytics_internal.platform_at(
                   (SELECT analytics_internal.level_of(content_days.platform_level, content_days.business_id)), g.business, g.platform)
                   AS platform,
               g.content_id, g.views, g.likes, g.shares, g.comments, g.clicks, g.reach, g.engagement
        FROM analytics_internal.content_gains(
            content_days.date_from, content_days.date_to, content_days.business_id, content_days.count_past) g
        WHERE analytics_internal.check_level(content_days.platform_level)) d
    ORDER BY d.day, d.business, d.platform COLLATE "C", d.content_id COLLATE "C"
$$;
COMMENT ON FUNCTION analytics.content_days(date, date, bigint, boolean, text) IS
'What each post earned on each day, from daily figures and running totals alike
Running totals (option cumulative of the source) become gains: see day_gain(). A total that a reading leaves out is NULL on that day,
and its gain falls on the next day that has it. The first reading of a post that is older than its source''s first day is no gain,
unless count_past. NULL where a source does not count something; engagement: likes, shares and comments, NULL where it counts none of
them. business_id: NULL for all. By day, business, platform and post. platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.content_overview(
    business_id bigint DEFAULT NULL, days int DEFAULT 30, as_of date DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (total_posts bigint, total_reach bigint, total_engagement bigint, avg_engagement_rate numeric, growth_rate numeric,
                   top_platform text, platform_breakdown jsonb, total_views bigint, engagement_before bigint, posts_without_metrics bigint,
                   date_from date, date_to date)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT o.posts, o.reach::bigint, o.engagement::bigint, analytics_internal.quotient(100.0 * o.rated_engagement, o.rated_views),
           analytics_internal.quotient(100.0 * (o.engagement - o.engagement_before), o.engagement_before), o.top_platform,
           o.platform_breakdown, o.views, o.engagement_before::bigint, o.posts_without_metrics, p.last - content_overview.days + 1, p.last
    FROM (
        SELECT analytics_internal.content_last_day(content_overview.business_id, content_overview.as_of) AS last
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
        OFFSET 0) p
    CROSS JOIN (
        SELECT COALESCE(pg_catalog.sum(p.posts), 0)::bigint AS posts, COALESCE(pg_catalog.sum(p.reach), 0) AS reach,
               COALESCE(pg_catalog.sum(p.engagement), 0) AS engagement, COALESCE(pg_catalog.sum(p.views), 0)::bigint AS views,
               COALESCE(pg_catalog.sum(p.engagement_before), 0) AS engagement_before,
               COALESCE(pg_catalog.sum(p.posts_without_metrics), 0)::bigint AS posts_without_metrics,
               pg_catalog.sum(p.rated_engagement) AS rated_engagement, pg_catalog.sum(p.rated_views) AS rated_views,
               (pg_catalog.array_agg(p.platform ORDER BY p.engagement DESC, p.platform COLLATE "C") FILTER (WHERE p.engagement > 0))[1]
                   AS top_platform,
               COALESCE(
                   pg_catalog.jsonb_object_agg(
                       p.platform,
                       pg_catalog.jsonb_build_object('posts', p.posts, 'views', p.views, 'reach', p.reach, 'engagement', p.engagement,
                           'engagement_rate', p.engagement_rate, 'growth_rate', p.growth_rate)),
                   '{}') AS platform_breakdown
        FROM analytics.content_platforms(
            content_overview.business_id, content_overview.days, content_overview.as_of, content_overview.platform_level) p) o
$$;
COMMENT ON FUNCTION analytics.content_overview(bigint, int, date, text) IS
'Posts, reach and engagement of a period, and their growth: one row
business_id: NULL for all that the caller may see. days: length of the period, 1 to 365. as_of: its last day, by default the last
complete day that the metrics reach. total_posts: published in the period, of which posts_without_metrics have no figure at all.
total_engagement: likes, shares and comments gained in the period, by posts of any age. avg_engagement_rate: engagement / views * 100,
of figures that have both. growth_rate: percent against the equally long period before; NULL where that had none. top_platform: of the
most engagement. platform_breakdown: the same as JSON, an object per platform: {"linkedin": {"posts": 3, ...}}. platform_level:
platform or family; NULL for the setting.';

CREATE FUNCTION analytics.content_platforms(
    business_id bigint DEFAULT NULL, days int DEFAULT 30, as_of date DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, posts bigint, views bigint, reach bigint, likes bigint, shares bigint, comments bigint, clicks bigint,
                   engagement bigint, engagement_rate numeric, click_through_rate numeric, share_pct numeric, engagement_before bigint,
                   growth_rate numeric, rated_engagement bigint, rated_views bigint, posts_without_metrics bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH period AS MATERIALIZED (
        SELECT analytics_internal.content_last_day(content_platforms.business_id, content_platforms.as_of) AS last,
               analytics_internal.checked_level(content_platforms.platform_level, content_platforms.business_id) AS level
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    )
    SELECT w.platform, w.posts::bigint, w.views::bigint, w.reach::bigint, w.likes::bigint, w.shares::bigint, w.comments::bigint,
           w.clicks::bigint, w.engagement::bigint, analytics_internal.quotient(100.0 * w.rated_engagement, w.rated_views),
           analytics_internal.quotient(100.0 * w.rated_clicks, w.clicked_views),
           pg_catalog.round(100.0 * w.engagement / NULLIF(pg_catalog.sum(w.engagement) OVER (), 0::numeric), 1),
           w.engagement_before::bigint,
           analytics_internal.quotient(100.0 * (w.engagement - w.engagement_before), w.engagement_before),
           w.rated_engagement::bigint, w.rated_views::bigint, w.posts_without_metrics::bigint
    FROM (
        SELECT COALESCE(f.family, d.platform) AS platform, pg_catalog.sum(d.posts * d.counts) AS posts,
               pg_catalog.sum(d.views * d.counts) AS views,
               pg_catalog.sum(d.reach * d.counts) AS reach, pg_catalog.sum(d.likes * d.counts) AS likes,
               pg_catalog.sum(d.shares * d.counts) AS shares, pg_catalog.sum(d.comments * d.counts) AS comments,
               pg_catalog.sum(d.clicks * d.counts) AS clicks, pg_catalog.sum(d.engagement * d.counts) AS engagement,
               pg_catalog.sum(d.engagement * (1 - d.counts)) AS engagement_before,
               pg_catalog.sum(d.rated_engagement * d.counts) AS rated_engagement, pg_catalog.sum(d.rated_views * d.counts) AS rated_views,
               pg_catalog.sum(d.rated_clicks * d.counts) AS rated_clicks, pg_catalog.sum(d.clicked_views * d.counts) AS clicked_views,
               pg_catalog.sum(d.posts_without_metrics * d.counts) AS posts_without_metrics
        -- Days of the period count once, those of the equally long one before only as such.
        FROM (
            SELECT c.*, CASE WHEN c.date > (SELECT p.last FROM period p) - content_platforms.days THEN 1 ELSE 0 END AS counts
            FROM warehouse.content_daily c) d
        LEFT JOIN warehouse.dim_platforms f
            ON (SELECT p.level FROM period p) = 'family' AND f.business_id = d.business_id AND f.platform = d.platform
        WHERE d.date BETWEEN (SELECT p.last - 2 * content_platforms.days + 1 FROM period p) AND (SELECT p.last FROM period p)
          AND (content_platforms.business_id IS NULL OR d.business_id = content_platforms.business_id)
          AND (d.counts = 1 OR d.readings > 0)
          AND analytics_internal.check_business(content_platforms.business_id)
          AND analytics_internal.check_day_count(content_platforms.days, 1, 365) > 0
        GROUP BY 1
    ) w
    ORDER BY w.engagement DESC, w.platform COLLATE "C"
$$;
COMMENT ON FUNCTION analytics.content_platforms(bigint, int, date, text) IS
'Posts, reach and engagement of a period per platform
Arguments as of content_overview(). posts: published in the period; all other figures are what posts of any age gained in it. engagement
= likes + shares + comments; engagement_rate = engagement / views * 100 (rated_engagement / rated_views: of figures that have both) and
click_through_rate = clicks / views * 100; share_pct: of all platforms'' engagement; engagement_before, growth_rate: the equally long
period before. posts_without_metrics: of the posts, those without any figure. NULL where a divisor is 0.';

CREATE FUNCTION analytics.content_trends(business_id bigint DEFAULT NULL, days int DEFAULT 30, as_of date DEFAULT NULL)
    RETURNS TABLE (dt date, posts bigint, views bigint, reach bigint, likes bigint, shares bigint, comments bigint, clicks bigint,
                   engagement bigint, engagement_rate numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH period AS MATERIALIZED (
        SELECT analytics_internal.content_last_day(content_trends.business_id, content_trends.as_of) AS last
        FROM (SELECT 'warehouse'::analytics_internal.installed) ready
    )
    SELECT n.day AS dt, COALESCE(pg_catalog.sum(d.posts), 0)::bigint, COALESCE(pg_catalog.sum(d.views), 0)::bigint,
           COALESCE(pg_catalog.sum(d.reach), 0)::bigint, COALESCE(pg_catalog.sum(d.likes), 0)::bigint,
           COALESCE(pg_catalog.sum(d.shares), 0)::bigint, COALESCE(pg_catalog.sum(d.comments), 0)::bigint,
           COALESCE(pg_catalog.sum(d.clicks), 0)::bigint, COALESCE(pg_catalog.sum(d.engagement), 0)::bigint,
           analytics_internal.quotient(100.0 * pg_catalog.sum(d.rated_engagement), pg_catalog.sum(d.rated_views))
    FROM (
        SELECT p.last - pg_catalog.generate_series(0, content_trends.days - 1) AS day
        FROM period p) n
    LEFT JOIN warehouse.content_daily d
        ON d.date = n.day AND (content_trends.business_id IS NULL OR d.business_id = content_trends.business_id)
           AND d.date BETWEEN (SELECT p.last - content_trends.days + 1 FROM period p) AND (SELECT p.last FROM period p)
    WHERE analytics_internal.check_business(content_trends.business_id)
      AND analytics_internal.check_day_count(content_trends.days, 7, 90) > 0
    GROUP BY n.day
    ORDER BY dt
$$;
COMMENT ON FUNCTION analytics.content_trends(bigint, int, date) IS
'Posts, views and engagement per day, days without any included
Arguments as of content_overview(); days: 7 to 90. posts: published on the day; the other figures: gained on it, by posts of any age.
engagement_rate = engagement / views * 100, NULL without views.';

CREATE FUNCTION analytics_internal.without_days(total bigint, days bigint, later bigint, later_days bigint) RETURNS bigint
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT CASE WHEN days > later_days THEN total - COALESCE(later, 0) END $$;
COMMENT ON FUNCTION analytics_internal.without_days(bigint, bigint, bigint, bigint) IS
'A total less that of later days; NULL where no other day has the figure';

CREATE FUNCTION analytics_internal.is_listed(published_on date, published_from date, published_to date, as_of date) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN published_from IS NULL THEN (published_on > as_of) IS NOT TRUE
                ELSE published_on BETWEEN published_from AND published_to END
$$;
COMMENT ON FUNCTION analytics_internal.is_listed(date, date, date, date) IS
'Whether a post was published in a period; without a period, not after as_of';

-- Of posts with later figures than asked for these are taken off; those that the rollup lacks are added up.
CREATE FUNCTION analytics_internal.posts_added_up(published_from date, published_to date, business_id bigint, as_of date)
    RETURNS TABLE (business bigint, platform text, content_id text, views bigint, likes bigint, shares bigint, comments bigint,
                   clicks bigint, reach bigint, engagement bigint, has_metrics boolean)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT p.business_id, p.platform, p.content_id,
           analytics_internal.without_days(p.views, p.views_days, l.views, l.views_days),
           analytics_internal.without_days(p.likes, p.likes_days, l.likes, l.likes_days),
           analytics_internal.without_days(p.shares, p.shares_days, l.shares, l.shares_days),
           analytics_internal.without_days(p.comments, p.comments_days, l.comments, l.comments_days),
           analytics_internal.without_days(p.clicks, p.clicks_days, l.clicks, l.clicks_days),
           analytics_internal.without_days(p.reach, p.reach_days, l.reach, l.reach_days),
           analytics_internal.without_days(p.engagement, p.engagement_days, l.engagement, l.engagement_days),
           p.readings > l.readings
    FROM warehouse.content_post p
    JOIN warehouse.settings s ON s.business_id = p.business_id
    JOIN warehouse.fact_content c ON c.business_id = p.business_id AND c.platform = p.platform AND c.content_id = p.content_id
    CROSS JOIN LATERAL analytics_internal.post_gains(
        posts_added_up.as_of + 1, 'infinity', p.business_id, p.platform, p.content_id) l
    WHERE p.last_day > posts_added_up.as_of
      AND (posts_added_up.business_id IS NULL OR p.business_id = posts_added_up.business_id)
      AND analytics_internal.is_listed(
          (c.published_at AT TIME ZONE s.reporting_timezone)::date, posts_added_up.published_from, posts_added_up.published_to,
          posts_added_up.as_of)
    UNION ALL
    SELECT c.business_id, c.platform, c.content_id, g.views, g.likes, g.shares, g.comments, g.clicks, g.reach, g.engagement,
           g.readings > 0
    FROM warehouse.fact_content c
    JOIN warehouse.settings s ON s.business_id = c.business_id
    CROSS JOIN LATERAL analytics_internal.post_gains(
        '-infinity', COALESCE(posts_added_up.as_of, 'infinity'), c.business_id, c.platform, c.content_id) g
    WHERE (posts_added_up.business_id IS NULL OR c.business_id = posts_added_up.business_id)
      AND analytics_internal.is_listed(
          (c.published_at AT TIME ZONE s.reporting_timezone)::date, posts_added_up.published_from, posts_added_up.published_to,
          posts_added_up.as_of)
      AND NOT EXISTS (
          SELECT FROM warehouse.content_post p
          WHERE p.business_id = c.business_id AND p.platform = c.platform AND p.content_id = c.content_id)
$$;
COMMENT ON FUNCTION analytics_internal.posts_added_up(date, date, bigint, date) IS
'What posts earned up to a day that the rollup does not say
day: NULL for all days.';

CREATE FUNCTION analytics_internal.content_totals(
    published_from date, published_to date, business_id bigint DEFAULT NULL, as_of date DEFAULT NULL)
    RETURNS TABLE (business bigint, platform text, content_id text, title text, content_type text, author text, hashtags text,
                   published_local timestamp, published_at timestamptz, views bigint, likes bigint, shares bigint, comments bigint,
                   clicks bigint, reach bigint, engagement bigint, has_metrics boolean, log_rate double precision, sentiment numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
AS $$
    WITH post AS NOT MATERIALIZED (
        SELECT c.*, c.published_at AT TIME ZONE s.reporting_timezone AS published_local
        FROM warehouse.fact_content c
        JOIN warehouse.settings s ON s.business_id = c.business_id
        WHERE (content_totals.business_id IS NULL OR c.business_id = content_totals.business_id)
          AND analytics_internal.is_listed(
              (c.published_at AT TIME ZONE s.reporting_timezone)::date, content_totals.published_from, content_totals.published_to,
              content_totals.as_of)
    )
    SELECT c.business_id, c.platform, c.content_id, c.title, c.content_type, c.author, c.hashtags, c.published_local, c.published_at,
           t.views, t.likes, t.shares, t.comments, t.clicks, t.reach, t.engagement, t.readings > 0, t.log_rate, c.sentiment
    FROM post c
    JOIN warehouse.content_post t ON t.business_id = c.business_id AND t.platform = c.platform AND t.content_id = c.content_id
    WHERE (t.last_day > content_totals.as_of) IS NOT TRUE
    UNION ALL
    SELECT c.business_id, c.platform, c.content_id, c.title, c.content_type, c.author, c.hashtags, c.published_local, c.published_at,
           t.views, t.likes, t.shares, t.comments, t.clicks, t.reach, t.engagement, t.has_metrics,
           analytics_internal.log_rate(t.views, t.engagement), c.sentiment
    FROM analytics_internal.posts_added_up(
        content_totals.published_from, content_totals.published_to, content_totals.business_id, content_totals.as_of) t
    JOIN post c ON c.business_id = t.business AND c.platform = t.platform AND c.content_id = t.content_id
$$;
COMMENT ON FUNCTION analytics_internal.content_totals(date, date, bigint, date) IS
'Each post with all it earned since it was published
published_from, published_to: NULL for all, also those without a date. as_of: last day that counts. NULL where a source does not count
something. log_rate: logarithm of the engagement rate; NULL for posts without views, or of a source that counts no engagement.';

CREATE FUNCTION analytics.content_performance(
    business_id bigint DEFAULT NULL, row_limit int DEFAULT 10, days int DEFAULT NULL, as_of date DEFAULT NULL,
    platforms text[] DEFAULT NULL, platform_level text DEFAULT NULL, after_post text DEFAULT NULL, with_total boolean DEFAULT false)
    RETURNS TABLE (platform text, content_id text, title text, content_type text, author text, published_at timestamptz, views bigint,
                   likes bigint, shares bigint, comments bigint, clicks bigint, engagement_rate numeric, click_through_rate numeric,
                   engagement bigint, reach bigint, has_metrics boolean, sentiment numeric, post_key text, business bigint,
                   total_rows bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last date;
    members text[];
    level text;
    first_day date;
    past_engagement bigint;
    past_views bigint;
    past_time timestamptz;
    past_platform text;
    past_id text;
    past_business bigint;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_business(content_performance.business_id);
    level := analytics_internal.checked_level(content_performance.platform_level, content_performance.business_id);
    row_limit := analytics_internal.check_row_limit(row_limit, 10);
    IF row_limit > 100 THEN
        RAISE EXCEPTION 'row_limit must be at most 100' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'after_post takes the post_key of the last row of the page before.';
    END IF;
    last := analytics_internal.content_last_day(content_performance.business_id, content_performance.as_of);
    members := analytics_internal.platform_members(content_performance.platforms);
    IF content_performance.days IS NOT NULL THEN
        first_day := last - analytics_internal.check_day_count(content_performance.days, 1, 3660) + 1;
    END IF;
    IF after_post IS NOT NULL THEN
        SELECT COALESCE(t.engagement, 0), COALESCE(t.views, 0), COALESCE(t.published_at, '-infinity'), t.platform, t.content_id, t.business
        INTO past_engagement, past_views, past_time, past_platform, past_id, past_business
        FROM analytics_internal.content_totals(NULL, NULL, content_performance.business_id, last) t
        WHERE t.business::text = split_part(after_post, ':', 1)
          AND t.platform || ':' || t.content_id = substr(after_post, strpos(after_post, ':') + 1);
        past_business := analytics_internal.known_place(past_business, 'post', after_post);
    END IF;
    RETURN QUERY
    WITH listed AS NOT MATERIALIZED (
        SELECT p.*, COALESCE(p.engagement, 0) AS by_engagement, COALESCE(p.views, 0) AS by_views,
               COALESCE(p.published_at, '-infinity') AS by_time
        FROM analytics_internal.content_totals(first_day, last, content_performance.business_id, last) p
        WHERE members IS NULL OR p.platform = ANY (members)
    )
    SELECT analytics_internal.platform_at(level, t.business, t.platform), t.content_id, t.title, t.content_type, t.author,
           t.published_at, t.by_views, COALESCE(t.likes, 0), COALESCE(t.shares, 0), COALESCE(t.comments, 0), COALESCE(t.clicks, 0),
           analytics_internal.quotient(100.0 * t.engagement, t.views), analytics_internal.quotient(100.0 * t.clicks, t.views),
           t.by_engagement, COALESCE(t.reach, 0), t.has_metrics, t.sentiment, concat_ws(':', t.business, t.platform, t.content_id),
           t.business, CASE WHEN content_performance.with_total THEN (SELECT count(*) FROM listed) END
    FROM (
        SELECT l.*
        FROM listed l
        WHERE past_id IS NULL OR (l.by_engagement, l.by_views, l.by_time) < (past_engagement, past_views, past_time)
           OR (l.by_engagement, l.by_views, l.by_time) = (past_engagement, past_views, past_time)
              AND (l.platform COLLATE "C", l.content_id COLLATE "C", l.business) > (past_platform, past_id, past_business)
        ORDER BY l.by_engagement DESC, l.by_views DESC, l.by_time DESC, l.platform COLLATE "C", l.content_id COLLATE "C", l.business
        LIMIT row_limit) t
    ORDER BY t.by_engagement DESC, t.by_views DESC, t.by_time DESC, t.platform COLLATE "C", t.content_id COLLATE "C", t.business;
END
$$;
COMMENT ON FUNCTION analytics.content_performance(bigint, int, int, date, text[], text, text, boolean) IS
'The posts with the most engagement, with all they earned since published
business_id: NULL for all that the caller may see. row_limit: rows of a page, 1 to 100. days: only posts published in that many last days;
NULL for all. as_of: last day that counts, by default the last complete one. platforms: platforms or families; NULL or {} for all.
engagement = likes + shares + comments, engagement_rate = engagement / views * 100, click_through_rate = clicks / views * 100; NULL without
views. has_metrics: whether the post has any figure; where not, its zeros are not measured. sentiment: as the source rates it.
platform_level: platform or family; NULL for the setting. after_post: post_key of the last row of the page before; NULL for the first
page. with_total: count the rows of all pages in total_rows.';

-- Sums tell all that means and their comparison need, so posts are added up before they are told apart: by their platform and type with
-- each thing that is compared, whose names are few. Figures are whole numbers of 1e-7, whose sums and squares are exact in any order.
CREATE FUNCTION analytics_internal.content_sums(days int, as_of date, business_id bigint, metric text)
    RETURNS TABLE (business bigint, platform text, content_type text, hour int, weekday int, author text, hashtags text, told_apart_by text,
                   n bigint, figures numeric, squares numeric, views numeric, engagement numeric, sentiment numeric, rated bigint)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT p.business, p.platform, p.content_type, p.hour, p.weekday, p.author, p.hashtags,
           CASE WHEN GROUPING(p.hour) = 0 THEN 'hour' WHEN GROUPING(p.weekday) = 0 THEN 'weekday'
                WHEN GROUPING(p.author) = 0 THEN 'author' WHEN GROUPING(p.hashtags) = 0 THEN 'hashtags' ELSE 'nothing' END,
           count(*), sum(p.figure), sum(p.figure * p.figure), sum(p.views), sum(p.engagement), sum(p.sentiment), count(p.sentiment)
    FROM (
        SELECT t.business, t.platform, t.content_type, t.author, t.hashtags, t.views, t.engagement, t.sentiment,
               EXTRACT(hour FROM t.published_local)::int AS hour, EXTRACT(isodow FROM t.published_local)::int AS weekday,
               round(1e7::double precision * CASE content_sums.metric
                   WHEN 'sentiment' THEN t.sentiment::double precision ELSE t.log_rate END)::bigint AS figure
        -- Most who will see a post of yesterday have not seen it yet.
        FROM analytics_internal.content_totals(
            content_sums.as_of - content_sums.days + 1, content_sums.as_of - 2, content_sums.business_id, content_sums.as_of) t) p
    WHERE p.figure IS NOT NULL
    GROUP BY GROUPING SETS (
        (p.business, p.platform, p.content_type, p.hour), (p.business, p.platform, p.content_type, p.weekday),
        (p.business, p.platform, p.content_type, p.author), (p.business, p.platform, p.content_type, p.hashtags),
        (p.business, p.platform, p.content_type))
$$;
COMMENT ON FUNCTION analytics_internal.content_sums(int, date, bigint, text) IS
'Posts added up by platform and type, and by these with what is compared
figures, squares: of the logarithms of their engagement rates, or of their sentiments, in units of 1e-7. Posts without views, or of a source
that counts no engagement, have no rate, those of the last two days not yet: they are left out.
told_apart_by: hour, weekday, author or hashtags, which has a value then; or nothing else.';

CREATE FUNCTION analytics_internal.content_moments(
    dimensions text[], days int, as_of date, business_id bigint, level text, metric text)
    RETURNS TABLE (dimension text, group_name text, n bigint, mean double precision, squares double precision, views numeric,
                   engagement numeric, sentiment numeric, rated numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH part AS MATERIALIZED (
        SELECT s.*
        FROM analytics_internal.content_sums(
            content_moments.days, content_moments.as_of, content_moments.business_id, content_moments.metric) s
    ), cell AS (
        SELECT p.business, p.platform, p.content_type, p.figures / p.n AS of_cell,
               sum(p.figures) OVER w / sum(p.n) OVER w AS of_platform
        FROM part p
        WHERE p.told_apart_by = 'nothing'
        WINDOW w AS (PARTITION BY p.business, p.platform)
    ), named AS (
        -- An hour is not good because videos are published then: figures less the mean of their platform and type, unless these are
        -- what is compared.
        SELECT g.dimension, g.group_name, p.*,
               CASE g.dimension WHEN 'platform' THEN 0 WHEN 'content_type' THEN c.of_platform ELSE c.of_cell END AS centre
        FROM part p
        JOIN cell c ON c.business = p.business AND c.platform = p.platform AND c.content_type IS NOT DISTINCT FROM p.content_type
        LEFT JOIN warehouse.dim_platforms f
            ON content_moments.level = 'family' AND f.business_id = p.business AND f.platform = p.platform
        CROSS JOIN LATERAL (
            SELECT v.dimension, v.group_name
            FROM (VALUES
                ('hour', 'hour', lpad(p.hour::text, 2, '0') || ':00'),
                ('weekday', 'weekday', to_char(date '2024-01-01' + p.weekday - 1, 'FMDay')),  -- a Monday
                ('author', 'author', COALESCE(p.author, '(unknown)')),
                ('nothing', 'content_type', COALESCE(p.content_type, '(unknown)')),
                ('nothing', 'platform', COALESCE(f.family, p.platform))) v (told_apart_by, dimension, group_name)
            WHERE v.told_apart_by = p.told_apart_by
            UNION ALL
            SELECT DISTINCT 'hashtag', analytics_internal.fold_case(h.tag)
            FROM regexp_split_to_table(p.hashtags, E'[\\s,;#]+') h (tag)
            WHERE p.told_apart_by = 'hashtags' AND h.tag <> '') g (dimension, group_name)
        WHERE g.dimension = ANY (content_moments.dimensions)
    )
    SELECT s.dimension, s.group_name, s.n, (s.figures / s.n / 1e7)::double precision,
           (GREATEST(s.squares - s.figures * s.figures / s.n, 0) / 1e14)::double precision, s.views, s.engagement, s.sentiment, s.rated
    FROM (
        SELECT g.dimension, g.group_name, sum(g.n)::bigint AS n, sum(g.figures - g.n * g.centre) AS figures,
               sum(g.squares - 2 * g.centre * g.figures + g.n * g.centre * g.centre) AS squares, sum(g.views) AS views,
               sum(g.engagement) AS engagement, sum(g.sentiment) AS sentiment, sum(g.rated) AS rated
        FROM named g
        GROUP BY g.dimension, g.group_name) s
$$;
COMMENT ON FUNCTION analytics_internal.content_moments(text[], int, date, bigint, text, text) IS
'What is compared in content: count, mean and squares of the figures of posts
mean, squares: of the logarithms of engagement rates, or of sentiments, less the mean of their platform and type (of their platform where
types are compared, of nothing where platforms are). views, engagement, sentiment: added up; rated: posts with a sentiment.';

CREATE FUNCTION analytics_internal.content_rankings(
    dimensions text[], business_id bigint, days int, as_of date, level double precision, naming text, metric text)
    RETURNS TABLE (dimension text, subject text, n bigint, views bigint, engagement bigint, engagement_rate numeric, typical_rate numeric,
                   lift numeric, low numeric, high numeric, p_above double precision, p_adjusted double precision, stands_out boolean,
                   effect double precision, sentiment numeric)
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH moment AS MATERIALIZED (
        SELECT m.*
        FROM analytics_internal.content_moments(
            content_rankings.dimensions, content_rankings.days, content_rankings.as_of, content_rankings.business_id,
            content_rankings.naming, content_rankings.metric) m
    ), overall AS (
        SELECT m.dimension, sum(m.engagement) / NULLIF(sum(m.views), 0) AS rate, sum(m.sentiment) / NULLIF(sum(m.rated), 0) AS sentiment
        FROM moment m
        GROUP BY m.dimension
    ), estimate AS (
        SELECT a.dimension, e.*, row_number() OVER (PARTITION BY a.dimension ORDER BY e.group_name COLLATE "C") AS ordinal
        FROM (
            SELECT m.dimension, array_agg(m.group_name ORDER BY m.group_name COLLATE "C") AS groups,
                   array_agg(m.n ORDER BY m.group_name COLLATE "C") AS counts,
                   array_agg(m.mean ORDER BY m.group_name COLLATE "C") AS means,
                   array_agg(m.squares ORDER BY m.group_name COLLATE "C") AS squares
            FROM moment m
            GROUP BY m.dimension) a
        CROSS JOIN LATERAL analytics_internal.shrunk_moments(a.groups, a.counts, a.means, a.squares, content_rankings.level) e
    ), adjusted AS (
        SELECT e.dimension, analytics.p_adjust(array_agg(e.p_value ORDER BY e.ordinal), 'holm') AS p_values
        FROM estimate e
        GROUP BY e.dimension
    )
    SELECT e.dimension, e.group_name, e.n, g.views::bigint, g.engagement::bigint,
           analytics_internal.quotient(100.0 * g.engagement, g.views),
           round(CASE content_rankings.metric WHEN 'sentiment' THEN o.sentiment + e.effect::numeric
                      ELSE (100 * o.rate * exp(e.effect))::numeric END, 4),
           l.lift, l.low, l.high, e.p_above, a.p_values[e.ordinal],
           COALESCE(e.n >= 3 AND a.p_values[e.ordinal] <= 0.05 AND e.low > 0, false), e.effect, round(g.sentiment / NULLIF(g.rated, 0), 4)
    FROM estimate e
    -- A rate is so many times the usual one, a sentiment so much above it.
    CROSS JOIN LATERAL (
        SELECT round(CASE content_rankings.metric WHEN 'sentiment' THEN e.effect ELSE exp(e.effect) END::numeric, 4),
               round(CASE content_rankings.metric WHEN 'sentiment' THEN e.low ELSE exp(e.low) END::numeric, 4),
               round(CASE content_rankings.metric WHEN 'sentiment' THEN e.high ELSE exp(e.high) END::numeric, 4)) l (lift, low, high)
    JOIN moment g ON g.dimension = e.dimension AND g.group_name = e.group_name
    JOIN overall o ON o.dimension = e.dimension
    JOIN adjusted a ON a.dimension = e.dimension
$$;
COMMENT ON FUNCTION analytics_internal.content_rankings(text[], bigint, int, date, double precision, text, text) IS
'The rows of content_ranking() for several dimensions, in no order';

CREATE FUNCTION analytics.content_ranking(
    dimension text, business_id bigint DEFAULT NULL, days int DEFAULT 180, row_limit int DEFAULT 20, as_of date DEFAULT NULL,
    level double precision DEFAULT 0.9, platform_level text DEFAULT NULL,
    ranked_by text DEFAULT 'engagement_rate')
    RETURNS TABLE (subject text, n bigint, views bigint, engagement bigint, engagement_rate numeric, typical_rate numeric, lift numeric,
                   low numeric, high numeric, p_above double precision, p_adjusted double precision, stands_out boolean,
                   sentiment numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last date;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_business(content_ranking.business_id),
            analytics_internal.check_choice('dimension', content_ranking.dimension, '{hour,weekday,content_type,platform,hashtag,author}'),
            analytics_internal.check_choice('ranked_by', content_ranking.ranked_by, '{engagement_rate,sentiment}'),
            analytics_internal.check_day_count(content_ranking.days, 1, 3660);
    row_limit := analytics_internal.check_row_limit(row_limit, 20);
    last := analytics_internal.content_last_day(content_ranking.business_id, content_ranking.as_of);
    RETURN QUERY
    SELECT r.subject, r.n, r.views, r.engagement, r.engagement_rate, r.typical_rate, r.lift, r.low, r.high, r.p_above, r.p_adjusted,
           r.stands_out, r.sentiment
    FROM analytics_internal.content_rankings(
        ARRAY[content_ranking.dimension], content_ranking.business_id, content_ranking.days, last, content_ranking.level,
        analytics_internal.checked_level(content_ranking.platform_level, content_ranking.business_id), content_ranking.ranked_by) r
    ORDER BY r.effect DESC NULLS LAST, r.subject COLLATE "C"
    LIMIT row_limit;
END
$$;
COMMENT ON FUNCTION analytics.content_ranking(text, bigint, int, int, date, double precision, text, text) IS
'Hours, weekdays, types, platforms, hashtags or authors by what posts earn there
dimension: hour or weekday (of publishing, in the reporting time zone), content_type, platform, hashtag, author. days: of publishing,
the last two left out, since their posts are still being seen. n, views, engagement, engagement_rate: the posts with views as they are.
lift: how many times the usual engagement rate, of posts of the same platform and type, drawn towards 1 the fewer posts there are; low,
high: its interval (level); typical_rate: the usual rate times lift. p_above: probability of more than usual. p_adjusted: of so good a
mean by chance, over all subjects of the call (Holm); stands_out: where that is at most 5 %, low is above 1 and there are three posts at
least. platform_level: platform or family, what dimension platform compares; NULL for the setting. ranked_by: engagement_rate, or sentiment,
of the posts that have one: lift is how much above the usual, low above 0 stands out, and typical_rate is the usual sentiment and lift.
sentiment: mean of the posts.';

CREATE FUNCTION analytics.content_insights(
    business_id bigint DEFAULT NULL, days int DEFAULT 180, as_of date DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (kind text, subject text, value numeric, lift numeric, low numeric, high numeric, n bigint, text text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    fewest_posts constant int := 20;
    last date;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_business(content_insights.business_id),
            analytics_internal.check_day_count(content_insights.days, 1, 3660);
    last := analytics_internal.content_last_day(content_insights.business_id, content_insights.as_of);
    RETURN QUERY
    WITH ranked AS MATERIALIZED (
        SELECT r.*, row_number() OVER (PARTITION BY r.dimension ORDER BY r.effect DESC NULLS LAST, r.subject COLLATE "C") AS place
        FROM analytics_internal.content_rankings(
            '{hour,weekday,content_type,platform,hashtag,author}', content_insights.business_id, content_insights.days, last, 0.9,
            analytics_internal.checked_level(content_insights.platform_level, content_insights.business_id), 'engagement_rate') r
    ), known AS (
        SELECT COALESCE(sum(r.n), 0)::bigint AS posts
        FROM ranked r
        WHERE r.dimension = 'platform'
    ), compared AS (
        SELECT d.place, d.kind, d.noun, d.advice, r.subject, r.n, r.typical_rate, r.lift, r.low, r.high, r.stands_out,
               count(*) OVER (PARTITION BY d.place) AS subjects,
               row_number() OVER (PARTITION BY d.place ORDER BY r.stands_out DESC, r.lift DESC NULLS LAST, r.subject COLLATE "C") AS rank
        FROM (VALUES
            (1, 'best_posting_time', 'hour', 'hour', 'Publish more in the hour from %s'),
            (2, 'best_posting_time', 'weekday', 'weekday', 'Publish more on %s'),
            (3, 'top_content_type', 'content_type', 'type', 'Publish more of the type %s'),
            (4, 'top_platform', 'platform', 'platform', 'Publish more on %s'),
            (5, 'top_hashtag', 'hashtag', 'hashtag', 'Use #%s more often'),
            (6, 'top_author', 'author', 'author', 'Give %s more to publish')) d (place, kind, dimension, noun, advice)
        JOIN ranked r ON r.dimension = d.dimension AND r.place <= 1000
        WHERE (SELECT k.posts FROM known k) >= fewest_posts
    ), evidence AS (
        SELECT c.*, format('%s times the usual engagement rate, 90 %% interval %s to %s, %s posts',
                        round(c.lift, 2), round(c.low, 2), round(c.high, 2), c.n) AS words
        FROM compared c
    )
    SELECT o.kind, o.subject, o.value, o.lift, o.low, o.high, o.n, o.words
    FROM (
        SELECT 0 AS place, 0 AS part, 1 AS rank, 'insufficient_data' AS kind, NULL AS subject, NULL::numeric AS value,
               NULL::numeric AS lift, NULL::numeric AS low, NULL::numeric AS high, k.posts AS n,
               format('Too little to go by: %s of the posts of the last %s days have views, %s are needed.', k.posts,
                   content_insights.days, fewest_posts) AS words
        FROM known k
        WHERE k.posts < fewest_posts
        UNION ALL
        SELECT e.place, 1 AS part, e.rank, e.kind, e.subject, e.typical_rate AS value, e.lift, e.low, e.high, e.n,
               upper(left(e.noun, 1) COLLATE "C") || substr(e.noun, 2) || ' ' || e.subject || ': ' || e.words AS words
        FROM evidence e
        WHERE e.stands_out
        UNION ALL
        -- A dimension in which nothing stands out has a row, too: silence would look like an oversight.
        SELECT e.place, 1, e.rank, e.kind, NULL, NULL, NULL, NULL, NULL, (
                   SELECT sum(c.n)::bigint
                   FROM compared c
                   WHERE c.place = e.place),
               CASE WHEN e.subjects = 1 THEN format('There is one %s only: %s', e.noun, e.subject)
                    ELSE format('No %s stands out of %s by more than chance', e.noun, e.subjects) END
        FROM evidence e
        WHERE e.rank = 1 AND NOT e.stands_out
        UNION ALL
        SELECT 9, 2, e.place, 'recommendation', e.subject, e.typical_rate, e.lift, e.low, e.high, e.n,
               format(e.advice, e.subject) || ': ' || e.words
        FROM evidence e
        WHERE e.stands_out AND e.rank = 1
    ) o
    ORDER BY o.place, o.part, o.rank;
END
$$;
COMMENT ON FUNCTION analytics.content_insights(bigint, int, date, text) IS
'When, what and where to publish, each with its evidence, and where nothing shows
kind: best_posting_time (hours and weekdays in the reporting time zone), top_content_type, top_platform, top_hashtag, top_author: what
stands out by more than chance (see content_ranking()), or one row without a subject that says that nothing does; recommendation: the
best of each in words; insufficient_data: fewer than 20 posts with views. value: typical engagement rate in percent; lift: times the
usual rate, with its 90 % interval low..high; n: posts. What stands out did so in the past, for whatever reason: try it before relying
on it. platform_level: platform or family; NULL for the setting.';

CREATE FUNCTION analytics.content_compare(
    posts text[], others text[], business_id bigint DEFAULT NULL, as_of date DEFAULT NULL, level double precision DEFAULT 0.9)
    RETURNS TABLE (n bigint, n_others bigint, engagement_rate numeric, engagement_rate_others numeric, lift numeric, low numeric,
                   high numeric, p_value double precision, without_rate bigint, reason text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    wrong text;
    last date;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_business(content_compare.business_id);
    SELECT p INTO wrong
    FROM (SELECT unnest(content_compare.posts) UNION ALL SELECT unnest(content_compare.others)) u (p)
    WHERE p IS NULL OR NOT EXISTS (
        SELECT FROM warehouse.fact_content c
        WHERE c.content_id = p AND (content_compare.business_id IS NULL OR c.business_id = content_compare.business_id))
    ORDER BY p COLLATE "C"
    LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'no post has the id %', quote_nullable(wrong) USING ERRCODE = 'invalid_parameter_value';
    ELSIF content_compare.posts && content_compare.others THEN
        RAISE EXCEPTION 'a post must not be in both sets' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    last := analytics_internal.content_last_day(content_compare.business_id, content_compare.as_of);
    RETURN QUERY
    WITH moments AS MATERIALIZED (
        SELECT t.content_id = ANY (content_compare.posts) AS first, count(t.log_rate) AS n,
               avg(t.log_rate::numeric)::double precision AS mean,
               COALESCE(var_samp(t.log_rate::numeric), 0)::double precision AS variance,
               analytics_internal.quotient(100.0 * sum(t.engagement) FILTER (WHERE t.log_rate IS NOT NULL),
                   sum(t.views) FILTER (WHERE t.log_rate IS NOT NULL)) AS rate,
               count(*) FILTER (WHERE t.log_rate IS NULL) AS without_rate
        FROM analytics_internal.content_totals(NULL, NULL, content_compare.business_id, last) t
        WHERE t.content_id = ANY (content_compare.posts) OR t.content_id = ANY (content_compare.others)
        GROUP BY 1
    )
    SELECT COALESCE(m.n, 0), COALESCE(o.n, 0), m.rate, o.rate, round(exp(a.difference)::numeric, 4),
           round(exp(a.difference_low)::numeric, 4), round(exp(a.difference_high)::numeric, 4), a.p_value,
           COALESCE(m.without_rate, 0) + COALESCE(o.without_rate, 0),
           CASE WHEN a.p_value IS NOT NULL THEN 'ok'
                WHEN m.n >= 2 AND o.n >= 2 THEN a.reason
                ELSE 'insufficient_data: each set needs two posts with views' END
    FROM (VALUES (true)) one
    LEFT JOIN moments m ON m.first
    LEFT JOIN moments o ON NOT o.first
    LEFT JOIN LATERAL analytics.ab_means(o.n, o.mean, o.variance, m.n, m.mean, m.variance, content_compare.level) a
        ON m.n >= 2 AND o.n >= 2;
END
$$;
COMMENT ON FUNCTION analytics.content_compare(text[], text[], bigint, date, double precision) IS
'Two sets of posts against each other, by their engagement rates
posts, others: ids of content, of any platform, none in both. lift: how many times the others'' typical engagement rate the posts have,
with its interval (level) and p_value: Welch''s t test of the logarithms of the rates, post by post. engagement_rate: of each set as a
whole, in percent. without_rate: posts of either set that have no views or no engagement figures. reason: ok, or why there is no answer.';

CREATE FUNCTION analytics.content_hours(
    business_id bigint DEFAULT NULL, days int DEFAULT NULL, as_of date DEFAULT NULL, platforms text[] DEFAULT NULL)
    RETURNS TABLE (weekday int, hour int, posts bigint, views bigint, engagement bigint, engagement_rate numeric,
                   posts_without_rate bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last date;
    members text[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_business(content_hours.business_id);
    last := analytics_internal.content_last_day(content_hours.business_id, content_hours.as_of);
    members := analytics_internal.platform_members(content_hours.platforms);
    RETURN QUERY
    SELECT h.weekday, h.hour, h.posts, h.views::bigint, h.engagement::bigint,
           analytics_internal.quotient(100.0 * h.rated_engagement, h.rated_views), h.posts_without_rate
    FROM (
        SELECT EXTRACT(isodow FROM t.published_local)::int AS weekday, EXTRACT(hour FROM t.published_local)::int AS hour,
               count(*) AS posts, COALESCE(sum(t.views), 0) AS views, COALESCE(sum(t.engagement), 0) AS engagement,
               sum(t.views) FILTER (WHERE t.log_rate IS NOT NULL) AS rated_views,
               sum(t.engagement) FILTER (WHERE t.log_rate IS NOT NULL) AS rated_engagement,
               count(*) FILTER (WHERE t.log_rate IS NULL) AS posts_without_rate
        FROM analytics_internal.content_totals(
            CASE WHEN content_hours.days IS NOT NULL
                 THEN last - analytics_internal.check_day_count(content_hours.days, 1, 3660) + 1 END,
            last, content_hours.business_id, last) t
        WHERE t.published_local::date <= last AND (members IS NULL OR t.platform = ANY (members))
        GROUP BY 1, 2) h
    ORDER BY h.weekday, h.hour;
END
$$;
COMMENT ON FUNCTION analytics.content_hours(bigint, int, date, text[]) IS
'Posts by weekday and hour of publishing, with all they earned since
weekday: 1 (Monday) to 7, hour: 0 to 23, both in the reporting time zone; those without a post have no row. days: of publishing, up to
as_of; NULL for all. as_of: last day that counts, by default the last complete one. engagement_rate = engagement / views * 100 of the
posts that have both; posts_without_rate are the others. business_id: NULL for all. platforms: platforms or families; NULL or {} for all.
Whether an hour is better than others beyond chance says content_ranking().';
