-- An error about a question says what is wrong with it, and nothing of the queries by which that was found; a user's own functions stay in its context.
\i test/fixture/reset.sql
\set VERBOSITY default
\set SHOW_CONTEXT always
SET DateStyle = 'ISO, YMD';
SELECT analytics.install();
SELECT leads FROM analytics.kpi('2025-01-02', '2025-01-01');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', models => '{nobody}');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', dimension => 'colour');
SELECT * FROM analytics.kpi_timeseries('2025-01-01', '2025-01-31', 'hour');
SELECT * FROM analytics.campaigns('2025-01-01', '2025-01-31', row_limit => 0);
SELECT * FROM analytics.campaigns('2025-01-01', '2025-01-31', '{nowhere}');
SELECT * FROM analytics.anomalies('2025-01-01', '2025-01-31', baseline_days => 1);
SELECT analytics.customer_dashboard(start_date => '2025-01-02', end_date => '2025-01-01');
SELECT * FROM analytics.content_performance(row_limit => 500);
SELECT * FROM analytics.reco_budget('2025-01-01', '2025-01-31', target_roas => -1);
SELECT * FROM analytics.events_funnel('2025-01-01', '2025-01-31', 'nowhere');
SELECT analytics.configure(currency => 'money');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', windows => '{nowhere}');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', conversion_types => '{{lead},{contract}}');
SELECT * FROM analytics.content_compare('{{a,b},{c,d}}', '{{e,f},{g,h}}');
CREATE SCHEMA raw;
CREATE FUNCTION raw.leads(platform text) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RETURN (SELECT leads FROM analytics.campaign_funnel(platform, '2025-01-01', '2025-01-31')); END $$;
SELECT raw.leads('nowhere');
-- What goes wrong in a user's function that a mapping calls is the user's.
CREATE FUNCTION raw.clean(name text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no name: %', name USING ERRCODE = 'invalid_parameter_value'; END $$;
SELECT raw.clean('x');
DROP SCHEMA raw, warehouse CASCADE;
