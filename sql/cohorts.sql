-- Cohorts: of any table, and on the warehouse beside the same written out over the raw rows; and what acquiring their customers cost.
\i test/fixture/reset.sql
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
\set VERBOSITY default
SELECT * FROM analytics.cohorts();
\set VERBOSITY terse

-- On any table: zero rows are kept, partial periods are marked, what follows the observed days is not made up.
CREATE TEMP TABLE visit (customer text, day date, amount float8, purchases int);
INSERT INTO visit VALUES ('a', '2024-01-15', 10, 1), ('a', '2024-01-20', 5, 1), ('a', '2024-04-02', 20, 1), ('b', '2024-01-31', 30, 1), ('b', '2024-02-01', -30, 0), ('c', '2024-02-29', 7, 1), ('d', '2024-03-05', -1, 0),
    ('e', '2023-12-31', -4, 0), ('e', '2024-02-10', 8, 1);
SELECT c.* FROM (SELECT analytics.cohort_table(customer, day, amount, purchases, 'month') AS t FROM visit) v, analytics.cohort(v.t) c;
SELECT c.cohort, c.k, c.customers, c.is_partial FROM (SELECT analytics.cohort_table(customer, day, amount, purchases, 'month') AS t FROM visit) v, analytics.cohort(v.t, '2024-04-30') c WHERE c.cohort = '2024-02-01';
SELECT g, min(c.cohort) AS first, max(c.period) AS last, count(*) FROM unnest('{day,week,month,quarter,year}'::text[]) g, LATERAL (SELECT analytics.cohort_table(customer, day, amount, purchases, g) AS t FROM visit) v, analytics.cohort(v.t) c GROUP BY 1 ORDER BY 1;
-- Weeks are ISO weeks: 2024-12-30, a Monday, begins the first of 2025; days before 1970 count as well.
SELECT c.cohort, c.k FROM (SELECT analytics.cohort_table(1, d, 1, 1, 'week') AS t FROM unnest('{2024-12-29,2024-12-30,2025-01-05,2025-01-06}'::date[]) d) v, analytics.cohort(v.t) c;
SELECT g, c.cohort FROM unnest('{day,week,month,quarter,year}'::text[]) g, LATERAL (SELECT analytics.cohort_table(1, '1899-11-30', 1, 1, x.grain) AS t FROM (SELECT g AS grain OFFSET 0) x) v, analytics.cohort(v.t) c ORDER BY c.cohort DESC, g;
SELECT count(*) FROM (SELECT analytics.cohort_table(customer, day, amount, purchases, 'month') AS t FROM visit WHERE purchases = 0) v, analytics.cohort(v.t) c;
SELECT count(*) FROM analytics.cohort(NULL);
SELECT analytics.cohort_table(customer, day, amount, purchases, CASE customer WHEN 'a' THEN 'month' ELSE 'week' END) FROM visit;
SELECT analytics.cohort_table(customer, day, amount, purchases, 'era') FROM visit;
SELECT analytics.cohort_table(customer, day, amount, purchases, NULL) FROM visit;
SELECT analytics.cohort_table(1, d, 1, 1, 'day') FROM unnest('{0001-01-01,9999-01-01}'::date[]) d;
SELECT * FROM (SELECT analytics.cohort_table(customer, day, amount, purchases, 'month') AS t FROM visit) v, analytics.cohort(v.t, '2024-04-01') c;

-- Before the first refresh nobody has bought.
SELECT analytics.install();
SELECT count(*) FROM analytics.cohorts();
SELECT count(*) FROM analytics.cohort_payback();
SELECT count(*) FROM analytics.channel_payback();

\i test/fixture/sales.sql
SELECT (analytics.configure(reporting_timezone => 'Europe/Kyiv', currency => 'UAH')).currency;
SELECT analytics.register_source('transactions', 'raw.sales1', '{"transaction_id": "id", "client_id": "client", "occurred_at": "sold_at", "amount": "total"}');
CALL analytics.refresh();
-- Cohorts against the obvious query, each grain; profit, too.
CREATE FUNCTION raw.obvious_cohorts(grain text) RETURNS TABLE (cohort date, period date, customers bigint, orders bigint, revenue numeric) LANGUAGE sql AS $$
    WITH first AS (SELECT client, date_trunc(grain, min(day)) AS cohort FROM raw.purchase WHERE total >= 0 GROUP BY client)
    SELECT f.cohort::date, GREATEST(f.cohort, date_trunc(grain, p.day))::date, count(DISTINCT client) FILTER (WHERE total >= 0), count(*) FILTER (WHERE total >= 0), sum(total)
    FROM raw.purchase p JOIN first f USING (client) GROUP BY 1, 2
$$;
SELECT g AS grain, count(*) AS cells, count(*) FILTER (WHERE (o.customers, o.orders, o.revenue) IS DISTINCT FROM (c.customers, c.orders, c.revenue)) AS different
FROM unnest('{day,week,month,quarter,year}'::text[]) g, LATERAL (SELECT * FROM raw.obvious_cohorts(g)) o
FULL JOIN LATERAL (SELECT * FROM analytics.cohorts(g, business_id => 1) c WHERE c.orders > 0 OR c.revenue <> 0) c ON (c.cohort, c.period) = (o.cohort, o.period) GROUP BY g ORDER BY g;
SELECT cohort, k, period, size, customers, round(retention::numeric, 4) AS retention, still_active, orders, revenue, round(cumulative_revenue_per_customer::numeric, 4) AS per_customer, is_partial
FROM analytics.cohorts('quarter', date_from => '2024-10-01', until => '2025-06-15', business_id => 1);
SELECT sum(c.revenue) = (SELECT sum(profit) FROM raw.sales s WHERE business = 1 AND client <> '' AND EXISTS (SELECT FROM raw.purchase p WHERE p.client = s.client AND p.total >= 0)) AS profit
FROM analytics.cohorts('year', value => 'profit', business_id => 1) c;

-- A young cohort is compared at the age that it has, by whole months.
SELECT count(*) AS cohorts, count(*) FILTER (WHERE p.is_partial) AS partial, count(*) FILTER (WHERE p.value_prev IS NOT NULL) AS compared, count(*) FILTER (WHERE (p.periods_compared, p.value_compared, p.value_prev) IS DISTINCT FROM
    (GREATEST(o.months, 0), CASE WHEN o.months > 0 THEN round(o.worth, 4) END, CASE WHEN o.months > 0 THEN round(o.worth_prev, 4) END)) AS different
FROM analytics.cohort_payback(until => '2025-06-15', business_id => 1) p
CROSS JOIN LATERAL (SELECT (extract(year FROM age(date '2025-06-01', p.cohort)) * 12 + extract(month FROM age(date '2025-06-01', p.cohort)))::int AS months) m
CROSS JOIN LATERAL (
    SELECT m.months, sum(b.total) FILTER (WHERE f.cohort = p.cohort) / NULLIF(count(DISTINCT f.client) FILTER (WHERE f.cohort = p.cohort), 0) AS worth,
           sum(b.total) FILTER (WHERE f.cohort < p.cohort) / NULLIF(count(DISTINCT f.client) FILTER (WHERE f.cohort < p.cohort), 0) AS worth_prev
    FROM (SELECT client, date_trunc('month', min(day)) AS cohort FROM raw.purchase WHERE total >= 0 GROUP BY client) f
    LEFT JOIN raw.purchase b ON b.client = f.client AND b.day < f.cohort + m.months * interval '1 month') o;

-- Mistakes.
\set VERBOSITY default
SELECT * FROM analytics.cohorts('fortnight');
SELECT * FROM analytics.cohorts(cohort_by => 'city');
SELECT * FROM analytics.cohorts(value => 'clicks');
SELECT * FROM analytics.cohort_payback(cohort_by => 'first_product');
SELECT * FROM analytics.cohort_payback(margin => 0);
\set VERBOSITY terse

-- What channels cost and bring: 4 clients by an ad for 60 in January, of whom two buy again; 2 by another that never pays back.
\i test/fixture/reset.sql
CREATE SCHEMA raw;
SELECT analytics.install();
CREATE TABLE raw.touches AS SELECT 'e' || n AS event_id, 'p' || n AS client_id, timestamptz '2024-01-05 10:00+00' + n * interval '1 day' AS occurred_at,
    CASE WHEN n <= 4 THEN 'facebook' ELSE 'google' END AS utm_source, 'cpc' AS utm_medium, CASE WHEN n <= 4 THEN 'f1' ELSE 'g1' END AS utm_campaign FROM generate_series(1, 6) n;
CREATE TABLE raw.spend (date date, platform text, campaign_id text, campaign_name text, spend numeric);
INSERT INTO raw.spend VALUES ('2024-01-03', 'facebook', 'f1', 'Spring', 60), ('2024-01-04', 'google', 'g1', 'Brand', 500), ('2024-02-04', 'google', 'g1', 'Brand', 10);
CREATE TABLE raw.paid (transaction_id int, client_id text, occurred_at date, amount numeric, profit numeric, product_id text);
INSERT INTO raw.paid SELECT n, 'p' || n, date '2024-01-10' + n, 10, 5, 'A' FROM generate_series(1, 6) n;
INSERT INTO raw.paid VALUES (11, 'p1', '2024-02-10', 20, 10, 'B'), (12, 'p2', '2024-04-10', 40, 20, 'B'), (13, 'stranger', '2024-02-11', 7, 1, 'B');
SELECT analytics.register_source('events', 'raw.touches') + analytics.register_source('ad_performance', 'raw.spend') + analytics.register_source('transactions', 'raw.paid') > 0 AS registered;
CALL analytics.refresh();
SELECT * FROM analytics.cohort_payback();
SELECT * FROM analytics.channel_payback();
SELECT cohort_key, payback_periods, status FROM analytics.channel_payback(value => 'profit');
SELECT cohort_key, value_per_customer, payback_periods, status FROM analytics.channel_payback(margin => 0.5, cohort_by => 'campaign');
SELECT cohort_key, cohort, size, sum(revenue) AS revenue FROM analytics.cohorts(cohort_by => 'first_product') GROUP BY 1, 2, 3 ORDER BY 1, 2;
-- A channel whose customers pay back in their second month: that many more came in March and have had two days of April does not change it, and counts when April is over.
INSERT INTO raw.touches SELECT 't' || n, 't' || n, CASE n WHEN 1 THEN timestamptz '2024-01-10 10:00+00' ELSE '2024-03-10 10:00+00' END, 'tiktok', 'cpc', 't1' FROM generate_series(1, 10) n;
INSERT INTO raw.spend VALUES ('2024-01-09', 'tiktok', 't1', 'Clips', 10), ('2024-03-09', 'tiktok', 't1', 'Clips', 90);
INSERT INTO raw.paid SELECT 100 + n, 't' || n, CASE n WHEN 1 THEN date '2024-01-15' ELSE '2024-03-15' END, 5, 1, 'A' FROM generate_series(1, 10) n;
INSERT INTO raw.paid VALUES (120, 't1', '2024-02-15', 10, 1, 'A');
CALL analytics.refresh();
SELECT u AS until, customers, acquisition_cost, value_per_customer, payback_periods, status FROM unnest('{2024-03-31,2024-04-02,2024-04-30}'::date[]) u, analytics.channel_payback(until => u) WHERE cohort_key = 'tiktok';
SELECT cohort, is_partial, periods_compared, value_compared, value_prev, value_change_pct FROM analytics.cohort_payback(until => '2024-04-02') WHERE cohort_key = 'tiktok';
