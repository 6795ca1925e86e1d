-- attribution() is the sum of attribution_touches() to the last bit: in random worlds, for every model, dimension and window.
\i test/fixture/reset.sql
\set echo :ECHO
\set ECHO none
\o /dev/null
SELECT analytics.install();
SELECT analytics.configure(reporting_timezone => 'Europe/Kyiv', currency => 'UAH');
INSERT INTO warehouse.settings (business_id, reporting_timezone, currency) VALUES (2, 'America/New_York', 'UAH');
CREATE SCHEMA raw;
CREATE FUNCTION raw.chance(what text, n int) RETURNS int LANGUAGE sql IMMUTABLE AS $$ SELECT ('x' || left(md5(what), 7))::bit(28)::int % n $$;
CREATE FUNCTION raw.one_of(what text, choices text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT choices[1 + raw.chance(what, cardinality(choices))] $$;
-- Times on a grid of three hours, so that touches and conversions meet; all that a dimension may ask of a visit, or nothing.
CREATE TABLE raw.visits AS
SELECT w AS world, n AS id, 'c' || raw.chance(w || 'c' || n, 90) AS client, timestamptz '2025-01-01 01:00Z' + interval '3 hours' * raw.chance(w || 't' || n, 1000) AS at,
       raw.one_of(w || 's' || n, '{google,facebook,tiktok,newsletter,blog,direct,NULL}') AS source, raw.one_of(w || 'm' || n, '{cpc,cpc,email,referral,NULL}') AS medium,
       raw.one_of(w || 'k' || n, '{Brand,Spring,"Spring / sale",NULL}') AS campaign, raw.one_of(w || 'o' || n, '{a,b,"a / b",NULL}') AS content, raw.one_of(w || 'e' || n, '{x,y,NULL,NULL}') AS term,
       raw.one_of(w || 'd' || n, '{a1,a2,a3,NULL}') AS ad, raw.one_of(w || 'v' || n, '{NULL,NULL,NULL,impression,view}') AS kind,
       raw.one_of(w || 'r' || n, '{NULL,NULL,https://www.google.com/,https://pay.klarna.com/,https://shop.example/cart}') AS referrer,
       'https://shop.example/' || raw.one_of(w || 'p' || n, '{"",prices,thanks}') AS page, raw.one_of(w || 'g' || n, '{NULL,NULL,NULL,NULL,signup,booking}') AS goal,
       raw.chance(w || 'q' || n, 300) / 7.0 AS worth, raw.one_of(w || 'y' || n, '{p1,p2,p3,NULL}') AS product
FROM generate_series(1, 2) w, generate_series(1, 500) n;
CREATE TABLE raw.deals AS
SELECT w AS world, 'k' || n AS id, 'c' || raw.chance(w || 'kc' || n, 90) AS client, timestamptz '2025-01-01 01:00Z' + interval '3 hours' * raw.chance(w || 'kt' || n, 1000) AS at,
       CASE raw.chance(w || 'ks' || n, 12) WHEN 0 THEN -1 WHEN 1 THEN 0 ELSE 1 END * raw.chance(w || 'kv' || n, 100000) / 300.0 AS amount, raw.one_of(w || 'kp' || n, '{p1,p2,p3,NULL}') AS product,
       raw.one_of(w || 'kb' || n, '{b1,b2,NULL}') AS branch, NULL::text AS event
FROM generate_series(1, 2) w, generate_series(1, 110) n
UNION ALL SELECT world, 'e' || id, client, at, worth * 10, product, 'b1', id::text FROM raw.visits WHERE id % 19 = 0;
CREATE TABLE raw.orders AS
SELECT w AS world, 'o' || n AS id, 'c' || raw.chance(w || 'oc' || n, 90) AS client, timestamptz '2025-01-01 01:00Z' + interval '3 hours' * raw.chance(w || 'ot' || n, 1000) AS at, (raw.chance(w || 'ov' || n, 90000) - 9000) / 700.0 AS amount
FROM generate_series(1, 2) w, generate_series(1, 80) n;
CREATE TABLE raw.ads AS
SELECT w AS world, 'g' || right(ad, 1)::int % 2 AS group_id, ad, 'cr' || right(ad, 1)::int / 2 AS creative, platform
FROM generate_series(1, 2) w, unnest('{a1,a2,a3}'::text[]) ad, unnest('{google,facebook,tiktok}'::text[]) platform;
SELECT count(analytics.register_source(s.entity, ('raw.' || s.name)::regclass, s.columns::jsonb, options => jsonb_build_object('filter', 'world = ' || w), business_id => w))
FROM generate_series(1, 2) w, (VALUES
    ('events', 'visits', '{"event_id": "id", "client_id": "client", "occurred_at": "at", "utm_source": "source", "utm_medium": "medium", "utm_campaign": "campaign", "utm_content": "content", "utm_term": "term", "ad_id": "ad",
        "source_type": "kind", "landing_url": "page", "conversion_type": "goal", "conversion_value": "worth", "product_id": "product"}'),
    ('contracts', 'deals', '{"contract_id": "id", "client_id": "client", "signed_at": "at", "product_id": "product", "branch_id": "branch", "event_id": "event"}'),
    ('transactions', 'orders', '{"transaction_id": "id", "client_id": "client", "occurred_at": "at"}'),
    ('ad_creatives', 'ads', '{"ad_id": "ad", "ad_group_id": "group_id", "creative_id": "creative"}')) s (entity, name, columns);
CALL analytics.refresh();
-- Each dimension by itself and beside another that is drawn; rules are drawn, too.
CREATE TEMP TABLE asked AS
SELECT q.n, q.dimension, 1 + raw.chance('business' || q.n, 2) AS business_id, raw.one_of('basis' || q.n, '{conversion,touch}') AS basis, raw.one_of('cycle' || q.n, '{shared,since_previous,since_previous_reuse}') AS cycle,
       raw.one_of('touches' || q.n, '{all,all,paid,organic}') AS touches, raw.one_of('platforms' || q.n, '{NULL,NULL,"{google,direct}"}')::text[] AS platforms, raw.one_of('views' || q.n, '{count,yield,ignore}') AS views,
       raw.one_of('transform' || q.n, '{none,none,exposure,first}') AS transform, raw.one_of('types' || q.n, '{"{contract}","{contract,signup,purchase}","{lead,booking}"}')::text[] AS types,
       raw.one_of('month' || q.n, '{NULL,month,week}') AS granularity, raw.one_of('own' || q.n, '{true,true,false}')::boolean AS include_conversion_touch
FROM (
    SELECT d.dimension || CASE WHEN pair.n = 1 THEN '' ELSE '+' || (d.names)[1 + (d.i + raw.chance('pair' || d.i, 17)) % 18] END AS dimension, row_number() OVER () AS n
    FROM (SELECT u.dimension, u.i::int, u.names
          FROM (SELECT '{platform,family,channel,campaign,ad_group,ad,creative,utm_source,utm_medium,utm_campaign,utm_content,utm_term,landing_page,product,branch,customer,purchase,conversion_type}'::text[] AS names) l,
               LATERAL (SELECT d.dimension, d.i, l.names FROM unnest(l.names) WITH ORDINALITY d (dimension, i)) u) d,
         generate_series(1, 2) pair (n)) q;
\o
\set ECHO :echo

CREATE TEMP TABLE model AS
SELECT '{first,last,first_non_direct,last_non_direct,first_paid,last_paid,linear,linear_unique,time_decay,position_decay,position_based,u_shaped,j_shaped,inverse_j,w_shaped,full_path,custom,participation}'::text[] AS names;
CREATE TEMP TABLE summed AS
SELECT q.n, a.model, a.attribution_window, a.period_start, a.keys, a.conversions, a.supporting, a.clients, a.revenue
FROM asked q, model m, LATERAL analytics.attribution('2025-01-20', '2025-04-10', m.names, q.dimension, cycle => q.cycle, platforms => q.platforms, business_id => q.business_id, first_weights => '{0.3}', last_weights => '{0.2,0.1}',
    basis => q.basis, include_conversion_touch => q.include_conversion_touch, views => q.views, transform => q.transform, touches => q.touches, granularity => q.granularity,
    windows => '{0 days,5 days/1 day,30 days/10 days,400 days}', conversion_types => q.types) a
WHERE a.conversions <> 0 OR a.revenue <> 0 OR a.supporting > 0;
CREATE TEMP TABLE listed AS
SELECT q.n, t.model, t.attribution_window, t.keys, t.conversions, t.revenue, t.conversion_type, t.conversion_source_id, t.conversion_id, t.client_key,
       CASE WHEN q.granularity IS NOT NULL THEN date_trunc(q.granularity, CASE q.basis WHEN 'touch' THEN COALESCE(t.touched_at, t.converted_at) ELSE t.converted_at END AT TIME ZONE s.reporting_timezone)::date END AS period_start
FROM asked q JOIN warehouse.settings s USING (business_id), model m, LATERAL analytics.attribution_touches('2025-01-20', '2025-04-10', m.names, q.dimension, cycle => q.cycle, platforms => q.platforms, business_id => q.business_id,
    first_weights => '{0.3}', last_weights => '{0.2,0.1}', basis => q.basis, include_conversion_touch => q.include_conversion_touch, views => q.views, transform => q.transform, touches => q.touches,
    windows => '{0 days,5 days/1 day,30 days/10 days,400 days}', conversion_types => q.types) t;
-- Every dimension, model and window says something; no sum differs in its last bit, revenue by no more than what rounding leaves.
SELECT count(DISTINCT q.dimension) AS dimensions, count(DISTINCT s.model) AS models, count(DISTINCT s.attribution_window) AS windows, count(*) > 10000 AS many,
       count(*) FILTER (WHERE (s.conversions, s.supporting, s.clients) IS DISTINCT FROM (l.conversions, l.supporting, l.clients)) AS differ, max(abs(s.revenue - l.revenue::numeric)) < 0.001 AS only_rounded
FROM summed s
FULL JOIN (
    SELECT n, model, attribution_window, period_start, keys, analytics.compensated_sum(conversions) AS conversions, analytics.compensated_sum(revenue) AS revenue,
           count(DISTINCT (conversion_type, conversion_source_id, conversion_id)) FILTER (WHERE conversions > 0) AS supporting, count(DISTINCT client_key) FILTER (WHERE conversions > 0) AS clients
    FROM listed GROUP BY 1, 2, 3, 4, 5) l
    ON (l.n, l.model, l.attribution_window, l.keys) = (s.n, s.model, s.attribution_window, s.keys) AND l.period_start IS NOT DISTINCT FROM s.period_start
LEFT JOIN asked q ON q.n = COALESCE(s.n, l.n);
