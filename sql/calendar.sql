-- The calendar: holidays and campaigns of one's own, loaded, learnt, and part of what is to be expected; what comes back by itself.
\i test/fixture/reset.sql
SET TimeZone = 'UTC';
SET DateStyle = 'ISO, YMD';
\set VERBOSITY terse

-- A world whose effects are known: a weekly pattern around 200, noise, a fifth of it on a holiday that moves, three times it in a sale of three days, half more on each first of a month.
CREATE TEMP TABLE holiday AS SELECT 'holiday' AS name, d::date AS first_day, NULL::date AS last_day FROM unnest('{2022-04-24,2023-04-16,2024-05-05,2025-04-20}'::date[]) d;
CREATE TEMP TABLE sale AS SELECT 'sale' AS name, d::date AS first_day, d::date + 2 AS last_day FROM unnest('{2023-06-06,2023-10-17,2024-02-13,2024-09-10,2025-04-23}'::date[]) d;
CREATE TEMP TABLE world AS
SELECT d::date AS day, 200 + ('{12,5,0,-3,4,-45,-30}'::int[])[EXTRACT(isodow FROM d)::int] AS base, ((t * 7919) % 101) / 101.0 - 0.5 AS noise,
       CASE WHEN EXISTS (SELECT FROM holiday h WHERE h.first_day = d) THEN 0.2 WHEN EXISTS (SELECT FROM sale s WHERE d BETWEEN s.first_day AND s.last_day) THEN 3.0 ELSE 1 END AS factor
FROM generate_series(timestamp '2022-01-03', '2025-05-04', '1 day') WITH ORDINALITY g (d, t);
CREATE TEMP VIEW history AS SELECT array_agg(day ORDER BY day) AS days, array_agg(round((base + 30 * noise) * factor)::float8 ORDER BY day) AS figures FROM world WHERE day <= '2025-04-13';
CREATE TEMP VIEW known AS SELECT array_agg(name) AS names, array_agg(first_day) AS firsts, array_agg(last_day) AS lasts FROM (TABLE holiday UNION ALL TABLE sale) e;

-- What the events do is learnt, and holds the truth.
SELECT e.event, e.is_found, e.occurrences, round(e.effect::numeric, 1) AS effect, t.factor BETWEEN e.low AND e.high AS held, e.next_low < e.low AND e.next_high > e.high AS next_is_wider
FROM history, known, analytics.calendar_effects(days, figures, names, firsts, lasts) e JOIN (VALUES ('holiday', 0.2), ('sale', 3.0)) t (event, factor) USING (event) ORDER BY 1;
-- Forecast of three weeks with a holiday and a sale: with the events the error is that of other days, without it is several times as large, and the intervals hold the days of the events.
WITH ahead AS (
    SELECT f.day, w.factor <> 1 AS is_event, f.yhat, f.low, f.high, u.yhat AS unaware, u.low AS unaware_low, u.high AS unaware_high, round((w.base + 30 * w.noise) * w.factor)::float8 AS truth
    FROM history CROSS JOIN known CROSS JOIN analytics.forecast(days, figures, 21, event_names => names, event_first_days => firsts, event_last_days => lasts) f
    JOIN analytics.forecast(days, figures, 21) u USING (day) JOIN world w USING (day))
SELECT is_event, count(*), avg(abs(truth - yhat) / truth) < 0.15 AS near, avg(abs(truth - unaware) / truth) > 0.5 AS far_without, count(*) FILTER (WHERE truth BETWEEN low AND high) AS held,
       count(*) FILTER (WHERE truth BETWEEN unaware_low AND unaware_high) AS held_without
FROM ahead GROUP BY 1 ORDER BY 1;
SELECT s.total BETWEEN 0.9 * t.total AND 1.1 * t.total AS near, t.total BETWEEN s.low AND s.high AS held, t.total BETWEEN u.low AND u.high AS held_without
FROM history, known, (SELECT sum(round((base + 30 * noise) * factor)) AS total FROM world WHERE day > '2025-04-13') t, analytics.forecast_sum(days, figures, 21) u,
     analytics.forecast_sum(days, figures, 21, event_names => names, event_first_days => firsts, event_last_days => lasts) s;
-- A campaign that is planned and never was: nothing is expected of it, but much is possible. The days around it are what they are.
SELECT f.day, abs(f.yhat / u.yhat - 1) < 0.01 AS same, (f.high - f.low) / (u.high - u.low) > 2 AS wider, f.low = u.low AND f.high = u.high AS as_without
FROM history, analytics.forecast(days, figures, 4, event_names => '{launch}', event_first_days => '{2025-04-15}', event_last_days => '{2025-04-16}') f JOIN analytics.forecast(days, figures, 4) u USING (day), (SELECT) s ORDER BY 1;
-- Without events nothing changes, nor by events elsewhere; the order of events does not matter, and a day that is named twice is one day.
SELECT (SELECT array_agg(f) FROM analytics.forecast(days, figures) f) = (SELECT array_agg(f) FROM analytics.forecast(days, figures, event_names => '{}', event_first_days => '{}') f) AS none,
       (SELECT array_agg(f) FROM analytics.forecast(days, figures) f) = (SELECT array_agg(f) FROM analytics.forecast(days, figures, event_names => '{a,b}', event_first_days => '{2001-01-01,2031-01-01}') f) AS elsewhere,
       (SELECT array_agg(f) FROM analytics.forecast(days, figures, event_names => names, event_first_days => firsts, event_last_days => lasts) f)
           = (SELECT array_agg(f) FROM analytics.forecast(days, figures, event_names => (SELECT array_agg(n ORDER BY o DESC) FROM unnest(names || names) WITH ORDINALITY u (n, o)),
                 event_first_days => (SELECT array_agg(n ORDER BY o DESC) FROM unnest(firsts || firsts) WITH ORDINALITY u (n, o)), event_last_days => (SELECT array_agg(n ORDER BY o DESC) FROM unnest(lasts || lasts) WITH ORDINALITY u (n, o))) f) AS any_order
FROM history, known;
-- Figures that may be negative are shifted.
SELECT e.event, e.occurrences, round(e.effect::numeric) AS effect, round(f.yhat::numeric) - round(u.yhat::numeric) AS ahead
FROM (SELECT array_agg(date '2025-01-01' + t ORDER BY t) AS days, array_agg(((t * 7919) % 101) / 25.0 - 2 + CASE WHEN t % 40 = 39 THEN -60 ELSE 0 END ORDER BY t) AS figures FROM generate_series(0, 149) t) s,
     (SELECT array_agg('closing'::text) AS names, array_agg(date '2025-01-01' + 39 + 40 * i) AS firsts FROM generate_series(0, 3) i) k,
     analytics.calendar_effects(days, figures, names, firsts) e, analytics.forecast(days, figures, 10, event_names => names, event_first_days => firsts) f JOIN analytics.forecast(days, figures, 10) u USING (day)
WHERE f.day = date '2025-01-01' + 159;

-- What comes back by itself is found at its third time, not before: on a date, on the Friday after the fourth Thursday of November, on first and last days of months.
CREATE FUNCTION pg_temp.found(years int, kind text) RETURNS text LANGUAGE sql AS $$
    SELECT string_agg(format('%s x%s%s', e.event, round(e.effect::numeric, 1), CASE WHEN e.is_found THEN '' ELSE ' given' END), ', ' ORDER BY e.event COLLATE "C")
    FROM (SELECT array_agg(d::date ORDER BY d) AS days, array_agg(round((40 + 10 * ((t * 7919) % 101) / 101.0) * CASE
              WHEN kind = 'christmas' AND to_char(d, 'MM-DD') IN ('12-25', '12-26') THEN 0.2
              WHEN kind = 'black friday' AND d IN ('2021-11-26', '2022-11-25', '2023-11-24', '2024-11-29') THEN 4
              WHEN kind = 'paydays' AND (EXTRACT(day FROM d) = 1 OR EXTRACT(day FROM d + interval '1 day') = 1) THEN 1.6 ELSE 1 END)::float8 ORDER BY d) AS figures
          FROM generate_series(timestamp '2025-01-31' - years * interval '1 year' + CASE kind WHEN 'paydays' THEN interval '285 days' ELSE '0' END, '2025-01-31', '1 day') WITH ORDINALITY g (d, t)) s,
         analytics.calendar_effects(days, figures) e
$$;
SELECT kind, years, pg_temp.found(years, kind) FROM unnest('{christmas,black friday,nothing}'::text[]) kind, unnest('{2,3,4}'::int[]) years UNION ALL SELECT 'paydays', years, pg_temp.found(years, 'paydays') FROM unnest('{1,2}'::int[]) years;

-- Bad input.
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', event_names => '{a}');
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', event_names => '{a}', event_first_days => '{2025-01-01,2025-01-02}');
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', event_names => '{a}', event_first_days => '{2025-01-03}', event_last_days => '{2025-01-02}');
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', event_names => '{NULL}', event_first_days => '{2025-01-03}');
SELECT * FROM analytics.forecast('{2025-01-01}', '{1}', event_names => ARRAY[''], event_first_days => '{2025-01-03}');
SELECT * FROM analytics.forecast_sum('{2025-01-01}', '{1}', event_names => '{a}', event_first_days => '{infinity}');
SELECT * FROM analytics.forecast_sum('{2025-01-01}', '{1}', event_first_days => '{2025-01-01}');
SELECT * FROM analytics.calendar_effects('{2025-01-01}', '{1,2}');
SELECT * FROM analytics.calendar_effects('{2025-01-01}', '{1}', level => 1);
-- Little, nothing, extremes: no error, no NaN.
SELECT n, count(f.yhat), count(f.low) FROM (VALUES ('short', 5), ('sparse', 40), ('zeros', 60), ('huge', 60), ('all event', 60)) v (n, length),
    LATERAL (SELECT array_agg(date '2025-01-01' + t ORDER BY t) AS days, array_agg(CASE n WHEN 'sparse' THEN (t % 9 = 0)::int WHEN 'zeros' THEN 0 WHEN 'huge' THEN 1e100 * (1 + t % 5) ELSE 5 + t % 3 END::float8 ORDER BY t) AS figures FROM generate_series(0, length - 1) t) s,
    LATERAL analytics.forecast(days, figures, 7, event_names => '{x,x}', event_first_days => ARRAY['2025-01-03', CASE n WHEN 'all event' THEN '2025-01-01' ELSE '2025-03-03' END]::date[], event_last_days => ARRAY[NULL, CASE n WHEN 'all event' THEN '2031-01-01' END]::date[]) f
WHERE f.low <= f.yhat AND f.yhat <= f.high OR f.yhat IS NULL GROUP BY 1 ORDER BY 1;

-- Detectors: a holiday that dips as it did before is no alert, one that dips on another day is; nor is one of which nothing is known yet. Without the list both are.
CREATE FUNCTION pg_temp.alerts(dip date, names text[], firsts date[], lasts date[], method text DEFAULT 'adaptive', kind text DEFAULT 'count') RETURNS text LANGUAGE sql AS $$
    SELECT COALESCE(string_agg(v.ts::date || ' ' || v.reason, ', ' ORDER BY v.ts), 'none')
    FROM (SELECT array_agg(w.day::timestamp ORDER BY w.day) AS times, array_agg(round((w.base + 30 * w.noise) * CASE WHEN w.day = dip THEN 0.2 ELSE w.factor END)::float8 ORDER BY w.day) AS figures FROM world w) s,
         analytics.detect_anomalies(times, figures, kind => kind, method => method, step => '1 day', period => 7, event_names => names, event_first_days => firsts, event_last_days => lasts) v
    WHERE v.is_anomaly AND v.ts >= '2025-01-01'
$$;
SELECT kind, pg_temp.alerts(NULL, names, firsts, lasts, kind => kind) AS expected, pg_temp.alerts('2025-03-05', names, firsts, lasts, kind => kind) AS another_day, pg_temp.alerts(NULL, NULL, NULL, NULL, kind => kind) AS without
FROM known, unnest('{count,positive}'::text[]) kind;
SELECT pg_temp.alerts(NULL, names, firsts, lasts, 'calibrated') AS calibrated, pg_temp.alerts('2025-03-05', names, firsts, lasts, 'calibrated') AS another_day, pg_temp.alerts('2025-03-05', names || 'new'::text, firsts || date '2025-03-05', lasts || NULL::date) AS first_of_its_kind FROM known;
-- On the day of an event more than even an event explains is an anomaly, and what it is expected at is between what is usual and nothing.
SELECT v.ts::date, v.is_anomaly, v.reason, v.value < v.lower AS below, round((v.expected / 200)::numeric, 1) AS of_usual, v.p_value < 0.005 AS rare
FROM known, (SELECT array_agg(w.day::timestamp ORDER BY w.day) AS times, array_agg(CASE WHEN w.day = '2025-04-23' THEN 20 WHEN w.day = '2025-04-20' THEN 60 ELSE round((w.base + 30 * w.noise) * w.factor) END::float8 ORDER BY w.day) AS figures FROM world w) s,
     analytics.detect_anomalies(times, figures, event_names => names, event_first_days => firsts, event_last_days => lasts) v WHERE v.ts IN ('2025-04-20', '2025-04-23') ORDER BY 1;
-- No verdict rests on what comes later; days without an event are judged as they are without the calendar, as far as no event is in their past.
SELECT (SELECT array_agg(v) FROM analytics.detect_anomalies(times, figures, event_names => names, event_first_days => firsts, event_last_days => lasts) v WHERE v.ts < '2025-04-21')
     = (SELECT array_agg(v) FROM analytics.detect_anomalies(times[:n], figures[:n], event_names => names, event_first_days => firsts, event_last_days => lasts) v) AS causal,
       (SELECT array_agg(v) FROM analytics.detect_anomalies(times, figures, event_names => names, event_first_days => firsts, event_last_days => lasts) v WHERE v.ts < '2022-04-24')
     = (SELECT array_agg(v) FROM analytics.detect_anomalies(times, figures) v WHERE v.ts < '2022-04-24') AS as_without
FROM known, (SELECT array_agg(w.day::timestamp ORDER BY w.day) AS times, array_agg(round((w.base + 30 * w.noise) * w.factor)::float8 ORDER BY w.day) AS figures, count(*) FILTER (WHERE w.day < '2025-04-21')::int AS n FROM world w) s;
-- What came back three times is expected the fourth time, and not before.
SELECT EXTRACT(year FROM v.ts) AS year, v.is_anomaly, round(v.expected) < 20 AS expected
FROM (SELECT array_agg(d ORDER BY d) AS times, array_agg(round((40 + 10 * ((t * 7919) % 101) / 101.0) * CASE WHEN to_char(d, 'MM-DD') = '12-25' THEN 0.2 ELSE 1 END)::float8 ORDER BY d) AS figures
      FROM generate_series(timestamp '2021-01-04', '2025-12-31', '1 day') WITH ORDINALITY g (d, t)) s, analytics.detect_anomalies(times, figures) v WHERE to_char(v.ts, 'MM-DD') = '12-25' ORDER BY 1;
SELECT * FROM analytics.detect_anomalies('{2025-01-01}', '{1}', event_names => '{a}');
SELECT * FROM analytics.detect_anomalies('{2025-01-01,2925-01-01}', '{1,1}', event_names => '{a}', event_first_days => '{2025-01-01}');

-- Slow drifts: a sale as those before is none, without the list it is; a drift that goes on through one is found, of the size that it has. No verdict rests on what comes later.
CREATE FUNCTION pg_temp.drifts(slope float8, names text[], firsts date[], lasts date[], kind text DEFAULT 'count') RETURNS text LANGUAGE sql AS $$
    SELECT COALESCE(string_agg(format('%s since %s: %s x%s', v.ts::date, v.since::date, v.reason, round(v.ratio::numeric, 2)), ', ' ORDER BY v.ts), 'none')
    FROM (SELECT array_agg(w.day::timestamp ORDER BY w.day) AS times, array_agg(round((w.base + 30 * w.noise) * w.factor * (1 - slope * greatest(0, w.day - date '2025-04-14')))::float8 ORDER BY w.day) AS figures FROM world w) s,
         analytics.detect_drifts(times, figures, kind => kind, run_length => 2000, event_names => names, event_first_days => firsts, event_last_days => lasts) v
    WHERE v.is_drift AND v.ts >= '2023-09-01'
$$;
SELECT kind, slope, pg_temp.drifts(slope, names, firsts, lasts, kind) AS with_events, pg_temp.drifts(slope, NULL, NULL, NULL, kind) AS without FROM known, unnest('{count,positive,real}'::text[]) kind, unnest('{0,0.012}'::float8[]) slope ORDER BY 1, 2;
SELECT (SELECT array_agg(v) FROM analytics.detect_drifts(times, figures, event_names => names, event_first_days => firsts, event_last_days => lasts) v WHERE v.ts < '2025-04-24')
     = (SELECT array_agg(v) FROM analytics.detect_drifts(times[:n], figures[:n], event_names => names, event_first_days => firsts, event_last_days => lasts) v) AS causal,
       (SELECT array_agg(v) FROM analytics.detect_drifts(times, figures, event_names => '{elsewhere}', event_first_days => '{2035-01-01}') v) = (SELECT array_agg(v) FROM analytics.detect_drifts(times, figures) v) AS elsewhere
FROM known, (SELECT array_agg(w.day::timestamp ORDER BY w.day) AS times, array_agg(round((w.base + 30 * w.noise) * w.factor)::float8 ORDER BY w.day) AS figures, count(*) FILTER (WHERE w.day < '2025-04-24')::int AS n FROM world w) s;
SELECT * FROM analytics.detect_drifts('{2025-01-01}', '{1}', event_names => '{a}');

-- Stored states know the same calendar. Continued day by day, in two pieces, or with events that are told a week before their day, they are those made anew at once, byte by byte.
CREATE FUNCTION pg_temp.state_of(kind text, method text, cuts date[], days_before int) RETURNS analytics.anomaly_state LANGUAGE plpgsql AS $$
DECLARE
    state analytics.anomaly_state := analytics.anomaly_start(kind, method, step => '1 day', period => 7);
    before date := '-infinity';
    cut date;
BEGIN
    FOREACH cut IN ARRAY cuts LOOP
        SELECT analytics.anomaly_state(t.state, w.day, round((w.base + 30 * w.noise) * w.factor)::float8, 1) INTO state
        FROM (SELECT analytics.anomaly_calendar(state, array_agg(e.name), array_agg(e.first_day), array_agg(e.last_day)) AS state
              FROM (TABLE holiday UNION ALL TABLE sale) e WHERE e.first_day <= cut + days_before) t, world w WHERE w.day > before AND w.day <= cut;
        before := cut;
    END LOOP;
    RETURN state;
END
$$;
SELECT kind, method, made.state = pg_temp.state_of(kind, method, '{2023-06-07,2025-05-04}', 10000)::text AS in_two_pieces, made.state = pg_temp.state_of(kind, method, (SELECT array_agg(d::date) FROM generate_series(timestamp '2022-01-03', '2025-05-04', '7 days') d) || date '2025-05-04', 10000)::text AS by_the_week,
       made.state = pg_temp.state_of(kind, method, (SELECT array_agg(d::date) FROM generate_series(timestamp '2022-01-03', '2025-05-04', '7 days') d) || date '2025-05-04', 7)::text AS told_late
FROM (VALUES ('count', 'adaptive'), ('positive', 'adaptive'), ('real', 'adaptive'), ('count', 'calibrated')) v (kind, method), LATERAL (SELECT pg_temp.state_of(kind, method, '{2025-05-04}', 10000)::text AS state) made;
-- Its verdicts are those of the whole series, at once or from the state of the weeks before: a holiday as those before is none, the dip of another day is, without the calendar both are.
WITH s AS (
    SELECT array_agg(w.day::timestamp ORDER BY w.day) AS times, array_agg(round((w.base + 30 * w.noise) * CASE w.day WHEN '2025-04-30' THEN 0.2 ELSE w.factor END)::float8 ORDER BY w.day) AS figures FROM world w),
m AS MATERIALIZED (
    SELECT m.*, analytics.anomaly_start(kind, method, step => '1 day', period => 7) AS start, pg_temp.state_of(kind, method, '{2025-03-31}', 10000) AS state FROM (VALUES ('count', 'adaptive'), ('real', 'adaptive'), ('count', 'calibrated')) m (kind, method)),
whole AS MATERIALIZED (
    SELECT m.kind, m.method, v FROM m, s, known, analytics.detect_anomalies(times, figures, kind => m.kind, method => m.method, step => '1 day', period => 7, event_names => names, event_first_days => firsts, event_last_days => lasts) v),
followed AS MATERIALIZED (
    SELECT m.kind, m.method, v FROM m, s, known, analytics.anomaly_score(analytics.anomaly_calendar(start, names, firsts, lasts), times, figures) v),
later AS MATERIALIZED (
    SELECT m.kind, m.method, v FROM m, s, analytics.anomaly_score(state, times, figures) v WHERE v.reason <> 'already_seen'),
unaware AS MATERIALIZED (
    SELECT m.kind, m.method, v FROM m, s, analytics.anomaly_score(start, times, figures) v WHERE v.ts > '2025-03-31')
SELECT w.kind, w.method, count(*) AS points, count(*) FILTER (WHERE f.v IS DISTINCT FROM w.v) AS different, count(l.v) AS later, count(*) FILTER (WHERE l.v <> w.v) AS later_different,
       string_agg((l.v).ts::date || ' ' || (l.v).reason, ', ' ORDER BY (l.v).ts) FILTER (WHERE (l.v).is_anomaly) AS anomalies, string_agg((u.v).ts::date || ' ' || (u.v).reason, ', ' ORDER BY (u.v).ts) FILTER (WHERE (u.v).is_anomaly) AS without
FROM whole w JOIN followed f ON (f.kind, f.method, (f.v).ts) = (w.kind, w.method, (w.v).ts) LEFT JOIN later l ON (l.kind, l.method, (l.v).ts) = (w.kind, w.method, (w.v).ts) LEFT JOIN unaware u ON (u.kind, u.method, (u.v).ts) = (w.kind, w.method, (w.v).ts)
GROUP BY w.kind, w.method ORDER BY w.method, w.kind;
SELECT analytics.anomaly_calendar(NULL, names, firsts, lasts) IS NULL AS of_no_state, analytics.anomaly_calendar(analytics.anomaly_start(), names, firsts, lasts)::text = analytics.anomaly_calendar(analytics.anomaly_calendar(analytics.anomaly_start(), '{other}', '{2025-01-01}'), names || names, firsts || firsts, lasts || lasts)::text AS each_once,
       analytics.anomaly_start()::text <> analytics.anomaly_calendar(analytics.anomaly_start(), NULL, NULL)::text AS keeps_days FROM known;
SELECT analytics.anomaly_calendar(analytics.anomaly_start(), '{a}', NULL);
SELECT analytics.anomaly_calendar(analytics.anomaly_start(), '{a}', '{2025-01-02}', '{2025-01-01}');
SELECT * FROM analytics.anomaly_score(analytics.anomaly_calendar(analytics.anomaly_start(), '{a}', '{2025-01-02}'), '{2025-01-01,2925-01-01}', '{1,1}');

-- Windows: of six campaigns that all dip on the holiday none is said to have changed; one that also dips the days around it is. The effect is learnt from years of rows.
CREATE TEMP VIEW fleet AS SELECT c AS series, w.day, round((w.base + 30 * w.noise) * w.factor * c / 10 * CASE WHEN c = 6 AND w.day BETWEEN '2025-04-17' AND '2025-04-23' THEN 0.4 ELSE 1 END)::float8 AS value, 10.0 * c AS spend FROM world w, generate_series(1, 6) c;
CREATE TEMP TABLE columns AS SELECT array_agg(series::bigint) AS series, array_agg(day) AS day, array_agg(value) AS value, array_agg(spend::float8) AS spend FROM fleet WHERE day <= '2025-04-20';
SELECT kind, string_agg(w.series_id || CASE WHEN w.p_value < 0.01 THEN ' changed' ELSE '' END, ', ' ORDER BY w.series_id) AS with_events, string_agg(u.series_id || CASE WHEN u.p_value < 0.01 THEN ' changed' ELSE '' END, ', ' ORDER BY u.series_id) AS without
FROM columns CROSS JOIN known CROSS JOIN (VALUES ('count'), ('rate'), ('positive')) k (kind)
CROSS JOIN analytics.compare_windows(series, day, value, CASE WHEN kind = 'rate' THEN spend END, '2025-04-18', '2025-04-20', kind, event_names => names, event_first_days => firsts, event_last_days => lasts) w
JOIN LATERAL analytics.compare_windows(series, day, value, CASE WHEN kind = 'rate' THEN spend END, '2025-04-18', '2025-04-20', kind) u USING (series_id) GROUP BY 1 ORDER BY 1;
SELECT (SELECT array_agg(w) FROM analytics.compare_windows(series, day, value, NULL, '2025-03-18', '2025-03-20', 'count', event_names => '{elsewhere}', event_first_days => '{2035-01-01}') w)
     = (SELECT array_agg(w) FROM analytics.compare_windows(series, day, value, NULL, '2025-03-18', '2025-03-20', 'count') w) AS as_without FROM columns;
SELECT * FROM analytics.compare_windows('{1}', '{2025-01-01}', '{1}', NULL, '2025-01-02', '2025-01-03', 'real', event_names => '{a}', event_first_days => '{2025-01-01}');
SELECT * FROM analytics.compare_windows('{1}', '{2025-01-01}', '{1}', NULL, '2025-01-02', '2025-01-03', 'count', event_names => '{a}');

-- The entity: an export of a calendar, with what is wrong in it.
SELECT analytics.install();
CREATE SCHEMA raw;
CREATE TABLE raw.calendar (holiday text, starts text, ends text, region text);
INSERT INTO raw.calendar SELECT name, first_day::text, last_day::text, NULL FROM holiday UNION ALL SELECT name, first_day::text, last_day::text, '' FROM sale;
INSERT INTO raw.calendar VALUES ('holiday', '2025-04-20', NULL, NULL), ('fair', '2025-05-05', '2025-05-01', 'Lviv'), (NULL, '2025-05-01', NULL, NULL), ('fair', 'soon', NULL, NULL), ('fair', '2025-06-01', '2025-06-03', 'Lviv'), ('fair', '2025-06-01', NULL, 'Odesa');
CREATE TABLE raw.export ("Subject" text, "Start Date" text, "End Date" text);
CREATE TABLE raw.public (date date, "localName" text, "countryCode" text, fixed boolean);
CREATE TABLE raw.prophet (ds date, holiday text, lower_window int, upper_window int);
SELECT preset, s.entity, s.columns FROM unnest('{raw.export,raw.public,raw.prophet}'::regclass[]) r, analytics.suggest_mapping(r) s;
SELECT aspect, subject, rows FROM analytics.preview_source('calendar_events', 'raw.calendar', '{"name": "holiday", "first_day": "starts", "last_day": "ends"}') WHERE aspect IN ('refused', 'repeated') ORDER BY 1, 2;
SELECT analytics.register_source('calendar_events', 'raw.calendar', '{"name": "holiday", "first_day": "starts", "last_day": "ends"}');
CREATE TABLE raw.ads AS SELECT day AS date, 'c1' AS campaign_id, round((base + 30 * noise) * factor)::int AS clicks, round((base + 30 * noise) * factor * 1.5, 2) AS spend FROM world WHERE day <= '2025-04-13';
SELECT analytics.register_source('ad_performance', 'raw.ads', '{"platform": "''google''"}');
CALL analytics.refresh();
SELECT rows_read, loaded, deduplicated, rejected FROM analytics.refresh_status() WHERE entity = 'calendar_events';
SELECT row_key, reason FROM warehouse.rejected_rows ORDER BY 2;
SELECT name, region, count(*), min(first_day), max(last_day) FROM warehouse.dim_calendar_events GROUP BY 1, 2 ORDER BY 1, 2;
-- Forecasts and pacing of the warehouse know the events, and what is called alike in two regions are two events.
CREATE TEMP TABLE with_events AS SELECT f.* FROM analytics.forecast_metric('clicks', 21) f;
CREATE TEMP TABLE pace AS SELECT forecast_total, low, high FROM analytics.budget_pacing('2025-04-01', '2025-05-04', 15000, as_of => '2025-04-13');
SELECT bool_and(m.forecast = f.yhat AND m.low = f.low AND m.high = f.high) AS as_on_any_table FROM with_events m JOIN history CROSS JOIN known CROSS JOIN LATERAL analytics.forecast(
    (SELECT array_agg(d) FROM unnest(days) d WHERE d > '2025-04-13'::date - 1200), (SELECT array_agg(f ORDER BY o) FROM unnest(days, figures) WITH ORDINALITY u (d, f, o) WHERE d > '2025-04-13'::date - 1200), 21, kind => 'count',
    event_names => names, event_first_days => firsts, event_last_days => lasts) f ON f.day = m.dt;
SELECT p.forecast_total BETWEEN 0.9 * t.spend AND 1.1 * t.spend AS near, t.spend BETWEEN p.low AND p.high AS held FROM pace p, (SELECT sum(round((base + 30 * noise) * factor * 1.5, 2)) AS spend FROM world WHERE day >= '2025-04-01') t;
-- So does what single days let expect: the holiday is none of them.
SELECT count(*) FILTER (WHERE m.is_anomaly) AS alerts, bool_and(m.expected < 100) FILTER (WHERE m.dt = '2024-05-05') AS low FROM analytics.metric_expectation('clicks', '2024-04-20', '2024-05-20') m;
-- The sale of September is no alert while the calendar knows it.
CREATE FUNCTION pg_temp.spend_alerts() RETURNS TABLE (dimension text, anomaly_type text, verdict text, ratio numeric) LANGUAGE sql AS $$
    SELECT d, a.anomaly_type, a.verdict, round(a.ratio::numeric, 1) FROM unnest('{total,platform,campaign}'::text[]) d, analytics.anomalies('2024-09-10', '2024-09-12', dimension => d, as_of => '2024-10-01', verdicts => '{anomaly,normal}') a WHERE a.anomaly_type = 'spike_spend' ORDER BY 1
$$;
SELECT * FROM pg_temp.spend_alerts();
-- What is mended, added and taken out at the source comes in; incrementally as when all is built anew.
UPDATE raw.calendar SET ends = '2025-05-07' WHERE holiday = 'fair' AND starts = '2025-05-05';
DELETE FROM raw.calendar WHERE holiday = 'sale';
INSERT INTO raw.calendar VALUES ('expo', '2025-05-02', NULL, NULL);
CALL analytics.refresh();
SELECT row_key, reason FROM warehouse.rejected_rows ORDER BY 2;
CREATE TEMP TABLE incremental AS TABLE warehouse.dim_calendar_events;
CALL analytics.refresh('full');
SELECT count(*), (SELECT count(*) FROM (TABLE incremental EXCEPT TABLE warehouse.dim_calendar_events) d) AS differ, count(*) = (SELECT count(*) FROM incremental) AS same FROM warehouse.dim_calendar_events;
SELECT * FROM pg_temp.spend_alerts();
SELECT count(*) FILTER (WHERE m.forecast <> e.forecast) > 0 AS another_forecast FROM analytics.forecast_metric('clicks', 21) m JOIN with_events e USING (dt);
-- A business has its own calendar.
SELECT analytics.register_source('calendar_events', 'raw.calendar', '{"name": "holiday", "first_day": "starts", "last_day": "ends"}', business_id => 2) > 0 AS registered;
CALL analytics.refresh();
SELECT business_id, count(*) FROM warehouse.dim_calendar_events GROUP BY 1 ORDER BY 1;
SELECT cardinality(e.names) FROM (VALUES (1::bigint), (2), (3), (NULL)) b (id), analytics_internal.calendar_events(b.id) e ORDER BY b.id;
DROP SCHEMA raw CASCADE;
