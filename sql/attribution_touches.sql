-- Credit per contract and touch on the warehouse: attribution() is its sum, whatever is asked.
\i test/fixture/shop.sql

SELECT conversion_id, client_id, touch_id, key, round(weight::numeric, 4) AS weight, round(revenue::numeric, 4) AS revenue, rank, path_touches, round(days_before::numeric, 4) AS days_before, is_paid
FROM analytics.attribution_touches('2025-01-01', '2025-01-20', '{linear}') LIMIT 8;
-- Events and contracts are those of the sources.
SELECT count(*) AS rows, count(*) FILTER (WHERE t.touch_id IS NOT NULL AND (e.event_id IS NULL OR e.happened_at <> t.touched_at)) AS other_event, count(*) FILTER (WHERE k.id IS NULL OR k.signed_at <> t.converted_at) AS other_contract,
       count(*) FILTER (WHERE abs(t.revenue - t.weight * k.total::float8) > 1e-9) AS other_revenue
FROM analytics.attribution_touches('2025-01-01', '2025-06-30', '{time_decay}') t LEFT JOIN raw.events e ON e.event_id::text = t.touch_id AND e.client_id::text = t.client_id LEFT JOIN raw.contracts k ON k.id::text = t.conversion_id;
-- Each model, dimension, window and basis: sums are the summary to the last bit, revenue but for rounding.
SELECT d.dimension, count(*) > 50 AS many, count(*) FILTER (WHERE (a.conversions, a.supporting, a.clients) IS DISTINCT FROM (COALESCE(t.conversions, 0), COALESCE(t.supporting, 0), COALESCE(t.clients, 0))) AS differ,
       max(abs(a.revenue - COALESCE(t.revenue, 0)::numeric)) < 0.0003 AS only_rounded
FROM (VALUES ('platform', NULL::text[]), ('channel', NULL), ('campaign', '{google}'), ('platform+campaign', NULL), ('ad', NULL), ('utm_source', '{meta}')) d (dimension, platforms),
     (VALUES (interval '1 day', 'conversion', 'shared'), ('7 days', 'touch', 'since_previous'), ('400 days', 'conversion', 'since_previous_reuse')) o (lookback, basis, cycle),
     (SELECT '{first,last,first_non_direct,last_non_direct,first_paid,last_paid,linear,linear_unique,time_decay,position_decay,position_based,u_shaped,j_shaped,inverse_j,w_shaped,full_path,custom,participation}'::text[]) m (models),
LATERAL analytics.attribution('2025-02-01', '2025-04-30', models, d.dimension, o.lookback, cycle => o.cycle, basis => o.basis, platforms => d.platforms) a
FULL JOIN LATERAL (
    SELECT model, key, analytics.compensated_sum(conversions) AS conversions, analytics.compensated_sum(revenue) AS revenue,
           count(DISTINCT (conversion_source_id, conversion_id)) FILTER (WHERE conversions > 0) AS supporting, count(DISTINCT client_key) FILTER (WHERE conversions > 0) AS clients
    FROM analytics.attribution_touches('2025-02-01', '2025-04-30', models, d.dimension, o.lookback, cycle => o.cycle, basis => o.basis, platforms => d.platforms)
    GROUP BY 1, 2) t USING (model, key)
GROUP BY d.dimension ORDER BY d.dimension;
SELECT * FROM analytics.attribution_touches('2025-01-01', '2025-01-31', '{best}');
