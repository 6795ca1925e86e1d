-- Cohorts of the warehouse's customers, and what acquiring them cost.

CREATE FUNCTION analytics_internal.cohort_keys_sql(cohort_by text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE
        WHEN cohort_by IN ('platform', 'campaign') THEN format($sql$
            SELECT DISTINCT ON (l.client_key, l.client_bucket, l.business_id) l.client_bucket, l.business_id, l.client_key, %s
            FROM (
                SELECT k.client_bucket, k.business_id, k.client_key, 1 AS place, k.signed_at AS at, k.source_id, k.contract_id AS id,
                       k.attributed_platform AS platform, k.attributed_campaign_key AS campaign_key
                FROM warehouse.fact_contracts k
                WHERE NOT k.is_refund
                UNION ALL
                SELECT l.client_bucket, l.business_id, l.client_key, 2, l.created_at, l.source_id, l.lead_id, l.platform, l.campaign_key
                FROM warehouse.fact_leads l
            ) l
            WHERE $1 IS NULL OR l.business_id = $1
            ORDER BY l.client_key, l.client_bucket, l.business_id, l.place, l.at, l.source_id, l.id COLLATE "C"$sql$,
            CASE cohort_by WHEN 'platform' THEN 'l.platform AS name, NULL::bigint AS campaign_key'
                 ELSE 'NULL::text AS name, l.campaign_key' END)
        WHEN cohort_by = 'first_product' THEN $sql$
            SELECT DISTINCT ON (f.client_key, f.client_bucket, f.business_id) f.client_bucket, f.business_id, f.client_key,
                   f.product_id AS name, NULL::bigint AS campaign_key
            FROM (
                SELECT t.client_bucket, t.business_id, t.client_key, t.occurred_at, t.source_id, t.transaction_id AS id, t.product_id
                FROM warehouse.fact_transactions t
                WHERE t.amount >= 0
                UNION ALL
                SELECT c.client_bucket, c.business_id, c.client_key, c.signed_at, c.source_id, c.contract_id, c.product_id
                FROM warehouse.fact_contracts c
                JOIN warehouse.customer_population p ON p.business_id = c.business_id AND p.purchases = 'contracts'
                WHERE NOT c.is_refund
            ) f
            WHERE $1 IS NULL OR f.business_id = $1
            ORDER BY f.client_key, f.client_bucket, f.business_id, f.occurred_at, f.source_id, f.id COLLATE "C"$sql$
    END
$$;
COMMENT ON FUNCTION analytics_internal.cohort_keys_sql(text) IS
'SQL of what tells a client''s cohort apart: platform, campaign or first product
$1: the business, NULL for all. cohort_by: platform or campaign that the client''s first contract is attributed to, or the first lead of
one without; or first_product. Columns: client_bucket, business_id, client_key, name (of the platform, or the product''s id), campaign_key.
NULL where cohort_by is none.';

-- Inlined.
CREATE FUNCTION analytics_internal.cohort_name(
    cohort_by text, is_known boolean, name text, product text, platform text, campaign_name text, campaign_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN cohort_by = 'none' THEN 'all'
                WHEN NOT is_known THEN '(unknown)'
                WHEN cohort_by = 'campaign' THEN analytics_internal.campaign_label(platform, campaign_name, campaign_id)
                ELSE COALESCE(product, name, '(unknown)') END
$$;
COMMENT ON FUNCTION analytics_internal.cohort_name(text, boolean, text, text, text, text, text) IS
'What a cohort is called, by what cohort_keys_sql() finds and the dimensions say
is_known: whether it found the client at all.';

CREATE FUNCTION analytics_internal.cohort_keys(cohort_by text, business_id bigint)
    RETURNS TABLE (business bigint, client_key bigint, cohort_key text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100000
    SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    PERFORM analytics_internal.check_choice('cohort_by', cohort_by, '{none,platform,campaign,first_product}');
    IF cohort_by <> 'none' THEN
        RETURN QUERY EXECUTE format($sql$
            SELECT k.business_id, k.client_key,
                   analytics_internal.cohort_name($2, true, k.name, d.name, c.platform, c.campaign_name, c.campaign_id)
            FROM (%s) k
            LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.campaign_key
            LEFT JOIN warehouse.dim_products d ON $2 = 'first_product' AND d.business_id = k.business_id AND d.product_id = k.name$sql$,
            analytics_internal.cohort_keys_sql(cohort_by))
        USING business_id, cohort_by;
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.cohort_keys(text, bigint) IS
'What tells a client''s cohort apart, by name: see cohort_keys_sql()
Clients without a row are (unknown).';

CREATE FUNCTION analytics_internal.campaign_label(platform text, campaign_name text, campaign_id text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
AS $$
    SELECT CASE WHEN campaign_id IS NULL THEN '(no campaign)'
                WHEN campaign_name <> campaign_id THEN platform || ' / ' || campaign_name || ' (' || campaign_id || ')'
                ELSE platform || ' / ' || campaign_name END
$$;
COMMENT ON FUNCTION analytics_internal.campaign_label(text, text, text) IS 'How a campaign is named where it must not be taken for another';

CREATE FUNCTION analytics_internal.payback_status(customers bigint, spend numeric, payback_periods int) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN customers = 0 THEN 'no customers'
                WHEN spend = 0 THEN 'no spend'
                WHEN payback_periods IS NULL THEN 'not yet'
                ELSE 'paid back' END
$$;
COMMENT ON FUNCTION analytics_internal.payback_status(bigint, numeric, int) IS
'Whether customers paid back what they cost, or why that cannot be said';

CREATE FUNCTION analytics.cohorts(
    grain text DEFAULT 'month', cohort_by text DEFAULT 'none', date_from date DEFAULT NULL, until date DEFAULT NULL,
    value text DEFAULT 'revenue', business_id bigint DEFAULT NULL)
    RETURNS TABLE (cohort_key text, cohort date, k int, period date, size bigint, customers bigint, retention double precision,
                   still_active bigint, orders bigint, revenue numeric, cumulative_revenue_per_customer double precision,
                   is_partial boolean)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1000
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last_day date := cohorts.until;
    keys text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed;
    PERFORM analytics_internal.check_choice('cohort_by', cohort_by, '{none,platform,campaign,first_product}'),
        analytics_internal.check_choice('value', value, '{revenue,profit}');
    IF NOT isfinite(date_from) OR NOT isfinite(until) THEN
        RAISE EXCEPTION 'date_from and until must be finite' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- A bad grain is an error also where there is nothing to count.
    PERFORM analytics.cohort_table(0, DATE '2000-01-01', 0, 0, cohorts.grain);
    IF last_day IS NULL THEN
        SELECT max(p.day) INTO last_day
        FROM warehouse.purchase p
        WHERE cohorts.business_id IS NULL OR p.business_id = cohorts.business_id;
    END IF;
    keys := analytics_internal.cohort_keys_sql(cohorts.cohort_by);
    -- By what tells cohorts apart, on nodes each bucket of clients by itself; what that is called is known here.
    RETURN QUERY EXECUTE format($sql$
        WITH counted AS MATERIALIZED (
            SELECT %1$s AS bucket, p.business_id, %2$s,
                   analytics.cohort_table(p.client_key, p.day,
                       CASE $4 WHEN 'profit' THEN p.profit ELSE p.amount END::double precision, p.orders, $5) AS cells
            FROM (
                SELECT *
                FROM warehouse.purchase p
                WHERE p.day <= $3 AND ($1 IS NULL OR p.business_id = $1)
            ) p
            %3$s
            GROUP BY 1, 2, 3, 4, 5
        ), named AS (
            SELECT n.cohort_key, analytics.cohort_table_union(n.cells) AS cells
            FROM (
                SELECT analytics_internal.cohort_name($2, k.is_known, k.name, d.name, c.platform, c.campaign_name, c.campaign_id)
                           AS cohort_key, k.cells
                FROM counted k
                LEFT JOIN warehouse.dim_campaigns c ON c.business_id = k.business_id AND c.campaign_key = k.campaign_key
                LEFT JOIN warehouse.dim_products d
                    ON $2 = 'first_product' AND d.business_id = k.business_id AND d.product_id = k.name
            ) n
            GROUP BY n.cohort_key
        )
        SELECT n.cohort_key, r.cohort, r.k, r.period, r.size, r.customers, r.retention, r.still_active, r.orders, r.revenue::numeric(18,4),
               r.cumulative_revenue_per_customer, r.is_partial
        FROM named n
        CROSS JOIN LATERAL analytics.cohort(n.cells, $3) r
        WHERE $6 IS NULL OR r.cohort >= $6
        ORDER BY n.cohort_key COLLATE "C", r.cohort, r.k$sql$,
        CASE WHEN analytics_internal.is_distributed('warehouse.fact_transactions') THEN 'p.client_bucket' ELSE 'NULL' END,
        CASE WHEN keys IS NULL THEN 'NULL::boolean AS is_known, NULL::text AS name, NULL::bigint AS campaign_key'
             ELSE 'k.client_key IS NOT NULL AS is_known, k.name, k.campaign_key' END,
        'LEFT JOIN (' || keys
            || ') k ON k.client_key = p.client_key AND k.client_bucket = p.client_bucket AND k.business_id = p.business_id')
    USING cohorts.business_id, cohorts.cohort_by, last_day, cohorts.value, cohorts.grain, cohorts.date_from;
END
$$;
COMMENT ON FUNCTION analytics.cohorts(text, text, date, date, text, bigint) IS
'Retention, orders and revenue of customers by the period of their first purchase
grain: day, week (ISO), month, quarter or year. cohort_by: none, platform, campaign (of the first contract, else of the first lead) or
first_product. date_from: cohorts of that day and later. until: purchases up to that day; NULL for all. value: what revenue counts:
revenue, or profit. Columns as those of cohort(): every period up to that of until is a row, also where nobody bought; is_partial marks
periods that had not ended.';

CREATE FUNCTION analytics.cohort_payback(
    grain text DEFAULT 'month', cohort_by text DEFAULT 'platform', date_from date DEFAULT NULL, until date DEFAULT NULL,
    value text DEFAULT 'revenue', margin numeric DEFAULT 1, business_id bigint DEFAULT NULL)
    RETURNS TABLE (cohort_key text, cohort date, customers bigint, spend numeric, acquisition_cost numeric, value_per_customer numeric,
                   value_to_cost numeric, payback_periods int, observed_periods int, status text, is_partial boolean,
                   periods_compared int, value_compared numeric, value_prev numeric, value_change_pct numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 100
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM analytics_internal.check_choice('cohort_by', cohort_by, '{platform,campaign}');
    IF margin IS NULL OR NOT (margin > 0 AND margin <= 1) THEN
        RAISE EXCEPTION 'margin must be above 0 and at most 1' USING ERRCODE = 'invalid_parameter_value';
    END IF;
    RETURN QUERY
    WITH observed AS MATERIALIZED (
        SELECT c.cohort_key, c.cohort, c.k, c.size, c.cumulative_revenue_per_customer * cohort_payback.margin::double precision AS worth,
               c.is_partial
        FROM analytics.cohorts(cohort_payback.grain, cohort_payback.cohort_by, cohort_payback.date_from, cohort_payback.until,
            cohort_payback.value, cohort_payback.business_id) c
    ), spent AS (
        SELECT CASE cohort_payback.cohort_by WHEN 'platform' THEN r.platform
                    ELSE analytics_internal.campaign_label(c.platform, c.campaign_name, c.campaign_id) END AS cohort_key,
               date_trunc(cohort_payback.grain, r.date::timestamp)::date AS cohort, sum(r.spend) AS spend
        FROM warehouse.campaign_roi_daily r
        LEFT JOIN warehouse.dim_campaigns c ON c.business_id = r.business_id AND c.campaign_key = r.campaign_key
        WHERE (cohort_payback.business_id IS NULL OR r.business_id = cohort_payback.business_id) AND r.spend > 0
          AND (cohort_payback.until IS NULL OR r.date <= cohort_payback.until)
        GROUP BY 1, 2
    ), latest AS (
        SELECT DISTINCT ON (w.cohort_key, w.cohort) w.cohort_key, w.cohort, w.size, w.worth, w.k + 1 AS periods, w.is_partial
        FROM observed w
        ORDER BY w.cohort_key, w.cohort, w.k DESC
    ), compared AS (
        -- At equal age, of periods that have ended: a young cohort beside what the earlier ones had brought by then.
        SELECT DISTINCT ON (w.cohort_key, w.cohort) w.cohort_key, w.cohort, w.k + 1 AS periods, w.worth::numeric AS worth, w.worth_before
        FROM (
            SELECT o.*, sum((o.worth * o.size)::numeric) OVER earlier / NULLIF(sum(o.size) OVER earlier, 0) AS worth_before
            FROM observed o
            WHERE NOT o.is_partial
            WINDOW earlier AS (
                PARTITION BY o.cohort_key, o.k ORDER BY o.cohort ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) w
        ORDER BY w.cohort_key, w.cohort, w.k DESC
    ), per_cohort AS (
        SELECT COALESCE(o.cohort_key, s.cohort_key) AS cohort_key, COALESCE(o.cohort, s.cohort) AS cohort, COALESCE(o.size, 0) AS customers,
               COALESCE(s.spend, 0) AS spend, s.spend / NULLIF(o.size, 0) AS cost, o.worth, o.periods, o.is_partial, (
                   SELECT min(w.k)
                   FROM observed w
                   WHERE w.cohort_key = o.cohort_key AND w.cohort = o.cohort AND w.worth >= s.spend / NULLIF(o.size, 0)) AS payback
        FROM latest o
        FULL JOIN (
            SELECT *
            FROM spent s
            WHERE cohort_payback.date_from IS NULL OR s.cohort >= cohort_payback.date_from) s
            ON s.cohort_key = o.cohort_key AND s.cohort = o.cohort
    )
    SELECT p.cohort_key, p.cohort, p.customers, p.spend::numeric(18,4), round(p.cost, 4), round(p.worth::numeric, 4),
           analytics_internal.quotient(p.worth::numeric, p.cost), p.payback, COALESCE(p.periods, 0),
           analytics_internal.payback_status(p.customers, p.spend, p.payback), p.is_partial, COALESCE(c.periods, 0), round(c.worth, 4),
           round(c.worth_before, 4), analytics_internal.change_pct(c.worth, c.worth_before)
    FROM per_cohort p
    LEFT JOIN compared c ON c.cohort_key = p.cohort_key AND c.cohort = p.cohort
    ORDER BY p.cohort_key COLLATE "C", p.cohort;
END
$$;
COMMENT ON FUNCTION analytics.cohort_payback(text, text, date, date, text, numeric, bigint) IS
'What the customers of a cohort cost and brought, and when they paid it back
cohort_by: platform or campaign of the client''s first contract. spend: of that platform or campaign in the cohort''s period.
acquisition_cost = spend / customers. value_per_customer: revenue or profit per customer until now, times margin. payback_periods:
periods after the first until value reached cost, 0 within the first; NULL where it has not. observed_periods: how many there are.
status: paid back, not yet, no spend, or no customers. is_partial: the last observed period had not ended. At equal age: periods_compared
have ended, value_compared is the value per customer by then, value_prev that of the earlier cohorts by the same age, value_change_pct the
difference in percent.';

CREATE FUNCTION analytics.channel_payback(
    grain text DEFAULT 'month', cohort_by text DEFAULT 'platform', date_from date DEFAULT NULL, until date DEFAULT NULL,
    value text DEFAULT 'revenue', margin numeric DEFAULT 1, business_id bigint DEFAULT NULL)
    RETURNS TABLE (cohort_key text, customers bigint, spend numeric, acquisition_cost numeric, value_per_customer numeric,
                   value_to_cost numeric, payback_periods int, observed_periods int, status text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 20
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    RETURN QUERY
    WITH per_cohort AS MATERIALIZED (
        SELECT p.*, min(p.cohort) FILTER (WHERE p.spend > 0) OVER (PARTITION BY p.cohort_key) AS first_spend
        FROM analytics.cohort_payback(channel_payback.grain, channel_payback.cohort_by, channel_payback.date_from, channel_payback.until,
            channel_payback.value, channel_payback.margin, channel_payback.business_id) p
    ), cost AS (
        -- Spend before the first that is known may be missing: earlier cohorts are left out.
        SELECT p.cohort_key, p.first_spend, sum(p.customers)::bigint AS customers, sum(p.spend) AS spend,
               NULLIF(sum(p.spend), 0) / NULLIF(sum(p.customers), 0) AS cost,
               sum(p.value_per_customer * p.customers) / NULLIF(sum(p.customers), 0) AS worth,
               max(p.observed_periods) AS periods
        FROM per_cohort p
        WHERE p.first_spend IS NULL OR p.cohort >= p.first_spend
        GROUP BY p.cohort_key, p.first_spend
    ), curve AS (
        -- Value per customer after k periods, of the cohorts that are old enough; where none is, of those in that period.
        SELECT c.cohort_key, c.k, channel_payback.margin * COALESCE(
                   sum((c.cumulative_revenue_per_customer * c.size)::numeric) FILTER (WHERE NOT c.is_partial)
                       / sum(c.size) FILTER (WHERE NOT c.is_partial),
                   sum((c.cumulative_revenue_per_customer * c.size)::numeric) / sum(c.size)) AS worth
        FROM analytics.cohorts(channel_payback.grain, channel_payback.cohort_by, channel_payback.date_from, channel_payback.until,
            channel_payback.value, channel_payback.business_id) c
        JOIN cost t ON t.cohort_key = c.cohort_key AND c.cohort >= t.first_spend
        GROUP BY c.cohort_key, c.k
    )
    SELECT t.cohort_key, t.customers, t.spend::numeric(18,4), round(t.cost, 4), round(t.worth, 4),
           analytics_internal.quotient(t.worth, t.cost), b.payback, t.periods,
           analytics_internal.payback_status(t.customers, t.spend, b.payback)
    FROM cost t
    CROSS JOIN LATERAL (
        SELECT min(c.k)
        FROM curve c
        WHERE c.cohort_key = t.cohort_key AND c.worth >= t.cost) b (payback)
    ORDER BY t.spend DESC, t.customers DESC, t.cohort_key COLLATE "C";
END
$$;
COMMENT ON FUNCTION analytics.channel_payback(text, text, date, date, text, numeric, bigint) IS
'Acquisition cost, value and payback time of the customers of each channel
cohort_payback() over all cohorts, of a channel with spend those since its first spend. payback_periods: the first k at which the value
per customer, of the cohorts whose period k has ended (where none has, of those in it), reaches acquisition_cost. Arguments and
the other columns as there.';
