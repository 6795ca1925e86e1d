-- Two tenants in one warehouse under row security: what each role sees, through every reader, and what it cannot find out.
\i test/fixture/reset.sql
CREATE ROLE regress_one;
CREATE ROLE regress_two;
CREATE ROLE regress_both IN ROLE regress_one, regress_two;
CREATE ROLE regress_pool;
CREATE ROLE regress_nobody;
SELECT analytics.install(row_security => true);
SELECT analytics.install(row_security => true);

-- Everything of the second tenant has the word "secret" in it, or a number that is 7 million and more.
CREATE SCHEMA raw;
CREATE TABLE raw.t AS SELECT 1 AS business, 'open' AS word, 1 AS base UNION ALL SELECT 2, 'secret', 7000000;
CREATE TABLE raw.clients AS SELECT business, word || n AS client_id, word || ' name ' || n AS name FROM raw.t, generate_series(1, 40) n;
CREATE TABLE raw.events AS SELECT business, word || '-e' || n || '-' || k AS event_id, word || n AS client_id, timestamptz '2025-03-01 12:00+00' + (n + k * 5) * interval '1 day' AS occurred_at,
    'https://' || word || '.example/?utm_source=' || CASE WHEN n % 3 = 0 THEN 'facebook' ELSE word END || '&utm_medium=cpc&utm_campaign=' || base + n % 3 AS landing_url FROM raw.t, generate_series(1, 40) n, generate_series(1, 3) k;
CREATE TABLE raw.contracts AS SELECT business, word || '-c' || n AS contract_id, word || n AS client_id, timestamptz '2025-03-20 12:00+00' + n * interval '1 day' AS signed_at, base + n * 10 AS amount FROM raw.t, generate_series(1, 20) n;
CREATE TABLE raw.ads AS SELECT business, day::date AS date, 'facebook' AS platform, (base + c)::text AS campaign_id, word || ' campaign ' || c AS campaign_name, base / 10 + 5 AS spend, base + 100 AS impressions, base / 100 + 10 AS clicks
    FROM raw.t, generate_series(timestamp '2025-03-01', '2025-05-10', '1 day') day, generate_series(0, 2) c;
CREATE TABLE raw.content AS SELECT business, word || '-p' || n AS content_id, 'facebook' AS platform, word AS content_type, timestamptz '2025-03-01 12:00+00' + n * interval '1 day' AS published_at, word || ' post' AS title, word AS author, '#' || word AS hashtags FROM raw.t, generate_series(1, 40) n;
CREATE TABLE raw.metrics AS SELECT business, content_id, platform, published_at::date AS date, base + 100 AS views, base / 10 + 3 AS likes FROM raw.content JOIN raw.t USING (business);
CREATE TABLE raw.sales AS SELECT business, word || '-t' || n AS transaction_id, word || n % 40 + 1 AS client_id, timestamptz '2025-01-01 12:00+00' + n * interval '11 hours' AS occurred_at, base + n AS amount FROM raw.t, generate_series(1, 200) n;
DO $$
DECLARE
    b int;
    e text;
BEGIN
    FOR b IN 1 .. 2 LOOP
        FOREACH e IN ARRAY '{clients,events,contracts,ads,content,metrics,sales}'::text[] LOOP
            EXECUTE format('CREATE VIEW raw.%1$s_%2$s AS SELECT * FROM raw.%1$s WHERE business = %2$s', e, b);
            PERFORM analytics.register_source(CASE e WHEN 'ads' THEN 'ad_performance' WHEN 'metrics' THEN 'content_metrics' WHEN 'sales' THEN 'transactions' ELSE e END,
                ('raw.' || e || '_' || b)::regclass, business_id => b);
        END LOOP;
    END LOOP;
END
$$;
CALL analytics.refresh();
SELECT business_id, count(*) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;

SELECT analytics.grant_access('regress_one', businesses => '{1}');
SELECT analytics.grant_access('regress_two', businesses => '{2}');
SELECT analytics.grant_access('regress_pool', any_business => true);
SELECT analytics.grant_access('regress_both');
SET client_min_messages = notice;
SELECT analytics.grant_access('regress_nobody');
SELECT analytics.grant_access(NULL);
SELECT analytics.grant_access('regress_nowhere');
SET client_min_messages = warning;
GRANT USAGE ON SCHEMA raw TO regress_one;
-- Of a refresh over all businesses each sees how its own ended, and not a word of the others.
ALTER VIEW raw.sales_2 RENAME TO secret_sales;
CALL analytics.refresh();
ALTER VIEW raw.secret_sales RENAME TO sales_2;
SET ROLE regress_one;
SELECT DISTINCT last_run_status, last_run_message FROM analytics.refresh_status();
SET ROLE regress_two;
SELECT DISTINCT last_run_status, regexp_replace(last_run_message, '\d+', 'N', 'g') AS last_run_message FROM analytics.refresh_status();
RESET ROLE;
CALL analytics.refresh();
-- Each table of the warehouse with a business has the policy, each view asks with the rights of its reader.
SELECT c.relname FROM pg_class c WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND NOT c.relrowsecurity ORDER BY 1;
SELECT c.relname FROM pg_class c WHERE c.relnamespace IN ('warehouse'::regnamespace, 'analytics'::regnamespace) AND c.relkind = 'v' AND NOT COALESCE('security_invoker=true' = ANY (c.reloptions), false)
    AND c.relname NOT IN ('effective_platform', 'funnel_summary'); -- they read no table of the warehouse

SET ROLE regress_one;
SELECT DISTINCT business_id FROM warehouse.fact_events;
SELECT * FROM analytics.business_access;
SELECT DISTINCT business_id FROM analytics.source;
SELECT leads > 0 AS leads, n_contracts, revenue < 1000000 AS own FROM analytics.kpi('2025-01-01', '2025-12-31');
SELECT leads, spend FROM analytics.kpi('2025-01-01', '2025-12-31', business_id => 2);
SET ROLE regress_two;
SELECT DISTINCT business_id FROM warehouse.fact_events;
SET ROLE regress_both;
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
SET analytics.business_id = '2';
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
RESET analytics.business_id;
SET ROLE regress_nobody;
SELECT count(*) FROM warehouse.fact_events;
SELECT count(*), count(*) FILTER (WHERE business_id IS NOT NULL) FROM analytics.business_access;
SELECT leads, spend, revenue FROM analytics.kpi('2025-01-01', '2025-12-31');
-- A service over a pool names the business in each transaction; without one it sees nothing.
SET ROLE regress_pool;
SELECT count(*) FROM warehouse.fact_events;
BEGIN;
SET LOCAL analytics.business_id = '1';
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
COMMIT;
SELECT count(*) FROM warehouse.fact_events;
BEGIN;
SET LOCAL analytics.business_id = 'no number';
SELECT count(*) FROM warehouse.fact_events;
ROLLBACK;
-- Nobody can write himself access, or the rows of another.
SET ROLE regress_one;
INSERT INTO warehouse.business_access VALUES ('regress_one', 2);
SET analytics.business_id = '2';
SELECT count(*) FROM warehouse.fact_events;
RESET analytics.business_id;
SET row_security = off;
SELECT count(*) FROM warehouse.fact_events;
RESET row_security;
-- Content of another business is as of none.
SELECT * FROM analytics.content_overview(2);
SELECT * FROM analytics.content_overview(3);
SELECT total_posts > 0 AS own FROM analytics.content_overview(1);
RESET ROLE;

-- Every function and procedure there is, and every table and view, asked by the first tenant about itself, about everybody, about the second tenant and
-- about one that does not exist; readers under a condition that tells whatever it is shown. Nothing of the second may be in a row, a plan or an error, and
-- what exists must be answered as what does not.
\set ECHO none
\i test/fixture/questions.sql
\set ECHO all
-- New functions are asked by themselves. Which cannot be: their arguments are of types that no query has.
SELECT p.oid::regprocedure FROM pg_proc p JOIN pg_language l ON l.oid = p.prolang
WHERE p.pronamespace IN ('analytics'::regnamespace, 'analytics_internal'::regnamespace) AND p.prokind IN ('f', 'p') AND NOT (l.lanname = 'c' AND p.provolatile = 'i')
  AND p.oid::regprocedure::text NOT IN (SELECT subject FROM questions.about('open', 1))
ORDER BY p.oid::regprocedure::text COLLATE "C";
CREATE TABLE raw.told (word text);
CREATE TABLE raw.answer (asker text, about text, subject text, whole boolean, answer text);
GRANT SELECT, INSERT ON raw.told, raw.answer TO regress_one;
CREATE FUNCTION raw.tell(row_text text) RETURNS boolean LANGUAGE plpgsql COST 0.0001 AS $$
BEGIN
    INSERT INTO raw.told VALUES (row_text);
    RETURN true;
END
$$;
-- What comes of a statement: rows, or the error with all that belongs to it. Nothing that it did stays.
CREATE FUNCTION raw.ask(statement text, reads boolean, plan boolean DEFAULT false) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text := '';
    detail text;
    hint text;
    line text;
BEGIN
    BEGIN
        IF statement LIKE 'CALL%' THEN
            EXECUTE statement;
        ELSE
            EXECUTE format('SELECT string_agg(r, E''\n'' ORDER BY r) FROM (%s) r (r)', CASE WHEN reads THEN statement || ' WHERE raw.tell(r::text)' ELSE statement END) INTO answer;
        END IF;
        IF NOT reads THEN
            RAISE EXCEPTION 'done' USING ERRCODE = 'ZZZZZ';
        END IF;
    EXCEPTION WHEN SQLSTATE 'ZZZZZ' THEN
        RETURN answer;
    WHEN OTHERS THEN
        GET STACKED DIAGNOSTICS detail = PG_EXCEPTION_DETAIL, hint = PG_EXCEPTION_HINT;
        RETURN format('%s: %s %s %s', SQLSTATE, SQLERRM, detail, hint);
    END;
    IF plan THEN
        FOR line IN EXECUTE 'EXPLAIN (VERBOSE) ' || statement || ' WHERE raw.tell(r::text)' LOOP
            answer := answer || E'\n' || line;
        END LOOP;
    END IF;
    RETURN answer;
END
$$;
SET client_min_messages = error;
\set QUIET on
SET ROLE regress_one;
INSERT INTO raw.answer SELECT 'one', 'itself', q.subject, false, raw.ask(q.statement, q.reads, q.reads) FROM questions.about('open', 1) q;
INSERT INTO raw.answer SELECT 'one', 'all', q.subject, false, raw.ask(q.statement, q.reads) FROM questions.about('open', NULL) q;
RESET ROLE;
SELECT DISTINCT left(word, 200) FROM raw.told WHERE word LIKE '%secret%' OR word ~ '(^|[^0-9a-f])7000[0-9]{3}([^0-9]|$)' LIMIT 20;
SET ROLE regress_one;
INSERT INTO raw.answer SELECT 'one', a.about, q.subject, w, raw.ask(q.statement, q.reads)
    FROM (VALUES ('another', 'secret', 2), ('nobody', 'absent', 3)) a (about, word, business), unnest('{false,true}'::boolean[]) w, questions.about(a.word, a.business, w) q
    WHERE q.subject LIKE '%(%' AND (NOT w OR q.optional);
RESET ROLE;
SELECT count(DISTINCT subject) > 250 AS many, count(*) FILTER (WHERE about = 'itself' AND answer !~ '^\w{5}: ' AND answer LIKE '%open%') > 40 AS own,
       (SELECT count(*) > 2000 FROM raw.told) AS told FROM raw.answer;
SELECT about, subject, left(answer, 200) FROM raw.answer WHERE about IN ('itself', 'all') AND (answer LIKE '%secret%' OR answer ~ '(^|[^0-9a-f])7000[0-9]{3}([^0-9]|$)') ORDER BY 1, 2;
SELECT a.subject, a.whole, left(a.answer, 200) AS of_another, left(n.answer, 200) AS of_nobody FROM raw.answer a JOIN raw.answer n USING (subject, whole)
WHERE a.about = 'another' AND n.about = 'nobody'
  AND regexp_replace(replace(a.answer, 'secret', 'absent'), '\m(2|14|3|21)\M', '#', 'g') IS DISTINCT FROM regexp_replace(n.answer, '\m(2|14|3|21)\M', '#', 'g')
  AND a.subject NOT IN ('analytics_internal.client_bucket(bigint,text)', 'analytics.platform_label(text)') ORDER BY 1, 2; -- a hash of its arguments, a spelling of one
-- Content of a business that one may not see is refused, always in the same words.
SELECT DISTINCT regexp_replace(answer, 'business [23]', 'business N') FROM raw.answer
WHERE about IN ('another', 'nobody') AND subject ~ '^analytics.content_(overview|performance|platforms|trends|insights|ranking|compare|days)' AND NOT whole;
-- The same questions by the second tenant about itself do find it.
GRANT USAGE ON SCHEMA raw TO regress_two;
GRANT SELECT, INSERT ON raw.told, raw.answer TO regress_two;
SET ROLE regress_two;
INSERT INTO raw.answer SELECT 'two', 'itself', q.subject, false, raw.ask(q.statement, q.reads) FROM questions.about('secret', 2) q WHERE q.reads;
RESET ROLE;
SELECT count(*) FILTER (WHERE answer LIKE '%secret%') > 30 AS found FROM raw.answer WHERE asker = 'two' AND answer !~ '^\w{5}: ';
-- Hostile words as each text of each function: none is run, none breaks a statement, and nothing of the second tenant comes of it. What a sequence
-- has given stays given, whatever is undone.
CREATE SEQUENCE raw.run;
GRANT USAGE, SELECT ON SEQUENCE raw.run TO regress_one;
CREATE TABLE raw.hostile AS SELECT row_number() OVER () AS n, word FROM unnest(ARRAY[
    '''); SELECT nextval(''raw.run''); --', '"); SELECT nextval(''raw.run''); --', ''' || nextval(''raw.run'') || ''', 'nextval(''raw.run'')',
    '$$ || nextval(''raw.run'') || $$', '\'' || nextval(''raw.run'') || \''; /*', 'E''\x00'' \000 \ %s %I %1$L %n $1 $2 ; -- */ {"a',
    U&'\2019 OR 1=1 \02BC\FF07\201C;\202E', '%', '_', '.*', '(((', '{}', '', repeat('x''"', 7000)]) word;
GRANT SELECT ON raw.hostile TO regress_one;
CREATE TABLE raw.hostile_answer (subject text, argument text, n bigint, runs boolean, answer text);
GRANT INSERT ON raw.hostile_answer TO regress_one;
SET ROLE regress_one;
DO $$
DECLARE
    q record;
    given bigint;
    reply text;
BEGIN
    FOR q IN SELECT w.n, a.* FROM raw.hostile w, questions.with_argument(w.word, 'open', 1) a LOOP
        given := COALESCE(pg_sequence_last_value('raw.run'), 0);
        reply := raw.ask(q.statement, q.reads);
        INSERT INTO raw.hostile_answer VALUES (q.subject, q.argument, q.n, given <> COALESCE(pg_sequence_last_value('raw.run'), 0), reply);
    END LOOP;
END
$$;
RESET ROLE;
SELECT count(DISTINCT (subject, argument)) > 100 AS many FROM raw.hostile_answer;
-- Nothing runs what it is given. A syntax error is the answer of metric_anomalies(), which by its documentation takes SQL, with the rights of its caller, and of
-- steps of the refresh that are asked about columns of no table.
SELECT DISTINCT subject, argument FROM raw.hostile_answer WHERE runs ORDER BY 1, 2;
SELECT DISTINCT split_part(subject, '(', 1) AS subject, argument FROM raw.hostile_answer WHERE answer ~ '^(XX|42601|57014)' ORDER BY 1, 2;
SELECT subject, argument, n FROM raw.hostile_answer WHERE answer LIKE '%secret%' OR answer ~ '(^|[^0-9a-f])7000[0-9]{3}([^0-9]|$)' ORDER BY 1, 2;
-- One who may write: whatever he calls, about whomever, the second tenant's rows stay what they were.
CREATE FUNCTION raw.fingerprint(business bigint) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    relation regclass;
    part text;
    whole text := '';
BEGIN
    FOR relation IN SELECT a.attrelid::regclass FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
                    WHERE c.relnamespace = 'warehouse'::regnamespace AND c.relkind = 'r' AND a.attname = 'business_id' ORDER BY c.relname LOOP
        EXECUTE format('SELECT md5(string_agg(t::text, '''' ORDER BY t::text)) FROM %s t WHERE business_id = %s', relation, business) INTO part;
        whole := whole || COALESCE(part, '-');
    END LOOP;
    RETURN md5(whole || (SELECT string_agg(s::text, '' ORDER BY s.source_id) FROM analytics.source s WHERE s.business_id = business));
END
$$;
SELECT analytics.grant_access('regress_one', 'writer');
CREATE TEMP TABLE before AS SELECT raw.fingerprint(2) AS fingerprint;
SET ROLE regress_one;
INSERT INTO raw.answer SELECT 'writer', 'another', q.subject, false, raw.ask(q.statement, q.reads) FROM questions.about('absent', 2) q WHERE NOT q.reads;
INSERT INTO warehouse.dim_products VALUES (2, 'secret product', 1, 'x', 'y');
UPDATE warehouse.settings SET currency = 'EUR' WHERE business_id = 2;
DELETE FROM warehouse.fact_events WHERE business_id = 2;
RESET ROLE;
\set QUIET off
SELECT fingerprint = raw.fingerprint(2) AS untouched FROM before;
SELECT count(*) AS tells FROM raw.answer WHERE asker = 'writer' AND answer LIKE '%secret%';
DROP SCHEMA questions CASCADE;
-- The same as names of relations, columns and roles, and in the rows: all of it is loaded, checked and read as it stands.
CREATE ROLE "regress_""'; SELECT nextval('raw.run'); --";
SELECT analytics.grant_access('"regress_""''; SELECT nextval(''raw.run''); --"', 'writer', '{3}');
CREATE TABLE raw."odd""'); SELECT nextval('raw.run'); --" ("id""'; SELECT nextval('raw.run'); --" text, "client %s $1 \" text, "at) --" timestamptz, "$$';" text);
INSERT INTO raw."odd""'); SELECT nextval('raw.run'); --" SELECT k || h.word, h.word, timestamptz '2025-03-01Z' + k * interval '1 day', h.word
    FROM raw.hostile h, generate_series(1, 3) k WHERE h.word <> '' AND length(h.word) < 200;
GRANT SELECT ON ALL TABLES IN SCHEMA raw TO "regress_""'; SELECT nextval('raw.run'); --";
GRANT USAGE ON SCHEMA raw TO "regress_""'; SELECT nextval('raw.run'); --";
CREATE TEMP TABLE given AS SELECT pg_sequence_last_value('raw.run') AS n;
SELECT analytics.register_source('events', 'raw."odd""''); SELECT nextval(''raw.run''); --"', business_id => 3, columns => jsonb_build_object(
    'event_id', 'id"''; SELECT nextval(''raw.run''); --', 'client_id', 'client %s $1 \', 'occurred_at', 'at) --', 'utm_source', '$$'';')) > 0 AS registered;
CALL analytics.refresh(business_id => 3);
CALL analytics.refresh('full', business_id => 3);
SELECT count(*), count(DISTINCT utm_source) FROM warehouse.fact_events WHERE business_id = 3;
SELECT count(*) AS changed FROM warehouse.fact_events e WHERE e.business_id = 3 AND e.utm_source IS DISTINCT FROM NULLIF(regexp_replace(e.event_id, '^\d', ''), '');
SELECT count(*) FROM analytics.check_data_quality(business_id => 3) WHERE status IN ('fail', 'error');
SELECT count(*) > 0 AS asked FROM analytics.metric_anomalies('raw."odd""''); SELECT nextval(''raw.run''); --"', '"at) --"', '1', '2025-03-03', '2025-03-04', series => '"client %s $1 \"');
SET ROLE "regress_""'; SELECT nextval('raw.run'); --";
SELECT array_agg(DISTINCT business_id) FROM warehouse.fact_events;
RESET ROLE;
SELECT n IS NOT DISTINCT FROM pg_sequence_last_value('raw.run') AS nothing_run FROM given;
DROP OWNED BY "regress_""'; SELECT nextval('raw.run'); --";
DROP ROLE "regress_""'; SELECT nextval('raw.run'); --";

-- The policy reaches the index by an array that is made once.
CREATE FUNCTION raw.plan_of(statement text, options text DEFAULT '(COSTS off)') RETURNS SETOF text LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('EXPLAIN %s %s', options, statement);
END
$$;
SET ROLE regress_one;
SET enable_seqscan = off;
SELECT count(*) FILTER (WHERE line ~ 'Index Cond.*business_id = ANY \((\$\d+|\(InitPlan \d+\).col1)\)') = 1 AS by_index, count(*) FILTER (WHERE line ~ 'InitPlan') > 0 AS made_once
FROM raw.plan_of('SELECT * FROM warehouse.fact_content') line;
RESET enable_seqscan;
RESET ROLE;
-- It holds for any businesses, with and without an index, and the planner knows what it leaves: rows of one business, also where the query names one.
CREATE TABLE raw.many AS SELECT b AS business_id, n FROM generate_series(1, 100) b, generate_series(1, 100) n
    UNION ALL SELECT b, 1 FROM unnest('{-9223372036854775808,-7,0,9223372036854775807}'::bigint[]) b;
CREATE INDEX ON raw.many (business_id, n);
CREATE INDEX ON raw.many (n, business_id);
ANALYZE raw.many;
CREATE FUNCTION raw.seen(businesses text, condition text) RETURNS TABLE (seen bigint) LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY EXECUTE format('SELECT count(*) FROM raw.many WHERE analytics_internal.may_see(business_id, (SELECT %L::bigint[])) AND %s', businesses, condition);
END
$$;
CREATE TEMP TABLE question AS SELECT b AS businesses, c AS condition FROM unnest('{"{7}","{3,100}","{}","{-9223372036854775808,0,9223372036854775807}","{7,7,500}"}'::text[]) b,
    unnest('{true,business_id = 7,n = 1,"n BETWEEN 5 AND 7","business_id IN (3, 7)","business_id <> 7"}'::text[]) c UNION ALL SELECT NULL, 'true';
CREATE FUNCTION pg_temp.wrong() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    wrong bigint := 0;
    q record;
    expected bigint;
BEGIN
    FOR q IN SELECT * FROM question LOOP
        EXECUTE format('SELECT count(*) FROM raw.many WHERE business_id = ANY (%L::bigint[]) AND %s', q.businesses, q.condition) INTO expected;
        wrong := wrong + (expected <> (SELECT seen FROM raw.seen(q.businesses, q.condition)))::int;
    END LOOP;
    RETURN wrong;
END
$$;
SET enable_seqscan = off;
SELECT count(*) AS questions, pg_temp.wrong() AS wrong_by_index FROM question;
SET enable_indexscan = off;
SET enable_indexonlyscan = off;
SELECT pg_temp.wrong() AS wrong_by_bitmap;
RESET enable_seqscan;
SET enable_bitmapscan = off;
SELECT pg_temp.wrong() AS wrong_by_table;
RESET enable_indexscan;
RESET enable_indexonlyscan;
RESET enable_bitmapscan;
SELECT c AS condition, substring((array_agg(line))[1] FROM 'rows=(\d+)') AS expected_rows, bool_or(line ~ 'Index Cond: .*business_id = ') AS by_business
FROM unnest('{true,business_id = 7,n <= 50,business_id = 7 AND n <= 50}'::text[]) c,
     LATERAL (SELECT line FROM raw.plan_of('SELECT FROM raw.many WHERE analytics_internal.may_see(business_id, (SELECT ''{7}''::bigint[])) AND ' || c, '') line) l GROUP BY 1 ORDER BY 1;
SELECT analytics_internal.may_see(1, '{1,NULL}');
SELECT analytics_internal.least_business('{3,-1,2}'), analytics_internal.greatest_business('{3,-1,2}'), analytics_internal.least_business('{}') IS NULL AS none;
DROP OWNED BY regress_one, regress_two, regress_both, regress_pool, regress_nobody;
DROP ROLE regress_both, regress_one, regress_two, regress_pool, regress_nobody;
