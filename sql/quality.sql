-- The checks of data quality: what each finds, and that it finds nothing where nothing is wrong.
\i test/fixture/shop.sql
SET client_min_messages = warning;
SELECT unknown_share_warn FROM analytics.configure(unknown_share_warn => 100);
CREATE FUNCTION pg_temp.findings() RETURNS TABLE (check_name text, subject text, status text, failed_rows bigint, sample jsonb, message text) LANGUAGE sql AS $$
    SELECT check_name, subject, status, failed_rows, sample, message FROM analytics.check_data_quality() WHERE status <> 'pass' $$;

-- A sound warehouse: everything passes, by every check there is.
SELECT DISTINCT check_name FROM analytics.check_data_quality() ORDER BY 1;
SELECT check_name, subject, status, failed_rows, message FROM pg_temp.findings();

-- Rows that get lost or doubled behind the refresh's back, by day and in money.
BEGIN;
DELETE FROM warehouse.fact_contracts WHERE contract_id = 'k4';
UPDATE warehouse.fact_contracts SET amount = amount + 1 WHERE contract_id = 'k8';
UPDATE warehouse.fact_campaign_performance_daily SET date = '2025-08-01' WHERE date = '2025-02-01' AND campaign_id = '101';
SELECT check_name, subject, status, failed_rows, jsonb_array_length(sample) AS sampled, message FROM pg_temp.findings();
SELECT s.value ->> 'day' AS day, s.value ->> 'source_rows' AS source_rows, s.value ->> 'loaded_rows' AS loaded_rows FROM pg_temp.findings() f, jsonb_array_elements(f.sample) s
WHERE f.check_name = 'reconciliation_day' ORDER BY 1;
ROLLBACK;

-- References without their dimension, ids that are there twice, rollups that are not their facts.
BEGIN;
UPDATE warehouse.fact_events SET client_key = -1 WHERE event_id = 'e10';
UPDATE warehouse.fact_leads SET campaign_key = -1 WHERE lead_id = 'e20';
INSERT INTO warehouse.fact_events SELECT (jsonb_populate_record(e, '{"client_bucket": 5000}')).* FROM warehouse.fact_events e WHERE event_id = 'e30';
UPDATE warehouse.event_daily SET events = events + 3 WHERE event_date = (SELECT min(event_date) FROM warehouse.event_daily);
SELECT check_name, subject, status, failed_rows, sample, message FROM pg_temp.findings() WHERE check_name NOT LIKE 'reconciliation_day';
ROLLBACK;

-- Products are missed where there is a list of them.
BEGIN;
UPDATE warehouse.fact_contracts SET product_id = 'p9' WHERE contract_id = 'k12';
SELECT count(*) FROM pg_temp.findings();
CREATE TABLE raw.products (product_id text);
INSERT INTO raw.products VALUES ('p1');
SELECT analytics.register_source('products', 'raw.products');
CALL analytics.refresh(entities => '{products}');
SELECT check_name, subject, status, failed_rows, sample, message FROM pg_temp.findings();
ROLLBACK;

-- Refused rows, by what is wrong with them.
BEGIN;
INSERT INTO raw.contracts VALUES (NULL, 'client-1', '2025-01-01', 5, NULL), ('k4', 'client-4', '2025-01-01', 5, NULL), ('nan', 'client-1', '2025-01-01', 'NaN', NULL), ('old', NULL, '1025-01-01', 1, NULL);
CALL analytics.refresh();
SELECT check_name, subject, status, failed_rows, message FROM pg_temp.findings();
SELECT check_name, jsonb_pretty(sample) FROM pg_temp.findings() WHERE check_name IN ('not_null', 'unique', 'accepted_values') ORDER BY 1;
-- Before the source is read again, what it changed is no loss.
DELETE FROM raw.contracts WHERE id = 'k20';
SELECT check_name, subject, status, message FROM pg_temp.findings() WHERE check_name LIKE 'reconciliation%';
DROP TABLE raw.ads CASCADE;
SELECT check_name, subject, status, message FROM pg_temp.findings() WHERE subject LIKE 'ad_performance%';
ROLLBACK;

-- Freshness is judged where a limit is set; the share of unknown platforms by its own.
SELECT check_name, subject, status, message FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'freshness' ORDER BY subject;
SELECT unknown_share_warn FROM analytics.configure(freshness_warn => '2 days', freshness_fail => '100 years', unknown_share_warn => 5);
BEGIN;
UPDATE warehouse.lead_daily SET platform = 'unknown' WHERE platform = 'direct' AND created_date > '2025-03-01';
DELETE FROM warehouse.event_daily WHERE platform = 'unknown';
UPDATE warehouse.event_daily SET platform = 'unknown' WHERE platform = 'direct';
SELECT check_name, subject, status, expected FROM analytics.check_data_quality(thorough => false) WHERE status <> 'pass' ORDER BY 1, 2;
ROLLBACK;
SELECT unknown_share_warn FROM analytics.configure(freshness_fail => '3 days');
SELECT DISTINCT status FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'freshness';
INSERT INTO raw.events VALUES ('now', 'client-1', now() - interval '1 hour');
INSERT INTO raw.events VALUES ('typo', 'client-1', now() + interval '50 years');
CALL analytics.refresh();
SELECT status, round(observed) BETWEEN 0 AND 30 AS hours FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'freshness' AND subject LIKE 'events%';
-- Whatever day it is where the session is.
SET TimeZone = 'Etc/GMT+12';
SELECT status, round(observed) BETWEEN 0 AND 30 AS hours FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'freshness' AND subject LIKE 'events%';
SET TimeZone = 'Etc/GMT-14';
SELECT status, round(observed) BETWEEN 0 AND 30 AS hours FROM analytics.check_data_quality(thorough => false) WHERE check_name = 'freshness' AND subject LIKE 'events%';
SET TimeZone = 'UTC';
SELECT unknown_share_warn FROM analytics.configure(freshness_warn => '0', freshness_fail => '0', unknown_share_warn => 100);
SELECT freshness_warn, freshness_fail FROM analytics.settings();
SELECT count(*) FROM pg_temp.findings();
SELECT analytics.configure(unknown_share_warn => 101);
SELECT analytics.configure(quality_every => '-1 day');

-- To check is to read.
BEGIN READ ONLY;
SELECT count(*) > 20 AS checked FROM analytics.check_data_quality();
COMMIT;

-- A refresh runs the thorough checks when it was full, and else when they are due.
CREATE FUNCTION pg_temp.thorough() RETURNS boolean LANGUAGE sql AS $$
    SELECT count(*) > 0 FROM warehouse.quality_result WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND check_name = 'relationships' $$;
CALL analytics.refresh();
SELECT pg_temp.thorough();
CALL analytics.refresh('full');
SELECT pg_temp.thorough();
UPDATE warehouse.quality_history SET checked_at = checked_at - interval '25 hours';
CALL analytics.refresh();
SELECT pg_temp.thorough();
SELECT unknown_share_warn FROM analytics.configure(quality_every => '0');
CALL analytics.refresh();
SELECT pg_temp.thorough();

-- What is found again prolongs the row that says so: only what changed is a new one.
SELECT count(*) AS n FROM warehouse.quality_history \gset
CALL analytics.refresh('full');
CALL analytics.refresh();
SELECT count(*) - :n AS more, bool_and(run_id = (SELECT max(run_id) FROM warehouse.refresh_run)) FILTER (WHERE is_latest AND check_name = 'freshness') AS seen_by_the_last
FROM warehouse.quality_result;
CREATE TABLE raw.stand AS SELECT DISTINCT ON (check_name, subject) check_name, subject, since FROM warehouse.quality_result WHERE is_latest ORDER BY 1, 2;
INSERT INTO raw.contracts VALUES ('k-unread', 'client-1', '1066-10-14', 1, NULL);
CALL analytics.refresh('full');
SELECT r.check_name, r.subject, r.status, r.since > s.since AS is_new, r.since < r.checked_at AS prolonged FROM warehouse.quality_result r JOIN raw.stand s USING (check_name, subject)
WHERE r.is_latest AND (r.since > s.since OR r.subject LIKE 'contracts%') ORDER BY 1, 2;
-- The history for dashboards, kept for a while.
SELECT count(*) AS checks, count(*) FILTER (WHERE is_latest) = count(DISTINCT (business_id, check_name, subject)) AS one_is_latest, count(DISTINCT checked_at) > 1 AS several_times
FROM (SELECT * FROM warehouse.quality_result WHERE check_name = 'freshness') r;
UPDATE warehouse.quality_history SET checked_at = checked_at - interval '100 days';
SELECT analytics.purge_history() >= 0 AS purged;
SELECT count(*) FROM warehouse.quality_result;
