-- Contracts below zero are refunds: they take revenue from the contract before them, and are no contract anywhere.
\i test/fixture/reset.sql
\pset null (null)

SELECT analytics.install();
SELECT (analytics.configure(lookback => '40 days')).lookback;
CREATE SCHEMA raw;
CREATE TABLE raw.visits AS
SELECT c * 10 + t AS id, c AS client, timestamptz '2025-03-01 08:00Z' + c * interval '11 hours' + t * interval '4 days 1 hour' AS at,
       (ARRAY['google', 'facebook', 'newsletter', 'blog'])[1 + (c * 3 + t * t) % 4] AS source, (ARRAY['cpc', 'cpc', 'email', 'referral'])[1 + (c * 3 + t * t) % 4] AS medium,
       (ARRAY['Doors', 'Windows'])[1 + (c + t) % 2] AS campaign, 'p' || c % 3 AS product
FROM generate_series(1, 90) c, generate_series(0, c % 5) t WHERE c % 10 <> 0;
-- Of some clients a contract or two; of some a refund, before it, after it, of its event, or of no contract at all; of two the money is nothing.
CREATE TABLE raw.deals AS
SELECT 'k' || c || '-' || n AS id, c AS client, timestamptz '2025-03-04 09:30Z' + c * interval '12 hours' + n * interval '7 days' AS at,
       CASE WHEN c % 4 = 1 AND n = 1 OR c % 7 = 3 AND n = 2 OR c % 13 = 0 THEN -c - n WHEN c % 29 = 0 THEN 0 ELSE 100 * c + n END::numeric AS amount,
       CASE WHEN (c + n) % 3 = 0 THEN (c * 10 + LEAST(n, c % 5))::text END AS event, 'p' || (c + n) % 3 AS product, 'b' || c % 2 AS branch
FROM generate_series(1, 96) c, generate_series(0, c % 4) n WHERE c % 3 > 0;
SELECT count(*) FILTER (WHERE amount < 0) AS refunds, count(*) FILTER (WHERE amount >= 0) AS contracts,
       count(DISTINCT client) FILTER (WHERE NOT EXISTS (SELECT FROM raw.deals o WHERE o.client = d.client AND o.amount >= 0)) AS clients_of_refunds_alone FROM raw.deals d;
SELECT count(*) FROM (
    SELECT analytics.register_source('events', 'raw.visits', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "product_id": "product"}')
    UNION ALL SELECT analytics.register_source('contracts', 'raw.deals',
        '{"contract_id": "id", "client_id": "client", "signed_at": "at", "event_id": "event", "product_id": "product", "branch_id": "branch"}')) s;
CALL analytics.refresh();

-- The slow way: each figure of the warehouse beside what the tables of the company say.
CREATE VIEW pg_temp.figures AS
SELECT v.* FROM (SELECT count(*) FILTER (WHERE amount >= 0) AS n, sum(amount) AS money FROM raw.deals) d,
    (SELECT count(*) AS n FROM (SELECT client FROM raw.deals WHERE amount >= 0 GROUP BY 1) c) customer, (SELECT count(*) AS n FROM (SELECT client FROM raw.deals WHERE amount >= 0 GROUP BY 1 HAVING count(*) > 1) c) again,
LATERAL (VALUES
    ('leads that there are', (SELECT count(*) FROM warehouse.fact_leads), (SELECT count(*) FROM (SELECT client FROM raw.visits UNION SELECT client FROM raw.deals WHERE amount >= 0) c)),
    ('contracts of leads', (SELECT sum(n_contracts) FROM warehouse.fact_leads), d.n),
    ('money of leads', (SELECT sum(contract_amount) FROM warehouse.fact_leads),
        (SELECT sum(amount) FROM raw.deals k WHERE EXISTS (SELECT FROM raw.visits v WHERE v.client = k.client) OR EXISTS (SELECT FROM raw.deals o WHERE o.client = k.client AND o.amount >= 0))),
    ('contracts of campaigns, by lead', (SELECT sum(contracts) FROM warehouse.campaign_roi_daily), d.n), ('money of campaigns, by lead', (SELECT sum(revenue) FROM warehouse.campaign_roi_daily), d.money),
    ('contracts of campaigns, by signing', (SELECT sum(contracts_signed) FROM warehouse.campaign_roi_daily), d.n), ('money of campaigns, by signing', (SELECT sum(revenue_signed) FROM warehouse.campaign_roi_daily), d.money),
    ('contracts of leads by day', (SELECT sum(contracts) FROM warehouse.lead_daily), d.n), ('money of leads by day', (SELECT sum(revenue) FROM warehouse.lead_daily), d.money),
    ('contracts of products', (SELECT sum(contracts_signed) FROM warehouse.product_performance), d.n), ('money of products', (SELECT sum(revenue_signed) FROM warehouse.product_performance), d.money),
    ('contracts of branches', (SELECT sum(contracts_signed) FROM warehouse.branch_performance), d.n), ('summary', (SELECT contracts FROM analytics.summary()), d.n),
    ('platforms_contracts', (SELECT sum(contracts) FROM analytics.platforms_contracts('2025-01-01', '2025-12-31')), d.n),
    ('platforms_touches', (SELECT sum(contracts) FROM analytics.platforms_touches('2025-01-01', '2025-12-31')), d.n),
    ('money of platforms_touches', (SELECT sum(revenue) FROM analytics.platforms_touches('2025-01-01', '2025-12-31')), d.money),
    ('campaign_funnel', (SELECT sum(contracts) FROM analytics.campaign_funnel(NULL, '2025-01-01', '2025-12-31')), d.n),
    ('kpi', (SELECT n_contracts FROM analytics.kpi('2025-01-01', '2025-12-31')), d.n), ('attribution', (SELECT round(sum(conversions)::numeric, 6) FROM analytics.attribution('2025-01-01', '2025-12-31', '{linear}', 'platform')), d.n),
    ('customers of the funnel', (SELECT clients FROM analytics.funnel_stages() WHERE stage = 'customers'), customer.n),
    ('repeat customers of the funnel', (SELECT clients FROM analytics.funnel_stages() WHERE stage = 'repeat customers'), again.n),
    ('customers', (SELECT count(*) FROM warehouse.customer_totals), customer.n), ('purchases of customers', (SELECT sum(orders) FROM warehouse.customer_totals), d.n),
    ('cohorts', (SELECT sum(size) FROM analytics.cohorts('year', 'platform') WHERE k = 0), customer.n),
    ('touches that are contracts', (SELECT count(*) FROM warehouse.fact_events WHERE is_contract), (SELECT count(*) FROM raw.visits v WHERE v.id::text IN (SELECT event FROM raw.deals WHERE amount >= 0))),
    ('the same by day', (SELECT sum(contract_events) FROM warehouse.event_daily), (SELECT count(*) FROM raw.visits v WHERE v.id::text IN (SELECT event FROM raw.deals WHERE amount >= 0))),
    ('last touches', (SELECT count(*) FROM warehouse.fact_events WHERE touch_role = 'last'), (SELECT count(*) FROM raw.visits v WHERE v.id % 10 > 0 AND v.id::text IN (SELECT event FROM raw.deals WHERE amount >= 0))),
    ('contracts that show how leads mature', (SELECT sum(contracts) FROM warehouse.maturity_model), d.n),
    ('what one of them brings', (SELECT round(sum(mean_amount)::numeric, 6) FROM warehouse.maturity_model), (SELECT round(avg(amount), 6) FROM raw.deals WHERE amount >= 0)),
    ('contracts that came late', (SELECT sum(contracts) FROM warehouse.late_daily), (SELECT count(*) FROM warehouse.fact_contract_credit c JOIN raw.deals k ON k.id = c.contract_id WHERE k.amount >= 0 AND c.settled_date > c.created_date))
) v (figure, found, should_be);
SELECT figure, found, should_be FROM pg_temp.figures WHERE found IS DISTINCT FROM should_be;
SELECT count(*) > 25 AS many, count(*) FILTER (WHERE should_be > 0) AS with_something FROM pg_temp.figures;

-- Money goes back where it came from: platform, campaign and lead of a refund are those of the client's contract before it; where there is none, those that a contract of that time would have.
CREATE VIEW pg_temp.taken_back AS
SELECT r.contract_id, b.contract_id AS of_contract, (r.attributed_platform, r.attributed_channel, r.attributed_campaign_key, r.attribution_rule, r.lead_id, r.touches, r.days_to_convert, r.last_platform) IS DISTINCT FROM
       (b.attributed_platform, b.attributed_channel, b.attributed_campaign_key, b.attribution_rule, b.lead_id, b.touches, b.days_to_convert, b.last_platform) AS differs
FROM warehouse.fact_contracts r JOIN LATERAL (SELECT * FROM warehouse.fact_contracts b WHERE b.client_key = r.client_key AND b.amount >= 0 AND b.signed_at <= r.signed_at ORDER BY b.signed_at DESC LIMIT 1) b ON true
WHERE r.amount < 0 AND (r.event_id IS NULL OR r.attribution_rule <> 'own_event');
SELECT count(*) > 10 AS several, count(*) FILTER (WHERE differs) AS differ FROM pg_temp.taken_back;
SELECT round(avg(k.touches), 2) = p.avg_touches AS same_touches, round(avg(k.days_to_convert), 2) = p.avg_days AS same_days, p.platform
FROM analytics.platforms_contracts('2025-01-01', '2025-12-31') p JOIN warehouse.fact_contracts k ON k.attributed_platform = p.platform AND k.amount >= 0 GROUP BY p.platform, p.avg_touches, p.avg_days ORDER BY 3;

-- Contracts become refunds and refunds contracts, money comes and goes: what follows is as if everything had been made anew.
CREATE VIEW pg_temp.rollups AS
SELECT 'lead day ' || to_jsonb(l)::text AS line FROM warehouse.lead_daily l UNION ALL SELECT 'campaign ' || to_jsonb(r)::text FROM warehouse.campaign_roi_daily r UNION ALL SELECT 'span ' || to_jsonb(s)::text FROM warehouse.campaign_roi_span s
UNION ALL SELECT 'platform ' || to_jsonb(p)::text FROM warehouse.platform_daily p UNION ALL SELECT 'late ' || to_jsonb(t)::text FROM warehouse.late_daily t UNION ALL SELECT 'events ' || to_jsonb(e)::text FROM warehouse.event_daily e
UNION ALL SELECT 'lead ' || to_jsonb(f)::text FROM warehouse.fact_leads f UNION ALL SELECT 'customer ' || to_jsonb(c)::text FROM warehouse.customer_totals c;
UPDATE raw.deals SET amount = -amount WHERE id IN (SELECT id FROM raw.deals ORDER BY md5(id) LIMIT 12);
DELETE FROM raw.deals WHERE id IN (SELECT id FROM raw.deals ORDER BY md5('go' || id) LIMIT 5);
CALL analytics.refresh();
SELECT figure, found, should_be FROM pg_temp.figures WHERE found IS DISTINCT FROM should_be;
SELECT count(*) FILTER (WHERE differs) AS differ FROM pg_temp.taken_back;
CREATE TEMP TABLE kept AS TABLE pg_temp.rollups;
CALL analytics.refresh('full');
SELECT count(*) AS differ FROM ((TABLE kept EXCEPT ALL TABLE pg_temp.rollups) UNION ALL (TABLE pg_temp.rollups EXCEPT ALL TABLE kept)) d;
SELECT check_name, subject, status FROM analytics.check_data_quality() WHERE status = 'fail';
-- Somebody at the till, to whom all have been booked: each refund goes with the contract before it, of one moment with the last of these, as the slow way says.
CREATE TABLE raw.till_touches AS SELECT 'w' || n AS event_id, 'walk-in' AS client_id, timestamptz '2025-05-01 00:00+00' + n * interval '5 hours' AS occurred_at,
    (ARRAY['facebook', 'google', 'tiktok'])[1 + n % 3] AS utm_source, 'cpc' AS utm_medium FROM generate_series(1, 40) n;
CREATE TABLE raw.till AS SELECT 'till ' || (n * 7919) % 400 AS contract_id, 'walk-in' AS client_id, timestamptz '2025-05-01 00:30+00' + n / 3 * interval '90 minutes' AS signed_at,
    CASE WHEN abs(hashint4(n)) % 4 = 0 THEN -5 ELSE 10 + n END AS amount FROM generate_series(1, 399) n;
SELECT count(analytics.register_source(e, t::regclass, business_id => 77)) FROM (VALUES ('events', 'raw.till_touches'), ('contracts', 'raw.till')) s (e, t);
CALL analytics.refresh(business_id => 77);
SELECT count(*) > 80 AS refunds, count(DISTINCT k.attributed_platform) AS platforms, count(*) FILTER (WHERE (k.attributed_platform, k.first_platform, k.touches) IS DISTINCT FROM (b.attributed_platform, b.first_platform, b.touches)) AS elsewhere
FROM warehouse.fact_contracts k
CROSS JOIN LATERAL (SELECT c.* FROM warehouse.fact_contracts c WHERE c.business_id = 77 AND NOT c.is_refund AND c.signed_at <= k.signed_at ORDER BY c.signed_at DESC, c.source_id DESC, c.contract_id COLLATE "C" DESC LIMIT 1) b
WHERE k.business_id = 77 AND k.is_refund;
