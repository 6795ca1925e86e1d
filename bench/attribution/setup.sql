-- Deterministic data: 10 million touches of 1 million clients over a year, in order of time; 3 % of the clients convert, half of
-- those twice. A conversion is a row without touch_id. Needs the variables :touches and :noop.
CREATE SCHEMA marketing_bench;
SET search_path TO marketing_bench, pg_catalog;

CREATE UNLOGGED TABLE by_number AS
SELECT client, occurred_at, touch_id, key, is_paid, value
FROM (
    SELECT (hashint8(i) & 2147483647) % (:touches / 10) AS client,
           timestamptz '2024-01-01 00:00+00' + i * (interval '365 days' / :touches) AS occurred_at,
           i AS touch_id,
           (hashint8(i + 77777777777) & 2147483647) % 12 AS key,
           (hashint8(i + 77777777777) & 2147483647) % 12 < 5 AS is_paid,
           NULL::float8 AS value
    FROM generate_series(1, :touches::bigint) AS i
    UNION ALL
    SELECT c, timestamptz '2024-01-01 00:00+00' + (hashint8(c + n * 10000019) & 2147483647) % 31536000 * interval '1 second',
           NULL, NULL, NULL, 10 + (hashint8(c + n) & 2147483647) % 9000 / 100.0
    FROM generate_series(0, :touches / 10 - 1, 33) AS c, generate_series(1, 2) AS n
    WHERE n = 1 OR c % 2 = 0
) AS r
ORDER BY occurred_at;

CREATE UNLOGGED TABLE by_text AS
SELECT client, occurred_at, touch_id,
       (ARRAY['google', 'yandex', 'facebook', 'vk', 'mytarget', 'direct', 'organic', 'email', 'referral', 'telegram', 'partner network',
              'offline events'])[key + 1] AS key,
       is_paid, value
FROM by_number;

-- As many touches, and a conversion of each client.
CREATE UNLOGGED TABLE by_many AS
SELECT * FROM (
    SELECT * FROM by_number WHERE touch_id IS NOT NULL
    UNION ALL
    SELECT c, timestamptz '2024-01-01 00:00+00' + (hashint8(c + 10000019) & 2147483647) % 31536000 * interval '1 second',
           NULL, NULL, NULL, 10 + (hashint8(c + 1) & 2147483647) % 9000 / 100.0
    FROM generate_series(0, :touches / 10 - 1) AS c
) AS r
ORDER BY occurred_at;

-- Paths of a thousand keys for Markov chains of order 3, and of thirty for Shapley values.
CREATE TABLE paths AS
SELECT keys, analytics.path_counts(path, conversions, 10 * conversions, 20 - conversions) AS paths
FROM (SELECT keys, n, array_agg('key ' || (hashint8(n * 31 + i) & 2147483647) % keys % (1 + (hashint8(n + i * 7) & 2147483647) % keys) ORDER BY i) AS path, n % 5 AS conversions
      FROM (VALUES (1000, 100000), (30, 100000)) AS k (keys, paths), generate_series(1, paths) AS n, generate_series(1, 1 + n % 6) AS i GROUP BY keys, n) AS p
GROUP BY keys;

VACUUM ANALYZE by_number;
VACUUM ANALYZE by_many;
VACUUM ANALYZE by_text;

CREATE FUNCTION noop(bigint, "any", timestamptz, "any", "any", boolean, "any") RETURNS bigint
    LANGUAGE c IMMUTABLE PARALLEL SAFE AS :'noop', 'bench_noop';
CREATE AGGREGATE noop(client "any", occurred_at timestamptz, touch_id "any", key "any", is_paid boolean, value "any") (
    SFUNC = noop, STYPE = bigint, INITCOND = '0', PARALLEL = SAFE);

-- Journeys that are kept, those of a tenth of the clients who all convert, and rows as credit_touches() makes of them.
CREATE TABLE kept AS
SELECT analytics.journeys(client, occurred_at, touch_id, key, is_paid, value) AS journeys FROM by_many WHERE client % 10 = 0;
CREATE TABLE touch_row AS
SELECT c.* FROM kept, analytics.credit_touches(journeys, '{linear}', lookback => '30 days') AS c LIMIT 1;
CREATE TABLE touch_rows AS
SELECT count(*) AS n FROM kept, analytics.credit_touches(journeys, '{linear}', lookback => '30 days') AS c;
CREATE FUNCTION same_rows(anyelement, bigint) RETURNS SETOF anyelement LANGUAGE c AS :'noop', 'bench_rows';
