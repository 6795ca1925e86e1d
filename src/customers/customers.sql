-- The customer dashboard: one breakdown of the customers, of which each part is a function and the whole is one document.

CREATE FUNCTION analytics_internal.customer_bucket_place(part text, label text) RETURNS int
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    found int;
BEGIN
    IF NULLIF(customer_bucket_place.label, '') IS NULL THEN
        RETURN NULL;
    END IF;
    SELECT b.place INTO found FROM analytics.customer_buckets() b
    WHERE b.part = customer_bucket_place.part AND b.label = customer_bucket_place.label;
    IF found IS NULL THEN
        RAISE EXCEPTION 'unknown % bucket "%"', customer_bucket_place.part, customer_bucket_place.label
            USING ERRCODE = 'invalid_parameter_value', HINT = (
                SELECT 'Known are ' || string_agg(b.label, ', ' ORDER BY b.place) || '.' FROM analytics.customer_buckets() b
                WHERE b.part = customer_bucket_place.part);
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics_internal.customer_bucket_place(text, text) IS 'The place of a bucket by its label; NULL for none, 22023 for an unknown one';

CREATE FUNCTION analytics_internal.customer_breakdown(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (part text, place int, label text, customers bigint, share_pct numeric, new_customers bigint, orders bigint, revenue numeric,
                   units numeric, orders_with_units bigint, profit numeric, customers_with_profit bigint, returned_customers bigint,
                   return_days bigint, as_of date, currency text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 60
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    recency_place CONSTANT int := analytics_internal.customer_bucket_place('recency', r_value_bucket);
    visits_place CONSTANT int := analytics_internal.customer_bucket_place('visits', f_value_bucket);
    value_place CONSTANT int := analytics_internal.customer_bucket_place('value', m_value_bucket);
    by_client CONSTANT boolean := NULLIF(customer_mobile, '') IS NOT NULL OR NULLIF(customer_name, '') IS NOT NULL;
    dated CONSTANT boolean := start_date IS NOT NULL OR end_date IS NOT NULL;
    clients bigint[];
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    IF dated THEN
        PERFORM analytics_internal.check_period(COALESCE(start_date, end_date), COALESCE(end_date, start_date));
    END IF;
    IF by_client THEN
        SELECT COALESCE(array_agg(d.client_key), '{}') INTO clients FROM warehouse.dim_clients d
        WHERE (customer_breakdown.business_id IS NULL OR d.business_id = customer_breakdown.business_id)
          AND (NULLIF(customer_name, '') IS NULL OR lower(d.name) LIKE lower(customer_name))
          AND (NULLIF(customer_mobile, '') IS NULL OR regexp_replace(d.mobile, '[^0-9]', '', 'g')
               = NULLIF(regexp_replace(customer_mobile, '[^0-9]', '', 'g'), ''));
    END IF;
    RETURN QUERY
    WITH cell AS (
        SELECT c.fiscal_year, c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket, c.customers, c.new_customers,
               c.orders, c.amount, c.quantity, c.orders_with_quantity, c.profit, c.customers_with_profit, c.return_days
        FROM warehouse.customer_cell c
        WHERE NOT by_client AND NOT dated AND (customer_breakdown.business_id IS NULL OR c.business_id = customer_breakdown.business_id)
        UNION ALL
        SELECT c.fiscal_year, c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket, c.customers, c.new_customers,
               c.orders, c.amount, c.quantity, c.orders_with_quantity, c.profit, c.customers_with_profit, c.return_days
        FROM analytics_internal.count_customers(start_date, end_date, customer_breakdown.business_id, clients) c WHERE by_client OR dated
    ), wanted AS (
        SELECT c.*, c.return_bucket <> 8 AS has_returned FROM cell c
        WHERE (recency_place IS NULL OR c.recency_bucket = recency_place) AND (visits_place IS NULL OR c.visits_bucket = visits_place)
          AND (value_place IS NULL OR c.value_bucket = value_place)
    ), counted AS (
        SELECT CASE WHEN GROUPING(c.r) = 0 THEN 'r_score' WHEN GROUPING(c.f) = 0 THEN 'f_score' WHEN GROUPING(c.m) = 0 THEN 'm_score'
                   WHEN GROUPING(c.recency_bucket) = 0 THEN 'recency' WHEN GROUPING(c.visits_bucket) = 0 THEN 'visits'
                   WHEN GROUPING(c.value_bucket) = 0 THEN 'value' WHEN GROUPING(c.return_bucket) = 0 THEN 'return'
                   WHEN GROUPING(s.segment) = 0 THEN 'segment' ELSE 'kpi' END AS part,
               COALESCE(c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket)::int AS place, s.segment AS label,
               COALESCE(sum(c.customers), 0)::bigint AS customers, 0::bigint AS new_customers,
               COALESCE(sum(c.orders), 0)::bigint AS orders, COALESCE(sum(c.amount), 0)::numeric(18,4) AS revenue,
               sum(c.quantity)::numeric(18,4) AS units, COALESCE(sum(c.orders_with_quantity), 0)::bigint AS orders_with_units,
               sum(c.profit)::numeric(18,4) AS profit, COALESCE(sum(c.customers_with_profit), 0)::bigint AS customers_with_profit,
               COALESCE(sum(c.customers) FILTER (WHERE c.has_returned), 0)::bigint AS returned_customers,
               COALESCE(sum(c.return_days), 0)::bigint AS return_days
        FROM wanted c
        JOIN analytics.rfm_segments('dashboard') s ON s.r = c.r AND s.f = c.f AND s.m = c.m
        WHERE c.fiscal_year = 0
        GROUP BY GROUPING SETS ((), (c.r), (c.f), (c.m), (c.recency_bucket), (c.visits_bucket), (c.value_bucket), (c.return_bucket), (s.segment))
        UNION ALL
        SELECT 'fiscal_year', c.fiscal_year, c.fiscal_year::text, sum(c.customers)::bigint, sum(c.new_customers)::bigint,
               0, 0, 0, 0, 0, 0, 0, 0
        FROM wanted c WHERE c.fiscal_year > 0 GROUP BY c.fiscal_year
    )
    SELECT c.part, c.place, COALESCE(b.label, c.label, c.place::text), c.customers,
           round(100 * c.customers / NULLIF(sum(c.customers) OVER (PARTITION BY c.part), 0), 2),
           c.new_customers, c.orders, c.revenue, CASE WHEN c.orders_with_units > 0 THEN c.units END, c.orders_with_units,
           CASE WHEN c.customers_with_profit > 0 THEN c.profit END, c.customers_with_profit, c.returned_customers, c.return_days,
           COALESCE(end_date, (SELECT max(p.as_of) FROM warehouse.customer_population p
               WHERE customer_breakdown.business_id IS NULL OR p.business_id = customer_breakdown.business_id)),
           analytics_internal.currency_of(customer_breakdown.business_id)
    FROM counted c LEFT JOIN analytics.customer_buckets() b ON b.part = c.part AND b.place = c.place;
END
$$;
COMMENT ON FUNCTION analytics_internal.customer_breakdown(date, date, text, text, text, text, text, bigint) IS
'All parts of the customer dashboard as rows: what each part and the whole read
part: kpi, r_score, f_score, m_score, recency, visits, value, return, segment or fiscal_year. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_kpi(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (total_customer bigint, unit_per_transaction numeric, profit_per_customer numeric, customer_spending numeric,
                   days_to_return numeric, retention_rate numeric, orders bigint, revenue numeric, units numeric, profit numeric,
                   returned_customers bigint, as_of date, currency text)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT c.customers, pg_catalog.round(c.units / NULLIF(c.orders_with_units, 0), 4),
           pg_catalog.round(c.profit / NULLIF(c.customers_with_profit, 0), 4), pg_catalog.round(c.revenue / NULLIF(c.customers, 0), 4),
           pg_catalog.round(c.return_days::numeric / NULLIF(c.returned_customers, 0), 2),
           pg_catalog.round(100.0 * c.returned_customers / NULLIF(c.customers, 0), 2), c.orders, c.revenue, c.units, c.profit,
           c.returned_customers, c.as_of, c.currency
    FROM analytics_internal.customer_breakdown(customer_kpi.start_date, customer_kpi.end_date, customer_kpi.customer_mobile, customer_kpi.customer_name,
        customer_kpi.r_value_bucket, customer_kpi.f_value_bucket, customer_kpi.m_value_bucket, customer_kpi.business_id) c
    WHERE c.part = 'kpi'
$$;
COMMENT ON FUNCTION analytics.customer_kpi(date, date, text, text, text, text, text, bigint) IS
'How many customers there are, what they spend and whether they come back
One row, also where there is nothing. unit_per_transaction: units per order, of the orders whose units are known. profit_per_customer: of the customers whose profit is known. customer_spending: revenue per customer. days_to_return: days from the first to the second day of purchase, on average over those who returned. retention_rate: percent of the customers who returned. as_of: the day that recency is counted to. NULL where the divisor is 0. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_r_scores(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (r_score int, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.place, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_r_scores.start_date, customer_r_scores.end_date, customer_r_scores.customer_mobile, customer_r_scores.customer_name,
        customer_r_scores.r_value_bucket, customer_r_scores.f_value_bucket, customer_r_scores.m_value_bucket, customer_r_scores.business_id) c
    WHERE c.part = 'r_score' ORDER BY c.place DESC
$$;
COMMENT ON FUNCTION analytics.customer_r_scores(date, date, text, text, text, text, text, bigint) IS
'Customers per score of recency, 1 to 5
Each customer is in one row; rows without customers are left out. 5 is the most recent fifth. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_f_scores(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (f_score int, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.place, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_f_scores.start_date, customer_f_scores.end_date, customer_f_scores.customer_mobile, customer_f_scores.customer_name,
        customer_f_scores.r_value_bucket, customer_f_scores.f_value_bucket, customer_f_scores.m_value_bucket, customer_f_scores.business_id) c
    WHERE c.part = 'f_score' ORDER BY c.place DESC
$$;
COMMENT ON FUNCTION analytics.customer_f_scores(date, date, text, text, text, text, text, bigint) IS
'Customers per score of frequency, 1 to 5
Each customer is in one row; rows without customers are left out. 5 is the fifth with the most orders. Customers with equally many orders have the same score, so that some scores may be nobody''s. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_m_scores(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (m_score int, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.place, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_m_scores.start_date, customer_m_scores.end_date, customer_m_scores.customer_mobile, customer_m_scores.customer_name,
        customer_m_scores.r_value_bucket, customer_m_scores.f_value_bucket, customer_m_scores.m_value_bucket, customer_m_scores.business_id) c
    WHERE c.part = 'm_score' ORDER BY c.place DESC
$$;
COMMENT ON FUNCTION analytics.customer_m_scores(date, date, text, text, text, text, text, bigint) IS
'Customers per score of monetary value, 1 to 5
Each customer is in one row; rows without customers are left out. 5 is the fifth that spent the most. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_recency_buckets(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (r_value_bucket text, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.label, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_recency_buckets.start_date, customer_recency_buckets.end_date, customer_recency_buckets.customer_mobile, customer_recency_buckets.customer_name,
        customer_recency_buckets.r_value_bucket, customer_recency_buckets.f_value_bucket, customer_recency_buckets.m_value_bucket, customer_recency_buckets.business_id) c
    WHERE c.part = 'recency' ORDER BY c.place
$$;
COMMENT ON FUNCTION analytics.customer_recency_buckets(date, date, text, text, text, text, text, bigint) IS
'Customers per bucket of days since their last purchase
Each customer is in one row; rows without customers are left out. Upper ends belong to the bucket; 0 days to the first. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_visits(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (f_value_bucket text, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.label, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_visits.start_date, customer_visits.end_date, customer_visits.customer_mobile, customer_visits.customer_name,
        customer_visits.r_value_bucket, customer_visits.f_value_bucket, customer_visits.m_value_bucket, customer_visits.business_id) c
    WHERE c.part = 'visits' ORDER BY c.place
$$;
COMMENT ON FUNCTION analytics.customer_visits(date, date, text, text, text, text, text, bigint) IS
'Customers per number of orders
Each customer is in one row; rows without customers are left out. Above 10 they are one bucket. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_values(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (m_value_bucket text, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.label, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_values.start_date, customer_values.end_date, customer_values.customer_mobile, customer_values.customer_name,
        customer_values.r_value_bucket, customer_values.f_value_bucket, customer_values.m_value_bucket, customer_values.business_id) c
    WHERE c.part = 'value' ORDER BY c.place
$$;
COMMENT ON FUNCTION analytics.customer_values(date, date, text, text, text, text, text, bigint) IS
'Customers per bucket of what they spent
Each customer is in one row; rows without customers are left out. Upper ends belong to the bucket. Whose refunds outweigh their purchases are in ''0 or less''. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_segments(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (segment text, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.label, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_segments.start_date, customer_segments.end_date, customer_segments.customer_mobile, customer_segments.customer_name,
        customer_segments.r_value_bucket, customer_segments.f_value_bucket, customer_segments.m_value_bucket, customer_segments.business_id) c
    WHERE c.part = 'segment' ORDER BY c.customers DESC, c.label
$$;
COMMENT ON FUNCTION analytics.customer_segments(date, date, text, text, text, text, text, bigint) IS
'Customers per segment, by the scheme dashboard
Each customer is in one row; rows without customers are left out. Champions: r, f and m at least 3; else Potential Loyalists: r and f at least 2; else New Customers: r at least 4; else Need Attention. customer_rfm() has other schemes and methods. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_return_buckets(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (days_to_return_bucket text, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.label, c.customers, c.share_pct, c.orders, c.revenue
    FROM analytics_internal.customer_breakdown(customer_return_buckets.start_date, customer_return_buckets.end_date, customer_return_buckets.customer_mobile, customer_return_buckets.customer_name,
        customer_return_buckets.r_value_bucket, customer_return_buckets.f_value_bucket, customer_return_buckets.m_value_bucket, customer_return_buckets.business_id) c
    WHERE c.part = 'return' ORDER BY c.place
$$;
COMMENT ON FUNCTION analytics.customer_return_buckets(date, date, text, text, text, text, text, bigint) IS
'Customers per time from first to second day of purchase
Each customer is in one row; rows without customers are left out. Who bought on one day only is in ''Not returned''. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_fiscal_years(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (fiscal_year int, new_customers bigint, returning_customers bigint, total_customer bigint)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.place, c.new_customers, c.customers - c.new_customers, c.customers
    FROM analytics_internal.customer_breakdown(customer_fiscal_years.start_date, customer_fiscal_years.end_date, customer_fiscal_years.customer_mobile, customer_fiscal_years.customer_name,
        customer_fiscal_years.r_value_bucket, customer_fiscal_years.f_value_bucket, customer_fiscal_years.m_value_bucket, customer_fiscal_years.business_id) c
    WHERE c.part = 'fiscal_year' ORDER BY c.place
$$;
COMMENT ON FUNCTION analytics.customer_fiscal_years(date, date, text, text, text, text, text, bigint) IS
'New and returning customers per fiscal year
new_customers: whose first purchase of all was in that year; returning_customers: who bought in it and had bought before it. A fiscal year is called by the calendar year it ends in and starts in the month of the setting fiscal_year_start_month. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_dashboard(start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT jsonb_build_object(
        'kpi', (jsonb_agg(jsonb_build_object('total_customer', c.customers,
            'unit_per_transaction', round(c.units / NULLIF(c.orders_with_units, 0), 4),
            'profit_per_customer', round(c.profit / NULLIF(c.customers_with_profit, 0), 4),
            'customer_spending', round(c.revenue / NULLIF(c.customers, 0), 4),
            'days_to_return', round(c.return_days::numeric / NULLIF(c.returned_customers, 0), 2),
            'retention_rate', round(100.0 * c.returned_customers / NULLIF(c.customers, 0), 2),
            'orders', c.orders, 'revenue', c.revenue, 'units', c.units, 'profit', c.profit, 'returned_customers', c.returned_customers,
            'as_of', c.as_of, 'currency', c.currency)) FILTER (WHERE c.part = 'kpi')) -> 0,
        'r_score_data', COALESCE(jsonb_agg(jsonb_build_object('r_score', c.place, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place DESC) FILTER (WHERE c.part = 'r_score'), '[]'),
        'f_score_data', COALESCE(jsonb_agg(jsonb_build_object('f_score', c.place, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place DESC) FILTER (WHERE c.part = 'f_score'), '[]'),
        'm_score_data', COALESCE(jsonb_agg(jsonb_build_object('m_score', c.place, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place DESC) FILTER (WHERE c.part = 'm_score'), '[]'),
        'r_value_bucket_data', COALESCE(jsonb_agg(jsonb_build_object('r_value_bucket', c.label, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place) FILTER (WHERE c.part = 'recency'), '[]'),
        'visits_data', COALESCE(jsonb_agg(jsonb_build_object('f_value_bucket', c.label, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place) FILTER (WHERE c.part = 'visits'), '[]'),
        'value_data', COALESCE(jsonb_agg(jsonb_build_object('m_value_bucket', c.label, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place) FILTER (WHERE c.part = 'value'), '[]'),
        'segment_data', COALESCE(jsonb_agg(jsonb_build_object('segment', c.label, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.customers DESC, c.label) FILTER (WHERE c.part = 'segment'), '[]'),
        'days_to_return_bucket_data', COALESCE(jsonb_agg(jsonb_build_object('days_to_return_bucket', c.label, 'total_customer', c.customers, 'share_pct', c.share_pct, 'orders', c.orders, 'revenue', c.revenue)
            ORDER BY c.place) FILTER (WHERE c.part = 'return'), '[]'),
        'fiscal_year_data', COALESCE(jsonb_agg(jsonb_build_object('fiscal_year', c.place, 'new_customers', c.new_customers, 'returning_customers', c.customers - c.new_customers, 'total_customer', c.customers)
            ORDER BY c.place) FILTER (WHERE c.part = 'fiscal_year'), '[]'))
    FROM analytics_internal.customer_breakdown(customer_dashboard.start_date, customer_dashboard.end_date, customer_dashboard.customer_mobile, customer_dashboard.customer_name,
        customer_dashboard.r_value_bucket, customer_dashboard.f_value_bucket, customer_dashboard.m_value_bucket, customer_dashboard.business_id) c
$$;
COMMENT ON FUNCTION analytics.customer_dashboard(date, date, text, text, text, text, text, bigint) IS
'The customer dashboard as one document: key figures and all breakdowns
start_date, end_date: purchases of these days alone, both included; as of end_date, else of the latest purchase; NULL is without limit. customer_mobile: by its digits. customer_name: in upper or lower case, % and _ as in LIKE. r_value_bucket, f_value_bucket, m_value_bucket: labels of customer_recency_buckets(), customer_visits() and customer_values(). NULL or an empty text: all. Scores compare with all customers of the period, whatever the other filters. Keys: kpi as customer_kpi(); r_score_data, f_score_data, m_score_data, r_value_bucket_data, visits_data, value_data, segment_data, days_to_return_bucket_data and fiscal_year_data, each an array of the rows of its function, empty where there are none.';
