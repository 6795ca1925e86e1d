-- What endpoints say of the same days must fit together: random periods, filters and businesses; and the columns that services rely on.
\i test/fixture/reset.sql
SELECT analytics.install();
SELECT analytics.load_demo();
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

-- A period is its spans and the days outside them, each day once, whatever the period and the longest span; spans are as long as they can be.
CREATE TEMP TABLE period AS
SELECT i, date '1997-06-11' + h % 9000 AS first, date '1997-06-11' + h % 9000 + h / 9000 % (ARRAY[1, 8, 30, 100, 1500])[1 + i % 5] AS last, (ARRAY[7, 28, 364])[1 + i % 3] AS longest
FROM (SELECT i, ('x' || substr(md5('p' || i), 1, 8))::bit(32)::int::bigint & 2147483647 AS n FROM generate_series(1, 300) i) r, LATERAL (SELECT n::int) c (h);
CREATE TEMP TABLE part AS
SELECT p.i, left(s, 10)::date AS first, substring(s, 'P(\d+)D')::int AS days FROM period p, unnest(analytics_internal.spans_within(p.first, p.last, p.longest)) s
UNION ALL SELECT p.i, d, 1 FROM period p, unnest(analytics_internal.days_outside_spans(p.first, p.last)) d;
CREATE INDEX ON part (i);
ANALYZE part;
SELECT count(*) AS periods, count(*) FILTER (WHERE p.days IS DISTINCT FROM ARRAY(SELECT d::date FROM generate_series(p.first::timestamp, p.last, '1 day') d)) AS broken
FROM (SELECT q.*, ARRAY(SELECT a.first + o FROM part a, generate_series(0, a.days - 1) o WHERE a.i = q.i ORDER BY 1) AS days FROM period q) p;
SELECT days, count(*) > 10 AS met, bool_and(days = 1 OR isodow = 1 AND days <= longest) AS from_monday, count(*) FILTER (WHERE longer) AS needlessly_short
FROM (SELECT a.days, p.longest, extract(isodow FROM a.first) AS isodow,
             EXISTS (SELECT FROM unnest('{7,28,364}'::int[]) n, LATERAL (SELECT analytics_internal.span_start(a.first, n)) s (first) WHERE n > a.days AND n <= p.longest AND s.first >= p.first AND s.first + n - 1 <= p.last) AS longer
      FROM part a JOIN period p USING (i)) x GROUP BY days ORDER BY days;
SELECT analytics_internal.spans_within('2025-03-01', '2025-03-12'), analytics_internal.days_outside_spans('2025-03-01', '2025-03-12'), analytics_internal.spans_within('2025-03-05', '2025-03-04'), analytics_internal.spans_within(NULL, '2025-03-04'),
       analytics_internal.days_outside_spans('2025-03-05', '2025-03-04'), analytics_internal.days_outside_spans('-infinity', '2025-03-04');

-- Another business, by other rules: contracts count when they are signed, clients are leads more than once, contracts without any touch, Instagram touches
-- of a campaign of a Facebook account, spend without leads, ads by campaign beside ads by ad.
CREATE SCHEMA raw;
CREATE TABLE raw.events AS
SELECT 'e' || i AS event_id, 'c' || h % 90 AS client_id, timestamptz '2025-08-20 06:00Z' + h % 5000000 * interval '1 second' AS occurred_at,
       (ARRAY['facebook', 'instagram', 'google', 'newsletter', NULL, 'tiktok'])[1 + h % 6] AS utm_source, (ARRAY['cpc', 'cpc', 'cpc', 'email', NULL, 'paid'])[1 + h % 6] AS utm_medium,
       CASE WHEN h % 6 < 3 THEN (ARRAY['One', 'Two', 'Three'])[1 + h % 3] END AS utm_campaign, h % 5 = 0 AS is_lead, 'p' || h % 4 AS product_id
FROM (SELECT i, ('x' || substr(md5(i::text), 1, 8))::bit(32)::int::bigint & 2147483647 AS h FROM generate_series(1, 600) i) r;
CREATE TABLE raw.contracts AS
SELECT 'k' || i AS contract_id, 'c' || (i * 7) % 100 AS client_id, timestamptz '2025-09-01 09:00Z' + i * interval '20 hours' AS signed_at, 100 + i AS amount,
       CASE WHEN i % 2 = 0 THEN (SELECT event_id FROM raw.events e WHERE e.client_id = 'c' || (i * 7) % 100 ORDER BY event_id LIMIT 1) END AS event_id
FROM generate_series(1, 60) i;
CREATE TABLE raw.ads AS
SELECT d::date AS date, p.platform, p.id AS campaign_id, p.name AS campaign_name, a.ad AS ad_id, 100 * p.n AS impressions, 3 * p.n AS clicks, p.n * (1 + extract(day FROM d)::int % 7) AS spend
FROM generate_series(timestamp '2025-08-15', '2025-10-31', '1 day') d, (VALUES (1, 'facebook', '1', 'One'), (2, 'facebook', '2', 'Two'), (3, 'google', '3', 'Three'), (4, 'bing', '4', 'Four')) p (n, platform, id, name),
     (VALUES (NULL), ('x'), ('y')) a (ad) WHERE a.ad IS NULL OR p.n < 3;
DO $$
BEGIN
    PERFORM analytics.configure(currency => 'UAH', reporting_timezone => 'America/New_York', revenue_basis => 'contract_date', business_id => 2);
    PERFORM analytics.register_source('events', 'raw.events', business_id => 2);
    PERFORM analytics.register_source('contracts', 'raw.contracts', business_id => 2);
    PERFORM analytics.register_source('ad_performance', 'raw.ads', business_id => 2);
END
$$;
CALL analytics.refresh(business_id => 2);
SELECT leads, n_contracts, revenue, spend, currency FROM analytics.kpi('2025-08-01', '2025-11-30', business_id => 2);

CREATE TEMP TABLE question AS
SELECT date '2025-08-05' + h % 88 AS date_from, LEAST(date '2025-08-05' + h % 88 + h / 100 % 60, '2025-11-10') AS date_to, b.business_id, p.platforms, p.platforms[1] AS platform
FROM (SELECT i, ('x' || substr(md5('q' || i), 1, 8))::bit(32)::int::bigint & 2147483647 AS n FROM generate_series(1, 60) i) r, LATERAL (SELECT n::int) c (h),
     LATERAL (SELECT (ARRAY[1, 2, NULL, 1])[1 + i % 4]::bigint) b (business_id),
     LATERAL (SELECT (ARRAY[NULL, '{meta}', '{google}', '{unknown}', '{facebook,email}', '{instagram}', '{}', '{paid_search}', NULL])[1 + i % 9]::text[]) p (platforms);

-- Each property holds for each question. q is the question, k its key figures.
\i test/fixture/properties.sql
INSERT INTO property VALUES
('campaigns add up to kpi', $q$(SELECT (COALESCE(sum(leads), 0), COALESCE(sum(n_contracts), 0), COALESCE(sum(revenue), 0), COALESCE(sum(spend), 0)) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id))
    = (k.leads::numeric, k.n_contracts::numeric, k.revenue, k.spend)$q$),
('days add up to kpi', $q$((SELECT sum(leads) FROM analytics.trend_leads(q.date_from, q.date_to, q.platforms, q.business_id)), (SELECT sum(spend) FROM analytics.trend_spend(q.date_from, q.date_to, q.platforms, q.business_id)))
    = (k.leads::numeric, k.spend)$q$),
('each day of metrics_trend is that of the trends', $q$NOT EXISTS (SELECT FROM analytics.metrics_trend(q.date_from, q.date_to, q.platforms, q.business_id) m
    FULL JOIN analytics.trend_leads(q.date_from, q.date_to, q.platforms, q.business_id) l USING (dt) FULL JOIN analytics.trend_spend(q.date_from, q.date_to, q.platforms, q.business_id) s USING (dt)
    WHERE (m.leads, m.spend) IS DISTINCT FROM (l.leads, s.spend))$q$),
('shares add up to kpi and to 100.0', $q$(SELECT COALESCE(sum(leads), 0) = k.leads AND (sum(share_pct) = 100.0 OR k.leads = 0) FROM analytics.share_platforms(q.date_from, q.date_to, q.platforms, q.business_id))$q$),
('paid + organic = total', $q$(SELECT COALESCE(sum(total_leads), 0) = k.leads AND COALESCE(bool_and(paid_leads + organic_leads = total_leads AND paid_pct + organic_pct = 100), true)
    FROM analytics.paid_split_platforms(q.date_from, q.date_to, q.platforms, q.business_id))$q$),
('sources add up to the leads', $q$(SELECT COALESCE(sum(leads), 0) = k.leads FROM analytics.utm_sources(q.date_from, q.date_to, q.platforms, 10000, q.business_id))$q$),
('products and branches add up to the leads', $q$(SELECT COALESCE(sum(leads), 0) FROM analytics.product_performance(q.date_from, q.date_to, q.platforms, 10000, q.business_id)) = k.leads
    AND (SELECT COALESCE(sum(leads), 0) FROM analytics.branch_performance(q.date_from, q.date_to, q.platforms, 10000, q.business_id)) = k.leads$q$),
('weeks add up to their days', $q$NOT EXISTS (SELECT FROM (SELECT week_start, sum(leads) AS leads, sum(clicks) AS clicks, sum(impressions) AS impressions, sum(spend) AS spend
        FROM analytics.campaigns_weekly(q.platform, q.date_from, q.date_to, q.business_id) GROUP BY 1) w
    FULL JOIN (SELECT date_trunc('week', dt)::date AS week_start, sum(leads) AS leads, sum(clicks) AS clicks, sum(impressions) AS impressions, sum(spend) AS spend
        FROM analytics.metrics_trend(q.date_from, q.date_to, ARRAY[q.platform] FILTERED, q.business_id) GROUP BY 1) d USING (week_start)
    WHERE (COALESCE(w.leads, 0), COALESCE(w.clicks, 0), COALESCE(w.impressions, 0), COALESCE(w.spend, 0)) <> (d.leads, d.clicks, d.impressions, d.spend))$q$),
('weeks have the contracts of kpi', $q$(SELECT (COALESCE(sum(w.contracts), 0), COALESCE(sum(w.revenue), 0)) = (SELECT n_contracts::numeric, revenue FROM analytics.kpi(q.date_from, q.date_to, ARRAY[q.platform] FILTERED, q.business_id))
    FROM analytics.campaigns_weekly(q.platform, q.date_from, q.date_to, q.business_id) w)$q$),
('periods of any length add up to kpi', $q$(SELECT bool_and((SELECT (sum(leads), sum(n_contracts), sum(revenue), sum(spend)) FROM analytics.kpi_timeseries(q.date_from, q.date_to, g, q.platforms, 'none', q.business_id))
    = (k.leads::numeric, k.n_contracts::numeric, k.revenue, k.spend)) FROM unnest('{day,week,month,quarter,year,total}'::text[]) g)$q$),
('a period before is the kpi of its days, as it stood at the same age', $q$NOT EXISTS (SELECT FROM unnest('{day,week,month,quarter,year,total}'::text[]) g, unnest('{previous_period,previous_year}'::text[]) c,
        analytics.kpi_timeseries(q.date_from, q.date_to, g, q.platforms, c, q.business_id) t, analytics.kpi(t.first_day_prev, t.last_day_prev, q.platforms, q.business_id) p,
        analytics_internal.late_results(t.first_day_prev, t.last_day_prev, analytics_internal.known_until(q.business_id) - (t.first_day - t.first_day_prev), q.platforms, q.business_id) l
    WHERE (t.leads_prev, t.n_contracts_prev, t.revenue_prev, t.spend_prev) IS DISTINCT FROM (p.leads - l.leads, p.n_contracts - l.contracts, p.revenue - l.revenue, p.spend)
       OR l.leads = 0 AND l.contracts = 0 AND (t.cpl_prev, t.roas_prev) IS DISTINCT FROM (p.cpl, p.roas))$q$),
('wow is campaigns of both periods', $q$NOT EXISTS (SELECT FROM analytics.campaigns_wow(q.date_from, q.date_to, q.platforms, 10000, 2, include_unassigned => true) w
    FULL JOIN analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, 2) c ON (c.platform, c.campaign_name) = (w.platform, w.campaign_name)
    FULL JOIN analytics.campaigns(q.date_from - (q.date_to - q.date_from + 1), q.date_from - 1, q.platforms, 10000, 2) p ON (p.platform, p.campaign_name) = (w.platform, w.campaign_name)
    LEFT JOIN LATERAL (SELECT COALESCE(sum(l.leads), 0) AS leads FROM warehouse.late_daily l LEFT JOIN warehouse.dim_campaigns d USING (business_id, campaign_key)
        WHERE l.business_id = 2 AND l.settled_date > analytics_internal.known_until(2) - (q.date_to - q.date_from + 1) AND l.created_date BETWEEN q.date_from - (q.date_to - q.date_from + 1) AND q.date_from - 1
          AND (COALESCE(d.platform, l.platform), COALESCE(d.campaign_name, '(no campaign)')) = (w.platform, w.campaign_name)) l ON true
    WHERE w.platform IS NULL OR (w.leads_cur, w.spend_cur, w.cpl_cur, w.leads_prev, w.spend_prev)
        IS DISTINCT FROM (COALESCE(c.leads, 0), COALESCE(c.spend, 0), c.cpl, COALESCE(p.leads, 0) - l.leads, COALESCE(p.spend, 0))
        OR l.leads = 0 AND w.cpl_prev IS DISTINCT FROM p.cpl)$q$),
('families are the sums of their platforms', $q$NOT EXISTS (SELECT FROM
        (SELECT platform, leads FROM analytics.share_platforms(q.date_from, q.date_to, q.platforms, q.business_id, 'family')) f
    FULL JOIN (SELECT COALESCE(d.family, s.platform) AS platform, sum(s.leads) AS leads FROM analytics.share_platforms(q.date_from, q.date_to, q.platforms, q.business_id) s
        LEFT JOIN (SELECT DISTINCT platform, family FROM warehouse.dim_platforms) d USING (platform) GROUP BY 1) p USING (platform) WHERE f.leads IS DISTINCT FROM p.leads)
    AND (SELECT (COALESCE(sum(leads), 0), COALESCE(sum(spend), 0)) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id, platform_level => 'family')) = (k.leads::numeric, k.spend)
    AND (SELECT COALESCE(sum(leads), 0) FROM analytics.utm_sources(q.date_from, q.date_to, q.platforms, 10000, q.business_id, 'family')) = k.leads
    AND (SELECT COALESCE(sum(total_leads), 0) FROM analytics.paid_split_platforms(q.date_from, q.date_to, q.platforms, q.business_id, 'family')) = k.leads
    AND NOT EXISTS (SELECT platform FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id, platform_level => 'family') WHERE platform IN ('facebook', 'instagram'))$q$),
('what has no campaign takes no place, costs nothing that is known, and stands last', $q$(SELECT count(*) FILTER (WHERE c.campaign_id IS NOT NULL) = LEAST(2, (SELECT count(*) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id, false)))
        AND count(*) FILTER (WHERE c.campaign_id IS NULL) = (SELECT count(*) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id) a WHERE a.campaign_id IS NULL)
        AND COALESCE(bool_and(c.cpl IS NULL) FILTER (WHERE c.campaign_id IS NULL AND c.spend = 0), true)
        AND COALESCE(max(c.place) FILTER (WHERE c.campaign_id IS NOT NULL) < min(c.place) FILTER (WHERE c.campaign_id IS NULL), true)
    FROM (SELECT a.*, row_number() OVER () AS place FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 2, q.business_id) a) c)$q$),
('every row of a campaign names its business', $q$NOT EXISTS (SELECT FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id) c WHERE c.business NOT IN (1, 2) OR c.business <> q.business_id)$q$),
('without a limit it is the usual one', $q$(SELECT array_agg(c) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, NULL, q.business_id) c) IS NOT DISTINCT FROM (SELECT array_agg(c) FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, business_id => q.business_id) c)
    AND (SELECT count(*) FROM analytics.contracts_multi_touch(q.date_from, q.date_to, NULL, q.business_id)) = (SELECT count(*) FROM analytics.contracts_multi_touch(q.date_from, q.date_to, business_id => q.business_id))$q$),
('points are campaigns', $q$NOT EXISTS (SELECT platform, campaign_name, leads, spend, cpl, roas FROM analytics.scatter_matrix(q.date_from, q.date_to, q.platforms, 10000, 0, q.business_id)
    EXCEPT SELECT platform, campaign_name, leads, spend, cpl, roas FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, q.business_id))$q$),
('judged campaigns are those with contracts', $q$NOT EXISTS (SELECT FROM analytics.campaign_performance(q.date_from, q.date_to, 10000, q.platforms, 2) p
    FULL JOIN (SELECT * FROM analytics.campaigns(q.date_from, q.date_to, q.platforms, 10000, 2) WHERE n_contracts > 0 AND campaign_id IS NOT NULL) c USING (platform, campaign_id)
    WHERE (p.leads, p.contracts, p.revenue) IS DISTINCT FROM (c.leads, c.n_contracts, c.revenue) OR (p.p_above_average NOT BETWEEN 0 AND 1) OR (p.p_above_average IS NULL) <> (p.leads = 0))$q$),
('campaign_funnel has the results of campaigns', $q$(SELECT (COALESCE(sum(leads), 0), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0), COALESCE(sum(spend), 0)) FROM analytics.campaign_funnel(q.platform, q.date_from, q.date_to, q.business_id))
    = (SELECT (leads::numeric, n_contracts::numeric, revenue, spend) FROM analytics.kpi(q.date_from, q.date_to, ARRAY[q.platform] FILTERED, q.business_id))$q$),
('campaign_funnel has every touch', $q$(SELECT COALESCE(sum(first_touches + mid_touches + last_touches), 0) = (SELECT count(*) FROM analytics.events_funnel(q.date_from, q.date_to, q.platform, 100000, business_id => q.business_id))
        AND COALESCE(bool_and(clients <= first_touches + mid_touches + last_touches), true)
    FROM analytics.campaign_funnel(q.platform, q.date_from, q.date_to, q.business_id))$q$),
('platforms_touches has every touch and contract', $q$(SELECT (COALESCE(sum(events), 0), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0)) FROM analytics.platforms_touches(q.date_from, q.date_to, q.business_id))
    = (SELECT ((SELECT count(*)::numeric FROM analytics.events_funnel(q.date_from, q.date_to, NULL, 100000, business_id => q.business_id)), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0))
       FROM analytics.platforms_contracts(q.date_from, q.date_to, q.business_id))$q$),
('every list of contracts has every contract', $q$(SELECT COALESCE(sum(contracts), 0) FROM analytics.platforms_contracts(q.date_from, q.date_to, q.business_id)) = ALL (ARRAY[
        (SELECT count(*) FROM analytics.contracts_multi_touch(q.date_from, q.date_to, 10000, q.business_id)), (SELECT count(*) FROM analytics.contracts_enriched(q.date_from, q.date_to, NULL, 10000, q.business_id))])$q$),
('contracts of a platform are those attributed to it', $q$(SELECT count(*) FROM analytics.contracts_enriched(q.date_from, q.date_to, 'google', 10000, q.business_id))
    = (SELECT COALESCE(sum(contracts), 0) FROM analytics.platforms_contracts(q.date_from, q.date_to, q.business_id) WHERE platform = 'google')$q$),
('by contract date kpi has the contracts signed', $q$(SELECT n_contracts FROM analytics.kpi(q.date_from, q.date_to, business_id => 2)) = (SELECT COALESCE(sum(contracts), 0) FROM analytics.platforms_contracts(q.date_from, q.date_to, 2))$q$),
('the touches of a contract are its journey', $q$NOT EXISTS (SELECT FROM analytics.contracts_multi_touch(q.date_from, q.date_to, 10000, q.business_id) WHERE touches <> cardinality(journey) OR journey[1] <> first_touch_platform)$q$),
('a family is its platforms', $q$(SELECT f FROM analytics.kpi(q.date_from, q.date_to, '{meta}', q.business_id) f) = (SELECT p FROM analytics.kpi(q.date_from, q.date_to, '{facebook,instagram}', q.business_id) p)$q$),
('businesses add up', $q$(SELECT (leads, n_contracts, revenue, spend) FROM analytics.kpi(q.date_from, q.date_to, q.platforms))
    = (SELECT (sum(b.leads)::bigint, sum(b.n_contracts)::bigint, sum(b.revenue), sum(b.spend)) FROM unnest('{1,2}'::bigint[]) n, analytics.kpi(q.date_from, q.date_to, q.platforms, n) b)$q$),
('days add up over a split', $q$(SELECT a.leads + b.leads = k.leads AND a.spend + b.spend = k.spend FROM analytics.kpi(q.date_from, q.date_from, q.platforms, q.business_id) a,
    LATERAL (SELECT COALESCE(sum(leads), 0), COALESCE(sum(spend), 0) FROM analytics.campaigns(q.date_from + 1, GREATEST(q.date_to, q.date_from + 1), q.platforms, 10000, q.business_id)) b (leads, spend)) OR q.date_from = q.date_to$q$),
('the views have the figures of kpi', $q$(SELECT (COALESCE(sum(v.leads), 0), COALESCE(sum(v.contracts), 0), COALESCE(sum(v.revenue), 0), COALESCE(sum(v.spend), 0)) FROM warehouse.v_kpi_daily v
        WHERE v.date_day BETWEEN q.date_from AND q.date_to AND (q.business_id IS NULL OR v.business_id = q.business_id))
    = (SELECT (leads::numeric, n_contracts::numeric, revenue, spend) FROM analytics.kpi(q.date_from, q.date_to, business_id => q.business_id))$q$),
('reports of ads have the spend of kpi', $q$(SELECT (SELECT COALESCE(sum(spend), 0) FROM warehouse.ad_reporting__campaign_report v WHERE v.date_day BETWEEN q.date_from AND q.date_to AND (q.business_id IS NULL OR v.business_id = q.business_id)) = p.spend
        AND (SELECT COALESCE(sum(spend), 0) FROM warehouse.ad_reporting__account_report v WHERE v.date_day BETWEEN q.date_from AND q.date_to AND (q.business_id IS NULL OR v.business_id = q.business_id)) = p.spend
        AND (SELECT COALESCE(sum(impressions), 0) FROM warehouse.ad_reporting__campaign_report v WHERE v.date_day BETWEEN q.date_from AND q.date_to AND (q.business_id IS NULL OR v.business_id = q.business_id))
            = (SELECT sum(impressions) FROM analytics.metrics_trend(q.date_from, q.date_to, business_id => q.business_id))
    FROM analytics.kpi(q.date_from, q.date_to, business_id => q.business_id) p)$q$);
UPDATE property SET holds = replace(holds, 'ARRAY[q.platform] FILTERED', 'CASE WHEN q.platform IS NOT NULL THEN ARRAY[q.platform] END');
SELECT * FROM pg_temp.tried();
-- The questions ask for something.
SELECT count(*) FILTER (WHERE k.leads > 0) > 20 AS with_leads, count(*) FILTER (WHERE k.n_contracts > 0) > 20 AS with_contracts, count(*) FILTER (WHERE k.spend > 0) > 20 AS with_spend
FROM question q, analytics.kpi(q.date_from, q.date_to, q.platforms, q.business_id) k;

-- Stages never grow; the summary is of all days.
SELECT b AS business_id, count(*) AS stages, bool_and(f.rate <= 100) AS never_grows FROM unnest('{1,2,NULL}'::bigint[]) b, analytics.funnel_stages(b) f GROUP BY b ORDER BY b;
SELECT s.total_events = (SELECT sum(events) FROM analytics.platforms_touches('2000-01-01', '2100-01-01', b)) AS events, s.unique_clients = (SELECT count(DISTINCT (client_id, business_id)) FROM analytics.events_funnel('2000-01-01', '2100-01-01', NULL, 100000, NULL, b)) AS clients,
       (s.contracts, s.total_revenue) = (SELECT sum(contracts)::bigint, sum(revenue) FROM analytics.platforms_contracts('2000-01-01', '2100-01-01', b)) AS contracts,
       s.first_touch_events + s.mid_and_last_touch_events = s.total_events AS touches FROM unnest('{1,2,NULL}'::bigint[]) b, analytics.summary(b) s;

-- The columns that services read: these names, in this order, first.
SELECT c.name, c.columns = (SELECT string_agg(a.name, ', ' ORDER BY a.place) FROM (
    SELECT name, row_number() OVER (ORDER BY o) AS place FROM unnest(p.proargnames, p.proargmodes) WITH ORDINALITY u (name, mode, o) WHERE u.mode = 't') a
    WHERE a.place <= cardinality(string_to_array(c.columns, ', '))) AS as_documented
FROM (VALUES ('kpi', 'leads, n_contracts, revenue, spend, cpl, roas'), ('trend_leads', 'dt, leads'), ('trend_spend', 'dt, spend'),
    ('campaigns', 'platform, campaign_name, leads, n_contracts, revenue, spend, cpl, roas'), ('share_platforms', 'platform, leads, share_pct'),
    ('utm_sources', 'platform, utm_source, leads, n_contracts, revenue'), ('paid_split_platforms', 'platform, paid_leads, organic_leads, total_leads, paid_pct, organic_pct'),
    ('campaigns_wow', 'platform, campaign_name, leads_cur, leads_prev, leads_diff_pct, cpl_cur, cpl_prev'), ('scatter_matrix', 'platform, campaign_name, leads, spend, cpl, roas'),
    ('campaign_performance', 'performance_category, platform, campaign_name, leads, contracts, revenue, conversion_rate, avg_contract_value'),
    ('metrics_trend', 'dt, leads, clicks, impressions, spend, cpl, cpc, ctr, cpm'),
    ('campaigns_weekly', 'week_start, campaign_id, campaign_name, leads, contracts, revenue, impressions, clicks, spend, cpl, roas'),
    ('summary', 'total_events, unique_clients, first_touch_events, mid_and_last_touch_events, contracts, total_revenue, unique_platforms, data_multiplier')) c (name, columns)
JOIN pg_proc p ON p.pronamespace = 'analytics'::regnamespace AND p.proname = c.name;
