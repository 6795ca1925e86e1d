-- What recent leads are yet to bring, and periods as they stood at the age that younger ones have.

CREATE FUNCTION analytics_internal.late_results(
    first_day date, last_day date, until date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (leads bigint, contracts bigint, revenue numeric)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    members constant text[] := analytics_internal.platform_members(wanted_platforms);
BEGIN
    RETURN QUERY
    SELECT COALESCE(sum(l.leads), 0)::bigint,
           COALESCE(sum(l.contracts) FILTER (WHERE s.revenue_basis = 'lead_date'), 0)::bigint,
           COALESCE(sum(l.revenue) FILTER (WHERE s.revenue_basis = 'lead_date'), 0)::numeric(18,4)
    FROM analytics_internal.businesses(wanted_business) b
    JOIN warehouse.settings s ON s.business_id = b.business
    JOIN warehouse.late_daily l ON l.business_id = b.business AND l.settled_date > until AND l.created_date BETWEEN first_day AND last_day
    WHERE members IS NULL OR l.platform = ANY (members);
END
$$;
COMMENT ON FUNCTION analytics_internal.late_results(date, date, date, text[], bigint) IS
'What leads of a period got after a day: results less this are how it stood
leads: those that came to the platforms from others, less those that left. Contracts that count on the day they are signed are never late.';

-- Ninety days whose leads have had two months: longer than that a lead seldom waits for its ad, and nobody would wait for the answer.
CREATE FUNCTION analytics_internal.arrived_leads(wanted_business bigint)
    RETURNS TABLE (business_id bigint, campaign_key bigint, known_until date, shares double precision[])
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 10
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    last_age constant int := 60;
    days constant int := 90;
    -- How many leads of all campaigns a campaign's own are worth no more than.
    prior constant double precision := 20;
BEGIN
    RETURN QUERY
    WITH business AS MATERIALIZED (
        SELECT b.business, k.until
        FROM analytics_internal.businesses(wanted_business) b
        CROSS JOIN LATERAL (SELECT analytics_internal.known_until(b.business)) k (until)
    ), late AS MATERIALIZED (
        SELECT l.business_id, l.campaign_key, LEAST(l.settled_date - l.created_date, last_age + 1) AS lag,
               sum(l.leads)::double precision AS leads
        FROM business b
        JOIN warehouse.late_daily l
            ON l.business_id = b.business AND l.created_date BETWEEN b.until - last_age - days AND b.until - last_age - 1
        WHERE l.leads <> 0 AND l.campaign_key <> 0
        GROUP BY 1, 2, 3
    ), total AS MATERIALIZED (
        -- Campaigns without leads then, too: theirs come as those of all do.
        SELECT k.business_id, k.campaign_key, b.until, COALESCE(r.leads, 0)::double precision AS leads
        FROM business b
        JOIN warehouse.dim_campaigns k ON k.business_id = b.business AND k.campaign_key <> 0
        LEFT JOIN (
            SELECT r.business_id, r.campaign_key, sum(r.leads) AS leads
            FROM business b
            JOIN warehouse.campaign_roi_daily r
                ON r.business_id = b.business AND r.date BETWEEN b.until - last_age - days AND b.until - last_age - 1
            GROUP BY 1, 2
        ) r ON r.business_id = k.business_id AND r.campaign_key = k.campaign_key
        WHERE b.business IN (SELECT l.business_id FROM late l)
    ), arrived AS (
        -- At each age all but those that come later.
        SELECT t.business_id, t.campaign_key, t.until, g.lag - 1 AS age, t.leads,
               t.leads - sum(COALESCE(l.leads, 0)) OVER (PARTITION BY t.business_id, t.campaign_key ORDER BY g.lag DESC) AS by_then
        FROM total t
        CROSS JOIN generate_series(1, last_age + 1) g (lag)
        LEFT JOIN late l ON l.business_id = t.business_id AND l.campaign_key = t.campaign_key AND l.lag = g.lag
    ), shared AS (
        SELECT a.*, sum(a.by_then) OVER w / NULLIF(sum(a.leads) OVER w, 0) AS of_all
        FROM arrived a
        WINDOW w AS (PARTITION BY a.business_id, a.age)
    )
    SELECT s.business_id, s.campaign_key, s.until,
           array_agg(LEAST(GREATEST((s.by_then + prior * s.of_all) / (s.leads + prior), 0.05), 2) ORDER BY s.age)
    FROM shared s
    WHERE s.of_all IS NOT NULL AND s.leads >= 0
    GROUP BY 1, 2, 3;
END
$$;
COMMENT ON FUNCTION analytics_internal.arrived_leads(bigint) IS
'Which share of its leads a campaign has by their age, where ads get leads late
shares: by days of age, from 0, up to two months; a campaign that had few leads then goes by all of the business. No row where leads are
never late, or all days are younger.';

CREATE FUNCTION analytics_internal.arrived_at(shares double precision[], age int) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN COALESCE(shares[GREATEST(age, 0) + 1], 1);
COMMENT ON FUNCTION analytics_internal.arrived_at(double precision[], int) IS
'Which share of its leads a day of that age has, by shares of arrived_leads()
All of them where there are none.';

-- Planned once: a series asks for each of its periods, and to plan takes as long as to answer.
CREATE FUNCTION analytics_internal.outlooks(
    first_day date, last_day date, level text, wanted_platforms text[], wanted_business bigint, naming text DEFAULT 'platform')
    RETURNS TABLE (business_id bigint, platform text, campaign_key bigint, leads bigint, contracts bigint, revenue numeric, spend numeric,
                   maturity double precision, known_until date, contracts_mean double precision, contracts_low double precision,
                   contracts_high double precision, money_mean double precision, money_low double precision, money_high double precision)
    LANGUAGE plpgsql STABLE PARALLEL SAFE ROWS 1
    SET plan_cache_mode = force_generic_plan SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    members constant text[] := analytics_internal.platform_members(wanted_platforms);
BEGIN
    RETURN QUERY
    WITH day AS (
        SELECT r.business_id, CASE WHEN level <> 'total' THEN COALESCE(p.family, r.platform) END AS platform,
               CASE WHEN level = 'campaign' THEN r.campaign_key END AS campaign_key, r.date >= first_day AS is_asked,
               (a.age - 1) / 7 AS week, r.leads, r.contracts, r.revenue, r.spend, r.leads * m.shares[a.age] AS settled,
               r.leads * m.shares[a.age] * sqrt(m.log_variances[a.age]) AS doubt
        FROM analytics_internal.businesses(wanted_business) b
        JOIN warehouse.settings s ON s.business_id = b.business AND s.revenue_basis = 'lead_date'
        JOIN warehouse.maturity_model m ON m.business_id = b.business
        JOIN LATERAL (
            SELECT c.business_id, c.platform, c.campaign_key, c.date, c.leads, c.contracts, c.revenue, c.spend
            FROM warehouse.campaign_roi_daily c
            WHERE level = 'campaign' AND c.business_id = b.business AND c.date BETWEEN LEAST(first_day, m.known_until - 181) AND last_day
              AND (members IS NULL OR c.platform = ANY (members))
            UNION ALL
            SELECT p.business_id, CASE WHEN level <> 'total' THEN p.platform END, 0, p.date, sum(p.leads), sum(p.contracts), sum(p.revenue),
                   sum(p.spend)
            FROM warehouse.platform_daily p
            WHERE level <> 'campaign' AND p.business_id = b.business AND p.date BETWEEN LEAST(first_day, m.known_until - 181) AND last_day
              AND (members IS NULL OR p.platform = ANY (members))
            GROUP BY 1, 2, p.date
        ) r ON true
        LEFT JOIN warehouse.dim_platforms p ON naming = 'family' AND p.business_id = r.business_id AND p.platform = r.platform
        CROSS JOIN LATERAL (SELECT LEAST(GREATEST(m.known_until - r.date, 0) + 1, cardinality(m.shares))) a (age)
    ), week AS (
        SELECT d.business_id, d.platform, d.campaign_key, d.is_asked, d.week, sum(d.leads) AS leads, sum(d.contracts) AS contracts,
               sum(d.revenue) AS revenue, sum(d.spend) AS spend, sum(d.settled) AS settled, sum(d.doubt) AS doubt
        FROM day d
        GROUP BY d.business_id, d.platform, d.campaign_key, d.is_asked, d.week
    ), unit AS (
        SELECT d.business_id, d.platform, d.campaign_key,
               COALESCE(sum(d.leads) FILTER (WHERE d.is_asked), 0)::bigint AS leads,
               COALESCE(sum(d.contracts) FILTER (WHERE d.is_asked), 0)::bigint AS contracts,
               COALESCE(sum(d.revenue) FILTER (WHERE d.is_asked), 0)::numeric(18,4) AS revenue,
               COALESCE(sum(d.spend) FILTER (WHERE d.is_asked), 0)::numeric(18,4) AS spend,
               COALESCE(sum(d.settled) FILTER (WHERE d.is_asked), 0) AS settled,
               COALESCE(sum(GREATEST(d.leads - d.settled, 0)) FILTER (WHERE d.is_asked), 0) AS open,
               array_agg(GREATEST(d.contracts, 0)::double precision ORDER BY d.week) FILTER (WHERE d.is_asked) AS weekly_contracts,
               array_agg(GREATEST(d.settled, 0) ORDER BY d.week) FILTER (WHERE d.is_asked) AS weekly_settled,
               array_agg(GREATEST(d.leads - d.settled, 0) ORDER BY d.week) FILTER (WHERE d.is_asked) AS weekly_open,
               COALESCE(sum(d.doubt) FILTER (WHERE d.is_asked), 0) AS doubt,
               COALESCE(sum(d.settled) FILTER (WHERE NOT d.is_asked), 0) AS settled_before,
               COALESCE(sum(d.contracts) FILTER (WHERE NOT d.is_asked), 0) AS contracts_before,
               sum(d.contracts) AS all_contracts, sum(d.revenue) AS all_revenue
        FROM week d
        GROUP BY d.business_id, d.platform, d.campaign_key
        HAVING bool_or(d.is_asked)
    ), prior AS (
        -- What the unit did before, and with the weight of one contract what all of them do.
        SELECT u.*, m.known_until, m.rate_strength, m.amount_deviation,
               (GREATEST(u.contracts_before, 0) + 1) / (u.settled_before + 1 / m.rate) AS rate,
               u.settled_before + 1 / m.rate AS known,
               (u.all_revenue + m.mean_amount) / (u.all_contracts + 1) AS mean_amount
        FROM unit u
        JOIN warehouse.maturity_model m ON m.business_id = u.business_id
    )
    SELECT p.business_id, p.platform, p.campaign_key, p.leads, p.contracts, p.revenue, p.spend, p.settled / NULLIF(p.leads, 0),
           p.known_until, o.contracts_mean, o.contracts_low, o.contracts_high, o.money_mean, o.money_low, o.money_high
    FROM prior p
    CROSS JOIN LATERAL analytics_internal.outlook(
        p.weekly_contracts, p.weekly_settled, p.weekly_open,
        CASE WHEN p.open > 0 THEN power(p.doubt / p.open, 2) ELSE 0 END, p.rate, p.rate_strength, p.known,
        GREATEST(p.mean_amount, 0)::double precision, COALESCE(abs(p.amount_deviation), 0), GREATEST(p.all_contracts, 0) + 1) o;
END
$$;
COMMENT ON FUNCTION analytics_internal.outlooks(date, date, text, text[], bigint, text) IS
'How mature the leads of a period are, and what is yet to come of them
level: total, platform or campaign; a row for each of a business. naming: platform or family, which platforms are added up to. No row
where contracts count on the day they are signed, or where none
is known.';

CREATE FUNCTION analytics_internal.period_outlook(first_day date, last_day date, wanted_platforms text[], wanted_business bigint)
    RETURNS TABLE (maturity_pct numeric, contracts_mean double precision, contracts_low double precision, contracts_high double precision,
                   money_mean double precision, money_low double precision, money_high double precision)
    LANGUAGE sql STABLE PARALLEL SAFE ROWS 1
    SET search_path = pg_catalog, pg_temp
AS $$
    SELECT round((100 * sum(o.maturity * o.leads) / NULLIF(sum(o.leads), 0))::numeric, 1), sum(o.contracts_mean),
           CASE WHEN count(*) = 1 THEN min(o.contracts_low) END, CASE WHEN count(*) = 1 THEN min(o.contracts_high) END, sum(o.money_mean),
           CASE WHEN count(*) = 1 THEN min(o.money_low) END, CASE WHEN count(*) = 1 THEN min(o.money_high) END
    FROM analytics_internal.outlooks(first_day, last_day, 'total', wanted_platforms, wanted_business) o
$$;
COMMENT ON FUNCTION analytics_internal.period_outlook(date, date, text[], bigint) IS
'The outlook of a period in one row; without interval over several businesses';

CREATE FUNCTION analytics.maturity(date_from date, date_to date, platforms text[] DEFAULT NULL, level text DEFAULT 'total',
    row_limit int DEFAULT 50, business_id bigint DEFAULT NULL, platform_level text DEFAULT NULL)
    RETURNS TABLE (platform text, campaign_name text, leads bigint, n_contracts bigint, revenue numeric, spend numeric,
                   maturity_pct numeric, contracts_expected numeric, contracts_low numeric, contracts_high numeric,
                   revenue_expected numeric, revenue_low numeric, revenue_high numeric, roas numeric, roas_expected numeric,
                   campaign_id text, business bigint, currency text, known_until date)
    LANGUAGE plpgsql STABLE PARALLEL SAFE
    SET search_path = pg_catalog, pg_temp
AS $$
#variable_conflict use_column
DECLARE
    places constant int := analytics_internal.check_row_limit(maturity.row_limit, 50);
    naming text;
BEGIN
    PERFORM 'warehouse'::analytics_internal.installed, analytics_internal.check_period(maturity.date_from, maturity.date_to),
            analytics_internal.check_choice('level', maturity.level, '{total,platform,campaign}');
    naming := analytics_internal.checked_level(maturity.platform_level, maturity.business_id);
    RETURN QUERY
    SELECT analytics_internal.platform_at(naming, o.business_id, COALESCE(c.platform, o.platform)),
           CASE WHEN maturity.level = 'campaign' THEN COALESCE(c.campaign_name, '(no campaign)') END,
           o.leads, o.contracts, o.revenue, o.spend, round((100 * o.maturity)::numeric, 1),
           round(o.contracts + o.contracts_mean::numeric, 1), round(o.contracts + o.contracts_low::numeric, 1),
           round(o.contracts + o.contracts_high::numeric, 1), round(o.revenue + o.money_mean::numeric, 4),
           round(o.revenue + o.money_low::numeric, 4), round(o.revenue + o.money_high::numeric, 4),
           analytics_internal.quotient(o.revenue, o.spend),
           analytics_internal.quotient(o.revenue + o.money_mean::numeric, o.spend), c.campaign_id, o.business_id, s.currency, o.known_until
    FROM analytics_internal.outlooks(
        maturity.date_from, maturity.date_to, maturity.level, maturity.platforms, maturity.business_id, naming) o
    LEFT JOIN warehouse.dim_campaigns c ON c.business_id = o.business_id AND c.campaign_key = o.campaign_key
    LEFT JOIN warehouse.settings s ON s.business_id = o.business_id
    ORDER BY o.spend DESC, o.leads DESC, COALESCE(c.platform, o.platform) COLLATE "C", c.campaign_name COLLATE "C",
             c.campaign_id COLLATE "C", o.business_id
    LIMIT places;
END
$$;
COMMENT ON FUNCTION analytics.maturity(date, date, text[], text, int, bigint, text) IS
'How mature the contracts of a period''s leads are, and what is to come of them
level: total, platform or campaign. maturity_pct: share of the contracts of such leads that were signed at their age in the past, by the
lags of the business''s own contracts, as far as they are known (known_until). contracts_expected, revenue_expected: at full maturity, with
what they lie between with probability 0.9. A row per business; none where contracts count on the day they are signed (revenue_basis
contract_date), since these are final, or where no contract is known. platform_level: platform or family; NULL for the setting.';
