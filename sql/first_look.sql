-- A look at a source before it is one, and at what it could be.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.deal (no text, person text, signed text, total text, gone boolean);
INSERT INTO raw.deal VALUES ('d1', 'p1', '13.06.2025', '1 000,50', false), ('d2', 'p1', '14.06.2025', '7', false), ('d2', 'p1', '14.06.2025', '8', false), ('d3', '--', '15.06.2025', '9', false),
    ('d4', 'p4', 'soon', '9', false), ('d5', 'p5', '16.06.2025', 'nine', false), ('d6', 'p6', '17.06.2025', NULL, false);
\set mapping '{"contract_id": "no", "client_id": "person", "signed_at": "signed", "amount": "total"}'
SELECT aspect, subject, rows, examples, message FROM analytics.preview_source('contracts', 'raw.deal', :'mapping');
SELECT aspect, subject, rows, examples FROM analytics.preview_source('contracts', 'raw.deal', :'mapping', options => '{"date_order": "DMY", "number_format": "1 234,56", "filter": "no <> ''d4''"}') WHERE aspect IN ('rows', 'refused', 'days', 'repeated');
SELECT aspect, message FROM analytics.preview_source('contracts', 'raw.deal', '{"contract_id": "number", "client_id": "person"}');
-- Touches: how they would be classified, and the campaigns that nobody knows.
CREATE TABLE raw.visit (id int, uid text, at timestamptz, url text, gclid text, cast_fails text);
INSERT INTO raw.visit VALUES (1, 'a', '2025-06-01 10:00Z', 'https://shop.example/?utm_source=facebook&utm_medium=paid_social&utm_campaign=Doors', NULL, '1'),
    (2, 'b', '2025-06-01 10:00Z', 'https://shop.example/?utm_source=facebook&utm_medium=paid_social&utm_campaign=Windows', NULL, '2'), (3, 'c', '2025-06-02 10:00Z', NULL, 'Cj0', '3'), (4, 'd', '2025-06-02 10:00Z', NULL, NULL, 'x');
CREATE TABLE raw.ads (day date, campaign_id text, campaign_name text, spend numeric);
INSERT INTO raw.ads VALUES ('2025-06-01', '11', 'Doors', 5);
SELECT analytics.register_source('ad_performance', 'raw.ads', '{"date": "day", "platform": "''facebook''"}') > 0 AS registered;
CALL analytics.refresh();
SELECT aspect, subject, rows, examples, message
FROM analytics.preview_source('events', 'raw.visit', '{"event_id": "cast_fails::int", "client_id": "uid", "occurred_at": "at", "landing_url": "url"}', row_limit => 100) WHERE aspect <> 'column';
-- Spend: what is deleted, repeated or contradicts itself, and accounts whose currency nobody says.
CREATE TABLE raw.export (date date, platform text, account_id text, campaign_id text, spend numeric, currency text, is_deleted boolean);
INSERT INTO raw.export VALUES ('2025-06-01', 'Facebook Ads', 'A', '1', 5, 'USD', false), ('2025-06-01', 'Facebook Ads', 'A', '1', 5, 'USD', false),
    ('2025-06-01', 'Facebook Ads', 'A', '1', 6, 'USD', false), ('2025-06-02', 'google', 'B', '2', 6, NULL, false), ('2025-06-02', 'google', 'B', '2', 6, NULL, false), ('2025-06-03', 'google', 'B', '2', 6, NULL, true);
SELECT aspect, subject, rows, examples, message FROM analytics.preview_source('ad_performance', 'raw.export') WHERE aspect <> 'column';
SELECT aspect, message FROM analytics.preview_source('ad_performance', 'raw.export', '{"campaign_id": "spend::float8"}');
ALTER TABLE raw.export DROP currency;
SELECT subject, rows, examples, message FROM analytics.preview_source('ad_performance', 'raw.export') WHERE aspect = 'accounts';
-- Nothing is stored, and what is previewed is what a refresh does.
SELECT count(*) AS sources FROM analytics.source;
SELECT count(*) AS left_over FROM pg_class WHERE relname IN ('previewed', 'stage');
SELECT analytics.register_source('contracts', 'raw.deal', :'mapping') > 0 AS registered;
CALL analytics.refresh();
SELECT p.subject, p.rows, r.rows AS refused FROM analytics.preview_source('contracts', 'raw.deal', :'mapping') p
FULL JOIN (SELECT reason, sum(occurrences) AS rows FROM warehouse.rejected_rows WHERE entity = 'contracts' GROUP BY 1) r ON r.reason = p.subject
WHERE p.aspect = 'refused' OR p.aspect IS NULL ORDER BY 1;
SELECT analytics.preview_source('contracts', 'raw.deal', row_limit => 0);
SELECT analytics.preview_source('deals', 'raw.deal');
-- Which preset is it?
CREATE SCHEMA facebook_ads; CREATE SCHEMA google_ads; CREATE SCHEMA shop;
CREATE TABLE facebook_ads.basic_ad (ad_id bigint, date date, account_id bigint, impressions bigint, inline_link_clicks bigint, spend float8, reach bigint, _fivetran_id text);
CREATE TABLE google_ads.campaign_stats (_fivetran_id text, customer_id bigint, date date, ad_network_type text, clicks bigint, conversions float8, conversions_value float8, cost_micros bigint, device text, id bigint, impressions bigint);
CREATE TABLE raw.ads_insights (_airbyte_extracted_at timestamptz, date_start date, account_currency text, campaign_id text, campaign_name text, adset_id text, ad_id text, impressions bigint, clicks bigint, inline_link_clicks bigint, spend numeric, actions jsonb);
CREATE TABLE raw.campaign (_airbyte_raw_id text, campaign_id bigint, campaign_name text, segments_date date, segments_hour int, metrics_clicks bigint, metrics_impressions bigint, metrics_cost_micros bigint);
CREATE TABLE raw.events_20250601 (event_date text, event_timestamp bigint, event_name text, event_params jsonb, user_pseudo_id text, user_id text, collected_traffic_source jsonb);
CREATE TABLE shop."order" (id bigint, email text, currency text, total_price numeric, created_at timestamp, updated_at timestamp, processed_at timestamp, customer_id bigint, cancelled_at timestamp, test boolean, _fivetran_synced timestamp);
CREATE TABLE raw.meta_file ("Reporting starts" text, "Reporting ends" text, "Campaign name" text, "Amount spent (EUR)" text, "Impressions" text, "Link clicks" text, "Results" text);
CREATE TABLE raw.nothing (a int, b text);
SELECT DISTINCT ON (r) r AS relation, s.entity, s.preset, s.confidence FROM unnest('{facebook_ads.basic_ad,google_ads.campaign_stats,raw.ads_insights,raw.campaign,raw.events_20250601,"shop.\"order\"",raw.meta_file,raw.nothing}'::regclass[]) r
LEFT JOIN LATERAL analytics.suggest_mapping(r) s ON true ORDER BY r, s.confidence DESC NULLS LAST, s.preset, s.entity;
SELECT statement FROM analytics.suggest_mapping('google_ads.campaign_stats') ORDER BY confidence DESC LIMIT 1;
