-- What platforms report of themselves beside what attribution gives them, by hand.
\i test/fixture/reset.sql
\pset null (null)

SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.visits (id text, client text, at timestamptz, source text, medium text, campaign text);
CREATE TABLE raw.orders (id text, client text, at timestamptz, amount numeric);
CREATE TABLE raw.ads (day date, platform text, campaign_id text, campaign_name text, spend numeric, won numeric, won_value numeric);
-- Ann met both platforms, Bob one, Cyd nothing that was paid for; Dan gave back what he had bought.
INSERT INTO raw.visits VALUES
    ('a1', 'ann', '2025-05-01 10:00+00', 'facebook', 'cpc', 'spring'), ('a2', 'ann', '2025-05-02 10:00+00', 'google', 'cpc', 'brand'),
    ('b1', 'bob', '2025-05-02 11:00+00', 'google', 'cpc', 'brand'), ('c1', 'cyd', '2025-05-02 12:00+00', 'newsletter', 'email', NULL),
    ('d1', 'dan', '2025-05-01 12:00+00', 'facebook', 'cpc', 'spring');
INSERT INTO raw.orders VALUES ('ann', 'ann', '2025-05-03 10:00+00', 100), ('bob', 'bob', '2025-05-03 11:00+00', 50), ('cyd', 'cyd', '2025-05-03 12:00+00', 30),
    ('dan', 'dan', '2025-05-03 12:00+00', 40), ('dan-back', 'dan', '2025-05-04 12:00+00', -40);
INSERT INTO raw.ads VALUES ('2025-05-01', 'facebook', '11', 'spring', 20, 3, 250), ('2025-05-02', 'google', '22', 'brand', 10, 2, 150), ('2025-05-03', 'google', '22', 'brand', 8, NULL, NULL);
SELECT analytics.register_source('events', 'raw.visits', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign"}') IS NOT NULL AS events,
       analytics.register_source('contracts', 'raw.orders', '{"contract_id": "id", "client_id": "client", "signed_at": "at", "amount": "amount"}') IS NOT NULL AS contracts,
       analytics.register_source('ad_performance', 'raw.ads', '{"date": "day", "platform": "platform", "platform_conversions": "won", "conversions_value": "won_value"}') IS NOT NULL AS ads;
SET client_min_messages = warning;
CALL analytics.refresh();
SELECT date, platform, campaign_name, campaign_id, model, reported_conversions AS reported, conversions, gap, reported_value, revenue, value_gap, claimable, claimed_twice, spend
FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31', '{last_paid,linear}');
-- By the day of the contract, and one platform alone.
SELECT date, campaign_name, reported_conversions AS reported, conversions, gap, claimable, claimed_twice, spend
FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31', basis => 'conversion', platforms => '{google}');
-- Attributed conversions and spend are those of attribution(), reported ones those of the source.
SELECT (SELECT sum(conversions)::numeric(12,6) FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31', '{linear}')) = (SELECT sum(conversions)::numeric(12,6) FROM analytics.attribution('2025-05-01', '2025-05-31', '{linear}', basis => 'touch', touches => 'paid')) AS same_credit,
       (SELECT sum(spend) FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31')) = (SELECT sum(spend) FROM raw.ads) AS same_spend,
       (SELECT sum(reported_value) FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31')) = (SELECT sum(won_value) FROM raw.ads) AS same_value;
SELECT * FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31', '{best}');
SELECT * FROM analytics.attribution_reconciliation('2025-05-01', '2025-05-31', basis => 'click');
