-- 10,000 counted paths through twelve channels with 19,785 conversions and 68,602 journeys that came to nothing: Markov, Shapley and
-- heuristic credits against exact solutions of other make, and against the R package that published the paths.
\ir prelude.sql
CREATE TABLE raw.paths (path text, conversions float8, value float8, nulls float8);
\set copy '\\copy raw.paths from ' :data_dir '/attribution/channelattribution_pathdata.csv csv header'
:copy
CREATE TABLE raw.exact_1 (channel text, effect float8, effect_value float8, conversions float8, value float8);
\set copy '\\copy raw.exact_1 from ' :data_dir '/attribution/oracle_exact_markov_order1.csv csv header'
:copy
CREATE TABLE raw.exact_2 (LIKE raw.exact_1);
\set copy '\\copy raw.exact_2 from ' :data_dir '/attribution/oracle_exact_markov_order2.csv csv header'
:copy
CREATE TABLE raw.simulated (channel text, conversions float8, value float8, effect float8, effect_value float8);
\set copy '\\copy raw.simulated from ' :data_dir '/attribution/oracle_ca_markov_order1_default.csv csv header'
:copy
CREATE TABLE raw.heuristic (channel text, first float8, first_value float8, last float8, last_value float8, linear float8, linear_value float8);
\set copy '\\copy raw.heuristic from ' :data_dir '/attribution/oracle_ca_heuristic.csv csv header'
:copy
CREATE TABLE raw.shapley (channel text, conversions float8, value float8, simplified float8, simplified_value float8, rate float8, rate_scaled float8);
\set copy '\\copy raw.shapley from ' :data_dir '/attribution/oracle_exact_shapley_pathdata.csv csv header'
:copy

CREATE TEMP TABLE kept AS
SELECT analytics.path_counts(regexp_split_to_array(path, ' *> *'), conversions, value, nulls) AS paths FROM raw.paths;
SELECT pg_temp.same('keys', s.keys, 12), pg_temp.same('conversions', s.conversions, 19785::float8), pg_temp.same('nulls', s.nulls, 68602::float8),
       pg_temp.close('value', s.value, 74802.9715872, 1e-12)
FROM kept, analytics.path_counts_summary(paths) s;
SELECT pg_temp.same('rows in another order', (SELECT analytics.path_counts(regexp_split_to_array(path, ' *> *'), conversions, value, nulls ORDER BY md5(path)) FROM raw.paths)::text = paths::text, true) FROM kept;

-- Markov: effects and credits to 1e-9.
CREATE TEMP TABLE markov AS SELECT o, m.* FROM kept, generate_series(1, 3) o, analytics.markov_credit(paths, o) m;
CREATE TEMP VIEW exact AS SELECT 1 AS o, * FROM raw.exact_1 UNION ALL SELECT 2, * FROM raw.exact_2;
SELECT pg_temp.same('credits compared', count(*), 24::bigint) FROM markov m JOIN exact e ON (e.o, e.channel) = (m.o, m.key);
SELECT pg_temp.close(format('effect of %s, order %s', channel, o), m.removal_effect, e.effect, 1e-9),
       pg_temp.close(format('effect on value of %s, order %s', channel, o), m.removal_effect_value, e.effect_value, 1e-9),
       pg_temp.close(format('conversions of %s, order %s', channel, o), m.conversions, e.conversions, 1e-9),
       pg_temp.close(format('value of %s, order %s', channel, o), m.value, e.value, 1e-9)
FROM exact e JOIN markov m USING (o) WHERE m.key = e.channel;
SELECT pg_temp.close('base probability', base_probability, 0.2238451356, 1e-9) FROM markov;
SELECT pg_temp.close('conversions in all', sum(conversions), 19785, 1e-12), pg_temp.close('value in all', sum(value), 74802.9715872, 1e-12) FROM markov GROUP BY o;
SELECT pg_temp.close('alpha, order 3', conversions, 5748.0986, 1e-7) FROM markov WHERE o = 3 AND key = 'alpha';
SELECT pg_temp.close('mi, order 3', conversions, 2.1268, 1e-4) FROM markov WHERE o = 3 AND key = 'mi';
SELECT pg_temp.same('within 2.05 % of the simulation, the noise of its own', sum(abs(m.conversions - s.conversions)) / 19785 < 0.0205, true)
FROM raw.simulated s JOIN markov m ON m.key = s.channel AND m.o = 1;
SELECT pg_temp.close('what leaves ' || from_state, sum(probability), 1, 1e-12) FROM kept, analytics.markov_transitions(paths, 2) GROUP BY from_state;
SELECT pg_temp.same('journeys that convert', sum(count), 19785::float8) FROM kept, analytics.markov_transitions(paths, 3) WHERE to_state = '(conversion)';
SELECT pg_temp.same('one best order', count(*) FILTER (WHERE best), 1::bigint), pg_temp.same('orders', count(*), 5::bigint) FROM kept, analytics.markov_order(paths);

-- First, last and linear touch.
CREATE TEMP VIEW heuristic AS SELECT channel, m.* FROM raw.heuristic,
    LATERAL (VALUES ('first', first, first_value), ('last', last, last_value), ('linear', linear, linear_value)) m (model, conversions, value);
SELECT pg_temp.same('heuristics compared', count(*), 36::bigint) FROM heuristic;
SELECT pg_temp.close(format('%s of %s', h.model, channel), c.conversions, h.conversions, 1e-9), pg_temp.close(format('value by %s of %s', h.model, channel), c.value, h.value, 1e-9)
FROM heuristic h LEFT JOIN (SELECT c.* FROM kept, analytics.path_credit(paths) c) c ON (c.model, c.key) = (h.model, h.channel);

-- Shapley: the whole game over 2^12 coalitions, and its simplified form.
SELECT pg_temp.close('Shapley value of ' || channel, c.conversions, s.conversions, 1e-9), pg_temp.close('Shapley of the value of ' || channel, c.value, s.value, 1e-9)
FROM raw.shapley s LEFT JOIN (SELECT c.* FROM kept, analytics.shapley_credit(paths) c) c ON c.key = s.channel;
SELECT pg_temp.close('ordered, ' || s.channel, c.conversions, s.conversions, 1e-9)
FROM raw.shapley s LEFT JOIN (SELECT c.key, sum(c.conversions) AS conversions FROM kept, analytics.shapley_credit(paths, 'ordered') c GROUP BY c.key) c ON c.key = s.channel;
SELECT pg_temp.close(game || ' adds up', sum(conversions), 19785, 1e-12), pg_temp.close('value of ' || game, sum(value), 74802.9715872, 1e-12),
       pg_temp.same('nothing negative in ' || game, min(conversions) >= 0, true)
FROM kept, unnest('{cumulative,ordered,rate}'::text[]) game, analytics.shapley_credit(paths, game) GROUP BY game;
SELECT pg_temp.close('removal adds up', sum(conversions), 19785, 1e-12) FROM kept, analytics.removal_credit(paths);
