-- What a caller meets before, during and after install().
\i test/fixture/reset.sql
RESET client_min_messages;

-- Every reader and procedure says what is missing.
\set VERBOSITY sqlstate
SELECT * FROM analytics.kpi('2025-01-01', '2025-01-31');
SELECT * FROM analytics.trend_leads('2025-01-01', '2025-01-31');
SELECT * FROM analytics.trend_spend('2025-01-01', '2025-01-31');
SELECT * FROM analytics.campaigns('2025-01-01', '2025-01-31');
SELECT * FROM analytics.share_platforms('2025-01-01', '2025-01-31');
\set VERBOSITY default
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31');
SELECT * FROM analytics.settings();
SELECT * FROM analytics.configure(currency => 'UAH');
SELECT * FROM analytics.check_data_quality();
SELECT * FROM analytics.refresh_status();
SELECT analytics.grant_access('pg_read_all_data');
CALL analytics.refresh();
\set VERBOSITY sqlstate
SELECT * FROM analytics.kpi('2025-01-01', '2025-01-31');
CALL analytics.refresh();
\set VERBOSITY terse

-- Names that are taken are listed, and nothing is created.
CREATE SCHEMA warehouse;
CREATE TABLE warehouse.fact_events (mine int);
CREATE VIEW warehouse.settings AS SELECT 1;
\set VERBOSITY default
SELECT analytics.install();
\set VERBOSITY terse
SELECT count(*) FROM pg_class WHERE relnamespace = 'warehouse'::regnamespace AND relkind IN ('r', 'v');
DROP VIEW warehouse.settings;
DROP TABLE warehouse.fact_events;

-- A schema of that name without such tables is used.
CREATE TABLE warehouse.notes (text text);
SELECT analytics.install();
SELECT analytics.install();

-- No warehouse table depends on the extension: dropping it leaves them.
SELECT d.classid::regclass, d.objid, d.deptype FROM pg_depend d JOIN pg_extension x ON x.extname = 'pg_marketing'
WHERE d.refobjid = x.oid AND d.refclassid = 'pg_extension'::regclass AND d.deptype = 'e' AND d.classid = 'pg_class'::regclass
  AND d.objid IN (SELECT oid FROM pg_class WHERE relnamespace = 'warehouse'::regnamespace);
SELECT DISTINCT t.typnamespace::regnamespace AS type_schema FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid JOIN pg_type t ON t.oid = a.atttypid
WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND a.attnum > 0;

-- Every key begins with the tenant; facts about clients carry the bucket in it.
SELECT c.relname, (SELECT string_agg(a.attname, ', ' ORDER BY k.n) FROM unnest(i.indkey::int[]) WITH ORDINALITY k (attnum, n) JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.attnum) AS key
FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND c.relname <> 'notes' ORDER BY c.relname;

-- Each has a primary key that a subscriber knows its rows by, and is logged.
SELECT c.relname, c.relreplident, c.relpersistence FROM pg_class c LEFT JOIN pg_index i ON i.indrelid = c.oid AND i.indisprimary
WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'p') AND c.relname <> 'notes'
  AND (i.indexrelid IS NULL OR c.relreplident <> 'd' OR c.relpersistence <> 'p');

-- An empty warehouse answers.
SELECT * FROM analytics.kpi('2025-01-01', '2025-01-31');
SELECT * FROM analytics.trend_leads('2025-01-01', '2025-01-03');
SELECT * FROM analytics.campaigns('2025-01-01', '2025-01-31');
SELECT * FROM analytics.share_platforms('2025-01-01', '2025-01-31');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', '{first,linear}');
SELECT * FROM analytics.refresh_status();
\set VERBOSITY default
CALL analytics.refresh();
\set VERBOSITY terse

-- Settings.
SELECT * FROM analytics.settings();
SELECT * FROM analytics.configure(currency => 'UAH', reporting_timezone => 'Europe/Kyiv', fiscal_year_start_month => 4);
SELECT * FROM analytics.configure(revenue_basis => 'contract_date');
SELECT * FROM analytics.settings(7);
SELECT analytics.configure(currency => 'hryvnia');
SELECT analytics.configure(reporting_timezone => 'Kyiv');
SELECT analytics.configure(fiscal_year_start_month => 13);
SELECT analytics.configure(revenue_basis => 'whenever');
SELECT analytics.configure(lead_touches => 'whenever');
SELECT analytics.configure(lookback => '-1 day');
SELECT analytics.configure(business_id => NULL);
DROP TABLE warehouse.notes;
