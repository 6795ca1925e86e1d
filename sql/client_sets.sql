-- Sets of clients: how many clients several of them have together is what count(DISTINCT) says.
\i test/fixture/reset.sql
CREATE SCHEMA raw;
-- Days on which some clients come, from few and near to many and far apart; on some nobody does.
CREATE TABLE raw.visit AS
SELECT w AS world, (h >> 3) % 20 AS day, (h >> 8)::bigint % (1::bigint << (4 + w)) * CASE w % 3 WHEN 0 THEN 1 ELSE 999983 END AS client
FROM generate_series(1, 12) w, generate_series(1, 400) i, LATERAL (SELECT ('x' || left(md5(w || ' ' || i), 8))::bit(32)::bigint) r (h);
CREATE TABLE raw.day AS SELECT world, day, analytics_internal.client_set(array_agg(client ORDER BY md5(client::text))) AS clients FROM raw.visit GROUP BY world, day;
SELECT count(*) AS questions, count(*) FILTER (WHERE q.counted IS DISTINCT FROM q.truth) AS wrong, count(*) FILTER (WHERE q.joined IS DISTINCT FROM q.set_of_all) AS otherwise
FROM (
    SELECT analytics_internal.count_clients(d.clients) AS counted, (SELECT count(DISTINCT v.client) FROM raw.visit v WHERE v.world = w AND v.day BETWEEN f AND f + n) AS truth,
           analytics_internal.union_clients(d.clients) AS joined,
           (SELECT analytics_internal.client_set(COALESCE(array_agg(v.client), '{}')) FROM raw.visit v WHERE v.world = w AND v.day BETWEEN f AND f + n) AS set_of_all
    FROM generate_series(1, 12) w CROSS JOIN generate_series(-2, 20) f CROSS JOIN unnest('{0,1,6,30}'::int[]) n
    LEFT JOIN raw.day d ON d.world = w AND d.day BETWEEN f AND f + n
    GROUP BY w, f, n) q;
-- By workers it is the same.
SET parallel_setup_cost = 0;
SET parallel_tuple_cost = 0;
SET min_parallel_table_scan_size = 0;
CREATE TABLE raw.apart AS SELECT d.* FROM raw.day d, generate_series(1, 40);
ANALYZE raw.apart;
EXPLAIN (COSTS OFF) SELECT analytics_internal.count_clients(clients) FROM raw.apart;
SELECT world, analytics_internal.count_clients(clients) = (SELECT count(DISTINCT client) FROM raw.visit v WHERE v.world = a.world) AS counted FROM raw.apart a GROUP BY world HAVING world IN (1, 12) ORDER BY world;
RESET parallel_setup_cost;
RESET parallel_tuple_cost;
RESET min_parallel_table_scan_size;
-- Of nobody, of nothing known, and of what is no set.
SELECT analytics_internal.count_clients(c) FROM unnest('{}'::bytea[]) c;
SELECT analytics_internal.count_clients(c) FROM (VALUES (NULL), (analytics_internal.client_set('{3,7}')), (analytics_internal.client_set('{}'))) v (c);
SELECT analytics_internal.client_set(NULL) IS NULL AS nothing, analytics_internal.union_clients(c) = analytics_internal.client_set('{}') AS nobody FROM unnest('{}'::bytea[]) c;
SELECT analytics_internal.count_clients(c) FROM (SELECT analytics_internal.client_set('{-9223372036854775808,-1,0,1,9223372036854775807}')) v (c);
SELECT analytics_internal.client_set('{1,NULL}');
SELECT analytics_internal.client_set('{{1},{2}}');
SELECT analytics_internal.count_clients('\x');
SELECT analytics_internal.count_clients('\x434c535401000500');
SELECT analytics_internal.count_clients(substr(analytics_internal.client_set('{500}'), 1, 7));
DROP SCHEMA raw CASCADE;
