-- Counted paths and the models that learn from all of them together.
\i test/fixture/reset.sql
\i test/fixture/refusal.sql
\set VERBOSITY default
RESET client_min_messages;
SET timezone = 'UTC';
SET extra_float_digits = -3;
CREATE TABLE ways (path text[], conversions numeric, value numeric, nulls bigint);
INSERT INTO ways VALUES
    ('{search,email}', 3, 300, 2), ('{search}', 1, 100, 9), ('{email}', 2, 120.5, 1), ('{search,email}', 1, 100, 0),
    ('{social,social,search,email}', 2, 250, 4), ('{social}', 0, 0, 30), ('{social,NULL,email}', 1, 10, NULL), ('{}', 2, 20, 5);
CREATE TABLE kept AS SELECT analytics.path_counts(path, conversions, value, nulls) AS p FROM ways;
SELECT s.* FROM kept, analytics.path_counts_summary(p) AS s;

-- All models
SELECT c.* FROM kept, analytics.path_credit(p) AS c;
SELECT c.* FROM kept, analytics.markov_credit(p) AS c;
SELECT c.* FROM kept, analytics.markov_credit(p, 2, use_nulls => false) AS c;
SELECT t.* FROM kept, analytics.markov_transitions(p) AS t;
SELECT t.* FROM kept, analytics.markov_transitions(p, "order" => 2, self_loops => true) AS t;
SELECT t.* FROM (SELECT analytics.path_counts(path, 1, 1, n) AS p FROM (VALUES ('{(null),(conversion)}'::text[], 0), ('{(start)}', 2), ('{"\"(start)\""}', 1)) v (path, n)) s,
    analytics.markov_transitions(p) AS t;
SELECT t.from_state, t.to_state, t.count FROM (SELECT analytics.path_counts(path, 1, 1, 0) AS p FROM (VALUES ('{a,b > c}'::text[]), ('{a > b,c}')) v (path)) s, analytics.markov_transitions(p, 2) AS t;
SELECT o.* FROM kept, analytics.markov_order(p) AS o;
SELECT c.* FROM kept, analytics.shapley_credit(p) AS c;
SELECT c.* FROM kept, analytics.shapley_credit(p, 'ordered') AS c;
-- Places among touches, and among distinct keys
SELECT g AS game, c.key, c."position", c.conversions
FROM (SELECT analytics.path_counts('{mail,mail,search,mail,ad}', 3, 30, 0) AS p) AS s, unnest('{ordered,ordered_keys}'::text[]) g, analytics.shapley_credit(p, g) AS c;
SELECT c.* FROM kept, analytics.shapley_credit(p, game => 'rate') AS c;
SELECT c.* FROM kept, analytics.removal_credit(p) AS c;

-- Nothing to share, and nothing at all
SELECT c.* FROM (SELECT analytics.path_counts('{a,b}', 0, 0, 7) AS p) AS s, analytics.markov_credit(p) AS c;
SELECT c.* FROM (SELECT analytics.path_counts('{a}', 4, 0, 0) AS p) AS s, analytics.markov_credit(p, 3) AS c;
SELECT c.* FROM (SELECT analytics.path_counts(path, 0, 0, 0) AS p FROM ways) AS s, analytics.shapley_credit(p, 'rate') AS c;
SELECT count(*) FROM (SELECT analytics.path_counts(path, 0, 0, 0) AS p FROM ways WHERE false) AS s, analytics.markov_credit(p) AS c;
SELECT count(*) FROM analytics.markov_credit(NULL), analytics.markov_order(NULL), analytics.shapley_credit(NULL), analytics.path_counts_summary(NULL);

-- The order of rows, parts added up, parallel scans: the same bytes
SELECT analytics.path_counts(path, conversions, value, nulls ORDER BY nulls DESC, md5(path::text))::text = p::text AS same FROM ways, kept GROUP BY p::text;
SELECT analytics.path_counts_union(part)::text = p::text AS same
FROM (SELECT analytics.path_counts(path, conversions, value, nulls) AS part FROM ways GROUP BY cardinality(path) UNION ALL SELECT NULL) AS parts, kept GROUP BY p::text;
CREATE TABLE many AS SELECT ARRAY['k' || i % 7, 'k' || i % 11, 'k' || i % 3] AS path, i % 2 AS conversions, (i % 1000) / 7.0::float8 * (i % 2) AS value, 1 - i % 2 AS nulls FROM generate_series(1, 20000) AS i;
CREATE TABLE one AS SELECT analytics.path_counts(path, conversions, value, nulls) AS p FROM many;
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
SET max_parallel_workers_per_gather = 2;
SELECT analytics.path_counts(path, conversions, value, nulls)::text = (SELECT p::text FROM one) AS same FROM many;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
RESET max_parallel_workers_per_gather;
-- The same answers again, to the bit.
SELECT count(DISTINCT answer) FROM generate_series(1, 3) AS i, LATERAL (SELECT string_agg(c::text, ',') AS answer FROM one, analytics.markov_credit(p, 2) AS c WHERE i > 0) AS a;

-- From journeys, with those that came to nothing
CREATE TABLE events (client int, at timestamptz, touch_id int, key text, value numeric);
INSERT INTO events VALUES (1, '2024-03-01', 1, 'search', NULL), (1, '2024-03-08', 2, 'email', NULL), (1, '2024-03-09', NULL, NULL, 700), (1, '2024-03-20', 3, 'social', NULL),
    (2, '2024-03-01', 4, 'search', NULL), (2, '2024-07-01', 5, 'email', NULL), (3, '2024-03-01', NULL, NULL, 5);
CREATE TEMP VIEW paths_of AS
SELECT s.name, t.* FROM (
    SELECT 'converters' AS name, analytics.journey_paths(analytics.journeys(client, at, touch_id, key, false, value)) AS p FROM events
    UNION ALL SELECT 'with nulls', analytics.journey_paths(analytics.journeys_with_nulls(client, at, touch_id, key, false, value), nulls => true) FROM events
    UNION ALL SELECT 'with nulls, 200 days', analytics.journey_paths(analytics.journeys_with_nulls(client, at, touch_id, key, false, value), '200 days', nulls => true) FROM events
) AS s, analytics.markov_transitions(p) AS t;
SELECT * FROM paths_of;
SELECT s.* FROM (SELECT analytics.journey_paths(analytics.journeys(client, at, touch_id, key, false, value), converted_before => '2024-03-05') AS p FROM events) AS j, analytics.path_counts_summary(p) AS s;
-- Clients without a conversion change no credit.
SELECT count(*) FROM (SELECT analytics.journeys(client, at, touch_id, key, false, value) AS a, analytics.journeys_with_nulls(client, at, touch_id, key, false, value) AS b FROM events) AS s,
    LATERAL (SELECT * FROM analytics.attribution_credit(a, '{linear}') EXCEPT SELECT * FROM analytics.attribution_credit(b, '{linear}')) AS differing;
-- Linear touch is the same from journeys and from their paths.
SELECT c.key, c.conversions = l.conversions AND c.value = l.value AS same
FROM (SELECT analytics.journeys(client, at, touch_id, key, false, value) AS j FROM events) AS s, analytics.attribution_credit(j, '{linear}') AS c,
    analytics.path_credit(analytics.journey_paths(j), '{linear}') AS l WHERE l.key IS NOT DISTINCT FROM c.key ORDER BY 1;

-- Text and binary forms
SELECT p::text::analytics.path_counts::text = p::text AS same FROM kept;
CREATE TABLE received (LIKE kept);
SELECT format('COPY kept TO PROGRAM %L (FORMAT binary)', 'cat > /tmp/pg_marketing_paths.bin') AS send,
       format('COPY received FROM PROGRAM %L (FORMAT binary)', 'cat /tmp/pg_marketing_paths.bin; rm /tmp/pg_marketing_paths.bin') AS receive \gset
:send;
:receive;
SELECT k.p::text = r.p::text AS same FROM kept AS k, received AS r;
SELECT pg_temp.refusal(format('SELECT %L::analytics.path_counts', v))
FROM unnest(ARRAY['', '\x', 'paths', '\x6d7074630', '\x6d707463', '\x6d7074630100', '\x' || repeat('00', 32), '\xzz']) WITH ORDINALITY AS u(v, n) ORDER BY n;
SELECT left(pg_temp.refusal(format('SELECT %L::analytics.path_counts', replace(p::text, '736561726368', 'ff6561726368'))), 60) FROM kept;
-- Each byte changed: refused as malformed, out of range, or a value that can be asked.
SELECT refusal, count(*) > 0 AS found
FROM kept, generate_series(0, length(p::text) / 2 - 2) AS byte,
    LATERAL (SELECT left(pg_temp.refusal(format(
        'SELECT count(*) FROM analytics.markov_credit(%1$L, 2), analytics.shapley_credit(%1$L, ''rate''), analytics.markov_transitions(%1$L)',
        '\x' || encode(set_byte(decode(substr(p::text, 3), 'hex'), byte, 255 - get_byte(decode(substr(p::text, 3), 'hex'), byte)), 'hex'))), 5) AS refusal) AS r
GROUP BY refusal ORDER BY refusal;

-- Rows and arguments that are refused
SELECT row_of, pg_temp.refusal(format('SELECT analytics.path_counts(%s)', row_of))
FROM unnest(ARRAY['NULL, 1, 1, 1', '''{{a},{b}}'', 1, 1, 1', '''{a}'', -1, 0, 0', '''{a}'', 0, 0, -1', '''{a}'', ''NaN'', 0, 0', '''{a}'', 0, ''infinity'', 0']) WITH ORDINALITY AS u(row_of, n) ORDER BY n;
SELECT call, pg_temp.refusal(format('SELECT count(*) FROM kept, analytics.%s', call))
FROM unnest(ARRAY['markov_credit(p, 0)', 'markov_credit(p, 21)', 'markov_credit(p, NULL)', 'markov_credit(p, 1, NULL)', 'markov_transitions(p, -1)', 'markov_order(p, 0)',
    'shapley_credit(p, ''fair'')', 'shapley_credit(p, NULL)', 'path_credit(p, ''{time_decay}'')', 'path_credit(p, NULL)']) WITH ORDINALITY AS u(call, n) ORDER BY n;

DROP VIEW paths_of;
DROP TABLE ways, kept, many, one, received, events;

-- Frequency, censoring and the other rules of journeys
SELECT (analytics.path_counts_summary(p)).*, t.* FROM (
    SELECT analytics.journey_paths(analytics.journeys_with_nulls(c, timestamptz '2024-01-01' + n * interval '1 day', n, k, false, v), nulls => true, transform => 'frequency', nulls_before => before) AS p
    FROM (VALUES (1, 1, 'a', NULL::numeric), (1, 2, 'b', NULL), (1, 3, 'a', 5), (2, 1, 'a', NULL), (3, 9, 'b', NULL)) e (c, n, k, v), (VALUES (NULL), ('2024-01-08'::timestamptz)) b (before)
    GROUP BY before ORDER BY before) s, analytics.markov_transitions(p) t;
SELECT pg_temp.refusal('SELECT analytics.journey_paths(NULL)'), pg_temp.refusal($$SELECT analytics.journey_paths(analytics.journeys(1, now(), 1, 'a', false, 1), replicate => 0)$$),
       pg_temp.refusal($$SELECT analytics.journey_paths(analytics.journeys(1, now(), 1, 'a', false, 1), max_touches => 0)$$);
SELECT (analytics.path_counts_summary(analytics.journey_paths(analytics.journeys(1, now() - n * interval '1 day', n, n::text, false, CASE n WHEN 0 THEN 1 END), max_touches => 2))).* FROM generate_series(0, 3) n;
-- Transitions straight from the journeys are those of their paths.
CREATE TEMP TABLE walked AS SELECT analytics.journeys_with_nulls(c, timestamptz '2024-01-01' + n * interval '7 hours', n, 'k' || hashint4(n) % 5, false, CASE WHEN hashint4(n + 9) % 6 = 0 THEN 1 END) AS j
FROM (SELECT n, hashint4(n + 5) % 60 AS c FROM generate_series(1, 900) n) x;
SELECT cycle, transform, self_loops, count(*) AS compared, count(*) FILTER (WHERE t IS DISTINCT FROM m) AS different
FROM walked, unnest('{shared,since_previous}'::text[]) cycle, unnest('{none,exposure,first}'::text[]) transform, unnest('{true,false}'::bool[]) self_loops,
    LATERAL (SELECT t, m FROM analytics.journey_transitions(j, '20 days', cycle, nulls => true, transform => transform, self_loops => self_loops, replicate => 5) t
             FULL JOIN analytics.markov_transitions(analytics.journey_paths(j, '20 days', cycle, nulls => true, transform => transform, replicate => 5), 1, self_loops) m USING (from_state, to_state)) x
GROUP BY 1, 2, 3 ORDER BY 1, 2, 3;
SELECT pg_temp.refusal('SELECT analytics.journey_transitions(j, transform => ''frequency'') FROM walked');
