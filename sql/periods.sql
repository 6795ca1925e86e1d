-- Days for arguments: of moments, in the reporting time zone, and relative periods.
\i test/fixture/reset.sql
SET DateStyle = 'ISO, YMD';
SELECT analytics.day_of();
SELECT * FROM analytics.period('this_month');
SELECT analytics.install();
-- Before there is any business days are those of UTC.
SELECT analytics.day_of('2025-10-31 23:30+00'), analytics.day_of() = (now() AT TIME ZONE 'UTC')::date AS today;
SELECT reporting_timezone FROM analytics.configure(reporting_timezone => 'Europe/Kyiv');
SET TimeZone = 'America/New_York';
SELECT analytics.day_of('2025-10-31 23:30+00'), analytics.day_of('2025-10-31 21:30+00'), analytics.day_of() = (now() AT TIME ZONE 'Europe/Kyiv')::date AS today, analytics.day_of(NULL) IS NULL AS none;
SELECT * FROM (SELECT name, (analytics.period(name, '2025-10-31')).* FROM unnest('{today,yesterday,last_1_days,last_7_days,last_30_days,this_week,last_week,this_month,last_month,this_quarter,last_quarter,this_year,last_year,week_to_date,year_to_date}'::text[]) name) p;
-- Against the calendar, on every day of three years.
SELECT count(*) AS days,
       count(*) FILTER (WHERE (SELECT (p.date_from, p.date_to) FROM analytics.period('last_month', d) p) IS DISTINCT FROM ((date_trunc('month', d) - interval '1 month')::date, (date_trunc('month', d) - interval '1 day')::date)) AS months,
       count(*) FILTER (WHERE (SELECT (p.date_from, p.date_to) FROM analytics.period('last_quarter', d) p) IS DISTINCT FROM
           (make_date(extract(year FROM d)::int - (extract(quarter FROM d) = 1)::int, (extract(quarter FROM d)::int + 2) % 4 * 3 + 1, 1), (date_trunc('quarter', d) - interval '1 day')::date)) AS quarters,
       count(*) FILTER (WHERE (SELECT p.date_to - p.date_from = 6 AND extract(isodow FROM p.date_from) = 1 AND d - p.date_to BETWEEN 1 AND 7 FROM analytics.period('last_week', d) p) IS NOT TRUE) AS weeks,
       count(*) FILTER (WHERE (SELECT p.date_to - p.date_from = 13 AND p.date_to = d - 1 FROM analytics.period('last_14_days', d) p) IS NOT TRUE) AS fortnights
FROM (SELECT g::date AS d FROM generate_series(timestamp '2023-12-20', '2027-01-10', '1 day') g) g;
SELECT date_to = (now() AT TIME ZONE 'Europe/Kyiv')::date - 1 AS yesterday FROM analytics.period('last_30_days');
-- As arguments, literals and dates and moments.
SELECT count(*) FROM analytics.period('last_30_days') p, analytics.kpi(p.date_from, p.date_to) k;
SELECT leads FROM analytics.kpi(date_trunc('month', current_date)::date, current_date);
SELECT leads FROM analytics.kpi(analytics.day_of(now() - interval '30 days'), analytics.day_of());
-- What they are computed from reaches the index: the reader is part of the plan.
EXPLAIN (COSTS off) SELECT k.leads FROM analytics.kpi(date_trunc('month', current_date)::date, current_date) k;
-- Two businesses in two zones have two days.
SELECT reporting_timezone FROM analytics.configure(reporting_timezone => 'Asia/Tokyo', business_id => 2);
SELECT analytics.day_of('2025-10-31 16:00+00');
SELECT analytics.day_of('2025-10-31 16:00+00', 1), analytics.day_of('2025-10-31 16:00+00', 2);
SELECT * FROM analytics.period('this_month');
SELECT * FROM analytics.period('this_month', business_id => 2) WHERE date_to <> (now() AT TIME ZONE 'Asia/Tokyo')::date;
SELECT * FROM analytics.period('this_month', '2025-10-05');
SELECT * FROM analytics.period('today', 'infinity');
-- As JSON: r.* is the whole row also where a column is called r.
SELECT analytics.configure(reporting_timezone => 'Europe/Kyiv', business_id => 2) IS NOT NULL AS one_zone;
SELECT * FROM analytics.period('fortnight');
SELECT * FROM analytics.period('last_0_days');
SELECT * FROM analytics.period('last_99999_days');
SELECT * FROM analytics.period(NULL);
CREATE TEMP TABLE answer AS SELECT 3 AS r, 'x' AS name;
SELECT json_agg(r) AS a_column, json_agg(r.*) AS whole_row FROM answer r;
