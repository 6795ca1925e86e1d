-- Each business by its own settings: two businesses with the same rows, one setting of each changed at a time, and every reader asked about both.
\i test/fixture/reset.sql
SELECT analytics.install();
-- In the evening of UTC, which is the next day elsewhere (the two time zones never have the same date); with touches after the lead, long before the contract and of no known platform.
CREATE SCHEMA raw;
CREATE TABLE raw.events AS SELECT n || '-' || k AS event_id, 'c' || n AS client_id, timestamptz '2025-01-20 20:00+00' + (n + k * 5) * interval '1 day' AS occurred_at, k = 2 AS is_lead,
    CASE WHEN k = 4 THEN 'direct' WHEN (n + k) % 3 = 0 THEN 'facebook' ELSE 'google' END AS utm_source, CASE WHEN k < 4 THEN 'cpc' END AS utm_medium, (1 + (n + k) % 3)::text AS utm_campaign
    FROM generate_series(1, 40) n, generate_series(1, 4) k;
CREATE TABLE raw.contracts AS SELECT 'k' || n AS contract_id, 'c' || n AS client_id, timestamptz '2025-02-26 21:00+00' + n * interval '1 day' AS signed_at, n * 10 AS amount FROM generate_series(1, 30) n;
CREATE TABLE raw.ads AS SELECT day::date AS date, p AS platform, c::text AS campaign_id, 'campaign ' || c AS campaign_name, 20 + c + EXTRACT(day FROM day)::int % 7 AS spend, 900 + c AS impressions, 40 + c AS clicks
    FROM generate_series(timestamp '2025-01-01', '2025-04-30', '1 day') day, generate_series(1, 3) c, unnest('{facebook,google}'::text[]) p;
CREATE TABLE raw.content AS SELECT 'p' || n AS content_id, 'facebook' AS platform, 'video' AS content_type, timestamptz '2025-03-31 18:00+00' + n * interval '17 hours' AS published_at FROM generate_series(1, 40) n;
CREATE TABLE raw.metrics AS SELECT content_id, platform, date '2025-04-29' AS date, 100 + length(content_id) AS views, 3 AS likes FROM raw.content;
CREATE TABLE raw.sales AS SELECT 't' || n AS transaction_id, 'c' || n % 40 + 1 AS client_id, timestamptz '2025-01-01 18:00+00' + n * interval '11 hours' AS occurred_at, 10 + n AS amount FROM generate_series(1, 200) n;
SELECT count(analytics.register_source(CASE e WHEN 'ads' THEN 'ad_performance' WHEN 'metrics' THEN 'content_metrics' WHEN 'sales' THEN 'transactions' ELSE e END, ('raw.' || e)::regclass, business_id => b))
FROM unnest('{events,contracts,ads,content,metrics,sales}'::text[]) e, generate_series(1, 2) b;
CALL analytics.refresh();

-- Every reader that takes a business, every table and view that names one; and what only shows when it is asked for.
\set ECHO none
\i test/fixture/questions.sql
\set ECHO all
\set QUIET on
CREATE TABLE raw.question AS
    SELECT split_part(q.subject, '(', 1) AS subject, b AS business, CASE WHEN q.statement ~ '2025-01-01.*2025-05-01' THEN
        replace(replace(q.statement, '2025-05-01', '2025-03-10'), '2025-01-01', '2025-02-01')
        -- All but the age of the rows, which a slow machine sees grow.
        WHEN q.subject ~ 'check_freshness|quality_findings|check_data_quality' THEN replace(q.statement, 'r::text', '(r.check_name, r.subject, r.status, r.failed_rows, r.expected, r.sample, r.message)::text')
        ELSE q.statement END AS statement FROM generate_series(1, 2) b, questions.about('facebook', b) q
    WHERE q.reads AND q.statement ~ 'business_id =>'
    UNION ALL SELECT c.oid::regclass::text, b, format('SELECT r::text FROM %s r WHERE r.business_id = %s', c.oid::regclass, b)
    FROM generate_series(1, 2) b, pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'business_id' AND a.attnum > 0
    WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind IN ('r', 'v') AND c.relname NOT LIKE '%settings'
    UNION ALL SELECT split_part(s, '(', 1), b, format('SELECT r::text FROM analytics.%s, business_id => %s) r', s, b) FROM generate_series(1, 2) b, unnest(ARRAY[
        'kpi_timeseries(''2025-01-01'', ''2025-04-30'', ''year''', 'kpi_timeseries(''2025-01-01'', ''2025-04-30'', ''quarter''', 'attribution(''2025-02-01'', ''2025-03-31'', ''{time_decay}''',
        'attribution_compare(''2025-02-01'', ''2025-03-31'', ''{time_decay,first}''']) s;
CREATE TABLE raw.said (round int, business int, subject text, answer text);
CREATE FUNCTION pg_temp.say(statement text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(r, E''\n'' ORDER BY r) FROM (%s) r (r)', statement) INTO answer;
    RETURN COALESCE(answer, '');
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || SQLERRM;
END
$$;
-- In round n the second business has the n-th setting and the first the one after it; rounds -1 and 0 are before all, to tell what changes anyway.
CREATE TABLE raw.setting AS SELECT n::int, split_part(argument, ' ', 1) AS name, argument FROM unnest(ARRAY['reporting_timezone => ''Etc/GMT-14''', 'currency => ''EUR''',
    'fiscal_year_start_month => 4', 'revenue_basis => ''contract_date''', 'lead_touches => ''before_lead''', 'lookback => ''2 days''', 'half_life => ''1 hour''',
    'freshness_warn => ''1 day'', freshness_fail => ''2 days''', 'unknown_share_warn => 0',
    'platform_level => ''family''', 'target_cpl => 1', 'target_cpa => 1', 'target_roas => 50', 'profit_margin => 0.01']) WITH ORDINALITY s (argument, n);
DO $$
DECLARE
    rounds constant int := (SELECT count(*) FROM raw.setting);
    b int;
BEGIN
    FOR round IN -1 .. rounds LOOP
        FOR b IN 1 .. 2 LOOP
            PERFORM analytics.configure('Etc/GMT+12', 'USD', 1, 'lead_date', 'journey', '90 days', '7 days', '1 day', '0', '0', 20, business_id => b,
                platform_level => 'platform', target_cpl => 0, target_cpa => 0, target_roas => 0, profit_margin => 0);
            IF round > 0 THEN
                EXECUTE (SELECT format('SELECT FROM analytics.configure(%s, business_id => %s)', s.argument, b) FROM raw.setting s WHERE s.n = CASE b WHEN 2 THEN round ELSE 1 + round % rounds END);
            END IF;
        END LOOP;
        CALL analytics.refresh();
        INSERT INTO raw.said SELECT round, q.business, q.subject, string_agg(pg_temp.say(q.statement), E'\n' ORDER BY q.statement) FROM raw.question q GROUP BY q.business, q.subject;
    END LOOP;
END
$$;
SELECT count(DISTINCT subject) > 100 AS many, count(*) FILTER (WHERE answer ~ '^[0-9A-Z]{5}[a-z]' AND round = 0 AND business = 1) AS refused FROM raw.said;
CREATE TABLE raw.steady AS SELECT subject FROM raw.said GROUP BY subject HAVING count(DISTINCT answer) FILTER (WHERE round <= 0 AND business = 1) = 1 AND count(DISTINCT answer) FILTER (WHERE round <= 0 AND business = 2) = 1;
SELECT subject AS changes_anyway FROM raw.said WHERE subject NOT IN (SELECT subject FROM raw.steady) GROUP BY 1 ORDER BY 1;
CREATE TABLE raw.follows AS
    SELECT s.name AS setting, a.subject, a.business FROM raw.said a JOIN raw.said b USING (business, subject) JOIN raw.steady USING (subject)
    JOIN raw.setting s ON s.n = CASE a.business WHEN 2 THEN a.round ELSE 1 + a.round % (SELECT count(*) FROM raw.setting) END
    WHERE a.round > 0 AND b.round = 0 AND a.answer <> b.answer;
-- What follows which setting: the same of both businesses, whatever the other has.
\pset format unaligned
SELECT setting, string_agg(DISTINCT regexp_replace(subject, '^(analytics|analytics_internal|warehouse)\.', ''), ' ' ORDER BY regexp_replace(subject, '^(analytics|analytics_internal|warehouse)\.', '')) AS followers FROM raw.follows GROUP BY setting ORDER BY setting;
\pset format aligned
SELECT setting, subject, array_agg(business) AS only_of FROM raw.follows GROUP BY 1, 2 HAVING count(*) <> 2 ORDER BY 1, 2;
-- How often the thorough checks are due is seen by the clock alone.
SELECT quality_every FROM analytics.configure(quality_every => '0', business_id => 2);
SELECT b AS business, analytics_internal.is_thorough_check_due(b) AS due FROM generate_series(1, 2) b;
DROP SCHEMA questions CASCADE;
