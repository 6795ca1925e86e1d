-- Forecasts: of any table's days, of their sum, on the warehouse, and against budgets.
\i test/fixture/reset.sql

-- Against the R package forecast 8.20, ets(model = "ANA"): expectations within .6 percent. R takes one smoothing as known; here
-- it is not, and slower ones count as well: intervals are up to a tenth wider, of later days a little narrower.
CREATE TEMP VIEW wavy AS
SELECT array_agg(date '2025-01-01' + t - 1) AS days,
       array_agg(200 + ('{12,5,0,-3,4,-25,7}'::int[])[(t - 1) % 7 + 1] + ((t * 7919) % 101) / 5.0 + 15 * sin(t / 23.0)) AS figures
FROM generate_series(1, 140) t;
WITH r (n, mean, low, high) AS (VALUES
    (1, 216.8024, 205.3442, 228.2606), (2, 210.6209, 198.9217, 222.3201), (3, 204.4397, 192.5045, 216.3750), (4, 202.7790, 190.6122, 214.9458),
    (5, 208.9396, 196.5456, 221.3336), (6, 179.9481, 167.3309, 192.5652), (7, 212.8483, 200.0117, 225.6849), (14, 212.8483, 198.5708, 227.1258))
SELECT n, f.day, abs(f.yhat / r.mean - 1) < 0.006 AS mean, (f.high - f.low) / (r.high - r.low) BETWEEN 0.96 AND 1.1 AS width
FROM wavy, LATERAL (SELECT row_number() OVER () AS n, f.* FROM analytics.forecast(days, figures, 14, model => 'ets') f) f JOIN r USING (n) ORDER BY n;

-- The sum's expectation is that of the days; its interval is wider than the days' added up in squares, and narrower than added up.
SELECT abs(s.total - d.total) < 1e-9 AS same_total, s.high - s.low > d.in_squares AS wider, s.high - s.low < d.added AS narrower, s.n_days
FROM wavy, analytics.forecast_sum(days, figures, 28) s,
     LATERAL (SELECT sum(f.yhat) AS total, sqrt(sum((f.high - f.low) ^ 2)) AS in_squares, sum(f.high - f.low) AS added FROM analytics.forecast(days, figures, 28) f) d;
-- Days left out at the beginning; no day at all; the budget that is as likely passed as not.
SELECT abs(s.total - (SELECT sum(f.yhat) FROM analytics.forecast(days, figures, 10) f WHERE f.day > '2025-05-23')) < 1e-9 AS tail, n.total AS none,
       n.p_over AS over_none, round(h.p_over::numeric, 6) AS half
FROM wavy, analytics.forecast_sum(days, figures, 10, skipped_days => 3) s, analytics.forecast_sum(days, figures, 10, skipped_days => 10, budget => 0) n,
     analytics.forecast_sum(days, figures, 10, model => 'ets', kind => 'real', budget => (SELECT sum(f.yhat) FROM analytics.forecast(days, figures, 10, model => 'ets') f)) h;

-- Order does not matter, a later day is not looked at, a day without a row is nothing or not known.
SELECT (SELECT array_agg(f) FROM analytics.forecast(days, figures) f) = (SELECT array_agg(f) FROM analytics.forecast(
           (SELECT array_agg(d ORDER BY d DESC) FROM unnest(days) d), (SELECT array_agg(v ORDER BY n DESC) FROM unnest(figures) WITH ORDINALITY u (v, n))) f) AS any_order,
       (SELECT array_agg(f) FROM analytics.forecast(days[:100], figures[:100]) f) = (SELECT array_agg(f) FROM analytics.forecast(days, figures, last_day => days[100]) f) AS as_of
FROM wavy;
SELECT gaps, f.* FROM unnest('{zero,missing}'::text[]) gaps, analytics.forecast('{2025-01-01,2025-01-07}', '{7,7}', 1, gaps => gaps) f;
SELECT round(f.yhat::numeric, 4) AS yhat, f.n_days FROM analytics.forecast('{2025-01-01,2025-01-03}', '{7,NULL}', 1, last_day => '2025-01-09') f;
-- Too short, and nothing at all.
SELECT f.* FROM analytics.forecast('{2025-01-01,2025-01-02}', '{7,7}', 2) f;
SELECT f.* FROM analytics.forecast('{}', '{}', 1) f;
SELECT f.* FROM analytics.forecast_sum(NULL, NULL, 1, budget => 5) f;
-- Each model by name; a short history gets a simpler one.
SELECT m, f.model_used, round(f.yhat::numeric) AS yhat, f.low < f.yhat AND f.yhat < f.high AS inside
FROM wavy, unnest('{auto,ets,ets_damped,theta,seasonal_naive,weekday_mean,mean}'::text[]) m, analytics.forecast(days, figures, 1, model => m) f;
SELECT n, f.model_used, f.n_days FROM wavy, unnest('{6,7,13,14,20,21}'::int[]) n, analytics.forecast(days[:n], figures[:n], 1) f;
-- Rare counts: whole bounds, never negative, the expectation inside.
SELECT bool_and(low >= 0 AND low = floor(low) AND low <= yhat AND yhat <= high) AS sound, max(high) AS high
FROM (SELECT array_agg(date '2025-01-01' + t) AS d, array_agg(CASE WHEN t % 9 = 0 THEN 1 ELSE 0 END::float8) AS y FROM generate_series(1, 90) t) s, analytics.forecast(d, y, 30);
-- A first event in weeks of silence is not a new level.
SELECT m, f.total < 2 AS rare, f.low, f.high < 6 AS bounded
FROM (SELECT array_agg(date '2025-01-01' + t) AS d, array_agg((t = 69)::int::float8) AS y FROM generate_series(0, 69) t) s,
     unnest('{auto,ets,ets_damped,theta}'::text[]) m, analytics.forecast_sum(d, y, 28, model => m) f;

SELECT * FROM analytics.forecast('{2025-01-01}', '{1,2}');
SELECT * FROM analytics.forecast('{2025-01-01,2025-01-01}', '{1,2}');
SELECT * FROM analytics.forecast('{2025-01-01,NULL}', '{1,2}');
SELECT * FROM analytics.forecast('{2025-01-01,infinity}', '{1,2}');
SELECT * FROM analytics.forecast('{2025-01-01}', '{inf}');
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', -1);
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', 1, 1);
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', 1, model => 'arima');
SELECT * FROM analytics.forecast('{2025-01-01}', '{-1}', 1, kind => 'count');
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', 1, gaps => NULL);
SELECT * FROM analytics.forecast('{0001-01-01 BC,2025-01-01}', '{1,1}', 1);
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', 1, last_day => 'infinity');
SELECT * FROM analytics.forecast_sum('{2025-01-01}', '{1}', 3, skipped_days => 4);

-- On the warehouse.
SELECT * FROM analytics.forecast_metric('leads');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31');
SELECT analytics.install();
SELECT count(*) FROM analytics.forecast_metric('leads');
SELECT count(*) FROM analytics.budget_pacing('2025-10-01', '2025-10-31', 1000);
SELECT analytics.load_demo();
SELECT * FROM analytics.forecast_metric('leads', 0);
-- The same as the kernel over figures counted from the raw rows, also as of an earlier day.
SELECT a.day AS as_of, m.dt, round(m.forecast::numeric, 6) = round(f.yhat::numeric, 6) AS same, m.n_days
FROM (VALUES (date '2025-10-31'), ('2025-09-30')) a (day)
CROSS JOIN LATERAL (
    SELECT array_agg(d.day ORDER BY d.day) AS days, array_agg(d.spend::float8 ORDER BY d.day) AS figures
    FROM (SELECT day, sum(spend) AS spend FROM (SELECT date_start AS day, spend FROM demo.meta_ads_insights UNION ALL
              SELECT "segments.date", "metrics.cost_micros" / 1e6 FROM demo.google_campaign) x WHERE day <= a.day GROUP BY day) d) s
CROSS JOIN LATERAL analytics.forecast_metric('spend', 2, as_of => NULLIF(a.day, '2025-10-31')) m
JOIN LATERAL analytics.forecast(s.days, s.figures, 2) f ON f.day = m.dt
ORDER BY 1, 2;
SELECT metric, count(*), bool_and(low <= forecast AND forecast <= high) AS inside, min(dt) FROM unnest('{leads,contracts,revenue,spend,impressions,clicks}'::text[]) metric,
       analytics.forecast_metric(metric, 5) GROUP BY metric ORDER BY metric;
SELECT platform, count(DISTINCT campaign_id) AS campaigns, count(*) FROM analytics.forecast_metric('spend', 2, 'campaign', '{meta}') GROUP BY platform;
-- Spend so far is the raw exports'; what is recommended for the days left adds up to what is left.
SELECT status, period_budget, spent_to_date, spent_to_date = (
           SELECT sum(spend) FROM (SELECT date_start AS day, spend FROM demo.meta_ads_insights UNION ALL
                SELECT "segments.date", "metrics.cost_micros" / 1e6 FROM demo.google_campaign) a WHERE day BETWEEN '2025-10-01' AND '2025-10-20') AS as_exported,
       days_left, low < forecast_total AND forecast_total < high AS inside, round(p_over::numeric, 3) AS p_over, round(p_under::numeric, 3) AS p_under,
       round(recommended_daily * days_left + spent_to_date - period_budget, 1) AS missing, platform_limit,
       (SELECT round(sum(recommended_by_weekday[extract(isodow FROM date '2025-10-20' + n)::int]) - period_budget + spent_to_date, 1) FROM generate_series(1, days_left) n) AS missing_by_weekday
FROM analytics.budget_pacing('2025-10-01', '2025-10-31', 300000, as_of => '2025-10-20');
SELECT platform, status, period_budget, days_left, reason FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'platform', as_of => '2025-10-20');
SELECT platform, status, period_budget FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'platform', budgets => '{"google": 100000, "facebook": 150000}', as_of => '2025-10-20');
SELECT campaign_name, status, period_budget, platform_limit FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'campaign', budgets => '{"21500000203": 20000}', as_of => '2025-10-20');
-- A period that is over, one that has not begun, one of other length.
SELECT days_left, spent_to_date = forecast_total AS known, low = high AS exact, p_over, p_under, recommended_daily, recommended_by_weekday
FROM analytics.budget_pacing('2025-10-01', '2025-10-31', 285000);
SELECT days_left, spent_to_date, forecast_total > 0 AS expects FROM analytics.budget_pacing('2025-12-01', '2025-12-31', 285000);
SELECT platform, period_budget, days_left FROM analytics.budget_pacing('2025-11-03', '2025-11-09', dimension => 'platform', platforms => '{meta}');

SELECT * FROM analytics.forecast_metric('sales');
SELECT * FROM analytics.forecast_metric('leads', dimension => 'branch');
SELECT * FROM analytics.forecast_metric('leads', history_days => 3);
SELECT * FROM analytics.forecast_metric('leads', platforms => '{orkut}');
SELECT * FROM analytics.budget_pacing('2025-10-31', '2025-10-01', 1000);
SELECT * FROM analytics.budget_pacing('2025-01-01', '2026-12-31', 1000);
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', -1);
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', 1000, 'platform');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', budgets => '{"total": 5}');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'platform', budgets => '[5]');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'platform', budgets => '{"google": "much"}');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'platform', budgets => '{"orkut": 5}');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'platform', budgets => '{"meta": 5}');
SELECT * FROM analytics.budget_pacing('2025-10-01', '2025-10-31', dimension => 'campaign', budgets => '{"77": 5}');
