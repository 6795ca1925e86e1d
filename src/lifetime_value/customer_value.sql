-- Customer value on the warehouse: models fitted by the refresh to the purchases of a business, and what they say of each customer.
-- Time is counted in weeks.

-- Each call plans for its own arguments: the condition on a NULL business vanishes only where the planner sees that NULL.
CREATE FUNCTION analytics_internal.purchase_histories(value text, business_id bigint)
    RETURNS TABLE (business bigint, first_day date, last_day date, has_profit boolean, purchases analytics.purchases)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET plan_cache_mode = force_custom_plan SET jit = off SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    -- Purchases dated in the future have not happened yet.
    IF analytics_internal.is_distributed('warehouse.fact_transactions') THEN
        RETURN QUERY
        WITH bucket AS MATERIALIZED (
            SELECT p.client_bucket, p.business_id, min(p.day) AS first_day, max(p.day) AS last_day, count(p.profit) > 0 AS has_profit,
                   analytics.purchases(p.client_key, p.day,
                       CASE purchase_histories.value WHEN 'profit' THEN p.profit ELSE p.amount END::double precision, p.orders = 0)
                       AS purchases
            FROM warehouse.purchase p
            WHERE purchase_histories.business_id IS NULL OR p.business_id = purchase_histories.business_id
            GROUP BY p.client_bucket, p.business_id
        )
        SELECT b.business_id, min(b.first_day), LEAST(max(b.last_day), analytics_internal.today(b.business_id)), bool_or(b.has_profit),
               analytics.purchases_union(b.purchases)
        FROM bucket b
        GROUP BY b.business_id;
        RETURN;
    END IF;
    RETURN QUERY
    SELECT p.business_id, min(p.day), LEAST(max(p.day), analytics_internal.today(p.business_id)), count(p.profit) > 0,
           analytics.purchases(p.client_key, p.day,
               CASE purchase_histories.value WHEN 'profit' THEN p.profit ELSE p.amount END::double precision, p.orders = 0)
    FROM warehouse.purchase p
    WHERE purchase_histories.business_id IS NULL OR p.business_id = purchase_histories.business_id
    GROUP BY p.business_id;
END
$$;
COMMENT ON FUNCTION analytics_internal.purchase_histories(text, bigint) IS
'The purchases of each business, as the models of customer value read them
value: amount or profit. Result: the first day; the last that is not in the future; whether any purchase has a profit; purchases of
warehouse.purchase, by client_key.';

CREATE FUNCTION analytics_internal.last_purchase_day(business_id bigint) RETURNS date
    LANGUAGE plpgsql STABLE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    last_day date;
    last_contract date;
BEGIN
    SELECT max(t.transaction_date) INTO last_day
    FROM warehouse.fact_transactions t
    WHERE t.business_id = last_purchase_day.business_id;
    PERFORM FROM warehouse.customer_population p
    WHERE p.business_id = last_purchase_day.business_id AND p.purchases = 'contracts';
    IF FOUND THEN
        SELECT max(c.signed_date) INTO last_contract
        FROM warehouse.fact_contracts c
        WHERE c.business_id = last_purchase_day.business_id;
    END IF;
    last_day := GREATEST(last_day, last_contract);
    RETURN CASE WHEN last_day IS NOT NULL THEN LEAST(last_day, analytics_internal.today(last_purchase_day.business_id)) END;
END
$$;
COMMENT ON FUNCTION analytics_internal.last_purchase_day(bigint) IS 'The last day with a purchase that is not in the future, by index';

CREATE FUNCTION analytics_internal.fit_value_models(business_id bigint) RETURNS analytics_internal.load_counts
    LANGUAGE plpgsql VOLATILE
    SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
    purchase_counts analytics_internal.load_counts;
    spend_counts analytics_internal.load_counts;
    until date;
    has_profit boolean;
    bought analytics.purchases;
    purchase_models analytics.purchase_model[];
    spend_models analytics.spend_model[];
BEGIN
    DELETE FROM warehouse.pending_day p WHERE p.business_id = fit_value_models.business_id AND p.rollup = 'values';
    -- Models change only with purchases, and when a day comes that was in the future.
    IF NOT FOUND AND analytics_internal.last_purchase_day(fit_value_models.business_id) IS NOT DISTINCT FROM (
            SELECT m.observed_until
            FROM warehouse.purchase_model m
            WHERE m.business_id = fit_value_models.business_id AND m.model = 'mbgnbd') THEN
        RETURN NULL;
    END IF;
    SELECT b.last_day, b.has_profit, b.purchases INTO until, has_profit, bought
    FROM analytics_internal.purchase_histories('amount', fit_value_models.business_id) b;
    IF until IS NULL AND NOT EXISTS (SELECT FROM warehouse.purchase_model m WHERE m.business_id = fit_value_models.business_id) THEN
        RETURN NULL;
    END IF;
    SELECT ARRAY[analytics.mbgnbd_fit(s.frequency, s.recency, s.age), analytics.bgnbd_fit(s.frequency, s.recency, s.age)],
           ARRAY[analytics.gamma_gamma_fit(s.frequency, COALESCE(s.monetary_value, 0))]
    INTO purchase_models, spend_models
    FROM analytics.purchase_summary(bought, until, 7) s;
    IF has_profit THEN
        SELECT spend_models || ARRAY[analytics.gamma_gamma_fit(s.frequency, COALESCE(s.monetary_value, 0))] INTO spend_models
        FROM analytics_internal.purchase_histories('profit', fit_value_models.business_id) b
        CROSS JOIN LATERAL analytics.purchase_summary(b.purchases, until, 7) s;
    END IF;

    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT fit_value_models.business_id, m.model, until AS observed_until, m.r, m.alpha, m.a, m.b, m.r_error, m.alpha_error, m.a_error,
           m.b_error, m.log_likelihood, m.customers, m.repeat_customers, m.iterations, m.converged, m.reason,
           m.correlations
    FROM unnest(purchase_models) m
    WHERE until IS NOT NULL;
    purchase_counts := analytics_internal.merge_table(fit_value_models.business_id, 'purchase_model');

    CREATE TEMP TABLE incoming ON COMMIT DROP AS
    SELECT fit_value_models.business_id, (ARRAY['amount', 'profit'])[m.place] AS value, until AS observed_until, m.p, m.q, m.gamma,
           m.p_error, m.q_error, m.gamma_error, m.log_likelihood, m.customers, m.skipped, m.correlation,
           m.iterations, m.converged, m.reason, m.correlations
    FROM ROWS FROM (unnest(spend_models)) WITH ORDINALITY
        m (p, q, gamma, p_error, q_error, gamma_error, log_likelihood, customers, skipped, correlation, iterations, converged, reason,
           correlations, place)
    WHERE until IS NOT NULL;
    spend_counts := analytics_internal.merge_table(fit_value_models.business_id, 'spend_model');
    RETURN analytics_internal.total_counts(purchase_counts, spend_counts);
END
$$;
COMMENT ON FUNCTION analytics_internal.fit_value_models(bigint) IS
'Fits the models of customer value to the purchases of a business
Rows of warehouse.purchase_model and warehouse.spend_model; NULL where there are no purchases, or none changed.';

CREATE FUNCTION analytics_internal.check_value_question(as_of date, horizon interval, discount_rate double precision) RETURNS void
    LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
BEGIN
    IF as_of IS NOT NULL AND NOT isfinite(as_of) THEN
        RAISE EXCEPTION 'as_of must be finite' USING ERRCODE = 'invalid_parameter_value', HINT = 'NULL is the last day with a purchase.';
    ELSIF horizon IS NULL OR horizon < interval '1 day' OR horizon > interval '100 years' THEN
        RAISE EXCEPTION 'horizon must be between a day and 100 years' USING ERRCODE = 'invalid_parameter_value';
    ELSIF discount_rate IS NULL OR NOT (discount_rate > -1 AND discount_rate <= 100) THEN
        RAISE EXCEPTION 'discount_rate must be above -1 and at most 100' USING ERRCODE = 'invalid_parameter_value',
            HINT = 'It is annual: 0.1 is ten percent a year.';
    END IF;
END
$$;
COMMENT ON FUNCTION analytics_internal.check_value_question(date, interval, double precision) IS
'Raises an error unless value can be asked for this day, horizon and annual rate';

CREATE FUNCTION analytics_internal.value_plan(as_of date, horizon interval, discount_rate double precision)
    RETURNS TABLE (weeks double precision, periods int, period double precision, rate double precision)
    LANGUAGE sql IMMUTABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    -- Money of a month is discounted as one sum.
    SELECT d.days / 7.0::double precision, n.periods, d.days / 7.0::double precision / n.periods,
           power(1 + discount_rate, d.days / 365.25::double precision / n.periods) - 1
    FROM (SELECT (as_of + horizon)::date - as_of) d (days)
    CROSS JOIN LATERAL (SELECT GREATEST(1, round(d.days / 30.4375))::int) n (periods)
$$;
COMMENT ON FUNCTION analytics_internal.value_plan(date, interval, double precision) IS
'The horizon after a day as weeks and months, and the discount rate of a month';

CREATE FUNCTION analytics_internal.takes_gamma_gamma(
    by_gamma analytics.spend_model, by_normal analytics.normal_spend_model, losing bigint, free bigint, value text) RETURNS boolean
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT CASE WHEN COALESCE((by_gamma).q <= 1, false) THEN false
                -- Amounts are positive, but for refunds of more than was paid: Gamma-Gamma leaves these customers out. Losses are real.
                WHEN losing > 0 THEN value = 'amount'
                WHEN free > 0 THEN true
                -- Both are of the same customers, unless a day before the last refresh is asked for: then of each the mean.
                ELSE NOT COALESCE((by_normal).converged AND (by_normal).log_likelihood / NULLIF((by_normal).customers, 0)
                                                          > (by_gamma).log_likelihood / NULLIF((by_gamma).customers, 0), false) END
$$;
COMMENT ON FUNCTION analytics_internal.takes_gamma_gamma(analytics.spend_model, analytics.normal_spend_model, bigint, bigint, text) IS
'Whether spend is Gamma-Gamma''s, rather than that of the normal model
The likelier one where both know all customers. losing, free: how many brought less than nothing, and nothing, by their repeat purchases;
value: amount or profit.';

CREATE FUNCTION analytics.customer_value(
    as_of date DEFAULT NULL, horizon interval DEFAULT '1 year', value text DEFAULT 'amount',
    discount_rate double precision DEFAULT 0.1, model text DEFAULT 'mbgnbd', row_limit int DEFAULT 1000, business_id bigint DEFAULT NULL,
    after_customer text DEFAULT NULL, with_total boolean DEFAULT false)
    RETURNS TABLE (client_id text, name text, p_alive double precision, expected_purchases double precision, expected_spend numeric,
                   clv numeric, purchases bigint, first_purchase date, last_purchase date, mean_spend numeric, total_spend numeric,
                   evidence text, clv_low numeric, clv_high numeric, customer_key text, business bigint, total_rows bigint,
                   client_key bigint)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed,
        analytics_internal.check_choice('model', customer_value.model, '{mbgnbd,bgnbd,pareto_nbd}'),
        analytics_internal.check_choice('value', customer_value.value, '{amount,profit}'),
        analytics_internal.check_value_question(customer_value.as_of, customer_value.horizon, customer_value.discount_rate);
    RETURN QUERY
    WITH bought AS MATERIALIZED (
        SELECT b.business AS business_id, b.purchases
        FROM analytics_internal.purchase_histories(customer_value.value, customer_value.business_id) b
    ), stored AS (
        -- The refresh does without Pareto/NBD, which takes long: it is fitted here, to the purchases that the other models know.
        SELECT m.*
        FROM warehouse.purchase_model m
        WHERE m.model = CASE customer_value.model WHEN 'pareto_nbd' THEN 'mbgnbd' ELSE customer_value.model END
          AND (customer_value.business_id IS NULL OR m.business_id = customer_value.business_id)
    ), modelled AS MATERIALIZED (
        SELECT m.business_id, m.observed_until,
               ROW(m.model, m.r, m.alpha, m.a, m.b, m.r_error, m.alpha_error, m.a_error, m.b_error, m.log_likelihood, m.customers,
                   m.repeat_customers, NULL, m.iterations, m.converged, m.reason, m.correlations)::analytics.purchase_model AS model
        FROM stored m
        WHERE customer_value.model <> 'pareto_nbd'
        UNION ALL
        SELECT m.business_id, m.observed_until, f.model
        FROM stored m
        JOIN bought b ON b.business_id = m.business_id
        CROSS JOIN LATERAL (
            SELECT analytics.pareto_nbd_fit(h.frequency, h.recency, h.age) AS model
            FROM analytics.purchase_summary(b.purchases, m.observed_until, 7) h) f
        WHERE customer_value.model = 'pareto_nbd'
    ), fitted AS MATERIALIZED (
        SELECT m.business_id, COALESCE(customer_value.as_of, m.observed_until) AS as_of, m.observed_until, (m.model).customers,
               (m.model).reason, m.model,
               ROW(s.p, s.q, s.gamma, s.p_error, s.q_error, s.gamma_error, s.log_likelihood, s.customers, NULL, NULL, NULL, NULL,
                   NULL, s.correlations)::analytics.spend_model AS spend,
               s.business_id IS NOT NULL AS has_spend, s.customers AS spenders, s.reason AS spend_reason
        FROM modelled m
        LEFT JOIN warehouse.spend_model s ON s.business_id = m.business_id AND s.value = customer_value.value
    ), plan AS MATERIALIZED (
        SELECT f.*, p.*
        FROM fitted f
        CROSS JOIN LATERAL analytics_internal.value_plan(f.as_of, customer_value.horizon, customer_value.discount_rate) p
    ), history AS MATERIALIZED (
        SELECT p.business_id, h.*
        FROM bought b
        JOIN plan p ON p.business_id = b.business_id
        CROSS JOIN LATERAL analytics.purchase_summary(b.purchases, p.as_of, 7) h
    ), spending AS MATERIALIZED (
        SELECT h.business_id, analytics.normal_spend_fit(h.frequency, COALESCE(h.monetary_value, 0)) AS model,
               count(*) FILTER (WHERE h.frequency = 0) AS once,
               count(*) FILTER (WHERE h.frequency > 0 AND h.monetary_value = 0) AS free,
               count(*) FILTER (WHERE h.frequency > 0 AND h.monetary_value < 0) AS losing
        FROM history h
        GROUP BY h.business_id
    ), chosen AS MATERIALIZED (
        SELECT p.*, CASE WHEN p.has_spend THEN s.model END AS normal, c.by_gamma, s.losing > 0 AS may_lose,
               format('%s of %s customers until %s: %s; %s who bought once: %s', customer_value.model, p.customers,
                   to_char(p.observed_until, 'YYYY-MM-DD'), p.reason,
                   CASE WHEN c.by_gamma THEN format('gamma-gamma of %s, without %s%s%s', COALESCE(p.spenders, 0),
                           CASE WHEN s.losing > 0 THEN format('%s below 0, who have no value, ', s.losing) END,
                           CASE WHEN s.free > 0 THEN format('%s who paid nothing, ', s.free) END, s.once)
                       ELSE format('normal spend of %s, %s of them below 0, without %s', (s.model).customers, s.losing, s.once) END,
                   CASE WHEN NOT p.has_spend THEN 'no purchase has a profit'
                       WHEN c.by_gamma THEN p.spend_reason
                       ELSE (s.model).reason END) AS evidence
        FROM plan p
        JOIN spending s ON s.business_id = p.business_id
        CROSS JOIN LATERAL (
            SELECT NOT p.has_spend
                OR analytics_internal.takes_gamma_gamma(p.spend, s.model, s.losing, s.free, customer_value.value)) c (by_gamma)
    ), valued AS (
        SELECT h.*, c.model, c.spend, c.normal, c.by_gamma, c.may_lose, c.periods, c.period, c.rate, c.evidence,
               analytics.p_alive(c.model, h.frequency, h.recency, h.age) AS p_alive,
               analytics.expected_purchases(c.model, h.frequency, h.recency, h.age, c.weeks) AS expected_purchases,
               CASE WHEN c.by_gamma THEN analytics.expected_spend(c.spend, h.frequency, h.monetary_value)
                   ELSE analytics.expected_normal_spend(c.normal, h.frequency, h.monetary_value) END AS expected_spend,
               analytics.discounted_purchases(c.model, h.frequency, h.recency, h.age, c.periods, c.period, c.rate) AS discounted_purchases
        FROM history h
        JOIN chosen c ON c.business_id = h.business_id
    ), named AS (
        SELECT v.*, d.client_id, d.name, d.client_key, v.business_id || ':' || d.client_id AS customer_key,
               (v.expected_spend * v.discounted_purchases)::numeric(18,4) AS clv
        FROM valued v
        JOIN warehouse.dim_clients d ON d.business_id = v.business_id AND d.client_key = v.customer::bigint
    ), listed AS (
        SELECT n.*, row_number() OVER w AS place,
               CASE WHEN customer_value.with_total THEN count(*) OVER () END AS total_rows
        FROM named n
        WINDOW w AS (ORDER BY n.clv DESC NULLS LAST, n.expected_purchases DESC NULLS LAST, n.client_id COLLATE "C", n.business_id)
    ), page AS (
        SELECT l.*
        FROM listed l
        WHERE customer_value.after_customer IS NULL OR l.place > analytics_internal.known_place((
            SELECT a.place FROM listed a WHERE a.customer_key = customer_value.after_customer), 'customer', customer_value.after_customer)
        ORDER BY l.place
        LIMIT analytics_internal.check_row_limit(customer_value.row_limit, 1000)
    )
    SELECT l.client_id, l.name, l.p_alive, l.expected_purchases, l.expected_spend::numeric(18,4), l.clv, l.frequency + 1,
           l.first_purchase, l.last_purchase, l.monetary_value::numeric(18,4), l.total_value::numeric(18,4),
           l.evidence || CASE l.frequency WHEN 0 THEN '; bought once: the spend is that of all' ELSE '' END,
           i.low::numeric(18,4), i.high::numeric(18,4), l.customer_key, l.business_id, l.total_rows, l.client_key
    FROM page l
    LEFT JOIN LATERAL (
        SELECT g.low, g.high
        FROM analytics.lifetime_value_interval(l.model, l.spend, l.frequency, l.recency, l.age, l.monetary_value, l.periods, l.period,
            l.rate) g
        WHERE l.by_gamma
        UNION ALL
        SELECT CASE WHEN n.low > 0 OR l.may_lose THEN n.low ELSE 0 END, n.high
        FROM analytics.normal_lifetime_value_interval(l.model, l.normal, l.frequency, l.recency, l.age, l.monetary_value, l.periods,
            l.period, l.rate) n
        WHERE NOT l.by_gamma) i ON true
    ORDER BY l.place;
END
$$;
COMMENT ON FUNCTION analytics.customer_value(date, interval, text, double precision, text, int, bigint, text, boolean) IS
'What each customer''s purchases within a horizon are worth today
as_of: the last day that counts, NULL for the last with a purchase; the models are those of the last refresh. horizon: how far ahead.
value: amount or profit. discount_rate: a year. model: mbgnbd; bgnbd, which holds everybody who bought once for alive; or pareto_nbd, by
which customers leave at any time: fitted by each call, not by the refresh, which takes forty times as long as mbgnbd. Spend is that of
Gamma-Gamma, where customers below 0 have none; normal where q <= 1, where that makes what was spent likelier, or anybody loses money and
value is profit: losses count.
Result: p_alive: probability that the customer has not left. expected_purchases: days of purchase within the horizon. expected_spend: of
each of them, between the customer''s own mean and that of all. clv: expected spend of the horizon, discounted month by month.
mean_spend: of the days of purchase after the first, NULL where there are none; total_spend: of all. evidence: which models, of how many
customers, whom they leave out, and whether they converged. clv_low, clv_high: what the value will lie within in nine of ten cases, by how
often he buys and for how much, and by the errors of the models; not below 0 where nobody has brought less. NULL where there is no model.
The highest clv first. Customers who had not bought by as_of are left out. row_limit: rows of a page. after_customer: customer_key of the
last row of the page before; NULL for the first page. with_total: count the rows of all pages in total_rows.
client_key: key of warehouse.dim_clients.';

CREATE FUNCTION analytics.customer_value_holdout(
    observed_until date DEFAULT NULL, holdout_until date DEFAULT NULL, model text DEFAULT 'mbgnbd',
    business_id bigint DEFAULT NULL)
    RETURNS TABLE (repeat_purchases text, customers bigint, actual_purchases bigint, expected_purchases double precision,
                   actual_mean double precision, expected_mean double precision, bought_again double precision,
                   p_bought_again double precision, mean_absolute_error double precision, root_mean_squared_error double precision,
                   actual_value numeric, expected_value numeric, evidence text)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed,
        analytics_internal.check_choice('model', customer_value_holdout.model, '{mbgnbd,bgnbd,pareto_nbd}');
    RETURN QUERY
    WITH period AS (
        SELECT b.business AS business_id, b.purchases,
               COALESCE(customer_value_holdout.observed_until, b.first_day + (b.last_day - b.first_day) / 2) AS until,
               COALESCE(customer_value_holdout.holdout_until, b.last_day) AS holdout_end
        FROM analytics_internal.purchase_histories('amount', customer_value_holdout.business_id) b
    ), history AS MATERIALIZED (
        SELECT p.business_id, p.until, p.holdout_end, (p.holdout_end - p.until) / 7.0::double precision AS weeks, h.*
        FROM period p
        CROSS JOIN LATERAL analytics.purchase_summary(p.purchases, p.until, 7, p.holdout_end) h
    ), fitted AS MATERIALIZED (
        SELECT h.business_id,
               CASE customer_value_holdout.model
                   WHEN 'bgnbd' THEN analytics.bgnbd_fit(h.frequency, h.recency, h.age)
                       FILTER (WHERE customer_value_holdout.model = 'bgnbd')
                   WHEN 'mbgnbd' THEN analytics.mbgnbd_fit(h.frequency, h.recency, h.age)
                       FILTER (WHERE customer_value_holdout.model = 'mbgnbd')
                   ELSE analytics.pareto_nbd_fit(h.frequency, h.recency, h.age)
                       FILTER (WHERE customer_value_holdout.model = 'pareto_nbd') END AS model,
               analytics.gamma_gamma_fit(h.frequency, COALESCE(h.monetary_value, 0)) AS spend
        FROM history h
        GROUP BY h.business_id
    ), predicted AS MATERIALIZED (
        SELECT LEAST(h.frequency, 7) AS frequency, h.holdout_purchases AS actual, h.holdout_value AS value,
               analytics.expected_purchases(f.model, h.frequency, h.recency, h.age, h.weeks) AS expected,
               1 - analytics.purchase_probability(f.model, h.frequency, h.recency, h.age, h.weeks, 0) AS buys,
               analytics.expected_spend(f.spend, h.frequency, h.monetary_value) AS spend,
               format('%s of the purchases until %s: %s; compared with those until %s', customer_value_holdout.model,
                   to_char(h.until, 'YYYY-MM-DD'), (f.model).reason, to_char(h.holdout_end, 'YYYY-MM-DD')) AS evidence
        FROM history h
        JOIN fitted f ON f.business_id = h.business_id
    )
    SELECT CASE WHEN p.frequency IS NULL THEN 'all' WHEN p.frequency = 7 THEN '7+' ELSE p.frequency::text END,
           -- Sums of numeric, since those of floating point would depend on the order of the rows.
           count(*), sum(p.actual)::bigint, sum(p.expected::numeric)::double precision, avg(p.actual)::double precision,
           avg(p.expected::numeric)::double precision, avg(CASE WHEN p.actual > 0 THEN 1 ELSE 0 END)::double precision,
           avg(p.buys::numeric)::double precision, avg(abs(p.actual - p.expected)::numeric)::double precision,
           sqrt(avg(((p.actual - p.expected) * (p.actual - p.expected))::numeric)::double precision),
           sum(p.value::numeric)::numeric(18,4), sum((p.spend * p.expected)::numeric)::numeric(18,4),
           string_agg(DISTINCT p.evidence COLLATE "C", '; ')
    FROM predicted p
    GROUP BY GROUPING SETS ((p.frequency), ())
    HAVING count(*) > 0
    ORDER BY p.frequency NULLS LAST;
END
$$;
COMMENT ON FUNCTION analytics.customer_value_holdout(date, date, text, bigint) IS
'How well a model fitted to the past foretells what came after it
The model (mbgnbd, bgnbd or pareto_nbd) is fitted to the purchases until observed_until (NULL: half of the time that is known) and
compared with those after it, until holdout_until (NULL: the last day with a purchase).
Result, one row per number of repeat purchases until then (0 to 6, 7+) and one for all: actual and expected days of purchase, their
means; bought_again: share of the customers who bought, p_bought_again: what the model gave it; errors per customer; actual_value,
expected_value: money.';
