-- Customer value: purchases and their summaries, fitted models and what they say, and both on the warehouse.
\i test/fixture/reset.sql
SET DateStyle = 'ISO, YMD';
-- 300 customers who come at different times, buy at different intervals for different amounts, send some of it back, and leave.
CREATE TEMP TABLE sale AS
SELECT row_number() OVER (ORDER BY c, k) AS id, 'c' || c AS customer, date '2024-01-01' + start + k * gap * (70 + analytics_internal.demo_number(c * 1000 + k, 7, 60)) / 100 AS day,
       round((spend * (60 + analytics_internal.demo_number(c * 1000 + k, 5, 80)) / 100.0 * CASE analytics_internal.demo_number(c * 1000 + k, 6, 14) WHEN 0 THEN -1 ELSE 1 END)::numeric, 2) AS amount
FROM generate_series(1, 300) c,
     LATERAL (SELECT analytics_internal.demo_number(c, 1, 200), 3 + analytics_internal.demo_number(c, 2, 20) * analytics_internal.demo_number(c, 8, 20) * 3 / 4, 1 + analytics_internal.demo_number(c, 3, 12) * analytics_internal.demo_number(c, 9, 12), 10 + analytics_internal.demo_number(c, 4, 90)) v (start, life, gap, spend),
     generate_series(0, life / gap) k;
-- A summary is what plain SQL makes of the days: refunds are no purchases, and belong to the last purchase before them.
CREATE FUNCTION pg_temp.plainly(until date, unit double precision, holdout date)
    RETURNS TABLE (customer text, first_purchase date, last_purchase date, frequency bigint, recency float8, age float8, monetary_value float8, total_value float8,
                   holdout_purchases bigint, holdout_value float8) LANGUAGE sql AS $$
    WITH daily AS (
        SELECT s.customer, s.day, sum(s.amount) AS amount, bool_or(s.amount >= 0) AS bought FROM sale s GROUP BY 1, 2
    ), numbered AS (
        SELECT d.*, count(*) FILTER (WHERE bought) OVER (PARTITION BY d.customer ORDER BY d.day) AS purchase FROM daily d WHERE d.day <= until
    ), known AS (
        SELECT n.customer, min(n.day) FILTER (WHERE bought) AS first_day, max(n.day) FILTER (WHERE bought) AS last_day, max(n.purchase) - 1 AS frequency,
               sum(n.amount) FILTER (WHERE n.purchase > 1) AS repeated, sum(n.amount) AS total
        FROM numbered n GROUP BY 1 HAVING max(n.purchase) > 0
    )
    SELECT k.customer, k.first_day, k.last_day, k.frequency, (k.last_day - k.first_day) / unit, (until - k.first_day) / unit, (k.repeated / NULLIF(k.frequency, 0))::float8, k.total::float8,
           CASE WHEN holdout IS NOT NULL THEN (SELECT count(*) FROM daily d WHERE d.customer = k.customer AND d.bought AND d.day > until AND d.day <= holdout) END,
           CASE WHEN holdout IS NOT NULL THEN COALESCE((SELECT sum(d.amount) FROM daily d WHERE d.customer = k.customer AND d.day > until AND d.day <= holdout), 0)::float8 END
    FROM known k
$$;
CREATE FUNCTION pg_temp.differences(until date, unit double precision, holdout date) RETURNS bigint LANGUAGE sql AS $$
    SELECT count(*) FROM pg_temp.plainly(until, unit, holdout) p
    FULL JOIN (SELECT s.* FROM (SELECT analytics.purchases(customer, day, amount, amount < 0) AS all_of_them FROM sale) x,
               analytics.purchase_summary(x.all_of_them, until, unit, holdout) s) s ON s.customer = p.customer
    WHERE (p.first_purchase, p.last_purchase, p.frequency, p.recency, p.age, p.holdout_purchases)
              IS DISTINCT FROM (s.first_purchase, s.last_purchase, s.frequency, s.recency, s.age, s.holdout_purchases)
       OR abs(p.monetary_value - s.monetary_value) > 1e-9 OR (p.monetary_value IS NULL) <> (s.monetary_value IS NULL)
       OR abs(p.total_value - s.total_value) > 1e-9 OR abs(p.holdout_value - s.holdout_value) > 1e-9
       OR (p.holdout_value IS NULL) <> (s.holdout_value IS NULL)
$$;
SELECT pg_temp.differences('2025-05-14', 1, NULL), pg_temp.differences('2024-07-01', 7, '2025-03-01'), pg_temp.differences('2024-01-10', 30.4375, '2024-02-01'),
       pg_temp.differences('2023-01-01', 7, NULL);
SELECT count(*) > 250 AS customers, bool_or(frequency > 20) AS frequent, bool_or(frequency = 0) AS once, sum(holdout_purchases) > 50 AS holdout
FROM (SELECT analytics.purchases(customer, day, amount, amount < 0) AS p FROM sale) x, analytics.purchase_summary(x.p, '2024-07-01', 7, '2025-03-01');
-- Without an end it is the last day there is; identifiers of any type; a NULL amount is 0.
SELECT s.* FROM (SELECT analytics.purchases(c, d, a, false) AS p FROM (VALUES (2, date '2024-01-01', 5.0), (2, '2024-01-15', 7), (2, '2024-01-15', 3), (10, '2024-01-29', NULL)) v (c, d, a)) x,
    analytics.purchase_summary(x.p) s;
SELECT s.customer FROM (SELECT analytics.purchases(c::uuid, '2024-01-01', 1, NULL) AS p FROM (VALUES ('00000000-0000-0000-0000-000000000002'), ('00000000-0000-0000-0000-000000000001')) v (c)) x,
    analytics.purchase_summary(x.p) s;
-- Nothing.
SELECT count(*) FROM (SELECT analytics.purchases(customer, day, amount, false) AS p FROM sale WHERE false) x, analytics.purchase_summary(x.p);
SELECT count(*) FROM analytics.purchase_summary(NULL);
-- The value survives text, and storage; the same purchases have the same bytes in any order, and from a parallel plan.
CREATE TABLE parallel_sale AS SELECT * FROM sale;
ALTER TABLE parallel_sale SET (parallel_workers = 2);
SET parallel_setup_cost = 0; SET parallel_tuple_cost = 0; SET min_parallel_table_scan_size = 0; SET max_parallel_workers_per_gather = 2;
CREATE FUNCTION pg_temp.is_partial(query text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE line text; found boolean := false;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        found := found OR line ~ 'Partial Aggregate';
    END LOOP;
    RETURN found;
END $$;
SELECT pg_temp.is_partial('SELECT analytics.purchases(customer, day, amount, false) FROM parallel_sale');
CREATE TEMP TABLE stored AS SELECT analytics.purchases(customer, day, amount, amount < 0) AS p FROM parallel_sale;
SELECT (SELECT p::text FROM stored) = (SELECT analytics.purchases(customer, day, amount, amount < 0)::text FROM (SELECT * FROM sale ORDER BY random()) r) AS same_bytes,
       (SELECT p::text::analytics.purchases::text = p::text FROM stored) AS through_text;
CREATE TEMP TABLE history AS SELECT s.* FROM stored, analytics.purchase_summary(p, NULL, 7) s;
CREATE TABLE parallel_history AS SELECT * FROM history;
ALTER TABLE parallel_history SET (parallel_workers = 2);
SELECT pg_temp.is_partial('SELECT analytics.bgnbd_fit(frequency, recency, age), analytics.gamma_gamma_fit(frequency, monetary_value) FROM parallel_history');
SELECT (SELECT (analytics.bgnbd_fit(frequency, recency, age), analytics.mbgnbd_fit(frequency, recency, age), analytics.gamma_gamma_fit(frequency, monetary_value))::text FROM parallel_history)
     = (SELECT (analytics.bgnbd_fit(frequency, recency, age), analytics.mbgnbd_fit(frequency, recency, age), analytics.gamma_gamma_fit(frequency, monetary_value))::text FROM history) AS same_fits;
RESET parallel_setup_cost; RESET parallel_tuple_cost; RESET min_parallel_table_scan_size; RESET max_parallel_workers_per_gather;
DROP TABLE parallel_sale, parallel_history;

-- Models: weights stand for rows; each says why it has no maximum.
CREATE TEMP TABLE buyer AS SELECT frequency, recency, age, n FROM (VALUES (0, 0, 30, 40), (0, 0, 20, 25), (1, 5, 30, 10), (1, 22, 30, 8), (2, 14, 25, 7), (3, 12, 28, 5), (4, 26, 30, 4), (7, 29, 30, 3), (12, 27, 30, 1)) v (frequency, recency, age, n);
SELECT (m).model, round((m).r::numeric, 6) AS r, round((m).alpha::numeric, 6) AS alpha, round((m).a::numeric, 6) AS a, round((m).b::numeric, 6) AS b,
       round((m).log_likelihood::numeric, 6) AS log_likelihood, (m).customers, (m).repeat_customers, (m).distinct_histories, (m).converged, (m).reason
FROM (SELECT analytics.bgnbd_fit_weighted(frequency, recency, age, n) FROM buyer UNION ALL SELECT analytics.mbgnbd_fit_weighted(frequency, recency, age, n) FROM buyer) f (m);
SELECT (SELECT analytics.bgnbd_fit_weighted(frequency, recency, age, n) FROM buyer) = (SELECT analytics.bgnbd_fit(frequency, recency, age) FROM buyer, generate_series(1, n)) AS bgnbd,
       (SELECT analytics.mbgnbd_fit_weighted(frequency, recency, age, n) FROM buyer) = (SELECT analytics.mbgnbd_fit(frequency, recency, age) FROM buyer, generate_series(1, n)) AS mbgnbd;
CREATE FUNCTION pg_temp.told(m analytics.purchase_model) RETURNS text LANGUAGE sql AS $$ SELECT format('%s customers, %s repeat, parameters: %s, converged: %s, %s', (m).customers, (m).repeat_customers, (m).r IS NOT NULL, (m).converged, (m).reason) $$;
SELECT pg_temp.told(analytics.bgnbd_fit(frequency, recency, age)) FROM buyer WHERE false;
SELECT pg_temp.told(analytics.bgnbd_fit(frequency, recency, age)) FROM buyer WHERE frequency = 0;
SELECT pg_temp.told(analytics.bgnbd_fit(3, 20, 30)) FROM generate_series(1, 100);
SELECT pg_temp.told(analytics.mbgnbd_fit(3, 20, 30));
SELECT pg_temp.told(analytics.mbgnbd_fit(1, 0, 0));
SELECT pg_temp.told(analytics.mbgnbd_fit(x, 30 - 30.0 / (x + 1), 30)) FROM generate_series(1, 9) x;
SELECT pg_temp.told(analytics.mbgnbd_fit(NULL, 1, 2));
SELECT (m).customers, (m).skipped, (m).p, (m).converged, (m).reason FROM (SELECT analytics.gamma_gamma_fit(f, v) AS m FROM (VALUES (0, 5.0), (3, 0), (2, -1)) t (f, v)) s;
-- No parameters, no predictions.
SELECT analytics.p_alive(m, 1, 1, 2), analytics.expected_purchases(m, 1, 1, 2, 3), analytics.expected_spend(s, 1, 2), analytics.lifetime_value(m, s, 1, 1, 2, 3, 12, 4, 0)
FROM (SELECT analytics.bgnbd_fit(0, 0, 1) AS m, analytics.gamma_gamma_fit(0, 1) AS s) x;

-- What the published models say (Fader, Hardie and Lee 2005).
CREATE TEMP TABLE published AS SELECT analytics.make_purchase_model('bgnbd', 0.243, 4.414, 0.793, 2.426) AS m, analytics.make_spend_model(6.24880249, 3.744588453, 15.44774801) AS s;
SELECT round(analytics.p_alive(m, 2, 30.43, 38.86)::numeric, 12) AS p_alive, round(analytics.expected_purchases(m, 2, 30.43, 38.86, 39)::numeric, 11) AS purchases,
       round(analytics.expected_purchases(m, 0, 0, 0, 38.86)::numeric, 11) AS of_a_new_customer, round(analytics.expected_spend(s, 2, 22.35)::numeric, 7) AS spend,
       round(analytics.expected_spend(s, 0, NULL)::numeric, 3) AS spend_of_all FROM published;
SELECT round(sum(analytics.purchase_probability(m, 2, 30.43, 38.86, 39, n))::numeric, 9) AS all_cases,
       round((sum(n * analytics.purchase_probability(m, 2, 30.43, 38.86, 39, n)) / min(analytics.expected_purchases(m, 2, 30.43, 38.86, 39)))::numeric, 9) AS mean FROM published, generate_series(0, 200) n;
SELECT round((analytics.lifetime_value(m, s, 2, 30.43, 38.86, 22.35, 12, 4.345, 0) / analytics.expected_spend(s, 2, 22.35) / analytics.expected_purchases(m, 2, 30.43, 38.86, 52.14))::numeric, 12) AS without_discount,
       analytics.lifetime_value(m, s, 2, 30.43, 38.86, 22.35, 12, 4.345, 0.01) < analytics.lifetime_value(m, s, 2, 30.43, 38.86, 22.35, 12, 4.345, 0) AS discounted FROM published;
-- One-time buyers: alive for sure in one model, not in the other.
SELECT analytics.p_alive(m, 0, 0, 38.86) AS bgnbd, round(analytics.p_alive(analytics.make_purchase_model('mbgnbd', 0.52483798, 6.182992, 0.89135616, 1.6139993), 0, 0, 38.86)::numeric, 6) AS mbgnbd FROM published;
SELECT analytics.p_alive(m, 221, 103.43, 103.57) BETWEEN 0.9 AND 1 AS many, analytics.expected_purchases(m, 5000, 38.8, 38.86, 39) BETWEEN 3000 AND 6000 AS very_many FROM published;
-- Pareto/NBD: the first customers of CDNOW by the published parameters (Fader and Hardie 2005); weights, fits and hold-out as of the others.
SELECT v.x, round(analytics.p_alive(m, v.x, v.t_x, 38.86)::numeric, 10) AS p_alive, round(analytics.expected_purchases(m, v.x, v.t_x, 38.86, 39)::numeric, 10) AS purchases,
       round(sum(analytics.purchase_probability(m, v.x, v.t_x, 38.86, 39, n))::numeric, 9) AS all_cases
FROM (SELECT analytics.make_purchase_model('pareto_nbd', 0.553, 10.58, 0.606, 11.67) AS m) p, (VALUES (2, 30.43), (1, 1.71)) v (x, t_x), generate_series(0, 120) n GROUP BY v.x, v.t_x, m ORDER BY 1 DESC;
-- The walkthrough of R's package BTYD prints 1.473 purchases of a new customer within a year, and 0.9979 and 25.46 of its customer 1516; parameters with four digits are off by as much as .01 of the last.
SELECT round(analytics.expected_purchases(m, 0, 0, 0, 52)::numeric, 3) AS of_a_new_customer, round(analytics.p_alive(m, 26, 30.86, 31)::numeric, 4) AS p_alive,
       round(analytics.expected_purchases(m, 26, 30.86, 31, 52)::numeric, 1) AS purchases FROM (SELECT analytics.make_purchase_model('pareto_nbd', 0.5534, 10.5802, 0.6061, 11.6562) AS m) p;
SELECT (m).model, round((m).r::numeric, 3) AS r, round((m).alpha::numeric, 2) AS alpha, round(((m).a / (m).b)::numeric, 4) AS leaving, round((m).log_likelihood::numeric, 4) AS log_likelihood, (m).reason
FROM (SELECT analytics.pareto_nbd_fit_weighted(frequency, recency, age, n) AS m FROM buyer) f;
SELECT (SELECT analytics.pareto_nbd_fit_weighted(frequency, recency, age, n) FROM buyer) = (SELECT analytics.pareto_nbd_fit(frequency, recency, age) FROM buyer, generate_series(1, n)) AS pareto_nbd;
SELECT pg_temp.told(analytics.pareto_nbd_fit(frequency, recency, age)) FROM buyer WHERE frequency = 0;
-- Models by characteristics: customers twice, half of them with each gap halved; which of two shops they went to says nothing.
CREATE TEMP TABLE known AS
SELECT h.frequency, h.recency / s.pace AS recency, h.age / s.pace AS age, s.name AS channel, CASE WHEN length(h.customer) % 2 = 0 THEN 'east' ELSE 'west' END AS shop
FROM history h, (VALUES ('mail', 1), ('search', 2)) s (name, pace);
CREATE TEMP TABLE by_channel AS
SELECT m.* FROM (SELECT array_agg(frequency) AS f, array_agg(recency) AS r, array_agg(age) AS a, array_agg(channel) AS c FROM known) k, analytics.purchase_models_by(k.f, k.r, k.a, k.c) m;
SELECT characteristic_value, second_value, customers, repeat_customers, round(rate_ratio::numeric, 2) AS rate_ratio, rate_ratio_low < rate_ratio AND rate_ratio < rate_ratio_high AS within,
       rate_ratio_low > 1 OR rate_ratio_high < 1 AS differs, leaving_ratio_low < 1 AND leaving_ratio_high > 1 AS leave_alike, (purchase_model).model, (purchase_model).converged, (purchase_model).reason
FROM by_channel;
SELECT round(sqrt(max(rate_ratio) / min(rate_ratio))::numeric, 1) AS root_of_two, count(DISTINCT (purchase_model).r) AS one_r, sum((purchase_model).log_likelihood) > (SELECT (analytics.mbgnbd_fit(frequency, recency, age)).log_likelihood FROM known) AS more_likely,
       bool_and((purchase_model).alpha_error > 0) AS has_errors FROM by_channel;
SELECT k.channel, sum(analytics.expected_purchases(b.purchase_model, k.frequency, k.recency, k.age, 10))::int AS foretold FROM known k JOIN by_channel b ON b.characteristic_value = k.channel GROUP BY k.channel ORDER BY 1;
SELECT m.characteristic_value, m.second_value, m.customers, round(m.rate_ratio::numeric, 1) AS rate_ratio, (m.purchase_model).model
FROM (SELECT array_agg(frequency) AS f, array_agg(recency) AS r, array_agg(age) AS a, array_agg(channel) AS c, array_agg(shop) AS s FROM known) k, analytics.purchase_models_by(k.f, k.r, k.a, k.c, k.s, 'pareto_nbd') m;
SELECT count(*) AS nobody FROM analytics.purchase_models_by('{}', '{}', '{}', '{}');
SELECT characteristic_value, rate_ratio, (purchase_model).alpha, (purchase_model).reason FROM analytics.purchase_models_by('{0,0}', '{0,0}', '{3,4}', '{a,b}');
SELECT analytics.purchase_models_by('{1,0}', '{1,0}', '{3,3}', '{a,NULL}');
SELECT analytics.purchase_models_by('{1,0}', '{1,0}', '{3,3}', '{a}');
SELECT analytics.purchase_models_by('{1,0}', '{5,0}', '{3,3}', '{a,b}');
SELECT analytics.purchase_models_by('{1,0}', '{1,0}', '{3,3}', '{a,b}', model => 'pareto');
SELECT count(*) FROM (SELECT array_agg(1 + i % 3::bigint) AS f, array_agg(1::float8) AS r, array_agg(3::float8) AS a, array_agg(i::text) AS c FROM generate_series(1, 201) i) k, analytics.purchase_models_by(k.f, k.r, k.a, k.c);

-- Seasons: thirty months of customers who come every five weeks on average, three times as often in November and December; against plain SQL.
CREATE TEMP TABLE visit AS
WITH day AS (
    SELECT d::date AS day, CASE WHEN extract(month FROM d) >= 11 THEN 3 ELSE 1 END AS busy FROM generate_series(timestamp '2022-07-01', '2025-06-30', interval '1 day') d),
customer AS (
    SELECT i, date '2022-07-01' + i * 7919 % 1000 AS first, 20 + i * 31 % 60 AS pace, 30 + i * 104729 % 1500 AS stay FROM generate_series(1, 800) i)
SELECT c.i AS customer, d.day FROM customer c JOIN day d ON d.day = c.first OR d.day > c.first AND d.day < c.first + c.stay AND (c.i * 7919 + (d.day - date '2000-01-01') * 104729::bigint) % 3001 < 3001 * d.busy / c.pace;
CREATE TEMP TABLE season AS
SELECT m.* FROM (SELECT analytics.purchases(customer, day, 1, false) AS p FROM visit) v, analytics.purchase_season(v.p, '2025-06-30') m;
SELECT month, round(season_index::numeric, 1) AS season_index, index_low > 1 AS more, index_high < 1 AS less, reason FROM season;
SELECT round(sum(season_index * (ARRAY[31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31])[month] / 365)::numeric, 9) AS mean, sum(repeat_purchases) = (
    SELECT count(*) FROM (SELECT day, row_number() OVER (PARTITION BY customer ORDER BY day) AS place FROM visit) v WHERE place > 1 AND day > '2023-06-30') AS of_two_years, bool_and(index_low < season_index AND season_index < index_high) AS within
FROM season;
-- Seasonal time is the sum of the indices of the days, leap days and years before 2000 too; all months alike, it is that of the calendar.
WITH s AS (SELECT array_agg(season_index ORDER BY month) AS season FROM season), v (after, until) AS (
    VALUES (date '2023-11-15', date '2024-03-02'), ('2024-02-29', '2024-02-29'), ('1896-01-01', '1904-12-31'), ('1999-12-31', '2000-03-01'), ('2099-01-01', '2104-02-29'))
SELECT v.after, v.until, round(abs(analytics.seasonal_time(v.after, v.until, s.season, 1) - (
    SELECT COALESCE(sum(s.season[extract(month FROM v.after + d)]), 0) FROM generate_series(1, v.until - v.after) d))::numeric, 6) AS off,
    analytics.seasonal_time(v.after, v.until, array_fill(1::float8, ARRAY[12]), 1) = v.until - v.after AS calendar, analytics.seasonal_time(v.until, v.after, s.season) = -analytics.seasonal_time(v.after, v.until, s.season) AS backwards
FROM s, v;
-- What is foretold of November and December from the end of October: with the season about what comes, without it half.
WITH p AS (
    SELECT analytics.purchases(customer, day, 1, false) AS p FROM visit),
s AS (
    SELECT array_agg(m.season_index ORDER BY m.month) AS season FROM p, analytics.purchase_season(p.p, '2024-10-31') m),
h AS (
    SELECT k.kind, h.frequency, h.holdout_purchases, CASE k.kind WHEN 'plain' THEN h.recency ELSE analytics.seasonal_time(h.first_purchase, h.last_purchase, s.season) END AS recency,
           CASE k.kind WHEN 'plain' THEN h.age ELSE analytics.seasonal_time(h.first_purchase, '2024-10-31', s.season) END AS age,
           CASE k.kind WHEN 'plain' THEN 61 / 7.0 ELSE analytics.seasonal_time('2024-10-31', '2024-12-31', s.season) END AS horizon
    FROM p, s, (VALUES ('plain'), ('seasonal')) k (kind), analytics.purchase_summary(p.p, '2024-10-31', 7, '2024-12-31') h),
m AS (
    SELECT kind, analytics.mbgnbd_fit(frequency, recency, age) AS model FROM h GROUP BY kind)
SELECT h.kind, round(avg(analytics.expected_purchases(m.model, h.frequency, h.recency, h.age, h.horizon))::numeric / avg(h.holdout_purchases), 1) AS foretold FROM h JOIN m USING (kind) GROUP BY h.kind ORDER BY h.kind;
SELECT DISTINCT season_index, index_low, reason FROM (SELECT analytics.purchases(customer, day, 1, false) AS p FROM visit WHERE day < '2024-06-01') v, analytics.purchase_season(v.p) m;
SELECT DISTINCT season_index, expected_purchases, reason FROM (SELECT analytics.purchases(i, date '2022-01-01' + i, 1, false) AS p FROM generate_series(1, 1200) i) v, analytics.purchase_season(v.p) m;
SELECT count(*) AS months, min(reason) AS reason FROM (SELECT analytics.purchases(customer, day, 1, false) AS p FROM visit WHERE false) v, analytics.purchase_season(v.p) m;
SELECT analytics.purchase_season(p, model => 'pareto_nbd') FROM stored;
SELECT analytics.purchase_season(p, confidence => 1) FROM stored;
SELECT analytics.purchase_season(p, '5000000-01-01') FROM stored;
SELECT analytics.seasonal_time('2024-01-01', '2024-02-01', '{1,2}');
SELECT analytics.seasonal_time('2024-01-01', '2024-02-01', '{1,1,1,1,1,1,1,1,1,1,1,NULL}');
SELECT analytics.seasonal_time('2024-01-01', 'infinity', array_fill(1::float8, ARRAY[12]));
SELECT analytics.seasonal_time('2024-01-01', '5000000-01-01', array_fill(1::float8, ARRAY[12]));
SELECT analytics.seasonal_time('2024-01-01', '2024-02-01', array_fill(1::float8, ARRAY[12]), 0);

-- What cannot be.
SELECT analytics.p_alive(m, 254, 97.43, 97.29) FROM published;
SELECT analytics.bgnbd_fit(1, 5, 4);
SELECT analytics.bgnbd_fit(0, 1, 4);
SELECT analytics.bgnbd_fit(-1, 0, 4);
SELECT analytics.bgnbd_fit(1, 'NaN', 4);
SELECT analytics.mbgnbd_fit_weighted(1, 1, 4, -1);
-- Who loses money: Gamma-Gamma has no answer, the normal model a negative one.
SELECT analytics.expected_spend(analytics.make_spend_model(6.25, 3.74, 15.44), 5, -1000) AS by_gamma, round(analytics.expected_normal_spend(analytics.make_normal_spend_model(30, 40, 100), 5, -1000)::numeric, 6) AS by_normal,
       round((30 + (-1000 - 30) * 5 * 1600 / (5 * 1600 + 10000.0))::numeric, 6) AS by_hand, analytics.expected_normal_spend(analytics.make_normal_spend_model(30, 40, 100), 0, NULL) AS of_all;
SELECT (m).customers, (m).skipped, (m).mean, (m).converged, (m).reason FROM (SELECT analytics.normal_spend_fit(f, v) AS m FROM (VALUES (0, 0.0), (2, -5.0), (2, 8.0), (2, 3.0)) x (f, v)) y;
SELECT (m).customers, (m).reason FROM (SELECT analytics.normal_spend_fit(1, 2) AS m) y;
SELECT round(i.low::numeric, 4) AS low, round(i.high::numeric, 4) AS high FROM analytics.lifetime_value_interval(analytics.make_purchase_model('mbgnbd', 0.525, 6.183, 0.891, 1.614), analytics.make_spend_model(6.25, 3.74, 15.44), 5, 30, 35, 20, 12, 4.345, 0.01) i;
SELECT round(i.low::numeric, 4) AS low, round(i.high::numeric, 4) AS high FROM analytics.normal_lifetime_value_interval(analytics.make_purchase_model('mbgnbd', 0.525, 6.183, 0.891, 1.614), analytics.make_normal_spend_model(30, 40, 100), 5, 30, 35, -200, 12, 4.345, 0.01) i;
SELECT count(*) AS without_a_model FROM analytics.lifetime_value_interval(NULL, analytics.make_spend_model(6.25, 3.74, 15.44), 5, 30, 35, 20, 12, 4.345, 0.01);
SELECT * FROM analytics.lifetime_value_interval(analytics.make_purchase_model('mbgnbd', 0.525, 6.183, 0.891, 1.614), analytics.make_spend_model(6.25, 3.74, 15.44), 5, 30, 35, 20, 12, 4.345, 0.01, 1);
SELECT * FROM analytics.lifetime_value_interval(ROW('mbgnbd', 1, 10, 1, 4, 0.1, 1, 0.1, 0.4, NULL, NULL, NULL, NULL, NULL, NULL, 'a model of our own', '{0.5}')::analytics.purchase_model, analytics.make_spend_model(6.25, 3.74, 15.44), 5, 30, 35, 20, 12, 4.345, 0.01);
SELECT * FROM analytics.lifetime_value_interval(ROW('mbgnbd', 1, 10, 1, 4, 0.1, 1, 0.1, 0.4, NULL, NULL, NULL, NULL, NULL, NULL, 'a model of our own', '{0,0,0,0,0,-1.5}')::analytics.purchase_model, analytics.make_spend_model(6.25, 3.74, 15.44), 5, 30, 35, 20, 12, 4.345, 0.01);
-- Errors that go together nearly cancel out: the interval is that of a model without errors, but for little.
SELECT round((w.high / e.high)::numeric, 2) AS of_independent, round((o.high / e.high)::numeric, 2) AS of_correlated
FROM analytics.make_spend_model(6.25, 3.74, 15.44) s,
    analytics.lifetime_value_interval(analytics.make_purchase_model('mbgnbd', 1, 10, 100, 400), s, 5, 30, 35, 20, 12, 4.345, 0.01) e,
    analytics.lifetime_value_interval(ROW('mbgnbd', 1, 10, 100, 400, 0, 0, 100, 400, NULL, NULL, NULL, NULL, NULL, NULL, 'a ridge', NULL)::analytics.purchase_model, s, 5, 30, 35, 20, 12, 4.345, 0.01) w,
    analytics.lifetime_value_interval(ROW('mbgnbd', 1, 10, 100, 400, 0, 0, 100, 400, NULL, NULL, NULL, NULL, NULL, NULL, 'a ridge', '{0,0,0,0,0,0.9999}')::analytics.purchase_model, s, 5, 30, 35, 20, 12, 4.345, 0.01) o;
-- Of a sum: one customer's is his own; chances of many cancel out, so that of a hundred is ten times as wide and not a hundred times.
CREATE TEMP TABLE modelled AS SELECT analytics.make_purchase_model('mbgnbd', 0.525, 6.183, 0.891, 1.614) AS m, analytics.make_spend_model(6.25, 3.74, 15.44) AS s, analytics.make_normal_spend_model(30, 40, 100) AS n;
SELECT h.f, round((o.high / i.high)::numeric, 2) AS high, abs(o.low - i.low) < 0.5 AS low, round((no.high / ni.high)::numeric, 2) AS normal_high, round((no.low / ni.low)::numeric, 2) AS normal_low
FROM modelled, (VALUES (0::bigint, 0, NULL::float8), (5, 30, 20), (20, 34, 45)) h (f, r, mean),
    analytics.lifetime_value_interval(m, s, f, r, 35, mean, 12, 4.345, 0.01) i, analytics.lifetime_value_sum_interval(m, s, ARRAY[f], ARRAY[r]::float8[], '{35}', ARRAY[mean], 12, 4.345, 0.01) o,
    analytics.normal_lifetime_value_interval(m, n, f, r, 35, mean, 12, 4.345, 0.01) ni, analytics.normal_lifetime_value_sum_interval(m, n, ARRAY[f], ARRAY[r]::float8[], '{35}', ARRAY[mean], 12, 4.345, 0.01) no;
SELECT round(((g.high - g.low) / (t.high - t.low))::numeric, 1) AS of_a_hundred_times_as_many, round(((g.high + g.low) / (t.high + t.low))::numeric) AS in_the_middle
FROM modelled, LATERAL (SELECT array_agg((i % 100 % 4)::bigint) AS f, array_agg(CASE WHEN i % 100 % 4 > 0 THEN 20.0 + i % 10 ELSE 0 END::float8) AS r, array_agg(40.0::float8) AS a, array_agg(CASE WHEN i % 100 % 4 > 0 THEN 30.0 + i % 7 END::float8) AS v FROM generate_series(1, 10000) i) l,
    analytics.lifetime_value_sum_interval(m, s, f, r, a, v, 12, 4.345, 0.01) g, analytics.lifetime_value_sum_interval(m, s, f[1:100], r[1:100], a[1:100], v[1:100], 12, 4.345, 0.01) t;
SELECT i.* FROM modelled, analytics.lifetime_value_sum_interval(m, s, '{}', '{}', '{}', '{}', 12, 4.345, 0.01) i;
SELECT count(*) AS without_a_model FROM modelled, analytics.lifetime_value_sum_interval(NULL, s, '{1}', '{5}', '{9}', '{20}', 12, 4.345, 0.01);
SELECT l.low = o.low AND l.high = o.high AS without_him FROM modelled, analytics.lifetime_value_sum_interval(m, s, '{1,2}', '{5,6}', '{9,9}', '{20,-3}', 12, 4.345, 0.01) l, analytics.lifetime_value_sum_interval(m, s, '{1}', '{5}', '{9}', '{20}', 12, 4.345, 0.01) o;
SELECT i.* FROM modelled, analytics.lifetime_value_sum_interval(m, s, '{1}', '{5,6}', '{9}', '{20}', 12, 4.345, 0.01) i;
SELECT i.* FROM modelled, analytics.lifetime_value_sum_interval(m, s, '{1}', '{5}', '{3}', '{20}', 12, 4.345, 0.01) i;
SELECT i.* FROM modelled, analytics.lifetime_value_sum_interval(m, s, '{NULL}', '{5}', '{9}', '{20}', 12, 4.345, 0.01) i;
SELECT i.* FROM modelled, analytics.normal_lifetime_value_sum_interval(m, n, '{1}', '{5}', '{9}', '{20}', 0, 4.345, 0.01) i;
SELECT i.* FROM modelled, analytics.normal_lifetime_value_sum_interval(m, n, '{1}', '{5}', '{9}', '{20}', 12, 4.345, 0.01, 1) i;
SELECT analytics.expected_normal_spend(analytics.make_normal_spend_model(1, -1, 1), 1, 1);
SELECT analytics.gamma_gamma_fit(1, 'infinity');
SELECT analytics.p_alive(analytics.make_purchase_model('pareto', 1, 1, 1, 1), 0, 0, 1);
SELECT analytics.p_alive(analytics.make_purchase_model('bgnbd', 1, 0, 1, 1), 0, 0, 1);
SELECT analytics.expected_spend(analytics.make_spend_model(1, 'NaN', 1), 1, 1);
SELECT analytics.expected_purchases(m, 0, 0, 1, -1) FROM published;
SELECT analytics.purchase_probability(m, 0, 0, 1, 1, -1) FROM published;
SELECT analytics.discounted_purchases(m, 0, 0, 1, 0, 1, 0) FROM published;
SELECT analytics.discounted_purchases(m, 0, 0, 1, 1, 1, -2) FROM published;
SELECT analytics.purchases(NULL::int, '2024-01-01', 1, false);
SELECT analytics.purchases(1, NULL, 1, false);
SELECT analytics.purchases(1, 'infinity', 1, false);
SELECT analytics.purchases(1, '2024-01-01', 'NaN', false);
SELECT count(*) FROM stored, analytics.purchase_summary(p, 'infinity');
SELECT count(*) FROM stored, analytics.purchase_summary(p, NULL, 0);
SELECT count(*) FROM stored, analytics.purchase_summary(p, '2024-03-01', 7, '2024-03-01');
SELECT '\x00'::analytics.purchases;

-- The warehouse.
SELECT * FROM analytics.customer_value();
SELECT analytics.install();
SELECT count(*) FROM analytics.customer_value();
SELECT count(*) FROM analytics.customer_value_holdout();
CREATE SCHEMA raw;
CREATE TABLE raw.sales AS SELECT id, customer, day, amount, CASE WHEN id % 3 > 0 THEN amount / 4 END AS profit FROM sale;
SELECT analytics.register_source('transactions', 'raw.sales', '{"transaction_id": "id", "client_id": "customer", "occurred_at": "day", "amount": "amount", "profit": "profit"}') IS NOT NULL AS registered;
CALL analytics.refresh();
SELECT m.model, m.observed_until, m.customers, m.repeat_customers, m.converged, m.reason,
       (m.r, m.alpha, m.a, m.b) = ((f.m).r, (f.m).alpha, (f.m).a, (f.m).b) AS is_the_fit
FROM warehouse.purchase_model m
JOIN (SELECT (SELECT analytics.bgnbd_fit(frequency, recency, age) FROM history) UNION ALL SELECT (SELECT analytics.mbgnbd_fit(frequency, recency, age) FROM history)) f (m) ON (f.m).model = m.model ORDER BY 1;
SELECT value, customers, skipped, converged, reason FROM warehouse.spend_model ORDER BY 1;
SELECT count(*) = (SELECT count(*) FROM history) AS everybody, bool_and(p_alive BETWEEN 0 AND 1) AS probabilities, bool_and(clv >= 0) AS values
FROM analytics.customer_value();
-- Each number is that of the functions above.
SELECT count(*) AS customers, count(*) FILTER (WHERE abs(v.p_alive - analytics.p_alive(f.m, h.frequency, h.recency, h.age)) > 1e-12
        OR abs(v.expected_purchases - analytics.expected_purchases(f.m, h.frequency, h.recency, h.age, 26)) > 1e-12
        OR abs(v.expected_spend - analytics.expected_spend(f.s, h.frequency, h.monetary_value)::numeric) > 0.0001
        OR abs(v.clv - analytics.lifetime_value(f.m, f.s, h.frequency, h.recency, h.age, h.monetary_value, 6, 26.0 / 6, power(1.2, 182 / 365.25 / 6) - 1)::numeric) > 0.0001
        OR v.purchases <> h.frequency + 1 OR v.first_purchase <> h.first_purchase OR v.last_purchase <> h.last_purchase) AS different
FROM analytics.customer_value(horizon => '182 days', discount_rate => 0.2, model => 'bgnbd') v JOIN history h ON h.customer = v.client_id,
     (SELECT analytics.bgnbd_fit(frequency, recency, age) AS m, analytics.gamma_gamma_fit(frequency, monetary_value) AS s FROM history) f;
-- So are those of Pareto/NBD, which no refresh fits: of today, and of an earlier day by the model of today.
SELECT a.as_of, count(*) AS customers, count(*) FILTER (WHERE abs(v.p_alive - analytics.p_alive(f.m, h.frequency, h.recency, h.age)) > 1e-12
        OR abs(v.expected_purchases - analytics.expected_purchases(f.m, h.frequency, h.recency, h.age, 26)) > 1e-12
        OR abs(v.clv - analytics.lifetime_value(f.m, f.s, h.frequency, h.recency, h.age, h.monetary_value, 6, 26.0 / 6, power(1.2, 182 / 365.25 / 6) - 1)::numeric) > 0.0001
        OR abs(v.clv_low - i.low::numeric) > 0.0001 OR abs(v.clv_high - i.high::numeric) > 0.0001) AS different, min(v.evidence) AS evidence
FROM (VALUES (NULL::date), ('2024-12-31')) a (as_of)
CROSS JOIN stored
CROSS JOIN (SELECT analytics.pareto_nbd_fit(frequency, recency, age) AS m, analytics.gamma_gamma_fit(frequency, monetary_value) AS s FROM history) f
CROSS JOIN LATERAL analytics.customer_value(a.as_of, horizon => '182 days', discount_rate => 0.2, model => 'pareto_nbd') v
JOIN LATERAL analytics.purchase_summary(stored.p, a.as_of, 7) h ON h.customer = v.client_id
CROSS JOIN LATERAL analytics.lifetime_value_interval(f.m, f.s, h.frequency, h.recency, h.age, h.monetary_value, 6, 26.0 / 6, power(1.2, 182 / 365.25 / 6) - 1) i
GROUP BY a.as_of ORDER BY a.as_of;
SELECT count(*) AS rows, bool_and(clv IS NOT NULL) AS values, min(evidence) AS evidence FROM analytics.customer_value(value => 'profit', row_limit => 5);
-- Who loses money is worth less than nothing; the interval is wider at a longer horizon.
SELECT count(*) FILTER (WHERE v.mean_spend < 0) AS losers,
       bool_and((v.clv < 0) = (v.expected_spend < 0)) AS signs, bool_and(v.clv_high - v.clv_low <= w.clv_high - w.clv_low) AS wider
FROM analytics.customer_value(value => 'profit') v JOIN analytics.customer_value(value => 'profit', horizon => '3 years') w USING (client_id) WHERE v.purchases > 1;
SELECT count(*) FILTER (WHERE clv_low IS NULL OR clv_high < clv_low) AS wrong, bool_and(clv_low >= 0) AS not_negative FROM analytics.customer_value() WHERE clv IS NOT NULL;
SELECT count(*) > 0 AS known_early, max(last_purchase) <= '2024-06-30' AS nothing_later FROM analytics.customer_value('2024-06-30');
SELECT repeat_purchases, customers, actual_purchases, round(expected_purchases::numeric, 1) AS expected, round(bought_again::numeric, 2) AS bought, round(p_bought_again::numeric, 2) AS foretold FROM analytics.customer_value_holdout('2024-07-31', '2025-02-28');
SELECT sum(customers) FILTER (WHERE repeat_purchases <> 'all') = max(customers) FILTER (WHERE repeat_purchases = 'all') AS all_customers,
       sum(actual_purchases) FILTER (WHERE repeat_purchases = 'all') = (SELECT sum(s.holdout_purchases) FROM stored, analytics.purchase_summary(p, '2024-07-31', 7, '2025-02-28') s) AS actual
FROM analytics.customer_value_holdout('2024-07-31', '2025-02-28', 'bgnbd');
SELECT model, min(expected_purchases) > 0 AS foretold, min(evidence) AS evidence FROM unnest('{bgnbd,mbgnbd,pareto_nbd}'::text[]) model, analytics.customer_value_holdout('2024-07-31', '2025-02-28', model) WHERE repeat_purchases = 'all' GROUP BY model ORDER BY model;
-- What an incremental refresh leaves is what a full one makes; nothing new changes nothing.
UPDATE raw.sales SET amount = amount + 5 WHERE id % 7 = 0;
DELETE FROM raw.sales WHERE id % 11 = 0;
CALL analytics.refresh();
CREATE TEMP TABLE incremental AS SELECT to_jsonb(m) AS line FROM warehouse.purchase_model m UNION ALL SELECT to_jsonb(s) FROM warehouse.spend_model s;
CALL analytics.refresh();
SELECT rows_read, inserted, updated, unchanged, deleted FROM warehouse.refresh_step WHERE name = 'value models' ORDER BY run_id DESC LIMIT 2;
CALL analytics.refresh('full');
SELECT count(*) AS models FROM incremental;
SELECT * FROM incremental EXCEPT (SELECT to_jsonb(m) FROM warehouse.purchase_model m UNION ALL SELECT to_jsonb(s) FROM warehouse.spend_model s);
-- Too little to fit: the values are unknown, and say why.
DELETE FROM raw.sales WHERE id <> (SELECT min(id) FROM raw.sales WHERE amount > 0);
CALL analytics.refresh(accept_loss => true);
SELECT p_alive, expected_purchases, clv, purchases, evidence FROM analytics.customer_value();
DELETE FROM raw.sales;
CALL analytics.refresh(accept_loss => true);
SELECT (SELECT count(*) FROM warehouse.purchase_model) AS purchase_models, (SELECT count(*) FROM warehouse.spend_model) AS spend_models;
-- Contracts stand in where no transactions are registered, and the lines of an order are one purchase: sent back as a whole, it is none.
CREATE TABLE raw.contracts AS SELECT id, customer, day, amount FROM sale WHERE amount > 0;
CREATE TABLE raw.lines AS SELECT id, customer, day, amount * part AS amount, 'course ' || CASE right(customer, 1) WHEN '0' THEN '1' WHEN '1' THEN customer || ' of its own' ELSE '2' END AS product FROM sale, (VALUES (2), (-1)) v (part);
SELECT analytics.configure(business_id => 2), analytics.configure(business_id => 3);
SELECT analytics.register_source('contracts', 'raw.contracts', '{"contract_id": "id", "client_id": "customer", "signed_at": "day", "amount": "amount"}', business_id => 2) IS NOT NULL AS contracts,
       analytics.register_source('transactions', 'raw.lines', '{"transaction_id": "id || ''/'' || amount", "client_id": "customer", "occurred_at": "day", "amount": "amount", "order_id": "id", "product_id": "product"}', business_id => 3) IS NOT NULL AS lines;
CALL analytics.refresh();
SELECT b.business_id, count(*) FILTER (WHERE v.client_id IS NULL) AS missing, count(*) = (SELECT count(*) FROM analytics.customer_value(row_limit => 100000, business_id => b.business_id)) AS nobody_else,
       count(*) FILTER (WHERE v.purchases <> h.frequency + 1 OR v.total_spend <> h.total_value::numeric(18,4)) AS different, bool_and(clv >= 0) AS values
FROM (VALUES (2, true), (3, false)) b (business_id, only_sales)
CROSS JOIN LATERAL (SELECT analytics.purchases(customer, day, amount, amount < 0) AS p FROM sale WHERE amount > 0 OR NOT b.only_sales) s
CROSS JOIN LATERAL analytics.purchase_summary(s.p) h
LEFT JOIN LATERAL analytics.customer_value(row_limit => 100000, business_id => b.business_id) v ON v.client_id = h.customer
GROUP BY b.business_id ORDER BY b.business_id;
-- By what brought customers in: the numbers are those of the functions above; who went the same way is counted once.
CREATE TEMP TABLE by_platform AS SELECT * FROM analytics.customer_value_by(horizon => '182 days', discount_rate => 0.2, business_id => 2);
SELECT cohort_key, customers = (SELECT count(*) FROM analytics.customer_value(row_limit => 100000, business_id => 2)) AS everybody, round(rate_ratio::numeric, 3) AS rate_ratio, round(leaving_ratio::numeric, 3) AS leaving_ratio, evidence, business FROM by_platform;
SELECT round((b.clv / v.clv)::numeric, 5) AS clv, round((b.expected_purchases / v.expected)::numeric, 5) AS purchases, round((b.p_alive / v.p_alive)::numeric, 5) AS alive
FROM by_platform b, (SELECT sum(clv) AS clv, sum(expected_purchases) AS expected, avg(p_alive) AS p_alive FROM analytics.customer_value(horizon => '182 days', discount_rate => 0.2, row_limit => 100000, business_id => 2)) v;
SELECT round((new_customer_purchases / analytics.expected_purchases(m.model, 0, 0, 0, 26))::numeric, 5) AS of_a_newcomer, new_customer_clv BETWEEN new_customer_purchases * 0.8 * s.spend AND new_customer_purchases * 1.2 * s.spend AS and_their_money
FROM by_platform, (SELECT analytics.make_purchase_model(model, r, alpha, a, b) AS model FROM warehouse.purchase_model WHERE business_id = 2 AND model = 'mbgnbd') m, (SELECT avg(expected_spend)::float8 AS spend FROM analytics.customer_value(row_limit => 100000, business_id => 2)) s;
-- What they bring together is surer than each of them; by its errors it is less sure than by chance alone; a newcomer brings what one may.
SELECT b.clv_low < b.clv AND b.clv < b.clv_high AS around, round((b.clv_high - b.clv_low) / v.width, 1) AS of_the_sum_of_bounds, b.clv_high - b.clv_low > (i.high - i.low)::numeric AS less_sure_than_by_chance,
       b.new_customer_clv_low, b.new_customer_clv_high > 3 * b.new_customer_clv AS one_may_bring_much
FROM by_platform b, (SELECT sum(clv_high - clv_low) AS width FROM analytics.customer_value(horizon => '182 days', discount_rate => 0.2, row_limit => 100000, business_id => 2)) v,
    (SELECT array_agg(h.frequency) AS f, array_agg(h.recency) AS r, array_agg(h.age) AS a, array_agg(h.monetary_value) AS v, analytics.mbgnbd_fit(h.frequency, h.recency, h.age) AS m, analytics.gamma_gamma_fit(h.frequency, COALESCE(h.monetary_value, 0)) AS s
     FROM (SELECT analytics.purchases(customer, day, amount, false) AS p FROM sale WHERE amount > 0) p, analytics.purchase_summary(p.p) h) l,
    analytics.lifetime_value_sum_interval(analytics.make_purchase_model((m).model, (m).r, (m).alpha, (m).a, (m).b), analytics.make_spend_model((s).p, (s).q, (s).gamma), l.f, l.r, l.a, l.v, 6, 26.0 / 6, power(1.2, 182 / 365.25 / 6) - 1) i;
SELECT count(*) AS products, sum(customers) = (SELECT count(*) FROM analytics.customer_value(row_limit => 100000, business_id => 3)) AS everybody, bool_and(rate_ratio_low < rate_ratio AND rate_ratio < rate_ratio_high) AS intervals, min(cohort_key COLLATE "C") FILTER (WHERE customers > 50) AS a_large_one
FROM analytics.customer_value_by('first_product', model => 'bgnbd', business_id => 3);
SELECT count(*) AS businesses FROM (SELECT DISTINCT business FROM analytics.customer_value_by('campaign', '2024-12-31')) b;
SELECT DISTINCT clv, clv_low, new_customer_clv, new_customer_clv_high, evidence FROM analytics.customer_value_by(value => 'profit', business_id => 2);
SELECT * FROM analytics.customer_value_by('branch');
SELECT * FROM analytics.customer_value_by(model => 'pareto');
SELECT * FROM analytics.customer_value_by(horizon => '0 days');
SELECT count(*) AS before_the_first FROM analytics.customer_value_by(as_of => '2001-01-01');

-- Spend that varies by amounts and not by factors is the normal model's, though nobody loses money: it makes that likelier.
CREATE FUNCTION pg_temp.deviate(n bigint) RETURNS float8 LANGUAGE sql AS 'SELECT sqrt(-2 * ln((n * 7919 % 10007 + 1) / 10009.0)) * cos(2 * pi() * (n * 104729 % 9973) / 9973)';
UPDATE raw.contracts SET amount = round((1000 + 220 * pg_temp.deviate(substr(customer, 2)::bigint) + 260 * pg_temp.deviate(5000 + 3 * id::bigint))::numeric, 2);
CALL analytics.refresh(business_id => 2);
SELECT min(evidence) AS evidence, bool_and(clv_low >= 0) AS not_negative FROM analytics.customer_value(row_limit => 100000, business_id => 2) WHERE purchases > 1;
SELECT evidence, clv_low < clv AND clv < clv_high AS around FROM analytics.customer_value_by(business_id => 2);
WITH spent AS (
    SELECT kind, 1 + i % 6 AS f, CASE kind WHEN 'by factors' THEN exp(4 + 0.6 * d) ELSE 100 + 25 * d END AS v
    FROM unnest('{by factors,by amounts}'::text[]) kind, generate_series(1, 500) i, LATERAL (SELECT 0.8 * pg_temp.deviate(i) + pg_temp.deviate(5000 + 3 * i) / sqrt(1 + i % 6)) x (d)),
fitted AS (
    SELECT kind, analytics.gamma_gamma_fit(f, v) AS g, analytics.normal_spend_fit(f, v) AS n FROM spent GROUP BY kind)
SELECT kind, analytics_internal.takes_gamma_gamma(g, n, 0, 0, 'amount') AS positive, analytics_internal.takes_gamma_gamma(g, n, 0, 1, 'amount') AS one_paid_nothing,
       analytics_internal.takes_gamma_gamma(g, n, 1, 0, 'amount') AS one_sent_more_back, analytics_internal.takes_gamma_gamma(g, n, 1, 0, 'profit') AS one_at_a_loss
FROM fitted ORDER BY kind;
SELECT analytics_internal.takes_gamma_gamma(ROW(2, 0.9, 10, NULL, NULL, NULL, -1, 5, 0, NULL, 9, false, 'q <= 1', NULL)::analytics.spend_model, NULL, 0, 0, 'amount') AS without_a_mean,
       analytics_internal.takes_gamma_gamma(NULL, NULL, 0, 0, 'amount') AS nothing_known;

-- Customers who lose money: a fifth send back more than they buy, as bought at another shop, and a fifth buy at a loss.
CREATE TABLE raw.returns AS
WITH bought AS (
    SELECT id, (ARRAY['returner', 'at a loss', 'other'])[1 + least(substr(customer, 2)::int % 5, 2)] || ' ' || customer AS customer, day, amount FROM sale WHERE amount > 0)
SELECT id::text, customer, day, amount, round(amount * CASE WHEN customer LIKE 'at%' THEN -0.2 ELSE 0.3 END, 2) AS profit FROM bought
UNION ALL
SELECT id || ' back', customer, day, -amount - 40, round(-amount * 0.3 - 50, 2) FROM bought WHERE customer LIKE 'ret%';
SELECT (analytics.configure(business_id => 4)).currency, analytics.register_source('transactions', 'raw.returns', '{"transaction_id": "id", "client_id": "customer", "occurred_at": "day", "amount": "amount", "profit": "profit"}', business_id => 4) IS NOT NULL AS registered;
CALL analytics.refresh(business_id => 4);
CREATE TEMP TABLE worth AS
SELECT v.value AS of, c.*, regexp_replace(c.client_id, ' c[0-9]+$', '') AS who FROM unnest('{amount,profit}'::text[]) v (value), analytics.customer_value(value => v.value, row_limit => 1000, business_id => 4) c;
SELECT of, evidence, count(*) FROM worth GROUP BY of, evidence ORDER BY of, evidence COLLATE "C";
SELECT of, who, count(*) AS customers, count(*) FILTER (WHERE mean_spend < 0) AS losing, count(*) FILTER (WHERE clv < 0) AS worth_less_than_nothing, count(*) FILTER (WHERE clv IS NULL AND clv_low IS NULL AND clv_high IS NULL) AS no_value,
       count(*) FILTER (WHERE clv_low < 0) AS may_cost FROM worth WHERE purchases > 1 GROUP BY of, who ORDER BY of, who;
SELECT round(100 * (b.clv / w.clv - 1), 3) AS percent_off, b.clv_low < b.clv AND b.clv < b.clv_high AS around, b.new_customer_clv_low < 0 AS a_newcomer_may_cost, b.evidence
FROM analytics.customer_value_by(value => 'profit', business_id => 4) b, (SELECT sum(clv) AS clv FROM worth WHERE of = 'profit') w;
-- Each mean drawn to that of all as far as the deviations say, by plain arithmetic.
WITH m AS (
    SELECT analytics.normal_spend_fit(purchases - 1, COALESCE(mean_spend, 0)::float8) AS m FROM worth WHERE of = 'profit'),
drawn AS (
    SELECT w.*, (m).between_deviation ^ 2 * (purchases - 1) / ((m).between_deviation ^ 2 * (purchases - 1) + (m).within_deviation ^ 2) AS own, (m).mean AS of_all FROM worth w, m WHERE of = 'profit')
SELECT count(*) AS customers, max(abs(expected_spend - (own * COALESCE(mean_spend, 0) + (1 - own) * of_all)::numeric)) < 0.001 AS drawn, bool_and(sign(clv) = sign(expected_spend) OR abs(clv) < 0.001) AS signs, bool_and(clv_low <= clv_high) AS intervals FROM drawn;

-- Bad arguments.
SELECT * FROM analytics.customer_value(model => 'pareto');
SELECT * FROM analytics.customer_value(value => 'units');
SELECT * FROM analytics.customer_value('infinity');
SELECT * FROM analytics.customer_value(horizon => '0 days');
SELECT * FROM analytics.customer_value(discount_rate => -1);
SELECT * FROM analytics.customer_value(discount_rate => 'NaN');
SELECT * FROM analytics.customer_value(row_limit => 0);
SELECT * FROM analytics.customer_value_holdout(model => NULL);

-- Values of disjoint sets of customers add up: the same bytes as in one go. What a customer did in two of them adds up, too.
CREATE TEMP TABLE bought AS
    SELECT i * i % 97 AS customer, date '2025-01-01' + i % 300 AS day, (i % 50 - 5) / 3.0::float8 AS amount, i % 50 < 5 AS is_refund FROM generate_series(1, 3000) i;
SELECT w.p::text = u.p::text AS numbers, w.t::text = u.t::text AS texts
FROM (SELECT analytics.purchases(customer, day, amount, is_refund) AS p, analytics.purchases(customer::text, day, amount, is_refund) AS t FROM bought) w,
    (SELECT analytics.purchases_union(p) AS p, analytics.purchases_union(t) AS t
     FROM (SELECT analytics.purchases(customer, day, amount, is_refund) AS p, analytics.purchases(customer::text, day, amount, is_refund) AS t
           FROM bought GROUP BY customer % 7 UNION ALL SELECT NULL, NULL) g) u;
SELECT s.* FROM (SELECT analytics.purchases_union(p) AS p FROM (
    SELECT analytics.purchases(7, d, 5, false) AS p FROM unnest('{2025-01-01,2025-01-08}'::date[]) d GROUP BY d) g) u, analytics.purchase_summary(u.p) s;
SELECT count(s) FROM (SELECT analytics.purchases_union(NULL) AS p) u, analytics.purchase_summary(u.p) s;
SELECT analytics.purchases_union(p) FROM (SELECT analytics.purchases(1, '2025-01-01', 1, false) AS p UNION ALL SELECT analytics.purchases('a'::text, '2025-01-01', 1, false)) g;

-- Amounts of a customer that add up beyond what a number can hold, on one day or on many.
SELECT * FROM (SELECT analytics.purchases(1, date '2025-01-01' + i / 2 * 7, 1.7e308::float8, false) AS p FROM generate_series(0, 1) i) x, LATERAL analytics.purchase_summary(p, days_per_unit => 7) s;
SELECT s.* FROM (SELECT analytics.purchases(1, date '2025-01-01' + i, 1.7e308::float8, false) AS p FROM generate_series(1, 3) i) x, LATERAL analytics.purchase_summary(p, days_per_unit => 7) s;
