-- How often each step was taken between neighbouring touches, from the start or the last conversion to the next one or to the end, over
-- all clients. For PostgreSQL and DuckDB.
WITH steps AS (
    SELECT key, touch_id IS NULL AS bought,
           lag(touch_id) OVER w IS NOT NULL AS met_before, lag(key) OVER w AS previous,
           lead(occurred_at) OVER w IS NULL AS latest
    FROM SOURCE
    WINDOW w AS (PARTITION BY client ORDER BY occurred_at, touch_id NULLS LAST)
)
SELECT from_state, to_state, sum(n)::float8 AS count
FROM (
    SELECT CASE WHEN met_before THEN previous ELSE -1 END AS from_state, CASE WHEN bought THEN -2 ELSE key END AS to_state, count(*) AS n
    FROM steps WHERE NOT bought OR met_before GROUP BY 1, 2
    UNION ALL
    SELECT key, -3, count(*) FROM steps WHERE latest AND NOT bought GROUP BY 1
) AS s
GROUP BY from_state, to_state
