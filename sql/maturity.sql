-- Unfinished periods: days that are not over, touches and signatures that are yet to come. What never changes shows no change.
\i test/fixture/reset.sql
SELECT analytics.install();
SET DateStyle = 'ISO, YMD';
SET TimeZone = 'UTC';
CREATE SCHEMA raw;
-- Nothing changes from May to September: Slow has 8 leads a day, of which each fourth signs for 500 after 15 days; Rich has 3, of which two sign for 900.
CREATE TABLE raw.ads AS
SELECT d::date AS date, 'google' AS platform, c AS campaign_id, c AS campaign_name, 400 AS spend, 1000 AS impressions, 10 AS clicks
FROM generate_series(timestamp '2025-05-01', '2025-09-30', '1 day') d, unnest('{Slow,Rich}'::text[]) c;
CREATE TABLE raw.events AS
SELECT format('%s-%s-%s', c, d::date, n) AS event_id, format('%s-%s-%s', c, d::date, n) AS client_id, d + n * interval '1 hour' AS occurred_at, 'google' AS utm_source, 'cpc' AS utm_medium, c AS utm_campaign
FROM generate_series(timestamp '2025-05-01', '2025-09-30', '1 day') d, (VALUES ('Slow', 8), ('Rich', 3)) v (c, leads), generate_series(1, leads) n;
CREATE TABLE raw.contracts AS
SELECT 'k' || event_id AS contract_id, client_id, occurred_at + interval '15 days' AS signed_at, CASE utm_campaign WHEN 'Slow' THEN 500 ELSE 900 END AS amount
FROM raw.events WHERE CASE utm_campaign WHEN 'Slow' THEN event_id ~ '-[48]$' ELSE event_id !~ '-3$' END AND occurred_at < '2025-09-16';
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('ad_performance', 'ads'), ('events', 'events'), ('contracts', 'contracts')) s (e, t);
CALL analytics.refresh();
-- Of September's 30 days 15 are old enough: half of its contracts are signed, and all of August's. 120 contracts and 84,000 are to come to.
SELECT m.known_until, m.leads, m.n_contracts, m.maturity_pct, abs(m.contracts_expected / 120 - 1) < 0.05 AS near, m.contracts_low < 120 AND m.contracts_high > 120 AND m.contracts_high < 1.4 * m.contracts_low AS held,
       abs(m.revenue_expected / 84000 - 1) < 0.05 AS money_near, m.revenue_low < 84000 AND m.revenue_high > 84000 AS money_held
FROM analytics.maturity('2025-09-01', '2025-09-30') m;
SELECT campaign_name, leads, n_contracts, maturity_pct, round(roas, 3) AS roas, abs(roas_expected / t.truth - 1) < 0.06 AS near FROM analytics.maturity('2025-09-01', '2025-09-30', level => 'campaign') JOIN (VALUES ('Slow', 2.5), ('Rich', 4.5)) t (name, truth) ON name = campaign_name ORDER BY 1;
SELECT platform, maturity_pct, contracts_expected, contracts_low, contracts_high, revenue_expected FROM analytics.maturity('2025-08-01', '2025-08-31', '{google}', 'platform');
-- Against August as it stood on the same day of the month.
SELECT period_start, leads_change_pct, n_contracts, n_contracts_prev, n_contracts_change_pct, revenue_change_pct, roas_change_pct, days_compared, maturity_pct
FROM analytics.kpi_timeseries('2025-07-01', '2025-09-29', 'month', compare => 'previous_period') ORDER BY 1;
SELECT bool_and(contracts_low <= n_contracts_expected) AS between, count(*) FILTER (WHERE maturity_pct < 100) AS young, bool_and(n_contracts_low <= n_contracts_expected AND n_contracts_expected <= n_contracts_high) AS ordered
FROM analytics.kpi_timeseries('2025-08-01', '2025-09-30', 'week') t, LATERAL (SELECT t.n_contracts_low) l (contracts_low);
-- By the day of the signature all is final.
SELECT revenue_basis FROM analytics.configure(revenue_basis => 'contract_date');
SELECT count(*) FROM analytics.maturity('2025-09-01', '2025-09-30');
SELECT n_contracts_change_pct, maturity_pct FROM analytics.kpi_timeseries('2025-09-01', '2025-09-30', 'month', compare => 'previous_period');
SELECT revenue_basis FROM analytics.configure(revenue_basis => 'lead_date');

-- What is known of a day later on, less what came late, is what was known on the day: half of the rows are loaded a second time, as of 20 August.
CREATE TABLE raw.late_events AS
SELECT format('e%s-%s', i, n) AS event_id, 'c' || i AS client_id, timestamp '2025-06-01' + i % 100 * interval '1 day' + n * (h % 40) * interval '1 day' + n * interval '1 hour' AS occurred_at,
       CASE WHEN n = 1 OR h % 5 = 0 THEN (ARRAY['facebook', 'google', 'tiktok'])[1 + h % 3] END AS utm_source, CASE WHEN n = 1 OR h % 5 = 0 THEN 'cpc' END AS utm_medium,
       CASE WHEN n = 1 OR h % 5 = 0 THEN 'x' || h % 4 END AS utm_campaign
FROM generate_series(1, 900) i, LATERAL (SELECT ('x' || left(md5(i::text), 7))::bit(28)::int) r (h), generate_series(0, CASE WHEN h % 7 < 4 THEN 1 ELSE 0 END) n;
CREATE TABLE raw.late_contracts AS
SELECT 'k' || i AS contract_id, 'c' || i AS client_id, timestamp '2025-06-01 12:00' + i % 100 * interval '1 day' + h % 50 * interval '1 day' AS signed_at, 10 + h % 90 AS amount
FROM generate_series(1, 900) i, LATERAL (SELECT ('x' || left(md5('k' || i), 7))::bit(28)::int) r (h) WHERE h % 3 = 0;
CREATE VIEW raw.events_then AS SELECT * FROM raw.late_events WHERE occurred_at < '2025-08-21';
CREATE VIEW raw.contracts_then AS SELECT * FROM raw.late_contracts WHERE signed_at < '2025-08-21';
DO $$
BEGIN
    PERFORM analytics.register_source('events', 'raw.late_events', business_id => 2), analytics.register_source('contracts', 'raw.late_contracts', business_id => 2),
            analytics.register_source('events', 'raw.events_then', business_id => 3), analytics.register_source('contracts', 'raw.contracts_then', business_id => 3);
END
$$;
CALL analytics.refresh();
SELECT count(*) AS questions, count(*) FILTER (WHERE (n.leads - l.leads, n.n_contracts - l.contracts, n.revenue - l.revenue) IS DISTINCT FROM (t.leads, t.n_contracts, t.revenue)) AS differ,
       count(*) FILTER (WHERE l.leads > 0) > 20 AS came, count(*) FILTER (WHERE l.leads < 0) > 5 AS went, count(*) FILTER (WHERE l.contracts > 0) > 20 AS signed
FROM generate_series(date '2025-06-01', '2025-08-20', '9 days') d, generate_series(0, 30, 10) w, unnest(ARRAY[NULL, '{facebook}', '{google}', '{direct}', '{meta,tiktok}']::text[]) p (platforms),
     LATERAL (SELECT d::date, LEAST(d::date + w, '2025-08-20')) r (first, last), analytics.kpi(r.first, r.last, p.platforms::text[], 2) n, analytics.kpi(r.first, r.last, p.platforms::text[], 3) t,
     analytics_internal.late_results(r.first, r.last, '2025-08-20', p.platforms::text[], 2) l;
-- The rollup is what it would be if it were made anew.
CREATE TEMP TABLE before AS SELECT * FROM warehouse.late_daily;
UPDATE raw.late_contracts SET signed_at = signed_at + interval '3 days', amount = amount + 1 WHERE contract_id LIKE '%7';
DELETE FROM raw.late_events WHERE event_id LIKE 'e%4-1';
CALL analytics.refresh();
CREATE TEMP TABLE kept AS SELECT * FROM warehouse.late_daily;
SELECT count(*) > 0 AS changed FROM (TABLE before EXCEPT TABLE kept) b;
CALL analytics.refresh('full');
SELECT count(*) AS differ FROM ((TABLE kept EXCEPT TABLE warehouse.late_daily) UNION ALL (TABLE warehouse.late_daily EXCEPT TABLE kept)) d;

-- A lead that an ad gets days after its first call: 12 clients call a day, and the i-th clicks the ad i days later. The newest week is no drop.
CREATE TABLE raw.calls AS
SELECT format('%s-%s-%s-call', c, d::date, i) AS event_id, format('%s-%s-%s', c, d::date, i) AS client_id, d + interval '9 hours' AS occurred_at, 'phone' AS source_type, NULL::text AS utm_source, NULL::text AS utm_medium, NULL::text AS utm_campaign
FROM unnest('{71,72}'::text[]) c, generate_series(timestamp '2025-06-01', '2025-09-30', '1 day') d, generate_series(0, 11) i;
INSERT INTO raw.calls SELECT replace(event_id, 'call', 'ad'), client_id, occurred_at + interval '1 hour' + split_part(event_id, '-', 5)::int * interval '1 day', 'site', 'facebook', 'cpc', left(event_id, 2)
FROM raw.calls WHERE occurred_at + split_part(event_id, '-', 5)::int * interval '1 day' < '2025-10-01';
CREATE TABLE raw.meta AS SELECT d::date AS date, 'facebook' AS platform, c AS campaign_id, 'Ad ' || c AS campaign_name, 500 AS spend, 900 AS impressions, 9 AS clicks FROM generate_series(timestamp '2025-06-01', '2025-09-30', '1 day') d, unnest('{71,72}'::text[]) c;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass, business_id => 4)) FROM (VALUES ('ad_performance', 'meta'), ('events', 'calls')) s (e, t);
CALL analytics.refresh();
SELECT leads_cur, leads_prev, leads_diff_pct, p_value, days_compared FROM analytics.campaigns_wow('2025-09-24', '2025-09-30', business_id => 4);
SELECT dimension, count(a) AS alerts FROM unnest('{campaign,platform,total}'::text[]) dimension LEFT JOIN LATERAL analytics.anomalies('2025-09-24', '2025-09-30', dimension => dimension, business_id => 4) a ON true GROUP BY 1 ORDER BY 1;
SELECT dimension, count(a) AS alerts FROM unnest('{campaign,platform,total}'::text[]) dimension LEFT JOIN LATERAL analytics.anomalies('2025-09-29', '2025-09-30', dimension => dimension, business_id => 4) a ON true GROUP BY 1 ORDER BY 1;
SELECT leads_change_pct, cpl_change_pct FROM analytics.kpi_timeseries('2025-09-17', '2025-09-30', 'week', '{meta}', 'previous_period', 4);
-- What a lead costs is what it costs once young days have all of theirs: 500 / 12. Days long ago are judged as they are.
SELECT count(*) AS campaigns, bool_and(abs(shares[age + 1] - LEAST((age + 1) / 12.0, 1)) < 1e-9) AS as_they_come FROM analytics_internal.arrived_leads(4), generate_series(0, 60) age;
SELECT q.date_from, campaign_name, leads_cur, round(cpl_cur, 1) AS cpl_cur, 500 / 12.0 BETWEEN cpl_low AND cpl_high AS truth_within, round((cpl_high / cpl_low - 1) * 100) AS width_pct, substring(reason from 'So far.*') AS late
FROM (VALUES (date '2025-07-01', date '2025-07-28'), ('2025-09-03', '2025-09-30')) q (date_from, date_to), analytics.reco_budget(q.date_from, q.date_to, business_id => 4) ORDER BY 1, 2;
SELECT campaign_name, round(current_spend / response_now, 1) AS planned_cost FROM analytics.budget_plan(metric => 'leads', business_id => 4) WHERE NOT is_total ORDER BY 1;
SELECT count(*) AS never_late FROM analytics_internal.arrived_leads(1);
-- A real drop is one all the same: from 27 September nobody clicks.
DELETE FROM raw.calls WHERE source_type = 'site' AND occurred_at >= '2025-09-25';
CALL analytics.refresh();
SELECT anomaly_type, campaign_name, ratio < 0.6 AS less FROM analytics.anomalies('2025-09-25', '2025-09-30', business_id => 4) ORDER BY 2;

-- Today: 8 leads and 80 of spend a day up to this minute. The running week is compared day by day, and today with nothing.
CREATE TABLE raw.now_events AS
SELECT d::date || '-' || i AS event_id, d::date || '-' || i AS client_id, d + i * interval '150 minutes' AS occurred_at, 'google' AS utm_source, 'cpc' AS utm_medium, '5' AS utm_campaign
FROM generate_series(current_date - 80, current_date, interval '1 day') d, generate_series(1, 8) i WHERE d + i * interval '150 minutes' < now();
CREATE TABLE raw.now_ads AS SELECT d::date AS date, 'google' AS platform, '5' AS campaign_id, 'Now' AS campaign_name, 80 AS spend, 100 AS impressions, 4 AS clicks FROM generate_series(current_date - 80, current_date, interval '1 day') d;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass, business_id => 5)) FROM (VALUES ('ad_performance', 'now_ads'), ('events', 'now_events')) s (e, t);
CALL analytics.refresh();
SELECT first.n AS days_ago, w.leads_diff_pct, w.cpl_diff_pct, w.p_value, w.days_compared = first.n AS as_many FROM unnest('{1,3,6}'::int[]) first (n), analytics.campaigns_wow(current_date - first.n, current_date + 6 - first.n, business_id => 5) w ORDER BY 1;
SELECT leads_prev, leads_diff_pct, p_value, days_compared FROM analytics.campaigns_wow(current_date, current_date + 6, business_id => 5);
SELECT bool_and(t.leads_change_pct = 0 AND t.spend_change_pct = 0) AS unchanged, bool_and(t.last_day <= current_date - 1 AND t.days_compared = t.last_day - t.first_day + 1) AS over
FROM analytics.kpi_timeseries(current_date - 20, current_date + 10, 'week', compare => 'previous_period', business_id => 5) t WHERE t.first_day < current_date;
SELECT count(leads_prev) AS compared FROM analytics.kpi_timeseries(current_date, current_date, compare => 'previous_period', business_id => 5);

\set VERBOSITY default
SELECT * FROM analytics.maturity('2025-09-01', '2025-09-30', level => 'ad');
SELECT * FROM analytics.maturity('2025-09-02', '2025-09-01');
SELECT analytics_internal.outlook('{1}', '{1}', '{1}', 1, 1, 1, 1, 1, 1, 1, 2);
SELECT analytics_internal.outlook('{-1}', '{1}', '{1}', 1, 1, 1, 1, 1, 1, 1);
SELECT analytics_internal.outlook('{1}', '{1,2}', '{1}', 1, 1, 1, 1, 1, 1, 1);
SELECT analytics_internal.maturity_curve('{2025-01-01}', '{1,2}', '{1}', '2025-01-05');
SELECT analytics_internal.maturity_curve('{2025-01-01}', '{1}', '{NaN}', '2025-01-05');
DROP SCHEMA raw, warehouse CASCADE;
