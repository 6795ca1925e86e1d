-- Customer value by what brought customers in: one model in which platforms, campaigns or first products differ.

CREATE FUNCTION analytics.customer_value_by(
    cohort_by text DEFAULT 'platform', as_of date DEFAULT NULL, horizon interval DEFAULT '1 year', value text DEFAULT 'amount',
    discount_rate double precision DEFAULT 0.1, model text DEFAULT 'mbgnbd', business_id bigint DEFAULT NULL)
    RETURNS TABLE (cohort_key text, customers bigint, repeat_customers bigint, rate_ratio double precision, rate_ratio_low double precision,
                   rate_ratio_high double precision, leaving_ratio double precision, leaving_ratio_low double precision,
                   leaving_ratio_high double precision, p_alive double precision, expected_purchases double precision, clv numeric,
                   new_customer_purchases double precision, new_customer_clv numeric, evidence text, business bigint,
                   clv_low numeric, clv_high numeric, new_customer_clv_low numeric, new_customer_clv_high numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 50
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed,
        analytics_internal.check_choice('cohort_by', customer_value_by.cohort_by, '{platform,campaign,first_product}'),
        analytics_internal.check_choice('model', customer_value_by.model, '{mbgnbd,bgnbd,pareto_nbd}'),
        analytics_internal.check_choice('value', customer_value_by.value, '{amount,profit}'),
        analytics_internal.check_value_question(customer_value_by.as_of, customer_value_by.horizon, customer_value_by.discount_rate);
    RETURN QUERY
    WITH bought AS MATERIALIZED (
        SELECT b.business AS business_id, b.purchases, b.has_profit, COALESCE(customer_value_by.as_of, b.last_day) AS as_of
        FROM analytics_internal.purchase_histories(customer_value_by.value, customer_value_by.business_id) b
    ), plan AS MATERIALIZED (
        SELECT b.business_id, b.as_of, p.*
        FROM bought b
        CROSS JOIN LATERAL analytics_internal.value_plan(b.as_of, customer_value_by.horizon, customer_value_by.discount_rate) p
    ), history AS MATERIALIZED (
        SELECT b.business_id, COALESCE(k.cohort_key, '(unknown)') AS cohort_key, h.*
        FROM bought b
        CROSS JOIN LATERAL analytics.purchase_summary(b.purchases, b.as_of, 7) h
        LEFT JOIN analytics_internal.cohort_keys(customer_value_by.cohort_by, customer_value_by.business_id) k
            ON k.business = b.business_id AND k.client_key = h.customer::bigint
    ), size AS (
        -- As many values as a model takes: the customers of all others are one.
        SELECT s.business_id, s.cohort_key,
               row_number() OVER (PARTITION BY s.business_id ORDER BY count(*) DESC, s.cohort_key COLLATE "C") > 199 AS is_rare
        FROM history s
        GROUP BY s.business_id, s.cohort_key
    ), known AS MATERIALIZED (
        SELECT h.*, CASE WHEN s.is_rare THEN '(others)' ELSE h.cohort_key END AS name
        FROM history h
        JOIN size s ON s.business_id = h.business_id AND s.cohort_key = h.cohort_key
    ), fitted AS MATERIALIZED (
        SELECT l.business_id, m.*
        FROM (
            SELECT k.business_id, array_agg(k.frequency) AS frequencies, array_agg(k.recency) AS recencies, array_agg(k.age) AS ages,
                   array_agg(k.name) AS names
            FROM known k
            GROUP BY k.business_id) l
        CROSS JOIN LATERAL analytics.purchase_models_by(l.frequencies, l.recencies, l.ages, l.names, NULL, customer_value_by.model) m
    ), spend AS MATERIALIZED (
        SELECT k.business_id, analytics.gamma_gamma_fit(k.frequency, COALESCE(k.monetary_value, 0)) AS gamma_model,
               analytics.normal_spend_fit(k.frequency, COALESCE(k.monetary_value, 0)) AS normal_model,
               count(*) FILTER (WHERE k.frequency > 0 AND k.monetary_value < 0) AS losing,
               count(*) FILTER (WHERE k.frequency > 0 AND k.monetary_value = 0) AS free
        FROM known k
        GROUP BY k.business_id
    ), chosen AS MATERIALIZED (
        SELECT s.*, analytics_internal.takes_gamma_gamma(s.gamma_model, s.normal_model, s.losing, s.free, customer_value_by.value)
                   AS by_gamma
        FROM spend s
    ), valued AS (
        SELECT k.business_id, k.name, analytics.p_alive(f.purchase_model, k.frequency, k.recency, k.age) AS p_alive,
               analytics.expected_purchases(f.purchase_model, k.frequency, k.recency, k.age, p.weeks) AS expected,
               CASE WHEN NOT b.has_profit AND customer_value_by.value = 'profit' THEN NULL
                   WHEN c.by_gamma THEN analytics.expected_spend(c.gamma_model, k.frequency, k.monetary_value)
                   ELSE analytics.expected_normal_spend(c.normal_model, k.frequency, k.monetary_value) END AS spend,
               analytics.discounted_purchases(f.purchase_model, k.frequency, k.recency, k.age, p.periods, p.period, p.rate) AS discounted
        FROM known k
        JOIN fitted f ON f.business_id = k.business_id AND f.characteristic_value = k.name
        JOIN plan p ON p.business_id = k.business_id
        JOIN bought b ON b.business_id = k.business_id
        JOIN chosen c ON c.business_id = k.business_id
    ), summed AS (
        -- Sums of numeric, since those of floating point would depend on the order of the rows.
        SELECT v.business_id, v.name, avg(v.p_alive::numeric)::double precision AS p_alive,
               sum(v.expected::numeric)::double precision AS expected, sum((v.spend * v.discounted)::numeric) AS clv,
               avg(v.spend::numeric) AS spend
        FROM valued v
        GROUP BY v.business_id, v.name
    ), listed AS (
        SELECT k.business_id, k.name, array_agg(k.frequency) AS frequencies, array_agg(k.recency) AS recencies, array_agg(k.age) AS ages,
               array_agg(k.monetary_value) AS means
        FROM known k
        GROUP BY k.business_id, k.name
    ), asked AS MATERIALIZED (
        -- A new customer spends what those of his kind do on average.
        SELECT s.business_id, s.name, l.frequencies, l.recencies, l.ages, l.means, c.by_gamma, c.losing > 0 AS may_lose, c.gamma_model,
               c.normal_model,
               ROW((c.gamma_model).p, (c.gamma_model).q, (c.gamma_model).gamma * n.ratio, (c.gamma_model).p_error, (c.gamma_model).q_error,
                   (c.gamma_model).gamma_error * n.ratio, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                   (c.gamma_model).correlations)::analytics.spend_model AS new_gamma,
               ROW(s.spend, (c.normal_model).between_deviation, (c.normal_model).within_deviation, (c.normal_model).mean_error, NULL, NULL,
                   NULL, NULL, NULL, NULL)::analytics.normal_spend_model AS new_normal
        FROM summed s
        JOIN listed l ON l.business_id = s.business_id AND l.name = s.name
        JOIN chosen c ON c.business_id = s.business_id
        CROSS JOIN LATERAL (SELECT s.spend::double precision / analytics.expected_spend(c.gamma_model, 0, NULL)) n (ratio)
        WHERE s.clv IS NOT NULL
    )
    SELECT f.characteristic_value, f.customers, f.repeat_customers, f.rate_ratio, f.rate_ratio_low, f.rate_ratio_high, f.leaving_ratio,
           f.leaving_ratio_low, f.leaving_ratio_high, s.p_alive, s.expected, s.clv::numeric(18,4),
           analytics.expected_purchases(f.purchase_model, 0, 0, 0, p.weeks),
           (s.spend::double precision
               * analytics.discounted_purchases(f.purchase_model, 0, 0, 0, p.periods, p.period, p.rate))::numeric(18,4),
           format('%s until %s: %s; %s: %s', customer_value_by.model, to_char(p.as_of, 'YYYY-MM-DD'), (f.purchase_model).reason,
               CASE WHEN c.by_gamma THEN 'gamma-gamma' ELSE 'normal spend' END,
               CASE WHEN customer_value_by.value = 'profit' AND NOT b.has_profit THEN 'no purchase has a profit'
                   WHEN c.by_gamma THEN (c.gamma_model).reason ELSE (c.normal_model).reason END),
           f.business_id, i.low::numeric(18,4), i.high::numeric(18,4), o.low::numeric(18,4), o.high::numeric(18,4)
    FROM fitted f
    JOIN bought b ON b.business_id = f.business_id
    JOIN summed s ON s.business_id = f.business_id AND s.name = f.characteristic_value
    JOIN plan p ON p.business_id = f.business_id
    JOIN chosen c ON c.business_id = f.business_id
    LEFT JOIN asked a ON a.business_id = f.business_id AND a.name = f.characteristic_value
    LEFT JOIN LATERAL (
        SELECT g.low, g.high
        FROM analytics.lifetime_value_sum_interval(f.purchase_model, a.gamma_model, a.frequencies, a.recencies, a.ages, a.means, p.periods,
            p.period, p.rate) g
        WHERE a.by_gamma
        UNION ALL
        SELECT CASE WHEN n.low > 0 OR a.may_lose THEN n.low ELSE 0 END, n.high
        FROM analytics.normal_lifetime_value_sum_interval(f.purchase_model, a.normal_model, a.frequencies, a.recencies, a.ages, a.means,
            p.periods, p.period, p.rate) n
        WHERE NOT a.by_gamma) i ON true
    LEFT JOIN LATERAL (
        SELECT g.low, g.high
        FROM analytics.lifetime_value_interval(f.purchase_model, a.new_gamma, 0, 0, 0, NULL, p.periods, p.period, p.rate) g
        WHERE a.by_gamma
        UNION ALL
        SELECT CASE WHEN n.low > 0 OR a.may_lose THEN n.low ELSE 0 END, n.high
        FROM analytics.normal_lifetime_value_interval(f.purchase_model, a.new_normal, 0, 0, 0, NULL, p.periods, p.period, p.rate) n
        WHERE NOT a.by_gamma) o ON true
    ORDER BY f.customers DESC, f.characteristic_value COLLATE "C", f.business_id;
END
$$;
COMMENT ON FUNCTION analytics.customer_value_by(text, date, interval, text, double precision, text, bigint) IS
'What customers are worth by the platform, campaign or product they began with
cohort_by: platform or campaign of the first contract, or the first lead of clients without one; or first_product. as_of: the last day that
counts, NULL for the last with a purchase; model: mbgnbd, bgnbd or pareto_nbd, fitted to what was known then, as purchase_models_by() does;
horizon, value, discount_rate: as in customer_value().
Result: rate_ratio, leaving_ratio: how often these customers buy, and their odds of leaving, over the average customer, with 95 % intervals;
p_alive: mean; expected_purchases, clv: of all these customers within the horizon. new_customer_purchases, new_customer_clv: what follows
within the horizon after the first purchase of a customer who comes now; add that purchase. evidence: which models, and whether they could
be fitted. clv_low, clv_high: what these customers together will bring lies within in nine of ten cases, by what each buys and by the errors
of the models, which are the same for all; new_customer_clv_low, new_customer_clv_high: the same of one who comes now. Beyond 199 values the
customers of the rarest are (others). The largest first.';
