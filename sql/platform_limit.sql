-- Visitors choose utm_source: platforms beyond the limit share one name, and everything else of the touches stays.
\i test/fixture/reset.sql
SET client_min_messages = warning;
CREATE SCHEMA raw;
SELECT analytics.install();
SELECT (analytics.configure(platform_limit => 8)).platform_limit;
SELECT (analytics.settings(2)).platform_limit;
SELECT analytics.configure(platform_limit => 0);
SELECT analytics.configure(platform_limit => 10001);
-- 30 sources that nobody knows, of which the first are named most often; and touches that the classification names by itself.
CREATE TABLE raw.events (event_id text, client_id text, occurred_at timestamptz, utm_source text, utm_medium text, referrer text);
INSERT INTO raw.events
SELECT 'bot' || s || '-' || n, 'c' || s || '-' || n, timestamptz '2025-03-01 10:00Z' + s * interval '1 hour', 'bot ' || s, NULL, NULL
FROM generate_series(1, 30) s, generate_series(1, 31 - s) n;
INSERT INTO raw.events VALUES
    ('k1', 'k1', '2025-03-02 10:00Z', 'google', 'cpc', NULL), ('k2', 'k2', '2025-03-02 10:00Z', 'zzz', 'cpc', NULL), ('k3', 'k3', '2025-03-02 10:00Z', NULL, NULL, NULL),
    ('k4', 'k4', '2025-03-02 10:00Z', NULL, NULL, 'https://strange.example/'), ('k5', 'k5', '2025-03-02 10:00Z', 'newsletter', 'email', NULL), ('k6', 'k6', '2025-03-02 10:00Z', 'tiktok', NULL, NULL);
SELECT analytics.register_source('events', 'raw.events');
CALL analytics.refresh();
SELECT platform, count(*) AS touches, count(DISTINCT utm_source) AS sources FROM warehouse.fact_events GROUP BY 1 ORDER BY 2 DESC, platform COLLATE "C";
SELECT count(*) FROM warehouse.dim_platforms;
-- Nothing is lost: sources are what they were, and leads by platform are all leads.
SELECT count(*) AS touches, count(*) FILTER (WHERE e.utm_source IS DISTINCT FROM r.utm_source) AS other_source, count(*) FILTER (WHERE e.channel IS NULL) AS no_channel
FROM raw.events r LEFT JOIN warehouse.fact_events e USING (event_id);
SELECT sum(s.leads) = k.leads AS leads, sum(s.share_pct) AS pct FROM analytics.share_platforms('2025-03-01', '2025-03-31') s, analytics.kpi('2025-03-01', '2025-03-31') k GROUP BY k.leads;
SELECT leads FROM analytics.kpi('2025-03-01', '2025-03-31', '{(other)}');
SELECT count(*) FROM analytics.utm_sources('2025-03-01', '2025-03-31', row_limit => 100) WHERE platform = '(other)';
-- What comes later finds the room taken; what has a name keeps it, and a full refresh gives the same names.
INSERT INTO raw.events SELECT 'late' || n, 'late' || n, '2025-03-20 10:00Z', 'late', NULL, NULL FROM generate_series(1, 90) n;
INSERT INTO raw.events VALUES ('b1', 'b1', '2025-03-20 11:00Z', 'bot 1', NULL, NULL), ('f1', 'f1', '2025-03-20 11:00Z', 'facebook', NULL, NULL);
CALL analytics.refresh();
CREATE TEMP TABLE named AS SELECT event_id, platform FROM warehouse.fact_events;
SELECT platform FROM warehouse.fact_events WHERE event_id IN ('late7', 'b1', 'f1') ORDER BY event_id;
CALL analytics.refresh('full');
SELECT count(*), count(*) FILTER (WHERE n.platform IS DISTINCT FROM e.platform) AS other_name FROM named n FULL JOIN warehouse.fact_events e USING (event_id);
-- One that the owner lists has its name from a full refresh on, and with a higher limit all have theirs.
INSERT INTO warehouse.platform (platform, ad_network) VALUES ('late', false);
CALL analytics.refresh('full');
SELECT DISTINCT platform FROM warehouse.fact_events WHERE utm_source = 'late';
SELECT FROM analytics.configure(platform_limit => 500);
CALL analytics.refresh('full');
SELECT count(*) FILTER (WHERE platform = '(other)') AS other, count(DISTINCT platform) AS platforms FROM warehouse.fact_events;
SELECT count(*) FROM warehouse.dim_platforms WHERE platform = '(other)';
-- A lower one takes no name away.
SELECT FROM analytics.configure(platform_limit => 1);
CALL analytics.refresh('full');
SELECT count(*) FILTER (WHERE platform = '(other)') AS other FROM warehouse.fact_events;
-- Limits are of a business: another's platforms take no room here.
SELECT analytics.configure(platform_limit => 3, business_id => 2) IS NOT NULL;
SELECT analytics.register_source('events', 'raw.events', business_id => 2);
CALL analytics.refresh();
SELECT business_id, count(DISTINCT platform) FILTER (WHERE utm_source ~ '^bot') AS platforms FROM warehouse.fact_events GROUP BY 1 ORDER BY 1;
DROP SCHEMA warehouse CASCADE;
