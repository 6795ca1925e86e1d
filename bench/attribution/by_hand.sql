-- The five models as fast as SQL can: paths of converters only, one sum for each model and measure, no unpivoting. For PostgreSQL and DuckDB;
-- ROW is ctid or rowid, CONVERTED the conversions as a table of their own.
WITH paths AS (
    SELECT c.ROW AS conversion, c.value, t.key,
           row_number() OVER (PARTITION BY c.ROW ORDER BY t.occurred_at DESC, t.touch_id DESC) AS from_end,
           count(*) OVER (PARTITION BY c.ROW) AS length,
           power(0.5::float8, extract(epoch FROM c.occurred_at - t.occurred_at)::float8 / 604800) AS decay
    FROM SOURCE t JOIN CONVERTED c ON c.client = t.client
        AND t.occurred_at <= c.occurred_at AND t.occurred_at >= c.occurred_at - interval '720 hours'
    WHERE t.touch_id IS NOT NULL
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
SELECT key, sum(first) AS c1, sum(first * value) AS v1, sum(last) AS c2, sum(last * value) AS v2, sum(linear) AS c3, sum(linear * value) AS v3,
       sum(time_decay) AS c4, sum(time_decay * value) AS v4, sum(position_based) AS c5, sum(position_based * value) AS v5
FROM weights GROUP BY key
