-- Reports that are kept: which days a period stands for, what is kept and for how long, and who sees it. test/tap/reports.pl hears of them.
\i test/fixture/reset.sql
\set VERBOSITY default
SET DateStyle = 'ISO, YMD';
-- Days that are over, as of a Wednesday, of the first day of a year, and of the day after a leap day.
SELECT today, p, r.* FROM unnest('{2025-10-15,2025-01-01,2024-03-01}'::date[]) today,
    unnest('{yesterday,last_7_days,last_28_days,last_week,last_month,last_quarter,last_year,month_to_date,year_to_date}'::text[]) p, LATERAL analytics.period(p, today) r ORDER BY today, r.date_from, p;
-- Weeks are Monday to Sunday, and the days before today end all others that are no calendar period.
SELECT bool_and(extract(isodow FROM w.date_from) = 1 AND w.date_to - w.date_from = 6 AND w.date_to < d AND w.date_to >= d - 7) AS weeks,
       bool_and(m.date_to + 1 = date_trunc('month', d) AND extract(day FROM m.date_from) = 1 AND m.date_to - m.date_from BETWEEN 27 AND 30) AS months,
       bool_and(extract(month FROM q.date_from) IN (1, 4, 7, 10) AND q.date_to + 1 = date_trunc('quarter', d) AND q.date_to - q.date_from BETWEEN 89 AND 91) AS quarters,
       bool_and(t.date_to = d - 1 AND extract(day FROM t.date_from) = 1 AND t.date_from <= t.date_to AND t.date_to - t.date_from < 31) AS to_date
FROM (SELECT d::date AS d FROM generate_series(timestamp '2023-01-01', '2026-01-01', '1 day') d) d, LATERAL analytics.period('last_week', d) w, LATERAL analytics.period('last_month', d) m,
     LATERAL analytics.period('last_quarter', d) q, LATERAL analytics.period('month_to_date', d) t;

CREATE ROLE regress_shop;
CREATE ROLE regress_other;
CREATE ROLE regress_reader;
SELECT analytics.keep_report('overview');
SELECT analytics.install(row_security => true);
CREATE SCHEMA raw;
CREATE TABLE raw.events AS SELECT b AS business, b || '-' || i AS event_id, b || '-' || i AS client_id, timestamptz '2025-03-01 12:00+00' + i * interval '9 hours' AS occurred_at, 'newsletter' AS utm_source
    FROM generate_series(1, 2) b, generate_series(1, 40) i;
CREATE VIEW raw.events_1 AS SELECT * FROM raw.events WHERE business = 1;
CREATE VIEW raw.events_2 AS SELECT * FROM raw.events WHERE business = 2 AND event_id > '2-2';
SELECT count(analytics.register_source('events', ('raw.events_' || b)::regclass, business_id => b)) FROM generate_series(1, 2) b;
CALL analytics.refresh();
SELECT count(analytics.grant_access(r::regrole, l, ARRAY[b])) FROM (VALUES ('regress_shop', 'writer', 1), ('regress_other', 'writer', 2), ('regress_reader', 'reader', 1)) v (r, l, b);
-- What is kept is what report() says.
SELECT analytics.keep_report('overview', business_id => 1, date_from => '2025-03-01', date_to => '2025-03-31') IS NOT NULL AS kept;
SELECT analytics.keep_report('customers', 'yesterday', business_id => 2, row_limit => 5, title => 'Ours') IS NOT NULL AS kept;
SELECT analytics.keep_report('overview', date_from => '2025-03-01', date_to => '2025-03-31', title => 'All') IS NOT NULL AS kept;
SELECT business_id, kind, CASE WHEN business_id = 2 THEN date_from = date_to ELSE date_from = '2025-03-01' END AS right_days, created_by = SESSION_USER AS by, created_at > now() - interval '1 minute' AS at,
       html = analytics.report(kind, date_from, date_to, business_id, CASE WHEN business_id = 2 THEN 5 END, CASE business_id WHEN 1 THEN NULL WHEN 2 THEN 'Ours' ELSE 'All' END) AS same FROM warehouse.report ORDER BY report_id;
-- Each sees his own, makes his own, and no other's.
SET ROLE regress_shop;
SELECT business_id, kind, substring(html FROM '<b>([0-9]+)</b>') AS leads FROM warehouse.report;
SELECT analytics.keep_report('overview', business_id => 1, date_from => '2025-03-01', date_to => '2025-03-31') IS NOT NULL AS kept;
SELECT analytics.keep_report('overview', business_id => 2, date_from => '2025-03-01', date_to => '2025-03-31');
SELECT analytics.keep_report('overview', date_from => '2025-03-01', date_to => '2025-03-31');
DELETE FROM warehouse.report WHERE business_id = 2;
SELECT count(*) FROM warehouse.report;
SET ROLE regress_other;
SELECT business_id, kind FROM warehouse.report;
SET ROLE regress_reader;
SELECT business_id, kind FROM warehouse.report ORDER BY report_id;
SELECT analytics.keep_report('overview', business_id => 1, date_from => '2025-03-01', date_to => '2025-03-31');
RESET ROLE;
-- Those that are older than the retention go: of the kind and the business that is kept.
UPDATE warehouse.report SET created_at = created_at - interval '40 days';
SELECT analytics.keep_report('overview', 'last_week', 1, retention => '60 days') IS NOT NULL AS kept;
SELECT business_id, kind, count(*) FROM warehouse.report GROUP BY 1, 2 ORDER BY 1, 2;
SELECT analytics.keep_report('overview', 'last_week', 1, retention => '30 days') IS NOT NULL AS kept;
SELECT business_id, kind, count(*) FROM warehouse.report GROUP BY 1, 2 ORDER BY 1, 2;
UPDATE warehouse.report SET created_at = created_at - interval '100 years';
SELECT analytics.keep_report('overview', 'last_week', 1, retention => NULL) IS NOT NULL AS kept;
SELECT business_id, kind, count(*) FROM warehouse.report GROUP BY 1, 2 ORDER BY 1, 2;
-- A warehouse without the table gets it, and one with reports keeps them.
SELECT analytics.upgrade_warehouse();
DROP TABLE warehouse.report;
UPDATE warehouse.layout SET version = 'before';
SELECT analytics.upgrade_warehouse();
SELECT relrowsecurity, (SELECT count(*) FROM pg_policy p WHERE p.polrelid = c.oid) AS policies FROM pg_class c WHERE oid = 'warehouse.report'::regclass;
SELECT analytics.keep_report('content', 'last_28_days', 2) IS NOT NULL AS kept;
UPDATE warehouse.layout SET version = 'before';
SELECT analytics.upgrade_warehouse();
SELECT business_id, kind FROM warehouse.report;

-- Bad input.
SELECT analytics.keep_report('overview', 'next_month');
SELECT analytics.keep_report('overview', NULL);
SELECT analytics.keep_report('sales');
SELECT analytics.keep_report(NULL);
SELECT analytics.keep_report('overview', date_from => '2025-03-01');
SELECT analytics.keep_report('overview', date_from => '2025-03-31', date_to => '2025-03-01');
SELECT analytics.keep_report('overview', date_from => '-infinity', date_to => 'infinity');
SELECT analytics.keep_report('overview', retention => '-1 day');
DROP SCHEMA raw, warehouse CASCADE;
DROP ROLE regress_shop, regress_other, regress_reader;
