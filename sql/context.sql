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
CREATE FUNCTION raw.leads(platform text) RETURNS bigint LANGUAGE plpgsql AS $$ DECLARE l bigint; BEGIN SELECT leads INTO l FROM analytics.campaign_funnel(platform, '2025-01-01', '2025-01-31'); RETURN l; END $$;
SELECT raw.leads('nowhere');
-- What goes wrong in a user's function that a mapping calls is the user's.
CREATE FUNCTION raw.clean(name text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'no name: %', name USING ERRCODE = 'invalid_parameter_value'; END $$;
SELECT raw.clean('x');
DROP SCHEMA raw, warehouse CASCADE;
-- Each argument of each answer in turn is bad, in every way of its type: no error tells of our queries. (metric_anomalies() takes SQL of the user's, whose mistakes are told within it.)
\set ECHO none
\o /dev/null
\i test/fixture/calls.sql
\getenv abs_builddir PG_ABS_BUILDDIR
\i test/fixture/questions.sql
\o /dev/null
CREATE TABLE calls.bad (type text, value text);
INSERT INTO calls.bad VALUES ('text', 'nobody here'), ('text[]', '{nobody here}'), ('text[]', '{{a,b},{c,d}}'), ('double precision', 'NaN'), ('double precision', '-1'), ('integer', '-1'), ('bigint', '-1'), ('numeric', 'NaN'), ('numeric', '1e130000'),
    ('date', 'infinity'), ('date', '-infinity'), ('interval', '-1 day'), ('interval', '178000000 years'), ('jsonb', '[]'), ('jsonb', '{"a": "b"}'), ('double precision[]', '{NaN}'), ('integer[]', '{-1}'), ('numeric[]', '{NaN}'), ('timestamp with time zone', 'infinity');
\set statements :abs_builddir '/results/context_statements.sql'
\o :statements
\t on
\pset format unaligned
SELECT 'SET statement_timeout = ''60s'';';
SELECT format('SELECT count(*) FROM analytics.%I(%s) r;', p.proname, a.list)
FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
CROSS JOIN unnest(p.proargtypes::oid[]) WITH ORDINALITY h (type, place)
JOIN calls.bad b ON b.type = format_type(h.type, NULL)
CROSS JOIN LATERAL (
    SELECT bool_and(v.value IS NOT NULL) AS complete, string_agg(format('%I => %s', v.name, v.value), ', ' ORDER BY v.place) AS list
    FROM unnest(p.proargtypes::oid[]) WITH ORDINALITY t (type, place)
    CROSS JOIN LATERAL (SELECT p.proargnames[t.place] AS name, t.place,
        CASE WHEN t.place = h.place THEN quote_literal(b.value) ELSE questions.value_for(p.proargnames[t.place], format_type(t.type, NULL), 'open', 1) END AS value) v
    WHERE t.place <= p.pronargs - p.pronargdefaults OR t.place = h.place) a
WHERE p.pronamespace = 'analytics'::regnamespace AND p.prokind = 'f' AND l.lanname <> 'c' AND p.provolatile <> 'v' AND p.proname <> 'metric_anomalies' AND a.complete
ORDER BY 1;
\o
\t off
\pset format aligned
\setenv STATEMENTS :statements
\setenv PGDATABASE :DBNAME
\set ECHO all
\! psql -X -q -v SHOW_CONTEXT=always -f "$STATEMENTS" >"$STATEMENTS.out" 2>&1; test "$(grep -c 'ERROR: ' "$STATEMENTS.out")" -gt 400 && echo 'many errors'; grep -A 1 '^CONTEXT: ' "$STATEMENTS.out" | sort | uniq -c | head -n 20
DROP SCHEMA raw, demo, calls, questions, warehouse CASCADE;
