-- The data of bench/endpoints/run, loaded as anybody loads them.
SET client_min_messages = warning;
CREATE EXTENSION pg_marketing;
SELECT analytics.install();
SELECT analytics.load_demo(:scale);
CREATE SCHEMA raw;
CREATE UNLOGGED TABLE raw.ads AS
SELECT d::date AS date, (ARRAY['facebook', 'google', 'tiktok', 'bing'])[1 + c % 4] AS platform, 'c' || c AS campaign_id, 'Campaign ' || c AS campaign_name, 'c' || c || '-' || a AS ad_id,
       500 + (c * 37 + extract(doy FROM d)::int * 13 + a) % 900 AS impressions, 5 + (c + extract(doy FROM d)::int + a) % 40 AS clicks,
       round((3 + (c * 7 + extract(doy FROM d)::int * 3 + a) % 60)::numeric * 1.37, 2) AS spend
FROM generate_series(timestamp '2022-11-01', '2025-10-31', '1 day') d, generate_series(1, 500) c, generate_series(1, 2) a;
CREATE UNLOGGED TABLE raw.events AS
SELECT i AS event_id, i * 7919::bigint % 120000 AS client_id, timestamptz '2022-11-01' + (i * 104729::bigint % 94600000) * interval '1 second' AS occurred_at,
       (ARRAY['facebook', 'google', 'tiktok', 'bing', NULL, NULL, 'newsletter'])[1 + h % 7] AS utm_source, (ARRAY['cpc', 'cpc', 'cpc', 'cpc', NULL, NULL, 'email'])[1 + h % 7] AS utm_medium,
       CASE WHEN h % 7 < 4 THEN 'c' || (1 + h / 7 % 125 * 4 + (h % 7 + 3) % 4) END AS utm_campaign, 'p' || i % 40 AS product_id, 'b' || i % 12 AS branch_id
FROM generate_series(1, 300000) i, LATERAL (SELECT (i * 48271::bigint % 2147483647)::int) x (h);
CREATE UNLOGGED TABLE raw.contracts AS
SELECT event_id AS contract_id, client_id, occurred_at AS signed_at, 50 + event_id % 900 AS amount, event_id FROM raw.events WHERE event_id % 20 = 0;
CREATE UNLOGGED TABLE raw.posts AS
SELECT 'p' || i AS content_id, (ARRAY['linkedin', 'twitter', 'facebook'])[1 + i % 3] AS platform, (ARRAY['video', 'text', 'image'])[1 + i / 3 % 3] AS content_type,
       timestamptz '2022-11-01' + i * interval '525 minutes' AS published_at, 'Post ' || i AS title, 'Author ' || i % 9 AS author
FROM generate_series(1, 3000) i;
CREATE UNLOGGED TABLE raw.post_days AS
SELECT p.content_id, p.platform, p.published_at::date + d AS date, 1000 + (length(p.content_id) * 97 + d * 31) % 500 AS views, 30 + (d * 7 + extract(minute FROM p.published_at)::int) % 40 AS likes,
       3 AS shares, 4 AS comments, 10 AS clicks, 900 AS reach
FROM raw.posts p, generate_series(0, 29) d;
ANALYZE raw.ads, raw.events, raw.contracts, raw.posts, raw.post_days;
SELECT analytics.configure(currency => 'UAH', reporting_timezone => 'Europe/Kyiv', business_id => 2);
SELECT analytics.register_source('events', 'raw.events', business_id => 2);
SELECT analytics.register_source('contracts', 'raw.contracts', business_id => 2);
SELECT analytics.register_source('ad_performance', 'raw.ads', business_id => 2);
SELECT analytics.register_source('content', 'raw.posts', business_id => 2);
SELECT analytics.register_source('content_metrics', 'raw.post_days', business_id => 2);
CALL analytics.refresh(business_id => 2);
VACUUM ANALYZE;
