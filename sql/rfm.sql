-- RFM and cohorts on any table: the aggregates against plain SQL, in any order and split, and what happens at the edges.
\i test/fixture/reset.sql
SET DateStyle = 'ISO, YMD';

-- 5000 customers with up to 30 purchases, many of them alike; refunds, and a customer with refunds alone.
CREATE TABLE bought AS
SELECT c AS customer, 'customer ' || c AS name, date '2024-01-01' + (abs(hashint8(c * 37 + i)) % 500) AS day, (abs(hashint8(c + i * 41)) % 30) * CASE WHEN i % 11 = 10 THEN -2.5 ELSE 1.25 END AS amount,
       CASE WHEN i % 11 = 10 THEN 0 ELSE 1 END AS purchases
FROM generate_series(1, 5000) c, LATERAL generate_series(1, 1 + (abs(hashint8(c)) % 900) * (abs(hashint8(c)) % 900) / 27000) i;
INSERT INTO bought VALUES (0, 'customer 0', '2024-02-02', -5, 0);
ALTER TABLE bought SET (parallel_workers = 2);
ANALYZE bought;
CREATE VIEW person AS
SELECT customer, name, max(day) FILTER (WHERE purchases > 0) AS last, sum(purchases) AS n, sum(amount) AS total FROM bought GROUP BY 1, 2 HAVING sum(purchases) > 0;

-- ntile and rank as the window functions of SQL have them, ties by customer.
SELECT count(*) AS customers, count(*) FILTER (WHERE (s.r, s.f, s.m) IS DISTINCT FROM (w.r, w.f, w.m)) AS different
FROM (SELECT analytics.rfm_table(customer, day, amount::float8, purchases) AS t FROM bought) b, analytics.rfm_scores(b.t, method => 'ntile', bins => 7) s
FULL JOIN (SELECT customer, ntile(7) OVER (ORDER BY last, customer) AS r, ntile(7) OVER (ORDER BY n, customer) AS f, ntile(7) OVER (ORDER BY total, customer) AS m FROM person) w ON w.customer::text = s.customer;
SELECT count(*) AS customers, count(*) FILTER (WHERE (s.r, s.f, s.m) IS DISTINCT FROM (w.r, w.f, w.m)) AS different
FROM (SELECT analytics.rfm_table(name, day, amount::float8, purchases) AS t FROM bought) b, analytics.rfm_scores(b.t, method => 'rank') s
FULL JOIN (SELECT name, 1 + (rank() OVER (ORDER BY last) - 1) * 5 / count(*) OVER () AS r, 1 + (rank() OVER (ORDER BY n) - 1) * 5 / count(*) OVER () AS f,
           1 + (rank() OVER (ORDER BY total) - 1) * 5 / count(*) OVER () AS m FROM person) w ON w.name = s.customer;
SELECT count(*) AS customers, count(*) FILTER (WHERE (s.r, s.f, s.m) IS DISTINCT FROM (w.r, w.f, w.m)) AS different
FROM (SELECT analytics.rfm_table(customer, day, amount::float8, purchases) AS t FROM bought) b, analytics.rfm_scores(b.t, method => 'nested', bins => 4) s
FULL JOIN (SELECT *, ntile(4) OVER (PARTITION BY r, f ORDER BY total, customer) AS m
           FROM (SELECT *, ntile(4) OVER (PARTITION BY r ORDER BY n, customer) AS f FROM (SELECT *, ntile(4) OVER (ORDER BY last, customer) AS r FROM person) x) y) w ON w.customer::text = s.customer;
-- quantile by percentile_cont, and by the two small functions.
SELECT count(*) AS customers, count(*) FILTER (WHERE s.f <> 1 + (s.frequency > q.f[1])::int + (s.frequency > q.f[2])::int + (s.frequency > q.f[3])::int) AS f_different,
       count(*) FILTER (WHERE s.m <> analytics.rfm_score(s.monetary, k.breaks)) AS m_different, count(*) FILTER (WHERE (s.recency_days, s.frequency, s.monetary) IS DISTINCT FROM (q.latest - p.last, p.n, p.total::float8)) AS values_different
FROM (SELECT analytics.rfm_table(customer, day, amount::float8, purchases) AS t FROM bought) b, analytics.rfm_scores(b.t, bins => 4) s JOIN person p ON p.customer::text = s.customer,
     (SELECT percentile_cont('{0.25,0.5,0.75}'::float8[]) WITHIN GROUP (ORDER BY n) AS f, max(last) AS latest FROM person) q, (SELECT analytics.rfm_breaks(array_agg(total::float8), 4) AS breaks FROM person) k;
-- The order of the rows and the split among workers do not show; text and integer identifiers score alike.
SELECT analytics.rfm_table(customer, day, amount::float8, purchases ORDER BY md5(ctid::text)) = analytics.rfm_table(customer, day, amount::float8, purchases) AS order_free FROM bought;
CREATE TEMP TABLE serial AS SELECT analytics.rfm_table(name, day, amount::float8, purchases) AS t, analytics.cohort_table(name, day, amount::float8, purchases, 'month') AS c FROM bought;
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0;
EXPLAIN (COSTS OFF) SELECT analytics.rfm_table(name, day, amount::float8, purchases), analytics.cohort_table(name, day, amount::float8, purchases, 'month') FROM bought;
SELECT p.t = s.t AS rfm, p.c = s.c AS cohorts FROM serial s,
    (SELECT analytics.rfm_table(name, day, amount::float8, purchases) AS t, analytics.cohort_table(name, day, amount::float8, purchases, 'month') AS c FROM bought) p;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size;
-- Rows that add up several purchases are as good as these.
SELECT (SELECT analytics.rfm_table(customer, last, total::float8, n::bigint) FROM person) IS NOT NULL AS made, count(*) FILTER (WHERE (a.recency_days, a.frequency, a.monetary, a.rfm_code) IS DISTINCT FROM (b.recency_days, b.frequency, b.monetary, b.rfm_code)) AS different
FROM (SELECT s.* FROM (SELECT analytics.rfm_table(customer, last, total::float8, n::bigint) AS t FROM person) x, analytics.rfm_scores(x.t) s) a
FULL JOIN (SELECT s.* FROM (SELECT analytics.rfm_table(customer, day, amount::float8, purchases) AS t FROM bought) x, analytics.rfm_scores(x.t) s) b USING (customer);
-- Bins that nobody is in are shown, and all customers are in one.
SELECT dimension, count(*) AS bins, sum(customers) AS customers, bool_and(customers = 0 OR upper_break IS NULL OR highest <= upper_break) AS below
FROM (SELECT t.* FROM serial s, analytics.rfm_thresholds(s.t, bins => 10) t) x GROUP BY 1 ORDER BY 1;

-- Edges: nobody, one customer, all alike, more bins than customers, negative and zero money, cents.
SELECT count(*) FROM (SELECT analytics.rfm_table(customer, day, amount::float8, purchases) AS t FROM bought WHERE false) b, analytics.rfm_scores(b.t) s;
SELECT count(*) FROM analytics.rfm_scores(NULL);
SELECT dimension, score, lowest, highest, upper_break, customers FROM (SELECT analytics.rfm_table(1, DATE '2024-01-01', 1, 0) AS t) b, analytics.rfm_thresholds(b.t, bins => 2) s;
SELECT m.method, s.* FROM unnest('{quantile,ntile,rank,nested,rfm_r}'::text[]) m (method), (SELECT analytics.rfm_table(7, DATE '2024-03-01', 0, 1) AS t) b, analytics.rfm_scores(b.t, '2024-03-10', m.method) s;
SELECT m.method, array_agg(s.rfm_code ORDER BY s.customer) FROM unnest('{quantile,ntile,rank,nested,rfm_r}'::text[]) m (method), (SELECT analytics.rfm_table(n, DATE '2024-03-01', 10, 1) AS t FROM generate_series(1, 7) n) b, analytics.rfm_scores(b.t, NULL, m.method) s GROUP BY 1 ORDER BY 1;
SELECT m.method, array_agg(s.rfm_code ORDER BY s.customer) FROM unnest('{quantile,ntile,rank,nested,rfm_r}'::text[]) m (method), (SELECT analytics.rfm_table(n, DATE '2024-03-01' + n, n * 10, n) AS t FROM generate_series(1, 3) n) b, analytics.rfm_scores(b.t, NULL, m.method, 10) s GROUP BY 1 ORDER BY 1;
SELECT array_agg(s.monetary ORDER BY s.customer) AS monetary, array_agg(s.m ORDER BY s.customer) AS m FROM (SELECT analytics.rfm_table(n, DATE '2024-03-01', v, 1) AS t FROM unnest('{-20,-1,0,0,3}'::float8[]) WITH ORDINALITY x (v, n)) b, analytics.rfm_scores(b.t) s;
-- The R package adds 1 to each cut: right for whole numbers, not for cents.
SELECT analytics.rfm_breaks('{0.1,0.2,0.3,0.4,0.5}', 5), analytics.rfm_breaks('{0.1,0.2,0.3,0.4,0.5}', 5, 'rfm_r'), analytics.rfm_breaks('{1,2,3,4,5}', 5, 'rfm_r'), analytics.rfm_breaks('{}'), analytics.rfm_breaks(NULL);
SELECT s.customer, s.m, r.m AS m_of_r FROM (SELECT analytics.rfm_table(n, DATE '2024-03-01', n / 10.0, 1) AS t FROM generate_series(1, 5) n) b, analytics.rfm_scores(b.t) s, analytics.rfm_scores(b.t, method => 'rfm_r') r WHERE s.customer = r.customer ORDER BY 1;
-- A value on a cut belongs below it, days too.
SELECT s.customer, s.recency_days, s.r, s.frequency, s.f, s.monetary, s.m FROM (SELECT analytics.rfm_table(n, DATE '2024-03-31' - 10 * n, 100 * n, n) AS t FROM generate_series(0, 3) n WHERE n > 0) b,
    analytics.rfm_scores(b.t, '2024-03-31', 'breaks', r_breaks => '{10,20}', f_breaks => '{1,2}', m_breaks => '{100,200}') s ORDER BY 1;
SELECT analytics.rfm_score(5, '{1,5,9}'), analytics.rfm_score(5.01, '{1,5,9}'), analytics.rfm_score(5, '{1,5,9}', true), analytics.rfm_score(NULL, '{1}'), analytics.rfm_score(1, NULL), analytics.rfm_score(1, '{}'), analytics.rfm_score('infinity', '{1}');
-- A day is what the caller says it is: midnight in Kyiv is still the day before in UTC.
SELECT (at AT TIME ZONE zone)::date, s.recency_days FROM (SELECT timestamptz '2024-06-01 00:00+03' AS at) x, unnest('{Europe/Kyiv,UTC}'::text[]) zone,
    LATERAL (SELECT analytics.rfm_table(1, z.day, 1, 1) AS t FROM (SELECT (at AT TIME ZONE zone)::date AS day OFFSET 0) z) b, analytics.rfm_scores(b.t, '2024-06-02') s;

-- Mistakes.
SELECT analytics.rfm_table(NULL::int, day, 1, 1) FROM bought;
SELECT analytics.rfm_table(customer, NULL, 1, 1) FROM bought;
SELECT analytics.rfm_table(customer, day, 1, NULL) FROM bought;
SELECT analytics.rfm_table(customer, 'infinity', 1, 1) FROM bought;
SELECT analytics.rfm_table(customer, day, 'NaN', 1) FROM bought;
SELECT analytics.rfm_table(customer, day, 1e14, 1) FROM bought;
SELECT analytics.rfm_table(customer, day, 1, -1) FROM bought;
SELECT analytics.rfm_table(customer::float8, day, 1, 1) FROM bought;
SELECT analytics.purchases(customer::float8, day, 1, false) FROM bought;
-- Customers of other types are known by what they print; equal numbers are one.
SELECT s.customer, s.frequency FROM (SELECT analytics.rfm_table(c, d, 1, 1) AS t FROM (VALUES (1.0, date '2025-01-01'), (1.00, '2025-01-03'), (2, '2025-01-02')) v (c, d)) b, analytics.rfm_scores(b.t, bins => 2) s ORDER BY 1;
SELECT s.customer, s.frequency FROM (SELECT analytics.rfm_table(uuid '00000000-0000-4000-8000-000000000001', date '2025-01-01', 1, 1) AS t) b, analytics.rfm_scores(b.t, bins => 2) s;
SELECT count(*) FROM (SELECT analytics.rfm_table(customer, day, 9e13, 1) FROM bought, generate_series(1, 3) WHERE customer = 1) x;
SELECT analytics.rfm_table(1, DATE '2024-01-01', 9e13, 1) IS NOT NULL FROM generate_series(1, 12);
SELECT * FROM serial s, analytics.rfm_scores(s.t, '2024-01-01');
SELECT * FROM serial s, analytics.rfm_scores(s.t, method => 'quartile');
SELECT * FROM serial s, analytics.rfm_scores(s.t, bins => 1);
SELECT * FROM serial s, analytics.rfm_scores(s.t, bins => NULL);
SELECT * FROM serial s, analytics.rfm_scores(s.t, method => 'breaks', r_breaks => '{5}', f_breaks => '{3,2}', m_breaks => '{1}');
SELECT * FROM serial s, analytics.rfm_scores(s.t, method => 'breaks', r_breaks => '{5,NULL}', f_breaks => '{3}', m_breaks => '{1}');
SELECT * FROM analytics.rfm_scores('\x00');
SELECT * FROM serial s, analytics.rfm_scores(substr(s.t, 1, 1000));
SELECT analytics.rfm_breaks('{1,2}', 11);
SELECT analytics.rfm_breaks('{1,2}', 3, 'ntile');
SELECT analytics.rfm_breaks('{1,NaN}');
SELECT analytics.rfm_score('NaN', '{1}');
SELECT analytics.rfm_score(1, '{1,NULL}');
-- Neither value is taken for the other.
SELECT * FROM serial s, analytics.rfm_scores(s.c);
SELECT * FROM serial s, analytics.cohort(s.t);
SELECT * FROM serial s, analytics.cohort(substr(s.c, 1, 100));
-- Values of disjoint sets of customers add up, in parallel too: the same bytes as in one go. What was added up twice counts twice.
CREATE TEMP TABLE part AS
    SELECT hashtext(name) % 5 AS bucket, analytics.rfm_table(name, day, amount::float8, purchases) AS t,
           analytics.cohort_table(name, day, amount::float8, purchases, 'month') AS c
    FROM bought GROUP BY 1;
INSERT INTO part VALUES (NULL, NULL, NULL);
SELECT u.t = s.t AS rfm, u.c = s.c AS cohorts
FROM (SELECT analytics.rfm_table_union(t) AS t, analytics.cohort_table_union(c) AS c FROM part) u, serial s;
SELECT sum(r.frequency) = 2 * sum(o.frequency) AS twice, bool_and(r.monetary = 2 * o.monetary) AS money
FROM serial s, LATERAL (SELECT analytics.rfm_table_union(t) AS t FROM (VALUES (s.t), (s.t)) v (t)) u, analytics.rfm_scores(u.t) r
JOIN analytics.rfm_scores(s.t) o USING (customer);
SELECT count(r) FROM (SELECT analytics.rfm_table_union(t) AS t FROM part WHERE false) u, analytics.rfm_scores(u.t) r;
SELECT analytics.rfm_table_union(c) FROM serial;
SELECT analytics.cohort_table_union(t) FROM serial;
SELECT analytics.cohort_table_union(c) FROM (SELECT c FROM serial UNION ALL SELECT analytics.cohort_table(1, '2025-01-01', 1, 1, 'week')) c;
SELECT analytics.rfm_table_union(t) FROM (SELECT t FROM serial UNION ALL SELECT analytics.rfm_table(1, '2025-01-01', 1, 1)) t;
DROP TABLE bought CASCADE;
