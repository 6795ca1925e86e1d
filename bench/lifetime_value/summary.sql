SELECT count(*), sum(frequency), sum(recency), sum(age), round(sum(monetary_value)::numeric, 2)
FROM (
    SELECT customer, count(*) - 1 AS frequency, max(day) - min(day) AS recency, DATE '2024-12-31' - min(day) AS age,
           (sum(amount) - (array_agg(amount ORDER BY day))[1]) / NULLIF(count(*) - 1, 0) AS monetary_value
    FROM (SELECT customer, day, sum(amount) AS amount FROM purchase GROUP BY customer, day) AS d
    GROUP BY customer
) AS s
