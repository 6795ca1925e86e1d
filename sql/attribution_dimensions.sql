-- Dimensions of touches and contracts, two at once, periods, paid or not, windows, and models of all paths beside the rest.
\i test/fixture/shop.sql
\pset null (null)

SELECT key, round(conversions::numeric, 4) AS conversions, revenue, spend, keys FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', 'family');
SELECT key, round(conversions::numeric, 4) AS conversions, spend FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', 'channel');
SELECT key, round(conversions::numeric, 4) AS conversions, spend FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', 'customer+purchase');
SELECT period_start, key, round(conversions::numeric, 4) AS conversions, revenue, spend FROM analytics.attribution('2025-01-01', '2025-03-31', '{linear}', platforms => '{meta}', granularity => 'month');
SELECT touches, key, round(conversions::numeric, 4) AS conversions, spend, roas FROM (VALUES ('paid'), ('organic')) t (touches), analytics.attribution('2025-01-01', '2025-06-30', '{linear}', touches => touches) WHERE conversions > 0 OR spend > 0;
SELECT attribution_window, key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{last}', windows => '{1 day,30 days/1 day}');
-- All at once: each is a GROUP BY of the touches, to the last bit, and adds up to the contracts.
CREATE TEMP TABLE asked AS
SELECT row_number() OVER () AS n, d.dimension, o.* FROM unnest('{family,ad_group,ad,creative,utm_medium,utm_campaign,utm_content,utm_term,product,branch,customer,purchase,platform+product,customer+channel,utm_source+utm_medium,branch+purchase,ad+campaign}'::text[]) d (dimension),
     (VALUES ('conversion', 'all', NULL::text[], interval '400 days'), ('conversion', 'paid', '{google,meta}', '30 days'), ('touch', 'organic', NULL, '30 days')) o (basis, touches, platforms, lookback);
SELECT count(*) > 300 AS many, count(*) FILTER (WHERE (a.conversions, a.supporting, a.clients) IS DISTINCT FROM (COALESCE(t.conversions, 0), COALESCE(t.supporting, 0), COALESCE(t.clients, 0))) AS differ,
       max(abs(a.revenue - COALESCE(t.revenue, 0)::numeric)) < 0.001 AS only_rounded
FROM asked q, (SELECT '{first,last,last_non_direct,last_paid,linear,linear_unique,time_decay,participation}'::text[]) m (models),
LATERAL (SELECT * FROM analytics.attribution('2025-02-01', '2025-04-30', models, q.dimension, q.lookback, basis => q.basis, touches => q.touches, platforms => q.platforms) WHERE conversions <> 0 OR supporting > 0) a
FULL JOIN LATERAL (
    SELECT model, keys, analytics.compensated_sum(conversions) AS conversions, analytics.compensated_sum(revenue) AS revenue,
           count(DISTINCT (conversion_source_id, conversion_id)) FILTER (WHERE conversions > 0) AS supporting, count(DISTINCT client_key) FILTER (WHERE conversions > 0) AS clients
    FROM analytics.attribution_touches('2025-02-01', '2025-04-30', models, q.dimension, q.lookback, basis => q.basis, touches => q.touches, platforms => q.platforms)
    GROUP BY 1, 2) t ON t.model = a.model AND t.keys = a.keys;
-- Periods add up to the whole, by the contract and by the touch; paid and organic with what nobody earned, too; so does spend.
SELECT g.granularity, b.basis, count(*) FILTER (WHERE abs(p.conversions - w.conversions) > 1e-9 OR p.spend IS DISTINCT FROM w.spend) AS wrong, count(*) > 5 AS many
FROM unnest('{day,week,month}'::text[]) g (granularity), unnest('{conversion,touch}'::text[]) b (basis),
LATERAL (SELECT key, conversions, spend FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', 'platform', basis => b.basis)) w
JOIN LATERAL (SELECT key, sum(conversions) AS conversions, sum(spend) AS spend FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', 'platform', basis => b.basis, granularity => g.granularity) GROUP BY key) p USING (key)
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT d.dimension, sum(a.conversions) FILTER (WHERE t.touches <> 'all')::numeric(12,6) AS paid_and_organic, sum(a.conversions) FILTER (WHERE t.touches = 'all' AND NOT a.key LIKE '%(unattributed)%')::numeric(12,6) AS attributed
FROM unnest('{channel,platform+product}'::text[]) d (dimension), unnest('{all,paid,organic}'::text[]) t (touches), LATERAL analytics.attribution('2025-01-01', '2025-06-30', '{time_decay}', d.dimension, touches => t.touches) a
GROUP BY 1 ORDER BY 1;
-- Contracts by what they are, against the facts: with what nobody earned they are all contracts of the period.
SELECT p.key, p.conversions::numeric(12,6) = k.contracts AS all_contracts, p.revenue = k.amount AS all_revenue
FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', 'purchase', lookback => '2000 days') p
LEFT JOIN LATERAL (
    SELECT count(*) AS contracts, sum(amount) AS amount
    FROM (SELECT c.*, row_number() OVER (PARTITION BY client_key ORDER BY signed_at, contract_id COLLATE "C") AS n FROM warehouse.fact_contracts c) c
    WHERE signed_date BETWEEN '2025-01-01' AND '2025-06-30' AND touches > 0 AND CASE WHEN n = 1 THEN 'first' ELSE 'repeat' END = p.key) k ON true
ORDER BY p.key;
-- One window is the question with its lookback; views have their own.
SELECT count(*) FILTER (WHERE a.conversions IS DISTINCT FROM b.conversions) AS differ, count(*) > 5 AS many
FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', windows => '{7 days,90 days/2 days}') a
FULL JOIN (SELECT '7 days' AS attribution_window, key, conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', lookback => '7 days')
           UNION ALL SELECT '90 days/2 days', key, conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}', lookback => '90 days', view_lookback => '2 days')) b USING (attribution_window, key) WHERE COALESCE(a.conversions, b.conversions) <> 0;
-- Markov and Shapley beside the rest are those of markov() and shapley(), with intervals, too.
SELECT count(*) FILTER (WHERE (a.conversions, a.revenue, a.conversions_low, a.conversions_high) IS DISTINCT FROM (m.conversions, m.revenue, m.conversions_low, m.conversions_high)) AS differ, count(*) AS compared
FROM analytics.attribution('2025-01-01', '2025-06-30', '{markov,last,shapley,shapley_rate}', replicates => 20, seed => 3) a
JOIN (SELECT 'markov' AS model, key, conversions, revenue, conversions_low, conversions_high FROM analytics.markov('2025-01-01', '2025-06-30', replicates => 20, seed => 3)
      UNION ALL SELECT 'shapley', key, conversions, revenue, conversions_low, conversions_high FROM analytics.shapley('2025-01-01', '2025-06-30', replicates => 20, seed => 3)
      UNION ALL SELECT 'shapley_rate', key, conversions, revenue, conversions_low, conversions_high FROM analytics.shapley('2025-01-01', '2025-06-30', game => 'rate', replicates => 20, seed => 3)) m USING (model, key);
SELECT model, round(sum(conversions)::numeric, 6) AS conversions, sum(revenue) AS revenue FROM analytics.attribution('2025-01-01', '2025-06-30', '{markov,shapley,linear}') GROUP BY 1 ORDER BY 1;
-- On any table: a view counts within its own window.
SELECT l.view_lookback, c.key, c.conversions FROM (VALUES (NULL::interval), ('1 day'), ('0')) l (view_lookback),
    (SELECT analytics.journeys_with_views(1, t, id, k, false, v, seen) AS j FROM (VALUES (timestamptz '2025-01-01 00:00+00', 1, 'click', NULL::int, false), ('2025-01-02 00:00+00', 2, 'view', NULL, true), ('2025-01-03 00:00+00', NULL, NULL, 1, NULL)) v (t, id, k, v, seen)) s,
    analytics.attribution_credit(j, '{linear}', view_lookback => l.view_lookback) c;
-- What cannot be meant.
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', dimension => 'platform+platform');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', dimension => 'platform+ad+product');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', granularity => 'hour');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', touches => 'free');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', windows => '{soon}');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', windows => '{1 month}');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', view_lookback => '-1 day');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', '{markov}', 'product');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', '{markov}', granularity => 'month');
SELECT * FROM analytics.attribution('2025-01-01', '2025-06-30', '{markov}', basis => 'touch');
