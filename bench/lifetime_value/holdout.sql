SET client_min_messages = warning;
CREATE TEMP TABLE cdnow (customer text, day date, units int, amount float8);
\set copy '\\copy cdnow from ' :data_dir '/customers/cdnow_master.csv csv header'
:copy
CREATE TEMP TABLE retail (invoice text, stock text, description text, quantity int, sold_at timestamp, price float8, customer text, country text);
\set copy '\\copy retail from program ''gzip -dc ' :data_dir '/customers/online_retail.csv.gz'' csv header'
:copy
CREATE TEMP TABLE orders (customer text, day date, amount float8);
\set copy '\\copy orders from ' :data_dir '/customers/rfm_data_orders.csv csv header'
:copy

CREATE TEMP TABLE history AS
WITH purchase AS (
    SELECT 'CDNOW' AS data, customer, day, amount, false AS is_refund FROM cdnow
    UNION ALL
    SELECT 'Online Retail', customer, sold_at::date, sum(quantity * price), invoice LIKE 'C%'
    FROM retail WHERE customer IS NOT NULL GROUP BY invoice, customer, sold_at::date
    UNION ALL
    SELECT 'orders of rfm', customer, day, amount, false FROM orders WHERE day >= '2004-01-01'  -- one order is years older
), period (data, until) AS (
    VALUES ('CDNOW', date '1997-09-30'), ('Online Retail', date '2011-06-05'), ('orders of rfm', date '2005-12-31')
), collected AS (
    SELECT data, analytics.purchases(customer, day, amount, is_refund) AS purchases, max(day) AS last FROM purchase GROUP BY data
)
SELECT c.data, p.until, c.last, (c.last - p.until) / 7.0 AS weeks, s.*
FROM collected c JOIN period p USING (data), analytics.purchase_summary(c.purchases, p.until, 7, c.last) s;

WITH fitted AS (
    SELECT data, unnest(ARRAY[analytics.bgnbd_fit(frequency, recency, age), analytics.mbgnbd_fit(frequency, recency, age),
                              analytics.pareto_nbd_fit(frequency, recency, age)]) AS model,
           analytics.gamma_gamma_fit(frequency, COALESCE(monetary_value, 0)) AS spend
    FROM history GROUP BY data
), first_orders AS (
    -- What is known of a customer after the first order: how large it was.
    SELECT data, customer, ntile(5) OVER (PARTITION BY data ORDER BY total_value - COALESCE(frequency * monetary_value, 0), customer)::text AS size
    FROM history
), lists AS (
    SELECT h.data, array_agg(h.frequency) AS f, array_agg(h.recency) AS r, array_agg(h.age) AS a, array_agg(o.size) AS size
    FROM history h JOIN first_orders o USING (data, customer) GROUP BY h.data
), models AS (
    SELECT h.data, h.customer, f.model, (f.model).model AS name, f.spend FROM history h JOIN fitted f USING (data)
    UNION ALL
    SELECT l.data, o.customer, m.purchase_model, 'mbgnbd by the first order', f.spend
    FROM lists l
    CROSS JOIN LATERAL analytics.purchase_models_by(l.f, l.r, l.a, l.size) m
    JOIN first_orders o ON o.data = l.data AND o.size = m.characteristic_value
    JOIN (SELECT DISTINCT ON (data) data, spend FROM fitted) f ON f.data = l.data
), foretold AS (
    SELECT f.name, (f.model).log_likelihood, (f.model).reason, h.*,
           analytics.p_alive(f.model, h.frequency, h.recency, h.age) AS p_alive,
           analytics.expected_purchases(f.model, h.frequency, h.recency, h.age, h.weeks) AS expected,
           1 - analytics.purchase_probability(f.model, h.frequency, h.recency, h.age, h.weeks, 0) AS buys,
           analytics.expected_spend(f.spend, h.frequency, h.monetary_value) AS spend
    FROM history h JOIN models f USING (data, customer)
)
SELECT format('| %s, %s customers, %s weeks | %s | %s | %s | %s | %s | %s | %s | %s | %s | %s |', f.data, count(*), round(min(f.weeks)), f.name,
              round((SELECT sum(DISTINCT d.log_likelihood) FROM foretold d WHERE (d.data, d.name) = (f.data, f.name))::numeric, 1), round(sum(f.p_alive)), sum(f.holdout_purchases), round(sum(f.expected)),
              round(avg(abs(f.holdout_purchases - f.expected))::numeric, 3),
              round(avg((f.holdout_purchases > 0)::int), 3), round(avg(f.buys)::numeric, 3),
              round(sum(f.holdout_value)), round(sum(f.spend * f.expected)))
       || CASE WHEN min(f.reason) <> 'ok' THEN ' ' || min(f.reason) ELSE '' END
FROM foretold f GROUP BY f.data, f.name ORDER BY f.data, f.name;

-- The models of spend, of those who bought again before the day and after it, and paid more than nothing before: what they spend on a day of purchase.
WITH spent AS (
    SELECT data, customer, frequency, monetary_value, holdout_purchases, holdout_value
    FROM history WHERE frequency > 0 AND monetary_value > 0
), fitted AS (
    SELECT data, count(*) AS customers, analytics.gamma_gamma_fit(frequency, monetary_value) AS gamma, analytics.normal_spend_fit(frequency, monetary_value) AS normal
    FROM spent GROUP BY data
), foretold AS (
    SELECT s.*, f.customers, m.model, m.log_likelihood, m.reason,
           CASE m.model WHEN 'gamma-gamma' THEN analytics.expected_spend(f.gamma, s.frequency, s.monetary_value)
                ELSE analytics.expected_normal_spend(f.normal, s.frequency, s.monetary_value) END AS expected,
           s.holdout_value / s.holdout_purchases AS actual
    FROM spent s
    JOIN fitted f USING (data)
    CROSS JOIN LATERAL (
        VALUES ('gamma-gamma', (f.gamma).log_likelihood, (f.gamma).reason), ('normal', (f.normal).log_likelihood, (f.normal).reason)
    ) m (model, log_likelihood, reason)
    WHERE s.holdout_purchases > 0
)
SELECT format('| %s, %s of %s customers | %s | %s | %s | %s | %s | %s |', data, count(*), min(customers), model, round(min(log_likelihood)::numeric, 1),
              round(avg(abs(actual - expected))::numeric, 2), round(sqrt(avg((actual - expected) ^ 2))::numeric, 2), round(sum(holdout_value)),
              round(sum(expected * holdout_purchases)))
       || CASE WHEN min(reason) <> 'ok' THEN ' ' || min(reason) ELSE '' END
FROM foretold GROUP BY data, model ORDER BY data, model;
