-- What counts as paid, as a view, as a way back and as a refund: on the warehouse and on any table.
\i test/fixture/reset.sql
\pset null (null)

SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.visits (id text, client text, at timestamptz, kind text, source text, medium text, campaign text, referrer text, page text);
CREATE TABLE raw.orders (id text, client text, at timestamptz, amount numeric);
CREATE TABLE raw.ads (day date, platform text, campaign_id text, campaign_name text, spend numeric);
-- A newsletter, then a paid click without a campaign of each network; the order is the network's, where it sells ads or has an export.
INSERT INTO raw.visits (id, client, at, source, medium)
SELECT n || '-1', n, timestamptz '2025-04-01 09:00+00', 'newsletter', 'email' FROM unnest('{facebook,tiktok,bing,linkedin,pushads,someblog}'::text[]) n
UNION ALL
SELECT n || '-2', n, timestamptz '2025-04-02 09:00+00', n, 'cpc' FROM unnest('{facebook,tiktok,bing,linkedin,pushads,someblog}'::text[]) n;
INSERT INTO raw.orders SELECT n, n, timestamptz '2025-04-03 09:00+00', 40 FROM unnest('{facebook,tiktok,bing,linkedin,pushads,someblog}'::text[]) n;
INSERT INTO raw.ads VALUES ('2025-04-02', 'pushads', '77', 'Push', 12);
INSERT INTO warehouse.platform (platform, family) VALUES ('pushads', 'pushads'), ('someblog', 'someblog');
-- An ad seen after a click: the click earns. An ad seen and nothing clicked: the ad earns.
INSERT INTO raw.visits (id, client, at, kind, source, medium, campaign) VALUES
    ('v1', 'viewer', '2025-04-01 08:00+00', NULL, 'google', 'cpc', 'a'), ('v2', 'viewer', '2025-04-01 10:00+00', 'impression', 'facebook', 'cpc', 'b'),
    ('w1', 'watcher', '2025-04-01 08:00+00', 'view', 'tiktok', 'cpc', 'c');
INSERT INTO raw.orders VALUES ('viewer', 'viewer', '2025-04-02 08:00+00', 10), ('watcher', 'watcher', '2025-04-02 08:00+00', 10);
-- Back from a page of payment and from the shop itself, in the same visit and a day later.
INSERT INTO raw.visits (id, client, at, source, medium, campaign, referrer, page) VALUES
    ('p1', 'payer', '2025-04-01 10:00+00', 'facebook', 'cpc', 'd', NULL, 'https://www.shop.example/'),
    ('p2', 'payer', '2025-04-01 10:20+00', NULL, NULL, NULL, 'https://www.paypal.com/checkout', 'https://www.shop.example/thanks'),
    ('p3', 'payer', '2025-04-01 10:21+00', NULL, NULL, NULL, 'https://help.shop.example/', 'https://www.shop.example/faq'),
    ('q1', 'later', '2025-04-01 10:00+00', 'tiktok', 'cpc', 'e', NULL, 'https://www.shop.example/'),
    ('q2', 'later', '2025-04-02 10:00+00', NULL, NULL, NULL, 'https://checkout.stripe.com/c/pay', 'https://www.shop.example/thanks'),
    ('r1', 'tagged', '2025-04-01 10:00+00', 'partner', 'referral', NULL, 'https://pay.klarna.com/', 'https://www.shop.example/');
INSERT INTO raw.orders SELECT c, c, timestamptz '2025-04-02 11:00+00', 20 FROM unnest('{payer,later,tagged}'::text[]) c;
-- A refund takes the money back from whom earned the order, and is no order.
INSERT INTO raw.visits (id, client, at, source, medium, campaign) VALUES
    ('f1', 'returner', '2025-04-01 10:00+00', 'instagram', 'cpc', 'f'), ('f2', 'returner', '2025-04-05 10:00+00', 'newsletter', 'email', NULL);
INSERT INTO raw.orders VALUES ('f-bought', 'returner', '2025-04-02 10:00+00', 90), ('f-back', 'returner', '2025-04-06 10:00+00', -30);
SELECT count(*) FROM (
    SELECT analytics.register_source('events', 'raw.visits', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "source_type": "kind",
        "utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "landing_url": "page"}')
    UNION ALL
    SELECT analytics.register_source('contracts', 'raw.orders', '{"contract_id": "id", "client_id": "client", "signed_at": "at"}')
    UNION ALL
    SELECT analytics.register_source('ad_performance', 'raw.ads', '{"date": "day"}')
) s;
CALL analytics.refresh();
SELECT event_id, platform, channel, is_paid, channel_rule FROM warehouse.fact_events WHERE referrer_host IS NOT NULL OR event_id = 'p1'
ORDER BY event_id COLLATE "C";
SELECT contract_id, attributed_platform, attribution_rule FROM warehouse.fact_contracts ORDER BY contract_id COLLATE "C";
SELECT platform, ad_network FROM warehouse.dim_platforms ORDER BY platform COLLATE "C";

SELECT key, round(conversions::numeric, 4) AS conversions, revenue FROM analytics.attribution('2025-04-01', '2025-04-30')
WHERE conversions <> 0 OR revenue <> 0 ORDER BY key COLLATE "C";
SELECT key, round(conversions::numeric, 4) AS conversions, revenue FROM analytics.attribution('2025-04-01', '2025-04-30', '{last}')
WHERE conversions <> 0 OR revenue <> 0 ORDER BY key COLLATE "C";
-- Totals: orders without refunds, money with them; what attribution() says of a rule is what the contracts say.
SELECT model, round(sum(conversions)::numeric, 6) AS conversions, sum(revenue) AS revenue
FROM analytics.attribution('2025-04-01', '2025-04-30', '{first,last,linear,time_decay,u_shaped,last_paid,last_non_direct}') GROUP BY model ORDER BY model;
SELECT count(*) AS contracts, count(*) FILTER (WHERE amount >= 0) AS orders, sum(amount) AS amount FROM warehouse.fact_contracts;

-- The rule of the product: with a campaign, of Meta and Google.
SELECT (analytics.configure(paid_rule => 'campaign_networks')).paid_rule;
CALL analytics.refresh();
SELECT contract_id, attributed_platform, attribution_rule FROM warehouse.fact_contracts ORDER BY contract_id COLLATE "C";
SELECT platform FROM warehouse.dim_platforms WHERE ad_network ORDER BY platform COLLATE "C";
SELECT key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-04-01', '2025-04-30') WHERE conversions <> 0 ORDER BY key COLLATE "C";
SELECT analytics.configure(paid_rule => 'all');

-- One default of each rule, wherever it stands: in the functions for any table, the readers of the warehouse, its settings.
SELECT a.name, array_agg(DISTINCT a.def) AS defaults
FROM pg_proc p, LATERAL (SELECT p.proargnames[n] AS name, pg_get_function_arg_default(p.oid, n) AS def FROM generate_series(1, p.pronargs) n) a
WHERE p.pronamespace = 'analytics'::regnamespace AND p.proname <> 'configure' AND a.def IS NOT NULL
    AND (a.name IN ('fallback', 'lookback', 'direct_keys', 'cycle', 'views') OR a.name = 'half_life' AND a.def LIKE '%interval')
GROUP BY a.name ORDER BY a.name;
SELECT column_name, column_default FROM information_schema.columns
WHERE table_schema = 'warehouse' AND table_name = 'settings' AND column_name IN ('lookback', 'half_life') ORDER BY 1;

-- Direct keys are known in any case: as channel_group() and the warehouse write them.
SELECT k.direct, c.model, c.key, c.conversions
FROM unnest('{Direct,direct,(DIRECT),(none),(No Campaign)}'::text[]) k (direct), LATERAL (
    SELECT analytics.journeys(1, v.at, v.n, v.key, false, v.amount) AS journeys
    FROM (VALUES ('2025-01-01'::timestamptz, 1, 'Organic Search', NULL::numeric), ('2025-01-02', 2, k.direct, 7)) v (at, n, key, amount)) j,
    analytics.attribution_credit(j.journeys, '{last_non_direct}') c
WHERE c.conversions > 0;
-- Refunds of any table: of the conversion before, of none, at the same moment; a path that was counted gets the money, no conversion.
WITH sale (client, at, n, key, amount) AS (
    VALUES (1, '2025-01-01'::timestamptz, 1, 'a', NULL::numeric), (1, '2025-01-02', 2, 'b', 100), (1, '2025-01-03', 3, 'c', NULL),
           (1, '2025-01-04', NULL, NULL, -40), (2, '2025-01-01', 1, 'a', NULL), (2, '2025-01-02', NULL, NULL, -5),
           (3, '2025-01-01', 1, 'c', 10), (3, '2025-01-01', NULL, NULL, -10)
), made AS (
    SELECT analytics.journeys(client, at, n, key, false, amount) AS journeys FROM sale
)
SELECT 'credit' AS answer, c.model || ' ' || COALESCE(c.key, '-') AS what, c.conversions, c.value, c.supporting, c.assisted
FROM made, analytics.attribution_credit(journeys, '{last,linear}', cycle => 'since_previous') c
UNION ALL
SELECT 'paths', p.path::text, p.conversions, p.value, NULL, NULL FROM made, analytics.path_list(analytics.journey_paths(journeys)) p
UNION ALL
SELECT 'conversions', p.path::text, 1, p.value, NULL, NULL FROM made, analytics.conversion_paths(journeys) p
UNION ALL
SELECT 'summary', s.clients::text, s.conversions, s.value, s.touches, s.keys FROM made, analytics.journeys_summary(journeys) s
ORDER BY 1, 2, 4;
