-- The files of the Numenta Anomaly Benchmark that are at hand (42 of 58), scored by its rules for the standard profile: one threshold for
-- all files, one group of settings. Alerts in a window score by how early they come, others cost; nothing found is 0, everything 100.
\ir prelude.sql
CREATE TABLE raw.line (n serial, line text);
\set copy '\\copy raw.line (line) from ' :data_dir '/anomaly/NAB/labels/combined_windows.json delimiter E''\\x01'' csv quote E''\\x02'''
:copy
CREATE TABLE raw.label AS
SELECT f.file, (w.bounds ->> 0)::timestamp AS from_ts, (w.bounds ->> 1)::timestamp AS to_ts
FROM (SELECT string_agg(line, ' ' ORDER BY n)::jsonb AS labels FROM raw.line) j, LATERAL jsonb_each(labels) f (file, windows), LATERAL jsonb_array_elements(f.windows) w (bounds);
CREATE TABLE raw.read (file text, line int, ts timestamp, value float8);
\set copy '\\copy raw.read from program ''cd ' :data_dir '/anomaly/NAB/data && grep -Hn -v timestamp */*.csv | sed -e s/:/,/ -e s/:/,/ -e s/[^0-9]*$//'' csv'
:copy
CREATE TABLE raw.point AS SELECT file, line - 2 AS i, ts, value FROM raw.read;
SELECT pg_temp.same('points', count(*), 197317::bigint), pg_temp.same('files', count(DISTINCT file), 42::bigint) FROM raw.point;

-- Settings of the general method: hours of the day as season, an alert stands for 3 % of the file. Clocks set back repeat an hour: a microsecond keeps the order.
CREATE TABLE raw.score AS
SELECT s.file, row_number() OVER (PARTITION BY s.file ORDER BY d.ts) - 1 AS i, CASE WHEN d.reason <> 'cooldown' THEN d.score END AS score, d.is_anomaly AS alert
FROM (SELECT file, array_agg(ts ORDER BY i) AS times, array_agg(value ORDER BY i) AS figures, count(*) AS n
      FROM (SELECT file, i, value, max(ts) OVER (PARTITION BY file ORDER BY i) + i * interval '1 microsecond' AS ts FROM raw.point) p GROUP BY file) s,
    LATERAL analytics.detect_anomalies(times, figures, kind => 'real', method => 'calibrated', cooldown => (0.03 * n)::int, alpha => 0.4999) d;

-- What an alert on each row is worth: in a window by its place, after one ever less until it costs in full.
CREATE TABLE raw.win AS
SELECT l.file, row_number() OVER () AS id, min(p.i) AS first, max(p.i) AS last FROM raw.label l JOIN raw.point p ON p.file = l.file AND p.ts BETWEEN l.from_ts AND l.to_ts GROUP BY l.file, l.from_ts, l.to_ts;
SELECT pg_temp.same('windows', count(*), 69::bigint) FROM raw.win;
CREATE FUNCTION pg_temp.sigmoid(y float8) RETURNS float8 LANGUAGE sql IMMUTABLE AS $$ SELECT CASE WHEN y > 3 THEN -1 ELSE 2 / (1 + exp(5 * y)) - 1 END $$;
CREATE TABLE raw.worth AS
SELECT s.file, s.i, s.score, w.id AS win,
       CASE WHEN w.id IS NOT NULL THEN pg_temp.sigmoid(-(w.last - s.i + 1)::float8 / (w.last - w.first + 1)) / pg_temp.sigmoid(-1)
            WHEN b.id IS NULL THEN -0.11 ELSE 0.11 * pg_temp.sigmoid((s.i - b.last)::float8 / (b.last - b.first)) END AS worth
FROM raw.score s JOIN (SELECT file, count(*) AS n FROM raw.point GROUP BY file) f USING (file)
    LEFT JOIN raw.win w ON w.file = s.file AND s.i BETWEEN w.first AND w.last
    LEFT JOIN LATERAL (SELECT * FROM raw.win b WHERE b.file = s.file AND b.last < s.i ORDER BY b.last DESC LIMIT 1) b ON true
WHERE s.i >= least(floor(0.15 * f.n), 750);
-- The total at each threshold: of the alerts in a window only the best counts, and a window without any costs 1.
CREATE FUNCTION pg_temp.best(OUT best float8, OUT threshold float8) LANGUAGE sql AS $$
    WITH scored AS (SELECT *, max(worth) OVER (PARTITION BY win ORDER BY score DESC) AS best_so_far FROM raw.worth WHERE score IS NOT NULL),
    gained AS (SELECT score, CASE WHEN win IS NULL THEN worth ELSE best_so_far - coalesce(lag(best_so_far) OVER (PARTITION BY win ORDER BY score DESC, i), -1) END AS gain FROM scored),
    total AS (SELECT score, sum(sum(gain)) OVER (ORDER BY score DESC) - (SELECT count(*) FROM raw.win) AS total FROM gained GROUP BY score)
    SELECT 100 * (total + n) / (2 * n), score FROM total, (SELECT count(*)::float8 AS n FROM raw.win) w ORDER BY total DESC LIMIT 1 $$;
SELECT pg_temp.same('score ' || round(best::numeric, 2) || ' at -log10 p = ' || round(threshold::numeric, 2), best >= 57, true) FROM pg_temp.best();

-- The scorer itself: an alert at the start of each window and no other is all that can be had, no alert is nothing, alerts everywhere are worse.
UPDATE raw.worth SET score = CASE WHEN i = (SELECT greatest(first, 0) FROM raw.win w WHERE w.id = worth.win) THEN 1 END;
SELECT pg_temp.same('perfect', round(best::numeric) BETWEEN 97 AND 100, true) FROM pg_temp.best();
UPDATE raw.worth SET score = 1;
SELECT pg_temp.same('alerts everywhere', best < 0, true) FROM pg_temp.best();
