-- Eleven campaigns over 28 days of February 2021, from raw tables through registered sources and a refresh to alerts, beside what rules
-- of percentages would have cried; and two campaigns over a year without anything in it, where all must be silent.
\ir prelude.sql
CREATE TABLE raw.days (date date, campaign text, impressions bigint, clicks bigint, leads int, orders int, spend numeric, revenue numeric);
\set copy '\\copy raw.days from ' :data_dir '/anomaly/marketing_feb2021_daily_long.csv csv header'
:copy
-- One touch per lead, a client each, at noon; a campaign's platform is the first word of its name.
INSERT INTO warehouse.platform (platform, ad_network) VALUES ('banner', true);
INSERT INTO warehouse.source_alias (alias, platform, implies_paid) VALUES ('banner', 'banner', true);
CREATE VIEW raw.ads AS SELECT *, split_part(campaign, '_', 1) AS network FROM raw.days;
CREATE VIEW raw.touches AS
SELECT campaign || ' ' || date || ' ' || i AS id, date + time '12:00' AS at, a.network, a.campaign, 'cpc' AS medium FROM raw.ads a, generate_series(1, a.leads) i;
SELECT analytics.register_source('ad_performance', 'raw.ads', '{"platform": "network", "campaign_id": "campaign", "campaign_name": "campaign"}');
SELECT analytics.register_source('events', 'raw.touches', '{"event_id": "id", "client_id": "id", "occurred_at": "at", "utm_source": "network", "utm_medium": "medium", "utm_campaign": "campaign"}');
CALL analytics.refresh();
SELECT pg_temp.same('leads', (SELECT sum(leads)::bigint FROM warehouse.campaign_roi_daily), (SELECT sum(leads)::bigint FROM raw.days));
SELECT pg_temp.close('spend', (SELECT sum(spend)::float8 FROM warehouse.campaign_roi_daily), (SELECT sum(spend)::float8 FROM raw.days), 1e-9);

-- Each day from the second week on, against the days before it.
CREATE TABLE raw.alerts AS
SELECT d::date AS day, a.* FROM generate_series(date '2021-02-08', '2021-02-28', '1 day') d, analytics.anomalies(d::date, d::date, verdicts => NULL, row_limit => 1000) a;
SELECT pg_temp.same('alerts', string_agg(day || ' ' || anomaly_type || ' ' || campaign_name || ' ' || severity, ', ' ORDER BY day, campaign_name),
    '2021-02-13 spike_spend google_wide info')
FROM raw.alerts WHERE verdict = 'anomaly';
-- Among so many questions the next day's, of fewer than two weeks of days that are alike, are just not out of the ordinary.
SELECT pg_temp.same('the least of the next day', string_agg(a.campaign_name, ', ' ORDER BY a.campaign_name), 'google_wide, instagram_tier2')
FROM analytics.anomalies('2021-02-14', '2021-02-14', verdicts => '{normal}', row_limit => 1000) a WHERE a.anomaly_type = 'spike_spend' AND a.p_value < 0.01;
-- In whole weeks nothing is out of the ordinary but the spend of all, which its own days make likely; the fall of the last week is explained by it.
SELECT pg_temp.same('alerts of whole weeks', count(*), 0::bigint)
FROM unnest('{2021-02-08,2021-02-15,2021-02-22}'::date[]) w, unnest('{campaign,platform,total}'::text[]) dimension, analytics.anomalies(w, w + 6, dimension => dimension);
-- Rules of percentages over the same campaign-days: half as dear again, half the leads, twice the spend of all days before.
WITH day AS (
    SELECT r.date, r.campaign_key, r.leads, r.spend, b.* FROM warehouse.campaign_roi_daily r, LATERAL (
        SELECT sum(b.spend) / NULLIF(sum(b.leads), 0) AS cpl, avg(b.leads) AS leads_a_day, avg(b.spend) AS spend_a_day
        FROM warehouse.campaign_roi_daily b WHERE b.campaign_key = r.campaign_key AND b.date < r.date) b
    WHERE r.date >= '2021-02-08')
SELECT pg_temp.same('what percentages cry', (count(*), count(*) FILTER (WHERE spend / NULLIF(day.leads, 0) > 1.5 * cpl),
    count(*) FILTER (WHERE leads < 0.5 * leads_a_day), count(*) FILTER (WHERE spend > 2 * spend_a_day)), (231::bigint, 14::bigint, 108::bigint, 63::bigint)) FROM day;

-- A year of two campaigns without anything in it: silent, each day and each week.
CREATE TABLE raw.year (date date, campaign text, impressions bigint, clicks bigint, leads int, spend numeric);
\set copy '\\copy raw.year from ' :data_dir '/anomaly/fb_vs_adwords_2019_daily_long.csv csv header'
:copy
CREATE VIEW raw.year_ads AS SELECT *, CASE campaign WHEN 'Facebook' THEN 'facebook' ELSE 'google' END AS network FROM raw.year;
CREATE VIEW raw.year_touches AS
SELECT campaign || ' ' || date || ' ' || i AS id, date + time '12:00' AS at, a.network, a.campaign, 'cpc' AS medium FROM raw.year_ads a, generate_series(1, a.leads) i;
SELECT analytics.register_source('ad_performance', 'raw.year_ads', '{"platform": "network", "campaign_id": "campaign", "campaign_name": "campaign"}', business_id => 2);
SELECT analytics.register_source('events', 'raw.year_touches', '{"event_id": "id", "client_id": "id", "occurred_at": "at", "utm_source": "network", "utm_medium": "medium", "utm_campaign": "campaign"}', business_id => 2);
CALL analytics.refresh(business_id => 2);
SELECT pg_temp.same('leads of the year', (SELECT sum(leads)::bigint FROM warehouse.campaign_roi_daily WHERE business_id = 2), (SELECT sum(leads)::bigint FROM raw.year));
SELECT pg_temp.same('days judged', count(*) > 1200, true), pg_temp.same('alerts of the year', count(*) FILTER (WHERE verdict = 'anomaly'), 0::bigint)
FROM generate_series(date '2019-02-15', '2020-01-31', '1 day') d, analytics.anomalies(d::date, d::date, business_id => 2, verdicts => '{anomaly,normal}', row_limit => 100);
SELECT pg_temp.same('alerts of its weeks', count(*), 0::bigint)
FROM generate_series(date '2019-02-15', '2020-01-24', '7 days') d, unnest('{campaign,platform,total}'::text[]) dimension, analytics.anomalies(d::date, d::date + 6, business_id => 2, dimension => dimension);
SELECT pg_temp.same('alerts kept', count(*), 0::bigint) FROM warehouse.anomaly_history WHERE business_id = 2;
