-- Days of 23 and 25 hours: where clocks go forward and back, each row is filed under the day that the wall showed.
\i test/fixture/reset.sql
\set ECHO none
\o /dev/null
CREATE SCHEMA raw;
SELECT analytics.install();
-- Kyiv: on 30 March 2025 there is no 3 o'clock, on 26 October it comes twice. New York: 2 o'clock of 9 March, 1 o'clock of 2 November.
SELECT analytics.configure(reporting_timezone => 'Europe/Kyiv'), analytics.configure(reporting_timezone => 'America/New_York', business_id => 2);
-- One touch every ten minutes, each of a client who signs half a minute later, through three days around each change: from the midnight that
-- begins them to the one that ends them, written down as instants.
CREATE TABLE raw.touches AS
SELECT z.business, 'e' || row_number() OVER (PARTITION BY z.business ORDER BY at) AS event_id, at AS occurred_at
FROM (VALUES (1, '2025-03-28 22:00Z', '2025-03-31 21:00Z'), (1, '2025-10-24 21:00Z', '2025-10-27 22:00Z'), (2, '2025-03-08 05:00Z', '2025-03-11 04:00Z'), (2, '2025-11-01 04:00Z', '2025-11-04 05:00Z'))
    z (business, since, until), LATERAL generate_series(z.since::timestamptz, z.until::timestamptz - interval '1 second', '10 minutes') at;
CREATE TABLE raw.deals AS SELECT business, 'k' || event_id AS contract_id, event_id AS client_id, occurred_at + interval '30 seconds' AS signed_at, 1 AS amount FROM raw.touches;
CREATE VIEW raw.kyiv_touches AS SELECT event_id, event_id AS client_id, occurred_at FROM raw.touches WHERE business = 1;
CREATE VIEW raw.york_touches AS SELECT event_id, event_id AS client_id, occurred_at FROM raw.touches WHERE business = 2;
CREATE VIEW raw.kyiv_deals AS SELECT * FROM raw.deals WHERE business = 1;
CREATE VIEW raw.york_deals AS SELECT * FROM raw.deals WHERE business = 2;
SELECT analytics.register_source('events', 'raw.kyiv_touches'), analytics.register_source('contracts', 'raw.kyiv_deals'),
       analytics.register_source('events', 'raw.york_touches', business_id => 2), analytics.register_source('contracts', 'raw.york_deals', business_id => 2);
\o
\set ECHO all
CALL analytics.refresh();
-- Six touches an hour: 138 in 23 hours, 144 in 24, 150 in 25. What is signed, and the leads, fall on the same days.
SELECT e.business_id, e.event_date, e.events, e.events / 6 AS hours, l.leads, l.revenue, r.contracts_signed
FROM warehouse.event_daily e
JOIN (SELECT business_id, created_date, sum(leads) AS leads, sum(revenue) AS revenue FROM warehouse.lead_daily GROUP BY 1, 2) l ON l.business_id = e.business_id AND l.created_date = e.event_date
JOIN (SELECT business_id, date, sum(contracts_signed) AS contracts_signed FROM warehouse.campaign_roi_daily GROUP BY 1, 2) r ON r.business_id = e.business_id AND r.date = e.event_date
ORDER BY 1, 2;
-- The first and last touch of each day, by the wall: midnight and ten to midnight.
SELECT business_id, event_date, min(occurred_at AT TIME ZONE z.zone)::time AS first, max(occurred_at AT TIME ZONE z.zone)::time AS last, max(occurred_at) - min(occurred_at) + interval '10 minutes' AS length
FROM warehouse.fact_events JOIN (VALUES (1, 'Europe/Kyiv'), (2, 'America/New_York')) z (business_id, zone) USING (business_id) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT business_id, check_name, count(*), min(status) AS best, max(status) AS worst FROM (VALUES (1), (2)) b (business_id), analytics.check_data_quality(b.business_id) WHERE check_name LIKE 'reconciliation%' GROUP BY 1, 2 ORDER BY 1, 2;

-- A touch that comes late into the repeated hour: its day is read again, no other, and the day's figures are those of a full rebuild.
INSERT INTO raw.touches VALUES (1, 'again', '2025-10-26 01:15Z'), (2, 'again', '2025-11-02 06:15Z');
CALL analytics.refresh();
SELECT business_id, name, rows_read, inserted, updated FROM warehouse.refresh_step WHERE run_id = (SELECT max(run_id) FROM warehouse.refresh_run) AND name = 'load events' ORDER BY 1;
SELECT business_id, event_date, sum(events) FROM warehouse.event_daily WHERE event_date IN ('2025-10-26', '2025-11-02') GROUP BY 1, 2 ORDER BY 1;
CREATE TEMP TABLE kept AS SELECT * FROM warehouse.event_daily;
CALL analytics.refresh('full');
SELECT count(*) FROM ((TABLE kept EXCEPT TABLE warehouse.event_daily) UNION ALL (TABLE warehouse.event_daily EXCEPT TABLE kept)) d;

-- Without a zone, as text, as timestamp, and as text of another order: all three read the same. What the wall shows twice counts as the later, standard
-- time; what it never shows, by the clock that was not yet set. With an offset there is no doubt: the touch of the first 3:50 comes before the second 3:10.
\set QUIET on
CREATE TABLE raw.written (business bigint, id text, at text);
INSERT INTO raw.written VALUES
    (1, '1 before', '2025-03-30 02:59:59'), (1, '2 never shown', '2025-03-30 03:30:00'), (1, '3 after', '2025-03-30 04:00:00'), (1, '4 last of 23 hours', '2025-03-30 23:59:59'),
    (1, '5 before', '2025-10-26 02:59:59'), (1, '6 shown twice', '2025-10-26 03:30:00'), (1, '7 after', '2025-10-26 04:00:00'), (1, '8 last of 25 hours', '2025-10-26 23:59:59'), (1, '9 next day', '2025-10-27 00:00:00'),
    (2, '1 before', '2025-03-09 01:59:59'), (2, '2 never shown', '2025-03-09 02:30:00'), (2, '3 after', '2025-03-09 03:00:00'), (2, '4 last of 23 hours', '2025-03-09 23:59:59'),
    (2, '5 before', '2025-11-02 00:59:59'), (2, '6 shown twice', '2025-11-02 01:30:00'), (2, '7 after', '2025-11-02 02:00:00'), (2, '8 last of 25 hours', '2025-11-02 23:59:59'), (2, '9 next day', '2025-11-03 00:00:00');
CREATE TABLE raw.offsets (id text, at text);
INSERT INTO raw.offsets VALUES ('first 3:50', '2025-10-26 03:50:00+03:00'), ('second 3:10', '2025-10-26T03:10:00+0200'), ('midnight', '2025-10-26 22:00:00Z'), ('a second before', '2025-10-26 21:59:59Z');
\o /dev/null
DO $$
DECLARE
    business bigint;
    form record;
BEGIN
    PERFORM analytics.drop_source(source_id) FROM analytics.source;
    FOR business IN SELECT 1 UNION SELECT 2 LOOP
        FOR form IN SELECT * FROM (VALUES ('text', 'at', 'YMD'), ('stamp', 'at::timestamp', 'YMD'), ('dotted', 'to_char(at::timestamp, ''DD.MM.YYYY HH24:MI:SS'')', 'DMY')) f (name, at, date_order) LOOP
            EXECUTE format('CREATE VIEW raw.%s_%s AS SELECT %L || id AS event_id, %L AS client_id, %s AS occurred_at FROM raw.written WHERE business = %s', form.name, business, form.name || ' ', form.name, form.at, business);
            PERFORM analytics.register_source('events', format('raw.%s_%s', form.name, business)::regclass, options => jsonb_build_object('date_order', form.date_order), business_id => business);
        END LOOP;
    END LOOP;
    PERFORM analytics.register_source('events', 'raw.offsets', '{"event_id": "id", "client_id": "''offset''", "occurred_at": "at"}');
END
$$;
\o
\set QUIET off
CALL analytics.refresh();
SELECT business_id, substr(event_id, 6) AS event, occurred_at AT TIME ZONE 'UTC' AS utc, event_date FROM warehouse.fact_events WHERE event_id LIKE 'text %' ORDER BY 1, 2;
SELECT count(*) AS touches, count(*) FILTER (WHERE (f.occurred_at, f.event_date, f.touch_number) IS DISTINCT FROM (t.occurred_at, t.event_date, t.touch_number)) AS otherwise
FROM warehouse.fact_events f JOIN warehouse.fact_events t ON t.business_id = f.business_id AND t.event_id = regexp_replace(f.event_id, '^\S+', 'text') WHERE f.event_id ~ '^(stamp|dotted) ';
SELECT e.event_id, e.event_date, e.touch_number, e.is_lead FROM warehouse.fact_events e JOIN warehouse.dim_clients d USING (business_id, client_key) WHERE d.client_id = 'offset' ORDER BY 3;
SELECT business_id, event_date, sum(events) FROM warehouse.event_daily GROUP BY 1, 2 ORDER BY 1, 2;
SELECT business_id, count(*), max(status) AS worst FROM (VALUES (1), (2)) b (business_id), analytics.check_data_quality(b.business_id) WHERE check_name LIKE 'reconciliation%' GROUP BY 1 ORDER BY 1;
-- In another zone the same instants belong to other days, and the texts are other instants.
SELECT (analytics.configure(reporting_timezone => 'Asia/Kolkata')).reporting_timezone;
CALL analytics.refresh(business_id => 1);
SELECT event_id, occurred_at AT TIME ZONE 'UTC' AS utc, event_date FROM warehouse.fact_events WHERE business_id = 1 AND (event_id ~ '^text [68]' OR event_id !~ '^(text|stamp|dotted) ') ORDER BY 1;
SELECT event_date, sum(events) FROM warehouse.event_daily WHERE business_id = 1 GROUP BY 1 ORDER BY 1;
