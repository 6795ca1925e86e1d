-- Journeys are read by index where few clients are asked for, and in one pass over all facts where most are: the answers are the same.
\i test/fixture/reset.sql
SET client_min_messages = warning;
\set VERBOSITY terse
SELECT analytics.install();
DO $$ BEGIN PERFORM analytics.load_demo(); END $$;
CREATE TABLE question (n int PRIMARY KEY, sql text);
INSERT INTO question (n, sql)
SELECT row_number() OVER (), format('SELECT * FROM analytics.%s', q)
FROM unnest(ARRAY[
    $q$attribution('2025-10-01', '2025-10-31', models => '{linear,last,markov,w_shaped}')$q$,
    $q$attribution('2025-10-01', '2025-10-31', models => '{linear}', basis => 'touch', granularity => 'week')$q$,
    $q$attribution('2025-07-01', '2025-12-31', dimension => 'campaign+customer', conversion_types => '{contract,lead,purchase}')$q$,
    $q$attribution('2025-10-01', '2025-10-31', dimension => 'channel', conversion_types => '{lead}', include_conversion_touch => true)$q$,
    $q$attribution_touches('2025-10-01', '2025-10-07', conversion_types => '{contract,purchase}')$q$,
    $q$markov('2025-10-01', '2025-10-31')$q$,
    $q$top_paths('2025-07-01', '2025-12-31')$q$,
    $q$time_to_convert('2025-07-01', '2025-12-31')$q$]) q;
CREATE FUNCTION answers() RETURNS TABLE (n int, answer text) LANGUAGE plpgsql AS $$
DECLARE
    asked question;
BEGIN
    FOR asked IN SELECT * FROM question LOOP
        RETURN QUERY EXECUTE format('SELECT %s, r::text FROM (%s) r', asked.n, asked.sql);
    END LOOP;
END
$$;
CREATE FUNCTION are_most(date, date) RETURNS boolean LANGUAGE sql AS $$
    SELECT (analytics_internal.journey_clients(
        analytics_internal.path_rules($1, $2, 'platform', NULL, NULL, 'shared', false, '{}', '{}', 'count', 'none', NULL, NULL), 'converters')).most
$$;
SELECT are_most('2025-07-01', '2025-12-31') AS most, are_most('2025-10-01', '2025-10-01') AS most_of_a_day, are_most('1999-01-01', '1999-01-01') AS nobody;
CREATE TABLE of_most AS SELECT * FROM answers();
-- As if there were many more clients.
UPDATE pg_class SET reltuples = 1000000000 WHERE oid = 'warehouse.dim_clients'::regclass;
SELECT are_most('2025-07-01', '2025-12-31') AS most;
CREATE TABLE of_few AS SELECT * FROM answers();
SELECT m.n, m.rows > 0 AS answers, m.rows = f.rows AS as_many
FROM (SELECT n, count(*) AS rows FROM of_most GROUP BY n) m JOIN (SELECT n, count(*) AS rows FROM of_few GROUP BY n) f USING (n) ORDER BY n;
(TABLE of_most EXCEPT ALL TABLE of_few) UNION ALL (TABLE of_few EXCEPT ALL TABLE of_most);
-- And none of the clients that the facts are read for is another's.
SELECT is_in, count(*) FROM generate_series(-5, 5) c, analytics_internal.is_client_in(analytics_internal.client_set(ARRAY[-5, 0, 3]), c) is_in GROUP BY is_in ORDER BY is_in;
SELECT analytics_internal.is_client_in('\x00', 1);
SELECT c.set_no, analytics_internal.is_client_in(c.clients, 7) FROM (VALUES (1, analytics_internal.client_set('{7}')), (2, analytics_internal.client_set('{8}'))) c (set_no, clients);
