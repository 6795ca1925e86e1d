-- Own posts beside what others reach: benchmarks that the user loads, of whatever industry.

CREATE FUNCTION analytics_internal.benchmark_figures(
    business_id bigint, platform text, metric text, date_from date, as_of date)
    RETURNS TABLE (posts bigint, figures double precision[], bases double precision[])
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT count(*), array_agg(f.figure ORDER BY t.platform COLLATE "C", t.content_id COLLATE "C"),
           array_agg(f.base ORDER BY t.platform COLLATE "C", t.content_id COLLATE "C")
    -- The posts of content_ranking().
    FROM analytics_internal.content_totals(
        benchmark_figures.date_from, benchmark_figures.as_of - 2, benchmark_figures.business_id, benchmark_figures.as_of) t
    CROSS JOIN LATERAL (
        SELECT CASE benchmark_figures.metric
                   WHEN 'engagement_rate' THEN 100 * t.engagement
                   WHEN 'engagement_rate_by_reach' THEN 100 * t.engagement
                   WHEN 'click_through_rate' THEN 100 * t.clicks
                   WHEN 'views' THEN t.views
                   WHEN 'reach' THEN t.reach
                   WHEN 'likes' THEN t.likes
                   WHEN 'shares' THEN t.shares
                   WHEN 'comments' THEN t.comments
                   WHEN 'clicks' THEN t.clicks
                   WHEN 'engagement' THEN t.engagement END::double precision AS figure,
               CASE benchmark_figures.metric
                   WHEN 'engagement_rate' THEN t.views
                   WHEN 'engagement_rate_by_reach' THEN t.reach
                   WHEN 'click_through_rate' THEN t.views
                   ELSE 1 END::double precision AS base) f
    WHERE t.platform = benchmark_figures.platform AND f.figure IS NOT NULL AND f.base > 0
$$;
COMMENT ON FUNCTION analytics_internal.benchmark_figures(bigint, text, text, date, date) IS
'A metric of the posts of a platform: numerators and denominators
Of each post that has both, a mean per post over ones. No arrays where there is none.';

CREATE FUNCTION analytics.content_benchmark(
    industries text[] DEFAULT NULL, business_id bigint DEFAULT NULL, days int DEFAULT 180, as_of date DEFAULT NULL,
    level double precision DEFAULT 0.9)
    RETURNS TABLE (platform text, industry text, metric text, posts bigint, value numeric, low numeric, high numeric, percentile numeric,
                   percentile_low numeric, percentile_high numeric, median numeric, place text, reason text, business bigint,
                   quantiles double precision[], marks double precision[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    known constant text[] := '{engagement_rate,engagement_rate_by_reach,click_through_rate,views,reach,likes,shares,comments,clicks,
        engagement}';
    missing text;
    last date;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_business(content_benchmark.business_id),
            analytics_internal.check_day_count(content_benchmark.days, 1, 3660);
    SELECT string_agg(quote_nullable(i.name), ', ' ORDER BY i.place) INTO missing
    FROM unnest(content_benchmark.industries) WITH ORDINALITY i (name, place)
    WHERE NOT EXISTS (
        SELECT FROM warehouse.dim_benchmarks b
        WHERE b.industry = i.name AND (content_benchmark.business_id IS NULL OR b.business_id = content_benchmark.business_id));
    IF missing IS NOT NULL THEN
        RAISE EXCEPTION 'no benchmarks of the industry %', missing USING ERRCODE = 'invalid_parameter_value', HINT = (
            SELECT COALESCE('Loaded: ' || string_agg(DISTINCT quote_literal(b.industry) COLLATE "C", ', ') || '.',
                       'Register a source of the entity benchmarks.')
            FROM warehouse.dim_benchmarks b
            WHERE content_benchmark.business_id IS NULL OR b.business_id = content_benchmark.business_id);
    END IF;
    last := analytics_internal.content_last_day(content_benchmark.business_id, content_benchmark.as_of);
    RETURN QUERY
    WITH published AS (
        SELECT b.business_id, b.platform, b.industry, b.metric, q.quantiles, q.marks,
               CASE WHEN b.metric <> ALL (known) THEN 'unknown metric: use ' || array_to_string(known, ', ')
                    WHEN q.marks IS NULL THEN 'no quantiles'
                    WHEN q.falls THEN 'the quantiles fall' END AS problem
        FROM analytics_internal.businesses(content_benchmark.business_id) s
        JOIN warehouse.dim_benchmarks b ON b.business_id = s.business
        CROSS JOIN LATERAL (
            SELECT array_agg(v.quantile ORDER BY v.quantile), array_agg(v.mark ORDER BY v.quantile), bool_or(v.mark < v.before)
            FROM (
                SELECT p.quantile, p.mark::double precision AS mark, lag(p.mark) OVER (ORDER BY p.quantile) AS before
                FROM (VALUES
                    (0.05::double precision, b.p5), (0.1, b.p10), (0.2, b.p20), (0.25, b.p25), (0.5, b.p50), (0.75, b.p75), (0.8, b.p80),
                    (0.9, b.p90), (0.95, b.p95)) p (quantile, mark)
                WHERE p.mark IS NOT NULL) v) q (quantiles, marks, falls)
        WHERE COALESCE(cardinality(content_benchmark.industries), 0) = 0 OR b.industry = ANY (content_benchmark.industries)
    )
    SELECT p.platform, p.industry, p.metric, o.posts, round(o.value::numeric, 4), round(o.low::numeric, 4), round(o.high::numeric, 4),
           round(o.percentile::numeric, 1), round(o.percentile_low::numeric, 1), round(o.percentile_high::numeric, 1),
           round(o.median::numeric, 4), o.place,
           CASE WHEN p.problem IS NOT NULL THEN p.problem
                WHEN o.posts = 0 THEN 'no post has these figures'
                WHEN o.posts = 1 THEN 'one post: no interval'
                WHEN o.low IS NULL THEN 'nothing above 0: no interval'
                ELSE 'ok' END,
           p.business_id, p.quantiles, p.marks
    FROM published p
    CROSS JOIN LATERAL (
        SELECT f.posts, e.*
        FROM analytics_internal.benchmark_figures(
            p.business_id, p.platform, p.metric, last - content_benchmark.days + 1, last) f
        CROSS JOIN LATERAL analytics.benchmark_position(
            COALESCE(f.figures, '{}'), COALESCE(f.bases, '{}'), CASE WHEN p.problem IS NULL THEN p.quantiles ELSE '{0.5}' END,
            CASE WHEN p.problem IS NULL THEN p.marks ELSE '{0}' END, content_benchmark.level) e
        WHERE p.problem IS NULL
        UNION ALL
        SELECT NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
        WHERE p.problem IS NOT NULL) o
    ORDER BY p.platform COLLATE "C", p.industry COLLATE "C", p.metric COLLATE "C", p.business_id;
END
$$;
COMMENT ON FUNCTION analytics.content_benchmark(text[], bigint, int, date, double precision) IS
'Own posts beside the figures of others: where they stand, and how sure that is
A row for each benchmark that a source of the entity benchmarks delivers. industries: NULL or {} for all. days, as_of: of publishing, as
of content_ranking(). posts: own posts that have the figures. metric: engagement_rate (engagement / views * 100), engagement_rate_by_reach,
click_through_rate; or the mean per post of views, reach, likes, shares, comments, clicks, engagement.
value: own figure, low, high: its interval (level). percentile: percent of the others below value, from percentile_low to percentile_high;
see benchmark_position(). median: of the others. place: below all quantiles, among the quantiles, above all quantiles; beyond the
outermost one nothing more is known. reason: ok, or what is missing. quantiles, marks: the benchmark. Whether a benchmark counts as you do,
its publisher has to say.';
