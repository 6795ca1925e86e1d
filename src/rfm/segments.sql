-- RFM on the warehouse: scores and segments of the customers at any day, by any method and scheme.

-- All purchases up to a day, one rfm_table per business: customers are compared with those of their own business.
CREATE FUNCTION analytics_internal.rfm_tables(as_of date, business_id bigint)
    RETURNS TABLE (business bigint, as_of_day date, customers bytea)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    earlier bigint[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    IF as_of IS NOT NULL AND NOT isfinite(as_of) THEN
        RAISE EXCEPTION 'as_of must be finite' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    SELECT p.business_id, COALESCE(rfm_tables.as_of, p.as_of),
           analytics.rfm_table(t.client_key, t.last_date, t.amount::double precision, t.orders)
    FROM warehouse.customer_population p
    JOIN warehouse.customer_totals t ON t.business_id = p.business_id
    WHERE (rfm_tables.as_of IS NULL OR rfm_tables.as_of >= p.as_of)
      AND (rfm_tables.business_id IS NULL OR p.business_id = rfm_tables.business_id)
    GROUP BY p.business_id, p.as_of;
    -- Today's totals include later purchases: for an earlier day they are added up anew.
    earlier := ARRAY(
        SELECT p.business_id
        FROM warehouse.customer_population p
        WHERE rfm_tables.as_of < p.as_of AND (rfm_tables.business_id IS NULL OR p.business_id = rfm_tables.business_id));
    IF earlier = '{}' THEN
        RETURN;
    ELSIF analytics_internal.is_distributed('warehouse.fact_transactions') THEN
        RETURN QUERY
        WITH bucket AS MATERIALIZED (
            SELECT p.client_bucket, p.business_id,
                   analytics.rfm_table(p.client_key, p.day, p.amount::double precision, p.orders::bigint) AS customers
            FROM warehouse.purchase p
            WHERE p.day <= rfm_tables.as_of AND p.business_id = ANY (earlier)
            GROUP BY p.client_bucket, p.business_id
        )
        SELECT b.business_id, rfm_tables.as_of, analytics.rfm_table_union(b.customers)
        FROM bucket b
        GROUP BY b.business_id;
    ELSE
        RETURN QUERY
        SELECT p.business_id, rfm_tables.as_of,
               analytics.rfm_table(p.client_key, p.day, p.amount::double precision, p.orders::bigint)
        FROM warehouse.purchase p
        WHERE p.day <= rfm_tables.as_of AND p.business_id = ANY (earlier)
        GROUP BY p.business_id;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.rfm_tables(date, bigint) IS 'An rfm_table() per business, of the purchases up to a day';

-- A condition beside a call does not keep it from running, and an unknown scheme is an error: that there is none is told inside.
CREATE FUNCTION analytics_internal.wanted_segments(scheme text, bins int)
    RETURNS TABLE (r int, f int, m int, segment text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 125
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF scheme IS NOT NULL THEN
        RETURN QUERY
        SELECT s.r, s.f, s.m, s.segment
        FROM analytics.rfm_segments(scheme, bins) s;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.wanted_segments(text, int) IS 'rfm_segments(), or no rows where no scheme is asked for';

CREATE FUNCTION analytics_internal.scored_customers(
    as_of date DEFAULT NULL, scheme text DEFAULT 'dashboard', method text DEFAULT 'quantile', bins int DEFAULT 5,
    r_breaks double precision[] DEFAULT NULL, f_breaks double precision[] DEFAULT NULL, m_breaks double precision[] DEFAULT NULL,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (business bigint, client_key bigint, recency_days int, frequency bigint, monetary numeric, r int, f int, m int,
                   rfm_code text, segment text, last_date date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    RETURN QUERY
    SELECT t.business, s.customer::bigint, s.recency_days, s.frequency, s.monetary::numeric(18,4), s.r, s.f, s.m, s.rfm_code, k.segment,
           s.last_day
    FROM analytics_internal.rfm_tables(scored_customers.as_of, scored_customers.business_id) t
    CROSS JOIN LATERAL analytics.rfm_scores(t.customers, t.as_of_day, scored_customers.method, scored_customers.bins,
        scored_customers.r_breaks, scored_customers.f_breaks, scored_customers.m_breaks) s
    LEFT JOIN analytics_internal.wanted_segments(scored_customers.scheme,
        CASE scored_customers.method WHEN 'breaks' THEN cardinality(scored_customers.r_breaks) + 1 ELSE scored_customers.bins END) k
        ON k.r = s.r AND k.f = s.f AND k.m = s.m;
END
$$;
COMMENT ON FUNCTION analytics_internal.scored_customers IS 'The rows of customer_rfm(), without names and in no order';

CREATE FUNCTION analytics.customer_rfm(
    as_of date DEFAULT NULL, scheme text DEFAULT 'dashboard', method text DEFAULT 'quantile', bins int DEFAULT 5,
    r_breaks double precision[] DEFAULT NULL, f_breaks double precision[] DEFAULT NULL, m_breaks double precision[] DEFAULT NULL,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (client_id text, recency_days int, frequency bigint, monetary numeric, r int, f int, m int, rfm_code text, segment text,
                   last_date date, name text, client_key bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    RETURN QUERY
    SELECT d.client_id, c.recency_days, c.frequency, c.monetary, c.r, c.f, c.m, c.rfm_code, c.segment, c.last_date, d.name, c.client_key
    FROM analytics_internal.scored_customers($1, $2, $3, $4, $5, $6, $7, $8) c
    JOIN warehouse.dim_clients d ON d.business_id = c.business AND d.client_key = c.client_key
    ORDER BY c.client_key;
END
$$;
COMMENT ON FUNCTION analytics.customer_rfm(date, text, text, int, double precision[], double precision[], double precision[], bigint) IS
'Recency, frequency, monetary value, scores and segment of each customer
as_of: by the purchases up to that day; NULL for the day of the latest purchase. scheme: dashboard, rf10, codes11, rfm_r or one of your
own (warehouse.rfm_segment_rule), made for as many bins; NULL: without segments. method, bins, breaks: see rfm_scores(). frequency:
orders. monetary: what was paid, refunds taken off. By client_key.';

CREATE FUNCTION analytics.customer_rfm_thresholds(
    as_of date DEFAULT NULL, method text DEFAULT 'quantile', bins int DEFAULT 5,
    r_breaks double precision[] DEFAULT NULL, f_breaks double precision[] DEFAULT NULL, m_breaks double precision[] DEFAULT NULL,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (dimension text, score int, lowest double precision, highest double precision, upper_break double precision,
                   customers bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 15
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT s.dimension, s.score, s.lowest, s.highest, s.upper_break, s.customers
    FROM analytics_internal.rfm_tables(customer_rfm_thresholds.as_of, customer_rfm_thresholds.business_id) t
    CROSS JOIN LATERAL analytics.rfm_thresholds(t.customers, t.as_of_day, customer_rfm_thresholds.method, customer_rfm_thresholds.bins,
        customer_rfm_thresholds.r_breaks, customer_rfm_thresholds.f_breaks, customer_rfm_thresholds.m_breaks) s
    ORDER BY t.business, array_position('{recency,frequency,monetary}', s.dimension), s.score;
END
$$;
COMMENT ON FUNCTION analytics.customer_rfm_thresholds IS
'What each score of customer_rfm() stands for
Columns and arguments as those of rfm_thresholds(): per dimension and score the lowest and the highest value, the cut above them and the
customers.';

CREATE FUNCTION analytics.rfm_summary(
    as_of date DEFAULT NULL, scheme text DEFAULT 'dashboard', method text DEFAULT 'quantile', bins int DEFAULT 5,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (segment text, customers bigint, share_pct numeric, orders bigint, revenue numeric, revenue_pct numeric,
                   avg_order_value numeric, median_recency_days double precision, median_frequency double precision,
                   median_monetary double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT c.segment, count(*), analytics_internal.percentage(count(*), sum(count(*)) OVER ()), sum(c.frequency)::bigint,
           sum(c.monetary)::numeric(18,4), analytics_internal.percentage(sum(c.monetary), sum(sum(c.monetary)) OVER ()),
           analytics_internal.quotient(sum(c.monetary), sum(c.frequency)),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.recency_days), percentile_cont(0.5) WITHIN GROUP (ORDER BY c.frequency),
           percentile_cont(0.5) WITHIN GROUP (ORDER BY c.monetary::double precision)
    FROM analytics_internal.scored_customers(rfm_summary.as_of, COALESCE(rfm_summary.scheme, 'dashboard'), rfm_summary.method,
        rfm_summary.bins, business_id => rfm_summary.business_id) c
    GROUP BY c.segment
    ORDER BY sum(c.monetary) DESC, c.segment COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.rfm_summary(date, text, text, int, bigint) IS
'Customers, orders, revenue and medians of each segment
Arguments as for customer_rfm(). avg_order_value = revenue / orders. By revenue, the highest first.';

CREATE FUNCTION analytics.rfm_heatmap(
    as_of date DEFAULT NULL, method text DEFAULT 'quantile', bins int DEFAULT 5, business_id bigint DEFAULT NULL)
    RETURNS TABLE (r int, f int, customers bigint, mean_monetary numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 25
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    SELECT rs.n, fs.n, COALESCE(c.customers, 0), c.mean_monetary
    -- More bins than there may be are refused where customers are scored.
    FROM generate_series(1, LEAST(rfm_heatmap.bins, 10)) rs (n)
    CROSS JOIN generate_series(1, LEAST(rfm_heatmap.bins, 10)) fs (n)
    LEFT JOIN (
        SELECT x.r, x.f, count(*) AS customers, round(avg(x.monetary), 4) AS mean_monetary
        FROM analytics_internal.scored_customers(
            rfm_heatmap.as_of, NULL, rfm_heatmap.method, rfm_heatmap.bins, business_id => rfm_heatmap.business_id) x
        GROUP BY x.r, x.f
    ) c ON c.r = rs.n AND c.f = fs.n
    ORDER BY rs.n DESC, fs.n;
END
$$;
COMMENT ON FUNCTION analytics.rfm_heatmap(date, text, int, bigint) IS
'Customers and mean monetary value per score of recency and frequency
Every pair of scores is a row; mean_monetary is NULL where there is nobody. Arguments as for customer_rfm().';

CREATE FUNCTION analytics.rfm_migration(
    date1 date, date2 date, scheme text DEFAULT 'dashboard', method text DEFAULT 'quantile', bins int DEFAULT 5,
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (from_segment text, to_segment text, customers bigint, share_of_from_pct numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 30
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM analytics_internal.check_period(date1, date2);
    RETURN QUERY
    SELECT COALESCE(a.segment, '(not yet a customer)'), b.segment, count(*),
           analytics_internal.percentage(count(*), sum(count(*)) OVER (PARTITION BY a.segment))
    FROM analytics_internal.scored_customers(date2, COALESCE(rfm_migration.scheme, 'dashboard'), rfm_migration.method,
        rfm_migration.bins, business_id => rfm_migration.business_id) b
    LEFT JOIN analytics_internal.scored_customers(date1, COALESCE(rfm_migration.scheme, 'dashboard'), rfm_migration.method,
        rfm_migration.bins, business_id => rfm_migration.business_id) a ON a.client_key = b.client_key
    GROUP BY a.segment, b.segment
    ORDER BY a.segment COLLATE "C" NULLS LAST, count(*) DESC, b.segment COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.rfm_migration(date, date, text, text, int, bigint) IS
'How many customers moved from which segment to which between two days
Scores are those of each day, by the purchases up to it. share_of_from_pct: of the customers of from_segment. Who had not bought by
date1 comes from (not yet a customer).';
