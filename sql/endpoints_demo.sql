-- Every endpoint on the demo data, against obvious SQL over the raw demo tables. Nothing of the warehouse is read here but through endpoints.
\i test/fixture/reset.sql
\set VERBOSITY default
SELECT analytics.install();
SELECT analytics.load_demo();
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';

-- The raw rows, read once more, by the rules as a person would write them down. Times are local already.
CREATE TEMP TABLE raw_campaign AS
SELECT 'facebook' AS platform, id AS campaign_id, name AS campaign_name FROM demo.meta_campaigns
UNION ALL SELECT DISTINCT 'google', "campaign.id"::text, "campaign.name" FROM demo.google_campaign;
CREATE TEMP TABLE raw_touch AS
SELECT t.*, c.campaign_id AS of_campaign, c.campaign_name,
       t.platform IN ('facebook', 'google', 'paid_search', 'paid_social') AS is_paid, CASE t.platform WHEN 'google' THEN 'google' ELSE t.utm_source END AS source
FROM (
    SELECT e.*, row_number() OVER (PARTITION BY client_id ORDER BY created_at, id::text COLLATE "C") AS n,
           CASE WHEN landing_url LIKE '%utm_source=google%' THEN 'google' WHEN utm_medium = 'email' THEN 'email'
                WHEN utm_source IN ('facebook', 'viber', 'telegram') THEN utm_source WHEN utm_medium LIKE 'paid%' THEN utm_medium
                WHEN source_type LIKE '%event%' THEN 'event' ELSE 'unknown' END AS platform
    FROM demo.crm_events e
) t
LEFT JOIN raw_campaign c ON c.platform = t.platform AND (c.campaign_name = t.utm_campaign OR t.landing_url LIKE '%utm_campaign=' || c.campaign_id || '&%');
CREATE INDEX ON raw_touch (client_id);
ANALYZE raw_touch;
-- A client is a lead, on the day of its first touch, and belongs to its last touch of a campaign, else to its first touch.
CREATE TEMP TABLE raw_lead AS
SELECT f.client_id, f.created_at::date AS day, a.platform, a.of_campaign, a.campaign_name, a.is_paid, a.source, f.product_id, f.branch_id,
       a.created_at::date AS settled, f.platform AS first_platform, f.of_campaign AS first_campaign, f.campaign_name AS first_campaign_name
FROM raw_touch f, LATERAL (SELECT * FROM raw_touch t WHERE t.client_id = f.client_id AND (t.n = 1 OR t.of_campaign IS NOT NULL)
                           ORDER BY (t.of_campaign IS NOT NULL) DESC, t.created_at DESC LIMIT 1) a
WHERE f.n = 1;
-- The same for a contract, by the touches until it was signed.
CREATE TEMP TABLE raw_contract AS
SELECT k.number, k.client_id, k.signed_at, k.signed_at::date AS day, k.amount::numeric AS amount, k.product_id, k.branch_id, o.platform AS own_platform,
       a.platform, a.of_campaign, a.campaign_name, a.source, a.ad_id, CASE WHEN a.of_campaign IS NULL THEN 'first_touch' ELSE 'last_paid_touch' END AS rule,
       j.touches, round(extract(epoch FROM k.signed_at AT TIME ZONE 'Europe/Kyiv' - j.first_at AT TIME ZONE 'Europe/Kyiv') / 86400, 4) AS days, j.journey
FROM demo.crm_contracts k JOIN raw_touch o ON o.id = k.event_id,
     LATERAL (SELECT * FROM raw_touch t WHERE t.client_id = k.client_id AND t.created_at <= k.signed_at AND (t.n = 1 OR t.of_campaign IS NOT NULL)
              ORDER BY (t.of_campaign IS NOT NULL) DESC, t.created_at DESC LIMIT 1) a,
     LATERAL (SELECT count(*)::int AS touches, min(created_at) AS first_at, array_agg(t.platform ORDER BY t.n) AS journey FROM raw_touch t
              WHERE t.client_id = k.client_id AND t.created_at <= k.signed_at) j;
-- A contract counts on the day of its client's lead and for what that asked for, by its own touch.
CREATE TEMP VIEW raw_part AS
SELECT day, platform, of_campaign, campaign_name, source, product_id, branch_id, 1 AS leads, 0 AS contracts, 0::numeric AS revenue FROM raw_lead
UNION ALL SELECT l.day, k.platform, k.of_campaign, k.campaign_name, k.source, l.product_id, l.branch_id, 0, 1, k.amount FROM raw_contract k JOIN raw_lead l USING (client_id);
CREATE TEMP TABLE raw_ad AS
SELECT date_start AS day, 'facebook' AS platform, campaign_id AS of_campaign, campaign_name, sum(impressions) AS impressions, sum(clicks) AS clicks, sum(spend) AS spend
FROM demo.meta_ads_insights GROUP BY 1, 3, 4
UNION ALL
SELECT "segments.date", 'google', "campaign.id"::text, "campaign.name", "metrics.impressions", "metrics.clicks", "metrics.cost_micros" / 1000000.0 FROM demo.google_campaign;
-- What is known since a day and until another: a lead belongs to its first touch until the one that it is attributed to, contracts are there once they are signed.
CREATE TEMP VIEW raw_state AS
SELECT day, CASE WHEN settled > day THEN settled ELSE '-infinity' END AS since, 'infinity'::date AS until, platform, of_campaign AS campaign_id, campaign_name, 1 AS leads, 0 AS contracts, 0::numeric AS revenue, 0::numeric AS spend FROM raw_lead
UNION ALL SELECT day, '-infinity', settled, first_platform, first_campaign, first_campaign_name, 1, 0, 0, 0 FROM raw_lead WHERE settled > day
UNION ALL SELECT l.day, CASE WHEN k.day > l.day THEN k.day ELSE '-infinity' END, 'infinity', k.platform, k.of_campaign, k.campaign_name, 0, 1, k.amount, 0 FROM raw_contract k JOIN raw_lead l USING (client_id)
UNION ALL SELECT day, '-infinity', 'infinity', platform, of_campaign, campaign_name, 0, 0, 0, spend FROM raw_ad;
CREATE FUNCTION pg_temp.raw_kpi_then(first date, last date, wanted text[], seen date)
    RETURNS TABLE (leads bigint, contracts numeric, revenue numeric, spend numeric, cpl numeric, roas numeric) LANGUAGE sql AS $$
    SELECT l, c, r, s, round(s / NULLIF(l, 0), 4), round(r / NULLIF(s, 0), 4)
    FROM (SELECT COALESCE(sum(leads), 0), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0), COALESCE(sum(spend), 0)
          FROM raw_state WHERE day BETWEEN first AND last AND platform = ANY (wanted) AND since <= seen AND seen < until) k (l, c, r, s)
$$;
CREATE TEMP VIEW raw_result AS
SELECT day, platform, of_campaign AS campaign_id, COALESCE(campaign_name, '(no campaign)') AS campaign_name, leads, contracts, revenue, 0::numeric AS impressions, 0::numeric AS clicks, 0::numeric AS spend FROM raw_part
UNION ALL SELECT day, platform, of_campaign, campaign_name, 0, 0, 0, impressions, clicks, spend FROM raw_ad;
CREATE FUNCTION pg_temp.raw_kpi(first date, last date, wanted text[])
    RETURNS TABLE (leads bigint, contracts numeric, revenue numeric, spend numeric, cpl numeric, roas numeric) LANGUAGE sql AS $$
    SELECT l, c, r, s, round(s / NULLIF(l, 0), 4), round(r / NULLIF(s, 0), 4)
    FROM (SELECT COALESCE(sum(leads), 0), COALESCE(sum(contracts), 0), COALESCE(sum(revenue), 0), COALESCE(sum(spend), 0)
          FROM raw_result WHERE day BETWEEN first AND last AND platform = ANY (wanted)) k (l, c, r, s)
$$;

-- The posterior probability that a rate is above the average, by a sum over 20000 slices of x = sin(t)^2, where the density is smooth.
CREATE FUNCTION pg_temp.p_above(converted int, leads int, average float8) RETURNS float8 LANGUAGE sql AS $$
    SELECT sum(d * (pi() / 2 - a)) FILTER (WHERE above) / (sum(d * (pi() / 2 - a)) FILTER (WHERE above) + sum(d * a) FILTER (WHERE NOT above))
    FROM (SELECT a, above, exp(GREATEST(2 * converted * ln(sin(t)) + 2 * (leads - converted) * ln(cos(t)), -600)) AS d
          FROM (SELECT asin(sqrt(average))) c (a), generate_series(0, 9999) i, (VALUES (true), (false)) side (above),
               LATERAL (SELECT CASE WHEN above THEN a + (pi() / 2 - a) * (i + 0.5) / 10000 ELSE a * (i + 0.5) / 10000 END) s (t)) x
$$;

-- Each endpoint in several periods and for several filters; {members} are the platforms that the filter means.
CREATE TEMP TABLE cross_check (endpoint text, ours text, raw text);
INSERT INTO cross_check VALUES
('kpi', $q$SELECT * FROM analytics.kpi({from}, {to}, {platforms})$q$,
        $q$SELECT *, 'UAH' FROM pg_temp.raw_kpi({from}, {to}, {members})$q$),
('trend_leads', $q$SELECT * FROM analytics.trend_leads({from}, {to}, {platforms})$q$,
        $q$SELECT d::date, (SELECT count(*) FROM raw_lead WHERE day = d AND platform = ANY ({members})) FROM generate_series({from}::timestamp, {to}::timestamp, '1 day') d$q$),
('trend_spend', $q$SELECT * FROM analytics.trend_spend({from}, {to}, {platforms})$q$,
        $q$SELECT d::date, (SELECT COALESCE(sum(spend), 0) FROM raw_ad WHERE day = d AND platform = ANY ({members})) FROM generate_series({from}::timestamp, {to}::timestamp, '1 day') d$q$),
('kpi_timeseries day', $q$SELECT period_start, leads, n_contracts, revenue, spend, cpl, roas, leads_prev, n_contracts_prev, revenue_prev, spend_prev, cpl_prev, roas_prev, leads_change_pct, spend_change_pct
             FROM analytics.kpi_timeseries({from}, {to}, 'day', {platforms}, 'previous_period')$q$,
        $q$SELECT d::date, k.*, p.*, round(100.0 * (k.leads - p.leads) / NULLIF(p.leads, 0), 2), round(100 * (k.spend - p.spend) / NULLIF(p.spend, 0), 2)
             FROM generate_series({from}::timestamp, {to}::timestamp, '1 day') d, pg_temp.raw_kpi(d::date, d::date, {members}) k,
             LATERAL (SELECT d::date - ({to}::date - {from}::date + 1)) b (day), pg_temp.raw_kpi_then(b.day, b.day, {members}, '2025-10-31'::date - ({to}::date - {from}::date + 1)) p$q$),
('kpi_timeseries week', $q$SELECT period_start, leads, n_contracts, revenue, spend, cpl, roas, currency FROM analytics.kpi_timeseries({from}, {to}, 'week', {platforms})$q$,
        $q$SELECT w::date, k.*, 'UAH' FROM generate_series(date_trunc('week', {from}::timestamp), {to}::timestamp, '7 days') w,
             pg_temp.raw_kpi(GREATEST(w::date, {from}::date), LEAST(w::date + 6, {to}::date), {members}) k$q$),
('kpi_timeseries month', $q$SELECT period_start, leads, n_contracts, revenue, spend, cpl, roas, currency FROM analytics.kpi_timeseries({from}, {to}, 'month', {platforms})$q$,
        $q$SELECT m::date, k.*, 'UAH' FROM generate_series(date_trunc('month', {from}::timestamp), {to}::timestamp, '1 month') m,
             pg_temp.raw_kpi(GREATEST(m::date, {from}::date), LEAST((m + interval '1 month')::date - 1, {to}::date), {members}) k$q$),
('campaigns', $q$SELECT * FROM analytics.campaigns({from}, {to}, {platforms}, 1000)$q$,
        $q$SELECT platform, campaign_name, sum(leads), sum(contracts), sum(revenue), sum(spend), CASE WHEN campaign_id IS NOT NULL THEN round(sum(spend) / NULLIF(sum(leads), 0), 4) END, round(sum(revenue) / NULLIF(sum(spend), 0), 4), campaign_id, 1
             FROM raw_result WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY platform, campaign_name, campaign_id$q$),
('share_platforms', $q$SELECT platform, leads, share_pct - exact BETWEEN -0.1 AND 0.1, sum(share_pct) OVER () = 100.0
             FROM (SELECT *, 100.0 * leads / sum(leads) OVER () AS exact FROM analytics.share_platforms({from}, {to}, {platforms})) s$q$,
        $q$SELECT platform, count(*), true, true FROM raw_lead WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY platform$q$),
('utm_sources', $q$SELECT * FROM analytics.utm_sources({from}, {to}, {platforms}, 1000)$q$,
        $q$SELECT platform, COALESCE(source, '(none)'), sum(leads), sum(contracts), sum(revenue) FROM raw_part WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY 1, 2$q$),
('paid_split_platforms', $q$SELECT * FROM analytics.paid_split_platforms({from}, {to}, {platforms})$q$,
        $q$SELECT platform, p, n - p, n, round(100.0 * p / n, 1), 100 - round(100.0 * p / n, 1)
             FROM (SELECT platform, count(*) FILTER (WHERE is_paid) AS p, count(*) AS n FROM raw_lead WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY 1) k$q$),
('product_performance', $q$SELECT * FROM analytics.product_performance({from}, {to}, {platforms}, 1000)$q$,
        $q$SELECT name, sum(leads), sum(contracts), sum(revenue), round(100.0 * sum(contracts) / NULLIF(sum(leads), 0), 2), round(sum(revenue) / NULLIF(sum(contracts), 0), 4), product_id, category, 1
             FROM raw_part JOIN demo.products USING (product_id) WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY name, product_id, category$q$),
('branch_performance', $q$SELECT * FROM analytics.branch_performance({from}, {to}, {platforms}, 1000)$q$,
        $q$SELECT name, sum(leads), sum(contracts), sum(revenue), round(100.0 * sum(contracts) / NULLIF(sum(leads), 0), 2), round(sum(revenue) / NULLIF(sum(contracts), 0), 4), branch_id, city, 1
             FROM raw_part JOIN demo.branches USING (branch_id) WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY name, branch_id, city$q$),
('campaigns_wow', $q$SELECT platform, campaign_name, leads_cur, leads_prev, leads_diff_pct, cpl_cur, cpl_prev, spend_cur, spend_prev, cpl_diff_pct, campaign_id FROM analytics.campaigns_wow({from}, {to}, {platforms}, 1000, include_unassigned => true)$q$,
        $q$SELECT platform, campaign_name, l, lp, round(100.0 * (l - lp) / NULLIF(lp, 0), 2), c, cp, s, sp, round(100 * (c - cp) / NULLIF(cp, 0), 2), campaign_id
             FROM (SELECT *, CASE WHEN campaign_id IS NOT NULL THEN round(s / NULLIF(l, 0), 4) END AS c, CASE WHEN campaign_id IS NOT NULL THEN round(sp / NULLIF(lp, 0), 4) END AS cp
                   FROM (SELECT platform, COALESCE(campaign_name, '(no campaign)') AS campaign_name, campaign_id,
                                COALESCE(sum(leads) FILTER (WHERE day >= {from} AND until = 'infinity'), 0) AS l,
                                COALESCE(sum(leads) FILTER (WHERE day < {from} AND since <= '2025-10-31'::date - ({to}::date - {from}::date + 1) AND '2025-10-31'::date - ({to}::date - {from}::date + 1) < until), 0) AS lp,
                                COALESCE(sum(spend) FILTER (WHERE day >= {from}), 0) AS s, COALESCE(sum(spend) FILTER (WHERE day < {from}), 0) AS sp
                         FROM raw_state WHERE day BETWEEN {from}::date - ({to}::date - {from}::date + 1) AND {to} AND platform = ANY ({members}) GROUP BY 1, 2, 3) a) b$q$),
('scatter_matrix', $q$SELECT * FROM analytics.scatter_matrix({from}, {to}, {platforms}, 1000, 2)$q$,
        $q$SELECT platform, campaign_name, sum(leads), sum(spend), round(sum(spend) / sum(leads), 4), round(sum(revenue) / NULLIF(sum(spend), 0), 4), campaign_id, 1
             FROM raw_result WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) AND campaign_id IS NOT NULL GROUP BY platform, campaign_name, campaign_id HAVING sum(leads) >= 2$q$),
('campaign_performance', $q$SELECT platform, campaign_name, leads, contracts, revenue, conversion_rate, avg_contract_value, round(p_above_average::numeric, 5), campaign_id, performance_category
             FROM analytics.campaign_performance({from}, {to}, 1000, {platforms})$q$,
        $q$SELECT platform, campaign_name, leads, contracts, revenue, round(100.0 * contracts / leads, 2), round(revenue / contracts, 4), round(p::numeric, 5), campaign_id,
                  CASE WHEN p >= 0.8 AND advice = 'pause' THEN 'needs_attention' WHEN p >= 0.8 THEN 'high_performer' WHEN p <= 0.2 AND advice IS DISTINCT FROM 'scale' THEN 'needs_attention'
                       WHEN (SELECT count(*) FROM (SELECT sum(leads) AS leads FROM raw_result WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) AND campaign_id IS NOT NULL
                                                   GROUP BY campaign_id HAVING sum(contracts) > 0) o WHERE o.leads > k.leads) < ceil(listed / 4.0) THEN 'volume_driver' ELSE 'medium_performer' END
             FROM (SELECT *, count(*) OVER () AS listed,
                          (SELECT r.action FROM analytics.reco_budget({from}, {to}, 1000, platforms => {platforms}) r WHERE r.campaign_id = g.campaign_id) AS advice FROM (
                      SELECT platform, campaign_name, campaign_id, sum(leads) AS leads, sum(contracts) AS contracts, sum(revenue) AS revenue, LEAST(sum(leads), sum(contracts)) AS converted,
                             sum(LEAST(sum(leads), sum(contracts))) OVER () / sum(sum(leads)) OVER () AS average
                      FROM raw_result WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) AND campaign_id IS NOT NULL GROUP BY 1, 2, 3) g WHERE contracts > 0) k,
             pg_temp.p_above(converted::int, leads::int, average::float8) p$q$),
('metrics_trend', $q$SELECT * FROM analytics.metrics_trend({from}, {to}, {platforms})$q$,
        $q$SELECT d::date, l, c, i, s, round(s / NULLIF(l, 0), 4), round(s / NULLIF(c, 0), 4), round(100 * c / NULLIF(i, 0), 2), round(1000 * s / NULLIF(i, 0), 4)
             FROM generate_series({from}::timestamp, {to}::timestamp, '1 day') d, LATERAL (
                 SELECT COALESCE(sum(leads), 0), COALESCE(sum(clicks), 0), COALESCE(sum(impressions), 0), COALESCE(sum(spend), 0) FROM raw_result WHERE day = d AND platform = ANY ({members})) k (l, c, i, s)$q$),
('campaigns_weekly', $q$SELECT * FROM analytics.campaigns_weekly({platform}, {from}, {to})$q$,
        $q$SELECT date_trunc('week', day)::date, campaign_id, campaign_name, sum(leads), sum(contracts), sum(revenue), sum(impressions), sum(clicks), sum(spend),
                  CASE WHEN campaign_id IS NOT NULL THEN round(sum(spend) / NULLIF(sum(leads), 0), 4) END, round(sum(revenue) / NULLIF(sum(spend), 0), 4), platform, 1
             FROM raw_result WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY 1, campaign_id, campaign_name, platform$q$),
('events_funnel', $q$SELECT event_id, client_id, occurred_at, touch_number, touch_role, platform, channel, campaign_id, campaign_name, is_lead, is_contract, amount FROM analytics.events_funnel({from}, {to}, {platform}, 100000)$q$,
        $q$SELECT t.id::text, t.client_id::text, t.created_at AT TIME ZONE 'Europe/Kyiv', n::int, CASE WHEN n = 1 THEN 'first' WHEN k.n_signed > 0 THEN 'last' ELSE 'mid' END, platform,
                  CASE platform WHEN 'facebook' THEN 'Paid Social' WHEN 'google' THEN 'Paid Search' WHEN 'email' THEN 'Email' WHEN 'paid_search' THEN 'Paid Search' WHEN 'paid_social' THEN 'Paid Social' WHEN 'telegram' THEN 'Organic Social' WHEN 'viber' THEN 'Organic Social' ELSE 'Unassigned' END,
                  of_campaign, campaign_name, n = 1, k.n_signed > 0, k.amount
             FROM raw_touch t, LATERAL (SELECT count(*), sum(amount)::numeric FROM demo.crm_contracts c WHERE c.event_id = t.id) k (n_signed, amount)
             WHERE created_at::date BETWEEN {from} AND {to} AND platform = ANY ({members})$q$),
('contracts_multi_touch', $q$SELECT contract_id, client_id, signed_at, amount, first_touch_platform, first_touch_campaign, last_paid_platform, last_paid_campaign, attributed_platform, attributed_campaign,
                  attribution_rule, touches, days_to_convert, journey FROM analytics.contracts_multi_touch({from}, {to}, 1000)$q$,
        $q$SELECT k.number, k.client_id::text, k.signed_at AT TIME ZONE 'Europe/Kyiv', k.amount, f.platform, f.campaign_name, CASE rule WHEN 'last_paid_touch' THEN k.platform END,
                  CASE rule WHEN 'last_paid_touch' THEN k.campaign_name END, k.platform, k.campaign_name, rule, touches, days, journey
             FROM raw_contract k JOIN raw_touch f ON f.client_id = k.client_id AND f.n = 1 WHERE day BETWEEN {from} AND {to}$q$),
('contracts_enriched', $q$SELECT contract_id, signed_at, amount, client_id, client_name, product_id, product, branch_id, branch, attributed_platform, campaign_id, campaign_name, ad_id, ad_name, creative_title,
                  creative_body, creative_image_url, creative_link_url FROM analytics.contracts_enriched({from}, {to}, {platform}, 1000)$q$,
        $q$SELECT k.number, k.signed_at AT TIME ZONE 'Europe/Kyiv', k.amount, k.client_id::text, c.full_name, k.product_id, p.name, k.branch_id, b.name, k.platform, k.of_campaign, k.campaign_name,
                  k.ad_id, a.ad_name, a.title, a.body, a.image_url, a.link_url
             FROM raw_contract k JOIN demo.crm_clients c ON c.id = k.client_id JOIN demo.products p USING (product_id) JOIN demo.branches b USING (branch_id) LEFT JOIN demo.meta_ad_creatives a ON a.ad_id = k.ad_id
             WHERE day BETWEEN {from} AND {to} AND k.platform = ANY ({members})$q$),
('platforms_touches', $q$SELECT * FROM analytics.platforms_touches({from}, {to})$q$,
        $q$SELECT platform, events, clients, contracts, revenue, round(100.0 * contracts / clients, 2), touches, days
             FROM (SELECT platform, count(*) AS events, count(DISTINCT client_id) AS clients FROM raw_touch WHERE created_at::date BETWEEN {from} AND {to} GROUP BY platform) t,
             LATERAL (SELECT count(*), COALESCE(sum(amount), 0), round(avg(touches), 2), round(avg(days), 2) FROM raw_contract k
                      WHERE k.own_platform = t.platform AND day BETWEEN {from} AND {to}) k (contracts, revenue, touches, days)$q$),
('platforms_contracts', $q$SELECT * FROM analytics.platforms_contracts({from}, {to})$q$,
        $q$SELECT platform, count(*), sum(amount), round(avg(touches), 2), round(avg(days), 2) FROM raw_contract WHERE day BETWEEN {from} AND {to} GROUP BY platform$q$),
('campaign_funnel', $q$SELECT * FROM analytics.campaign_funnel({platform}, {from}, {to})$q$,
        $q$SELECT campaign_id, campaign_name, COALESCE(first, 0), COALESCE(mid, 0), COALESCE(last, 0), COALESCE(clients, 0), COALESCE(leads, 0), COALESCE(contracts, 0), COALESCE(revenue, 0), COALESCE(spend, 0), platform
             FROM (SELECT platform, COALESCE(of_campaign, '') AS c, COALESCE(campaign_name, '(no campaign)') AS campaign_name, count(DISTINCT client_id) AS clients, count(*) FILTER (WHERE n = 1) AS first,
                          count(*) FILTER (WHERE n > 1 AND NOT signed) AS mid, count(*) FILTER (WHERE n > 1 AND signed) AS last
                   FROM (SELECT *, EXISTS (SELECT FROM demo.crm_contracts k WHERE k.event_id = t.id) AS signed FROM raw_touch t) t
                   WHERE created_at::date BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY 1, 2, 3) t
             FULL JOIN (SELECT platform, COALESCE(campaign_id, '') AS c, campaign_name, sum(leads) AS leads, sum(contracts) AS contracts, sum(revenue) AS revenue, sum(spend) AS spend FROM raw_result
                        WHERE day BETWEEN {from} AND {to} AND platform = ANY ({members}) GROUP BY 1, 2, 3) r USING (platform, c, campaign_name), LATERAL (SELECT NULLIF(c, '')) i (campaign_id)$q$),
-- Of the advice and the alerts, the figures that they rest on, for the campaigns they name; what they conclude has tests of its own.
('reco_budget', $q$SELECT platform, campaign_name, leads_cur, spend_cur, cpl_cur, roas_cur, contracts_cur, campaign_id FROM analytics.reco_budget({from}, {to}, 1000, platforms => {platforms})$q$,
        $q$SELECT platform, campaign_name, COALESCE(l, 0), COALESCE(s, 0), round(s / NULLIF(l, 0), 4), round(r / NULLIF(s, 0), 4), COALESCE(c, 0), campaign_id
             FROM analytics.reco_budget({from}, {to}, 1000, platforms => {platforms}) a JOIN raw_campaign n USING (platform, campaign_id, campaign_name),
             LATERAL (SELECT sum(leads), sum(contracts), sum(revenue), sum(spend) FROM raw_result k WHERE day BETWEEN {from} AND {to} AND k.campaign_id = n.campaign_id) k (l, c, r, s)$q$),
('anomalies', $q$SELECT platform, campaign_name, leads, spend, current_cpl, baseline_cpl FROM analytics.anomalies({from}, {to}, {platforms}, 1000, 40)$q$,
        $q$SELECT platform, campaign_name, COALESCE(l, 0), COALESCE(s, 0), round(s / NULLIF(l, 0), 4), round(bs / NULLIF(bl, 0), 4)
             FROM analytics.anomalies({from}, {to}, {platforms}, 1000, 40) a JOIN raw_campaign n USING (platform, campaign_name),
             LATERAL (SELECT sum(leads), sum(spend) FROM raw_result k WHERE day BETWEEN {from} AND {to} AND k.campaign_id = n.campaign_id) k (l, s),
             -- Days before are as old as their counterparts in the window.
             LATERAL (SELECT sum(leads), sum(spend)
                      FROM raw_state k, LATERAL (SELECT {to}::date - {from}::date + 1) w (n), LATERAL (SELECT k.day + ('2025-10-31'::date - {from}::date - ((k.day - {from}::date) % w.n + w.n) % w.n)) t (seen)
                      WHERE day BETWEEN {from}::date - 40 AND {from}::date - 1 AND k.campaign_id = n.campaign_id AND since <= t.seen AND t.seen < until) b (bl, bs)$q$);

CREATE TEMP TABLE asked AS
SELECT p.*, f.* FROM (VALUES (date '2025-08-15', date '2025-10-31'), ('2025-10-20', '2025-10-31'), ('2025-09-30', '2025-09-30'), ('2025-10-28', '2025-11-20'), ('2026-01-01', '2026-01-05')) p (date_from, date_to),
    (VALUES (NULL::text[], NULL::text), ('{meta}', 'meta'), ('{google,unknown}', 'google')) f (platforms, platform);
CREATE FUNCTION pg_temp.differences() RETURNS TABLE (endpoint text, questions bigint, rows numeric, differ numeric) LANGUAGE plpgsql AS $$
DECLARE
    c record;
    a record;
    ours text;
    raw text;
BEGIN
    CREATE TEMP TABLE answer (endpoint text, rows bigint, differ bigint);
    FOR c IN SELECT * FROM cross_check LOOP
        FOR a IN SELECT * FROM asked LOOP
            ours := c.ours;
            raw := c.raw;
            -- Where an endpoint takes one platform, so does the query beside it.
            SELECT replace(replace(replace(replace(ours, '{from}', quote_literal(a.date_from)), '{to}', quote_literal(a.date_to)), '{platforms}', quote_nullable(a.platforms)), '{platform}', quote_nullable(a.platform)),
                   replace(replace(replace(raw, '{from}', quote_literal(a.date_from)), '{to}', quote_literal(a.date_to)), '{members}', quote_literal(
                       CASE WHEN a.platform IS NULL THEN '{unknown,paid_search,facebook,paid_social,event,google,email,viber,telegram}'
                            WHEN a.platform = 'meta' THEN '{facebook,instagram}' WHEN c.ours LIKE '%{platforms}%' THEN '{google,unknown}' ELSE '{google}' END) || '::text[]')
            INTO ours, raw;
            raw := replace(replace(raw, '{platforms}', quote_nullable(a.platforms)), '{platform}', quote_nullable(a.platform));
            EXECUTE format('WITH ours AS (%s), raw AS (%s) INSERT INTO answer SELECT %L, (SELECT count(*) FROM ours),
                (SELECT count(*) FROM ((TABLE ours EXCEPT ALL TABLE raw) UNION ALL (TABLE raw EXCEPT ALL TABLE ours)) d)', ours, raw, c.endpoint);
        END LOOP;
    END LOOP;
    RETURN QUERY SELECT n.endpoint, count(*), sum(n.rows), sum(n.differ) FROM answer n GROUP BY 1 ORDER BY n.endpoint COLLATE "C";
END
$$;
SELECT * FROM pg_temp.differences();

-- The difference in leads: all outcomes at most as probable as the one seen.
SELECT count(*) AS campaigns, count(*) FILTER (WHERE abs(w.p_value - e.p) > 1e-9 OR (w.p_value IS NULL) <> (n = 0)) AS differ, min(round(w.p_value::numeric, 6)) AS least
FROM analytics.campaigns_wow('2025-10-20', '2025-10-31', row_limit => 1000) w, LATERAL (SELECT leads_cur + leads_prev) s (n),
     LATERAL (SELECT CASE WHEN n > 0 THEN sum(f) FILTER (WHERE f <= (SELECT factorial(n) / factorial(leads_cur) / factorial(leads_prev)) * 1.0000001) / 2::numeric ^ n END
              FROM (SELECT factorial(n) / factorial(k) / factorial(n - k) FROM generate_series(0, n) k) x (f)) e (p)
WHERE campaign_id IS NOT NULL;

-- The figures of the whole.
SELECT total_events, unique_clients, first_touch_events, mid_and_last_touch_events, contracts, total_revenue, unique_platforms, data_multiplier,
       last_refresh > now() - interval '1 hour' AS refreshed, rejected_rows FROM analytics.summary();
SELECT (total_events, unique_clients, first_touch_events, contracts, total_revenue, unique_platforms) = (SELECT count(*), count(DISTINCT client_id), count(*) FILTER (WHERE n = 1),
            (SELECT count(*) FROM demo.crm_contracts), (SELECT sum(amount)::numeric FROM demo.crm_contracts), count(DISTINCT platform) FROM raw_touch) AS as_raw FROM analytics.summary();
SELECT * FROM analytics.summary(business_id => 2);
SELECT * FROM analytics.platforms_touches('2025-08-15', '2025-10-31');
SELECT * FROM analytics.platforms_contracts('2025-08-15', '2025-10-31');
TABLE analytics.funnel_summary;
SELECT (SELECT count(DISTINCT client_id) FROM demo.crm_events) AS clients, (SELECT count(*) FROM raw_lead) AS leads, (SELECT count(DISTINCT client_id) FROM demo.crm_contracts) AS customers,
       (SELECT count(*) FROM (SELECT FROM demo.crm_contracts GROUP BY client_id HAVING count(*) > 1) r) AS repeat_customers;

-- What a caller sees.
SELECT * FROM analytics.kpi('2025-10-01', '2025-10-31');
SELECT period_start, leads, spend, cpl, leads_prev, spend_prev, leads_change_pct, cpl_change_pct, first_day, last_day, first_day_prev, last_day_prev
FROM analytics.kpi_timeseries('2025-10-08', '2025-10-26', 'week', '{meta}', 'previous_period');
SELECT * FROM analytics.campaigns('2025-10-01', '2025-10-31', row_limit => 3);
SELECT * FROM analytics.share_platforms('2025-10-01', '2025-10-31');
SELECT * FROM analytics.utm_sources('2025-10-01', '2025-10-31');
SELECT * FROM analytics.paid_split_platforms('2025-10-01', '2025-10-31');
SELECT * FROM analytics.product_performance('2025-10-01', '2025-10-31', row_limit => 2);
SELECT * FROM analytics.branch_performance('2025-10-01', '2025-10-31', row_limit => 2);
SELECT platform, campaign_name, leads_cur, leads_prev, leads_diff_pct, cpl_cur, cpl_prev, round(p_value::numeric, 4) AS p_value FROM analytics.campaigns_wow('2025-10-20', '2025-10-31', '{meta}');
SELECT * FROM analytics.scatter_matrix('2025-10-01', '2025-10-31', min_leads => 8);
SELECT performance_category, platform, campaign_name, leads, contracts, conversion_rate, round(p_above_average::numeric, 4) AS p_above_average FROM analytics.campaign_performance('2025-08-15', '2025-10-31');
SELECT * FROM analytics.metrics_trend('2025-10-30', '2025-11-01', '{google}');
SELECT * FROM analytics.campaigns_weekly('google', '2025-10-18', '2025-10-21');
SELECT * FROM analytics.events_funnel('2025-10-18', '2025-10-27', 'google', row_limit => 2);
SELECT * FROM analytics.contracts_multi_touch('2025-10-18', '2025-10-27', row_limit => 2);
SELECT contract_id, product, branch, campaign_name, ad_name, creative_title FROM analytics.contracts_enriched('2025-09-01', '2025-10-27', 'meta');
SELECT campaign_name, first_touches, mid_touches, last_touches, clients, leads, contracts, campaign_platform FROM analytics.campaign_funnel('google', '2025-08-15', '2025-10-31');

-- Page by page, every touch once and in order, whatever the size of a page.
CREATE FUNCTION pg_temp.pages(page int) RETURNS TABLE (place bigint, event_key text) LANGUAGE plpgsql AS $$
DECLARE
    seen text[] := '{}';
    got text[];
BEGIN
    LOOP
        got := ARRAY(SELECT e.event_key FROM analytics.events_funnel('2025-10-20', '2025-10-22', NULL, page, seen[cardinality(seen)]) e);
        EXIT WHEN cardinality(got) = 0;
        seen := seen || got;
    END LOOP;
    RETURN QUERY SELECT s.place, s.event_key FROM unnest(seen) WITH ORDINALITY s (event_key, place);
END
$$;
SELECT page, (SELECT count(*) FROM pg_temp.pages(page)) AS touches,
       (SELECT count(*) FROM pg_temp.pages(page) p FULL JOIN (SELECT row_number() OVER (ORDER BY created_at, id::text COLLATE "C") AS place, '8:' || id AS event_key FROM demo.crm_events
            WHERE created_at::date BETWEEN '2025-10-20' AND '2025-10-22') r USING (place, event_key) WHERE p.event_key IS NULL OR r.event_key IS NULL) AS differ
FROM (VALUES (97), (1000), (100000)) v (page);
SELECT * FROM analytics.events_funnel('2025-10-20', '2025-10-22', after_event => '8:nothing');
-- So are contracts; each page tells how many there are in all.
CREATE FUNCTION pg_temp.contract_pages(reader text, page int) RETURNS TABLE (place bigint, contract_key text, total_rows bigint) LANGUAGE plpgsql AS $$
DECLARE
    last text;
    got record;
    place bigint := 0;
BEGIN
    LOOP
        EXECUTE format('SELECT array_agg(c.contract_key) AS in_order, max(c.total_rows) AS total
            FROM analytics.%I(''2025-08-15'', ''2025-10-31'', row_limit => %s, after_contract => %L, with_total => true) c', reader, page, last) INTO got;
        EXIT WHEN got.in_order IS NULL;
        RETURN QUERY SELECT place + o, k, got.total FROM unnest(got.in_order) WITH ORDINALITY u (k, o);
        place := place + cardinality(got.in_order);
        last := got.in_order[cardinality(got.in_order)];
    END LOOP;
END
$$;
SELECT r AS reader, page, count(*) AS contracts, count(DISTINCT p.contract_key) AS distinct_ones, min(p.total_rows) = count(*) AND max(p.total_rows) = count(*) AS total,
       bool_and(p.contract_key = w.contract_key) AS in_order
FROM unnest('{contracts_multi_touch,contracts_enriched}'::text[]) r, unnest('{7,100,1000}'::int[]) page, LATERAL pg_temp.contract_pages(r, page) p
JOIN (SELECT row_number() OVER () AS place, contract_key FROM analytics.contracts_multi_touch('2025-08-15', '2025-10-31', 10000)) w ON w.place = p.place
GROUP BY 1, 2 ORDER BY 1, 2;
SELECT count(*) AS of_the_filter, min(total_rows) = (SELECT count(*) FROM analytics.contracts_enriched('2025-08-15', '2025-10-31', 'meta', 10000)) AS total
FROM analytics.contracts_enriched('2025-08-15', '2025-10-31', 'meta', 2, with_total => true);
SELECT total_rows = (SELECT count(*) FROM analytics.events_funnel('2025-10-20', '2025-10-22', 'google', 100000)) AS total
FROM analytics.events_funnel('2025-10-20', '2025-10-22', 'google', 1, with_total => true);
SELECT * FROM analytics.contracts_multi_touch('2025-08-15', '2025-10-31', after_contract => '7:nothing');
-- Platforms that rules know are filters, met or not; what nobody knows is not.
SELECT p, (SELECT leads FROM analytics.kpi('2025-10-01', '2025-10-31', ARRAY[p])) AS leads FROM unnest('{direct,linkedin,unknown,paid_search,event}'::text[]) p;
SELECT leads FROM analytics.kpi('2025-10-01', '2025-10-31', '{myspace}');
SELECT * FROM analytics.events_funnel('2025-10-20', '2025-10-22', after_event => 'nothing');
SELECT count(*) FROM analytics.events_funnel('2025-10-20', '2025-10-22', after_event => '8:1', business_id => 2);

-- Periods of the calendar: leap days, fiscal years, periods that are cut, and what they are compared with.
SELECT * FROM analytics.calendar_periods('2024-02-28', '2024-03-01', 'day', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2025-02-28', '2025-03-01', 'day', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2024-02-29', '2024-03-15', 'month', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2024-01-01', '2024-02-29', 'month', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2025-02-01', '2025-02-28', 'month', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2025-01-10', '2025-03-30', 'month', 'previous_period', 1);
-- A period as a whole: months go with months, days with days.
SELECT p.* FROM (VALUES (date '2025-03-01', date '2025-03-31'), ('2024-01-01', '2024-02-29'), ('2025-03-01', '2025-03-30'), ('2025-03-10', '2025-03-10')) v (date_from, date_to),
    unnest('{none,previous_period,previous_year}'::text[]) c, analytics.calendar_periods(v.date_from, v.date_to, 'total', c, 1) p ORDER BY p.first_day, p.last_day, c;
SELECT * FROM analytics.calendar_periods('2025-03-31', '2025-03-31', 'month', 'previous_period', 1);
SELECT * FROM analytics.calendar_periods('2021-01-01', '2021-01-06', 'week', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2024-12-30', '2025-01-05', 'week', 'previous_period', 1);
SELECT * FROM analytics.calendar_periods('2025-01-15', '2025-05-02', 'quarter', 'none', 1);
SELECT * FROM analytics.calendar_periods('2023-05-05', '2025-05-05', 'year', 'previous_period', 1);
SELECT FROM analytics.configure(fiscal_year_start_month => 4);
SELECT * FROM analytics.calendar_periods('2025-01-15', '2025-05-02', 'quarter', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2024-03-31', '2025-04-01', 'year', 'previous_year', 1);
SELECT * FROM analytics.calendar_periods('2025-03-31', '2025-04-01', 'month', 'none', 1);
SELECT period_start, leads, leads_prev FROM analytics.kpi_timeseries('2025-08-15', '2025-10-31', 'quarter', compare => 'previous_period');
SELECT FROM analytics.configure(fiscal_year_start_month => 1, business_id => 2);
-- Money of two currencies is not added up, leads are.
BEGIN;
SELECT FROM analytics.configure(currency => 'EUR', business_id => 2);
SELECT currency FROM analytics.kpi('2025-10-01', '2025-10-31'); -- business 2 has no data
INSERT INTO warehouse.dim_platforms VALUES (2, 'email', NULL, false);
SELECT sum(leads) > 0 AS leads FROM analytics.trend_leads('2025-10-01', '2025-10-31');
SELECT currency FROM analytics.kpi('2025-10-01', '2025-10-31', business_id => 1);
SELECT count(*) > 0 AS campaigns FROM analytics.campaigns('2025-10-01', '2025-10-31');
CREATE FUNCTION pg_temp.refused(query text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    message text;
    details text;
BEGIN
    EXECUTE query;
    RETURN 'answered';
EXCEPTION WHEN invalid_parameter_value THEN
    GET STACKED DIAGNOSTICS message = MESSAGE_TEXT, details = PG_EXCEPTION_DETAIL;
    RETURN concat_ws(': ', message, details);
END
$$;
SELECT q, pg_temp.refused(format('SELECT * FROM analytics.%s', q)) FROM unnest(ARRAY['kpi(''2025-10-01'', ''2025-10-31'')', 'trend_spend(''2025-10-01'', ''2025-10-31'')', 'metrics_trend(''2025-10-01'', ''2025-10-31'')',
    'kpi_timeseries(''2025-10-01'', ''2025-10-31'', ''month'')', 'utm_sources(''2025-10-01'', ''2025-10-31'')', 'attribution(''2025-10-01'', ''2025-10-31'')', 'platforms_contracts(''2025-10-01'', ''2025-10-31'')',
    'platforms_touches(''2025-10-01'', ''2025-10-31'')', 'summary()', 'customer_kpi()']) q;
ROLLBACK;
SELECT count(*) FROM analytics.kpi_timeseries('2025-08-15', '2025-10-31', 'year', business_id => 1);
SELECT count(*) FROM analytics.kpi_timeseries('2025-08-15', '2025-10-31', 'month');
\set VERBOSITY default
SELECT count(*) FROM analytics.kpi_timeseries('2025-08-15', '2025-10-31', 'year');

-- Bad arguments.
SELECT * FROM analytics.kpi_timeseries('2025-10-01', '2025-10-31', 'hour');
SELECT * FROM analytics.kpi_timeseries('2025-10-01', '2025-10-31', compare => 'next_year');
\set VERBOSITY terse
CREATE FUNCTION pg_temp.outcome(query text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE query;
    RETURN 'no error';
EXCEPTION WHEN OTHERS THEN
    RETURN SQLSTATE || ' ' || SQLERRM;
END
$$;
CREATE TEMP VIEW endpoint AS
SELECT p.oid, p.proname::text AS name, pg_get_function_arguments(p.oid) AS arguments FROM pg_proc p
WHERE p.pronamespace = 'analytics'::regnamespace AND p.proargnames @> '{business_id}' AND (p.proargnames @> '{date_from}' OR p.proargnames @> '{start_date}')
  AND p.proname IN ('kpi', 'trend_leads', 'trend_spend', 'kpi_timeseries', 'campaigns', 'share_platforms', 'utm_sources', 'paid_split_platforms', 'product_performance', 'branch_performance', 'campaigns_wow',
      'scatter_matrix', 'campaign_performance', 'metrics_trend', 'campaigns_weekly', 'events_funnel', 'contracts_multi_touch', 'contracts_enriched', 'platforms_touches', 'platforms_contracts', 'campaign_funnel');
CREATE FUNCTION pg_temp.call(endpoint, first text, last text, more text DEFAULT '') RETURNS text LANGUAGE sql AS $$
    SELECT format('SELECT * FROM analytics.%I(%s => %s, %s => %s%s%s)', $1.name, CASE WHEN $1.arguments LIKE '%date_from%' THEN 'date_from' ELSE 'start_date' END, first,
        CASE WHEN $1.arguments LIKE '%date_from%' THEN 'date_to' ELSE 'end_date' END, last, CASE WHEN $1.arguments LIKE 'platform text, %' AND more NOT LIKE '%platform%' THEN ', platform => NULL' END, more)
$$;
SELECT x.outcome, count(*)
FROM (SELECT pg_temp.outcome(pg_temp.call(e, first, last)) AS outcome, e.name, place
      FROM endpoint e, (VALUES (1, 'date ''2025-10-31''', 'date ''2025-10-01'''), (2, 'NULL', 'date ''2025-10-01'''), (3, 'date ''2025-10-01''', '''infinity'''), (4, 'date ''2025-10-01''', 'date ''2025-10-01''')) v (place, first, last)) x
GROUP BY x.place, x.outcome ORDER BY x.place;
SELECT DISTINCT pg_temp.outcome(pg_temp.call(e, 'date ''2025-10-01''', 'date ''2025-10-02''', ', row_limit => ' || v)) AS row_limit FROM endpoint e, unnest('{0,-1,"NULL"}'::text[]) v WHERE e.arguments LIKE '%row_limit%';
SELECT DISTINCT pg_temp.outcome(pg_temp.call(e, 'date ''2031-10-01''', 'date ''2031-10-02''', CASE WHEN e.arguments LIKE '%platforms%' THEN ', platforms => ''{meta,myspace}''' ELSE ', platform => ''myspace''' END)) AS platforms
FROM endpoint e WHERE e.arguments ~ E'\\mplatforms? text';
SELECT pg_temp.outcome($q$SELECT * FROM analytics.scatter_matrix('2025-10-01', '2025-10-02', min_leads => -1)$q$);
-- A family, an empty list and a business without data have defined answers everywhere.
SELECT DISTINCT pg_temp.outcome(pg_temp.call(e, 'date ''2025-10-01''', 'date ''2025-10-02''', v)) AS outcome
FROM endpoint e, unnest(ARRAY[CASE WHEN e.arguments LIKE '%platforms%' THEN ', platforms => ''{}''' WHEN e.arguments LIKE '%platform %' THEN ', platform => ''meta''' ELSE '' END, ', business_id => 99']) v;
SELECT leads, cpl, roas, currency FROM analytics.kpi('2025-10-01', '2025-10-31', business_id => 99);

-- Before install() each says so.
DROP SCHEMA warehouse CASCADE;
SELECT x.outcome, count(*) FROM (SELECT pg_temp.outcome(pg_temp.call(e, 'date ''2025-10-01''', 'date ''2025-10-02''')) FROM endpoint e
                                 UNION ALL SELECT pg_temp.outcome('SELECT * FROM analytics.summary()') UNION ALL SELECT pg_temp.outcome('TABLE analytics.funnel_summary')) x (outcome) GROUP BY 1;
