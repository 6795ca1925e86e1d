-- Reports: pages whose figures are those of the readers. What a page looks like is in docs/reports.md; how charts are drawn in sql/charts.sql.
\i test/fixture/reset.sql
SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
SELECT analytics.report('overview', '2025-10-01', '2025-10-31');
\set VERBOSITY default
-- An empty warehouse: each page is whole, and says that there is nothing.
SELECT analytics.install();
SELECT k, page IS DOCUMENT AS is_xml, xpath('string(//h1)', page) AS title, xpath('string(//header/p)', page) AS period, xpath('string(//p[@class="empty"])', page) AS says
FROM unnest('{overview,attribution,customers,content}'::text[]) k, LATERAL (SELECT xmlparse(DOCUMENT analytics.report(k, '2025-10-01', '2025-10-31'))) p (page);
DROP SCHEMA warehouse CASCADE;

-- The sample of two months, with posts; one campaign and one post have names that must be escaped.
\set echo :ECHO
\set ECHO none
\o /dev/null
\i test/fixture/sample.sql
\o
\set ECHO :echo
SET client_min_messages = warning;
CREATE SCHEMA raw;
UPDATE demo.facebook_ads SET campaign_name = '<script>alert("x")</script> & ''co''' WHERE campaign_name = 'Students tell';
CREATE TABLE raw.content AS
    SELECT 'p' || i AS content_id, (ARRAY['facebook', 'instagram'])[1 + i % 2] AS platform, (ARRAY['video', 'photo'])[1 + i % 2] AS content_type,
           timestamp '2025-09-01 10:00' + i * interval '16 hours' AS published_at, CASE i WHEN 70 THEN '<img src="x" onerror="y"> & more' ELSE 'Post ' || i END AS title
    FROM generate_series(1, 90) i;
CREATE TABLE raw.content_metrics AS
    SELECT c.content_id, c.platform, c.published_at::date + d AS date, 100 + demo.pick(c.content_id, d, 900) AS views, demo.pick('likes' || c.content_id, d, 40) AS likes, 1 AS shares, d % 2 AS comments
    FROM raw.content c, generate_series(0, 6) d WHERE c.published_at::date + d < '2025-10-31';
SELECT count(analytics.register_source(e, ('raw.' || e)::regclass)) FROM unnest('{content,content_metrics}'::text[]) e;
CALL analytics.refresh();
CREATE TEMP TABLE page AS
SELECT k AS kind, date_from, date_to, xmlparse(DOCUMENT analytics.report(k, date_from, date_to)) AS page
FROM unnest('{overview,attribution,customers,content}'::text[]) k, (VALUES (date '2025-10-01', date '2025-10-30'), ('2025-09-15', '2025-09-28'), ('2025-10-20', '2025-10-20')) v (date_from, date_to);

-- A page fetches nothing and runs nothing.
SELECT kind, count(*) AS pages, bool_or(page::text ~* '<[^>]* (src|href|action|on[a-z]+)=|@import|url\(|javascript:|<script|<img|<link|<iframe') AS fetches,
       bool_and(ARRAY(SELECT DISTINCT m[1] FROM regexp_matches(page::text, '(https?://[^"<]*)', 'g') m) = '{http://www.w3.org/2000/svg}') AS no_addresses
FROM page GROUP BY kind ORDER BY kind;
SELECT kind, xpath('//h2/text()', page)::text AS sections, cardinality(xpath('//*[local-name() = "svg" and @role = "img"]', page)) AS charts FROM page WHERE date_from = '2025-10-01' ORDER BY kind;
SELECT DISTINCT t.cell FROM page, unnest(xpath('//td/text()', page)::text[]) t (cell) WHERE t.cell ~ 'script|img' ORDER BY 1;

-- The figures. cells() reads the table below a heading; number() is what a cell says.
CREATE FUNCTION pg_temp.cells(page xml, heading text) RETURNS TABLE (place bigint, cell text[]) LANGUAGE sql AS $$
    SELECT r.place, ARRAY(SELECT replace(replace(replace((xpath('string(.)', c))[1]::text, '&lt;', '<'), '&gt;', '>'), '&amp;', '&') FROM unnest(xpath('/tr/td', r.row)) c)
    FROM unnest(xpath(format('//section[h2="%s"]//tbody/tr', heading), page)) WITH ORDINALITY r (row, place)
$$;
CREATE FUNCTION pg_temp.number(cell text) RETURNS numeric LANGUAGE sql AS $$ SELECT translate(NULLIF(cell, U&'\2013'), ',%', '')::numeric $$;
CREATE FUNCTION pg_temp.tiles(page xml) RETURNS numeric[] LANGUAGE sql AS $$ SELECT array_agg(pg_temp.number(t::text)) FROM unnest(xpath('//div[@class="tile"]/b/text()', page)) t $$;
-- Points of a line, by its title: what shows where one points at them.
CREATE FUNCTION pg_temp.points(page xml, title text) RETURNS TABLE (place bigint, label text, figure numeric) LANGUAGE sql AS $$
    SELECT p.place, split_part(p.text::text, ': ', 1), pg_temp.number(substring(split_part(p.text::text, ': ', 2) FROM '[-0-9.,]+'))
    FROM unnest(xpath(format('//*[local-name() = "svg" and *[local-name() = "title"] = "%s"]//*[local-name() = "circle" or local-name() = "rect"]/*[local-name() = "title"]/text()', title), page)) WITH ORDINALITY p (text, place)
$$;
SELECT p.date_from, pg_temp.tiles(page) = ARRAY[k.leads, k.n_contracts, round(k.revenue), round(k.spend), round(k.cpl, 2), round(k.roas, 2)] AS same, k.leads > 0 AND k.n_contracts > 0 AS some
FROM page p, analytics.kpi(p.date_from, p.date_to) k WHERE kind = 'overview' ORDER BY 1;
-- Compared with the month before, and with the 14 days before, as kpi_timeseries does.
SELECT p.date_from, xpath('string(//p[@class="note"])', page)::text AS compared, xpath('//div[@class="tile"]/small/span/text()', page)::text AS before,
       xpath('//div[@class="tile"]/small/i/@class', page)::text AS judged FROM page p WHERE kind = 'overview' ORDER BY 1;
SELECT leads_prev, n_contracts_prev, round(revenue_prev) AS revenue_prev, round(spend_prev) AS spend_prev, round(cpl_prev, 2) AS cpl_prev, round(roas_prev, 2) AS roas_prev, leads_change_pct, cpl_change_pct
FROM analytics.kpi_timeseries('2025-09-15', '2025-09-28', 'total', compare => 'previous_period');
SELECT p.date_from, t.title, count(*) AS points, bool_and(s.figure = t.figure AND s.label = t.label) AS same
FROM page p, LATERAL (
    SELECT m.title, to_char(k.period_start, 'FMDD Mon') AS label, row_number() OVER (PARTITION BY m.title ORDER BY k.period_start) AS place,
           CASE WHEN abs(m.figure) >= 1000 THEN round(m.figure) ELSE m.figure END AS figure
    FROM analytics.kpi_timeseries(p.date_from, p.date_to) k, LATERAL (VALUES ('Spend', round(k.spend, 2)), ('Contracts', k.n_contracts), ('Revenue', k.revenue)) m (title, figure)) t
LEFT JOIN LATERAL pg_temp.points(p.page, t.title) s USING (place)
WHERE kind = 'overview' GROUP BY 1, 2 ORDER BY 1, 2;
-- Tables, row by row. said() reads cells as texts (t) and numbers (n).
CREATE FUNCTION pg_temp.said(page xml, heading text, shape text) RETURNS jsonb LANGUAGE sql AS $$
    SELECT jsonb_agg((SELECT jsonb_agg(CASE substr(shape, i::int, 1) WHEN 'n' THEN to_jsonb(pg_temp.number(v)) ELSE to_jsonb(NULLIF(v, U&'\2013')) END ORDER BY i)
                      FROM unnest(c.cell) WITH ORDINALITY u (v, i)) ORDER BY c.place) FROM pg_temp.cells(page, heading) c
$$;
CREATE TEMP VIEW compared AS
SELECT p.kind, p.date_from, t.heading, pg_temp.said(p.page, t.heading, t.shape) AS said, t.truth
FROM page p, LATERAL (
    SELECT 'overview', 'Platforms', 'tnn', (SELECT jsonb_agg(jsonb_build_array(platform, leads, share_pct)) FROM analytics.share_platforms(p.date_from, p.date_to))
    UNION ALL
    SELECT 'overview', 'Campaigns', 'ttnnnnnn', (SELECT jsonb_agg(jsonb_build_array(campaign_name, platform, leads, n_contracts, round(revenue), round(spend), round(cpl, 2), round(roas, 2)))
        FROM analytics.campaigns(p.date_from, p.date_to, row_limit => 10, include_unassigned => false))
    UNION ALL
    SELECT 'overview', 'What is unusual', 'tttt', (SELECT jsonb_agg(jsonb_build_array(campaign_name, platform, severity, reason)) FROM analytics.anomalies(p.date_from, p.date_to, row_limit => 10))
    UNION ALL
    SELECT 'overview', 'Advice', 'tttnnt', (SELECT jsonb_agg(jsonb_build_array(campaign_name, platform, action, round(spend_cur), round(recommended_spend), reason)) FROM analytics.reco_budget(p.date_from, p.date_to))
    UNION ALL
    SELECT 'overview', 'Still to come', 'tnnnnnnnn', (SELECT jsonb_agg(jsonb_build_array(platform, leads, n_contracts, maturity_pct, contracts_expected, contracts_low, contracts_high, round(revenue_expected), round(roas_expected, 2)))
        FROM analytics.maturity(p.date_from, p.date_to, level => 'platform', row_limit => 10))
    UNION ALL
    SELECT 'attribution', 'What earned the contracts', 'tnnnnnnnn', (SELECT jsonb_agg(jsonb_build_array(key, round(spend), assisted, round((revenue ->> 'first')::numeric), round((revenue ->> 'linear')::numeric),
            round((revenue ->> 'last_paid')::numeric), round((roas ->> 'first')::numeric, 2), round((roas ->> 'linear')::numeric, 2), round((roas ->> 'last_paid')::numeric, 2)))
        FROM (SELECT * FROM analytics.attribution_compare(p.date_from, p.date_to) LIMIT 10) a)
    UNION ALL
    SELECT 'attribution', 'Paths to contracts', 'tnnnn', (SELECT jsonb_agg(jsonb_build_array(array_to_string(path, ' / '), touches, conversions, round(revenue), round(share_pct, 1)))
        FROM analytics.top_paths(p.date_from, p.date_to, transform => 'exposure', row_limit => 10))
    UNION ALL
    SELECT 'customers', 'Segments', 'tnnnnnn', (SELECT jsonb_agg(jsonb_build_array(segment, customers, round(share_pct, 1), orders, round(revenue), round(revenue_pct, 1), round(avg_order_value, 2))) FROM analytics.rfm_summary(p.date_to))
    UNION ALL
    SELECT 'content', 'Platforms', 'tnnnnnn', (SELECT jsonb_agg(jsonb_build_array(platform, posts, views, reach, engagement, round(engagement_rate, 2), round(growth_rate, 1)))
        FROM analytics.content_platforms(days => p.date_to - p.date_from + 1, as_of => p.date_to))
    UNION ALL
    SELECT 'content', 'Posts', 'tttnnnnn', (SELECT jsonb_agg(jsonb_build_array(title, platform, content_type, views, likes, shares, comments, round(engagement_rate, 2)))
        FROM analytics.content_performance(row_limit => 10, days => p.date_to - p.date_from + 1, as_of => p.date_to))
    UNION ALL
    SELECT 'content', 'What works', 'tt', (SELECT jsonb_agg(jsonb_build_array(replace(kind, '_', ' '), text)) FROM analytics.content_insights(as_of => p.date_to))
) t (kind, heading, shape, truth)
WHERE t.kind = p.kind;
SELECT kind, heading, date_from, jsonb_array_length(truth) AS rows, said IS NOT DISTINCT FROM truth AS same FROM compared ORDER BY 1, 2, 3;
SELECT kind, date_from, pg_temp.tiles(page) = truth AS same FROM page p, LATERAL (
    SELECT 'customers', ARRAY[total_customer, orders, round(revenue), round(spending_per_customer, 2), round(retention_rate, 1), round(days_to_first_return, 1)] FROM analytics.customer_kpi(p.date_from, p.date_to)
) t (of_kind, truth) WHERE kind = of_kind ORDER BY 1, 2;
SELECT p.date_from, (xpath('//div[@class="tile"]/b/text()', page))[1:6]::text[] AS said, total_posts, total_views, total_reach, total_engagement, round(avg_engagement_rate, 2) AS rate, top_platform
FROM page p, analytics.content_overview(days => p.date_to - p.date_from + 1, as_of => p.date_to) WHERE kind = 'content' ORDER BY 1;
-- Pictures: the grid of scores and the cohorts, cell by cell.
SELECT p.date_from, count(*) AS cells, bool_and(s.label = format('recency %s, frequency %s', h.r, h.f) AND s.figure = h.customers) AS same
FROM page p, LATERAL (SELECT row_number() OVER (ORDER BY r DESC, f) AS place, * FROM analytics.rfm_heatmap(p.date_to)) h LEFT JOIN LATERAL pg_temp.points(p.page, 'Customers by scores') s USING (place)
WHERE p.kind = 'customers' GROUP BY 1 ORDER BY 1;
SELECT p.date_from, count(*) AS cells, bool_and(s.label = format('%s (%s), %s', to_char(c.cohort, 'Mon YYYY'), c.size, c.k) AND abs(s.figure - 100 * c.retention) <= 0.005) AS same
FROM page p, LATERAL (SELECT row_number() OVER (ORDER BY cohort, k) AS place, * FROM analytics.cohorts('month', date_from => '2024-11-01', until => p.date_to)) c
LEFT JOIN LATERAL pg_temp.points(p.page, 'Who comes back, by month of the first purchase') s USING (place)
WHERE p.kind = 'customers' AND p.date_from = '2025-10-01' GROUP BY 1;
SELECT t.title, sum(s.figure) AS drawn, (SELECT sum(conversions) FROM analytics.path_lengths('2025-10-01', '2025-10-30')) AS truth
FROM page p, (VALUES ('Contracts by number of touches'), ('Contracts by days since the first touch')) t (title), LATERAL pg_temp.points(p.page, t.title) s WHERE p.kind = 'attribution' AND p.date_from = '2025-10-01' GROUP BY 1;
-- The flows are the steps that journey_steps() has, and all contracts arrive.
SELECT cardinality(f.drawn) AS flows, f.drawn = t.truth AS same, t.arrived, (SELECT sum(conversions) FROM analytics.path_lengths('2025-10-01', '2025-10-30')) AS contracts
FROM page p, LATERAL (
    SELECT array_agg(u.flow::text ORDER BY u.flow::text COLLATE "C") AS drawn
    FROM unnest(xpath('//*[local-name() = "svg" and *[local-name() = "title"] = "From touch to touch"]//*[local-name() = "path"]/*[local-name() = "title"]/text()', p.page)) u (flow)) f,
LATERAL (
    SELECT array_agg(w.flow ORDER BY w.flow COLLATE "C") AS truth, sum(j.conversions) FILTER (WHERE j.next_key = '(conversion)') AS arrived
    FROM analytics.journey_steps(p.date_from, p.date_to, steps => 3) j, LATERAL (SELECT format(U&'%s \2192 %s: %s contracts', j.key, replace(j.next_key, '(conversion)', 'contract'), j.conversions)) w (flow)
    WHERE j.conversions > 0 AND j.step > 0) t
WHERE p.kind = 'attribution' AND p.date_from = '2025-10-01';

-- A title of one's own, tables of another length, a business alone.
SELECT xpath('string(//h1)', page)::text AS title, xpath('string(//header/p)', page)::text AS period, (SELECT count(*) FROM pg_temp.cells(page, 'Campaigns')) AS campaigns
FROM (SELECT xmlparse(DOCUMENT analytics.report('overview', '2025-10-01', '2025-10-30', 1, 2, 'Sales & <more>'))) p (page);
SELECT analytics.report('overview', '2025-10-01', '2025-10-30') = analytics.report('overview', '2025-10-01', '2025-10-30', row_limit => NULL, title => NULL) AS defaults;
-- A business that there is not.
SELECT xpath('string(//p[@class="empty"])', xmlparse(DOCUMENT analytics.report('overview', '2025-10-01', '2025-10-30', 77)))::text;
SELECT analytics.report('content', '2025-10-01', '2025-10-30', 77);
-- Long periods are drawn by weeks and months.
SELECT xpath('string(//*[local-name() = "desc"])', xmlparse(DOCUMENT analytics.report('overview', date_from, '2025-10-30')))::text AS leads FROM (VALUES (date '2025-09-01'), ('2025-01-01'), ('2020-01-01')) v (date_from);
-- What is dear is asked once for the whole period and once for its course.
BEGIN;
SET LOCAL track_functions = 'all';
SELECT length(analytics.report('overview', '2025-10-01', '2025-10-30')) > 10000 AS made;
SELECT funcname, calls FROM pg_stat_xact_user_functions WHERE schemaname = 'analytics' AND funcname IN ('calendar_periods', 'anomalies', 'reco_budget', 'maturity') ORDER BY 1;
COMMIT;

-- Bad input.
SELECT analytics.report('sales', '2025-10-01', '2025-10-30');
SELECT analytics.report(NULL, '2025-10-01', '2025-10-30');
SELECT analytics.report('overview', '2025-10-30', '2025-10-01');
SELECT analytics.report('overview', NULL, '2025-10-01');
SELECT analytics.report('content', '-infinity', 'infinity');
SELECT analytics.report('overview', '2025-10-01', 'infinity');
SELECT analytics.report('overview', '4713-01-01 BC', '5874897-12-31');
SELECT analytics.report('content', '2024-10-01', '2025-10-30');
SELECT analytics.report('overview', '2025-10-01', '2025-10-30', row_limit => 0);
SELECT analytics.report('overview', '2025-10-01', '2025-10-30', row_limit => 101);
-- Money of two currencies is not added up; each business has its own page.
CREATE TABLE raw.spend AS SELECT date '2025-10-10' AS date, 'google' AS platform, 'x' AS campaign_id, 5 AS spend, 100 AS impressions, 1 AS clicks;
SELECT currency FROM analytics.configure(business_id => 2, currency => 'EUR');
SELECT count(analytics.register_source('ad_performance', 'raw.spend', business_id => 2));
CALL analytics.refresh();
SELECT analytics.report('overview', '2025-10-01', '2025-10-30');
SELECT b, pg_temp.tiles(page) AS tiles, xpath('string(//p[@class="note"])', page)::text AS note FROM (VALUES (1), (2)) v (b), LATERAL (SELECT xmlparse(DOCUMENT analytics.report('overview', '2025-10-01', '2025-10-30', b))) p (page);
