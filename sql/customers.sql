-- Customers on the warehouse: the dashboard and segments beside the same written out over the raw rows.
\i test/fixture/reset.sql
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
\set VERBOSITY default
SELECT analytics.customer_dashboard();
SELECT * FROM analytics.customer_rfm();
\set VERBOSITY terse
SELECT analytics.install();

-- Nothing there: zeros and NULLs, and empty arrays.
SELECT analytics.customer_dashboard();
SELECT * FROM analytics.customer_kpi();
SELECT * FROM analytics.customer_r_scores() UNION ALL SELECT * FROM analytics.customer_f_scores() UNION ALL SELECT * FROM analytics.customer_m_scores();
SELECT * FROM analytics.customer_recency_buckets() UNION ALL SELECT * FROM analytics.customer_visits() UNION ALL SELECT * FROM analytics.customer_values()
UNION ALL SELECT * FROM analytics.customer_segments() UNION ALL SELECT * FROM analytics.customer_return_buckets();
SELECT * FROM analytics.customer_fiscal_years();
SELECT count(*) FROM analytics.customer_rfm();
SELECT count(*) FROM analytics.customer_rfm_thresholds();
SELECT count(*) FROM analytics.rfm_summary();
SELECT count(*), sum(customers) FROM analytics.rfm_heatmap();
SELECT count(*) FROM analytics.rfm_migration('2025-01-01', '2025-02-01');

\i test/fixture/sales.sql
SELECT (analytics.configure(reporting_timezone => 'Europe/Kyiv', currency => 'UAH', fiscal_year_start_month => 4)).fiscal_year_start_month AS first,
       (analytics.configure(reporting_timezone => 'UTC', currency => 'UAH', business_id => 2)).fiscal_year_start_month AS second;
SELECT analytics.register_source('transactions', 'raw.sales1', '{"transaction_id": "id", "client_id": "client", "occurred_at": "sold_at", "amount": "total", "quantity": "units"}'),
       analytics.register_source('transactions', 'raw.sales2', '{"transaction_id": "id", "client_id": "client", "occurred_at": "sold_at", "amount": "total", "quantity": "units"}', business_id => 2),
       analytics.register_source('clients', 'raw.people', '{"client_id": "id", "mobile": "phone"}');
CALL analytics.refresh();
SELECT reason, occurrences FROM warehouse.rejected_rows ORDER BY row_hash;
SELECT customers, purchases, as_of, f_breaks FROM warehouse.customer_population ORDER BY business_id;

-- The obvious query: every part of the dashboard from the raw rows, for any combination of filters.
CREATE FUNCTION raw.cuts(vs numeric[]) RETURNS numeric[] LANGUAGE sql AS $$
    SELECT array_agg(s[1 + (n - 1) * k / 5] + (s[LEAST(n, 2 + (n - 1) * k / 5)] - s[1 + (n - 1) * k / 5]) * ((n - 1) * k % 5) / 5.0 ORDER BY k)
    FROM (SELECT array_agg(v ORDER BY v) AS s, count(*)::int AS n FROM unnest(vs) v) x, generate_series(1, 4) k
$$;
CREATE FUNCTION raw.score(v numeric, cuts numeric[]) RETURNS int LANGUAGE sql AS $$ SELECT 1 + (SELECT count(*) FROM unnest(cuts) c WHERE c < v)::int $$;
CREATE FUNCTION raw.obvious(start_date date, end_date date, mobile text, person text, rb text, fb text, mb text, biz int)
    RETURNS TABLE (part text, label text, customers bigint, new_customers bigint, orders bigint, revenue numeric, units numeric, profit numeric, days numeric, first_days numeric, returned numeric)
    LANGUAGE sql AS $$
    WITH line AS (
        SELECT s.*, (sold_at AT TIME ZONE CASE business WHEN 1 THEN 'Europe/Kyiv' ELSE 'UTC' END)::date AS day FROM raw.sales s WHERE client <> '' AND (biz IS NULL OR business = biz)
    ), purchase AS (
        SELECT business, client, day, sum(total) AS total, sum(units) AS units, sum(line.profit) AS profit
        FROM line GROUP BY business, client, day, COALESCE(order_id, 'line ' || id)
    ), first AS (SELECT business, client, min(day) AS day FROM purchase WHERE total >= 0 GROUP BY 1, 2
    ), person AS (
        SELECT p.business, p.client, min(day) FILTER (WHERE total >= 0) AS first, max(day) FILTER (WHERE total >= 0) AS last, count(*) FILTER (WHERE total >= 0) AS orders,
               sum(total) AS total, sum(p.units) FILTER (WHERE total >= 0) AS units, sum(p.profit) AS profit,
               array_agg(DISTINCT (extract(year FROM p.day + CASE p.business WHEN 1 THEN interval '9 months' ELSE '0' END))::int) FILTER (WHERE total >= 0) AS years
        FROM purchase p WHERE (start_date IS NULL OR day >= start_date) AND (end_date IS NULL OR day <= end_date) GROUP BY 1, 2 HAVING bool_or(total >= 0)
    ), asof AS (SELECT b.business, COALESCE(end_date, max(q.day)) AS day FROM (SELECT DISTINCT business FROM first) b JOIN purchase q ON q.business = b.business AND q.total >= 0 GROUP BY b.business
    ), cut AS (SELECT p.business, raw.cuts(array_agg((a.day - p.last)::numeric)) AS r, raw.cuts(array_agg(p.orders::numeric)) AS f, raw.cuts(array_agg(p.total)) AS m
               FROM person p JOIN asof a USING (business) GROUP BY p.business
    ), scored AS (
        SELECT p.*, a.day - p.last AS recency, 6 - raw.score(a.day - p.last, c.r) AS r, raw.score(p.orders, c.f) AS f, raw.score(p.total, c.m) AS m,
               (SELECT min(q.day) FROM purchase q WHERE q.business = p.business AND q.client = p.client AND q.total >= 0 AND q.day > f.day
                AND (end_date IS NULL OR q.day <= end_date)) - f.day AS back,
               g.returns, g.gaps,
               extract(year FROM f.day + CASE p.business WHEN 1 THEN interval '9 months' ELSE '0' END)::int AS first_year
        FROM person p JOIN asof a USING (business) JOIN cut c USING (business) JOIN first f ON f.business = p.business AND f.client = p.client
        -- A return is a day of purchase in the period that some day of purchase precedes, whenever that was.
        CROSS JOIN LATERAL (
            SELECT count(v.before) AS returns, sum(v.day - v.before) AS gaps
            FROM (SELECT DISTINCT q.day, (SELECT max(e.day) FROM purchase e WHERE e.business = q.business AND e.client = q.client AND e.total >= 0 AND e.day < q.day) AS before
                  FROM purchase q WHERE q.business = p.business AND q.client = p.client AND q.total >= 0
                    AND (start_date IS NULL OR q.day >= start_date) AND (end_date IS NULL OR q.day <= end_date)) v) g
    ), labelled AS (
        SELECT s.*, CASE WHEN recency <= 200 THEN '1-200' WHEN recency <= 400 THEN '200-400' WHEN recency <= 600 THEN '400-600' WHEN recency <= 800 THEN '600-800' WHEN recency <= 1000 THEN '800-1000' ELSE '>1000' END AS rl,
               CASE WHEN s.orders > 10 THEN '>10' ELSE s.orders::text END AS fl,
               CASE WHEN total <= 0 THEN '0 or less' WHEN total <= 1000 THEN '1-1000' WHEN total <= 2000 THEN '1000-2000' WHEN total <= 3000 THEN '2000-3000' WHEN total <= 4000 THEN '3000-4000' WHEN total <= 5000 THEN '4000-5000' ELSE '>5000' END AS ml,
               CASE WHEN back IS NULL THEN 'Not returned' WHEN back < 30 THEN '1-29 days' WHEN back <= 60 THEN '1-2 Month' WHEN back < 90 THEN '61-89 days' WHEN back <= 180 THEN '3-6 Month'
                    WHEN back < 365 THEN '181-364 days' WHEN back <= 730 THEN '1-2 Yr' ELSE '>2 Yr' END AS bl,
               CASE WHEN r >= 3 AND f >= 3 AND m >= 3 THEN 'Champions' WHEN r >= 2 AND f >= 2 THEN 'Potential Loyalists' WHEN r >= 4 THEN 'New Customers' ELSE 'Need Attention' END AS seg
        FROM scored s
    ), kept AS (
        SELECT l.* FROM labelled l LEFT JOIN raw.people d ON d.id = l.client AND l.business = 1
        WHERE (rb IS NULL OR rl = rb) AND (fb IS NULL OR fl = fb) AND (mb IS NULL OR ml = mb) AND (person IS NULL OR d.name ILIKE '%' || person || '%')
          AND (mobile IS NULL OR regexp_replace(d.phone, '\D', '', 'g') = regexp_replace(mobile, '\D', '', 'g'))
    )
    SELECT v.part, v.label, count(*), 0::bigint, sum(k.orders)::bigint, sum(k.total), CASE v.part WHEN 'kpi' THEN sum(k.units) END, CASE v.part WHEN 'kpi' THEN sum(k.profit) END,
           CASE v.part WHEN 'kpi' THEN COALESCE(round(sum(k.gaps) / NULLIF(sum(k.returns), 0), 2), 0) END, CASE v.part WHEN 'kpi' THEN round(avg(k.back), 2) END,
           CASE v.part WHEN 'kpi' THEN count(k.back) END
    FROM kept k, LATERAL (VALUES ('kpi', ''), ('r_score', r::text), ('f_score', f::text), ('m_score', m::text), ('recency', rl), ('visits', fl), ('value', ml), ('return', bl), ('segment', seg)) v (part, label)
    GROUP BY 1, 2
    UNION ALL
    SELECT 'fiscal_year', y::text, count(*), count(*) FILTER (WHERE y = first_year), NULL, NULL, NULL, NULL, NULL, NULL, NULL FROM kept k, unnest(years) y GROUP BY y
$$;
CREATE FUNCTION raw.shown(start_date date, end_date date, mobile text, person text, rb text, fb text, mb text, biz int)
    RETURNS TABLE (part text, label text, customers bigint, new_customers bigint, orders bigint, revenue numeric, units numeric, profit numeric, days numeric, first_days numeric, returned numeric)
    LANGUAGE sql AS $$
    SELECT v.part, CASE v.part WHEN 'kpi' THEN '' ELSE v.label END, (x ->> 'total_customer')::bigint, COALESCE((x ->> 'new_customers')::bigint, 0), (x ->> 'orders')::bigint, (x ->> 'revenue')::numeric,
           (x ->> 'units')::numeric, (x ->> 'profit')::numeric, (x ->> 'days_to_return')::numeric, (x ->> 'days_to_first_return')::numeric,
           (x ->> 'returned_customers')::numeric
    FROM analytics.customer_dashboard(start_date, end_date, mobile, person, rb, fb, mb, biz) d,
         LATERAL (SELECT 'kpi' AS part, NULL AS label, d -> 'kpi' AS x
                  UNION ALL SELECT p.part, e ->> p.label, e
                  FROM (VALUES ('r_score', 'r_score_data', 'r_score'), ('f_score', 'f_score_data', 'f_score'), ('m_score', 'm_score_data', 'm_score'), ('recency', 'r_value_bucket_data', 'r_value_bucket'),
                      ('visits', 'visits_data', 'f_value_bucket'), ('value', 'value_data', 'm_value_bucket'), ('segment', 'segment_data', 'segment'),
                      ('return', 'days_to_return_bucket_data', 'days_to_return_bucket'), ('fiscal_year', 'fiscal_year_data', 'fiscal_year')) p (part, key, label), jsonb_array_elements(d -> p.key) e) v
    WHERE (x ->> 'total_customer')::bigint > 0
$$;
CREATE FUNCTION raw.differences(start_date date, end_date date, mobile text, person text, rb text, fb text, mb text, biz int) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM raw.obvious(start_date, end_date, mobile, person, rb, fb, mb, biz) o FULL JOIN raw.shown(start_date, end_date, mobile, person, rb, fb, mb, biz) s USING (part, label)
    WHERE (o.customers, o.new_customers, o.orders, o.revenue, o.units, o.profit, o.days, o.first_days, o.returned)
        IS DISTINCT FROM (s.customers, s.new_customers, s.orders, s.revenue, s.units, s.profit, s.days, s.first_days, s.returned)
$$;
SELECT part, label, customers, new_customers, orders, revenue FROM raw.shown(NULL, NULL, NULL, NULL, NULL, NULL, NULL, 1) WHERE part IN ('segment', 'fiscal_year', 'value') ORDER BY 1, 2;
CREATE TABLE raw.filter AS
SELECT n, CASE WHEN raw.pick(n, 21, 2) = 0 THEN date '2023-01-01' + raw.pick(n, 22, 500) END AS start_date, CASE WHEN raw.pick(n, 23, 2) = 0 THEN date '2024-06-01' + raw.pick(n, 24, 500) END AS end_date,
       CASE WHEN raw.pick(n, 25, 9) = 0 THEN '38050' || lpad(raw.pick(n, 26, 60)::text, 7, '0') END AS mobile,
       CASE WHEN raw.pick(n, 27, 4) = 0 THEN (ARRAY['nna', 'БОРИС 1', 'chloé 17', 'Nobody', 'A%2'])[1 + raw.pick(n, 28, 5)] END AS person,
       CASE WHEN raw.pick(n, 29, 4) = 0 THEN (ARRAY['1-200', '200-400', '400-600', '600-800', '800-1000', '>1000'])[1 + raw.pick(n, 30, 4)] END AS rb,
       CASE WHEN raw.pick(n, 31, 5) = 0 THEN (ARRAY['1', '2', '3', '10', '>10'])[1 + raw.pick(n, 32, 5)] END AS fb,
       CASE WHEN raw.pick(n, 33, 5) = 0 THEN (ARRAY['0 or less', '1-1000', '1000-2000', '2000-3000', '>5000'])[1 + raw.pick(n, 34, 5)] END AS mb,
       (ARRAY[NULL, 1, 2])[1 + raw.pick(n, 35, 3)] AS biz
FROM generate_series(1, 25) n;
SELECT count(*) AS filters, sum(d.n) AS differences, count(*) FILTER (WHERE NOT EXISTS (SELECT FROM raw.obvious(start_date, end_date, mobile, person, rb, fb, mb, biz))) < 10 AS most_are_not_empty
FROM raw.filter, LATERAL (SELECT raw.differences(start_date, end_date, mobile, person, rb, fb, mb, biz)) d (n);
-- All seven at once; an empty text is no filter.
SELECT raw.differences('2023-06-01', '2025-05-31', '+38 050 0000034', 'chlo_ 34', '1-200', '4', '>5000', 1),
       analytics.customer_dashboard(customer_mobile => '', customer_name => '', r_value_bucket => '', f_value_bucket => '', m_value_bucket => '') = analytics.customer_dashboard() AS no_filter;
-- The key figures are what they are made of, for every filter.
SELECT count(*) FILTER (WHERE (k.customer_spending, k.spending_per_customer) IS DISTINCT FROM (k.revenue, round(k.revenue / NULLIF(k.total_customer, 0), 4))
           OR k.retention_rate <> COALESCE(round(100.0 * k.returned_customers / NULLIF(k.total_customer, 0), 2), 0)
           OR k.returned_customers <> k.total_customer - COALESCE(n.total_customer, 0)
           OR k.returned_customers < COALESCE(y.returning, 0)) AS differences
FROM raw.filter f
CROSS JOIN LATERAL analytics.customer_kpi(f.start_date, f.end_date, f.mobile, f.person, f.rb, f.fb, f.mb, f.biz) k
LEFT JOIN LATERAL analytics.customer_return_buckets(f.start_date, f.end_date, f.mobile, f.person, f.rb, f.fb, f.mb, f.biz) n ON n.days_to_return_bucket = 'Not returned'
-- Who returned in any fiscal year of the period returned.
CROSS JOIN LATERAL (SELECT max(y.returning_customers) AS returning FROM analytics.customer_fiscal_years(f.start_date, f.end_date, f.mobile, f.person, f.rb, f.fb, f.mb, f.biz) y) y;
-- A period without purchases: figures, not NULLs; parts of names in any case.
SELECT total_customer, unit_per_transaction, profit_per_customer, customer_spending, days_to_return, retention_rate, units FROM analytics.customer_kpi('2040-01-01');
SELECT (SELECT total_customer FROM analytics.customer_kpi(customer_name => upper(substr(p.name, 2, 3)))) AS by_part,
       (SELECT count(DISTINCT s.client) FROM raw.people d JOIN raw.sales s ON s.client = d.id AND s.business = 1 AND s.total >= 0 WHERE d.name ILIKE '%' || substr(p.name, 2, 3) || '%') AS obvious
FROM raw.people p ORDER BY id LIMIT 1;
SELECT bool_and(new_customer_pct + old_customer_pct = 100) AS all_of_them, bool_and(new_customer_pct = round(100.0 * new_customers / total_customer, 2)) AS right_ones FROM analytics.customer_fiscal_years();
-- Each customer once in every breakdown.
SELECT part, sum(customers) FROM raw.shown(NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL) WHERE part <> 'fiscal_year' GROUP BY part ORDER BY part;
-- The document and its parts are the same.
SELECT d -> 'kpi' = (SELECT to_jsonb(k) FROM analytics.customer_kpi('2024-01-01') k) AS kpi,
       d -> 'r_score_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_r_scores('2024-01-01') k) AS r, d -> 'f_score_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_f_scores('2024-01-01') k) AS f,
       d -> 'm_score_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_m_scores('2024-01-01') k) AS m,
       d -> 'r_value_bucket_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_recency_buckets('2024-01-01') k) AS recency,
       d -> 'visits_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_visits('2024-01-01') k) AS visits, d -> 'value_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_values('2024-01-01') k) AS value,
       d -> 'segment_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_segments('2024-01-01') k) AS segment,
       d -> 'days_to_return_bucket_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_return_buckets('2024-01-01') k) AS return,
       d -> 'fiscal_year_data' = (SELECT jsonb_agg(to_jsonb(k)) FROM analytics.customer_fiscal_years('2024-01-01') k) AS fiscal_year
FROM analytics.customer_dashboard('2024-01-01') d;
-- The ends of the buckets.
SELECT n, b.label AS recency FROM unnest('{0,1,200,201,400,401,1000,1001}'::int[]) n, analytics.customer_buckets() b WHERE b.part = 'recency' AND b.place = analytics_internal.recency_bucket(n) ORDER BY n;
SELECT n, b.label AS value FROM unnest('{-5,0,0.0001,1000,1000.0001,2000,5000,5000.01}'::numeric[]) n, analytics.customer_buckets() b WHERE b.part = 'value' AND b.place = analytics_internal.value_bucket(n) ORDER BY n;
SELECT n, b.label AS return FROM unnest('{1,29,30,60,61,89,90,180,181,364,365,730,731,NULL}'::int[]) n, analytics.customer_buckets() b WHERE b.part = 'return' AND b.place = analytics_internal.return_bucket(n) ORDER BY n;
SELECT count(*) FILTER (WHERE place <> CASE part WHEN 'recency' THEN analytics_internal.recency_bucket(highest::int) WHEN 'visits' THEN analytics_internal.visits_bucket(highest::bigint) WHEN 'value' THEN analytics_internal.value_bucket(highest)
    ELSE analytics_internal.return_bucket(highest::int) END) AS wrong FROM analytics.customer_buckets() WHERE highest IS NOT NULL;
SELECT day, analytics_internal.fiscal_year(day, 1) AS january, analytics_internal.fiscal_year(day, 4) AS april, analytics_internal.fiscal_year(day, 12) AS december FROM unnest('{2024-01-01,2024-03-31,2024-04-01,2024-12-01,2024-12-31}'::date[]) day;

-- Mistakes.
\set VERBOSITY default
SELECT analytics.customer_dashboard('2025-02-01', '2025-01-01');
SELECT analytics.customer_dashboard(start_date => 'infinity');
SELECT analytics.customer_dashboard(r_value_bucket => '0-200');
SELECT * FROM analytics.customer_segments(m_value_bucket => '1000');
SELECT * FROM analytics.customer_rfm(scheme => 'nps');
SELECT * FROM analytics.customer_rfm(bins => 4);
SELECT * FROM analytics.customer_rfm(method => 'kmeans');
SELECT * FROM analytics.customer_rfm(bins => 11, scheme => NULL);
SELECT * FROM analytics.customer_rfm('infinity');
SELECT * FROM analytics.customer_rfm(method => 'breaks');
SELECT * FROM analytics.rfm_migration('2025-01-01', '2024-01-01');
\set VERBOSITY terse

-- Segments of the warehouse, the same as by the kernel over the raw rows.
SELECT count(*) AS customers, count(*) FILTER (WHERE (c.recency_days, c.frequency, c.monetary, c.r, c.f, c.m, c.rfm_code) IS DISTINCT FROM (s.recency_days, s.frequency, s.monetary::numeric(18,4), s.r, s.f, s.m, s.rfm_code)) AS different
FROM analytics.customer_rfm(business_id => 1) c
FULL JOIN (SELECT s.* FROM (SELECT analytics.rfm_table(client, day, total::float8, (total >= 0)::int) AS t FROM raw.purchase) x, analytics.rfm_scores(x.t) s) s ON s.customer = c.client_id;
SELECT count(*) AS customers, count(*) FILTER (WHERE (c.recency_days, c.frequency, c.monetary, c.r, c.f, c.m) IS DISTINCT FROM (s.recency_days, s.frequency, s.monetary::numeric(18,4), s.r, s.f, s.m)) AS different
FROM analytics.customer_rfm('2024-08-01', 'rf10', 'rank', business_id => 1) c
FULL JOIN (SELECT s.* FROM (SELECT analytics.rfm_table(client, day, total::float8, (total >= 0)::int) FILTER (WHERE day <= '2024-08-01') AS t FROM raw.purchase) x, analytics.rfm_scores(x.t, '2024-08-01', 'rank') s) s ON s.customer = c.client_id;
SELECT * FROM analytics.customer_rfm_thresholds(business_id => 1);
SELECT segment, customers, share_pct, orders, revenue, revenue_pct, avg_order_value, median_recency_days FROM analytics.rfm_summary(scheme => 'rf10', business_id => 1);
SELECT sum(customers) AS customers, count(*) AS cells FROM analytics.rfm_heatmap(business_id => 1);
SELECT sum(customers) AS customers, count(*) FILTER (WHERE from_segment = '(not yet a customer)') > 0 AS newcomers FROM analytics.rfm_migration('2023-12-31', '2024-12-31', business_id => 1);
SELECT f.segment, sum(f.share_of_from_pct)::numeric(5,1) FROM (SELECT from_segment AS segment, share_of_from_pct FROM analytics.rfm_migration('2023-12-31', '2024-12-31', business_id => 1)) f GROUP BY 1 ORDER BY 1;
-- A scheme of one's own; what no rule names is Others.
INSERT INTO warehouse.rfm_segment_rule (scheme, priority, segment, r_low, f_low, bins) VALUES ('tiers', 1, 'Gold', 3, 3, 3), ('tiers', 2, 'Silver', 2, 1, 3);
SELECT segment, count(*) FROM analytics.customer_rfm(scheme => 'tiers', bins => 3, business_id => 1) GROUP BY 1 ORDER BY 1;
SELECT segment, count(*) FROM analytics.customer_rfm(scheme => 'tiers', method => 'breaks', r_breaks => '{90,365}', f_breaks => '{1,3}', m_breaks => '{100,1000}', business_id => 1) GROUP BY 1 ORDER BY 1;
DELETE FROM warehouse.rfm_segment_rule;
-- The schemes that cover everything do.
SELECT scheme, count(*) FILTER (WHERE s.segment = 'Others') AS others, count(DISTINCT s.segment) AS segments FROM unnest('{dashboard,rf10,codes11,rfm_r}'::text[]) scheme, analytics.rfm_segments(scheme) s GROUP BY 1 ORDER BY 1;

-- Contracts stand in where there are no transactions; registered ones take over, and give way again.
SELECT analytics.drop_source(2) IS NOT NULL AS dropped;
CREATE TABLE raw.deals (contract_id text, client_id text, signed_at timestamptz, amount numeric, updated_at timestamptz);
INSERT INTO raw.deals VALUES ('k1', 'x', '2024-01-10', 100, now()), ('k2', 'x', '2024-02-10', 250, now()), ('k3', 'y', '2024-02-20', 40, now());
SELECT analytics.register_source('contracts', 'raw.deals', '{}', business_id => 2) IS NOT NULL AS registered;
CALL analytics.refresh();
SELECT p.purchases, k.total_customer, k.revenue, k.orders, k.units, k.days_to_return, k.retention_rate, k.as_of FROM warehouse.customer_population p, analytics.customer_kpi(business_id => 2) k WHERE p.business_id = 2;
SELECT analytics.register_source('transactions', 'raw.sales2', '{"transaction_id": "id", "client_id": "client", "occurred_at": "sold_at", "amount": "total"}', business_id => 2) IS NOT NULL AS registered;
CALL analytics.refresh();
SELECT p.purchases, k.total_customer = (SELECT count(DISTINCT client) FROM raw.sales2 WHERE total >= 0) AS customers FROM warehouse.customer_population p, analytics.customer_kpi(business_id => 2) k WHERE p.business_id = 2;
SELECT analytics.drop_source(s.source_id) IS NOT NULL AS dropped FROM analytics.source s WHERE s.business_id = 2 AND s.entity = 'transactions';
CALL analytics.refresh();
SELECT p.purchases, k.total_customer, k.revenue FROM warehouse.customer_population p, analytics.customer_kpi(business_id => 2) k WHERE p.business_id = 2;
-- A changed start of the fiscal year reaches the counts with the next refresh.
SELECT (analytics.configure(fiscal_year_start_month => 2, business_id => 2)).fiscal_year_start_month;
CALL analytics.refresh();
SELECT * FROM analytics.customer_fiscal_years(business_id => 2);
-- And a sale that goes takes its customer with it.
DELETE FROM raw.deals WHERE client_id = 'y';
CALL analytics.refresh();
SELECT total_customer, revenue FROM analytics.customer_kpi(business_id => 2);
CREATE TABLE raw.kept AS TABLE warehouse.customer_cell;
CREATE TABLE raw.kept_totals AS TABLE warehouse.customer_totals;
CALL analytics.refresh('full');
SELECT (SELECT count(*) FROM (TABLE raw.kept EXCEPT TABLE warehouse.customer_cell) x) AS cells, (SELECT count(*) FROM (TABLE raw.kept_totals EXCEPT TABLE warehouse.customer_totals) x) AS totals;
