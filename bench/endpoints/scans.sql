-- Scans of facts by every endpoint on the data of setup.sql; the functions are those of test/fixture/scans.sql.
CREATE TEMP TABLE scan AS
SELECT b.business, e.name, e.arguments, q.place, pg_temp.scans_of_facts(e, q.first, q.first + q.days - 1, p.platform, 'business_id => ' || b.business) AS scans
FROM (VALUES (1, date '2025-08-15', 78), (2, '2022-11-01', 1095)) b (business, first, days), LATERAL (VALUES (1, b.first + b.days - 30, 7), (2, b.first + b.days - 31, 31), (3, b.first, b.days)) q (place, first, days),
     (VALUES ('google'), (NULL)) p (platform), dashboard_endpoint e;
SELECT 'business ' || business, name, max(scans) FILTER (WHERE place = 1), max(scans) FILTER (WHERE place = 2), max(scans) FILTER (WHERE place = 3) FROM scan GROUP BY business, name HAVING max(scans) > 0 ORDER BY 1, 2;
SELECT 'none: ' || count(*) || ' endpoints of business ' || business || ': ' || string_agg(name, ', ' ORDER BY name) FROM (SELECT business, name FROM scan GROUP BY business, name HAVING max(scans) = 0) n GROUP BY business ORDER BY business;
-- Touches, clients and contracts are asked of the facts themselves: by index where the period is a small part of them. All others read rollups.
SELECT 'unexpected: ' || name || ' of business ' || business FROM scan
WHERE scans > 0 AND NOT (name = 'funnel_stages' OR place > 1 AND name IN ('events_funnel', 'contracts_multi_touch', 'contracts_enriched', 'platforms_touches', 'platforms_contracts', 'campaign_funnel')) ORDER BY 1;
