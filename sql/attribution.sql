-- Attribution on the warehouse, beside the same written out in SQL over the raw rows.
\i test/fixture/shop.sql

SELECT model, key, round(conversions::numeric, 4) AS conversions, revenue, share_pct, spend, cpa, roas, assisted, round(p_support::numeric, 4) AS p_support
FROM analytics.attribution('2025-01-01', '2025-06-30', '{last_paid,linear}');
SELECT model, key, round(conversions::numeric, 4) AS conversions, revenue, spend, cpa, roas FROM analytics.attribution('2025-01-01', '2025-06-30', dimension => 'campaign');
SELECT model, key, round(conversions::numeric, 4) AS conversions, revenue, spend FROM analytics.attribution('2025-01-01', '2025-06-30', dimension => 'platform+campaign', platforms => '{meta}');
SELECT key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{first}', 'channel');
SELECT key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-01-01', '2025-06-30', '{last}', 'utm_source');

-- Each model against window functions over the raw rows, in the last quarter's signatures, lookback of 30 days.
WITH path AS (
    SELECT k.id, k.total, e.*, row_number() OVER (PARTITION BY k.id ORDER BY happened_at, e.event_id) AS i, count(*) OVER (PARTITION BY k.id) AS n,
           sum(power(2, -extract(epoch FROM k.signed_at - happened_at) / 604800.0)) OVER (PARTITION BY k.id) AS decayed,
           power(2, -extract(epoch FROM k.signed_at - happened_at) / 604800.0) AS decay
    FROM raw.contracts k JOIN (SELECT event_id AS touch, event_id, client_id, happened_at, COALESCE(utm_source, '(none)') AS utm_source FROM raw.events) e USING (client_id)
    WHERE e.happened_at BETWEEN k.signed_at - interval '720 hours' AND k.signed_at
      AND (k.signed_at AT TIME ZONE 'Europe/Kyiv')::date BETWEEN '2025-02-01' AND '2025-04-30'
), weight AS (
    SELECT total, utm_source, m.model, m.w FROM path, LATERAL (VALUES
        ('first', (i = 1)::int::float8), ('last', (i = n)::int::float8), ('linear', 1.0 / n), ('time_decay', decay / decayed),
        ('position_based', CASE WHEN n = 1 THEN 1 WHEN n = 2 THEN 0.5 WHEN i IN (1, n) THEN 0.4 ELSE 0.2 / (n - 2) END)) m (model, w)
), expected AS (
    SELECT model, utm_source AS key, sum(w) AS conversions, sum(w * total::float8) AS revenue FROM weight GROUP BY 1, 2
), found AS (
    SELECT * FROM analytics.attribution('2025-02-01', '2025-04-30', '{first,last,linear,time_decay,position_based}', 'utm_source', lookback => '30 days', half_life => '7 days')
)
SELECT count(*) AS compared, count(*) FILTER (WHERE f.key IS NULL OR abs(f.conversions - COALESCE(e.conversions, 0)) > 1e-9 OR abs(f.revenue - COALESCE(e.revenue, 0)::numeric) > 0.0001) AS wrong
FROM expected e FULL JOIN found f USING (model, key) WHERE COALESCE(f.key, '') <> '(unattributed)';

-- Credits add up to the contracts and their revenue, exactly, for any model, dimension and rule.
SELECT count(*) AS tried, count(*) FILTER (WHERE abs(a.conversions - c.n) > 1e-9 OR a.revenue <> c.amount) AS wrong
FROM (VALUES ('platform'), ('channel'), ('campaign'), ('platform+campaign'), ('ad'), ('utm_source')) d (dimension),
     (VALUES ('shared'), ('since_previous'), ('since_previous_reuse')) y (cycle), (VALUES (interval '1 day'), ('90 days'), ('1000 days')) l (lookback),
     LATERAL (SELECT model, sum(conversions) AS conversions, sum(revenue) AS revenue FROM analytics.attribution('2025-01-01', '2025-12-31',
        '{first,last,first_non_direct,last_non_direct,first_paid,last_paid,linear,linear_unique,time_decay,position_decay,position_based,u_shaped,j_shaped,inverse_j,w_shaped,full_path,custom}',
        d.dimension, l.lookback, cycle => y.cycle, first_weights => '{0.3,0.1}', last_weights => '{0.2}') GROUP BY model) a,
     (SELECT count(*) AS n, sum(total) AS amount FROM raw.contracts) c;

-- Participation: each source in the journey has the contract once, so its credit is what the others assist with.
SELECT count(*) AS compared, count(*) FILTER (WHERE a.conversions <> p.n OR a.conversions <> a.assisted OR a.revenue <> p.amount) AS wrong
FROM (SELECT utm_source, count(*) AS n, sum(total) AS amount
      FROM (SELECT DISTINCT k.id, k.total, COALESCE(e.utm_source, '(none)') AS utm_source FROM raw.contracts k
            JOIN raw.events e ON e.client_id = k.client_id AND e.happened_at BETWEEN k.signed_at - interval '720 hours' AND k.signed_at) x GROUP BY 1) p
FULL JOIN (SELECT * FROM analytics.attribution('2025-01-01', '2025-12-31', '{participation}', 'utm_source', '30 days') WHERE conversions > 0 AND key <> '(unattributed)') a
    ON a.key = p.utm_source;
-- Visits with the mark of a direct one are no contact for the models that ask; leads anchor the models by stage; a filter of platforms picks
-- credits, also where platforms share a key, and leaves journeys whole.
BEGIN;
SELECT model, round(sum(conversions) FILTER (WHERE key = 'direct')::numeric, 4) AS direct, round(sum(conversions) FILTER (WHERE key <> 'direct')::numeric, 4) AS others
FROM analytics.attribution('2025-01-01', '2025-12-31', '{first,last,first_non_direct,last_non_direct}', lookback => '1000 days') GROUP BY model ORDER BY model;
INSERT INTO warehouse.fact_leads (business_id, client_bucket, source_id, lead_id, client_key, created_at, created_date, platform, channel, is_paid, attribution_rule, n_contracts, contract_amount)
SELECT business_id, client_bucket, source_id, event_id, client_key, occurred_at, occurred_at::date, platform, channel, false, 'none', 0, 0
FROM warehouse.fact_events WHERE event_id LIKE '%2' AND client_key % 2 = 0;
SELECT model, key, round(conversions::numeric, 4) AS conversions FROM analytics.attribution('2025-01-01', '2025-12-31', '{w_shaped,full_path}', 'utm_source', '1000 days')
EXCEPT ALL
SELECT model, key, round(conversions::numeric, 4) FROM (SELECT analytics.journeys(e.client_key, e.occurred_at, e.n, e.key, false, e.amount) AS j FROM (
    SELECT client_key, occurred_at, touch_number AS n, COALESCE(utm_source, '(none)') AS key, NULL::numeric AS amount FROM warehouse.fact_events
    UNION ALL SELECT client_key, created_at, 0, 'the lead', NULL FROM warehouse.fact_leads
    UNION ALL SELECT client_key, signed_at, NULL, NULL, amount FROM warehouse.fact_contracts) e) s,
    LATERAL (SELECT model, COALESCE(key, '(unattributed)') AS key, conversions
             FROM analytics.attribution_credit(j, '{w_shaped,full_path}', '1000 days', stage_keys => '{the lead}')) c;
SELECT platforms, round(sum(conversions)::numeric, 4) AS conversions, sum(assisted) AS assisted
FROM (VALUES ('{google}'::text[]), ('{direct}'), ('{google,direct}'), (NULL)) p (platforms),
    LATERAL analytics.attribution('2025-01-01', '2025-12-31', '{linear}', 'utm_source', '1000 days', platforms => p.platforms) WHERE key = '(none)' GROUP BY platforms ORDER BY 1;
ROLLBACK;
-- Models side by side
SELECT key, conversions, revenue, roas, spend, assisted FROM analytics.attribution_compare('2025-01-01', '2025-06-30', '{last,u_shaped}', platforms => '{meta}');
SELECT key, revenue ->> 'first' AS first, revenue ->> 'custom' AS custom, revenue ->> 'full_path' AS full_path
FROM analytics.attribution_compare('2025-01-01', '2025-06-30', '{first,custom,full_path}', 'channel', first_weights => '{0.75}', last_weights => '{0.25}');

-- The stored rule of contracts and the model agree where the lookback reaches the first touch.
SELECT count(*) AS wrong FROM (
    SELECT key, conversions FROM analytics.attribution('2025-01-01', '2025-05-31') WHERE conversions > 0
    EXCEPT SELECT CASE attribution_rule WHEN 'none' THEN '(unattributed)' ELSE attributed_platform END, count(*) FROM warehouse.fact_contracts
    WHERE signed_date <= '2025-05-31' GROUP BY 1) x;

SELECT * FROM analytics.attribution('2025-02-01', '2025-01-01');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', '{frist}');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', '{custom}', first_weights => '{2}');
SELECT * FROM analytics.attribution_compare('2025-02-01', '2025-01-01');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', NULL);
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', dimension => 'colour');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', cycle => 'lunar');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', lookback => '-1 day');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', platforms => '{facebok}');

-- By the date of the touch: what touches of a period earned, whenever the contract followed, against window functions over the raw rows.
CREATE TEMP TABLE shared_out AS
SELECT e.utm_source AS key, e.happened_at, k.signed_at, k.total, 1.0 / count(*) OVER (PARTITION BY k.id) AS linear
FROM raw.contracts k JOIN (SELECT client_id, happened_at, COALESCE(utm_source, '(none)') AS utm_source FROM raw.events) e USING (client_id)
WHERE e.happened_at BETWEEN k.signed_at - interval '720 hours' AND k.signed_at;
SELECT p.month, count(*) AS keys, sum(round(f.conversions::numeric, 6)) AS conversions,
       count(*) FILTER (WHERE abs(f.conversions - COALESCE(e.conversions, 0)) > 1e-9 OR abs(f.revenue - COALESCE(e.revenue, 0)) > 0.0001) AS wrong
FROM (VALUES ('2025-01-01'::date, '2025-01-31'::date), ('2025-02-01', '2025-02-28'), ('2025-03-01', '2025-12-31')) p (month, until),
    LATERAL (SELECT * FROM analytics.attribution(p.month, p.until, '{linear}', 'utm_source', '30 days', basis => 'touch') WHERE key <> '(unattributed)') f
    LEFT JOIN LATERAL (SELECT sum(linear) AS conversions, sum(linear * total) AS revenue FROM shared_out s
        WHERE s.key = f.key AND (s.happened_at AT TIME ZONE 'Europe/Kyiv')::date BETWEEN p.month AND p.until) e ON true
GROUP BY 1 ORDER BY 1;
SELECT round(sum(conversions)::numeric, 6) AS all_contracts, sum(revenue) AS their_revenue FROM
    (VALUES ('2025-01-01'::date, '2025-01-31'::date), ('2025-02-01', '2025-02-28'), ('2025-03-01', '2025-12-31')) p (month, until),
    LATERAL analytics.attribution(p.month, p.until, '{linear}', 'utm_source', '30 days', basis => 'touch');

-- What the figures rest on, and how sure a difference is; the same seed gives the same answer.
SELECT key, round(conversions::numeric, 3) AS conversions, round(conversions_low::numeric, 2) AS low, round(conversions_high::numeric, 2) AS high,
       revenue_low <= revenue AND revenue <= revenue_high AS within, supporting, clients, round(margin::numeric, 2) AS margin, evidence
FROM analytics.attribution_support('2025-01-01', '2025-06-30', '{linear}', seed => 1);
SELECT count(*) AS compared, count(*) FILTER (WHERE a.conversions_low <> s.conversions_low OR a.revenue_high <> s.revenue_high) AS different
FROM analytics.attribution_support('2025-01-01', '2025-06-30', '{linear}', seed => 1) s
JOIN analytics.attribution('2025-01-01', '2025-06-30', '{linear}', replicates => 200, seed => 1) a ON a.key = s.key;
SELECT model, key, other_key, round(p_more_conversions::numeric, 2) AS p_more_conversions, round(p_more_revenue::numeric, 2) AS p_more_revenue
FROM analytics.attribution_pairs('2025-01-01', '2025-06-30', '{linear}', platforms => '{meta,google,email}', seed => 1);
SELECT evidence, clients, margin FROM analytics.attribution_support('2025-01-01', '2025-06-30', '{linear}', platforms => '{tiktok}');

-- Assisted: in the journey and not its end
SELECT count(*) AS keys, sum(a.assisted) AS assisted, sum(a.last_touch) AS last_touch, sum(a.first_touch) AS first_touch,
       count(*) FILTER (WHERE (a.assisted, a.last_touch, a.assisted_revenue) IS DISTINCT FROM (e.assisted, e.last_touch, e.assisted_revenue)) AS wrong
FROM analytics.assisted_conversions('2025-01-01', '2025-12-31', 'utm_source', '30 days') a LEFT JOIN (
    SELECT key, count(*) FILTER (WHERE NOT closes) AS assisted, count(*) FILTER (WHERE closes) AS last_touch, COALESCE(sum(total) FILTER (WHERE NOT closes), 0) AS assisted_revenue
    FROM (SELECT k.id, k.total, COALESCE(e.utm_source, '(none)') AS key, bool_or(e.happened_at = l.latest) AS closes
          FROM raw.contracts k JOIN raw.events e ON e.client_id = k.client_id AND e.happened_at BETWEEN k.signed_at - interval '720 hours' AND k.signed_at
          JOIN LATERAL (SELECT max(x.happened_at) AS latest FROM raw.events x WHERE x.client_id = k.client_id AND x.happened_at <= k.signed_at) l ON true GROUP BY 1, 2, 3) x
    GROUP BY key) e USING (key);

-- The rules of journeys are arguments; an excluded key is as if it had never been, with a filter of platforms, too.
SELECT key, conversions FROM analytics.attribution('2025-01-01', '2025-12-31', '{last}', 'utm_source', exclude_keys => '{(none)}') ORDER BY key;
SELECT key, conversions FROM analytics.attribution('2025-01-01', '2025-12-31', '{last}', 'utm_source', only_keys => '{Newsletter}', platforms => '{email}') ORDER BY key;
SELECT transform, max_touches, round(sum(conversions) FILTER (WHERE key = 'direct')::numeric, 4) AS direct, round(sum(conversions)::numeric, 4) AS all
FROM (VALUES ('none', NULL::text, NULL::int), ('exposure', NULL, NULL), ('first', NULL, NULL), ('remove_if_last_and_not_all', 'direct', NULL), ('exposure, remove_if_last_and_not_all', 'direct', NULL),
          ('exposure, remove_if_last_and_not_all(direct, google)', NULL, NULL), ('none', NULL, 1)) r (transform, transform_key, max_touches),
    LATERAL analytics.attribution('2025-01-01', '2025-12-31', '{linear}', transform => r.transform, transform_key => r.transform_key, max_touches => r.max_touches) GROUP BY 1, 2 ORDER BY 1, 2;
SELECT include_conversion_touch, sum(conversions) FILTER (WHERE key = '(unattributed)') AS unattributed
FROM unnest('{true,false}'::bool[]) include_conversion_touch, LATERAL analytics.attribution('2025-01-01', '2025-12-31', '{last}', include_conversion_touch => include_conversion_touch) GROUP BY 1 ORDER BY 1;
BEGIN;
UPDATE warehouse.fact_events SET source_type = 'Impression' WHERE utm_source IS NULL;
SELECT views, string_agg(key || ' ' || round(conversions), ', ' ORDER BY key) AS last FROM unnest('{count,yield,ignore}'::text[]) views,
    LATERAL analytics.attribution('2025-01-01', '2025-12-31', '{last}', 'utm_source', views => views) GROUP BY 1 ORDER BY 1;
ROLLBACK;

-- Two businesses: credits add up; money of two currencies does not.
BEGIN;
INSERT INTO warehouse.settings (business_id, currency) VALUES (2, 'EUR');
INSERT INTO warehouse.dim_platforms VALUES (2, 'email', NULL, false);
INSERT INTO warehouse.fact_events (business_id, client_bucket, source_id, event_id, client_key, occurred_at, event_date, platform, channel, is_paid, channel_rule, touch_number, touch_role, is_lead, is_contract)
SELECT 2, 0, 9, 'x' || c, c, timestamptz '2025-02-01' + c * interval '1 day', date '2025-02-01' + c, 'email', 'Email', false, '', 1, 'first', true, false FROM generate_series(1, 6) c;
INSERT INTO warehouse.fact_contracts (business_id, client_bucket, source_id, contract_id, client_key, signed_at, signed_date, amount)
SELECT 2, 0, 9, 'x' || c, c, timestamptz '2025-02-20', '2025-02-20', 100 FROM generate_series(1, 5) c;
SELECT business, key, round(conversions::numeric, 4) AS conversions, revenue, spend, currency, round(conversions_low::numeric, 2) AS low
FROM (VALUES (1), (2)) b (business), LATERAL analytics.attribution('2025-01-01', '2025-06-30', '{linear}', business_id => business, replicates => 100) WHERE key IN ('email', 'google') ORDER BY 1, 2;
SELECT business, key, round(conversions::numeric, 4) AS conversions, revenue, currency FROM (VALUES (1), (2)) b (business),
    LATERAL analytics.markov('2025-01-01', '2025-06-30', business_id => business) WHERE key IN ('email', 'google') ORDER BY 1, 2;
SAVEPOINT two_currencies;
SELECT FROM analytics.attribution('2025-01-01', '2025-06-30');
ROLLBACK TO two_currencies;
SELECT FROM analytics.markov('2025-01-01', '2025-06-30');
ROLLBACK TO two_currencies;
UPDATE warehouse.settings SET currency = 'UAH';
SELECT sum(revenue) AS revenue, sum(conversions) AS conversions, min(currency) AS currency FROM analytics.attribution('2025-01-01', '2025-06-30', '{linear}');
ROLLBACK;

SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', basis => 'lead');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', replicates => -1);
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', confidence => 1.5);
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', transform => 'remove_if_not_all');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', views => 'sometimes');
SELECT * FROM analytics.attribution('2025-01-01', '2025-01-31', max_touches => 0);
SELECT * FROM analytics.attribution_pairs('2025-01-01', '2025-01-31', replicates => 0);

-- Values that add up beyond what a number can hold are an error, and no NULL.
SELECT * FROM (SELECT analytics.journeys(1, timestamptz '2025-01-01' + i * interval '1 day', i, 'b', true, 1.7e308::float8) AS j FROM generate_series(1, 3) i) x,
    LATERAL analytics.attribution_credit(j, '{linear}') c;
SELECT analytics.journeys_summary(j) FROM (SELECT analytics.journeys(i, timestamptz '2025-01-01' + i * interval '1 day', i, 'b', true, 1.7e308::float8) AS j FROM generate_series(1, 3) i) x;
