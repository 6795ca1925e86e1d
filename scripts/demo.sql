-- Raw data of a small company for trying things out: 60 days from 2025-09-01, always the same. Makes the schema `demo` and what a CRM
-- and two ad exports would put there, with the flaws that such data have; registers them as sources and refreshes.
-- Run by psql in an empty database: psql -f scripts/demo.sql

CREATE EXTENSION IF NOT EXISTS pg_marketing;
SELECT analytics.install();
SELECT currency, reporting_timezone FROM analytics.configure(currency => 'UAH', reporting_timezone => 'Europe/Kyiv');

CREATE SCHEMA demo;

-- A number from 0 to below `until` that depends on its arguments alone.
CREATE FUNCTION demo.pick(what text, i bigint, until int) RETURNS int
    LANGUAGE sql IMMUTABLE AS $$ SELECT ((('x' || left(md5(what || i), 8))::bit(32)::bigint) % until)::int $$;

CREATE TABLE demo.campaign (platform text, campaign_id text, name text, paused_on date, daily_spend numeric, weight int);
INSERT INTO demo.campaign VALUES
    ('facebook', '120210000000000101', 'Autumn enrolment', NULL, 1900, 9),
    ('facebook', '120210000000000102', 'Open day', '2025-10-12', 1100, 6),
    ('instagram', '120210000000000103', 'Students tell', NULL, 800, 5),
    ('google', '20881000101', 'Brand search', NULL, 500, 8),
    ('google', '20881000102', 'Courses search', NULL, 2100, 7),
    ('google', '20881000103', 'Competitors', NULL, 900, 1);

-- What the CRM knows. Its times are text, local to Kyiv.
CREATE TABLE demo.crm_clients AS
    SELECT i AS id, 'Client ' || i AS full_name, '+38067' || lpad((1000000 + i * 7919 % 8999999)::text, 7, '0') AS phone
    FROM generate_series(1, 900) i;

CREATE TABLE demo.crm_events AS
WITH origin (place, weight_from, weight_to, source_type, utm_source, utm_medium, referrer) AS (VALUES
    (1, 0, 19, 'website', NULL, NULL, 'https://www.google.com/'),
    (2, 20, 34, 'website', NULL, NULL, NULL),
    (3, 35, 44, 'website', 'instagram', 'social', NULL),
    (4, 45, 50, 'email', 'newsletter', 'email', NULL),
    (5, 51, 54, 'messenger', 'viber', 'referral', NULL),
    (6, 55, 57, 'messenger', 'tg', 'referral', NULL),
    (7, 58, 62, 'event', NULL, NULL, NULL),
    (8, 63, 66, 'website', 'partner-blog', 'referral', 'https://partner.example/'),
    (9, 67, 99, 'website', NULL, NULL, NULL)      -- places of paid campaigns
), touch AS (
    SELECT c.id AS client_id, n.n, c.id * 10 + n.n AS id,
           timestamp '2025-09-01 08:00' + demo.pick('day', c.id, 60) * interval '1 day'
               + demo.pick('minute', c.id * 10 + n.n, 720) * interval '1 minute' + n.n * demo.pick('gap', c.id, 5) * interval '1 day' AS at,
           demo.pick('origin', c.id * 10 + n.n, 100) AS origin, demo.pick('campaign', c.id * 10 + n.n, 36) AS campaign
    FROM demo.crm_clients c CROSS JOIN LATERAL generate_series(1, 1 + demo.pick('touches', c.id, 5)) n (n)
), range AS (
    SELECT c.*, sum(c.weight) OVER w - c.weight AS weight_from, sum(c.weight) OVER w - 1 AS weight_to
    FROM demo.campaign c WINDOW w AS (ORDER BY c.campaign_id)
)
SELECT t.id, t.client_id, to_char(t.at, 'DD.MM.YYYY HH24:MI') AS happened, o.source_type,
       CASE WHEN o.place = 9 THEN r.platform ELSE o.utm_source END AS utm_source,
       CASE WHEN o.place <> 9 THEN o.utm_medium WHEN r.platform = 'google' THEN 'cpc' ELSE 'paid_social' END AS utm_medium,
       CASE WHEN o.place = 9 THEN r.campaign_id END AS utm_campaign,
       o.referrer
FROM touch t
JOIN origin o ON t.origin BETWEEN o.weight_from AND o.weight_to
JOIN range r ON t.campaign BETWEEN r.weight_from AND r.weight_to
WHERE t.at < '2025-10-31';

CREATE TABLE demo.crm_contracts AS
    SELECT 'D-' || e.client_id || CASE k.n WHEN 1 THEN '' ELSE '/' || k.n END AS number, e.client_id,
           to_char(to_timestamp(e.happened, 'DD.MM.YYYY HH24:MI') + (1 + demo.pick('delay', e.client_id * k.n, 9)) * interval '1 day', 'DD.MM.YYYY') AS signed,
           (4000 + 500 * demo.pick('amount', e.client_id * k.n, 60))::numeric(12, 2) AS amount
    FROM (SELECT DISTINCT ON (client_id) * FROM demo.crm_events ORDER BY client_id, id DESC) e
    CROSS JOIN LATERAL generate_series(1, CASE WHEN demo.pick('second', e.client_id, 10) = 0 THEN 2 ELSE 1 END) k (n)
    WHERE demo.pick('signs', e.client_id, 100) < 12;

-- What the ad platforms report. Facebook in the shape that Airbyte writes, Google as a spreadsheet export of text.
CREATE TABLE demo.facebook_ads AS
    SELECT d.day::date AS date_start, '1001' AS account_id, c.campaign_id, c.name AS campaign_name, c.campaign_id || '1' AS adset_id,
           c.campaign_id || '11' AS ad_id, s.impressions, s.impressions / 40 AS clicks,
           s.impressions / 55 AS inline_link_clicks, round(c.daily_spend * s.factor, 2) AS spend, 'UAH' AS account_currency
    FROM demo.campaign c CROSS JOIN generate_series(date '2025-09-01', date '2025-10-30', '1 day') d (day)
    CROSS JOIN LATERAL (SELECT (80 + demo.pick(c.campaign_id, d.day::date - date '2025-01-01', 40)) / 100.0) f (base)
    CROSS JOIN LATERAL (SELECT f.base * CASE WHEN extract(isodow FROM d.day) > 5 THEN 0.7 ELSE 1 END
                                      * CASE WHEN c.name = 'Autumn enrolment' AND d.day = '2025-10-20' THEN 3 ELSE 1 END AS factor,
                               (c.daily_spend * 9 * f.base)::int AS impressions) s
    WHERE c.platform IN ('facebook', 'instagram') AND (c.paused_on IS NULL OR d.day < c.paused_on);

CREATE TABLE demo.google_export AS
    SELECT to_char(d.day, 'YYYY-MM-DD') AS "Day", c.campaign_id AS "Campaign ID", c.name AS "Campaign", (c.daily_spend * f.base)::int::text AS "Impr.",
           (c.daily_spend * f.base / 20)::int::text AS "Clicks", round(c.daily_spend * f.base, 2)::text AS "Cost"
    FROM demo.campaign c CROSS JOIN generate_series(date '2025-09-01', date '2025-10-30', '1 day') d (day)
    CROSS JOIN LATERAL (SELECT (80 + demo.pick(c.campaign_id, d.day::date - date '2025-01-01', 40)) / 100.0
                               * CASE WHEN extract(isodow FROM d.day) > 5 THEN 0.8 ELSE 1 END) f (base)
    WHERE c.platform = 'google';

-- The flaws: a date that is none, a client without id, a copied row, an export with its total line and a negative number.
INSERT INTO demo.crm_events VALUES (90001, 17, 'yesterday', 'website'), (90002, NULL, '05.09.2025 10:00', 'website');
INSERT INTO demo.crm_events SELECT * FROM demo.crm_events WHERE id IN (11, 21);
INSERT INTO demo.google_export VALUES ('Total', '', '', '240000', '12000', '210000.00'), ('2025-09-03', '20881000103', 'Competitors', '-5', '0', '0');

SELECT analytics.register_source('clients', 'demo.crm_clients', '{"client_id": "id", "name": "full_name", "mobile": "phone"}');
SELECT analytics.register_source('events', 'demo.crm_events', '{"event_id": "id", "occurred_at": "happened"}', options => '{"date_order": "DMY"}');
SELECT analytics.register_source('contracts', 'demo.crm_contracts', '{"contract_id": "number", "signed_at": "signed"}', options => '{"date_order": "DMY"}');
SELECT analytics.register_source('ad_performance', 'demo.facebook_ads', preset => 'airbyte_facebook_ads');
SELECT analytics.register_source('ad_performance', 'demo.google_export', '{"date": "\"Day\"", "platform": "''google''", "campaign_id": "\"Campaign ID\"",
    "campaign_name": "\"Campaign\"", "impressions": "\"Impr.\"", "clicks": "\"Clicks\"", "spend": "\"Cost\""}');

CALL analytics.refresh();
