-- Reports on the paths of a period: against plain SQL over the raw rows, and against the functions over any table.
\i test/fixture/shop.sql

-- The journeys of February to April by utm_source, 30 days: those that ended in a contract, and those of clients who were met, but did not
-- sign within 30 days after the period.
CREATE TEMP TABLE touch AS
SELECT client_id, happened_at AS at, event_id, COALESCE(utm_source, '(none)') AS key FROM raw.events;
CREATE TEMP TABLE bounds AS SELECT timestamp '2025-02-01' AT TIME ZONE 'Europe/Kyiv' AS f, timestamp '2025-05-01' AT TIME ZONE 'Europe/Kyiv' AS b;
CREATE TEMP TABLE conversion_path AS
SELECT k.id, k.total, k.signed_at, COALESCE(p.path, '{}') AS path, p.first_at, p.last_at
FROM raw.contracts k CROSS JOIN bounds
LEFT JOIN LATERAL (SELECT array_agg(t.key ORDER BY t.at, t.event_id) AS path, min(t.at) AS first_at, max(t.at) AS last_at FROM touch t
    WHERE t.client_id = k.client_id AND t.at BETWEEN k.signed_at - interval '720 hours' AND k.signed_at) p ON true
WHERE k.signed_at >= f AND k.signed_at < b;
CREATE TEMP TABLE null_path AS
SELECT t.client_id, array_agg(t.key ORDER BY t.at, t.event_id) AS path, max(t.at) AS last_at
FROM touch t CROSS JOIN bounds CROSS JOIN LATERAL (SELECT max(x.at) AS last_at FROM touch x WHERE x.client_id = t.client_id AND x.at < b) m
WHERE t.at < b AND m.last_at >= f AND t.at >= m.last_at - interval '720 hours'
  AND t.at > COALESCE((SELECT max(k.signed_at) FROM raw.contracts k WHERE k.client_id = t.client_id AND k.signed_at < b + interval '30 days'), '-infinity')
GROUP BY t.client_id;
CREATE TEMP TABLE counted AS
SELECT path, count(id) AS conversions, COALESCE(sum(total), 0) AS revenue, count(client_id) AS nulls
FROM (SELECT path, id, total, NULL AS client_id FROM conversion_path UNION ALL SELECT path, NULL, NULL, client_id FROM null_path) x GROUP BY path;
SELECT count(*) AS paths, sum(conversions) AS conversions, sum(revenue) AS revenue, sum(nulls) AS nulls FROM counted;

SELECT count(*) AS compared, count(*) FILTER (WHERE (t.conversions, t.revenue, t.nulls, t.touches) IS DISTINCT FROM (c.conversions, c.revenue, c.nulls, cardinality(c.path))) AS wrong
FROM analytics.top_paths('2025-02-01', '2025-04-30', 'utm_source', '30 days', row_limit => 1000) t FULL JOIN counted c USING (path);
SELECT path, touches, conversions, revenue, share_pct, nulls, conversion_rate, currency FROM analytics.top_paths('2025-02-01', '2025-04-30', 'utm_source', '30 days', row_limit => 4);
SELECT count(*) AS compared, count(*) FILTER (WHERE (l.conversions, l.revenue, l.nulls) IS DISTINCT FROM (e.conversions, e.revenue, e.nulls)) AS wrong
FROM analytics.path_lengths('2025-02-01', '2025-04-30', 'utm_source', '30 days') l
FULL JOIN (SELECT cardinality(path) AS touches, sum(conversions)::bigint AS conversions, sum(revenue) AS revenue, sum(nulls)::bigint AS nulls FROM counted GROUP BY 1) e USING (touches);
SELECT touches, conversions, share_pct, nulls, conversion_rate FROM analytics.path_lengths('2025-02-01', '2025-04-30', 'utm_source', '30 days');
SELECT since, count(*) AS compared, count(*) FILTER (WHERE t.conversions <> e.conversions OR t.revenue <> e.revenue) AS wrong, sum(t.conversions) AS conversions, max(cumulative_pct) AS most
FROM (VALUES ('first'), ('last')) s (since), LATERAL analytics.time_to_convert('2025-02-01', '2025-04-30', lookback => '30 days', since => s.since, edges => '{1,5,20}') t,
    LATERAL (SELECT count(*) AS conversions, COALESCE(sum(total), 0) AS revenue FROM conversion_path c,
        LATERAL (SELECT extract(epoch FROM c.signed_at - CASE s.since WHEN 'first' THEN c.first_at ELSE c.last_at END) / 86400 AS days) d
        WHERE t.from_days IS NULL AND d.days IS NULL OR d.days >= t.from_days AND (t.to_days IS NULL OR d.days < t.to_days)) e GROUP BY 1 ORDER BY 1;
SELECT from_days, to_days, conversions, revenue, share_pct, cumulative_pct, currency FROM analytics.time_to_convert('2025-02-01', '2025-04-30', lookback => '30 days', edges => '{1,5,20}');

-- Models: those of the counted paths, with the revenue shared out to the last digit.
CREATE TEMP TABLE kept AS SELECT analytics.path_counts(path, conversions, revenue::float8, nulls) AS paths FROM counted;
SELECT o, count(*) AS compared, count(*) FILTER (WHERE abs(m.conversions - c.conversions) > 1e-9 OR abs(m.revenue - c.value::numeric) > 0.0002
           OR abs(m.removal_effect - c.removal_effect) > 1e-12 OR m.order_used <> c.order_used) AS wrong, sum(m.revenue) AS revenue, round(sum(m.conversions)::numeric, 6) AS conversions
FROM (VALUES (1), (2), (NULL)) x (o), LATERAL analytics.markov('2025-02-01', '2025-04-30', 'utm_source', o, '30 days') m
JOIN LATERAL (SELECT c.* FROM kept, analytics.markov_credit(paths, o) c) c ON COALESCE(c.key, '(unattributed)') = m.key GROUP BY 1 ORDER BY 1;
SELECT game, count(*) AS compared, count(*) FILTER (WHERE abs(s.conversions - c.conversions) > 1e-9 OR abs(s.revenue - c.value::numeric) > 0.0002) AS wrong, sum(s.revenue) AS revenue
FROM unnest('{cumulative,ordered,rate}'::text[]) game, LATERAL analytics.shapley('2025-02-01', '2025-04-30', 'utm_source', game, '30 days') s
JOIN LATERAL (SELECT c.* FROM kept, analytics.shapley_credit(paths, game) c) c ON COALESCE(c.key, '(unattributed)') = s.key AND c."position" IS NOT DISTINCT FROM s."position" GROUP BY 1 ORDER BY 1;
SELECT count(*) AS compared, count(*) FILTER (WHERE t IS DISTINCT FROM e) AS wrong
FROM analytics.transitions('2025-02-01', '2025-04-30', 'utm_source', lookback => '30 days') t
FULL JOIN (SELECT e.from_state, e.to_state, e.count::bigint, e.probability FROM kept, analytics.markov_transitions(paths) e
           UNION ALL SELECT '(start)', '(conversion)', sum(conversions)::bigint, NULL FROM counted WHERE path = '{}' HAVING sum(conversions) > 0) e USING (from_state, to_state);
-- What leads to a contract are all contracts.
SELECT (SELECT sum(count) FROM analytics.transitions(d.date_from, d.date_to, row_limit => 100000) WHERE to_state = '(conversion)') AS by_transitions, (SELECT sum(conversions) FROM analytics.attribution(d.date_from, d.date_to)) AS by_attribution,
       (SELECT sum(conversions) FROM analytics.top_paths(d.date_from, d.date_to, row_limit => 100000)) AS by_paths
FROM (VALUES (date '2025-01-01', date '2025-06-30'), ('2025-02-01', '2025-02-28')) d (date_from, date_to);
SELECT from_state, to_state, count, round(probability::numeric, 4) AS probability FROM analytics.transitions('2025-02-01', '2025-04-30', lookback => '30 days', row_limit => 4);

-- Money stands beside the credit, with its uncertainty where asked for.
SELECT key, round(conversions::numeric, 3) AS conversions, revenue, spend, cpa, roas, round(removal_effect::numeric, 3) AS effect, order_used, currency FROM analytics.markov('2025-01-01', '2025-06-30');
SELECT key, round(conversions_low::numeric, 3) AS low, round(conversions::numeric, 3) AS conversions, round(conversions_high::numeric, 3) AS high, revenue_low < revenue_high AS money_too
FROM analytics.shapley('2025-01-01', '2025-06-30', replicates => 100, seed => 3);
SELECT count(*) AS compared, count(*) FILTER (WHERE a IS DISTINCT FROM b) AS different FROM analytics.markov('2025-01-01', '2025-06-30', replicates => 20, seed => 3) a
FULL JOIN analytics.markov('2025-01-01', '2025-06-30', replicates => 20, seed => 3) b USING (key);

-- The rules of journeys; clients met lately are not yet lost.
SELECT path, conversions, nulls FROM analytics.top_paths('2025-01-01', '2025-06-30', transform => 'frequency', row_limit => 3);
SELECT path, conversions, nulls FROM analytics.top_paths('2025-01-01', '2025-06-30', 'channel', transform => 'exposure', max_touches => 2, row_limit => 3);
SELECT sum(nulls) AS nulls FROM analytics.path_lengths('2025-02-01', '2025-04-30', 'utm_source', '30 days', nulls_before => '2025-04-01')
UNION ALL SELECT count(*) FROM null_path WHERE last_at < '2025-04-01';
SELECT path, conversions FROM analytics.top_paths('2025-01-01', '2025-06-30', exclude_keys => '{direct}', row_limit => 3);

-- A period without anything
SELECT * FROM analytics.markov('2019-01-01', '2019-01-31');
SELECT * FROM analytics.top_paths('2019-01-01', '2019-01-31');
SELECT * FROM analytics.path_lengths('2019-01-01', '2019-01-31');
SELECT * FROM analytics.transitions('2019-01-01', '2019-01-31');
SELECT sum(conversions) AS conversions, min(share_pct) AS none FROM analytics.time_to_convert('2019-01-01', '2019-01-31');

SELECT * FROM analytics.markov('2025-02-01', '2025-01-01');
SELECT * FROM analytics.markov('2025-01-01', '2025-01-31', 'colour');
SELECT * FROM analytics.markov('2025-01-01', '2025-01-31', "order" => 21);
SELECT * FROM analytics.markov('2025-01-01', '2025-01-31', replicates => -1);
SELECT * FROM analytics.markov('2025-01-01', '2025-01-31', confidence => 0);
SELECT * FROM analytics.shapley('2025-01-01', '2025-01-31', game => 'chess');
SELECT * FROM analytics.shapley('2025-01-01', '2025-01-31', game => NULL);
SELECT * FROM analytics.transitions('2025-01-01', '2025-01-31', row_limit => 0);
SELECT * FROM analytics.top_paths('2025-01-01', '2025-01-31', cycle => 'lunar');
SELECT * FROM analytics.path_lengths('2025-01-01', '2025-01-31', transform => 'first', transform_key => 'x');
SELECT * FROM analytics.time_to_convert('2025-01-01', '2025-01-31', since => 'ever');
SELECT * FROM analytics.time_to_convert('2025-01-01', '2025-01-31', edges => '{3,1}');
SELECT * FROM analytics.time_to_convert('2025-01-01', '2025-01-31', lookback => '1 month');

-- Rounding that adds up
SELECT analytics_internal.share_exactly('{0.33333333,0.33333333,0.33333333}', 1), analytics_internal.share_exactly('{1,2}', 3.0001), analytics_internal.share_exactly('{1,2}', 2.9999), analytics_internal.share_exactly('{}', 0),
       analytics_internal.share_exactly('{-0.5,1.5}', 1), analytics_internal.share_exactly('{5}', 5.0007);

-- Before install() the caller is told so.
BEGIN;
SET LOCAL client_min_messages = warning;
DROP SCHEMA warehouse CASCADE;
SAVEPOINT s;
SELECT * FROM analytics.markov('2025-01-01', '2025-01-31'); ROLLBACK TO s;
SELECT * FROM analytics.top_paths('2025-01-01', '2025-01-31'); ROLLBACK TO s;
SELECT * FROM analytics.path_lengths('2025-01-01', '2025-01-31'); ROLLBACK TO s;
SELECT * FROM analytics.time_to_convert('2025-01-01', '2025-01-31'); ROLLBACK TO s;
SELECT * FROM analytics.attribution_pairs('2025-01-01', '2025-01-31'); ROLLBACK TO s;
ROLLBACK;

-- Step by step: against plain SQL over the paths of above. Each key of few journeys is (other), a key met several times in a row is one step.
CREATE TEMP TABLE step_key AS
SELECT key FROM counted c, LATERAL (SELECT DISTINCT k AS key FROM unnest(c.path) k) k GROUP BY key ORDER BY sum(c.conversions + c.nulls) DESC, key COLLATE "C" LIMIT 3;
CREATE TEMP TABLE step_link AS
WITH RECURSIVE journey AS (
    SELECT row_number() OVER () AS j, ARRAY(SELECT COALESCE((SELECT s.key FROM step_key s WHERE s.key = k), '(other)') FROM unnest(path) WITH ORDINALITY u (k, n) ORDER BY n) AS keys, conversions, nulls, revenue FROM counted
), walk AS (
    SELECT j, keys[1:1] AS seen, keys[2:] AS rest FROM journey
    UNION ALL
    SELECT j, CASE WHEN seen[cardinality(seen)] = rest[1] THEN seen ELSE seen || rest[1] END, rest[2:] FROM walk WHERE cardinality(rest) > 0
), met AS (
    SELECT j, CASE WHEN seen = '{}' THEN '{(unattributed)}' ELSE seen END AS seen FROM walk WHERE cardinality(rest) = 0
)
SELECT a.align, o.outcome, j.j, CASE a.align WHEN 'start' THEN m.seen[:2] || CASE WHEN cardinality(m.seen) > 2 THEN ARRAY['(more)'] END
                            ELSE CASE WHEN cardinality(m.seen) > 2 THEN ARRAY['(more)'] END || m.seen[greatest(cardinality(m.seen) - 1, 1):] END || o.outcome AS nodes,
       CASE o.outcome WHEN '(null)' THEN j.nulls ELSE j.conversions END AS journeys, CASE o.outcome WHEN '(null)' THEN 0 ELSE j.conversions END AS conversions, CASE o.outcome WHEN '(null)' THEN 0 ELSE j.revenue END AS revenue
FROM journey j JOIN met m USING (j), (VALUES ('(conversion)'), ('(null)')) o (outcome), (VALUES ('start'), ('end')) a (align);
SELECT s.align, count(*) AS compared, count(*) FILTER (WHERE (t.journeys, t.conversions, t.revenue) IS DISTINCT FROM (s.journeys, s.conversions, s.revenue)) AS wrong
FROM (SELECT l.align, CASE l.align WHEN 'start' THEN n ELSE n + 3 - cardinality(l.nodes) END AS step, l.nodes[n] AS key, l.nodes[n + 1] AS next_key,
             sum(l.journeys)::bigint AS journeys, sum(l.conversions)::bigint AS conversions, sum(l.revenue) AS revenue
      FROM step_link l, generate_series(1, cardinality(l.nodes) - 1) n WHERE l.journeys > 0 GROUP BY 1, 2, 3, 4) s
FULL JOIN (SELECT a.align, t.* FROM (VALUES ('start'), ('end')) a (align), analytics.journey_steps('2025-02-01', '2025-04-30', 'utm_source', 2, 3, a.align, '30 days') t) t
    ON t.align = s.align AND t.step = s.step AND t.key = s.key AND t.next_key = s.next_key
GROUP BY s.align ORDER BY s.align;
SELECT step, key, next_key, journeys, conversions, revenue, currency FROM analytics.journey_steps('2025-02-01', '2025-04-30', 'utm_source', 2, 2, lookback => '30 days');
-- Whatever is shown, the links to (conversion) are all contracts, those to (null) all other journeys; and what comes to a step goes on from it.
SELECT s.steps, s.top, s.align, sum(t.conversions) FILTER (WHERE t.next_key = '(conversion)') = (SELECT sum(conversions) FROM counted) AS contracts, sum(t.revenue) FILTER (WHERE t.next_key = '(conversion)') = (SELECT sum(revenue) FROM counted) AS money,
       sum(t.journeys) FILTER (WHERE t.next_key = '(null)') = (SELECT sum(nulls) FROM counted) AS nulls, count(*) FILTER (WHERE t.next_key LIKE '(_%' AND t.key = t.next_key AND t.key <> '(other)') AS loops
FROM (VALUES (1, 1, 'end'), (1, 9, 'start'), (3, 2, 'end'), (9, 9, 'start'), (100, 1000, 'end')) s (steps, top, align), LATERAL analytics.journey_steps('2025-02-01', '2025-04-30', 'utm_source', s.steps, s.top, s.align, '30 days') t
GROUP BY s.steps, s.top, s.align ORDER BY 1, 2, 3;
SELECT count(*) > 5 AS nodes, count(*) FILTER (WHERE i.journeys IS DISTINCT FROM o.journeys OR i.conversions IS DISTINCT FROM o.conversions) AS lost
FROM (SELECT step + 1 AS step, next_key AS key, sum(journeys) AS journeys, sum(conversions) AS conversions FROM analytics.journey_steps('2025-02-01', '2025-04-30', 'channel', 3, align => 'start')
      WHERE next_key NOT IN ('(conversion)', '(null)') GROUP BY 1, 2) i
FULL JOIN (SELECT step, key, sum(journeys) AS journeys, sum(conversions) AS conversions FROM analytics.journey_steps('2025-02-01', '2025-04-30', 'channel', 3, align => 'start') WHERE step > 1 GROUP BY 1, 2) o USING (step, key);
SELECT * FROM analytics.journey_steps('2025-02-01', '2025-04-30', steps => 0);
SELECT * FROM analytics.journey_steps('2025-02-01', '2025-04-30', top => NULL);
SELECT * FROM analytics.journey_steps('2025-02-01', '2025-04-30', align => 'middle');
