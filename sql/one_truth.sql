-- One truth: whatever speaks of the same thing says the same, in each of 200 random questions; and what is counted is what a slow, plain query counts.
\i test/fixture/reset.sql
SELECT analytics.install();
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
CREATE SCHEMA raw;
CREATE FUNCTION raw.chance(VARIADIC seed int[]) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT (('x' || left(md5(seed::text), 8))::bit(32)::int::bigint & 2147483647)::int $$;
-- Three businesses of 150 clients: one counts contracts with their leads, one on the day they are signed, one looks at touches before the lead alone. Clients
-- come by phone and meet ads before and after they sign; ads of the Facebook account run on Instagram, too; one campaign is named by touches alone, one spends and
-- brings nobody, one costs nothing on some days, one is exported by placement.
CREATE TABLE raw.events AS
SELECT b AS business, format('e%s', i) AS event_id, format('c%s', raw.chance(b, i, 1) % 150) AS client_id,
       timestamptz '2025-07-01 06:00Z' + raw.chance(b, i, 2) % 7776000 * interval '1 second' AS occurred_at,
       (ARRAY['facebook', 'instagram', 'google', 'newsletter', NULL, 'tiktok', 'google', NULL])[1 + k % 8] AS utm_source,
       (ARRAY['cpc', 'cpc', 'cpc', 'email', NULL, 'paid', 'organic', NULL])[1 + k % 8] AS utm_medium,
       CASE WHEN k % 8 < 3 THEN (ARRAY['1', '2', '3', '5', '9'])[1 + k / 8 % 5] WHEN k % 8 = 5 THEN 'unlisted' END AS utm_campaign,
       raw.chance(b, i, 4) % 4 = 0 AS is_lead, 'p' || k % 4 AS product_id, 'b' || k % 3 AS branch_id
FROM generate_series(1, 3) b, generate_series(1, 700) i, LATERAL (SELECT raw.chance(b, i, 3)) r (k);
CREATE TABLE raw.contracts AS
SELECT b AS business, format('k%s', i) AS contract_id, format('c%s', raw.chance(b, i, 5) % 170) AS client_id,
       timestamptz '2025-07-20 09:00Z' + raw.chance(b, i, 6) % 6500000 * interval '1 second' AS signed_at, 100 + raw.chance(b, i, 7) % 900 AS amount, 'p' || i % 4 AS product_id
FROM generate_series(1, 3) b, generate_series(1, 130) i;
CREATE TABLE raw.ads AS
SELECT b AS business, d::date AS date, p.platform, p.id AS campaign_id, 'Campaign ' || p.id AS campaign_name, 100 AS impressions, 3 AS clicks, CASE WHEN p.id = '2' AND extract(day FROM d)::int % 4 = 0 THEN 0 ELSE p.n * (1 + extract(day FROM d)::int % 7) END AS spend
FROM generate_series(1, 3) b, generate_series(timestamp '2025-07-01', '2025-09-28', '1 day') d,
     (VALUES (1, 'facebook', '1'), (2, 'facebook', '2'), (3, 'google', '3'), (4, 'bing', '4'), (5, 'facebook', '5'), (2, 'instagram', '5')) p (n, platform, id);
-- Posts, of two platforms that report days and one that reports views alone; and what others reach.
CREATE TABLE raw.posts AS
SELECT b AS business, 'post' || i AS content_id, (ARRAY['facebook', 'instagram', 'viber'])[1 + raw.chance(b, i, 11) % 3] AS platform, (ARRAY['video', 'image'])[1 + i % 2] AS content_type,
       timestamptz '2025-06-20 05:00Z' + raw.chance(b, i, 12) % 8500000 * interval '1 second' AS published_at, 'author ' || i % 3 AS author, (raw.chance(b, i, 13) % 201 - 100) / 100.0 AS sentiment
FROM generate_series(1, 3) b, generate_series(1, 120) i;
CREATE TABLE raw.metrics AS
SELECT p.business, p.content_id, p.platform, p.published_at::date + d AS date, 50 + raw.chance(p.business, d, length(p.content_id), extract(minute FROM published_at)::int) % 900 AS views,
       CASE WHEN p.platform <> 'viber' THEN raw.chance(p.business, d, extract(second FROM published_at)::int) % 40 END AS likes, 2 AS clicks
FROM raw.posts p, generate_series(0, 8, 2) d;
CREATE TABLE raw.benchmarks AS SELECT b AS business, p.platform, 'education' AS industry, m.metric, 1 AS p10, 2 AS p25, 4 AS p50, 8 AS p75 FROM generate_series(1, 3) b, unnest('{facebook,instagram,viber}'::text[]) p (platform), unnest('{engagement_rate,views}'::text[]) m (metric);
DO $$
BEGIN
    FOR b IN 1 .. 3 LOOP
        EXECUTE format('CREATE VIEW raw.posts_%s AS SELECT * FROM raw.posts WHERE business = %1$s; CREATE VIEW raw.metrics_%1$s AS SELECT * FROM raw.metrics WHERE business = %1$s; CREATE VIEW raw.benchmarks_%1$s AS SELECT * FROM raw.benchmarks WHERE business = %1$s', b);
        PERFORM analytics.register_source('content', format('raw.posts_%s', b)::regclass, business_id => b), analytics.register_source('content_metrics', format('raw.metrics_%s', b)::regclass, business_id => b),
                analytics.register_source('benchmarks', format('raw.benchmarks_%s', b)::regclass, business_id => b);
        PERFORM analytics.configure(currency => 'UAH', business_id => b, reporting_timezone => 'Europe/Kyiv', revenue_basis => CASE b WHEN 2 THEN 'contract_date' ELSE 'lead_date' END,
            lead_touches => CASE b WHEN 3 THEN 'before_lead' ELSE 'journey' END);
        EXECUTE format('CREATE VIEW raw.events_%s AS SELECT * FROM raw.events WHERE business = %1$s; CREATE VIEW raw.contracts_%1$s AS SELECT * FROM raw.contracts WHERE business = %1$s;
            CREATE VIEW raw.ads_%1$s AS SELECT * FROM raw.ads WHERE business = %1$s', b);
        IF b <> 2 THEN
            EXECUTE format('DROP VIEW raw.events_%s; CREATE VIEW raw.events_%1$s AS SELECT event_id, client_id, occurred_at, utm_source, utm_medium, utm_campaign, product_id, branch_id FROM raw.events WHERE business = %1$s', b);
        END IF;
        PERFORM analytics.register_source('events', format('raw.events_%s', b)::regclass, business_id => b),
                analytics.register_source('contracts', format('raw.contracts_%s', b)::regclass, business_id => b),
                analytics.register_source('ad_performance', format('raw.ads_%s', b)::regclass, business_id => b);
    END LOOP;
END
$$;
CALL analytics.refresh();
-- Half of the clients come back and sign: rollups take the changes in.
UPDATE raw.events SET occurred_at = occurred_at + interval '3 days' WHERE event_id LIKE '%7';
UPDATE raw.contracts SET amount = amount + 1, signed_at = signed_at - interval '9 days' WHERE contract_id LIKE '%3';
DELETE FROM raw.contracts WHERE contract_id LIKE '%11';
INSERT INTO raw.contracts SELECT business, contract_id || 'again', client_id, signed_at + interval '2 days', 77, product_id FROM raw.contracts WHERE contract_id LIKE '%5';
CALL analytics.refresh();

-- What a contract is attributed to, by a plain query: the last click of an ad network in the 90 days before it, or what was only seen where nothing was clicked;
-- else the client's first touch. An ad counts for the account of its campaign.
CREATE TEMP TABLE truth AS
SELECT k.business_id, k.contract_id, k.amount, k.signed_date, COALESCE(a.platform, 'unknown') AS platform, a.campaign_key,
       COALESCE(l.created_date, (SELECT min(o.signed_date) FROM warehouse.fact_contracts o WHERE o.business_id = k.business_id AND o.client_key = k.client_key)) AS lead_date
FROM warehouse.fact_contracts k
LEFT JOIN LATERAL (
    SELECT COALESCE(c.platform, e.platform) AS platform, e.campaign_key
    FROM warehouse.fact_events e LEFT JOIN warehouse.dim_campaigns c ON c.business_id = e.business_id AND c.campaign_key = e.campaign_key
    LEFT JOIN warehouse.dim_platforms p ON p.business_id = e.business_id AND p.platform = e.platform
    WHERE e.business_id = k.business_id AND e.client_key = k.client_key AND e.occurred_at <= k.signed_at
      AND (e.touch_number = 1 OR e.is_paid AND p.ad_network AND e.occurred_at >= k.signed_at - interval '90 days')
    ORDER BY (e.is_paid AND p.ad_network AND e.occurred_at >= k.signed_at - interval '90 days') DESC, CASE WHEN e.is_paid AND p.ad_network THEN e.touch_number END DESC
    LIMIT 1) a ON true
LEFT JOIN LATERAL (
    SELECT e.event_date AS created_date FROM warehouse.fact_events e
    WHERE e.business_id = k.business_id AND e.client_key = k.client_key AND e.is_lead
    ORDER BY e.occurred_at <= k.signed_at DESC, CASE WHEN e.occurred_at <= k.signed_at THEN -e.touch_number ELSE e.touch_number END LIMIT 1) l ON true;
SELECT t.business_id, count(*) AS contracts, count(*) FILTER (WHERE t.platform <> k.attributed_platform OR t.campaign_key IS DISTINCT FROM k.attributed_campaign_key) AS otherwise,
       count(DISTINCT t.platform) AS platforms, count(*) FILTER (WHERE l.platform <> k.attributed_platform) > 5 AS lead_elsewhere
FROM truth t JOIN warehouse.fact_contracts k USING (business_id, contract_id)
LEFT JOIN warehouse.fact_leads l ON l.business_id = k.business_id AND l.source_id = k.lead_source_id AND l.lead_id = k.lead_id GROUP BY 1 ORDER BY 1;

CREATE TEMP TABLE question AS
SELECT i, f AS date_from, LEAST(f + raw.chance(i, 2) % 70, date '2025-10-05') AS date_to, b.business_id, p.platforms, CASE WHEN i % 2 = 0 AND p.platforms IS NULL THEN 'family' ELSE 'platform' END AS level
FROM generate_series(1, 200) i, LATERAL (SELECT date '2025-06-28' + raw.chance(i, 1) % 90) r (f), LATERAL (SELECT 1 + raw.chance(i, 3) % 3) b (business_id),
     LATERAL (SELECT (ARRAY[NULL, '{meta}', '{google}', '{unknown}', '{facebook}', '{instagram}', '{facebook,email}', '{tiktok}', NULL, '{direct}'])[1 + raw.chance(i, 4) % 10]::text[]) p (platforms);
CREATE FUNCTION pg_temp.is_wanted(platform text, wanted text[]) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT wanted IS NULL OR platform = ANY (wanted) OR EXISTS (SELECT FROM warehouse.dim_platforms d WHERE d.platform = is_wanted.platform AND d.family = ANY (wanted)) $$;

-- q is the question, k its key figures.
\i test/fixture/properties.sql
INSERT INTO property VALUES
('contracts count by their own attribution, on the day of the lead or of the signature', $q$(SELECT (count(*), COALESCE(sum(t.amount), 0)) FROM truth t
        WHERE t.business_id = q.business_id AND CASE q.business_id WHEN 2 THEN t.signed_date ELSE t.lead_date END BETWEEN q.date_from AND q.date_to AND pg_temp.is_wanted(t.platform, q.platforms))
    = (k.n_contracts, k.revenue)$q$),
('a filter takes the rows of its platforms, and all of them', $q$NOT EXISTS (
    SELECT platform, campaign_id, leads, n_contracts, revenue, spend, cpl, roas FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id)
    EXCEPT SELECT platform, campaign_id, leads, n_contracts, revenue, spend, cpl, roas FROM analytics.campaigns(q.date_from, q.date_to, NULL, 1000, q.business_id))
    AND (SELECT count(*) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id))
      = (SELECT count(*) FROM analytics.campaigns(q.date_from, q.date_to, NULL, 1000, q.business_id) c WHERE pg_temp.is_wanted(c.platform, q.platforms))$q$),
('each platform of a level has one number of leads, contracts and spend', $q$NOT EXISTS (
    SELECT FROM (SELECT platform, sum(leads) AS leads, sum(n_contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend
                 FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id, platform_level => q.level) GROUP BY 1) c
    FULL JOIN analytics.share_platforms(q.date_from, q.date_to, q.platforms, q.business_id, q.level) s USING (platform)
    FULL JOIN analytics.paid_split_platforms(q.date_from, q.date_to, q.platforms, q.business_id, q.level) p USING (platform)
    FULL JOIN (SELECT platform, sum(leads) AS leads, sum(n_contracts) AS contracts, sum(revenue) AS revenue FROM analytics.utm_sources(q.date_from, q.date_to, q.platforms, 1000, q.business_id, q.level) GROUP BY 1) u USING (platform)
    LEFT JOIN LATERAL analytics.kpi(q.date_from, q.date_to, ARRAY[platform], q.business_id) o ON true
    WHERE (c.leads, c.contracts, c.revenue, c.spend) IS DISTINCT FROM (o.leads::numeric, o.n_contracts::numeric, o.revenue, o.spend) OR COALESCE(s.leads, 0) <> c.leads
       OR COALESCE(p.total_leads, 0) <> c.leads OR COALESCE(u.leads, 0) <> c.leads
       OR (q.business_id <> 2 AND (COALESCE(u.contracts, 0), COALESCE(u.revenue, 0)) <> (c.contracts, c.revenue)))$q$),
('products and branches have the contracts of their leads', $q$q.business_id = 2 OR (SELECT (COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0)) FROM analytics.product_performance(q.date_from, q.date_to, q.platforms, 1000, q.business_id)) = (k.n_contracts::numeric, k.revenue)
    AND (SELECT (COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0)) FROM analytics.branch_performance(q.date_from, q.date_to, q.platforms, 1000, q.business_id)) = (k.n_contracts::numeric, k.revenue)$q$),
('attribution, lists of contracts and what is signed agree', $q$NOT EXISTS (
    SELECT FROM (SELECT CASE key WHEN '(unattributed)' THEN 'unknown' ELSE key END AS platform, sum(conversions)::numeric AS contracts, sum(revenue)::numeric(18,4) AS revenue FROM analytics.attribution(q.date_from, q.date_to, business_id => q.business_id) GROUP BY 1) a
    FULL JOIN analytics.platforms_contracts(q.date_from, q.date_to, q.business_id) p USING (platform)
    FULL JOIN (SELECT attributed_platform AS platform, count(*) AS contracts, sum(amount) AS revenue FROM analytics.contracts_multi_touch(q.date_from, q.date_to, 1000, q.business_id) GROUP BY 1) m USING (platform)
    FULL JOIN (SELECT attributed_platform AS platform, count(*) AS contracts FROM analytics.contracts_enriched(q.date_from, q.date_to, NULL, 1000, q.business_id) GROUP BY 1) e USING (platform)
    WHERE (COALESCE(a.contracts, 0), COALESCE(a.revenue, 0)) <> (COALESCE(p.contracts, 0), COALESCE(p.revenue, 0)) OR (m.contracts, m.revenue) IS DISTINCT FROM (p.contracts, p.revenue) OR e.contracts IS DISTINCT FROM p.contracts
       OR (q.business_id = 2 AND (COALESCE(p.contracts, 0), COALESCE(p.revenue, 0)) <> (SELECT o.n_contracts, o.revenue FROM analytics.kpi(q.date_from, q.date_to, ARRAY[platform], 2) o)))$q$),
('attribution and campaigns spend the same', $q$NOT EXISTS (
    SELECT FROM (SELECT key AS platform, spend FROM analytics.attribution(q.date_from, q.date_to, business_id => q.business_id) WHERE spend IS NOT NULL) a
    FULL JOIN (SELECT platform, sum(spend) AS spend FROM analytics.campaigns(q.date_from, q.date_to, NULL, 1000, q.business_id) GROUP BY 1 HAVING sum(spend) <> 0) c USING (platform)
    WHERE COALESCE(a.spend, 0) <> COALESCE(c.spend, 0))$q$),
('attribution by campaign is campaigns', $q$q.business_id <> 2 OR NOT EXISTS (
    SELECT FROM (SELECT attributed_campaign AS campaign_name, attributed_platform AS platform, count(*) AS contracts, sum(amount) AS revenue FROM analytics.contracts_multi_touch(q.date_from, q.date_to, 1000, 2) WHERE attributed_campaign IS NOT NULL GROUP BY 1, 2) a
    FULL JOIN (SELECT * FROM analytics.campaigns(q.date_from, q.date_to, NULL, 1000, 2, false) WHERE n_contracts > 0) c USING (platform, campaign_name) WHERE (a.contracts, a.revenue) IS DISTINCT FROM (c.n_contracts, c.revenue))$q$),
('advice has the figures of campaigns', $q$NOT EXISTS (
    SELECT FROM analytics.reco_budget(q.date_from, q.date_to, 1000, q.platforms, business_id => q.business_id) r
    LEFT JOIN analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id, false) c USING (platform, campaign_id)
    WHERE (r.leads_cur, r.spend_cur, r.contracts_cur, r.cpl_cur, r.roas_cur) IS DISTINCT FROM (c.leads, c.spend, c.n_contracts, c.cpl, c.roas))$q$),
('performance has the figures of campaigns and the advice of reco_budget', $q$NOT EXISTS (
    SELECT FROM analytics.campaign_performance(q.date_from, q.date_to, 1000, q.platforms, q.business_id) p
    FULL JOIN (SELECT * FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id, false) WHERE n_contracts > 0) c USING (platform, campaign_id)
    LEFT JOIN analytics.reco_budget(q.date_from, q.date_to, 1000, q.platforms, business_id => q.business_id) r USING (platform, campaign_id)
    WHERE (p.leads, p.contracts, p.revenue, p.advice) IS DISTINCT FROM (c.leads, c.n_contracts, c.revenue, r.action)
       OR p.performance_category = 'high_performer' AND r.action = 'pause' OR p.performance_category = 'needs_attention' AND r.action = 'scale')$q$),
('points, weeks and touches per campaign have the figures of campaigns', $q$NOT EXISTS (
    SELECT platform, campaign_id, leads, spend, cpl, roas FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id, false, q.level)
    EXCEPT ALL SELECT platform, campaign_id, leads, spend, cpl, roas FROM analytics.scatter_matrix(q.date_from, q.date_to, q.platforms, 1000, 0, q.business_id, q.level))
    AND (cardinality(q.platforms) > 1 OR NOT EXISTS (
    SELECT FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id) c
    FULL JOIN (SELECT campaign_platform AS platform, campaign_id, sum(leads) AS leads, sum(contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend
               FROM analytics.campaigns_weekly(q.platforms[1], q.date_from, q.date_to, q.business_id) GROUP BY 1, 2) w ON (w.platform, COALESCE(w.campaign_id, '')) = (c.platform, COALESCE(c.campaign_id, ''))
    LEFT JOIN analytics.campaign_funnel(q.platforms[1], q.date_from, q.date_to, q.business_id) f ON (f.campaign_platform, COALESCE(f.campaign_id, '')) = (c.platform, COALESCE(c.campaign_id, ''))
    WHERE (c.leads::numeric, c.n_contracts::numeric, c.revenue, c.spend) IS DISTINCT FROM (w.leads, w.contracts, w.revenue, w.spend)
       OR (c.leads, c.n_contracts, c.revenue, c.spend) IS DISTINCT FROM (f.leads, f.contracts, f.revenue, f.spend)))$q$),
('what is not known to cost anything has no cost per lead', $q$NOT EXISTS (
    SELECT FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id) c WHERE c.cpl = 0
      AND NOT EXISTS (SELECT FROM warehouse.fact_campaign_performance_daily f WHERE (f.business_id, f.platform, f.campaign_id) = (q.business_id, c.platform, c.campaign_id) AND f.date BETWEEN q.date_from AND q.date_to))$q$),
('a cost per lead is told where an export tells a cost, and is one in every answer', $q$k.cpl IS NOT DISTINCT FROM CASE WHEN EXISTS (
        SELECT FROM warehouse.fact_campaign_performance_daily f WHERE f.business_id = q.business_id AND f.date BETWEEN q.date_from AND q.date_to AND pg_temp.is_wanted(f.platform, q.platforms))
        THEN round(k.spend / NULLIF(k.leads, 0), 4) END
    AND k.cpl IS NOT DISTINCT FROM (SELECT t.cpl FROM analytics.kpi_timeseries(q.date_from, q.date_to, 'total', q.platforms, business_id => q.business_id) t)
    AND NOT EXISTS (
        SELECT FROM analytics.metrics_trend(q.date_from, q.date_to, q.platforms, q.business_id) d
        JOIN analytics.kpi_timeseries(q.date_from, q.date_to, 'day', q.platforms, business_id => q.business_id) t ON t.period_start = d.dt WHERE (t.leads, t.spend, t.cpl) IS DISTINCT FROM (d.leads, d.spend, d.cpl))
    AND NOT EXISTS (
        SELECT FROM (SELECT platform, min(cpl) AS cpl FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id) GROUP BY 1 HAVING count(*) = 1) c,
            LATERAL analytics.kpi(q.date_from, q.date_to, ARRAY[c.platform], q.business_id) o WHERE o.cpl IS DISTINCT FROM c.cpl)$q$),
('the daily views have the figures of the answers', $q$(SELECT (COALESCE(sum(v.leads), 0), COALESCE(sum(v.contracts), 0), COALESCE(sum(v.revenue), 0), COALESCE(sum(v.spend), 0)) FROM warehouse.v_kpi_daily v
        WHERE v.business_id = q.business_id AND v.date_day BETWEEN q.date_from AND q.date_to AND pg_temp.is_wanted(v.platform, q.platforms)) = (k.leads::numeric, k.n_contracts::numeric, k.revenue, k.spend)
    AND NOT EXISTS (
        SELECT FROM (SELECT platform, campaign_id, sum(leads) AS leads, sum(contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend, sum(clicks) AS clicks FROM warehouse.v_campaign_daily v
                     WHERE v.business_id = q.business_id AND v.date_day BETWEEN q.date_from AND q.date_to AND v.campaign_id IS NOT NULL GROUP BY 1, 2) v
        FULL JOIN analytics.campaigns(q.date_from, q.date_to, NULL, 1000, q.business_id, false) c USING (platform, campaign_id) WHERE (v.leads, v.contracts, v.revenue, v.spend) IS DISTINCT FROM (c.leads::numeric, c.n_contracts::numeric, c.revenue, c.spend))
    AND NOT EXISTS (
        SELECT FROM (SELECT platform, COALESCE(utm_source, '(none)') AS utm_source, sum(leads) AS leads, sum(contracts) AS contracts, sum(revenue) AS revenue FROM warehouse.v_lead_daily v
                     WHERE v.business_id = q.business_id AND v.date_day BETWEEN q.date_from AND q.date_to GROUP BY 1, 2) v
        FULL JOIN analytics.utm_sources(q.date_from, q.date_to, NULL, 1000, q.business_id) u USING (platform, utm_source) WHERE (v.leads, v.contracts, v.revenue) IS DISTINCT FROM (u.leads::numeric, u.n_contracts::numeric, u.revenue))$q$),
('the reports of ads spend what the answers say', $q$(SELECT COALESCE(sum(spend), 0) FROM warehouse.ad_reporting__campaign_report v WHERE v.business_id = q.business_id AND v.date_day BETWEEN q.date_from AND q.date_to AND pg_temp.is_wanted(v.platform, q.platforms)) = k.spend$q$),
('alerts watch what campaigns count', $q$NOT EXISTS (
    SELECT FROM (SELECT DISTINCT platform, campaign_id, leads, spend FROM analytics.anomalies(q.date_from, q.date_to, row_limit => 1000, verdicts => NULL, lag_days => 0, business_id => q.business_id)
                 WHERE campaign_id IS NOT NULL) a
    LEFT JOIN analytics.campaigns(q.date_from, q.date_to, NULL, 1000, q.business_id, false) c USING (platform, campaign_id) WHERE (a.leads, a.spend) IS DISTINCT FROM (COALESCE(c.leads, 0), COALESCE(c.spend, 0)))$q$),
('series of days, weeks and months have the sums of the period', $q$NOT EXISTS (
    SELECT FROM unnest('{day,week,month}'::text[]) g,
        LATERAL (SELECT sum(leads) AS leads, sum(n_contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend FROM analytics.kpi_timeseries(q.date_from, q.date_to, g, q.platforms, business_id => q.business_id)) t
    WHERE (t.leads, t.contracts, t.revenue, t.spend) IS DISTINCT FROM (k.leads::numeric, k.n_contracts::numeric, k.revenue, k.spend))
    AND (SELECT (sum(leads), sum(spend)) FROM analytics.metrics_trend(q.date_from, q.date_to, q.platforms, q.business_id)) = (k.leads::numeric, k.spend)
    AND (SELECT sum(leads) FROM analytics.trend_leads(q.date_from, q.date_to, q.platforms, q.business_id)) = k.leads AND (SELECT sum(spend) FROM analytics.trend_spend(q.date_from, q.date_to, q.platforms, q.business_id)) = k.spend$q$),
('maturity speaks of the same leads, contracts and money', $q$q.business_id = 2 OR ((SELECT (COALESCE(sum(leads), 0), COALESCE(sum(n_contracts), 0), COALESCE(sum(revenue), 0), COALESCE(sum(spend), 0)) FROM analytics.maturity(q.date_from, q.date_to, q.platforms, business_id => q.business_id)) = (k.leads::numeric, k.n_contracts::numeric, k.revenue, k.spend)
    AND NOT EXISTS (
        SELECT FROM (SELECT platform, sum(leads) AS leads, sum(n_contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id, platform_level => q.level) GROUP BY 1) c
        FULL JOIN (SELECT platform, sum(leads) AS leads, sum(n_contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend FROM analytics.maturity(q.date_from, q.date_to, q.platforms, 'platform', 1000, q.business_id, q.level) GROUP BY 1) m USING (platform)
        WHERE (COALESCE(m.leads, 0), COALESCE(m.contracts, 0), COALESCE(m.revenue, 0), COALESCE(m.spend, 0)) <> (COALESCE(c.leads, 0), COALESCE(c.contracts, 0), COALESCE(c.revenue, 0), COALESCE(c.spend, 0)))
    AND NOT EXISTS (
        SELECT FROM analytics.maturity(q.date_from, q.date_to, q.platforms, 'campaign', 1000, q.business_id) m JOIN analytics.campaigns(q.date_from, q.date_to, q.platforms, 1000, q.business_id, false) c USING (platform, campaign_id)
        WHERE (m.leads, m.n_contracts, m.revenue, m.spend, m.roas) IS DISTINCT FROM (c.leads, c.n_contracts, c.revenue, c.spend, c.roas)))$q$),
('every report on paths has the contracts of attribution', $q$(SELECT count(DISTINCT round(COALESCE(n.n::numeric, 0), 6)) FROM (
        SELECT sum(conversions) AS n FROM analytics.attribution(q.date_from, q.date_to, '{linear,markov}', business_id => q.business_id) GROUP BY model
        UNION ALL SELECT sum(conversions) FROM analytics.top_paths(q.date_from, q.date_to, business_id => q.business_id, row_limit => 100000)
        UNION ALL SELECT sum(conversions) FROM analytics.path_lengths(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT sum(conversions) FROM analytics.time_to_convert(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT sum(count) FROM analytics.transitions(q.date_from, q.date_to, business_id => q.business_id, row_limit => 100000) WHERE to_state = '(conversion)'
        UNION ALL SELECT sum(contracts) FROM analytics.platforms_contracts(q.date_from, q.date_to, q.business_id)) n) = 1$q$),
('touches and their contracts are as many by platform, one by one and by day', $q$(SELECT (COALESCE(sum(events), 0), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0)) FROM analytics.platforms_touches(q.date_from, q.date_to, q.business_id, q.level))
    = (SELECT ((SELECT count(*)::numeric FROM analytics.events_funnel(q.date_from, q.date_to, NULL, 100000, NULL, q.business_id)), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0)) FROM analytics.platforms_contracts(q.date_from, q.date_to, q.business_id, q.level))
    AND (SELECT COALESCE(sum(v.events), 0) FROM warehouse.v_touch_daily v WHERE v.business_id = q.business_id AND v.date_day BETWEEN q.date_from AND q.date_to) = (SELECT count(*) FROM analytics.events_funnel(q.date_from, q.date_to, NULL, 100000, NULL, q.business_id))$q$),
('clients of touches count once each, by platform and by campaign, and contracts by the touch that signed them', $q$NOT EXISTS (
    SELECT FROM (SELECT platform, events, clients FROM analytics.platforms_touches(q.date_from, q.date_to, q.business_id, q.level) WHERE events > 0) t
    FULL JOIN (SELECT COALESCE(d.family, e.platform) AS platform, count(*) AS events, count(DISTINCT e.client_key) AS clients
               FROM warehouse.fact_events e LEFT JOIN warehouse.dim_platforms d ON q.level = 'family' AND d.business_id = e.business_id AND d.platform = e.platform
               WHERE e.business_id = q.business_id AND e.event_date BETWEEN q.date_from AND q.date_to GROUP BY 1) f USING (platform)
    WHERE (t.events, t.clients) IS DISTINCT FROM (f.events, f.clients))
    AND NOT EXISTS (
    SELECT FROM (SELECT (campaign_id, campaign_platform, first_touches, mid_touches, last_touches, clients)::text AS line, count(*)
                 FROM analytics.campaign_funnel(q.platforms[1], q.date_from, q.date_to, q.business_id, q.level) WHERE clients > 0 GROUP BY 1) t
    FULL JOIN (SELECT line::text, count(*) FROM (
                   SELECT (c.campaign_id, CASE q.level WHEN 'family' THEN COALESCE(d.family, p.platform) ELSE p.platform END, count(*) FILTER (WHERE e.touch_role = 'first'),
                           count(*) FILTER (WHERE e.touch_role = 'mid'), count(*) FILTER (WHERE e.touch_role = 'last'), count(DISTINCT e.client_key)) AS line
                   FROM warehouse.fact_events e LEFT JOIN warehouse.dim_campaigns c ON c.business_id = e.business_id AND c.campaign_key = e.campaign_key
                   CROSS JOIN LATERAL (SELECT COALESCE(c.platform, e.platform)) p (platform)
                   LEFT JOIN warehouse.dim_platforms d ON d.business_id = e.business_id AND d.platform = p.platform
                   WHERE e.business_id = q.business_id AND e.event_date BETWEEN q.date_from AND q.date_to AND pg_temp.is_wanted(e.platform, q.platforms[1:1])
                   GROUP BY e.campaign_key, c.campaign_id, CASE q.level WHEN 'family' THEN COALESCE(d.family, p.platform) ELSE p.platform END) l GROUP BY 1) f USING (line, count)
    WHERE t.line IS NULL OR f.line IS NULL)
    AND NOT EXISTS (
    SELECT FROM (SELECT platform, contracts, revenue, avg_touches, avg_days_to_convert FROM analytics.platforms_touches(q.date_from, q.date_to, q.business_id) WHERE contracts > 0) t
    FULL JOIN (SELECT COALESCE(e.platform, k.last_platform, 'unknown') AS platform, count(*) AS contracts, sum(k.amount) AS revenue, round(avg(k.touches), 2) AS touches, round(avg(k.days_to_convert), 2) AS days
               FROM warehouse.fact_contracts k LEFT JOIN warehouse.fact_events e ON e.business_id = k.business_id AND e.client_key = k.client_key AND e.event_id = k.event_id
               WHERE k.business_id = q.business_id AND k.signed_date BETWEEN q.date_from AND q.date_to GROUP BY 1) f USING (platform)
    WHERE (t.contracts, t.revenue, t.avg_touches, t.avg_days_to_convert) IS DISTINCT FROM (f.contracts, f.revenue, f.touches, f.days))
    AND NOT EXISTS (
    SELECT FROM analytics.platforms_contracts(q.date_from, q.date_to, q.business_id) t
    FULL JOIN (SELECT k.attributed_platform AS platform, count(*) AS contracts, sum(k.amount) AS revenue, round(avg(k.touches), 2) AS touches, round(avg(k.days_to_convert), 2) AS days
               FROM warehouse.fact_contracts k WHERE k.business_id = q.business_id AND k.signed_date BETWEEN q.date_from AND q.date_to GROUP BY 1) f USING (platform)
    WHERE (t.contracts, t.revenue, t.avg_touches, t.avg_days) IS DISTINCT FROM (f.contracts, f.revenue, f.touches, f.days))$q$),
('what was to be expected, what is spent of a budget and what a period is compared with are the figures of kpi', $q$(SELECT COALESCE(sum(value), 0) FROM analytics.metric_expectation('leads', q.date_from, q.date_to, q.platforms, business_id => q.business_id)) = k.leads
    AND (SELECT COALESCE(round(sum(value)::numeric, 4), 0) FROM analytics.metric_expectation('spend', q.date_from, q.date_to, q.platforms, business_id => q.business_id)) = k.spend
    AND (SELECT COALESCE(sum(spent_to_date), 0) FROM analytics.budget_pacing(q.date_from, q.date_to, 1000, platforms => q.platforms, as_of => q.date_to, business_id => q.business_id)) = k.spend
    AND NOT EXISTS (
        SELECT FROM (SELECT COALESCE(sum(leads_cur), 0) AS leads, COALESCE(sum(spend_cur), 0) AS spend, COALESCE(sum(leads_prev), 0) AS leads_prev, COALESCE(sum(spend_prev), 0) AS spend_prev
                     FROM analytics.campaigns_wow(q.date_from, q.date_to, q.platforms, 1000, q.business_id, true)) w
        LEFT JOIN analytics.kpi_timeseries(q.date_from, q.date_to, 'total', q.platforms, 'previous_period', q.business_id) t ON t.first_day_prev = q.date_from - q.days AND t.last_day_prev = q.date_from - 1
        WHERE (w.leads, w.spend) <> (k.leads, k.spend) OR (w.leads_prev, w.spend_prev) <> (t.leads_prev, t.spend_prev))$q$),
('content by post, day and platform has one sum', $q$(SELECT count(DISTINCT (n.posts, n.views, n.engagement)) FROM (
        SELECT total_posts AS posts, total_views AS views, total_engagement AS engagement FROM analytics.content_overview(q.business_id, q.days, q.date_to)
        UNION ALL SELECT COALESCE(sum(posts), 0), COALESCE(sum(views), 0), COALESCE(sum(engagement), 0) FROM analytics.content_platforms(q.business_id, q.days, q.date_to, q.level)
        UNION ALL SELECT sum(posts), sum(views), sum(engagement) FROM analytics.content_trends(q.business_id, q.days, q.date_to) WHERE q.days BETWEEN 7 AND 90 HAVING q.days BETWEEN 7 AND 90
        UNION ALL SELECT (SELECT COALESCE(max(total_rows), 0) FROM analytics.content_performance(q.business_id, 1, q.days, q.date_to, with_total => true)), COALESCE(sum(views), 0), COALESCE(sum(engagement), 0)
            FROM analytics.content_days(q.date_to - q.days + 1, q.date_to, q.business_id)) n) = 1$q$),
('posts earned what their days did, and are ranked and benchmarked alike', $q$NOT EXISTS (
    SELECT FROM analytics.content_performance(q.business_id, 100, q.days, q.date_to, platform_level => 'platform') p
    JOIN (SELECT platform, content_id, sum(views) AS views, sum(engagement) AS engagement FROM analytics.content_days(q.date_to - q.days, q.date_to, q.business_id, true, 'platform') GROUP BY 1, 2) d USING (platform, content_id)
    WHERE (p.views, p.engagement) <> (COALESCE(d.views, 0), COALESCE(d.engagement, 0)))
    AND NOT EXISTS (
        SELECT FROM (SELECT * FROM analytics.content_benchmark(business_id => q.business_id, days => q.days, as_of => q.date_to) WHERE metric = 'engagement_rate' AND posts > 0) b
        FULL JOIN analytics.content_ranking('platform', q.business_id, q.days, as_of => q.date_to, platform_level => 'platform') r ON r.subject = b.platform WHERE (b.posts, b.value) IS DISTINCT FROM (r.n, r.engagement_rate))$q$),
('customers are as many, and bought as much, in every answer', $q$(SELECT count(DISTINCT (n.customers, n.revenue)) FROM (
        SELECT total_customer AS customers, revenue FROM analytics.customer_kpi(NULL, q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(size) FILTER (WHERE c.k = 0), 0), COALESCE(sum(revenue), 0) FROM analytics.cohorts(until => q.date_to, business_id => q.business_id) c
        UNION ALL SELECT COALESCE(sum(size) FILTER (WHERE c.k = 0), 0), COALESCE(sum(revenue), 0) FROM analytics.cohorts('week', 'campaign', until => q.date_to, business_id => q.business_id) c
        UNION ALL SELECT count(*), COALESCE(sum(monetary), 0) FROM analytics.customer_rfm(q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(customers), 0), COALESCE(sum(revenue), 0) FROM analytics.rfm_summary(q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(p.customers), 0), COALESCE(round(sum(p.value_per_customer * p.customers)), 0) FROM analytics.cohort_payback(until => q.date_to, business_id => q.business_id) p) n) = 1$q$),
('the parts of the customer dashboard have the customers of its whole', $q$(SELECT count(DISTINCT n.customers) FROM (
        SELECT total_customer AS customers FROM analytics.customer_kpi(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(total_customer), 0) FROM analytics.customer_segments(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(total_customer), 0) FROM analytics.customer_values(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(total_customer), 0) FROM analytics.customer_visits(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT COALESCE(sum(total_customer), 0) FROM analytics.customer_recency_buckets(q.date_from, q.date_to, business_id => q.business_id)
        UNION ALL SELECT (analytics.customer_dashboard(q.date_from, q.date_to, business_id => q.business_id) -> 'kpi' ->> 'total_customer')::bigint) n) = 1$q$);
ALTER TABLE question ADD days int;
UPDATE question SET days = date_to - date_from + 1;
SELECT * FROM pg_temp.tried();
-- The list of platforms has the figures of all time.
SELECT count(*) > 15 AS platforms, count(*) FILTER (WHERE (p.leads, p.spend) IS DISTINCT FROM (k.leads, k.spend)) AS otherwise
FROM analytics.platform_list() p, analytics.kpi('2025-01-01', '2025-12-31', ARRAY[p.platform], p.business) k;
SELECT count(*) FILTER (WHERE k.leads > 0) > 100 AS with_leads, count(*) FILTER (WHERE k.n_contracts > 0) > 80 AS with_contracts, count(*) FILTER (WHERE k.spend > 0) > 100 AS with_spend
FROM question q, analytics.kpi(q.date_from, q.date_to, q.platforms, q.business_id) k;
DROP SCHEMA raw, warehouse CASCADE;
