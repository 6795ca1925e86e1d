-- The entities that are stored as they come, and the raw tables of connectors.
\i test/fixture/shop.sql
SET client_min_messages = warning;

-- Products, branches and transactions: loaded, refused, repeated. Of two lists of products the first registered has what both list.
UPDATE raw.ads SET cost = cost;
CREATE TABLE raw.products (product_id int, name text, category text);
CREATE TABLE raw.old_products (id text, name text);
CREATE TABLE raw.branches (branch_id text, name text, city text);
CREATE TABLE raw.sales (transaction_id int, client_id text, occurred_at timestamptz, amount text, quantity numeric, profit numeric, product_id int, currency text);
INSERT INTO raw.products VALUES (1, 'Door', 'wood'), (2, 'Window', 'glass');
INSERT INTO raw.old_products VALUES ('1', 'Old door'), ('9', 'Stairs');
INSERT INTO raw.branches VALUES ('k', 'Centre', 'Kyiv'), ('k', 'Centre', 'Kyiv'), ('l', 'Market', 'Lviv');
INSERT INTO raw.sales VALUES (1, 'client-2', '2025-02-01 23:30+00', '100.50', 1, 20, 1, NULL), (2, 'only-bought', '2025-02-02 10:00+00', '50', 2.5, NULL, 9, 'UAH'),
    (3, 'client-3', '2025-02-03 10:00+00', '-10', NULL, NULL, 2, NULL), (4, NULL, '2025-02-03 10:00+00', '5', 1, 1, 1, NULL),
    (5, 'client-3', '2025-02-03 10:00+00', 'much', 1, 1, 1, NULL), (6, 'client-3', '2025-02-03 10:00+00', '5', 1, 1, 1, 'EUR'),
    (7, 'client-4', '2025-02-04 10:00+00', '7', 1, 1, 1, NULL), (7, 'client-4', '2025-02-04 10:00+00', '7', 1, 1, 1, NULL);
SELECT analytics.register_source('products', 'raw.products');
SELECT analytics.register_source('products', 'raw.old_products', '{"product_id": "id"}');
SELECT analytics.register_source('branches', 'raw.branches');
SELECT analytics.register_source('transactions', 'raw.sales');
CALL analytics.refresh();
SELECT product_id, name, category, source_id FROM warehouse.dim_products ORDER BY 1;
SELECT branch_id, name, city FROM warehouse.dim_branches ORDER BY 1;
SELECT transaction_id, d.client_id, transaction_date, amount, quantity, profit, product_id FROM warehouse.fact_transactions t JOIN warehouse.dim_clients d USING (client_key) ORDER BY 1;
SELECT row_key, reason FROM warehouse.rejected_rows ORDER BY 1;
SELECT entity, rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() WHERE entity IN ('products', 'branches', 'transactions') ORDER BY source_id;
SELECT check_name, subject, status, message FROM analytics.check_data_quality() WHERE check_name LIKE 'reconciliation%' ORDER BY 1, 2;
-- Nothing new, nothing written.
CALL analytics.refresh();
SELECT name, source_id, inserted, updated, deleted FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND inserted + updated + deleted > 0;
-- Only the days that changed are read, deletions included. A client known by its purchases alone goes with the last of them.
DELETE FROM raw.sales WHERE transaction_id = 2;
UPDATE raw.sales SET amount = '101' WHERE transaction_id = 1;
DELETE FROM raw.sales WHERE ctid = (SELECT max(ctid) FROM raw.sales WHERE transaction_id = 7);
CALL analytics.refresh();
UPDATE raw.sales SET amount = '102' WHERE transaction_id = 1;
CALL analytics.refresh();
SELECT rows_read, inserted, updated, deleted FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name = 'load transactions';
SELECT transaction_id, amount FROM warehouse.fact_transactions ORDER BY 1;
SELECT count(*) FROM warehouse.dim_clients WHERE client_id = 'only-bought';
-- What the first list gives up is the second's; what it takes back is its own again.
DELETE FROM raw.products WHERE product_id = 1;
CALL analytics.refresh();
SELECT product_id, name, source_id FROM warehouse.dim_products ORDER BY 1;
INSERT INTO raw.products VALUES (1, 'Door again', 'wood');
CALL analytics.refresh();
SELECT product_id, name, source_id FROM warehouse.dim_products ORDER BY 1;

-- Performance by product and branch: of the leads' day, and of the contracts' own.
CREATE TABLE raw.touches (event_id text, client_id text, occurred_at timestamptz, product_id text, branch_id text);
CREATE TABLE raw.deals (contract_id text, client_id text, signed_at timestamptz, amount numeric, product_id text, branch_id text);
INSERT INTO raw.touches VALUES ('t1', 'x', '2025-09-01 10:00Z', '1', 'k'), ('t2', 'y', '2025-09-01 11:00Z', '77', NULL);
INSERT INTO raw.deals VALUES ('d1', 'x', '2025-09-05 10:00Z', 500, '2', 'l');
SELECT analytics.register_source('events', 'raw.touches');
SELECT analytics.register_source('contracts', 'raw.deals');
CALL analytics.refresh();
SELECT date, product_id, product_name, leads, contracts, revenue, contracts_signed, revenue_signed FROM warehouse.product_performance WHERE date >= '2025-09-01' ORDER BY 1, 2;
SELECT date, branch_id, branch_name, leads, contracts, revenue, contracts_signed, revenue_signed FROM warehouse.branch_performance WHERE date >= '2025-09-01' ORDER BY 1, 2;

-- Content and its numbers.
CREATE TABLE raw.posts (content_id text, platform text, content_type text, published_at text, title text, author text, hashtags text[]);
CREATE TABLE raw.post_days (content_id text, date date, views int, likes int, reach numeric);
INSERT INTO raw.posts VALUES ('v1', 'YouTube', 'video', '2025-04-01 10:00', 'How to hang a door', 'Olena', '{door,diy}'), ('v2', 'Radio X', 'show', 'one day', 'On air', NULL, NULL);
INSERT INTO raw.post_days VALUES ('v1', '2025-04-01', 100, 5, 80), ('v1', '2025-04-02', 150, 9, 120.5), ('v1', '2025-04-03', 170, -1, 90), ('v1', '2025-04-04', 200, 11, 140);
SELECT analytics.register_source('content', 'raw.posts', options => '{"cumulative": true}');
SELECT analytics.register_source('content', 'raw.posts');
SELECT analytics.register_source('content_metrics', 'raw.post_days', '{"platform": "''youtube''"}', options => '{"cumulative": "perhaps"}');
SELECT analytics.register_source('content_metrics', 'raw.post_days', '{"platform": "''youtube''"}', options => '{"cumulative": true}');
CALL analytics.refresh();
SELECT platform, content_id, content_type, published_at AT TIME ZONE 'UTC' AS published, title, author, hashtags FROM warehouse.fact_content ORDER BY 1;
SELECT date, platform, content_id, views, likes, shares, reach, is_cumulative FROM warehouse.fact_content_metrics ORDER BY 1;
SELECT row_key, reason FROM warehouse.rejected_rows WHERE entity LIKE 'content%' ORDER BY 2;
SELECT platform FROM warehouse.dim_platforms WHERE platform LIKE '%youtube%';
UPDATE raw.post_days SET views = 201 WHERE date = '2025-04-04';
DELETE FROM raw.post_days WHERE date = '2025-04-01';
CALL analytics.refresh();
SELECT name, rows_read, updated, deleted FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name = 'load content_metrics';

-- Dropped sources take everything with them.
SELECT analytics.drop_source(source_id) FROM analytics.source WHERE entity IN ('products', 'branches', 'transactions', 'content', 'content_metrics') AND relation <> 'raw.old_products' ORDER BY source_id;
CALL analytics.refresh();
SELECT (SELECT count(*) FROM warehouse.fact_transactions) AS transactions, (SELECT count(*) FROM warehouse.fact_content) AS content, (SELECT count(*) FROM warehouse.fact_content_metrics) AS days,
       (SELECT count(*) FROM warehouse.dim_branches) AS branches, (SELECT count(*) FROM warehouse.rejected_rows) AS rejected;
SELECT product_id, name FROM warehouse.dim_products ORDER BY 1;

-- Connectors' tables, each as business 2 to 5.
RESET client_min_messages;
CREATE TABLE raw.ads_insights (date_start date, date_stop date, account_id text, account_name text, account_currency text, campaign_id text, campaign_name text, adset_id text, adset_name text,
    ad_id text, ad_name text, impressions bigint, clicks bigint, inline_link_clicks bigint, unique_clicks bigint, spend numeric, reach bigint, frequency numeric, actions jsonb, objective text);
CREATE TABLE raw.campaign_insights (date_start date, date_stop date, account_currency text, campaign_id text, campaign_name text, impressions bigint, clicks bigint, inline_link_clicks bigint, spend numeric);
CREATE TABLE raw.fb_campaigns (id text, name text, account_id text, status text, effective_status text, daily_budget numeric, updated_time timestamptz);
CREATE TABLE raw.fb_ads (id text, name text, adset_id text, campaign_id text, creative jsonb, status text, updated_time timestamptz);
INSERT INTO raw.ads_insights (date_start, account_id, account_currency, campaign_id, campaign_name, adset_id, ad_id, impressions, clicks, inline_link_clicks, spend)
    VALUES ('2025-05-01', 'act', 'USD', 'c1', 'Spring', 's1', 'a1', 100, 10, 7, 4.5), ('2025-05-01', 'act', 'USD', 'c1', 'Spring', 's1', 'a2', 50, 4, 3, 3),
           ('2025-05-02', 'act', 'USD', 'c2', 'Summer', 's2', 'a3', 10, 1, 1, 1);
INSERT INTO raw.campaign_insights VALUES ('2025-05-01', '2025-05-01', 'USD', 'c1', 'Spring', 160, 15, 11, 8);
INSERT INTO raw.fb_campaigns VALUES ('c1', 'Spring', 'act', 'ACTIVE', 'ACTIVE', 2500, '2025-05-01');
INSERT INTO raw.fb_ads VALUES ('a1', 'Blue door', 's1', 'c1', '{"id": "cr1"}', 'ACTIVE', '2025-05-01');
SELECT analytics.register_source('ad_performance', 'raw.ads_insights', preset => 'airbyte_facebook_ads', business_id => 2) > 0;
SELECT analytics.register_source('ad_performance', 'raw.campaign_insights', preset => 'airbyte_facebook_ads', business_id => 2) > 0;
SELECT analytics.register_source('campaigns', 'raw.fb_campaigns', preset => 'airbyte_facebook_ads', business_id => 2) > 0;
SELECT analytics.register_source('ad_creatives', 'raw.fb_ads', preset => 'airbyte_facebook_ads', business_id => 2) > 0;

-- Google with dots by campaign, with underscores by ad; the campaign stream is one row per hour and network: sum it first.
CREATE TABLE raw.g_campaign ("segments.date" date, "segments.hour" int, "customer.id" bigint, "campaign.id" bigint, "campaign.name" text, "campaign.status" text, "metrics.impressions" bigint, "metrics.clicks" bigint,
    "metrics.cost_micros" bigint, "metrics.conversions" double precision);
INSERT INTO raw.g_campaign VALUES ('2025-05-01', 8, 1, 900, 'Brand', 'ENABLED', 10, 2, 1500000, 0.5), ('2025-05-01', 9, 1, 900, 'Brand', 'ENABLED', 20, 3, 2500000, 0.25);
CREATE VIEW raw.g_campaign_day AS SELECT "segments.date", "customer.id", "campaign.id", "campaign.name", sum("metrics.impressions") AS "metrics.impressions", sum("metrics.clicks") AS "metrics.clicks",
    sum("metrics.cost_micros") AS "metrics.cost_micros", sum("metrics.conversions") AS "metrics.conversions" FROM raw.g_campaign GROUP BY 1, 2, 3, 4;
CREATE TABLE raw.g_ads (segments_date date, customer_id bigint, campaign_id bigint, campaign_name text, ad_group_id bigint, ad_group_name text, ad_group_ad_ad_id bigint, ad_group_ad_ad_name text,
    ad_group_ad_ad_final_urls jsonb, metrics_impressions bigint, metrics_clicks bigint, metrics_cost_micros bigint, metrics_conversions double precision);
INSERT INTO raw.g_ads VALUES ('2025-05-01', 1, 900, 'Brand', 90, 'Doors', 9, 'Ad nine', '["https://example.com/door"]', 25, 4, 3000000, 0.75);
SELECT analytics.register_source('ad_performance', 'raw.g_campaign_day', preset => 'airbyte_google_ads', business_id => 3) > 0;
SELECT analytics.register_source('ad_performance', 'raw.g_ads', preset => 'airbyte_google_ads', business_id => 3) > 0;
SELECT analytics.register_source('campaigns', 'raw.g_campaign', preset => 'airbyte_google_ads', business_id => 3) > 0;
SELECT analytics.register_source('ad_creatives', 'raw.g_ads', preset => 'airbyte_google_ads', business_id => 3) > 0;

-- Fivetran's basic_ad does not name campaigns: beside an export that does, its spend is a part of theirs.
CREATE TABLE raw.basic_ad (ad_id text, ad_name text, adset_name text, account_id bigint, date date, impressions bigint, inline_link_clicks bigint, spend double precision, reach bigint, frequency double precision);
INSERT INTO raw.basic_ad VALUES ('a1', 'Blue door', 'Set', 5, '2025-05-01', 100, 7, 4.5, 90, 1.1), ('a2', 'Red door', 'Set', 5, '2025-05-01', 50, 3, 3, 40, 1.2), ('a1', 'Blue door', 'Set', 5, '2025-05-02', 9, 1, 1, 8, 1);
CREATE TABLE raw.fb_by_campaign (account_id text, date date, campaign_id text, impressions bigint, inline_link_clicks bigint, spend numeric);
INSERT INTO raw.fb_by_campaign VALUES ('5', '2025-05-01', 'c1', 160, 11, 8);
CREATE TABLE raw.fb_campaign_history (id bigint, name text, account_id bigint, status text, daily_budget bigint, lifetime_budget bigint, updated_time timestamptz);
INSERT INTO raw.fb_campaign_history VALUES (1, 'Old name', 5, 'PAUSED', 1000, NULL, '2025-04-01'), (1, 'New name', 5, 'ACTIVE', 2000, NULL, '2025-05-01');
CREATE TABLE raw.fb_ad_history (id bigint, name text, ad_set_id bigint, campaign_id bigint, creative_id bigint, updated_time timestamptz);
INSERT INTO raw.fb_ad_history VALUES (11, 'Blue door', 2, 1, 3, '2025-05-01');
SELECT analytics.register_source('ad_performance', 'raw.basic_ad', preset => 'fivetran_facebook_ads', business_id => 4) > 0;
SELECT analytics.register_source('ad_performance', 'raw.fb_by_campaign', preset => 'fivetran_facebook_ads', business_id => 4) > 0;
SELECT analytics.register_source('campaigns', 'raw.fb_campaign_history', preset => 'fivetran_facebook_ads', business_id => 4) > 0;
SELECT analytics.register_source('ad_creatives', 'raw.fb_ad_history', preset => 'fivetran_facebook_ads', business_id => 4) > 0;

CREATE TABLE raw.campaign_stats (date date, customer_id bigint, id bigint, ad_network_type text, device text, clicks bigint, cost_micros bigint, impressions bigint, conversions double precision);
CREATE TABLE raw.ad_group_stats (date date, customer_id bigint, id bigint, campaign_id bigint, clicks bigint, cost_micros bigint, impressions bigint, conversions double precision);
CREATE TABLE raw.ad_stats (date date, customer_id bigint, campaign_id bigint, ad_group text, ad_id bigint, clicks bigint, cost_micros bigint, impressions bigint, conversions double precision);
CREATE TABLE raw.g_campaign_history (id bigint, name text, customer_id bigint, status text, updated_at timestamptz);
CREATE TABLE raw.g_ad_history (id bigint, ad_group_id bigint, name text, status text, type text, display_url text, final_urls text, updated_at timestamptz);
INSERT INTO raw.campaign_stats VALUES ('2025-05-01', 1, 900, 'SEARCH', 'MOBILE', 5, 4000000, 30, 0.75);
INSERT INTO raw.ad_group_stats VALUES ('2025-05-01', 1, 90, 900, 5, 3900000, 29, 0.75);
INSERT INTO raw.ad_stats VALUES ('2025-05-01', 1, 900, 'customers/1/adGroups/90', 9, 4, 3000000, 25, 0.75), ('2025-05-02', 1, 900, 'customers/1/adGroups/90', 9, 4, 1000000, 25, 0);
INSERT INTO raw.g_campaign_history VALUES (900, 'Brand', 1, 'ENABLED', '2025-05-01');
INSERT INTO raw.g_ad_history VALUES (9, 90, 'Ad nine', 'ENABLED', 'TEXT', NULL, '[https://example.com/door, https://example.com/sill]', '2025-05-01');
SELECT analytics.register_source('ad_performance', ('raw.' || r)::regclass, preset => 'fivetran_google_ads', business_id => 5) > 0 FROM unnest('{campaign_stats,ad_group_stats,ad_stats}'::text[]) r;
SELECT analytics.register_source('campaigns', 'raw.g_campaign_history', preset => 'fivetran_google_ads', business_id => 5) > 0;
SELECT analytics.register_source('ad_creatives', 'raw.g_ad_history', preset => 'fivetran_google_ads', business_id => 5) > 0;

SET client_min_messages = warning;
DO $$ BEGIN FOR b IN 2 .. 5 LOOP PERFORM analytics.configure(currency => 'USD', business_id => b); END LOOP; END $$;
CALL analytics.refresh();
SELECT business_id AS b, date, grain, account_id, campaign_id, ad_group_id, ad_id, impressions, clicks, link_clicks, spend, platform_conversions
FROM warehouse.fact_campaign_performance_daily WHERE business_id > 1 ORDER BY b, date, grain, ad_id;
-- Each campaign's day once, by its coarsest export.
SELECT r.business_id AS b, date, r.platform, k.campaign_id, k.campaign_name, k.status, k.daily_budget, r.spend, r.impressions FROM warehouse.campaign_roi_daily r
LEFT JOIN warehouse.dim_campaigns k ON k.business_id = r.business_id AND k.campaign_key = r.campaign_key WHERE r.business_id > 1 ORDER BY b, date, r.platform, 4;
SELECT business_id AS b, platform, ad_id, ad_name, ad_group_id, campaign_id, creative_id, link_url FROM warehouse.dim_ad_creatives ORDER BY 1, 2, 3;
SELECT business_id, reason FROM warehouse.rejected_rows WHERE business_id > 1;
SELECT business, subject, status FROM analytics.check_data_quality() WHERE business > 1 AND status <> 'pass';

-- What a preset cannot do without is named; what is there and unreadable too.
CREATE TABLE raw.half ("segments.date" date, "campaign.id" bigint, "metrics.clicks" jsonb);
\set VERBOSITY default
SELECT analytics.register_source('ad_performance', 'raw.half', preset => 'airbyte_google_ads', business_id => 6);
ALTER TABLE raw.half ADD "metrics.cost_micros" bigint;
SELECT analytics.register_source('ad_performance', 'raw.half', preset => 'airbyte_google_ads', business_id => 6);
