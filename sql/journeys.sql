-- Journeys and the credit that touches earn from them.
\i test/fixture/reset.sql
\i test/fixture/refusal.sql
\set VERBOSITY default
RESET client_min_messages;
SET timezone = 'UTC';
SET extra_float_digits = -3;

CREATE TABLE events (client int, at timestamptz, touch_id int, key text, paid boolean, value numeric);
INSERT INTO events VALUES
    -- Client 1: search ad, a week later e-mail, a week later direct, and at once 700.
    (1, '2024-03-01', 1, 'search', true, NULL),
    (1, '2024-03-08', 2, 'email', false, NULL),
    (1, '2024-03-15', 3, 'direct', false, NULL),
    (1, '2024-03-15', NULL, NULL, NULL, 700),
    -- Client 2 buys twice after one click; the second row is a touch and a conversion.
    (2, '2024-03-02', 4, 'vk', true, NULL),
    (2, '2024-03-03', NULL, NULL, NULL, 10),
    (2, '2024-03-05', NULL, NULL, NULL, 20),
    (2, '2024-03-06', 5, NULL, NULL, 40),
    -- Client 3 never buys, client 4 comes from nowhere.
    (3, '2024-03-01', 6, 'search', true, NULL),
    (4, '2024-03-01', NULL, NULL, NULL, 5);

-- The models side by side
CREATE TEMP VIEW all_models AS SELECT '{first,last,first_non_direct,last_non_direct,first_paid,last_paid,linear,linear_unique,time_decay,position_decay,position_based,u_shaped,j_shaped,inverse_j,custom,participation}'::text[] AS models;
SELECT c.*
FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM events WHERE client = 1) AS s, all_models,
    analytics.attribution_credit(s.j, models) AS c;

SELECT c.*
FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM events) AS s,
    analytics.attribution_credit(s.j, ARRAY['last', 'linear', 'last']) AS c;
SELECT c.* FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM events) AS s, analytics.journeys_summary(s.j) AS c;

-- Defaults: last_paid, ninety days, shared
SELECT c.* FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM events) AS s, analytics.attribution_credit(s.j) AS c;

-- Values may be stored; the empty one is a value too
CREATE TABLE kept AS
    SELECT 'all' AS name, analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM events
    UNION ALL SELECT 'none', analytics.journeys(client, at, touch_id, key, paid, value) FROM events WHERE false
    UNION ALL SELECT 'nothing', NULL;
SELECT name, s.* FROM kept LEFT JOIN LATERAL analytics.journeys_summary(j) AS s ON true ORDER BY name;
SELECT name, count(c.model) FROM kept LEFT JOIN LATERAL analytics.attribution_credit(j) AS c ON true GROUP BY name ORDER BY name;

-- Cycles
SELECT cycle, c.key, c.conversions, c.value
FROM kept, unnest(ARRAY['shared', 'since_previous', 'since_previous_reuse']) WITH ORDINALITY AS u(cycle, n),
    analytics.attribution_credit(j, '{last}', cycle => u.cycle) AS c
WHERE name = 'all' AND c.conversions > 0 ORDER BY n, c.key;

-- Lookback includes both ends; conversions outside the period end cycles but earn nothing
SELECT lookback, c.key, c.conversions
FROM kept, unnest('{14 days,13 days 23:59:59.999999,0,NULL}'::interval[]) WITH ORDINALITY AS u(lookback, n),
    analytics.attribution_credit(j, '{first}', lookback => u.lookback, converted_from => '2024-03-15', converted_before => '2024-03-16') AS c
WHERE name = 'all' AND c.conversions > 0 ORDER BY n, c.key;
SELECT c.key, c.conversions, c.value
FROM kept, analytics.attribution_credit(j, '{last}', cycle => 'since_previous', converted_from => '2024-03-05', converted_before => '2024-03-15') AS c
WHERE name = 'all' ORDER BY key;

-- What last_paid falls back on
SELECT fallback, c.key
FROM (SELECT analytics.journeys(client, at, touch_id, key, false, value) AS j FROM events WHERE client = 1) AS s,
    (VALUES (1, '{last_non_direct,last}'), (2, '{last}'), (3, '{first}'), (4, '{none,last}'), (5, '{}')) AS f(n, fallback),
    analytics.attribution_credit(s.j, fallback => f.fallback::text[]) AS c
WHERE c.conversions > 0 ORDER BY n;
SELECT c.key FROM kept, analytics.attribution_credit(j, '{last_non_direct}', direct_keys => '{direct,email}', converted_from => '2024-03-15') AS c
WHERE name = 'all' AND c.conversions > 0;

SELECT fallback, c.key
FROM (SELECT analytics.journeys(client, at, touch_id, CASE touch_id WHEN 1 THEN 'direct' ELSE key || touch_id END, false, value) AS j FROM events WHERE client = 1) AS s,
    (VALUES (1, '{first_non_direct,first}'), (2, '{first}'), (3, '{last}'), (4, '{none,last}')) AS f(n, fallback),
    analytics.attribution_credit(s.j, '{first_paid}', fallback => f.fallback::text[]) AS c
WHERE c.conversions > 0 ORDER BY n;

-- A path of five touches with marks of a lead and a deal, worked out by hand:
-- direct (day 0), search (1, lead), email (2), search (3, deal), vk (4) which is the conversion's own row
CREATE TABLE staged (at timestamptz, touch_id int, key text, paid boolean, value numeric);
INSERT INTO staged VALUES
    ('2024-03-01', 1, 'direct', false, NULL), ('2024-03-02', 2, 'search', true, NULL), ('2024-03-02', 90, 'lead', NULL, NULL),
    ('2024-03-03', 3, 'email', false, NULL), ('2024-03-04', 91, 'deal', NULL, NULL), ('2024-03-04', 92, 'search', false, NULL),
    ('2024-03-05', 5, 'vk', true, 100);
CREATE TEMP VIEW staged_journey AS SELECT analytics.journeys(1, at, touch_id, key, paid, value) AS j FROM staged;
SELECT n, c.model, max(c.value) FILTER (WHERE key = 'direct') AS direct, max(c.value) FILTER (WHERE key = 'email') AS email,
    max(c.value) FILTER (WHERE key = 'search') AS search, max(c.value) FILTER (WHERE key = 'vk') AS vk, count(*) AS keys
FROM staged_journey, all_models, analytics.attribution_credit(j, models || '{w_shaped,full_path}'::text[], stage_keys => '{lead,deal}',
    first_weights => '{0.5}', last_weights => '{0.2,0.1}') AS c, array_position(models || '{w_shaped,full_path}'::text[], c.model) AS n
GROUP BY n, c.model ORDER BY n;

-- What counts as the path
CREATE TEMP VIEW rules AS SELECT * FROM (VALUES
    (1, 'no rule', true, '{}'::text[], NULL::text[], 'none', NULL, NULL::int),
    (2, 'own row left out', false, '{}', NULL, 'none', NULL, NULL),
    (3, 'without search', true, '{search,nothing}', NULL, 'none', NULL, NULL),
    (4, 'search and email', true, '{}', '{search,email}', 'none', NULL, NULL),
    (5, 'email of these', true, '{search}', '{search,email}', 'none', NULL, NULL),
    (6, 'unique', true, '{}', '{}', 'unique', NULL, NULL),
    (7, 'exposure', true, '{email}', NULL, 'exposure', NULL, NULL),
    (8, 'first', true, '{}', NULL, 'first', NULL, NULL),
    (9, 'not vk', true, '{}', NULL, 'remove_if_not_all', 'vk', NULL),
    (10, 'only vk', true, '{}', '{vk}', 'remove_if_not_all', 'vk', NULL),
    (11, 'not vk in the end', true, '{}', NULL, 'remove_if_last_and_not_all', 'vk', NULL),
    (12, 'not search in the end', true, '{}', NULL, 'remove_if_last_and_not_all', 'search', NULL),
    (13, 'the last two', true, '{}', NULL, 'none', NULL, 2),
    (14, 'the last two of the first', true, '{}', NULL, 'first', NULL, 2)) AS v(n, rule, own, without, only_these, transform, transform_key, most);
SELECT n, rule, string_agg(c.key || ' ' || round((60 * c.conversions)::numeric), ', ' ORDER BY c.key) AS sixtieths
FROM staged_journey, rules, analytics.attribution_credit(j, '{linear}', stage_keys => '{lead,deal}', include_conversion_touch => own, exclude_keys => without,
    only_keys => only_these, transform => rules.transform, transform_key => rules.transform_key, max_touches => most) AS c
GROUP BY n, rule ORDER BY n;
-- Two touches have none between
SELECT two_touch, c.model, string_agg(c.key || ' ' || c.conversions, ', ' ORDER BY c.key) AS shares
FROM staged_journey, (VALUES ('renormalise'), ('split_middle')) AS t(two_touch), analytics.attribution_credit(j, '{u_shaped,j_shaped,inverse_j,position_based}',
    two_touch => t.two_touch, position_weights => '{0.1,0.6,0.3}', only_keys => '{direct,vk}') AS c
GROUP BY two_touch, c.model ORDER BY two_touch, c.model;

-- Any type of client, touch and key gives the same answer
CREATE TEMP VIEW expected AS
    SELECT c.* FROM kept, all_models, analytics.attribution_credit(j, models) AS c WHERE name = 'all';
CREATE TEMP VIEW by_type AS
    SELECT 'bigint' AS type, analytics.journeys(client::bigint, at, touch_id::bigint, key, paid, value::float8) AS j FROM events
    UNION ALL SELECT 'smallint', analytics.journeys(client::smallint, at, touch_id::smallint, key, paid, value::int) FROM events
    UNION ALL SELECT 'text', analytics.journeys('client ' || client, at, lpad(touch_id::text, 3, '0'), key::varchar, paid, value::real) FROM events
    UNION ALL SELECT 'char', analytics.journeys(client::char(9), at, touch_id::char(9), key::char(20), paid, value) FROM events
    UNION ALL SELECT 'uuid', analytics.journeys(md5(client::text)::uuid, at, ('00000000-0000-0000-0000-' || lpad(touch_id::text, 12, '0'))::uuid, key, paid, value)
        FROM events
    UNION ALL SELECT 'numeric', analytics.journeys(client + CASE WHEN touch_id > 1 THEN 0.00 ELSE 0.0 END, at, touch_id::numeric, key, paid, value::bigint) FROM events
    UNION ALL SELECT 'name', analytics.journeys(client::text::name, at, touch_id::text::name, key::name, paid, value) FROM events
    UNION ALL SELECT 'bytea', analytics.journeys(client::text::bytea, at, int4send(touch_id), key, paid, value) FROM events;
SELECT type, count(*) AS rows,
    count(*) FILTER (WHERE (c.key, c.conversions, c.value, c.supporting, c.assisted) IS NOT DISTINCT FROM
                           (e.key, e.conversions, e.value, e.supporting, e.assisted)) AS same
FROM by_type, all_models, analytics.attribution_credit(j, models) AS c
    LEFT JOIN expected AS e ON e.model = c.model AND e.key IS NOT DISTINCT FROM c.key
GROUP BY type ORDER BY type;
SELECT c.key, c.conversions
FROM (SELECT analytics.journeys(client, at, touch_id, touch_id * 100, paid, value) AS j FROM events) AS s, analytics.attribution_credit(s.j, '{last}') AS c;
SELECT c.key, c.conversions
FROM (SELECT analytics.journeys(1, now(), 1, k, NULL, 1) AS j FROM (VALUES (''), (NULL), ('x')) AS v(k)) AS s,
    analytics.attribution_credit(s.j, '{linear}') AS c;

-- Ties of time: integers in numeric order, texts by bytes, then the key; the order of the rows does not matter
CREATE TEMP TABLE ties AS SELECT i, 'key ' || i % 5 AS key FROM generate_series(1, 40) AS i;
SELECT
    (SELECT string_agg(c.model || ' ' || c.key, ', ') FROM analytics.attribution_credit(numbers, '{first,last}') AS c WHERE conversions > 0) AS numbers,
    (SELECT string_agg(c.model || ' ' || c.key, ', ') FROM analytics.attribution_credit(texts, '{first,last}') AS c WHERE conversions > 0) AS texts,
    (SELECT string_agg(c.model || ' ' || c.key, ', ') FROM analytics.attribution_credit(same, '{first,last}') AS c WHERE conversions > 0) AS same
FROM (
    SELECT analytics.journeys(1, '2024-01-01', i, 'number ' || i, false, 1) AS numbers,
           analytics.journeys(1, '2024-01-01', i::text, 'text ' || i, false, 1) AS texts,
           analytics.journeys(1, '2024-01-01', 1, 'same ' || i, false, 1) AS same
    FROM ties) AS s;
SELECT count(DISTINCT s.j::text)
FROM generate_series(1, 5) AS n,
    LATERAL (SELECT analytics.journeys(i % 3, '2024-01-01', i % 4, key, i % 2 = 0, i % 7 ORDER BY md5((i + n)::text)) AS j FROM ties) AS s;

-- Plain SQL agrees, on journeys long enough to matter
CREATE TABLE many AS
    SELECT i % 500 AS client, timestamptz '2024-01-01' + (i * 7919 % 100003) * interval '10 minutes' AS at, i AS touch_id,
           (ARRAY['search', 'email', 'direct', 'vk', 'referral'])[1 + i * 31 % 5] AS key, i % 3 = 0 AS paid,
           CASE WHEN i % 17 = 0 THEN (i % 1000) / 4.0 END AS value
    FROM generate_series(1, 20000) AS i;
ANALYZE many;
CREATE TEMP VIEW plain AS
    WITH paths AS (
        SELECT c.touch_id AS conversion, c.value::float8 AS value, t.key, t.paid,
               row_number() OVER (PARTITION BY c.touch_id ORDER BY t.at DESC, t.touch_id DESC) AS from_end,
               count(*) OVER (PARTITION BY c.touch_id) AS length,
               row_number() OVER (PARTITION BY c.touch_id, t.paid ORDER BY t.at DESC, t.touch_id DESC) AS paid_from_end,
               bool_or(t.paid) OVER (PARTITION BY c.touch_id) AS any_paid,
               2 ^ (-extract(epoch FROM c.at - t.at)::float8 / 604800) AS decay
        FROM many AS c JOIN many AS t ON t.client = c.client AND t.at BETWEEN c.at - interval '720 hours' AND c.at
        WHERE c.value IS NOT NULL
    ), weights AS (
        SELECT key, value, conversion, v.*
        FROM (SELECT *, decay / sum(decay) OVER (PARTITION BY conversion) AS share,
                     row_number() OVER (PARTITION BY conversion, key ORDER BY from_end) AS of_key,
                     count(*) FILTER (WHERE latest_of_key) OVER (PARTITION BY conversion) AS keys
              FROM (SELECT *, row_number() OVER (PARTITION BY conversion, key ORDER BY from_end) = 1 AS latest_of_key FROM paths) AS marked) AS p,
            LATERAL (VALUES ('first', (from_end = length)::int::float8), ('last', (from_end = 1)::int), ('linear', 1.0 / length),
                            ('linear_unique', CASE WHEN of_key = 1 THEN 1.0 / keys ELSE 0 END), ('participation', (of_key = 1)::int),
                            ('position_decay', (length - from_end + 1) / (length * (length + 1) / 2.0)),
                            ('j_shaped', CASE length WHEN 1 THEN 1 WHEN 2 THEN CASE from_end WHEN 1 THEN 0.75 ELSE 0.25 END
                                ELSE CASE from_end WHEN 1 THEN 0.6 WHEN length THEN 0.2 ELSE 0.2 / (length - 2) END END),
                            ('time_decay', share), ('last_paid', CASE WHEN any_paid THEN (paid AND paid_from_end = 1)::int ELSE (from_end = 1)::int END),
                            ('position_based', CASE length WHEN 1 THEN 1 WHEN 2 THEN 0.5
                                ELSE CASE WHEN from_end IN (1, length) THEN 0.4 ELSE 0.2 / (length - 2) END END)) AS v(model, weight)
    )
    SELECT model, key, sum(weight) AS conversions, sum(weight * value) AS value,
           count(DISTINCT conversion) FILTER (WHERE weight > 0) AS supporting, count(DISTINCT conversion) AS assisted
    FROM weights GROUP BY model, key;
SELECT count(*) AS rows, bool_and(abs(c.conversions - p.conversions) < 1e-9 * p.conversions AND abs(c.value - p.value) < 1e-9 * p.value
                                  AND c.supporting = p.supporting AND c.assisted = p.assisted) AS same
FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM many) AS s,
    analytics.attribution_credit(s.j, '{first,last,linear,linear_unique,participation,position_decay,j_shaped,time_decay,position_based,last_paid}', lookback => '30 days', fallback => '{last}') AS c
    FULL JOIN plain AS p USING (model, key);
SELECT c.model, abs(sum(c.conversions) - 1176) < 1e-6 AS conversions, abs(sum(c.value) - (SELECT sum(value) FROM many)::float8) < 1e-6 AS value
FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j FROM many) AS s, all_models,
    analytics.attribution_credit(s.j, models, lookback => '1 day', cycle => 'since_previous') AS c
WHERE c.model <> 'participation' GROUP BY c.model ORDER BY c.model;

-- Collected in parallel, in groups, and added up: the same bytes as in one go
CREATE TABLE whole AS SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j,
    analytics.journeys(client::text, at, touch_id::text, key, paid, value) AS texts FROM many;
BEGIN;
SET LOCAL parallel_setup_cost = 0;
SET LOCAL parallel_tuple_cost = 0;
SET LOCAL min_parallel_table_scan_size = 0;
SET LOCAL max_parallel_workers_per_gather = 2;
EXPLAIN (COSTS OFF) SELECT analytics.journeys(client, at, touch_id, key, paid, value) FROM many;
SELECT s.j::text = w.j::text AS same, s.texts::text = w.texts::text AS same_texts
FROM (SELECT analytics.journeys(client, at, touch_id, key, paid, value) AS j,
             analytics.journeys(client::text, at, touch_id::text, key, paid, value) AS texts FROM many) AS s, whole AS w;
CREATE TABLE parts AS
    SELECT client % 7 AS bucket, analytics.journeys(client, at, touch_id, key, paid, value) AS j,
           analytics.journeys(client::text, at, touch_id::text, key, paid, value) AS texts FROM many GROUP BY 1;
ALTER TABLE parts SET (parallel_workers = 2);
EXPLAIN (COSTS OFF) SELECT analytics.journeys_union(j) FROM parts;
SELECT s.j::text = w.j::text AS same, s.texts::text = w.texts::text AS same_texts
FROM (SELECT analytics.journeys_union(j) AS j, analytics.journeys_union(texts) AS texts FROM parts) AS s, whole AS w;
COMMIT;
SELECT s.* FROM (SELECT analytics.journeys_union(j) AS j FROM kept) AS u, analytics.journeys_summary(u.j) AS s;
SELECT s.* FROM (SELECT analytics.journeys_union(j) AS j FROM kept WHERE false) AS u, analytics.journeys_summary(u.j) AS s;
SELECT pg_temp.refusal('SELECT analytics.journeys_union(j) FROM (SELECT j FROM kept UNION ALL SELECT j FROM kept) AS twice');
SELECT pg_temp.refusal('SELECT analytics.journeys_union(j) FROM (SELECT j FROM whole UNION ALL SELECT texts FROM whole) AS kinds');

-- As a window aggregate the state goes on after each value
SELECT client, at, (analytics.journeys_summary(analytics.journeys(client, at, touch_id, key, paid, value) OVER (ORDER BY at, client, touch_id))).*
FROM events WHERE client < 3 ORDER BY at, client, touch_id;

-- Text and binary forms
SELECT bool_and(j::text::analytics.journeys::text = j::text) FROM kept;
CREATE TABLE received (LIKE kept);
SELECT format('COPY kept TO PROGRAM %L (FORMAT binary)', 'cat > /tmp/pg_marketing_journeys.bin') AS send,
       format('COPY received FROM PROGRAM %L (FORMAT binary)', 'cat /tmp/pg_marketing_journeys.bin; rm /tmp/pg_marketing_journeys.bin') AS receive \gset
:send;
:receive;
SELECT name, k.j::text IS NOT DISTINCT FROM r.j::text AS same FROM kept AS k JOIN received AS r USING (name) ORDER BY name;
SELECT pg_temp.refusal(format('SELECT %L::analytics.journeys', v))
FROM unnest(ARRAY['', '\x', 'journeys', '\x6d6a726', '\x6d6a726e', '\x6d6a726e0200', '\x6d6a726e0100', repeat('\x00', 1) || repeat('00', 32), '\xzz']) WITH ORDINALITY AS u(v, n) ORDER BY n;
SELECT left(pg_temp.refusal(format('SELECT %L::analytics.journeys', replace(j::text, '736561726368', 'ff6561726368'))), 60) FROM kept WHERE name = 'all';
-- Each byte changed: either refused as malformed, or a value that can be asked.
SELECT refusal, count(*) > 0 AS found
FROM kept, generate_series(0, length(j::text) / 2 - 2) AS byte,
    LATERAL (SELECT left(pg_temp.refusal(format(
        'SELECT count(*) FROM analytics.attribution_credit(%L, ''{first,time_decay,last_paid}'')',
        '\x' || encode(set_byte(decode(substr(j::text, 3), 'hex'), byte, 255 - get_byte(decode(substr(j::text, 3), 'hex'), byte)), 'hex'))), 5) AS refusal) AS r
WHERE name = 'all' GROUP BY refusal ORDER BY refusal;

-- Rows that are refused
SELECT pg_temp.refusal(format('SELECT analytics.journeys(%s)', arguments))
FROM unnest(ARRAY[
    'NULL::int, now(), 1, ''a'', true, 1',
    '1, NULL, 1, ''a'', true, 1',
    '1, ''infinity'', 1, ''a'', true, 1',
    '1, ''-infinity'', 1, ''a'', true, 1',
    '1, now(), NULL, ''a'', true, NULL',
    '1, now(), NULL::int, ''a'', true, NULL::numeric',
    '1, now(), 1, ''a'', true, ''NaN''::float8',
    '1, now(), 1, ''a'', true, ''infinity''::float4',
    '1, now(), 1, ''a'', true, ''NaN''::numeric',
    '1, now(), 1, ''a'', true, ''infinity''::numeric',
    '1, now(), 1, ''a'', true, ''1''::text',
    '1, now(), 1, ''a'', true, ''1''']) WITH ORDINALITY AS u(arguments, n) ORDER BY n;
SELECT left(pg_temp.refusal('SELECT analytics.journeys(1, now(), 1, ''a'', true, 1e400::numeric)'), 12);

-- Arguments that are refused
SELECT argument, pg_temp.refusal(format('SELECT * FROM kept, analytics.attribution_credit(j, %s)', argument))
FROM unnest(ARRAY[
    'models => NULL', 'models => ''{}''', 'models => ''{last,NULL}''', 'models => ''{{last},{first}}''', 'models => ''{best}''',
    'lookback => ''-1 second''', 'lookback => ''3 months''', 'lookback => ''2000000000 days''',
    'half_life => NULL', 'half_life => ''0''', 'half_life => ''1 year''',
    'cycle => NULL', 'cycle => ''each''',
    'fallback => NULL', 'fallback => ''{last_paid}''', 'fallback => ''{last,NULL}''',
    'direct_keys => NULL', 'direct_keys => ''{NULL}''',
    'position_weights => NULL', 'position_weights => ''{0.5,0.5}''', 'position_weights => ''{0.5,0.5,0.5}''',
    'position_weights => ''{1.5,-1,0.5}''', 'position_weights => ''{NaN,0.5,0.5}''',
    'two_touch => NULL', 'two_touch => ''both''',
    'first_weights => NULL', 'first_weights => ''{0.5,0.6}''', 'last_weights => ''{-0.1}''', 'first_weights => ''{0.6}'', last_weights => ''{0.6}''',
    'last_weights => ''{NaN}''', 'include_conversion_touch => NULL', 'exclude_keys => NULL', 'only_keys => ''{NULL}''',
    'transform => NULL', 'transform => ''sideways''', 'views => ''maybe''', 'views => NULL', 'transform => ''exposure'', transform_key => ''x''', 'transform => ''remove_if_not_all''',
    'max_touches => 0', 'stage_keys => NULL', 'models => ''{w_shaped}''', 'models => ''{full_path}'', stage_keys => ''{}''']) WITH ORDINALITY AS u(argument, n) ORDER BY n;
SELECT pg_temp.refusal('SELECT (SELECT 1 FROM analytics.attribution_credit(NULL, NULL))');


-- Clicks beat views, where asked to: the same campaign is seen and clicked
CREATE TEMP TABLE ads (client int, at timestamptz, id int, key text, is_view boolean, value numeric);
INSERT INTO ads VALUES (1, '2024-01-01', 1, 'spring', false, NULL), (1, '2024-01-02', 2, 'brand', true, NULL), (1, '2024-01-03', NULL, NULL, NULL, 10),
    (2, '2024-01-01', 3, 'brand', true, NULL), (2, '2024-01-02', 4, 'spring', true, NULL), (2, '2024-01-03', NULL, NULL, NULL, 20);
SELECT views, c.key, c.conversions, c.value, c.assisted
FROM (SELECT analytics.journeys_with_views(client, at, id, key, false, value, is_view) AS j FROM ads) s,
    unnest('{count,yield,ignore}'::text[]) WITH ORDINALITY v (views, n), analytics.attribution_credit(j, '{last}', views => v.views) c ORDER BY n, c.key;
SELECT views, (analytics.path_counts_summary(analytics.journey_paths(j, views => v.views))).paths
FROM (SELECT analytics.journeys_with_views(client, at, id, key, false, value, is_view) AS j FROM ads) s, unnest('{count,yield,ignore}'::text[]) WITH ORDINALITY v (views, n) ORDER BY n;

-- Credit by the date of the touch: periods next to each other add up to all conversions
SELECT touched_before, c.key, c.conversions, c.value, c.supporting, c.assisted
FROM kept, (VALUES (NULL, '2024-03-08'::timestamptz), ('2024-03-08', NULL)) p (touched_from, touched_before),
    analytics.attribution_credit(j, '{linear}', touched_from => p.touched_from::timestamptz, touched_before => p.touched_before) c
WHERE name = 'all' ORDER BY touched_before, c.key;

-- Uncertainty: the same seed draws the same clients, in any order of the rows, plan and grouping
CREATE TEMP TABLE bought AS
SELECT c AS client, timestamptz '2024-01-01' + c * interval '1 hour' + t * interval '1 day' AS at, c * 10 + t AS id,
       (ARRAY['search', 'email', 'social'])[1 + (c * 7 + t * t) % 3] AS key, CASE WHEN t = 3 THEN c % 50 END::numeric AS value
FROM generate_series(1, 400) c, generate_series(0, 3) t WHERE (c + t) % 5 <> 0;
CREATE TEMP TABLE estimated AS
SELECT b.* FROM (SELECT analytics.journeys(client, at, id, key, false, value) AS j FROM bought) s, analytics.attribution_bootstrap(j, '{first,linear}', seed => 42) b;
SELECT model, key, round(conversions::numeric, 3) AS conversions, round(conversions_low::numeric, 2) AS low, round(conversions_high::numeric, 2) AS high,
       round(value_low::numeric, 1) AS value_low, round(value_high::numeric, 1) AS value_high, supporting, clients, cardinality(conversions_replicates) AS n FROM estimated;
SELECT count(*) AS compared, count(*) FILTER (WHERE e IS DISTINCT FROM b) AS different
FROM (SELECT analytics.journeys(client, at, id, key, false, value ORDER BY md5(id::text)) AS j FROM bought) s, analytics.attribution_bootstrap(j, '{first,linear}', seed => 42) b
FULL JOIN estimated e ON (e.model, e.key) = (b.model, b.key);
SELECT count(*) AS compared, count(*) FILTER (WHERE abs(sum - e.conversions_replicates[r]) > 1e-9) AS different
FROM (SELECT b.model, b.key, u.r, sum(u.x) FROM (SELECT client % 4 AS bucket, analytics.journeys(client, at, id, key, false, value) AS j FROM bought GROUP BY 1) s,
          analytics.attribution_bootstrap(j, '{first,linear}', seed => 42) b, unnest(b.conversions_replicates) WITH ORDINALITY u (x, r) GROUP BY 1, 2, 3) g
JOIN estimated e USING (model, key);
SELECT count(*) FILTER (WHERE b.conversions_replicates = e.conversions_replicates) AS like_another_seed,
       count(*) FILTER (WHERE abs(b.conversions_low - percentile) > 1e-9) AS unlike_percentile_cont
FROM (SELECT analytics.journeys(client, at, id, key, false, value) AS j FROM bought) s, analytics.attribution_bootstrap(j, '{first,linear}', seed => 43) b
JOIN estimated e ON (e.model, e.key) = (b.model, b.key),
    LATERAL (SELECT percentile_cont(0.05) WITHIN GROUP (ORDER BY x) AS percentile FROM unnest(b.conversions_replicates) x) p;
SELECT a.key, b.key, round(analytics.probability_greater(a.conversions_replicates, b.conversions_replicates)::numeric, 3) AS p_more
FROM estimated a JOIN estimated b USING (model) WHERE model = 'linear' AND a.key < b.key ORDER BY 1, 2;
SELECT analytics.probability_greater('{1,2,3,4}', '{2,2,2,2}') AS p, analytics.probability_greater('{}', '{}') AS of_none;
-- Counted paths draw the same clients
SELECT count(*) AS compared, count(*) FILTER (WHERE abs(p.conversions - e.conversions_replicates[r]) > 1e-9) AS different
FROM (SELECT analytics.journeys(client, at, id, key, false, value) AS j FROM bought) s, generate_series(1, 20) r,
    analytics.path_credit(analytics.journey_paths(j, replicate => r, seed => 42), '{linear}') p JOIN estimated e ON (e.model, e.key) = (p.model, p.key);
SELECT argument, pg_temp.refusal(format('SELECT analytics.attribution_bootstrap(j, %s) FROM kept', argument))
FROM unnest(ARRAY['replicates => 0', 'replicates => 10001', 'replicates => NULL', 'seed => NULL', 'confidence => 1', 'confidence => ''NaN''', 'models => ''{}''']) argument;
SELECT count(*) AS rows_of_null FROM analytics.attribution_bootstrap(NULL);
-- Keys of any type leave as text of this database, whatever the session prints; so a dump of them can be restored.
CREATE TEMP TABLE codes AS
SELECT i AS id, decode(code, 'hex') AS code, ('00000000-0000-0000-0000-0000000000' || left(code, 2))::uuid AS campaign FROM unnest('{ff80,6100,61}'::text[]) WITH ORDINALITY u (code, i);
SET bytea_output = 'escape';
SELECT c.key, convert_from(convert_to(c.key, 'UTF8'), 'UTF8') = c.key AS is_text, c.conversions
FROM (SELECT analytics.journeys(1, timestamptz '2025-01-01', id, code, false, CASE id WHEN 1 THEN 3 END) AS j FROM codes) s, analytics.attribution_credit(j, '{linear}') c;
RESET bytea_output;
SELECT c.key, c.conversions
FROM (SELECT analytics.journeys(1, timestamptz '2025-01-01', id, campaign, false, CASE id WHEN 1 THEN 3 END) AS j FROM codes) s, analytics.attribution_credit(j, '{linear}') c;
-- One key to remove, not a list of them; a key may be written like one.
SELECT transform_key, pg_temp.refusal(format($$SELECT analytics.attribution_credit(j, '{linear}', transform => 'remove_if_not_all', transform_key => %L)
FROM (SELECT analytics.journeys(1, timestamptz '2025-01-01', i, k, false, i) AS j FROM unnest('{mail,direct,"{x}","a, b"}'::text[]) WITH ORDINALITY u (k, i)) s$$, transform_key))
FROM unnest('{mail,nobody,"{x}","a, b","nobody, either","{mail,direct}","[\"mail\"]","mail, direct"}'::text[]) transform_key;
-- Several transforms, one after the other, each with keys of its own; keys are quoted as identifiers are.
SELECT transform, array_to_string(p.path, ' > ') AS path
FROM (SELECT analytics.journeys(1, timestamptz '2025-01-01' + i * interval '1 hour', i, k, false, CASE i WHEN 7 THEN 1 END) AS j
      FROM unnest('{mail,mail,"a, b",search,direct,mail,direct}'::text[]) WITH ORDINALITY u (k, i)) s,
    unnest(ARRAY['exposure', 'exposure, remove_if_last_and_not_all(direct, mail)', 'remove_if_last_and_not_all(direct),remove_if_last_and_not_all(mail)',
        'remove_if_not_all(' || quote_ident('a, b') || '), exposure, remove_if_not_all(direct)', 'remove_if_not_all(direct, search, "a, b", mail)',
        'remove_if_not_all( mail , direct ), first']) WITH ORDINALITY t (transform, n), analytics.conversion_paths(j, transform => transform) p ORDER BY n;
SELECT transform, pg_temp.refusal(format('SELECT analytics.attribution_credit(j, transform => %L) FROM (SELECT analytics.journeys(0, now(), 0, 1, false, 0) AS j WHERE false) s', transform))
FROM unnest(ARRAY['exposure,', 'first(mail)', 'remove_if_not_all()', 'remove_if_not_all(mail', 'remove_if_not_all("mail)', 'frequency, exposure', 'exposure first']) transform;
-- The ceiling of memory: what is too much says how to group, and grouping, one bucket after the other, gives the same answer.
CREATE TEMP TABLE much AS
SELECT hashint8(i) & 1023 AS client, timestamptz '2024-01-01' + i * interval '1 minute' AS at, i AS id, 'key ' || hashint8(i + 7) % 6 AS key, CASE WHEN i % 40 = 0 THEN i % 100 END AS value
FROM generate_series(1, 60000) i;
SET pg_marketing.attribution_memory = '128kB';
SELECT pg_temp.refusal('SELECT analytics.journeys(client, at, id, key, false, value) FROM much');
SELECT pg_temp.refusal($$SELECT analytics.path_counts(ARRAY[client::text, id::text], 1, value, 1) FROM much$$);
SET pg_marketing.attribution_memory = '512kB';
SET enable_hashagg = off;
CREATE TEMP TABLE by_bucket AS SELECT client % 16 AS bucket, analytics.journeys(client, at, id, key, false, value) AS j FROM much GROUP BY 1;
RESET enable_hashagg;
SET pg_marketing.attribution_memory = 0;
SELECT count(*) AS compared, count(*) FILTER (WHERE abs(b.conversions - w.conversions) > 1e-9 * w.conversions OR abs(b.value - w.value) > 1e-9 * w.value) AS different
FROM (SELECT model, key, sum(conversions) AS conversions, sum(value) AS value FROM by_bucket, analytics.attribution_credit(j, '{first,linear,time_decay}') GROUP BY 1, 2) b
FULL JOIN (SELECT c.* FROM (SELECT analytics.journeys(client, at, id, key, false, value) AS j FROM much) s, analytics.attribution_credit(j, '{first,linear,time_decay}') c) w USING (model, key);
SELECT (SELECT analytics.journeys_union(j) FROM by_bucket)::text = (SELECT analytics.journeys(client, at, id, key, false, value) FROM much)::text AS the_same_bytes;
RESET pg_marketing.attribution_memory;
SHOW pg_marketing.attribution_memory;
DROP TABLE kept, received, events, staged, many, whole, parts CASCADE;
