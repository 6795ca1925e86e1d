-- Scans of facts by every endpoint on the data of setup.sql; the functions are those of test/fixture/scans.sql.
CREATE TEMP TABLE scan AS
SELECT b.business, e.name, e.arguments, q.place, pg_temp.scans_of_facts(e, q.first, q.first + q.days - 1, p.platform, 'business_id => ' || b.business) AS scans
FROM (VALUES (1, date '2025-08-15', 78), (2, '2022-11-01', 1095)) b (business, first, days), LATERAL (VALUES (1, b.first + b.days - 30, 7), (2, b.first + b.days - 31, 31), (3, b.first, b.days)) q (place, first, days),
     (VALUES ('google'), (NULL)) p (platform), dashboard_endpoint e;
SELECT 'business ' || business, name, max(scans) FILTER (WHERE place = 1), max(scans) FILTER (WHERE place = 2), max(scans) FILTER (WHERE place = 3) FROM scan GROUP BY business, name HAVING max(scans) > 0 ORDER BY 1, 2;
SELECT 'none: ' || count(*) || ' endpoints of business ' || business || ': ' || string_agg(name, ', ' ORDER BY name) FROM (SELECT business, name FROM scan GROUP BY business, name HAVING max(scans) = 0) n GROUP BY business ORDER BY business;
-- Single touches and contracts are found by index, all else is in rollups; but how many clients came how far is asked of all leads and contracts.
SELECT 'unexpected: ' || name || ' of business ' || business FROM scan WHERE scans > 0 AND name <> 'funnel_stages' ORDER BY 1;
