-- Journeys whose causes are known: what the models make of them, and how often the interval holds the expected credit. Larger by bench/attribution/recovery.
\i test/fixture/reset.sql
\set ECHO none
\i test/fixture/simulated_journeys.sql
\set ECHO all

-- Where who meets a channel does not depend on who would buy, the models that look at clients who did not buy come closest.
SELECT min(error) FILTER (WHERE model LIKE 'shapley, rate') < min(error) FILTER (WHERE model LIKE 'markov%' OR model = 'linear') AS rates_beat_positions,
       max(error) FILTER (WHERE model NOT IN ('first', 'last', 'inverse_j')) < 25 AS none_is_far_off, max(error) FILTER (WHERE model IN ('first', 'last')) > 18 AS single_touches_are
FROM simulated.errors('independent', 1, 2000);
-- Where a channel is shown to those who would buy anyway, no model finds out.
SELECT count(*) AS models, bool_and(error > 20) AS all_are_far_off FROM simulated.errors('harvest', 1, 2000);
-- The interval of 90 % holds the credit to be expected about as often as it says.
SELECT avg(covered) BETWEEN 0.8 AND 0.95 AS covered, min(covered) > 0.7 AS each_key_and_model FROM simulated.coverage('independent', 40, 400, 0.9) WHERE expected >= 5;
-- Where tests measured what each channel causes, calibrated credit is near the truth; a test of the channel that does nothing helps most.
SELECT e.error < 10 AS within_ten_points, f.error > 25 AS without, r.error < f.error - 10 AS one_test_helps
FROM simulated.calibrated_errors('harvest', 1, 10000, 0.05) e, simulated.errors('harvest', 1, 10000) f, simulated.calibrated_errors('harvest', 1, 10000, 0.05, '{retargeting}') r
WHERE e.model = 'linear' AND f.model = 'linear' AND r.model = 'linear';
