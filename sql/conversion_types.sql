-- Conversions of any type: contracts, leads, purchases, and events that are marked; each with a model and a window of its own.
\i test/fixture/reset.sql
\pset null (null)

SELECT analytics.install();
CREATE SCHEMA raw;
-- 80 clients, each met one to five times, on two sites; some sign up, book or buy on the way.
CREATE TABLE raw.visits AS
SELECT c * 10 + t AS id, c AS client, timestamptz '2025-03-01 08:00+00' + c * interval '7 hours' + t * interval '3 days 1 hour' AS at,
       (ARRAY['google', 'facebook', 'newsletter', NULL, 'blog'])[1 + (c * 3 + t * t) % 5] AS source,
       (ARRAY['cpc', 'cpc', 'email', NULL, 'referral'])[1 + (c * 3 + t * t) % 5] AS medium,
       'https://' || (ARRAY['www.shop.example', 'app.example'])[1 + (c + t) % 2] || (ARRAY['/', '/prices/?utm_term=' || c, '/signup#top', ''])[1 + (c * t) % 4] AS page,
       CASE WHEN (c + 2 * t) % 7 = 3 THEN 'signup' WHEN (c + t) % 11 = 5 THEN 'Booking' END AS goal, CASE WHEN c % 3 = 0 THEN c * 1.5 END AS worth
FROM generate_series(1, 80) c, generate_series(0, c % 5) t;
CREATE TABLE raw.contracts AS
SELECT 'k' || c AS id, c AS client, timestamptz '2025-03-12 09:00+00' + c * interval '8 hours' AS at, c * 10 AS amount, NULL::text AS event FROM generate_series(2, 80, 6) c
UNION ALL SELECT 'e' || v.id, v.client, v.at, 33, v.id::text FROM raw.visits v WHERE v.id % 37 = 0;
-- Orders of one to three lines; a line that came back.
CREATE TABLE raw.payments AS
SELECT 'p' || c || '-' || n AS id, c AS client, timestamptz '2025-03-15 10:00+00' + c * interval '6 hours' + n * interval '5 minutes' AS at, (c % 9 + n)::numeric AS amount,
       CASE WHEN c % 2 = 0 THEN 'order ' || c END AS order_no
FROM generate_series(1, 80, 3) c, generate_series(1, 1 + c % 3) n UNION ALL SELECT 'back', 7, '2025-04-20 10:00+00', -3, NULL;
SELECT count(*) FROM (
    SELECT analytics.register_source('events', 'raw.visits', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "utm_source": "source", "utm_medium": "medium", "landing_url": "page",
        "conversion_type": "lower(goal)", "conversion_value": "worth"}')
    UNION ALL SELECT analytics.register_source('contracts', 'raw.contracts', '{"contract_id": "id", "client_id": "client", "signed_at": "at", "event_id": "event"}')
    UNION ALL SELECT analytics.register_source('transactions', 'raw.payments', '{"transaction_id": "id", "client_id": "client", "occurred_at": "at", "order_id": "order_no"}')) s;
CALL analytics.refresh();
SELECT landing_page, count(*) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;
SELECT conversion_type, count(*), sum(conversion_value) FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;
SELECT * FROM analytics.conversion_settings();

-- The slow way: conversions of each type, and the touches in the thirty days before them, each with an equal share.
CREATE TEMP TABLE converted AS
SELECT 'contract' AS type, id::text, client, at, amount::float8, (SELECT split_part(split_part(replace(page, 'www.', ''), '/', 3), '?', 1) FROM raw.visits v WHERE v.id::text = event) AS host FROM raw.contracts
UNION ALL SELECT 'purchase', min(id COLLATE "C"), client, min(at), sum(amount)::float8, NULL FROM raw.payments GROUP BY client, COALESCE(order_no, id)
UNION ALL SELECT lower(goal), id::text, client, at, COALESCE(worth, 0)::float8, split_part(replace(page, 'www.', ''), '/', 3) FROM raw.visits WHERE goal IS NOT NULL
UNION ALL SELECT 'lead', l.lead_id, d.client_id::int, l.created_at, 0, (SELECT split_part(replace(page, 'www.', ''), '/', 3) FROM raw.visits v WHERE v.id::text = l.lead_id) FROM warehouse.fact_leads l JOIN warehouse.dim_clients d USING (client_key);
CREATE TEMP VIEW by_hand AS
SELECT c.type, c.host, c.at, COALESCE(v.source, 'direct') AS source, v.page, 1.0 / count(*) OVER (PARTITION BY c.type, c.id) AS share, c.amount / count(*) OVER (PARTITION BY c.type, c.id) AS value
FROM converted c JOIN raw.visits v ON v.client = c.client AND v.at BETWEEN c.at - interval '30 days' AND c.at WHERE c.amount >= 0;
SELECT q.types, q.hosts, count(*) > 2 AS several, count(*) FILTER (WHERE abs(a.conversions - COALESCE(h.conversions, 0)) > 1e-9 OR abs(a.revenue - COALESCE(h.value, 0)) > 0.001) AS differ,
       round(sum(a.conversions)::numeric, 6) AS conversions, (SELECT count(*) FROM converted c WHERE c.type = ANY (q.types) AND c.at < '2025-04-01+00' AND c.amount >= 0 AND (q.hosts IS NULL OR c.host = ANY (q.hosts))) AS all_of_them
FROM (VALUES ('{contract}'::text[], NULL::text[]), ('{lead}', NULL), ('{purchase}', NULL), ('{signup}', NULL), ('{booking}', NULL), ('{signup,booking}', NULL), ('{contract,signup,purchase,lead}', NULL),
             ('{signup}', '{shop.example}'), ('{signup,contract}', '{app.example}'), ('{lead}', '{app.example,shop.example}')) q (types, hosts)
CROSS JOIN LATERAL analytics.attribution('2025-03-01', '2025-03-31', '{linear}', 'platform', '30 days', conversion_types => q.types, conversion_hosts => q.hosts) a
LEFT JOIN LATERAL (SELECT sum(share) AS conversions, sum(value) AS value FROM by_hand b WHERE b.type = ANY (q.types) AND b.at < '2025-04-01+00' AND (q.hosts IS NULL OR b.host = ANY (q.hosts))
    AND CASE b.source WHEN 'newsletter' THEN 'email' ELSE b.source END = a.key) h ON true
WHERE a.key <> '(unattributed)' GROUP BY 1, 2 ORDER BY q.types, q.hosts;
-- Told apart by type and landing page; hosts as anybody writes them.
SELECT key, round(conversions::numeric, 4) AS conversions, revenue FROM analytics.attribution('2025-03-01', '2025-03-31', '{last}', 'conversion_type', conversion_types => '{lead,signup,purchase}');
SELECT key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-03-01', '2025-03-31', '{last}', 'landing_page+conversion_type', conversion_types => '{signup,booking}', conversion_hosts => '{https://www.SHOP.example/x}');
-- Touch by touch the same, to the last bit, whatever is asked.
SELECT count(*) > 400 AS many, count(*) FILTER (WHERE (a.conversions, a.supporting, a.clients) IS DISTINCT FROM (COALESCE(t.conversions, 0), COALESCE(t.supporting, 0), COALESCE(t.clients, 0))) AS differ,
       max(abs(a.revenue - COALESCE(t.revenue, 0)::numeric)) < 0.001 AS only_rounded
FROM (VALUES ('{lead}'::text[], NULL::text[]), ('{signup,booking}', '{shop.example}'), ('{purchase,contract,signup}', NULL)) q (types, hosts),
     unnest('{channel,landing_page,conversion_type,landing_page+conversion_type,customer+platform,purchase}'::text[]) d (dimension), unnest('{conversion,touch}'::text[]) b (basis), unnest('{all,paid,organic}'::text[]) w (touches),
     (SELECT '{first,last,last_non_direct,last_paid,linear,time_decay,u_shaped,w_shaped,participation}'::text[]) m (models),
LATERAL (SELECT * FROM analytics.attribution('2025-03-05', '2025-03-31', models, d.dimension, basis => b.basis, touches => w.touches, conversion_types => q.types, conversion_hosts => q.hosts) WHERE conversions <> 0 OR supporting > 0) a
FULL JOIN LATERAL (
    SELECT model, keys, analytics.compensated_sum(conversions) AS conversions, analytics.compensated_sum(revenue) AS revenue,
           count(DISTINCT (conversion_type, conversion_source_id, conversion_id)) FILTER (WHERE conversions > 0) AS supporting, count(DISTINCT client_key) FILTER (WHERE conversions > 0) AS clients
    FROM analytics.attribution_touches('2025-03-05', '2025-03-31', models, d.dimension, basis => b.basis, touches => w.touches, conversion_types => q.types, conversion_hosts => q.hosts)
    GROUP BY 1, 2) t ON t.model = a.model AND t.keys = a.keys;
-- So, too, where touches that were paid for and others, or of several platforms, have one key.
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE (a.conversions, a.supporting, a.clients) IS DISTINCT FROM (t.conversions, t.supporting, t.clients)) AS differ
FROM (VALUES ('utm_campaign+utm_content', NULL::text[], 'all'), ('landing_page', '{google,facebook,email}', 'all'), ('landing_page', '{google,email}', 'paid'), ('landing_page+product', NULL, 'organic'), ('conversion_type', '{google,blog}', 'all')) d (dimension, platforms, touches),
     (SELECT '{first,linear,linear_unique,time_decay,position_decay,u_shaped,j_shaped,participation}'::text[]) m (models),
LATERAL (SELECT * FROM analytics.attribution('2025-03-01', '2025-03-31', models, d.dimension, platforms => d.platforms, touches => d.touches, conversion_types => '{contract,signup,purchase}') WHERE supporting > 0) a
FULL JOIN LATERAL (
    SELECT model, keys, analytics.compensated_sum(conversions) AS conversions, count(DISTINCT (conversion_type, conversion_source_id, conversion_id)) AS supporting, count(DISTINCT client_key) AS clients
    FROM analytics.attribution_touches('2025-03-01', '2025-03-31', models, d.dimension, platforms => d.platforms, touches => d.touches, conversion_types => '{contract,signup,purchase}')
    WHERE conversions > 0 GROUP BY 1, 2) t ON t.model = a.model AND t.keys = a.keys;
SELECT conversion_type, conversion_id, client_id, touch_id, key, weight, revenue FROM analytics.attribution_touches('2025-03-01', '2025-03-10', '{linear}', conversion_types => '{lead,booking}') ORDER BY converted_at, conversion_type, conversion_id, rank LIMIT 6;
-- The readers of paths know them, too.
SELECT round(sum(conversions)::numeric, 6) AS by_markov FROM analytics.markov('2025-03-01', '2025-03-31', conversion_types => '{signup}');
SELECT sum(conversions) AS by_length FROM analytics.path_lengths('2025-03-01', '2025-03-31', conversion_types => '{signup}');

-- A model and a window for each type: as attribution() gives them one by one.
SELECT analytics.configure_conversion('signup', 'linear', '7 days', hosts => '{shop.example}', default_value => 4);
SELECT analytics.configure_conversion('lead', 'first', '30 days', '1 day', default_value => 2.5);
SELECT * FROM analytics.conversion_settings();
SELECT conversion_type, model, key, round(conversions::numeric, 4) AS conversions, revenue, lookback FROM analytics.attribution_by_conversion('2025-03-01', '2025-03-31') WHERE conversions > 0;
SELECT count(*) > 10 AS many, count(*) FILTER (WHERE (b.conversions, b.revenue, b.clients) IS DISTINCT FROM (a.conversions, a.revenue, a.clients)) AS differ
FROM analytics.attribution_by_conversion('2025-03-01', '2025-03-31', '{lead,signup,purchase}', 'channel', granularity => 'week') b
FULL JOIN (
    SELECT 'lead' AS conversion_type, * FROM analytics.attribution('2025-03-01', '2025-03-31', '{first}', 'channel', '30 days', view_lookback => '1 day', conversion_types => '{lead}', granularity => 'week')
    UNION ALL SELECT 'signup', * FROM analytics.attribution('2025-03-01', '2025-03-31', '{linear}', 'channel', '7 days', conversion_types => '{signup}', conversion_hosts => '{shop.example}', granularity => 'week')
    UNION ALL SELECT 'purchase', * FROM analytics.attribution('2025-03-01', '2025-03-31', dimension => 'channel', conversion_types => '{purchase}', granularity => 'week')) a USING (conversion_type, key, period_start);

-- Two businesses together: sums of sums are exact, too.
SELECT count(*) FROM (
    SELECT analytics.register_source('events', 'raw.visits', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "utm_source": "source", "utm_medium": "medium", "landing_url": "page",
        "conversion_type": "lower(goal)", "conversion_value": "worth"}', business_id => 2)
    UNION ALL SELECT analytics.register_source('contracts', 'raw.contracts', '{"contract_id": "id", "client_id": "client + 1", "signed_at": "at", "event_id": "event"}', business_id => 2)) s;
CALL analytics.refresh();
SELECT count(*) > 50 AS many, count(*) FILTER (WHERE (a.conversions, a.supporting, a.clients) IS DISTINCT FROM (t.conversions, t.supporting, t.clients)) AS differ
FROM (SELECT '{linear,linear_unique,time_decay,position_decay,u_shaped,j_shaped}'::text[]) m (models),
LATERAL (SELECT * FROM analytics.attribution('2025-03-01', '2025-03-31', models, 'landing_page+channel', conversion_types => '{contract,signup,booking}') WHERE supporting > 0) a
FULL JOIN LATERAL (
    SELECT model, keys, analytics.compensated_sum(conversions) AS conversions, count(DISTINCT (conversion_type, conversion_source_id, conversion_id)) AS supporting, count(DISTINCT (business, client_key)) AS clients
    FROM analytics.attribution_touches('2025-03-01', '2025-03-31', models, 'landing_page+channel', conversion_types => '{contract,signup,booking}')
    WHERE conversions > 0 GROUP BY 1, 2) t ON t.model = a.model AND t.keys = a.keys;
-- A sign-up that says nothing of where it comes from is part of the visit before it; hours later it is direct.
INSERT INTO raw.visits VALUES (9001, 900, '2025-05-02 10:00+00', 'google', 'cpc', 'https://shop.example/', NULL, NULL), (9002, 900, '2025-05-02 10:10+00', NULL, NULL, 'https://shop.example/', 'signup', 9),
    (9011, 901, '2025-05-02 10:00+00', 'google', 'cpc', 'https://shop.example/', NULL, NULL), (9012, 901, '2025-05-02 20:10+00', NULL, NULL, 'https://shop.example/', 'signup', 9);
CALL analytics.refresh();
SELECT client_id, touch_id, key FROM analytics.attribution_touches('2025-05-01', '2025-05-31', '{last}', business_id => 1, conversion_types => '{signup}') ORDER BY 1;

-- What cannot be meant.
SELECT * FROM analytics.attribution('2025-03-01', '2025-03-31', conversion_types => '{singup}');
SELECT * FROM analytics.attribution('2025-03-01', '2025-03-31', conversion_types => '{}');
SELECT * FROM analytics.attribution('2025-03-01', '2025-03-31', conversion_types => '{lead,NULL}');
SELECT * FROM analytics.attribution_by_conversion('2025-03-01', '2025-03-31', '{singup}');
SELECT analytics.configure_conversion('signup', 'best');
SELECT analytics.configure_conversion('signup', 'last', '-1 day');
SELECT analytics.configure_conversion('signup', 'last', cycle => 'sometimes');
SELECT analytics.configure_conversion('');
