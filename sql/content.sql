-- Content: figures against obvious SQL over the raw rows; running totals, resets, corrections; what stands out.
\i test/fixture/reset.sql

SELECT * FROM analytics.content_overview();
SELECT analytics.install();
SELECT * FROM analytics.content_trends(days => 7, as_of => '2025-06-30');
SELECT total_posts, total_engagement, avg_engagement_rate, growth_rate, top_platform, platform_breakdown, date_to FROM analytics.content_overview(as_of => '2025-06-30');
SELECT * FROM analytics.content_insights(as_of => '2025-06-30');

-- Facebook reports days; telegram reports running totals, of posts that are older than its first report too; tiktok counts views only.
CREATE SCHEMA raw;
CREATE TABLE raw.posts AS
SELECT 'p' || n AS id, ('{facebook,telegram,tiktok}'::text[])[1 + n % 3] AS platform, ('{video,image}'::text[])[1 + n % 2] AS kind,
       timestamp '2025-04-20 07:30' + n * interval '31 hours 10 minutes' AS published, 'Post ' || n AS title, 'author ' || n % 4 AS author, '#a' || n % 3 || ' #All' AS tags
FROM generate_series(1, 50) n;
CREATE TABLE raw.daily AS
SELECT p.id, (p.published + a * interval '1 day')::date AS day, 900 / (a + 1) + hashint4(a + length(p.title)) % 9 + 9 AS views, 40 / (a + 1) AS likes, 3 AS shares, 2 AS comments, 11 AS clicks, 700 / (a + 1) AS reach
FROM raw.posts p, generate_series(0, 9) a WHERE p.platform = 'facebook' AND p.id <> 'p3';
CREATE TABLE raw.totals AS
SELECT p.id, (p.published + a * interval '1 day')::date AS day, 1000 * (a + 1) - 10 * a * a AS views, 50 * (a + 1) AS likes, 5 * (a + 1) AS shares, (a + 1) AS comments, 12 * (a + 1) AS clicks
FROM raw.posts p, generate_series(0, 9) a WHERE p.platform = 'telegram' AND p.published + a * interval '1 day' >= '2025-05-01';
CREATE TABLE raw.views AS
SELECT p.id, (p.published + a * interval '1 day')::date AS day, 100 + a AS views FROM raw.posts p, generate_series(0, 4) a WHERE p.platform = 'tiktok';
-- A counter that began anew, one that was corrected, a reading that is missing, one that lacks a metric, no views at all.
UPDATE raw.totals SET views = views - 6000, likes = likes - 300 WHERE id = 'p13' AND day >= (SELECT min(day) + 6 FROM raw.totals WHERE id = 'p13');
UPDATE raw.totals SET views = views - 1030 WHERE id = 'p16' AND day >= (SELECT min(day) + 5 FROM raw.totals WHERE id = 'p16');
DELETE FROM raw.totals WHERE id = 'p19' AND day IN (SELECT min(day) + 4 FROM raw.totals WHERE id = 'p19');
ALTER TABLE raw.totals ALTER likes DROP NOT NULL;
UPDATE raw.totals SET likes = NULL WHERE id = 'p22' AND day IN (SELECT min(day) + d FROM raw.totals, unnest('{3,4}'::int[]) d WHERE id = 'p22' GROUP BY d);
UPDATE raw.totals SET likes = NULL WHERE id = 'p25' AND day = (SELECT min(day) FROM raw.totals WHERE id = 'p25');
UPDATE raw.daily SET views = 0 WHERE id = 'p6';
SELECT analytics.register_source('content', 'raw.posts', '{"content_id": "id", "content_type": "kind", "published_at": "published", "hashtags": "tags"}', options => '{"timezone": "UTC"}');
SELECT analytics.register_source('content_metrics', 'raw.daily', '{"content_id": "id", "date": "day", "platform": "''facebook''"}');
SELECT analytics.register_source('content_metrics', 'raw.totals', '{"content_id": "id", "date": "day", "platform": "''telegram''"}', options => '{"cumulative": true}');
SELECT analytics.register_source('content_metrics', 'raw.views', '{"content_id": "id", "date": "day", "platform": "''tiktok''"}');
CALL analytics.refresh();
SELECT count(*) FROM warehouse.rejected_rows;

-- The obvious SQL: a day of a running total is the total less the one before.
CREATE TEMP VIEW gains AS
SELECT 'facebook' AS platform, id, day, views, likes, shares, comments, clicks, reach FROM raw.daily
UNION ALL SELECT 'tiktok', id, day, views, NULL, NULL, NULL, NULL, NULL FROM raw.views
UNION ALL
SELECT 'telegram', id, day, g[1], g[2], g[3], g[4], g[5], NULL FROM (
    SELECT t.id, t.day, ARRAY(
        SELECT CASE WHEN b.v IS NULL THEN CASE WHEN COALESCE(p.published::date >= f.day, t.day > f.day) THEN c.v END WHEN c.v < b.v / 2 THEN c.v ELSE c.v - b.v END
        FROM unnest(ARRAY[t.views, t.likes, t.shares, t.comments, t.clicks]) WITH ORDINALITY c (v, i)
        LEFT JOIN LATERAL (SELECT x.v FROM raw.totals o, unnest(ARRAY[o.views, o.likes, o.shares, o.comments, o.clicks]) WITH ORDINALITY x (v, i)
                           WHERE o.id = t.id AND o.day < t.day AND x.i = c.i AND x.v IS NOT NULL ORDER BY o.day DESC LIMIT 1) b ON true
        ORDER BY c.i) AS g
    FROM raw.totals t LEFT JOIN raw.posts p USING (id), (SELECT min(day) AS day FROM raw.totals) f) x;
SELECT count(*) AS days, count(*) FILTER (WHERE (d.views, d.likes, d.shares, d.comments, d.clicks, d.reach) IS DISTINCT FROM
           (g.views::bigint, g.likes::bigint, g.shares::bigint, g.comments::bigint, g.clicks::bigint, g.reach::bigint)) AS different
FROM gains g FULL JOIN analytics.content_days('-infinity', 'infinity') d ON (d.platform, d.content_id, d.day) = (g.platform, g.id, g.day);
-- The rollup: days and platforms whose figures are not those of the raw rows.
CREATE FUNCTION pg_temp.wrong_days() RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM (
        SELECT day, platform, sum(posts) AS posts, sum(bare) AS bare, sum(readings) AS readings, coalesce(sum(views), 0) AS views, coalesce(sum(reach), 0) AS reach, coalesce(sum(likes), 0) AS likes,
               coalesce(sum(shares), 0) AS shares, coalesce(sum(comments), 0) AS comments, coalesce(sum(clicks), 0) AS clicks, coalesce(sum(engagement), 0) AS engagement,
               coalesce(sum(engagement) FILTER (WHERE views IS NOT NULL), 0) AS rated, coalesce(sum(views) FILTER (WHERE engagement IS NOT NULL), 0) AS rated_views,
               coalesce(sum(clicks) FILTER (WHERE views IS NOT NULL), 0) AS rated_clicks, coalesce(sum(views) FILTER (WHERE clicks IS NOT NULL), 0) AS clicked_views
        FROM (SELECT g.*, 0 AS posts, 0 AS bare, 1 AS readings, CASE WHEN coalesce(likes, shares, comments) IS NOT NULL THEN coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0) END AS engagement FROM gains g
              UNION ALL
              SELECT p.platform, p.id, p.published::date, NULL, NULL, NULL, NULL, NULL, NULL, 1,
                     (p.id NOT IN (SELECT id FROM raw.daily UNION SELECT id FROM raw.totals UNION SELECT id FROM raw.views))::int, 0, NULL FROM raw.posts p) u
        GROUP BY day, platform) e
    FULL JOIN warehouse.content_daily d ON (d.date, d.platform) = (e.day, e.platform)
    WHERE (d.posts, d.posts_without_metrics, d.readings, d.views, d.reach, d.likes, d.shares, d.comments, d.clicks, d.engagement, d.rated_engagement, d.rated_views, d.rated_clicks, d.clicked_views)
        IS DISTINCT FROM (e.posts, e.bare, e.readings, e.views, e.reach, e.likes, e.shares, e.comments, e.clicks, e.engagement, e.rated, e.rated_views, e.rated_clicks, e.clicked_views)
$$;
SELECT pg_temp.wrong_days(), count(*) > 100 AS days, sum(posts_without_metrics) AS without_metrics FROM warehouse.content_daily;
-- The rollup per post: posts whose totals, up to whatever day, are not the sums of their days, or which it lacks.
CREATE FUNCTION pg_temp.wrong_posts() RETURNS TABLE (differ bigint, missing bigint) LANGUAGE sql AS $$
    SELECT (SELECT count(*)
            FROM (SELECT NULL::date AS last UNION ALL SELECT date '2025-06-30' - 3 * n FROM generate_series(0, 25) n) a
            CROSS JOIN LATERAL (
                SELECT t.platform, t.content_id, t.views, t.likes, t.shares, t.comments, t.clicks, t.reach, t.engagement, t.has_metrics
                FROM analytics_internal.content_totals(NULL, NULL, NULL, a.last) t
                EXCEPT
                SELECT c.platform, c.content_id, sum(d.views), sum(d.likes), sum(d.shares), sum(d.comments), sum(d.clicks), sum(d.reach), sum(d.engagement), count(d.day) > 0
                FROM warehouse.fact_content c
                LEFT JOIN analytics.content_days('2025-01-01', COALESCE(a.last, '2025-12-31'), count_past => true) d USING (platform, content_id)
                GROUP BY 1, 2) x),
           (SELECT count(*) FROM warehouse.fact_content c
            WHERE c.published_at IS NOT NULL AND NOT EXISTS (SELECT FROM warehouse.content_post p WHERE p.platform = c.platform AND p.content_id = c.content_id))
$$;
SELECT * FROM pg_temp.wrong_posts();
-- The counter that began anew goes on from 0, the correction is a negative day, the missing reading and the missing metric fall on the next.
SELECT content_id, string_agg(views::text, ' ' ORDER BY day) AS views, string_agg(COALESCE(likes::text, '-'), ' ' ORDER BY day) AS likes
FROM analytics.content_days('-infinity', 'infinity') WHERE content_id IN ('p13', 'p16', 'p19', 'p22') GROUP BY content_id;
-- A post from before the first report: its first total is a past that nobody saw; with it, the days add up to the last total.
SELECT string_agg(COALESCE(views::text, '-'), ' ' ORDER BY day) FROM analytics.content_days('-infinity', 'infinity') WHERE content_id = 'p4';
SELECT sum(d.views) = max(t.views) AS whole FROM analytics.content_days('-infinity', 'infinity', count_past => true) d, raw.totals t
WHERE d.content_id = 'p4' AND t.id = 'p4' AND t.day = (SELECT max(day) FROM raw.totals WHERE id = 'p4') GROUP BY t.views;

-- Every figure of the readers.
CREATE TEMP VIEW expected AS
SELECT a.as_of, a.days, p.platform, (SELECT count(*) FROM raw.posts r WHERE r.platform = p.platform AND r.published::date BETWEEN a.as_of - a.days + 1 AND a.as_of) AS posts,
       coalesce(sum(views) FILTER (WHERE now), 0) AS views, coalesce(sum(reach) FILTER (WHERE now), 0) AS reach, coalesce(sum(clicks) FILTER (WHERE now), 0) AS clicks,
       coalesce(sum(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0)) FILTER (WHERE now), 0) AS engagement,
       coalesce(sum(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0)) FILTER (WHERE NOT now), 0) AS before
FROM (VALUES (date '2025-05-20', 10), ('2025-06-10', 30), ('2025-06-30', 7), ('2025-05-05', 90)) a (as_of, days)
CROSS JOIN (SELECT DISTINCT platform FROM raw.posts) p
LEFT JOIN LATERAL (SELECT g.*, g.day > a.as_of - a.days AS now FROM gains g WHERE g.platform = p.platform AND g.day > a.as_of - 2 * a.days AND g.day <= a.as_of) g ON true
GROUP BY 1, 2, 3;
SELECT count(*) AS compared, count(*) FILTER (WHERE (c.posts, c.views, c.reach, c.clicks, c.engagement, c.engagement_before, c.engagement_rate, c.click_through_rate, c.growth_rate)
           IS DISTINCT FROM (e.posts, e.views, e.reach, e.clicks, e.engagement, e.before, CASE WHEN e.platform <> 'tiktok' THEN round(100.0 * e.engagement / nullif(e.views, 0), 4) END,
                             round(100.0 * CASE WHEN e.clicks > 0 THEN e.clicks WHEN e.platform = 'tiktok' THEN NULL ELSE 0 END / nullif(e.views, 0), 4),
                             round(100.0 * (e.engagement - e.before) / nullif(e.before, 0), 4))) AS different
FROM expected e LEFT JOIN LATERAL analytics.content_platforms(days => e.days, as_of => e.as_of) c ON c.platform = e.platform
WHERE e.posts + e.views + e.before > 0;
SELECT a.as_of, (o.total_posts, o.total_reach, o.total_engagement, o.engagement_before) = (e.posts, e.reach, e.engagement, e.before) AS same,
       o.avg_engagement_rate = round(100.0 * e.engagement / e.rated_views, 4) AS rate, o.top_platform = e.top AS top, o.posts_without_metrics,
       (SELECT sum((e.b ->> 'engagement')::bigint) FROM jsonb_each(o.platform_breakdown) e (name, b)) = o.total_engagement AS adds_up
FROM (SELECT DISTINCT as_of, days FROM expected) a
JOIN LATERAL (SELECT sum(posts) AS posts, sum(reach) AS reach, sum(engagement) AS engagement, sum(before) AS before, sum(views) FILTER (WHERE platform <> 'tiktok') AS rated_views,
                     (array_agg(platform ORDER BY engagement DESC, platform))[1] AS top FROM expected e WHERE (e.as_of, e.days) = (a.as_of, a.days)) e ON true
JOIN LATERAL analytics.content_overview(days => a.days, as_of => a.as_of) o ON true ORDER BY 1;
SELECT count(*) AS days, sum(posts) AS posts, sum(t.engagement) = (SELECT engagement FROM (SELECT sum(engagement) AS engagement FROM expected WHERE days = 30) e) AS same,
       count(*) FILTER (WHERE t.views = (SELECT coalesce(sum(views), 0) FROM gains g WHERE g.day = t.dt)) AS same_views
FROM analytics.content_trends(days => 30, as_of => '2025-06-10') t;
SELECT p.content_id, (p.views, p.clicks, p.engagement) = (g.views, g.clicks, g.engagement) AS same,
       p.engagement_rate = round(100.0 * g.engagement / nullif(g.views, 0), 4) AS rate, p.has_metrics
FROM analytics.content_performance(row_limit => 4) p
JOIN LATERAL (SELECT sum(views) AS views, sum(clicks) AS clicks, sum(likes + shares + comments) AS engagement FROM gains g WHERE g.id = p.content_id) g ON true;
-- No figure at all, no views, views alone.
SELECT content_id, views, engagement, engagement_rate, click_through_rate, has_metrics FROM analytics.content_performance(row_limit => 100) WHERE content_id IN ('p3', 'p6', 'p2') ORDER BY 1;
-- A post that was deleted: its past engagement stays part of its days, the list does not name it any more.
DELETE FROM raw.posts WHERE id = 'p9';
UPDATE raw.daily SET likes = likes + 1000 WHERE id = 'p12' AND day = (SELECT min(day) FROM raw.daily WHERE id = 'p12');
CALL analytics.refresh();
SELECT count(*) FILTER (WHERE content_id = 'p9') AS listed FROM analytics.content_performance(row_limit => 100);
SELECT sum(engagement) = (SELECT sum(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0)) FROM gains WHERE day BETWEEN '2025-04-01' AND '2025-06-29') AS corrected
FROM analytics.content_trends(days => 90, as_of => '2025-06-29');
-- Late corrections of running totals, readings and posts that go and come, a source that reaches further back: the rollup follows.
DELETE FROM raw.posts WHERE id = 'p10';
UPDATE raw.totals SET views = views + 500, likes = NULL WHERE id = 'p28' AND day = (SELECT min(day) + 2 FROM raw.totals WHERE id = 'p28');
DELETE FROM raw.totals WHERE id = 'p31' AND day = (SELECT min(day) FROM raw.totals WHERE id = 'p31');
DELETE FROM raw.daily WHERE id = 'p15';
CALL analytics.refresh();
SELECT pg_temp.wrong_days(), sum(posts_without_metrics) AS without_metrics FROM warehouse.content_daily;
SELECT * FROM pg_temp.wrong_posts();
INSERT INTO raw.totals VALUES ('p1', '2025-04-25', 10, 1, 0, 0, 0);
INSERT INTO raw.daily VALUES ('p15', '2025-05-30', 70, 5, 1, 1, 2, 40);
UPDATE raw.posts SET published = published + interval '3 days' WHERE id IN ('p7', 'p20');
CALL analytics.refresh();
SELECT pg_temp.wrong_days();
DELETE FROM raw.totals WHERE day <= '2025-05-03';
CALL analytics.refresh();
SELECT pg_temp.wrong_days();
CALL analytics.refresh();
SELECT name, rows_read, inserted, updated, deleted FROM warehouse.refresh_step WHERE name = 'content per day' ORDER BY run_id DESC LIMIT 1;
-- The same figures by two sources count once, by the one registered first.
CREATE TABLE raw.again AS SELECT id AS content_id, day AS date, 'facebook' AS platform, views + 5 AS views FROM raw.daily;
SELECT analytics.register_source('content_metrics', 'raw.again');
CALL analytics.refresh();
SELECT sum(views) = (SELECT sum(views) FROM raw.daily) AS once FROM analytics.content_days('-infinity', 'infinity') WHERE platform = 'facebook';

-- What stands out: in plain text, with its evidence, and nothing where there is nothing.
SELECT kind, subject, n, text FROM analytics.content_insights(days => 365, as_of => '2025-07-10');
SELECT * FROM analytics.content_insights(days => 30, as_of => '2025-07-10');
SELECT dimension, count(*), bool_and(low <= lift AND lift <= high) AS inside, sum(n) FROM unnest('{hour,weekday,content_type,platform,hashtag,author}'::text[]) dimension,
       analytics.content_ranking(dimension, days => 365, as_of => '2025-07-10', row_limit => 100) GROUP BY dimension ORDER BY dimension;
-- Each hashtag once per post, whatever its spelling; the hour is the business's.
SELECT subject, n FROM analytics.content_ranking('hashtag', days => 365, as_of => '2025-07-10') ORDER BY n DESC, subject;
SELECT FROM analytics.configure(reporting_timezone => 'Asia/Tokyo');
SELECT sum(n) FILTER (WHERE subject = to_char(h, 'HH24:00')) AS n, count(*) FILTER (WHERE subject = to_char(h, 'HH24:00')) AS found
FROM (SELECT published + interval '9 hours' AS h FROM raw.posts WHERE id = 'p7') p, analytics.content_ranking('hour', days => 365, as_of => '2025-07-10');

-- Simulated posts: how often an hour is called best where all are alike (at most 5 %), and where one has half as much again (mostly).
CREATE FUNCTION pg_temp.found(runs int, per_hour int, effect float8) RETURNS float8 LANGUAGE sql AS $$
    SELECT avg(a.claimed::int) FROM (
        SELECT run, array_agg(hour::text ORDER BY hour, i) AS hours,
               array_agg((CASE WHEN hour = 7 THEN effect ELSE 0 END) + 0.5 * (
                   SELECT sum((hashint8(run * 1000003 + hour * 10007 + i * 101 + k) & 65535) / 65536.0) - 6 FROM generate_series(1, 12) k) ORDER BY hour, i) AS rates
        FROM generate_series(1, runs) run, generate_series(0, 11) hour, generate_series(1, per_hour) i GROUP BY run) s
    CROSS JOIN LATERAL (
        SELECT bool_or(u.p <= 0.05 AND u.low > 0) AS claimed
        FROM (SELECT array_agg(m.low ORDER BY m.group_name) AS lows, analytics.p_adjust(array_agg(m.p_value ORDER BY m.group_name), 'holm') AS p
              FROM analytics.shrunk_means(s.hours, s.rates) m) x, ROWS FROM (unnest(x.lows), unnest(x.p)) u (low, p)) a
$$;
SELECT pg_temp.found(200, 10, 0) <= 0.05 AS rarely_claimed, pg_temp.found(50, 30, ln(1.5)) >= 0.8 AS mostly_found;

-- Through the endpoint: thirty posts in each of six hours, one of which has three times the likes. It alone stands out, and is recommended.
CREATE TABLE raw.hours AS SELECT 'h' || h || '-' || i AS content_id, 'facebook' AS platform, 'video' AS content_type, timestamptz '2025-05-01 00:00Z' + i * interval '1 day' + h * interval '1 hour' AS published_at
    FROM generate_series(6, 11) h, generate_series(1, 30) i;
CREATE TABLE raw.hourly AS SELECT content_id, platform, (published_at AT TIME ZONE 'UTC')::date AS date, 10000 AS views,
    (CASE WHEN content_id LIKE 'h9-%' THEN 900 ELSE 300 END * (0.8 + 0.4 * (hashtext(content_id) & 1023) / 1023))::int AS likes FROM raw.hours;
SELECT analytics.register_source('content', 'raw.hours', business_id => 7) > 0 AND analytics.register_source('content_metrics', 'raw.hourly', business_id => 7) > 0 AS registered;
CALL analytics.refresh(business_id => 7);
SELECT kind, subject, n, text FROM analytics.content_insights(days => 90, as_of => '2025-06-10', business_id => 7);
SELECT i.kind, abs(i.lift / o.lift - 1) < 0.01 AS lift_of_raw, i.low < i.lift AND i.lift < i.high AND i.low > 2 AS inside
FROM analytics.content_insights(days => 90, as_of => '2025-06-10', business_id => 7) i,
    (SELECT exp(avg(ln(likes / 10000.0)) FILTER (WHERE content_id LIKE 'h9-%') - avg(ln(likes / 10000.0))) AS lift FROM raw.hourly) o WHERE i.lift IS NOT NULL;

-- Two sets of posts: the test is Welch's, on logarithms.
SELECT c.n, c.n_others, c.lift, c.low < c.lift AND c.lift < c.high AS inside, c.p_value BETWEEN 0 AND 1 AS p, c.without_rate, c.reason, c.lift = round(exp(x.diff)::numeric, 4) AS same
FROM analytics.content_compare('{p13,p16,p19,p22,p3}', '{p25,p28,p31,p34}') c,
     LATERAL (SELECT avg(ln((l + 0.5) / (v + 1))) FILTER (WHERE id IN ('p13', 'p16', 'p19', 'p22')) - avg(ln((l + 0.5) / (v + 1))) FILTER (WHERE id NOT IN ('p13', 'p16', 'p19', 'p22')) AS diff
              FROM (SELECT id, sum(views)::numeric AS v, sum(coalesce(likes, 0) + coalesce(shares, 0) + coalesce(comments, 0)) AS l FROM gains WHERE id IN ('p13', 'p16', 'p19', 'p22', 'p25', 'p28', 'p31', 'p34') GROUP BY id) g) x;
SELECT n, n_others, lift, reason FROM analytics.content_compare('{p13}', '{p25,p28}');
SELECT * FROM analytics.content_compare('{p13}', '{p13,p25}');
SELECT * FROM analytics.content_compare('{p13,nobody}', '{p25}');
-- One lucky post is not the best hour, however far it lies from all others.
CREATE TABLE raw.lucky AS SELECT 'l' || n AS content_id, 'facebook' AS platform, timestamp '2025-05-01 00:10' + n * interval '22 hours' AS published_at, date '2025-06-20' AS date, 1000 AS views, 50 + n % 5 AS likes FROM generate_series(1, 60) n
    UNION ALL SELECT 'lucky', 'facebook', '2025-05-10 15:30', '2025-06-20', 1000, 500;
SELECT analytics.register_source('content', 'raw.lucky', business_id => 5, options => '{"timezone": "UTC"}'), analytics.register_source('content_metrics', 'raw.lucky', business_id => 5);
CALL analytics.refresh(business_id => 5);
SELECT subject, n, lift > 3 AS far, p_adjusted < 0.05 AS rare, stands_out FROM analytics.content_ranking('hour', 5, days => 365, as_of => '2025-07-10', row_limit => 1);
-- By sums as by single posts: of many posts with whatever in their columns, each figure less the mean of its platform and type, and Gelman's means of these.
CREATE TABLE raw.many AS
SELECT 'm' || n AS content_id, (ARRAY['facebook', 'telegram', 'youtube'])[1 + abs(hashint4(n)) % 3] AS platform, (ARRAY['video', 'Video', NULL, 'a type, with; marks'])[1 + abs(hashint4(n + 1)) % 4] AS content_type,
       timestamptz '2025-01-01' + n * interval '9 hours 7 minutes' AS published_at, CASE WHEN n % 11 > 0 THEN 'author ' || n % 5 END AS author,
       (ARRAY['#One #two', '#ONE,#Two;#one', ' # ', NULL, '#drei  #Vier', 'no marks at all'])[1 + abs(hashint4(n + 2)) % 6] AS hashtags, round(sin(n)::numeric, 2) AS sentiment
FROM generate_series(1, 400) n;
CREATE TABLE raw.many_days AS SELECT content_id, platform, published_at::date + 1 AS date, abs(hashtext(content_id)) % 5000 AS views, abs(hashtext(content_id || 'l')) % 300 AS likes FROM raw.many WHERE content_id NOT LIKE '%7';
SELECT analytics.register_source('content', 'raw.many', business_id => 9) + analytics.register_source('content_metrics', 'raw.many_days', business_id => 9) > 0 AS registered;
CALL analytics.refresh(business_id => 9);
CREATE TEMP VIEW single AS
SELECT k.days, k.metric, d.dimension, n.names, t.views, t.engagement, t.sentiment, v.figure - CASE d.dimension WHEN 'platform' THEN 0 WHEN 'content_type' THEN avg(v.figure) OVER (PARTITION BY k.days, k.metric, d.dimension, t.platform)
           ELSE avg(v.figure) OVER (PARTITION BY k.days, k.metric, d.dimension, t.platform, t.content_type) END AS outcome
FROM (VALUES (365, 'engagement_rate'), (40, 'engagement_rate'), (365, 'sentiment')) k (days, metric)
CROSS JOIN LATERAL analytics_internal.content_totals(date '2025-06-15' - k.days + 1, '2025-06-13', 9, '2025-06-15') t
CROSS JOIN LATERAL (SELECT CASE k.metric WHEN 'sentiment' THEN t.sentiment::float8 ELSE t.log_rate END) v (figure)
CROSS JOIN unnest('{hour,weekday,content_type,platform,hashtag,author}'::text[]) d (dimension)
CROSS JOIN LATERAL (SELECT CASE d.dimension WHEN 'hashtag' THEN ARRAY(SELECT DISTINCT lower(m) FROM regexp_split_to_table(COALESCE(t.hashtags, ''), '[[:space:],;#]+') m WHERE m <> '')
    ELSE ARRAY[CASE d.dimension WHEN 'hour' THEN to_char(t.published_local, 'HH24:00') WHEN 'weekday' THEN to_char(t.published_local, 'FMDay') WHEN 'platform' THEN t.platform
                                WHEN 'author' THEN COALESCE(t.author, '(unknown)') ELSE COALESCE(t.content_type, '(unknown)') END] END) n (names)
WHERE v.figure IS NOT NULL;
WITH told AS (
    SELECT s.days, s.metric, s.dimension, m AS name, s.views, s.engagement, s.sentiment, s.outcome FROM single s, unnest(s.names) m
), obvious AS (
    SELECT a.days, a.metric, a.dimension, e.*, (SELECT sum(t.views) FROM told t WHERE (t.days, t.metric, t.dimension, t.name) = (a.days, a.metric, a.dimension, e.group_name)) AS views,
           (SELECT round(avg(t.sentiment), 4) FROM told t WHERE (t.days, t.metric, t.dimension, t.name) = (a.days, a.metric, a.dimension, e.group_name)) AS sentiment
    FROM (SELECT days, metric, dimension, array_agg(name) AS names, array_agg(outcome) AS outcomes FROM told GROUP BY 1, 2, 3) a, analytics.shrunk_means(a.names, a.outcomes, 0.8) e
)
SELECT count(*) > 100 AS many, count(DISTINCT (o.days, o.metric, o.dimension)) AS questions,
       count(*) FILTER (WHERE r.n IS DISTINCT FROM o.n OR r.views::numeric IS DISTINCT FROM o.views OR r.sentiment IS DISTINCT FROM o.sentiment
           OR abs(r.lift - CASE o.metric WHEN 'sentiment' THEN o.effect ELSE exp(o.effect) END) > 1e-4 OR abs(r.low - CASE o.metric WHEN 'sentiment' THEN o.low ELSE exp(o.low) END) > 1e-4
           OR abs(r.p_above - o.p_above) > 1e-5 OR (r.lift IS NULL) <> (o.effect IS NULL)) AS differ
FROM obvious o
FULL JOIN (SELECT q.*, c.* FROM (SELECT DISTINCT days, metric, dimension FROM obvious) q, analytics.content_ranking(q.dimension, 9, q.days, 1000, '2025-06-15', 0.8, 'platform', q.metric) c) r
    ON r.days = o.days AND r.metric = o.metric AND r.dimension = o.dimension AND r.subject = o.group_name;
-- Weekday and hour of publishing, in the reporting time zone: against the posts and their figures.
SELECT count(*) AS compared, count(*) FILTER (WHERE (h.posts, h.views, h.engagement, h.engagement_rate) IS DISTINCT FROM (o.posts, o.views, o.engagement, o.rate)) AS wrong, max(h.posts) AS most, count(DISTINCT h.hour) AS hours
FROM analytics.content_hours(7, as_of => '2025-06-10') h
FULL JOIN (SELECT extract(isodow FROM p.published_at AT TIME ZONE 'UTC')::int AS weekday, extract(hour FROM p.published_at AT TIME ZONE 'UTC')::int AS hour, count(*) AS posts, sum(m.views)::bigint AS views, sum(m.likes)::bigint AS engagement,
                  round(100.0 * sum(m.likes) / sum(m.views), 4) AS rate FROM raw.hours p JOIN raw.hourly m USING (content_id) GROUP BY 1, 2) o USING (weekday, hour);
SELECT sum(posts) AS posts FROM analytics.content_hours(7, 20, '2025-06-10');
SELECT sum(posts) AS posts, sum(posts_without_rate) AS without FROM analytics.content_hours(7, as_of => '2025-05-10');
SELECT count(*) FROM analytics.content_hours(7, platforms => '{google}', as_of => '2025-06-10');
SELECT reporting_timezone FROM analytics.configure(reporting_timezone => 'Asia/Tokyo', business_id => 7);
SELECT min(hour), max(hour) FROM analytics.content_hours(7, as_of => '2025-06-10');
SELECT * FROM analytics.content_hours(77);
SELECT * FROM analytics.content_hours(7, 0);
SELECT * FROM analytics.content_overview(77);
SELECT * FROM analytics.content_overview(days => 0);
SELECT * FROM analytics.content_trends(days => 6);
SELECT * FROM analytics.content_trends(days => 91);
SELECT * FROM analytics.content_performance(row_limit => 101);
SELECT * FROM analytics.content_performance(row_limit => 0);
SELECT * FROM analytics.content_ranking('mood');
SELECT * FROM analytics.shrunk_means('{a,b}', '{1}');
SELECT * FROM analytics.shrunk_means('{a,NULL}', '{1,2}');
SELECT * FROM analytics.shrunk_means('{a,b}', '{1,inf}');
SELECT * FROM analytics.shrunk_means('{a,b}', '{1,2}', 1);
SELECT * FROM analytics.shrunk_means('{}', NULL);
SELECT * FROM analytics.shrunk_means('{a,b,b}', '{1,2,2}');
SELECT * FROM analytics_internal.shrunk_moments('{a,b}', '{1}', '{1,2}', '{0,0}', 0.9);
SELECT * FROM analytics_internal.shrunk_moments('{a,b}', '{1,0}', '{1,2}', '{0,0}', 0.9);
SELECT * FROM analytics_internal.shrunk_moments('{a,b}', '{1,1}', '{1,2}', '{0,-1}', 0.9);
