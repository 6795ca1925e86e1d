-- The readers over the rollups: columns, arguments, and numbers that add up.
\i test/fixture/shop.sql

SELECT * FROM analytics.kpi('2025-01-01', '2025-03-31');
SELECT * FROM analytics.kpi('2025-01-01', '2025-03-31', '{meta}');
SELECT * FROM analytics.kpi('2025-01-01', '2025-03-31', '{}', 1);
SELECT * FROM analytics.kpi('2031-01-01', '2031-03-31');
SELECT * FROM analytics.trend_leads('2025-01-04', '2025-01-08');
SELECT * FROM analytics.trend_spend('2024-12-31', '2025-01-03', '{tiktok,google}');
SELECT * FROM analytics.campaigns('2025-01-01', '2025-03-31');
SELECT * FROM analytics.campaigns('2025-01-01', '2025-03-31', '{facebook}', row_limit => 1);
SELECT * FROM analytics.share_platforms('2025-01-01', '2025-03-31');

-- kpi from the raw rows alone, in the business's days: leads are first touches, contracts are those of the leads.
WITH lead AS (
    SELECT client_id, min(happened_at) AS at FROM raw.events GROUP BY 1
    UNION ALL SELECT 'stranger', timestamptz '2025-03-05 12:00+00'
), wanted AS (SELECT client_id FROM lead WHERE (at AT TIME ZONE 'Europe/Kyiv')::date BETWEEN '2025-01-01' AND '2025-03-31')
SELECT (SELECT count(*) FROM wanted) AS leads, (SELECT count(*) FROM raw.contracts JOIN wanted USING (client_id)) AS n_contracts,
       (SELECT sum(total) FROM raw.contracts JOIN wanted USING (client_id)) AS revenue, (SELECT sum(cost) FROM raw.ads WHERE day BETWEEN '2025-01-01' AND '2025-03-31') AS spend;
-- The same by the day of signing.
SELECT FROM analytics.configure(revenue_basis => 'contract_date');
SELECT leads, n_contracts, revenue FROM analytics.kpi('2025-02-01', '2025-02-28');
SELECT count(*), sum(total) FROM raw.contracts WHERE (signed_at AT TIME ZONE 'Europe/Kyiv')::date BETWEEN '2025-02-01' AND '2025-02-28';
SELECT FROM analytics.configure(revenue_basis => 'lead_date');

-- Every reader agrees with kpi, for every period, filter and basis tried; the shares are 100.0 whenever there is a lead.
CREATE TEMP TABLE tried AS
SELECT d::date AS date_from, (d + n * interval '1 day')::date AS date_to, f AS platforms, b AS basis
FROM generate_series(timestamp '2024-12-30', '2025-06-20', '23 days') d, (VALUES (0), (40)) s (n),
     (VALUES (NULL::text[]), ('{meta}'), ('{google,unknown}'), ('{email}')) v (f), (VALUES ('lead_date'), ('contract_date')) w (b);
CREATE FUNCTION pg_temp.disagreements(wanted text) RETURNS TABLE (date_from date, date_to date, platforms text[], what text) LANGUAGE sql AS $$
    SELECT t.date_from, t.date_to, t.platforms, x.what
    FROM tried t, analytics.kpi(t.date_from, t.date_to, t.platforms) k,
         LATERAL (SELECT sum(leads) AS leads, sum(n_contracts) AS n_contracts, sum(revenue) AS revenue, sum(spend) AS spend FROM analytics.campaigns(t.date_from, t.date_to, t.platforms, 1000)) c,
         LATERAL (SELECT sum(leads) AS leads, count(*) AS days FROM analytics.trend_leads(t.date_from, t.date_to, t.platforms)) l,
         LATERAL (SELECT sum(spend) AS spend, count(*) AS days FROM analytics.trend_spend(t.date_from, t.date_to, t.platforms)) s,
         LATERAL (SELECT COALESCE(sum(leads), 0) AS leads, sum(share_pct) AS pct FROM analytics.share_platforms(t.date_from, t.date_to, t.platforms)) p,
         LATERAL (VALUES ('campaigns', (COALESCE(c.leads, 0), COALESCE(c.n_contracts, 0), COALESCE(c.revenue, 0), COALESCE(c.spend, 0)) IS DISTINCT FROM (k.leads, k.n_contracts, k.revenue, k.spend)),
                         ('trends', (l.leads, s.spend, l.days, s.days) IS DISTINCT FROM (k.leads, k.spend, 1 + t.date_to - t.date_from, 1 + t.date_to - t.date_from)),
                         ('shares', p.leads <> k.leads OR p.pct <> 100.0 OR (p.pct IS NULL) <> (k.leads = 0))) x (what, wrong)
    WHERE t.basis = wanted AND x.wrong
$$;
SELECT * FROM pg_temp.disagreements('lead_date');
SELECT FROM analytics.configure(revenue_basis => 'contract_date');
SELECT * FROM pg_temp.disagreements('contract_date');
SELECT FROM analytics.configure(revenue_basis => 'lead_date');
SELECT count(*) AS tried, count(*) FILTER (WHERE k.leads > 0) AS with_leads, count(*) FILTER (WHERE k.spend > 0) AS with_spend
FROM tried t, analytics.kpi(t.date_from, t.date_to, t.platforms) k;

-- Bad arguments.
SELECT * FROM analytics.kpi('2025-02-01', '2025-01-01');
SELECT * FROM analytics.kpi(NULL, '2025-01-01');
SELECT * FROM analytics.trend_leads('2025-02-01', '2025-01-01');
SELECT * FROM analytics.kpi('-infinity', '2025-01-01');
SELECT * FROM analytics.campaigns('2025-02-01', '2025-01-01');
SELECT * FROM analytics.share_platforms('2025-02-01', '2025-01-01');
SELECT * FROM analytics.campaigns('2025-01-01', '2025-01-31', row_limit => 0);
SELECT * FROM analytics.campaigns('2025-01-01', '2025-01-31', row_limit => NULL);
\set VERBOSITY default
SELECT * FROM analytics.kpi('2025-01-01', '2025-01-31', '{facebok,google,NULL}');
\set VERBOSITY terse

-- The readers inline: no function scan of a reader, and the dates reach an index of the rollup.
SET enable_seqscan = off;
CREATE FUNCTION pg_temp.plan(query text) RETURNS TABLE (opaque boolean, dates_reach_the_index boolean) LANGUAGE plpgsql AS $$
DECLARE
    plan text := '';
    line text;
BEGIN
    FOR line IN EXECUTE 'EXPLAIN (COSTS OFF) ' || query LOOP
        plan := plan || E'\n' || line;
    END LOOP;
    RETURN QUERY SELECT plan ~ 'Function Scan on (kpi|campaigns|trend|share)', plan ~ 'Index Cond: [^\n]*(date >= |date = ANY )';
END
$$;
SELECT r.reader, p.* FROM (VALUES ('kpi'), ('campaigns'), ('trend_leads'), ('trend_spend'), ('share_platforms')) r (reader),
     LATERAL pg_temp.plan(format($q$SELECT * FROM analytics.%I('2025-01-01', '2025-01-31', '{meta}', business_id => 1)$q$, r.reader)) p;
RESET enable_seqscan;
