-- A warehouse of an older layout is brought to this one, whatever the difference is.
\i test/fixture/reset.sql
SET check_function_bodies = off; -- the warehouse is not there yet

-- All that the catalogs say about the tables, one line each; and the numbers that the warehouse derives, without surrogate keys.
CREATE FUNCTION pg_temp.layout() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT format('column %s.%s is %s: %s %s %s', table_name, column_name, row_number() OVER (PARTITION BY table_name ORDER BY a.attnum), type, not_null, concat_ws(',', default_value, identity, comment))
    FROM analytics_internal.layout_columns('warehouse') JOIN pg_attribute a ON a.attrelid = ('warehouse.' || table_name)::regclass AND a.attname = column_name
    UNION ALL SELECT format('%s %s of %s: %s', kind, name, table_name, definition) FROM analytics_internal.layout_objects('warehouse')
    UNION ALL SELECT format('view %s: %s', name, analytics_internal.layout_view('warehouse', name)) FROM analytics_internal.layout_tables() WHERE is_view
    UNION ALL SELECT format('options of %s: %s', relname, reloptions) FROM pg_class WHERE relnamespace = 'warehouse'::regnamespace AND relkind IN ('r', 'v')
    UNION ALL SELECT format('comment of %s: %s', d.objoid::regclass, d.description) FROM pg_description d JOIN pg_class c ON c.oid = d.objoid
              WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'v' AND d.classoid = 'pg_class'::regclass
$$;
CREATE FUNCTION pg_temp.contents() RETURNS SETOF text LANGUAGE sql AS $$
    SELECT 'event ' || d.client_id || (to_jsonb(e) - '{client_key,campaign_key}'::text[])::text FROM warehouse.fact_events e JOIN warehouse.dim_clients d USING (client_key)
    UNION ALL SELECT 'lead ' || d.client_id || (to_jsonb(l) - '{client_key,campaign_key}'::text[])::text FROM warehouse.fact_leads l JOIN warehouse.dim_clients d USING (client_key)
    UNION ALL SELECT 'results ' || (to_jsonb(r) - '{campaign_key}'::text[])::text FROM warehouse.campaign_roi_daily r
    UNION ALL SELECT 'touches ' || (to_jsonb(e) - 'clients')::text FROM warehouse.event_daily e
    UNION ALL SELECT 'refused ' || (to_jsonb(r) - '{run_id,rejected_at}'::text[])::text FROM warehouse.rejected_rows r
    UNION ALL SELECT 'product ' || to_jsonb(p)::text FROM warehouse.product_performance p
$$;
SELECT analytics.install();
CREATE TEMP TABLE wanted AS SELECT layout FROM pg_temp.layout() layout;
SELECT count(*) > 300 AS layout_is_compared FROM wanted;
SELECT analytics.upgrade_warehouse();
RESET check_function_bodies;

-- The first layout there was, as pg_dump wrote it.
DROP SCHEMA warehouse CASCADE;
\set ECHO none
\o /dev/null
\i test/fixture/company.sql
\i test/fixture/layout_1.sql
\o
\set ECHO all
RESET client_min_messages;
\set VERBOSITY default
CALL analytics.refresh();
SELECT * FROM analytics.settings();
SELECT analytics.configure(currency => 'EUR');
SELECT * FROM analytics.check_data_quality();
SELECT analytics.register_source('clients', 'raw.clients', business_id => 3);
SELECT analytics.grant_access(CURRENT_USER::regrole);
SELECT analytics.install();
\set VERBOSITY terse
-- Someone reads it, and someone has tables and columns of his own.
SET client_min_messages = warning;
DROP ROLE IF EXISTS upgrade_reader;
DROP ROLE IF EXISTS upgrade_writer;
RESET client_min_messages;
CREATE ROLE upgrade_reader;
CREATE ROLE upgrade_writer;
GRANT SELECT ON warehouse.settings TO upgrade_reader;
GRANT SELECT, INSERT, UPDATE, DELETE ON warehouse.settings TO upgrade_writer;
CREATE TABLE warehouse.mine (note text);
ALTER TABLE warehouse.dim_clients ADD COLUMN my_note text;
CREATE INDEX my_index ON warehouse.fact_events (utm_source);
UPDATE warehouse.dim_clients SET my_note = 'kept' WHERE client_id = 'c1';
SELECT analytics.upgrade_warehouse();
SELECT analytics.upgrade_warehouse();
SELECT 'missing: ' || layout FROM (SELECT layout FROM wanted EXCEPT SELECT pg_temp.layout()) d
UNION ALL SELECT 'left: ' || layout FROM (SELECT pg_temp.layout() AS layout EXCEPT SELECT layout FROM wanted) d WHERE layout !~ '(my_note|my_index|options of mine)' ORDER BY 1;
-- Settings, log, requests and findings are those of before; nothing of the user's is gone.
SELECT currency, reporting_timezone, lookback, quality_every FROM analytics.settings();
SELECT run_id, mode, status FROM warehouse.refresh_run ORDER BY run_id;
SELECT count(*) FROM warehouse.refresh_request WHERE taken_at IS NULL;
SELECT check_name, subject, status, is_latest FROM warehouse.quality_result ORDER BY 1, 2;
SELECT my_note FROM warehouse.dim_clients WHERE client_id = 'c1';
SELECT has_table_privilege('upgrade_reader', 'warehouse.quality_history', 'SELECT') AS reads, has_table_privilege('upgrade_reader', 'warehouse.dim_clients', 'SELECT') AS names, has_table_privilege('upgrade_reader', 'warehouse.quality_history', 'INSERT') AS writes,
       has_table_privilege('upgrade_writer', 'warehouse.quality_history', 'INSERT') AS writer_writes, has_table_privilege('upgrade_writer', 'warehouse.quality_result', 'SELECT') AS writer_reads,
       has_table_privilege('upgrade_writer', 'warehouse.channel_rule', 'INSERT') AS writer_rules, has_table_privilege('upgrade_writer', 'warehouse.business_access', 'INSERT') AS writer_grants;
-- The figures stand before the next refresh; what it makes is what a new warehouse holds.
SELECT count(*) FROM warehouse.fact_events;
-- A refresh is still to come; what readers add up together agrees before it, too.
SELECT split_part(span, '/', 2) AS days, count(*) > 5 AS several, (sum(leads), sum(revenue), sum(spend)) = (SELECT sum(leads), sum(revenue), sum(spend) FROM warehouse.campaign_roi_daily) AS equal
FROM warehouse.campaign_roi_span GROUP BY 1 ORDER BY length(split_part(span, '/', 2)), 1;
SET client_min_messages = warning;
CALL analytics.refresh();
SELECT my_note FROM warehouse.dim_clients WHERE client_id = 'c1';
CREATE TEMP TABLE upgraded AS SELECT line FROM pg_temp.contents() line;
DROP SCHEMA warehouse CASCADE;
SELECT analytics.install();
SELECT analytics.configure(currency => 'UAH', reporting_timezone => 'Europe/Kyiv', lookback => '30 days');
SELECT analytics.register_source(s, ('raw.' || s)::regclass) FROM unnest('{clients,products,branches,events,contracts,transactions}'::text[]) s;
SELECT analytics.register_source('ad_performance', 'raw.ads');
CALL analytics.refresh();
SELECT count(*) > 20 AS something_is_compared FROM upgraded;
SELECT line FROM (SELECT line FROM upgraded EXCEPT SELECT pg_temp.contents()) d UNION ALL SELECT line FROM (SELECT pg_temp.contents() AS line EXCEPT SELECT line FROM upgraded) d;

-- Damage of every kind is made good: nothing depends on which layout it was.
RESET client_min_messages;
DROP VIEW warehouse.product_performance;
CREATE OR REPLACE VIEW warehouse.quality_result AS SELECT q.business_id, q.check_name, q.subject, q.status, q.failed_rows, q.observed, q.expected, q.message, q.sample, q.checked_at, q.run_id, false AS is_latest, q.since
    FROM warehouse.quality_history q;
DROP TABLE warehouse.fact_content_metrics, warehouse.campaign_roi_span;
DROP INDEX warehouse.fact_leads_day;
DROP INDEX warehouse.fact_events_day;
CREATE INDEX fact_events_day ON warehouse.fact_events (event_date);
ALTER TABLE warehouse.pending_day DROP CONSTRAINT pending_day_rollup_check, ADD CONSTRAINT pending_day_rollup_check CHECK (rollup IN ('events', 'results', 'older'));
ALTER TABLE warehouse.settings DROP COLUMN profit_margin, ALTER COLUMN lookback SET DEFAULT '1 day', ALTER COLUMN half_life DROP NOT NULL;
ALTER TABLE warehouse.refresh_run ADD COLUMN obsolete int NOT NULL DEFAULT 5;
ALTER TABLE warehouse.refresh_run ALTER COLUMN obsolete DROP DEFAULT;
ALTER TABLE warehouse.refresh_step ALTER COLUMN rows_read TYPE int;
COMMENT ON TABLE warehouse.dim_products IS 'Products';
COMMENT ON COLUMN warehouse.lead_daily.leads IS 'Leads';
SELECT analytics.upgrade_warehouse();
ALTER TABLE warehouse.refresh_run DROP COLUMN obsolete;
SELECT 'missing: ' || layout FROM (SELECT layout FROM wanted EXCEPT SELECT pg_temp.layout()) d UNION ALL SELECT 'left: ' || layout FROM (SELECT pg_temp.layout() EXCEPT SELECT layout FROM wanted) d (layout) ORDER BY 1;
SELECT count(*) FROM warehouse.fact_events;
-- Where the rows of a fact cannot stay, the facts are filled again; settings and logs are not touched.
SET client_min_messages = warning;
ALTER TABLE warehouse.lead_daily DROP COLUMN revenue CASCADE;
RESET client_min_messages;
SELECT analytics.upgrade_warehouse();
SELECT (SELECT count(*) FROM warehouse.fact_events) AS events, (SELECT count(*) FROM warehouse.lead_daily) AS lead_days;
ALTER TABLE warehouse.dim_clients ALTER COLUMN client_bucket TYPE int;
SELECT analytics.upgrade_warehouse();
SELECT 'missing: ' || layout FROM (SELECT layout FROM wanted EXCEPT SELECT pg_temp.layout()) d UNION ALL SELECT 'left: ' || layout FROM (SELECT pg_temp.layout() EXCEPT SELECT layout FROM wanted) d (layout) ORDER BY 1;
SELECT (SELECT count(*) FROM warehouse.fact_events) AS events, (SELECT count(*) > 0 FROM warehouse.refresh_step) AS log, (SELECT currency FROM analytics.settings());
SET client_min_messages = warning;
CALL analytics.refresh();
SELECT line FROM (SELECT line FROM upgraded EXCEPT SELECT pg_temp.contents()) d UNION ALL SELECT line FROM (SELECT pg_temp.contents() AS line EXCEPT SELECT line FROM upgraded) d;
SELECT analytics.upgrade_warehouse();

-- The second layout there was, with row security and two businesses. Its sources, access and rules were kept by scripts/keep_configuration.sql.
DROP SCHEMA warehouse CASCADE;
CREATE ROLE upgrade_pool;
\set ECHO none
\o /dev/null
\i test/fixture/layout_2.sql
\o
\set ECHO all
RESET client_min_messages;
SELECT count(*) AS policies FROM pg_policies WHERE schemaname = 'warehouse';
SELECT analytics.upgrade_warehouse();
SELECT analytics.upgrade_warehouse();
SELECT 'missing: ' || layout FROM (SELECT layout FROM wanted EXCEPT SELECT pg_temp.layout()) d UNION ALL SELECT 'left: ' || layout FROM (SELECT pg_temp.layout() EXCEPT SELECT layout FROM wanted) d (layout) ORDER BY 1;
SELECT source_id, business_id, entity, relation, relation_kind, relation_owner = CURRENT_USER AS is_own FROM analytics.source ORDER BY source_id;
SELECT * FROM analytics.business_access ORDER BY role;
SELECT platform, family, ad_network FROM analytics.platform WHERE NOT builtin;
SELECT priority, source, platform, channel, is_paid, description FROM analytics.channel_rule WHERE NOT builtin;
SELECT (SELECT count(*) FROM analytics.source_category WHERE NOT builtin) AS categories, (SELECT count(*) FROM analytics.source_host WHERE NOT builtin) AS hosts,
       (SELECT count(*) FROM analytics.source_alias WHERE NOT builtin) AS aliases, (SELECT count(*) FROM analytics.click_id WHERE NOT builtin) AS click_ids,
       (SELECT count(*) FROM analytics.channel_group_rule WHERE NOT builtin) AS group_rules, (SELECT count(*) FROM analytics.source_preset WHERE NOT builtin) AS presets,
       (SELECT count(*) FROM analytics.rfm_segment_rule WHERE NOT builtin) AS segment_rules;
-- The policies are there again: a reader sees its business, and its own access.
SET ROLE upgrade_reader;
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
SELECT array_agg(DISTINCT business_id) FROM analytics.source;
SELECT * FROM analytics.business_access;
RESET ROLE;
SET client_min_messages = warning;
CREATE TEMP TABLE before_refresh AS SELECT line FROM pg_temp.contents() line;
SELECT count(*) > 25 AS something_is_compared FROM before_refresh;
-- That version's rule of what is paid.
SELECT count(analytics.configure(paid_rule => 'campaign_networks', business_id => s.business_id)) FROM warehouse.settings s;
CALL analytics.refresh();
SELECT name, source_id, inserted, updated, deleted FROM warehouse.refresh_step s WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND inserted + updated + deleted > 0 ORDER BY step;
-- The same, but for a visit that says nothing of where it came from: it was unknown, and is direct.
SELECT line FROM (SELECT line FROM before_refresh EXCEPT SELECT pg_temp.contents()) d UNION ALL SELECT line FROM (SELECT pg_temp.contents() AS line EXCEPT SELECT line FROM before_refresh) d;
-- A number that was given is not given again: source 9 was dropped before.
SELECT analytics.register_source('clients', 'raw.clients', business_id => 2);
DROP OWNED BY upgrade_reader, upgrade_writer, upgrade_pool;
DROP ROLE upgrade_reader, upgrade_writer, upgrade_pool;
