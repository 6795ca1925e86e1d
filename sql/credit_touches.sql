-- What each touch earned of each conversion: by hand, and that the summaries are its sums to the last bit.
\i test/fixture/reset.sql
\pset null (null)

-- Three clients by hand: Ann met three, Bob nobody, Cyd bought twice and gave something back.
CREATE TEMP TABLE met (client text, at timestamptz, visit text, key text, paid boolean, worth numeric, seen boolean, bought text, product text);
INSERT INTO met VALUES
    ('ann', '2025-03-01 00:00+00', 'a-1', 'google', true, NULL, false, NULL, NULL),
    ('ann', '2025-03-02 00:00+00', 'a-2', 'mail', false, NULL, false, NULL, NULL),
    ('ann', '2025-03-04 12:00+00', 'a-3', 'facebook', true, NULL, true, NULL, NULL),
    ('ann', '2025-03-05 00:00+00', NULL, NULL, NULL, 90, NULL, 'o-1', 'lamp'),
    ('bob', '2025-03-05 00:00+00', NULL, NULL, NULL, 10, NULL, 'o-2', 'desk'),
    ('cyd', '2025-03-01 00:00+00', 'c-1', 'mail', false, NULL, false, NULL, NULL),
    ('cyd', '2025-03-01 00:00+00', NULL, NULL, NULL, 50, NULL, 'o-3', 'desk'),
    ('cyd', '2025-03-03 00:00+00', 'c-2', 'google', true, NULL, false, NULL, NULL),
    ('cyd', '2025-03-04 00:00+00', NULL, NULL, NULL, 20, NULL, 'o-4', NULL),
    ('cyd', '2025-03-06 00:00+00', NULL, NULL, NULL, -8, NULL, 'o-5', NULL);
CREATE TEMP TABLE hand AS SELECT analytics.journeys_with_ids(client, at, visit, key, paid, worth, seen, bought, product) AS j FROM met;
SELECT c.conversion_id, c.client, c.touch_id, c.key, c.weight, c.conversions, c.value, c.rank, c.touches, c.days_before, c.is_paid, c.is_view, c.conversion_part
FROM hand, analytics.credit_touches(j, '{linear}') c;
SELECT c.conversion_id, c.touch_id, c.weight, c.converted_at = m.at AS converted_then, c.touched_at = t.at AS met_then
FROM hand, analytics.credit_touches(j, '{last_paid}', all_touches => true) c JOIN met m ON m.bought = c.conversion_id LEFT JOIN met t ON t.visit = c.touch_id;
-- By part of the conversion.
SELECT c.key, c.conversion_part, c.conversions, c.value, c.supporting, c.assisted, c.clients FROM hand, analytics.credit_by_part(j, '{first}') c;
SELECT c.key, c.conversions, c.value, c.supporting, c.assisted, c.clients FROM hand, analytics.attribution_credit(j, '{first}') c;
-- A part may begin with a period, which tells apart only what nobody earned.
SELECT c.key, split_part(c.conversion_part, E'\x1F', 2) AS product, CASE WHEN c.key IS NULL THEN split_part(c.conversion_part, E'\x1F', 1) END AS day, c.conversions, c.value, c.clients
FROM (SELECT analytics.journeys_with_ids(client, at, visit, key, paid, worth, seen, bought, extract(day FROM at AT TIME ZONE 'UTC') || E'\x1F' || COALESCE(product, '')) AS j FROM met) s,
    analytics.credit_by_part(j, '{first_paid}', fallback => '{none}', periods_together => true) c ORDER BY c.key, product, day;
-- journeys() keeps the identifiers of touches and numbers conversions; without identifiers touches have numbers, too.
SELECT c.conversion_id, c.client, c.touch_id, c.key, c.conversion_part
FROM (SELECT analytics.journeys(client, at, visit, key, paid, worth) AS j FROM met) s, analytics.credit_touches(j, '{last}') c;
SELECT c.conversion_id, c.client, c.touch_id, c.key
FROM (SELECT analytics.journeys_with_nulls(client, at, visit, key, paid, worth) AS j FROM met) s, analytics.credit_touches(j, '{last}') c;
-- Identifiers of any type leave as the text they print.
SELECT c.* FROM (SELECT analytics.journeys(uuid '01234567-89ab-cdef-0123-456789abcdef', timestamptz '2025-01-01 00:00+00', '\xff00'::bytea, 'k', true, 1) AS j) s,
    LATERAL (SELECT client, touch_id FROM analytics.credit_touches(j)) c;
-- What cannot be meant.
SELECT analytics.journeys_with_ids(1, now(), NULL::int, 'k', false, 1, false, NULL::int, NULL);
SELECT analytics.journeys_with_ids(1, now(), 1, 'k', false, NULL::int, false, 7, NULL);
SELECT count(*) FROM hand, analytics.credit_touches(j, '{best}');
SELECT count(*) FROM hand, analytics.credit_touches(j, '{w_shaped}');
SELECT count(*) FROM analytics.credit_touches(NULL);
-- The value, its union and its copy in text are the same.
SELECT count(DISTINCT v::text) FROM (
    SELECT j FROM hand UNION ALL SELECT j::text::analytics.journeys FROM hand
    UNION ALL SELECT analytics.journeys_with_ids(client, at, visit, key, paid, worth, seen, bought, product ORDER BY bought, visit DESC) FROM met
    UNION ALL SELECT analytics.journeys_union(j) FROM (SELECT analytics.journeys_with_ids(client, at, visit, key, paid, worth, seen, bought, product) AS j FROM met GROUP BY client) g
) u (v);
SELECT analytics.compensated_sum(x) AS exact, sum(x) AS plain FROM (VALUES (1e16::float8), (1), (1), (-1e16), (NULL)) v (x);
SELECT analytics.compensated_sum(x) FROM (SELECT 1.0::float8 AS x WHERE false) v;

-- Random worlds: 300 clients with views, refunds, ties of time, parts of keys and of conversions.
CREATE FUNCTION pg_temp.chance(what text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || left(md5(what), 7))::bit(28)::int % n $$;
CREATE TEMP TABLE world AS
SELECT w, analytics.journeys_with_ids(client, at, visit, key, paid, worth, seen, bought, product) AS j
FROM generate_series(1, 4) w, LATERAL (
    SELECT pg_temp.chance(w || 'c' || n, 300) AS client, timestamptz '2025-01-01 00:00+00' + interval '6 hours' * pg_temp.chance(w || 't' || n, 400) AS at,
           CASE WHEN k < 8 THEN n END AS visit, (ARRAY['google', 'meta', 'direct', 'mail', 'lead'])[1 + pg_temp.chance(w || 'k' || n, 5)]
               || CASE WHEN w > 2 THEN E'\x1F' || pg_temp.chance(w || 'p' || n, 3) ELSE '' END AS key,
           pg_temp.chance(w || 'a' || n, 3) = 0 AS paid, CASE WHEN k > 6 THEN pg_temp.chance(w || 'v' || n, 1000) / 7.0 - 20 END AS worth,
           pg_temp.chance(w || 's' || n, 4) = 0 AS seen, CASE WHEN k > 6 THEN n END AS bought,
           CASE WHEN w % 2 = 0 THEN pg_temp.chance(w || 'q' || n, 3)::text END AS product
    FROM generate_series(1, 3000) n, LATERAL (SELECT pg_temp.chance(w || 'r' || n, 10) AS k) r) rows
GROUP BY w;
-- Each summary is the sum of the rows, bit for bit; rows of each conversion add up to one.
SELECT o.cycle, count(DISTINCT s.model) AS models, count(*) FILTER (WHERE s.key IS NOT NULL) > 100 AS many, count(*) FILTER (WHERE (s.conversions, s.value, s.supporting, s.clients)
           IS DISTINCT FROM (COALESCE(t.conversions, 0), COALESCE(t.value, 0), COALESCE(t.supporting, 0), COALESCE(t.clients, 0))) AS differ
FROM world, (VALUES ('shared', 'none', 'count', interval '90 days'), ('since_previous', 'exposure', 'yield', '20 days'), ('since_previous_reuse', 'first', 'ignore', NULL)) o (cycle, transform, views, lookback),
LATERAL (SELECT '{first,last,first_non_direct,last_non_direct,first_paid,last_paid,linear,linear_unique,time_decay,position_decay,position_based,u_shaped,j_shaped,inverse_j,w_shaped,full_path,custom,participation}'::text[]) m (models),
LATERAL analytics.credit_by_part(j, models, o.lookback, cycle => o.cycle, transform => o.transform, views => o.views, stage_keys => '{lead}', key_parts => w > 2,
    converted_from => '2025-01-10 00:00+00', converted_before => '2025-04-01 00:00+00', max_touches => 6) s
FULL JOIN LATERAL (
    SELECT c.model, c.key, c.touch_part, c.conversion_part, analytics.compensated_sum(c.conversions) AS conversions, analytics.compensated_sum(c.value) AS value,
           count(DISTINCT c.conversion_id) FILTER (WHERE c.conversions > 0) AS supporting, count(DISTINCT c.client) FILTER (WHERE c.conversions > 0) AS clients
    FROM analytics.credit_touches(j, models, o.lookback, cycle => o.cycle, transform => o.transform, views => o.views, stage_keys => '{lead}', key_parts => w > 2,
        converted_from => '2025-01-10 00:00+00', converted_before => '2025-04-01 00:00+00', max_touches => 6) c
    GROUP BY 1, 2, 3, 4) t
    ON (s.model, COALESCE(s.key, ''), COALESCE(s.touch_part, ''), COALESCE(s.conversion_part, '')) = (t.model, COALESCE(t.key, ''), COALESCE(t.touch_part, ''), COALESCE(t.conversion_part, ''))
GROUP BY o.cycle ORDER BY o.cycle;
-- Without parts the summary is the same, and parts of a key add up to what it earns.
SELECT count(DISTINCT s.model) AS models, count(*) FILTER (WHERE (s.conversions, s.value, s.supporting, s.clients)
           IS DISTINCT FROM (COALESCE(t.conversions, 0), COALESCE(t.value, 0), COALESCE(t.supporting, 0), COALESCE(t.clients, 0))) AS differ,
       count(*) FILTER (WHERE s.assisted <> COALESCE(t.assisted, 0)) AS otherwise_assisted
FROM world, LATERAL (SELECT '{first,last_paid,linear,linear_unique,time_decay,participation}'::text[]) m (models),
LATERAL analytics.attribution_credit(j, models, '60 days') s
FULL JOIN LATERAL (
    SELECT c.model, c.key, analytics.compensated_sum(c.conversions) AS conversions, analytics.compensated_sum(c.value) AS value,
           count(DISTINCT c.conversion_id) FILTER (WHERE c.conversions > 0) AS supporting, count(DISTINCT c.client) FILTER (WHERE c.conversions > 0) AS clients,
           count(DISTINCT c.conversion_id) FILTER (WHERE c.key IS NOT NULL AND NOT c.refund) AS assisted
    FROM (SELECT *, bool_or(value < 0) OVER (PARTITION BY conversion_id) AS refund FROM analytics.credit_touches(j, models, '60 days', all_touches => true)) c GROUP BY 1, 2) t ON (s.model, COALESCE(s.key, '')) = (t.model, COALESCE(t.key, ''))
WHERE w = 2;
