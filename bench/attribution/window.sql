-- Five models by window functions over the paths of each conversion: the touches of converters only, 30 days back, shared.
-- Keys are cast to text to compare with the kernel.
WITH conversions AS MATERIALIZED (
    SELECT row_number() OVER () AS conversion, client, occurred_at AS converted_at, value FROM :source WHERE value IS NOT NULL
), paths AS (
    SELECT c.conversion, c.value, t.key,
           row_number() OVER latest AS from_end,
           count(*) OVER whole AS length,
           power(0.5::float8, (extract(epoch FROM c.converted_at) - extract(epoch FROM t.occurred_at))::float8 / 604800) AS decay
    FROM :source t JOIN conversions c ON c.client = t.client
        AND t.occurred_at <= c.converted_at AND t.occurred_at >= c.converted_at - interval '720 hours'
    WHERE t.touch_id IS NOT NULL
    WINDOW whole AS (PARTITION BY c.conversion), latest AS (PARTITION BY c.conversion ORDER BY t.occurred_at DESC, t.touch_id DESC)
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
