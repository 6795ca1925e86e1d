-- What campaigns are judged by: leads, what becomes of them, and one judgement for all answers.
\i test/fixture/reset.sql
\set VERBOSITY terse
SELECT analytics.install();
CREATE SCHEMA raw;
-- Nothing changes for 22 weeks of 600 a day: Many has 8 leads a day, of which one in sixteen signs for 400 (a return of 0.33); Few has 3 a day, of which two sign
-- for 1500 (a return of 5), each twelve days later. New is like Few, and ten days old: nobody has had the time to sign.
CREATE TABLE raw.plan AS
SELECT * FROM (VALUES ('m', 'Many', 8, date '2025-01-01'), ('f', 'Few', 3, date '2025-01-01'), ('n', 'New', 3, date '2025-05-23')) p (campaign_id, campaign_name, leads, since);
CREATE TABLE raw.ads AS
SELECT d::date AS date, 'google' AS platform, p.campaign_id, p.campaign_name, 600 AS spend, 1000 AS impressions, 10 AS clicks
FROM raw.plan p, generate_series(p.since, date '2025-06-01', interval '1 day') d;
CREATE TABLE raw.events AS
SELECT format('%s-%s-%s', p.campaign_id, d::date, n) AS event_id, format('%s-%s-%s', p.campaign_id, d::date, n) AS client_id, d + n * interval '1 hour' AS occurred_at,
       'google' AS utm_source, 'cpc' AS utm_medium, p.campaign_id AS utm_campaign
FROM raw.plan p, generate_series(p.since, date '2025-06-01', interval '1 day') d, LATERAL generate_series(1, p.leads) n;
CREATE TABLE raw.contracts AS
SELECT 'k' || e.event_id AS contract_id, e.client_id, e.occurred_at + interval '12 days' AS signed_at, CASE e.utm_campaign WHEN 'm' THEN 400 ELSE 1500 END AS amount
FROM raw.events e
WHERE e.occurred_at < '2025-05-21' AND CASE e.utm_campaign WHEN 'm' THEN e.event_id LIKE '%-1' AND extract(day FROM e.occurred_at)::int % 2 = 0 ELSE e.event_id NOT LIKE '%-3' END;
SELECT count(analytics.register_source(e, ('raw.' || t)::regclass)) FROM (VALUES ('ad_performance', 'ads'), ('events', 'events'), ('contracts', 'contracts')) s (e, t);
CALL analytics.refresh();
-- By leads the campaign that loses money is scaled and the one that earns is paused; by what the leads become the first is paused, and the other earns.
SELECT o AS objective, r.campaign_name, r.action, r.evidence, r.outcome
FROM unnest('{leads,contracts,revenue,profit,auto}'::text[]) WITH ORDINALITY u (o, n), analytics.reco_budget('2025-05-05', '2025-06-01', objective => o) r ORDER BY n, 2;
-- The return that the spend leads to, of a period whose last leads have had no time to sign.
SELECT campaign_name, roas_cur, roas_expected BETWEEN truth * 0.8 AND truth * 1.25 AS near, roas_low < truth AND truth < roas_high AS held, roas_low > 0 AND roas_high < 3 * roas_low AS narrow
FROM analytics.reco_budget('2025-05-05', '2025-06-01') JOIN (VALUES ('Many', 0.33), ('Few', 5.0)) t (campaign_name, truth) USING (campaign_name) ORDER BY 1;
-- New is taken for what its kind is, with doubt, and not for a campaign whose leads never sign.
SELECT action, roas_low < roas_expected AND roas_expected < roas_high AS interval, roas_high > 3 * roas_low AS wide FROM analytics.reco_budget('2025-05-05', '2025-06-01') WHERE campaign_name = 'New';
-- The reason names whatever was looked at.
SELECT campaign_name, regexp_replace(reason, '[0-9.]*[0-9]', '#', 'g') AS reason FROM analytics.reco_budget('2025-05-05', '2025-06-01') ORDER BY 1;
SELECT regexp_replace(reason, '[0-9.]*[0-9]', '#', 'g') AS reason FROM analytics.reco_budget('2025-05-05', '2025-06-01', objective => 'contracts') WHERE campaign_name = 'Many';
-- Targets of one's own choose the outcome: what is above a return of 6 is nobody, what is above 2 is Few; 1 in 10 left of revenue asks for a return of 10.
SELECT t AS target_roas, r.campaign_name, r.action, r.outcome FROM unnest('{2,6}'::numeric[]) t, analytics.reco_budget('2025-05-05', '2025-06-01', target_roas => t) r WHERE r.campaign_name <> 'New' ORDER BY 1, 2;
SELECT campaign_name, action, outcome FROM analytics.reco_budget('2025-05-05', '2025-06-01', target_cpa => 1000) WHERE campaign_name <> 'New' ORDER BY 1;
SELECT campaign_name, action, outcome FROM analytics.reco_budget('2025-05-05', '2025-06-01', profit_margin => 0.1) WHERE campaign_name <> 'New' ORDER BY 1;
SELECT campaign_name, action, outcome FROM analytics.reco_budget('2025-05-05', '2025-06-01', target_cpl => 100) WHERE campaign_name <> 'New' ORDER BY 1;
-- Others' answers say the same.
SELECT performance_category, campaign_name, advice FROM analytics.campaign_performance('2025-05-05', '2025-06-01');
SELECT campaign_name, sign(recommended_spend - current_spend) AS change FROM analytics.budget_plan(date_to => '2025-06-01') WHERE campaign_name <> 'New' ORDER BY 1;
-- Targets that the business has once are those of every answer, as if each were given them.
CREATE TABLE raw.target AS SELECT * FROM (VALUES (1, 'target_cpl', '100'), (2, 'target_cpa', '1000'), (3, 'target_roas', '2'), (4, 'profit_margin', '0.1')) t (n, name, value);
CREATE FUNCTION pg_temp.advice(extra text) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    answer text;
BEGIN
    EXECUTE format('SELECT string_agg(r::text, E''\n'' ORDER BY campaign_id) FROM analytics.reco_budget(''2025-05-05'', ''2025-06-01''%s) r', extra) INTO answer;
    RETURN answer;
END
$$;
CREATE FUNCTION pg_temp.set_target(target text, value text) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    PERFORM analytics.configure(target_cpl => 0, target_cpa => 0, target_roas => 0, profit_margin => 0);
    EXECUTE format('SELECT FROM analytics.configure(%I => %s)', target, value);
    RETURN pg_temp.advice('');
END
$$;
SELECT t.name, a.plain <> a.given AS matters, pg_temp.set_target(t.name, t.value) = a.given AS as_if_given
FROM raw.target t CROSS JOIN LATERAL (SELECT pg_temp.advice('') AS plain, pg_temp.advice(format(', %I => %s', t.name, t.value)) AS given FROM analytics.configure(target_cpl => 0, target_cpa => 0, target_roas => 0, profit_margin => 0) OFFSET 0) a ORDER BY t.n;
SELECT target_cpl, target_cpa, target_roas, profit_margin FROM analytics.settings();
SELECT (analytics.configure(target_cpl => 100, target_cpa => 1000, target_roas => 6, profit_margin => 0)).target_roas;
-- Of several the deepest counts for auto, its own for each other objective, and none where the question brings one.
SELECT pg_temp.advice('') = pg_temp.advice(', target_roas => 6') AS deepest, pg_temp.advice(', objective => ''leads''') = pg_temp.advice(', target_cpl => 100') AS own, pg_temp.advice(', target_cpa => 700') <> pg_temp.advice(', target_cpa => 1000') AS given;
SELECT r.campaign_name, r.action, p.advice AS performance, a.advice AS anomalies
FROM analytics.reco_budget('2025-05-05', '2025-06-01') r LEFT JOIN analytics.campaign_performance('2025-05-05', '2025-06-01') p USING (campaign_id)
LEFT JOIN (SELECT DISTINCT campaign_id, advice FROM analytics.anomalies('2025-05-05', '2025-06-01', verdicts => NULL, as_of => '2025-06-02')) a USING (campaign_id) ORDER BY 1;
-- A plan for what a lead, a contract or one of revenue may cost finds it there.
CREATE FUNCTION pg_temp.plan(metric text, target numeric DEFAULT NULL) RETURNS text LANGUAGE plpgsql AS $$
BEGIN
    RETURN (SELECT string_agg(p::text, ' ' ORDER BY p.campaign_id) FROM analytics.budget_plan(objective => 'target_cost', metric => plan.metric, target => plan.target, date_to => '2025-06-01') p);
EXCEPTION WHEN OTHERS THEN
    RETURN SQLERRM;
END
$$;
SELECT pg_temp.plan('leads') AS without FROM analytics.configure(target_cpl => 0);
SELECT target_cpl, target_cpa, target_roas FROM analytics.configure(target_cpl => 130, target_cpa => 480, target_roas => 2.5);
SELECT m AS metric, pg_temp.plan(m) = pg_temp.plan(m, v) AS as_if_given, pg_temp.plan(m) <> 'this objective needs a target' AS has_target FROM (VALUES ('leads', 130), ('contracts', 480), ('revenue', 1 / 2.5)) t (m, v);
SELECT analytics.configure(target_cpl => -1);
SELECT analytics.configure(target_roas => 'NaN');
SELECT analytics.configure(profit_margin => 1.5);
SELECT target_cpl, target_cpa, target_roas, profit_margin FROM analytics.configure(target_cpl => 0, target_cpa => 0, target_roas => 0, profit_margin => 0);
\set VERBOSITY default
SELECT * FROM analytics.reco_budget('2025-05-05', '2025-06-01', objective => 'clicks');
SELECT * FROM analytics.reco_budget('2025-05-05', '2025-06-01', objective => NULL);
SELECT * FROM analytics.reco_budget('2025-05-05', '2025-06-01', objective => 'leads', target_roas => 2);
SELECT * FROM analytics.reco_budget('2025-05-05', '2025-06-01', target_cpl => 2, target_roas => 2);
\set VERBOSITY terse
SELECT * FROM analytics.reco_budget('2025-05-05', '2025-06-01', target_roas => 0);
SELECT * FROM analytics.reco_budget('2025-05-05', '2025-06-01', profit_margin => 1.5);
-- Without contracts there is nothing deeper than leads, and what is asked for all the same is said to be missing.
DELETE FROM raw.contracts;
SELECT (analytics.configure(source_loss_limit => 1)).source_loss_limit;
CALL analytics.refresh();
SELECT o AS objective, r.campaign_name, r.action, r.evidence, r.outcome, r.roas_expected IS NULL AS unknown
FROM unnest('{auto,contracts,revenue}'::text[]) WITH ORDINALITY u (o, n), analytics.reco_budget('2025-05-05', '2025-06-01', objective => o) r WHERE r.campaign_name = 'Few' ORDER BY n;
SELECT DISTINCT reason FROM analytics.reco_budget('2025-05-05', '2025-06-01', objective => 'profit');
SELECT count(*) > 0 AS plans FROM analytics.budget_plan(date_to => '2025-06-01');
DROP SCHEMA raw, warehouse CASCADE;

-- Random worlds: ten businesses of seven campaigns, whose leads cost, sign and bring what they like.
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE FUNCTION raw.chance(VARIADIC seed int[]) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT (hashint8extended(('x' || left(md5(seed::text), 15))::bit(60)::bigint, 7) & 1048575) / 1048576.0 $$;
CREATE TABLE raw.plan AS
SELECT b AS business, c AS campaign, 40 + 200 * raw.chance(b, c, 1) AS spend, 15 + 60 * raw.chance(b, c, 2) AS cost, 0.02 + 0.6 * raw.chance(b, c, 3) ^ 2 AS signing, 50 + 900 * raw.chance(b, c, 4) ^ 2 AS value
FROM generate_series(1, 10) b, generate_series(1, 7) c;
CREATE TABLE raw.ads AS
SELECT p.business, date '2025-01-01' + d AS date, 'facebook' AS platform, p.campaign::text AS campaign_id, 'Campaign ' || p.campaign AS campaign_name, round(p.spend::numeric, 2) AS spend, 100 AS impressions, 5 AS clicks
FROM raw.plan p, generate_series(0, 120) d;
CREATE TABLE raw.events AS
SELECT p.business, format('%s-%s-%s', p.campaign, d, n) AS event_id, format('%s-%s-%s', p.campaign, d, n) AS client_id, timestamp '2025-01-01 08:00' + d * interval '1 day' + n * interval '1 minute' AS occurred_at,
       'facebook' AS utm_source, 'cpc' AS utm_medium, p.campaign::text AS utm_campaign, raw.chance(p.business, p.campaign, d, n, 5) AS luck, p.signing, p.value
FROM raw.plan p, generate_series(0, 120) d, LATERAL generate_series(1, floor(2 * raw.chance(p.business, p.campaign, d, 6) * p.spend / p.cost + 0.5)::int) n;
CREATE TABLE raw.contracts AS
SELECT e.business, 'k' || e.event_id AS contract_id, e.client_id, e.occurred_at + e.luck / e.signing * 25 * interval '1 day' AS signed_at, round((e.value * (0.5 + e.luck / e.signing))::numeric, 2) AS amount
FROM raw.events e WHERE e.luck < e.signing AND e.occurred_at + e.luck / e.signing * 25 * interval '1 day' < '2025-05-02';
DO $$
BEGIN
    FOR b IN 1 .. 10 LOOP
        EXECUTE format('CREATE VIEW raw.ads_%s AS SELECT * FROM raw.ads WHERE business = %1$s; CREATE VIEW raw.events_%1$s AS SELECT * FROM raw.events WHERE business = %1$s;
                        CREATE VIEW raw.contracts_%1$s AS SELECT * FROM raw.contracts WHERE business = %1$s', b);
        PERFORM analytics.register_source('ad_performance', format('raw.ads_%s', b)::regclass, business_id => b);
        PERFORM analytics.register_source('events', format('raw.events_%s', b)::regclass, business_id => b);
        PERFORM analytics.register_source('contracts', format('raw.contracts_%s', b)::regclass, business_id => b);
    END LOOP;
END
$$;
SET client_min_messages = warning;
CALL analytics.refresh();
-- No campaign is a high performer and paused, or scaled and in need of attention, or paused and planned more.
CREATE TEMP TABLE said AS
SELECT b.b, p.d, r.campaign_id, r.action, f.performance_category, f.advice, w.advice AS beside_alert, l.recommended_spend - l.current_spend AS planned, r.outcome, r.roas_low, r.roas_expected, r.roas_high
FROM generate_series(1, 10) b (b), (VALUES (date '2025-03-15'), ('2025-04-10'), ('2025-05-01')) p (d)
CROSS JOIN LATERAL analytics.reco_budget(p.d - 27, p.d, 100, business_id => b.b) r
LEFT JOIN LATERAL analytics.campaign_performance(p.d - 27, p.d, 100, business_id => b.b) f ON f.campaign_id = r.campaign_id
LEFT JOIN LATERAL analytics.budget_plan(date_to => p.d, business_id => b.b) l ON l.campaign_id = r.campaign_id
LEFT JOIN LATERAL (SELECT DISTINCT a.campaign_id, a.advice FROM analytics.anomalies(p.d - 27, p.d, verdicts => NULL, row_limit => 1000, business_id => b.b) a) w ON w.campaign_id = r.campaign_id;
SELECT count(*) AS answers, count(*) FILTER (WHERE action = 'pause') > 20 AS pauses, count(*) FILTER (WHERE action = 'scale') > 20 AS scales, count(*) FILTER (WHERE performance_category = 'high_performer') > 20 AS high,
       count(*) FILTER (WHERE performance_category = 'high_performer' AND action = 'pause') AS high_and_paused, count(*) FILTER (WHERE performance_category = 'needs_attention' AND action = 'scale') AS scaled_and_low,
       count(*) FILTER (WHERE advice <> action OR beside_alert <> action) AS differ, count(beside_alert) > 150 AS alerts, count(*) FILTER (WHERE action = 'pause' AND planned > 0.01) AS paused_and_more,
       bool_and(outcome = 'revenue') AS revenue, bool_and(roas_low <= roas_expected AND roas_expected <= roas_high) AS ordered
FROM said;
-- Nor where both are asked by one objective.
SELECT o AS objective, count(*) FILTER (WHERE r.action = 'pause') > 20 AS pauses, count(*) FILTER (WHERE r.action = 'pause' AND l.recommended_spend - l.current_spend > 0.01) AS paused_and_more, bool_and(l.outcome = o) AS named
FROM unnest('{leads,contracts,revenue}'::text[]) WITH ORDINALITY u (o, n), generate_series(1, 10) b, analytics.reco_budget('2025-04-04', '2025-05-01', 100, business_id => b, objective => o) r
JOIN LATERAL analytics.budget_plan(date_to => '2025-05-01', business_id => b, metric => o) l ON l.campaign_id = r.campaign_id
GROUP BY o, n ORDER BY n;
-- Pauses cost more than what the others truly pay for revenue, scales less, nearly always.
SELECT count(*) FILTER (WHERE (s.action = 'pause') = (t.roas < t.others)) >= 0.9 * count(*) AS mostly_right, count(*) > 60 AS many
FROM said s
JOIN (SELECT p.business, p.campaign::text AS campaign_id, p.signing * p.value / p.cost AS roas,
             (SELECT sum(o.spend * o.signing * o.value / o.cost) / sum(o.spend) FROM raw.plan o WHERE o.business = p.business AND o.campaign <> p.campaign) AS others FROM raw.plan p) t
    ON t.business = s.b AND t.campaign_id = s.campaign_id
WHERE s.action <> 'monitor';
DROP SCHEMA raw, warehouse CASCADE;
