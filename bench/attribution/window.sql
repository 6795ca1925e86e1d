-- Five models by window functions over the path of each conversion: the touches of converters only, 30 days back, shared.
-- Keys are cast to text to compare with the kernel.
WITH paths AS (
    SELECT c.ctid AS conversion, c.value, t.key,
           row_number() OVER (PARTITION BY c.ctid ORDER BY t.occurred_at DESC, t.touch_id DESC) AS from_end,
           count(*) OVER (PARTITION BY c.ctid) AS length,
           power(0.5::float8, extract(epoch FROM c.occurred_at - t.occurred_at)::float8 / 604800) AS decay
    FROM :source t JOIN :source c ON c.client = t.client
        AND t.occurred_at <= c.occurred_at AND t.occurred_at >= c.occurred_at - interval '720 hours'
    WHERE t.touch_id IS NOT NULL AND c.value IS NOT NULL
), weights AS (
    SELECT key, value,
           (from_end = length)::int::float8 AS first,
           (from_end = 1)::int::float8 AS last,
           1 / length::float8 AS linear,
           decay / sum(decay) OVER (PARTITION BY conversion) AS time_decay,
           CASE WHEN length = 1 THEN 1 WHEN length = 2 THEN 0.5 WHEN from_end IN (1, length) THEN 0.4
                ELSE 0.2 / (length - 2) END::float8 AS position_based
    FROM paths
)
SELECT m.model, w.key::text, sum(m.weight) AS conversions, sum(m.weight * w.value) AS value
FROM weights w, LATERAL (VALUES ('first', first), ('last', last), ('linear', linear), ('time_decay', time_decay),
                                ('position_based', position_based)) AS m(model, weight)
GROUP BY 1, 2
