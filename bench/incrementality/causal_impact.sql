-- How often causal_impact() finds what is not there, and how often its 90 % interval holds what is, in simulated series of 112 days before
-- and 14 in the period. Usage: psql -v runs=400 -v seed=1 -f bench/incrementality/causal_impact.sql, where pg_marketing is created.
SELECT setseed(:seed / 1e6);
CREATE TEMP TABLE panel AS
WITH noise AS (
    SELECT w.world, l.lift, r.run, d.day, random() AS u, random() AS v, random() AS a, random() AS b
    FROM (VALUES ('weekdays'), ('weekdays, 12 a day'), ('lasting noise'), ('lasting noise, with a control')) w (world), (VALUES (0.0), (0.1)) l (lift),
         generate_series(1, :runs) r (run), generate_series(0, 125) d (day)
), shock AS (
    -- Two series of normal shocks that last: an AR(1) of 0.6, as a sum over the days before.
    SELECT n.*, sum(sqrt(-2 * ln(1 - n.u)) * cos(2 * pi() * n.v) * pow(0.6, -n.day)) OVER series * pow(0.6, n.day) * 0.8 AS own,
           sum(sqrt(-2 * ln(1 - n.a)) * cos(2 * pi() * n.b) * pow(0.6, -n.day)) OVER series * pow(0.6, n.day) * 0.8 AS common
    FROM noise n
    WINDOW series AS (PARTITION BY n.world, n.lift, n.run ORDER BY n.day)
), expected AS (
    SELECT s.*, (1 + 0.2 * sin(2 * pi() * s.day / 7)) * CASE WHEN s.world LIKE '%12 a day' THEN 12 ELSE 200 END
               * CASE WHEN s.world LIKE 'weekdays%' THEN 1 ELSE 1 + 0.06 * s.common + CASE WHEN s.world LIKE '%control' THEN 0.02 * s.own ELSE 0 END END AS mean
    FROM shock s
)
SELECT e.world, e.lift, e.run, e.day, GREATEST(round((e.mean * (1 + CASE WHEN e.day >= 112 THEN e.lift ELSE 0 END)
           + sqrt(e.mean) * sqrt(-2 * ln(1 - e.u)) * sin(2 * pi() * e.v))::numeric), 0)::float8 AS response,
       e.mean * CASE WHEN e.day >= 112 THEN e.lift ELSE 0 END AS effect,
       500 * (1 + 0.2 * sin(2 * pi() * e.day / 7)) * (1 + 0.06 * e.common) + 20 * sqrt(-2 * ln(1 - e.a)) * sin(2 * pi() * e.b) AS control
FROM expected e;
SELECT p.world, p.lift, round(avg((i.p_value < 0.05)::int), 3) AS found, round(avg((p.effect BETWEEN i.effect_low AND i.effect_high)::int), 3) AS holds,
       round(avg(i.lift)::numeric, 3) AS mean_lift, round((avg(i.effect_high - i.effect_low) / avg(i.expected))::numeric, 3) AS width
FROM (
    SELECT world, lift, run, array_agg(date '2026-01-01' + day ORDER BY day) AS days, array_agg(response ORDER BY day) AS response,
           array_agg(control ORDER BY day) AS control, sum(effect) AS effect
    FROM panel
    GROUP BY world, lift, run
) p
CROSS JOIN LATERAL analytics.causal_impact(
    p.days, p.response, date '2026-01-01' + 112, control => CASE WHEN p.world LIKE '%control' THEN p.control END) i
GROUP BY p.world, p.lift
ORDER BY p.world, p.lift;
