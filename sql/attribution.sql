-- Attribution on the warehouse, beside the same written out in SQL over the raw rows.
\getenv abs_srcdir PG_ABS_SRCDIR
\set fixture :abs_srcdir '/test/fixture/shop.sql'
\set SHOW_CONTEXT never
\set ECHO none
\i :fixture
\set ECHO all
\set VERBOSITY terse

SELECT model, key, round(conversions::numeric, 4) AS conversions, revenue, share_pct, spend, cpa, roas, assisted, round(p_support::numeric, 4) AS p_support
FROM analytics.attribution('2025-01-01', '2025-06-30', '{last_paid,linear}');
SELECT model, key, round(conversions::numeric, 4) AS conversions, revenue, spend, cpa, roas FROM analytics.attribution('2025-01-01', '2025-06-30', dimension => 'campaign');
SELECT model, key, round(conversions::numeric, 4) AS conversions, revenue, spend FROM analytics.attribution('2025-01-01', '2025-06-30', dimension => 'platform+campaign', platforms => '{meta}');
SELECT key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{first}', 'channel');
SELECT key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{last}', 'utm_source');

-- Each model against window functions over the raw rows, in the last quarter's signatures, lookback of 30 days.
WITH path AS (
    SELECT k.id, k.total, e.*, row_number() OVER (PARTITION BY k.id ORDER BY happened_at, e.event_id) AS i, count(*) OVER (PARTITION BY k.id) AS n,
           sum(power(2, -extract(epoch FROM k.signed_at - happened_at) / 604800.0)) OVER (PARTITION BY k.id) AS decayed,
           power(2, -extract(epoch FROM k.signed_at - happened_at) / 604800.0) AS decay
    FROM raw.contracts k JOIN (SELECT event_id AS touch, event_id, client_id, happened_at, COALESCE(utm_source, '(none)') AS utm_source FROM raw.events) e USING (client_id)
    WHERE e.happened_at BETWEEN k.signed_at - interval '720 hours' AND k.signed_at
      AND (k.signed_at AT TIME ZONE 'Europe/Kyiv')::date BETWEEN '2025-02-01' AND '2025-04-30'
), weight AS (
    SELECT total, utm_source, m.model, m.w FROM path, LATERAL (VALUES
        ('first', (i = 1)::int::float8), ('last', (i = n)::int::float8), ('linear', 1.0 / n), ('time_decay', decay / decayed),
        ('position_based', CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 0.5 WHEN i IN (1, n) THEN 0.4 ELSE 0.2 / (n - 2) END)) m (model, w)
), expected AS (
    SELECT model, utm_source AS key, sum(w) AS conversions, sum(w * total::float8) AS revenue FROM weight GROUP BY 1, 2
), found AS (
    SELECT * FROM analytics.attribution('2025-02-01', '2025-04-30', '{first,last,linear,time_decay,position_based}', 'utm_source', lookback => '30 days', half_life => '7 days')
)
SELECT count(*) AS compared, count(*) FILTER (WHERE f.key IS NULL OR abs(f.conversions - COALESCE(e.conversions, 0)) > 1e-9 OR abs(f.revenue - COALESCE(e.revenue, 0)::numeric) > 0.0001) AS wrong
FROM expected e FULL JOIN found f USING (model, key) WHERE COALESCE(f.key, '') <> '(unattributed)';

-- Credits add up to the contracts and their revenue, exactly, for any model, dimension and rule.
SELECT count(*) AS tried, count(*) FILTER (WHERE abs(a.conversions - c.n) > 1e-9 OR a.revenue <> c.amount) AS wrong
FROM (VALUES ('platform'), ('channel'), ('campaign'), ('platform+campaign'), ('ad'), ('utm_source')) d (dimension),
     (VALUES ('shared'), ('since_previous'), ('since_previous_reuse')) y (cycle), (VALUES (interval '1 day'), ('90 days'), ('1000 days')) l (lookback),
     LATERAL (SELECT model, sum(conversions) AS conversions, sum(revenue) AS revenue FROM analytics.attribution('2025-01-01', '2025-12-31',
        '{first,last,last_non_direct,last_paid,linear,time_decay,position_based}', d.dimension, l.lookback, cycle => y.cycle) GROUP BY model) a,
     (SELECT count(*) AS n, sum(total) AS amount FROM raw.contracts) c;

-- The stored rule of contracts and the model agree where the lookback reaches the first touch.
SELECT count(*) AS wrong FROM (
    SELECT key, conversions FROM analytics.attribution('2025-01-01', '2025-05-31') WHERE conversions > 0
    EXCEPT SELECT CASE attribution_rule WHEN 'none' THEN '(unattributed)' ELSE attributed_platform END, count(*) FROM warehouse.fact_contracts
    WHERE signed_date <= '2025-05-31' GROUP BY 1) x;

SELECT * FROM analytics.attribution('2025-02-01', '2025-01-01');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', '{frist}');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', NULL);
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', dimension => 'colour');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', cycle => 'lunar');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', lookback => '-1 day');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', platforms => '{facebok}');
