-- Every preset reads a small table of the shape that its connector, page or package writes.
\i test/fixture/reset.sql
SELECT analytics.install();
CREATE SCHEMA raw;
SET client_min_messages = error;
SET DateStyle = 'ISO, YMD';

-- Ads of eleven networks, by Fivetran. Hours, devices and placements are parts of their day.
CREATE TABLE raw.f_basic_ad (ad_id text, ad_name text, adset_name text, account_id text, date date, impressions bigint, inline_link_clicks bigint, spend float8, reach bigint);
INSERT INTO raw.f_basic_ad VALUES ('11', 'Ad', 'Set', '5', '2025-04-01', 100, 4, 2.5, 90);
CREATE TABLE raw.f_campaign_stats (_fivetran_id text, customer_id bigint, date date, ad_network_type text, clicks bigint, conversions float8, conversions_value float8, cost_micros bigint, device text, id bigint, impressions bigint);
INSERT INTO raw.f_campaign_stats VALUES ('a', 1, '2025-04-01', 'SEARCH', 5, 1, 20, 3000000, 'MOBILE', 70, 50), ('b', 1, '2025-04-01', 'SEARCH', 5, 1, 20, 3000000, 'DESKTOP', 70, 50);
CREATE TABLE raw.f_campaign_performance_daily_report (date date, account_id bigint, campaign_id bigint, currency_code text, device_os text, device_type text, network text, clicks bigint, impressions bigint, spend float8,
    conversions_qualified float8, conversions bigint, revenue float8);
INSERT INTO raw.f_campaign_performance_daily_report VALUES ('2025-04-01', 2, 71, 'USD', 'ios', 'phone', 'bing', 3, 30, 1.25, 1.5, 1, 15), ('2025-04-01', 2, 71, 'USD', 'windows', 'computer', 'bing', 1, 10, 0.75, NULL, 1, 5);
CREATE TABLE raw.f_ad_analytics_by_campaign (campaign_id bigint, day date, clicks bigint, impressions bigint, landing_page_clicks bigint, cost_in_local_currency numeric, cost_in_usd numeric, external_website_conversions bigint,
    one_click_leads bigint, conversion_value_in_local_currency numeric);
INSERT INTO raw.f_ad_analytics_by_campaign VALUES (72, '2025-04-01', 9, 90, 8, 12.5, 13.9, 2, 1, 100);
CREATE TABLE raw.f_ad_analytics_by_creative (creative_id bigint, day date, clicks bigint, impressions bigint, cost_in_local_currency numeric, external_website_conversions bigint);
INSERT INTO raw.f_ad_analytics_by_creative VALUES (720, '2025-04-01', 9, 90, 12.5, 2);
CREATE TABLE raw.f_campaign_report_hourly (campaign_id bigint, stat_time_hour timestamp, clicks bigint, impressions bigint, spend numeric, conversion bigint, total_purchase_value numeric);
INSERT INTO raw.f_campaign_report_hourly VALUES (73, '2025-04-01 08:00', 2, 20, 1.5, 1, 9), (73, '2025-04-01 09:00', 2, 20, 1.5, 0, 0), (73, '2025-04-02 00:00', 1, 5, 0.5, 0, 0);
CREATE TABLE raw.f_campaign_hourly_report (campaign_id text, date timestamp, impressions bigint, spend bigint, swipes bigint, conversion_purchases bigint, conversion_purchases_value bigint);
INSERT INTO raw.f_campaign_hourly_report VALUES ('74', '2025-04-01 08:00', 40, 2000000, 4, 1, 30000000), ('74', '2025-04-01 09:00', 10, 500000, 1, 0, 0);
CREATE TABLE raw.f_pinterest_campaign_report (date timestamp, campaign_id text, campaign_name text, campaign_status text, advertiser_id text, impression_1 bigint, impression_2 bigint, clickthrough_1 bigint, clickthrough_2 bigint,
    spend_in_micro_dollar bigint, total_conversions bigint, total_conversions_value_in_micro_dollar bigint);
INSERT INTO raw.f_pinterest_campaign_report VALUES ('2025-04-01', '75', 'Pins', 'ACTIVE', '3', 60, 6, 5, NULL, 4000000, 2, 70000000);
CREATE TABLE raw.f_reddit_campaign_report (account_id text, campaign_id text, date date, clicks bigint, impressions bigint, region text, spend bigint);
INSERT INTO raw.f_reddit_campaign_report VALUES ('t2', '76', '2025-04-01', 7, 700, '', 3500000);
CREATE TABLE raw.f_twitter_campaign_report (account_id text, campaign_id text, date timestamp, placement text, billed_charge_local_micro bigint, clicks bigint, impressions bigint, url_clicks bigint);
INSERT INTO raw.f_twitter_campaign_report VALUES ('x', '77', '2025-04-01', 'ALL_ON_TWITTER', 1100000, 5, 55, 3), ('x', '77', '2025-04-01', 'PUBLISHER_NETWORK', 900000, 1, 45, 1);
CREATE TABLE raw.f_campaign_level_report (campaign_id bigint, date date, campaign_budget_currency_code text, clicks bigint, cost float8, impressions bigint, purchases_30_d bigint, sales_30_d float8);
INSERT INTO raw.f_campaign_level_report VALUES (78, '2025-04-01', 'USD', 6, 4.5, 600, 2, 44);
CREATE TABLE raw.f_apple_campaign_report (date date, id bigint, conversions bigint, impressions bigint, local_spend_amount float8, local_spend_currency text, taps bigint);
INSERT INTO raw.f_apple_campaign_report VALUES ('2025-04-01', 79, 3, 33, 5.5, 'USD', 11);
SELECT analytics.register_source('ad_performance', ('raw.f_' || t)::regclass, preset => 'fivetran_' || p) > 0 AS registered
FROM (VALUES ('basic_ad', 'facebook_ads'), ('campaign_stats', 'google_ads'), ('campaign_performance_daily_report', 'microsoft_ads'), ('ad_analytics_by_campaign', 'linkedin_ads'), ('ad_analytics_by_creative', 'linkedin_ads'),
    ('campaign_report_hourly', 'tiktok_ads'), ('campaign_hourly_report', 'snapchat_ads'), ('pinterest_campaign_report', 'pinterest_ads'), ('reddit_campaign_report', 'reddit_ads'), ('twitter_campaign_report', 'twitter_ads'),
    ('campaign_level_report', 'amazon_ads'), ('apple_campaign_report', 'apple_search_ads')) v (t, p);

-- The same networks, by Airbyte, in append mode: an older version of one row each is there, too.
CREATE TABLE raw.a_ads_insights (_airbyte_extracted_at timestamptz, date_start date, account_id text, account_currency text, campaign_id text, campaign_name text, adset_id text, ad_id text, impressions bigint, clicks bigint,
    inline_link_clicks bigint, spend numeric, actions jsonb, action_values jsonb);
INSERT INTO raw.a_ads_insights SELECT v, '2025-04-01', '5', 'USD', '80', 'Spring', '81', '82', 100, 10, 8, 2 * extract(day FROM v),
    '[{"action_type":"link_click","value":"8"},{"action_type":"lead","value":"4"},{"action_type":"offsite_conversion.fb_pixel_lead","value":"3"},{"action_type":"onsite_conversion.lead_grouped","value":"1"},
      {"action_type":"purchase","value":"2"},{"action_type":"omni_purchase","value":"3"}]', '[{"action_type":"omni_purchase","value":"99.5"}]' FROM (VALUES (timestamptz '2025-04-02'), ('2025-04-03')) v (v);
CREATE TABLE raw.a_campaign (_airbyte_extracted_at timestamptz, "campaign.id" bigint, "campaign.name" text, "segments.date" date, "segments.hour" int, "metrics.clicks" bigint, "metrics.impressions" bigint, "metrics.cost_micros" bigint,
    "metrics.conversions" float8, "metrics.conversions_value" float8);
INSERT INTO raw.a_campaign VALUES ('2025-04-02', 83, 'Brand', '2025-04-01', 8, 1, 10, 1000000, 0, 0), ('2025-04-03', 83, 'Brand', '2025-04-01', 8, 1, 10, 1500000, 1, 9), ('2025-04-02', 83, 'Brand', '2025-04-01', 9, 1, 10, 1000000, 0, 0);
CREATE TABLE raw.a_campaign_performance_report_daily (_airbyte_extracted_at timestamptz, "TimePeriod" date, "AccountId" bigint, "CampaignId" bigint, "CampaignName" text, "CurrencyCode" text, "DeviceType" text, "Network" text,
    "Impressions" bigint, "Clicks" bigint, "Spend" numeric, "Conversions" bigint, "Revenue" numeric);
INSERT INTO raw.a_campaign_performance_report_daily VALUES ('2025-04-02', '2025-04-01', 2, 84, 'Bing', 'USD', 'Computer', 'Search', 10, 2, 3, 1, 7), ('2025-04-02', '2025-04-01', 2, 84, 'Bing', 'USD', 'Smartphone', 'Search', 10, 2, 3, 1, 7),
    ('2025-04-03', '2025-04-01', 2, 84, 'Bing', 'USD', 'Smartphone', 'Search', 10, 2, 4, 1, 7);
CREATE TABLE raw.a_ad_campaign_analytics (_airbyte_extracted_at timestamptz, start_date date, "pivotValues" jsonb, "costInLocalCurrency" text, clicks numeric, impressions numeric, "landingPageClicks" numeric, "externalWebsiteConversions" numeric,
    "conversionValueInLocalCurrency" text);
INSERT INTO raw.a_ad_campaign_analytics VALUES ('2025-04-02', '2025-04-01', '["urn:li:sponsoredCampaign:85"]', '9.25', 3, 30, 2, 1, '50.00'), ('2025-04-03', '2025-04-01', '["urn:li:sponsoredCampaign:85"]', '9.75', 3, 30, 2, 1, '50.00');
CREATE TABLE raw.a_campaigns_reports_daily (_airbyte_extracted_at timestamptz, campaign_id bigint, stat_time_day timestamp, dimensions jsonb, metrics jsonb);
INSERT INTO raw.a_campaigns_reports_daily VALUES ('2025-04-02', 86, '2025-04-01', '{}', '{"campaign_name": "Clips", "spend": "6.50", "clicks": "3", "impressions": "300", "conversion": "1"}'),
    ('2025-04-03', 86, '2025-04-01', '{}', '{"campaign_name": "Clips", "spend": "6.25", "clicks": "3", "impressions": "300", "conversion": "1"}');
CREATE TABLE raw.a_campaigns_stats_hourly (_airbyte_extracted_at timestamptz, id text, type text, granularity text, start_time timestamptz, end_time timestamptz, impressions numeric, spend numeric, swipes numeric, conversion_purchases numeric,
    conversion_purchases_value numeric);
INSERT INTO raw.a_campaigns_stats_hourly VALUES ('2025-04-02', '87', 'CAMPAIGN', 'HOUR', '2025-04-01 08:00', '2025-04-01 09:00', 40, 2000000, 4, 1, 30000000), ('2025-04-02', '87', 'CAMPAIGN', 'HOUR', '2025-04-01 09:00', '2025-04-01 10:00', 40, 2000000, 4, 1, 30000000);
CREATE TABLE raw.a_campaign_analytics (_airbyte_extracted_at timestamptz, "DATE" date, "ADVERTISER_ID" text, "CAMPAIGN_ID" text, "CAMPAIGN_NAME" text, "TOTAL_IMPRESSION" bigint, "TOTAL_CLICKTHROUGH" bigint, "SPEND_IN_DOLLAR" numeric, "TOTAL_CONVERSIONS" bigint);
INSERT INTO raw.a_campaign_analytics VALUES ('2025-04-02', '2025-04-01', '3', '88', 'Pins', 60, 5, 4, 2), ('2025-04-03', '2025-04-01', '3', '88', 'Pins', 60, 5, 4.5, 2);
CREATE TABLE raw.a_campaign_report (_airbyte_extracted_at timestamptz, account_id text, campaign_id text, date date, clicks bigint, impressions bigint, country text, spend bigint);
INSERT INTO raw.a_campaign_report VALUES ('2025-04-02', 't2', '89', '2025-04-01', 7, 700, 'US', 3500000), ('2025-04-02', 't2', '89', '2025-04-01', 7, 700, 'CA', 3500000);
CREATE TABLE raw.a_campaign_stats (_airbyte_extracted_at timestamptz, account_id text, campaign_id text, date date, placement text, clicks bigint, impressions bigint, url_clicks bigint, billed_charge_local_micro bigint);
INSERT INTO raw.a_campaign_stats VALUES ('2025-04-02', 'x', '90', '2025-04-01', 'ALL', 5, 55, 3, 1100000);
CREATE TABLE raw.a_sponsored_products_campaigns_report_stream_daily (_airbyte_extracted_at timestamptz, "profileId" bigint, "reportDate" text, "campaignId" bigint, "campaignName" text, impressions bigint, clicks bigint, cost numeric,
    "purchases30d" bigint, "sales30d" numeric);
INSERT INTO raw.a_sponsored_products_campaigns_report_stream_daily VALUES ('2025-04-02', 4, '2025-04-01', 91, 'Books', 600, 6, 4.5, 2, 44);
CREATE TABLE raw.a_campaigns_report_daily (_airbyte_extracted_at timestamptz, date date, "campaignId" bigint, "campaignName" text, taps bigint, impressions bigint, "localSpend" jsonb, "totalInstalls" bigint);
INSERT INTO raw.a_campaigns_report_daily VALUES ('2025-04-02', '2025-04-01', 92, 'App', 11, 33, '{"amount": "5.5", "currency": "USD"}', 3);
SELECT analytics.register_source('ad_performance', ('raw.a_' || t)::regclass, preset => 'airbyte_' || p, business_id => 2) > 0 AS registered
FROM (VALUES ('ads_insights', 'facebook_ads'), ('campaign', 'google_ads'), ('campaign_performance_report_daily', 'microsoft_ads'), ('ad_campaign_analytics', 'linkedin_ads'), ('campaigns_reports_daily', 'tiktok_ads'),
    ('campaigns_stats_hourly', 'snapchat_ads'), ('campaign_analytics', 'pinterest_ads'), ('campaign_report', 'reddit_ads'), ('campaign_stats', 'twitter_ads'), ('sponsored_products_campaigns_report_stream_daily', 'amazon_ads'),
    ('campaigns_report_daily', 'apple_search_ads')) v (t, p);
-- Which actions count is an option; no conversion is counted under two names.
CREATE TABLE raw.purchases AS SELECT * FROM raw.a_ads_insights;
SELECT analytics.register_source('ad_performance', 'raw.purchases', preset => 'airbyte_facebook_ads', options => '{"action_types": ["purchase"]}', business_id => 3) > 0 AS registered;
SELECT analytics.register_source('ad_performance', 'raw.purchases', preset => 'airbyte_facebook_ads', options => '{"action_types": ["it''s"]}', business_id => 3);
SELECT analytics.action_total('[{"action_type": "offsite_conversion.fb_pixel_lead", "value": "3"}, {"action_type": "onsite_conversion.lead_grouped", "value": "2"}]', '{lead,lead}') AS channels,
       analytics.action_total('[{"action_type": "video_view", "value": "3"}]', '{lead}') AS none, analytics.action_total('null', '{lead}') AS empty, analytics.action_total('{"lead": 1}', '{lead}') AS odd;

-- Files, and dbt's models.
CREATE TABLE raw.google_csv ("Day" text, "Campaign" text, "Campaign ID" text, "Currency code" text, "Cost" text, "Impr." text, "Clicks" text, "Conversions" text, "Conv. value" text);
INSERT INTO raw.google_csv VALUES ('2025-04-01', 'Brand', '93', 'USD', '12.50', '98', '4', '1.00', '20.00'), ('Total: Account', '', '', '', '12.50', '98', '4', '1.00', '20.00');
CREATE TABLE raw.meta_csv ("Reporting starts" text, "Reporting ends" text, "Campaign name" text, "Ad set name" text, "Amount spent (EUR)" text, "Impressions" text, "Link clicks" text, "Results" text);
INSERT INTO raw.meta_csv VALUES ('2025-04-01', '2025-04-01', 'Spring', 'Women', '10.00', '100', '10', '3'), ('2025-04-01', '2025-04-01', '', '', '10.00', '100', '10', '3'), ('2025-04-01', '2025-04-30', 'Month', 'All', '300.00', '1', '1', '1');
CREATE TABLE raw.ad_reporting__campaign_report (source_relation text, date_day date, platform text, account_id text, account_name text, campaign_id text, campaign_name text, clicks bigint, impressions bigint, spend numeric, conversions numeric,
    conversions_value numeric);
INSERT INTO raw.ad_reporting__campaign_report VALUES ('', '2025-04-01', 'linkedin_ads', '6', 'Us', '94', 'Jobs', 5, 50, 9.5, 1, 30);
SELECT analytics.configure(currency => 'EUR', business_id => 5) IS NOT NULL AS configured;
SELECT analytics.register_source('ad_performance', 'raw.google_csv', preset => 'google_ads_csv', business_id => 4) > 0 AS google, analytics.register_source('ad_performance', 'raw.meta_csv', preset => 'meta_ads_csv', business_id => 5) > 0 AS meta,
       analytics.register_source('ad_performance', 'raw.ad_reporting__campaign_report', preset => 'dbt_ad_reporting', business_id => 4) > 0 AS dbt;

-- Visits, customers, deals, orders.
CREATE TABLE raw.events_ga4 (event_date text, event_timestamp bigint, event_name text, event_params jsonb, user_pseudo_id text, user_id text, collected_traffic_source jsonb);
INSERT INTO raw.events_ga4 VALUES
    ('20250401', 1743494400000000, 'session_start', '[{"key":"ga_session_id","value":{"string_value":null,"int_value":"1"}},{"key":"page_location","value":{"string_value":"https://shop.example/?utm_source=facebook&utm_medium=paid_social&utm_campaign=80"}}]', 'p1', '21', NULL),
    ('20250401', 1743494500000000, 'session_start', '{"page_location": "https://shop.example/", "page_referrer": "https://www.bing.com/"}', 'p2', '', '{"gclid": "Cj0"}'), ('20250401', 1743494500000001, 'scroll', '[]', 'p2', NULL, NULL);
CREATE TABLE raw.events_flat (event_timestamp bigint, event_name text, user_pseudo_id text, event_params_page_location text, collected_traffic_source_manual_source text, collected_traffic_source_manual_medium text);
INSERT INTO raw.events_flat VALUES (1743494600000000, 'session_start', 'p3', 'https://shop.example/', 'newsletter', 'email');
CREATE TABLE raw.hs_contact (id bigint, property_email text, property_firstname text, property_lastname text, property_phone text, property_createdate timestamptz, property_hs_analytics_source text, property_hs_analytics_first_url text,
    property_hs_analytics_first_referrer text, property_hs_analytics_first_timestamp timestamptz, _fivetran_synced timestamptz);
INSERT INTO raw.hs_contact VALUES (31, 'a@example.com', 'Ada', 'L', '+1', '2025-04-02 10:00Z', 'PAID_SOCIAL', 'https://shop.example/?utm_source=facebook&utm_medium=cpc', NULL, '2025-04-01 09:00Z', '2025-04-03');
CREATE TABLE raw.hs_deals (id text, properties jsonb, contacts jsonb, "updatedAt" timestamptz);
INSERT INTO raw.hs_deals VALUES ('32', '{"amount": "500", "closedate": "2025-04-05T10:00:00Z", "hs_is_closed_won": "true"}', '["31"]', '2025-04-06'), ('33', '{"amount": "900", "closedate": "2025-04-05T10:00:00Z", "hs_is_closed_won": "false"}', '["31"]', '2025-04-06');
CREATE TABLE raw.sf_lead (id text, name text, phone text, created_date timestamptz, lead_source text, converted_contact_id text, converted_account_id text, is_deleted boolean, system_modstamp timestamptz);
INSERT INTO raw.sf_lead VALUES ('00Q1', 'Bo', '+2', '2025-04-01', 'Web', '0031', '0011', false, '2025-04-02'), ('00Q2', 'Cy', '+3', '2025-04-02', 'Phone', NULL, NULL, false, '2025-04-02');
CREATE TABLE raw.sf_opportunity ("Id" text, "AccountId" text, "Amount" numeric, "CloseDate" date, "IsWon" boolean, "SystemModstamp" timestamptz);
INSERT INTO raw.sf_opportunity VALUES ('0061', '0011', 1500, '2025-04-07', true, '2025-04-07'), ('0062', '0011', 700, '2025-04-07', false, '2025-04-07');
CREATE TABLE raw.pd_deals (id int, person_id int, value numeric, currency text, status text, won_time timestamp, add_time timestamp, update_time timestamp);
INSERT INTO raw.pd_deals VALUES (41, 42, 800, 'USD', 'won', '2025-04-08 12:00', '2025-04-01 12:00', '2025-04-08 12:00'), (43, 44, 900, 'USD', 'open', NULL, '2025-04-02 12:00', '2025-04-02 12:00');
CREATE TABLE raw.shop_orders (id bigint, customer jsonb, email text, currency text, total_price text, current_total_price text, created_at timestamptz, updated_at timestamptz, cancelled_at timestamptz, test boolean);
INSERT INTO raw.shop_orders VALUES (51, '{"id": 21}', 'd@example.com', 'USD', '90.00', '80.00', '2025-04-03 10:00Z', '2025-04-04 10:00Z', NULL, false), (52, NULL, 'e@example.com', 'USD', '20.00', '20.00', '2025-04-03 11:00Z', '2025-04-03 11:00Z', NULL, false),
    (53, '{"id": 22}', NULL, 'USD', '999.00', '999.00', '2025-04-03', '2025-04-03', NULL, true), (54, '{"id": 22}', NULL, 'USD', '70.00', '0.00', '2025-04-03', '2025-04-03', '2025-04-04', false);
CREATE TABLE raw.shop_csv ("Name" text, "Email" text, "Paid at" text, "Currency" text, "Total" text, "Refunded Amount" text, "Cancelled at" text, "Lineitem name" text);
INSERT INTO raw.shop_csv VALUES ('#1001', 'F@example.com', '2025-04-03 12:00:00 +0200', 'USD', '60.00', '10.00', '', 'Door'), ('#1001', 'F@example.com', '', '', '', '', '', 'Sill'), ('#1002', 'f@example.com', '2025-04-04 12:00:00 +0200', 'USD', '30.00', '0.00', '2025-04-05', 'Door');
CREATE TABLE raw.woo_orders (id int, customer_id int, billing jsonb, status text, total text, currency text, date_created_gmt timestamp, date_modified_gmt timestamp);
INSERT INTO raw.woo_orders VALUES (61, 0, '{"email": "g@example.com"}', 'completed', '40.00', 'USD', '2025-04-04 10:00', '2025-04-04 10:00'), (62, 7, '{}', 'failed', '50.00', 'USD', '2025-04-04 10:00', '2025-04-04 10:00');
CREATE TABLE raw.charges (id text, customer text, amount bigint, amount_refunded bigint, currency text, created bigint, status text);
INSERT INTO raw.charges VALUES ('ch_1', 'cus_1', 12345, 345, 'usd', 1743494400, 'succeeded'), ('ch_2', 'cus_1', 100, 0, 'usd', 1743494400, 'failed');
SELECT analytics.register_source(e, ('raw.' || t)::regclass, preset => p, business_id => b) > 0 AS registered
FROM (VALUES ('events', 'events_ga4', 'ga4_bigquery', 6), ('events', 'events_flat', 'ga4_bigquery', 6), ('contracts', 'shop_orders', 'shopify', 6), ('transactions', 'shop_orders', 'shopify', 6), ('clients', 'hs_contact', 'hubspot', 7),
    ('events', 'hs_contact', 'hubspot', 7), ('contracts', 'hs_deals', 'hubspot', 7), ('events', 'sf_lead', 'salesforce', 8), ('contracts', 'sf_opportunity', 'salesforce', 8), ('events', 'pd_deals', 'pipedrive', 9), ('contracts', 'pd_deals', 'pipedrive', 9),
    ('contracts', 'shop_csv', 'shopify_orders_csv', 10), ('contracts', 'woo_orders', 'woocommerce', 11), ('transactions', 'woo_orders', 'woocommerce', 11), ('transactions', 'charges', 'stripe', 12)) v (e, t, p, b);

CALL analytics.refresh();
SELECT business_id AS b, date, platform, account_id AS account, campaign_id AS campaign, ad_group_id AS ad_group, ad_id AS ad, campaign_name, impressions AS shown, clicks, link_clicks AS links, spend, platform_conversions AS conversions, conversions_value AS value, source_rows AS rows
FROM warehouse.fact_campaign_performance_daily ORDER BY business_id, source_id, date, grain;
SELECT e.business_id AS b, e.event_id, d.client_id, d.name, e.occurred_at AT TIME ZONE 'UTC' AS at, e.source_type, e.platform, e.channel, e.is_paid, e.campaign_ref FROM warehouse.fact_events e JOIN warehouse.dim_clients d USING (business_id, client_key) ORDER BY 1, 2;
SELECT c.business_id AS b, c.contract_id, d.client_id, c.signed_at AT TIME ZONE 'UTC' AS at, c.amount FROM warehouse.fact_contracts c JOIN warehouse.dim_clients d USING (business_id, client_key) ORDER BY 1, 2;
SELECT c.business_id AS b, c.transaction_id, d.client_id, c.occurred_at AT TIME ZONE 'UTC' AS at, c.amount FROM warehouse.fact_transactions c JOIN warehouse.dim_clients d USING (business_id, client_key) ORDER BY 1, 2;
SELECT business_id AS b, reason, row_key FROM warehouse.rejected_rows ORDER BY 1, 2, 3;
SELECT business, subject, status, message FROM analytics.check_data_quality() WHERE check_name LIKE 'reconciliation%' AND status <> 'pass';
-- Each bundled preset names columns that there are, and options that there are.
SELECT p.preset, p.entity, k.name FROM analytics.source_preset p, jsonb_object_keys(p.columns) k (name) WHERE NOT EXISTS (SELECT FROM analytics.entity_column c WHERE c.entity = p.entity AND c.name = k.name);
SELECT p.preset, p.entity, k.name FROM analytics.source_preset p, jsonb_object_keys(p.options) k (name) WHERE k.name <> ALL (analytics_internal.known_options(p.entity));
DROP SCHEMA raw CASCADE;
