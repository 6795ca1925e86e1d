-- What there is to ask for: days with data, figures, platforms by their names for people.
\i test/fixture/shop.sql
SET DateStyle = 'ISO, YMD';
SELECT kind, first_day, last_day, business FROM analytics.date_bounds();
-- Against the facts themselves.
SELECT d.kind, d.first_day = f.first_day AND d.last_day = f.last_day AS right
FROM analytics.date_bounds(1) d
JOIN (SELECT 'touches' AS kind, min(event_date) AS first_day, max(event_date) AS last_day FROM warehouse.fact_events
      UNION ALL SELECT 'leads', min(created_date), max(created_date) FROM warehouse.fact_leads
      UNION ALL SELECT 'contracts', min(signed_date), max(signed_date) FROM warehouse.fact_contracts
      UNION ALL SELECT 'ads', min(date), max(date) FROM warehouse.fact_campaign_performance_daily WHERE spend <> 0 OR impressions > 0 OR clicks > 0
      UNION ALL SELECT 'purchases', min(day), max(day) FROM warehouse.purchase) f USING (kind)
ORDER BY d.kind;
-- What there is nothing of has no days; a business that is not there has no rows.
SELECT kind, first_day, last_day FROM analytics.date_bounds() WHERE kind IN ('posts', 'content_metrics');
SELECT count(*) FROM analytics.date_bounds(77);

-- Every place that the catalogue names is a column of a function, with the figure's name for people, once each.
SELECT c.metric, f.place
FROM analytics.metric_catalogue() c, unnest(c.found_in) f (place)
WHERE NOT EXISTS (
    SELECT FROM pg_proc p, unnest(p.proargnames, p.proargmodes) a (name, mode)
    WHERE p.pronamespace = 'analytics'::regnamespace AND p.proname = split_part(f.place, '.', 1) AND a.mode IN ('t', 'o') AND a.name = split_part(f.place, '.', 2));
SELECT count(*) AS metrics, count(DISTINCT metric) = count(*) AND count(DISTINCT label) = count(*) AS once, bool_and(COALESCE(better, 'up') IN ('up', 'down')) AS ways,
       bool_and(cardinality(found_in) > 0) AS found, array_agg(DISTINCT unit ORDER BY unit) AS units
FROM analytics.metric_catalogue();
-- Formulas are those by which the functions count: from sums of the other columns of the same row.
CREATE FUNCTION pg_temp.formula_of(wanted text) RETURNS text LANGUAGE sql AS $$ SELECT replace(formula, 'contracts', 'n_contracts') FROM analytics.metric_catalogue() WHERE metric = wanted $$;
SELECT format('SELECT %L AS metric, count(*) AS compared, count(*) FILTER (WHERE %I IS DISTINCT FROM round((%s)::numeric, 4)) AS wrong FROM (SELECT * FROM analytics.%s(%L, %L)) t WHERE %s IS NOT NULL',
              m.metric, m.metric, regexp_replace(pg_temp.formula_of(m.metric), '/ (\w+)', '/ NULLIF(\1, 0)::numeric'), m.reader, '2025-01-01', '2025-05-31', m.metric)
FROM (VALUES ('cpl', 'kpi'), ('roas', 'kpi'), ('cpc', 'metrics_trend'), ('cpm', 'metrics_trend')) m (metric, reader) \gexec

-- Names for people: of the list, made of the name, or your own; a host is its own name.
SELECT n AS platform, analytics.platform_label(n) AS label
FROM unnest('{youtube,facebook,paid_search,meta,duckduckgo,twitter,news.example.com,"",unheard_of}'::text[]) n;
SELECT analytics.platform_label(NULL) IS NULL AS none;
INSERT INTO warehouse.platform (platform, label) VALUES ('podcast_x', 'Podcast X'), ('facebook', 'Facebook Ads');
SELECT analytics.platform_label('podcast_x'), analytics.platform_label('facebook'), label FROM analytics.effective_platform WHERE platform = 'facebook';
DELETE FROM warehouse.platform;
SELECT platform, label, family, family_label, ad_network, leads, spend, first_day, last_day, currency FROM analytics.platform_list();
SELECT count(*) AS compared, count(*) FILTER (WHERE (p.leads, p.spend) IS DISTINCT FROM (f.leads, f.spend)) AS wrong
FROM analytics.platform_list() p
FULL JOIN (SELECT d.platform, (SELECT count(*) FROM warehouse.fact_leads l WHERE COALESCE(l.platform, 'unknown') = d.platform) AS leads,
                  (SELECT COALESCE(sum(a.spend), 0)::numeric(18,4) FROM warehouse.fact_campaign_performance_daily a WHERE a.platform = d.platform) AS spend
           FROM warehouse.dim_platforms d) f USING (platform);
