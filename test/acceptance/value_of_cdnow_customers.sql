-- CDNOW: 69,659 purchases of 23,570 customers over 78 weeks, and a tenth of them with published models. The whole way: source, refresh,
-- value of each customer, hold-out.
\ir prelude.sql
CREATE TABLE raw.purchases (customer_id int, order_date date, units int, revenue numeric);
\set copy '\\copy raw.purchases from ' :data_dir '/customers/cdnow_master.csv csv header'
:copy
ALTER TABLE raw.purchases ADD purchase_id bigint GENERATED ALWAYS AS IDENTITY;
-- Two rows that no customer made.
INSERT INTO raw.purchases VALUES (NULL, '1997-05-05', 1, 10), (NULL, '1997-05-06', 1, 12);
SELECT analytics.register_source('transactions', 'raw.purchases', '{"transaction_id": "purchase_id", "client_id": "customer_id", "occurred_at": "order_date", "amount": "revenue", "quantity": "units"}');
CALL analytics.refresh();
SELECT pg_temp.same('accounts', (rows_read, loaded, deduplicated, rejected)::text, '(69661,69659,0,2)') FROM analytics.refresh_status();
SELECT pg_temp.same('refused', count(*), 2::bigint) FROM warehouse.rejected_rows WHERE source_row ->> 'customer_id' IS NULL;

-- Histories against plain SQL over the raw rows.
CREATE TEMP TABLE plain AS
SELECT customer_id, count(*) - 1 AS frequency, max(order_date) - min(order_date) AS recency, date '1998-06-30' - min(order_date) AS age,
       sum(revenue) AS total, sum(revenue) FILTER (WHERE place > 1) / NULLIF(count(*) - 1, 0) AS mean
FROM (SELECT customer_id, order_date, sum(revenue) AS revenue, row_number() OVER (PARTITION BY customer_id ORDER BY order_date) AS place
      FROM raw.purchases WHERE customer_id IS NOT NULL GROUP BY 1, 2) d GROUP BY 1;
CREATE TEMP TABLE value AS SELECT * FROM analytics.customer_value(horizon => '39 weeks', row_limit => 100000);
SELECT pg_temp.same('customers', count(*), 23570::bigint) FROM value;
SELECT pg_temp.same('histories that differ', count(*), 0::bigint)
FROM plain p FULL JOIN value v ON v.client_id = p.customer_id::text
WHERE (v.purchases - 1, v.last_purchase - v.first_purchase, date '1998-06-30' - v.first_purchase, round(v.total_spend, 4), v.mean_spend)
    IS DISTINCT FROM (p.frequency, p.recency, p.age, round(p.total, 4), round(p.mean, 4));
SELECT pg_temp.same(model || ' ' || reason, converged, true) FROM warehouse.purchase_model;
SELECT pg_temp.same('spend ' || reason, converged, true) FROM warehouse.spend_model;
SELECT pg_temp.same('all alive or not', bool_and(p_alive > 0 AND p_alive <= 1 AND expected_purchases >= 0 AND clv >= 0), true) FROM value;
-- MBG/NBD was to hold 1057.6 of 2357 alive; BG/NBD holds everybody who bought once for alive.
SELECT pg_temp.same('alive by bgnbd', bool_and(p_alive = 1), true) FROM analytics.customer_value(model => 'bgnbd', row_limit => 100000) WHERE purchases = 1;
-- Half of the weeks foretell the other half: the total within 20 percent, and customers who bought more before buy more after.
CREATE TEMP TABLE holdout AS SELECT * FROM analytics.customer_value_holdout('1997-09-30', '1998-06-30');
SELECT pg_temp.same('rows', count(*), 9::bigint), pg_temp.same('customers', max(customers), 23570::bigint) FROM holdout;
SELECT pg_temp.same('actual purchases', actual_purchases, (SELECT count(*) FROM (SELECT DISTINCT customer_id, order_date FROM raw.purchases WHERE customer_id IS NOT NULL AND order_date > '1997-09-30') d)),
       pg_temp.close('expected purchases', expected_purchases, actual_purchases, 0.2)
FROM holdout WHERE repeat_purchases = 'all';
SELECT pg_temp.close('expected mean of ' || repeat_purchases, expected_mean, actual_mean, 0.35) FROM holdout;
SELECT pg_temp.same('in order', bool_and(expected_mean > before), true)
FROM (SELECT expected_mean, lag(expected_mean) OVER (ORDER BY repeat_purchases) AS before FROM holdout WHERE repeat_purchases <> 'all') h WHERE before IS NOT NULL;

-- The published tenth, 39 weeks of it: from its purchases to its models, to each customer's value.
CREATE TABLE raw.sample (master_id int, customer_id int, order_date date, units int, revenue numeric);
\set copy '\\copy raw.sample from ' :data_dir '/customers/cdnow_sample.csv csv header'
:copy
CREATE TABLE raw.expected (id int, x bigint, t_x float8, t float8, zbar float8);
\set copy '\\copy raw.expected from ' :data_dir '/customers/cdnow_customers_summary_with_transactions.csv csv header'
:copy
CREATE TABLE raw.clv (customer_id int, frequency bigint, recency float8, t float8, monetary_value float8, p_alive float8, purchases float8, spend float8, clv float8);
\set copy '\\copy raw.clv from ' :data_dir '/customers/oracle_clv_cdnow_sample.csv csv header'
:copy
CREATE TEMP TABLE history AS
SELECT s.* FROM (SELECT analytics.purchases(customer_id, order_date, revenue, false) AS p FROM raw.sample) x, analytics.purchase_summary(x.p, '1997-09-30', 7, '1998-06-30') s;
SELECT pg_temp.same('customers of the sample', count(*), 2357::bigint) FROM history;
SELECT pg_temp.same('histories that differ', count(*), 0::bigint)
FROM history h FULL JOIN raw.expected e ON e.id = h.customer::int
WHERE h.frequency IS DISTINCT FROM e.x OR abs(h.recency - e.t_x) > 0.00501 OR abs(h.age - e.t) > 0.00501 OR abs(COALESCE(h.monetary_value, 0) - e.zbar) > 0.0101;
SELECT pg_temp.close('alpha from days', ((analytics.bgnbd_fit(frequency, recency, age)).alpha), 4.414, 2e-3), pg_temp.close('likelihood', ((analytics.bgnbd_fit(frequency, recency, age)).log_likelihood), -9582.4, 1e-4) FROM history;
CREATE TEMP TABLE fitted AS SELECT analytics.bgnbd_fit(x, t_x, t) AS b, analytics.mbgnbd_fit(x, t_x, t) AS m, analytics.gamma_gamma_fit(x, zbar) AS s FROM raw.expected;
SELECT pg_temp.close('r', (b).r, 0.2425929072044659, 1e-8), pg_temp.close('alpha', (b).alpha, 4.413531561205426, 1e-8), pg_temp.close('a', (b).a, 0.7928861480987551, 1e-8),
       pg_temp.close('b', (b).b, 2.42575343649357, 1e-8), pg_temp.close('log likelihood', (b).log_likelihood, -9582.42556056736, 1e-10),
       pg_temp.close('log likelihood of mbgnbd', (m).log_likelihood, -9582.132684899918, 1e-10), pg_temp.close('p', (s).p, 6.248802489708825, 1e-8),
       pg_temp.close('q', (s).q, 3.7445884532875238, 1e-8), pg_temp.close('gamma', (s).gamma, 15.447748009464682, 1e-8), pg_temp.close('log likelihood of spend', (s).log_likelihood, -4055.923243502864, 1e-10)
FROM fitted;
SELECT pg_temp.same('values', count(*), 2357::bigint), pg_temp.close('sum of values', sum(analytics.lifetime_value(f.b, f.s, e.x, e.t_x, e.t, e.zbar, 12, 4.345, 0.01)), 71509.8979, 1e-8),
       pg_temp.close('furthest off', max(abs(analytics.lifetime_value(f.b, f.s, e.x, e.t_x, e.t, e.zbar, 12, 4.345, 0.01) - c.clv) / greatest(1, c.clv)), 0, 1e-8),
       pg_temp.close('p_alive off', max(abs(analytics.p_alive(f.b, e.x, e.t_x, e.t) - c.p_alive)), 0, 1e-9)
FROM fitted f, raw.expected e JOIN raw.clv c ON c.customer_id = e.id;
