-- What the refresh keeps of customers: totals per customer, and from them the scores' cuts and the counts that the dashboard reads.
-- Purchases are transactions; where a business registers none, its contracts.

CREATE FUNCTION analytics_internal.derive_purchases(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    INSERT INTO warehouse.customer_population AS p (business_id, purchases)
    SELECT derive_purchases.business_id, CASE WHEN count(*) > 0 THEN 'transactions' ELSE 'contracts' END
    FROM warehouse.source s
    WHERE s.business_id = derive_purchases.business_id AND s.entity = 'transactions'
    ON CONFLICT ON CONSTRAINT customer_population_pkey
        DO UPDATE SET purchases = EXCLUDED.purchases WHERE p.purchases <> EXCLUDED.purchases;
    IF FOUND THEN
        INSERT INTO warehouse.pending_day VALUES (derive_purchases.business_id, 'values', '-infinity') ON CONFLICT DO NOTHING;
        INSERT INTO warehouse.pending_client
        SELECT t.business_id, t.client_key FROM warehouse.customer_totals t WHERE t.business_id = derive_purchases.business_id
        UNION
        SELECT t.business_id, t.client_key FROM warehouse.fact_transactions t WHERE t.business_id = derive_purchases.business_id
        UNION
        SELECT c.business_id, c.client_key FROM warehouse.fact_contracts c WHERE c.business_id = derive_purchases.business_id
        ON CONFLICT DO NOTHING;
    END IF;
    RETURN NULL;
END
$$;
COMMENT ON FUNCTION analytics_internal.derive_purchases(bigint) IS
'Settles whether a business''s purchases are its transactions or its contracts
Contracts, where it registers no transactions. Returns NULL: it counts nothing.';

CREATE FUNCTION analytics_internal.fiscal_year(day date, start_month int) RETURNS int
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT EXTRACT(year FROM day)::int + CASE WHEN start_month > 1 AND EXTRACT(month FROM day)::int >= start_month THEN 1 ELSE 0 END
$$;
COMMENT ON FUNCTION analytics_internal.fiscal_year(date, int) IS 'The fiscal year of a day: the calendar year that it ends in';

-- A filter that is NULL vanishes only where the plan knows it, so each call plans for its own.
CREATE FUNCTION analytics_internal.customer_profiles(start_date date, end_date date, business_id bigint, clients bigint[] DEFAULT NULL)
    RETURNS TABLE (business bigint, client_key bigint, client_bucket smallint, first_date date, second_date date, last_date date,
                   orders bigint, amount numeric, quantity numeric, orders_with_quantity bigint, profit numeric, fiscal_years int[],
                   returns int, days_between int)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    since constant date := COALESCE(start_date, '-infinity');
    -- Beside the purchases there is no other table: of one business the month is a constant, else each row looks it up.
    month constant int := s.fiscal_year_start_month FROM warehouse.settings s WHERE s.business_id = customer_profiles.business_id;
    months constant jsonb := jsonb_object_agg(s.business_id, s.fiscal_year_start_month)
        FROM warehouse.settings s
        WHERE customer_profiles.business_id IS NULL;
BEGIN
    RETURN QUERY
    SELECT c.business_id, c.client_key, c.client_bucket, c.days[1], c.days[2], c.days[cardinality(c.days)], c.orders, c.amount, c.quantity,
           c.orders_with_quantity, c.profit, c.fiscal_years,
           cardinality(c.days) - c.place, c.days[cardinality(c.days)] - c.days[c.place]
    FROM (
        -- The day that the first return is counted from: the last one before the period, else the first of all.
        SELECT c.*, CASE WHEN start_date IS NULL THEN 1 ELSE GREATEST(1, width_bucket(since - 1, c.days)) END AS place
        FROM (
            SELECT p.business_id, p.client_bucket, p.client_key,
                   array_agg(DISTINCT p.day ORDER BY p.day) FILTER (WHERE p.orders > 0) AS days,
                   sum(p.orders) FILTER (WHERE p.day >= since)::bigint AS orders,
                   sum(p.amount) FILTER (WHERE p.day >= since)::numeric(18,4) AS amount,
                   sum(p.quantity) FILTER (WHERE p.orders > 0 AND p.day >= since)::numeric(18,4) AS quantity,
                   count(p.quantity) FILTER (WHERE p.orders > 0 AND p.day >= since) AS orders_with_quantity,
                   sum(p.profit) FILTER (WHERE p.day >= since)::numeric(18,4) AS profit,
                   array_agg(DISTINCT analytics_internal.fiscal_year(p.day, COALESCE(month, (months ->> p.business_id::text)::int)))
                       FILTER (WHERE p.orders > 0 AND p.day >= since) AS fiscal_years
            FROM warehouse.purchase p
            WHERE (customer_profiles.business_id IS NULL OR p.business_id = customer_profiles.business_id)
              AND (customer_profiles.clients IS NULL OR p.client_key = ANY (customer_profiles.clients))
              AND (customer_profiles.end_date IS NULL OR p.day <= customer_profiles.end_date)
            GROUP BY p.business_id, p.client_bucket, p.client_key
            HAVING sum(p.orders) FILTER (WHERE p.day >= since) > 0
        ) c
    ) c;
END
$$;
COMMENT ON FUNCTION analytics_internal.customer_profiles(date, date, bigint, bigint[]) IS
'Totals per customer, from the purchases of a period
The rows that warehouse.customer_totals holds for all time. start_date, end_date: both days belong to the period, NULL is
without limit. clients: client_key of these only. A customer has at least one purchase in the period; refunds alone make none. What was
bought before the period counts for first_date, second_date and for the first of the returns, and for nothing else.';

CREATE FUNCTION analytics_internal.mark_customers(business_id bigint, turn smallint[]) RETURNS void
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF EXISTS (
        SELECT FROM warehouse.pending_day p WHERE p.business_id = mark_customers.business_id AND p.rollup = 'customers' AND p.whole) THEN
        RETURN;
    END IF;
    -- Most clients never bought: only those who did, or do now, are somebody's customer.
    PERFORM analytics_internal.drop_temporary('buyer');
    CREATE TEMP TABLE buyer ON COMMIT DROP AS
    SELECT t.client_key
    FROM warehouse.customer_totals t
    JOIN pg_temp.batch b ON b.client_key = t.client_key
    WHERE t.business_id = mark_customers.business_id
    UNION
    SELECT c.client_key
    FROM pg_temp.contract c
    UNION
    SELECT t.client_key
    FROM warehouse.fact_transactions t
    JOIN pg_temp.batch b ON b.client_key = t.client_key
    WHERE t.business_id = mark_customers.business_id AND (turn IS NULL OR t.client_bucket = ANY (turn));
    INSERT INTO warehouse.pending_day AS p
    SELECT mark_customers.business_id, 'customers', '-infinity', analytics_internal.is_much(count(*), 'warehouse.customer_totals')
    FROM pg_temp.buyer
    HAVING count(*) > 0
    ON CONFLICT ON CONSTRAINT pending_day_pkey DO UPDATE SET whole = EXCLUDED.whole;
    INSERT INTO warehouse.pending_customer
    SELECT mark_customers.business_id, b.client_key
    FROM pg_temp.buyer b
    JOIN warehouse.pending_day p ON p.business_id = mark_customers.business_id AND p.rollup = 'customers' AND NOT p.whole
    ON CONFLICT DO NOTHING;
END
$$;
COMMENT ON FUNCTION analytics_internal.mark_customers(bigint, smallint[]) IS
'Marks buyers of pg_temp.batch, or all where they are many, to be added up again
turn: see next_turn().';

-- Every bucket has its place, from 1 on; 0 stands for none of them. The labels are what the dashboard shows and filters by.
CREATE FUNCTION analytics.customer_buckets()
    RETURNS TABLE (part text, place int, label text, lowest numeric, highest numeric)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    VALUES
        ('recency', 1, '1-200', 0, 200), ('recency', 2, '200-400', 200, 400), ('recency', 3, '400-600', 400, 600),
        ('recency', 4, '600-800', 600, 800), ('recency', 5, '800-1000', 800, 1000), ('recency', 6, '>1000', 1000, NULL),
        ('visits', 1, '1', 0, 1), ('visits', 2, '2', 1, 2), ('visits', 3, '3', 2, 3), ('visits', 4, '4', 3, 4),
        ('visits', 5, '5', 4, 5), ('visits', 6, '6', 5, 6), ('visits', 7, '7', 6, 7), ('visits', 8, '8', 7, 8),
        ('visits', 9, '9', 8, 9), ('visits', 10, '10', 9, 10), ('visits', 11, '>10', 10, NULL),
        ('value', 1, '0 or less', NULL, 0), ('value', 2, '1-1000', 0, 1000), ('value', 3, '1000-2000', 1000, 2000),
        ('value', 4, '2000-3000', 2000, 3000), ('value', 5, '3000-4000', 3000, 4000), ('value', 6, '4000-5000', 4000, 5000),
        ('value', 7, '>5000', 5000, NULL),
        ('return', 1, '1-29 days', 0, 29), ('return', 2, '1-2 Month', 29, 60), ('return', 3, '61-89 days', 60, 89),
        ('return', 4, '3-6 Month', 89, 180), ('return', 5, '181-364 days', 180, 364), ('return', 6, '1-2 Yr', 364, 730),
        ('return', 7, '>2 Yr', 730, NULL), ('return', 8, 'Not returned', NULL, NULL)
$$;
COMMENT ON FUNCTION analytics.customer_buckets() IS
'The buckets that the customer dashboard counts in
part: recency (days since the last purchase), visits (orders), value (money), return (days from the first to the second day of
purchase). A value belongs to the bucket where it is above lowest and at most highest; 0 days of recency belong to the first.';

-- The places above, as the refresh and the readers compute them.
CREATE FUNCTION analytics_internal.recency_bucket(days int) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT LEAST(6, GREATEST(1, (days + 199) / 200))::smallint $$;
CREATE FUNCTION analytics_internal.visits_bucket(orders bigint) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$ SELECT LEAST(11, orders)::smallint $$;
CREATE FUNCTION analytics_internal.value_bucket(amount numeric) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN amount <= 0::numeric THEN 1
                WHEN amount > 5000::numeric THEN 7
                ELSE 1 + pg_catalog.ceil(amount / 1000::numeric)::int END::smallint
$$;
CREATE FUNCTION analytics_internal.return_bucket(days int) RETURNS smallint LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT (CASE WHEN days IS NULL THEN 8 WHEN days < 30 THEN 1 WHEN days <= 60 THEN 2 WHEN days < 90 THEN 3 WHEN days <= 180 THEN 4
                 WHEN days < 365 THEN 5 WHEN days <= 730 THEN 6 ELSE 7 END)::smallint
$$;
COMMENT ON FUNCTION analytics_internal.recency_bucket(int) IS 'Place of days since the last purchase among customer_buckets()';
COMMENT ON FUNCTION analytics_internal.visits_bucket(bigint) IS 'Place of a number of orders among customer_buckets()';
COMMENT ON FUNCTION analytics_internal.value_bucket(numeric) IS 'Place of an amount of money among customer_buckets()';
COMMENT ON FUNCTION analytics_internal.return_bucket(int) IS 'Place of days until the second purchase among customer_buckets()';

-- Cells of customers who are alike in all that the dashboard counts; fiscal_year 0. And, for each fiscal year that they bought in, cells of
-- those alike in what it filters by; their scores and return bucket are 0.
CREATE FUNCTION analytics_internal.count_customers(start_date date, end_date date, business_id bigint, clients bigint[] DEFAULT NULL)
    RETURNS TABLE (business bigint, r smallint, f smallint, m smallint, recency_bucket smallint, visits_bucket smallint,
                   value_bucket smallint, return_bucket smallint, fiscal_year int, customers bigint, new_customers bigint, orders bigint,
                   amount numeric, quantity numeric, orders_with_quantity bigint, profit numeric, customers_with_profit bigint,
                   return_days bigint, returns bigint, days_between bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10000
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    dated constant boolean := start_date IS NOT NULL OR end_date IS NOT NULL;
    -- Named one by one, so that a client is found by the primary key.
    businesses constant bigint[] := ARRAY(
        SELECT p.business_id
        FROM warehouse.customer_population p
        WHERE count_customers.business_id IS NULL OR p.business_id = count_customers.business_id);
BEGIN
    RETURN QUERY
    WITH profile AS MATERIALIZED (
        SELECT t.business_id, t.client_key, t.first_date, t.second_date, t.last_date, t.orders, t.amount, t.quantity,
               t.orders_with_quantity, t.profit, t.fiscal_years, t.returns, t.days_between
        FROM warehouse.customer_totals t
        WHERE NOT dated AND t.business_id = ANY (businesses) AND (clients IS NULL OR t.client_key = ANY (clients))
        UNION ALL
        -- Scores compare a customer with all others of the period, so that all of these are added up.
        SELECT c.business, c.client_key, c.first_date, c.second_date, c.last_date, c.orders, c.amount, c.quantity, c.orders_with_quantity,
               c.profit, c.fiscal_years, c.returns, c.days_between
        FROM analytics_internal.customer_profiles(start_date, end_date, count_customers.business_id) c
        WHERE dated
    ), population AS MATERIALIZED (
        SELECT p.business_id, p.as_of, p.r_breaks, p.f_breaks, p.m_breaks
        FROM warehouse.customer_population p
        WHERE NOT dated AND p.business_id = ANY (businesses)
        UNION ALL
        SELECT c.business_id, a.as_of, analytics.rfm_breaks(array_agg((a.as_of - c.last_date)::double precision)),
               analytics.rfm_breaks(array_agg(c.orders::double precision)),
               analytics.rfm_breaks(array_agg(c.amount::double precision))
        FROM profile c
        JOIN warehouse.customer_population p ON p.business_id = c.business_id
        CROSS JOIN LATERAL (SELECT COALESCE(end_date, p.as_of)) a (as_of)
        WHERE dated
        GROUP BY c.business_id, a.as_of
    ), placed AS MATERIALIZED (
        SELECT c.business_id, analytics.rfm_score((p.as_of - c.last_date)::double precision, p.r_breaks, true)::smallint AS r,
               analytics.rfm_score(c.orders::double precision, p.f_breaks)::smallint AS f,
               analytics.rfm_score(c.amount::double precision, p.m_breaks)::smallint AS m,
               analytics_internal.recency_bucket(p.as_of - c.last_date) AS recency_bucket,
               analytics_internal.visits_bucket(c.orders) AS visits_bucket, analytics_internal.value_bucket(c.amount) AS value_bucket,
               analytics_internal.return_bucket(c.second_date - c.first_date) AS return_bucket,
               c.second_date - c.first_date AS return_days, c.orders, c.amount, c.quantity, c.orders_with_quantity, c.profit,
               c.fiscal_years, c.returns, c.days_between,
               analytics_internal.fiscal_year(c.first_date, s.fiscal_year_start_month) AS first_year
        FROM profile c
        JOIN population p ON p.business_id = c.business_id
        JOIN warehouse.settings s ON s.business_id = c.business_id
        WHERE clients IS NULL OR c.client_key = ANY (clients)
    )
    SELECT c.business_id, c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket, 0,
           count(*), 0::bigint, sum(c.orders)::bigint, sum(c.amount)::numeric(18,4),
           COALESCE(sum(c.quantity), 0)::numeric(18,4), sum(c.orders_with_quantity)::bigint,
           COALESCE(sum(c.profit), 0)::numeric(18,4), count(c.profit), COALESCE(sum(c.return_days), 0)::bigint,
           sum(c.returns)::bigint, sum(c.days_between)::bigint
    FROM placed c
    GROUP BY c.business_id, c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket
    UNION ALL
    SELECT c.business_id, 0::smallint, 0::smallint, 0::smallint, c.recency_bucket, c.visits_bucket, c.value_bucket, 0::smallint, y.year,
           count(*), count(*) FILTER (WHERE c.first_year = y.year), 0, 0, 0, 0, 0, 0, 0, 0, 0
    FROM placed c
    CROSS JOIN LATERAL unnest(c.fiscal_years) y (year)
    GROUP BY c.business_id, c.recency_bucket, c.visits_bucket, c.value_bucket, y.year;
END
$$;
COMMENT ON FUNCTION analytics_internal.count_customers(date, date, bigint, bigint[]) IS
'Counts customers by all that the dashboard shows, in cells
start_date, end_date: from the purchases of that period alone; both NULL: from customer_totals, with the cuts of customer_population.
clients: client_key of these only; their scores compare them with everybody. Rows with fiscal_year 0 count each customer once; the others
count those who bought in that year and, as new_customers, those for whom it was the first.';

CREATE FUNCTION analytics_internal.total_customers(business_id bigint, clients bigint[] DEFAULT NULL) RETURNS bigint[]
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    CREATE TEMP TABLE incoming (business_id) ON COMMIT DROP AS
    SELECT c.*
    FROM analytics_internal.customer_profiles(NULL, NULL, total_customers.business_id, clients) c;
    RETURN ARRAY(
        WITH known AS MATERIALIZED (
            SELECT t.business_id, t.client_key, t.client_bucket, t.first_date, t.second_date, t.last_date, t.orders, t.amount, t.quantity,
                   t.orders_with_quantity, t.profit, t.fiscal_years, t.returns, t.days_between
            FROM warehouse.customer_totals t
            WHERE t.business_id = total_customers.business_id AND t.client_key = ANY (clients)
        )
        SELECT c.client_key FROM (TABLE pg_temp.incoming EXCEPT TABLE known) c
        UNION
        SELECT c.client_key FROM (TABLE known EXCEPT TABLE pg_temp.incoming) c);
END
$$;
COMMENT ON FUNCTION analytics_internal.total_customers(bigint, bigint[]) IS
'Adds up the purchases of clients in pg_temp.incoming
clients: client_key of these, NULL for all. Returns those of them whose totals change.';

CREATE TYPE analytics_internal.cuts AS (
    as_of date, customers bigint, r_breaks double precision[], f_breaks double precision[], m_breaks double precision[]
);
COMMENT ON TYPE analytics_internal.cuts IS 'What customers are compared with: the latest day, and where scores are cut';

-- Where the scores are cut depends on all customers, so that all totals are read.
CREATE FUNCTION analytics_internal.customer_cuts(business_id bigint) RETURNS analytics_internal.cuts
    LANGUAGE sql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT max(t.last_date), count(*), COALESCE(analytics.rfm_breaks(array_agg((a.as_of - t.last_date)::double precision)), '{}'),
           COALESCE(analytics.rfm_breaks(array_agg(t.orders::double precision)), '{}'),
           COALESCE(analytics.rfm_breaks(array_agg(t.amount::double precision)), '{}')
    FROM warehouse.customer_totals t
    CROSS JOIN (SELECT max(t.last_date) FROM warehouse.customer_totals t WHERE t.business_id = customer_cuts.business_id) a (as_of)
    WHERE t.business_id = customer_cuts.business_id
$$;
COMMENT ON FUNCTION analytics_internal.customer_cuts(bigint) IS 'What the customers of a business are compared with, from their totals';

CREATE FUNCTION analytics_internal.keep_cuts(business_id bigint, cuts analytics_internal.cuts) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    UPDATE warehouse.customer_population p
    SET as_of = cuts.as_of, customers = cuts.customers, r_breaks = cuts.r_breaks, f_breaks = cuts.f_breaks, m_breaks = cuts.m_breaks
    WHERE p.business_id = keep_cuts.business_id
$$;
COMMENT ON FUNCTION analytics_internal.keep_cuts(bigint, analytics_internal.cuts) IS
'Keeps in customer_population what customers are compared with';

CREATE FUNCTION analytics_internal.add_cells(business_id bigint, clients bigint[], sign int) RETURNS void
    LANGUAGE sql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
    INSERT INTO pg_temp.cell
    SELECT c.business, c.r, c.f, c.m, c.recency_bucket, c.visits_bucket, c.value_bucket, c.return_bucket, c.fiscal_year,
           sign * c.customers, sign * c.new_customers, sign * c.orders, sign * c.amount, sign * c.quantity, sign * c.orders_with_quantity,
           sign * c.profit, sign * c.customers_with_profit, sign * c.return_days, sign * c.returns, sign * c.days_between
    FROM analytics_internal.count_customers(NULL, NULL, add_cells.business_id, clients) c
$$;
COMMENT ON FUNCTION analytics_internal.add_cells(bigint, bigint[], int) IS
'Counts customers in pg_temp.cell as they are now, or takes them out again
clients: client_key of these, NULL for all. sign: 1 or -1.';

CREATE FUNCTION analytics_internal.recount_customers(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.total_customers(recount_customers.business_id);
    PERFORM analytics_internal.merge_table(recount_customers.business_id, 'customer_totals');
    PERFORM analytics_internal.keep_cuts(recount_customers.business_id, analytics_internal.customer_cuts(recount_customers.business_id)),
            analytics_internal.drop_temporary('cell');
    CREATE TEMP TABLE cell (LIKE warehouse.customer_cell) ON COMMIT DROP;
    PERFORM analytics_internal.add_cells(recount_customers.business_id, NULL, 1);
    RETURN analytics_internal.merge_table(recount_customers.business_id, 'customer_cell', incoming => 'cell');
END
$$;
COMMENT ON FUNCTION analytics_internal.recount_customers(bigint) IS
'Makes totals, score cuts and the dashboard''s counts anew, for all customers';

-- Time passes and the cuts move: some customers come to other cells though they did nothing.
CREATE FUNCTION analytics_internal.moved_customers(business_id bigint, is_now analytics_internal.cuts) RETURNS bigint[]
    LANGUAGE plpgsql VOLATILE
    SET plan_cache_mode = force_custom_plan SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    was constant record := p FROM warehouse.customer_population p WHERE p.business_id = moved_customers.business_id;
BEGIN
    RETURN ARRAY(
        SELECT t.client_key
        FROM warehouse.customer_totals t
        WHERE t.business_id = moved_customers.business_id AND (
            (was.as_of, was.r_breaks) IS DISTINCT FROM (is_now.as_of, is_now.r_breaks)
                AND (analytics_internal.recency_bucket(was.as_of - t.last_date),
                     analytics.rfm_score((was.as_of - t.last_date)::double precision, was.r_breaks, true))
                    IS DISTINCT FROM (analytics_internal.recency_bucket(is_now.as_of - t.last_date),
                                      analytics.rfm_score((is_now.as_of - t.last_date)::double precision, is_now.r_breaks, true))
            OR was.f_breaks IS DISTINCT FROM is_now.f_breaks
                AND analytics.rfm_score(t.orders::double precision, was.f_breaks)
                    IS DISTINCT FROM analytics.rfm_score(t.orders::double precision, is_now.f_breaks)
            OR was.m_breaks IS DISTINCT FROM is_now.m_breaks
                AND analytics.rfm_score(t.amount::double precision, was.m_breaks)
                    IS DISTINCT FROM analytics.rfm_score(t.amount::double precision, is_now.m_breaks)));
END
$$;
COMMENT ON FUNCTION analytics_internal.moved_customers(bigint, analytics_internal.cuts) IS
'Customers whom other cuts than those of customer_population put elsewhere';

-- A customer is taken out of the cells as it was counted, and counted in again as it is.
CREATE FUNCTION analytics_internal.recount_changed_customers(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    changed bigint[];
    moved bigint[];
    cuts analytics_internal.cuts;
BEGIN
    PERFORM analytics_internal.analyze_own('warehouse.pending_customer'), analytics_internal.drop_temporary('cell');
    changed := analytics_internal.total_customers(recount_changed_customers.business_id, ARRAY(
        SELECT p.client_key FROM warehouse.pending_customer p WHERE p.business_id = recount_changed_customers.business_id));
    IF changed = '{}' THEN
        RETURN (0, 0, 0, 0, 0, 0, 0)::analytics_internal.load_counts;
    END IF;
    CREATE TEMP TABLE cell (LIKE warehouse.customer_cell) ON COMMIT DROP;
    PERFORM analytics_internal.add_cells(recount_changed_customers.business_id, changed, -1);
    PERFORM analytics_internal.merge_table(recount_changed_customers.business_id, 'customer_totals', $sql$EXISTS (
        SELECT FROM warehouse.pending_customer p WHERE p.business_id = t.business_id AND p.client_key = t.client_key)$sql$);
    cuts := analytics_internal.customer_cuts(recount_changed_customers.business_id);
    moved := ARRAY(
        SELECT m
        FROM unnest(analytics_internal.moved_customers(recount_changed_customers.business_id, cuts)) m
        EXCEPT
        SELECT c
        FROM unnest(changed) c);
    PERFORM analytics_internal.add_cells(recount_changed_customers.business_id, moved, -1);
    PERFORM analytics_internal.keep_cuts(recount_changed_customers.business_id, cuts);
    PERFORM analytics_internal.add_cells(recount_changed_customers.business_id, changed || moved, 1);
    RETURN analytics_internal.add_changes(recount_changed_customers.business_id, 'cell', 'customer_cell', '{customers}');
END
$$;
COMMENT ON FUNCTION analytics_internal.recount_changed_customers(bigint) IS
'Makes totals and the dashboard''s counts right for customers who changed
And for those whom a later day, or new cuts between scores, put elsewhere.';

CREATE FUNCTION analytics_internal.roll_up_customers(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    is_whole constant boolean := p.whole
        FROM warehouse.pending_day p
        WHERE p.business_id = roll_up_customers.business_id AND p.rollup = 'customers';
    counts analytics_internal.load_counts := (0, 0, 0, 0, 0, 0, 0);
BEGIN
    IF is_whole THEN
        counts := analytics_internal.recount_customers(roll_up_customers.business_id);
    ELSIF NOT is_whole THEN
        counts := analytics_internal.recount_changed_customers(roll_up_customers.business_id);
    END IF;
    DELETE FROM warehouse.pending_customer p
    WHERE p.business_id = roll_up_customers.business_id;
    DELETE FROM warehouse.pending_day p
    WHERE p.business_id = roll_up_customers.business_id AND p.rollup = 'customers';
    RETURN counts;
END
$$;
COMMENT ON FUNCTION analytics_internal.roll_up_customers(bigint) IS
'Brings customers'' totals, score cuts and the dashboard''s counts up to date';
