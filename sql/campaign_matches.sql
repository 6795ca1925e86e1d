-- How touches find their campaign: by ids, by ads, by the name that the campaign had on the day; and what several may mean is not guessed.
\i test/fixture/reset.sql
SET DateStyle = 'ISO, YMD';
SET client_min_messages = warning;
CREATE SCHEMA shop;
SELECT analytics.install();
CREATE TABLE shop.ads (date date, platform text, account_id text, campaign_id text, campaign_name text, ad_group_id text, ad_id text, spend numeric);
CREATE TABLE shop.visits (event_id text, client_id text, occurred_at timestamptz, utm_source text, utm_medium text, utm_campaign text, utm_content text,
    campaign_id text, ad_id text, landing_url text);
SELECT analytics.register_source('ad_performance', 'shop.ads') > 0 AS ads, analytics.register_source('events', 'shop.visits') > 0 AS visits;

CREATE VIEW shop.found AS
    SELECT e.event_id, e.event_date, e.campaign_ref, e.url_campaign_id, e.named_ad_id, d.platform, d.campaign_id, d.campaign_name, d.origin
    FROM warehouse.fact_events e LEFT JOIN warehouse.dim_campaigns d USING (business_id, campaign_key);

-- Ids come in an order: the event's own, one in the URL, the ad, the name.
INSERT INTO shop.ads VALUES
    ('2025-04-01', 'facebook', 'm1', '9001', 'Lamps', '9101', '9201', 11), ('2025-04-01', 'facebook', 'm1', '9002', 'Chairs', '9102', '9202', 12),
    ('2025-04-01', 'google', 'g1', '7001', 'Desks', '', '', 13), ('2025-04-01', 'google', 'g1', '7002', 'Rugs', '', '', 14);
INSERT INTO shop.visits (event_id, utm_source, utm_medium, utm_campaign, utm_content, campaign_id, ad_id, landing_url) VALUES
    ('own id', 'facebook', 'paid', 'Chairs', NULL, '9001', '9202', 'https://s.example/?utm_id=9002'),
    ('own id unknown', 'facebook', 'paid', NULL, NULL, '5555', NULL, 'https://s.example/?utm_id=9002'),
    ('utm_id', 'facebook', 'paid', 'Chairs', NULL, NULL, '9202', 'https://s.example/?utm_id=9001'),
    ('utm_id of its own kind', 'facebook', 'paid', 'chairs ', NULL, NULL, NULL, 'https://s.example/?utm_id=spring_2025'),
    ('gad', NULL, NULL, NULL, NULL, NULL, NULL, 'https://s.example/?gad_source=1&gad_campaignid=7001&gclid=Cj0K'),
    ('gad before utm_id', NULL, NULL, NULL, NULL, NULL, NULL, 'https://s.example/?utm_id=7002&GAD_CampaignID=7001&gclid=Cj0K'),
    ('hsa', 'adwords', 'ppc', NULL, NULL, NULL, NULL, 'https://s.example/p?hsa_cam=7002&hsa_src=g#top'),
    ('not filled in', 'google', 'cpc', 'Rugs', NULL, NULL, NULL, 'https://s.example/?campaignid={campaignid}&gad_campaignid=%7Bid%7D'),
    ('second after macro', 'google', 'cpc', NULL, NULL, NULL, NULL, 'https://s.example/?gad_campaignid={x}&campaignid=7002'),
    ('of another network', 'google', 'cpc', NULL, NULL, NULL, NULL, 'https://s.example/?campaignid=9001'),
    ('of the family', 'instagram', 'paid', NULL, NULL, NULL, NULL, 'https://s.example/?utm_id=9001'),
    ('ad', 'facebook', 'paid', 'Old lamps', NULL, NULL, '9201', NULL),
    ('ad group', 'facebook', 'paid', 'Old lamps', NULL, NULL, '9102', NULL),
    ('ad in the URL', 'facebook', 'paid', 'Old lamps', NULL, NULL, NULL, 'https://s.example/?hsa_ad=9202'),
    ('ad in utm_content', 'facebook', 'paid', 'Old lamps', '9202', NULL, NULL, NULL),
    ('name', 'facebook', 'paid', 'LAMPS', 'blue', NULL, NULL, NULL),
    ('nothing known', 'facebook', 'paid', 'Old lamps', '1', NULL, NULL, 'https://s.example/?utm_id=1'),
    ('nothing said', 'facebook', 'paid', NULL, NULL, NULL, NULL, 'https://s.example/?utm_id=1');
UPDATE shop.visits SET client_id = event_id, occurred_at = '2025-04-01 12:00Z';
CALL analytics.refresh();
SELECT event_id, platform, campaign_id, campaign_name, origin FROM shop.found ORDER BY event_id COLLATE "C";

-- Parameters are data. One of the user's is read from the next refresh on; a built-in one can be taken off the list.
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, landing_url) VALUES
    ('own parameter', 'p', '2025-04-01 12:00Z', 'google', 'cpc', 'https://s.example/?camp_no=7001');
CALL analytics.refresh();
SELECT campaign_id FROM shop.found WHERE event_id = 'own parameter';
INSERT INTO warehouse.campaign_parameter (parameter, identifies) VALUES ('camp_no', 'campaign'), ('hsa_cam', NULL);
CALL analytics.refresh();
SELECT event_id, campaign_id FROM shop.found WHERE event_id IN ('own parameter', 'hsa', 'gad') ORDER BY 1;
DELETE FROM warehouse.campaign_parameter;
INSERT INTO warehouse.campaign_parameter (parameter, identifies) VALUES ('Two words', 'campaign');

-- Every parameter that is built in finds its campaign, one by one: of a campaign, an ad group, an ad. Only Google's own finds none of Facebook's.
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, landing_url)
    SELECT 'by ' || parameter, parameter, '2025-04-01 12:00Z', 'facebook', 'paid',
           format('https://s.example/?%s=%s', parameter, CASE identifies WHEN 'campaign' THEN '9001' WHEN 'ad' THEN '9201' ELSE '9101' END)
    FROM analytics.campaign_parameter WHERE identifies IS NOT NULL AND parameter <> 'two words';
CALL analytics.refresh();
SELECT p.identifies, count(*) AS parameters, string_agg(p.parameter, ' ' ORDER BY p.parameter) FILTER (WHERE f.campaign_id IS DISTINCT FROM '9001') AS not_found
FROM analytics.campaign_parameter p JOIN shop.found f ON f.event_id = 'by ' || p.parameter GROUP BY 1 ORDER BY 1;
DELETE FROM shop.visits WHERE event_id LIKE 'by %';

-- An ad that becomes known later finds its campaign then, without the touch being read again; one of two campaigns tells nothing.
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, ad_id) VALUES ('later ad', 'l', '2025-04-02 12:00Z', 'facebook', 'paid', '9303');
CALL analytics.refresh();
SELECT campaign_id FROM shop.found WHERE event_id = 'later ad';
CREATE TABLE shop.creatives (platform text, ad_id text, ad_group_id text, campaign_id text);
INSERT INTO shop.creatives VALUES ('facebook', '9303', '9102', '9002');
SELECT analytics.register_source('ad_creatives', 'shop.creatives') > 0 AS creatives;
CALL analytics.refresh();
SELECT campaign_id FROM shop.found WHERE event_id = 'later ad';
INSERT INTO shop.ads VALUES ('2025-04-02', 'facebook', 'm1', '9001', 'Lamps', '9101', '9303', 1);
CALL analytics.refresh();
SELECT campaign_id FROM shop.found WHERE event_id = 'later ad';
DELETE FROM shop.ads WHERE ad_id = '9303';

-- A campaign is renamed: one campaign, under its newest name, and links with the old name stay its own.
INSERT INTO shop.ads SELECT d::date, 'tiktok', 't1', '301', CASE WHEN d < '2025-05-04' THEN 'Garden' ELSE 'GARDEN 25' END, '', '', 10
    FROM generate_series(timestamp '2025-05-01', '2025-05-06', '1 day') d;
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, utm_campaign)
    SELECT 'garden ' || n, 'g' || n, timestamptz '2025-05-01 12:00Z' + n * interval '1 day', 'tiktok', 'cpc', CASE WHEN n % 2 = 0 THEN 'garden' ELSE 'Garden 25' END
    FROM generate_series(0, 7) n;
CALL analytics.refresh();
SELECT campaign_id, campaign_name, leads, spend FROM analytics.campaigns('2025-05-01', '2025-05-31') WHERE platform = 'tiktok';
-- The network restates its export with the new name alone. The old one is kept.
UPDATE shop.ads SET campaign_name = 'GARDEN 25' WHERE campaign_id = '301';
CALL analytics.refresh();
CALL analytics.refresh('full');
SELECT campaign_id, campaign_name, leads, spend FROM analytics.campaigns('2025-05-01', '2025-05-31') WHERE platform = 'tiktok';
SELECT campaign_id, campaign_name, first_day, last_day FROM warehouse.campaign_name WHERE platform = 'tiktok' ORDER BY campaign_name COLLATE "C";

-- Another campaign takes the old name. From its first day on the name is the other's; before, it was and stays that of the first.
INSERT INTO shop.ads SELECT d::date, 'tiktok', 't1', '302', 'Garden', '', '', 5 FROM generate_series(timestamp '2025-05-05', '2025-05-09', '1 day') d;
CALL analytics.refresh();
SELECT event_id, campaign_id FROM shop.found WHERE event_id LIKE 'garden%' ORDER BY 1;
-- It takes the name of the first too, in an export that is restated: no touch moves.
CREATE TEMP TABLE before AS SELECT * FROM shop.found WHERE platform = 'tiktok';
UPDATE shop.ads SET campaign_name = 'GARDEN 25' WHERE campaign_id = '302';
CALL analytics.refresh();
SELECT count(*) FILTER (WHERE f.campaign_id IS DISTINCT FROM b.campaign_id) AS moved, count(*) AS touches FROM before b JOIN shop.found f USING (event_id);

-- Two campaigns of one name: their days tell them apart. Where both or none ran, the touch is nobody's, and a check says how many there are.
INSERT INTO shop.ads SELECT d::date, 'linkedin', 'l1', '41', 'Fair', '', '', 1 FROM generate_series(timestamp '2025-02-01', '2025-02-10', '1 day') d;
INSERT INTO shop.ads SELECT d::date, 'linkedin', 'l2', '42', 'FAIR', '', '', 1 FROM generate_series(timestamp '2025-02-08', '2025-02-20', '1 day') d;
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, utm_campaign)
    SELECT 'fair ' || to_char(d, 'MMDD'), 'f' || to_char(d, 'MMDD'), d AT TIME ZONE 'UTC', 'linkedin', 'cpc', 'Fair'
    FROM generate_series(timestamp '2025-01-30 12:00', '2025-02-22 12:00', '1 day') d;
CALL analytics.refresh();
SELECT campaign_id, campaign_name, origin, min(event_date) AS first, max(event_date) AS last, count(*) AS touches FROM shop.found WHERE platform = 'linkedin' GROUP BY 1, 2, 3 ORDER BY 1;
SELECT r.campaign_ref, r.first_day, r.last_day, d.campaign_id FROM warehouse.campaign_match r JOIN warehouse.dim_campaigns d USING (business_id, campaign_key)
    WHERE r.platform = 'linkedin' ORDER BY r.first_day;
SELECT check_name, subject, status, failed_rows, sample, message FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'ambiguous_campaigns';
-- The same, by plain SQL over every touch and every namesake.
SELECT count(*) AS differing FROM shop.found f
CROSS JOIN LATERAL (SELECT array_agg(DISTINCT a.campaign_id) AS ids FROM shop.ads a WHERE a.platform = 'linkedin' AND a.date = f.event_date) a
WHERE f.platform = 'linkedin' AND f.campaign_id <> CASE WHEN cardinality(a.ids) = 1 THEN a.ids[1] ELSE 'Fair' END;
-- Leads and spend stay whole.
SELECT sum(leads) AS leads, (SELECT count(*) FROM warehouse.fact_leads) AS all_leads, sum(spend) AS spend, (SELECT sum(spend) FROM shop.ads) AS all_spend
FROM analytics.campaigns('2025-01-01', '2025-12-31', include_unassigned => true, row_limit => 1000);
-- One of them goes: the name is no longer contested.
DELETE FROM shop.ads WHERE campaign_id = '42';
CALL analytics.refresh();
SELECT campaign_id, origin, count(*) AS touches FROM shop.found WHERE platform = 'linkedin' GROUP BY 1, 2;
SELECT status, failed_rows FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'ambiguous_campaigns';

-- Of two that had a name once, where neither has it on the day: the one that was active on it, whatever it was called by then.
INSERT INTO shop.ads SELECT d::date, 'snapchat', 's1', '61', CASE WHEN d < '2025-03-04' THEN 'Sale' ELSE 'Outlet' END, '', '', 1
    FROM generate_series(timestamp '2025-03-01', '2025-03-09', '1 day') d;
INSERT INTO shop.ads SELECT d::date, 'snapchat', 's1', '62', 'Sale', '', '', 1 FROM generate_series(timestamp '2025-03-10', '2025-03-12', '1 day') d;
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, utm_campaign)
    SELECT 'sale ' || d, 's' || d, timestamptz '2025-03-01 12:00Z' + d * interval '1 day', 'snapchat', 'cpc', 'sale' FROM unnest('{2,5,10,20}'::int[]) d;
CALL analytics.refresh();
SELECT event_id, campaign_id, origin FROM shop.found WHERE event_id LIKE 'sale %' ORDER BY event_date;

-- A list of campaigns that keeps former versions teaches former names.
CREATE TABLE shop.history (id text, name text, changed timestamptz);
INSERT INTO shop.history VALUES ('51', 'Sofas', '2025-01-01'), ('51', 'Sofas and beds', '2025-02-01');
SELECT analytics.register_source('campaigns', 'shop.history', '{"platform": "''pinterest''", "campaign_id": "id", "campaign_name": "name", "updated_at": "changed"}') > 0 AS history;
INSERT INTO shop.visits (event_id, client_id, occurred_at, utm_source, utm_medium, utm_campaign) VALUES ('sofas', 's', '2025-06-01 12:00Z', 'pinterest', 'cpc', 'sofas');
CALL analytics.refresh();
SELECT campaign_id, campaign_name FROM shop.found WHERE event_id = 'sofas';
DROP SCHEMA shop CASCADE;
