-- Journeys are read by index where few clients are asked for, and in one pass over all facts where most are: the answers are the same.
\i test/fixture/reset.sql
SET client_min_messages = warning;
\set VERBOSITY terse
SELECT analytics.install();
DO $$ BEGIN PERFORM analytics.load_demo(); END $$;
-- A second business on the other side of the world, whose clients have the same keys, and of whom a few signed.
INSERT INTO warehouse.settings (business_id, reporting_timezone, currency)
SELECT 2, 'Pacific/Auckland', s.currency FROM warehouse.settings s WHERE s.business_id = 1;
INSERT INTO warehouse.dim_platforms SELECT (jsonb_populate_record(p, '{"business_id": 2}')).* FROM warehouse.dim_platforms p;
INSERT INTO warehouse.fact_events SELECT (jsonb_populate_record(e, '{"business_id": 2}')).* FROM warehouse.fact_events e;
INSERT INTO warehouse.fact_contracts
SELECT (jsonb_populate_record(c, '{"business_id": 2, "campaign_key": null}')).* FROM warehouse.fact_contracts c WHERE c.client_key % 7 = 0;
CREATE TABLE question (n int PRIMARY KEY, sql text);
INSERT INTO question (n, sql)
SELECT row_number() OVER (), format('SELECT * FROM analytics.%s', q)
FROM unnest(ARRAY[
    $q$attribution('2025-10-01', '2025-10-31', models => '{linear,last,markov,w_shaped}', business_id => 1)$q$,
    $q$attribution('2025-10-01', '2025-10-31', models => '{linear}', basis => 'touch', granularity => 'week', business_id => 1)$q$,
    $q$attribution('2025-07-01', '2025-12-31', dimension => 'campaign+customer', conversion_types => '{contract,lead,purchase}', business_id => 1)$q$,
    $q$attribution('2025-10-01', '2025-10-31', dimension => 'channel', conversion_types => '{lead}', include_conversion_touch => true, business_id => 1)$q$,
    $q$attribution_touches('2025-10-01', '2025-10-31', conversion_types => '{contract,purchase}', business_id => 1)$q$,
    $q$attribution('2025-07-01', '2025-12-31', models => '{linear,markov}')$q$,
    $q$attribution('2025-01-01', '2025-12-31', models => '{linear,markov}', conversion_types => '{contract}', business_id => 2)$q$,
    $q$markov('2025-10-01', '2025-10-31', business_id => 1)$q$,
    $q$markov('2025-10-01', '2025-10-31')$q$,
    $q$top_paths('2025-07-01', '2025-12-31', business_id => 1)$q$,
    $q$time_to_convert('2025-07-01', '2025-12-31', business_id => 1)$q$]) q;
CREATE FUNCTION answers() RETURNS TABLE (n int, answer text) LANGUAGE plpgsql AS $$
DECLARE
    asked question;
BEGIN
    FOR asked IN SELECT * FROM question LOOP
        RETURN QUERY EXECUTE format('SELECT %s, r::text FROM (%s) r', asked.n, asked.sql);
    END LOOP;
END
$$;
CREATE FUNCTION are_most(date, date, business_id bigint DEFAULT 1) RETURNS boolean LANGUAGE sql AS $$
    SELECT (analytics_internal.journey_clients(
        analytics_internal.path_rules($1, $2, 'platform', business_id, NULL, 'shared', false, '{}', '{}', 'count', 'none', NULL, NULL), 'converters')).most
$$;
SELECT are_most('2025-07-01', '2025-12-31') AS most, are_most('2025-10-01', '2025-10-01') AS most_of_a_day, are_most('1999-01-01', '1999-01-01') AS nobody,
       are_most('2025-07-01', '2025-12-31', NULL) AS of_two_businesses;
CREATE TABLE of_most AS SELECT * FROM answers();
-- As if there were many more clients.
UPDATE pg_class SET reltuples = 1000000000 WHERE oid = 'warehouse.dim_clients'::regclass;
SELECT are_most('2025-07-01', '2025-12-31') AS most;
CREATE TABLE of_few AS SELECT * FROM answers();
SELECT m.n, m.rows > 0 AS answers, m.rows = f.rows AS as_many
FROM (SELECT n, count(*) AS rows FROM of_most GROUP BY n) m JOIN (SELECT n, count(*) AS rows FROM of_few GROUP BY n) f USING (n) ORDER BY n;
(TABLE of_most EXCEPT ALL TABLE of_few) UNION ALL (TABLE of_few EXCEPT ALL TABLE of_most);
-- The set that is asked is the one that is given, also where one place in a function is given others.
SELECT is_in, count(*) FROM generate_series(-5, 5) c, analytics_internal.is_client_in(analytics_internal.client_set(ARRAY[-5, 0, 3]), c) is_in GROUP BY is_in ORDER BY is_in;
SELECT analytics_internal.is_client_in('\x00', 1);
SELECT c.set_no, analytics_internal.is_client_in(c.clients, 7) FROM (VALUES (1, analytics_internal.client_set('{7}')), (2, analytics_internal.client_set('{8}'))) c (set_no, clients);
DO $$
DECLARE
    clients bytea;
BEGIN
    FOREACH clients IN ARRAY ARRAY[analytics_internal.client_set('{7}'), analytics_internal.client_set('{8}'), analytics_internal.client_set('{7,8}')] LOOP
        RAISE INFO '7: %, 8: %', analytics_internal.is_client_in(clients, 7), analytics_internal.is_client_in(clients, 8);
    END LOOP;
END
$$;
