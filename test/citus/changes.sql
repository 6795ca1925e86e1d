-- What a day brings: touches of known and of new clients, corrected and deleted ones, contracts and purchases.
INSERT INTO demo.crm_events (id, client_id, created_at, source_type, utm_source, utm_medium, utm_campaign, campaign_id, ad_id, landing_url, product_id, branch_id)
SELECT id + 1000000, client_id, created_at + interval '3 hours', source_type, 'google', 'cpc', utm_campaign, campaign_id, ad_id, landing_url, product_id, branch_id
FROM demo.crm_events WHERE id % 97 = 0;
INSERT INTO demo.crm_events (id, client_id, created_at, source_type, utm_source, utm_medium, utm_campaign, product_id, branch_id)
SELECT id + 2000000, client_id + 900000, created_at, source_type, 'facebook', 'cpc', 'New one', product_id, branch_id
FROM demo.crm_events WHERE id % 211 = 0 AND id < 1000000;
UPDATE demo.crm_events SET created_at = created_at - interval '5 days' WHERE id % 301 = 0;
DELETE FROM demo.crm_events WHERE id % 401 = 0;
INSERT INTO demo.crm_contracts (number, client_id, event_id, signed_at, amount, currency, product_id, branch_id)
SELECT 'N' || number, client_id, event_id, signed_at + interval '1 day', amount + 7, currency, product_id, branch_id
FROM demo.crm_contracts WHERE event_id % 11 = 0;
UPDATE demo.crm_contracts SET amount = amount + 100 WHERE event_id % 13 = 0;
DELETE FROM demo.crm_contracts WHERE event_id % 17 = 0;
-- Two clients are one.
CREATE TABLE demo.merged AS SELECT client_id::text, (client_id + 1)::text AS same_as FROM (SELECT DISTINCT client_id FROM demo.crm_events WHERE client_id % 50 = 0) c;
SELECT analytics.register_source('identities', 'demo.merged');
