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
    SELECT b.place INTO found
    FROM analytics.customer_buckets() b
    WHERE b.part = customer_bucket_place.part AND b.label = customer_bucket_place.label;
    IF found IS NULL THEN
        RAISE EXCEPTION 'unknown % bucket "%"', customer_bucket_place.part, customer_bucket_place.label
            USING ERRCODE = 'invalid_parameter_value', HINT = (
                SELECT 'Known are ' || string_agg(b.label, ', ' ORDER BY b.place) || '.'
                FROM analytics.customer_buckets() b
                WHERE b.part = customer_bucket_place.part);
    END IF;
    RETURN found;
END
$$;
COMMENT ON FUNCTION analytics_internal.customer_bucket_place(text, text) IS
'The place of a bucket by its label; NULL for none, 22023 for an unknown one';

CREATE FUNCTION analytics_internal.customer_breakdown(
    start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (part text, ordinal bigint, place int, label text, customers bigint, share_pct numeric, new_customers bigint,
                   unit_per_transaction numeric, profit_per_customer numeric, customer_spending numeric, days_to_return numeric,
                   retention_rate numeric, orders bigint, revenue numeric, units numeric, profit numeric, returned_customers bigint,
                   as_of date, currency text, spending_per_customer numeric, days_to_first_return numeric)
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
        SELECT COALESCE(array_agg(d.client_key), '{}') INTO clients
        FROM warehouse.dim_clients d
        WHERE (customer_breakdown.business_id IS NULL OR d.business_id = customer_breakdown.business_id)
          AND (NULLIF(customer_name, '') IS NULL OR lower(d.name) LIKE '%' || lower(customer_name) || '%')
          AND (NULLIF(customer_mobile, '') IS NULL
               OR regexp_replace(d.mobile, '[^0-9]', '', 'g') = NULLIF(regexp_replace(customer_mobile, '[^0-9]', '', 'g'), ''));
    END IF;
    RETURN QUERY
    WITH cell AS (
        SELECT c.business_id, c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket, c.fiscal_year, c.customers,
               c.new_customers, c.orders, c.amount, c.quantity, c.orders_with_quantity, c.profit, c.customers_with_profit, c.return_days,
               c.returns, c.days_between
        FROM warehouse.customer_cell c
        WHERE NOT by_client AND NOT dated AND (customer_breakdown.business_id IS NULL OR c.business_id = customer_breakdown.business_id)
        UNION ALL
        SELECT c.*
        FROM analytics_internal.count_customers(start_date, end_date, customer_breakdown.business_id, clients) c
        WHERE by_client OR dated
    ), wanted AS (
        SELECT c.*, c.return_bucket <> 8 AS has_returned
        FROM cell c
        WHERE (recency_place IS NULL OR c.recency_bucket = recency_place)
          AND (visits_place IS NULL OR c.visits_bucket = visits_place)
          AND (value_place IS NULL OR c.value_bucket = value_place)
    ), counted AS (
        SELECT CASE WHEN GROUPING(c.r) = 0 THEN 'r_score'
                    WHEN GROUPING(c.f) = 0 THEN 'f_score'
                    WHEN GROUPING(c.m) = 0 THEN 'm_score'
                    WHEN GROUPING(c.recency_bucket) = 0 THEN 'recency'
                    WHEN GROUPING(c.visits_bucket) = 0 THEN 'visits'
                    WHEN GROUPING(c.value_bucket) = 0 THEN 'value'
                    WHEN GROUPING(c.return_bucket) = 0 THEN 'return'
                    WHEN GROUPING(s.segment) = 0 THEN 'segment'
                    ELSE 'kpi' END AS part,
               COALESCE(c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket)::int AS place,
               s.segment AS label, COALESCE(sum(c.customers), 0)::bigint AS customers, 0::bigint AS new_customers,
               COALESCE(sum(c.orders), 0)::bigint AS orders, COALESCE(sum(c.amount), 0)::numeric(18,4) AS revenue,
               sum(c.quantity)::numeric(18,4) AS units, COALESCE(sum(c.orders_with_quantity), 0)::bigint AS orders_with_units,
               sum(c.profit)::numeric(18,4) AS profit, COALESCE(sum(c.customers_with_profit), 0)::bigint AS customers_with_profit,
               COALESCE(sum(c.customers) FILTER (WHERE c.has_returned), 0)::bigint AS returned_customers,
               COALESCE(sum(c.return_days), 0)::bigint AS return_days, sum(c.returns) AS returns, sum(c.days_between) AS days_between
        FROM wanted c
        JOIN analytics.rfm_segments('dashboard') s ON s.r = c.r AND s.f = c.f AND s.m = c.m
        WHERE c.fiscal_year = 0
        GROUP BY GROUPING SETS
            ((), (c.r), (c.f), (c.m), (c.recency_bucket), (c.visits_bucket), (c.value_bucket), (c.return_bucket), (s.segment))
        UNION ALL
        SELECT 'fiscal_year', c.fiscal_year, c.fiscal_year::text, sum(c.customers)::bigint, sum(c.new_customers)::bigint,
               0, 0, 0, 0, 0, 0, 0, 0, 0, 0
        FROM wanted c
        WHERE c.fiscal_year > 0
        GROUP BY c.fiscal_year
    )
    SELECT c.part,
           -- Scores begin with the best, segments with the largest.
           row_number() OVER (
               of_part ORDER BY CASE WHEN c.part LIKE '%score' THEN -c.place ELSE c.place END, c.customers DESC, c.label COLLATE "C"),
           c.place, COALESCE(b.label, c.label, c.place::text), c.customers,
           analytics_internal.percentage(c.customers, sum(c.customers) OVER of_part), c.new_customers,
           COALESCE(analytics_internal.quotient(c.units, c.orders_with_units), 0),
           COALESCE(analytics_internal.quotient(c.profit, c.customers_with_profit), 0),
           c.revenue, COALESCE(round(c.days_between / NULLIF(c.returns, 0), 2), 0),
           COALESCE(analytics_internal.percentage(c.returned_customers, c.customers), 0), c.orders, c.revenue,
           CASE WHEN c.orders_with_units > 0 THEN c.units END, CASE WHEN c.customers_with_profit > 0 THEN c.profit END,
           c.returned_customers,
           COALESCE(end_date, (
               SELECT max(p.as_of)
               FROM warehouse.customer_population p
               WHERE customer_breakdown.business_id IS NULL OR p.business_id = customer_breakdown.business_id)),
           analytics_internal.currency_of(customer_breakdown.business_id), analytics_internal.quotient(c.revenue, c.customers),
           round(c.return_days::numeric / NULLIF(c.returned_customers, 0), 2)
    FROM counted c
    LEFT JOIN analytics.customer_buckets() b ON b.part = c.part AND b.place = c.place
    WINDOW of_part AS (PARTITION BY c.part)
    ORDER BY c.part COLLATE "C", 2;
END
$$;
COMMENT ON FUNCTION analytics_internal.customer_breakdown(date, date, text, text, text, text, text, bigint) IS
'All parts of the customer dashboard as rows: what each part and the whole read
part: kpi, r_score, f_score, m_score, recency, visits, value, return, segment or fiscal_year. By part and ordinal, the order of the
rows of a part.
Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_kpi(
    start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (total_customer bigint, unit_per_transaction numeric, profit_per_customer numeric, customer_spending numeric,
                   days_to_return numeric, retention_rate numeric, orders bigint, revenue numeric, units numeric, profit numeric,
                   returned_customers bigint, as_of date, currency text, spending_per_customer numeric, days_to_first_return numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
AS $$
    SELECT c.customers, c.unit_per_transaction, c.profit_per_customer, c.customer_spending, c.days_to_return, c.retention_rate,
           c.orders, c.revenue, c.units, c.profit, c.returned_customers, c.as_of, c.currency, c.spending_per_customer,
           c.days_to_first_return
    FROM analytics_internal.customer_breakdown($1, $2, $3, $4, $5, $6, $7, $8) c
    WHERE c.part = 'kpi'
$$;
COMMENT ON FUNCTION analytics.customer_kpi(date, date, text, text, text, text, text, bigint) IS
'How many customers there are, what they spend and whether they come back
One row, also where there is nothing. unit_per_transaction: units per order, of the orders whose units are known. profit_per_customer:
of the customers whose profit is known. customer_spending: what all of them spent, as revenue. days_to_return: days from one day of
purchase to the next, on average over all returns. retention_rate: percent of the customers who returned. These are 0 where there is nothing
to divide; units and profit are NULL where they are unknown. as_of: the day that recency is counted to. spending_per_customer: revenue per
customer. days_to_first_return: days from the first to the second day of purchase, on average over those who returned. Filters as for
customer_dashboard(); whoever had bought before start_date returns in the period.';

-- The readers of one part: alike but for their names, and for what tells their rows apart.
DO $$
DECLARE
    reader record;
BEGIN
    FOR reader IN
        SELECT *
        FROM (VALUES
            ('r_score', 'customer_r_scores', 'r_score', 'Customers per score of recency, 1 to 5', '5 is the most recent fifth.'),
            ('f_score', 'customer_f_scores', 'f_score', 'Customers per score of frequency, 1 to 5',
                '5 is the fifth with the most orders. Customers with equally many orders have the same score, so that some scores may
be nobody''s.'),
            ('m_score', 'customer_m_scores', 'm_score', 'Customers per score of monetary value, 1 to 5',
                '5 is the fifth that spent the most.'),
            ('recency', 'customer_recency_buckets', 'r_value_bucket', 'Customers per bucket of days since their last purchase',
                'Upper ends belong to the bucket; 0 days to the first.'),
            ('visits', 'customer_visits', 'f_value_bucket', 'Customers per number of orders', 'Above 10 they are one bucket.'),
            ('value', 'customer_values', 'm_value_bucket', 'Customers per bucket of what they spent',
                'Upper ends belong to the bucket. Whose refunds outweigh their purchases are in ''0 or less''.'),
            ('segment', 'customer_segments', 'segment', 'Customers per segment, by the scheme dashboard',
                'Champions: r, f and m at least 3; else Potential Loyalists: r and f at least 2; else New Customers: r at least 4; else Need
Attention. customer_rfm() has other schemes and methods.'),
            ('return', 'customer_return_buckets', 'days_to_return_bucket', 'Customers per time from first to second day of purchase',
                'Who bought on one day only is in ''Not returned''.')) r (part, name, key, title, remark)
    LOOP
        EXECUTE format($sql$
            CREATE FUNCTION analytics.%I(
                start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL,
                customer_name text DEFAULT NULL, r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL,
                m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
                RETURNS TABLE (%I %s, total_customer bigint, share_pct numeric, orders bigint, revenue numeric)
                LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
            AS $reader$
                SELECT c.%I, c.customers, c.share_pct, c.orders, c.revenue
                FROM analytics_internal.customer_breakdown($1, $2, $3, $4, $5, $6, $7, $8) c
                WHERE c.part = %L
                ORDER BY c.ordinal
            $reader$
            $sql$,
            reader.name, reader.key, CASE WHEN reader.part LIKE '%score' THEN 'int' ELSE 'text' END,
            CASE WHEN reader.part LIKE '%score' THEN 'place' ELSE 'label' END, reader.part);
        EXECUTE format('COMMENT ON FUNCTION analytics.%I(date, date, text, text, text, text, text, bigint) IS %L', reader.name,
            concat_ws(E'\n', reader.title,
                'Each customer is in one row; rows without customers are left out. Filters as for customer_dashboard().', reader.remark));
    END LOOP;
END
$$;

CREATE FUNCTION analytics.customer_fiscal_years(
    start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS TABLE (fiscal_year int, new_customers bigint, returning_customers bigint, total_customer bigint, new_customer_pct numeric,
                   old_customer_pct numeric)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 10
AS $$
    SELECT c.place, c.new_customers, c.customers - c.new_customers, c.customers,
           analytics_internal.percentage(c.new_customers, c.customers),
           100.00 - analytics_internal.percentage(c.new_customers, c.customers)
    FROM analytics_internal.customer_breakdown($1, $2, $3, $4, $5, $6, $7, $8) c
    WHERE c.part = 'fiscal_year'
    ORDER BY c.ordinal
$$;
COMMENT ON FUNCTION analytics.customer_fiscal_years(date, date, text, text, text, text, text, bigint) IS
'New and returning customers per fiscal year
new_customers: whose first purchase of all was in that year; returning_customers: who bought in it and had bought before it. A fiscal
year is called by the calendar year it ends in and starts in the month of the setting fiscal_year_start_month. new_customer_pct,
old_customer_pct: new and returning ones in percent of both; they add up to 100. Filters as for customer_dashboard().';

CREATE FUNCTION analytics.customer_dashboard(
    start_date date DEFAULT NULL, end_date date DEFAULT NULL, customer_mobile text DEFAULT NULL, customer_name text DEFAULT NULL,
    r_value_bucket text DEFAULT NULL, f_value_bucket text DEFAULT NULL, m_value_bucket text DEFAULT NULL, business_id bigint DEFAULT NULL)
    RETURNS jsonb
    LANGUAGE sql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    WITH breakdown AS MATERIALIZED (
        SELECT b.*
        FROM analytics_internal.customer_breakdown($1, $2, $3, $4, $5, $6, $7, $8) b
    ), part (name, key, field) AS (
        VALUES ('r_score', 'r_score_data', 'r_score'), ('f_score', 'f_score_data', 'f_score'), ('m_score', 'm_score_data', 'm_score'),
               ('recency', 'r_value_bucket_data', 'r_value_bucket'), ('visits', 'visits_data', 'f_value_bucket'),
               ('value', 'value_data', 'm_value_bucket'), ('segment', 'segment_data', 'segment'),
               ('return', 'days_to_return_bucket_data', 'days_to_return_bucket')
    ), list AS (
        SELECT p.key, COALESCE(
                   jsonb_agg(
                       jsonb_build_object('total_customer', b.customers, 'share_pct', b.share_pct, 'orders', b.orders, 'revenue', b.revenue,
                           p.field, CASE WHEN p.name LIKE '%score' THEN to_jsonb(b.place) ELSE to_jsonb(b.label) END)
                       ORDER BY b.ordinal) FILTER (WHERE b.part IS NOT NULL),
                   '[]') AS documents
        FROM part p
        LEFT JOIN breakdown b ON b.part = p.name
        GROUP BY p.key
    )
    SELECT jsonb_object_agg(l.key, l.documents) || jsonb_build_object(
        'kpi', (
            SELECT to_jsonb(b) - '{part,ordinal,place,label,customers,share_pct,new_customers}'::text[]
                || jsonb_build_object('total_customer', b.customers)
            FROM breakdown b
            WHERE b.part = 'kpi'),
        'fiscal_year_data', (
            SELECT COALESCE(
                       jsonb_agg(
                           jsonb_build_object('fiscal_year', b.place, 'new_customers', b.new_customers,
                               'returning_customers', b.customers - b.new_customers, 'total_customer', b.customers,
                               'new_customer_pct', analytics_internal.percentage(b.new_customers, b.customers),
                               'old_customer_pct', 100.00 - analytics_internal.percentage(b.new_customers, b.customers))
                           ORDER BY b.ordinal),
                       '[]')
            FROM breakdown b
            WHERE b.part = 'fiscal_year'))
    FROM list l
$$;
COMMENT ON FUNCTION analytics.customer_dashboard(date, date, text, text, text, text, text, bigint) IS
'The customer dashboard as one document: key figures and all breakdowns
start_date, end_date: purchases of these days alone, both included; as of end_date, else of the latest purchase; NULL is without limit.
customer_mobile: by its digits. customer_name: a part of the name, in upper or lower case, % and _ as in LIKE. r_value_bucket,
f_value_bucket, m_value_bucket: labels of customer_recency_buckets(), customer_visits() and customer_values(). NULL or an empty text: all.
Scores compare with all customers of the period, whatever the other filters. Keys: kpi as customer_kpi(); r_score_data, f_score_data,
m_score_data, r_value_bucket_data, visits_data, value_data, segment_data, days_to_return_bucket_data and fiscal_year_data, each an array
of the rows of its function, empty where there are none.';
