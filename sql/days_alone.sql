-- A day without a time of day stays that day in every time zone, and is its end for whatever came before.
\i test/fixture/reset.sql
SET client_min_messages = warning;
SELECT analytics.install();
CREATE SCHEMA raw;

-- Days in all shapes, in zones on both sides of Greenwich, with and without a change of clocks.
CREATE TEMP TABLE zone AS SELECT unnest('{UTC,America/Los_Angeles,America/New_York,America/Sao_Paulo,Europe/Kyiv,Asia/Kathmandu,Pacific/Kiritimati}'::text[]) AS name;
CREATE TEMP TABLE day AS SELECT d::date AS day FROM unnest('{2025-01-01,2025-03-09,2025-03-30,2025-06-15,2025-10-26,2025-11-02,2024-02-29}'::date[]) d;
CREATE TEMP TABLE shape AS
SELECT z.name AS zone, d.day, s.*
FROM zone z, day d, LATERAL (VALUES
    ('date', 'date', to_char(d.day, 'YYYY-MM-DD')), ('timestamp', 'timestamp', to_char(d.day, 'YYYY-MM-DD')), ('utc', 'timestamptz', to_char(d.day, 'YYYY-MM-DD 00:00:00+00')),
    ('text', 'text', to_char(d.day, 'YYYY-MM-DD')), ('compact', 'text', to_char(d.day, 'YYYYMMDD')), ('singer', 'text', to_char(d.day, 'YYYY-MM-DD"T00:00:00.000000Z"')),
    ('offset', 'text', to_char(d.day, 'YYYY-MM-DD"T00:00:00+03:00"')), ('words', 'text', to_char(d.day, 'FMMonth FMDD, YYYY'))) s (shape, type, written);
CREATE FUNCTION pg_temp.read(kind text, type text, written text, zone text, at_end boolean, OUT day date, OUT moment timestamptz) LANGUAGE plpgsql AS $$
DECLARE
    sql constant text := analytics_internal.conversion_sql(kind, format('%L::%s', written, type), type::regtype, jsonb_build_object('timezone', 'UTC', 'day_zone', zone), at_end);
BEGIN
    IF kind = 'date' THEN
        EXECUTE 'SELECT ' || replace(sql, '''UTC'')::date', quote_literal(zone) || ')::date') INTO day;
    ELSE
        EXECUTE 'SELECT ' || sql INTO moment;
    END IF;
END
$$;
SELECT s.shape, count(*) AS days, count(*) FILTER (WHERE r.day IS DISTINCT FROM s.day) AS moved
FROM shape s, pg_temp.read('date', s.type, s.written, s.zone, false) r GROUP BY 1 ORDER BY 1;
-- As the time of a contract: the day that the warehouse files it under, and nothing of that day comes after it.
SELECT s.shape, count(*) AS days, count(*) FILTER (WHERE (r.moment AT TIME ZONE s.zone)::date <> s.day) AS moved,
       count(*) FILTER (WHERE r.moment >= ((s.day + 1)::timestamp AT TIME ZONE s.zone) OR r.moment + interval '1 second' < ((s.day + 1)::timestamp AT TIME ZONE s.zone)) AS not_its_end
FROM shape s, pg_temp.read('timestamp', s.type, s.written, s.zone, true) r WHERE s.shape <> 'utc' GROUP BY 1 ORDER BY 1;
-- As the time of a touch: its beginning, where no time is written at all.
SELECT s.shape, count(*) FILTER (WHERE r.moment <> (s.day::timestamp AT TIME ZONE s.zone)) AS moved
FROM shape s, pg_temp.read('timestamp', s.type, s.written, s.zone, false) r WHERE s.shape IN ('date', 'text', 'compact', 'words') GROUP BY 1 ORDER BY 1;
-- A time is a time.
SELECT w AS written, analytics_internal.try_moment(w, 'UTC', 'YMD', 'Europe/Kyiv', true) AS at_end, analytics_internal.try_date(w, 'America/New_York', 'YMD') AS day
FROM unnest('{2025-06-15 00:00:01Z,2025-06-15 23:30,2025-06-15T02:00:00+03:00,soon}'::text[]) w;

-- Through a load: who came in the morning and signed that day was brought by what he came by; so is who came on the first day of the lookback.
SELECT (analytics.configure(reporting_timezone => 'America/New_York', lookback => '30 days')).reporting_timezone;
CREATE TABLE raw.visit (id int, person text, seen timestamptz, source text, medium text, campaign text);
INSERT INTO raw.visit VALUES (1, 'ann', '2025-06-15 14:00Z', 'google', 'cpc', 'Doors'), (2, 'bob', '2025-05-16 12:00Z', 'google', 'cpc', 'Doors'),
    (3, 'bob', '2025-05-10 12:00Z', 'newsletter', 'email', NULL), (4, 'cat', '2025-05-15 12:00Z', 'google', 'cpc', 'Doors'), (5, 'cat', '2025-05-01 12:00Z', 'newsletter', 'email', NULL);
CREATE TABLE raw.deal (no text, person text, signed text, total numeric);
INSERT INTO raw.deal VALUES ('k1', 'ann', '2025-06-15', 10), ('k2', 'bob', '2025-06-15', 20), ('k3', 'cat', '2025-06-15', 30), ('k4', 'ann', '2025-06-16T00:00:00Z', 40);
SELECT analytics.register_source('events', 'raw.visit', '{"event_id": "id", "client_id": "person", "occurred_at": "seen", "utm_source": "source", "utm_medium": "medium",
    "utm_campaign": "campaign"}') > 0 AS visits,
    analytics.register_source('contracts', 'raw.deal', '{"contract_id": "no", "client_id": "person", "signed_at": "signed", "amount": "total"}', options => '{"timezone": "UTC"}') > 0 AS deals;
CALL analytics.refresh();
SELECT contract_id, signed_date, attributed_platform, attribution_rule, days_to_convert FROM warehouse.fact_contracts ORDER BY 1;
SELECT check_name, status FROM analytics.check_data_quality() WHERE check_name = 'contract_after_first_touch';
-- A payment of a day alone is one of its end, too.
CREATE TABLE raw.payment (no text, person text, paid_on text, total numeric);
INSERT INTO raw.payment VALUES ('t1', 'ann', '2025-06-15', 10), ('t2', 'ann', '2025-06-15T00:00:00Z', 20), ('t3', 'ann', '20250616', 5), ('t4', 'ann', '2025-06-16 03:00Z', 5);
SELECT analytics.register_source('transactions', 'raw.payment', '{"transaction_id": "no", "client_id": "person", "occurred_at": "paid_on", "amount": "total"}',
    options => '{"timezone": "UTC"}') > 0 AS payments;
CALL analytics.refresh();
SELECT transaction_id, transaction_date, occurred_at AT TIME ZONE 'America/New_York' AS occurred_at FROM warehouse.fact_transactions ORDER BY 1;
