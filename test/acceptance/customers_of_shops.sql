-- Customers of three shops: the orders that the R package rfm scores, CDNOW's 23,570 customers of 1997, and a wholesaler's 541,909 lines with
-- returns and without customers; through sources and refresh to dashboard, segments and cohorts.
\ir prelude.sql
\pset pager off

-- The R package rfm, and other ways to score, on the same orders.
CREATE TABLE raw.orders (customer_id text, order_date date, revenue numeric);
\set copy '\\copy raw.orders from ' :data_dir '/customers/rfm_data_orders.csv csv header'
:copy
CREATE TABLE raw.of_r (customer_id text, segment text, rfm_score text, transaction_count bigint, recency_days int, amount float8, recency_score int, frequency_score int, monetary_score int);
\set copy '\\copy raw.of_r from ' :data_dir '/customers/oracle_rfm_R_orders.csv csv header'
:copy
CREATE TABLE raw.variants (customer_id text, last date, frequency bigint, monetary float8, recency_days int, r_ntile int, f_ntile int, m_ntile int, r_cut int, r_rank int, f_cut int, f_rank int,
    m_cut int, m_rank int, f_nested int, m_nested int, segment_rf10_cut text);
\set copy '\\copy raw.variants from ' :data_dir '/customers/oracle_rfm_scoring_variants_orders.csv csv header'
:copy
CREATE TEMP TABLE orders AS SELECT analytics.rfm_table(customer_id, order_date, revenue::float8, 1) AS t FROM raw.orders;
SELECT pg_temp.same('customers as R scores them', count(*), 995::bigint), pg_temp.same('score by score', count(*) FILTER (WHERE (s.recency_days, s.frequency, s.monetary, s.r, s.f, s.m, s.rfm_code, k.segment)
    IS DISTINCT FROM (o.recency_days, o.transaction_count, o.amount, o.recency_score, o.frequency_score, o.monetary_score, o.rfm_score, o.segment)), 0::bigint)
FROM orders, analytics.rfm_scores(orders.t, '2006-12-31', 'rfm_r') s JOIN analytics.rfm_segments('rfm_r') k USING (r, f, m) FULL JOIN raw.of_r o ON o.customer_id = s.customer;
SELECT pg_temp.same('quantiles', count(*) FILTER (WHERE (s.last_day, s.r, s.f, s.m, k.segment) IS DISTINCT FROM (v.last, v.r_cut, v.f_cut, v.m_cut, v.segment_rf10_cut)), 0::bigint), pg_temp.same('of all', count(*), 995::bigint)
FROM orders, analytics.rfm_scores(orders.t, '2006-12-31') s JOIN analytics.rfm_segments('rf10') k USING (r, f, m) FULL JOIN raw.variants v ON v.customer_id = s.customer;
SELECT pg_temp.same('bins of equal size', count(*) FILTER (WHERE (s.r, s.f, s.m) IS DISTINCT FROM (v.r_ntile, v.f_ntile, v.m_ntile)), 0::bigint)
FROM orders, analytics.rfm_scores(orders.t, '2006-12-31', 'ntile') s FULL JOIN raw.variants v ON v.customer_id = s.customer;
SELECT pg_temp.same('ranks', count(*) FILTER (WHERE (s.r, s.f, s.m) IS DISTINCT FROM (v.r_rank, v.f_rank, v.m_rank)), 0::bigint)
FROM orders, analytics.rfm_scores(orders.t, '2006-12-31', 'rank') s FULL JOIN raw.variants v ON v.customer_id = s.customer;
SELECT pg_temp.same('nested bins', count(*) FILTER (WHERE (s.r, s.f, s.m) IS DISTINCT FROM (v.r_ntile, v.f_nested, v.m_nested)), 0::bigint)
FROM orders, analytics.rfm_scores(orders.t, '2006-12-31', 'nested') s FULL JOIN raw.variants v ON v.customer_id = s.customer;

-- The segment tables are whole.
CREATE TABLE raw.codes (rfm_code text, segment text);
\set copy '\\copy raw.codes from ' :data_dir '/customers/segment_map_125.csv csv header'
:copy
CREATE TABLE raw.grid (r int, f int, segment text);
\set copy '\\copy raw.grid from ' :data_dir '/customers/segment_map_rf25.csv csv header'
:copy
SELECT pg_temp.same('codes', count(*) FILTER (WHERE k.segment = c.segment), 125::bigint) FROM analytics.rfm_segments('codes11') k JOIN raw.codes c ON c.rfm_code = k.r || '' || k.f || k.m;
SELECT pg_temp.same('grid', count(*) FILTER (WHERE k.segment = g.segment), 125::bigint) FROM analytics.rfm_segments('rf10') k JOIN raw.grid g USING (r, f);

-- CDNOW, and the wholesaler as business 2: an order is an invoice; returns are invoices of their own.
CREATE TABLE raw.cdnow (id bigint GENERATED ALWAYS AS IDENTITY, customer_id int, order_date date, units int, revenue numeric);
\set copy '\\copy raw.cdnow (customer_id, order_date, units, revenue) from ' :data_dir '/customers/cdnow_master.csv csv header'
:copy
CREATE TABLE raw.retail (id bigint GENERATED ALWAYS AS IDENTITY, invoice text, stock text, description text, quantity int, sold_at timestamp, price numeric, customer text, country text);
\set copy '\\copy raw.retail (invoice, stock, description, quantity, sold_at, price, customer, country) from program ''gzip -dc ' :data_dir '/customers/online_retail.csv.gz'' csv header'
:copy
SELECT analytics.configure(currency => 'GBP', reporting_timezone => 'Europe/London', fiscal_year_start_month => 12, business_id => 2);
SELECT analytics.register_source('transactions', 'raw.cdnow', '{"transaction_id": "id", "client_id": "customer_id", "occurred_at": "order_date", "amount": "revenue", "quantity": "units"}');
SELECT analytics.register_source('transactions', 'raw.retail', '{"transaction_id": "id", "client_id": "customer", "occurred_at": "sold_at", "amount": "quantity * price", "order_id": "invoice",
    "product_id": "stock"}', options => '{"append_only": true}', business_id => 2);
CALL analytics.refresh();

-- Every line is loaded or refused, and every refused one has no customer.
SELECT pg_temp.same('lines', w.rows_read, 541909::bigint), pg_temp.same('without a customer', w.rejected, (SELECT count(*) FROM raw.retail WHERE customer IS NULL)),
       pg_temp.same('as documented', w.rejected, 135080::bigint), pg_temp.same('loaded', w.loaded, 541909 - 135080::bigint)
FROM warehouse.source_watermark w WHERE w.business_id = 2;
SELECT pg_temp.same('the reason', array_agg(DISTINCT reason), '{"client_id is missing"}'), pg_temp.same('in quarantine', sum(occurrences), 135080::numeric) FROM warehouse.rejected_rows WHERE business_id = 2;
SELECT pg_temp.same('money of the loaded', sum(amount), (SELECT sum(quantity * price)::numeric(18,4) FROM raw.retail WHERE customer IS NOT NULL)) FROM warehouse.fact_transactions WHERE business_id = 2;

-- The cohorts of CDNOW.
CREATE TABLE raw.cohorts (cohort text, k int, size bigint, customers bigint, retention float8, orders bigint, revenue numeric, cum_revenue_per_customer float8);
\set copy '\\copy raw.cohorts from ' :data_dir '/customers/oracle_cohort_cdnow_month.csv csv header'
:copy
SELECT pg_temp.same('cohort cells', count(*), 51::bigint), pg_temp.same('that differ', count(*) FILTER (WHERE (c.size, c.customers, c.orders, c.revenue) IS DISTINCT FROM (o.size, o.customers, o.orders, o.revenue)
    OR abs(c.retention - o.retention) > 1e-11 OR abs(c.cumulative_revenue_per_customer - o.cum_revenue_per_customer) > 1e-9), 0::bigint)
FROM analytics.cohorts(business_id => 1) c FULL JOIN raw.cohorts o ON (o.cohort, o.k) = (to_char(c.cohort, 'YYYY-MM'), c.k);

-- Ties: half of CDNOW's customers bought once. Quantiles score them alike and leave 2 to nobody; ntile scatters them; R's cuts move 660 by their cents.
SELECT pg_temp.same('bought once', count(*) FILTER (WHERE frequency = 1), 11908::bigint), pg_temp.same('one score for them', count(DISTINCT f) FILTER (WHERE frequency = 1), 1::bigint),
       pg_temp.same('scores of frequency', array_agg(DISTINCT f), '{1,3,4,5}'), pg_temp.same('customers', count(*), 23570::bigint) FROM analytics.customer_rfm(business_id => 1);
SELECT pg_temp.same('scattered by ntile', array_agg(DISTINCT f) FILTER (WHERE frequency = 1), '{1,2,3}') FROM analytics.customer_rfm(method => 'ntile', business_id => 1);
SELECT pg_temp.same('scored otherwise by R', count(*) FILTER (WHERE a.m <> b.m), 660::bigint) FROM analytics.customer_rfm(business_id => 1) a JOIN analytics.customer_rfm(method => 'rfm_r', business_id => 1) b USING (client_key);

-- The dashboard from the raw lines, whole and in part.
CREATE VIEW raw.purchase AS
SELECT 1 AS business, customer_id::text AS client, order_date AS day, revenue AS total FROM raw.cdnow
UNION ALL SELECT 2, customer, sold_at::date, sum(quantity * price) FROM raw.retail WHERE customer IS NOT NULL GROUP BY customer, invoice, sold_at::date;
CREATE FUNCTION pg_temp.check_dashboard(biz int, first date, last date) RETURNS void LANGUAGE sql AS $$
    WITH first AS MATERIALIZED (
        SELECT client, min(day) AS day FROM raw.purchase WHERE business = biz AND total >= 0 GROUP BY client
    ), person AS (
        SELECT client, max(p.day) FILTER (WHERE total >= 0) AS last, count(*) FILTER (WHERE total >= 0) AS orders, sum(total) AS total,
               -- On a day of the period that another day of purchase precedes, be it before the period.
               max(p.day) FILTER (WHERE total >= 0) > min(f.day) AS returned
        FROM raw.purchase p JOIN first f USING (client)
        WHERE business = biz AND (check_dashboard.first IS NULL OR p.day >= check_dashboard.first) AND (check_dashboard.last IS NULL OR p.day <= check_dashboard.last) GROUP BY client HAVING bool_or(total >= 0)
    ), cut AS (SELECT COALESCE(check_dashboard.last, max(p.last)) AS as_of FROM person p
    ), d AS (SELECT analytics.customer_dashboard(check_dashboard.first, check_dashboard.last, business_id => biz) AS d)
    SELECT pg_temp.same('customers of ' || biz, (d -> 'kpi' ->> 'total_customer')::bigint, (SELECT count(*) FROM person)),
           pg_temp.same('orders', (d -> 'kpi' ->> 'orders')::bigint, (SELECT sum(orders)::bigint FROM person)), pg_temp.same('revenue', (d -> 'kpi' ->> 'revenue')::numeric, (SELECT sum(total)::numeric(18,4) FROM person)),
           pg_temp.same('returned', (d -> 'kpi' ->> 'returned_customers')::bigint, (SELECT count(*) FILTER (WHERE returned) FROM person)),
           pg_temp.same('visits', (SELECT jsonb_object_agg(x ->> 'f_value_bucket', x -> 'total_customer') FROM jsonb_array_elements(d -> 'visits_data') x),
               (SELECT jsonb_object_agg(k, n) FROM (SELECT CASE WHEN orders > 10 THEN '>10' ELSE orders::text END AS k, count(*) AS n FROM person GROUP BY 1) v)),
           pg_temp.same('recency', (SELECT jsonb_object_agg(x ->> 'r_value_bucket', x -> 'total_customer') FROM jsonb_array_elements(d -> 'r_value_bucket_data') x),
               (SELECT jsonb_object_agg(k, n) FROM (SELECT CASE WHEN as_of - last <= 200 THEN '1-200' WHEN as_of - last <= 400 THEN '200-400' ELSE '400-600' END AS k, count(*) AS n FROM person, cut GROUP BY 1) v)),
           pg_temp.same('refunds outweigh', COALESCE((SELECT (x ->> 'total_customer')::bigint FROM jsonb_array_elements(d -> 'value_data') x WHERE x ->> 'm_value_bucket' = '0 or less'), 0), (SELECT count(*) FILTER (WHERE total <= 0) FROM person)),
           pg_temp.same('each once', (SELECT array_agg(DISTINCT n) FROM (SELECT sum((x ->> 'total_customer')::bigint) AS n FROM jsonb_each(d) e, jsonb_array_elements(e.value) x WHERE e.key NOT IN ('kpi', 'fiscal_year_data') GROUP BY e.key) v), ARRAY[(SELECT count(*)::numeric FROM person)])
    FROM d
$$;
SELECT pg_temp.check_dashboard(1, NULL, NULL), pg_temp.check_dashboard(1, '1997-04-01', '1998-03-31'), pg_temp.check_dashboard(2, NULL, NULL), pg_temp.check_dashboard(2, '2011-03-01', '2011-06-30');
SELECT pg_temp.same('fiscal years from December', array_agg((fiscal_year, new_customers, returning_customers)::text ORDER BY fiscal_year), (
    WITH first AS (SELECT client, min(day) AS day FROM raw.purchase WHERE business = 2 AND total >= 0 GROUP BY client), bought AS (
        SELECT DISTINCT p.client, CASE WHEN p.day < '2011-12-01' THEN 2011 ELSE 2012 END AS year, CASE WHEN f.day < '2011-12-01' THEN 2011 ELSE 2012 END AS first FROM raw.purchase p JOIN first f USING (client) WHERE p.business = 2 AND total >= 0)
    SELECT array_agg((year, new, old)::text ORDER BY year) FROM (SELECT year, count(*) FILTER (WHERE year = first) AS new, count(*) FILTER (WHERE year <> first) AS old FROM bought GROUP BY year) x)) FROM analytics.customer_fiscal_years(business_id => 2);
-- Segments hold every customer, at the end and in between.
SELECT pg_temp.same('customers in segments', sum(customers), (SELECT count(*) FROM warehouse.customer_totals WHERE business_id = 2)::numeric), pg_temp.same('their revenue', sum(revenue), (SELECT sum(amount) FROM warehouse.customer_totals WHERE business_id = 2))
FROM analytics.rfm_summary(scheme => 'codes11', business_id => 2);
SELECT pg_temp.same('moved', sum(customers), (SELECT count(*) FROM warehouse.customer_totals WHERE business_id = 2)::numeric) FROM analytics.rfm_migration('2011-06-30', '2011-12-09', business_id => 2);
-- What they are worth: everybody who bought, with the purchases and the money of the raw lines. Hardly a wholesaler's customer leaves
-- (BG/NBD: a = 0.003), so MBG/NBD ends at the boundary where nobody does, and says so.
SELECT pg_temp.same('models', array_agg(business_id || ' ' || model || ': ' || reason ORDER BY business_id, model),
    '{"1 bgnbd: ok","1 mbgnbd: ok","2 bgnbd: ok","2 mbgnbd: boundary a -> 0: no dropout identifiable"}') FROM warehouse.purchase_model;
CREATE TEMP TABLE value AS SELECT * FROM analytics.customer_value(row_limit => 100000, business_id => 2);
SELECT pg_temp.same('values', count(*), (SELECT count(*) FROM warehouse.customer_totals WHERE business_id = 2)),
       pg_temp.same('probabilities', bool_and(v.p_alive > 0 AND v.p_alive <= 1 AND v.expected_purchases >= 0 AND v.clv >= 0), true),
       pg_temp.same('purchases or money that differ', count(*) FILTER (WHERE (v.purchases, v.last_purchase, v.total_spend) IS DISTINCT FROM (p.days, p.last, p.total)), 0::bigint)
FROM value v FULL JOIN (SELECT client, count(DISTINCT day) FILTER (WHERE total >= 0) AS days, max(day) FILTER (WHERE total >= 0) AS last,
                               sum(total)::numeric(18,4) AS total FROM raw.purchase WHERE business = 2 GROUP BY client HAVING bool_or(total >= 0)) p ON p.client = v.client_id;
-- What first attracted them; and a refresh with nothing new changes nothing.
SELECT pg_temp.same('first products', sum(size), (SELECT count(*) FROM warehouse.customer_totals WHERE business_id = 2)::numeric) FROM analytics.cohorts(cohort_by => 'first_product', business_id => 2) WHERE k = 0;
CALL analytics.refresh();
SELECT pg_temp.same('written by a refresh with nothing new', sum(inserted + updated + deleted), 0::numeric) FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run);
