-- Benchmarks: where own posts stand among published quantiles, against obvious SQL; sentiment that a source rates.
\i test/fixture/reset.sql
SELECT analytics.install();
CREATE SCHEMA raw;
-- Three platforms; viber counts no likes, one post of telegram stands alone.
CREATE TABLE raw.posts AS
SELECT 'p' || n AS content_id, CASE WHEN n = 91 THEN 'telegram' ELSE (ARRAY['facebook', 'instagram', 'viber'])[1 + n % 3] END AS platform, (ARRAY['video', 'image'])[1 + n % 2] AS content_type,
       timestamp '2025-05-01 09:00' + n * interval '7 hours' AS published_at, 'author ' || n % 4 AS author, CASE WHEN n % 10 > 0 THEN ((n * 37 % 21 - 10) / 20.0 + CASE n % 4 WHEN 0 THEN 0.45 ELSE 0 END)::text END AS sentiment
FROM generate_series(1, 91) n;
CREATE TABLE raw.metrics AS
SELECT content_id, platform, (published_at + d * interval '1 day')::date AS date, 500 + 37 * (n * 7919 % 23) AS views, CASE WHEN platform <> 'viber' THEN 10 + n * 31 % 17 END AS likes, 2 AS clicks,
       CASE WHEN platform = 'instagram' THEN 300 + n END AS reach
FROM (SELECT p.*, substr(content_id, 2)::int AS n FROM raw.posts p) p, generate_series(0, 2) d;
CREATE TABLE raw.benchmarks (place text, branch text, metric text, p10 text, p25 text, p50 text, p75 text, p90 text);
INSERT INTO raw.benchmarks VALUES ('Facebook', 'education', 'engagement_rate', '0.5', '1', '2', '2.5', '6'), ('facebook', 'retail', 'engagement_rate', NULL, '5', NULL, '9', NULL),
    ('Instagram', NULL, 'engagement_rate_by_reach', '1', '1', '1', '9', NULL), ('instagram', '', 'likes', NULL, '10', '20', '30', NULL), ('facebook', 'education', 'click_through_rate', NULL, NULL, '0.1', NULL, NULL),
    ('viber', 'education', 'engagement_rate', '1', '2', '3', '4', '5'), ('viber', 'education', 'views', '1', '2', '3000', '4000', '5000'), ('telegram', 'education', 'views', NULL, '100', '1000', '3000', NULL),
    ('tiktok', 'education', 'views', NULL, '100', '1000', '3000', NULL), ('facebook', 'education', 'followers', NULL, '100', '1000', '3000', NULL), ('facebook', 'education', 'reach', NULL, '300', '100', '200', NULL),
    ('facebook', 'education', 'views', NULL, NULL, NULL, NULL, NULL), ('facebook', 'education', 'shares', '0', '1', '2', 'many', '4');
SELECT * FROM analytics.content_benchmark(as_of => '2025-05-30');
SELECT analytics.register_source('content', 'raw.posts', options => '{"timezone": "UTC"}'), analytics.register_source('content_metrics', 'raw.metrics'),
       analytics.register_source('benchmarks', 'raw.benchmarks', '{"platform": "place", "industry": "branch"}');
CALL analytics.refresh();
SELECT entity, row_key, reason FROM warehouse.rejected_rows ORDER BY 1, 2;
SELECT platform, industry, metric, posts, value, low, high, percentile, percentile_low, percentile_high, median, place, reason FROM analytics.content_benchmark(as_of => '2025-05-31');
-- Own figures are those of the ranking, of the same posts.
SELECT b.value = r.engagement_rate AS rate, b.posts = r.n AS posts FROM analytics.content_benchmark('{education}', as_of => '2025-05-31') b JOIN analytics.content_ranking('platform', as_of => '2025-05-31') r ON r.subject = b.platform
WHERE b.metric = 'engagement_rate' AND b.reason = 'ok';
-- The interval of a ratio of sums: by the ratios without each post in turn, and Student's quantile (expanded by Fisher) for as many posts as they are worth.
CREATE TEMP TABLE own AS
SELECT platform, metric, content_id, figure, base, sum(figure) OVER w AS figures, sum(base) OVER w AS bases, count(*) OVER w AS n
FROM (SELECT p.platform, p.content_id, sum(m.views) AS views, sum(m.likes) AS likes, sum(m.reach) AS reach FROM raw.posts p JOIN raw.metrics m USING (content_id) WHERE p.published_at < '2025-05-30' AND m.date <= '2025-05-31' GROUP BY 1, 2) p
CROSS JOIN LATERAL (VALUES ('engagement_rate', 100.0 * likes, views), ('engagement_rate_by_reach', 100.0 * likes, reach), ('likes', likes, 1), ('views', views, 1)) v (metric, figure, base) WHERE figure IS NOT NULL AND base > 0
WINDOW w AS (PARTITION BY platform, metric);
SELECT b.platform, b.industry, b.metric, b.posts = o.n AS posts, abs(b.value - o.ratio) < 0.0001 AS value, abs(ln(b.high / b.value) - t.t * o.error) < 0.001 AS high, abs(ln(b.value / b.low) - t.t * o.error) < 0.001 AS low, o.df < o.n - 1 AS unequal
FROM analytics.content_benchmark(as_of => '2025-05-31') b
JOIN (SELECT platform, metric, max(n) AS n, max(figures / bases) AS ratio, sqrt(var_pop(ln((figures - figure) / (bases - base))) * (max(n) - 1)) AS error, 1 / sum((base / bases) ^ 2) - 1 AS df FROM own WHERE n > 1 GROUP BY 1, 2) o USING (platform, metric)
CROSS JOIN LATERAL (SELECT 1.6448536 AS z) z CROSS JOIN LATERAL (SELECT z + (z ^ 3 + z) / 4 / o.df + (5 * z ^ 5 + 16 * z ^ 3 + 3 * z) / 96 / o.df ^ 2 + (3 * z ^ 7 + 19 * z ^ 5 + 17 * z ^ 3 - 15 * z) / 384 / o.df ^ 3 AS t) t
WHERE b.reason = 'ok' ORDER BY 1, 2, 3;
-- The percentile: the obvious SQL.
SELECT count(*) AS benchmarks, count(*) FILTER (WHERE abs(b.percentile - e.percentile) < 0.06) AS same
FROM analytics.content_benchmark(as_of => '2025-05-31') b
CROSS JOIN LATERAL (
    SELECT COALESCE(max(100 * (q + (b.value::float8 - m) / NULLIF(next_m - m, 0) * (next_q - q))) FILTER (WHERE b.value >= m AND b.value < next_m), CASE WHEN b.value < min(m) THEN 100 * min(q) ELSE 100 * max(q) END) AS percentile
    FROM (SELECT q, m, lead(q) OVER (ORDER BY q) AS next_q, lead(m) OVER (ORDER BY q) AS next_m FROM unnest(b.quantiles, b.marks) u (q, m)) s) e
WHERE b.percentile IS NOT NULL;
-- The kernel: equal marks have a middle, past the ends the end.
SELECT f AS value, round(p.percentile) AS percentile, p.median, p.place FROM unnest('{0,1,2,3,9}'::float8[]) f, analytics.benchmark_position(ARRAY[f, f], '{1,1}', '{0.2,0.4,0.6,0.8}', '{1,1,3,5}') p;
SELECT * FROM analytics.benchmark_position('{5}', '{100}', '{0.5}', '{0.04}');
SELECT * FROM analytics.benchmark_position('{}', '{}', '{0.5}', '{0.04}');
SELECT * FROM analytics.benchmark_position('{1,2}', '{1}', '{0.5}', '{1}');
SELECT * FROM analytics.benchmark_position('{1}', '{1}', '{0.5,0.25}', '{1,2}');
SELECT * FROM analytics.benchmark_position('{1}', '{1}', '{0.25,0.5}', '{2,1}');
SELECT * FROM analytics.benchmark_position('{1}', '{1}', '{}', '{}');
SELECT * FROM analytics.benchmark_position('{1}', '{1}', '{0.5}', '{1}', 1);
SELECT platform FROM analytics.content_benchmark('{education,nobody}');
SELECT platform FROM analytics.content_benchmark(business_id => 9);
SELECT platform FROM analytics.content_benchmark(days => 0);

-- Sentiment: posts of an author are taken better or worse than others of their platform and type.
SELECT subject, n, lift, low, high, typical_rate, stands_out, sentiment FROM analytics.content_ranking('author', as_of => '2025-05-31', ranked_by => 'sentiment');
SELECT count(*) AS authors, count(*) FILTER (WHERE (r.n, r.sentiment) IS DISTINCT FROM (s.n, s.sentiment)) AS different
FROM analytics.content_ranking('author', as_of => '2025-05-31', ranked_by => 'sentiment') r
FULL JOIN (SELECT author AS subject, count(*) AS n, round(avg(sentiment::numeric(6,4)), 4) AS sentiment FROM raw.posts WHERE published_at < '2025-05-30' AND sentiment IS NOT NULL GROUP BY 1) s USING (subject);
-- A rate and a sentiment are ranked by the same estimates.
SELECT bool_and(abs(r.lift - round(e.effect::numeric, 4)) < 0.0002 AND abs(r.low - round(e.low::numeric, 4)) < 0.0002) AS same
FROM analytics.content_ranking('platform', as_of => '2025-05-31', ranked_by => 'sentiment') r
JOIN (SELECT g.* FROM (SELECT array_agg(platform) AS platforms, array_agg(sentiment::float8) AS figures FROM raw.posts WHERE published_at < '2025-05-30' AND sentiment IS NOT NULL) s, analytics.shrunk_means(s.platforms, s.figures) g) e ON e.group_name = r.subject;
SELECT content_id, sentiment FROM analytics.content_performance(as_of => '2025-05-31', row_limit => 3);
SELECT * FROM analytics.content_ranking('author', ranked_by => 'mood');
UPDATE raw.posts SET sentiment = '1.5' WHERE content_id = 'p1';
UPDATE raw.posts SET sentiment = '-1' WHERE content_id = 'p2';
UPDATE raw.posts SET sentiment = 'good' WHERE content_id = 'p3';
CALL analytics.refresh();
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity = 'content' ORDER BY 1;
SELECT content_id, sentiment FROM warehouse.fact_content WHERE content_id IN ('p1', 'p2', 'p3');
-- Benchmarks that are gone, and their platforms.
TRUNCATE raw.benchmarks;
CALL analytics.refresh(accept_loss => true);
SELECT count(*) FROM warehouse.dim_benchmarks;
DROP SCHEMA raw, warehouse CASCADE;
